/* The format's registry entry, what it can carry, and its schemas. */
#include "base/memory.h"
#include "data/decimal.h"
#include "serde/avro/avro.h"
#include "serde/avro/columns.h"

/* Appends the texts of all that the schema needs, each after what it needs itself, and each once. */
static void add_references(const struct tg_registry_schema *schema, const struct tg_registry_schema **seen,
                           uint32_t room, uint32_t *count)
{
    for (uint32_t i = 0; i < schema->reference_count && schema->referenced != NULL; i++) {
        const struct tg_registry_schema *needed = schema->referenced[i];
        bool known = false;
        add_references(needed, seen, room, count);
        for (uint32_t j = 0; j < *count && !known; j++)
            known = tg_slice_equal(seen[j]->text, needed->text);
        if (!known && *count < room)
            seen[(*count)++] = needed;
    }
}

enum tg_code tg_avro_parse_registered(struct tg_arena *arena, const struct tg_registry_schema *schema,
                                      const struct tg_avro_schema **ret_schema, struct tg_error *reterr)
{
    enum { REFERENCES_MAX = 1000 };
    const struct tg_registry_schema *references[REFERENCES_MAX];
    struct tg_slice texts[REFERENCES_MAX];
    uint32_t count = 0;
    add_references(schema, references, REFERENCES_MAX, &count);
    for (uint32_t i = 0; i < count; i++)
        texts[i] = references[i]->text;
    return tg_avro_schema_parse(arena, schema->text, texts, count, ret_schema, reterr);
}

static enum tg_code write_schema(const struct tg_format_options *options, struct tg_buffer *out,
                                 struct tg_error *reterr)
{
    struct tg_avro_write_options write = {.full_name = options->full_name, .unwrapped = options->unwrapped};
    return tg_avro_schema_write(options->columns, options->column_count, &write, out, reterr);
}

/* The record of that name in a union of several; other schemas have one type only. */
TG_MUST_CHECK static enum tg_code choose(const struct tg_avro_schema *schema, const char *full_name,
                                         const struct tg_avro_schema **ret_schema, struct tg_error *reterr)
{
    struct tg_buffer names = {0};
    *ret_schema = schema;
    if (full_name == NULL || !tg_avro_union_is_struct(schema))
        return TG_OK;
    for (uint32_t i = 0; i < schema->count; i++) {
        const char *name = schema->branches[i]->name;
        if (name != NULL && strcmp(name, full_name) == 0) {
            *ret_schema = schema->branches[i];
            tg_buffer_done(&names);
            return TG_OK;
        }
        if (name != NULL)
            tg_buffer_printf(&names, "%s%s", names.length > 0 ? ", " : "", name);
    }
    enum tg_code code = tg_fail(reterr, TG_CODE_UNKNOWN_NAME, "the schema has no type named %s", full_name);
    tg_fail_hint(reterr, "it has %s", tg_buffer_text(&names));
    tg_buffer_done(&names);
    return code;
}

static enum tg_code read_schema(struct tg_arena *arena, const struct tg_registry_schema *schema,
                                const struct tg_format_columns *request, const struct tg_type **ret_type,
                                struct tg_error *reterr)
{
    const struct tg_avro_schema *parsed = NULL;
    struct tg_avro_infer_options options = {.keeps_case = request->keep_case};
    TG_TRY(tg_avro_parse_registered(arena, schema, &parsed, reterr));
    TG_TRY(choose(parsed, request->full_name, &parsed, reterr));
    TG_TRY(tg_avro_type_of(arena, parsed, &options, ret_type, reterr));
    if (*ret_type == NULL)
        return tg_fail(reterr, TG_CODE_TYPE, "the Avro schema is %s, which has nothing that fits a column",
                       tg_avro_schema_title(arena, parsed));
    return TG_OK;
}

enum tg_code tg_avro_options_schema(struct tg_arena *arena, const struct tg_format_options *options,
                                    const struct tg_avro_schema **ret_schema, struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    if (options->writer != NULL)
        return tg_avro_parse_registered(arena, options->writer, ret_schema, reterr);
    enum tg_code code = write_schema(options, &text, reterr);
    if (code == TG_OK)
        code = tg_avro_schema_parse(arena, tg_buffer_slice(&text), NULL, 0, ret_schema, reterr);
    tg_buffer_done(&text);
    return code;
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
                       "column %s: AVRO cannot carry a MAP with %s keys; its keys must be STRING", column,
                       tg_type_kind_name(type->key->kind));
    if (type->kind == TG_TYPE_ARRAY || type->kind == TG_TYPE_MAP)
        return check_type(column, type->element, reterr);
    for (uint32_t i = 0; type->kind == TG_TYPE_STRUCT && i < type->field_count; i++)
        TG_TRY(check_type(column, type->fields[i].type, reterr));
    return TG_OK;
}

static enum tg_code check(const struct tg_format_options *options, struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    if (options->unwrapped && options->column_count != 1)
        return tg_fail(reterr, TG_CODE_TYPE, "only a single column can be written bare, and there are %u",
                       options->column_count);
    if (options->delimiter != 0)
        return tg_fail(reterr, TG_CODE_CONFIG,
                       "AVRO has no delimiter; leave it out or choose the format DELIMITED");
    for (uint32_t i = 0; i < options->column_count; i++)
        TG_TRY(check_type(options->columns[i].name, options->columns[i].type, reterr));
    enum tg_code code = write_schema(options, &text, reterr);
    tg_buffer_done(&text);
    return code;
}

static const struct tg_format_schemas schemas = {
    .type = TG_REGISTRY_AVRO,
    .write = write_schema,
    .read = read_schema,
};

const struct tg_format tg_format_avro = {
    .name = "AVRO",
    .features = TG_FORMAT_WRAP | TG_FORMAT_UNWRAP | TG_FORMAT_INFERENCE,
    .schemas = &schemas,
    .check = check,
    .decoder_open = tg_avro_decoder_open,
    .encoder_open = tg_avro_encoder_open,
};
