/* plan/nodes/rekey.h: PARTITION BY and GROUP BY: a new key for each row. Output: the key columns (role KEY)
 * first, value i of them from key_expressions[i], then the columns `kept[]` of the input (the old key columns
 * among them become values). Null rules: PARTITION BY keeps a row whose key expression is NULL or fails, with
 * a null key; GROUP BY drops it (and rows with a null value), counted. With `repartition` set the rows go
 * through an internal topic, partitioned by the new key: what follows runs in the next sub-topology.
 * Otherwise they are partitioned by the new key only when a sink writes them. */
#pragma once

#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_rekey {
    struct tg_plan_node base;
    uint32_t key_count; /* 0: the null key (PARTITION BY NULL), or the window alone (GROUP BY nothing) */
    const struct tg_expr *const *key_expressions; /* over the input's schema */
    uint32_t kept_count;
    const uint32_t *kept; /* input column of output column key_count + i */
    bool drop_null_keys;  /* GROUP BY rules */
    bool repartition;
    struct tg_plan_format key_format; /* of the repartition topic */
    struct tg_plan_format value_format;
};
extern const struct tg_plan_node_kind tg_plan_rekey_kind;

#ifdef __cplusplus
}
#endif
