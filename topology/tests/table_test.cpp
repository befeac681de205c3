// Tables: what a row replaces is taken back, filters make tombstones, per record and per commit, through
// restarts, lost disks and a repartition topic; sources with windowed keys.
#include "topology/tests/world.h"

#include <random>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

class Tables : public testing::Test
{
protected:
    void source()
    {
        world.topic("in");
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"G", "STRING"}, {"V", "INTEGER"}});
        plan.table();
    }
    void put_bytes(const char *key, const Text &value, int64_t time = 1)
    {
        world.produce("in", {0, time, key, value});
    }
    void put(const char *key, const char *group, int value, int64_t time = 1)
    {
        put_bytes(key, "{\"G\":\"" + std::string(group) + "\",\"V\":" + std::to_string(value) + "}", time);
    }
    void open()
    {
        if (process == nullptr)
            process = std::make_unique<Process>(world, plan.plan(), options);
    }
    void run()
    {
        open();
        ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    }
    // With its state kept, or lost.
    void restart(bool lose_disk)
    {
        ASSERT_EQ(process->stop(), TG_OK);
        process->start();
        if (lose_disk)
            process.reset();
    }
    void group_by_g()
    {
        plan.materialize();
        plan.rekey({{"G", plan.column("G")}}, true);
        plan.aggregates({plan.aggregate("COUNT", {}), plan.aggregate("SUM", {plan.column("V")})});
        plan.sink("out");
    }
    World world;
    PlanBuilder plan;
    ProcessOptions options;
    std::unique_ptr<Process> process;
};

TEST_F(Tables, AFilterSendsATombstoneForWhatMatchedBefore)
{
    source();
    plan.materialize();
    plan.filter(plan.call(">", {plan.column("V"), plan.integer(10)}));
    plan.sink("out");
    put("a", "x", 5);             // never matched: nothing
    put("a", "x", 20, 2);         // matches
    put("a", "x", 30, 3);         // still
    put("a", "x", 7, 4);          // no more
    put("a", "x", 8, 5);          // nothing
    put_bytes("b", std::nullopt); // nobody knew it
    put("b", "y", 11, 6);         // matches
    put_bytes("b", std::nullopt, 7);
    put_bytes("b", std::nullopt, 8);
    run();
    EXPECT_EQ(world.lines("out"), (Lines{R"(a = {"G":"x","V":20} @2)", R"(a = {"G":"x","V":30} @3)",
                                         "a = null @4", R"(b = {"G":"y","V":11} @6)", "b = null @7"}));
    for (bool lose_disk : {false, true}) {
        put("a", "x", 99, 9);
        run();
        restart(lose_disk);
        put("a", "x", 1, 10);
        run();
        EXPECT_EQ(world.lines("out").back(), "a = null @10") << lose_disk;
    }
}

// Without versions below it, a filter cannot know: each row that does not match is a tombstone.
TEST_F(Tables, AFilterThatKnowsNothing)
{
    source();
    plan.filter(plan.call(">", {plan.column("V"), plan.integer(10)}));
    plan.sink("out");
    put("a", "x", 5);
    put("a", "x", 20, 2);
    run();
    EXPECT_EQ(world.lines("out"), (Lines{"a = null @1", R"(a = {"G":"x","V":20} @2)"}));
}

// ksqlDB's rules: one change in one group, else the old group first; an empty group says 0; a NULL group is
// none.
TEST_F(Tables, AggregatesTakeBackWhatIsReplaced)
{
    source();
    group_by_g();
    put("a", "x", 1, 10);
    put("b", "x", 2, 5);
    put("a", "x", 5, 7); // one result for the group
    put("a", "y", 6, 8); // leaves x
    put_bytes("b", std::nullopt, 30);
    put_bytes("b", std::nullopt, 31);          // not there any more
    put_bytes("a", R"({"G":null,"V":1})", 32); // leaves y
    put("a", "z", 3, 33);
    run();
    EXPECT_EQ(world.lines("out"),
              (Lines{R"(x = {"R0":1,"R1":1} @10)", R"(x = {"R0":2,"R1":3} @10)", R"(x = {"R0":2,"R1":7} @10)",
                     R"(x = {"R0":1,"R1":2} @10)", R"(y = {"R0":1,"R1":6} @8)", R"(x = {"R0":0,"R1":0} @30)",
                     R"(y = {"R0":0,"R1":0} @32)", R"(z = {"R0":1,"R1":3} @33)"}));
    EXPECT_EQ(process->counters().null_key_skipped, 1u);
    EXPECT_EQ(process->counters().null_value_skipped, 0u);
}

