/* topology/query.h: what all tasks of one query share: its plan cut into sub-topologies, its settings and
 * names. Immutable after tg_query_open. Thread: any. */
#pragma once

#include "kafka/kafka.h"
#include "plan/plan.h"
#include "serde/registry/registry.h"
#include "state/state.h"
#include "topology/faults.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_query_settings {
    bool exactly_once;    /* processing.guarantee: exactly_once_v2, else at_least_once */
    bool emit_per_record; /* the cache is off: each change is sent on, else the last one per key and commit */
    int64_t commit_interval_ms;
    uint64_t cache_bytes;          /* of one store's table; 0: as the process's budget allows */
    uint64_t uncommitted_bytes;    /* of the stores of a commit unit, then it commits; 0: no bound */
    uint64_t consumer_queue_bytes; /* 0: the clients' defaults */
    uint64_t producer_queue_bytes;
    enum tg_offset_reset offset_reset;
    int64_t future_ms_max;  /* row times further ahead of the wall clock are skipped; -1: no bound */
    int session_timeout_ms; /* 0: default */
    int transaction_timeout_ms;
    int request_timeout_ms;       /* of one blocking Kafka call on the commit path */
    int32_t internal_replication; /* of internal topics; -1: the broker's default */
    int64_t purge_interval_ms; /* how often consumed records of repartition topics are deleted; -1: never */
    int64_t task_idle_ms; /* how long a task waits for an input that has nothing; -1: for no input at all */
    int64_t stalled_warn_ms; /* an open transaction that holds a source partition back so long; 0: never */
    struct tg_fault_settings faults;
};

/* What runs at a plan node: its own operator, or an end of the repartition topic behind a Rekey node. A
 * foreign-key join runs in two sub-topologies: the node's own operator with a reader of the answers at the
 * left table, and at the right table a reader of the subscriptions with the operator that answers. */
enum tg_operator_role {
    TG_ROLE_NODE,
    TG_ROLE_REPARTITION_WRITER,
    TG_ROLE_REPARTITION_READER,
    TG_ROLE_FOREIGN_KEY_RESPONSES,
    TG_ROLE_FOREIGN_KEY_SUBSCRIPTIONS,
    TG_ROLE_FOREIGN_KEY_ANSWERS,
};

enum { TG_NO_OPERATOR = -1 };

struct tg_subtopology_operator {
    const struct tg_plan_node *node;
    enum tg_operator_role role;
    int32_t output; /* index of the operator that takes its rows; TG_NO_OPERATOR: it writes to a topic */
    uint32_t output_input; /* which input of that operator they are */
    const char *topic;     /* a foreign-key join: what it writes besides; a reader: what it reads */
    int32_t topic_partitions;
    bool keeps_rows; /* what it sends is looked up, or taken back, above */
};

/* A topic that a sub-topology reads. */
struct tg_subtopology_input {
    const char *topic;
    uint32_t operator_index; /* of the source or the reader */
    bool is_internal;        /* a repartition topic: always read from its beginning */
    bool is_answer;          /* of a foreign-key join: comes from what the other inputs gave, so that no row
                                waits for it */
};

/* A connected part of the plan that one task runs: from source or repartition topics to a sink or a
 * repartition topic. What it reads has one number of partitions. */
struct tg_subtopology {
    uint32_t index;
    uint32_t operator_count;
    struct tg_subtopology_operator *operators; /* inputs before their consumers */
    uint32_t input_count;
    struct tg_subtopology_input *inputs; /* from left to right in the plan */
    int32_t partition_count;             /* of its input topics: one task per partition */
    const char *repartition_topic;       /* what it writes, or NULL: a sink */
    int32_t repartition_partitions;
};

/* What decides the bytes of a store, as it is noted beside committed offsets (topology/layout.h). */
struct tg_query_layout {
    const char *name; /* "<step>.layout" */
    uint64_t id;
};

struct tg_query {
    const struct tg_plan *plan;
    struct tg_query_settings settings;
    const char *application_id; /* "<prefix><query id>": consumer group and prefix of internal topics */
    const char *instance;       /* process id: part of transactional ids and client ids */
    struct tg_arena *arena;
    struct tg_cluster *cluster;               /* borrowed */
    struct tg_state *state;                   /* borrowed; one per process */
    struct tg_clock *clock;                   /* borrowed */
    struct tg_registry *registry;             /* borrowed; NULL: none is configured */
    struct tg_properties *consumer_overrides; /* librdkafka names, or NULL */
    struct tg_properties *producer_overrides;
    /* Known after tg_query_prepare. */
    uint32_t subtopology_count;
    struct tg_subtopology *subtopologies; /* each after those that write what it reads, but for
                                              the answers of foreign-key joins */
    uint32_t layout_count;
    struct tg_query_layout *layouts; /* of its stores */
    int32_t sink_partition_count;
    int64_t sink_bytes_max; /* of one record in the sink topic */
    /* The same of the repartition and the changelog topics: what the smallest takes; 0: there are none. */
    int64_t repartition_bytes_max, changelog_bytes_max;
    struct tg_fault_rules faults; /* its topics */
};

