// The one memory budget: its shares stay below it, and uncommitted state ends in a commit before its time.
#include "topology/memory_budget.h"
#include "topology/tests/world.h"

namespace turgo
{
namespace
{

const uint64_t mib = 1 << 20;

TEST(MemoryBudget, SharesStayWithinIt)
{
    for (uint64_t budget : {32 * mib, 64 * mib, 256 * mib, 4096 * mib})
        for (uint32_t units : {1u, 2u, 5u}) {
            SCOPED_TRACE(std::to_string(budget / mib) + " MiB for " + std::to_string(units));
            tg_memory_shares shares = {};
            tg_memory_divide(budget, units, &shares);
            // Records in the queue, and as many in tasks; the same once more while state is restored.
            uint64_t sum =
                shares.database + shares.tables + units * (4 * shares.consumer_queue + shares.producer_queue);
            EXPECT_LE(sum, budget);
            EXPECT_GE(sum, budget / 2 < 100 * mib ? budget / 2 : 100 * mib) << "it is not used";
            EXPECT_LE(units * shares.uncommitted, shares.tables);
        }
}

TEST(MemoryBudget, ManyUnitsGetALeast)
{
    tg_memory_shares shares = {};
    tg_memory_divide(0, 0, &shares); // as the least budget for one unit
    EXPECT_GT(shares.database, 0u);
    tg_memory_divide(16 * mib, 1000, &shares);
    EXPECT_GE(shares.consumer_queue, 256u << 10);
    EXPECT_GE(shares.producer_queue, 512u << 10);
    EXPECT_GE(shares.uncommitted, 256u << 10);
}

TEST(MemoryBudget, MuchUncommittedStateIsCommittedBeforeItsTime)
{
    for (uint64_t bytes_max : {uint64_t{0}, uint64_t{100000}}) {
        World world;
        PlanBuilder plan;
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
        plan.aggregates({plan.aggregate("COUNT", {})});
        plan.sink("out");
        world.topic("in");
        ProcessOptions options;
        options.settings.commit_interval_ms = 1000000;
        options.settings.uncommitted_bytes = bytes_max;
        Process process(world, plan.plan(), options);
        for (int i = 0; i < 5000; i++)
            world.produce("in", {0, i, "key" + std::to_string(i), "{}"});
        size_t most = 0;
        for (int i = 0; i < 50; i++) { // the clock stands still
            ASSERT_EQ(process.step(), TG_OK) << process.error.message;
            if (process.task() != nullptr)
                most = std::max(most, tg_store_dirty_memory(process.store()));
        }
        uint64_t commits = process.counters().commits;
        if (bytes_max == 0) {
            EXPECT_EQ(commits, 0u);
            EXPECT_GT(most, 300000u);
        } else {
            EXPECT_GE(commits, 2u);
            EXPECT_LT(most, bytes_max + 1024 * 100) << "one batch above it";
        }
    }
}

} // namespace
} // namespace turgo
