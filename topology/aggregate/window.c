/* Tumbling and hopping windows [start, start + size), aligned to 1970. What closing and expiry need is the
 * same for sessions. */
#include "topology/aggregate/aggregate.h"

#include "state/window_key.h"

static const struct tg_window *window_of(const struct aggregate *aggregate)
{
    return &aggregate_node(aggregate)->window;
}

/* The start of the last window that is closed at stream time `time_ms`, or INT64_MIN.
 * A window is closed once stream time reaches its end plus grace (Kafka Streams keeps it while end > stream
 * time - grace), so it is the highest multiple of the advance not above time - delay, delay = size + grace.
 */
static int64_t last_closed_start(const struct aggregate *aggregate, int64_t time_ms, int64_t delay_ms)
{
    int64_t advance = window_of(aggregate)->advance_ms;
    if (time_ms < delay_ms)
        return INT64_MIN;
    return (time_ms - delay_ms) / advance * advance;
}

/* How long after its start a window (after its last row a session) takes rows. */
static int64_t closing_delay(const struct aggregate *aggregate)
{
    return window_of(aggregate)->size_ms + window_of(aggregate)->grace_ms;
}

static enum tg_code update_window(struct aggregate *aggregate, struct tg_slice key, uint32_t row,
                                  int64_t start_ms, struct tg_error *reterr)
{
    const struct aggregate_update update = {.undo = AGGREGATE_NO_ROW, .add = row};
    struct aggregate_result result;
    tg_window_key_local(&aggregate->store_key, key, start_ms);
    if (aggregate->gathers)
        return aggregate_gather(aggregate, tg_buffer_slice(&aggregate->store_key), row, reterr);
    TG_TRY(aggregate_apply(aggregate, tg_buffer_slice(&aggregate->store_key), &update, &result, reterr));
    if (!result.changed || !aggregate_emits_at_once(aggregate))
        return TG_OK;
    const struct aggregate_change change = {
        .row = row,
        .start_ms = start_ms,
        .end_ms = start_ms + window_of(aggregate)->size_ms,
        .time_ms = result.after.timestamp_ms,
        .before = result.had_before ? &result.before : NULL,
        .after = &result.after.bytes,
    };
    return aggregate_emit(aggregate, &change, reterr);
}

/* A row that one of its windows refuses is left out of all of them: they are asked before any changes. */
static enum tg_code try_windows(struct aggregate *aggregate, struct tg_slice key, uint32_t row,
                                int64_t first_open, struct tg_error *reterr)
{
    int64_t time = aggregate->input->rows->rowtime_ms[row];
    bool may_leave_out = aggregate->may_refuse && aggregate->refusal == AGGREGATE_LEAVES_OUT;
    bool one_state =
        aggregate_node(aggregate)->panes || window_of(aggregate)->advance_ms == window_of(aggregate)->size_ms;
    if (one_state || (!may_leave_out && !aggregate->variable))
        return TG_OK;
    for (int64_t start = first_open; start <= time && !aggregate->refused;
         start += window_of(aggregate)->advance_ms) {
        tg_window_key_local(&aggregate->store_key, key, start);
        TG_TRY(aggregate_try(aggregate, tg_buffer_slice(&aggregate->store_key), row, reterr));
    }
    return TG_OK;
}

enum tg_code aggregate_update_windows(struct aggregate *aggregate, struct tg_slice key, uint32_t row,
                                      struct tg_error *reterr)
{
    const struct tg_window *window = window_of(aggregate);
    int64_t time = aggregate->input->rows->rowtime_ms[row];
    int64_t last_closed = last_closed_start(aggregate, aggregate->stream_time_ms, closing_delay(aggregate));
    int64_t first = time - window->size_ms + window->advance_ms;
    first = first < 0 ? 0 : first / window->advance_ms * window->advance_ms;
    TG_TRY(try_windows(aggregate, key, row, first > last_closed ? first : last_closed + window->advance_ms,
                       reterr));
    aggregate->left_out =
        aggregate->too_large || (aggregate->refused && aggregate->refusal == AGGREGATE_LEAVES_OUT);
    if (aggregate->left_out)
        return TG_OK;
    aggregate->refused = false; /* under `null` each window says so for itself */
    for (int64_t start = first; start <= time; start += window->advance_ms) {
        bool is_pane = start + window->advance_ms > time; /* the last one: open if any is */
        if (start > last_closed) {
            if (is_pane || !aggregate_node(aggregate)->panes)
                TG_TRY(update_window(aggregate, key, row, start, reterr));
            continue;
        }
        const struct tg_skip skip = {&aggregate->base.task->counters.late_skipped, aggregate->input, row,
                                     aggregate->base.node};
        const struct tg_late late = {start, start + window->size_ms,
                                     aggregate->stream_time_ms - window->grace_ms};
        tg_task_skip_late(aggregate->base.task, &skip, &late,
                          "its window [%lld, %lld) is closed: stream time is %lld, grace %lld ms",
                          (long long)start, (long long)(start + window->size_ms),
                          (long long)aggregate->stream_time_ms, (long long)window->grace_ms);
    }
    return TG_OK;
}

