/* service/engine_internal.h: what the files of the engine share; private to service/. Threads: the engine's
 * caller; what is under the mutex also the workers. */
#pragma once

#include "service/engine.h"
#include "service/insert.h"
#include "service/settings.h"
#include "topology/worker.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tg_entry_state { TG_ENTRY_RUNNING, TG_ENTRY_PAUSED, TG_ENTRY_ENDED };

/* A query that was started. */
struct tg_engine_entry {
    struct tg_engine *engine;
    struct tg_query *query;
    enum tg_entry_state state;
    bool failed; /* under the engine's mutex, as are the error and the number of failures */
};

struct tg_engine {
    struct tg_engine_options options;
    struct tg_process_settings process;
    char *prefix;
    char *instance;
    struct tg_state *state;
    struct tg_worker **workers;
    struct tg_engine_entry **entries; /* also of queries that ended: their counters stay */
    size_t entry_count, entry_capacity;
    struct tg_query **resumed; /* queries whose entries run under another one: workers know them */
    size_t resumed_count, resumed_capacity;
    struct tg_inserts *inserts;
    struct tg_registry *registry; /* NULL: none is configured */
    struct tg_schemas *schemas;
    tg_engine_report *report;
    void *report_context;
    tg_engine_progress *progress; /* NULL: nobody asked */
    void *progress_context;
    pthread_mutex_t mutex;
    uint32_t failures;
    struct tg_error first_failure;
};

int tg_engine_request_timeout(const struct tg_engine *engine); /* ms; off the commit path there is no hurry */
bool tg_engine_entry_failed(struct tg_engine_entry *entry);
/* Opens and prepares the query of an action and gives it to the workers. */
TG_MUST_CHECK enum tg_code tg_engine_start_query(struct tg_engine *engine, const struct tg_plan *plan,
                                                 const struct tg_properties *properties,
                                                 struct tg_error *reterr);
/* Commits what the query has processed and takes it from the workers; it keeps its place and its state. */
void tg_engine_stop_query(struct tg_engine_entry *entry, enum tg_entry_state state);
TG_MUST_CHECK enum tg_code tg_engine_resume_query(struct tg_engine_entry *entry,
                                                  const struct tg_properties *properties,
                                                  struct tg_error *reterr);
/* The entry of that id that has not ended; NULL: none. */
struct tg_engine_entry *tg_engine_find_entry(struct tg_engine *engine, const char *query_id);
void tg_engine_show(struct tg_engine *engine, const struct tg_report *report);

/* ---- engine_reports.c: rows of engine_actions.c ---- */

typedef enum tg_code tg_action_handler(struct tg_engine *engine, const struct tg_action *action,
                                       struct tg_error *reterr);
tg_action_handler tg_engine_show_topics;
tg_action_handler tg_engine_show_queries;
tg_action_handler tg_engine_show_properties;
tg_action_handler tg_engine_print;
tg_action_handler tg_engine_assert_topic;
tg_action_handler tg_engine_assert_schema;

#ifdef __cplusplus
}
#endif
