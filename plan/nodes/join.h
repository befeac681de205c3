/* plan/nodes/join.h: what all kinds of join nodes share. Output of every join: the key columns (role KEY),
 * then WINDOWSTART and WINDOWEND with their roles if the inputs' keys have windows, both taken from the
 * record key that the two sides share (of whichever side is there; stream-table and foreign-key joins: the
 * left's); then as VALUE a copy of the left input's columns `left[]`, then of the right input's `right[]`. A
 * side that is absent gives NULL in all its copies. Thread: any, constants. */
#pragma once

#include "plan/node.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_join_kind { TG_JOIN_INNER, TG_JOIN_LEFT, TG_JOIN_RIGHT, TG_JOIN_FULL };

/* Which columns of the inputs' schemas are copied. */
struct tg_plan_join_columns {
    uint32_t left_count;
    const uint32_t *left;
    uint32_t right_count;
    const uint32_t *right;
};

const char *tg_join_kind_name(enum tg_join_kind kind); /* "LEFT" */

/* ---- for the kinds of joins themselves (plan/join.c) ---- */

/* What the inputs of a kind of join must be. */
struct tg_plan_join_rules {
    bool left_is_table;
    bool right_is_table;
    bool outer_right; /* RIGHT and FULL are possible */
    bool keys_differ; /* the right input is found by another key than the left's own */
};
void tg_plan_join_describe(const struct tg_plan_node *node, enum tg_join_kind kind, struct tg_buffer *out);
void tg_plan_join_write(const struct tg_plan_node *node, enum tg_join_kind kind,
                        const struct tg_plan_join_columns *columns, struct tg_plan_writer *writer);
TG_MUST_CHECK enum tg_code tg_plan_join_read(struct tg_plan_reader *reader, const struct tg_plan_node *node,
                                             enum tg_join_kind *ret_kind,
                                             struct tg_plan_join_columns *ret_columns,
                                             struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_join_check(const struct tg_plan_node *node, enum tg_join_kind kind,
                                              const struct tg_plan_join_columns *columns,
                                              const struct tg_plan_join_rules *rules,
                                              struct tg_error *reterr);
/* Key columns, and how the rows of the inputs are kept: a source's or a repartition topic's rows as their
 * value bytes, other rows by all their columns. Not what is copied to the output. */
void tg_plan_join_write_layout(const struct tg_plan_node *node, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
