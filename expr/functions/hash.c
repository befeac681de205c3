/* expr/functions/hash.c: digests of texts. */
#include <endian.h>

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
    uint32_t word;
    memcpy(&word, block + 4 * (size_t)index, sizeof word);
    return le32toh(word);
}

/* The four words of the state as they pass through the steps. */
struct words {
    uint32_t a, b, c, d;
};

static inline void step(struct words *words, uint32_t mixed, uint32_t added, unsigned shift)
{
    uint32_t turned = rotate(words->a + mixed + added, shift);
    words->a = words->d;
    words->d = words->c;
    words->c = words->b;
    words->b += turned;
}

/* One block of RFC 1321: four rounds of 16 steps; the constant of step i is floor(2^32 * |sin(i + 1)|). */
static void take_block(struct md5 *md5, const uint8_t *block)
{
    static const uint32_t constants[64] = {
        0xD76AA478, 0xE8C7B756, 0x242070DB, 0xC1BDCEEE, 0xF57C0FAF, 0x4787C62A, 0xA8304613, 0xFD469501,
        0x698098D8, 0x8B44F7AF, 0xFFFF5BB1, 0x895CD7BE, 0x6B901122, 0xFD987193, 0xA679438E, 0x49B40821,
        0xF61E2562, 0xC040B340, 0x265E5A51, 0xE9B6C7AA, 0xD62F105D, 0x02441453, 0xD8A1E681, 0xE7D3FBC8,
        0x21E1CDE6, 0xC33707D6, 0xF4D50D87, 0x455A14ED, 0xA9E3E905, 0xFCEFA3F8, 0x676F02D9, 0x8D2A4C8A,
        0xFFFA3942, 0x8771F681, 0x6D9D6122, 0xFDE5380C, 0xA4BEEA44, 0x4BDECFA9, 0xF6BB4B60, 0xBEBFBC70,
        0x289B7EC6, 0xEAA127FA, 0xD4EF3085, 0x04881D05, 0xD9D4D039, 0xE6DB99E5, 0x1FA27CF8, 0xC4AC5665,
        0xF4292244, 0x432AFF97, 0xAB9423A7, 0xFC93A039, 0x655B59C3, 0x8F0CCC92, 0xFFEFF47D, 0x85845DD1,
        0x6FA87E4F, 0xFE2CE6E0, 0xA3014314, 0x4E0811A1, 0xF7537E82, 0xBD3AF235, 0x2AD7D2BB, 0xEB86D391};
    static const unsigned shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    struct words w = {md5->state[0], md5->state[1], md5->state[2], md5->state[3]};
    for (unsigned i = 0; i < 16; i++)
        step(&w, (w.b & w.c) | (~w.b & w.d), constants[i] + word_at(block, i), shifts[0][i % 4]);
    for (unsigned i = 16; i < 32; i++)
        step(&w, (w.d & w.b) | (~w.d & w.c), constants[i] + word_at(block, (5 * i + 1) % 16),
             shifts[1][i % 4]);
    for (unsigned i = 32; i < 48; i++)
        step(&w, w.b ^ w.c ^ w.d, constants[i] + word_at(block, (3 * i + 5) % 16), shifts[2][i % 4]);
    for (unsigned i = 48; i < 64; i++)
        step(&w, w.c ^ (w.b | ~w.d), constants[i] + word_at(block, (7 * i) % 16), shifts[3][i % 4]);
    md5->state[0] += w.a;
    md5->state[1] += w.b;
    md5->state[2] += w.c;
    md5->state[3] += w.d;
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
    static const char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        uint8_t bytes[MD5_BYTES];
        if (call->result->valid[row] == 0)
            continue;
        digest(call->arguments[0]->values.bytes[row], bytes);
        uint8_t *text = tg_arena_bytes_alloc(call->arena, 2 * MD5_BYTES);
        for (unsigned at = 0; at < MD5_BYTES; at++) {
            text[2 * at] = (uint8_t)digits[bytes[at] >> 4];
            text[2 * at + 1] = (uint8_t)digits[bytes[at] & 15];
        }
        tg_call_set_bytes(call, row, tg_slice_of(text, 2 * MD5_BYTES));
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
