// The aggregate operator: windows, grace at its exact bounds, final results, emission, expiry, time that
// survives restarts, state of variable size.
#include "topology/tests/world.h"

#include <random>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

// Result rows as "key [start) result @time", the value's JSON as it is.
class Aggregates : public testing::Test
{
protected:
    void SetUp() override
    {
        world.topic("in");
    }
    // key K, value V.
    void source(const char *type = "INTEGER")
    {
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", type}});
    }
    void windowed(const std::vector<tg_function_call> &calls, const tg_window &window,
                  tg_emission emission = TG_EMIT_CHANGES)
    {
        plan.aggregates(calls, window, emission);
        tg_plan_sink *sink = plan.sink("out");
        sink->window_kind = window.kind;
        sink->window_size_ms = window.size_ms;
    }
    tg_function_call sum()
    {
        return plan.aggregate("SUM", {plan.column("V")});
    }
    // The state survives the process.
    void keep_state()
    {
        disk = std::make_unique<State>();
        options.state = disk.get();
    }
    void open()
    {
        process = std::make_unique<Process>(world, plan.plan(), options);
    }
    void run()
    {
        if (process == nullptr)
            open();
        ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    }
    void put(int64_t time, int value, const char *key = "k")
    {
        world.produce("in", {0, time, key, "{\"V\":" + std::to_string(value) + "}"});
    }
    Lines results()
    {
        Lines lines;
        for (const Record &record : world.read("out")) {
            size_t length = record.key->size() - 8;
            auto start = static_cast<int64_t>(
                tg_load_u64(reinterpret_cast<const uint8_t *>(record.key->data()) + length));
            lines.push_back(record.key->substr(0, length) + " [" + std::to_string(start) + ") " +
                            record.value->substr(6, record.value->size() - 7) + " @" +
                            std::to_string(record.time));
        }
        return lines;
    }
    World world;
    PlanBuilder plan;
    std::unique_ptr<State> disk;
    ProcessOptions options;
    std::unique_ptr<Process> process;
};

TEST_F(Aggregates, WithoutAWindow)
{
    source();
    plan.aggregates({sum(), plan.aggregate("COUNT", {}), plan.aggregate("MAX", {plan.column("V")})});
    plan.sink("out");
    put(5, 2, "a");
    put(3, 4, "a"); // an older record: the row time stays the highest
    put(9, -1, "b");
    world.produce("in",
                  {{0, 10, "a", R"({"V":null})"}, {0, 11, "a", std::nullopt}, {0, 12, std::nullopt, "{}"}});
    run();
    EXPECT_EQ(world.lines("out"),
              (Lines{R"(a = {"R0":2,"R1":1,"R2":2} @5)", R"(a = {"R0":6,"R1":2,"R2":4} @5)",
                     R"(b = {"R0":-1,"R1":1,"R2":-1} @9)", R"(a = {"R0":6,"R1":3,"R2":4} @10)"}));
    EXPECT_EQ(process->counters().null_value_skipped, 1u);
    EXPECT_EQ(process->counters().null_key_skipped, 1u);
}

// A window [start, start + size) takes records until stream time reaches its end plus grace.
struct Grace {
    const char *name;
    int64_t grace;
    int64_t stream_time; // when the late record for [0, 60) comes
    bool late;
};
class GraceBound : public Aggregates, public testing::WithParamInterface<Grace>
{
};
TEST_P(GraceBound, IsExact)
{
    source();
    windowed({sum()}, PlanBuilder::tumbling(60, GetParam().grace));
    put(1, 1);
    put(GetParam().stream_time, 2);
    put(30, 10);
    run();
    EXPECT_EQ(results().size(), GetParam().late ? 2u : 3u);
    EXPECT_EQ(process->counters().late_skipped, GetParam().late ? 1u : 0u);
    ASSERT_EQ(process->restart(), TG_OK); // the stream time is committed: still late, or still not
    put(31, 100);
    run();
    EXPECT_EQ(results().size(), GetParam().late ? 2u : 4u);
    if (!GetParam().late) {
        EXPECT_EQ(results().back(), GetParam().stream_time < 60 ? "k [0) 113 @59" : "k [0) 111 @31");
    }
}
INSTANTIATE_TEST_SUITE_P(All, GraceBound,
                         testing::Values(Grace{"no_grace_before_the_end", 0, 59, false},
                                         Grace{"no_grace_at_the_end", 0, 60, true},
                                         Grace{"last_ms_of_the_grace", 5, 64, false},
                                         Grace{"grace_is_over", 5, 65, true},
                                         Grace{"a_day", 86400000, 86400059, false}),
                         [](const auto &test) { return std::string(test.param.name); });

