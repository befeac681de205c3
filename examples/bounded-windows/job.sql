-- Sums per quarter of an hour, sent once: when no late reading can change them any more. However long the stream, only the
-- windows of the last three quarters of an hour are kept.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM readings (k STRING KEY, v BIGINT)
    WITH (KAFKA_TOPIC = 'readings', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE TABLE sums WITH (KAFKA_TOPIC = 'sums') AS
    SELECT k, SUM(v) AS s FROM readings
    WINDOW TUMBLING (SIZE 15 MINUTES, GRACE PERIOD 30 MINUTES)
    GROUP BY k EMIT FINAL;
