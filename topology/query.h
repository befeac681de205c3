/* topology/query.h: what all tasks of one query share: its plan cut into sub-topologies, its settings and
 * names. Immutable after tg_query_open. Thread: any. */
#pragma once

#include "kafka/kafka.h"
#include "plan/plan.h"
#include "state/state.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_query_settings {
    bool exactly_once;    /* processing.guarantee: exactly_once_v2, else at_least_once */
    bool emit_per_record; /* the cache is off: each change is sent on, else the last one per key and commit */
    int64_t commit_interval_ms;
    uint64_t cache_bytes; /* of one store's table of clean entries */
    enum tg_offset_reset offset_reset;
    int64_t future_ms_max;  /* row times further ahead of the wall clock are skipped; -1: no bound */
    int session_timeout_ms; /* 0: default */
    int transaction_timeout_ms;
    int request_timeout_ms;       /* of one blocking Kafka call on the commit path */
    int32_t internal_replication; /* of changelog topics; -1: the broker's default */
};

/* A connected part of the plan that one task runs: from its source topics to a sink or a repartition topic.
 */
struct tg_subtopology {
    uint32_t index;
    const struct tg_plan_node *root;
    uint32_t source_count;
    const struct tg_plan_node **sources; /* of kind source */
    int32_t partition_count;             /* of its source topics: one task per partition */
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
    struct tg_properties *consumer_overrides; /* librdkafka names, or NULL */
    struct tg_properties *producer_overrides;
    uint32_t subtopology_count;
    struct tg_subtopology *subtopologies;
    int32_t sink_partition_count; /* known after tg_query_prepare */
};

struct tg_query_options {
    const struct tg_plan *plan; /* must outlive the query */
    struct tg_query_settings settings;
    const char *prefix; /* "_confluent-ksql-default_query_" or "<application.id>-" */
    const char *instance;
    struct tg_cluster *cluster;
    struct tg_state *state;
    struct tg_clock *clock;
    const struct tg_properties *consumer_overrides;
    const struct tg_properties *producer_overrides;
};

/* Cuts the plan into sub-topologies. Errors: UNSUPPORTED for plan parts that cannot be run yet, naming the
 * step. */
TG_MUST_CHECK enum tg_code tg_query_open(const struct tg_query_options *options, struct tg_query **ret_query,
                                         struct tg_error *reterr);
void tg_query_close(struct tg_query *query); /* NULL is a no-op */

/* Asks Kafka for the source topics, checks partition counts, creates the sink topic and the changelog topics
 * where they are absent and checks those that exist. Errors: TOPIC_UNKNOWN, TOPIC_MISMATCH, KAFKA_*. */
TG_MUST_CHECK enum tg_code tg_query_prepare(struct tg_query *query, int timeout_ms, struct tg_error *reterr);

const char *tg_query_id(const struct tg_query *query);
/* "<application id>-<store>-changelog" in the query's arena. */
const char *tg_query_changelog_topic(struct tg_arena *arena, const struct tg_query *query,
                                     const char *store_name);
/* The step's store name as ksqlDB names it: "Aggregate" -> "Aggregate-Aggregate-Materialize". */
const char *tg_query_store_name(struct tg_arena *arena, const struct tg_plan_node *node);
/* Topic of a sub-topology's source `index`. */
const char *tg_subtopology_topic(const struct tg_subtopology *subtopology, uint32_t index);

#ifdef __cplusplus
}
#endif
