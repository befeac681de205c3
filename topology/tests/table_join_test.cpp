// Stream-table and table-table joins: rows of either side, tombstones, times, undo for what stands above,
// other formats, windows, batches, several joins in one task, restarts; random rows against a model.
#include "topology/tests/world.h"

#include <random>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

const std::vector<Column> left_columns = {{"K", "STRING", TG_COLUMN_KEY}, {"A", "INTEGER"}};
const std::vector<Column> right_columns = {{"K", "STRING", TG_COLUMN_KEY}, {"B", "INTEGER"}};

class TableJoins : public testing::Test
{
protected:
    tg_plan_node *input(const char *topic, bool is_table, const std::vector<Column> &columns,
                        const char *key_format = "KAFKA")
    {
        world.topic(topic, partitions);
        plan.prefix = topic;
        plan.source(topic, columns, key_format);
        if (is_table) {
            plan.table();
            plan.materialize();
        }
        plan.prefix = "";
        return plan.take();
    }
    void stream_table(tg_join_kind how, const char *key_format = "KAFKA")
    {
        tg_plan_node *left = input("left", false, left_columns, key_format);
        plan.join<tg_plan_stream_table_join>(&tg_plan_stream_table_join_kind, "Join", how, left,
                                             input("right", true, right_columns, key_format));
    }
    void table_table(tg_join_kind how)
    {
        tg_plan_node *left = input("left", true, left_columns);
        plan.join<tg_plan_table_table_join>(&tg_plan_table_table_join_kind, "Join", how, left,
                                            input("right", true, right_columns));
    }
    void values()
    {
        plan.project({{{"K", "STRING", TG_COLUMN_KEY}, plan.column("K")},
                      {{"A", "INTEGER"}, plan.column("L_A")},
                      {{"B", "INTEGER"}, plan.column("R_B")}});
        plan.sink("out");
    }
    void put(const char *topic, const Text &key, const Text &value, int64_t time)
    {
        world.produce(topic, {0, time, key, value});
    }
    void a(const char *key, int value, int64_t time)
    {
        put("left", key, "{\"A\":" + std::to_string(value) + "}", time);
    }
    void b(const char *key, int value, int64_t time)
    {
        put("right", key, "{\"B\":" + std::to_string(value) + "}", time);
    }
    void run()
    {
        if (process == nullptr)
            process = std::make_unique<Process>(world, plan.plan(), options);
        ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    }
    World world;
    PlanBuilder plan;
    ProcessOptions options;
    std::unique_ptr<Process> process;
    int32_t partitions = 1;
};

TEST_F(TableJoins, ARowOfTheStreamMeetsTheTableOfItsTime)
{
    stream_table(TG_JOIN_LEFT);
    values();
    b("k", 1, 10);
    b("k", 2, 20);
    put("right", "k", std::nullopt, 30);
    a("k", 100, 5);
    a("k", 101, 10); // at one time the table is first
    a("k", 102, 15);
    a("k", 103, 25);
    a("j", 104, 26);
    a("k", 105, 35);
    run();
    EXPECT_EQ(world.lines("out"), (Lines{R"(k = {"A":100,"B":null} @5)", R"(k = {"A":101,"B":1} @10)",
                                         R"(k = {"A":102,"B":1} @15)", R"(k = {"A":103,"B":2} @25)",
                                         R"(j = {"A":104,"B":null} @26)", R"(k = {"A":105,"B":null} @35)"}));
}

TEST_F(TableJoins, InnerLeavesOutWhatHasNoMatch)
{
    stream_table(TG_JOIN_INNER);
    values();
    b("k", 1, 10);
    a("j", 100, 11);
    a("k", 101, 12);
    put("left", std::nullopt, R"({"A":102})", 13);
    put("left", "k", std::nullopt, 14);
    run();
    EXPECT_EQ(world.lines("out"), (Lines{R"(k = {"A":101,"B":1} @12)"}));
    EXPECT_EQ(process->counters().null_key_skipped, 1u);
    EXPECT_EQ(process->counters().null_value_skipped, 1u);
}

TEST_F(TableJoins, LeftKeepsARowWithoutAKeyButNotOneWithoutAValue)
{
    stream_table(TG_JOIN_LEFT);
    values();
    put("left", std::nullopt, R"({"A":102})", 13);
    put("left", "k", std::nullopt, 14);
    run();
    EXPECT_EQ(world.lines("out"), (Lines{R"(null = {"A":102,"B":null} @13)"}));
    EXPECT_EQ(process->counters().null_value_skipped, 1u);
}

TEST_F(TableJoins, KeysThatAreWrittenInAnotherWayAreTheSame)
{
    stream_table(TG_JOIN_LEFT, "JSON");
    values();
    put("right", R"({ "K" : "k" })", R"({"B":1})", 1);
    put("left", R"({"K":"k"})", R"({"A":5})", 2);
    put("left", R"({"K": "\u006b"})", R"({"A":6})", 3);
    run();
    Lines values;
    for (const Record &record : world.read("out"))
        values.push_back(*record.value);
    EXPECT_EQ(values, (Lines{R"({"A":5,"B":1})", R"({"A":6,"B":1})"}));
}

