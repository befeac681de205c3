#include "serde/json/scan.h"

#include "base/text.h"

/* A string with escapes or bytes from 0x80, or a faulty one: the whole of it is scanned again, step by step.
 */
bool tg_json_string_slow(struct tg_json_cursor *cursor, struct tg_json_string *ret_string)
{
    static const uint8_t escapes[256] = {
        ['"'] = 1, ['\\'] = 1, ['/'] = 1, ['b'] = 1, ['f'] = 1, ['n'] = 1, ['r'] = 1, ['t'] = 1, ['u'] = 5};
    static const uint8_t hexadecimal[256] = {
        ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1,
        ['8'] = 1, ['9'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
        ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1};
    const uint8_t *start = cursor->at;
    bool high = false;
    bool escaped = false;
    for (;;) {
        cursor->at = tg_json_plain_end(cursor->at, cursor->end, &high);
        if (cursor->at == cursor->end)
            return tg_json_fault(cursor, "a string has no closing quote");
        if (*cursor->at == '"')
            break;
        if (*cursor->at != '\\')
            return tg_json_fault(
                cursor, "a string has a control character; it would have to be written as an escape");
        escaped = true;
        size_t length = cursor->end - cursor->at < 2 ? 0 : escapes[cursor->at[1]];
        if (length == 0 || (size_t)(cursor->end - cursor->at) <= length)
            return tg_json_fault(cursor, "a string has an unknown or unfinished escape");
        for (size_t i = 2; i <= length; i++)
            if (!hexadecimal[cursor->at[i]])
                return tg_json_fault(cursor, "a \\u escape needs four hexadecimal digits");
        cursor->at += length + 1;
    }
    ret_string->raw = tg_slice_of(start, (size_t)(cursor->at - start));
    ret_string->escaped = escaped;
    if (high) {
        size_t valid = tg_utf8_valid_prefix(ret_string->raw);
        if (valid != ret_string->raw.length) {
            cursor->at = start + valid;
            return tg_json_fault(cursor, "a string is not valid UTF-8");
        }
    }
    cursor->at++;
    return true;
}

static uint32_t hex4(const uint8_t *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t byte = at[i];
        value = value << 4 | (byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10);
    }
    return value;
}

/* The character of a \u escape whose digits start at *at; takes the second half of a surrogate pair with it.
 */
