/* Sessions: the rows of a key that lie at most a gap apart. A session's bounds are the row times of its first
 * and its last row, both included; it is closed when its end is before stream time - grace - gap.
 *
 * A row joins all sessions that it touches into one (KStreamSessionWindowAggregate): each of them goes (a
 * tombstone), the new one comes; only a session [t, t] that meets another row of time t is replaced in place.
 * Sessions older than the retention are not joined any more: an older row that is still accepted, because it
 * also touches a younger session or is just not late, begins a session beside them. With final results a
 * session can be joined until it is closed, so none is lost.
 *
 * The store has a row per session, an index entry (by end, for closing and expiry) and a head per key
 * (state/window_key.h): a row in time order costs point lookups only. Rows of a key that can be joined lie
 * more than a gap apart, so that a row at or after the start of the last one can touch no other. */
#include "topology/aggregate/session.h"

#include "base/memory.h"
#include "state/window_key.h"

enum { HEAD_BYTES = 16 };

static const struct tg_window *window_of(const struct aggregate *aggregate)
{
    return &aggregate_node(aggregate)->window;
}

static struct tg_slice value_of(const struct aggregate_sessions *sessions,
                                const struct aggregate_session *session)
{
    return tg_slice_of(sessions->values.data + session->value_at, session->value_length);
}

static struct tg_slice row_key(struct aggregate *aggregate, struct tg_slice key,
                               const struct aggregate_session *session)
{
    tg_session_key_local(&aggregate->store_key,
                         &(struct tg_window_key){key, session->start_ms, session->end_ms});
    return tg_buffer_slice(&aggregate->store_key);
}

static struct tg_slice index_key(struct aggregate *aggregate, struct tg_slice key,
                                 const struct aggregate_session *session)
{
    tg_session_index_key(&aggregate->store_key,
                         &(struct tg_window_key){key, session->start_ms, session->end_ms});
    return tg_buffer_slice(&aggregate->store_key);
}

/* Sessions that end earlier are not joined. `seen_ms`: stream time before the row. */
static int64_t joinable_from(const struct aggregate *aggregate, int64_t seen_ms)
{
    const struct tg_window *window = window_of(aggregate);
    int64_t delay = window->size_ms + window->grace_ms;
    if (seen_ms < 0)
        return INT64_MIN;
    if (aggregate_node(aggregate)->emission == TG_EMIT_FINAL)
        return seen_ms - delay;
    return seen_ms - (window->retention_ms > delay ? window->retention_ms : delay) + 1;
}

static void add_found(struct aggregate_sessions *sessions, const struct aggregate_session *bounds,
                      struct tg_slice value)
{
    if (sessions->found_count == sessions->found_capacity)
        tg_grow((void **)&sessions->found, &sessions->found_capacity, sessions->found_count + 1,
                sizeof *sessions->found);
    struct aggregate_session *found = &sessions->found[sessions->found_count++];
    *found = *bounds;
    found->value_at = sessions->values.length;
    found->value_length = value.length;
    tg_buffer_append_slice(&sessions->values, value);
}

enum tg_code aggregate_session_read_head(struct aggregate *aggregate, struct tg_slice key,
                                         struct tg_error *reterr)
{
    struct aggregate_sessions *sessions = &aggregate->sessions;
    struct tg_value head;
    tg_session_head_key(&sessions->head_key, key);
    TG_TRY(tg_store_get(aggregate->store->store, tg_buffer_slice(&sessions->head_key), &sessions->head_exists,
                        &head, reterr));
    sessions->head_known = sessions->head_exists && head.bytes.length == HEAD_BYTES;
    sessions->latest_known = sessions->head_known;
    if (sessions->head_known)
        sessions->latest = (struct aggregate_session){
            .end_ms = (int64_t)tg_load_u64(head.bytes.data),
            .start_ms = (int64_t)tg_load_u64(head.bytes.data + 8),
        };
    return TG_OK;
}

