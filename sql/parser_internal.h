/* sql/parser_internal.h: what the parse_*.c files share: the token at hand, the set of what would have been
 * right, limits. Private to the parser. A parser lives on the stack of one tg_parse call and remembers the
 * caller's error, so that the parse functions need not hand it around: after any failure it is filled, with
 * line and column. */
#pragma once

#include "sql/lexer.h"
#include "sql/parser.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Besides tokens, what a message may say was expected. */
enum tg_expectation {
    TG_EXPECT_NAME = TG_TOKEN_KIND_COUNT,
    TG_EXPECT_EXPRESSION,
    TG_EXPECT_TYPE,
    TG_EXPECT_STATEMENT,
    TG_EXPECT_LITERAL,
    TG_EXPECT_TIME_UNIT,
    TG_EXPECT_COUNT
};
enum { TG_EXPECT_WORDS = (TG_EXPECT_COUNT + 63) / 64 };

/* A growing array in the arena. */
struct tg_parser_list {
    uint8_t *items;
    uint32_t count;
    uint32_t capacity;
};

struct tg_parser {
    struct tg_arena *arena;
    const struct tg_parse_options *options; /* never NULL */
    struct tg_error *reterr;                /* the caller's, or our own if it has none */
    struct tg_lexer lexer;                  /* stands behind `token` */
    struct tg_token token; /* the next one, not yet taken; TG_TOKEN_BAD: the lexer's error is in *reterr */
    enum tg_code bad_code; /* of TG_TOKEN_BAD */
    uint32_t end_offset;   /* of the last token taken */
    uint64_t expected[TG_EXPECT_WORDS]; /* what was looked for at `token` */
    const char *hint;                   /* help for the case that `token` does not fit; gone with the token */
    uint32_t nesting;
    uint32_t star_base;               /* where the last primary began that has "->*" behind it */
    struct tg_parser_list directives; /* struct tg_directive, in test scripts */
};

/* ---- tokens (parser.c) ---- */

void tg_parser_start(struct tg_parser *parser); /* reads the first token */
void tg_parser_advance(struct tg_parser *parser);
/* Is it this token? Remembers that it was looked for. */
bool tg_parser_is(struct tg_parser *parser, enum tg_token_kind kind);
/* Takes the token if it is this one. */
bool tg_parser_accept(struct tg_parser *parser, enum tg_token_kind kind);
/* The same without a word in the message: where the list of what fits would get too long to read. */
bool tg_parser_accept_quietly(struct tg_parser *parser, enum tg_token_kind kind);
TG_MUST_CHECK enum tg_code tg_parser_expect(struct tg_parser *parser, enum tg_token_kind kind);
void tg_parser_note(struct tg_parser *parser, enum tg_expectation expectation);
/* The kind of the token `ahead` (1: next, 2: the one after) behind the current one. */
enum tg_token_kind tg_parser_peek(const struct tg_parser *parser, uint32_t ahead);

/* ---- errors ---- */

/* "expected ..., but found ...", of all that was looked for at the current token. */
enum tg_code tg_parser_fail_expected(struct tg_parser *parser);
enum tg_code tg_parser_fail(struct tg_parser *parser, enum tg_code code, struct tg_place place,
                            const char *format, ...) TG_PRINTF(4, 5);

/* ---- limits ---- */

TG_MUST_CHECK enum tg_code tg_parser_enter(struct tg_parser *parser); /* LIMIT at TG_SQL_NESTING_MAX */
void tg_parser_leave(struct tg_parser *parser);

/* ---- places and lists ---- */

/* From `start` to the end of the last token taken. */
struct tg_place tg_parser_place_from(const struct tg_parser *parser, uint32_t start);
/* Room for one more zeroed item of `size` bytes, the same in all calls for a list. */
void *tg_parser_list_add(struct tg_parser *parser, struct tg_parser_list *list, size_t size);

/* ---- names ---- */

bool tg_parser_at_name(const struct tg_parser *parser);
TG_MUST_CHECK enum tg_code tg_parse_name(struct tg_parser *parser, struct tg_ast_name *ret_name);
TG_MUST_CHECK enum tg_code tg_parse_name_or_string(struct tg_parser *parser, struct tg_ast_name *ret_name);
TG_MUST_CHECK enum tg_code tg_parse_names_in_parens(struct tg_parser *parser,
                                                    struct tg_ast_name_list *ret_names);

