-- Run it: turgo test examples/conversion-per-hour/test.sql
RUN SCRIPT 'job.sql';

--@test: rows meet whose page and hour are the same
INSERT INTO views (ROWTIME, page, visitor) VALUES (1000, 'home', 'ann');
INSERT INTO views (ROWTIME, page, visitor) VALUES (2000, 'home', 'bob');
INSERT INTO orders (ROWTIME, id, page) VALUES (3000, 'o-1', 'home');
INSERT INTO views (ROWTIME, page, visitor) VALUES (3601000, 'home', 'cid'); -- the next hour
ASSERT VALUES conversion (page, views, orders, hour, share) VALUES ('home', 1, 0, 0, 0.0);
ASSERT VALUES conversion (page, views, orders, hour, share) VALUES ('home', 2, 0, 0, 0.0);
ASSERT VALUES conversion (page, views, orders, hour, share) VALUES ('home', 2, 1, 0, 0.5);
ASSERT VALUES conversion (page, views, orders, hour, share) VALUES ('home', 1, 0, 3600000, 0.0);
--@end: CONVERSION
ASSERT VALUES times_by_orders (orders, times) VALUES (1, 1);

INSERT INTO orders (ROWTIME, id, page) VALUES (4000, 'o-2', 'home');
ASSERT VALUES conversion (page, views, orders, hour, share) VALUES ('home', 2, 2, 0, 1.0);
ASSERT VALUES times_by_orders (orders, times) VALUES (1, 0);
ASSERT VALUES times_by_orders (orders, times) VALUES (2, 1);
--@end: TIMES_BY_ORDERS
