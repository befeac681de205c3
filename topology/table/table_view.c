#include "topology/table/table_view.h"

#include "base/memory.h"
#include "plan/nodes/foreign_key_join.h"
#include "plan/nodes/materialize.h"
#include "plan/nodes/table_table_join.h"
#include "topology/table/history.h"
#include "topology/table/join_rows.h"
#include "topology/table/joined_pair.h"
#include "topology/table/table_row.h"
#include "topology/task.h"

#include <string.h>

struct tg_table_view {
    const struct tg_plan_node *node;
    bool *needed;
    struct tg_column **columns; /* of the result */
    struct tg_column **keys;    /* copies of the asking batch's key columns and bounds; own */
    uint8_t *found;
    int64_t *times_ms;
    uint32_t capacity;
    /* Of a Materialize node. */
    struct tg_store *store;
    struct tg_table_history *history; /* NULL: none is kept */
    struct tg_table_row_reader reader;
    struct tg_slice *values;
    /* Of a foreign-key join, whose store this is, too. */
    struct tg_pair_reader pair_reader;
    struct tg_joined_pair *pairs;
    /* Of a table-table join. */
    struct tg_table_view *sides[2];
};

static const struct tg_plan_table_table_join *join_of(const struct tg_table_view *view)
{
    return (const struct tg_plan_table_table_join *)view->node;
}

bool tg_table_view_possible(const struct tg_plan_node *node)
{
    if (node->kind == &tg_plan_table_table_join_kind)
        return tg_table_view_possible(node->inputs[0]) && tg_table_view_possible(node->inputs[1]);
    return node->kind == &tg_plan_materialize_kind || node->kind == &tg_plan_foreign_key_join_kind;
}

/* ---- opening ---- */

static bool is_key_part(enum tg_column_role role)
{
    return role == TG_COLUMN_KEY || role == TG_COLUMN_WINDOWSTART || role == TG_COLUMN_WINDOWEND;
}

static enum tg_code open_pairs(struct tg_table_view *view, const struct tg_operator *table,
                               struct tg_error *reterr)
{
    view->store = tg_task_store_of(table);
    TG_ASSERT(view->store != NULL);
    TG_TRY(tg_pair_reader_open(table, tg_store_name(view->store), &view->pair_reader, reterr));
    for (uint32_t i = 0; i < view->node->schema->count; i++)
        view->columns[i] = view->needed[i] ? view->pair_reader.columns[i] : NULL;
    return TG_OK;
}

static enum tg_code open_rows(struct tg_table_view *view, const struct tg_operator *table,
                              struct tg_error *reterr)
{
    view->store = tg_task_store_of(table);
    TG_ASSERT(view->store != NULL);
    view->history = tg_table_history_of(table);
    const struct tg_table_row_options options = {
        .task = table->task,
        .node = view->node,
        .name = tg_store_name(view->store),
        .needed = view->needed,
    };
    TG_TRY(tg_table_row_reader_open(&options, &view->reader, reterr));
    for (uint32_t i = 0; i < view->node->schema->count; i++)
        view->columns[i] = view->reader.memory.batch.columns[i];
    return TG_OK;
}

/* Which columns of a side are copied to columns that are needed. */
static const bool *needed_of_side(const struct tg_table_view *view, const struct tg_operator *side,
                                  uint32_t index)
{
    const struct tg_plan_table_table_join *join = join_of(view);
    bool *needed = tg_arena_alloc_zero(side->task->arena, side->node->schema->count + 1, sizeof *needed);
    uint32_t first = tg_join_first_copy(view->node->schema, &join->columns, index);
    const uint32_t *copied = index == 0 ? join->columns.left : join->columns.right;
    uint32_t count = index == 0 ? join->columns.left_count : join->columns.right_count;
    for (uint32_t i = 0; i < count; i++)
        needed[copied[i]] = needed[copied[i]] || view->needed[first + i];
    return needed;
}

static enum tg_code open_sides(struct tg_table_view *view, const struct tg_operator *table,
                               struct tg_error *reterr)
{
    for (uint32_t side = 0; side < 2; side++) {
        const struct tg_table_view_options options = {
            .table = table->inputs[side],
            .needed = needed_of_side(view, table->inputs[side], side),
        };
        TG_TRY(tg_table_view_open(&options, &view->sides[side], reterr));
    }
    return TG_OK;
}

