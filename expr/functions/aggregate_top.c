/* expr/functions/aggregate_top.c: aggregates that keep values with a number or in order. State layouts (never
 * to change): 4 bytes with the number of entries; the blob holds values (expr/codec.h), of ATTR and HISTOGRAM
 * each followed by 8 bytes with its count. */
#include "expr/codec.h"
#include "expr/internal.h"
#include "expr/kernel.h"
#include "expr/resolve.h"

enum { COUNT_BYTES = 8, HISTOGRAM_ENTRIES_MAX = 1000, STRUCT_FIELDS_MAX = 8 };

static void init_count(uint8_t *fixed)
{
    tg_state_store_u32(fixed, 0);
}

static enum tg_code refuse_blob(struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_CORRUPT, "the state of an aggregate is not a list of values of its type");
}

static struct tg_slice behind(struct tg_slice bytes, size_t offset)
{
    return tg_slice_of(bytes.data + offset, bytes.length - offset);
}

/* ---- values with counts: ATTR, HISTOGRAM ---- */

struct counted {
    struct tg_slice value; /* encoded */
    uint64_t count;
    size_t size; /* of both */
};

static bool read_counted(const struct tg_type *type, struct tg_slice blob, struct counted *ret_entry)
{
    size_t size = tg_value_size(type, blob);
    if (size == 0 || blob.length - size < COUNT_BYTES)
        return false;
    ret_entry->value = tg_slice_of(blob.data, size);
    ret_entry->count = tg_state_load_u64(blob.data + size);
    ret_entry->size = size + COUNT_BYTES;
    return true;
}

static void append_counted(struct tg_buffer *out, struct tg_slice value, uint64_t count)
{
    tg_buffer_append_slice(out, value);
    tg_state_store_u64(tg_buffer_reserve(out, COUNT_BYTES), count);
    out->length += COUNT_BYTES;
}

/* Writes the list into `new_blob` with the count of `value` changed by `by`: entries that come to 0 leave,
 * new ones go to the end. */
static enum tg_code change_counted(struct tg_aggregate_call *call, const struct tg_type *type,
                                   struct tg_slice value, int64_t by, struct tg_error *reterr)
{
    struct counted entry;
    uint32_t entries = tg_state_load_u32(call->fixed);
    bool found = false;
    struct tg_buffer *out = call->new_blob;
    struct tg_slice blob = call->blob;
    for (size_t at = 0; at < blob.length; at += entry.size) {
        if (!read_counted(type, behind(blob, at), &entry))
            return refuse_blob(reterr);
        bool same = tg_slice_equal(entry.value, value);
        uint64_t count = same ? entry.count + (uint64_t)by : entry.count;
        found = found || same;
        if (count != 0)
            append_counted(out, entry.value, count);
        else
            entries--;
    }
    bool full = call->type->kind == TG_TYPE_MAP && entries >= HISTOGRAM_ENTRIES_MAX;
    if (!found && by > 0 && !full) {
        append_counted(out, value, (uint64_t)by);
        entries++;
    }
    tg_state_store_u32(call->fixed, entries);
    return TG_OK;
}

static enum tg_code counted_change(struct tg_aggregate_call *call, int64_t by, struct tg_error *reterr)
{
    const struct tg_column *argument = call->arguments[0];
    if (call->type->kind == TG_TYPE_MAP && argument->valid[call->row] == 0)
        return TG_OK; /* HISTOGRAM passes over NULL, ATTR does not */
    tg_value_encode(argument, call->row, call->new_blob);
    struct tg_slice value = tg_arena_copy(call->arena, tg_buffer_slice(call->new_blob));
    tg_buffer_clear(call->new_blob);
    TG_TRY(change_counted(call, argument->type, value, by, reterr));
    call->blob_changed = true;
    return TG_OK;
}

static enum tg_code counted_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    return counted_change(call, 1, reterr);
}

static enum tg_code counted_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    return counted_change(call, -1, reterr);
}

