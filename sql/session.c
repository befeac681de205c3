/* A session: texts come in, statements become actions one at a time, what they make is remembered. */
#include "base/memory.h"
#include "sql/diagnostics.h"
#include "sql/session_internal.h"

/* ---- SET, UNSET, DEFINE ---- */

struct tg_properties *tg_session_push_settings(struct tg_session *session)
{
    struct tg_properties *settings = session->settings_count == 0
                                         ? tg_properties_new()
                                         : tg_properties_copy(session->settings[session->settings_count - 1]);
    tg_grow((void **)&session->settings, &session->settings_capacity, session->settings_count + 1,
            sizeof *session->settings);
    session->settings[session->settings_count++] = settings;
    return settings;
}

TG_MUST_CHECK static enum tg_code compile_set(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_session *session = compilation->session;
    const struct tg_ast_setting *setting = &compilation->statement->setting;
    const char *value = tg_arena_text(session->arena, setting->value);
    if (session->options.check_setting != NULL) {
        enum tg_code code = session->options.check_setting(setting->name.text, value, reterr);
        if (code != TG_OK && reterr != NULL)
            reterr->place = setting->name.place;
        TG_TRY(code);
    }
    tg_properties_set(tg_session_push_settings(session), setting->name.text, value, "SET");
    return TG_OK;
}

/* UNSET goes back to what was given to the session. */
TG_MUST_CHECK static enum tg_code compile_unset(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_session *session = compilation->session;
    const char *name = compilation->statement->setting.name.text;
    const char *given = tg_properties_get(session->settings[0], name);
    struct tg_properties *settings = tg_session_push_settings(session);
    (void)reterr;
    if (given == NULL)
        tg_properties_remove(settings, name);
    else
        tg_properties_set(settings, name, given, "UNSET");
    return TG_OK;
}

