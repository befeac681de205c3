// Foreign-key joins: what each change of either side sends, as Kafka Streams does it; topics and their bytes;
// stale answers; formats of keys; restarts, crashes and lost disks; random rows against a model.
#include "topology/table/foreign_key.h"
#include "topology/tests/world.h"

#include <random>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

std::string key_of(int32_t id)
{
    std::string bytes(4, '\0');
    tg_store_u32(reinterpret_cast<uint8_t *>(bytes.data()), static_cast<uint32_t>(id));
    return bytes;
}

// SELECT l.id, l.fk, l.a, r.b FROM l JOIN r ON l.fk = r.id
struct Shape {
    tg_join_kind how = TG_JOIN_INNER;
    int32_t left_partitions = 1;
    int32_t right_partitions = 1;
    const char *key_format = "KAFKA";
};

void build(PlanBuilder &plan, const Shape &shape)
{
    plan.prefix = "left";
    plan.source("left", {{"ID", "STRING", TG_COLUMN_KEY}, {"FK", "INTEGER"}, {"A", "INTEGER"}},
                shape.key_format);
    plan.table();
    plan.materialize();
    tg_plan_node *left = plan.take();
    plan.prefix = "right";
    plan.source("right", {{"ID", "INTEGER", TG_COLUMN_KEY}, {"B", "STRING"}}, shape.key_format);
    plan.table();
    plan.materialize();
    tg_plan_node *right = plan.take();
    plan.prefix = "";
    tg_plan_node *top = left;
    plan.top = top;
    Expr key = plan.column("FK");
    auto *join =
        plan.join<tg_plan_foreign_key_join>(&tg_plan_foreign_key_join_kind, "Join", shape.how, left, right);
    join->foreign_key = key;
    join->key_format = join->foreign_key_format = {shape.key_format, false, 0, 0, nullptr, TG_NULLABLE_NEVER};
    join->value_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
    plan.project({{{"ID", "STRING", TG_COLUMN_KEY}, plan.column("ID")},
                  {{"A", "INTEGER"}, plan.column("L_A")},
                  {{"B", "STRING"}, plan.column("R_B")}});
}

class ForeignKeys : public testing::Test
{
protected:
    void open(const Shape &given)
    {
        shape = given;
        world.topic("left", shape.left_partitions);
        world.topic("right", shape.right_partitions);
        build(plan, shape);
        plan.sink("out");
        process = std::make_unique<Process>(world, plan.plan(), options);
    }
    void left(const char *id, std::optional<int> fk, int a, int64_t time)
    {
        std::string value =
            "{\"FK\":" + (fk ? std::to_string(*fk) : "null") + ",\"A\":" + std::to_string(a) + "}";
        put_left(id, value, time);
    }
    void put_left(const char *id, const Text &value, int64_t time)
    {
        int32_t partition = tg_partition_for_key(tg_slice_text(id), shape.left_partitions);
        world.produce("left", {partition, time, id, value});
        run();
    }
    void right(int id, const Text &b, int64_t time)
    {
        std::string key = key_of(id);
        int32_t partition = tg_partition_for_key(slice(key), shape.right_partitions);
        world.produce("right", {partition, time, key, b ? Text("{\"B\":\"" + *b + "\"}") : std::nullopt});
        run();
    }
    void run()
    {
        ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    }
    // What came since the last call.
    Lines news()
    {
        Lines all = world.lines("out");
        Lines fresh(all.begin() + static_cast<ptrdiff_t>(seen), all.end());
        seen = all.size();
        return fresh;
    }
    World world;
    PlanBuilder plan;
    Shape shape;
    ProcessOptions options;
    std::unique_ptr<Process> process;
    size_t seen = 0;
};

