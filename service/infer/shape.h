/* service/infer/shape.h: what was seen in the values of one place of many records (a member, an element of an
 * array, a cell): how often which kind of value, how large, which times. From it follow a SQL type and the
 * words that explain it. Ownership: everything is in the arena that the shape was made with. Thread: one. */
#pragma once

#include "data/type.h"
#include "serde/json/tree.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_SHAPE_TIME_PATTERNS = 8 };

struct tg_shape;

struct tg_shape_member {
    const char *name; /* exact */
    struct tg_shape *shape;
};

struct tg_shape {
    uint64_t nulls, booleans, integers, decimals, texts, arrays, objects; /* how often which */
    int64_t least, most;                    /* of the integers that fit 64 bits */
    uint32_t integer_digits;                /* of the longest integer */
    uint64_t wide_integers;                 /* those that do not fit 64 bits */
    uint64_t times_ms;                      /* integers that are times in ms between 2000 and 2100 */
    uint64_t times[TG_SHAPE_TIME_PATTERNS]; /* texts that are times of that pattern */
    struct tg_shape *element;               /* of the arrays; NULL: all were empty */
    struct tg_shape_member *members;        /* of the objects, in the order in which they came */
    uint32_t member_count, member_capacity;
    uint64_t members_seen; /* over all objects */
};

/* What makes shapes; compiled patterns of times are in it. */
struct tg_shaper;
struct tg_shaper *tg_shaper_new(struct tg_arena *arena);
struct tg_shape *tg_shape_new(struct tg_shaper *shaper);
/* Counts a JSON value, with everything in it. */
void tg_shape_add_json(struct tg_shaper *shaper, struct tg_shape *shape, const struct tg_json_tree *json);
/* Counts a cell of DELIMITED: no bytes are NULL, else a number, true or false, or text. */
void tg_shape_add_cell(struct tg_shaper *shaper, struct tg_shape *shape, struct tg_slice cell);

struct tg_shape_style {
    bool timestamps; /* integers that are all times in ms become TIMESTAMP, not BIGINT */
};
/* The narrowest type that holds everything that was seen, and what may come: whole numbers are BIGINT, mixed
 * kinds VARCHAR, objects with ever new members a MAP. Names are exact. */
const struct tg_type *tg_shape_type(struct tg_arena *arena, const struct tg_shape *shape,
                                    struct tg_shape_style style);
/* What was seen, in `total` records: "998 of 1000, integers from 1 to 45". */
void tg_shape_describe(const struct tg_shape *shape, uint64_t total, struct tg_buffer *out);
/* Values that were there; not the NULLs. */
uint64_t tg_shape_values(const struct tg_shape *shape);
/* The pattern of TIMESTAMP_FORMAT if all texts are times of it; "" if all integers are times in ms; NULL: no
 * times. */
const char *tg_shape_time_format(const struct tg_shape *shape);

#ifdef __cplusplus
}
#endif
