/* Seal, apply, discard and restore: how changes of a store reach RocksDB. */
#include "base/memory.h"
#include "state/order.h"
#include "state/store_internal.h"

/* About a fifth of a second to read and write again. */
#define PENDING_CHANGES_MAX (256u << 10)

void tg_store_seal(struct tg_store *store)
{
    store->edited = NULL;
    tg_table_seal(&store->table);
}

bool tg_store_sealed_next(const struct tg_store *store, size_t *position, struct tg_sealed_entry *ret_entry)
{
    if (*position >= store->table.sealed.count)
        return false;
    const struct tg_entry *entry = store->table.sealed.entries[(*position)++];
    struct tg_version_view version = tg_entry_sealed(entry);
    *ret_entry = (struct tg_sealed_entry){
        .key = tg_entry_key(entry),
        .value = {.bytes = version.bytes, .timestamp_ms = version.timestamp_ms},
        .removed = version.removed,
    };
    return true;
}

static void put_row(rocksdb_writebatch_t *writes, struct tg_slice prefix, struct tg_slice key,
                    struct tg_value value)
{
    uint8_t timestamp[TG_ROW_HEAD_BYTES];
    tg_store_u64(timestamp, (uint64_t)value.timestamp_ms);
    const char *keys[] = {(const char *)prefix.data, (const char *)key.data};
    const size_t key_sizes[] = {prefix.length, key.length};
    const char *values[] = {(const char *)timestamp, (const char *)value.bytes.data};
    const size_t value_sizes[] = {sizeof timestamp, value.bytes.length};
    rocksdb_writebatch_putv(writes, key.length > 0 ? 2 : 1, keys, key_sizes, value.bytes.length > 0 ? 2 : 1,
                            values, value_sizes);
}

static void delete_row(rocksdb_writebatch_t *writes, struct tg_slice prefix, struct tg_slice key)
{
    const char *keys[] = {(const char *)prefix.data, (const char *)key.data};
    const size_t key_sizes[] = {prefix.length, key.length};
    rocksdb_writebatch_deletev(writes, key.length > 0 ? 2 : 1, keys, key_sizes);
}

static void join_batch(struct tg_store *store, struct tg_state_batch *batch)
{
    TG_ASSERT(store->batch == NULL || store->batch == batch);
    if (store->batch == batch)
        return;
    store->batch = batch;
    store->next_in_batch = batch->stores;
    batch->stores = store;
}

void tg_store_add_pending(struct tg_store *store, rocksdb_writebatch_t *writes)
{
    struct tg_table *table = &store->table;
    tg_database_key(&store->key, store->id, (uint32_t)store->partition, TG_DATABASE_ROW);
    struct tg_slice prefix = tg_buffer_slice(&store->key);
    tg_entry_list_sort(&table->pending); /* RocksDB's memtable takes sorted keys faster */
    for (size_t i = 0; i < table->pending.count; i++) {
        const struct tg_entry *entry = table->pending.entries[i];
        struct tg_version_view version = tg_entry_pending(entry);
        struct tg_value value = {.bytes = version.bytes, .timestamp_ms = version.timestamp_ms};
        store->rows_written++;
        if (!version.removed)
            put_row(writes, prefix, tg_entry_key(entry), value);
        else if (!tg_entry_has(entry, TG_ENTRY_NOT_IN_DB))
            delete_row(writes, prefix, tg_entry_key(entry));
    }
    store->has_rows = store->has_rows || table->pending.count > 0;
    tg_store_write_meta(store, writes);
    tg_table_written(table);
}

void tg_store_write_back(struct tg_store *store, struct tg_state_batch *batch)
{
    TG_ASSERT(store->open_cursors == 0);
    if (!store->meta_changed)
        return;
    tg_store_drop_iterator(store);
    join_batch(store, batch);
    store->unwritten = true;
    tg_store_add_pending(store, batch->writes);
}

/* Pending rows cost memory, and their changes are replayed after a crash. */
static bool is_much(const struct tg_store *store, size_t pending_bytes, size_t pending_bytes_max)
{
    return pending_bytes > pending_bytes_max || store->table.pending_changes >= PENDING_CHANGES_MAX;
}

