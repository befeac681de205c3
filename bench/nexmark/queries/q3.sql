-- Who sells things of category 10 in three states: auctions name their seller, both may change or come late.
CREATE TABLE auction (id BIGINT PRIMARY KEY, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, dateTime VARCHAR,
                      expires VARCHAR, seller BIGINT, category BIGINT, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-auction', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE person (id BIGINT PRIMARY KEY, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR,
                     dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-person', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE q3 WITH (KAFKA_TOPIC = 'q3') AS
    SELECT a.id AS id, p.name AS name, p.city AS city, p.state AS state
    FROM auction a JOIN person p ON a.seller = p.id
    WHERE a.category = 10 AND (p.state = 'OR' OR p.state = 'ID' OR p.state = 'CA');
