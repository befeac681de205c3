/* Queries. */
#include "base/text.h"
#include "sql/parser_internal.h"

/* ---- aliases without AS ---- */

/* The clauses that may come behind a source. */
static const char *clause_word(const void *context, size_t index)
{
    static const char *const words[] = {"FROM",   "WHERE", "WINDOW", "GROUP",  "PARTITION",
                                        "HAVING", "EMIT",  "LIMIT",  "JOIN",   "INNER",
                                        "LEFT",   "RIGHT", "WITHIN", "CHANGES"};
    (void)context;
    return index < sizeof words / sizeof words[0] ? words[index] : NULL;
}

/* At a word of other dialects, which is an ordinary name here? */
static bool is_word(const struct tg_parser *parser, const char *word)
{
    return parser->token.kind == TG_TOKEN_NAME && tg_slice_is(parser->token.text, word);
}

/* A word behind an expression or a source is its alias, unless it begins a clause: EMIT CHANGES, PARTITION
 * BY, and misspelt words such as FORM or WEHRE, which are recognised by what comes behind them. */
static bool at_alias(const struct tg_parser *parser, bool select_item)
{
    if (!tg_parser_at_name(parser))
        return false;
    enum tg_token_kind next = tg_parser_peek(parser, 1);
    if (parser->token.kind == TG_WORD_EMIT) /* never meant as an alias, even if what follows is wrong */
        return false;
    if (next == TG_WORD_BY) /* PARTITION BY, and ORDER BY, which gets a word about it */
        return false;
    if ((is_word(parser, "UNION") && (next == TG_WORD_SELECT || next == TG_WORD_ALL)) ||
        (is_word(parser, "USING") && next == TG_TOKEN_LEFT_PAREN))
        return false;
    if (parser->token.kind != TG_TOKEN_NAME || parser->token.text.length > 64)
        return true;
    bool follows = select_item ? next == TG_TOKEN_COMMA || next == TG_WORD_FROM
                               : next == TG_TOKEN_SEMICOLON || next == TG_TOKEN_END ||
                                     next == TG_WORD_PARTITION || next == TG_WORD_EMIT ||
                                     (tg_token_is_word(next) && tg_keyword_use(next) != TG_KEYWORD_FREE);
    return follows || tg_closest(tg_arena_text(parser->arena, parser->token.text), clause_word, NULL) == NULL;
}

/* alias = ["AS"] name */
TG_MUST_CHECK static enum tg_code parse_alias(struct tg_parser *parser, bool select_item,
                                              struct tg_ast_name *ret_alias)
{
    bool as = tg_parser_accept_quietly(parser, TG_WORD_AS);
    if (as && tg_token_is_word(parser->token.kind) && tg_keyword_use(parser->token.kind) == TG_KEYWORD_CLAUSE)
        parser->hint = "this is a word of the language: as a name, it must be quoted, as in `FROM`";
    if (as || at_alias(parser, select_item))
        return tg_parse_name(parser, ret_alias);
    return TG_OK;
}

/* ---- SELECT ---- */

