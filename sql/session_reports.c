/* Statements that show something: SHOW, DESCRIBE, EXPLAIN, PRINT. What the session knows becomes a report;
 * what only the cluster or the engine knows is an action for them. */
#include "base/text.h"
#include "expr/function_docs.h"
#include "plan/node.h"
#include "sql/session_internal.h"

/* A report while it grows; all in the arena. */
struct report_writer {
    struct tg_arena *arena;
    struct tg_report report;
    const char **cells;
    uint32_t capacity; /* cells */
    struct tg_buffer text;
};

static void start_table(struct report_writer *writer, const char *const *columns, uint32_t count)
{
    const char **copy = tg_arena_alloc_zero(writer->arena, count, sizeof(const char *));
    memcpy(copy, columns, count * sizeof(const char *));
    writer->report.columns = copy;
    writer->report.column_count = count;
}

static void add_row(struct report_writer *writer, const char *const *cells)
{
    uint32_t columns = writer->report.column_count;
    uint32_t used = writer->report.row_count * columns;
    if (used + columns > writer->capacity) {
        writer->capacity = writer->capacity == 0 ? 16 * columns : 2 * writer->capacity;
        const char **bigger = tg_arena_alloc_zero(writer->arena, writer->capacity, sizeof(const char *));
        if (used > 0)
            memcpy(bigger, writer->cells, used * sizeof(const char *));
        writer->cells = bigger;
    }
    for (uint32_t i = 0; i < columns; i++)
        writer->cells[used + i] = cells[i] == NULL ? "" : cells[i];
    writer->report.row_count++;
}

static void finish_report(struct tg_compilation *compilation, struct report_writer *writer)
{
    struct tg_report *report = tg_arena_alloc_zero(writer->arena, 1, sizeof *report);
    writer->report.cells = writer->cells;
    if (writer->text.length > 0)
        writer->report.text = tg_arena_text(writer->arena, tg_buffer_slice(&writer->text));
    tg_buffer_done(&writer->text);
    *report = writer->report;
    compilation->action->kind = TG_ACTION_REPORT;
    compilation->action->report = report;
}

static struct report_writer make_writer(const struct tg_compilation *compilation)
{
    return (struct report_writer){.arena = compilation->session->arena};
}

/* ---- DESCRIBE source ---- */

static const char *role_text(struct tg_arena *arena, const struct tg_source_definition *definition,
                             const struct tg_schema_column *column)
{
    if (column->role == TG_COLUMN_KEY)
        return definition->is_table ? "primary key" : "key";
    if (column->role == TG_COLUMN_HEADERS)
        return "headers";
    if (column->role == TG_COLUMN_HEADER)
        return tg_arena_printf(arena, "header('%s')", column->header_key);
    return "";
}

static void write_queries(const struct tg_catalog *catalog, const struct tg_source_definition *definition,
                          struct tg_buffer *out)
{
    const struct tg_query_definition *query = NULL;
    for (uint32_t i = 0; (query = tg_catalog_query_at(catalog, i)) != NULL; i++) {
        if (strcmp(query->sink->name, definition->name) == 0)
            tg_buffer_printf(out, "written by    %s\n", query->plan->query_id);
        if (tg_query_reads(query, definition->name))
            tg_buffer_printf(out, "read by       %s\n", query->plan->query_id);
    }
}

static void write_extended(const struct tg_catalog *catalog, const struct tg_source_definition *definition,
                           struct tg_buffer *out)
{
    tg_buffer_printf(out, "topic         %s\nkey format    ", definition->topic);
    tg_plan_write_format(&definition->key_format, out);
    tg_buffer_append_text(out, "\nvalue format  ");
    tg_plan_write_format(&definition->value_format, out);
    tg_buffer_append_text(out, "\n");
    if (definition->timestamp_column != TG_SCHEMA_NONE)
        tg_buffer_printf(out, "time          %s%s%s\n",
                         definition->schema->columns[definition->timestamp_column].name,
                         definition->timestamp_format == NULL ? "" : " as ",
                         definition->timestamp_format == NULL ? "" : definition->timestamp_format);
    if (definition->window_kind != TG_WINDOW_NONE) {
        tg_buffer_printf(out, "window        %s", tg_plan_window_kind_name(definition->window_kind));
        if (definition->window_size_ms > 0) {
            tg_buffer_append_text(out, " ");
            tg_plan_write_duration(definition->window_size_ms, out);
        }
        tg_buffer_append_text(out, "\n");
    }
    if (definition->history_ms > 0) {
        tg_buffer_append_text(out, "history       ");
        tg_plan_write_duration(definition->history_ms, out);
        tg_buffer_append_text(out, "\n");
    }
    write_queries(catalog, definition, out);
    tg_buffer_printf(out, "statement     %s\n", definition->statement);
}

