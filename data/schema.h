/* data/schema.h: the columns of a stream, table or operator output. Immutable, in a statement or query arena.
 */
#pragma once

#include "data/type.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_column_role {
    TG_COLUMN_KEY,          /* part of the record key */
    TG_COLUMN_VALUE,        /* part of the record value */
    TG_COLUMN_HEADERS,      /* all record headers: ARRAY<STRUCT<KEY STRING, VALUE BYTES>> */
    TG_COLUMN_HEADER,       /* the last header of one name: BYTES */
    TG_COLUMN_ROWTIME,      /* BIGINT, ms */
    TG_COLUMN_ROWPARTITION, /* INT */
    TG_COLUMN_ROWOFFSET,    /* BIGINT */
    TG_COLUMN_WINDOWSTART,  /* BIGINT, ms; of windowed sources and aggregates */
    TG_COLUMN_WINDOWEND,    /* BIGINT, ms */
};

/* How PROTOBUF fields say NULL: not at all (NULL is written as 0, "" or false), by `optional`, or by the
 * wrapper messages of google/protobuf/wrappers.proto. */
enum tg_nullable { TG_NULLABLE_NEVER, TG_NULLABLE_OPTIONAL, TG_NULLABLE_WRAPPER };

struct tg_schema_column {
    const char *name;
    const struct tg_type *type;
    enum tg_column_role role;
    const char *header_key; /* TG_COLUMN_HEADER only */
};

struct tg_schema {
    uint32_t count;
    const struct tg_schema_column *columns;
};

enum { TG_SCHEMA_NONE = -1 };

/* Copies columns, names and types into the arena. */
const struct tg_schema *tg_schema_new(struct tg_arena *arena, const struct tg_schema_column *columns,
                                      uint32_t count);
int32_t tg_schema_find(const struct tg_schema *schema,
                       struct tg_slice name); /* exact case; or TG_SCHEMA_NONE */
int32_t tg_schema_find_role(const struct tg_schema *schema,
                            enum tg_column_role role); /* first of that role */
uint32_t tg_schema_count_role(const struct tg_schema *schema, enum tg_column_role role);
bool tg_schema_equal(const struct tg_schema *a, const struct tg_schema *b);
/* "`ID` BIGINT KEY, `NAME` STRING", as DESCRIBE and the tests show a schema. */
void tg_schema_write(const struct tg_schema *schema, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
