/* expr/regex_class.c: classes of characters in Java's patterns: unions and intersections, properties,
 * escapes. Each class becomes one expression that takes exactly one character: A&&B is (?=A)B. */
#include "expr/regex_translate.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

enum { CLASS_DEPTH_MAX = 32, CODE_POINT_MAX = 0x10FFFF };

/* A name of \p{...} and the content of PCRE2's class for it. POSIX classes are ASCII in Java. */
struct property {
    const char *name;
    const char *content;
};

static const struct property posix_classes[] = {
    {"Lower", "a-z"},
    {"Upper", "A-Z"},
    {"ASCII", "\\x{0}-\\x{7f}"},
    {"Alpha", "a-zA-Z"},
    {"Digit", "0-9"},
    {"Alnum", "a-zA-Z0-9"},
    {"Punct", "\\x{21}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{60}\\x{7b}-\\x{7e}"},
    {"Graph", "\\x{21}-\\x{7e}"},
    {"Print", "\\x{20}-\\x{7e}"},
    {"Blank", " \\t"},
    {"Cntrl", "\\x{0}-\\x{1f}\\x{7f}"},
    {"XDigit", "0-9a-fA-F"},
    {"Space", " \\t\\n\\x{b}\\f\\r"},
    {"L1", "\\x{0}-\\x{ff}"},
    {"all", "\\x{0}-\\x{10ffff}"},
    {"LC", "\\p{Lu}\\p{Ll}\\p{Lt}"},
    {"LD", "\\p{L}\\p{Nd}"},
    {"javaLowerCase", "\\p{Lowercase}"},
    {"javaUpperCase", "\\p{Uppercase}"},
    {"javaTitleCase", "\\p{Lt}"},
    {"javaAlphabetic", "\\p{Alphabetic}"},
    {"javaIdeographic", "\\p{Ideographic}"},
    {"javaDigit", "\\p{Nd}"},
    {"javaLetter", "\\p{L}"},
    {"javaLetterOrDigit", "\\p{L}\\p{Nd}"},
    {"javaSpaceChar", "\\p{Z}"},
    {"javaWhitespace", "\\x{9}-\\x{d}\\x{1c}-\\x{20}\\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200a}"
                       "\\x{2028}\\x{2029}\\x{205f}\\x{3000}"},
    {"javaISOControl", "\\x{0}-\\x{1f}\\x{7f}-\\x{9f}"},
    {"javaMirrored", "\\p{Bidi_Mirrored}"},
};

/* Behind "Is", in any case. */
static const struct property binary_properties[] = {
    {"ALPHABETIC", "\\p{Alphabetic}"},
    {"IDEOGRAPHIC", "\\p{Ideographic}"},
    {"LETTER", "\\p{L}"},
    {"LOWERCASE", "\\p{Lowercase}"},
    {"UPPERCASE", "\\p{Uppercase}"},
    {"TITLECASE", "\\p{Lt}"},
    {"PUNCTUATION", "\\p{P}"},
    {"CONTROL", "\\p{Cc}"},
    {"WHITE_SPACE", "\\p{White_Space}"},
    {"WHITESPACE", "\\p{White_Space}"},
    {"DIGIT", "\\p{Nd}"},
    {"HEX_DIGIT", "\\p{Nd}\\x{41}-\\x{46}\\x{61}-\\x{66}\\x{ff21}-\\x{ff26}\\x{ff41}-\\x{ff46}"},
    {"HEXDIGIT", "\\p{Nd}\\x{41}-\\x{46}\\x{61}-\\x{66}\\x{ff21}-\\x{ff26}\\x{ff41}-\\x{ff46}"},
    {"JOIN_CONTROL", "\\x{200c}\\x{200d}"},
    {"JOINCONTROL", "\\x{200c}\\x{200d}"},
    {"NONCHARACTER_CODE_POINT", "\\p{Noncharacter_Code_Point}"},
    {"NONCHARACTERCODEPOINT", "\\p{Noncharacter_Code_Point}"},
    {"ASSIGNED", "\\P{Cn}"},
};

static const char *const categories[] = {"Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd",
                                         "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cs", "Pd",
                                         "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf",
                                         "L",  "M",  "N",  "Z",  "C",  "P",  "S"};

