#include "serde/json/node.h"

enum { STEPS_BEYOND_FIELDS = 32 }; /* room for members that are no columns */

/* Names are few and short: their ends and length tell them apart well enough. */
static uint32_t hash_name(struct tg_slice name)
{
    uint64_t first = 0;
    uint64_t last = 0;
    size_t part = name.length < 8 ? name.length : 8;
    if (part > 0) {
        memcpy(&first, name.data, part);
        memcpy(&last, name.data + name.length - part, part);
    }
    uint64_t hash = (first ^ (last << 17 | last >> 47) ^ name.length) * 0x9e3779b97f4a7c15ULL;
    return (uint32_t)(hash >> 32);
}

static void insert(struct tg_json_fields *fields, int32_t field)
{
    uint32_t slot = hash_name(fields->fields[field].name) & fields->table_mask;
    while (fields->table[slot] != TG_JSON_FIELD_NONE)
        slot = (slot + 1) & fields->table_mask;
    fields->table[slot] = field;
}

static struct tg_json_fields *new_fields(struct tg_arena *arena, uint32_t count)
{
    struct tg_json_fields *fields = tg_arena_alloc_zero(arena, 1, sizeof *fields);
    fields->count = count;
    fields->fields = tg_arena_alloc_zero(arena, count, sizeof *fields->fields);
    fields->seen = tg_arena_alloc_zero(arena, count, sizeof *fields->seen);
    fields->winners = tg_arena_alloc_zero(arena, count, sizeof *fields->winners);
    fields->layout.capacity = count + STEPS_BEYOND_FIELDS;
    fields->layout.steps = tg_arena_alloc_zero(arena, fields->layout.capacity, sizeof *fields->layout.steps);
    uint32_t slots = 4;
    while (slots < count * 2)
        slots *= 2;
    fields->table_mask = slots - 1;
    fields->table = tg_arena_alloc(arena, slots * sizeof *fields->table);
    for (uint32_t i = 0; i < slots; i++)
        fields->table[i] = TG_JSON_FIELD_NONE;
    return fields;
}

static void init_field(struct tg_json_fields *fields, struct tg_arena *arena, uint32_t index,
                       const struct tg_field *source)
{
    struct tg_json_field *field = &fields->fields[index];
    field->name = tg_arena_copy(arena, tg_slice_text(source->name));
    tg_json_node_init(&field->node, arena, source->type);
    if (field->name.length > fields->name_length_max)
        fields->name_length_max = (uint32_t)field->name.length;
    insert(fields, (int32_t)index);
}

struct tg_json_fields *tg_json_fields_new(struct tg_arena *arena, const struct tg_schema_column *columns,
                                          uint32_t count)
{
    struct tg_json_fields *fields = new_fields(arena, count);
    for (uint32_t i = 0; i < count; i++)
        init_field(fields, arena, i, &(struct tg_field){columns[i].name, columns[i].type});
    return fields;
}

void tg_json_node_init(struct tg_json_node *node, struct tg_arena *arena, const struct tg_type *type)
{
    *node = (struct tg_json_node){.type = type, .kind = type->kind};
    if (type->kind == TG_TYPE_ARRAY) {
        node->element = tg_arena_alloc(arena, sizeof *node->element);
        tg_json_node_init(node->element, arena, type->element);
    } else if (type->kind == TG_TYPE_MAP) {
        node->entry = new_fields(arena, 2);
        init_field(node->entry, arena, 0, &(struct tg_field){"key", type->key});
        init_field(node->entry, arena, 1, &(struct tg_field){"value", type->element});
        node->element = &node->entry->fields[1].node;
    } else if (type->kind == TG_TYPE_STRUCT) {
        node->fields = new_fields(arena, type->field_count);
        for (uint32_t i = 0; i < type->field_count; i++)
            init_field(node->fields, arena, i, &type->fields[i]);
    }
}

static int32_t find_exact(const struct tg_json_fields *fields, struct tg_slice name)
{
    uint32_t slot = hash_name(name) & fields->table_mask;
    for (;; slot = (slot + 1) & fields->table_mask) {
        int32_t field = fields->table[slot];
        if (field == TG_JSON_FIELD_NONE || tg_slice_equal(fields->fields[field].name, name))
            return field;
    }
}

int32_t tg_json_fields_find(const struct tg_json_fields *fields, struct tg_slice name, bool *ret_exact)
{
    enum { UPPER_MAX = 256 };
    uint8_t upper[UPPER_MAX];
    *ret_exact = true;
    if (name.length > fields->name_length_max)
        return TG_JSON_FIELD_NONE;
    int32_t field = find_exact(fields, name);
    if (field != TG_JSON_FIELD_NONE || name.length > UPPER_MAX)
        return field;
    *ret_exact = false;
    for (size_t i = 0; i < name.length; i++)
        upper[i] =
            (uint8_t)(name.data[i] >= 'a' && name.data[i] <= 'z' ? name.data[i] - 'a' + 'A' : name.data[i]);
    return find_exact(fields, tg_slice_of(upper, name.length));
}

uint32_t tg_json_fields_begin(struct tg_json_fields *fields)
{
    if (++fields->object == 0) {
        memset(fields->seen, 0, fields->count * sizeof *fields->seen);
        fields->object = 1;
    }
    return fields->object;
}
