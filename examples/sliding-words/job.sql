-- Words counted in windows of 10 minutes that begin every 5 minutes; a word that comes too late for all of its windows
-- is dropped and counted, one that is late for some still counts in the others.
SET 'auto.offset.reset' = 'earliest';
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM words (word STRING KEY, n INT) WITH (KAFKA_TOPIC = 'words', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE TABLE counts WITH (KAFKA_TOPIC = 'counts') AS
    SELECT word, COUNT(*) AS times FROM words
    WINDOW HOPPING (SIZE 10 MINUTES, ADVANCE BY 5 MINUTES, GRACE PERIOD 10 MINUTES)
    GROUP BY word EMIT CHANGES;
