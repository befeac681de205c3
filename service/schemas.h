/* service/schemas.h: what statements ask of a schema registry (sql/schemas.h), answered by the formats and
 * the registry. Schemas of statements that are only checked so far are kept beside the registry, so that the
 * statements behind them find them; executing a statement registers them. Thread: one at a time. Ownership:
 * registry borrowed. */
#pragma once

#include "serde/registry/registry.h"
#include "sql/action.h"
#include "sql/schemas.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_schemas;

enum tg_schemas_mode {
    TG_SCHEMAS_CHECKED, /* declared schemas are kept beside the registry */
    TG_SCHEMAS_AT_ONCE, /* they are registered when a statement is checked: tests */
};
struct tg_schemas *tg_schemas_new(struct tg_registry *registry, enum tg_schemas_mode mode);
void tg_schemas_free(struct tg_schemas *schemas); /* NULL is a no-op */
/* For the options of a session; all NULL if `schemas` is. */
struct tg_session_schemas tg_schemas_hooks(struct tg_schemas *schemas);
/* Registers the schemas of a declared source, unless its subjects are there. Waits for the registry. Errors:
 * those of serde/registry/registry.h. */
TG_MUST_CHECK enum tg_code tg_schemas_register(struct tg_schemas *schemas,
                                               const struct tg_source_definition *definition,
                                               struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
