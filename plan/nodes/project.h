/* plan/nodes/project.h: output column i is expressions[i] over the input's schema. Key columns and window
 * bounds are passed on by plain column references. */
#pragma once

#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_project {
    struct tg_plan_node base;
    const struct tg_expr *const *expressions; /* base.schema->count */
};
extern const struct tg_plan_node_kind tg_plan_project_kind;

#ifdef __cplusplus
}
#endif
