/* The decoder: cells into the columns of a batch. An empty cell is NULL, for STRING too. */
#include "base/base64.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/number.h"
#include "serde/delimited/delimited.h"
#include "serde/text_value.h"

struct delimited_decoder {
    struct tg_decoder base; /* first: a delimited_decoder is a tg_decoder */
    uint32_t column_count;
    uint8_t delimiter;
    bool field_nulls;
    const struct tg_schema_column *columns; /* copied */
    struct tg_csv_cell *cells;
    struct tg_arena *arena;
};

static struct tg_slice cell_text(const struct tg_csv_cell *cell, struct tg_arena *arena)
{
    if (!cell->doubled)
        return cell->raw;
    uint8_t *text = tg_arena_bytes_alloc(arena, cell->raw.length);
    size_t length = 0;
    for (size_t i = 0; i < cell->raw.length; i++) {
        text[length++] = cell->raw.data[i];
        i += cell->raw.data[i] == '"';
    }
    return tg_slice_of(text, length);
}

/* What a cell holds, in the member that its type's column has. */
struct value {
    bool boolean;
    int64_t integer;
    double float64;
    tg_int128 decimal;
    struct tg_slice bytes;
};

static bool parse(const struct tg_type *type, struct tg_slice text, struct tg_arena *arena,
                  struct value *ret_value)
{
    switch (type->kind) {
    case TG_TYPE_BOOLEAN: /* any other text is false, as Java's Boolean.parseBoolean has it */
        ret_value->boolean = tg_slice_equal_nocase(text, tg_slice_text("true"));
        return true;
    case TG_TYPE_INT:
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        return tg_int64_parse(text, &ret_value->integer) &&
               tg_type_integer_fits(type->kind, ret_value->integer);
    case TG_TYPE_DOUBLE:
        return tg_text_double(text, &ret_value->float64);
    case TG_TYPE_DECIMAL:
        return tg_decimal_parse(text, type->precision, type->scale, TG_ROUND_UNNECESSARY,
                                &ret_value->decimal) == TG_DECIMAL_OK;
    case TG_TYPE_STRING:
        ret_value->bytes = text;
        return true;
    case TG_TYPE_BYTES: {
        uint8_t *bytes = tg_arena_bytes_alloc(arena, text.length / 4 * 3);
        ret_value->bytes.data = bytes;
        return tg_base64_decode(text, bytes, &ret_value->bytes.length);
    }
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return false; /* refused when the decoder was opened */
}

static void store(struct tg_column *column, uint32_t row, const struct value *value)
{
    column->valid[row] = 1;
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
        column->values.boolean[row] = value->boolean;
        break;
    case TG_TYPE_INT:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
        column->values.int32[row] = (int32_t)value->integer;
        break;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        column->values.int64[row] = value->integer;
        break;
    case TG_TYPE_DOUBLE:
        column->values.float64[row] = value->float64;
        break;
    case TG_TYPE_DECIMAL:
        column->values.decimal[row] = value->decimal;
        break;
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        column->values.bytes[row] = value->bytes;
        break;
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
}

static void set_row_null(const struct delimited_decoder *decoder, struct tg_column *const *columns,
                         uint32_t row)
{
    for (uint32_t i = 0; i < decoder->column_count; i++)
        if (columns[i] != NULL)
            columns[i]->valid[row] = 0;
}

/* What is wrong with the line as a whole, or NULL. */
static const char *split(const struct delimited_decoder *decoder, struct tg_slice record,
                         struct tg_arena *arena)
{
    struct tg_csv_fault fault = {0};
    uint32_t count;
    size_t valid = tg_utf8_valid_prefix(record);
    if (valid != record.length)
        return tg_arena_printf(arena, "not valid UTF-8 at byte %zu", valid);
    if (!tg_csv_split(record, decoder->delimiter, decoder->cells, decoder->column_count, &count, &fault))
        return tg_arena_printf(arena, "at byte %zu: %s", fault.offset, fault.reason);
    if (count == 0 && decoder->column_count == 1) { /* how a single NULL is written */
        decoder->cells[0] = (struct tg_csv_cell){.raw = tg_slice_of(record.data, 0)};
        count = 1;
    }
    if (count != decoder->column_count)
        return tg_arena_printf(arena, "%u cells, but %u columns are declared", count, decoder->column_count);
    return NULL;
}

static const char *decode_row(const struct delimited_decoder *decoder, const struct tg_decode_call *call,
                              uint32_t row)
{
    const char *message = split(decoder, call->records[row], call->arena);
    if (message != NULL) {
        set_row_null(decoder, call->columns, row);
        return message;
    }
    for (uint32_t i = 0; i < decoder->column_count; i++) {
        struct tg_slice text = cell_text(&decoder->cells[i], call->arena);
        struct tg_column *column = call->columns[i];
        const struct tg_type *type = decoder->columns[i].type;
        if (text.length == 0) {
            if (column != NULL)
                column->valid[row] = 0;
            continue;
        }
        struct value value;
        if (parse(type, text, call->arena, &value)) {
            if (column != NULL)
                store(column, row, &value);
            continue;
        }
        if (message == NULL)
            message = tg_arena_printf(call->arena, "cell %u (%s) does not fit %s: it needs %s", i + 1,
                                      decoder->columns[i].name, tg_type_kind_name(type->kind),
                                      tg_type_expectation(type->kind));
        if (!decoder->field_nulls)
            break;
        if (column != NULL)
            column->valid[row] = 0;
    }
    if (message != NULL && !decoder->field_nulls)
        set_row_null(decoder, call->columns, row);
    return message;
}

static void decode(struct tg_decoder *self, struct tg_decode_call *call)
{
    const struct delimited_decoder *decoder = (const struct delimited_decoder *)self;
    call->error_count = 0;
    if (call->nulls != NULL)
        memset(call->nulls, 0, call->count);
    for (uint32_t i = 0; i < decoder->column_count; i++) {
        if (call->columns[i] == NULL)
            continue;
        tg_column_clear(call->columns[i]);
        tg_column_resize(call->columns[i], call->count);
    }
    for (uint32_t row = 0; row < call->count && decoder->column_count > 0; row++) {
        if (call->records[row].data == NULL) {
            set_row_null(decoder, call->columns, row);
            continue;
        }
        const char *message = decode_row(decoder, call, row);
        if (message != NULL)
            call->errors[call->error_count++] = (struct tg_decode_error){row, TG_CODE_DECODE, message};
    }
}

static void close_decoder(struct tg_decoder *self)
{
    struct delimited_decoder *decoder = (struct delimited_decoder *)self;
    tg_arena_free(decoder->arena);
    tg_free(decoder);
}

enum tg_code tg_delimited_decoder_open(const struct tg_format_options *options,
                                       struct tg_decoder **ret_decoder, struct tg_error *reterr)
{
    TG_TRY(tg_format_delimited.check(options, reterr));
    struct delimited_decoder *decoder = tg_alloc_zero(1, sizeof *decoder);
    decoder->base = (struct tg_decoder){.decode = decode, .close = close_decoder};
    decoder->arena = tg_arena_new(0);
    decoder->column_count = options->column_count;
    decoder->field_nulls = options->field_nulls;
    decoder->delimiter = options->delimiter == 0 ? ',' : (uint8_t)options->delimiter;
    decoder->columns = tg_schema_new(decoder->arena, options->columns, options->column_count)->columns;
    decoder->cells = tg_arena_alloc_zero(decoder->arena, options->column_count, sizeof *decoder->cells);
    *ret_decoder = &decoder->base;
    return TG_OK;
}
