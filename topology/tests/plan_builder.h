// topology/tests/plan_builder.h: plans by hand, node by node on top of each other, for tests that must not
// know sql/. Thread: one. The plan lives as long as its builder.
#pragma once

#include "plan/node.h"
#include "plan/nodes/aggregate.h"
#include "plan/nodes/filter.h"
#include "plan/nodes/flat_map.h"
#include "plan/nodes/foreign_key_join.h"
#include "plan/nodes/materialize.h"
#include "plan/nodes/project.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/sink.h"
#include "plan/nodes/source.h"
#include "plan/nodes/stream_stream_join.h"
#include "plan/nodes/stream_table_join.h"
#include "plan/nodes/table_table_join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace turgo
{

using Expr = const tg_expr *;

struct Column {
    std::string name;
    std::string type;
    tg_column_role role = TG_COLUMN_VALUE;
    const char *header_key = nullptr;
};

class PlanBuilder
{
public:
    explicit PlanBuilder(const char *query_id = "Q") : arena(tg_arena_new(0)), query_id_(query_id)
    {
    }
    ~PlanBuilder()
    {
        tg_arena_free(arena);
    }
    PlanBuilder(const PlanBuilder &) = delete;
    PlanBuilder &operator=(const PlanBuilder &) = delete;

    // ---- expressions over the schema of the node on top ----
    Expr column(const char *name)
    {
        int32_t index = tg_schema_find(top->schema, tg_slice_text(name));
        EXPECT_GE(index, 0) << name;
        return tg_expr_column(arena, top->schema, static_cast<uint32_t>(index), {});
    }
    Expr integer(int32_t value)
    {
        return tg_expr_int(arena, value, {});
    }
    Expr text(const char *value)
    {
        return tg_expr_string(arena, tg_slice_text(value), {});
    }
    Expr call(const char *name, const std::vector<Expr> &arguments)
    {
        Expr result = nullptr;
        check(
            tg_expr_call(arena, tg_slice_text(name), list(arguments), count(arguments), {}, &result, &error));
        return result;
    }
    tg_function_call function(tg_function_kind kind, const char *name, const std::vector<Expr> &arguments)
    {
        tg_function_call result = {};
        check(tg_function_resolve(arena, kind, tg_slice_text(name), list(arguments), count(arguments), {},
                                  &result, &error));
        return result;
    }
    tg_function_call aggregate(const char *name, const std::vector<Expr> &arguments)
    {
        return function(TG_FUNCTION_AGGREGATE, name, arguments);
    }

    // ---- nodes ----
    tg_plan_source *source(const char *topic, const std::vector<Column> &columns,
                           const char *key_format = "KAFKA", const char *value_format = "JSON")
    {
        auto *made = node<tg_plan_source>(&tg_plan_source_kind, "Source", schema(columns), nullptr);
        made->source_name = made->topic = topic;
        made->key_format = {key_format, false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        made->value_format = {value_format, false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        made->timestamp_column = -1;
        bool *needed = array<bool>(columns.size());
        std::fill_n(needed, columns.size(), true);
        made->needed = needed;
        return made;
    }
    // The source on top is a table.
    void table()
    {
        top->is_table = true;
    }
    void materialize()
    {
        node<tg_plan_materialize>(&tg_plan_materialize_kind, "KsqlTopic", top->schema, top);
    }
    void filter(Expr predicate)
    {
        auto *made = node<tg_plan_filter>(&tg_plan_filter_kind, "Filter", top->schema, top);
        made->predicate = predicate;
    }
    void flat_map(const std::vector<tg_function_call> &calls)
    {
        std::vector<tg_schema_column> columns(top->schema->columns,
                                              top->schema->columns + top->schema->count);
        for (const tg_function_call &made : calls)
            columns.push_back(
                {tg_arena_printf(arena, "F%zu", columns.size()), made.type, TG_COLUMN_VALUE, nullptr});
        const tg_schema *made_schema =
            tg_schema_new(arena, columns.data(), static_cast<uint32_t>(columns.size()));
        auto *made = node<tg_plan_flat_map>(&tg_plan_flat_map_kind, "FlatMap", made_schema, top);
        made->calls = copy(calls);
        made->call_count = static_cast<uint32_t>(calls.size());
    }
    // Keys get the given names; the other value columns are kept, the old key columns are not.
    tg_plan_rekey *rekey(const std::vector<std::pair<const char *, Expr>> &keys, bool drop_null_keys)
    {
        std::vector<tg_schema_column> columns;
        std::vector<Expr> expressions;
        std::vector<uint32_t> kept;
        for (const auto &[name, expr] : keys) {
            columns.push_back({name, expr->type, TG_COLUMN_KEY, nullptr});
            expressions.push_back(expr);
        }
        for (uint32_t i = 0; i < top->schema->count; i++) {
            const tg_schema_column &given = top->schema->columns[i];
            bool is_key = std::any_of(keys.begin(), keys.end(),
                                      [&](const auto &key) { return std::string(key.first) == given.name; });
            if (given.role != TG_COLUMN_VALUE || is_key)
                continue;
            columns.push_back(given);
            kept.push_back(i);
        }
        const tg_schema *made_schema =
            tg_schema_new(arena, columns.data(), static_cast<uint32_t>(columns.size()));
        auto *made = node<tg_plan_rekey>(&tg_plan_rekey_kind, "Rekey", made_schema, top);
        made->key_count = count(expressions);
        made->key_expressions = list(expressions);
        made->kept_count = static_cast<uint32_t>(kept.size());
        made->kept = copy(kept);
        made->drop_null_keys = drop_null_keys;
        made->key_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        made->value_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        return made;
    }
    // GROUP BY: the rows move to the partition of the new key.
    tg_plan_rekey *group_by(const std::vector<std::pair<const char *, Expr>> &keys)
    {
        tg_plan_rekey *made = rekey(keys, true);
        made->repartition = true;
        made->key_format.name = keys.empty() ? "NONE" : keys.size() == 1 ? "KAFKA" : "JSON";
        return made;
    }
    // Key columns of the input, window bounds if there is a window, results R0, R1, ...
    tg_plan_aggregate *aggregates(const std::vector<tg_function_call> &calls, const tg_window &window = {},
                                  tg_emission emission = TG_EMIT_CHANGES)
    {
        std::vector<tg_schema_column> columns;
        for (uint32_t i = 0; i < top->schema->count; i++)
            if (top->schema->columns[i].role == TG_COLUMN_KEY)
                columns.push_back(top->schema->columns[i]);
        if (window.kind != TG_WINDOW_NONE) {
            columns.push_back({"WINDOWSTART", &tg_type_bigint, TG_COLUMN_WINDOWSTART, nullptr});
            columns.push_back({"WINDOWEND", &tg_type_bigint, TG_COLUMN_WINDOWEND, nullptr});
        }
        for (size_t i = 0; i < calls.size(); i++)
            columns.push_back({tg_arena_printf(arena, "R%zu", i), calls[i].type, TG_COLUMN_VALUE, nullptr});
        const tg_schema *made_schema =
            tg_schema_new(arena, columns.data(), static_cast<uint32_t>(columns.size()));
        auto *made = node<tg_plan_aggregate>(&tg_plan_aggregate_kind, "Aggregate", made_schema, top);
        made->base.is_table = true;
        made->window = window;
        made->emission = emission;
        made->calls = copy(calls);
        made->call_count = static_cast<uint32_t>(calls.size());
        made->key_format = top->inputs[0]->kind == &tg_plan_rekey_kind
                               ? reinterpret_cast<tg_plan_rekey *>(top->inputs[0])->key_format.name
                               : "KAFKA";
        return made;
    }
    void project(const std::vector<std::pair<Column, Expr>> &results)
    {
        std::vector<Column> columns;
        std::vector<Expr> expressions;
        for (const auto &[made, expr] : results) {
            columns.push_back(made);
            expressions.push_back(expr);
        }
        auto *made = node<tg_plan_project>(&tg_plan_project_kind, "Project", schema(columns), top);
        made->expressions = list(expressions);
    }
    tg_plan_sink *sink(const char *topic, const char *key_format = "KAFKA", const char *value_format = "JSON")
    {
        auto *made = node<tg_plan_sink>(&tg_plan_sink_kind, "Sink", top->schema, top);
        made->sink_name = topic;
        made->topic = {topic, 0, -1, -2, false};
        made->key_format = {key_format, false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        made->value_format = {value_format, false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        made->timestamp_column = -1;
        return made;
    }
    const tg_plan *plan()
    {
        auto *made = array<tg_plan>(1);
        *made = {query_id_, "", top, faults};
        check(tg_plan_check(made, &error));
        return made;
    }

    static tg_window tumbling(int64_t size_ms, int64_t grace_ms)
    {
        return {TG_WINDOW_TUMBLING, size_ms, size_ms, grace_ms, size_ms + grace_ms};
    }
    static tg_window hopping(int64_t size_ms, int64_t advance_ms, int64_t grace_ms)
    {
        return {TG_WINDOW_HOPPING, size_ms, advance_ms, grace_ms, size_ms + grace_ms};
    }

    static tg_window session(int64_t gap_ms, int64_t grace_ms)
    {
        return {TG_WINDOW_SESSION, gap_ms, 0, grace_ms, gap_ms + grace_ms};
    }

    // What is on top, for a join; the next node begins anew.
    tg_plan_node *take()
    {
        tg_plan_node *taken = top;
        top = nullptr;
        return taken;
    }
    // A join of two inputs (tg_plan_stream_table_join, ...): the left's key columns and bounds, then all
    // columns of the left as L_<name> and of the right as R_<name>.
    template <typename Join>
    Join *join(const tg_plan_node_kind *kind, const char *step, tg_join_kind how, tg_plan_node *left,
               tg_plan_node *right)
    {
        std::vector<tg_schema_column> columns;
        for (tg_column_role role : {TG_COLUMN_KEY, TG_COLUMN_WINDOWSTART, TG_COLUMN_WINDOWEND})
            for (uint32_t i = 0; i < left->schema->count; i++)
                if (left->schema->columns[i].role == role)
                    columns.push_back(left->schema->columns[i]);
        tg_plan_join_columns copies = {left->schema->count, copy_all(left->schema, "L", &columns),
                                       right->schema->count, copy_all(right->schema, "R", &columns)};
        tg_plan_node *inputs[] = {left, right};
        top = tg_plan_node_new(arena, kind, step,
                               tg_schema_new(arena, columns.data(), static_cast<uint32_t>(columns.size())),
                               inputs);
        top->is_table = left->is_table;
        auto *made = reinterpret_cast<Join *>(top);
        made->join = how;
        made->columns = copies;
        return made;
    }

    tg_arena *arena;
    const char *prefix = ""; // of the steps, where a plan has several of a kind
    tg_plan_node *top = nullptr;
    tg_plan_faults faults = {}; // of the statement

private:
    const tg_schema *schema(const std::vector<Column> &columns)
    {
        std::vector<tg_schema_column> made;
        for (const Column &given : columns) {
            const tg_type *type = nullptr;
            check(tg_type_parse(arena, tg_slice_text(given.type.c_str()), &type, &error));
            made.push_back({given.name.c_str(), type, given.role, given.header_key});
        }
        return tg_schema_new(arena, made.data(), static_cast<uint32_t>(made.size()));
    }
    template <typename Node>
    Node *node(const tg_plan_node_kind *kind, const char *step, const tg_schema *made, tg_plan_node *input)
    {
        bool is_table = input != nullptr && input->is_table;
        top = tg_plan_node_new(arena, kind, tg_arena_printf(arena, "%s%s", prefix, step), made, &input);
        top->is_table = is_table;
        return reinterpret_cast<Node *>(top);
    }
    uint32_t *copy_all(const tg_schema *from, const char *side, std::vector<tg_schema_column> *columns)
    {
        std::vector<uint32_t> all;
        for (uint32_t i = 0; i < from->count; i++) {
            all.push_back(i);
            columns->push_back({tg_arena_printf(arena, "%s_%s", side, from->columns[i].name),
                                from->columns[i].type, TG_COLUMN_VALUE, nullptr});
        }
        return copy(all);
    }
    template <typename T> T *array(size_t size)
    {
        return static_cast<T *>(tg_arena_alloc_zero(arena, size + 1, sizeof(T)));
    }
    template <typename T> T *copy(const std::vector<T> &items)
    {
        T *made = array<T>(items.size());
        std::copy(items.begin(), items.end(), made);
        return made;
    }
    Expr *list(const std::vector<Expr> &items)
    {
        return copy(items);
    }
    static uint32_t count(const std::vector<Expr> &items)
    {
        return static_cast<uint32_t>(items.size());
    }
    void check(tg_code code)
    {
        EXPECT_EQ(code, TG_OK) << error.message;
    }
    const char *query_id_;
    tg_error error = {};
};

} // namespace turgo
