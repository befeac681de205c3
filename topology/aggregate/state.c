#include "topology/aggregate/aggregate.h"

#include <string.h>

enum tg_code aggregate_state_fail_size(const struct aggregate *aggregate, size_t length,
                                       struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_CORRUPT,
                   "store %s: a value of %zu bytes is not the state of %u aggregates",
                   tg_store_name(aggregate->store->store), length, aggregate->call_count);
}

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
        return aggregate_state_fail_size(aggregate, length, reterr);
    return TG_OK;
}

/* A failure of a call, in *reterr: of the row alone, which is noted, or of the query. A table's state must
 * hold what may be taken back: what it cannot hold (LIMIT) ends the query. */
static enum tg_code note_failure(struct aggregate *aggregate, const struct aggregate_call *call,
                                 enum tg_code code, struct tg_error *reterr)
{
    tg_fail_context(reterr, "%s", call->function_call->name);
    if (!call->function_call->function->aggregate->refuses ||
        (code != TG_CODE_EXPRESSION && aggregate->refusal == AGGREGATE_KEEPS))
        return code;
    aggregate->refused = true;
    aggregate->refused_error = *reterr;
    return TG_OK;
}

static enum tg_code apply_call(struct aggregate *aggregate, struct aggregate_call *call, bool undo,
                               struct tg_error *reterr)
{
    const struct tg_aggregate_kernel *kernel = call->function_call->function->aggregate;
    uint8_t before[TG_AGGREGATE_REFUSING_BYTES_MAX];
    if (kernel->refuses)
        memcpy(before, call->state.fixed, kernel->fixed_bytes);
    enum tg_code code = undo ? kernel->undo(&call->state, reterr) : kernel->add(&call->state, reterr);
    if (code == TG_OK)
        return TG_OK;
    TG_TRY(note_failure(aggregate, call, code, reterr));
    if (aggregate->refusal == AGGREGATE_NULL)
        memcpy(call->state.fixed, before, kernel->fixed_bytes);
    return TG_OK;
}

/* Adds a row to the open state, or takes it back. */
static enum tg_code apply_row(struct aggregate *aggregate, uint32_t row, bool undo, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        struct aggregate_call *call = &aggregate->calls[i];
        call->state.row = row;
        call->state.sequence = (uint64_t)aggregate->input->rows->offset[row];
        call->state.arena = aggregate->input->arena;
        if (apply_call(aggregate, call, undo, reterr) != TG_OK)
            return tg_fail_context(reterr, "offset %lld of partition %d of %s",
                                   (long long)aggregate->input->rows->offset[row],
                                   aggregate->input->partition, aggregate->input->topic);
    }
    return TG_OK;
}

void aggregate_state_init(const struct aggregate *aggregate, uint8_t *bytes)
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

static int64_t update_time(const struct aggregate *aggregate, const struct aggregate_update *update)
{
    uint32_t row = update->add != AGGREGATE_NO_ROW ? update->add : update->undo;
    return aggregate->input->rows->rowtime_ms[row];
}

static void keep_before(struct aggregate *aggregate, struct tg_slice bytes,
                        struct aggregate_result *ret_result)
{
    ret_result->had_before = true;
    if (!aggregate->sends_before)
        return;
    tg_buffer_clear(&aggregate->before);
    tg_buffer_append_slice(&aggregate->before, bytes);
    ret_result->before = tg_buffer_slice(&aggregate->before);
}

