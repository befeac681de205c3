/* The topics of a query: looked up, created where absent, checked where they exist (tg_query_prepare). */
#include "plan/node.h"
#include "plan/nodes/sink.h"
#include "plan/nodes/source.h"
#include "topology/layout.h"
#include "topology/operator.h"
#include "topology/query.h"
#include "topology/rows/record_codec.h"

#include <string.h>

enum { SETTINGS_MAX = 5 };
#define ENDLESS_MS "9223372036854775807"

struct topic_request {
    const char *name;
    int32_t partition_count;
    int32_t replication_factor;
    struct tg_topic_setting settings[SETTINGS_MAX];
    uint32_t setting_count;
};

static void add_setting(struct topic_request *request, const char *name, const char *value)
{
    TG_ASSERT(request->setting_count < SETTINGS_MAX);
    request->settings[request->setting_count++] = (struct tg_topic_setting){name, value};
}

/* Creates the topic if it is absent. *ret_partitions: what it has now; *ret_created: whether we made it. */
static enum tg_code ensure_topic(struct tg_cluster *cluster, const struct topic_request *request,
                                 int timeout_ms, int32_t *ret_partitions, bool *ret_created,
                                 struct tg_error *reterr)
{
    *ret_created = false;
    enum tg_code code = tg_admin_partition_count(cluster, request->name, timeout_ms, ret_partitions, reterr);
    if (code != TG_CODE_TOPIC_UNKNOWN)
        return code;
    const struct tg_topic_spec spec = {
        .name = request->name,
        .partition_count = request->partition_count,
        .replication_factor = request->replication_factor,
        .settings = request->settings,
        .setting_count = request->setting_count,
    };
    code = tg_admin_create_topic(cluster, &spec, timeout_ms, reterr);
    if (code == TG_CODE_DUPLICATE_NAME) /* another process of the application was faster */
        return tg_admin_partition_count(cluster, request->name, timeout_ms, ret_partitions, reterr);
    TG_TRY(code);
    *ret_partitions = request->partition_count;
    *ret_created = true;
    return TG_OK;
}

/* Asks for the partitions of all source topics and cuts the plan accordingly. */
static enum tg_code cut_plan(struct tg_query *query, int timeout_ms, struct tg_error *reterr)
{
    uint32_t node_count = tg_plan_node_count(query->plan);
    struct tg_plan_node **nodes =
        tg_arena_alloc_zero(query->arena, node_count, sizeof(struct tg_plan_node *));
    const struct tg_plan_node **sources =
        tg_arena_alloc_zero(query->arena, node_count, sizeof(struct tg_plan_node *));
    int32_t *partitions = tg_arena_alloc_zero(query->arena, node_count, sizeof *partitions);
    tg_plan_list_nodes(query->plan, nodes);
    uint32_t count = 0;
    for (uint32_t i = 0; i < node_count; i++) {
        if (nodes[i]->kind != &tg_plan_source_kind)
            continue;
        const char *topic = ((const struct tg_plan_source *)nodes[i])->topic;
        enum tg_code code =
            tg_admin_partition_count(query->cluster, topic, timeout_ms, &partitions[count], reterr);
        if (code == TG_CODE_TOPIC_UNKNOWN)
            tg_fail_hint(reterr,
                         "create it first, or give PARTITIONS in the WITH clause of its CREATE statement");
        TG_TRY(code);
        sources[count++] = nodes[i];
    }
    const struct tg_partition_counts counts = {count, sources, partitions};
    return tg_query_cut(query, &counts, reterr);
}

/* The cleanup policy of a topic that exists must not lose what we need. */
struct policy_rule {
    const char *what;
    bool compacted; /* what the policy must say, or must not */
    const char *damage;
    const char *hint;
};

static const struct policy_rule changelog_rule = {"changelog", true,
                                                  "its records would be deleted and state lost",
                                                  "set cleanup.policy=compact on the topic"};
static const struct policy_rule repartition_rule = {
    "repartition", false, "rows would be lost before they are processed",
    "set cleanup.policy=delete and retention.ms=-1 on the topic"};

static enum tg_code check_policy(const struct tg_query *query, const char *topic,
                                 const struct policy_rule *rule, int timeout_ms, struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    const char *policy = NULL;
    enum tg_code code =
        tg_admin_topic_setting(query->cluster, topic, "cleanup.policy", timeout_ms, arena, &policy, reterr);
    if (code == TG_OK && (strstr(policy, "compact") != NULL) != rule->compacted) {
        tg_fail(reterr, TG_CODE_TOPIC_MISMATCH, "%s topic %s has cleanup.policy=%s: %s", rule->what, topic,
                policy, rule->damage);
        code = tg_fail_hint(reterr, "%s", rule->hint);
    }
    tg_arena_free(arena);
    return code;
}

