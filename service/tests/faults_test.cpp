// Bad records from SQL text on: the acceptance data under the four policies at once, a query that fails
// alone, late records, and the settings that stand in for a statement.
#include "service/tests/job_fixture.h"

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

class FaultJobs : public JobTest
{
protected:
    void SetUp() override
    {
        topic("readings");
        const char *const values[] = {R"({"id":1,"v":10})", R"({"id":2,"v":)", R"({"id":3,"v":"abc"})",
                                      R"({"id":5,"v":50,"x":1})", "\xff\xfe"};
        for (int i = 0; i < 5; i++)
            produce("readings", "", values[i], i + 1);
    }
    int64_t committed(const char *group, const char *name)
    {
        tg_arena *arena = tg_arena_new(0);
        tg_offset offset = {name, 0, 0, -1, nullptr, TG_OK};
        EXPECT_EQ(tg_admin_group_offsets(cluster, group, &offset, 1, 1000, arena, &error), TG_OK);
        tg_arena_free(arena);
        return offset.offset;
    }
    static std::string query(const char *name, const char *with, const char *select = "id, v")
    {
        return std::string("CREATE STREAM ") + name + " WITH (KAFKA_TOPIC='" + name + "'" + with +
               ") AS SELECT " + select + " FROM readings EMIT CHANGES;\n";
    }
    const std::string source =
        "CREATE STREAM readings (id INT, v INT) WITH (KAFKA_TOPIC='readings', VALUE_FORMAT='JSON');\n";
    const std::string one = R"(null = {"ID":1,"V":10} @1)", five = R"(null = {"ID":5,"V":50} @4)";
};

TEST_F(FaultJobs, EachQueryHasItsOwnPolicy)
{
    ASSERT_EQ(run(source + query("skipped", ", ON_ERROR='skip'") + query("nulled", ", ON_ERROR='NULL'") +
                  query("lettered", ", ON_ERROR='dead-letter', DEAD_LETTER_TOPIC='letters'") +
                  query("failed", ", ON_ERROR='fail'") + query("plain", "")),
              TG_OK)
        << error.message;
    EXPECT_EQ(read("skipped"), (Lines{one, five}));
    const std::string nulls = R"(null = {"ID":null,"V":null} @)";
    EXPECT_EQ(read("nulled"), (Lines{one, nulls + "2", R"(null = {"ID":3,"V":null} @3)", five, nulls + "5"}));
    EXPECT_EQ(read("lettered"), (Lines{one, five}));
    EXPECT_EQ(read("letters"),
              (Lines{R"( = {"id":2,"v": @2)", R"( = {"id":3,"v":"abc"} @3)", " = \xff\xfe @5"}));
    EXPECT_EQ(read("failed"), (Lines{one}));
    EXPECT_EQ(read("plain"), (Lines{one, five})); // as ksqlDB
    EXPECT_EQ(committed("test-CSAS_FAILED", "readings"), 1);
    EXPECT_EQ(committed("test-CSAS_SKIPPED", "readings"), 5);
    EXPECT_EQ(failures, 1u); // it failed alone, and says where
    EXPECT_NE(std::string(failure.message).find("topic readings, partition 0, offset 1"), std::string::npos)
        << failure.message;
    EXPECT_EQ(counters["CSAS_LETTERED"].dead_letters, 3u);
}

TEST_F(FaultJobs, ADivisionByZeroStopsItsQueryOnly)
{
    ASSERT_EQ(
        run(source + query("ratios", ", ON_ERROR='fail'", "id, 100 / (v - 50) AS r") + query("copies", "")),
        TG_OK)
        << error.message;
    EXPECT_EQ(failures, 1u);
    EXPECT_EQ(read("copies"), (Lines{one, five}));
    EXPECT_EQ(read("ratios"), (Lines{R"(null = {"ID":1,"R":-2} @1)"}));
}

