// After warm-up the record path allocates nothing: source -> filter -> project -> aggregate -> project ->
// sink, and a join of two streams, over a producer that takes records and forgets them.
#include "base/memory.h"
#include "kafka/twin.h"
#include "topology/tests/stream_join_world.h"

namespace turgo
{
namespace
{

// A producer without a cluster: the memory twin's log grows with each record, which is not what is measured.
struct NullProducer {
    tg_producer base = {};
    struct tg_producer_topic topic = {};
    uint64_t sent = 0;
};

tg_code null_topic(tg_producer *producer, const char *, struct tg_producer_topic **ret_topic, tg_error *)
{
    *ret_topic = &reinterpret_cast<NullProducer *>(producer)->topic;
    return TG_OK;
}
tg_code null_send(tg_producer *producer, const tg_outgoing *, tg_error *)
{
    reinterpret_cast<NullProducer *>(producer)->sent++;
    return TG_OK;
}
void null_poll(tg_producer *)
{
}
int64_t null_delivered(const struct tg_producer_topic *, int32_t)
{
    return 1;
}

void null_release(tg_consumer *, tg_message *, uint32_t)
{
}

struct Path {
    const char *name;
    tg_window window;
    bool per_record;
    bool variable;
    int part = -1; // of a query that regroups by an expression: before or behind the repartition topic
};

class Allocations : public testing::TestWithParam<Path>
{
};

TEST_P(Allocations, AreNoneForEachRecord)
{
    World world;
    PlanBuilder plan;
    plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}, {"T", "STRING"}});
    plan.filter(plan.call(">", {plan.column("V"), plan.integer(3)}));
    plan.project({{{"K", "STRING", TG_COLUMN_KEY}, plan.column("K")},
                  {{"W", "INTEGER"}, plan.call("+", {plan.column("V"), plan.integer(1)})},
                  {{"T", "STRING"}, plan.call("UCASE", {plan.column("T")})}});
    if (GetParam().part >= 0)
        plan.group_by({{"G", plan.call("CONCAT", {plan.column("T"), plan.column("K")})}});
    std::vector<tg_function_call> calls = {plan.aggregate("COUNT", {}),
                                           plan.aggregate("SUM", {plan.column("W")})};
    if (GetParam().variable)
        calls.push_back(plan.aggregate("MIN", {plan.column("T")}));
    plan.aggregates(calls, GetParam().window);
    tg_plan_sink *sink = plan.sink("out");
    sink->window_kind = GetParam().window.kind;
    sink->window_size_ms = GetParam().window.size_ms;
    world.topic("in", GetParam().part >= 0 ? 2 : 1);
    ProcessOptions options;
    options.settings.emit_per_record = GetParam().per_record;
    Process process(world, plan.plan(), options);

    tg_producer_kind kind = {};
    kind.topic = null_topic;
    kind.send = null_send;
    kind.poll = null_poll;
    kind.delivered_offset = null_delivered;
    NullProducer producer;
    producer.base.kind = &kind;
    producer.topic.producer = &producer.base;
    tg_consumer_kind consumer_kind = {};
    consumer_kind.release = null_release;
    tg_consumer consumer = {&consumer_kind};
    tg_task *task = nullptr;
    tg_error error = {};
    tg_state_batch *writes = tg_state_batch_new(process.query_state());
    const tg_subtopology *part = &process.query->subtopologies[std::max(GetParam().part, 0)];
    ASSERT_EQ(tg_task_open(process.query, part, 0, &task, &error), TG_OK);
    ASSERT_EQ(tg_task_bind(task, &producer.base, &error), TG_OK);

    std::vector<std::string> keys, values;
    for (int i = 0; i < TG_BATCH_ROWS_MAX; i++) {
        keys.push_back("customer" + std::to_string(i % 100));
        values.push_back((GetParam().part == 1 ? "{\"W\":" : "{\"V\":") + std::to_string(i % 50) +
                         ",\"T\":\"text\\n" + std::to_string(i % 9) + "\"}");
    }
    const tg_progress evidence = {};
    tg_offset offset = {};
    uint64_t first = 0, rounds = 60, measured_from = 30;
    for (uint64_t round = 0; round < rounds; round++) {
        if (round == measured_from)
            first = tg_allocation_count();
        for (int i = 0; i < TG_BATCH_ROWS_MAX; i++) {
            tg_message message = {};
            message.offset = static_cast<int64_t>(round) * TG_BATCH_ROWS_MAX + i;
            message.timestamp_ms = 1000 + static_cast<int64_t>(round) * 10 + i / 300;
            message.key =
                tg_slice_of(keys[static_cast<size_t>(i)].data(), keys[static_cast<size_t>(i)].size());
            message.value =
                tg_slice_of(values[static_cast<size_t>(i)].data(), values[static_cast<size_t>(i)].size());
            task->inputs[0].consumer = &consumer;
            tg_task_push(&task->inputs[0], &message);
        }
        while (tg_task_has_work(task))
            ASSERT_EQ(tg_task_process(task, &error), TG_OK) << error.message;
        ASSERT_EQ(tg_task_flush(task, &error), TG_OK) << error.message;
        ASSERT_EQ(tg_task_offsets(task, &evidence, &offset, &error), TG_OK);
        tg_task_committed(task, writes);
        ASSERT_EQ(tg_state_batch_apply(writes, &error), TG_OK);
    }
    uint64_t allocations = tg_allocation_count() - first;
    EXPECT_GT(producer.sent, 0u);
    // A few for a batch of 1,024 records (arenas of a batch, RocksDB's batch), none for a record.
    EXPECT_LE(allocations, (rounds - measured_from) * 4)
        << "for " << (rounds - measured_from) * TG_BATCH_ROWS_MAX << " records";
    RecordProperty("allocations", static_cast<int>(allocations));
    tg_task_close(task);
    tg_state_batch_free(writes);
}

