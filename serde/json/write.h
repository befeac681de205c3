/* serde/json/write.h: pieces of JSON text as Jackson writes them. Thread: any; the buffer grows only until it
 * is large enough. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A string with its quotes; `text` must be valid UTF-8, which is written raw. Escapes: \" \\ \b \f \n \r \t
 * and \u00XX (capital digits). */
void tg_json_write_string(struct tg_buffer *out, struct tg_slice text);
/* Double.toString; NaN and the infinities, which JSON cannot say, as strings. */
void tg_json_write_double(struct tg_buffer *out, double value);
void tg_json_write_base64(struct tg_buffer *out, struct tg_slice bytes); /* with quotes */

enum { TG_JSON_INT64_ROOM = 24, TG_JSON_STRING_ROOM = 2 };

/* For callers that made the room: these write at `target` and return where the text ends. */
uint8_t *tg_json_put_int64(uint8_t *target, int64_t value);
/* A string with its quotes, in text.length + TG_JSON_STRING_ROOM bytes; NULL if something in it needs an
 * escape. */
uint8_t *tg_json_put_plain_string(uint8_t *target, struct tg_slice text);

#ifdef __cplusplus
}
#endif
