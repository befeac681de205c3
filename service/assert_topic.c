#include "service/assert_topic.h"

static enum tg_code find_topic(struct tg_cluster *cluster, struct tg_arena *arena, const char *name,
                               int timeout_ms, struct tg_topic_info *ret_topic, struct tg_error *reterr)
{
    struct tg_topic_info *topics = NULL;
    uint32_t count = 0;
    TG_TRY(tg_admin_list_topics(cluster, timeout_ms, arena, &topics, &count, reterr));
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(topics[i].name, name) != 0)
            continue;
        *ret_topic = topics[i];
        return TG_OK;
    }
    (void)tg_fail(reterr, TG_CODE_TOPIC_UNKNOWN, "topic '%s' does not exist", name);
    return tg_fail_hint(reterr, "a name without quotes is read in upper case: quote it if it is not");
}

static enum tg_code check_number(const char *topic, const char *what, int32_t wanted, int32_t actual,
                                 struct tg_error *reterr)
{
    if (wanted == 0 || wanted == actual)
        return TG_OK;
    return tg_fail(reterr, TG_CODE_TOPIC_MISMATCH, "topic %s has %s=%d, not %d", topic, what, actual, wanted);
}

enum tg_code tg_assert_topic(struct tg_cluster *cluster, const struct tg_assert_topic *wanted, int timeout_ms,
                             struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_topic_info topic = {0};
    enum tg_code code = find_topic(cluster, arena, wanted->topic, timeout_ms, &topic, reterr);
    if (wanted->not_exists && code == TG_OK)
        code = tg_fail(reterr, TG_CODE_TOPIC_MISMATCH, "topic %s exists with %d partitions", wanted->topic,
                       topic.partition_count);
    else if (wanted->not_exists && code == TG_CODE_TOPIC_UNKNOWN)
        code = TG_OK;
    else if (code == TG_OK)
        code =
            check_number(wanted->topic, "PARTITIONS", wanted->partition_count, topic.partition_count, reterr);
    if (code == TG_OK && !wanted->not_exists)
        code = check_number(wanted->topic, "REPLICAS", wanted->replication_factor, topic.replication_factor,
                            reterr);
    tg_arena_free(arena);
    return code;
}
