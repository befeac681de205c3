/* The end of sessions: they are closed and emitted, or expire. */
#include "state/window_key.h"
#include "topology/aggregate/session.h"

/* A session has gone for good: its key's head with it, if there is no later one. */
static enum tg_code forget_head(struct aggregate *aggregate, const struct tg_window_key *gone,
                                struct tg_error *reterr)
{
    struct aggregate_sessions *sessions = &aggregate->sessions;
    TG_TRY(aggregate_session_read_head(aggregate, gone->key, reterr));
    if (!sessions->head_exists)
        return TG_OK;
    if (!sessions->latest_known) {
        sessions->found_count = 0;
        tg_buffer_clear(&sessions->values);
        TG_TRY(aggregate_session_scan(aggregate, gone->key, gone->end_ms, INT64_MIN, reterr));
        if (sessions->latest_known)
            return aggregate_session_write_head(aggregate, gone->key, &sessions->latest, reterr);
    } else if (sessions->latest.end_ms > gone->end_ms) {
        return TG_OK;
    }
    return tg_store_remove(aggregate->store->store, tg_buffer_slice(&sessions->head_key), gone->end_ms,
                           reterr);
}

/* Index entries that were remembered may be of sessions that have gone on since: the store gets them as they
 * are now. *ret_moved: the index has changed. */
static enum tg_code put_live(struct aggregate *aggregate, bool *ret_moved, struct tg_error *reterr)
{
    const struct tg_buffer *keys = &aggregate->removed_keys;
    *ret_moved = false;
    for (size_t at = 0; aggregate->sessions.live.count > 0 && at < keys->length;) {
        uint32_t length = tg_load_u32(keys->data + at);
        struct tg_window_key session;
        TG_TRY(tg_session_key_read_local(tg_slice_of(keys->data + at + 4, length), &session, reterr));
        at += 4 + length;
        struct aggregate_live *live = aggregate_live_find(&aggregate->sessions.live, session.key);
        if (live == NULL || live->start_ms != session.start_ms || live->stored_end_ms != session.end_ms)
            continue;
        *ret_moved = *ret_moved || live->end_ms != live->stored_end_ms;
        TG_TRY(aggregate_live_put(aggregate, live, reterr));
    }
    return TG_OK;
}

static void forget_live(struct aggregate *aggregate, const struct tg_window_key *gone)
{
    struct aggregate_live *live = aggregate_live_find(&aggregate->sessions.live, gone->key);
    if (live != NULL && live->start_ms == gone->start_ms && live->end_ms == gone->end_ms)
        live->gone = true;
}

/* Handles the sessions whose index keys were remembered. */
static enum tg_code remove_sessions(struct aggregate *aggregate, bool emit, struct tg_error *reterr)
{
    struct tg_store *store = aggregate->store->store;
    const struct tg_buffer *keys = &aggregate->removed_keys;
    for (size_t at = 0; at < keys->length;) {
        uint32_t length = tg_load_u32(keys->data + at);
        struct tg_slice index = tg_slice_of(keys->data + at + 4, length);
        struct tg_window_key gone;
        TG_TRY(tg_session_key_read_local(index, &gone, reterr));
        tg_session_key_local(&aggregate->store_key, &gone);
        struct tg_slice local = tg_buffer_slice(&aggregate->store_key);
        struct tg_value value;
        bool exists = emit;
        if (emit)
            TG_TRY(tg_store_get(store, local, &exists, &value, reterr));
        if (exists)
            TG_TRY(aggregate_emit_entry(aggregate, &(struct aggregate_entry){.key = local, .after = &value},
                                        reterr));
        TG_TRY(tg_store_remove(store, local, gone.end_ms, reterr));
        TG_TRY(tg_store_remove(store, index, gone.end_ms, reterr));
        TG_TRY(forget_head(aggregate, &gone, reterr));
        forget_live(aggregate, &gone);
        at += 4 + length;
    }
    tg_buffer_clear(&aggregate->removed_keys);
    return TG_OK;
}

/* Remembers the index entries of sessions that end before `end_ms`, and notes where the next one ends. */
static enum tg_code find_ended(struct aggregate *aggregate, int64_t end_ms, struct tg_error *reterr)
{
    struct aggregate_sessions *sessions = &aggregate->sessions;
    struct tg_store_cursor *cursor = NULL;
    tg_session_index_bound(&aggregate->scan_from,
                           aggregate->closed_start_ms == INT64_MIN ? 0 : aggregate->closed_start_ms);
    tg_session_head_key(&aggregate->scan_to, tg_slice_of("", 0)); /* heads lie behind the index */
    TG_TRY(tg_store_scan(aggregate->store->store, tg_buffer_slice(&aggregate->scan_from),
                         tg_buffer_slice(&aggregate->scan_to), &cursor, reterr));
    struct tg_slice key;
    struct tg_value value;
    enum tg_code code = TG_OK;
    sessions->next_end_ms = INT64_MAX;
    tg_buffer_clear(&aggregate->removed_keys);
    while (code == TG_OK && tg_store_cursor_next(cursor, &key, &value)) {
        struct tg_window_key session;
        code = tg_session_key_read_local(key, &session, reterr);
        if (code == TG_OK && session.end_ms >= end_ms) {
            sessions->next_end_ms = session.end_ms;
            break;
        }
        if (code == TG_OK)
            aggregate_remember_removal(aggregate, key);
    }
    if (code == TG_OK)
        code = tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    return code;
}

enum tg_code aggregate_sweep_sessions(struct aggregate *aggregate, int64_t end_ms, bool emit,
                                      struct tg_error *reterr)
{
    if (end_ms <= aggregate->sessions.next_end_ms || end_ms <= 0)
        return TG_OK;
    for (bool moved = true; moved;) {
        TG_TRY(find_ended(aggregate, end_ms, reterr));
        TG_TRY(put_live(aggregate, &moved, reterr));
    }
    TG_TRY(remove_sessions(aggregate, emit, reterr));
    aggregate->closed_start_ms = end_ms - 1;
    return TG_OK;
}
