-- A message to each customer, keyed by invoice number: the key column is written to the record key only.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM invoices (
    InvoiceNumber VARCHAR, CreatedTime BIGINT, StoreID VARCHAR, PosID VARCHAR, CustomerType VARCHAR, CustomerCardNo VARCHAR,
    TotalAmount DOUBLE, PaymentMethod VARCHAR, DeliveryType VARCHAR,
    DeliveryAddress STRUCT<City VARCHAR, State VARCHAR, PinCode VARCHAR>,
    InvoiceLineItems ARRAY<STRUCT<ItemCode VARCHAR, ItemDescription VARCHAR, ItemPrice DOUBLE, ItemQty INT, TotalValue DOUBLE>>
) WITH (KAFKA_TOPIC = 'invoices', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM notifications WITH (KAFKA_TOPIC = 'notifications', VALUE_FORMAT = 'JSON') AS
    SELECT InvoiceNumber, CustomerCardNo AS `CustomerCardNo`, TotalAmount AS `TotalAmount`,
           TotalAmount * 2.0E-1 AS `EarnedLoyaltyPoints`
    FROM invoices PARTITION BY InvoiceNumber EMIT CHANGES;
