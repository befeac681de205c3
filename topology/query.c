#include "topology/query.h"

#include "base/memory.h"
#include "plan/node.h"
#include "plan/nodes/aggregate.h"
#include "plan/nodes/foreign_key_join.h"
#include "plan/nodes/materialize.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/sink.h"
#include "plan/nodes/source.h"
#include "plan/nodes/stream_table_join.h"
#include "plan/nodes/table_table_join.h"
#include "topology/operator.h"
#include "topology/table/table_view.h"

static bool is_table_join(const struct tg_plan_node *node)
{
    return node->kind == &tg_plan_stream_table_join_kind || node->kind == &tg_plan_table_table_join_kind;
}

/* What the engine cannot run yet is refused here, before anything is created in Kafka. */
static enum tg_code check_node(const struct tg_plan_node *node, struct tg_error *reterr)
{
    if (node->kind == &tg_plan_aggregate_kind) {
        const struct tg_plan_aggregate *aggregate = (const struct tg_plan_aggregate *)node;
        for (uint32_t i = 0; aggregate->window.kind == TG_WINDOW_SESSION && i < aggregate->call_count; i++)
            if (aggregate->calls[i].function->aggregate->merge == NULL)
                return tg_fail(reterr, TG_CODE_UNSUPPORTED,
                               "step %s: %s cannot run over sessions, which grow together", node->step,
                               aggregate->calls[i].name);
        for (uint32_t i = 0; node->inputs[0]->is_table && i < aggregate->call_count; i++)
            if (aggregate->calls[i].function->aggregate->undo == NULL)
                return tg_fail(reterr, TG_CODE_UNSUPPORTED,
                               "step %s: %s cannot run over a table, whose rows change", node->step,
                               aggregate->calls[i].name);
    }
    for (uint32_t i = 0; node->kind == &tg_plan_foreign_key_join_kind && i < node->input_count; i++)
        if (node->inputs[i]->kind != &tg_plan_materialize_kind)
            return tg_fail(reterr, TG_CODE_UNSUPPORTED,
                           "step %s: a foreign key joins tables that are read from topics, not step %s",
                           node->step, node->inputs[i]->step);
    for (uint32_t i = 0; is_table_join(node) && i < node->input_count; i++)
        if (node->inputs[i]->is_table && !tg_table_view_possible(node->inputs[i]))
            return tg_fail(reterr, TG_CODE_UNSUPPORTED,
                           "step %s: the rows of step %s cannot be found by their key", node->step,
                           node->inputs[i]->step);
    if (tg_operator_kind_find(node->kind->name) == NULL)
        return tg_fail(reterr, TG_CODE_UNSUPPORTED, "step %s (%s) cannot be run by this version", node->step,
                       node->kind->name);
    return TG_OK;
}

static enum tg_code check_nodes(const struct tg_query *query, struct tg_error *reterr)
{
    uint32_t node_count = tg_plan_node_count(query->plan);
    struct tg_plan_node **nodes =
        tg_arena_alloc_zero(query->arena, node_count, sizeof(struct tg_plan_node *));
    tg_plan_list_nodes(query->plan, nodes);
    for (uint32_t i = 0; i < node_count; i++)
        TG_TRY(check_node(nodes[i], reterr));
    return TG_OK;
}

enum tg_code tg_query_open(const struct tg_query_options *options, struct tg_query **ret_query,
                           struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_query *query = tg_arena_alloc_zero(arena, 1, sizeof *query);
    *query = (struct tg_query){
        .plan = options->plan,
        .settings = options->settings,
        .arena = arena,
        .cluster = options->cluster,
        .state = options->state,
        .clock = options->clock,
        .registry = options->registry,
        .application_id = tg_arena_printf(arena, "%s%s", options->prefix, options->plan->query_id),
        .instance = tg_arena_text(arena, tg_slice_text(options->instance)),
    };
    tg_fault_rules_make(arena, query->application_id, &options->plan->faults, &options->settings.faults,
                        &query->faults);
    if (options->consumer_overrides != NULL)
        query->consumer_overrides = tg_properties_copy(options->consumer_overrides);
    if (options->producer_overrides != NULL)
        query->producer_overrides = tg_properties_copy(options->producer_overrides);
    enum tg_code code = check_nodes(query, reterr);
    if (code != TG_OK) {
        tg_query_close(query);
        return tg_fail_context(reterr, "query %s", options->plan->query_id);
    }
    *ret_query = query;
    return TG_OK;
}

void tg_query_close(struct tg_query *query)
{
    if (query == NULL)
        return;
    tg_properties_free(query->consumer_overrides);
    tg_properties_free(query->producer_overrides);
    tg_arena_free(query->arena);
}

const char *tg_query_id(const struct tg_query *query)
{
    return query->plan->query_id;
}

const char *tg_query_store_name(struct tg_arena *arena, const struct tg_plan_node *node, const char *role)
{
    if (role[0] != '\0')
        return tg_arena_printf(arena, "%s-%s", node->step, role);
    if (node->kind == &tg_plan_aggregate_kind)
        return tg_arena_printf(arena, "Aggregate-%s-Materialize", node->step);
    if (node->kind == &tg_plan_materialize_kind)
        return tg_arena_printf(arena, "%s-Reduce", node->step);
    return tg_arena_printf(arena, "%s-Materialize", node->step);
}

const char *tg_query_changelog_topic(struct tg_arena *arena, const struct tg_query *query,
                                     const char *store_name)
{
    return tg_arena_printf(arena, "%s-%s-changelog", query->application_id, store_name);
}

const char *tg_query_subscription_topic(struct tg_arena *arena, const struct tg_query *query,
                                        const struct tg_plan_node *join)
{
    return tg_arena_printf(arena, "%s-%s-SUBSCRIPTION-REGISTRATION-topic", query->application_id, join->step);
}

const char *tg_query_response_topic(struct tg_arena *arena, const struct tg_query *query,
                                    const struct tg_plan_node *join)
{
    return tg_arena_printf(arena, "%s-%s-SUBSCRIPTION-RESPONSE-topic", query->application_id, join->step);
}

const char *tg_query_repartition_topic(struct tg_arena *arena, const struct tg_query *query,
                                       const struct tg_plan_node *rekey, const struct tg_plan_node *consumer)
{
    if (consumer->kind == &tg_plan_aggregate_kind)
        return tg_arena_printf(arena, "%s-%s-GroupBy-repartition", query->application_id, consumer->step);
    return tg_arena_printf(arena, "%s-%s-repartition", query->application_id, rekey->step);
}
