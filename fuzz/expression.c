/* Feeds bytes to a small stack machine that builds expressions over columns of all types: every operator,
 * constructor and function of the registry. What comes out of them for a batch of rows, for every second row
 * of it, and for batches of one row each must be the same, and so must be the failures. */
#include <stdio.h>
#include <stdlib.h>

#include "expr/cast.h"
#include "expr/program.h"
#include "expr/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 7, STACK_MAX = 12, STEPS_MAX = 40, COLUMNS = 15, ARGUMENTS_MAX = 5 };

static const char *const column_types[COLUMNS] = {"BOOLEAN",
                                                  "INTEGER",
                                                  "INTEGER",
                                                  "BIGINT",
                                                  "DOUBLE",
                                                  "DECIMAL(6, 2)",
                                                  "STRING",
                                                  "STRING",
                                                  "BYTES",
                                                  "DATE",
                                                  "TIME",
                                                  "TIMESTAMP",
                                                  "ARRAY<INTEGER>",
                                                  "MAP<STRING, BIGINT>",
                                                  "STRUCT<X INTEGER, Z STRING>"};

struct machine {
    const uint8_t *data;
    size_t size, at;
    struct tg_arena *arena;
    const struct tg_schema *schema;
    const struct tg_expr *stack[STACK_MAX];
    uint32_t depth;
};

static uint8_t next(struct machine *machine)
{
    return machine->at < machine->size ? machine->data[machine->at++] : 0;
}

static void push(struct machine *machine, const struct tg_expr *expr)
{
    if (machine->depth < STACK_MAX)
        machine->stack[machine->depth++] = expr;
}

/* Replaces the last `count` expressions by one that was built of them; leaves them if it was refused. */
static void replace(struct machine *machine, uint32_t count, enum tg_code code, const struct tg_expr *expr,
                    const struct tg_error *error)
{
    TG_ASSERT(code == TG_OK || error->message[0] != '\0');
    if (code != TG_OK)
        return;
    machine->depth -= count;
    push(machine, expr);
}

static const struct tg_expr *const *arguments_of(struct machine *machine, uint32_t count)
{
    const struct tg_expr **arguments = tg_arena_alloc(machine->arena, (count + 1) * sizeof(struct tg_expr *));
    for (uint32_t i = 0; i < count; i++)
        arguments[i] = machine->stack[machine->depth - count + i];
    return arguments;
}

/* ---- instructions ---- */

static void push_literal(struct machine *machine)
{
    static const char *const texts[] = {
        "",    "a",   "7",   "yyyy-MM-dd", "2024-02-29", "%a_", "{\"a\":[1,2]}",
        "$.a", "UTC", "hex", "sha",        "a b,c",      "é",   "https://h:1/p?q=1#f"};
    struct tg_arena *arena = machine->arena;
    const struct tg_place place = {0};
    uint8_t what = next(machine);
    switch (what % 6) {
    case 0:
        push(machine, tg_expr_int(arena, (int8_t)next(machine), place));
        break;
    case 1:
        push(machine, tg_expr_bigint(arena, ((int64_t)next(machine) - 100) * 1000000007, place));
        break;
    case 2:
        push(machine, tg_expr_double(arena, ((double)next(machine) - 100) / 8, place));
        break;
    case 3:
        push(machine, tg_expr_boolean(arena, next(machine) % 2 != 0, place));
        break;
    case 4:
        push(machine, tg_expr_null(arena, place));
        break;
    default:
        push(machine,
             tg_expr_string(arena, tg_slice_text(texts[next(machine) % (sizeof texts / sizeof *texts)]),
                            place));
        break;
    }
}

static void call(struct machine *machine, const char *name, uint32_t count)
{
    struct tg_error error = {0};
    const struct tg_expr *expr = NULL;
    if (machine->depth < count || count == 0)
        return;
    enum tg_code code = tg_expr_call(machine->arena, tg_slice_text(name), arguments_of(machine, count), count,
                                     (struct tg_place){0}, &expr, &error);
    if (code == TG_OK && expr->kind == TG_EXPR_CALL && (expr->function->flags & TG_FUNCTION_IMPURE) != 0)
        return;
    replace(machine, count, code, expr, &error);
}

