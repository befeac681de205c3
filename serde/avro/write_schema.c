/* The Avro schema of SQL columns: the text that Kafka Connect's converter makes of ksqlDB's types. */
#include "base/memory.h"
#include "serde/avro/columns.h"

static const char default_name[] = "io.confluent.ksql.avro_schemas.KsqlDataSourceSchema";

struct writer {
    struct tg_buffer *out;
    bool has_space;        /* a namespace has been written around the current place */
    struct tg_buffer name; /* full name of the type that is written, or that the next one continues */
};

TG_MUST_CHECK static enum tg_code write_type(struct writer *writer, const struct tg_type *type,
                                             struct tg_error *reterr);

static void write_text(struct writer *writer, const char *text)
{
    tg_buffer_append_text(writer->out, text);
}

static void write_string(struct writer *writer, struct tg_slice text)
{
    tg_buffer_append_json_string(writer->out, text);
}

TG_MUST_CHECK static enum tg_code write_nullable(struct writer *writer, const struct tg_type *type,
                                                 struct tg_error *reterr)
{
    write_text(writer, "[\"null\",");
    TG_TRY(write_type(writer, type, reterr));
    write_text(writer, "]");
    return TG_OK;
}

/* One field, with the name of what is inside it: the record's name, _, the field's. */
TG_MUST_CHECK static enum tg_code write_field(struct writer *writer, const struct tg_field *field,
                                              const char *part, struct tg_error *reterr)
{
    size_t name_length = writer->name.length;
    char *name = tg_strdup(field->name);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '.')
            *at = '_';
    enum tg_code code = TG_OK;
    if (!tg_avro_name_valid(name))
        code =
            tg_fail(reterr, TG_CODE_TYPE,
                    "column %s: Avro cannot carry a field of this name; letters, digits and _ are allowed, "
                    "and no digit in front",
                    field->name);
    write_text(writer, "{\"name\":");
    write_string(writer, tg_slice_text(name));
    write_text(writer, ",\"type\":");
    tg_buffer_printf(&writer->name, "_%s", part == NULL ? name : part);
    if (code == TG_OK)
        code = write_nullable(writer, field->type, reterr);
    write_text(writer, ",\"default\":null}");
    writer->name.length = name_length;
    tg_free(name);
    return code;
}

/* A record with the current name. Its namespace is written where none around it says the same. */
TG_MUST_CHECK static enum tg_code write_record(struct writer *writer, const struct tg_field *fields,
                                               uint32_t count, const char *mark, struct tg_error *reterr)
{
    bool outer = writer->has_space;
    const char *full = tg_buffer_text(&writer->name);
    const char *dot = strrchr(full, '.');
    write_text(writer, "{\"type\":\"record\",\"name\":");
    write_string(writer, tg_slice_text(dot == NULL ? full : dot + 1));
    if (dot != NULL && !outer) {
        write_text(writer, ",\"namespace\":");
        write_string(writer, tg_slice_of(full, (size_t)(dot - full)));
        writer->has_space = true;
    }
    write_text(writer, ",\"fields\":[");
    for (uint32_t i = 0; i < count; i++) {
        static const char *const map_parts[] = {"MapKey", "MapValue"};
        if (i > 0)
            write_text(writer, ",");
        TG_TRY(write_field(writer, &fields[i], mark == NULL ? NULL : map_parts[i], reterr));
    }
    write_text(writer, mark == NULL ? "],\"connect.name\":" : "],\"connect.internal.type\":");
    write_string(writer, mark == NULL ? tg_buffer_slice(&writer->name) : tg_slice_text(mark));
    write_text(writer, "}");
    writer->has_space = outer;
    return TG_OK;
}

