/* Joins: sources, tables with their rows, rows on their way to where their partners are, join nodes. */
#include "sql/plan_join.h"

#include "plan/format_info.h"
#include "plan/nodes/foreign_key_join.h"
#include "plan/nodes/materialize.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/source.h"
#include "plan/nodes/stream_stream_join.h"
#include "plan/nodes/stream_table_join.h"
#include "plan/nodes/table_table_join.h"

enum { ABSENT = -1 };

/* ---- expressions ---- */

const struct tg_expr *tg_row_map_expr(const struct tg_row_map *map, const struct tg_expr *expr)
{
    int32_t key = map->keys == NULL ? ABSENT : tg_keys_find(map->keys, expr);
    if (key != ABSENT)
        return tg_expr_column(map->arena, map->schema, (uint32_t)key, expr->place);
    if (expr->kind == TG_EXPR_COLUMN) {
        int32_t index = map->column_of[expr->index];
        TG_ASSERT(index != ABSENT);
        return tg_expr_column(map->arena, map->schema, (uint32_t)index, expr->place);
    }
    if (expr->argument_count == 0)
        return expr;
    struct tg_expr *copy = tg_arena_alloc_zero(map->arena, 1, sizeof *copy);
    const struct tg_expr **arguments =
        tg_arena_alloc_zero(map->arena, expr->argument_count, sizeof *arguments);
    for (uint32_t i = 0; i < expr->argument_count; i++)
        arguments[i] = tg_row_map_expr(map, expr->arguments[i]);
    *copy = *expr;
    copy->arguments = arguments;
    return copy;
}

struct tg_plan_format tg_plan_value_format(const struct tg_plan_format *wanted,
                                           const struct tg_schema_column *columns, uint32_t count)
{
    const struct tg_format_info *info = tg_format_info_find(tg_slice_text(wanted->name));
    struct tg_plan_format format = {.name = "JSON"};
    if (tg_format_info_refused(info, columns, count) == count)
        format = (struct tg_plan_format){.name = wanted->name, .delimiter = wanted->delimiter};
    return format;
}

/* ---- a side ---- */

struct join_planner {
    struct tg_arena *arena;
    const struct tg_query_analysis *analysis;
    const bool *used;          /* per row column: read above the joins */
    struct tg_plan_node *tree; /* the joins so far */
    int32_t *column_of;        /* of the tree */
};

/* A node and where the row's columns are in it. */
struct side {
    struct tg_plan_node *node;
    int32_t *column_of;
};

static const char *step_name(const struct join_planner *planner, const char *base, uint32_t join)
{
    return join == 0 ? base : tg_arena_printf(planner->arena, "%s%u", base, join + 1);
}

/* The join that reads the source as its right side, or the first join for the first source. */
static uint32_t join_of(uint32_t source)
{
    return source == 0 ? 0 : source - 1;
}

/* Do all columns that the source declares go on? They do where rows are kept or written away, so that a
 * projection that is changed later finds its data; a source's own records are kept as they are. */
static bool goes_whole(const struct join_planner *planner, uint32_t source)
{
    const struct tg_query_join *joins = planner->analysis->joins;
    bool whole = source == 0 ? joins[0].left_moves : joins[source - 1].right_moves;
    for (uint32_t i = join_of(source); i + 1 < planner->analysis->joined_count; i++)
        whole = whole || joins[i].moves_along;
    return whole;
}

/* Read by a condition that comes behind join `after` (-1: by any). */
static void mark_conditions(const struct join_planner *planner, int32_t after, bool *used)
{
    for (uint32_t i = (uint32_t)(after + 1); i + 1 < planner->analysis->joined_count; i++) {
        tg_expr_mark_columns(planner->analysis->joins[i].left, used);
        if (after < 0)
            tg_expr_mark_columns(planner->analysis->joins[i].right, used);
    }
}

/* Row columns of the source that its node gives. */
static bool *source_columns(const struct join_planner *planner, uint32_t number)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    const struct tg_query_source *source = &analysis->joined[number];
    bool *used = tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof *used);
    memcpy(used, planner->used, analysis->row_count * sizeof *used);
    mark_conditions(planner, -1, used);
    for (uint32_t i = source->first; i < source->first + source->count; i++) {
        const struct tg_row_column *part = &analysis->parts[i];
        if (part->part == TG_ROW_PSEUDO) {
            used[i] = used[i] || part->number > 2; /* the bounds belong to the key */
            continue;
        }
        enum tg_column_role role = source->definition->schema->columns[part->number].role;
        bool is_time = (int32_t)part->number == source->definition->timestamp_column;
        bool is_record = role == TG_COLUMN_KEY || role == TG_COLUMN_VALUE;
        bool is_key = role == TG_COLUMN_KEY; /* by it the other side's rows are found */
        used[i] = used[i] || is_time || is_key || (is_record && goes_whole(planner, number));
    }
    return used;
}