TEST_F(Aggregates, HoppingWindowsAscend)
{
    source();
    windowed({sum()}, PlanBuilder::hopping(10, 3, 4));
    put(11, 1);
    put(20, 2); // closes what ends at 16 or before
    put(12, 4); // of [3, 13), [6, 16), [9, 19), [12, 22): the first two are closed
    run();
    EXPECT_EQ(results(), (Lines{"k [3) 1 @11", "k [6) 1 @11", "k [9) 1 @11", "k [12) 2 @20", "k [15) 2 @20",
                                "k [18) 2 @20", "k [9) 5 @12", "k [12) 6 @20"}));
    EXPECT_EQ(process->counters().late_skipped, 2u);
}

TEST_F(Aggregates, FinalResultsComeInOrderAndOnce)
{
    source();
    windowed({sum()}, PlanBuilder::tumbling(10, 5), TG_EMIT_FINAL);
    put(12, 1, "b");
    put(3, 2, "c");
    put(4, 3, "a");
    put(14, 4, "a"); // 14 < 10 + 5: [0, 10) is open
    put(8, 5, "a");
    run();
    EXPECT_TRUE(results().empty());
    put(15, 6, "z"); // closes [0, 10)
    put(9, 100, "a");
    run();
    EXPECT_EQ(results(), (Lines{"a [0) 8 @8", "c [0) 2 @3"}));
    EXPECT_EQ(process->counters().late_skipped, 1u);
    ASSERT_EQ(process->restart(), TG_OK);
    put(9, 100, "a");    // late after the restart, too
    put(1000, 7, "end"); // a jump closes all that is left: nothing is lost
    run();
    EXPECT_EQ(results(), (Lines{"a [0) 8 @8", "c [0) 2 @3", "a [10) 4 @14", "b [10) 1 @12", "z [10) 6 @15"}));
    EXPECT_EQ(process->state_rows().size(), 1u);
}

// S20: one far record closes everything, and each window comes out although none is near the stream time.
TEST_F(Aggregates, ABigJumpLosesNothing)
{
    source();
    windowed({plan.aggregate("COUNT", {})}, PlanBuilder::tumbling(10, 0), TG_EMIT_FINAL);
    for (int i = 0; i < 3000; i++)
        put(5, i, ("k" + std::to_string(10000 + i)).c_str()); // one window, more rows than a batch
    put(4102444800000, 1);
    run();
    Lines out = results();
    ASSERT_EQ(out.size(), 3000u);
    EXPECT_TRUE(std::is_sorted(out.begin(), out.end()));
    EXPECT_EQ(process->state_rows().size(), 1u);
}

TEST_F(Aggregates, EmissionPerCommitSendsTheLastChange)
{
    options.settings.emit_per_record = false;
    source();
    windowed({sum()}, PlanBuilder::tumbling(10, 100));
    put(1, 1);
    put(2, 2);
    put(11, 3);
    put(3, 4);
    run();
    EXPECT_EQ(results(), (Lines{"k [0) 7 @3", "k [10) 3 @11"}));
    put(4, 5);
    run();
    EXPECT_EQ(results().back(), "k [0) 12 @4");
    EXPECT_EQ(results().size(), 3u);
}

// Closed windows leave the store and the changelog by tombstones: state is bounded.
TEST_F(Aggregates, ExpiredWindowsAreRemoved)
{
    source();
    tg_window window = PlanBuilder::tumbling(10, 5);
    window.retention_ms = 100;
    windowed({sum()}, window);
    for (int i = 0; i < 60; i++) {
        put(i * 10, 1);
        run();
        EXPECT_LE(process->state_rows().size(), 12u) << "after " << i;
    }
    std::map<std::string, bool> alive;
    size_t tombstones = 0;
    for (const Record &record : world.read("app-Q-Aggregate-Aggregate-Materialize-changelog")) {
        alive[*record.key] = record.value.has_value();
        tombstones += !record.value.has_value();
    }
    EXPECT_EQ(alive.size(), 60u);
    EXPECT_GE(tombstones, 48u);
    size_t live = 0;
    for (const auto &[key, is_alive] : alive)
        live += is_alive;
    run();
    EXPECT_EQ(process->state_rows().size(), live);
}