struct tg_query_options {
    const struct tg_plan *plan; /* must outlive the query */
    struct tg_query_settings settings;
    const char *prefix; /* "_confluent-ksql-default_query_" or "<application.id>-" */
    const char *instance;
    struct tg_cluster *cluster;
    struct tg_state *state;
    struct tg_clock *clock;
    struct tg_registry *registry; /* NULL: none is configured */
    const struct tg_properties *consumer_overrides;
    const struct tg_properties *producer_overrides;
};

/* Errors: UNSUPPORTED for plan parts that cannot be run yet, naming the step. */
TG_MUST_CHECK enum tg_code tg_query_open(const struct tg_query_options *options, struct tg_query **ret_query,
                                         struct tg_error *reterr);
void tg_query_close(struct tg_query *query); /* NULL is a no-op */

/* Asks Kafka for the source topics, cuts the plan into sub-topologies, creates the sink, repartition and
 * changelog topics where they are absent and checks those that exist. Errors: TOPIC_UNKNOWN, TOPIC_MISMATCH,
 * KAFKA_*. */
TG_MUST_CHECK enum tg_code tg_query_prepare(struct tg_query *query, int timeout_ms, struct tg_error *reterr);

/* The part of it that concerns records which cannot be processed: the topics for dead letters and late
 * records, and how large a record may be. The sink topic must exist. */
TG_MUST_CHECK enum tg_code tg_query_prepare_faults(struct tg_query *query, int timeout_ms,
                                                   struct tg_error *reterr);

/* How large a record the topic takes (max.message.bytes). */
TG_MUST_CHECK enum tg_code tg_query_topic_bytes_max(const struct tg_query *query, const char *topic,
                                                    int timeout_ms, int64_t *ret_bytes,
                                                    struct tg_error *reterr);

const char *tg_query_id(const struct tg_query *query);
/* "<application id>-<store>-changelog" in the query's arena. */
const char *tg_query_changelog_topic(struct tg_arena *arena, const struct tg_query *query,
                                     const char *store_name);
/* The step's store name as ksqlDB names it: "Aggregate" -> "Aggregate-Aggregate-Materialize"; with a role
 * "<step>-<role>". */
const char *tg_query_store_name(struct tg_arena *arena, const struct tg_plan_node *node, const char *role);
/* "<application id>-<role>-repartition": of a GROUP BY "Aggregate-GroupBy" as ksqlDB names it, else of the
 * step. `consumer`: the node above `rekey`. */
const char *tg_query_repartition_topic(struct tg_arena *arena, const struct tg_query *query,
                                       const struct tg_plan_node *rekey, const struct tg_plan_node *consumer);
/* "<application id>-<step>-SUBSCRIPTION-REGISTRATION-topic" and "...-RESPONSE-topic" of a foreign-key join.
 */
const char *tg_query_subscription_topic(struct tg_arena *arena, const struct tg_query *query,
                                        const struct tg_plan_node *join);
const char *tg_query_response_topic(struct tg_arena *arena, const struct tg_query *query,
                                    const struct tg_plan_node *join);
/* How often one has to follow the sub-topologies in their order until what is in the sources has reached the
 * sink: answers of foreign-key joins go the way back. */
uint32_t tg_query_rounds(const struct tg_query *query);
/* The left-most source's sub-topology and topic: what the sink is like. */
const struct tg_subtopology *tg_query_first_reader(const struct tg_query *query, const char **ret_topic);
/* The sub-topology that reads a topic and, if `ret_input` is not NULL, its input; NULL: none does. */
const struct tg_subtopology *tg_query_reader_of(const struct tg_query *query, const char *topic,
                                                const struct tg_subtopology_input **ret_input);

/* ---- subtopology.c ---- */

/* Cuts the plan at the Rekey nodes whose rows must move to other partitions. `partition_count` tells the
 * partitions of a source node's topic. With one partition everywhere nothing has to move. Errors:
 * TOPIC_MISMATCH if topics that are read together differ. */
struct tg_partition_counts {
    uint32_t count;
    const struct tg_plan_node *const *sources;
    const int32_t *partitions;
};
TG_MUST_CHECK enum tg_code tg_query_cut(struct tg_query *query, const struct tg_partition_counts *counts,
                                        struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
