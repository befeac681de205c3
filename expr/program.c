/* expr/program.c: runs a program over a batch. */
#include "expr/program.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "expr/program_internal.h"

enum { ERROR_MESSAGE_MAX = 512 };

struct register_state {
    struct tg_column *column; /* the values: `owned`, or someone else's */
    struct tg_column *owned;
    uint8_t *failed; /* per row; only meaningful while any_failed */
    size_t failed_capacity;
    bool any_failed;
    bool begun; /* cleared and sized in this run */
};

struct selection_state {
    const uint32_t *rows; /* NULL: all */
    uint32_t count;
    uint32_t *own;
    size_t capacity;
};

/* A column that a kernel keeps for one of its call sites. */
struct kernel_column {
    const struct tg_step *step;
    uint32_t slot;
    struct tg_column *column;
};

/* What else a kernel keeps for one of its call sites. */
struct kernel_object {
    const struct tg_step *step;
    void *object;
    void (*release)(void *object);
};

struct tg_program_state {
    const struct tg_program *program;
    struct register_state *registers;
    struct selection_state *selections;
    const struct tg_column **arguments; /* of the call that runs */
    const struct tg_step *step;         /* that runs */
    struct tg_program_state **lambdas;
    struct tg_program_state *parent; /* of a lambda's state */
    const struct tg_lambda_rows *inputs;
    uint32_t row_count;     /* rows that registers have */
    uint32_t constant_rows; /* rows that constants and literals are spread over */
    struct tg_clock *clock;
    struct tg_arena *arena; /* of the batch */
    struct tg_arena *constant_arena;
    struct tg_buffer scratch;
    struct tg_buffer second_scratch;
    struct kernel_column *kernel_columns;
    size_t kernel_column_capacity;
    uint32_t kernel_column_count;
    struct kernel_object *kernel_objects;
    size_t kernel_object_capacity;
    uint32_t kernel_object_count;
    struct tg_row_error *errors;
    size_t error_capacity;
    uint32_t error_count;
    uint32_t *chosen; /* tg_program_select */
    size_t chosen_capacity;
};

/* ---- registers ---- */

static struct tg_column *begin_result(struct tg_program_state *state, uint32_t index)
{
    struct register_state *reg = &state->registers[index];
    if (!reg->begun) {
        tg_column_clear(reg->column);
        tg_column_resize(reg->column, state->row_count);
        reg->begun = true;
    }
    return reg->column;
}

static void mark_failed(struct tg_program_state *state, uint32_t index, uint32_t row)
{
    struct register_state *reg = &state->registers[index];
    if (!reg->any_failed) {
        tg_grow((void **)&reg->failed, &reg->failed_capacity, state->row_count, 1);
        memset(reg->failed, 0, state->row_count);
        reg->any_failed = true;
    }
    reg->failed[row] = 1;
}

static uint32_t selection_row(const struct selection_state *selection, uint32_t i)
{
    return selection->rows == NULL ? i : selection->rows[i];
}

/* Rows of `selection` that failed in register `from` are failed and NULL in register `to`. */
static void pass_failures(struct tg_program_state *state, const struct selection_state *selection,
                          uint32_t from, uint32_t to)
{
    const struct register_state *source = &state->registers[from];
    for (uint32_t i = 0; source->any_failed && i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (source->failed[row] != 0)
            mark_failed(state, to, row);
    }
}

static void null_failed_rows(struct tg_program_state *state, const struct selection_state *selection,
                             uint32_t index)
{
    const struct register_state *reg = &state->registers[index];
    for (uint32_t i = 0; reg->any_failed && i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (reg->failed[row] != 0)
            tg_column_set_null(reg->column, row);
    }
}

/* ---- what kernels call ---- */

struct tg_buffer *tg_call_scratch(const struct tg_call *call)
{
    tg_buffer_clear(&call->state->scratch);
    return &call->state->scratch;
}

struct tg_buffer *tg_call_second_scratch(const struct tg_call *call)
{
    tg_buffer_clear(&call->state->second_scratch);
    return &call->state->second_scratch;
}

struct tg_slice tg_call_keep(const struct tg_call *call, const struct tg_buffer *buffer)
{
    return tg_arena_copy(call->arena, tg_buffer_slice(buffer));
}

