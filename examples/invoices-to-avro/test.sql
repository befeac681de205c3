-- turgo test examples/invoices-to-avro/test.sql
RUN SCRIPT 'job.sql';

--@test: items as AVRO, and what is summed up from them
INSERT INTO invoices (`InvoiceNumber`, `CustomerType`, `CustomerCardNo`, `DeliveryAddress`, `InvoiceLineItems`) VALUES (
    '91372973', 'PRIME', '2762345282', STRUCT(`City` := 'Shivapuri', `State` := 'Madhya Pradesh', `PinCode` := '561012'), ARRAY[
    STRUCT(`ItemCode` := '413', `ItemDescription` := 'Slipcover', `ItemPrice` := 1896.0, `ItemQty` := 1, `TotalValue` := 1896.0),
    STRUCT(`ItemCode` := '483', `ItemDescription` := 'Teacups', `ItemPrice` := 1781.0, `ItemQty` := 1, `TotalValue` := 1781.0)]);
ASSERT VALUES invoice_items (invoice, `InvoiceNumber`, `City`, `ItemCode`, `ItemPrice`, `ItemQty`)
    VALUES ('91372973', '91372973', 'Shivapuri', '413', 1896.0, 1);
ASSERT VALUES invoice_items (invoice, `ItemCode`, `TotalValue`) VALUES ('91372973', '483', 1781.0);
ASSERT VALUES rewards (card, `TotalPurchase`, `AggregatedRewards`) VALUES ('2762345282', 1896.0, 379);
ASSERT VALUES rewards (card, `TotalPurchase`, `AggregatedRewards`) VALUES ('2762345282', 3677.0, 735);

--@test: others than PRIME customers have no rewards
INSERT INTO invoices (`InvoiceNumber`, `CustomerType`, `CustomerCardNo`, `InvoiceLineItems`) VALUES ('93647513', 'NONPRIME',
    '2599848717', ARRAY[STRUCT(`ItemCode` := '258', `ItemDescription` := 'Closet', `ItemPrice` := 1687.0, `ItemQty` := 2,
    `TotalValue` := 3374.0)]);
ASSERT VALUES invoice_items (invoice, `ItemCode`, `City`, `TotalValue`) VALUES ('93647513', '258', NULL, 3374.0);
--@end: REWARDS

--@test: the schema is registered before a record is written
ASSERT SCHEMA SUBJECT 'invoice-items-value';
ASSERT SCHEMA SUBJECT 'invoice-items-value' ID 1;
ASSERT SCHEMA ID 1;
ASSERT NOT EXISTS SCHEMA SUBJECT 'customer-rewards-value';
ASSERT NOT EXISTS SCHEMA SUBJECT 'invoice-items-value' ID 2;

--@test: a subject that is not there
--@expected.error: AnyException
--@expected.message: there is no schema of subject 'nothing'
ASSERT SCHEMA SUBJECT 'nothing';

--@test: an id that is there
--@expected.error: AnyException
--@expected.message: there is a schema of id 1
ASSERT NOT EXISTS SCHEMA ID 1;
