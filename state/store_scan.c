/* Range scans: the rows of RocksDB merged with the entries that are newer. */
#include "base/memory.h"
#include "state/order.h"
#include "state/store_internal.h"

struct tg_store_cursor {
    struct tg_store *store;
    struct tg_store_cursor *next_spare;
    rocksdb_iterator_t *iterator; /* NULL: no rows in RocksDB, or at their end */
    bool committed;               /* shows nothing that is not committed */
    bool row_used;                /* the iterator stands on a row that was returned or is hidden */
    struct tg_buffer to;          /* empty: no bound */
    struct tg_entry_list tail;
    size_t tail_next;
    struct tg_order_range order;
    enum tg_code code;
    struct tg_error error;
};

void tg_store_drop_iterator(struct tg_store *store)
{
    if (store->iterator != NULL)
        rocksdb_iter_destroy(store->iterator);
    store->iterator = NULL;
}

void tg_store_free_cursors(struct tg_store *store)
{
    while (store->spare_cursors != NULL) {
        struct tg_store_cursor *cursor = store->spare_cursors;
        store->spare_cursors = cursor->next_spare;
        tg_buffer_done(&cursor->to);
        tg_entry_list_done(&cursor->tail);
        tg_free(cursor);
    }
}

static struct tg_store_cursor *take_cursor(struct tg_store *store)
{
    struct tg_store_cursor *cursor = store->spare_cursors;
    if (cursor != NULL)
        store->spare_cursors = cursor->next_spare;
    else
        cursor = tg_alloc_zero(1, sizeof *cursor);
    cursor->store = store;
    cursor->iterator = NULL;
    cursor->row_used = false;
    cursor->committed = false;
    cursor->tail_next = 0;
    cursor->code = TG_OK;
    store->open_cursors++;
    return cursor;
}

/* The iterator is at its end, or RocksDB could not read on: only its error tells which. */
static void end_rows(struct tg_store_cursor *cursor)
{
    char *message = NULL;
    rocksdb_iter_get_error(cursor->iterator, &message);
    struct tg_database *database = &cursor->store->state->database;
    cursor->code = tg_database_check(database, message, "scan rows", &cursor->error);
}

static void start_rows(struct tg_store_cursor *cursor, struct tg_slice from)
{
    struct tg_store *store = cursor->store;
    store->database_reads++;
    cursor->iterator = store->iterator;
    store->iterator = NULL;
    if (cursor->iterator == NULL)
        cursor->iterator = rocksdb_create_iterator(store->state->database.handle, store->scan_options);
    tg_database_key(&store->key, store->id, (uint32_t)store->partition, TG_DATABASE_ROW);
    tg_buffer_append_slice(&store->key, from);
    rocksdb_iter_seek(cursor->iterator, (const char *)store->key.data, store->key.length);
}

enum tg_code tg_store_scan(struct tg_store *store, struct tg_slice from, struct tg_slice to,
                           struct tg_store_cursor **ret_cursor, struct tg_error *reterr)
{
    *ret_cursor = NULL;
    if (tg_store_wants_load(store))
        TG_TRY(tg_store_load_small(store, reterr));
    if (!store->table.complete)
        TG_TRY(tg_store_check_written(store, reterr));
    struct tg_store_cursor *cursor = take_cursor(store);
    store->scans++;
    tg_buffer_clear(&cursor->to);
    tg_buffer_append_slice(&cursor->to, to);
    cursor->order = tg_order_find(&store->table, from, to, &cursor->tail);
    if (!store->table.complete)
        start_rows(cursor, from);
    *ret_cursor = cursor;
    return TG_OK;
}

enum tg_code tg_store_scan_committed(struct tg_store *store, struct tg_slice from, struct tg_slice to,
                                     struct tg_store_cursor **ret_cursor, struct tg_error *reterr)
{
    TG_TRY(tg_store_scan(store, from, to, ret_cursor, reterr));
    struct tg_store_cursor *cursor = *ret_cursor;
    cursor->committed = true;
    /* Complete says that the newest versions are in the table: what they replaced may be in RocksDB only. */
    if (cursor->iterator != NULL || !store->has_rows)
        return TG_OK;
    enum tg_code code = tg_store_check_written(store, reterr);
    if (code == TG_OK)
        start_rows(cursor, from);
    else
        tg_store_cursor_close(TG_MOVE(*ret_cursor));
    return code;
}

