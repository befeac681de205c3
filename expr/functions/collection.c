/* expr/functions/collection.c: arrays and maps. Elements are compared as values: NULL is the same as NULL. */
#include "expr/cast.h"
#include "expr/internal.h"
#include "expr/kernel.h"
#include "expr/resolve.h"
#include "expr/value_index.h"

static bool skips(const struct tg_call *call, uint32_t row)
{
    return call->result->valid[row] == 0;
}

static struct tg_range range_of(const struct tg_call *call, uint32_t argument, uint32_t row)
{
    return call->arguments[argument]->values.range[row];
}

/* Does source[at] occur in the array? */
static bool occurs_in(const struct tg_column *array, struct tg_range range, const struct tg_column *source,
                      uint32_t at)
{
    for (uint32_t i = range.start; i < range.start + range.count; i++)
        if (tg_column_row_equal(array->children[0], i, source, at))
            return true;
    return false;
}

/* ---- results that are arrays: append elements, then close ---- */

static void append(const struct tg_call *call, const struct tg_column *source, uint32_t at)
{
    struct tg_column *elements = call->result->children[0];
    tg_column_copy_row(elements, tg_column_extend(elements), source, at);
}

/* Appends what is not there yet: `known` has the elements of the result so far. */
static void append_new(const struct tg_call *call, struct tg_value_index *known,
                       const struct tg_column *source, uint32_t at)
{
    if (tg_value_index_find(known, source, at) != TG_VALUE_NONE)
        return;
    append(call, source, at);
    tg_value_index_add(known);
}

static struct tg_value_index index_of_result(const struct tg_call *call)
{
    return tg_value_index_from(call, call->result->children[0], call->result->children[0]->length);
}

static void close_array(const struct tg_call *call, uint32_t row, uint32_t start)
{
    call->result->values.range[row] =
        (struct tg_range){.start = start, .count = call->result->children[0]->length - start};
    call->result->valid[row] = 1;
}

/* ---- ARRAY_LENGTH, ARRAY_CONTAINS ---- */

static void array_length(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (!skips(call, row))
            call->result->values.int32[row] = (int32_t)range_of(call, 0, row).count;
    }
}

static void array_contains(const struct tg_call *call)
{
    const struct tg_column *array = call->arguments[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        call->result->valid[row] = array->valid[row];
        if (array->valid[row] != 0)
            call->result->values.boolean[row] =
                occurs_in(array, range_of(call, 0, row), call->arguments[1], row) ? 1 : 0;
    }
}

/* ---- sets ---- */

static void array_distinct(const struct tg_call *call)
{
    const struct tg_column *elements = call->arguments[0]->children[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_range range = range_of(call, 0, row);
        struct tg_value_index known = index_of_result(call);
        for (uint32_t at = range.start; at < range.start + range.count; at++)
            append_new(call, &known, elements, at);
        close_array(call, row, known.start);
    }
}

static void array_union(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_value_index known = index_of_result(call);
        for (uint32_t argument = 0; argument < 2; argument++) {
            struct tg_range range = range_of(call, argument, row);
            for (uint32_t at = range.start; at < range.start + range.count; at++)
                append_new(call, &known, call->arguments[argument]->children[0], at);
        }
        close_array(call, row, known.start);
    }
}

/* The distinct elements of the first array that are (or are not) in the second. */
static void select_elements(const struct tg_call *call, bool in_second)
{
    const struct tg_column *elements = call->arguments[0]->children[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_range range = range_of(call, 0, row);
        struct tg_range others = range_of(call, 1, row);
        struct tg_value_index known = index_of_result(call);
        struct tg_value_index second =
            tg_value_index_from(call, call->arguments[1]->children[0], others.start);
        while (second.count < others.count)
            tg_value_index_add(&second);
        for (uint32_t at = range.start; at < range.start + range.count; at++)
            if ((tg_value_index_find(&second, elements, at) != TG_VALUE_NONE) == in_second)
                append_new(call, &known, elements, at);
        close_array(call, row, known.start);
    }
}

static void array_intersect(const struct tg_call *call)
{
    select_elements(call, true);
}

static void array_except(const struct tg_call *call)
{
    select_elements(call, false);
}

