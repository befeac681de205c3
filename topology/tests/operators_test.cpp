// Operators one by one, each through the whole path: records in, records out, and what was counted.
#include "topology/tests/world.h"

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

class Operators : public testing::Test
{
protected:
    // Runs the plan over the input of partition 0 and returns what it wrote.
    Lines run(const std::vector<Record> &input, const tg_query_settings &settings = default_settings())
    {
        world.produce("in", input);
        ProcessOptions options;
        options.settings = settings;
        process = std::make_unique<Process>(world, plan.plan(), options);
        EXPECT_EQ(process->run(), TG_OK) << process->error.message;
        counted = process->counters();
        return world.lines("out");
    }
    void SetUp() override
    {
        world.topic("in");
    }
    World world;
    PlanBuilder plan;
    std::unique_ptr<Process> process;
    tg_counters counted = {};
};

const std::vector<Column> kv = {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}};

TEST_F(Operators, SourceSkipsWhatItCannotRead)
{
    plan.source("in", {{"K", "INTEGER", TG_COLUMN_KEY}, {"V", "INTEGER"}});
    plan.sink("out");
    std::string one("\0\0\0\1", 4);
    EXPECT_EQ(
        run({{0, 1, one, R"({"V":1})"},
             {0, 2, one, "{"},
             {0, 3, "xx", R"({"V":3})"},
             {0, 4, "xx", "{"}, // one record, counted once
             {0, 5, std::nullopt, R"({"V":5})"},
             {0, 6, one, std::nullopt},
             {0, 7, one, "null"}}),
        (Lines{one + R"( = {"V":1} @1)", R"(null = {"V":5} @5)", one + " = null @6", one + " = null @7"}));
    EXPECT_EQ(counted.records_in, 7u);
    EXPECT_EQ(counted.decode_skipped, 3u);
    EXPECT_EQ(counted.records_out, 4u);
}

TEST_F(Operators, SourceTakesTimesFromAColumn)
{
    tg_plan_source *source = plan.source("in", {{"T", "STRING"}, {"V", "INTEGER"}}, "NONE");
    source->timestamp_column = 0;
    source->timestamp_format = "yyyy-MM-dd HH:mm:ss";
    plan.sink("out", "NONE");
    EXPECT_EQ(run({{0, 9, std::nullopt, R"({"T":"1970-01-01 00:00:01","V":1})"},
                   {0, 9, std::nullopt, R"({"T":"yesterday","V":2})"},
                   {0, 9, std::nullopt, R"({"T":null,"V":3})"},
                   {0, 9, std::nullopt, R"({"T":"1969-12-31 23:59:59","V":4})"},
                   {0, 9, std::nullopt, std::nullopt}}),
              (Lines{R"(null = {"T":"1970-01-01 00:00:01","V":1} @1000)", "null = null @9"}));
    EXPECT_EQ(counted.time_skipped, 3u);
}

struct Bound {
    const char *name;
    int64_t future_ms_max;
    int64_t time;
    bool passes;
};
class FutureBound : public Operators, public testing::WithParamInterface<Bound>
{
};
TEST_P(FutureBound, IsRelativeToTheClock)
{
    tg_plan_source *source = plan.source("in", {{"T", "BIGINT"}}, "NONE");
    source->timestamp_column = 0;
    plan.sink("out", "NONE");
    tg_query_settings settings = default_settings();
    settings.future_ms_max = GetParam().future_ms_max;
    Lines out = run({{0, 9, std::nullopt, R"({"T":)" + std::to_string(GetParam().time) + "}"}}, settings);
    EXPECT_EQ(out.size(), GetParam().passes ? 1u : 0u);
    EXPECT_EQ(counted.time_skipped, GetParam().passes ? 0u : 1u);
}
INSTANTIATE_TEST_SUITE_P(
    All, FutureBound,
    testing::Values(Bound{"present", 1000, 1000000, true}, Bound{"at_the_bound", 1000, 1001000, true},
                    Bound{"far", 1000, 1999999, false}, Bound{"unbounded", -1, 4102444800000, true},
                    Bound{"widest", INT64_MAX, 4102444800000, true},
                    Bound{"end_of_time", -1, INT64_MAX, false}, Bound{"negative", -1, -1, false}),
    [](const auto &test) { return test.param.name; });

