#include "service/test/schemas.h"

#include "serde/registry/wire.h"

#include <string.h>
#include <strings.h>

/* ---- schemas of a case ---- */

/* One half of a topic: "valueSchema", "valueFormat", "valueSchemaId", "valueSchemaReferences". */
static const struct tg_json_tree *member(struct tg_arena *arena, const struct tg_json_tree *topic,
                                         bool is_key, const char *what)
{
    return tg_json_tree_get(topic, tg_arena_printf(arena, "%s%s", is_key ? "key" : "value", what));
}

/* Schemas are JSON; those of Protobuf are a text. */
static struct tg_slice text_of(enum tg_registry_type type, const struct tg_json_tree *schema)
{
    return type == TG_REGISTRY_PROTOBUF ? schema->text : schema->raw;
}

/* Schemas whose format is not named are Avro. */
static enum tg_code type_of(const struct tg_json_tree *format, enum tg_registry_type *ret_type,
                            struct tg_error *reterr)
{
    const char *name = tg_json_tree_text(format);
    const struct tg_format *found = NULL;
    *ret_type = TG_REGISTRY_AVRO;
    if (name == NULL || strcasecmp(name, "AVRO") == 0)
        return TG_OK;
    if (strcasecmp(name, "JSON") == 0)
        name = "JSON_SR"; /* as the registry calls it */
    TG_TRY(tg_format_find(tg_slice_text(name), &found, reterr));
    if (found->schemas == NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "the format %s has no schemas", name);
    *ret_type = found->schemas->type;
    return TG_OK;
}

static enum tg_code enter(struct tg_registry *registry, const char *subject,
                          const struct tg_registry_schema *schema, struct tg_error *reterr)
{
    int32_t id = 0;
    return schema->id > 0 ? tg_registry_import(registry, subject, schema, reterr)
                          : tg_registry_register(registry, subject, schema, &id, reterr);
}

/* What a schema needs is named by its own name, in version 1 of a subject that is called so. */
static enum tg_code list_references(struct tg_arena *arena, const struct tg_json_tree *list,
                                    struct tg_registry_schema *schema, struct tg_error *reterr)
{
    uint32_t count = tg_json_tree_count(list);
    struct tg_registry_reference *references = tg_arena_alloc_zero(arena, count + 1, sizeof *references);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = tg_json_tree_text(tg_json_tree_get(list->items[i], "name"));
        if (name == NULL || tg_json_tree_get(list->items[i], "schema") == NULL)
            return tg_fail(reterr, TG_CODE_USAGE, "a schema reference without name or schema");
        references[i] = (struct tg_registry_reference){name, name, 1};
    }
    schema->reference_count = count;
    schema->references = references;
    return TG_OK;
}

static enum tg_code enter_references(struct tg_registry *registry, const struct tg_json_tree *list,
                                     const struct tg_registry_schema *schema, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < schema->reference_count; i++) {
        const struct tg_json_tree *text = tg_json_tree_get(list->items[i], "schema");
        const struct tg_registry_schema other = {.type = schema->type, .text = text_of(schema->type, text)};
        TG_TRY(enter(registry, schema->references[i].name, &other, reterr));
    }
    return TG_OK;
}

static enum tg_code register_half(struct tg_registry *registry, struct tg_arena *arena,
                                  const struct tg_json_tree *topic, bool is_key, struct tg_error *reterr)
{
    const struct tg_json_tree *text = member(arena, topic, is_key, "Schema");
    const struct tg_json_tree *format = member(arena, topic, is_key, "Format");
    const char *name = tg_json_tree_text(tg_json_tree_get(topic, "name"));
    struct tg_registry_schema schema = {0};
    if (!is_key && tg_json_tree_is_null(text)) {
        text = tg_json_tree_get(topic, "schema");
        format = tg_json_tree_get(topic, "format");
    }
    if (tg_json_tree_is_null(text) || name == NULL)
        return TG_OK;
    TG_TRY(type_of(format, &schema.type, reterr));
    schema.text = text_of(schema.type, text);
    schema.id = (int32_t)tg_json_tree_int64(member(arena, topic, is_key, "SchemaId"), 0);
    const struct tg_json_tree *references = member(arena, topic, is_key, "SchemaReferences");
    TG_TRY(list_references(arena, references, &schema, reterr));
    /* Cases count the ids of their topics' schemas, or choose them: what these need has ids that are left. */
    if (schema.id > 0)
        TG_TRY(enter_references(registry, references, &schema, reterr));
    TG_TRY(enter(registry, tg_registry_subject(arena, name, is_key), &schema, reterr));
    return schema.id > 0 ? TG_OK : enter_references(registry, references, &schema, reterr);
}

