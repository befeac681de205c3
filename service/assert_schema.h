/* service/assert_schema.h: what ASSERT SCHEMA looks at, for jobs and for tests. Thread: one; waits for the
 * registry. */
#pragma once

#include "serde/registry/registry.h"
#include "sql/action.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Looks once. Errors: SCHEMA_UNKNOWN, SCHEMA_REFUSED for what is there and should not be, CONFIG without a
 * registry, those of the registry. */
TG_MUST_CHECK enum tg_code tg_assert_schema(struct tg_registry *registry,
                                            const struct tg_assert_schema *wanted, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
