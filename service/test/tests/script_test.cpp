// Tests in SQL: what passes, what fails with which line and message, and that each test stands alone.
#include "base/tests/temporary_directory.h"
#include "service/test/run.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace
{

const char *const counting =
    "CREATE STREAM clicks (page VARCHAR KEY, n INT) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');\n"
    "CREATE TABLE per_page AS SELECT page, COUNT(*) AS total FROM clicks GROUP BY page;\n"
    "INSERT INTO clicks (ROWTIME, page, n) VALUES (1000, 'a', 1);\n"
    "INSERT INTO clicks (ROWTIME, page, n) VALUES (1000, 'a', 1);\n";

class Script : public testing::Test
{
protected:
    Script()
    {
        runner = tg_test_runner_new();
        arena = tg_arena_new(0);
    }
    ~Script() override
    {
        tg_test_runner_free(runner);
        tg_arena_free(arena);
    }
    void write(const std::string &name, const std::string &text)
    {
        std::ofstream(folder / name) << text;
    }
    // Test name -> "" if it passed, else the cause.
    std::map<std::string, std::string> run(const std::string &text)
    {
        std::map<std::string, std::string> results;
        tg_error error = {};
        tg_test_suite suite;
        write("it.sql", text);
        tg_test_suite_init(&suite);
        EXPECT_EQ(tg_test_suite_read(&suite, (folder / "it.sql").c_str(), &error), TG_OK) << error.message;
        for (size_t i = 0; i < suite.count; i++) {
            tg_test_result result = {};
            tg_test_run(runner, arena, &suite.cases[i], &result);
            results[suite.cases[i].name] = result.outcome == TG_TEST_PASSED ? "" : result.cause;
            detail = result.detail;
        }
        tg_test_suite_done(&suite);
        return results;
    }
    std::string run_one(const std::string &statements)
    {
        return run("--@test: it\n" + statements)["it"];
    }
    std::string detail; // of the last one
    TemporaryDirectory directory;
    std::filesystem::path folder = directory.path();
    tg_test_runner *runner;
    tg_arena *arena;
};

TEST_F(Script, AssertComparesTheNextRecord)
{
    const struct {
        const char *asserts, *cause;
    } table[] = {
        {"ASSERT VALUES per_page (ROWTIME, page, total) VALUES (1000, 'a', 1);\n"
         "ASSERT VALUES per_page (total) VALUES (2);\n--@end: PER_PAGE\n",
         ""},
        {"ASSERT VALUES per_page (page, total) VALUES ('a', 2);",
         "line 6: record 1 of PER_PAGE is {\"PAGE\":\"a\",\"TOTAL\":1}, not {\"PAGE\":\"a\",\"TOTAL\":2}"},
        {"ASSERT VALUES per_page (ROWTIME, total) VALUES (999, 1);",
         "line 6: record 1 of PER_PAGE is {\"TOTAL\":1} at 1000, not {\"TOTAL\":1} at 999"},
        {"ASSERT VALUES clicks (n) VALUES (1);\nASSERT VALUES clicks (n) VALUES (1);\n"
         "ASSERT VALUES clicks (n) VALUES (1);",
         "line 8: CLICKS has only 2 records; the next must be {\"N\":1}"},
        {"ASSERT VALUES per_page (total) VALUES (1);\n--@end: PER_PAGE\n",
         "line 1: PER_PAGE has 1 records more than were asserted; the next is \"a\" = {\"TOTAL\":2} "
         "timestamp "
         "1000"},
        {"--@ende: PER_PAGE\n", "line 1: --@ende: is no line that a test may have"},
    };
    for (const auto &row : table)
        EXPECT_EQ(run_one(std::string(counting) + row.asserts), row.cause) << row.asserts;
}

TEST_F(Script, ADifferenceIsShownSideBySide)
{
    run_one(std::string(counting) + "ASSERT VALUES per_page (ROWTIME, page, total) VALUES (999, 'a', 2);");
    EXPECT_EQ(detail, "             expected  actual\n"
                      "      PAGE   \"a\"       \"a\"\n"
                      "    > TOTAL  2         1\n"
                      "    >         at 999    at 1000\n");
}

TEST_F(Script, AssertTopicLooksAtTheTopic)
{
    const std::string topic =
        "CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=3);\n";
    const struct {
        const char *statement, *cause;
    } table[] = {
        {"ASSERT TOPIC 't' WITH (PARTITIONS=3, REPLICAS=1);", ""},
        {"ASSERT NOT EXISTS TOPIC 'u';", ""},
        {"ASSERT TOPIC 't' WITH (PARTITIONS=4);", "line 3: topic t has PARTITIONS=3, not 4"},
        {"ASSERT TOPIC 't' WITH (REPLICAS=2);", "line 3: topic t has REPLICAS=1, not 2"},
        {"ASSERT NOT EXISTS TOPIC 't';", "line 3: topic t exists with 3 partitions"},
        {"ASSERT TOPIC 'u';", "line 3: topic 'u' does not exist"},
    };
    for (const auto &row : table)
        EXPECT_EQ(run_one(topic + row.statement), row.cause) << row.statement;
}

TEST_F(Script, TombstonesAndNullsAreTwoThings)
{
    const std::string table =
        "CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');\n"
        "INSERT INTO t (id, v) VALUES (1, NULL);\n";
    EXPECT_EQ(run_one(table + "ASSERT VALUES t (id, v) VALUES (1, NULL);"), "");
    EXPECT_EQ(run_one(table + "ASSERT NULL VALUES t (id) KEY (1);"),
              "line 4: record 1 of T is {\"ID\":1}, not {\"ID\":1} with a null value");
}

TEST_F(Script, EachTestStandsAlone)
{
    auto results =
        run(std::string("CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n") +
            "--@test: one\nINSERT INTO s (v) VALUES (1);\nASSERT VALUES s (v) VALUES (1);\n--@end: S\n" +
            "--@test: two\nINSERT INTO s (v) VALUES (2);\nASSERT VALUES s (v) VALUES (3);\n");
    EXPECT_EQ(results["one"], "");
    EXPECT_EQ(results["two"], "line 8: record 1 of S is {\"V\":2}, not {\"V\":3}");
}

TEST_F(Script, AnExpectedErrorMustComeAndFit)
{
    const std::string wrong = "CREATE STREAM s AS SELECT * FROM missing;\n";
    EXPECT_EQ(run_one("--@expected.message: there is no MISSING\n" + wrong), "");
    EXPECT_NE(run_one("--@expected.message: there is no OTHER_THING\n" + wrong), "");
    EXPECT_EQ(run_one("--@expected.error: any\nSET 'a' = 'b';\n"), "it must fail, but does not");
}

TEST_F(Script, RunScriptTakesAFileBesideTheTest)
{
    write("job.sql", counting);
    EXPECT_EQ(run_one("RUN SCRIPT 'job.sql';\nASSERT VALUES per_page (total) VALUES (1);\n"
                      "ASSERT VALUES per_page (total) VALUES (2);\n"),
              "");
    write("job.sql", "CREATE STREAM a (v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');\nDROP STREAM b;");
    std::string cause = run_one("RUN SCRIPT 'job.sql';\n");
    EXPECT_NE(cause.find("job.sql, line 2: "), std::string::npos) << cause;
    write("job.sql", "RUN SCRIPT 'job.sql';");
    EXPECT_NE(run_one("RUN SCRIPT 'job.sql';\n").find("deep"), std::string::npos);
}

TEST_F(Script, TheClockMovesWhenItIsTold)
{
    EXPECT_EQ(run_one("CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
                      "INSERT INTO s (v) VALUES (1);\n--@advance: 2 MINUTES\nINSERT INTO s (v) VALUES (2);\n"
                      "ASSERT VALUES s (ROWTIME, v) VALUES (0, 1);\n"
                      "ASSERT VALUES s (ROWTIME, v) VALUES (120000, 2);\n"),
              "");
    EXPECT_NE(run_one("--@advance: soon\n"), "");
}

TEST_F(Script, AReplacedQueryGoesOnWhereTheOtherEnded)
{
    EXPECT_EQ(
        run_one("CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
                "CREATE STREAM o AS SELECT v FROM s;\nINSERT INTO s (v) VALUES (1);\n"
                "CREATE OR REPLACE STREAM o AS SELECT v + 10 AS v FROM s;\nINSERT INTO s (v) VALUES (2);\n"
                "ASSERT VALUES o (v) VALUES (1);\nASSERT VALUES o (v) VALUES (12);\n--@end: O\n"),
        "");
}

TEST(Examples, TheTestsOfTheGalleryPass)
{
    tg_error error = {};
    tg_test_suite suite;
    tg_test_suite_init(&suite);
    tg_test_runner *runner = tg_test_runner_new();
    ASSERT_EQ(tg_test_suite_read(&suite, TG_SOURCE_DIR "/examples", &error), TG_OK) << error.message;
    EXPECT_GT(suite.count, 0u);
    for (size_t i = 0; i < suite.count; i++) {
        tg_arena *arena = tg_arena_new(0);
        tg_test_result result = {};
        tg_test_run(runner, arena, &suite.cases[i], &result);
        EXPECT_EQ(result.outcome, TG_TEST_PASSED)
            << suite.cases[i].file << " - " << suite.cases[i].name << ": " << result.cause;
        tg_arena_free(arena);
    }
    tg_test_runner_free(runner);
    tg_test_suite_done(&suite);
}

} // namespace
