#include "serde/json/read.h"

#include "base/base64.h"
#include "data/number.h"
#include "serde/json/number.h"
#include "serde/json/repeats.h"
#include "serde/text_value.h"

struct tg_slice tg_json_text(struct tg_json_reader *reader, const struct tg_json_string *string)
{
    if (!string->escaped)
        return string->raw;
    uint8_t *text = tg_arena_bytes_alloc(reader->arena, string->raw.length);
    return tg_slice_of(text, tg_json_unescape(string->raw, text));
}

void tg_json_set_null(struct tg_column *column, uint32_t row)
{
    if (column == NULL)
        return;
    if (column->child_count == 0)
        column->valid[row] = 0;
    else
        tg_column_set_null(column, row);
}

enum tg_json_outcome tg_json_mismatch(struct tg_json_reader *reader, const struct tg_json_node *node,
                                      const uint8_t *at)
{
    reader->mismatch_at = at;
    reader->mismatch_type = node->type;
    return TG_JSON_MISMATCH;
}

static void prepend(struct tg_json_reader *reader, const void *bytes, size_t length)
{
    if (length > reader->path_start)
        length = reader->path_start;
    reader->path_start -= length;
    memcpy(reader->path + reader->path_start, bytes, length);
}

enum tg_json_outcome tg_json_fail_in_member(struct tg_json_reader *reader, struct tg_slice name,
                                            enum tg_json_outcome outcome)
{
    prepend(reader, name.data, name.length);
    prepend(reader, ".", 1);
    return outcome;
}

enum tg_json_outcome tg_json_fail_in_element(struct tg_json_reader *reader, uint32_t index,
                                             enum tg_json_outcome outcome)
{
    char digits[TG_INT64_TEXT_MAX];
    prepend(reader, "]", 1);
    prepend(reader, digits, tg_int64_write(index, digits));
    prepend(reader, "[", 1);
    return outcome;
}

static enum tg_json_outcome read_boolean(struct tg_json_reader *reader, struct tg_json_node *node,
                                         struct tg_column *column, uint32_t row)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    bool value = *cursor->at == 't';
    if (!value && *cursor->at != 'f')
        return tg_json_mismatch(reader, node, cursor->at);
    if (!(value ? tg_json_word(cursor, "true", 4) : tg_json_word(cursor, "false", 5)))
        return TG_JSON_MALFORMED;
    if (column != NULL) {
        column->valid[row] = 1;
        column->values.boolean[row] = value;
    }
    return TG_JSON_READ;
}

/* The integer at the cursor, from a number or a string; *ret_fits: it is one of the node's type. */
static inline enum tg_json_outcome scan_integer(struct tg_json_reader *reader, struct tg_json_node *node,
                                                int64_t *ret_value, bool *ret_fits)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    if (__builtin_expect(tg_json_number_starts(*cursor->at), 1)) {
        struct tg_json_number number;
        if (!tg_json_number_scan(cursor, &number))
            return TG_JSON_MALFORMED;
        *ret_fits = true;
        if (node->kind == TG_TYPE_INT)
            *ret_value = tg_json_number_int32(&number);
        else
            *ret_fits = tg_json_number_int64(&number, ret_value);
    } else if (*cursor->at == '"') {
        struct tg_json_string string;
        cursor->at++;
        if (!tg_json_string_rest(cursor, &string))
            return TG_JSON_MALFORMED;
        *ret_fits = tg_int64_parse(tg_json_text(reader, &string), ret_value);
    } else {
        *ret_fits = false;
        return TG_JSON_READ;
    }
    *ret_fits = *ret_fits && tg_type_integer_fits(node->kind, *ret_value);
    return TG_JSON_READ;
}

