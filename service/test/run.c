#include "service/test/run.h"

#include "base/memory.h"
#include "plan/nodes/sink.h"
#include "plan/nodes/source.h"
#include "service/insert.h"
#include "service/schemas.h"
#include "service/settings.h"
#include "service/test/difference.h"
#include "service/test/functions.h"
#include "service/test/schemas.h"
#include "service/test/script.h"
#include "sql/diagnostics.h"
#include "topology/driver.h"

#include <string.h>

enum { TIMEOUT_MS = 3000 };
/* The clock of a case stands here, 2023-11-14: some cases ask whether the present is later than their making.
 */
static const int64_t wall_ms = 1700000000000;

struct tg_test_runner {
    struct tg_state *state; /* of all cases: opened when first needed, because that takes long */
    uint64_t run_count;     /* makes each run's prefix its own in the state */
};

/* One run of one case. */
struct run {
    struct tg_test_runner *runner;
    struct tg_arena *arena;
    const struct tg_test_case *test;
    const struct tg_job *job;
    struct tg_registry *registry;
    struct tg_clock *clock;
    const char *prefix;
    bool all_at_once;
    bool inserted;                /* INSERT VALUES wrote something */
    struct tg_test_topics topics; /* what INSERT VALUES and queries have written */
};

struct tg_test_runner *tg_test_runner_new(void)
{
    tg_test_functions_register();
    return tg_alloc_zero(1, sizeof(struct tg_test_runner));
}

void tg_test_runner_free(struct tg_test_runner *runner)
{
    if (runner == NULL)
        return;
    tg_state_close(runner->state);
    tg_free(runner);
}

static enum tg_code open_state(struct tg_test_runner *runner, struct tg_error *reterr)
{
    const struct tg_state_options options = {.application_id = "test"};
    return runner->state != NULL ? TG_OK : tg_state_open(&options, &runner->state, reterr);
}

/* ---- what the case says of topics ---- */

static int32_t listed_partitions(void *context, const char *topic)
{
    const struct tg_test_case *test = context;
    for (uint32_t i = 0; i < tg_json_tree_count(test->topics); i++) {
        const struct tg_json_tree *entry = test->topics->items[i];
        const char *name = tg_json_tree_text(tg_json_tree_get(entry, "name"));
        if (name != NULL && strcmp(name, topic) == 0)
            return (int32_t)tg_json_tree_int64(tg_json_tree_get(entry, "partitions"), 1);
    }
    return 0;
}

/* Whose columns and formats a topic's records have: the declaration that reads it, else the query that writes
 * it. */
static const struct tg_source_definition *definition_of(const struct tg_job *job, const char *topic)
{
    const struct tg_source_definition *found = NULL;
    for (uint32_t i = 0; i < tg_job_action_count(job); i++) {
        const struct tg_action *action = tg_job_action(job, i);
        if (action->definition == NULL || strcmp(action->definition->topic, topic) != 0)
            continue;
        if (action->kind == TG_ACTION_DECLARE)
            return action->definition;
        found = action->definition;
    }
    return found;
}

static const char *topic_of(const struct tg_json_tree *record)
{
    const char *topic = tg_json_tree_text(tg_json_tree_get(record, "topic"));
    return topic == NULL ? "" : topic;
}

static bool has_input(const struct tg_test_case *test, const char *topic)
{
    for (uint32_t i = 0; i < tg_json_tree_count(test->inputs); i++)
        if (strcmp(topic_of(test->inputs->items[i]), topic) == 0)
            return true;
    return false;
}

/* ---- running a query ---- */

static bool reads(const char *const *topics, uint32_t count, const char *topic)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(topics[i], topic) == 0)
            return true;
    return false;
}

/* The distinct topics that a plan reads. */
static uint32_t list_sources(struct tg_arena *arena, const struct tg_plan *plan, const char ***ret_topics)
{
    uint32_t node_count = tg_plan_node_count(plan);
    uint32_t count = 0;
    struct tg_plan_node **nodes = tg_arena_alloc_zero(arena, node_count, sizeof(struct tg_plan_node *));
    const char **topics = tg_arena_alloc_zero(arena, node_count, sizeof(char *));
    tg_plan_list_nodes(plan, nodes);
    for (uint32_t i = 0; i < node_count; i++) {
        if (nodes[i]->kind != &tg_plan_source_kind)
            continue;
        const char *topic = ((const struct tg_plan_source *)nodes[i])->topic;
        if (!reads(topics, count, topic))
            topics[count++] = topic;
    }
    *ret_topics = topics;
    return count;
}

