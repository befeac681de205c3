// What joins with tables keep serves a later version of their statement: a column that was not read before is
// found for rows that came before, from the local state as from the changelogs.
#include "topology/tests/world.h"

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

enum class Join { stream_table, with_history, tables, foreign_key };

void side(PlanBuilder &plan, const char *topic, bool is_table, const char *unread)
{
    plan.prefix = topic;
    tg_plan_source *source = plan.source(
        topic, {{"K", "STRING", TG_COLUMN_KEY}, {"F", "STRING"}, {"V", "INTEGER"}, {"W", "INTEGER"}});
    if (unread != nullptr)
        const_cast<bool *>(source->needed)[tg_schema_find(source->base.schema, tg_slice_text(unread))] =
            false;
    if (is_table) {
        plan.table();
        plan.materialize();
    }
    plan.prefix = "";
}

// Version 1 reads V of both sides, version 2 also W.
const tg_plan *join_plan(PlanBuilder &plan, Join kind, int version)
{
    const char *unread = version == 1 ? "W" : nullptr;
    side(plan, "left", kind == Join::tables || kind == Join::foreign_key, unread);
    Expr named = plan.column("F");
    tg_plan_node *left = plan.take();
    side(plan, "right", true, unread);
    if (kind == Join::with_history)
        reinterpret_cast<tg_plan_materialize *>(plan.top)->history_ms = 1000;
    tg_plan_node *right = plan.take();
    if (kind == Join::tables) {
        plan.join<tg_plan_table_table_join>(&tg_plan_table_table_join_kind, "Join", TG_JOIN_INNER, left,
                                            right);
    } else if (kind == Join::foreign_key) {
        auto *join = plan.join<tg_plan_foreign_key_join>(&tg_plan_foreign_key_join_kind, "Join",
                                                         TG_JOIN_INNER, left, right);
        join->foreign_key = named;
        join->key_format = join->foreign_key_format = {"KAFKA", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        join->value_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
    } else {
        plan.join<tg_plan_stream_table_join>(&tg_plan_stream_table_join_kind, "Join", TG_JOIN_INNER, left,
                                             right);
    }
    std::vector<std::pair<Column, Expr>> outputs = {{{"K", "STRING", TG_COLUMN_KEY}, plan.column("K")},
                                                    {{"A", "INTEGER"}, plan.column("L_V")},
                                                    {{"B", "INTEGER"}, plan.column("R_V")}};
    if (version == 2) {
        outputs.push_back({{"C", "INTEGER"}, plan.column("L_W")});
        outputs.push_back({{"D", "INTEGER"}, plan.column("R_W")});
    }
    plan.project(outputs);
    plan.sink("out");
    return plan.plan();
}

class JoinState : public testing::TestWithParam<std::tuple<Join, bool>>
{
};

TEST_P(JoinState, ServesAColumnThatIsReadLater)
{
    auto [kind, loses_disk] = GetParam();
    World world;
    State disk, other_disk;
    PlanBuilder first, second;
    ProcessOptions options;
    options.state = &disk;
    world.topic("left");
    world.topic("right");
    auto process = std::make_unique<Process>(world, join_plan(first, kind, 1), options);
    world.produce("right", {0, 10, "k", R"({"V":1,"W":2})"});
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    world.produce("left", {0, 20, "k", R"({"F":"k","V":3,"W":4})"});
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    ASSERT_EQ(process->stop(), TG_OK);
    process.reset();
    if (loses_disk) {
        world.advance(60000); // the static member's session ends
        options.instance = "p2";
        options.state = &other_disk;
    }
    process = std::make_unique<Process>(world, join_plan(second, kind, 2), options);
    world.produce("left", {0, 30, "k", R"({"F":"k","V":5,"W":6})"});
    ASSERT_EQ(process->run(), TG_OK) << process->error.message;
    Lines expected = {R"(k = {"A":3,"B":1} @20)", R"(k = {"A":5,"B":1,"C":6,"D":2} @30)"};
    if (kind == Join::tables || kind == Join::foreign_key) { // and what is kept of the left side
        world.produce("right", {0, 40, "k", R"({"V":7,"W":8})"});
        ASSERT_EQ(process->run(), TG_OK) << process->error.message;
        expected.push_back(R"(k = {"A":5,"B":7,"C":6,"D":8} @40)");
    }
    EXPECT_EQ(world.lines("out"), expected);
}

std::string test_name(const testing::TestParamInfo<JoinState::ParamType> &test)
{
    const char *const names[] = {"stream_table", "with_history", "tables", "foreign_key"};
    return std::string(names[static_cast<int>(std::get<0>(test.param))]) +
           (std::get<1>(test.param) ? "_other_disk" : "");
}

INSTANTIATE_TEST_SUITE_P(All, JoinState,
                         testing::Combine(testing::Values(Join::stream_table, Join::with_history,
                                                          Join::tables, Join::foreign_key),
                                          testing::Bool()),
                         test_name);

} // namespace
} // namespace turgo
