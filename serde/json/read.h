/* serde/json/read.h: values of one record into rows of columns. A record is first read optimistically; where
 * a value does not fit its type or a member comes twice, it is read again carefully (the last member of a
 * name counts, and only that one has to fit). Recursion goes as deep as the column's type does, never as deep
 * as the record. Thread: the decoder's. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "data/column.h"
#include "serde/json/node.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_json_outcome {
    TG_JSON_READ,
    TG_JSON_MALFORMED, /* cursor.fault says why */
    TG_JSON_MISMATCH,  /* a value does not fit its type: mismatch_at, mismatch_type */
    TG_JSON_TWICE,     /* only when not careful: a member came twice */
};

enum { TG_JSON_PATH_MAX = 200 };

/* Scratch memory for objects inside STRING columns. */
struct tg_json_render {
    struct tg_buffer text;
    struct tg_slice *names; /* members of the open objects */
    size_t *starts;         /* where each begins in `text` */
    size_t member_count;
    size_t names_capacity;
    size_t starts_capacity;
};

struct tg_json_reader {
    struct tg_json_cursor cursor;
    struct tg_arena *arena; /* of the batch */
    struct tg_json_render render;
    bool careful;
    bool map_entries;  /* a MAP may also be a list of {"key": ..., "value": ...} */
    bool field_nulls;  /* when careful: a member that does not fit is NULL alone */
    bool field_nulled; /* it has happened: the mismatch and the path are those of the first */
    const uint8_t *mismatch_at;
    const struct tg_type *mismatch_type;
    char path[TG_JSON_PATH_MAX]; /* of the value that failed; filled from the end */
    size_t path_start;
};

/* Reads the value at the cursor into `row`; column NULL: only checks it. */
enum tg_json_outcome tg_json_read_value(struct tg_json_reader *reader, struct tg_json_node *node,
                                        struct tg_column *column, uint32_t row);
/* Reads an object's members; columns NULL, or an entry NULL: only checks. Fields that are not there become
 * NULL. */
enum tg_json_outcome tg_json_read_members(struct tg_json_reader *reader, struct tg_json_fields *fields,
                                          struct tg_column *const *columns, uint32_t row);
enum tg_json_outcome tg_json_read_map_careful(struct tg_json_reader *reader, struct tg_json_node *node,
                                              struct tg_column *column, uint32_t row);
enum tg_json_outcome tg_json_read_members_careful(struct tg_json_reader *reader,
                                                  struct tg_json_fields *fields,
                                                  struct tg_column *const *columns, uint32_t row);

/* The value of a string: the input's bytes, or unescaped in the arena. */
struct tg_slice tg_json_text(struct tg_json_reader *reader, const struct tg_json_string *string);
void tg_json_set_null(struct tg_column *column, uint32_t row); /* column NULL is a no-op */
enum tg_json_outcome tg_json_mismatch(struct tg_json_reader *reader, const struct tg_json_node *node,
                                      const uint8_t *at);
/* Puts ".name" or "[index]" before the path of a failed value; returns `outcome`. */
enum tg_json_outcome tg_json_fail_in_member(struct tg_json_reader *reader, struct tg_slice name,
                                            enum tg_json_outcome outcome);
enum tg_json_outcome tg_json_fail_in_element(struct tg_json_reader *reader, uint32_t index,
                                             enum tg_json_outcome outcome);

/* The text that an object or array has in a STRING column: objects as compact JSON, arrays as "[a, b]" with
 * texts bare. */
bool tg_json_render_text(struct tg_json_reader *reader, struct tg_slice *ret_text);
void tg_json_render_done(struct tg_json_render *render);

#ifdef __cplusplus
}
#endif
