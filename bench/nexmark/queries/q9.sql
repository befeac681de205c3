-- The winning bid of each auction: the first one with the highest price while the auction ran.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE auction (id BIGINT PRIMARY KEY, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, dateTime VARCHAR,
                      expires VARCHAR, seller BIGINT, category BIGINT, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-auction', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE q9 WITH (KAFKA_TOPIC = 'q9') AS
    SELECT b.k AS id, LATEST_BY_OFFSET(a.itemName) AS itemName, LATEST_BY_OFFSET(a.seller) AS seller,
           TOPK(b.price, b.bidder, b.dateTime, 1) AS highest
    FROM bid b JOIN auction a ON b.k = a.id
    WHERE b.dateTime BETWEEN a.dateTime AND a.expires
    GROUP BY b.k;
