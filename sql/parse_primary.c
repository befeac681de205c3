/* What stands between operators: literals, names, calls, constructors, CASE, CAST, parentheses. */
#include "sql/parser_internal.h"

static const struct tg_ast_expr *const *argument_array(const struct tg_parser_list *list)
{
    return (const struct tg_ast_expr *const *)list->items;
}

static void add_argument(struct tg_parser *parser, struct tg_parser_list *list,
                         const struct tg_ast_expr *argument)
{
    const struct tg_ast_expr **slot = tg_parser_list_add(parser, list, sizeof(void *));
    *slot = argument;
}

/* Makes a node of `list`, from `start` to here. */
TG_MUST_CHECK static enum tg_code finish(struct tg_parser *parser, struct tg_ast_expr *node, uint32_t start,
                                         const struct tg_parser_list *list,
                                         const struct tg_ast_expr **ret_expr)
{
    node->place = tg_parser_place_from(parser, start);
    node->argument_count = list->count;
    node->arguments = argument_array(list);
    return tg_parser_new_expr(parser, node, ret_expr);
}

/* expressions = expression {"," expression} */
TG_MUST_CHECK static enum tg_code parse_expressions(struct tg_parser *parser, struct tg_parser_list *list)
{
    do {
        const struct tg_ast_expr *element;
        TG_TRY(tg_parse_expr(parser, &element));
        add_argument(parser, list, element);
    } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    return TG_OK;
}

/* ---- constructors ---- */

/* array = "ARRAY" "[" [expressions] "]" */
TG_MUST_CHECK static enum tg_code parse_array(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_expr node = {.kind = TG_AST_ARRAY};
    struct tg_parser_list elements = {0};
    tg_parser_advance(parser);
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_BRACKET));
    if (!tg_parser_is(parser, TG_TOKEN_RIGHT_BRACKET))
        TG_TRY(parse_expressions(parser, &elements));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_BRACKET));
    return finish(parser, &node, start, &elements, ret_expr);
}

/* map = "MAP" "(" [expression ":=" expression {"," expression ":=" expression}] ")" */
TG_MUST_CHECK static enum tg_code parse_map(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_expr node = {.kind = TG_AST_MAP};
    struct tg_parser_list entries = {0};
    tg_parser_advance(parser);
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    if (!tg_parser_is(parser, TG_TOKEN_RIGHT_PAREN)) {
        do {
            const struct tg_ast_expr *key;
            const struct tg_ast_expr *value;
            TG_TRY(tg_parse_expr(parser, &key));
            parser->hint = "an entry of a map is written key := value";
            TG_TRY(tg_parser_expect(parser, TG_TOKEN_ASSIGN));
            TG_TRY(tg_parse_expr(parser, &value));
            add_argument(parser, &entries, key);
            add_argument(parser, &entries, value);
        } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    }
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    return finish(parser, &node, start, &entries, ret_expr);
}

/* struct = "STRUCT" "(" [name ":=" expression {"," name ":=" expression}] ")" */
TG_MUST_CHECK static enum tg_code parse_struct(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_expr node = {.kind = TG_AST_STRUCT};
    struct tg_parser_list names = {0};
    struct tg_parser_list values = {0};
    tg_parser_advance(parser);
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    if (!tg_parser_is(parser, TG_TOKEN_RIGHT_PAREN)) {
        do {
            struct tg_ast_name *name = tg_parser_list_add(parser, &names, sizeof *name);
            const struct tg_ast_expr *value;
            parser->hint = "a field of a struct is written name := value";
            TG_TRY(tg_parse_name(parser, name));
            parser->hint = "a field of a struct is written name := value";
            TG_TRY(tg_parser_expect(parser, TG_TOKEN_ASSIGN));
            TG_TRY(tg_parse_expr(parser, &value));
            add_argument(parser, &values, value);
        } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    }
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    node.names = (const struct tg_ast_name *)names.items;
    node.name_count = names.count;
    return finish(parser, &node, start, &values, ret_expr);
}

/* ---- CASE and CAST ---- */

/* case = "CASE" [expression] "WHEN" expression "THEN" expression {"WHEN" expression "THEN" expression}
 *        ["ELSE" expression] "END" */
