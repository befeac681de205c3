#include "serde/protobuf/write_plan.h"

#include "base/memory.h"
#include "serde/protobuf/protobuf.h"

enum { DEPTH_MAX = 64 };

struct planner {
    struct tg_arena *arena;
    const char *path;
    uint32_t depth;
    bool entry; /* the next message is an entry of a map */
    struct tg_error *reterr;
};

struct field_row {
    uint32_t count;
    const char **names;
    const struct tg_type **types;
};

static bool plan_fields(struct planner *planner, const struct tg_proto_message *message,
                        const struct field_row *row, const struct tg_proto_write **ret_writes,
                        uint32_t *ret_count);

static bool same_name(const char *a, const char *b)
{
    return tg_slice_equal_nocase(tg_slice_text(a), tg_slice_text(b));
}

static int32_t find_name(const struct field_row *row, const char *name)
{
    int32_t other_case = -1;
    for (uint32_t i = 0; i < row->count; i++) {
        if (strcmp(row->names[i], name) == 0)
            return (int32_t)i;
        if (other_case < 0 && same_name(row->names[i], name))
            other_case = (int32_t)i;
    }
    return other_case;
}

static uint8_t write_tag(uint32_t number, enum tg_proto_wire wire, uint8_t tag[TG_PROTO_TAG_BYTES_MAX])
{
    uint64_t bits = (uint64_t)number << 3 | wire;
    uint8_t length = 0;
    for (; bits >= 0x80; bits >>= 7)
        tag[length++] = (uint8_t)((bits & 0x7f) | 0x80);
    tag[length++] = (uint8_t)bits;
    return length;
}

static bool takes_number(enum tg_proto_kind kind, enum tg_type_kind source)
{
    bool narrow = kind == TG_PROTO_INT32 || kind == TG_PROTO_SINT32 || kind == TG_PROTO_SFIXED32;
    bool real = kind == TG_PROTO_DOUBLE || kind == TG_PROTO_FLOAT;
    bool other = kind == TG_PROTO_BOOL || kind == TG_PROTO_STRING || kind == TG_PROTO_BYTES ||
                 kind == TG_PROTO_ENUM || kind == TG_PROTO_MESSAGE || kind == TG_PROTO_GROUP;
    switch ((int)source) {
    case TG_TYPE_BOOLEAN:
        return kind == TG_PROTO_BOOL;
    case TG_TYPE_INT:
        return !other;
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        return !other && !real;
    case TG_TYPE_BIGINT:
        return !other && !narrow;
    case TG_TYPE_TIMESTAMP:
        return !other && !narrow && !real;
    case TG_TYPE_DOUBLE:
        return real;
    default:
        return false;
    }
}

static bool choose_scalar(struct tg_proto_write *write, const struct tg_proto_field *field,
                          enum tg_type_kind source)
{
    write->kind = (uint8_t)field->kind;
    write->symbols = field->symbols;
    if ((source == TG_TYPE_STRING && field->kind == TG_PROTO_STRING) ||
        (source == TG_TYPE_BYTES && field->kind == TG_PROTO_BYTES))
        write->code = TG_PROTO_WRITE_BYTES;
    else if (source == TG_TYPE_STRING && field->kind == TG_PROTO_ENUM)
        write->code = TG_PROTO_WRITE_SYMBOL;
    else if (takes_number(field->kind, source))
        write->code = TG_PROTO_WRITE_NUMBER;
    else
        return false;
    return true;
}

static bool plan_parts(struct planner *planner, const struct tg_proto_message *message,
                       const struct tg_type *type, struct tg_proto_write *write)
{
    static const char *const entry_names[] = {"key", "value"};
    bool map = type->kind == TG_TYPE_MAP;
    struct field_row row = {.count = map ? 2 : type->field_count};
    row.names = tg_alloc_zero(row.count + 1, sizeof *row.names);
    row.types = tg_alloc_zero(row.count + 1, sizeof *row.types);
    for (uint32_t i = 0; i < row.count; i++) {
        row.names[i] = map ? entry_names[i] : type->fields[i].name;
        row.types[i] = map ? (i == 0 ? type->key : type->element) : type->fields[i].type;
    }
    write->code = TG_PROTO_WRITE_MESSAGE;
    planner->entry = map;
    bool good = plan_fields(planner, message, &row, &write->parts, &write->part_count);
    tg_free(row.names);
    tg_free(row.types);
    return good;
}

static bool choose_known(struct tg_proto_write *write, const struct tg_proto_message *message,
                         enum tg_type_kind source)
{
    write->known = (uint8_t)message->known;
    if (message->known == TG_PROTO_WRAPPER) {
        struct tg_proto_write inner = {0};
        bool fits = choose_scalar(&inner, &message->fields[0], source);
        write->code = TG_PROTO_WRITE_WRAPPER;
        write->kind = inner.kind;
        return fits;
    }
    write->code = TG_PROTO_WRITE_KNOWN;
    return (message->known == TG_PROTO_TIMESTAMP && source == TG_TYPE_TIMESTAMP) ||
           (message->known == TG_PROTO_DATE && source == TG_TYPE_DATE) ||
           (message->known == TG_PROTO_TIME && source == TG_TYPE_TIME) ||
           (message->known == TG_PROTO_DECIMAL && source == TG_TYPE_DECIMAL);
}

static bool refuse(struct planner *planner, const struct tg_proto_field *field, const struct tg_type *type)
{
    tg_fail(planner->reterr, TG_CODE_TYPE, "column %s: %s cannot be written as %s%s", planner->path,
            tg_type_name(planner->arena, type), field->repeated ? "repeated " : "",
            field->message != NULL ? field->message->full_name : tg_proto_kind_name(field->kind));
    return false;
}

