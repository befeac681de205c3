/* expr/functions/aggregate_number.c: COUNT, SUM, AVG. State layouts (little endian, never to change):
 * COUNT: count 8. SUM: INT 4, BIGINT 8, DOUBLE 8, DECIMAL 16. AVG: sum 8 (DOUBLE; of INT and BIGINT an
 * integer), count 8. */
#include "expr/codec.h"
#include "expr/kernel.h"

/* Is there a value to take in? Aggregates pass over NULL. */
static bool has_value(const struct tg_aggregate_call *call)
{
    return call->argument_count == 0 || call->arguments[0]->valid[call->row] != 0;
}

/* ---- COUNT ---- */

static void init_8(uint8_t *fixed)
{
    memset(fixed, 0, 8);
}

static void init_16(uint8_t *fixed)
{
    memset(fixed, 0, 16);
}

static void add_u64(uint8_t *fixed, uint64_t value)
{
    tg_state_store_u64(fixed, tg_state_load_u64(fixed) + value);
}

static enum tg_code count_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    add_u64(call->fixed, has_value(call) ? 1 : 0);
    return TG_OK;
}

static enum tg_code count_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    add_u64(call->fixed, has_value(call) ? UINT64_MAX : 0);
    return TG_OK;
}

static enum tg_code sum_bigint_merge(struct tg_aggregate_call *call, const uint8_t *other,
                                     struct tg_slice blob, struct tg_error *reterr)
{
    (void)blob;
    (void)reterr;
    add_u64(call->fixed, tg_state_load_u64(other));
    return TG_OK;
}

static void bigint_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.int64[row] = (int64_t)tg_state_load_u64(call->fixed);
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel count_kernel = {.fixed_bytes = 8,
                                                        .init = init_8,
                                                        .add = count_add,
                                                        .undo = count_undo,
                                                        .merge = sum_bigint_merge,
                                                        .result = bigint_result};

/* ---- SUM ---- */

static void init_4(uint8_t *fixed)
{
    memset(fixed, 0, 4);
}

static uint32_t int_value(const struct tg_aggregate_call *call)
{
    return has_value(call) ? (uint32_t)call->arguments[0]->values.int32[call->row] : 0;
}

static enum tg_code sum_int_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    tg_state_store_u32(call->fixed, tg_state_load_u32(call->fixed) + int_value(call));
    return TG_OK;
}

static enum tg_code sum_int_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    tg_state_store_u32(call->fixed, tg_state_load_u32(call->fixed) - int_value(call));
    return TG_OK;
}

static enum tg_code sum_int_merge(struct tg_aggregate_call *call, const uint8_t *other, struct tg_slice blob,
                                  struct tg_error *reterr)
{
    (void)blob;
    (void)reterr;
    tg_state_store_u32(call->fixed, tg_state_load_u32(call->fixed) + tg_state_load_u32(other));
    return TG_OK;
}

static void int_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.int32[row] = (int32_t)tg_state_load_u32(call->fixed);
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel sum_int = {.fixed_bytes = 4,
                                                   .init = init_4,
                                                   .add = sum_int_add,
                                                   .undo = sum_int_undo,
                                                   .merge = sum_int_merge,
                                                   .result = int_result};

static uint64_t bigint_value(const struct tg_aggregate_call *call)
{
    return has_value(call) ? (uint64_t)call->arguments[0]->values.int64[call->row] : 0;
}

static enum tg_code sum_bigint_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    add_u64(call->fixed, bigint_value(call));
    return TG_OK;
}

static enum tg_code sum_bigint_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    add_u64(call->fixed, 0U - bigint_value(call));
    return TG_OK;
}

static const struct tg_aggregate_kernel sum_bigint = {.fixed_bytes = 8,
                                                      .init = init_8,
                                                      .add = sum_bigint_add,
                                                      .undo = sum_bigint_undo,
                                                      .merge = sum_bigint_merge,
                                                      .result = bigint_result};

static void add_double(uint8_t *fixed, double value)
{
    tg_state_store_double(fixed, tg_state_load_double(fixed) + value);
}

static enum tg_code sum_double_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    if (has_value(call))
        add_double(call->fixed, call->arguments[0]->values.float64[call->row]);
    return TG_OK;
}

