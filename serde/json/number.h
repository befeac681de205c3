/* serde/json/number.h: what a JSON number becomes in a column. Rules: ksqlDB reads whole numbers of any size
 * and the others as BigDecimal, then asks them for the column's type. Thread: any; nothing is allocated. */
#pragma once

#include "base/buffer.h"
#include "data/decimal.h"
#include "data/type.h"
#include "serde/json/scan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The fraction is cut off; of what is left the low 32 bits are taken, as Java's Number.intValue does. */
int32_t tg_json_number_int32(const struct tg_json_number *number);
/* The fraction is cut off; false if the rest does not fit. */
bool tg_json_number_int64(const struct tg_json_number *number, int64_t *ret_value);
/* Correctly rounded; too large numbers become infinite. */
double tg_json_number_double(const struct tg_json_number *number);
/* Exact: digits that the type has no room for make it INEXACT or OVERFLOW. */
enum tg_decimal_result tg_json_number_decimal(const struct tg_json_number *number, const struct tg_type *type,
                                              tg_int128 *ret_value);
/* The text a number has in a STRING column: whole numbers as they are, others as BigDecimal.toString ("1E+5",
 * "1.50"). */
void tg_json_number_write(const struct tg_json_number *number, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
