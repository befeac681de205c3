/* Keeps the newest record of each key of a table source, as the source's own bytes
 * (topology/table/table_row.h), so that a column that a later statement adds finds its data. What a row
 * replaces is decoded from there and sent before it, with the same offset and row time (those of the change);
 * its ROWTIME column still says its own time. The store has a changelog of its own: the source topic may be
 * compacted late, or not at all.
 *
 * With a history (topology/table/history.h) "newest" goes by row time: a record that is older than what its
 * key has changes the history only, and is not sent on, as Kafka Streams' joins and aggregates of versioned
 * tables leave it out (KIP-914). */
#include "plan/nodes/materialize.h"

#include "base/memory.h"
#include "topology/operator.h"
#include "topology/table/history.h"
#include "topology/table/key_bytes.h"
#include "topology/table/table_row.h"
#include "topology/task.h"

/* In place of a row of `old`. */
enum {
    NO_BEFORE = UINT32_MAX,
    STAYS_HERE = UINT32_MAX - 1 /* the row is not sent on */
};

struct materialize {
    struct tg_operator base;
    struct tg_task_store *store;
    struct tg_table_history *history; /* NULL: none is kept */
    struct tg_key_bytes keys;
    struct tg_table_row_reader old; /* what rows replace */
    struct tg_batch_memory output;
    struct tg_arena *arena;  /* of one run */
    struct tg_slice *values; /* of `old` */
    int64_t *times_ms;
    uint32_t *before; /* per row of the run: row of `old`, or NO_BEFORE, STAYS_HERE */
    uint32_t capacity;
    uint32_t old_count;
    bool all_go_on;
    struct tg_buffer value;
};

static enum tg_code materialize_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct materialize *table = (struct materialize *)self;
    const bool *needed = tg_plan_materialize_needed(self->node);
    table->arena = tg_arena_new(0);
    tg_batch_memory_init(&table->output, self->node->schema, needed);
    TG_TRY(tg_key_bytes_open(self->inputs[0], self, &table->keys, reterr));
    const struct tg_task_store_options store = {.node = self->node, .layout = TG_KEY_PLAIN};
    int64_t history_ms = tg_plan_materialize_history(self->node);
    TG_TRY(tg_task_open_store(self, &store, &table->store, reterr));
    if (history_ms > 0)
        TG_TRY(tg_table_history_open(self, history_ms, &table->history, reterr));
    const struct tg_table_row_options rows = {
        .task = self->task,
        .node = self->node,
        .name = tg_store_name(table->store->store),
        .needed = needed,
    };
    return tg_table_row_reader_open(&rows, &table->old, reterr);
}

static void reserve(struct materialize *table, uint32_t rows)
{
    if (rows <= table->capacity)
        return;
    table->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    table->values = tg_realloc(table->values, table->capacity, sizeof *table->values);
    table->times_ms = tg_realloc(table->times_ms, table->capacity, sizeof *table->times_ms);
    table->before = tg_realloc(table->before, table->capacity, sizeof *table->before);
}

static uint32_t add_old(struct materialize *table, const struct tg_value *found)
{
    struct tg_slice copy = tg_arena_copy(table->arena, found->bytes);
    table->values[table->old_count] = copy.data == NULL ? tg_slice_of("", 0) : copy;
    table->times_ms[table->old_count] = found->timestamp_ms;
    return table->old_count++;
}

static void report_late(struct materialize *table, const struct tg_batch *batch, uint32_t row)
{
    int64_t time = batch->rows->rowtime_ms[row];
    int64_t bound = tg_table_history_bound(table->history);
    const struct tg_skip skip = {&table->base.task->counters.late_skipped, batch, row, table->base.node};
    const struct tg_late late = {time, time, bound};
    tg_task_skip_late(table->base.task, &skip, &late,
                      "it is older than the table's history, which begins at %lld", (long long)bound);
}

/* Is the row the newest version of its key? Its place in the history is found. */
static enum tg_code place_row(struct materialize *table, const struct tg_batch *batch, uint32_t row,
                              struct tg_history_change *change, bool *ret_newest, struct tg_error *reterr)
{
    enum tg_history_place place = TG_HISTORY_NEWEST;
    change->value.timestamp_ms = batch->rows->rowtime_ms[row];
    change->is_tombstone = (batch->rows->flags[row] & TG_ROW_VALUE_NULL) != 0;
    if (!change->is_tombstone)
        change->value.bytes = tg_table_row_value(table->base.node, table->base.task->query->registry,
                                                 batch->rows, row, &table->value);
    tg_task_note_effect(table->base.task, batch, row);
    TG_TRY(tg_table_history_put(table->history, change, &place, reterr));
    if (place == TG_HISTORY_TOO_LATE)
        report_late(table, batch, row);
    *ret_newest = place == TG_HISTORY_NEWEST;
    return TG_OK;
}

/* The store moves on by one row. */
static enum tg_code replace(struct materialize *table, const struct tg_batch *batch, struct tg_slice key,
                            uint32_t row, uint32_t *ret_old, struct tg_error *reterr)
{
    struct tg_store *store = table->store->store;
    const struct tg_rows *rows = batch->rows;
    struct tg_value found = {0};
    bool exists = false;
    TG_TRY(tg_store_get(store, key, &exists, &found, reterr));
    if (table->history != NULL) {
        struct tg_history_change change = {.key = key, .was_there = exists, .newest = found};
        bool is_newest = false;
        TG_TRY(place_row(table, batch, row, &change, &is_newest, reterr));
        if (!is_newest) {
            *ret_old = STAYS_HERE;
            table->all_go_on = false;
            return TG_OK;
        }
    }
    *ret_old = exists ? add_old(table, &found) : NO_BEFORE;
    if ((rows->flags[row] & TG_ROW_VALUE_NULL) == 0) {
        const struct tg_value value = {
            tg_table_row_value(table->base.node, table->base.task->query->registry, rows, row, &table->value),
            rows->rowtime_ms[row]};
        return tg_store_put(store, key, value, reterr);
    }
    return exists ? tg_store_remove(store, key, rows->rowtime_ms[row], reterr) : TG_OK;
}

