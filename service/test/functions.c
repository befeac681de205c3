#include "service/test/functions.h"

#include "expr/cast.h"
#include "expr/codec.h"
#include "expr/kernel.h"
#include "expr/resolve.h"

/* ---- scalar functions ---- */

static bool holds(const struct tg_call *call, uint32_t argument, uint32_t row)
{
    const struct tg_column *column = call->arguments[argument];
    return column->valid[row] != 0 && column->values.boolean[row] != 0;
}

/* Its first argument; the second says whether it may be evaluated at all. */
static void when_condition(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        call->result->valid[row] = 1;
        call->result->values.boolean[row] = holds(call, 0, row);
        if (!holds(call, 1, row))
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "a condition that must not be evaluated");
    }
}

static void when_result(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        call->result->valid[row] = call->arguments[0]->valid[row];
        call->result->values.int32[row] = call->arguments[0]->values.int32[row];
        if (!holds(call, 1, row))
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "a result that must not be evaluated");
    }
}

static void fail_if_true(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        call->result->valid[row] = 1;
        call->result->values.int32[row] = 0;
        if (holds(call, 0, row))
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "it fails if it is told to");
    }
}

static void fail_always(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        tg_call_fail(call, tg_call_row(call, i), TG_CODE_EXPRESSION, "it always fails");
}

/* A counter of the call site. */
static enum tg_code prepare_counter(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                    uint32_t argument_count, const void **ret_prepared,
                                    struct tg_error *reterr)
{
    (void)arguments;
    (void)argument_count;
    (void)reterr;
    *ret_prepared = tg_arena_alloc_zero(arena, 1, sizeof(uint64_t));
    return TG_OK;
}

static void null_every_other_time(const struct tg_call *call)
{
    uint64_t *calls = (uint64_t *)(uintptr_t)call->prepared;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        call->result->valid[row] = (*calls)++ % 2 == 1 && call->arguments[0]->valid[row] != 0;
        call->result->values.bytes[row] = call->arguments[0]->values.bytes[row];
    }
}

static void set_text(const struct tg_call *call, const char *text)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        tg_call_set_bytes(call, tg_call_row(call, i), tg_slice_text(text));
}

static void int_string(const struct tg_call *call)
{
    set_text(call, "doStuffIntString");
}

static void long_string(const struct tg_call *call)
{
    set_text(call, "doStuffLongString");
}

static void long_long_string(const struct tg_call *call)
{
    set_text(call, "doStuffLongLongString");
}

static void long_varargs(const struct tg_call *call)
{
    set_text(call, "doStuffLongVarargs");
}

/* STRUCT<A STRING> of a text. */
static enum tg_code resolve_struct(struct tg_resolution *resolution, struct tg_error *reterr)
{
    (void)reterr;
    struct tg_field *field = tg_arena_alloc_zero(resolution->arena, 1, sizeof *field);
    *field = (struct tg_field){"A", &tg_type_string};
    resolution->type = tg_type_struct(resolution->arena, field, 1);
    return TG_OK;
}

static void text_to_struct(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        bool given = call->argument_count > 0;
        struct tg_column *field = call->result->children[0];
        call->result->valid[row] = 1;
        field->valid[row] = given ? call->arguments[0]->valid[row] : 1;
        field->values.bytes[row] = given ? call->arguments[0]->values.bytes[row] : tg_slice_text("foo");
    }
}

static enum tg_code resolve_field(struct tg_resolution *resolution, struct tg_error *reterr)
{
    const struct tg_type *type = resolution->arguments[0]->type;
    if (type == NULL || type->kind != TG_TYPE_STRUCT || type->fields[0].type->kind != TG_TYPE_STRING)
        return tg_fail_at(reterr, TG_CODE_TYPE, resolution->place, "%s takes STRUCT<A STRING>",
                          resolution->name);
    resolution->type = &tg_type_string;
    return TG_OK;
}

