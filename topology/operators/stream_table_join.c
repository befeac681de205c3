/* Each row of the stream with the table's row of its key as it is now, or, where the table keeps a history,
 * as it was at the row's time. The table's rows are in the store of its Materialize operator; what comes from
 * there has nothing else to do here. The result shares the columns of the stream's batch, and those of the
 * rows that were found stand beside them row by row. */
#include "plan/nodes/stream_table_join.h"

#include "topology/operator.h"
#include "topology/rows/row_list.h"
#include "topology/table/join_rows.h"
#include "topology/table/key_bytes.h"
#include "topology/table/table_view.h"
#include "topology/task.h"

enum { STREAM, TABLE };

struct stream_table_join {
    struct tg_operator base;
    struct tg_key_bytes keys;
    struct tg_table_view *table;
    struct tg_column **columns;
    struct tg_row_list rows;         /* that can be joined */
    bool gathers;                    /* `gathered` is open */
    struct tg_batch_memory gathered; /* rows of short runs side by side */
    struct tg_row_list results;      /* that are in the result */
};

static const struct tg_plan_stream_table_join *node_of(const struct stream_table_join *join)
{
    return (const struct tg_plan_stream_table_join *)join->base.node;
}

static enum tg_code join_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct stream_table_join *join = (struct stream_table_join *)self;
    const struct tg_plan_join_columns *columns = &node_of(join)->columns;
    const struct tg_operator *table = self->inputs[TABLE];
    struct tg_arena *arena = self->task->arena;
    bool *needed = tg_arena_alloc_zero(arena, table->node->schema->count + 1, sizeof *needed);
    for (uint32_t i = 0; i < columns->right_count; i++)
        needed[columns->right[i]] = true;
    join->columns = tg_arena_alloc_zero(arena, self->node->schema->count + 1, sizeof(struct tg_column *));
    TG_TRY(tg_key_bytes_open(self->inputs[STREAM], table, &join->keys, reterr));
    const struct tg_table_view_options options = {.table = table, .needed = needed};
    return tg_table_view_open(&options, &join->table, reterr);
}

/* Why a row cannot be joined, or NULL. */
static const char *row_fault(const struct stream_table_join *join, const struct tg_rows *rows, uint32_t row,
                             uint64_t **ret_counter)
{
    struct tg_counters *counters = &join->base.task->counters;
    *ret_counter = &counters->null_value_skipped;
    if ((rows->flags[row] & TG_ROW_VALUE_NULL) != 0)
        return "a record without a value cannot be joined";
    *ret_counter = &counters->null_key_skipped;
    return node_of(join)->join == TG_JOIN_INNER && (rows->flags[row] & TG_ROW_KEY_NULL) != 0
               ? "a record without a key has nothing to be joined with"
               : NULL;
}

/* Where stream and table change by turns, a run is a few rows of a long batch, and what is found stands
 * beside the batch row by row: then the rows are copied into a batch of their own. */
enum { SHORT_RUN = 4 };

static void open_gathered(struct stream_table_join *join, const struct tg_batch *batch)
{
    bool *needed = tg_arena_alloc_zero(join->base.task->arena, batch->schema->count + 1, sizeof *needed);
    for (uint32_t i = 0; i < batch->schema->count; i++)
        needed[i] = batch->columns[i] != NULL;
    tg_batch_memory_init(&join->gathered, batch->schema, needed);
    join->gathers = true;
}