TG_MUST_CHECK static enum tg_code parse_case(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_expr node = {.kind = TG_AST_CASE};
    struct tg_parser_list parts = {0};
    const struct tg_ast_expr *part;
    tg_parser_advance(parser);
    if (!tg_parser_is(parser, TG_WORD_WHEN)) {
        node.kind = TG_AST_SIMPLE_CASE;
        TG_TRY(tg_parse_expr(parser, &part));
        add_argument(parser, &parts, part);
    }
    TG_TRY(tg_parser_expect(parser, TG_WORD_WHEN));
    do {
        TG_TRY(tg_parse_expr(parser, &part));
        add_argument(parser, &parts, part);
        TG_TRY(tg_parser_expect(parser, TG_WORD_THEN));
        TG_TRY(tg_parse_expr(parser, &part));
        add_argument(parser, &parts, part);
    } while (tg_parser_accept(parser, TG_WORD_WHEN));
    if (tg_parser_accept(parser, TG_WORD_ELSE)) {
        TG_TRY(tg_parse_expr(parser, &part));
        add_argument(parser, &parts, part);
    }
    TG_TRY(tg_parser_expect(parser, TG_WORD_END));
    return finish(parser, &node, start, &parts, ret_expr);
}

/* cast = "CAST" "(" expression "AS" type ")" */
TG_MUST_CHECK static enum tg_code parse_cast(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_expr node = {.kind = TG_AST_CAST};
    struct tg_parser_list value = {0};
    tg_parser_advance(parser);
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    TG_TRY(tg_parse_expr(parser, tg_parser_list_add(parser, &value, sizeof(void *))));
    parser->hint = "a cast is written CAST(value AS type)";
    TG_TRY(tg_parser_expect(parser, TG_WORD_AS));
    TG_TRY(tg_parse_ast_type(parser, &node.type));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    return finish(parser, &node, start, &value, ret_expr);
}

/* typed_literal = ("DATE" | "TIME" | "TIMESTAMP") STRING -- the same as CAST(STRING AS type) */
TG_MUST_CHECK static enum tg_code parse_typed_literal(struct tg_parser *parser,
                                                      const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_expr node = {.kind = TG_AST_CAST};
    struct tg_parser_list value = {0};
    TG_TRY(tg_parse_ast_type(parser, &node.type));
    TG_TRY(tg_parse_literal(parser, tg_parser_list_add(parser, &value, sizeof(void *))));
    return finish(parser, &node, start, &value, ret_expr);
}

/* ---- calls ---- */

/* At "name =>" or "(name, name) =>"? */
static bool at_lambda(const struct tg_parser *parser)
{
    if (tg_parser_at_name(parser))
        return tg_parser_peek(parser, 1) == TG_TOKEN_LAMBDA_ARROW;
    if (parser->token.kind != TG_TOKEN_LEFT_PAREN)
        return false;
    struct tg_lexer lexer = parser->lexer;
    struct tg_token token;
    for (;;) {
        if (tg_lexer_next(&lexer, &token, NULL) != TG_OK)
            return false;
        bool name =
            token.kind == TG_TOKEN_NAME || token.kind == TG_TOKEN_QUOTED_NAME || tg_token_is_word(token.kind);
        if (!name || tg_lexer_next(&lexer, &token, NULL) != TG_OK)
            return false;
        if (token.kind == TG_TOKEN_RIGHT_PAREN)
            return tg_lexer_next(&lexer, &token, NULL) == TG_OK && token.kind == TG_TOKEN_LAMBDA_ARROW;
        if (token.kind != TG_TOKEN_COMMA)
            return false;
    }
}

/* lambda = (name | names_in_parens) "=>" expression */
TG_MUST_CHECK static enum tg_code parse_lambda(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_expr node = {.kind = TG_AST_LAMBDA, .name_count = 1};
    struct tg_parser_list body = {0};
    if (parser->token.kind == TG_TOKEN_LEFT_PAREN) {
        struct tg_ast_name_list names;
        TG_TRY(tg_parse_names_in_parens(parser, &names));
        node.names = names.list;
        node.name_count = names.count;
    } else {
        struct tg_ast_name *name = tg_arena_alloc_zero(parser->arena, 1, sizeof *name);
        TG_TRY(tg_parse_name(parser, name));
        node.names = name;
    }
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LAMBDA_ARROW));
    TG_TRY(tg_parse_expr(parser, tg_parser_list_add(parser, &body, sizeof(void *))));
    return finish(parser, &node, start, &body, ret_expr);
}

