/* service/test/schemas.h: formats whose records have schemas, for tests: a case's schemas in a registry in
 * memory, and records between their JSON and their bytes. Everything goes through the formats of serde/: the
 * JSON is read as rows of the schema's type, and written by the schema. Ownership: arena. Thread: one. */
#pragma once

#include "service/test/case.h"
#include "service/test/records.h"
#include "sql/schemas.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the statements of a case ask of its registry. Statements name schemas by ids that come from the order
 * in which ksqlDB's runner registers: topics that statements declare first, then those under "topics". */
struct tg_test_schemas {
    struct tg_registry *registry;
    struct tg_arena *arena;
    const struct tg_test_case *test;
    struct tg_session_schemas inner; /* of service/schemas.h */
    bool registered;                 /* those under "topics" */
};
struct tg_session_schemas tg_test_schemas_hooks(struct tg_test_schemas *schemas);
/* Registers the schemas under "topics", once. Errors: those of the registry, USAGE for formats that are none.
 */
TG_MUST_CHECK enum tg_code tg_test_schemas_register(struct tg_test_schemas *schemas, struct tg_error *reterr);
/* Needs a schema to be read and written? */
bool tg_test_has_schemas(const struct tg_plan_format *format);
/* By the latest schema of the topic's subject, else by the columns of the source. */
TG_MUST_CHECK enum tg_code tg_test_encode_typed(struct tg_arena *arena, const struct tg_test_codec *codec,
                                                bool is_key, const struct tg_json_tree *json,
                                                struct tg_slice *ret_bytes, struct tg_error *reterr);
/* By the schema that the record names; false: it cannot be read. */
bool tg_test_decode_typed(struct tg_arena *arena, const struct tg_test_codec *codec, bool is_key,
                          struct tg_slice bytes, const struct tg_json_tree **ret_json);

#ifdef __cplusplus
}
#endif