static void call_operator(struct machine *machine)
{
    static const struct {
        const char *name;
        uint32_t count;
    } operators[] = {{"+", 2},
                     {"-", 2},
                     {"*", 2},
                     {"/", 2},
                     {"%", 2},
                     {"NEG", 1},
                     {"=", 2},
                     {"<>", 2},
                     {"<", 2},
                     {"<=", 2},
                     {">", 2},
                     {">=", 2},
                     {"NOT", 1},
                     {"IS_NULL", 1},
                     {"IS_NOT_NULL", 1},
                     {"IS_DISTINCT", 2},
                     {"IS_NOT_DISTINCT", 2},
                     {"LIKE", 2},
                     {"BETWEEN", 3},
                     {"IN", 3},
                     {"[]", 2},
                     {"ARRAY", 3},
                     {"MAP", 4}};
    uint8_t which = next(machine) % (sizeof operators / sizeof *operators);
    call(machine, operators[which].name, operators[which].count);
}

static bool fits(const struct tg_pattern *pattern, const struct tg_type *type)
{
    if (type == NULL || pattern->kind == TG_PATTERN_GENERIC)
        return type != NULL;
    return type->kind == (pattern->kind == TG_PATTERN_ARRAY ? TG_TYPE_ARRAY
                          : pattern->kind == TG_PATTERN_MAP ? TG_TYPE_MAP
                                                            : pattern->type);
}

/* The last expression of the stack if it fits the parameter, else a column or a literal text that does. NULL:
 * lambdas are built elsewhere. */
static const struct tg_expr *argument_for(struct machine *machine, const struct tg_pattern *pattern)
{
    uint8_t choice = next(machine);
    if (pattern->kind == TG_PATTERN_LAMBDA)
        return NULL;
    if (choice % 2 == 0 && machine->depth > 0 && fits(pattern, machine->stack[machine->depth - 1]->type))
        return machine->stack[--machine->depth];
    if (choice % 3 == 0 && pattern->kind == TG_PATTERN_TYPE && pattern->type == TG_TYPE_STRING &&
        machine->depth < STACK_MAX) {
        push_literal(machine);
        return machine->stack[--machine->depth];
    }
    for (uint32_t i = 0; i < COLUMNS; i++) {
        uint32_t column = (choice + i) % COLUMNS;
        if (fits(pattern, machine->schema->columns[column].type))
            return tg_expr_column(machine->arena, machine->schema, column, (struct tg_place){0});
    }
    return NULL;
}

static void call_function(struct machine *machine)
{
    size_t count = 0;
    while (tg_function_at(count) != NULL)
        count++;
    TG_ASSERT(count > 0);
    size_t which = (size_t)next(machine) << 8;
    which = (which | next(machine)) % count;
    struct tg_signature signature;
    struct tg_error error;
    const struct tg_function *function = tg_function_at(which);
    uint32_t extra = next(machine) % 3;
    if (function->kind != TG_FUNCTION_SCALAR || (function->flags & TG_FUNCTION_OPERATOR) != 0 ||
        tg_signature_parse(machine->arena, function, &signature, &error) != TG_OK)
        return;
    uint32_t arguments = signature.parameter_count + (signature.variadic ? extra : 0);
    if (arguments > ARGUMENTS_MAX || machine->depth + arguments > STACK_MAX)
        return;
    const struct tg_expr *made[ARGUMENTS_MAX];
    for (uint32_t i = 0; i < arguments; i++) {
        uint32_t parameter = i < signature.parameter_count ? i : signature.parameter_count - 1;
        made[i] = argument_for(machine, signature.parameters[parameter]);
        if (made[i] == NULL)
            return;
    }
    for (uint32_t i = 0; i < arguments; i++)
        push(machine, made[i]);
    call(machine, tg_arena_text(machine->arena, signature.name), arguments);
}

