// Statements of every kind: they parse, have the canonical form, and the canonical form is a fixpoint.
#include <gtest/gtest.h>

#include "sql/tests/statements.hpp"

namespace
{

struct Case {
    const char *name;
    const char *sql;
    const char *canonical; // NULL: the same, with ';' and newline
};

class Formatter : public testing::TestWithParam<Case>
{
};

TEST_P(Formatter, ReachesCanonicalFormAndStaysThere)
{
    std::string expected = GetParam().canonical != nullptr ? GetParam().canonical : GetParam().sql;
    expected += ";\n";
    Parsed first(GetParam().sql, true);
    ASSERT_EQ(first.code, TG_OK) << first.error.message;
    EXPECT_EQ(first.format(), expected);

    Parsed second(first.format(), true);
    ASSERT_EQ(second.code, TG_OK) << second.error.message;
    EXPECT_EQ(second.format(), first.format());
}

const Case definitions[] = {
    {"stream",
     "create stream clicks (id int key, url varchar) with (kafka_topic='clicks', value_format='JSON', "
     "partitions=4)",
     "CREATE STREAM CLICKS (ID INTEGER KEY, URL STRING) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON', "
     "PARTITIONS=4)"},
    {"table", "CREATE OR REPLACE TABLE T (A STRING PRIMARY KEY) WITH (KAFKA_TOPIC='t')", nullptr},
    {"source_stream", "CREATE SOURCE STREAM IF NOT EXISTS S (A STRING) WITH (KAFKA_TOPIC='t')", nullptr},
    {"stream_without_columns",
     "CREATE STREAM S WITH (KAFKA_TOPIC='t', VALUE_FORMAT='AVRO', VALUE_SCHEMA_ID=-1)", nullptr},
    {"stream_without_anything", "CREATE STREAM S", nullptr},
    {"headers",
     "CREATE STREAM S (H ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS, T BYTES HEADER('it''s')) WITH "
     "(KAFKA_TOPIC='t')",
     nullptr},
    {"types",
     "CREATE STREAM S (A BOOLEAN, B DECIMAL(10, 2), C MAP<STRING, ARRAY<BIGINT>>, D STRUCT<`e` TIME, F "
     "DATE>, G STRUCT<>)",
     nullptr},
    {"old_array", "CREATE STREAM S (A INT ARRAY)", "CREATE STREAM S (A ARRAY<INTEGER>)"},
    {"type_parameters", "CREATE STREAM S (A VARCHAR(255), B VARCHAR(STRING))",
     "CREATE STREAM S (A STRING, B STRING)"},
    {"custom_type", "CREATE STREAM S (A ADDRESS, B ARRAY<STRUCT<X ADDRESS>>)", nullptr},
    {"create_function",
     "CREATE OR REPLACE FUNCTION GROSS(NET DOUBLE, `percent` ARRAY<INTEGER>) RETURNS DOUBLE AS NET * "
     "`percent`[1]",
     nullptr},
    {"drop_function", "DROP FUNCTION IF EXISTS GROSS", nullptr},
    {"create_type", "CREATE TYPE IF NOT EXISTS ADDRESS AS STRUCT<STREET STRING, NUMBER INTEGER>", nullptr},
    {"drop_type", "DROP TYPE IF EXISTS ADDRESS", nullptr},
    {"connector",
     "CREATE SOURCE CONNECTOR IF NOT EXISTS `jdbc` WITH (\"connector.class\"='x', 'tasks.max'=1, NAME=NULL)",
     "CREATE SOURCE CONNECTOR IF NOT EXISTS `jdbc` WITH ('connector.class'='x', 'tasks.max'=1, NAME=NULL)"},
    {"sink_connector", "CREATE SINK CONNECTOR C WITH (A=TRUE, B=1.50, C=1e3)",
     "CREATE SINK CONNECTOR C WITH (A=TRUE, B=1.50, C=1e3)"},
    {"drop_connector", "DROP CONNECTOR IF EXISTS C", nullptr},
    {"drop_stream", "DROP STREAM IF EXISTS S DELETE TOPIC", nullptr},
    {"drop_table", "DROP TABLE T", nullptr},
    {"alter", "ALTER STREAM S ADD A INT, ADD COLUMN B ARRAY<STRING>",
     "ALTER STREAM S ADD COLUMN A INTEGER, ADD COLUMN B ARRAY<STRING>"},
    {"alter_column_named_column", "ALTER TABLE T ADD COLUMN INT",
     "ALTER TABLE T ADD COLUMN `COLUMN` INTEGER"},
    {"create_as", "CREATE STREAM IF NOT EXISTS B WITH (PARTITIONS=1) AS SELECT * FROM A", nullptr},
    {"create_table_as", "CREATE OR REPLACE TABLE B AS SELECT K, COUNT(*) AS N FROM A GROUP BY K EMIT FINAL",
     nullptr},
    {"insert_select", "INSERT INTO B WITH (QUERY_ID='q') SELECT * FROM A", nullptr},
    {"insert_values", "INSERT INTO B (ROWTIME, `k`) VALUES (1234, -1, 'x', ARRAY[1], NULL)", nullptr},
    {"insert_values_without_columns", "INSERT INTO B VALUES ()", nullptr},
};

const Case queries[] = {
    {"star", "SELECT * FROM A", nullptr},
    {"stars", "SELECT A.*, B->*, `x`.* FROM A", nullptr},
    {"field_of_field_star", "SELECT A->B->*, F(X)[1]->* FROM A", nullptr},
    {"aliases", "select a b, c as d from s as t", "SELECT A AS B, C AS D FROM S AS T"},
    {"alias_without_as", "SELECT A.X FROM S A WHERE A.X = 1", "SELECT A.X FROM S AS A WHERE A.X = 1"},
    {"emit", "SELECT A FROM S EMIT CHANGES LIMIT 3", nullptr},
    {"emit_complete", "SELECT A FROM S EMIT COMPLETE", nullptr},
    {"where_having", "SELECT A FROM S WHERE A > 1 GROUP BY A HAVING COUNT(*) > 1", nullptr},
    {"partition_by", "SELECT A FROM S PARTITION BY A, B + 1", nullptr},
    {"group_by_parens", "SELECT A FROM S GROUP BY (A, B)", "SELECT A FROM S GROUP BY A, B"},
    {"group_by_condition", "SELECT A FROM S GROUP BY (A = 1), B", nullptr},
    {"group_by_product", "SELECT A FROM S GROUP BY (A + B) * C, D", nullptr},
    {"group_by_nothing", "SELECT A FROM S GROUP BY ()", nullptr},
    {"tumbling", "SELECT A FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY A",
     "SELECT A FROM S WINDOW TUMBLING (SIZE 1 HOURS) GROUP BY A"},
    {"tumbling_options",
     "SELECT A FROM S WINDOW TUMBLING (SIZE 5 MINUTES, GRACE PERIOD 1 DAYS, RETENTION 7 DAYS) GROUP BY A",
     "SELECT A FROM S WINDOW TUMBLING (SIZE 5 MINUTES, RETENTION 7 DAYS, GRACE PERIOD 1 DAYS) GROUP BY A"},
    {"hopping", "SELECT A FROM S WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 500 MILLISECONDS) GROUP BY A",
     nullptr},
    {"session", "SELECT A FROM S WINDOW SESSION (30 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY A", nullptr},
    {"named_window", "SELECT A FROM S WINDOW W TUMBLING (SIZE 1 SECONDS) GROUP BY A", nullptr},
    {"window_without_group_by", "SELECT COUNT(*) FROM S WINDOW TUMBLING (SIZE 1 SECONDS)", nullptr},
    {"joins",
     "SELECT * FROM A INNER JOIN B ON A.X = B.X LEFT OUTER JOIN C AS D ON A.X = D.X FULL OUTER JOIN E ON "
     "TRUE",
     "SELECT * FROM A JOIN B ON A.X = B.X LEFT JOIN C AS D ON A.X = D.X FULL JOIN E ON TRUE"},
    {"within", "SELECT * FROM A RIGHT JOIN B WITHIN 1 HOUR GRACE PERIOD 1 MINUTE ON A.X = B.X",
     "SELECT * FROM A RIGHT JOIN B WITHIN 1 HOURS GRACE PERIOD 1 MINUTES ON A.X = B.X"},
    {"within_two", "SELECT * FROM A JOIN B WITHIN (1 DAYS, 0 MILLISECONDS) ON A.X = B.X", nullptr},
    {"free_words_as_names", "SELECT KEY, TYPE AS SOURCE, DATE(TIMESTAMP) FROM TIME AS CHANGES EMIT CHANGES",
     nullptr},
    {"reserved_words_quoted", "SELECT `FROM`, `ARRAY`[1], `MAP`, `DAYS` AS `SIZE` FROM `SELECT`", nullptr},
    {"quoted", "SELECT `lower`, \"Mixed\", `back``tick`, `PLAIN` FROM `s p`",
     "SELECT `lower`, `Mixed`, `back``tick`, PLAIN FROM `s p`"},
    {"names_with_digits", "SELECT 1ST AS 2B FROM S", "SELECT `1ST` AS `2B` FROM S"},
};

const Case expressions[] = {
    {"precedence", "SELECT A OR B AND NOT C = D || E + F * -G FROM S", nullptr},
    {"parens_kept", "SELECT ((A OR B) AND C), (A + B) * C, A - (B - C), NOT (A AND B) FROM S",
     "SELECT (A OR B) AND C, (A + B) * C, A - (B - C), NOT (A AND B) FROM S"},
    {"parens_dropped", "SELECT (A * B) + C, ((A)), (A.B) FROM S", "SELECT A * B + C, A, A.B FROM S"},
    {"comparison_of_comparisons", "SELECT (A = B) = (C < D) FROM S", nullptr},
    {"signs", "SELECT -1, - 1, -(1), -(-1), +1, - - A, -A->B, A - -1, -(5[1]) FROM S",
     "SELECT -1, -1, -(1), -(-1), +(1), -(-A), -A->B, A - -1, -(5[1]) FROM S"},
    {"not_equal", "SELECT A != B FROM S", "SELECT A <> B FROM S"},
    {"predicates",
     "SELECT A BETWEEN 1 AND 2 AND B NOT BETWEEN C + 1 AND D, E IN (1, 2), F NOT IN ('x') FROM S", nullptr},
    {"like", "SELECT A LIKE 'x%', B NOT LIKE C || '%' ESCAPE '!' FROM S", nullptr},
    {"is", "SELECT A IS NULL, B IS NOT NULL, C IS DISTINCT FROM D, E IS NOT DISTINCT FROM 1 FROM S", nullptr},
    {"case_searched", "SELECT CASE WHEN A = 1 THEN 'x' WHEN B THEN 'y' ELSE NULL END FROM S", nullptr},
    {"case_simple", "SELECT CASE A + 1 WHEN 1 THEN 'x' END FROM S", nullptr},
    {"cast", "SELECT CAST(A OR B AS MAP<STRING, DECIMAL(4, 2)>) FROM S", nullptr},
    {"typed_literals", "SELECT DATE '2024-01-01', TIMESTAMP '2024-01-01T00:00:00' FROM S",
     "SELECT CAST('2024-01-01' AS DATE), CAST('2024-01-01T00:00:00' AS TIMESTAMP) FROM S"},
    {"constructors",
     "SELECT ARRAY[], ARRAY[1, A], MAP(), MAP('k' := 1, 'l' := A), STRUCT(), STRUCT(F := 1, `g` := 2) FROM S",
     nullptr},
    {"calls", "SELECT F(), COUNT(*), DATEADD(DAYS, 1, D), F(DAY), G(MILLISECOND) FROM S", nullptr},
    {"lambdas", "SELECT TRANSFORM(A, X => X + 1), REDUCE(A, 0, (S, X) => S + X), F((x) => x, (a) + b) FROM S",
     "SELECT TRANSFORM(A, X => X + 1), REDUCE(A, 0, (S, X) => S + X), F(X => X, A + B) FROM S"},
    {"lambda_in_lambda", "SELECT TRANSFORM(A, X => FILTER(X, Y => Y > 1 AND Y < X[1])) FROM S", nullptr},
    {"postfix", "SELECT A[1]->B['k'][-1]->`c`, (A || B)[1], F(X)->Y FROM S", nullptr},
    {"literals", "SELECT 007, 1.50, .5, 1., 1e3, 1.5E-3, 'it''s', '', true, NULL FROM S",
     "SELECT 007, 1.50, .5, 1., 1e3, 1.5E-3, 'it''s', '', TRUE, NULL FROM S"},
    {"comments", "SELECT A -- a comment; with ' quote\n, /* and\n * another; */ B FROM S -- the end",
     "SELECT A, B FROM S"},
};

const Case commands[] = {
    {"list_topics", "LIST ALL TOPICS EXTENDED", "SHOW ALL TOPICS EXTENDED"},
    {"show_topics", "SHOW TOPICS", nullptr},
    {"show_properties", "SHOW PROPERTIES", nullptr},
    {"show_streams", "SHOW STREAMS EXTENDED", nullptr},
    {"show_tables", "SHOW TABLES", nullptr},
    {"show_functions", "SHOW FUNCTIONS", nullptr},
    {"show_connectors", "SHOW SINK CONNECTORS", nullptr},
    {"show_plugins", "SHOW CONNECTOR PLUGINS", nullptr},
    {"show_types", "SHOW TYPES", nullptr},
    {"show_variables", "SHOW VARIABLES", nullptr},
    {"show_queries", "SHOW QUERIES EXTENDED", nullptr},
    {"describe", "DESCRIBE S EXTENDED", nullptr},
    {"describe_streams", "DESCRIBE STREAMS", nullptr},
    {"describe_tables", "DESCRIBE TABLES EXTENDED", nullptr},
    {"describe_function", "DESCRIBE FUNCTION UCASE", nullptr},
    {"describe_a_stream_named_function", "DESCRIBE FUNCTION", "DESCRIBE `FUNCTION`"},
    {"describe_connector", "DESCRIBE CONNECTOR `c`", nullptr},
    {"explain_query", "EXPLAIN CSAS_B_1", nullptr},
    {"explain_statement", "EXPLAIN SELECT * FROM S EMIT CHANGES", nullptr},
    {"explain_create", "EXPLAIN CREATE STREAM B AS SELECT * FROM A", nullptr},
    {"print", "PRINT 'a.b' FROM BEGINNING SAMPLE 2 LIMIT 10",
     "PRINT 'a.b' FROM BEGINNING INTERVAL 2 LIMIT 10"},
    {"print_name", "PRINT clicks", "PRINT CLICKS"},
    {"terminate", "TERMINATE `q-1`", nullptr},
    {"terminate_all", "TERMINATE ALL", nullptr},
    {"pause", "PAUSE Q", nullptr},
    {"resume", "RESUME ALL", nullptr},
    {"set", "SET 'auto.offset.reset' = 'earliest'", "SET 'auto.offset.reset'='earliest'"},
    {"set_empty", "SET 'a'=''", nullptr},
    {"unset", "UNSET 'auto.offset.reset'", nullptr},
    {"alter_system", "ALTER SYSTEM 'a'='b'", nullptr},
    {"define", "DEFINE clicks = 'clicks'", "DEFINE CLICKS='clicks'"},
    {"assert_topic", "ASSERT TOPIC 'a.b' WITH (PARTITIONS=4) TIMEOUT 10 SECONDS", nullptr},
    {"assert_not_exists", "ASSERT NOT EXISTS TOPIC T", nullptr},
    {"assert_schema", "ASSERT SCHEMA SUBJECT 'a-value' ID 3 TIMEOUT 10 SECONDS", nullptr},
    {"assert_no_schema", "ASSERT NOT EXISTS SCHEMA", nullptr},
    {"assert_values", "ASSERT VALUES S (ROWTIME, K) VALUES (1, 'x')", nullptr},
    {"assert_tombstone", "ASSERT NULL VALUES S (K) KEY ('x')", nullptr},
    {"assert_stream", "ASSERT STREAM S (K STRING KEY) WITH (KAFKA_TOPIC='t')", nullptr},
    {"assert_table", "ASSERT TABLE T (K STRING PRIMARY KEY)", nullptr},
    {"run_script", "RUN SCRIPT '/a b.sql'", nullptr},
};

std::string case_name(const testing::TestParamInfo<Case> &info)
{
    return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Definitions, Formatter, testing::ValuesIn(definitions), case_name);
INSTANTIATE_TEST_SUITE_P(Queries, Formatter, testing::ValuesIn(queries), case_name);
INSTANTIATE_TEST_SUITE_P(Expressions, Formatter, testing::ValuesIn(expressions), case_name);
INSTANTIATE_TEST_SUITE_P(Commands, Formatter, testing::ValuesIn(commands), case_name);

} // namespace