static void find_needed(struct tg_table_view *view, const struct tg_table_view_options *options)
{
    const bool *available = NULL;
    uint32_t count = view->node->schema->count;
    if (view->node->kind == &tg_plan_materialize_kind)
        available = tg_plan_materialize_needed(view->node);
    for (uint32_t i = 0; i < count; i++)
        view->needed[i] =
            (available == NULL || available[i]) && (options->needed == NULL || options->needed[i]);
}

enum tg_code tg_table_view_open(const struct tg_table_view_options *options, struct tg_table_view **ret_view,
                                struct tg_error *reterr)
{
    const struct tg_plan_node *node = options->table->node;
    struct tg_arena *arena = options->table->task->arena;
    uint32_t count = node->schema->count;
    if (!tg_table_view_possible(node))
        return tg_fail(reterr, TG_CODE_UNSUPPORTED, "the rows of step %s cannot be found by their key",
                       node->step);
    struct tg_table_view *view = tg_arena_alloc_zero(arena, 1, sizeof *view);
    *ret_view = view;
    view->node = node;
    view->needed = tg_arena_alloc_zero(arena, count + 1, sizeof *view->needed);
    view->columns = tg_arena_alloc_zero(arena, count + 1, sizeof(struct tg_column *));
    view->keys = tg_arena_alloc_zero(arena, count + 1, sizeof(struct tg_column *));
    find_needed(view, options);
    if (node->kind == &tg_plan_materialize_kind)
        TG_TRY(open_rows(view, options->table, reterr));
    else if (node->kind == &tg_plan_foreign_key_join_kind)
        TG_TRY(open_pairs(view, options->table, reterr));
    else
        TG_TRY(open_sides(view, options->table, reterr));
    for (uint32_t i = 0; i < count; i++)
        if (view->needed[i] && is_key_part(node->schema->columns[i].role))
            view->columns[i] = view->keys[i] = tg_column_new(node->schema->columns[i].type);
    return TG_OK;
}

void tg_table_view_close(struct tg_table_view *view)
{
    if (view == NULL)
        return;
    tg_table_view_close(view->sides[0]);
    tg_table_view_close(view->sides[1]);
    for (uint32_t i = 0; i < view->node->schema->count; i++)
        tg_column_free(view->keys[i]);
    tg_table_row_reader_done(&view->reader);
    tg_free(view->found);
    tg_free(view->times_ms);
    tg_free(view->values);
    tg_free(view->pairs);
    tg_pair_reader_done(&view->pair_reader);
}

/* ---- finding ---- */

static void reserve(struct tg_table_view *view, uint32_t rows)
{
    if (rows <= view->capacity)
        return;
    view->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    view->found = tg_realloc(view->found, view->capacity, sizeof *view->found);
    view->times_ms = tg_realloc(view->times_ms, view->capacity, sizeof *view->times_ms);
    view->values = tg_realloc(view->values, view->capacity, sizeof *view->values);
    view->pairs = tg_realloc(view->pairs, view->capacity, sizeof *view->pairs);
}

/* Fetches the memory of the next keys that are there. */
static void prefetch(const struct tg_table_view *view, const struct tg_slice *keys, uint32_t count)
{
    struct tg_slice next[TG_STORE_PREFETCH_MAX];
    size_t used = 0;
    for (uint32_t i = 0; i < count && used < TG_STORE_PREFETCH_MAX; i++)
        if (keys[i].data != NULL)
            next[used++] = keys[i];
    tg_store_prefetch(view->store, next, used);
}

static enum tg_code read_pairs(struct tg_table_view *view, const struct tg_table_lookup *lookup,
                               struct tg_error *reterr)
{
    uint32_t count = lookup->batch->rows->count;
    for (uint32_t row = 0; row < count; row++) {
        view->pairs[row] = (struct tg_joined_pair){0};
        if (view->found[row])
            TG_TRY(tg_joined_pair_read(view->values[row], &view->pairs[row], reterr));
    }
    const struct tg_pair_list list = {
        .pairs = view->pairs, .count = count, .keys = lookup->batch, .arena = lookup->batch->arena};
    return tg_pair_reader_read(&view->pair_reader, &list, reterr);
}

/* The bytes are valid until the next call. */
static enum tg_code find_row(struct tg_table_view *view, const struct tg_table_lookup *lookup, uint32_t row,
                             bool *ret_found, struct tg_value *ret_value, struct tg_error *reterr)
{
    TG_TRY(tg_store_get(view->store, lookup->keys[row], ret_found, ret_value, reterr));
    if (view->history == NULL || lookup->as_of_ms == NULL)
        return TG_OK;
    int64_t as_of_ms = lookup->as_of_ms[row];
    if (*ret_found && ret_value->timestamp_ms <= as_of_ms)
        return TG_OK;
    return tg_table_history_find(view->history, lookup->keys[row], as_of_ms, ret_found, ret_value, reterr);
}

