/* What was inferred as a statement. */
#include "service/infer/infer.h"

#include "sql/formatter.h"

#include <ctype.h>
#include <inttypes.h>

enum { NOTE_COLUMN_MAX = 60 };

static void append_upper(const char *text, struct tg_buffer *out)
{
    for (; *text != '\0'; text++)
        tg_buffer_append_byte(out,
                              *text >= 'a' && *text <= 'z' ? (uint8_t)(*text - 'a' + 'A') : (uint8_t)*text);
}

/* Does the name need no quotes once it is in upper case? */
static bool is_plain(const char *name)
{
    struct tg_buffer upper = {0};
    struct tg_buffer formatted = {0};
    append_upper(name, &upper);
    tg_format_name(tg_buffer_text(&upper), &formatted);
    bool plain = formatted.length > 0 && formatted.data[0] != '`';
    tg_buffer_done(&upper);
    tg_buffer_done(&formatted);
    return plain;
}

void tg_infer_write_name(const char *name, bool keep_case, struct tg_buffer *out)
{
    if (!keep_case && is_plain(name)) {
        tg_buffer_append_text(out, name);
        return;
    }
    if (keep_case) {
        tg_format_name(name, out); /* quoted unless it is plain in upper case */
        return;
    }
    tg_buffer_append_byte(out, '`');
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '`')
            tg_buffer_append_byte(out, '`');
        tg_buffer_append_byte(out, (uint8_t)*c);
    }
    tg_buffer_append_byte(out, '`');
}

static bool same_name(const char *a, const char *b)
{
    return tg_slice_equal_nocase(tg_slice_text(a), tg_slice_text(b));
}

static bool field_has_twin(const struct tg_type *type, uint32_t index)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (i != index && same_name(type->fields[i].name, type->fields[index].name))
            return true;
    return false;
}

/* As tg_type_write, with the names as people write them. */
static void write_type(const struct tg_type *type, bool keep_case, struct tg_buffer *out)
{
    if (type->kind == TG_TYPE_STRING) {
        tg_buffer_append_text(out, "VARCHAR");
    } else if (type->kind == TG_TYPE_ARRAY) {
        tg_buffer_append_text(out, "ARRAY<");
        write_type(type->element, keep_case, out);
        tg_buffer_append_byte(out, '>');
    } else if (type->kind == TG_TYPE_MAP) {
        tg_buffer_append_text(out, "MAP<");
        write_type(type->key, keep_case, out);
        tg_buffer_append_text(out, ", ");
        write_type(type->element, keep_case, out);
        tg_buffer_append_byte(out, '>');
    } else if (type->kind == TG_TYPE_STRUCT) {
        tg_buffer_append_text(out, "STRUCT<");
        for (uint32_t i = 0; i < type->field_count; i++) {
            tg_buffer_append_text(out, i > 0 ? ", " : "");
            tg_infer_write_name(type->fields[i].name, keep_case || field_has_twin(type, i), out);
            tg_buffer_append_byte(out, ' ');
            write_type(type->fields[i].type, keep_case, out);
        }
        tg_buffer_append_byte(out, '>');
    } else {
        tg_type_write(type, out);
    }
}

static bool column_has_twin(const struct tg_inference *inference, const struct tg_inferred_column *column)
{
    const struct tg_inferred_half *halves[] = {&inference->key, &inference->value};
    for (size_t half = 0; half < 2; half++)
        for (uint32_t i = 0; i < halves[half]->column_count; i++) {
            const struct tg_inferred_column *other = &halves[half]->columns[i];
            if (other != column && same_name(other->name, column->name))
                return true;
        }
    return false;
}

