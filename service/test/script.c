#include "service/test/script.h"

#include "base/memory.h"
#include "base/text.h"
#include "plan/nodes/source.h"
#include "service/assert_schema.h"
#include "service/assert_topic.h"
#include "service/insert.h"
#include "service/schemas.h"
#include "service/settings.h"
#include "service/test/assert.h"
#include "sql/diagnostics.h"
#include "sql/session.h"
#include "topology/driver.h"

#include <string.h>
#include <strings.h>

enum { TIMEOUT_MS = 3000, ASSERT_MS = 1000, SCRIPT_BYTES_MAX = 16 << 20, SCRIPT_DEPTH_MAX = 8 };

/* A test while it runs. */
struct script {
    const struct tg_test_case *test;
    const struct tg_test_script_options *options;
    struct tg_arena *arena;
    struct tg_clock *clock;
    struct tg_driver *driver;
    struct tg_session *session;
    struct tg_inserts *inserts;   /* opened when first needed */
    struct tg_test_topics topics; /* what was read of the topics that are asserted */
    struct tg_test_cursors cursors;
    uint32_t depth; /* of RUN SCRIPT */
};

static enum tg_code run_text(struct script *script, struct tg_slice text, struct tg_error *reterr);

/* ---- topics and queries ---- */

static enum tg_code ensure_topic(struct script *script, const char *topic, int32_t partitions,
                                 struct tg_error *reterr)
{
    enum tg_code code =
        tg_driver_create_topic(script->driver, topic, partitions > 0 ? partitions : 1, reterr);
    return code == TG_CODE_DUPLICATE_NAME ? TG_OK : code;
}

static enum tg_code add_query(struct script *script, const struct tg_plan *plan,
                              const struct tg_properties *properties, struct tg_error *reterr)
{
    struct tg_query_settings settings;
    tg_settings_query(properties, &settings);
    settings.emit_per_record = true;
    settings.future_ms_max = -1;
    TG_TRY(tg_driver_add(script->driver, plan, &settings, reterr));
    return tg_driver_settle(script->driver, reterr);
}

static enum tg_code start_query(struct script *script, const struct tg_action *action,
                                struct tg_error *reterr)
{
    TG_TRY(tg_driver_remove(script->driver, action->plan->query_id, reterr)); /* the one that it replaces */
    return add_query(script, action->plan, action->properties, reterr);
}

static enum tg_code end_queries(struct script *script, const struct tg_action *action,
                                struct tg_error *reterr)
{
    for (uint32_t i = 0; i < action->query_count; i++)
        TG_TRY(tg_driver_remove(script->driver, action->queries[i].plan->query_id, reterr));
    return TG_OK;
}

/* They go on from what they had committed. */
static enum tg_code resume_queries(struct script *script, const struct tg_action *action,
                                   struct tg_error *reterr)
{
    for (uint32_t i = 0; i < action->query_count; i++) {
        TG_TRY(tg_driver_remove(script->driver, action->queries[i].plan->query_id, reterr));
        TG_TRY(add_query(script, action->queries[i].plan, action->queries[i].properties, reterr));
    }
    return TG_OK;
}

/* ---- records ---- */

static enum tg_code insert_values(struct script *script, const struct tg_action *action,
                                  struct tg_error *reterr)
{
    const struct tg_inserts_options options = {
        .cluster = tg_driver_cluster(script->driver),
        .clock = script->clock,
        .registry = script->topics.registry,
        .prefix = script->options->prefix,
        .instance = "test",
        .timeout_ms = TIMEOUT_MS,
        .transaction_timeout_ms = TIMEOUT_MS,
    };
    if (script->inserts == NULL)
        TG_TRY(tg_inserts_open(&options, &script->inserts, reterr));
    TG_TRY(tg_inserts_execute(script->inserts, action, reterr));
    return tg_driver_settle(script->driver, reterr);
}

static enum tg_code assert_record(struct script *script, const struct tg_action *action,
                                  struct tg_error *reterr)
{
    const char *topic = action->insert->target->topic;
    TG_TRY(tg_driver_read(script->driver, topic, tg_test_topics_add, &script->topics, reterr));
    return tg_test_assert_next(script->arena, action->insert, tg_test_topics_get(&script->topics, topic),
                               tg_test_cursor_of(&script->cursors, topic), script->options->detail, reterr);
}

