/* expr/functions/lambda.c: functions that take lambdas. A lambda runs over the elements of all rows at once;
 * REDUCE goes element by element, with all rows side by side. */
#include <stdlib.h>

#include "expr/kernel.h"
#include "expr/value_index.h"

/* The elements of the call's rows whose collection is valid, as rows of a lambda. */
struct elements {
    struct tg_lambda_rows lambda;
    const struct tg_column *parameters[2];
    const uint32_t *starts; /* of the i-th row of the call: where its elements are among the lambda's rows */
};

/* Rows whose collections are one and the same (a constant) cannot share its elements: the lambda may read
 * other columns. */
static bool shares_elements(const struct tg_call *call, uint32_t limit)
{
    const struct tg_range *ranges = call->arguments[0]->values.range;
    uint8_t *taken = (uint8_t *)tg_arena_alloc_zero(call->arena, (size_t)limit + 1, 1);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        for (uint32_t at = 0; call->result->valid[row] != 0 && at < ranges[row].count; at++) {
            if (taken[ranges[row].start + at] != 0)
                return true;
            taken[ranges[row].start + at] = 1;
        }
    }
    return false;
}

static uint32_t count_elements(const struct tg_call *call)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < call->row_count; i++)
        if (call->result->valid[tg_call_row(call, i)] != 0)
            count += call->arguments[0]->values.range[tg_call_row(call, i)].count;
    return count;
}

static void copy_elements(const struct tg_call *call, uint32_t child, struct tg_column *target)
{
    const struct tg_column *collection = call->arguments[0];
    uint32_t to = 0;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_range range = collection->values.range[row];
        for (uint32_t at = 0; call->result->valid[row] != 0 && at < range.count; at++)
            tg_column_copy_row(target, to++, collection->children[child], range.start + at);
    }
}

static int compare_rows(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static struct elements *collect(const struct tg_call *call)
{
    const struct tg_column *collection = call->arguments[0];
    struct elements *elements = (struct elements *)tg_arena_alloc_zero(call->arena, 1, sizeof *elements);
    uint32_t count = count_elements(call);
    uint32_t limit = collection->children[0]->length;
    bool copied = shares_elements(call, limit);
    limit = copied ? count : limit;
    uint32_t *rows = (uint32_t *)tg_arena_alloc(call->arena, (size_t)count * sizeof *rows + 1);
    uint32_t *owners = (uint32_t *)tg_arena_alloc(call->arena, (size_t)limit * sizeof *owners + 1);
    uint32_t *starts = (uint32_t *)tg_arena_alloc(call->arena, (size_t)call->row_count * sizeof *starts + 1);
    uint32_t next = 0;
    bool ascending = true;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_range range = collection->values.range[row];
        if (call->result->valid[row] == 0)
            continue;
        starts[i] = copied ? next : range.start;
        for (uint32_t at = starts[i]; at < starts[i] + range.count; at++) {
            ascending = ascending && (next == 0 || rows[next - 1] < at);
            owners[at] = row;
            rows[next++] = at;
        }
    }
    if (!ascending)
        qsort(rows, count, sizeof *rows, compare_rows);
    for (uint32_t child = 0; child < collection->child_count; child++) {
        elements->parameters[child] = collection->children[child];
        if (!copied)
            continue;
        struct tg_column *own = tg_call_column(call, child, collection->children[child]->type);
        tg_column_resize(own, count);
        copy_elements(call, child, own);
        elements->parameters[child] = own;
    }
    elements->starts = starts;
    elements->lambda = (struct tg_lambda_rows){.parameters = elements->parameters,
                                               .parameter_count = collection->child_count,
                                               .rows = rows,
                                               .row_count = count,
                                               .row_limit = limit,
                                               .owners = owners};
    return elements;
}

/* ---- TRANSFORM ---- */

