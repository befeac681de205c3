/* sql/scope.h: from expression trees to typed expressions over a query's working row; private to sql/. The
 * row grows as table functions and aggregates are met. Thread: its owner's. */
#pragma once

#include "sql/analyzer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The working row while it grows; arrays in the arena. */
struct tg_row {
    struct tg_arena *arena;
    uint32_t count;
    uint32_t capacity;
    uint32_t source_count; /* declared columns: the first ones */
    struct tg_schema_column *columns;
    struct tg_row_column *parts;
    uint32_t joined_count; /* sources of a join; 0: there is no join */
    const struct tg_query_source *joined;
};
void tg_row_init(struct tg_row *row, struct tg_arena *arena, const struct tg_source_definition *source);
/* Adds what a source declares and its pseudo columns; those of a join (`joined`) are named `ALIAS_COLUMN`. */
void tg_row_add_source(struct tg_row *row, const struct tg_source_definition *source, uint32_t number,
                       const char *alias);
uint32_t tg_row_add(struct tg_row *row, const struct tg_schema_column *column,
                    struct tg_row_column part);                         /* its index */
int32_t tg_row_find_source(const struct tg_row *row, const char *name); /* of a join; -1: none */
/* "ID", or "L.ID" in a join, if statements can name the column. */
void tg_row_write_name(const struct tg_row *row, uint32_t index, const char *separator,
                       struct tg_buffer *out);
bool tg_row_is_ambiguous(const struct tg_row *row, const char *name); /* several sources have it */
const struct tg_expr *tg_row_reference(const struct tg_row *row, uint32_t index, struct tg_place place);

/* Calls of aggregates or table functions met so far; equal ones are one. */
struct tg_call_list {
    uint32_t count;
    uint32_t capacity;
    struct tg_function_call *calls; /* in the arena */
};

struct tg_lambda_frame;
struct tg_function_frame;

/* Where an expression stands. */
struct tg_scope {
    struct tg_analyzer *analyzer;
    const char *clause;               /* "SELECT", for messages */
    struct tg_row *row;               /* NULL: no columns here (VALUES) */
    const char *source_name;          /* what may stand before the dot */
    const char *source_alias;         /* or NULL */
    const struct tg_ast_query *query; /* for hints: aliases that cannot be meant; or NULL */
    bool source_is_table;
    uint32_t visible;                 /* of a join's sources; 0: all */
    struct tg_call_list *aggregates;  /* NULL: not allowed in this clause */
    struct tg_call_list *table_calls; /* NULL: not allowed in this clause */
    bool bounds_allowed;              /* WINDOWSTART and WINDOWEND of the query's own window */
    const char *inside;               /* the aggregate or table function whose arguments are read, or NULL */
    bool inside_case;
    const struct tg_lambda_frame *lambda;     /* innermost, or NULL */
    const struct tg_function_frame *function; /* whose body is read, or NULL */
};

TG_MUST_CHECK enum tg_code tg_scope_expr(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                         const struct tg_expr **ret_expr, struct tg_error *reterr);
/* A function call by name, whatever its kind (analyze_calls.c). */
TG_MUST_CHECK enum tg_code tg_scope_call(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                         const struct tg_expr **ret_expr, struct tg_error *reterr);
/* A name: lambda parameter or column (analyze_calls.c, analyze_expr.c). NULL if no lambda around has it. */
const struct tg_expr *tg_scope_parameter(const struct tg_scope *scope, const struct tg_ast_expr *ast);

/* ---- functions made by CREATE FUNCTION (analyze_function.c) ---- */

/* What stands for a parameter of the function whose body is read; NULL: it has none of that name. */
const struct tg_expr *tg_scope_argument(const struct tg_scope *scope, const struct tg_ast_expr *ast);
enum tg_code tg_scope_fail_argument(const struct tg_scope *scope, const struct tg_ast_expr *ast,
                                    struct tg_error *reterr);
/* A call with its arguments read; they are changed to the parameters' types. */
struct tg_call_arguments {
    const struct tg_ast_expr *ast;
    const struct tg_expr **arguments;
    uint32_t count;
};
TG_MUST_CHECK enum tg_code tg_scope_expand(struct tg_scope *scope,
                                           const struct tg_function_definition *function,
                                           const struct tg_call_arguments *call,
                                           const struct tg_expr **ret_expr, struct tg_error *reterr);

/* Does `expr` (at its root) equal one of the keys? Gives the number, or -1. */
int32_t tg_keys_find(const struct tg_query_keys *keys, const struct tg_expr *expr);
/* The first column that is not there per group: no key and no result of an aggregate. NULL: none. */
const struct tg_expr *tg_find_ungrouped(const struct tg_row *row, const struct tg_query_keys *keys,
                                        const struct tg_expr *expr);

/* analyze_select.c: the SELECT list. */
struct tg_select {
    struct tg_scope *scope;
    const struct tg_source_definition *source;
    const struct tg_query_keys *keys;
    bool is_rekeyed; /* keys are not simply those of the source */
};
struct tg_output_list {
    uint32_t count;
    uint32_t capacity;
    struct tg_output_column *columns;
};
TG_MUST_CHECK enum tg_code tg_analyze_select(const struct tg_select *select, const struct tg_ast_query *query,
                                             struct tg_output_list *ret_outputs, struct tg_error *reterr);
/* Keys exactly once and in front, a value column, names unique. `sink` names the result in messages. */
TG_MUST_CHECK enum tg_code tg_order_outputs(const struct tg_select *select, const char *sink,
                                            struct tg_place place, struct tg_output_list *outputs,
                                            struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
