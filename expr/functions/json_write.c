/* expr/functions/json_write.c: TO_JSON_STRING. */
#include "base/base64.h"
#include "data/number.h"
#include "expr/cast.h"
#include "expr/kernel.h"

struct writer {
    const struct tg_call *call;
    struct tg_buffer *out;
};

static void write_value(const struct writer *writer, const struct tg_column *column, uint32_t row);

static void write_double(double value, struct tg_buffer *out)
{
    char text[TG_DOUBLE_TEXT_MAX];
    size_t length = tg_double_write(value, text);
    if (value - value == 0)
        tg_buffer_append(out, text, length);
    else
        tg_buffer_append_json_string(out, tg_slice_of(text, length)); /* NaN, Infinity */
}

static void write_quoted_time(const struct tg_column *column, uint32_t row, struct tg_buffer *out)
{
    tg_buffer_append_byte(out, '"');
    tg_cast_write(column, row, out);
    tg_buffer_append_byte(out, '"');
}

static void write_bytes(struct tg_slice bytes, struct tg_buffer *out)
{
    tg_buffer_append_byte(out, '"');
    tg_base64_encode(bytes, tg_buffer_reserve(out, tg_base64_encoded_length(bytes.length)));
    out->length += tg_base64_encoded_length(bytes.length);
    tg_buffer_append_byte(out, '"');
}

static void write_array(const struct writer *writer, const struct tg_column *column, uint32_t row)
{
    struct tg_range range = column->values.range[row];
    tg_buffer_append_byte(writer->out, '[');
    for (uint32_t i = range.start; i < range.start + range.count; i++) {
        if (i > range.start)
            tg_buffer_append_byte(writer->out, ',');
        write_value(writer, column->children[0], i);
    }
    tg_buffer_append_byte(writer->out, ']');
}

/* A member of a map or struct, ready to be sorted by name. */
struct member {
    struct tg_slice name;
    const struct tg_column *column;
    uint32_t row;
};

static void sort_members(struct member *members, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct member moved = members[i];
        uint32_t to = i;
        for (; to > 0 && tg_text_compare(members[to - 1].name, moved.name) > 0; to--)
            members[to] = members[to - 1];
        members[to] = moved;
    }
}

static void write_members(const struct writer *writer, struct member *members, uint32_t count)
{
    sort_members(members, count);
    tg_buffer_append_byte(writer->out, '{');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            tg_buffer_append_byte(writer->out, ',');
        tg_buffer_append_json_string(writer->out, members[i].name);
        tg_buffer_append_byte(writer->out, ':');
        write_value(writer, members[i].column, members[i].row);
    }
    tg_buffer_append_byte(writer->out, '}');
}

static struct tg_slice key_text(const struct writer *writer, const struct tg_column *keys, uint32_t row)
{
    if (keys->valid[row] == 0)
        return tg_slice_text("null");
    if (keys->type->kind == TG_TYPE_STRING)
        return keys->values.bytes[row];
    size_t start = writer->out->length; /* written behind the text, copied, taken away */
    tg_cast_write(keys, row, writer->out);
    struct tg_slice text = tg_arena_copy(writer->call->arena,
                                         tg_slice_of(writer->out->data + start, writer->out->length - start));
    writer->out->length = start;
    return text;
}

static void write_map(const struct writer *writer, const struct tg_column *column, uint32_t row)
{
    struct tg_range range = column->values.range[row];
    struct member *members =
        (struct member *)tg_arena_alloc(writer->call->arena, ((size_t)range.count + 1) * sizeof *members);
    for (uint32_t i = 0; i < range.count; i++)
        members[i] = (struct member){key_text(writer, column->children[0], range.start + i),
                                     column->children[1], range.start + i};
    write_members(writer, members, range.count);
}

static void write_struct(const struct writer *writer, const struct tg_column *column, uint32_t row)
{
    struct member *members = (struct member *)tg_arena_alloc(
        writer->call->arena, ((size_t)column->child_count + 1) * sizeof *members);
    for (uint32_t i = 0; i < column->child_count; i++)
        members[i] = (struct member){tg_slice_text(column->type->fields[i].name), column->children[i], row};
    write_members(writer, members, column->child_count);
}

static void write_value(const struct writer *writer, const struct tg_column *column, uint32_t row)
{
    if (column->valid[row] == 0) {
        tg_buffer_append_text(writer->out, "null");
        return;
    }
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
    case TG_TYPE_INT:
    case TG_TYPE_BIGINT:
    case TG_TYPE_DECIMAL:
        tg_cast_write(column, row, writer->out);
        break;
    case TG_TYPE_DOUBLE:
        write_double(column->values.float64[row], writer->out);
        break;
    case TG_TYPE_STRING:
        tg_buffer_append_json_string(writer->out, column->values.bytes[row]);
        break;
    case TG_TYPE_BYTES:
        write_bytes(column->values.bytes[row], writer->out);
        break;
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        write_quoted_time(column, row, writer->out);
        break;
    case TG_TYPE_ARRAY:
        write_array(writer, column, row);
        break;
    case TG_TYPE_MAP:
        write_map(writer, column, row);
        break;
    case TG_TYPE_STRUCT:
        write_struct(writer, column, row);
        break;
    }
}

static void to_json_string(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        struct writer writer = {.call = call, .out = tg_call_scratch(call)};
        write_value(&writer, call->arguments[0], row);
        tg_call_set_bytes(call, row, tg_call_keep(call, writer.out));
    }
}

extern const struct tg_function tg_functions_json_write[];
const struct tg_function tg_functions_json_write[] = {
    {.signature = "TO_JSON_STRING(T) -> STRING",
     .kernel = to_json_string,
     .flags = TG_FUNCTION_SEES_NULL,
     .summary =
         "Any value as JSON: members sorted by name, times as ISO texts, bytes in base64, NULL as null.",
     .example = "TO_JSON_STRING(STRUCT(B := 1, A := ARRAY['x'])) = '{\"A\":[\"x\"],\"B\":1}'"},
    {0},
};