enum tg_code aggregate_session_write_head(struct aggregate *aggregate, struct tg_slice key,
                                          const struct aggregate_session *latest, struct tg_error *reterr)
{
    uint8_t bytes[HEAD_BYTES];
    tg_store_u64(bytes, (uint64_t)latest->end_ms);
    tg_store_u64(bytes + 8, (uint64_t)latest->start_ms);
    tg_session_head_key(&aggregate->sessions.head_key, key);
    return tg_store_put(aggregate->store->store, tg_buffer_slice(&aggregate->sessions.head_key),
                        (struct tg_value){tg_slice_of(bytes, sizeof bytes), latest->end_ms}, reterr);
}

enum tg_code aggregate_session_scan(struct aggregate *aggregate, struct tg_slice key, int64_t from_ms,
                                    int64_t to_ms, struct tg_error *reterr)
{
    struct aggregate_sessions *sessions = &aggregate->sessions;
    struct tg_store_cursor *cursor = NULL;
    tg_session_key_bound(&aggregate->scan_from, key, from_ms);
    tg_session_key_bound_after(&aggregate->scan_to, key);
    TG_TRY(tg_store_scan(aggregate->store->store, tg_buffer_slice(&aggregate->scan_from),
                         tg_buffer_slice(&aggregate->scan_to), &cursor, reterr));
    bool search_latest = !sessions->latest_known;
    struct tg_slice local;
    struct tg_value value;
    enum tg_code code = TG_OK;
    while (code == TG_OK && tg_store_cursor_next(cursor, &local, &value)) {
        struct tg_window_key read;
        code = tg_session_key_read_local(local, &read, reterr);
        if (code != TG_OK)
            break;
        const struct aggregate_session bounds = {.start_ms = read.start_ms, .end_ms = read.end_ms};
        if (bounds.start_ms <= to_ms)
            add_found(sessions, &bounds, value.bytes);
        else if (!search_latest)
            break;
        if (search_latest) {
            sessions->latest = bounds;
            sessions->latest_known = true;
        }
    }
    if (code == TG_OK)
        code = tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    return code;
}

/* Fills sessions->found with what a row at `time_ms` touches. */
static enum tg_code find_sessions(struct aggregate *aggregate, struct tg_slice key, int64_t time_ms,
                                  int64_t joinable_ms, struct tg_error *reterr)
{
    struct aggregate_sessions *sessions = &aggregate->sessions;
    int64_t from = time_ms - window_of(aggregate)->size_ms;
    from = from > joinable_ms ? from : joinable_ms;
    sessions->found_count = 0;
    tg_buffer_clear(&sessions->values);
    TG_TRY(aggregate_session_read_head(aggregate, key, reterr));
    if (!sessions->head_exists)
        return TG_OK;
    if (!sessions->latest_known || time_ms < sessions->latest.start_ms)
        return aggregate_session_scan(aggregate, key, from, time_ms + window_of(aggregate)->size_ms, reterr);
    if (sessions->latest.end_ms < from)
        return TG_OK;
    struct tg_value value;
    bool exists = false;
    TG_TRY(tg_store_get(aggregate->store->store, row_key(aggregate, key, &sessions->latest), &exists, &value,
                        reterr));
    if (!exists)
        return tg_fail(reterr, TG_CODE_CORRUPT, "store %s names a session that it does not hold",
                       tg_store_name(aggregate->store->store));
    add_found(sessions, &sessions->latest, value.bytes);
    return TG_OK;
}

static bool same_bounds(const struct aggregate_session *a, const struct aggregate_session *b)
{
    return a->start_ms == b->start_ms && a->end_ms == b->end_ms;
}

static enum tg_code emit_session(struct aggregate *aggregate, uint32_t row,
                                 const struct aggregate_session *session, const struct tg_slice *before,
                                 const struct tg_slice *after, struct tg_error *reterr)
{
    const struct aggregate_change change = {
        .row = row,
        .start_ms = session->start_ms,
        .end_ms = session->end_ms,
        .time_ms = session->end_ms,
        .before = before,
        .after = after,
    };
    return aggregate_emit(aggregate, &change, reterr);
}

