/* state/state.h: the state of one process: one RocksDB database with one column family for all stores of all
 * tasks, its directory lock, process id and format version, and the atomic application of committed changes.
 * RocksDB never holds uncommitted data. Its write-ahead log is off: what a crash loses is replayed from the
 * changelog, from the changelog offset that is written in the same batch.
 * Thread: tg_state is shared by all workers; a store and an apply batch belong to one worker thread. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_state;
struct tg_store;

struct tg_state_options {
    const char *directory;      /* made if absent; NULL: in memory only, gone at close */
    const char *application_id; /* a directory of another application is refused */
    uint64_t memory_bytes;      /* block cache and write buffer together; 0: 64 MiB */
    uint64_t table_bytes_max;   /* the tables of all stores together; 0: each has its own bound only */
    bool temporary;             /* with a directory: remove its content at close */
};

/* Errors: LOCKED (another process, naming its pid), STATE_MISMATCH (another application or a newer format
 * version), IO (not writable, full), CORRUPT (facts or process id). A damaged database is no error: it is set
 * aside (renamed, never deleted), an empty one is opened, and tg_state_set_aside() names where it went: tell
 * the user. Damage that a read finds later (CORRUPT from a store) is marked in the directory; the next open
 * sets the database aside, or tg_state_renew. */
TG_MUST_CHECK enum tg_code tg_state_open(const struct tg_state_options *options, struct tg_state **ret_state,
                                         struct tg_error *reterr);
void tg_state_close(struct tg_state *state); /* flushes; all stores must be closed; NULL is a no-op */
/* UUID kept in the directory: the same after a restart. */
const char *tg_state_process_id(const struct tg_state *state);
/* Path of a damaged database set aside at open, or NULL. */
const char *tg_state_set_aside(const struct tg_state *state);
uint64_t tg_state_memory_bytes(struct tg_state *state); /* RocksDB's memory now */

/* Has RocksDB found damage since it was opened? Then all stores are to be closed, and one of those who have
 * closed theirs renews the state: the database is set aside (tg_state_set_aside() says where) and an empty
 * one opened, which is restored from the changelogs. Thread: any, both. */
bool tg_state_damaged(const struct tg_state *state);
/* *ret_renewed false: there is no damage (any more). Errors: LOCKED (retriable: stores are open still),
 * CORRUPT (too often: the disk cannot be trusted), IO. */
TG_MUST_CHECK enum tg_code tg_state_renew(struct tg_state *state, bool *ret_renewed, struct tg_error *reterr);

/* Small facts of the application itself (executed INSERT VALUES statements, ...), written at once and
 * durably, beside the database: they outlive one that is set aside. Thread: any. Errors: IO. */
TG_MUST_CHECK enum tg_code tg_state_fact_get(struct tg_state *state, struct tg_slice name,
                                             struct tg_buffer *ret_value, bool *ret_found,
                                             struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_state_fact_put(struct tg_state *state, struct tg_slice name,
                                             struct tg_slice value, struct tg_error *reterr);

/* ---- applying a commit: all stores of one commit unit in one WriteBatch ---- */

struct tg_state_batch;
struct tg_state_batch *tg_state_batch_new(struct tg_state *state); /* reusable */
void tg_state_batch_free(struct tg_state_batch *batch);
/* Empties the batch. Errors: IO, CORRUPT: then it keeps its content; call it again (IO with `retriable`: when
 * the disk has room) or close the unit's stores. Until it has succeeded these stores evict nothing and fail
 * where they need RocksDB. */
TG_MUST_CHECK enum tg_code tg_state_batch_apply(struct tg_state_batch *batch, struct tg_error *reterr);

/* Writes RocksDB's memtable to disk (I/O: tens of ms). What a crash loses is replayed from the changelog:
 * call it every few minutes, after tg_store_write_back of the stores. Thread: any. */
TG_MUST_CHECK enum tg_code tg_state_flush(struct tg_state *state, struct tg_error *reterr);

/* Keeps what is on disk now beside the database, as db.aside-N with `reason` in its file REASON, before state
 * that cannot be trusted is cleared. Hard links: it takes some ms, and no room until compactions replace the
 * files. One copy serves all stores that are cleared within a minute. *ret_path: where it is, until the next
 * call; NULL: in memory, nothing is kept. Thread: any. Errors: IO, CORRUPT. */
TG_MUST_CHECK enum tg_code tg_state_keep_copy(struct tg_state *state, const char *reason,
                                              const char **ret_path, struct tg_error *reterr);

/* Drops everything of a store's partition (range delete), durably, for a task whose query was dropped or
 * whose state cannot be trusted. The store must not be open. */
TG_MUST_CHECK enum tg_code tg_state_drop(struct tg_state *state, const char *store_name, int32_t partition,
                                         struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
