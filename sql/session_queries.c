/* Statements that start, end, pause and resume queries, and INSERT INTO ... VALUES. */
#include "base/text.h"
#include "sql/session_internal.h"
#include "sql/with.h"

TG_MUST_CHECK static enum tg_code check_query_id(const struct tg_compilation *compilation,
                                                 const char *query_id, struct tg_place place,
                                                 struct tg_error *reterr)
{
    const struct tg_query_definition *query = NULL;
    for (uint32_t i = 0; (query = tg_catalog_query_at(compilation->session->catalog, i)) != NULL; i++)
        if (strcmp(query->plan->query_id, query_id) == 0)
            return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, place, "another query has the id %s", query_id);
    return TG_OK;
}

/* The query that made the stream or table and still runs; NULL: none. */
static const struct tg_query_definition *maker(const struct tg_catalog *catalog, const char *sink)
{
    const struct tg_query_definition *query = NULL;
    for (uint32_t i = 0; (query = tg_catalog_query_at(catalog, i)) != NULL; i++)
        if (!query->is_insert && strcmp(query->sink->name, sink) == 0)
            return query;
    return NULL;
}

TG_MUST_CHECK static enum tg_code plan_create_as(struct tg_compilation *compilation,
                                                 const struct tg_statement *statement,
                                                 struct tg_query_definition *ret_query,
                                                 struct tg_error *reterr)
{
    struct tg_analyzer *analyzer = &compilation->analyzer;
    const struct tg_ast_create_as *create = &statement->create_as;
    const struct tg_query_target target = {.sink = &create->name,
                                           .is_table = create->source_kind == TG_AST_SOURCE_TABLE,
                                           .properties = &create->properties};
    struct tg_plan_request request = {.statement = analyzer->statement};
    TG_TRY(tg_analyze_query(analyzer, create->query, &target, &request.analysis, reterr));
    TG_TRY(tg_analyze_sink(analyzer, create, request.analysis, &request.sink, reterr));
    TG_TRY(tg_analyze_query_id(analyzer, create, &request.query_id, reterr));
    if (create->or_replace && maker(compilation->session->catalog, create->name.text) != NULL)
        request.query_id = maker(compilation->session->catalog, create->name.text)->plan->query_id;
    else
        TG_TRY(check_query_id(compilation, request.query_id, create->name.place, reterr));
    TG_TRY(tg_with_faults(analyzer, &create->properties, TG_WITH_CREATE_AS, &request.analysis->window,
                          &request.faults, reterr));
    ret_query->sink = request.sink;
    return tg_plan_query(analyzer, &request, &ret_query->plan, reterr);
}

/* The sink as this query sees it: the topic is there, with the partitions it has; the stream's time column
 * says how its records are read, not what an INSERT writes. */
static const struct tg_source_definition *existing_sink(struct tg_arena *arena,
                                                        const struct tg_source_definition *target)
{
    struct tg_source_definition *sink = tg_arena_alloc_zero(arena, 1, sizeof *sink);
    *sink = *target;
    sink->topic_spec.partition_count = 0;
    sink->timestamp_column = TG_SCHEMA_NONE;
    sink->timestamp_format = NULL;
    return sink;
}

TG_MUST_CHECK static enum tg_code plan_insert(struct tg_compilation *compilation,
                                              const struct tg_statement *statement,
                                              struct tg_query_definition *ret_query, struct tg_error *reterr)
{
    struct tg_analyzer *analyzer = &compilation->analyzer;
    const struct tg_ast_insert_select *insert = &statement->insert_select;
    const struct tg_query_target target = {.sink = &insert->target, .is_insert = true};
    struct tg_plan_request request = {.statement = analyzer->statement};
    TG_TRY(tg_analyze_insert_target(analyzer, insert, &ret_query->sink, reterr));
    TG_TRY(tg_analyze_query(analyzer, insert->query, &target, &request.analysis, reterr));
    TG_TRY(tg_analyze_insert_select(analyzer, insert, ret_query->sink, &request.analysis, reterr));
    TG_TRY(tg_analyze_insert_id(analyzer, insert, &request.query_id, reterr));
    TG_TRY(check_query_id(compilation, request.query_id, insert->target.place, reterr));
    TG_TRY(tg_with_faults(analyzer, &insert->properties, TG_WITH_INSERT, &request.analysis->window,
                          &request.faults, reterr));
    request.sink = existing_sink(analyzer->arena, ret_query->sink);
    ret_query->is_insert = true;
    return tg_plan_query(analyzer, &request, &ret_query->plan, reterr);
}

enum tg_code tg_session_plan(struct tg_compilation *compilation, const struct tg_statement *statement,
                             struct tg_query_definition *ret_query, struct tg_error *reterr)
{
    *ret_query = (struct tg_query_definition){.properties = tg_session_settings(compilation->session)};
    return statement->kind == TG_STATEMENT_INSERT_SELECT
               ? plan_insert(compilation, statement, ret_query, reterr)
               : plan_create_as(compilation, statement, ret_query, reterr);
}

static void start_query(struct tg_compilation *compilation, const struct tg_query_definition *query)
{
    struct tg_session *session = compilation->session;
    struct tg_query_definition *kept = tg_arena_alloc_zero(session->arena, 1, sizeof *kept);
    *kept = *query;
    if (!query->is_insert)
        tg_catalog_put(session->catalog, query->sink);
    tg_catalog_put_query(session->catalog, kept);
    session->keep_arena = true;
    compilation->action->kind = TG_ACTION_QUERY;
    compilation->action->definition = query->sink;
    compilation->action->plan = query->plan;
}

