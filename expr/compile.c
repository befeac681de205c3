/* expr/compile.c: expression trees to the steps of a program. Equal expressions share a register as long as
 * the rows it was computed for include the rows that want it; CASE and those AND and OR whose right side may
 * fail or is dear run under selections. */
#include "expr/program_internal.h"

#include "expr/cast.h"
#include "expr/internal.h"

enum { STEPS_MAX = 65536, DEPTH_MAX = 1000 };

/* A computed expression: valid for `selection` and the selections within it. */
struct value {
    const struct tg_expr *expr;
    uint64_t hash;
    uint32_t selection;
    uint32_t reg;
};

struct compiler {
    struct tg_arena *arena;
    const struct tg_schema *schema;
    struct compiler *outer;   /* of a lambda's body: the program around it */
    uint32_t outer_selection; /* where the lambda's call runs */
    bool *columns;
    bool hoisting; /* are constants computed once? not while folding finds out whether they can be */
    struct tg_register *registers;
    uint32_t register_count, register_capacity;
    struct tg_step *steps;
    uint32_t step_count, step_capacity;
    struct tg_step *constants;
    uint32_t constant_count, constant_capacity;
    struct value *values;
    uint32_t value_count, value_capacity;
    uint32_t *parents; /* of each selection; 0 is its own */
    uint32_t selection_count, selection_capacity;
    const struct tg_program **lambdas;
    uint32_t lambda_count, lambda_capacity;
    uint32_t arguments_max;
    uint32_t expression;
    uint32_t depth;
    struct tg_error *reterr;
};

static void *grow(struct compiler *compiler, void *list, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    *capacity = *capacity == 0 ? 16 : *capacity * 2;
    void *bigger = tg_arena_alloc_zero(compiler->arena, *capacity, size);
    if (count > 0)
        memcpy(bigger, list, count * size);
    return bigger;
}

static uint32_t add_register(struct compiler *compiler, struct tg_register reg)
{
    compiler->registers = (struct tg_register *)grow(compiler, compiler->registers, compiler->register_count,
                                                     &compiler->register_capacity, sizeof reg);
    compiler->registers[compiler->register_count] = reg;
    return compiler->register_count++;
}

static uint32_t add_selection(struct compiler *compiler, uint32_t parent)
{
    compiler->parents = (uint32_t *)grow(compiler, compiler->parents, compiler->selection_count,
                                         &compiler->selection_capacity, sizeof parent);
    compiler->parents[compiler->selection_count] = parent;
    return compiler->selection_count++;
}

static enum tg_code add_step(struct compiler *compiler, struct tg_step step)
{
    if (compiler->step_count >= STEPS_MAX)
        return tg_fail(compiler->reterr, TG_CODE_LIMIT, "the expressions need more than %d steps", STEPS_MAX);
    compiler->steps = (struct tg_step *)grow(compiler, compiler->steps, compiler->step_count,
                                             &compiler->step_capacity, sizeof step);
    step.expression = compiler->expression;
    compiler->steps[compiler->step_count++] = step;
    if (step.argument_count > compiler->arguments_max)
        compiler->arguments_max = step.argument_count;
    return TG_OK;
}

static const uint32_t *list_of(struct compiler *compiler, uint32_t first, uint32_t second)
{
    uint32_t *list = (uint32_t *)tg_arena_alloc_zero(compiler->arena, 2, sizeof first);
    list[0] = first;
    list[1] = second;
    return list;
}

/* ---- sharing ---- */

static bool within(const struct compiler *compiler, uint32_t selection, uint32_t outer)
{
    while (selection != outer && selection != 0)
        selection = compiler->parents[selection];
    return selection == outer;
}

static uint32_t find_value(const struct compiler *compiler, const struct tg_expr *expr, uint64_t hash,
                           uint32_t selection)
{
    for (uint32_t i = 0; i < compiler->value_count; i++) {
        const struct value *value = &compiler->values[i];
        if (value->hash == hash && within(compiler, selection, value->selection) &&
            tg_expr_equal(value->expr, expr))
            return value->reg;
    }
    return TG_REGISTER_NONE;
}

