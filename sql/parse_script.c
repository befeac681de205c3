/* Whole texts: statements one after the other, and the entry points of the parser. */
#include "base/text.h"
#include "sql/diagnostics.h"
#include "sql/parser_internal.h"

struct statement_rule {
    enum tg_token_kind word; /* the first of the statement */
    bool test_only;
    enum tg_code (*parse)(struct tg_parser *parser, struct tg_statement *statement);
};

static const struct statement_rule statement_rules[] = {
    {TG_WORD_ALTER, false, tg_parse_alter},
    {TG_WORD_ASSERT, false, tg_parse_assert},
    {TG_WORD_CREATE, false, tg_parse_create},
    {TG_WORD_DEFINE, false, tg_parse_define},
    {TG_WORD_DESCRIBE, false, tg_parse_describe},
    {TG_WORD_DROP, false, tg_parse_drop},
    {TG_WORD_EXPLAIN, false, tg_parse_explain},
    {TG_WORD_INSERT, false, tg_parse_insert},
    {TG_WORD_LIST, false, tg_parse_show},
    {TG_WORD_PAUSE, false, tg_parse_query_control},
    {TG_WORD_PRINT, false, tg_parse_print},
    {TG_WORD_RESUME, false, tg_parse_query_control},
    {TG_WORD_RUN, true, tg_parse_run_script},
    {TG_WORD_SELECT, false, tg_parse_query_statement},
    {TG_WORD_SET, false, tg_parse_set},
    {TG_WORD_SHOW, false, tg_parse_show},
    {TG_WORD_TERMINATE, false, tg_parse_query_control},
    {TG_WORD_UNDEFINE, false, tg_parse_undefine},
    {TG_WORD_UNSET, false, tg_parse_unset},
};

/* statement = query | create | insert | drop | alter | show | describe | explain | print | query_control
 *           | set | unset | define | undefine | assert | run_script */
enum tg_code tg_parse_statement(struct tg_parser *parser, struct tg_statement *statement)
{
    uint32_t start = parser->token.place.offset;
    for (size_t i = 0; i < sizeof statement_rules / sizeof statement_rules[0]; i++) {
        const struct statement_rule *rule = &statement_rules[i];
        if (rule->word != parser->token.kind || (rule->test_only && !parser->options->test_statements))
            continue;
        TG_TRY(rule->parse(parser, statement));
        statement->place = tg_parser_place_from(parser, start);
        statement->text = tg_slice_of(parser->lexer.text.data + start, statement->place.length);
        return TG_OK;
    }
    tg_parser_note(parser, TG_EXPECT_STATEMENT);
    return tg_parser_fail_expected(parser);
}

/* script = {";"} [statement {";" {";"} statement} {";"}] */
static enum tg_code parse_statements(struct tg_parser *parser, struct tg_parser_list *statements)
{
    for (;;) {
        while (tg_parser_accept_quietly(parser, TG_TOKEN_SEMICOLON))
            ;
        if (parser->token.kind == TG_TOKEN_END)
            return TG_OK;
        struct tg_statement *statement = tg_arena_alloc_zero(parser->arena, 1, sizeof *statement);
        TG_TRY(tg_parse_statement(parser, statement));
        if (!tg_parser_is(parser, TG_TOKEN_SEMICOLON) && parser->token.kind != TG_TOKEN_END)
            return tg_parser_fail_expected(parser);
        const struct tg_statement **slot = tg_parser_list_add(parser, statements, sizeof(void *));
        *slot = statement;
    }
}

/* ---- entry points ---- */

static const struct tg_parse_options no_options = {0};

static enum tg_code check_text(struct tg_slice text, struct tg_error *reterr)
{
    if (text.length > TG_SQL_TEXT_BYTES_MAX)
        return tg_fail(reterr, TG_CODE_LIMIT, "the text has %zu bytes; at most %d are allowed", text.length,
                       TG_SQL_TEXT_BYTES_MAX);
    size_t valid = tg_utf8_valid_prefix(text);
    const uint8_t *nul = text.length == 0 ? NULL : memchr(text.data, 0, valid);
    if (nul == NULL && valid == text.length)
        return TG_OK;

