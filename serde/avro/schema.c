#include "serde/avro/schema.h"

#include "base/map.h"

enum { FIXED_SIZE_MAX = 1 << 20, BYTES_MIN_CUT = 1 << 15, DECIMAL_PRECISION_MAX = 1000 };

struct parser {
    struct tg_arena *arena;
    struct tg_map *names; /* full name -> struct tg_avro_schema */
};

static const char *const kind_names[] = {
    [TG_AVRO_NULL] = "null",   [TG_AVRO_BOOLEAN] = "boolean", [TG_AVRO_INT] = "int",
    [TG_AVRO_LONG] = "long",   [TG_AVRO_FLOAT] = "float",     [TG_AVRO_DOUBLE] = "double",
    [TG_AVRO_BYTES] = "bytes", [TG_AVRO_STRING] = "string",   [TG_AVRO_RECORD] = "record",
    [TG_AVRO_ENUM] = "enum",   [TG_AVRO_ARRAY] = "array",     [TG_AVRO_MAP] = "map",
    [TG_AVRO_UNION] = "union", [TG_AVRO_FIXED] = "fixed",
};

static const struct tg_avro_schema primitives[] = {
    {.kind = TG_AVRO_NULL, .bytes_min = 0},  {.kind = TG_AVRO_BOOLEAN, .bytes_min = 1},
    {.kind = TG_AVRO_INT, .bytes_min = 1},   {.kind = TG_AVRO_LONG, .bytes_min = 1},
    {.kind = TG_AVRO_FLOAT, .bytes_min = 4}, {.kind = TG_AVRO_DOUBLE, .bytes_min = 8},
    {.kind = TG_AVRO_BYTES, .bytes_min = 1}, {.kind = TG_AVRO_STRING, .bytes_min = 1},
};
enum { PRIMITIVE_COUNT = sizeof primitives / sizeof *primitives };

static const struct {
    const char *name;
    enum tg_avro_kind kind;
    enum tg_avro_logical logical;
} logicals[] = {
    {"date", TG_AVRO_INT, TG_AVRO_DATE},
    {"time-millis", TG_AVRO_INT, TG_AVRO_TIME_MILLIS},
    {"time-micros", TG_AVRO_LONG, TG_AVRO_TIME_MICROS},
    {"timestamp-millis", TG_AVRO_LONG, TG_AVRO_TIMESTAMP_MILLIS},
    {"timestamp-micros", TG_AVRO_LONG, TG_AVRO_TIMESTAMP_MICROS},
    {"timestamp-nanos", TG_AVRO_LONG, TG_AVRO_TIMESTAMP_NANOS},
    {"local-timestamp-millis", TG_AVRO_LONG, TG_AVRO_TIMESTAMP_MILLIS},
    {"local-timestamp-micros", TG_AVRO_LONG, TG_AVRO_TIMESTAMP_MICROS},
    {"local-timestamp-nanos", TG_AVRO_LONG, TG_AVRO_TIMESTAMP_NANOS},
};

/* A member that is a whole number in [least, most]; false: it is absent, or anything else. */
static bool integer_member(const struct tg_json_tree *tree, const char *name, int64_t least, int64_t most,
                           int64_t *ret_value)
{
    *ret_value = tg_json_tree_int64(tg_json_tree_get(tree, name), INT64_MIN);
    return *ret_value >= least && *ret_value <= most;
}

TG_MUST_CHECK static enum tg_code parse_schema(struct parser *parser, const struct tg_json_tree *tree,
                                               const char *space, const struct tg_avro_schema **ret_schema,
                                               struct tg_error *reterr);

const char *tg_avro_kind_name(enum tg_avro_kind kind)
{
    return kind_names[kind];
}

const char *tg_avro_schema_title(struct tg_arena *arena, const struct tg_avro_schema *schema)
{
    if (schema->name == NULL)
        return kind_names[schema->kind];
    return tg_arena_printf(arena, "%s %s", kind_names[schema->kind], schema->name);
}

const char *tg_avro_short_name(const char *full_name)
{
    const char *dot = strrchr(full_name, '.');
    return dot == NULL ? full_name : dot + 1;
}

