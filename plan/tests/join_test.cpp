// Joins as plan nodes: text, JSON and back, checks, layout ids.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plan/nodes/foreign_key_join.h"
#include "plan/nodes/materialize.h"
#include "plan/nodes/sink.h"
#include "plan/nodes/source.h"
#include "plan/nodes/stream_stream_join.h"
#include "plan/nodes/stream_table_join.h"
#include "plan/nodes/table_table_join.h"

namespace
{

enum class Kind { StreamStream, StreamTable, TableTable, ForeignKey };

struct Shape {
    Kind kind = Kind::StreamStream;
    tg_join_kind join = TG_JOIN_LEFT;
    int64_t before_ms = 60000, after_ms = 1000, grace_ms = -1;
    bool windowed = false;
    bool copies_price = true;
};

const uint32_t both[] = {0, 1};
const uint32_t key_only[] = {0};

// A plan over two topics, in its own arena.
class JoinPlan
{
public:
    explicit JoinPlan(const Shape &shape) : arena_(tg_arena_new(0))
    {
        bool left_table = shape.kind == Kind::TableTable || shape.kind == Kind::ForeignKey;
        tg_plan_node *inputs[] = {input("Left", "a", left_table, shape.windowed),
                                  input("Right", "b", shape.kind != Kind::StreamStream, shape.windowed)};
        tg_plan_node *join = make_join(shape, inputs);
        tg_plan_node *node = tg_plan_node_new(arena_, &tg_plan_sink_kind, "Sink", join->schema, &join);
        auto *sink = reinterpret_cast<tg_plan_sink *>(node);
        node->is_table = join->is_table;
        sink->sink_name = "RESULT";
        sink->topic = {"result", 0, -1, -2, false};
        sink->key_format = sink->value_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        sink->timestamp_column = -1;
        sink->window_kind = shape.windowed ? TG_WINDOW_TUMBLING : TG_WINDOW_NONE;
        sink->window_size_ms = shape.windowed ? 1000 : 0;
        plan_ = {"CSAS_RESULT", "CREATE STREAM result ...", node, {}};
    }
    ~JoinPlan()
    {
        tg_arena_free(arena_);
    }
    JoinPlan(const JoinPlan &) = delete;
    JoinPlan &operator=(const JoinPlan &) = delete;

