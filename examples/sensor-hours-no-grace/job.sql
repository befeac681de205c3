-- The same without a grace period: the late reading is dropped and counted.
SET 'auto.offset.reset' = 'earliest';
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM readings (time BIGINT, value INT)
    WITH (KAFKA_TOPIC = 'readings', VALUE_FORMAT = 'JSON', TIMESTAMP = 'time', PARTITIONS = 1);

CREATE TABLE hourly WITH (KAFKA_TOPIC = 'hourly') AS
    SELECT SUM(value) AS total FROM readings WINDOW TUMBLING (SIZE 1 HOUR, GRACE PERIOD 0 SECONDS) EMIT CHANGES;
