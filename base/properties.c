#include "base/properties.h"

#include "base/memory.h"
#include "base/text.h"

struct setting {
    char *key;
    char *value;
    char *origin;
};

struct tg_properties {
    struct setting *settings;
    size_t count;
    size_t capacity;
};

enum { FILE_BYTES_MAX = 16 * 1024 * 1024 };

struct tg_properties *tg_properties_new(void)
{
    return tg_alloc_zero(1, sizeof(struct tg_properties));
}

struct tg_properties *tg_properties_copy(const struct tg_properties *properties)
{
    struct tg_properties *copy = tg_properties_new();
    for (size_t i = 0; i < properties->count; i++) {
        const struct setting *setting = &properties->settings[i];
        tg_properties_set(copy, setting->key, setting->value, setting->origin);
    }
    return copy;
}

static void free_setting(struct setting *setting)
{
    tg_free(setting->key);
    tg_free(setting->value);
    tg_free(setting->origin);
}

void tg_properties_free(struct tg_properties *properties)
{
    if (properties == NULL)
        return;
    for (size_t i = 0; i < properties->count; i++)
        free_setting(&properties->settings[i]);
    tg_free(properties->settings);
    tg_free(properties);
}

static struct setting *find(const struct tg_properties *properties, const char *key)
{
    for (size_t i = 0; i < properties->count; i++) {
        if (strcmp(properties->settings[i].key, key) == 0)
            return &properties->settings[i];
    }
    return NULL;
}

void tg_properties_set(struct tg_properties *properties, const char *key, const char *value,
                       const char *origin)
{
    struct setting fresh = {.key = tg_strdup(key), .value = tg_strdup(value), .origin = tg_strdup(origin)};
    struct setting *setting = find(properties, key);
    if (setting != NULL) {
        free_setting(setting);
        *setting = fresh;
        return;
    }
    void *settings = properties->settings;
    tg_grow(&settings, &properties->capacity, properties->count + 1, sizeof *properties->settings);
    properties->settings = settings;
    properties->settings[properties->count++] = fresh;
}

void tg_properties_remove(struct tg_properties *properties, const char *key)
{
    struct setting *setting = find(properties, key);
    if (setting == NULL)
        return;
    free_setting(setting);
    size_t index = (size_t)(setting - properties->settings);
    memmove(setting, setting + 1, (properties->count - index - 1) * sizeof *setting);
    properties->count--;
}

const char *tg_properties_get(const struct tg_properties *properties, const char *key)
{
    const struct setting *setting = find(properties, key);
    return setting == NULL ? NULL : setting->value;
}

size_t tg_properties_count(const struct tg_properties *properties)
{
    return properties->count;
}

const char *tg_properties_key(const struct tg_properties *properties, size_t index)
{
    TG_ASSERT(index < properties->count);
    return properties->settings[index].key;
}

const char *tg_properties_value(const struct tg_properties *properties, size_t index)
{
    TG_ASSERT(index < properties->count);
    return properties->settings[index].value;
}

const char *tg_properties_origin(const struct tg_properties *properties, size_t index)
{
    TG_ASSERT(index < properties->count);
    return properties->settings[index].origin;
}

/* Reads the text one setting at a time; the rules are those of java.util.Properties.load(Reader). */
struct reader {
    struct tg_slice text;
    size_t at;
    const char *origin;
    struct tg_buffer key;
    struct tg_buffer value;
};

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\f';
}

static bool is_line_end(uint8_t byte)
{
    return byte == '\n' || byte == '\r';
}

static bool at_end(const struct reader *reader)
{
    return reader->at >= reader->text.length;
}

static uint8_t peek(const struct reader *reader)
{
    return reader->text.data[reader->at];
}

static void skip_blanks(struct reader *reader)
{
    while (!at_end(reader) && is_blank(peek(reader)))
        reader->at++;
}

