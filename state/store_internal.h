/* state/store_internal.h: inside of a store, shared by store.c, store_commit.c and store_scan.c. Private to
 * state/. */
#pragma once

#include "state/state_internal.h"
#include "state/store.h"
#include "state/table.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TG_ROW_HEAD_BYTES 8 /* row time, before the value */
/* Version u8 | has rows u8 | layout id u64 | changelog offset i64 | log id u64 | current at i64, before the
 * progress. Version 1 has neither log id nor time. */
#define TG_META_HEAD_BYTES 34
#define TG_META_HEAD_BYTES_1 18

struct tg_store {
    struct tg_state *state;
    struct tg_store *next_open;
    char *name;
    int32_t partition;
    uint32_t id;
    uint64_t layout_id;
    size_t cache_bytes_max; /* of this store by itself */
    size_t told_bytes;      /* its part of state->table_bytes */
    size_t restoring_bytes; /* rows that are restored past the table */
    struct tg_table table;
    struct tg_entry *edited;

    /* Meta: as RocksDB has it, or will have it once the batch is written. */
    bool has_rows; /* RocksDB may hold rows */
    int64_t changelog_offset;
    struct tg_store_origin origin;
    struct tg_buffer progress;
    bool meta_changed; /* since it was last added to a batch */

    /* Applied to this batch, which RocksDB has not taken yet: till then it must not be asked, and nothing may
     * be evicted. */
    struct tg_state_batch *batch;
    struct tg_store *next_in_batch;
    bool unwritten;

    uint64_t database_reads; /* misses and scans that asked RocksDB since the store was opened or restored */
    bool load_tried;         /* to bring all rows into the table */

    struct tg_buffer key;           /* store id | partition | 0x01 | key of the last read */
    struct tg_buffer committed_row; /* of the last tg_store_get_committed that asked RocksDB */
    rocksdb_readoptions_t *scan_options;
    uint8_t scan_end[TG_DATABASE_ROW_PREFIX_BYTES];
    rocksdb_iterator_t *iterator; /* kept between scans of one transaction */
    struct tg_store_cursor *spare_cursors;
    size_t open_cursors;
    uint64_t hits;
    uint64_t misses;
    uint64_t scans;
    uint64_t rows_written;
};

/* How large the table may be now: its own bound, and what the tables of other stores leave of the bound of
 * all. Stores that need little leave it to those that need much, until there is nothing left: then each has
 * its fair share. */
size_t tg_store_cache_bytes(struct tg_store *store);
/* Fails if the last applied commit is not in RocksDB: what it holds is not the newest committed state. */
TG_MUST_CHECK enum tg_code tg_store_check_written(const struct tg_store *store, struct tg_error *reterr);
/* Rows of RocksDB may have changed, or a long time may pass till the next scan. */
void tg_store_drop_iterator(struct tg_store *store);
/* A store that asks RocksDB again and again is brought into the table whole, if it fits: once per open or
 * restore. Asked before each look into the table, so the question alone is cheap. */
#define TG_STORE_READS_BEFORE_LOAD 256u
static inline bool tg_store_wants_load(const struct tg_store *store)
{
    return !store->table.complete && !store->load_tried &&
           store->database_reads >= TG_STORE_READS_BEFORE_LOAD && store->open_cursors == 0;
}
TG_MUST_CHECK enum tg_code tg_store_load_small(struct tg_store *store, struct tg_error *reterr);
/* Adds the committed rows that RocksDB does not have, and the meta, to the batch. */
void tg_store_add_pending(struct tg_store *store, rocksdb_writebatch_t *writes);
/* Gives the pending rows and the meta to RocksDB as a table file. If it fails, they are pending still. */
TG_MUST_CHECK enum tg_code tg_store_ingest_pending(struct tg_store *store, struct tg_error *reterr);
/* Nothing stays in the table: what is committed is written before, and RocksDB may have other rows then. */
TG_MUST_CHECK enum tg_code tg_store_empty_table(struct tg_store *store, struct tg_error *reterr);
void tg_store_meta_head(const struct tg_store *store, uint8_t head[TG_META_HEAD_BYTES]);
/* Adds the store's meta to the batch. */
void tg_store_write_meta(struct tg_store *store, rocksdb_writebatch_t *writes);
void tg_store_free_cursors(struct tg_store *store);

#ifdef __cplusplus
}
#endif
