#include "serde/json/number.h"

#include "data/number.h"

enum { MANTISSA_DIGITS_MAX = 19 }; /* any 19 digits fit into 64 bits */

static bool mantissa_known(const struct tg_json_number *number)
{
    return number->whole_digits + number->fraction_digits <= MANTISSA_DIGITS_MAX;
}

static bool is_zero(const struct tg_json_number *number)
{
    for (size_t i = 0; i < number->text.length && (number->text.data[i] | 0x20) != 'e'; i++)
        if (number->text.data[i] >= '1' && number->text.data[i] <= '9')
            return false;
    return true;
}

/* The whole part's low 64 bits; *ret_fits is false if there are higher ones. */
static uint64_t whole_part(const struct tg_json_number *number, bool *ret_fits)
{
    int64_t wanted = (int64_t)number->whole_digits + number->exponent;
    int64_t available = (int64_t)number->whole_digits + number->fraction_digits;
    *ret_fits = true;
    if (wanted <= 0 || is_zero(number))
        return 0;
    uint64_t value = 0;
    const uint8_t *at = number->text.data + number->negative;
    for (int64_t taken = 0; taken < wanted; taken++) {
        uint64_t digit = 0;
        if (taken < available) {
            if (*at == '.')
                at++;
            digit = (uint64_t)(*at++ - '0');
        } else if (taken - available > 64) {
            *ret_fits = false; /* 64 factors of ten and therefore of two: no low bit is set */
            return 0;
        }
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
            *ret_fits = false;
    }
    return value;
}

int32_t tg_json_number_int32(const struct tg_json_number *number)
{
    uint64_t magnitude = number->mantissa;
    bool fits;
    if (!number->whole || !mantissa_known(number))
        magnitude = whole_part(number, &fits);
    uint32_t low = (uint32_t)magnitude;
    return (int32_t)(number->negative ? 0 - low : low);
}

bool tg_json_number_int64(const struct tg_json_number *number, int64_t *ret_value)
{
    uint64_t magnitude = number->mantissa;
    bool fits = true;
    if (!number->whole || !mantissa_known(number))
        magnitude = whole_part(number, &fits);
    if (!fits || magnitude > (uint64_t)INT64_MAX + number->negative)
        return false;
    *ret_value = (int64_t)(number->negative ? 0 - magnitude : magnitude);
    return true;
}

double tg_json_number_double(const struct tg_json_number *number)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int64_t exponent = (int64_t)number->exponent - number->fraction_digits;
    if (mantissa_known(number) && number->mantissa <= 1ULL << 53 && exponent >= -22 && exponent <= 22) {
        /* Both operands are exact, so the one operation rounds correctly (Clinger). */
        double value = (double)number->mantissa;
        value = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
        return number->negative ? -value : value;
    }
    double value = 0;
    bool parsed = tg_double_parse(number->text, &value);
    TG_ASSERT(parsed);
    return value;
}

enum tg_decimal_result tg_json_number_decimal(const struct tg_json_number *number, const struct tg_type *type,
                                              tg_int128 *ret_value)
{
    static const uint64_t powers[] = {1,
                                      10,
                                      100,
                                      1000,
                                      10000,
                                      100000,
                                      1000000,
                                      10000000,
                                      100000000,
                                      1000000000,
                                      10000000000,
                                      100000000000,
                                      1000000000000,
                                      10000000000000,
                                      100000000000000,
                                      1000000000000000,
                                      10000000000000000,
                                      100000000000000000,
                                      1000000000000000000};
    if (number->exponent != 0 || !mantissa_known(number) || number->fraction_digits > type->scale ||
        type->scale - number->fraction_digits >= sizeof powers / sizeof *powers)
        return tg_decimal_parse(number->text, type->precision, type->scale, TG_ROUND_UNNECESSARY, ret_value);
    tg_int128 value = (tg_int128)number->mantissa * powers[type->scale - number->fraction_digits];
    if (!tg_decimal_fits(value, type->precision))
        return TG_DECIMAL_OVERFLOW;
    *ret_value = number->negative ? -value : value;
    return TG_DECIMAL_OK;
}

/* Copies the digits without point and leading zeros; at least one stays. Returns their number. */
static size_t copy_digits(const struct tg_json_number *number, uint8_t *out)
{
    const uint8_t *at = number->text.data + number->negative;
    uint32_t available = number->whole_digits + number->fraction_digits;
    size_t length = 0;
    for (uint32_t i = 0; i < available; i++) {
        if (*at == '.')
            at++;
        if (length == 1 && out[0] == '0')
            length = 0;
        out[length++] = *at++;
    }
    return length;
}

/* Puts a point into `digits` (already at the end of `out`) so that `scale` of them are behind it. */
static void place_point(struct tg_buffer *out, size_t start, size_t digits, int64_t scale)
{
    size_t zeros = (int64_t)digits > scale ? 0 : (size_t)scale - digits + 1;
    uint8_t *first = tg_buffer_reserve(out, zeros + 1) - (out->length - start);
    memmove(first + zeros, first, digits);
    memset(first, '0', zeros);
    size_t whole = digits + zeros - (size_t)scale;
    memmove(first + whole + 1, first + whole, (size_t)scale);
    first[whole] = '.';
    out->length += zeros + 1;
}

void tg_json_number_write(const struct tg_json_number *number, struct tg_buffer *out)
{
    bool zero = is_zero(number);
    if (number->whole) {
        if (zero && number->negative)
            tg_buffer_append_byte(out, '0');
        else
            tg_buffer_append_slice(out, number->text);
        return;
    }
    if (number->negative && !zero)
        tg_buffer_append_byte(out, '-');
    size_t start = out->length;
    size_t digits =
        copy_digits(number, tg_buffer_reserve(out, number->whole_digits + number->fraction_digits));
    out->length += digits;
    int64_t scale = (int64_t)number->fraction_digits - number->exponent;
    int64_t adjusted = (int64_t)digits - 1 - scale;
    if (scale >= 0 && adjusted >= -6) {
        if (scale > 0)
            place_point(out, start, digits, scale);
        return;
    }
    if (digits > 1)
        place_point(out, start, digits, (int64_t)digits - 1);
    char exponent[TG_INT64_TEXT_MAX];
    size_t length = tg_int64_write(adjusted, exponent);
    tg_buffer_append_text(out, adjusted < 0 ? "E" : "E+");
    tg_buffer_append(out, exponent, length);
}
