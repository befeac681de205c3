/* The rows of two tables with one key. Each change of a side meets the row that the other side has now (its
 * store, or that of what it is made of: topology/table/table_view.h), so the join keeps nothing itself. A
 * change comes as the version that is replaced (TG_ROW_UNDO), if there was one, and its new version or a
 * tombstone; what it makes of the result goes on in the same form. */
#include "plan/nodes/table_table_join.h"

#include "topology/operator.h"
#include "topology/table/join_rows.h"
#include "topology/table/key_bytes.h"
#include "topology/table/table_view.h"
#include "topology/task.h"

enum { SIDES = 2 };

struct side {
    struct tg_key_bytes keys; /* of its rows, as the other side's store knows them */
    struct tg_table_view *view;
};

struct table_table_join {
    struct tg_operator base;
    struct side sides[SIDES];
    struct tg_batch_memory output;
    bool sends_before;
};

/* A run of rows of one side, and what the other side has for them. */
struct run {
    const struct tg_batch *batch;
    uint32_t side;
    struct tg_table_rows other;
};

static const struct tg_plan_table_table_join *node_of(const struct table_table_join *join)
{
    return (const struct tg_plan_table_table_join *)join->base.node;
}

static enum tg_code open_side(struct table_table_join *join, uint32_t side, struct tg_error *reterr)
{
    const struct tg_plan_join_columns *columns = &node_of(join)->columns;
    struct tg_operator **inputs = join->base.inputs;
    uint32_t count = side == 0 ? columns->left_count : columns->right_count;
    const uint32_t *copied = side == 0 ? columns->left : columns->right;
    bool *needed =
        tg_arena_alloc_zero(join->base.task->arena, inputs[side]->node->schema->count + 1, sizeof *needed);
    for (uint32_t i = 0; i < count; i++)
        needed[copied[i]] = true;
    const struct tg_table_view_options options = {.table = inputs[side], .needed = needed};
    TG_TRY(tg_key_bytes_open(inputs[side], inputs[1 - side], &join->sides[side].keys, reterr));
    return tg_table_view_open(&options, &join->sides[side].view, reterr);
}

static enum tg_code join_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct table_table_join *join = (struct table_table_join *)self;
    join->sends_before = tg_operator_sends_before(self);
    tg_batch_memory_init(&join->output, self->node->schema, NULL);
    TG_TRY(open_side(join, 0, reterr));
    return open_side(join, 1, reterr);
}

/* ---- rows ---- */

enum content { VALUES, TOMBSTONE };

/* A row of the result from a row of the run: with the columns of its own side or without. */
struct made {
    uint32_t row;
    bool has_own;
    uint8_t flags;
    enum content content;
};

static void copy_side(struct table_table_join *join, uint32_t target, uint32_t side,
                      struct tg_column *const *columns, uint32_t row)
{
    const struct tg_plan_join_columns *copies = &node_of(join)->columns;
    const struct tg_schema *schema = join->base.node->schema;
    uint32_t first = tg_join_first_copy(schema, copies, side);
    uint32_t count = side == 0 ? copies->left_count : copies->right_count;
    const uint32_t *copied = side == 0 ? copies->left : copies->right;
    for (uint32_t i = 0; i < count; i++) {
        struct tg_column *column = join->output.batch.columns[first + i];
        if (columns != NULL && columns[copied[i]] != NULL)
            tg_column_copy_row(column, target, columns[copied[i]], row);
        else
            tg_column_set_null(column, target);
    }
}

static void copy_key(struct table_table_join *join, uint32_t target, const struct tg_batch *batch,
                     uint32_t row)
{
    const struct tg_schema *schema = join->base.node->schema;
    uint32_t count = tg_join_first_copy(schema, &node_of(join)->columns, 0);
    for (uint32_t i = 0; i < count; i++) {
        const struct tg_column *given = tg_join_key_column(batch, schema, i);
        if (given != NULL)
            tg_column_copy_row(join->output.batch.columns[i], target, given, row);
        else
            tg_column_set_null(join->output.batch.columns[i], target);
    }
}

