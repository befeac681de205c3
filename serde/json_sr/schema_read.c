/* A JSON Schema as the SQL type of the values it describes, with what Connect's converter adds to it. */
#include "base/text.h"
#include "data/decimal.h"
#include "serde/json/tree.h"
#include "serde/json_sr/json_sr.h"

enum { DEPTH_MAX = 64 };

struct reader {
    struct tg_arena *arena;
    const struct tg_registry_schema *schema; /* whose text is read */
    const struct tg_json_tree *root;
    bool keep_case;
    uint32_t depth;
    struct tg_error *reterr;
};

/* *ret_type is NULL for what SQL has no type for. */
TG_MUST_CHECK static enum tg_code read_schema(struct reader *reader, const struct tg_json_tree *node,
                                              const struct tg_type **ret_type);

static bool member_is(const struct tg_json_tree *node, const char *name, const char *text)
{
    const char *value = tg_json_tree_text(tg_json_tree_get(node, name));
    return value != NULL && strcmp(value, text) == 0;
}

static const char *name_of(struct reader *reader, struct tg_slice name)
{
    char *text = tg_arena_text(reader->arena, name);
    for (char *at = text; *at != '\0' && !reader->keep_case; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    return text;
}

/* ---- objects and arrays ---- */

/* A member's place: its connect.index, else behind those that have one, as they are written. */
static int64_t index_of(const struct tg_json_tree *properties, uint32_t at)
{
    return tg_json_tree_int64(tg_json_tree_get(properties->items[at], "connect.index"),
                              (int64_t)INT32_MAX + at);
}

/* The members that have a SQL type, by their connect.index. */
static enum tg_code add_fields(struct reader *reader, const struct tg_json_tree *properties,
                               struct tg_field *fields, uint32_t *count)
{
    uint32_t total = tg_json_tree_count(properties);
    uint32_t *order = tg_arena_alloc_zero(reader->arena, total + 1, sizeof *order);
    for (uint32_t i = 0; i < total; i++) {
        uint32_t at = i;
        for (; at > 0 && index_of(properties, order[at - 1]) > index_of(properties, i); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    for (uint32_t i = 0; i < total; i++) {
        const struct tg_type *type = NULL;
        TG_TRY(read_schema(reader, properties->items[order[i]], &type));
        if (type != NULL)
            fields[(*count)++] = (struct tg_field){name_of(reader, properties->names[order[i]]), type};
    }
    return TG_OK;
}

/* The parts of allOf are one object. */
static enum tg_code read_object(struct reader *reader, const struct tg_json_tree *const *parts,
                                uint32_t part_count, const struct tg_type **ret_type)
{
    uint32_t total = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < part_count; i++)
        total += tg_json_tree_count(tg_json_tree_get(parts[i], "properties"));
    struct tg_field *fields = tg_arena_alloc_zero(reader->arena, total + 1, sizeof *fields);
    for (uint32_t i = 0; i < part_count; i++)
        TG_TRY(add_fields(reader, tg_json_tree_get(parts[i], "properties"), fields, &count));
    if (count > 0)
        *ret_type = tg_type_struct(reader->arena, fields, count);
    return TG_OK;
}

static enum tg_code read_map(struct reader *reader, const struct tg_json_tree *value,
                             const struct tg_type **ret_type)
{
    const struct tg_type *element = NULL;
    if (value == NULL || value->kind != TG_JSON_TREE_OBJECT)
        return TG_OK;
    TG_TRY(read_schema(reader, value, &element));
    if (element != NULL)
        *ret_type = tg_type_map(reader->arena, &tg_type_string, element);
    return TG_OK;
}

/* A list of entries is a map if its keys are texts. */
static enum tg_code read_entries(struct reader *reader, const struct tg_json_tree *items,
                                 const struct tg_type **ret_type)
{
    const struct tg_json_tree *properties = tg_json_tree_get(items, "properties");
    const struct tg_json_tree *key_schema = tg_json_tree_get(properties, "key");
    const struct tg_type *key = NULL;
    if (key_schema != NULL)
        TG_TRY(read_schema(reader, key_schema, &key));
    if (key == NULL || key->kind != TG_TYPE_STRING)
        return TG_OK;
    return read_map(reader, tg_json_tree_get(properties, "value"), ret_type);
}

static enum tg_code read_array(struct reader *reader, const struct tg_json_tree *node,
                               const struct tg_type **ret_type)
{
    const struct tg_json_tree *items = tg_json_tree_get(node, "items");
    const struct tg_type *element = NULL;
    if (items == NULL || items->kind != TG_JSON_TREE_OBJECT)
        return TG_OK;
    if (member_is(node, "connect.type", "map"))
        return read_entries(reader, items, ret_type);
    TG_TRY(read_schema(reader, items, &element));
    if (element != NULL)
        *ret_type = tg_type_array(reader->arena, element);
    return TG_OK;
}

/* ---- simple types ---- */

static int64_t parameter(const struct tg_json_tree *node, const char *name, int64_t otherwise)
{
    const struct tg_json_tree *value = tg_json_tree_get(tg_json_tree_get(node, "connect.parameters"), name);
    int64_t number = otherwise;
    if (value == NULL || !tg_parse_int64(value->text, 0, 1000, &number))
        return otherwise;
    return number;
}

static const struct tg_type *decimal_of(struct reader *reader, const struct tg_json_tree *node)
{
    int64_t precision = parameter(node, "connect.decimal.precision", TG_DECIMAL_DIGITS_MAX);
    int64_t scale = parameter(node, "scale", 0);
    if (precision < 1 || precision > TG_DECIMAL_DIGITS_MAX)
        precision = TG_DECIMAL_DIGITS_MAX;
    if (scale > precision)
        return NULL;
    return tg_type_decimal(reader->arena, (uint16_t)precision, (uint16_t)scale);
}

static const struct tg_type *integer_of(const struct tg_json_tree *node)
{
    static const struct {
        const char *title;
        const struct tg_type *type;
    } logical[] = {{"org.apache.kafka.connect.data.Date", &tg_type_date},
                   {"org.apache.kafka.connect.data.Time", &tg_type_time},
                   {"org.apache.kafka.connect.data.Timestamp", &tg_type_timestamp}};
    for (size_t i = 0; i < sizeof logical / sizeof *logical; i++)
        if (member_is(node, "title", logical[i].title))
            return logical[i].type;
    bool is_int = member_is(node, "connect.type", "int8") || member_is(node, "connect.type", "int16") ||
                  member_is(node, "connect.type", "int32");
    return is_int ? &tg_type_int : &tg_type_bigint;
}

static enum tg_code read_typed(struct reader *reader, const struct tg_json_tree *node, const char *name,
                               const struct tg_type **ret_type)
{
    if (strcmp(name, "boolean") == 0) {
        *ret_type = &tg_type_boolean;
    } else if (strcmp(name, "integer") == 0) {
        *ret_type = integer_of(node);
    } else if (strcmp(name, "number") == 0) {
        *ret_type = member_is(node, "title", "org.apache.kafka.connect.data.Decimal")
                        ? decimal_of(reader, node)
                        : &tg_type_double;
    } else if (strcmp(name, "string") == 0) {
        *ret_type = member_is(node, "connect.type", "bytes") ? &tg_type_bytes : &tg_type_string;
    } else if (strcmp(name, "array") == 0) {
        return read_array(reader, node, ret_type);
    } else if (strcmp(name, "object") == 0) {
        bool is_map = member_is(node, "connect.type", "map") || tg_json_tree_get(node, "properties") == NULL;
        return is_map ? read_map(reader, tg_json_tree_get(node, "additionalProperties"), ret_type)
                      : read_object(reader, &node, 1, ret_type);
    }
    return TG_OK;
}

/* ---- combinations and references ---- */

/* One schema beside null; several are a union, which SQL has no type for. */
static enum tg_code read_choice(struct reader *reader, const struct tg_json_tree *choices,
                                const struct tg_type **ret_type)
{
    const struct tg_json_tree *only = NULL;
    for (uint32_t i = 0; i < tg_json_tree_count(choices); i++) {
        if (member_is(choices->items[i], "type", "null"))
            continue;
        if (only != NULL)
            return TG_OK;
        only = choices->items[i];
    }
    return only == NULL ? TG_OK : read_schema(reader, only, ret_type);
}

/* "type": ["null", "string"] */
static enum tg_code read_type_list(struct reader *reader, const struct tg_json_tree *node,
                                   const struct tg_json_tree *names, const struct tg_type **ret_type)
{
    const char *only = NULL;
    for (uint32_t i = 0; i < tg_json_tree_count(names); i++) {
        const char *name = tg_json_tree_text(names->items[i]);
        if (name == NULL || strcmp(name, "null") == 0)
            continue;
        if (only != NULL)
            return TG_OK;
        only = name;
    }
    return only == NULL ? TG_OK : read_typed(reader, node, only, ret_type);
}

/* Goes along "a/b" behind "#/" from the root; NULL: there is no such place. */
static const struct tg_json_tree *follow(const struct tg_json_tree *at, struct tg_arena *arena,
                                         const char *path)
{
    while (at != NULL && *path != '\0') {
        size_t length = strcspn(path, "/");
        at = tg_json_tree_get(at, tg_arena_text(arena, tg_slice_of(path, length)));
        path += length + (path[length] == '/');
    }
    return at;
}

/* Another text's root, if the reference names one of the schema's references. */
static enum tg_code read_other(struct reader *reader, const char *reference, const struct tg_type **ret_type)
{
    for (uint32_t i = 0; i < reader->schema->reference_count; i++) {
        if (reader->schema->referenced == NULL || strcmp(reader->schema->references[i].name, reference) != 0)
            continue;
        struct reader other = *reader;
        other.schema = reader->schema->referenced[i];
        TG_TRY(tg_json_tree_parse(reader->arena, other.schema->text, &other.root, reader->reterr));
        return read_schema(&other, other.root, ret_type);
    }
    return tg_fail(reader->reterr, TG_CODE_SYNTAX, "the JSON Schema has no place for its $ref '%s'",
                   reference);
}

static enum tg_code read_reference(struct reader *reader, const char *reference,
                                   const struct tg_type **ret_type)
{
    if (strcmp(reference, "#") == 0)
        return read_schema(reader, reader->root, ret_type);
    if (strncmp(reference, "#/", 2) != 0)
        return read_other(reader, reference, ret_type);
    const struct tg_json_tree *node = follow(reader->root, reader->arena, reference + 2);
    return node == NULL ? read_other(reader, reference, ret_type) : read_schema(reader, node, ret_type);
}

static enum tg_code read_node(struct reader *reader, const struct tg_json_tree *node,
                              const struct tg_type **ret_type)
{
    const char *reference = tg_json_tree_text(tg_json_tree_get(node, "$ref"));
    const struct tg_json_tree *type = tg_json_tree_get(node, "type");
    const struct tg_json_tree *all = tg_json_tree_get(node, "allOf");
    if (reference != NULL)
        return read_reference(reader, reference, ret_type);
    if (tg_json_tree_get(node, "oneOf") != NULL)
        return read_choice(reader, tg_json_tree_get(node, "oneOf"), ret_type);
    if (tg_json_tree_get(node, "anyOf") != NULL)
        return read_choice(reader, tg_json_tree_get(node, "anyOf"), ret_type);
    if (all != NULL && all->kind == TG_JSON_TREE_ARRAY)
        return all->count == 1 ? read_schema(reader, all->items[0], ret_type)
                               : read_object(reader, all->items, all->count, ret_type);
    if (type != NULL && type->kind == TG_JSON_TREE_ARRAY)
        return read_type_list(reader, node, type, ret_type);
    if (tg_json_tree_text(type) != NULL)
        return read_typed(reader, node, tg_json_tree_text(type), ret_type);
    if (tg_json_tree_get(node, "enum") != NULL)
        *ret_type = &tg_type_string;
    return TG_OK;
}

static enum tg_code read_schema(struct reader *reader, const struct tg_json_tree *node,
                                const struct tg_type **ret_type)
{
    *ret_type = NULL;
    if (node->kind != TG_JSON_TREE_OBJECT)
        return TG_OK; /* true and false stand for anything and nothing */
    if (reader->depth == DEPTH_MAX)
        return tg_fail(
            reader->reterr, TG_CODE_LIMIT,
            "the JSON Schema has more than %d levels, or contains itself; SQL types cannot do that",
            (int)DEPTH_MAX);
    reader->depth++;
    enum tg_code code = read_node(reader, node, ret_type);
    reader->depth--;
    return code;
}

enum tg_code tg_json_sr_schema_read(struct tg_arena *arena, const struct tg_registry_schema *schema,
                                    const struct tg_format_columns *request, const struct tg_type **ret_type,
                                    struct tg_error *reterr)
{
    struct reader reader = {
        .arena = arena, .schema = schema, .keep_case = request->keep_case, .reterr = reterr};
    const struct tg_type *type = NULL;
    if (tg_json_tree_parse(arena, schema->text, &reader.root, reterr) != TG_OK)
        return tg_fail_context(reterr, "the JSON Schema of id %d", schema->id);
    TG_TRY(read_schema(&reader, reader.root, &type));
    if (type == NULL)
        return tg_fail(reterr, TG_CODE_TYPE,
                       "the JSON Schema of id %d describes nothing that SQL has a type for", schema->id);
    *ret_type = tg_type_copy(arena, type);
    return TG_OK;
}
