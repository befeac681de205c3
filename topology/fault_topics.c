/* The topics for dead letters and late records: looked up, created where absent; and how large records may
 * be. */
#include "base/text.h"

#include "plan/nodes/sink.h"
#include "topology/query.h"

#include <stdio.h>

enum { CLIENT_BYTES_MAX = 1000000 }; /* librdkafka's default of message.max.bytes */

/* These records are kept until somebody has looked at them: their times may be old, and time must not delete
 * them. */
static enum tg_code ensure_topic(struct tg_query *query, const char *name, int timeout_ms,
                                 int32_t *ret_partitions, struct tg_error *reterr)
{
    static const struct tg_topic_setting settings[] = {
        {"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"message.timestamp.type", "CreateTime"}};
    enum tg_code code = tg_admin_partition_count(query->cluster, name, timeout_ms, ret_partitions, reterr);
    if (code != TG_CODE_TOPIC_UNKNOWN)
        return code;
    const struct tg_topic_spec spec = {
        .name = name,
        .partition_count = query->subtopologies[0].partition_count,
        .replication_factor = query->settings.internal_replication,
        .settings = settings,
        .setting_count = sizeof settings / sizeof *settings,
    };
    code = tg_admin_create_topic(query->cluster, &spec, timeout_ms, reterr);
    if (code == TG_CODE_DUPLICATE_NAME) /* another process or query was faster */
        return tg_admin_partition_count(query->cluster, name, timeout_ms, ret_partitions, reterr);
    *ret_partitions = spec.partition_count;
    return code;
}

enum tg_code tg_query_topic_bytes_max(const struct tg_query *query, const char *topic, int timeout_ms,
                                      int64_t *ret_bytes, struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    const char *text = NULL;
    enum tg_code code =
        tg_admin_topic_setting(query->cluster, topic, "max.message.bytes", timeout_ms, arena, &text, reterr);
    if (code == TG_OK && !tg_parse_int64(tg_slice_text(text), 0, INT32_MAX, ret_bytes))
        code = tg_fail(reterr, TG_CODE_TOPIC_MISMATCH, "topic %s has max.message.bytes=%s", topic, text);
    tg_arena_free(arena);
    return code;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A client takes what the topics take, unless it was told its own limit. */
static void limit_client(struct tg_query *query)
{
    struct tg_fault_rules *rules = &query->faults;
    const char *given = query->producer_overrides == NULL
                            ? NULL
                            : tg_properties_get(query->producer_overrides, "message.max.bytes");
    if (given == NULL && query->producer_overrides != NULL)
        given = tg_properties_get(query->producer_overrides, "max.request.size");
    int64_t limit = larger(larger(CLIENT_BYTES_MAX, query->sink_bytes_max),
                           larger(rules->dead_letter_bytes_max, rules->late_records_bytes_max));
    limit = larger(limit, larger(query->repartition_bytes_max, query->changelog_bytes_max));
    if (given == NULL) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)larger(limit, 1000));
        if (query->producer_overrides == NULL)
            query->producer_overrides = tg_properties_new();
        tg_properties_set(query->producer_overrides, "message.max.bytes", text, "topics");
        return;
    }
    if (!tg_parse_int64(tg_slice_text(given), 0, INT32_MAX, &limit))
        return; /* the client refuses it */
    query->sink_bytes_max = smaller(query->sink_bytes_max, limit);
    query->repartition_bytes_max = smaller(query->repartition_bytes_max, limit);
    query->changelog_bytes_max = smaller(query->changelog_bytes_max, limit);
    rules->dead_letter_bytes_max = smaller(rules->dead_letter_bytes_max, limit);
    rules->late_records_bytes_max = smaller(rules->late_records_bytes_max, limit);
}

enum tg_code tg_query_prepare_faults(struct tg_query *query, int timeout_ms, struct tg_error *reterr)
{
    struct tg_fault_rules *rules = &query->faults;
    const char *sink = ((const struct tg_plan_sink *)query->plan->root)->topic.name;
    TG_TRY(tg_query_topic_bytes_max(query, sink, timeout_ms, &query->sink_bytes_max, reterr));
    if (rules->dead_letter_topic != NULL) {
        TG_TRY(ensure_topic(query, rules->dead_letter_topic, timeout_ms, &rules->dead_letter_partitions,
                            reterr));
        TG_TRY(tg_query_topic_bytes_max(query, rules->dead_letter_topic, timeout_ms,
                                        &rules->dead_letter_bytes_max, reterr));
    }
    if (rules->late_records_topic != NULL) {
        TG_TRY(ensure_topic(query, rules->late_records_topic, timeout_ms, &rules->late_records_partitions,
                            reterr));
        TG_TRY(tg_query_topic_bytes_max(query, rules->late_records_topic, timeout_ms,
                                        &rules->late_records_bytes_max, reterr));
    }
    limit_client(query);
    return TG_OK;
}
