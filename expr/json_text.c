/* expr/json_text.c: a checking reader of JSON that gives slices. */
#include "expr/json_text.h"

#include "base/text.h"
#include "data/number.h"
#include "expr/text_tools.h"

enum { DEPTH_MAX = 500, PLAIN_SCALE_MAX = 9999 };

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    unsigned depth;
};

static void skip_spaces(struct reader *reader)
{
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r'))
        reader->at++;
}

static bool take_byte(struct reader *reader, uint8_t byte)
{
    if (reader->at == reader->end || *reader->at != byte)
        return false;
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    uint8_t next = reader->at == reader->end ? ' ' : *reader->at; /* truex is no word */
    return next < 0x80 && !(next >= '0' && next <= '9') && !((next | 0x20) >= 'a' && (next | 0x20) <= 'z') &&
           next != '_' && next != '$';
}

static bool take_escape(struct reader *reader)
{
    if (reader->at == reader->end)
        return false;
    uint8_t escape = *reader->at++;
    if (escape != 'u')
        return memchr("\"\\/bfnrt", escape, 8) != NULL;
    for (int i = 0; i < 4; i++)
        if (reader->at == reader->end || tg_text_hex_digit(*reader->at++) < 0)
            return false;
    return true;
}

static bool take_string(struct reader *reader)
{
    if (!take_byte(reader, '"'))
        return false;
    while (reader->at < reader->end) {
        uint8_t byte = *reader->at++;
        if (byte == '"')
            return true;
        if (byte < ' ' || (byte == '\\' && !take_escape(reader)))
            return false;
    }
    return false;
}

static bool take_digits(struct reader *reader)
{
    const uint8_t *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start;
}

/* Behind a number something must end it: white space only, where it is the whole value. */
static bool at_end_of_number(const struct reader *reader)
{
    return reader->at == reader->end ||
           memchr(" \t\r\n,]}:", *reader->at, reader->depth == 0 ? 4 : 8) != NULL;
}

static bool take_number(struct reader *reader, enum tg_json_kind *ret_kind)
{
    *ret_kind = TG_JSON_INTEGER;
    (void)take_byte(reader, '-');
    if (!take_byte(reader, '0') && !take_digits(reader))
        return false;
    if (take_byte(reader, '.')) {
        *ret_kind = TG_JSON_REAL;
        if (!take_digits(reader))
            return false;
    }
    if (take_byte(reader, 'e') || take_byte(reader, 'E')) {
        *ret_kind = TG_JSON_REAL;
        if (!take_byte(reader, '+'))
            (void)take_byte(reader, '-');
        if (!take_digits(reader))
            return false;
    }
    return at_end_of_number(reader);
}

static bool take_value(struct reader *reader, enum tg_json_kind *ret_kind);

static bool take_member(struct reader *reader, bool object)
{
    enum tg_json_kind kind = TG_JSON_NULL;
    skip_spaces(reader);
    if (object) {
        if (!take_string(reader))
            return false;
        skip_spaces(reader);
        if (!take_byte(reader, ':'))
            return false;
        skip_spaces(reader);
    }
    return take_value(reader, &kind);
}

static bool take_nested(struct reader *reader, bool object)
{
    uint8_t close = object ? '}' : ']';
    if (++reader->depth > DEPTH_MAX)
        return false;
    reader->at++;
    skip_spaces(reader);
    bool more = !take_byte(reader, close);
    while (more) {
        if (!take_member(reader, object))
            return false;
        skip_spaces(reader);
        more = take_byte(reader, ',');
        if (!more && !take_byte(reader, close))
            return false;
    }
    reader->depth--;
    return true;
}

static bool take_value(struct reader *reader, enum tg_json_kind *ret_kind)
{
    if (reader->at == reader->end)
        return false;
    switch (*reader->at) {
    case '{':
        *ret_kind = TG_JSON_OBJECT;
        return take_nested(reader, true);
    case '[':
        *ret_kind = TG_JSON_ARRAY;
        return take_nested(reader, false);
    case '"':
        *ret_kind = TG_JSON_STRING;
        return take_string(reader);
    case 't':
        *ret_kind = TG_JSON_BOOLEAN;
        return take_word(reader, "true");
    case 'f':
        *ret_kind = TG_JSON_BOOLEAN;
        return take_word(reader, "false");
    case 'n':
        *ret_kind = TG_JSON_NULL;
        return take_word(reader, "null");
    default:
        return take_number(reader, ret_kind);
    }
}

/* Takes one value that is known to be good, or checks one. */
static bool take_json(struct reader *reader, struct tg_json *ret_value)
{
    skip_spaces(reader);
    const uint8_t *start = reader->at;
    if (!take_value(reader, &ret_value->kind))
        return false;
    ret_value->text = tg_slice_of(start, (size_t)(reader->at - start));
    return true;
}

