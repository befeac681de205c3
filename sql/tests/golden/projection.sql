-- Projections, conditions, names of columns, pseudo columns.
CREATE STREAM s (id INT KEY, a INT, b BIGINT, price DECIMAL(10, 2), `mixed` STRING, addr STRUCT<city STRING, zip STRING>, tags ARRAY<STRING>, m MAP<STRING, INT>)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM everything AS SELECT * FROM s;
CREATE STREAM one AS SELECT id, `mixed` FROM s WHERE a > 3 AND (`mixed` LIKE 'x%' OR addr->city IS NULL);
CREATE STREAM named AS SELECT id AS k, a + b, addr->city, addr->zip AS plz, tags[1], m['x'], CASE WHEN a = 1 THEN 'one' ELSE 'more' END, CAST(b AS STRING) AS text FROM s;
CREATE STREAM pseudo AS SELECT id, ROWTIME AS t, ROWOFFSET AS o FROM s x WHERE x.ROWPARTITION = 0 AND ROWTIME >= '2024-01-01';
CREATE STREAM copies AS SELECT id, AS_VALUE(id) AS id2, price * 2 AS twice FROM s;
CREATE STREAM fields AS SELECT id, addr->* FROM s;
CREATE STREAM other WITH (KAFKA_TOPIC='elsewhere', PARTITIONS=6, REPLICAS=2, RETENTION_MS=1000, VALUE_FORMAT='DELIMITED', VALUE_DELIMITER=';', KEY_FORMAT='JSON')
  AS SELECT id, a, b FROM s EMIT CHANGES;
CREATE STREAM bare WITH (WRAP_SINGLE_VALUE=false) AS SELECT id, a FROM s;
