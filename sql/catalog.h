/* sql/catalog.h: the streams, tables and types that the statements so far have made. Definitions live in the
 * job's arena. A name whose declaration failed is remembered as broken, so that one mistake is not reported
 * again by every statement that reads it. Thread: its owner's. */
#pragma once

#include "base/map.h"
#include "sql/ast.h"
#include "sql/job.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_catalog;

struct tg_catalog_entry {
    const struct tg_source_definition *definition; /* NULL: broken */
    bool read_only;                                /* CREATE SOURCE ... */
};

struct tg_catalog *tg_catalog_new(void);
void tg_catalog_free(struct tg_catalog *catalog); /* NULL is a no-op */

/* NULL: the name is not known. */
const struct tg_catalog_entry *tg_catalog_get(const struct tg_catalog *catalog, struct tg_slice name);
/* The source a statement names. Errors: UNKNOWN_NAME with "did you mean"; if the name is broken
 * `*ret_follows` is set: the error only follows from an earlier one. */
TG_MUST_CHECK enum tg_code tg_catalog_find(const struct tg_catalog *catalog, const struct tg_ast_name *name,
                                           const struct tg_catalog_entry **ret_entry, bool *ret_follows,
                                           struct tg_error *reterr);
void tg_catalog_put(struct tg_catalog *catalog, const struct tg_source_definition *definition,
                    bool read_only);
void tg_catalog_put_broken(struct tg_catalog *catalog, struct tg_slice name); /* keeps a good definition */

/* Name to const struct tg_type *. */
struct tg_map *tg_catalog_types(struct tg_catalog *catalog);

#ifdef __cplusplus
}
#endif