/* Steps over a '\' before a line end with that line end and the blanks that start the next line. */
static bool skip_continuation(struct reader *reader)
{
    size_t left = reader->text.length - reader->at;
    if (left == 0)
        return false;
    const uint8_t *bytes = reader->text.data + reader->at;
    if (bytes[0] != '\\' || (left > 1 && !is_line_end(bytes[1])))
        return false;
    size_t width = left == 1 ? 1 : left > 2 && bytes[1] == '\r' && bytes[2] == '\n' ? 3 : 2;
    reader->at += width;
    skip_blanks(reader);
    return true;
}

static void skip_blanks_and_continuations(struct reader *reader)
{
    do
        skip_blanks(reader);
    while (skip_continuation(reader));
}

/* To the first byte of the next setting; false at the end of the text. */
static bool find_setting(struct reader *reader)
{
    for (;;) {
        while (!at_end(reader) && (is_blank(peek(reader)) || is_line_end(peek(reader))))
            reader->at++;
        if (skip_continuation(reader))
            continue;
        if (at_end(reader))
            return false;
        if (peek(reader) != '#' && peek(reader) != '!')
            return true;
        while (!at_end(reader) && !is_line_end(peek(reader)))
            reader->at++;
    }
}

/* Fails at `offset` of the text, which is below its length. */
static enum tg_code fail_at(const struct reader *reader, size_t offset, struct tg_error *reterr,
                            const char *what)
{
    struct tg_place place = {.offset = (uint32_t)offset, .length = 1, .line = 1};
    size_t line_start = 0;
    const uint8_t *bytes = reader->text.data;
    for (size_t i = 0; i < offset; i++) {
        if (bytes[i] == '\n' || (bytes[i] == '\r' && bytes[i + 1] != '\n')) {
            place.line++;
            line_start = i + 1;
        }
    }
    place.column = (uint32_t)tg_utf8_length(tg_slice_of(bytes + line_start, offset - line_start)) + 1;
    enum tg_code code =
        tg_fail(reterr, TG_CODE_CONFIG, "%s:%u:%u: %s", reader->origin, place.line, place.column, what);
    if (reterr != NULL)
        reterr->place = place;
    return code;
}

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    uint8_t letter = byte | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Four hexadecimal digits at `offset`; false if there are none. */
static bool read_hex(const struct reader *reader, size_t offset, uint32_t *ret_unit)
{
    *ret_unit = 0;
    for (size_t i = 0; i < 4; i++) {
        if (offset + i >= reader->text.length)
            return false;
        int digit = hex_digit(reader->text.data[offset + i]);
        if (digit < 0)
            return false;
        *ret_unit = *ret_unit << 4 | (uint32_t)digit;
    }
    return true;
}

/* An escape of the form \uXXXX, or two of them for a character outside the basic plane. The reader is behind
 * the 'u'. */
