-- Run it: turgo test examples/rates-from-a-file/test.sql
RUN SCRIPT 'job.sql';

--@test: a payment is converted at the rate of its time, also if it comes late
INSERT INTO rates (ROWTIME, ccy, r) VALUES (1000, 'USD', 1.0e0);
INSERT INTO rates (ROWTIME, ccy, r) VALUES (1000, 'EUR', 1.25e0);
INSERT INTO payments (ROWTIME, ccy, id, amount) VALUES (2000, 'EUR', 'p1', 100.0e0);
INSERT INTO rates (ROWTIME, ccy, r) VALUES (3000, 'EUR', 1.5e0);
INSERT INTO payments (ROWTIME, ccy, id, amount) VALUES (5000, 'EUR', 'p2', 100.0e0);
INSERT INTO payments (ROWTIME, ccy, id, amount) VALUES (6000, 'GBP', 'p3', 5.0e0);
INSERT INTO payments (ROWTIME, ccy, id, amount) VALUES (2500, 'EUR', 'p4', 100.0e0);
INSERT INTO payments (ROWTIME, ccy, id, amount) VALUES (500, 'EUR', 'p5', 100.0e0);
ASSERT VALUES converted (ccy, id, converted) VALUES ('EUR', 'p1', 125.0);
ASSERT VALUES converted (ccy, id, converted) VALUES ('EUR', 'p2', 150.0);
ASSERT VALUES converted (ccy, id, converted) VALUES ('GBP', 'p3', NULL);
ASSERT VALUES converted (ccy, id, converted) VALUES ('EUR', 'p4', 125.0);
ASSERT VALUES converted (ccy, id, converted) VALUES ('EUR', 'p5', NULL);
--@end: CONVERTED

--@test: a rate that comes late counts for the payments behind it
INSERT INTO rates (ROWTIME, ccy, r) VALUES (3000, 'EUR', 1.5e0);
INSERT INTO payments (ROWTIME, ccy, id, amount) VALUES (2000, 'EUR', 'p1', 100.0e0);
INSERT INTO rates (ROWTIME, ccy, r) VALUES (1000, 'EUR', 1.25e0);
INSERT INTO payments (ROWTIME, ccy, id, amount) VALUES (2000, 'EUR', 'p2', 100.0e0);
INSERT INTO payments (ROWTIME, ccy, id, amount) VALUES (4000, 'EUR', 'p3', 100.0e0);
ASSERT VALUES converted (ccy, id, converted) VALUES ('EUR', 'p1', NULL);
ASSERT VALUES converted (ccy, id, converted) VALUES ('EUR', 'p2', 125.0);
ASSERT VALUES converted (ccy, id, converted) VALUES ('EUR', 'p3', 150.0);
--@end: CONVERTED