TEST_F(ForeignKeys, InnerSendsWhatKafkaStreamsSends)
{
    open({TG_JOIN_INNER});
    left("x", 1, 10, 1);
    EXPECT_EQ(news(), Lines{});
    right(1, "one", 5);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":10,"B":"one"} @5)"}));
    left("x", 1, 11, 3);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":11,"B":"one"} @5)"}));
    right(2, "two", 6);
    EXPECT_EQ(news(), Lines{});
    left("x", 2, 12, 8);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":12,"B":"two"} @8)"}));
    right(1, "uno", 9);
    EXPECT_EQ(news(), Lines{});
    left("x", 3, 13, 10); // nothing there: the old result goes
    EXPECT_EQ(news(), (Lines{"x = null @10"}));
    left("x", 3, 14, 11); // still nothing
    EXPECT_EQ(news(), Lines{});
    left("x", 4, 14, 12); // a tombstone without a result before, as there
    EXPECT_EQ(news(), (Lines{"x = null @12"}));
    left("x", std::nullopt, 15, 13);
    EXPECT_EQ(news(), (Lines{"x = null @13"}));
    left("x", std::nullopt, 16, 14);
    EXPECT_EQ(news(), Lines{});
    left("x", 1, 17, 15);
    left("y", 1, 20, 16);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":17,"B":"uno"} @15)", R"(y = {"A":20,"B":"uno"} @16)"}));
    right(1, "eins", 17);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":17,"B":"eins"} @17)", R"(y = {"A":20,"B":"eins"} @17)"}));
    right(1, std::nullopt, 18);
    EXPECT_EQ(news(), (Lines{"x = null @18", "y = null @18"}));
    right(1, std::nullopt, 19); // and again
    EXPECT_EQ(news(), (Lines{"x = null @19", "y = null @19"}));
    put_left("x", std::nullopt, 20);
    EXPECT_EQ(news(), (Lines{"x = null @20"}));
    put_left("x", std::nullopt, 21);
    right(1, "ein", 22);
    EXPECT_EQ(news(), (Lines{R"(y = {"A":20,"B":"ein"} @22)"}));
}

TEST_F(ForeignKeys, LeftAlwaysHasAResult)
{
    open({TG_JOIN_LEFT});
    left("x", 1, 10, 1);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":10,"B":null} @1)"}));
    right(1, "one", 5);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":10,"B":"one"} @5)"}));
    left("x", std::nullopt, 11, 6);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":11,"B":null} @6)"}));
    right(1, "uno", 7);
    EXPECT_EQ(news(), Lines{});
    left("x", 1, 12, 8);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":12,"B":"uno"} @8)"}));
    right(1, std::nullopt, 9);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":12,"B":null} @9)"}));
    put_left("x", std::nullopt, 10);
    EXPECT_EQ(news(), (Lines{"x = null @10"}));
    put_left("x", std::nullopt, 11);
    EXPECT_EQ(news(), Lines{});
}

TEST_F(ForeignKeys, TheRightKeyIsThereWhereTheRightRowIs)
{
    world.topic("left");
    world.topic("right");
    build(plan, {TG_JOIN_LEFT});
    plan.top = plan.top->inputs[0];
    plan.project({{{"ID", "STRING", TG_COLUMN_KEY}, plan.column("ID")},
                  {{"FK", "INTEGER"}, plan.column("L_FK")},
                  {{"R", "INTEGER"}, plan.column("R_ID")}});
    plan.sink("out");
    process = std::make_unique<Process>(world, plan.plan(), options);
    right(1, "one", 1);
    left("x", 1, 10, 2);
    left("y", 2, 10, 3);
    EXPECT_EQ(news(), (Lines{R"(x = {"FK":1,"R":1} @2)", R"(y = {"FK":2,"R":null} @3)"}));
}

