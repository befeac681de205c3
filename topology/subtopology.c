/* The plan is cut where rows must move to other partitions: behind a Rekey node, through a repartition topic.
 * What is left in one piece is a sub-topology: its tasks share partition numbers, and nothing else. */
#include "plan/nodes/rekey.h"
#include "plan/nodes/source.h"
#include "topology/query.h"

#include <string.h>

struct cutter {
    struct tg_query *query;
    const struct tg_partition_counts *counts;
    uint32_t node_count;
};

static const struct tg_plan_rekey *moving_rekey(const struct tg_plan_node *node)
{
    const struct tg_plan_rekey *rekey = (const struct tg_plan_rekey *)node;
    return node->kind == &tg_plan_rekey_kind && rekey->repartition ? rekey : NULL;
}

static int32_t partitions_of(const struct cutter *cutter, const struct tg_plan_node *node);

/* What the inputs of a node have, as far as the next repartition topics below it. */
static int32_t partitions_below(const struct cutter *cutter, const struct tg_plan_node *node)
{
    int32_t most = 1;
    for (uint32_t i = 0; i < node->input_count; i++) {
        int32_t count = partitions_of(cutter, node->inputs[i]);
        most = count > most ? count : most;
    }
    return most;
}

/* A repartition topic has as many partitions as what is written to it comes from (Kafka Streams); the rows of
 * a group without a key all meet in one. */
static int32_t partitions_of(const struct cutter *cutter, const struct tg_plan_node *node)
{
    for (uint32_t i = 0; i < cutter->counts->count; i++)
        if (cutter->counts->sources[i] == node)
            return cutter->counts->partitions[i];
    const struct tg_plan_rekey *rekey = moving_rekey(node);
    if (rekey != NULL && rekey->key_count == 0 && rekey->drop_null_keys)
        return 1;
    return partitions_below(cutter, node);
}

static uint32_t add_operator(struct tg_subtopology *subtopology, const struct tg_plan_node *node,
                             enum tg_operator_role role)
{
    subtopology->operators[subtopology->operator_count] =
        (struct tg_subtopology_operator){.node = node, .role = role, .output = TG_NO_OPERATOR};
    return subtopology->operator_count++;
}

static enum tg_code add_source(struct cutter *cutter, struct tg_subtopology *subtopology,
                               const struct tg_plan_node *node, uint32_t *ret_operator,
                               struct tg_error *reterr)
{
    const char *topic = ((const struct tg_plan_source *)node)->topic;
    int32_t count = partitions_of(cutter, node);
    *ret_operator = add_operator(subtopology, node, TG_ROLE_NODE);
    subtopology->inputs[subtopology->input_count++] =
        (struct tg_subtopology_input){.topic = topic, .operator_index = *ret_operator};
    if (count == subtopology->partition_count)
        return TG_OK;
    tg_fail(reterr, TG_CODE_TOPIC_MISMATCH,
            "topic %s has %d partitions, but what is read together with it has %d", topic, count,
            subtopology->partition_count);
    return tg_fail_hint(reterr, "give the topics that a query reads together the same number of partitions");
}

static enum tg_code build(struct cutter *cutter, const struct tg_plan_node *root,
                          struct tg_subtopology **ret_subtopology, struct tg_error *reterr);

/* The rows of `node` come out of a repartition topic, which another sub-topology writes. */
static enum tg_code add_reader(struct cutter *cutter, struct tg_subtopology *subtopology,
                               const struct tg_plan_node *node, const struct tg_plan_node *consumer,
                               uint32_t *ret_operator, struct tg_error *reterr)
{
    struct tg_subtopology *writer = NULL;
    TG_TRY(build(cutter, node, &writer, reterr));
    uint32_t last = writer->operator_count - 1;
    writer->operators[last].output = (int32_t)add_operator(writer, node, TG_ROLE_REPARTITION_WRITER);
    writer->repartition_topic =
        tg_query_repartition_topic(cutter->query->arena, cutter->query, node, consumer);
    writer->repartition_partitions = subtopology->partition_count;
    *ret_operator = add_operator(subtopology, node, TG_ROLE_REPARTITION_READER);
    subtopology->inputs[subtopology->input_count++] = (struct tg_subtopology_input){
        .topic = writer->repartition_topic, .operator_index = *ret_operator, .is_internal = true};
    return TG_OK;
}

