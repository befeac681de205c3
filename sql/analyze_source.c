/* CREATE STREAM and CREATE TABLE with columns: names, roles, types, properties. */
#include "base/text.h"
#include "sql/with.h"

static const char *const reserved_names[] = {"ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART",
                                             "WINDOWEND"};

bool tg_name_is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved_names / sizeof reserved_names[0]; i++)
        if (strcmp(reserved_names[i], name) == 0)
            return true;
    return false;
}

enum tg_code tg_analyze_new_name(struct tg_analyzer *analyzer, const struct tg_new_name *new_name,
                                 bool *ret_exists, struct tg_error *reterr)
{
    const struct tg_ast_name *name = new_name->name;
    const struct tg_source_definition *there = tg_catalog_get(analyzer->catalog, tg_slice_text(name->text));
    *ret_exists = false;
    if (there == NULL || new_name->or_replace)
        return TG_OK;
    const char *what = there->is_table ? "table" : "stream";
    if (new_name->if_not_exists && there->is_table == new_name->is_table) {
        *ret_exists = true;
        return TG_OK;
    }
    (void)tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, name->place, "there is a %s named %s already", what,
                     name->text);
    return tg_fail_hint(reterr, "choose another name, or write CREATE %s IF NOT EXISTS to pass over it",
                        new_name->is_table ? "TABLE" : "STREAM");
}

TG_MUST_CHECK static enum tg_code check_role(const struct tg_ast_column *column, bool is_table,
                                             struct tg_error *reterr)
{
    if (column->role == TG_AST_COLUMN_KEY && is_table) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, column->name.place,
                         "the column `%s` of a table is marked 'KEY': a table has a 'PRIMARY KEY'",
                         column->name.text);
        return tg_fail_hint(reterr, "write PRIMARY KEY");
    }
    if (column->role == TG_AST_COLUMN_PRIMARY_KEY && !is_table) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, column->name.place,
                         "the column `%s` of a stream is marked 'PRIMARY KEY': a stream has a 'KEY'",
                         column->name.text);
        return tg_fail_hint(reterr, "write KEY");
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_header_type(struct tg_analyzer *analyzer,
                                                    const struct tg_ast_column *column,
                                                    const struct tg_type *type, struct tg_error *reterr)
{
    const struct tg_field fields[] = {{"KEY", &tg_type_string}, {"VALUE", &tg_type_bytes}};
    const struct tg_type *list = tg_type_array(analyzer->arena, tg_type_struct(analyzer->arena, fields, 2));
    const struct tg_type *wanted = column->role == TG_AST_COLUMN_HEADERS ? list : &tg_type_bytes;
    if (tg_type_equal(type, wanted))
        return TG_OK;
    struct tg_buffer text = {0};
    if (column->role == TG_AST_COLUMN_HEADERS)
        tg_buffer_append_text(&text, "HEADERS is ");
    else
        tg_buffer_printf(&text, "HEADER('%s') is ", column->header_key);
    tg_type_write(wanted, &text);
    tg_buffer_append_text(&text, ", not ");
    tg_type_write(type, &text);
    enum tg_code code = tg_fail_at(reterr, TG_CODE_TYPE, column->type->place, "the type of a column of %s",
                                   tg_buffer_text(&text));
    tg_buffer_done(&text);
    return code;
}

TG_MUST_CHECK static enum tg_code read_column(struct tg_analyzer *analyzer,
                                              const struct tg_ast_column *column, bool is_table,
                                              struct tg_schema_column *ret_column, struct tg_error *reterr)
{
    static const enum tg_column_role roles[] = {[TG_AST_COLUMN_VALUE] = TG_COLUMN_VALUE,
                                                [TG_AST_COLUMN_KEY] = TG_COLUMN_KEY,
                                                [TG_AST_COLUMN_PRIMARY_KEY] = TG_COLUMN_KEY,
                                                [TG_AST_COLUMN_HEADERS] = TG_COLUMN_HEADERS,
                                                [TG_AST_COLUMN_HEADER] = TG_COLUMN_HEADER};
    const struct tg_type *type = NULL;
    if (tg_name_is_reserved(column->name.text)) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, column->name.place,
                         "'%s' is a reserved name: no column can have it", column->name.text);
        return tg_fail_hint(reterr, "every row has it without being declared");
    }
    TG_TRY(check_role(column, is_table, reterr));
    TG_TRY(tg_ast_type_resolve(analyzer->arena, column->type, tg_catalog_types(analyzer->catalog), &type,
                               reterr));
    if (column->role == TG_AST_COLUMN_HEADERS || column->role == TG_AST_COLUMN_HEADER)
        TG_TRY(check_header_type(analyzer, column, type, reterr));
    *ret_column = (struct tg_schema_column){.name = column->name.text,
                                            .type = type,
                                            .role = roles[column->role],
                                            .header_key = column->header_key};
    return TG_OK;
}

