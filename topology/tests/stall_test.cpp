// Output that is slow or stands still: the unit never makes its worker wait for it, and nothing is lost.
#include "topology/tests/world.h"

namespace turgo
{
namespace
{

class Stall : public testing::Test
{
protected:
    void SetUp() override
    {
        world.topic("in");
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
        plan.aggregates({plan.aggregate("COUNT", {})});
        plan.sink("out");
        process = std::make_unique<Process>(world, plan.plan());
        put(10);
        EXPECT_EQ(process->run(), TG_OK) << process->error.message;
    }
    void put(int count)
    {
        for (int i = 0; i < count; i++)
            world.produce("in", {0, i, "k", "{}"});
    }
    // The next flushes run out of time.
    void stall(uint64_t flushes)
    {
        tg_memory_fault fault = {};
        fault.code = TG_CODE_KAFKA_TIMED_OUT;
        fault.retriable = true;
        for (uint64_t nth = 1; nth <= flushes; nth++)
            world.fault(TG_MEMORY_CALL_FLUSH, nth, fault);
    }
    World world;
    PlanBuilder plan;
    std::unique_ptr<Process> process;
};

TEST_F(Stall, ACrowdedProducerGetsNothingMore)
{
    tg_memory_crowd(world.cluster, true);
    put(5000);
    for (int i = 0; i < 20; i++) {
        ASSERT_EQ(process->step(), TG_OK) << process->error.message;
        world.advance(20);
    }
    EXPECT_EQ(world.read("out").size(), 10u);
    EXPECT_LE(process->task()->inputs[0].queue_count, 1024u) << "nothing more is read, too";
    EXPECT_GT(tg_commit_unit_deadline_us(process->unit), tg_clock_monotonic_us(world.clock));
    tg_memory_crowd(world.cluster, false);
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(world.read("out").size(), 5010u);
}

TEST_F(Stall, AFlushGoesOnWithTheNextSteps)
{
    put(10);
    stall(5);
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(world.read("out").size(), 20u);
    EXPECT_EQ(process->counters().resolves, 0u);
    EXPECT_EQ(tg_memory_faults_waiting(world.cluster), 0u);
}

// As long as a transaction lives; then it begins again.
TEST_F(Stall, AFlushThatDoesNotEndIsGivenUp)
{
    put(10);
    stall(2000);
    int64_t began_us = tg_clock_monotonic_us(world.clock);
    while (process->counters().resolves == 0) {
        ASSERT_EQ(process->step(), TG_OK) << process->error.message;
        world.advance(20);
        ASSERT_LT(tg_clock_monotonic_us(world.clock) - began_us, 120 * 1000000LL);
    }
    tg_memory_clear_faults(world.cluster);
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(world.read("out").size(), 20u);
}

// What is asked to stop meanwhile stops, and loses nothing.
TEST_F(Stall, AStopDuringAFlush)
{
    put(10);
    stall(2000);
    for (int i = 0; i < 10; i++) {
        ASSERT_EQ(process->step(), TG_OK) << process->error.message;
        world.advance(20);
    }
    EXPECT_EQ(process->stop(), TG_OK) << process->error.message;
    tg_memory_clear_faults(world.cluster);
    process->start();
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(world.read("out").size(), 20u);
}

} // namespace
} // namespace turgo
