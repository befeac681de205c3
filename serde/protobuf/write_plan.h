/* serde/protobuf/write_plan.h: how columns become one message: its fields in ascending numbers. Made once.
 * Ownership: an arena; it never changes. Private to serde/protobuf/. */
#pragma once

#include "data/column.h"
#include "data/schema.h"
#include "serde/protobuf/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_proto_write_code {
    TG_PROTO_WRITE_NUMBER,
    TG_PROTO_WRITE_BYTES,   /* STRING and BYTES */
    TG_PROTO_WRITE_SYMBOL,  /* STRING as enum */
    TG_PROTO_WRITE_PARSED,  /* STRING as the number or boolean that it says: a map's key */
    TG_PROTO_WRITE_WRAPPER, /* field 1 of a message: a NUMBER or BYTES */
    TG_PROTO_WRITE_KNOWN,
    TG_PROTO_WRITE_MESSAGE,
};

enum { TG_PROTO_TAG_BYTES_MAX = 5, TG_PROTO_AROUND_NONE = UINT32_MAX };

struct tg_proto_write {
    uint8_t code;  /* enum tg_proto_write_code */
    uint8_t kind;  /* enum tg_proto_kind; of a wrapper: that of its value */
    uint8_t known; /* enum tg_proto_known */
    uint8_t tag_length;
    uint8_t tag[TG_PROTO_TAG_BYTES_MAX];
    bool quick; /* a single BIGINT, TIMESTAMP or text, as int64, string or bytes: written without detours */
    bool list;  /* ARRAY */
    bool map;
    bool packed;
    bool presence;   /* zeros are written, too */
    uint32_t around; /* the STRUCT of a oneof that has the column; TG_PROTO_AROUND_NONE: the message has it */
    uint32_t child;  /* which child of the column around, or column of the call */
    uint32_t part_count; /* MESSAGE: its fields */
    const struct tg_proto_write *parts;
    const struct tg_proto_enum *symbols;
    const char *path;
};

/* The fields to be written. Errors: TYPE for a column that has no field, or does not fit it. */
TG_MUST_CHECK enum tg_code tg_proto_plan_writes(struct tg_arena *arena,
                                                const struct tg_proto_message *message,
                                                const struct tg_schema_column *columns, uint32_t count,
                                                const struct tg_proto_write **ret_writes, uint32_t *ret_count,
                                                struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