static uint32_t add_row(struct materialize *table, const struct tg_rows *rows, uint32_t row)
{
    struct tg_batch *output = &table->output.batch;
    uint32_t target = output->rows->count;
    tg_rows_reserve(output->rows, target + 1);
    output->rows->count = target + 1;
    tg_rows_copy(output->rows, target, rows, row);
    for (uint32_t i = 0; i < output->schema->count; i++)
        if (output->columns[i] != NULL)
            tg_column_resize(output->columns[i], target + 1);
    return target;
}

/* What `row` replaces: the key of the row, its own other columns. */
static void add_before(struct materialize *table, const struct tg_batch *batch, uint32_t row, uint32_t old)
{
    struct tg_batch *output = &table->output.batch;
    uint32_t target = add_row(table, batch->rows, row);
    output->rows->flags[target] = TG_ROW_UNDO;
    for (uint32_t i = 0; i < output->schema->count; i++) {
        enum tg_column_role role = output->schema->columns[i].role;
        if (output->columns[i] == NULL)
            continue;
        if (role == TG_COLUMN_KEY || role == TG_COLUMN_WINDOWSTART || role == TG_COLUMN_WINDOWEND)
            tg_column_copy_row(output->columns[i], target, batch->columns[i], row);
        else
            tg_column_copy_row(output->columns[i], target, table->old.memory.batch.columns[i], old);
    }
}

static void add_after(struct materialize *table, const struct tg_batch *batch, uint32_t row)
{
    struct tg_batch *output = &table->output.batch;
    uint32_t target = add_row(table, batch->rows, row);
    for (uint32_t i = 0; i < output->schema->count; i++)
        if (output->columns[i] != NULL)
            tg_column_copy_row(output->columns[i], target, batch->columns[i], row);
}

/* The rows of the run that go on, each behind what it replaces. */
static enum tg_code make_output(struct materialize *table, const struct tg_batch *batch,
                                struct tg_error *reterr)
{
    const struct tg_table_row_values old = {table->values, table->times_ms, table->old_count, table->arena};
    struct tg_batch *output = &table->output.batch;
    TG_TRY(tg_table_row_read(&table->old, &old, reterr));
    tg_batch_memory_clear(&table->output);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        if (table->before[i] == STAYS_HERE)
            continue;
        if (table->before[i] != NO_BEFORE)
            add_before(table, batch, row, table->before[i]);
        add_after(table, batch, row);
    }
    output->selected = output->rows->count;
    output->topic = batch->topic;
    output->partition = batch->partition;
    output->arena = batch->arena;
    return TG_OK;
}

static enum tg_code materialize_process(struct tg_operator *self, uint32_t input,
                                        const struct tg_batch *batch, struct tg_error *reterr)
{
    (void)input;
    struct materialize *table = (struct materialize *)self;
    const struct tg_slice *keys = NULL;
    tg_arena_reset(table->arena);
    reserve(table, batch->selected);
    table->old_count = 0;
    table->all_go_on = true;
    TG_TRY(tg_key_bytes_of(&table->keys, batch, &keys, reterr));
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        TG_TRY(replace(table, batch, keys[row], row, &table->before[i], reterr));
    }
    if (table->old_count == 0 && table->all_go_on)
        return tg_operator_forward(self, batch, reterr);
    TG_TRY(make_output(table, batch, reterr));
    return tg_operator_forward(self, &table->output.batch, reterr);
}

/* ---- with a history ---- */

struct tg_table_history *tg_table_history_of(const struct tg_operator *materialize)
{
    return ((const struct materialize *)materialize)->history;
}

static enum tg_code materialize_flush(struct tg_operator *self, struct tg_error *reterr)
{
    struct materialize *table = (struct materialize *)self;
    return table->history == NULL ? TG_OK : tg_table_history_sweep(table->history, reterr);
}

static int64_t materialize_progress(const struct tg_operator *self, uint32_t index)
{
    (void)index;
    const struct materialize *table = (const struct materialize *)self;
    return table->history == NULL ? INT64_MIN : tg_table_history_time(table->history);
}

static void materialize_load_progress(struct tg_operator *self, const int64_t *times)
{
    struct materialize *table = (struct materialize *)self;
    if (table->history != NULL)
        tg_table_history_load(table->history, times[0]);
}

static const char *store_role(const struct tg_plan_node *node, uint32_t index)
{
    if (index == 0)
        return "";
    return index == 1 && tg_plan_materialize_history(node) > 0 ? TG_HISTORY_ROLE : NULL;
}

static void materialize_close(struct tg_operator *self)
{
    struct materialize *table = (struct materialize *)self;
    tg_table_history_close(table->history);
    tg_key_bytes_done(&table->keys);
    tg_table_row_reader_done(&table->old);
    tg_batch_memory_done(&table->output);
    tg_arena_free(table->arena);
    tg_buffer_done(&table->value);
    tg_free(table->values);
    tg_free(table->times_ms);
    tg_free(table->before);
}

const struct tg_operator_kind tg_operator_materialize = {
    .plan_kind = "Materialize",
    .instance_size = sizeof(struct materialize),
    .open = materialize_open,
    .process = materialize_process,
    .flush = materialize_flush,
    .progress = materialize_progress,
    .load_progress = materialize_load_progress,
    .close = materialize_close,
    .has_store = true,
    .store_role = store_role,
    .notes_effects = true,
};