/* A file beside the test file. */
static enum tg_code run_script(struct script *script, const char *path, struct tg_error *reterr)
{
    const char *slash = strrchr(script->test->path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - script->test->path) + 1;
    while (*path == '/')
        path++;
    const char *file = tg_arena_printf(script->arena, "%.*s%s", (int)folder, script->test->path, path);
    struct tg_buffer buffer = {0};
    if (script->depth == SCRIPT_DEPTH_MAX)
        return tg_fail(reterr, TG_CODE_LIMIT, "scripts that run scripts go %d deep at most",
                       SCRIPT_DEPTH_MAX);
    TG_TRY(tg_read_file(file, SCRIPT_BYTES_MAX, &buffer, reterr));
    struct tg_slice text = tg_arena_copy(script->arena, tg_buffer_slice(&buffer));
    tg_buffer_done(&buffer);
    script->depth++;
    enum tg_code code = run_text(script, text, reterr);
    script->depth--;
    if (code == TG_OK)
        return TG_OK;
    tg_error_locate(reterr, text);
    (void)tg_fail_context(reterr, "%s, line %u", file, reterr->place.line);
    reterr->place = (struct tg_place){0}; /* the caller's is that of RUN SCRIPT */
    return code;
}

static enum tg_code execute(struct script *script, const struct tg_action *action, struct tg_error *reterr)
{
    switch (action->kind) {
    case TG_ACTION_DECLARE:
        return ensure_topic(script, action->definition->topic, action->definition->topic_spec.partition_count,
                            reterr);
    case TG_ACTION_QUERY:
        return start_query(script, action, reterr);
    case TG_ACTION_INSERT_VALUES:
        return insert_values(script, action, reterr);
    case TG_ACTION_DROP:
    case TG_ACTION_TERMINATE:
    case TG_ACTION_PAUSE:
        return end_queries(script, action, reterr);
    case TG_ACTION_RESUME:
        return resume_queries(script, action, reterr);
    case TG_ACTION_ASSERT_RECORD:
        return assert_record(script, action, reterr);
    case TG_ACTION_ASSERT_TOPIC:
        return tg_assert_topic(tg_driver_cluster(script->driver), action->assert_topic, ASSERT_MS, reterr);
    case TG_ACTION_ASSERT_SCHEMA:
        return tg_assert_schema(script->topics.registry, action->assert_schema, reterr);
    case TG_ACTION_RUN_SCRIPT:
        return run_script(script, action->path, reterr);
    case TG_ACTION_NOTHING:
    case TG_ACTION_REPORT: /* what is shown to people checks nothing */
    case TG_ACTION_SHOW_TOPICS:
    case TG_ACTION_SHOW_QUERIES:
    case TG_ACTION_SHOW_PROPERTIES:
    case TG_ACTION_PRINT:
        return TG_OK;
    }
    return TG_OK;
}

/* ---- directives ---- */

