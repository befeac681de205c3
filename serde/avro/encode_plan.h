/* serde/avro/encode_plan.h: how columns become values of one schema: a tree of nodes in the schema's order,
 * made once. Ownership: an arena; it never changes. Private to serde/avro/. */
#pragma once

#include "data/column.h"
#include "data/schema.h"
#include "serde/avro/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_avro_put_code {
    TG_AVRO_PUT_CONSTANT, /* `standard`, whatever the row: a field without column */
    TG_AVRO_PUT_BOOLEAN,
    TG_AVRO_PUT_INT,           /* int32 as int or long, divided by nothing, times `factor` */
    TG_AVRO_PUT_LONG,          /* int64 as long, times `factor` */
    TG_AVRO_PUT_REAL,          /* DOUBLE, INT or BIGINT as double */
    TG_AVRO_PUT_FLOAT,         /* the same as float */
    TG_AVRO_PUT_BYTES,         /* STRING and BYTES with their length */
    TG_AVRO_PUT_FIXED,         /* BYTES of exactly `size` bytes */
    TG_AVRO_PUT_BARE,          /* STRING and BYTES without length: a whole value */
    TG_AVRO_PUT_SYMBOL,        /* STRING as enum */
    TG_AVRO_PUT_DECIMAL,       /* with length */
    TG_AVRO_PUT_FIXED_DECIMAL, /* in `size` bytes */
    TG_AVRO_PUT_BARE_DECIMAL,
    TG_AVRO_PUT_ARRAY,
    TG_AVRO_PUT_MAP,     /* key text and value */
    TG_AVRO_PUT_ENTRIES, /* a MAP as an array of records */
    TG_AVRO_PUT_RECORD,
    TG_AVRO_PUT_MEMBER, /* a STRUCT that stands for a union: its one field that is not NULL */
};

struct tg_avro_put {
    uint8_t code; /* enum tg_avro_put_code */
    bool nullable;
    bool has_branch; /* a union: value_branch is written before the value */
    bool has_standard;
    uint8_t null_branch; /* as written: one byte */
    uint8_t value_branch;
    uint8_t scale;  /* decimals: of the schema */
    uint32_t child; /* which child of the column around, or column of the call */
    uint32_t size;  /* FIXED: bytes; SYMBOL: how many symbols */
    int64_t factor;
    struct tg_slice standard; /* the default's bytes, for NULL where the schema has no null */
    const struct tg_slice *symbols;
    uint32_t part_count;
    const struct tg_avro_put *parts; /* RECORD, ENTRIES: fields; ARRAY, MAP: one element; MEMBER: branches */
    const char *path;
};

struct tg_avro_put_options {
    const struct tg_schema_column *columns;
    uint32_t column_count;
    bool unwrapped;
};

/* The root node: a RECORD of the columns, or the single column. Errors: TYPE for a column that the schema has
 * no field for or that does not fit it, and for a field that has neither column nor default. */
TG_MUST_CHECK enum tg_code tg_avro_plan(struct tg_arena *arena, const struct tg_avro_schema *schema,
                                        const struct tg_avro_put_options *options,
                                        const struct tg_avro_put **ret_root, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