static void describe_source(struct tg_compilation *compilation, const struct tg_source_definition *definition)
{
    static const char *const columns[] = {"column", "type", ""};
    struct report_writer writer = make_writer(compilation);
    struct tg_arena *arena = writer.arena;
    writer.report.title = tg_arena_printf(arena, "%s %s%s", definition->is_table ? "table" : "stream",
                                          definition->name, definition->read_only ? " (read-only)" : "");
    start_table(&writer, columns, 3);
    for (uint32_t i = 0; i < definition->schema->count; i++) {
        const struct tg_schema_column *column = &definition->schema->columns[i];
        const char *cells[] = {column->name, tg_type_name(arena, column->type),
                               role_text(arena, definition, column)};
        add_row(&writer, cells);
    }
    if (compilation->statement->describe.extended)
        write_extended(compilation->session->catalog, definition, &writer.text);
    finish_report(compilation, &writer);
}

/* ---- streams, tables, types, variables ---- */

static void show_sources(struct tg_compilation *compilation, bool is_table, bool extended)
{
    static const char *const columns[] = {"name",         "topic",    "key format",
                                          "value format", "windowed", "columns"};
    const struct tg_catalog *catalog = compilation->session->catalog;
    struct report_writer writer = make_writer(compilation);
    const struct tg_source_definition *definition = NULL;
    writer.report.title = is_table ? "tables" : "streams";
    start_table(&writer, columns, extended ? 6 : 5);
    for (uint32_t i = 0; (definition = tg_catalog_at(catalog, i)) != NULL; i++) {
        if (definition->is_table != is_table)
            continue;
        struct tg_buffer schema = {0};
        tg_schema_write(definition->schema, &schema);
        const char *cells[] = {definition->name,
                               definition->topic,
                               definition->key_format.name,
                               definition->value_format.name,
                               definition->window_kind == TG_WINDOW_NONE
                                   ? "no"
                                   : tg_plan_window_kind_name(definition->window_kind),
                               tg_arena_text(writer.arena, tg_buffer_slice(&schema))};
        tg_buffer_done(&schema);
        add_row(&writer, cells);
    }
    finish_report(compilation, &writer);
}

static void show_types(struct tg_compilation *compilation)
{
    static const char *const columns[] = {"type", "stands for"};
    struct report_writer writer = make_writer(compilation);
    const struct tg_map *types = tg_catalog_types(compilation->session->catalog);
    writer.report.title = "types";
    start_table(&writer, columns, 2);
    for (size_t i = 0; i < tg_map_count(types); i++) {
        const char *cells[] = {tg_arena_text(writer.arena, tg_map_key(types, i)),
                               tg_type_name(writer.arena, tg_map_value(types, i))};
        add_row(&writer, cells);
    }
    finish_report(compilation, &writer);
}

static void show_variables(struct tg_compilation *compilation)
{
    static const char *const columns[] = {"variable", "value"};
    struct report_writer writer = make_writer(compilation);
    const struct tg_variables *variables = compilation->session->defined;
    writer.report.title = "variables";
    start_table(&writer, columns, 2);
    for (size_t i = 0; i < tg_variables_count(variables); i++) {
        const char *cells[] = {tg_arena_text(writer.arena, tg_slice_text(tg_variables_name(variables, i))),
                               tg_arena_text(writer.arena, tg_slice_text(tg_variables_value(variables, i)))};
        add_row(&writer, cells);
    }
    finish_report(compilation, &writer);
}

/* ---- functions ---- */

/* A function made by CREATE FUNCTION, as rows of the registry write theirs. */
static const char *made_signature(struct tg_arena *arena, const struct tg_function_definition *function)
{
    struct tg_buffer text = {0};
    tg_buffer_printf(&text, "%s(", function->name);
    for (uint32_t i = 0; i < function->parameter_count; i++)
        tg_buffer_printf(&text, "%s%s %s", i > 0 ? ", " : "", function->parameters[i].name,
                         tg_type_name(arena, function->parameters[i].type));
    tg_buffer_printf(&text, ") -> %s", tg_type_name(arena, function->type));
    const char *signature = tg_arena_text(arena, tg_buffer_slice(&text));
    tg_buffer_done(&text);
    return signature;
}

static void show_functions(struct tg_compilation *compilation)
{
    static const char *const columns[] = {"function", "kind", "what it gives"};
    struct report_writer writer = make_writer(compilation);
    struct tg_function_list list = tg_function_docs_all(writer.arena);
    const struct tg_function_definition *made = NULL;
    writer.report.title = "functions";
    start_table(&writer, columns, 3);
    for (uint32_t i = 0; i < list.count; i++) {
        const struct tg_function_docs *docs = &list.functions[i];
        const char *cells[] = {docs->name, tg_function_kind_name(docs->kind), docs->overloads[0]->summary};
        add_row(&writer, cells);
    }
    for (uint32_t i = 0; (made = tg_catalog_function_at(compilation->session->catalog, i)) != NULL; i++) {
        const char *cells[] = {made->name, "CREATE FUNCTION", made->body};
        add_row(&writer, cells);
    }
    finish_report(compilation, &writer);
}

