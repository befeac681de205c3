#include "topology/table/history.h"

#include "topology/join/rows.h"

enum { TOMBSTONE = 1, HEAD_BYTES = 9 };

struct tg_table_history {
    struct join_rows rows;
    int64_t retention_ms;
    struct tg_buffer value;
    struct tg_buffer moved; /* a version whose end changes */
};

enum tg_code tg_table_history_open(struct tg_operator *owner, int64_t retention_ms,
                                   struct tg_table_history **ret_history, struct tg_error *reterr)
{
    const struct tg_task_store_options options = {
        .node = owner->node, .role = TG_HISTORY_ROLE, .layout = TG_KEY_JOIN};
    struct tg_task_store *store = NULL;
    TG_TRY(tg_task_open_store(owner, &options, &store, reterr));
    struct tg_table_history *history = tg_arena_alloc_zero(owner->task->arena, 1, sizeof *history);
    history->retention_ms = retention_ms;
    join_rows_init(&history->rows, store, retention_ms);
    *ret_history = history;
    return TG_OK;
}

void tg_table_history_close(struct tg_table_history *history)
{
    if (history == NULL)
        return;
    join_rows_done(&history->rows);
    tg_buffer_done(&history->value);
    tg_buffer_done(&history->moved);
}

int64_t tg_table_history_bound(const struct tg_table_history *history)
{
    int64_t observed = history->rows.observed_ms;
    return observed < 0 ? INT64_MIN : observed - history->retention_ms;
}

int64_t tg_table_history_time(const struct tg_table_history *history)
{
    return history->rows.observed_ms;
}

void tg_table_history_load(struct tg_table_history *history, int64_t time_ms)
{
    join_rows_load(&history->rows, time_ms, history->retention_ms);
}

enum tg_code tg_table_history_sweep(struct tg_table_history *history, struct tg_error *reterr)
{
    return join_rows_sweep(&history->rows, history->rows.observed_ms - history->retention_ms, reterr);
}

/* ---- versions ---- */

/* A version that was replaced. */
struct version {
    struct join_row_id id; /* its time is the end of the version */
    bool is_tombstone;
    struct tg_value value;
};

static enum tg_code read_version(struct tg_table_history *history, struct tg_slice key,
                                 struct version *version, struct tg_error *reterr)
{
    struct tg_slice bytes;
    TG_TRY(join_rows_value(&history->rows, key, version->id, &bytes, reterr));
    if (bytes.length < HEAD_BYTES)
        return tg_fail(reterr, TG_CODE_CORRUPT, "store %s has a version of %zu bytes",
                       tg_store_name(history->rows.store->store), bytes.length);
    version->is_tombstone = (bytes.data[0] & TOMBSTONE) != 0;
    version->value.timestamp_ms = (int64_t)tg_load_u64(bytes.data + 1);
    version->value.bytes = tg_slice_of(bytes.data + HEAD_BYTES, bytes.length - HEAD_BYTES);
    return TG_OK;
}

/* The first version of the key that ends after `time_ms`. */
static enum tg_code first_after(struct tg_table_history *history, struct tg_slice key, int64_t time_ms,
                                bool *ret_found, struct version *ret_version, struct tg_error *reterr)
{
    TG_TRY(join_rows_first(&history->rows, key, time_ms + 1, ret_found, &ret_version->id, reterr));
    return *ret_found ? read_version(history, key, ret_version, reterr) : TG_OK;
}

/* Keeps a version that ends at `end_ms`, in place of one that ends there if there is one. */
static enum tg_code put_version(struct tg_table_history *history, struct tg_slice key, int64_t end_ms,
                                const struct version *version, struct tg_error *reterr)
{
    struct join_row_id there = {0};
    bool exists = false;
    uint32_t sequence = 0;
    struct tg_buffer *value = &history->value;
    tg_buffer_clear(value);
    tg_buffer_append_byte(value, version->is_tombstone ? TOMBSTONE : 0);
    tg_buffer_append_u64(value, (uint64_t)version->value.timestamp_ms);
    if (!version->is_tombstone)
        tg_buffer_append_slice(value, version->value.bytes);
    const struct tg_value kept = {tg_buffer_slice(value), end_ms};
    TG_TRY(join_rows_first(&history->rows, key, end_ms, &exists, &there, reterr));
    if (exists && there.time_ms == end_ms)
        return join_rows_replace(&history->rows, key, there, kept, reterr);
    return join_rows_put(&history->rows, key, kept, &sequence, reterr);
}