TEST_F(Operators, TableSourceNeedsAKey)
{
    plan.source("in", kv)->base.is_table = true;
    plan.sink("out");
    EXPECT_EQ(run({{0, 1, "a", R"({"V":1})"}, {0, 2, std::nullopt, R"({"V":2})"}, {0, 3, "a", std::nullopt}}),
              (Lines{R"(a = {"V":1} @1)", "a = null @3"}));
    EXPECT_EQ(counted.null_key_skipped, 1u);
}

TEST_F(Operators, SourceGivesHeadersAndPseudoColumns)
{
    plan.source("in",
                {{"H", "BYTES", TG_COLUMN_HEADER, "h"},
                 {"ALL_", "ARRAY<STRUCT<KEY STRING, VALUE BYTES>>", TG_COLUMN_HEADERS},
                 {"ROWTIME", "BIGINT", TG_COLUMN_ROWTIME},
                 {"ROWPARTITION", "INTEGER", TG_COLUMN_ROWPARTITION},
                 {"ROWOFFSET", "BIGINT", TG_COLUMN_ROWOFFSET}},
                "NONE", "NONE");
    plan.project({{{"H", "BYTES"}, plan.column("H")},
                  {{"N", "INTEGER"}, plan.call("ARRAY_LENGTH", {plan.column("ALL_")})},
                  {{"T", "BIGINT"}, plan.column("ROWTIME")},
                  {{"P", "INTEGER"}, plan.column("ROWPARTITION")},
                  {{"O", "BIGINT"}, plan.column("ROWOFFSET")}});
    plan.sink("out", "NONE");
    run({{0, 5, std::nullopt, "x", {{"h", "old"}, {"g", std::nullopt}, {"h", "new"}}}, {0, 6, "k", "y", {}}});
    std::vector<Record> out = world.read("out");
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(*out[0].value, R"({"H":"bmV3","N":3,"T":5,"P":0,"O":0})"); // the last one wins; base64
    EXPECT_EQ(out[0].headers, (Headers{{"h", "old"}, {"g", std::nullopt}, {"h", "new"}}));
    EXPECT_EQ(*out[1].value, R"({"H":null,"N":0,"T":6,"P":0,"O":1})");
}

TEST_F(Operators, ColumnsThatNobodyNeedsAreStillChecked)
{
    tg_plan_source *source = plan.source("in", {{"A", "INTEGER"}, {"B", "INTEGER"}}, "NONE");
    const_cast<bool *>(source->needed)[1] = false;
    plan.project({{{"A", "INTEGER"}, plan.column("A")}});
    plan.sink("out", "NONE");
    EXPECT_EQ(run({{0, 1, std::nullopt, R"({"A":1,"B":2})"}, {0, 2, std::nullopt, R"({"A":3,"B":"x"})"}}),
              (Lines{R"(null = {"A":1} @1)"}));
    EXPECT_EQ(counted.decode_skipped, 1u);
}

TEST_F(Operators, FilterDropsWhatIsNotTrue)
{
    plan.source("in", kv);
    plan.filter(plan.call("<", {plan.call("/", {plan.integer(10), plan.column("V")}), plan.integer(6)}));
    plan.sink("out");
    EXPECT_EQ(run({{0, 1, "a", R"({"V":2})"},
                   {0, 2, "b", R"({"V":1})"},
                   {0, 3, "c", R"({"V":0})"}, // fails: not true
                   {0, 4, "d", R"({"V":null})"},
                   {0, 5, "e", std::nullopt}}), // WHERE drops a null value
              (Lines{R"(a = {"V":2} @1)"}));
    EXPECT_GE(counted.expression_errors, 1u);
}

TEST_F(Operators, ProjectKeepsNullValuesNull)
{
    plan.source("in", kv);
    plan.project({{{"K", "STRING", TG_COLUMN_KEY}, plan.column("K")},
                  {{"W", "INTEGER"}, plan.call("+", {plan.column("V"), plan.integer(1)})}});
    plan.sink("out");
    EXPECT_EQ(run({{0, 1, "a", R"({"V":1})"}, {0, 2, "b", std::nullopt}, {0, 3, "c", R"({})"}}),
              (Lines{R"(a = {"W":2} @1)", "b = null @2", R"(c = {"W":null} @3)"}));
}