/* All names, for "did you mean". */
struct function_names {
    struct tg_function_list list;
    const struct tg_catalog *catalog;
};

static const char *function_name_at(const void *context, size_t index)
{
    const struct function_names *names = context;
    if (index < names->list.count)
        return names->list.functions[index].name;
    const struct tg_function_definition *made =
        tg_catalog_function_at(names->catalog, (uint32_t)(index - names->list.count));
    return made == NULL ? NULL : made->name;
}

static void describe_overloads(struct report_writer *writer, const struct tg_function_docs *docs)
{
    writer->report.title = tg_arena_printf(
        writer->arena, "%s%s%s function %s", writer->report.title == NULL ? "" : writer->report.title,
        writer->report.title == NULL ? "" : ", ", tg_function_kind_name(docs->kind), docs->name);
    for (uint32_t i = 0; i < docs->overload_count; i++) {
        const struct tg_function *overload = docs->overloads[i];
        const char *cells[] = {overload->signature, overload->summary, tg_function_null_rule(overload),
                               overload->example};
        add_row(writer, cells);
    }
}

TG_MUST_CHECK static enum tg_code describe_function(struct tg_compilation *compilation,
                                                    const struct tg_ast_name *name, struct tg_error *reterr)
{
    static const char *const columns[] = {"variant", "what it does", "NULL", "example"};
    struct report_writer writer = make_writer(compilation);
    const struct tg_catalog *catalog = compilation->session->catalog;
    const struct tg_function_definition *made = tg_catalog_function(catalog, tg_slice_text(name->text));
    struct tg_function_list list = tg_function_docs_find(writer.arena, tg_slice_text(name->text));
    start_table(&writer, columns, 4);
    for (uint32_t i = 0; i < list.count; i++)
        describe_overloads(&writer, &list.functions[i]);
    if (made != NULL) {
        const char *cells[] = {made_signature(writer.arena, made), made->body, "", ""};
        writer.report.title =
            tg_arena_printf(writer.arena, "function %s, made by CREATE FUNCTION", made->name);
        add_row(&writer, cells);
    }
    if (writer.report.row_count > 0) {
        finish_report(compilation, &writer);
        return TG_OK;
    }
    struct function_names names = {tg_function_docs_all(writer.arena), catalog};
    (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, name->place, "there is no function %s", name->text);
    const char *closest = tg_closest(name->text, function_name_at, &names);
    return closest == NULL ? tg_fail_hint(reterr, "SHOW FUNCTIONS lists them")
                           : tg_fail_hint(reterr, "did you mean %s?", closest);
}

/* ---- SHOW and DESCRIBE ---- */

static enum tg_code refuse_connectors(const struct tg_compilation *compilation, struct tg_error *reterr)
{
    (void)tg_fail_at(reterr, TG_CODE_UNSUPPORTED, compilation->statement->place,
                     "connectors are not known here");
    return tg_fail_hint(reterr, "connectors run in Kafka Connect: its REST API lists them");
}

enum tg_code tg_compile_show(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_ast_show *show = &compilation->statement->show;
    const struct tg_query_definition *query = NULL;
    switch (show->show_kind) {
    case TG_AST_SHOW_STREAMS:
    case TG_AST_SHOW_TABLES:
        show_sources(compilation, show->show_kind == TG_AST_SHOW_TABLES, show->extended);
        return TG_OK;
    case TG_AST_SHOW_FUNCTIONS:
        show_functions(compilation);
        return TG_OK;
    case TG_AST_SHOW_TYPES:
        show_types(compilation);
        return TG_OK;
    case TG_AST_SHOW_VARIABLES:
        show_variables(compilation);
        return TG_OK;
    case TG_AST_SHOW_PROPERTIES:
        compilation->action->kind = TG_ACTION_SHOW_PROPERTIES;
        return TG_OK;
    case TG_AST_SHOW_TOPICS:
        compilation->action->kind = TG_ACTION_SHOW_TOPICS;
        compilation->action->all_topics = show->all;
        return TG_OK;
    case TG_AST_SHOW_QUERIES:
        compilation->action->kind = TG_ACTION_SHOW_QUERIES;
        for (uint32_t i = 0; (query = tg_catalog_query_at(compilation->session->catalog, i)) != NULL; i++)
            tg_compilation_add_query(compilation, query);
        return TG_OK;
    case TG_AST_SHOW_CONNECTORS:
    case TG_AST_SHOW_CONNECTOR_PLUGINS:
        break;
    }
    return refuse_connectors(compilation, reterr);
}

