/* expr/functions/aggregate_order.c: MIN, MAX. State layouts (never to change): values of fixed size are 1
 * byte "has a value", then the value as expr/codec.h writes numbers; STRING and BYTES have the byte in the
 * fixed part and their bytes as the blob. */
#include <math.h>

#include "expr/codec.h"
#include "expr/kernel.h"

static bool has_value(const struct tg_aggregate_call *call)
{
    return call->arguments[0]->valid[call->row] != 0;
}

static void init_flag(uint8_t *fixed)
{
    fixed[0] = 0;
}

/* ---- INT, DATE, TIME ---- */

static void take_int(uint8_t *fixed, int32_t value, bool smallest)
{
    int32_t held = (int32_t)tg_state_load_u32(fixed + 1);
    if (fixed[0] == 0 || (smallest ? value < held : value > held))
        tg_state_store_u32(fixed + 1, (uint32_t)value);
    fixed[0] = 1;
}

static void int_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.int32[row] = (int32_t)tg_state_load_u32(call->fixed + 1);
    result->valid[row] = call->fixed[0];
}

static void take_int_state(uint8_t *fixed, const uint8_t *other, bool smallest)
{
    take_int(fixed, (int32_t)tg_state_load_u32(other + 1), smallest);
}

static void take_int_row(const struct tg_aggregate_call *call, bool smallest)
{
    take_int(call->fixed, call->arguments[0]->values.int32[call->row], smallest);
}

/* ---- BIGINT, TIMESTAMP ---- */

static void take_bigint(uint8_t *fixed, int64_t value, bool smallest)
{
    int64_t held = (int64_t)tg_state_load_u64(fixed + 1);
    if (fixed[0] == 0 || (smallest ? value < held : value > held))
        tg_state_store_u64(fixed + 1, (uint64_t)value);
    fixed[0] = 1;
}

static void bigint_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.int64[row] = (int64_t)tg_state_load_u64(call->fixed + 1);
    result->valid[row] = call->fixed[0];
}

static void take_bigint_state(uint8_t *fixed, const uint8_t *other, bool smallest)
{
    take_bigint(fixed, (int64_t)tg_state_load_u64(other + 1), smallest);
}

static void take_bigint_row(const struct tg_aggregate_call *call, bool smallest)
{
    take_bigint(call->fixed, call->arguments[0]->values.int64[call->row], smallest);
}

/* ---- DOUBLE: NaN is the greatest, -0.0 less than 0.0, as in Java's Double.compareTo ---- */

static bool is_less(double a, double b)
{
    if (isnan(a) || isnan(b))
        return !isnan(a);
    return a < b || (a == b && signbit(a) && !signbit(b));
}

static void take_double(uint8_t *fixed, double value, bool smallest)
{
    double held = tg_state_load_double(fixed + 1);
    if (fixed[0] == 0 || (smallest ? is_less(value, held) : is_less(held, value)))
        tg_state_store_double(fixed + 1, value);
    fixed[0] = 1;
}

static void double_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.float64[row] = tg_state_load_double(call->fixed + 1);
    result->valid[row] = call->fixed[0];
}

static void take_double_state(uint8_t *fixed, const uint8_t *other, bool smallest)
{
    take_double(fixed, tg_state_load_double(other + 1), smallest);
}

static void take_double_row(const struct tg_aggregate_call *call, bool smallest)
{
    take_double(call->fixed, call->arguments[0]->values.float64[call->row], smallest);
}

/* ---- DECIMAL ---- */

static void take_decimal(uint8_t *fixed, tg_int128 value, bool smallest)
{
    tg_int128 held = tg_state_load_decimal(fixed + 1);
    if (fixed[0] == 0 || (smallest ? value < held : value > held))
        tg_state_store_decimal(fixed + 1, value);
    fixed[0] = 1;
}

static void decimal_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.decimal[row] = tg_state_load_decimal(call->fixed + 1);
    result->valid[row] = call->fixed[0];
}

static void take_decimal_state(uint8_t *fixed, const uint8_t *other, bool smallest)
{
    take_decimal(fixed, tg_state_load_decimal(other + 1), smallest);
}

static void take_decimal_row(const struct tg_aggregate_call *call, bool smallest)
{
    take_decimal(call->fixed, call->arguments[0]->values.decimal[call->row], smallest);
}

/* ---- STRING, BYTES ---- */

static void take_bytes(struct tg_aggregate_call *call, struct tg_slice value, bool smallest)
{
    bool text = call->type->kind == TG_TYPE_STRING;
    if (call->fixed[0] != 0) {
        int order = text ? tg_text_compare(value, call->blob) : tg_slice_compare(value, call->blob);
        if (smallest ? order >= 0 : order <= 0)
            return;
    }
    call->fixed[0] = 1;
    tg_buffer_append_slice(call->new_blob, value);
    call->blob_changed = true;
}

static void bytes_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    result->values.bytes[row] = call->blob;
    result->valid[row] = call->fixed[0];
}

static enum tg_code bytes_change(struct tg_aggregate_call *call, bool smallest)
{
    if (has_value(call))
        take_bytes(call, call->arguments[0]->values.bytes[call->row], smallest);
    return TG_OK;
}

/* ---- the kernels: `smallest` is true for MIN ---- */

