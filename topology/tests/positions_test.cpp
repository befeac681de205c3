// Positions that are gone from the log, topics that are cut, deleted or made again, and partitions that an
// open transaction holds back.
#include "topology/tests/world.h"

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

class Positions : public testing::Test
{
protected:
    void SetUp() override
    {
        world.topic("in");
        plan.source("in", {{"V", "INTEGER"}}, "NONE");
        plan.sink("out", "NONE");
    }
    static Record value(int v)
    {
        return {0, v, std::nullopt, R"({"V":)" + std::to_string(v) + "}"};
    }
    void start(tg_offset_reset reset = TG_RESET_EARLIEST)
    {
        ProcessOptions options;
        options.settings.offset_reset = reset;
        options.state = &state;
        process.reset();
        process = std::make_unique<Process>(world, plan.plan(), options);
    }
    // Stops in front of offset 2, while 2 to 4 are written and deleted, and 5 comes.
    void lose_three(tg_offset_reset reset = TG_RESET_EARLIEST)
    {
        world.produce("in", {value(0), value(1)});
        start();
        ASSERT_EQ(process->run(), TG_OK);
        process.reset();
        world.produce("in", {value(2), value(3), value(4)});
        ASSERT_EQ(tg_admin_delete_records(world.cluster, "in", 0, 5, 1000, &world.error), TG_OK);
        world.produce("in", value(5));
        start(reset);
    }
    tg_code step_for(int64_t ms)
    {
        tg_code code = TG_OK;
        for (int64_t passed = 0; passed < ms && code == TG_OK; passed += 20) {
            code = process->step();
            world.advance(20);
        }
        return code;
    }
    Lines values(std::initializer_list<int> list)
    {
        Lines lines;
        for (int v : list)
            lines.push_back(line(value(v)));
        return lines;
    }
    State state;
    World world;
    PlanBuilder plan;
    std::unique_ptr<Process> process;
};

TEST_F(Positions, DeletedRecordsAreCountedAndPassedOver)
{
    lose_three();
    EXPECT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(process->counters().offsets_lost, 3u);
    EXPECT_EQ(world.lines("out"), values({0, 1, 5}));
    start(); // what was lost is not lost again
    EXPECT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(process->counters().offsets_lost, 0u);
    EXPECT_EQ(world.lines("out"), values({0, 1, 5}));
}

TEST_F(Positions, LatestGoesToTheEnd)
{
    lose_three(TG_RESET_LATEST);
    EXPECT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(process->counters().offsets_lost, 4u);
    world.produce("in", value(6));
    EXPECT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(world.lines("out"), values({0, 1, 6}));
}

TEST_F(Positions, NoneStopsTheQuery)
{
    lose_three(TG_RESET_ERROR);
    EXPECT_EQ(process->run(), TG_CODE_OFFSET_OUT_OF_RANGE);
    std::string message = process->error.message;
    EXPECT_NE(message.find("topic in, partition 0, offset 2"), std::string::npos) << message;
    EXPECT_NE(std::string(process->error.hint).find("auto.offset.reset"), std::string::npos);
}

TEST_F(Positions, ACommitThatFailsAfterwardsCountsTheLossOnce)
{
    lose_three();
    tg_memory_fault fault = {};
    fault.code = TG_CODE_KAFKA_TIMED_OUT;
    fault.retriable = true;
    world.fault(TG_MEMORY_CALL_COMMIT, 1, fault);
    EXPECT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(process->counters().offsets_lost, 3u);
    EXPECT_EQ(world.lines("out"), values({0, 1, 5}));
}

TEST_F(Positions, ATopicThatIsMadeAgainIsReadFromItsBeginning)
{
    world.produce("in", {value(0), value(1), value(2)});
    start();
    ASSERT_EQ(process->run(), TG_OK);
    process.reset();
    ASSERT_EQ(tg_admin_delete_topic(world.cluster, "in", 1000, &world.error), TG_OK);
    world.topic("in");
    world.produce("in", value(7));
    start();
    EXPECT_EQ(step_for(2000), TG_OK) << process->error.message;
    EXPECT_EQ(world.lines("out"), values({0, 1, 2, 7}));
    EXPECT_EQ(process->counters().offsets_lost, 0u); // nobody knows
    world.produce("in", value(8));
    start();
    EXPECT_EQ(step_for(2000), TG_OK) << process->error.message;
    EXPECT_EQ(world.lines("out"), values({0, 1, 2, 7, 8}));
}