TEST_F(Operators, FlatMapZipsSeveralFunctions)
{
    plan.source("in", {{"A", "ARRAY<INTEGER>"}, {"B", "ARRAY<STRING>"}, {"C", "ARRAY<INTEGER>"}}, "NONE");
    plan.flat_map({plan.function(TG_FUNCTION_TABLE, "EXPLODE", {plan.column("A")}),
                   plan.function(TG_FUNCTION_TABLE, "EXPLODE", {plan.column("B")}),
                   plan.function(TG_FUNCTION_TABLE, "EXPLODE", {plan.column("C")})});
    plan.project({{{"X", "INTEGER"}, plan.column("F3")},
                  {{"Y", "STRING"}, plan.column("F4")},
                  {{"Z", "INTEGER"}, plan.column("F5")}});
    plan.sink("out", "NONE");
    EXPECT_EQ(run({{0, 1, std::nullopt, R"({"A":[1],"B":["a","b"],"C":[7,8,9]})"},
                   {0, 2, std::nullopt, R"({"A":[],"B":null,"C":[]})"},
                   {0, 3, std::nullopt, R"({"A":[null,4],"B":[],"C":null})"},
                   {0, 4, std::nullopt, std::nullopt}}),
              (Lines{R"(null = {"X":1,"Y":"a","Z":7} @1)", R"(null = {"X":null,"Y":"b","Z":8} @1)",
                     R"(null = {"X":null,"Y":null,"Z":9} @1)", R"(null = {"X":null,"Y":null,"Z":null} @3)",
                     R"(null = {"X":4,"Y":null,"Z":null} @3)"}));
}

// Batches behind a table function have any number of rows.
TEST_F(Operators, LongArraysPassThroughAllOperators)
{
    plan.source("in", {{"A", "ARRAY<INTEGER>"}}, "NONE");
    plan.flat_map({plan.function(TG_FUNCTION_TABLE, "EXPLODE", {plan.column("A")})});
    plan.filter(plan.call(">=", {plan.column("F1"), plan.integer(0)}));
    plan.rekey({{"K", plan.call("%", {plan.column("F1"), plan.integer(7)})}}, true);
    plan.aggregates({plan.aggregate("COUNT", {}), plan.aggregate("SUM", {plan.column("F1")})});
    plan.sink("out");
    std::string array;
    int64_t sum = 0;
    for (int i = -1; i < 5000; i++) {
        array += (i < 0 ? "" : ",") + std::to_string(i);
        sum += i % 7 == 3 ? i : 0;
    }
    run({{0, 1, std::nullopt, "{\"A\":[" + array + "]}"}, {0, 2, std::nullopt, R"({"A":[3]})"}});
    std::vector<Record> out = world.read("out");
    ASSERT_EQ(out.size(), 5001u);
    EXPECT_EQ(*out.back().value, "{\"R0\":715,\"R1\":" + std::to_string(sum + 3) + "}");
}

TEST_F(Operators, PartitionByKeepsNullKeys)
{
    plan.source("in", kv);
    plan.rekey({{"N", plan.call("/", {plan.integer(4), plan.column("V")})}}, false);
    plan.sink("out");
    Lines out = run({{0, 1, "a", R"({"V":2})"}, {0, 2, "b", R"({"V":0})"}, {0, 3, "c", std::nullopt}});
    EXPECT_EQ(out, (Lines{std::string("\0\0\0\2", 4) + R"( = {"V":2} @1)", R"(null = {"V":0} @2)",
                          "null = null @3"}));
}

TEST_F(Operators, GroupByDropsNullKeys)
{
    plan.source("in", kv);
    plan.rekey({{"N", plan.call("/", {plan.integer(4), plan.column("V")})}}, true);
    plan.aggregates({plan.aggregate("COUNT", {})});
    plan.sink("out");
    run({{0, 1, "a", R"({"V":2})"}, {0, 2, "b", R"({"V":0})"}, {0, 3, "c", std::nullopt}});
    EXPECT_EQ(world.lines("out"), (Lines{std::string("\0\0\0\2", 4) + R"( = {"R0":1} @1)"}));
    EXPECT_EQ(counted.null_key_skipped, 1u);
    EXPECT_EQ(counted.null_value_skipped, 1u);
}

