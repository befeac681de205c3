#include "serde/avro/encode_plan.h"

#include "base/memory.h"
#include "serde/avro/columns.h"
#include "serde/avro/program.h"

enum { FIELD_NONE = -1, BRANCHES_MAX = 64, DEPTH_MAX = 64 };

struct planner {
    struct tg_arena *arena;
    const char *path;
    uint32_t depth;
};

/* A row of fields: columns of the call, or the children of a STRUCT or MAP. */
struct field_row {
    uint32_t count;
    const char **names;
    const struct tg_type **types;
};

static bool plan_value(struct planner *planner, const struct tg_avro_schema *schema,
                       const struct tg_type *type, struct tg_avro_put *put, struct tg_error *reterr);

static const char *enter(struct planner *planner, const char *name)
{
    const char *before = planner->path;
    planner->path =
        tg_arena_printf(planner->arena, "%s%s%s", before, *before == '\0' || *name == '[' ? "" : ".", name);
    return before;
}

static bool refuse(struct planner *planner, const struct tg_avro_schema *schema, const struct tg_type *type,
                   struct tg_error *reterr)
{
    tg_fail(reterr, TG_CODE_TYPE, "column %s: %s cannot be written as %s", planner->path,
            tg_type_name(planner->arena, type), tg_avro_schema_title(planner->arena, schema));
    return false;
}

static int32_t find_name(const struct field_row *row, const char *name)
{
    int32_t other_case = FIELD_NONE;
    for (uint32_t i = 0; i < row->count; i++) {
        if (strcmp(row->names[i], name) == 0)
            return (int32_t)i;
        if (other_case == FIELD_NONE &&
            tg_slice_equal_nocase(tg_slice_text(row->names[i]), tg_slice_text(name)))
            other_case = (int32_t)i;
    }
    return other_case;
}

static void take_standard(struct planner *planner, const struct tg_avro_field *field, struct tg_avro_put *put)
{
    struct tg_buffer bytes = {0};
    if (field->default_value != NULL && tg_avro_default_bytes(field->schema, field->default_value, &bytes)) {
        put->has_standard = true;
        put->standard = tg_arena_copy(planner->arena, tg_buffer_slice(&bytes));
    }
    tg_buffer_done(&bytes);
}

/* A field without column: its default, or null. */
static bool plan_constant(struct planner *planner, const struct tg_avro_field *field, struct tg_avro_put *put,
                          struct tg_error *reterr)
{
    put->code = TG_AVRO_PUT_CONSTANT;
    take_standard(planner, field, put);
    for (uint32_t i = 0; !put->has_standard && field->schema->kind == TG_AVRO_UNION &&
                         i < field->schema->count && i < BRANCHES_MAX;
         i++) {
        if (field->schema->branches[i]->kind != TG_AVRO_NULL)
            continue;
        put->has_standard = true;
        put->standard = tg_arena_copy(planner->arena, tg_slice_of(&(uint8_t){(uint8_t)(i * 2)}, 1));
    }
    if (field->schema->kind == TG_AVRO_NULL)
        put->has_standard = true;
    if (put->has_standard)
        return true;
    tg_fail(reterr, TG_CODE_TYPE, "the schema's field %s has no default, and there is no column for it",
            planner->path);
    return false;
}

static bool check_all_taken(struct planner *planner, const struct tg_avro_schema *record,
                            const struct field_row *row, const bool *taken, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < row->count; i++) {
        if (taken[i])
            continue;
        const char *before = enter(planner, row->names[i]);
        tg_fail(reterr, TG_CODE_TYPE, "column %s: the schema's %s has no field of that name", planner->path,
                tg_avro_schema_title(planner->arena, record));
        planner->path = before;
        return false;
    }
    return true;
}

