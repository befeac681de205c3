/* expr/functions/aggregate_list.c: aggregates that keep values. State layouts (never to change): 4 bytes with
 * the number of values; the blob holds them one behind the other (expr/codec.h), of *_BY_OFFSET each behind
 * the 8 bytes of its sequence number. */
#include "expr/codec.h"
#include "expr/internal.h"
#include "expr/kernel.h"

static void init_count(uint8_t *fixed)
{
    tg_state_store_u32(fixed, 0);
}

static enum tg_code refuse_blob(struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_CORRUPT, "the state of an aggregate is not a list of values of its type");
}

static void add_to_count(const struct tg_aggregate_call *call, uint32_t number)
{
    tg_state_store_u32(call->fixed, tg_state_load_u32(call->fixed) + number);
}

static struct tg_slice behind(struct tg_slice bytes, size_t offset)
{
    return tg_slice_of(bytes.data + offset, bytes.length - offset);
}

/* The value as bytes, at the end of the new blob. */
static struct tg_slice encode_value(struct tg_aggregate_call *call)
{
    size_t start = call->new_blob->length;
    tg_value_encode(call->arguments[0], call->row, call->new_blob);
    return tg_slice_of(call->new_blob->data + start, call->new_blob->length - start);
}

static void list_result(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    struct tg_column *elements = result->children[0];
    struct tg_slice rest = call->blob;
    struct tg_range range = {.start = elements->length, .count = 0};
    while (rest.length > 0 && tg_value_decode(&rest, elements, tg_column_extend(elements)))
        range.count++;
    result->values.range[row] = range;
    result->valid[row] = 1;
}

/* ---- COLLECT_LIST ---- */

/* The second argument: how many values are kept. */
static enum tg_code prepare_limit(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                  uint32_t argument_count, const void **ret_prepared, struct tg_error *reterr)
{
    (void)argument_count;
    uint32_t *limit = (uint32_t *)tg_arena_alloc(arena, sizeof *limit);
    if (arguments[1] == NULL || arguments[1]->literal.is_null || arguments[1]->literal.value.int32 < 1)
        return tg_fail(reterr, TG_CODE_TYPE, "the number of values to keep must be a constant above 0");
    *limit = (uint32_t)arguments[1]->literal.value.int32;
    *ret_prepared = limit;
    return TG_OK;
}

static bool is_full(const struct tg_aggregate_call *call)
{
    const uint32_t *limit = (const uint32_t *)call->prepared;
    return limit != NULL && tg_state_load_u32(call->fixed) >= *limit;
}

static enum tg_code list_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    (void)reterr;
    if (is_full(call))
        return TG_OK;
    tg_buffer_append_slice(call->new_blob, call->blob);
    (void)encode_value(call);
    add_to_count(call, 1);
    call->blob_changed = true;
    return TG_OK;
}

/* Takes the last equal value out: it is the one that came last. */
static enum tg_code list_undo(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    struct tg_slice value = encode_value(call);
    size_t found = SIZE_MAX;
    size_t size = 0;
    for (size_t at = 0; at < call->blob.length; at += size) {
        size = tg_value_size(call->arguments[0]->type, behind(call->blob, at));
        if (size == 0)
            return refuse_blob(reterr);
        if (tg_slice_equal(tg_slice_of(call->blob.data + at, size), value))
            found = at;
    }
    size_t removed = value.length;
    tg_buffer_clear(call->new_blob);
    if (found == SIZE_MAX)
        return TG_OK;
    tg_buffer_append(call->new_blob, call->blob.data, found);
    tg_buffer_append_slice(call->new_blob, behind(call->blob, found + removed));
    add_to_count(call, UINT32_MAX);
    call->blob_changed = true;
    return TG_OK;
}

static enum tg_code list_merge(struct tg_aggregate_call *call, const uint8_t *other, struct tg_slice blob,
                               struct tg_error *reterr)
{
    const struct tg_type *type = call->type->element;
    size_t size = 0;
    (void)other;
    tg_buffer_append_slice(call->new_blob, call->blob);
    for (size_t at = 0; at < blob.length && !is_full(call); at += size) {
        size = tg_value_size(type, behind(blob, at));
        if (size == 0)
            return refuse_blob(reterr);
        tg_buffer_append(call->new_blob, blob.data + at, size);
        add_to_count(call, 1);
    }
    call->blob_changed = true;
    return TG_OK;
}

