/* The encoder: rows as lines without a line end. NULL is an empty cell. */
#include "base/base64.h"
#include "base/memory.h"
#include "data/number.h"
#include "serde/delimited/delimited.h"

struct delimited_encoder {
    struct tg_encoder base; /* first: a delimited_encoder is a tg_encoder */
    uint32_t column_count;
    uint8_t delimiter;
    uint8_t null_flag;
};

static bool is_letter_or_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10 || (uint8_t)((byte | 0x20) - 'a') < 26;
}

/* commons-csv 1.4, QuoteMode.MINIMAL: quotes go around what a reader could take apart, around a first cell
 * that does not start with a letter or digit (so "-1" there), and around blanks at either end and '!', '"'
 * and '#' at the start. */
static bool needs_quotes(struct tg_slice text, uint8_t delimiter, bool is_first)
{
    if (text.length == 0)
        return is_first;
    uint8_t start = text.data[0];
    if ((is_first && !is_letter_or_digit(start)) || start <= '#' || text.data[text.length - 1] <= ' ')
        return true;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = text.data[i];
        if (byte == '"' || byte == '\n' || byte == '\r' || byte == delimiter)
            return true;
    }
    return false;
}

static void write_quoted(struct tg_buffer *out, struct tg_slice text)
{
    uint8_t *target = tg_buffer_reserve(out, text.length * 2 + 2);
    uint8_t *start = target;
    *target++ = '"';
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            *target++ = '"';
        *target++ = text.data[i];
    }
    *target++ = '"';
    out->length += (size_t)(target - start);
}

static void write_text(const struct delimited_encoder *encoder, struct tg_buffer *out, struct tg_slice text,
                       bool is_first)
{
    if (needs_quotes(text, encoder->delimiter, is_first))
        write_quoted(out, text);
    else
        tg_buffer_append_slice(out, text);
}

static void write_base64(const struct delimited_encoder *encoder, struct tg_buffer *out,
                         struct tg_slice bytes, bool is_first)
{
    size_t length = tg_base64_encoded_length(bytes.length);
    uint8_t *target = tg_buffer_reserve(out, length + 2);
    tg_base64_encode(bytes, target);
    out->length += length;
    if (!needs_quotes(tg_slice_of(target, length), encoder->delimiter, is_first))
        return;
    memmove(target + 1, target, length);
    target[0] = '"';
    target[length + 1] = '"';
    out->length += 2;
}

/* Large enough for any number's text. */
enum { NUMBER_TEXT_MAX = 64 };

static size_t write_number(const struct tg_column *column, uint32_t row, char out[NUMBER_TEXT_MAX])
{
    switch (column->type->kind) {
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        return tg_int64_write(column->values.int32[row], out);
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        return tg_int64_write(column->values.int64[row], out);
    case TG_TYPE_DOUBLE:
        return tg_double_write(column->values.float64[row], out);
    case TG_TYPE_DECIMAL:
        return tg_decimal_write(column->values.decimal[row], column->type->scale, out);
    case TG_TYPE_BOOLEAN:
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return 0;
}

static void write_cell(const struct delimited_encoder *encoder, struct tg_buffer *out,
                       const struct tg_column *column, uint32_t row, bool is_first)
{
    if (!column->valid[row])
        return;
    if (column->type->kind == TG_TYPE_STRING) {
        write_text(encoder, out, column->values.bytes[row], is_first);
    } else if (column->type->kind == TG_TYPE_BYTES) {
        write_base64(encoder, out, column->values.bytes[row], is_first);
    } else if (column->type->kind == TG_TYPE_BOOLEAN) {
        write_text(encoder, out, tg_slice_text(column->values.boolean[row] ? "true" : "false"), is_first);
    } else {
        char text[NUMBER_TEXT_MAX];
        write_text(encoder, out, tg_slice_of(text, write_number(column, row, text)), is_first);
    }
}

static enum tg_code encode(struct tg_encoder *self, struct tg_encode_call *call, struct tg_error *reterr)
{
    (void)reterr; /* every value of these types has a text */
    const struct delimited_encoder *encoder = (const struct delimited_encoder *)self;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = call->rows == NULL ? i : call->rows[i];
        bool is_null = encoder->column_count == 0 ||
                       (call->flags != NULL && (call->flags[row] & encoder->null_flag) != 0);
        call->nulls[i] = is_null;
        for (uint32_t column = 0; column < encoder->column_count && !is_null; column++) {
            if (column > 0)
                tg_buffer_append_byte(call->out, encoder->delimiter);
            write_cell(encoder, call->out, call->columns[column], row, column == 0);
        }
        call->ends[i] = call->out->length;
    }
    return TG_OK;
}

static void close_encoder(struct tg_encoder *self)
{
    tg_free(self);
}

enum tg_code tg_delimited_encoder_open(const struct tg_format_options *options,
                                       struct tg_encoder **ret_encoder, struct tg_error *reterr)
{
    TG_TRY(tg_format_delimited.check(options, reterr));
    struct delimited_encoder *encoder = tg_alloc_zero(1, sizeof *encoder);
    encoder->base = (struct tg_encoder){.encode = encode, .close = close_encoder};
    encoder->column_count = options->column_count;
    encoder->delimiter = options->delimiter == 0 ? ',' : (uint8_t)options->delimiter;
    encoder->null_flag = options->is_key ? TG_ROW_KEY_NULL : TG_ROW_VALUE_NULL;
    *ret_encoder = &encoder->base;
    return TG_OK;
}
