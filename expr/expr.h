/* expr/expr.h: typed expressions over the columns of one schema. Trees are immutable and live in a statement
 * or query arena. The builders resolve functions and insert coercions; they are what the analyzer and the C
 * API call, and what the plan reader calls again, so an expression read from a stored plan is checked like a
 * new one. Thread: any, once built. Rules of types and nulls: ksqlDB's (no three-valued logic: a comparison
 * with NULL is FALSE). */
#pragma once

#include "data/decimal.h"
#include "data/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_function;

enum tg_expr_kind {
    TG_EXPR_LITERAL,
    TG_EXPR_COLUMN, /* a column of the input schema */
    TG_EXPR_CALL,   /* a scalar function or operator of the registry; constructors and subscripts too */
    TG_EXPR_CAST,   /* as written */
    TG_EXPR_COERCE, /* a cast that nobody wrote: unlike CAST it lets failures through */
    TG_EXPR_AND,    /* short-circuit, left to right */
    TG_EXPR_OR,
    TG_EXPR_CASE,     /* arguments: condition, result, condition, result, ... [, otherwise] */
    TG_EXPR_FIELD,    /* struct->field */
    TG_EXPR_LAMBDA,   /* arguments[0] is the body; only as an argument of a call */
    TG_EXPR_PARAMETER /* of the enclosing lambda */
};

/* A constant: NULL, or a one-row column's value kept as such. */
struct tg_literal {
    bool is_null;
    union {
        bool boolean;
        int32_t int32; /* INT, DATE, TIME */
        int64_t int64; /* BIGINT, TIMESTAMP */
        double float64;
        tg_int128 decimal;
        struct tg_slice bytes; /* STRING, BYTES */
    } value;
};

struct tg_expr {
    enum tg_expr_kind kind;
    const struct tg_type *type; /* NULL: the type of a bare NULL literal before it met its context */
    struct tg_place place;      /* in the statement, for messages; all 0 when read from a plan */
    uint32_t argument_count;
    const struct tg_expr *const *arguments;
    uint32_t index;   /* COLUMN: of the schema; FIELD: of the struct; PARAMETER: number within its lambda;
                         LAMBDA: parameter count */
    uint32_t depth;   /* PARAMETER: 0 = innermost enclosing lambda */
    const char *name; /* COLUMN, FIELD, CALL, PARAMETER: as EXPLAIN shows it */
    const struct tg_function *function; /* CALL */
    struct tg_literal literal;
};

/* ---- builders; all allocate in `arena`; errors carry `place` (which may be all 0) ---- */

const struct tg_expr *tg_expr_null(struct tg_arena *arena, struct tg_place place);
const struct tg_expr *tg_expr_boolean(struct tg_arena *arena, bool value, struct tg_place place);
const struct tg_expr *tg_expr_int(struct tg_arena *arena, int32_t value, struct tg_place place);
const struct tg_expr *tg_expr_bigint(struct tg_arena *arena, int64_t value, struct tg_place place);
const struct tg_expr *tg_expr_double(struct tg_arena *arena, double value, struct tg_place place);
const struct tg_expr *tg_expr_string(struct tg_arena *arena, struct tg_slice value, struct tg_place place);
/* Text such as "1.50": DECIMAL(3, 2). Errors: TYPE if it has more than 38 digits. */
TG_MUST_CHECK enum tg_code tg_expr_decimal(struct tg_arena *arena, struct tg_slice text,
                                           struct tg_place place, const struct tg_expr **ret_expr,
                                           struct tg_error *reterr);
/* A literal of any type, for the plan reader. */
const struct tg_expr *tg_expr_literal(struct tg_arena *arena, const struct tg_type *type,
                                      struct tg_literal value);
const struct tg_expr *tg_expr_column(struct tg_arena *arena, const struct tg_schema *schema, uint32_t index,
                                     struct tg_place place);

/* A lambda parameter inside the body that is being built. */
const struct tg_expr *tg_expr_parameter(struct tg_arena *arena, const char *name, uint32_t depth,
                                        uint32_t index, const struct tg_type *type, struct tg_place place);
const struct tg_expr *tg_expr_lambda(struct tg_arena *arena, const struct tg_expr *body,
                                     uint32_t parameter_count, struct tg_place place);

/* A call of a scalar function ("UCASE") or an operator by its symbol: + - * / % (binary), NEG, = <> < <= >
 * >=, NOT, IS_NULL, IS_NOT_NULL, IS_DISTINCT, IS_NOT_DISTINCT, LIKE (value, pattern[, escape]), BETWEEN
 * (value, low, high), IN (value, e1, ...), "[]" (array or map subscript), ARRAY (elements), MAP (k1, v1,
 * ...). Resolves the overload and coerces arguments. Errors: UNKNOWN_NAME (with "did you mean"), TYPE (naming
 * argument types and the overloads that exist). */
TG_MUST_CHECK enum tg_code tg_expr_call(struct tg_arena *arena, struct tg_slice name,
                                        const struct tg_expr *const *arguments, uint32_t argument_count,
                                        struct tg_place place, const struct tg_expr **ret_expr,
                                        struct tg_error *reterr);
/* STRUCT(name := value, ...). */
TG_MUST_CHECK enum tg_code tg_expr_struct(struct tg_arena *arena, const char *const *names,
                                          const struct tg_expr *const *values, uint32_t count,
                                          struct tg_place place, const struct tg_expr **ret_expr,
                                          struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_expr_cast(struct tg_arena *arena, const struct tg_expr *value,
                                        const struct tg_type *type, struct tg_place place,
                                        const struct tg_expr **ret_expr, struct tg_error *reterr);
/* The same as TG_EXPR_COERCE: for parameters with types, and for coercions read from a plan. The caller has
 * checked that the type is reached without a CAST. */
TG_MUST_CHECK enum tg_code tg_expr_convert(struct tg_arena *arena, const struct tg_expr *value,
                                           const struct tg_type *type, const struct tg_expr **ret_expr,
                                           struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_expr_and_or(struct tg_arena *arena, enum tg_expr_kind kind,
                                          const struct tg_expr *left, const struct tg_expr *right,
                                          struct tg_place place, const struct tg_expr **ret_expr,
                                          struct tg_error *reterr);
/* `arguments` as in TG_EXPR_CASE. */
TG_MUST_CHECK enum tg_code tg_expr_case(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                        uint32_t argument_count, struct tg_place place,
                                        const struct tg_expr **ret_expr, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_expr_field(struct tg_arena *arena, const struct tg_expr *value,
                                         struct tg_slice field, struct tg_place place,
                                         const struct tg_expr **ret_expr, struct tg_error *reterr);

/* Coerces to a column's type as INSERT VALUES and sinks do (implicit widenings only). */
TG_MUST_CHECK enum tg_code tg_expr_coerce(struct tg_arena *arena, const struct tg_expr *value,
                                          const struct tg_type *type, const struct tg_expr **ret_expr,
                                          struct tg_error *reterr);

bool tg_expr_equal(const struct tg_expr *a, const struct tg_expr *b); /* structure, not place */
/* Marks in `used` (schema->count entries) the columns the expression reads. */
void tg_expr_mark_columns(const struct tg_expr *expr, bool *used);
/* The same expression with each column index i replaced by map[i]. */
const struct tg_expr *tg_expr_remap(struct tg_arena *arena, const struct tg_expr *expr, const uint32_t *map);
void tg_expr_write(const struct tg_expr *expr, struct tg_buffer *out); /* SQL-like text, for EXPLAIN */

#ifdef __cplusplus
}
#endif
