#include "topology/aggregate/aggregate.h"

#include "state/window_key.h"

/* Makes room for one more output row and sets what comes from neither key nor state. */
static uint32_t add_output_row(struct aggregate *aggregate, const struct aggregate_change *change,
                               unsigned flags)
{
    struct tg_batch *output = &aggregate->output.batch;
    uint32_t row = output->rows->count;
    tg_rows_reserve(output->rows, row + 1);
    output->rows->count = row + 1;
    output->rows->rowtime_ms[row] = change->time_ms;
    output->rows->flags[row] = (uint8_t)flags;
    output->rows->offset[row] = -1;
    output->rows->headers[row] = (struct tg_header_list){NULL, 0};
    output->rows->raw_key[row] = tg_slice_of(NULL, 0);
    output->rows->raw_value[row] = tg_slice_of(NULL, 0);
    for (uint32_t i = 0; i < output->schema->count; i++)
        tg_column_resize(output->columns[i], row + 1);
    if (!aggregate_is_windowed(aggregate))
        return row;
    struct tg_column **bounds = output->columns + aggregate->key_count;
    bounds[0]->values.int64[row] = change->start_ms;
    bounds[1]->values.int64[row] = change->end_ms;
    bounds[0]->valid[row] = bounds[1]->valid[row] = 1;
    return row;
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

static enum tg_code fill_key(struct aggregate *aggregate, const struct aggregate_change *change,
                             uint32_t target, struct tg_error *reterr)
{
    if (change->row == AGGREGATE_NO_ROW)
        return decode_key(aggregate, change->key, target, reterr);
    const struct tg_rows *rows = aggregate->input->rows;
    aggregate->output.batch.rows->offset[target] = rows->offset[change->row];
    aggregate->output.batch.rows->headers[target] = rows->headers[change->row];
    aggregate->output.batch.rows->raw_key[target] = rows->raw_key[change->row];
    aggregate->output.batch.rows->raw_value[target] = rows->raw_value[change->row];
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        tg_column_copy_row(aggregate->output.batch.columns[i], target,
                           aggregate->input->columns[aggregate->key_source[i]], change->row);
    return TG_OK;
}

/* `state` NULL: a tombstone. */
static enum tg_code emit_row(struct aggregate *aggregate, const struct aggregate_change *change,
                             const struct tg_slice *state, unsigned flags, struct tg_error *reterr)
{
    uint32_t target = add_output_row(aggregate, change, flags | (state == NULL ? TG_ROW_VALUE_NULL : 0));
    TG_TRY(fill_key(aggregate, change, target, reterr));
    if (state != NULL)
        return aggregate_results(aggregate, *state, target, reterr);
    const struct tg_batch *output = &aggregate->output.batch;
    for (uint32_t i = output->schema->count - aggregate->call_count; i < output->schema->count; i++)
        tg_column_set_null(output->columns[i], target);
    return TG_OK;
}

enum tg_code aggregate_emit(struct aggregate *aggregate, const struct aggregate_change *change,
                            struct tg_error *reterr)
{
    if (change->before != NULL && aggregate->sends_before)
        TG_TRY(emit_row(aggregate, change, change->before, TG_ROW_UNDO, reterr));
    TG_TRY(emit_row(aggregate, change, change->after, 0, reterr));
    return aggregate->output.batch.rows->count < TG_BATCH_ROWS_MAX
               ? TG_OK
               : aggregate_forward_output(aggregate, reterr);
}

enum tg_code aggregate_emit_entry(struct aggregate *aggregate, const struct aggregate_entry *entry,
                                  struct tg_error *reterr)
{
    struct tg_window_key group = {.key = entry->key};
    if (aggregate_has_sessions(aggregate))
        TG_TRY(tg_session_key_read_local(entry->key, &group, reterr));
    else if (aggregate_is_windowed(aggregate))
        TG_TRY(tg_window_key_read_local(entry->key, &group, reterr));
    if (!aggregate_has_sessions(aggregate))
        group.end_ms = group.start_ms + aggregate_node(aggregate)->window.size_ms;
    const struct aggregate_change change = {
        .row = AGGREGATE_NO_ROW,
        .key = group.key,
        .start_ms = group.start_ms,
        .end_ms = group.end_ms,
        .time_ms = entry->after != NULL ? entry->after->timestamp_ms : group.end_ms,
        .before = entry->before != NULL ? &entry->before->bytes : NULL,
        .after = entry->after != NULL ? &entry->after->bytes : NULL,
    };
    return aggregate_emit(aggregate, &change, reterr);
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
