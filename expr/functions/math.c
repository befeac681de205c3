/* expr/functions/math.c: numeric functions. DOUBLE functions take INT, BIGINT and DECIMAL by widening. */
#include <math.h>
#include <sys/random.h>

#include "data/number.h"
#include "expr/internal.h"
#include "expr/kernel.h"
#include "expr/resolve.h"

/* ---- DOUBLE -> DOUBLE ---- */

#define RADIANS_TO_DEGREES 57.29577951308232
#define DEGREES_TO_RADIANS 0.017453292519943295

/* result = expression of x (and y, the last argument), row by row */
#define DOUBLE_KERNEL(name, expression)                                                                      \
    static void name(const struct tg_call *call)                                                             \
    {                                                                                                        \
        for (uint32_t i = 0; i < call->row_count; i++) {                                                     \
            uint32_t row = tg_call_row(call, i);                                                             \
            if (call->result->valid[row] == 0)                                                               \
                continue;                                                                                    \
            double x = call->arguments[0]->values.float64[row];                                              \
            double y = call->arguments[call->argument_count - 1]->values.float64[row];                       \
            (void)y;                                                                                         \
            call->result->values.float64[row] = (expression);                                                \
        }                                                                                                    \
    }

DOUBLE_KERNEL(sqrt_double, sqrt(x))
DOUBLE_KERNEL(cbrt_double, (double)cbrtl((long double)x)) /* rounded correctly: CBRT(27) is 3 */
DOUBLE_KERNEL(exp_double, exp(x))
DOUBLE_KERNEL(ln_double, log(x))
DOUBLE_KERNEL(log_base, x <= 0 || x == 1 ? NAN : log(y) / log(x))
DOUBLE_KERNEL(power_double, pow(x, y))
DOUBLE_KERNEL(sin_double, sin(x))
DOUBLE_KERNEL(cos_double, cos(x))
DOUBLE_KERNEL(tan_double, tan(x))
DOUBLE_KERNEL(cot_double, 1.0 / tan(x))
DOUBLE_KERNEL(sinh_double, sinh(x))
DOUBLE_KERNEL(cosh_double, cosh(x))
DOUBLE_KERNEL(tanh_double, tanh(x))
DOUBLE_KERNEL(asin_double, asin(x))
DOUBLE_KERNEL(acos_double, acos(x))
DOUBLE_KERNEL(atan_double, atan(x))
DOUBLE_KERNEL(atan2_double, atan2(x, y))
DOUBLE_KERNEL(degrees_double, x *RADIANS_TO_DEGREES)
DOUBLE_KERNEL(radians_double, x *DEGREES_TO_RADIANS)
DOUBLE_KERNEL(abs_double, fabs(x))
DOUBLE_KERNEL(ceil_double, ceil(x))
DOUBLE_KERNEL(floor_double, floor(x))

static void pi(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        call->result->values.float64[tg_call_row(call, i)] = M_PI;
}

static void random_double(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint64_t bits = 0;
        TG_ASSERT(getrandom(&bits, sizeof bits, 0) == (ssize_t)sizeof bits);
        call->result->values.float64[tg_call_row(call, i)] = (double)(bits >> 11) * 0x1p-53;
    }
}

/* ---- signs ---- */

static void abs_int(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        int32_t value = call->arguments[0]->values.int32[row];
        call->result->values.int32[row] = value < 0 ? (int32_t)(0U - (uint32_t)value) : value;
    }
}

static void abs_bigint(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        int64_t value = call->arguments[0]->values.int64[row];
        call->result->values.int64[row] = value < 0 ? (int64_t)(0U - (uint64_t)value) : value;
    }
}

static void abs_decimal(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        tg_int128 value = call->arguments[0]->values.decimal[row];
        if (call->result->valid[row] != 0)
            call->result->values.decimal[row] = value < 0 ? -value : value;
    }
}

