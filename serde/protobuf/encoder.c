/* The encoder: rows of columns as messages, behind the schema's id and the message's indexes if there is an
 * id. */
#include "base/memory.h"
#include "data/decimal.h"
#include "data/number.h"
#include "data/time.h"
#include "serde/protobuf/protobuf.h"
#include "serde/protobuf/write_plan.h"
#include "serde/registry/wire.h"

enum { VARINT_BYTES_MAX = 10, LENGTH_BYTES_MAX = 5 };

struct proto_encoder {
    struct tg_encoder base; /* first: a proto_encoder is a tg_encoder */
    struct tg_arena *arena;
    const struct tg_proto_write *writes;
    uint32_t write_count;
    int32_t id; /* 0: none is written */
    struct tg_slice indexes;
    uint8_t null_flag;
    bool unwrapped;
    bool writes_nothing; /* a key without columns */
};

TG_MUST_CHECK static enum tg_code put_fields(const struct tg_proto_write *writes, uint32_t count,
                                             const struct tg_column *const *columns, uint32_t row,
                                             struct tg_buffer *out, struct tg_error *reterr);

static inline uint8_t *write_varint(uint8_t *at, uint64_t bits)
{
    for (; bits >= 0x80; bits >>= 7)
        *at++ = (uint8_t)((bits & 0x7f) | 0x80);
    *at++ = (uint8_t)bits;
    return at;
}

static void put_varint(struct tg_buffer *out, uint64_t bits)
{
    uint8_t *start = tg_buffer_reserve(out, VARINT_BYTES_MAX);
    out->length += (size_t)(write_varint(start, bits) - start);
}

/* A single number or text with its tag; a zero only where it says something. */
static inline void put_quick(const struct tg_proto_write *write, const struct tg_column *column, uint32_t row,
                             struct tg_buffer *out)
{
    bool text = write->code == TG_PROTO_WRITE_BYTES;
    struct tg_slice bytes = text ? column->values.bytes[row] : (struct tg_slice){0};
    uint64_t bits = text ? bytes.length : (uint64_t)column->values.int64[row];
    if (bits == 0 && !write->presence)
        return;
    uint8_t *start = tg_buffer_reserve(out, 8 + VARINT_BYTES_MAX + bytes.length);
    memcpy(start, write->tag, TG_PROTO_TAG_BYTES_MAX);
    uint8_t *at = write_varint(start + write->tag_length, bits);
    if (bytes.length > 0)
        memcpy(at, bytes.data, bytes.length);
    out->length += (size_t)(at - start) + bytes.length;
}

static void put_tag(struct tg_buffer *out, const struct tg_proto_write *write)
{
    tg_buffer_append(out, write->tag, write->tag_length);
}

/* A field of a well-known message: a number that is not zero. */
static void put_part(struct tg_buffer *out, uint32_t number, int64_t value)
{
    if (value == 0)
        return;
    tg_buffer_append_byte(out, (uint8_t)(number << 3));
    put_varint(out, (uint64_t)value);
}

/* Room for a length of one byte; put_length fills it in and makes it longer if need be. */
static size_t open_length(struct tg_buffer *out)
{
    tg_buffer_append_byte(out, 0);
    return out->length;
}

static void close_length(struct tg_buffer *out, size_t start)
{
    size_t length = out->length - start;
    uint8_t bytes[LENGTH_BYTES_MAX];
    size_t used = 0;
    size_t rest = length;
    for (; rest >= 0x80; rest >>= 7)
        bytes[used++] = (uint8_t)((rest & 0x7f) | 0x80);
    bytes[used++] = (uint8_t)rest;
    if (used > 1) {
        tg_buffer_reserve(out, used - 1);
        memmove(out->data + start + used - 1, out->data + start, length);
        out->length += used - 1;
    }
    memcpy(out->data + start - 1, bytes, used);
}

