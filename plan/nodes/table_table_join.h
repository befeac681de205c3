/* plan/nodes/table_table_join.h: the rows of two tables with the same key: a table that changes with each of
 * the two. */
#pragma once

#include "plan/nodes/join.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_table_table_join {
    struct tg_plan_node base;
    enum tg_join_kind join;
    struct tg_plan_join_columns columns;
};
extern const struct tg_plan_node_kind tg_plan_table_table_join_kind;

#ifdef __cplusplus
}
#endif