enum tg_code tg_regex_fail(struct tg_regex_translation *translation, size_t at, const char *format, ...)
{
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    enum { SHOWN_MAX = 120 };
    struct tg_slice shown = translation->pattern;
    shown.length = shown.length < SHOWN_MAX ? shown.length : SHOWN_MAX;
    shown.length = tg_utf8_valid_prefix(shown);
    size_t character = tg_utf8_length(tg_slice_of(translation->pattern.data, at)) + 1;
    return tg_fail(translation->reterr, TG_CODE_CONFIG, "regular expression '%.*s', character %zu: %s",
                   TG_SLICE_FORMAT(shown), character, reason);
}

bool tg_regex_at_end(const struct tg_regex_translation *translation)
{
    return translation->at >= translation->pattern.length;
}

int tg_regex_peek(const struct tg_regex_translation *translation, size_t ahead)
{
    size_t at = translation->at + ahead;
    return at < translation->pattern.length ? translation->pattern.data[at] : -1;
}

uint32_t tg_regex_take(struct tg_regex_translation *translation)
{
    const uint8_t *bytes = translation->pattern.data + translation->at;
    static const uint8_t masks[] = {0x7F, 0x1F, 0x0F, 0x07};
    uint32_t more = bytes[0] < 0x80 ? 0 : bytes[0] < 0xE0 ? 1 : bytes[0] < 0xF0 ? 2 : 3;
    uint32_t code_point = bytes[0] & masks[more];
    for (uint32_t i = 1; i <= more; i++)
        code_point = code_point << 6 | (bytes[i] & 0x3F);
    translation->at += more + 1;
    return code_point;
}

static bool is_ascii_letter(uint32_t code_point)
{
    return code_point < 0x80 && (uint8_t)((code_point | 0x20) - 'a') < 26;
}

void tg_regex_write_char(struct tg_buffer *out, uint32_t code_point)
{
    if (is_ascii_letter(code_point) || code_point - '0' < 10)
        tg_buffer_append_byte(out, (uint8_t)code_point);
    else
        tg_buffer_printf(out, "\\x{%x}", code_point);
}

/* ---- escapes of one character ---- */

static int hex_value(int byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Exactly `count` hex digits; false (and nothing taken) if they are not there. */
static bool take_hex(struct tg_regex_translation *translation, unsigned count, uint32_t *ret_value)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++) {
        int digit = hex_value(tg_regex_peek(translation, i));
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    translation->at += count;
    *ret_value = value;
    return true;
}

/* Behind \x: two digits, or any number in braces. */
TG_MUST_CHECK static enum tg_code take_x(struct tg_regex_translation *translation, uint32_t *ret_code_point)
{
    size_t start = translation->at;
    uint32_t value = 0;
    if (tg_regex_peek(translation, 0) != '{') {
        if (take_hex(translation, 2, ret_code_point))
            return TG_OK;
        return tg_regex_fail(translation, start, "two hex digits or {...} must follow \\x");
    }
    translation->at++;
    size_t digits = 0;
    for (int digit = 0; (digit = hex_value(tg_regex_peek(translation, 0))) >= 0 && value <= CODE_POINT_MAX;
         digits++, translation->at++)
        value = value << 4 | (uint32_t)digit;
    if (digits == 0 || value > CODE_POINT_MAX || tg_regex_peek(translation, 0) != '}')
        return tg_regex_fail(translation, start, "\\x{...} is no character");
    translation->at++;
    *ret_code_point = value;
    return TG_OK;
}

/* Behind \u: four digits, twice for a surrogate pair. */
TG_MUST_CHECK static enum tg_code take_u(struct tg_regex_translation *translation, uint32_t *ret_code_point)
{
    size_t start = translation->at;
    uint32_t low = 0;
    if (!take_hex(translation, 4, ret_code_point))
        return tg_regex_fail(translation, start, "four hex digits must follow \\u");
    if (*ret_code_point < 0xD800 || *ret_code_point > 0xDBFF || tg_regex_peek(translation, 0) != '\\' ||
        tg_regex_peek(translation, 1) != 'u')
        return TG_OK;
    translation->at += 2;
    if (take_hex(translation, 4, &low) && low >= 0xDC00 && low <= 0xDFFF)
        *ret_code_point = 0x10000 + ((*ret_code_point - 0xD800) << 10) + (low - 0xDC00);
    return TG_OK;
}