/* Lets the query do what the last record caused, and keeps what it wrote. */
static enum tg_code settle(struct run *run, struct tg_driver *driver, const char *sink,
                           struct tg_error *reterr)
{
    TG_TRY(tg_driver_settle(driver, reterr));
    return tg_driver_read(driver, sink, tg_test_topics_add, &run->topics, reterr);
}

static enum tg_code pipe_record(struct run *run, struct tg_driver *driver, const char *sink,
                                const struct tg_driver_record *record, struct tg_error *reterr)
{
    TG_TRY(tg_driver_send(driver, record, reterr));
    return run->all_at_once ? TG_OK : settle(run, driver, sink, reterr);
}

/* The records of the file, in its order. */
static enum tg_code pipe_inputs(struct run *run, struct tg_driver *driver, const char *sink,
                                const char *const *sources, uint32_t source_count, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < tg_json_tree_count(run->test->inputs); i++) {
        const struct tg_json_tree *input = run->test->inputs->items[i];
        const char *topic = topic_of(input);
        struct tg_driver_record record;
        if (!reads(sources, source_count, topic))
            continue;
        const struct tg_test_codec codec = {definition_of(run->job, topic), run->registry};
        TG_TRY(tg_test_input(run->arena, &codec, input, &record, reterr));
        TG_TRY(pipe_record(run, driver, sink, &record, reterr));
    }
    return TG_OK;
}

/* What earlier queries and INSERT VALUES wrote to a topic for which the file has no records. */
static enum tg_code pipe_topic(struct run *run, struct tg_driver *driver, const char *sink, const char *name,
                               struct tg_error *reterr)
{
    size_t count = tg_test_topics_get(&run->topics, name)->count;
    for (size_t i = 0; i < count; i++) {
        const struct tg_test_record given = tg_test_topics_get(&run->topics, name)->records[i];
        const struct tg_driver_record record = {.topic = name,
                                                .partition = 0,
                                                .timestamp_ms = given.timestamp_ms,
                                                .key = given.key,
                                                .value = given.value,
                                                .headers = given.headers,
                                                .header_count = given.header_count};
        TG_TRY(pipe_record(run, driver, sink, &record, reterr));
    }
    return TG_OK;
}

static enum tg_code run_on(struct run *run, struct tg_driver *driver, const struct tg_action *action,
                           struct tg_error *reterr)
{
    const char **sources = NULL;
    uint32_t count = list_sources(run->arena, action->plan, &sources);
    const char *sink = ((const struct tg_plan_sink *)action->plan->root)->topic.name;
    struct tg_query_settings settings;
    tg_settings_query(action->properties, &settings);
    settings.offset_reset = TG_RESET_EARLIEST;
    settings.emit_per_record = true;
    settings.future_ms_max = -1;
    for (uint32_t i = 0; i < count; i++)
        TG_TRY(tg_driver_create_topic(driver, sources[i], 1, reterr));
    TG_TRY(tg_driver_add(driver, action->plan, &settings, reterr));
    TG_TRY(settle(run, driver, sink, reterr));
    TG_TRY(pipe_inputs(run, driver, sink, sources, count, reterr));
    for (uint32_t i = 0; i < count; i++)
        if (!has_input(run->test, sources[i]))
            TG_TRY(pipe_topic(run, driver, sink, sources[i], reterr));
    return settle(run, driver, sink, reterr);
}

static enum tg_code run_query(struct run *run, const struct tg_action *action, struct tg_error *reterr)
{
    TG_TRY(open_state(run->runner, reterr));
    const struct tg_driver_options options = {
        .clock = run->clock, .state = run->runner->state, .prefix = run->prefix, .registry = run->registry};
    struct tg_driver *driver = tg_driver_new(&options);
    enum tg_code code = run_on(run, driver, action, reterr);
    tg_driver_free(driver);
    return code;
}

/* ---- INSERT VALUES ---- */

static enum tg_code insert_on(struct run *run, struct tg_driver *driver, const struct tg_action *action,
                              struct tg_error *reterr)
{
    const struct tg_inserts_options options = {
        .cluster = tg_driver_cluster(driver),
        .clock = run->clock,
        .registry = run->registry,
        .prefix = run->prefix,
        .instance = "test",
        .timeout_ms = TIMEOUT_MS,
        .transaction_timeout_ms = TIMEOUT_MS,
    };
    const char *topic = action->insert->target->topic;
    struct tg_inserts *inserts = NULL;
    TG_TRY(tg_driver_create_topic(driver, topic, 1, reterr));
    TG_TRY(tg_inserts_open(&options, &inserts, reterr));
    enum tg_code code = tg_inserts_execute(inserts, action, reterr);
    tg_inserts_close(inserts);
    TG_TRY(code);
    return tg_driver_read(driver, topic, tg_test_topics_add, &run->topics, reterr);
}