// A result that was joined goes, even if the row changes again before the answer that takes it away.
TEST_F(ForeignKeys, AnAnswerThatComesTooLateIsNotLost)
{
    const Text gone = std::nullopt, elsewhere = R"({"FK":9,"A":1})", nowhere = R"({"FK":null,"A":2})",
               again = R"({"FK":9,"A":3})";
    const std::vector<std::vector<Text>> changes = {{gone, elsewhere},
                                                    {gone, nowhere},
                                                    {nowhere, elsewhere},
                                                    {elsewhere, again},
                                                    {elsewhere, gone, elsewhere, nowhere, again}};
    open({TG_JOIN_INNER});
    right(1, "one", 1);
    int64_t time = 10;
    for (const std::vector<Text> &versions : changes) {
        SCOPED_TRACE(time);
        put_left("x", R"({"FK":1,"A":0})", time);
        EXPECT_EQ(news().back(), "x = {\"A\":0,\"B\":\"one\"} @" + std::to_string(time));
        for (const Text &version : versions)
            world.produce("left", {0, ++time, "x", version});
        run();
        Lines last = news();
        ASSERT_FALSE(last.empty());
        EXPECT_EQ(last.back().substr(0, 8), "x = null");
        time += 10;
    }
}

// What stands above knows what a result replaces, from the store of results.
TEST_F(ForeignKeys, AFilterAboveTakesBackWhatMatched)
{
    world.topic("left");
    world.topic("right");
    build(plan, {TG_JOIN_LEFT});
    plan.filter(plan.call(">", {plan.column("A"), plan.integer(10)}));
    plan.sink("out");
    process = std::make_unique<Process>(world, plan.plan(), options);
    left("x", 1, 10, 1);
    EXPECT_EQ(news(), Lines{});
    left("x", 1, 11, 2);
    right(1, "one", 3);
    EXPECT_EQ(news(), (Lines{R"(x = {"A":11,"B":null} @2)", R"(x = {"A":11,"B":"one"} @3)"}));
    ASSERT_EQ(process->restart(), TG_OK);
    left("x", 1, 9, 4);
    EXPECT_EQ(news(), (Lines{"x = null @4"}));
    left("x", 1, 8, 5);
    put_left("x", std::nullopt, 6);
    EXPECT_EQ(news(), Lines{});
}

TEST_F(ForeignKeys, GroupsAboveTakeBackWhatWasJoined)
{
    world.topic("left");
    world.topic("right");
    build(plan, {TG_JOIN_INNER});
    plan.rekey({{"B", plan.column("B")}}, true);
    plan.aggregates({plan.aggregate("COUNT", {}), plan.aggregate("SUM", {plan.column("A")})});
    plan.sink("out");
    process = std::make_unique<Process>(world, plan.plan(), options);
    right(1, "one", 1);
    right(2, "two", 1);
    left("x", 1, 10, 2);
    left("y", 1, 5, 3);
    EXPECT_EQ(news(), (Lines{R"(one = {"R0":1,"R1":10} @2)", R"(one = {"R0":2,"R1":15} @3)"}));
    left("x", 2, 10, 4);
    EXPECT_EQ(news(), (Lines{R"(one = {"R0":1,"R1":5} @4)", R"(two = {"R0":1,"R1":10} @4)"}));
    right(2, "one", 5);
    EXPECT_EQ(news(), (Lines{R"(two = {"R0":0,"R1":0} @5)", R"(one = {"R0":2,"R1":15} @5)"}));
    left("x", 7, 1, 6);
    EXPECT_EQ(news(), (Lines{R"(one = {"R0":1,"R1":5} @6)"}));
}

