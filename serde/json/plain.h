/* serde/json/plain.h: values in their most common form, read without a cursor so that everything stays in
 * registers. Each function returns where the value ends, or NULL if it has another form (or a fault, or lies
 * too near the end of the text): then the caller takes the full way in read.c from the same place. Thread:
 * any; nothing is allocated. */
#pragma once

#include "data/column.h"
#include "serde/json/node.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TG_JSON_PLAIN_ROOM = 16
}; /* bytes that have to be readable behind the start of a value, and in the whole text */

#ifdef __SSE2__
/* One bit per byte that is a quote, a backslash, a control character or not ASCII (as a signed number, less
 * than a blank). */
static inline unsigned tg_json_unplain16(const uint8_t *at)
{
    __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i quote = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\'));
    __m128i others = _mm_cmplt_epi8(chunk, _mm_set1_epi8(' '));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), others));
}
#endif

/* A string in ASCII without escapes, at its opening quote. */
static inline const uint8_t *tg_json_plain_string(const uint8_t *at, const uint8_t *end,
                                                  struct tg_slice *ret_text)
{
#ifdef __SSE2__
    if (*at != '"')
        return NULL;
    const uint8_t *start = ++at;
    unsigned stops = 0;
    while (end - at >= 16 && (stops = tg_json_unplain16(at)) == 0)
        at += 16;
    if (stops == 0) /* the last bytes, with some that were looked at already */
        stops = tg_json_unplain16(end - 16) >> (16 - (end - at));
    at += stops == 0 ? 0 : __builtin_ctz(stops);
    if (stops == 0 || *at != '"')
        return NULL;
    *ret_text = tg_slice_of(start, (size_t)(at - start));
    return at + 1;
#else
    (void)at;
    (void)end;
    (void)ret_text;
    return NULL;
#endif
}

/* The value of up to eight digits in little-endian order of the text, less '0' each; `count` of them, the
 * rest is ignored. */
static inline uint64_t tg_json_eight_digits(uint64_t digits, unsigned count)
{
    digits <<= 8 * (8 - count); /* zeros in front */
    digits = digits * 10 + (digits >> 8);
    return ((digits & 0x000000ff000000ffULL) * (100 + (1000000ULL << 32)) +
            (digits >> 16 & 0x000000ff000000ffULL) * (1 + (10000ULL << 32))) >>
           32;
}

/* How many of the eight bytes (less '0' each) are digits, from the first. */
static inline unsigned tg_json_digit_count(uint64_t digits)
{
    uint64_t others = ((digits + 0x7676767676767676ULL) | digits) & 0x8080808080808080ULL;
    return others == 0 ? 8 : (unsigned)__builtin_ctzll(others) / 8;
}

/* A whole number of at most 15 digits, without sign or leading zero; 16 bytes have to be readable at its
 * start. */
static inline const uint8_t *tg_json_plain_integer(const uint8_t *at, const uint8_t *end, int64_t *ret_value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    uint64_t digits;
    if (end - at < TG_JSON_PLAIN_ROOM)
        return NULL;
    memcpy(&digits, at, sizeof digits);
    digits ^= 0x3030303030303030ULL;
    unsigned count = tg_json_digit_count(digits);
    if (count == 0 || (*at == '0' && count > 1))
        return NULL;
    uint64_t value = tg_json_eight_digits(digits, count);
    at += count;
    if (count == 8) {
        memcpy(&digits, at, sizeof digits);
        digits ^= 0x3030303030303030ULL;
        count = tg_json_digit_count(digits);
        if (count == 8)
            return NULL;
        if (count > 0)
            value = value * powers[count] + tg_json_eight_digits(digits, count);
        at += count;
    }
    if (*at == '.' || (*at | 0x20) == 'e')
        return NULL;
    *ret_value = (int64_t)value;
    return at;
#else
    (void)at;
    (void)end;
    (void)ret_value;
    return NULL;
#endif
}

/* The value of a member that is no column, or of a column (NULL: nobody needs it) of a kind that has a plain
 * form. */
static inline const uint8_t *tg_json_plain_value(const struct tg_json_node *node, struct tg_column *column,
                                                 uint32_t row, const uint8_t *at, const uint8_t *end)
{
    struct tg_slice text;
    int64_t value;
    switch (node->kind) {
    case TG_TYPE_STRING:
        at = tg_json_plain_string(at, end, &text);
        if (at == NULL || column == NULL)
            return at;
        column->values.bytes[row] = text;
        break;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        at = tg_json_plain_integer(at, end, &value);
        if (at == NULL || column == NULL)
            return at;
        column->values.int64[row] = value;
        break;
    case TG_TYPE_INT:
        at = tg_json_plain_integer(at, end, &value);
        if (at == NULL || column == NULL)
            return at;
        column->values.int32[row] = (int32_t)(uint32_t)value; /* the low bits count */
        break;
    case TG_TYPE_BOOLEAN:
    case TG_TYPE_DOUBLE:
    case TG_TYPE_DECIMAL:
    case TG_TYPE_BYTES:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        return NULL;
    }
    column->valid[row] = 1;
    return at;
}

/* The byte behind ':' (and one blank) in front of a value, or NULL. */
static inline const uint8_t *tg_json_plain_colon(const uint8_t *at, const uint8_t *end)
{
    if (end - at < 3 || *at != ':')
        return NULL;
    at += 1 + (at[1] == ' ');
    return *at > ' ' ? at : NULL;
}

#ifdef __cplusplus
}
#endif