static void add_row(struct table_table_join *join, const struct run *run, const struct made *made)
{
    struct tg_batch *output = &join->output.batch;
    struct tg_rows *rows = output->rows;
    uint32_t target = rows->count++;
    bool has_values = made->content == VALUES;
    int64_t other_ms = run->other.times_ms[made->row];
    tg_rows_reserve(rows, target + 1);
    tg_rows_copy(rows, target, run->batch->rows, made->row);
    rows->flags[target] = made->flags;
    if (run->other.found[made->row] && other_ms > rows->rowtime_ms[target])
        rows->rowtime_ms[target] = other_ms;
    for (uint32_t i = 0; i < output->schema->count; i++)
        tg_column_resize(output->columns[i], target + 1);
    copy_key(join, target, run->batch, made->row);
    copy_side(join, target, run->side, has_values && made->has_own ? run->batch->columns : NULL, made->row);
    copy_side(join, target, 1 - run->side,
              has_values && run->other.found[made->row] ? run->other.columns : NULL, made->row);
}

static bool has_row(const struct table_table_join *join, const struct run *run, uint32_t row, bool own)
{
    bool other = run->other.found[row];
    return tg_join_has_row(node_of(join)->join, run->side == 0 ? own : other, run->side == 0 ? other : own);
}

/* One change of the side: `old` is the row that is replaced or UINT32_MAX, `row` its new version or its
 * tombstone. */
static void add_change(struct table_table_join *join, const struct run *run, uint32_t old, uint32_t row)
{
    const struct tg_rows *rows = run->batch->rows;
    bool had_own = old != UINT32_MAX;
    bool has_own = (rows->flags[row] & TG_ROW_VALUE_NULL) == 0;
    bool had_row = has_row(join, run, row, had_own);
    if (had_row && join->sends_before)
        add_row(join, run, &(struct made){had_own ? old : row, had_own, TG_ROW_UNDO, VALUES});
    if (has_row(join, run, row, has_own))
        add_row(join, run, &(struct made){row, has_own, 0, VALUES});
    else if (had_row || run->other.found[row]) /* as Kafka Streams: also if its own side never had a row */
        add_row(join, run, &(struct made){row, false, TG_ROW_VALUE_NULL, TOMBSTONE});
}

static enum tg_code find_others(struct table_table_join *join, struct run *run, struct tg_error *reterr)
{
    struct tg_table_lookup lookup = {.batch = run->batch};
    struct tg_table_view *view = join->sides[1 - run->side].view;
    TG_TRY(tg_key_bytes_of(&join->sides[run->side].keys, run->batch, &lookup.keys, reterr));
    TG_TRY(tg_table_view_find(view, &lookup, reterr));
    run->other = tg_table_view_rows(view);
    return TG_OK;
}

static enum tg_code join_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    struct table_table_join *join = (struct table_table_join *)self;
    struct run run = {.batch = batch, .side = input};
    uint32_t old = UINT32_MAX;
    TG_TRY(find_others(join, &run, reterr));
    tg_batch_memory_clear(&join->output);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        if ((batch->rows->flags[row] & TG_ROW_UNDO) != 0) {
            old = row;
            continue;
        }
        add_change(join, &run, old, row);
        old = UINT32_MAX;
    }
    struct tg_batch *output = &join->output.batch;
    output->selected = output->rows->count;
    output->topic = batch->topic;
    output->partition = batch->partition;
    output->arena = batch->arena;
    return tg_operator_forward(self, output, reterr);
}

static void join_close(struct tg_operator *self)
{
    struct table_table_join *join = (struct table_table_join *)self;
    for (uint32_t side = 0; side < SIDES; side++) {
        tg_key_bytes_done(&join->sides[side].keys);
        tg_table_view_close(join->sides[side].view);
    }
    tg_batch_memory_done(&join->output);
}

const struct tg_operator_kind tg_operator_table_table_join = {
    .plan_kind = "TableTableJoin",
    .instance_size = sizeof(struct table_table_join),
    .open = join_open,
    .process = join_process,
    .close = join_close,
    .needs_before = true,
};
