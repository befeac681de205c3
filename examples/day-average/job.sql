-- The average price of the last day, every hour, sent once: when its window is over.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM prices (symbol STRING KEY, price DOUBLE)
    WITH (KAFKA_TOPIC = 'prices', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE TABLE averages WITH (KAFKA_TOPIC = 'averages') AS
    SELECT symbol, AVG(price) AS average FROM prices
    WINDOW HOPPING (SIZE 1 DAY, ADVANCE BY 1 HOUR, GRACE PERIOD 0 SECONDS)
    GROUP BY symbol EMIT FINAL;
