-- The highest bid of every ten seconds.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q7_bids WITH (KAFKA_TOPIC = 'q7-bids') AS
    SELECT 'all' AS everything, auction, bidder, price, dateTime FROM bid PARTITION BY 'all' EMIT CHANGES;
CREATE TABLE q7 WITH (KAFKA_TOPIC = 'q7') AS
    SELECT everything, TOPK(price, auction, bidder, dateTime, 1) AS highest FROM q7_bids
    WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 4 SECONDS)
    GROUP BY everything EMIT FINAL;