static void first_field(const struct tg_call *call)
{
    const struct tg_column *field = call->arguments[0]->children[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        call->result->valid[row] = call->arguments[0]->valid[row] != 0 && field->valid[row] != 0;
        call->result->values.bytes[row] = field->values.bytes[row];
    }
}

/* ---- table functions ---- */

static enum tg_code resolve_wide_decimal(struct tg_resolution *resolution, struct tg_error *reterr)
{
    (void)reterr;
    resolution->type = tg_type_decimal(resolution->arena, 30, 10);
    return TG_OK;
}

/* Its argument. */
static uint32_t one_row(const struct tg_call *call, uint32_t row, struct tg_column *result)
{
    uint32_t target = tg_column_extend(result);
    if (result->type->kind == TG_TYPE_DECIMAL) { /* in a wider type of the same scale */
        result->valid[target] = call->arguments[0]->valid[row];
        result->values.decimal[target] = call->arguments[0]->values.decimal[row];
    } else {
        tg_column_copy_row(result, target, call->arguments[0], row);
    }
    return 1;
}

/* The texts of its arguments, of MAPs of their first value: one row each. */
static uint32_t texts(const struct tg_call *call, uint32_t row, struct tg_column *result)
{
    for (uint32_t i = 0; i < call->argument_count; i++) {
        const struct tg_column *argument = call->arguments[i];
        uint32_t source = row;
        uint32_t target = tg_column_extend(result);
        struct tg_buffer text = {0};
        result->valid[target] = 0;
        if (argument->valid[row] != 0 && argument->type->kind == TG_TYPE_MAP) {
            source = argument->values.range[row].start;
            argument = argument->children[1];
        }
        if (argument->valid[source] == 0)
            continue;
        tg_cast_write(argument, source, &text);
        result->values.bytes[target] = tg_arena_copy(call->arena, tg_buffer_slice(&text));
        result->valid[target] = 1;
        tg_buffer_done(&text);
    }
    return call->argument_count;
}

/* ---- aggregates ---- */

static void init_sum(uint8_t *fixed)
{
    tg_state_store_u64(fixed, 0);
}

/* What a value is worth: a number itself, a text its length; NULL nothing. */
static uint64_t worth(const struct tg_column *column, uint32_t row)
{
    if (column->valid[row] == 0)
        return 0;
    if (column->type->kind == TG_TYPE_STRING)
        return column->values.bytes[row].length;
    return column->type->kind == TG_TYPE_INT ? (uint64_t)column->values.int32[row]
                                             : (uint64_t)column->values.int64[row];
}

/* The arguments that come with each row; those behind them are constants that count once. */
struct sum_plan {
    uint32_t row_arguments;
    uint64_t initial;
};

static uint64_t sum_of_row(const struct tg_aggregate_call *call)
{
    const struct sum_plan *plan = call->prepared;
    uint32_t count = plan == NULL ? call->argument_count : plan->row_arguments;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += worth(call->arguments[i], call->row);
    return sum;
}

static enum tg_code sum_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    tg_state_store_u64(call->fixed, tg_state_load_u64(call->fixed) + sum_of_row(call));
    return TG_OK;
}

static enum tg_code sum_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    tg_state_store_u64(call->fixed, tg_state_load_u64(call->fixed) - sum_of_row(call));
    return TG_OK;
}

static enum tg_code sum_merge(struct tg_aggregate_call *call, const uint8_t *other, struct tg_slice blob,
                              struct tg_error *reterr)
{
    (void)blob;
    (void)reterr;
    tg_state_store_u64(call->fixed, tg_state_load_u64(call->fixed) + tg_state_load_u64(other));
    return TG_OK;
}

static void sum_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    const struct sum_plan *plan = call->prepared;
    uint64_t initial = plan == NULL ? 0 : plan->initial;
    result->values.int64[row] = (int64_t)(tg_state_load_u64(call->fixed) + initial);
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel sum_kernel = {.fixed_bytes = 8,
                                                      .init = init_sum,
                                                      .add = sum_add,
                                                      .undo = sum_undo,
                                                      .merge = sum_merge,
                                                      .result = sum_result};

