-- Of each hour and page: how many views, how many orders, and the share of views that became an order. Both are counted in windows;
-- rows of the two tables meet whose page and hour are the same, and each change of a count changes the joined row.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM views (page VARCHAR KEY, visitor VARCHAR) WITH (KAFKA_TOPIC = 'views', VALUE_FORMAT = 'JSON', PARTITIONS = 2);
CREATE STREAM orders (id VARCHAR KEY, page VARCHAR) WITH (KAFKA_TOPIC = 'page-orders', VALUE_FORMAT = 'JSON', PARTITIONS = 2);

CREATE TABLE views_per_hour AS
    SELECT page, COUNT(*) AS views FROM views WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY page;
CREATE TABLE orders_per_hour AS
    SELECT page, COUNT(*) AS orders FROM orders WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY page;

CREATE TABLE conversion WITH (KAFKA_TOPIC = 'conversion') AS
    SELECT v.page AS page, views, COALESCE(orders, CAST(0 AS BIGINT)) AS orders, v.WINDOWSTART AS hour,
           CAST(COALESCE(orders, CAST(0 AS BIGINT)) AS DOUBLE) / views AS share
    FROM views_per_hour v LEFT JOIN orders_per_hour o ON v.page = o.page;

-- Pages by how many orders they had in some hour: an aggregate above a join of tables takes back what has changed.
CREATE TABLE times_by_orders AS
    SELECT orders, COUNT(*) AS times FROM views_per_hour v JOIN orders_per_hour o ON v.page = o.page GROUP BY orders;
