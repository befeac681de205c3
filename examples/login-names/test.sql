-- Run it: turgo test examples/login-names/test.sql
RUN SCRIPT 'job.sql';

--@test: a login has the name that its user has at that time
INSERT INTO users VALUES ('100001', 'Prashant');
INSERT INTO users VALUES ('100009', 'Alisha');
INSERT INTO users VALUES ('100087', 'Abdul');
INSERT INTO logins VALUES ('100001', '2020-09-09 10:18:00');
INSERT INTO logins VALUES ('100009', '2020-09-09 10:22:00');
INSERT INTO logins VALUES ('100087', '2020-09-09 10:33:00');
INSERT INTO logins VALUES ('100091', '2020-09-18 07:15:00');
ASSERT VALUES known_logins (login_id, user_name, last_login) VALUES ('100001', 'Prashant', '2020-09-09 10:18:00');
ASSERT VALUES known_logins (login_id, user_name) VALUES ('100009', 'Alisha');
ASSERT VALUES known_logins (login_id, user_name) VALUES ('100087', 'Abdul');
ASSERT VALUES all_logins (login_id, user_name) VALUES ('100001', 'Prashant');
ASSERT VALUES all_logins (login_id, user_name) VALUES ('100009', 'Alisha');
ASSERT VALUES all_logins (login_id, user_name) VALUES ('100087', 'Abdul');
ASSERT VALUES all_logins (login_id, user_name) VALUES ('100091', NULL);

-- the table changes: nothing happens until somebody logs in
INSERT INTO users VALUES ('100091', 'New User');
INSERT INTO users VALUES ('100001', 'P. Pandey');
--@end: KNOWN_LOGINS
--@end: ALL_LOGINS
INSERT INTO logins VALUES ('100091', '2020-09-18 07:20:00');
INSERT INTO logins VALUES ('100001', '2020-09-18 07:21:00');
ASSERT VALUES known_logins (login_id, user_name) VALUES ('100091', 'New User');
ASSERT VALUES known_logins (login_id, user_name) VALUES ('100001', 'P. Pandey');
--@end: KNOWN_LOGINS
