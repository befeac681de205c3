/* expr/functions/regexp.c: regular expressions of Java's kind (expr/regex.h). A constant pattern is compiled
 * once per plan, another one once per batch as long as it stays the same. */
#include "expr/internal.h"
#include "expr/kernel.h"
#include "expr/regex.h"

/* What runs through the rows of a call: the pattern of the row before and its matcher. */
struct search {
    struct tg_slice pattern;
    const struct tg_regex *regex; /* NULL: none yet, or the pattern was refused */
    struct tg_regex_matcher *matcher;
    bool splits_nothing; /* the pattern matches the empty text */
};

static struct tg_slice text_at(const struct tg_call *call, uint32_t argument, uint32_t row)
{
    return call->arguments[argument]->values.bytes[row];
}

TG_MUST_CHECK static enum tg_code prepare(struct tg_arena *arena, const struct tg_expr *pattern,
                                          const void **ret_prepared, struct tg_error *reterr)
{
    const struct tg_regex *regex = NULL;
    if (pattern == NULL || pattern->literal.is_null)
        return TG_OK;
    TG_TRY(tg_regex_compile(arena, pattern->literal.value.bytes, TG_REGEX_OFTEN, &regex, reterr));
    *ret_prepared = regex;
    return TG_OK;
}

static enum tg_code prepare_first(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                  uint32_t argument_count, const void **ret_prepared, struct tg_error *reterr)
{
    (void)argument_count;
    return prepare(arena, arguments[0], ret_prepared, reterr);
}

static enum tg_code prepare_second(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                   uint32_t argument_count, const void **ret_prepared,
                                   struct tg_error *reterr)
{
    (void)argument_count;
    return prepare(arena, arguments[1], ret_prepared, reterr);
}

/* Gets the row's pattern ready; false: the row failed. */
static bool use_pattern(const struct tg_call *call, uint32_t argument, uint32_t row, struct search *search)
{
    struct tg_error error;
    struct tg_slice pattern = text_at(call, argument, row);
    if (search->matcher != NULL && (call->prepared != NULL || tg_slice_equal(search->pattern, pattern)))
        return true;
    search->pattern = pattern;
    search->regex = (const struct tg_regex *)call->prepared;
    search->matcher = NULL;
    if (search->regex == NULL &&
        tg_regex_compile(call->arena, pattern, TG_REGEX_ONCE, &search->regex, &error) != TG_OK) {
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "%s", error.message);
        return false;
    }
    search->matcher = tg_regex_matcher_new(call->arena, search->regex);
    return true;
}

/* False: there is no match, or the row failed. */
static bool find(const struct tg_call *call, uint32_t row, const struct search *search, struct tg_slice text,
                 size_t from)
{
    struct tg_error error;
    bool found = false;
    if (from > text.length || tg_regex_find(search->matcher, text, from, &found, &error) == TG_OK)
        return found;
    tg_call_fail(call, row, error.code, "%s", error.message);
    return false;
}

/* The group asked for, or the whole match. False: the result is NULL, as there is no such group. */
static bool use_group(const struct tg_call *call, uint32_t row, const struct search *search,
                      uint32_t *ret_group)
{
    int32_t group = call->argument_count == 3 ? call->arguments[2]->values.int32[row] : 0;
    if (group < 0)
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "there is no group %d: groups count from 0", group);
    if (group < 0 || (uint32_t)group > tg_regex_group_count(search->regex)) {
        call->result->valid[row] = 0;
        return false;
    }
    *ret_group = (uint32_t)group;
    return true;
}

/* ---- REGEXP_EXTRACT, REGEXP_EXTRACT_ALL ---- */

static void extract_row(const struct tg_call *call, uint32_t row, const struct search *search)
{
    uint32_t group = 0;
    struct tg_slice part;
    if (!use_group(call, row, search, &group))
        return;
    if (find(call, row, search, text_at(call, 1, row), 0) && tg_regex_group(search->matcher, group, &part))
        tg_call_set_bytes(call, row, part);
    else
        call->result->valid[row] = 0;
}

static void extract(const struct tg_call *call)
{
    struct search search = {.regex = NULL};
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] != 0 && use_pattern(call, 0, row, &search))
            extract_row(call, row, &search);
    }
}

static void append_part(struct tg_column *elements, struct tg_slice part, bool valid)
{
    uint32_t element = tg_column_extend(elements);
    elements->values.bytes[element] = part;
    elements->valid[element] = valid ? 1 : 0;
}