static enum tg_code apply_fixed(struct aggregate *aggregate, struct tg_slice store_key,
                                const struct aggregate_update *update, struct aggregate_result *ret_result,
                                struct tg_error *reterr)
{
    struct tg_store *store = aggregate->store->store;
    struct tg_store_edit edit;
    TG_TRY(tg_store_edit(store, store_key, aggregate->fixed_bytes, false, &edit, reterr));
    if (edit.created)
        aggregate_state_init(aggregate, edit.bytes);
    else
        keep_before(aggregate, tg_slice_of(edit.bytes, edit.length), ret_result);
    TG_TRY(open_state(aggregate, edit.bytes, edit.length, reterr));
    if (update->undo != AGGREGATE_NO_ROW && !edit.created)
        TG_TRY(apply_row(aggregate, update->undo, true, reterr));
    if (update->add != AGGREGATE_NO_ROW)
        TG_TRY(apply_row(aggregate, update->add, false, reterr));
    int64_t time = update_time(aggregate, update);
    time = edit.created ? time : later(edit.timestamp_ms, time);
    tg_store_edit_done(store, time);
    ret_result->after = (struct tg_value){tg_slice_of(edit.bytes, edit.length), time};
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
    aggregate_state_init(aggregate, target->data);
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        if (aggregate->calls[i].variable)
            tg_buffer_append(target, &(uint32_t){0}, sizeof(uint32_t));
}

/* Opens aggregate->value with empty buffers for new variable parts. */
static enum tg_code open_value(struct aggregate *aggregate, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        tg_buffer_clear(&aggregate->calls[i].new_blob);
    return open_state(aggregate, aggregate->value.data, aggregate->value.length, reterr);
}

/* Takes the new variable parts over into aggregate->value. */
static void close_value(struct aggregate *aggregate)
{
    bool changed = false;
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        changed = changed || aggregate->calls[i].state.blob_changed;
    if (!changed)
        return;
    rebuild_value(aggregate, &aggregate->new_value, aggregate->value.data);
    struct tg_buffer old = aggregate->value;
    aggregate->value = aggregate->new_value;
    aggregate->new_value = old;
}

enum tg_code aggregate_state_begin(struct aggregate *aggregate, struct tg_slice bytes,
                                   struct tg_error *reterr)
{
    (void)reterr;
    if (bytes.data == NULL) {
        empty_value(aggregate, &aggregate->value);
        return TG_OK;
    }
    tg_buffer_clear(&aggregate->value);
    tg_buffer_append_slice(&aggregate->value, bytes);
    return TG_OK;
}

/* The other state is opened first, to find its parts; its bytes stay where they are. */
enum tg_code aggregate_state_merge(struct aggregate *aggregate, struct tg_slice other,
                                   struct tg_error *reterr)
{
    struct tg_arena *arena = aggregate->output_arena;
    struct tg_slice *blobs = tg_arena_alloc(arena, aggregate->call_count * sizeof *blobs);
    TG_TRY(open_state(aggregate, (uint8_t *)other.data, other.length, reterr));
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        blobs[i] = aggregate->calls[i].state.blob;
    TG_TRY(open_value(aggregate, reterr));
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        struct aggregate_call *call = &aggregate->calls[i];
        call->state.arena = arena;
        enum tg_code code = call->function_call->function->aggregate->merge(
            &call->state, other.data + call->fixed_at, blobs[i], reterr);
        if (code != TG_OK)
            TG_TRY(note_failure(aggregate, call, code, reterr));
    }
    close_value(aggregate);
    return TG_OK;
}

static enum tg_code change_value(struct aggregate *aggregate, uint32_t row, bool undo,
                                 struct tg_error *reterr)
{
    TG_TRY(open_value(aggregate, reterr));
    TG_TRY(apply_row(aggregate, row, undo, reterr));
    close_value(aggregate);
    return TG_OK;
}

enum tg_code aggregate_state_add(struct aggregate *aggregate, uint32_t row, struct tg_error *reterr)
{
    return change_value(aggregate, row, false, reterr);
}

enum tg_code aggregate_state_add_in_place(struct aggregate *aggregate, uint8_t *bytes, size_t length,
                                          uint32_t row, struct tg_error *reterr)
{
    TG_TRY(open_state(aggregate, bytes, length, reterr));
    return apply_row(aggregate, row, false, reterr);
}

