// Tables with a history: which version a stream's row meets, records that come out of order, tombstones, the
// retention's bound, expiry, what joins of tables make of them; random records with restarts and a lost disk
// against a model.
#include "topology/tests/world.h"

#include <random>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

const std::vector<Column> left_columns = {{"K", "STRING", TG_COLUMN_KEY}, {"A", "INTEGER"}};
const std::vector<Column> right_columns = {{"K", "STRING", TG_COLUMN_KEY}, {"B", "INTEGER"}};

const tg_plan *history_plan(PlanBuilder &plan, bool left_is_table, int64_t history_ms)
{
    plan.prefix = "Left";
    plan.source("left", left_columns);
    if (left_is_table) {
        plan.table();
        plan.materialize();
        reinterpret_cast<tg_plan_materialize *>(plan.top)->history_ms = history_ms;
    }
    tg_plan_node *left = plan.take();
    plan.prefix = "Right";
    plan.source("right", right_columns);
    plan.table();
    plan.materialize();
    reinterpret_cast<tg_plan_materialize *>(plan.top)->history_ms = history_ms;
    tg_plan_node *right = plan.take();
    plan.prefix = "";
    if (left_is_table)
        plan.join<tg_plan_table_table_join>(&tg_plan_table_table_join_kind, "Join", TG_JOIN_INNER, left,
                                            right);
    else
        plan.join<tg_plan_stream_table_join>(&tg_plan_stream_table_join_kind, "Join", TG_JOIN_LEFT, left,
                                             right);
    plan.project({{{"K", "STRING", TG_COLUMN_KEY}, plan.column("K")},
                  {{"A", "INTEGER"}, plan.column("L_A")},
                  {{"B", "INTEGER"}, plan.column("R_B")}});
    plan.sink("out");
    return plan.plan();
}

class TableHistory : public testing::Test
{
protected:
    void SetUp() override
    {
        world.topic("left");
        world.topic("right");
    }
    void start(int64_t history_ms, bool left_is_table = false)
    {
        process = std::make_unique<Process>(world, history_plan(plan, left_is_table, history_ms));
    }
    // Each record is processed before the next is there.
    void put(const char *topic, const char *key, const Text &value, int64_t time)
    {
        world.produce(topic, {0, time, key, value});
        ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    }
    void b(const char *key, int value, int64_t time)
    {
        put("right", key, "{\"B\":" + std::to_string(value) + "}", time);
    }
    void gone(const char *key, int64_t time)
    {
        put("right", key, std::nullopt, time);
    }
    // What a row of the stream at that time finds: a number or null.
    std::string at(const char *key, int64_t time)
    {
        put("left", key, R"({"A":0})", time);
        Lines lines = world.lines("out");
        std::string line = lines.empty() ? "" : lines.back();
        size_t from = line.find("\"B\":"), to = line.find('}');
        return from == std::string::npos ? line : line.substr(from + 4, to - from - 4);
    }
    size_t rows_of(size_t store)
    {
        return process->state_rows(0, store).size();
    }
    World world;
    PlanBuilder plan;
    std::unique_ptr<Process> process;
};

TEST_F(TableHistory, ARowMeetsTheVersionOfItsTime)
{
    start(1000);
    b("k", 1, 100);
    b("k", 2, 200);
    b("k", 3, 300);
    const std::pair<int64_t, const char *> cases[] = {{99, "null"}, {100, "1"}, {199, "1"}, {200, "2"},
                                                      {299, "2"},   {300, "3"}, {900, "3"}};
    for (const auto &[time, expected] : cases)
        EXPECT_EQ(at("k", time), expected) << time;
    EXPECT_EQ(at("j", 200), "null");
}

TEST_F(TableHistory, RecordsOutOfOrderTakeTheirPlace)
{
    start(1000);
    b("k", 3, 300);
    b("k", 1, 100); // before all
    b("k", 2, 200); // in between
    EXPECT_EQ(at("k", 50), "null");
    EXPECT_EQ(at("k", 150), "1");
    EXPECT_EQ(at("k", 250), "2");
    EXPECT_EQ(at("k", 350), "3");
    b("k", 22, 200); // one time: the later record
    b("k", 33, 300);
    b("k", 11, 100);
    EXPECT_EQ(at("k", 150), "11");
    EXPECT_EQ(at("k", 250), "22");
    EXPECT_EQ(at("k", 350), "33");
}

TEST_F(TableHistory, TombstonesAreVersions)
{
    start(1000);
    gone("k", 200); // nobody knew it, yet an older record does not outlive it
    b("k", 1, 100);
    EXPECT_EQ(at("k", 150), "1");
    EXPECT_EQ(at("k", 250), "null");
    b("k", 3, 300);
    EXPECT_EQ(at("k", 250), "null");
    gone("k", 400);
    EXPECT_EQ(at("k", 399), "3");
    EXPECT_EQ(at("k", 400), "null");
    gone("k", 350);
    EXPECT_EQ(at("k", 349), "3");
    EXPECT_EQ(at("k", 399), "null");
    b("k", 36, 360);
    EXPECT_EQ(at("k", 359), "null");
    EXPECT_EQ(at("k", 360), "36");
    EXPECT_EQ(at("k", 400), "null");
    gone("k", 360); // in place of it
    EXPECT_EQ(at("k", 370), "null");
    b("k", 4, 400);
    EXPECT_EQ(at("k", 380), "null");
    EXPECT_EQ(at("k", 400), "4");
    gone("k", 400);
    EXPECT_EQ(at("k", 500), "null");
    b("k", 39, 390);
    EXPECT_EQ(at("k", 395), "39");
    EXPECT_EQ(at("k", 405), "null");
}

