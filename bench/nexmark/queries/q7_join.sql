-- The bids that nobody outbid within their ten seconds, all of them: the highest price of each ten seconds, joined with the bids.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q7_all WITH (KAFKA_TOPIC = 'q7-all') AS
    SELECT 'all' AS everything, auction, bidder, price, dateTime FROM bid PARTITION BY 'all' EMIT CHANGES;
CREATE TABLE q7_highest WITH (KAFKA_TOPIC = 'q7-highest') AS
    SELECT everything, MAX(price) AS price, AS_VALUE(WINDOWSTART) AS starts FROM q7_all
    WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 4 SECONDS)
    GROUP BY everything EMIT FINAL;
CREATE STREAM q7_prices (price BIGINT, starts BIGINT) WITH (KAFKA_TOPIC = 'q7-highest', VALUE_FORMAT = 'JSON');
CREATE STREAM q7_join WITH (KAFKA_TOPIC = 'q7-join') AS
    SELECT b.price AS price, b.auction AS auction, b.bidder AS bidder, b.dateTime AS dateTime
    FROM q7_all b JOIN q7_prices h WITHIN 10 SECONDS ON b.price = h.price
    WHERE b.ROWTIME >= h.starts AND b.ROWTIME < h.starts + 10000;
