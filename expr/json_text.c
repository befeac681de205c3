/* expr/json_text.c: a checking reader of JSON that gives slices. */
#include "expr/json_text.h"

#include "base/text.h"
#include "expr/text_tools.h"

enum { DEPTH_MAX = 500 };

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
    return true;
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

/* Behind a number or word something must end it. */
static bool at_end_of_word(const struct reader *reader)
{
    return reader->at == reader->end || memchr(" \t\r\n,]}:", *reader->at, 8) != NULL;
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
    return at_end_of_word(reader);
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
    struct reader reader = {.at = cursor->rest.data, .end = cursor->rest.data + cursor->rest.length};
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

void tg_json_append_compact(const struct tg_json *value, struct tg_buffer *out)
{
    struct tg_slice name;
    struct tg_json member;
    if (value->kind == TG_JSON_STRING) {
        append_string(value->text, out);
        return;
    }
    if (value->kind != TG_JSON_ARRAY && value->kind != TG_JSON_OBJECT) {
        tg_buffer_append_slice(out, value->text);
        return;
    }
    struct tg_json_cursor cursor = tg_json_members(value);
    tg_buffer_append_byte(out, value->text.data[0]);
    for (bool first = true; tg_json_next(&cursor, &name, &member); first = false) {
        if (!first)
            tg_buffer_append_byte(out, ',');
        if (cursor.object) {
            append_string(name, out);
            tg_buffer_append_byte(out, ':');
        }
        tg_json_append_compact(&member, out);
    }
    tg_buffer_append_byte(out, cursor.object ? '}' : ']');
}