enum tg_json_result tg_json_read(struct tg_slice text, struct tg_json *ret_value)
{
    struct reader reader = {.at = text.data, .end = text.data + text.length};
    skip_spaces(&reader);
    if (reader.at == reader.end)
        return TG_JSON_EMPTY;
    return take_json(&reader, ret_value) ? TG_JSON_FOUND : TG_JSON_MALFORMED;
}

struct tg_json_cursor tg_json_members(const struct tg_json *nested)
{
    return (struct tg_json_cursor){.rest = tg_slice_of(nested->text.data + 1, nested->text.length - 1),
                                   .object = nested->kind == TG_JSON_OBJECT};
}

bool tg_json_next(struct tg_json_cursor *cursor, struct tg_slice *ret_name, struct tg_json *ret_value)
{
    struct reader reader = {
        .at = cursor->rest.data, .end = cursor->rest.data + cursor->rest.length, .depth = 1};
    skip_spaces(&reader);
    (void)take_byte(&reader, ',');
    skip_spaces(&reader);
    if (reader.at == reader.end || *reader.at == ']' || *reader.at == '}')
        return false;
    if (cursor->object) {
        const uint8_t *name = reader.at;
        if (!take_string(&reader))
            return false;
        *ret_name = tg_slice_of(name, (size_t)(reader.at - name));
        skip_spaces(&reader);
        (void)take_byte(&reader, ':');
    }
    if (!take_json(&reader, ret_value))
        return false;
    cursor->rest = tg_slice_of(reader.at, (size_t)(reader.end - reader.at));
    return true;
}

static uint32_t hex_unit(const uint8_t *digits)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)tg_text_hex_digit(digits[i]);
    return unit;
}

/* Appends what \uXXXX at `digits` stands for; returns the bytes read. Half a surrogate pair becomes U+FFFD.
 */
