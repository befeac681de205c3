/* serde/json/bytes.h: what is done with many bytes at once when a record is read, by SSE2 or else byte by
 * byte. Both ways give the same; the tests compare them. Thread: any; nothing is allocated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_JSON_BYTES_ROOM = 16, TG_JSON_PREFIX_MAX = 31 };

/* A text to compare with, not empty: zeros behind it. */
struct tg_json_prefix {
    uint8_t bytes[TG_JSON_PREFIX_MAX + 1];
    uint32_t length;
    uint32_t mask; /* a bit per byte */
};

static inline struct tg_json_prefix tg_json_prefix_of(const uint8_t *text, size_t length)
{
    struct tg_json_prefix prefix = {{0}, (uint32_t)length, (1U << length) - 1};
    memcpy(prefix.bytes, text, length);
    return prefix;
}

/* Whether [at, end) begins with the prefix and goes on behind it. */
static inline bool tg_json_begins_bytewise(const struct tg_json_prefix *prefix, const uint8_t *at,
                                           const uint8_t *end)
{
    return end - at > (ptrdiff_t)prefix->length && memcmp(at, prefix->bytes, prefix->length) == 0;
}

/* The first byte of [at, end) that is a quote, a backslash, a control character or not ASCII, or `end`. */
static inline const uint8_t *tg_json_text_end_bytewise(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at != '"' && *at != '\\' && (uint8_t)(*at - 0x20) < 0x60)
        at++;
    return at;
}

#ifdef __SSE2__
/* One bit per byte: as tg_json_text_end. Bytes from 0x80 are negative, so less than a blank. */
static inline unsigned tg_json_text_stops(const uint8_t *at)
{
    __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i quote = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\'));
    __m128i others = _mm_cmplt_epi8(chunk, _mm_set1_epi8(' '));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), others));
}

/* One bit per byte that differs. */
static inline unsigned tg_json_differences(const uint8_t *at, const uint8_t *other)
{
    __m128i one = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i two = _mm_loadu_si128((const __m128i *)(const void *)other);
    return ~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(one, two));
}
#endif

static inline bool tg_json_begins(const struct tg_json_prefix *prefix, const uint8_t *at, const uint8_t *end)
{
#ifdef __SSE2__
    if (__builtin_expect(prefix->length < 16 && end - at >= 16, 1))
        return (tg_json_differences(at, prefix->bytes) & prefix->mask) == 0;
    if (end - at >= 32) {
        unsigned first = tg_json_differences(at, prefix->bytes) & 0xffffU;
        unsigned second = tg_json_differences(at + 16, prefix->bytes + 16);
        return ((first | second << 16) & prefix->mask) == 0;
    }
#endif
    return tg_json_begins_bytewise(prefix, at, end);
}

/* TG_JSON_BYTES_ROOM bytes before `end` have to be readable, also where they lie before `at`. */
static inline const uint8_t *tg_json_text_end(const uint8_t *at, const uint8_t *end)
{
#ifdef __SSE2__
    unsigned stops;
    for (; end - at >= 32; at += 32) {
        stops = tg_json_text_stops(at) | tg_json_text_stops(at + 16) << 16;
        if (stops != 0)
            return at + __builtin_ctz(stops);
    }
    if (end - at >= 16) {
        stops = tg_json_text_stops(at);
        if (stops != 0)
            return at + __builtin_ctz(stops);
        at += 16;
    }
    /* the last bytes, with some that were looked at already */
    stops = tg_json_text_stops(end - 16) >> (16 - (end - at));
    return stops == 0 ? end : at + __builtin_ctz(stops);
#else
    return tg_json_text_end_bytewise(at, end);
#endif
}

#ifdef __cplusplus
}
#endif
