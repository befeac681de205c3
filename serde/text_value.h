/* serde/text_value.h: values in texts, as Java's parse methods read them: what JSON strings and DELIMITED
 * cells become. Thread: any; nothing is allocated. */
#pragma once

#include "base/slice.h"
#include "data/type.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_TEXT_DOUBLE_MAX = 1024 }; /* bytes of a DOUBLE's text; longer ones are refused */

/* Double.parseDouble without its hexadecimal form: blanks around, "NaN", "Infinity", ".5", "5.", a suffix d
 * or f. */
bool tg_text_double(struct tg_slice text, double *ret_value);

/* The rule for the integers behind INT, BIGINT, TIME (0..86399999), DATE and TIMESTAMP columns; false if
 * `value` does not fit. */
bool tg_type_integer_fits(enum tg_type_kind kind, int64_t value);

/* What a text or number must be for the type, for messages: "a whole number of 32 bits". */
const char *tg_type_expectation(enum tg_type_kind kind);

/* A float as Java's Float.toString writes it, without NUL; room for TG_DOUBLE_TEXT_MAX bytes. Returns the
 * length. */
size_t tg_text_write_float(float value, char *out);

#ifdef __cplusplus
}
#endif
