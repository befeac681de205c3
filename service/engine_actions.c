/* What each kind of action does: one handler per row. */
#include "service/engine_internal.h"
#include "service/schemas.h"

#include <stdio.h>
#include <string.h>

static enum tg_code declare_topic(struct tg_engine *engine, const struct tg_action *action,
                                  struct tg_error *reterr)
{
    const struct tg_source_definition *definition = action->definition;
    int32_t count = 0;
    enum tg_code code = tg_admin_partition_count(engine->options.cluster, definition->topic,
                                                 tg_engine_request_timeout(engine), &count, reterr);
    int32_t wanted = definition->topic_spec.partition_count;
    if (code == TG_CODE_TOPIC_UNKNOWN && wanted > 0) {
        char retention[32];
        snprintf(retention, sizeof retention, "%lld", (long long)definition->topic_spec.retention_ms);
        const struct tg_topic_setting settings[] = {
            {"cleanup.policy", definition->is_table ? "compact" : "delete"}, {"retention.ms", retention}};
        const struct tg_topic_spec spec = {
            .name = definition->topic,
            .partition_count = wanted,
            .replication_factor = definition->topic_spec.replication_factor,
            .settings = settings,
            .setting_count = definition->topic_spec.retention_ms == -2 ? 1 : 2,
        };
        code =
            tg_admin_create_topic(engine->options.cluster, &spec, tg_engine_request_timeout(engine), reterr);
        return code == TG_CODE_DUPLICATE_NAME ? TG_OK : code;
    }
    if (code == TG_CODE_TOPIC_UNKNOWN)
        tg_fail_hint(reterr, "create the topic first, or add PARTITIONS=... to the WITH clause of %s",
                     definition->name);
    TG_TRY(code);
    if (wanted > 0 && wanted != count)
        return tg_fail(reterr, TG_CODE_TOPIC_MISMATCH,
                       "topic %s exists with %d partitions, but the statement says PARTITIONS=%d",
                       definition->topic, count, wanted);
    return TG_OK;
}

/* The topic is there or is made; its subjects too, so that others can read what it holds. */
static enum tg_code declare(struct tg_engine *engine, const struct tg_action *action, struct tg_error *reterr)
{
    TG_TRY(declare_topic(engine, action, reterr));
    return engine->schemas == NULL ? TG_OK : tg_schemas_register(engine->schemas, action->definition, reterr);
}

static enum tg_code insert_values(struct tg_engine *engine, const struct tg_action *action,
                                  struct tg_error *reterr)
{
    struct tg_query_settings settings;
    tg_settings_query(action->properties, &settings);
    const struct tg_inserts_options options = {
        .transaction_timeout_ms = settings.transaction_timeout_ms,
        .cluster = engine->options.cluster,
        .registry = engine->registry,
        .clock = engine->options.clock,
        .prefix = engine->prefix,
        .instance = engine->instance,
        .timeout_ms = tg_engine_request_timeout(engine),
        .stop = engine->options.stop,
    };
    if (engine->inserts == NULL)
        TG_TRY(tg_inserts_open(&options, &engine->inserts, reterr));
    return tg_inserts_execute(engine->inserts, action, reterr);
}

static enum tg_code start_query(struct tg_engine *engine, const struct tg_action *action,
                                struct tg_error *reterr)
{
    struct tg_engine_entry *old = tg_engine_find_entry(engine, action->plan->query_id);
    struct tg_error ignored = {0};
    if (old == NULL)
        return tg_engine_start_query(engine, action->plan, action->properties, reterr);
    tg_engine_stop_query(old, TG_ENTRY_ENDED); /* the new one goes on where it stops, with its state */
    enum tg_code code = tg_engine_start_query(engine, action->plan, action->properties, reterr);
    if (code != TG_OK && tg_engine_resume_query(old, action->properties, &ignored) != TG_OK)
        old->state = TG_ENTRY_ENDED;
    return code;
}

