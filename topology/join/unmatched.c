/* Rows without a match of LEFT, RIGHT and FULL joins with a grace period, until their windows are closed.
 *
 * Store key: time i64 | role | key, big endian: the order in which they are sent. Value: the sequence numbers
 * (u32) of the rows of that key and time; the rows themselves are in the store of their side, which keeps
 * them as long as they are named here. `times` counts them by role and time in memory, so that a record
 * touches the store only when there is something to send or to forget.
 *
 * When closed rows are looked for is Kafka Streams' rule, and its results depend on it: `min_time_ms` is the
 * time of the row that the last look ended at: behind the first open row of each role, else the last row of
 * all. With each new row that waits it falls to that row's time. The look counts the arriving side's bound.
 */
#include "topology/join/stream_join.h"

enum { KEY_HEAD_BYTES = 9, SEQUENCE_BYTES = 4 };

static void make_key(struct tg_buffer *out, const struct join_waiting *waiting)
{
    tg_buffer_clear(out);
    tg_buffer_append_u64(out, (uint64_t)waiting->time_ms);
    tg_buffer_append_byte(out, (uint8_t)waiting->role);
    tg_buffer_append_slice(out, waiting->key);
}

static enum tg_code read_key(struct stream_join *join, struct tg_slice bytes,
                             struct join_waiting *ret_waiting, struct tg_error *reterr)
{
    if (bytes.length < KEY_HEAD_BYTES || bytes.data[8] >= JOIN_ROLES)
        return tg_fail(reterr, TG_CODE_CORRUPT, "store %s has a key that is not of a waiting row",
                       tg_store_name(join->unmatched.store->store));
    *ret_waiting = (struct join_waiting){
        .role = (enum join_role)bytes.data[8],
        .key = tg_slice_of(bytes.data + KEY_HEAD_BYTES, bytes.length - KEY_HEAD_BYTES),
        .time_ms = (int64_t)tg_load_u64(bytes.data),
    };
    return TG_OK;
}

void join_unmatched_load(struct stream_join *join, int64_t min_time_ms)
{
    struct join_unmatched *unmatched = &join->unmatched;
    unmatched->min_time_ms = min_time_ms == INT64_MIN ? INT64_MAX : min_time_ms;
    unmatched->times_known = false;
    time_set_clear(&unmatched->times[JOIN_PRIMARY]);
    time_set_clear(&unmatched->times[JOIN_OTHER]);
}

void join_unmatched_done(struct join_unmatched *unmatched)
{
    time_set_done(&unmatched->times[JOIN_PRIMARY]);
    time_set_done(&unmatched->times[JOIN_OTHER]);
    tg_buffer_done(&unmatched->key);
    tg_buffer_done(&unmatched->value);
    tg_buffer_done(&unmatched->scan_to);
    tg_buffer_done(&unmatched->closed);
}

static enum tg_code count_entry(struct stream_join *join, struct tg_slice key, struct tg_slice value,
                                struct tg_error *reterr)
{
    struct join_waiting waiting;
    TG_TRY(read_key(join, key, &waiting, reterr));
    for (size_t i = 0; i < value.length / SEQUENCE_BYTES; i++)
        time_set_add(&join->unmatched.times[waiting.role], waiting.time_ms);
    return TG_OK;
}

/* After a start or an abort the times are counted anew, once. */
static enum tg_code know_times(struct stream_join *join, struct tg_error *reterr)
{
    struct join_unmatched *unmatched = &join->unmatched;
    struct tg_store_cursor *cursor = NULL;
    if (unmatched->times_known)
        return TG_OK;
    TG_TRY(tg_store_scan(unmatched->store->store, tg_slice_of("", 0), tg_slice_of("", 0), &cursor, reterr));
    struct tg_slice key;
    struct tg_value value;
    enum tg_code code = TG_OK;
    while (code == TG_OK && tg_store_cursor_next(cursor, &key, &value))
        code = count_entry(join, key, value.bytes, reterr);
    if (code == TG_OK)
        code = tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    unmatched->times_known = code == TG_OK;
    return code;
}