static bool plan_fields(struct planner *planner, const struct tg_avro_schema *record,
                        const struct field_row *row, struct tg_avro_put *put, struct tg_error *reterr)
{
    struct tg_avro_put *parts = tg_arena_alloc_zero(planner->arena, record->count, sizeof *parts);
    bool *taken = tg_alloc_zero(row->count + 1, sizeof *taken);
    bool good = true;
    put->parts = parts;
    put->part_count = record->count;
    for (uint32_t i = 0; good && i < record->count; i++) {
        const struct tg_avro_field *field = &record->fields[i];
        int32_t index = find_name(row, field->name);
        const char *before = enter(planner, field->name);
        if (index == FIELD_NONE || taken[index]) {
            good = plan_constant(planner, field, &parts[i], reterr);
        } else {
            taken[index] = true;
            good = plan_value(planner, field->schema, row->types[index], &parts[i], reterr);
            parts[i].child = (uint32_t)index;
            if (good && !parts[i].nullable)
                take_standard(planner, field, &parts[i]);
        }
        planner->path = before;
    }
    good = good && check_all_taken(planner, record, row, taken, reterr);
    tg_free(taken);
    return good;
}

/* The fields of a STRUCT, or key and value of a MAP. */
static bool plan_parts(struct planner *planner, const struct tg_avro_schema *record,
                       const struct tg_type *type, struct tg_avro_put *put, struct tg_error *reterr)
{
    static const char *const map_names[] = {"key", "value"};
    bool map = type->kind == TG_TYPE_MAP;
    struct field_row row = {.count = map ? 2 : type->field_count};
    row.names = tg_alloc_zero(row.count + 1, sizeof *row.names);
    row.types = tg_alloc_zero(row.count + 1, sizeof *row.types);
    for (uint32_t i = 0; i < row.count; i++) {
        row.names[i] = map ? map_names[i] : type->fields[i].name;
        row.types[i] = map ? (i == 0 ? type->key : type->element) : type->fields[i].type;
    }
    bool good = plan_fields(planner, record, &row, put, reterr);
    tg_free(row.names);
    tg_free(row.types);
    return good;
}

static bool plan_element(struct planner *planner, const struct tg_avro_schema *schema,
                         const struct tg_type *type, struct tg_avro_put *put, struct tg_error *reterr)
{
    struct tg_avro_put *element = tg_arena_alloc_zero(planner->arena, 1, sizeof *element);
    const char *before = enter(planner, "[]");
    bool good = plan_value(planner, schema->element, type->element, element, reterr);
    planner->path = before;
    element->child = type->kind == TG_TYPE_MAP;
    put->parts = element;
    put->part_count = 1;
    return good;
}

static bool plan_nested(struct planner *planner, const struct tg_avro_schema *schema,
                        const struct tg_type *type, struct tg_avro_put *put, struct tg_error *reterr)
{
    if (type->kind == TG_TYPE_ARRAY && schema->kind == TG_AVRO_ARRAY) {
        put->code = TG_AVRO_PUT_ARRAY;
        return plan_element(planner, schema, type, put, reterr);
    }
    if (type->kind == TG_TYPE_MAP && schema->kind == TG_AVRO_MAP) {
        put->code = TG_AVRO_PUT_MAP;
        return plan_element(planner, schema, type, put, reterr);
    }
    if (type->kind == TG_TYPE_MAP && schema->kind == TG_AVRO_ARRAY &&
        schema->element->kind == TG_AVRO_RECORD) {
        put->code = TG_AVRO_PUT_ENTRIES;
        return plan_parts(planner, schema->element, type, put, reterr);
    }
    if (type->kind == TG_TYPE_STRUCT && schema->kind == TG_AVRO_RECORD) {
        put->code = TG_AVRO_PUT_RECORD;
        return plan_parts(planner, schema, type, put, reterr);
    }
    return refuse(planner, schema, type, reterr);
}

static bool choose(struct tg_avro_put *put, enum tg_avro_put_code code)
{
    put->code = (uint8_t)code;
    return true;
}

