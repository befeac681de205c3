#include "data/number.h"

#include <math.h>

#include "data/double_shim.h"

static inline unsigned count_digits(uint64_t value)
{
    static const uint64_t powers[] = {0,
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
                                      1000000000000000000,
                                      10000000000000000000ULL};
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned least = bits * 1233 >> 12; /* log10(2) is about 1233 / 4096 */
    return least + (value >= powers[least]);
}

size_t tg_uint64_write(uint64_t value, char *out)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
        "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
        "99";
    size_t length = count_digits(value);
    char *at = out + length;
    for (; value >= 10000; value /= 10000) {
        uint32_t low = (uint32_t)(value % 10000);
        at -= 4;
        memcpy(at, pairs + low / 100 * 2, 2);
        memcpy(at + 2, pairs + low % 100 * 2, 2);
    }
    uint32_t rest = (uint32_t)value;
    if (rest >= 100) {
        at -= 2;
        memcpy(at, pairs + rest % 100 * 2, 2);
        rest /= 100;
    }
    if (rest >= 10)
        memcpy(at - 2, pairs + rest * 2, 2);
    else
        at[-1] = (char)('0' + rest);
    return length;
}

size_t tg_int64_write(int64_t value, char out[TG_INT64_TEXT_MAX])
{
    size_t sign = value < 0;
    out[0] = '-';
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return sign + tg_uint64_write(magnitude, out + sign);
}

static size_t put_text(char *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out, text, length);
    return length;
}

/* Plain form: `count` digits, the decimal point behind digit number `point` (below 1: zeros come first). */
static size_t put_plain(char *out, const char *digits, int count, int point)
{
    size_t length = 0;
    if (point <= 0) {
        length += put_text(out, "0.");
        for (int i = point; i < 0; i++)
            out[length++] = '0';
        memcpy(out + length, digits, (size_t)count);
        return length + (size_t)count;
    }
    for (int i = 0; i < point; i++)
        out[length++] = i < count ? digits[i] : '0';
    out[length++] = '.';
    if (count <= point) {
        out[length++] = '0';
        return length;
    }
    memcpy(out + length, digits + point, (size_t)(count - point));
    return length + (size_t)(count - point);
}

static size_t put_scientific(char *out, const char *digits, int count, int exponent)
{
    size_t length = 0;
    out[length++] = digits[0];
    out[length++] = '.';
    if (count == 1)
        out[length++] = '0';
    memcpy(out + length, digits + 1, (size_t)(count - 1));
    length += (size_t)(count - 1);
    out[length++] = 'E';
    return length + tg_int64_write(exponent, out + length);
}

/* Reads "d.ddde+XX" into digits and exponent; returns the number of digits without zeros at the end. */
static int split_shortest(const char *text, size_t text_length, char digits[20], int *ret_exponent)
{
    int count = 0;
    size_t at = 0;
    for (; text[at] != 'e'; at++) {
        if (text[at] != '.')
            digits[count++] = text[at];
    }
    bool negative = text[at + 1] == '-';
    int exponent = 0;
    for (at += 2; at < text_length; at++)
        exponent = exponent * 10 + (text[at] - '0');
    *ret_exponent = negative ? -exponent : exponent;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return count;
}

size_t tg_double_write(double value, char out[TG_DOUBLE_TEXT_MAX])
{
    if (isnan(value))
        return put_text(out, "NaN");
    size_t sign = signbit(value) != 0;
    out[0] = '-';
    out += sign;
    value = fabs(value);
    if (isinf(value))
        return sign + put_text(out, "Infinity");
    if (value < 1e7 && value == (double)(uint32_t)value) {
        size_t length = tg_uint64_write((uint32_t)value, out);
        return sign + length + put_text(out + length, ".0");
    }
    char text[TG_DOUBLE_DIGITS_MAX];
    char digits[20];
    int exponent = 0;
    int count = split_shortest(text, tg_double_shortest(value, text), digits, &exponent);
    if (exponent >= -3 && exponent < 7)
        return sign + put_plain(out, digits, count, exponent + 1);
    return sign + put_scientific(out, digits, count, exponent);
}

