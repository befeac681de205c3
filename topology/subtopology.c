/* The plan is cut where rows must move to other partitions: behind a Rekey node, through a repartition topic.
 * What is left in one piece is a sub-topology: its tasks share partition numbers, and nothing else. */
#include "plan/node.h"
#include "plan/nodes/foreign_key_join.h"
#include "plan/nodes/materialize.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/source.h"
#include "topology/operator.h"
#include "topology/query.h"

#include <string.h>

/* Operators that one node may be in one sub-topology. */
enum { OPERATORS_PER_NODE = 3 };

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

/* The inputs of a node whose rows are in its own task. */
static uint32_t own_inputs(const struct tg_plan_node *node)
{
    return node->kind == &tg_plan_foreign_key_join_kind ? 1 : node->input_count;
}

/* What the inputs of a node have, as far as the next repartition topics below it. */
static int32_t partitions_below(const struct cutter *cutter, const struct tg_plan_node *node)
{
    int32_t most = 1;
    for (uint32_t i = 0; i < own_inputs(node); i++) {
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

/* The most that a source has which is read by the task of `node` itself; 0: it only reads repartition topics.
 */
static int32_t partitions_of_sources(const struct cutter *cutter, const struct tg_plan_node *node)
{
    int32_t most = node->kind == &tg_plan_source_kind ? partitions_of(cutter, node) : 0;
    for (uint32_t i = 0; i < own_inputs(node); i++) {
        if (moving_rekey(node->inputs[i]) != NULL)
            continue;
        int32_t count = partitions_of_sources(cutter, node->inputs[i]);
        most = count > most ? count : most;
    }
    return most;
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

static enum tg_code add_node(struct cutter *cutter, struct tg_subtopology *subtopology,
                             const struct tg_plan_node *node, const struct tg_plan_node *consumer,
                             uint32_t *ret_operator, struct tg_error *reterr);

/* A reader of one of the two topics of a foreign-key join. */
static uint32_t add_foreign_key_reader(struct tg_subtopology *subtopology, const struct tg_plan_node *node,
                                       enum tg_operator_role role, const char *topic)
{
    uint32_t reader = add_operator(subtopology, node, role);
    subtopology->operators[reader].topic = topic;
    subtopology->inputs[subtopology->input_count++] =
        (struct tg_subtopology_input){.topic = topic,
                                      .operator_index = reader,
                                      .is_internal = true,
                                      .is_answer = role == TG_ROLE_FOREIGN_KEY_RESPONSES};
    return reader;
}

static void connect(struct tg_subtopology *subtopology, uint32_t from, uint32_t to, uint32_t input)
{
    subtopology->operators[from].output = (int32_t)to;
    subtopology->operators[from].output_input = input;
}

static struct tg_subtopology new_subtopology(const struct cutter *cutter)
{
    struct tg_arena *arena = cutter->query->arena;
    return (struct tg_subtopology){
        .operators = tg_arena_alloc_zero(arena, OPERATORS_PER_NODE * cutter->node_count + 1,
                                         sizeof(struct tg_subtopology_operator)),
        .inputs = tg_arena_alloc_zero(arena, OPERATORS_PER_NODE * cutter->node_count + 1,
                                      sizeof(struct tg_subtopology_input)),
    };
}

static struct tg_subtopology *keep_subtopology(struct cutter *cutter, const struct tg_subtopology *made)
{
    struct tg_query *query = cutter->query;
    struct tg_subtopology *kept = &query->subtopologies[query->subtopology_count];
    *kept = *made;
    kept->index = query->subtopology_count++;
    return kept;
}

/* The sub-topology of the right table: it answers the subscriptions of left rows, which come through a topic
 * with the partitions of the right table, through a topic with those of the left. */
static enum tg_code build_answers(struct cutter *cutter, const struct tg_plan_node *node,
                                  int32_t left_partitions, struct tg_subtopology **ret_right,
                                  struct tg_error *reterr)
{
    struct tg_query *query = cutter->query;
    struct tg_subtopology made = new_subtopology(cutter);
    uint32_t right = 0;
    made.partition_count = partitions_of(cutter, node->inputs[1]);
    TG_TRY(add_node(cutter, &made, node->inputs[1], node, &right, reterr));
    uint32_t reader = add_foreign_key_reader(&made, node, TG_ROLE_FOREIGN_KEY_SUBSCRIPTIONS,
                                             tg_query_subscription_topic(query->arena, query, node));
    uint32_t answers = add_operator(&made, node, TG_ROLE_FOREIGN_KEY_ANSWERS);
    made.operators[answers].topic = tg_query_response_topic(query->arena, query, node);
    made.operators[answers].topic_partitions = left_partitions;
    connect(&made, reader, answers, 0);
    connect(&made, right, answers, 1);
    *ret_right = keep_subtopology(cutter, &made);
    return TG_OK;
}

/* Does something above `node` need what its rows replace? `below`: the present node is on the way up. */
static bool is_asked_from(const struct tg_plan_node *above, const struct tg_plan_node *node, bool *ret_below)
{
    bool asked = false;
    for (uint32_t i = 0; i < above->input_count && !*ret_below; i++) {
        *ret_below = above->inputs[i] == node;
        asked = !*ret_below && is_asked_from(above->inputs[i], node, ret_below);
        if (*ret_below)
            return asked ||
                   (tg_operator_kind_find(above->kind->name)->needs_before && above->inputs[i]->is_table);
    }
    return asked;
}

static bool keeps_rows(const struct cutter *cutter, const struct tg_plan_node *node)
{
    bool below = false;
    return is_asked_from(cutter->query->plan->root, node, &below);
}

static enum tg_code add_foreign_key_join(struct cutter *cutter, struct tg_subtopology *subtopology,
                                         const struct tg_plan_node *node, uint32_t *ret_operator,
                                         struct tg_error *reterr)
{
    struct tg_query *query = cutter->query;
    struct tg_subtopology *right = NULL;
    uint32_t left = 0;
    TG_TRY(add_node(cutter, subtopology, node->inputs[0], node, &left, reterr));
    TG_TRY(build_answers(cutter, node, subtopology->partition_count, &right, reterr));
    uint32_t reader = add_foreign_key_reader(subtopology, node, TG_ROLE_FOREIGN_KEY_RESPONSES,
                                             tg_query_response_topic(query->arena, query, node));
    *ret_operator = add_operator(subtopology, node, TG_ROLE_NODE);
    subtopology->operators[*ret_operator].topic = tg_query_subscription_topic(query->arena, query, node);
    subtopology->operators[*ret_operator].topic_partitions = right->partition_count;
    subtopology->operators[*ret_operator].keeps_rows = keeps_rows(cutter, node);
    connect(subtopology, left, *ret_operator, 0);
    connect(subtopology, reader, *ret_operator, 1);
    return TG_OK;
}

/* Adds a node with what is below it. `consumer`: the node above it, NULL at the sub-topology's root. */
static enum tg_code add_node(struct cutter *cutter, struct tg_subtopology *subtopology,
                             const struct tg_plan_node *node, const struct tg_plan_node *consumer,
                             uint32_t *ret_operator, struct tg_error *reterr)
{
    if (node->kind == &tg_plan_source_kind)
        return add_source(cutter, subtopology, node, ret_operator, reterr);
    if (node->kind == &tg_plan_foreign_key_join_kind)
        return add_foreign_key_join(cutter, subtopology, node, ret_operator, reterr);
    bool moves = moving_rekey(node) != NULL && consumer != NULL;
    /* If all keys are in one task already, nothing has to move; a table's rows are kept as they were written.
     */
    bool is_kept = consumer != NULL && consumer->kind == &tg_plan_materialize_kind;
    if (moves && (is_kept || subtopology->partition_count > 1 || partitions_below(cutter, node) > 1))
        return add_reader(cutter, subtopology, node, consumer, ret_operator, reterr);
    uint32_t *inputs = tg_arena_alloc_zero(cutter->query->arena, node->input_count + 1, sizeof *inputs);
    for (uint32_t i = 0; i < node->input_count; i++)
        TG_TRY(add_node(cutter, subtopology, node->inputs[i], node, &inputs[i], reterr));
    *ret_operator = add_operator(subtopology, node, TG_ROLE_NODE);
    for (uint32_t i = 0; i < node->input_count; i++)
        connect(subtopology, inputs[i], *ret_operator, i);
    return TG_OK;
}

/* The sub-topology that ends with `root`; those that it reads from come before it. */
static enum tg_code build(struct cutter *cutter, const struct tg_plan_node *root,
                          struct tg_subtopology **ret_subtopology, struct tg_error *reterr)
{
    struct tg_subtopology made = new_subtopology(cutter);
    int32_t of_sources = partitions_of_sources(cutter, root);
    made.partition_count = of_sources > 0 ? of_sources : partitions_below(cutter, root);
    uint32_t last = 0;
    TG_TRY(add_node(cutter, &made, root, NULL, &last, reterr));
    *ret_subtopology = keep_subtopology(cutter, &made);
    return TG_OK;
}

/* A task takes each of its partitions' records once, for one reader. */
static enum tg_code check_topics(const struct tg_query *query, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < query->subtopology_count; i++)
        for (uint32_t input = 0; input < query->subtopologies[i].input_count; input++) {
            const struct tg_subtopology_input *found = NULL;
            const char *topic = query->subtopologies[i].inputs[input].topic;
            if (tg_query_reader_of(query, topic, &found) == &query->subtopologies[i] &&
                found == &query->subtopologies[i].inputs[input])
                continue;
            tg_fail(reterr, TG_CODE_UNSUPPORTED, "topic %s is read at two places of the query", topic);
            return tg_fail_hint(reterr, "copy the topic for one of the two sources: CREATE STREAM ... AS "
                                        "SELECT * FROM ..., and read the copy");
        }
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
    TG_TRY(build(&cutter, query->plan->root, &last, reterr));
    return check_topics(query, reterr);
}

uint32_t tg_query_rounds(const struct tg_query *query)
{
    uint32_t rounds = 1;
    for (uint32_t i = 0; i < query->subtopology_count; i++)
        for (uint32_t input = 0; input < query->subtopologies[i].input_count; input++)
            rounds += query->subtopologies[i].inputs[input].is_answer;
    return rounds;
}

const struct tg_subtopology *tg_query_first_reader(const struct tg_query *query, const char **ret_topic)
{
    const struct tg_plan_node *node = query->plan->root;
    while (node->input_count > 0)
        node = node->inputs[0];
    *ret_topic = ((const struct tg_plan_source *)node)->topic;
    return tg_query_reader_of(query, *ret_topic, NULL);
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