enum tg_code join_unmatched_add(struct stream_join *join, const struct join_waiting *waiting,
                                uint32_t sequence, struct tg_error *reterr)
{
    struct join_unmatched *unmatched = &join->unmatched;
    struct tg_store *store = unmatched->store->store;
    struct tg_value found;
    bool exists = false;
    TG_TRY(know_times(join, reterr));
    make_key(&unmatched->key, waiting);
    tg_buffer_clear(&unmatched->value);
    if (time_set_count(&unmatched->times[waiting->role], waiting->time_ms) > 0) {
        TG_TRY(tg_store_get(store, tg_buffer_slice(&unmatched->key), &exists, &found, reterr));
        if (exists)
            tg_buffer_append_slice(&unmatched->value, found.bytes);
    }
    tg_buffer_append_u32(&unmatched->value, sequence);
    time_set_add(&unmatched->times[waiting->role], waiting->time_ms);
    if (waiting->time_ms < unmatched->min_time_ms)
        unmatched->min_time_ms = waiting->time_ms;
    const struct tg_value value = {tg_buffer_slice(&unmatched->value), waiting->time_ms};
    return tg_store_put(store, tg_buffer_slice(&unmatched->key), value, reterr);
}

enum tg_code join_unmatched_remove(struct stream_join *join, const struct join_waiting *waiting,
                                   struct tg_error *reterr)
{
    struct join_unmatched *unmatched = &join->unmatched;
    struct time_set *times = &unmatched->times[waiting->role];
    struct tg_value found;
    bool exists = false;
    TG_TRY(know_times(join, reterr));
    if (time_set_count(times, waiting->time_ms) == 0)
        return TG_OK;
    make_key(&unmatched->key, waiting);
    TG_TRY(tg_store_get(unmatched->store->store, tg_buffer_slice(&unmatched->key), &exists, &found, reterr));
    if (!exists)
        return TG_OK;
    time_set_take(times, waiting->time_ms, found.bytes.length / SEQUENCE_BYTES);
    return tg_store_remove(unmatched->store->store, tg_buffer_slice(&unmatched->key), waiting->time_ms,
                           reterr);
}

enum tg_code join_unmatched_first(struct stream_join *join, enum join_role role, int64_t *ret_time_ms,
                                  struct tg_error *reterr)
{
    TG_TRY(know_times(join, reterr));
    *ret_time_ms = time_set_next(&join->unmatched.times[role], INT64_MIN);
    return TG_OK;
}

/* ---- closing ---- */

