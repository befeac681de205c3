#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Index of the first byte from `at` on that is not ASCII, or the length. */
static size_t skip_ascii(struct tg_slice text, size_t at)
{
#ifdef __SSE2__
    while (at + 16 <= text.length) {
        int mask = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(text.data + at)));
        if (mask != 0)
            return at + (size_t)__builtin_ctz((unsigned)mask);
        at += 16;
    }
#endif
    uint64_t word;
    while (at + 8 <= text.length && (memcpy(&word, text.data + at, 8), (word & 0x8080808080808080U) == 0))
        at += 8;
    while (at < text.length && text.data[at] < 0x80)
        at++;
    return at;
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the well-formed character of 2 to 4 bytes at `bytes`, or 0. The Unicode standard, table 3-7. */
static size_t wide_character(const uint8_t *bytes, size_t left)
{
    uint8_t lead = bytes[0];
    if (lead < 0xC2 || left < 2)
        return 0;
    uint8_t second = bytes[1];
    if (lead < 0xE0)
        return is_continuation(second) ? 2 : 0;
    if (lead < 0xF0) {
        uint8_t least = lead == 0xE0 ? 0xA0 : 0x80;
        uint8_t most = lead == 0xED ? 0x9F : 0xBF;
        return left >= 3 && second >= least && second <= most && is_continuation(bytes[2]) ? 3 : 0;
    }
    if (lead > 0xF4 || left < 4)
        return 0;
    uint8_t least = lead == 0xF0 ? 0x90 : 0x80;
    uint8_t most = lead == 0xF4 ? 0x8F : 0xBF;
    return second >= least && second <= most && is_continuation(bytes[2]) && is_continuation(bytes[3]) ? 4
                                                                                                       : 0;
}

size_t tg_utf8_valid_prefix(struct tg_slice text)
{
    size_t at = skip_ascii(text, 0);
    while (at < text.length) {
        if (text.data[at] < 0x80) {
            at = skip_ascii(text, at);
            continue;
        }
        size_t width = wide_character(text.data + at, text.length - at);
        if (width == 0)
            return at;
        at += width;
    }
    return at;
}

size_t tg_utf8_length(struct tg_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += !is_continuation(text.data[i]);
    return count;
}

size_t tg_utf8_encode(uint32_t code_point, uint8_t out[4])
{
    if (code_point < 0x80) {
        out[0] = (uint8_t)code_point;
        return 1;
    }
    size_t width = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = width - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[0] = (uint8_t)(leads[width] | code_point);
    return width;
}

enum { WORD_MAX = 64 }; /* longer words are no typing mistakes of each other */

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter | 0x20) : letter;
}

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *now = rows[i % 3];
        const unsigned *last = rows[(i + 2) % 3];
        const unsigned *before_last = rows[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            unsigned best = least_of(least_of(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            bool swapped =
                i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            now[j] = swapped ? least_of(best, before_last[j - 2] + 1) : best;
        }
    }
    return rows[a_length % 3][b_length];
}

const char *tg_closest(const char *word, const char *(*candidate)(const void *context, size_t index),
                       const void *context)
{
    size_t length = strlen(word);
    if (length > WORD_MAX)
        return NULL;
    const char *best = NULL;
    unsigned best_distance = (unsigned)(length / 3) + 1;
    for (size_t index = 0;; index++) {
        const char *other = candidate(context, index);
        if (other == NULL)
            return best;
        size_t other_length = strlen(other);
        if (other_length > WORD_MAX)
            continue;
        unsigned found = distance(word, length, other, other_length);
        if (found < best_distance) {
            best_distance = found;
            best = other;
        }
    }
}

TG_MUST_CHECK static enum tg_code read_all(int file, const char *path, size_t bytes_max,
                                           struct tg_buffer *buffer, struct tg_error *reterr)
{
    enum { CHUNK = 64 * 1024 };
    for (;;) {
        ssize_t got = read(file, tg_buffer_reserve(buffer, CHUNK), CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tg_fail(reterr, TG_CODE_IO, "cannot read %s: %s", path, strerror(errno));
        if (got == 0)
            return TG_OK;
        buffer->length += (size_t)got;
        if (buffer->length > bytes_max)
            return tg_fail(reterr, TG_CODE_LIMIT, "%s is larger than the %zu bytes that are allowed", path,
                           bytes_max);
    }
}

enum tg_code tg_read_file(const char *path, size_t bytes_max, struct tg_buffer *buffer,
                          struct tg_error *reterr)
{
    tg_buffer_clear(buffer);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return tg_fail(reterr, TG_CODE_IO, "cannot open %s: %s", path, strerror(errno));
    enum tg_code code = read_all(file, path, bytes_max, buffer, reterr);
    close(file);
    return code;
}

bool tg_parse_int64(struct tg_slice text, int64_t least, int64_t most, int64_t *ret_value)
{
    size_t at = 0;
    bool negative = text.length > 0 && text.data[0] == '-';
    if (negative || (text.length > 0 && text.data[0] == '+'))
        at++;
    if (at == text.length)
        return false;
    int64_t value = 0; /* kept negative: the negative range is the larger one */
    for (; at < text.length; at++) {
        unsigned digit = (unsigned)text.data[at] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_sub_overflow(value, (int64_t)digit, &value))
            return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    if (value < least || value > most)
        return false;
    *ret_value = value;
    return true;
}
