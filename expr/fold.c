/* expr/fold.c: constant parts of an expression are evaluated when it is compiled, by the evaluator itself. */
#include "expr/internal.h"
#include "expr/program_internal.h"

/* The value of row 0 as a literal. Bytes are copied into the arena. */
static struct tg_literal literal_of(struct tg_arena *arena, const struct tg_column *column)
{
    struct tg_literal literal = {.is_null = column->valid[0] == 0};
    if (literal.is_null)
        return literal;
    memcpy(&literal.value, column->values.any, tg_type_value_bytes(column->type));
    if (column->type->kind == TG_TYPE_STRING || column->type->kind == TG_TYPE_BYTES)
        literal.value.bytes = tg_arena_copy(arena, literal.value.bytes);
    return literal;
}

/* Runs the expression once; false if it fails or cannot be compiled. `ret_literal` is only set for types that
 * are not nested. */
static bool evaluate(struct tg_arena *arena, const struct tg_expr *expr, struct tg_literal *ret_literal)
{
    static const struct tg_schema no_columns = {0, NULL};
    struct tg_error error;
    const struct tg_program *program = NULL;
    struct tg_arena *scratch = tg_arena_new(0);
    bool good = false;
    if (tg_program_compile_plain(scratch, &no_columns, expr, &program, &error) == TG_OK) {
        struct tg_rows rows = {.count = 1};
        struct tg_batch batch = {.schema = &no_columns, .rows = &rows, .selected = 1, .arena = scratch};
        struct tg_program_state *state = tg_program_state_new(program);
        tg_program_run(state, &batch);
        good = tg_program_error_count(state) == 0 && !tg_program_failed(state, 0, 0);
        if (good && !tg_type_is_nested(expr->type))
            *ret_literal = literal_of(arena, tg_program_result(state, 0));
        tg_program_state_free(state);
    }
    tg_arena_free(scratch);
    return good;
}

bool tg_expr_evaluates(const struct tg_expr *expr)
{
    struct tg_literal literal;
    return evaluate(NULL, expr, &literal);
}

static const struct tg_expr *fold_arguments(struct tg_arena *arena, const struct tg_expr *expr)
{
    const struct tg_expr **arguments = NULL;
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        const struct tg_expr *folded = tg_expr_fold(arena, expr->arguments[i]);
        if (folded == expr->arguments[i])
            continue;
        if (arguments == NULL) {
            arguments =
                (const struct tg_expr **)tg_arena_alloc_zero(arena, expr->argument_count, sizeof(void *));
            memcpy(arguments, expr->arguments, expr->argument_count * sizeof(void *));
        }
        arguments[i] = folded;
    }
    if (arguments == NULL)
        return expr;
    struct tg_expr *copy = tg_expr_node(arena, expr->kind, expr->type, expr->place);
    *copy = *expr;
    copy->arguments = arguments;
    return copy;
}

const struct tg_expr *tg_expr_fold(struct tg_arena *arena, const struct tg_expr *expr)
{
    struct tg_literal literal;
    if (expr->argument_count == 0 && expr->kind != TG_EXPR_CALL)
        return expr;
    if (expr->kind != TG_EXPR_LAMBDA && !tg_type_is_nested(expr->type) && tg_expr_is_constant(expr) &&
        evaluate(arena, expr, &literal)) {
        struct tg_expr *folded = tg_expr_node(arena, TG_EXPR_LITERAL, expr->type, expr->place);
        folded->literal = literal;
        return folded;
    }
    return fold_arguments(arena, expr);
}