static void sign_bigint(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        int64_t value = call->arguments[0]->values.int64[row];
        call->result->values.int32[row] = (value > 0) - (value < 0);
    }
}

static void sign_double(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        double value = call->arguments[0]->values.float64[row];
        call->result->values.int32[row] = (value > 0) - (value < 0);
    }
}

/* ---- rounding ---- */

static void same_value(const struct tg_call *call)
{
    tg_column_copy_rows(call->result, call->arguments[0], call->rows, call->row_count);
}

/* Math.round: to the nearest, ties up; NaN is 0, too large is the nearest BIGINT. */
static int64_t to_bigint(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 0x1p63)
        return INT64_MAX;
    return value <= -0x1p63 ? INT64_MIN : (int64_t)value;
}

static void round_double(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        double value = call->arguments[0]->values.float64[row];
        double below = floor(value); /* not floor(value + 0.5): the sum could be rounded up */
        if (call->result->valid[row] != 0)
            call->result->values.int64[row] = to_bigint(value - below >= 0.5 ? below + 1 : below);
    }
}

static void trunc_double(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] != 0)
            call->result->values.int64[row] = to_bigint(call->arguments[0]->values.float64[row]);
    }
}

enum rounding { NEAREST, CUT }; /* ties of NEAREST go up: HALF_UP above 0, HALF_DOWN below (ksqlDB's ROUND) */

static tg_int128 power_of_ten(int exponent)
{
    tg_int128 power = 1;
    for (int i = 0; i < exponent; i++)
        power *= 10;
    return power;
}

/* value / 10^digits, rounded; `digits` is positive. */
static tg_int128 drop_digits(tg_int128 value, int64_t digits, enum rounding rounding)
{
    if (digits > TG_DECIMAL_DIGITS_MAX)
        return 0;
    tg_int128 unit = power_of_ten((int)digits);
    tg_int128 quotient = value / unit;
    tg_int128 rest = value % unit;
    if (rounding == NEAREST && value >= 0 && rest >= unit - rest)
        quotient++;
    if (rounding == NEAREST && value < 0 && -rest > unit + rest)
        quotient--;
    return quotient;
}

static double places_of_double(double value, int places, enum rounding rounding)
{
    enum { TEXT_MAX = 64 };
    tg_int128 digits = 0;
    int exponent = 0;
    char text[TEXT_MAX];
    tg_double_digits(value, &digits, &exponent);
    if (!isfinite(value) || -exponent <= places)
        return value;
    digits = drop_digits(digits, -(int64_t)exponent - places, rounding);
    double result = 0;
    size_t length = tg_int64_write((int64_t)digits, text); /* at most 17 digits and a carry */
    text[length++] = 'e';
    length += tg_int64_write(-(int64_t)places, text + length);
    (void)tg_double_parse(tg_slice_of(text, length), &result);
    return result;
}

static void places_double(const struct tg_call *call, enum rounding rounding)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] != 0)
            call->result->values.float64[row] = places_of_double(
                call->arguments[0]->values.float64[row], call->arguments[1]->values.int32[row], rounding);
    }
}

static void round_double_places(const struct tg_call *call)
{
    places_double(call, NEAREST);
}

static void trunc_double_places(const struct tg_call *call)
{
    places_double(call, CUT);
}

static void set_decimal(const struct tg_call *call, uint32_t row, tg_int128 value)
{
    const struct tg_type *type = call->result->type;
    unsigned precision = type->precision < TG_DECIMAL_DIGITS_MAX ? type->precision : TG_DECIMAL_DIGITS_MAX;
    call->result->values.decimal[row] = value;
    if (!tg_decimal_fits(value, precision))
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "the rounded value does not fit DECIMAL(%u, %u)",
                     type->precision, type->scale);
}

