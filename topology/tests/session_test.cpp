// Sessions: joining, the tombstones of what was joined, late rows at their exact bound, final results,
// emission per commit, expiry, restarts, and random rows against a plain model.
#include "topology/tests/world.h"

#include <random>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

int64_t number_at(const std::string &key, size_t from_end)
{
    return static_cast<int64_t>(
        tg_load_u64(reinterpret_cast<const uint8_t *>(key.data()) + key.size() - from_end));
}

// "key [start, end] result @time"; the result of R0, or null.
std::string session_line(const Record &record)
{
    const std::string &key = *record.key;
    std::string value = record.value ? record.value->substr(6, record.value->size() - 7) : "null";
    return key.substr(0, key.size() - 16) + " [" + std::to_string(number_at(key, 8)) + ", " +
           std::to_string(number_at(key, 16)) + "] " + value + " @" + std::to_string(record.time);
}

class Sessions : public testing::Test
{
protected:
    void SetUp() override
    {
        world.topic("in");
    }
    void sessions(const tg_window &window, tg_emission emission = TG_EMIT_CHANGES,
                  const char *function = "COUNT")
    {
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
        std::vector<Expr> arguments;
        if (std::string(function) != "COUNT")
            arguments.push_back(plan.column("V"));
        plan.aggregates({plan.aggregate(function, arguments)}, window, emission);
        plan.sink("out")->window_kind = TG_WINDOW_SESSION;
    }
    void keep_state()
    {
        disk = std::make_unique<State>();
        options.state = disk.get();
    }
    void put(int64_t time, const char *key = "k", int value = 1)
    {
        world.produce("in", {0, time, key, "{\"V\":" + std::to_string(value) + "}"});
    }
    void run()
    {
        if (process == nullptr)
            process = std::make_unique<Process>(world, plan.plan(), options);
        ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    }
    Lines results()
    {
        Lines lines;
        for (const Record &record : world.read("out"))
            lines.push_back(session_line(record));
        return lines;
    }
    World world;
    PlanBuilder plan;
    std::unique_ptr<State> disk;
    ProcessOptions options;
    std::unique_ptr<Process> process;
};

TEST_F(Sessions, GrowAndJoin)
{
    sessions(PlanBuilder::session(300, 86400));
    put(0, "u1");
    put(180, "u1");
    put(240, "u2");
    put(720, "u1");
    put(480, "u1"); // 300 from both sides: a gap of exactly that length joins
    put(541, "u2"); // 301: a new session
    run();
    EXPECT_EQ(results(), (Lines{
                             "u1 [0, 0] 1 @0",
                             "u1 [0, 0] null @0",
                             "u1 [0, 180] 2 @180",
                             "u2 [240, 240] 1 @240",
                             "u1 [720, 720] 1 @720",
                             "u1 [0, 180] null @180",
                             "u1 [720, 720] null @720",
                             "u1 [0, 720] 4 @720",
                             "u2 [541, 541] 1 @541",
                         }));
}

// A tombstone for a session that a row leaves as it is, save for [t, t] that gets another row of time t.
TEST_F(Sessions, ARowWithinASession)
{
    sessions(PlanBuilder::session(10, 100));
    put(5);
    put(5);
    put(9);
    put(7);
    run();
    EXPECT_EQ(results(), (Lines{"k [5, 5] 1 @5", "k [5, 5] 2 @5", "k [5, 5] null @5", "k [5, 9] 3 @9",
                                "k [5, 9] null @9", "k [5, 9] 4 @9"}));
}

// The rows of ksqlDB's "out of order - explicit grace period": what it accepts beside an old session.
TEST_F(Sessions, LateRowsAtTheExactBound)
{
    sessions(PlanBuilder::session(30000, 60000), TG_EMIT_CHANGES, "MAX");
    put(0, "a", 0);
    put(100010, "a", 1);
    put(10009, "a", 5);
    put(10010, "a", 6);
    put(10009, "b", 100);
    put(10010, "b", 101);
    put(86412022, "b", 200);
    put(60000, "b", 200);
    run();
    EXPECT_EQ(results(), (Lines{"a [0, 0] 0 @0", "a [100010, 100010] 1 @100010", "a [10010, 10010] 6 @10010",
                                "b [10010, 10010] 101 @10010", "b [86412022, 86412022] 200 @86412022"}));
    EXPECT_EQ(process->counters().late_skipped, 3u);
}

TEST_F(Sessions, FinalResults)
{
    keep_state();
    sessions(PlanBuilder::session(5, 6), TG_EMIT_FINAL);
    for (int64_t time : {0, 4, 8, 12, 14, 30, 29, 17})
        put(time);
    run();
    EXPECT_EQ(results(), (Lines{"k [0, 14] 5 @14"}));
    EXPECT_EQ(process->counters().late_skipped, 1u);
    ASSERT_EQ(process->restart(), TG_OK);
    put(17);
    put(42);
    run();
    EXPECT_EQ(results(), (Lines{"k [0, 14] 5 @14", "k [29, 30] 2 @30"}));
    EXPECT_EQ(process->counters().late_skipped, 1u);
}