TEST_F(Positions, ATopicThatIsDeletedStopsTheQuery)
{
    world.produce("in", value(0));
    start();
    ASSERT_EQ(process->run(), TG_OK);
    ASSERT_EQ(tg_admin_delete_topic(world.cluster, "in", 1000, &world.error), TG_OK);
    EXPECT_EQ(step_for(2000), TG_CODE_TOPIC_UNKNOWN);
    EXPECT_NE(std::string(process->error.message).find("in"), std::string::npos) << process->error.message;
    EXPECT_EQ(world.lines("out"), values({0}));
}

// The topic has one partition when the query is prepared, two when it is read.
TEST_F(Positions, NewPartitionsAreReadWithoutState)
{
    start();
    ASSERT_EQ(tg_admin_delete_topic(world.cluster, "in", 1000, &world.error), TG_OK);
    world.topic("in", 2);
    world.produce("in", {value(0), {1, 1, std::nullopt, R"({"V":1})"}});
    EXPECT_EQ(step_for(2000), TG_OK) << process->error.message;
    EXPECT_EQ(world.lines("out"), values({0, 1}));
}

TEST_F(Positions, NewPartitionsStopAQueryWithState)
{
    PlanBuilder counting("COUNTING");
    counting.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
    counting.aggregates({counting.aggregate("COUNT", {counting.column("V")})});
    counting.sink("counts");
    process = std::make_unique<Process>(world, counting.plan());
    ASSERT_EQ(tg_admin_delete_topic(world.cluster, "in", 1000, &world.error), TG_OK);
    world.topic("in", 2);
    EXPECT_EQ(step_for(2000), TG_CODE_TOPIC_MISMATCH);
    EXPECT_NE(std::string(process->error.message).find("topic in has a partition 1 now"), std::string::npos)
        << process->error.message;
    process.reset();
}

// ---- open transactions ----

class OpenTransaction : public Positions
{
protected:
    void open()
    {
        tg_producer_options options = {};
        options.transactional_id = "hanging";
        options.transaction_timeout_ms = 900000;
        ASSERT_EQ(tg_producer_open(world.cluster, &options, &producer, &world.error), TG_OK);
        ASSERT_EQ(tg_producer_init_transactions(producer, 1000, &world.error), TG_OK);
        ASSERT_EQ(tg_producer_begin(producer, &world.error), TG_OK);
        tg_outgoing record = {};
        ASSERT_EQ(tg_producer_topic(producer, "in", &record.topic, &world.error), TG_OK);
        record.value = tg_slice_text(R"({"V":99})");
        record.timestamp_ms = 9;
        ASSERT_EQ(tg_producer_send(producer, &record, &world.error), TG_OK);
    }
    void TearDown() override
    {
        process.reset();
        tg_producer_close(producer);
    }
    tg_producer *producer = nullptr;
};

TEST_F(OpenTransaction, ThatDoesNotEndIsWarnedOf)
{
    world.produce("in", value(0));
    start();
    ASSERT_EQ(process->run(), TG_OK);
    open();
    world.produce("in", value(1)); // waits behind it
    EXPECT_EQ(step_for(20000), TG_OK);
    EXPECT_EQ(process->counters().stalls, 0u);
    EXPECT_EQ(step_for(15000), TG_OK);
    EXPECT_EQ(process->counters().stalls, 1u);
    EXPECT_EQ(step_for(20000), TG_OK); // said again after twice the time only
    EXPECT_EQ(process->counters().stalls, 1u);
    EXPECT_EQ(world.lines("out"), values({0}));
    ASSERT_EQ(tg_producer_abort(producer, 1000, &world.error), TG_OK);
    EXPECT_EQ(step_for(1000), TG_OK);
    EXPECT_EQ(world.lines("out"), values({0, 1})); // the aborted record is never seen
}

TEST_F(OpenTransaction, ThatEndsInTimeIsNotWorthAWord)
{
    start();
    open();
    EXPECT_EQ(step_for(25000), TG_OK);
    ASSERT_EQ(tg_producer_commit(producer, 1000, &world.error), TG_OK);
    EXPECT_EQ(step_for(25000), TG_OK);
    EXPECT_EQ(process->counters().stalls, 0u);
    EXPECT_EQ(world.lines("out").size(), 1u);
}

} // namespace
} // namespace turgo