static bool plan_integer(const struct tg_avro_schema *schema, enum tg_type_kind kind, struct tg_avro_put *put)
{
    bool wide = kind == TG_TYPE_BIGINT || kind == TG_TYPE_TIMESTAMP;
    enum tg_avro_logical unit = schema->logical;
    put->factor = 1;
    if (schema->kind == TG_AVRO_FLOAT || schema->kind == TG_AVRO_DOUBLE)
        return (kind == TG_TYPE_INT || kind == TG_TYPE_BIGINT) &&
               choose(put, schema->kind == TG_AVRO_FLOAT ? TG_AVRO_PUT_FLOAT : TG_AVRO_PUT_REAL);
    if (schema->kind != TG_AVRO_LONG && (wide || schema->kind != TG_AVRO_INT))
        return false;
    if (kind == TG_TYPE_TIME && schema->kind == TG_AVRO_LONG) {
        put->factor = 1000;
        return unit == TG_AVRO_TIME_MICROS && choose(put, TG_AVRO_PUT_INT);
    }
    if (kind == TG_TYPE_TIMESTAMP && unit == TG_AVRO_TIMESTAMP_MICROS)
        put->factor = 1000;
    if (kind == TG_TYPE_TIMESTAMP && unit == TG_AVRO_TIMESTAMP_NANOS)
        put->factor = 1000000;
    return choose(put, wide ? TG_AVRO_PUT_LONG : TG_AVRO_PUT_INT);
}

static bool plan_decimal(const struct tg_avro_schema *schema, struct tg_avro_put *put)
{
    if (schema->logical != TG_AVRO_DECIMAL || schema->scale > UINT8_MAX)
        return false;
    put->scale = (uint8_t)schema->scale;
    put->size = schema->fixed_size;
    return choose(put, schema->kind == TG_AVRO_FIXED ? TG_AVRO_PUT_FIXED_DECIMAL : TG_AVRO_PUT_DECIMAL);
}

static bool plan_scalar(const struct tg_avro_schema *schema, const struct tg_type *type,
                        struct tg_avro_put *put)
{
    switch (type->kind) {
    case TG_TYPE_BOOLEAN:
        return schema->kind == TG_AVRO_BOOLEAN && choose(put, TG_AVRO_PUT_BOOLEAN);
    case TG_TYPE_INT:
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        return plan_integer(schema, type->kind, put);
    case TG_TYPE_DOUBLE:
        return (schema->kind == TG_AVRO_DOUBLE && choose(put, TG_AVRO_PUT_REAL)) ||
               (schema->kind == TG_AVRO_FLOAT && choose(put, TG_AVRO_PUT_FLOAT));
    case TG_TYPE_DECIMAL:
        return plan_decimal(schema, put);
    case TG_TYPE_STRING:
        put->symbols = schema->symbols;
        put->size = schema->count;
        return (schema->kind == TG_AVRO_STRING && choose(put, TG_AVRO_PUT_BYTES)) ||
               (schema->kind == TG_AVRO_ENUM && choose(put, TG_AVRO_PUT_SYMBOL));
    case TG_TYPE_BYTES:
        put->size = schema->fixed_size;
        return (schema->kind == TG_AVRO_BYTES && choose(put, TG_AVRO_PUT_BYTES)) ||
               (schema->kind == TG_AVRO_FIXED && choose(put, TG_AVRO_PUT_FIXED));
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    return false;
}

/* A STRUCT whose fields are the branches of the union, as Connect names them. */
static bool plan_members(struct planner *planner, const struct tg_avro_schema *schema,
                         const struct tg_type *type, struct tg_avro_put *put)
{
    struct tg_avro_put *parts = tg_arena_alloc_zero(planner->arena, type->field_count, sizeof *parts);
    struct tg_error ignored;
    for (uint32_t i = 0; i < type->field_count; i++) {
        bool found = false;
        for (uint32_t j = 0; !found && j < schema->count; j++) {
            if (schema->branches[j]->kind == TG_AVRO_NULL ||
                !tg_slice_equal_nocase(tg_slice_text(type->fields[i].name),
                                       tg_slice_text(tg_avro_branch_name(schema->branches[j]))))
                continue;
            found = plan_value(planner, schema->branches[j], type->fields[i].type, &parts[i], &ignored);
            parts[i].child = i;
            parts[i].value_branch = (uint8_t)(j * 2);
        }
        if (!found)
            return false;
    }
    put->code = TG_AVRO_PUT_MEMBER;
    put->parts = parts;
    put->part_count = type->field_count;
    return true;
}

/* The first branch that the type fits. */
static bool plan_union(struct planner *planner, const struct tg_avro_schema *schema,
                       const struct tg_type *type, struct tg_avro_put *put, struct tg_error *reterr)
{
    struct tg_error first_error = {0};
    bool found = false;
    if (schema->count > BRANCHES_MAX)
        return refuse(planner, schema, type, reterr);
    bool members = type->kind == TG_TYPE_STRUCT && tg_avro_union_is_struct(schema) &&
                   plan_members(planner, schema, type, put);
    for (uint32_t i = 0; !members && !found && i < schema->count; i++) {
        struct tg_error error = {0};
        if (schema->branches[i]->kind == TG_AVRO_NULL)
            continue;
        *put = (struct tg_avro_put){0};
        found = plan_value(planner, schema->branches[i], type, put, &error);
        put->value_branch = (uint8_t)(i * 2);
        if (!found && first_error.message[0] == '\0')
            first_error = error;
    }
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->branches[i]->kind != TG_AVRO_NULL)
            continue;
        put->nullable = true;
        put->null_branch = (uint8_t)(i * 2);
    }
    put->has_branch = !members;
    if (members || found)
        return true;
    *reterr = first_error;
    return false;
}

