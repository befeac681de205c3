// The runner of test files on cases of our own: what passes, what must not pass, and how records and errors
// are compared.
#include "base/tests/temporary_directory.h"
#include "service/test/run.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace
{

class Cases : public testing::Test
{
protected:
    Cases()
    {
        tg_test_suite_init(&suite);
        runner = tg_test_runner_new();
        arena = tg_arena_new(0);
    }
    ~Cases() override
    {
        tg_test_suite_done(&suite);
        tg_test_runner_free(runner);
        tg_arena_free(arena);
    }
    void read(const std::string &text)
    {
        std::string path = directory.file("it.json");
        std::ofstream(path) << text;
        ASSERT_EQ(tg_test_suite_read(&suite, path.c_str(), &error), TG_OK) << error.message;
    }
    // One test of these members runs.
    tg_test_result run(const std::string &members)
    {
        read("{\"tests\": [\n// a comment\n{\"name\": \"it\", " + members + "}]}");
        tg_test_result result = {};
        tg_test_run(runner, arena, &suite.cases[suite.count - 1], &result);
        return result;
    }
    const tg_json_tree *json(const char *text)
    {
        const tg_json_tree *parsed = nullptr;
        EXPECT_EQ(tg_test_json_parse(arena, tg_slice_text(text), &parsed, &error), TG_OK) << error.message;
        return parsed;
    }
    TemporaryDirectory directory;
    tg_test_suite suite;
    tg_test_runner *runner;
    tg_arena *arena;
    tg_error error = {};
};

const char *const counting =
    R"("statements": ["CREATE STREAM S (K STRING KEY, V INT) WITH (kafka_topic='in', value_format='{FORMAT}');",
                      "CREATE TABLE C AS SELECT K, COUNT(*) AS N FROM S GROUP BY K;"],
       "inputs": [{"topic": "in", "key": "a", "value": {"V": 1}, "timestamp": 5},
                  {"topic": "in", "key": "a", "value": {"v": 2}, "timestamp": 3}],)";

TEST_F(Cases, EveryRowOfANamedTopicMustBeAsExpected)
{
    struct {
        const char *outputs, *cause;
    } const table[] = {
        {R"({"topic": "C", "key": "a", "value": {"N": 1}, "timestamp": 5}, {"topic": "C", "key": "a", "value": {"N": 2}})",
         nullptr},
        {R"({"topic": "C", "key": "a", "value": {"N": 1}})", "C has 2 rows instead of 1"},
        {R"({"topic": "C", "key": "a", "value": {"N": 1}}, {"topic": "C", "key": "a", "value": {"N": 3}})",
         "row 1 of C differs at value.N"},
        {R"({"topic": "C", "key": "a", "value": {"N": 1}, "timestamp": 4}, {"topic": "C", "key": "a", "value": {"N": 2}})",
         "row 0 of C differs at timestamp"},
        {R"({"topic": "C", "key": "b", "value": {"N": 1}}, {"topic": "C", "key": "a", "value": {"N": 2}})",
         "row 0 of C differs at key"},
        {R"({"topic": "D", "key": "a", "value": {"N": 1}})", "no statement writes topic D"},
    };
    for (const auto &row : table) {
        tg_test_result result =
            run(std::string(counting) + R"("format": ["JSON"], "outputs": [)" + row.outputs + "]");
        EXPECT_EQ(result.outcome, row.cause == nullptr ? TG_TEST_PASSED : TG_TEST_FAILED) << row.outputs;
        EXPECT_STREQ(result.cause, row.cause);
    }
}

TEST_F(Cases, ADifferenceIsShownSideBySide)
{
    tg_test_result result = run(std::string(counting) + R"("format": ["JSON"], "outputs": [
        {"topic": "C", "key": "a", "value": {"N": 1}, "timestamp": 5},
        {"topic": "C", "key": "a", "value": {"N": 3, "M": "x"}}])");
    EXPECT_STREQ(result.detail, "  row 0, as expected\n"
                                "                 expected  actual\n"
                                "      key        \"a\"       \"a\"\n"
                                "      value.N    1         1\n"
                                "      timestamp  5         5\n"
                                "  row 1\n"
                                "                 expected  actual\n"
                                "      key        \"a\"       \"a\"\n"
                                "    > value.N    3         2\n"
                                "    > value.M    \"x\"       -\n"
                                "      timestamp  -         5\n");
    result = run(std::string(counting) +
                 R"("format": ["JSON"], "outputs": [{"topic": "C", "key": "a", "value": {"N": 1}}])");
    EXPECT_NE(
        std::string(result.detail).find("  row 1\n    > expected  no row\n    > actual    \"a\" = {\"N\":2}"),
        std::string::npos)
        << result.detail;
}

