/* data/double_shim.h: the two conversions of C++'s <charconv> behind C functions; private to data/. Thread:
 * any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_DOUBLE_DIGITS_MAX = 32 };

/* The fewest digits that read back as `value`, as "d.ddde+XX"; two digits where more than one number of one
 * digit would do, the nearer one then. `value` is finite. Returns the length. */
size_t tg_double_shortest(double value, char out[TG_DOUBLE_DIGITS_MAX]);

/* Correctly rounded. `text` is "digits[.digits][e[sign]digits]". False if it is too large or too small for a
 * double. */
bool tg_double_from_text(const char *text, size_t length, double *ret_value);

#ifdef __cplusplus
}
#endif