TG_MUST_CHECK static enum tg_code read_unicode(struct reader *reader, struct tg_buffer *out,
                                               struct tg_error *reterr)
{
    size_t start = reader->at - 2;
    uint32_t unit = 0;
    if (!read_hex(reader, reader->at, &unit))
        return fail_at(reader, start, reterr, "\\u needs four hexadecimal digits");
    reader->at += 4;
    if (unit >= 0xD800 && unit <= 0xDFFF) {
        const uint8_t *next = reader->text.data + reader->at;
        uint32_t low = 0;
        bool paired = unit < 0xDC00 && reader->text.length - reader->at >= 6 && next[0] == '\\' &&
                      next[1] == 'u' && read_hex(reader, reader->at + 2, &low) && low >= 0xDC00 &&
                      low <= 0xDFFF;
        if (!paired)
            return fail_at(reader, start, reterr, "half of a surrogate pair is no character");
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        reader->at += 6;
    }
    if (unit == 0)
        return fail_at(reader, start, reterr, "the character U+0000 cannot be part of a setting");
    uint8_t bytes[4];
    tg_buffer_append(out, bytes, tg_utf8_encode(unit, bytes));
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_escape(struct reader *reader, struct tg_buffer *out,
                                              struct tg_error *reterr)
{
    uint8_t letter = reader->text.data[reader->at + 1];
    reader->at += 2;
    switch (letter) {
    case 'u':
        return read_unicode(reader, out, reterr);
    case 't':
        tg_buffer_append_byte(out, '\t');
        return TG_OK;
    case 'n':
        tg_buffer_append_byte(out, '\n');
        return TG_OK;
    case 'r':
        tg_buffer_append_byte(out, '\r');
        return TG_OK;
    case 'f':
        tg_buffer_append_byte(out, '\f');
        return TG_OK;
    case '\0':
        reader->at--;
        return TG_OK;
    default:
        tg_buffer_append_byte(out, letter);
        return TG_OK;
    }
}

enum part { PART_KEY, PART_VALUE };

/* Reads up to a line end, or a key up to the separator, which it leaves unread. */
TG_MUST_CHECK static enum tg_code read_part(struct reader *reader, enum part part, struct tg_buffer *out,
                                            struct tg_error *reterr)
{
    while (!at_end(reader)) {
        if (skip_continuation(reader))
            continue;
        uint8_t byte = peek(reader);
        if (is_line_end(byte) || (part == PART_KEY && (is_blank(byte) || byte == '=' || byte == ':')))
            return TG_OK;
        if (byte == '\0')
            return fail_at(reader, reader->at, reterr, "the character U+0000 cannot be part of a setting");
        if (byte == '\\') {
            TG_TRY(read_escape(reader, out, reterr));
            continue;
        }
        tg_buffer_append_byte(out, byte);
        reader->at++;
    }
    return TG_OK;
}

static void skip_separator(struct reader *reader)
{
    skip_blanks_and_continuations(reader);
    if (!at_end(reader) && (peek(reader) == '=' || peek(reader) == ':')) {
        reader->at++;
        skip_blanks_and_continuations(reader);
    }
}

TG_MUST_CHECK static enum tg_code read_settings(struct reader *reader, struct tg_properties *properties,
                                                struct tg_error *reterr)
{
    while (find_setting(reader)) {
        tg_buffer_clear(&reader->key);
        tg_buffer_clear(&reader->value);
        TG_TRY(read_part(reader, PART_KEY, &reader->key, reterr));
        skip_separator(reader);
        TG_TRY(read_part(reader, PART_VALUE, &reader->value, reterr));
        tg_properties_set(properties, tg_buffer_text(&reader->key), tg_buffer_text(&reader->value),
                          reader->origin);
    }
    return TG_OK;
}

enum tg_code tg_properties_parse(struct tg_properties *properties, struct tg_slice text, const char *origin,
                                 struct tg_error *reterr)
{
    struct reader reader = {.text = text, .origin = origin};
    static const uint8_t byte_order_mark[] = {0xEF, 0xBB, 0xBF};
    if (text.length >= 3 && memcmp(text.data, byte_order_mark, 3) == 0)
        reader.at = 3;
    size_t valid = tg_utf8_valid_prefix(text);
    if (valid < text.length)
        return fail_at(&reader, valid, reterr, "the text is not UTF-8");
    enum tg_code code = read_settings(&reader, properties, reterr);
    tg_buffer_done(&reader.key);
    tg_buffer_done(&reader.value);
    return code;
}

enum tg_code tg_properties_load(struct tg_properties *properties, const char *path, struct tg_error *reterr)
{
    struct tg_buffer content = {0};
    enum tg_code code = tg_read_file(path, FILE_BYTES_MAX, &content, reterr);
    if (code == TG_OK)
        code = tg_properties_parse(properties, tg_buffer_slice(&content), path, reterr);
    tg_buffer_done(&content);
    return code;
}
