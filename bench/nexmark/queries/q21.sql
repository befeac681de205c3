-- The channel of each bid as a number, from its name or out of its URL.
CREATE STREAM bid (k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime VARCHAR, extra VARCHAR)
    WITH (KAFKA_TOPIC = 'nexmark-bid', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');
CREATE STREAM q21 WITH (KAFKA_TOPIC = 'q21') AS
    SELECT k, auction, bidder, price, channel,
           CASE WHEN LCASE(channel) = 'apple' THEN '0' WHEN LCASE(channel) = 'google' THEN '1'
                WHEN LCASE(channel) = 'facebook' THEN '2' WHEN LCASE(channel) = 'baidu' THEN '3'
                ELSE REGEXP_EXTRACT('(&|^)channel_id=([^&]*)', url, 2) END AS channel_id
    FROM bid
    WHERE LCASE(channel) IN ('apple', 'google', 'facebook', 'baidu')
       OR REGEXP_EXTRACT('(&|^)channel_id=([^&]*)', url, 2) IS NOT NULL EMIT CHANGES;
