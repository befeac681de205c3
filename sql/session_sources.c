/* Statements that make, change and drop streams, tables and types. */
#include "base/text.h"
#include "sql/session_internal.h"
#include "sql/with.h"

/* ---- CREATE ---- */

/* A name whose CREATE failed: what reads it is not reported again. */
static void remember_failed(struct tg_session *session, const struct tg_ast_name *name)
{
    if (session->options.remember_failed)
        tg_catalog_put_broken(session->catalog, tg_slice_text(name->text));
}

enum tg_code tg_compile_create_source(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_session *session = compilation->session;
    const struct tg_ast_create_source *create = &compilation->statement->create_source;
    const struct tg_source_definition *definition = NULL;
    const struct tg_source_definition *old =
        tg_catalog_get(session->catalog, tg_slice_text(create->name.text));
    const struct tg_new_name new_name = {.name = &create->name,
                                         .is_table = create->source_kind == TG_AST_SOURCE_TABLE,
                                         .or_replace = create->or_replace};
    enum tg_code code = tg_session_check_replace(compilation, &new_name, create->read_only, reterr);
    if (code == TG_OK)
        code = tg_analyze_create_source(&compilation->analyzer, create, &definition, reterr);
    if (code == TG_OK && create->or_replace && old != NULL)
        code = tg_session_check_upgrade(old, definition, create->name.place, reterr);
    if (code == TG_OK && definition != NULL)
        code = tg_analyze_declare_schemas(&compilation->analyzer, definition, create->name.place, reterr);
    if (code != TG_OK)
        remember_failed(session, &create->name);
    TG_TRY(code);
    if (definition == NULL)
        return TG_OK;
    tg_catalog_put(session->catalog, definition);
    session->keep_arena = true;
    compilation->action->kind = TG_ACTION_DECLARE;
    compilation->action->definition = definition;
    return TG_OK;
}

enum tg_code tg_compile_create_type(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_session *session = compilation->session;
    const struct tg_ast_create_type *create = &compilation->statement->create_type;
    struct tg_map *types = tg_catalog_types(session->catalog);
    const struct tg_type *type = NULL;
    if (tg_map_get(types, tg_slice_text(create->name.text)) != NULL) {
        if (create->if_not_exists)
            return TG_OK;
        return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, create->name.place,
                          "there is a type named %s already", create->name.text);
    }
    TG_TRY(tg_ast_type_resolve(session->arena, create->type, types, &type, reterr));
    tg_map_put(types, tg_slice_text(create->name.text), (void *)(uintptr_t)type);
    session->keep_arena = true;
    return TG_OK;
}

/* ---- DROP ---- */

static const char *type_name_at(const void *context, size_t index)
{
    const struct tg_compilation *compilation = context;
    struct tg_map *types = tg_catalog_types(compilation->session->catalog);
    if (index >= tg_map_count(types))
        return NULL;
    return tg_arena_text(compilation->session->arena, tg_map_key(types, index));
}

TG_MUST_CHECK static enum tg_code drop_type(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_ast_drop *drop = &compilation->statement->drop;
    struct tg_map *types = tg_catalog_types(compilation->session->catalog);
    if (tg_map_remove(types, tg_slice_text(drop->name.text)) != NULL || drop->if_exists)
        return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, drop->name.place, "there is no type named %s",
                     drop->name.text);
    const char *closest = tg_closest(drop->name.text, type_name_at, compilation);
    return closest == NULL ? tg_fail_hint(reterr, "SHOW TYPES lists them")
                           : tg_fail_hint(reterr, "did you mean %s?", closest);
}

static void add_name(struct tg_buffer *names, const char *name)
{
    tg_buffer_printf(names, "%s%s", names->length == 0 ? "" : ", ", name);
}

