/* Types and the columns of CREATE and ALTER. */
#include "sql/parser_internal.h"

TG_MUST_CHECK static enum tg_code parse_decimal_number(struct tg_parser *parser, int64_t *ret_number)
{
    struct tg_place place;
    TG_TRY(tg_parse_count(parser, ret_number, &place));
    if (*ret_number > UINT16_MAX)
        return tg_parser_fail(parser, TG_CODE_TYPE, place, "%lld digits are too many for a DECIMAL",
                              (long long)*ret_number);
    return TG_OK;
}

/* decimal_type = "DECIMAL" "(" count "," count ")" */
TG_MUST_CHECK static enum tg_code parse_decimal(struct tg_parser *parser, struct tg_ast_type *node)
{
    uint32_t start = parser->token.place.offset;
    int64_t precision;
    int64_t scale;
    TG_TRY(tg_parser_expect(parser, TG_WORD_DECIMAL));
    parser->hint = "a DECIMAL has a precision and a scale, as in DECIMAL(10, 2)";
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    TG_TRY(parse_decimal_number(parser, &precision));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_COMMA));
    TG_TRY(parse_decimal_number(parser, &scale));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));

    struct tg_place place = tg_parser_place_from(parser, start);
    if (precision < 1)
        return tg_parser_fail(parser, TG_CODE_TYPE, place,
                              "the precision of DECIMAL(%lld, %lld) must be 1 or more", (long long)precision,
                              (long long)scale);
    if (scale > precision)
        return tg_parser_fail(parser, TG_CODE_TYPE, place,
                              "the scale of DECIMAL(%lld, %lld) must not be larger than its precision",
                              (long long)precision, (long long)scale);
    node->kind = TG_TYPE_DECIMAL;
    node->type = tg_type_decimal(parser->arena, (uint16_t)precision, (uint16_t)scale);
    return TG_OK;
}

/* array_type = "ARRAY" "<" type ">" */
TG_MUST_CHECK static enum tg_code parse_array(struct tg_parser *parser, struct tg_ast_type *node)
{
    tg_parser_advance(parser);
    parser->hint = "an array has the type of its elements, as in ARRAY<STRING>";
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LESS));
    TG_TRY(tg_parse_ast_type(parser, &node->element));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_GREATER));
    node->kind = TG_TYPE_ARRAY;
    if (node->element->type != NULL)
        node->type = tg_type_array(parser->arena, node->element->type);
    return TG_OK;
}

/* map_type = "MAP" "<" type "," type ">" */
TG_MUST_CHECK static enum tg_code parse_map(struct tg_parser *parser, struct tg_ast_type *node)
{
    tg_parser_advance(parser);
    parser->hint = "a map has the types of its keys and values, as in MAP<STRING, INT>";
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LESS));
    TG_TRY(tg_parse_ast_type(parser, &node->key));
    parser->hint = "a map has the types of its keys and values, as in MAP<STRING, INT>";
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_COMMA));
    TG_TRY(tg_parse_ast_type(parser, &node->element));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_GREATER));
    node->kind = TG_TYPE_MAP;
    if (node->key->type != NULL && node->element->type != NULL)
        node->type = tg_type_map(parser->arena, node->key->type, node->element->type);
    return TG_OK;
}

/* The struct type itself, if no custom type occurs in it. */
static const struct tg_type *struct_of(struct tg_arena *arena, const struct tg_ast_field *fields,
                                       uint32_t count)
{
    struct tg_field *resolved = tg_arena_alloc(arena, (count + 1) * sizeof *resolved);
    for (uint32_t i = 0; i < count; i++) {
        if (fields[i].type->type == NULL)
            return NULL;
        resolved[i] = (struct tg_field){.name = fields[i].name.text, .type = fields[i].type->type};
    }
    return tg_type_struct(arena, resolved, count);
}

/* struct_type = "STRUCT" ("<" [field_type {"," field_type}] ">" | "<>")
 * field_type = name type */
TG_MUST_CHECK static enum tg_code parse_struct(struct tg_parser *parser, struct tg_ast_type *node)
{
    struct tg_parser_list fields = {0};
    tg_parser_advance(parser);
    node->kind = TG_TYPE_STRUCT;
    if (!tg_parser_accept_quietly(parser, TG_TOKEN_NOT_EQUAL)) { /* "<>": a struct without fields */
        TG_TRY(tg_parser_expect(parser, TG_TOKEN_LESS));
        if (!tg_parser_accept_quietly(parser, TG_TOKEN_GREATER)) {
            do {
                struct tg_ast_field *field = tg_parser_list_add(parser, &fields, sizeof *field);
                TG_TRY(tg_parse_name(parser, &field->name));
                TG_TRY(tg_parse_ast_type(parser, &field->type));
            } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
            TG_TRY(tg_parser_expect(parser, TG_TOKEN_GREATER));
        }
    }
    node->fields = (const struct tg_ast_field *)fields.items;
    node->field_count = fields.count;
    node->type = struct_of(parser->arena, node->fields, node->field_count);
    return TG_OK;
}

static const struct tg_type *simple_type(enum tg_type_kind kind)
{
    static const struct tg_type *const types[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_BOOLEAN] = &tg_type_boolean,     [TG_TYPE_INT] = &tg_type_int,
        [TG_TYPE_BIGINT] = &tg_type_bigint,       [TG_TYPE_DOUBLE] = &tg_type_double,
        [TG_TYPE_STRING] = &tg_type_string,       [TG_TYPE_BYTES] = &tg_type_bytes,
        [TG_TYPE_TIME] = &tg_type_time,           [TG_TYPE_DATE] = &tg_type_date,
        [TG_TYPE_TIMESTAMP] = &tg_type_timestamp,
    };
    return types[kind];
}