static void add_value(struct compiler *compiler, struct value value)
{
    compiler->values = (struct value *)grow(compiler, compiler->values, compiler->value_count,
                                            &compiler->value_capacity, sizeof value);
    compiler->values[compiler->value_count++] = value;
}

/* ---- leaves ---- */

static enum tg_code compile_expr(struct compiler *compiler, const struct tg_expr *expr, uint32_t selection,
                                 uint32_t *ret_reg);

/* A value of the program around a lambda. */
static enum tg_code compile_capture(struct compiler *compiler, const struct tg_expr *expr, uint32_t *ret_reg)
{
    uint32_t outer = TG_REGISTER_NONE;
    if (compiler->outer == NULL)
        return tg_fail(compiler->reterr, TG_CODE_ANALYSIS,
                       "a lambda parameter is used outside of its lambda");
    TG_TRY(compile_expr(compiler->outer, expr, compiler->outer_selection, &outer));
    *ret_reg = add_register(
        compiler, (struct tg_register){.source = TG_REGISTER_CAPTURE, .type = expr->type, .base = outer});
    return TG_OK;
}

static enum tg_code compile_parameter(struct compiler *compiler, const struct tg_expr *expr,
                                      uint32_t *ret_reg)
{
    if (expr->depth > 0) {
        const struct tg_expr *outer = tg_expr_parameter(compiler->arena, expr->name, expr->depth - 1,
                                                        expr->index, expr->type, expr->place);
        return compile_capture(compiler, outer, ret_reg);
    }
    *ret_reg = add_register(
        compiler,
        (struct tg_register){.source = TG_REGISTER_INPUT, .type = expr->type, .index = expr->index});
    return TG_OK;
}

static enum tg_code compile_column(struct compiler *compiler, const struct tg_expr *expr, uint32_t *ret_reg)
{
    if (compiler->outer != NULL)
        return compile_capture(compiler, expr, ret_reg);
    if (expr->index >= compiler->schema->count ||
        !tg_type_equal(compiler->schema->columns[expr->index].type, expr->type))
        return tg_fail(compiler->reterr, TG_CODE_TYPE,
                       "column %u (%s) is not of the schema the expression runs on", expr->index, expr->name);
    compiler->columns[expr->index] = true;
    *ret_reg = add_register(
        compiler,
        (struct tg_register){.source = TG_REGISTER_COLUMN, .type = expr->type, .index = expr->index});
    return TG_OK;
}

static enum tg_code compile_literal(struct compiler *compiler, const struct tg_expr *expr, uint32_t *ret_reg)
{
    if (expr->type == NULL)
        return tg_fail(compiler->reterr, TG_CODE_TYPE, "a NULL without a type cannot be computed; CAST it");
    *ret_reg = add_register(
        compiler,
        (struct tg_register){.source = TG_REGISTER_LITERAL, .type = expr->type, .literal = &expr->literal});
    return TG_OK;
}

/* ---- calls ---- */

static enum tg_code finish(struct compiler *compiler, const uint32_t *results, uint32_t count,
                           const struct tg_program **ret_program);

static enum tg_code compile_lambda(struct compiler *compiler, const struct tg_expr *lambda,
                                   uint32_t selection, uint32_t *ret_number)
{
    const struct tg_program *program = NULL;
    uint32_t result = TG_REGISTER_NONE;
    struct compiler body = {.arena = compiler->arena,
                            .schema = compiler->schema,
                            .outer = compiler,
                            .outer_selection = selection,
                            .columns = compiler->columns,
                            .hoisting = compiler->hoisting,
                            .expression = compiler->expression,
                            .depth = compiler->depth,
                            .reterr = compiler->reterr};
    (void)add_selection(&body, 0);
    TG_TRY(compile_expr(&body, lambda->arguments[0], 0, &result));
    TG_TRY(finish(&body, &result, 1, &program));
    compiler->lambdas = (const struct tg_program **)grow(compiler, compiler->lambdas, compiler->lambda_count,
                                                         &compiler->lambda_capacity, sizeof(void *));
    compiler->lambdas[compiler->lambda_count] = program;
    *ret_number = compiler->lambda_count++;
    return TG_OK;
}

