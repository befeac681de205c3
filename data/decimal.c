#include "data/decimal.h"

#include "data/wide.h"

tg_uint128 tg_power_of_ten(unsigned exponent)
{
    static const uint64_t low[] = {
        1U,
        10U,
        100U,
        1000U,
        10000U,
        100000U,
        1000000U,
        10000000U,
        100000000U,
        1000000000U,
        10000000000U,
        100000000000U,
        1000000000000U,
        10000000000000U,
        100000000000000U,
        1000000000000000U,
        10000000000000000U,
        100000000000000000U,
        1000000000000000000U,
        10000000000000000000U,
    };
    TG_ASSERT(exponent <= TG_DECIMAL_DIGITS_MAX);
    return exponent < 20 ? low[exponent] : (tg_uint128)low[19] * low[exponent - 19];
}

bool tg_decimal_fits(tg_int128 value, unsigned precision)
{
    return tg_magnitude(value) <
           tg_power_of_ten(precision < TG_DECIMAL_DIGITS_MAX ? precision : TG_DECIMAL_DIGITS_MAX);
}

/* Whether a quotient is stepped away from zero. `half`: what was cut off compared with one half (below 0, 0,
 * above 0). */
static enum tg_decimal_result round_quotient(enum tg_decimal_rounding rounding, bool negative, int half,
                                             bool *ret_step)
{
    *ret_step = false;
    switch (rounding) {
    case TG_ROUND_UNNECESSARY:
        return TG_DECIMAL_INEXACT;
    case TG_ROUND_HALF_UP:
        *ret_step = half >= 0;
        return TG_DECIMAL_OK;
    case TG_ROUND_HALF_DOWN:
        *ret_step = half > 0;
        return TG_DECIMAL_OK;
    case TG_ROUND_DOWN:
        return TG_DECIMAL_OK;
    case TG_ROUND_CEILING:
        *ret_step = !negative;
        return TG_DECIMAL_OK;
    case TG_ROUND_FLOOR:
        *ret_step = negative;
        return TG_DECIMAL_OK;
    }
    return TG_DECIMAL_OK;
}

static enum tg_decimal_result give(tg_uint128 magnitude, bool negative, tg_int128 *ret_value)
{
    if (magnitude >= tg_power_of_ten(TG_DECIMAL_DIGITS_MAX))
        return TG_DECIMAL_OVERFLOW;
    *ret_value = negative ? -(tg_int128)magnitude : (tg_int128)magnitude;
    return TG_DECIMAL_OK;
}

/* Divides by 10^digits. */
static enum tg_decimal_result cut_digits(struct tg_wide value, bool negative, unsigned digits,
                                         enum tg_decimal_rounding rounding, tg_int128 *ret_value)
{
    tg_uint128 remainder = 0;
    int half = -1;
    while (digits > TG_DECIMAL_DIGITS_MAX &&
           !tg_wide_is_zero(value)) { /* at most twice: 256 bits hold 77 digits */
        tg_uint128 cut = 0;
        value = tg_wide_divide(value, tg_power_of_ten(TG_DECIMAL_DIGITS_MAX), &cut);
        remainder |= cut != 0;
        digits -= TG_DECIMAL_DIGITS_MAX;
    }
    bool sticky = remainder != 0;
    if (digits <= TG_DECIMAL_DIGITS_MAX) {
        tg_uint128 divisor = tg_power_of_ten(digits);
        value = tg_wide_divide(value, divisor, &remainder);
        half = remainder > divisor - remainder ? 1 : remainder < divisor - remainder ? -1 : sticky;
        sticky = sticky || remainder != 0;
    }
    bool step = false;
    if (sticky) {
        enum tg_decimal_result result = round_quotient(rounding, negative, half, &step);
        if (result != TG_DECIMAL_OK)
            return result;
    }
    if (value.high != 0)
        return TG_DECIMAL_OVERFLOW;
    return give(value.low + step, negative, ret_value);
}

static enum tg_decimal_result rescale_wide(struct tg_wide value, bool negative, unsigned scale,
                                           unsigned new_scale, enum tg_decimal_rounding rounding,
                                           tg_int128 *ret_value)
{
    if (new_scale < scale)
        return cut_digits(value, negative, scale - new_scale, rounding, ret_value);
    unsigned more = new_scale - scale;
    if (tg_wide_is_zero(value)) {
        *ret_value = 0;
        return TG_DECIMAL_OK;
    }
    if (more > TG_DECIMAL_DIGITS_MAX || value.high != 0)
        return TG_DECIMAL_OVERFLOW;
    value = tg_wide_multiply(value.low, tg_power_of_ten(more));
    return value.high != 0 ? TG_DECIMAL_OVERFLOW : give(value.low, negative, ret_value);
}

