#include "state/changelog.h"

#include "base/arena.h"
#include "base/memory.h"
#include "state/join_key.h"
#include "state/restore_run.h"

/* Rows that go into the table at the end; more are written, so that the worker does not spend long on them.
 */
#define TABLE_ROWS_MAX (32u << 10)
#define RUN_BYTES_MAX (16u << 20)

/* What a changelog record of a session becomes. */
enum { SESSION_ROW_AT, SESSION_INDEX_AT, SESSION_HEAD_AT, SESSION_RECORDS };

struct tg_restorer {
    struct tg_store *store;
    enum tg_key_layout layout;
    struct tg_arena *bytes; /* keys and values */
    struct tg_restore_record *records;
    size_t count;
    size_t capacity;
    size_t added_bytes;
    struct tg_buffer key;

    struct tg_side_thread *side;
    struct tg_restore_run runs[2]; /* one is filled while the other one is written */
    unsigned filled;
    int64_t filled_offset; /* where to go on behind what it holds; -1: nothing was written to it */
    bool under_way;        /* the other one was given to the side thread */
    bool failed;           /* it could not be written, and has to be given again */
    bool any_written;
};

enum tg_code tg_store_write_changelog(const struct tg_store *store, enum tg_key_layout layout,
                                      struct tg_changelog_sink *sink, struct tg_error *reterr)
{
    static const uint8_t empty_value = 0; /* so that an empty value is not taken for a tombstone */
    struct tg_buffer key = {0};
    enum tg_code code = TG_OK;
    size_t position = 0;
    struct tg_sealed_entry entry;
    while (code == TG_OK && tg_store_sealed_next(store, &position, &entry)) {
        if (!tg_key_in_changelog(layout, entry.key))
            continue;
        struct tg_slice value = entry.value.bytes;
        if (entry.removed)
            value = tg_slice_of(NULL, 0);
        else if (value.length == 0)
            value = tg_slice_of(&empty_value, 0);
        struct tg_slice changelog_key = entry.key;
        if (layout != TG_KEY_PLAIN) {
            code = tg_key_to_changelog(layout, entry.key, &key, reterr);
            changelog_key = tg_buffer_slice(&key);
        }
        if (code == TG_OK)
            code = sink->send(sink, changelog_key, value, entry.value.timestamp_ms, reterr);
    }
    tg_buffer_done(&key);
    return code;
}

struct tg_restorer *tg_restorer_new(struct tg_store *store, enum tg_key_layout layout,
                                    struct tg_side_thread *side)
{
    struct tg_restorer *restorer = tg_alloc_zero(1, sizeof *restorer);
    restorer->store = store;
    restorer->layout = layout;
    restorer->bytes = tg_arena_new(0);
    restorer->side = side;
    restorer->filled_offset = -1;
    for (unsigned i = 0; i < 2; i++)
        tg_restore_run_init(&restorer->runs[i], store);
    return restorer;
}

static void add_record(struct tg_restorer *restorer, struct tg_slice key, struct tg_slice value,
                       int64_t timestamp_ms)
{
    if (restorer->count == restorer->capacity)
        tg_grow((void **)&restorer->records, &restorer->capacity, restorer->count + 1,
                sizeof *restorer->records);
    restorer->records[restorer->count++] = (struct tg_restore_record){
        .key = tg_arena_copy(restorer->bytes, key),
        .value = {.bytes = tg_arena_copy(restorer->bytes, value), .timestamp_ms = timestamp_ms},
        .removed = value.data == NULL,
    };
    restorer->added_bytes += key.length + value.length;
}

/* What a store keeps beside its rows is not in the changelog: it follows from the rows. Which session ends
 * last is not known here. */
static enum tg_code add_session_parts(struct tg_restorer *restorer, struct tg_slice key, bool removed,
                                      int64_t timestamp_ms, struct tg_error *reterr)
{
    struct tg_window_key session;
    TG_TRY(tg_session_key_read_changelog(key, &session, reterr));
    tg_session_index_key(&restorer->key, &session);
    add_record(restorer, tg_buffer_slice(&restorer->key), tg_slice_of(removed ? NULL : "", 0), timestamp_ms);
    tg_session_head_key(&restorer->key, session.key);
    add_record(restorer, tg_buffer_slice(&restorer->key), tg_slice_of("", 0), timestamp_ms);
    return TG_OK;
}

