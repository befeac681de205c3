// Partitions that come and go: two processes of one application on one cluster, joining, leaving, dying,
// frozen for longer than their session; a running count must stay exact over all of it. In one sub-topology,
// and in two with a repartition topic between them.
#include "topology/tests/world.h"

namespace turgo
{
namespace
{

enum class Shape { keyed, regrouped };

class Rebalance : public testing::TestWithParam<Shape>
{
protected:
    void SetUp() override
    {
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"C", "STRING"}});
        if (GetParam() == Shape::regrouped)
            plan.group_by({{"C", plan.column("C")}});
        plan.aggregates({plan.aggregate("COUNT", {})});
        plan.sink("out");
        built = plan.plan();
        world.topic("in", 4);
    }
    std::unique_ptr<Process> open(const char *instance)
    {
        ProcessOptions options;
        options.instance = instance;
        options.settings.transaction_timeout_ms = 5000;
        return std::make_unique<Process>(world, built, options);
    }
    // A worker of the one process that has `disk`.
    std::unique_ptr<Process> open_worker(uint32_t number)
    {
        ProcessOptions options;
        options.settings.transaction_timeout_ms = 5000;
        options.state = &disk;
        options.worker = number;
        return std::make_unique<Process>(world, built, options);
    }
    // One record for each partition; each key has one partition, so its counts are 1, 2, 3, ...
    void wave()
    {
        for (int partition = 0; partition < 4; partition++) {
            std::string key(1, static_cast<char>('a' + partition));
            world.produce("in", {partition, waves, key, "{\"C\":\"" + key + "\"}"});
        }
        waves++;
    }
    // Of `count` partitions of each input.
    static size_t tasks(size_t count)
    {
        return GetParam() == Shape::regrouped ? count * 2 : count;
    }
    static void step(const std::vector<Process *> &processes)
    {
        for (Process *process : processes)
            ASSERT_EQ(process->step(), TG_OK) << process->error.message;
    }
    // Steps all until the waves so far are committed.
    void settle(const std::vector<Process *> &processes, int steps_max = 2000)
    {
        for (int i = 0; i < steps_max; i++) {
            step(processes);
            world.advance(20);
            if (i > 3 && world.read("out").size() >= static_cast<size_t>(waves) * 4)
                break;
        }
        check();
    }
    void check()
    {
        std::map<std::string, int> counts;
        for (const Record &record : world.read("out"))
            EXPECT_EQ(*record.value, "{\"R0\":" + std::to_string(++counts[*record.key]) + "}") << *record.key;
        EXPECT_EQ(counts.size(), 4u);
        for (const auto &[key, count] : counts)
            EXPECT_EQ(count, waves) << key;
    }
    State disk;
    World world;
    PlanBuilder plan;
    const tg_plan *built = nullptr;
    int waves = 0;
};

TEST_P(Rebalance, ASecondProcessTakesItsShareAndGivesItBack)
{
    auto first = open("p1");
    wave();
    settle({first.get()});
    EXPECT_EQ(first->unit->task_count, tasks(4));
    auto second = open("p2");
    wave();
    settle({first.get(), second.get()});
    EXPECT_EQ(first->unit->task_count, tasks(2));
    EXPECT_EQ(second->unit->task_count, tasks(2));
    for (int i = 0; i < 20; i++, world.advance(20))
        step({first.get(), second.get()});
    if (GetParam() == Shape::keyed) {
        EXPECT_EQ(second->counters().restored, 4u); // two counts of each of its two keys
    }
    EXPECT_EQ(second->stop(), TG_OK);
    wave();
    world.advance(11000); // a static member's partitions wait for its session to end
    settle({first.get()});
    EXPECT_EQ(first->unit->task_count, tasks(4));
}