static bool holds_counted(const struct tg_type *type, struct tg_slice blob, struct tg_slice value,
                          struct counted *ret_entry)
{
    for (size_t at = 0; at < blob.length; at += ret_entry->size) {
        if (!read_counted(type, behind(blob, at), ret_entry))
            return false;
        if (tg_slice_equal(ret_entry->value, value))
            return true;
    }
    return false;
}

static enum tg_code counted_merge(struct tg_aggregate_call *call, const uint8_t *other, struct tg_slice blob,
                                  struct tg_error *reterr)
{
    const struct tg_type *type = call->type->kind == TG_TYPE_MAP ? call->type->key : call->type;
    struct counted entry;
    struct counted same;
    uint32_t entries = 0;
    (void)other;
    for (size_t at = 0; at < call->blob.length; at += entry.size) {
        if (!read_counted(type, behind(call->blob, at), &entry))
            return refuse_blob(reterr);
        bool both = holds_counted(type, blob, entry.value, &same);
        append_counted(call->new_blob, entry.value, entry.count + (both ? same.count : 0));
        entries++;
    }
    for (size_t at = 0; at < blob.length; at += entry.size) {
        if (!read_counted(type, behind(blob, at), &entry))
            return refuse_blob(reterr);
        bool full = call->type->kind == TG_TYPE_MAP && entries >= HISTOGRAM_ENTRIES_MAX;
        if (full || holds_counted(type, call->blob, entry.value, &same))
            continue;
        append_counted(call->new_blob, entry.value, entry.count);
        entries++;
    }
    tg_state_store_u32(call->fixed, entries);
    call->blob_changed = true;
    return TG_OK;
}

/* The value, if it is the only one. */
static void attr_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    struct tg_slice blob = call->blob;
    if (tg_state_load_u32(call->fixed) != 1 || !tg_value_decode(&blob, result, row))
        tg_column_set_null(result, row);
}

static void histogram_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    struct tg_column *keys = result->children[0];
    struct tg_column *counts = result->children[1];
    struct tg_slice rest = call->blob;
    struct tg_range range = {.start = keys->length, .count = 0};
    while (rest.length > COUNT_BYTES && tg_value_decode(&rest, keys, tg_column_extend(keys)) &&
           rest.length >= COUNT_BYTES) {
        uint32_t entry = tg_column_extend(counts);
        counts->values.int64[entry] = (int64_t)tg_state_load_u64(rest.data);
        counts->valid[entry] = 1;
        rest = behind(rest, COUNT_BYTES);
        range.count++;
    }
    result->values.range[row] = range;
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel attr_kernel = {.fixed_bytes = 4,
                                                       .init = init_count,
                                                       .add = counted_add,
                                                       .undo = counted_undo,
                                                       .merge = counted_merge,
                                                       .result = attr_result};
static const struct tg_aggregate_kernel histogram_kernel = {.fixed_bytes = 4,
                                                            .init = init_count,
                                                            .add = counted_add,
                                                            .undo = counted_undo,
                                                            .merge = counted_merge,
                                                            .result = histogram_result};

/* ---- TOPK, TOPKDISTINCT: the blob is in descending order ---- */

struct top {
    uint32_t limit;
    bool distinct;
};

static enum tg_code prepare_top(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                uint32_t argument_count, const void **ret_prepared, struct tg_error *reterr)
{
    const struct tg_expr *limit = arguments[argument_count - 1];
    if (limit == NULL || limit->literal.is_null || limit->literal.value.int32 < 1)
        return tg_fail(reterr, TG_CODE_TYPE, "the number of values to keep must be a constant above 0");
    struct top *top = (struct top *)tg_arena_alloc_zero(arena, 1, sizeof *top);
    top->limit = (uint32_t)limit->literal.value.int32;
    *ret_prepared = top;
    return TG_OK;
}

static enum tg_code prepare_top_distinct(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                         uint32_t argument_count, const void **ret_prepared,
                                         struct tg_error *reterr)
{
    const void *top = NULL;
    TG_TRY(prepare_top(arena, arguments, argument_count, &top, reterr));
    struct top *distinct = (struct top *)tg_arena_alloc_zero(arena, 1, sizeof *distinct);
    *distinct = *(const struct top *)top;
    distinct->distinct = true;
    *ret_prepared = distinct;
    return TG_OK;
}

