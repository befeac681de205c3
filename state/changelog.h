/* state/changelog.h: from a store to its changelog topic and back, without knowing Kafka: sealed entries go
 * to a sink, committed records come back through a restorer. Thread: the worker that owns the store. */
#pragma once

#include "base/side_thread.h"
#include "state/store.h"
#include "state/window_key.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Takes changelog records; the first member of what implements it. The slices are valid during the call. */
struct tg_changelog_sink {
    /* `value.data` NULL: a tombstone. */
    enum tg_code (*send)(struct tg_changelog_sink *self, struct tg_slice key, struct tg_slice value,
                         int64_t timestamp_ms, struct tg_error *reterr);
};

/* Sends the sealed entries in the order of their first change. Stops at the sink's first error: then the
 * transaction must be aborted and the store discarded. */
TG_MUST_CHECK enum tg_code tg_store_write_changelog(const struct tg_store *store, enum tg_key_layout layout,
                                                    struct tg_changelog_sink *sink, struct tg_error *reterr);

/* Gathers changelog records of a store, in offset order, and brings them into it: few into its table, many as
 * sorted files to RocksDB, which a side thread writes while the next are gathered. Until it has finished, the
 * store is neither read nor changed by anybody else. Its memory is counted among the tables'. */
struct tg_restorer;

/* `side`: writes the files; it outlives the restorer. */
struct tg_restorer *tg_restorer_new(struct tg_store *store, enum tg_key_layout layout,
                                    struct tg_side_thread *side);
/* Waits for the file that is being written; what is not written then is dropped, and the store's changelog
 * offset tells where to go on. NULL is a no-op. */
void tg_restorer_free(struct tg_restorer *restorer);
/* Copies one committed record. `value.data` NULL: a tombstone. Errors: CORRUPT (a key that is not of the
 * layout). */
TG_MUST_CHECK enum tg_code tg_restorer_add(struct tg_restorer *restorer, struct tg_slice key,
                                           struct tg_slice value, int64_t timestamp_ms,
                                           struct tg_error *reterr);
size_t tg_restorer_bytes(const struct tg_restorer *restorer); /* added since the last write */
/* What was added belongs together: `next_offset` is where to go on. It is taken also if an error is returned:
 * that is of an earlier file. Errors: IO, with `retriable` if it can be called again; CORRUPT. */
TG_MUST_CHECK enum tg_code tg_restorer_write(struct tg_restorer *restorer, int64_t next_offset,
                                             struct tg_error *reterr);
/* *ret_full: nothing should be added before a file is written; the side thread wakes its owner then. Errors:
 * as above. */
TG_MUST_CHECK enum tg_code tg_restorer_check(struct tg_restorer *restorer, bool *ret_full,
                                             struct tg_error *reterr);
/* All was added: brings the rest into the store. *ret_done false: a file is being written, to be called
 * again. Errors: as above. */
TG_MUST_CHECK enum tg_code tg_restorer_finish(struct tg_restorer *restorer, bool *ret_done,
                                              struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
