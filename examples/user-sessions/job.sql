-- Clicks per visit: a visit ends after 5 minutes without a click. A late click joins two visits into one: both go (a
-- record without a value), the joined one comes.
SET 'auto.offset.reset' = 'earliest';
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM clicks (user_id STRING KEY, page STRING)
    WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE TABLE sessions WITH (KAFKA_TOPIC = 'sessions') AS
    SELECT user_id, COUNT(*) AS clicks FROM clicks WINDOW SESSION (5 MINUTES) GROUP BY user_id EMIT CHANGES;
