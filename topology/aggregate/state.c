#include "topology/aggregate/aggregate.h"

#include <string.h>

/* Points each call at its part of `bytes`. */
static enum tg_code open_state(struct aggregate *aggregate, uint8_t *bytes, size_t length,
                               struct tg_error *reterr)
{
    size_t at = aggregate->fixed_bytes;
    bool damaged = length < at;
    for (uint32_t i = 0; i < aggregate->call_count && !damaged; i++) {
        struct aggregate_call *call = &aggregate->calls[i];
        call->state.fixed = bytes + call->fixed_at;
        call->state.blob_changed = false;
        call->state.blob = tg_slice_of(NULL, 0);
        if (!call->variable)
            continue;
        uint32_t blob_length = 0;
        damaged = length - at < sizeof blob_length;
        if (damaged)
            break;
        memcpy(&blob_length, bytes + at, sizeof blob_length);
        at += sizeof blob_length;
        damaged = length - at < blob_length;
        call->state.blob = tg_slice_of(bytes + at, blob_length);
        at += blob_length;
    }
    if (damaged || at != length)
        return tg_fail(reterr, TG_CODE_CORRUPT,
                       "store %s: a value of %zu bytes is not the state of %u aggregates",
                       tg_store_name(aggregate->store->store), length, aggregate->call_count);
    return TG_OK;
}

static enum tg_code add_row(struct aggregate *aggregate, uint32_t row, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        struct aggregate_call *call = &aggregate->calls[i];
        call->state.row = row;
        call->state.sequence = (uint64_t)aggregate->input->rows->offset[row];
        call->state.arena = aggregate->input->arena;
        enum tg_code code = call->function_call->function->aggregate->add(&call->state, reterr);
        if (code != TG_OK)
            return tg_fail_context(reterr, "%s over offset %lld of partition %d of %s",
                                   call->function_call->name, (long long)aggregate->input->rows->offset[row],
                                   aggregate->input->partition, aggregate->input->topic);
    }
    return TG_OK;
}

static void init_fixed(struct aggregate *aggregate, uint8_t *bytes)
{
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        if (aggregate->calls[i].function_call->function->aggregate->init != NULL)
            aggregate->calls[i].function_call->function->aggregate->init(bytes +
                                                                         aggregate->calls[i].fixed_at);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static enum tg_code update_fixed(struct aggregate *aggregate, struct tg_slice store_key, uint32_t row,
                                 struct tg_value *ret_value, struct tg_error *reterr)
{
    struct tg_store *store = aggregate->store->store;
    struct tg_store_edit edit;
    TG_TRY(tg_store_edit(store, store_key, aggregate->fixed_bytes, false, &edit, reterr));
    if (edit.created)
        init_fixed(aggregate, edit.bytes);
    TG_TRY(open_state(aggregate, edit.bytes, edit.length, reterr));
    TG_TRY(add_row(aggregate, row, reterr));
    int64_t time = aggregate->input->rows->rowtime_ms[row];
    time = edit.created ? time : later(edit.timestamp_ms, time);
    tg_store_edit_done(store, time);
    *ret_value = (struct tg_value){tg_slice_of(edit.bytes, edit.length), time};
    return TG_OK;
}

/* The new value: fixed parts as they are now, blobs changed or not. */
static void rebuild_value(struct aggregate *aggregate, struct tg_buffer *target, const uint8_t *fixed)
{
    tg_buffer_clear(target);
    tg_buffer_append(target, fixed, aggregate->fixed_bytes);
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        const struct aggregate_call *call = &aggregate->calls[i];
        if (!call->variable)
            continue;
        struct tg_slice blob = call->state.blob_changed ? tg_buffer_slice(&call->new_blob) : call->state.blob;
        uint32_t length = (uint32_t)blob.length;
        tg_buffer_append(target, &length, sizeof length);
        tg_buffer_append_slice(target, blob);
    }
}

static void empty_value(struct aggregate *aggregate, struct tg_buffer *target)
{
    tg_buffer_clear(target);
    memset(tg_buffer_reserve(target, aggregate->fixed_bytes + 1), 0, aggregate->fixed_bytes);
    target->length = aggregate->fixed_bytes;
    init_fixed(aggregate, target->data);
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        if (aggregate->calls[i].variable)
            tg_buffer_append(target, &(uint32_t){0}, sizeof(uint32_t));
}

static enum tg_code update_variable(struct aggregate *aggregate, struct tg_slice store_key, uint32_t row,
                                    struct tg_value *ret_value, struct tg_error *reterr)
{
    struct tg_store *store = aggregate->store->store;
    struct tg_value found;
    bool exists = false;
    TG_TRY(tg_store_get(store, store_key, &exists, &found, reterr));
    struct tg_buffer *scratch = &aggregate->value;
    if (exists) {
        tg_buffer_clear(scratch);
        tg_buffer_append_slice(scratch, found.bytes);
    } else {
        empty_value(aggregate, scratch);
    }
    TG_TRY(open_state(aggregate, scratch->data, scratch->length, reterr));
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        tg_buffer_clear(&aggregate->calls[i].new_blob);
    TG_TRY(add_row(aggregate, row, reterr));
    bool changed = false;
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        changed = changed || aggregate->calls[i].state.blob_changed;
    int64_t time = aggregate->input->rows->rowtime_ms[row];
    time = exists ? later(found.timestamp_ms, time) : time;
    if (changed)
        rebuild_value(aggregate, &aggregate->new_value, scratch->data);
    struct tg_value value = {tg_buffer_slice(changed ? &aggregate->new_value : scratch), time};
    TG_TRY(tg_store_put(store, store_key, value, reterr));
    *ret_value = value;
    return TG_OK;
}

enum tg_code aggregate_update(struct aggregate *aggregate, struct tg_slice store_key, uint32_t row,
                              struct tg_value *ret_value, struct tg_error *reterr)
{
    return aggregate->variable ? update_variable(aggregate, store_key, row, ret_value, reterr)
                               : update_fixed(aggregate, store_key, row, ret_value, reterr);
}

enum tg_code aggregate_results(struct aggregate *aggregate, struct tg_slice value, uint32_t row,
                               struct tg_error *reterr)
{
    /* Results may point into the state, which moves when the store changes: they get a copy of it. */
    struct tg_slice copy = aggregate->variable ? tg_arena_copy(aggregate->output_arena, value) : value;
    TG_TRY(open_state(aggregate, (uint8_t *)copy.data, copy.length, reterr));
    uint32_t first = aggregate->key_count + (aggregate_is_windowed(aggregate) ? 2 : 0);
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        struct aggregate_call *call = &aggregate->calls[i];
        call->state.arena = aggregate->output_arena;
        call->function_call->function->aggregate->result(&call->state,
                                                         aggregate->output.batch.columns[first + i], row);
    }
    return TG_OK;
}