enum tg_decimal_result tg_decimal_rescale(tg_int128 value, unsigned scale, unsigned new_scale,
                                          enum tg_decimal_rounding rounding, tg_int128 *ret_value)
{
    if (scale == new_scale) {
        *ret_value = value;
        return TG_DECIMAL_OK;
    }
    struct tg_wide wide = {.low = tg_magnitude(value)};
    return rescale_wide(wide, value < 0, scale, new_scale, rounding, ret_value);
}

/* The last step of every operation: nothing may be lost, and the precision bounds the result. */
static enum tg_decimal_result finish(const struct tg_decimal_operands *operands, struct tg_wide value,
                                     bool negative, unsigned scale, tg_int128 *ret_value)
{
    tg_int128 result = 0;
    enum tg_decimal_result code =
        rescale_wide(value, negative, scale, operands->scale, TG_ROUND_UNNECESSARY, &result);
    if (code != TG_DECIMAL_OK)
        return code;
    if (!tg_decimal_fits(result, operands->precision))
        return TG_DECIMAL_OVERFLOW;
    *ret_value = result;
    return TG_DECIMAL_OK;
}

/* |value| * 10^digits; false if that passes 256 bits (`digits` above 38 and the value not zero). */
static bool align(tg_int128 value, unsigned digits, struct tg_wide *ret_wide)
{
    *ret_wide = (struct tg_wide){0};
    if (value == 0)
        return true;
    if (digits > TG_DECIMAL_DIGITS_MAX)
        return false;
    *ret_wide = tg_wide_multiply(tg_magnitude(value), tg_power_of_ten(digits));
    return true;
}

static enum tg_decimal_result add(const struct tg_decimal_operands *operands, tg_int128 right,
                                  tg_int128 *ret_value)
{
    tg_int128 left = operands->left;
    if (operands->left_scale == operands->right_scale && operands->left_scale == operands->scale) {
        tg_int128 sum = 0;
        if (__builtin_add_overflow(left, right, &sum) || !tg_decimal_fits(sum, operands->precision))
            return TG_DECIMAL_OVERFLOW;
        *ret_value = sum;
        return TG_DECIMAL_OK;
    }
    unsigned scale =
        operands->left_scale > operands->right_scale ? operands->left_scale : operands->right_scale;
    struct tg_wide a;
    struct tg_wide b;
    if (!align(left, scale - operands->left_scale, &a) || !align(right, scale - operands->right_scale, &b))
        return TG_DECIMAL_OVERFLOW;
    if ((left < 0) == (right < 0))
        return finish(operands, tg_wide_add(a, b), left < 0, scale, ret_value);
    bool left_larger = tg_wide_compare(a, b) >= 0;
    struct tg_wide difference = left_larger ? tg_wide_subtract(a, b) : tg_wide_subtract(b, a);
    return finish(operands, difference, left_larger ? left < 0 : right < 0, scale, ret_value);
}

enum tg_decimal_result tg_decimal_add(const struct tg_decimal_operands *operands, tg_int128 *ret_value)
{
    return add(operands, operands->right, ret_value);
}

enum tg_decimal_result tg_decimal_subtract(const struct tg_decimal_operands *operands, tg_int128 *ret_value)
{
    return add(operands, -operands->right, ret_value);
}

enum tg_decimal_result tg_decimal_multiply(const struct tg_decimal_operands *operands, tg_int128 *ret_value)
{
    int64_t left = (int64_t)operands->left;
    int64_t right = (int64_t)operands->right;
    if (left == operands->left && right == operands->right &&
        operands->left_scale + operands->right_scale == operands->scale) {
        tg_int128 exact = (tg_int128)left * right; /* 64 by 64 bits: one instruction */
        if (!tg_decimal_fits(exact, operands->precision))
            return TG_DECIMAL_OVERFLOW;
        *ret_value = exact;
        return TG_DECIMAL_OK;
    }
    struct tg_wide product = tg_wide_multiply(tg_magnitude(operands->left), tg_magnitude(operands->right));
    bool negative = (operands->left < 0) != (operands->right < 0);
    return finish(operands, product, negative, operands->left_scale + operands->right_scale, ret_value);
}