int64_t tg_call_now_ms(const struct tg_call *call)
{
    return tg_clock_wall_ms(call->state->clock);
}

struct tg_column *tg_call_column(const struct tg_call *call, uint32_t slot, const struct tg_type *type)
{
    struct tg_program_state *state = call->state;
    uint32_t i = 0;
    while (i < state->kernel_column_count &&
           (state->kernel_columns[i].step != state->step || state->kernel_columns[i].slot != slot))
        i++;
    if (i == state->kernel_column_count) {
        tg_grow((void **)&state->kernel_columns, &state->kernel_column_capacity, (size_t)i + 1,
                sizeof *state->kernel_columns);
        state->kernel_columns[i] = (struct kernel_column){state->step, slot, tg_column_new(type)};
        state->kernel_column_count++;
    }
    tg_column_clear(state->kernel_columns[i].column);
    tg_column_resize(state->kernel_columns[i].column, state->row_count);
    return state->kernel_columns[i].column;
}

void *tg_call_object(const struct tg_call *call)
{
    const struct tg_program_state *state = call->state;
    for (uint32_t i = 0; i < state->kernel_object_count; i++)
        if (state->kernel_objects[i].step == state->step)
            return state->kernel_objects[i].object;
    return NULL;
}

void tg_call_set_object(const struct tg_call *call, void *object, void (*release)(void *object))
{
    struct tg_program_state *state = call->state;
    tg_grow((void **)&state->kernel_objects, &state->kernel_object_capacity,
            (size_t)state->kernel_object_count + 1, sizeof *state->kernel_objects);
    state->kernel_objects[state->kernel_object_count++] =
        (struct kernel_object){state->step, object, release};
}

static void record_error(struct tg_program_state *state, uint32_t row, enum tg_code code, const char *message)
{
    struct tg_program_state *root = state;
    for (; root->parent != NULL; root = root->parent)
        row = root->inputs->owners == NULL ? row : root->inputs->owners[row];
    tg_grow((void **)&root->errors, &root->error_capacity, (size_t)root->error_count + 1,
            sizeof *root->errors);
    root->errors[root->error_count++] =
        (struct tg_row_error){.row = row,
                              .expression = root->step == NULL ? 0 : root->step->expression,
                              .code = code,
                              .message = message};
}

void tg_call_fail(const struct tg_call *call, uint32_t row, enum tg_code code, const char *format, ...)
{
    char message[ERROR_MESSAGE_MAX];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(message, sizeof message, format, list);
    va_end(list);
    if (call->state == NULL)
        return;
    const struct tg_step *step = call->state->step; /* NULL: a table function, after the run */
    if (step != NULL)
        mark_failed(call->state, step->result, row);
    record_error(call->state, row, code, tg_arena_text(call->arena, tg_slice_text(message)));
}

/* ---- steps ---- */

/* Validity of the result: all arguments are valid. Returns whether all rows are. */
static bool set_validity(const struct tg_call *call)
{
    uint8_t *restrict valid = call->result->valid;
    uint8_t all = 1;
    if (call->rows == NULL) {
        memset(valid, 1, call->row_count);
        for (uint32_t argument = 0; argument < call->argument_count; argument++) {
            const uint8_t *restrict first = call->arguments[argument]->valid;
            for (uint32_t row = 0; row < call->row_count; row++)
                valid[row] &= first[row];
        }
        for (uint32_t row = 0; row < call->row_count; row++)
            all &= valid[row];
        return all != 0;
    }
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = call->rows[i];
        uint8_t both = 1;
        for (uint32_t argument = 0; argument < call->argument_count; argument++)
            both &= call->arguments[argument]->valid[row];
        valid[row] = both;
        all &= both;
    }
    return all != 0;
}

static void null_invalid_rows(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        if (call->result->valid[tg_call_row(call, i)] == 0)
            tg_column_set_null(call->result, tg_call_row(call, i)); /* the fields of a STRUCT too */
}

static void fail_invalid_rows(struct tg_program_state *state, const struct tg_call *call, uint32_t result)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        if (call->result->valid[tg_call_row(call, i)] == 0)
            mark_failed(state, result, tg_call_row(call, i));
}