// A row that goes and another that comes into the same group are two changes, not one.
TEST_F(Tables, NeighboursAreNotOneChange)
{
    source();
    group_by_g();
    put("a", "x", 1);
    put_bytes("a", std::nullopt, 2);
    put("b", "x", 2, 3);
    run();
    EXPECT_EQ(world.lines("out"),
              (Lines{R"(x = {"R0":1,"R1":1} @1)", R"(x = {"R0":0,"R1":0} @2)", R"(x = {"R0":1,"R1":2} @3)"}));
}

TEST_F(Tables, HavingOverAnAggregate)
{
    for (bool per_record : {true, false}) {
        World fresh;
        PlanBuilder built;
        ProcessOptions chosen;
        chosen.settings.emit_per_record = per_record;
        fresh.topic("in");
        built.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
        built.aggregates({built.aggregate("SUM", {built.column("V")})});
        built.filter(built.call(">", {built.column("R0"), built.integer(100)}));
        built.sink("out");
        Process running(fresh, built.plan(), chosen);
        for (int value : {0, 101, -5, 3, -50, 1, 60}) {
            fresh.produce("in", {0, 1, "k", "{\"V\":" + std::to_string(value) + "}"});
            ASSERT_EQ(running.run(), TG_OK) << running.error.message;
        }
        EXPECT_EQ(fresh.lines("out"), (Lines{R"(k = {"R0":101} @1)", "k = null @1", R"(k = {"R0":110} @1)"}))
            << "per record: " << per_record;
    }
}

// Rows move between groups at random, through two partitions and a repartition topic, with restarts: at the
// end each group says what a plain count of the table says.
TEST_F(Tables, GroupsAgreeWithTheTable)
{
    for (unsigned seed = 1; seed <= 4; seed++) {
        World fresh;
        PlanBuilder built;
        State disk;
        ProcessOptions chosen;
        chosen.settings.cache_bytes = 4096;
        chosen.settings.emit_per_record = seed % 2 == 0;
        if (seed > 2)
            chosen.state = &disk;
        fresh.topic("in", 2);
        built.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"G", "STRING"}, {"V", "INTEGER"}});
        built.table();
        built.materialize();
        built.rekey({{"G", built.column("G")}}, true)->repartition = true;
        built.aggregates({built.aggregate("COUNT", {}), built.aggregate("SUM", {built.column("V")})});
        built.sink("out");
        std::mt19937 random(seed);
        std::map<std::string, std::pair<std::string, int>> table;
        std::unique_ptr<Process> running;
        for (int i = 0; i < 300; i++) {
            int number = static_cast<int>(random() % 12);
            std::string key = "k" + std::to_string(number), group = "g" + std::to_string(random() % 4);
            Text value;
            table.erase(key);
            if (random() % 5 != 0) {
                table[key] = {group, i};
                value = "{\"G\":\"" + group + "\",\"V\":" + std::to_string(i) + "}";
            }
            fresh.produce("in", {number % 2, i, key, value});
            if (i % 50 != 49)
                continue;
            if (running == nullptr)
                running = std::make_unique<Process>(fresh, built.plan(), chosen);
            ASSERT_EQ(running->run(), TG_OK) << running->error.message;
            ASSERT_EQ(running->stop(), TG_OK);
            running.reset();
        }
        std::map<std::string, std::string> last, wanted;
        std::map<std::string, std::pair<int, int>> sums;
        for (const Record &record : fresh.read("out"))
            last[*record.key] = *record.value;
        for (const auto &[key, row] : table) {
            sums[row.first].first++;
            sums[row.first].second += row.second;
        }
        for (const auto &[group, text] : last)
            wanted[group] = "{\"R0\":" + std::to_string(sums[group].first) +
                            ",\"R1\":" + std::to_string(sums[group].second) + "}";
        EXPECT_EQ(last, wanted) << "seed " << seed;
        EXPECT_EQ(last.size(), 4u);
    }
}

