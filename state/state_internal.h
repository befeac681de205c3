/* state/state_internal.h: what state.c shares with the files of the stores. Private to state/. */
#pragma once

#include "state/database.h"
#include "state/directory.h"
#include "state/facts.h"
#include "state/state.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tg_state {
    struct tg_directory directory;
    struct tg_database database;
    struct tg_facts *facts;
    bool temporary;
    uint64_t memory_bytes;
    char *application_id;
    bool damaged; /* atomic: RocksDB has found damage since the database was opened */
    uint32_t renewals;
    pthread_rwlock_t present; /* read: the database is used without an open store; write: it is replaced */
    pthread_mutex_t lock;     /* of what follows, and of giving out store ids */
    struct tg_store *open_stores; /* linked by next_open */
    /* Atomic: */
    uint64_t open_count;
    uint64_t table_bytes;     /* of all stores, about */
    uint64_t table_bytes_max; /* constant; 0: no bound */
    char *copy_path;          /* the last copy that was kept, or NULL */
    int64_t copied_us;        /* when */
};

struct tg_state_batch {
    struct tg_state *state;
    rocksdb_writebatch_t *writes;
    struct tg_store *stores; /* whose entries are in it, linked by next_in_batch */
};

/* Errors: LOCKED (retriable) while the database is damaged and not replaced. */
TG_MUST_CHECK enum tg_code tg_state_check_present(const struct tg_state *state, struct tg_error *reterr);
/* The id of a store name; given out and remembered durably at the first call, if `make`. *ret_id 0: unknown.
 */
TG_MUST_CHECK enum tg_code tg_state_store_id(struct tg_state *state, const char *name, bool make,
                                             uint32_t *ret_id, struct tg_error *reterr);
/* Deletes rows and meta of a store's partition, durably. */
TG_MUST_CHECK enum tg_code tg_state_delete_partition(struct tg_state *state, uint32_t store_id,
                                                     uint32_t partition, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
