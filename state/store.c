#include "state/store.h"

#include "base/memory.h"
#include "state/store_internal.h"

#include <limits.h>

#define CACHE_BYTES_DEFAULT (16u << 20)
#define TOLD_STEP_BYTES (64u << 10)
#define PREFETCH_BYTES_LEAST (2u << 20) /* below it, the processor's caches hold the table */
#define META_VERSION 2

/* ---- meta ---- */

static enum tg_code fail_layout(const struct tg_store *store, uint64_t found, struct tg_error *reterr)
{
    (void)tg_fail(reterr, TG_CODE_STATE_MISMATCH,
                  "store \"%s\" partition %d holds rows of layout %016llx, the query now needs %016llx",
                  store->name, store->partition, (unsigned long long)found,
                  (unsigned long long)store->layout_id);
    return tg_fail_hint(reterr,
                        "give the changed query another name, or drop the old one and its state first");
}

static enum tg_code take_meta(struct tg_store *store, struct tg_slice meta, struct tg_error *reterr)
{
    size_t head = meta.length > 0 && meta.data[0] == 1 ? TG_META_HEAD_BYTES_1 : TG_META_HEAD_BYTES;
    if (meta.length < head || meta.data[0] < 1 || meta.data[0] > META_VERSION)
        return tg_fail(reterr, TG_CODE_CORRUPT, "the meta of store \"%s\" partition %d cannot be read",
                       store->name, store->partition);
    uint64_t layout = tg_load_u64(meta.data + 2);
    if (layout != store->layout_id)
        return fail_layout(store, layout, reterr);
    store->has_rows = meta.data[1] != 0;
    store->table.complete = !store->has_rows;
    store->changelog_offset = (int64_t)tg_load_u64(meta.data + 10);
    if (head == TG_META_HEAD_BYTES)
        store->origin = (struct tg_store_origin){.log_id = tg_load_u64(meta.data + 18),
                                                 .current_ms = (int64_t)tg_load_u64(meta.data + 26)};
    tg_buffer_append(&store->progress, meta.data + head, meta.length - head);
    return TG_OK;
}

static enum tg_code read_meta(struct tg_store *store, struct tg_error *reterr)
{
    struct tg_buffer value = {0};
    bool found = false;
    tg_database_key(&store->key, store->id, (uint32_t)store->partition, TG_DATABASE_META);
    enum tg_code code =
        tg_database_get(&store->state->database, tg_buffer_slice(&store->key), &value, &found, reterr);
    if (code == TG_OK && found)
        code = take_meta(store, tg_buffer_slice(&value), reterr);
    tg_buffer_done(&value);
    return code;
}

void tg_store_meta_head(const struct tg_store *store, uint8_t head[TG_META_HEAD_BYTES])
{
    head[0] = META_VERSION;
    head[1] = store->has_rows;
    tg_store_u64(head + 2, store->layout_id);
    tg_store_u64(head + 10, (uint64_t)store->changelog_offset);
    tg_store_u64(head + 18, store->origin.log_id);
    tg_store_u64(head + 26, (uint64_t)store->origin.current_ms);
}

void tg_store_write_meta(struct tg_store *store, rocksdb_writebatch_t *writes)
{
    uint8_t head[TG_META_HEAD_BYTES];
    tg_store_meta_head(store, head);
    tg_database_key(&store->key, store->id, (uint32_t)store->partition, TG_DATABASE_META);
    const char *keys[] = {(const char *)store->key.data};
    const size_t key_sizes[] = {store->key.length};
    const char *values[] = {(const char *)head, (const char *)store->progress.data};
    const size_t value_sizes[] = {sizeof head, store->progress.length};
    rocksdb_writebatch_putv(writes, 1, keys, key_sizes, store->progress.length > 0 ? 2 : 1, values,
                            value_sizes);
    store->meta_changed = false;
}

/* ---- open and close ---- */

