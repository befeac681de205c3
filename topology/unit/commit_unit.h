/* topology/unit/commit_unit.h: what commits together: all tasks of one query on one worker, with one consumer
 * and one producer.
 *
 * One transaction carries outputs, changelog records and input offsets. Only when it is certain that it was
 * committed do the stores apply their changes. The outcome is never guessed: whenever a request went
 * unanswered or a call failed, it is resolved with a new producer of the same transactional id, from the
 * metadata that came back with the committed offsets (resolve.c). With at_least_once there is no transaction:
 * records are flushed, then offsets committed, then the stores apply. Thread: one worker. */
#pragma once

#include "topology/query.h"
#include "topology/task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_commit_unit;

struct tg_commit_unit_options {
    const struct tg_query *query; /* prepared */
    uint32_t worker;              /* number of the worker: part of the transactional id */
    int notify_descriptor; /* eventfd that wakes the worker when the consumer has something; -1: none */
    const bool *stop;      /* read in every wait: the process wants to end (atomic) */
};

struct tg_commit_unit *tg_commit_unit_new(const struct tg_commit_unit_options *options);
/* Optional, before the first step and on any one thread: what takes long about a start (the producer's
 * initialisation). What fails here is tried again by the steps. */
void tg_commit_unit_prepare(struct tg_commit_unit *unit);
/* One round: joins the group when it can, restores, polls, processes, commits when due. *ret_worked:
 * something was done, so call again at once. A failure is final for this unit: the query stops, nothing
 * uncommitted remains. */
TG_MUST_CHECK enum tg_code tg_commit_unit_step(struct tg_commit_unit *unit, bool *ret_worked,
                                               struct tg_error *reterr);
/* Microseconds (monotonic) when the unit wants its next step although nothing arrives. */
int64_t tg_commit_unit_deadline_us(const struct tg_commit_unit *unit);
/* Commits what is processed, leaves the group. Afterwards only counters and free. */
TG_MUST_CHECK enum tg_code tg_commit_unit_stop(struct tg_commit_unit *unit, struct tg_error *reterr);
void tg_commit_unit_free(
    struct tg_commit_unit *unit); /* without a stop before: drops what is not committed; NULL is a no-op */

/* Any thread: adds the counts as of the last commit. */
void tg_commit_unit_counters(const struct tg_commit_unit *unit, struct tg_counters *sum);
bool tg_commit_unit_running(const struct tg_commit_unit *unit); /* has an assignment, all of it restored */
/* Calls `visit` for each task (counters per task at exit and on SIGUSR1). Worker thread only. */
void tg_commit_unit_each_task(const struct tg_commit_unit *unit,
                              void (*visit)(void *context, const struct tg_task *task), void *context);

#ifdef __cplusplus
}
#endif
