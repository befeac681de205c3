#include "topology/rows/row_bytes.h"

/* ---- writing ---- */

static void append_range(struct tg_buffer *out, const struct tg_column *column, struct tg_range range)
{
    tg_buffer_append_u32(out, range.count);
    for (uint32_t i = 0; i < range.count; i++)
        for (uint32_t child = 0; child < column->child_count; child++)
            tg_row_bytes_append(out, column->children[child], range.start + i);
}

static void append_bits(struct tg_buffer *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    tg_buffer_append_u64(out, bits);
}

static void append_decimal(struct tg_buffer *out, tg_int128 value)
{
    tg_buffer_append_u64(out, (uint64_t)(value >> 64));
    tg_buffer_append_u64(out, (uint64_t)value);
}

static void append_value(struct tg_buffer *out, const struct tg_column *column, uint32_t row)
{
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
        tg_buffer_append_byte(out, column->values.boolean[row]);
        break;
    case TG_TYPE_INT:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
        tg_buffer_append_u32(out, (uint32_t)column->values.int32[row]);
        break;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        tg_buffer_append_u64(out, (uint64_t)column->values.int64[row]);
        break;
    case TG_TYPE_DOUBLE:
        append_bits(out, column->values.float64[row]);
        break;
    case TG_TYPE_DECIMAL:
        append_decimal(out, column->values.decimal[row]);
        break;
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        tg_buffer_append_u32(out, (uint32_t)column->values.bytes[row].length);
        tg_buffer_append_slice(out, column->values.bytes[row]);
        break;
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
        append_range(out, column, column->values.range[row]);
        break;
    case TG_TYPE_STRUCT:
        for (uint32_t child = 0; child < column->child_count; child++)
            tg_row_bytes_append(out, column->children[child], row);
        break;
    }
}

void tg_row_bytes_append(struct tg_buffer *out, const struct tg_column *column, uint32_t row)
{
    bool valid = column != NULL && column->valid[row];
    tg_buffer_append_byte(out, valid);
    if (valid)
        append_value(out, column, row);
}

/* ---- reading ---- */

static enum tg_code take(struct tg_slice *bytes, size_t length, struct tg_slice *ret_part,
                         struct tg_error *reterr)
{
    if (!tg_slice_take(bytes, length, ret_part))
        return tg_fail(reterr, TG_CODE_CORRUPT, "the bytes of a row end %zu bytes too early",
                       length - bytes->length);
    return TG_OK;
}

static enum tg_code take_u32(struct tg_slice *bytes, uint32_t *ret_value, struct tg_error *reterr)
{
    struct tg_slice part;
    TG_TRY(take(bytes, 4, &part, reterr));
    *ret_value = tg_load_u32(part.data);
    return TG_OK;
}

static enum tg_code take_u64(struct tg_slice *bytes, uint64_t *ret_value, struct tg_error *reterr)
{
    struct tg_slice part;
    TG_TRY(take(bytes, 8, &part, reterr));
    *ret_value = tg_load_u64(part.data);
    return TG_OK;
}

static enum tg_code take_valid(struct tg_slice *bytes, bool *ret_valid, struct tg_error *reterr)
{
    struct tg_slice part;
    TG_TRY(take(bytes, 1, &part, reterr));
    if (part.data[0] > 1)
        return tg_fail(reterr, TG_CODE_CORRUPT, "the bytes of a row say %u where 0 or 1 is expected",
                       part.data[0]);
    *ret_valid = part.data[0] == 1;
    return TG_OK;
}

static enum tg_code read_range(struct tg_slice *bytes, struct tg_column *column, uint32_t row,
                               struct tg_error *reterr)
{
    uint32_t count = 0;
    TG_TRY(take_u32(bytes, &count, reterr));
    if (count > bytes->length) /* each element has one byte at least */
        return tg_fail(reterr, TG_CODE_CORRUPT, "the bytes of a row promise %u elements in %zu bytes", count,
                       bytes->length);
    struct tg_range range = {.start = column->children[0]->length, .count = count};
    column->values.range[row] = range;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t child = 0; child < column->child_count; child++)
            TG_TRY(tg_row_bytes_read(bytes, column->children[child],
                                     tg_column_extend(column->children[child]), reterr));
    return TG_OK;
}

