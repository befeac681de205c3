// Queries that run as several sub-topologies: rows move through repartition topics to the partition of their
// new key.
#include "topology/tests/world.h"

namespace turgo
{
namespace
{

const char *const topic = "app-Q-Aggregate-GroupBy-repartition";

class Repartition : public testing::Test
{
protected:
    // SELECT c, COUNT(*), SUM(v) FROM in GROUP BY c
    const tg_plan *count_by_colour()
    {
        plan.source("in", {{"ID", "STRING", TG_COLUMN_KEY}, {"C", "STRING"}, {"V", "INTEGER"}});
        plan.group_by({{"C", plan.column("C")}});
        plan.aggregates({plan.aggregate("COUNT", {}), plan.aggregate("SUM", {plan.column("V")})});
        plan.sink("out");
        return plan.plan();
    }
    void produce(int count)
    {
        const char *colours[] = {"red", "green", "blue"};
        for (int i = 0; i < count; i++)
            world.produce(
                "in", {i % 4, i, "id" + std::to_string(i),
                       "{\"C\":\"" + std::string(colours[i % 3]) + "\",\"V\":" + std::to_string(i) + "}"});
    }
    // What a reader of the output knows in the end of each key.
    std::map<std::string, std::string> last(const char *name = "out")
    {
        std::map<std::string, std::string> result;
        for (const Record &record : world.read(name))
            result[record.key.value_or("null")] = *record.value;
        return result;
    }
    std::string setting(const char *name, const char *which)
    {
        tg_arena *arena = tg_arena_new(0);
        const char *value = nullptr;
        EXPECT_EQ(tg_admin_topic_setting(world.cluster, name, which, 1000, arena, &value, &world.error),
                  TG_OK);
        std::string text = value;
        tg_arena_free(arena);
        return text;
    }
    // Opens a query whose topics cannot be prepared.
    std::string refusal(const tg_plan *made)
    {
        State state;
        tg_query_options options = {};
        options.plan = made;
        options.settings = default_settings();
        options.prefix = "app-";
        options.instance = "p1";
        options.cluster = world.cluster;
        options.state = state.handle;
        options.clock = world.clock;
        tg_query *query = nullptr;
        tg_error error = {};
        EXPECT_EQ(tg_query_open(&options, &query, &error), TG_OK) << error.message;
        EXPECT_EQ(tg_query_prepare(query, 1000, &error), TG_CODE_TOPIC_MISMATCH);
        tg_query_close(query);
        return std::string(error.message) + " / " + error.hint;
    }
    World world;
    PlanBuilder plan;
};

TEST_F(Repartition, GroupsByAValueColumnOverAllPartitions)
{
    world.topic("in", 4);
    Process process(world, count_by_colour());
    ASSERT_EQ(process.query->subtopology_count, 2u);
    EXPECT_STREQ(process.query->subtopologies[0].repartition_topic, topic);
    EXPECT_STREQ(process.query->subtopologies[1].inputs[0].topic, topic);
    produce(12);
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    EXPECT_EQ(process.unit->task_count, 8u);
    const std::map<std::string, std::string> expected = {
        {"blue", R"({"R0":4,"R1":26})"}, {"green", R"({"R0":4,"R1":22})"}, {"red", R"({"R0":4,"R1":18})"}};
    EXPECT_EQ(last(), expected);
    EXPECT_EQ(world.read("out").size(), 12u);
    EXPECT_EQ(process.counters().records_in, 12u);
    EXPECT_EQ(process.counters().repartition_out, 12u);
    EXPECT_EQ(process.counters().repartition_in, 12u);
    EXPECT_EQ(process.counters().records_out, 12u);
}

TEST_F(Repartition, RecordsHaveTheBytesAndTheTopicOfKafkaStreams)
{
    world.topic("in", 4);
    Process process(world, count_by_colour());
    world.produce("in", {3, 70, "id", R"({"C":"red","V":5})", {{"trace", "7"}}});
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    std::vector<Record> records = world.read(topic);
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(line(records[0]), R"(red = {"V":5} @70)");
    EXPECT_EQ(records[0].partition, tg_partition_for_key(slice(Text("red")), 4));
    EXPECT_EQ(records[0].headers, (Headers{{"trace", "7"}}));
    EXPECT_EQ(setting(topic, "cleanup.policy"), "delete");
    EXPECT_EQ(setting(topic, "retention.ms"), "-1");
    EXPECT_EQ(setting(topic, "segment.bytes"), "52428800");
    ASSERT_EQ(world.read("out").size(), 1u);
    EXPECT_EQ(line(world.read("out")[0]), R"(red = {"R0":1,"R1":5} @70)");
}

TEST_F(Repartition, OnePartitionNeedsNone)
{
    world.topic("in", 1);
    Process process(world, count_by_colour());
    EXPECT_EQ(process.query->subtopology_count, 1u);
    for (int i = 0; i < 4; i++)
        world.produce("in", {0, i, "id", R"({"C":"red","V":1})"});
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    EXPECT_EQ(last()["red"], R"({"R0":4,"R1":4})");
    int32_t partitions = 0;
    EXPECT_EQ(tg_admin_partition_count(world.cluster, topic, 1000, &partitions, &world.error),
              TG_CODE_TOPIC_UNKNOWN);
}

// No key and no value column: the record is empty, and still a row.
TEST_F(Repartition, AGroupOfAllRowsMeetsInOnePartition)
{
    plan.source("in", {{"ID", "STRING", TG_COLUMN_KEY}});
    plan.group_by({});
    plan.aggregates({plan.aggregate("COUNT", {})});
    plan.sink("out", "NONE");
    world.topic("in", 4);
    Process process(world, plan.plan());
    ASSERT_EQ(process.query->subtopology_count, 2u);
    EXPECT_EQ(process.query->subtopologies[1].partition_count, 1);
    for (int i = 0; i < 12; i++)
        world.produce("in", {i % 4, i, "id", "{}"});
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    EXPECT_EQ(last()["null"], R"({"R0":12})");
    EXPECT_EQ(line(world.read(topic)[0]), "null =  @0");
}

TEST_F(Repartition, KeysOfSeveralColumns)
{
    plan.source("in", {{"ID", "STRING", TG_COLUMN_KEY}, {"C", "STRING"}, {"V", "INTEGER"}});
    plan.group_by({{"C", plan.column("C")}, {"V", plan.column("V")}});
    static_cast<void>(plan.aggregates({plan.aggregate("COUNT", {})}));
    plan.sink("out", "JSON");
    world.topic("in", 3);
    ASSERT_NE(plan.top, nullptr);
    Process process(world, plan.plan());
    for (int i = 0; i < 12; i++)
        world.produce("in", {i % 3, i, "id", "{\"C\":\"x\",\"V\":" + std::to_string(i % 2) + "}"});
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    EXPECT_EQ(last()[R"({"C":"x","V":0})"], R"({"R0":6})");
    EXPECT_EQ(last()[R"({"C":"x","V":1})"], R"({"R0":6})");
}

// Rows that have no group are left out and counted before they go anywhere.
TEST_F(Repartition, NullKeysAreDroppedBeforeTheTopic)
{
    world.topic("in", 2);
    Process process(world, count_by_colour());
    world.produce("in",
                  {{0, 1, "a", R"({"V":1})"}, {1, 2, "b", std::nullopt}, {1, 3, "c", R"({"C":"red"})"}});
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    EXPECT_EQ(process.counters().null_key_skipped, 1u);
    EXPECT_EQ(process.counters().null_value_skipped, 1u);
    EXPECT_EQ(world.read(topic).size(), 1u);
    EXPECT_EQ(last()["red"], R"({"R0":1,"R1":0})");
}

// The records of a source partition stay in order for each key.
TEST_F(Repartition, KeepsTheOrderPerKey)
{
    plan.source("in", {{"ID", "STRING", TG_COLUMN_KEY}, {"C", "STRING"}, {"V", "INTEGER"}});
    plan.group_by({{"C", plan.column("C")}});
    plan.aggregates({plan.aggregate("COLLECT_LIST", {plan.column("V")})});
    plan.sink("out");
    world.topic("in", 4);
    Process process(world, plan.plan());
    std::map<std::string, std::string> expected;
    for (int i = 0; i < 3000; i++) {
        std::string colour(1, static_cast<char>('a' + i % 4)); // one source partition each
        world.produce("in",
                      {i % 4, 5000 - i, "id", "{\"C\":\"" + colour + "\",\"V\":" + std::to_string(i) + "}"});
        if (i / 4 < 700)
            expected[colour] += (expected[colour].empty() ? "" : ",") + std::to_string(i);
        if (i % 1000 == 999) {
            ASSERT_EQ(process.run(), TG_OK) << process.error.message;
        }
    }
    for (const auto &[colour, text] : last())
        EXPECT_EQ(text.find("{\"R0\":[" + expected[colour]), 0u) << colour;
    EXPECT_EQ(last().size(), 4u);
}

// Wherever a query begins to read its sources, it reads all of its own repartition topic.
TEST_F(Repartition, IsAlwaysReadFromItsBeginning)
{
    world.topic("in", 2);
    ProcessOptions options;
    options.settings.offset_reset = TG_RESET_LATEST;
    Process process(world, count_by_colour(), options);
    world.produce(topic, {0, 1, "red", R"({"V":1})"}); // before the first assignment
    world.produce("in", {0, 1, "id", R"({"C":"red","V":1})"});
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    EXPECT_EQ(last()["red"], R"({"R0":1,"R1":1})");
}

TEST_F(Repartition, AForeignRecordStopsTheQuery)
{
    world.topic("in", 2);
    Process process(world, count_by_colour());
    world.produce(topic, {1, 1, "red", "{\"V\":"});
    for (int i = 0; i < 10 && process.step() == TG_OK; i++)
        world.advance(20);
    EXPECT_EQ(process.code, TG_CODE_CORRUPT);
    EXPECT_NE(
        std::string(process.error.message).find("offset 0 of repartition topic app-Q-Aggregate-GroupBy"),
        std::string::npos)
        << process.error.message;
}

TEST_F(Repartition, AnotherNumberOfPartitionsIsRefused)
{
    world.topic("in", 4);
    world.topic(topic, 3);
    EXPECT_EQ(
        refusal(count_by_colour()),
        "repartition topic app-Q-Aggregate-GroupBy-repartition has 3 partitions, but the rows that go "
        "through it come from 4 / the source's partitions were changed after the query had begun; start "
        "the query under another QUERY_ID");
}

TEST_F(Repartition, ACompactedTopicIsRefused)
{
    world.topic("in", 4);
    const tg_topic_setting settings[] = {{"cleanup.policy", "compact"}};
    const tg_topic_spec spec = {topic, 4, -1, settings, 1};
    ASSERT_EQ(tg_admin_create_topic(world.cluster, &spec, 1000, &world.error), TG_OK);
    EXPECT_NE(refusal(count_by_colour()).find("cleanup.policy=compact: rows would be lost"),
              std::string::npos);
}

// Only what is committed may go: the rest is read again after an abort.
TEST_F(Repartition, ConsumedRecordsArePurgedUpToTheCommit)
{
    world.topic("in", 4);
    ProcessOptions options;
    options.settings.purge_interval_ms = 5000;
    Process process(world, count_by_colour(), options);
    produce(12);
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    for (int partition = 0; partition < 4; partition++)
        EXPECT_EQ(world.end(topic, partition, TG_OFFSET_EARLIEST), 0) << "not yet";
    world.advance(5000);
    for (int i = 0; i < 12; i++, world.advance(100))
        ASSERT_EQ(process.step(), TG_OK);
    int64_t purged = 0;
    for (size_t i = 0; i < process.unit->input_count; i++) {
        const tg_task_input *input = process.unit->inputs[i].input;
        if (!input->is_internal)
            continue;
        EXPECT_EQ(world.end(topic, input->partition, TG_OFFSET_EARLIEST), input->committed_offset);
        purged += input->committed_offset;
    }
    EXPECT_GE(purged, 12);
    EXPECT_EQ(world.end("in", 0, TG_OFFSET_EARLIEST), 0) << "sources are not ours to purge";
    produce(3); // and it goes on
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    EXPECT_EQ(last()["red"], R"({"R0":5,"R1":18})");
}

// A broker that does not delete costs one call in an interval, and nothing else.
TEST_F(Repartition, APurgeThatFailsIsTriedLater)
{
    world.topic("in", 4);
    ProcessOptions options;
    options.settings.purge_interval_ms = 5000;
    Process process(world, count_by_colour(), options);
    produce(12);
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    world.fault(TG_MEMORY_CALL_ADMIN, 1, {{}, 0, TG_CODE_KAFKA_TIMED_OUT, true, false, false, false});
    uint64_t before = tg_memory_call_count(world.cluster, TG_MEMORY_CALL_ADMIN);
    world.advance(5000);
    for (int i = 0; i < 20; i++, world.advance(100))
        ASSERT_EQ(process.step(), TG_OK);
    EXPECT_EQ(tg_memory_call_count(world.cluster, TG_MEMORY_CALL_ADMIN), before + 1);
    world.advance(5000);
    for (int i = 0; i < 20; i++, world.advance(100))
        ASSERT_EQ(process.step(), TG_OK);
    EXPECT_GT(tg_memory_call_count(world.cluster, TG_MEMORY_CALL_ADMIN), before + 1);
}

// Over the tasks of a worker, not partition by partition.
TEST_F(Repartition, TheEarliestHeadGoesFirst)
{
    plan.source("in", {{"ID", "STRING", TG_COLUMN_KEY}, {"C", "STRING"}, {"V", "INTEGER"}});
    plan.group_by({});
    plan.aggregates({plan.aggregate("COLLECT_LIST", {plan.column("V")})});
    plan.sink("out", "NONE");
    world.topic("in", 3);
    Process process(world, plan.plan());
    const int64_t times[] = {30, 10, 20};
    for (int partition = 0; partition < 3; partition++)
        world.produce(
            "in", {partition, times[partition], "id", "{\"V\":" + std::to_string(times[partition]) + "}"});
    ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    EXPECT_EQ(last()["null"], R"({"R0":[10,20,30]})");
}

// Another GROUP BY under the same names, also one that needs no repartition topic any more, is refused.
TEST_F(Repartition, AnotherGroupingIsRefused)
{
    world.topic("in", 4);
    {
        Process process(world, count_by_colour());
        produce(12);
        ASSERT_EQ(process.run(), TG_OK) << process.error.message;
        ASSERT_EQ(process.stop(), TG_OK);
    }
    world.advance(60000);
    for (const char *key : {"V", "ID"}) {
        PlanBuilder other;
        other.source("in", {{"ID", "STRING", TG_COLUMN_KEY}, {"C", "STRING"}, {"V", "INTEGER"}});
        if (std::string(key) == "V")
            other.group_by({{"V", other.column("V")}});
        other.aggregates({other.aggregate("COUNT", {})});
        other.sink("out");
        ProcessOptions options; // with a new disk each
        options.instance = key;
        Process refused(world, other.plan(), options);
        EXPECT_EQ(refused.run(), TG_CODE_STATE_MISMATCH) << key;
        EXPECT_NE(std::string(refused.error.hint).find("QUERY_ID"), std::string::npos) << refused.error.hint;
    }
}

// kill -9 of the process, and the state comes back from the changelog of the second sub-topology.
TEST_F(Repartition, SurvivesACrashAndALostDisk)
{
    world.topic("in", 4);
    const tg_plan *made = count_by_colour();
    auto process = std::make_unique<Process>(world, made);
    produce(12);
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    produce(6);
    ASSERT_EQ(process->step(), TG_OK);
    EXPECT_TRUE(process->unit->transaction_open);
    process->crash();
    process = std::make_unique<Process>(world, made); // with a new disk
    world.advance(60000);
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    EXPECT_EQ(last()["red"], R"({"R0":6,"R1":21})");
    EXPECT_EQ(world.read("out").size(), 18u);
    EXPECT_GE(process->counters().restored, 3u);
}

} // namespace
} // namespace turgo
