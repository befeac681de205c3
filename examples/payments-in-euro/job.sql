-- Payments are converted at the rate of their moment. Each record of the topic with the rates replaces one; a currency that has
-- none gives NULL. The payments come by their id and move to the partition of their currency.
SET 'auto.offset.reset' = 'earliest';

CREATE TABLE rates (ccy VARCHAR PRIMARY KEY, r DOUBLE) WITH (KAFKA_TOPIC = 'rates', VALUE_FORMAT = 'JSON', PARTITIONS = 1);
CREATE STREAM payments (id VARCHAR KEY, ccy VARCHAR, amount DOUBLE)
    WITH (KAFKA_TOPIC = 'payments', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM converted WITH (KAFKA_TOPIC = 'converted') AS
    SELECT p.ccy AS ccy, p.id AS id, amount * r AS converted
    FROM payments p LEFT JOIN rates t ON p.ccy = t.ccy;
