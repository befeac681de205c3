/* topology/rows/row_bytes.h: the columns of a row as bytes of our own, for stores that keep rows which are
 * not records of a topic. Per column one byte (0: NULL), then the value: BOOLEAN u8, INT, DATE, TIME i32,
 * BIGINT, TIMESTAMP i64, DOUBLE its bits u64, DECIMAL 16 bytes, STRING and BYTES u32 length | bytes, ARRAY
 * u32 count | elements, MAP u32 count | key, value, ..., STRUCT its fields; nested values as columns; big
 * endian. Thread: any. */
#pragma once

#include "data/column.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends the value of one row of a column; a column that does not exist (NULL) as NULL. */
void tg_row_bytes_append(struct tg_buffer *out, const struct tg_column *column, uint32_t row);

/* Takes one value off the front of `bytes` into row `row` (below its length) of a column of that type.
 * STRING and BYTES borrow from `bytes`. Errors: CORRUPT. */
TG_MUST_CHECK enum tg_code tg_row_bytes_read(struct tg_slice *bytes, struct tg_column *column, uint32_t row,
                                             struct tg_error *reterr);
/* Passes over one value of a type. Errors: CORRUPT. */
TG_MUST_CHECK enum tg_code tg_row_bytes_skip(struct tg_slice *bytes, const struct tg_type *type,
                                             struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
