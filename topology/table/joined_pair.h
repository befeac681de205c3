/* topology/table/joined_pair.h: a left and a right row of a foreign-key join, as their tables keep them, and
 * many such pairs as columns of the join's rows. A store of them: flags u8 (1: there is a right row) | row
 * time of the left i64 | of the right i64 | length of the left row u32 | left row | right row, big endian.
 * Thread: the task's worker. */
#pragma once

#include "topology/operator.h"
#include "topology/table/table_row.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_program;

struct tg_joined_pair {
    struct tg_slice left; /* data NULL: there is none, and nothing is joined */
    struct tg_slice right;
    int64_t left_ms, right_ms;
};
/* Replaces the content of `out`. */
void tg_joined_pair_write(const struct tg_joined_pair *pair, struct tg_buffer *out);
/* The rows point into `bytes`. Errors: CORRUPT. */
TG_MUST_CHECK enum tg_code tg_joined_pair_read(struct tg_slice bytes, struct tg_joined_pair *ret_pair,
                                               struct tg_error *reterr);

struct tg_pair_reader {
    const struct tg_plan_node *node;
    struct tg_table_row_reader left, right;
    struct tg_program_state *foreign_key; /* of the left row: the right row's key */
    struct tg_column **columns;           /* of the join's rows: what was read last */
    struct tg_column **own;               /* those of them that hold keys */
    struct tg_column **left_columns;      /* the left row, key included */
    struct tg_column **left_keys;
    struct tg_column *right_key;
    struct tg_slice *values; /* scratch, per pair */
    int64_t *times_ms;
    uint32_t *existing;
    struct tg_rows rows;
    uint32_t capacity;
};

/* `join`: an operator at the ForeignKeyJoin node. */
TG_MUST_CHECK enum tg_code tg_pair_reader_open(const struct tg_operator *join, const char *name,
                                               struct tg_pair_reader *reader, struct tg_error *reterr);
struct tg_pair_list {
    const struct tg_joined_pair *pairs;
    uint32_t count;
    const struct tg_batch *keys; /* key columns of the pairs: row i, or rows[i] */
    const uint32_t *rows;        /* NULL: row i */
    struct tg_arena *arena;
};
/* Pair i becomes row i of reader->columns. */
TG_MUST_CHECK enum tg_code tg_pair_reader_read(struct tg_pair_reader *reader, const struct tg_pair_list *list,
                                               struct tg_error *reterr);
void tg_pair_reader_done(struct tg_pair_reader *reader);

#ifdef __cplusplus
}
#endif
