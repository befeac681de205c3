/* KAFKA: one column in the bytes of Kafka's own serializers: numbers big endian, texts bare. */
#include "serde/format.h"
#include "base/memory.h"
#include "base/text.h"

extern const struct tg_format tg_format_kafka;

struct kafka_decoder {
    struct tg_decoder base; /* first: a kafka_decoder is a tg_decoder */
    uint32_t column_count;  /* 0 or 1 */
    enum tg_type_kind kind;
};

struct kafka_encoder {
    struct tg_encoder base; /* first: a kafka_encoder is a tg_encoder */
    uint32_t column_count;
    enum tg_type_kind kind;
    uint8_t null_flag;
};

/* Bytes of a value; 0: any number. */
static size_t fixed_size(enum tg_type_kind kind)
{
    if (kind == TG_TYPE_INT)
        return 4;
    return kind == TG_TYPE_BIGINT || kind == TG_TYPE_DOUBLE ? 8 : 0;
}

static const char *decode_fixed(enum tg_type_kind kind, struct tg_slice record, struct tg_column *column,
                                uint32_t row, struct tg_arena *arena)
{
    if (record.length != fixed_size(kind))
        return tg_arena_printf(arena, "%zu bytes, but %s has %zu", record.length, tg_type_kind_name(kind),
                               fixed_size(kind));
    if (column == NULL)
        return NULL;
    if (kind == TG_TYPE_INT) {
        column->values.int32[row] = (int32_t)tg_load_u32(record.data);
    } else {
        uint64_t bits = tg_load_u64(record.data);
        memcpy((uint64_t *)column->values.any + row, &bits, sizeof bits);
    }
    column->valid[row] = 1;
    return NULL;
}

static const char *decode_text(enum tg_type_kind kind, struct tg_slice record, struct tg_column *column,
                               uint32_t row, struct tg_arena *arena)
{
    size_t valid = kind == TG_TYPE_STRING ? tg_utf8_valid_prefix(record) : record.length;
    if (valid != record.length)
        return tg_arena_printf(arena, "not valid UTF-8 at byte %zu, but STRING needs text in UTF-8", valid);
    if (column == NULL)
        return NULL;
    column->values.bytes[row] = record;
    column->valid[row] = 1;
    return NULL;
}

static void decode(struct tg_decoder *self, struct tg_decode_call *call)
{
    const struct kafka_decoder *decoder = (const struct kafka_decoder *)self;
    call->error_count = 0;
    if (call->nulls != NULL)
        memset(call->nulls, 0, call->count);
    if (decoder->column_count == 0)
        return;
    struct tg_column *column = call->columns[0];
    if (column != NULL) {
        tg_column_clear(column);
        tg_column_resize(column, call->count);
        memset(column->valid, 0, call->count);
    }
    for (uint32_t row = 0; row < call->count; row++) {
        if (call->records[row].data == NULL)
            continue;
        const char *message = fixed_size(decoder->kind) > 0
                                  ? decode_fixed(decoder->kind, call->records[row], column, row, call->arena)
                                  : decode_text(decoder->kind, call->records[row], column, row, call->arena);
        if (message != NULL)
            call->errors[call->error_count++] = (struct tg_decode_error){row, TG_CODE_DECODE, message};
    }
}

static void encode_value(enum tg_type_kind kind, const struct tg_column *column, uint32_t row,
                         struct tg_buffer *out)
{
    uint64_t bits;
    if (kind == TG_TYPE_INT) {
        tg_buffer_append_u32(out, (uint32_t)column->values.int32[row]);
    } else if (fixed_size(kind) == 8) {
        memcpy(&bits, (const uint64_t *)column->values.any + row, sizeof bits);
        tg_buffer_append_u64(out, bits);
    } else {
        tg_buffer_append_slice(out, column->values.bytes[row]);
    }
}

static enum tg_code encode(struct tg_encoder *self, struct tg_encode_call *call, struct tg_error *reterr)
{
    (void)reterr; /* every value of these types has bytes */
    const struct kafka_encoder *encoder = (const struct kafka_encoder *)self;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = call->rows == NULL ? i : call->rows[i];
        bool is_null = encoder->column_count == 0 ||
                       (call->flags != NULL && (call->flags[row] & encoder->null_flag) != 0) ||
                       !call->columns[0]->valid[row];
        call->nulls[i] = is_null;
        if (!is_null)
            encode_value(encoder->kind, call->columns[0], row, call->out);
        call->ends[i] = call->out->length;
    }
    return TG_OK;
}

static void close_decoder(struct tg_decoder *self)
{
    tg_free(self);
}

static void close_encoder(struct tg_encoder *self)
{
    tg_free(self);
}

/* No column is fine too: a stream without key. */
static enum tg_code check(const struct tg_format_options *options, struct tg_error *reterr)
{
    if (options->column_count == 0)
        return TG_OK;
    const struct tg_schema_column *column = &options->columns[0];
    if (options->column_count > 1)
        return tg_fail(reterr, TG_CODE_TYPE,
                       "KAFKA carries a single column, and there are %u from %s on; JSON can carry them",
                       options->column_count, column->name);
    if (options->delimiter != 0)
        return tg_fail(reterr, TG_CODE_CONFIG,
                       "KAFKA has no delimiter; leave it out or choose the format DELIMITED");
    enum tg_type_kind kind = column->type->kind;
    if (fixed_size(kind) == 0 && kind != TG_TYPE_STRING && kind != TG_TYPE_BYTES)
        return tg_fail(reterr, TG_CODE_TYPE,
                       "column %s: KAFKA cannot carry %s, only INTEGER, BIGINT, DOUBLE, STRING and BYTES",
                       column->name, tg_type_kind_name(kind));
    return TG_OK;
}

static enum tg_code decoder_open(const struct tg_format_options *options, struct tg_decoder **ret_decoder,
                                 struct tg_error *reterr)
{
    TG_TRY(check(options, reterr));
    struct kafka_decoder *decoder = tg_alloc_zero(1, sizeof *decoder);
    decoder->base = (struct tg_decoder){.decode = decode, .close = close_decoder};
    decoder->column_count = options->column_count;
    if (options->column_count > 0)
        decoder->kind = options->columns[0].type->kind;
    *ret_decoder = &decoder->base;
    return TG_OK;
}

static enum tg_code encoder_open(const struct tg_format_options *options, struct tg_encoder **ret_encoder,
                                 struct tg_error *reterr)
{
    TG_TRY(check(options, reterr));
    struct kafka_encoder *encoder = tg_alloc_zero(1, sizeof *encoder);
    encoder->base = (struct tg_encoder){.encode = encode, .close = close_encoder};
    encoder->column_count = options->column_count;
    if (options->column_count > 0)
        encoder->kind = options->columns[0].type->kind;
    encoder->null_flag = options->is_key ? TG_ROW_KEY_NULL : TG_ROW_VALUE_NULL;
    *ret_encoder = &encoder->base;
    return TG_OK;
}

const struct tg_format tg_format_kafka = {
    .name = "KAFKA",
    .features = TG_FORMAT_UNWRAP,
    .check = check,
    .decoder_open = decoder_open,
    .encoder_open = encoder_open,
};
