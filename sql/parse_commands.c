/* Statements that ask or steer: SHOW, DESCRIBE, EXPLAIN, PRINT, TERMINATE, PAUSE, RESUME, SET, DEFINE. */
#include "sql/diagnostics.h"
#include "sql/parser_internal.h"

/* ---- SHOW ---- */

struct show_rule {
    enum tg_token_kind word;
    enum tg_ast_show_kind kind;
    bool extended; /* EXTENDED may follow */
};

TG_MUST_CHECK static enum tg_code parse_show_connectors(struct tg_parser *parser, struct tg_ast_show *show)
{
    show->show_kind = TG_AST_SHOW_CONNECTORS;
    if (tg_parser_accept_quietly(parser, TG_WORD_SOURCE))
        show->connector_kind = TG_AST_CONNECTOR_SOURCE;
    else if (tg_parser_accept_quietly(parser, TG_WORD_SINK))
        show->connector_kind = TG_AST_CONNECTOR_SINK;
    return tg_parser_expect(parser, TG_WORD_CONNECTORS);
}

/* show = ("SHOW" | "LIST") ("PROPERTIES" | ["ALL"] "TOPICS" ["EXTENDED"] | "STREAMS" ["EXTENDED"] | "TABLES"
 * ["EXTENDED"] | "FUNCTIONS" | ["SOURCE" | "SINK"] "CONNECTORS" | "CONNECTOR" "PLUGINS" | "TYPES" |
 * "VARIABLES" | "QUERIES" ["EXTENDED"]) */
enum tg_code tg_parse_show(struct tg_parser *parser, struct tg_statement *statement)
{
    static const struct show_rule rules[] = {
        {TG_WORD_PROPERTIES, TG_AST_SHOW_PROPERTIES, false}, {TG_WORD_TOPICS, TG_AST_SHOW_TOPICS, true},
        {TG_WORD_STREAMS, TG_AST_SHOW_STREAMS, true},        {TG_WORD_TABLES, TG_AST_SHOW_TABLES, true},
        {TG_WORD_FUNCTIONS, TG_AST_SHOW_FUNCTIONS, false},   {TG_WORD_TYPES, TG_AST_SHOW_TYPES, false},
        {TG_WORD_VARIABLES, TG_AST_SHOW_VARIABLES, false},   {TG_WORD_QUERIES, TG_AST_SHOW_QUERIES, true},
    };
    struct tg_ast_show *show = &statement->show;
    statement->kind = TG_STATEMENT_SHOW;
    tg_parser_advance(parser);
    if (tg_parser_accept_quietly(parser, TG_WORD_ALL)) {
        show->all = true;
        show->show_kind = TG_AST_SHOW_TOPICS;
        TG_TRY(tg_parser_expect(parser, TG_WORD_TOPICS));
        show->extended = tg_parser_accept(parser, TG_WORD_EXTENDED);
        return TG_OK;
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!tg_parser_accept(parser, rules[i].word))
            continue;
        show->show_kind = rules[i].kind;
        show->extended = rules[i].extended && tg_parser_accept(parser, TG_WORD_EXTENDED);
        return TG_OK;
    }
    if (tg_parser_accept_quietly(parser, TG_WORD_CONNECTOR)) {
        show->show_kind = TG_AST_SHOW_CONNECTOR_PLUGINS;
        return tg_parser_expect(parser, TG_WORD_PLUGINS);
    }
    return parse_show_connectors(parser, show);
}

/* ---- DESCRIBE, EXPLAIN, PRINT ---- */

/* Behind a word that is no name by itself, as in DESCRIBE FUNCTION f? */
static bool name_follows(const struct tg_parser *parser)
{
    enum tg_token_kind next = tg_parser_peek(parser, 1);
    return next != TG_TOKEN_SEMICOLON && next != TG_TOKEN_END && next != TG_WORD_EXTENDED;
}

/* describe = "DESCRIBE" (name ["EXTENDED"] | ("STREAMS" | "TABLES") ["EXTENDED"] | "FUNCTION" name |
 * "CONNECTOR" name) */
