/* The planner. Expressions come typed over the query's working row (sql/analyzer.h); each node's are
 * rewritten to its input's schema: a subtree that equals a key expression becomes the key column, a column of
 * the row becomes the schema's column. */
#include "sql/planner.h"

#include "plan/node.h"
#include "plan/nodes/aggregate.h"
#include "plan/nodes/filter.h"
#include "plan/nodes/flat_map.h"
#include "plan/nodes/materialize.h"
#include "plan/nodes/project.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/sink.h"
#include "plan/nodes/source.h"
#include "sql/plan_join.h"

enum { ABSENT = -1 };

struct planner {
    struct tg_analyzer *analyzer;
    struct tg_arena *arena;
    const struct tg_query_analysis *analysis;
    const struct tg_source_definition *sink;
    bool *used;                       /* row columns that any node reads */
    struct tg_plan_node *node;        /* the topmost so far */
    int32_t *column_of;               /* row column to column of node->schema, or ABSENT */
    const struct tg_query_keys *keys; /* in the first columns of node->schema; NULL: not rekeyed */
};

/* ---- expressions ---- */

static const struct tg_expr *rewrite(const struct planner *planner, const struct tg_expr *expr)
{
    const struct tg_row_map map = {.arena = planner->arena,
                                   .schema = planner->node->schema,
                                   .column_of = planner->column_of,
                                   .keys = planner->keys};
    return tg_row_map_expr(&map, expr);
}

static const struct tg_function_call *rewrite_calls(const struct planner *planner,
                                                    const struct tg_function_call *calls, uint32_t count)
{
    struct tg_function_call *copies = tg_arena_alloc_zero(planner->arena, count, sizeof *copies);
    for (uint32_t i = 0; i < count; i++) {
        const struct tg_expr **arguments =
            tg_arena_alloc_zero(planner->arena, calls[i].argument_count, sizeof *arguments);
        for (uint32_t j = 0; j < calls[i].argument_count; j++)
            arguments[j] = rewrite(planner, calls[i].arguments[j]);
        copies[i] = calls[i];
        copies[i].arguments = arguments;
    }
    return copies;
}

static void mark_calls(const struct tg_function_call *calls, uint32_t count, bool *used)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < calls[i].argument_count; j++)
            tg_expr_mark_columns(calls[i].arguments[j], used);
}

/* Row columns that the query reads anywhere. */
static void mark_used(struct planner *planner)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    const struct tg_source_definition *source = analysis->source;
    planner->used = tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof *planner->used);
    if (analysis->where != NULL)
        tg_expr_mark_columns(analysis->where, planner->used);
    for (uint32_t i = 0; i < analysis->keys.count; i++)
        tg_expr_mark_columns(analysis->keys.exprs[i], planner->used);
    mark_calls(analysis->table_calls, analysis->table_call_count, planner->used);
    mark_calls(analysis->aggregates, analysis->aggregate_count, planner->used);
    for (uint32_t i = 0; i < analysis->output_count; i++)
        tg_expr_mark_columns(analysis->outputs[i].expr, planner->used);
    if (source->timestamp_column != TG_SCHEMA_NONE)
        planner->used[source->timestamp_column] = true;
    for (uint32_t i = 0; i < analysis->row_count; i++) {
        enum tg_column_role role = analysis->row->columns[i].role;
        bool is_bound = role == TG_COLUMN_WINDOWSTART || role == TG_COLUMN_WINDOWEND;
        if (analysis->parts[i].part == TG_ROW_PSEUDO && is_bound && !analysis->is_grouped)
            planner->used[i] = true; /* the sink's key has the window */
        if (source->is_table && role == TG_COLUMN_KEY)
            planner->used[i] = true;
    }
}

/* ---- nodes below the key ---- */

static void forget_columns(struct planner *planner)
{
    for (uint32_t i = 0; i < planner->analysis->row_count; i++)
        planner->column_of[i] = ABSENT;
}

