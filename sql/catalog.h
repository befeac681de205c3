/* sql/catalog.h: the streams, tables, queries and types that the statements so far have made. Definitions
 * live in the session's arenas. A name whose declaration failed can be remembered as broken, so that one
 * mistake is not reported again by every statement that reads it. Thread: its owner's. */
#pragma once

#include "base/map.h"
#include "sql/action.h"
#include "sql/ast.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_catalog;

struct tg_catalog *tg_catalog_new(void);
struct tg_catalog *tg_catalog_copy(const struct tg_catalog *catalog); /* the same definitions */
void tg_catalog_free(struct tg_catalog *catalog);                     /* NULL is a no-op */

/* ---- streams and tables ---- */

/* NULL: the name is not known, or broken. */
const struct tg_source_definition *tg_catalog_get(const struct tg_catalog *catalog, struct tg_slice name);
/* In the order in which they were made; NULL at the end. */
const struct tg_source_definition *tg_catalog_at(const struct tg_catalog *catalog, uint32_t index);
/* The source a statement names. Errors: UNKNOWN_NAME with "did you mean"; if the name is broken
 * `*ret_follows` is set: the error only follows from an earlier one. */
TG_MUST_CHECK enum tg_code tg_catalog_find(const struct tg_catalog *catalog, const struct tg_ast_name *name,
                                           const struct tg_source_definition **ret_definition,
                                           bool *ret_follows, struct tg_error *reterr);
/* Adds, or replaces the definition of that name. */
void tg_catalog_put(struct tg_catalog *catalog, const struct tg_source_definition *definition);
void tg_catalog_put_broken(struct tg_catalog *catalog, struct tg_slice name); /* keeps a good definition */
void tg_catalog_remove(struct tg_catalog *catalog, struct tg_slice name);

/* ---- queries ---- */

const struct tg_query_definition *tg_catalog_query(const struct tg_catalog *catalog, struct tg_slice id);
const struct tg_query_definition *tg_catalog_query_at(const struct tg_catalog *catalog, uint32_t index);
void tg_catalog_put_query(struct tg_catalog *catalog, const struct tg_query_definition *query);
void tg_catalog_remove_query(struct tg_catalog *catalog, struct tg_slice id);
/* Does a source of the query's plan read the stream or table? */
bool tg_query_reads(const struct tg_query_definition *query, const char *source_name);

/* ---- functions made by CREATE FUNCTION ---- */

struct tg_parameter {
    const char *name;
    const struct tg_type *type;
};

struct tg_function_definition {
    const char *name;
    uint32_t parameter_count;
    const struct tg_parameter *parameters;
    const struct tg_type *type; /* of the result */
    const char *body;           /* canonical SQL of an expression */
};

const struct tg_function_definition *tg_catalog_function(const struct tg_catalog *catalog,
                                                         struct tg_slice name);
/* In the order in which they were made; NULL at the end. */
const struct tg_function_definition *tg_catalog_function_at(const struct tg_catalog *catalog, uint32_t index);
void tg_catalog_put_function(struct tg_catalog *catalog, const struct tg_function_definition *function);
void tg_catalog_remove_function(struct tg_catalog *catalog, struct tg_slice name);

/* ---- types ---- */

/* Name to const struct tg_type *. */
struct tg_map *tg_catalog_types(struct tg_catalog *catalog);

#ifdef __cplusplus
}
#endif