/* To `places` decimal places, or with one argument to a whole number of scale 0. */
static void places_decimal(const struct tg_call *call, enum rounding rounding)
{
    int scale = call->arguments[0]->type->scale;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        tg_int128 value = call->arguments[0]->values.decimal[row];
        int64_t drop =
            call->argument_count == 1 ? scale : (int64_t)scale - call->arguments[1]->values.int32[row];
        if (drop > TG_DECIMAL_DIGITS_MAX) {
            value = 0;
        } else if (drop > 0) {
            value = drop_digits(value, drop, rounding);
            if (call->argument_count == 2)
                value *= power_of_ten((int)drop);
        }
        set_decimal(call, row, value);
    }
}

static void round_decimal(const struct tg_call *call)
{
    places_decimal(call, NEAREST);
}

static void trunc_decimal(const struct tg_call *call)
{
    places_decimal(call, CUT);
}

static void ceil_decimal(const struct tg_call *call)
{
    tg_int128 unit = power_of_ten(call->result->type->scale);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        tg_int128 value = call->arguments[0]->values.decimal[row];
        if (call->result->valid[row] != 0)
            set_decimal(call, row, value - value % unit + (value % unit > 0 ? unit : 0));
    }
}

static void floor_decimal(const struct tg_call *call)
{
    tg_int128 unit = power_of_ten(call->result->type->scale);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        tg_int128 value = call->arguments[0]->values.decimal[row];
        if (call->result->valid[row] != 0)
            set_decimal(call, row, value - value % unit - (value % unit < 0 ? unit : 0));
    }
}

static enum tg_code resolve_whole(struct tg_resolution *call, struct tg_error *reterr)
{
    (void)reterr;
    const struct tg_type *type = call->arguments[0]->type;
    int digits = type->precision - type->scale;
    call->type = tg_type_decimal(call->arena, (uint16_t)(digits < 1 ? 1 : digits), 0);
    return TG_OK;
}

/* ---- GREATEST, LEAST ---- */

static void choose(const struct tg_call *call, int wanted)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        const struct tg_column *best = NULL;
        for (uint32_t argument = 0; argument < call->argument_count; argument++) {
            const struct tg_column *column = call->arguments[argument];
            if (column->valid[row] != 0 &&
                (best == NULL || tg_column_compare(column, row, best, row) * wanted > 0))
                best = column;
        }
        if (best == NULL)
            tg_column_set_null(call->result, row);
        else
            tg_column_copy_row(call->result, row, best, row);
    }
}

static void greatest(const struct tg_call *call)
{
    choose(call, 1);
}

static void least(const struct tg_call *call)
{
    choose(call, -1);
}

/* The type of an argument as it was written; NULL: a constant, which becomes what the others are. */
static const struct tg_type *written_type(const struct tg_expr *argument)
{
    if (argument->kind == TG_EXPR_COERCE)
        argument = argument->arguments[0];
    return tg_expr_is_constant(argument) ? NULL : argument->type;
}

static bool is_mixed(const struct tg_resolution *call)
{
    const struct tg_type *first = NULL;
    for (uint32_t i = 0; i < call->argument_count; i++) {
        const struct tg_type *type = written_type(call->arguments[i]);
        if (type != NULL && first != NULL && type->kind != first->kind)
            return true;
        first = first == NULL ? type : first;
    }
    return false;
}

/* As in ksqlDB, INT beside BIGINT could become BIGINT, DECIMAL or DOUBLE, and none of them is the better one;
 * only DOUBLE takes all numbers. */