/* What the pending rows take in the table, about. */
static size_t pending_memory(const struct tg_table *table)
{
    return table->pending_bytes + table->pending.count * (sizeof(struct tg_entry) + sizeof(uint64_t));
}

void tg_store_apply(struct tg_store *store, struct tg_state_batch *batch, int64_t changelog_offset,
                    struct tg_slice progress)
{
    TG_ASSERT(store->open_cursors == 0);
    tg_store_drop_iterator(store);
    bool offset_moves = changelog_offset >= 0 && changelog_offset != store->changelog_offset;
    bool progress_moves = progress.length > 0 && !tg_slice_equal(progress, tg_buffer_slice(&store->progress));
    if (store->table.sealed.count == 0 && !offset_moves && !progress_moves)
        return;
    store->meta_changed = true;
    if (offset_moves)
        store->changelog_offset = changelog_offset;
    if (progress_moves) {
        tg_buffer_clear(&store->progress);
        tg_buffer_append_slice(&store->progress, progress);
    }
    tg_table_commit(&store->table);
    if (is_much(store, store->table.pending_bytes, tg_store_cache_bytes(store) / 4))
        tg_store_write_back(store, batch);
}

void tg_store_discard(struct tg_store *store)
{
    TG_ASSERT(store->open_cursors == 0);
    store->edited = NULL;
    tg_store_drop_iterator(store);
    tg_table_discard(&store->table);
}

/* ---- restore ---- */

static enum tg_code write_restored(struct tg_store *store, struct tg_error *reterr)
{
    TG_TRY(tg_store_ingest_pending(store, reterr));
    tg_table_shrink(&store->table, tg_store_cache_bytes(store));
    return TG_OK;
}

enum tg_code tg_store_restore(struct tg_store *store, const struct tg_restore_record *records, size_t count,
                              int64_t next_offset, struct tg_error *reterr)
{
    TG_ASSERT(store->open_cursors == 0);
    TG_TRY(tg_store_check_written(store, reterr));
    tg_store_discard(store);
    size_t bytes_max = tg_store_cache_bytes(store);
    for (size_t i = 0; i < count; i++) {
        const struct tg_restore_record *record = &records[i];
        const struct tg_version_view version = {
            .bytes = record->removed ? tg_slice_of(NULL, 0) : record->value.bytes,
            .timestamp_ms = record->value.timestamp_ms,
            .removed = record->removed,
        };
        tg_table_put_committed(&store->table, record->key, tg_slice_hash(record->key), &version);
        if (!store->table.complete)
            tg_table_evict(&store->table, bytes_max, NULL);
    }
    store->changelog_offset = next_offset;
    store->meta_changed = true;
    /* Half of the cache: few large files. */
    return is_much(store, pending_memory(&store->table), bytes_max / 2) ? write_restored(store, reterr)
                                                                        : TG_OK;
}

enum tg_code tg_store_empty_table(struct tg_store *store, struct tg_error *reterr)
{
    TG_ASSERT(store->open_cursors == 0);
    TG_TRY(tg_store_check_written(store, reterr));
    tg_store_discard(store);
    if (store->table.pending.count > 0)
        TG_TRY(tg_store_ingest_pending(store, reterr));
    tg_table_clear(&store->table);
    store->load_tried = false;
    store->database_reads = 0;
    return TG_OK;
}

enum tg_code tg_store_clear(struct tg_store *store, struct tg_error *reterr)
{
    TG_ASSERT(store->open_cursors == 0);
    TG_TRY(tg_store_check_written(store, reterr));
    tg_store_discard(store);
    tg_table_written(&store->table); /* nothing of it is wanted any more */
    tg_table_clear(&store->table);
    TG_TRY(tg_state_delete_partition(store->state, store->id, (uint32_t)store->partition, reterr));
    store->has_rows = false;
    store->meta_changed = false;
    store->table.complete = true;
    store->load_tried = false;
    store->database_reads = 0;
    store->changelog_offset = -1;
    store->origin = (struct tg_store_origin){0};
    tg_buffer_clear(&store->progress);
    return TG_OK;
}
