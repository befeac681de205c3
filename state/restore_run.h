/* state/restore_run.h: restored rows on their way to RocksDB: gathered as they come, then sorted, written as
 * one table file past the memtable, and taken over by RocksDB. The store's meta is in the same file, so a
 * crash leaves rows and offset as they were before or as they are after. Thread: the owner's while rows are
 * added; writing may be an errand of a side thread, which uses nothing of the store but the database. Private
 * to state/. */
#pragma once

#include "base/side_thread.h"
#include "state/store_internal.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_restore_run {
    struct tg_errand errand; /* the first member */
    struct tg_database *database;
    char *path;            /* of the table file */
    struct tg_buffer rows; /* as they came: head, key as RocksDB has it, value as RocksDB has it */
    size_t count;
    struct tg_buffer order; /* of those that are written */
    struct tg_buffer meta_key, meta;
    bool first; /* RocksDB has no rows: there is nothing to delete */
    int64_t next_offset;
    char *message; /* RocksDB's error, or NULL */
};

void tg_restore_run_init(struct tg_restore_run *run, struct tg_store *store);
void tg_restore_run_done(struct tg_restore_run *run); /* it must not be under way */
void tg_restore_run_clear(struct tg_restore_run *run);
/* Copies a row; of one key the last one counts. */
void tg_restore_run_add(struct tg_restore_run *run, const struct tg_store *store, struct tg_slice key,
                        const struct tg_version_view *version);
/* Goes over the rows as they came: *position starts at 0. The slices point into the run. */
bool tg_restore_run_next(const struct tg_restore_run *run, size_t *position,
                         struct tg_restore_record *ret_record);
size_t tg_restore_run_bytes(const struct tg_restore_run *run); /* with half of what sorting needs */
/* Before it is written: the store's meta as it will be then, with this offset. */
void tg_restore_run_seal(struct tg_restore_run *run, struct tg_store *store, int64_t next_offset);
/* Its result: the store's meta is that of the run, which is empty again. After an error the run is as it was.
 */
TG_MUST_CHECK enum tg_code tg_restore_run_finish(struct tg_restore_run *run, struct tg_store *store,
                                                 struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