static tg_uint128 greatest_common_divisor(tg_uint128 a, tg_uint128 b)
{
    while (b != 0) {
        tg_uint128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* numerator * 10^digits / denominator for a large number of digits: a reduced fraction ends only if its
 * denominator is made of twos and fives, no more of each than there are digits. */
static enum tg_decimal_result divide_reduced(tg_uint128 numerator, tg_uint128 denominator, unsigned digits,
                                             tg_uint128 *ret_magnitude)
{
    tg_uint128 divisor = greatest_common_divisor(numerator, denominator);
    numerator /= divisor;
    denominator /= divisor;
    unsigned twos = digits;
    unsigned fives = digits;
    for (; denominator % 2 == 0; denominator /= 2) {
        if (twos-- == 0)
            return TG_DECIMAL_INEXACT;
    }
    for (; denominator % 5 == 0; denominator /= 5) {
        if (fives-- == 0)
            return TG_DECIMAL_INEXACT;
    }
    if (denominator != 1)
        return TG_DECIMAL_INEXACT;
    while (twos > 0 || fives > 0) {
        unsigned factor = twos > 0 ? 2 : 5;
        if (numerator >= tg_power_of_ten(TG_DECIMAL_DIGITS_MAX))
            return TG_DECIMAL_OVERFLOW;
        numerator *= factor;
        twos -= factor == 2;
        fives -= factor == 5;
    }
    *ret_magnitude = numerator;
    return TG_DECIMAL_OK;
}

/* left / right at the result's scale, all of it or INEXACT. */
static enum tg_decimal_result divide_magnitudes(const struct tg_decimal_operands *operands,
                                                tg_uint128 *ret_magnitude)
{
    tg_uint128 left = tg_magnitude(operands->left);
    tg_uint128 right = tg_magnitude(operands->right);
    struct tg_wide numerator = {.low = left};
    unsigned up = operands->scale + operands->right_scale;
    if (up < operands->left_scale) {
        struct tg_wide denominator;
        bool aligned = align(operands->right, operands->left_scale - up, &denominator);
        if (!aligned || denominator.high != 0)
            return TG_DECIMAL_INEXACT; /* larger than any numerator */
        right = denominator.low;
    } else if (up - operands->left_scale > TG_DECIMAL_DIGITS_MAX) {
        return divide_reduced(left, right, up - operands->left_scale, ret_magnitude);
    } else {
        numerator = tg_wide_multiply(left, tg_power_of_ten(up - operands->left_scale));
    }
    tg_uint128 remainder = 0;
    struct tg_wide quotient = tg_wide_divide(numerator, right, &remainder);
    if (remainder != 0)
        return TG_DECIMAL_INEXACT;
    if (quotient.high != 0)
        return TG_DECIMAL_OVERFLOW;
    *ret_magnitude = quotient.low;
    return TG_DECIMAL_OK;
}

enum tg_decimal_result tg_decimal_divide(const struct tg_decimal_operands *operands, tg_int128 *ret_value)
{
    if (operands->right == 0)
        return TG_DECIMAL_DIVIDED_BY_ZERO;
    tg_uint128 magnitude = 0;
    if (operands->left != 0) {
        enum tg_decimal_result result = divide_magnitudes(operands, &magnitude);
        if (result != TG_DECIMAL_OK)
            return result;
    }
    bool negative = (operands->left < 0) != (operands->right < 0);
    return finish(operands, (struct tg_wide){.low = magnitude}, negative, operands->scale, ret_value);
}

/* The sign is the dividend's, as BigDecimal.remainder. */
enum tg_decimal_result tg_decimal_modulo(const struct tg_decimal_operands *operands, tg_int128 *ret_value)
{
    if (operands->right == 0)
        return TG_DECIMAL_DIVIDED_BY_ZERO;
    unsigned scale =
        operands->left_scale > operands->right_scale ? operands->left_scale : operands->right_scale;
    struct tg_wide left;
    struct tg_wide right;
    if (!align(operands->left, scale - operands->left_scale, &left))
        return TG_DECIMAL_OVERFLOW;
    bool aligned = align(operands->right, scale - operands->right_scale, &right);
    if (!aligned || right.high != 0) /* then the left side was not scaled and is the smaller one */
        return finish(operands, left, operands->left < 0, scale, ret_value);
    tg_uint128 remainder = 0;
    (void)tg_wide_divide(left, right.low, &remainder);
    return finish(operands, (struct tg_wide){.low = remainder}, operands->left < 0, scale, ret_value);
}

int tg_decimal_compare(tg_int128 left, unsigned left_scale, tg_int128 right, unsigned right_scale)
{
    if (left_scale == right_scale || left == 0 || right == 0 || (left < 0) != (right < 0))
        return left < right ? -1 : left > right;
    unsigned scale = left_scale > right_scale ? left_scale : right_scale;
    struct tg_wide a;
    struct tg_wide b;
    int sign = left < 0 ? -1 : 1;
    if (!align(left, scale - left_scale, &a))
        return sign;
    if (!align(right, scale - right_scale, &b))
        return -sign;
    return sign * tg_wide_compare(a, b);
}
