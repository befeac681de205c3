/* expr/cast.h: which casts exist and the loops that do them. Thread: any; a cast is immutable and lives in
 * its query's arena. Rules: ksqlDB's CAST (numbers cut toward zero or wrap, DECIMAL rounds half up, text is
 * trimmed, nested parts one by one). */
#pragma once

#include "expr/function.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Is there a cast at all? Equal types count as one. */
bool tg_cast_exists(const struct tg_type *from, const struct tg_type *to);
/* Evaluates a cast of arguments[0] to the type of the result; NULL_IF_NULL. */
void tg_cast_kernel(const struct tg_call *call);
/* Can the cast fail for some value? Widenings cannot. */
bool tg_cast_may_fail(const struct tg_type *from, const struct tg_type *to);
/* Appends a value as CAST to STRING writes it (Java's forms). The row must not be NULL. */
void tg_cast_write(const struct tg_column *column, uint32_t row, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
