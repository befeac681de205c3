/* expr/cast.c: the cast matrix. A cell casts one value; widenings between numbers have loops of their own. */
#include "expr/cast.h"

#include <math.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/number.h"
#include "data/time.h"
#include "expr/internal.h"
#include "expr/kernel.h"

/* One value on its way: from a row of one column to a row of another, for row `row` of the call (errors go
 * there). */
struct cell {
    const struct tg_call *call;
    uint32_t row;
    const struct tg_column *from;
    uint32_t from_row;
    struct tg_column *to;
    uint32_t to_row;
};
/* Sets the target's value; returns false after it recorded an error. The source is not NULL. */
typedef bool cast_cell(const struct cell *cell);

static bool fail(const struct cell *cell, const char *what)
{
    tg_call_fail(cell->call, cell->row, TG_CODE_EXPRESSION, "CAST to %s: %s",
                 tg_type_kind_name(cell->to->type->kind), what);
    return false;
}

static bool fail_text(const struct cell *cell)
{
    struct tg_slice text = cell->from->values.bytes[cell->from_row];
    if (text.length > 100)
        text.length = tg_utf8_valid_prefix(tg_slice_of(text.data, 100));
    tg_call_fail(cell->call, cell->row, TG_CODE_EXPRESSION, "CAST to %s: '%.*s' is none",
                 tg_type_kind_name(cell->to->type->kind), TG_SLICE_FORMAT(text));
    return false;
}

/* ---- numbers ---- */

static bool set_decimal(const struct cell *cell, tg_int128 value, unsigned scale)
{
    const struct tg_type *type = cell->to->type;
    tg_int128 *result = &cell->to->values.decimal[cell->to_row];
    unsigned precision = type->precision < TG_DECIMAL_DIGITS_MAX ? type->precision : TG_DECIMAL_DIGITS_MAX;
    if (tg_decimal_rescale(value, scale, type->scale, TG_ROUND_HALF_UP, result) != TG_DECIMAL_OK ||
        !tg_decimal_fits(*result, precision))
        return fail(cell, "the value has too many digits");
    return true;
}

static bool int_to_bigint(const struct cell *cell)
{
    cell->to->values.int64[cell->to_row] = cell->from->values.int32[cell->from_row];
    return true;
}

static bool int_to_double(const struct cell *cell)
{
    cell->to->values.float64[cell->to_row] = cell->from->values.int32[cell->from_row];
    return true;
}

static bool int_to_decimal(const struct cell *cell)
{
    return set_decimal(cell, cell->from->values.int32[cell->from_row], 0);
}

static bool bigint_to_int(const struct cell *cell) /* wraps, as Java's intValue */
{
    cell->to->values.int32[cell->to_row] =
        (int32_t)(uint32_t)(uint64_t)cell->from->values.int64[cell->from_row];
    return true;
}

static bool bigint_to_double(const struct cell *cell)
{
    cell->to->values.float64[cell->to_row] = (double)cell->from->values.int64[cell->from_row];
    return true;
}

static bool bigint_to_decimal(const struct cell *cell)
{
    return set_decimal(cell, cell->from->values.int64[cell->from_row], 0);
}

static bool double_to_int(const struct cell *cell) /* cut; NaN is 0, too large is the nearest, as in Java */
{
    double value = cell->from->values.float64[cell->from_row];
    int32_t result = 0;
    if (value >= (double)INT32_MAX)
        result = INT32_MAX;
    else if (value <= (double)INT32_MIN)
        result = INT32_MIN;
    else if (!isnan(value))
        result = (int32_t)value;
    cell->to->values.int32[cell->to_row] = result;
    return true;
}

static bool double_to_bigint(const struct cell *cell)
{
    double value = cell->from->values.float64[cell->from_row];
    int64_t result = 0;
    if (value >= 0x1p63)
        result = INT64_MAX;
    else if (value <= -0x1p63)
        result = INT64_MIN;
    else if (!isnan(value))
        result = (int64_t)value;
    cell->to->values.int64[cell->to_row] = result;
    return true;
}

