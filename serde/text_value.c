#include "serde/text_value.h"

#include <stdio.h>
#include <stdlib.h>

#include <math.h>

#include "data/number.h"

static struct tg_slice trim(struct tg_slice text)
{
    while (text.length > 0 && text.data[0] <= ' ') {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && text.data[text.length - 1] <= ' ')
        text.length--;
    return text;
}

/* Rewrites ".5", "5.", "+5", "05", "5d" as JSON writes numbers; 0 if `text` is too long for `out`. */
static size_t normalise(struct tg_slice text, char out[TG_TEXT_DOUBLE_MAX])
{
    size_t length = 0;
    size_t at = 0;
    if (text.length + 4 > TG_TEXT_DOUBLE_MAX)
        return 0;
    if (text.data[at] == '-')
        out[length++] = '-';
    at += text.data[at] == '-' || text.data[at] == '+';
    while (at + 1 < text.length && text.data[at] == '0' && (uint8_t)(text.data[at + 1] - '0') < 10)
        at++;
    bool digits = false;
    for (; at < text.length; at++) {
        uint8_t byte = text.data[at];
        bool is_digit = (uint8_t)(byte - '0') < 10;
        bool last = at + 1 == text.length;
        bool next_digit = !last && (uint8_t)(text.data[at + 1] - '0') < 10;
        if (byte == '.') {
            if (!digits && !next_digit)
                return 0;
            if (!digits)
                out[length++] = '0';
            if (!next_digit)
                continue;
        }
        if (last && digits && ((byte | 0x20) == 'd' || (byte | 0x20) == 'f'))
            break;
        digits |= is_digit;
        out[length++] = (char)byte;
    }
    return length;
}

bool tg_text_double(struct tg_slice text, double *ret_value)
{
    text = trim(text);
    if (text.length == 0)
        return false;
    bool sign = text.data[0] == '-' || text.data[0] == '+';
    struct tg_slice unsigned_text = tg_slice_of(text.data + sign, text.length - sign);
    double named = tg_slice_is(unsigned_text, "NaN") ? NAN : INFINITY;
    if (isnan(named) || tg_slice_is(unsigned_text, "Infinity")) {
        *ret_value = text.data[0] == '-' ? -named : named;
        return true;
    }
    char number[TG_TEXT_DOUBLE_MAX];
    size_t length = normalise(text, number);
    return length > 0 && tg_double_parse(tg_slice_of(number, length), ret_value);
}

bool tg_type_integer_fits(enum tg_type_kind kind, int64_t value)
{
    enum { MS_OF_DAY = 86400000 };
    if (kind == TG_TYPE_TIME)
        return value >= 0 && value < MS_OF_DAY;
    if (kind == TG_TYPE_INT || kind == TG_TYPE_DATE)
        return value >= INT32_MIN && value <= INT32_MAX;
    return true;
}

const char *tg_type_expectation(enum tg_type_kind kind)
{
    static const char *const texts[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_BOOLEAN] = "true or false",
        [TG_TYPE_INT] = "a whole number of 32 bits",
        [TG_TYPE_BIGINT] = "a whole number of 64 bits",
        [TG_TYPE_DOUBLE] = "a number",
        [TG_TYPE_DECIMAL] = "a number with no more digits than the type has, before and behind the point",
        [TG_TYPE_STRING] = "text in UTF-8",
        [TG_TYPE_BYTES] = "text in base64",
        [TG_TYPE_TIME] = "milliseconds of the day, 0 to 86399999",
        [TG_TYPE_DATE] = "days since 1970-01-01",
        [TG_TYPE_TIMESTAMP] = "milliseconds since 1970-01-01 UTC",
        [TG_TYPE_ARRAY] = "an array",
        [TG_TYPE_MAP] = "an object",
        [TG_TYPE_STRUCT] = "an object",
    };
    return texts[kind];
}

/* Float.toString: the digits that tell the float from its neighbours, read as a double, are written alike. */
size_t tg_text_write_float(float value, char *out)
{
    char text[32];
    for (int digits = 1; digits <= 9; digits++) {
        int length = snprintf(text, sizeof text, "%.*e", digits - 1, (double)value);
        if (strtof(text, NULL) != value)
            continue;
        double wide = 0;
        if (tg_double_parse(tg_slice_of(text, (size_t)length), &wide))
            return tg_double_write(wide, out);
    }
    return tg_double_write((double)value, out);
}
