/* expr/functions/json.c: JSON in texts. A text that is no JSON is an error, an empty one gives NULL. */
#include "data/number.h"
#include "expr/internal.h"
#include "expr/json_text.h"
#include "expr/kernel.h"
#include "expr/value_index.h"

/* The value in argument 0 of a row; false: the row is NULL or failed. */
static bool read_row(const struct tg_call *call, uint32_t row, struct tg_json *ret_value)
{
    if (call->arguments[0]->valid[row] == 0) {
        tg_column_set_null(call->result, row);
        return false;
    }
    enum tg_json_result result = tg_json_read(call->arguments[0]->values.bytes[row], ret_value);
    if (result == TG_JSON_EMPTY)
        tg_column_set_null(call->result, row);
    if (result == TG_JSON_MALFORMED)
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "the text is no JSON");
    return result == TG_JSON_FOUND;
}

/* The same for functions that want one kind: any other gives NULL. */
static bool read_kind(const struct tg_call *call, uint32_t row, enum tg_json_kind kind,
                      struct tg_json *ret_value)
{
    if (!read_row(call, row, ret_value))
        return false;
    if (ret_value->kind == kind)
        return true;
    tg_column_set_null(call->result, row);
    return false;
}

static struct tg_slice plain_text(const struct tg_call *call, struct tg_slice string)
{
    struct tg_buffer *out = tg_call_scratch(call);
    tg_json_append_plain(string, out);
    return tg_call_keep(call, out);
}

static struct tg_slice compact_text(const struct tg_call *call, const struct tg_json *value)
{
    struct tg_buffer *out = tg_call_scratch(call);
    tg_json_append_compact(value, TG_JSON_NUMBERS_SHORT, out);
    return tg_call_keep(call, out);
}

static void append_text(struct tg_column *elements, struct tg_slice text)
{
    uint32_t element = tg_column_extend(elements);
    elements->values.bytes[element] = text;
    elements->valid[element] = 1;
}

/* ---- EXTRACTJSONFIELD ---- */

/* One step of a path: what it is depends on the value it comes to. `index` is -1 where the name is none. */
struct step {
    struct tg_slice name;
    int32_t index;
};

struct path {
    uint32_t count;
    struct step *steps;
};

/* Reads ".name", "[3]" or "['name']" from the front of the path. */
static bool read_step(struct tg_slice *path, struct step *ret_step)
{
    size_t end = 1;
    if (path->data[0] == '.') {
        while (end < path->length && path->data[end] != '.' && path->data[end] != '[')
            end++;
        ret_step->name = tg_slice_of(path->data + 1, end - 1);
        *path = tg_slice_of(path->data + end, path->length - end);
        if (!tg_int32_parse(ret_step->name, &ret_step->index))
            ret_step->index = -1;
        return ret_step->name.length > 0;
    }
    while (end < path->length && path->data[end] != ']')
        end++;
    if (path->data[0] != '[' || end == path->length)
        return false;
    struct tg_slice inner = tg_slice_of(path->data + 1, end - 1);
    *path = tg_slice_of(path->data + end + 1, path->length - end - 1);
    bool quoted = inner.length >= 2 && (inner.data[0] == '\'' || inner.data[0] == '"') &&
                  inner.data[inner.length - 1] == inner.data[0];
    ret_step->name = quoted ? tg_slice_of(inner.data + 1, inner.length - 2) : inner;
    if (!tg_int32_parse(ret_step->name, &ret_step->index))
        ret_step->index = -1;
    return quoted || ret_step->index >= 0;
}

static bool compile_path(struct tg_arena *arena, struct tg_slice text, struct path *ret_path)
{
    struct tg_slice rest = text;
    *ret_path = (struct path){
        .steps = (struct step *)tg_arena_alloc_zero(arena, text.length + 1, sizeof(struct step))};
    if (rest.length == 0 || rest.data[0] != '$')
        return false;
    rest = tg_slice_of(rest.data + 1, rest.length - 1);
    while (rest.length > 0)
        if (!read_step(&rest, &ret_path->steps[ret_path->count++]))
            return false;
    return true;
}

static enum tg_code prepare_path(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                 uint32_t argument_count, const void **ret_prepared, struct tg_error *reterr)
{
    (void)argument_count;
    if (arguments[1] == NULL || arguments[1]->literal.is_null)
        return TG_OK;
    struct path *path = (struct path *)tg_arena_alloc(arena, sizeof *path);
    struct tg_slice text = arguments[1]->literal.value.bytes;
    *ret_prepared = path;
    if (compile_path(arena, text, path))
        return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, arguments[1]->place, "'%.*s' is no path into JSON",
                     TG_SLICE_FORMAT(text));
    return tg_fail_hint(reterr, "paths look like $.name.other[0]['name']");
}