/* The constants begin with the first INT behind the first argument. */
static enum tg_code prepare_sum(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                uint32_t argument_count, const void **ret_prepared, struct tg_error *reterr)
{
    (void)reterr;
    struct sum_plan *plan = tg_arena_alloc_zero(arena, 1, sizeof *plan);
    for (uint32_t i = 0; i < argument_count; i++) {
        const struct tg_expr *argument = arguments[i];
        bool is_int = argument != NULL && argument->type->kind == TG_TYPE_INT;
        if (plan->row_arguments == 0 && i > 0 && is_int)
            plan->row_arguments = i;
        if (plan->row_arguments == 0 || argument == NULL || argument->literal.is_null)
            continue;
        plan->initial +=
            is_int ? (uint64_t)argument->literal.value.int32 : argument->literal.value.bytes.length;
    }
    if (plan->row_arguments == 0)
        plan->row_arguments = argument_count;
    *ret_prepared = plan;
    return TG_OK;
}

/* A list of the first argument's values from rows without any NULL. */

static void init_list(uint8_t *fixed)
{
    tg_state_store_u32(fixed, 0);
}

static enum tg_code list_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    for (uint32_t i = 0; i < call->argument_count; i++)
        if (call->arguments[i]->valid[call->row] == 0)
            return TG_OK;
    tg_buffer_append_slice(call->new_blob, call->blob);
    tg_value_encode(call->arguments[0], call->row, call->new_blob);
    call->blob_changed = true;
    return TG_OK;
}

static enum tg_code list_merge(struct tg_aggregate_call *call, const uint8_t *other, struct tg_slice blob,
                               struct tg_error *reterr)
{
    (void)other;
    (void)reterr;
    tg_buffer_append_slice(call->new_blob, call->blob);
    tg_buffer_append_slice(call->new_blob, blob);
    call->blob_changed = true;
    return TG_OK;
}

static void list_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    struct tg_column *elements = result->children[0];
    struct tg_slice rest = call->blob;
    struct tg_range range = {.start = elements->length};
    while (rest.length > 0 && tg_value_decode(&rest, elements, tg_column_extend(elements)))
        range.count++;
    result->values.range[row] = range;
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel list_kernel = {
    .fixed_bytes = 4, .init = init_list, .add = list_add, .merge = list_merge, .result = list_result};

/* ---- the table ---- */

#define SCALAR(text, function, how)                                                                          \
    {                                                                                                        \
        .signature = (text), .kind = TG_FUNCTION_SCALAR,                                                     \
        .flags = TG_FUNCTION_SEES_NULL | TG_FUNCTION_IMPURE, .kernel = (function),                           \
        .summary = "Of test files.", .resolve = (how)                                                        \
    }
#define TABLE(text, function, how)                                                                           \
    {                                                                                                        \
        .signature = (text), .kind = TG_FUNCTION_TABLE, .flags = TG_FUNCTION_SEES_NULL, .table = (function), \
        .summary = "Of test files.", .resolve = (how)                                                        \
    }
#define SUM(text)                                                                                            \
    {                                                                                                        \
        .signature = (text), .kind = TG_FUNCTION_AGGREGATE, .flags = TG_FUNCTION_OVER_TABLE,                 \
        .aggregate = &sum_kernel, .prepare = prepare_sum, .summary = "Of test files."                        \
    }
#define LIST(text)                                                                                           \
    {                                                                                                        \
        .signature = (text), .kind = TG_FUNCTION_AGGREGATE, .flags = TG_FUNCTION_VARIABLE_STATE,             \
        .aggregate = &list_kernel, .summary = "Of test files."                                               \
    }