enum tg_code aggregate_check_size(struct aggregate *aggregate, struct tg_slice store_key,
                                  struct tg_error *reterr)
{
    const struct tg_task *task = aggregate->base.task;
    int64_t bytes_max = task->query->changelog_bytes_max;
    const struct tg_outgoing record = {.key = store_key, .value = tg_buffer_slice(&aggregate->value)};
    if (tg_record_fits(&record, bytes_max))
        return TG_OK;
    tg_fail(&aggregate->refused_error, TG_CODE_ENCODE,
            "the state of its group would have %zu bytes, but topic %s takes %lld (max.message.bytes)",
            tg_record_size(&record), aggregate->store->changelog_topic, (long long)bytes_max);
    if (aggregate->base.node->inputs[0]->is_table) {
        *reterr = aggregate->refused_error;
        return reterr->code;
    }
    aggregate->refused = aggregate->left_out = aggregate->too_large = true;
    return TG_OK;
}

enum tg_code aggregate_try(struct aggregate *aggregate, struct tg_slice store_key, uint32_t row,
                           struct tg_error *reterr)
{
    struct tg_value found = {0};
    bool exists = false;
    TG_TRY(tg_store_get(aggregate->store->store, store_key, &exists, &found, reterr));
    TG_TRY(aggregate_state_begin(aggregate, exists ? found.bytes : tg_slice_of(NULL, 0), reterr));
    TG_TRY(change_value(aggregate, row, false, reterr));
    return aggregate_check_size(aggregate, store_key, reterr);
}

/* Makes the new state beside the old one, which stays if the row is left out. */
static enum tg_code apply_beside(struct aggregate *aggregate, struct tg_slice store_key,
                                 const struct aggregate_update *update, struct aggregate_result *ret_result,
                                 struct tg_error *reterr)
{
    struct tg_store *store = aggregate->store->store;
    struct tg_value found = {0};
    bool exists = false;
    bool refused = aggregate->refused; /* by another window */
    TG_TRY(tg_store_get(store, store_key, &exists, &found, reterr));
    if (exists)
        keep_before(aggregate, found.bytes, ret_result);
    TG_TRY(aggregate_state_begin(aggregate, exists ? found.bytes : tg_slice_of(NULL, 0), reterr));
    if (update->undo != AGGREGATE_NO_ROW && exists)
        TG_TRY(change_value(aggregate, update->undo, true, reterr));
    if (update->add != AGGREGATE_NO_ROW) {
        aggregate->refused = refused; /* what does not fit on the way does not matter */
        TG_TRY(change_value(aggregate, update->add, false, reterr));
    }
    aggregate->left_out = aggregate->refused && aggregate->refusal == AGGREGATE_LEAVES_OUT;
    TG_TRY(aggregate_check_size(aggregate, store_key, reterr));
    ret_result->changed = !aggregate->left_out;
    if (aggregate->left_out)
        return TG_OK;
    int64_t time = update_time(aggregate, update);
    time = exists ? later(found.timestamp_ms, time) : time;
    ret_result->after = (struct tg_value){tg_buffer_slice(&aggregate->value), time};
    return tg_store_put(store, store_key, ret_result->after, reterr);
}

enum tg_code aggregate_apply(struct aggregate *aggregate, struct tg_slice store_key,
                             const struct aggregate_update *update, struct aggregate_result *ret_result,
                             struct tg_error *reterr)
{
    *ret_result = (struct aggregate_result){.changed = true};
    if (update->add == AGGREGATE_NO_ROW) { /* what is only taken back makes no group */
        struct tg_value found;
        TG_TRY(tg_store_get(aggregate->store->store, store_key, &ret_result->changed, &found, reterr));
        if (!ret_result->changed)
            return TG_OK;
    }
    return aggregate->variable || aggregate->may_refuse
               ? apply_beside(aggregate, store_key, update, ret_result, reterr)
               : apply_fixed(aggregate, store_key, update, ret_result, reterr);
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
