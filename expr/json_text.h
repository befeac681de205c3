/* expr/json_text.h: JSON inside of texts, for the functions that look into them. Values are slices of the
 * text: nothing is built. Thread: any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_json_kind {
    TG_JSON_NULL,
    TG_JSON_BOOLEAN,
    TG_JSON_INTEGER,
    TG_JSON_REAL,
    TG_JSON_STRING,
    TG_JSON_ARRAY,
    TG_JSON_OBJECT
};

struct tg_json {
    enum tg_json_kind kind;
    struct tg_slice text; /* as written, checked: strings with their quotes, nested values whole */
};

enum tg_json_result { TG_JSON_FOUND, TG_JSON_EMPTY, TG_JSON_MALFORMED };

/* The value at the front of a text; what follows it is passed over, as Jackson's readTree does. EMPTY:
 * nothing but white space. */
enum tg_json_result tg_json_read(struct tg_slice text, struct tg_json *ret_value);

/* Walks over the elements of an array, or the members of an object. */
struct tg_json_cursor {
    struct tg_slice rest;
    bool object;
};
struct tg_json_cursor tg_json_members(const struct tg_json *nested);
/* False at the end. `*ret_name` is only set for objects: a string with its quotes. */
bool tg_json_next(struct tg_json_cursor *cursor, struct tg_slice *ret_name, struct tg_json *ret_value);

/* Appends the characters that a string (with its quotes) stands for. */
void tg_json_append_plain(struct tg_slice string, struct tg_buffer *out);
/* How numbers with a point or an exponent are written: Java's BigDecimal has both forms. */
enum tg_json_numbers {
    TG_JSON_NUMBERS_SHORT, /* 1e5 as 1E+5: toString */
    TG_JSON_NUMBERS_PLAIN  /* 1e5 as 100000: toPlainString, up to 9,999 digits behind or before the point */
};
/* Appends the value without white space, strings with the fewest escapes, in one pass. */
void tg_json_append_compact(const struct tg_json *value, enum tg_json_numbers numbers, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
