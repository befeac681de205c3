#include "service/schemas.h"

#include "base/memory.h"
#include "serde/format.h"

struct tg_schemas {
    struct tg_registry *registry;
    struct tg_registry
        *declared; /* of checked statements; the registry itself if they are registered at once */
};

struct tg_schemas *tg_schemas_new(struct tg_registry *registry, enum tg_schemas_mode mode)
{
    struct tg_schemas *schemas = tg_alloc_zero(1, sizeof *schemas);
    schemas->registry = registry;
    schemas->declared = mode == TG_SCHEMAS_AT_ONCE ? registry : tg_registry_open_memory();
    return schemas;
}

void tg_schemas_free(struct tg_schemas *schemas)
{
    if (schemas == NULL)
        return;
    if (schemas->declared != schemas->registry)
        tg_registry_close(schemas->declared);
    tg_free(schemas);
}

static const char *half_name(const struct tg_schema_request *request)
{
    return request->is_key ? "key" : "value";
}

TG_MUST_CHECK static enum tg_code find_format(const struct tg_schema_request *request,
                                              const struct tg_format **ret_format, struct tg_error *reterr)
{
    TG_TRY(tg_format_find(tg_slice_text(request->format->name), ret_format, reterr));
    if ((*ret_format)->schemas == NULL)
        return tg_fail(reterr, TG_CODE_UNSUPPORTED, "the format %s has no schemas in a registry",
                       request->format->name);
    return TG_OK;
}

/* What checked statements have declared counts before what the registry has. */
TG_MUST_CHECK static enum tg_code find_schema(struct tg_schemas *schemas,
                                              const struct tg_schema_request *request, struct tg_arena *arena,
                                              const struct tg_registry_schema **ret_schema,
                                              struct tg_error *reterr)
{
    int32_t id = request->format->schema_id;
    const char *subject = tg_registry_subject(arena, request->topic, request->is_key);
    struct tg_error ignored;
    enum tg_code code;
    if (id == 0 &&
        tg_registry_get_version(schemas->declared, subject, 0, arena, ret_schema, &ignored) == TG_OK)
        return TG_OK;
    if (id == 0)
        code = tg_registry_get_version(schemas->registry, subject, 0, arena, ret_schema, reterr);
    else
        code = tg_registry_get(schemas->registry, id, arena, ret_schema, reterr);
    if (code != TG_CODE_SCHEMA_UNKNOWN)
        return code;
    if (id != 0) {
        (void)tg_fail(reterr, code, "the schema registry has no schema of id %d for the %ss of topic '%s'",
                      id, half_name(request), request->topic);
        return tg_fail_hint(reterr, "schemas that exist are listed by the registry under /schemas/ids/%d",
                            id);
    }
    (void)tg_fail(reterr, code,
                  "the schema registry has no schema for the message %ss of topic '%s': there is no subject "
                  "'%s'",
                  half_name(request), request->topic, subject);
    return tg_fail_hint(reterr, "list the columns, name a schema by %s_SCHEMA_ID, or write the topic first",
                        request->is_key ? "KEY" : "VALUE");
}

static enum tg_code infer(void *context, const struct tg_schema_request *request, struct tg_arena *arena,
                          const struct tg_type **ret_type, struct tg_error *reterr)
{
    const struct tg_format *format = NULL;
    const struct tg_registry_schema *schema = NULL;
    const struct tg_format_columns columns = {.full_name = request->format->full_name,
                                              .keep_case = request->format->schema_id != 0};
    TG_TRY(find_format(request, &format, reterr));
    TG_TRY(find_schema(context, request, arena, &schema, reterr));
    if (schema->type != format->schemas->type)
        return tg_fail(reterr, TG_CODE_TYPE, "the %s format is %s, but the schema of id %d is a schema of %s",
                       half_name(request), format->name, schema->id, tg_registry_type_name(schema->type));
    enum tg_code code = format->schemas->read(arena, schema, &columns, ret_type, reterr);
    return code == TG_OK
               ? TG_OK
               : tg_fail_context(reterr, "%s schema of topic '%s'", half_name(request), request->topic);
}

