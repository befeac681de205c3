/* Literals, counts and WITH (...). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "sql/diagnostics.h"
#include "sql/parser_internal.h"

static bool is_number_kind(enum tg_token_kind kind)
{
    return kind == TG_TOKEN_INTEGER || kind == TG_TOKEN_DECIMAL || kind == TG_TOKEN_DOUBLE;
}

bool tg_parser_at_number(const struct tg_parser *parser)
{
    return is_number_kind(parser->token.kind) ||
           (parser->token.kind == TG_TOKEN_MINUS && is_number_kind(tg_parser_peek(parser, 1)));
}

/* Digits with an optional '-'; false if the number does not fit. */
static bool read_integer(struct tg_slice text, int64_t *ret_value)
{
    int64_t value = 0;
    bool negative = text.data[0] == '-';
    for (size_t i = negative; i < text.length; i++) {
        int64_t digit = negative ? '0' - text.data[i] : text.data[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

/* Precise, without regard to the locale's decimal point as the program never sets one. */
static bool read_double(struct tg_parser *parser, struct tg_slice text, double *ret_value)
{
    *ret_value = strtod(tg_arena_text(parser->arena, text), NULL);
    return isfinite(*ret_value);
}

/* number = ["-"] (INTEGER_VALUE | DECIMAL_VALUE | DOUBLE_VALUE) */
TG_MUST_CHECK static enum tg_code parse_number(struct tg_parser *parser, struct tg_ast_expr *node)
{
    uint32_t start = parser->token.place.offset;
    bool negative = tg_parser_accept_quietly(parser, TG_TOKEN_MINUS);
    struct tg_token token = parser->token;
    tg_parser_advance(parser);

    node->text = token.text;
    if (negative && token.text.data[0] == '-') /* a variable with a negative value behind a minus */
        node->text = tg_slice_of(token.text.data + 1, token.text.length - 1);
    else if (negative)
        node->text = tg_slice_text(tg_arena_printf(parser->arena, "-%.*s", TG_SLICE_FORMAT(token.text)));
    node->place =
        (struct tg_place){.offset = start, .length = token.place.offset + token.place.length - start};

    int shown = node->text.length > 60 ? 60 : (int)node->text.length;
    if (token.kind == TG_TOKEN_INTEGER) {
        node->kind = TG_AST_INTEGER;
        if (read_integer(node->text, &node->integer))
            return TG_OK;
        tg_parser_fail(parser, TG_CODE_SYNTAX, node->place, "the integer %.*s does not fit BIGINT", shown,
                       (const char *)node->text.data);
        tg_fail_hint(parser->reterr, "with a decimal point behind it, it is a DECIMAL");
        return TG_CODE_SYNTAX;
    }
    if (token.kind == TG_TOKEN_DOUBLE) {
        node->kind = TG_AST_DOUBLE;
        if (read_double(parser, node->text, &node->real))
            return TG_OK;
        return tg_parser_fail(parser, TG_CODE_SYNTAX, node->place, "the number %.*s is too large for DOUBLE",
                              shown, (const char *)node->text.data);
    }
    node->kind = TG_AST_DECIMAL;
    return TG_OK;
}

/* literal = number | STRING | "TRUE" | "FALSE" | "NULL" */
enum tg_code tg_parse_literal(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    struct tg_ast_expr node = {.place = parser->token.place, .text = parser->token.text};
    if (tg_parser_at_number(parser)) {
        TG_TRY(parse_number(parser, &node));
        return tg_parser_new_expr(parser, &node, ret_expr);
    }
    if (tg_parser_accept_quietly(parser, TG_TOKEN_STRING)) {
        node.kind = TG_AST_STRING;
    } else if (tg_parser_accept_quietly(parser, TG_WORD_NULL)) {
        node.kind = TG_AST_NULL;
    } else if (parser->token.kind == TG_WORD_TRUE || parser->token.kind == TG_WORD_FALSE) {
        node.kind = TG_AST_BOOLEAN;
        node.boolean = parser->token.kind == TG_WORD_TRUE;
        tg_parser_advance(parser);
    } else {
        tg_parser_note(parser, TG_EXPECT_LITERAL);
        if (tg_parser_at_name(parser))
            parser->hint = "a string is written in single quotes: '...'";
        return tg_parser_fail_expected(parser);
    }
    return tg_parser_new_expr(parser, &node, ret_expr);
}

enum tg_code tg_parse_string(struct tg_parser *parser, struct tg_slice *ret_text, struct tg_place *ret_place)
{
    if (!tg_parser_is(parser, TG_TOKEN_STRING)) {
        if (parser->token.kind == TG_TOKEN_QUOTED_NAME || tg_parser_at_name(parser))
            parser->hint = "a string is written in single quotes: '...'";
        return tg_parser_fail_expected(parser);
    }
    *ret_text = parser->token.text;
    *ret_place = parser->token.place;
    tg_parser_advance(parser);
    return TG_OK;
}

/* count = INTEGER_VALUE */
enum tg_code tg_parse_count(struct tg_parser *parser, int64_t *ret_count, struct tg_place *ret_place)
{
    if (!tg_parser_is(parser, TG_TOKEN_INTEGER)) {
        if (parser->token.kind == TG_TOKEN_MINUS)
            parser->hint = "only a whole number from 0 on makes sense here";
        return tg_parser_fail_expected(parser);
    }
    struct tg_slice text = parser->token.text;
    *ret_place = parser->token.place;
    if (!read_integer(text, ret_count) || *ret_count < 0)
        return tg_parser_fail(parser, TG_CODE_SYNTAX, *ret_place, "the number %.*s is out of range here",
                              text.length > 60 ? 60 : (int)text.length, (const char *)text.data);
    tg_parser_advance(parser);
    return TG_OK;
}

/* property = name_or_string "=" literal */
TG_MUST_CHECK static enum tg_code parse_property(struct tg_parser *parser, struct tg_ast_property *property)
{
    TG_TRY(tg_parse_name_or_string(parser, &property->name));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_EQUAL));
    return tg_parse_literal(parser, &property->value);
}

/* with = "WITH" "(" property {"," property} ")" */
enum tg_code tg_parse_with(struct tg_parser *parser, struct tg_ast_properties *ret_properties)
{
    uint32_t start = parser->token.place.offset;
    struct tg_parser_list properties = {0};
    TG_TRY(tg_parser_expect(parser, TG_WORD_WITH));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    do {
        struct tg_ast_property *property = tg_parser_list_add(parser, &properties, sizeof *property);
        TG_TRY(parse_property(parser, property));
    } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    *ret_properties = (struct tg_ast_properties){.given = true,
                                                 .count = properties.count,
                                                 .list = (const struct tg_ast_property *)properties.items,
                                                 .place = tg_parser_place_from(parser, start)};
    return TG_OK;
}
