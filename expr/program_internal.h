/* expr/program_internal.h: what a compiled program consists of. Private to expr/. A program is immutable; all
 * that changes while it runs is in its state.
 *
 * Every value has a register: a column with one entry per row of the batch. A step computes one register for
 * the rows of one selection; a selection that came out empty makes its steps do nothing, so there are no
 * jumps. A row can FAIL: its value is NULL, and so is everything computed from it, up to the next place that
 * contains failures (a function's argument that is a function call or field itself, an element of ARRAY, MAP
 * or STRUCT), as an exception would in ksqlDB. */
#pragma once

#include "expr/kernel.h"
#include "expr/program.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_REGISTER_NONE = UINT32_MAX };

enum tg_register_source {
    TG_REGISTER_OWN,    /* computed by steps */
    TG_REGISTER_COLUMN, /* the batch's own column `index` */
    TG_REGISTER_LITERAL,
    TG_REGISTER_FIELD,  /* child `index` of register `base`, set by a step */
    TG_REGISTER_INPUT,  /* parameter `index` of a lambda */
    TG_REGISTER_CAPTURE /* of a lambda: register `base` of the program around it, row by row of the owner */
};

struct tg_register {
    enum tg_register_source source;
    const struct tg_type *type;
    uint32_t index;
    uint32_t base;
    const struct tg_literal *literal;
    bool constant; /* OWN: computed once by the first steps, with one row */
};

struct tg_step;
typedef void tg_step_run(struct tg_program_state *state, const struct tg_step *step);

struct tg_step {
    tg_step_run *run;
    const char *name;
    tg_kernel *kernel;
    uint32_t flags; /* of the function */
    const void *prepared;
    uint32_t result;
    uint32_t argument_count;
    const uint32_t *arguments; /* registers; TG_REGISTER_NONE for a lambda */
    const uint32_t *lambdas;   /* per argument the number of the lambda program; NULL: none at all */
    const bool *contains;      /* per argument: does its failure end here? */
    uint32_t selection;        /* the rows it runs for */
    uint32_t when_true;        /* a split: the selections it makes; TG_REGISTER_NONE: not needed */
    uint32_t when_false;
    uint32_t expression;
};

struct tg_program {
    const struct tg_schema *schema;
    uint32_t register_count;
    const struct tg_register *registers;
    uint32_t constant_count; /* steps of constants, run when a state is made */
    const struct tg_step *constants;
    uint32_t step_count;
    const struct tg_step *steps;
    uint32_t selection_count; /* 0 is the rows of the batch */
    uint32_t arguments_max;
    uint32_t expression_count;
    const uint32_t *results; /* registers */
    const bool *columns;
    uint32_t lambda_count;
    const struct tg_program *const *lambdas;
};

/* Steps of programs (program.c); the compiler names them. */
tg_step_run tg_step_call;
tg_step_run tg_step_and;
tg_step_run tg_step_or;
tg_step_run tg_step_split;
tg_step_run tg_step_merge;
tg_step_run tg_step_null;
tg_step_run tg_step_field;

/* Did the row of an expression's result fail in the last run? */
bool tg_program_failed(const struct tg_program_state *state, uint32_t expression, uint32_t row);

/* Compiles without folding constants: what the folding itself uses (compile.c, fold.c). */
TG_MUST_CHECK enum tg_code tg_program_compile_plain(struct tg_arena *arena, const struct tg_schema *schema,
                                                    const struct tg_expr *expr,
                                                    const struct tg_program **ret_program,
                                                    struct tg_error *reterr);
/* The same expression with its constant parts evaluated (fold.c). Parts that fail stay: they fail for each
 * row. */
const struct tg_expr *tg_expr_fold(struct tg_arena *arena, const struct tg_expr *expr);
/* Does the constant expression have a value that does not fail? */
bool tg_expr_evaluates(const struct tg_expr *expr);

#ifdef __cplusplus
}
#endif