size_t tg_store_cache_bytes(struct tg_store *store)
{
    struct tg_state *state = store->state;
    if (state->table_bytes_max == 0)
        return store->cache_bytes_max;
    size_t bytes = tg_table_bytes(&store->table) + store->restoring_bytes;
    size_t moved = bytes > store->told_bytes ? bytes - store->told_bytes : store->told_bytes - bytes;
    if (moved >= TOLD_STEP_BYTES) {
        __atomic_fetch_add(&state->table_bytes, (uint64_t)bytes - store->told_bytes, __ATOMIC_RELAXED);
        store->told_bytes = bytes;
    }
    uint64_t used = __atomic_load_n(&state->table_bytes, __ATOMIC_RELAXED);
    uint64_t stores = __atomic_load_n(&state->open_count, __ATOMIC_RELAXED);
    uint64_t fair = state->table_bytes_max / (stores > 0 ? stores : 1);
    /* What is free, or too much, is this store's: all of it, down to its fair share. */
    uint64_t wanted = bytes + state->table_bytes_max;
    uint64_t limit = wanted > used + fair ? wanted - used : fair;
    return limit < store->cache_bytes_max ? (size_t)limit : store->cache_bytes_max;
}

static bool register_open(struct tg_store *store)
{
    struct tg_state *state = store->state;
    bool taken = false;
    pthread_mutex_lock(&state->lock);
    for (struct tg_store *other = state->open_stores; other != NULL; other = other->next_open)
        taken = taken || (other->id == store->id && other->partition == store->partition);
    if (!taken) {
        store->next_open = state->open_stores;
        state->open_stores = store;
        __atomic_fetch_add(&state->open_count, 1, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&state->lock);
    return !taken;
}

static void unregister_open(struct tg_store *store)
{
    struct tg_state *state = store->state;
    pthread_mutex_lock(&state->lock);
    for (struct tg_store **at = &state->open_stores; *at != NULL; at = &(*at)->next_open) {
        if (*at == store) {
            *at = store->next_open;
            __atomic_fetch_sub(&state->open_count, 1, __ATOMIC_RELAXED);
            __atomic_fetch_sub(&state->table_bytes, store->told_bytes, __ATOMIC_RELAXED);
            break;
        }
    }
    pthread_mutex_unlock(&state->lock);
}

static void leave_batch(struct tg_store *store)
{
    if (store->batch == NULL)
        return;
    for (struct tg_store **at = &store->batch->stores; *at != NULL; at = &(*at)->next_in_batch) {
        if (*at == store) {
            *at = store->next_in_batch;
            break;
        }
    }
}

static void free_store(struct tg_store *store)
{
    tg_store_drop_iterator(store);
    tg_store_free_cursors(store);
    if (store->scan_options != NULL)
        rocksdb_readoptions_destroy(store->scan_options);
    tg_table_done(&store->table);
    tg_buffer_done(&store->progress);
    tg_buffer_done(&store->key);
    tg_buffer_done(&store->committed_row);
    tg_free(store->name);
    tg_free(store);
}

static void set_scan_options(struct tg_store *store)
{
    tg_store_u32(store->scan_end, store->id);
    tg_store_u32(store->scan_end + 4, (uint32_t)store->partition);
    store->scan_end[TG_DATABASE_PREFIX_BYTES] = TG_DATABASE_ROW + 1;
    store->scan_options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_verify_checksums(store->scan_options, 1);
    rocksdb_readoptions_set_iterate_upper_bound(store->scan_options, (const char *)store->scan_end,
                                                sizeof store->scan_end);
}

static enum tg_code open_store(struct tg_state *state, const struct tg_store_options *options,
                               struct tg_store **ret_store, struct tg_error *reterr)
{
    uint32_t id = 0;
    TG_TRY(tg_state_check_present(state, reterr));
    TG_TRY(tg_state_store_id(state, options->name, true, &id, reterr));
    struct tg_store *store = tg_alloc_zero(1, sizeof *store);
    store->state = state;
    store->name = tg_strdup(options->name);
    store->partition = options->partition;
    store->id = id;
    store->layout_id = options->layout_id;
    store->cache_bytes_max = (size_t)options->cache_bytes_max;
    if (store->cache_bytes_max == 0)
        store->cache_bytes_max = state->table_bytes_max == 0 ? CACHE_BYTES_DEFAULT : state->table_bytes_max;
    store->changelog_offset = -1;
    tg_table_init(&store->table);
    store->table.complete = true;
    set_scan_options(store);
    if (!register_open(store)) {
        enum tg_code code = tg_fail(reterr, TG_CODE_LOCKED, "store \"%s\" partition %d is open already",
                                    options->name, options->partition);
        reterr->retriable = true; /* by a worker that has lost the partition and does not know it yet */
        free_store(store);
        return code;
    }
    enum tg_code code = read_meta(store, reterr);
    if (code != TG_OK) {
        unregister_open(store);
        free_store(store);
        return code;
    }
    *ret_store = store;
    return TG_OK;
}

enum tg_code tg_store_open(struct tg_state *state, const struct tg_store_options *options,
                           struct tg_store **ret_store, struct tg_error *reterr)
{
    *ret_store = NULL;
    pthread_rwlock_rdlock(&state->present); /* an open store keeps the database where it is */
    enum tg_code code = open_store(state, options, ret_store, reterr);
    pthread_rwlock_unlock(&state->present);
    return code;
}

/* What cannot be written now is restored from the changelog, from the offset that was written before. */
static void write_pending(struct tg_store *store)
{
    if (store->unwritten || !store->meta_changed)
        return;
    rocksdb_writebatch_t *writes = rocksdb_writebatch_create();
    tg_store_add_pending(store, writes);
    char *message = NULL;
    rocksdb_write(store->state->database.handle, store->state->database.write, writes, &message);
    rocksdb_writebatch_destroy(writes);
    struct tg_error ignored;
    (void)!tg_database_check(&store->state->database, message, "write the committed state", &ignored);
}

void tg_store_close(struct tg_store *store)
{
    if (store == NULL)
        return;
    TG_ASSERT(store->open_cursors == 0);
    write_pending(store);
    leave_batch(store);
    unregister_open(store);
    free_store(store);
}

const char *tg_store_name(const struct tg_store *store)
{
    return store->name;
}

int32_t tg_store_partition(const struct tg_store *store)
{
    return store->partition;
}

enum tg_code tg_store_check_written(const struct tg_store *store, struct tg_error *reterr)
{
    if (!store->unwritten)
        return TG_OK;
    enum tg_code code =
        tg_fail(reterr, TG_CODE_IO, "the last commit of store \"%s\" partition %d is not written yet",
                store->name, store->partition);
    if (reterr != NULL)
        reterr->retriable = true;
    return code;
}

/* ---- reading ---- */

/* Fills a new entry with what RocksDB holds. */
static enum tg_code load(struct tg_store *store, struct tg_slice key, struct tg_entry *entry,
                         struct tg_error *reterr)
{
    TG_TRY(tg_store_check_written(store, reterr));
    struct tg_database *database = &store->state->database;
    tg_database_key(&store->key, store->id, (uint32_t)store->partition, TG_DATABASE_ROW);
    tg_buffer_append_slice(&store->key, key);
    char *message = NULL;
    rocksdb_pinnableslice_t *pinned = rocksdb_get_pinned(
        database->handle, database->read, (const char *)store->key.data, store->key.length, &message);
    TG_TRY(tg_database_check(database, message, "read a row", reterr));
    store->misses++;
    store->database_reads++;
    store->table.fruitless_steps = 0; /* a clean entry comes */
    if (pinned == NULL) {
        tg_entry_set(entry, TG_ENTRY_ABSENT | TG_ENTRY_NOT_IN_DB);
        return TG_OK;
    }
    size_t length = 0;
    const uint8_t *row = (const uint8_t *)rocksdb_pinnableslice_value(pinned, &length);
    enum tg_code code = TG_OK;
    if (length < TG_ROW_HEAD_BYTES) {
        code = tg_fail(reterr, TG_CODE_CORRUPT, "a row of store \"%s\" partition %d has only %zu bytes",
                       store->name, store->partition, length);
    } else {
        entry->timestamp_ms = (int64_t)tg_load_u64(row);
        tg_entry_unset(entry, TG_ENTRY_REMOVED);
        tg_table_set_value(&store->table, entry,
                           tg_slice_of(row + TG_ROW_HEAD_BYTES, length - TG_ROW_HEAD_BYTES));
    }
    rocksdb_pinnableslice_destroy(pinned);
    return code;
}

static void evict(struct tg_store *store, const struct tg_entry *keep)
{
    if (!store->unwritten)
        tg_table_evict(&store->table, tg_store_cache_bytes(store), keep);
}

enum tg_code tg_store_get(struct tg_store *store, struct tg_slice key, bool *ret_found,
                          struct tg_value *ret_value, struct tg_error *reterr)
{
    uint64_t hash = tg_slice_hash(key);
    struct tg_entry *entry = tg_table_find(&store->table, key, hash);
    *ret_found = false;
    if (entry == NULL) {
        if (tg_store_wants_load(store))
            TG_TRY(tg_store_load_small(store, reterr));
        if (store->table.complete)
            entry = tg_table_find(&store->table, key, hash);
        if (store->table.complete && entry == NULL)
            return TG_OK;
    }
    if (entry == NULL) {
        bool created = false;
        entry = tg_table_upsert(&store->table, key, hash, 0, &created);
        enum tg_code code = load(store, key, entry, reterr);
        if (code != TG_OK) {
            tg_table_remove(&store->table, entry);
            return code;
        }
        evict(store, entry);
    } else {
        store->hits++;
        tg_entry_set(entry, TG_ENTRY_REFERENCED);
    }
    if (tg_entry_has(entry, TG_ENTRY_REMOVED))
        return TG_OK;
    *ret_found = true;
    *ret_value = (struct tg_value){.bytes = tg_entry_value(entry), .timestamp_ms = entry->timestamp_ms};
    return TG_OK;
}

/* The row of a key whose entry holds only what is not committed. */
static enum tg_code read_row(struct tg_store *store, struct tg_slice key, bool *ret_found,
                             struct tg_value *ret_value, struct tg_error *reterr)
{
    TG_TRY(tg_store_check_written(store, reterr));
    tg_database_key(&store->key, store->id, (uint32_t)store->partition, TG_DATABASE_ROW);
    tg_buffer_append_slice(&store->key, key);
    bool found = false;
    TG_TRY(tg_database_get(&store->state->database, tg_buffer_slice(&store->key), &store->committed_row,
                           &found, reterr));
    if (!found)
        return TG_OK;
    struct tg_slice row = tg_buffer_slice(&store->committed_row);
    if (row.length < TG_ROW_HEAD_BYTES)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a row of store \"%s\" partition %d has only %zu bytes",
                       store->name, store->partition, row.length);
    *ret_found = true;
    ret_value->timestamp_ms = (int64_t)tg_load_u64(row.data);
    ret_value->bytes = tg_slice_of(row.data + TG_ROW_HEAD_BYTES, row.length - TG_ROW_HEAD_BYTES);
    return TG_OK;
}

