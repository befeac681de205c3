-- Table functions.
CREATE STREAM s (id INT KEY, a INT, items ARRAY<STRUCT<code STRING, qty INT>>, words ARRAY<STRING>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM items AS SELECT id, EXPLODE(items)->code, EXPLODE(items)->qty AS qty FROM s WHERE a > 0;
CREATE STREAM zipped AS SELECT id, EXPLODE(items) AS item, EXPLODE(words) AS word, a FROM s;
CREATE STREAM rekeyed AS SELECT a, id, EXPLODE(words) AS word FROM s PARTITION BY a;