static const struct tg_aggregate_kernel collect_list = {.fixed_bytes = 4,
                                                        .init = init_count,
                                                        .add = list_add,
                                                        .undo = list_undo,
                                                        .merge = list_merge,
                                                        .result = list_result};

/* ---- COLLECT_SET ---- */

/* 1: holds it, 0: not, -1: the bytes are no list of the type */
static int holds(const struct tg_type *type, struct tg_slice blob, struct tg_slice value)
{
    size_t size = 0;
    for (size_t at = 0; at < blob.length; at += size) {
        size = tg_value_size(type, behind(blob, at));
        if (size == 0)
            return -1;
        if (tg_slice_equal(tg_slice_of(blob.data + at, size), value))
            return 1;
    }
    return 0;
}

static enum tg_code set_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    if (is_full(call))
        return TG_OK;
    tg_buffer_append_slice(call->new_blob, call->blob);
    struct tg_slice value = encode_value(call);
    int known = holds(call->arguments[0]->type, call->blob, value);
    if (known < 0)
        return refuse_blob(reterr);
    if (known == 0) {
        add_to_count(call, 1);
        call->blob_changed = true;
    }
    return TG_OK;
}

static enum tg_code set_merge(struct tg_aggregate_call *call, const uint8_t *other, struct tg_slice blob,
                              struct tg_error *reterr)
{
    const struct tg_type *type = call->type->element;
    size_t size = 0;
    (void)other;
    tg_buffer_append_slice(call->new_blob, call->blob);
    for (size_t at = 0; at < blob.length; at += size) {
        size = tg_value_size(type, behind(blob, at));
        struct tg_slice value = tg_slice_of(blob.data + at, size);
        int known = size == 0 ? -1 : holds(type, call->blob, value);
        if (known < 0)
            return refuse_blob(reterr);
        if (known == 1 || is_full(call))
            continue;
        tg_buffer_append_slice(call->new_blob, value);
        add_to_count(call, 1);
    }
    call->blob_changed = true;
    return TG_OK;
}

static const struct tg_aggregate_kernel collect_set = {
    .fixed_bytes = 4, .init = init_count, .add = set_add, .merge = set_merge, .result = list_result};

/* ---- LATEST_BY_OFFSET, EARLIEST_BY_OFFSET: the last or first values, ordered by sequence number ---- */

struct by_offset {
    uint32_t limit; /* values to keep */
    bool ignore_nulls;
    bool latest;
    bool many; /* the result is an array */
};

static enum tg_code prepare_by_offset(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                      uint32_t argument_count, const void **ret_prepared,
                                      struct tg_error *reterr)
{
    struct by_offset *options = (struct by_offset *)tg_arena_alloc_zero(arena, 1, sizeof *options);
    *options = (struct by_offset){.limit = 1, .ignore_nulls = true};
    for (uint32_t i = 1; i < argument_count; i++) {
        if (arguments[i] == NULL || arguments[i]->literal.is_null)
            return tg_fail(reterr, TG_CODE_TYPE, "argument %u must be a constant", i + 1);
        if (arguments[i]->type->kind == TG_TYPE_BOOLEAN) {
            options->ignore_nulls = arguments[i]->literal.value.boolean;
            continue;
        }
        if (arguments[i]->literal.value.int32 < 1)
            return tg_fail(reterr, TG_CODE_TYPE, "the number of values to keep must be above 0");
        options->limit = (uint32_t)arguments[i]->literal.value.int32;
        options->many = true;
    }
    *ret_prepared = options;
    return TG_OK;
}

static enum tg_code prepare_latest(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                   uint32_t argument_count, const void **ret_prepared,
                                   struct tg_error *reterr)
{
    TG_TRY(prepare_by_offset(arena, arguments, argument_count, ret_prepared, reterr));
    struct by_offset *latest = (struct by_offset *)tg_arena_alloc(arena, sizeof *latest);
    *latest = *(const struct by_offset *)*ret_prepared;
    latest->latest = true;
    *ret_prepared = latest;
    return TG_OK;
}

/* One kept value: its sequence number and its bytes. */
struct kept {
    uint64_t sequence;
    struct tg_slice bytes; /* with the sequence number */
};

