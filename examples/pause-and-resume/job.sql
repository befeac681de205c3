-- Two queries over one topic: the items of each invoice, and a message to each customer. Each has a consumer group, offsets and
-- failures of its own: one that is paused, or that fails, does not hold the other back.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM invoices (InvoiceNumber VARCHAR, CustomerCardNo VARCHAR, TotalAmount DOUBLE,
                        InvoiceLineItems ARRAY<STRUCT<ItemCode VARCHAR, ItemQty INT>>)
    WITH (KAFKA_TOPIC = 'invoices', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM items WITH (KAFKA_TOPIC = 'items') AS
    SELECT InvoiceNumber, EXPLODE(InvoiceLineItems)->ItemCode AS ItemCode FROM invoices EMIT CHANGES;

CREATE STREAM notifications WITH (KAFKA_TOPIC = 'notifications') AS
    SELECT InvoiceNumber, CustomerCardNo, TotalAmount * 0.2E0 AS EarnedLoyaltyPoints FROM invoices
    PARTITION BY InvoiceNumber EMIT CHANGES;
