/* The encoder: rows of columns as values of one schema, behind its id if it has one. */
#include "base/memory.h"
#include "data/decimal.h"
#include "serde/avro/avro.h"
#include "serde/avro/encode_plan.h"
#include "serde/avro/write.h"
#include "serde/registry/wire.h"

struct avro_encoder {
    struct tg_encoder base; /* first: an avro_encoder is a tg_encoder */
    struct tg_arena *arena;
    const struct tg_avro_put *root;
    int32_t id; /* 0: none is written */
    uint8_t null_flag;
    bool unwrapped;
    bool writes_nothing; /* a key without columns */
};

TG_MUST_CHECK static enum tg_code put_value(const struct tg_avro_put *put, const struct tg_column *column,
                                            uint32_t row, struct tg_buffer *out, struct tg_error *reterr);

/* Two's complement with the fewest bytes (at least one); returns their number. They are at the end of
 * `bytes`. */
static size_t decimal_bytes(tg_int128 value, uint8_t bytes[sizeof(tg_int128)])
{
    size_t count = 0;
    tg_uint128 rest = (tg_uint128)value;
    do {
        bytes[sizeof(tg_int128) - ++count] = (uint8_t)rest;
        rest >>= 8;
    } while (count < sizeof(tg_int128) && (value >> (8 * count - 1)) != (value < 0 ? -1 : 0));
    return count;
}

TG_MUST_CHECK static enum tg_code put_decimal(const struct tg_avro_put *put, const struct tg_column *column,
                                              uint32_t row, struct tg_buffer *out, struct tg_error *reterr)
{
    tg_int128 value = column->values.decimal[row];
    uint8_t bytes[sizeof(tg_int128)];
    if (put->scale != column->type->scale &&
        tg_decimal_rescale(value, column->type->scale, put->scale, TG_ROUND_UNNECESSARY, &value) !=
            TG_DECIMAL_OK)
        return tg_fail(reterr, TG_CODE_ENCODE, "column %s: a decimal does not fit the schema's scale %u",
                       put->path, put->scale);
    size_t count = decimal_bytes(value, bytes);
    const uint8_t *start = bytes + sizeof bytes - count;
    if (put->code == TG_AVRO_PUT_DECIMAL)
        tg_avro_put_long(out, (int64_t)count);
    if (put->code == TG_AVRO_PUT_FIXED_DECIMAL && count > put->size)
        return tg_fail(reterr, TG_CODE_ENCODE, "column %s: a decimal does not fit the schema's %u bytes",
                       put->path, put->size);
    for (size_t i = count; put->code == TG_AVRO_PUT_FIXED_DECIMAL && i < put->size; i++)
        tg_buffer_append_byte(out, value < 0 ? 0xff : 0);
    tg_buffer_append(out, start, count);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code put_symbol(const struct tg_avro_put *put, struct tg_slice text,
                                             struct tg_buffer *out, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < put->size; i++) {
        if (!tg_slice_equal(put->symbols[i], text))
            continue;
        tg_avro_put_long(out, i);
        return TG_OK;
    }
    return tg_fail(reterr, TG_CODE_ENCODE, "column %s: a text that is no symbol of the schema's enum",
                   put->path);
}

TG_MUST_CHECK static enum tg_code put_integer(const struct tg_avro_put *put, int64_t value,
                                              struct tg_buffer *out, struct tg_error *reterr)
{
    if (put->factor != 1 && __builtin_mul_overflow(value, put->factor, &value))
        return tg_fail(reterr, TG_CODE_ENCODE, "column %s: a time beyond what the schema's unit can carry",
                       put->path);
    tg_avro_put_long(out, value);
    return TG_OK;
}

static double real_value(const struct tg_column *column, uint32_t row)
{
    if (column->type->kind == TG_TYPE_DOUBLE)
        return column->values.float64[row];
    return column->type->kind == TG_TYPE_INT ? column->values.int32[row] : (double)column->values.int64[row];
}