static const struct tg_batch *gather(struct stream_table_join *join, const struct tg_batch *batch)
{
    if (batch->selected * SHORT_RUN > batch->rows->count)
        return batch;
    if (!join->gathers)
        open_gathered(join, batch);
    struct tg_batch *gathered = &join->gathered.batch;
    tg_batch_memory_clear(&join->gathered);
    tg_rows_reserve(gathered->rows, batch->selected);
    gathered->rows->count = gathered->selected = batch->selected;
    gathered->topic = batch->topic;
    gathered->partition = batch->partition;
    gathered->stream_time_ms = batch->stream_time_ms;
    gathered->arena = batch->arena;
    for (uint32_t i = 0; i < batch->selected; i++)
        tg_rows_copy(gathered->rows, i, batch->rows, tg_batch_row(batch, i));
    for (uint32_t c = 0; c < batch->schema->count; c++) {
        if (gathered->columns[c] == NULL)
            continue;
        tg_column_resize(gathered->columns[c], batch->selected);
        for (uint32_t i = 0; i < batch->selected; i++)
            tg_column_copy_row(gathered->columns[c], i, batch->columns[c], tg_batch_row(batch, i));
    }
    return gathered;
}

static struct tg_batch joinable_rows(struct stream_table_join *join, const struct tg_batch *batch)
{
    tg_row_list_begin(&join->rows, batch);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        uint64_t *counter = NULL;
        const char *fault = row_fault(join, batch->rows, row, &counter);
        const struct tg_skip skip = {counter, batch, row, join->base.node};
        if (fault == NULL)
            tg_row_list_add(&join->rows, row, batch->rows->flags[row]);
        else
            tg_task_skip(join->base.task, &skip, "%s", fault);
    }
    return tg_row_list_batch(&join->rows, batch);
}

static void set_columns(struct stream_table_join *join, const struct tg_batch *batch,
                        const struct tg_table_rows *found)
{
    const struct tg_schema *schema = join->base.node->schema;
    const struct tg_plan_join_columns *columns = &node_of(join)->columns;
    uint32_t left = tg_join_first_copy(schema, columns, STREAM);
    uint32_t right = tg_join_first_copy(schema, columns, TABLE);
    for (uint32_t i = 0; i < left; i++)
        join->columns[i] = tg_join_key_column(batch, schema, i);
    for (uint32_t i = 0; i < columns->left_count; i++)
        join->columns[left + i] = batch->columns[columns->left[i]];
    for (uint32_t i = 0; i < columns->right_count; i++)
        join->columns[right + i] = found->columns[columns->right[i]];
}

static enum tg_code join_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    struct stream_table_join *join = (struct stream_table_join *)self;
    struct tg_table_lookup lookup = {0};
    if (input == TABLE)
        return TG_OK;
    struct tg_batch joinable = joinable_rows(join, gather(join, batch));
    TG_TRY(tg_key_bytes_of(&join->keys, &joinable, &lookup.keys, reterr));
    lookup.batch = &joinable;
    lookup.as_of_ms = joinable.rows->rowtime_ms;
    TG_TRY(tg_table_view_find(join->table, &lookup, reterr));
    const struct tg_table_rows found = tg_table_view_rows(join->table);
    tg_row_list_begin(&join->results, &joinable);
    for (uint32_t i = 0; i < joinable.selected; i++) {
        uint32_t row = tg_batch_row(&joinable, i);
        if (tg_join_has_row(node_of(join)->join, true, found.found[row]))
            tg_row_list_add(&join->results, row, joinable.rows->flags[row]);
    }
    struct tg_batch result = tg_row_list_batch(&join->results, &joinable);
    set_columns(join, &joinable, &found);
    result.schema = self->node->schema;
    result.columns = join->columns;
    return tg_operator_forward(self, &result, reterr);
}

static void join_close(struct tg_operator *self)
{
    struct stream_table_join *join = (struct stream_table_join *)self;
    tg_key_bytes_done(&join->keys);
    tg_table_view_close(join->table);
    tg_row_list_done(&join->rows);
    tg_row_list_done(&join->results);
    if (join->gathers)
        tg_batch_memory_done(&join->gathered);
}

const struct tg_operator_kind tg_operator_stream_table_join = {
    .plan_kind = "StreamTableJoin",
    .instance_size = sizeof(struct stream_table_join),
    .open = join_open,
    .process = join_process,
    .close = join_close,
};