static bool is_listed_call(const struct tg_expr *expr)
{
    return expr->kind == TG_EXPR_CALL && (expr->function->flags & TG_FUNCTION_OPERATOR) == 0;
}

/* Where a failure ends, as ksqlDB's generated code catches exceptions: a function call or field as an
 * argument of a function, a function call that is cast, any element of a constructor. A coercion is no place
 * of its own: that an INT is compared with a BIGINT changes nothing. */
static bool contains_failure(const struct tg_expr *expr, const struct tg_expr *argument)
{
    while (argument->kind == TG_EXPR_COERCE)
        argument = argument->arguments[0];
    if (expr->kind == TG_EXPR_CALL && (expr->function->flags & TG_FUNCTION_CONTAINS) != 0)
        return true;
    bool catches = is_listed_call(expr) || expr->kind == TG_EXPR_CAST;
    return catches &&
           (is_listed_call(argument) || (argument->kind == TG_EXPR_FIELD && expr->kind == TG_EXPR_CALL));
}

static enum tg_code prepare_call(struct compiler *compiler, const struct tg_expr *expr,
                                 const void **ret_prepared)
{
    if (expr->function->prepare == NULL)
        return TG_OK;
    const struct tg_expr **constants = (const struct tg_expr **)tg_arena_alloc_zero(
        compiler->arena, (size_t)expr->argument_count + 1, sizeof(void *));
    for (uint32_t i = 0; i < expr->argument_count; i++)
        constants[i] = expr->arguments[i]->kind == TG_EXPR_LITERAL ? expr->arguments[i] : NULL;
    enum tg_code code = expr->function->prepare(compiler->arena, constants, expr->argument_count,
                                                ret_prepared, compiler->reterr);
    if (code != TG_OK && compiler->reterr != NULL && compiler->reterr->place.line == 0)
        compiler->reterr->place = expr->place;
    return code;
}

/* Moves the step that was added last to the constants, if all it reads is constant. */
static void hoist_constant(struct compiler *compiler, const struct tg_expr *expr)
{
    struct tg_step *step = &compiler->steps[compiler->step_count - 1];
    if (step->lambdas != NULL || !tg_expr_is_pure(expr))
        return;
    for (uint32_t i = 0; i < step->argument_count; i++) {
        const struct tg_register *argument = &compiler->registers[step->arguments[i]];
        if (argument->source != TG_REGISTER_LITERAL && !argument->constant)
            return;
    }
    if (!tg_expr_evaluates(expr))
        return;
    compiler->registers[step->result].constant = true;
    compiler->constants = (struct tg_step *)grow(compiler, compiler->constants, compiler->constant_count,
                                                 &compiler->constant_capacity, sizeof *step);
    compiler->constants[compiler->constant_count] = *step;
    compiler->constants[compiler->constant_count++].selection = 0;
    compiler->step_count--;
}

static enum tg_code compile_arguments(struct compiler *compiler, const struct tg_expr *expr,
                                      struct tg_step *step)
{
    size_t count = (size_t)expr->argument_count + 1;
    uint32_t *arguments = (uint32_t *)tg_arena_alloc_zero(compiler->arena, count, sizeof *arguments);
    uint32_t *lambdas = (uint32_t *)tg_arena_alloc_zero(compiler->arena, count, sizeof *lambdas);
    bool *contains = (bool *)tg_arena_alloc_zero(compiler->arena, count, sizeof *contains);
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        if (expr->arguments[i]->kind == TG_EXPR_LAMBDA) {
            arguments[i] = TG_REGISTER_NONE;
            step->lambdas = lambdas;
            TG_TRY(compile_lambda(compiler, expr->arguments[i], step->selection, &lambdas[i]));
            continue;
        }
        TG_TRY(compile_expr(compiler, expr->arguments[i], step->selection, &arguments[i]));
        contains[i] = contains_failure(expr, expr->arguments[i]);
    }
    step->arguments = arguments;
    step->contains = contains;
    step->argument_count = expr->argument_count;
    return TG_OK;
}

