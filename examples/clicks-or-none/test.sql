-- Run it: turgo test examples/clicks-or-none/test.sql
RUN SCRIPT 'job.sql';

--@test: an impression without a click is said once, when it is final
INSERT INTO impressions (ROWTIME, id, seen) VALUES (1599645600000, '101', '10:00');
INSERT INTO impressions (ROWTIME, id, seen) VALUES (1599645600000, '102', '10:00');
INSERT INTO clicks (ROWTIME, id, seen) VALUES (1599646500000, '101', '10:15');
INSERT INTO clicks (ROWTIME, id, seen) VALUES (1599646560000, '101', '10:16');
ASSERT VALUES outcomes (id, shown, clicked) VALUES ('101', '10:00', '10:15');
INSERT INTO impressions (ROWTIME, id, seen) VALUES (1599648300000, '103', '10:45');
--@end: OUTCOMES
INSERT INTO impressions (ROWTIME, id, seen) VALUES (1599648300001, '104', '10:45 and a millisecond');
ASSERT VALUES outcomes (id, shown, clicked) VALUES ('102', '10:00', NULL);
--@end: OUTCOMES
