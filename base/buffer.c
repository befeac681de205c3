#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/memory.h"

enum { CAPACITY_LEAST = 64 };

void tg_buffer_done(struct tg_buffer *buffer)
{
    tg_free(buffer->data);
    *buffer = (struct tg_buffer){0};
}

void tg_buffer_reserve_slow(struct tg_buffer *buffer, size_t more)
{
    size_t needed = 0;
    if (__builtin_add_overflow(buffer->length, more, &needed))
        tg_panic(__FILE__, __LINE__, "buffer of %zu bytes cannot grow by %zu", buffer->length, more);
    size_t capacity = buffer->capacity < CAPACITY_LEAST ? CAPACITY_LEAST : buffer->capacity;
    while (capacity < needed) {
        if (__builtin_mul_overflow(capacity, (size_t)2, &capacity))
            capacity = needed;
    }
    buffer->data = tg_realloc(buffer->data, capacity, 1);
    buffer->capacity = capacity;
}

void tg_buffer_append_u32(struct tg_buffer *buffer, uint32_t value)
{
    tg_store_u32(tg_buffer_reserve(buffer, sizeof value), value);
    buffer->length += sizeof value;
}

void tg_buffer_append_u64(struct tg_buffer *buffer, uint64_t value)
{
    tg_store_u64(tg_buffer_reserve(buffer, sizeof value), value);
    buffer->length += sizeof value;
}

void tg_buffer_printf(struct tg_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    size_t room = buffer->capacity - buffer->length;
    char *target = room == 0 ? NULL : (char *)buffer->data + buffer->length;
    int wanted = vsnprintf(target, room, format, arguments);
    va_end(arguments);
    TG_ASSERT(wanted >= 0);
    if ((size_t)wanted >= room) {
        size_t length = (size_t)wanted + 1;
        vsnprintf((char *)tg_buffer_reserve(buffer, length), length, format, again);
    }
    va_end(again);
    buffer->length += (size_t)wanted;
}

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\';
}

/* Number of plain bytes from `at` on. */
static size_t count_plain(struct tg_slice text, size_t at)
{
    size_t start = at;
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(0x1F);
    while (at + 16 <= text.length) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text.data + at));
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
        int mask = _mm_movemask_epi8(_mm_or_si128(found, control));
        if (mask != 0)
            return at + (size_t)__builtin_ctz((unsigned)mask) - start;
        at += 16;
    }
#endif
    while (at < text.length && is_plain(text.data[at]))
        at++;
    return at - start;
}

static void append_escape(struct tg_buffer *buffer, uint8_t byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    char letter = byte < 0x20 ? letters[byte] : (char)byte;
    tg_buffer_append_byte(buffer, '\\');
    if (letter != '\0') {
        tg_buffer_append_byte(buffer, (uint8_t)letter);
        return;
    }
    char text[] = {'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    tg_buffer_append(buffer, text, sizeof text);
}

void tg_buffer_append_json_string(struct tg_buffer *buffer, struct tg_slice text)
{
    tg_buffer_reserve(buffer, text.length + 2);
    tg_buffer_append_byte(buffer, '"');
    size_t at = 0;
    while (at < text.length) {
        size_t plain = count_plain(text, at);
        tg_buffer_append(buffer, text.data + at, plain);
        at += plain;
        if (at < text.length)
            append_escape(buffer, text.data[at++]);
    }
    tg_buffer_append_byte(buffer, '"');
}

const char *tg_buffer_text(struct tg_buffer *buffer)
{
    *tg_buffer_reserve(buffer, 1) = '\0';
    return (const char *)buffer->data;
}