/* Adds a node with what is below it. `consumer`: the node above it, NULL at the sub-topology's root. */
static enum tg_code add_node(struct cutter *cutter, struct tg_subtopology *subtopology,
                             const struct tg_plan_node *node, const struct tg_plan_node *consumer,
                             uint32_t *ret_operator, struct tg_error *reterr)
{
    if (node->kind == &tg_plan_source_kind)
        return add_source(cutter, subtopology, node, ret_operator, reterr);
    bool moves = moving_rekey(node) != NULL && consumer != NULL;
    /* All keys are in one task already: nothing has to move. */
    if (moves && (subtopology->partition_count > 1 || partitions_below(cutter, node) > 1))
        return add_reader(cutter, subtopology, node, consumer, ret_operator, reterr);
    uint32_t *inputs = tg_arena_alloc_zero(cutter->query->arena, node->input_count + 1, sizeof *inputs);
    for (uint32_t i = 0; i < node->input_count; i++)
        TG_TRY(add_node(cutter, subtopology, node->inputs[i], node, &inputs[i], reterr));
    *ret_operator = add_operator(subtopology, node, TG_ROLE_NODE);
    for (uint32_t i = 0; i < node->input_count; i++) {
        subtopology->operators[inputs[i]].output = (int32_t)*ret_operator;
        subtopology->operators[inputs[i]].output_input = i;
    }
    return TG_OK;
}

/* The sub-topology that ends with `root`; those that it reads from come before it. */
static enum tg_code build(struct cutter *cutter, const struct tg_plan_node *root,
                          struct tg_subtopology **ret_subtopology, struct tg_error *reterr)
{
    struct tg_query *query = cutter->query;
    struct tg_subtopology made = {
        .operators = tg_arena_alloc_zero(query->arena, cutter->node_count + 1, sizeof *made.operators),
        .inputs = tg_arena_alloc_zero(query->arena, cutter->node_count, sizeof *made.inputs),
        .partition_count = partitions_below(cutter, root),
    };
    uint32_t last = 0;
    TG_TRY(add_node(cutter, &made, root, NULL, &last, reterr));
    made.index = query->subtopology_count;
    *ret_subtopology = &query->subtopologies[query->subtopology_count++];
    **ret_subtopology = made;
    return TG_OK;
}

enum tg_code tg_query_cut(struct tg_query *query, const struct tg_partition_counts *counts,
                          struct tg_error *reterr)
{
    struct cutter cutter = {.query = query, .counts = counts, .node_count = tg_plan_node_count(query->plan)};
    query->subtopology_count = 0;
    query->layout_count = 0;
    query->subtopologies =
        tg_arena_alloc_zero(query->arena, cutter.node_count + 1, sizeof *query->subtopologies);
    struct tg_subtopology *last = NULL;
    return build(&cutter, query->plan->root, &last, reterr);
}

const struct tg_subtopology *tg_query_reader_of(const struct tg_query *query, const char *topic,
                                                const struct tg_subtopology_input **ret_input)
{
    for (uint32_t i = 0; i < query->subtopology_count; i++)
        for (uint32_t input = 0; input < query->subtopologies[i].input_count; input++) {
            if (strcmp(query->subtopologies[i].inputs[input].topic, topic) != 0)
                continue;
            if (ret_input != NULL)
                *ret_input = &query->subtopologies[i].inputs[input];
            return &query->subtopologies[i];
        }
    return NULL;
}
