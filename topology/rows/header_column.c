#include "topology/rows/header_column.h"

static void set_one(struct tg_column *column, uint32_t row, const char *name,
                    const struct tg_header_list *list)
{
    column->valid[row] = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!tg_slice_is(list->headers[i].name, name))
            continue;
        column->values.bytes[row] = list->headers[i].value; /* the last one wins */
        column->valid[row] = list->headers[i].value.data != NULL;
    }
}

void tg_header_column_set(struct tg_column *column, uint32_t row, const struct tg_schema_column *declared,
                          const struct tg_header_list *list)
{
    if (declared->role == TG_COLUMN_HEADER) {
        set_one(column, row, declared->header_key, list);
        return;
    }
    struct tg_column *element = column->children[0];
    column->valid[row] = 1;
    column->values.range[row] = (struct tg_range){element->length, list->count};
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t at = tg_column_extend(element);
        element->valid[at] = 1;
        element->children[0]->values.bytes[at] = list->headers[i].name;
        element->children[0]->valid[at] = 1;
        element->children[1]->values.bytes[at] = list->headers[i].value;
        element->children[1]->valid[at] = list->headers[i].value.data != NULL;
    }
}
