/* expr/functions/logic.c: NOT. AND and OR are no functions: they skip their right side where the left one
 * decides. */
#include "expr/kernel.h"

static void not_rows(const struct tg_call *call)
{
    const uint8_t *restrict value = call->arguments[0]->values.boolean;
    uint8_t *restrict result = call->result->values.boolean;
    for (uint32_t row = 0; call->rows == NULL && row < call->row_count; row++)
        result[row] = (value[row] & 1) ^ 1;
    for (uint32_t i = 0; call->rows != NULL && i < call->row_count; i++)
        result[call->rows[i]] = (value[call->rows[i]] & 1) ^ 1;
}

extern const struct tg_function tg_functions_logic[];
const struct tg_function tg_functions_logic[] = {
    {.signature = "NOT(BOOLEAN) -> BOOLEAN",
     .kernel = not_rows,
     .flags = TG_FUNCTION_OPERATOR | TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_NULL_FAILS | TG_FUNCTION_EAGER,
     .summary = "TRUE for FALSE, FALSE for TRUE; a NULL makes the whole expression NULL.",
     .example = "NOT (1 > 2)"},
    {0},
};
