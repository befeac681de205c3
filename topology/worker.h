/* topology/worker.h: a thread that runs commit units: one per query. It sleeps on one eventfd that all its
 * consumers wake, and on the next commit. A unit that fails stops alone. Threads: open, wake, stop and close
 * from the engine's thread. */
#pragma once

#include "topology/unit/commit_unit.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_worker;

struct tg_worker_unit {
    const struct tg_query *query;
    /* Told from the worker thread: the unit failed and is gone. */
    void (*failed)(void *context, const struct tg_query *query, const struct tg_error *error);
    void *context;
};

struct tg_worker *tg_worker_start(uint32_t number, const bool *stop);
/* The unit begins with the next round. */
void tg_worker_add(struct tg_worker *worker, const struct tg_worker_unit *unit);
/* Commits and ends the query's unit; returns when it is done. No-op if it is not there (any more). */
void tg_worker_remove(struct tg_worker *worker, const struct tg_query *query);
/* Adds the counters of the query's unit as of its last commit; also of a unit that is gone. */
void tg_worker_counters(struct tg_worker *worker, const struct tg_query *query, struct tg_counters *sum);
/* The query's unit has partitions and all of them are restored. */
bool tg_worker_running(struct tg_worker *worker, const struct tg_query *query);
/* Writes the counters of each task to the log. */
void tg_worker_log_tasks(struct tg_worker *worker);
/* Ends all units (commits what is processed) and the thread. NULL is a no-op. */
void tg_worker_stop(struct tg_worker *worker);

#ifdef __cplusplus
}
#endif
