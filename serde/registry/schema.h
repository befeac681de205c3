/* serde/registry/schema.h: schemas as values. Private to serde/registry/. Thread: any. */
#pragma once

#include "serde/registry/registry.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_REGISTRY_REFERENCE_DEPTH_MAX = 16, TG_REGISTRY_REFERENCES_MAX = 1000 };

/* A copy with everything that it needs (`referenced` too) in the arena. */
const struct tg_registry_schema *tg_registry_schema_copy(struct tg_arena *arena,
                                                         const struct tg_registry_schema *schema);
/* Same type, references and text; white space outside of JSON's strings does not count. */
bool tg_registry_schema_equal(const struct tg_registry_schema *a, const struct tg_registry_schema *b);
/* Its text without white space that says nothing. Owned by the arena. */
struct tg_slice tg_registry_schema_compact(struct tg_arena *arena, const struct tg_registry_schema *schema);
/* Without case; false for other names. */
bool tg_registry_type_of(struct tg_slice name, enum tg_registry_type *ret_type);

#ifdef __cplusplus
}
#endif
