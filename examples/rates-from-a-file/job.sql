-- Payments are converted at rates that somebody keeps in a file, a line for each currency: EUR,1.25
-- A table is a topic, so the file is written there, anew whenever it has changed (load.sh): each line is the record of its key. A
-- payment meets the rate of its own time also if it is read later (HISTORY_RETENTION); a line that is no rate changes nothing, and is
-- counted and logged.
SET 'auto.offset.reset' = 'earliest';

CREATE TABLE rates (ccy VARCHAR PRIMARY KEY, r DOUBLE)
    WITH (KAFKA_TOPIC = 'rates-file', VALUE_FORMAT = 'DELIMITED', PARTITIONS = 1, HISTORY_RETENTION = '7 DAYS');
CREATE STREAM payments (ccy VARCHAR KEY, id VARCHAR, amount DOUBLE)
    WITH (KAFKA_TOPIC = 'payments-by-currency', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM converted WITH (KAFKA_TOPIC = 'converted-by-file', ON_ERROR = 'skip') AS
    SELECT p.ccy AS ccy, id, amount * r AS converted FROM payments p LEFT JOIN rates t ON p.ccy = t.ccy;