static size_t append_unit(const uint8_t *digits, const uint8_t *end, struct tg_buffer *out)
{
    uint32_t unit = hex_unit(digits);
    bool pair =
        unit >= 0xD800 && unit < 0xDC00 && end - digits >= 10 && digits[4] == '\\' && digits[5] == 'u';
    if (pair) {
        uint32_t low = hex_unit(digits + 6);
        if (low >= 0xDC00 && low < 0xE000) {
            tg_text_append(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            return 10;
        }
    }
    tg_text_append(out, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
    return 4;
}

void tg_json_append_plain(struct tg_slice string, struct tg_buffer *out)
{
    static const char letters[] = "bfnrt";
    static const char values[] = "\b\f\n\r\t";
    const uint8_t *end = string.data + string.length - 1;
    for (const uint8_t *at = string.data + 1; at < end; at++) {
        if (*at != '\\') {
            tg_buffer_append_byte(out, *at);
            continue;
        }
        at++;
        const char *letter = (const char *)memchr(letters, *at, sizeof letters - 1);
        if (*at == 'u')
            at += append_unit(at + 1, end, out);
        else
            tg_buffer_append_byte(out, letter == NULL ? *at : (uint8_t)values[letter - letters]);
    }
}

/* Appends the escape at `at` (behind its '\\') in its shortest form; returns the bytes read. */
static size_t append_escape(const uint8_t *at, const uint8_t *end, struct tg_buffer *out)
{
    if (*at == '/') {
        tg_buffer_append_byte(out, '/');
        return 1;
    }
    if (*at != 'u') {
        tg_buffer_append_byte(out, '\\');
        tg_buffer_append_byte(out, *at);
        return 1;
    }
    uint32_t unit = hex_unit(at + 1);
    if (unit >= ' ' && unit != '"' && unit != '\\')
        return 1 + append_unit(at + 1, end, out);
    static const char escapes[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof escapes; i += 2) {
        if ((uint32_t)escapes[i] != unit)
            continue;
        tg_buffer_append_byte(out, '\\');
        tg_buffer_append_byte(out, (uint8_t)escapes[i + 1]);
        return 5;
    }
    tg_buffer_printf(out, "\\u%04X", unit);
    return 5;
}

/* A string with its escapes renewed. */
static void append_string(struct tg_slice string, struct tg_buffer *out)
{
    const uint8_t *end = string.data + string.length;
    for (const uint8_t *at = string.data; at < end;) {
        const uint8_t *escape = (const uint8_t *)memchr(at, '\\', (size_t)(end - at));
        tg_buffer_append(out, at, (size_t)((escape == NULL ? end : escape) - at));
        at = escape == NULL ? end : escape + 1 + append_escape(escape + 1, end, out);
    }
}

/* A number as BigDecimal has it: digits without leading zeros, and how many of them are behind the point. */
struct decimal {
    struct tg_slice whole, fraction; /* the digits before and behind the point */
    size_t skipped;                  /* leading zeros of both */
    size_t count;                    /* the others, at least 1 */
    int64_t scale;
    bool negative;
};

static struct tg_slice cut_digits(struct reader *reader)
{
    const uint8_t *start = reader->at;
    (void)take_digits(reader);
    return tg_slice_of(start, (size_t)(reader->at - start));
}

/* False: an exponent that no number has. */
static bool read_decimal(struct tg_slice text, struct decimal *ret_decimal)
{
    struct reader reader = {.at = text.data, .end = text.data + text.length};
    int32_t exponent = 0;
    *ret_decimal = (struct decimal){.negative = take_byte(&reader, '-')};
    ret_decimal->whole = cut_digits(&reader);
    if (take_byte(&reader, '.'))
        ret_decimal->fraction = cut_digits(&reader);
    if (reader.at < reader.end &&
        !tg_int32_parse(tg_slice_of(reader.at + 1, (size_t)(reader.end - reader.at) - 1), &exponent))
        return false;
    size_t total = ret_decimal->whole.length + ret_decimal->fraction.length;
    ret_decimal->scale = (int64_t)ret_decimal->fraction.length - exponent;
    size_t zeros = 0;
    while (zeros + 1 < total && (zeros < ret_decimal->whole.length
                                     ? ret_decimal->whole.data[zeros]
                                     : ret_decimal->fraction.data[zeros - ret_decimal->whole.length]) == '0')
        zeros++;
    ret_decimal->skipped = zeros;
    ret_decimal->count = total - zeros;
    return true;
}

/* Some of the digits, counted from the first that is not skipped. */
static void append_digits(const struct decimal *decimal, size_t from, size_t count, struct tg_buffer *out)
{
    size_t start = decimal->skipped + from;
    size_t whole = decimal->whole.length;
    if (start < whole) {
        size_t part = count < whole - start ? count : whole - start;
        tg_buffer_append(out, decimal->whole.data + start, part);
        start += part;
        count -= part;
    }
    if (count > 0)
        tg_buffer_append(out, decimal->fraction.data + (start - whole), count);
}

static bool is_zero(const struct decimal *decimal)
{
    if (decimal->count > 1)
        return false;
    struct tg_slice last = decimal->fraction.length > 0 ? decimal->fraction : decimal->whole;
    return last.data[last.length - 1] == '0';
}

static void append_zeros(int64_t count, struct tg_buffer *out)
{
    while (count-- > 0)
        tg_buffer_append_byte(out, '0');
}

static void append_plain_decimal(const struct decimal *decimal, struct tg_buffer *out)
{
    int64_t before = (int64_t)decimal->count - decimal->scale; /* digits before the point */
    if (decimal->scale <= 0) {
        append_digits(decimal, 0, decimal->count, out);
        append_zeros(is_zero(decimal) ? 0 : -decimal->scale, out);
    } else if (before > 0) {
        append_digits(decimal, 0, (size_t)before, out);
        tg_buffer_append_byte(out, '.');
        append_digits(decimal, (size_t)before, decimal->count - (size_t)before, out);
    } else {
        tg_buffer_append_text(out, "0.");
        append_zeros(-before, out);
        append_digits(decimal, 0, decimal->count, out);
    }
}

static void append_number(struct tg_slice text, enum tg_json_numbers numbers, struct tg_buffer *out)
{
    struct decimal decimal;
    if (!read_decimal(text, &decimal)) {
        tg_buffer_append_slice(out, text);
        return;
    }
    int64_t adjusted = (int64_t)decimal.count - 1 - decimal.scale;
    bool plain = numbers == TG_JSON_NUMBERS_PLAIN
                     ? decimal.scale >= -PLAIN_SCALE_MAX && decimal.scale <= PLAIN_SCALE_MAX
                     : decimal.scale >= 0 && adjusted >= -6;
    if (decimal.negative && !is_zero(&decimal))
        tg_buffer_append_byte(out, '-');
    if (plain) {
        append_plain_decimal(&decimal, out);
        return;
    }
    append_digits(&decimal, 0, 1, out);
    if (decimal.count > 1) {
        tg_buffer_append_byte(out, '.');
        append_digits(&decimal, 1, decimal.count - 1, out);
    }
    if (adjusted != 0)
        tg_buffer_printf(out, "E%+lld", (long long)adjusted);
}

/* The text is checked, so what is no string, number or white space is copied as it is. */
void tg_json_append_compact(const struct tg_json *value, enum tg_json_numbers numbers, struct tg_buffer *out)
{
    struct reader reader = {.at = value->text.data, .end = value->text.data + value->text.length};
    enum tg_json_kind kind = TG_JSON_NULL;
    for (skip_spaces(&reader); reader.at < reader.end; skip_spaces(&reader)) {
        const uint8_t *start = reader.at;
        if (*start == '"') {
            (void)take_string(&reader);
            append_string(tg_slice_of(start, (size_t)(reader.at - start)), out);
        } else if (*start == '-' || (*start >= '0' && *start <= '9')) {
            (void)take_number(&reader, &kind);
            append_number(tg_slice_of(start, (size_t)(reader.at - start)), numbers, out);
        } else {
            tg_buffer_append_byte(out, *start);
            reader.at++;
        }
    }
}
