/* INSERT INTO ... VALUES: one record of a stream or table. */
#include "sql/scope.h"

/* The statement while it is read. */
struct insert_reader {
    struct tg_analyzer *analyzer;
    const struct tg_ast_insert_values *insert;
    const struct tg_source_definition *target;
    const struct tg_expr **values; /* per column of the target, NULL: not given */
    const struct tg_expr *rowtime;
    bool is_assert; /* ASSERT VALUES */
};

TG_MUST_CHECK static enum tg_code find_target(struct insert_reader *reader, struct tg_error *reterr)
{
    const struct tg_ast_name *name = &reader->insert->target;
    const struct tg_source_definition *target = NULL;
    TG_TRY(tg_catalog_find(reader->analyzer->catalog, name, &target, &reader->analyzer->follows, reterr));
    reader->target = target;
    if (reader->is_assert)
        return TG_OK;
    if (target->read_only)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place,
                          "the %s %s is read-only: values cannot be inserted into it",
                          target->is_table ? "table" : "stream", name->text);
    if (target->window_kind != TG_WINDOW_NONE)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place,
                          "the key of %s has a window: values cannot be inserted into it", name->text);
    return TG_OK;
}

static enum tg_code fail_header(const struct tg_ast_name *target, const struct tg_schema_column *column,
                                struct tg_place place, struct tg_error *reterr)
{
    return tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                      "values cannot be inserted into the HEADER column %s of %s", column->name,
                      target->text);
}

/* The column for value `index`; *ret_column is -1 for ROWTIME. */
TG_MUST_CHECK static enum tg_code find_column(const struct insert_reader *reader, uint32_t index,
                                              int32_t *ret_column, struct tg_error *reterr)
{
    const struct tg_ast_insert_values *insert = reader->insert;
    const struct tg_schema *schema = reader->target->schema;
    struct tg_place place = insert->values.list[index]->place;
    *ret_column = (int32_t)index;
    if (insert->columns.given) {
        const struct tg_ast_name *name = &insert->columns.list[index];
        place = name->place;
        *ret_column = tg_schema_find(schema, tg_slice_text(name->text));
        if (*ret_column == TG_SCHEMA_NONE && strcmp(name->text, "ROWTIME") == 0)
            return TG_OK;
        if (*ret_column == TG_SCHEMA_NONE && tg_name_is_reserved(name->text))
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                              "values cannot be inserted into the pseudo column %s", name->text);
        if (*ret_column == TG_SCHEMA_NONE) {
            struct tg_buffer columns = {0};
            (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, place, "%s has no column %s", insert->target.text,
                             name->text);
            for (uint32_t i = 0; i < schema->count && columns.length < 300; i++)
                tg_buffer_printf(&columns, "%s%s", i == 0 ? "" : ", ", schema->columns[i].name);
            enum tg_code code = tg_fail_hint(reterr, "its columns are %s", tg_buffer_text(&columns));
            tg_buffer_done(&columns);
            return code;
        }
    }
    const struct tg_schema_column *column = &schema->columns[*ret_column];
    if (column->role == TG_COLUMN_HEADERS || column->role == TG_COLUMN_HEADER)
        return fail_header(&insert->target, column, place, reterr);
    return TG_OK;
}

/* BYTES are written as text in base64. */
TG_MUST_CHECK static enum tg_code read_base64(const struct insert_reader *reader, const struct tg_expr *text,
                                              const struct tg_expr **ret_bytes, struct tg_error *reterr)
{
    struct tg_arena *arena = reader->analyzer->arena;
    const struct tg_expr *arguments[] = {text, tg_expr_string(arena, tg_slice_text("base64"), text->place)};
    return tg_expr_call(arena, tg_slice_text("TO_BYTES"), arguments, 2, text->place, ret_bytes, reterr);
}