static bool take_kept(const struct tg_type *type, struct tg_slice *blob, struct kept *ret_kept)
{
    enum { SEQUENCE_BYTES = 8 };
    if (blob->length < SEQUENCE_BYTES)
        return false;
    size_t size = tg_value_size(type, behind(*blob, SEQUENCE_BYTES));
    if (size == 0)
        return false;
    ret_kept->sequence = tg_state_load_u64(blob->data);
    ret_kept->bytes = tg_slice_of(blob->data, SEQUENCE_BYTES + size);
    *blob = behind(*blob, SEQUENCE_BYTES + size);
    return true;
}

/* Joins two ordered lists (of a and b values) and keeps the first or last of them. */
static enum tg_code join_kept(struct tg_aggregate_call *call, const struct tg_type *type,
                              struct tg_slice other, uint32_t other_count, struct tg_error *reterr)
{
    const struct by_offset *options = (const struct by_offset *)call->prepared;
    uint32_t count = tg_state_load_u32(call->fixed) + other_count;
    uint32_t skipped = options->latest && count > options->limit ? count - options->limit : 0;
    uint32_t wanted = count > options->limit ? options->limit : count;
    struct tg_slice lists[2] = {call->blob, other};
    struct kept heads[2];
    bool has[2] = {false, false};
    for (int side = 0; side < 2; side++) {
        has[side] = lists[side].length > 0;
        if (has[side] && !take_kept(type, &lists[side], &heads[side]))
            return refuse_blob(reterr);
    }
    for (uint32_t i = 0; i < skipped + wanted && (has[0] || has[1]); i++) {
        int side = has[0] && (!has[1] || heads[0].sequence <= heads[1].sequence) ? 0 : 1;
        if (i >= skipped)
            tg_buffer_append_slice(call->new_blob, heads[side].bytes);
        has[side] = lists[side].length > 0;
        if (has[side] && !take_kept(type, &lists[side], &heads[side]))
            return refuse_blob(reterr);
    }
    tg_state_store_u32(call->fixed, wanted);
    call->blob_changed = true;
    return TG_OK;
}

static enum tg_code by_offset_add(struct tg_aggregate_call *call, struct tg_error *reterr)
{
    const struct by_offset *options = (const struct by_offset *)call->prepared;
    const struct tg_column *value = call->arguments[0];
    if (options->ignore_nulls && value->valid[call->row] == 0)
        return TG_OK;
    if (!options->latest && tg_state_load_u32(call->fixed) == options->limit)
        return TG_OK; /* rows come in the order of their sequence numbers */
    struct tg_slice kept = call->blob;
    struct kept dropped;
    uint32_t count = tg_state_load_u32(call->fixed);
    if (count == options->limit && !take_kept(value->type, &kept, &dropped))
        return refuse_blob(reterr);
    tg_buffer_append_slice(call->new_blob, kept);
    tg_state_store_u64(tg_buffer_reserve(call->new_blob, 8), call->sequence);
    call->new_blob->length += 8;
    tg_value_encode(value, call->row, call->new_blob);
    tg_state_store_u32(call->fixed, count == options->limit ? count : count + 1);
    call->blob_changed = true;
    return TG_OK;
}

static enum tg_code by_offset_merge(struct tg_aggregate_call *call, const uint8_t *other,
                                    struct tg_slice blob, struct tg_error *reterr)
{
    bool many = ((const struct by_offset *)call->prepared)->many;
    return join_kept(call, many ? call->type->element : call->type, blob, tg_state_load_u32(other), reterr);
}

static void one_by_offset(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    struct tg_slice value = call->blob.length > 8 ? behind(call->blob, 8) : (struct tg_slice){0};
    if (tg_state_load_u32(call->fixed) == 0 || !tg_value_decode(&value, result, row))
        tg_column_set_null(result, row);
}

static void many_by_offset(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row)
{
    struct tg_column *elements = result->children[0];
    struct tg_slice rest = call->blob;
    struct tg_range range = {.start = elements->length, .count = 0};
    while (rest.length > 8) {
        rest = behind(rest, 8);
        if (!tg_value_decode(&rest, elements, tg_column_extend(elements)))
            break;
        range.count++;
    }
    result->values.range[row] = range;
    result->valid[row] = 1;
}

static const struct tg_aggregate_kernel one_kernel = {.fixed_bytes = 4,
                                                      .init = init_count,
                                                      .add = by_offset_add,
                                                      .merge = by_offset_merge,
                                                      .result = one_by_offset};
static const struct tg_aggregate_kernel many_kernel = {.fixed_bytes = 4,
                                                       .init = init_count,
                                                       .add = by_offset_add,
                                                       .merge = by_offset_merge,
                                                       .result = many_by_offset};

