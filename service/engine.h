/* service/engine.h: the life of the queries of one process: executes the actions of a job, runs the workers,
 * ends in order. Threads: all calls from one thread (the commands'); failures of queries are noted from
 * worker threads. */
#pragma once

#include "base/clock.h"
#include "kafka/kafka.h"
#include "sql/job.h"
#include "topology/counters.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_engine;

struct tg_engine_options {
    const struct tg_properties *properties; /* checked settings; must outlive the engine */
    struct tg_cluster *cluster;
    struct tg_clock *clock;
    const bool *stop; /* set (atomically) when the process wants to end */
};

/* Opens the state directory (in memory for the in-memory cluster) and starts the workers. */
TG_MUST_CHECK enum tg_code tg_engine_open(const struct tg_engine_options *options,
                                          struct tg_engine **ret_engine, struct tg_error *reterr);
/* Where what SHOW, DESCRIBE, EXPLAIN and PRINT give goes; without it nowhere. `report` lives for the call. */
typedef void tg_engine_report(void *context, const struct tg_report *report);
void tg_engine_on_report(struct tg_engine *engine, tg_engine_report *report, void *context);
/* The registry of formats with schemas, before anything is executed; both borrowed, both may be NULL. */
struct tg_registry;
struct tg_schemas;
void tg_engine_use_registry(struct tg_engine *engine, struct tg_registry *registry,
                            struct tg_schemas *schemas);
/* Executes one statement of a session: topics are checked or created, values inserted (once per application),
 * queries started, ended, paused. The session must outlive the engine. On an error the caller takes the
 * statement back (tg_session_undo). */
TG_MUST_CHECK enum tg_code tg_engine_execute_action(struct tg_engine *engine, const struct tg_action *action,
                                                    struct tg_error *reterr);
/* Executes the job's actions in order. The job must outlive the engine. *ret_action: the action that failed.
 */
TG_MUST_CHECK enum tg_code tg_engine_execute(struct tg_engine *engine, const struct tg_job *job,
                                             uint32_t *ret_action, struct tg_error *reterr);
/* Waits until every query has committed all that its sources held, in the order of the query graph: a query
 * ends when it has passed the end of its sources taken after the queries that write them have ended. Open
 * windows stay open. SHUTDOWN if asked to stop. */
TG_MUST_CHECK enum tg_code tg_engine_catch_up(struct tg_engine *engine, struct tg_error *reterr);
/* Called again and again while tg_engine_catch_up waits, on its thread; it may ask for counters. */
typedef void tg_engine_progress(void *context, struct tg_engine *engine);
void tg_engine_on_progress(struct tg_engine *engine, tg_engine_progress *progress, void *context);
uint32_t tg_engine_query_count(const struct tg_engine *engine);
const char *tg_engine_query_id(const struct tg_engine *engine, uint32_t index);
void tg_engine_counters(struct tg_engine *engine, uint32_t index, struct tg_counters *ret_counters);
bool tg_engine_all_running(struct tg_engine *engine);
/* Number of queries that failed; *ret_error (may be NULL): the first failure. */
uint32_t tg_engine_failures(struct tg_engine *engine, struct tg_error *ret_error);
void tg_engine_log_tasks(struct tg_engine *engine);
/* Commits what is processed and ends everything. NULL is a no-op. */
void tg_engine_close(struct tg_engine *engine);

#ifdef __cplusplus
}
#endif
