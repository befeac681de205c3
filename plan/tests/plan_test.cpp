// Plans by hand: every node kind and every form of expression, as text, as JSON and back; damage; layout ids.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "plan/format_info.h"
#include "plan/node.h"
#include "plan/nodes/aggregate.h"
#include "plan/nodes/filter.h"
#include "plan/nodes/flat_map.h"
#include "plan/nodes/project.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/sink.h"
#include "plan/nodes/source.h"

namespace
{

using Expr = const tg_expr *;

// Builds one plan in its own arena.
class Builder
{
public:
    Builder() : arena_(tg_arena_new(0))
    {
    }
    ~Builder()
    {
        tg_arena_free(arena_);
    }
    Builder(const Builder &) = delete;
    Builder &operator=(const Builder &) = delete;

    tg_arena *arena()
    {
        return arena_;
    }
    const tg_type *type(const char *text)
    {
        const tg_type *type = nullptr;
        check(tg_type_parse(arena_, tg_slice_text(text), &type, &error_));
        return type;
    }
    const tg_schema *schema(const std::vector<tg_schema_column> &columns)
    {
        return tg_schema_new(arena_, columns.data(), static_cast<uint32_t>(columns.size()));
    }
    Expr column(const tg_schema *schema, const char *name)
    {
        int32_t index = tg_schema_find(schema, tg_slice_text(name));
        EXPECT_GE(index, 0) << name;
        return tg_expr_column(arena_, schema, static_cast<uint32_t>(index), {});
    }
    Expr call(const char *name, const std::vector<Expr> &arguments)
    {
        Expr result = nullptr;
        check(tg_expr_call(arena_, tg_slice_text(name), list(arguments),
                           static_cast<uint32_t>(arguments.size()), {}, &result, &error_));
        return result;
    }
    Expr both(tg_expr_kind kind, Expr left, Expr right)
    {
        Expr result = nullptr;
        check(tg_expr_and_or(arena_, kind, left, right, {}, &result, &error_));
        return result;
    }
    Expr cast(Expr value, const char *to)
    {
        Expr result = nullptr;
        check(tg_expr_cast(arena_, value, type(to), {}, &result, &error_));
        return result;
    }
    Expr choose(const std::vector<Expr> &arguments)
    {
        Expr result = nullptr;
        check(tg_expr_case(arena_, list(arguments), static_cast<uint32_t>(arguments.size()), {}, &result,
                           &error_));
        return result;
    }
    Expr field(Expr value, const char *name)
    {
        Expr result = nullptr;
        check(tg_expr_field(arena_, value, tg_slice_text(name), {}, &result, &error_));
        return result;
    }
    Expr structure(std::vector<const char *> names, const std::vector<Expr> &values)
    {
        Expr result = nullptr;
        check(tg_expr_struct(arena_, names.data(), values.data(), static_cast<uint32_t>(values.size()), {},
                             &result, &error_));
        return result;
    }
    Expr decimal(const char *text)
    {
        Expr result = nullptr;
        check(tg_expr_decimal(arena_, tg_slice_text(text), {}, &result, &error_));
        return result;
    }
    Expr text(const std::string &value)
    {
        return tg_expr_string(arena_, tg_slice_of(value.data(), value.size()), {});
    }
    Expr integer(int32_t value)
    {
        return tg_expr_int(arena_, value, {});
    }
    Expr literal(const char *type_text, tg_literal value)
    {
        return tg_expr_literal(arena_, type(type_text), value);
    }
    tg_function_call function(tg_function_kind kind, const char *name, const std::vector<Expr> &arguments)
    {
        tg_function_call result = {};
        check(tg_function_resolve(arena_, kind, tg_slice_text(name), list(arguments),
                                  static_cast<uint32_t>(arguments.size()), {}, &result, &error_));
        return result;
    }
    Expr *list(const std::vector<Expr> &items)
    {
        auto *copy = static_cast<Expr *>(tg_arena_alloc_zero(arena_, items.size(), sizeof(Expr)));
        std::copy(items.begin(), items.end(), copy);
        return copy;
    }
    template <typename T> T *copy(const std::vector<T> &items)
    {
        auto *result = static_cast<T *>(tg_arena_alloc_zero(arena_, items.size(), sizeof(T)));
        std::copy(items.begin(), items.end(), result);
        return result;
    }
    template <typename Node>
    Node *node(const tg_plan_node_kind *kind, const char *step, const tg_schema *schema, tg_plan_node *input)
    {
        tg_plan_node *made = tg_plan_node_new(arena_, kind, step, schema, &input);
        made->is_table = input != nullptr && input->is_table;
        return reinterpret_cast<Node *>(made);
    }

private:
    void check(tg_code code)
    {
        EXPECT_EQ(code, TG_OK) << error_.message;
    }
    tg_arena *arena_;
    tg_error error_ = {};
};

constexpr int64_t minute = 60000;

tg_plan_node *make_source(Builder &b)
{
    const tg_schema *schema =
        b.schema({{"ID", &tg_type_string, TG_COLUMN_KEY, nullptr},
                  {"AMOUNT", &tg_type_int, TG_COLUMN_VALUE, nullptr},
                  {"PRICE", b.type("DECIMAL(4, 2)"), TG_COLUMN_VALUE, nullptr},
                  {"ITEMS", b.type("ARRAY<STRUCT<`Code` STRING, QTY INT>>"), TG_COLUMN_VALUE, nullptr},
                  {"TAGS", b.type("MAP<STRING, BIGINT>"), TG_COLUMN_VALUE, nullptr},
                  {"WHEN_", &tg_type_string, TG_COLUMN_VALUE, nullptr},
                  {"TRACE", &tg_type_bytes, TG_COLUMN_HEADER, "trace-id"},
                  {"ROWTIME", &tg_type_bigint, TG_COLUMN_ROWTIME, nullptr}});
    auto *source = b.node<tg_plan_source>(&tg_plan_source_kind, "Source", schema, nullptr);
    source->source_name = "ORDERS";
    source->topic = "orders";
    source->key_format = {"KAFKA", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
    source->value_format = {"DELIMITED", false, ';', 0, nullptr, TG_NULLABLE_NEVER};
    source->timestamp_column = 5;
    source->timestamp_format = "yyyy-MM-dd'T'HH:mm:ss";
    source->needed = b.copy<bool>({true, true, true, true, true, true, false, true});
    return &source->base;
}

tg_plan_node *make_filter(Builder &b, tg_plan_node *input)
{
    const tg_schema *schema = input->schema;
    Expr amount = b.column(schema, "AMOUNT");
    Expr a = b.call(">", {amount, b.integer(3)});
    Expr c = b.call("LIKE", {b.column(schema, "ID"), b.text("a\"%\n\u00e9'x")});
    Expr d = b.call("IN", {amount, b.integer(1), b.integer(-2)});
    Expr e = b.call("IS_NOT_NULL", {b.column(schema, "PRICE")});
    Expr or_part = b.both(TG_EXPR_OR, b.both(TG_EXPR_OR, c, d), b.call("NOT", {e}));
    auto *filter = b.node<tg_plan_filter>(&tg_plan_filter_kind, "Filter", schema, input);
    filter->predicate = b.both(TG_EXPR_AND, b.both(TG_EXPR_AND, a, or_part),
                               b.call("=", {b.column(schema, "ROWTIME"), amount}));
    return &filter->base;
}

tg_plan_node *make_flat_map(Builder &b, tg_plan_node *input)
{
    std::vector<tg_schema_column> columns(input->schema->columns,
                                          input->schema->columns + input->schema->count);
    columns.push_back({"EXPLODE(ITEMS)", b.type("STRUCT<`Code` STRING, QTY INT>"), TG_COLUMN_VALUE, nullptr});
    auto *flat_map = b.node<tg_plan_flat_map>(&tg_plan_flat_map_kind, "FlatMap", b.schema(columns), input);
    flat_map->calls = b.copy<tg_function_call>(
        {b.function(TG_FUNCTION_TABLE, "EXPLODE", {b.column(input->schema, "ITEMS")})});
    flat_map->call_count = 1;
    return &flat_map->base;
}

tg_plan_node *make_rekey(Builder &b, tg_plan_node *input)
{
    const tg_schema *schema = b.schema({{"CODE", &tg_type_string, TG_COLUMN_KEY, nullptr},
                                        {"KSQL_COL_1", &tg_type_bigint, TG_COLUMN_KEY, nullptr},
                                        {"AMOUNT", &tg_type_int, TG_COLUMN_VALUE, nullptr},
                                        {"PRICE", b.type("DECIMAL(4, 2)"), TG_COLUMN_VALUE, nullptr}});
    auto *rekey = b.node<tg_plan_rekey>(&tg_plan_rekey_kind, "Rekey", schema, input);
    rekey->key_count = 2;
    rekey->key_expressions = b.list({b.field(b.column(input->schema, "EXPLODE(ITEMS)"), "Code"),
                                     b.call("[]", {b.column(input->schema, "TAGS"), b.text("k")})});
    rekey->kept_count = 2;
    rekey->kept = b.copy<uint32_t>({1, 2});
    rekey->drop_null_keys = true;
    rekey->repartition = true;
    rekey->key_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
    rekey->value_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
    return &rekey->base;
}

struct AggregateChanges {
    int64_t size_ms = 15 * minute;
    int64_t grace_ms = 5 * minute;
    const char *argument = "AMOUNT";
    tg_emission emission = TG_EMIT_FINAL;
};

tg_plan_node *make_aggregate(Builder &b, tg_plan_node *input, const AggregateChanges &changes)
{
    tg_function_call sum =
        b.function(TG_FUNCTION_AGGREGATE, "SUM", {b.column(input->schema, changes.argument)});
    const tg_schema *schema = b.schema({{"CODE", &tg_type_string, TG_COLUMN_KEY, nullptr},
                                        {"KSQL_COL_1", &tg_type_bigint, TG_COLUMN_KEY, nullptr},
                                        {"WINDOWSTART", &tg_type_bigint, TG_COLUMN_WINDOWSTART, nullptr},
                                        {"WINDOWEND", &tg_type_bigint, TG_COLUMN_WINDOWEND, nullptr},
                                        {"COUNT(*)", &tg_type_bigint, TG_COLUMN_VALUE, nullptr},
                                        {"S", sum.type, TG_COLUMN_VALUE, nullptr}});
    auto *aggregate = b.node<tg_plan_aggregate>(&tg_plan_aggregate_kind, "Aggregate", schema, input);
    aggregate->base.is_table = true;
    aggregate->window = {TG_WINDOW_TUMBLING, changes.size_ms, changes.size_ms, changes.grace_ms,
                         changes.size_ms + changes.grace_ms};
    aggregate->emission = changes.emission;
    aggregate->call_count = 2;
    aggregate->calls = b.copy<tg_function_call>({b.function(TG_FUNCTION_AGGREGATE, "COUNT", {}), sum});
    aggregate->key_format = "JSON";
    return &aggregate->base;
}

std::vector<Expr> all_literals(Builder &b)
{
    tg_literal null = {};
    null.is_null = true;
    tg_literal bytes = {};
    bytes.value.bytes = tg_slice_of("\x00\xff\x10", 3);
    tg_literal date = {};
    date.value.int32 = -3;
    tg_literal timestamp = {};
    timestamp.value.int64 = 1700000000123;
    return {b.integer(-5),
            tg_expr_bigint(b.arena(), INT64_MIN, {}),
            tg_expr_double(b.arena(), -1.25e-7, {}),
            tg_expr_boolean(b.arena(), true, {}),
            b.decimal("-12.50"),
            b.text("tab\there"),
            b.literal("BYTES", bytes),
            b.literal("DATE", date),
            b.literal("TIMESTAMP", timestamp),
            b.literal("ARRAY<INT>", null),
            b.structure({"a", "B"}, {b.integer(1), b.text("x")}),
            b.call("ARRAY", {b.integer(1), b.integer(2)}),
            b.call("MAP", {b.text("k"), b.integer(2)}),
            b.cast(b.text("7"), "BIGINT"),
            b.choose({tg_expr_boolean(b.arena(), false, {}), b.integer(1), b.integer(2)}),
            b.call("+", {b.integer(1), b.call("NEG", {b.integer(2)})})};
}

tg_plan_node *make_project(Builder &b, tg_plan_node *input)
{
    std::vector<tg_schema_column> columns;
    std::vector<Expr> expressions;
    for (const char *name : {"CODE", "KSQL_COL_1", "WINDOWSTART", "WINDOWEND", "COUNT(*)", "S"}) {
        Expr expr = b.column(input->schema, name);
        columns.push_back(input->schema->columns[expr->index]);
        expressions.push_back(expr);
    }
    for (Expr expr : all_literals(b)) {
        columns.push_back(
            {tg_arena_printf(b.arena(), "V%zu", columns.size()), expr->type, TG_COLUMN_VALUE, nullptr});
        expressions.push_back(expr);
    }
    auto *project = b.node<tg_plan_project>(&tg_plan_project_kind, "Project", b.schema(columns), input);
    project->expressions = b.list(expressions);
    return &project->base;
}

const tg_plan *make_plan(Builder &b, const AggregateChanges &changes = {})
{
    tg_plan_node *node = make_rekey(b, make_flat_map(b, make_filter(b, make_source(b))));
    node = make_project(b, make_aggregate(b, node, changes));
    auto *sink = b.node<tg_plan_sink>(&tg_plan_sink_kind, "Sink", node->schema, node);
    sink->sink_name = "TOTALS";
    sink->topic = {"totals", 4, -1, 86400000, true};
    sink->key_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
    sink->value_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
    sink->timestamp_column = 5;
    sink->timestamp_column = tg_schema_find(node->schema, tg_slice_text("WINDOWEND"));
    sink->window_kind = TG_WINDOW_TUMBLING;
    sink->window_size_ms = changes.size_ms;
    auto *plan = static_cast<tg_plan *>(tg_arena_alloc_zero(b.arena(), 1, sizeof(tg_plan)));
    *plan = {"CTAS_TOTALS",
             "CREATE TABLE totals AS SELECT \"x\" ...",
             &sink->base,
             {TG_ON_ERROR_DEAD_LETTER, "bad-totals", "late-totals"}};
    return plan;
}

std::string json_of(const tg_plan *plan)
{
    tg_buffer buffer = {};
    tg_plan_write_json(plan, &buffer);
    std::string text(reinterpret_cast<const char *>(buffer.data), buffer.length);
    tg_buffer_done(&buffer);
    return text;
}

std::string text_of(const tg_plan *plan, bool programs)
{
    tg_buffer buffer = {};
    tg_error error = {};
    const tg_plan_text_options options = {programs};
    EXPECT_EQ(tg_plan_write_text(plan, &options, &buffer, &error), TG_OK) << error.message;
    std::string text = tg_buffer_text(&buffer);
    tg_buffer_done(&buffer);
    return text;
}

struct ReadResult {
    tg_code code = TG_OK;
    std::string message, json, text;
    uint64_t layout = 0;
};

ReadResult read(const std::string &json)
{
    tg_arena *arena = tg_arena_new(0);
    const tg_plan *plan = nullptr;
    tg_error error = {};
    ReadResult result;
    result.code = tg_plan_read_json(arena, tg_slice_of(json.data(), json.size()), &plan, &error);
    result.message = error.message;
    if (result.code == TG_OK) {
        result.json = json_of(plan);
        result.text = text_of(plan, true);
        result.layout = tg_plan_layout_id(plan->root);
    }
    tg_arena_free(arena);
    return result;
}

// The file's content, or (TG_REWRITE=1) what it is to be from now on.
std::string golden(const char *name, const std::string &actual)
{
    std::string path = std::string(TG_SOURCE_DIR) + "/plan/tests/" + name;
    if (std::getenv("TG_REWRITE") != nullptr)
        std::ofstream(path) << actual;
    std::ifstream file(path);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
}

TEST(Plan, IsCheckedWhenItIsBuilt)
{
    Builder b;
    tg_error error = {};
    EXPECT_EQ(tg_plan_check(make_plan(b), &error), TG_OK) << error.message;
}

TEST(Plan, WritesTheGoldenText)
{
    Builder b;
    std::string actual = text_of(make_plan(b), false);
    EXPECT_EQ(actual, golden("plan.golden.txt", actual));
}

TEST(Plan, WritesTheGoldenJson)
{
    Builder b;
    std::string actual = json_of(make_plan(b));
    EXPECT_EQ(actual, golden("plan.golden.json", actual));
}

TEST(Plan, ComesBackFromJsonTheSame)
{
    Builder b;
    const tg_plan *plan = make_plan(b);
    ReadResult result = read(json_of(plan));
    ASSERT_EQ(result.code, TG_OK) << result.message;
    EXPECT_EQ(result.json, json_of(plan));
    EXPECT_EQ(result.text, text_of(plan, true));
    EXPECT_EQ(result.layout, tg_plan_layout_id(plan->root));
}

TEST(Plan, KeepsTextsWithZeroBytes)
{
    Builder b;
    std::string json = json_of(make_plan(b));
    size_t at = json.find("tab\\there");
    ASSERT_NE(at, std::string::npos);
    json.replace(at, 9, "tab\\u0000here");
    EXPECT_EQ(read(json).json, json);
}

TEST(Plan, ListsInputsBeforeTheirConsumers)
{
    Builder b;
    const tg_plan *plan = make_plan(b);
    ASSERT_EQ(tg_plan_node_count(plan), 7u);
    std::vector<tg_plan_node *> nodes(7);
    tg_plan_list_nodes(plan, nodes.data());
    EXPECT_STREQ(nodes[0]->step, "Source");
    EXPECT_STREQ(nodes[6]->step, "Sink");
    for (size_t i = 1; i < nodes.size(); i++)
        EXPECT_EQ(nodes[i]->inputs[0], nodes[i - 1]);
}

struct Damage {
    const char *name, *from, *to;
    tg_code code;
    const char *message; // a part of it
};

class DamagedPlan : public testing::TestWithParam<Damage>
{
};

TEST_P(DamagedPlan, IsRefusedWithItsPath)
{
    Builder b;
    std::string json = json_of(make_plan(b));
    size_t at = json.find(GetParam().from);
    ASSERT_NE(at, std::string::npos);
    json.replace(at, std::string(GetParam().from).size(), GetParam().to);
    ReadResult result = read(json);
    EXPECT_EQ(result.code, GetParam().code);
    EXPECT_NE(result.message.find(GetParam().message), std::string::npos) << result.message;
}

INSTANTIATE_TEST_SUITE_P(
    Json, DamagedPlan,
    testing::Values(
        Damage{"not_json", "{", "[", TG_CODE_CORRUPT, "not JSON"},
        Damage{"newer_form", "\"turgo_plan\": 1", "\"turgo_plan\": 2", TG_CODE_UNSUPPORTED, "form 2"},
        Damage{"unknown_node", "\"kind\": \"Filter\"", "\"kind\": \"Sieve\"", TG_CODE_UNSUPPORTED, "Sieve"},
        Damage{"missing_member", "\"topic\": \"orders\",", "", TG_CODE_CORRUPT, "\"topic\" is missing"},
        Damage{"duplicate_member", "\"topic\": \"orders\",", "\"topic\": \"orders\", \"topic\": \"x\",",
               TG_CODE_CORRUPT, "not JSON"},
        Damage{"wrong_kind_of_value", "\"repartition\": true", "\"repartition\": 1", TG_CODE_CORRUPT,
               ".repartition: is not true or false"},
        Damage{"unknown_word", "\"FINAL\"", "\"NEVER\"", TG_CODE_CORRUPT, ".emission: \"NEVER\""},
        Damage{"unknown_column", "[\"column\", \"TAGS\"]", "[\"column\", \"RAGS\"]", TG_CODE_CORRUPT,
               "no column \"RAGS\""},
        Damage{"unknown_function", "[\"call\", \"LIKE\"", "[\"call\", \"LUKE\"", TG_CODE_CORRUPT,
               ".predicate["},
        Damage{"wrong_argument_type", "[\"column\", \"TAGS\"], [\"literal\", \"STRING\", \"k\"]",
               "[\"column\", \"TAGS\"], [\"literal\", \"BOOLEAN\", true]", TG_CODE_CORRUPT,
               ".key_expressions[1]"},
        Damage{"literal_of_other_type", "[\"literal\", \"BIGINT\", -9223372036854775808]",
               "[\"literal\", \"BIGINT\", \"1\"]", TG_CODE_CORRUPT, "is not a BIGINT"},
        Damage{"literal_out_of_range", "[\"literal\", \"INTEGER\", -5]",
               "[\"literal\", \"INTEGER\", 5000000000]", TG_CODE_CORRUPT, "not a INTEGER"},
        Damage{"parameter_without_lambda", "[\"literal\", \"INTEGER\", -5]",
               "[\"parameter\", 0, 0, \"X\", \"INTEGER\"]", TG_CODE_CORRUPT, "no lambda"},
        Damage{"lambda_as_value", "[\"literal\", \"INTEGER\", -5]",
               "[\"lambda\", 1, [\"literal\", \"INTEGER\", -5]]", TG_CODE_CORRUPT,
               "lambda cannot stand here"},
        Damage{"grace_below_zero", "\"grace_ms\": 300000", "\"grace_ms\": -1", TG_CODE_CORRUPT,
               ".window.grace_ms"},
        Damage{"window_size_zero", "\"size_ms\": 900000", "\"size_ms\": 0", TG_CODE_CORRUPT,
               "step Aggregate"},
        Damage{"steps_not_unique", "\"step\": \"Filter\"", "\"step\": \"Source\"", TG_CODE_CORRUPT,
               "two steps are named Source"},
        Damage{"predicate_not_boolean", "\"predicate\": [\"and\"",
               "\"predicate\": [\"literal\", \"INTEGER\", 1], \"x\": [\"and\"", TG_CODE_CORRUPT,
               "step Filter"}),
    [](const auto &info) { return std::string(info.param.name); });

TEST(Plan, RefusesNodesOfNewerVersions)
{
    Builder b;
    std::string json = json_of(make_plan(b));
    size_t at = json.find("\"version\": 2", json.find("\"kind\": \"Aggregate\""));
    ReadResult result = read(json.replace(at, 12, "\"version\": 7"));
    EXPECT_EQ(result.code, TG_CODE_UNSUPPORTED);
    EXPECT_NE(result.message.find("$.root.inputs[0].inputs[0]: the plan has version 7 of the node Aggregate"),
              std::string::npos)
        << result.message;
}

// Cut at many places, and with many bytes replaced: never a crash, and what is still read is a plan that
// holds together.
TEST(Plan, SurvivesCutsAndFlips)
{
    Builder b;
    std::string json = json_of(make_plan(b));
    for (size_t length = 0; length < json.size() - 2; length += 41)
        EXPECT_NE(read(json.substr(0, length)).code, TG_OK) << length;
    for (size_t at = 0; at < json.size(); at += 17) {
        std::string changed = json;
        changed[at] = changed[at] == '"' ? 'x' : '"';
        read(changed);
        changed[at] = '1';
        read(changed);
    }
}

TEST(Plan, RefusesExpressionsThatAreTooDeep)
{
    Builder b;
    std::string json = json_of(make_plan(b));
    std::string deep;
    for (int i = 0; i < 1700; i++)
        deep += "[\"cast\", \"INTEGER\", ";
    deep += "[\"literal\", \"INTEGER\", -5]" + std::string(1700, ']');
    size_t at = json.find("[\"literal\", \"INTEGER\", -5]");
    ReadResult result = read(json.replace(at, std::string("[\"literal\", \"INTEGER\", -5]").size(), deep));
    EXPECT_EQ(result.code, TG_CODE_CORRUPT);
    EXPECT_NE(result.message.find("deeper"), std::string::npos) << result.message.substr(0, 200);
}

struct LayoutCase {
    const char *name;
    AggregateChanges changes;
    bool same;
};

class LayoutId : public testing::TestWithParam<LayoutCase>
{
};

TEST_P(LayoutId, CoversWhatDecidesTheStore)
{
    Builder first, second;
    uint64_t original = tg_plan_layout_id(make_plan(first)->root);
    uint64_t changed = tg_plan_layout_id(make_plan(second, GetParam().changes)->root);
    EXPECT_EQ(original == changed, GetParam().same);
}

INSTANTIATE_TEST_SUITE_P(
    Plan, LayoutId,
    testing::Values(LayoutCase{"unchanged", {}, true},
                    LayoutCase{"grace", {15 * minute, 9 * minute, "AMOUNT", TG_EMIT_FINAL}, true},
                    LayoutCase{"size", {30 * minute, 5 * minute, "AMOUNT", TG_EMIT_FINAL}, false},
                    LayoutCase{"argument", {15 * minute, 5 * minute, "PRICE", TG_EMIT_FINAL}, false},
                    LayoutCase{"emission", {15 * minute, 5 * minute, "AMOUNT", TG_EMIT_CHANGES}, false}),
    [](const auto &info) { return std::string(info.param.name); });

// The id is stored with data: it must never change for the same plan.
TEST(Plan, LayoutIdIsPinned)
{
    Builder b;
    char id[32];
    snprintf(id, sizeof id, "%016llx\n",
             static_cast<unsigned long long>(tg_plan_layout_id(make_plan(b)->root)));
    EXPECT_EQ(id, golden("layout.golden.txt", id));
}

struct FormatCase {
    const char *format, *type;
    bool fits;
};

TEST(FormatInfo, KnowsWhatFormatsCarry)
{
    const FormatCase cases[] = {
        {"JSON", "MAP<STRING, ARRAY<INT>>", true},
        {"JSON", "MAP<INT, INT>", false},
        {"KAFKA", "BIGINT", true},
        {"KAFKA", "DECIMAL(2, 1)", false},
        {"kafka", "BOOLEAN", false},
        {"DELIMITED", "TIMESTAMP", true},
        {"DELIMITED", "ARRAY<INT>", false},
        {"NONE", "INT", false},
        {"AVRO", "STRUCT<A INT>", true},
    };
    for (const FormatCase &test : cases) {
        Builder b;
        const tg_format_info *info = tg_format_info_find(tg_slice_text(test.format));
        ASSERT_NE(info, nullptr) << test.format;
        const tg_schema_column column = {"C", b.type(test.type), TG_COLUMN_VALUE, nullptr};
        EXPECT_EQ(tg_format_info_refused(info, &column, 1) == 1, test.fits)
            << test.format << " " << test.type;
    }
    EXPECT_EQ(tg_format_info_find(tg_slice_text("FOO")), nullptr);
}

TEST(FormatInfo, CountsColumns)
{
    const tg_schema_column columns[] = {{"A", &tg_type_int, TG_COLUMN_KEY, nullptr},
                                        {"B", &tg_type_int, TG_COLUMN_KEY, nullptr}};
    EXPECT_EQ(tg_format_info_refused(tg_format_info_find(tg_slice_text("KAFKA")), columns, 2), 1u);
    EXPECT_EQ(tg_format_info_refused(tg_format_info_find(tg_slice_text("JSON")), columns, 2), 2u);
}

} // namespace