/* Puts a version before `next`, the first that ends after its time: either that is divided, or the version
 * fills the time before it. */
static enum tg_code put_before(struct tg_table_history *history, const struct tg_history_change *change,
                               const struct version *next, struct tg_error *reterr)
{
    const struct version made = {.is_tombstone = change->is_tombstone, .value = change->value};
    int64_t time = change->value.timestamp_ms;
    if (next->value.timestamp_ms > time)
        return put_version(history, change->key, next->value.timestamp_ms, &made, reterr);
    if (next->value.timestamp_ms < time) {
        struct version earlier = *next;
        tg_buffer_clear(&history->moved);
        tg_buffer_append_slice(&history->moved, next->value.bytes);
        earlier.value.bytes = tg_buffer_slice(&history->moved);
        TG_TRY(put_version(history, change->key, time, &earlier, reterr));
    }
    return put_version(history, change->key, next->id.time_ms, &made, reterr);
}

/* A tombstone leaves nothing in the table's store: where no version ends at its time, a version of no length
 * says when it was, for records that come later and are older. */
static enum tg_code note_tombstone(struct tg_table_history *history, const struct tg_history_change *change,
                                   struct tg_error *reterr)
{
    int64_t time = change->value.timestamp_ms;
    const struct version mark = {.is_tombstone = true, .value.timestamp_ms = time};
    struct join_row_id there = {0};
    bool exists = false;
    TG_TRY(join_rows_first(&history->rows, change->key, time, &exists, &there, reterr));
    return exists && there.time_ms == time ? TG_OK : put_version(history, change->key, time, &mark, reterr);
}

enum tg_code tg_table_history_put(struct tg_table_history *history, const struct tg_history_change *change,
                                  enum tg_history_place *ret_place, struct tg_error *reterr)
{
    int64_t time = change->value.timestamp_ms;
    int64_t newest_ms = change->newest.timestamp_ms;
    struct version next = {0};
    bool found = false;
    *ret_place = TG_HISTORY_TOO_LATE;
    if (time < tg_table_history_bound(history))
        return TG_OK;
    if (time > history->rows.observed_ms)
        history->rows.observed_ms = time;
    *ret_place = TG_HISTORY_NEWEST;
    if (change->was_there && time > newest_ms) {
        const struct version replaced = {.value = change->newest};
        return put_version(history, change->key, time, &replaced, reterr);
    }
    if (!change->was_there || time < newest_ms) {
        TG_TRY(first_after(history, change->key, time, &found, &next, reterr));
        if (!found && change->was_there) {
            next.value.timestamp_ms = newest_ms;
            found = true;
        }
    }
    if (found) {
        *ret_place = TG_HISTORY_EARLIER;
        return put_before(history, change, &next, reterr);
    }
    return change->is_tombstone ? note_tombstone(history, change, reterr) : TG_OK;
}

enum tg_code tg_table_history_find(struct tg_table_history *history, struct tg_slice key, int64_t as_of_ms,
                                   bool *ret_found, struct tg_value *ret_value, struct tg_error *reterr)
{
    struct version version = {0};
    *ret_found = false;
    if (as_of_ms < tg_table_history_bound(history))
        return TG_OK;
    TG_TRY(first_after(history, key, as_of_ms, ret_found, &version, reterr));
    *ret_found = *ret_found && !version.is_tombstone && version.value.timestamp_ms <= as_of_ms;
    *ret_value = version.value;
    return TG_OK;
}