/* named_type = name ["(" type_parameter {"," type_parameter} ")"]
 * type_parameter = INTEGER_VALUE | "STRING"
 * -- the parameters, as in VARCHAR(255), have no meaning */
TG_MUST_CHECK static enum tg_code parse_named(struct tg_parser *parser, struct tg_ast_type *node)
{
    struct tg_ast_name name;
    TG_TRY(tg_parse_name(parser, &name));
    if (tg_parser_accept_quietly(parser, TG_TOKEN_LEFT_PAREN)) {
        do {
            parser->hint = "in parentheses, a type takes an INTEGER_VALUE or STRING; it has no effect and "
                           "can be left out";
            if (!tg_parser_accept(parser, TG_TOKEN_INTEGER))
                TG_TRY(tg_parser_expect(parser, TG_WORD_STRING));
        } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
        TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    }
    enum tg_type_kind kind;
    if (tg_type_kind_of(tg_slice_text(name.text), &kind) && simple_type(kind) != NULL) {
        node->kind = kind;
        node->type = simple_type(kind);
    } else {
        node->custom_name = name.text;
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code parse_type_without_suffix(struct tg_parser *parser,
                                                            struct tg_ast_type *node)
{
    if (parser->token.kind == TG_WORD_ARRAY)
        return parse_array(parser, node);
    if (parser->token.kind == TG_WORD_MAP)
        return parse_map(parser, node);
    if (parser->token.kind == TG_WORD_STRUCT)
        return parse_struct(parser, node);
    if (parser->token.kind == TG_WORD_DECIMAL)
        return parse_decimal(parser, node);
    if (tg_parser_at_name(parser))
        return parse_named(parser, node);
    tg_parser_note(parser, TG_EXPECT_TYPE);
    return tg_parser_fail_expected(parser);
}

/* type = (array_type | map_type | struct_type | decimal_type | named_type) {"ARRAY"} */
enum tg_code tg_parse_ast_type(struct tg_parser *parser, const struct tg_ast_type **ret_type)
{
    uint32_t start = parser->token.place.offset;
    TG_TRY(tg_parser_enter(parser));
    struct tg_ast_type *node = tg_arena_alloc_zero(parser->arena, 1, sizeof *node);
    TG_TRY(parse_type_without_suffix(parser, node));
    node->place = tg_parser_place_from(parser, start);
    uint32_t suffixes = 0;
    while (tg_parser_accept_quietly(parser, TG_WORD_ARRAY)) { /* "INT ARRAY", the old form of ARRAY<INT> */
        struct tg_ast_type *array = tg_arena_alloc_zero(parser->arena, 1, sizeof *array);
        array->kind = TG_TYPE_ARRAY;
        array->element = node;
        array->type = node->type == NULL ? NULL : tg_type_array(parser->arena, node->type);
        array->place = tg_parser_place_from(parser, start);
        node = array;
        TG_TRY(tg_parser_enter(parser));
        suffixes++;
    }
    for (; suffixes > 0; suffixes--)
        tg_parser_leave(parser);
    tg_parser_leave(parser);
    *ret_type = node;
    return TG_OK;
}

/* ---- columns ---- */

/* role = ["PRIMARY"] "KEY" | "HEADERS" | "HEADER" "(" STRING ")" */
TG_MUST_CHECK static enum tg_code parse_role(struct tg_parser *parser, struct tg_ast_column *column)
{
    uint32_t start = parser->token.place.offset;
    if (tg_parser_accept(parser, TG_WORD_PRIMARY)) {
        TG_TRY(tg_parser_expect(parser, TG_WORD_KEY));
        column->role = TG_AST_COLUMN_PRIMARY_KEY;
    } else if (tg_parser_accept(parser, TG_WORD_KEY)) {
        column->role = TG_AST_COLUMN_KEY;
    } else if (tg_parser_accept_quietly(parser, TG_WORD_HEADERS)) {
        column->role = TG_AST_COLUMN_HEADERS;
    } else if (tg_parser_accept_quietly(parser, TG_WORD_HEADER)) {
        struct tg_slice key;
        struct tg_place place;
        TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
        TG_TRY(tg_parse_string(parser, &key, &place));
        TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
        column->role = TG_AST_COLUMN_HEADER;
        column->header_key = tg_arena_text(parser->arena, key);
    } else {
        return TG_OK;
    }
    column->role_place = tg_parser_place_from(parser, start);
    return TG_OK;
}

/* columns = column {"," column}
 * column = name type [role] */
enum tg_code tg_parse_column_items(struct tg_parser *parser, struct tg_ast_column_list *ret_columns)
{
    uint32_t start = parser->token.place.offset;
    struct tg_parser_list columns = {0};
    do {
        struct tg_ast_column *column = tg_parser_list_add(parser, &columns, sizeof *column);
        TG_TRY(tg_parse_name(parser, &column->name));
        TG_TRY(tg_parse_ast_type(parser, &column->type));
        TG_TRY(parse_role(parser, column));
    } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    *ret_columns = (struct tg_ast_column_list){.given = true,
                                               .count = columns.count,
                                               .list = (const struct tg_ast_column *)columns.items,
                                               .place = tg_parser_place_from(parser, start)};
    return TG_OK;
}

/* column_list = "(" columns ")" */
enum tg_code tg_parse_column_list(struct tg_parser *parser, struct tg_ast_column_list *ret_columns)
{
    uint32_t start = parser->token.place.offset;
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    TG_TRY(tg_parse_column_items(parser, ret_columns));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    ret_columns->place = tg_parser_place_from(parser, start);
    return TG_OK;
}
