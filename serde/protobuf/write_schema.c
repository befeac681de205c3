/* The .proto text of SQL columns, with the names that Kafka Connect's converter gives. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "serde/protobuf/protobuf.h"

struct writer {
    struct tg_buffer body;
    enum tg_nullable nullable;
    uint32_t message_number; /* of the last message without a name of its own */
    uint32_t depth;
    bool wrappers, timestamp, date, time, decimal; /* imports */
};

TG_MUST_CHECK static enum tg_code write_message(struct writer *writer, const char *name,
                                                const struct tg_field *fields, uint32_t count,
                                                struct tg_error *reterr);

static void indent(struct writer *writer)
{
    for (uint32_t i = 0; i < writer->depth; i++)
        tg_buffer_append_text(&writer->body, "  ");
}

static bool name_valid(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_';
        if (!letter && (at == name || *at < '0' || *at > '9'))
            return false;
    }
    return *name != '\0';
}

static const char *wrapper_name(enum tg_type_kind kind)
{
    switch ((int)kind) {
    case TG_TYPE_BOOLEAN:
        return "google.protobuf.BoolValue";
    case TG_TYPE_INT:
        return "google.protobuf.Int32Value";
    case TG_TYPE_BIGINT:
        return "google.protobuf.Int64Value";
    case TG_TYPE_DOUBLE:
        return "google.protobuf.DoubleValue";
    case TG_TYPE_STRING:
        return "google.protobuf.StringValue";
    default:
        return "google.protobuf.BytesValue";
    }
}

static const char *plain_name(enum tg_type_kind kind)
{
    switch ((int)kind) {
    case TG_TYPE_BOOLEAN:
        return "bool";
    case TG_TYPE_INT:
        return "int32";
    case TG_TYPE_BIGINT:
        return "int64";
    case TG_TYPE_DOUBLE:
        return "double";
    case TG_TYPE_STRING:
        return "string";
    default:
        return "bytes";
    }
}

/* The type's name; *ret_nested gets the name of a message that is still to be written. */
static void write_type_name(struct writer *writer, const struct tg_type *type, bool repeated, char nested[64])
{
    struct tg_buffer *out = &writer->body;
    switch (type->kind) {
    case TG_TYPE_BOOLEAN:
    case TG_TYPE_INT:
    case TG_TYPE_BIGINT:
    case TG_TYPE_DOUBLE:
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
        if (writer->nullable == TG_NULLABLE_WRAPPER && !repeated) {
            writer->wrappers = true;
            tg_buffer_append_text(out, wrapper_name(type->kind));
            break;
        }
        tg_buffer_printf(out, "%s%s",
                         writer->nullable == TG_NULLABLE_OPTIONAL && !repeated ? "optional " : "",
                         plain_name(type->kind));
        break;
    case TG_TYPE_DECIMAL:
        writer->decimal = true;
        tg_buffer_append_text(out, "confluent.type.Decimal");
        break;
    case TG_TYPE_DATE:
        writer->date = true;
        tg_buffer_append_text(out, "google.type.Date");
        break;
    case TG_TYPE_TIME:
        writer->time = true;
        tg_buffer_append_text(out, "google.type.TimeOfDay");
        break;
    case TG_TYPE_TIMESTAMP:
        writer->timestamp = true;
        tg_buffer_append_text(out, "google.protobuf.Timestamp");
        break;
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        snprintf(nested, 64, "ConnectDefault%u%s", ++writer->message_number,
                 type->kind == TG_TYPE_MAP ? "Entry" : "");
        tg_buffer_append_text(out, nested);
        break;
    }
}

