/* state/database.h: the RocksDB database of a state: options, opening, errors, and the form of its keys.
 *
 *   store id u32 | partition u32 | 0x00         meta of a store's partition (store_internal.h)
 *   store id u32 | partition u32 | 0x01 | key   its rows: row time i64 | value
 *   0 u32 | 0 u32 | "application"               the application id
 *   0 u32 | 1 u32 | store name                  store id u32
 *
 * All integers big endian. Thread: any. Private to state/. */
#pragma once

#include "base/buffer.h"
#include "state/directory.h"

#include <rocksdb/c.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TG_DATABASE_PREFIX_BYTES 8 /* store id and partition: the bloom filters' prefix */
#define TG_DATABASE_ROW_PREFIX_BYTES 9
#define TG_DATABASE_META 0x00
#define TG_DATABASE_ROW 0x01
#define TG_DATABASE_NAMES 1u

struct tg_database {
    rocksdb_t *handle;
    rocksdb_options_t *options;
    rocksdb_env_t *env; /* in memory; else NULL */
    rocksdb_cache_t *cache;
    rocksdb_readoptions_t *read;          /* point reads */
    rocksdb_writeoptions_t *write;        /* WAL off: what is lost is in the changelog */
    rocksdb_writeoptions_t *write_synced; /* WAL on and synced: what is nowhere else */
    const struct tg_directory *directory;
    bool *damaged;    /* set (atomically) when RocksDB finds damage; NULL: nobody asks */
    const char *path; /* of the database; in memory: a path of `env` */
};

/* Opens or makes the database; a damaged one is set aside first (directory->set_aside). Errors: IO,
 * STATE_MISMATCH. */
TG_MUST_CHECK enum tg_code tg_database_open(struct tg_directory *directory, uint64_t memory_bytes,
                                            struct tg_database *ret_database, struct tg_error *reterr);
/* A copy of what is on disk, after a flush, at `path`, which must not exist: hard links. Errors: IO, CORRUPT.
 */
TG_MUST_CHECK enum tg_code tg_database_copy(const struct tg_database *database, const char *path,
                                            struct tg_error *reterr);
void tg_database_close(struct tg_database *database); /* flushes; also after a failed open */

/* Turns RocksDB's message (freed) into an error; damage is marked in the directory, so that the next open
 * sets it aside. Returns TG_OK if `message` is NULL. `action` completes "cannot ...". */
TG_MUST_CHECK enum tg_code tg_database_check(const struct tg_database *database, char *message,
                                             const char *action, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_database_flush(const struct tg_database *database, struct tg_error *reterr);
uint64_t tg_database_memory_bytes(const struct tg_database *database);

/* Replaces the content of `key`: store id | partition | kind. */
void tg_database_key(struct tg_buffer *key, uint32_t store_id, uint32_t partition, uint8_t kind);
/* Reads a value into `ret_value` (replaced); *ret_found tells whether there is one. */
TG_MUST_CHECK enum tg_code tg_database_get(const struct tg_database *database, struct tg_slice key,
                                           struct tg_buffer *ret_value, bool *ret_found,
                                           struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
