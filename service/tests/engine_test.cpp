// The life of a job: INSERT VALUES once per application, chains, failures of one query alone, SET for the
// statements behind it, latest, the summary's numbers.
#include "base/log.h"
#include "service/tests/job_fixture.h"

#include <chrono>
#include <cstdio>
#include <thread>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;
using Engine = JobTest;

const char people[] = "CREATE STREAM people (id VARCHAR KEY, age INT) WITH (KAFKA_TOPIC='people', "
                      "PARTITIONS=1, VALUE_FORMAT='JSON');\n";

TEST_F(Engine, InsertsOncePerApplication)
{
    const std::string job = std::string(people) +
                            "INSERT INTO people (ROWTIME, id, age) VALUES (5, 'a', 1);\n"
                            "INSERT INTO people (ROWTIME, id, age) VALUES (6, 'b', 2);\n"
                            "INSERT INTO people (ROWTIME, id, age) VALUES (5, 'a', 1);\n";
    const Lines expected = {R"(a = {"AGE":1} @5)", R"(b = {"AGE":2} @6)", R"(a = {"AGE":1} @5)"};
    ASSERT_EQ(run(job), TG_OK) << error.message;
    EXPECT_EQ(read("people"), expected); // two equal statements are two records
    ASSERT_EQ(run(job), TG_OK) << error.message;
    EXPECT_EQ(read("people"), expected);
    ASSERT_EQ(run(job + "INSERT INTO people (ROWTIME, id) VALUES (7, 'c');\n"), TG_OK) << error.message;
    EXPECT_EQ(read("people").back(), R"(c = {"AGE":null} @7)");
    EXPECT_EQ(read("people").size(), 4u);
    set("application.id", "another");
    ASSERT_EQ(run(job), TG_OK) << error.message;
    EXPECT_EQ(read("people").size(), 7u);
}

struct Bad {
    const char *name, *statement, *words;
};
class BadInsert : public JobTest, public testing::WithParamInterface<Bad>
{
};
TEST_P(BadInsert, IsRefusedAndWritesNothing)
{
    EXPECT_NE(run(std::string(people) + GetParam().statement), TG_OK);
    EXPECT_NE(std::string(error.message).find(GetParam().words), std::string::npos) << error.message;
    int32_t count = 0;
    if (tg_admin_partition_count(cluster, "people", 1000, &count, &error) == TG_OK) {
        EXPECT_TRUE(read("people").empty());
    }
}
INSTANTIATE_TEST_SUITE_P(
    All, BadInsert,
    testing::Values(Bad{"negative_rowtime", "INSERT INTO people (ROWTIME, id) VALUES (-5, 'a');", "negative"},
                    Bad{"failing_value", "INSERT INTO people (id, age) VALUES ('a', 1 / 0);", "zero"},
                    Bad{"too_few_values", "INSERT INTO people (id, age) VALUES ('a');", "1"}),
    [](const auto &test) { return std::string(test.param.name); });

// What fails while the record is written is left to the next start: nothing is lost, nothing twice.
TEST_F(Engine, InsertsSurviveEveryFailureOfTheirTransaction)
{
    const std::string job = std::string(people) +
                            "INSERT INTO people (ROWTIME, id, age) VALUES (5, 'a', 1);\n"
                            "INSERT INTO people (ROWTIME, id, age) VALUES (6, 'b', 2);\n";
    int number = 0;
    set("transaction.timeout.ms", "1000");
    for (tg_memory_call call : {TG_MEMORY_CALL_INIT, TG_MEMORY_CALL_BEGIN, TG_MEMORY_CALL_SEND,
                                TG_MEMORY_CALL_FLUSH, TG_MEMORY_CALL_COMMIT, TG_MEMORY_CALL_POLL}) {
        for (bool executed : {false, true}) {
            for (uint64_t nth = 1; nth <= 4; nth++) {
                SCOPED_TRACE("call " + std::to_string(call) + " number " + std::to_string(nth));
                std::string name = "app" + std::to_string(number++);
                set("application.id", name.c_str());
                size_t before = number == 1 ? 0 : read("people").size();
                const tg_memory_fault fault = {call,     nth, TG_CODE_KAFKA_TIMED_OUT, false, false,
                                               executed, true};
                tg_memory_inject(cluster, &fault);
                tg_code first = run(job);
                tg_memory_clear_faults(cluster);
                if (first != TG_OK) {
                    EXPECT_EQ(first, TG_CODE_KAFKA_TIMED_OUT) << error.message;
                    ASSERT_EQ(run(job), TG_OK) << error.message;
                }
                // A transaction that was left open ends by its time-out; until then readers wait.
                for (int tries = 0; tries < 6000 && read("people").size() < before + 2; tries++)
                    std::this_thread::sleep_for(std::chrono::milliseconds(10));
                ASSERT_EQ(read("people").size(), before + 2);
            }
        }
    }
}

