/* data/number.h: numbers as text, in Java's form where users see them. Thread: any; independent of the C
 * locale. */
#pragma once

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_DOUBLE_TEXT_MAX = 32, TG_INT64_TEXT_MAX = 24 };

/* Java's Double.toString with shortest digits (JDK 19 and newer): "1.0", "1.0E10", "1.0E-4", "NaN",
 * "Infinity". Returns the length. */
size_t tg_double_write(double value, char out[TG_DOUBLE_TEXT_MAX]);
size_t tg_int64_write(int64_t value, char out[TG_INT64_TEXT_MAX]);
/* The digits alone, at most 20 of them; nothing behind the last is touched. */
size_t tg_uint64_write(uint64_t value, char *out);

/* Correctly rounded. The whole text must be [sign] digits [. digits] [e [sign] digits], with a digit before
 * or behind the point
 * ("+1", ".5" and "5." are numbers here). Beyond a double's range: an infinity, or zero. False if the text is
 * anything else. */
bool tg_double_parse(struct tg_slice text, double *ret_value);
/* The whole text: optional sign and digits; false on anything else or overflow. */
bool tg_int64_parse(struct tg_slice text, int64_t *ret_value);
bool tg_int32_parse(struct tg_slice text, int32_t *ret_value);

#ifdef __cplusplus
}
#endif
