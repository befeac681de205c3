#include "expr/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "expr/regex_translate.h"

/* A search is given up after so many steps, or so much memory of its own: Java would go on, or overflow its
 * stack. */
enum { STEPS_MAX = 10000000, DEPTH_MAX = 250000, HEAP_KIB_MAX = 20000, PATTERN_BYTES_MAX = 65536 };

struct tg_regex {
    pcre2_code *code;
    uint32_t group_count;
    const struct tg_regex_group_name *names;
};

struct tg_regex_matcher {
    const struct tg_regex *regex;
    pcre2_match_data *data;
    pcre2_match_context *context;
    const PCRE2_SIZE *offsets;
    int count; /* of groups that took part, from group 0 on */
    struct tg_slice text;
};

/* PCRE2's memory comes from the arena, and goes with it. */
static void *allocate(size_t size, void *arena)
{
    return tg_arena_alloc((struct tg_arena *)arena, size);
}

static void release(void *memory, void *arena)
{
    (void)memory;
    (void)arena;
}

/* Machine code is not in the arena. */
static void release_code(void *code)
{
    pcre2_code_free((pcre2_code *)code);
}

/* What the translation let pass and PCRE2 does not: mostly look-behinds of variable length. */
TG_MUST_CHECK static enum tg_code refuse(struct tg_slice pattern, int number, struct tg_error *reterr)
{
    enum { LOOKBEHIND_NOT_FIXED = 125, UNKNOWN_PROPERTY = 147, SHOWN_MAX = 120 };
    char reason[160];
    if (pcre2_get_error_message(number, (PCRE2_UCHAR *)reason, sizeof reason) < 0)
        reason[0] = '\0';
    int shown = (int)(pattern.length < SHOWN_MAX ? pattern.length : SHOWN_MAX);
    tg_fail(reterr, TG_CODE_CONFIG, "regular expression '%.*s': %s", shown, (const char *)pattern.data,
            number == UNKNOWN_PROPERTY ? "unknown script or property" : reason);
    if (number == LOOKBEHIND_NOT_FIXED)
        tg_fail_hint(reterr, "each alternative of a look-behind must match texts of one length");
    return TG_CODE_CONFIG;
}

TG_MUST_CHECK static enum tg_code compile_translated(struct tg_arena *arena, struct tg_slice pattern,
                                                     struct tg_slice translated, pcre2_code **ret_code,
                                                     struct tg_error *reterr)
{
    int number = 0;
    PCRE2_SIZE offset = 0;
    pcre2_general_context *general = pcre2_general_context_create(allocate, release, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    static const uint8_t nothing[1];
    *ret_code =
        pcre2_compile(translated.length == 0 ? nothing : translated.data, translated.length,
                      PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &number, &offset, context);
    return *ret_code == NULL ? refuse(pattern, number, reterr) : TG_OK;
}

enum tg_code tg_regex_compile(struct tg_arena *arena, struct tg_slice pattern, enum tg_regex_use use,
                              const struct tg_regex **ret_regex, struct tg_error *reterr)
{
    if (pattern.length > PATTERN_BYTES_MAX)
        return tg_fail(reterr, TG_CODE_CONFIG, "a regular expression of %zu bytes is too long, at most %d",
                       pattern.length, PATTERN_BYTES_MAX);
    struct tg_regex_translation translation = {
        .arena = arena, .pattern = tg_arena_copy(arena, pattern), .reterr = reterr};
    pcre2_code *compiled = NULL;
    enum tg_code code = tg_regex_translate(&translation);
    if (code == TG_OK)
        code = compile_translated(arena, translation.pattern, tg_buffer_slice(&translation.out), &compiled,
                                  reterr);
    tg_buffer_done(&translation.out);
    if (code != TG_OK)
        return code;
    if (use == TG_REGEX_OFTEN && pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE) == 0)
        tg_arena_on_release(arena, release_code, compiled);
    struct tg_regex *regex = (struct tg_regex *)tg_arena_alloc(arena, sizeof *regex);
    *regex = (struct tg_regex){
        .code = compiled, .group_count = translation.group_count, .names = translation.names};
    *ret_regex = regex;
    return TG_OK;
}

uint32_t tg_regex_group_count(const struct tg_regex *regex)
{
    return regex->group_count;
}

uint32_t tg_regex_group_named(const struct tg_regex *regex, struct tg_slice name)
{
    for (const struct tg_regex_group_name *known = regex->names; known != NULL; known = known->next)
        if (tg_slice_equal(known->name, name))
            return known->number;
    return 0;
}

struct tg_regex_matcher *tg_regex_matcher_new(struct tg_arena *arena, const struct tg_regex *regex)
{
    struct tg_regex_matcher *matcher = (struct tg_regex_matcher *)tg_arena_alloc(arena, sizeof *matcher);
    pcre2_general_context *general = pcre2_general_context_create(allocate, release, arena);
    *matcher = (struct tg_regex_matcher){
        .regex = regex,
        .data = pcre2_match_data_create_from_pattern(regex->code, general),
        .context = pcre2_match_context_create(general),
    };
    matcher->offsets = pcre2_get_ovector_pointer(matcher->data);
    (void)pcre2_set_match_limit(matcher->context, STEPS_MAX);
    (void)pcre2_set_depth_limit(matcher->context, DEPTH_MAX);
    (void)pcre2_set_heap_limit(matcher->context, HEAP_KIB_MAX);
    return matcher;
}

enum tg_code tg_regex_find(struct tg_regex_matcher *matcher, struct tg_slice text, size_t from,
                           bool *ret_found, struct tg_error *reterr)
{
    static const uint8_t nothing[1];
    const uint8_t *subject = text.length == 0 ? nothing : text.data;
    uint32_t options = from > 0 ? PCRE2_NO_UTF_CHECK : 0; /* the first search of a text looked at all of it */
    int count = pcre2_match(matcher->regex->code, subject, text.length, from, options, matcher->data,
                            matcher->context);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT)
        count = pcre2_match(matcher->regex->code, subject, text.length, from, options | PCRE2_NO_JIT,
                            matcher->data, matcher->context);
    matcher->text = text;
    matcher->count = count > 0 ? count : 0;
    *ret_found = count > 0;
    if (count > 0 || count == PCRE2_ERROR_NOMATCH)
        return TG_OK;
    if (count <= PCRE2_ERROR_UTF8_ERR1 && count >= PCRE2_ERROR_UTF8_ERR21)
        return tg_fail(reterr, TG_CODE_EXPRESSION, "the text is not UTF-8");
    return tg_fail(reterr, TG_CODE_LIMIT,
                   "the search for a regular expression took too long and was given up");
}

size_t tg_regex_next(const struct tg_regex_matcher *matcher, struct tg_slice text)
{
    size_t end = matcher->offsets[1];
    if (matcher->offsets[0] < end)
        return end;
    if (end >= text.length)
        return SIZE_MAX;
    end++;
    while (end < text.length && (text.data[end] & 0xC0) == 0x80)
        end++;
    return end;
}

bool tg_regex_group(const struct tg_regex_matcher *matcher, uint32_t group, struct tg_slice *ret_part)
{
    *ret_part = tg_slice_of(matcher->text.data, 0);
    if (group >= (uint32_t)matcher->count || matcher->offsets[2 * (size_t)group] == PCRE2_UNSET)
        return false;
    size_t start = matcher->offsets[2 * (size_t)group];
    *ret_part = tg_slice_of(matcher->text.data + start, matcher->offsets[2 * (size_t)group + 1] - start);
    return true;
}
