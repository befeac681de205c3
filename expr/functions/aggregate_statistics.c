/* expr/functions/aggregate_statistics.c: spread, correlation and sums of lists. State layouts (little endian,
 * never to change): STDDEV_*: sum 8 (DOUBLE), count 8, squared deviations 8 (DOUBLE). CORRELATION: count 8,
 * then the sums of x, y, x*x, y*y, x*y, 8 (DOUBLE) each. SUM_LIST: as SUM: INT 4, BIGINT 8, DOUBLE 8. */
#include <math.h>

#include "expr/codec.h"
#include "expr/kernel.h"

static double double_at(const uint8_t *fixed, unsigned slot)
{
    return tg_state_load_double(fixed + 8 * slot);
}

static void change_double(uint8_t *fixed, unsigned slot, double by)
{
    tg_state_store_double(fixed + 8 * slot, double_at(fixed, slot) + by);
}

static uint64_t u64_at(const uint8_t *fixed, unsigned slot)
{
    return tg_state_load_u64(fixed + 8 * slot);
}

static void change_u64(uint8_t *fixed, unsigned slot, uint64_t by)
{
    tg_state_store_u64(fixed + 8 * slot, u64_at(fixed, slot) + by);
}

/* ---- STDDEV_SAMPLE, STDDEV_SAMP ---- */

enum { SUM, COUNT, DEVIATIONS, SPREAD_BYTES = 24 };

static void init_spread(uint8_t *fixed)
{
    memset(fixed, 0, SPREAD_BYTES);
}

/* What a value adds to the squared deviations; `count` and `sum` are with it (Youngs and Cramer). */
static double deviation(double value, double count, double sum)
{
    double distance = count * value - sum;
    return count < 2 ? 0 : distance * distance / (count * (count - 1));
}

static enum tg_code spread_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    if (call->arguments[0]->valid[call->row] == 0)
        return TG_OK;
    double value = call->arguments[0]->values.float64[call->row];
    change_double(call->fixed, SUM, value);
    change_u64(call->fixed, COUNT, 1);
    change_double(call->fixed, DEVIATIONS,
                  deviation(value, (double)u64_at(call->fixed, COUNT), double_at(call->fixed, SUM)));
    return TG_OK;
}

static enum tg_code spread_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    if (call->arguments[0]->valid[call->row] == 0)
        return TG_OK;
    double value = call->arguments[0]->values.float64[call->row];
    change_double(call->fixed, DEVIATIONS,
                  -deviation(value, (double)u64_at(call->fixed, COUNT), double_at(call->fixed, SUM)));
    change_double(call->fixed, SUM, -value);
    change_u64(call->fixed, COUNT, UINT64_MAX);
    return TG_OK;
}

static enum tg_code spread_merge(struct tg_aggregate_call *call, const uint8_t *other, struct tg_slice blob,
                                 struct tg_error *reterr)
{
    (void)blob;
    (void)reterr;
    double n = (double)u64_at(call->fixed, COUNT);
    double m = (double)u64_at(other, COUNT);
    double distance = m * double_at(call->fixed, SUM) - n * double_at(other, SUM);
    if (n > 0 && m > 0)
        change_double(call->fixed, DEVIATIONS, distance * distance / (n * m * (n + m)));
    change_double(call->fixed, DEVIATIONS, double_at(other, DEVIATIONS));
    change_double(call->fixed, SUM, double_at(other, SUM));
    change_u64(call->fixed, COUNT, u64_at(other, COUNT));
    return TG_OK;
}

static double variance(const uint8_t *fixed)
{
    uint64_t count = u64_at(fixed, COUNT);
    return count < 2 ? 0 : double_at(fixed, DEVIATIONS) / (double)(count - 1);
}

static void variance_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.float64[row] = variance(call->fixed);
    result->valid[row] = 1;
}

static void deviation_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.float64[row] = sqrt(variance(call->fixed));
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel variance_kernel = {.fixed_bytes = SPREAD_BYTES,
                                                           .init = init_spread,
                                                           .add = spread_add,
                                                           .undo = spread_undo,
                                                           .merge = spread_merge,
                                                           .result = variance_result};
