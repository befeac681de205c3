#include "sql/format_internal.h"

void tg_format_name_or_string(const char *name, struct tg_buffer *out)
{
    if (tg_format_is_plain(name))
        tg_buffer_append_text(out, name);
    else
        tg_format_string(tg_slice_text(name), out);
}

void tg_format_properties(const struct tg_ast_properties *properties, struct tg_buffer *out)
{
    if (!properties->given)
        return;
    tg_buffer_append_text(out, " WITH (");
    for (uint32_t i = 0; i < properties->count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        tg_format_name_or_string(properties->list[i].name.text, out);
        tg_buffer_append_byte(out, '=');
        tg_format_expr(properties->list[i].value, out);
    }
    tg_buffer_append_byte(out, ')');
}

/* ---- pieces ---- */

static const char *source_word(enum tg_ast_source_kind kind)
{
    return kind == TG_AST_SOURCE_TABLE ? "TABLE " : "STREAM ";
}

static void write_column(const struct tg_ast_column *column, struct tg_buffer *out)
{
    static const char *const roles[] = {
        [TG_AST_COLUMN_VALUE] = "",
        [TG_AST_COLUMN_KEY] = " KEY",
        [TG_AST_COLUMN_PRIMARY_KEY] = " PRIMARY KEY",
        [TG_AST_COLUMN_HEADERS] = " HEADERS",
        [TG_AST_COLUMN_HEADER] = " HEADER(",
    };
    tg_format_name(column->name.text, out);
    tg_buffer_append_byte(out, ' ');
    tg_format_type(column->type, out);
    tg_buffer_append_text(out, roles[column->role]);
    if (column->role == TG_AST_COLUMN_HEADER) {
        tg_format_string(tg_slice_text(column->header_key), out);
        tg_buffer_append_byte(out, ')');
    }
}

static void write_columns(const struct tg_ast_column_list *columns, struct tg_buffer *out)
{
    if (!columns->given)
        return;
    tg_buffer_append_text(out, " (");
    for (uint32_t i = 0; i < columns->count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        write_column(&columns->list[i], out);
    }
    tg_buffer_append_byte(out, ')');
}

static void write_names(const struct tg_ast_name_list *names, struct tg_buffer *out)
{
    if (!names->given)
        return;
    tg_buffer_append_text(out, " (");
    for (uint32_t i = 0; i < names->count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        tg_format_name(names->list[i].text, out);
    }
    tg_buffer_append_byte(out, ')');
}

/* ---- CREATE, DROP, ALTER ---- */

static void write_create_source(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_create_source *create = &statement->create_source;
    tg_buffer_append_text(out, create->or_replace ? "CREATE OR REPLACE " : "CREATE ");
    tg_buffer_append_text(out, create->read_only ? "SOURCE " : "");
    tg_buffer_append_text(out, source_word(create->source_kind));
    tg_buffer_append_text(out, create->if_not_exists ? "IF NOT EXISTS " : "");
    tg_format_name(create->name.text, out);
    write_columns(&create->columns, out);
    tg_format_properties(&create->properties, out);
}

static void write_create_as(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_create_as *create = &statement->create_as;
    tg_buffer_append_text(out, create->or_replace ? "CREATE OR REPLACE " : "CREATE ");
    tg_buffer_append_text(out, source_word(create->source_kind));
    tg_buffer_append_text(out, create->if_not_exists ? "IF NOT EXISTS " : "");
    tg_format_name(create->name.text, out);
    tg_format_properties(&create->properties, out);
    tg_buffer_append_text(out, " AS ");
    tg_format_query(create->query, out);
}

static void write_create_type(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_create_type *create = &statement->create_type;
    tg_buffer_append_text(out, create->if_not_exists ? "CREATE TYPE IF NOT EXISTS " : "CREATE TYPE ");
    tg_format_name(create->name.text, out);
    tg_buffer_append_text(out, " AS ");
    tg_format_type(create->type, out);
}