static enum tg_code resolve_ordered(struct tg_resolution *call, struct tg_error *reterr)
{
    const struct tg_type *type = call->arguments[0]->type;
    if (!tg_type_is_nested(type) && type->kind != TG_TYPE_BOOLEAN)
        return TG_OK;
    return tg_fail_at(reterr, TG_CODE_TYPE, call->place, "%s needs values that have an order, not %s",
                      call->name, tg_type_name(call->arena, type));
}

/* TOPK(x, y, ..., n): structs of the value that orders and the others. */
static enum tg_code resolve_structs(struct tg_resolution *call, struct tg_error *reterr)
{
    struct tg_field fields[STRUCT_FIELDS_MAX] = {{"sort_col", call->arguments[0]->type}};
    TG_TRY(resolve_ordered(call, reterr));
    for (uint32_t i = 1; i + 1 < call->argument_count; i++)
        fields[i] = (struct tg_field){tg_arena_printf(call->arena, "col%u", i - 1), call->arguments[i]->type};
    call->type = tg_type_array(call->arena, tg_type_struct(call->arena, fields, call->argument_count - 1));
    return TG_OK;
}

/* The order of two encoded values that are not NULL, of a simple type. */
static int compare_simple(const struct tg_type *type, struct tg_slice a, struct tg_slice b)
{
    enum { VALUE = 1, BYTES = 5 }; /* where a value starts, and the bytes of a text */
    int64_t left = 0;
    int64_t right = 0;
    switch (type->kind) {
    case TG_TYPE_STRING:
        return tg_text_compare(behind(a, BYTES), behind(b, BYTES));
    case TG_TYPE_BYTES:
        return tg_slice_compare(behind(a, BYTES), behind(b, BYTES));
    case TG_TYPE_DOUBLE: {
        double x = tg_state_load_double(a.data + VALUE);
        double y = tg_state_load_double(b.data + VALUE);
        return (x > y) - (x < y);
    }
    case TG_TYPE_DECIMAL: {
        tg_int128 x = tg_state_load_decimal(a.data + VALUE);
        tg_int128 y = tg_state_load_decimal(b.data + VALUE);
        return (x > y) - (x < y);
    }
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        left = (int64_t)tg_state_load_u64(a.data + VALUE);
        right = (int64_t)tg_state_load_u64(b.data + VALUE);
        break;
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        left = (int32_t)tg_state_load_u32(a.data + VALUE);
        right = (int32_t)tg_state_load_u32(b.data + VALUE);
        break;
    case TG_TYPE_BOOLEAN:
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return (left > right) - (left < right);
}

/* Structs go by their first field, which is never NULL. */
static int compare_encoded(const struct tg_type *type, struct tg_slice a, struct tg_slice b)
{
    if (type->kind != TG_TYPE_STRUCT)
        return compare_simple(type, a, b);
    const struct tg_type *first = type->fields[0].type;
    struct tg_slice left = behind(a, 1);
    struct tg_slice right = behind(b, 1);
    if (first->kind == TG_TYPE_STRING || first->kind == TG_TYPE_BYTES) {
        left.length = tg_value_size(first, left);
        right.length = tg_value_size(first, right);
    }
    return compare_simple(first, left, right);
}

static bool take_value(const struct tg_type *type, struct tg_slice *list, struct tg_slice *ret_value)
{
    size_t size = tg_value_size(type, *list);
    *ret_value = tg_slice_of(list->data, size);
    *list = behind(*list, size);
    return size != 0;
}

/* Joins two descending lists and keeps the first ones. */
static enum tg_code join_top(struct tg_aggregate_call *call, const struct tg_type *type,
                             struct tg_slice other, struct tg_error *reterr)
{
    const struct top *top = (const struct top *)call->prepared;
    struct tg_slice lists[2] = {call->blob, other};
    struct tg_slice heads[2];
    bool has[2] = {false, false};
    uint32_t kept = 0;
    for (int side = 0; side < 2; side++) {
        has[side] = lists[side].length > 0;
        if (has[side] && !take_value(type, &lists[side], &heads[side]))
            return refuse_blob(reterr);
    }
    while (kept < top->limit && (has[0] || has[1])) {
        int order = !has[1] ? 1 : !has[0] ? -1 : compare_encoded(type, heads[0], heads[1]);
        int side = order >= 0 ? 0 : 1;
        if (!(top->distinct && order == 0)) { /* of two equal ones the second list's comes next */
            tg_buffer_append_slice(call->new_blob, heads[side]);
            kept++;
        }
        has[side] = lists[side].length > 0;
        if (has[side] && !take_value(type, &lists[side], &heads[side]))
            return refuse_blob(reterr);
    }
    tg_state_store_u32(call->fixed, kept);
    call->blob_changed = true;
    return TG_OK;
}

/* Where the last one of `count` values begins that are `blob`; false: they are not. */
static bool find_last(const struct tg_type *type, struct tg_slice blob, uint32_t count, size_t *ret_at)
{
    struct tg_slice rest = blob;
    struct tg_slice value;
    for (uint32_t i = 0; i + 1 < count; i++)
        if (rest.length == 0 || !take_value(type, &rest, &value))
            return false;
    *ret_at = blob.length - rest.length;
    return rest.length > 0;
}

/* Puts a value behind those that are not less; the last one leaves a full list. Most often nothing changes.
 */
static enum tg_code insert_top(struct tg_aggregate_call *call, const struct tg_type *type,
                               struct tg_slice value, struct tg_error *reterr)
{
    const struct top *top = (const struct top *)call->prepared;
    uint32_t count = tg_state_load_u32(call->fixed);
    struct tg_slice rest = call->blob;
    struct tg_slice head;
    size_t end = call->blob.length;
    if (count == top->limit) {
        if (!find_last(type, call->blob, count, &end))
            return refuse_blob(reterr);
        if (compare_encoded(type, behind(call->blob, end), value) >= 0)
            return TG_OK;
        count--;
    }
    while (rest.length > 0) {
        struct tg_slice from = rest;
        if (!take_value(type, &rest, &head))
            return refuse_blob(reterr);
        if (compare_encoded(type, head, value) < 0) {
            rest = from;
            break;
        }
    }
    size_t at = call->blob.length - rest.length;
    tg_buffer_append(call->new_blob, call->blob.data, at);
    tg_buffer_append_slice(call->new_blob, value);
    tg_buffer_append(call->new_blob, call->blob.data + at, end - at);
    tg_state_store_u32(call->fixed, count + 1);
    call->blob_changed = true;
    return TG_OK;
}

static enum tg_code top_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    const struct tg_column *argument = call->arguments[0];
    if (argument->valid[call->row] == 0)
        return TG_OK;
    const struct tg_type *type = call->type->element;
    if (type->kind == TG_TYPE_STRUCT)
        tg_buffer_append_byte(call->new_blob, 1); /* a struct that is not NULL, then its fields */
    for (uint32_t i = 0; i < (type->kind == TG_TYPE_STRUCT ? type->field_count : 1); i++)
        tg_value_encode(call->arguments[i], call->row, call->new_blob);
    struct tg_slice value = tg_arena_copy(call->arena, tg_buffer_slice(call->new_blob));
    tg_buffer_clear(call->new_blob);
    const struct top *top = (const struct top *)call->prepared;
    bool simple = !top->distinct && tg_state_load_u32(call->fixed) <= top->limit;
    return simple ? insert_top(call, type, value, reterr) : join_top(call, type, value, reterr);
}

