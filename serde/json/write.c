#include "serde/json/write.h"

#include <math.h>

#include "base/base64.h"
#include "data/number.h"
#include "serde/json/scan.h"

/* Writes the escape of a quote, backslash or control character; returns its length (at most 6). */
static size_t write_escape(uint8_t byte, uint8_t *out)
{
    static const char hexadecimal[] = "0123456789ABCDEF";
    static const char simple[256] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    out[0] = '\\';
    if (simple[byte] != 0) {
        out[1] = (uint8_t)simple[byte];
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = (uint8_t)hexadecimal[byte >> 4];
    out[5] = (uint8_t)hexadecimal[byte & 15];
    return 6;
}

static void write_escaped(struct tg_buffer *out, struct tg_slice text)
{
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.length;
    bool high = false;
    tg_buffer_append_byte(out, '"');
    while (at < end) {
        const uint8_t *stop = tg_json_plain_end(at, end, &high);
        tg_buffer_append(out, at, (size_t)(stop - at));
        at = stop;
        if (at < end)
            out->length += write_escape(*at++, tg_buffer_reserve(out, 6));
    }
    tg_buffer_append_byte(out, '"');
}

#ifdef __SSE2__
static inline bool needs_escape(__m128i chunk)
{
    __m128i quote = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, _mm_set1_epi8(0x1f)), chunk);
    return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control)) != 0;
}

/* Copies 16 bytes; whether one of them needs an escape. */
static inline bool copy16(uint8_t *target, const uint8_t *source)
{
    __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)source);
    _mm_storeu_si128((__m128i *)(void *)target, chunk);
    return needs_escape(chunk);
}

/* The last bytes of a block are copied with some before them, so that nothing outside the text is touched. */
static inline bool copy_short(uint8_t *target, const uint8_t *source, size_t length)
{
    uint64_t first = 0x2020202020202020ULL;
    uint64_t last = first;
    if (length >= 8) {
        memcpy(&first, source, 8);
        memcpy(&last, source + length - 8, 8);
        memcpy(target, &first, 8);
        memcpy(target + length - 8, &last, 8);
    } else if (length >= 4) {
        memcpy(&first, source, 4);
        memcpy(&last, source + length - 4, 4);
        memcpy(target, &first, 4);
        memcpy(target + length - 4, &last, 4);
    } else {
        bool escape = false;
        for (size_t i = 0; i < length; i++) {
            target[i] = source[i];
            escape |= source[i] == '"' || source[i] == '\\' || source[i] < 0x20;
        }
        return escape;
    }
    return needs_escape(_mm_set_epi64x((long long)last, (long long)first));
}

uint8_t *tg_json_put_plain_string(uint8_t *target, struct tg_slice text)
{
    bool escape = false;
    *target++ = '"';
    if (text.length < 16) {
        escape = copy_short(target, text.data, text.length);
    } else {
        for (size_t done = 0; done + 16 <= text.length; done += 16)
            escape |= copy16(target + done, text.data + done);
        escape |= copy16(target + text.length - 16, text.data + text.length - 16);
    }
    target += text.length;
    *target++ = '"';
    return escape ? NULL : target;
}
#else
uint8_t *tg_json_put_plain_string(uint8_t *target, struct tg_slice text)
{
    bool high = false;
    const uint8_t *end = text.data + text.length;
    if (tg_json_plain_end(text.data, end, &high) != end)
        return NULL;
    *target++ = '"';
    if (text.length > 0)
        memcpy(target, text.data, text.length);
    target += text.length;
    *target++ = '"';
    return target;
}
#endif

void tg_json_write_string(struct tg_buffer *out, struct tg_slice text)
{
    uint8_t *end = tg_json_put_plain_string(tg_buffer_reserve(out, text.length + TG_JSON_STRING_ROOM), text);
    if (end == NULL)
        write_escaped(out, text);
    else
        out->length = (size_t)(end - out->data);
}

void tg_json_write_double(struct tg_buffer *out, double value)
{
    uint8_t *target = tg_buffer_reserve(out, TG_DOUBLE_TEXT_MAX + 2);
    if (isfinite(value)) {
        out->length += tg_double_write(value, (char *)target);
        return;
    }
    size_t length = tg_double_write(value, (char *)target + 1);
    target[0] = '"';
    target[length + 1] = '"';
    out->length += length + 2;
}

uint8_t *tg_json_put_int64(uint8_t *target, int64_t value)
{
    return target + tg_int64_write(value, (char *)target);
}

void tg_json_write_base64(struct tg_buffer *out, struct tg_slice bytes)
{
    size_t length = tg_base64_encoded_length(bytes.length);
    uint8_t *target = tg_buffer_reserve(out, length + 2);
    target[0] = '"';
    tg_base64_encode(bytes, target + 1);
    target[length + 1] = '"';
    out->length += length + 2;
}
