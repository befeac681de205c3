#include "base/base64.h"

static const uint8_t alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void tg_base64_encode(struct tg_slice bytes, uint8_t *out)
{
    const uint8_t *at = bytes.data;
    size_t left = bytes.length;
    for (; left >= 3; left -= 3, at += 3) {
        *out++ = alphabet[at[0] >> 2];
        *out++ = alphabet[(at[0] & 3) << 4 | at[1] >> 4];
        *out++ = alphabet[(at[1] & 15) << 2 | at[2] >> 6];
        *out++ = alphabet[at[2] & 63];
    }
    if (left == 0)
        return;
    uint8_t second = left == 2 ? at[1] : 0;
    *out++ = alphabet[at[0] >> 2];
    *out++ = alphabet[(at[0] & 3) << 4 | second >> 4];
    *out++ = left == 2 ? alphabet[(second & 15) << 2] : '=';
    *out = '=';
}

/* The six bits of a character; -1 if it has none. */
static int bits_of(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    if (byte == '+')
        return 62;
    return byte == '/' ? 63 : -1;
}

bool tg_base64_decode(struct tg_slice text, uint8_t *out, size_t *ret_length)
{
    uint8_t *start = out;
    uint32_t group = 0;
    unsigned characters = 0; /* of the group */
    unsigned padding = 0;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = text.data[i];
        if (byte <= ' ')
            continue;
        int bits = bits_of(byte);
        if (byte == '=' && characters >= 2)
            padding++;
        else if (bits < 0 || padding > 0)
            return false;
        group = group << 6 | (uint32_t)(bits < 0 ? 0 : bits);
        if (++characters < 4)
            continue;
        if (padding > 0 && (group & ((1U << 8 * padding) - 1)) != 0)
            return false;
        for (unsigned byte_index = 0; byte_index < 3 - padding; byte_index++)
            *out++ = (uint8_t)(group >> (16 - 8 * byte_index));
        group = 0;
        characters = 0;
        if (padding > 0 && i + 1 < text.length) {
            while (++i < text.length)
                if (text.data[i] > ' ')
                    return false;
        }
    }
    *ret_length = (size_t)(out - start);
    return characters == 0;
}