static uint32_t unescape_unicode(const uint8_t **at, const uint8_t *end)
{
    uint32_t unit = hex4(*at);
    *at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return 0xfffd;
    uint32_t low = hex4(*at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *at += 6;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

size_t tg_json_unescape(struct tg_slice raw, uint8_t *out)
{
    static const uint8_t simple[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    const uint8_t *at = raw.data;
    const uint8_t *end = raw.data + raw.length;
    uint8_t *start = out;
    bool high = false;
    while (at < end) {
        const uint8_t *stop = tg_json_plain_end(at, end, &high);
        memcpy(out, at, (size_t)(stop - at));
        out += stop - at;
        at = stop;
        if (at == end)
            break;
        uint8_t escape = at[1];
        at += 2;
        if (escape == 'u')
            out += tg_utf8_encode(unescape_unicode(&at, end), out);
        else
            *out++ = simple[escape];
    }
    return (size_t)(out - start);
}

bool tg_json_member(struct tg_json_cursor *cursor, struct tg_json_string *ret_name)
{
    if (cursor->at == cursor->end || *cursor->at != '"')
        return tg_json_fault(cursor, "a member name in quotes is needed");
    cursor->at++;
    return tg_json_string_rest(cursor, ret_name) && tg_json_colon(cursor);
}

bool tg_json_colon(struct tg_json_cursor *cursor)
{
    if (!tg_json_space(cursor))
        return false;
    if (*cursor->at != ':')
        return tg_json_fault(cursor, "a colon is needed behind a member name");
    cursor->at++;
    return tg_json_space(cursor);
}

/* Passes digits; their number is 0 where there are none. */
static inline uint32_t pass_digits(struct tg_json_cursor *cursor, uint64_t *mantissa)
{
    const uint8_t *at = cursor->at;
    uint64_t value = *mantissa;
    while (at < cursor->end && (uint8_t)(*at - '0') < 10)
        value = value * 10 + (uint64_t)(*at++ - '0');
    uint32_t count = (uint32_t)(at - cursor->at);
    *mantissa = value;
    cursor->at = at;
    return count;
}

static bool pass_exponent(struct tg_json_cursor *cursor, int32_t *ret_exponent)
{
    enum { EXPONENT_MAX = 1000000000 };
    cursor->at++;
    bool negative = cursor->at < cursor->end && *cursor->at == '-';
    if (negative || (cursor->at < cursor->end && *cursor->at == '+'))
        cursor->at++;
    const uint8_t *start = cursor->at;
    int32_t exponent = 0;
    for (; cursor->at < cursor->end && (uint8_t)(*cursor->at - '0') < 10; cursor->at++)
        exponent = exponent < EXPONENT_MAX / 10 ? exponent * 10 + (*cursor->at - '0') : EXPONENT_MAX;
    if (cursor->at == start)
        return tg_json_fault(cursor, "a digit is needed in the exponent of a number");
    *ret_exponent = negative ? -exponent : exponent;
    return true;
}

bool tg_json_number_scan(struct tg_json_cursor *cursor, struct tg_json_number *ret_number)
{
    const uint8_t *start = cursor->at;
    struct tg_json_number number = {.negative = *start == '-', .whole = true};
    if (number.negative)
        cursor->at++;
    bool zero = cursor->at < cursor->end && *cursor->at == '0';
    number.whole_digits = pass_digits(cursor, &number.mantissa);
    if (number.whole_digits == 0)
        return tg_json_fault(cursor, "a digit is needed in a number");
    if (zero && number.whole_digits > 1) {
        cursor->at = start;
        return tg_json_fault(cursor, "a number may not have leading zeros");
    }
    if (cursor->at < cursor->end && *cursor->at == '.') {
        cursor->at++;
        number.whole = false;
        number.fraction_digits = pass_digits(cursor, &number.mantissa);
        if (number.fraction_digits == 0)
            return tg_json_fault(cursor, "a digit is needed behind the point of a number");
    }
    if (cursor->at < cursor->end && (*cursor->at | 0x20) == 'e') {
        number.whole = false;
        if (!pass_exponent(cursor, &number.exponent))
            return false;
    }
    number.text = tg_slice_of(start, (size_t)(cursor->at - start));
    *ret_number = number;
    return true;
}

bool tg_json_word(struct tg_json_cursor *cursor, const char *word, size_t length)
{
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
        return tg_json_fault(cursor,
                             "a value is needed: an object, array, string, number, true, false or null");
    cursor->at += length;
    return true;
}

bool tg_json_open(struct tg_json_cursor *cursor, bool *ret_empty)
{
    uint8_t closer = *cursor->at == '{' ? '}' : ']';
    if (cursor->depth == TG_JSON_DEPTH_MAX)
        return tg_json_fault(cursor, "arrays and objects are nested deeper than 256 levels");
    cursor->at++;
    if (!tg_json_space(cursor))
        return false;
    *ret_empty = *cursor->at == closer;
    if (*ret_empty)
        cursor->at++;
    else
        cursor->depth++;
    return true;
}

bool tg_json_next_slow(struct tg_json_cursor *cursor, uint8_t closer, bool *ret_more)
{
    if (!tg_json_space(cursor))
        return false;
    *ret_more = *cursor->at == ',';
    if (*ret_more) {
        cursor->at++;
        return tg_json_space(cursor);
    }
    if (*cursor->at != closer)
        return tg_json_fault(cursor, closer == '}' ? "',' or '}' is needed behind a member"
                                                   : "',' or ']' is needed behind an element");
    cursor->at++;
    cursor->depth--;
    return true;
}

static bool skip_scalar(struct tg_json_cursor *cursor)
{
    struct tg_json_string string;
    struct tg_json_number number;
    switch (*cursor->at) {
    case '"':
        cursor->at++;
        return tg_json_string_rest(cursor, &string);
    case 't':
        return tg_json_word(cursor, "true", 4);
    case 'f':
        return tg_json_word(cursor, "false", 5);
    case 'n':
        return tg_json_word(cursor, "null", 4);
    default:
        if (tg_json_number_starts(*cursor->at))
            return tg_json_number_scan(cursor, &number);
        return tg_json_word(cursor, "", SIZE_MAX);
    }
}

/* One bit per depth: whether an object or an array is open there. */
struct nesting {
    uint64_t objects[TG_JSON_DEPTH_MAX / 64 + 1];
};

static uint8_t closer_at(const struct nesting *nesting, uint32_t depth)
{
    return nesting->objects[depth / 64] >> depth % 64 & 1 ? '}' : ']';
}

static void remember(struct nesting *nesting, uint32_t depth, uint8_t opener)
{
    uint64_t bit = 1ULL << depth % 64;
    if (opener == '{')
        nesting->objects[depth / 64] |= bit;
    else
        nesting->objects[depth / 64] &= ~bit;
}

static bool skip_nested(struct tg_json_cursor *cursor)
{
    struct nesting nesting = {{0}};
    struct tg_json_string name;
    uint32_t outside = cursor->depth;
    for (;;) {
        uint8_t first = *cursor->at;
        bool more = false;
        if (first == '{' || first == '[') {
            bool empty;
            if (!tg_json_open(cursor, &empty))
                return false;
            more = !empty;
            if (more)
                remember(&nesting, cursor->depth, first);
        } else if (!skip_scalar(cursor)) {
            return false;
        }
        while (!more && cursor->depth > outside)
            if (!tg_json_next(cursor, closer_at(&nesting, cursor->depth), &more))
                return false;
        if (!more)
            return true;
        if (closer_at(&nesting, cursor->depth) == '}' && !tg_json_member(cursor, &name))
            return false;
    }
}

bool tg_json_skip(struct tg_json_cursor *cursor)
{
    if (!tg_json_space(cursor))
        return false;
    return *cursor->at == '{' || *cursor->at == '[' ? skip_nested(cursor) : skip_scalar(cursor);
}

bool tg_json_finish(struct tg_json_cursor *cursor)
{
    const char *fault = cursor->fault;
    if (!tg_json_space(cursor)) {
        cursor->fault = fault;
        return true;
    }
    return tg_json_fault(cursor, "there is more behind the end of the value");
}