    size_t offset = nul != NULL ? (size_t)(nul - text.data) : valid;
    struct tg_place place = {.offset = (uint32_t)offset, .length = 1};
    if (nul != NULL)
        tg_fail_at(reterr, TG_CODE_SYNTAX, place, "the text holds a zero byte");
    else
        tg_fail_at(reterr, TG_CODE_SYNTAX, place, "the text is not UTF-8: byte 0x%02X", text.data[offset]);
    tg_fail_hint(reterr, "SQL must be plain text in UTF-8");
    tg_error_locate(reterr, text);
    return TG_CODE_SYNTAX;
}

/* Checks and copies the text and reads the first token. */
static enum tg_code start(struct tg_parser *parser, struct tg_slice text)
{
    TG_TRY(check_text(text, parser->reterr));
    parser->lexer.arena = parser->arena;
    parser->lexer.text = tg_arena_copy(parser->arena, text);
    parser->lexer.variables = parser->options->variables;
    if (text.length >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0) /* a byte order mark */
        parser->lexer.offset = 3;
    parser->end_offset = (uint32_t)parser->lexer.offset;
    tg_parser_start(parser);
    return TG_OK;
}

static enum tg_code expect_end(struct tg_parser *parser)
{
    return tg_parser_is(parser, TG_TOKEN_END) ? TG_OK : tg_parser_fail_expected(parser);
}

enum tg_code tg_parse(struct tg_arena *arena, struct tg_slice text, const struct tg_parse_options *options,
                      struct tg_script *ret_script, struct tg_error *reterr)
{
    struct tg_error unwanted;
    struct tg_parser parser = {.arena = arena,
                               .options = options == NULL ? &no_options : options,
                               .reterr = reterr == NULL ? &unwanted : reterr};
    *ret_script = (struct tg_script){0};
    TG_TRY(start(&parser, text));
    struct tg_parser_list statements = {0};
    enum tg_code code = parse_statements(&parser, &statements);
    *ret_script = (struct tg_script){.statement_count = statements.count,
                                     .directive_count = parser.directives.count,
                                     .statements = (const struct tg_statement *const *)statements.items,
                                     .directives = (const struct tg_directive *)parser.directives.items,
                                     .text = parser.lexer.text};
    return code;
}

enum tg_code tg_parse_expression(struct tg_arena *arena, struct tg_slice text,
                                 const struct tg_ast_expr **ret_expr, struct tg_error *reterr)
{
    struct tg_error unwanted;
    struct tg_parser parser = {
        .arena = arena, .options = &no_options, .reterr = reterr == NULL ? &unwanted : reterr};
    TG_TRY(start(&parser, text));
    TG_TRY(tg_parse_expr(&parser, ret_expr));
    return expect_end(&parser);
}

enum tg_code tg_parse_type(struct tg_arena *arena, struct tg_slice text, const struct tg_ast_type **ret_type,
                           struct tg_error *reterr)
{
    struct tg_error unwanted;
    struct tg_parser parser = {
        .arena = arena, .options = &no_options, .reterr = reterr == NULL ? &unwanted : reterr};
    TG_TRY(start(&parser, text));
    TG_TRY(tg_parse_ast_type(&parser, ret_type));
    return expect_end(&parser);
}

enum tg_code tg_parse_columns(struct tg_arena *arena, struct tg_slice text,
                              struct tg_ast_column_list *ret_columns, struct tg_error *reterr)
{
    struct tg_error unwanted;
    struct tg_parser parser = {
        .arena = arena, .options = &no_options, .reterr = reterr == NULL ? &unwanted : reterr};
    TG_TRY(start(&parser, text));
    TG_TRY(tg_parse_column_items(&parser, ret_columns));
    return expect_end(&parser);
}
