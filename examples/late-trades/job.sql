-- Trades that come after their quarter of an hour is closed (30 minutes behind the newest) are kept in a topic of their own.
SET 'auto.offset.reset' = 'earliest';
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM trades (CreatedTime VARCHAR, Type VARCHAR, Amount INT, BrokerCode VARCHAR)
    WITH (KAFKA_TOPIC = 'trades', VALUE_FORMAT = 'JSON', TIMESTAMP = 'CreatedTime', TIMESTAMP_FORMAT = 'yyyy-MM-dd HH:mm:ss',
          PARTITIONS = 1);

CREATE TABLE quarter_hours WITH (KAFKA_TOPIC = 'quarter-hours', LATE_RECORDS_TOPIC = 'late-trades') AS
    SELECT SUM(CASE WHEN Type = 'BUY' THEN Amount ELSE 0 END) AS TotalBuy,
           SUM(CASE WHEN Type = 'SELL' THEN Amount ELSE 0 END) AS TotalSell
    FROM trades WINDOW TUMBLING (SIZE 15 MINUTES, GRACE PERIOD 30 MINUTES) EMIT CHANGES;