/* A NULL array counts as empty, unless both are NULL. */
static void array_concat(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        uint32_t start = call->result->children[0]->length;
        bool any = false;
        for (uint32_t argument = 0; argument < 2; argument++) {
            if (call->arguments[argument]->valid[row] == 0)
                continue;
            struct tg_range range = range_of(call, argument, row);
            for (uint32_t at = range.start; at < range.start + range.count; at++)
                append(call, call->arguments[argument]->children[0], at);
            any = true;
        }
        if (any)
            close_array(call, row, start);
        else
            tg_column_set_null(call->result, row);
    }
}

static void array_remove(const struct tg_call *call)
{
    const struct tg_column *array = call->arguments[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (array->valid[row] == 0) {
            tg_column_set_null(call->result, row);
            continue;
        }
        struct tg_range range = range_of(call, 0, row);
        uint32_t start = call->result->children[0]->length;
        for (uint32_t at = range.start; at < range.start + range.count; at++)
            if (!tg_column_row_equal(array->children[0], at, call->arguments[1], row))
                append(call, array->children[0], at);
        close_array(call, row, start);
    }
}

/* ---- order ---- */

static void extreme(const struct tg_call *call, int wanted)
{
    const struct tg_column *elements = call->arguments[0]->children[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_range range = range_of(call, 0, row);
        uint32_t best = UINT32_MAX;
        for (uint32_t at = range.start; at < range.start + range.count; at++)
            if (elements->valid[at] != 0 &&
                (best == UINT32_MAX || tg_column_compare(elements, at, elements, best) * wanted > 0))
                best = at;
        if (best == UINT32_MAX)
            tg_column_set_null(call->result, row);
        else
            tg_column_copy_row(call->result, row, elements, best);
    }
}

static void array_max(const struct tg_call *call)
{
    extreme(call, 1);
}

static void array_min(const struct tg_call *call)
{
    extreme(call, -1);
}

/* Merge sort of element numbers: stable, NULL behind all in either direction. */
struct sorting {
    const struct tg_column *elements;
    int direction;
};

static bool goes_first(const struct sorting *sorting, uint32_t a, uint32_t b)
{
    if (sorting->elements->valid[a] == 0 || sorting->elements->valid[b] == 0)
        return sorting->elements->valid[a] != 0 || sorting->elements->valid[b] == 0;
    return tg_column_compare(sorting->elements, a, sorting->elements, b) * sorting->direction <= 0;
}

static void merge_sort(const struct sorting *sorting, uint32_t *items, uint32_t *scratch, uint32_t count)
{
    for (uint32_t width = 1; width < count; width *= 2) {
        for (uint32_t from = 0; from < count; from += 2 * width) {
            uint32_t middle = from + width < count ? from + width : count;
            uint32_t end = from + 2 * width < count ? from + 2 * width : count;
            uint32_t left = from;
            uint32_t right = middle;
            for (uint32_t to = from; to < end; to++) {
                bool take_left =
                    left < middle && (right == end || goes_first(sorting, items[left], items[right]));
                scratch[to] = take_left ? items[left++] : items[right++];
            }
        }
        memcpy(items, scratch, count * sizeof *items);
    }
}

static void sort_row(const struct tg_call *call, uint32_t row, const struct sorting *sorting)
{
    struct tg_range range = range_of(call, 0, row);
    uint32_t *items = (uint32_t *)tg_arena_alloc(call->arena, ((size_t)range.count + 1) * 2 * sizeof *items);
    for (uint32_t i = 0; i < range.count; i++)
        items[i] = range.start + i;
    merge_sort(sorting, items, items + range.count + 1, range.count);
    uint32_t start = call->result->children[0]->length;
    for (uint32_t i = 0; i < range.count; i++)
        append(call, sorting->elements, items[i]);
    close_array(call, row, start);
}