static bool row_now(struct tg_store_cursor *cursor, struct tg_slice *ret_key)
{
    if (cursor->iterator == NULL || cursor->code != TG_OK)
        return false;
    if (cursor->row_used)
        rocksdb_iter_next(cursor->iterator);
    cursor->row_used = false;
    if (rocksdb_iter_valid(cursor->iterator) == 0) {
        end_rows(cursor);
        return false;
    }
    size_t length = 0;
    const uint8_t *key = (const uint8_t *)rocksdb_iter_key(cursor->iterator, &length);
    *ret_key = tg_slice_of(key + TG_DATABASE_ROW_PREFIX_BYTES, length - TG_DATABASE_ROW_PREFIX_BYTES);
    return cursor->to.length == 0 || tg_slice_compare(*ret_key, tg_buffer_slice(&cursor->to)) < 0;
}

/* The entry with the lowest key that is left, or NULL. */
static struct tg_entry *entry_now(const struct tg_store_cursor *cursor)
{
    struct tg_entry *sorted = NULL;
    struct tg_entry *tail = NULL;
    if (cursor->order.first < cursor->order.end)
        sorted = cursor->store->table.order.list.entries[cursor->order.first];
    if (cursor->tail_next < cursor->tail.count)
        tail = cursor->tail.entries[cursor->tail_next];
    if (sorted == NULL || tail == NULL)
        return sorted != NULL ? sorted : tail;
    return tg_slice_compare(tg_entry_key(sorted), tg_entry_key(tail)) < 0 ? sorted : tail;
}

static void pass_entry(struct tg_store_cursor *cursor, const struct tg_entry *entry)
{
    if (cursor->tail_next < cursor->tail.count && cursor->tail.entries[cursor->tail_next] == entry)
        cursor->tail_next++;
    else
        cursor->order.first++;
}

static bool take_row(struct tg_store_cursor *cursor, struct tg_value *ret_value)
{
    cursor->row_used = true;
    size_t length = 0;
    const uint8_t *row = (const uint8_t *)rocksdb_iter_value(cursor->iterator, &length);
    if (length < TG_ROW_HEAD_BYTES) {
        cursor->code =
            tg_fail(&cursor->error, TG_CODE_CORRUPT, "a row of store \"%s\" partition %d has only %zu bytes",
                    cursor->store->name, cursor->store->partition, length);
        return false;
    }
    ret_value->timestamp_ms = (int64_t)tg_load_u64(row);
    ret_value->bytes = tg_slice_of(row + TG_ROW_HEAD_BYTES, length - TG_ROW_HEAD_BYTES);
    return true;
}

/* False: the entry has nothing that the cursor may show, the row counts. */
static bool version_shown(const struct tg_store_cursor *cursor, const struct tg_entry *entry,
                          struct tg_version_view *ret_version)
{
    if (cursor->committed)
        return tg_entry_committed(entry, ret_version);
    *ret_version = (struct tg_version_view){.bytes = tg_entry_value(entry),
                                            .timestamp_ms = entry->timestamp_ms,
                                            .removed = tg_entry_has(entry, TG_ENTRY_REMOVED)};
    return true;
}

bool tg_store_cursor_next(struct tg_store_cursor *cursor, struct tg_slice *ret_key,
                          struct tg_value *ret_value)
{
    for (;;) {
        struct tg_slice row_key = {NULL, 0};
        bool has_row = row_now(cursor, &row_key);
        if (cursor->code != TG_OK)
            return false; /* entries behind the failure would look like the next ones */
        struct tg_entry *entry = entry_now(cursor);
        int order = 1;
        if (has_row)
            order = entry == NULL ? -1 : tg_slice_compare(row_key, tg_entry_key(entry));
        if (has_row && order < 0) {
            *ret_key = row_key;
            return take_row(cursor, ret_value);
        }
        if (entry == NULL)
            return false;
        pass_entry(cursor, entry);
        struct tg_version_view version;
        if (!version_shown(cursor, entry, &version)) {
            if (order > 0)
                continue; /* it is nowhere else */
            *ret_key = row_key;
            return take_row(cursor, ret_value);
        }
        if (order == 0)
            cursor->row_used = true; /* the entry is newer */
        if (version.removed)
            continue;
        *ret_key = tg_entry_key(entry);
        *ret_value = (struct tg_value){.bytes = version.bytes, .timestamp_ms = version.timestamp_ms};
        return true;
    }
}