// The revocation comes in the middle of a transaction: it is committed before the partitions go.
TEST_P(Rebalance, InTheMiddleOfATransaction)
{
    auto first = open("p1");
    wave();
    settle({first.get()});
    for (int round = 0; round < 6; round++) {
        auto second = open("p2");
        wave();
        step({first.get()}); // processed, not committed
        EXPECT_TRUE(first->unit->transaction_open);
        step({second.get()}); // joins
        step({first.get()});  // gives up its partitions
        if (round % 2 == 1)
            wave();
        settle({first.get(), second.get()});
        wave();
        step({second.get()});
        second->crash();
        world.advance(11000);
        settle({first.get()});
    }
}

// The commit inside the revocation fails in every way: nobody needs a verdict, the next owner reads Kafka.
TEST_P(Rebalance, ACommitThatFailsWhilePartitionsGo)
{
    const tg_memory_fault faults[] = {
        {TG_MEMORY_CALL_COMMIT, 1, TG_CODE_KAFKA_TIMED_OUT, true, false, true, true},
        {TG_MEMORY_CALL_COMMIT, 1, TG_CODE_KAFKA_TIMED_OUT, true, false, false, true},
        {TG_MEMORY_CALL_COMMIT, 1, TG_CODE_KAFKA_FENCED, false, true, true, true},
        {TG_MEMORY_CALL_SEND_OFFSETS, 1, TG_CODE_KAFKA, false, false, false, false},
        {TG_MEMORY_CALL_FLUSH, 1, TG_CODE_KAFKA_TIMED_OUT, true, false, false, false},
    };
    auto first = open("p1");
    wave();
    settle({first.get()});
    for (const tg_memory_fault &fault : faults) {
        auto second = open("p2");
        wave();
        step({first.get()});
        step({second.get()});
        world.fault(fault.call, 1, fault);
        step({first.get()});
        EXPECT_EQ(tg_memory_faults_waiting(world.cluster), 0u);
        settle({first.get(), second.get()});
        EXPECT_EQ(second->stop(), TG_OK);
        wave();
        world.advance(11000);
        settle({first.get()});
    }
}

// A process that was frozen for longer than its session wakes up with a transaction open: another one has
// moved its partitions on. What it had processed is refused, dropped, and not counted twice.
TEST_P(Rebalance, AZombieIsRefused)
{
    auto first = open("p1"), second = open("p2");
    wave();
    settle({first.get(), second.get()});
    for (int round = 0; round < 4; round++) {
        wave();
        step({first.get()}); // processed, not committed
        ASSERT_TRUE(first->unit->transaction_open);
        tg_memory_expire_session(first->unit->consumer);
        world.advance(round % 2 == 0 ? 100 : 6000); // within, and beyond, its transaction's time-out
        for (int i = 0; i < 400; i++, world.advance(20))
            step({second.get()}); // takes over; waits for the zombie's transaction
        wave();
        settle({first.get(), second.get()});
    }
}

// The zombie tries to commit before it polls, and so does not know yet.
TEST_P(Rebalance, AZombieThatCommitsFirstFindsItsPartitionsLost)
{
    auto first = open("p1"), second = open("p2");
    wave();
    settle({first.get(), second.get()});
    wave();
    step({first.get()});
    tg_memory_expire_session(first->unit->consumer);
    world.advance(6000); // its transaction times out: the other one can go on
    for (int i = 0; i < 100; i++, world.advance(20))
        step({second.get()});
    wave();
    for (int i = 0; i < 100; i++, world.advance(20))
        step({second.get()});
    check();
    EXPECT_EQ(second->unit->task_count, tasks(4));
    tg_error error = {};
    ASSERT_EQ(unit_commit(first->unit, &error), TG_OK) << error.message;
    EXPECT_TRUE(first->unit->unresolved);
    ASSERT_EQ(unit_renew_producer(first->unit, &error), TG_OK);
    ASSERT_EQ(unit_settle(first->unit, &error), TG_OK) << error.message;
    EXPECT_FALSE(first->unit->unresolved);
    check();
    wave();
    settle({first.get(), second.get()});
    EXPECT_EQ(first->unit->task_count + second->unit->task_count, tasks(4));
}