static enum tg_code compile_call(struct compiler *compiler, const struct tg_expr *expr, uint32_t selection,
                                 uint32_t *ret_reg)
{
    bool cast = expr->kind == TG_EXPR_CAST || expr->kind == TG_EXPR_COERCE;
    struct tg_step step = {.run = tg_step_call,
                           .name = cast ? "CAST" : expr->name,
                           .kernel = cast ? tg_cast_kernel : expr->function->kernel,
                           .flags = cast ? (uint32_t)TG_FUNCTION_NULL_IF_NULL : expr->function->flags,
                           .selection = selection};
    TG_TRY(compile_arguments(compiler, expr, &step));
    if (!cast)
        TG_TRY(prepare_call(compiler, expr, &step.prepared));
    step.result = add_register(compiler, (struct tg_register){.source = TG_REGISTER_OWN, .type = expr->type});
    *ret_reg = step.result;
    TG_TRY(add_step(compiler, step));
    if (compiler->hoisting && tg_type_is_nested(expr->type)) /* simple constants were folded already */
        hoist_constant(compiler, expr);
    return TG_OK;
}

static enum tg_code compile_field(struct compiler *compiler, const struct tg_expr *expr, uint32_t selection,
                                  uint32_t *ret_reg)
{
    uint32_t base = TG_REGISTER_NONE;
    TG_TRY(compile_expr(compiler, expr->arguments[0], selection, &base));
    *ret_reg = add_register(
        compiler, (struct tg_register){
                      .source = TG_REGISTER_FIELD, .type = expr->type, .index = expr->index, .base = base});
    return add_step(compiler, (struct tg_step){.run = tg_step_field,
                                               .name = "FIELD",
                                               .result = *ret_reg,
                                               .argument_count = 1,
                                               .arguments = list_of(compiler, base, 0),
                                               .selection = selection});
}

/* ---- lazy parts ---- */

/* May the expression run on rows that nobody asked for? Only if it is cheap and records no errors. */
static bool is_eager(const struct tg_expr *expr)
{
    bool eager = false;
    switch (expr->kind) {
    case TG_EXPR_LITERAL:
    case TG_EXPR_COLUMN:
    case TG_EXPR_PARAMETER:
    case TG_EXPR_FIELD:
    case TG_EXPR_AND:
    case TG_EXPR_OR:
        eager = true;
        break;
    case TG_EXPR_CALL:
        eager = (expr->function->flags & TG_FUNCTION_EAGER) != 0;
        break;
    case TG_EXPR_CAST:
    case TG_EXPR_COERCE:
        eager = tg_type_is_number(expr->type) && !tg_cast_may_fail(expr->arguments[0]->type, expr->type);
        break;
    case TG_EXPR_CASE:
    case TG_EXPR_LAMBDA:
        break;
    }
    for (uint32_t i = 0; eager && i < expr->argument_count; i++)
        eager = is_eager(expr->arguments[i]);
    return eager;
}

static struct tg_step split_step(struct compiler *compiler, uint32_t condition, uint32_t selection)
{
    return (struct tg_step){.run = tg_step_split,
                            .name = "SPLIT",
                            .result = TG_REGISTER_NONE,
                            .argument_count = 1,
                            .arguments = list_of(compiler, condition, 0),
                            .selection = selection,
                            .when_true = TG_REGISTER_NONE,
                            .when_false = TG_REGISTER_NONE};
}

static enum tg_code compile_and_or(struct compiler *compiler, const struct tg_expr *expr, uint32_t selection,
                                   uint32_t *ret_reg)
{
    bool is_and = expr->kind == TG_EXPR_AND;
    uint32_t left = TG_REGISTER_NONE;
    uint32_t right = TG_REGISTER_NONE;
    uint32_t right_selection = selection;
    TG_TRY(compile_expr(compiler, expr->arguments[0], selection, &left));
    if (!is_eager(expr->arguments[1])) {
        struct tg_step split = split_step(compiler, left, selection);
        right_selection = add_selection(compiler, selection);
        *(is_and ? &split.when_true : &split.when_false) = right_selection;
        TG_TRY(add_step(compiler, split));
    }
    TG_TRY(compile_expr(compiler, expr->arguments[1], right_selection, &right));
    *ret_reg = add_register(compiler, (struct tg_register){.source = TG_REGISTER_OWN, .type = expr->type});
    return add_step(compiler, (struct tg_step){.run = is_and ? tg_step_and : tg_step_or,
                                               .name = is_and ? "AND" : "OR",
                                               .result = *ret_reg,
                                               .argument_count = 2,
                                               .arguments = list_of(compiler, left, right),
                                               .selection = selection});
}

