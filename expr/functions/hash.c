/* expr/functions/hash.c: digests of texts. */
#include <math.h>

#include "expr/kernel.h"

enum { MD5_BYTES = 16, MD5_BLOCK = 64 };

struct md5 {
    uint32_t state[4];
};

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static uint32_t word_at(const uint8_t *block, unsigned index)
{
    const uint8_t *bytes = block + 4 * (size_t)index;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* One block of RFC 1321: four rounds of 16 steps; the constant of step i is floor(2^32 * |sin(i + 1)|). */
static void take_block(struct md5 *md5, const uint8_t *block)
{
    static const unsigned shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t a = md5->state[0];
    uint32_t b = md5->state[1];
    uint32_t c = md5->state[2];
    uint32_t d = md5->state[3];
    for (unsigned i = 0; i < 64; i++) {
        uint32_t mixed = 0;
        unsigned word = 0;
        if (i < 16) {
            mixed = (b & c) | (~b & d);
            word = i;
        } else if (i < 32) {
            mixed = (d & b) | (~d & c);
            word = (5 * i + 1) % 16;
        } else if (i < 48) {
            mixed = b ^ c ^ d;
            word = (3 * i + 5) % 16;
        } else {
            mixed = c ^ (b | ~d);
            word = (7 * i) % 16;
        }
        uint32_t constant = (uint32_t)(fabs(sin(i + 1.0)) * 4294967296.0);
        uint32_t turned = rotate(a + mixed + constant + word_at(block, word), shifts[i / 16][i % 4]);
        a = d;
        d = c;
        c = b;
        b += turned;
    }
    md5->state[0] += a;
    md5->state[1] += b;
    md5->state[2] += c;
    md5->state[3] += d;
}

static void digest(struct tg_slice text, uint8_t out[MD5_BYTES])
{
    struct md5 md5 = {{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476}};
    uint8_t last[2 * MD5_BLOCK] = {0};
    size_t whole = text.length / MD5_BLOCK * MD5_BLOCK;
    size_t rest = text.length - whole;
    for (size_t at = 0; at < whole; at += MD5_BLOCK)
        take_block(&md5, text.data + at);
    if (rest > 0)
        memcpy(last, text.data + whole, rest);
    last[rest] = 0x80;
    size_t blocks = rest + 9 > MD5_BLOCK ? 2 : 1;
    uint64_t bits = (uint64_t)text.length * 8;
    for (unsigned i = 0; i < 8; i++)
        last[blocks * MD5_BLOCK - 8 + i] = (uint8_t)(bits >> (8 * i));
    for (size_t block = 0; block < blocks; block++)
        take_block(&md5, last + block * MD5_BLOCK);
    for (unsigned i = 0; i < MD5_BYTES; i++)
        out[i] = (uint8_t)(md5.state[i / 4] >> (8 * (i % 4)));
}

static void md5_text(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        uint8_t bytes[MD5_BYTES];
        if (call->result->valid[row] == 0)
            continue;
        digest(call->arguments[0]->values.bytes[row], bytes);
        struct tg_buffer *out = tg_call_scratch(call);
        for (unsigned at = 0; at < MD5_BYTES; at++)
            tg_buffer_printf(out, "%02x", bytes[at]);
        tg_call_set_bytes(call, row, tg_call_keep(call, out));
    }
}

extern const struct tg_function tg_functions_hash[];
const struct tg_function tg_functions_hash[] = {
    {.signature = "MD5(STRING) -> STRING",
     .kernel = md5_text,
     .flags = TG_FUNCTION_NULL_IF_NULL,
     .summary = "The MD5 digest of a text as 32 hexadecimal digits.",
     .example = "MD5('abc') = '900150983cd24fb0d6963f7d28e17f72'"},
    {0},
};
