/* expr/functions/arithmetic.c: + - * / % and the sign. Integers wrap, division by zero fails for integers and
 * DECIMAL, DOUBLE follows IEEE 754. A NULL operand makes the whole expression NULL (Java's unboxing in
 * ksqlDB). */
#include <math.h>

#include "expr/internal.h"
#include "expr/kernel.h"
#include "expr/resolve.h"

/* result[row] = expression of left[row] and right[row], for all rows or the selected ones; never fails */
#define ARITHMETIC_KERNEL(name, type, field, expression)                                                     \
    static void name(const struct tg_call *call)                                                             \
    {                                                                                                        \
        const type *restrict left = call->arguments[0]->values.field;                                        \
        const type *restrict right = call->arguments[call->argument_count - 1]->values.field;                \
        type *restrict result = call->result->values.field;                                                  \
        (void)right;                                                                                         \
        for (uint32_t row = 0; call->rows == NULL && row < call->row_count; row++)                           \
            result[row] = (expression);                                                                      \
        for (uint32_t i = 0; call->rows != NULL && i < call->row_count; i++) {                               \
            uint32_t row = call->rows[i];                                                                    \
            result[row] = (expression);                                                                      \
        }                                                                                                    \
    }

ARITHMETIC_KERNEL(add_int, int32_t, int32, (int32_t)((uint32_t)left[row] + (uint32_t)right[row]))
ARITHMETIC_KERNEL(subtract_int, int32_t, int32, (int32_t)((uint32_t)left[row] - (uint32_t)right[row]))
ARITHMETIC_KERNEL(multiply_int, int32_t, int32, (int32_t)((uint32_t)left[row] * (uint32_t)right[row]))
ARITHMETIC_KERNEL(negate_int, int32_t, int32, (int32_t)(0U - (uint32_t)left[row]))
ARITHMETIC_KERNEL(add_bigint, int64_t, int64, (int64_t)((uint64_t)left[row] + (uint64_t)right[row]))
ARITHMETIC_KERNEL(subtract_bigint, int64_t, int64, (int64_t)((uint64_t)left[row] - (uint64_t)right[row]))
ARITHMETIC_KERNEL(multiply_bigint, int64_t, int64, (int64_t)((uint64_t)left[row] * (uint64_t)right[row]))
ARITHMETIC_KERNEL(negate_bigint, int64_t, int64, (int64_t)(0U - (uint64_t)left[row]))
ARITHMETIC_KERNEL(add_double, double, float64, left[row] + right[row])
ARITHMETIC_KERNEL(subtract_double, double, float64, left[row] - right[row])
ARITHMETIC_KERNEL(multiply_double, double, float64, left[row] * right[row])
ARITHMETIC_KERNEL(divide_double, double, float64, left[row] / right[row])
ARITHMETIC_KERNEL(modulo_double, double, float64, fmod(left[row], right[row]))
ARITHMETIC_KERNEL(negate_double, double, float64, -left[row])

/* The quotient is cut toward zero, the remainder has the sign of the dividend; a divisor of -1 wraps as in
 * Java. */
#define DIVISION_KERNEL(name, type, utype, field, for_minus_one, expression)                                 \
    static void name(const struct tg_call *call)                                                             \
    {                                                                                                        \
        const type *left = call->arguments[0]->values.field;                                                 \
        const type *right = call->arguments[1]->values.field;                                                \
        type *result = call->result->values.field;                                                           \
        for (uint32_t i = 0; i < call->row_count; i++) {                                                     \
            uint32_t row = tg_call_row(call, i);                                                             \
            if (call->result->valid[row] == 0)                                                               \
                continue;                                                                                    \
            if (right[row] == 0)                                                                             \
                tg_call_fail(call, row, TG_CODE_EXPRESSION, "division by zero");                             \
            else                                                                                             \
                result[row] = right[row] == -1 ? (type)(for_minus_one) : (expression);                       \
        }                                                                                                    \
    }

DIVISION_KERNEL(divide_int, int32_t, uint32_t, int32, 0U - (uint32_t)left[row], left[row] / right[row])
DIVISION_KERNEL(modulo_int, int32_t, uint32_t, int32, 0, left[row] % right[row])
DIVISION_KERNEL(divide_bigint, int64_t, uint64_t, int64, 0U - (uint64_t)left[row], left[row] / right[row])
DIVISION_KERNEL(modulo_bigint, int64_t, uint64_t, int64, 0, left[row] % right[row])

/* ---- DECIMAL ---- */

typedef enum tg_decimal_result decimal_operation(const struct tg_decimal_operands *operands,
                                                 tg_int128 *ret_value);

static void fail_decimal(const struct tg_call *call, uint32_t row, enum tg_decimal_result result)
{
    const struct tg_type *type = call->result->type;
    switch (result) {
    case TG_DECIMAL_DIVIDED_BY_ZERO:
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "division by zero");
        break;
    case TG_DECIMAL_INEXACT:
        tg_call_fail(call, row, TG_CODE_EXPRESSION,
                     "the exact result has more than the %u decimal places of its type", type->scale);
        break;
    case TG_DECIMAL_OK:
    case TG_DECIMAL_OVERFLOW:
    case TG_DECIMAL_MALFORMED:
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "the result does not fit DECIMAL(%u, %u)",
                     type->precision, type->scale);
        break;
    }
}

