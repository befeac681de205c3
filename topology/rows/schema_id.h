/* topology/rows/schema_id.h: the headers that name the schema of a record's key or value, as newer
 * serializers write them instead of an id before the bytes. They are of the bytes that they came with: a
 * record that is written anew does not inherit them, and bytes that are kept without headers take theirs
 * along in front, where serde/registry/wire.h finds it. Thread: any. */
#pragma once

#include "data/batch.h"
#include "serde/format.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TG_KEY_SCHEMA_HEADER "__key_schema_id"
#define TG_VALUE_SCHEMA_HEADER "__value_schema_id"

bool tg_is_schema_header(struct tg_slice name);
/* `list`, or what is left of it in *copies, which grows as needed and is the caller's to free. */
struct tg_header_list tg_without_schema_headers(struct tg_header_list list, struct tg_header **copies,
                                                size_t *capacity);
/* Appends the value of a row's record as it is kept: the schema's header, if it has one, and the bytes. */
void tg_record_value_append(struct tg_buffer *out, const struct tg_rows *rows, uint32_t row);
bool tg_record_has_schema_header(const struct tg_rows *rows, uint32_t row);
/* Can rows that were kept be decoded now? Errors: REGISTRY_UNREACHABLE, retriable: a schema has been asked
 * for, and the unit tries the row again. */
TG_MUST_CHECK enum tg_code tg_await_kept_schemas(struct tg_decoder *decoder,
                                                 const struct tg_decode_call *call,
                                                 struct tg_registry *registry, const char *name,
                                                 struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
