#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

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

static bool are_plain(const uint8_t *bytes) /* 8 of them, at once */
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    const uint64_t ones = 0x0101010101010101U;
    const uint64_t highs = 0x8080808080808080U;
    uint64_t quote = word ^ (ones * '"');
    uint64_t backslash = word ^ (ones * '\\');
    uint64_t found = (word - ones * 0x20) & ~word;
    found |= (quote - ones) & ~quote;
    found |= (backslash - ones) & ~backslash;
    return (found & highs) == 0;
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
        size_t start = at;
        while (at + 8 <= text.length && are_plain(text.data + at))
            at += 8;
        while (at < text.length && is_plain(text.data[at]))
            at++;
        tg_buffer_append(buffer, text.data + start, at - start);
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