static enum tg_code compile_branch(struct compiler *compiler, const struct tg_expr *branch,
                                   uint32_t selection, uint32_t result)
{
    uint32_t reg = TG_REGISTER_NONE;
    struct tg_step step = {.run = tg_step_null, .name = "NULL", .result = result, .selection = selection};
    if (branch != NULL && !tg_expr_is_null_literal(branch)) {
        TG_TRY(compile_expr(compiler, branch, selection, &reg));
        step.run = tg_step_merge;
        step.name = "MERGE";
        step.argument_count = 1;
        step.arguments = list_of(compiler, reg, 0);
    }
    return add_step(compiler, step);
}

static enum tg_code compile_case(struct compiler *compiler, const struct tg_expr *expr, uint32_t selection,
                                 uint32_t *ret_reg)
{
    uint32_t i = 0;
    *ret_reg = add_register(compiler, (struct tg_register){.source = TG_REGISTER_OWN, .type = expr->type});
    for (; i + 1 < expr->argument_count; i += 2) {
        uint32_t condition = TG_REGISTER_NONE;
        TG_TRY(compile_expr(compiler, expr->arguments[i], selection, &condition));
        struct tg_step split = split_step(compiler, condition, selection);
        split.result = *ret_reg;
        split.when_true = add_selection(compiler, selection);
        split.when_false = add_selection(compiler, selection);
        TG_TRY(add_step(compiler, split));
        TG_TRY(compile_branch(compiler, expr->arguments[i + 1], split.when_true, *ret_reg));
        selection = split.when_false;
    }
    return compile_branch(compiler, i < expr->argument_count ? expr->arguments[i] : NULL, selection,
                          *ret_reg);
}

/* ---- the whole ---- */

static enum tg_code compile_node(struct compiler *compiler, const struct tg_expr *expr, uint32_t selection,
                                 uint32_t *ret_reg)
{
    switch (expr->kind) {
    case TG_EXPR_LITERAL:
        return compile_literal(compiler, expr, ret_reg);
    case TG_EXPR_COLUMN:
        return compile_column(compiler, expr, ret_reg);
    case TG_EXPR_PARAMETER:
        return compile_parameter(compiler, expr, ret_reg);
    case TG_EXPR_CALL:
    case TG_EXPR_CAST:
    case TG_EXPR_COERCE:
        return compile_call(compiler, expr, selection, ret_reg);
    case TG_EXPR_AND:
    case TG_EXPR_OR:
        return compile_and_or(compiler, expr, selection, ret_reg);
    case TG_EXPR_CASE:
        return compile_case(compiler, expr, selection, ret_reg);
    case TG_EXPR_FIELD:
        return compile_field(compiler, expr, selection, ret_reg);
    case TG_EXPR_LAMBDA:
        break;
    }
    return tg_fail(compiler->reterr, TG_CODE_ANALYSIS,
                   "a lambda is only allowed as an argument of a function");
}

static enum tg_code compile_expr(struct compiler *compiler, const struct tg_expr *expr, uint32_t selection,
                                 uint32_t *ret_reg)
{
    bool pure = tg_expr_is_pure(expr);
    uint64_t hash = pure ? tg_expr_hash(expr) : 0;
    if (compiler->depth >= DEPTH_MAX)
        return tg_fail(compiler->reterr, TG_CODE_LIMIT, "an expression is nested more than %d levels deep",
                       DEPTH_MAX);
    *ret_reg = pure ? find_value(compiler, expr, hash, selection) : TG_REGISTER_NONE;
    if (*ret_reg != TG_REGISTER_NONE)
        return TG_OK;
    compiler->depth++;
    enum tg_code code = compile_node(compiler, expr, selection, ret_reg);
    compiler->depth--;
    if (code != TG_OK || !pure)
        return code;
    enum tg_register_source source = compiler->registers[*ret_reg].source;
    bool everywhere =
        compiler->registers[*ret_reg].constant || (source != TG_REGISTER_OWN && source != TG_REGISTER_FIELD);
    add_value(compiler, (struct value){expr, hash, everywhere ? 0 : selection, *ret_reg});
    return TG_OK;
}