TEST_F(FaultJobs, SettingsStandIn)
{
    struct Setting {
        const char *name, *value;
        bool fails;
    };
    const Setting settings[] = {
        {"ksql.fail.on.deserialization.error", "true", true},
        {"ksql.fail.on.deserialization.error", "false", false},
        {"deserialization.exception.handler", "org.apache.kafka.streams.errors.LogAndFailExceptionHandler",
         true},
        {"ksql.streams.default.deserialization.exception.handler",
         "org.apache.kafka.streams.errors.LogAndContinueExceptionHandler", false},
        {"turgo.on.error", "fail", true},
        {"turgo.on.error", "skip", false},
    };
    int number = 0;
    for (const Setting &setting : settings) {
        const std::string name = "copies" + std::to_string(number++);
        ASSERT_EQ(run(std::string("SET '") + setting.name + "'='" + setting.value + "';\n" + source +
                      query(name.c_str(), "")),
                  TG_OK)
            << setting.name << ": " << error.message;
        EXPECT_EQ(read(name.c_str()), setting.fails ? (Lines{one}) : (Lines{one, five})) << setting.name;
    }
    ASSERT_EQ(run("SET 'errors.dead.letter.queue.topic.name'='all-letters';\n" + source + query("last", "")),
              TG_OK)
        << error.message;
    EXPECT_EQ(read("all-letters").size(), 3u);
}

TEST_F(FaultJobs, LateTradesGoToTheirTopic)
{
    topic("trades");
    const char *const trades[][3] = {{"10:05:00", "BUY", "500"},  {"10:40:00", "BUY", "900"},
                                     {"10:20:00", "BUY", "800"},  {"10:48:00", "SELL", "600"},
                                     {"10:14:00", "SELL", "300"}, {"10:16:00", "SELL", "300"}};
    for (const auto &[time, type, amount] : trades)
        produce("trades", "",
                std::string(R"({"CreatedTime":"2019-02-05 )") + time + R"(","Type":")" + type +
                    R"(","Amount":)" + amount + "}",
                0);
    ASSERT_EQ(run("CREATE STREAM trades (CreatedTime VARCHAR, Type VARCHAR, Amount INT) WITH "
                  "(KAFKA_TOPIC='trades', VALUE_FORMAT='JSON', TIMESTAMP='CreatedTime', "
                  "TIMESTAMP_FORMAT='yyyy-MM-dd HH:mm:ss');\n"
                  "CREATE TABLE quarters WITH (KAFKA_TOPIC='quarters', LATE_RECORDS_TOPIC='late_trades') AS "
                  "SELECT SUM(CASE WHEN Type = 'SELL' THEN Amount ELSE 0 END) AS sold FROM trades "
                  "WINDOW TUMBLING (SIZE 15 MINUTES, GRACE PERIOD 30 MINUTES) EMIT CHANGES;\n"),
              TG_OK)
        << error.message;
    EXPECT_EQ(
        read("late_trades"),
        (Lines{R"( = {"CreatedTime":"2019-02-05 10:14:00","Type":"SELL","Amount":300} @1549361640000)"}));
    EXPECT_EQ(counters["CTAS_QUARTERS"].late_skipped, 1u);
    EXPECT_EQ(counters["CTAS_QUARTERS"].late_records, 1u);
    EXPECT_EQ(read("quarters").size(), 5u);
}

struct Refused {
    const char *name, *with, *words;
};
class RefusedFaults : public JobTest, public testing::WithParamInterface<Refused>
{
};
TEST_P(RefusedFaults, SaysWhatWouldBeRight)
{
    EXPECT_EQ(run(std::string("CREATE STREAM a (b INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', "
                              "PARTITIONS=1);\nCREATE STREAM c WITH (") +
                  GetParam().with + ") AS SELECT b FROM a EMIT CHANGES;\n"),
              TG_CODE_ANALYSIS);
    std::string said = std::string(error.message) + " " + error.hint;
    EXPECT_NE(said.find(GetParam().words), std::string::npos) << said;
}
INSTANTIATE_TEST_SUITE_P(
    All, RefusedFaults,
    testing::Values(Refused{"policy", "ON_ERROR='explode'", "'skip', 'null', 'dead-letter' or 'fail'"},
                    Refused{"topic_name", "DEAD_LETTER_TOPIC='a b'", "is no name of a topic"},
                    Refused{"unused_topic", "ON_ERROR='skip', DEAD_LETTER_TOPIC='x'",
                            "write ON_ERROR='dead-letter'"},
                    Refused{"no_window", "LATE_RECORDS_TOPIC='x'", "the query has no WINDOW"}),
    [](const auto &test) { return std::string(test.param.name); });

} // namespace
} // namespace turgo
