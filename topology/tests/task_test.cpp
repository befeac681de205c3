// A task with several inputs: the order in which it takes their rows, and how long it waits for an input that
// has nothing. The inputs are records of the in-memory cluster; what decodes them is the test's own.
#include "base/memory.h"
#include "topology/tests/world.h"

namespace turgo
{
namespace
{

// An entry that takes the times of the messages and notes what it is given to process.
struct Entry {
    tg_operator base;
    tg_batch batch;
    tg_rows rows;
    std::vector<int64_t> times;
    std::vector<int64_t> offsets;
    std::vector<uint8_t> flags;
    std::vector<std::string> *log;
    tg_arena *arena;
};

tg_code entry_decode(tg_operator *self, const tg_message *const *messages, uint32_t count,
                     const tg_batch **ret_batch, tg_error *)
{
    auto *entry = reinterpret_cast<Entry *>(self);
    entry->times.clear();
    entry->offsets.clear();
    for (uint32_t i = 0; i < count; i++) {
        entry->times.push_back(messages[i]->timestamp_ms);
        entry->offsets.push_back(messages[i]->offset);
    }
    entry->rows = {};
    entry->rows.count = count;
    entry->rows.rowtime_ms = entry->times.data();
    entry->rows.offset = entry->offsets.data();
    entry->batch = {};
    entry->batch.rows = &entry->rows;
    entry->batch.selected = count;
    entry->batch.arena = entry->arena;
    *ret_batch = &entry->batch;
    return TG_OK;
}

tg_code entry_process(tg_operator *self, uint32_t, const tg_batch *batch, tg_error *)
{
    auto *entry = reinterpret_cast<Entry *>(self);
    std::string run;
    for (uint32_t i = 0; i < batch->selected; i++)
        run += " " + std::to_string(batch->rows->rowtime_ms[tg_batch_row(batch, i)]);
    entry->log->push_back(self->node->step + run);
    return TG_OK;
}

class TwoInputs : public testing::Test
{
protected:
    TwoInputs()
    {
        kind.decode = entry_decode;
        kind.decode_max = TG_BATCH_ROWS_MAX;
        kind.process = entry_process;
        query.clock = world.clock;
        task.query = &query;
        task.input_count = 2;
        task.inputs = inputs;
        task.idle_since_us = -1;
        tg_consumer_options options = {};
        options.isolation = TG_READ_COMMITTED;
        options.notify_descriptor = -1;
        EXPECT_EQ(tg_consumer_open(world.cluster, &options, &consumer, &world.error), TG_OK);
        tg_offset from[2];
        for (int i = 0; i < 2; i++) {
            world.topic(names[i]);
            nodes[i].step = names[i];
            entries[i].base.kind = &kind;
            entries[i].base.node = &nodes[i];
            entries[i].log = &log;
            entries[i].arena = tg_arena_new(0);
            inputs[i].topic = names[i];
            inputs[i].rank = static_cast<uint32_t>(i);
            inputs[i].source = &entries[i].base;
            inputs[i].end_position = inputs[i].partition_time_ms = -1;
            inputs[i].consumer = consumer;
            from[i] = {names[i], 0, TG_OFFSET_EARLIEST, -1, nullptr, TG_OK};
        }
        EXPECT_EQ(tg_consumer_assign(consumer, from, 2, &world.error), TG_OK);
    }
    ~TwoInputs() override
    {
        for (int i = 0; i < 2; i++) {
            tg_task_clear_queue(&inputs[i]);
            tg_free(inputs[i].queue);
            tg_arena_free(entries[i].arena);
        }
        tg_consumer_close(consumer);
    }
    void produce(const char *topic, std::initializer_list<int64_t> times)
    {
        for (int64_t time : times)
            world.produce(topic, {0, time, "k", "v"});
    }
    // What the cluster has, records and ends.
    void poll()
    {
        tg_message messages[64];
        for (uint32_t count = 1; count > 0;) {
            ASSERT_EQ(tg_consumer_poll(consumer, messages, 64, 0, &count, &world.error), TG_OK);
            for (uint32_t i = 0; i < count; i++) {
                if (messages[i].kind == TG_MESSAGE_RECORD) {
                    tg_task_push(&inputs[messages[i].tag], &messages[i]);
                    continue;
                }
                inputs[messages[i].tag].end_position = messages[i].offset;
                tg_consumer_release(consumer, &messages[i], 1);
            }
        }
    }
    bool ready()
    {
        tg_task_head head;
        EXPECT_EQ(tg_task_look(&task, &head, &world.error), TG_OK);
        return head.ready;
    }
    // Processes as long as the task may.
    std::vector<std::string> run()
    {
        log.clear();
        while (ready())
            EXPECT_EQ(tg_task_process(&task, &world.error), TG_OK);
        return log;
    }
    World world;
    tg_operator_kind kind = {};
    tg_query query = {};
    tg_task task = {};
    tg_consumer *consumer = nullptr;
    const char *const names[2] = {"left", "right"};
    tg_plan_node nodes[2] = {};
    Entry entries[2] = {};
    tg_task_input inputs[2] = {};
    std::vector<std::string> log;
};

TEST_F(TwoInputs, RunsGoAsFarAsTheHeadOfTheOther)
{
    produce("left", {1, 2, 5, 5, 9});
    produce("right", {3, 4, 5, 6, 20});
    poll();
    EXPECT_EQ(run(), (std::vector<std::string>{"left 1 2", "right 3 4", "left 5 5", "right 5 6", "left 9",
                                               "right 20"}));
    EXPECT_EQ(inputs[0].position, 5);
    EXPECT_EQ(inputs[1].partition_time_ms, 20);
}

// A commit may come while a decoded batch waits for the other input: what was processed is not read again.
TEST_F(TwoInputs, APositionMovesWithinABatch)
{
    produce("left", {1, 2, 5, 9});
    produce("right", {3});
    poll();
    inputs[1].end_position = -1; // more may come
    EXPECT_EQ(run(), (std::vector<std::string>{"left 1 2", "right 3"}));
    EXPECT_EQ(inputs[0].position, 2);
    EXPECT_EQ(inputs[1].position, 1);
}

TEST_F(TwoInputs, AnInputThatMayHaveSomethingIsWaitedFor)
{
    produce("left", {10, 11});
    poll();
    inputs[1].end_position = -1; // nothing was heard of its end
    EXPECT_TRUE(run().empty());
    world.advance(1000000); // however long
    EXPECT_TRUE(run().empty());
    produce("right", {5, 12});
    poll();
    EXPECT_EQ(run(), (std::vector<std::string>{"right 5", "left 10 11", "right 12"}));
    produce("left", {13}); // the end that is known of the other is reached
    poll();
    EXPECT_EQ(run(), (std::vector<std::string>{"left 13"}));
}

TEST_F(TwoInputs, AtItsEndItIsWaitedForSoLong)
{
    query.settings.task_idle_ms = 500;
    produce("left", {10});
    poll();
    EXPECT_TRUE(run().empty());
    world.advance(499);
    EXPECT_TRUE(run().empty());
    world.advance(1);
    EXPECT_EQ(run(), (std::vector<std::string>{"left 10"}));
    produce("left", {20, 40});
    produce("right", {30});
    poll();
    EXPECT_EQ(run(), (std::vector<std::string>{"left 20", "right 30"})); // 40 waits for the right again
    world.advance(200);
    produce("right", {35});
    poll();
    EXPECT_EQ(run(), (std::vector<std::string>{"right 35"})); // and from now on anew
    world.advance(499);
    EXPECT_TRUE(run().empty());
    world.advance(1);
    EXPECT_EQ(run(), (std::vector<std::string>{"left 40"}));
}

TEST_F(TwoInputs, NothingIsWaitedForIfSaidSo)
{
    query.settings.task_idle_ms = -1;
    produce("left", {10});
    poll();
    inputs[1].end_position = -1;
    EXPECT_EQ(run(), (std::vector<std::string>{"left 10"}));
}

} // namespace
} // namespace turgo