static void write_columns(const struct tg_inference *inference, const struct tg_infer_sql *sql,
                          struct tg_buffer *out)
{
    const struct tg_inferred_half *halves[] = {&inference->key, &inference->value};
    uint32_t left = inference->key.column_count + inference->value.column_count;
    for (size_t half = 0; half < 2; half++)
        for (uint32_t i = 0; i < halves[half]->column_count; i++) {
            const struct tg_inferred_column *column = &halves[half]->columns[i];
            size_t start = out->length;
            left--;
            tg_buffer_append_text(out, "    ");
            tg_infer_write_name(column->name, sql->keep_case || column_has_twin(inference, column), out);
            tg_buffer_append_byte(out, ' ');
            write_type(column->type, sql->keep_case, out);
            tg_buffer_append_text(out, half == 0 ? " KEY" : "");
            tg_buffer_append_text(out, left > 0 ? "," : "");
            if (sql->comments && column->note[0] != '\0') {
                size_t width = out->length - start;
                tg_buffer_printf(out, "%*s -- %s",
                                 width < NOTE_COLUMN_MAX ? (int)(NOTE_COLUMN_MAX - width) : 0, "",
                                 column->note);
            }
            tg_buffer_append_byte(out, '\n');
        }
}

static void write_delimiter(const char *property, char delimiter, struct tg_buffer *out)
{
    if (delimiter == '\t')
        tg_buffer_printf(out, ", %s = 'TAB'", property);
    else if (delimiter != 0 && delimiter != ',')
        tg_buffer_printf(out, ", %s = '%c'", property, delimiter);
}

static void write_with(const struct tg_inference *inference, struct tg_buffer *out)
{
    tg_buffer_append_text(out, ") WITH (KAFKA_TOPIC = ");
    tg_format_string(tg_slice_text(inference->topic), out);
    if (inference->key.column_count > 0)
        tg_buffer_printf(out, ", KEY_FORMAT = '%s'", inference->key.format);
    tg_buffer_printf(out, ", VALUE_FORMAT = '%s'", inference->value.format);
    write_delimiter("VALUE_DELIMITER", inference->value.delimiter, out);
    if (inference->value.unwrapped)
        tg_buffer_append_text(out, ", WRAP_SINGLE_VALUE = FALSE");
    tg_buffer_append_text(out, ");\n");
}

static void write_head(const struct tg_inference *inference, struct tg_buffer *out)
{
    const struct tg_sample *sample = inference->sample;
    tg_buffer_printf(out, "-- Topic %s, %d partition%s: ", inference->topic, sample->partition_count,
                     sample->partition_count == 1 ? "" : "s");
    if (sample->is_all)
        tg_buffer_printf(out, "all %u committed records were looked at.\n", sample->count);
    else
        tg_buffer_printf(
            out, "%u of about %" PRId64 " committed records were looked at, the oldest and the newest.\n",
            sample->count, sample->offsets);
    tg_buffer_printf(out, "-- %s.\n-- %s.\n", inference->key.note, inference->value.note);
}

static void write_time(const struct tg_inferred_half *value, struct tg_buffer *out)
{
    if (value->time_column == NULL)
        return;
    struct tg_buffer name = {0};
    tg_infer_write_name(value->time_column, false, &name);
    tg_buffer_printf(out, "-- To make %s the time of the rows, add TIMESTAMP = ", value->time_column);
    tg_format_string(tg_buffer_slice(&name), out);
    tg_buffer_done(&name);
    if (value->time_format[0] != '\0') {
        tg_buffer_append_text(out, ", TIMESTAMP_FORMAT = ");
        tg_format_string(tg_slice_text(value->time_format), out);
    }
    tg_buffer_append_text(out, " to WITH.\n");
}

const char *tg_infer_stream_name(struct tg_arena *arena, const char *topic)
{
    struct tg_buffer name = {0};
    bool is_digit = topic[0] >= '0' && topic[0] <= '9';
    if (is_digit)
        tg_buffer_append_text(&name, "T_");
    append_upper(topic, &name);
    for (size_t i = 0; i < name.length; i++)
        if (!isalnum(name.data[i]))
            name.data[i] = '_';
    const char *text = tg_arena_text(arena, tg_buffer_slice(&name));
    tg_buffer_done(&name);
    return text;
}

void tg_infer_write_sql(const struct tg_inference *inference, const struct tg_infer_sql *sql,
                        struct tg_buffer *out)
{
    if (sql->comments)
        write_head(inference, out);
    tg_buffer_append_text(out, "CREATE STREAM ");
    tg_infer_write_name(sql->name, true, out);
    tg_buffer_append_text(out, " (\n");
    write_columns(inference, sql, out);
    write_with(inference, out);
    if (sql->comments)
        write_time(&inference->value, out);
}