enum tg_code tg_store_get_committed(struct tg_store *store, struct tg_slice key, bool *ret_found,
                                    struct tg_value *ret_value, struct tg_error *reterr)
{
    const struct tg_entry *entry = tg_table_find(&store->table, key, tg_slice_hash(key));
    if (entry == NULL)
        return tg_store_get(store, key, ret_found, ret_value, reterr); /* nobody has changed it */
    *ret_found = false;
    struct tg_version_view version;
    if (tg_entry_committed(entry, &version)) {
        *ret_found = !version.removed;
        *ret_value = (struct tg_value){.bytes = version.bytes, .timestamp_ms = version.timestamp_ms};
        return TG_OK;
    }
    if (tg_entry_has(entry, TG_ENTRY_NOT_IN_DB))
        return TG_OK;
    return read_row(store, key, ret_found, ret_value, reterr);
}

void tg_store_prefetch(const struct tg_store *store, const struct tg_slice *keys, size_t count)
{
    if (tg_table_bytes(&store->table) < PREFETCH_BYTES_LEAST)
        return;
    uint64_t hashes[TG_STORE_PREFETCH_MAX];
    if (count > TG_STORE_PREFETCH_MAX)
        count = TG_STORE_PREFETCH_MAX;
    for (size_t i = 0; i < count; i++) {
        hashes[i] = tg_slice_hash(keys[i]);
        tg_table_prefetch_slot(&store->table, hashes[i]);
    }
    for (size_t i = 0; i < count; i++)
        tg_table_prefetch_entry(&store->table, hashes[i]);
}

