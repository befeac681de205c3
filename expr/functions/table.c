/* expr/functions/table.c: table functions: many rows from one. */
#include "expr/kernel.h"

/* NULL and the empty array give no row. */
static uint32_t explode(const struct tg_call *call, uint32_t row, struct tg_column *result)
{
    const struct tg_column *array = call->arguments[0];
    if (array->valid[row] == 0)
        return 0;
    struct tg_range range = array->values.range[row];
    for (uint32_t i = 0; i < range.count; i++)
        tg_column_copy_row(result, tg_column_extend(result), array->children[0], range.start + i);
    return range.count;
}

/* Every way to replace elements by NULL, counting up with the last element as the lowest bit; elements that
 * are NULL already do not count twice. */
static uint32_t cube_explode(const struct tg_call *call, uint32_t row, struct tg_column *result)
{
    enum { ELEMENTS_MAX = 20 };
    const struct tg_column *array = call->arguments[0];
    if (array->valid[row] == 0)
        return 0;
    struct tg_range range = array->values.range[row];
    const struct tg_column *elements = array->children[0];
    if (range.count > ELEMENTS_MAX) {
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "CUBE_EXPLODE takes at most %d elements, not %u",
                     ELEMENTS_MAX, range.count);
        return 0;
    }
    uint32_t known = 0; /* bits of elements that are not NULL */
    for (uint32_t i = 0; i < range.count; i++)
        known |= (uint32_t)elements->valid[range.start + i] << (range.count - 1 - i);
    uint32_t rows = 0;
    for (uint32_t mask = 0; range.count > 0 && mask < 1U << range.count; mask++) {
        if ((mask & ~known) != 0)
            continue;
        uint32_t target = tg_column_extend(result);
        struct tg_range copy = {.start = result->children[0]->length, .count = range.count};
        for (uint32_t i = 0; i < range.count; i++) {
            uint32_t element = tg_column_extend(result->children[0]);
            if ((mask >> (range.count - 1 - i) & 1) != 0)
                tg_column_copy_row(result->children[0], element, elements, range.start + i);
            else
                tg_column_set_null(result->children[0], element);
        }
        result->values.range[target] = copy;
        result->valid[target] = 1;
        rows++;
    }
    return rows;
}

extern const struct tg_function tg_functions_table[];
const struct tg_function tg_functions_table[] = {
    {.signature = "EXPLODE(ARRAY<T>) -> T",
     .kind = TG_FUNCTION_TABLE,
     .flags = TG_FUNCTION_SEES_NULL,
     .table = explode,
     .summary = "One row for each element; none for NULL and the empty array.",
     .example = "EXPLODE(ARRAY[1, 2]) = (1, 2)"},
    {.signature = "CUBE_EXPLODE(ARRAY<T>) -> ARRAY<T>",
     .kind = TG_FUNCTION_TABLE,
     .flags = TG_FUNCTION_SEES_NULL,
     .table = cube_explode,
     .summary = "One row for every way to replace elements by NULL; at most 20 elements.",
     .example = "CUBE_EXPLODE(ARRAY[1]) = (ARRAY[CAST(NULL AS INT)], ARRAY[1])"},
    {0},
};