/* The last member of the name counts, as in Jackson's trees. */
static bool find_member(const struct tg_call *call, const struct tg_json *object, struct tg_slice wanted,
                        struct tg_json *ret_value)
{
    struct tg_slice name;
    struct tg_json member;
    bool found = false;
    struct tg_json_cursor cursor = tg_json_members(object);
    while (tg_json_next(&cursor, &name, &member)) {
        bool escaped = memchr(name.data, '\\', name.length) != NULL;
        struct tg_slice plain =
            escaped ? plain_text(call, name) : tg_slice_of(name.data + 1, name.length - 2);
        if (!tg_slice_equal(plain, wanted))
            continue;
        *ret_value = member;
        found = true;
    }
    return found;
}

static bool find_element(const struct tg_json *array, int32_t index, struct tg_json *ret_value)
{
    struct tg_slice name;
    struct tg_json_cursor cursor = tg_json_members(array);
    for (int32_t i = 0; tg_json_next(&cursor, &name, ret_value); i++)
        if (i == index)
            return true;
    return false;
}

static bool walk(const struct tg_call *call, const struct path *path, struct tg_json *value)
{
    for (uint32_t i = 0; i < path->count; i++) {
        const struct step *step = &path->steps[i];
        struct tg_json next;
        bool found = value->kind == TG_JSON_ARRAY
                         ? step->index >= 0 && find_element(value, step->index, &next)
                         : value->kind == TG_JSON_OBJECT && find_member(call, value, step->name, &next);
        if (!found)
            return false;
        *value = next;
    }
    return true;
}

static void extract_field(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        const struct path *path = (const struct path *)call->prepared;
        struct path own;
        struct tg_json value;
        if (call->result->valid[row] == 0 || !read_row(call, row, &value))
            continue;
        if (path == NULL && !compile_path(call->arena, call->arguments[1]->values.bytes[row], &own)) {
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "'%.*s' is no path into JSON",
                         TG_SLICE_FORMAT(call->arguments[1]->values.bytes[row]));
            continue;
        }
        if (!walk(call, path == NULL ? &own : path, &value))
            tg_column_set_null(call->result, row);
        else if (value.kind == TG_JSON_STRING)
            tg_call_set_bytes(call, row, plain_text(call, value.text));
        else
            tg_call_set_bytes(call, row, compact_text(call, &value));
    }
}

/* ---- looking into values ---- */

static void is_json(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_json value;
        call->result->values.boolean[row] =
            call->arguments[0]->valid[row] != 0 &&
            tg_json_read(call->arguments[0]->values.bytes[row], &value) == TG_JSON_FOUND;
        call->result->valid[row] = 1;
    }
}

/* Types must be the same: 1 is not 1.0 and not "1". */
static bool equals(const struct tg_call *call, const struct tg_json *element, uint32_t row)
{
    const struct tg_column *wanted = call->arguments[1];
    int64_t integer = 0;
    double real = 0;
    tg_int128 decimal = 0;
    if (wanted->valid[row] == 0)
        return element->kind == TG_JSON_NULL;
    switch (wanted->type->kind) {
    case TG_TYPE_STRING:
        return element->kind == TG_JSON_STRING &&
               tg_slice_equal(plain_text(call, element->text), wanted->values.bytes[row]);
    case TG_TYPE_BOOLEAN:
        return element->kind == TG_JSON_BOOLEAN &&
               (element->text.length == 4) == (wanted->values.boolean[row] != 0);
    case TG_TYPE_INT:
    case TG_TYPE_BIGINT:
        return element->kind == TG_JSON_INTEGER && tg_int64_parse(element->text, &integer) &&
               integer == (wanted->type->kind == TG_TYPE_INT ? wanted->values.int32[row]
                                                             : wanted->values.int64[row]);
    case TG_TYPE_DOUBLE:
        return element->kind == TG_JSON_REAL && tg_double_parse(element->text, &real) &&
               real == wanted->values.float64[row];
    case TG_TYPE_DECIMAL:
        return element->kind == TG_JSON_REAL &&
               tg_decimal_parse(element->text, TG_DECIMAL_DIGITS_MAX, wanted->type->scale,
                                TG_ROUND_UNNECESSARY, &decimal) == TG_DECIMAL_OK &&
               decimal == wanted->values.decimal[row];
    case TG_TYPE_BYTES:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return false;
}

/* As in ksqlDB, nothing is contained in what is no JSON. */
static void array_contains(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_json value;
        struct tg_json element;
        struct tg_slice name;
        bool found = false;
        if (call->arguments[0]->valid[row] != 0 &&
            tg_json_read(call->arguments[0]->values.bytes[row], &value) == TG_JSON_FOUND &&
            value.kind == TG_JSON_ARRAY) {
            struct tg_json_cursor cursor = tg_json_members(&value);
            while (!found && tg_json_next(&cursor, &name, &element))
                found = equals(call, &element, row);
        }
        call->result->values.boolean[row] = found ? 1 : 0;
        call->result->valid[row] = 1;
    }
}