static unsigned value_precision(const struct tg_type *type)
{
    return type->precision < TG_DECIMAL_DIGITS_MAX ? type->precision : TG_DECIMAL_DIGITS_MAX;
}

static void decimal_rows(const struct tg_call *call, decimal_operation *operation)
{
    struct tg_decimal_operands operands = {.left_scale = call->arguments[0]->type->scale,
                                           .right_scale = call->arguments[1]->type->scale,
                                           .precision = value_precision(call->result->type),
                                           .scale = call->result->type->scale};
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        operands.left = call->arguments[0]->values.decimal[row];
        operands.right = call->arguments[1]->values.decimal[row];
        enum tg_decimal_result result = operation(&operands, &call->result->values.decimal[row]);
        if (result != TG_DECIMAL_OK)
            fail_decimal(call, row, result);
    }
}

static void add_decimal(const struct tg_call *call)
{
    decimal_rows(call, tg_decimal_add);
}

static void subtract_decimal(const struct tg_call *call)
{
    decimal_rows(call, tg_decimal_subtract);
}

static void multiply_decimal(const struct tg_call *call)
{
    decimal_rows(call, tg_decimal_multiply);
}

static void divide_decimal(const struct tg_call *call)
{
    decimal_rows(call, tg_decimal_divide);
}

static void modulo_decimal(const struct tg_call *call)
{
    decimal_rows(call, tg_decimal_modulo);
}

static void negate_decimal(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] != 0)
            call->result->values.decimal[row] = -call->arguments[0]->values.decimal[row];
    }
}

/* Precision and scale of results: ksqlDB's DecimalUtil. */
struct shape {
    int p1, s1, p2, s2;
};

static struct shape shape_of(const struct tg_resolution *call)
{
    const struct tg_type *left = call->arguments[0]->type;
    const struct tg_type *right = call->arguments[1]->type;
    return (struct shape){left->precision, left->scale, right->precision, right->scale};
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static enum tg_code set_type(struct tg_resolution *call, int precision, int scale, struct tg_error *reterr)
{
    if (precision > UINT16_MAX)
        return tg_fail_at(reterr, TG_CODE_LIMIT, call->place, "the result would be DECIMAL(%d, %d)",
                          precision, scale);
    call->type = tg_type_decimal(call->arena, (uint16_t)precision, (uint16_t)scale);
    return TG_OK;
}

static enum tg_code resolve_sum(struct tg_resolution *call, struct tg_error *reterr)
{
    struct shape x = shape_of(call);
    int scale = larger(x.s1, x.s2);
    return set_type(call, larger(x.p1 - x.s1, x.p2 - x.s2) + scale + 1, scale, reterr);
}

static enum tg_code resolve_product(struct tg_resolution *call, struct tg_error *reterr)
{
    struct shape x = shape_of(call);
    return set_type(call, x.p1 + x.p2 + 1, x.s1 + x.s2, reterr);
}

static enum tg_code resolve_quotient(struct tg_resolution *call, struct tg_error *reterr)
{
    struct shape x = shape_of(call);
    int scale = larger(6, x.s1 + x.p2 + 1);
    return set_type(call, x.p1 - x.s1 + x.s2 + scale, scale, reterr);
}

static enum tg_code resolve_modulo(struct tg_resolution *call, struct tg_error *reterr)
{
    struct shape x = shape_of(call);
    int scale = larger(x.s1, x.s2);
    int whole = x.p1 - x.s1 < x.p2 - x.s2 ? x.p1 - x.s1 : x.p2 - x.s2;
    return set_type(call, larger(whole + scale, 1), scale, reterr);
}

/* ---- STRING ---- */

static void append_or_null(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    if (column->valid[row] != 0)
        tg_buffer_append_slice(out, column->values.bytes[row]);
    else
        tg_buffer_append_text(out, "null");
}

static void add_string(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_buffer *text = tg_call_scratch(call);
        append_or_null(call->arguments[0], row, text);
        append_or_null(call->arguments[1], row, text);
        tg_call_set_bytes(call, row, tg_call_keep(call, text));
    }
}

enum {
    SIMPLE = TG_FUNCTION_OPERATOR | TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_NULL_FAILS | TG_FUNCTION_EAGER,
    FAILING = TG_FUNCTION_OPERATOR | TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_NULL_FAILS
};

#define SUM_DOC "The sum; integers wrap around, DECIMAL gets one more digit."
#define DIFFERENCE_DOC "The difference; integers wrap around, DECIMAL gets one more digit."
#define PRODUCT_DOC "The product; integers wrap around, DECIMAL gets the digits of both."
#define QUOTIENT_DOC                                                                                         \
    "The quotient; of integers cut toward zero, of DECIMAL exact; division by zero is an error but for "     \
    "DOUBLE."