static void array_sort(const struct tg_call *call)
{
    struct sorting sorting = {.elements = call->arguments[0]->children[0], .direction = 1};
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        if (call->argument_count == 2) {
            struct tg_slice word = call->arguments[1]->values.bytes[row];
            bool descending = tg_slice_equal_nocase(word, tg_slice_text("DESC")) ||
                              tg_slice_equal_nocase(word, tg_slice_text("DESCENDING"));
            bool ascending = tg_slice_equal_nocase(word, tg_slice_text("ASC")) ||
                             tg_slice_equal_nocase(word, tg_slice_text("ASCENDING"));
            if (!descending && !ascending) {
                tg_column_set_null(call->result, row);
                continue;
            }
            sorting.direction = descending ? -1 : 1;
        }
        sort_row(call, row, &sorting);
    }
}

static enum tg_code resolve_ordered(struct tg_resolution *call, struct tg_error *reterr)
{
    const struct tg_type *element = call->arguments[0]->type->element;
    if (!tg_type_is_nested(element))
        return TG_OK;
    return tg_fail_at(reterr, TG_CODE_TYPE, call->place, "%s needs elements that have an order, not %s",
                      call->name, tg_type_name(call->arena, element));
}

/* ---- texts, parts, series ---- */

static void array_join(const struct tg_call *call)
{
    const struct tg_column *elements = call->arguments[0]->children[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->arguments[0]->valid[row] == 0) {
            tg_column_set_null(call->result, row);
            continue;
        }
        struct tg_range range = range_of(call, 0, row);
        struct tg_buffer *text = tg_call_scratch(call);
        struct tg_slice delimiter = tg_slice_text(call->argument_count == 1 ? "," : "");
        if (call->argument_count == 2 && call->arguments[1]->valid[row] != 0)
            delimiter = call->arguments[1]->values.bytes[row];
        for (uint32_t at = range.start; at < range.start + range.count; at++) {
            if (at > range.start)
                tg_buffer_append_slice(text, delimiter);
            if (elements->valid[at] != 0)
                tg_cast_write(elements, at, text);
            else
                tg_buffer_append_text(text, "null");
        }
        tg_call_set_bytes(call, row, tg_call_keep(call, text));
    }
}

/* Both ends count from 1 and belong to the part; what is out of range gives NULL. */
static void slice(const struct tg_call *call)
{
    const struct tg_column *array = call->arguments[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (array->valid[row] == 0) {
            tg_column_set_null(call->result, row);
            continue;
        }
        struct tg_range range = range_of(call, 0, row);
        int64_t from = call->arguments[1]->valid[row] != 0 ? call->arguments[1]->values.int32[row] : 1;
        int64_t to = call->arguments[2]->valid[row] != 0 ? (int64_t)call->arguments[2]->values.int32[row]
                                                         : (int64_t)range.count;
        if (from < 1 || to > range.count || from > to + 1) {
            tg_column_set_null(call->result, row);
            continue;
        }
        uint32_t start = call->result->children[0]->length;
        for (int64_t at = from; at <= to; at++)
            append(call, array->children[0], range.start + (uint32_t)(at - 1));
        close_array(call, row, start);
    }
}

struct series {
    int64_t from, to, step;
};

static bool check_series(const struct tg_call *call, uint32_t row, const struct series *series)
{
    enum { ELEMENTS_MAX = 1000000 };
    bool forward = series->to >= series->from;
    if (series->step == 0 || (series->step > 0) != forward) {
        tg_call_fail(call, row, TG_CODE_EXPRESSION,
                     "the step of GENERATE_SERIES is 0 or leads away from the end");
        return false;
    }
    uint64_t distance = forward ? (uint64_t)series->to - (uint64_t)series->from
                                : (uint64_t)series->from - (uint64_t)series->to;
    uint64_t step = series->step > 0 ? (uint64_t)series->step : 0U - (uint64_t)series->step;
    if (distance / step < ELEMENTS_MAX)
        return true;
    tg_call_fail(call, row, TG_CODE_EXPRESSION, "GENERATE_SERIES makes at most %d elements", ELEMENTS_MAX);
    return false;
}

static int64_t integer_at(const struct tg_column *column, uint32_t row)
{
    return column->type->kind == TG_TYPE_INT ? column->values.int32[row] : column->values.int64[row];
}