static void transform_array(const struct tg_call *call)
{
    struct elements *elements = collect(call);
    const struct tg_column *mapped = tg_call_lambda(call, 1, &elements->lambda);
    struct tg_column *target = call->result->children[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        struct tg_range range = {.start = elements->starts[i],
                                 .count = call->arguments[0]->values.range[row].count};
        call->result->values.range[row] = (struct tg_range){.start = target->length, .count = range.count};
        for (uint32_t at = range.start; at < range.start + range.count; at++)
            tg_column_copy_row(target, tg_column_extend(target), mapped, at);
    }
}

static void transform_map(const struct tg_call *call)
{
    struct elements *elements = collect(call);
    const struct tg_column *keys = tg_call_lambda(call, 1, &elements->lambda);
    const struct tg_column *values = tg_call_lambda(call, 2, &elements->lambda);
    struct tg_column *target = call->result->children[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        struct tg_range range = {.start = elements->starts[i],
                                 .count = call->arguments[0]->values.range[row].count};
        struct tg_range result = {.start = target->length, .count = range.count};
        struct tg_value_index known = tg_value_index_from(call, target, target->length);
        for (uint32_t at = range.start; at < range.start + range.count; at++) {
            uint32_t entry = tg_column_extend(target);
            tg_column_copy_row(target, entry, keys, at);
            tg_column_copy_row(call->result->children[1], tg_column_extend(call->result->children[1]), values,
                               at);
            if (tg_value_index_find(&known, target, entry) != TG_VALUE_NONE) {
                tg_call_fail(call, row, TG_CODE_EXPRESSION, "TRANSFORM gives the same key to two entries");
                break;
            }
            tg_value_index_add(&known);
        }
        call->result->values.range[row] = result;
    }
}

/* ---- FILTER ---- */

static void filter(const struct tg_call *call)
{
    struct elements *elements = collect(call);
    const struct tg_column *keep = tg_call_lambda(call, 1, &elements->lambda);
    const struct tg_column *source = call->arguments[0];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (call->result->valid[row] == 0)
            continue;
        struct tg_range range = {.start = elements->starts[i], .count = source->values.range[row].count};
        struct tg_range result = {.start = call->result->children[0]->length, .count = 0};
        for (uint32_t at = range.start; at < range.start + range.count; at++) {
            if (keep->valid[at] == 0 || keep->values.boolean[at] == 0)
                continue;
            for (uint32_t child = 0; child < source->child_count; child++) {
                struct tg_column *target = call->result->children[child];
                tg_column_copy_row(target, tg_column_extend(target), elements->parameters[child], at);
            }
            result.count++;
        }
        call->result->values.range[row] = result;
    }
}

/* ---- REDUCE ---- */

/* Rows that have an element number `step` and a state to begin with; gathers those elements into
 * `parameters[1..]`. */
static uint32_t gather_step(const struct tg_call *call, uint32_t step, const uint64_t *order,
                            struct tg_column *const *gathered, uint32_t *rows)
{
    const struct tg_column *collection = call->arguments[0];
    uint32_t count = 0;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (collection->valid[row] == 0 || call->arguments[1]->valid[row] == 0 ||
            collection->values.range[row].count <= step)
            continue; /* without a state nothing is reduced: NULL, as in ksqlDB */
        uint32_t element = collection->values.range[row].start + step;
        if (order != NULL)
            element = (uint32_t)order[2 * (size_t)collection->values.range[row].start + step];
        for (uint32_t child = 0; child < collection->child_count; child++)
            tg_column_copy_row(gathered[child], row, collection->children[child], element);
        rows[count++] = row;
    }
    return count;
}

/* The entries of all maps in the order of a HashMap; those of one that starts at s lie at 2 s. NULL: arrays.
 */
static const uint64_t *order_maps(const struct tg_call *call)
{
    const struct tg_column *collection = call->arguments[0];
    if (collection->type->kind != TG_TYPE_MAP)
        return NULL;
    uint64_t *order = (uint64_t *)tg_arena_alloc(call->arena, ((size_t)collection->children[0]->length + 1) *
                                                                  2 * sizeof *order);
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (collection->valid[row] != 0)
            tg_map_order(collection, row, order + 2 * (size_t)collection->values.range[row].start);
    }
    return order;
}

