/* topology/table/join_rows.h: what the join operators share: the columns of their rows (plan/nodes/join.h),
 * and of which sides a row is made. Thread: the task's worker. */
#pragma once

#include "data/batch.h"
#include "plan/nodes/join.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Does the join have a row of these sides? */
static inline bool tg_join_has_row(enum tg_join_kind kind, bool left, bool right)
{
    return (left && right) || (left && (kind == TG_JOIN_LEFT || kind == TG_JOIN_FULL)) ||
           (right && (kind == TG_JOIN_RIGHT || kind == TG_JOIN_FULL));
}

/* The first of the output's copies of a side's columns (0: left, 1: right). */
uint32_t tg_join_first_copy(const struct tg_schema *output, const struct tg_plan_join_columns *columns,
                            uint32_t side);

/* The key columns and window bounds of a join and its inputs have one order: the column of the batch that
 * stands for column `index` of `schema`; NULL if the batch has none. */
struct tg_column *tg_join_key_column(const struct tg_batch *batch, const struct tg_schema *schema,
                                     uint32_t index);

#ifdef __cplusplus
}
#endif