struct scan {
    uint64_t mantissa;      /* the first 19 significant digits */
    int64_t exponent;       /* of ten, for the mantissa */
    bool exact;             /* all significant digits are in the mantissa */
    int64_t point_exponent; /* value < 10^point_exponent */
};

static bool is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') <= 9;
}

/* The exponent's digits; cut at a size that is far beyond every double. */
static bool scan_exponent(struct tg_slice text, size_t at, int64_t *ret_exponent)
{
    bool negative = at < text.length && text.data[at] == '-';
    if (negative || (at < text.length && text.data[at] == '+'))
        at++;
    if (at == text.length)
        return false;
    int64_t exponent = 0;
    for (; at < text.length; at++) {
        if (!is_digit(text.data[at]))
            return false;
        if (exponent < 1000000000)
            exponent = exponent * 10 + (text.data[at] - '0');
    }
    *ret_exponent = negative ? -exponent : exponent;
    return true;
}

/* digits [. digits] [e [sign] digits] from `at` to the end of the text; a digit must stand before or behind
 * the point. */
static bool scan_number(struct tg_slice text, size_t at, struct scan *scan)
{
    *scan = (struct scan){.exact = true};
    int significant = 0;
    bool any = false;
    bool behind_point = false;
    for (; at < text.length; at++) {
        uint8_t byte = text.data[at];
        if (byte == '.' && !behind_point) {
            behind_point = true;
            continue;
        }
        if (!is_digit(byte))
            break;
        any = true;
        scan->exponent -= behind_point;
        if (byte == '0' && significant == 0)
            continue;
        if (++significant <= 19) {
            scan->mantissa = scan->mantissa * 10 + (uint64_t)(byte - '0');
        } else {
            scan->exact = scan->exact && byte == '0';
            scan->exponent++;
        }
    }
    int64_t exponent = 0;
    if (at < text.length && ((text.data[at] | 0x20) != 'e' || !scan_exponent(text, at + 1, &exponent)))
        return false;
    scan->exponent += exponent;
    scan->point_exponent = scan->exponent + (significant < 19 ? significant : 19);
    return any;
}

bool tg_double_parse(struct tg_slice text, double *ret_value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool negative = text.length > 0 && text.data[0] == '-';
    size_t start = negative || (text.length > 0 && text.data[0] == '+');
    struct scan scan;
    if (!scan_number(text, start, &scan))
        return false;
    double value = (double)scan.mantissa;
    bool is_fast =
        scan.exact && scan.mantissa <= (uint64_t)1 << 53 && scan.exponent >= -22 && scan.exponent <= 22;
    if (scan.mantissa == 0)
        value = 0;
    else if (is_fast && scan.exponent < 0) /* Clinger: one operation on exact operands rounds once */
        value /= powers[-scan.exponent];
    else if (is_fast)
        value *= powers[scan.exponent];
    else if (!tg_double_from_text((const char *)text.data + start, text.length - start, &value))
        value = scan.point_exponent > 0 ? HUGE_VAL : 0.0;
    *ret_value = negative ? -value : value;
    return true;
}

bool tg_int64_parse(struct tg_slice text, int64_t *ret_value)
{
    const uint8_t *at = text.data;
    size_t left = text.length;
    bool negative = left > 0 && at[0] == '-';
    if (negative || (left > 0 && at[0] == '+')) {
        at++;
        left--;
    }
    if (left == 0)
        return false;
    while (left > 1 && *at == '0') {
        at++;
        left--;
    }
    if (left > 19)
        return false;
    uint64_t magnitude = 0; /* 19 digits cannot overflow it */
    for (; left > 0; left--, at++) {
        if (!is_digit(*at))
            return false;
        magnitude = magnitude * 10 + (uint64_t)(*at - '0');
    }
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *ret_value = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

bool tg_int32_parse(struct tg_slice text, int32_t *ret_value)
{
    int64_t value = 0;
    if (!tg_int64_parse(text, &value) || value < INT32_MIN || value > INT32_MAX)
        return false;
    *ret_value = (int32_t)value;
    return true;
}