// Rows of two streams that meet, wait for a match in vain, and expire.
TEST(JoinAllocations, AreNoneForEachRecord)
{
    World world;
    PlanBuilder plan;
    world.topic("l");
    world.topic("r");
    Process process(world, stream_join_plan(plan, {"", TG_JOIN_FULL, 20, 20, 40}));
    tg_producer_kind kind = {};
    kind.topic = null_topic;
    kind.send = null_send;
    kind.poll = null_poll;
    kind.delivered_offset = null_delivered;
    NullProducer producer;
    producer.base.kind = &kind;
    producer.topic.producer = &producer.base;
    tg_consumer_kind consumer_kind = {};
    consumer_kind.release = null_release;
    tg_consumer consumer = {&consumer_kind};
    tg_task *task = nullptr;
    tg_error error = {};
    tg_state_batch *writes = tg_state_batch_new(process.query_state());
    ASSERT_EQ(tg_task_open(process.query, &process.query->subtopologies[0], 0, &task, &error), TG_OK);
    ASSERT_EQ(tg_task_bind(task, &producer.base, &error), TG_OK);
    const tg_progress evidence = {};
    tg_offset offsets[2] = {};
    uint64_t first = 0, rounds = 50, measured_from = 25, rows = 256;
    std::string value = R"({"V":7})", keys[40];
    for (uint64_t round = 0; round < rounds; round++) {
        if (round == measured_from)
            first = tg_allocation_count();
        for (uint64_t i = 0; i < rows; i++) {
            uint64_t number = round * rows + i;
            keys[number % 40] = "k" + std::to_string(number % 8 == 0 ? number / 500 : number % 100);
            tg_message message = {};
            message.offset = static_cast<int64_t>(number);
            message.timestamp_ms = 1000 + static_cast<int64_t>(number / 4);
            message.key = tg_slice_of(keys[number % 40].data(), keys[number % 40].size());
            message.value = tg_slice_of(value.data(), value.size());
            tg_task_input *input = &task->inputs[number % 3 == 0 ? 0 : 1];
            input->consumer = &consumer;
            tg_task_push(input, &message);
            while (tg_task_has_work(task))
                ASSERT_EQ(tg_task_process(task, &error), TG_OK) << error.message;
        }
        ASSERT_EQ(tg_task_flush(task, &error), TG_OK) << error.message;
        ASSERT_EQ(tg_task_offsets(task, &evidence, offsets, &error), TG_OK);
        tg_task_committed(task, writes);
        ASSERT_EQ(tg_state_batch_apply(writes, &error), TG_OK);
    }
    uint64_t allocations = tg_allocation_count() - first;
    EXPECT_GT(producer.sent, rounds * rows);
    EXPECT_LE(allocations, (rounds - measured_from) * 16)
        << "for " << (rounds - measured_from) * rows << " records";
    RecordProperty("allocations", static_cast<int>(allocations));
    tg_task_close(task);
    tg_state_batch_free(writes);
}

INSTANTIATE_TEST_SUITE_P(All, Allocations,
                         testing::Values(Path{"count_per_record", {}, true, false},
                                         Path{"count_per_commit", {}, false, false},
                                         Path{"tumbling", PlanBuilder::tumbling(100000, 0), true, false},
                                         Path{"hopping", PlanBuilder::hopping(100, 20, 50), true, false},
                                         Path{"sessions_that_end", PlanBuilder::session(5, 20), true, false},
                                         Path{"sessions_that_grow", PlanBuilder::session(50, 20), true, true},
                                         Path{"before_regrouping", {}, true, false, 0},
                                         Path{"behind_regrouping", {}, true, true, 1},
                                         Path{"texts", {}, true, true}),
                         [](const auto &test) { return std::string(test.param.name); });

} // namespace
} // namespace turgo