/* The bits of a number in the form of its kind; false: it does not fit 32 bits without sign. */
static bool number_bits(enum tg_proto_kind kind, const struct tg_column *column, uint32_t row,
                        uint64_t *ret_bits)
{
    int64_t value = 0;
    double real = 0;
    switch ((int)column->type->kind) {
    case TG_TYPE_BOOLEAN:
        value = column->values.boolean[row] != 0;
        break;
    case TG_TYPE_DOUBLE:
        real = column->values.float64[row];
        break;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        value = column->values.int64[row];
        break;
    default:
        value = column->values.int32[row];
        break;
    }
    if (column->type->kind != TG_TYPE_DOUBLE)
        real = (double)value;
    float single = (float)real;
    *ret_bits = 0;
    switch ((int)kind) {
    case TG_PROTO_DOUBLE:
        memcpy(ret_bits, &real, sizeof real);
        return true;
    case TG_PROTO_FLOAT:
        memcpy(ret_bits, &single, sizeof single);
        return true;
    case TG_PROTO_SINT32:
    case TG_PROTO_SINT64:
        *ret_bits = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
        return true;
    case TG_PROTO_UINT32:
    case TG_PROTO_FIXED32:
        *ret_bits = (uint64_t)value;
        return value >= 0 && value <= UINT32_MAX;
    case TG_PROTO_SFIXED32:
        *ret_bits = (uint32_t)value;
        return true;
    default:
        *ret_bits = (uint64_t)value;
        return true;
    }
}

static void put_bits(struct tg_buffer *out, enum tg_proto_kind kind, uint64_t bits)
{
    enum tg_proto_wire wire = tg_proto_wire_of(kind);
    if (wire == TG_PROTO_VARINT)
        put_varint(out, bits);
    else
        tg_buffer_append(out, &bits, wire == TG_PROTO_WIDE ? 8 : 4); /* little endian, as this machine */
}

static void put_date(struct tg_buffer *out, int32_t days)
{
    struct tg_civil civil;
    tg_civil_from_ms((int64_t)days * 86400000, &civil);
    put_part(out, 1, civil.year);
    put_part(out, 2, civil.month);
    put_part(out, 3, civil.day);
}

static void put_time(struct tg_buffer *out, int32_t millis)
{
    put_part(out, 1, millis / 3600000);
    put_part(out, 2, millis / 60000 % 60);
    put_part(out, 3, millis / 1000 % 60);
    put_part(out, 4, (int64_t)(millis % 1000) * 1000000);
}

static void put_timestamp(struct tg_buffer *out, int64_t millis)
{
    int64_t seconds = millis / 1000 - (millis % 1000 < 0);
    put_part(out, 1, seconds);
    put_part(out, 2, (millis - seconds * 1000) * 1000000);
}

static void put_decimal(struct tg_buffer *out, const struct tg_column *column, uint32_t row)
{
    tg_int128 value = column->values.decimal[row];
    uint8_t bytes[sizeof(tg_int128)];
    size_t count = 0;
    tg_uint128 rest = (tg_uint128)value;
    do {
        bytes[sizeof bytes - ++count] = (uint8_t)rest;
        rest >>= 8;
    } while (count < sizeof bytes && (value >> (8 * count - 1)) != (value < 0 ? -1 : 0));
    tg_buffer_append_byte(out, 1 << 3 | TG_PROTO_SIZED);
    put_varint(out, count);
    tg_buffer_append(out, bytes + sizeof bytes - count, count);
    put_part(out, 2, column->type->precision);
    put_part(out, 3, column->type->scale);
}

static void put_known(struct tg_buffer *out, const struct tg_proto_write *write,
                      const struct tg_column *column, uint32_t row)
{
    size_t start = open_length(out);
    if (write->known == TG_PROTO_DATE)
        put_date(out, column->values.int32[row]);
    else if (write->known == TG_PROTO_TIME)
        put_time(out, column->values.int32[row]);
    else if (write->known == TG_PROTO_TIMESTAMP)
        put_timestamp(out, column->values.int64[row]);
    else
        put_decimal(out, column, row);
    close_length(out, start);
}