#define MODULO_DOC                                                                                           \
    "The remainder, with the sign of the dividend; division by zero is an error but for DOUBLE."
#define NEGATE_DOC "The value with the other sign."
#define ROW(text, function, bits, doc, sample)                                                               \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = (bits), .summary = (doc), .example = (sample)    \
    }
#define DECIMAL_ROW(text, function, resolver, doc, sample)                                                   \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = FAILING, .resolve = (resolver),                  \
        .summary = (doc), .example = (sample)                                                                \
    }

extern const struct tg_function tg_functions_arithmetic[];
const struct tg_function tg_functions_arithmetic[] = {
    ROW("+(INT, INT) -> INT", add_int, SIMPLE, SUM_DOC, "1 + 2 = 3"),
    ROW("+(BIGINT, BIGINT) -> BIGINT", add_bigint, SIMPLE, SUM_DOC, "3000000000 + 1 = 3000000001"),
    ROW("+(DOUBLE, DOUBLE) -> DOUBLE", add_double, SIMPLE, SUM_DOC, "1.5e0 + 2 = 3.5e0"),
    DECIMAL_ROW("+(DECIMAL, DECIMAL) -> DECIMAL", add_decimal, resolve_sum, SUM_DOC, "1.5 + 2.25 = 3.75"),
    ROW("+(STRING, STRING) -> STRING", add_string, TG_FUNCTION_OPERATOR | TG_FUNCTION_SEES_NULL,
        "Both texts, one behind the other; NULL becomes the text null.", "'a' + 'b' = 'ab'"),
    ROW("-(INT, INT) -> INT", subtract_int, SIMPLE, DIFFERENCE_DOC, "1 - 2 = -1"),
    ROW("-(BIGINT, BIGINT) -> BIGINT", subtract_bigint, SIMPLE, DIFFERENCE_DOC,
        "3000000000 - 1 = 2999999999"),
    ROW("-(DOUBLE, DOUBLE) -> DOUBLE", subtract_double, SIMPLE, DIFFERENCE_DOC, "1.5e0 - 2 = -0.5e0"),
    DECIMAL_ROW("-(DECIMAL, DECIMAL) -> DECIMAL", subtract_decimal, resolve_sum, DIFFERENCE_DOC,
                "1.5 - 2.25 = -0.75"),
    ROW("*(INT, INT) -> INT", multiply_int, SIMPLE, PRODUCT_DOC, "3 * 4 = 12"),
    ROW("*(BIGINT, BIGINT) -> BIGINT", multiply_bigint, SIMPLE, PRODUCT_DOC, "3000000000 * 2 = 6000000000"),
    ROW("*(DOUBLE, DOUBLE) -> DOUBLE", multiply_double, SIMPLE, PRODUCT_DOC, "1.5e0 * 2 = 3e0"),
    DECIMAL_ROW("*(DECIMAL, DECIMAL) -> DECIMAL", multiply_decimal, resolve_product, PRODUCT_DOC,
                "1.5 * 2.5 = 3.75"),
    ROW("/(INT, INT) -> INT", divide_int, FAILING, QUOTIENT_DOC, "-7 / 2 = -3"),
    ROW("/(BIGINT, BIGINT) -> BIGINT", divide_bigint, FAILING, QUOTIENT_DOC, "7000000000 / 2 = 3500000000"),
    ROW("/(DOUBLE, DOUBLE) -> DOUBLE", divide_double, SIMPLE, QUOTIENT_DOC, "7e0 / 2 = 3.5e0"),
    DECIMAL_ROW("/(DECIMAL, DECIMAL) -> DECIMAL", divide_decimal, resolve_quotient, QUOTIENT_DOC,
                "7.5 / 2.0 = 3.75"),
    ROW("%(INT, INT) -> INT", modulo_int, FAILING, MODULO_DOC, "-7 % 2 = -1"),
    ROW("%(BIGINT, BIGINT) -> BIGINT", modulo_bigint, FAILING, MODULO_DOC, "7000000001 % 2 = 1"),
    ROW("%(DOUBLE, DOUBLE) -> DOUBLE", modulo_double, FAILING, MODULO_DOC, "7.5e0 % 2 = 1.5e0"),
    DECIMAL_ROW("%(DECIMAL, DECIMAL) -> DECIMAL", modulo_decimal, resolve_modulo, MODULO_DOC,
                "7.5 % 2.0 = 1.5"),
    ROW("NEG(INT) -> INT", negate_int, SIMPLE, NEGATE_DOC, "-(3) = 0 - 3"),
    ROW("NEG(BIGINT) -> BIGINT", negate_bigint, SIMPLE, NEGATE_DOC, "-(3000000000) = 0 - 3000000000"),
    ROW("NEG(DOUBLE) -> DOUBLE", negate_double, SIMPLE, NEGATE_DOC, "-(1.5e0) = 0 - 1.5e0"),
    ROW("NEG(DECIMAL) -> DECIMAL", negate_decimal, FAILING, NEGATE_DOC, "-(1.5) = 0 - 1.5"),
    {0},
};
