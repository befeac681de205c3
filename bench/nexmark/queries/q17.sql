-- Ten figures of each auction.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE q17 WITH (KAFKA_TOPIC = 'q17') AS
    SELECT k, COUNT(*) AS total_bids,
           SUM(CASE WHEN price < 10000 THEN 1 ELSE 0 END) AS rank1_bids,
           SUM(CASE WHEN price >= 10000 AND price < 1000000 THEN 1 ELSE 0 END) AS rank2_bids,
           SUM(CASE WHEN price >= 1000000 THEN 1 ELSE 0 END) AS rank3_bids,
           MIN(price) AS min_price, MAX(price) AS max_price, AVG(price) AS avg_price, SUM(price) AS sum_price
    FROM bid GROUP BY k EMIT CHANGES;