enum tg_code tg_parse_describe(struct tg_parser *parser, struct tg_statement *statement)
{
    struct tg_ast_describe *describe = &statement->describe;
    statement->kind = TG_STATEMENT_DESCRIBE;
    tg_parser_advance(parser);
    if (tg_parser_accept_quietly(parser, TG_WORD_CONNECTOR)) {
        describe->describe_kind = TG_AST_DESCRIBE_CONNECTOR;
        return tg_parse_name(parser, &describe->name);
    }
    if (parser->token.kind == TG_WORD_FUNCTION && name_follows(parser)) {
        describe->describe_kind = TG_AST_DESCRIBE_FUNCTION;
        tg_parser_advance(parser);
        return tg_parse_name(parser, &describe->name);
    }
    if (tg_parser_accept_quietly(parser, TG_WORD_STREAMS)) {
        describe->describe_kind = TG_AST_DESCRIBE_STREAMS;
    } else if (tg_parser_accept_quietly(parser, TG_WORD_TABLES)) {
        describe->describe_kind = TG_AST_DESCRIBE_TABLES;
    } else {
        describe->describe_kind = TG_AST_DESCRIBE_SOURCE;
        TG_TRY(tg_parse_name(parser, &describe->name));
    }
    describe->extended = tg_parser_accept(parser, TG_WORD_EXTENDED);
    return TG_OK;
}

/* At the id of a query, and not at a statement that begins with a word that is not reserved? */
static bool at_query_id(const struct tg_parser *parser)
{
    enum tg_token_kind next = tg_parser_peek(parser, 1);
    return tg_parser_at_name(parser) && (next == TG_TOKEN_SEMICOLON || next == TG_TOKEN_END);
}

/* explain = "EXPLAIN" (statement | name) */
enum tg_code tg_parse_explain(struct tg_parser *parser, struct tg_statement *statement)
{
    struct tg_ast_explain *explain = &statement->explain;
    statement->kind = TG_STATEMENT_EXPLAIN;
    tg_parser_advance(parser);
    if (at_query_id(parser))
        return tg_parse_name(parser, &explain->query_id);
    struct tg_statement *explained = tg_arena_alloc_zero(parser->arena, 1, sizeof *explained);
    TG_TRY(tg_parser_enter(parser));
    TG_TRY(tg_parse_statement(parser, explained));
    tg_parser_leave(parser);
    explain->statement = explained;
    return TG_OK;
}

/* print = "PRINT" name_or_string ["FROM" "BEGINNING"] [("INTERVAL" | "SAMPLE") count] ["LIMIT" count] */
enum tg_code tg_parse_print(struct tg_parser *parser, struct tg_statement *statement)
{
    struct tg_ast_print *print = &statement->print;
    struct tg_place place;
    statement->kind = TG_STATEMENT_PRINT;
    tg_parser_advance(parser);
    TG_TRY(tg_parse_name_or_string(parser, &print->topic));
    if (tg_parser_accept(parser, TG_WORD_FROM)) {
        TG_TRY(tg_parser_expect(parser, TG_WORD_BEGINNING));
        print->from_beginning = true;
    }
    if (tg_parser_accept(parser, TG_WORD_INTERVAL) || tg_parser_accept_quietly(parser, TG_WORD_SAMPLE)) {
        TG_TRY(tg_parse_count(parser, &print->interval, &place));
        print->has_interval = true;
    }
    if (tg_parser_accept(parser, TG_WORD_LIMIT)) {
        TG_TRY(tg_parse_count(parser, &print->limit, &place));
        print->has_limit = true;
    }
    return TG_OK;
}

/* query_control = ("TERMINATE" | "PAUSE" | "RESUME") ("ALL" | name) */
enum tg_code tg_parse_query_control(struct tg_parser *parser, struct tg_statement *statement)
{
    statement->kind = parser->token.kind == TG_WORD_PAUSE    ? TG_STATEMENT_PAUSE
                      : parser->token.kind == TG_WORD_RESUME ? TG_STATEMENT_RESUME
                                                             : TG_STATEMENT_TERMINATE;
    tg_parser_advance(parser);
    statement->query_control.all = tg_parser_accept(parser, TG_WORD_ALL);
    return statement->query_control.all ? TG_OK : tg_parse_name(parser, &statement->query_control.query_id);
}

