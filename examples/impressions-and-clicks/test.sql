-- Run it: turgo test examples/impressions-and-clicks/test.sql
RUN SCRIPT 'job.sql';

--@test: the bounds of WITHIN are inclusive, the result has the later time
INSERT INTO impressions (ROWTIME, id, campaign) VALUES (1599645600000, '100001', 'c1'); -- 10:00
INSERT INTO impressions (ROWTIME, id, campaign) VALUES (1599645960000, '100002', 'c2'); -- 10:06
INSERT INTO impressions (ROWTIME, id, campaign) VALUES (1599645720000, '100003', 'c3'); -- 10:02
INSERT INTO clicks (ROWTIME, id, browser) VALUES (1599646680000, '100001', 'b1');       -- 10:18
INSERT INTO clicks (ROWTIME, id, browser) VALUES (1599646680000, '100002', 'b2');
INSERT INTO clicks (ROWTIME, id, browser) VALUES (1599646680000, '100003', 'b3');
ASSERT VALUES within_18 (ROWTIME, id, campaign, browser) VALUES (1599646680000, '100001', 'c1', 'b1');
ASSERT VALUES within_18 (id, browser) VALUES ('100002', 'b2');
ASSERT VALUES within_18 (id, browser) VALUES ('100003', 'b3');
--@end: WITHIN_18
ASSERT VALUES within_16 (id, browser) VALUES ('100002', 'b2');
ASSERT VALUES within_16 (id, browser) VALUES ('100003', 'b3');
--@end: WITHIN_16
ASSERT VALUES within_15 (id, browser) VALUES ('100002', 'b2');
--@end: WITHIN_15