/* The sessions that were found go from the store, unless the new one takes the place of the only one. */
static enum tg_code remove_found(struct aggregate *aggregate, struct tg_slice key, uint32_t row,
                                 const struct aggregate_session *merged, struct tg_error *reterr)
{
    struct aggregate_sessions *sessions = &aggregate->sessions;
    struct tg_store *store = aggregate->store->store;
    for (uint32_t i = 0; i < sessions->found_count; i++) {
        const struct aggregate_session *found = &sessions->found[i];
        bool stays = same_bounds(found, merged);
        if (!stays) {
            TG_TRY(tg_store_remove(store, row_key(aggregate, key, found), found->end_ms, reterr));
            TG_TRY(tg_store_remove(store, index_key(aggregate, key, found), found->end_ms, reterr));
        }
        if (!aggregate_emits_at_once(aggregate) || (stays && merged->start_ms == merged->end_ms))
            continue;
        const struct tg_slice before = value_of(sessions, found);
        TG_TRY(emit_session(aggregate, row, found, &before, NULL, reterr));
    }
    return TG_OK;
}

static enum tg_code store_session(struct aggregate *aggregate, struct tg_slice key,
                                  const struct aggregate_session *merged, struct tg_error *reterr)
{
    struct aggregate_sessions *sessions = &aggregate->sessions;
    struct tg_store *store = aggregate->store->store;
    const struct tg_value value = {tg_buffer_slice(&aggregate->value), merged->end_ms};
    TG_TRY(tg_store_put(store, row_key(aggregate, key, merged), value, reterr));
    if (sessions->found_count != 1 || !same_bounds(&sessions->found[0], merged)) {
        const struct tg_value nothing = {tg_slice_of("", 0), merged->end_ms};
        TG_TRY(tg_store_put(store, index_key(aggregate, key, merged), nothing, reterr));
    }
    if (merged->end_ms < sessions->next_end_ms)
        sessions->next_end_ms = merged->end_ms;
    bool is_latest = !sessions->latest_known || merged->end_ms >= sessions->latest.end_ms;
    const struct aggregate_session *latest = is_latest ? merged : &sessions->latest;
    if (sessions->head_known && same_bounds(&sessions->latest, latest))
        return TG_OK;
    return aggregate_session_write_head(aggregate, key, latest, reterr);
}

/* ---- live sessions ---- */

enum tg_code aggregate_live_put(struct aggregate *aggregate, struct aggregate_live *live,
                                struct tg_error *reterr)
{
    struct tg_store *store = aggregate->store->store;
    const struct aggregate_session stored = {.start_ms = live->start_ms, .end_ms = live->stored_end_ms};
    const struct aggregate_session now = {.start_ms = live->start_ms, .end_ms = live->end_ms};
    const struct tg_value value = {tg_slice_of(live->value, live->value_length), now.end_ms};
    const struct tg_value nothing = {tg_slice_of("", 0), now.end_ms};
    if (!live->changed)
        return TG_OK;
    live->changed = false;
    live->stored_end_ms = live->end_ms;
    if (same_bounds(&stored, &now))
        return tg_store_put(store, row_key(aggregate, live->key, &now), value, reterr);
    TG_TRY(tg_store_remove(store, row_key(aggregate, live->key, &stored), stored.end_ms, reterr));
    TG_TRY(tg_store_remove(store, index_key(aggregate, live->key, &stored), stored.end_ms, reterr));
    TG_TRY(tg_store_put(store, row_key(aggregate, live->key, &now), value, reterr));
    TG_TRY(tg_store_put(store, index_key(aggregate, live->key, &now), nothing, reterr));
    return aggregate_session_write_head(aggregate, live->key, &now, reterr);
}

enum tg_code aggregate_put_sessions(struct aggregate *aggregate, struct tg_error *reterr)
{
    struct aggregate_live_sessions *sessions = &aggregate->sessions.live;
    for (uint32_t i = 0; i < sessions->count; i++)
        if (!sessions->entries[i].gone)
            TG_TRY(aggregate_live_put(aggregate, &sessions->entries[i], reterr));
    aggregate_live_reset(sessions);
    return TG_OK;
}