static enum tg_code top_merge(struct tg_aggregate_call *call, const uint8_t *other, struct tg_slice blob,
                              struct tg_error *reterr)
{
    (void)other;
    return join_top(call, call->type->element, blob, reterr);
}

static void top_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    struct tg_column *elements = result->children[0];
    struct tg_slice rest = call->blob;
    struct tg_range range = {.start = elements->length, .count = 0};
    while (rest.length > 0 && tg_value_decode(&rest, elements, tg_column_extend(elements)))
        range.count++;
    result->values.range[row] = range;
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel top_kernel = {
    .fixed_bytes = 4, .init = init_count, .add = top_add, .merge = top_merge, .result = top_result};

enum { LIST = TG_FUNCTION_SEES_NULL | TG_FUNCTION_VARIABLE_STATE };

#define TOP_STRUCTS(text, sample)                                                                            \
    {                                                                                                        \
        .signature = (text), .kind = TG_FUNCTION_AGGREGATE, .flags = LIST, .aggregate = &top_kernel,         \
        .resolve = resolve_structs, .prepare = prepare_top,                                                  \
        .summary = "The n rows with the greatest first values that are not NULL, as structs with the "       \
                   "fields sort_col, col0, ...",                                                             \
        .example = (sample)                                                                                  \
    }

