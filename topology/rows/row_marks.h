/* topology/rows/row_marks.h: offset and headers of a record in front of its bytes, for stores whose rows show
 * them: offset i64 | number of headers u32 | per header its name and its value, each u32 length (UINT32_MAX:
 * none) | bytes; big endian. Thread: any. */
#pragma once

#include "data/batch.h"

#ifdef __cplusplus
extern "C" {
#endif

void tg_row_marks_append(struct tg_buffer *out, const struct tg_rows *rows, uint32_t row);
/* Takes them off the front of `rest`; names and values borrow from it, the list is in `arena`. False: these
 * are no marks. */
bool tg_row_marks_take(struct tg_slice *rest, struct tg_arena *arena, int64_t *ret_offset,
                       struct tg_header_list *ret_headers);

#ifdef __cplusplus
}
#endif