TG_MUST_CHECK static enum tg_code read_value(struct insert_reader *reader, uint32_t index,
                                             struct tg_error *reterr)
{
    struct tg_scope scope = {
        .analyzer = reader->analyzer, .clause = "VALUES", .source_name = reader->target->name};
    const struct tg_expr *value = NULL;
    int32_t column = TG_SCHEMA_NONE;
    TG_TRY(find_column(reader, index, &column, reterr));
    const struct tg_expr **slot = column == TG_SCHEMA_NONE ? &reader->rowtime : &reader->values[column];
    const struct tg_type *type =
        column == TG_SCHEMA_NONE ? &tg_type_bigint : reader->target->schema->columns[column].type;
    if (*slot != NULL)
        return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, reader->insert->columns.list[index].place,
                          "the column %s is listed twice", reader->insert->columns.list[index].text);
    TG_TRY(tg_scope_expr(&scope, reader->insert->values.list[index], &value, reterr));
    if (type->kind == TG_TYPE_BYTES && value->type != NULL && value->type->kind == TG_TYPE_STRING)
        TG_TRY(read_base64(reader, value, &value, reterr));
    enum tg_code code = tg_expr_coerce(reader->analyzer->arena, value, type, slot, reterr);
    bool is_text = value->type != NULL && value->type->kind == TG_TYPE_STRING;
    if (code != TG_OK && is_text && tg_type_is_nested(type))
        (void)tg_fail_hint(reterr, type->kind == TG_TYPE_ARRAY ? "a list is written ARRAY['a', 'b']"
                                   : type->kind == TG_TYPE_MAP ? "a map is written MAP('key' := value)"
                                                               : "a struct is written STRUCT(name := value)");
    return code;
}

TG_MUST_CHECK static enum tg_code check_count(const struct insert_reader *reader, struct tg_error *reterr)
{
    const struct tg_ast_insert_values *insert = reader->insert;
    uint32_t wanted = insert->columns.given ? insert->columns.count : reader->target->schema->count;
    if (insert->values.count == wanted)
        return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, insert->values.place,
                     "%u values are given for %u columns of %s", insert->values.count, wanted,
                     insert->target.text);
    return insert->columns.given ? TG_CODE_ANALYSIS
                                 : tg_fail_hint(reterr, "name the columns: INSERT INTO %s (...) VALUES (...)",
                                                insert->target.text);
}

/* Columns that are not given are NULL; a table's primary key must be given. */
TG_MUST_CHECK static enum tg_code fill(struct insert_reader *reader, bool *given, struct tg_error *reterr)
{
    const struct tg_schema *schema = reader->target->schema;
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct tg_schema_column *column = &schema->columns[i];
        bool is_missing = reader->values[i] == NULL ||
                          (reader->values[i]->kind == TG_EXPR_LITERAL && reader->values[i]->literal.is_null);
        if (is_missing && column->role == TG_COLUMN_KEY && reader->target->is_table && !reader->is_assert)
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, reader->insert->values.place,
                              "the primary key column %s of the table %s has no value", column->name,
                              reader->target->name);
        given[i] = reader->values[i] != NULL;
        if (!given[i])
            reader->values[i] =
                tg_expr_literal(reader->analyzer->arena, column->type, (struct tg_literal){.is_null = true});
    }
    return TG_OK;
}

static enum tg_code read_record(struct insert_reader *reader, const struct tg_insert_values **ret_insert,
                                struct tg_error *reterr)
{
    struct tg_arena *arena = reader->analyzer->arena;
    TG_TRY(find_target(reader, reterr));
    uint32_t column_count = reader->target->schema->count;
    reader->values = tg_arena_alloc_zero(arena, column_count, sizeof *reader->values);
    bool *given = tg_arena_alloc_zero(arena, column_count, sizeof *given);
    TG_TRY(check_count(reader, reterr));
    for (uint32_t i = 0; i < reader->insert->values.count; i++)
        TG_TRY(read_value(reader, i, reterr));
    TG_TRY(fill(reader, given, reterr));
    struct tg_insert_values *result = tg_arena_alloc_zero(arena, 1, sizeof *result);
    *result = (struct tg_insert_values){
        .target = reader->target, .values = reader->values, .given = given, .rowtime = reader->rowtime};
    *ret_insert = result;
    return TG_OK;
}

enum tg_code tg_analyze_insert_values(struct tg_analyzer *analyzer, const struct tg_ast_insert_values *insert,
                                      const struct tg_insert_values **ret_insert, struct tg_error *reterr)
{
    struct insert_reader reader = {.analyzer = analyzer, .insert = insert};
    return read_record(&reader, ret_insert, reterr);
}

enum tg_code tg_analyze_assert_values(struct tg_analyzer *analyzer, const struct tg_ast_insert_values *values,
                                      const struct tg_insert_values **ret_values, struct tg_error *reterr)
{
    struct insert_reader reader = {.analyzer = analyzer, .insert = values, .is_assert = true};
    return read_record(&reader, ret_values, reterr);
}