static enum tg_code resolve_ordered(struct tg_resolution *call, struct tg_error *reterr)
{
    if (tg_type_is_nested(call->type) || call->type->kind == TG_TYPE_BOOLEAN)
        return tg_fail_at(reterr, TG_CODE_TYPE, call->place, "%s needs values that have an order, not %s",
                          call->name, tg_type_name(call->arena, call->type));
    if (call->type->kind == TG_TYPE_DOUBLE || !is_mixed(call))
        return TG_OK;
    struct tg_buffer types = {0};
    for (uint32_t i = 0; i < call->argument_count; i++) {
        const struct tg_type *type = written_type(call->arguments[i]);
        if (type != NULL)
            tg_buffer_printf(&types, "%s%s", types.length > 0 ? ", " : "", tg_type_name(call->arena, type));
    }
    (void)tg_fail_at(reterr, TG_CODE_TYPE, call->place, "%s of %s could be a number of more than one type",
                     call->name, tg_buffer_text(&types));
    tg_buffer_done(&types);
    return tg_fail_hint(reterr, "CAST the arguments to one type");
}

/* ---- GEO_DISTANCE ---- */

static double half_versed_sine(double x)
{
    return pow(sin(x / 2), 2);
}

static void geo_distance(const struct tg_call *call)
{
    static const double radius_km = 6371;
    static const double radius_miles = 3959;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        uint8_t valid = 1;
        for (uint32_t point = 0; point < 4; point++)
            valid &= call->arguments[point]->valid[row];
        call->result->valid[row] = valid;
        if (valid == 0)
            continue;
        double lat1 = call->arguments[0]->values.float64[row];
        double lon1 = call->arguments[1]->values.float64[row];
        double lat2 = call->arguments[2]->values.float64[row];
        double lon2 = call->arguments[3]->values.float64[row];
        double radius = radius_km;
        if (call->argument_count == 5 && call->arguments[4]->valid[row] != 0) {
            struct tg_slice unit = call->arguments[4]->values.bytes[row];
            bool miles = unit.length > 0 &&
                         tg_slice_equal_nocase(tg_slice_of(unit.data, unit.length > 2 ? 2 : unit.length),
                                               tg_slice_of("MI", unit.length > 2 ? 2 : unit.length));
            radius = miles ? radius_miles : radius_km;
        }
        if (!(fabs(lat1) <= 90 && fabs(lat2) <= 90 && fabs(lon1) <= 180 && fabs(lon2) <= 180)) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION,
                         "latitudes go from -90 to 90 and longitudes from -180 to 180 degrees");
            continue;
        }
        double delta_lat = (lat2 - lat1) / 180 * M_PI;
        double delta_lon = (lon2 - lon1) / 180 * M_PI;
        double a = half_versed_sine(delta_lat) +
                   half_versed_sine(delta_lon) * cos(lat1 / 180 * M_PI) * cos(lat2 / 180 * M_PI);
        call->result->values.float64[row] = 2 * asin(sqrt(a)) * radius;
    }
}

enum { STRICT = TG_FUNCTION_NULL_IF_NULL };
#define ROW(text, function, doc, sample)                                                                     \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = STRICT, .summary = (doc), .example = (sample)    \
    }
#define DOUBLE_ROW(name, function, doc, sample) ROW(name "(DOUBLE) -> DOUBLE", function, doc, sample)