enum tg_code tg_store_cursor_status(const struct tg_store_cursor *cursor, struct tg_error *reterr)
{
    if (cursor->code != TG_OK && reterr != NULL)
        *reterr = cursor->error;
    return cursor->code;
}

void tg_store_cursor_close(struct tg_store_cursor *cursor)
{
    if (cursor == NULL)
        return;
    struct tg_store *store = cursor->store;
    if (cursor->iterator != NULL) {
        /* An open transaction scans again soon and will end soon: an idle store must not pin old files and
         * memtables. */
        bool keep = store->iterator == NULL && store->table.dirty_count > 0 && cursor->code == TG_OK;
        if (keep)
            store->iterator = cursor->iterator;
        else
            rocksdb_iter_destroy(cursor->iterator);
        cursor->iterator = NULL;
    }
    cursor->next_spare = store->spare_cursors;
    store->spare_cursors = cursor;
    store->open_cursors--;
}

/* ---- small stores ---- */

static void load_row(struct tg_store *store, struct tg_slice key, struct tg_slice row)
{
    bool created = false;
    size_t length = row.length - TG_ROW_HEAD_BYTES;
    struct tg_entry *entry = tg_table_upsert(&store->table, key, tg_slice_hash(key), length, &created);
    if (!created)
        return; /* as new as the row, or newer */
    entry->timestamp_ms = (int64_t)tg_load_u64(row.data);
    tg_entry_unset(entry, TG_ENTRY_REMOVED);
    tg_table_set_value(&store->table, entry, tg_slice_of(row.data + TG_ROW_HEAD_BYTES, length));
}

enum tg_code tg_store_load_small(struct tg_store *store, struct tg_error *reterr)
{
    TG_TRY(tg_store_check_written(store, reterr));
    store->load_tried = true;
    const struct tg_database *database = &store->state->database;
    rocksdb_iterator_t *iterator = rocksdb_create_iterator(database->handle, store->scan_options);
    tg_database_key(&store->key, store->id, (uint32_t)store->partition, TG_DATABASE_ROW);
    size_t cache_bytes = tg_store_cache_bytes(store);
    size_t bytes_max = cache_bytes / 4;
    size_t bytes = 0;
    rocksdb_iter_seek(iterator, (const char *)store->key.data, store->key.length);
    for (; rocksdb_iter_valid(iterator) != 0 && bytes <= bytes_max; rocksdb_iter_next(iterator)) {
        size_t key_length = 0;
        size_t row_length = 0;
        const uint8_t *key = (const uint8_t *)rocksdb_iter_key(iterator, &key_length);
        const uint8_t *row = (const uint8_t *)rocksdb_iter_value(iterator, &row_length);
        bytes += key_length + row_length + sizeof(struct tg_entry);
        if (row_length >= TG_ROW_HEAD_BYTES && tg_table_bytes(&store->table) < cache_bytes / 2)
            load_row(
                store,
                tg_slice_of(key + TG_DATABASE_ROW_PREFIX_BYTES, key_length - TG_DATABASE_ROW_PREFIX_BYTES),
                tg_slice_of(row, row_length));
        else
            bytes = bytes_max + 1;
    }
    char *message = NULL;
    rocksdb_iter_get_error(iterator, &message);
    rocksdb_iter_destroy(iterator);
    TG_TRY(tg_database_check(database, message, "scan rows", reterr));
    if (bytes > bytes_max)
        return TG_OK;
    tg_order_forget(&store->table); /* it has to hold clean entries, too, from now on */
    store->table.complete = true;
    return TG_OK;
}