static enum tg_code insert_values(struct run *run, const struct tg_action *action, struct tg_error *reterr)
{
    const struct tg_driver_options options = {.clock = run->clock, .prefix = run->prefix};
    struct tg_driver *driver = tg_driver_new(&options);
    enum tg_code code = insert_on(run, driver, action, reterr);
    tg_driver_free(driver);
    run->inserted = true;
    return code;
}

/* INSERT VALUES come first, as they are executed when they are read; then the queries in their order. */
static enum tg_code execute(struct run *run, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < tg_job_action_count(run->job); i++)
        if (tg_job_action(run->job, i)->kind == TG_ACTION_INSERT_VALUES)
            TG_TRY(insert_values(run, tg_job_action(run->job, i), reterr));
    for (uint32_t i = 0; i < tg_job_action_count(run->job); i++)
        if (tg_job_action(run->job, i)->kind == TG_ACTION_QUERY)
            TG_TRY(run_query(run, tg_job_action(run->job, i), reterr));
    return TG_OK;
}

/* ---- comparing ---- */

/* The entry of "outputs" that is the topic's row of that number, or NULL. */
static const struct tg_json_tree *expected_row(const struct run *run, const char *name, size_t number)
{
    const struct tg_json_tree *outputs = run->test->outputs;
    for (uint32_t i = 0; i < tg_json_tree_count(outputs); i++)
        if (strcmp(topic_of(outputs->items[i]), name) == 0 && number-- == 0)
            return outputs->items[i];
    return NULL;
}

/* The row that differs field by field, with one row before and one behind it. */
static const char *show_rows(struct run *run, const char *name, const struct tg_source_definition *source,
                             const struct tg_test_compare_options *options, size_t marked)
{
    const struct tg_test_codec codec = {source, run->registry};
    struct tg_buffer out = {0};
    const struct tg_test_topic *topic = tg_test_topics_get(&run->topics, name);
    for (size_t row = marked == 0 ? 0 : marked - 1; row <= marked + 1; row++) {
        const struct tg_json_tree *expected = expected_row(run, name, row);
        struct tg_test_row actual;
        bool has_actual = row < topic->count;
        if (has_actual)
            tg_test_row_of(run->arena, &codec, &topic->records[row], &actual);
        if (expected == NULL && !has_actual)
            break;
        tg_buffer_printf(&out, "  row %zu%s\n", row, row < marked ? ", as expected" : "");
        tg_test_write_difference(run->arena, expected, has_actual ? &actual : NULL, options, &out);
    }
    const char *text = tg_arena_text(run->arena, tg_buffer_slice(&out));
    tg_buffer_done(&out);
    return text;
}

/* Numbers of formats with schemas are compared by value, as ksqlDB's runner does. */
static struct tg_test_compare_options options_of(const struct tg_test_codec *codec,
                                                 const struct tg_test_compare_options *options)
{
    struct tg_test_compare_options result = *options;
    if (codec->source != NULL && tg_test_has_schemas(&codec->source->value_format))
        result.loose_numbers = true;
    return result;
}

/* Compares one topic with what "outputs" has for it. */
static bool compare_topic(struct run *run, const char *name, const struct tg_test_compare_options *options,
                          struct tg_test_result *result)
{
    const struct tg_source_definition *source = definition_of(run->job, name);
    const struct tg_test_codec codec = {source, run->registry};
    const struct tg_test_compare_options fitted = options_of(&codec, options);
    const struct tg_test_topic *topic = tg_test_topics_get(&run->topics, name);
    size_t row = 0;
    if (source == NULL) {
        result->cause = tg_arena_printf(run->arena, "no statement writes topic %s", name);
        return false;
    }
    for (uint32_t i = 0; i < tg_json_tree_count(run->test->outputs); i++) {
        const struct tg_json_tree *expected = run->test->outputs->items[i];
        const char *where = NULL;
        struct tg_test_row actual;
        if (strcmp(topic_of(expected), name) != 0)
            continue;
        if (row < topic->count) {
            tg_test_row_of(run->arena, &codec, &topic->records[row], &actual);
            if (tg_test_row_fits(run->arena, expected, &actual, &fitted, &where)) {
                row++;
                continue;
            }
        }
        result->cause = where == NULL
                            ? tg_arena_printf(run->arena, "%s has only %zu rows", name, topic->count)
                            : tg_arena_printf(run->arena, "row %zu of %s differs at %s", row, name, where);
        result->detail = show_rows(run, name, source, options, row);
        return false;
    }
    if (row == topic->count)
        return true;
    result->cause = tg_arena_printf(run->arena, "%s has %zu rows instead of %zu", name, topic->count, row);
    result->detail = show_rows(run, name, source, options, row);
    return false;
}