void tg_step_call(struct tg_program_state *state, const struct tg_step *step)
{
    const struct selection_state *selection = &state->selections[step->selection];
    if (selection->count == 0)
        return;
    struct tg_call call = {.result = begin_result(state, step->result),
                           .arguments = state->arguments,
                           .argument_count = step->argument_count,
                           .rows = selection->rows,
                           .row_count = selection->count,
                           .arena = state->arena,
                           .prepared = step->prepared,
                           .state = state};
    for (uint32_t i = 0; i < step->argument_count; i++)
        state->arguments[i] =
            step->arguments[i] == TG_REGISTER_NONE ? NULL : state->registers[step->arguments[i]].column;
    if (step->lambdas != NULL) /* validity is that of the other arguments */
        for (uint32_t i = 0; i < step->argument_count; i++)
            if (state->arguments[i] == NULL)
                state->arguments[i] = state->arguments[0];
    bool strict = (step->flags & (TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_NULL_FAILS)) != 0;
    bool all_valid = strict ? set_validity(&call) : true;
    step->kernel(&call);
    if (strict && !all_valid && call.result->type->kind == TG_TYPE_STRUCT)
        null_invalid_rows(&call);
    if (!all_valid && (step->flags & TG_FUNCTION_NULL_FAILS) != 0)
        fail_invalid_rows(state, &call, step->result);
    for (uint32_t i = 0; i < step->argument_count; i++)
        if (step->arguments[i] != TG_REGISTER_NONE && !step->contains[i])
            pass_failures(state, selection, step->arguments[i], step->result);
    null_failed_rows(state, selection, step->result);
}

/* AND and OR after both sides: a NULL side that matters fails the row. The right side is only looked at where
 * the left one does not decide, so it may be undefined elsewhere. `flip` is 0 for AND; for OR it is 1: a OR b
 * = NOT (NOT a AND NOT b). */
static void combine(struct tg_program_state *state, const struct tg_step *step, uint8_t flip)
{
    const struct selection_state *selection = &state->selections[step->selection];
    if (selection->count == 0)
        return;
    struct tg_column *result = begin_result(state, step->result);
    const struct tg_column *left = state->registers[step->arguments[0]].column;
    struct tg_column *right = state->registers[step->arguments[1]].column;
    if (right->capacity < state->row_count) /* no row needed it so far */
        tg_column_reserve(right, state->row_count);
    const uint8_t *restrict left_value = left->values.boolean;
    const uint8_t *restrict left_valid = left->valid;
    const uint8_t *restrict right_value = right->values.boolean;
    const uint8_t *restrict right_valid = right->valid;
    uint8_t *restrict value = result->values.boolean;
    uint8_t *restrict valid = result->valid;
    uint8_t all = 1;
    for (uint32_t i = 0; selection->rows == NULL && i < selection->count; i++) {
        uint8_t undecided = left_valid[i] & (left_value[i] ^ flip);
        value[i] = (undecided & (right_value[i] ^ flip)) ^ flip;
        valid[i] = left_valid[i] & ((undecided ^ 1) | right_valid[i]);
        all &= valid[i];
    }
    for (uint32_t i = 0; selection->rows != NULL && i < selection->count; i++) {
        uint32_t row = selection->rows[i];
        uint8_t undecided = left_valid[row] & (left_value[row] ^ flip);
        value[row] = (undecided & (right_value[row] ^ flip)) ^ flip;
        valid[row] = left_valid[row] & ((undecided ^ 1) | right_valid[row]);
        all &= valid[row];
    }
    for (uint32_t i = 0; all == 0 && i < selection->count; i++)
        if (valid[selection_row(selection, i)] == 0)
            mark_failed(state, step->result, selection_row(selection, i));
}

void tg_step_and(struct tg_program_state *state, const struct tg_step *step)
{
    combine(state, step, 0);
}

void tg_step_or(struct tg_program_state *state, const struct tg_step *step)
{
    combine(state, step, 1);
}

static struct selection_state *begin_selection(struct tg_program_state *state, uint32_t index)
{
    struct selection_state *selection = &state->selections[index];
    tg_grow((void **)&selection->own, &selection->capacity, state->row_count, sizeof *selection->own);
    selection->rows = selection->own;
    selection->count = 0;
    return selection;
}

/* Parts the rows by a condition. Rows whose condition is NULL are in neither part and fail in `result` (of a
 * CASE). */
