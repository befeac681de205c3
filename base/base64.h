/* base/base64.h: RFC 4648 base64 with padding, on one line. Thread: any; nothing is allocated. */
#pragma once

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline size_t tg_base64_encoded_length(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

/* Writes tg_base64_encoded_length(bytes.length) characters. */
void tg_base64_encode(struct tg_slice bytes, uint8_t *out);

/* Writes at most text.length / 4 * 3 bytes. Blanks and line ends between characters are passed over, as
 * Java's MIME readers do; false on any other character, missing padding or bits left over. */
bool tg_base64_decode(struct tg_slice text, uint8_t *out, size_t *ret_length);

#ifdef __cplusplus
}
#endif