static void cast(struct machine *machine)
{
    struct tg_error error = {0};
    const struct tg_expr *expr = NULL;
    const struct tg_type *type = machine->schema->columns[next(machine) % COLUMNS].type;
    if (machine->depth == 0)
        return;
    enum tg_code code = tg_expr_cast(machine->arena, machine->stack[machine->depth - 1], type,
                                     (struct tg_place){0}, &expr, &error);
    replace(machine, 1, code, expr, &error);
}

static void choose(struct machine *machine)
{
    struct tg_error error = {0};
    const struct tg_expr *expr = NULL;
    uint32_t count = 2 + next(machine) % 4;
    if (machine->depth < count)
        return;
    enum tg_code code = tg_expr_case(machine->arena, arguments_of(machine, count), count,
                                     (struct tg_place){0}, &expr, &error);
    replace(machine, count, code, expr, &error);
}

static void both(struct machine *machine)
{
    struct tg_error error = {0};
    const struct tg_expr *expr = NULL;
    enum tg_expr_kind kind = next(machine) % 2 == 0 ? TG_EXPR_AND : TG_EXPR_OR;
    if (machine->depth < 2)
        return;
    const struct tg_expr *const *arguments = arguments_of(machine, 2);
    enum tg_code code =
        tg_expr_and_or(machine->arena, kind, arguments[0], arguments[1], (struct tg_place){0}, &expr, &error);
    replace(machine, 2, code, expr, &error);
}

static void field(struct machine *machine)
{
    struct tg_error error = {0};
    const struct tg_expr *expr = NULL;
    const char *name = next(machine) % 2 == 0 ? "X" : "Z";
    if (machine->depth == 0 || machine->stack[machine->depth - 1]->type == NULL)
        return;
    enum tg_code code = tg_expr_field(machine->arena, machine->stack[machine->depth - 1], tg_slice_text(name),
                                      (struct tg_place){0}, &expr, &error);
    replace(machine, 1, code, expr, &error);
}

static void make_struct(struct machine *machine)
{
    static const char *const names[] = {"X", "Z"};
    struct tg_error error = {0};
    const struct tg_expr *expr = NULL;
    if (machine->depth < 2)
        return;
    enum tg_code code = tg_expr_struct(machine->arena, names, arguments_of(machine, 2), 2,
                                       (struct tg_place){0}, &expr, &error);
    replace(machine, 2, code, expr, &error);
}

/* FUNCTION(array, x => x operator other) */
static void lambda(struct machine *machine)
{
    static const char *const signs[] = {"+", "/", "=", "<", "IS_DISTINCT", "IFNULL"};
    struct tg_error error = {0};
    const struct tg_expr *body = NULL;
    const struct tg_expr *expr = NULL;
    const char *sign = signs[next(machine) % 6];
    const char *name = next(machine) % 2 == 0 ? "TRANSFORM" : "FILTER";
    if (machine->depth < 2 || machine->stack[machine->depth - 2]->type == NULL ||
        machine->stack[machine->depth - 2]->type->kind != TG_TYPE_ARRAY)
        return;
    const struct tg_expr *array = machine->stack[machine->depth - 2];
    const struct tg_place place = {0};
    const struct tg_expr *parts[] = {
        tg_expr_parameter(machine->arena, "x", 0, 0, array->type->element, place),
        machine->stack[machine->depth - 1]};
    if (tg_expr_call(machine->arena, tg_slice_text(sign), parts, 2, place, &body, &error) != TG_OK)
        return;
    const struct tg_expr *arguments[] = {array, tg_expr_lambda(machine->arena, body, 1, place)};
    enum tg_code code = tg_expr_call(machine->arena, tg_slice_text(name), arguments, 2, place, &expr, &error);
    replace(machine, 2, code, expr, &error);
}