// In the order of end, start, key; none is lost when the stream time jumps far, nor one at the very bound.
TEST_F(Sessions, FinalResultsAfterAJump)
{
    sessions(PlanBuilder::session(10, 0), TG_EMIT_FINAL);
    put(25, "b");
    put(22, "b");
    put(25, "a");
    put(15, "c"); // ends where the bound is: accepted
    put(16, "c"); // joins it
    put(25, "d");
    put(4102444800000, "z");
    run();
    EXPECT_EQ(results(),
              (Lines{"c [15, 16] 2 @16", "b [22, 25] 2 @25", "a [25, 25] 1 @25", "d [25, 25] 1 @25"}));
    EXPECT_EQ(process->state_rows().size(), 3u) << "row, index and head of z";
}

TEST_F(Sessions, EmissionPerCommit)
{
    options.settings.emit_per_record = false;
    sessions(PlanBuilder::session(10, 100));
    put(5);
    put(9);
    put(7);
    run();
    EXPECT_EQ(results(), (Lines{"k [5, 9] 3 @9"})) << "what came and went within a commit is not seen";
    put(12);
    put(30);
    put(21);
    run();
    EXPECT_EQ(results(), (Lines{"k [5, 9] 3 @9", "k [5, 9] null @9", "k [5, 30] 6 @30"}));
    put(500); // the others expire: no tombstone for a result that stands
    run();
    put(501, "other");
    run();
    EXPECT_EQ(results(), (Lines{"k [5, 9] 3 @9", "k [5, 9] null @9", "k [5, 30] 6 @30", "k [500, 500] 1 @500",
                                "other [501, 501] 1 @501"}));
    EXPECT_EQ(process->state_rows().size(), 6u);
}

