-- Invoices of a retail chain: one input topic, three results.
-- Run it on the embedded in-memory Kafka:      turgo demo
-- Run the same file on a cluster:              turgo run examples/invoices/job.sql --config client.properties

SET 'auto.offset.reset' = 'earliest';

CREATE STREAM invoices (
    InvoiceNumber VARCHAR, CreatedTime BIGINT, StoreID VARCHAR, PosID VARCHAR, CashierID VARCHAR,
    CustomerType VARCHAR, CustomerCardNo VARCHAR, TotalAmount DOUBLE, NumberOfItems INT, PaymentMethod VARCHAR,
    CGST DOUBLE, SGST DOUBLE, CESS DOUBLE, DeliveryType VARCHAR,
    DeliveryAddress STRUCT<AddressLine VARCHAR, City VARCHAR, State VARCHAR, PinCode VARCHAR, ContactNumber VARCHAR>,
    InvoiceLineItems ARRAY<STRUCT<ItemCode VARCHAR, ItemDescription VARCHAR, ItemPrice DOUBLE, ItemQty INT, TotalValue DOUBLE>>
) WITH (KAFKA_TOPIC = 'invoices', VALUE_FORMAT = 'JSON', TIMESTAMP = 'CreatedTime', PARTITIONS = 2);

-- One row per line item of each invoice.
CREATE STREAM invoice_item WITH (KAFKA_TOPIC = 'invoice-items') AS
    SELECT InvoiceNumber, CreatedTime, StoreID, PosID, CustomerType, PaymentMethod, DeliveryType,
           DeliveryAddress->City AS City, DeliveryAddress->State AS State, DeliveryAddress->PinCode AS PinCode,
           EXPLODE(InvoiceLineItems) AS Item
    FROM invoices
    EMIT CHANGES;

CREATE STREAM invoice_items_flat WITH (KAFKA_TOPIC = 'invoice-items-flat') AS
    SELECT InvoiceNumber, CreatedTime, StoreID, PosID, CustomerType, PaymentMethod, DeliveryType, City, State, PinCode,
           Item->ItemCode AS ItemCode, Item->ItemDescription AS ItemDescription, Item->ItemPrice AS ItemPrice,
           Item->ItemQty AS ItemQty, Item->TotalValue AS TotalValue
    FROM invoice_item
    EMIT CHANGES;

-- A message to each customer, keyed by invoice: the loyalty points that the purchase earned.
CREATE STREAM notifications WITH (KAFKA_TOPIC = 'notifications') AS
    SELECT InvoiceNumber, CustomerCardNo AS `CustomerCardNo`, TotalAmount AS `TotalAmount`,
           TotalAmount * 2.0E-1 AS `EarnedLoyaltyPoints`
    FROM invoices
    PARTITION BY InvoiceNumber
    EMIT CHANGES;

-- What each store sold in each quarter of an hour. The record key of the topic is the store.
CREATE STREAM sales (StoreID VARCHAR KEY, CreatedTime BIGINT, TotalAmount DOUBLE)
    WITH (KAFKA_TOPIC = 'invoices', VALUE_FORMAT = 'JSON', TIMESTAMP = 'CreatedTime');

CREATE TABLE store_totals WITH (KAFKA_TOPIC = 'store-totals') AS
    SELECT StoreID, COUNT(*) AS Invoices, SUM(TotalAmount) AS Total
    FROM sales WINDOW TUMBLING (SIZE 15 MINUTES)
    GROUP BY StoreID
    EMIT CHANGES;
