-- Logins get the name of their user as it is at that time. A change of the table alone gives no row of the stream.
SET 'auto.offset.reset' = 'earliest';

CREATE TABLE users (login_id VARCHAR PRIMARY KEY, user_name VARCHAR)
    WITH (KAFKA_TOPIC = 'users', VALUE_FORMAT = 'JSON', PARTITIONS = 1);
CREATE STREAM logins (login_id VARCHAR KEY, created_time VARCHAR)
    WITH (KAFKA_TOPIC = 'logins', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM known_logins WITH (KAFKA_TOPIC = 'known-logins') AS
    SELECT l.login_id AS login_id, user_name, created_time AS last_login
    FROM logins l JOIN users u ON l.login_id = u.login_id;

CREATE STREAM all_logins WITH (KAFKA_TOPIC = 'all-logins') AS
    SELECT l.login_id AS login_id, user_name, created_time AS last_login
    FROM logins l LEFT JOIN users u ON l.login_id = u.login_id;
