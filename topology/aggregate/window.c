#include "topology/aggregate/aggregate.h"

#include "state/window_key.h"

/* A window [start, start + size) is closed once stream time reaches its end plus grace (Kafka Streams keeps
 * it while end > stream time - grace), so the last closed start is the highest multiple of the advance not
 * above time - delay, delay = size + grace. */
int64_t aggregate_last_closed_start(const struct aggregate *aggregate, int64_t time_ms, int64_t delay_ms)
{
    int64_t advance = aggregate_node(aggregate)->window.advance_ms;
    if (time_ms < delay_ms)
        return INT64_MIN;
    return (time_ms - delay_ms) / advance * advance;
}

static void remember_key(struct aggregate *aggregate, struct tg_slice key)
{
    tg_buffer_append_u32(&aggregate->removed_keys, (uint32_t)key.length);
    tg_buffer_append_slice(&aggregate->removed_keys, key);
}

static enum tg_code remove_remembered(struct aggregate *aggregate, struct tg_error *reterr)
{
    const struct tg_buffer *keys = &aggregate->removed_keys;
    for (size_t at = 0; at < keys->length;) {
        uint32_t length = tg_load_u32(keys->data + at);
        struct tg_slice key = tg_slice_of(keys->data + at + 4, length);
        TG_TRY(tg_store_remove(aggregate->store->store, key, aggregate->stream_time_ms, reterr));
        at += 4 + length;
    }
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
        remember_key(aggregate, key);
        if (emit)
            code = aggregate_emit_entry(aggregate, key, &value, reterr);
    }
    if (code == TG_OK)
        code = tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    TG_TRY(code);
    TG_TRY(remove_remembered(aggregate, reterr));
    aggregate->closed_start_ms = last_start;
    return TG_OK;
}

enum tg_code aggregate_close_windows(struct aggregate *aggregate, struct tg_error *reterr)
{
    const struct tg_window *window = &aggregate_node(aggregate)->window;
    int64_t last =
        aggregate_last_closed_start(aggregate, aggregate->stream_time_ms, window->size_ms + window->grace_ms);
    return last > aggregate->closed_start_ms ? sweep(aggregate, last, true, reterr) : TG_OK;
}

enum tg_code aggregate_expire_windows(struct aggregate *aggregate, struct tg_error *reterr)
{
    const struct tg_window *window = &aggregate_node(aggregate)->window;
    int64_t closed = window->size_ms + window->grace_ms;
    int64_t delay = window->retention_ms > closed ? window->retention_ms : closed;
    int64_t last = aggregate_last_closed_start(aggregate, aggregate->stream_time_ms, delay);
    return last > aggregate->closed_start_ms ? sweep(aggregate, last, false, reterr) : TG_OK;
}
