// Stream-stream joins: what each kind gives row for row, rows without a match, null keys and values, expiry,
// restarts and restores, failures of Kafka's calls, and random rows against a plain model.
#include "topology/tests/stream_join_world.h"

#include <random>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

class StreamJoin : public testing::Test
{
protected:
    void SetUp() override
    {
        world.topic("l");
        world.topic("r");
    }
    void start(const JoinShape &shape)
    {
        options.state = &disk;
        process = std::make_unique<Process>(world, stream_join_plan(plan, shape), options);
    }
    void put(const JoinRow &row)
    {
        Text value;
        if (row.value)
            value = "{\"V\":" + std::to_string(*row.value) + "}";
        world.produce(row.is_left ? "l" : "r", {0, row.time, row.key, value});
        ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    }
    void left(int64_t time, int value, const char *key = "k")
    {
        put({true, time, key, value});
    }
    void right(int64_t time, int value, const char *key = "k")
    {
        put({false, time, key, value});
    }
    Lines results()
    {
        return world.lines("out");
    }
    size_t rows_of(size_t store)
    {
        size_t count = 0;
        tg_store_cursor *cursor = nullptr;
        EXPECT_EQ(tg_store_scan(process->task()->stores[store].store, tg_slice_of("", 0), tg_slice_of("", 0),
                                &cursor, &world.error),
                  TG_OK);
        tg_slice key;
        tg_value value;
        while (tg_store_cursor_next(cursor, &key, &value))
            count++;
        tg_store_cursor_close(cursor);
        return count;
    }
    State disk;
    World world;
    PlanBuilder plan;
    ProcessOptions options;
    std::unique_ptr<Process> process;
};

TEST_F(StreamJoin, BoundsAreIncluded)
{
    start({"", TG_JOIN_INNER, 10, 5, 100});
    left(100, 1);
    right(89, 1);
    right(90, 2);
    right(105, 3);
    right(106, 4);
    left(100, 2);
    EXPECT_EQ(results(), (Lines{join_line("k", 1, 2, 100), join_line("k", 1, 3, 105),
                                join_line("k", 2, 2, 100), join_line("k", 2, 3, 105)}));
}

TEST_F(StreamJoin, RightCountsFromTheRight)
{
    start({"", TG_JOIN_RIGHT, 20, 0, 10});
    left(95, 1);
    right(100, 2);
    left(105, 3);
    right(131, 4);
    EXPECT_EQ(results(), (Lines{join_line("k", 1, 2, 100)}));
}

TEST_F(StreamJoin, WithoutGraceUnmatchedRowsComeAtOnce)
{
    start({"", TG_JOIN_FULL, 10, 10, -1});
    left(100, 1);
    right(105, 2);
    right(500, 3);
    EXPECT_EQ(results(),
              (Lines{join_line("k", 1, {}, 100), join_line("k", 1, 2, 105), join_line("k", {}, 3, 500)}));
    EXPECT_EQ(process->task()->store_count, 2u);
}

TEST_F(StreamJoin, WithGraceUnmatchedRowsComeWhenTheyAreFinal)
{
    start({"", TG_JOIN_LEFT, 10, 10, 5});
    left(100, 1);
    left(115, 2, "other");
    EXPECT_EQ(results(), Lines{}) << "100 + 10 + 5 is not past yet";
    right(90, 3);
    left(130, 4, "late");
    left(131, 5, "late");
    EXPECT_EQ(results(), (Lines{join_line("k", 1, 3, 100), join_line("other", 2, {}, 115)}));
    left(111, 6, "old"); // its window is past: at once
    EXPECT_EQ(results().back(), join_line("old", 6, {}, 111));
}

TEST_F(StreamJoin, NullKeysAndValues)
{
    start({"", TG_JOIN_LEFT, 10, 10, 0});
    put({true, 100, std::nullopt, 1});
    put({false, 100, std::nullopt, 2});
    put({true, 100, "k", std::nullopt});
    put({false, 100, "k", 3});
    put({true, 200, std::nullopt, std::nullopt}); // moves stream time, sends nothing
    EXPECT_EQ(results(), (Lines{join_line({}, 1, {}, 100)}));
    EXPECT_EQ(process->counters().null_key_skipped, 1u);
    EXPECT_EQ(process->counters().null_value_skipped, 2u);
}

TEST_F(StreamJoin, HeadersAreThoseOfTheArrivingRow)
{
    start({"", TG_JOIN_INNER, 10, 10, 0});
    world.produce("l", {0, 1, "k", R"({"V":1})", {{"h", "left"}}});
    world.produce("r", {0, 2, "k", R"({"V":2})", {{"h", "right"}}});
    ASSERT_EQ(process->run(), TG_OK);
    ASSERT_EQ(world.read("out").size(), 1u);
    EXPECT_EQ(world.read("out")[0].headers, (Headers{{"h", "right"}}));
}