static struct side plan_source(const struct join_planner *planner, uint32_t number)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    const struct tg_query_source *source = &analysis->joined[number];
    const struct tg_source_definition *definition = source->definition;
    const bool *used = source_columns(planner, number);
    struct tg_schema_column *columns = tg_arena_alloc_zero(planner->arena, source->count, sizeof *columns);
    bool *needed = tg_arena_alloc_zero(planner->arena, source->count, sizeof *needed);
    struct side side = {.column_of =
                            tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof(int32_t))};
    uint32_t count = 0;
    for (uint32_t i = 0; i < analysis->row_count; i++) {
        const struct tg_row_column *part = &analysis->parts[i];
        bool is_ours = i >= source->first && i < source->first + source->count;
        side.column_of[i] = ABSENT;
        if (!is_ours || (part->part == TG_ROW_PSEUDO && !used[i]))
            continue;
        static const enum tg_column_role pseudo[] = {TG_COLUMN_ROWTIME, TG_COLUMN_ROWPARTITION,
                                                     TG_COLUMN_ROWOFFSET, TG_COLUMN_WINDOWSTART,
                                                     TG_COLUMN_WINDOWEND};
        columns[count] = part->part == TG_ROW_SOURCE
                             ? definition->schema->columns[part->number]
                             : (struct tg_schema_column){.name = part->name,
                                                         .type = analysis->row->columns[i].type,
                                                         .role = pseudo[part->number]};
        needed[count] = used[i];
        side.column_of[i] = (int32_t)count++;
    }
    side.node =
        tg_plan_node_new(planner->arena, &tg_plan_source_kind,
                         step_name(planner, number == 0 ? "LeftSource" : "RightSource", join_of(number)),
                         tg_schema_new(planner->arena, columns, count), NULL);
    struct tg_plan_source *plan = (struct tg_plan_source *)side.node;
    side.node->is_table = definition->is_table;
    plan->source_name = definition->name;
    plan->topic = definition->topic;
    plan->key_format = definition->key_format;
    plan->value_format = definition->value_format;
    plan->timestamp_column = definition->timestamp_column;
    plan->timestamp_format = definition->timestamp_format;
    plan->needed = needed;
    plan->window_kind = definition->window_kind;
    plan->window_size_ms = definition->window_size_ms;
    return side;
}

static const char *unused_name(struct tg_arena *arena, const struct tg_schema *schema, const char *base)
{
    const char *name = base;
    for (uint32_t i = 1; tg_schema_find(schema, tg_slice_text(name)) != TG_SCHEMA_NONE; i++)
        name = tg_arena_printf(arena, "%s_%u", base, i);
    return name;
}

/* The value of the condition becomes the key, all that is read of the row goes along. */
static void plan_move(const struct join_planner *planner, uint32_t number, bool is_left, struct side *side)
{
    const struct tg_query_join *join = &planner->analysis->joins[number];
    const struct tg_schema *input = side->node->schema;
    const struct tg_row_map map = {.arena = planner->arena, .schema = input, .column_of = side->column_of};
    struct tg_schema_column *columns = tg_arena_alloc_zero(planner->arena, input->count + 1, sizeof *columns);
    uint32_t *kept = tg_arena_alloc_zero(planner->arena, input->count, sizeof *kept);
    const struct tg_expr **key = tg_arena_alloc_zero(planner->arena, 1, sizeof *key);
    key[0] = tg_row_map_expr(&map, is_left ? join->left : join->right);
    columns[0] = (struct tg_schema_column){
        .name = unused_name(planner->arena, input, "ROWKEY"), .type = key[0]->type, .role = TG_COLUMN_KEY};
    uint32_t count = 0;
    for (uint32_t i = 0; i < planner->analysis->row_count; i++) {
        int32_t column = side->column_of[i];
        if (column == ABSENT)
            continue;
        kept[count++] = (uint32_t)column;
        columns[count] = (struct tg_schema_column){.name = input->columns[column].name,
                                                   .type = input->columns[column].type,
                                                   .role = TG_COLUMN_VALUE};
        side->column_of[i] = (int32_t)count;
    }
    struct tg_plan_node *node = tg_plan_node_new(
        planner->arena, &tg_plan_rekey_kind, step_name(planner, is_left ? "LeftRekey" : "RightRekey", number),
        tg_schema_new(planner->arena, columns, count + 1), &side->node);
    const struct tg_query_source *source = &planner->analysis->joined[is_left ? 0 : number + 1];
    struct tg_plan_rekey *plan = (struct tg_plan_rekey *)node;
    node->is_table = side->node->is_table;
    plan->key_count = 1;
    plan->key_expressions = key;
    plan->kept_count = count;
    plan->kept = kept;
    plan->drop_null_keys = join->kind == TG_JOIN_INNER && !node->is_table;
    plan->repartition = true;
    plan->key_format = join->key_format;
    plan->key_format.schema_id = 0; /* that schema is of another topic, whose columns have other names */
    plan->key_format.full_name = NULL;
    plan->value_format = tg_plan_value_format(&source->definition->value_format, columns + 1, count);
    side->node = node;
}

