-- How often each word comes: lines become words, which go through a topic to where they are counted.
CREATE STREAM lines (line VARCHAR) WITH (KAFKA_TOPIC = 'bench-lines', VALUE_FORMAT = 'JSON');
CREATE STREAM words WITH (KAFKA_TOPIC = 'bench-words', VALUE_FORMAT = 'KAFKA') AS SELECT EXPLODE(SPLIT(line, ' ')) AS word FROM lines EMIT CHANGES;
CREATE TABLE counts WITH (KAFKA_TOPIC = 'bench-counts', VALUE_FORMAT = 'JSON') AS SELECT word, COUNT(*) AS n FROM words GROUP BY word EMIT CHANGES;
