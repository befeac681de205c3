-- The counts of q5 alone: bids per auction in hopping windows, each once, when its window has closed.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE q5_inner WITH (KAFKA_TOPIC = 'q5-inner') AS
    SELECT k, AS_VALUE(k) AS auction, COUNT(*) AS num FROM bid
    WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 2 SECONDS, GRACE PERIOD 4 SECONDS)
    GROUP BY k EMIT FINAL;