/* Words for units of time that cannot be columns; the others (DAY, HOUR, ...) are read as columns. */
static bool is_unit_word(enum tg_token_kind kind)
{
    static const enum tg_token_kind units[] = {
        TG_WORD_YEARS,   TG_WORD_MONTHS,  TG_WORD_DAYS,         TG_WORD_HOURS,
        TG_WORD_MINUTES, TG_WORD_SECONDS, TG_WORD_MILLISECONDS, TG_WORD_MILLISECOND,
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i] == kind)
            return true;
    }
    return false;
}

/* argument = lambda | unit | expression
 * unit = "DAYS" | "HOURS" | "MINUTES" | "SECONDS" | "MILLISECONDS" | "MILLISECOND" | "MONTHS" | "YEARS" */
TG_MUST_CHECK static enum tg_code parse_argument(struct tg_parser *parser,
                                                 const struct tg_ast_expr **ret_expr)
{
    if (at_lambda(parser))
        return parse_lambda(parser, ret_expr);
    if (!is_unit_word(parser->token.kind))
        return tg_parse_expr(parser, ret_expr);
    struct tg_ast_expr node = {.kind = TG_AST_UNIT,
                               .name = tg_keyword_text(parser->token.kind),
                               .place = parser->token.place,
                               .name_place = parser->token.place};
    tg_parser_advance(parser);
    return tg_parser_new_expr(parser, &node, ret_expr);
}

/* call = name "(" ["*" | argument {"," argument}] ")" */
TG_MUST_CHECK static enum tg_code parse_call(struct tg_parser *parser, const struct tg_ast_name *name,
                                             const struct tg_ast_expr **ret_expr)
{
    struct tg_ast_expr node = {.kind = TG_AST_CALL, .name = name->text, .name_place = name->place};
    struct tg_parser_list arguments = {0};
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    if (parser->token.kind == TG_TOKEN_STAR) {
        struct tg_ast_expr star = {.kind = TG_AST_STAR, .place = parser->token.place};
        tg_parser_advance(parser);
        TG_TRY(tg_parser_new_expr(parser, &star, tg_parser_list_add(parser, &arguments, sizeof(void *))));
    } else if (!tg_parser_is(parser, TG_TOKEN_RIGHT_PAREN)) {
        do {
            const struct tg_ast_expr *argument;
            TG_TRY(parse_argument(parser, &argument));
            add_argument(parser, &arguments, argument);
        } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    }
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    return finish(parser, &node, name->place.offset, &arguments, ret_expr);
}

/* ---- names ---- */

/* column_reference = name ["." name] */
TG_MUST_CHECK static enum tg_code parse_column(struct tg_parser *parser, const struct tg_ast_name *name,
                                               const struct tg_ast_expr **ret_expr)
{
    struct tg_ast_expr node = {.kind = TG_AST_COLUMN, .name = name->text, .name_place = name->place};
    if (tg_parser_accept_quietly(parser, TG_TOKEN_DOT)) {
        struct tg_ast_name column;
        if (parser->token.kind == TG_TOKEN_STAR)
            parser->hint = "all columns of a source can be taken only as an item of SELECT";
        TG_TRY(tg_parse_name(parser, &column));
        node.qualifier = name->text;
        node.name = column.text;
        node.name_place = column.place;
        if (parser->token.kind == TG_TOKEN_DOT)
            parser->hint = "a field of a STRUCT is reached with '->', as in a.b->c";
    }
    if (parser->token.kind == TG_TOKEN_LAMBDA_ARROW)
        parser->hint = "a lambda can stand only as an argument of a function";
    node.place = tg_parser_place_from(parser, name->place.offset);
    return tg_parser_new_expr(parser, &node, ret_expr);
}

TG_MUST_CHECK static enum tg_code parse_named(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    struct tg_ast_name name;
    enum tg_token_kind word = parser->token.kind;
    enum tg_token_kind next = tg_parser_peek(parser, 1);
    if (word == TG_WORD_ARRAY && next == TG_TOKEN_LEFT_BRACKET)
        return parse_array(parser, ret_expr);
    if (word == TG_WORD_MAP && next == TG_TOKEN_LEFT_PAREN)
        return parse_map(parser, ret_expr);
    if (word == TG_WORD_STRUCT && next == TG_TOKEN_LEFT_PAREN)
        return parse_struct(parser, ret_expr);
    if (next == TG_TOKEN_STRING &&
        (word == TG_WORD_DATE || word == TG_WORD_TIME || word == TG_WORD_TIMESTAMP))
        return parse_typed_literal(parser, ret_expr);
    TG_TRY(tg_parse_name(parser, &name));
    if (parser->token.kind == TG_TOKEN_LEFT_PAREN)
        return parse_call(parser, &name, ret_expr);
    return parse_column(parser, &name, ret_expr);
}