/* What reads the source or writes into it besides the query that made it must go first. */
TG_MUST_CHECK static enum tg_code check_unused(const struct tg_compilation *compilation,
                                               const struct tg_source_definition *definition,
                                               struct tg_error *reterr)
{
    const struct tg_catalog *catalog = compilation->session->catalog;
    const struct tg_ast_drop *drop = &compilation->statement->drop;
    struct tg_buffer made = {0};
    struct tg_buffer readers = {0};
    struct tg_buffer writers = {0};
    const struct tg_query_definition *query = NULL;
    for (uint32_t i = 0; (query = tg_catalog_query_at(catalog, i)) != NULL; i++) {
        bool reads = tg_query_reads(query, definition->name);
        bool writes = strcmp(query->sink->name, definition->name) == 0;
        if (reads && !query->is_insert && !writes)
            add_name(&made, query->sink->name);
        else if (reads)
            add_name(&readers, query->plan->query_id);
        else if (writes && query->is_insert)
            add_name(&writers, query->plan->query_id);
    }
    enum tg_code code = TG_OK;
    if (made.length > 0) {
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, drop->name.place,
                          "%s cannot be dropped: it is read by queries that make %s", drop->name.text,
                          tg_buffer_text(&made));
        (void)tg_fail_hint(reterr, "drop these first: %s", tg_buffer_text(&made));
    } else if (readers.length + writers.length > 0) {
        struct tg_buffer *users = readers.length > 0 ? &readers : &writers;
        code =
            tg_fail_at(reterr, TG_CODE_ANALYSIS, drop->name.place, "%s cannot be dropped: queries %s it: %s",
                       drop->name.text, readers.length > 0 ? "read" : "write into", tg_buffer_text(users));
        (void)tg_fail_hint(reterr, "end them first: TERMINATE %s", tg_buffer_text(users));
    }
    tg_buffer_done(&made);
    tg_buffer_done(&readers);
    tg_buffer_done(&writers);
    return code;
}

TG_MUST_CHECK static enum tg_code drop_source(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_session *session = compilation->session;
    const struct tg_ast_drop *drop = &compilation->statement->drop;
    bool is_table = drop->drop_kind == TG_AST_DROP_TABLE;
    const struct tg_source_definition *definition =
        tg_catalog_get(session->catalog, tg_slice_text(drop->name.text));
    if (definition == NULL && drop->if_exists)
        return TG_OK;
    TG_TRY(
        tg_catalog_find(session->catalog, &drop->name, &definition, &compilation->analyzer.follows, reterr));
    if (definition->is_table != is_table) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, drop->name.place, "%s is a %s, not a %s", drop->name.text,
                         definition->is_table ? "table" : "stream", is_table ? "table" : "stream");
        return tg_fail_hint(reterr, "write DROP %s %s", definition->is_table ? "TABLE" : "STREAM",
                            drop->name.text);
    }
    if (drop->delete_topic && definition->read_only) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, drop->name.place,
                         "the topic of %s cannot be deleted: CREATE SOURCE made it read-only",
                         drop->name.text);
        return tg_fail_hint(reterr, "leave DELETE TOPIC out");
    }
    TG_TRY(check_unused(compilation, definition, reterr));
    const struct tg_query_definition *query = NULL;
    for (uint32_t i = 0; (query = tg_catalog_query_at(session->catalog, i)) != NULL; i++)
        if (strcmp(query->sink->name, definition->name) == 0)
            tg_compilation_add_query(compilation, query);
    for (uint32_t i = 0; i < compilation->action->query_count; i++)
        tg_catalog_remove_query(session->catalog,
                                tg_slice_text(compilation->action->queries[i].plan->query_id));
    tg_catalog_remove(session->catalog, tg_slice_text(definition->name));
    compilation->action->kind = TG_ACTION_DROP;
    compilation->action->definition = definition;
    compilation->action->delete_topic = drop->delete_topic;
    return TG_OK;
}

enum tg_code tg_compile_drop(struct tg_compilation *compilation, struct tg_error *reterr)
{
    switch (compilation->statement->drop.drop_kind) {
    case TG_AST_DROP_TYPE:
        return drop_type(compilation, reterr);
    case TG_AST_DROP_FUNCTION:
        return tg_compile_drop_function(compilation, reterr);
    case TG_AST_DROP_STREAM:
    case TG_AST_DROP_TABLE:
        return drop_source(compilation, reterr);
    case TG_AST_DROP_CONNECTOR:
        break;
    }
    (void)tg_fail_at(reterr, TG_CODE_UNSUPPORTED, compilation->statement->place,
                     "connectors are not dropped from here");
    return tg_fail_hint(reterr, "connectors run in Kafka Connect: delete it there");
}