static void plan_rows(const struct join_planner *planner, uint32_t number, bool is_left, struct side *side)
{
    side->node = tg_plan_node_new(planner->arena, &tg_plan_materialize_kind,
                                  step_name(planner, is_left ? "LeftTable" : "RightTable", number),
                                  side->node->schema, &side->node);
    side->node->is_table = true;
    ((struct tg_plan_materialize *)side->node)->history_ms =
        planner->analysis->joined[is_left ? 0 : number + 1].definition->history_ms;
}

static struct side plan_left(const struct join_planner *planner, uint32_t number)
{
    const struct tg_query_join *join = &planner->analysis->joins[number];
    struct side side = {.node = planner->tree, .column_of = planner->column_of};
    if (number == 0)
        side = plan_source(planner, 0);
    if (join->left_moves)
        plan_move(planner, number, true, &side);
    if (number == 0 && side.node->is_table)
        plan_rows(planner, number, true, &side);
    return side;
}

static struct side plan_right(const struct join_planner *planner, uint32_t number)
{
    struct side side = plan_source(planner, number + 1);
    if (planner->analysis->joins[number].right_moves)
        plan_move(planner, number, false, &side);
    if (side.node->is_table)
        plan_rows(planner, number, false, &side);
    return side;
}

/* ---- the join ---- */

/* Columns of the join while they are put together. */
struct join_output {
    struct tg_schema_column *columns;
    uint32_t count;
    int32_t *column_of;
};

static void add_key(const struct join_planner *planner, const struct side *left, struct join_output *output)
{
    const struct tg_schema *input = left->node->schema;
    const struct tg_query_source *last = &planner->analysis->joined[planner->analysis->joined_count - 1];
    const struct tg_schema sources = {.count = last->first + last->count,
                                      .columns = planner->analysis->row->columns};
    for (uint32_t i = 0; i < input->count; i++) {
        if (input->columns[i].role != TG_COLUMN_KEY)
            continue;
        const char *base =
            output->count == 0 ? "ROWKEY" : tg_arena_printf(planner->arena, "ROWKEY_%u", output->count);
        output->columns[output->count] =
            (struct tg_schema_column){.name = unused_name(planner->arena, &sources, base),
                                      .type = input->columns[i].type,
                                      .role = TG_COLUMN_KEY};
        output->count++;
    }
    static const enum tg_column_role bounds[] = {TG_COLUMN_WINDOWSTART, TG_COLUMN_WINDOWEND};
    for (int i = 0; i < 2; i++) {
        int32_t column = tg_schema_find_role(input, bounds[i]);
        if (column != TG_SCHEMA_NONE)
            output->columns[output->count++] = input->columns[column];
    }
}

/* Copies of the side's columns that something above reads. */
static const uint32_t *add_copies(const struct join_planner *planner, const struct side *side,
                                  const bool *wanted, struct join_output *output, uint32_t *ret_count)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    uint32_t *list = tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof *list);
    uint32_t count = 0;
    for (uint32_t i = 0; i < analysis->row_count; i++) {
        if (side->column_of[i] == ABSENT || !wanted[i])
            continue;
        list[count++] = (uint32_t)side->column_of[i];
        output->columns[output->count] = (struct tg_schema_column){.name = analysis->row->columns[i].name,
                                                                   .type = analysis->row->columns[i].type,
                                                                   .role = TG_COLUMN_VALUE};
        output->column_of[i] = (int32_t)output->count++;
    }
    *ret_count = count;
    return list;
}

static const bool *wanted_above(const struct join_planner *planner, uint32_t number)
{
    const struct tg_query_analysis *analysis = planner->analysis;
    bool *wanted = tg_arena_alloc_zero(planner->arena, analysis->row_count, sizeof *wanted);
    bool whole = false;
    memcpy(wanted, planner->used, analysis->row_count * sizeof *wanted);
    mark_conditions(planner, (int32_t)number, wanted);
    for (uint32_t i = number; i + 1 < analysis->joined_count; i++)
        whole = whole || analysis->joins[i].moves_along;
    for (uint32_t i = 0; i < analysis->row_count && whole; i++)
        wanted[i] = wanted[i] || analysis->parts[i].part == TG_ROW_SOURCE;
    return wanted;
}