static enum tg_code sum_double_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    if (has_value(call))
        add_double(call->fixed, -call->arguments[0]->values.float64[call->row]);
    return TG_OK;
}

static enum tg_code sum_double_merge(struct tg_aggregate_call *call, const uint8_t *other,
                                     struct tg_slice blob, struct tg_error *reterr)
{
    (void)blob;
    (void)reterr;
    add_double(call->fixed, tg_state_load_double(other));
    return TG_OK;
}

static void double_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.float64[row] = tg_state_load_double(call->fixed);
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel sum_double = {.fixed_bytes = 8,
                                                      .init = init_8,
                                                      .add = sum_double_add,
                                                      .undo = sum_double_undo,
                                                      .merge = sum_double_merge,
                                                      .result = double_result};

static bool sum_fits(const struct tg_aggregate_call *call, tg_int128 sum)
{
    unsigned precision = call->type->precision;
    return tg_decimal_fits(sum, precision < TG_DECIMAL_DIGITS_MAX ? precision : TG_DECIMAL_DIGITS_MAX);
}

/* A sum that does not fit its type is held, so that a table's can come back; one that cannot even be held is
 * no affair of one row. */
static enum tg_code add_decimal(struct tg_aggregate_call *call, tg_int128 value, struct tg_error *reterr)
{
    const struct tg_type *type = call->type;
    tg_int128 sum = 0;
    bool held = !__builtin_add_overflow(tg_state_load_decimal(call->fixed), value, &sum);
    if (held)
        tg_state_store_decimal(call->fixed, sum);
    if (held && sum_fits(call, sum))
        return TG_OK;
    return tg_fail(reterr, held ? TG_CODE_EXPRESSION : TG_CODE_LIMIT,
                   "a SUM outgrew its type DECIMAL(%u, %u)", type->precision, type->scale);
}

static enum tg_code sum_decimal_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    return add_decimal(call, has_value(call) ? call->arguments[0]->values.decimal[call->row] : 0, reterr);
}

static enum tg_code sum_decimal_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    return add_decimal(call, has_value(call) ? -call->arguments[0]->values.decimal[call->row] : 0, reterr);
}

static enum tg_code sum_decimal_merge(struct tg_aggregate_call *call, const uint8_t *other,
                                      struct tg_slice blob, struct tg_error *reterr)
{
    (void)blob;
    return add_decimal(call, tg_state_load_decimal(other), reterr);
}

static void decimal_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    tg_int128 sum = tg_state_load_decimal(call->fixed);
    bool fits = sum_fits(call, sum);
    result->values.decimal[row] = fits ? sum : 0;
    result->valid[row] = fits;
}

static const struct tg_aggregate_kernel sum_decimal = {.fixed_bytes = 16,
                                                       .init = init_16,
                                                       .add = sum_decimal_add,
                                                       .undo = sum_decimal_undo,
                                                       .merge = sum_decimal_merge,
                                                       .result = decimal_result,
                                                       .refuses = true};

/* ---- AVG ---- */

static enum tg_code avg_change(struct tg_aggregate_call *call, bool undo)
{
    const struct tg_column *argument = call->arguments[0];
    if (!has_value(call))
        return TG_OK;
    add_u64(call->fixed + 8, undo ? UINT64_MAX : 1);
    if (argument->type->kind == TG_TYPE_DOUBLE) {
        double value = argument->values.float64[call->row];
        add_double(call->fixed, undo ? -value : value);
        return TG_OK;
    }
    uint64_t value = argument->type->kind == TG_TYPE_INT
                         ? (uint64_t)(int64_t)argument->values.int32[call->row]
                         : (uint64_t)argument->values.int64[call->row];
    add_u64(call->fixed, undo ? 0U - value : value);
    return TG_OK;
}

static enum tg_code avg_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    return avg_change(call, false);
}

static enum tg_code avg_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    return avg_change(call, true);
}

static enum tg_code avg_integer_merge(struct tg_aggregate_call *call, const uint8_t *other,
                                      struct tg_slice blob, struct tg_error *reterr)
{
    (void)blob;
    (void)reterr;
    add_u64(call->fixed, tg_state_load_u64(other));
    add_u64(call->fixed + 8, tg_state_load_u64(other + 8));
    return TG_OK;
}

