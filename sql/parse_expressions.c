/* Expressions by operator precedence. */
#include "sql/diagnostics.h"
#include "sql/parser_internal.h"

/* How tightly operators bind, loosest first. */
enum precedence {
    PRECEDENCE_NONE,
    PRECEDENCE_OR,
    PRECEDENCE_AND,
    PRECEDENCE_NOT,       /* prefix */
    PRECEDENCE_PREDICATE, /* comparisons, BETWEEN, IN, LIKE, IS: at most one */
    PRECEDENCE_CONCAT,
    PRECEDENCE_SUM,
    PRECEDENCE_PRODUCT,
    PRECEDENCE_HIGHEST,
};

struct operator_rule {
    enum tg_token_kind token;
    enum precedence precedence;
    enum tg_ast_op op; /* NONE: a predicate with a form of its own */
};

static const struct operator_rule operator_rules[] = {
    {TG_WORD_OR, PRECEDENCE_OR, TG_AST_OP_OR},
    {TG_WORD_AND, PRECEDENCE_AND, TG_AST_OP_AND},
    {TG_TOKEN_EQUAL, PRECEDENCE_PREDICATE, TG_AST_OP_EQUAL},
    {TG_TOKEN_NOT_EQUAL, PRECEDENCE_PREDICATE, TG_AST_OP_NOT_EQUAL},
    {TG_TOKEN_LESS, PRECEDENCE_PREDICATE, TG_AST_OP_LESS},
    {TG_TOKEN_LESS_EQUAL, PRECEDENCE_PREDICATE, TG_AST_OP_LESS_EQUAL},
    {TG_TOKEN_GREATER, PRECEDENCE_PREDICATE, TG_AST_OP_GREATER},
    {TG_TOKEN_GREATER_EQUAL, PRECEDENCE_PREDICATE, TG_AST_OP_GREATER_EQUAL},
    {TG_WORD_NOT, PRECEDENCE_PREDICATE, TG_AST_OP_NONE},
    {TG_WORD_BETWEEN, PRECEDENCE_PREDICATE, TG_AST_OP_NONE},
    {TG_WORD_IN, PRECEDENCE_PREDICATE, TG_AST_OP_NONE},
    {TG_WORD_LIKE, PRECEDENCE_PREDICATE, TG_AST_OP_NONE},
    {TG_WORD_IS, PRECEDENCE_PREDICATE, TG_AST_OP_NONE},
    {TG_TOKEN_CONCAT, PRECEDENCE_CONCAT, TG_AST_OP_CONCAT},
    {TG_TOKEN_PLUS, PRECEDENCE_SUM, TG_AST_OP_ADD},
    {TG_TOKEN_MINUS, PRECEDENCE_SUM, TG_AST_OP_SUBTRACT},
    {TG_TOKEN_STAR, PRECEDENCE_PRODUCT, TG_AST_OP_MULTIPLY},
    {TG_TOKEN_SLASH, PRECEDENCE_PRODUCT, TG_AST_OP_DIVIDE},
    {TG_TOKEN_PERCENT, PRECEDENCE_PRODUCT, TG_AST_OP_MODULO},
};

static const struct operator_rule *find_operator(enum tg_token_kind token)
{
    for (size_t i = 0; i < sizeof operator_rules / sizeof operator_rules[0]; i++) {
        if (operator_rules[i].token == token)
            return &operator_rules[i];
    }
    return NULL;
}

