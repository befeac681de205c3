/* state/changelog.h: from a store to its changelog topic and back, without knowing Kafka: sealed entries go
 * to a sink, committed records come back through a restorer. Thread: the worker that owns the store. */
#pragma once

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

/* Collects changelog records and writes them to the store in batches. Reusable: it keeps its memory. */
struct tg_restorer;

struct tg_restorer *tg_restorer_new(struct tg_store *store, enum tg_key_layout layout);
void tg_restorer_free(struct tg_restorer *restorer); /* NULL is a no-op; what was not written is dropped */
/* Copies one committed record. `value.data` NULL: a tombstone. Errors: CORRUPT (a key that is not of the
 * layout). */
TG_MUST_CHECK enum tg_code tg_restorer_add(struct tg_restorer *restorer, struct tg_slice key,
                                           struct tg_slice value, int64_t timestamp_ms,
                                           struct tg_error *reterr);
size_t tg_restorer_bytes(const struct tg_restorer *restorer); /* collected and not yet written */
/* Writes what was added, and the offset to go on from, at once. */
TG_MUST_CHECK enum tg_code tg_restorer_write(struct tg_restorer *restorer, int64_t next_offset,
                                             struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