static bool double_to_decimal(const struct cell *cell)
{
    const struct tg_type *type = cell->to->type;
    unsigned precision = type->precision < TG_DECIMAL_DIGITS_MAX ? type->precision : TG_DECIMAL_DIGITS_MAX;
    enum tg_decimal_result result =
        tg_decimal_from_double(cell->from->values.float64[cell->from_row], precision, type->scale,
                               TG_ROUND_HALF_UP, &cell->to->values.decimal[cell->to_row]);
    return result == TG_DECIMAL_OK || fail(cell, "the value has too many digits or is no number");
}

static tg_int128 whole_part(const struct cell *cell)
{
    tg_int128 whole = 0;
    (void)tg_decimal_rescale(cell->from->values.decimal[cell->from_row], cell->from->type->scale, 0,
                             TG_ROUND_DOWN, &whole);
    return whole;
}

static bool decimal_to_int(const struct cell *cell)
{
    cell->to->values.int32[cell->to_row] = (int32_t)(uint32_t)(tg_uint128)whole_part(cell);
    return true;
}

static bool decimal_to_bigint(const struct cell *cell)
{
    cell->to->values.int64[cell->to_row] = (int64_t)(uint64_t)(tg_uint128)whole_part(cell);
    return true;
}

static bool decimal_to_double(const struct cell *cell)
{
    cell->to->values.float64[cell->to_row] =
        tg_decimal_to_double(cell->from->values.decimal[cell->from_row], cell->from->type->scale);
    return true;
}

static bool decimal_to_decimal(const struct cell *cell)
{
    return set_decimal(cell, cell->from->values.decimal[cell->from_row], cell->from->type->scale);
}

/* ---- from text ---- */

static struct tg_slice source_text(const struct cell *cell)
{
    return tg_text_trim(cell->from->values.bytes[cell->from_row]);
}

static bool text_to_boolean(const struct cell *cell)
{
    struct tg_slice text = source_text(cell);
    bool is_true = text.length > 0 &&
                   ((text.length <= 4 && tg_slice_equal_nocase(text, tg_slice_of("true", text.length))) ||
                    (text.length <= 3 && tg_slice_equal_nocase(text, tg_slice_of("yes", text.length))));
    cell->to->values.boolean[cell->to_row] = is_true ? 1 : 0;
    return true;
}

static bool text_to_int(const struct cell *cell)
{
    return tg_int32_parse(source_text(cell), &cell->to->values.int32[cell->to_row]) || fail_text(cell);
}

static bool text_to_bigint(const struct cell *cell)
{
    return tg_int64_parse(source_text(cell), &cell->to->values.int64[cell->to_row]) || fail_text(cell);
}