TEST_F(ForeignKeys, AJoinAboveFindsTheResults)
{
    world.topic("left");
    world.topic("right");
    world.topic("third");
    build(plan, {TG_JOIN_INNER});
    tg_plan_node *first = plan.top->inputs[0];
    plan.prefix = "third";
    plan.source("third", {{"ID", "STRING", TG_COLUMN_KEY}, {"C", "INTEGER"}});
    plan.table();
    plan.materialize();
    tg_plan_node *third = plan.take();
    plan.prefix = "";
    plan.join<tg_plan_table_table_join>(&tg_plan_table_table_join_kind, "Join2", TG_JOIN_LEFT, first, third);
    plan.project({{{"ID", "STRING", TG_COLUMN_KEY}, plan.column("ID")},
                  {{"L", "STRING"}, plan.column("L_L_ID")},
                  {{"R", "INTEGER"}, plan.column("L_R_ID")},
                  {{"B", "STRING"}, plan.column("L_R_B")},
                  {{"C", "INTEGER"}, plan.column("R_C")}});
    plan.sink("out");
    process = std::make_unique<Process>(world, plan.plan(), options);
    right(1, "one", 1);
    left("x", 1, 10, 2);
    EXPECT_EQ(news(), (Lines{R"(x = {"L":"x","R":1,"B":"one","C":null} @2)"}));
    world.produce("third", {0, 3, "x", R"({"C":7})"});
    run();
    EXPECT_EQ(news(), (Lines{R"(x = {"L":"x","R":1,"B":"one","C":7} @3)"}));
    world.produce("third", {0, 4, "y", R"({"C":8})"});
    run();
    EXPECT_EQ(news(), Lines{});
    right(1, std::nullopt, 5);
    EXPECT_EQ(news(), (Lines{"x = null @5"}));
    world.produce("third", {0, 6, "x", R"({"C":9})"});
    run();
    EXPECT_EQ(news(), Lines{});
}