static void close_array(const struct tg_call *call, uint32_t row, uint32_t start)
{
    call->result->values.range[row] =
        (struct tg_range){.start = start, .count = call->result->children[0]->length - start};
}

static void extract_all_row(const struct tg_call *call, uint32_t row, const struct search *search)
{
    struct tg_column *elements = call->result->children[0];
    struct tg_slice text = text_at(call, 1, row);
    uint32_t start = elements->length;
    uint32_t group = 0;
    if (!use_group(call, row, search, &group))
        return;
    for (size_t at = 0; find(call, row, search, text, at); at = tg_regex_next(search->matcher, text)) {
        struct tg_slice part;
        bool valid = tg_regex_group(search->matcher, group, &part);
        append_part(elements, part, valid);
    }
    close_array(call, row, start);
}

static void extract_all(const struct tg_call *call)
{
    struct search search = {.regex = NULL};
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] != 0 && use_pattern(call, 0, row, &search))
            extract_all_row(call, row, &search);
    }
}

/* ---- REGEXP_REPLACE ---- */

/* A replacement as it is read: \x stands for x, $1 and ${name} for what a group matched. */
struct replacement {
    struct tg_slice text;
    size_t at;
};

static bool is_digit(struct replacement replacement)
{
    return replacement.at < replacement.text.length &&
           (uint8_t)(replacement.text.data[replacement.at] - '0') <= 9;
}

/* Behind '$'. Digits belong to the number as long as there is such a group, as in Matcher.appendReplacement.
 */
static const char *take_group(const struct search *search, struct replacement *replacement,
                              uint32_t *ret_group)
{
    uint32_t group_count = tg_regex_group_count(search->regex);
    struct tg_slice text = replacement->text;
    if (replacement->at < text.length && text.data[replacement->at] == '{') {
        size_t start = ++replacement->at;
        const uint8_t *end = (const uint8_t *)memchr(text.data + start, '}', text.length - start);
        if (end == NULL)
            return "the name of a group is not closed by '}'";
        replacement->at = (size_t)(end - text.data) + 1;
        *ret_group = tg_regex_group_named(search->regex,
                                          tg_slice_of(text.data + start, (size_t)(end - text.data) - start));
        return *ret_group == 0 ? "no group of the pattern has that name" : NULL;
    }
    if (!is_digit(*replacement))
        return "'$' must be followed by the number or {name} of a group; the character itself is '\\$'";
    *ret_group = (uint32_t)(text.data[replacement->at++] - '0');
    if (*ret_group > group_count)
        return "the pattern has no group of that number";
    while (is_digit(*replacement)) {
        uint32_t longer = *ret_group * 10 + (uint32_t)(text.data[replacement->at] - '0');
        if (longer > group_count)
            break;
        *ret_group = longer;
        replacement->at++;
    }
    return NULL;
}

/* Appends what replaces the last match; a text: why it cannot. */
static const char *append_replacement(const struct search *search, struct tg_slice text,
                                      struct tg_buffer *out)
{
    struct replacement replacement = {.text = text};
    while (replacement.at < text.length) {
        uint8_t byte = text.data[replacement.at++];
        uint32_t group = 0;
        struct tg_slice part;
        if (byte == '\\') {
            if (replacement.at == text.length)
                return "a backslash at the end stands for nothing";
            tg_buffer_append_byte(out, text.data[replacement.at++]);
        } else if (byte == '$') {
            const char *wrong = take_group(search, &replacement, &group);
            if (wrong != NULL)
                return wrong;
            if (tg_regex_group(search->matcher, group, &part))
                tg_buffer_append_slice(out, part);
        } else {
            tg_buffer_append_byte(out, byte);
        }
    }
    return NULL;
}

static void replace_row(const struct tg_call *call, uint32_t row, const struct search *search)
{
    struct tg_slice text = text_at(call, 0, row);
    struct tg_buffer *out = tg_call_scratch(call);
    size_t copied = 0;
    for (size_t at = 0; find(call, row, search, text, at); at = tg_regex_next(search->matcher, text)) {
        struct tg_slice match;
        (void)tg_regex_group(search->matcher, 0, &match);
        size_t start = (size_t)(match.data - text.data);
        tg_buffer_append(out, text.data + copied, start - copied);
        copied = start + match.length;
        const char *wrong = append_replacement(search, text_at(call, 2, row), out);
        if (wrong != NULL) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "%s", wrong);
            return;
        }
    }
    if (call->result->valid[row] == 0)
        return;
    if (copied == 0 && out->length == 0) {
        call->result->values.bytes[row] = text;
        return;
    }
    tg_buffer_append(out, text.data + copied, text.length - copied);
    call->result->values.bytes[row] = tg_call_keep(call, out);
}