static bool text_to_double(const struct cell *cell)
{
    static const struct {
        const char *text;
        double value;
    } words[] = {{"NaN", NAN},           {"+NaN", NAN},           {"-NaN", NAN},
                 {"Infinity", INFINITY}, {"+Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    struct tg_slice text = source_text(cell);
    double *result = &cell->to->values.float64[cell->to_row];
    if (tg_double_parse(text, result))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (tg_slice_is(text, words[i].text)) {
            *result = words[i].value;
            return true;
        }
    }
    return fail_text(cell);
}

static bool text_to_decimal(const struct cell *cell)
{
    const struct tg_type *type = cell->to->type;
    unsigned precision = type->precision < TG_DECIMAL_DIGITS_MAX ? type->precision : TG_DECIMAL_DIGITS_MAX;
    return tg_decimal_parse(source_text(cell), precision, type->scale, TG_ROUND_HALF_UP,
                            &cell->to->values.decimal[cell->to_row]) == TG_DECIMAL_OK ||
           fail_text(cell);
}

static bool text_to_date(const struct cell *cell)
{
    return tg_date_parse(source_text(cell), &cell->to->values.int32[cell->to_row]) || fail_text(cell);
}

static bool text_to_time(const struct cell *cell)
{
    return tg_time_parse(source_text(cell), &cell->to->values.int32[cell->to_row]) || fail_text(cell);
}

static bool text_to_timestamp(const struct cell *cell)
{
    return tg_timestamp_parse(source_text(cell), &cell->to->values.int64[cell->to_row]) || fail_text(cell);
}

/* ---- times ---- */

enum { MS_PER_DAY = 86400000 };

static int64_t floor_days(int64_t timestamp_ms)
{
    int64_t days = timestamp_ms / MS_PER_DAY;
    return timestamp_ms % MS_PER_DAY < 0 ? days - 1 : days;
}

static bool date_to_timestamp(const struct cell *cell)
{
    cell->to->values.int64[cell->to_row] = (int64_t)cell->from->values.int32[cell->from_row] * MS_PER_DAY;
    return true;
}

static bool timestamp_to_date(const struct cell *cell)
{
    int64_t days = floor_days(cell->from->values.int64[cell->from_row]);
    if (days > INT32_MAX || days < INT32_MIN)
        return fail(cell, "the day is out of range");
    cell->to->values.int32[cell->to_row] = (int32_t)days;
    return true;
}

static bool timestamp_to_time(const struct cell *cell)
{
    int64_t remainder = cell->from->values.int64[cell->from_row] % MS_PER_DAY;
    cell->to->values.int32[cell->to_row] = (int32_t)(remainder < 0 ? remainder + MS_PER_DAY : remainder);
    return true;
}

/* ---- to text ---- */

static void write_nested(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    if (column->valid[row] != 0)
        tg_cast_write(column, row, out);
    else
        tg_buffer_append_text(out, "null");
}

static void write_elements(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    struct tg_range range = column->values.range[row];
    tg_buffer_append_byte(out, '[');
    for (uint32_t i = range.start; i < range.start + range.count; i++) {
        tg_buffer_append_text(out, i > range.start ? ", " : "");
        write_nested(column->children[0], i, out);
    }
    tg_buffer_append_byte(out, ']');
}

static void write_entries(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    enum { FEW = 32 };
    uint64_t few[2 * FEW];
    uint32_t count = column->values.range[row].count;
    uint64_t *items = count <= FEW ? few : (uint64_t *)tg_alloc(2 * (size_t)count * sizeof *items);
    tg_map_order(column, row, items);
    tg_buffer_append_byte(out, '{');
    for (uint32_t i = 0; i < count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        write_nested(column->children[0], (uint32_t)items[i], out);
        tg_buffer_append_byte(out, '=');
        write_nested(column->children[1], (uint32_t)items[i], out);
    }
    tg_buffer_append_byte(out, '}');
    if (items != few)
        tg_free(items);
}

static void write_fields(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    bool first = true;
    tg_buffer_append_text(out, "Struct{");
    for (uint32_t i = 0; i < column->child_count; i++) {
        if (column->children[i]->valid[row] == 0)
            continue; /* NULL fields are left out, as Connect's Struct does */
        tg_buffer_printf(out, "%s%s=", first ? "" : ",", column->type->fields[i].name);
        tg_cast_write(column->children[i], row, out);
        first = false;
    }
    tg_buffer_append_byte(out, '}');
}

void tg_cast_write(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    char text[TG_DECIMAL_TEXT_MAX];
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
        tg_buffer_append_text(out, column->values.boolean[row] != 0 ? "true" : "false");
        break;
    case TG_TYPE_INT:
        tg_buffer_append(out, text, tg_int64_write(column->values.int32[row], text));
        break;
    case TG_TYPE_BIGINT:
        tg_buffer_append(out, text, tg_int64_write(column->values.int64[row], text));
        break;
    case TG_TYPE_DOUBLE:
        tg_buffer_append(out, text, tg_double_write(column->values.float64[row], text));
        break;
    case TG_TYPE_DECIMAL:
        tg_buffer_append(out, text, tg_decimal_write(column->values.decimal[row], column->type->scale, text));
        break;
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        tg_buffer_append_slice(out, column->values.bytes[row]);
        break;
    case TG_TYPE_TIME:
        tg_time_write(column->values.int32[row], out);
        break;
    case TG_TYPE_DATE:
        tg_date_write(column->values.int32[row], out);
        break;
    case TG_TYPE_TIMESTAMP:
        tg_timestamp_write(column->values.int64[row], out);
        break;
    case TG_TYPE_ARRAY:
        write_elements(column, row, out);
        break;
    case TG_TYPE_MAP:
        write_entries(column, row, out);
        break;
    case TG_TYPE_STRUCT:
        write_fields(column, row, out);
        break;
    }
}