TEST_F(Aggregates, ChangelogKeysAreThoseOfKafkaStreams)
{
    source();
    windowed({sum()}, PlanBuilder::tumbling(10, 0));
    put(12, 1, "ab");
    run();
    std::vector<Record> changelog = world.read("app-Q-Aggregate-Aggregate-Materialize-changelog");
    ASSERT_EQ(changelog.size(), 1u);
    EXPECT_EQ(*changelog[0].key, std::string("ab\0\0\0\0\0\0\0\x0a\0\0\0\0", 14)); // key, start, sequence
    EXPECT_EQ(changelog[0].time, 12);
}

// MIN of texts and lists, through evictions (a tiny cache) and restarts.
TEST_F(Aggregates, StateOfVariableSizeSurvives)
{
    options.settings.cache_bytes = 4096;
    keep_state();
    source("STRING");
    plan.aggregates({plan.aggregate("MIN", {plan.column("V")}), plan.aggregate("COUNT", {}),
                     plan.aggregate("COLLECT_LIST", {plan.column("V")})});
    plan.sink("out");
    std::map<std::string, std::vector<std::string>> expected;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 200; i++) {
            std::string key = "key" + std::to_string(i),
                        text(static_cast<size_t>(30 - round * 5 + i % 7), 'x');
            text += std::to_string((i * 7 + round * 3) % 10);
            world.produce("in", {0, round, key, "{\"V\":\"" + text + "\"}"});
            expected[key].push_back(text);
        }
        run();
        if (round > 0) {
            EXPECT_GT(tg_store_counters(process->store()).misses, 0u) << "the cache is too big for this test";
        }
        ASSERT_EQ(process->restart(), TG_OK);
    }
    run();
    std::map<std::string, std::string> last;
    for (const Record &record : world.read("out"))
        last[*record.key] = *record.value;
    ASSERT_EQ(last.size(), 200u);
    for (const auto &[key, values] : expected) {
        std::string list;
        for (const std::string &value : values)
            list += (list.empty() ? "\"" : ",\"") + value + "\"";
        EXPECT_EQ(last[key], "{\"R0\":\"" + *std::min_element(values.begin(), values.end()) +
                                 "\",\"R1\":5,\"R2\":[" + list + "]}");
    }
}

// Time survives the loss of the disk: it travels with the offsets.
TEST_F(Aggregates, StreamTimeSurvivesALostDisk)
{
    source();
    windowed({sum()}, PlanBuilder::tumbling(10, 0), TG_EMIT_FINAL);
    put(5, 1);
    put(25, 2);
    run();
    ASSERT_EQ(process->stop(), TG_OK);
    process.reset(); // its state was in memory
    put(7, 50);      // late
    put(31, 3);
    run();
    EXPECT_EQ(process->counters().late_skipped, 1u);
    EXPECT_EQ(process->counters().restored,
              1u); // [0, 10) was made and closed within one transaction: no trace
    EXPECT_EQ(results(), (Lines{"k [0) 1 @5", "k [20) 2 @25"}));
}

