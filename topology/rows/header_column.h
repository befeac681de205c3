/* topology/rows/header_column.h: the headers of a record as a column's value. Thread: the task's worker. */
#pragma once

#include "data/batch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets row `row` (below column->length) of a column whose role is HEADER (the last header of its name, or
 * NULL) or HEADERS (all, in order). Slices stay borrowed. */
void tg_header_column_set(struct tg_column *column, uint32_t row, const struct tg_schema_column *declared,
                          const struct tg_header_list *list);

#ifdef __cplusplus
}
#endif
