/* serde/json/scan.h: a cursor over one JSON text (RFC 8259, UTF-8). Every function checks the grammar of what
 * it passes; the first fault stops the text. Numbers stay text, strings stay slices of the input. Thread:
 * any; nothing is allocated, nothing recurses. */
#pragma once

#include "base/slice.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_JSON_DEPTH_MAX = 256 }; /* arrays and objects inside one another */

struct tg_json_cursor {
    const uint8_t *begin;
    const uint8_t *at;
    const uint8_t *end;
    uint32_t depth;    /* arrays and objects open at `at` */
    const char *fault; /* why the text is not JSON; NULL: no fault so far. The place is `at`. */
};

struct tg_json_string {
    struct tg_slice raw; /* between the quotes, valid UTF-8 */
    bool escaped;        /* has backslashes: tg_json_unescape gives the value */
};

/* A number's text and what its digits say. The digits are those before and behind the point. */
struct tg_json_number {
    struct tg_slice text;
    uint64_t mantissa;        /* of all digits, if there are at most 19 of them */
    uint32_t whole_digits;    /* before the point */
    uint32_t fraction_digits; /* behind the point */
    int32_t exponent;         /* cut at one billion either way */
    bool negative;
    bool whole; /* neither point nor exponent */
};

static inline struct tg_json_cursor tg_json_cursor_of(struct tg_slice text)
{
    struct tg_json_cursor cursor = {text.data, text.data, text.data + text.length, 0, NULL};
    return cursor;
}

/* Notes the first fault; always false. */
static inline bool tg_json_fault(struct tg_json_cursor *cursor, const char *fault)
{
    if (cursor->fault == NULL)
        cursor->fault = fault;
    return false;
}

/* Passes white space; false at the end of the text, which is then a fault. */
static inline bool tg_json_space(struct tg_json_cursor *cursor)
{
    while (cursor->at < cursor->end) {
        uint8_t byte = *cursor->at;
        if (byte > ' ' || (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t'))
            return true;
        cursor->at++;
    }
    return tg_json_fault(cursor, "the text ends too early");
}

#ifdef __SSE2__
/* One bit per byte: quote, backslash or control character; those from 0x80 in *ret_high. */
static inline unsigned tg_json_stops16(const uint8_t *at, unsigned *ret_high)
{
    __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i quote = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, _mm_set1_epi8(0x1f)), chunk);
    *ret_high = (unsigned)_mm_movemask_epi8(chunk);
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control));
}
#endif

/* The first quote, backslash or control character in [at, end), or `end`; *high becomes true on bytes from
 * 0x80 before it. */
static inline const uint8_t *tg_json_plain_end(const uint8_t *at, const uint8_t *end, bool *high)
{
#ifdef __SSE2__
    while (end - at >= 16) {
        unsigned high_bits;
        unsigned stops = tg_json_stops16(at, &high_bits);
        if (stops != 0) {
            unsigned length = (unsigned)__builtin_ctz(stops);
            *high |= (high_bits & ((1U << length) - 1)) != 0;
            return at + length;
        }
        *high |= high_bits != 0;
        at += 16;
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && *at >= 0x20) {
        *high |= *at >= 0x80;
        at++;
    }
    return at;
}

/* Strings behind the opening quote; the cursor goes behind the closing one. */
bool tg_json_string_slow(struct tg_json_cursor *cursor, struct tg_json_string *ret_string);
static inline bool tg_json_string_rest(struct tg_json_cursor *cursor, struct tg_json_string *ret_string)
{
    bool high = false;
    const uint8_t *stop = tg_json_plain_end(cursor->at, cursor->end, &high);
    if (__builtin_expect(stop == cursor->end || *stop != '"' || high, 0))
        return tg_json_string_slow(cursor, ret_string);
    ret_string->raw = tg_slice_of(cursor->at, (size_t)(stop - cursor->at));
    ret_string->escaped = false;
    cursor->at = stop + 1;
    return true;
}

/* Length of the value of a string with escapes is at most raw.length. Writes it to `out` and returns its
 * length. A lone half of a surrogate pair becomes U+FFFD, as UTF-8 has no other form for it. */
size_t tg_json_unescape(struct tg_slice raw, uint8_t *out);

/* A member's name and colon; at the opening quote or a fault. Ends at the value (white space passed). */
bool tg_json_member(struct tg_json_cursor *cursor, struct tg_json_string *ret_name);
bool tg_json_colon(struct tg_json_cursor *cursor); /* the second half of tg_json_member */

bool tg_json_number_scan(struct tg_json_cursor *cursor,
                         struct tg_json_number *ret_number);                       /* at '-' or a digit */
bool tg_json_word(struct tg_json_cursor *cursor, const char *word, size_t length); /* true, false, null */

/* Opens an object or array (at its bracket) and passes white space behind it; `*ret_empty`: it was closed at
 * once. */
bool tg_json_open(struct tg_json_cursor *cursor, bool *ret_empty);
/* Behind a value in an array or object closed by `closer`: passes ',' (then *ret_more and the cursor is at
 * the next token) or `closer`. */
bool tg_json_next_slow(struct tg_json_cursor *cursor, uint8_t closer, bool *ret_more);
static inline bool tg_json_next(struct tg_json_cursor *cursor, uint8_t closer, bool *ret_more)
{
    if (__builtin_expect(cursor->end - cursor->at >= 2 && cursor->at[0] == ',' && cursor->at[1] > ' ', 1)) {
        cursor->at++;
        *ret_more = true;
        return true;
    }
    return tg_json_next_slow(cursor, closer, ret_more);
}

/* Passes one value of any kind, white space before it included. */
bool tg_json_skip(struct tg_json_cursor *cursor);

static inline bool tg_json_number_starts(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10 || byte == '-';
}

/* Only white space may follow. */
bool tg_json_finish(struct tg_json_cursor *cursor);

#ifdef __cplusplus
}
#endif
