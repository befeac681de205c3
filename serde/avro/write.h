/* serde/avro/write.h: single values in Avro's binary form. Thread: the buffer's owner. Private to
 * serde/avro/. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_AVRO_LONG_BYTES_MAX = 10 };

/* Writes a long (int, length, count, branch) at `at`, which has room for 10 bytes; returns the end. */
static inline uint8_t *tg_avro_write_long(uint8_t *at, int64_t value)
{
    uint64_t bits = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    while (bits >= 0x80) {
        *at++ = (uint8_t)(bits | 0x80);
        bits >>= 7;
    }
    *at++ = (uint8_t)bits;
    return at;
}

static inline void tg_avro_put_long(struct tg_buffer *out, int64_t value)
{
    uint8_t *start = tg_buffer_reserve(out, TG_AVRO_LONG_BYTES_MAX);
    out->length += (size_t)(tg_avro_write_long(start, value) - start);
}

/* A string or bytes with the length before them. */
static inline void tg_avro_put_bytes(struct tg_buffer *out, struct tg_slice bytes)
{
    uint8_t *start = tg_buffer_reserve(out, TG_AVRO_LONG_BYTES_MAX + bytes.length);
    uint8_t *at = tg_avro_write_long(start, (int64_t)bytes.length);
    if (bytes.length > 0)
        memcpy(at, bytes.data, bytes.length);
    out->length += (size_t)(at - start) + bytes.length;
}

static inline void tg_avro_put_double(struct tg_buffer *out, double value)
{
    tg_buffer_append(out, &value, sizeof value); /* little endian, as this machine */
}

static inline void tg_avro_put_float(struct tg_buffer *out, float value)
{
    tg_buffer_append(out, &value, sizeof value);
}

#ifdef __cplusplus
}
#endif