static void build(struct machine *machine)
{
    for (int step = 0; step < STEPS_MAX && machine->at < machine->size; step++) {
        switch (next(machine) % 11) {
        case 0:
        case 1:
            push(machine, tg_expr_column(machine->arena, machine->schema, next(machine) % COLUMNS,
                                         (struct tg_place){0}));
            break;
        case 2:
            push_literal(machine);
            break;
        case 3:
            call_operator(machine);
            break;
        case 4:
        case 5:
            call_function(machine);
            break;
        case 6:
            cast(machine);
            break;
        case 7:
            choose(machine);
            break;
        case 8:
            both(machine);
            break;
        case 9:
            if (next(machine) % 2 == 0)
                field(machine);
            else
                make_struct(machine);
            break;
        default:
            lambda(machine);
            break;
        }
    }
}

/* ---- rows ---- */

static void set_simple(struct tg_column *column, uint32_t row, unsigned seed)
{
    static const char *const texts[] = {"", "a", "ab", "7", "-1.5", "2024-02-29", "caf\xC3\xA9"};
    static const int64_t numbers[] = {0, 1, -1, 3, 2147483647, -7, 20000};
    int64_t number = numbers[seed % 7];
    column->valid[row] = seed % 5 != 4;
    switch (tg_type_value_bytes(column->type)) {
    case 1:
        column->values.boolean[row] = seed % 2;
        break;
    case sizeof(int32_t):
        column->values.int32[row] =
            (int32_t)(column->type->kind == TG_TYPE_TIME && number < 0 ? 5 : number % 86400000);
        break;
    case sizeof(int64_t):
        if (column->type->kind == TG_TYPE_DOUBLE)
            column->values.float64[row] = (double)number / 4;
        else
            column->values.int64[row] = number * 1000003;
        break;
    default:
        if (column->type->kind == TG_TYPE_DECIMAL)
            column->values.decimal[row] = number % 100000;
        else
            column->values.bytes[row] = tg_slice_text(texts[seed % 7]);
        break;
    }
}

static void set_value(struct tg_column *column, uint32_t row, unsigned seed)
{
    if (column->type->kind == TG_TYPE_STRUCT) {
        column->valid[row] = seed % 5 != 4;
        for (uint32_t i = 0; i < column->child_count; i++)
            set_simple(column->children[i], row, column->valid[row] != 0 ? seed + i : 4);
        return;
    }
    if (column->child_count == 0) {
        set_simple(column, row, seed);
        return;
    }
    struct tg_range range = {.start = column->children[0]->length, .count = seed % 4};
    column->valid[row] = seed % 5 != 4;
    for (unsigned item = 0; item < range.count; item++) {
        for (uint32_t i = 0; i < column->child_count; i++) {
            uint32_t at = tg_column_extend(column->children[i]);
            set_simple(column->children[i], at, seed + item);
            if (column->type->kind == TG_TYPE_MAP && i == 0) { /* keys: different ones, never NULL */
                static const char *const keys[] = {"a", "b", "7"};
                column->children[0]->values.bytes[at] = tg_slice_text(keys[item]);
                column->children[0]->valid[at] = 1;
            }
        }
    }
    column->values.range[row] = range;
}

static void set_rows(struct tg_batch_memory *memory, uint32_t count, struct tg_arena *arena)
{
    tg_rows_reserve(&memory->own_rows, count);
    memory->own_rows.count = count;
    for (uint32_t row = 0; row < count; row++) {
        memory->own_rows.rowtime_ms[row] = memory->own_rows.offset[row] = row;
        memory->own_rows.flags[row] = 0;
    }
    memory->batch.rows = &memory->own_rows;
    memory->batch.selection = NULL;
    memory->batch.selected = count;
    memory->batch.arena = arena;
}

/* ---- runs ---- */

struct run {
    struct tg_program_state *state;
    uint32_t expression_count;
    struct tg_arena *arena;
};

