/* Feeds texts to scalar functions. The input is a function's name and the arguments as texts, separated by
 * NUL bytes; each overload with that number of arguments runs with the texts brought to its parameters'
 * types. Texts that come out are UTF-8, errors have a message. */
#include "base/text.h"
#include "expr/program.h"
#include "expr/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGUMENTS_MAX = 6 };

struct run {
    struct tg_arena *arena;
    const struct tg_schema *schema;
    struct tg_batch_memory memory;
    uint32_t argument_count;
};

static const struct tg_expr *call(struct run *run, const char *name, const struct tg_expr *first,
                                  const char *second)
{
    struct tg_error error;
    const struct tg_expr *result = NULL;
    const struct tg_expr *arguments[] = {
        first, tg_expr_string(run->arena, tg_slice_text(second), (struct tg_place){0}),
        tg_expr_string(run->arena, tg_slice_text(":"), (struct tg_place){0})};
    uint32_t count = tg_slice_is(tg_slice_text(name), "SPLIT_TO_MAP") ? 3 : 2;
    TG_ASSERT(tg_expr_call(run->arena, tg_slice_text(name), arguments, count, (struct tg_place){0}, &result,
                           &error) == TG_OK);
    return result;
}

/* The text in column `index` as a value that fits the pattern; NULL: there is none. */
static const struct tg_expr *argument_for(struct run *run, const struct tg_pattern *pattern, uint32_t index)
{
    static const struct tg_type *const types[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_BOOLEAN] = &tg_type_boolean,    [TG_TYPE_INT] = &tg_type_int,
        [TG_TYPE_BIGINT] = &tg_type_bigint,      [TG_TYPE_DOUBLE] = &tg_type_double,
        [TG_TYPE_DATE] = &tg_type_date,          [TG_TYPE_TIME] = &tg_type_time,
        [TG_TYPE_TIMESTAMP] = &tg_type_timestamp};
    struct tg_error error;
    const struct tg_expr *text = tg_expr_column(run->arena, run->schema, index, (struct tg_place){0});
    const struct tg_expr *result = NULL;
    if (pattern->kind == TG_PATTERN_LAMBDA)
        return NULL;
    if (pattern->kind == TG_PATTERN_GENERIC)
        return text;
    if (pattern->kind == TG_PATTERN_ARRAY)
        return call(run, "SPLIT", text, ",");
    if (pattern->kind == TG_PATTERN_MAP)
        return call(run, "SPLIT_TO_MAP", text, ",");
    if (pattern->type == TG_TYPE_STRING)
        return text;
    if (pattern->type == TG_TYPE_BYTES)
        return call(run, "TO_BYTES", text, "utf8");
    const struct tg_type *type =
        pattern->type == TG_TYPE_DECIMAL ? tg_type_decimal(run->arena, 20, 5) : types[pattern->type];
    TG_ASSERT(tg_expr_cast(run->arena, text, type, (struct tg_place){0}, &result, &error) == TG_OK);
    return result;
}

static void check_texts(const struct tg_column *column, uint32_t rows)
{
    for (uint32_t row = 0; row < rows; row++)
        if (column->type->kind == TG_TYPE_STRING && column->valid[row] != 0)
            TG_ASSERT(tg_utf8_valid(column->values.bytes[row]));
    for (uint32_t i = 0; i < column->child_count; i++)
        check_texts(column->children[i],
                    column->type->kind == TG_TYPE_STRUCT ? rows : column->children[i]->length);
}

static void run_overload(struct run *run, const struct tg_signature *signature)
{
    struct tg_error error;
    const struct tg_expr *arguments[ARGUMENTS_MAX];
    const struct tg_expr *expr = NULL;
    const struct tg_program *program = NULL;
    uint32_t last = signature->parameter_count == 0 ? 0 : signature->parameter_count - 1;
    if (run->argument_count != signature->parameter_count && !signature->variadic)
        return;
    for (uint32_t i = 0; i < run->argument_count; i++) {
        arguments[i] = argument_for(run, signature->parameters[i < last ? i : last], i);
        if (arguments[i] == NULL)
            return;
    }
    if (tg_expr_call(run->arena, signature->name, arguments, run->argument_count, (struct tg_place){0}, &expr,
                     &error) != TG_OK)
        return;
    TG_ASSERT(tg_program_compile(run->arena, run->schema, &expr, 1, &program, &error) == TG_OK);
    struct tg_program_state *state = tg_program_state_new(program);
    for (int pass = 0; pass < 2; pass++) {
        tg_program_run(state, &run->memory.batch);
        check_texts(tg_program_result(state, 0), run->memory.own_rows.count);
        for (uint32_t i = 0; i < tg_program_error_count(state); i++)
            TG_ASSERT(tg_program_errors(state)[i].message[0] != '\0');
    }
    tg_program_state_free(state);
}

/* Row 0 has the texts as they are, row 1 the second half of each, row 2 is NULL. */
static void fill(struct run *run, const struct tg_slice *texts)
{
    enum { ROWS = 3 };
    tg_rows_reserve(&run->memory.own_rows, ROWS);
    run->memory.own_rows.count = ROWS;
    run->memory.batch.rows = &run->memory.own_rows;
    run->memory.batch.selected = ROWS;
    for (uint32_t i = 0; i < ARGUMENTS_MAX; i++) {
        struct tg_column *column = run->memory.batch.columns[i];
        tg_column_resize(column, ROWS);
        for (uint32_t row = 0; row < ROWS; row++)
            tg_column_set_null(column, row);
        for (uint32_t row = 0; row < 2 && i < run->argument_count; row++) {
            size_t start = row * (texts[i].length / 2);
            struct tg_slice text = tg_slice_of(texts[i].data + start, texts[i].length - start);
            column->values.bytes[row] = tg_slice_of(text.data, tg_utf8_valid_prefix(text));
            column->valid[row] = 1;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tg_schema_column columns[ARGUMENTS_MAX] = {
        {.name = "A", .type = &tg_type_string, .role = TG_COLUMN_VALUE},
        {.name = "B", .type = &tg_type_string, .role = TG_COLUMN_VALUE},
        {.name = "C", .type = &tg_type_string, .role = TG_COLUMN_VALUE},
        {.name = "D", .type = &tg_type_string, .role = TG_COLUMN_VALUE},
        {.name = "E", .type = &tg_type_string, .role = TG_COLUMN_VALUE},
        {.name = "F", .type = &tg_type_string, .role = TG_COLUMN_VALUE},
    };
    struct tg_slice parts[ARGUMENTS_MAX + 1] = {0};
    uint32_t count = 0;
    for (size_t at = 0; at <= size && count <= ARGUMENTS_MAX; count++) {
        const uint8_t *end = at == size ? NULL : (const uint8_t *)memchr(data + at, 0, size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - data) - at;
        parts[count] = tg_slice_of(data + at, length);
        at += length + 1;
    }
    struct tg_overloads overloads = tg_function_overloads(parts[0], TG_FUNCTION_SCALAR);
    struct run run = {.arena = tg_arena_new(0), .argument_count = count - 1};
    run.schema = tg_schema_new(run.arena, columns, ARGUMENTS_MAX);
    tg_batch_memory_init(&run.memory, run.schema, NULL);
    run.memory.batch.arena = run.arena;
    fill(&run, parts + 1);
    for (uint32_t i = 0; i < overloads.count; i++)
        run_overload(&run, overloads.signatures[i]);
    tg_batch_memory_done(&run.memory);
    tg_arena_free(run.arena);
    return 0;
}