static enum tg_json_outcome read_integer(struct tg_json_reader *reader, struct tg_json_node *node,
                                         struct tg_column *column, uint32_t row)
{
    const uint8_t *start = reader->cursor.at;
    int64_t value = 0;
    bool fits;
    if (scan_integer(reader, node, &value, &fits) != TG_JSON_READ)
        return TG_JSON_MALFORMED;
    if (!fits)
        return tg_json_mismatch(reader, node, start);
    if (column == NULL)
        return TG_JSON_READ;
    column->valid[row] = 1;
    if (node->kind == TG_TYPE_BIGINT || node->kind == TG_TYPE_TIMESTAMP)
        column->values.int64[row] = value;
    else
        column->values.int32[row] = (int32_t)value;
    return TG_JSON_READ;
}

static enum tg_json_outcome read_double(struct tg_json_reader *reader, struct tg_json_node *node,
                                        struct tg_column *column, uint32_t row)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    const uint8_t *start = cursor->at;
    double value;
    if (tg_json_number_starts(*start)) {
        struct tg_json_number number;
        if (!tg_json_number_scan(cursor, &number))
            return TG_JSON_MALFORMED;
        value = tg_json_number_double(&number);
    } else if (*start == '"') {
        struct tg_json_string string;
        cursor->at++;
        if (!tg_json_string_rest(cursor, &string))
            return TG_JSON_MALFORMED;
        if (!tg_text_double(tg_json_text(reader, &string), &value))
            return tg_json_mismatch(reader, node, start);
    } else {
        return tg_json_mismatch(reader, node, start);
    }
    if (column != NULL) {
        column->valid[row] = 1;
        column->values.float64[row] = value;
    }
    return TG_JSON_READ;
}

static enum tg_json_outcome read_decimal(struct tg_json_reader *reader, struct tg_json_node *node,
                                         struct tg_column *column, uint32_t row)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    const uint8_t *start = cursor->at;
    tg_int128 value;
    enum tg_decimal_result result;
    if (tg_json_number_starts(*start)) {
        struct tg_json_number number;
        if (!tg_json_number_scan(cursor, &number))
            return TG_JSON_MALFORMED;
        result = tg_json_number_decimal(&number, node->type, &value);
    } else if (*start == '"') {
        struct tg_json_string string;
        cursor->at++;
        if (!tg_json_string_rest(cursor, &string))
            return TG_JSON_MALFORMED;
        result = tg_decimal_parse(tg_json_text(reader, &string), node->type->precision, node->type->scale,
                                  TG_ROUND_UNNECESSARY, &value);
    } else {
        return tg_json_mismatch(reader, node, start);
    }
    if (result != TG_DECIMAL_OK)
        return tg_json_mismatch(reader, node, start);
    if (column != NULL) {
        column->valid[row] = 1;
        column->values.decimal[row] = value;
    }
    return TG_JSON_READ;
}

/* The text of a number, true or false in a STRING column. */
static bool scan_scalar_text(struct tg_json_reader *reader, struct tg_slice *ret_text)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    if (!tg_json_number_starts(*cursor->at)) {
        const uint8_t *start = cursor->at;
        if (!(*start == 't' ? tg_json_word(cursor, "true", 4) : tg_json_word(cursor, "false", 5)))
            return false;
        *ret_text = tg_slice_of(start, (size_t)(cursor->at - start));
        return true;
    }
    struct tg_json_number number;
    if (!tg_json_number_scan(cursor, &number))
        return false;
    if (number.whole && !number.negative) {
        *ret_text = number.text;
        return true;
    }
    tg_buffer_clear(&reader->render.text);
    tg_json_number_write(&number, &reader->render.text);
    *ret_text = tg_arena_copy(reader->arena, tg_buffer_slice(&reader->render.text));
    return true;
}

