/* expr/internal.h: what the files of this folder share about trees: making nodes, and the rules of implicit
 * types. Private to expr/. Thread: any; everything made here lives in the arena that is passed. */
#pragma once

#include "expr/expr.h"
#include "expr/function.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- nodes (expr.c) ---- */
struct tg_expr *tg_expr_node(struct tg_arena *arena, enum tg_expr_kind kind, const struct tg_type *type,
                             struct tg_place place);
const struct tg_expr *const *tg_expr_list(struct tg_arena *arena, const struct tg_expr *const *exprs,
                                          uint32_t count);
const struct tg_expr *tg_expr_null_of(struct tg_arena *arena, const struct tg_type *type,
                                      struct tg_place place);
/* A call that is resolved already: arguments have the types that the function takes. */
const struct tg_expr *tg_expr_call_node(struct tg_arena *arena, const struct tg_function *function,
                                        const char *name, const struct tg_type *type,
                                        const struct tg_expr *const *arguments, uint32_t argument_count,
                                        struct tg_place place);
static inline bool tg_expr_is_null_literal(const struct tg_expr *expr)
{
    return expr->kind == TG_EXPR_LITERAL && expr->literal.is_null;
}
bool tg_expr_is_pure(const struct tg_expr *expr);     /* no RANDOM() or the like inside */
bool tg_expr_is_constant(const struct tg_expr *expr); /* pure, and reads no column and no parameter */
uint64_t tg_expr_hash(const struct tg_expr *expr);    /* equal expressions have equal hashes */

/* ---- implicit types (coerce.c) ---- */
/* Can a value of `from` become `to` without being asked: equal, INT -> BIGINT -> DECIMAL -> DOUBLE, and the
 * same inside ARRAY and MAP. Returns the number of widening steps, 0 for equal types, or -1. */
int tg_type_widening(const struct tg_type *from, const struct tg_type *to);
/* The DECIMAL that holds every value of INT, BIGINT or DECIMAL. */
const struct tg_type *tg_type_as_decimal(struct tg_arena *arena, const struct tg_type *type);
/* The narrowest type that both widen to, or NULL. */
const struct tg_type *tg_type_common(struct tg_arena *arena, const struct tg_type *a,
                                     const struct tg_type *b);
/* Adds a coercion where the type differs; types a bare NULL. The cast must be possible. */
const struct tg_expr *tg_expr_converted(struct tg_arena *arena, const struct tg_expr *value,
                                        const struct tg_type *type);
/* One common type for the elements of ARRAY[...], MAP(...), IN (...): numbers widen, literal texts become
 * what the others are, structs get the fields of all. Replaces `items` in place. Errors: TYPE. `*ret_type` is
 * NULL if all are bare NULLs. */
TG_MUST_CHECK enum tg_code tg_expr_unify(struct tg_arena *arena, const struct tg_expr **items, uint32_t count,
                                         const struct tg_type **ret_type, struct tg_error *reterr);

/* The expression as a text for messages, cut if it is long. In `arena`. */
const char *tg_expr_text(struct tg_arena *arena, const struct tg_expr *expr);
#ifdef __cplusplus
}
#endif