static void array_length(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_json value;
        struct tg_json element;
        struct tg_slice name;
        int32_t count = 0;
        if (!read_kind(call, row, TG_JSON_ARRAY, &value))
            continue;
        for (struct tg_json_cursor cursor = tg_json_members(&value); tg_json_next(&cursor, &name, &element);)
            count++;
        call->result->values.int32[row] = count;
        call->result->valid[row] = 1;
    }
}

static void close_array(const struct tg_call *call, uint32_t row, uint32_t start)
{
    call->result->values.range[row] =
        (struct tg_range){.start = start, .count = call->result->children[0]->length - start};
    call->result->valid[row] = 1;
}

static void items(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_json value;
        struct tg_json element;
        struct tg_slice name;
        uint32_t start = call->result->children[0]->length;
        if (!read_kind(call, row, TG_JSON_ARRAY, &value))
            continue;
        for (struct tg_json_cursor cursor = tg_json_members(&value); tg_json_next(&cursor, &name, &element);)
            append_text(call->result->children[0], compact_text(call, &element));
        close_array(call, row, start);
    }
}

static void keys(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_json value;
        struct tg_json member;
        struct tg_slice name;
        uint32_t start = call->result->children[0]->length;
        if (!read_kind(call, row, TG_JSON_OBJECT, &value))
            continue;
        for (struct tg_json_cursor cursor = tg_json_members(&value); tg_json_next(&cursor, &name, &member);)
            append_text(call->result->children[0], plain_text(call, name));
        close_array(call, row, start);
    }
}

/* Sets the value of a name: a new row of both columns, or that of the name. Returns the row. */
static uint32_t put_member(struct tg_value_index *known, struct tg_column *names, struct tg_slice name,
                           struct tg_column *values, struct tg_slice value)
{
    append_text(names, name);
    uint32_t row = tg_value_index_find(known, names, names->length - 1);
    if (row != TG_VALUE_NONE) {
        names->length--;
        values->values.bytes[row] = value;
        return row;
    }
    tg_value_index_add(known);
    append_text(values, value);
    return names->length - 1;
}

static void records(const struct tg_call *call)
{
    struct tg_column *names = call->result->children[0];
    struct tg_column *values = call->result->children[1];
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct tg_json value;
        struct tg_json member;
        struct tg_slice name;
        struct tg_value_index known = tg_value_index_from(call, names, names->length);
        if (!read_kind(call, row, TG_JSON_OBJECT, &value))
            continue;
        for (struct tg_json_cursor cursor = tg_json_members(&value); tg_json_next(&cursor, &name, &member);)
            put_member(&known, names, plain_text(call, name), values, compact_text(call, &member));
        close_array(call, row, known.start);
    }
}

/* ---- JSON_CONCAT: objects become one object, anything else one array ---- */

/* The values of a row's arguments; NULL: one is NULL, or no JSON. */
static const struct tg_json *read_arguments(const struct tg_call *call, uint32_t row)
{
    struct tg_json *values =
        (struct tg_json *)tg_arena_alloc_zero(call->arena, call->argument_count, sizeof *values);
    for (uint32_t argument = 0; argument < call->argument_count; argument++) {
        enum tg_json_result read = TG_JSON_EMPTY;
        if (call->arguments[argument]->valid[row] != 0)
            read = tg_json_read(call->arguments[argument]->values.bytes[row], &values[argument]);
        if (read == TG_JSON_MALFORMED)
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "argument %u is no JSON", argument + 1);
        if (read != TG_JSON_FOUND) {
            tg_column_set_null(call->result, row);
            return NULL;
        }
    }
    return values;
}

/* The members of all objects: a name stands where it came first, with its last value. */
static void append_members(const struct tg_call *call, const struct tg_json *objects, struct tg_buffer *out)
{
    struct tg_column *names = tg_call_column(call, 0, &tg_type_string);
    struct tg_column *values = tg_call_column(call, 1, &tg_type_string);
    struct tg_column *written = tg_call_column(call, 2, &tg_type_string); /* the names with their escapes */
    struct tg_value_index known = tg_value_index_from(call, names, names->length);
    for (uint32_t argument = 0; argument < call->argument_count; argument++) {
        struct tg_json_cursor cursor = tg_json_members(&objects[argument]);
        struct tg_slice name;
        struct tg_json member;
        while (tg_json_next(&cursor, &name, &member))
            if (put_member(&known, names, plain_text(call, name), values, member.text) == written->length)
                append_text(written, name);
    }
    tg_buffer_append_byte(out, '{');
    for (uint32_t at = known.start; at < names->length; at++) {
        const struct tg_json name = {.kind = TG_JSON_STRING, .text = written->values.bytes[at]};
        const struct tg_json value = {.text = values->values.bytes[at]};
        if (at > known.start)
            tg_buffer_append_byte(out, ',');
        tg_json_append_compact(&name, TG_JSON_NUMBERS_PLAIN, out);
        tg_buffer_append_byte(out, ':');
        tg_json_append_compact(&value, TG_JSON_NUMBERS_PLAIN, out);
    }
    tg_buffer_append_byte(out, '}');
}