void tg_step_split(struct tg_program_state *state, const struct tg_step *step)
{
    struct selection_state *when_true = NULL;
    struct selection_state *when_false = NULL;
    if (step->when_true != TG_REGISTER_NONE)
        when_true = begin_selection(state, step->when_true);
    if (step->when_false != TG_REGISTER_NONE)
        when_false = begin_selection(state, step->when_false);
    const struct selection_state *selection = &state->selections[step->selection];
    const struct tg_column *condition = state->registers[step->arguments[0]].column;
    for (uint32_t i = 0; i < selection->count; i++) {
        uint32_t row = selection_row(selection, i);
        if (condition->valid[row] == 0) {
            if (step->result != TG_REGISTER_NONE) {
                tg_column_set_null(begin_result(state, step->result), row);
                mark_failed(state, step->result, row);
            }
            continue;
        }
        struct selection_state *part = condition->values.boolean[row] != 0 ? when_true : when_false;
        if (part != NULL)
            part->own[part->count++] = row;
    }
}

void tg_step_merge(struct tg_program_state *state, const struct tg_step *step)
{
    const struct selection_state *selection = &state->selections[step->selection];
    if (selection->count == 0)
        return;
    struct tg_column *result = begin_result(state, step->result);
    tg_column_copy_rows(result, state->registers[step->arguments[0]].column, selection->rows,
                        selection->count);
    pass_failures(state, selection, step->arguments[0], step->result);
}

void tg_step_null(struct tg_program_state *state, const struct tg_step *step)
{
    const struct selection_state *selection = &state->selections[step->selection];
    if (selection->count == 0)
        return;
    struct tg_column *result = begin_result(state, step->result);
    for (uint32_t i = 0; i < selection->count; i++)
        tg_column_set_null(result, selection_row(selection, i));
}

/* A field is the struct's child column itself: a NULL struct has NULL fields. */
void tg_step_field(struct tg_program_state *state, const struct tg_step *step)
{
    struct register_state *reg = &state->registers[step->result];
    reg->column =
        state->registers[step->arguments[0]].column->children[state->program->registers[step->result].index];
    pass_failures(state, &state->selections[step->selection], step->arguments[0], step->result);
}

/* ---- lambdas ---- */

static void run_steps(struct tg_program_state *state);

static void bind_capture(struct tg_program_state *state, uint32_t index)
{
    struct register_state *reg = &state->registers[index];
    const struct register_state *outer = &state->parent->registers[state->program->registers[index].base];
    const struct tg_lambda_rows *inputs = state->inputs;
    if (inputs->owners == NULL) {
        reg->column = outer->column;
    } else {
        reg->column = reg->owned;
        (void)begin_result(state, index);
    }
    for (uint32_t i = 0; i < inputs->row_count; i++) {
        uint32_t row = inputs->rows == NULL ? i : inputs->rows[i];
        uint32_t owner = inputs->owners == NULL ? row : inputs->owners[row];
        if (inputs->owners != NULL)
            tg_column_copy_row(reg->column, row, outer->column, owner);
        if (outer->any_failed && outer->failed[owner] != 0)
            mark_failed(state, index, row);
    }
}

static void begin_run(struct tg_program_state *state, uint32_t row_count);

const struct tg_column *tg_call_lambda(const struct tg_call *call, uint32_t argument,
                                       const struct tg_lambda_rows *rows)
{
    struct tg_program_state *outer = call->state;
    const struct tg_step *step = outer->step;
    struct tg_program_state *state = outer->lambdas[step->lambdas[argument]];
    state->inputs = rows;
    state->arena = outer->arena;
    begin_run(state, rows->row_limit);
    state->selections[0].rows = rows->rows;
    state->selections[0].count = rows->row_count;
    for (uint32_t i = 0; i < state->program->register_count; i++) {
        const struct tg_register *reg = &state->program->registers[i];
        if (reg->source == TG_REGISTER_INPUT) /* inputs are only read */
            state->registers[i].column = (struct tg_column *)(uintptr_t)rows->parameters[reg->index];
        else if (reg->source == TG_REGISTER_CAPTURE)
            bind_capture(state, i);
    }
    run_steps(state);
    const struct register_state *result = &state->registers[state->program->results[0]];
    for (uint32_t i = 0; result->any_failed && i < rows->row_count; i++) {
        uint32_t row = rows->rows == NULL ? i : rows->rows[i];
        if (result->failed[row] != 0)
            mark_failed(outer, step->result, rows->owners == NULL ? row : rows->owners[row]);
    }
    return result->column;
}

