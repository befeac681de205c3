/* serde/plain_text.h: the quick check of texts on the record path: most are ASCII, and then need no UTF-8
 * decoding. Thread: any. */
#pragma once

#include "base/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

static inline bool tg_text_is_ascii(struct tg_slice text)
{
    const uint8_t *at = text.data;
    size_t length = text.length;
#ifdef __SSE2__
    if (length >= 16) {
        __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(at + length - 16));
        for (size_t i = 0; i + 16 <= length; i += 16)
            high = _mm_or_si128(high, _mm_loadu_si128((const __m128i *)(const void *)(at + i)));
        return _mm_movemask_epi8(high) == 0;
    }
#endif
    for (; length >= 8; at += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        if ((word & 0x8080808080808080ULL) != 0)
            return false;
    }
    uint8_t high_bits = 0;
    for (size_t i = 0; i < length; i++)
        high_bits |= at[i];
    return high_bits < 0x80;
}

/* Whether the text is valid UTF-8. */
static inline bool tg_text_is_valid(struct tg_slice text)
{
    return __builtin_expect(tg_text_is_ascii(text), 1) || tg_utf8_valid(text);
}

#ifdef __cplusplus
}
#endif
