// Statements one at a time: what each changes in the session, what is refused, what is taken back.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sql/session.h"

namespace
{

const char *const declarations =
    "CREATE STREAM a (id INT KEY, col1 INT, col2 INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');"
    "CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');"
    "CREATE SOURCE STREAM src (id INT KEY, v INT) WITH (KAFKA_TOPIC='src', VALUE_FORMAT='JSON');"
    "CREATE STREAM b AS SELECT id, col1 FROM a;"
    "CREATE TABLE n AS SELECT id, COUNT(*) AS n FROM a GROUP BY id;"
    "CREATE STREAM headed (id INT KEY, v INT, h BYTES HEADER('h')) WITH (KAFKA_TOPIC='h', "
    "VALUE_FORMAT='JSON');";

class Session : public testing::Test
{
protected:
    Session()
    {
        tg_session_options options = {};
        options.test_statements = true;
        session = tg_session_new(&options);
        EXPECT_EQ(execute(declarations), TG_OK) << error.message;
    }
    ~Session() override
    {
        tg_session_free(session);
    }
    // Compiles all statements; `action` is that of the last one.
    tg_code execute(const std::string &sql)
    {
        const tg_script *script = nullptr;
        tg_code code = tg_session_parse(session, tg_slice_of(sql.data(), sql.size()), &script, &error);
        for (uint32_t i = 0; code == TG_OK && i < script->statement_count; i++)
            code = tg_session_compile(session, script->statements[i], &action, &error);
        return code;
    }
    std::string schema(const char *name) const
    {
        const tg_source_definition *definition = tg_session_source(session, tg_slice_text(name));
        if (definition == nullptr)
            return "none";
        tg_buffer out = {};
        tg_schema_write(definition->schema, &out);
        std::string text = tg_buffer_text(&out);
        tg_buffer_done(&out);
        return text;
    }
    std::string queries() const
    {
        std::string ids;
        for (uint32_t i = 0; tg_session_query_at(session, i) != nullptr; i++)
            ids += std::string(i == 0 ? "" : " ") + tg_session_query_at(session, i)->plan->query_id;
        return ids;
    }
    tg_session *session = nullptr;
    const tg_action *action = nullptr;
    tg_error error = {};
};

TEST_F(Session, ReplacesWhatStillFits)
{
    ASSERT_EQ(execute("CREATE OR REPLACE STREAM b AS SELECT id, col1, col2 FROM a WHERE col2 > 0;"), TG_OK)
        << error.message;
    EXPECT_EQ(action->kind, TG_ACTION_QUERY);
    EXPECT_TRUE(action->replaces);
    EXPECT_STREQ(action->plan->query_id, "CSAS_B");
    EXPECT_EQ(schema("B"), "`ID` INTEGER KEY, `COL1` INTEGER, `COL2` INTEGER");
    ASSERT_EQ(execute("CREATE OR REPLACE STREAM a (id INT KEY, col1 INT, col2 INT, col3 STRING) WITH "
                      "(KAFKA_TOPIC='a', VALUE_FORMAT='JSON');"),
              TG_OK)
        << error.message;
    EXPECT_EQ(schema("A"), "`ID` INTEGER KEY, `COL1` INTEGER, `COL2` INTEGER, `COL3` STRING");
    ASSERT_EQ(execute("CREATE OR REPLACE TABLE n AS SELECT id, COUNT(*) AS n, AS_VALUE(id) AS copy FROM a "
                      "GROUP BY id;"),
              TG_OK)
        << error.message;
    ASSERT_EQ(execute("CREATE OR REPLACE STREAM fresh AS SELECT * FROM a;"), TG_OK) << error.message;
    EXPECT_FALSE(action->replaces);
}

const char *const joins =
    "CREATE STREAM c (id INT KEY, w INT) WITH (KAFKA_TOPIC='c', VALUE_FORMAT='JSON');"
    "CREATE STREAM j AS SELECT a.id AS id, w FROM a JOIN c WITHIN 1 HOUR ON a.id = c.id;"
    "CREATE STREAM k AS SELECT a.id AS id, v FROM a JOIN t ON a.id = t.id;";

// A projection that reads more, a condition on joined rows: what the join keeps stays as it is.
TEST_F(Session, ReplacesAQueryWhoseJoinStays)
{
    ASSERT_EQ(execute(joins), TG_OK) << error.message;
    EXPECT_EQ(
        execute("CREATE OR REPLACE STREAM j AS SELECT a.id AS id, w, col2, c.ROWTIME AS time FROM a JOIN c "
                "WITHIN 1 HOUR ON c.id = a.id WHERE w > 3;"),
        TG_OK)
        << error.message;
    EXPECT_EQ(
        execute(
            "CREATE OR REPLACE STREAM k AS SELECT a.id AS id, v, col1 FROM a LEFT JOIN t ON a.id = t.id;"),
        TG_OK)
        << error.message;
}

TEST_F(Session, DoesNotReplaceAJoinByAnother)
{
    const struct {
        const char *sql, *words;
    } cases[] = {
        {"CREATE OR REPLACE STREAM j AS SELECT a.id AS id, w FROM a JOIN c WITHIN 2 HOURS ON a.id = c.id;",
         "its join changes"},
        {"CREATE OR REPLACE STREAM j AS SELECT a.id AS id, w FROM a LEFT JOIN c WITHIN 1 HOUR ON a.id = "
         "c.id;",
         "its join changes"},
        {"CREATE OR REPLACE STREAM k AS SELECT t.id AS id, v FROM a JOIN t ON a.col1 = t.id;",
         "its join changes"},
        {"CREATE OR REPLACE STREAM k AS SELECT c.id AS id, w AS v FROM c;", "its join changes"},
        {"CREATE OR REPLACE STREAM k AS SELECT c.id AS id, v FROM c JOIN t ON c.id = t.id;",
         "its join changes"},
    };
    ASSERT_EQ(execute(joins), TG_OK) << error.message;
    for (const auto &wrong : cases) {
        EXPECT_NE(execute(wrong.sql), TG_OK) << wrong.sql;
        EXPECT_NE(std::string(error.message).find(wrong.words), std::string::npos)
            << wrong.sql << error.message;
    }
}

TEST_F(Session, AltersColumns)
{
    ASSERT_EQ(execute("ALTER STREAM headed ADD COLUMN w STRING, ADD x DOUBLE;"), TG_OK) << error.message;
    EXPECT_EQ(action->kind, TG_ACTION_NOTHING);
    EXPECT_EQ(schema("HEADED"),
              "`ID` INTEGER KEY, `V` INTEGER, `W` STRING, `X` DOUBLE, `H` BYTES HEADER('h')");
}

TEST_F(Session, DropsWithTheQuery)
{
    ASSERT_EQ(execute("DROP STREAM b DELETE TOPIC;"), TG_OK) << error.message;
    EXPECT_EQ(action->kind, TG_ACTION_DROP);
    EXPECT_TRUE(action->delete_topic);
    ASSERT_EQ(action->query_count, 1u);
    EXPECT_STREQ(action->queries[0].plan->query_id, "CSAS_B");
    EXPECT_EQ(queries(), "CTAS_N");
    ASSERT_EQ(execute("DROP STREAM IF EXISTS b;"), TG_OK) << error.message;
    EXPECT_EQ(action->kind, TG_ACTION_NOTHING);
    tg_session_undo(session);
    ASSERT_EQ(execute("CREATE TYPE x AS INT; DROP TYPE x; CREATE TYPE x AS STRING; DROP TYPE IF EXISTS y;"),
              TG_OK)
        << error.message;
}

TEST_F(Session, InsertsHaveIdsOfTheirOwn)
{
    ASSERT_EQ(execute("INSERT INTO b SELECT id, col1 FROM a; INSERT INTO b SELECT id, col2 AS col1 FROM a;"
                      "INSERT INTO b WITH (QUERY_ID='mine') SELECT id, v AS col1 FROM src;"),
              TG_OK)
        << error.message;
    EXPECT_EQ(queries(), "CSAS_B CTAS_N INSERTQUERY_B_A INSERTQUERY_B_A_2 mine");
    ASSERT_EQ(execute("TERMINATE mine;"), TG_OK) << error.message;
    ASSERT_EQ(execute("TERMINATE ALL;"), TG_OK) << error.message;
    EXPECT_EQ(action->query_count, 4u);
    EXPECT_EQ(queries(), "");
}

TEST_F(Session, DoesNotDropWhatOthersWriteInto)
{
    ASSERT_EQ(execute("INSERT INTO b SELECT id, v AS col1 FROM src;"), TG_OK) << error.message;
    EXPECT_EQ(execute("DROP STREAM b;"), TG_CODE_ANALYSIS);
    EXPECT_NE(std::string(error.hint).find("TERMINATE INSERTQUERY_B_SRC"), std::string::npos) << error.hint;
    EXPECT_EQ(queries(), "CSAS_B CTAS_N INSERTQUERY_B_SRC");
}

TEST_F(Session, TakesBackWhatCouldNotBeExecuted)
{
    ASSERT_EQ(execute("DROP STREAM b;"), TG_OK) << error.message;
    tg_session_undo(session);
    EXPECT_EQ(schema("B"), "`ID` INTEGER KEY, `COL1` INTEGER");
    EXPECT_EQ(queries(), "CSAS_B CTAS_N");
    ASSERT_EQ(execute("SET 'x'='1';"), TG_OK) << error.message;
    tg_session_undo(session);
    EXPECT_EQ(tg_properties_get(tg_session_settings(session), "x"), nullptr);
}

TEST_F(Session, ComparesSources)
{
    const char same[] =
        "ASSERT STREAM a (id INT KEY, col1 INT, col2 INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');";
    EXPECT_EQ(execute(same), TG_OK) << error.message;
    ASSERT_EQ(execute("ASSERT NULL VALUES t (id) KEY (1);"), TG_OK) << error.message;
    EXPECT_TRUE(action->insert->is_tombstone);
    ASSERT_EQ(execute("ASSERT VALUES a (col2, ROWTIME) VALUES (3, 4);"), TG_OK) << error.message;
    EXPECT_FALSE(action->insert->given[0]);
    EXPECT_TRUE(action->insert->given[2]);
    EXPECT_NE(action->insert->rowtime, nullptr);
}

TEST_F(Session, ReportsWhatThereIs)
{
    ASSERT_EQ(execute("SHOW STREAMS;"), TG_OK) << error.message;
    ASSERT_EQ(action->kind, TG_ACTION_REPORT);
    EXPECT_EQ(action->report->row_count, 4u);
    ASSERT_EQ(execute("DESCRIBE b EXTENDED;"), TG_OK) << error.message;
    EXPECT_EQ(action->report->row_count, 2u);
    EXPECT_NE(std::string(action->report->text).find("CSAS_B"), std::string::npos);
    ASSERT_EQ(execute("DEFINE x = '1'; DEFINE y = '2'; UNDEFINE x; SHOW VARIABLES;"), TG_OK) << error.message;
    ASSERT_EQ(action->report->row_count, 1u);
    EXPECT_STREQ(action->report->cells[0], "Y");
    ASSERT_EQ(execute("DESCRIBE FUNCTION count;"), TG_OK) << error.message;
    EXPECT_STREQ(action->report->title, "AGGREGATE function COUNT");
    EXPECT_EQ(action->report->row_count, 2u);
    ASSERT_EQ(execute("EXPLAIN ctas_n;"), TG_OK) << error.message;
    EXPECT_NE(std::string(action->report->text).find("Aggregate"), std::string::npos);
    ASSERT_EQ(execute("EXPLAIN CREATE STREAM z AS SELECT * FROM a;"), TG_OK) << error.message;
    EXPECT_EQ(schema("Z"), "none");
    ASSERT_EQ(execute("EXPLAIN SELECT id, COUNT(*) FROM a GROUP BY id EMIT CHANGES;"), TG_OK)
        << error.message;
    EXPECT_NE(std::string(action->report->text).find("table RESULT"), std::string::npos);
    ASSERT_EQ(execute("SHOW QUERIES;"), TG_OK) << error.message;
    EXPECT_EQ(action->query_count, 2u);
}

TEST_F(Session, ReportsFunctions)
{
    ASSERT_EQ(execute("DESCRIBE FUNCTION ucase;"), TG_OK) << error.message;
    ASSERT_EQ(action->report->row_count, 1u);
    EXPECT_STREQ(action->report->cells[0], "UCASE(STRING) -> STRING");
    EXPECT_STREQ(action->report->cells[2], "NULL if an argument is NULL.");
    EXPECT_NE(std::string(action->report->cells[3]).find("UCASE("), std::string::npos);
    ASSERT_EQ(execute("SHOW FUNCTIONS;"), TG_OK) << error.message;
    uint32_t count = action->report->row_count;
    EXPECT_STREQ(action->report->cells[0], "ABS");
    ASSERT_EQ(execute("CREATE FUNCTION net (price DOUBLE) RETURNS DOUBLE AS price / 1.19e0; SHOW FUNCTIONS;"),
              TG_OK)
        << error.message;
    ASSERT_EQ(action->report->row_count, count + 1);
    EXPECT_STREQ(action->report->cells[(size_t)3 * count], "NET");
    ASSERT_EQ(execute("DESCRIBE FUNCTION NET;"), TG_OK) << error.message;
    EXPECT_STREQ(action->report->cells[0], "NET(PRICE DOUBLE) -> DOUBLE");
    EXPECT_NE(execute("DESCRIBE FUNCTION nett;"), TG_OK);
    EXPECT_STREQ(error.hint, "did you mean NET?");
}

struct Refusal {
    const char *name, *sql, *words;
};

class Refused : public Session, public testing::WithParamInterface<Refusal>
{
};

TEST_P(Refused, AndChangesNothing)
{
    std::string before = queries() + schema("A") + schema("B") + schema("N");
    EXPECT_NE(execute(GetParam().sql), TG_OK);
    EXPECT_NE(std::string(error.message).find(GetParam().words), std::string::npos) << error.message;
    EXPECT_EQ(queries() + schema("A") + schema("B") + schema("N"), before);
}

INSTANTIATE_TEST_SUITE_P(
    All, Refused,
    testing::Values(
        Refusal{"replace_removes", "CREATE OR REPLACE STREAM b AS SELECT id, col2 FROM a;", "`COL1` INTEGER"},
        Refusal{"replace_retypes",
                "CREATE OR REPLACE STREAM b AS SELECT id, CAST(col1 AS STRING) AS col1 FROM a;",
                "`COL1` INTEGER"},
        Refusal{"replace_key", "CREATE OR REPLACE STREAM b AS SELECT * FROM a PARTITION BY col1;", "`ID`"},
        Refusal{"replace_aggregate",
                "CREATE OR REPLACE TABLE n AS SELECT id, SUM(col1) AS n FROM a GROUP BY id;", "N"},
        Refusal{"replace_aggregate_state",
                "CREATE OR REPLACE TABLE n AS SELECT id, COUNT(*) AS n, SUM(col1) AS s FROM a GROUP BY id;",
                "aggregates change"},
        Refusal{"replace_source", "CREATE OR REPLACE STREAM b AS SELECT id, v AS col1 FROM src;",
                "other topics"},
        Refusal{"replace_topic",
                "CREATE OR REPLACE STREAM b WITH (KAFKA_TOPIC='x') AS SELECT id, col1 FROM a;", "'x'"},
        Refusal{"replace_format",
                "CREATE OR REPLACE STREAM b WITH (VALUE_FORMAT='DELIMITED') AS SELECT id, col1 "
                "FROM a;",
                "DELIMITED"},
        Refusal{"replace_kind",
                "CREATE OR REPLACE TABLE a (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='a', "
                "VALUE_FORMAT='JSON');",
                "A is a stream"},
        Refusal{"replace_read_only",
                "CREATE OR REPLACE STREAM src (id INT KEY, v INT) WITH (KAFKA_TOPIC='src', "
                "VALUE_FORMAT='JSON');",
                "'SRC'"},
        Refusal{
            "replace_switched_off",
            "SET 'ksql.create.or.replace.enabled'='false'; CREATE OR REPLACE STREAM z AS SELECT * FROM a;",
            "switched off"},
        Refusal{"alter_taken", "ALTER STREAM a ADD COLUMN col1 INT;", "`COL1`"},
        Refusal{"alter_result", "ALTER STREAM b ADD COLUMN x INT;", "CREATE ... AS SELECT"},
        Refusal{"alter_read_only", "ALTER STREAM src ADD COLUMN x INT;", "'SRC'"},
        Refusal{"alter_kind", "ALTER TABLE a ADD COLUMN x INT;", "is a stream"},
        Refusal{"alter_missing", "ALTER STREAM missing ADD COLUMN x INT;", "MISSING"},
        Refusal{"drop_read", "DROP STREAM a;", "B, N"},
        Refusal{"drop_kind", "DROP TABLE b;", "B is a stream"},
        Refusal{"drop_missing", "DROP STREAM missing;", "MISSING"},
        Refusal{"drop_topic_read_only", "DROP STREAM src DELETE TOPIC;", "SRC"},
        Refusal{"insert_table", "INSERT INTO t SELECT * FROM a;", "T is a table"},
        Refusal{"insert_header", "INSERT INTO headed SELECT id, col1 AS v FROM a;", "header column H"},
        Refusal{"insert_read_only", "INSERT INTO src SELECT id, col1 AS v FROM a;", "read-only"},
        Refusal{"insert_schema", "INSERT INTO b SELECT id, CAST(col1 AS STRING) AS col1 FROM a;",
                "`COL1` STRING"},
        Refusal{"insert_more", "INSERT INTO b SELECT * FROM a;", "`COL2` INTEGER"},
        Refusal{"insert_key",
                "INSERT INTO b SELECT CAST(id AS BIGINT) AS id, col1 FROM a PARTITION BY CAST(id AS "
                "BIGINT);",
                "`ID` BIGINT KEY"},
        Refusal{"insert_itself", "INSERT INTO a SELECT * FROM a;", "without end"},
        Refusal{"insert_id", "INSERT INTO b WITH (QUERY_ID='csas_b') SELECT id, col1 FROM a;", "QUERY_ID"},
        Refusal{"terminate_missing", "TERMINATE nothing;", "NOTHING"},
        Refusal{"explain_nothing", "EXPLAIN DROP STREAM b;", "has a plan"},
        Refusal{"print_forever", "PRINT 'a';", "without end"},
        Refusal{"assert_schema",
                "ASSERT STREAM b (id INT KEY, col1 STRING) WITH (KAFKA_TOPIC='B', "
                "VALUE_FORMAT='JSON');",
                "schema of B"},
        Refusal{"assert_format",
                "ASSERT STREAM b (id INT KEY, col1 INT) WITH (KAFKA_TOPIC='B', KEY_FORMAT='AVRO', "
                "VALUE_FORMAT='JSON');",
                "key format of B is KAFKA, not AVRO"},
        Refusal{"assert_schema_of_nothing", "ASSERT SCHEMA;", "neither a subject nor an id"},
        Refusal{"assert_schema_id", "ASSERT SCHEMA ID 'a';", "positive number"},
        Refusal{"assert_schema_without_registry", "ASSERT SCHEMA SUBJECT 'a-value';", "none is configured"},
        Refusal{"assert_topic_property", "ASSERT TOPIC a WITH (RETENTION_MS=5);", "RETENTION_MS"}),
    [](const auto &test) { return std::string(test.param.name); });

} // namespace