/* Notes how large a record the topic takes, beside what others of its kind do. */
static enum tg_code note_bytes_max(const struct tg_query *query, const char *topic, int timeout_ms,
                                   int64_t *smallest, struct tg_error *reterr)
{
    int64_t bytes = 0;
    TG_TRY(tg_query_topic_bytes_max(query, topic, timeout_ms, &bytes, reterr));
    *smallest = *smallest == 0 || bytes < *smallest ? bytes : *smallest;
    return TG_OK;
}

/* Settings as Kafka Streams gives them: nothing is deleted by time, and small segments, so that purging what
 * was consumed gives room back. */
static enum tg_code prepare_repartition(struct tg_query *query, const char *topic, int32_t partitions,
                                        int timeout_ms, struct tg_error *reterr)
{
    int32_t found = 0;
    bool created = false;
    struct topic_request request = {
        .name = topic,
        .partition_count = partitions,
        .replication_factor = query->settings.internal_replication,
    };
    add_setting(&request, "cleanup.policy", "delete");
    add_setting(&request, "retention.ms", "-1");
    add_setting(&request, "segment.bytes", "52428800");
    add_setting(&request, "message.timestamp.type", "CreateTime");
    add_setting(&request, "segment.ms", ENDLESS_MS); /* as for changelogs */
    TG_TRY(ensure_topic(query->cluster, &request, timeout_ms, &found, &created, reterr));
    if (found != partitions) {
        tg_fail(reterr, TG_CODE_TOPIC_MISMATCH,
                "repartition topic %s has %d partitions, but the rows that go through it come from %d",
                request.name, found, partitions);
        return tg_fail_hint(reterr,
                            "the source's partitions were changed after the query had begun; start the "
                            "query under another QUERY_ID");
    }
    TG_TRY(note_bytes_max(query, request.name, timeout_ms, &query->repartition_bytes_max, reterr));
    return created ? TG_OK : check_policy(query, request.name, &repartition_rule, timeout_ms, reterr);
}

static enum tg_code prepare_changelog(struct tg_query *query, const struct tg_subtopology *subtopology,
                                      const char *store_name, int timeout_ms, struct tg_error *reterr)
{
    int32_t partitions = subtopology->partition_count;
    int32_t found = 0;
    bool created = false;
    struct topic_request request = {
        .name = tg_query_changelog_topic(query->arena, query, store_name),
        .partition_count = partitions,
        .replication_factor = query->settings.internal_replication,
    };
    /* Event times may be older than any retention, so time must delete nothing: our tombstones do. */
    add_setting(&request, "cleanup.policy", "compact");
    add_setting(&request, "retention.ms", "-1");
    add_setting(&request, "message.timestamp.type", "CreateTime");
    /* A transaction marker carries the present time: beside old event times each one would begin a new
     * segment. */
    add_setting(&request, "segment.ms", ENDLESS_MS);
    TG_TRY(ensure_topic(query->cluster, &request, timeout_ms, &found, &created, reterr));
    if (found != partitions) {
        tg_fail(reterr, TG_CODE_TOPIC_MISMATCH,
                "changelog topic %s has %d partitions, but topic %s, which its rows come from, has %d",
                request.name, found, subtopology->inputs[0].topic, partitions);
        return tg_fail_hint(reterr, "the source's partitions were changed after state was built; start the "
                                    "query under another QUERY_ID");
    }
    TG_TRY(note_bytes_max(query, request.name, timeout_ms, &query->changelog_bytes_max, reterr));
    return created ? TG_OK : check_policy(query, request.name, &changelog_rule, timeout_ms, reterr);
}

/* A stream's sink keeps records as long as its source does, if RETENTION_MS is not given. */
static enum tg_code sink_retention(const struct tg_query *query, const struct tg_plan_topic *topic,
                                   int timeout_ms, const char **ret_value, struct tg_error *reterr)
{
    if (topic->retention_ms != -2) {
        *ret_value = tg_arena_printf(query->arena, "%lld", (long long)topic->retention_ms);
        return TG_OK;
    }
    const char *source = NULL;
    (void)tg_query_first_reader(query, &source);
    return tg_admin_topic_setting(query->cluster, source, "retention.ms", timeout_ms, query->arena, ret_value,
                                  reterr);
}