static const struct tg_plan_node_kind *kind_of(enum tg_join_shape shape)
{
    return shape == TG_STREAM_STREAM  ? &tg_plan_stream_stream_join_kind
           : shape == TG_STREAM_TABLE ? &tg_plan_stream_table_join_kind
           : shape == TG_TABLE_TABLE  ? &tg_plan_table_table_join_kind
                                      : &tg_plan_foreign_key_join_kind;
}

static void fill_foreign_key(const struct join_planner *planner, const struct tg_query_join *join,
                             const struct side *left, uint32_t number, struct tg_plan_foreign_key_join *plan)
{
    const struct tg_source_definition *right = planner->analysis->joined[number + 1].definition;
    const struct tg_row_map map = {
        .arena = planner->arena, .schema = left->node->schema, .column_of = left->column_of};
    plan->foreign_key = tg_row_map_expr(&map, join->left);
    plan->key_format = join->key_format;
    plan->foreign_key_format = right->key_format;
    plan->value_format = right->value_format;
}

static void fill_join(const struct join_planner *planner, uint32_t number, const struct side *left,
                      const struct tg_plan_join_columns *copies, struct tg_plan_node *node)
{
    const struct tg_query_join *join = &planner->analysis->joins[number];
    if (join->shape == TG_STREAM_STREAM) {
        struct tg_plan_stream_stream_join *plan = (struct tg_plan_stream_stream_join *)node;
        plan->join = join->kind;
        plan->columns = *copies;
        plan->before_ms = join->before_ms;
        plan->after_ms = join->after_ms;
        plan->grace_ms = join->grace_ms;
    } else if (join->shape == TG_STREAM_TABLE) {
        struct tg_plan_stream_table_join *plan = (struct tg_plan_stream_table_join *)node;
        plan->join = join->kind;
        plan->columns = *copies;
    } else if (join->shape == TG_TABLE_TABLE) {
        struct tg_plan_table_table_join *plan = (struct tg_plan_table_table_join *)node;
        plan->join = join->kind;
        plan->columns = *copies;
    } else {
        struct tg_plan_foreign_key_join *plan = (struct tg_plan_foreign_key_join *)node;
        plan->join = join->kind;
        plan->columns = *copies;
        fill_foreign_key(planner, join, left, number, plan);
    }
}

static void plan_join(struct join_planner *planner, uint32_t number)
{
    const struct side left = plan_left(planner, number);
    const struct side right = plan_right(planner, number);
    const bool *wanted = wanted_above(planner, number);
    uint32_t row_count = planner->analysis->row_count;
    struct join_output output = {
        .columns = tg_arena_alloc_zero(planner->arena, row_count + left.node->schema->count + 2,
                                       sizeof *output.columns),
        .column_of = tg_arena_alloc_zero(planner->arena, row_count, sizeof *output.column_of)};
    struct tg_plan_join_columns copies;
    for (uint32_t i = 0; i < row_count; i++)
        output.column_of[i] = ABSENT;
    add_key(planner, &left, &output);
    copies.left = add_copies(planner, &left, wanted, &output, &copies.left_count);
    copies.right = add_copies(planner, &right, wanted, &output, &copies.right_count);
    struct tg_plan_node *inputs[] = {left.node, right.node};
    struct tg_plan_node *node = tg_plan_node_new(
        planner->arena, kind_of(planner->analysis->joins[number].shape), step_name(planner, "Join", number),
        tg_schema_new(planner->arena, output.columns, output.count), inputs);
    node->is_table = left.node->is_table;
    fill_join(planner, number, &left, &copies, node);
    planner->tree = node;
    planner->column_of = output.column_of;
}

struct tg_plan_node *tg_plan_joins(struct tg_arena *arena, const struct tg_query_analysis *analysis,
                                   const bool *used, int32_t *ret_column_of)
{
    struct join_planner planner = {.arena = arena, .analysis = analysis, .used = used};
    for (uint32_t i = 0; i + 1 < analysis->joined_count; i++)
        plan_join(&planner, i);
    for (uint32_t i = 0; i < analysis->row_count; i++) {
        bool is_key = analysis->parts[i].part == TG_ROW_KEY;
        ret_column_of[i] = is_key ? (int32_t)analysis->parts[i].number : planner.column_of[i];
    }
    return planner.tree;
}
