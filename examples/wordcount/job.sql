-- Words counted as they come: each change of a count is a record.
SET 'auto.offset.reset' = 'earliest';
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM lines (value VARCHAR) WITH (KAFKA_TOPIC = 'lines', VALUE_FORMAT = 'KAFKA', PARTITIONS = 1);

CREATE STREAM words WITH (KAFKA_TOPIC = 'words', VALUE_FORMAT = 'JSON') AS
    SELECT EXPLODE(SPLIT(value, ' ')) AS word FROM lines EMIT CHANGES;

CREATE TABLE word_counts WITH (KAFKA_TOPIC = 'word-counts', VALUE_FORMAT = 'JSON') AS
    SELECT word, COUNT(*) AS count FROM words GROUP BY word EMIT CHANGES;