/* The values of all expressions in one row, and how many failures there were in it. */
static struct tg_slice results_of(const struct run *run, uint32_t row)
{
    struct tg_buffer text = {0};
    for (uint32_t i = 0; i < run->expression_count; i++) {
        const struct tg_column *column = tg_program_result(run->state, i);
        if (column->valid[row] != 0)
            tg_cast_write(column, row, &text);
        else
            tg_buffer_append_text(&text, "NULL");
        tg_buffer_append_byte(&text, '\n');
    }
    unsigned failures = 0;
    for (uint32_t i = 0; i < tg_program_error_count(run->state); i++) {
        const struct tg_row_error *error = &tg_program_errors(run->state)[i];
        TG_ASSERT(error->message[0] != '\0');
        failures += error->row == row;
    }
    tg_buffer_printf(&text, "%u failures", failures);
    struct tg_slice kept = tg_arena_copy(run->arena, tg_buffer_slice(&text));
    tg_buffer_done(&text);
    return kept;
}

static void check_equal(struct tg_slice a, struct tg_slice b)
{
    if (tg_slice_equal(a, b))
        return;
    fprintf(stderr, "%.*s\n---- but\n%.*s\n", (int)a.length, (const char *)a.data, (int)b.length,
            (const char *)b.data);
    abort();
}

static void run_all_ways(const struct machine *machine, const struct tg_program *program)
{
    static const uint32_t odd[] = {1, 3, 5};
    struct run run = {tg_program_state_new(program), machine->depth, machine->arena};
    struct tg_batch_memory all;
    struct tg_batch_memory one;
    struct tg_slice wanted[ROWS];
    tg_batch_memory_init(&all, machine->schema, NULL);
    tg_batch_memory_init(&one, machine->schema, NULL);
    set_rows(&all, ROWS, machine->arena);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        tg_column_resize(all.batch.columns[i], ROWS);
        for (uint32_t row = 0; row < ROWS; row++)
            set_value(all.batch.columns[i], row, (row * 7 + i * 3 + (unsigned)machine->size) % 35);
    }
    tg_program_run(run.state, &all.batch);
    for (uint32_t row = 0; row < ROWS; row++)
        wanted[row] = results_of(&run, row);
    all.batch.selection = odd;
    all.batch.selected = 3;
    tg_program_run(run.state, &all.batch);
    for (uint32_t i = 0; i < 3; i++)
        check_equal(wanted[odd[i]], results_of(&run, odd[i]));
    for (uint32_t row = 0; row < ROWS; row++) {
        tg_batch_memory_clear(&one);
        set_rows(&one, 1, machine->arena);
        for (uint32_t i = 0; i < COLUMNS; i++) {
            tg_column_resize(one.batch.columns[i], 1);
            tg_column_copy_row(one.batch.columns[i], 0, all.batch.columns[i], row);
        }
        tg_program_run(run.state, &one.batch);
        check_equal(wanted[row], results_of(&run, 0));
    }
    tg_program_state_free(run.state);
    tg_batch_memory_done(&all);
    tg_batch_memory_done(&one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_schema_column columns[COLUMNS];
    struct tg_error error = {0};
    struct tg_arena *arena = tg_arena_new(0);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        columns[i] = (struct tg_schema_column){.name = tg_arena_printf(arena, "C%u", i)};
        TG_ASSERT(tg_type_parse(arena, tg_slice_text(column_types[i]), &columns[i].type, &error) == TG_OK);
    }
    struct machine machine = {
        .data = data, .size = size, .arena = arena, .schema = tg_schema_new(arena, columns, COLUMNS)};
    build(&machine);
    uint32_t typed = 0;
    for (uint32_t i = 0; i < machine.depth; i++)
        if (machine.stack[i]->type != NULL)
            machine.stack[typed++] = machine.stack[i];
    machine.depth = typed;
    const struct tg_program *program = NULL;
    if (typed > 0) {
        if (tg_program_compile(arena, machine.schema, machine.stack, typed, &program, &error) == TG_OK)
            run_all_ways(&machine, program);
        else
            TG_ASSERT(error.message[0] != '\0'); /* a constant pattern may be wrong */
    }
    tg_arena_free(arena);
    return 0;
}