// ROWTIME, ROWOFFSET and headers of the version that is taken back are its own.
TEST_F(Tables, OldVersionsKeepTheirMarks)
{
    world.topic("in");
    PlanBuilder built;
    built.source("in", {{"K", "STRING", TG_COLUMN_KEY},
                        {"V", "INTEGER"},
                        {"H", "BYTES", TG_COLUMN_HEADER, "h"},
                        {"ROWTIME", "BIGINT", TG_COLUMN_ROWTIME},
                        {"ROWOFFSET", "BIGINT", TG_COLUMN_ROWOFFSET}});
    built.table();
    built.materialize();
    built.aggregates({built.aggregate("SUM", {built.column("ROWTIME")}),
                      built.aggregate("SUM", {built.column("ROWOFFSET")}),
                      built.aggregate("COLLECT_LIST", {built.column("H")})});
    built.sink("out");
    world.produce("in", {0, 100, "a", R"({"V":1})", {{"h", "one"}}});
    world.produce("in", {0, 70, "a", R"({"V":2})", {{"h", "two"}}});
    world.produce("in", {0, 90, "a", R"({"V":3})"});
    Process running(world, built.plan());
    ASSERT_EQ(running.run(), TG_OK) << running.error.message;
    EXPECT_EQ(world.lines("out"), (Lines{R"(a = {"R0":100,"R1":0,"R2":["b25l"]} @100)",
                                         R"(a = {"R0":70,"R1":1,"R2":["dHdv"]} @100)",
                                         R"(a = {"R0":90,"R1":2,"R2":[null]} @100)"}));
}

std::string windowed_key(const std::string &key, std::initializer_list<uint64_t> numbers)
{
    std::string bytes = key;
    for (uint64_t number : numbers) {
        uint8_t big_endian[8];
        tg_store_u64(big_endian, number);
        bytes.append(reinterpret_cast<const char *>(big_endian), sizeof big_endian);
    }
    return bytes;
}

TEST_F(Tables, SourcesWithWindowedKeys)
{
    for (tg_window_kind kind : {TG_WINDOW_TUMBLING, TG_WINDOW_SESSION}) {
        World fresh;
        PlanBuilder built;
        fresh.topic("in");
        tg_plan_source *source = built.source("in", {{"K", "STRING", TG_COLUMN_KEY},
                                                     {"V", "INTEGER"},
                                                     {"WINDOWSTART", "BIGINT", TG_COLUMN_WINDOWSTART},
                                                     {"WINDOWEND", "BIGINT", TG_COLUMN_WINDOWEND}});
        bool is_session = kind == TG_WINDOW_SESSION;
        source->window_kind = kind;
        source->window_size_ms = is_session ? 0 : 30;
        built.project({{{"K", "STRING", TG_COLUMN_KEY}, built.column("K")},
                       {{"WINDOWSTART", "BIGINT", TG_COLUMN_WINDOWSTART}, built.column("WINDOWSTART")},
                       {{"WINDOWEND", "BIGINT", TG_COLUMN_WINDOWEND}, built.column("WINDOWEND")},
                       {{"V", "INTEGER"}, built.column("V")},
                       {{"FROM_MS", "BIGINT"}, built.column("WINDOWSTART")},
                       {{"TO_MS", "BIGINT"}, built.column("WINDOWEND")}});
        tg_plan_sink *sink = built.sink("out");
        sink->window_kind = kind;
        sink->window_size_ms = source->window_size_ms;
        std::string key = is_session ? windowed_key("k", {95, 60}) : windowed_key("k", {60});
        fresh.produce("in", {0, 61, key, R"({"V":1})"});
        fresh.produce("in", {0, 62, key, std::nullopt});
        fresh.produce("in", {0, 63, "short", R"({"V":1})"});
        fresh.produce("in", {0, 64, std::nullopt, R"({"V":2})"});
        Process running(fresh, built.plan());
        ASSERT_EQ(running.run(), TG_OK) << running.error.message;
        std::string end = is_session ? "95" : "90";
        EXPECT_EQ(fresh.lines("out"),
                  (Lines{key + R"( = {"V":1,"FROM_MS":60,"TO_MS":)" + end + "} @61", key + " = null @62",
                         R"(null = {"V":2,"FROM_MS":null,"TO_MS":null} @64)"}));
        EXPECT_EQ(running.counters().decode_skipped, 1u);
    }
}

} // namespace
} // namespace turgo
