/* plan/nodes/aggregate.h: aggregates per key, or per key and window. The input's key columns are the group
 * key (no key column: one group for all). Output: the key columns, WINDOWSTART and WINDOWEND if windowed
 * (BIGINT, those roles), then one column per call. is_table. */
#pragma once

#include "expr/function.h"
#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_emission {
    TG_EMIT_CHANGES, /* a row for each input row (or per commit: topology's choice by settings) */
    TG_EMIT_FINAL,   /* one row per window, when it closes */
};

struct tg_plan_aggregate {
    struct tg_plan_node base;
    struct tg_window window; /* kind NONE: not windowed */
    enum tg_emission emission;
    /* Hopping windows with final results: a row is kept once, in the pane [n * advance, (n + 1) * advance)
     * that it falls in, and a window's result is merged from its panes when it closes. */
    bool panes;
    uint32_t call_count;
    const struct tg_function_call *calls; /* arguments over the input's schema */
    const char
        *key_format; /* how the store key is encoded: a format's name (of the source or repartition topic) */
    bool key_unwrapped;
};
extern const struct tg_plan_node_kind tg_plan_aggregate_kind;

/* May its windows share panes: hopping, final, of whole panes and not too many, all aggregates in any order?
 */
bool tg_plan_aggregate_can_share(const struct tg_plan_aggregate *node);

#ifdef __cplusplus
}
#endif
