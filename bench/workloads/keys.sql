-- A count and a sum for each of very many keys: state of 40 bytes a row, to be restored.
CREATE STREAM keyed (k BIGINT KEY, v BIGINT) WITH (KAFKA_TOPIC = 'bench-keyed', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE counts WITH (KAFKA_TOPIC = 'bench-counts', VALUE_FORMAT = 'JSON') AS SELECT k, COUNT(*) AS n, SUM(v) AS s FROM keyed GROUP BY k EMIT CHANGES;
