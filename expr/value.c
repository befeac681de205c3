/* expr/value.c: order and copying of values in columns, for kernels and the evaluator. */
#include "expr/kernel.h"

#include "data/number.h"

int tg_text_compare(struct tg_slice a, struct tg_slice b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    size_t i = 0;
    while (i < common && a.data[i] == b.data[i])
        i++;
    if (i == common)
        return a.length < b.length ? -1 : a.length > b.length;
    uint8_t left = a.data[i];
    uint8_t right = b.data[i];
    /* characters of four bytes are surrogate pairs in UTF-16 and so come before U+E000..U+FFFF (lead bytes
     * EE, EF) */
    if (left >= 0xEE && right >= 0xEE && (left >= 0xF0) != (right >= 0xF0))
        return left >= 0xF0 ? -1 : 1;
    return left < right ? -1 : 1;
}

int tg_column_compare(const struct tg_column *a, uint32_t a_row, const struct tg_column *b, uint32_t b_row)
{
    switch (a->type->kind) {
    case TG_TYPE_BOOLEAN:
        return (int)a->values.boolean[a_row] - (int)b->values.boolean[b_row];
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        return (a->values.int32[a_row] > b->values.int32[b_row]) -
               (a->values.int32[a_row] < b->values.int32[b_row]);
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        return (a->values.int64[a_row] > b->values.int64[b_row]) -
               (a->values.int64[a_row] < b->values.int64[b_row]);
    case TG_TYPE_DOUBLE:
        return (a->values.float64[a_row] > b->values.float64[b_row]) -
               (a->values.float64[a_row] < b->values.float64[b_row]);
    case TG_TYPE_DECIMAL:
        return tg_decimal_compare(a->values.decimal[a_row], a->type->scale, b->values.decimal[b_row],
                                  b->type->scale);
    case TG_TYPE_STRING:
        return tg_text_compare(a->values.bytes[a_row], b->values.bytes[b_row]);
    case TG_TYPE_BYTES:
        return tg_slice_compare(a->values.bytes[a_row], b->values.bytes[b_row]);
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return 0;
}

static void copy_values(struct tg_column *target, const struct tg_column *source, const uint32_t *rows,
                        uint32_t row_count, size_t bytes)
{
    uint8_t *to = (uint8_t *)target->values.any;
    const uint8_t *from = (const uint8_t *)source->values.any;
    if (rows == NULL) {
        memcpy(to, from, row_count * bytes);
        memcpy(target->valid, source->valid, row_count);
        return;
    }
    for (uint32_t i = 0; i < row_count; i++) {
        uint32_t row = rows[i];
        memcpy(to + row * bytes, from + row * bytes, bytes);
        target->valid[row] = source->valid[row];
    }
}

void tg_column_copy_rows(struct tg_column *target, const struct tg_column *source, const uint32_t *rows,
                         uint32_t row_count)
{
    if (row_count == 0)
        return;
    if (!tg_type_is_nested(target->type)) {
        copy_values(target, source, rows, row_count, tg_type_value_bytes(target->type));
        return;
    }
    for (uint32_t i = 0; i < row_count; i++) {
        uint32_t row = rows == NULL ? i : rows[i];
        tg_column_copy_row(target, row, source, row);
    }
}

void tg_double_digits(double value, tg_int128 *ret_digits, int *ret_exponent)
{
    char text[TG_DOUBLE_TEXT_MAX];
    size_t length = tg_double_write(value, text);
    bool fraction = false;
    int64_t exponent = 0;
    *ret_digits = 0;
    *ret_exponent = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == 'E') {
            (void)tg_int64_parse(tg_slice_of(text + i + 1, length - i - 1), &exponent);
            break;
        }
        fraction = fraction || text[i] == '.';
        if (text[i] < '0' || text[i] > '9')
            continue;
        *ret_digits = *ret_digits * 10 + (text[i] - '0');
        *ret_exponent -= fraction ? 1 : 0;
    }
    *ret_exponent += (int)exponent;
    while (*ret_digits != 0 && *ret_digits % 10 == 0) {
        *ret_digits /= 10;
        (*ret_exponent)++;
    }
    if (value < 0)
        *ret_digits = -*ret_digits;
}