/* ---- settings ---- */

TG_MUST_CHECK static enum tg_code parse_string_name(struct tg_parser *parser, struct tg_ast_name *ret_name)
{
    struct tg_slice text;
    TG_TRY(tg_parse_string(parser, &text, &ret_name->place));
    ret_name->text = tg_arena_text(parser->arena, text);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code parse_setting_value(struct tg_parser *parser,
                                                      struct tg_ast_setting *setting)
{
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_EQUAL));
    if (tg_parser_at_number(parser) || parser->token.kind == TG_WORD_TRUE ||
        parser->token.kind == TG_WORD_FALSE)
        parser->hint = "the value is written in single quotes, whatever it is: '100'";
    return tg_parse_string(parser, &setting->value, &setting->value_place);
}

/* set = "SET" STRING "=" STRING */
enum tg_code tg_parse_set(struct tg_parser *parser, struct tg_statement *statement)
{
    statement->kind = parser->token.kind == TG_WORD_SYSTEM ? TG_STATEMENT_ALTER_SYSTEM : TG_STATEMENT_SET;
    tg_parser_advance(parser);
    TG_TRY(parse_string_name(parser, &statement->setting.name));
    return parse_setting_value(parser, &statement->setting);
}

/* unset = "UNSET" STRING */
enum tg_code tg_parse_unset(struct tg_parser *parser, struct tg_statement *statement)
{
    statement->kind = TG_STATEMENT_UNSET;
    tg_parser_advance(parser);
    return parse_string_name(parser, &statement->setting.name);
}

/* define = "DEFINE" name "=" STRING */
enum tg_code tg_parse_define(struct tg_parser *parser, struct tg_statement *statement)
{
    struct tg_ast_setting *setting = &statement->setting;
    statement->kind = TG_STATEMENT_DEFINE;
    tg_parser_advance(parser);
    TG_TRY(tg_parse_name(parser, &setting->name));
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_EQUAL));
    parser->hint = "the value of a variable is written in single quotes, whatever it is";
    if (!tg_parser_is(parser, TG_TOKEN_STRING))
        return tg_parse_string(parser, &setting->value, &setting->value_place);
    /* Defined before the next token is read: that may already use it. */
    if (parser->options->variables != NULL)
        tg_variables_define(parser->options->variables, tg_slice_text(setting->name.text),
                            parser->token.text);
    return tg_parse_string(parser, &setting->value, &setting->value_place);
}

/* undefine = "UNDEFINE" name */
enum tg_code tg_parse_undefine(struct tg_parser *parser, struct tg_statement *statement)
{
    struct tg_ast_name *name = &statement->setting.name;
    struct tg_variables *variables = parser->options->variables;
    statement->kind = TG_STATEMENT_UNDEFINE;
    tg_parser_advance(parser);
    TG_TRY(tg_parse_name(parser, name));
    if (variables == NULL || tg_variables_undefine(variables, tg_slice_text(name->text)))
        return TG_OK;
    tg_parser_fail(parser, TG_CODE_UNKNOWN_NAME, name->place, "variable %s is not defined", name->text);
    const char *closest = tg_variables_closest(variables, name->text);
    if (closest != NULL)
        tg_fail_hint(parser->reterr, "did you mean %s?", closest);
    return TG_CODE_UNKNOWN_NAME;
}

/* run_script = "RUN" "SCRIPT" STRING -- in test scripts only */
enum tg_code tg_parse_run_script(struct tg_parser *parser, struct tg_statement *statement)
{
    statement->kind = TG_STATEMENT_RUN_SCRIPT;
    tg_parser_advance(parser);
    TG_TRY(tg_parser_expect(parser, TG_WORD_SCRIPT));
    return parse_string_name(parser, &statement->setting.name);
}
