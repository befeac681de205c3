-- Bids within bounds, with the time of day in words and a count of letters.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q14 WITH (KAFKA_TOPIC = 'q14') AS
    SELECT k, auction, bidder, CAST(0.908 AS DECIMAL(4, 3)) * CAST(price AS DECIMAL(19, 0)) AS price,
           CASE WHEN CAST(SUBSTRING(dateTime, 12, 2) AS INT) BETWEEN 8 AND 18 THEN 'dayTime'
                WHEN CAST(SUBSTRING(dateTime, 12, 2) AS INT) <= 6 OR CAST(SUBSTRING(dateTime, 12, 2) AS INT) >= 20 THEN 'nightTime'
                ELSE 'otherTime' END AS bidTimeType,
           dateTime, extra, LEN(extra) - LEN(REPLACE(extra, 'c', '')) AS c_counts
    FROM bid
    WHERE CAST(0.908 AS DECIMAL(4, 3)) * CAST(price AS DECIMAL(19, 0)) > 1000000
      AND CAST(0.908 AS DECIMAL(4, 3)) * CAST(price AS DECIMAL(19, 0)) < 50000000 EMIT CHANGES;