enum { LIST = TG_FUNCTION_SEES_NULL | TG_FUNCTION_VARIABLE_STATE };
#define AGGREGATE(text, bits, kernels, preparer, doc, sample)                                                \
    {                                                                                                        \
        .signature = (text), .kind = TG_FUNCTION_AGGREGATE, .flags = (bits), .aggregate = &(kernels),        \
        .prepare = (preparer), .summary = (doc), .example = (sample)                                         \
    }

extern const struct tg_function tg_functions_aggregate_list[];
const struct tg_function tg_functions_aggregate_list[] = {
    AGGREGATE("COLLECT_LIST(T) -> ARRAY<T>", LIST | TG_FUNCTION_OVER_TABLE, collect_list, NULL,
              "All values in the order they came, NULL too.",
              "COLLECT_LIST(x) OVER (1, NULL, 1) = ARRAY[1, NULL, 1]"),
    AGGREGATE("COLLECT_LIST(T, INT) -> ARRAY<T>", LIST | TG_FUNCTION_OVER_TABLE, collect_list, prepare_limit,
              "The first n values, NULL too.", "COLLECT_LIST(x, 2) OVER (1, NULL, 1) = ARRAY[1, NULL]"),
    AGGREGATE("COLLECT_SET(T) -> ARRAY<T>", LIST, collect_set, NULL,
              "Each different value once, in the order they came first, NULL too.",
              "COLLECT_SET(x) OVER (1, NULL, 1, 2) = ARRAY[1, NULL, 2]"),
    AGGREGATE("COLLECT_SET(T, INT) -> ARRAY<T>", LIST, collect_set, prepare_limit,
              "The first n different values, NULL too.", "COLLECT_SET(x, 1) OVER (1, 1, 2) = ARRAY[1]"),
    AGGREGATE("LATEST_BY_OFFSET(T) -> T", LIST, one_kernel, prepare_latest,
              "The last value that is not NULL.", "LATEST_BY_OFFSET(x) OVER (1, 2, NULL) = 2"),
    AGGREGATE("LATEST_BY_OFFSET(T, BOOLEAN) -> T", LIST, one_kernel, prepare_latest,
              "The last value; NULL counts if the second argument is FALSE.",
              "LATEST_BY_OFFSET(x, FALSE) OVER (1, 2, NULL) = NULL"),
    AGGREGATE("LATEST_BY_OFFSET(T, INT) -> ARRAY<T>", LIST, many_kernel, prepare_latest,
              "The last n values that are not NULL, in order.",
              "LATEST_BY_OFFSET(x, 2) OVER (1, 2, NULL, 3) = ARRAY[2, 3]"),
    AGGREGATE("LATEST_BY_OFFSET(T, INT, BOOLEAN) -> ARRAY<T>", LIST, many_kernel, prepare_latest,
              "The last n values in order; NULL counts if the third argument is FALSE.",
              "LATEST_BY_OFFSET(x, 2, FALSE) OVER (1, 2, NULL, 3) = ARRAY[NULL, 3]"),
    AGGREGATE("EARLIEST_BY_OFFSET(T) -> T", LIST, one_kernel, prepare_by_offset,
              "The first value that is not NULL.", "EARLIEST_BY_OFFSET(x) OVER (NULL, 1, 2) = 1"),
    AGGREGATE("EARLIEST_BY_OFFSET(T, BOOLEAN) -> T", LIST, one_kernel, prepare_by_offset,
              "The first value; NULL counts if the second argument is FALSE.",
              "EARLIEST_BY_OFFSET(x, FALSE) OVER (NULL, 1, 2) = NULL"),
    AGGREGATE("EARLIEST_BY_OFFSET(T, INT) -> ARRAY<T>", LIST, many_kernel, prepare_by_offset,
              "The first n values that are not NULL, in order.",
              "EARLIEST_BY_OFFSET(x, 2) OVER (1, NULL, 2, 3) = ARRAY[1, 2]"),
    AGGREGATE("EARLIEST_BY_OFFSET(T, INT, BOOLEAN) -> ARRAY<T>", LIST, many_kernel, prepare_by_offset,
              "The first n values in order; NULL counts if the third argument is FALSE.",
              "EARLIEST_BY_OFFSET(x, 2, FALSE) OVER (1, NULL, 2) = ARRAY[1, NULL]"),
    {0},
};
