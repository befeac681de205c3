-- One topic with records that cannot be read, and three ways to go on: leave them out, write NULL, keep them aside.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM readings (id INT, v INT)
    WITH (KAFKA_TOPIC = 'readings', VALUE_FORMAT = 'JSON', PARTITIONS = 1);

CREATE STREAM skipped WITH (KAFKA_TOPIC = 'skipped', ON_ERROR = 'skip') AS
    SELECT id, v FROM readings EMIT CHANGES;

CREATE STREAM nulled WITH (KAFKA_TOPIC = 'nulled', ON_ERROR = 'null') AS
    SELECT id, v FROM readings EMIT CHANGES;

CREATE STREAM kept WITH (KAFKA_TOPIC = 'kept', ON_ERROR = 'dead-letter', DEAD_LETTER_TOPIC = 'bad-readings') AS
    SELECT id, v FROM readings EMIT CHANGES;
