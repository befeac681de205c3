#include "serde/registry/schema.h"

#include "base/buffer.h"
#include "serde/json/tree.h"

static const char *const type_names[] = {
    [TG_REGISTRY_AVRO] = "AVRO", [TG_REGISTRY_JSON] = "JSON", [TG_REGISTRY_PROTOBUF] = "PROTOBUF"};

const char *tg_registry_type_name(enum tg_registry_type type)
{
    return type_names[type];
}

const char *tg_registry_subject(struct tg_arena *arena, const char *topic, bool is_key)
{
    return tg_arena_printf(arena, "%s-%s", topic, is_key ? "key" : "value");
}

bool tg_registry_type_of(struct tg_slice name, enum tg_registry_type *ret_type)
{
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++) {
        if (!tg_slice_equal_nocase(name, tg_slice_text(type_names[i])))
            continue;
        *ret_type = (enum tg_registry_type)i;
        return true;
    }
    return false;
}

const struct tg_registry_schema *tg_registry_schema_copy(struct tg_arena *arena,
                                                         const struct tg_registry_schema *schema)
{
    struct tg_registry_schema *copy = tg_arena_alloc(arena, sizeof *copy);
    *copy = *schema;
    copy->text = tg_slice_of(tg_arena_text(arena, schema->text), schema->text.length);
    struct tg_registry_reference *references =
        tg_arena_alloc_zero(arena, schema->reference_count + 1, sizeof *references);
    const struct tg_registry_schema **referenced =
        tg_arena_alloc_zero(arena, schema->reference_count + 1, sizeof(const struct tg_registry_schema *));
    for (uint32_t i = 0; i < schema->reference_count; i++) {
        const struct tg_registry_reference *from = &schema->references[i];
        references[i] =
            (struct tg_registry_reference){tg_arena_text(arena, tg_slice_text(from->name)),
                                           tg_arena_text(arena, tg_slice_text(from->subject)), from->version};
        if (schema->referenced != NULL)
            referenced[i] = tg_registry_schema_copy(arena, schema->referenced[i]);
    }
    copy->references = references;
    copy->referenced = schema->referenced == NULL ? NULL : referenced;
    return copy;
}

struct tg_slice tg_registry_schema_compact(struct tg_arena *arena, const struct tg_registry_schema *schema)
{
    const struct tg_json_tree *tree = NULL;
    struct tg_error ignored;
    if (schema->type == TG_REGISTRY_PROTOBUF ||
        tg_json_tree_parse(arena, schema->text, &tree, &ignored) != TG_OK)
        return tg_arena_copy(arena, schema->text);
    struct tg_buffer out = {0};
    tg_json_tree_write(tree, &out);
    struct tg_slice text = tg_arena_copy(arena, tg_buffer_slice(&out));
    tg_buffer_done(&out);
    return text;
}

static bool same_references(const struct tg_registry_schema *a, const struct tg_registry_schema *b)
{
    if (a->reference_count != b->reference_count)
        return false;
    for (uint32_t i = 0; i < a->reference_count; i++)
        if (strcmp(a->references[i].name, b->references[i].name) != 0 ||
            strcmp(a->references[i].subject, b->references[i].subject) != 0 ||
            a->references[i].version != b->references[i].version)
            return false;
    return true;
}

bool tg_registry_schema_equal(const struct tg_registry_schema *a, const struct tg_registry_schema *b)
{
    if (a->type != b->type || !same_references(a, b))
        return false;
    if (tg_slice_equal(a->text, b->text))
        return true;
    struct tg_arena *arena = tg_arena_new(0);
    bool equal = tg_slice_equal(tg_registry_schema_compact(arena, a), tg_registry_schema_compact(arena, b));
    tg_arena_free(arena);
    return equal;
}
