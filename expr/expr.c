/* expr/expr.c: nodes of the expression tree, and what can be asked of any tree: equality, hash, columns read,
 * purity. */
#include "expr/expr.h"

#include "expr/internal.h"

struct tg_expr *tg_expr_node(struct tg_arena *arena, enum tg_expr_kind kind, const struct tg_type *type,
                             struct tg_place place)
{
    struct tg_expr *expr = (struct tg_expr *)tg_arena_alloc_zero(arena, 1, sizeof *expr);
    expr->kind = kind;
    expr->type = type;
    expr->place = place;
    return expr;
}

const struct tg_expr *const *tg_expr_list(struct tg_arena *arena, const struct tg_expr *const *exprs,
                                          uint32_t count)
{
    if (count == 0)
        return NULL;
    const struct tg_expr **copy = (const struct tg_expr **)tg_arena_alloc_zero(arena, count, sizeof(void *));
    memcpy(copy, exprs, count * sizeof(void *));
    return copy;
}

const struct tg_expr *tg_expr_null_of(struct tg_arena *arena, const struct tg_type *type,
                                      struct tg_place place)
{
    struct tg_expr *expr = tg_expr_node(arena, TG_EXPR_LITERAL, type, place);
    expr->literal.is_null = true;
    return expr;
}

const struct tg_expr *tg_expr_call_node(struct tg_arena *arena, const struct tg_function *function,
                                        const char *name, const struct tg_type *type,
                                        const struct tg_expr *const *arguments, uint32_t argument_count,
                                        struct tg_place place)
{
    struct tg_expr *expr = tg_expr_node(arena, TG_EXPR_CALL, type, place);
    expr->function = function;
    expr->name = name;
    expr->arguments = tg_expr_list(arena, arguments, argument_count);
    expr->argument_count = argument_count;
    return expr;
}

static bool literal_equal(const struct tg_type *type, const struct tg_literal *a, const struct tg_literal *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    switch (type->kind) {
    case TG_TYPE_BOOLEAN:
        return a->value.boolean == b->value.boolean;
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        return a->value.int32 == b->value.int32;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        return a->value.int64 == b->value.int64;
    case TG_TYPE_DOUBLE: /* by bits: 0.0 and -0.0 are two literals */
        return memcmp(&a->value.float64, &b->value.float64, sizeof(double)) == 0;
    case TG_TYPE_DECIMAL:
        return a->value.decimal == b->value.decimal;
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        return tg_slice_equal(a->value.bytes, b->value.bytes);
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return false; /* nested literals do not exist */
}

static bool type_same(const struct tg_type *a, const struct tg_type *b)
{
    return a == b || (a != NULL && b != NULL && tg_type_equal(a, b));
}

bool tg_expr_equal(const struct tg_expr *a, const struct tg_expr *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->function != b->function || a->index != b->index || a->depth != b->depth ||
        a->argument_count != b->argument_count || !type_same(a->type, b->type))
        return false;
    if (a->kind == TG_EXPR_LITERAL && !literal_equal(a->type, &a->literal, &b->literal))
        return false;
    for (uint32_t i = 0; i < a->argument_count; i++)
        if (!tg_expr_equal(a->arguments[i], b->arguments[i]))
            return false;
    return true;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15) + (hash >> 29);
}

static uint64_t hash_literal(const struct tg_type *type, const struct tg_literal *literal)
{
    if (literal->is_null || type == NULL)
        return 1;
    if (type->kind == TG_TYPE_STRING || type->kind == TG_TYPE_BYTES)
        return tg_slice_hash(literal->value.bytes);
    return tg_slice_hash(tg_slice_of(&literal->value, tg_type_value_bytes(type)));
}

uint64_t tg_expr_hash(const struct tg_expr *expr)
{
    uint64_t hash = mix((uint64_t)expr->kind + 17, expr->type == NULL ? 99 : (uint64_t)expr->type->kind);
    hash = mix(hash, (uint64_t)(uintptr_t)expr->function);
    hash = mix(hash, ((uint64_t)expr->index << 32) | expr->depth);
    if (expr->kind == TG_EXPR_LITERAL)
        hash = mix(hash, hash_literal(expr->type, &expr->literal));
    for (uint32_t i = 0; i < expr->argument_count; i++)
        hash = mix(hash, tg_expr_hash(expr->arguments[i]));
    return hash;
}

bool tg_expr_is_pure(const struct tg_expr *expr)
{
    if (expr->kind == TG_EXPR_CALL && (expr->function->flags & TG_FUNCTION_IMPURE) != 0)
        return false;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (!tg_expr_is_pure(expr->arguments[i]))
            return false;
    return true;
}

/* Parameters of lambdas inside the expression are its own; `levels` lambdas are open around this node. */
static bool is_closed(const struct tg_expr *expr, uint32_t levels)
{
    if (expr->kind == TG_EXPR_COLUMN || (expr->kind == TG_EXPR_PARAMETER && expr->depth >= levels))
        return false;
    if (expr->kind == TG_EXPR_LAMBDA)
        levels++;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (!is_closed(expr->arguments[i], levels))
            return false;
    return true;
}

bool tg_expr_is_constant(const struct tg_expr *expr)
{
    return expr->kind != TG_EXPR_LAMBDA && is_closed(expr, 0) && tg_expr_is_pure(expr);
}

void tg_expr_mark_columns(const struct tg_expr *expr, bool *used)
{
    if (expr->kind == TG_EXPR_COLUMN)
        used[expr->index] = true;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        tg_expr_mark_columns(expr->arguments[i], used);
}

const struct tg_expr *tg_expr_remap(struct tg_arena *arena, const struct tg_expr *expr, const uint32_t *map)
{
    if (expr->kind != TG_EXPR_COLUMN && expr->argument_count == 0)
        return expr;
    struct tg_expr *copy = tg_expr_node(arena, expr->kind, expr->type, expr->place);
    *copy = *expr;
    if (expr->kind == TG_EXPR_COLUMN) {
        copy->index = map[expr->index];
        return copy;
    }
    const struct tg_expr **arguments =
        (const struct tg_expr **)tg_arena_alloc_zero(arena, expr->argument_count, sizeof(void *));
    for (uint32_t i = 0; i < expr->argument_count; i++)
        arguments[i] = tg_expr_remap(arena, expr->arguments[i], map);
    copy->arguments = arguments;
    return copy;
}
