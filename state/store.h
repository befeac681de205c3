/* state/store.h: one ordered byte-keyed store of one task: a hash table of entries in front of RocksDB.
 *
 *   clean    equal to what RocksDB holds; may be evicted
 *   pending  committed, but not yet written to RocksDB
 *   dirty    changed by the open transaction (generation "open")
 *   sealed   changed by the transaction that is being committed; may be dirtied again meanwhile
 *
 * Life of a commit: tg_store_seal -> walk the sealed entries to the changelog -> commit in Kafka ->
 * tg_store_apply makes them pending and, when enough is, puts it into the commit unit's WriteBatch. If the
 * commit is known to have failed: tg_store_discard drops all that is not committed (both generations). Reads
 * see the newest value. RocksDB is touched on a miss, on scans and at apply only. Keys are compared as bytes.
 * Values carry a timestamp (row time, ms). Thread: the worker that owns the task. */
#pragma once

#include "state/state.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_store_options {
    const char *name; /* logical role within the application: "<query id>-<step>" */
    int32_t partition;
    uint64_t layout_id; /* of keys and values; a store written with another one is refused: STATE_MISMATCH */
    uint64_t cache_bytes_max; /* clean entries are evicted above this; 0: as the state's bound of all tables
                                 allows, or 16 MiB if there is none */
};

TG_MUST_CHECK enum tg_code tg_store_open(struct tg_state *state, const struct tg_store_options *options,
                                         struct tg_store **ret_store, struct tg_error *reterr);
void tg_store_close(
    struct tg_store *store); /* what is committed is written, the rest dropped; NULL is a no-op */
const char *tg_store_name(const struct tg_store *store);
int32_t tg_store_partition(const struct tg_store *store);

struct tg_value {
    struct tg_slice bytes;
    int64_t timestamp_ms;
};

/* Looks the key up. The bytes are valid until the next call on this store (a get may evict, too), except
 * tg_store_put, which may be given them. */