static enum tg_code avg_double_merge(struct tg_aggregate_call *call, const uint8_t *other,
                                     struct tg_slice blob, struct tg_error *reterr)
{
    (void)blob;
    (void)reterr;
    add_double(call->fixed, tg_state_load_double(other));
    add_u64(call->fixed + 8, tg_state_load_u64(other + 8));
    return TG_OK;
}

/* The average of nothing is 0 (ksqlDB). */
static void set_average(const struct tg_aggregate_call *call, double sum, struct tg_column *result,
                        uint32_t row)
{
    uint64_t count = tg_state_load_u64(call->fixed + 8);
    result->values.float64[row] = count == 0 ? 0 : sum / (double)count;
    result->valid[row] = 1;
}

static void avg_integer_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    set_average(call, (double)(int64_t)tg_state_load_u64(call->fixed), result, row);
}

static void avg_double_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    set_average(call, tg_state_load_double(call->fixed), result, row);
}

static const struct tg_aggregate_kernel avg_integer = {.fixed_bytes = 16,
                                                       .init = init_16,
                                                       .add = avg_add,
                                                       .undo = avg_undo,
                                                       .merge = avg_integer_merge,
                                                       .result = avg_integer_result};
static const struct tg_aggregate_kernel avg_double = {.fixed_bytes = 16,
                                                      .init = init_16,
                                                      .add = avg_add,
                                                      .undo = avg_undo,
                                                      .merge = avg_double_merge,
                                                      .result = avg_double_result};

#define AGGREGATE(text, kernels, bits, doc, sample)                                                          \
    {                                                                                                        \
        .signature = (text), .kind = TG_FUNCTION_AGGREGATE,                                                  \
        .flags = TG_FUNCTION_OVER_TABLE | TG_FUNCTION_SEES_NULL | (bits), .aggregate = &(kernels),           \
        .summary = (doc), .example = (sample)                                                                \
    }

extern const struct tg_function tg_functions_aggregate_number[];
const struct tg_function tg_functions_aggregate_number[] = {
    AGGREGATE("COUNT() -> BIGINT", count_kernel, TG_FUNCTION_ANY_ORDER,
              "The number of rows, those of NULL too; also written COUNT(*).", "COUNT() OVER (1, NULL) = 2"),
    AGGREGATE("COUNT(T) -> BIGINT", count_kernel, TG_FUNCTION_ANY_ORDER,
              "The number of values that are not NULL.", "COUNT(x) OVER (1, NULL) = 1"),
    AGGREGATE("SUM(INT) -> INT", sum_int, TG_FUNCTION_ANY_ORDER,
              "The sum of the values that are not NULL; wraps around; 0 if there are none.",
              "SUM(x) OVER (1, NULL, 2) = 3"),
    AGGREGATE("SUM(BIGINT) -> BIGINT", sum_bigint, TG_FUNCTION_ANY_ORDER,
              "The sum of the values that are not NULL; wraps around; 0 if there are none.",
              "SUM(x) OVER (3000000000, 1) = 3000000001"),
    AGGREGATE("SUM(DOUBLE) -> DOUBLE", sum_double, 0,
              "The sum of the values that are not NULL; 0 if there are none.",
              "SUM(x) OVER (1.5e0, 2e0) = 3.5e0"),
    AGGREGATE("SUM(DECIMAL) -> DECIMAL", sum_decimal, 0,
              "The sum of the values that are not NULL; 0 if there are none; a sum with too many digits "
              "stops the query.",
              "SUM(x) OVER (10.50, 20.25) = 30.75"),
    AGGREGATE("AVG(INT) -> DOUBLE", avg_integer, TG_FUNCTION_ANY_ORDER,
              "The average of the values that are not NULL; 0 if there are none.",
              "AVG(x) OVER (1, 2) = 1.5e0"),
    AGGREGATE("AVG(BIGINT) -> DOUBLE", avg_integer, TG_FUNCTION_ANY_ORDER,
              "The average of the values that are not NULL; 0 if there are none.",
              "AVG(x) OVER (3000000000, 3000000001) = 3000000000.5"),
    AGGREGATE("AVG(DOUBLE) -> DOUBLE", avg_double, 0,
              "The average of the values that are not NULL; 0 if there are none.",
              "AVG(x) OVER (1e0, 2e0) = 1.5e0"),
    {0},
};