/* Are all expected rows there, in their order? */
static bool has_expected(struct run *run, const struct tg_test_compare_options *options)
{
    const struct tg_json_tree *outputs = run->test->outputs;
    for (uint32_t i = 0; i < tg_json_tree_count(outputs); i++) {
        const char *name = topic_of(outputs->items[i]);
        const struct tg_source_definition *source = definition_of(run->job, name);
        const struct tg_test_codec codec = {source, run->registry};
        const struct tg_test_compare_options fitted = options_of(&codec, options);
        struct tg_test_topic *topic = tg_test_topics_get(&run->topics, name);
        bool found = false;
        while (source != NULL && !found && topic->checked < topic->count) {
            const char *where = NULL;
            struct tg_test_row actual;
            tg_test_row_of(run->arena, &codec, &topic->records[topic->checked++], &actual);
            found = tg_test_row_fits(run->arena, outputs->items[i], &actual, &fitted, &where);
        }
        if (!found)
            return false;
    }
    return true;
}

static bool compare_outputs(struct run *run, struct tg_test_result *result)
{
    const char *exact = tg_properties_get(run->test->properties, "use.exact.numeric.comparison");
    const struct tg_test_compare_options options = {
        .loose_numbers = exact != NULL && strcmp(exact, "false") == 0, .any_zero_time = run->inserted};
    const struct tg_json_tree *outputs = run->test->outputs;
    for (uint32_t i = 0; i < tg_json_tree_count(outputs); i++) {
        bool seen = false;
        for (uint32_t before = 0; before < i; before++)
            seen = seen || strcmp(topic_of(outputs->items[before]), topic_of(outputs->items[i])) == 0;
        if (!seen && !compare_topic(run, topic_of(outputs->items[i]), &options, result)) {
            result->only_more = has_expected(run, &options);
            return false;
        }
    }
    return true;
}

/* ---- cases ---- */

static void judge_refusal(struct tg_arena *arena, const struct tg_test_case *test,
                          const struct tg_error *error, bool at_run_time, struct tg_test_result *result)
{
    const char *where = at_run_time ? "at run time" : "statement";
    const char *expected = tg_json_tree_text(tg_json_tree_get(test->exception, "message"));
    const char *type = tg_json_tree_text(tg_json_tree_get(test->exception, "type"));
    bool expects_run_time = type != NULL && strstr(type, "StreamsException") != NULL;
    const char *missing = NULL;
    result->code = error->code;
    result->outcome = TG_TEST_FAILED;
    if (test->exception == NULL || error->code == TG_CODE_UNSUPPORTED) {
        result->cause = tg_arena_printf(arena, "refused (%s): %s", where, error->message);
        return;
    }
    result->detail = tg_arena_printf(arena, "    expected %s\n    actual   %s %s\n",
                                     expected == NULL ? "" : expected, error->message, error->hint);
    if (expects_run_time != at_run_time) {
        result->cause = tg_arena_printf(arena, "refused, but %s: %s", where, error->message);
        return;
    }
    if (expected != NULL && !tg_test_refusal_fits(arena, expected, error, &missing)) {
        result->cause = tg_arena_printf(arena, "the refusal does not name %s: %s", missing, error->message);
        return;
    }
    result->outcome = TG_TEST_PASSED;
}

/* Runs the queries once and judges what came out. */
static void run_once(struct run *run, struct tg_test_result *result)
{
    struct tg_error error = {0};
    run->clock = tg_clock_virtual_new(wall_ms);
    run->prefix = tg_arena_printf(run->arena, "test-%llu-", (unsigned long long)run->runner->run_count++);
    run->topics = (struct tg_test_topics){.arena = run->arena, .registry = run->registry};
    result->outcome = TG_TEST_FAILED;
    if (execute(run, &error) != TG_OK) {
        judge_refusal(run->arena, run->test, &error, true, result);
    } else if (run->test->exception != NULL) {
        result->cause = "it must be refused, but is not";
        result->detail =
            tg_arena_printf(run->arena, "    expected %.*s\n", TG_SLICE_FORMAT(run->test->exception->raw));
    } else if (compare_outputs(run, result)) {
        result->cause = tg_test_check_post(run->arena, run->test->post, run->job);
        result->outcome = result->cause == NULL ? TG_TEST_PASSED : TG_TEST_FAILED;
    }
    tg_test_topics_done(&run->topics);
    tg_clock_virtual_free(run->clock);
}