/* Either one column has all headers, or columns have one header each. */
TG_MUST_CHECK static enum tg_code check_header_roles(const struct tg_ast_column_list *columns, uint32_t index,
                                                     struct tg_error *reterr)
{
    const struct tg_ast_column *column = &columns->list[index];
    bool is_header = column->role == TG_AST_COLUMN_HEADERS || column->role == TG_AST_COLUMN_HEADER;
    for (uint32_t i = 0; is_header && i < index; i++) {
        const struct tg_ast_column *other = &columns->list[i];
        if (column->role == TG_AST_COLUMN_HEADER && other->role == TG_AST_COLUMN_HEADER) {
            if (strcmp(column->header_key, other->header_key) == 0)
                return tg_fail_at(reterr, TG_CODE_ANALYSIS, column->role_place,
                                  "the columns `%s` and `%s` are both HEADER('%s')", other->name.text,
                                  column->name.text, column->header_key);
        } else if (other->role == TG_AST_COLUMN_HEADERS || other->role == TG_AST_COLUMN_HEADER) {
            (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, column->role_place,
                             "a HEADERS column holds all headers: `%s` beside `%s` would hold some twice",
                             column->name.text, other->name.text);
            return tg_fail_hint(reterr, "declare either one HEADERS column, or HEADER('key') columns");
        }
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_unique(const struct tg_ast_column_list *columns,
                                               struct tg_error *reterr)
{
    for (uint32_t i = 0; i < columns->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(columns->list[i].name.text, columns->list[j].name.text) == 0)
                return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, columns->list[i].name.place,
                                  "two columns are named `%s`", columns->list[i].name.text);
        }
        TG_TRY(check_header_roles(columns, i, reterr));
    }
    return TG_OK;
}

/* Keys first, then values, then headers, each in the order they are declared. */
TG_MUST_CHECK static enum tg_code read_columns(struct tg_analyzer *analyzer,
                                               const struct tg_ast_create_source *create,
                                               const struct tg_schema **ret_schema, struct tg_error *reterr)
{
    static const enum tg_column_role order[][2] = {{TG_COLUMN_KEY, TG_COLUMN_KEY},
                                                   {TG_COLUMN_VALUE, TG_COLUMN_VALUE},
                                                   {TG_COLUMN_HEADERS, TG_COLUMN_HEADER}};
    uint32_t count = create->columns.count;
    struct tg_schema_column *declared = tg_arena_alloc_zero(analyzer->arena, count, sizeof *declared);
    struct tg_schema_column *sorted = tg_arena_alloc_zero(analyzer->arena, count, sizeof *sorted);
    for (uint32_t i = 0; i < count; i++)
        TG_TRY(read_column(analyzer, &create->columns.list[i], create->source_kind == TG_AST_SOURCE_TABLE,
                           &declared[i], reterr));
    TG_TRY(check_unique(&create->columns, reterr));
    uint32_t filled = 0;
    for (size_t group = 0; group < 3; group++)
        for (uint32_t i = 0; i < count; i++)
            if (declared[i].role == order[group][0] || declared[i].role == order[group][1])
                sorted[filled++] = declared[i];
    *ret_schema = tg_schema_new(analyzer->arena, sorted, count);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_columns(const struct tg_ast_create_source *create,
                                                const struct tg_schema *schema, struct tg_error *reterr)
{
    bool is_table = create->source_kind == TG_AST_SOURCE_TABLE;
    if (is_table && tg_schema_find_role(schema, TG_COLUMN_KEY) == TG_SCHEMA_NONE) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, create->name.place,
                         "the table %s has no PRIMARY KEY column", create->name.text);
        return tg_fail_hint(reterr, "mark the column that the record key holds: (id INT PRIMARY KEY, ...)");
    }
    if (schema->count == 0) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, create->name.place, "no columns are given for %s",
                         create->name.text);
        return tg_fail_hint(reterr, "list them: CREATE %s %s (id INT %s, name STRING) WITH (...)",
                            is_table ? "TABLE" : "STREAM", create->name.text,
                            is_table ? "PRIMARY KEY" : "KEY");
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code
read_window(const struct tg_with *with, struct tg_source_definition *definition, struct tg_error *reterr)
{
    struct tg_slice text = {0};
    if (with->given[TG_WITH_WINDOW_TYPE] == NULL) {
        if (with->given[TG_WITH_WINDOW_SIZE] == NULL)
            return TG_OK;
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, with->given[TG_WITH_WINDOW_SIZE]->name.place,
                          "'WINDOW_SIZE' is given without 'WINDOW_TYPE'");
    }
    TG_TRY(tg_with_text(with, TG_WITH_WINDOW_TYPE, &text, reterr));
    struct tg_place place = tg_with_place(with, TG_WITH_WINDOW_TYPE);
    for (int kind = TG_WINDOW_TUMBLING; kind <= TG_WINDOW_SESSION; kind++) {
        static const char *const names[] = {"", "TUMBLING", "HOPPING", "SESSION"};
        if (tg_slice_equal_nocase(text, tg_slice_text(names[kind])))
            definition->window_kind = (enum tg_window_kind)kind;
    }
    if (definition->window_kind == TG_WINDOW_NONE)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "'%.*s' is no window: WINDOW_TYPE is TUMBLING, HOPPING or SESSION",
                          TG_SLICE_FORMAT(text));
    bool has_size = with->given[TG_WITH_WINDOW_SIZE] != NULL;
    if (definition->window_kind == TG_WINDOW_SESSION && has_size)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, with->given[TG_WITH_WINDOW_SIZE]->name.place,
                          "'WINDOW_SIZE' does not fit SESSION windows, whose size varies");
    if (definition->window_kind != TG_WINDOW_SESSION && !has_size) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place, "'WINDOW_SIZE' is missing for %.*s windows",
                         TG_SLICE_FORMAT(text));
        return tg_fail_hint(reterr, "add it: WINDOW_SIZE='1 HOUR'");
    }
    if (tg_schema_find_role(definition->schema, TG_COLUMN_KEY) == TG_SCHEMA_NONE)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "a source with windows needs a key column, but %s has none", definition->name);
    return has_size ? tg_with_duration(with, TG_WITH_WINDOW_SIZE, &definition->window_size_ms, reterr)
                    : TG_OK;
}