/* The parser has replaced what follows already; here it is noted for SHOW VARIABLES. */
TG_MUST_CHECK static enum tg_code compile_define(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_ast_setting *setting = &compilation->statement->setting;
    (void)reterr;
    tg_variables_define(compilation->session->defined, tg_slice_text(setting->name.text), setting->value);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code compile_undefine(struct tg_compilation *compilation,
                                                   struct tg_error *reterr)
{
    (void)reterr;
    (void)tg_variables_undefine(compilation->session->defined,
                                tg_slice_text(compilation->statement->setting.name.text));
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code compile_run_script(struct tg_compilation *compilation,
                                                     struct tg_error *reterr)
{
    (void)reterr;
    compilation->action->kind = TG_ACTION_RUN_SCRIPT;
    compilation->action->path = compilation->statement->setting.name.text;
    return TG_OK;
}

/* ---- statements ---- */

static const struct statement_row {
    enum tg_statement_kind kind;
    tg_statement_handler *compile;
} statement_rows[] = {
    {TG_STATEMENT_CREATE_SOURCE, tg_compile_create_source},
    {TG_STATEMENT_CREATE_AS, tg_compile_create_as},
    {TG_STATEMENT_CREATE_TYPE, tg_compile_create_type},
    {TG_STATEMENT_CREATE_FUNCTION, tg_compile_create_function},
    {TG_STATEMENT_DROP, tg_compile_drop},
    {TG_STATEMENT_ALTER_SOURCE, tg_compile_alter},
    {TG_STATEMENT_INSERT_SELECT, tg_compile_insert_select},
    {TG_STATEMENT_INSERT_VALUES, tg_compile_insert_values},
    {TG_STATEMENT_TERMINATE, tg_compile_query_control},
    {TG_STATEMENT_PAUSE, tg_compile_query_control},
    {TG_STATEMENT_RESUME, tg_compile_query_control},
    {TG_STATEMENT_SET, compile_set},
    {TG_STATEMENT_UNSET, compile_unset},
    {TG_STATEMENT_DEFINE, compile_define},
    {TG_STATEMENT_UNDEFINE, compile_undefine},
    {TG_STATEMENT_SHOW, tg_compile_show},
    {TG_STATEMENT_DESCRIBE, tg_compile_describe},
    {TG_STATEMENT_EXPLAIN, tg_compile_explain},
    {TG_STATEMENT_PRINT, tg_compile_print},
    {TG_STATEMENT_ASSERT_TOPIC, tg_compile_assert_topic},
    {TG_STATEMENT_ASSERT_SCHEMA, tg_compile_assert_schema},
    {TG_STATEMENT_ASSERT_VALUES, tg_compile_assert_record},
    {TG_STATEMENT_ASSERT_TOMBSTONE, tg_compile_assert_record},
    {TG_STATEMENT_ASSERT_SOURCE, tg_compile_assert_source},
    {TG_STATEMENT_RUN_SCRIPT, compile_run_script},
};

/* Statements of the language that are not executed, and what to do instead. */
static const struct refusal {
    enum tg_statement_kind kind;
    const char *hint;
} refusals[] = {
    {TG_STATEMENT_QUERY, "give the result a name: CREATE STREAM name AS SELECT ..."},
    {TG_STATEMENT_CREATE_CONNECTOR, "connectors run in Kafka Connect: create it there"},
    {TG_STATEMENT_ALTER_SYSTEM, "SET holds for the statements behind it"},
};

static enum tg_code refuse(const struct tg_statement *statement, struct tg_error *reterr)
{
    struct tg_place place = statement->place;
    size_t length = 0;
    while (length < statement->text.length && statement->text.data[length] > ' ')
        length++;
    place.length = (uint32_t)length;
    (void)tg_fail_at(reterr, TG_CODE_UNSUPPORTED, place, "this version does not execute this statement: %.*s",
                     (int)length, (const char *)statement->text.data);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (refusals[i].kind == statement->kind)
            return tg_fail_hint(reterr, "%s", refusals[i].hint);
    return TG_CODE_UNSUPPORTED;
}

static enum tg_code compile_statement(struct tg_compilation *compilation, struct tg_error *reterr)
{
    for (size_t i = 0; i < sizeof statement_rows / sizeof statement_rows[0]; i++)
        if (statement_rows[i].kind == compilation->statement->kind)
            return statement_rows[i].compile(compilation, reterr);
    return refuse(compilation->statement, reterr);
}

void tg_compilation_add_query(struct tg_compilation *compilation, const struct tg_query_definition *query)
{
    struct tg_action *action = compilation->action;
    struct tg_query_definition *queries =
        tg_arena_alloc_zero(compilation->session->arena, action->query_count + 1, sizeof *queries);
    if (action->query_count > 0)
        memcpy(queries, action->queries, action->query_count * sizeof *queries);
    queries[action->query_count++] = *query;
    action->queries = queries;
}

/* ---- the session ---- */

struct tg_session *tg_session_new(const struct tg_session_options *options)
{
    struct tg_session *session = tg_alloc_zero(1, sizeof *session);
    session->options = *options;
    session->arena = tg_arena_new(0);
    session->catalog = tg_catalog_new();
    session->variables = tg_variables_new();
    session->defined = tg_variables_new();
    struct tg_properties *settings = tg_session_push_settings(session);
    for (size_t i = 0; options->settings != NULL && i < tg_properties_count(options->settings); i++)
        tg_properties_set(settings, tg_properties_key(options->settings, i),
                          tg_properties_value(options->settings, i),
                          tg_properties_origin(options->settings, i));
    session->options.settings = NULL; /* copied */
    return session;
}

void tg_session_free(struct tg_session *session)
{
    if (session == NULL)
        return;
    for (size_t i = 0; i < session->settings_count; i++)
        tg_properties_free(session->settings[i]);
    for (size_t i = 0; i < session->kept_count; i++)
        tg_arena_free(session->kept[i]);
    tg_free(session->settings);
    tg_free(session->kept);
    tg_variables_free(session->variables);
    tg_variables_free(session->defined);
    tg_catalog_free(session->catalog);
    tg_catalog_free(session->before);
    tg_arena_free(session->arena);
    tg_free(session);
}

/* What the last text made may be in use for as long as the session lives; if it made nothing, its memory is
 * taken for the next one. */
static void begin_text(struct tg_session *session)
{
    tg_catalog_free(session->before);
    session->before = NULL;
    if (!session->keep_arena) {
        tg_arena_reset(session->arena);
        return;
    }
    tg_grow((void **)&session->kept, &session->kept_capacity, session->kept_count + 1, sizeof *session->kept);
    session->kept[session->kept_count++] = session->arena;
    session->arena = tg_arena_new(0);
    session->keep_arena = false;
}

enum tg_code tg_session_parse(struct tg_session *session, struct tg_slice text,
                              const struct tg_script **ret_script, struct tg_error *reterr)
{
    const struct tg_parse_options options = {.variables = session->variables,
                                             .test_statements = session->options.test_statements};
    begin_text(session);
    struct tg_script *script = tg_arena_alloc_zero(session->arena, 1, sizeof *script);
    enum tg_code code = tg_parse(session->arena, text, &options, script, reterr);
    session->text = script->text;
    *ret_script = script;
    return code;
}

enum tg_code tg_session_compile(struct tg_session *session, const struct tg_statement *statement,
                                const struct tg_action **ret_action, struct tg_error *reterr)
{
    struct tg_error unwanted = {0};
    struct tg_error *error = reterr == NULL ? &unwanted : reterr;
    struct tg_action *action = tg_arena_alloc_zero(session->arena, 1, sizeof *action);
    struct tg_compilation compilation = {.session = session, .statement = statement, .action = action};
    tg_catalog_free(session->before);
    session->before = tg_catalog_copy(session->catalog);
    session->settings_before = session->settings_count;
    action->place = statement->place;
    action->statement = tg_arena_text(session->arena, statement->text);
    compilation.analyzer = (struct tg_analyzer){.arena = session->arena,
                                                .statement = action->statement,
                                                .catalog = session->catalog,
                                                .options = &session->options,
                                                .settings = tg_session_settings(session)};
    *error = (struct tg_error){0};
    enum tg_code code = compile_statement(&compilation, error);
    session->follows = code != TG_OK && compilation.analyzer.follows;
    if (code != TG_OK) {
        if (error->place.length == 0 && error->place.offset == 0)
            error->place = statement->place;
        tg_error_locate(error, session->text);
        return code;
    }
    action->properties = tg_session_settings(session);
    *ret_action = action;
    return TG_OK;
}

bool tg_session_error_follows(const struct tg_session *session)
{
    return session->follows;
}

void tg_session_undo(struct tg_session *session)
{
    TG_ASSERT(session->before != NULL);
    tg_catalog_free(session->catalog);
    session->catalog = session->before;
    session->before = NULL;
    while (session->settings_count > session->settings_before)
        tg_properties_free(session->settings[--session->settings_count]);
}

const struct tg_source_definition *tg_session_source(const struct tg_session *session, struct tg_slice name)
{
    return tg_catalog_get(session->catalog, name);
}

const struct tg_source_definition *tg_session_source_at(const struct tg_session *session, uint32_t index)
{
    return tg_catalog_at(session->catalog, index);
}

const struct tg_query_definition *tg_session_query(const struct tg_session *session, struct tg_slice id)
{
    return tg_catalog_query(session->catalog, id);
}

const struct tg_query_definition *tg_session_query_at(const struct tg_session *session, uint32_t index)
{
    return tg_catalog_query_at(session->catalog, index);
}

const struct tg_properties *tg_session_settings(const struct tg_session *session)
{
    return session->settings[session->settings_count - 1];
}
