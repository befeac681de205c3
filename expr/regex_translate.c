/* expr/regex_translate.c: Java's pattern syntax outside of classes, as PCRE2's. Line ends, case and comments
 * are written out, so that PCRE2 needs no options: its own are not Java's. */
#include "expr/regex_translate.h"

#include "base/text.h"

/* Java's line terminators, without \r\n. */
#define LINE_ENDS "\\n\\r\\x{85}\\x{2028}\\x{2029}"
/* JDK 17's \w of \b: letters and digits of all scripts, although \w itself is ASCII. */
#define WORD "[\\p{L}\\p{Nd}\\p{Mn}_]"

static void write_text(struct tg_regex_translation *translation, const char *text)
{
    tg_buffer_append_text(&translation->out, text);
}

static bool has_flag(const struct tg_regex_translation *translation, enum tg_regex_flag flag)
{
    return (translation->flags & (uint32_t)flag) != 0;
}

static bool is_letter(int byte)
{
    return byte >= 0 && (uint8_t)((byte | 0x20) - 'a') < 26;
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

static void write_atom(struct tg_regex_translation *translation, const char *text)
{
    write_text(translation, text);
    translation->has_atom = true;
}

static void write_literal(struct tg_regex_translation *translation, uint32_t code_point)
{
    struct tg_buffer *out = &translation->out;
    translation->has_atom = true;
    if (has_flag(translation, TG_REGEX_CASELESS) && has_flag(translation, TG_REGEX_UNICODE_CASE)) {
        write_text(translation, "(?i:");
        tg_regex_write_char(out, code_point);
        write_text(translation, ")");
    } else if (has_flag(translation, TG_REGEX_CASELESS) && code_point < 0x80 && is_letter((int)code_point)) {
        tg_buffer_printf(out, "[%c%c]", (char)(code_point | 0x20), (char)(code_point & 0xDF));
    } else {
        tg_regex_write_char(out, code_point);
    }
}

/* ---- ^ $ . and boundaries ---- */

static void write_line_start(struct tg_regex_translation *translation)
{
    if (!has_flag(translation, TG_REGEX_MULTILINE))
        write_atom(translation, "(?:\\A)");
    else if (has_flag(translation, TG_REGEX_UNIX_LINES))
        write_atom(translation, "(?:(?:\\A|(?<=\\n))(?!\\z))");
    else
        write_atom(translation, "(?:(?:\\A|(?<=[" LINE_ENDS "])(?!(?<=\\r)\\n))(?!\\z))");
}

static void write_line_end(struct tg_regex_translation *translation, bool multiline)
{
    bool unix_lines = has_flag(translation, TG_REGEX_UNIX_LINES);
    if (multiline)
        write_atom(translation,
                   unix_lines ? "(?:(?=\\n|\\z))" : "(?:(?=[" LINE_ENDS "]|\\z)(?!(?<=\\r)\\n))");
    else
        write_atom(translation,
                   unix_lines ? "(?:(?=\\n?\\z))" : "(?:(?=(?:\\r\\n|[" LINE_ENDS "])?\\z)(?!(?<=\\r)\\n))");
}

static void write_any(struct tg_regex_translation *translation)
{
    if (has_flag(translation, TG_REGEX_DOTALL))
        write_atom(translation, "(?s:.)");
    else
        write_atom(translation, has_flag(translation, TG_REGEX_UNIX_LINES) ? "[^\\n]" : "[^" LINE_ENDS "]");
}

/* ---- groups ---- */

TG_MUST_CHECK static enum tg_code open_group(struct tg_regex_translation *translation, uint32_t flags_inside)
{
    if (translation->depth == TG_REGEX_DEPTH_MAX)
        return tg_regex_fail(translation, translation->at, "groups are nested deeper than %d",
                             TG_REGEX_DEPTH_MAX);
    translation->group_flags[translation->depth++] = translation->flags;
    translation->flags = flags_inside;
    translation->has_atom = false;
    return TG_OK;
}

static struct tg_regex_group_name *find_name(const struct tg_regex_translation *translation,
                                             struct tg_slice name)
{
    for (struct tg_regex_group_name *known = translation->names; known != NULL; known = known->next)
        if (tg_slice_equal(known->name, name))
            return known;
    return NULL;
}

/* name> */
TG_MUST_CHECK static enum tg_code take_name(struct tg_regex_translation *translation,
                                            struct tg_slice *ret_name)
{
    size_t start = translation->at;
    while (is_letter(tg_regex_peek(translation, 0)) ||
           (translation->at > start && is_digit(tg_regex_peek(translation, 0))))
        translation->at++;
    *ret_name = tg_slice_of(translation->pattern.data + start, translation->at - start);
    if (ret_name->length == 0 || tg_regex_peek(translation, 0) != '>')
        return tg_regex_fail(translation, translation->at, "a group's name is letters and digits, then '>'");
    translation->at++;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code open_named(struct tg_regex_translation *translation)
{
    struct tg_slice name;
    size_t start = translation->at;
    TG_TRY(take_name(translation, &name));
    if (find_name(translation, name) != NULL)
        return tg_regex_fail(translation, start, "there is a group '%.*s' already", TG_SLICE_FORMAT(name));
    struct tg_regex_group_name *entry =
        (struct tg_regex_group_name *)tg_arena_alloc(translation->arena, sizeof *entry);
    *entry = (struct tg_regex_group_name){
        .name = name, .number = ++translation->group_count, .next = translation->names};
    translation->names = entry;
    write_text(translation, "(");
    return open_group(translation, translation->flags);
}

/* (?ims-dux) and (?ims-dux: */
TG_MUST_CHECK static enum tg_code take_flags(struct tg_regex_translation *translation)
{
    static const char letters[] = "imsdxu"; /* in the order of the bits */
    uint32_t flags = translation->flags;
    bool on = true;
    for (;; translation->at++) {
        int byte = tg_regex_peek(translation, 0);
        const char *known = byte > 0 ? strchr(letters, byte) : NULL;
        if (byte == '-' && on) {
            on = false;
        } else if (known != NULL) {
            uint32_t bit = 1U << (known - letters);
            flags = on ? flags | bit : flags & ~bit;
        } else if (byte == ')') {
            translation->at++;
            translation->flags = flags;
            translation->has_atom = false;
            return TG_OK;
        } else if (byte == ':') {
            translation->at++;
            write_text(translation, "(?:");
            return open_group(translation, flags);
        } else {
            return tg_regex_fail(translation, translation->at,
                                 byte == 'U'
                                     ? "(?U) is not supported: name the classes, as in \\p{IsAlphabetic}"
                                     : "this kind of group is unknown");
        }
    }
}

/* Behind '('. */
TG_MUST_CHECK static enum tg_code take_group(struct tg_regex_translation *translation)
{
    static const char *const plain[] = {"?:", "?=", "?!", "?>", "?<=", "?<!"};
    struct tg_slice rest = tg_slice_of(translation->pattern.data + translation->at,
                                       translation->pattern.length - translation->at);
    if (tg_regex_peek(translation, 0) != '?') {
        translation->group_count++;
        write_text(translation, "(");
        return open_group(translation, translation->flags);
    }
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        size_t length = strlen(plain[i]);
        if (rest.length < length || memcmp(rest.data, plain[i], length) != 0)
            continue;
        translation->at += length;
        write_text(translation, "(");
        write_text(translation, plain[i]);
        return open_group(translation, translation->flags);
    }
    translation->at++;
    if (tg_regex_peek(translation, 0) == '<') {
        translation->at++;
        return open_named(translation);
    }
    return take_flags(translation);
}

TG_MUST_CHECK static enum tg_code close_group(struct tg_regex_translation *translation)
{
    if (translation->depth == 0)
        return tg_regex_fail(translation, translation->at - 1, "')' closes no group");
    translation->flags = translation->group_flags[--translation->depth];
    write_atom(translation, ")");
    return TG_OK;
}

/* ---- quantifiers ---- */

/* A possessive or lazy mark behind a quantifier. */
static void take_mark(struct tg_regex_translation *translation)
{
    int byte = tg_regex_peek(translation, 0);
    if (byte == '?' || byte == '+') {
        tg_buffer_append_byte(&translation->out, (uint8_t)byte);
        translation->at++;
    }
    translation->has_atom = false;
}

TG_MUST_CHECK static enum tg_code take_number(struct tg_regex_translation *translation, uint32_t *ret_number)
{
    enum { REPEATS_MAX = 65535 }; /* PCRE2's */
    uint32_t number = 0;
    for (; is_digit(tg_regex_peek(translation, 0)); translation->at++) {
        number = number * 10 + (uint32_t)(tg_regex_peek(translation, 0) - '0');
        if (number > REPEATS_MAX)
            return tg_regex_fail(translation, translation->at, "at most %d repetitions can be asked for",
                                 REPEATS_MAX);
    }
    *ret_number = number;
    return TG_OK;
}

/* Behind '{': n} n,} n,m} */
TG_MUST_CHECK static enum tg_code take_repetition(struct tg_regex_translation *translation)
{
    size_t start = translation->at;
    uint32_t least = 0;
    uint32_t most = 0;
    if (!is_digit(tg_regex_peek(translation, 0)))
        return tg_regex_fail(translation, start, "'{' starts a number of repetitions; a brace itself is \\{");
    TG_TRY(take_number(translation, &least));
    bool comma = tg_regex_peek(translation, 0) == ',';
    translation->at += comma;
    bool bounded = is_digit(tg_regex_peek(translation, 0));
    most = least;
    if (comma && bounded)
        TG_TRY(take_number(translation, &most));
    if (tg_regex_peek(translation, 0) != '}')
        return tg_regex_fail(translation, translation->at, "the brace is not closed");
    if (most < least)
        return tg_regex_fail(translation, start, "{%u,%u} asks for fewer than the least", least, most);
    translation->at++;
    size_t length = translation->out.length;
    bool has_atom = translation->has_atom;
    tg_buffer_printf(&translation->out, comma && !bounded ? "{%u,}" : "{%u,%u}", least, most);
    take_mark(translation);
    if (!has_atom) /* Java repeats the empty text that stands before it */
        translation->out.length = length;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code take_quantifier(struct tg_regex_translation *translation, int byte)
{
    if (!translation->has_atom)
        return tg_regex_fail(translation, translation->at - 1, "nothing stands before '%c' to be repeated",
                             byte);
    tg_buffer_append_byte(&translation->out, (uint8_t)byte);
    take_mark(translation);
    return TG_OK;
}

/* ---- escapes ---- */

static void write_back_reference(struct tg_regex_translation *translation, uint32_t group)
{
    if (group > translation->group_total)
        write_atom(translation, "(?!)"); /* a group that is not there never matched */
    else if (has_flag(translation, TG_REGEX_CASELESS))
        tg_buffer_printf(&translation->out, "(?i:\\g{%u})", group);
    else
        tg_buffer_printf(&translation->out, "(?:\\g{%u})", group);
    translation->has_atom = true;
}

/* Digits belong to the number as long as there is such a group before this place. */
static void take_back_reference(struct tg_regex_translation *translation)
{
    uint32_t group = (uint32_t)(tg_regex_peek(translation, 0) - '0');
    translation->at++;
    while (is_digit(tg_regex_peek(translation, 0))) {
        uint32_t longer = group * 10 + (uint32_t)(tg_regex_peek(translation, 0) - '0');
        if (longer > translation->group_count)
            break;
        group = longer;
        translation->at++;
    }
    write_back_reference(translation, group);
}

/* \k<name> behind the k. */
TG_MUST_CHECK static enum tg_code take_named_reference(struct tg_regex_translation *translation)
{
    struct tg_slice name;
    size_t start = translation->at;
    if (tg_regex_peek(translation, 0) != '<')
        return tg_regex_fail(translation, start, "\\k is followed by a name in <...>");
    translation->at++;
    TG_TRY(take_name(translation, &name));
    const struct tg_regex_group_name *known = find_name(translation, name);
    if (known == NULL)
        return tg_regex_fail(translation, start, "there is no group '%.*s' before this",
                             TG_SLICE_FORMAT(name));
    write_back_reference(translation, known->number);
    return TG_OK;
}

/* Escapes that are no characters and no classes; false: it is another one. */
TG_MUST_CHECK static enum tg_code take_special(struct tg_regex_translation *translation, bool *ret_found)
{
    int byte = tg_regex_peek(translation, 0);
    *ret_found = true;
    if (byte >= '1' && byte <= '9') {
        take_back_reference(translation);
        return TG_OK;
    }
    if (byte == 'b' && tg_regex_peek(translation, 1) == '{')
        return tg_regex_fail(translation, translation->at, "\\b{g} is not supported");
    translation->at++;
    switch (byte) {
    case 'k':
        return take_named_reference(translation);
    case 'b':
        write_atom(translation, "(?:(?<=" WORD ")(?!" WORD ")|(?<!" WORD ")(?=" WORD "))");
        return TG_OK;
    case 'B':
        write_atom(translation, "(?:(?<=" WORD ")(?=" WORD ")|(?<!" WORD ")(?!" WORD "))");
        return TG_OK;
    case 'A':
        write_atom(translation, "(?:\\A)");
        return TG_OK;
    case 'G':
        write_atom(translation, "(?:\\G)");
        return TG_OK;
    case 'z':
        write_atom(translation, "(?:\\z)");
        return TG_OK;
    case 'Z':
        write_line_end(translation, false);
        return TG_OK;
    case 'R':
        write_atom(translation, "(?:\\r\\n|[\\x{a}-\\x{d}\\x{85}\\x{2028}\\x{2029}])");
        return TG_OK;
    case 'X':
        write_atom(translation, "\\X");
        return TG_OK;
    default:
        translation->at--;
        *ret_found = false;
        return TG_OK;
    }
}

/* Behind the backslash. */
TG_MUST_CHECK static enum tg_code take_escape(struct tg_regex_translation *translation)
{
    bool found = false;
    bool negated = false;
    struct tg_buffer content = {0};
    uint32_t code_point = 0;
    TG_TRY(take_special(translation, &found));
    if (found)
        return TG_OK;
    enum tg_code code = tg_regex_class_escape(translation, &content, &negated, &found);
    if (code == TG_OK && found)
        tg_buffer_printf(&translation->out, "[%s%.*s]", negated ? "^" : "",
                         TG_SLICE_FORMAT(tg_buffer_slice(&content)));
    tg_buffer_done(&content);
    TG_TRY(code);
    translation->has_atom = true;
    if (found)
        return TG_OK;
    TG_TRY(tg_regex_char_escape(translation, &code_point));
    write_literal(translation, code_point);
    return TG_OK;
}

/* ---- the whole ---- */

/* Takes \Q, \E, and what comments mode ignores; false: something else stands here. */
static bool take_nothing(struct tg_regex_translation *translation)
{
    int byte = tg_regex_peek(translation, 0);
    int next = tg_regex_peek(translation, 1);
    if (byte == '\\' && next == (translation->quoting ? 'E' : 'Q')) {
        translation->quoting = !translation->quoting;
        translation->at += 2;
        return true;
    }
    if (translation->quoting || !has_flag(translation, TG_REGEX_COMMENTS))
        return false;
    if (byte == ' ' || (byte >= '\t' && byte <= '\r')) {
        translation->at++;
        return true;
    }
    if (byte != '#')
        return false;
    while (!tg_regex_at_end(translation) && byte != '\n' && byte != '\r') {
        translation->at++;
        byte = tg_regex_peek(translation, 0);
    }
    return true;
}

TG_MUST_CHECK static enum tg_code take_part(struct tg_regex_translation *translation)
{
    uint32_t code_point = tg_regex_take(translation);
    if (translation->quoting) {
        write_literal(translation, code_point);
        return TG_OK;
    }
    switch (code_point) {
    case '\\':
        return take_escape(translation);
    case '[': {
        enum tg_code code = tg_regex_class(translation, &translation->out);
        translation->has_atom = true;
        return code;
    }
    case '(':
        return take_group(translation);
    case ')':
        return close_group(translation);
    case '|':
        write_text(translation, "|");
        translation->has_atom = false;
        return TG_OK;
    case '^':
        write_line_start(translation);
        return TG_OK;
    case '$':
        write_line_end(translation, has_flag(translation, TG_REGEX_MULTILINE));
        return TG_OK;
    case '.':
        write_any(translation);
        return TG_OK;
    case '*':
    case '+':
    case '?':
        return take_quantifier(translation, (int)code_point);
    case '{':
        return take_repetition(translation);
    default:
        write_literal(translation, code_point);
        return TG_OK;
    }
}

TG_MUST_CHECK static enum tg_code translate_once(struct tg_regex_translation *translation)
{
    translation->at = 0;
    translation->flags = 0;
    translation->depth = 0;
    translation->class_depth = 0;
    translation->group_count = 0;
    translation->quoting = false;
    translation->has_atom = false;
    translation->names = NULL;
    tg_buffer_clear(&translation->out);
    while (!tg_regex_at_end(translation))
        if (!take_nothing(translation))
            TG_TRY(take_part(translation));
    if (translation->depth > 0)
        return tg_regex_fail(translation, translation->at, "a group is not closed");
    return TG_OK;
}

enum tg_code tg_regex_translate(struct tg_regex_translation *translation)
{
    size_t valid = tg_utf8_valid_prefix(translation->pattern);
    if (valid < translation->pattern.length)
        return tg_regex_fail(translation, valid, "the pattern is not UTF-8");
    TG_TRY(translate_once(translation)); /* counts the groups */
    translation->group_total = translation->group_count;
    return translate_once(translation);
}