static void plan_source(struct planner *planner)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    if (analysis->joined_count > 0) {
        planner->node = tg_plan_joins(planner->arena, analysis, planner->used, planner->column_of);
        return;
    }
    const struct tg_source_definition *source = analysis->source;
    struct tg_schema_column *columns =
        tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof *columns);
    bool *needed = tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof *needed);
    uint32_t count = 0;
    for (uint32_t i = 0; i < analysis->row_count; i++) {
        bool is_declared = analysis->parts[i].part == TG_ROW_SOURCE;
        if (!is_declared && (analysis->parts[i].part != TG_ROW_PSEUDO || !planner->used[i]))
            continue;
        columns[count] = analysis->row->columns[i];
        needed[count] = planner->used[i];
        planner->column_of[i] = (int32_t)count++;
    }
    struct tg_plan_node *node = tg_plan_node_new(planner->arena, &tg_plan_source_kind, "Source",
                                                 tg_schema_new(planner->arena, columns, count), NULL);
    struct tg_plan_source *plan = (struct tg_plan_source *)node;
    node->is_table = source->is_table;
    plan->source_name = source->name;
    plan->topic = source->topic;
    plan->key_format = source->key_format;
    plan->value_format = source->value_format;
    plan->timestamp_column = source->timestamp_column;
    plan->timestamp_format = source->timestamp_format;
    plan->needed = needed;
    plan->window_kind = source->window_kind;
    plan->window_size_ms = source->window_size_ms;
    planner->node = node;
}

/* What filters or aggregates a table must know the version that a row replaces; of a table with a history
 * only the newest versions go on. */
static void plan_versions(struct planner *planner)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    int64_t history_ms = analysis->source->history_ms;
    if (!planner->node->is_table || analysis->joined_count > 0 ||
        (analysis->where == NULL && !analysis->is_grouped && history_ms == 0))
        return;
    planner->node = tg_plan_node_new(planner->arena, &tg_plan_materialize_kind, "KsqlTopic",
                                     planner->node->schema, &planner->node);
    planner->node->is_table = true;
    ((struct tg_plan_materialize *)planner->node)->history_ms = history_ms;
}

static void plan_filter(struct planner *planner, const struct tg_expr *predicate, const char *step)
{
    if (predicate == NULL)
        return;
    struct tg_plan_node *node =
        tg_plan_node_new(planner->arena, &tg_plan_filter_kind, step, planner->node->schema, &planner->node);
    node->is_table = planner->node->is_table;
    ((struct tg_plan_filter *)node)->predicate = rewrite(planner, predicate);
    planner->node = node;
}

/* Row columns of a part, in the order of their numbers, behind the columns there are. */
static uint32_t append_results(struct planner *planner, enum tg_row_part part,
                               struct tg_schema_column *columns, uint32_t count)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    uint32_t first = count;
    for (uint32_t i = 0; i < analysis->row_count; i++) {
        if (analysis->parts[i].part != part)
            continue;
        uint32_t index = first + analysis->parts[i].number;
        columns[index] = analysis->row->columns[i];
        planner->column_of[i] = (int32_t)index;
        count++;
    }
    return count;
}

static void plan_flat_map(struct planner *planner)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    const struct tg_schema *input = planner->node->schema;
    if (analysis->table_call_count == 0)
        return;
    uint32_t count = input->count + analysis->table_call_count;
    struct tg_schema_column *columns = tg_arena_alloc_zero(planner->arena, count, sizeof *columns);
    memcpy(columns, input->columns, input->count * sizeof *columns);
    const struct tg_function_call *calls =
        rewrite_calls(planner, analysis->table_calls, analysis->table_call_count);
    count = append_results(planner, TG_ROW_TABLE, columns, input->count);
    struct tg_plan_node *node =
        tg_plan_node_new(planner->arena, &tg_plan_flat_map_kind, "FlatMap",
                         tg_schema_new(planner->arena, columns, count), &planner->node);
    struct tg_plan_flat_map *plan = (struct tg_plan_flat_map *)node;
    plan->calls = calls;
    plan->call_count = analysis->table_call_count;
    planner->node = node;
}

/* ---- a new key ---- */

/* Columns that are read above the rekeying, save those that only make up a key. */
static void mark_above(const struct planner *planner, const struct tg_expr *expr, bool *used)
{
    if (tg_keys_find(&planner->analysis->keys, expr) != ABSENT)
        return;
    if (expr->kind == TG_EXPR_COLUMN)
        used[expr->index] = true;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        mark_above(planner, expr->arguments[i], used);
}

static bool *columns_above(const struct planner *planner)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    bool *used = tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof *used);
    for (uint32_t i = 0; i < analysis->aggregate_count; i++)
        for (uint32_t j = 0; j < analysis->aggregates[i].argument_count; j++)
            mark_above(planner, analysis->aggregates[i].arguments[j], used);
    for (uint32_t i = 0; i < analysis->output_count && !analysis->is_grouped; i++)
        mark_above(planner, analysis->outputs[i].expr, used);
    return used;
}

static bool name_taken(const struct tg_schema_column *columns, uint32_t count, const struct tg_schema *row,
                       const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(columns[i].name, name) == 0)
            return true;
    return tg_schema_find(row, tg_slice_text(name)) != TG_SCHEMA_NONE;
}

