/* The list of formats with what the analyzer must know of them (types and features as ksqlDB's formats have
 * them). */
#include "plan/format_info.h"

enum {
    WRAP_BOTH = TG_FORMAT_INFO_WRAP | TG_FORMAT_INFO_UNWRAP,
    STRUCTURED = TG_FORMAT_INFO_MULTI_COLUMN | TG_FORMAT_INFO_NESTED,
    ALL_TYPES = ~0,
    KAFKA_TYPES = 1 << TG_TYPE_INT | 1 << TG_TYPE_BIGINT | 1 << TG_TYPE_DOUBLE | 1 << TG_TYPE_STRING |
                  1 << TG_TYPE_BYTES,
};

static const struct tg_format_info formats[] = {
    {"AVRO",
     WRAP_BOTH | STRUCTURED | TG_FORMAT_INFO_REGISTRY | TG_FORMAT_INFO_STRING_KEYS | TG_FORMAT_INFO_EXECUTED,
     (unsigned)ALL_TYPES},
    {"DELIMITED",
     TG_FORMAT_INFO_UNWRAP | TG_FORMAT_INFO_MULTI_COLUMN | TG_FORMAT_INFO_DELIMITER | TG_FORMAT_INFO_EXECUTED,
     (unsigned)ALL_TYPES},
    {"JSON", WRAP_BOTH | STRUCTURED | TG_FORMAT_INFO_STRING_KEYS | TG_FORMAT_INFO_EXECUTED,
     (unsigned)ALL_TYPES},
    {"JSON_SR",
     WRAP_BOTH | STRUCTURED | TG_FORMAT_INFO_REGISTRY | TG_FORMAT_INFO_STRING_KEYS | TG_FORMAT_INFO_EXECUTED,
     (unsigned)ALL_TYPES},
    {"KAFKA", TG_FORMAT_INFO_UNWRAP | TG_FORMAT_INFO_EXECUTED, KAFKA_TYPES},
    {"NONE", TG_FORMAT_INFO_EXECUTED, 0},
    {"PROTOBUF",
     TG_FORMAT_INFO_WRAP | STRUCTURED | TG_FORMAT_INFO_REGISTRY | TG_FORMAT_INFO_STRING_KEYS |
         TG_FORMAT_INFO_EXECUTED,
     (unsigned)ALL_TYPES},
    {"PROTOBUF_NOSR", WRAP_BOTH | STRUCTURED | TG_FORMAT_INFO_STRING_KEYS | TG_FORMAT_INFO_EXECUTED,
     (unsigned)ALL_TYPES},
};

const struct tg_format_info *tg_format_info_at(size_t index)
{
    return index < sizeof formats / sizeof formats[0] ? &formats[index] : NULL;
}

const struct tg_format_info *tg_format_info_find(struct tg_slice name)
{
    for (size_t i = 0; tg_format_info_at(i) != NULL; i++)
        if (tg_slice_equal_nocase(name, tg_slice_text(formats[i].name)))
            return &formats[i];
    return NULL;
}

static bool carries(const struct tg_format_info *format, const struct tg_type *type)
{
    if (!tg_type_is_nested(type))
        return (format->type_kinds & 1U << type->kind) != 0;
    if ((format->flags & TG_FORMAT_INFO_NESTED) == 0)
        return false;
    if (type->kind == TG_TYPE_MAP && (format->flags & TG_FORMAT_INFO_STRING_KEYS) != 0 &&
        type->key->kind != TG_TYPE_STRING)
        return false;
    if (type->kind != TG_TYPE_STRUCT)
        return carries(format, type->element);
    for (uint32_t i = 0; i < type->field_count; i++)
        if (!carries(format, type->fields[i].type))
            return false;
    return true;
}

uint32_t tg_format_info_refused(const struct tg_format_info *format, const struct tg_schema_column *columns,
                                uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!carries(format, columns[i].type) ||
            (i > 0 && (format->flags & TG_FORMAT_INFO_MULTI_COLUMN) == 0))
            return i;
    }
    return count;
}
