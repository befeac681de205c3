-- The auctions with most bids of each sliding span of ten seconds: bids are counted, then the counts compared.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE TABLE q5_counts WITH (KAFKA_TOPIC = 'q5-counts') AS
    SELECT k, AS_VALUE(k) AS auction, COUNT(*) AS num, AS_VALUE(WINDOWSTART) AS starttime FROM bid
    WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 2 SECONDS, GRACE PERIOD 4 SECONDS)
    GROUP BY k EMIT FINAL;
CREATE STREAM q5_counted (auction BIGINT, num BIGINT, starttime BIGINT)
    WITH (KAFKA_TOPIC = 'q5-counts', VALUE_FORMAT = 'JSON');
CREATE TABLE q5 WITH (KAFKA_TOPIC = 'q5') AS
    SELECT starttime, TOPK(num, auction, 1) AS most FROM q5_counted GROUP BY starttime EMIT CHANGES;
