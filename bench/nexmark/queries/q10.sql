-- Bids with their day and minute, as a log that is filed by them.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q10 WITH (KAFKA_TOPIC = 'q10') AS
    SELECT k, auction, bidder, price, dateTime, extra,
           FORMAT_TIMESTAMP(FROM_UNIXTIME(ROWTIME), 'yyyy-MM-dd') AS day,
           FORMAT_TIMESTAMP(FROM_UNIXTIME(ROWTIME), 'HH:mm') AS minute
    FROM bid EMIT CHANGES;