/* The session that a row has extended stays at hand: more rows of its key come as a rule. */
static enum tg_code keep_live(struct aggregate *aggregate, struct tg_slice key,
                              const struct aggregate_session *merged, struct tg_error *reterr)
{
    const struct aggregate_sessions *sessions = &aggregate->sessions;
    if (sessions->found_count == 0 || !sessions->latest_known || merged->end_ms < sessions->latest.end_ms)
        return TG_OK;
    if (aggregate_live_is_full(&sessions->live))
        TG_TRY(aggregate_put_sessions(aggregate, reterr));
    aggregate_live_add(&aggregate->sessions.live, key, merged, tg_buffer_slice(&aggregate->value));
    return TG_OK;
}

static enum tg_code add_to_live(struct aggregate *aggregate, struct aggregate_live *live, uint32_t row,
                                struct tg_error *reterr)
{
    if (!aggregate->variable && !aggregate->may_refuse)
        return aggregate_state_add_in_place(aggregate, live->value, live->value_length, row, reterr);
    TG_TRY(aggregate_state_begin(aggregate, tg_slice_of(live->value, live->value_length), reterr));
    TG_TRY(aggregate_state_add(aggregate, row, reterr));
    TG_TRY(aggregate_check_size(aggregate, live->key, reterr));
    aggregate->left_out =
        aggregate->too_large || (aggregate->refused && aggregate->refusal == AGGREGATE_LEAVES_OUT);
    if (!aggregate->left_out)
        aggregate_live_set_value(&aggregate->sessions.live, live, tg_buffer_slice(&aggregate->value));
    return TG_OK;
}

/* The row falls into the key's live session. Its time is not before the session's start, so it touches no
 * other one. */
static enum tg_code extend_live(struct aggregate *aggregate, struct aggregate_live *live, uint32_t row,
                                struct tg_error *reterr)
{
    int64_t time = aggregate->input->rows->rowtime_ms[row];
    const struct aggregate_session found = {.start_ms = live->start_ms, .end_ms = live->end_ms};
    struct aggregate_session extended = found;
    extended.end_ms = time > found.end_ms ? time : found.end_ms;
    bool emits = aggregate_emits_at_once(aggregate);
    if (emits && aggregate->sends_before) {
        tg_buffer_clear(&aggregate->before);
        tg_buffer_append(&aggregate->before, live->value, live->value_length);
    }
    TG_TRY(add_to_live(aggregate, live, row, reterr));
    if (aggregate->left_out)
        return TG_OK;
    live->end_ms = extended.end_ms;
    live->changed = true;
    if (!emits)
        return TG_OK;
    const struct tg_slice before = tg_buffer_slice(&aggregate->before);
    const struct tg_slice after = tg_slice_of(live->value, live->value_length);
    bool replaces = extended.start_ms == extended.end_ms;
    if (!replaces)
        TG_TRY(emit_session(aggregate, row, &found, &before, NULL, reterr));
    return emit_session(aggregate, row, &extended, replaces ? &before : NULL, &after, reterr);
}

/* Does a row of this time fall into the live session, and is it not late? */
static bool meets_live(const struct aggregate *aggregate, const struct aggregate_live *live, int64_t time_ms,
                       int64_t seen_ms)
{
    const struct tg_window *window = window_of(aggregate);
    int64_t from = time_ms - window->size_ms;
    int64_t joinable = joinable_from(aggregate, seen_ms);
    int64_t end = time_ms > live->end_ms ? time_ms : live->end_ms;
    return time_ms >= live->start_ms && live->end_ms >= from && live->end_ms >= joinable &&
           end >= aggregate->stream_time_ms - window->size_ms - window->grace_ms;
}

/* ---- rows ---- */

