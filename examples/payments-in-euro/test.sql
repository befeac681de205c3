-- Run it: turgo test examples/payments-in-euro/test.sql
RUN SCRIPT 'job.sql';

--@test: a payment is converted at the rate of its moment
INSERT INTO rates VALUES ('USD', 1.0e0);
INSERT INTO rates VALUES ('EUR', 1.25e0);
INSERT INTO payments VALUES ('p1', 'EUR', 100.0e0);
INSERT INTO rates VALUES ('EUR', 1.5e0);
INSERT INTO payments VALUES ('p2', 'EUR', 100.0e0);
INSERT INTO payments VALUES ('p3', 'GBP', 5.0e0);
ASSERT VALUES converted (ccy, id, converted) VALUES ('EUR', 'p1', 125.0);
ASSERT VALUES converted (ccy, id, converted) VALUES ('EUR', 'p2', 150.0);
ASSERT VALUES converted (ccy, id, converted) VALUES ('GBP', 'p3', NULL);
--@end: CONVERTED
