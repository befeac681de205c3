/* plan/nodes/flat_map.h: table functions. For each row: as many output rows as the longest result has,
 * shorter ones padded with NULL, none if all are empty. Output columns: those of the input, then one per
 * call. */
#pragma once

#include "expr/function.h"
#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_flat_map {
    struct tg_plan_node base;
    uint32_t call_count;
    const struct tg_function_call *calls; /* arguments over the input's schema */
};
extern const struct tg_plan_node_kind tg_plan_flat_map_kind;

#ifdef __cplusplus
}
#endif