static enum tg_json_outcome read_string(struct tg_json_reader *reader, struct tg_column *column, uint32_t row)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    struct tg_slice text;
    if (__builtin_expect(*cursor->at == '"', 1)) {
        struct tg_json_string string;
        cursor->at++;
        if (!tg_json_string_rest(cursor, &string))
            return TG_JSON_MALFORMED;
        if (column == NULL)
            return TG_JSON_READ;
        text = tg_json_text(reader, &string);
    } else if (column == NULL) {
        return tg_json_skip(cursor) ? TG_JSON_READ : TG_JSON_MALFORMED;
    } else if (*cursor->at == '{' || *cursor->at == '[') {
        if (!tg_json_render_text(reader, &text))
            return TG_JSON_MALFORMED;
    } else if (!scan_scalar_text(reader, &text)) {
        return TG_JSON_MALFORMED;
    }
    column->valid[row] = 1;
    column->values.bytes[row] = text;
    return TG_JSON_READ;
}

static enum tg_json_outcome read_bytes(struct tg_json_reader *reader, struct tg_json_node *node,
                                       struct tg_column *column, uint32_t row)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    const uint8_t *start = cursor->at;
    if (*start != '"')
        return tg_json_mismatch(reader, node, start);
    struct tg_json_string string;
    cursor->at++;
    if (!tg_json_string_rest(cursor, &string))
        return TG_JSON_MALFORMED;
    struct tg_slice text = tg_json_text(reader, &string);
    uint8_t *bytes = tg_arena_bytes_alloc(reader->arena, text.length / 4 * 3);
    size_t length;
    if (!tg_base64_decode(text, bytes, &length))
        return tg_json_mismatch(reader, node, start);
    if (column != NULL) {
        column->valid[row] = 1;
        column->values.bytes[row] = tg_slice_of(bytes, length);
    }
    return TG_JSON_READ;
}

static enum tg_json_outcome read_array(struct tg_json_reader *reader, struct tg_json_node *node,
                                       struct tg_column *column, uint32_t row)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    if (*cursor->at != '[')
        return tg_json_mismatch(reader, node, cursor->at);
    struct tg_column *elements = column == NULL ? NULL : column->children[0];
    struct tg_range range = {.start = elements == NULL ? 0 : elements->length};
    bool empty;
    if (!tg_json_open(cursor, &empty))
        return TG_JSON_MALFORMED;
    for (bool more = !empty; more;) {
        uint32_t element = elements == NULL ? 0 : tg_column_extend(elements);
        enum tg_json_outcome outcome = tg_json_read_value(reader, node->element, elements, element);
        if (outcome != TG_JSON_READ)
            return tg_json_fail_in_element(reader, range.count, outcome);
        range.count++;
        if (!tg_json_next(cursor, ']', &more))
            return tg_json_fail_in_element(reader, range.count - 1, TG_JSON_MALFORMED);
    }
    if (column != NULL) {
        column->valid[row] = 1;
        column->values.range[row] = range;
    }
    return TG_JSON_READ;
}

static enum tg_json_outcome read_entry(struct tg_json_reader *reader, struct tg_json_node *node,
                                       struct tg_column *column)
{
    struct tg_json_string name;
    if (!tg_json_member(&reader->cursor, &name))
        return TG_JSON_MALFORMED;
    struct tg_column *values = NULL;
    uint32_t entry = 0;
    if (column != NULL) {
        struct tg_column *keys = column->children[0];
        values = column->children[1];
        uint32_t key = tg_column_extend(keys);
        entry = tg_column_extend(values);
        keys->valid[key] = 1;
        keys->values.bytes[key] = tg_json_text(reader, &name);
    }
    enum tg_json_outcome outcome = tg_json_read_value(reader, node->element, values, entry);
    return outcome == TG_JSON_READ ? outcome : tg_json_fail_in_member(reader, name.raw, outcome);
}