static bool is_name_character(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

bool tg_avro_name_valid(const char *name)
{
    if (!is_name_character(*name, true))
        return false;
    while (*++name != '\0')
        if (!is_name_character(*name, false))
            return false;
    return true;
}

static bool full_name_valid(const char *name)
{
    bool first = true;
    for (; *name != '\0'; name++) {
        if (*name == '.' ? first : !is_name_character(*name, first))
            return false;
        first = *name == '.';
    }
    return !first;
}

const struct tg_avro_schema *tg_avro_nullable(const struct tg_avro_schema *schema, uint32_t *ret_null)
{
    if (schema->kind != TG_AVRO_UNION || schema->count != 2)
        return NULL;
    for (uint32_t i = 0; i < 2; i++) {
        if (schema->branches[i]->kind != TG_AVRO_NULL)
            continue;
        *ret_null = i;
        return schema->branches[1 - i];
    }
    return NULL;
}

/* The name in the namespace `space` (empty: none), unless it has one itself. */
static const char *full_name(struct parser *parser, const char *name, const char *space)
{
    if (strchr(name, '.') != NULL || *space == '\0')
        return name;
    return tg_arena_printf(parser->arena, "%s.%s", space, name);
}

static const char *space_of(struct parser *parser, const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? "" : tg_arena_text(parser->arena, tg_slice_of(name, (size_t)(dot - name)));
}

TG_MUST_CHECK static enum tg_code parse_aliases(struct parser *parser, const struct tg_json_tree *tree,
                                                const char *space, const char *const **ret_aliases,
                                                uint32_t *ret_count, struct tg_error *reterr)
{
    const struct tg_json_tree *list = tg_json_tree_get(tree, "aliases");
    if (list == NULL || list->kind != TG_JSON_TREE_ARRAY)
        return TG_OK;
    const char **aliases = tg_arena_alloc_zero(parser->arena, list->count, sizeof *aliases);
    uint32_t count = 0;
    for (; count < list->count; count++) {
        const struct tg_json_tree *alias = list->items[count];
        if (alias->kind != TG_JSON_TREE_STRING)
            return tg_fail(reterr, TG_CODE_TYPE, "an alias has to be a text");
        aliases[count] = full_name(parser, (const char *)alias->text.data, space);
    }
    *ret_aliases = aliases;
    *ret_count = count;
    return TG_OK;
}

/* Takes name, namespace and aliases of a record, enum or fixed, and makes the name known. */
TG_MUST_CHECK static enum tg_code declare(struct parser *parser, const struct tg_json_tree *tree,
                                          const char *space, struct tg_avro_schema *schema,
                                          struct tg_error *reterr)
{
    const char *name = tg_json_tree_text(tg_json_tree_get(tree, "name"));
    const char *own_space = tg_json_tree_text(tg_json_tree_get(tree, "namespace"));
    if (name == NULL)
        return tg_fail(reterr, TG_CODE_TYPE, "a%s %s needs a name", schema->kind == TG_AVRO_ENUM ? "n" : "",
                       kind_names[schema->kind]);
    schema->name = full_name(parser, name, own_space == NULL ? space : own_space);
    if (!full_name_valid(schema->name))
        return tg_fail(
            reterr, TG_CODE_TYPE,
            "%s cannot be the name of a type: letters, digits and _ are allowed, and no digit in front",
            schema->name);
    if (tg_map_put(parser->names, tg_slice_text(schema->name), schema) != NULL)
        return tg_fail(reterr, TG_CODE_TYPE, "type %s is declared twice", schema->name);
    return parse_aliases(parser, tree, space_of(parser, schema->name), &schema->aliases, &schema->alias_count,
                         reterr);
}

TG_MUST_CHECK static enum tg_code parse_field(struct parser *parser, const struct tg_json_tree *tree,
                                              const char *space, struct tg_avro_field *field,
                                              struct tg_error *reterr)
{
    field->name = tg_json_tree_text(tg_json_tree_get(tree, "name"));
    if (field->name == NULL)
        return tg_fail(reterr, TG_CODE_TYPE, "a field needs a name");
    if (!tg_avro_name_valid(field->name))
        return tg_fail(
            reterr, TG_CODE_TYPE,
            "%s cannot be the name of a field: letters, digits and _ are allowed, and no digit in front",
            field->name);
    const struct tg_json_tree *type = tg_json_tree_get(tree, "type");
    if (type == NULL)
        return tg_fail(reterr, TG_CODE_TYPE, "field %s needs a type", field->name);
    if (parse_schema(parser, type, space, &field->schema, reterr) != TG_OK)
        return tg_fail_context(reterr, "field %s", field->name);
    field->default_value = tg_json_tree_get(tree, "default");
    return parse_aliases(parser, tree, "", &field->aliases, &field->alias_count, reterr);
}

static void sum_bytes_min(struct tg_avro_schema *record)
{
    for (uint32_t i = 0; i < record->count && record->bytes_min < BYTES_MIN_CUT; i++)
        record->bytes_min += record->fields[i].schema->bytes_min;
    if (record->bytes_min > BYTES_MIN_CUT)
        record->bytes_min = BYTES_MIN_CUT;
}

/* Connect's mark of maps whose keys are no texts: a record of key and value in an array. */
static bool is_map_entry(const struct tg_avro_schema *record, const struct tg_json_tree *tree)
{
    const char *mark = tg_json_tree_text(tg_json_tree_get(tree, "connect.internal.type"));
    if (record->count != 2 || strcmp(record->fields[0].name, "key") != 0 ||
        strcmp(record->fields[1].name, "value") != 0)
        return false;
    return (mark != NULL && strcmp(mark, "MapEntry") == 0) ||
           strcmp(record->name, "io.confluent.connect.avro.MapEntry") == 0;
}

TG_MUST_CHECK static enum tg_code parse_fields(struct parser *parser, const struct tg_json_tree *list,
                                               struct tg_map *seen, struct tg_avro_schema *record,
                                               struct tg_error *reterr)
{
    struct tg_avro_field *fields = tg_arena_alloc_zero(parser->arena, list->count, sizeof *fields);
    const char *space = space_of(parser, record->name);
    for (uint32_t i = 0; i < list->count; i++) {
        struct tg_avro_field *field = &fields[i];
        if (parse_field(parser, list->items[i], space, field, reterr) != TG_OK)
            return tg_fail_context(reterr, "record %s", record->name);
        if (tg_map_put(seen, tg_slice_text(field->name), field) != NULL)
            return tg_fail(reterr, TG_CODE_TYPE, "record %s has two fields named %s", record->name,
                           field->name);
        record->fields = fields;
        record->count++;
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code parse_record(struct parser *parser, const struct tg_json_tree *tree,
                                               const char *space, struct tg_avro_schema *record,
                                               struct tg_error *reterr)
{
    TG_TRY(declare(parser, tree, space, record, reterr));
    const struct tg_json_tree *list = tg_json_tree_get(tree, "fields");
    if (list == NULL || list->kind != TG_JSON_TREE_ARRAY)
        return tg_fail(reterr, TG_CODE_TYPE, "record %s needs a list of fields", record->name);
    struct tg_map *seen = tg_map_new();
    enum tg_code code = parse_fields(parser, list, seen, record, reterr);
    tg_map_free(seen);
    TG_TRY(code);
    sum_bytes_min(record);
    record->map_entry = is_map_entry(record, tree);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code parse_enum(struct parser *parser, const struct tg_json_tree *tree,
                                             const char *space, struct tg_avro_schema *schema,
                                             struct tg_error *reterr)
{
    TG_TRY(declare(parser, tree, space, schema, reterr));
    const struct tg_json_tree *list = tg_json_tree_get(tree, "symbols");
    const char *standard = tg_json_tree_text(tg_json_tree_get(tree, "default"));
    schema->bytes_min = 1;
    schema->default_symbol = -1;
    if (list == NULL || list->kind != TG_JSON_TREE_ARRAY)
        return tg_fail(reterr, TG_CODE_TYPE, "enum %s needs a list of symbols", schema->name);
    struct tg_slice *symbols = tg_arena_alloc_zero(parser->arena, list->count, sizeof *symbols);
    struct tg_map *seen = tg_map_new();
    bool good = true;
    for (uint32_t i = 0; good && i < list->count; i++) {
        const struct tg_json_tree *symbol = list->items[i];
        good = symbol->kind == TG_JSON_TREE_STRING && tg_avro_name_valid((const char *)symbol->text.data) &&
               tg_map_put(seen, symbol->text, &symbols[schema->count]) == NULL;
        if (good && standard != NULL && tg_slice_is(symbol->text, standard))
            schema->default_symbol = (int32_t)schema->count;
        symbols[schema->count++] = symbol->text;
    }
    tg_map_free(seen);
    if (!good)
        return tg_fail(reterr, TG_CODE_TYPE, "enum %s has a symbol that is no name, or is there twice",
                       schema->name);
    if (standard != NULL && schema->default_symbol < 0)
        return tg_fail(reterr, TG_CODE_TYPE, "enum %s: its default %s is none of its symbols", schema->name,
                       standard);
    schema->symbols = symbols;
    return TG_OK;
}

static bool same_branch(const struct tg_avro_schema *a, const struct tg_avro_schema *b)
{
    if (a->kind != b->kind)
        return false;
    return a->name == NULL || strcmp(a->name, b->name) == 0;
}

TG_MUST_CHECK static enum tg_code parse_union(struct parser *parser, const struct tg_json_tree *tree,
                                              const char *space, struct tg_avro_schema *schema,
                                              struct tg_error *reterr)
{
    const struct tg_avro_schema **branches =
        tg_arena_alloc_zero(parser->arena, tree->count, sizeof *branches);
    enum { BRANCHES_MAX = 1024 };
    schema->kind = TG_AVRO_UNION;
    schema->bytes_min = 1;
    schema->branches = branches;
    if (tree->count == 0 || tree->count > BRANCHES_MAX)
        return tg_fail(reterr, TG_CODE_TYPE, "a union needs between 1 and %d types, not %u", BRANCHES_MAX,
                       tree->count);
    for (uint32_t i = 0; i < tree->count; i++) {
        const struct tg_avro_schema **made = &branches[i];
        TG_TRY(parse_schema(parser, tree->items[i], space, made, reterr));
        if ((*made)->kind == TG_AVRO_UNION)
            return tg_fail(reterr, TG_CODE_TYPE, "a union cannot be directly in a union");
        for (uint32_t other = 0; other < i; other++)
            if (same_branch(branches[other], *made))
                return tg_fail(reterr, TG_CODE_TYPE, "a union has %s twice",
                               tg_avro_schema_title(parser->arena, *made));
        schema->count++;
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code parse_fixed(struct parser *parser, const struct tg_json_tree *tree,
                                              const char *space, struct tg_avro_schema *schema,
                                              struct tg_error *reterr)
{
    int64_t size = 0;
    TG_TRY(declare(parser, tree, space, schema, reterr));
    if (!integer_member(tree, "size", 0, FIXED_SIZE_MAX, &size))
        return tg_fail(reterr, TG_CODE_TYPE, "fixed %s needs a size between 0 and %d bytes", schema->name,
                       FIXED_SIZE_MAX);
    schema->fixed_size = (uint32_t)size;
    schema->bytes_min = size > BYTES_MIN_CUT ? BYTES_MIN_CUT : (uint32_t)size;
    return TG_OK;
}

static void apply_logical(const struct tg_json_tree *tree, struct tg_avro_schema *schema)
{
    const char *name = tg_json_tree_text(tg_json_tree_get(tree, "logicalType"));
    int64_t precision = 0;
    int64_t scale = 0;
    if (name == NULL)
        return;
    for (size_t i = 0; i < sizeof logicals / sizeof *logicals; i++)
        if (schema->kind == logicals[i].kind && strcmp(name, logicals[i].name) == 0)
            schema->logical = logicals[i].logical;
    if ((schema->kind != TG_AVRO_BYTES && schema->kind != TG_AVRO_FIXED) || strcmp(name, "decimal") != 0)
        return;
    if (!integer_member(tree, "precision", 1, DECIMAL_PRECISION_MAX, &precision) ||
        (tg_json_tree_get(tree, "scale") != NULL && !integer_member(tree, "scale", 0, precision, &scale)))
        return;
    schema->logical = TG_AVRO_DECIMAL;
    schema->precision = (uint16_t)precision;
    schema->scale = (uint16_t)scale;
}

static const struct tg_avro_schema *find_named(struct parser *parser, const char *type, const char *space)
{
    const struct tg_avro_schema *found =
        tg_map_get(parser->names, tg_slice_text(full_name(parser, type, space)));
    return found != NULL ? found : tg_map_get(parser->names, tg_slice_text(type));
}

TG_MUST_CHECK static enum tg_code parse_nested(struct parser *parser, const struct tg_json_tree *tree,
                                               const char *space, struct tg_avro_schema *schema,
                                               struct tg_error *reterr)
{
    bool map = schema->kind == TG_AVRO_MAP;
    const struct tg_json_tree *element = tg_json_tree_get(tree, map ? "values" : "items");
    if (element == NULL)
        return tg_fail(reterr, TG_CODE_TYPE,
                       map ? "a map needs the type of its values" : "an array needs the type of its items");
    schema->bytes_min = 1;
    return parse_schema(parser, element, space, &schema->element, reterr);
}

TG_MUST_CHECK static enum tg_code parse_object(struct parser *parser, const struct tg_json_tree *tree,
                                               const char *type, const char *space,
                                               const struct tg_avro_schema **ret_schema,
                                               struct tg_error *reterr)
{
    struct tg_avro_schema *schema = tg_arena_alloc_zero(parser->arena, 1, sizeof *schema);
    *ret_schema = schema;
    for (uint32_t i = 0; i < PRIMITIVE_COUNT; i++) {
        if (strcmp(type, kind_names[primitives[i].kind]) != 0)
            continue;
        *schema = primitives[i];
        apply_logical(tree, schema);
        return TG_OK;
    }
    schema->kind = strcmp(type, "error") == 0 ? TG_AVRO_RECORD : TG_AVRO_NULL;
    for (enum tg_avro_kind kind = TG_AVRO_RECORD; kind <= TG_AVRO_FIXED; kind++)
        if (kind != TG_AVRO_UNION && strcmp(type, kind_names[kind]) == 0)
            schema->kind = kind;
    switch ((int)schema->kind) {
    case TG_AVRO_RECORD:
        return parse_record(parser, tree, space, schema, reterr);
    case TG_AVRO_ENUM:
        return parse_enum(parser, tree, space, schema, reterr);
    case TG_AVRO_FIXED:
        TG_TRY(parse_fixed(parser, tree, space, schema, reterr));
        apply_logical(tree, schema);
        return TG_OK;
    case TG_AVRO_ARRAY:
    case TG_AVRO_MAP:
        return parse_nested(parser, tree, space, schema, reterr);
    default:
        break;
    }
    *ret_schema = find_named(parser, type, space);
    if (*ret_schema == NULL)
        return tg_fail(reterr, TG_CODE_TYPE, "no type is named %s here", type);
    return TG_OK;
}

static enum tg_code parse_schema(struct parser *parser, const struct tg_json_tree *tree, const char *space,
                                 const struct tg_avro_schema **ret_schema, struct tg_error *reterr)
{
    const struct tg_json_tree *type = tree;
    if (tree->kind == TG_JSON_TREE_ARRAY) {
        struct tg_avro_schema *schema = tg_arena_alloc_zero(parser->arena, 1, sizeof *schema);
        *ret_schema = schema;
        return parse_union(parser, tree, space, schema, reterr);
    }
    if (tree->kind == TG_JSON_TREE_OBJECT) {
        type = tg_json_tree_get(tree, "type");
        if (type == NULL)
            return tg_fail(reterr, TG_CODE_TYPE, "a schema in braces needs a member type");
        if (type->kind == TG_JSON_TREE_OBJECT || type->kind == TG_JSON_TREE_ARRAY)
            return parse_schema(parser, type, space, ret_schema, reterr);
    }
    if (type->kind != TG_JSON_TREE_STRING)
        return tg_fail(reterr, TG_CODE_TYPE, "a type has to be a name, an object or a list of types");
    if (tree->kind == TG_JSON_TREE_OBJECT)
        return parse_object(parser, tree, (const char *)type->text.data, space, ret_schema, reterr);
    for (uint32_t i = 0; i < PRIMITIVE_COUNT; i++) {
        if (!tg_slice_is(type->text, kind_names[primitives[i].kind]))
            continue;
        *ret_schema = &primitives[i];
        return TG_OK;
    }
    *ret_schema = find_named(parser, (const char *)type->text.data, space);
    if (*ret_schema == NULL)
        return tg_fail(reterr, TG_CODE_TYPE, "no type is named %s here", (const char *)type->text.data);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code parse_text(struct parser *parser, struct tg_slice text,
                                             const struct tg_avro_schema **ret_schema,
                                             struct tg_error *reterr)
{
    const struct tg_json_tree *tree = NULL;
    if (text.length > TG_AVRO_SCHEMA_BYTES_MAX)
        return tg_fail(reterr, TG_CODE_LIMIT, "an Avro schema of %zu bytes; at most %d are read", text.length,
                       TG_AVRO_SCHEMA_BYTES_MAX);
    TG_TRY(tg_json_tree_parse(parser->arena, text, &tree, reterr));
    return parse_schema(parser, tree, "", ret_schema, reterr);
}

enum tg_code tg_avro_schema_parse(struct tg_arena *arena, struct tg_slice text,
                                  const struct tg_slice *references, uint32_t reference_count,
                                  const struct tg_avro_schema **ret_schema, struct tg_error *reterr)
{
    struct parser parser = {.arena = arena, .names = tg_map_new()};
    const struct tg_avro_schema *referenced = NULL;
    enum tg_code code = TG_OK;
    for (uint32_t i = 0; code == TG_OK && i < reference_count; i++)
        code = parse_text(&parser, references[i], &referenced, reterr);
    if (code == TG_OK)
        code = parse_text(&parser, text, ret_schema, reterr);
    tg_map_free(parser.names);
    if (code != TG_OK)
        return tg_fail_context(reterr, "the Avro schema");
    return TG_OK;
}