static void replace(const struct tg_call *call)
{
    struct search search = {.regex = NULL};
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] != 0 && use_pattern(call, 1, row, &search))
            replace_row(call, row, &search);
    }
}

/* ---- REGEXP_SPLIT_TO_ARRAY ---- */

/* A pattern that matches the empty text splits as Java's Pattern.split does (no empty part in front of a
 * match of no length at the start, none at the end); others keep every part, also empty ones, as ksqlDB does.
 */
static void split_row(const struct tg_call *call, uint32_t row, const struct search *search)
{
    struct tg_column *elements = call->result->children[0];
    struct tg_slice text = text_at(call, 0, row);
    uint32_t start = elements->length;
    size_t copied = 0;
    bool cut = false;
    for (size_t at = 0; find(call, row, search, text, at); at = tg_regex_next(search->matcher, text)) {
        struct tg_slice match;
        (void)tg_regex_group(search->matcher, 0, &match);
        size_t found = (size_t)(match.data - text.data);
        if (match.length == 0 && (found == 0 || (!search->splits_nothing && found == text.length)))
            continue;
        append_part(elements, tg_slice_of(text.data + copied, found - copied), true);
        copied = found + match.length;
        cut = true;
    }
    append_part(elements, tg_slice_of(text.data + copied, text.length - copied), true);
    while (search->splits_nothing && cut && elements->length > start &&
           elements->values.bytes[elements->length - 1].length == 0)
        elements->length--;
    close_array(call, row, start);
}

static void split(const struct tg_call *call)
{
    struct search search = {.regex = NULL};
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        const struct tg_regex_matcher *before = search.matcher;
        if (call->result->valid[row] == 0 || !use_pattern(call, 1, row, &search))
            continue;
        if (search.matcher != before)
            search.splits_nothing = find(call, row, &search, tg_slice_of("", 0), 0);
        split_row(call, row, &search);
    }
}

#define ROW(text, function, preparation, doc, sample)                                                        \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = TG_FUNCTION_NULL_IF_NULL,                        \
        .prepare = (preparation), .summary = (doc), .example = (sample)                                      \
    }

extern const struct tg_function tg_functions_regexp[];
const struct tg_function tg_functions_regexp[] = {
    ROW("REGEXP_EXTRACT(STRING, STRING) -> STRING", extract, prepare_first,
        "The first part of the second text that the regular expression matches; NULL if none.",
        "REGEXP_EXTRACT('[0-9]+', 'order 66, 67') = '66'"),
    ROW("REGEXP_EXTRACT(STRING, STRING, INT) -> STRING", extract, prepare_first,
        "What a group of the regular expression matches first; 0 is the whole, NULL if there is no such "
        "group.",
        "REGEXP_EXTRACT('(.*) (.*)', 'ada lovelace', 2) = 'lovelace'"),
    ROW("REGEXP_EXTRACT_ALL(STRING, STRING) -> ARRAY<STRING>", extract_all, prepare_first,
        "All parts of the second text that the regular expression matches.",
        "REGEXP_EXTRACT_ALL('[0-9]+', 'order 66, 67') = ARRAY['66', '67']"),
    ROW("REGEXP_EXTRACT_ALL(STRING, STRING, INT) -> ARRAY<STRING>", extract_all, prepare_first,
        "What a group of the regular expression matches, each time; NULL if there is no such group.",
        "REGEXP_EXTRACT_ALL('(\\w)=', 'a=1, b=2', 1) = ARRAY['a', 'b']"),
    ROW("REGEXP_REPLACE(STRING, STRING, STRING) -> STRING", replace, prepare_second,
        "The text with each match of the regular expression replaced; $1 and ${name} stand for groups.",
        "REGEXP_REPLACE('2024-02-29', '(\\d+)-(\\d+)-(\\d+)', '$3.$2.$1') = '29.02.2024'"),
    ROW("REGEXP_SPLIT_TO_ARRAY(STRING, STRING) -> ARRAY<STRING>", split, prepare_second,
        "The parts of the text between the matches of the regular expression.",
        "REGEXP_SPLIT_TO_ARRAY('a1b22c', '[0-9]+') = ARRAY['a', 'b', 'c']"),
    {0},
};
