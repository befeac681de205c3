/* A text of statements becomes a list of checked actions. A bad statement does not end the work: the next
 * ones are checked too, and what only follows from an earlier error is not reported. */
#include "sql/job.h"

#include "base/memory.h"
#include "sql/analyzer.h"
#include "sql/diagnostics.h"
#include "sql/parser.h"
#include "sql/planner.h"

enum { ERRORS_MAX = 100 };

struct tg_job {
    struct tg_arena *arena;
    struct tg_slice text;
    const char *name;
    struct tg_job_options options;
    struct tg_catalog *catalog;
    struct tg_variables *variables;
    struct tg_properties **settings; /* one per SET or UNSET; the last one is in force */
    size_t settings_count;
    size_t settings_capacity;
    struct tg_action *actions;
    size_t action_count;
    size_t action_capacity;
    struct tg_error *errors;
    size_t error_count;
    size_t error_capacity;
};

/* A statement while it is compiled. */
struct compilation {
    struct tg_job *job;
    const struct tg_statement *statement;
    struct tg_analyzer analyzer;
};
typedef enum tg_code statement_handler(struct compilation *compilation, struct tg_error *reterr);

static struct tg_properties *settings_in_force(const struct tg_job *job)
{
    return job->settings[job->settings_count - 1];
}

static void push_settings(struct tg_job *job, struct tg_properties *settings)
{
    tg_grow((void **)&job->settings, &job->settings_capacity, job->settings_count + 1, sizeof *job->settings);
    job->settings[job->settings_count++] = settings;
}

static void add_action(struct compilation *compilation, const struct tg_action *action)
{
    struct tg_job *job = compilation->job;
    tg_grow((void **)&job->actions, &job->action_capacity, job->action_count + 1, sizeof *job->actions);
    struct tg_action *slot = &job->actions[job->action_count++];
    *slot = *action;
    slot->place = compilation->statement->place;
    slot->statement = tg_arena_text(job->arena, compilation->statement->text);
    slot->properties = settings_in_force(job);
}

static void add_error(struct tg_job *job, const struct tg_error *error)
{
    if (job->error_count == ERRORS_MAX)
        return;
    tg_grow((void **)&job->errors, &job->error_capacity, job->error_count + 1, sizeof *job->errors);
    job->errors[job->error_count] = *error;
    tg_error_locate(&job->errors[job->error_count++], job->text);
}

/* ---- statements ---- */