/* Behind \0: up to three octal digits, the first of three at most 3. */
TG_MUST_CHECK static enum tg_code take_octal(struct tg_regex_translation *translation,
                                             uint32_t *ret_code_point)
{
    uint32_t value = 0;
    unsigned digits = 0;
    while ((digits < 2 || (digits == 2 && value < 32)) && tg_regex_peek(translation, 0) >= '0' &&
           tg_regex_peek(translation, 0) <= '7') {
        value = value * 8 + (uint32_t)(tg_regex_peek(translation, 0) - '0');
        translation->at++;
        digits++;
    }
    if (digits == 0)
        return tg_regex_fail(translation, translation->at, "octal digits must follow \\0");
    *ret_code_point = value;
    return TG_OK;
}

enum tg_code tg_regex_char_escape(struct tg_regex_translation *translation, uint32_t *ret_code_point)
{
    static const struct {
        char letter;
        uint8_t value;
    } controls[] = {{'t', '\t'}, {'n', '\n'}, {'r', '\r'}, {'f', '\f'}, {'a', 7}, {'e', 27}};
    size_t start = translation->at;
    if (tg_regex_at_end(translation))
        return tg_regex_fail(translation, start, "a backslash at the end");
    uint32_t letter = tg_regex_take(translation);
    *ret_code_point = letter;
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if ((uint32_t)controls[i].letter != letter)
            continue;
        *ret_code_point = controls[i].value;
        return TG_OK;
    }
    if (letter == 'x')
        TG_TRY(take_x(translation, ret_code_point));
    else if (letter == 'u')
        TG_TRY(take_u(translation, ret_code_point));
    else if (letter == '0')
        TG_TRY(take_octal(translation, ret_code_point));
    else if (letter == 'c' && !tg_regex_at_end(translation))
        *ret_code_point = tg_regex_take(translation) ^ 64;
    else if (is_ascii_letter(letter) || letter - '1' < 9) /* \1 in a class is no group */
        return tg_regex_fail(translation, start, "\\%c has no meaning here, or is not supported",
                             (char)letter);
    if (*ret_code_point >= 0xD800 && *ret_code_point <= 0xDFFF)
        return tg_regex_fail(translation, start, "half of a surrogate pair is no character of a text");
    return TG_OK;
}

/* ---- classes behind a backslash ---- */

static bool write_category(struct tg_slice name, struct tg_buffer *out)
{
    for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++) {
        if (!tg_slice_is(name, categories[i]))
            continue;
        tg_buffer_printf(out, "\\p{%s}", categories[i]);
        return true;
    }
    return false;
}

static bool write_property(const struct property *properties, size_t count, struct tg_slice name,
                           struct tg_buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        if (!tg_slice_equal_nocase(name, tg_slice_text(properties[i].name)))
            continue;
        tg_buffer_append_text(out, properties[i].content);
        return true;
    }
    return false;
}

/* Whether PCRE2 knows the script is seen when the result is compiled. */
static bool write_script(struct tg_slice name, struct tg_buffer *out)
{
    for (size_t i = 0; i < name.length; i++)
        if (!is_ascii_letter(name.data[i]) && name.data[i] != '_' && name.data[i] != ' ')
            return false;
    if (name.length < 2)
        return false;
    tg_buffer_append_text(out, "\\p{sc:");
    tg_buffer_append_slice(out, name);
    tg_buffer_append_byte(out, '}');
    return true;
}

static struct tg_slice behind(struct tg_slice text, size_t length)
{
    return tg_slice_of(text.data + length, text.length - length);
}

static bool has_prefix(struct tg_slice text, const char *prefix)
{
    size_t length = strlen(prefix);
    return text.length > length &&
           tg_slice_equal_nocase(tg_slice_of(text.data, length), tg_slice_text(prefix));
}

/* With (?i) the classes of one case take the other one too. */
static bool write_caseless(struct tg_slice name, struct tg_buffer *out)
{
    static const char *const ascii[] = {"Lower", "Upper"};
    static const char *const any[] = {
        "Lu",          "Ll",          "Lt",         "javaLowerCase", "javaUpperCase", "javaTitleCase",
        "IsLowercase", "IsUppercase", "IsTitlecase"};
    for (size_t i = 0; i < sizeof ascii / sizeof ascii[0]; i++) {
        if (!tg_slice_is(name, ascii[i]))
            continue;
        tg_buffer_append_text(out, "a-zA-Z");
        return true;
    }
    for (size_t i = 0; i < sizeof any / sizeof any[0]; i++) {
        if (!tg_slice_is(name, any[i]))
            continue;
        tg_buffer_append_text(out, i < 3 ? "\\p{Lu}\\p{Ll}\\p{Lt}" : "\\p{Lowercase}\\p{Uppercase}\\p{Lt}");
        return true;
    }
    return false;
}

