#include "base/log.h"
#include "base/memory.h"
#include "plan/nodes/aggregate.h"
#include "plan/nodes/sink.h"
#include "service/engine_internal.h"
#include "service/run_loop.h"
#include "topology/memory_budget.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { CATCH_UP_POLL_MS = 20 };

static bool must_stop(const struct tg_engine *engine)
{
    return __atomic_load_n(engine->options.stop, __ATOMIC_RELAXED);
}

/* One sub-directory per application, so that several can share a state.dir. */
static enum tg_code open_directory(struct tg_engine *engine, const char *application, struct tg_error *reterr)
{
    const char *parent = engine->process.state_directory;
    struct tg_memory_shares shares;
    tg_memory_divide(engine->process.memory_bytes_max, 1, &shares);
    struct tg_state_options options = {
        .application_id = application, .memory_bytes = shares.database, .table_bytes_max = shares.tables};
    if (tg_cluster_is_memory(engine->options.cluster))
        return tg_state_open(&options, &engine->state, reterr);
    enum tg_code code = TG_OK;
    if (mkdir(parent, 0777) != 0 && errno != EEXIST) {
        code = tg_fail(reterr, TG_CODE_IO, "state directory %s cannot be made: %s", parent, strerror(errno));
    } else {
        char *directory = tg_format("%s/%s", parent, application);
        options.directory = directory;
        code = tg_state_open(&options, &engine->state, reterr);
        tg_free(directory);
    }
    if (code == TG_CODE_IO && reterr->hint[0] == '\0')
        tg_fail_hint(reterr, "set state.dir (now %s) to a directory in which this process may write", parent);
    return code;
}

static enum tg_code open_state(struct tg_engine *engine, struct tg_error *reterr)
{
    size_t length = strlen(engine->prefix); /* which ends with a separator */
    char *application = tg_format("%.*s", (int)(length > 0 ? length - 1 : 0), engine->prefix);
    enum tg_code code = open_directory(engine, application, reterr);
    tg_free(application);
    TG_TRY(code);
    engine->instance = tg_strdup(tg_state_process_id(engine->state));
    if (tg_state_set_aside(engine->state) != NULL)
        tg_log_write(TG_LOG_ERROR,
                     "local state was damaged: it was set aside and is rebuilt from the changelog topics",
                     TG_LOG_FIELDS(TG_LOG_TEXT("set-aside", tg_state_set_aside(engine->state))));
    return TG_OK;
}

enum tg_code tg_engine_open(const struct tg_engine_options *options, struct tg_engine **ret_engine,
                            struct tg_error *reterr)
{
    struct tg_engine *engine = tg_alloc_zero(1, sizeof *engine);
    engine->options = *options;
    pthread_mutex_init(&engine->mutex, NULL);
    tg_settings_process(options->properties, &engine->process);
    engine->prefix = tg_settings_prefix(&engine->process);
    enum tg_code code = open_state(engine, reterr);
    if (code != TG_OK) {
        tg_engine_close(engine);
        return code;
    }
    engine->workers = tg_alloc_zero(engine->process.thread_count, sizeof(struct tg_worker *));
    for (uint32_t i = 0; i < engine->process.thread_count; i++)
        engine->workers[i] = tg_worker_start(i, options->stop);
    *ret_engine = engine;
    return TG_OK;
}

void tg_engine_close(struct tg_engine *engine)
{
    if (engine == NULL)
        return;
    for (uint32_t i = 0; engine->workers != NULL && i < engine->process.thread_count; i++)
        tg_worker_stop(engine->workers[i]);
    tg_free(engine->workers);
    for (size_t i = 0; i < engine->entry_count; i++) {
        tg_query_close(engine->entries[i]->query);
        tg_free(engine->entries[i]);
    }
    tg_free(engine->entries);
    for (size_t i = 0; i < engine->resumed_count; i++)
        tg_query_close(engine->resumed[i]);
    tg_free(engine->resumed);
    tg_inserts_close(engine->inserts);
    tg_state_close(engine->state);
    tg_free(engine->prefix);
    tg_free(engine->instance);
    pthread_mutex_destroy(&engine->mutex);
    tg_free(engine);
}

void tg_engine_use_registry(struct tg_engine *engine, struct tg_registry *registry,
                            struct tg_schemas *schemas)
{
    engine->registry = registry;
    engine->schemas = schemas;
}

int tg_engine_request_timeout(const struct tg_engine *engine)
{
    struct tg_query_settings settings;
    tg_settings_query(engine->options.properties, &settings);
    return settings.request_timeout_ms * 5;
}

