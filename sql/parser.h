/* sql/parser.h: SQL text to statements (sql/ast.h), ksqlDB's grammar and our extensions; the grammar is in
 * docs/grammar.md. Ownership: everything lives in the caller's arena, texts too (the input is copied there).
 * Thread: the caller's. The stack used is bounded whatever the text holds; memory is at most about 100 times
 * the text, so who takes text from a network bounds its length. */
#pragma once

#include "sql/ast.h"
#include "sql/variables.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TG_SQL_TEXT_BYTES_MAX = 16 << 20, /* of a file */
    TG_SQL_NESTING_MAX = 256,         /* parentheses, calls, types, ... in each other */
    TG_SQL_DEPTH_MAX = 1024, /* of an expression tree: a chain a + b + c ... is as deep as it has operators */
};

struct tg_parse_options {
    struct tg_variables
        *variables; /* DEFINE and UNDEFINE change them, ${name} reads them; NULL: text is not replaced */
    bool test_statements; /* ASSERT VALUES and the like, RUN SCRIPT */
};

/* A line "--@name: value" of a test script. */
struct tg_directive {
    const char *name;  /* "test" */
    const char *value; /* trimmed; "" if there is none */
    struct tg_place place;
};

struct tg_script {
    uint32_t statement_count;
    uint32_t directive_count;
    const struct tg_statement *const *statements;
    const struct tg_directive *directives; /* only with test_statements */
    struct tg_slice text;                  /* the copy that the places refer to */
};

/* Parses a whole text of statements that end in ';' (the last one may lack it). Stops at the first error; the
 * statements before it are in *ret_script then. `options` may be NULL. Errors: SYNTAX, LIMIT, UNKNOWN_NAME
 * (variables), TYPE (DECIMAL's numbers), all with place, line and column. */
TG_MUST_CHECK enum tg_code tg_parse(struct tg_arena *arena, struct tg_slice text,
                                    const struct tg_parse_options *options, struct tg_script *ret_script,
                                    struct tg_error *reterr);

/* A single expression, type or list of column definitions ("ID INT KEY, V STRING"); errors as tg_parse. */
TG_MUST_CHECK enum tg_code tg_parse_expression(struct tg_arena *arena, struct tg_slice text,
                                               const struct tg_ast_expr **ret_expr, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_parse_type(struct tg_arena *arena, struct tg_slice text,
                                         const struct tg_ast_type **ret_type, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_parse_columns(struct tg_arena *arena, struct tg_slice text,
                                            struct tg_ast_column_list *ret_columns, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