static enum tg_code prepare_sink(struct tg_query *query, int timeout_ms, struct tg_error *reterr)
{
    const struct tg_plan_sink *sink = (const struct tg_plan_sink *)query->plan->root;
    const char *source = NULL;
    bool created = false;
    struct topic_request request = {
        .name = sink->topic.name,
        .partition_count = sink->topic.partition_count > 0
                               ? sink->topic.partition_count
                               : tg_query_first_reader(query, &source)->partition_count,
        .replication_factor = sink->topic.replication_factor,
    };
    add_setting(&request, "cleanup.policy", sink->topic.compacted ? "compact" : "delete");
    const char *retention = NULL;
    TG_TRY(sink_retention(query, &sink->topic, timeout_ms, &retention, reterr));
    add_setting(&request, "retention.ms", retention);
    TG_TRY(
        ensure_topic(query->cluster, &request, timeout_ms, &query->sink_partition_count, &created, reterr));
    if (sink->topic.partition_count > 0 && sink->topic.partition_count != query->sink_partition_count) {
        tg_fail(reterr, TG_CODE_TOPIC_MISMATCH,
                "topic %s exists with %d partitions, but the statement says PARTITIONS=%d", sink->topic.name,
                query->sink_partition_count, sink->topic.partition_count);
        return tg_fail_hint(reterr, "leave PARTITIONS out, or choose another KAFKA_TOPIC");
    }
    return TG_OK;
}

static enum tg_code prepare_stores(struct tg_query *query, const struct tg_subtopology *subtopology,
                                   const struct tg_subtopology_operator *planned, int timeout_ms,
                                   struct tg_error *reterr)
{
    const char *role = tg_operator_store_role(planned, 0);
    if (role != NULL)
        tg_layout_note(query, planned->node);
    for (uint32_t i = 0; role != NULL; role = tg_operator_store_role(planned, ++i))
        TG_TRY(prepare_changelog(query, subtopology, tg_query_store_name(query->arena, planned->node, role),
                                 timeout_ms, reterr));
    return TG_OK;
}

static enum tg_code prepare_internal_topics(struct tg_query *query, const struct tg_subtopology *subtopology,
                                            int timeout_ms, struct tg_error *reterr)
{
    if (subtopology->repartition_topic != NULL)
        TG_TRY(prepare_repartition(query, subtopology->repartition_topic, subtopology->repartition_partitions,
                                   timeout_ms, reterr));
    for (uint32_t i = 0; i < subtopology->operator_count; i++) {
        const struct tg_subtopology_operator *planned = &subtopology->operators[i];
        if (planned->topic_partitions > 0)
            TG_TRY(prepare_repartition(query, planned->topic, planned->topic_partitions, timeout_ms, reterr));
        TG_TRY(prepare_stores(query, subtopology, planned, timeout_ms, reterr));
    }
    return TG_OK;
}

/* Registers what the sink's records are written by: before data flows, and while waiting is allowed. */
static enum tg_code prepare_schemas(struct tg_query *query, struct tg_error *reterr)
{
    const struct tg_plan_sink *sink = (const struct tg_plan_sink *)query->plan->root;
    struct tg_record_half_options options = {.schema = sink->base.schema,
                                             .role = TG_COLUMN_KEY,
                                             .format = &sink->key_format,
                                             .topic = sink->topic.name,
                                             .registry = query->registry};
    for (int half = 0; half < 2; half++) {
        struct tg_record_encoder encoder = {0};
        struct tg_arena *arena = tg_arena_new(0);
        enum tg_code code = tg_record_encoder_open(arena, &options, &encoder, reterr);
        tg_record_encoder_done(&encoder);
        tg_arena_free(arena);
        TG_TRY(code);
        options.role = TG_COLUMN_VALUE;
        options.format = &sink->value_format;
    }
    return TG_OK;
}

enum tg_code tg_query_prepare(struct tg_query *query, int timeout_ms, struct tg_error *reterr)
{
    TG_TRY(cut_plan(query, timeout_ms, reterr));
    TG_TRY(prepare_sink(query, timeout_ms, reterr));
    TG_TRY(prepare_schemas(query, reterr));
    for (uint32_t i = 0; i < query->subtopology_count; i++)
        TG_TRY(prepare_internal_topics(query, &query->subtopologies[i], timeout_ms, reterr));
    return tg_query_prepare_faults(query, timeout_ms, reterr);
}