TG_MUST_CHECK static enum tg_code write_field(struct writer *writer, const struct tg_field *field,
                                              uint32_t number, char nested[64], struct tg_error *reterr)
{
    const struct tg_type *type = field->type;
    bool repeated = type->kind == TG_TYPE_ARRAY || type->kind == TG_TYPE_MAP;
    if (!name_valid(field->name))
        return tg_fail(
            reterr, TG_CODE_TYPE,
            "column %s: Protobuf cannot carry a field of this name; letters, digits and _ are allowed, "
            "and no digit in front",
            field->name);
    if (type->kind == TG_TYPE_ARRAY)
        type = type->element;
    indent(writer);
    if (repeated)
        tg_buffer_append_text(&writer->body, "repeated ");
    write_type_name(writer, type, repeated, nested);
    tg_buffer_printf(&writer->body, " %s = %u", field->name, number);
    if (type->kind == TG_TYPE_DECIMAL)
        tg_buffer_printf(&writer->body,
                         " [(confluent.field_meta) = { params: [{ value: \"%u\", key: \"precision\" }, "
                         "{ value: \"%u\", key: \"scale\" }] }]",
                         type->precision, type->scale);
    tg_buffer_append_text(&writer->body, ";\n");
    return TG_OK;
}

/* The message that a field of this type uses. */
TG_MUST_CHECK static enum tg_code write_nested(struct writer *writer, const struct tg_type *type,
                                               const char *name, struct tg_error *reterr)
{
    if (type->kind == TG_TYPE_ARRAY)
        type = type->element;
    tg_buffer_append_text(&writer->body, "\n");
    if (type->kind == TG_TYPE_STRUCT)
        return write_message(writer, name, type->fields, type->field_count, reterr);
    struct tg_field entry[] = {{"key", type->key}, {"value", type->element}};
    return write_message(writer, name, entry, 2, reterr);
}

static enum tg_code write_message(struct writer *writer, const char *name, const struct tg_field *fields,
                                  uint32_t count, struct tg_error *reterr)
{
    char(*nested)[64] = tg_alloc_zero(count + 1, sizeof *nested);
    enum tg_code code = TG_OK;
    indent(writer);
    tg_buffer_printf(&writer->body, "message %s {\n", name);
    writer->depth++;
    for (uint32_t i = 0; code == TG_OK && i < count; i++)
        code = write_field(writer, &fields[i], i + 1, nested[i], reterr);
    for (uint32_t i = 0; code == TG_OK && i < count; i++)
        if (nested[i][0] != '\0')
            code = write_nested(writer, fields[i].type, nested[i], reterr);
    writer->depth--;
    indent(writer);
    tg_buffer_append_text(&writer->body, "}\n");
    tg_free(nested);
    return code;
}

static void write_imports(const struct writer *writer, struct tg_buffer *out)
{
    const struct {
        bool used;
        const char *name;
    } imports[] = {
        {writer->decimal, "confluent/meta.proto"},
        {writer->decimal, "confluent/type/decimal.proto"},
        {writer->timestamp, "google/protobuf/timestamp.proto"},
        {writer->wrappers, "google/protobuf/wrappers.proto"},
        {writer->date, "google/type/date.proto"},
        {writer->time, "google/type/timeofday.proto"},
    };
    bool any = false;
    for (size_t i = 0; i < sizeof imports / sizeof *imports; i++) {
        if (!imports[i].used)
            continue;
        tg_buffer_printf(out, "import \"%s\";\n", imports[i].name);
        any = true;
    }
    if (any)
        tg_buffer_append_text(out, "\n");
}

enum tg_code tg_proto_schema_write(const struct tg_format_options *options, struct tg_buffer *out,
                                   struct tg_error *reterr)
{
    const char *full_name = options->full_name == NULL ? "ConnectDefault1" : options->full_name;
    const char *dot = strrchr(full_name, '.');
    struct writer writer = {.nullable = options->nullable, .message_number = 1};
    struct tg_field *fields = tg_alloc_zero(options->column_count + 1, sizeof *fields);
    for (uint32_t i = 0; i < options->column_count; i++)
        fields[i] = (struct tg_field){options->columns[i].name, options->columns[i].type};
    enum tg_code code =
        write_message(&writer, dot == NULL ? full_name : dot + 1, fields, options->column_count, reterr);
    tg_buffer_append_text(out, "syntax = \"proto3\";\n");
    if (dot != NULL)
        tg_buffer_printf(out, "package %.*s;\n", (int)(dot - full_name), full_name);
    tg_buffer_append_text(out, "\n");
    write_imports(&writer, out);
    tg_buffer_append(out, writer.body.data, writer.body.length);
    tg_buffer_done(&writer.body);
    tg_free(fields);
    return code;
}