static void query_failed(void *context, const struct tg_query *query, const struct tg_error *error)
{
    struct tg_engine_entry *entry = context;
    struct tg_engine *engine = entry->engine;
    tg_log_error(TG_LOG_ERROR, "query failed and stopped; others go on", error,
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(query))));
    pthread_mutex_lock(&engine->mutex);
    entry->failed = true;
    if (engine->failures++ == 0)
        engine->first_failure = *error;
    pthread_mutex_unlock(&engine->mutex);
}

/* Queries start one after the other, so each counts as many to come as there are: what ran before keeps what
 * it has. */
static void divide_memory(const struct tg_engine *engine, struct tg_query_settings *settings)
{
    uint32_t queries = (uint32_t)engine->entry_count * 2 + 1;
    struct tg_memory_shares shares;
    tg_memory_divide(engine->process.memory_bytes_max, queries * engine->process.thread_count, &shares);
    settings->uncommitted_bytes = shares.uncommitted;
    settings->consumer_queue_bytes = shares.consumer_queue;
    settings->producer_queue_bytes = shares.producer_queue;
}

static enum tg_code open_query(struct tg_engine *engine, const struct tg_plan *plan,
                               const struct tg_properties *properties, struct tg_query **ret_query,
                               struct tg_error *reterr)
{
    struct tg_query_options options = {
        .plan = plan,
        .prefix = engine->prefix,
        .instance = engine->instance,
        .cluster = engine->options.cluster,
        .state = engine->state,
        .clock = engine->options.clock,
        .registry = engine->registry,
    };
    tg_settings_query(properties, &options.settings);
    divide_memory(engine, &options.settings);
    struct tg_properties *all = tg_properties_new();
    struct tg_properties *consumer = tg_properties_new();
    struct tg_properties *producer = tg_properties_new();
    tg_settings_split_client(properties, all, consumer, producer);
    options.consumer_overrides = consumer;
    options.producer_overrides = producer;
    enum tg_code code = tg_query_open(&options, ret_query, reterr);
    tg_properties_free(all);
    tg_properties_free(consumer);
    tg_properties_free(producer);
    TG_TRY(code);
    code = tg_query_prepare(*ret_query, tg_engine_request_timeout(engine), reterr);
    if (code != TG_OK)
        tg_query_close(*ret_query);
    return code;
}

static void give_to_workers(struct tg_engine_entry *entry)
{
    const struct tg_worker_unit unit = {.query = entry->query, .failed = query_failed, .context = entry};
    entry->state = TG_ENTRY_RUNNING;
    for (uint32_t i = 0; i < entry->engine->process.thread_count; i++)
        tg_worker_add(entry->engine->workers[i], &unit);
}

/* A group of a stream that has no window is kept for ever: state grows with the number of keys. */
static void warn_of_unbounded_state(const struct tg_query *query)
{
    uint32_t count = tg_plan_node_count(query->plan);
    struct tg_plan_node **nodes = tg_alloc_zero(count, sizeof(struct tg_plan_node *));
    tg_plan_list_nodes(query->plan, nodes);
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i]->kind == &tg_plan_aggregate_kind && !nodes[i]->inputs[0]->is_table &&
            ((const struct tg_plan_aggregate *)nodes[i])->window.kind == TG_WINDOW_NONE)
            tg_log_write(
                TG_LOG_WARN, "state grows with the number of groups and nothing of it expires",
                TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(query)), TG_LOG_TEXT("step", nodes[i]->step),
                              TG_LOG_TEXT("help", "a WINDOW bounds it; without one the groups should "
                                                  "be of a limited number")));
    tg_free(nodes);
}

enum tg_code tg_engine_start_query(struct tg_engine *engine, const struct tg_plan *plan,
                                   const struct tg_properties *properties, struct tg_error *reterr)
{
    struct tg_query *query = NULL;
    TG_TRY(open_query(engine, plan, properties, &query, reterr));
    struct tg_engine_entry *entry = tg_alloc_zero(1, sizeof *entry);
    entry->engine = engine;
    entry->query = query;
    tg_grow((void **)&engine->entries, &engine->entry_capacity, engine->entry_count + 1, sizeof entry);
    engine->entries[engine->entry_count++] = entry;
    warn_of_unbounded_state(query);
    give_to_workers(entry);
    return TG_OK;
}

void tg_engine_stop_query(struct tg_engine_entry *entry, enum tg_entry_state state)
{
    for (uint32_t i = 0; i < entry->engine->process.thread_count; i++)
        tg_worker_remove(entry->engine->workers[i], entry->query);
    entry->state = state;
}