static bool write_named(struct tg_slice name, struct tg_buffer *out)
{
    enum { POSIX_COUNT = sizeof posix_classes / sizeof posix_classes[0] };
    enum { BINARY_COUNT = sizeof binary_properties / sizeof binary_properties[0] };
    if (has_prefix(name, "script="))
        return write_script(behind(name, 7), out);
    if (has_prefix(name, "sc="))
        return write_script(behind(name, 3), out);
    if (has_prefix(name, "general_category="))
        return write_category(behind(name, 17), out);
    if (has_prefix(name, "gc="))
        return write_category(behind(name, 3), out);
    if (name.length > 2 && memcmp(name.data, "Is", 2) == 0) {
        struct tg_slice rest = behind(name, 2);
        return write_property(binary_properties, BINARY_COUNT, rest, out) || write_category(rest, out) ||
               write_script(rest, out);
    }
    for (size_t i = 0; i < POSIX_COUNT; i++)
        if (tg_slice_is(name, posix_classes[i].name))
            return write_property(&posix_classes[i], 1, name, out);
    return write_category(name, out);
}

/* \p{Name}, \pL; behind the p. */
TG_MUST_CHECK static enum tg_code take_property(struct tg_regex_translation *translation,
                                                struct tg_buffer *out)
{
    size_t start = translation->at;
    struct tg_slice name = tg_slice_of(translation->pattern.data + start, 1);
    if (tg_regex_at_end(translation))
        return tg_regex_fail(translation, start, "a property must follow \\p");
    if (tg_regex_peek(translation, 0) == '{') {
        const uint8_t *from = translation->pattern.data + start + 1;
        const uint8_t *end = (const uint8_t *)memchr(from, '}', translation->pattern.length - start - 1);
        if (end == NULL)
            return tg_regex_fail(translation, start, "the brace is not closed");
        name = tg_slice_of(from, (size_t)(end - from));
        translation->at += name.length + 2;
    } else {
        translation->at++;
    }
    if ((translation->flags & TG_REGEX_CASELESS) != 0 && write_caseless(name, out))
        return TG_OK;
    if (write_named(name, out))
        return TG_OK;
    return tg_regex_fail(translation, start, "the property '%.*s' is unknown or not supported",
                         TG_SLICE_FORMAT(name));
}

enum tg_code tg_regex_class_escape(struct tg_regex_translation *translation, struct tg_buffer *out,
                                   bool *ret_negated, bool *ret_found)
{
    static const struct property escapes[] = {
        {"d", "0-9"},
        {"w", "a-zA-Z0-9_"},
        {"s", " \\t\\n\\x{b}\\f\\r"},
        {"h", " \\t\\x{a0}\\x{1680}\\x{180e}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}"},
        {"v", "\\n\\x{b}\\f\\r\\x{85}\\x{2028}\\x{2029}"}};
    int letter = tg_regex_peek(translation, 0);
    *ret_found = true;
    *ret_negated = letter >= 'A' && letter <= 'Z';
    if (letter == 'p' || letter == 'P') {
        translation->at++;
        if (tg_regex_peek(translation, 0) == '{' && tg_regex_peek(translation, 1) == '^')
            return tg_regex_fail(translation, translation->at, "a property cannot start with '^'");
        return take_property(translation, out);
    }
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        if (letter < 0 || (letter | 0x20) != escapes[i].name[0])
            continue;
        translation->at++;
        tg_buffer_append_text(out, escapes[i].content);
        return TG_OK;
    }
    *ret_found = false;
    return TG_OK;
}

/* ---- [...] ---- */

/* What stands between '[', '&&' and ']': characters and ranges in brackets, or one of several classes. */
struct class_union {
    struct tg_buffer flat;
    struct tg_buffer nested; /* each behind a '|' */
};

