-- Bids for things of category 10, with all that is known of the auction.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE auction (id BIGINT PRIMARY KEY, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, dateTime VARCHAR,
                      expires VARCHAR, seller BIGINT, category BIGINT, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-auction', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q20 WITH (KAFKA_TOPIC = 'q20') AS
    SELECT b.k, auction, bidder, price, channel, url, b.dateTime AS bid_dateTime, b.extra AS bid_extra, itemName, description,
           initialBid, reserve, a.dateTime AS auction_dateTime, expires, seller, category, a.extra AS auction_extra
    FROM bid b JOIN auction a ON b.k = a.id
    WHERE a.category = 10;
