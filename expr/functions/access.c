/* expr/functions/access.c: elements of arrays and maps, and the constructors of nested values. */
#include "expr/kernel.h"

/* 1 is the first element, -1 the last; anything outside is NULL. */
static void array_element(const struct tg_call *call)
{
    const struct tg_column *array = call->arguments[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        struct tg_range range = array->values.range[row];
        int64_t index = call->arguments[1]->values.int32[row];
        index = index < 0 ? index + range.count : index - 1;
        if (call->arguments[1]->values.int32[row] == 0 || index < 0 || index >= range.count)
            tg_column_set_null(call->result, row);
        else
            tg_column_copy_row(call->result, row, array->children[0], range.start + (uint32_t)index);
    }
}

static void map_value(const struct tg_call *call)
{
    const struct tg_column *map = call->arguments[0];
    const struct tg_column *key = call->arguments[1];
    bool text = key->type->kind == TG_TYPE_STRING;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        struct tg_range range = map->values.range[row];
        const struct tg_column *keys = map->children[0];
        uint32_t end = range.start + range.count;
        uint32_t entry = range.start;
        for (; entry < end; entry++) {
            if (text ? keys->valid[entry] != 0 &&
                           tg_slice_equal(keys->values.bytes[entry], key->values.bytes[row])
                     : tg_column_row_equal(keys, entry, key, row))
                break;
        }
        if (entry == end)
            tg_column_set_null(call->result, row);
        else
            tg_column_copy_row(call->result, row, map->children[1], entry);
    }
}

static void make_array(const struct tg_call *call)
{
    struct tg_column *elements = call->result->children[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_range range = {.start = elements->length, .count = call->argument_count};
        for (uint32_t argument = 0; argument < call->argument_count; argument++)
            tg_column_copy_row(elements, tg_column_extend(elements), call->arguments[argument], row);
        call->result->values.range[row] = range;
        call->result->valid[row] = 1;
    }
}

static uint32_t find_key(const struct tg_column *keys, struct tg_range range, const struct tg_column *key,
                         uint32_t row)
{
    for (uint32_t entry = range.start; entry < range.start + range.count; entry++)
        if (tg_column_row_equal(keys, entry, key, row))
            return entry;
    return UINT32_MAX;
}

/* Of equal keys the last one counts. */
static void make_map(const struct tg_call *call)
{
    struct tg_column *keys = call->result->children[0];
    struct tg_column *values = call->result->children[1];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_range range = {.start = keys->length, .count = 0};
        for (uint32_t pair = 0; pair < call->argument_count; pair += 2) {
            uint32_t entry = find_key(keys, range, call->arguments[pair], row);
            if (entry == UINT32_MAX) {
                entry = tg_column_extend(keys);
                (void)tg_column_extend(values);
                range.count++;
                tg_column_copy_row(keys, entry, call->arguments[pair], row);
            }
            tg_column_copy_row(values, entry, call->arguments[pair + 1], row);
        }
        call->result->values.range[row] = range;
        call->result->valid[row] = 1;
    }
}

static void make_struct(const struct tg_call *call)
{
    for (uint32_t field = 0; field < call->argument_count; field++)
        tg_column_copy_rows(call->result->children[field], call->arguments[field], call->rows,
                            call->row_count);
    for (uint32_t i = 0; i < call->row_count; i++)
        call->result->valid[tg_call_row(call, i)] = 1;
}

enum { CONSTRUCTOR = TG_FUNCTION_OPERATOR | TG_FUNCTION_SEES_NULL | TG_FUNCTION_CONTAINS };

extern const struct tg_function tg_functions_access[];
const struct tg_function tg_functions_access[] = {
    {.signature = "[](ARRAY<T>, INT) -> T",
     .kernel = array_element,
     .flags = TG_FUNCTION_OPERATOR | TG_FUNCTION_NULL_IF_NULL,
     .summary = "The element at a position: 1 is the first, -1 the last; NULL if there is none.",
     .example = "ARRAY['a', 'b'][-1] = 'b'"},
    {.signature = "[](MAP<K, V>, K) -> V",
     .kernel = map_value,
     .flags = TG_FUNCTION_OPERATOR | TG_FUNCTION_NULL_IF_NULL,
     .summary = "The value of a key; NULL if the map does not have it.",
     .example = "MAP('a' := 1)['a'] = 1"},
    {.signature = "ARRAY(T...) -> ARRAY<T>",
     .kernel = make_array,
     .flags = CONSTRUCTOR,
     .summary = "An array of its arguments, brought to one type.",
     .example = "ARRAY[1, 2][2] = 2"},
    {.signature = "MAP(T...) -> MAP<T, T>", /* built by its syntax, never resolved by type */
     .kernel = make_map,
     .flags = CONSTRUCTOR,
     .summary = "A map of keys and values; of equal keys the last one counts.",
     .example = "MAP('a' := 1, 'a' := 2)['a'] = 2"},
    {.signature = "STRUCT(T...) -> STRUCT",
     .kernel = make_struct,
     .flags = CONSTRUCTOR,
     .summary = "A struct with the named fields.",
     .example = "STRUCT(A := 1, B := 'x')->B = 'x'"},
    {0},
};
