-- Bids with their bidder and their auction, whichever of the three comes first: the generator's bidders are born after their bids.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM auction (id BIGINT KEY, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, dateTime VARCHAR,
                     expires VARCHAR, seller BIGINT, category BIGINT, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-auction', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM person (id BIGINT KEY, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR,
                     dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-person', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q23 WITH (KAFKA_TOPIC = 'q23') AS
    SELECT b.auction AS auction, p.id AS bidder, p.name AS name, price, itemName, category, b.dateTime AS dateTime
    FROM bid b JOIN person p WITHIN 1 DAY ON b.bidder = p.id JOIN auction a WITHIN 1 DAY ON b.auction = a.id;
