-- How many bids a bidder makes in a session.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE q11 WITH (KAFKA_TOPIC = 'q11') AS
    SELECT bidder, COUNT(*) AS bid_count FROM bid
    WINDOW SESSION (10 SECONDS)
    GROUP BY bidder EMIT CHANGES;
