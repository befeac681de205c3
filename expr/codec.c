/* expr/codec.c: values as bytes inside the states of aggregates. */
#include "expr/codec.h"

static void append_u32(struct tg_buffer *out, uint32_t value)
{
    tg_state_store_u32(tg_buffer_reserve(out, 4), value);
    out->length += 4;
}

static void append_u64(struct tg_buffer *out, uint64_t value)
{
    tg_state_store_u64(tg_buffer_reserve(out, 8), value);
    out->length += 8;
}

static void encode_elements(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    struct tg_range range = column->values.range[row];
    append_u32(out, range.count);
    for (uint32_t i = range.start; i < range.start + range.count; i++)
        for (uint32_t child = 0; child < column->child_count; child++)
            tg_value_encode(column->children[child], i, out);
}

/* The entry with the least key behind `last` (UINT32_MAX: of all); of equal keys the first one. Keys are
 * compared as bytes, which any order that is always the same will do for. */
static uint32_t next_entry(const struct tg_column *map, uint32_t row, uint32_t last,
                           struct tg_buffer *scratch)
{
    struct tg_range range = map->values.range[row];
    size_t start = scratch->length;
    size_t least = 0;
    uint32_t found = UINT32_MAX;
    if (last != UINT32_MAX)
        tg_value_encode(map->children[0], last, scratch);
    size_t bound = scratch->length;
    for (uint32_t i = range.start; i < range.start + range.count; i++) {
        size_t at = scratch->length;
        tg_value_encode(map->children[0], i, scratch);
        struct tg_slice key = tg_slice_of(scratch->data + at, scratch->length - at);
        int to_last = tg_slice_compare(key, tg_slice_of(scratch->data + start, bound - start));
        bool behind = last == UINT32_MAX || to_last > 0 || (to_last == 0 && i > last);
        if (behind &&
            (found == UINT32_MAX || tg_slice_compare(key, tg_slice_of(scratch->data + bound, least)) < 0)) {
            found = i;
            least = key.length;
            memmove(scratch->data + bound, key.data, key.length);
            scratch->length = bound + least;
        } else {
            scratch->length = at;
        }
    }
    scratch->length = start;
    return found;
}

/* In the order of the keys, so that equal maps have equal bytes. The end of `out` serves as scratch memory.
 */
static void encode_entries(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    append_u32(out, column->values.range[row].count);
    uint32_t entry = UINT32_MAX;
    while ((entry = next_entry(column, row, entry, out)) != UINT32_MAX) {
        tg_value_encode(column->children[0], entry, out);
        tg_value_encode(column->children[1], entry, out);
    }
}

void tg_value_encode(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    tg_buffer_append_byte(out, column->valid[row] != 0 ? 1 : 0);
    if (column->valid[row] == 0)
        return;
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
        tg_buffer_append_byte(out, column->values.boolean[row]);
        break;
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        append_u32(out, (uint32_t)column->values.int32[row]);
        break;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        append_u64(out, (uint64_t)column->values.int64[row]);
        break;
    case TG_TYPE_DOUBLE:
        tg_state_store_double(tg_buffer_reserve(out, 8), column->values.float64[row]);
        out->length += 8;
        break;
    case TG_TYPE_DECIMAL:
        tg_state_store_decimal(tg_buffer_reserve(out, 16), column->values.decimal[row]);
        out->length += 16;
        break;
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        append_u32(out, (uint32_t)column->values.bytes[row].length);
        tg_buffer_append_slice(out, column->values.bytes[row]);
        break;
    case TG_TYPE_ARRAY:
        encode_elements(column, row, out);
        break;
    case TG_TYPE_MAP:
        encode_entries(column, row, out);
        break;
    case TG_TYPE_STRUCT:
        for (uint32_t child = 0; child < column->child_count; child++)
            tg_value_encode(column->children[child], row, out);
        break;
    }
}

static bool take(struct tg_slice *input, size_t length, const uint8_t **ret_bytes)
{
    if (input->length < length)
        return false;
    *ret_bytes = input->data;
    *input = tg_slice_of(input->data + length, input->length - length);
    return true;
}

static bool take_bytes(struct tg_slice *input, struct tg_slice *ret_bytes)
{
    const uint8_t *bytes = NULL;
    if (!take(input, 4, &bytes))
        return false;
    ret_bytes->length = tg_state_load_u32(bytes);
    return take(input, ret_bytes->length, &ret_bytes->data);
}

