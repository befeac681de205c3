/* SQL types from messages, as Kafka Connect's converter and ksqlDB have them. */
#include <string.h>

#include "data/decimal.h"
#include "serde/protobuf/protobuf.h"

enum { FIELDS_MAX = 100000, DEPTH_MAX = 64 };

struct inference {
    struct tg_arena *arena;
    bool keeps_case;
    uint32_t fields_left;
    uint32_t depth;
    const struct tg_proto_message *open[DEPTH_MAX]; /* the messages around the current place */
};

TG_MUST_CHECK static enum tg_code infer_message(struct inference *inference,
                                                const struct tg_proto_message *message,
                                                const struct tg_type **ret_type, struct tg_error *reterr);

static const char *sql_name(struct inference *inference, const char *name)
{
    if (inference->keeps_case)
        return name;
    char *upper = tg_arena_text(inference->arena, tg_slice_text(name));
    for (char *at = upper; *at != '\0'; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    return upper;
}

const char *tg_proto_oneof_name(struct tg_arena *arena, const struct tg_proto_message *message,
                                uint32_t oneof)
{
    return tg_arena_printf(arena, "%s_%u", message->oneofs[oneof], oneof);
}

static const struct tg_type *scalar_type(enum tg_proto_kind kind)
{
    switch (kind) {
    case TG_PROTO_DOUBLE:
    case TG_PROTO_FLOAT:
        return &tg_type_double;
    case TG_PROTO_INT32:
    case TG_PROTO_SINT32:
    case TG_PROTO_SFIXED32:
        return &tg_type_int;
    case TG_PROTO_INT64:
    case TG_PROTO_UINT64:
    case TG_PROTO_FIXED64:
    case TG_PROTO_FIXED32: /* half of its values are beyond INT */
    case TG_PROTO_UINT32:
    case TG_PROTO_SFIXED64:
    case TG_PROTO_SINT64:
        return &tg_type_bigint;
    case TG_PROTO_BOOL:
        return &tg_type_boolean;
    case TG_PROTO_BYTES:
        return &tg_type_bytes;
    case TG_PROTO_STRING:
    case TG_PROTO_ENUM:
        return &tg_type_string;
    case TG_PROTO_GROUP:
    case TG_PROTO_MESSAGE:
        break;
    }
    return NULL;
}

/* One value of the field. */
TG_MUST_CHECK static enum tg_code infer_one(struct inference *inference, const struct tg_proto_field *field,
                                            const struct tg_type **ret_type, struct tg_error *reterr)
{
    *ret_type = scalar_type(field->kind);
    if (*ret_type != NULL)
        return TG_OK;
    if (field->message->known == TG_PROTO_DECIMAL) {
        *ret_type = tg_type_decimal(
            inference->arena, field->precision == 0 ? TG_DECIMAL_DIGITS_MAX : field->precision, field->scale);
        return TG_OK;
    }
    return infer_message(inference, field->message, ret_type, reterr);
}

TG_MUST_CHECK static enum tg_code infer_field(struct inference *inference, const struct tg_proto_field *field,
                                              const struct tg_type **ret_type, struct tg_error *reterr)
{
    if (inference->fields_left == 0)
        return tg_fail(reterr, TG_CODE_LIMIT, "the schema unfolds to more than %d fields", FIELDS_MAX);
    inference->fields_left--;
    if (!field->is_map) {
        TG_TRY(infer_one(inference, field, ret_type, reterr));
        if (field->repeated && *ret_type != NULL)
            *ret_type = tg_type_array(inference->arena, *ret_type);
        return TG_OK;
    }
    const struct tg_type *value = NULL;
    TG_TRY(infer_field(inference, &field->message->fields[1], &value, reterr));
    *ret_type = value == NULL ? NULL : tg_type_map(inference->arena, &tg_type_string, value);
    return TG_OK;
}

/* The fields in oneof `oneof`, or (below 0) those in none, in the order of the file. */
TG_MUST_CHECK static enum tg_code infer_fields(struct inference *inference,
                                               const struct tg_proto_message *message, int32_t oneof,
                                               struct tg_field *fields, uint32_t *count,
                                               struct tg_error *reterr)
{
    for (uint32_t i = 0; i < message->field_count; i++) {
        const struct tg_proto_field *field = &message->fields[message->declared[i]];
        const struct tg_type *type = NULL;
        if (field->oneof != oneof)
            continue;
        if (infer_field(inference, field, &type, reterr) != TG_OK)
            return tg_fail_context(reterr, "field %s", field->name);
        if (type != NULL)
            fields[(*count)++] = (struct tg_field){sql_name(inference, field->name), type};
    }
    return TG_OK;
}

/* A STRUCT: first one STRUCT for each oneof, then the other fields. */
TG_MUST_CHECK static enum tg_code infer_struct(struct inference *inference,
                                               const struct tg_proto_message *message,
                                               const struct tg_type **ret_type, struct tg_error *reterr)
{
    struct tg_field *fields =
        tg_arena_alloc_zero(inference->arena, message->field_count + message->oneof_count, sizeof *fields);
    struct tg_field *members =
        tg_arena_alloc_zero(inference->arena, message->field_count + 1, sizeof *members);
    uint32_t count = 0;
    for (uint32_t i = 0; i < message->oneof_count; i++) {
        uint32_t member_count = 0;
        TG_TRY(infer_fields(inference, message, (int32_t)i, members, &member_count, reterr));
        if (member_count > 0)
            fields[count++] =
                (struct tg_field){sql_name(inference, tg_proto_oneof_name(inference->arena, message, i)),
                                  tg_type_struct(inference->arena, members, member_count)};
    }
    TG_TRY(infer_fields(inference, message, -1, fields, &count, reterr));
    *ret_type = count == 0 ? NULL : tg_type_struct(inference->arena, fields, count);
    return TG_OK;
}

static enum tg_code infer_message(struct inference *inference, const struct tg_proto_message *message,
                                  const struct tg_type **ret_type, struct tg_error *reterr)
{
    switch (message->known) {
    case TG_PROTO_WRAPPER:
        *ret_type = scalar_type(message->fields[0].kind);
        return TG_OK;
    case TG_PROTO_TIMESTAMP:
        *ret_type = &tg_type_timestamp;
        return TG_OK;
    case TG_PROTO_DATE:
        *ret_type = &tg_type_date;
        return TG_OK;
    case TG_PROTO_TIME:
        *ret_type = &tg_type_time;
        return TG_OK;
    case TG_PROTO_DECIMAL:
    case TG_PROTO_ORDINARY:
        break;
    }
    for (uint32_t i = 0; i < inference->depth; i++)
        if (inference->open[i] == message)
            return tg_fail(
                reterr, TG_CODE_TYPE,
                "message %s contains itself; SQL's types cannot: declare the columns that are needed",
                message->full_name);
    if (inference->depth == DEPTH_MAX)
        return tg_fail(reterr, TG_CODE_LIMIT, "messages are nested deeper than %d levels", DEPTH_MAX);
    inference->open[inference->depth++] = message;
    TG_TRY(infer_struct(inference, message, ret_type, reterr));
    inference->depth--;
    return TG_OK;
}

enum tg_code tg_proto_type_of(struct tg_arena *arena, const struct tg_proto_message *message, bool keeps_case,
                              const struct tg_type **ret_type, struct tg_error *reterr)
{
    struct inference inference = {.arena = arena, .keeps_case = keeps_case, .fields_left = FIELDS_MAX};
    if (infer_message(&inference, message, ret_type, reterr) != TG_OK)
        return tg_fail_context(reterr, "the Protobuf schema");
    return TG_OK;
}