/* ---- changing ---- */

/* Nobody but the open transaction can know this new entry. */
static void mark_absent(struct tg_entry *entry)
{
    tg_entry_set(entry, TG_ENTRY_ABSENT | TG_ENTRY_NOT_IN_DB);
}

enum tg_code tg_store_put(struct tg_store *store, struct tg_slice key, struct tg_value value,
                          struct tg_error *reterr)
{
    (void)reterr; /* a put need not know what was there before */
    bool created = false;
    struct tg_entry *entry =
        tg_table_upsert(&store->table, key, tg_slice_hash(key), value.bytes.length, &created);
    if (created && store->table.complete)
        mark_absent(entry);
    tg_table_touch(&store->table, entry);
    tg_table_set_value(&store->table, entry, value.bytes);
    entry->timestamp_ms = value.timestamp_ms;
    tg_entry_unset(entry, TG_ENTRY_REMOVED);
    tg_entry_set(entry, TG_ENTRY_REFERENCED);
    evict(store, entry);
    return TG_OK;
}

enum tg_code tg_store_remove(struct tg_store *store, struct tg_slice key, int64_t timestamp_ms,
                             struct tg_error *reterr)
{
    (void)reterr;
    uint64_t hash = tg_slice_hash(key);
    if (store->table.complete && tg_table_find(&store->table, key, hash) == NULL)
        return TG_OK;
    bool created = false;
    struct tg_entry *entry = tg_table_upsert(&store->table, key, hash, 0, &created);
    /* Known to be absent, and not by a change of the open generation: there is nothing to remove. */
    const unsigned absent = TG_ENTRY_REMOVED | TG_ENTRY_ABSENT;
    if ((entry->flags & (absent | TG_ENTRY_OPEN)) == absent)
        return TG_OK;
    tg_table_touch(&store->table, entry);
    tg_table_set_value(&store->table, entry, tg_slice_of(NULL, 0));
    entry->timestamp_ms = timestamp_ms;
    tg_entry_set(entry, TG_ENTRY_REMOVED | TG_ENTRY_REFERENCED);
    evict(store, entry);
    return TG_OK;
}

