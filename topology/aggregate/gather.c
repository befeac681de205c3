/* Rows whose states need not be looked at one after the other are gathered: each finds its state at once,
 * then each call goes over all of them. Rows of one group side by side, as a hot key gives them, find it
 * once. */
#include "base/memory.h"
#include "topology/aggregate/aggregate.h"

enum { GATHERED_MAX = TG_BATCH_ROWS_MAX };

bool aggregate_can_gather(const struct aggregate *aggregate)
{
    return !aggregate->variable && !aggregate->may_refuse && !aggregate_has_sessions(aggregate) &&
           !aggregate->base.node->inputs[0]->is_table && !aggregate_emits_at_once(aggregate);
}

static void add(struct aggregate_gathered *gathered, uint8_t *state, uint32_t row)
{
    gathered->states[gathered->count] = state;
    gathered->rows[gathered->count++] = row;
}

enum tg_code aggregate_gather(struct aggregate *aggregate, struct tg_slice store_key, uint32_t row,
                              struct tg_error *reterr)
{
    struct aggregate_gathered *gathered = &aggregate->gathered;
    struct tg_store *store = aggregate->store->store;
    int64_t time_ms = aggregate->input->rows->rowtime_ms[row];
    if (gathered->count == GATHERED_MAX)
        TG_TRY(aggregate_apply_gathered(aggregate, reterr));
    if (gathered->rows == NULL) {
        gathered->rows = tg_alloc_zero(GATHERED_MAX, sizeof *gathered->rows);
        gathered->states = tg_alloc_zero(GATHERED_MAX, sizeof(uint8_t *));
    }
    if (gathered->count > 0 && tg_slice_equal(tg_buffer_slice(&gathered->last_key), store_key)) {
        gathered->last_time_ms = time_ms > gathered->last_time_ms ? time_ms : gathered->last_time_ms;
        add(gathered, gathered->states[gathered->count - 1], row);
        return TG_OK;
    }
    if (gathered->count > 0)
        tg_store_edit_done(store, gathered->last_time_ms);
    struct tg_store_edit edit;
    TG_TRY(tg_store_edit(store, store_key, aggregate->fixed_bytes, false, &edit, reterr));
    if (edit.length != aggregate->fixed_bytes)
        return aggregate_state_fail_size(aggregate, edit.length, reterr);
    if (edit.created)
        aggregate_state_init(aggregate, edit.bytes);
    gathered->last_time_ms = time_ms > edit.timestamp_ms ? time_ms : edit.timestamp_ms;
    tg_buffer_clear(&gathered->last_key);
    tg_buffer_append_slice(&gathered->last_key, store_key);
    add(gathered, edit.bytes, row);
    return TG_OK;
}

static enum tg_code add_rows(struct aggregate *aggregate, struct aggregate_call *call,
                             struct tg_error *reterr)
{
    const struct aggregate_gathered *gathered = &aggregate->gathered;
    const struct tg_batch *input = aggregate->input;
    call->state.arena = input->arena;
    call->state.blob = tg_slice_of(NULL, 0);
    for (uint32_t i = 0; i < gathered->count; i++) {
        call->state.fixed = gathered->states[i] + call->fixed_at;
        call->state.row = gathered->rows[i];
        call->state.sequence = (uint64_t)input->rows->offset[call->state.row];
        if (call->function_call->function->aggregate->add(&call->state, reterr) != TG_OK)
            return tg_fail_context(reterr, "%s, offset %lld of partition %d of %s", call->function_call->name,
                                   (long long)input->rows->offset[call->state.row], input->partition,
                                   input->topic);
    }
    return TG_OK;
}

enum tg_code aggregate_apply_gathered(struct aggregate *aggregate, struct tg_error *reterr)
{
    struct aggregate_gathered *gathered = &aggregate->gathered;
    if (gathered->count == 0)
        return TG_OK;
    tg_store_edit_done(aggregate->store->store, gathered->last_time_ms);
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        TG_TRY(add_rows(aggregate, &aggregate->calls[i], reterr));
    gathered->count = 0;
    return TG_OK;
}

void aggregate_gathered_done(struct aggregate_gathered *gathered)
{
    tg_free(gathered->rows);
    tg_free(gathered->states);
    tg_buffer_done(&gathered->last_key);
}
