/* expr/regex_translate.h: Java's pattern syntax as PCRE2's. Private to expr/regex*.c. Thread: any. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_regex_flag {
    TG_REGEX_CASELESS = 1,      /* (?i): ASCII letters only, but for (?iu) */
    TG_REGEX_MULTILINE = 2,     /* (?m) */
    TG_REGEX_DOTALL = 4,        /* (?s) */
    TG_REGEX_UNIX_LINES = 8,    /* (?d) */
    TG_REGEX_COMMENTS = 16,     /* (?x) */
    TG_REGEX_UNICODE_CASE = 32, /* (?u) */
};

struct tg_regex_group_name {
    struct tg_slice name; /* in the pattern */
    uint32_t number;
    struct tg_regex_group_name *next;
};

enum { TG_REGEX_DEPTH_MAX = 100 };

struct tg_regex_translation {
    struct tg_arena *arena;
    struct tg_slice pattern; /* valid UTF-8 */
    size_t at;
    struct tg_buffer out;
    uint32_t flags;                           /* bits of tg_regex_flag that hold here */
    uint32_t group_flags[TG_REGEX_DEPTH_MAX]; /* of the groups that are open */
    uint32_t depth;
    uint32_t class_depth;
    uint32_t group_count;
    uint32_t group_total; /* found by the first of two passes */
    bool quoting;         /* between \Q and \E */
    bool has_atom;        /* a quantifier would apply to what stands before */
    struct tg_regex_group_name *names;
    struct tg_error *reterr;
};

/* Writes PCRE2's form of the whole pattern to `out`; the caller frees it. Errors: CONFIG. */
TG_MUST_CHECK enum tg_code tg_regex_translate(struct tg_regex_translation *translation);

/* Parts in regex_class.c. */

/* A class behind its '[', through its ']'. */
TG_MUST_CHECK enum tg_code tg_regex_class(struct tg_regex_translation *translation, struct tg_buffer *out);
/* The content of a class in brackets for \d \w ..., \p{...} behind the backslash; `*ret_found` is false (and
 * nothing is read) if the escape is none of these. `*ret_negated`: it stands for all other characters. */
TG_MUST_CHECK enum tg_code tg_regex_class_escape(struct tg_regex_translation *translation,
                                                 struct tg_buffer *out, bool *ret_negated, bool *ret_found);
/* The character of an escape like \n, \x41, \0101, \uD83D\uDE00 or \. behind the backslash. */
TG_MUST_CHECK enum tg_code tg_regex_char_escape(struct tg_regex_translation *translation,
                                                uint32_t *ret_code_point);
/* Takes the next character of the pattern. */
uint32_t tg_regex_take(struct tg_regex_translation *translation);
bool tg_regex_at_end(const struct tg_regex_translation *translation);
int tg_regex_peek(const struct tg_regex_translation *translation, size_t ahead); /* a byte; -1 at the end */
void tg_regex_write_char(struct tg_buffer *out, uint32_t code_point);

/* An error of the pattern at byte `at`. */
enum tg_code tg_regex_fail(struct tg_regex_translation *translation, size_t at, const char *format, ...)
    TG_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