/* Keys of an Avro map are texts: there is no null among them. */
TG_MUST_CHECK static enum tg_code put_elements(const struct tg_avro_put *put, const struct tg_column *column,
                                               uint32_t row, struct tg_buffer *out, struct tg_error *reterr)
{
    struct tg_range range = column->values.range[row];
    if (range.count > 0)
        tg_avro_put_long(out, range.count);
    for (uint32_t i = range.start; i < range.start + range.count; i++) {
        if (put->code == TG_AVRO_PUT_MAP) {
            if (!column->children[0]->valid[i])
                return tg_fail(reterr, TG_CODE_ENCODE, "column %s: a map with a NULL key", put->path);
            tg_avro_put_bytes(out, column->children[0]->values.bytes[i]);
        }
        for (uint32_t part = 0; part < put->part_count; part++) {
            const struct tg_avro_put *inner = &put->parts[part];
            TG_TRY(put_value(inner, column->children[inner->child], i, out, reterr));
        }
    }
    tg_avro_put_long(out, 0);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code put_member(const struct tg_avro_put *put, const struct tg_column *column,
                                             uint32_t row, struct tg_buffer *out, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < put->part_count; i++) {
        const struct tg_column *member = column->children[put->parts[i].child];
        if (!member->valid[row])
            continue;
        tg_buffer_append_byte(out, put->parts[i].value_branch);
        return put_value(&put->parts[i], member, row, out, reterr);
    }
    return tg_fail(reterr, TG_CODE_ENCODE,
                   "column %s: all fields are NULL, but one has to be the union's value", put->path);
}

TG_MUST_CHECK static enum tg_code put_null(const struct tg_avro_put *put, struct tg_buffer *out,
                                           struct tg_error *reterr)
{
    if (put->nullable) {
        tg_buffer_append_byte(out, put->null_branch);
        return TG_OK;
    }
    if (!put->has_standard)
        return tg_fail(reterr, TG_CODE_ENCODE,
                       "column %s is NULL, but the schema has neither null nor a default there", put->path);
    tg_buffer_append_slice(out, put->standard);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code put_rare(const struct tg_avro_put *put, const struct tg_column *column,
                                           uint32_t row, struct tg_buffer *out, struct tg_error *reterr)
{
    switch ((enum tg_avro_put_code)put->code) {
    case TG_AVRO_PUT_FLOAT:
        tg_avro_put_float(out, (float)real_value(column, row));
        return TG_OK;
    case TG_AVRO_PUT_FIXED:
        if (column->values.bytes[row].length != put->size)
            return tg_fail(reterr, TG_CODE_ENCODE, "column %s: %zu bytes, but the schema's fixed has %u",
                           put->path, column->values.bytes[row].length, put->size);
        tg_buffer_append_slice(out, column->values.bytes[row]);
        return TG_OK;
    case TG_AVRO_PUT_BARE:
        tg_buffer_append_slice(out, column->values.bytes[row]);
        return TG_OK;
    case TG_AVRO_PUT_SYMBOL:
        return put_symbol(put, column->values.bytes[row], out, reterr);
    case TG_AVRO_PUT_DECIMAL:
    case TG_AVRO_PUT_FIXED_DECIMAL:
    case TG_AVRO_PUT_BARE_DECIMAL:
        return put_decimal(put, column, row, out, reterr);
    case TG_AVRO_PUT_ARRAY:
    case TG_AVRO_PUT_MAP:
    case TG_AVRO_PUT_ENTRIES:
        return put_elements(put, column, row, out, reterr);
    case TG_AVRO_PUT_MEMBER:
        return put_member(put, column, row, out, reterr);
    case TG_AVRO_PUT_CONSTANT:
    case TG_AVRO_PUT_BOOLEAN:
    case TG_AVRO_PUT_INT:
    case TG_AVRO_PUT_LONG:
    case TG_AVRO_PUT_REAL:
    case TG_AVRO_PUT_BYTES:
    case TG_AVRO_PUT_RECORD:
        break;
    }
    return TG_OK;
}

static enum tg_code put_value(const struct tg_avro_put *put, const struct tg_column *column, uint32_t row,
                              struct tg_buffer *out, struct tg_error *reterr)
{
    if (put->code == TG_AVRO_PUT_CONSTANT) {
        tg_buffer_append_slice(out, put->standard);
        return TG_OK;
    }
    if (!column->valid[row])
        return put_null(put, out, reterr);
    if (put->has_branch)
        tg_buffer_append_byte(out, put->value_branch);
    switch (put->code) {
    case TG_AVRO_PUT_BOOLEAN:
        tg_buffer_append_byte(out, column->values.boolean[row] != 0);
        return TG_OK;
    case TG_AVRO_PUT_INT:
        return put_integer(put, column->values.int32[row], out, reterr);
    case TG_AVRO_PUT_LONG:
        return put_integer(put, column->values.int64[row], out, reterr);
    case TG_AVRO_PUT_REAL:
        tg_avro_put_double(out, real_value(column, row));
        return TG_OK;
    case TG_AVRO_PUT_BYTES:
        tg_avro_put_bytes(out, column->values.bytes[row]);
        return TG_OK;
    case TG_AVRO_PUT_RECORD:
        for (uint32_t i = 0; i < put->part_count; i++)
            TG_TRY(put_value(&put->parts[i], column->children[put->parts[i].child], row, out, reterr));
        return TG_OK;
    default:
        return put_rare(put, column, row, out, reterr);
    }
}

TG_MUST_CHECK static enum tg_code put_row(const struct avro_encoder *encoder, struct tg_encode_call *call,
                                          uint32_t row, struct tg_error *reterr)
{
    const struct tg_avro_put *root = encoder->root;
    if (encoder->id != 0)
        tg_wire_write(call->out, encoder->id);
    if (encoder->unwrapped)
        return put_value(root, call->columns[0], row, call->out, reterr);
    if (root->has_branch)
        tg_buffer_append_byte(call->out, root->value_branch);
    for (uint32_t i = 0; i < root->part_count; i++)
        TG_TRY(put_value(&root->parts[i], call->columns[root->parts[i].child], row, call->out, reterr));
    return TG_OK;
}

static enum tg_code encode(struct tg_encoder *self, struct tg_encode_call *call, struct tg_error *reterr)
{
    const struct avro_encoder *encoder = (const struct avro_encoder *)self;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = call->rows == NULL ? i : call->rows[i];
        bool is_null = encoder->writes_nothing ||
                       (call->flags != NULL && (call->flags[row] & encoder->null_flag) != 0) ||
                       (encoder->unwrapped && !call->columns[0]->valid[row]);
        call->nulls[i] = is_null;
        if (!is_null)
            TG_TRY(put_row(encoder, call, row, reterr));
        call->ends[i] = call->out->length;
    }
    return TG_OK;
}