/* May all records be given at once? Not if a query reads several topics: their order decides. */
static bool may_batch(struct tg_arena *arena, const struct tg_job *job)
{
    for (uint32_t i = 0; i < tg_job_action_count(job); i++) {
        const char **topics = NULL;
        const struct tg_action *action = tg_job_action(job, i);
        if (action->kind == TG_ACTION_QUERY && list_sources(arena, action->plan, &topics) > 1)
            return false;
    }
    return true;
}

static void run_job(struct run *run, struct tg_test_result *result)
{
    run_once(run, result);
    if (result->outcome != TG_TEST_PASSED || run->test->exception != NULL || !may_batch(run->arena, run->job))
        return;
    run->all_at_once = true;
    run_once(run, result);
    if (result->outcome == TG_TEST_FAILED)
        result->cause = tg_arena_printf(run->arena, "%s (all records at once)", result->cause);
}

static void run_case(struct tg_test_runner *runner, struct tg_arena *arena, const struct tg_test_case *test,
                     struct tg_test_result *result)
{
    struct run run = {.runner = runner, .arena = arena, .test = test, .registry = tg_registry_open_memory()};
    struct tg_schemas *schemas = tg_schemas_new(run.registry, TG_SCHEMAS_AT_ONCE);
    struct tg_test_schemas listed = {
        .registry = run.registry, .arena = arena, .test = test, .inner = tg_schemas_hooks(schemas)};
    const struct tg_job_options options = {.name = test->name,
                                           .settings = test->properties,
                                           .partition_count = listed_partitions,
                                           .context = (void *)(uintptr_t)test,
                                           .schemas = tg_test_schemas_hooks(&listed)};
    struct tg_job *job = NULL;
    struct tg_error error = {0};
    enum tg_code code = tg_job_compile(test->sql, &options, &job, &error);
    if (code == TG_OK)
        code = tg_test_schemas_register(&listed, &error);
    run.job = job;
    if (code == TG_OK)
        run_job(&run, result);
    else
        judge_refusal(arena, test, &error, false, result);
    tg_job_free(job);
    tg_schemas_free(schemas);
    tg_registry_close(run.registry);
}

static void run_script(struct tg_test_runner *runner, struct tg_arena *arena, const struct tg_test_case *test,
                       struct tg_test_result *result)
{
    struct tg_error error = {0};
    const char *missing = NULL;
    struct tg_buffer detail = {0};
    enum tg_code code = open_state(runner, &error);
    const struct tg_test_script_options options = {
        .state = runner->state,
        .detail = &detail,
        .prefix = tg_arena_printf(arena, "test-%llu-", (unsigned long long)runner->run_count++)};
    if (code == TG_OK)
        code = tg_test_script_run(test, &options, &error);
    result->detail = tg_arena_text(arena, tg_buffer_slice(&detail));
    tg_buffer_done(&detail);
    result->code = code;
    result->outcome = (code != TG_OK) == test->expects_error ? TG_TEST_PASSED : TG_TEST_FAILED;
    if (code == TG_OK) {
        result->cause = test->expects_error ? "it must fail, but does not" : NULL;
        return;
    }
    tg_error_locate(&error, test->sql);
    uint32_t line = error.place.line;
    if (line > test->preamble_lines)
        line += test->first_line - test->preamble_lines - 1;
    result->cause = tg_arena_printf(arena, "line %u: %s", line, error.message);
    if (!test->expects_error)
        return;
    if (code == TG_CODE_UNSUPPORTED ||
        (test->expected_message != NULL &&
         !tg_test_refusal_fits(arena, test->expected_message, &error, &missing))) {
        result->outcome = TG_TEST_FAILED;
        result->detail = tg_arena_printf(arena, "    expected %s\n", test->expected_message);
    }
}

void tg_test_run(struct tg_test_runner *runner, struct tg_arena *arena, const struct tg_test_case *test,
                 struct tg_test_result *ret_result)
{
    *ret_result = (struct tg_test_result){.outcome = TG_TEST_SKIPPED, .cause = test->skip, .detail = ""};
    if (test->skip != NULL)
        return;
    if (test->is_script) {
        run_script(runner, arena, test, ret_result);
        return;
    }
    run_case(runner, arena, test, ret_result);
}
