// State from changelogs: the difference, the whole, what was truncated, recreated, or is still being decided.
#include "base/tests/temporary_directory.h"
#include "topology/tests/world.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace turgo
{
namespace
{

const char changelog[] = "app-Q-Aggregate-Aggregate-Materialize-changelog";

class Restore : public testing::Test
{
protected:
    void SetUp() override
    {
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
        plan.aggregates({plan.aggregate("COUNT", {})});
        plan.sink("out");
        built = plan.plan();
        world.topic("in");
        disk = std::make_unique<State>();
    }
    void TearDown() override
    {
        process.reset();
        disk.reset();
    }
    void start(State *state, uint64_t cache_bytes = 1 << 20)
    {
        ProcessOptions options;
        options.state = state;
        options.settings.cache_bytes = cache_bytes;
        process = std::make_unique<Process>(world, built, options);
    }
    void put(int from, int to, int keys = 10)
    {
        for (int i = from; i < to; i++)
            world.produce("in", {0, i, "key" + std::to_string(i % keys), "{}"});
    }
    void run()
    {
        ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    }
    void stop()
    {
        ASSERT_EQ(process->stop(), TG_OK) << process->error.message;
        process.reset();
    }
    uint64_t restored() const
    {
        return process->task()->counters.restored;
    }
    // A disk that is one.
    void openDisk()
    {
        disk = std::make_unique<State>(directory.c_str());
    }
    // A copy of what could not be trusted lies beside the database, whole.
    void expectKept(size_t rows)
    {
        std::string copy = directory + "/db.aside-1";
        ASSERT_TRUE(std::filesystem::exists(copy + "/REASON"));
        process.reset();
        disk.reset();
        std::filesystem::rename(directory + "/db", directory + "/db.now");
        std::filesystem::rename(copy, directory + "/db");
        std::filesystem::remove(directory + "/db/REASON");
        disk = std::make_unique<State>(directory.c_str());
        EXPECT_EQ(tg_state_set_aside(disk->handle), nullptr);
        start(disk.get());
        tg_store *store = nullptr;
        const tg_store_options options = {"app-Q-Aggregate-Aggregate-Materialize", 0,
                                          tg_plan_layout_id(built->root->inputs[0]), 0};
        ASSERT_EQ(tg_store_open(disk->handle, &options, &store, &world.error), TG_OK) << world.error.message;
        tg_store_cursor *cursor = nullptr;
        tg_slice none = tg_slice_of("", 0), key;
        tg_value value;
        size_t count = 0;
        EXPECT_EQ(tg_store_scan(store, none, none, &cursor, &world.error), TG_OK);
        while (tg_store_cursor_next(cursor, &key, &value))
            count++;
        tg_store_cursor_close(cursor);
        tg_store_close(store);
        EXPECT_EQ(count, rows);
    }
    void flipBytes(const std::string &ending, std::streamoff from)
    {
        for (const auto &entry : std::filesystem::directory_iterator(directory + "/db")) {
            std::string name = entry.path().string();
            if (name.size() < ending.size() || name.substr(name.size() - ending.size()) != ending)
                continue;
            std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
            for (std::streamoff at = from; at < from + 20000; at += 1000) {
                file.seekg(at);
                int byte = file.get();
                if (!file)
                    break;
                file.seekp(at);
                file.put(static_cast<char>(byte ^ 0x10));
            }
        }
    }
    // All ten keys were counted `each` times.
    void check(int each)
    {
        std::map<std::string, std::string> last;
        for (const Record &record : world.read("out"))
            last[*record.key] = *record.value;
        EXPECT_EQ(last.size(), 10u);
        for (const auto &[key, value] : last)
            EXPECT_EQ(value, "{\"R0\":" + std::to_string(each) + "}") << key;
    }
    World world;
    PlanBuilder plan;
    const tg_plan *built = nullptr;
    TemporaryDirectory temporary;
    std::string directory = temporary.path();
    std::unique_ptr<State> disk;
    std::unique_ptr<Process> process;
};

TEST_F(Restore, FromTheBeginningOnAnEmptyDisk)
{
    start(disk.get());
    put(0, 3000, 3000); // more than one poll of changelog records
    run();
    stop();
    State other;
    start(&other);
    put(0, 10);
    run();
    EXPECT_EQ(restored(), 3000u);
    EXPECT_EQ(process->state_rows().size(), 3000u);
    EXPECT_EQ(*world.read("out").back().value, R"({"R0":2})");
    process.reset();
}

TEST_F(Restore, NothingWhereTheDiskIsUpToDate)
{
    start(disk.get());
    put(0, 50);
    run();
    stop();
    start(disk.get());
    put(50, 60);
    run();
    EXPECT_EQ(restored(), 0u);
    check(6);
}

TEST_F(Restore, TheDifferenceAfterAnotherProcessMovedOn)
{
    start(disk.get());
    put(0, 50);
    run();
    stop();
    {
        State other;
        start(&other);
        put(50, 70);
        run();
        stop();
    }
    start(disk.get());
    put(70, 80);
    run();
    EXPECT_EQ(restored(), 10u); // one record for each key and transaction
    check(8);
}

// The changelog does not reach back to our offset any more: what is local cannot be trusted.
TEST_F(Restore, TheWholeWhereTheChangelogWasTruncatedBehindUs)
{
    start(disk.get());
    put(0, 50);
    run();
    stop();
    State other;
    start(&other);
    put(50, 100); // each key again
    run();
    stop();
    ASSERT_EQ(tg_admin_delete_records(world.cluster, changelog, 0, world.end(changelog, 0) - 11, 1000,
                                      &world.error),
              TG_OK);
    start(disk.get());
    put(100, 110);
    run();
    EXPECT_EQ(restored(), 10u);
    check(11);
    process.reset();
}

TEST_F(Restore, NothingIsLeftOfALogThatWasRecreated)
{
    start(disk.get());
    put(0, 50);
    run();
    stop();
    ASSERT_EQ(tg_admin_delete_topic(world.cluster, changelog, 1000, &world.error), TG_OK);
    start(disk.get());
    put(50, 60);
    run(); // the counts begin again, which is what the changelog says
    EXPECT_EQ(process->state_rows().size(), 10u);
    std::map<std::string, std::string> last;
    for (const Record &record : world.read("out"))
        last[*record.key] = *record.value;
    EXPECT_EQ(last["key3"], R"({"R0":1})");
}

// The predecessor died with a transaction open: its records are in the changelog, undecided. The end is the
// high watermark, so the restore waits for the decision.
TEST_F(Restore, WaitsForTheTransactionOfADeadPredecessor)
{
    start(disk.get());
    put(0, 50);
    run();
    put(50, 60);
    ASSERT_EQ(process->step(), TG_OK);
    ASSERT_TRUE(process->unit->transaction_open);
    tg_error error = {};
    ASSERT_EQ(tg_task_flush(process->task(), &error), TG_OK); // its changelog records are sent
    process->crash();
    process.reset();
    State other;
    ProcessOptions options;
    options.state = &other;
    options.instance = "p2"; // not the same transactional id: only time ends the old transaction
    process = std::make_unique<Process>(world, built, options);
    world.advance(9900); // the session is over at 10 s, as is the transaction
    EXPECT_LT(world.stable_end(changelog, 0), world.end(changelog, 0));
    run();
    check(6);
    process.reset();
}

TEST_F(Restore, ErrorsWhileReadingAreTriedAgain)
{
    start(disk.get());
    put(0, 3000, 3000);
    run();
    stop();
    for (uint64_t nth = 1; nth < 40; nth += 3) {
        SCOPED_TRACE("poll " + std::to_string(nth));
        State other;
        start(&other);
        world.fault(TG_MEMORY_CALL_POLL, nth, {{}, 0, TG_CODE_KAFKA_UNREACHABLE, true, false, false, false});
        run();
        tg_memory_clear_faults(world.cluster);
        EXPECT_EQ(restored(), 3000u);
        EXPECT_EQ(process->state_rows().size(), 3000u);
        stop();
    }
}

// A damaged database is set aside, and the state comes back from the changelog.
TEST_F(Restore, AfterDamage)
{
    openDisk();
    start(disk.get());
    put(0, 50);
    run();
    stop();
    disk.reset();
    for (const auto &entry : std::filesystem::directory_iterator(directory + "/db"))
        if (entry.path().filename().string().rfind("MANIFEST", 0) == 0)
            std::filesystem::resize_file(entry.path(), 3);
    disk = std::make_unique<State>(directory.c_str());
    ASSERT_NE(tg_state_set_aside(disk->handle), nullptr);
    EXPECT_TRUE(std::filesystem::exists(tg_state_set_aside(disk->handle)));
    start(disk.get());
    put(50, 60);
    run();
    EXPECT_EQ(restored(), 10u);
    check(6);
}

// As the one before, but the new log has grown beyond our offset: only its id tells.
TEST_F(Restore, ALogThatWasRecreatedAndOvertookUs)
{
    openDisk();
    start(disk.get());
    put(0, 50);
    run();
    stop();
    ASSERT_EQ(tg_admin_delete_topic(world.cluster, changelog, 1000, &world.error), TG_OK);
    {
        State other;
        start(&other);
        put(50, 150); // the other process counts from 0: so says the log
        run();
        stop();
    }
    start(disk.get());
    put(150, 160);
    run();
    EXPECT_EQ(restored(), 10u);
    EXPECT_EQ(process->task()->counters.state_rebuilt, 1u);
    check(11);
    expectKept(10);
}

// Deletions leave a compacted log after a while; state that is older may hold the deleted keys for ever.
TEST_F(Restore, StateThatIsOlderThanTheTombstones)
{
    for (const auto &[hours, rebuilt] : {std::pair<int, uint64_t>{23, 0}, {25, 1}}) {
        SCOPED_TRACE(hours);
        State own, other;
        start(&own);
        put(0, 10);
        run();
        stop();
        start(&other);
        put(0, 10);
        run();
        stop();
        world.advance(hours * 3600000LL);
        start(&own);
        put(0, 10);
        run();
        EXPECT_EQ(process->task()->counters.state_rebuilt, rebuilt);
        stop();
        world.advance(100 * 3600000LL);
        start(&own); // only the marker of its own last commit is behind its offset
        put(0, 10);
        run();
        EXPECT_EQ(process->task()->counters.state_rebuilt, 0u);
        EXPECT_EQ(restored(), 0u);
        stop();
    }
    check(8);
}

// The log is cut off while it is read: begun again, from where it begins now.
class TruncatedLog : public Restore, public testing::WithParamInterface<bool>
{
};

// What was read of the deleted records is not trusted if it is in the store already.
TEST_P(TruncatedLog, Meanwhile)
{
    const bool some_written = GetParam();
    start(disk.get());
    put(0, 6000, 3000);
    run();
    stop();
    State other;
    start(&other, some_written ? 64 << 10 : 1 << 20); // what is read is written when it is much for that
    put(6000, 6010, 3000);
    while (process->task() == nullptr || restored() == 0)
        ASSERT_EQ(process->step(), TG_OK);
    ASSERT_LT(restored(), 2000u);
    EXPECT_EQ(tg_store_changelog_offset(process->store()) > 0, some_written);
    int64_t end = world.end(changelog, 0);
    ASSERT_EQ(tg_admin_delete_records(world.cluster, changelog, 0, end - 1001, 1000, &world.error), TG_OK);
    run();
    EXPECT_EQ(process->task()->counters.state_rebuilt, some_written ? 1u : 0u);
    std::set<std::string> keys;
    for (const Record &record : world.read(changelog))
        keys.insert(*record.key);
    EXPECT_EQ(process->state_rows().size(), keys.size());
    EXPECT_EQ(process->task()->counters.restore_left, 0u);
    process.reset();
}

INSTANTIATE_TEST_SUITE_P(Restore, TruncatedLog, testing::Bool(),
                         [](const auto &info) { return info.param ? "SomeWritten" : "NothingWritten"; });

// One task waits for its changelog; the other one, of the same worker, does not.
TEST_F(Restore, OtherTasksGoOnMeanwhile)
{
    World two;
    two.topic("in", 2);
    const auto produce = [&two](int each) {
        for (int i = 0; i < each; i++)
            for (int32_t partition = 0; partition < 2; partition++)
                two.produce("in", {partition, i, "key" + std::to_string(partition), "{}"});
    };
    produce(5);
    ProcessOptions options;
    options.settings.transaction_timeout_ms = 60000; // much longer than the session
    auto first = std::make_unique<Process>(two, built, options);
    ASSERT_EQ(first->run(), TG_OK);
    two.produce("in", {0, 5, "key0", "{}"});
    ASSERT_EQ(first->step(), TG_OK);
    ASSERT_TRUE(first->unit->transaction_open);
    const size_t partition_0 = first->task(0)->partition == 0 ? 0 : 1;
    ASSERT_EQ(tg_task_flush(first->task(partition_0), &first->error),
              TG_OK); // undecided records in changelog 0
    first->crash();
    options.instance = "p2";
    Process second(two, built, options);
    two.produce("in", {1, 6, "key1", "{}"});
    auto task = [&second](int32_t partition) {
        return second.task(0)->partition == partition ? second.task(0) : second.task(1);
    };
    for (int i = 0; i < 200 && (second.unit->task_count < 2 || task(1)->inputs[0].committed_offset < 6);
         i++) {
        ASSERT_EQ(second.step(), TG_OK) << second.error.message;
        two.advance(100);
    }
    ASSERT_EQ(second.unit->task_count, 2u);
    EXPECT_GE(task(1)->inputs[0].committed_offset, 6) << "it waited for the other";
    EXPECT_EQ(task(0)->stores_to_restore, 1u);
    EXPECT_GT(task(0)->counters.restore_left, 0u);
    EXPECT_FALSE(tg_commit_unit_running(second.unit));
    two.advance(60000);
    ASSERT_EQ(second.run(), TG_OK);
    EXPECT_EQ(task(0)->stores_to_restore, 0u);
    std::map<std::string, std::string> last;
    for (const Record &record : two.read("out"))
        last[*record.key] = *record.value;
    EXPECT_EQ(last["key0"], "{\"R0\":6}");
    EXPECT_EQ(last["key1"], "{\"R0\":6}");
}

// What was damaged is found by the first read of it: set aside and rebuilt while the query runs.
TEST_F(Restore, AfterAFlippedByte)
{
    openDisk();
    start(disk.get());
    put(0, 3000, 3000);
    run();
    stop();
    disk.reset();
    flipBytes(".sst", 9000); // not in the first blocks, which are read at the start
    disk = std::make_unique<State>(directory.c_str());
    ASSERT_EQ(tg_state_set_aside(disk->handle), nullptr);
    ProcessOptions options;
    options.state = disk.get();
    process = std::make_unique<Process>(world, built, options);
    put(3000, 6000, 3000);
    run();
    EXPECT_GE(process->counters().state_rebuilt, 1u);
    ASSERT_NE(tg_state_set_aside(disk->handle), nullptr);
    EXPECT_TRUE(std::filesystem::exists(std::string(tg_state_set_aside(disk->handle)) + "/DAMAGED"));
    EXPECT_EQ(process->state_rows().size(), 3000u);
    EXPECT_EQ(*world.read("out").back().value, R"({"R0":2})");
    std::map<std::string, int> results;
    for (const Record &record : world.read("out"))
        results[*record.key + *record.value]++;
    EXPECT_EQ(results.size(), 6000u); // each result once
    stop();                           // the new database is as good as any
    start(disk.get());
    put(6000, 9000, 3000);
    run();
    EXPECT_EQ(*world.read("out").back().value, R"({"R0":3})");
}

// A queue to the broker that takes nothing: the query waits with what it has, fetches no more, and goes on.
TEST_F(Restore, AStalledOutputStopsTheFetchNotTheProcess)
{
    start(disk.get());
    put(0, 30000);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(process->step(), TG_OK);
    size_t most = 0;
    for (int i = 0; i < 100; i++) {
        world.fault(TG_MEMORY_CALL_SEND, 1, {{}, 0, TG_CODE_KAFKA_TIMED_OUT, true, false, false, false});
        ASSERT_EQ(process->step(), TG_OK) << process->error.message;
        for (size_t task = 0; task < process->unit->task_count; task++)
            most = std::max<size_t>(most, process->task(task)->inputs[0].queue_count);
        world.advance(600);
    }
    tg_memory_clear_faults(world.cluster);
    EXPECT_LE(most, size_t{UNIT_POLL_MAX});
    run();
    check(3000);
    process.reset();
}

} // namespace
} // namespace turgo