enum tg_code tg_engine_resume_query(struct tg_engine_entry *entry, const struct tg_properties *properties,
                                    struct tg_error *reterr)
{
    struct tg_engine *engine = entry->engine;
    struct tg_query *query = NULL;
    if (entry->state == TG_ENTRY_RUNNING)
        return TG_OK;
    TG_TRY(open_query(engine, entry->query->plan, properties, &query, reterr));
    tg_grow((void **)&engine->resumed, &engine->resumed_capacity, engine->resumed_count + 1, sizeof query);
    engine->resumed[engine->resumed_count++] = entry->query;
    entry->query = query;
    give_to_workers(entry);
    return TG_OK;
}

struct tg_engine_entry *tg_engine_find_entry(struct tg_engine *engine, const char *query_id)
{
    for (size_t i = 0; i < engine->entry_count; i++)
        if (engine->entries[i]->state != TG_ENTRY_ENDED &&
            strcmp(tg_query_id(engine->entries[i]->query), query_id) == 0)
            return engine->entries[i];
    return NULL;
}

/* The ends of all partitions that a sub-topology reads: high watermarks, not last stable offsets. The markers
 * of a commit that has succeeded may not be in the partitions yet; its records are. */
static enum tg_code input_ends(struct tg_engine *engine, const struct tg_subtopology *subtopology,
                               struct tg_arena *arena, struct tg_offset **ret_ends, uint32_t *ret_count,
                               struct tg_error *reterr)
{
    uint32_t partitions = (uint32_t)subtopology->partition_count;
    uint32_t count = 0;
    struct tg_offset *ends =
        tg_arena_alloc_zero(arena, subtopology->input_count * partitions + 1, sizeof *ends);
    for (uint32_t input = 0; input < subtopology->input_count; input++)
        for (uint32_t partition = 0; partition < partitions; partition++)
            ends[count++] = (struct tg_offset){.topic = subtopology->inputs[input].topic,
                                               .partition = (int32_t)partition,
                                               .offset = TG_OFFSET_LATEST};
    *ret_ends = ends;
    *ret_count = count;
    return tg_admin_list_offsets(engine->options.cluster, ends, count, TG_READ_UNCOMMITTED,
                                 tg_engine_request_timeout(engine), reterr);
}

/* Has the group committed everything below `ends`? Each partition commits at least where its reading began.
 */
static enum tg_code has_passed(struct tg_engine *engine, const struct tg_query *query,
                               const struct tg_offset *ends, uint32_t count, bool *ret_passed,
                               struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_offset *committed = tg_arena_alloc_zero(arena, count + 1, sizeof *committed);
    for (uint32_t i = 0; i < count; i++)
        committed[i] = (struct tg_offset){.topic = ends[i].topic, .partition = ends[i].partition};
    enum tg_code code = tg_admin_group_offsets(engine->options.cluster, query->application_id, committed,
                                               count, tg_engine_request_timeout(engine), arena, reterr);
    *ret_passed = true;
    for (uint32_t i = 0; i < count && code == TG_OK; i++)
        *ret_passed =
            *ret_passed && committed[i].offset != TG_OFFSET_NONE && committed[i].offset >= ends[i].offset;
    tg_arena_free(arena);
    return code;
}

bool tg_engine_entry_failed(struct tg_engine_entry *entry)
{
    pthread_mutex_lock(&entry->engine->mutex);
    bool failed = entry->failed;
    pthread_mutex_unlock(&entry->engine->mutex);
    return failed;
}

static bool entry_running(const struct tg_engine *engine, const struct tg_engine_entry *entry)
{
    for (uint32_t i = 0; i < engine->process.thread_count; i++)
        if (tg_worker_running(engine->workers[i], entry->query))
            return true;
    return false;
}

static enum tg_code fail_stopped(const struct tg_engine_entry *entry, struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_SHUTDOWN, "asked to stop before query %s had caught up",
                   tg_query_id(entry->query));
}

/* Waits for one sub-topology; a call that may succeed later is made again. */
static enum tg_code catch_up_subtopology(struct tg_engine *engine, struct tg_engine_entry *entry,
                                         const struct tg_subtopology *subtopology, struct tg_arena *arena,
                                         struct tg_error *reterr)
{
    struct tg_offset *ends = NULL;
    uint32_t count = 0;
    bool known = false, passed = false;
    while (!passed && !tg_engine_entry_failed(entry)) {
        if (must_stop(engine))
            return fail_stopped(entry, reterr);
        enum tg_code code = known ? has_passed(engine, entry->query, ends, count, &passed, reterr)
                                  : input_ends(engine, subtopology, arena, &ends, &count, reterr);
        if (code != TG_OK && !reterr->retriable)
            return code;
        known = known || code == TG_OK;
        if (!passed)
            tg_run_loop_wait(engine, CATCH_UP_POLL_MS);
        if (engine->progress != NULL)
            engine->progress(engine->progress_context, engine);
        passed = passed && code == TG_OK;
    }
    return TG_OK;
}