TG_MUST_CHECK enum tg_code tg_store_get(struct tg_store *store, struct tg_slice key, bool *ret_found,
                                        struct tg_value *ret_value, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_store_put(struct tg_store *store, struct tg_slice key, struct tg_value value,
                                        struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_store_remove(struct tg_store *store, struct tg_slice key, int64_t timestamp_ms,
                                           struct tg_error *reterr);

/* The same of what is committed, whatever the present transactions have changed: for pull queries. */
TG_MUST_CHECK enum tg_code tg_store_get_committed(struct tg_store *store, struct tg_slice key,
                                                  bool *ret_found, struct tg_value *ret_value,
                                                  struct tg_error *reterr);

/* Fetches the memory of keys that are about to be looked up, at most TG_STORE_PREFETCH_MAX of them: worth it
 * when the store is larger than the processor's caches. */
#define TG_STORE_PREFETCH_MAX 32
void tg_store_prefetch(const struct tg_store *store, const struct tg_slice *keys, size_t count);

/* One probe for read-modify-write of values of one size: makes the entry dirty and gives its memory. */
struct tg_store_edit {
    uint8_t *bytes; /* writable, `length` bytes, until the key is put or removed, or the store is sealed or
                       discarded: what is dirty stays where it is */
    uint32_t length;
    bool created;         /* it did not exist: bytes are zero */
    int64_t timestamp_ms; /* of the value found; INT64_MIN if created */
};
/* `length`: size of the value if it must be created. `known_absent`: the caller knows the key cannot exist (a
 * new window), so RocksDB is not asked. Afterwards the caller sets the timestamp with tg_store_edit_done. */
TG_MUST_CHECK enum tg_code tg_store_edit(struct tg_store *store, struct tg_slice key, uint32_t length,
                                         bool known_absent, struct tg_store_edit *ret_edit,
                                         struct tg_error *reterr);
void tg_store_edit_done(struct tg_store *store, int64_t timestamp_ms);

/* Entries with from <= key < to (to.length 0: no bound) in key order, newest values, also uncommitted ones.
 * The store must not change while a cursor is open, except by closing the cursor first. */
struct tg_store_cursor;
TG_MUST_CHECK enum tg_code tg_store_scan(struct tg_store *store, struct tg_slice from, struct tg_slice to,
                                         struct tg_store_cursor **ret_cursor, struct tg_error *reterr);
/* The same of what is committed. */
TG_MUST_CHECK enum tg_code tg_store_scan_committed(struct tg_store *store, struct tg_slice from,
                                                   struct tg_slice to, struct tg_store_cursor **ret_cursor,
                                                   struct tg_error *reterr);
bool tg_store_cursor_next(struct tg_store_cursor *cursor, struct tg_slice *ret_key,
                          struct tg_value *ret_value);
TG_MUST_CHECK enum tg_code tg_store_cursor_status(const struct tg_store_cursor *cursor,
                                                  struct tg_error *reterr);
void tg_store_cursor_close(struct tg_store_cursor *cursor); /* NULL is a no-op */

/* ---- commit ---- */

size_t tg_store_dirty_count(const struct tg_store *store);
size_t tg_store_dirty_bytes(const struct tg_store *store);  /* keys and values of both generations */
size_t tg_store_dirty_memory(const struct tg_store *store); /* about what these take in the table */
/* The open generation becomes the sealed one, which must be empty (applied or discarded). A key that was made
 * and removed within the generation is left out: nobody has seen it. */
void tg_store_seal(struct tg_store *store);
struct tg_sealed_entry {
    struct tg_slice key;
    struct tg_value value;
    bool removed; /* a tombstone: value.bytes is empty */
};
/* Walks the sealed entries in the order of their first change: *position starts at 0. False at the end. */
bool tg_store_sealed_next(const struct tg_store *store, size_t *position, struct tg_sealed_entry *ret_entry);
/* The sealed entries, the next changelog offset (-1: unchanged) and the operators' progress (bytes; empty:
 * unchanged) are committed. Called after the Kafka commit is certain; cannot fail. They stay in the table for
 * a while, so that a key that changes in every commit is written once: when they are many, they are added to
 * the batch, with the offset and the progress. tg_state_batch_apply must follow, before the store is used
 * again. */
void tg_store_apply(struct tg_store *store, struct tg_state_batch *batch, int64_t changelog_offset,
                    struct tg_slice progress);
/* Adds all that is committed and not yet written to the batch now; tg_state_batch_apply must follow. To be
 * called (and tg_state_flush) every few minutes, so that a crash never replays more than that. */
void tg_store_write_back(struct tg_store *store, struct tg_state_batch *batch);
void tg_store_discard(struct tg_store *store);

/* ---- what the last applied commit or restore left (after a crash: the last one that RocksDB had flushed)
 * ---- */

/* The next offset to restore from; -1: never written. */
int64_t tg_store_changelog_offset(const struct tg_store *store);
/* The operators' times, as given to tg_store_apply. */
struct tg_slice tg_store_progress(const struct tg_store *store);
/* Of which log the changelog offset is, and when it was last known to be at the log's end. 0: unknown. */
struct tg_store_origin {
    uint64_t log_id;    /* of the changelog topic: another one means that the topic was made again */
    int64_t current_ms; /* wall clock: records behind the offset are not older */
};
struct tg_store_origin tg_store_origin(const struct tg_store *store);
/* Goes to RocksDB with the next offset. */
void tg_store_set_origin(struct tg_store *store, struct tg_store_origin origin);

/* ---- restore: committed changelog records (in offset order; later ones win) ---- */

struct tg_restore_record {
    struct tg_slice key;
    struct tg_value value;
    bool removed;
};
/* The records are committed, as if by tg_store_apply, and `next_offset` is the changelog offset then; what is
 * uncommitted is dropped. Writes to RocksDB when much is pending. Errors: IO, CORRUPT: the store must be
 * closed. */
TG_MUST_CHECK enum tg_code tg_store_restore(struct tg_store *store, const struct tg_restore_record *records,
                                            size_t count, int64_t next_offset, struct tg_error *reterr);
/* Empties the store and forgets its changelog offset, origin and progress: before a full restore. Rows that
 * cannot be trusted are kept by tg_state_keep_copy before. */
TG_MUST_CHECK enum tg_code tg_store_clear(struct tg_store *store, struct tg_error *reterr);

struct tg_store_counters {
    uint64_t hits, misses, evictions, scans;
    uint64_t rows_written;   /* to RocksDB, restore not counted */
    uint64_t entries, bytes; /* in the table now */
};
struct tg_store_counters tg_store_counters(const struct tg_store *store);

#ifdef __cplusplus
}
#endif