    const tg_plan *plan() const
    {
        return &plan_;
    }
    tg_plan_node *join()
    {
        return plan_.root->inputs[0];
    }
    std::string check()
    {
        tg_error error = {};
        return tg_plan_check(&plan_, &error) == TG_OK ? "" : error.message;
    }
    std::string json() const
    {
        tg_buffer buffer = {};
        tg_plan_write_json(&plan_, &buffer);
        std::string text(reinterpret_cast<const char *>(buffer.data), buffer.length);
        tg_buffer_done(&buffer);
        return text;
    }

private:
    tg_plan_node *input(const char *step, const char *topic, bool is_table, bool windowed)
    {
        std::vector<tg_schema_column> columns = {{"ID", &tg_type_int, TG_COLUMN_KEY, nullptr},
                                                 {"PRICE", &tg_type_int, TG_COLUMN_VALUE, nullptr}};
        if (windowed) {
            columns.push_back({"WINDOWSTART", &tg_type_bigint, TG_COLUMN_WINDOWSTART, nullptr});
            columns.push_back({"WINDOWEND", &tg_type_bigint, TG_COLUMN_WINDOWEND, nullptr});
        }
        const tg_schema *schema =
            tg_schema_new(arena_, columns.data(), static_cast<uint32_t>(columns.size()));
        tg_plan_node *node = tg_plan_node_new(arena_, &tg_plan_source_kind,
                                              tg_arena_printf(arena_, "%sSource", step), schema, nullptr);
        auto *source = reinterpret_cast<tg_plan_source *>(node);
        auto *needed = static_cast<bool *>(tg_arena_alloc_zero(arena_, columns.size(), sizeof(bool)));
        source->source_name = topic;
        source->topic = topic;
        source->key_format = {"KAFKA", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        source->value_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        source->timestamp_column = -1;
        source->needed = needed;
        source->window_kind = windowed ? TG_WINDOW_TUMBLING : TG_WINDOW_NONE;
        source->window_size_ms = windowed ? 1000 : 0;
        if (!is_table)
            return node;
        node->is_table = true;
        node = tg_plan_node_new(arena_, &tg_plan_materialize_kind, tg_arena_printf(arena_, "%sTable", step),
                                schema, &node);
        node->is_table = true;
        return node;
    }
    tg_plan_node *make_join(const Shape &shape, tg_plan_node **inputs)
    {
        const tg_plan_join_columns copies = {2, both, shape.copies_price ? 2u : 1u,
                                             shape.copies_price ? both : key_only};
        std::vector<tg_schema_column> columns = {{"A_ID", &tg_type_int, TG_COLUMN_KEY, nullptr}};
        if (shape.windowed) {
            columns.push_back({"WINDOWSTART", &tg_type_bigint, TG_COLUMN_WINDOWSTART, nullptr});
            columns.push_back({"WINDOWEND", &tg_type_bigint, TG_COLUMN_WINDOWEND, nullptr});
        }
        columns.push_back({"L_ID", &tg_type_int, TG_COLUMN_VALUE, nullptr});
        columns.push_back({"L_PRICE", &tg_type_int, TG_COLUMN_VALUE, nullptr});
        columns.push_back({"R_ID", &tg_type_int, TG_COLUMN_VALUE, nullptr});
        if (shape.copies_price)
            columns.push_back({"R_PRICE", &tg_type_int, TG_COLUMN_VALUE, nullptr});
        const tg_schema *schema =
            tg_schema_new(arena_, columns.data(), static_cast<uint32_t>(columns.size()));
        switch (shape.kind) {
        case Kind::StreamStream: {
            auto *join = make<tg_plan_stream_stream_join>(&tg_plan_stream_stream_join_kind, schema, inputs);
            join->join = shape.join;
            join->before_ms = shape.before_ms;
            join->after_ms = shape.after_ms;
            join->grace_ms = shape.grace_ms;
            join->columns = copies;
            return &join->base;
        }
        case Kind::StreamTable: {
            auto *join = make<tg_plan_stream_table_join>(&tg_plan_stream_table_join_kind, schema, inputs);
            join->join = shape.join;
            join->columns = copies;
            return &join->base;
        }
        case Kind::TableTable: {
            auto *join = make<tg_plan_table_table_join>(&tg_plan_table_table_join_kind, schema, inputs);
            join->join = shape.join;
            join->columns = copies;
            return &join->base;
        }
        case Kind::ForeignKey: {
            auto *join = make<tg_plan_foreign_key_join>(&tg_plan_foreign_key_join_kind, schema, inputs);
            join->join = shape.join;
            join->foreign_key = tg_expr_column(arena_, inputs[0]->schema, 1, {});
            join->key_format = join->foreign_key_format = {"KAFKA", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
            join->value_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
            join->columns = copies;
            return &join->base;
        }
        }
        return nullptr;
    }
    template <typename Node>
    Node *make(const tg_plan_node_kind *kind, const tg_schema *schema, tg_plan_node **inputs)
    {
        tg_plan_node *node = tg_plan_node_new(arena_, kind, "Join", schema, inputs);
        node->is_table = inputs[0]->is_table;
        return reinterpret_cast<Node *>(node);
    }
    tg_arena *arena_;
    tg_plan plan_ = {};
};

std::string text_of(const tg_plan *plan)
{
    tg_buffer buffer = {};
    const tg_plan_text_options options = {false};
    tg_error error = {};
    EXPECT_EQ(tg_plan_write_text(plan, &options, &buffer, &error), TG_OK) << error.message;
    std::string text = tg_buffer_text(&buffer);
    tg_buffer_done(&buffer);
    return text;
}

struct Case {
    const char *name;
    Shape shape;
    const char *text; // of the join's line, in front of the columns
};

class JoinNode : public testing::TestWithParam<Case>
{
};

TEST_P(JoinNode, ComesBackFromJsonTheSame)
{
    JoinPlan made(GetParam().shape);
    ASSERT_EQ(made.check(), "");
    EXPECT_NE(text_of(made.plan()).find(GetParam().text), std::string::npos) << text_of(made.plan());
    std::string json = made.json();
    tg_arena *arena = tg_arena_new(0);
    const tg_plan *read = nullptr;
    tg_error error = {};
    ASSERT_EQ(tg_plan_read_json(arena, tg_slice_of(json.data(), json.size()), &read, &error), TG_OK)
        << error.message;
    tg_buffer again = {};
    tg_plan_write_json(read, &again);
    EXPECT_EQ(std::string(reinterpret_cast<const char *>(again.data), again.length), json);
    EXPECT_EQ(text_of(read), text_of(made.plan()));
    EXPECT_EQ(tg_plan_layout_id(read->root), tg_plan_layout_id(made.plan()->root));
    tg_buffer_done(&again);
    tg_arena_free(arena);
}

INSTANTIATE_TEST_SUITE_P(
    Plan, JoinNode,
    testing::Values(
        Case{"stream_stream",
             {},
             "Join: LEFT of LeftSource with RightSource by `A_ID` INTEGER, WITHIN (1 MINUTE, 1 SECOND) =>"},
        Case{"with_grace",
             {Kind::StreamStream, TG_JOIN_FULL, 1000, 1000, 0},
             "Join: FULL of LeftSource with RightSource by `A_ID` INTEGER, WITHIN (1 SECOND, 1 SECOND), "
             "GRACE PERIOD 0 SECONDS"},
        Case{"windowed",
             {Kind::StreamStream, TG_JOIN_INNER, 0, 0, -1, true},
             "INNER of LeftSource with RightSource by `A_ID` INTEGER, WITHIN (0 SECONDS, 0 SECONDS) => "
             ""},
        Case{"stream_table",
             {Kind::StreamTable, TG_JOIN_LEFT},
             "Join: LEFT of LeftSource with RightTable by `A_ID` INTEGER =>"},
        Case{"table_table",
             {Kind::TableTable, TG_JOIN_RIGHT},
             "Join: RIGHT of LeftTable with RightTable by `A_ID` INTEGER =>"},
        Case{"foreign_key",
             {Kind::ForeignKey, TG_JOIN_INNER},
             "Join: INNER of LeftTable with RightTable by `A_ID` INTEGER, rows named by PRICE =>"}),
    [](const auto &info) { return std::string(info.param.name); });

TEST(JoinNode, RefusesWhatDoesNotHoldTogether)
{
    struct {
        const char *name;
        Shape shape;
        void (*damage)(JoinPlan &plan);
        const char *message;
    } const cases[] = {
        {"full stream-table", {Kind::StreamTable, TG_JOIN_FULL}, [](JoinPlan &) {}, "FULL is not possible"},
        {"right by foreign key",
         {Kind::ForeignKey, TG_JOIN_RIGHT},
         [](JoinPlan &) {},
         "RIGHT is not possible"},
        {"negative span", {Kind::StreamStream, TG_JOIN_LEFT, -1, 5}, [](JoinPlan &) {}, "WITHIN has -1 ms"},
        {"stream for a table",
         {Kind::TableTable, TG_JOIN_LEFT},
         [](JoinPlan &plan) {
             plan.join()->inputs[1] = plan.join()->inputs[1]->inputs[0];
             plan.join()->inputs[1]->is_table = false;
         },
         "a stream stands where a table should"},
        {"a column too few",
         {},
         [](JoinPlan &plan) {
             reinterpret_cast<tg_plan_stream_stream_join *>(plan.join())->columns.left_count = 1;
         },
         "1 key columns and bounds, 1 left and 2 right make 5 columns"},
    };
    for (const auto &test : cases) {
        JoinPlan plan(test.shape);
        test.damage(plan);
        EXPECT_NE(plan.check().find(test.message), std::string::npos) << test.name << ": " << plan.check();
    }
}

uint64_t layout(const Shape &shape)
{
    return tg_plan_layout_id(JoinPlan(shape).plan()->root);
}

// A column more in the projection keeps the state; another span does not.
TEST(JoinNode, LayoutCoversWhatDecidesTheStores)
{
    Shape shape;
    Shape narrow = shape, longer = shape, graced = shape, inner = shape, later = shape;
    narrow.copies_price = false;
    longer.before_ms = 70000;
    inner.join = TG_JOIN_INNER;
    graced.grace_ms = 5;
    later.grace_ms = 6;
    EXPECT_EQ(layout(shape), layout(narrow));
    EXPECT_NE(layout(shape), layout(longer));
    EXPECT_NE(layout(shape), layout(inner));
    EXPECT_NE(layout(shape), layout(graced));
    EXPECT_EQ(layout(graced), layout(later));
}

} // namespace
