/* expr/functions/conditional.c: functions that choose among values, and AS_VALUE. */
#include "expr/kernel.h"

static void first_value(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        uint32_t argument = 0;
        while (argument < call->argument_count && call->arguments[argument]->valid[row] == 0)
            argument++;
        if (argument < call->argument_count)
            tg_column_copy_row(call->result, row, call->arguments[argument], row);
        else
            tg_column_set_null(call->result, row);
    }
}

static void null_if(const struct tg_call *call)
{
    const struct tg_column *value = call->arguments[0];
    const struct tg_column *other = call->arguments[1];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (value->valid[row] == 0 || (other->valid[row] != 0 && tg_column_row_equal(value, row, other, row)))
            tg_column_set_null(call->result, row);
        else
            tg_column_copy_row(call->result, row, value, row);
    }
}

static void as_value(const struct tg_call *call)
{
    tg_column_copy_rows(call->result, call->arguments[0], call->rows, call->row_count);
}

extern const struct tg_function tg_functions_conditional[];
const struct tg_function tg_functions_conditional[] = {
    {.signature = "COALESCE(T, T...) -> T",
     .kernel = first_value,
     .flags = TG_FUNCTION_SEES_NULL,
     .summary = "The first argument that is not NULL.",
     .example = "COALESCE(NULL, 2, 3) = 2"},
    {.signature = "IFNULL(T, T) -> T",
     .kernel = first_value,
     .flags = TG_FUNCTION_SEES_NULL,
     .summary = "The first argument, or the second if the first is NULL.",
     .example = "IFNULL(NULL, 'none') = 'none'"},
    {.signature = "NULLIF(T, T) -> T",
     .kernel = null_if,
     .flags = TG_FUNCTION_SEES_NULL,
     .summary = "NULL if both arguments are equal, else the first.",
     .example = "NULLIF(1, 1) IS NULL"},
    {.signature = "AS_VALUE(T) -> T",
     .kernel = as_value,
     .flags = TG_FUNCTION_SEES_NULL,
     .summary = "The value itself, also NULL: puts a copy of a key column into the record value.",
     .example = "AS_VALUE(1) = 1"},
    {0},
};
