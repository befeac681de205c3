-- Each bid as it is: what passing on costs.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q0 WITH (KAFKA_TOPIC = 'q0') AS
    SELECT k, auction, bidder, price, dateTime, extra FROM bid EMIT CHANGES;