static void end_queries(struct tg_engine *engine, const struct tg_action *action, enum tg_entry_state state)
{
    for (uint32_t i = 0; i < action->query_count; i++) {
        struct tg_engine_entry *entry = tg_engine_find_entry(engine, action->queries[i].plan->query_id);
        if (entry != NULL)
            tg_engine_stop_query(entry, state);
    }
}

static enum tg_code drop(struct tg_engine *engine, const struct tg_action *action, struct tg_error *reterr)
{
    end_queries(engine, action, TG_ENTRY_ENDED);
    if (!action->delete_topic)
        return TG_OK;
    enum tg_code code = tg_admin_delete_topic(engine->options.cluster, action->definition->topic,
                                              tg_engine_request_timeout(engine), reterr);
    return code == TG_CODE_TOPIC_UNKNOWN ? TG_OK : code;
}

static enum tg_code terminate(struct tg_engine *engine, const struct tg_action *action,
                              struct tg_error *reterr)
{
    (void)reterr;
    end_queries(engine, action, TG_ENTRY_ENDED);
    return TG_OK;
}

static enum tg_code pause_queries(struct tg_engine *engine, const struct tg_action *action,
                                  struct tg_error *reterr)
{
    (void)reterr;
    end_queries(engine, action, TG_ENTRY_PAUSED);
    return TG_OK;
}

static enum tg_code resume_queries(struct tg_engine *engine, const struct tg_action *action,
                                   struct tg_error *reterr)
{
    for (uint32_t i = 0; i < action->query_count; i++) {
        const struct tg_query_definition *query = &action->queries[i];
        struct tg_engine_entry *entry = tg_engine_find_entry(engine, query->plan->query_id);
        if (entry != NULL)
            TG_TRY(tg_engine_resume_query(entry, query->properties, reterr));
    }
    return TG_OK;
}

static enum tg_code show_report(struct tg_engine *engine, const struct tg_action *action,
                                struct tg_error *reterr)
{
    (void)reterr;
    tg_engine_show(engine, action->report);
    return TG_OK;
}

static enum tg_code do_nothing(struct tg_engine *engine, const struct tg_action *action,
                               struct tg_error *reterr)
{
    (void)engine;
    (void)action;
    (void)reterr;
    return TG_OK;
}

static const struct action_row {
    enum tg_action_kind kind;
    tg_action_handler *execute;
} action_rows[] = {
    {TG_ACTION_NOTHING, do_nothing},
    {TG_ACTION_DECLARE, declare},
    {TG_ACTION_QUERY, start_query},
    {TG_ACTION_INSERT_VALUES, insert_values},
    {TG_ACTION_DROP, drop},
    {TG_ACTION_TERMINATE, terminate},
    {TG_ACTION_PAUSE, pause_queries},
    {TG_ACTION_RESUME, resume_queries},
    {TG_ACTION_REPORT, show_report},
    {TG_ACTION_SHOW_TOPICS, tg_engine_show_topics},
    {TG_ACTION_SHOW_QUERIES, tg_engine_show_queries},
    {TG_ACTION_SHOW_PROPERTIES, tg_engine_show_properties},
    {TG_ACTION_PRINT, tg_engine_print},
    {TG_ACTION_ASSERT_TOPIC, tg_engine_assert_topic},
    {TG_ACTION_ASSERT_SCHEMA, tg_engine_assert_schema},
};

enum tg_code tg_engine_execute_action(struct tg_engine *engine, const struct tg_action *action,
                                      struct tg_error *reterr)
{
    for (size_t i = 0; i < sizeof action_rows / sizeof *action_rows; i++)
        if (action_rows[i].kind == action->kind)
            return action_rows[i].execute(engine, action, reterr);
    return tg_fail(reterr, TG_CODE_UNSUPPORTED, "this statement makes sense in a test script only");
}

enum tg_code tg_engine_execute(struct tg_engine *engine, const struct tg_job *job, uint32_t *ret_action,
                               struct tg_error *reterr)
{
    for (uint32_t i = 0; i < tg_job_action_count(job); i++) {
        *ret_action = i;
        TG_TRY(tg_engine_execute_action(engine, tg_job_action(job, i), reterr));
    }
    return TG_OK;
}
