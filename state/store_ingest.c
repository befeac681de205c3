/* Restore at speed: what is pending goes to RocksDB as one sorted table file, past the memtable. The meta is
 * in the same file, so a crash leaves rows and offset as they were before or as they are after. */
#include "base/memory.h"
#include "state/order.h"
#include "state/store_internal.h"

#include <unistd.h>

struct file {
    rocksdb_sstfilewriter_t *writer;
    char *message; /* RocksDB's first error: then nothing more is done */
    struct tg_buffer value;
};

static void put(struct file *file, struct tg_slice key, struct tg_slice head, struct tg_slice rest)
{
    if (file->message != NULL)
        return;
    tg_buffer_clear(&file->value);
    tg_buffer_append_slice(&file->value, head);
    tg_buffer_append_slice(&file->value, rest);
    rocksdb_sstfilewriter_put(file->writer, (const char *)key.data, key.length,
                              (const char *)file->value.data, file->value.length, &file->message);
}

static void add_entry(struct tg_store *store, struct file *file, const struct tg_entry *entry)
{
    struct tg_version_view version = tg_entry_pending(entry);
    if (version.removed && tg_entry_has(entry, TG_ENTRY_NOT_IN_DB))
        return;
    store->key.length = TG_DATABASE_ROW_PREFIX_BYTES;
    tg_buffer_append_slice(&store->key, tg_entry_key(entry));
    struct tg_slice key = tg_buffer_slice(&store->key);
    if (version.removed) {
        if (file->message == NULL)
            rocksdb_sstfilewriter_delete(file->writer, (const char *)key.data, key.length, &file->message);
        return;
    }
    uint8_t timestamp[TG_ROW_HEAD_BYTES];
    tg_store_u64(timestamp, (uint64_t)version.timestamp_ms);
    put(file, key, tg_slice_of(timestamp, sizeof timestamp), version.bytes);
}

/* Writes the file and hands it to RocksDB, which moves it to its own. */
static char *write_and_ingest(struct tg_store *store, const char *path)
{
    struct tg_database *database = &store->state->database;
    rocksdb_envoptions_t *env_options = rocksdb_envoptions_create();
    struct file file = {.writer = rocksdb_sstfilewriter_create(env_options, database->options)};
    rocksdb_sstfilewriter_open(file.writer, path, &file.message);
    uint8_t head[TG_META_HEAD_BYTES];
    tg_store_meta_head(store, head);
    tg_database_key(&store->key, store->id, (uint32_t)store->partition, TG_DATABASE_META);
    put(&file, tg_buffer_slice(&store->key), tg_slice_of(head, sizeof head),
        tg_buffer_slice(&store->progress));
    tg_database_key(&store->key, store->id, (uint32_t)store->partition, TG_DATABASE_ROW);
    for (size_t i = 0; i < store->table.pending.count; i++)
        add_entry(store, &file, store->table.pending.entries[i]);
    if (file.message == NULL)
        rocksdb_sstfilewriter_finish(file.writer, &file.message);
    rocksdb_sstfilewriter_destroy(file.writer);
    rocksdb_envoptions_destroy(env_options);
    tg_buffer_done(&file.value);
    if (file.message != NULL)
        return file.message;
    rocksdb_ingestexternalfileoptions_t *options = rocksdb_ingestexternalfileoptions_create();
    rocksdb_ingestexternalfileoptions_set_move_files(options, 1);
    rocksdb_ingest_external_file(database->handle, &path, 1, options, &file.message);
    rocksdb_ingestexternalfileoptions_destroy(options);
    return file.message;
}

enum tg_code tg_store_ingest_pending(struct tg_store *store, struct tg_error *reterr)
{
    struct tg_database *database = &store->state->database;
    bool had_rows = store->has_rows;
    tg_entry_list_sort(&store->table.pending);
    char *path = tg_format("%s/restore.%u.%d", database->path, store->id, store->partition);
    store->has_rows = true;
    char *message = write_and_ingest(store, path);
    if (database->env == NULL)
        (void)unlink(path); /* what a failure left */
    tg_free(path);
    if (message != NULL) {
        store->has_rows = had_rows;
        return tg_database_check(database, message, "write restored state", reterr);
    }
    store->meta_changed = false;
    tg_table_written(&store->table);
    return TG_OK;
}