extern const struct tg_function tg_functions_math[];
const struct tg_function tg_functions_math[] = {
    ROW("ABS(INT) -> INT", abs_int, "The value without its sign.", "ABS(-3) = 3"),
    ROW("ABS(BIGINT) -> BIGINT", abs_bigint, "The value without its sign.", "ABS(-3000000000) = 3000000000"),
    ROW("ABS(DECIMAL) -> DECIMAL", abs_decimal, "The value without its sign.", "ABS(-1.5) = 1.5"),
    DOUBLE_ROW("ABS", abs_double, "The value without its sign.", "ABS(-1.5e0) = 1.5e0"),
    ROW("SIGN(BIGINT) -> INT", sign_bigint, "-1, 0 or 1: the sign of the value.", "SIGN(-3) = -1"),
    ROW("SIGN(DOUBLE) -> INT", sign_double, "-1, 0 or 1: the sign of the value.", "SIGN(0.5e0) = 1"),
    ROW("CEIL(INT) -> INT", same_value, "The least whole number that is not below the value.", "CEIL(3) = 3"),
    ROW("CEIL(BIGINT) -> BIGINT", same_value, "The least whole number that is not below the value.",
        "CEIL(3000000000) = 3000000000"),
    ROW("CEIL(DECIMAL) -> DECIMAL", ceil_decimal,
        "The least whole number that is not below the value; same scale.", "CEIL(1.2) = 2.0"),
    DOUBLE_ROW("CEIL", ceil_double, "The least whole number that is not below the value.",
               "CEIL(-1.5e0) = -1e0"),
    ROW("FLOOR(INT) -> INT", same_value, "The greatest whole number that is not above the value.",
        "FLOOR(3) = 3"),
    ROW("FLOOR(BIGINT) -> BIGINT", same_value, "The greatest whole number that is not above the value.",
        "FLOOR(3000000000) = 3000000000"),
    ROW("FLOOR(DECIMAL) -> DECIMAL", floor_decimal,
        "The greatest whole number that is not above the value; same scale.", "FLOOR(-1.2) = -2.0"),
    DOUBLE_ROW("FLOOR", floor_double, "The greatest whole number that is not above the value.",
               "FLOOR(1.5e0) = 1e0"),
    ROW("ROUND(BIGINT) -> BIGINT", same_value, "The nearest whole number; ties go up.", "ROUND(3) = 3"),
    ROW("ROUND(DOUBLE) -> BIGINT", round_double, "The nearest whole number; ties go up.",
        "ROUND(-1.5e0) = -1"),
    {.signature = "ROUND(DECIMAL) -> DECIMAL",
     .kernel = round_decimal,
     .flags = STRICT,
     .resolve = resolve_whole,
     .summary = "The nearest whole number; ties go up.",
     .example = "ROUND(12.5) = 13"},
    ROW("ROUND(DOUBLE, INT) -> DOUBLE", round_double_places, "Rounded to so many decimal places; ties go up.",
        "ROUND(1.25e0, 1) = 1.3e0"),
    ROW("ROUND(DECIMAL, INT) -> DECIMAL", round_decimal, "Rounded to so many decimal places; ties go up.",
        "ROUND(12.25, 1) = 12.30"),
    ROW("TRUNC(BIGINT) -> BIGINT", same_value, "The whole part.", "TRUNC(3) = 3"),
    ROW("TRUNC(DOUBLE) -> BIGINT", trunc_double, "The whole part.", "TRUNC(-1.9e0) = -1"),
    {.signature = "TRUNC(DECIMAL) -> DECIMAL",
     .kernel = trunc_decimal,
     .flags = STRICT,
     .resolve = resolve_whole,
     .summary = "The whole part.",
     .example = "TRUNC(12.9) = 12"},
    ROW("TRUNC(DOUBLE, INT) -> DOUBLE", trunc_double_places, "Cut to so many decimal places.",
        "TRUNC(1.29e0, 1) = 1.2e0"),
    ROW("TRUNC(DECIMAL, INT) -> DECIMAL", trunc_decimal, "Cut to so many decimal places.",
        "TRUNC(12.29, 1) = 12.20"),
    DOUBLE_ROW("SQRT", sqrt_double, "The square root; NaN below 0.", "SQRT(9) = 3e0"),
    DOUBLE_ROW("CBRT", cbrt_double, "The cube root.", "CBRT(27) = 3e0"),
    DOUBLE_ROW("EXP", exp_double, "e to the power of the value.", "EXP(0) = 1e0"),
    DOUBLE_ROW("LN", ln_double, "The natural logarithm.", "LN(1) = 0e0"),
    DOUBLE_ROW("LOG", ln_double, "The natural logarithm.", "LOG(1) = 0e0"),
    ROW("LOG(DOUBLE, DOUBLE) -> DOUBLE", log_base,
        "The logarithm of the second argument to the base of the first.", "LOG(2, 8) = 3e0"),
    ROW("POWER(DOUBLE, DOUBLE) -> DOUBLE", power_double, "The first argument to the power of the second.",
        "POWER(2, 10) = 1024e0"),
    DOUBLE_ROW("SIN", sin_double, "The sine of an angle in radians.", "SIN(0) = 0e0"),
    DOUBLE_ROW("COS", cos_double, "The cosine of an angle in radians.", "COS(0) = 1e0"),
    DOUBLE_ROW("TAN", tan_double, "The tangent of an angle in radians.", "TAN(0) = 0e0"),
    DOUBLE_ROW("COT", cot_double, "The cotangent of an angle in radians.", "ROUND(COT(1), 3) = 0.642e0"),
    DOUBLE_ROW("SINH", sinh_double, "The hyperbolic sine.", "SINH(0) = 0e0"),
    DOUBLE_ROW("COSH", cosh_double, "The hyperbolic cosine.", "COSH(0) = 1e0"),
    DOUBLE_ROW("TANH", tanh_double, "The hyperbolic tangent.", "TANH(0) = 0e0"),
    DOUBLE_ROW("ASIN", asin_double, "The angle in radians that has this sine.", "ASIN(0) = 0e0"),
    DOUBLE_ROW("ACOS", acos_double, "The angle in radians that has this cosine.", "ACOS(1) = 0e0"),
    DOUBLE_ROW("ATAN", atan_double, "The angle in radians that has this tangent.", "ATAN(0) = 0e0"),
    ROW("ATAN2(DOUBLE, DOUBLE) -> DOUBLE", atan2_double,
        "The angle in radians of the point (x, y), given as y, x.", "ATAN2(0, 1) = 0e0"),
    DOUBLE_ROW("DEGREES", degrees_double, "Radians as degrees.", "ROUND(DEGREES(PI())) = 180"),
    DOUBLE_ROW("RADIANS", radians_double, "Degrees as radians.", "ROUND(RADIANS(180), 4) = 3.1416e0"),
    ROW("PI() -> DOUBLE", pi, "The number pi.", "ROUND(PI(), 4) = 3.1416e0"),
    {.signature = "RANDOM() -> DOUBLE",
     .kernel = random_double,
     .flags = STRICT | TG_FUNCTION_IMPURE,
     .summary = "A random number of at least 0 and below 1.",
     .example = "RANDOM() < 1"},
    {.signature = "GREATEST(T, T...) -> T",
     .kernel = greatest,
     .flags = TG_FUNCTION_SEES_NULL,
     .resolve = resolve_ordered,
     .summary = "The greatest of the values that are not NULL.",
     .example = "GREATEST(1, NULL, 3, 2) = 3"},
    {.signature = "LEAST(T, T...) -> T",
     .kernel = least,
     .flags = TG_FUNCTION_SEES_NULL,
     .resolve = resolve_ordered,
     .summary = "The least of the values that are not NULL.",
     .example = "LEAST('b', NULL, 'a') = 'a'"},
    {.signature = "GEO_DISTANCE(DOUBLE, DOUBLE, DOUBLE, DOUBLE) -> DOUBLE",
     .kernel = geo_distance,
     .flags = TG_FUNCTION_SEES_NULL,
     .summary = "Kilometres between two points given as latitude, longitude, latitude, longitude in degrees; "
                "NULL if one is NULL.",
     .example = "ROUND(GEO_DISTANCE(37.4439, -122.1663, 51, 0), 3) = 8682.459e0"},
    {.signature = "GEO_DISTANCE(DOUBLE, DOUBLE, DOUBLE, DOUBLE, STRING) -> DOUBLE",
     .kernel = geo_distance,
     .flags = TG_FUNCTION_SEES_NULL,
     .summary = "The distance of two points in kilometres ('km' or NULL) or miles ('mi').",
     .example = "ROUND(GEO_DISTANCE(37.4439, -122.1663, 51, 0, 'mi')) = 5395"},
    {0},
};
