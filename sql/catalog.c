/* Streams, tables and types by name. */
#include "sql/catalog.h"

#include "base/memory.h"
#include "base/text.h"

struct tg_catalog {
    struct tg_map *sources; /* name to struct tg_catalog_entry, heap */
    struct tg_map *types;
};

struct tg_catalog *tg_catalog_new(void)
{
    struct tg_catalog *catalog = tg_alloc_zero(1, sizeof *catalog);
    catalog->sources = tg_map_new();
    catalog->types = tg_map_new();
    return catalog;
}

void tg_catalog_free(struct tg_catalog *catalog)
{
    if (catalog == NULL)
        return;
    for (size_t i = 0; i < tg_map_count(catalog->sources); i++)
        tg_free(tg_map_value(catalog->sources, i));
    tg_map_free(catalog->sources);
    tg_map_free(catalog->types);
    tg_free(catalog);
}

const struct tg_catalog_entry *tg_catalog_get(const struct tg_catalog *catalog, struct tg_slice name)
{
    return tg_map_get(catalog->sources, name);
}

static const char *source_name_at(const void *context, size_t index)
{
    const struct tg_map *sources = context;
    size_t seen = 0;
    for (size_t i = 0; i < tg_map_count(sources); i++) {
        const struct tg_catalog_entry *entry = tg_map_value(sources, i);
        if (entry->definition != NULL && seen++ == index)
            return entry->definition->name;
    }
    return NULL;
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
                             const struct tg_catalog_entry **ret_entry, bool *ret_follows,
                             struct tg_error *reterr)
{
    const struct tg_catalog_entry *entry = tg_catalog_get(catalog, tg_slice_text(name->text));
    *ret_follows = entry != NULL && entry->definition == NULL;
    if (entry != NULL && entry->definition != NULL) {
        *ret_entry = entry;
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

static struct tg_catalog_entry *entry_of(struct tg_catalog *catalog, struct tg_slice name)
{
    struct tg_catalog_entry *entry = tg_map_get(catalog->sources, name);
    if (entry == NULL) {
        entry = tg_alloc_zero(1, sizeof *entry);
        tg_map_put(catalog->sources, name, entry);
    }
    return entry;
}

void tg_catalog_put(struct tg_catalog *catalog, const struct tg_source_definition *definition, bool read_only)
{
    struct tg_catalog_entry *entry = entry_of(catalog, tg_slice_text(definition->name));
    entry->definition = definition;
    entry->read_only = read_only;
}

void tg_catalog_put_broken(struct tg_catalog *catalog, struct tg_slice name)
{
    (void)entry_of(catalog, name);
}

struct tg_map *tg_catalog_types(struct tg_catalog *catalog)
{
    return catalog->types;
}