/* Makes the schema of the columns; its text is in the arena. */
TG_MUST_CHECK static enum tg_code make_schema(const struct tg_schema_request *request,
                                              const struct tg_schema_column *columns, uint32_t count,
                                              struct tg_arena *arena, struct tg_registry_schema *ret_schema,
                                              struct tg_error *reterr)
{
    const struct tg_format *format = NULL;
    struct tg_buffer text = {0};
    const struct tg_format_options options = {.columns = columns,
                                              .column_count = count,
                                              .is_key = request->is_key,
                                              .unwrapped = request->format->unwrapped,
                                              .topic = request->topic,
                                              .full_name = request->format->full_name,
                                              .nullable = request->format->nullable};
    TG_TRY(find_format(request, &format, reterr));
    enum tg_code code = format->schemas->write(&options, &text, reterr);
    ret_schema->type = format->schemas->type;
    ret_schema->text = tg_arena_copy(arena, tg_buffer_slice(&text));
    tg_buffer_done(&text);
    return code;
}

TG_MUST_CHECK static enum tg_code enter(struct tg_registry *registry, const struct tg_schema_request *request,
                                        const struct tg_registry_schema *schema, struct tg_arena *arena,
                                        struct tg_error *reterr)
{
    const char *subject = tg_registry_subject(arena, request->topic, request->is_key);
    const struct tg_registry_schema *there = NULL;
    int32_t id = 0;
    if (request->if_absent) {
        enum tg_code code = tg_registry_get_version(registry, subject, 0, arena, &there, reterr);
        if (code != TG_CODE_SCHEMA_UNKNOWN)
            return code;
    }
    enum tg_code code = tg_registry_register(registry, subject, schema, &id, reterr);
    return code == TG_OK ? TG_OK : tg_fail_context(reterr, "subject %s", subject);
}

/* The schema of a half: the one that the statement names, or what its columns make. */
TG_MUST_CHECK static enum tg_code declare_in(struct tg_schemas *schemas, struct tg_registry *registry,
                                             const struct tg_schema_request *request,
                                             const struct tg_schema_column *columns, uint32_t count,
                                             struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_registry_schema made = {0};
    const struct tg_registry_schema *schema = &made;
    enum tg_code code = TG_OK;
    if (request->format->schema_id != 0)
        code = tg_registry_get(schemas->registry, request->format->schema_id, arena, &schema, reterr);
    else
        code = make_schema(request, columns, count, arena, &made, reterr);
    if (code == TG_OK)
        code = enter(registry, request, schema, arena, reterr);
    tg_arena_free(arena);
    return code;
}

static enum tg_code declare(void *context, const struct tg_schema_request *request,
                            const struct tg_schema_column *columns, uint32_t count, struct tg_error *reterr)
{
    struct tg_schemas *schemas = context;
    return declare_in(schemas, schemas->declared, request, columns, count, reterr);
}

struct tg_session_schemas tg_schemas_hooks(struct tg_schemas *schemas)
{
    if (schemas == NULL)
        return (struct tg_session_schemas){0};
    return (struct tg_session_schemas){.context = schemas, .infer = infer, .declare = declare};
}

enum tg_code tg_schemas_register(struct tg_schemas *schemas, const struct tg_source_definition *definition,
                                 struct tg_error *reterr)
{
    for (int half = 0; half < 2; half++) {
        bool is_key = half == 0;
        enum tg_column_role role = is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE;
        const struct tg_plan_format *plan_format =
            is_key ? &definition->key_format : &definition->value_format;
        const struct tg_schema_request request = {
            .topic = definition->topic, .is_key = is_key, .format = plan_format, .if_absent = true};
        uint32_t count = tg_schema_count_role(definition->schema, role);
        const struct tg_format *format = NULL;
        TG_TRY(tg_format_find(tg_slice_text(plan_format->name), &format, reterr));
        if (count == 0 || format->schemas == NULL)
            continue;
        int32_t first = tg_schema_find_role(definition->schema, role);
        TG_TRY(declare_in(schemas, schemas->registry, &request, &definition->schema->columns[first], count,
                          reterr));
    }
    return TG_OK;
}