/* ---- the rules, by file ---- */

/* parse_statements.c */
TG_MUST_CHECK enum tg_code tg_parse_create(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_insert(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_drop(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_alter(struct tg_parser *parser, struct tg_statement *statement);
/* What stands behind the name of the target; `word` is VALUES, or KEY in ASSERT NULL VALUES. */
TG_MUST_CHECK enum tg_code tg_parse_insert_values(struct tg_parser *parser, enum tg_token_kind word,
                                                  struct tg_ast_insert_values *insert);
/* The columns and properties of a stream or table. */
TG_MUST_CHECK enum tg_code tg_parse_source(struct tg_parser *parser, struct tg_ast_create_source *source);

/* parse_commands.c */
TG_MUST_CHECK enum tg_code tg_parse_show(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_describe(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_explain(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_print(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_query_control(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_set(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_unset(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_define(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_undefine(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_run_script(struct tg_parser *parser, struct tg_statement *statement);
/* parse_asserts.c */
TG_MUST_CHECK enum tg_code tg_parse_assert(struct tg_parser *parser, struct tg_statement *statement);
/* parse_script.c: one statement of any kind; sets kind, place and text */
TG_MUST_CHECK enum tg_code tg_parse_statement(struct tg_parser *parser, struct tg_statement *statement);

/* parse_select.c */
TG_MUST_CHECK enum tg_code tg_parse_query_statement(struct tg_parser *parser, struct tg_statement *statement);
TG_MUST_CHECK enum tg_code tg_parse_query(struct tg_parser *parser, const struct tg_ast_query **ret_query);
/* parse_windows.c */
TG_MUST_CHECK enum tg_code tg_parse_window(struct tg_parser *parser, const struct tg_ast_window **ret_window);
TG_MUST_CHECK enum tg_code tg_parse_within(struct tg_parser *parser, struct tg_ast_join *join);
TG_MUST_CHECK enum tg_code tg_parse_interval(struct tg_parser *parser, struct tg_ast_interval *ret_interval);

/* parse_expressions.c */
TG_MUST_CHECK enum tg_code tg_parse_expr(struct tg_parser *parser, const struct tg_ast_expr **ret_expr);
/* Without AND, OR, NOT and predicates at the top. */
TG_MUST_CHECK enum tg_code tg_parse_value(struct tg_parser *parser, const struct tg_ast_expr **ret_expr);
/* A new node of the given place; its depth is computed from the arguments, which are copied. */
TG_MUST_CHECK enum tg_code tg_parser_new_expr(struct tg_parser *parser, const struct tg_ast_expr *node,
                                              const struct tg_ast_expr **ret_expr);
/* parse_primary.c: what stands between operators, with subscripts and field references behind it. */
TG_MUST_CHECK enum tg_code tg_parse_primary(struct tg_parser *parser, const struct tg_ast_expr **ret_expr);

/* parse_types.c */
TG_MUST_CHECK enum tg_code tg_parse_ast_type(struct tg_parser *parser, const struct tg_ast_type **ret_type);
TG_MUST_CHECK enum tg_code tg_parse_column_list(struct tg_parser *parser,
                                                struct tg_ast_column_list *ret_columns);
TG_MUST_CHECK enum tg_code tg_parse_column_items(struct tg_parser *parser,
                                                 struct tg_ast_column_list *ret_columns);

/* parse_literals.c */
bool tg_parser_at_number(const struct tg_parser *parser);
/* Number, string, TRUE, FALSE or NULL; a '-' before a number belongs to it. */
TG_MUST_CHECK enum tg_code tg_parse_literal(struct tg_parser *parser, const struct tg_ast_expr **ret_expr);
TG_MUST_CHECK enum tg_code tg_parse_string(struct tg_parser *parser, struct tg_slice *ret_text,
                                           struct tg_place *ret_place);
/* A whole number from 0 on. */
TG_MUST_CHECK enum tg_code tg_parse_count(struct tg_parser *parser, int64_t *ret_count,
                                          struct tg_place *ret_place);
TG_MUST_CHECK enum tg_code tg_parse_with(struct tg_parser *parser, struct tg_ast_properties *ret_properties);

#ifdef __cplusplus
}
#endif
