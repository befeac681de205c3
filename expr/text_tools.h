/* expr/text_tools.h: characters of UTF-8 texts, for the families that work on them. Thread: any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The character that starts at `*at`, which moves behind it. */
uint32_t tg_text_character(struct tg_slice text, size_t *at);
void tg_text_append(struct tg_buffer *out, uint32_t character);
/* In the other case, as Java's toUpperCase and toLowerCase; one character can become two. */
void tg_text_append_upper(struct tg_buffer *out, uint32_t character);
void tg_text_append_lower(struct tg_buffer *out, uint32_t character);

/* What MASK tells apart. */
enum tg_text_class { TG_TEXT_UPPER, TG_TEXT_LOWER, TG_TEXT_DIGIT, TG_TEXT_OTHER };
enum tg_text_class tg_text_class_of(uint32_t character);

size_t tg_text_units(struct tg_slice text); /* UTF-16 units */
size_t tg_text_offset(struct tg_slice text,
                      size_t units); /* bytes of the first units; at most the whole, never half a character */
/* The byte where `part` starts at or behind `from`; SIZE_MAX: nowhere. */
size_t tg_text_find(struct tg_slice text, size_t from, struct tg_slice part);
int tg_text_hex_digit(uint8_t byte); /* -1: none */

#ifdef __cplusplus
}
#endif