static bool plan_field(struct planner *planner, const struct tg_proto_field *field,
                       const struct tg_type *type, bool in_entry, struct tg_proto_write *write)
{
    const struct tg_type *one = type;
    write->list = type->kind == TG_TYPE_ARRAY;
    write->map = type->kind == TG_TYPE_MAP;
    write->packed = field->packed && write->list;
    write->presence = field->has_presence || in_entry;
    if (field->kind == TG_PROTO_GROUP || (write->list || write->map) != field->repeated ||
        (write->map && !field->is_map))
        return refuse(planner, field, type);
    write->tag_length =
        write_tag(field->number, write->packed ? TG_PROTO_SIZED : tg_proto_wire_of(field->kind), write->tag);
    if (write->list)
        one = type->element;
    if (field->message == NULL && choose_scalar(write, field, one->kind)) {
        write->quick =
            !field->repeated && (write->code == TG_PROTO_WRITE_BYTES ||
                                 ((one->kind == TG_TYPE_BIGINT || one->kind == TG_TYPE_TIMESTAMP) &&
                                  field->kind == TG_PROTO_INT64));
        return true;
    }
    if (in_entry && field->number == 1 && one->kind == TG_TYPE_STRING && field->message == NULL &&
        (field->kind == TG_PROTO_BOOL || takes_number(field->kind, TG_TYPE_INT))) {
        write->code = TG_PROTO_WRITE_PARSED;
        return true;
    }
    if (field->message == NULL)
        return refuse(planner, field, type);
    if (field->message->known != TG_PROTO_ORDINARY && choose_known(write, field->message, one->kind))
        return true;
    if (one->kind != TG_TYPE_STRUCT && !write->map)
        return refuse(planner, field, type);
    return plan_parts(planner, field->message, one, write);
}

/* The column of a field, by its own name or in the STRUCT of its oneof. NULL: it has none. */
static const struct tg_type *find_column(struct planner *planner, const struct tg_proto_message *message,
                                         const struct tg_proto_field *field, const struct field_row *row,
                                         bool *taken, struct tg_proto_write *write)
{
    int32_t index = find_name(row, field->name);
    write->around = TG_PROTO_AROUND_NONE;
    if (index >= 0) {
        taken[index] = true;
        write->child = (uint32_t)index;
        return row->types[index];
    }
    if (field->oneof < 0)
        return NULL;
    index = find_name(row, tg_proto_oneof_name(planner->arena, message, (uint32_t)field->oneof));
    if (index < 0 || row->types[index]->kind != TG_TYPE_STRUCT)
        return NULL;
    taken[index] = true;
    write->around = (uint32_t)index;
    for (uint32_t i = 0; i < row->types[index]->field_count; i++) {
        write->child = i;
        if (same_name(row->types[index]->fields[i].name, field->name))
            return row->types[index]->fields[i].type;
    }
    return NULL;
}

static bool plan_row(struct planner *planner, const struct tg_proto_message *message,
                     const struct field_row *row, bool *taken, struct tg_proto_write *writes, uint32_t *count)
{
    bool in_entry = planner->entry;
    planner->entry = false;
    for (uint32_t i = 0; i < message->field_count; i++) {
        const struct tg_proto_field *field = &message->fields[i];
        const char *before = planner->path;
        struct tg_proto_write *write = &writes[*count];
        const struct tg_type *type = find_column(planner, message, field, row, taken, write);
        if (type == NULL)
            continue;
        planner->path =
            tg_arena_printf(planner->arena, "%s%s%s", before, *before == '\0' ? "" : ".", field->name);
        write->path = planner->path;
        if (!plan_field(planner, field, type, in_entry, write))
            return false;
        planner->path = before;
        (*count)++;
    }
    for (uint32_t i = 0; i < row->count; i++) {
        if (taken[i])
            continue;
        tg_fail(planner->reterr, TG_CODE_TYPE,
                "column %s%s%s: the schema's message %s has no field of that name", planner->path,
                *planner->path == '\0' ? "" : ".", row->names[i], message->full_name);
        return false;
    }
    return true;
}

static bool plan_fields(struct planner *planner, const struct tg_proto_message *message,
                        const struct field_row *row, const struct tg_proto_write **ret_writes,
                        uint32_t *ret_count)
{
    struct tg_proto_write *writes =
        tg_arena_alloc_zero(planner->arena, message->field_count + 1, sizeof *writes);
    if (planner->depth == DEPTH_MAX) {
        tg_fail(planner->reterr, TG_CODE_LIMIT, "messages are nested deeper than %d levels", DEPTH_MAX);
        return false;
    }
    planner->depth++;
    bool *taken = tg_alloc_zero(row->count + 1, sizeof *taken);
    *ret_count = 0;
    *ret_writes = writes;
    bool good = plan_row(planner, message, row, taken, writes, ret_count);
    tg_free(taken);
    planner->depth--;
    return good;
}

enum tg_code tg_proto_plan_writes(struct tg_arena *arena, const struct tg_proto_message *message,
                                  const struct tg_schema_column *columns, uint32_t count,
                                  const struct tg_proto_write **ret_writes, uint32_t *ret_count,
                                  struct tg_error *reterr)
{
    struct tg_error error = {0};
    struct planner planner = {.arena = arena, .path = "", .reterr = &error};
    struct field_row row = {.count = count};
    row.names = tg_arena_alloc_zero(arena, count + 1, sizeof *row.names);
    row.types = tg_arena_alloc_zero(arena, count + 1, sizeof *row.types);
    for (uint32_t i = 0; i < count; i++) {
        row.names[i] = columns[i].name;
        row.types[i] = columns[i].type;
    }
    if (plan_fields(&planner, message, &row, ret_writes, ret_count))
        return TG_OK;
    if (reterr != NULL)
        *reterr = error;
    return error.code;
}