/* A column keeps its name; an expression gets one that nothing else has. */
static const char *key_name(const struct planner *planner, const struct tg_schema_column *columns,
                            uint32_t index)
{
    const struct tg_expr *expr = planner->analysis->keys.exprs[index];
    if (expr->kind == TG_EXPR_COLUMN)
        return expr->name;
    const char *base =
        expr->kind == TG_EXPR_FIELD ? expr->name : tg_arena_printf(planner->arena, "KSQL_COL_%u", index);
    const char *name = base;
    for (uint32_t i = 1; name_taken(columns, index, planner->analysis->row, name); i++)
        name = tg_arena_printf(planner->arena, "%s_%u", base, i);
    return name;
}

/* A group by the window alone must come together in one partition; other groups by their key's partition. */
static bool needs_repartition(const struct planner *planner)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    const struct tg_session_options *options = planner->analyzer->options;
    if (!analysis->is_grouped)
        return false;
    if (analysis->keys.count > 0)
        return true;
    int32_t partitions = options->partition_count == NULL
                             ? 0
                             : options->partition_count(options->context, analysis->source->topic);
    return partitions != 1 && (partitions != 0 || analysis->source->topic_spec.partition_count != 1);
}

static void plan_rekey(struct planner *planner)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    if (analysis->keeps_key || (!analysis->is_grouped && !analysis->is_partitioned))
        return;
    uint32_t key_count = analysis->keys.count;
    const bool *above = columns_above(planner);
    struct tg_schema_column *columns =
        tg_arena_alloc_zero(planner->arena, key_count + analysis->row_count, sizeof *columns);
    const struct tg_expr **keys = tg_arena_alloc_zero(planner->arena, key_count, sizeof *keys);
    uint32_t *kept = tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof *kept);
    uint32_t kept_count = 0;
    for (uint32_t i = 0; i < key_count; i++) {
        columns[i] = (struct tg_schema_column){.name = key_name(planner, columns, i),
                                               .type = analysis->keys.exprs[i]->type,
                                               .role = TG_COLUMN_KEY};
        keys[i] = rewrite(planner, analysis->keys.exprs[i]);
    }
    int32_t *column_of = tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof *column_of);
    for (uint32_t i = 0; i < analysis->row_count; i++) {
        column_of[i] = ABSENT;
        if (!above[i] || planner->column_of[i] == ABSENT)
            continue;
        column_of[i] = (int32_t)(key_count + kept_count);
        columns[column_of[i]] = (struct tg_schema_column){.name = analysis->row->columns[i].name,
                                                          .type = analysis->row->columns[i].type,
                                                          .role = TG_COLUMN_VALUE};
        kept[kept_count++] = (uint32_t)planner->column_of[i];
    }
    struct tg_plan_node *node =
        tg_plan_node_new(planner->arena, &tg_plan_rekey_kind, "Rekey",
                         tg_schema_new(planner->arena, columns, key_count + kept_count), &planner->node);
    struct tg_plan_rekey *plan = (struct tg_plan_rekey *)node;
    node->is_table = planner->node->is_table;
    plan->key_count = key_count;
    plan->key_expressions = keys;
    plan->kept_count = kept_count;
    plan->kept = kept;
    plan->drop_null_keys = analysis->is_grouped;
    plan->repartition = needs_repartition(planner);
    plan->key_format = planner->sink->key_format;
    plan->value_format =
        tg_plan_value_format(&analysis->source->value_format, columns + key_count, kept_count);
    planner->node = node;
    planner->column_of = column_of;
    planner->keys = &analysis->keys;
}

/* ---- above the key ---- */

static void plan_aggregate(struct planner *planner)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    const struct tg_schema *input = planner->node->schema;
    if (!analysis->is_grouped)
        return;
    const struct tg_plan_format *key_format =
        analysis->keeps_key ? &analysis->record_key : &planner->sink->key_format;
    const struct tg_function_call *calls =
        rewrite_calls(planner, analysis->aggregates, analysis->aggregate_count);
    struct tg_schema_column *columns =
        tg_arena_alloc_zero(planner->arena, input->count + 2 + analysis->aggregate_count, sizeof *columns);
    uint32_t count = 0;
    for (uint32_t i = 0; i < input->count; i++)
        if (input->columns[i].role == TG_COLUMN_KEY)
            columns[count++] = input->columns[i];
    forget_columns(planner);
    count = append_results(planner, TG_ROW_BOUND, columns, count);
    count = append_results(planner, TG_ROW_AGGREGATE, columns, count);
    struct tg_plan_node *node =
        tg_plan_node_new(planner->arena, &tg_plan_aggregate_kind, "Aggregate",
                         tg_schema_new(planner->arena, columns, count), &planner->node);
    struct tg_plan_aggregate *plan = (struct tg_plan_aggregate *)node;
    node->is_table = true;
    plan->window = analysis->window;
    plan->emission = analysis->emission;
    plan->call_count = analysis->aggregate_count;
    plan->calls = calls;
    plan->key_format = key_format->name;
    plan->key_unwrapped = key_format->unwrapped;
    plan->panes = tg_plan_aggregate_can_share(plan);
    planner->node = node;
    planner->keys = &analysis->keys;
}