TEST_F(Engine, RunsChainsInTheirOrder)
{
    const std::string job =
        "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
        "CREATE STREAM doubled AS SELECT k, v * 2 AS v FROM s WHERE v > 1;\n"
        "CREATE STREAM again AS SELECT k, v + 1 AS v FROM doubled;\n"
        "CREATE TABLE totals AS SELECT k, SUM(v) AS total FROM again GROUP BY k;\n";
    topic("s", 3);
    std::map<std::string, int> totals;
    for (int i = 0; i < 300; i++) {
        std::string key = "key" + std::to_string(i % 7);
        produce("s", key, "{\"V\":" + std::to_string(i % 20) + "}", i);
        totals[key] += i % 20 > 1 ? i % 20 * 2 + 1 : 0;
    }
    ASSERT_EQ(run(job), TG_OK) << error.message;
    std::map<std::string, std::string> last;
    for (const std::string &line : read("TOTALS"))
        last[line.substr(0, 4)] = line.substr(7, line.find('}') - 6);
    for (const auto &[key, total] : totals)
        EXPECT_EQ(last[key], "{\"TOTAL\":" + std::to_string(total) + "}");
    EXPECT_EQ(counters["CSAS_DOUBLED"].records_in, 300u);
    EXPECT_EQ(counters["CSAS_DOUBLED"].records_out, 270u);
    EXPECT_EQ(counters["CSAS_AGAIN"].records_in, 270u);
    EXPECT_EQ(counters["CTAS_TOTALS"].records_out, 270u);
    EXPECT_EQ(counters["CTAS_TOTALS"].changelog_out > 0, true);
    ASSERT_EQ(run(job), TG_OK) << error.message; // nothing new: nothing in, nothing out
    EXPECT_EQ(counters["CSAS_DOUBLED"].records_in, 0u);
    EXPECT_EQ(counters["CTAS_TOTALS"].records_out, 0u);
}

TEST_F(Engine, SeveralThreadsShareThePartitions)
{
    set("num.stream.threads", "3");
    topic("s", 2); // fewer than threads
    for (int i = 0; i < 100; i++)
        produce("s", "key" + std::to_string(i % 7), "{\"V\":1}", i);
    ASSERT_EQ(run("CREATE STREAM s (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
                  "CREATE TABLE counts AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;\n"),
              TG_OK)
        << error.message;
    EXPECT_EQ(read("COUNTS").size(), 100u);
    EXPECT_EQ(counters["CTAS_COUNTS"].records_in, 100u);
}

// Rows of a table move between groups: the old group's change and the new one's go to the partitions of their
// own keys, whichever worker has them.
TEST_F(Engine, RegroupsATableOverItsPartitions)
{
    const std::string job =
        "SET 'cache.max.bytes.buffering'='0';\n"
        "CREATE TABLE users (id VARCHAR PRIMARY KEY, region VARCHAR, v INT) WITH (KAFKA_TOPIC='users', "
        "VALUE_FORMAT='JSON');\n"
        "CREATE TABLE regions AS SELECT region, COUNT(*) AS n, SUM(v) AS total FROM users GROUP BY region;\n";
    set("num.stream.threads", "3");
    topic("users", 4);
    std::map<std::string, std::pair<int, int>> rows,
        groups; // region and v of an id; count and sum of a region
    for (int i = 0; i < 600; i++) {
        int region = i * 13 % 5 + i / 300, v = i % 9;
        std::string id = "u" + std::to_string(i * 7 % 40);
        rows[id] = {region, v};
        produce("users", id,
                "{\"REGION\":\"r" + std::to_string(region) + "\",\"V\":" + std::to_string(v) + "}", i);
    }
    ASSERT_EQ(run(job), TG_OK) << error.message;
    for (const auto &[id, row] : rows) {
        auto &[n, total] = groups["r" + std::to_string(row.first)];
        n++;
        total += row.second;
    }
    std::map<std::string, std::string> last;
    for (const std::string &line : read("REGIONS"))
        last[line.substr(0, 2)] = line.substr(5, line.find('}') - 4);
    for (const auto &[region, group] : groups)
        EXPECT_EQ(last[region], "{\"N\":" + std::to_string(group.first) +
                                    ",\"TOTAL\":" + std::to_string(group.second) + "}")
            << region;
    EXPECT_EQ(counters["CTAS_REGIONS"].repartition_in, counters["CTAS_REGIONS"].repartition_out);
    EXPECT_GT(counters["CTAS_REGIONS"].repartition_in, 0u);
}

