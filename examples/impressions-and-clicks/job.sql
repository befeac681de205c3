-- Which impressions led to a click? Both times decide: an impression and a click of one id belong together if they are at most so
-- far apart. The bounds are inclusive; the result has the later one of the two times.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM impressions (id VARCHAR KEY, campaign VARCHAR) WITH (KAFKA_TOPIC = 'impressions', VALUE_FORMAT = 'JSON', PARTITIONS = 1);
CREATE STREAM clicks (id VARCHAR KEY, browser VARCHAR) WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM within_18 WITH (KAFKA_TOPIC = 'within-18') AS
    SELECT i.id AS id, campaign, browser FROM impressions i JOIN clicks c WITHIN 18 MINUTES ON i.id = c.id;
CREATE STREAM within_16 WITH (KAFKA_TOPIC = 'within-16') AS
    SELECT i.id AS id, campaign, browser FROM impressions i JOIN clicks c WITHIN 16 MINUTES ON i.id = c.id;
CREATE STREAM within_15 WITH (KAFKA_TOPIC = 'within-15') AS
    SELECT i.id AS id, campaign, browser FROM impressions i JOIN clicks c WITHIN 15 MINUTES ON i.id = c.id;