/* A row that is gone may have been in the head, and the head must not stay alone: expiry looks after it. */
static enum tg_code add_join_parts(struct tg_restorer *restorer, struct tg_slice key, int64_t timestamp_ms,
                                   struct tg_error *reterr)
{
    struct tg_join_key row;
    TG_TRY(tg_join_key_read_changelog(key, &row, reterr));
    tg_join_index_key(&restorer->key, row.key, row.time_ms);
    add_record(restorer, tg_buffer_slice(&restorer->key), tg_slice_of("", 0), timestamp_ms);
    tg_join_head_key(&restorer->key, row.key);
    add_record(restorer, tg_buffer_slice(&restorer->key), tg_slice_of("", 0), timestamp_ms);
    return TG_OK;
}

enum tg_code tg_restorer_add(struct tg_restorer *restorer, struct tg_slice key, struct tg_slice value,
                             int64_t timestamp_ms, struct tg_error *reterr)
{
    TG_TRY(tg_key_from_changelog(restorer->layout, key, &restorer->key, reterr));
    add_record(restorer, tg_buffer_slice(&restorer->key), value, timestamp_ms);
    if (restorer->layout == TG_KEY_SESSION)
        return add_session_parts(restorer, key, value.data == NULL, timestamp_ms, reterr);
    if (restorer->layout == TG_KEY_JOIN)
        return add_join_parts(restorer, key, timestamp_ms, reterr);
    return TG_OK;
}

size_t tg_restorer_bytes(const struct tg_restorer *restorer)
{
    return restorer->added_bytes;
}

/* Hashes of keys; only that a key is in it may be wrong. */
struct key_set {
    uint64_t *slots; /* 0: free */
    size_t mask;
};

static uint64_t *find_slot(const struct key_set *set, uint64_t hash)
{
    size_t at = hash & set->mask;
    while (set->slots[at] != 0 && set->slots[at] != hash)
        at = (at + 1) & set->mask;
    return &set->slots[at];
}

/* A key whose sessions are all gone must not keep its head for ever, but what other sessions it has is not
 * known here. So the index entry of a session that was not replaced by another one stays: where the operator
 * removes what has expired it comes by, and looks. */
static void keep_index_of_gone(struct tg_restorer *restorer)
{
    struct key_set replaced = {.mask = 15};
    while (replaced.mask < restorer->count)
        replaced.mask = replaced.mask * 2 + 1;
    replaced.slots = tg_arena_alloc_zero(restorer->bytes, replaced.mask + 1, sizeof *replaced.slots);
    for (size_t i = restorer->count; i >= SESSION_RECORDS; i -= SESSION_RECORDS) {
        struct tg_restore_record *session = &restorer->records[i - SESSION_RECORDS];
        uint64_t hash = tg_slice_hash(session[SESSION_HEAD_AT].key) | 1;
        uint64_t *slot = find_slot(&replaced, hash);
        if (!session[SESSION_ROW_AT].removed)
            *slot = hash;
        else if (*slot == 0)
            session[SESSION_INDEX_AT].removed = false;
    }
}

/* ---- runs ---- */

static struct tg_restore_run *filled_run(struct tg_restorer *restorer)
{
    return &restorer->runs[restorer->filled];
}

static struct tg_restore_run *other_run(struct tg_restorer *restorer)
{
    return &restorer->runs[1 - restorer->filled];
}

static bool is_full(struct tg_restorer *restorer)
{
    /* Two of them, and room for what one poll adds. */
    size_t bytes_max = tg_store_cache_bytes(restorer->store) / 8 * 3;
    return tg_restore_run_bytes(filled_run(restorer)) >
           (bytes_max < RUN_BYTES_MAX ? bytes_max : RUN_BYTES_MAX);
}

static void tell_bytes(struct tg_restorer *restorer)
{
    restorer->store->restoring_bytes =
        tg_restore_run_bytes(&restorer->runs[0]) + tg_restore_run_bytes(&restorer->runs[1]);
}

static void give(struct tg_restorer *restorer)
{
    restorer->under_way = true;
    restorer->failed = false;
    tg_side_thread_give(restorer->side, &other_run(restorer)->errand);
}