static enum tg_code finish(struct compiler *compiler, const uint32_t *results, uint32_t count,
                           const struct tg_program **ret_program)
{
    uint32_t *copy = (uint32_t *)tg_arena_alloc_zero(compiler->arena, (size_t)count + 1, sizeof *copy);
    memcpy(copy, results, count * sizeof *copy);
    struct tg_program *program =
        (struct tg_program *)tg_arena_alloc_zero(compiler->arena, 1, sizeof *program);
    *program = (struct tg_program){.schema = compiler->schema,
                                   .register_count = compiler->register_count,
                                   .registers = compiler->registers,
                                   .constant_count = compiler->constant_count,
                                   .constants = compiler->constants,
                                   .step_count = compiler->step_count,
                                   .steps = compiler->steps,
                                   .selection_count = compiler->selection_count,
                                   .arguments_max = compiler->arguments_max,
                                   .expression_count = count,
                                   .results = copy,
                                   .columns = compiler->columns,
                                   .lambda_count = compiler->lambda_count,
                                   .lambdas = compiler->lambdas};
    *ret_program = program;
    return TG_OK;
}

/* `start` has the arena, the schema, how to treat constants and where errors go. */
static enum tg_code compile(const struct compiler *start, const struct tg_expr *const *expressions,
                            uint32_t count, const struct tg_program **ret_program)
{
    struct compiler compiler = *start;
    struct tg_arena *arena = compiler.arena;
    uint32_t *results = (uint32_t *)tg_arena_alloc_zero(arena, (size_t)count + 1, sizeof *results);
    compiler.columns = (bool *)tg_arena_alloc_zero(arena, (size_t)compiler.schema->count + 1, sizeof(bool));
    (void)add_selection(&compiler, 0);
    for (uint32_t i = 0; i < count; i++) {
        compiler.expression = i;
        TG_TRY(compile_expr(&compiler, expressions[i], 0, &results[i]));
    }
    return finish(&compiler, results, count, ret_program);
}

static bool is_too_deep(const struct tg_expr *expr, uint32_t levels)
{
    if (levels == 0)
        return true;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (is_too_deep(expr->arguments[i], levels - 1))
            return true;
    return false;
}

enum tg_code tg_program_compile(struct tg_arena *arena, const struct tg_schema *schema,
                                const struct tg_expr *const *expressions, uint32_t count,
                                const struct tg_program **ret_program, struct tg_error *reterr)
{
    const struct tg_expr **folded =
        (const struct tg_expr **)tg_arena_alloc_zero(arena, (size_t)count + 1, sizeof(void *));
    for (uint32_t i = 0; i < count; i++) {
        if (is_too_deep(expressions[i], DEPTH_MAX))
            return tg_fail(reterr, TG_CODE_LIMIT, "an expression is nested more than %d levels deep",
                           DEPTH_MAX);
        folded[i] = tg_expr_fold(arena, expressions[i]);
    }
    struct compiler start = {.arena = arena, .schema = schema, .hoisting = true, .reterr = reterr};
    return compile(&start, folded, count, ret_program);
}

enum tg_code tg_program_compile_plain(struct tg_arena *arena, const struct tg_schema *schema,
                                      const struct tg_expr *expr, const struct tg_program **ret_program,
                                      struct tg_error *reterr)
{
    struct compiler start = {.arena = arena, .schema = schema, .reterr = reterr};
    return compile(&start, &expr, 1, ret_program);
}

const bool *tg_program_columns(const struct tg_program *program)
{
    return program->columns;
}
