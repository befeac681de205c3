/* Columns by the schemas whose ids stand before the records. */
#include "service/infer/infer_internal.h"

#include "serde/format.h"
#include "serde/registry/wire.h"

enum { IDS_MAX = 16 };

/* The ids before the records, each once; 0: not every record has one. */
static uint32_t collect_ids(const struct tg_infer_bytes *bytes, int32_t ids[IDS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < bytes->count; i++) {
        struct tg_slice record = bytes->bytes[i];
        if (record.length < TG_WIRE_PREFIX_BYTES || record.data[0] != 0)
            return 0;
        int32_t id = (int32_t)tg_load_u32(record.data + 1);
        bool is_known = false;
        if (id <= 0)
            return 0;
        for (uint32_t j = 0; j < count; j++)
            is_known = is_known || ids[j] == id;
        if (!is_known && count < IDS_MAX)
            ids[count++] = id;
    }
    return count;
}

static const struct tg_format *format_of(enum tg_registry_type type)
{
    for (size_t i = 0; tg_format_at(i) != NULL; i++) {
        const struct tg_format *format = tg_format_at(i);
        if (format->schemas != NULL && format->schemas->type == type &&
            (format->features & TG_FORMAT_INFERENCE) != 0)
            return format;
    }
    return NULL;
}

static void add_fields(const struct tg_infer_bytes *bytes, const struct tg_type *type,
                       struct tg_inferred_half *half)
{
    if (type->kind != TG_TYPE_STRUCT) {
        tg_infer_single(bytes, type, "by the schema", half);
        return;
    }
    half->column_count = type->field_count;
    half->columns = tg_arena_alloc_zero(bytes->arena, type->field_count + 1, sizeof *half->columns);
    for (uint32_t i = 0; i < type->field_count; i++) {
        half->columns[i] = (struct tg_inferred_column){
            .name = type->fields[i].name, .type = type->fields[i].type, .note = ""};
        if (type->fields[i].type->kind == TG_TYPE_TIMESTAMP && half->time_column == NULL) {
            half->time_column = type->fields[i].name;
            half->time_format = "";
        }
    }
}

static enum tg_code fail_without_registry(const struct tg_infer_bytes *bytes, int32_t id,
                                          struct tg_error *reterr)
{
    (void)tg_fail(reterr, TG_CODE_CONFIG,
                  "the %s of topic %s begin with a zero byte and a number (the first: %d), as those of a "
                  "schema registry do, but none is configured",
                  tg_infer_half_word(bytes), bytes->options->topic, id);
    return tg_fail_hint(reterr, "set schema.registry.url with --config or --set");
}

/* Text has no zero bytes, and 8 bytes may as well be a number. */
static bool may_be_number(const struct tg_infer_bytes *bytes)
{
    for (uint32_t i = 0; i < bytes->count; i++)
        if (bytes->bytes[i].length != sizeof(int64_t))
            return false;
    return true;
}

enum tg_code tg_infer_schema(const struct tg_infer_bytes *bytes, bool *ret_found,
                             struct tg_inferred_half *ret_half, struct tg_error *reterr)
{
    int32_t ids[IDS_MAX] = {0};
    const struct tg_registry_schema *schema = NULL;
    const struct tg_type *type = NULL;
    uint32_t count = collect_ids(bytes, ids);
    *ret_found = false;
    if (count == 0 || (bytes->options->registry == NULL && may_be_number(bytes)))
        return TG_OK;
    if (bytes->options->registry == NULL)
        return fail_without_registry(bytes, ids[0], reterr);
    /* The newest id, of those seen: what was written last. */
    int32_t newest = ids[0];
    for (uint32_t i = 1; i < count; i++)
        newest = ids[i] > newest ? ids[i] : newest;
    enum tg_code code = tg_registry_get(bytes->options->registry, newest, bytes->arena, &schema, reterr);
    if (code == TG_CODE_SCHEMA_UNKNOWN)
        return TG_OK;
    TG_TRY(code);
    const struct tg_format *format = format_of(schema->type);
    const struct tg_format_columns request = {.keep_case = true};
    if (format == NULL)
        return tg_fail(reterr, TG_CODE_UNSUPPORTED, "schema %d is of a type that no format reads", newest);
    TG_TRY(format->schemas->read(bytes->arena, schema, &request, &type, reterr));
    ret_half->format = format->name;
    add_fields(bytes, type, ret_half);
    ret_half->note = count == 1
                         ? tg_arena_printf(bytes->arena, "%s: %s, schema id %d", tg_infer_half_word(bytes),
                                           format->name, newest)
                         : tg_arena_printf(bytes->arena, "%s: %s, %u schemas, columns by the newest id %d",
                                           tg_infer_half_word(bytes), format->name, count, newest);
    *ret_found = true;
    return TG_OK;
}