TG_MUST_CHECK static enum tg_code compile_create_source(struct compilation *compilation,
                                                        struct tg_error *reterr)
{
    const struct tg_ast_create_source *create = &compilation->statement->create_source;
    const struct tg_source_definition *definition = NULL;
    enum tg_code code = tg_analyze_create_source(&compilation->analyzer, create, &definition, reterr);
    if (code != TG_OK)
        tg_catalog_put_broken(compilation->job->catalog, tg_slice_text(create->name.text));
    TG_TRY(code);
    if (definition == NULL)
        return TG_OK;
    tg_catalog_put(compilation->job->catalog, definition, create->read_only);
    add_action(compilation, &(struct tg_action){.kind = TG_ACTION_DECLARE, .definition = definition});
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_query_id(const struct compilation *compilation, const char *query_id,
                                                 struct tg_error *reterr)
{
    const struct tg_job *job = compilation->job;
    for (size_t i = 0; i < job->action_count; i++) {
        if (job->actions[i].plan != NULL && strcmp(job->actions[i].plan->query_id, query_id) == 0)
            return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, compilation->statement->create_as.name.place,
                              "another query has the id %s", query_id);
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code plan_create_as(struct compilation *compilation, struct tg_action *action,
                                                 struct tg_error *reterr)
{
    struct tg_analyzer *analyzer = &compilation->analyzer;
    const struct tg_ast_create_as *create = &compilation->statement->create_as;
    const struct tg_query_target target = {.sink = &create->name,
                                           .is_table = create->source_kind == TG_AST_SOURCE_TABLE};
    struct tg_plan_request request = {.statement =
                                          tg_arena_text(analyzer->arena, compilation->statement->text)};
    const struct tg_query_analysis *analysis = NULL;
    TG_TRY(tg_analyze_query(analyzer, create->query, &target, &analysis, reterr));
    TG_TRY(tg_analyze_sink(analyzer, create, analysis, &action->definition, reterr));
    TG_TRY(tg_analyze_query_id(analyzer, create, &request.query_id, reterr));
    TG_TRY(check_query_id(compilation, request.query_id, reterr));
    request.analysis = analysis;
    request.sink = action->definition;
    return tg_plan_query(analyzer, &request, &action->plan, reterr);
}

TG_MUST_CHECK static enum tg_code compile_create_as(struct compilation *compilation, struct tg_error *reterr)
{
    const struct tg_ast_create_as *create = &compilation->statement->create_as;
    const struct tg_new_name new_name = {.name = &create->name,
                                         .is_table = create->source_kind == TG_AST_SOURCE_TABLE,
                                         .or_replace = create->or_replace,
                                         .if_not_exists = create->if_not_exists};
    struct tg_action action = {.kind = TG_ACTION_QUERY};
    bool exists = false;
    enum tg_code code = tg_analyze_new_name(&compilation->analyzer, &new_name, &exists, reterr);
    if (code == TG_OK && !exists)
        code = plan_create_as(compilation, &action, reterr);
    if (code != TG_OK)
        tg_catalog_put_broken(compilation->job->catalog, tg_slice_text(create->name.text));
    TG_TRY(code);
    if (exists)
        return TG_OK;
    tg_catalog_put(compilation->job->catalog, action.definition, false);
    add_action(compilation, &action);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code compile_insert_values(struct compilation *compilation,
                                                        struct tg_error *reterr)
{
    struct tg_action action = {.kind = TG_ACTION_INSERT_VALUES};
    TG_TRY(tg_analyze_insert_values(&compilation->analyzer, &compilation->statement->insert_values,
                                    &action.insert, reterr));
    add_action(compilation, &action);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code compile_create_type(struct compilation *compilation,
                                                      struct tg_error *reterr)
{
    const struct tg_ast_create_type *create = &compilation->statement->create_type;
    struct tg_map *types = tg_catalog_types(compilation->job->catalog);
    const struct tg_type *type = NULL;
    if (tg_map_get(types, tg_slice_text(create->name.text)) != NULL) {
        if (create->if_not_exists)
            return TG_OK;
        return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, create->name.place,
                          "there is a type named %s already", create->name.text);
    }
    TG_TRY(tg_ast_type_resolve(compilation->job->arena, create->type, types, &type, reterr));
    tg_map_put(types, tg_slice_text(create->name.text), (void *)(uintptr_t)type);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code compile_set(struct compilation *compilation, struct tg_error *reterr)
{
    struct tg_job *job = compilation->job;
    const struct tg_ast_setting *setting = &compilation->statement->setting;
    const char *value = tg_arena_text(job->arena, setting->value);
    if (job->options.check_setting != NULL) {
        enum tg_code code = job->options.check_setting(setting->name.text, value, reterr);
        if (code != TG_OK)
            reterr->place = setting->name.place;
        TG_TRY(code);
    }
    struct tg_properties *settings = tg_properties_copy(settings_in_force(job));
    tg_properties_set(settings, setting->name.text, value, "SET");
    push_settings(job, settings);
    return TG_OK;
}

/* UNSET goes back to what was given to the job. */
TG_MUST_CHECK static enum tg_code compile_unset(struct compilation *compilation, struct tg_error *reterr)
{
    struct tg_job *job = compilation->job;
    const char *name = compilation->statement->setting.name.text;
    struct tg_properties *settings = tg_properties_copy(settings_in_force(job));
    const char *given = tg_properties_get(job->settings[0], name);
    (void)reterr;
    if (given == NULL)
        tg_properties_remove(settings, name);
    else
        tg_properties_set(settings, name, given, "UNSET");
    push_settings(job, settings);
    return TG_OK;
}

/* DEFINE and UNDEFINE: the parser has done what is to be done. */
TG_MUST_CHECK static enum tg_code compile_nothing(struct compilation *compilation, struct tg_error *reterr)
{
    (void)compilation;
    (void)reterr;
    return TG_OK;
}

static const struct statement_row {
    enum tg_statement_kind kind;
    statement_handler *compile;
} statement_rows[] = {
    {TG_STATEMENT_CREATE_SOURCE, compile_create_source},
    {TG_STATEMENT_CREATE_AS, compile_create_as},
    {TG_STATEMENT_INSERT_VALUES, compile_insert_values},
    {TG_STATEMENT_CREATE_TYPE, compile_create_type},
    {TG_STATEMENT_SET, compile_set},
    {TG_STATEMENT_UNSET, compile_unset},
    {TG_STATEMENT_DEFINE, compile_nothing},
    {TG_STATEMENT_UNDEFINE, compile_nothing},
};

/* Statements of the language that a job does not execute, and what to do instead. */
static const struct refusal {
    enum tg_statement_kind kind;
    const char *hint;
} refusals[] = {
    {TG_STATEMENT_QUERY, "give the result a name: CREATE STREAM name AS SELECT ..."},
    {TG_STATEMENT_EXPLAIN, "turgo explain shows the plans of a job file"},
    {TG_STATEMENT_INSERT_SELECT, "make a stream of its own: CREATE STREAM name AS SELECT ..."},
    {TG_STATEMENT_CREATE_CONNECTOR, "connectors run in Kafka Connect: create it there"},
    {TG_STATEMENT_DROP, "take the statement that makes it out of the job"},
    {TG_STATEMENT_ALTER_SOURCE, "change the CREATE statement"},
    {TG_STATEMENT_ALTER_SYSTEM, "SET holds for the statements behind it"},
};

static enum tg_code refuse(const struct tg_statement *statement, struct tg_error *reterr)
{
    struct tg_place place = statement->place;
    size_t length = 0;
    while (length < statement->text.length && statement->text.data[length] > ' ')
        length++;
    place.length = (uint32_t)length;
    (void)tg_fail_at(reterr, TG_CODE_UNSUPPORTED, place,
                     "a job of this version does not execute this statement: %.*s", (int)length,
                     (const char *)statement->text.data);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (refusals[i].kind == statement->kind)
            return tg_fail_hint(reterr, "%s", refusals[i].hint);
    return tg_fail_hint(reterr,
                        "a job holds CREATE STREAM, CREATE TABLE, INSERT INTO ... VALUES, SET and DEFINE");
}

static enum tg_code compile_statement(struct compilation *compilation, struct tg_error *reterr)
{
    for (size_t i = 0; i < sizeof statement_rows / sizeof statement_rows[0]; i++)
        if (statement_rows[i].kind == compilation->statement->kind)
            return statement_rows[i].compile(compilation, reterr);
    return refuse(compilation->statement, reterr);
}

static void compile_script(struct tg_job *job, const struct tg_script *script)
{
    for (uint32_t i = 0; i < script->statement_count; i++) {
        struct tg_error error = {0};
        struct compilation compilation = {.job = job,
                                          .statement = script->statements[i],
                                          .analyzer = {.arena = job->arena,
                                                       .catalog = job->catalog,
                                                       .options = &job->options,
                                                       .settings = settings_in_force(job)}};
        if (compile_statement(&compilation, &error) == TG_OK || compilation.analyzer.follows)
            continue;
        if (error.place.length == 0 && error.place.offset == 0)
            error.place = script->statements[i]->place;
        add_error(job, &error);
    }
}

/* ---- jobs ---- */

static struct tg_job *new_job(struct tg_slice text, const struct tg_job_options *options)
{
    struct tg_job *job = tg_alloc_zero(1, sizeof *job);
    job->arena = tg_arena_new(0);
    job->text = tg_arena_copy(job->arena, text);
    job->name = options->name == NULL ? NULL : tg_arena_text(job->arena, tg_slice_text(options->name));
    job->options = *options;
    job->catalog = tg_catalog_new();
    job->variables = tg_variables_new();
    push_settings(job,
                  options->settings == NULL ? tg_properties_new() : tg_properties_copy(options->settings));
    return job;
}

enum tg_code tg_job_compile(struct tg_slice text, const struct tg_job_options *options,
                            struct tg_job **ret_job, struct tg_error *reterr)
{
    struct tg_job *job = new_job(text, options);
    struct tg_script script = {0};
    struct tg_error error = {0};
    const struct tg_parse_options parse_options = {.variables = job->variables};
    *ret_job = job;
    enum tg_code code = tg_parse(job->arena, job->text, &parse_options, &script, &error);
    compile_script(job, &script);
    if (code != TG_OK)
        add_error(job, &error);
    if (job->error_count == 0)
        return TG_OK;
    if (reterr != NULL)
        *reterr = job->errors[0];
    return job->errors[0].code;
}

void tg_job_free(struct tg_job *job)
{
    if (job == NULL)
        return;
    for (size_t i = 0; i < job->settings_count; i++)
        tg_properties_free(job->settings[i]);
    tg_free(job->settings);
    tg_free(job->actions);
    tg_free(job->errors);
    tg_variables_free(job->variables);
    tg_catalog_free(job->catalog);
    tg_arena_free(job->arena);
    tg_free(job);
}

uint32_t tg_job_action_count(const struct tg_job *job)
{
    return (uint32_t)job->action_count;
}

const struct tg_action *tg_job_action(const struct tg_job *job, uint32_t index)
{
    return &job->actions[index];
}

uint32_t tg_job_error_count(const struct tg_job *job)
{
    return (uint32_t)job->error_count;
}

const struct tg_error *tg_job_error(const struct tg_job *job, uint32_t index)
{
    return &job->errors[index];
}

struct tg_slice tg_job_text(const struct tg_job *job)
{
    return job->text;
}

void tg_job_diagnose(const struct tg_job *job, const struct tg_job_diagnose_options *options,
                     struct tg_buffer *out)
{
    for (size_t i = 0; i < job->error_count; i++) {
        if (options->as_json) {
            tg_diagnostic_write_json(&job->errors[i], job->text, job->name, out);
            tg_buffer_append_text(out, "\n");
        } else {
            tg_diagnostic_write(&job->errors[i], job->text, job->name, out);
        }
    }
}

const struct tg_source_definition *tg_job_source(const struct tg_job *job, struct tg_slice name)
{
    const struct tg_catalog_entry *entry = tg_catalog_get(job->catalog, name);
    return entry == NULL ? NULL : entry->definition;
}