enum tg_code tg_parser_new_expr(struct tg_parser *parser, const struct tg_ast_expr *node,
                                const struct tg_ast_expr **ret_expr)
{
    struct tg_ast_expr *copy = tg_arena_alloc(parser->arena, sizeof *copy);
    *copy = *node;
    uint32_t depth = 0;
    for (uint32_t i = 0; i < node->argument_count; i++) {
        if (node->arguments[i]->depth > depth)
            depth = node->arguments[i]->depth;
    }
    if (depth >= TG_SQL_DEPTH_MAX) {
        tg_parser_fail(parser, TG_CODE_LIMIT, node->place, "the expression is more than %d operators deep",
                       TG_SQL_DEPTH_MAX);
        tg_fail_hint(parser->reterr, "a long chain of comparisons can be written with IN (...)");
        return TG_CODE_LIMIT;
    }
    copy->depth = (uint16_t)(depth + 1);
    if (node->argument_count > 0) {
        size_t size = node->argument_count * sizeof(const struct tg_ast_expr *);
        const struct tg_ast_expr **arguments = tg_arena_alloc(parser->arena, size);
        memcpy(arguments, node->arguments, size);
        copy->arguments = arguments;
    }
    *ret_expr = copy;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code parse_operators(struct tg_parser *parser, enum precedence least,
                                                  const struct tg_ast_expr **ret_expr);

static struct tg_place place_to_here(const struct tg_parser *parser, const struct tg_ast_expr *first)
{
    return tg_parser_place_from(parser, first->place.offset);
}

/* ---- predicates ---- */

/* between = ["NOT"] "BETWEEN" value "AND" value */
TG_MUST_CHECK static enum tg_code parse_between(struct tg_parser *parser, const struct tg_ast_expr *value,
                                                bool negated, const struct tg_ast_expr **ret_expr)
{
    const struct tg_ast_expr *arguments[3] = {value};
    TG_TRY(tg_parser_expect(parser, TG_WORD_BETWEEN));
    TG_TRY(parse_operators(parser, PRECEDENCE_CONCAT, &arguments[1]));
    TG_TRY(tg_parser_expect(parser, TG_WORD_AND));
    TG_TRY(parse_operators(parser, PRECEDENCE_CONCAT, &arguments[2]));
    struct tg_ast_expr node = {.kind = TG_AST_BETWEEN,
                               .negated = negated,
                               .place = place_to_here(parser, value),
                               .argument_count = 3,
                               .arguments = arguments};
    return tg_parser_new_expr(parser, &node, ret_expr);
}

/* in = ["NOT"] "IN" "(" expression {"," expression} ")" */
TG_MUST_CHECK static enum tg_code parse_in(struct tg_parser *parser, const struct tg_ast_expr *value,
                                           bool negated, const struct tg_ast_expr **ret_expr)
{
    struct tg_parser_list arguments = {0};
    const struct tg_ast_expr **slot = tg_parser_list_add(parser, &arguments, sizeof(void *));
    *slot = value;
    TG_TRY(tg_parser_expect(parser, TG_WORD_IN));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    if (parser->token.kind == TG_TOKEN_RIGHT_PAREN)
        parser->hint = "the list must hold at least one value";
    else if (parser->token.kind == TG_WORD_SELECT)
        parser->hint = "there are no queries inside queries: use a JOIN";
    do {
        const struct tg_ast_expr *element;
        TG_TRY(tg_parse_expr(parser, &element));
        slot = tg_parser_list_add(parser, &arguments, sizeof(void *));
        *slot = element;
    } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    struct tg_ast_expr node = {.kind = TG_AST_IN,
                               .negated = negated,
                               .place = place_to_here(parser, value),
                               .argument_count = arguments.count,
                               .arguments = (const struct tg_ast_expr *const *)arguments.items};
    return tg_parser_new_expr(parser, &node, ret_expr);
}

/* like = ["NOT"] "LIKE" value ["ESCAPE" STRING] */
TG_MUST_CHECK static enum tg_code parse_like(struct tg_parser *parser, const struct tg_ast_expr *value,
                                             bool negated, const struct tg_ast_expr **ret_expr)
{
    const struct tg_ast_expr *arguments[3] = {value};
    struct tg_ast_expr node = {
        .kind = TG_AST_LIKE, .negated = negated, .argument_count = 2, .arguments = arguments};
    TG_TRY(tg_parser_expect(parser, TG_WORD_LIKE));
    TG_TRY(parse_operators(parser, PRECEDENCE_CONCAT, &arguments[1]));
    if (parser->token.kind == TG_WORD_ESCAPE && tg_parser_peek(parser, 1) == TG_TOKEN_STRING) {
        tg_parser_advance(parser);
        TG_TRY(tg_parse_literal(parser, &arguments[2]));
        node.argument_count = 3;
    }
    node.place = place_to_here(parser, value);
    return tg_parser_new_expr(parser, &node, ret_expr);
}

/* is = "IS" ["NOT"] ("NULL" | "DISTINCT" "FROM" value) */
TG_MUST_CHECK static enum tg_code parse_is(struct tg_parser *parser, const struct tg_ast_expr *value,
                                           const struct tg_ast_expr **ret_expr)
{
    const struct tg_ast_expr *arguments[2] = {value};
    struct tg_ast_expr node = {.kind = TG_AST_IS_NULL, .argument_count = 1, .arguments = arguments};
    tg_parser_advance(parser);
    node.negated = tg_parser_accept(parser, TG_WORD_NOT);
    if (!tg_parser_accept(parser, TG_WORD_NULL)) {
        if (parser->token.kind == TG_WORD_TRUE || parser->token.kind == TG_WORD_FALSE)
            parser->hint = "compare with '=': x = TRUE";
        TG_TRY(tg_parser_expect(parser, TG_WORD_DISTINCT));
        TG_TRY(tg_parser_expect(parser, TG_WORD_FROM));
        TG_TRY(parse_operators(parser, PRECEDENCE_CONCAT, &arguments[1]));
        node.kind = TG_AST_IS_DISTINCT;
        node.argument_count = 2;
    }
    node.place = place_to_here(parser, value);
    return tg_parser_new_expr(parser, &node, ret_expr);
}

/* predicate = value [("=" | "<>" | "!=" | "<" | "<=" | ">" | ">=") value | between | in | like | is] */
TG_MUST_CHECK static enum tg_code parse_predicate(struct tg_parser *parser, const struct tg_ast_expr *value,
                                                  const struct tg_ast_expr **ret_expr)
{
    if (parser->token.kind == TG_WORD_IS)
        return parse_is(parser, value, ret_expr);
    bool negated = tg_parser_accept(parser, TG_WORD_NOT);
    if (tg_parser_is(parser, TG_WORD_BETWEEN))
        return parse_between(parser, value, negated, ret_expr);
    if (tg_parser_is(parser, TG_WORD_IN))
        return parse_in(parser, value, negated, ret_expr);
    if (tg_parser_is(parser, TG_WORD_LIKE))
        return parse_like(parser, value, negated, ret_expr);
    return tg_parser_fail_expected(parser);
}

/* ---- operators ---- */

/* unary = ("+" | "-") unary | primary -- a number takes the '-' before it */
TG_MUST_CHECK static enum tg_code parse_unary(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    bool minus = parser->token.kind == TG_TOKEN_MINUS;
    if ((!minus && parser->token.kind != TG_TOKEN_PLUS) || (minus && tg_parser_at_number(parser)))
        return tg_parse_primary(parser, ret_expr);

    uint32_t start = parser->token.place.offset;
    const struct tg_ast_expr *operand;
    TG_TRY(tg_parser_enter(parser));
    tg_parser_advance(parser);
    TG_TRY(parse_unary(parser, &operand));
    tg_parser_leave(parser);
    struct tg_ast_expr node = {.kind = TG_AST_UNARY,
                               .op = minus ? TG_AST_OP_NEGATE : TG_AST_OP_PLUS,
                               .place = tg_parser_place_from(parser, start),
                               .argument_count = 1,
                               .arguments = &operand};
    return tg_parser_new_expr(parser, &node, ret_expr);
}

/* not = "NOT" not | predicate */
TG_MUST_CHECK static enum tg_code parse_not(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    uint32_t start = parser->token.place.offset;
    const struct tg_ast_expr *operand;
    TG_TRY(tg_parser_enter(parser));
    tg_parser_advance(parser);
    TG_TRY(parse_operators(parser, PRECEDENCE_NOT, &operand));
    tg_parser_leave(parser);
    struct tg_ast_expr node = {.kind = TG_AST_UNARY,
                               .op = TG_AST_OP_NOT,
                               .place = tg_parser_place_from(parser, start),
                               .argument_count = 1,
                               .arguments = &operand};
    return tg_parser_new_expr(parser, &node, ret_expr);
}

TG_MUST_CHECK static enum tg_code parse_right_side(struct tg_parser *parser, const struct operator_rule *rule,
                                                   const struct tg_ast_expr *left,
                                                   const struct tg_ast_expr **ret_expr)
{
    if (rule->op == TG_AST_OP_NONE)
        return parse_predicate(parser, left, ret_expr);
    const struct tg_ast_expr *sides[2] = {left};
    tg_parser_advance(parser);
    if (rule->op == TG_AST_OP_EQUAL && parser->token.kind == TG_TOKEN_EQUAL)
        parser->hint = "equality is written with one '='";
    TG_TRY(parse_operators(parser, (enum precedence)(rule->precedence + 1), &sides[1]));
    struct tg_ast_expr node = {.kind = TG_AST_BINARY,
                               .op = rule->op,
                               .place = place_to_here(parser, left),
                               .argument_count = 2,
                               .arguments = sides};
    return tg_parser_new_expr(parser, &node, ret_expr);
}

/* or = and {"OR" and}
 * and = not {"AND" not}
 * value = sum {"||" sum}
 * sum = product {("+" | "-") product}
 * product = unary {("*" | "/" | "%") unary} */
TG_MUST_CHECK static enum tg_code parse_operators(struct tg_parser *parser, enum precedence least,
                                                  const struct tg_ast_expr **ret_expr)
{
    enum precedence most =
        PRECEDENCE_HIGHEST; /* operators that may still follow: a predicate ends the values */
    const struct tg_ast_expr *left;
    if (parser->token.kind == TG_WORD_NOT && least <= PRECEDENCE_NOT) {
        TG_TRY(parse_not(parser, &left));
        most = PRECEDENCE_AND;
    } else {
        TG_TRY(parse_unary(parser, &left));
    }
    for (;;) {
        const struct operator_rule *rule = find_operator(parser->token.kind);
        if (rule == NULL || rule->precedence < least)
            break;
        if (rule->precedence > most) {
            parser->hint = "comparisons cannot be chained: join them with AND, or use parentheses";
            break;
        }
        TG_TRY(parse_right_side(parser, rule, left, &left));
        if (rule->precedence <= PRECEDENCE_PREDICATE)
            most = rule->precedence == PRECEDENCE_PREDICATE ? PRECEDENCE_AND : rule->precedence;
    }
    *ret_expr = left;
    return TG_OK;
}

/* expression = or */
enum tg_code tg_parse_expr(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    TG_TRY(tg_parser_enter(parser));
    TG_TRY(parse_operators(parser, PRECEDENCE_OR, ret_expr));
    tg_parser_leave(parser);
    return TG_OK;
}

enum tg_code tg_parse_value(struct tg_parser *parser, const struct tg_ast_expr **ret_expr)
{
    TG_TRY(tg_parser_enter(parser));
    TG_TRY(parse_operators(parser, PRECEDENCE_CONCAT, ret_expr));
    tg_parser_leave(parser);
    return TG_OK;
}