static bool any_to_text(const struct cell *cell)
{
    struct tg_buffer *scratch = tg_call_scratch(cell->call);
    tg_cast_write(cell->from, cell->from_row, scratch);
    cell->to->values.bytes[cell->to_row] = tg_call_keep(cell->call, scratch);
    return true;
}

/* ---- nested ---- */

static bool cast_one(const struct cell *cell);

static bool elements_to_elements(const struct cell *cell)
{
    struct tg_range range = cell->from->values.range[cell->from_row];
    struct tg_range result = {.start = cell->to->children[0]->length, .count = range.count};
    for (uint32_t i = 0; i < range.count; i++) {
        for (uint32_t child = 0; child < cell->to->child_count; child++) {
            struct cell part = {.call = cell->call, .row = cell->row, .from = cell->from->children[child]};
            part.from_row = range.start + i;
            part.to = cell->to->children[child];
            part.to_row = tg_column_extend(part.to);
            if (!cast_one(&part))
                return false;
        }
    }
    cell->to->values.range[cell->to_row] = result;
    return true;
}

static int32_t find_field(const struct tg_type *type, const char *name)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (strcmp(type->fields[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}

static bool struct_to_struct(const struct cell *cell)
{
    for (uint32_t child = 0; child < cell->to->child_count; child++) {
        int32_t source = find_field(cell->from->type, cell->to->type->fields[child].name);
        struct cell part = *cell;
        part.to = cell->to->children[child];
        if (source < 0) {
            tg_column_set_null(part.to, part.to_row);
            continue;
        }
        part.from = cell->from->children[source];
        if (!cast_one(&part))
            return false;
    }
    return true;
}

/* ---- the matrix ---- */

static cast_cell *const cells[TG_TYPE_KIND_COUNT][TG_TYPE_KIND_COUNT] = {
    [TG_TYPE_BOOLEAN] = {[TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_INT] = {[TG_TYPE_BIGINT] = int_to_bigint,
                     [TG_TYPE_DOUBLE] = int_to_double,
                     [TG_TYPE_DECIMAL] = int_to_decimal,
                     [TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_BIGINT] = {[TG_TYPE_INT] = bigint_to_int,
                        [TG_TYPE_DOUBLE] = bigint_to_double,
                        [TG_TYPE_DECIMAL] = bigint_to_decimal,
                        [TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_DOUBLE] = {[TG_TYPE_INT] = double_to_int,
                        [TG_TYPE_BIGINT] = double_to_bigint,
                        [TG_TYPE_DECIMAL] = double_to_decimal,
                        [TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_DECIMAL] = {[TG_TYPE_INT] = decimal_to_int,
                         [TG_TYPE_BIGINT] = decimal_to_bigint,
                         [TG_TYPE_DOUBLE] = decimal_to_double,
                         [TG_TYPE_DECIMAL] = decimal_to_decimal,
                         [TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_STRING] = {[TG_TYPE_BOOLEAN] = text_to_boolean,
                        [TG_TYPE_INT] = text_to_int,
                        [TG_TYPE_BIGINT] = text_to_bigint,
                        [TG_TYPE_DOUBLE] = text_to_double,
                        [TG_TYPE_DECIMAL] = text_to_decimal,
                        [TG_TYPE_DATE] = text_to_date,
                        [TG_TYPE_TIME] = text_to_time,
                        [TG_TYPE_TIMESTAMP] = text_to_timestamp},
    [TG_TYPE_DATE] = {[TG_TYPE_TIMESTAMP] = date_to_timestamp, [TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_TIME] = {[TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_TIMESTAMP] = {[TG_TYPE_DATE] = timestamp_to_date,
                           [TG_TYPE_TIME] = timestamp_to_time,
                           [TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_ARRAY] = {[TG_TYPE_ARRAY] = elements_to_elements, [TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_MAP] = {[TG_TYPE_MAP] = elements_to_elements, [TG_TYPE_STRING] = any_to_text},
    [TG_TYPE_STRUCT] = {[TG_TYPE_STRUCT] = struct_to_struct, [TG_TYPE_STRING] = any_to_text},
};

static bool cast_one(const struct cell *cell)
{
    if (cell->from->valid[cell->from_row] == 0) {
        tg_column_set_null(cell->to, cell->to_row);
        return true;
    }
    cell->to->valid[cell->to_row] = 1;
    cast_cell *cast = cells[cell->from->type->kind][cell->to->type->kind];
    if (!tg_type_equal(cell->from->type, cell->to->type))
        return cast(cell);
    tg_column_copy_row(cell->to, cell->to_row, cell->from, cell->from_row);
    return true;
}

bool tg_cast_exists(const struct tg_type *from, const struct tg_type *to)
{
    if (tg_type_equal(from, to))
        return true;
    if (cells[from->kind][to->kind] == NULL)
        return false;
    if (to->kind == TG_TYPE_ARRAY)
        return tg_cast_exists(from->element, to->element);
    if (to->kind == TG_TYPE_MAP)
        return tg_cast_exists(from->key, to->key) && tg_cast_exists(from->element, to->element);
    for (uint32_t i = 0; i < to->field_count; i++) {
        int32_t source = find_field(from, to->fields[i].name);
        if (source >= 0 && !tg_cast_exists(from->fields[source].type, to->fields[i].type))
            return false;
    }
    return true;
}

bool tg_cast_may_fail(const struct tg_type *from, const struct tg_type *to)
{
    if (tg_type_widening(from, to) >= 0 || to->kind == TG_TYPE_STRING || to->kind == TG_TYPE_BOOLEAN)
        return false;
    bool number = tg_type_is_number(from) && tg_type_is_number(to) && to->kind != TG_TYPE_DECIMAL;
    return !number && !(from->kind == TG_TYPE_DATE && to->kind == TG_TYPE_TIMESTAMP);
}

/* Widenings of numbers without a selection: plain loops that the compiler turns into vector code. */
static bool cast_dense(const struct tg_call *call)
{
    const struct tg_column *from = call->arguments[0];
    enum tg_type_kind to = call->result->type->kind;
    uint32_t count = call->row_count;
    if (call->rows != NULL || (to != TG_TYPE_BIGINT && to != TG_TYPE_DOUBLE))
        return false;
    if (from->type->kind == TG_TYPE_INT && to == TG_TYPE_BIGINT) {
        for (uint32_t row = 0; row < count; row++)
            call->result->values.int64[row] = from->values.int32[row];
        return true;
    }
    if (from->type->kind == TG_TYPE_INT) {
        for (uint32_t row = 0; row < count; row++)
            call->result->values.float64[row] = from->values.int32[row];
        return true;
    }
    if (from->type->kind == TG_TYPE_BIGINT) {
        for (uint32_t row = 0; row < count; row++)
            call->result->values.float64[row] = (double)from->values.int64[row];
        return true;
    }
    return false;
}

void tg_cast_kernel(const struct tg_call *call)
{
    if (cast_dense(call))
        return;
    cast_cell *cast = cells[call->arguments[0]->type->kind][call->result->type->kind];
    struct cell cell = {.call = call, .from = call->arguments[0], .to = call->result};
    for (uint32_t i = 0; i < call->row_count; i++) {
        cell.row = cell.from_row = cell.to_row = tg_call_row(call, i);
        if (call->result->valid[cell.row] != 0)
            (void)cast(&cell);
    }
}
