/* serde/json/plain.h: values in their most common form, read without a cursor so that everything stays in
 * registers. Each function returns where the value ends, or NULL if it has another form (or a fault, or lies
 * too near the end of the text): then the caller takes the full way in read.c from the same place. Thread:
 * any; nothing is allocated. */
#pragma once

#include "base/slice.h"
#include "serde/json/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A string in ASCII without escapes, at its opening quote; the text has at least TG_JSON_BYTES_ROOM bytes. */
static inline const uint8_t *tg_json_plain_string(const uint8_t *at, const uint8_t *end,
                                                  struct tg_slice *ret_text)
{
    if (*at != '"')
        return NULL;
    const uint8_t *stop = tg_json_text_end(at + 1, end);
    if (stop == end || *stop != '"')
        return NULL;
    *ret_text = tg_slice_of(at + 1, (size_t)(stop - at - 1));
    return stop + 1;
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
    if (end - at < TG_JSON_BYTES_ROOM)
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

#ifdef __cplusplus
}
#endif
