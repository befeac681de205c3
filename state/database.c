#include "state/database.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define MEMORY_BYTES_DEFAULT (64ull << 20)
#define WRITE_BUFFER_LEAST (64ull << 10)
#define OPEN_FILES_MAX 256
#define FLUSH_WAIT_MS_MAX 5000
#define BLOOM_BITS_PER_KEY 10

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* RocksDB goes on by itself when a full disk has room again. */
static bool is_full(const char *message)
{
    return strstr(message, "No space left") != NULL;
}

/* After these it takes no write until it is opened again. */
static bool is_limit(const char *message)
{
    return strstr(message, "quota exceeded") != NULL || strstr(message, "File too large") != NULL;
}

enum tg_code tg_database_check(const struct tg_database *database, char *message, const char *action,
                               struct tg_error *reterr)
{
    if (message == NULL)
        return TG_OK;
    bool corrupt = starts_with(message, "Corruption");
    const char *path = database->directory->path != NULL ? database->directory->database_path : "in memory";
    enum tg_code code = tg_fail(reterr, corrupt ? TG_CODE_CORRUPT : TG_CODE_IO, "cannot %s: database %s: %s",
                                action, path, message);
    if (corrupt) {
        tg_directory_mark_damaged(database->directory, message);
        if (database->damaged != NULL)
            __atomic_store_n(database->damaged, true, __ATOMIC_RELEASE);
        (void)tg_fail_hint(reterr,
                           "start again: the database is set aside then and state is restored from Kafka");
    } else if (reterr != NULL && is_full(message)) {
        reterr->retriable = true;
        (void)tg_fail_hint(reterr, "make room on the disk of the state directory");
    } else if (is_limit(message)) {
        (void)tg_fail_hint(reterr,
                           "raise the quota or the limit of file sizes (ulimit -f) and start again: what "
                           "is missing then is read from Kafka");
    }
    rocksdb_free(message);
    return code;
}

