-- Bids for some auctions.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q2 WITH (KAFKA_TOPIC = 'q2') AS
    SELECT k, auction, price FROM bid WHERE auction % 123 = 0 EMIT CHANGES;
