-- Orders come by their id, in four partitions, and are counted by country. So rows move: through a repartition topic, to the
-- partition of their country, within the same transactions.
SET 'auto.offset.reset' = 'earliest';
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM orders (order_id VARCHAR KEY, country VARCHAR, amount INT)
    WITH (KAFKA_TOPIC = 'orders', VALUE_FORMAT = 'JSON', PARTITIONS = 4);

CREATE TABLE orders_by_country WITH (KAFKA_TOPIC = 'orders-by-country', VALUE_FORMAT = 'JSON', PARTITIONS = 4) AS
    SELECT country, COUNT(*) AS orders FROM orders GROUP BY country EMIT CHANGES;