/* The result of the run that was given, if there is one. A run that failed is given again. */
static enum tg_code settle(struct tg_restorer *restorer, struct tg_error *reterr)
{
    if (restorer->failed)
        give(restorer);
    if (!restorer->under_way || !tg_errand_done(&other_run(restorer)->errand))
        return TG_OK;
    restorer->under_way = false;
    enum tg_code code = tg_restore_run_finish(other_run(restorer), restorer->store, reterr);
    restorer->failed = code != TG_OK;
    tell_bytes(restorer);
    return code;
}

/* No other run is under way. The table then says nothing about what is written past it. */
static enum tg_code give_filled(struct tg_restorer *restorer, struct tg_error *reterr)
{
    if (!restorer->any_written)
        TG_TRY(tg_store_empty_table(restorer->store, reterr));
    restorer->any_written = true;
    tg_restore_run_seal(filled_run(restorer), restorer->store, restorer->filled_offset);
    restorer->filled_offset = -1;
    restorer->filled = 1 - restorer->filled;
    give(restorer);
    return settle(restorer, reterr); /* without a thread it is done */
}

void tg_restorer_free(struct tg_restorer *restorer)
{
    if (restorer == NULL)
        return;
    if (restorer->under_way) {
        struct tg_error ignored;
        tg_side_thread_wait(restorer->side, &other_run(restorer)->errand);
        (void)!settle(restorer, &ignored);
    }
    for (unsigned i = 0; i < 2; i++)
        tg_restore_run_done(&restorer->runs[i]);
    restorer->store->restoring_bytes = 0;
    tg_arena_free(restorer->bytes);
    tg_free(restorer->records);
    tg_buffer_done(&restorer->key);
    tg_free(restorer);
}

static void fill(struct tg_restorer *restorer, int64_t next_offset)
{
    for (size_t i = 0; i < restorer->count; i++) {
        const struct tg_restore_record *record = &restorer->records[i];
        const struct tg_version_view version = {
            .bytes = record->removed ? tg_slice_of(NULL, 0) : record->value.bytes,
            .timestamp_ms = record->value.timestamp_ms,
            .removed = record->removed,
        };
        tg_restore_run_add(filled_run(restorer), restorer->store, record->key, &version);
    }
    restorer->filled_offset = next_offset;
    restorer->count = 0;
    restorer->added_bytes = 0;
    tg_arena_reset(restorer->bytes);
    tell_bytes(restorer);
}

enum tg_code tg_restorer_check(struct tg_restorer *restorer, bool *ret_full, struct tg_error *reterr)
{
    *ret_full = true;
    TG_TRY(settle(restorer, reterr));
    if (is_full(restorer) && !restorer->under_way)
        TG_TRY(give_filled(restorer, reterr));
    *ret_full = is_full(restorer);
    return TG_OK;
}

enum tg_code tg_restorer_write(struct tg_restorer *restorer, int64_t next_offset, struct tg_error *reterr)
{
    if (restorer->layout == TG_KEY_SESSION)
        keep_index_of_gone(restorer);
    fill(restorer, next_offset);
    bool full = false;
    return tg_restorer_check(restorer, &full, reterr);
}

/* The rows go the way of what a commit leaves: into the table, to be written with more of them. At once, so
 * that the offset is true. */
static enum tg_code bring_into_table(struct tg_restorer *restorer, struct tg_error *reterr)
{
    struct tg_restore_run *run = filled_run(restorer);
    struct tg_restore_record *records = tg_alloc_zero(run->count + 1, sizeof *records);
    size_t position = 0;
    size_t count = 0;
    while (tg_restore_run_next(run, &position, &records[count]))
        count++;
    enum tg_code code = tg_store_restore(restorer->store, records, count, restorer->filled_offset, reterr);
    tg_free(records);
    TG_TRY(code);
    tg_restore_run_clear(run);
    restorer->filled_offset = -1;
    tell_bytes(restorer);
    return TG_OK;
}

enum tg_code tg_restorer_finish(struct tg_restorer *restorer, bool *ret_done, struct tg_error *reterr)
{
    *ret_done = false;
    TG_TRY(settle(restorer, reterr));
    if (restorer->under_way)
        return TG_OK;
    if (filled_run(restorer)->count > TABLE_ROWS_MAX) {
        TG_TRY(give_filled(restorer, reterr));
        if (restorer->under_way)
            return TG_OK;
    } else if (restorer->filled_offset >= 0) {
        TG_TRY(bring_into_table(restorer, reterr));
    }
    *ret_done = true;
    return TG_OK;
}