TG_MUST_CHECK static enum tg_code put_wrapper(struct tg_buffer *out, const struct tg_proto_write *write,
                                              const struct tg_column *column, uint32_t row,
                                              struct tg_error *reterr)
{
    enum tg_proto_kind kind = (enum tg_proto_kind)write->kind;
    uint64_t bits = 0;
    size_t start = open_length(out);
    if (kind == TG_PROTO_STRING || kind == TG_PROTO_BYTES) {
        struct tg_slice bytes = column->values.bytes[row];
        if (bytes.length > 0) {
            tg_buffer_append_byte(out, 1 << 3 | TG_PROTO_SIZED);
            put_varint(out, bytes.length);
            tg_buffer_append_slice(out, bytes);
        }
    } else {
        if (!number_bits(kind, column, row, &bits))
            return tg_fail(reterr, TG_CODE_ENCODE, "column %s: a number that does not fit %s", write->path,
                           tg_proto_kind_name(kind));
        if (bits != 0) {
            tg_buffer_append_byte(out, (uint8_t)(1U << 3 | tg_proto_wire_of(kind)));
            put_bits(out, kind, bits);
        }
    }
    close_length(out, start);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code symbol_number(const struct tg_proto_write *write, struct tg_slice text,
                                                int64_t *ret_number, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < write->symbols->count; i++) {
        if (!tg_slice_equal(write->symbols->symbols[i].name, text))
            continue;
        *ret_number = write->symbols->symbols[i].number;
        return TG_OK;
    }
    return tg_fail(reterr, TG_CODE_ENCODE, "column %s: a text that is no symbol of the schema's enum",
                   write->path);
}

/* The number or boolean that a map's key says. */
TG_MUST_CHECK static enum tg_code parse_key(const struct tg_proto_write *write, struct tg_slice text,
                                            uint64_t *ret_bits, struct tg_error *reterr)
{
    enum tg_proto_kind kind = (enum tg_proto_kind)write->kind;
    struct tg_type type = {.kind = TG_TYPE_BIGINT};
    struct tg_column column = {.type = &type};
    int64_t value = 0;
    bool good = tg_int64_parse(text, &value);
    bool narrow = kind == TG_PROTO_INT32 || kind == TG_PROTO_SINT32 || kind == TG_PROTO_SFIXED32;
    if (kind == TG_PROTO_BOOL) {
        good = tg_slice_is(text, "true") || tg_slice_is(text, "false");
        value = tg_slice_is(text, "true");
    }
    column.values.int64 = &value;
    if (!good || (narrow && value != (int32_t)value) || !number_bits(kind, &column, 0, ret_bits))
        return tg_fail(reterr, TG_CODE_ENCODE, "column %s: a key that is no %s", write->path,
                       tg_proto_kind_name(kind));
    return TG_OK;
}

/* A number, or an enum by its name, as bits; NULL counts as zero. */
TG_MUST_CHECK static enum tg_code value_bits(const struct tg_proto_write *write,
                                             const struct tg_column *column, uint32_t row, uint64_t *ret_bits,
                                             struct tg_error *reterr)
{
    int64_t number = 0;
    *ret_bits = 0;
    if (!column->valid[row])
        return TG_OK;
    if (write->code == TG_PROTO_WRITE_SYMBOL) {
        TG_TRY(symbol_number(write, column->values.bytes[row], &number, reterr));
        *ret_bits = (uint64_t)number;
        return TG_OK;
    }
    if (write->code == TG_PROTO_WRITE_PARSED)
        return parse_key(write, column->values.bytes[row], ret_bits, reterr);
    if (!number_bits((enum tg_proto_kind)write->kind, column, row, ret_bits))
        return tg_fail(reterr, TG_CODE_ENCODE, "column %s: a number that does not fit %s", write->path,
                       tg_proto_kind_name((enum tg_proto_kind)write->kind));
    return TG_OK;
}

