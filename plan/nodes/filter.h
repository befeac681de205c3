/* plan/nodes/filter.h: rows for which the predicate is TRUE. Over a table (base.is_table) a row that stops
 * matching becomes a tombstone, if its previous version matched. */
#pragma once

#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_filter {
    struct tg_plan_node base;
    const struct tg_expr *predicate; /* over the input's schema, BOOLEAN */
};
extern const struct tg_plan_node_kind tg_plan_filter_kind;

#ifdef __cplusplus
}
#endif