/* ---- primary ---- */

/* parentheses = "(" expression ")" -- the place of what is inside then includes them */
TG_MUST_CHECK static enum tg_code parse_parentheses(struct tg_parser *parser,
                                                    const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    const struct tg_ast_expr *inside;
    tg_parser_advance(parser);
    if (parser->token.kind == TG_WORD_SELECT)
        parser->hint =
            "there are no queries inside queries: make a stream of the inner one with CREATE STREAM ... AS";
    TG_TRY(tg_parse_expr(parser, &inside));
    if (parser->token.kind == TG_TOKEN_COMMA)
        parser->hint = "a list of values cannot stand here; a lambda is written (x, y) => ...";
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    struct tg_ast_expr node = *inside;
    node.place = tg_parser_place_from(parser, start);
    return tg_parser_new_expr(parser, &node, ret_expr);
}

/* atom = literal | case | cast | array | map | struct | typed_literal | call | column_reference | parentheses
 */
TG_MUST_CHECK static enum tg_code parse_atom(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    enum tg_token_kind kind = parser->token.kind;
    if (kind == TG_TOKEN_STRING || kind == TG_WORD_NULL || kind == TG_WORD_TRUE || kind == TG_WORD_FALSE ||
        tg_parser_at_number(parser))
        return tg_parse_literal(parser, ret_expr);
    if (kind == TG_WORD_CASE)
        return parse_case(parser, ret_expr);
    if (kind == TG_WORD_CAST)
        return parse_cast(parser, ret_expr);
    if (tg_parser_at_name(parser))
        return parse_named(parser, ret_expr);
    tg_parser_note(parser, TG_EXPECT_EXPRESSION);
    return kind == TG_TOKEN_LEFT_PAREN ? parse_parentheses(parser, ret_expr)
                                       : tg_parser_fail_expected(parser);
}

/* subscript = "[" value "]" */
TG_MUST_CHECK static enum tg_code parse_subscript(struct tg_parser *parser, uint32_t start,
                                                  const struct tg_ast_expr **base)
{
    const struct tg_ast_expr *arguments[2] = {*base};
    tg_parser_advance(parser);
    TG_TRY(tg_parse_value(parser, &arguments[1]));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_BRACKET));
    struct tg_ast_expr node = {.kind = TG_AST_SUBSCRIPT,
                               .place = tg_parser_place_from(parser, start),
                               .argument_count = 2,
                               .arguments = arguments};
    return tg_parser_new_expr(parser, &node, base);
}

/* field = "->" name */
TG_MUST_CHECK static enum tg_code parse_field(struct tg_parser *parser, uint32_t start,
                                              const struct tg_ast_expr **base)
{
    struct tg_ast_name name;
    tg_parser_advance(parser);
    TG_TRY(tg_parse_name(parser, &name));
    struct tg_ast_expr node = {.kind = TG_AST_FIELD,
                               .name = name.text,
                               .name_place = name.place,
                               .place = tg_parser_place_from(parser, start),
                               .argument_count = 1,
                               .arguments = base};
    return tg_parser_new_expr(parser, &node, base);
}

/* primary = atom {subscript | field} */
enum tg_code tg_parse_primary(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    const struct tg_ast_expr *base;
    TG_TRY(parse_atom(parser, &base));
    for (;;) {
        if (parser->token.kind == TG_TOKEN_LEFT_BRACKET) {
            TG_TRY(parse_subscript(parser, start, &base));
        } else if (parser->token.kind == TG_TOKEN_ARROW && tg_parser_peek(parser, 1) != TG_TOKEN_STAR) {
            TG_TRY(parse_field(parser, start, &base));
        } else {
            if (parser->token.kind == TG_TOKEN_ARROW) { /* for the item of SELECT, if this is all of it */
                parser->star_base = start;
                parser->hint = "all fields of a struct can be taken only as an item of SELECT: s->*";
            }
            break;
        }
    }
    *ret_expr = base;
    return TG_OK;
}
