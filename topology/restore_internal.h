/* topology/restore_internal.h: shared by restore.c (reading changelogs) and restore_plan.c (where to begin,
 * and whether local state can be trusted). */
#pragma once

#include "base/log.h"
#include "state/changelog.h"
#include "topology/restore.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One store that is being restored. */
struct restore_job {
    struct tg_task *task;
    struct tg_task_store *store;
    struct tg_restorer *writer; /* NULL: not planned, or nothing to read */
    bool planned;
    int64_t begin;      /* where reading began */
    int64_t position;   /* next offset to read */
    int64_t end;        /* high watermark when it began */
    int64_t planned_ms; /* wall clock: all records below `end` were there */
    int64_t started_us;
    uint64_t records;
};

struct tg_restore {
    const struct tg_query *query;
    int notify_descriptor;
    struct tg_consumer *consumer; /* open while there are jobs */
    struct tg_side_thread *side;  /* writes what was read */
    struct restore_job *jobs;
    size_t job_count, job_capacity;
    bool stale; /* the consumer does not read what the jobs want, from where they stand */
    struct tg_message *messages;
    /* Since there were no jobs, for the log: */
    uint64_t records, logged_records;
    int64_t finished_span; /* offsets of jobs that are done */
    int64_t logged_us;
};

void restore_log_job(enum tg_log_level level, const char *message, const struct restore_job *job);
/* Decides for all jobs that are not planned where they begin and end; state that cannot be trusted is kept
 * aside and cleared. */
TG_MUST_CHECK enum tg_code restore_plan(struct tg_restore *restore, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