enum tg_code tg_test_schemas_register(struct tg_test_schemas *schemas, struct tg_error *reterr)
{
    const struct tg_json_tree *topics = schemas->test->topics;
    if (schemas->registered)
        return TG_OK;
    schemas->registered = true;
    for (uint32_t i = 0; i < tg_json_tree_count(topics); i++) {
        TG_TRY(register_half(schemas->registry, schemas->arena, topics->items[i], true, reterr));
        TG_TRY(register_half(schemas->registry, schemas->arena, topics->items[i], false, reterr));
    }
    return TG_OK;
}

static bool is_listed(const struct tg_test_schemas *schemas, const char *topic)
{
    const struct tg_json_tree *topics = schemas->test->topics;
    for (uint32_t i = 0; i < tg_json_tree_count(topics); i++) {
        const char *name = tg_json_tree_text(tg_json_tree_get(topics->items[i], "name"));
        if (name != NULL && strcmp(name, topic) == 0)
            return true;
    }
    return false;
}

static enum tg_code infer(void *context, const struct tg_schema_request *request, struct tg_arena *arena,
                          const struct tg_type **ret_type, struct tg_error *reterr)
{
    struct tg_test_schemas *schemas = context;
    TG_TRY(tg_test_schemas_register(schemas, reterr));
    return schemas->inner.infer(schemas->inner.context, request, arena, ret_type, reterr);
}

static enum tg_code declare(void *context, const struct tg_schema_request *request,
                            const struct tg_schema_column *columns, uint32_t count, struct tg_error *reterr)
{
    struct tg_test_schemas *schemas = context;
    if (is_listed(schemas, request->topic))
        TG_TRY(tg_test_schemas_register(schemas, reterr));
    return schemas->inner.declare(schemas->inner.context, request, columns, count, reterr);
}

struct tg_session_schemas tg_test_schemas_hooks(struct tg_test_schemas *schemas)
{
    return (struct tg_session_schemas){.context = schemas, .infer = infer, .declare = declare};
}