static void skip_late(struct aggregate *aggregate, uint32_t row, const struct aggregate_session *merged,
                      int64_t closed_ms)
{
    const struct tg_window *window = window_of(aggregate);
    const struct tg_skip skip = {&aggregate->base.task->counters.late_skipped, aggregate->input, row,
                                 aggregate->base.node};
    const struct tg_late late = {merged->start_ms, merged->end_ms, closed_ms};
    tg_task_skip_late(aggregate->base.task, &skip, &late,
                      "its session [%lld, %lld] is closed: stream time is %lld, gap %lld ms, grace %lld ms",
                      (long long)merged->start_ms, (long long)merged->end_ms,
                      (long long)aggregate->stream_time_ms, (long long)window->size_ms,
                      (long long)window->grace_ms);
}

static enum tg_code update_stored(struct aggregate *aggregate, struct tg_slice key, uint32_t row,
                                  int64_t seen_ms, struct tg_error *reterr)
{
    const struct tg_window *window = window_of(aggregate);
    struct aggregate_sessions *sessions = &aggregate->sessions;
    int64_t time = aggregate->input->rows->rowtime_ms[row];
    int64_t closed = aggregate->stream_time_ms - window->size_ms - window->grace_ms;
    TG_TRY(find_sessions(aggregate, key, time, joinable_from(aggregate, seen_ms), reterr));
    struct aggregate_session merged = {.start_ms = time, .end_ms = time};
    for (uint32_t i = 0; i < sessions->found_count; i++) {
        const struct aggregate_session *found = &sessions->found[i];
        merged.start_ms = found->start_ms < merged.start_ms ? found->start_ms : merged.start_ms;
        merged.end_ms = found->end_ms > merged.end_ms ? found->end_ms : merged.end_ms;
    }
    if (merged.end_ms < closed) {
        skip_late(aggregate, row, &merged, closed);
        return TG_OK;
    }
    bool is_new = sessions->found_count == 0;
    TG_TRY(aggregate_state_begin(
        aggregate, is_new ? tg_slice_of(NULL, 0) : value_of(sessions, &sessions->found[0]), reterr));
    for (uint32_t i = 1; i < sessions->found_count; i++)
        TG_TRY(aggregate_state_merge(aggregate, value_of(sessions, &sessions->found[i]), reterr));
    bool unjoined = aggregate->refused; /* sessions that do not fit together stay as they are */
    TG_TRY(aggregate_state_add(aggregate, row, reterr));
    TG_TRY(aggregate_check_size(aggregate, key, reterr));
    aggregate->left_out = aggregate->too_large || unjoined ||
                          (aggregate->refused && aggregate->refusal == AGGREGATE_LEAVES_OUT);
    if (aggregate->left_out)
        return TG_OK;
    TG_TRY(remove_found(aggregate, key, row, &merged, reterr));
    TG_TRY(store_session(aggregate, key, &merged, reterr));
    TG_TRY(keep_live(aggregate, key, &merged, reterr));
    if (!aggregate_emits_at_once(aggregate))
        return TG_OK;
    const struct tg_slice after = tg_buffer_slice(&aggregate->value);
    bool replaces = !is_new && same_bounds(&sessions->found[0], &merged) && merged.start_ms == merged.end_ms;
    const struct tg_slice before = is_new ? after : value_of(sessions, &sessions->found[0]);
    return emit_session(aggregate, row, &merged, replaces ? &before : NULL, &after, reterr);
}

enum tg_code aggregate_update_session(struct aggregate *aggregate, struct tg_slice key, uint32_t row,
                                      int64_t seen_ms, struct tg_error *reterr)
{
    struct aggregate_live *live = aggregate_live_find(&aggregate->sessions.live, key);
    if (live == NULL)
        return update_stored(aggregate, key, row, seen_ms, reterr);
    if (meets_live(aggregate, live, aggregate->input->rows->rowtime_ms[row], seen_ms))
        return extend_live(aggregate, live, row, reterr);
    TG_TRY(aggregate_live_put(aggregate, live, reterr));
    live->gone = true;
    return update_stored(aggregate, key, row, seen_ms, reterr);
}
