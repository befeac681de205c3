-- Functions made by CREATE FUNCTION: calls become the body.
CREATE STREAM sales (store VARCHAR KEY, amount DOUBLE, qty INT) WITH (KAFKA_TOPIC = 'sales', VALUE_FORMAT = 'JSON', PARTITIONS=1);
CREATE FUNCTION gross(net DOUBLE, percent INT) RETURNS DOUBLE AS net * (100 + percent) / 100;
CREATE FUNCTION label(s STRING, n BIGINT) RETURNS STRING AS UCASE(s) + ':' + CAST(gross(n, 19) AS STRING);
CREATE STREAM o AS SELECT store, gross(amount, qty) AS g, label(store, qty) AS l, TRANSFORM(ARRAY[amount], x => gross(x, 7)) AS t FROM sales EMIT CHANGES;
CREATE TABLE t AS SELECT store, gross(SUM(amount), 19) AS g FROM sales GROUP BY store EMIT CHANGES;
CREATE OR REPLACE FUNCTION gross(net DOUBLE, percent INT) RETURNS DOUBLE AS net;
CREATE STREAM replaced AS SELECT store, gross(amount, qty) AS g FROM sales EMIT CHANGES;