/* Rows of a role of this time or later are open. */
static int64_t open_from(const struct stream_join *join, enum join_role role)
{
    return join->stream_time_ms - join->after_ms[role] - join->grace_ms;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The time of the row where looking ends: the one behind the first open row of each role, or the last of all;
 * INT64_MAX: there are no rows. */
static int64_t look_end(const struct stream_join *join)
{
    const struct time_set *primary = &join->unmatched.times[JOIN_PRIMARY];
    const struct time_set *other = &join->unmatched.times[JOIN_OTHER];
    int64_t last = later(time_set_last(primary), time_set_last(other));
    int64_t first_primary = time_set_next(primary, open_from(join, JOIN_PRIMARY));
    int64_t first_other = time_set_next(other, open_from(join, JOIN_OTHER));
    if (last == INT64_MIN)
        return INT64_MAX;
    if (first_primary == INT64_MAX || first_other == INT64_MAX)
        return last;
    int64_t at = later(first_primary, first_other);
    /* At one time, the other role's rows come first. */
    bool at_primary = first_primary >= first_other;
    uint64_t behind = time_set_count(at_primary ? primary : other, at) - 1;
    behind += at_primary ? 0 : time_set_count(primary, at);
    if (behind > 0)
        return at;
    int64_t next = earlier(time_set_next(primary, at + 1), time_set_next(other, at + 1));
    return next == INT64_MAX ? at : next;
}

/* Copies the closed rows' entries of times in [from, to) to unmatched->closed: u32 lengths, key, value. */
static enum tg_code collect(struct stream_join *join, int64_t from_ms, int64_t to_ms, struct tg_error *reterr)
{
    struct join_unmatched *unmatched = &join->unmatched;
    struct tg_store_cursor *cursor = NULL;
    tg_buffer_clear(&unmatched->key);
    tg_buffer_append_u64(&unmatched->key, (uint64_t)from_ms);
    tg_buffer_clear(&unmatched->scan_to);
    tg_buffer_append_u64(&unmatched->scan_to, (uint64_t)to_ms);
    TG_TRY(tg_store_scan(unmatched->store->store, tg_buffer_slice(&unmatched->key),
                         tg_buffer_slice(&unmatched->scan_to), &cursor, reterr));
    struct tg_slice key;
    struct tg_value value;
    enum tg_code code = TG_OK;
    while (code == TG_OK && tg_store_cursor_next(cursor, &key, &value)) {
        struct join_waiting waiting;
        code = read_key(join, key, &waiting, reterr);
        if (code != TG_OK || waiting.time_ms >= open_from(join, waiting.role))
            continue;
        tg_buffer_append_u32(&unmatched->closed, (uint32_t)key.length);
        tg_buffer_append_u32(&unmatched->closed, (uint32_t)value.bytes.length);
        tg_buffer_append_slice(&unmatched->closed, key);
        tg_buffer_append_slice(&unmatched->closed, value.bytes);
    }
    if (code == TG_OK)
        code = tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    return code;
}

/* The closed rows, in order. Reads the store where its times say that it has some, and nothing else. */
static enum tg_code collect_closed(struct stream_join *join, struct tg_error *reterr)
{
    struct join_unmatched *unmatched = &join->unmatched;
    const struct time_set *times = unmatched->times;
    int64_t open[JOIN_ROLES] = {open_from(join, JOIN_OTHER), open_from(join, JOIN_PRIMARY)};
    enum join_role late = open[JOIN_PRIMARY] < open[JOIN_OTHER] ? JOIN_OTHER : JOIN_PRIMARY;
    int64_t all_closed = open[join_other(late)]; /* before it rows of both roles are closed */
    tg_buffer_clear(&unmatched->closed);
    int64_t first = earlier(time_set_next(&times[JOIN_PRIMARY], 0), time_set_next(&times[JOIN_OTHER], 0));
    if (first < all_closed)
        TG_TRY(collect(join, first, all_closed, reterr));
    int64_t time = time_set_next(&times[late], later(all_closed, 0));
    while (time < open[late]) {
        TG_TRY(collect(join, time, time + 1, reterr));
        time = time_set_next(&times[late], time + 1);
    }
    return TG_OK;
}

static enum tg_code send_closed(struct stream_join *join, uint32_t trigger, const struct join_waiting *closed,
                                struct tg_slice sequences, struct tg_error *reterr)
{
    for (size_t at = 0; at < sequences.length; at += SEQUENCE_BYTES) {
        struct join_result result = {
            .time_ms = closed->time_ms,
            .trigger = trigger,
            .rows = {JOIN_ABSENT, JOIN_ABSENT},
        };
        const struct join_row_id id = {closed->time_ms, tg_load_u32(sequences.data + at)};
        TG_TRY(join_results_take(join, closed->role, closed->key, id, &result.rows[closed->role], reterr));
        result.key = join->sides[closed->role].stored_keys[result.rows[closed->role]];
        TG_TRY(join_results_add(join, &result, reterr));
    }
    return TG_OK;
}

enum tg_code join_unmatched_close(struct stream_join *join, uint32_t trigger, struct tg_error *reterr)
{
    struct join_unmatched *unmatched = &join->unmatched;
    if (unmatched->min_time_ms >= open_from(join, join->input_role))
        return TG_OK;
    TG_TRY(know_times(join, reterr));
    unmatched->min_time_ms = look_end(join);
    TG_TRY(collect_closed(join, reterr));
    const struct tg_buffer *closed = &unmatched->closed;
    for (size_t at = 0; at < closed->length;) {
        struct tg_slice key = tg_slice_of(closed->data + at + 8, tg_load_u32(closed->data + at));
        struct tg_slice value = tg_slice_of(key.data + key.length, tg_load_u32(closed->data + at + 4));
        struct join_waiting waiting;
        TG_TRY(read_key(join, key, &waiting, reterr));
        TG_TRY(send_closed(join, trigger, &waiting, value, reterr));
        TG_TRY(tg_store_remove(unmatched->store->store, key, waiting.time_ms, reterr));
        time_set_take(&unmatched->times[waiting.role], waiting.time_ms, value.length / SEQUENCE_BYTES);
        at += 8 + key.length + value.length;
    }
    return TG_OK;
}
