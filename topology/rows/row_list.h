/* topology/rows/row_list.h: reused memory for the rows of a batch that an operator goes on with. Thread: the
 * task's worker. */
#pragma once

#include "data/batch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Row marks with flags of the operator's own; the other marks are those of the input batch. */
struct tg_row_list {
    uint32_t *selection;
    uint8_t *flags; /* by row */
    uint32_t selected;
    uint32_t capacity;
    struct tg_rows rows;
};

/* Empties the list, with room for the rows of the batch. */
void tg_row_list_begin(struct tg_row_list *list, const struct tg_batch *batch);
void tg_row_list_add(struct tg_row_list *list, uint32_t row, uint8_t flags);
/* The batch with the rows that were added (ascending) and their flags; valid as long as list and batch. */
struct tg_batch tg_row_list_batch(struct tg_row_list *list, const struct tg_batch *batch);
/* The rows of the batch that have a value. */
struct tg_batch tg_row_list_valued(struct tg_row_list *list, const struct tg_batch *batch);
void tg_row_list_done(struct tg_row_list *list);

#ifdef __cplusplus
}
#endif