bool tg_test_has_schemas(const struct tg_plan_format *format)
{
    static const char *const without[] = {"JSON", "KAFKA", "DELIMITED", "NONE"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (strcmp(format->name, without[i]) == 0)
            return false;
    return true;
}

/* ---- rows of a schema's type ---- */

/* What a record is read and written by. */
struct shape {
    const struct tg_format *format;
    struct tg_format_options options;
    struct tg_column **columns; /* one row */
};

/* The columns that a source declares. */
static void take_declared(struct tg_arena *arena, const struct tg_source_definition *source, bool is_key,
                          struct shape *shape)
{
    enum tg_column_role role = is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE;
    struct tg_schema_column *columns = tg_arena_alloc_zero(arena, source->schema->count + 1, sizeof *columns);
    for (uint32_t i = 0; i < source->schema->count; i++)
        if (source->schema->columns[i].role == role)
            columns[shape->options.column_count++] = source->schema->columns[i];
    shape->options.columns = columns;
}

/* All that a schema has: its members, or one column for the whole. */
static enum tg_code take_schema(struct tg_arena *arena, const struct tg_registry_schema *schema,
                                struct shape *shape, struct tg_error *reterr)
{
    const struct tg_format_columns request = {.full_name = shape->options.full_name, .keep_case = true};
    const struct tg_type *type = NULL;
    TG_TRY(shape->format->schemas->read(arena, schema, &request, &type, reterr));
    shape->options.unwrapped = shape->options.unwrapped || type->kind != TG_TYPE_STRUCT;
    uint32_t count = shape->options.unwrapped ? 1 : type->field_count;
    struct tg_schema_column *columns = tg_arena_alloc_zero(arena, count + 1, sizeof *columns);
    for (uint32_t i = 0; i < count; i++)
        columns[i] = shape->options.unwrapped ? (struct tg_schema_column){.name = "ROWVAL", .type = type}
                                              : (struct tg_schema_column){.name = type->fields[i].name,
                                                                          .type = type->fields[i].type};
    for (uint32_t i = 0; i < count; i++)
        columns[i].role = shape->options.is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE;
    shape->options.columns = columns;
    shape->options.column_count = count;
    return TG_OK;
}

static enum tg_code open_shape(const struct tg_test_codec *codec, bool is_key, struct shape *ret_shape,
                               struct tg_error *reterr)
{
    const struct tg_plan_format *format = is_key ? &codec->source->key_format : &codec->source->value_format;
    TG_TRY(tg_format_find(tg_slice_text(format->name), &ret_shape->format, reterr));
    ret_shape->options = (struct tg_format_options){.is_key = is_key,
                                                    .unwrapped = format->unwrapped,
                                                    .topic = codec->source->topic,
                                                    .full_name = format->full_name,
                                                    .nullable = format->nullable};
    return TG_OK;
}

static void make_columns(struct tg_arena *arena, struct shape *shape)
{
    uint32_t count = shape->options.column_count;
    shape->columns = tg_arena_alloc_zero(arena, count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < count; i++) {
        shape->columns[i] = tg_column_new(shape->options.columns[i].type);
        tg_column_resize(shape->columns[i], 1);
    }
}

static void free_columns(struct shape *shape)
{
    for (uint32_t i = 0; i < shape->options.column_count; i++)
        tg_column_free(shape->columns[i]);
}

/* Reads one record into the row. */
static enum tg_code read_row(struct tg_arena *arena, const struct tg_format *format, struct shape *shape,
                             struct tg_slice bytes, struct tg_error *reterr)
{
    struct tg_decoder *decoder = NULL;
    struct tg_decode_error error = {0};
    struct tg_decode_call call = {
        .records = &bytes, .count = 1, .columns = shape->columns, .arena = arena, .errors = &error};
    TG_TRY(format->decoder_open(&shape->options, &decoder, reterr));
    decoder->decode(decoder, &call);
    tg_decoder_close(decoder);
    return call.error_count == 0 ? TG_OK : tg_fail(reterr, error.code, "%s", error.message);
}

/* Writes the row as one record. */
static enum tg_code write_row(struct tg_arena *arena, const struct tg_format *format,
                              const struct shape *shape, struct tg_slice *ret_bytes, struct tg_error *reterr)
{
    struct tg_encoder *encoder = NULL;
    struct tg_buffer out = {0};
    size_t end = 0;
    uint8_t null = 0;
    struct tg_encode_call call = {.columns = (const struct tg_column *const *)shape->columns,
                                  .row_count = 1,
                                  .out = &out,
                                  .ends = &end,
                                  .nulls = &null};
    TG_TRY(format->encoder_open(&shape->options, &encoder, reterr));
    enum tg_code code = encoder->encode(encoder, &call, reterr);
    tg_encoder_close(encoder);
    *ret_bytes =
        null ? tg_slice_of(NULL, 0) : tg_slice_of(tg_arena_text(arena, tg_buffer_slice(&out)), out.length);
    tg_buffer_done(&out);
    return code;
}

/* ---- JSON whose names are those of a type ---- */

static void write_fitted(const struct tg_type *type, const struct tg_json_tree *json, struct tg_buffer *out);

static const char *field_named(const struct tg_type *type, struct tg_slice name,
                               const struct tg_type **ret_type)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!tg_slice_equal_nocase(tg_slice_text(type->fields[i].name), name))
            continue;
        *ret_type = type->fields[i].type;
        return type->fields[i].name;
    }
    return NULL;
}

/* Names are found without case in test files. */
static void write_members(const struct tg_type *type, const struct tg_json_tree *json, struct tg_buffer *out)
{
    bool first = true;
    tg_buffer_append_byte(out, '{');
    for (uint32_t i = 0; i < json->count; i++) {
        const struct tg_type *inner = type->kind == TG_TYPE_MAP ? type->element : NULL;
        struct tg_slice name = json->names[i];
        if (type->kind == TG_TYPE_STRUCT)
            name = tg_slice_text(field_named(type, json->names[i], &inner));
        if (inner == NULL)
            continue;
        if (!first)
            tg_buffer_append_byte(out, ',');
        first = false;
        tg_buffer_append_json_string(out, name);
        tg_buffer_append_byte(out, ':');
        write_fitted(inner, json->items[i], out);
    }
    tg_buffer_append_byte(out, '}');
}

static void write_fitted(const struct tg_type *type, const struct tg_json_tree *json, struct tg_buffer *out)
{
    if (json->kind == TG_JSON_TREE_OBJECT && (type->kind == TG_TYPE_STRUCT || type->kind == TG_TYPE_MAP)) {
        write_members(type, json, out);
        return;
    }
    if (json->kind != TG_JSON_TREE_ARRAY || type->kind != TG_TYPE_ARRAY) {
        tg_json_tree_write(json, out);
        return;
    }
    tg_buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < json->count; i++) {
        if (i > 0)
            tg_buffer_append_byte(out, ',');
        write_fitted(type->element, json->items[i], out);
    }
    tg_buffer_append_byte(out, ']');
}

