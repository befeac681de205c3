/* SQL types and columns from an Avro schema. */
#include "serde/avro/columns.h"

enum { FIELDS_MAX = 100000, DEPTH_MAX = 64 };

struct inference {
    struct tg_arena *arena;
    bool keeps_case;
    uint32_t fields_left;
    uint32_t depth;
    const struct tg_avro_schema *open[DEPTH_MAX]; /* the records around the current place */
};

TG_MUST_CHECK static enum tg_code infer(struct inference *inference, const struct tg_avro_schema *schema,
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

const char *tg_avro_branch_name(const struct tg_avro_schema *branch)
{
    return branch->name == NULL ? tg_avro_kind_name(branch->kind) : tg_avro_short_name(branch->name);
}

bool tg_avro_union_is_struct(const struct tg_avro_schema *schema)
{
    uint32_t values = 0;
    for (uint32_t i = 0; schema->kind == TG_AVRO_UNION && i < schema->count; i++)
        values += schema->branches[i]->kind != TG_AVRO_NULL;
    return values > 1;
}

TG_MUST_CHECK static enum tg_code add_field(struct inference *inference, const char *name,
                                            const struct tg_avro_schema *schema, struct tg_field *fields,
                                            uint32_t *count, struct tg_error *reterr)
{
    const struct tg_type *type = NULL;
    if (inference->fields_left-- == 0) {
        inference->fields_left = 0;
        return tg_fail(reterr, TG_CODE_LIMIT, "the schema unfolds to more than %d fields", FIELDS_MAX);
    }
    if (infer(inference, schema, &type, reterr) != TG_OK)
        return tg_fail_context(reterr, "field %s", name);
    if (type != NULL)
        fields[(*count)++] = (struct tg_field){sql_name(inference, name), type};
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code infer_fields(struct inference *inference,
                                               const struct tg_avro_schema *schema,
                                               struct tg_field **ret_fields, uint32_t *ret_count,
                                               struct tg_error *reterr)
{
    struct tg_field *fields = tg_arena_alloc_zero(inference->arena, schema->count, sizeof *fields);
    *ret_fields = fields;
    *ret_count = 0;
    for (uint32_t i = 0; i < inference->depth; i++)
        if (inference->open[i] == schema)
            return tg_fail(
                reterr, TG_CODE_TYPE,
                "record %s contains itself; SQL's types cannot: declare the columns that are needed",
                schema->name);
    if (inference->depth == DEPTH_MAX)
        return tg_fail(reterr, TG_CODE_LIMIT, "records are nested deeper than %d levels", DEPTH_MAX);
    inference->open[inference->depth++] = schema;
    for (uint32_t i = 0; i < schema->count; i++) {
        bool record = schema->kind == TG_AVRO_RECORD;
        if (!record && schema->branches[i]->kind == TG_AVRO_NULL)
            continue;
        TG_TRY(add_field(inference,
                         record ? schema->fields[i].name : tg_avro_branch_name(schema->branches[i]),
                         record ? schema->fields[i].schema : schema->branches[i], fields, ret_count, reterr));
    }
    inference->depth--;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code infer_struct(struct inference *inference,
                                               const struct tg_avro_schema *schema,
                                               const struct tg_type **ret_type, struct tg_error *reterr)
{
    struct tg_field *fields = NULL;
    uint32_t count = 0;
    TG_TRY(infer_fields(inference, schema, &fields, &count, reterr));
    *ret_type = count == 0 ? NULL : tg_type_struct(inference->arena, fields, count);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code infer_array(struct inference *inference,
                                              const struct tg_avro_schema *schema,
                                              const struct tg_type **ret_type, struct tg_error *reterr)
{
    const struct tg_type *element = NULL;
    const struct tg_avro_schema *items = schema->element;
    if (schema->kind == TG_AVRO_ARRAY && items->map_entry) {
        TG_TRY(infer(inference, items->fields[1].schema, &element, reterr));
        *ret_type = element == NULL ? NULL : tg_type_map(inference->arena, &tg_type_string, element);
        return TG_OK;
    }
    TG_TRY(infer(inference, items, &element, reterr));
    if (element == NULL)
        *ret_type = NULL;
    else if (schema->kind == TG_AVRO_ARRAY)
        *ret_type = tg_type_array(inference->arena, element);
    else
        *ret_type = tg_type_map(inference->arena, &tg_type_string, element);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code infer_union(struct inference *inference,
                                              const struct tg_avro_schema *schema,
                                              const struct tg_type **ret_type, struct tg_error *reterr)
{
    if (tg_avro_union_is_struct(schema))
        return infer_struct(inference, schema, ret_type, reterr);
    for (uint32_t i = 0; i < schema->count; i++)
        if (schema->branches[i]->kind != TG_AVRO_NULL)
            return infer(inference, schema->branches[i], ret_type, reterr);
    *ret_type = NULL;
    return TG_OK;
}

/* Connect knows milliseconds only: finer times are plain numbers to ksqlDB. */
static const struct tg_type *integer_type(const struct tg_avro_schema *schema)
{
    switch (schema->logical) {
    case TG_AVRO_DATE:
        return &tg_type_date;
    case TG_AVRO_TIME_MILLIS:
        return &tg_type_time;
    case TG_AVRO_TIMESTAMP_MILLIS:
        return &tg_type_timestamp;
    case TG_AVRO_PLAIN:
    case TG_AVRO_DECIMAL:
    case TG_AVRO_TIME_MICROS:
    case TG_AVRO_TIMESTAMP_MICROS:
    case TG_AVRO_TIMESTAMP_NANOS:
        break;
    }
    return schema->kind == TG_AVRO_INT ? &tg_type_int : &tg_type_bigint;
}

static enum tg_code infer(struct inference *inference, const struct tg_avro_schema *schema,
                          const struct tg_type **ret_type, struct tg_error *reterr)
{
    *ret_type = NULL;
    switch (schema->kind) {
    case TG_AVRO_NULL:
        return TG_OK;
    case TG_AVRO_BOOLEAN:
        *ret_type = &tg_type_boolean;
        return TG_OK;
    case TG_AVRO_INT:
    case TG_AVRO_LONG:
        *ret_type = integer_type(schema);
        return TG_OK;
    case TG_AVRO_FLOAT:
    case TG_AVRO_DOUBLE:
        *ret_type = &tg_type_double;
        return TG_OK;
    case TG_AVRO_BYTES:
    case TG_AVRO_FIXED:
        *ret_type = schema->logical == TG_AVRO_DECIMAL
                        ? tg_type_decimal(inference->arena, schema->precision, schema->scale)
                        : &tg_type_bytes;
        return TG_OK;
    case TG_AVRO_STRING:
    case TG_AVRO_ENUM:
        *ret_type = &tg_type_string;
        return TG_OK;
    case TG_AVRO_RECORD:
        return infer_struct(inference, schema, ret_type, reterr);
    case TG_AVRO_ARRAY:
    case TG_AVRO_MAP:
        return infer_array(inference, schema, ret_type, reterr);
    case TG_AVRO_UNION:
        return infer_union(inference, schema, ret_type, reterr);
    }
    return TG_OK;
}

enum tg_code tg_avro_type_of(struct tg_arena *arena, const struct tg_avro_schema *schema,
                             const struct tg_avro_infer_options *options, const struct tg_type **ret_type,
                             struct tg_error *reterr)
{
    struct inference inference = {
        .arena = arena, .keeps_case = options->keeps_case, .fields_left = FIELDS_MAX};
    return infer(&inference, schema, ret_type, reterr);
}
