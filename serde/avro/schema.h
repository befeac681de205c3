/* serde/avro/schema.h: an Avro schema as a graph. Thread: any, once it is made. Ownership: everything lies in
 * the arena it was parsed into. A record may contain itself, so walks must look out for cycles. Private to
 * serde/avro/. */
#pragma once

#include "serde/json/tree.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_avro_kind {
    TG_AVRO_NULL,
    TG_AVRO_BOOLEAN,
    TG_AVRO_INT,
    TG_AVRO_LONG,
    TG_AVRO_FLOAT,
    TG_AVRO_DOUBLE,
    TG_AVRO_BYTES,
    TG_AVRO_STRING,
    TG_AVRO_RECORD,
    TG_AVRO_ENUM,
    TG_AVRO_ARRAY,
    TG_AVRO_MAP,
    TG_AVRO_UNION,
    TG_AVRO_FIXED,
};

/* Only those that change what a value means to SQL. Others, and those on a wrong type, are no logical types.
 */
enum tg_avro_logical {
    TG_AVRO_PLAIN,
    TG_AVRO_DECIMAL, /* of bytes or fixed */
    TG_AVRO_DATE,
    TG_AVRO_TIME_MILLIS,
    TG_AVRO_TIME_MICROS,
    TG_AVRO_TIMESTAMP_MILLIS, /* timestamps: also the local- ones */
    TG_AVRO_TIMESTAMP_MICROS,
    TG_AVRO_TIMESTAMP_NANOS,
};

struct tg_avro_schema;

struct tg_avro_field {
    const char *name;
    const struct tg_avro_schema *schema;
    const struct tg_json_tree *default_value; /* NULL: there is none */
    const char *const *aliases;
    uint32_t alias_count;
};

struct tg_avro_schema {
    enum tg_avro_kind kind;
    enum tg_avro_logical logical;
    uint16_t precision; /* DECIMAL */
    uint16_t scale;
    bool map_entry;      /* RECORD: key and value of a map that is written as an array, in Connect's way */
    uint32_t bytes_min;  /* a value has at least so many bytes, cut at 32768 */
    uint32_t fixed_size; /* FIXED */
    const char *name;    /* RECORD, ENUM, FIXED: with its namespace */
    const char *const *aliases;
    uint32_t alias_count;
    uint32_t count; /* of fields, symbols or branches */
    const struct tg_avro_field *fields;
    const struct tg_slice *symbols;
    int32_t default_symbol;                       /* ENUM; or -1 */
    const struct tg_avro_schema *const *branches; /* UNION */
    const struct tg_avro_schema *element;         /* ARRAY: items; MAP: values */
};

enum { TG_AVRO_SCHEMA_BYTES_MAX = 16 * 1024 * 1024 };

/* Parses a schema. `references` are the schemas whose names it may use, each after those that it uses itself.
 * Errors: SYNTAX (no JSON), TYPE (no Avro schema: which field, what is wrong), LIMIT. */
TG_MUST_CHECK enum tg_code tg_avro_schema_parse(struct tg_arena *arena, struct tg_slice text,
                                                const struct tg_slice *references, uint32_t reference_count,
                                                const struct tg_avro_schema **ret_schema,
                                                struct tg_error *reterr);

/* "int", "record vec.Order", for messages. */
const char *tg_avro_schema_title(struct tg_arena *arena, const struct tg_avro_schema *schema);
const char *tg_avro_kind_name(enum tg_avro_kind kind);
/* The name behind the last dot. */
const char *tg_avro_short_name(const char *full_name);
/* Whether a text can be the name of a field, or of a part of a full name. */
bool tg_avro_name_valid(const char *name);
/* For a union of null and one other branch: that branch, else NULL. *ret_null: the index of null. */
const struct tg_avro_schema *tg_avro_nullable(const struct tg_avro_schema *schema, uint32_t *ret_null);

#ifdef __cplusplus
}
#endif
