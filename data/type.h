/* data/type.h: SQL types. Immutable; simple types are statics, nested ones live in the arena they were made
 * in (statement or query). Thread: any, as they never change. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_type_kind {
    TG_TYPE_BOOLEAN,   /* uint8_t 0 or 1 */
    TG_TYPE_INT,       /* int32_t */
    TG_TYPE_BIGINT,    /* int64_t */
    TG_TYPE_DOUBLE,    /* double */
    TG_TYPE_DECIMAL,   /* tg_int128, scaled by 10^scale */
    TG_TYPE_STRING,    /* tg_slice of valid UTF-8 */
    TG_TYPE_BYTES,     /* tg_slice */
    TG_TYPE_TIME,      /* int32_t, ms of day */
    TG_TYPE_DATE,      /* int32_t, days since 1970-01-01 */
    TG_TYPE_TIMESTAMP, /* int64_t, ms since 1970-01-01 UTC */
    TG_TYPE_ARRAY,
    TG_TYPE_MAP,
    TG_TYPE_STRUCT,
};
enum { TG_TYPE_KIND_COUNT = TG_TYPE_STRUCT + 1 };

struct tg_type;

struct tg_field {
    const char *name; /* exact case */
    const struct tg_type *type;
};

struct tg_type {
    enum tg_type_kind kind;
    uint16_t precision; /* DECIMAL: 1..38 for values, any in the planner */
    uint16_t scale;     /* DECIMAL */
    uint32_t field_count;
    const struct tg_type *key;     /* MAP */
    const struct tg_type *element; /* ARRAY: element; MAP: value */
    const struct tg_field *fields; /* STRUCT */
};

extern const struct tg_type tg_type_boolean, tg_type_int, tg_type_bigint, tg_type_double, tg_type_string,
    tg_type_bytes, tg_type_time, tg_type_date, tg_type_timestamp;

const struct tg_type *tg_type_decimal(struct tg_arena *arena, uint16_t precision, uint16_t scale);
const struct tg_type *tg_type_array(struct tg_arena *arena, const struct tg_type *element);
const struct tg_type *tg_type_map(struct tg_arena *arena, const struct tg_type *key,
                                  const struct tg_type *value);
/* Copies the field array, not the names. */
const struct tg_type *tg_type_struct(struct tg_arena *arena, const struct tg_field *fields,
                                     uint32_t field_count);
const struct tg_type *tg_type_copy(struct tg_arena *arena, const struct tg_type *type); /* deep, with names */

bool tg_type_equal(const struct tg_type *a, const struct tg_type *b); /* field names count, with their case */
bool tg_type_is_number(const struct tg_type *type);                   /* INT, BIGINT, DECIMAL, DOUBLE */
bool tg_type_is_nested(const struct tg_type *type);                   /* ARRAY, MAP, STRUCT */
const char *tg_type_kind_name(enum tg_type_kind kind); /* "INTEGER", "BIGINT", ... as DESCRIBE shows them */

/* "DECIMAL(4, 2)", "ARRAY<STRUCT<`A` INTEGER>>": names in backquotes, so that tg_type_parse reads it back. */
void tg_type_write(const struct tg_type *type, struct tg_buffer *out);
/* The same as a text in `arena`, for messages; "NULL" for a type that is not known (NULL). */
const char *tg_type_name(struct tg_arena *arena, const struct tg_type *type);

/* Parses what tg_type_write wrote and SQL's spellings (INT, VARCHAR, ...); unquoted field names become upper
 * case. Errors: TYPE with the place inside `text`. */
TG_MUST_CHECK enum tg_code tg_type_parse(struct tg_arena *arena, struct tg_slice text,
                                         const struct tg_type **ret_type, struct tg_error *reterr);

/* The type of a kind that needs no parameters (not DECIMAL, ARRAY, MAP, STRUCT). */
const struct tg_type *tg_type_simple(enum tg_type_kind kind);

/* The kind of a word of SQL (INT, INTEGER, VARCHAR, STRING, DECIMAL, ...), without case; false if it is none
 * or is nested. */
bool tg_type_kind_of(struct tg_slice word, enum tg_type_kind *ret_kind);

#ifdef __cplusplus
}
#endif