TEST_F(Cases, EachFormatAndSettingIsACase)
{
    read(std::string("{\"tests\": [{\"name\": \"a\", ") + counting +
         R"("format": ["JSON", "AVRO"], "properties": {"p": "{CONFIG}"}, "config": [true, false]},
            {"name": "b", "enabled": false, "statements": []}]})");
    ASSERT_EQ(suite.count, 4u);
    EXPECT_STREQ(suite.cases[0].name, "a - JSON - p=true");
    EXPECT_STREQ(suite.cases[3].name, "a - AVRO - p=false");
    EXPECT_EQ(suite.cases[1].skip, nullptr);
    EXPECT_EQ(suite.cases[2].skip, nullptr);
    EXPECT_STREQ(tg_properties_get(suite.cases[3].properties, "p"), "false");
}

TEST_F(Cases, ARefusalMustNameWhatTheExpectedOneNames)
{
    const std::string refused =
        R"("statements": ["CREATE STREAM S AS SELECT * FROM MISSING;"], "expectedException": )";
    EXPECT_EQ(
        run(refused + R"({"type": "KsqlStatementException", "message": "`MISSING` is not there"})").outcome,
        TG_TEST_PASSED);
    EXPECT_STREQ(
        run(refused + R"({"type": "KsqlStatementException", "message": "no 'TOPIC_X' at all"})").cause,
        "the refusal does not name TOPIC_X: there is no stream or table named MISSING");
    EXPECT_EQ(run(refused + R"({"type": "StreamsException"})").outcome, TG_TEST_FAILED) << "another stage";
    EXPECT_EQ(run(R"("statements": ["CREATE STREAM S (A INT) WITH (kafka_topic='t', value_format='JSON');"],
                     "expectedException": {"type": "KsqlException"})")
                  .outcome,
              TG_TEST_FAILED)
        << "nothing was refused";
}

TEST_F(Cases, QueriesGetWhatQueriesBeforeThemWrote)
{
    tg_test_result result = run(
        R"("statements": ["CREATE STREAM S (K INT KEY, V INT) WITH (kafka_topic='in', value_format='DELIMITED');",
                          "CREATE STREAM A AS SELECT K, V + 1 AS V FROM S;", "CREATE STREAM B AS SELECT K, V * 2 AS V FROM A;"],
           "inputs": [{"topic": "in", "key": 7, "value": "1"}],
           "outputs": [{"topic": "B", "key": 7, "value": "4"}])");
    EXPECT_EQ(result.outcome, TG_TEST_PASSED) << result.cause << "\n" << result.detail;
}

struct Fit {
    const char *expected, *actual;
    bool fits;
};

TEST_F(Cases, NumbersFitByTheirText)
{
    static const Fit table[] = {
        {"1", "1", true},
        {"1.0", "1.00", false},
        {"0.0", "0", true},
        {"10.0", "1", false},
        {"3.0", "3", true},
        {"3.5", "3", false},
        {"3", "3.0", false},
        {"4.6116860184273879E18", "4.611686018427388E18", true},
        {"{\"A\":null}", "{\"B\":null}", true},
        {"{\"A\":1}", "{\"B\":1}", false},
        {"1", "1.0", false},
        {"1.0E10", "1.0E10", true},
        {"1.0E10", "10000000000.0", false},
        {"10", "1E1", true},
        {"-0", "0", true},
        {"\"1.5\"", "1.5", true},
        {"\"1\"", "1", false},
        {"null", "0", false},
        {"true", "false", false},
        {"{\"a\":1}", "{\"A\":1}", true},
        {"{\"A\":1}", "{\"a\":1}", false},
        {"{\"A\":1}", "{\"A\":1,\"B\":2}", false},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,2]", false},
    };
    const tg_test_compare_options options = {};
    const char *where = nullptr;
    for (const Fit &row : table)
        EXPECT_EQ(tg_test_json_fits(arena, json(row.expected), json(row.actual), &options, "value", &where),
                  row.fits)
            << row.expected << " " << row.actual;
    const tg_test_compare_options loose = {true, false};
    EXPECT_TRUE(tg_test_json_fits(arena, json("1.0"), json("1.0000001"), &loose, "value", &where));
    EXPECT_FALSE(tg_test_json_fits(arena, json("1.0"), json("1.00001"), &loose, "value", &where));
}

TEST_F(Cases, WhatIsNotTheReasonNeedNotBeNamed)
{
    const char *missing = nullptr;
    tg_fail(&error, TG_CODE_TYPE, "column `A` has 3 items");
    EXPECT_TRUE(tg_test_refusal_fits(arena, "bad 'a', see https://example.org/1234\nStatement: SELECT 'b'",
                                     &error, &missing));
    EXPECT_TRUE(tg_test_refusal_fits(arena, "doesn't have 3 of A", &error, &missing));
    EXPECT_FALSE(tg_test_refusal_fits(arena, "has 4", &error, &missing));
    EXPECT_STREQ(missing, "4");
}

TEST_F(Cases, BrokenFilesAreNoTests)
{
    std::string path = directory.file("it.json");
    std::ofstream(path) << "{\n  \"tests\": [1,, 2]}";
    EXPECT_EQ(tg_test_suite_read(&suite, path.c_str(), &error), TG_CODE_SYNTAX);
    EXPECT_EQ(error.place.line, 2u);
    EXPECT_EQ(tg_test_suite_read(&suite, "/nowhere/at.json", &error), TG_CODE_IO);
}

} // namespace