/* [{"key": ..., "value": ...}, ...], as Connect's converter writes maps whose keys may be null. */
static enum tg_json_outcome read_entries(struct tg_json_reader *reader, struct tg_json_node *node,
                                         struct tg_column *column, uint32_t row)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    struct tg_range range = {.start = column == NULL ? 0 : column->children[0]->length};
    bool empty;
    if (!tg_json_open(cursor, &empty))
        return TG_JSON_MALFORMED;
    for (bool more = !empty; more; range.count++) {
        enum tg_json_outcome outcome = TG_JSON_READ;
        uint32_t entry = 0;
        if (column != NULL) {
            entry = tg_column_extend(column->children[0]);
            (void)tg_column_extend(column->children[1]);
        }
        if (*cursor->at != '{')
            outcome = tg_json_mismatch(reader, node, cursor->at);
        else
            outcome =
                tg_json_read_members(reader, node->entry, column == NULL ? NULL : column->children, entry);
        if (outcome != TG_JSON_READ)
            return tg_json_fail_in_element(reader, range.count, outcome);
        if (!tg_json_next(cursor, ']', &more))
            return tg_json_fail_in_element(reader, range.count, TG_JSON_MALFORMED);
    }
    if (column == NULL)
        return TG_JSON_READ;
    column->valid[row] = 1;
    column->values.range[row] = range;
    return TG_JSON_READ;
}

static enum tg_json_outcome read_map(struct tg_json_reader *reader, struct tg_json_node *node,
                                     struct tg_column *column, uint32_t row)
{
    struct tg_json_cursor *cursor = &reader->cursor;
    if (reader->map_entries && *cursor->at == '[')
        return read_entries(reader, node, column, row);
    if (*cursor->at != '{')
        return tg_json_mismatch(reader, node, cursor->at);
    if (reader->careful)
        return tg_json_read_map_careful(reader, node, column, row);
    struct tg_range range = {.start = column == NULL ? 0 : column->children[0]->length};
    bool empty;
    if (!tg_json_open(cursor, &empty))
        return TG_JSON_MALFORMED;
    for (bool more = !empty; more; range.count++) {
        enum tg_json_outcome outcome = read_entry(reader, node, column);
        if (outcome != TG_JSON_READ)
            return outcome;
        if (!tg_json_next(cursor, '}', &more))
            return TG_JSON_MALFORMED;
    }
    if (column == NULL)
        return TG_JSON_READ;
    if (range.count > 1 &&
        tg_json_repeats(column->children[0]->values.bytes + range.start, range.count, reader->arena, NULL))
        return TG_JSON_TWICE;
    column->valid[row] = 1;
    column->values.range[row] = range;
    return TG_JSON_READ;
}

static enum tg_json_outcome read_struct(struct tg_json_reader *reader, struct tg_json_node *node,
                                        struct tg_column *column, uint32_t row)
{
    if (*reader->cursor.at != '{')
        return tg_json_mismatch(reader, node, reader->cursor.at);
    if (column == NULL)
        return tg_json_read_members(reader, node->fields, NULL, row);
    column->valid[row] = 1;
    return tg_json_read_members(reader, node->fields, column->children, row);
}

enum tg_json_outcome tg_json_read_value(struct tg_json_reader *reader, struct tg_json_node *node,
                                        struct tg_column *column, uint32_t row)
{
    if (*reader->cursor.at == 'n') {
        if (!tg_json_word(&reader->cursor, "null", 4))
            return TG_JSON_MALFORMED;
        tg_json_set_null(column, row);
        return TG_JSON_READ;
    }
    switch (node->kind) {
    case TG_TYPE_BOOLEAN:
        return read_boolean(reader, node, column, row);
    case TG_TYPE_INT:
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        return read_integer(reader, node, column, row);
    case TG_TYPE_DOUBLE:
        return read_double(reader, node, column, row);
    case TG_TYPE_DECIMAL:
        return read_decimal(reader, node, column, row);
    case TG_TYPE_STRING:
        return read_string(reader, column, row);
    case TG_TYPE_BYTES:
        return read_bytes(reader, node, column, row);
    case TG_TYPE_ARRAY:
        return read_array(reader, node, column, row);
    case TG_TYPE_MAP:
        return read_map(reader, node, column, row);
    case TG_TYPE_STRUCT:
        break;
    }
    return read_struct(reader, node, column, row);
}