static void class_union_done(struct class_union *items)
{
    tg_buffer_done(&items->flat);
    tg_buffer_done(&items->nested);
}

static void write_range(struct tg_buffer *out, uint32_t least, uint32_t most)
{
    tg_regex_write_char(out, least);
    if (most > least) {
        tg_buffer_append_byte(out, '-');
        tg_regex_write_char(out, most);
    }
}

/* The letters of a range in the other case. */
static void write_other_case(struct tg_buffer *out, uint32_t least, uint32_t most, uint32_t first,
                             int32_t shift)
{
    uint32_t from = least > first ? least : first;
    uint32_t to = most < first + 25 ? most : first + 25;
    if (from <= to)
        write_range(out, (uint32_t)((int32_t)from + shift), (uint32_t)((int32_t)to + shift));
}

static void add_range(struct tg_regex_translation *translation, struct class_union *items, uint32_t least,
                      uint32_t most)
{
    write_range(&items->flat, least, most);
    if ((translation->flags & TG_REGEX_CASELESS) != 0 && (translation->flags & TG_REGEX_UNICODE_CASE) == 0) {
        write_other_case(&items->flat, least, most, 'a', 'A' - 'a');
        write_other_case(&items->flat, least, most, 'A', 'a' - 'A');
    }
}

static void skip_space(struct tg_regex_translation *translation)
{
    if ((translation->flags & TG_REGEX_COMMENTS) == 0 || translation->quoting)
        return;
    for (;;) {
        int byte = tg_regex_peek(translation, 0);
        if (byte == '#') {
            while (byte >= 0 && byte != '\n' && byte != '\r') {
                translation->at++;
                byte = tg_regex_peek(translation, 0);
            }
        } else if (byte == ' ' || (byte >= '\t' && byte <= '\r')) {
            translation->at++;
        } else {
            return;
        }
    }
}

/* Steps over \Q and \E. */
static void skip_quotes(struct tg_regex_translation *translation)
{
    for (;;) {
        bool backslash = tg_regex_peek(translation, 0) == '\\';
        int next = tg_regex_peek(translation, 1);
        if (!backslash || (translation->quoting ? next != 'E' : next != 'Q'))
            return;
        translation->quoting = !translation->quoting;
        translation->at += 2;
    }
}