static bool decode_elements(struct tg_slice *input, struct tg_column *column, uint32_t row)
{
    const uint8_t *bytes = NULL;
    if (!take(input, 4, &bytes))
        return false;
    struct tg_range range = {.start = column->children[0]->length, .count = tg_state_load_u32(bytes)};
    for (uint32_t i = 0; i < range.count; i++)
        for (uint32_t child = 0; child < column->child_count; child++)
            if (!tg_value_decode(input, column->children[child], tg_column_extend(column->children[child])))
                return false;
    column->values.range[row] = range;
    return true;
}

static size_t fixed_size(enum tg_type_kind kind)
{
    static const size_t sizes[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_BOOLEAN] = 1, [TG_TYPE_INT] = 4,    [TG_TYPE_DATE] = 4,      [TG_TYPE_TIME] = 4,
        [TG_TYPE_BIGINT] = 8,  [TG_TYPE_DOUBLE] = 8, [TG_TYPE_TIMESTAMP] = 8, [TG_TYPE_DECIMAL] = 16};
    return sizes[kind];
}

static bool decode_fixed(struct tg_slice *input, struct tg_column *column, uint32_t row)
{
    const uint8_t *bytes = NULL;
    size_t size = fixed_size(column->type->kind);
    if (!take(input, size, &bytes))
        return false;
    if (size == 1)
        column->values.boolean[row] = bytes[0] & 1;
    else if (size == 4)
        column->values.int32[row] = (int32_t)tg_state_load_u32(bytes);
    else if (size == 16)
        column->values.decimal[row] = tg_state_load_decimal(bytes);
    else if (column->type->kind == TG_TYPE_DOUBLE)
        column->values.float64[row] = tg_state_load_double(bytes);
    else
        column->values.int64[row] = (int64_t)tg_state_load_u64(bytes);
    return true;
}

bool tg_value_decode(struct tg_slice *input, struct tg_column *column, uint32_t row)
{
    const uint8_t *bytes = NULL;
    if (!take(input, 1, &bytes) || bytes[0] > 1)
        return false;
    if (bytes[0] == 0) {
        tg_column_set_null(column, row);
        return true;
    }
    column->valid[row] = 1;
    if (fixed_size(column->type->kind) > 0)
        return decode_fixed(input, column, row);
    if (column->type->kind == TG_TYPE_STRING || column->type->kind == TG_TYPE_BYTES)
        return take_bytes(input, &column->values.bytes[row]);
    if (column->type->kind != TG_TYPE_STRUCT)
        return decode_elements(input, column, row);
    for (uint32_t child = 0; child < column->child_count; child++)
        if (!tg_value_decode(input, column->children[child], row))
            return false;
    return true;
}

static bool skip_nested(const struct tg_type *type, struct tg_slice *input);

/* Offset behind the value that begins at `at`; 0 if there is none. Lists of structs are walked again and
 * again, so simple values are passed without a call. */
static inline size_t skip_simple(const struct tg_type *type, const struct tg_slice *input, size_t at)
{
    if (at >= input->length || input->data[at] > 1)
        return 0;
    if (input->data[at++] == 0)
        return at;
    size_t left = input->length - at;
    size_t size = fixed_size(type->kind);
    if (size == 0) {
        if (left < 4)
            return 0;
        size = 4 + (size_t)tg_state_load_u32(input->data + at);
    }
    return left < size ? 0 : at + size;
}

static bool skip(const struct tg_type *type, struct tg_slice *input)
{
    if (tg_type_is_nested(type))
        return skip_nested(type, input);
    size_t behind = skip_simple(type, input, 0);
    *input = tg_slice_of(input->data + behind, input->length - behind);
    return behind != 0;
}

static bool skip_nested(const struct tg_type *type, struct tg_slice *input)
{
    const uint8_t *bytes = NULL;
    if (!take(input, 1, &bytes) || bytes[0] > 1)
        return false;
    if (bytes[0] == 0)
        return true;
    for (uint32_t i = 0; i < type->field_count; i++)
        if (!skip(type->fields[i].type, input))
            return false;
    if (type->kind == TG_TYPE_STRUCT)
        return true;
    if (!take(input, 4, &bytes))
        return false;
    for (uint32_t left = tg_state_load_u32(bytes); left > 0; left--)
        if ((type->kind == TG_TYPE_MAP && !skip(type->key, input)) || !skip(type->element, input))
            return false;
    return true;
}

size_t tg_value_size(const struct tg_type *type, struct tg_slice input)
{
    struct tg_slice rest = input;
    return skip(type, &rest) ? input.length - rest.length : 0;
}