void aggregate_remember_removal(struct aggregate *aggregate, struct tg_slice key)
{
    tg_buffer_append_u32(&aggregate->removed_keys, (uint32_t)key.length);
    tg_buffer_append_slice(&aggregate->removed_keys, key);
}

enum tg_code aggregate_remove_remembered(struct aggregate *aggregate, struct tg_error *reterr)
{
    const struct tg_buffer *keys = &aggregate->removed_keys;
    for (size_t at = 0; at < keys->length;) {
        uint32_t length = tg_load_u32(keys->data + at);
        struct tg_slice key = tg_slice_of(keys->data + at + 4, length);
        TG_TRY(tg_store_remove(aggregate->store->store, key, aggregate->stream_time_ms, reterr));
        at += 4 + length;
    }
    tg_buffer_clear(&aggregate->removed_keys);
    return TG_OK;
}

/* Walks the windows up to `last_start` in order of start, then key; emits them if asked to, then removes
 * them. */
static enum tg_code sweep(struct aggregate *aggregate, int64_t last_start, bool emit, struct tg_error *reterr)
{
    int64_t first = aggregate->closed_start_ms == INT64_MIN ? 0 : aggregate->closed_start_ms + 1;
    struct tg_store_cursor *cursor = NULL;
    tg_window_key_bound(&aggregate->scan_from, first);
    tg_window_key_bound(&aggregate->scan_to, last_start + 1);
    TG_TRY(tg_store_scan(aggregate->store->store, tg_buffer_slice(&aggregate->scan_from),
                         tg_buffer_slice(&aggregate->scan_to), &cursor, reterr));
    tg_buffer_clear(&aggregate->removed_keys);
    struct tg_slice key;
    struct tg_value value;
    enum tg_code code = TG_OK;
    while (code == TG_OK && tg_store_cursor_next(cursor, &key, &value)) {
        aggregate_remember_removal(aggregate, key);
        if (emit)
            code = aggregate_emit_entry(aggregate, &(struct aggregate_entry){.key = key, .after = &value},
                                        reterr);
    }
    if (code == TG_OK)
        code = tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    TG_TRY(code);
    TG_TRY(aggregate_remove_remembered(aggregate, reterr));
    aggregate->closed_start_ms = last_start;
    return TG_OK;
}

enum tg_code aggregate_close_windows(struct aggregate *aggregate, struct tg_error *reterr)
{
    int64_t delay = closing_delay(aggregate);
    if (aggregate_has_sessions(aggregate))
        return aggregate_sweep_sessions(aggregate, aggregate->stream_time_ms - delay, true, reterr);
    int64_t last = last_closed_start(aggregate, aggregate->stream_time_ms, delay);
    if (last <= aggregate->closed_start_ms)
        return TG_OK;
    TG_TRY(aggregate_apply_gathered(aggregate, reterr));
    return aggregate_node(aggregate)->panes ? aggregate_close_panes(aggregate, last, reterr)
                                            : sweep(aggregate, last, true, reterr);
}

enum tg_code aggregate_expire_windows(struct aggregate *aggregate, struct tg_error *reterr)
{
    int64_t delay = closing_delay(aggregate);
    delay = window_of(aggregate)->retention_ms > delay ? window_of(aggregate)->retention_ms : delay;
    if (aggregate_has_sessions(aggregate))
        return aggregate_sweep_sessions(aggregate, aggregate->stream_time_ms - delay + 1, false, reterr);
    int64_t last = last_closed_start(aggregate, aggregate->stream_time_ms, delay);
    return last > aggregate->closed_start_ms ? sweep(aggregate, last, false, reterr) : TG_OK;
}

void aggregate_load_windows(struct aggregate *aggregate)
{
    aggregate->closed_start_ms = INT64_MIN;
    aggregate->sessions.next_end_ms = INT64_MIN;
    /* Final emission is complete up to the persisted stream time; expiry may lag behind it and starts from
     * the beginning again, as does the search for sessions. */
    if (aggregate_node(aggregate)->emission == TG_EMIT_FINAL && !aggregate_has_sessions(aggregate))
        aggregate->closed_start_ms =
            last_closed_start(aggregate, aggregate->stream_time_ms, closing_delay(aggregate));
}