static enum tg_code advance(struct script *script, const char *value, struct tg_error *reterr)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {
        {"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60000}, {"HOUR", 3600000}, {"DAY", 86400000}};
    const char *space = strchr(value, ' ');
    int64_t number = 0;
    if (space != NULL && tg_parse_int64(tg_slice_of(value, (size_t)(space - value)), 0, INT32_MAX, &number))
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (strncasecmp(space + 1, units[i].unit, strlen(units[i].unit)) == 0) {
                tg_clock_virtual_advance(script->clock, number * units[i].ms);
                return tg_driver_settle(script->driver, reterr);
            }
    return tg_fail(reterr, TG_CODE_SYNTAX, "--@advance: needs a time as '90 SECONDS', not '%s'", value);
}

static enum tg_code check_end(struct script *script, const char *value, struct tg_error *reterr)
{
    const struct tg_source_definition *source = tg_session_source(script->session, tg_slice_text(value));
    if (source == NULL)
        return tg_fail(reterr, TG_CODE_UNKNOWN_NAME, "--@end: there is no stream or table named %s", value);
    TG_TRY(tg_driver_read(script->driver, source->topic, tg_test_topics_add, &script->topics, reterr));
    return tg_test_assert_end(script->arena, source, tg_test_topics_get(&script->topics, source->topic),
                              tg_test_cursor_of(&script->cursors, source->topic), reterr);
}

static enum tg_code obey(struct script *script, const struct tg_directive *directive, struct tg_error *reterr)
{
    if (strcmp(directive->name, "advance") == 0)
        return advance(script, directive->value, reterr);
    if (strcmp(directive->name, "end") == 0)
        return check_end(script, directive->value, reterr);
    if (strcmp(directive->name, "test") == 0 || strncmp(directive->name, "expected.", 9) == 0)
        return TG_OK;
    (void)tg_fail(reterr, TG_CODE_SYNTAX, "--@%s: is no line that a test may have", directive->name);
    return tg_fail_hint(reterr, "a test has test, expected.error, expected.message, advance and end");
}

/* ---- the text ---- */

/* The directives before a place in the text, from *next on. */
static enum tg_code obey_until(struct script *script, const struct tg_script *parsed, uint32_t *next,
                               uint32_t offset, struct tg_error *reterr)
{
    for (; *next < parsed->directive_count && parsed->directives[*next].place.offset < offset; (*next)++)
        TG_TRY(obey(script, &parsed->directives[*next], reterr));
    return TG_OK;
}

static enum tg_code run_statement(struct script *script, const struct tg_statement *statement,
                                  struct tg_error *reterr)
{
    const struct tg_action *action = NULL;
    TG_TRY(tg_session_compile(script->session, statement, &action, reterr));
    return execute(script, action, reterr);
}

/* Behind the statement and its semicolon. */
static size_t statement_end(struct tg_slice text, struct tg_place place)
{
    size_t end = (size_t)place.offset + place.length;
    while (end < text.length && text.data[end] <= ' ')
        end++;
    return end < text.length && text.data[end] == ';' ? end + 1 : end;
}

/* Runs the text's statements from *offset on, up to one that runs a script: that ends the life of what was
 * parsed. *offset moves behind what was run. */
static enum tg_code run_part(struct script *script, struct tg_slice text, size_t *offset,
                             struct tg_error *reterr)
{
    struct tg_slice part = tg_slice_of(text.data + *offset, text.length - *offset);
    const struct tg_script *parsed = NULL;
    uint32_t directive = 0;
    size_t start = *offset;
    *offset = text.length;
    TG_TRY(tg_session_parse(script->session, part, &parsed, reterr));
    for (uint32_t i = 0; i < parsed->statement_count; i++) {
        const struct tg_statement *statement = parsed->statements[i];
        const struct tg_place place = statement->place;
        bool is_script = statement->kind == TG_STATEMENT_RUN_SCRIPT;
        TG_TRY(obey_until(script, parsed, &directive, place.offset, reterr));
        if (is_script)
            *offset = start + statement_end(part, place);
        enum tg_code code = run_statement(script, statement, reterr);
        if (code != TG_OK && reterr->place.length == 0)
            reterr->place = place;
        if (code != TG_OK || is_script)
            return code;
    }
    return obey_until(script, parsed, &directive, UINT32_MAX, reterr);
}

/* Each part is parsed whole, so a syntax error anywhere in it is the first error. */
static enum tg_code run_text(struct script *script, struct tg_slice text, struct tg_error *reterr)
{
    enum tg_code code = TG_OK;
    for (size_t offset = 0; offset < text.length && code == TG_OK;) {
        size_t start = offset;
        code = run_part(script, text, &offset, reterr);
        if (code != TG_OK)
            reterr->place.offset += (uint32_t)start;
    }
    return code;
}

enum tg_code tg_test_script_run(const struct tg_test_case *test, const struct tg_test_script_options *options,
                                struct tg_error *reterr)
{
    struct tg_properties *settings = tg_properties_new();
    tg_properties_set(settings, "auto.offset.reset", "earliest", "test");
    struct tg_registry *registry = tg_registry_open_memory();
    struct tg_schemas *schemas = tg_schemas_new(registry, TG_SCHEMAS_AT_ONCE);
    const struct tg_session_options session = {
        .settings = settings, .test_statements = true, .schemas = tg_schemas_hooks(schemas)};
    struct script script = {.test = test,
                            .options = options,
                            .arena = tg_arena_new(0),
                            .clock = tg_clock_virtual_new(0),
                            .session = tg_session_new(&session)};
    script.topics.arena = script.arena;
    script.topics.registry = registry;
    const struct tg_driver_options driver = {
        .clock = script.clock, .state = options->state, .prefix = options->prefix, .registry = registry};
    script.driver = tg_driver_new(&driver);
    enum tg_code code = run_text(&script, test->sql, reterr);
    tg_inserts_close(script.inserts);
    tg_driver_free(script.driver);
    tg_session_free(script.session);
    tg_test_topics_done(&script.topics);
    tg_test_cursors_done(&script.cursors);
    tg_clock_virtual_free(script.clock);
    tg_arena_free(script.arena);
    tg_schemas_free(schemas);
    tg_registry_close(registry);
    tg_properties_free(settings);
    return code;
}
