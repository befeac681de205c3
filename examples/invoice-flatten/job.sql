-- One row per line item: nested fields and an exploded array. Invoices without items give no rows.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM invoices (
    InvoiceNumber VARCHAR, CreatedTime BIGINT, StoreID VARCHAR, PosID VARCHAR, CustomerType VARCHAR, CustomerCardNo VARCHAR,
    TotalAmount DOUBLE, PaymentMethod VARCHAR, DeliveryType VARCHAR,
    DeliveryAddress STRUCT<City VARCHAR, State VARCHAR, PinCode VARCHAR>,
    InvoiceLineItems ARRAY<STRUCT<ItemCode VARCHAR, ItemDescription VARCHAR, ItemPrice DOUBLE, ItemQty INT, TotalValue DOUBLE>>
) WITH (KAFKA_TOPIC = 'invoices', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM items WITH (KAFKA_TOPIC = 'items') AS
    SELECT InvoiceNumber, CreatedTime, StoreID, PosID, CustomerType, PaymentMethod, DeliveryType,
           DeliveryAddress->City AS City, DeliveryAddress->State AS State, DeliveryAddress->PinCode AS PinCode,
           EXPLODE(InvoiceLineItems) AS Item
    FROM invoices EMIT CHANGES;

CREATE STREAM invoice_items WITH (KAFKA_TOPIC = 'invoice-items') AS
    SELECT InvoiceNumber, CreatedTime, StoreID, PosID, CustomerType, PaymentMethod, DeliveryType, City, State, PinCode,
           Item->ItemCode AS ItemCode, Item->ItemDescription AS ItemDescription, Item->ItemPrice AS ItemPrice,
           Item->ItemQty AS ItemQty, Item->TotalValue AS TotalValue
    FROM items EMIT CHANGES;