/* ---- constants ---- */

static void spread_values(struct tg_column *column, uint32_t rows)
{
    size_t bytes = tg_type_value_bytes(column->type);
    uint8_t *values = (uint8_t *)column->values.any;
    for (size_t row = 1; row < rows && bytes > 0; row++)
        memcpy(values + row * bytes, values, bytes);
    memset(column->valid, column->valid[0], rows);
    for (uint32_t i = 0; column->type->kind == TG_TYPE_STRUCT && i < column->child_count; i++)
        spread_values(column->children[i], rows);
}

static void set_literal(struct tg_column *column, const struct tg_literal *literal)
{
    tg_column_resize(column, 1);
    if (literal->is_null) {
        tg_column_set_null(column, 0);
        return;
    }
    column->valid[0] = 1;
    memcpy(column->values.any, &literal->value, tg_type_value_bytes(column->type));
}

static bool is_constant(const struct tg_register *reg)
{
    return reg->source == TG_REGISTER_LITERAL || reg->constant;
}

/* Row 0 of every constant register is set: gives it to all rows. */
static void spread_constants(struct tg_program_state *state, uint32_t rows)
{
    uint32_t target = rows > TG_BATCH_ROWS_MAX ? rows : TG_BATCH_ROWS_MAX;
    for (uint32_t i = 0; i < state->program->register_count; i++) {
        if (!is_constant(&state->program->registers[i]) || state->registers[i].owned == NULL)
            continue;
        tg_column_resize(state->registers[i].owned, target);
        spread_values(state->registers[i].owned, target);
    }
    state->constant_rows = target;
}

static void compute_constants(struct tg_program_state *state)
{
    const struct tg_program *program = state->program;
    for (uint32_t i = 0; i < program->register_count; i++)
        if (program->registers[i].source == TG_REGISTER_LITERAL)
            set_literal(state->registers[i].owned, program->registers[i].literal);
    if (program->constant_count > 0) {
        state->constant_arena = tg_arena_new(0);
        state->arena = state->constant_arena;
        state->row_count = 1;
        state->selections[0] = (struct selection_state){.rows = NULL, .count = 1};
        for (uint32_t i = 0; i < program->constant_count; i++) {
            state->step = &program->constants[i];
            state->step->run(state, state->step);
        }
    }
    spread_constants(state, TG_BATCH_ROWS_MAX);
}

/* ---- the program as a whole ---- */

struct tg_program_state *tg_program_state_new(const struct tg_program *program)
{
    struct tg_program_state *state = (struct tg_program_state *)tg_alloc_zero(1, sizeof *state);
    state->program = program;
    state->clock = tg_clock_real();
    state->registers =
        (struct register_state *)tg_alloc_zero((size_t)program->register_count + 1, sizeof *state->registers);
    state->selections = (struct selection_state *)tg_alloc_zero((size_t)program->selection_count + 1,
                                                                sizeof *state->selections);
    state->arguments =
        (const struct tg_column **)tg_alloc_zero((size_t)program->arguments_max + 1, sizeof(void *));
    state->lambdas =
        (struct tg_program_state **)tg_alloc_zero((size_t)program->lambda_count + 1, sizeof(void *));
    for (uint32_t i = 0; i < program->register_count; i++) {
        enum tg_register_source source = program->registers[i].source;
        if (source == TG_REGISTER_OWN || source == TG_REGISTER_LITERAL || source == TG_REGISTER_CAPTURE)
            state->registers[i].owned = tg_column_new(program->registers[i].type);
        state->registers[i].column = state->registers[i].owned;
    }
    for (uint32_t i = 0; i < program->lambda_count; i++) {
        state->lambdas[i] = tg_program_state_new(program->lambdas[i]);
        state->lambdas[i]->parent = state;
    }
    compute_constants(state);
    return state;
}

void tg_program_state_set_clock(struct tg_program_state *state, struct tg_clock *clock)
{
    state->clock = clock;
    for (uint32_t i = 0; i < state->program->lambda_count; i++)
        tg_program_state_set_clock(state->lambdas[i], clock);
}