static void generate_series(const struct tg_call *call)
{
    struct tg_column *elements = call->result->children[0];
    bool small = elements->type->kind == TG_TYPE_INT;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct series series = {integer_at(call->arguments[0], row), integer_at(call->arguments[1], row), 0};
        series.step = call->argument_count == 3 ? integer_at(call->arguments[2], row)
                      : series.to < series.from ? -1
                                                : 1;
        if (!check_series(call, row, &series))
            continue;
        uint32_t start = elements->length;
        int64_t value = series.from;
        bool more = true;
        while (more) {
            uint32_t element = tg_column_extend(elements);
            elements->valid[element] = 1;
            if (small)
                elements->values.int32[element] = (int32_t)value;
            else
                elements->values.int64[element] = value;
            more = !__builtin_add_overflow(value, series.step, &value) &&
                   (series.step > 0 ? value <= series.to : value >= series.to);
        }
        close_array(call, row, start);
    }
}

/* ---- maps ---- */

static void map_part(const struct tg_call *call, uint32_t part)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        const struct tg_column *map = call->arguments[0];
        uint32_t count = map->values.range[row].count;
        uint64_t *items = (uint64_t *)tg_arena_alloc(call->arena, ((size_t)count + 1) * 2 * sizeof *items);
        uint32_t start = call->result->children[0]->length;
        tg_map_order(map, row, items);
        for (uint32_t entry = 0; entry < count; entry++)
            append(call, map->children[part], (uint32_t)items[entry]);
        close_array(call, row, start);
    }
}

static void map_keys(const struct tg_call *call)
{
    map_part(call, 0);
}

static void map_values(const struct tg_call *call)
{
    map_part(call, 1);
}

/* Sets the value of a key in the map that is being built, whose keys are `known`; values NULL: the value is
 * NULL. */
static void put(const struct tg_call *call, struct tg_value_index *known, const struct tg_column *keys,
                uint32_t key, const struct tg_column *values, uint32_t value)
{
    struct tg_column *target = call->result->children[0];
    uint32_t entry = tg_value_index_find(known, keys, key);
    if (entry == TG_VALUE_NONE) {
        entry = tg_column_extend(target);
        (void)tg_column_extend(call->result->children[1]);
        tg_column_copy_row(target, entry, keys, key);
        tg_value_index_add(known);
    }
    if (values == NULL)
        tg_column_set_null(call->result->children[1], entry);
    else
        tg_column_copy_row(call->result->children[1], entry, values, value);
}

/* Of keys that both have, the second map's value counts; a NULL map counts as empty, unless both are NULL. */
static void map_union(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_value_index known = index_of_result(call);
        bool any = false;
        for (uint32_t argument = 0; argument < 2; argument++) {
            const struct tg_column *map = call->arguments[argument];
            if (map->valid[row] == 0)
                continue;
            struct tg_range range = map->values.range[row];
            for (uint32_t at = range.start; at < range.start + range.count; at++)
                put(call, &known, map->children[0], at, map->children[1], at);
            any = true;
        }
        if (any)
            close_array(call, row, known.start);
        else
            tg_column_set_null(call->result, row);
    }
}

/* Keys without a value get NULL, values without a key are left out. */
static void as_map(const struct tg_call *call)
{
    const struct tg_column *values = call->arguments[1]->children[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_range keys = range_of(call, 0, row);
        struct tg_range items = range_of(call, 1, row);
        struct tg_value_index known = index_of_result(call);
        for (uint32_t at = 0; at < keys.count; at++)
            put(call, &known, call->arguments[0]->children[0], keys.start + at,
                at < items.count ? values : NULL, items.start + at);
        close_array(call, row, known.start);
    }
}

static void entries_row(const struct tg_call *call, uint32_t row)
{
    const struct tg_column *map = call->arguments[0];
    struct tg_range range = map->values.range[row];
    struct sorting sorting = {.elements = map->children[0], .direction = 1};
    uint32_t *items = (uint32_t *)tg_arena_alloc(call->arena, ((size_t)range.count + 1) * 2 * sizeof *items);
    uint64_t *order = (uint64_t *)tg_arena_alloc(call->arena, ((size_t)range.count + 1) * 2 * sizeof *order);
    tg_map_order(map, row, order);
    for (uint32_t i = 0; i < range.count; i++)
        items[i] = (uint32_t)order[i];
    if (call->arguments[1]->values.boolean[row] != 0)
        merge_sort(&sorting, items, items + range.count + 1, range.count);
    struct tg_column *entries = call->result->children[0];
    uint32_t start = entries->length;
    for (uint32_t i = 0; i < range.count; i++) {
        uint32_t entry = tg_column_extend(entries);
        entries->valid[entry] = 1;
        tg_column_copy_row(entries->children[0], entry, map->children[0], items[i]);
        tg_column_copy_row(entries->children[1], entry, map->children[1], items[i]);
    }
    close_array(call, row, start);
}

