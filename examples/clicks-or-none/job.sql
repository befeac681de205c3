-- Each impression with its click within 15 minutes, or without one: that is known, and said once, when the 15 minutes and the
-- grace period for late clicks are over.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM impressions (id VARCHAR KEY, seen VARCHAR) WITH (KAFKA_TOPIC = 'impressions', VALUE_FORMAT = 'JSON', PARTITIONS = 1);
CREATE STREAM clicks (id VARCHAR KEY, seen VARCHAR) WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM outcomes WITH (KAFKA_TOPIC = 'outcomes') AS
    SELECT i.id AS id, i.seen AS shown, c.seen AS clicked
    FROM impressions i LEFT JOIN clicks c WITHIN (0 SECONDS, 15 MINUTES) GRACE PERIOD 30 MINUTES ON i.id = c.id;