static void close_encoder(struct tg_encoder *self)
{
    struct avro_encoder *encoder = (struct avro_encoder *)self;
    tg_arena_free(encoder->arena);
    tg_free(encoder);
}

enum tg_code tg_avro_encoder_open(const struct tg_format_options *options, struct tg_encoder **ret_encoder,
                                  struct tg_error *reterr)
{
    TG_TRY(tg_format_avro.check(options, reterr));
    struct tg_arena *arena = tg_arena_new(0);
    const struct tg_avro_schema *schema = NULL;
    const struct tg_avro_put *root = NULL;
    struct tg_avro_put_options plan = {
        .columns = options->columns, .column_count = options->column_count, .unwrapped = options->unwrapped};
    enum tg_code code = tg_avro_options_schema(arena, options, &schema, reterr);
    if (code == TG_OK)
        code = tg_avro_plan(arena, schema, &plan, &root, reterr);
    if (code != TG_OK) {
        tg_arena_free(arena);
        return code;
    }
    struct avro_encoder *encoder = tg_alloc_zero(1, sizeof *encoder);
    encoder->base = (struct tg_encoder){.encode = encode, .close = close_encoder};
    encoder->arena = arena;
    encoder->root = root;
    encoder->id = options->writer == NULL ? 0 : options->writer->id;
    encoder->null_flag = options->is_key ? TG_ROW_KEY_NULL : TG_ROW_VALUE_NULL;
    encoder->unwrapped = options->unwrapped;
    encoder->writes_nothing = options->is_key && options->column_count == 0;
    *ret_encoder = &encoder->base;
    return TG_OK;
}