static void entries(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        if (!skips(call, tg_call_row(call, i)))
            entries_row(call, tg_call_row(call, i));
}

static enum tg_code resolve_entries(struct tg_resolution *call, struct tg_error *reterr)
{
    (void)reterr;
    const struct tg_type *map = call->arguments[0]->type;
    struct tg_field fields[] = {{"K", map->key}, {"V", map->element}};
    call->type = tg_type_array(call->arena, tg_type_struct(call->arena, fields, 2));
    return TG_OK;
}

#define ROW(text, function, bits, doc, sample)                                                               \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = (bits), .summary = (doc), .example = (sample)    \
    }
enum { STRICT = TG_FUNCTION_NULL_IF_NULL, SEES = TG_FUNCTION_SEES_NULL };

extern const struct tg_function tg_functions_collection[];
const struct tg_function tg_functions_collection[] = {
    ROW("ARRAY_LENGTH(ARRAY<T>) -> INT", array_length, STRICT, "The number of elements.",
        "ARRAY_LENGTH(ARRAY[1, 2]) = 2"),
    ROW("ARRAY_CONTAINS(ARRAY<T>, T) -> BOOLEAN", array_contains, SEES,
        "Is the value an element? NULL can be one.", "ARRAY_CONTAINS(ARRAY[1, 2], 2)"),
    ROW("ARRAY_DISTINCT(ARRAY<T>) -> ARRAY<T>", array_distinct, STRICT,
        "Each different element once, NULL too.", "ARRAY_DISTINCT(ARRAY[1, 2, 1]) = ARRAY[1, 2]"),
    ROW("ARRAY_UNION(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", array_union, STRICT,
        "Each different element of both arrays once.",
        "ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3]) = ARRAY[1, 2, 3]"),
    ROW("ARRAY_INTERSECT(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", array_intersect, STRICT,
        "Each different element of the first array that is in the second, too.",
        "ARRAY_INTERSECT(ARRAY[1, 2, 3], ARRAY[3, 2]) = ARRAY[2, 3]"),
    ROW("ARRAY_EXCEPT(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", array_except, STRICT,
        "Each different element of the first array that is not in the second.",
        "ARRAY_EXCEPT(ARRAY[1, 2, 1], ARRAY[2]) = ARRAY[1]"),
    ROW("ARRAY_CONCAT(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", array_concat, SEES,
        "All elements of the first array, then of the second; a NULL array counts as empty.",
        "ARRAY_CONCAT(ARRAY[1], ARRAY[1, 2]) = ARRAY[1, 1, 2]"),
    ROW("ARRAY_REMOVE(ARRAY<T>, T) -> ARRAY<T>", array_remove, SEES,
        "The array without the elements equal to the value, which may be NULL.",
        "ARRAY_REMOVE(ARRAY[1, 2, 1], 1) = ARRAY[2]"),
    {.signature = "ARRAY_MAX(ARRAY<T>) -> T",
     .kernel = array_max,
     .flags = STRICT,
     .resolve = resolve_ordered,
     .summary = "The greatest element that is not NULL.",
     .example = "ARRAY_MAX(ARRAY[1, 3, NULL, 2]) = 3"},
    {.signature = "ARRAY_MIN(ARRAY<T>) -> T",
     .kernel = array_min,
     .flags = STRICT,
     .resolve = resolve_ordered,
     .summary = "The least element that is not NULL.",
     .example = "ARRAY_MIN(ARRAY[3, 1, NULL, 2]) = 1"},
    {.signature = "ARRAY_SORT(ARRAY<T>) -> ARRAY<T>",
     .kernel = array_sort,
     .flags = STRICT,
     .resolve = resolve_ordered,
     .summary = "The elements in ascending order, NULL last.",
     .example = "ARRAY_SORT(ARRAY[3, NULL, 1]) = ARRAY[1, 3, NULL]"},
    {.signature = "ARRAY_SORT(ARRAY<T>, STRING) -> ARRAY<T>",
     .kernel = array_sort,
     .flags = STRICT,
     .resolve = resolve_ordered,
     .summary = "The elements in ascending ('ASC') or descending ('DESC') order, NULL last.",
     .example = "ARRAY_SORT(ARRAY[1, NULL, 3], 'DESC') = ARRAY[3, 1, NULL]"},
    ROW("ARRAY_JOIN(ARRAY<T>) -> STRING", array_join, SEES,
        "The elements as texts with commas between; NULL is null.",
        "ARRAY_JOIN(ARRAY[1, NULL, 3]) = '1,null,3'"),
    ROW("ARRAY_JOIN(ARRAY<T>, STRING) -> STRING", array_join, SEES,
        "The elements as texts with the delimiter between; NULL is null.",
        "ARRAY_JOIN(ARRAY['a', 'b'], '; ') = 'a; b'"),
    ROW("SLICE(ARRAY<T>, INT, INT) -> ARRAY<T>", slice, SEES,
        "The elements from one position to another, both counted from 1; NULL if the array is shorter.",
        "SLICE(ARRAY[1, 2, 3], 2, 3) = ARRAY[2, 3]"),
    ROW("GENERATE_SERIES(INT, INT) -> ARRAY<INT>", generate_series, STRICT,
        "The whole numbers from the first to the second argument.", "GENERATE_SERIES(3, 1) = ARRAY[3, 2, 1]"),
    ROW("GENERATE_SERIES(INT, INT, INT) -> ARRAY<INT>", generate_series, STRICT,
        "The numbers from the first argument on in steps of the third, not beyond the second.",
        "GENERATE_SERIES(1, 6, 2) = ARRAY[1, 3, 5]"),
    ROW("GENERATE_SERIES(BIGINT, BIGINT) -> ARRAY<BIGINT>", generate_series, STRICT,
        "The whole numbers from the first to the second argument.",
        "GENERATE_SERIES(3000000000, 3000000001)[2] = 3000000001"),
    ROW("GENERATE_SERIES(BIGINT, BIGINT, INT) -> ARRAY<BIGINT>", generate_series, STRICT,
        "The numbers from the first argument on in steps of the third, not beyond the second.",
        "GENERATE_SERIES(3000000000, 3000000005, 5)[2] = 3000000005"),
    ROW("MAP_KEYS(MAP<K, V>) -> ARRAY<K>", map_keys, STRICT, "The keys of a map.",
        "MAP_KEYS(MAP('a' := 1)) = ARRAY['a']"),
    ROW("MAP_VALUES(MAP<K, V>) -> ARRAY<V>", map_values, STRICT, "The values of a map.",
        "MAP_VALUES(MAP('a' := 1)) = ARRAY[1]"),
    ROW("MAP_UNION(MAP<K, V>, MAP<K, V>) -> MAP<K, V>", map_union, SEES,
        "The entries of both maps; the second counts where both have a key, a NULL map counts as empty.",
        "MAP_UNION(MAP('a' := 1), MAP('a' := 2, 'b' := 3)) = MAP('a' := 2, 'b' := 3)"),
    ROW("AS_MAP(ARRAY<K>, ARRAY<V>) -> MAP<K, V>", as_map, STRICT,
        "A map of keys and values taken from two arrays; keys without a value get NULL.",
        "AS_MAP(ARRAY['a', 'b'], ARRAY[1, 2]) = MAP('a' := 1, 'b' := 2)"),
    {.signature = "ENTRIES(MAP<K, V>, BOOLEAN) -> ANY",
     .kernel = entries,
     .flags = STRICT,
     .resolve = resolve_entries,
     .summary = "An array of structs with the fields K and V, sorted by key if the second argument is TRUE.",
     .example = "ENTRIES(MAP('b' := 2, 'a' := 1), TRUE)[1]->V = 1"},
    {0},
};