static void write_create_function(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_create_function *create = &statement->create_function;
    tg_buffer_printf(out, "CREATE %sFUNCTION %s", create->or_replace ? "OR REPLACE " : "",
                     create->if_not_exists ? "IF NOT EXISTS " : "");
    tg_format_name(create->name.text, out);
    tg_buffer_append_byte(out, '(');
    for (uint32_t i = 0; i < create->parameters.count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        tg_format_name(create->parameters.list[i].name.text, out);
        tg_buffer_append_byte(out, ' ');
        tg_format_type(create->parameters.list[i].type, out);
    }
    tg_buffer_append_text(out, ") RETURNS ");
    tg_format_type(create->type, out);
    tg_buffer_append_text(out, " AS ");
    tg_format_expr(create->body, out);
}

static void write_create_connector(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_create_connector *create = &statement->create_connector;
    tg_buffer_append_text(out, create->connector_kind == TG_AST_CONNECTOR_SINK ? "CREATE SINK CONNECTOR "
                                                                               : "CREATE SOURCE CONNECTOR ");
    tg_buffer_append_text(out, create->if_not_exists ? "IF NOT EXISTS " : "");
    tg_format_name(create->name.text, out);
    tg_format_properties(&create->properties, out);
}

static void write_drop(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_drop *drop = &statement->drop;
    static const char *const words[] = {
        [TG_AST_DROP_STREAM] = "DROP STREAM ",       [TG_AST_DROP_TABLE] = "DROP TABLE ",
        [TG_AST_DROP_TYPE] = "DROP TYPE ",           [TG_AST_DROP_FUNCTION] = "DROP FUNCTION ",
        [TG_AST_DROP_CONNECTOR] = "DROP CONNECTOR ",
    };
    tg_buffer_append_text(out, words[drop->drop_kind]);
    tg_buffer_append_text(out, drop->if_exists ? "IF EXISTS " : "");
    tg_format_name(drop->name.text, out);
    tg_buffer_append_text(out, drop->delete_topic ? " DELETE TOPIC" : "");
}

static void write_alter(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_alter_source *alter = &statement->alter_source;
    tg_buffer_printf(out, "ALTER %s", source_word(alter->source_kind));
    tg_format_name(alter->name.text, out);
    for (uint32_t i = 0; i < alter->added.count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", ADD COLUMN " : " ADD COLUMN ");
        write_column(&alter->added.list[i], out);
    }
}

/* ---- INSERT ---- */

static void write_insert_select(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_insert_select *insert = &statement->insert_select;
    tg_buffer_append_text(out, "INSERT INTO ");
    tg_format_name(insert->target.text, out);
    tg_format_properties(&insert->properties, out);
    tg_buffer_append_byte(out, ' ');
    tg_format_query(insert->query, out);
}

/* "INSERT INTO t (a, b) VALUES (1, 2)" and the asserts of the same form. */
static void write_record(const char *before, const char *between, const struct tg_ast_insert_values *insert,
                         struct tg_buffer *out)
{
    tg_buffer_append_text(out, before);
    tg_format_name(insert->target.text, out);
    write_names(&insert->columns, out);
    tg_buffer_append_text(out, between);
    tg_format_values(&insert->values, out);
    tg_buffer_append_byte(out, ')');
}

/* ---- commands ---- */

static void write_show(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_show *show = &statement->show;
    static const char *const words[] = {
        [TG_AST_SHOW_PROPERTIES] = "PROPERTIES",
        [TG_AST_SHOW_TOPICS] = "TOPICS",
        [TG_AST_SHOW_STREAMS] = "STREAMS",
        [TG_AST_SHOW_TABLES] = "TABLES",
        [TG_AST_SHOW_FUNCTIONS] = "FUNCTIONS",
        [TG_AST_SHOW_CONNECTORS] = "CONNECTORS",
        [TG_AST_SHOW_CONNECTOR_PLUGINS] = "CONNECTOR PLUGINS",
        [TG_AST_SHOW_TYPES] = "TYPES",
        [TG_AST_SHOW_VARIABLES] = "VARIABLES",
        [TG_AST_SHOW_QUERIES] = "QUERIES",
    };
    tg_buffer_append_text(out, show->all ? "SHOW ALL " : "SHOW ");
    if (show->connector_kind != TG_AST_CONNECTOR_ANY)
        tg_buffer_append_text(out, show->connector_kind == TG_AST_CONNECTOR_SINK ? "SINK " : "SOURCE ");
    tg_buffer_append_text(out, words[show->show_kind]);
    tg_buffer_append_text(out, show->extended ? " EXTENDED" : "");
}

