-- The mean of the winning prices of each category, which changes with each better bid.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE auction (id BIGINT PRIMARY KEY, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, dateTime VARCHAR,
                      expires VARCHAR, seller BIGINT, category BIGINT, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-auction', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE q4_winning WITH (KAFKA_TOPIC = 'q4-winning') AS
    SELECT b.k AS id, LATEST_BY_OFFSET(a.category) AS category, MAX(b.price) AS final
    FROM bid b JOIN auction a ON b.k = a.id
    WHERE b.dateTime BETWEEN a.dateTime AND a.expires
    GROUP BY b.k;
CREATE TABLE q4 WITH (KAFKA_TOPIC = 'q4') AS
    SELECT category, AVG(final) AS mean FROM q4_winning GROUP BY category;
