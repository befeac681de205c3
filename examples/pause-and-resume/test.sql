-- turgo test examples/pause-and-resume/test.sql
RUN SCRIPT 'job.sql';

--@test: a paused query goes on where it stood, the other did not wait
INSERT INTO invoices VALUES ('51402977', '4629185211', 11114.0,
    ARRAY[STRUCT(ItemCode := '458', ItemQty := 2), STRUCT(ItemCode := '283', ItemQty := 1)]);
ASSERT VALUES items (InvoiceNumber, ItemCode) VALUES ('51402977', '458');
ASSERT VALUES items (InvoiceNumber, ItemCode) VALUES ('51402977', '283');
ASSERT VALUES notifications (InvoiceNumber, EarnedLoyaltyPoints) VALUES ('51402977', 2222.8);

PAUSE CSAS_ITEMS;
INSERT INTO invoices VALUES ('91372973', '2762345282', 8272.0, ARRAY[STRUCT(ItemCode := '413', ItemQty := 1)]);
ASSERT VALUES notifications (InvoiceNumber, EarnedLoyaltyPoints) VALUES ('91372973', 1654.4);
--@end: ITEMS

RESUME CSAS_ITEMS;
INSERT INTO invoices VALUES ('93647513', '2599848717', 3374.0, ARRAY[STRUCT(ItemCode := '258', ItemQty := 2)]);
ASSERT VALUES items (InvoiceNumber, ItemCode) VALUES ('91372973', '413');
ASSERT VALUES items (InvoiceNumber, ItemCode) VALUES ('93647513', '258');
ASSERT VALUES notifications (InvoiceNumber, EarnedLoyaltyPoints) VALUES ('93647513', 674.8000000000001);
--@end: ITEMS
--@end: NOTIFICATIONS