static void write_describe(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_describe *describe = &statement->describe;
    static const char *const words[] = {
        [TG_AST_DESCRIBE_SOURCE] = "DESCRIBE ",
        [TG_AST_DESCRIBE_STREAMS] = "DESCRIBE STREAMS",
        [TG_AST_DESCRIBE_TABLES] = "DESCRIBE TABLES",
        [TG_AST_DESCRIBE_FUNCTION] = "DESCRIBE FUNCTION ",
        [TG_AST_DESCRIBE_CONNECTOR] = "DESCRIBE CONNECTOR ",
    };
    tg_buffer_append_text(out, words[describe->describe_kind]);
    if (describe->name.text != NULL)
        tg_format_name(describe->name.text, out);
    tg_buffer_append_text(out, describe->extended ? " EXTENDED" : "");
}

static void write_explain(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_explain *explain = &statement->explain;
    tg_buffer_append_text(out, "EXPLAIN ");
    if (explain->statement != NULL)
        tg_format_statement(explain->statement, out);
    else
        tg_format_name(explain->query_id.text, out);
}

static void write_print(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_print *print = &statement->print;
    tg_buffer_append_text(out, "PRINT ");
    tg_format_name_or_string(print->topic.text, out);
    tg_buffer_append_text(out, print->from_beginning ? " FROM BEGINNING" : "");
    if (print->has_interval)
        tg_buffer_printf(out, " INTERVAL %lld", (long long)print->interval);
    if (print->has_limit)
        tg_buffer_printf(out, " LIMIT %lld", (long long)print->limit);
}

/* ---- ASSERT ---- */

static void write_assert_resource(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_assert_resource *resource = &statement->assert_resource;
    tg_buffer_append_text(out, resource->not_exists ? "ASSERT NOT EXISTS " : "ASSERT ");
    if (statement->kind == TG_STATEMENT_ASSERT_TOPIC) {
        tg_buffer_append_text(out, "TOPIC ");
        tg_format_name_or_string(resource->name.text, out);
        tg_format_properties(&resource->properties, out);
    } else {
        tg_buffer_append_text(out, "SCHEMA");
        if (resource->name.text != NULL) {
            tg_buffer_append_text(out, " SUBJECT ");
            tg_format_name_or_string(resource->name.text, out);
        }
        if (resource->schema_id != NULL) {
            tg_buffer_append_text(out, " ID ");
            tg_format_expr(resource->schema_id, out);
        }
    }
    if (resource->timeout.given) {
        tg_buffer_append_text(out, " TIMEOUT ");
        tg_format_interval(&resource->timeout, out);
    }
}

static void write_assert_source(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_create_source *source = &statement->create_source;
    tg_buffer_printf(out, "ASSERT %s", source_word(source->source_kind));
    tg_format_name(source->name.text, out);
    write_columns(&source->columns, out);
    tg_format_properties(&source->properties, out);
}

/* ---- one writer per kind ---- */

static void write_query(const struct tg_statement *statement, struct tg_buffer *out)
{
    tg_format_query(statement->query, out);
}

static void write_insert_values(const struct tg_statement *statement, struct tg_buffer *out)
{
    write_record("INSERT INTO ", " VALUES (", &statement->insert_values, out);
}

static void write_assert_values(const struct tg_statement *statement, struct tg_buffer *out)
{
    write_record("ASSERT VALUES ", " VALUES (", &statement->insert_values, out);
}

static void write_assert_tombstone(const struct tg_statement *statement, struct tg_buffer *out)
{
    write_record("ASSERT NULL VALUES ", " KEY (", &statement->insert_values, out);
}

