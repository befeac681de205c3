/* serde/avro/columns.h: SQL columns from an Avro schema and the Avro schema of SQL columns, as ksqlDB does
 * both (through Kafka Connect's types). Thread: any. Private to serde/avro/. */
#pragma once

#include "data/schema.h"
#include "serde/avro/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_avro_infer_options {
    bool keeps_case; /* else names become upper case */
};

/* The type of a value. *ret_type is NULL where SQL has none (null alone): such fields are left out.
 * Errors: TYPE for what contains itself, LIMIT for a schema that unfolds to too many fields. */
TG_MUST_CHECK enum tg_code tg_avro_type_of(struct tg_arena *arena, const struct tg_avro_schema *schema,
                                           const struct tg_avro_infer_options *options,
                                           const struct tg_type **ret_type, struct tg_error *reterr);

/* The name of a branch as a field, where a union of several is a STRUCT: "int", "Order". */
const char *tg_avro_branch_name(const struct tg_avro_schema *branch);
/* Whether the union is such a STRUCT: it has two branches or more besides null. */
bool tg_avro_union_is_struct(const struct tg_avro_schema *schema);

struct tg_avro_write_options {
    const char *full_name; /* of the record; NULL: ksqlDB's name for values */
    bool unwrapped;        /* the schema of the single column alone */
};

/* Appends the schema's JSON. Errors: TYPE for names and types that Avro cannot carry. */
TG_MUST_CHECK enum tg_code tg_avro_schema_write(const struct tg_schema_column *columns, uint32_t count,
                                                const struct tg_avro_write_options *options,
                                                struct tg_buffer *out, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