TEST_F(ForeignKeys, SidesMayHaveOtherNumbersOfPartitions)
{
    open({TG_JOIN_INNER, 2, 3});
    for (int i = 0; i < 6; i++)
        right(i, "r" + std::to_string(i), 1);
    Lines expected;
    for (int i = 0; i < 12; i++) {
        std::string id = "k" + std::to_string(i);
        left(id.c_str(), i % 6, i, 2);
        expected.push_back(id + " = {\"A\":" + std::to_string(i) + ",\"B\":\"r" + std::to_string(i % 6) +
                           "\"} @2");
    }
    Lines lines = world.lines("out");
    std::sort(lines.begin(), lines.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(lines, expected);
    int32_t partitions = 0;
    EXPECT_EQ(tg_admin_partition_count(world.cluster, "app-Q-Join-SUBSCRIPTION-REGISTRATION-topic", 1000,
                                       &partitions, &world.error),
              TG_OK);
    EXPECT_EQ(partitions, 3);
    EXPECT_EQ(tg_admin_partition_count(world.cluster, "app-Q-Join-SUBSCRIPTION-RESPONSE-topic", 1000,
                                       &partitions, &world.error),
              TG_OK);
    EXPECT_EQ(partitions, 2);
    EXPECT_EQ(tg_admin_partition_count(world.cluster, "out", 1000, &partitions, &world.error), TG_OK);
    EXPECT_EQ(partitions, 2) << "as the left table has";
    EXPECT_EQ(tg_query_rounds(process->query), 2u);
}

TEST_F(ForeignKeys, TheTopicsHoldKafkaStreamsBytes)
{
    open({TG_JOIN_INNER});
    right(1, "one", 1);
    left("x", 1, 10, 2);
    std::vector<Record> asked = world.read("app-Q-Join-SUBSCRIPTION-REGISTRATION-topic");
    std::vector<Record> answered = world.read("app-Q-Join-SUBSCRIPTION-RESPONSE-topic");
    ASSERT_EQ(asked.size(), 1u);
    ASSERT_EQ(answered.size(), 1u);
    EXPECT_EQ(*asked[0].key, key_of(1));
    EXPECT_EQ(asked[0].value->substr(0, 2), std::string("\1\3", 2));
    EXPECT_EQ(asked[0].value->substr(18), std::string("x\0\0\0\0", 5));
    EXPECT_EQ(*answered[0].key, "x");
    EXPECT_EQ(answered[0].value->substr(0, 1), std::string("\0", 1));
    EXPECT_EQ(answered[0].value->substr(1, 16), asked[0].value->substr(2, 16));
    EXPECT_EQ(answered[0].value->substr(17), R"({"B":"one"})");
}

TEST_F(ForeignKeys, KeysInAnotherFormat)
{
    for (const char *format : {"JSON", "DELIMITED"}) {
        SCOPED_TRACE(format);
        World cluster;
        PlanBuilder built;
        cluster.topic("left");
        cluster.topic("right");
        build(built, {TG_JOIN_INNER, 1, 1, format});
        built.sink("out");
        Process running(cluster, built.plan(), options);
        bool json = std::string(format) == "JSON";
        cluster.produce("right", {0, 1, json ? R"({ "ID" : 7 })" : "7", R"({"B":"seven"})"});
        cluster.produce("left", {0, 2, json ? R"({ "ID":"x"})" : "x", R"({"FK":7,"A":1})"});
        ASSERT_EQ(running.run(), TG_OK) << running.error.message;
        EXPECT_EQ(cluster.lines("out"), (Lines{R"(x = {"A":1,"B":"seven"} @2)"}));
    }
}

// The oracle: both tables as maps, the result as their join.
struct Model {
    std::map<std::string, std::pair<std::optional<int>, int>> left;
    std::map<int, std::string> right;
    std::map<std::string, std::string> result(tg_join_kind how) const
    {
        std::map<std::string, std::string> rows;
        for (const auto &[id, row] : left) {
            auto found = row.first ? right.find(*row.first) : right.end();
            if (found == right.end() && how == TG_JOIN_INNER)
                continue;
            rows[id] = "{\"A\":" + std::to_string(row.second) +
                       ",\"B\":" + (found == right.end() ? "null" : "\"" + found->second + "\"") + "}";
        }
        return rows;
    }
};

class RandomForeignKeys : public testing::TestWithParam<tg_join_kind>
{
};

// Whatever comes in between, the results are those of the two tables in the end.
TEST_P(RandomForeignKeys, AgreeWithTheTables)
{
    for (uint32_t seed = 1; seed <= 12; seed++) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        auto below = [&](uint32_t bound) { return static_cast<int>(random() % bound); };
        World world;
        PlanBuilder plan;
        State disk;
        ProcessOptions options;
        options.state = &disk;
        const Shape shape = {GetParam(), 1 + below(3), 1 + below(3)};
        world.topic("left", shape.left_partitions);
        world.topic("right", shape.right_partitions);
        build(plan, shape);
        plan.sink("out");
        auto process = std::make_unique<Process>(world, plan.plan(), options);
        Model model;
        for (int i = 0; i < 150; i++) {
            if (below(3) > 0) {
                std::string id = "k" + std::to_string(below(8));
                int32_t partition = tg_partition_for_key(slice(id), shape.left_partitions);
                std::optional<int> fk;
                if (below(6) > 0)
                    fk = below(5);
                bool deletes = below(5) == 0;
                Text value = "{\"FK\":" + (fk ? std::to_string(*fk) : "null") +
                             ",\"A\":" + std::to_string(i % 4) + "}";
                world.produce("left", {partition, i, id, deletes ? std::nullopt : value});
                if (deletes)
                    model.left.erase(id);
                else
                    model.left[id] = {fk, i % 4};
            } else {
                int id = below(5);
                std::string key = key_of(id);
                int32_t partition = tg_partition_for_key(slice(key), shape.right_partitions);
                std::string b = "b" + std::to_string(below(3));
                bool deletes = below(4) == 0;
                world.produce("right",
                              {partition, i, key, deletes ? std::nullopt : Text("{\"B\":\"" + b + "\"}")});
                if (deletes)
                    model.right.erase(id);
                else
                    model.right[id] = b;
            }
            switch (below(12)) {
            case 0:
                ASSERT_EQ(process->run(), TG_OK) << process->error.message;
                break;
            case 1:
                for (int steps = below(6); steps > 0; steps--)
                    ASSERT_EQ(process->step(), TG_OK);
                process->crash();
                process->start();
                break;
            case 2:
                ASSERT_EQ(process->restart(), TG_OK);
                break;
            default:
                ASSERT_EQ(process->step(), TG_OK) << process->error.message;
                world.advance(30);
            }
        }
        ASSERT_TRUE(process->run_through());
        std::map<std::string, std::string> result;
        for (const Record &record : world.read("out")) {
            if (record.value)
                result[*record.key] = *record.value;
            else
                result.erase(*record.key);
        }
        ASSERT_EQ(result, model.result(GetParam()));
    }
}