/* Gives a new entry what is committed. */
static enum tg_code settle_created(struct tg_store *store, struct tg_slice key, bool known_absent,
                                   struct tg_entry *entry, struct tg_error *reterr)
{
    if (known_absent || store->table.complete) {
        mark_absent(entry);
        return TG_OK;
    }
    enum tg_code code = load(store, key, entry, reterr);
    if (code != TG_OK)
        tg_table_remove(&store->table, entry);
    return code;
}

enum tg_code tg_store_edit(struct tg_store *store, struct tg_slice key, uint32_t length, bool known_absent,
                           struct tg_store_edit *ret_edit, struct tg_error *reterr)
{
    if (tg_store_wants_load(store))
        TG_TRY(tg_store_load_small(store, reterr));
    bool created = false;
    struct tg_entry *entry = tg_table_upsert(&store->table, key, tg_slice_hash(key), length, &created);
    if (created)
        TG_TRY(settle_created(store, key, known_absent, entry, reterr));
    else
        store->hits++;
    tg_table_touch(&store->table, entry);
    ret_edit->created = tg_entry_has(entry, TG_ENTRY_REMOVED);
    if (ret_edit->created) {
        tg_table_set_zero(&store->table, entry, length);
        entry->timestamp_ms = INT64_MIN;
    }
    tg_entry_unset(entry, TG_ENTRY_REMOVED);
    tg_entry_set(entry, TG_ENTRY_REFERENCED);
    if (created)
        evict(store, entry);
    ret_edit->bytes = entry->value;
    ret_edit->length = entry->value_length;
    ret_edit->timestamp_ms = entry->timestamp_ms;
    store->edited = entry;
    return TG_OK;
}

void tg_store_edit_done(struct tg_store *store, int64_t timestamp_ms)
{
    TG_ASSERT(store->edited != NULL);
    store->edited->timestamp_ms = timestamp_ms;
    store->edited = NULL;
}

/* ---- figures ---- */

size_t tg_store_dirty_count(const struct tg_store *store)
{
    return store->table.dirty_count;
}

size_t tg_store_dirty_bytes(const struct tg_store *store)
{
    return store->table.dirty_bytes;
}

size_t tg_store_dirty_memory(const struct tg_store *store)
{
    return store->table.dirty_bytes + store->table.dirty_count * (sizeof(struct tg_entry) + sizeof(uint64_t));
}

int64_t tg_store_changelog_offset(const struct tg_store *store)
{
    return store->changelog_offset;
}

struct tg_store_origin tg_store_origin(const struct tg_store *store)
{
    return store->origin;
}

void tg_store_set_origin(struct tg_store *store, struct tg_store_origin origin)
{
    store->origin = origin;
}

struct tg_slice tg_store_progress(const struct tg_store *store)
{
    return tg_buffer_slice(&store->progress);
}

struct tg_store_counters tg_store_counters(const struct tg_store *store)
{
    return (struct tg_store_counters){
        .hits = store->hits,
        .misses = store->misses,
        .evictions = store->table.evictions,
        .scans = store->scans,
        .rows_written = store->rows_written,
        .entries = store->table.entry_count,
        .bytes = tg_table_bytes(&store->table),
    };
}
