/* Spans of time: WINDOW, WITHIN, RETENTION, GRACE PERIOD, TIMEOUT. */
#include "sql/parser_internal.h"

struct unit_rule {
    enum tg_token_kind word;
    enum tg_ast_time_unit unit;
    int64_t ms;
};

static const struct unit_rule unit_rules[] = {
    {TG_WORD_MILLISECOND, TG_AST_UNIT_MILLISECONDS, 1}, {TG_WORD_MILLISECONDS, TG_AST_UNIT_MILLISECONDS, 1},
    {TG_WORD_SECOND, TG_AST_UNIT_SECONDS, 1000},        {TG_WORD_SECONDS, TG_AST_UNIT_SECONDS, 1000},
    {TG_WORD_MINUTE, TG_AST_UNIT_MINUTES, 60 * 1000},   {TG_WORD_MINUTES, TG_AST_UNIT_MINUTES, 60 * 1000},
    {TG_WORD_HOUR, TG_AST_UNIT_HOURS, 3600 * 1000},     {TG_WORD_HOURS, TG_AST_UNIT_HOURS, 3600 * 1000},
    {TG_WORD_DAY, TG_AST_UNIT_DAYS, 86400 * 1000},      {TG_WORD_DAYS, TG_AST_UNIT_DAYS, 86400 * 1000},
};

/* interval = count time_unit
 * time_unit = "DAY" | "DAYS" | "HOUR" | "HOURS" | "MINUTE" | "MINUTES" | "SECOND" | "SECONDS"
 *           | "MILLISECOND" | "MILLISECONDS" */
enum tg_code tg_parse_interval(struct tg_parser *parser, struct tg_ast_interval *ret_interval)
{
    uint32_t start = parser->token.place.offset;
    struct tg_place place;
    TG_TRY(tg_parse_count(parser, &ret_interval->amount, &place));
    for (size_t i = 0; i < sizeof unit_rules / sizeof unit_rules[0]; i++) {
        if (!tg_parser_accept_quietly(parser, unit_rules[i].word))
            continue;
        ret_interval->given = true;
        ret_interval->unit = unit_rules[i].unit;
        ret_interval->place = tg_parser_place_from(parser, start);
        if (__builtin_mul_overflow(ret_interval->amount, unit_rules[i].ms, &ret_interval->ms))
            return tg_parser_fail(parser, TG_CODE_SYNTAX, ret_interval->place,
                                  "this span of time is too long");
        return TG_OK;
    }
    tg_parser_note(parser, TG_EXPECT_TIME_UNIT);
    if (parser->token.kind == TG_WORD_MONTH || parser->token.kind == TG_WORD_MONTHS ||
        parser->token.kind == TG_WORD_YEAR || parser->token.kind == TG_WORD_YEARS)
        parser->hint = "months and years have no fixed length: give the span in DAYS";
    return tg_parser_fail_expected(parser);
}

/* within = "WITHIN" (interval | "(" interval "," interval ")") ["GRACE" "PERIOD" interval] */
enum tg_code tg_parse_within(struct tg_parser *parser, struct tg_ast_join *join)
{
    uint32_t start = parser->token.place.offset;
    TG_TRY(tg_parser_expect(parser, TG_WORD_WITHIN));
    if (tg_parser_accept(parser, TG_TOKEN_LEFT_PAREN)) {
        TG_TRY(tg_parse_interval(parser, &join->before));
        TG_TRY(tg_parser_expect(parser, TG_TOKEN_COMMA));
        TG_TRY(tg_parse_interval(parser, &join->after));
        TG_TRY(tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN));
    } else {
        TG_TRY(tg_parse_interval(parser, &join->before));
        join->after = join->before;
    }
    if (tg_parser_accept(parser, TG_WORD_GRACE)) {
        TG_TRY(tg_parser_expect(parser, TG_WORD_PERIOD));
        TG_TRY(tg_parse_interval(parser, &join->grace));
    }
    join->within_place = tg_parser_place_from(parser, start);
    return TG_OK;
}

