/* base/buffer.h: a growable byte buffer that keeps its memory between uses. Thread: its owner's. */
#pragma once

#include "base/error.h"
#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_buffer {
    uint8_t *data;
    size_t length;
    size_t capacity;
};

void tg_buffer_done(struct tg_buffer *buffer); /* frees the memory; the buffer is empty and usable again */
void tg_buffer_reserve_slow(struct tg_buffer *buffer, size_t more); /* use tg_buffer_reserve */

static inline void tg_buffer_clear(struct tg_buffer *buffer)
{
    buffer->length = 0;
}

/* Room for `more` bytes behind the end; returns where they go. The caller adds what it wrote to
 * buffer->length. */
static inline uint8_t *tg_buffer_reserve(struct tg_buffer *buffer, size_t more)
{
    if (buffer->capacity - buffer->length < more)
        tg_buffer_reserve_slow(buffer, more);
    return buffer->data + buffer->length;
}

static inline void tg_buffer_append(struct tg_buffer *buffer, const void *data, size_t length)
{
    if (length == 0)
        return;
    memcpy(tg_buffer_reserve(buffer, length), data, length);
    buffer->length += length;
}

static inline void tg_buffer_append_slice(struct tg_buffer *buffer, struct tg_slice slice)
{
    tg_buffer_append(buffer, slice.data, slice.length);
}

static inline void tg_buffer_append_text(struct tg_buffer *buffer, const char *text)
{
    tg_buffer_append(buffer, text, strlen(text));
}

static inline void tg_buffer_append_byte(struct tg_buffer *buffer, uint8_t byte)
{
    *tg_buffer_reserve(buffer, 1) = byte;
    buffer->length++;
}

void tg_buffer_append_u32(struct tg_buffer *buffer, uint32_t value); /* big endian, as Kafka's serdes */
void tg_buffer_append_u64(struct tg_buffer *buffer, uint64_t value); /* big endian */
void tg_buffer_printf(struct tg_buffer *buffer, const char *format, ...) TG_PRINTF(2, 3);
/* Appends a JSON string with its quotes; bytes must be valid UTF-8. */
void tg_buffer_append_json_string(struct tg_buffer *buffer, struct tg_slice text);

static inline struct tg_slice tg_buffer_slice(const struct tg_buffer *buffer)
{
    return tg_slice_of(buffer->data, buffer->length);
}

/* The content as a C string: a NUL is put behind the end (not counted in length). Valid until the next
 * change. */
const char *tg_buffer_text(struct tg_buffer *buffer);

static inline uint32_t tg_load_u32(const uint8_t *bytes) /* big endian */
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap32(value);
}

static inline uint64_t tg_load_u64(const uint8_t *bytes) /* big endian */
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}

static inline void tg_store_u32(uint8_t *bytes, uint32_t value) /* big endian */
{
    value = __builtin_bswap32(value);
    memcpy(bytes, &value, sizeof value);
}

static inline void tg_store_u64(uint8_t *bytes, uint64_t value) /* big endian */
{
    value = __builtin_bswap64(value);
    memcpy(bytes, &value, sizeof value);
}

#ifdef __cplusplus
}
#endif