// Rows, index and heads of expired sessions leave the store; the changelog gets tombstones.
TEST_F(Sessions, ExpiredSessionsAreRemoved)
{
    keep_state();
    sessions(PlanBuilder::session(5, 10));
    for (int i = 0; i < 50; i++) {
        put(i * 20, ("user" + std::to_string(i % 7)).c_str());
        run();
        EXPECT_LE(process->state_rows().size(), 9u) << "after " << i;
        if (i % 10 == 5) {
            ASSERT_EQ(process->restart(), TG_OK);
        }
    }
    std::map<std::string, bool> alive;
    for (const Record &record : world.read("app-Q-Aggregate-Aggregate-Materialize-changelog"))
        alive[*record.key] = record.value.has_value();
    EXPECT_EQ(alive.size(), 50u);
    size_t live = 0;
    for (const auto &[key, is_alive] : alive)
        live += is_alive;
    EXPECT_LE(live, 3u);
    EXPECT_EQ(*world.read("app-Q-Aggregate-Aggregate-Materialize-changelog")[0].key,
              std::string("user0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21)); // key, end, start
}

// A restore does not know which keys have sessions left: their heads go where expired sessions do.
TEST_F(Sessions, NothingIsLeftOfExpiredKeysAfterALostDisk)
{
    sessions(PlanBuilder::session(5, 10));
    for (int i = 0; i < 50; i++)
        put(i * 20, ("user" + std::to_string(i)).c_str());
    run();
    put(2000, "last");
    run();
    process.reset();
    put(2001, "last");
    run();
    put(2002, "last");
    run(); // what expired is removed by the transaction behind the one that found it
    EXPECT_EQ(process->state_rows().size(), 3u);
}

// ---- a plain model ----

struct Row {
    int64_t time;
    int key;
    int value;
};

struct Session {
    int64_t start, end;
    std::vector<int> values;
};

// Every session is kept in a list; what is said of Kafka Streams is done literally.
struct Model {
    int64_t gap, grace;
    bool final;
    int64_t seen = -1;
    std::map<int, std::vector<Session>> keys = {};
    Lines out = {};
    uint64_t late = 0;

    static std::string text(int key, const Session &session, bool tombstone)
    {
        std::string list;
        for (int value : session.values)
            list += (list.empty() ? "" : ",") + std::to_string(value);
        return "k" + std::to_string(key) + " [" + std::to_string(session.start) + ", " +
               std::to_string(session.end) + "] " + (tombstone ? "null" : "[" + list + "]") + " @" +
               std::to_string(session.end);
    }
    void add(const Row &row)
    {
        int64_t joinable = seen < 0 ? INT64_MIN : seen - gap - grace + (final ? 0 : 1);
        seen = std::max(seen, row.time);
        std::vector<Session> &all = keys[row.key];
        std::vector<Session> found;
        for (const Session &session : all)
            if (session.end >= joinable && session.end >= row.time - gap && session.start <= row.time + gap)
                found.push_back(session);
        std::sort(found.begin(), found.end(),
                  [](const Session &a, const Session &b) { return a.end < b.end; });
        Session merged = {row.time, row.time, {}};
        for (const Session &session : found) {
            merged.start = std::min(merged.start, session.start);
            merged.end = std::max(merged.end, session.end);
            merged.values.insert(merged.values.end(), session.values.begin(), session.values.end());
        }
        merged.values.push_back(row.value);
        if (merged.end < seen - gap - grace) {
            late++;
        } else {
            for (const Session &session : found) {
                if (!final && merged.start != merged.end)
                    out.push_back(text(row.key, session, true));
                all.erase(std::find_if(all.begin(), all.end(), [&](const Session &other) {
                    return other.start == session.start && other.end == session.end;
                }));
            }
            all.erase(std::remove_if(all.begin(), all.end(),
                                     [&](const Session &other) {
                                         return other.start == merged.start && other.end == merged.end;
                                     }),
                      all.end());
            all.push_back(merged);
            if (!final)
                out.push_back(text(row.key, merged, false));
        }
        if (final)
            close();
    }
    void close()
    {
        std::vector<std::tuple<int64_t, int64_t, std::string, std::string>> closed;
        for (auto &[key, all] : keys) {
            for (size_t i = all.size(); i-- > 0;) {
                if (all[i].end >= seen - gap - grace)
                    continue;
                closed.emplace_back(all[i].end, all[i].start, "k" + std::to_string(key),
                                    text(key, all[i], false));
                all.erase(all.begin() + static_cast<long>(i));
            }
        }
        std::sort(closed.begin(), closed.end());
        for (const auto &session : closed)
            out.push_back(std::get<3>(session));
    }
};

class RandomSessions : public Sessions, public testing::WithParamInterface<unsigned>
{
protected:
    // Random rows into both, with commits and restarts.
    void feed(std::mt19937 &random, Model &model)
    {
        int64_t now = 0;
        for (int i = 0; i < 600; i++) {
            now += random() % 50 == 0 ? static_cast<int64_t>(random() % 200)
                                      : static_cast<int64_t>(random() % 4);
            Row row = {std::max<int64_t>(0, now - static_cast<int64_t>(random() % 70)),
                       static_cast<int>(random() % 5), i};
            if (random() % 3 == 0)
                row.time = now;
            model.add(row);
            put(row.time, ("k" + std::to_string(row.key)).c_str(), row.value);
            if (random() % 40 == 0)
                run();
            if (process != nullptr && random() % 60 == 0) {
                ASSERT_EQ(process->stop(), TG_OK);
                process.reset();
            }
        }
        run();
    }
};

TEST_P(RandomSessions, AreThoseOfTheModel)
{
    unsigned seed = GetParam();
    std::mt19937 random(seed);
    bool is_final = seed % 2 == 1;
    Model model = {static_cast<int64_t>(1 + random() % 20), static_cast<int64_t>(random() % 40), is_final};
    if (seed % 3 != 0)
        keep_state(); // else the state is restored from the changelog at each restart
    options.settings.cache_bytes = 4096;
    sessions(PlanBuilder::session(model.gap, model.grace), is_final ? TG_EMIT_FINAL : TG_EMIT_CHANGES,
             "COLLECT_LIST");
    feed(random, model);
    EXPECT_EQ(results(), model.out);
    EXPECT_GT(model.late, 0u);
}

// "key [start, end]" and what was last said of it; null: nothing. Lists are counted.
std::map<std::string, std::string> table_of(const Lines &lines)
{
    std::map<std::string, std::string> table;
    for (const std::string &line : lines) {
        size_t bounds = line.find("] ") + 1;
        size_t time = line.rfind(" @");
        std::string result = line.substr(bounds + 1, time - bounds - 1);
        if (result == "null") {
            table.erase(line.substr(0, bounds));
            continue;
        }
        if (result[0] == '[')
            result = std::to_string(std::count(result.begin(), result.end(), ',') + 1);
        table[line.substr(0, bounds)] = result + line.substr(time);
    }
    return table;
}

// A state that does not grow is changed in place; per commit only the last version counts.
TEST_P(RandomSessions, PerCommitTheTableIsThatOfTheModel)
{
    unsigned seed = GetParam();
    std::mt19937 random(seed);
    Model model = {static_cast<int64_t>(1 + random() % 20), static_cast<int64_t>(random() % 40), false};
    if (seed % 3 != 0)
        keep_state();
    options.settings.cache_bytes = 4096;
    options.settings.emit_per_record = false;
    sessions(PlanBuilder::session(model.gap, model.grace), TG_EMIT_CHANGES,
             seed % 2 == 1 ? "COLLECT_LIST" : "COUNT");
    feed(random, model);
    EXPECT_EQ(table_of(results()), table_of(model.out));
    EXPECT_GT(model.late, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSessions, testing::Range(1u, 25u));

} // namespace
} // namespace turgo