// Reading began at the end and nothing came yet: the partition's next owner must not begin at a later end.
TEST_P(Rebalance, TheFirstPlaceIsKeptWithLatest)
{
    PlanBuilder map("M");
    map.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"C", "STRING"}});
    map.sink("mapped");
    const tg_plan *mapped = map.plan();
    ProcessOptions options;
    options.settings.offset_reset = TG_RESET_LATEST;
    wave();
    {
        Process first(world, mapped, options);
        for (int i = 0; i < 10; i++, world.advance(50))
            ASSERT_EQ(first.step(), TG_OK);
        ASSERT_EQ(first.stop(), TG_OK);
    }
    wave();
    Process second(world, mapped, options);
    ASSERT_EQ(second.run(), TG_OK);
    EXPECT_EQ(world.read("mapped").size(), 4u);
}

TEST_P(Rebalance, MoreProcessesThanPartitions)
{
    std::vector<std::unique_ptr<Process>> all;
    std::vector<Process *> processes;
    for (const char *instance : {"p1", "p2", "p3", "p4", "p5", "p6"}) {
        all.push_back(open(instance));
        processes.push_back(all.back().get());
    }
    wave();
    settle(processes);
    size_t sum = 0;
    for (Process *process : processes)
        sum += process->unit->task_count;
    EXPECT_EQ(sum, tasks(4));
    EXPECT_FALSE(tg_commit_unit_running(processes[5]->unit));
}

// Two processes with one identity (a copied state directory): the second takes over, the first learns it.
TEST_P(Rebalance, TheSameInstanceTwice)
{
    auto first = open("p1");
    wave();
    settle({first.get()});
    auto second = open("p1");
    wave();
    for (int i = 0; i < 5; i++, world.advance(20))
        step({second.get()});
    tg_code code = TG_OK;
    for (int i = 0; i < 400 && code == TG_OK; i++) {
        code = first->step();
        if (code == TG_OK)
            code = second->step();
        world.advance(100);
    }
    EXPECT_EQ(code, TG_CODE_KAFKA_FENCED); // one of the two gives up, naming the clash
    const Process &loser = first->code != TG_OK ? *first : *second;
    EXPECT_NE(std::string(loser.error.message).find("another process uses it"), std::string::npos)
        << loser.error.message;
    Process *winner = first->code == TG_OK ? first.get() : second.get();
    if (winner == first.get())
        second.reset();
    else
        first.reset();
    wave();
    settle({winner});
}

// Tasks move between the threads of a process: their state is there already.
TEST_P(Rebalance, WorkersOfAProcessShareItsState)
{
    auto first = open_worker(0);
    wave();
    settle({first.get()});
    for (int round = 0; round < 3; round++) {
        auto second = open_worker(1);
        wave();
        settle({first.get(), second.get()});
        EXPECT_EQ(first->unit->task_count, tasks(2));
        EXPECT_EQ(second->unit->task_count, tasks(2));
        EXPECT_NE(std::string(first->unit->transactional_id), second->unit->transactional_id);
        EXPECT_EQ(second->counters().restored, 0u) << round;
        EXPECT_EQ(second->stop(), TG_OK);
        world.advance(11000);
        wave();
        settle({first.get()});
    }
    EXPECT_EQ(first->counters().restored, 0u);
}

// A thread that stood still has lost its partitions, and still holds their state: the other one waits for it.
TEST_P(Rebalance, AFrozenWorkerLetsGoOfItsState)
{
    auto first = open_worker(0), second = open_worker(1);
    wave();
    settle({first.get(), second.get()});
    wave();
    step({first.get()});
    tg_memory_expire_session(first->unit->consumer);
    world.advance(6000);
    for (int i = 0; i < 100; i++, world.advance(20))
        step({second.get()});
    EXPECT_FALSE(tg_commit_unit_running(second->unit));
    wave();
    settle({first.get(), second.get()});
    EXPECT_EQ(first->unit->task_count + second->unit->task_count, tasks(4));
}

INSTANTIATE_TEST_SUITE_P(All, Rebalance, testing::Values(Shape::keyed, Shape::regrouped),
                         [](const auto &test) {
                             return std::string(test.param == Shape::keyed ? "keyed" : "regrouped");
                         });

} // namespace
} // namespace turgo