TEST_F(TableHistory, BeyondTheRetentionOnlyTheNewestVersionIsSeen)
{
    start(100);
    b("k", 1, 100);
    b("k", 2, 150);
    b("old", 5, 110);
    b("j", 0, 250);
    EXPECT_EQ(at("k", 149), "null") << "its history begins at 150";
    EXPECT_EQ(at("k", 150), "2");
    EXPECT_EQ(at("old", 115), "5") << "the newest version stays";
    b("k", 7, 149);
    EXPECT_EQ(process->counters().late_skipped, 1u);
    b("k", 8, 150);
    EXPECT_EQ(at("k", 160), "8");
    EXPECT_EQ(process->counters().late_skipped, 1u);
}

TEST_F(TableHistory, VersionsExpire)
{
    start(100);
    for (int i = 0; i < 300; i++) {
        b(("key" + std::to_string(i % 7)).c_str(), i, i * 4);
        EXPECT_LE(rows_of(1), 40u) << "after " << i;
        if (i % 50 == 30) {
            ASSERT_EQ(process->restart(), TG_OK);
        }
    }
    EXPECT_EQ(rows_of(0), 7u);
    std::map<std::string, bool> alive;
    for (const Record &record : world.read("app-Q-RightKsqlTopic-history-changelog"))
        alive[*record.key] = record.value.has_value();
    size_t count = 0;
    for (const auto &[key, lives] : alive)
        count += lives;
    EXPECT_LE(count, 40u);
    EXPECT_GT(alive.size(), 250u);
}

TEST_F(TableHistory, JoinsOfTablesSeeTheNewestVersions)
{
    start(1000, true);
    b("k", 2, 200);
    put("left", "k", R"({"A":1})", 100);
    b("k", 1, 150); // changes the history only
    put("left", "k", R"({"A":0})", 50);
    b("k", 3, 300);
    gone("k", 250);
    gone("k", 400);
    EXPECT_EQ(world.lines("out"),
              (Lines{R"(k = {"A":1,"B":2} @200)", R"(k = {"A":1,"B":3} @300)", "k = null @400"}));
}

// The versions of each key by time; what is too old to be put or asked for.
class HistoryModel
{
public:
    explicit HistoryModel(int64_t history_ms) : history_ms_(history_ms)
    {
    }
    void put(const std::string &key, int64_t time, std::optional<int> value)
    {
        if (seen_ >= 0 && time < seen_ - history_ms_)
            return;
        seen_ = std::max(seen_, time);
        versions_[key][time] = value;
    }
    std::optional<int> at(const std::string &key, int64_t time) const
    {
        auto found = versions_.find(key);
        if (found == versions_.end())
            return std::nullopt;
        const auto &newest = *found->second.rbegin();
        if (newest.first <= time)
            return newest.second;
        auto next = found->second.upper_bound(time);
        if (time < seen_ - history_ms_ || next == found->second.begin())
            return std::nullopt;
        return std::prev(next)->second;
    }

private:
    int64_t history_ms_;
    int64_t seen_ = -1;
    std::map<std::string, std::map<int64_t, std::optional<int>>> versions_;
};

class RandomHistory : public testing::TestWithParam<int64_t>
{
};

TEST_P(RandomHistory, GivesWhatTheModelGives)
{
    State disk, other_disk;
    for (unsigned seed = 0; seed < 4; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        World world;
        world.topic("left");
        world.topic("right");
        PlanBuilder plan;
        HistoryModel model(GetParam());
        ProcessOptions options;
        options.state = &disk;
        options.prefix = "app" + std::to_string(seed) + "-";
        auto process = std::make_unique<Process>(world, history_plan(plan, false, GetParam()), options);
        Lines expected;
        int64_t now = 50;
        for (int i = 0; i < 200; i++) {
            now += static_cast<int64_t>(random() % 6) + (random() % 40 == 0 ? 60 : 0);
            int64_t time = random() % 2 == 0 ? now : std::max<int64_t>(0, now - random() % 60);
            std::string key(1, static_cast<char>('a' + random() % 3));
            if (random() % 2 == 0) {
                std::optional<int> value;
                if (random() % 4 > 0)
                    value = i;
                world.produce(
                    "right",
                    {0, time, key, value ? Text("{\"B\":" + std::to_string(*value) + "}") : std::nullopt});
                model.put(key, time, value);
            } else {
                std::optional<int> value = model.at(key, time);
                world.produce("left", {0, time, key, "{\"A\":" + std::to_string(i) + "}"});
                expected.push_back(key + " = {\"A\":" + std::to_string(i) + ",\"B\":" +
                                   (value ? std::to_string(*value) : "null") + "} @" + std::to_string(time));
            }
            ASSERT_EQ(process->run(), TG_OK) << process->error.message;
            if (i % 50 == 20) {
                ASSERT_EQ(process->restart(), TG_OK);
            }
            if (i == 140) { // another machine, with the changelogs only
                std::vector<std::string> rows = process->state_rows(0, 1);
                ASSERT_EQ(process->stop(), TG_OK);
                process.reset();
                world.advance(60000);
                options.instance = "p2";
                options.state = &other_disk;
                process = std::make_unique<Process>(world, plan.plan(), options);
                ASSERT_EQ(process->run(), TG_OK) << process->error.message;
                ASSERT_EQ(process->state_rows(0, 1), rows);
            }
        }
        ASSERT_EQ(world.lines("out"), expected);
    }
}

INSTANTIATE_TEST_SUITE_P(Retentions, RandomHistory, testing::Values(20, 100, 100000),
                         [](const auto &test) { return std::to_string(test.param) + "ms"; });

} // namespace
} // namespace turgo