/* Through its repartition topics one after the other: what a sub-topology has committed is in the topic that
 * the next one reads; answers to foreign keys go back. */
static enum tg_code catch_up_query(struct tg_engine *engine, struct tg_engine_entry *entry,
                                   struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    enum tg_code code = TG_OK;
    uint32_t rounds = tg_query_rounds(entry->query);
    for (uint32_t round = 0; round < rounds; round++)
        for (uint32_t i = 0; i < entry->query->subtopology_count && code == TG_OK; i++)
            code = catch_up_subtopology(engine, entry, &entry->query->subtopologies[i], arena, reterr);
    tg_arena_free(arena);
    return code;
}

/* Does a query that still runs write what this one reads? */
static bool awaits_another(const struct tg_engine *engine, const struct tg_engine_entry *entry)
{
    for (size_t i = 0; i < engine->entry_count; i++) {
        const struct tg_engine_entry *other = engine->entries[i];
        if (other == entry || other->state != TG_ENTRY_RUNNING)
            continue;
        const char *topic = ((const struct tg_plan_sink *)other->query->plan->root)->topic.name;
        if (tg_query_reader_of(entry->query, topic, NULL) != NULL)
            return true;
    }
    return false;
}

/* The next query in the order of the graph: one that reads nothing that may still grow; of a circle the one
 * that was started first. NULL: all have ended. */
static struct tg_engine_entry *next_to_end(const struct tg_engine *engine)
{
    struct tg_engine_entry *first = NULL;
    for (size_t i = 0; i < engine->entry_count; i++) {
        struct tg_engine_entry *entry = engine->entries[i];
        if (entry->state != TG_ENTRY_RUNNING)
            continue;
        if (!awaits_another(engine, entry))
            return entry;
        if (first == NULL)
            first = entry;
    }
    return first;
}

enum tg_code tg_engine_catch_up(struct tg_engine *engine, struct tg_error *reterr)
{
    struct tg_engine_entry *entry = NULL;
    while ((entry = next_to_end(engine)) != NULL) {
        TG_TRY(catch_up_query(engine, entry, reterr));
        tg_engine_stop_query(entry, TG_ENTRY_ENDED);
    }
    return TG_OK;
}

uint32_t tg_engine_query_count(const struct tg_engine *engine)
{
    return (uint32_t)engine->entry_count;
}

const char *tg_engine_query_id(const struct tg_engine *engine, uint32_t index)
{
    return tg_query_id(engine->entries[index]->query);
}

void tg_engine_counters(struct tg_engine *engine, uint32_t index, struct tg_counters *ret_counters)
{
    *ret_counters = (struct tg_counters){0};
    for (uint32_t i = 0; i < engine->process.thread_count; i++)
        tg_worker_counters(engine->workers[i], engine->entries[index]->query, ret_counters);
}

bool tg_engine_all_running(struct tg_engine *engine)
{
    bool all = true;
    for (size_t i = 0; i < engine->entry_count; i++)
        all = all &&
              (engine->entries[i]->state != TG_ENTRY_RUNNING || entry_running(engine, engine->entries[i]));
    return all;
}

uint32_t tg_engine_failures(struct tg_engine *engine, struct tg_error *ret_error)
{
    pthread_mutex_lock(&engine->mutex);
    uint32_t failures = engine->failures;
    if (failures > 0 && ret_error != NULL)
        *ret_error = engine->first_failure;
    pthread_mutex_unlock(&engine->mutex);
    return failures;
}

void tg_engine_log_tasks(struct tg_engine *engine)
{
    for (uint32_t i = 0; i < engine->process.thread_count; i++)
        tg_worker_log_tasks(engine->workers[i]);
}

void tg_engine_on_report(struct tg_engine *engine, tg_engine_report *report, void *context)
{
    engine->report = report;
    engine->report_context = context;
}

void tg_engine_on_progress(struct tg_engine *engine, tg_engine_progress *progress, void *context)
{
    engine->progress = progress;
    engine->progress_context = context;
}

void tg_engine_show(struct tg_engine *engine, const struct tg_report *report)
{
    if (engine->report != NULL)
        engine->report(engine->report_context, report);
}
