/* data/decimal.h: exact decimals of up to 38 digits as scaled 128-bit integers. Thread: any; nothing is
 * allocated. Rules: Java's BigDecimal as ksqlDB uses it (precision and scale algebra: see the type
 * functions). */
#pragma once

#include "base/error.h"
#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

__extension__ typedef __int128 tg_int128;
__extension__ typedef unsigned __int128 tg_uint128;

enum { TG_DECIMAL_DIGITS_MAX = 38, TG_DECIMAL_TEXT_MAX = 48 };

enum tg_decimal_result {
    TG_DECIMAL_OK,
    TG_DECIMAL_OVERFLOW, /* does not fit the precision */
    TG_DECIMAL_INEXACT,  /* digits would be lost where none may be */
    TG_DECIMAL_DIVIDED_BY_ZERO,
    TG_DECIMAL_MALFORMED, /* not a number's text */
};

enum tg_decimal_rounding {
    TG_ROUND_UNNECESSARY,
    TG_ROUND_HALF_UP,
    TG_ROUND_DOWN,
    TG_ROUND_HALF_DOWN,
    TG_ROUND_CEILING,
    TG_ROUND_FLOOR
};

bool tg_decimal_fits(tg_int128 value, unsigned precision);
enum tg_decimal_result tg_decimal_rescale(tg_int128 value, unsigned scale, unsigned new_scale,
                                          enum tg_decimal_rounding rounding, tg_int128 *ret_value);
/* Operands of scale `left_scale`, `right_scale`; the result in `scale`, refused if it does not fit
 * `precision`. */
struct tg_decimal_operands {
    tg_int128 left, right;
    unsigned left_scale, right_scale;
    unsigned precision, scale; /* of the result */
};
enum tg_decimal_result tg_decimal_add(const struct tg_decimal_operands *operands, tg_int128 *ret_value);
enum tg_decimal_result tg_decimal_subtract(const struct tg_decimal_operands *operands, tg_int128 *ret_value);
enum tg_decimal_result tg_decimal_multiply(const struct tg_decimal_operands *operands, tg_int128 *ret_value);
enum tg_decimal_result tg_decimal_divide(const struct tg_decimal_operands *operands,
                                         tg_int128 *ret_value); /* exact or INEXACT */
enum tg_decimal_result tg_decimal_modulo(const struct tg_decimal_operands *operands, tg_int128 *ret_value);
int tg_decimal_compare(tg_int128 left, unsigned left_scale, tg_int128 right, unsigned right_scale);

/* Reads "12.50", "-1E3"; the result in `scale`. UNNECESSARY refuses digits that do not fit the scale. */
enum tg_decimal_result tg_decimal_parse(struct tg_slice text, unsigned precision, unsigned scale,
                                        enum tg_decimal_rounding rounding, tg_int128 *ret_value);
/* Plain text with all digits of the scale ("12.50"); returns its length. */
size_t tg_decimal_write(tg_int128 value, unsigned scale, char out[TG_DECIMAL_TEXT_MAX]);
double tg_decimal_to_double(tg_int128 value, unsigned scale);
/* From the shortest text of the double, as BigDecimal.valueOf does. */
enum tg_decimal_result tg_decimal_from_double(double value, unsigned precision, unsigned scale,
                                              enum tg_decimal_rounding rounding, tg_int128 *ret_value);

#ifdef __cplusplus
}
#endif