/* A value with its tag, even if it is zero; NULL in a list is its zero, or an empty message. */
TG_MUST_CHECK static enum tg_code put_one(const struct tg_proto_write *write, const struct tg_column *column,
                                          uint32_t row, struct tg_buffer *out, struct tg_error *reterr)
{
    bool valid = column->valid[row];
    uint64_t bits = 0;
    put_tag(out, write);
    switch ((enum tg_proto_write_code)write->code) {
    case TG_PROTO_WRITE_NUMBER:
    case TG_PROTO_WRITE_SYMBOL:
    case TG_PROTO_WRITE_PARSED:
        TG_TRY(value_bits(write, column, row, &bits, reterr));
        put_bits(out, (enum tg_proto_kind)write->kind, bits);
        return TG_OK;
    case TG_PROTO_WRITE_BYTES:
        put_varint(out, valid ? column->values.bytes[row].length : 0);
        if (valid)
            tg_buffer_append_slice(out, column->values.bytes[row]);
        return TG_OK;
    case TG_PROTO_WRITE_WRAPPER:
    case TG_PROTO_WRITE_KNOWN:
    case TG_PROTO_WRITE_MESSAGE:
        break;
    }
    if (!valid) {
        tg_buffer_append_byte(out, 0);
        return TG_OK;
    }
    if (write->code == TG_PROTO_WRITE_WRAPPER)
        return put_wrapper(out, write, column, row, reterr);
    if (write->code == TG_PROTO_WRITE_KNOWN) {
        put_known(out, write, column, row);
        return TG_OK;
    }
    size_t start = open_length(out);
    TG_TRY(put_fields(write->parts, write->part_count, (const struct tg_column *const *)column->children, row,
                      out, reterr));
    close_length(out, start);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code put_packed(const struct tg_proto_write *write,
                                             const struct tg_column *elements, struct tg_range range,
                                             struct tg_buffer *out, struct tg_error *reterr)
{
    if (range.count == 0)
        return TG_OK;
    put_tag(out, write);
    size_t start = open_length(out);
    for (uint32_t i = range.start; i < range.start + range.count; i++) {
        uint64_t bits = 0;
        TG_TRY(value_bits(write, elements, i, &bits, reterr));
        put_bits(out, (enum tg_proto_kind)write->kind, bits);
    }
    close_length(out, start);
    return TG_OK;
}

/* Entries are messages of key and value. */
TG_MUST_CHECK static enum tg_code put_map(const struct tg_proto_write *write, const struct tg_column *column,
                                          struct tg_range range, struct tg_buffer *out,
                                          struct tg_error *reterr)
{
    for (uint32_t i = range.start; i < range.start + range.count; i++) {
        put_tag(out, write);
        size_t start = open_length(out);
        TG_TRY(put_fields(write->parts, write->part_count, (const struct tg_column *const *)column->children,
                          i, out, reterr));
        close_length(out, start);
    }
    return TG_OK;
}

/* A zero that says no more than its absence. */
static bool is_zero(const struct tg_proto_write *write, const struct tg_column *column, uint32_t row)
{
    uint64_t bits = 0;
    struct tg_error ignored;
    if (write->code == TG_PROTO_WRITE_BYTES)
        return column->values.bytes[row].length == 0;
    if (write->code != TG_PROTO_WRITE_NUMBER && write->code != TG_PROTO_WRITE_SYMBOL &&
        write->code != TG_PROTO_WRITE_PARSED)
        return false;
    return value_bits(write, column, row, &bits, &ignored) == TG_OK && bits == 0;
}

static enum tg_code put_fields(const struct tg_proto_write *writes, uint32_t count,
                               const struct tg_column *const *columns, uint32_t row, struct tg_buffer *out,
                               struct tg_error *reterr)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct tg_proto_write *write = &writes[i];
        const struct tg_column *column;
        if (write->around == TG_PROTO_AROUND_NONE) {
            column = columns[write->child];
        } else {
            if (!columns[write->around]->valid[row])
                continue;
            column = columns[write->around]->children[write->child];
        }
        if (write->quick && column->valid[row]) {
            put_quick(write, column, row, out);
            continue;
        }
        if (!column->valid[row] ||
            (!write->presence && !write->list && !write->map && is_zero(write, column, row)))
            continue;
        if (write->map) {
            TG_TRY(put_map(write, column, column->values.range[row], out, reterr));
        } else if (write->packed) {
            TG_TRY(put_packed(write, column->children[0], column->values.range[row], out, reterr));
        } else if (write->list) {
            struct tg_range range = column->values.range[row];
            for (uint32_t j = range.start; j < range.start + range.count; j++)
                TG_TRY(put_one(write, column->children[0], j, out, reterr));
        } else {
            TG_TRY(put_one(write, column, row, out, reterr));
        }
    }
    return TG_OK;
}

