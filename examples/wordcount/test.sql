-- Run it: turgo test examples/wordcount/test.sql
RUN SCRIPT 'job.sql';

--@test: words are counted over lines
INSERT INTO lines (ROWTIME, value) VALUES (1000, 'hello stream');
INSERT INTO lines (ROWTIME, value) VALUES (2000, 'hello');

ASSERT VALUES words (word) VALUES ('hello');
ASSERT VALUES words (word) VALUES ('stream');
ASSERT VALUES word_counts (ROWTIME, word, count) VALUES (1000, 'hello', 1);
ASSERT VALUES word_counts (word, count) VALUES ('stream', 1);
ASSERT VALUES word_counts (ROWTIME, word, count) VALUES (2000, 'hello', 2);
--@end: WORD_COUNTS

--@test: a table that is not there cannot be read
--@expected.message: there is no LINE_COUNTS
CREATE TABLE often AS SELECT * FROM line_counts WHERE count > 10;
