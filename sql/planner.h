/* sql/planner.h: from an analysed query to a physical plan: Source or joins of sources, Filter, FlatMap,
 * Rekey, Aggregate, Having, Project, Sink, each where it is needed. Thread: its owner's. */
#pragma once

#include "sql/analyzer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_request {
    const char *query_id;
    const char *statement;
    const struct tg_query_analysis *analysis;
    const struct tg_source_definition *sink;
    struct tg_plan_faults faults;
};
TG_MUST_CHECK enum tg_code tg_plan_query(struct tg_analyzer *analyzer, const struct tg_plan_request *request,
                                         const struct tg_plan **ret_plan, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