/* OR REPLACE: does the new query fit what the old one has left? */
TG_MUST_CHECK static enum tg_code check_replaced(struct tg_compilation *compilation,
                                                 const struct tg_query_definition *query,
                                                 struct tg_error *reterr)
{
    const struct tg_ast_name *name = &compilation->statement->create_as.name;
    const struct tg_catalog *catalog = compilation->session->catalog;
    const struct tg_source_definition *old = tg_catalog_get(catalog, tg_slice_text(name->text));
    const struct tg_query_definition *old_query = maker(catalog, name->text);
    if (old == NULL)
        return TG_OK;
    TG_TRY(tg_session_check_upgrade(old, query->sink, name->place, reterr));
    if (old_query == NULL)
        return TG_OK;
    compilation->action->replaces = true;
    return tg_session_check_query_upgrade(old_query, query, name->place, reterr);
}

enum tg_code tg_compile_create_as(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_session *session = compilation->session;
    const struct tg_ast_create_as *create = &compilation->statement->create_as;
    const struct tg_new_name new_name = {.name = &create->name,
                                         .is_table = create->source_kind == TG_AST_SOURCE_TABLE,
                                         .or_replace = create->or_replace,
                                         .if_not_exists = create->if_not_exists};
    struct tg_query_definition query = {0};
    bool exists = false;
    enum tg_code code = tg_analyze_new_name(&compilation->analyzer, &new_name, &exists, reterr);
    if (code == TG_OK)
        code = tg_session_check_replace(compilation, &new_name, false, reterr);
    if (code == TG_OK && !exists)
        code = tg_session_plan(compilation, compilation->statement, &query, reterr);
    if (code == TG_OK && create->or_replace)
        code = check_replaced(compilation, &query, reterr);
    if (code == TG_OK && !exists)
        code = tg_analyze_declare_schemas(&compilation->analyzer, query.sink, create->name.place, reterr);
    if (code != TG_OK && session->options.remember_failed)
        tg_catalog_put_broken(session->catalog, tg_slice_text(create->name.text));
    TG_TRY(code);
    if (!exists)
        start_query(compilation, &query);
    return TG_OK;
}

enum tg_code tg_compile_insert_select(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_query_definition query = {0};
    TG_TRY(tg_session_plan(compilation, compilation->statement, &query, reterr));
    start_query(compilation, &query);
    return TG_OK;
}

enum tg_code tg_compile_insert_values(struct tg_compilation *compilation, struct tg_error *reterr)
{
    TG_TRY(tg_analyze_insert_values(&compilation->analyzer, &compilation->statement->insert_values,
                                    &compilation->action->insert, reterr));
    compilation->action->kind = TG_ACTION_INSERT_VALUES;
    return TG_OK;
}

/* ---- TERMINATE, PAUSE, RESUME ---- */

static const char *query_id_at(const void *context, size_t index)
{
    const struct tg_query_definition *query = tg_catalog_query_at(context, (uint32_t)index);
    return query == NULL ? NULL : query->plan->query_id;
}

/* Ids are compared without case: QUERY_ID may have small letters, names in statements have none. */
enum tg_code tg_session_find_query(const struct tg_catalog *catalog, const struct tg_ast_name *id,
                                   const struct tg_query_definition **ret_query, struct tg_error *reterr)
{
    for (uint32_t i = 0; (*ret_query = tg_catalog_query_at(catalog, i)) != NULL; i++)
        if (tg_slice_equal_nocase(tg_slice_text((*ret_query)->plan->query_id), tg_slice_text(id->text)))
            return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, id->place, "there is no query with the id %s", id->text);
    const char *closest = tg_closest(id->text, query_id_at, catalog);
    if (closest != NULL)
        return tg_fail_hint(reterr, "did you mean %s?", closest);
    const struct tg_source_definition *source = tg_catalog_get(catalog, tg_slice_text(id->text));
    if (source != NULL && source->is_query_sink)
        return tg_fail_hint(reterr, "the query that makes %s has the id %s_%s", id->text,
                            source->is_table ? "CTAS" : "CSAS", id->text);
    return tg_fail_hint(reterr, "SHOW QUERIES lists them");
}

enum tg_code tg_compile_query_control(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_catalog *catalog = compilation->session->catalog;
    const struct tg_ast_query_control *control = &compilation->statement->query_control;
    enum tg_statement_kind kind = compilation->statement->kind;
    const struct tg_query_definition *query = NULL;
    if (control->all) {
        for (uint32_t i = 0; (query = tg_catalog_query_at(catalog, i)) != NULL; i++)
            tg_compilation_add_query(compilation, query);
    } else {
        TG_TRY(tg_session_find_query(catalog, &control->query_id, &query, reterr));
        tg_compilation_add_query(compilation, query);
    }
    compilation->action->kind = kind == TG_STATEMENT_PAUSE    ? TG_ACTION_PAUSE
                                : kind == TG_STATEMENT_RESUME ? TG_ACTION_RESUME
                                                              : TG_ACTION_TERMINATE;
    for (uint32_t i = 0; kind == TG_STATEMENT_TERMINATE && i < compilation->action->query_count; i++)
        tg_catalog_remove_query(catalog, tg_slice_text(compilation->action->queries[i].plan->query_id));
    return TG_OK;
}