static void write_query_control(const struct tg_statement *statement, struct tg_buffer *out)
{
    const struct tg_ast_query_control *control = &statement->query_control;
    tg_buffer_append_text(out, statement->kind == TG_STATEMENT_PAUSE    ? "PAUSE "
                               : statement->kind == TG_STATEMENT_RESUME ? "RESUME "
                                                                        : "TERMINATE ");
    if (control->all)
        tg_buffer_append_text(out, "ALL");
    else
        tg_format_name(control->query_id.text, out);
}

static void write_value(const struct tg_ast_setting *setting, struct tg_buffer *out)
{
    if (setting->value_place.length == 0)
        return;
    tg_buffer_append_byte(out, '=');
    tg_format_string(setting->value, out);
}

/* SET, UNSET, ALTER SYSTEM, RUN SCRIPT: the name is a string. */
static void write_setting(const struct tg_statement *statement, struct tg_buffer *out)
{
    tg_buffer_append_text(out, statement->kind == TG_STATEMENT_SET            ? "SET "
                               : statement->kind == TG_STATEMENT_UNSET        ? "UNSET "
                               : statement->kind == TG_STATEMENT_ALTER_SYSTEM ? "ALTER SYSTEM "
                                                                              : "RUN SCRIPT ");
    tg_format_string(tg_slice_text(statement->setting.name.text), out);
    write_value(&statement->setting, out);
}

static void write_variable(const struct tg_statement *statement, struct tg_buffer *out)
{
    tg_buffer_append_text(out, statement->kind == TG_STATEMENT_DEFINE ? "DEFINE " : "UNDEFINE ");
    tg_format_name(statement->setting.name.text, out);
    write_value(&statement->setting, out);
}

void tg_format_statement(const struct tg_statement *statement, struct tg_buffer *out)
{
    static void (*const writers[])(const struct tg_statement *statement, struct tg_buffer *out) = {
        [TG_STATEMENT_QUERY] = write_query,
        [TG_STATEMENT_CREATE_SOURCE] = write_create_source,
        [TG_STATEMENT_CREATE_AS] = write_create_as,
        [TG_STATEMENT_CREATE_TYPE] = write_create_type,
        [TG_STATEMENT_CREATE_FUNCTION] = write_create_function,
        [TG_STATEMENT_CREATE_CONNECTOR] = write_create_connector,
        [TG_STATEMENT_DROP] = write_drop,
        [TG_STATEMENT_ALTER_SOURCE] = write_alter,
        [TG_STATEMENT_INSERT_SELECT] = write_insert_select,
        [TG_STATEMENT_INSERT_VALUES] = write_insert_values,
        [TG_STATEMENT_SHOW] = write_show,
        [TG_STATEMENT_DESCRIBE] = write_describe,
        [TG_STATEMENT_EXPLAIN] = write_explain,
        [TG_STATEMENT_PRINT] = write_print,
        [TG_STATEMENT_TERMINATE] = write_query_control,
        [TG_STATEMENT_PAUSE] = write_query_control,
        [TG_STATEMENT_RESUME] = write_query_control,
        [TG_STATEMENT_SET] = write_setting,
        [TG_STATEMENT_UNSET] = write_setting,
        [TG_STATEMENT_ALTER_SYSTEM] = write_setting,
        [TG_STATEMENT_DEFINE] = write_variable,
        [TG_STATEMENT_UNDEFINE] = write_variable,
        [TG_STATEMENT_ASSERT_TOPIC] = write_assert_resource,
        [TG_STATEMENT_ASSERT_SCHEMA] = write_assert_resource,
        [TG_STATEMENT_ASSERT_VALUES] = write_assert_values,
        [TG_STATEMENT_ASSERT_TOMBSTONE] = write_assert_tombstone,
        [TG_STATEMENT_ASSERT_SOURCE] = write_assert_source,
        [TG_STATEMENT_RUN_SCRIPT] = write_setting,
    };
    writers[statement->kind](statement, out);
}
