#include "topology/table/kept_results.h"

#include "base/memory.h"
#include "topology/task.h"

enum { NO_BEFORE = UINT32_MAX };

struct tg_kept_results {
    struct tg_operator *join;
    struct tg_store *store;
    struct tg_pair_reader reader; /* of what is replaced */
    struct tg_joined_pair *old;
    uint32_t *old_rows; /* rows of the results that replace them */
    uint32_t *before;   /* per result: index in `old`, or NO_BEFORE */
    uint32_t capacity, old_count;
    struct tg_batch_memory output;
    struct tg_buffer value;
};

enum tg_code tg_kept_results_open(struct tg_operator *join, struct tg_kept_results **ret_kept,
                                  struct tg_error *reterr)
{
    struct tg_kept_results *kept = tg_arena_alloc_zero(join->task->arena, 1, sizeof *kept);
    struct tg_task_store *store = NULL;
    const struct tg_task_store_options options = {
        .node = join->node, .role = TG_KEPT_RESULTS_ROLE, .layout = TG_KEY_PLAIN};
    *ret_kept = kept;
    kept->join = join;
    tg_batch_memory_init(&kept->output, join->node->schema, NULL);
    TG_TRY(tg_task_open_store(join, &options, &store, reterr));
    kept->store = store->store;
    return tg_pair_reader_open(join, tg_store_name(kept->store), &kept->reader, reterr);
}

static void reserve(struct tg_kept_results *kept, uint32_t rows)
{
    if (rows <= kept->capacity)
        return;
    kept->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    kept->old = tg_realloc(kept->old, kept->capacity, sizeof *kept->old);
    kept->old_rows = tg_realloc(kept->old_rows, kept->capacity, sizeof *kept->old_rows);
    kept->before = tg_realloc(kept->before, kept->capacity, sizeof *kept->before);
}

/* The store moves on by one result. */
static enum tg_code replace(struct tg_kept_results *kept, const struct tg_batch *results, uint32_t row,
                            const struct tg_joined_pair *pair, struct tg_slice key, struct tg_error *reterr)
{
    bool exists = false;
    struct tg_value found;
    TG_TRY(tg_store_get(kept->store, key, &exists, &found, reterr));
    kept->before[row] = exists ? kept->old_count : NO_BEFORE;
    if (exists) {
        kept->old_rows[kept->old_count] = row;
        TG_TRY(tg_joined_pair_read(tg_arena_copy(results->arena, found.bytes), &kept->old[kept->old_count++],
                                   reterr));
    }
    int64_t time_ms = results->rows->rowtime_ms[row];
    if (pair->left.data == NULL)
        return exists ? tg_store_remove(kept->store, key, time_ms, reterr) : TG_OK;
    tg_joined_pair_write(pair, &kept->value);
    return tg_store_put(kept->store, key, (struct tg_value){tg_buffer_slice(&kept->value), time_ms}, reterr);
}

static void add_row(struct tg_kept_results *kept, const struct tg_rows *rows, uint32_t row, uint8_t flags,
                    struct tg_column *const *columns, uint32_t column_row)
{
    struct tg_batch *output = &kept->output.batch;
    uint32_t target = output->rows->count;
    tg_rows_reserve(output->rows, target + 1);
    output->rows->count = target + 1;
    tg_rows_copy(output->rows, target, rows, row);
    output->rows->flags[target] = flags;
    for (uint32_t i = 0; i < output->schema->count; i++) {
        tg_column_resize(output->columns[i], target + 1);
        if (columns[i] != NULL)
            tg_column_copy_row(output->columns[i], target, columns[i], column_row);
        else
            tg_column_set_null(output->columns[i], target);
    }
}

enum tg_code tg_kept_results_replace(struct tg_kept_results *kept, const struct tg_batch *results,
                                     const struct tg_pair_list *pairs, const struct tg_slice *keys,
                                     const struct tg_batch **ret_changes, struct tg_error *reterr)
{
    reserve(kept, results->rows->count);
    kept->old_count = 0;
    for (uint32_t i = 0; i < results->selected; i++) {
        uint32_t row = tg_batch_row(results, i);
        TG_TRY(replace(kept, results, row, &pairs->pairs[row], keys[row], reterr));
    }
    const struct tg_pair_list old = {kept->old, kept->old_count, pairs->keys, kept->old_rows, pairs->arena};
    TG_TRY(tg_pair_reader_read(&kept->reader, &old, reterr));
    tg_batch_memory_clear(&kept->output);
    for (uint32_t i = 0; i < results->selected; i++) {
        uint32_t row = tg_batch_row(results, i);
        uint32_t before = kept->before[row];
        uint8_t flags = results->rows->flags[row];
        if (before != NO_BEFORE)
            add_row(kept, results->rows, row, TG_ROW_UNDO, kept->reader.columns, before);
        if (before != NO_BEFORE || (flags & TG_ROW_VALUE_NULL) == 0)
            add_row(kept, results->rows, row, flags, results->columns, row);
    }
    struct tg_batch *output = &kept->output.batch;
    output->selected = output->rows->count;
    output->topic = results->topic;
    output->partition = results->partition;
    output->arena = results->arena;
    *ret_changes = output;
    return TG_OK;
}

void tg_kept_results_close(struct tg_kept_results *kept)
{
    if (kept == NULL)
        return;
    tg_pair_reader_done(&kept->reader);
    tg_batch_memory_done(&kept->output);
    tg_buffer_done(&kept->value);
    tg_free(kept->old);
    tg_free(kept->old_rows);
    tg_free(kept->before);
}