static bool plan_value(struct planner *planner, const struct tg_avro_schema *schema,
                       const struct tg_type *type, struct tg_avro_put *put, struct tg_error *reterr)
{
    if (planner->depth == DEPTH_MAX)
        return refuse(planner, schema, type, reterr);
    planner->depth++;
    bool good = false;
    if (schema->kind == TG_AVRO_UNION)
        good = plan_union(planner, schema, type, put, reterr);
    else if (tg_type_is_nested(type))
        good = plan_nested(planner, schema, type, put, reterr);
    else
        good = plan_scalar(schema, type, put) || refuse(planner, schema, type, reterr);
    put->path = planner->path;
    planner->depth--;
    return good;
}

static bool plan_single(struct planner *planner, const struct tg_avro_schema *schema,
                        const struct tg_avro_put_options *options, struct tg_avro_put *root,
                        struct tg_error *reterr)
{
    planner->path = options->columns[0].name;
    if (!plan_value(planner, schema, options->columns[0].type, root, reterr))
        return false;
    if (schema->kind == TG_AVRO_BYTES) /* alone it is written without its length */
        root->code = root->code == TG_AVRO_PUT_DECIMAL ? TG_AVRO_PUT_BARE_DECIMAL : TG_AVRO_PUT_BARE;
    return true;
}

static bool plan_columns(struct planner *planner, const struct tg_avro_schema *schema,
                         const struct tg_avro_put_options *options, struct tg_avro_put *root,
                         struct tg_error *reterr)
{
    struct tg_field *fields = tg_arena_alloc_zero(planner->arena, options->column_count + 1, sizeof *fields);
    for (uint32_t i = 0; i < options->column_count; i++)
        fields[i] = (struct tg_field){options->columns[i].name, options->columns[i].type};
    const struct tg_type *type = tg_type_struct(planner->arena, fields, options->column_count);
    return plan_value(planner, schema, type, root, reterr);
}

enum tg_code tg_avro_plan(struct tg_arena *arena, const struct tg_avro_schema *schema,
                          const struct tg_avro_put_options *options, const struct tg_avro_put **ret_root,
                          struct tg_error *reterr)
{
    struct planner planner = {.arena = arena, .path = ""};
    struct tg_avro_put *root = tg_arena_alloc_zero(arena, 1, sizeof *root);
    struct tg_error error = {0};
    *ret_root = root;
    bool good = options->unwrapped ? plan_single(&planner, schema, options, root, &error)
                                   : plan_columns(&planner, schema, options, root, &error);
    if (good)
        return TG_OK;
    if (reterr != NULL)
        *reterr = error;
    return error.code;
}
