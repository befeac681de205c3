#include "state/changelog.h"

#include "base/arena.h"
#include "base/memory.h"
#include "state/join_key.h"

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

struct tg_restorer *tg_restorer_new(struct tg_store *store, enum tg_key_layout layout)
{
    struct tg_restorer *restorer = tg_alloc_zero(1, sizeof *restorer);
    restorer->store = store;
    restorer->layout = layout;
    restorer->bytes = tg_arena_new(0);
    return restorer;
}

void tg_restorer_free(struct tg_restorer *restorer)
{
    if (restorer == NULL)
        return;
    tg_arena_free(restorer->bytes);
    tg_free(restorer->records);
    tg_buffer_done(&restorer->key);
    tg_free(restorer);
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

enum tg_code tg_restorer_write(struct tg_restorer *restorer, int64_t next_offset, struct tg_error *reterr)
{
    if (restorer->layout == TG_KEY_SESSION)
        keep_index_of_gone(restorer);
    TG_TRY(tg_store_restore(restorer->store, restorer->records, restorer->count, next_offset, reterr));
    restorer->count = 0;
    restorer->added_bytes = 0;
    tg_arena_reset(restorer->bytes);
    return TG_OK;
}