extern const struct tg_function tg_functions_aggregate_top[];
const struct tg_function tg_functions_aggregate_top[] = {
    {.signature = "ATTR(T) -> T",
     .kind = TG_FUNCTION_AGGREGATE,
     .flags = LIST | TG_FUNCTION_OVER_TABLE,
     .aggregate = &attr_kernel,
     .summary = "The value, if all rows have the same one; else NULL.",
     .example = "ATTR(x) OVER (1, 1) = 1"},
    {.signature = "HISTOGRAM(STRING) -> MAP<STRING, BIGINT>",
     .kind = TG_FUNCTION_AGGREGATE,
     .flags = LIST | TG_FUNCTION_OVER_TABLE,
     .aggregate = &histogram_kernel,
     .summary = "How often each text that is not NULL came; at most 1000 different ones.",
     .example = "HISTOGRAM(x) OVER ('a', 'b', 'a') = MAP('a' := 2, 'b' := 1)"},
    {.signature = "TOPK(T, INT) -> ARRAY<T>",
     .kind = TG_FUNCTION_AGGREGATE,
     .flags = LIST,
     .aggregate = &top_kernel,
     .resolve = resolve_ordered,
     .prepare = prepare_top,
     .summary = "The n greatest values, greatest first; NULL is passed over.",
     .example = "TOPK(x, 2) OVER (1, 3, NULL, 3) = ARRAY[3, 3]"},
    TOP_STRUCTS("TOPK(T, A, INT) -> ANY",
                "TOPK(x, x, 1) OVER (1, 3) = ARRAY[STRUCT(`sort_col` := 3, `col0` := 3)]"),
    TOP_STRUCTS("TOPK(T, A, B, INT) -> ANY",
                "TOPK(x, x, x, 1) OVER (1, 3) = ARRAY[STRUCT(`sort_col` := 3, `col0` := 3, `col1` := 3)]"),
    TOP_STRUCTS("TOPK(T, A, B, C, INT) -> ANY",
                "TOPK(x, x, x, x, 1) OVER (1, 3) = ARRAY[STRUCT(`sort_col` := 3, `col0` := 3, `col1` := 3, "
                "`col2` := 3)]"),
    TOP_STRUCTS("TOPK(T, A, B, C, D, INT) -> ANY",
                "TOPK(x, x, x, x, x, 1) OVER (1, 3) = ARRAY[STRUCT(`sort_col` := 3, `col0` := 3, `col1` := "
                "3, `col2` := 3, `col3` := 3)]"),
    {.signature = "TOPKDISTINCT(T, INT) -> ARRAY<T>",
     .kind = TG_FUNCTION_AGGREGATE,
     .flags = LIST,
     .aggregate = &top_kernel,
     .resolve = resolve_ordered,
     .prepare = prepare_top_distinct,
     .summary = "The n greatest different values, greatest first; NULL is passed over.",
     .example = "TOPKDISTINCT(x, 2) OVER (1, 3, NULL, 3) = ARRAY[3, 1]"},
    {0},
};
