/* Streams, tables and types by name. */
#include "sql/catalog.h"

#include "base/memory.h"
#include "base/text.h"
#include "plan/nodes/source.h"

struct tg_catalog {
    struct tg_map *sources; /* name to const struct tg_source_definition; &broken: its declaration failed */
    struct tg_map *queries; /* id to const struct tg_query_definition */
    struct tg_map *types;
    struct tg_map *functions; /* name to const struct tg_function_definition */
};

static const struct tg_source_definition broken = {.name = ""};

/* Maps hold pointers that are not constant. */
static void *held(const void *pointer)
{
    return (void *)(uintptr_t)pointer;
}

struct tg_catalog *tg_catalog_new(void)
{
    struct tg_catalog *catalog = tg_alloc_zero(1, sizeof *catalog);
    catalog->sources = tg_map_new();
    catalog->queries = tg_map_new();
    catalog->types = tg_map_new();
    catalog->functions = tg_map_new();
    return catalog;
}

static struct tg_map *copy_map(const struct tg_map *map)
{
    struct tg_map *copy = tg_map_new();
    for (size_t i = 0; i < tg_map_count(map); i++)
        tg_map_put(copy, tg_map_key(map, i), tg_map_value(map, i));
    return copy;
}

struct tg_catalog *tg_catalog_copy(const struct tg_catalog *catalog)
{
    struct tg_catalog *copy = tg_alloc_zero(1, sizeof *copy);
    copy->sources = copy_map(catalog->sources);
    copy->queries = copy_map(catalog->queries);
    copy->types = copy_map(catalog->types);
    copy->functions = copy_map(catalog->functions);
    return copy;
}

void tg_catalog_free(struct tg_catalog *catalog)
{
    if (catalog == NULL)
        return;
    tg_map_free(catalog->sources);
    tg_map_free(catalog->queries);
    tg_map_free(catalog->types);
    tg_map_free(catalog->functions);
    tg_free(catalog);
}

const struct tg_source_definition *tg_catalog_get(const struct tg_catalog *catalog, struct tg_slice name)
{
    const struct tg_source_definition *definition = tg_map_get(catalog->sources, name);
    return definition == &broken ? NULL : definition;
}

/* The definition number `index` among those that are not broken. */
static const struct tg_source_definition *source_at(const struct tg_map *sources, size_t index)
{
    size_t seen = 0;
    for (size_t i = 0; i < tg_map_count(sources); i++) {
        const struct tg_source_definition *definition = tg_map_value(sources, i);
        if (definition != &broken && seen++ == index)
            return definition;
    }
    return NULL;
}

const struct tg_source_definition *tg_catalog_at(const struct tg_catalog *catalog, uint32_t index)
{
    return source_at(catalog->sources, index);
}

static const char *source_name_at(const void *context, size_t index)
{
    const struct tg_source_definition *definition = source_at(context, index);
    return definition == NULL ? NULL : definition->name;
}

static bool needs_quotes(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            return true;
    return false;
}

static void hint_source(const struct tg_catalog *catalog, const char *name, struct tg_error *reterr)
{
    const char *closest = tg_closest(name, source_name_at, catalog->sources);
    if (closest == NULL) {
        if (source_name_at(catalog->sources, 0) == NULL)
            (void)tg_fail_hint(reterr, "declare it first with CREATE STREAM or CREATE TABLE");
        return;
    }
    if (!tg_slice_equal_nocase(tg_slice_text(name), tg_slice_text(closest)))
        (void)tg_fail_hint(reterr, "did you mean %s?", closest);
    else if (needs_quotes(closest))
        (void)tg_fail_hint(
            reterr, "did you mean \"%s\"? names without quotes are read in upper case: put it in quotes",
            closest);
    else
        (void)tg_fail_hint(reterr, "did you mean %s? leave the quotes away: names in quotes keep their case",
                           closest);
}

enum tg_code tg_catalog_find(const struct tg_catalog *catalog, const struct tg_ast_name *name,
                             const struct tg_source_definition **ret_definition, bool *ret_follows,
                             struct tg_error *reterr)
{
    const struct tg_source_definition *definition = tg_map_get(catalog->sources, tg_slice_text(name->text));
    *ret_follows = definition == &broken;
    if (definition != NULL && !*ret_follows) {
        *ret_definition = definition;
        return TG_OK;
    }
    if (*ret_follows)
        return tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, name->place, "the declaration of %s has an error",
                          name->text);
    enum tg_code code = tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, name->place,
                                   "there is no stream or table named %s", name->text);
    hint_source(catalog, name->text, reterr);
    return code;
}

void tg_catalog_put(struct tg_catalog *catalog, const struct tg_source_definition *definition)
{
    tg_map_put(catalog->sources, tg_slice_text(definition->name), held(definition));
}

void tg_catalog_put_broken(struct tg_catalog *catalog, struct tg_slice name)
{
    if (tg_map_get(catalog->sources, name) == NULL)
        tg_map_put(catalog->sources, name, held(&broken));
}

void tg_catalog_remove(struct tg_catalog *catalog, struct tg_slice name)
{
    tg_map_remove(catalog->sources, name);
}

/* ---- queries ---- */

const struct tg_query_definition *tg_catalog_query(const struct tg_catalog *catalog, struct tg_slice id)
{
    return tg_map_get(catalog->queries, id);
}

const struct tg_query_definition *tg_catalog_query_at(const struct tg_catalog *catalog, uint32_t index)
{
    return index < tg_map_count(catalog->queries) ? tg_map_value(catalog->queries, index) : NULL;
}

void tg_catalog_put_query(struct tg_catalog *catalog, const struct tg_query_definition *query)
{
    tg_map_put(catalog->queries, tg_slice_text(query->plan->query_id), held(query));
}

void tg_catalog_remove_query(struct tg_catalog *catalog, struct tg_slice id)
{
    tg_map_remove(catalog->queries, id);
}

static bool node_reads(const struct tg_plan_node *node, const char *source_name)
{
    if (node->kind == &tg_plan_source_kind)
        return strcmp(((const struct tg_plan_source *)node)->source_name, source_name) == 0;
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node_reads(node->inputs[i], source_name))
            return true;
    return false;
}

bool tg_query_reads(const struct tg_query_definition *query, const char *source_name)
{
    return node_reads(query->plan->root, source_name);
}

/* ---- functions ---- */

const struct tg_function_definition *tg_catalog_function(const struct tg_catalog *catalog,
                                                         struct tg_slice name)
{
    return tg_map_get(catalog->functions, name);
}

const struct tg_function_definition *tg_catalog_function_at(const struct tg_catalog *catalog, uint32_t index)
{
    return index < tg_map_count(catalog->functions) ? tg_map_value(catalog->functions, index) : NULL;
}

void tg_catalog_put_function(struct tg_catalog *catalog, const struct tg_function_definition *function)
{
    tg_map_put(catalog->functions, tg_slice_text(function->name), held(function));
}

void tg_catalog_remove_function(struct tg_catalog *catalog, struct tg_slice name)
{
    tg_map_remove(catalog->functions, name);
}

/* ---- types ---- */

struct tg_map *tg_catalog_types(struct tg_catalog *catalog)
{
    return catalog->types;
}
