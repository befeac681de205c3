// State from changelogs: the difference, the whole, what was truncated, recreated, or is still being decided.
#include "topology/tests/world.h"

#include <cstdlib>
#include <filesystem>

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
        if (!directory.empty()) {
            disk.reset();
            std::filesystem::remove_all(directory);
        }
    }
    void start(State *state)
    {
        ProcessOptions options;
        options.state = state;
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
    std::string directory;
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
    char path[] = "/tmp/restore-XXXXXX";
    directory = mkdtemp(path);
    disk = std::make_unique<State>(directory.c_str());
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

} // namespace
} // namespace turgo
