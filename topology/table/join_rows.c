#include "topology/table/join_rows.h"

uint32_t tg_join_first_copy(const struct tg_schema *output, const struct tg_plan_join_columns *columns,
                            uint32_t side)
{
    uint32_t right = output->count - columns->right_count;
    return side == 1 ? right : right - columns->left_count;
}

struct tg_column *tg_join_key_column(const struct tg_batch *batch, const struct tg_schema *schema,
                                     uint32_t index)
{
    enum tg_column_role role = schema->columns[index].role;
    uint32_t before = 0;
    for (uint32_t i = 0; i < index; i++)
        before += schema->columns[i].role == role;
    for (uint32_t i = 0; i < batch->schema->count; i++)
        if (batch->schema->columns[i].role == role && before-- == 0)
            return batch->columns[i];
    return NULL;
}
