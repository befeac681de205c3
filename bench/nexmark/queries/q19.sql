-- The ten highest bids of each auction.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE q19 WITH (KAFKA_TOPIC = 'q19') AS
    SELECT k, TOPK(price, bidder, channel, dateTime, 10) AS highest FROM bid GROUP BY k EMIT CHANGES;