enum tg_code tg_analyze_create_source(struct tg_analyzer *analyzer, const struct tg_ast_create_source *create,
                                      const struct tg_source_definition **ret_definition,
                                      struct tg_error *reterr)
{
    struct tg_new_name new_name = {.name = &create->name,
                                   .is_table = create->source_kind == TG_AST_SOURCE_TABLE,
                                   .or_replace = create->or_replace,
                                   .if_not_exists = create->if_not_exists};
    struct tg_with_formats defaults = {0};
    struct tg_with with;
    bool exists = false;
    *ret_definition = NULL;
    TG_TRY(tg_analyze_new_name(analyzer, &new_name, &exists, reterr));
    if (exists)
        return TG_OK;
    struct tg_source_definition *definition = tg_arena_alloc_zero(analyzer->arena, 1, sizeof *definition);
    definition->name = create->name.text;
    definition->is_table = new_name.is_table;
    definition->read_only = create->read_only;
    definition->statement = analyzer->statement;
    TG_TRY(tg_with_read(&create->properties, TG_WITH_CREATE, &with, reterr));
    if (!create->properties.given)
        with.place = create->name.place;
    if (with.given[TG_WITH_KAFKA_TOPIC] == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, with.place, "the property 'KAFKA_TOPIC' is missing for %s",
                         create->name.text);
        return tg_fail_hint(reterr, "add it: WITH (KAFKA_TOPIC='topic', VALUE_FORMAT='JSON')");
    }
    TG_TRY(tg_with_topic(analyzer, &with, create->name.text, &definition->topic_spec, reterr));
    definition->topic = definition->topic_spec.name;
    definition->topic_spec.compacted = definition->is_table;
    TG_TRY(read_columns(analyzer, create, &definition->schema, reterr));
    TG_TRY(tg_analyze_inferred(analyzer, &with, definition, reterr));
    TG_TRY(tg_with_formats(analyzer, &with, &defaults, definition, reterr));
    TG_TRY(check_columns(create, definition->schema, reterr));
    TG_TRY(tg_with_timestamp(analyzer, &with, definition, reterr));
    TG_TRY(read_window(&with, definition, reterr));
    TG_TRY(tg_with_history(&with, definition, reterr));
    *ret_definition = definition;
    return TG_OK;
}