TEST_F(Operators, GroupByNothingIsOneGroup)
{
    plan.source("in", {{"V", "INTEGER"}}, "NONE");
    plan.rekey({}, true);
    plan.aggregates({plan.aggregate("SUM", {plan.column("V")})}, PlanBuilder::tumbling(10, 0));
    tg_plan_sink *sink = plan.sink("out", "NONE");
    sink->window_kind = TG_WINDOW_TUMBLING;
    sink->window_size_ms = 10;
    run({{0, 1, std::nullopt, R"({"V":2})"}, {0, 12, "x", R"({"V":3})"}});
    std::vector<Record> out = world.read("out");
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(*out[0].key, std::string(8, '\0')); // the window alone
    EXPECT_EQ(*out[1].key, std::string(7, '\0') + "\x0a");
}

TEST_F(Operators, SinkWritesItsTimestampColumn)
{
    plan.source("in", {{"T", "BIGINT"}, {"V", "INTEGER"}}, "NONE");
    plan.sink("out", "NONE")->timestamp_column = 0;
    EXPECT_EQ(run({{0, 9, std::nullopt, R"({"T":77,"V":1})"},
                   {0, 9, std::nullopt, R"({"T":null,"V":2})"},
                   {0, 9, std::nullopt, R"({"T":-5,"V":3})"},
                   {0, 9, std::nullopt, std::nullopt}}),
              (Lines{R"(null = {"T":77,"V":1} @77)", R"(null = {"T":null,"V":2} @9)", "null = null @9"}));
    EXPECT_EQ(counted.time_skipped, 1u);
}

TEST_F(Operators, SinkPartitionsByTheKeyWithoutItsWindow)
{
    plan.source("in", kv);
    plan.aggregates({plan.aggregate("COUNT", {})}, PlanBuilder::tumbling(10, 0));
    tg_plan_sink *sink = plan.sink("out");
    sink->window_kind = TG_WINDOW_TUMBLING;
    sink->window_size_ms = 10;
    sink->topic.partition_count = 5;
    run({{0, 5, "alpha", R"({"V":1})"}, {0, 15, "alpha", R"({"V":1})"}, {0, 25, "beta", R"({"V":1})"}});
    std::vector<Record> out = world.read("out");
    ASSERT_EQ(out.size(), 3u);
    for (const Record &record : out) {
        std::string inner = record.key->substr(0, record.key->size() - 8);
        EXPECT_EQ(record.partition, tg_partition_for_key(tg_slice_of(inner.data(), inner.size()), 5));
    }
}

// As Java's maps do it: such a row stops no query.
TEST_F(Operators, ANullKeyOfAMapHasTheNameNull)
{
    plan.source("in", {{"V", "STRING"}}, "NONE");
    plan.project({{{"M", "MAP<STRING, INTEGER>"}, plan.call("MAP", {plan.column("V"), plan.integer(1)})}});
    plan.sink("out", "NONE");
    EXPECT_EQ(run({{0, 1, std::nullopt, R"({"V":"ok"})"}, {0, 2, std::nullopt, R"({"V":null})"}}),
              (Lines{R"(null = {"M":{"ok":1}} @1)", R"(null = {"M":{"null":1}} @2)"}));
}

// ksqlDB's queries die of it, too; what comes before is committed, and the sum stands as it was.
TEST_F(Operators, OverflowOfASumStopsTheQueryInFrontOfTheRecord)
{
    plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "DECIMAL(2, 0)"}});
    plan.aggregates({plan.aggregate("SUM", {plan.column("V")})});
    plan.sink("out");
    world.produce("in", {{0, 1, "a", R"({"V":99})"}});
    process = std::make_unique<Process>(world, plan.plan());
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    world.produce("in", {{0, 2, "b", R"({"V":5})"}, {0, 3, "a", R"({"V":1})"}});
    tg_code code = process->run();
    EXPECT_EQ(code, TG_CODE_EXPRESSION);
    EXPECT_NE(
        std::string(process->error.message).find("topic in, partition 0, offset 2: step Aggregate: SUM: "),
        std::string::npos)
        << process->error.message;
    process.reset(); // ends the transaction: readers do not wait for it
    EXPECT_EQ(world.lines("out"), (Lines{R"(a = {"R0":99} @1)", R"(b = {"R0":5} @2)"}));
    EXPECT_EQ(world.stable_end("out", 0), world.end("out", 0));
}

} // namespace
} // namespace turgo
