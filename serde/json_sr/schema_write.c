/* SQL columns as a JSON Schema, in the form of Connect's converter: every value may be null, connect.index
 * keeps the order of members, connect.type the type that JSON has no word for. */
#include "serde/json_sr/json_sr.h"

static const char *simple_schema(enum tg_type_kind kind)
{
#define CONNECT "org.apache.kafka.connect.data."
    switch (kind) {
    case TG_TYPE_BOOLEAN:
        return "\"type\":\"boolean\"";
    case TG_TYPE_INT:
        return "\"type\":\"integer\",\"connect.type\":\"int32\"";
    case TG_TYPE_BIGINT:
        return "\"type\":\"integer\",\"connect.type\":\"int64\"";
    case TG_TYPE_DOUBLE:
        return "\"type\":\"number\",\"connect.type\":\"float64\"";
    case TG_TYPE_BYTES:
        return "\"type\":\"string\",\"connect.type\":\"bytes\"";
    case TG_TYPE_DATE:
        return "\"type\":\"integer\",\"title\":\"" CONNECT
               "Date\",\"connect.version\":1,\"connect.type\":\"int32\"";
    case TG_TYPE_TIME:
        return "\"type\":\"integer\",\"title\":\"" CONNECT
               "Time\",\"connect.version\":1,\"connect.type\":\"int32\"";
    case TG_TYPE_TIMESTAMP:
        return "\"type\":\"integer\",\"title\":\"" CONNECT
               "Timestamp\",\"connect.version\":1,\"connect.type\":\"int64\"";
    case TG_TYPE_STRING:
    case TG_TYPE_DECIMAL:
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
#undef CONNECT
    return "\"type\":\"string\"";
}

static void write_nullable(const struct tg_type *type, struct tg_buffer *out);

/* A member of an object; commas go before all but the first one. */
static void write_member(const char *name, int64_t index, const struct tg_type *type, struct tg_buffer *out)
{
    if (index > 0)
        tg_buffer_append_byte(out, ',');
    tg_buffer_append_json_string(out, tg_slice_text(name));
    tg_buffer_printf(out, ":{\"connect.index\":%lld,", (long long)index);
    write_nullable(type, out);
    tg_buffer_append_byte(out, '}');
}

/* The members of the object that describes a type, without its braces. */
static void write_type(const struct tg_type *type, struct tg_buffer *out)
{
    switch (type->kind) {
    case TG_TYPE_DECIMAL:
        tg_buffer_printf(out,
                         "\"type\":\"number\",\"title\":\"org.apache.kafka.connect.data.Decimal\","
                         "\"connect.version\":1,\"connect.type\":\"bytes\",\"connect.parameters\":"
                         "{\"scale\":\"%u\",\"connect.decimal.precision\":\"%u\"}",
                         (unsigned)type->scale, (unsigned)type->precision);
        return;
    case TG_TYPE_ARRAY:
        tg_buffer_append_text(out, "\"type\":\"array\",\"items\":{");
        write_nullable(type->element, out);
        tg_buffer_append_byte(out, '}');
        return;
    case TG_TYPE_MAP:
        tg_buffer_append_text(
            out,
            "\"type\":\"array\",\"connect.type\":\"map\",\"items\":{\"type\":\"object\",\"properties\":{");
        write_member("key", 0, type->key, out);
        write_member("value", 1, type->element, out);
        tg_buffer_append_text(out, "}}");
        return;
    case TG_TYPE_STRUCT:
        tg_buffer_append_text(out, "\"type\":\"object\",\"properties\":{");
        for (uint32_t i = 0; i < type->field_count; i++)
            write_member(type->fields[i].name, i, type->fields[i].type, out);
        tg_buffer_append_byte(out, '}');
        return;
    case TG_TYPE_BOOLEAN:
    case TG_TYPE_INT:
    case TG_TYPE_BIGINT:
    case TG_TYPE_DOUBLE:
    case TG_TYPE_STRING:
    case TG_TYPE_BYTES:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        break;
    }
    tg_buffer_append_text(out, simple_schema(type->kind));
}

static void write_nullable(const struct tg_type *type, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "\"oneOf\":[{\"type\":\"null\"},{");
    write_type(type, out);
    tg_buffer_append_text(out, "}]");
}

enum tg_code tg_json_sr_schema_write(const struct tg_format_options *options, struct tg_buffer *out,
                                     struct tg_error *reterr)
{
    TG_TRY(tg_format_json_sr.check(options, reterr));
    if (options->unwrapped) {
        tg_buffer_append_byte(out, '{');
        write_nullable(options->columns[0].type, out);
        tg_buffer_append_byte(out, '}');
        return TG_OK;
    }
    tg_buffer_append_text(out, "{\"type\":\"object\",\"properties\":{");
    for (uint32_t i = 0; i < options->column_count; i++)
        write_member(options->columns[i].name, i, options->columns[i].type, out);
    tg_buffer_append_byte(out, '}');
    if (options->full_name != NULL) {
        tg_buffer_append_text(out, ",\"title\":");
        tg_buffer_append_json_string(out, tg_slice_text(options->full_name));
    }
    tg_buffer_append_byte(out, '}');
    return TG_OK;
}