INSTANTIATE_TEST_SUITE_P(All, RandomForeignKeys, testing::Values(TG_JOIN_INNER, TG_JOIN_LEFT),
                         [](const auto &test) { return std::string(tg_join_kind_name(test.param)); });

TEST(Subscriptions, BytesAndBack)
{
    tg_buffer out = {};
    tg_error error = {};
    for (bool exists : {false, true})
        for (int instruction = 0; instruction < 4; instruction++) {
            tg_subscription given = {};
            given.hash = exists ? tg_row_hash_of(tg_slice_text("row"), 5) : tg_row_hash{};
            given.instruction = static_cast<tg_subscription_instruction>(instruction);
            given.primary_key = tg_slice_text("key");
            given.partition = 7;
            tg_subscription_write(&given, &out);
            EXPECT_EQ(out.length, exists ? 25u : 9u);
            EXPECT_EQ(out.data[0], exists ? 0x01 : 0x81);
            tg_subscription read = {};
            ASSERT_EQ(tg_subscription_read(tg_buffer_slice(&out), &read, &error), TG_OK);
            EXPECT_TRUE(tg_row_hash_equal(&read.hash, &given.hash));
            EXPECT_EQ(read.instruction, given.instruction);
            EXPECT_TRUE(tg_slice_equal(read.primary_key, given.primary_key));
            EXPECT_EQ(read.partition, 7);
            tg_slice cut = tg_buffer_slice(&out);
            for (cut.length = exists ? 21 : 5; cut.length-- > 0;)
                EXPECT_EQ(tg_subscription_read(cut, &read, &error), TG_CODE_CORRUPT) << cut.length;
        }
    tg_buffer_done(&out);
}

TEST(Subscriptions, AnswersAndBack)
{
    tg_buffer out = {};
    tg_error error = {};
    const tg_slice none = tg_slice_of(nullptr, 0);
    for (tg_slice row : {none, tg_slice_text(""), tg_slice_text("row")})
        for (bool has_time : {false, true}) {
            tg_subscription_response given = {};
            given.hash = tg_row_hash_of(tg_slice_text("left"), 1);
            given.row = row;
            given.has_time = has_time;
            given.time_ms = has_time ? -5 : 0;
            tg_subscription_response_write(&given, &out);
            tg_subscription_response read = {};
            ASSERT_EQ(tg_subscription_response_read(tg_buffer_slice(&out), &read, &error), TG_OK);
            EXPECT_EQ(read.row.data == nullptr, row.data == nullptr);
            EXPECT_TRUE(tg_slice_equal(read.row, row));
            EXPECT_EQ(read.time_ms, given.time_ms);
            EXPECT_TRUE(tg_row_hash_equal(&read.hash, &given.hash));
        }
    tg_subscription_response bad = {};
    EXPECT_EQ(tg_subscription_response_read(tg_slice_text("\1"), &bad, &error), TG_CODE_CORRUPT);
    tg_buffer_done(&out);
}

TEST(Subscriptions, TheBoundIsAboveAllKeysWithThePrefix)
{
    tg_buffer out = {};
    tg_subscription_bound(tg_slice_of("\0\0\0\1\x61", 5), &out);
    EXPECT_TRUE(tg_slice_equal(tg_buffer_slice(&out), tg_slice_of("\0\0\0\1\x62", 5)));
    tg_subscription_bound(tg_slice_of("\0\0\0\1\xff", 5), &out);
    EXPECT_TRUE(tg_slice_equal(tg_buffer_slice(&out), tg_slice_of("\0\0\0\2", 4)));
    tg_subscription_bound(tg_slice_of("\xff\xff", 2), &out);
    EXPECT_EQ(out.length, 0u);
    tg_buffer_done(&out);
}

} // namespace
} // namespace turgo