// Rows, index and heads leave the stores when no row can meet them; the changelogs get tombstones.
TEST_F(StreamJoin, ExpiredRowsAreRemoved)
{
    start({"", TG_JOIN_FULL, 10, 10, 20});
    for (int i = 0; i < 300; i++) {
        std::string key = "key" + std::to_string(i % 7);
        put({i % 2 == 0, i * 4, key, i});
        EXPECT_LE(rows_of(0) + rows_of(1), 60u) << "after " << i;
        EXPECT_LE(rows_of(2), 20u) << "after " << i;
        if (i % 50 == 30) {
            ASSERT_EQ(process->restart(), TG_OK);
        }
    }
    std::map<std::string, bool> alive;
    for (const Record &record : world.read("app-Q-Join-left-changelog"))
        alive[*record.key] = record.value.has_value();
    size_t count = 0;
    for (const auto &[key, lives] : alive)
        count += lives;
    EXPECT_LE(count, 14u);
    EXPECT_GT(alive.size(), 140u);
}

TEST_F(StreamJoin, ManyRowsOfOneKey)
{
    start({"", TG_JOIN_INNER, 1000, 1000, 0});
    for (int i = 0; i < 40; i++)
        world.produce("l", {0, 1000 + (i * 7) % 40, "k", "{\"V\":" + std::to_string(i) + "}"});
    ASSERT_EQ(process->run(), TG_OK);
    right(1500, 1);
    Lines lines = results();
    ASSERT_EQ(lines.size(), 40u);
    for (int i = 0; i < 40; i++)
        EXPECT_EQ(lines[static_cast<size_t>((i * 7) % 40)], join_line("k", i, 1, 1500))
            << "in the order of time";
}

const JoinShape shapes[] = {
    {"inner", TG_JOIN_INNER, 10, 10, 5},
    {"inner_before_after", TG_JOIN_INNER, 20, 3, 0},
    {"inner_no_grace", TG_JOIN_INNER, 10, 10, -1},
    {"left", TG_JOIN_LEFT, 10, 10, 5},
    {"left_before", TG_JOIN_LEFT, 20, 0, 0},
    {"left_after", TG_JOIN_LEFT, 0, 20, 10},
    {"left_no_grace", TG_JOIN_LEFT, 10, 10, -1},
    {"right", TG_JOIN_RIGHT, 10, 10, 5},
    {"right_before_after", TG_JOIN_RIGHT, 20, 4, 7},
    {"full", TG_JOIN_FULL, 10, 10, 5},
    {"full_before_after", TG_JOIN_FULL, 3, 20, 5},
    {"full_no_grace", TG_JOIN_FULL, 5, 10, -1},
    {"full_at_once", TG_JOIN_FULL, 0, 0, 0},
};

std::vector<JoinRow> random_rows(std::mt19937 &random, int count)
{
    std::vector<JoinRow> rows;
    int64_t now = 50;
    for (int i = 0; i < count; i++) {
        now += static_cast<int64_t>(random() % 6);
        if (random() % 40 == 0)
            now += 60;
        JoinRow row = {random() % 2 == 0, now, std::string(1, static_cast<char>('a' + random() % 4)), i};
        if (random() % 3 == 0)
            row.time = std::max<int64_t>(0, now - static_cast<int64_t>(random() % 50));
        if (random() % 20 == 0)
            row.key.reset();
        if (random() % 20 == 0)
            row.value.reset();
        rows.push_back(row);
    }
    return rows;
}

class RandomRows : public testing::TestWithParam<JoinShape>
{
};

TEST_P(RandomRows, GiveWhatTheModelGives)
{
    State disk, other_disk;
    for (unsigned seed = 0; seed < 3; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        World world;
        world.topic("l");
        world.topic("r");
        PlanBuilder plan;
        JoinModel model(GetParam());
        ProcessOptions options;
        options.state = &disk;
        options.prefix = "app" + std::to_string(seed) + "-";
        auto process = std::make_unique<Process>(world, stream_join_plan(plan, GetParam()), options);
        int i = 0;
        for (const JoinRow &row : random_rows(random, 160)) {
            Text value;
            if (row.value)
                value = "{\"V\":" + std::to_string(*row.value) + "}";
            world.produce(row.is_left ? "l" : "r", {0, row.time, row.key, value});
            model.add(row);
            ASSERT_EQ(process->run(), TG_OK) << process->error.message;
            if (++i % 40 == 20) {
                ASSERT_EQ(process->restart(), TG_OK);
            }
            if (i == 120) { // another machine, with the changelog only
                ASSERT_EQ(process->stop(), TG_OK);
                process.reset();
                world.advance(60000);
                options.instance = "p2";
                options.state = &other_disk;
                process = std::make_unique<Process>(world, plan.plan(), options);
            }
        }
        ASSERT_EQ(world.lines("out"), model.lines);
        ASSERT_GT(model.lines.size(), 10u);
    }
}

INSTANTIATE_TEST_SUITE_P(All, RandomRows, testing::ValuesIn(shapes),
                         [](const auto &test) { return std::string(test.param.name); });

} // namespace
} // namespace turgo
