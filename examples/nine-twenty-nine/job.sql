-- A record made at 9:29 arrives at 9:44: it corrects its own window. As changes, and as one final record per window.
SET 'auto.offset.reset' = 'earliest';
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM amounts (n INT) WITH (KAFKA_TOPIC = 'amounts', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE TABLE changes WITH (KAFKA_TOPIC = 'changes') AS
    SELECT SUM(n) AS total FROM amounts WINDOW TUMBLING (SIZE 15 MINUTES, GRACE PERIOD 15 MINUTES) EMIT CHANGES;

CREATE TABLE finals WITH (KAFKA_TOPIC = 'finals') AS
    SELECT SUM(n) AS total FROM amounts WINDOW TUMBLING (SIZE 15 MINUTES, GRACE PERIOD 15 MINUTES) EMIT FINAL;