/* A map whose keys may be NULL, as all values of SQL: an array of its entries. */
TG_MUST_CHECK static enum tg_code write_map(struct writer *writer, const struct tg_type *type,
                                            struct tg_error *reterr)
{
    struct tg_field entry[] = {{"key", type->key}, {"value", type->element}};
    if (type->key->kind != TG_TYPE_STRING)
        return tg_fail(reterr, TG_CODE_TYPE, "AVRO cannot carry a MAP with %s keys; its keys must be STRING",
                       tg_type_kind_name(type->key->kind));
    write_text(writer, "{\"type\":\"array\",\"items\":");
    TG_TRY(write_record(writer, entry, 2, "MapEntry", reterr));
    write_text(writer, ",\"connect.name\":");
    write_string(writer, tg_buffer_slice(&writer->name));
    write_text(writer, "}");
    return TG_OK;
}

static void write_logical(struct writer *writer, const char *base, const char *connect, const char *logical)
{
    tg_buffer_printf(writer->out,
                     "{\"type\":\"%s\",\"connect.version\":1,\"connect.name\":"
                     "\"org.apache.kafka.connect.data.%s\",\"logicalType\":\"%s\"}",
                     base, connect, logical);
}

static void write_decimal(struct writer *writer, const struct tg_type *type)
{
    tg_buffer_printf(
        writer->out,
        "{\"type\":\"bytes\",\"scale\":%u,\"precision\":%u,\"connect.version\":1,"
        "\"connect.parameters\":{\"scale\":\"%u\",\"connect.decimal.precision\":\"%u\"},"
        "\"connect.name\":\"org.apache.kafka.connect.data.Decimal\",\"logicalType\":\"decimal\"}",
        type->scale, type->precision, type->scale, type->precision);
}

static enum tg_code write_type(struct writer *writer, const struct tg_type *type, struct tg_error *reterr)
{
    switch (type->kind) {
    case TG_TYPE_BOOLEAN:
        write_text(writer, "\"boolean\"");
        break;
    case TG_TYPE_INT:
        write_text(writer, "\"int\"");
        break;
    case TG_TYPE_BIGINT:
        write_text(writer, "\"long\"");
        break;
    case TG_TYPE_DOUBLE:
        write_text(writer, "\"double\"");
        break;
    case TG_TYPE_STRING:
        write_text(writer, "\"string\"");
        break;
    case TG_TYPE_BYTES:
        write_text(writer, "\"bytes\"");
        break;
    case TG_TYPE_DECIMAL:
        write_decimal(writer, type);
        break;
    case TG_TYPE_DATE:
        write_logical(writer, "int", "Date", "date");
        break;
    case TG_TYPE_TIME:
        write_logical(writer, "int", "Time", "time-millis");
        break;
    case TG_TYPE_TIMESTAMP:
        write_logical(writer, "long", "Timestamp", "timestamp-millis");
        break;
    case TG_TYPE_ARRAY:
        write_text(writer, "{\"type\":\"array\",\"items\":");
        TG_TRY(write_nullable(writer, type->element, reterr));
        write_text(writer, "}");
        break;
    case TG_TYPE_MAP:
        return write_map(writer, type, reterr);
    case TG_TYPE_STRUCT:
        return write_record(writer, type->fields, type->field_count, NULL, reterr);
    }
    return TG_OK;
}

enum tg_code tg_avro_schema_write(const struct tg_schema_column *columns, uint32_t count,
                                  const struct tg_avro_write_options *options, struct tg_buffer *out,
                                  struct tg_error *reterr)
{
    struct writer writer = {.out = out};
    tg_buffer_append_text(&writer.name, options->full_name == NULL ? default_name : options->full_name);
    enum tg_code code = TG_OK;
    if (options->unwrapped) {
        code = write_type(&writer, columns[0].type, reterr);
    } else {
        struct tg_field *fields = tg_alloc_zero(count, sizeof *fields);
        for (uint32_t i = 0; i < count; i++)
            fields[i] = (struct tg_field){columns[i].name, columns[i].type};
        code = write_record(&writer, fields, count, NULL, reterr);
        tg_free(fields);
    }
    tg_buffer_done(&writer.name);
    return code;
}