static enum tg_code encode(struct tg_encoder *self, struct tg_encode_call *call, struct tg_error *reterr)
{
    const struct proto_encoder *encoder = (const struct proto_encoder *)self;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = call->rows == NULL ? i : call->rows[i];
        bool is_null = encoder->writes_nothing ||
                       (call->flags != NULL && (call->flags[row] & encoder->null_flag) != 0) ||
                       (encoder->unwrapped && !call->columns[0]->valid[row]);
        call->nulls[i] = is_null;
        if (!is_null) {
            if (encoder->id != 0) {
                tg_wire_write(call->out, encoder->id);
                tg_buffer_append_slice(call->out, encoder->indexes);
            }
            TG_TRY(put_fields(encoder->writes, encoder->write_count, call->columns, row, call->out, reterr));
        }
        call->ends[i] = call->out->length;
    }
    return TG_OK;
}

static void close_encoder(struct tg_encoder *self)
{
    struct proto_encoder *encoder = (struct proto_encoder *)self;
    tg_arena_free(encoder->arena);
    tg_free(encoder);
}

/* The indexes before each message; those of the first one have a short form. */
static struct tg_slice index_bytes(struct tg_arena *arena, const struct tg_proto_file *file,
                                   const struct tg_proto_message *message)
{
    uint32_t indexes[TG_PROTO_INDEX_DEPTH_MAX];
    uint32_t count = 0;
    struct tg_buffer bytes = {0};
    if (!tg_proto_indexes(file, message, indexes, &count) || (count == 1 && indexes[0] == 0)) {
        tg_buffer_append_byte(&bytes, 0);
    } else {
        put_varint(&bytes, (uint64_t)count << 1);
        for (uint32_t i = 0; i < count; i++)
            put_varint(&bytes, (uint64_t)indexes[i] << 1);
    }
    struct tg_slice kept = tg_arena_copy(arena, tg_buffer_slice(&bytes));
    tg_buffer_done(&bytes);
    return kept;
}

enum tg_code tg_proto_encoder_open(const struct tg_format_options *options, struct tg_encoder **ret_encoder,
                                   struct tg_error *reterr)
{
    TG_TRY(tg_proto_check(options, reterr));
    struct proto_encoder *encoder = tg_alloc_zero(1, sizeof *encoder);
    const struct tg_proto_file *file = NULL;
    const struct tg_proto_message *message = NULL;
    encoder->base = (struct tg_encoder){.encode = encode, .close = close_encoder};
    encoder->arena = tg_arena_new(0);
    encoder->id = options->writer == NULL ? 0 : options->writer->id;
    encoder->null_flag = options->is_key ? TG_ROW_KEY_NULL : TG_ROW_VALUE_NULL;
    encoder->unwrapped = options->unwrapped && options->column_count == 1;
    encoder->writes_nothing = options->is_key && options->column_count == 0;
    enum tg_code code = tg_proto_options_file(encoder->arena, options, &file, reterr);
    if (code == TG_OK)
        code = tg_proto_find(file, options->full_name, &message, reterr);
    if (code == TG_OK)
        code = tg_proto_plan_writes(encoder->arena, message, options->columns, options->column_count,
                                    &encoder->writes, &encoder->write_count, reterr);
    if (code != TG_OK) {
        close_encoder(&encoder->base);
        return code;
    }
    encoder->indexes = index_bytes(encoder->arena, file, message);
    *ret_encoder = &encoder->base;
    return TG_OK;
}
