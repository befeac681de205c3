/* The registry entry of PROTOBUF, what it can carry, and its schemas. */
#include "base/memory.h"
#include "data/decimal.h"
#include "serde/protobuf/protobuf.h"

enum tg_code tg_proto_options_file(struct tg_arena *arena, const struct tg_format_options *options,
                                   const struct tg_proto_file **ret_file, struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    struct tg_registry_schema made = {.type = TG_REGISTRY_PROTOBUF};
    if (options->writer != NULL)
        return tg_proto_parse(arena, options->writer, ret_file, reterr);
    enum tg_code code = tg_proto_schema_write(options, &text, reterr);
    made.text = tg_buffer_slice(&text);
    if (code == TG_OK)
        code = tg_proto_parse(arena, &made, ret_file, reterr);
    tg_buffer_done(&text);
    return code;
}

static enum tg_code read_schema(struct tg_arena *arena, const struct tg_registry_schema *schema,
                                const struct tg_format_columns *request, const struct tg_type **ret_type,
                                struct tg_error *reterr)
{
    const struct tg_proto_file *file = NULL;
    const struct tg_proto_message *message = NULL;
    TG_TRY(tg_proto_parse(arena, schema, &file, reterr));
    TG_TRY(tg_proto_find(file, request->full_name, &message, reterr));
    TG_TRY(tg_proto_type_of(arena, message, request->keep_case, ret_type, reterr));
    if (*ret_type == NULL)
        return tg_fail(reterr, TG_CODE_TYPE, "the Protobuf message %s has no field that fits a column",
                       message->full_name);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_type(const char *column, const struct tg_type *type,
                                             struct tg_error *reterr)
{
    if (type->kind == TG_TYPE_DECIMAL && (type->precision < 1 || type->precision > TG_DECIMAL_DIGITS_MAX))
        return tg_fail(reterr, TG_CODE_TYPE,
                       "column %s: a DECIMAL of %u digits; at most %d can be read and written", column,
                       (unsigned)type->precision, TG_DECIMAL_DIGITS_MAX);
    if (type->kind == TG_TYPE_MAP && type->key->kind != TG_TYPE_STRING)
        return tg_fail(reterr, TG_CODE_TYPE,
                       "column %s: PROTOBUF cannot carry a MAP with %s keys; its keys must be STRING", column,
                       tg_type_kind_name(type->key->kind));
    if (type->kind == TG_TYPE_ARRAY &&
        (type->element->kind == TG_TYPE_ARRAY || type->element->kind == TG_TYPE_MAP))
        return tg_fail(reterr, TG_CODE_TYPE,
                       "column %s: PROTOBUF cannot carry an ARRAY of %s; a STRUCT between them can", column,
                       tg_type_kind_name(type->element->kind));
    if (type->kind == TG_TYPE_ARRAY || type->kind == TG_TYPE_MAP)
        return check_type(column, type->element, reterr);
    for (uint32_t i = 0; type->kind == TG_TYPE_STRUCT && i < type->field_count; i++)
        TG_TRY(check_type(column, type->fields[i].type, reterr));
    return TG_OK;
}

enum tg_code tg_proto_check(const struct tg_format_options *options, struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    if (options->delimiter != 0)
        return tg_fail(reterr, TG_CODE_CONFIG,
                       "PROTOBUF has no delimiter; leave it out or choose the format DELIMITED");
    for (uint32_t i = 0; i < options->column_count; i++)
        TG_TRY(check_type(options->columns[i].name, options->columns[i].type, reterr));
    enum tg_code code = tg_proto_schema_write(options, &text, reterr);
    tg_buffer_done(&text);
    return code;
}

static const struct tg_format_schemas schemas = {
    .type = TG_REGISTRY_PROTOBUF,
    .write = tg_proto_schema_write,
    .read = read_schema,
};

const struct tg_format tg_format_protobuf = {
    .name = "PROTOBUF",
    .features = TG_FORMAT_WRAP | TG_FORMAT_INFERENCE,
    .schemas = &schemas,
    .check = tg_proto_check,
    .decoder_open = tg_proto_decoder_open,
    .encoder_open = tg_proto_encoder_open,
};