static rocksdb_block_based_table_options_t *table_options(const struct tg_database *database)
{
    rocksdb_block_based_table_options_t *options = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(options, database->cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(options, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(options, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(options, 1);
    rocksdb_block_based_options_set_filter_policy(options,
                                                  rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS_PER_KEY));
    rocksdb_block_based_options_set_whole_key_filtering(options, 1);
    /* Filters and indexes in small blocks: a large table's single one would push everything else out of the
     * cache. */
    rocksdb_block_based_options_set_index_type(options,
                                               rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(options, 1);
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(options, 1);
    rocksdb_block_based_options_set_format_version(options, 5);
    return options;
}

/* Half of the memory for the block cache, half for two write buffers (one being filled, one being flushed).
 */
static void set_options(struct tg_database *database, uint64_t memory_bytes)
{
    if (memory_bytes == 0)
        memory_bytes = MEMORY_BYTES_DEFAULT;
    uint64_t write_buffer = memory_bytes / 4 < WRITE_BUFFER_LEAST ? WRITE_BUFFER_LEAST : memory_bytes / 4;
    /* Few shards: each must hold whole blocks of filters and indexes. */
    rocksdb_lru_cache_options_t *cache = rocksdb_lru_cache_options_create();
    rocksdb_lru_cache_options_set_capacity(cache, (size_t)(memory_bytes / 2));
    rocksdb_lru_cache_options_set_num_shard_bits(cache, 2);
    database->cache = rocksdb_cache_create_lru_opts(cache);
    rocksdb_lru_cache_options_destroy(cache);
    rocksdb_options_t *options = rocksdb_options_create();
    database->options = options;
    if (database->env != NULL)
        rocksdb_options_set_env(options, database->env);
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_paranoid_checks(options, 1);
    rocksdb_options_set_is_fd_close_on_exec(options, 1);
    rocksdb_options_set_max_open_files(options, OPEN_FILES_MAX);
    rocksdb_options_set_write_buffer_size(options, (size_t)write_buffer);
    rocksdb_options_set_max_write_buffer_number(options, 2);
    rocksdb_options_set_max_background_jobs(options, 2);
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    rocksdb_options_set_prefix_extractor(
        options, rocksdb_slicetransform_create_fixed_prefix(TG_DATABASE_PREFIX_BYTES));
    rocksdb_options_set_info_log_level(options, 2); /* warnings */
    rocksdb_options_set_keep_log_file_num(options, 2);
    rocksdb_options_set_max_log_file_size(options, 1u << 20);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    rocksdb_block_based_table_options_t *table = table_options(database);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);

    database->read = rocksdb_readoptions_create();
    rocksdb_readoptions_set_verify_checksums(database->read, 1);
    database->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(database->write, 1);
    database->write_synced = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(database->write_synced, 1);
}

static enum tg_code open_handle(struct tg_database *database, struct tg_directory *directory,
                                struct tg_error *reterr)
{
    if (directory->path == NULL) {
        char *message = NULL;
        database->handle = rocksdb_open(database->options, database->path, &message);
        return tg_database_check(database, message, "open", reterr);
    }
    if (tg_directory_is_damaged(directory))
        TG_TRY(tg_directory_set_aside(directory, "found damaged at open", reterr));
    char *message = NULL;
    database->handle = rocksdb_open(database->options, database->path, &message);
    /* What the database says it has is not there: a file was lost. */
    bool damaged = message != NULL && (starts_with(message, "Corruption") ||
                                       starts_with(message, "IO error: No such file or directory"));
    if (!damaged)
        return tg_database_check(database, message, "open", reterr);
    enum tg_code code = tg_directory_set_aside(directory, message, reterr);
    rocksdb_free(message);
    TG_TRY(code);
    message = NULL;
    database->handle = rocksdb_open(database->options, database->path, &message);
    return tg_database_check(database, message, "open", reterr);
}

enum tg_code tg_database_open(struct tg_directory *directory, uint64_t memory_bytes,
                              struct tg_database *ret_database, struct tg_error *reterr)
{
    *ret_database = (struct tg_database){
        .directory = directory,
        .path = directory->path != NULL ? directory->database_path : "/turgo",
    };
    if (directory->path == NULL)
        ret_database->env = rocksdb_create_mem_env();
    set_options(ret_database, memory_bytes);
    return open_handle(ret_database, directory, reterr);
}

/* After RocksDB (7.8.3) has recovered from a full disk, its flush no longer waits for the end: closed then,
 * it drops what is not flushed. */
static bool wait_until_flushed(const struct tg_database *database)
{
    for (int waited_ms = 0; waited_ms < FLUSH_WAIT_MS_MAX; waited_ms++) {
        uint64_t waiting = 0;
        if (rocksdb_property_int(database->handle, "rocksdb.num-immutable-mem-table", &waiting) != 0 ||
            waiting == 0)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return false;
}

enum tg_code tg_database_flush(const struct tg_database *database, struct tg_error *reterr)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    rocksdb_flushoptions_set_wait(options, 1);
    char *message = NULL;
    rocksdb_flush(database->handle, options, &message);
    rocksdb_flushoptions_destroy(options);
    TG_TRY(tg_database_check(database, message, "flush", reterr));
    if (!wait_until_flushed(database))
        return tg_fail(reterr, TG_CODE_IO, "the database %s was not flushed within %d s", database->path,
                       FLUSH_WAIT_MS_MAX / 1000);
    return TG_OK;
}

enum tg_code tg_database_copy(const struct tg_database *database, const char *path, struct tg_error *reterr)
{
    char *message = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(database->handle, &message);
    if (message == NULL)
        rocksdb_checkpoint_create(checkpoint, path, 0, &message);
    if (checkpoint != NULL)
        rocksdb_checkpoint_object_destroy(checkpoint);
    return tg_database_check(database, message, "copy", reterr);
}

void tg_database_close(struct tg_database *database)
{
    if (database->handle != NULL) {
        /* What could not be flushed is restored from the changelog, from the offset that was flushed. */
        struct tg_error ignored;
        if (database->env == NULL)
            (void)!tg_database_flush(database, &ignored);
        rocksdb_close(database->handle);
    }
    if (database->options != NULL) {
        rocksdb_readoptions_destroy(database->read);
        rocksdb_writeoptions_destroy(database->write);
        rocksdb_writeoptions_destroy(database->write_synced);
        rocksdb_options_destroy(database->options);
        rocksdb_cache_destroy(database->cache);
    }
    if (database->env != NULL)
        rocksdb_env_destroy(database->env);
    *database = (struct tg_database){0};
}

uint64_t tg_database_memory_bytes(const struct tg_database *database)
{
    uint64_t tables = 0;
    uint64_t readers = 0;
    if (database->handle == NULL)
        return 0;
    (void)rocksdb_property_int(database->handle, "rocksdb.cur-size-all-mem-tables", &tables);
    (void)rocksdb_property_int(database->handle, "rocksdb.estimate-table-readers-mem", &readers);
    return tables + readers + rocksdb_cache_get_usage(database->cache);
}

void tg_database_key(struct tg_buffer *key, uint32_t store_id, uint32_t partition, uint8_t kind)
{
    tg_buffer_clear(key);
    tg_buffer_append_u32(key, store_id);
    tg_buffer_append_u32(key, partition);
    tg_buffer_append_byte(key, kind);
}

enum tg_code tg_database_get(const struct tg_database *database, struct tg_slice key,
                             struct tg_buffer *ret_value, bool *ret_found, struct tg_error *reterr)
{
    char *message = NULL;
    rocksdb_pinnableslice_t *pinned =
        rocksdb_get_pinned(database->handle, database->read, (const char *)key.data, key.length, &message);
    *ret_found = pinned != NULL;
    tg_buffer_clear(ret_value);
    if (pinned != NULL) {
        size_t length = 0;
        const char *value = rocksdb_pinnableslice_value(pinned, &length);
        tg_buffer_append(ret_value, value, length);
        rocksdb_pinnableslice_destroy(pinned);
    }
    return tg_database_check(database, message, "read", reterr);
}
