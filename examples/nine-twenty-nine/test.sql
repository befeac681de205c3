-- Run it: turgo test examples/nine-twenty-nine/test.sql
RUN SCRIPT 'job.sql';

--@test: a late record corrects its window until the grace period is over
INSERT INTO amounts (ROWTIME, n) VALUES (600000, 1);  -- 10 minutes: window 0..15
INSERT INTO amounts (ROWTIME, n) VALUES (1200000, 5); -- 20 minutes: window 15..30
INSERT INTO amounts (ROWTIME, n) VALUES (700000, 2);  -- late, but within the grace period
ASSERT VALUES changes (total) VALUES (1);
ASSERT VALUES changes (total) VALUES (5);
ASSERT VALUES changes (total) VALUES (3);
--@end: FINALS

INSERT INTO amounts (ROWTIME, n) VALUES (1800000, 7); -- 30 minutes: window 0..15 closes
INSERT INTO amounts (ROWTIME, n) VALUES (700000, 9);  -- too late
ASSERT VALUES changes (total) VALUES (7);
--@end: CHANGES
ASSERT VALUES finals (total) VALUES (3);
--@end: FINALS