static const struct tg_aggregate_kernel deviation_kernel = {.fixed_bytes = SPREAD_BYTES,
                                                            .init = init_spread,
                                                            .add = spread_add,
                                                            .undo = spread_undo,
                                                            .merge = spread_merge,
                                                            .result = deviation_result};

/* ---- CORRELATION ---- */

enum { PAIRS, X, Y, XX, YY, XY, CORRELATION_BYTES = 48 };

static void init_correlation(uint8_t *fixed)
{
    memset(fixed, 0, CORRELATION_BYTES);
}

static void change_pair(const struct tg_aggregate_call *call, double sign)
{
    if (call->arguments[0]->valid[call->row] == 0 || call->arguments[1]->valid[call->row] == 0)
        return;
    double x = call->arguments[0]->values.float64[call->row];
    double y = call->arguments[1]->values.float64[call->row];
    change_u64(call->fixed, PAIRS, sign > 0 ? 1 : UINT64_MAX);
    change_double(call->fixed, X, sign * x);
    change_double(call->fixed, Y, sign * y);
    change_double(call->fixed, XX, sign * x * x);
    change_double(call->fixed, YY, sign * y * y);
    change_double(call->fixed, XY, sign * x * y);
}

static enum tg_code correlation_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    change_pair(call, 1);
    return TG_OK;
}

static enum tg_code correlation_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    change_pair(call, -1);
    return TG_OK;
}

static enum tg_code correlation_merge(struct tg_aggregate_call *call, const uint8_t *other,
                                      struct tg_slice blob, struct tg_error *reterr)
{
    (void)blob;
    (void)reterr;
    change_u64(call->fixed, PAIRS, u64_at(other, PAIRS));
    for (unsigned slot = X; slot <= XY; slot++)
        change_double(call->fixed, slot, double_at(other, slot));
    return TG_OK;
}

/* NaN where one side does not vary, a single pair too. */
static void correlation_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    const uint8_t *fixed = call->fixed;
    double n = (double)u64_at(fixed, PAIRS);
    double x = double_at(fixed, X);
    double y = double_at(fixed, Y);
    double together = n * double_at(fixed, XY) - x * y;
    double apart = sqrt((n * double_at(fixed, XX) - x * x) * (n * double_at(fixed, YY) - y * y));
    result->values.float64[row] = together / apart;
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel correlation_kernel = {.fixed_bytes = CORRELATION_BYTES,
                                                              .init = init_correlation,
                                                              .add = correlation_add,
                                                              .undo = correlation_undo,
                                                              .merge = correlation_merge,
                                                              .result = correlation_result};

/* ---- SUM_LIST ---- */

static void init_4(uint8_t *fixed)
{
    memset(fixed, 0, 4);
}

static void init_8(uint8_t *fixed)
{
    memset(fixed, 0, 8);
}

/* The sum of one row's elements in the element's type; integers wrap. */
static void sum_row(const struct tg_aggregate_call *call, uint64_t *ret_integer, double *ret_real)
{
    const struct tg_column *array = call->arguments[0];
    const struct tg_column *elements = array->children[0];
    *ret_integer = 0;
    *ret_real = 0;
    if (array->valid[call->row] == 0)
        return;
    struct tg_range range = array->values.range[call->row];
    for (uint32_t i = range.start; i < range.start + range.count; i++) {
        if (elements->valid[i] == 0)
            continue;
        if (elements->type->kind == TG_TYPE_DOUBLE)
            *ret_real += elements->values.float64[i];
        else if (elements->type->kind == TG_TYPE_INT)
            *ret_integer += (uint64_t)(int64_t)elements->values.int32[i];
        else
            *ret_integer += (uint64_t)elements->values.int64[i];
    }
}

static void change_list(const struct tg_aggregate_call *call, bool undo)
{
    uint64_t integer = 0;
    double real = 0;
    sum_row(call, &integer, &real);
    if (call->type->kind == TG_TYPE_DOUBLE)
        change_double(call->fixed, 0, undo ? -real : real);
    else if (call->type->kind == TG_TYPE_INT)
        tg_state_store_u32(call->fixed,
                           tg_state_load_u32(call->fixed) + (uint32_t)(undo ? 0U - integer : integer));
    else
        change_u64(call->fixed, 0, undo ? 0U - integer : integer);
}