/* The bounds of the window stand between keys and values: they go into the record's key. */
static void plan_project(struct planner *planner)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    uint32_t key_count = analysis->keys.count;
    uint32_t bounds = planner->sink->window_kind == TG_WINDOW_NONE ? 0 : 2;
    uint32_t count = analysis->output_count + bounds;
    struct tg_schema_column *columns = tg_arena_alloc_zero(planner->arena, count, sizeof *columns);
    const struct tg_expr **expressions = tg_arena_alloc_zero(planner->arena, count, sizeof *expressions);
    for (uint32_t i = 0; i < analysis->output_count; i++) {
        uint32_t index = i < key_count ? i : i + bounds;
        columns[index] = planner->sink->schema->columns[i];
        expressions[index] = rewrite(planner, analysis->outputs[i].expr);
    }
    for (uint32_t i = 0; i < bounds; i++) {
        int32_t column =
            tg_schema_find_role(planner->node->schema, i == 0 ? TG_COLUMN_WINDOWSTART : TG_COLUMN_WINDOWEND);
        TG_ASSERT(column != TG_SCHEMA_NONE);
        columns[key_count + i] = planner->node->schema->columns[column];
        expressions[key_count + i] =
            tg_expr_column(planner->arena, planner->node->schema, (uint32_t)column, (struct tg_place){0});
    }
    struct tg_plan_node *node =
        tg_plan_node_new(planner->arena, &tg_plan_project_kind, "Project",
                         tg_schema_new(planner->arena, columns, count), &planner->node);
    node->is_table = planner->node->is_table;
    ((struct tg_plan_project *)node)->expressions = expressions;
    planner->node = node;
}

static void plan_sink(struct planner *planner)
{
    const struct tg_source_definition *sink = planner->sink;
    struct tg_plan_node *node =
        tg_plan_node_new(planner->arena, &tg_plan_sink_kind, "Sink", planner->node->schema, &planner->node);
    struct tg_plan_sink *plan = (struct tg_plan_sink *)node;
    node->is_table = planner->node->is_table;
    plan->sink_name = sink->name;
    plan->topic = sink->topic_spec;
    plan->key_format = sink->key_format;
    plan->value_format = sink->value_format;
    plan->timestamp_column = TG_SCHEMA_NONE;
    plan->timestamp_format = sink->timestamp_format;
    if (sink->timestamp_column != TG_SCHEMA_NONE)
        plan->timestamp_column =
            tg_schema_find(node->schema, tg_slice_text(sink->schema->columns[sink->timestamp_column].name));
    plan->window_kind = sink->window_kind;
    plan->window_size_ms = sink->window_size_ms;
    planner->node = node;
}

enum tg_code tg_plan_query(struct tg_analyzer *analyzer, const struct tg_plan_request *request,
                           const struct tg_plan **ret_plan, struct tg_error *reterr)
{
    struct planner planner = {
        .analyzer = analyzer, .arena = analyzer->arena, .analysis = request->analysis, .sink = request->sink};
    planner.column_of =
        tg_arena_alloc_zero(planner.arena, request->analysis->row_count, sizeof *planner.column_of);
    forget_columns(&planner);
    mark_used(&planner);
    plan_source(&planner);
    plan_versions(&planner);
    plan_filter(&planner, request->analysis->where, "Filter");
    plan_flat_map(&planner);
    plan_rekey(&planner);
    plan_aggregate(&planner);
    plan_filter(&planner, request->analysis->having, "Having");
    plan_project(&planner);
    plan_sink(&planner);
    struct tg_plan *plan = tg_arena_alloc_zero(planner.arena, 1, sizeof *plan);
    *plan = (struct tg_plan){.query_id = request->query_id,
                             .statement = request->statement,
                             .root = planner.node,
                             .faults = request->faults};
    TG_TRY(tg_plan_check(plan, reterr));
    TG_TRY(tg_plan_check_programs(plan, reterr));
    *ret_plan = plan;
    return TG_OK;
}