TEST_F(TableJoins, ARekeyedStreamFindsItsRows)
{
    for (int32_t count : {1, 2}) {
        SCOPED_TRACE(count);
        World cluster;
        PlanBuilder built;
        cluster.topic("left", count);
        cluster.topic("right", count);
        built.source("left", {{"ID", "INTEGER", TG_COLUMN_KEY}, {"K", "STRING"}, {"A", "INTEGER"}});
        built.rekey({{"K", built.column("K")}}, false)->repartition = true;
        reinterpret_cast<tg_plan_rekey *>(built.top)->key_format.name = "KAFKA";
        tg_plan_node *left = built.take();
        built.prefix = "right";
        built.source("right", right_columns);
        built.table();
        built.materialize();
        tg_plan_node *right = built.take();
        built.prefix = "";
        built.join<tg_plan_stream_table_join>(&tg_plan_stream_table_join_kind, "Join", TG_JOIN_LEFT, left,
                                              right);
        built.project({{{"K", "STRING", TG_COLUMN_KEY}, built.column("K")},
                       {{"A", "INTEGER"}, built.column("L_A")},
                       {{"B", "INTEGER"}, built.column("R_B")}});
        built.sink("out");
        Process running(cluster, built.plan(), options);
        for (int i = 0; i < 4; i++) {
            std::string key = "k" + std::to_string(i);
            int32_t partition = tg_partition_for_key(tg_slice_text(key.c_str()), count);
            cluster.produce("right", {partition, 1, key, "{\"B\":" + std::to_string(i) + "}"});
        }
        ASSERT_EQ(running.run(), TG_OK);
        const std::string id("\0\0\0\1", 4);
        for (int i = 0; i < 4; i++)
            cluster.produce("left", {0, 5, id, R"({"K":"k)" + std::to_string(i) + R"(","A":7})"});
        ASSERT_EQ(running.run(), TG_OK);
        Lines lines = cluster.lines("out");
        std::sort(lines.begin(), lines.end());
        EXPECT_EQ(lines, (Lines{R"(k0 = {"A":7,"B":0} @5)", R"(k1 = {"A":7,"B":1} @5)",
                                R"(k2 = {"A":7,"B":2} @5)", R"(k3 = {"A":7,"B":3} @5)"}));
    }
}

struct Case {
    tg_join_kind how;
    Lines expected;
};

class TableTable : public TableJoins, public testing::WithParamInterface<Case>
{
};

TEST_P(TableTable, EachChangeMeetsTheOtherSide)
{
    table_table(GetParam().how);
    values();
    put("left", "k", std::nullopt, 1); // nobody knew it
    a("k", 1, 2);
    if (GetParam().how == TG_JOIN_INNER)
        put("right", "k", std::nullopt, 3); // nobody knew it, but the other side has a row: as Kafka Streams
    b("k", 10, 5);
    a("k", 2, 4);
    put("right", "k", std::nullopt, 6);
    put("left", "k", std::nullopt, 7);
    b("k", 11, 8);
    put("right", "k", std::nullopt, 9);
    put("right", "k", std::nullopt, 10);
    run();
    EXPECT_EQ(world.lines("out"), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, TableTable,
    testing::Values(
        Case{TG_JOIN_INNER, {"k = null @3", R"(k = {"A":2,"B":10} @5)", "k = null @6"}},
        Case{TG_JOIN_LEFT,
             {R"(k = {"A":1,"B":null} @2)", R"(k = {"A":2,"B":null} @4)", R"(k = {"A":2,"B":10} @5)",
              R"(k = {"A":2,"B":null} @6)", "k = null @7"}},
        Case{TG_JOIN_RIGHT,
             {R"(k = {"A":2,"B":10} @5)", "k = null @6", R"(k = {"A":null,"B":11} @8)", "k = null @9"}},
        Case{TG_JOIN_FULL,
             {R"(k = {"A":1,"B":null} @2)", R"(k = {"A":2,"B":null} @4)", R"(k = {"A":2,"B":10} @5)",
              R"(k = {"A":2,"B":null} @6)", "k = null @7", R"(k = {"A":null,"B":11} @8)", "k = null @9"}}),
    [](const auto &test) { return std::string(tg_join_kind_name(test.param.how)); });

TEST_F(TableJoins, TheTimeIsTheLaterOne)
{
    table_table(TG_JOIN_INNER);
    values();
    b("k", 10, 50);
    run();
    a("k", 1, 20);
    run();
    EXPECT_EQ(world.lines("out"), (Lines{R"(k = {"A":1,"B":10} @50)"}));
}

} // namespace
} // namespace turgo
