#include "topology/aggregate/aggregate.h"

#include "state/window_key.h"

/* Makes room for one more output row and sets what does not come from the state. */
static uint32_t add_output_row(struct aggregate *aggregate, int64_t window_start_ms, int64_t rowtime_ms)
{
    struct tg_batch *output = &aggregate->output.batch;
    uint32_t row = output->rows->count;
    tg_rows_reserve(output->rows, row + 1);
    output->rows->count = row + 1;
    output->rows->rowtime_ms[row] = rowtime_ms;
    output->rows->flags[row] = 0;
    output->rows->offset[row] = -1;
    output->rows->headers[row] = (struct tg_header_list){NULL, 0};
    output->rows->raw_key[row] = tg_slice_of(NULL, 0);
    output->rows->raw_value[row] = tg_slice_of(NULL, 0);
    for (uint32_t i = 0; i < output->schema->count; i++)
        tg_column_resize(output->columns[i], row + 1);
    if (!aggregate_is_windowed(aggregate))
        return row;
    const struct tg_window *window = &aggregate_node(aggregate)->window;
    struct tg_column **bounds = output->columns + aggregate->key_count;
    bounds[0]->values.int64[row] = window_start_ms;
    bounds[1]->values.int64[row] = window_start_ms + window->size_ms;
    bounds[0]->valid[row] = bounds[1]->valid[row] = 1;
    return row;
}

enum tg_code aggregate_emit_row(struct aggregate *aggregate, uint32_t row, int64_t window_start_ms,
                                const struct tg_value *value, struct tg_error *reterr)
{
    uint32_t target = add_output_row(aggregate, window_start_ms, value->timestamp_ms);
    const struct tg_rows *rows = aggregate->input->rows;
    aggregate->output.batch.rows->offset[target] = rows->offset[row];
    aggregate->output.batch.rows->headers[target] = rows->headers[row];
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        tg_column_copy_row(aggregate->output.batch.columns[i], target,
                           aggregate->input->columns[aggregate->key_source[i]], row);
    return aggregate_results(aggregate, value->bytes, target, reterr);
}

static enum tg_code decode_key(struct aggregate *aggregate, struct tg_slice key, uint32_t target,
                               struct tg_error *reterr)
{
    if (aggregate->key_decoder == NULL)
        return TG_OK;
    struct tg_decode_error error;
    struct tg_slice copy = tg_arena_copy(aggregate->output_arena, key);
    if (copy.data == NULL)
        copy.data = (const uint8_t *)"";
    struct tg_decode_call call = {
        .records = &copy,
        .count = 1,
        .columns = aggregate->decoded_keys,
        .arena = aggregate->output_arena,
        .errors = &error,
    };
    aggregate->key_decoder->decode(aggregate->key_decoder, &call);
    if (call.error_count > 0)
        return tg_fail(reterr, TG_CODE_CORRUPT, "store %s holds a key that is not one of the query: %s",
                       tg_store_name(aggregate->store->store), error.message);
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        tg_column_copy_row(aggregate->output.batch.columns[i], target, aggregate->decoded_keys[i], 0);
    return TG_OK;
}

enum tg_code aggregate_emit_entry(struct aggregate *aggregate, struct tg_slice store_key,
                                  const struct tg_value *value, struct tg_error *reterr)
{
    struct tg_window_key group = {.key = store_key};
    if (aggregate_is_windowed(aggregate))
        TG_TRY(tg_window_key_read_local(store_key, &group, reterr));
    uint32_t target = add_output_row(aggregate, group.start_ms, value->timestamp_ms);
    TG_TRY(decode_key(aggregate, group.key, target, reterr));
    TG_TRY(aggregate_results(aggregate, value->bytes, target, reterr));
    return aggregate->output.batch.rows->count < TG_BATCH_ROWS_MAX
               ? TG_OK
               : aggregate_forward_output(aggregate, reterr);
}

enum tg_code aggregate_forward_output(struct aggregate *aggregate, struct tg_error *reterr)
{
    struct tg_batch *output = &aggregate->output.batch;
    output->selection = NULL;
    output->selected = output->rows->count;
    output->topic = aggregate->input == NULL ? "" : aggregate->input->topic;
    output->partition = aggregate->base.task->partition;
    output->arena = aggregate->output_arena;
    enum tg_code code = tg_operator_forward(&aggregate->base, output, reterr);
    tg_batch_memory_clear(&aggregate->output);
    tg_arena_reset(aggregate->output_arena);
    return code;
}