void tg_program_state_free(struct tg_program_state *state)
{
    if (state == NULL)
        return;
    for (uint32_t i = 0; i < state->program->register_count; i++) {
        tg_column_free(state->registers[i].owned);
        tg_free(state->registers[i].failed);
    }
    for (uint32_t i = 0; i < state->program->selection_count; i++)
        tg_free(state->selections[i].own);
    for (uint32_t i = 0; i < state->program->lambda_count; i++)
        tg_program_state_free(state->lambdas[i]);
    for (uint32_t i = 0; i < state->kernel_column_count; i++)
        tg_column_free(state->kernel_columns[i].column);
    tg_free(state->kernel_columns);
    for (uint32_t i = 0; i < state->kernel_object_count; i++)
        state->kernel_objects[i].release(state->kernel_objects[i].object);
    tg_free(state->kernel_objects);
    tg_arena_free(state->constant_arena);
    tg_buffer_done(&state->scratch);
    tg_buffer_done(&state->second_scratch);
    tg_free(state->registers);
    tg_free(state->selections);
    tg_free(state->arguments);
    tg_free(state->lambdas);
    tg_free(state->errors);
    tg_free(state->chosen);
    tg_free(state);
}

static void begin_run(struct tg_program_state *state, uint32_t row_count)
{
    const struct tg_program *program = state->program;
    state->row_count = row_count;
    state->error_count = 0;
    for (uint32_t i = 0; i < program->register_count; i++) {
        state->registers[i].any_failed = false;
        state->registers[i].begun = program->registers[i].constant;
    }
    if (row_count > state->constant_rows)
        spread_constants(state, row_count);
}

static void run_steps(struct tg_program_state *state)
{
    for (uint32_t i = 0; i < state->program->step_count; i++) {
        state->step = &state->program->steps[i];
        state->step->run(state, state->step);
    }
    state->step = NULL;
}

static int compare_errors(const void *left, const void *right)
{
    const struct tg_row_error *a = (const struct tg_row_error *)left;
    const struct tg_row_error *b = (const struct tg_row_error *)right;
    if (a->expression != b->expression)
        return a->expression < b->expression ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

void tg_program_run(struct tg_program_state *state, const struct tg_batch *batch)
{
    const struct tg_program *program = state->program;
    state->arena = batch->arena;
    begin_run(state, batch->rows->count);
    state->selections[0].rows = batch->selection;
    state->selections[0].count = batch->selected;
    for (uint32_t i = 0; i < program->register_count; i++) {
        if (program->registers[i].source != TG_REGISTER_COLUMN)
            continue;
        state->registers[i].column = batch->columns[program->registers[i].index];
        TG_ASSERT(state->registers[i].column != NULL);
    }
    run_steps(state);
    for (uint32_t i = 0; i < program->expression_count; i++) /* of a batch without rows */
        if (program->registers[program->results[i]].source == TG_REGISTER_OWN)
            (void)begin_result(state, program->results[i]);
    if (state->error_count > 1)
        qsort(state->errors, state->error_count, sizeof *state->errors, compare_errors);
}

struct tg_column *tg_program_result(struct tg_program_state *state, uint32_t expression)
{
    TG_ASSERT(expression < state->program->expression_count);
    return state->registers[state->program->results[expression]].column;
}

uint32_t tg_program_select(struct tg_program_state *state, const struct tg_batch *batch,
                           const uint32_t **ret_rows)
{
    const struct tg_column *result = tg_program_result(state, 0);
    uint32_t count = 0;
    tg_grow((void **)&state->chosen, &state->chosen_capacity, (size_t)batch->selected + 1,
            sizeof *state->chosen);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        state->chosen[count] = row; /* kept only if the row counts: no branch to predict */
        count += result->valid[row] & result->values.boolean[row] & 1;
    }
    *ret_rows = state->chosen;
    return count;
}

uint32_t tg_program_error_count(const struct tg_program_state *state)
{
    return state->error_count;
}

const struct tg_row_error *tg_program_errors(const struct tg_program_state *state)
{
    return state->errors;
}

bool tg_program_failed(const struct tg_program_state *state, uint32_t expression, uint32_t row)
{
    const struct register_state *reg = &state->registers[state->program->results[expression]];
    return reg->any_failed && reg->failed[row] != 0;
}