/* One character, also as an escape; the class escapes were looked at before. */
TG_MUST_CHECK static enum tg_code take_class_char(struct tg_regex_translation *translation,
                                                  uint32_t *ret_code_point)
{
    if (!translation->quoting && tg_regex_peek(translation, 0) == '\\') {
        translation->at++;
        return tg_regex_char_escape(translation, ret_code_point);
    }
    *ret_code_point = tg_regex_take(translation);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code take_range(struct tg_regex_translation *translation,
                                             struct class_union *items)
{
    size_t start = translation->at;
    uint32_t least = 0;
    TG_TRY(take_class_char(translation, &least));
    skip_quotes(translation);
    skip_space(translation);
    uint32_t most = least;
    int behind_dash = tg_regex_peek(translation, 1);
    if (!translation->quoting && tg_regex_peek(translation, 0) == '-' && behind_dash != ']' &&
        behind_dash != '[' && behind_dash >= 0) {
        translation->at++;
        skip_space(translation);
        TG_TRY(take_class_char(translation, &most));
        if (most < least)
            return tg_regex_fail(translation, start, "the range is empty");
    }
    add_range(translation, items, least, most);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code take_class_escape(struct tg_regex_translation *translation,
                                                    struct class_union *items, bool *ret_found)
{
    bool negated = false;
    struct tg_buffer content = {0};
    size_t start = translation->at++;
    enum tg_code code = tg_regex_class_escape(translation, &content, &negated, ret_found);
    if (code == TG_OK && !*ret_found) {
        translation->at = start;
    } else if (code == TG_OK && negated) {
        tg_buffer_append_text(&items->nested, "|[^");
        tg_buffer_append_slice(&items->nested, tg_buffer_slice(&content));
        tg_buffer_append_byte(&items->nested, ']');
    } else if (code == TG_OK) {
        tg_buffer_append_slice(&items->flat, tg_buffer_slice(&content));
    }
    tg_buffer_done(&content);
    return code;
}

/* Up to ']' or '&&', which stay. */
TG_MUST_CHECK static enum tg_code take_union(struct tg_regex_translation *translation,
                                             struct class_union *items, bool first)
{
    for (bool empty = first;; empty = false) {
        skip_quotes(translation);
        skip_space(translation);
        int byte = tg_regex_peek(translation, 0);
        bool found = false;
        if (byte < 0)
            return tg_regex_fail(translation, translation->at, "the class is not closed");
        if (!translation->quoting &&
            ((byte == ']' && !empty) || (byte == '&' && tg_regex_peek(translation, 1) == '&')))
            return TG_OK;
        if (!translation->quoting && byte == '[') {
            translation->at++;
            tg_buffer_append_byte(&items->nested, '|');
            TG_TRY(tg_regex_class(translation, &items->nested));
            continue;
        }
        if (!translation->quoting && byte == '\\')
            TG_TRY(take_class_escape(translation, items, &found));
        if (!found)
            TG_TRY(take_range(translation, items));
    }
}

/* The union as an expression for one character. Nothing is written for an empty one. */
static void write_union(const struct class_union *items, bool negated, struct tg_buffer *out)
{
    struct tg_slice nested = tg_buffer_slice(&items->nested);
    struct tg_slice flat = tg_buffer_slice(&items->flat);
    if (nested.length == 0) {
        tg_buffer_append_text(out, negated ? "[^" : "[");
        tg_buffer_append_slice(out, flat);
        tg_buffer_append_byte(out, ']');
        return;
    }
    tg_buffer_append_text(out, "(?:");
    if (flat.length > 0) {
        tg_buffer_append_byte(out, '[');
        tg_buffer_append_slice(out, flat);
        tg_buffer_append_byte(out, ']');
        tg_buffer_append_slice(out, nested);
    } else {
        tg_buffer_append_slice(out, tg_slice_of(nested.data + 1, nested.length - 1));
    }
    tg_buffer_append_byte(out, ')');
}

/* Operands of && one behind the other; all but the last look ahead only. */
TG_MUST_CHECK static enum tg_code take_operands(struct tg_regex_translation *translation, bool *negated,
                                                struct tg_buffer *out)
{
    bool any = false;
    size_t last = out->length;
    for (bool first = true;; first = false) {
        struct class_union items = {0};
        enum tg_code code = take_union(translation, &items, first);
        bool empty = items.flat.length == 0 && items.nested.length == 0;
        bool ends = code == TG_OK && tg_regex_peek(translation, 0) == ']';
        if (code == TG_OK && !empty) {
            struct tg_buffer before = {0};
            tg_buffer_append(&before, out->data + last, out->length - last);
            out->length = last;
            if (any)
                tg_buffer_printf(out, "(?=%.*s)", TG_SLICE_FORMAT(tg_buffer_slice(&before)));
            tg_buffer_done(&before);
            last = out->length;
            bool simple = !any && ends && items.nested.length == 0;
            write_union(&items, simple && *negated, out);
            *negated = *negated && !simple;
            any = true;
        }
        class_union_done(&items);
        TG_TRY(code);
        translation->at += ends ? 1 : 2;
        if (ends)
            return any ? TG_OK : tg_regex_fail(translation, translation->at - 1, "the class is empty");
    }
}

enum tg_code tg_regex_class(struct tg_regex_translation *translation, struct tg_buffer *out)
{
    if (++translation->class_depth > CLASS_DEPTH_MAX)
        return tg_regex_fail(translation, translation->at, "classes are nested deeper than %d",
                             CLASS_DEPTH_MAX);
    bool negated = !translation->quoting && tg_regex_peek(translation, 0) == '^';
    bool caseless =
        (translation->flags & TG_REGEX_CASELESS) != 0 && (translation->flags & TG_REGEX_UNICODE_CASE) != 0;
    translation->at += negated;
    struct tg_buffer one = {0};
    enum tg_code code = take_operands(translation, &negated, &one);
    if (code == TG_OK) {
        tg_buffer_append_text(out, caseless ? "(?i:" : "(?:");
        if (negated)
            tg_buffer_printf(out, "(?!%.*s)(?s:.)", TG_SLICE_FORMAT(tg_buffer_slice(&one)));
        else
            tg_buffer_append_slice(out, tg_buffer_slice(&one));
        tg_buffer_append_byte(out, ')');
    }
    tg_buffer_done(&one);
    translation->class_depth--;
    return code;
}