#define FIXED_KERNEL(prefix, suffix, bytes, smallest)                                                        \
    static enum tg_code prefix##suffix##_add(struct tg_aggregate_call *call, struct tg_error *reterr)        \
    {                                                                                                        \
        (void)reterr;                                                                                        \
        if (has_value(call))                                                                                 \
            take_##suffix##_row(call, smallest);                                                             \
        return TG_OK;                                                                                        \
    }                                                                                                        \
    static enum tg_code prefix##suffix##_merge(struct tg_aggregate_call *call, const uint8_t *other,         \
                                               struct tg_slice blob, struct tg_error *reterr)                \
    {                                                                                                        \
        (void)blob;                                                                                          \
        (void)reterr;                                                                                        \
        if (other[0] != 0)                                                                                   \
            take_##suffix##_state(call->fixed, other, smallest);                                             \
        return TG_OK;                                                                                        \
    }                                                                                                        \
    static const struct tg_aggregate_kernel prefix##suffix = {.fixed_bytes = (bytes) + 1,                    \
                                                              .init = init_flag,                             \
                                                              .add = prefix##suffix##_add,                   \
                                                              .merge = prefix##suffix##_merge,               \
                                                              .result = suffix##_result};

#define BYTES_KERNEL(prefix, smallest)                                                                       \
    static enum tg_code prefix##bytes_add(struct tg_aggregate_call *call, struct tg_error *reterr)           \
    {                                                                                                        \
        (void)reterr;                                                                                        \
        return bytes_change(call, smallest);                                                                 \
    }                                                                                                        \
    static enum tg_code prefix##bytes_merge(struct tg_aggregate_call *call, const uint8_t *other,            \
                                            struct tg_slice blob, struct tg_error *reterr)                   \
    {                                                                                                        \
        (void)reterr;                                                                                        \
        if (other[0] != 0)                                                                                   \
            take_bytes(call, blob, smallest);                                                                \
        return TG_OK;                                                                                        \
    }                                                                                                        \
    static const struct tg_aggregate_kernel prefix##bytes = {.fixed_bytes = 1,                               \
                                                             .init = init_flag,                              \
                                                             .add = prefix##bytes_add,                       \
                                                             .merge = prefix##bytes_merge,                   \
                                                             .result = bytes_result};

FIXED_KERNEL(min_, int, 4, true)
FIXED_KERNEL(min_, bigint, 8, true)
FIXED_KERNEL(min_, double, 8, true)
FIXED_KERNEL(min_, decimal, 16, true)
BYTES_KERNEL(min_, true)
FIXED_KERNEL(max_, int, 4, false)
FIXED_KERNEL(max_, bigint, 8, false)
FIXED_KERNEL(max_, double, 8, false)
FIXED_KERNEL(max_, decimal, 16, false)
BYTES_KERNEL(max_, false)

#define AGGREGATE(text, kernels, bits, doc, sample)                                                          \
    {                                                                                                        \
        .signature = (text), .kind = TG_FUNCTION_AGGREGATE, .flags = TG_FUNCTION_SEES_NULL | (bits),         \
        .aggregate = &(kernels), .summary = (doc), .example = (sample)                                       \
    }
#define AGGREGATES(type, suffix, bits, low, high)                                                            \
    AGGREGATE("MIN(" type ") -> " type, min_##suffix, bits, "The smallest value; NULL if there is none.",    \
              "MIN(x) OVER (" high ", NULL, " low ") = " low),                                               \
        AGGREGATE("MAX(" type ") -> " type, max_##suffix, bits,                                              \
                  "The greatest value; NULL if there is none.",                                              \
                  "MAX(x) OVER (" low ", NULL, " high ") = " high)

extern const struct tg_function tg_functions_aggregate_order[];
const struct tg_function tg_functions_aggregate_order[] = {
    AGGREGATES("INT", int, TG_FUNCTION_ANY_ORDER, "1", "2"),
    AGGREGATES("BIGINT", bigint, TG_FUNCTION_ANY_ORDER, "3000000000", "3000000001"),
    AGGREGATES("DOUBLE", double, 0, "1.5e0", "2e0"),
    AGGREGATES("DECIMAL", decimal, TG_FUNCTION_ANY_ORDER, "1.50", "1.75"),
    AGGREGATES("STRING", bytes, TG_FUNCTION_VARIABLE_STATE | TG_FUNCTION_ANY_ORDER, "'a'", "'b'"),
    AGGREGATES("BYTES", bytes, TG_FUNCTION_VARIABLE_STATE | TG_FUNCTION_ANY_ORDER, "X'00'", "X'01'"),
    AGGREGATES("DATE", int, TG_FUNCTION_ANY_ORDER, "CAST('2024-01-31' AS DATE)",
               "CAST('2024-02-01' AS DATE)"),
    AGGREGATES("TIME", int, TG_FUNCTION_ANY_ORDER, "CAST('09:00:00' AS TIME)", "CAST('10:00:00' AS TIME)"),
    AGGREGATES("TIMESTAMP", bigint, TG_FUNCTION_ANY_ORDER, "CAST('2024-01-31T00:00:00' AS TIMESTAMP)",
               "CAST('2024-02-01T00:00:00' AS TIMESTAMP)"),
    {0},
};