// State that nothing bounds is warned of; the log says how far each task has come.
TEST_F(Engine, SaysWhatGrowsAndHowFarItIs)
{
    std::FILE *log = std::tmpfile();
    ASSERT_NE(log, nullptr);
    tg_log_configure(TG_LOG_INFO, TG_LOG_LOGFMT, fileno(log));
    topic("s");
    produce("s", "k", "{\"V\":1}", 60000);
    tg_code code = run("CREATE STREAM s (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
                       "CREATE TABLE all_time AS SELECT k, SUM(v) AS total FROM s GROUP BY k;\n"
                       "CREATE TABLE per_minute AS SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 1 "
                       "MINUTE) GROUP BY k;\n");
    tg_log_configure(TG_LOG_INFO, TG_LOG_LOGFMT, 2);
    std::rewind(log);
    int warnings = 0, inputs = 0, stores = 0;
    char line[4096];
    while (std::fgets(line, sizeof line, log) != nullptr) {
        const std::string text = line;
        auto has = [&text](const char *part) { return text.find(part) != std::string::npos; };
        warnings += has("nothing of it expires") && has("level=warn") && has("step=Aggregate");
        inputs += has("task input") && has("topic=s ") && has(" start-offset=0 ") && has(" end-offset=") &&
                  has(" offset=1") && has("stream-time=60000");
        stores += has("task store") && has("entries-in-memory=1 ") && has("stream-time=");
    }
    std::fclose(log);
    EXPECT_EQ(code, TG_OK) << error.message;
    EXPECT_EQ(warnings, 1);
    EXPECT_EQ(inputs, 2);
    EXPECT_EQ(stores, 2);
}

TEST_F(Engine, AQueryThatFailsLeavesTheOthersAlone)
{
    topic("s");
    produce("s", "k", "{\"V\":99}", 1);
    produce("s", "k", "{\"V\":1}", 2); // 100 does not fit DECIMAL(2, 0)
    ASSERT_EQ(
        run("CREATE STREAM s (k VARCHAR KEY, v DECIMAL(2, 0)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
            "CREATE TABLE sums AS SELECT k, SUM(v) AS total FROM s GROUP BY k;\n"
            "CREATE STREAM of_sums (k VARCHAR KEY, total DECIMAL(2, 0)) WITH (KAFKA_TOPIC='SUMS', "
            "VALUE_FORMAT='JSON');\n"
            "CREATE STREAM copied AS SELECT k, total FROM of_sums;\n"
            "CREATE STREAM copy AS SELECT k, v FROM s;\n"),
        TG_OK)
        << error.message;
    EXPECT_EQ(failures, 1u);
    EXPECT_NE(std::string(failure.message).find("SUM"), std::string::npos) << failure.message;
    EXPECT_EQ(read("COPY").size(), 2u);
    EXPECT_EQ(read("SUMS").size(), 1u); // what comes before the row that stops it
    EXPECT_LE(read("COPIED").size(), 1u);
}

TEST_F(Engine, SetCountsForTheStatementsBehindIt)
{
    topic("s");
    for (int i = 0; i < 3; i++)
        produce("s", "k", "{\"V\":1}", i);
    ASSERT_EQ(run("CREATE STREAM s (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
                  "CREATE TABLE each_ AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;\n"
                  "SET 'cache.max.bytes.buffering' = '1000000';\n"
                  "CREATE TABLE last_ AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;\n"
                  "SET 'ksql.streams.auto.offset.reset' = 'latest';\n"
                  "CREATE STREAM none_ AS SELECT k, v FROM s;\n"),
              TG_OK)
        << error.message;
    EXPECT_EQ(read("EACH_").size(), 3u);
    EXPECT_EQ(read("LAST_"), (Lines{R"(k = {"N":3} @2)"}));
    EXPECT_TRUE(read("NONE_").empty());
}

TEST_F(Engine, LatestBeginsAtTheEndOfTheFirstStart)
{
    set("auto.offset.reset", "latest");
    topic("s", 2);
    produce("s", "old", "{}", 1);
    const char job[] = "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
                       "CREATE STREAM copy AS SELECT k, v FROM s;\n";
    ASSERT_EQ(run(job), TG_OK) << error.message;
    EXPECT_TRUE(read("COPY").empty());
    tg_arena *arena = tg_arena_new(0); // the place is kept for the next start
    tg_offset offsets[2] = {{"s", 0, 0, -1, nullptr, TG_OK}, {"s", 1, 0, -1, nullptr, TG_OK}};
    ASSERT_EQ(tg_admin_group_offsets(cluster, "test-CSAS_COPY", offsets, 2, 1000, arena, &error), TG_OK);
    EXPECT_EQ(offsets[0].offset + offsets[1].offset, 1);
    tg_arena_free(arena);
}