/* select_item = "*" | name "." "*" | primary "->" "*" | expression [alias] */
TG_MUST_CHECK static enum tg_code parse_select_item(struct tg_parser *parser, struct tg_ast_select_item *item)
{
    uint32_t start = parser->token.place.offset;
    item->kind = TG_AST_SELECT_ALL;
    if (tg_parser_accept_quietly(parser, TG_TOKEN_STAR)) {
        item->place = tg_parser_place_from(parser, start);
        return TG_OK;
    }
    if (tg_parser_at_name(parser) && tg_parser_peek(parser, 1) == TG_TOKEN_DOT &&
        tg_parser_peek(parser, 2) == TG_TOKEN_STAR) {
        TG_TRY(tg_parse_name(parser, &item->source));
        tg_parser_advance(parser);
        tg_parser_advance(parser);
        item->place = tg_parser_place_from(parser, start);
        return TG_OK;
    }

    item->kind = TG_AST_SELECT_EXPRESSION;
    TG_TRY(tg_parse_expr(parser, &item->expr));
    if (parser->token.kind == TG_TOKEN_ARROW && parser->star_base == start) { /* a '*' follows */
        tg_parser_advance(parser);
        TG_TRY(tg_parser_expect(parser, TG_TOKEN_STAR));
        item->kind = TG_AST_SELECT_STRUCT_ALL;
    } else {
        TG_TRY(parse_alias(parser, true, &item->alias));
        if (item->alias.text != NULL && strcmp(item->alias.text, "OVER") == 0 &&
            parser->token.kind == TG_TOKEN_LEFT_PAREN)
            parser->hint =
                "there is no OVER: aggregates run over groups, GROUP BY with WINDOW for groups in time";
    }
    item->place = tg_parser_place_from(parser, start);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code parse_select_items(struct tg_parser *parser, struct tg_ast_query *query)
{
    struct tg_parser_list items = {0};
    TG_TRY(tg_parser_expect(parser, TG_WORD_SELECT));
    do {
        if (items.count > 0 && parser->token.kind == TG_WORD_FROM)
            parser->hint = "the ',' before it is too many";
        struct tg_ast_select_item *item = tg_parser_list_add(parser, &items, sizeof *item);
        TG_TRY(parse_select_item(parser, item));
    } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    if (parser->token.kind == TG_TOKEN_SEMICOLON || parser->token.kind == TG_TOKEN_END)
        parser->hint = "a query reads a stream or table: SELECT ... FROM name";
    query->items = (const struct tg_ast_select_item *)items.items;
    query->item_count = items.count;
    return TG_OK;
}

/* ---- FROM ---- */

/* source = name [alias] */
TG_MUST_CHECK static enum tg_code parse_relation(struct tg_parser *parser, struct tg_ast_relation *relation)
{
    if (parser->token.kind == TG_TOKEN_LEFT_PAREN)
        parser->hint =
            "there are no queries inside queries: make a stream of the inner one with CREATE STREAM ... AS";
    else if (parser->token.kind == TG_TOKEN_STRING)
        parser->hint = "the name of a stream or table stands here, without quotes";
    TG_TRY(tg_parse_name(parser, &relation->source));
    if (parser->token.kind == TG_TOKEN_LEFT_PAREN)
        parser->hint = "no function can stand here: table functions such as EXPLODE are items of SELECT";
    else if (parser->token.kind == TG_TOKEN_COMMA)
        parser->hint = "sources are combined with JOIN ... ON";
    return parse_alias(parser, false, &relation->alias);
}

/* At a join? The first word is enough, as all of these are reserved. */
static bool at_join(struct tg_parser *parser)
{
    enum tg_token_kind kind = parser->token.kind;
    return tg_parser_is(parser, TG_WORD_JOIN) || kind == TG_WORD_INNER || kind == TG_WORD_LEFT ||
           kind == TG_WORD_RIGHT || kind == TG_WORD_FULL;
}

/* join = ["INNER" | ("LEFT" | "RIGHT" | "FULL") ["OUTER"]] "JOIN" source [within] "ON" expression */
TG_MUST_CHECK static enum tg_code parse_join(struct tg_parser *parser, struct tg_ast_join *join)
{
    uint32_t start = parser->token.place.offset;
    join->kind = TG_AST_JOIN_INNER;
    if (!tg_parser_accept_quietly(parser, TG_WORD_INNER)) {
        if (tg_parser_accept_quietly(parser, TG_WORD_LEFT))
            join->kind = TG_AST_JOIN_LEFT;
        else if (tg_parser_accept_quietly(parser, TG_WORD_RIGHT))
            join->kind = TG_AST_JOIN_RIGHT;
        else if (tg_parser_accept_quietly(parser, TG_WORD_FULL))
            join->kind = TG_AST_JOIN_FULL;
        if (join->kind != TG_AST_JOIN_INNER)
            tg_parser_accept(parser, TG_WORD_OUTER);
    }
    TG_TRY(tg_parser_expect(parser, TG_WORD_JOIN));
    TG_TRY(parse_relation(parser, &join->right));
    if (tg_parser_is(parser, TG_WORD_WITHIN))
        TG_TRY(tg_parse_within(parser, join));
    TG_TRY(tg_parser_expect(parser, TG_WORD_ON));
    TG_TRY(tg_parse_expr(parser, &join->on));
    if (parser->token.kind == TG_WORD_WITHIN)
        parser->hint = "WITHIN stands before ON";
    join->place = tg_parser_place_from(parser, start);
    return TG_OK;
}

/* from = "FROM" source {join} */
TG_MUST_CHECK static enum tg_code parse_from(struct tg_parser *parser, struct tg_ast_query *query)
{
    struct tg_parser_list joins = {0};
    TG_TRY(tg_parser_expect(parser, TG_WORD_FROM));
    TG_TRY(parse_relation(parser, &query->from));
    while (at_join(parser)) {
        struct tg_ast_join *join = tg_parser_list_add(parser, &joins, sizeof *join);
        TG_TRY(parse_join(parser, join));
    }
    query->joins = (const struct tg_ast_join *)joins.items;
    query->join_count = joins.count;
    return TG_OK;
}

/* ---- GROUP BY and PARTITION BY ---- */

/* Does the parenthesis at hand enclose the whole list, as in GROUP BY (a, b)? In GROUP BY (a + b) * c it does
 * not. */
static bool parens_enclose_list(const struct tg_parser *parser)
{
    struct tg_lexer lexer = parser->lexer;
    struct tg_token token;
    uint32_t open = 1;
    while (open > 0) {
        if (tg_lexer_next(&lexer, &token, NULL) != TG_OK || token.kind == TG_TOKEN_END ||
            token.kind == TG_TOKEN_SEMICOLON)
            return false;
        if (token.kind == TG_TOKEN_LEFT_PAREN)
            open++;
        else if (token.kind == TG_TOKEN_RIGHT_PAREN)
            open--;
    }
    if (tg_lexer_next(&lexer, &token, NULL) != TG_OK)
        return false;
    return token.kind == TG_TOKEN_SEMICOLON || token.kind == TG_TOKEN_END ||
           token.kind == TG_TOKEN_RIGHT_PAREN || token.kind == TG_WORD_PARTITION ||
           token.kind == TG_WORD_HAVING || token.kind == TG_WORD_EMIT || token.kind == TG_WORD_LIMIT;
}

/* by = value {"," value} | "(" [expression {"," expression}] ")" */
TG_MUST_CHECK static enum tg_code parse_by(struct tg_parser *parser, struct tg_ast_expr_list *ret_list)
{
    struct tg_parser_list values = {0};
    TG_TRY(tg_parser_expect(parser, TG_WORD_BY));
    uint32_t start = parser->token.place.offset;
    bool in_parens = parser->token.kind == TG_TOKEN_LEFT_PAREN && parens_enclose_list(parser);
    if (in_parens)
        tg_parser_advance(parser);
    if (!in_parens || !tg_parser_is(parser, TG_TOKEN_RIGHT_PAREN)) {
        do {
            const struct tg_ast_expr *value;
            TG_TRY(in_parens ? tg_parse_expr(parser, &value) : tg_parse_value(parser, &value));
            const struct tg_ast_expr **slot = tg_parser_list_add(parser, &values, sizeof(void *));
            *slot = value;
        } while (tg_parser_accept(parser, TG_TOKEN_COMMA));
    }
    if (in_parens)
        TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    else if (parser->token.kind == TG_WORD_AND || parser->token.kind == TG_WORD_OR ||
             parser->token.kind == TG_TOKEN_EQUAL)
        parser->hint = "separate what is grouped by with ','; a condition must stand in parentheses";
    *ret_list = (struct tg_ast_expr_list){.given = true,
                                          .count = values.count,
                                          .list = (const struct tg_ast_expr *const *)values.items,
                                          .place = tg_parser_place_from(parser, start)};
    return TG_OK;
}

/* ---- the query ---- */

/* emit = "EMIT" ("CHANGES" | "FINAL" | "COMPLETE") */
TG_MUST_CHECK static enum tg_code parse_emit(struct tg_parser *parser, struct tg_ast_query *query)
{
    uint32_t start = parser->token.place.offset;
    if (!tg_parser_accept(parser, TG_WORD_EMIT))
        return TG_OK;
    if (tg_parser_accept(parser, TG_WORD_CHANGES)) {
        query->emit = TG_AST_EMIT_CHANGES;
    } else if (tg_parser_accept(parser, TG_WORD_FINAL)) {
        query->emit = TG_AST_EMIT_FINAL;
    } else {
        TG_TRY(tg_parser_expect(parser, TG_WORD_COMPLETE));
        query->emit = TG_AST_EMIT_COMPLETE;
    }
    query->emit_place = tg_parser_place_from(parser, start);
    return TG_OK;
}

/* limit = "LIMIT" count */
TG_MUST_CHECK static enum tg_code parse_limit(struct tg_parser *parser, struct tg_ast_query *query)
{
    uint32_t start = parser->token.place.offset;
    struct tg_place place;
    if (!tg_parser_accept(parser, TG_WORD_LIMIT))
        return TG_OK;
    TG_TRY(tg_parse_count(parser, &query->limit, &place));
    query->has_limit = true;
    query->limit_place = tg_parser_place_from(parser, start);
    return TG_OK;
}

/* The order of clauses is fixed; a clause that comes too late gets a word about it. */
static void hint_clause_order(struct tg_parser *parser)
{
    enum tg_token_kind kind = parser->token.kind;
    if (kind == TG_WORD_WINDOW || kind == TG_WORD_WHERE || kind == TG_WORD_GROUP ||
        kind == TG_WORD_PARTITION || kind == TG_WORD_HAVING || kind == TG_WORD_EMIT)
        parser->hint = "the clauses come in this order: FROM, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, "
                       "EMIT, LIMIT";
    else if (is_word(parser, "UNION"))
        parser->hint = "several queries can write into one stream: INSERT INTO ... SELECT";
    else if (is_word(parser, "ORDER"))
        parser->hint = "rows of a stream have no order to ask for: ORDER BY is not part of the language";
}

TG_MUST_CHECK static enum tg_code parse_clauses(struct tg_parser *parser, struct tg_ast_query *query)
{
    if (tg_parser_is(parser, TG_WORD_WINDOW))
        TG_TRY(tg_parse_window(parser, &query->window));
    if (tg_parser_accept(parser, TG_WORD_WHERE))
        TG_TRY(tg_parse_expr(parser, &query->where));
    if (tg_parser_accept(parser, TG_WORD_GROUP))
        TG_TRY(parse_by(parser, &query->group_by));
    if (tg_parser_accept(parser, TG_WORD_PARTITION))
        TG_TRY(parse_by(parser, &query->partition_by));
    if (tg_parser_accept(parser, TG_WORD_HAVING))
        TG_TRY(tg_parse_expr(parser, &query->having));
    TG_TRY(parse_emit(parser, query));
    TG_TRY(parse_limit(parser, query));
    if (parser->hint == NULL)
        hint_clause_order(parser);
    return TG_OK;
}

/* query = "SELECT" select_item {"," select_item} from [window] ["WHERE" expression] ["GROUP" "BY" by]
 *         ["PARTITION" "BY" by] ["HAVING" expression] [emit] [limit] */
enum tg_code tg_parse_query(struct tg_parser *parser, const struct tg_ast_query **ret_query)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_query *query = tg_arena_alloc_zero(parser->arena, 1, sizeof *query);
    TG_TRY(parse_select_items(parser, query));
    TG_TRY(parse_from(parser, query));
    TG_TRY(parse_clauses(parser, query));
    query->place = tg_parser_place_from(parser, start);
    *ret_query = query;
    return TG_OK;
}

enum tg_code tg_parse_query_statement(struct tg_parser *parser, struct tg_statement *statement)
{
    statement->kind = TG_STATEMENT_QUERY;
    return tg_parse_query(parser, &statement->query);
}
