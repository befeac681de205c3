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

void tg_json_write_string(struct tg_buffer *out, struct tg_slice text)
{
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.length;
    uint8_t *target = tg_buffer_reserve(out, text.length + 2);
    bool high = false;
    *target++ = '"';
    while (at < end) {
        const uint8_t *stop = tg_json_plain_end(at, end, &high);
        memcpy(target, at, (size_t)(stop - at));
        target += stop - at;
        at = stop;
        if (at == end)
            break;
        out->length = (size_t)(target - out->data);
        target = tg_buffer_reserve(out, (size_t)(end - at) + 8);
        target += write_escape(*at++, target);
    }
    *target++ = '"';
    out->length = (size_t)(target - out->data);
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

/* Digits two at a time from the back of a small buffer. */
void tg_json_write_int64(struct tg_buffer *out, int64_t value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
        "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
        "99";
    char digits[TG_INT64_TEXT_MAX];
    char *at = digits + sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    for (; left >= 100; left /= 100) {
        at -= 2;
        memcpy(at, pairs + left % 100 * 2, 2);
    }
    if (left >= 10) {
        at -= 2;
        memcpy(at, pairs + left * 2, 2);
    } else {
        *--at = (char)('0' + left);
    }
    if (value < 0)
        *--at = '-';
    size_t length = (size_t)(digits + sizeof digits - at);
    memcpy(tg_buffer_reserve(out, sizeof digits), at, length);
    out->length += length;
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