static const struct tg_function functions[] = {
    SCALAR("WHENCONDITION(BOOLEAN, BOOLEAN) -> BOOLEAN", when_condition, NULL),
    SCALAR("WHENRESULT(INT, BOOLEAN) -> INT", when_result, NULL),
    SCALAR("BAD_UDF(BOOLEAN) -> INT", fail_if_true, NULL),
    SCALAR("BAD_UDF(INT) -> INT", fail_always, NULL),
    {.signature = "BAD_UDF(STRING) -> STRING",
     .kind = TG_FUNCTION_SCALAR,
     .flags = TG_FUNCTION_SEES_NULL | TG_FUNCTION_IMPURE,
     .kernel = null_every_other_time,
     .prepare = prepare_counter,
     .summary = "Of test files."},
    SCALAR("TEST_UDF(INT, STRING) -> STRING", int_string, NULL),
    SCALAR("TEST_UDF(BIGINT, STRING) -> STRING", long_string, NULL),
    SCALAR("TEST_UDF(BIGINT, BIGINT, STRING) -> STRING", long_long_string, NULL),
    SCALAR("TEST_UDF(BIGINT...) -> STRING", long_varargs, NULL),
    SCALAR("TEST_UDF() -> STRUCT", text_to_struct, resolve_struct),
    SCALAR("TEST_UDF(T) -> STRING", first_field, resolve_field),
    SCALAR("TOSTRUCT(STRING) -> STRUCT", text_to_struct, resolve_struct),
    TABLE("TEST_UDTF(T) -> T", one_row, NULL),
    TABLE("TEST_UDTF(DECIMAL) -> DECIMAL", one_row, resolve_wide_decimal),
    TABLE("TEST_UDTF(T, U, V, W, X, Y, Z) -> STRING", texts, NULL),
    SUM("TEST_UDAF(INT) -> BIGINT"),
    SUM("TEST_UDAF(BIGINT) -> BIGINT"),
    SUM("TEST_UDAF(STRING) -> BIGINT"),
    SUM("MULTI_ARG(BIGINT, STRING, INT, STRING...) -> BIGINT"),
    SUM("VAR_ARG(BIGINT, STRING...) -> BIGINT"),
    SUM("MID_VAR_ARG(BIGINT, STRING, INT, INT) -> BIGINT"),
    SUM("MID_VAR_ARG(BIGINT, STRING, STRING, INT, INT) -> BIGINT"),
    SUM("MID_VAR_ARG(BIGINT, STRING, STRING, STRING, INT, INT) -> BIGINT"),
    SUM("MID_VAR_ARG(BIGINT, STRING, STRING, STRING, STRING, INT, INT) -> BIGINT"),
    SUM("MID_VAR_ARG(BIGINT, STRING, STRING, STRING, STRING, STRING, INT, INT) -> BIGINT"),
    SUM("MID_VAR_ARG(BIGINT, STRING, STRING, STRING, STRING, STRING, STRING, INT, INT) -> BIGINT"),
    SUM("FOUR_ARG(BIGINT, STRING, STRING, STRING, INT, STRING...) -> BIGINT"),
    SUM("FIVE_ARG(BIGINT, STRING, STRING, STRING, STRING, INT, STRING...) -> BIGINT"),
    LIST("GENERIC_VAR_ARG(T, INT, U...) -> ARRAY<T>"),
    LIST("OBJ_COL_ARG(INT, T) -> ARRAY<INT>"),
    LIST("OBJ_COL_ARG(INT, T, U) -> ARRAY<INT>"),
    LIST("OBJ_COL_ARG(INT, T, U, V) -> ARRAY<INT>"),
    LIST("OBJ_COL_ARG(INT, T, U, V, W) -> ARRAY<INT>"),
    LIST("OBJ_COL_ARG(INT, T, U, V, W, X) -> ARRAY<INT>"),
    {0},
};

void tg_test_functions_register(void)
{
    tg_functions_extend(functions);
}
