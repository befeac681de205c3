/* expr/regex.h: Java's regular expressions (java.util.regex.Pattern, as of JDK 17) on PCRE2. What cannot be
 * done alike is refused when the pattern is compiled. Private to expr/. A compiled expression is immutable
 * and may be used by any thread; a matcher belongs to one thread and lives as long as its arena. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_regex;
struct tg_regex_matcher;

enum tg_regex_use {
    TG_REGEX_ONCE, /* for a batch: not worth machine code */
    TG_REGEX_OFTEN /* for the life of a plan */
};

/* In `arena`; the pattern is copied. Errors: CONFIG with what is wrong and where. */
TG_MUST_CHECK enum tg_code tg_regex_compile(struct tg_arena *arena, struct tg_slice pattern,
                                            enum tg_regex_use use, const struct tg_regex **ret_regex,
                                            struct tg_error *reterr);
uint32_t tg_regex_group_count(const struct tg_regex *regex); /* without group 0, the whole match */
/* The number of a named group; 0: there is none of that name. */
uint32_t tg_regex_group_named(const struct tg_regex *regex, struct tg_slice name);

struct tg_regex_matcher *tg_regex_matcher_new(struct tg_arena *arena, const struct tg_regex *regex);
/* Finds the first match in a text that starts at byte `from` or later; `from` is at a character. Errors:
 * LIMIT when the search is given up, EXPRESSION when the text is not UTF-8. */
TG_MUST_CHECK enum tg_code tg_regex_find(struct tg_regex_matcher *matcher, struct tg_slice text, size_t from,
                                         bool *ret_found, struct tg_error *reterr);
/* Where the next search of a loop starts: behind the last match, or one character further if that was empty,
 * as Java's Matcher.find does. SIZE_MAX: the text is done. */
size_t tg_regex_next(const struct tg_regex_matcher *matcher, struct tg_slice text);
/* What a group of the last match matched, as a part of the text; false if it took no part. */
bool tg_regex_group(const struct tg_regex_matcher *matcher, uint32_t group, struct tg_slice *ret_part);

#ifdef __cplusplus
}
#endif
