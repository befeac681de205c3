/* topology/restore.h: brings the stores of tasks up to date from their changelog topics, step by step between
 * other work. A store is read from the offset that RocksDB holds up to the changelog's high watermark at the
 * start (not the last stable offset: the predecessor's commit may be decided while its marker is not on that
 * partition yet), with read_committed. State that cannot be trusted (the changelog was truncated beyond our
 * offset, was made again, or may have forgotten deletions) is kept aside and read from the beginning, loudly
 * and counted. Thread: the commit unit's worker. */
#pragma once

#include "topology/task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_restore;

/* `notify_descriptor`: as of tg_consumer_options. */
struct tg_restore *tg_restore_new(const struct tg_query *query, int notify_descriptor);
void tg_restore_free(struct tg_restore *restore); /* NULL is a no-op */

/* All stores of the task are to be restored: sets task->stores_to_restore, which the steps count down, also
 * for stores that turn out to be up to date. */
void tg_restore_add(struct tg_restore *restore, struct tg_task *task);
void tg_restore_remove(struct tg_restore *restore, struct tg_task *task);
bool tg_restore_busy(const struct tg_restore *restore);
/* Reads what is there without waiting for more; counts task->stores_to_restore down. *ret_worked: something
 * was read. After an error of Kafka, or IO with `retriable` (disk full), the next step goes on. */
TG_MUST_CHECK enum tg_code tg_restore_step(struct tg_restore *restore, bool *ret_worked,
                                           struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
