#include "topology/rows/row_list.h"

#include "base/memory.h"

void tg_row_list_begin(struct tg_row_list *list, const struct tg_batch *batch)
{
    uint32_t rows = batch->rows->count;
    list->selected = 0;
    if (rows <= list->capacity)
        return;
    list->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    list->flags = tg_realloc(list->flags, list->capacity, sizeof *list->flags);
    list->selection = tg_realloc(list->selection, list->capacity, sizeof *list->selection);
}

void tg_row_list_add(struct tg_row_list *list, uint32_t row, uint8_t flags)
{
    list->flags[row] = flags;
    list->selection[list->selected++] = row;
}

struct tg_batch tg_row_list_batch(struct tg_row_list *list, const struct tg_batch *batch)
{
    struct tg_batch result = *batch;
    list->rows = *batch->rows;
    list->rows.flags = list->flags;
    result.rows = &list->rows;
    result.selection = list->selection;
    result.selected = list->selected;
    return result;
}

struct tg_batch tg_row_list_valued(struct tg_row_list *list, const struct tg_batch *batch)
{
    struct tg_batch result = *batch;
    tg_row_list_begin(list, batch);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        list->selection[list->selected] = row;
        list->selected += (batch->rows->flags[row] & TG_ROW_VALUE_NULL) == 0;
    }
    if (list->selected == batch->selected)
        return result;
    result.selection = list->selection;
    result.selected = list->selected;
    return result;
}

void tg_row_list_done(struct tg_row_list *list)
{
    tg_free(list->selection);
    tg_free(list->flags);
    *list = (struct tg_row_list){0};
}
