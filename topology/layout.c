#include "topology/layout.h"

#include <string.h>

void tg_layout_note(struct tg_query *query, const struct tg_plan_node *node)
{
    if (query->layouts == NULL)
        query->layouts =
            tg_arena_alloc_zero(query->arena, tg_plan_node_count(query->plan), sizeof *query->layouts);
    query->layouts[query->layout_count++] = (struct tg_query_layout){
        .name = tg_arena_printf(query->arena, "%s.layout", node->step),
        .id = tg_plan_layout_id(node),
    };
}

void tg_layout_describe(const struct tg_query *query, struct tg_progress *progress)
{
    bool fits = true;
    for (uint32_t i = 0; i < query->layout_count && fits; i++)
        fits = tg_progress_add(progress, query->layouts[i].name, (int64_t)query->layouts[i].id);
}

enum tg_code tg_layout_fail_hint(const struct tg_query *query, struct tg_error *reterr)
{
    return tg_fail_hint(
        reterr,
        "the query's grouping, window or aggregates were changed: give it another QUERY_ID, or "
        "delete the state directory, the consumer group %s and the topics %s-...",
        query->application_id, query->application_id);
}

enum tg_code tg_layout_check(const struct tg_query *query, const struct tg_progress *committed,
                             struct tg_error *reterr)
{
    for (uint32_t i = 0; i < query->layout_count; i++) {
        int64_t found = tg_progress_find(committed, query->layouts[i].name);
        if (found == INT64_MIN || (uint64_t)found == query->layouts[i].id)
            continue;
        size_t step_length = strlen(query->layouts[i].name) - strlen(".layout");
        tg_fail(reterr, TG_CODE_STATE_MISMATCH,
                "query %s was run with another layout of step %.*s, so its changelog cannot be used",
                tg_query_id(query), (int)step_length, query->layouts[i].name);
        return tg_layout_fail_hint(query, reterr);
    }
    return TG_OK;
}