/* window_option = "RETENTION" interval | "GRACE" "PERIOD" interval */
TG_MUST_CHECK static enum tg_code parse_window_option(struct tg_parser *parser, struct tg_ast_window *window)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_interval interval = {0};
    bool retention = tg_parser_accept(parser, TG_WORD_RETENTION);
    if (!retention) {
        TG_TRY(tg_parser_expect(parser, TG_WORD_GRACE));
        TG_TRY(tg_parser_expect(parser, TG_WORD_PERIOD));
    }
    TG_TRY(tg_parse_interval(parser, &interval));
    struct tg_ast_interval *target = retention ? &window->retention : &window->grace;
    if (target->given)
        return tg_parser_fail(parser, TG_CODE_SYNTAX, tg_parser_place_from(parser, start),
                              "%s is given twice", retention ? "RETENTION" : "GRACE PERIOD");
    *target = interval;
    return TG_OK;
}

struct window_rule {
    enum tg_token_kind word;
    enum tg_ast_window_kind kind;
    const char *example;
};

static const struct window_rule window_rules[] = {
    {TG_WORD_TUMBLING, TG_AST_WINDOW_TUMBLING, "write it as in TUMBLING (SIZE 1 HOUR)"},
    {TG_WORD_HOPPING, TG_AST_WINDOW_HOPPING, "write it as in HOPPING (SIZE 1 HOUR, ADVANCE BY 10 MINUTES)"},
    {TG_WORD_SESSION, TG_AST_WINDOW_SESSION, "write it as in SESSION (30 MINUTES)"},
};

TG_MUST_CHECK static enum tg_code parse_window_body(struct tg_parser *parser, const char *example,
                                                    struct tg_ast_window *window)
{
    parser->hint = example;
    TG_TRY(tg_parser_expect(parser, TG_TOKEN_LEFT_PAREN));
    parser->hint = example;
    if (window->kind != TG_AST_WINDOW_SESSION)
        TG_TRY(tg_parser_expect(parser, TG_WORD_SIZE));
    TG_TRY(tg_parse_interval(parser, &window->size));
    if (window->kind == TG_AST_WINDOW_HOPPING) {
        parser->hint = example;
        TG_TRY(tg_parser_expect(parser, TG_TOKEN_COMMA));
        parser->hint = example;
        TG_TRY(tg_parser_expect(parser, TG_WORD_ADVANCE));
        TG_TRY(tg_parser_expect(parser, TG_WORD_BY));
        TG_TRY(tg_parse_interval(parser, &window->advance));
    }
    while (tg_parser_accept(parser, TG_TOKEN_COMMA))
        TG_TRY(parse_window_option(parser, window));
    return tg_parser_expect(parser, TG_TOKEN_RIGHT_PAREN);
}

TG_MUST_CHECK static enum tg_code parse_window_kind(struct tg_parser *parser, struct tg_ast_window *window)
{
    for (size_t i = 0; i < sizeof window_rules / sizeof window_rules[0]; i++) {
        if (!tg_parser_accept(parser, window_rules[i].word))
            continue;
        window->kind = window_rules[i].kind;
        return parse_window_body(parser, window_rules[i].example, window);
    }
    return tg_parser_fail_expected(parser);
}

/* window = "WINDOW" [NAME] ("TUMBLING" "(" "SIZE" interval | "HOPPING" "(" "SIZE" interval "," "ADVANCE" "BY"
 * interval | "SESSION" "(" interval) {"," window_option} ")" */
enum tg_code tg_parse_window(struct tg_parser *parser, const struct tg_ast_window **ret_window)
{
    uint32_t start = parser->token.place.offset;
    struct tg_ast_window *window = tg_arena_alloc_zero(parser->arena, 1, sizeof *window);
    TG_TRY(tg_parser_expect(parser, TG_WORD_WINDOW));
    enum tg_token_kind next = tg_parser_peek(parser, 1);
    if (parser->token.kind == TG_TOKEN_NAME &&
        (next == TG_WORD_TUMBLING || next == TG_WORD_HOPPING || next == TG_WORD_SESSION))
        TG_TRY(tg_parse_name(parser, &window->name));
    TG_TRY(parse_window_kind(parser, window));
    window->place = tg_parser_place_from(parser, start);
    *ret_window = window;
    return TG_OK;
}