static struct tg_slice fitted_text(struct tg_arena *arena, const struct shape *shape,
                                   const struct tg_json_tree *json)
{
    struct tg_buffer out = {0};
    struct tg_field *fields = tg_arena_alloc_zero(arena, shape->options.column_count + 1, sizeof *fields);
    for (uint32_t i = 0; i < shape->options.column_count; i++)
        fields[i] = (struct tg_field){shape->options.columns[i].name, shape->options.columns[i].type};
    const struct tg_type *type = shape->options.unwrapped
                                     ? shape->options.columns[0].type
                                     : tg_type_struct(arena, fields, shape->options.column_count);
    write_fitted(type, json, &out);
    struct tg_slice text = tg_arena_copy(arena, tg_buffer_slice(&out));
    tg_buffer_done(&out);
    return text;
}

/* ---- both ways ---- */

static const struct tg_format *plain_json(void)
{
    const struct tg_format *format = NULL;
    struct tg_error ignored;
    enum tg_code code = tg_format_find(tg_slice_text("JSON"), &format, &ignored);
    TG_ASSERT(code == TG_OK);
    return format;
}

enum tg_code tg_test_encode_typed(struct tg_arena *arena, const struct tg_test_codec *codec, bool is_key,
                                  const struct tg_json_tree *json, struct tg_slice *ret_bytes,
                                  struct tg_error *reterr)
{
    struct shape shape = {0};
    const struct tg_registry_schema *schema = NULL;
    TG_TRY(open_shape(codec, is_key, &shape, reterr));
    if (shape.format->schemas != NULL) {
        const char *subject = tg_registry_subject(arena, codec->source->topic, is_key);
        TG_TRY(tg_registry_get_version(codec->registry, subject, 0, arena, &schema, reterr));
        TG_TRY(take_schema(arena, schema, &shape, reterr));
    } else {
        take_declared(arena, codec->source, is_key, &shape);
    }
    make_columns(arena, &shape);
    enum tg_code code = read_row(arena, plain_json(), &shape, fitted_text(arena, &shape, json), reterr);
    shape.options.writer = schema;
    if (code == TG_OK)
        code = write_row(arena, shape.format, &shape, ret_bytes, reterr);
    free_columns(&shape);
    return code == TG_OK ? TG_OK
                         : tg_fail_context(reterr, "%.*s as a %s of topic %s", TG_SLICE_FORMAT(json->raw),
                                           is_key ? "key" : "value", codec->source->topic);
}

/* The schema that the record was written by. */
static enum tg_code find_written(struct tg_arena *arena, const struct tg_test_codec *codec,
                                 struct tg_slice bytes, const struct tg_registry_schema **ret_schema,
                                 struct tg_error *reterr)
{
    const struct tg_decode_call call = {.records = &bytes, .count = 1};
    struct tg_wire_record record = tg_wire_read(codec->registry, &call, 0);
    if (record.fault != NULL)
        return tg_fail(reterr, TG_CODE_DECODE, "%s", record.fault);
    return tg_registry_get(codec->registry, record.id, arena, ret_schema, reterr);
}

static enum tg_code decode_typed(struct tg_arena *arena, const struct tg_test_codec *codec, bool is_key,
                                 struct tg_slice bytes, struct tg_slice *ret_text, struct tg_error *reterr)
{
    struct shape shape = {0};
    const struct tg_registry_schema *schema = NULL;
    TG_TRY(open_shape(codec, is_key, &shape, reterr));
    if (shape.format->schemas != NULL) {
        TG_TRY(find_written(arena, codec, bytes, &schema, reterr));
        TG_TRY(take_schema(arena, schema, &shape, reterr));
        shape.options.registry = codec->registry;
    } else {
        take_declared(arena, codec->source, is_key, &shape);
    }
    make_columns(arena, &shape);
    enum tg_code code = read_row(arena, shape.format, &shape, bytes, reterr);
    if (code == TG_OK)
        code = write_row(arena, plain_json(), &shape, ret_text, reterr);
    free_columns(&shape);
    return code;
}

bool tg_test_decode_typed(struct tg_arena *arena, const struct tg_test_codec *codec, bool is_key,
                          struct tg_slice bytes, const struct tg_json_tree **ret_json)
{
    struct tg_error error;
    struct tg_slice text = {0};
    if (decode_typed(arena, codec, is_key, bytes, &text, &error) != TG_OK) {
        *ret_json = tg_json_tree_new(arena, TG_JSON_TREE_STRING,
                                     tg_slice_text(tg_arena_printf(arena, "unreadable: %s", error.message)));
        return true;
    }
    if (text.data == NULL)
        text = tg_slice_text("null");
    return tg_json_tree_parse(arena, text, ret_json, &error) == TG_OK;
}
