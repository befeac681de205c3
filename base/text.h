/* base/text.h: UTF-8 validation, name distance for "did you mean", and whole-file reading. Thread: any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Length of the valid UTF-8 prefix: equal to `text.length` when all of it is valid (no surrogates, no
 * overlong forms). */
size_t tg_utf8_valid_prefix(struct tg_slice text);

static inline bool tg_utf8_valid(struct tg_slice text)
{
    return tg_utf8_valid_prefix(text) == text.length;
}

/* Number of characters (code points) of valid UTF-8. */
size_t tg_utf8_length(struct tg_slice text);

/* Encodes a code point (not a surrogate) into at most 4 bytes; returns their number. */
size_t tg_utf8_encode(uint32_t code_point, uint8_t out[4]);

/* The candidate most like `word` (Damerau-Levenshtein without case, at most a third of the word's length
 * wrong), or NULL. `candidate(context, index)` returns NULL at the end of the list. */
const char *tg_closest(const char *word, const char *(*candidate)(const void *context, size_t index),
                       const void *context);

/* Reads a whole file into `buffer` (replacing its content). Errors: IO with the reason, LIMIT if larger than
 * `bytes_max`. */
TG_MUST_CHECK enum tg_code tg_read_file(const char *path, size_t bytes_max, struct tg_buffer *buffer,
                                        struct tg_error *reterr);

/* Parses a whole text as a decimal integer in [least, most]; false if it is anything else. */
bool tg_parse_int64(struct tg_slice text, int64_t least, int64_t most, int64_t *ret_value);

#ifdef __cplusplus
}
#endif