static enum tg_code list_sum_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    change_list(call, false);
    return TG_OK;
}

static enum tg_code list_sum_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    change_list(call, true);
    return TG_OK;
}

static enum tg_code list_sum_merge(struct tg_aggregate_call *call, const uint8_t *other, struct tg_slice blob,
                                   struct tg_error *reterr)
{
    (void)blob;
    (void)reterr;
    if (call->type->kind == TG_TYPE_DOUBLE)
        change_double(call->fixed, 0, double_at(other, 0));
    else if (call->type->kind == TG_TYPE_INT)
        tg_state_store_u32(call->fixed, tg_state_load_u32(call->fixed) + tg_state_load_u32(other));
    else
        change_u64(call->fixed, 0, u64_at(other, 0));
    return TG_OK;
}

static void list_sum_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->valid[row] = 1;
    if (call->type->kind == TG_TYPE_DOUBLE)
        result->values.float64[row] = double_at(call->fixed, 0);
    else if (call->type->kind == TG_TYPE_INT)
        result->values.int32[row] = (int32_t)tg_state_load_u32(call->fixed);
    else
        result->values.int64[row] = (int64_t)u64_at(call->fixed, 0);
}

static const struct tg_aggregate_kernel list_sum_4 = {.fixed_bytes = 4,
                                                      .init = init_4,
                                                      .add = list_sum_add,
                                                      .undo = list_sum_undo,
                                                      .merge = list_sum_merge,
                                                      .result = list_sum_result};
static const struct tg_aggregate_kernel list_sum_8 = {.fixed_bytes = 8,
                                                      .init = init_8,
                                                      .add = list_sum_add,
                                                      .undo = list_sum_undo,
                                                      .merge = list_sum_merge,
                                                      .result = list_sum_result};

#define AGGREGATE(text, kernels, doc, sample)                                                                \
    {                                                                                                        \
        .signature = (text), .kind = TG_FUNCTION_AGGREGATE,                                                  \
        .flags = TG_FUNCTION_OVER_TABLE | TG_FUNCTION_SEES_NULL, .aggregate = &(kernels), .summary = (doc),  \
        .example = (sample)                                                                                  \
    }

extern const struct tg_function tg_functions_aggregate_statistics[];
const struct tg_function tg_functions_aggregate_statistics[] = {
    AGGREGATE("STDDEV_SAMPLE(DOUBLE) -> DOUBLE", deviation_kernel,
              "The standard deviation of the values that are not NULL as a sample; 0 of fewer than two.",
              "STDDEV_SAMPLE(x) OVER (1e0, 3e0, 5e0) = 2e0"),
    AGGREGATE("STDDEV_SAMP(DOUBLE) -> DOUBLE", variance_kernel,
              "The square of STDDEV_SAMPLE (NULL is passed over), the variance, in spite of its name: kept "
              "as ksqlDB has it.",
              "STDDEV_SAMP(x) OVER (1e0, 3e0, 5e0) = 4e0"),
    AGGREGATE(
        "CORRELATION(DOUBLE, DOUBLE) -> DOUBLE", correlation_kernel,
        "Pearson's correlation of pairs of values that are both not NULL; NaN if one side does not vary.",
        "CORRELATION(x, x) OVER (1e0, 2e0, 3e0) = 1e0"),
    AGGREGATE("SUM_LIST(ARRAY<INT>) -> INT", list_sum_4,
              "The sum of all elements that are not NULL of all arrays; wraps around.",
              "SUM_LIST(x) OVER (ARRAY[1, NULL], ARRAY[2, 3]) = 6"),
    AGGREGATE("SUM_LIST(ARRAY<BIGINT>) -> BIGINT", list_sum_8,
              "The sum of all elements that are not NULL of all arrays; wraps around.",
              "SUM_LIST(x) OVER (ARRAY[3000000000], ARRAY[3000000000, 1]) = 6000000001"),
    AGGREGATE("SUM_LIST(ARRAY<DOUBLE>) -> DOUBLE", list_sum_8,
              "The sum of all elements that are not NULL of all arrays.",
              "SUM_LIST(x) OVER (ARRAY[1.5e0], ARRAY[2e0]) = 3.5e0"),
    {0},
};