TEST_F(Engine, CatchesUpOnATopicWhoseRecordsAreGone)
{
    topic("s");
    produce("s", "k", "{}", 1);
    produce("s", "k", "{}", 2);
    ASSERT_EQ(tg_admin_delete_records(cluster, "s", 0, 2, 1000, &error), TG_OK);
    ASSERT_EQ(run("CREATE STREAM s (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
                  "CREATE STREAM copy AS SELECT k, v FROM s;\n"),
              TG_OK)
        << error.message;
    EXPECT_TRUE(read("COPY").empty());
}

TEST_F(Engine, TopicsThatDoNotFitAreRefused)
{
    EXPECT_EQ(run("CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='absent', VALUE_FORMAT='JSON');\n"),
              TG_CODE_TOPIC_UNKNOWN);
    EXPECT_NE(std::string(error.hint).find("PARTITIONS"), std::string::npos);
    topic("three", 3);
    EXPECT_EQ(run("CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='three', PARTITIONS=2, VALUE_FORMAT='JSON');\n"),
              TG_CODE_TOPIC_MISMATCH);
    EXPECT_EQ(run("CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='three', VALUE_FORMAT='JSON');\n"
                  "CREATE STREAM t WITH (KAFKA_TOPIC='three', PARTITIONS=4) AS SELECT * FROM s;\n"),
              TG_CODE_TOPIC_MISMATCH);
}

TEST_F(Engine, ReadsAWindowedKeyWithAnyStart)
{
    topic("w");
    const std::string key = "k";
    produce("w", key + "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "{\"V\":1}", 1);
    produce("w", key + std::string(7, '\0') + "\x05", "{\"V\":2}", 2);
    produce("w", "short", "{\"V\":3}", 3);
    ASSERT_EQ(run("CREATE STREAM w (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', "
                  "WINDOW_TYPE='TUMBLING', WINDOW_SIZE='10 MILLISECONDS');\n"
                  "CREATE STREAM copy AS SELECT k, v, WINDOWEND AS e FROM w;\n"),
              TG_OK)
        << error.message;
    EXPECT_EQ(failures, 0u) << failure.message;
    Lines lines = read("COPY");
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_NE(lines[1].find("\"V\":2,\"E\":15}"), std::string::npos) << lines[1];
    EXPECT_EQ(counters["CSAS_COPY"].decode_skipped, 1u);
}

TEST_F(Engine, StopsWhileItCatchesUp)
{
    topic("s");
    produce("s", "k", "{}", 1);
    tg_producer *open = nullptr; // its transaction keeps the end of the topic undecided
    tg_producer_options options = {};
    options.transactional_id = "holder";
    ASSERT_EQ(tg_producer_open(cluster, &options, &open, &error), TG_OK);
    ASSERT_EQ(tg_producer_init_transactions(open, 1000, &error), TG_OK);
    ASSERT_EQ(tg_producer_begin(open, &error), TG_OK);
    tg_outgoing record = {};
    ASSERT_EQ(tg_producer_topic(open, "s", &record.topic, &error), TG_OK);
    ASSERT_EQ(tg_producer_send(open, &record, &error), TG_OK);
    const tg_job_options job_options = {"job.sql", properties, tg_settings_check_set, nullptr, nullptr, {}};
    tg_job *job = nullptr;
    bool stop = true;
    uint32_t action = 0;
    tg_engine *engine = nullptr;
    const tg_engine_options engine_options = {properties, cluster, tg_clock_real(), &stop};
    const char sql[] = "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\n"
                       "CREATE STREAM copy AS SELECT k, v FROM s;\n";
    ASSERT_EQ(tg_job_compile(tg_slice_text(sql), &job_options, &job, &error), TG_OK) << error.message;
    ASSERT_EQ(tg_engine_open(&engine_options, &engine, &error), TG_OK);
    ASSERT_EQ(tg_engine_execute(engine, job, &action, &error), TG_OK) << error.message;
    EXPECT_EQ(tg_engine_catch_up(engine, &error), TG_CODE_SHUTDOWN);
    tg_engine_close(engine);
    tg_job_free(job);
    tg_producer_close(open);
}

} // namespace
} // namespace turgo