static void reduce(const struct tg_call *call)
{
    const struct tg_column *collection = call->arguments[0];
    struct tg_column *state = tg_call_column(call, 0, call->result->type);
    struct tg_column *gathered[2] = {NULL, NULL};
    const struct tg_column *parameters[3] = {state, NULL, NULL};
    uint32_t *rows = (uint32_t *)tg_arena_alloc(call->arena, (size_t)call->row_count * sizeof *rows + 1);
    const uint64_t *order = order_maps(call);
    for (uint32_t child = 0; child < collection->child_count; child++) {
        gathered[child] = tg_call_column(call, child + 1, collection->children[child]->type);
        parameters[child + 1] = gathered[child];
    }
    tg_column_copy_rows(state, call->arguments[1], call->rows, call->row_count);
    for (uint32_t step = 0;; step++) {
        struct tg_lambda_rows lambda = {.parameters = parameters,
                                        .parameter_count = collection->child_count + 1,
                                        .rows = rows,
                                        .row_count = gather_step(call, step, order, gathered, rows),
                                        .row_limit = call->result->length};
        if (lambda.row_count == 0)
            break;
        const struct tg_column *next = tg_call_lambda(call, 2, &lambda);
        if (next != state)
            tg_column_copy_rows(state, next, rows, lambda.row_count);
    }
    tg_column_copy_rows(call->result, state, call->rows, call->row_count);
}

extern const struct tg_function tg_functions_lambda[];
const struct tg_function tg_functions_lambda[] = {
    {.signature = "TRANSFORM(ARRAY<T>, (T) => U) -> ARRAY<U>",
     .kernel = transform_array,
     .flags = TG_FUNCTION_NULL_IF_NULL,
     .summary = "The array of what the lambda makes of each element.",
     .example = "TRANSFORM(ARRAY[1, 2], x => x + 1) = ARRAY[2, 3]"},
    {.signature = "TRANSFORM(MAP<K, V>, (K, V) => J, (K, V) => W) -> MAP<J, W>",
     .kernel = transform_map,
     .flags = TG_FUNCTION_NULL_IF_NULL,
     .summary = "The map of what the two lambdas make of each key and value; two equal keys are an error.",
     .example = "TRANSFORM(MAP('a' := 1), (k, v) => k + 'b', (k, v) => v * 2) = MAP('ab' := 2)"},
    {.signature = "FILTER(ARRAY<T>, (T) => BOOLEAN) -> ARRAY<T>",
     .kernel = filter,
     .flags = TG_FUNCTION_NULL_IF_NULL,
     .summary = "The elements for which the lambda is TRUE.",
     .example = "FILTER(ARRAY[1, 5, 9], x => x > 4) = ARRAY[5, 9]"},
    {.signature = "FILTER(MAP<K, V>, (K, V) => BOOLEAN) -> MAP<K, V>",
     .kernel = filter,
     .flags = TG_FUNCTION_NULL_IF_NULL,
     .summary = "The entries for which the lambda is TRUE.",
     .example = "FILTER(MAP('a' := 1, 'b' := 5), (k, v) => v > 4) = MAP('b' := 5)"},
    {.signature = "REDUCE(ARRAY<T>, S, (S, T) => S) -> S",
     .kernel = reduce,
     .flags = TG_FUNCTION_SEES_NULL,
     .summary = "Starts with the second argument and takes in the elements one by one; a NULL array gives "
                "the start value.",
     .example = "REDUCE(ARRAY[1, 2, 3], 10, (s, x) => s + x) = 16"},
    {.signature = "REDUCE(MAP<K, V>, S, (S, K, V) => S) -> S",
     .kernel = reduce,
     .flags = TG_FUNCTION_SEES_NULL,
     .summary = "Starts with the second argument and takes in the entries one by one; a NULL map gives the "
                "start value.",
     .example = "REDUCE(MAP('a' := 1, 'b' := 2), 10, (s, k, v) => s + v) = 13"},
    {0},
};
