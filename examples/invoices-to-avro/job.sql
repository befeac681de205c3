-- Invoices as JSON become invoice items as AVRO, and these become rewards of PRIME customers as JSON. The schemas are registered
-- before a record is written: it needs a schema registry (schema.registry.url), but none in tests.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM invoices (
    `InvoiceNumber` VARCHAR, `CreatedTime` BIGINT, `StoreID` VARCHAR, `PosID` VARCHAR, `CustomerType` VARCHAR,
    `CustomerCardNo` VARCHAR, `DeliveryType` VARCHAR, `DeliveryAddress` STRUCT<`City` VARCHAR, `State` VARCHAR, `PinCode` VARCHAR>,
    `InvoiceLineItems` ARRAY<STRUCT<`ItemCode` VARCHAR, `ItemDescription` VARCHAR, `ItemPrice` DOUBLE, `ItemQty` INT,
                                    `TotalValue` DOUBLE>>
) WITH (KAFKA_TOPIC = 'invoices', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM items WITH (KAFKA_TOPIC = 'items') AS
    SELECT `InvoiceNumber`, `CreatedTime`, `StoreID`, `PosID`, `CustomerType`, `CustomerCardNo`, `DeliveryType`,
           `DeliveryAddress`->`City` AS `City`, `DeliveryAddress`->`State` AS `State`, `DeliveryAddress`->`PinCode` AS `PinCode`,
           EXPLODE(`InvoiceLineItems`) AS `Item`
    FROM invoices EMIT CHANGES;

CREATE STREAM invoice_items WITH (KAFKA_TOPIC = 'invoice-items', VALUE_FORMAT = 'AVRO') AS
    SELECT `InvoiceNumber` AS invoice, AS_VALUE(`InvoiceNumber`) AS `InvoiceNumber`, `CreatedTime`, `StoreID`, `PosID`,
           `CustomerType`, `CustomerCardNo`, `DeliveryType`, `City`, `State`, `PinCode`, `Item`->`ItemCode` AS `ItemCode`,
           `Item`->`ItemDescription` AS `ItemDescription`, `Item`->`ItemPrice` AS `ItemPrice`, `Item`->`ItemQty` AS `ItemQty`,
           `Item`->`TotalValue` AS `TotalValue`
    FROM items PARTITION BY `InvoiceNumber` EMIT CHANGES;

CREATE TABLE rewards WITH (KAFKA_TOPIC = 'customer-rewards', VALUE_FORMAT = 'JSON') AS
    SELECT `CustomerCardNo` AS card, SUM(`TotalValue`) AS `TotalPurchase`,
           SUM(CAST(`TotalValue` * 0.2E0 AS INTEGER)) AS `AggregatedRewards`
    FROM invoice_items WHERE `CustomerType` = 'PRIME' GROUP BY `CustomerCardNo` EMIT CHANGES;