// Another layout (here: another window) under the same names is refused, with a way out, and harms nothing.
TEST_F(Aggregates, AnotherLayoutIsRefused)
{
    keep_state();
    source();
    windowed({sum()}, PlanBuilder::tumbling(10, 0));
    put(1, 1);
    run();
    ASSERT_EQ(process->stop(), TG_OK);
    process.reset();
    PlanBuilder other;
    other.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
    other.aggregates({other.aggregate("COUNT", {})}, PlanBuilder::tumbling(20, 0));
    tg_plan_sink *sink = other.sink("out");
    sink->window_kind = TG_WINDOW_TUMBLING;
    sink->window_size_ms = 20;
    {
        Process refused(world, other.plan(), options);
        EXPECT_EQ(refused.run(), TG_CODE_STATE_MISMATCH);
        EXPECT_NE(std::string(refused.error.hint).find("QUERY_ID"), std::string::npos) << refused.error.hint;
    }
    {
        ProcessOptions elsewhere = options; // a new disk: only what is beside the offsets knows
        elsewhere.state = nullptr;
        elsewhere.instance = "p2";
        world.advance(60000);
        Process refused(world, other.plan(), elsewhere);
        EXPECT_EQ(refused.run(), TG_CODE_STATE_MISMATCH);
        EXPECT_NE(std::string(refused.error.message).find("layout of step Aggregate"), std::string::npos)
            << refused.error.message;
        EXPECT_NE(std::string(refused.error.hint).find("QUERY_ID"), std::string::npos) << refused.error.hint;
    }
    world.advance(60000);
    put(2, 5);
    run();
    EXPECT_EQ(results().back(), "k [0) 6 @2");
}

// Windows that share panes give what windows of their own give, whatever comes late, is restarted or lost.
struct Panes {
    const char *name;
    int64_t size, advance, grace;
    bool restarts;
};
class SharedPanes : public testing::TestWithParam<Panes>
{
protected:
    // What comes out, in order, with the number of late windows.
    static Lines results(unsigned seed, bool panes)
    {
        const Panes &given = GetParam();
        World world;
        State disk;
        PlanBuilder plan;
        ProcessOptions options;
        options.state = &disk;
        world.topic("in");
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
        tg_plan_aggregate *node = plan.aggregates(
            {plan.aggregate("COUNT", {}), plan.aggregate("SUM", {plan.column("V")}),
             plan.aggregate("MIN", {plan.column("V")}), plan.aggregate("AVG", {plan.column("V")})},
            PlanBuilder::hopping(given.size, given.advance, given.grace), TG_EMIT_FINAL);
        EXPECT_TRUE(tg_plan_aggregate_can_share(node));
        node->panes = panes;
        tg_plan_sink *sink = plan.sink("out");
        sink->window_kind = TG_WINDOW_HOPPING;
        sink->window_size_ms = given.size;
        Process process(world, plan.plan(), options);
        std::mt19937 dice(seed);
        int64_t now = 0;
        uint64_t late = 0;
        for (int round = 0; round < 12; round++) {
            for (int i = 0; i < 20; i++) {
                now += dice() % 40 == 0 ? 500 : dice() % 4;
                int64_t time =
                    std::max<int64_t>(0, now - static_cast<int64_t>(dice() % 3 == 0 ? dice() % 40 : 0));
                world.produce("in", {0, time, std::string(1, static_cast<char>('a' + dice() % 4)),
                                     "{\"V\":" + std::to_string(static_cast<int>(dice() % 100) - 50) + "}"});
            }
            EXPECT_EQ(process.run(), TG_OK) << process.error.message;
            if (!given.restarts)
                continue;
            late += process.counters().late_skipped;
            EXPECT_EQ(process.restart(), TG_OK) << process.error.message;
        }
        EXPECT_EQ(process.run(), TG_OK) << process.error.message;
        Lines lines = world.lines("out");
        lines.push_back("late: " + std::to_string(late + process.counters().late_skipped));
        if (panes) {
            EXPECT_LE(process.state_rows().size(),
                      static_cast<size_t>(4 * (2 * given.size + given.grace) / given.advance));
        }
        return lines;
    }
};
TEST_P(SharedPanes, GiveWhatWindowsOfTheirOwnGive)
{
    for (unsigned seed = 1; seed <= 8; seed++) {
        Lines separate = results(seed, false);
        EXPECT_GT(separate.size(), 100u);
        ASSERT_EQ(results(seed, true), separate) << "seed " << seed;
    }
}
INSTANTIATE_TEST_SUITE_P(All, SharedPanes,
                         testing::Values(Panes{"five", 10, 2, 4, false}, Panes{"two", 20, 10, 0, true},
                                         Panes{"one", 10, 10, 3, false}, Panes{"twenty", 20, 1, 30, true}),
                         [](const auto &test) { return std::string(test.param.name); });

} // namespace
} // namespace turgo
