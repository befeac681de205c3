-- Persons who open an auction within the same ten seconds in which they have come.
CREATE STREAM auction (id BIGINT KEY, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, dateTime VARCHAR,
                     expires VARCHAR, seller BIGINT, category BIGINT, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-auction', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM person (id BIGINT KEY, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR,
                     dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-person', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q8_new_sellers WITH (KAFKA_TOPIC = 'q8-new-sellers') AS
    SELECT p.id AS id, p.name AS name
    FROM person p JOIN auction a WITHIN 10 SECONDS ON p.id = a.seller
    WHERE p.ROWTIME / 10000 = a.ROWTIME / 10000;
CREATE TABLE q8 WITH (KAFKA_TOPIC = 'q8') AS
    SELECT id, COUNT(*) AS auctions, LATEST_BY_OFFSET(name) AS name FROM q8_new_sellers
    WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id;