static enum tg_code find_rows(struct tg_table_view *view, const struct tg_table_lookup *lookup,
                              struct tg_error *reterr)
{
    uint32_t count = lookup->batch->rows->count;
    struct tg_arena *arena = lookup->batch->arena;
    for (uint32_t row = 0; row < count; row++) {
        if (row % TG_STORE_PREFETCH_MAX == 0)
            prefetch(view, lookup->keys + row,
                     count - row < TG_STORE_PREFETCH_MAX ? count - row : TG_STORE_PREFETCH_MAX);
        bool found = false;
        struct tg_value value = {0};
        if (lookup->keys[row].data != NULL)
            TG_TRY(find_row(view, lookup, row, &found, &value, reterr));
        view->found[row] = found;
        view->times_ms[row] = found ? value.timestamp_ms : INT64_MIN;
        view->values[row] = tg_slice_of(NULL, 0);
        if (found)
            view->values[row] =
                value.bytes.length == 0 ? tg_slice_of("", 0) : tg_arena_copy(arena, value.bytes);
    }
    if (view->pair_reader.node != NULL)
        return read_pairs(view, lookup, reterr);
    const struct tg_table_row_values values = {view->values, view->times_ms, count, arena};
    return tg_table_row_read(&view->reader, &values, reterr);
}

/* A row of one side alone that makes no row of the join shows nothing. */
static void hide_row(struct tg_table_view *view, uint32_t row)
{
    for (uint32_t i = 0; i < view->node->schema->count; i++)
        if (view->columns[i] != NULL && view->columns[i]->valid[row])
            tg_column_set_null(view->columns[i], row);
}

static enum tg_code find_joined(struct tg_table_view *view, const struct tg_table_lookup *lookup,
                                struct tg_error *reterr)
{
    const struct tg_plan_table_table_join *join = join_of(view);
    const struct tg_table_lookup newest = {.keys = lookup->keys, .batch = lookup->batch};
    struct tg_table_rows rows[2];
    for (uint32_t side = 0; side < 2; side++) {
        TG_TRY(tg_table_view_find(view->sides[side], &newest, reterr));
        rows[side] = tg_table_view_rows(view->sides[side]);
        const uint32_t *copied = side == 0 ? join->columns.left : join->columns.right;
        uint32_t count = side == 0 ? join->columns.left_count : join->columns.right_count;
        uint32_t first = tg_join_first_copy(view->node->schema, &join->columns, side);
        for (uint32_t i = 0; i < count; i++)
            view->columns[first + i] = view->needed[first + i] ? rows[side].columns[copied[i]] : NULL;
    }
    for (uint32_t row = 0; row < lookup->batch->rows->count; row++) {
        view->found[row] = tg_join_has_row(join->join, rows[0].found[row], rows[1].found[row]);
        int64_t left_ms = rows[0].times_ms[row];
        int64_t right_ms = rows[1].times_ms[row];
        view->times_ms[row] = !view->found[row] ? INT64_MIN : left_ms > right_ms ? left_ms : right_ms;
        if (!view->found[row])
            hide_row(view, row);
    }
    return TG_OK;
}

static void copy_keys(struct tg_table_view *view, const struct tg_table_lookup *lookup)
{
    uint32_t rows = lookup->batch->rows->count;
    for (uint32_t i = 0; i < view->node->schema->count; i++) {
        struct tg_column *copy = view->keys[i];
        if (copy == NULL)
            continue;
        const struct tg_column *given = tg_join_key_column(lookup->batch, view->node->schema, i);
        tg_column_clear(copy);
        tg_column_resize(copy, rows);
        for (uint32_t row = 0; row < rows; row++) {
            if (view->found[row] && given != NULL)
                tg_column_copy_row(copy, row, given, row);
            else
                tg_column_set_null(copy, row);
        }
    }
}

enum tg_code tg_table_view_find(struct tg_table_view *view, const struct tg_table_lookup *lookup,
                                struct tg_error *reterr)
{
    reserve(view, lookup->batch->rows->count);
    if (view->store != NULL)
        TG_TRY(find_rows(view, lookup, reterr));
    else
        TG_TRY(find_joined(view, lookup, reterr));
    copy_keys(view, lookup);
    return TG_OK;
}

struct tg_table_rows tg_table_view_rows(const struct tg_table_view *view)
{
    return (struct tg_table_rows){view->found, view->values, view->times_ms, view->columns};
}
