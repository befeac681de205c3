#include "data/wide.h"

#include <math.h>

#include "data/number.h"

/* Where the digits of a number's text stand. */
struct digits {
    struct tg_slice text;
    size_t start;
    size_t end;     /* of the digits and the point */
    int64_t before; /* digits before the point */
    int64_t count;  /* digits in all */
    int64_t exponent;
    bool negative;
};

static bool is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') <= 9;
}

static bool read_exponent(struct digits *digits, size_t at)
{
    struct tg_slice text = digits->text;
    bool negative = at < text.length && text.data[at] == '-';
    if (negative || (at < text.length && text.data[at] == '+'))
        at++;
    if (at == text.length)
        return false;
    for (; at < text.length; at++) {
        if (!is_digit(text.data[at]))
            return false;
        if (digits->exponent < 1000000000) /* beyond that all are alike: zero or too large */
            digits->exponent = digits->exponent * 10 + (text.data[at] - '0');
    }
    if (negative)
        digits->exponent = -digits->exponent;
    return true;
}

/* [sign] digits [. digits] [e [sign] digits], as the constructor of BigDecimal takes. */
static bool find_digits(struct tg_slice text, struct digits *digits)
{
    *digits = (struct digits){.text = text, .negative = text.length > 0 && text.data[0] == '-'};
    digits->start = digits->negative || (text.length > 0 && text.data[0] == '+');
    bool behind_point = false;
    size_t at = digits->start;
    for (; at < text.length; at++) {
        if (text.data[at] == '.' && !behind_point) {
            behind_point = true;
            continue;
        }
        if (!is_digit(text.data[at]))
            break;
        digits->count++;
        digits->before += !behind_point;
    }
    digits->end = at;
    if (digits->count == 0)
        return false;
    return at == text.length || ((text.data[at] | 0x20) == 'e' && read_exponent(digits, at + 1));
}

/* What stands behind the last digit that is kept. */
struct rest {
    unsigned first; /* digit */
    bool more;      /* any digit after it is not 0 */
};

static bool steps(enum tg_decimal_rounding rounding, bool negative, struct rest rest)
{
    switch (rounding) {
    case TG_ROUND_HALF_UP:
        return rest.first >= 5;
    case TG_ROUND_HALF_DOWN:
        return rest.first > 5 || (rest.first == 5 && rest.more);
    case TG_ROUND_CEILING:
        return !negative && (rest.first != 0 || rest.more);
    case TG_ROUND_FLOOR:
        return negative && (rest.first != 0 || rest.more);
    case TG_ROUND_UNNECESSARY:
    case TG_ROUND_DOWN:
        return false;
    }
    return false;
}

/* The first `kept` digits (zeros are added where there are fewer) as a number. */
static enum tg_decimal_result take_digits(const struct digits *digits, int64_t kept,
                                          tg_uint128 *ret_magnitude, struct rest *ret_rest)
{
    const tg_uint128 most = tg_power_of_ten(TG_DECIMAL_DIGITS_MAX - 1);
    tg_uint128 magnitude = 0;
    int64_t index = 0;
    for (size_t at = digits->start; at < digits->end; at++) {
        if (digits->text.data[at] == '.')
            continue;
        unsigned digit = digits->text.data[at] - (unsigned)'0';
        if (index < kept) {
            if (magnitude >= most)
                return TG_DECIMAL_OVERFLOW;
            magnitude = magnitude * 10 + digit;
        } else if (index == kept) {
            ret_rest->first = digit;
        } else {
            ret_rest->more = ret_rest->more || digit != 0;
        }
        index++;
    }
    for (; index < kept && magnitude != 0; index++) {
        if (magnitude >= most)
            return TG_DECIMAL_OVERFLOW;
        magnitude *= 10;
    }
    *ret_magnitude = magnitude;
    return TG_DECIMAL_OK;
}

enum tg_decimal_result tg_decimal_parse(struct tg_slice text, unsigned precision, unsigned scale,
                                        enum tg_decimal_rounding rounding, tg_int128 *ret_value)
{
    struct digits digits;
    if (!find_digits(text, &digits))
        return TG_DECIMAL_MALFORMED;
    tg_uint128 magnitude = 0;
    struct rest rest = {0};
    enum tg_decimal_result result =
        take_digits(&digits, digits.before + digits.exponent + scale, &magnitude, &rest);
    if (result != TG_DECIMAL_OK)
        return result;
    if (rounding == TG_ROUND_UNNECESSARY && (rest.first != 0 || rest.more))
        return TG_DECIMAL_INEXACT;
    magnitude += steps(rounding, digits.negative, rest);
    if (magnitude > tg_power_of_ten(TG_DECIMAL_DIGITS_MAX))
        return TG_DECIMAL_OVERFLOW;
    tg_int128 value = digits.negative ? -(tg_int128)magnitude : (tg_int128)magnitude;
    if (!tg_decimal_fits(value, precision))
        return TG_DECIMAL_OVERFLOW;
    *ret_value = value;
    return TG_DECIMAL_OK;
}

/* The digits of a number, at most 39. */
static size_t write_digits(tg_uint128 magnitude, char *out)
{
    const uint64_t chunk = 10000000000000000000U; /* 10^19 */
    if (magnitude <= UINT64_MAX)
        return tg_uint64_write((uint64_t)magnitude, out);
    size_t length = write_digits(magnitude / chunk, out);
    char low[TG_INT64_TEXT_MAX];
    size_t count = tg_uint64_write((uint64_t)(magnitude % chunk), low);
    memset(out + length, '0', 19 - count);
    memcpy(out + length + 19 - count, low, count);
    return length + 19;
}

size_t tg_decimal_write(tg_int128 value, unsigned scale, char out[TG_DECIMAL_TEXT_MAX])
{
    enum { SCALE_MAX = TG_DECIMAL_TEXT_MAX - 4 };
    TG_ASSERT(scale <= SCALE_MAX);
    char digits[TG_DECIMAL_TEXT_MAX];
    size_t count = write_digits(tg_magnitude(value), digits);
    size_t sign = value < 0;
    out[0] = '-';
    out += sign;
    size_t zeros =
        count > scale ? 0 : scale + 1 - count; /* in front, so that one digit is before the point */
    size_t whole = count + zeros - scale;
    memset(out, '0', zeros);
    memcpy(out + zeros, digits, count);
    if (scale == 0)
        return sign + count;
    memmove(out + whole + 1, out + whole, scale);
    out[whole] = '.';
    return sign + count + zeros + 1;
}

double tg_decimal_to_double(tg_int128 value, unsigned scale)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (tg_magnitude(value) <= (tg_uint128)1 << 53 && scale <= 22) /* both exact: the division rounds once */
        return (double)(int64_t)value / powers[scale];
    char text[TG_DECIMAL_TEXT_MAX];
    double result = 0;
    size_t length = tg_decimal_write(value, scale, text);
    bool parsed = tg_double_parse(tg_slice_of(text, length), &result);
    TG_ASSERT(parsed);
    return result;
}

enum tg_decimal_result tg_decimal_from_double(double value, unsigned precision, unsigned scale,
                                              enum tg_decimal_rounding rounding, tg_int128 *ret_value)
{
    char text[TG_DOUBLE_TEXT_MAX];
    if (!isfinite(value))
        return TG_DECIMAL_MALFORMED;
    size_t length = tg_double_write(value, text);
    return tg_decimal_parse(tg_slice_of(text, length), precision, scale, rounding, ret_value);
}