static enum tg_code read_bytes(struct tg_slice *bytes, struct tg_slice *ret_value, struct tg_error *reterr)
{
    uint32_t length = 0;
    TG_TRY(take_u32(bytes, &length, reterr));
    return take(bytes, length, ret_value, reterr);
}

static enum tg_code read_decimal(struct tg_slice *bytes, tg_int128 *ret_value, struct tg_error *reterr)
{
    uint64_t high = 0;
    uint64_t low = 0;
    TG_TRY(take_u64(bytes, &high, reterr));
    TG_TRY(take_u64(bytes, &low, reterr));
    *ret_value = (tg_int128)(((unsigned __int128)high << 64) | low);
    return TG_OK;
}

static enum tg_code read_value(struct tg_slice *bytes, struct tg_column *column, uint32_t row,
                               struct tg_error *reterr)
{
    uint32_t word = 0;
    uint64_t number = 0;
    struct tg_slice part;
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
        TG_TRY(take(bytes, 1, &part, reterr));
        column->values.boolean[row] = part.data[0] != 0;
        return TG_OK;
    case TG_TYPE_INT:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
        TG_TRY(take_u32(bytes, &word, reterr));
        column->values.int32[row] = (int32_t)word;
        return TG_OK;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        TG_TRY(take_u64(bytes, &number, reterr));
        column->values.int64[row] = (int64_t)number;
        return TG_OK;
    case TG_TYPE_DOUBLE:
        TG_TRY(take_u64(bytes, &number, reterr));
        memcpy(&column->values.float64[row], &number, sizeof number);
        return TG_OK;
    case TG_TYPE_DECIMAL:
        return read_decimal(bytes, &column->values.decimal[row], reterr);
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        return read_bytes(bytes, &column->values.bytes[row], reterr);
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
        return read_range(bytes, column, row, reterr);
    case TG_TYPE_STRUCT:
        for (uint32_t child = 0; child < column->child_count; child++)
            TG_TRY(tg_row_bytes_read(bytes, column->children[child], row, reterr));
        return TG_OK;
    }
    return tg_fail(reterr, TG_CODE_INTERNAL, "unknown type %d", (int)column->type->kind);
}

enum tg_code tg_row_bytes_read(struct tg_slice *bytes, struct tg_column *column, uint32_t row,
                               struct tg_error *reterr)
{
    bool valid = false;
    TG_TRY(take_valid(bytes, &valid, reterr));
    if (!valid) {
        tg_column_set_null(column, row);
        return TG_OK;
    }
    column->valid[row] = 1;
    return read_value(bytes, column, row, reterr);
}

static enum tg_code skip_values(struct tg_slice *bytes, const struct tg_type *type, struct tg_error *reterr)
{
    uint32_t count = 0;
    TG_TRY(take_u32(bytes, &count, reterr));
    for (uint32_t i = 0; i < count; i++) {
        if (type->kind == TG_TYPE_MAP)
            TG_TRY(tg_row_bytes_skip(bytes, type->key, reterr));
        TG_TRY(tg_row_bytes_skip(bytes, type->element, reterr));
    }
    return TG_OK;
}

enum tg_code tg_row_bytes_skip(struct tg_slice *bytes, const struct tg_type *type, struct tg_error *reterr)
{
    bool valid = false;
    struct tg_slice part;
    TG_TRY(take_valid(bytes, &valid, reterr));
    if (!valid)
        return TG_OK;
    switch (type->kind) {
    case TG_TYPE_BOOLEAN:
        return take(bytes, 1, &part, reterr);
    case TG_TYPE_INT:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
        return take(bytes, 4, &part, reterr);
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
    case TG_TYPE_DOUBLE:
        return take(bytes, 8, &part, reterr);
    case TG_TYPE_DECIMAL:
        return take(bytes, 16, &part, reterr);
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        return read_bytes(bytes, &part, reterr);
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
        return skip_values(bytes, type, reterr);
    case TG_TYPE_STRUCT:
        for (uint32_t i = 0; i < type->field_count; i++)
            TG_TRY(tg_row_bytes_skip(bytes, type->fields[i].type, reterr));
        return TG_OK;
    }
    return tg_fail(reterr, TG_CODE_INTERNAL, "unknown type %d", (int)type->kind);
}