enum tg_code tg_compile_describe(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_ast_describe *describe = &compilation->statement->describe;
    const struct tg_source_definition *definition = NULL;
    switch (describe->describe_kind) {
    case TG_AST_DESCRIBE_SOURCE:
        TG_TRY(tg_catalog_find(compilation->session->catalog, &describe->name, &definition,
                               &compilation->analyzer.follows, reterr));
        describe_source(compilation, definition);
        return TG_OK;
    case TG_AST_DESCRIBE_STREAMS:
    case TG_AST_DESCRIBE_TABLES:
        show_sources(compilation, describe->describe_kind == TG_AST_DESCRIBE_TABLES, true);
        return TG_OK;
    case TG_AST_DESCRIBE_FUNCTION:
        return describe_function(compilation, &describe->name, reterr);
    case TG_AST_DESCRIBE_CONNECTOR:
        break;
    }
    return refuse_connectors(compilation, reterr);
}

/* ---- EXPLAIN and PRINT ---- */

/* A SELECT alone, as the statement that would give its result the name RESULT. */
static struct tg_statement as_created(const struct tg_compilation *compilation,
                                      const struct tg_statement *statement)
{
    const struct tg_ast_query *query = statement->query;
    const struct tg_source_definition *source =
        tg_catalog_get(compilation->session->catalog, tg_slice_text(query->from.source.text));
    bool is_table = query->group_by.given || query->window != NULL || (source != NULL && source->is_table);
    struct tg_statement created = *statement;
    created.kind = TG_STATEMENT_CREATE_AS;
    created.create_as = (struct tg_ast_create_as){
        .source_kind = is_table ? TG_AST_SOURCE_TABLE : TG_AST_SOURCE_STREAM,
        .name = {.text = "RESULT", .place = query->place},
        .query = query,
    };
    return created;
}

TG_MUST_CHECK static enum tg_code find_plan(struct tg_compilation *compilation,
                                            const struct tg_plan **ret_plan, struct tg_error *reterr)
{
    const struct tg_ast_explain *explain = &compilation->statement->explain;
    struct tg_query_definition planned = {0};
    if (explain->statement == NULL) {
        const struct tg_query_definition *query = NULL;
        TG_TRY(tg_session_find_query(compilation->session->catalog, &explain->query_id, &query, reterr));
        *ret_plan = query->plan;
        return TG_OK;
    }
    const struct tg_statement *statement = explain->statement;
    enum tg_statement_kind kind = statement->kind;
    struct tg_statement created;
    if (kind == TG_STATEMENT_QUERY) {
        created = as_created(compilation, statement);
        statement = &created;
        kind = created.kind;
    }
    if (kind != TG_STATEMENT_CREATE_AS && kind != TG_STATEMENT_INSERT_SELECT) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, explain->statement->place,
                         "only a statement with a query has a plan");
        return tg_fail_hint(reterr, "EXPLAIN CREATE STREAM name AS SELECT ..., or EXPLAIN query_id");
    }
    compilation->analyzer.statement = tg_arena_text(compilation->session->arena, explain->statement->text);
    TG_TRY(tg_session_plan(compilation, statement, &planned, reterr));
    *ret_plan = planned.plan;
    return TG_OK;
}

enum tg_code tg_compile_explain(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_plan_text_options options = {0};
    struct report_writer writer = make_writer(compilation);
    const struct tg_plan *plan = NULL;
    TG_TRY(find_plan(compilation, &plan, reterr));
    enum tg_code code = tg_plan_write_text(plan, &options, &writer.text, reterr);
    if (code != TG_OK)
        tg_buffer_done(&writer.text);
    TG_TRY(code);
    finish_report(compilation, &writer);
    return TG_OK;
}

enum tg_code tg_compile_print(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_ast_print *ast = &compilation->statement->print;
    struct tg_print_topic *print = tg_arena_alloc_zero(compilation->session->arena, 1, sizeof *print);
    if (!ast->from_beginning) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, compilation->statement->place,
                         "PRINT would wait for new records without end");
        return tg_fail_hint(reterr, "show what is there: PRINT '%s' FROM BEGINNING LIMIT 10",
                            ast->topic.text);
    }
    *print = (struct tg_print_topic){.topic = ast->topic.text,
                                     .from_beginning = true,
                                     .interval = ast->has_interval && ast->interval > 0 ? ast->interval : 1,
                                     .limit = ast->has_limit ? ast->limit : -1};
    compilation->action->kind = TG_ACTION_PRINT;
    compilation->action->print = print;
    return TG_OK;
}