/* The elements of arrays, anything else as an element. */
static void append_elements(const struct tg_call *call, const struct tg_json *values, struct tg_buffer *out)
{
    tg_buffer_append_byte(out, '[');
    for (uint32_t argument = 0; argument < call->argument_count; argument++) {
        size_t before = out->length;
        if (before > 1)
            tg_buffer_append_byte(out, ',');
        size_t start = out->length;
        tg_json_append_compact(&values[argument], TG_JSON_NUMBERS_PLAIN, out);
        if (values[argument].kind != TG_JSON_ARRAY)
            continue;
        size_t inner = out->length - start - 2; /* without its brackets */
        memmove(out->data + start, out->data + start + 1, inner);
        out->length = inner == 0 ? before : start + inner;
    }
    tg_buffer_append_byte(out, ']');
}

static void concat_row(const struct tg_call *call, uint32_t row)
{
    const struct tg_json *values = read_arguments(call, row);
    bool objects = true;
    if (values == NULL)
        return;
    for (uint32_t argument = 0; argument < call->argument_count; argument++)
        objects = objects && values[argument].kind == TG_JSON_OBJECT;
    struct tg_buffer *out = tg_call_second_scratch(call);
    if (objects)
        append_members(call, values, out);
    else if (call->argument_count == 1)
        tg_json_append_compact(&values[0], TG_JSON_NUMBERS_PLAIN, out);
    else
        append_elements(call, values, out);
    tg_call_set_bytes(call, row, tg_call_keep(call, out));
}

static void concat(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        concat_row(call, tg_call_row(call, i));
}

#define ROW(text, function, bits, doc, sample)                                                               \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = (bits), .summary = (doc), .example = (sample)    \
    }
enum { STRICT = TG_FUNCTION_NULL_IF_NULL, SEES = TG_FUNCTION_SEES_NULL };

extern const struct tg_function tg_functions_json[];
const struct tg_function tg_functions_json[] = {
    {.signature = "EXTRACTJSONFIELD(STRING, STRING) -> STRING",
     .kernel = extract_field,
     .flags = STRICT,
     .prepare = prepare_path,
     .summary = "The value at a path: a string as it is, anything else as JSON.",
     .example = "EXTRACTJSONFIELD('{\"a\": [1, {\"b\": \"x\"}]}', '$.a[1].b') = 'x'"},
    ROW("IS_JSON_STRING(STRING) -> BOOLEAN", is_json, SEES, "Is the text JSON? FALSE for NULL.",
        "IS_JSON_STRING('[1]')"),
    ROW("JSON_ARRAY_CONTAINS(STRING, T) -> BOOLEAN", array_contains, SEES,
        "Is the value, with its type, an element of the JSON array? FALSE for NULL and for what is no array.",
        "JSON_ARRAY_CONTAINS('[1, \"a\"]', 'a')"),
    ROW("JSON_ARRAY_LENGTH(STRING) -> INT", array_length, STRICT,
        "The number of elements; NULL if it is no array.", "JSON_ARRAY_LENGTH('[1, 2]') = 2"),
    ROW("JSON_ITEMS(STRING) -> ARRAY<STRING>", items, STRICT, "The elements of a JSON array, each as JSON.",
        "JSON_ITEMS('[1, \"a\"]') = ARRAY['1', '\"a\"']"),
    ROW("JSON_KEYS(STRING) -> ARRAY<STRING>", keys, STRICT, "The names of the members of a JSON object.",
        "JSON_KEYS('{\"a\": 1, \"b\": 2}') = ARRAY['a', 'b']"),
    ROW("JSON_RECORDS(STRING) -> MAP<STRING, STRING>", records, STRICT,
        "The members of a JSON object, each value as JSON.",
        "JSON_RECORDS('{\"a\": [1]}') = MAP('a' := '[1]')"),
    ROW("JSON_CONCAT(STRING, STRING...) -> STRING", concat, SEES,
        "Objects joined to one, arrays and anything else to one array; NULL if an argument is.",
        "JSON_CONCAT('{\"a\": 1}', '{\"b\": 2}') = '{\"a\":1,\"b\":2}'"),
    {0},
};
