/* kafka/memory_admin.c: admin calls of the memory twin. */
#include "kafka/memory_internal.h"

/* Topic settings that callers look at, with the broker's defaults. */
static const struct tg_topic_setting setting_defaults[] = {
    {"cleanup.policy", "delete"},
    {"compression.type", "producer"},
    {"delete.retention.ms", "86400000"},
    {"max.message.bytes", "1048588"},
    {"message.timestamp.type", "CreateTime"},
    {"min.cleanable.dirty.ratio", "0.5"},
    {"min.compaction.lag.ms", "0"},
    {"min.insync.replicas", "1"},
    {"retention.bytes", "-1"},
    {"retention.ms", "604800000"},
    {"segment.bytes", "1073741824"},
    {"segment.ms", "604800000"},
};

/* Locks, counts the call and fails if a fault strikes; on failure the lock is gone. */
static enum tg_code enter(struct tg_cluster *base, struct memory_cluster **ret_cluster,
                          struct tg_error *reterr)
{
    struct memory_cluster *cluster = memory_lock(base);
    enum tg_code code = memory_strike_plain(cluster, TG_MEMORY_CALL_ADMIN, reterr);
    if (code != TG_OK)
        memory_unlock(cluster);
    *ret_cluster = cluster;
    return code;
}

enum tg_code memory_create_topic(struct tg_cluster *base, const struct tg_topic_spec *spec, int timeout_ms,
                                 struct tg_error *reterr)
{
    struct memory_cluster *cluster;
    (void)timeout_ms;
    TG_TRY(enter(base, &cluster, reterr));
    enum tg_code code = TG_OK;
    if (tg_map_get(cluster->topics, tg_slice_text(spec->name)) != NULL)
        code = tg_fail(reterr, TG_CODE_DUPLICATE_NAME, "cannot create topic '%s': it exists", spec->name);
    else if (spec->partition_count == 0)
        code = tg_fail(reterr, TG_CODE_CONFIG, "cannot create topic '%s' without partitions", spec->name);
    else
        (void)memory_add_topic(cluster, spec);
    memory_unlock(cluster);
    return code;
}

enum tg_code memory_delete_topic(struct tg_cluster *base, const char *name, int timeout_ms,
                                 struct tg_error *reterr)
{
    struct memory_cluster *cluster;
    struct memory_topic *topic;
    (void)timeout_ms;
    TG_TRY(enter(base, &cluster, reterr));
    enum tg_code code = memory_find_topic(cluster, name, &topic, reterr);
    if (code == TG_OK) {
        (void)tg_map_remove(cluster->topics, tg_slice_text(name));
        topic->deleted = true;
        tg_grow((void **)&cluster->deleted, &cluster->deleted_capacity, cluster->deleted_count + 1,
                sizeof(struct memory_topic *));
        cluster->deleted[cluster->deleted_count++] = topic;
        cluster->topics_version++;
        memory_group_topic_changed(cluster, name);
        memory_changed(cluster);
    }
    memory_unlock(cluster);
    return code;
}

enum tg_code memory_partition_count(struct tg_cluster *base, const char *name, int timeout_ms,
                                    int32_t *ret_count, struct tg_error *reterr)
{
    struct memory_cluster *cluster;
    struct memory_topic *topic;
    (void)timeout_ms;
    TG_TRY(enter(base, &cluster, reterr));
    enum tg_code code = memory_find_topic(cluster, name, &topic, reterr);
    if (code == TG_OK)
        *ret_count = topic->partition_count;
    memory_unlock(cluster);
    return code;
}

enum tg_code memory_topic_id(struct tg_cluster *base, const char *name, int timeout_ms, uint64_t *ret_id,
                             struct tg_error *reterr)
{
    struct memory_cluster *cluster;
    struct memory_topic *topic;
    (void)timeout_ms;
    TG_TRY(enter(base, &cluster, reterr));
    enum tg_code code = memory_find_topic(cluster, name, &topic, reterr);
    if (code == TG_OK)
        *ret_id = topic->id;
    memory_unlock(cluster);
    return code;
}

enum tg_code memory_list_topics(struct tg_cluster *base, int timeout_ms, struct tg_topic_list *list,
                                struct tg_error *reterr)
{
    struct memory_cluster *cluster;
    (void)timeout_ms;
    TG_TRY(enter(base, &cluster, reterr));
    list->topics = tg_arena_alloc_zero(list->arena, tg_map_count(cluster->topics), sizeof *list->topics);
    for (size_t i = 0; i < tg_map_count(cluster->topics); i++) {
        const struct memory_topic *topic = tg_map_value(cluster->topics, i);
        list->topics[list->count++] =
            (struct tg_topic_info){.name = tg_arena_text(list->arena, tg_slice_text(topic->name)),
                                   .partition_count = topic->partition_count,
                                   .replication_factor = topic->replication_factor};
    }
    memory_unlock(cluster);
    return TG_OK;
}

static enum tg_code find_setting(const struct memory_topic *topic,
                                 const struct tg_topic_setting_request *request, const char **ret_value,
                                 struct tg_error *reterr)
{
    const char *value = tg_properties_get(topic->settings, request->setting);
    for (size_t i = 0; value == NULL && i < sizeof setting_defaults / sizeof setting_defaults[0]; i++)
        if (strcmp(setting_defaults[i].name, request->setting) == 0)
            value = setting_defaults[i].value;
    if (value == NULL)
        return tg_fail(reterr, TG_CODE_CONFIG, "topics have no setting '%s'", request->setting);
    *ret_value = tg_arena_text(request->arena, tg_slice_text(value));
    return TG_OK;
}

enum tg_code memory_topic_setting(struct tg_cluster *base, const struct tg_topic_setting_request *request,
                                  const char **ret_value, struct tg_error *reterr)
{
    struct memory_cluster *cluster;
    struct memory_topic *topic;
    TG_TRY(enter(base, &cluster, reterr));
    enum tg_code code = memory_find_topic(cluster, request->topic, &topic, reterr);
    if (code == TG_OK)
        code = find_setting(topic, request, ret_value, reterr);
    memory_unlock(cluster);
    return code;
}

enum tg_code memory_delete_records(struct tg_cluster *base, const struct tg_offset *before, int timeout_ms,
                                   struct tg_error *reterr)
{
    struct memory_cluster *cluster;
    struct memory_log *log;
    (void)timeout_ms;
    TG_TRY(enter(base, &cluster, reterr));
    enum tg_code code = memory_find_log(cluster, before->topic, before->partition, &log, reterr);
    if (code == TG_OK && before->offset > log->high_watermark)
        code = tg_fail(reterr, TG_CODE_OFFSET_OUT_OF_RANGE,
                       "%s[%d] ends at %lld, so nothing can be deleted up to %lld", before->topic,
                       before->partition, (long long)log->high_watermark, (long long)before->offset);
    if (code == TG_OK && before->offset > log->start_offset)
        memory_log_delete_before(log, before->offset);
    memory_unlock(cluster);
    return code;
}

enum tg_code memory_list_offsets(struct tg_cluster *base, const struct tg_admin_offsets_request *request,
                                 struct tg_error *reterr)
{
    struct memory_cluster *cluster;
    TG_TRY(enter(base, &cluster, reterr));
    enum tg_code first = TG_OK;
    for (uint32_t i = 0; i < request->count; i++) {
        struct tg_offset *offset = &request->offsets[i];
        struct memory_log *log = NULL;
        struct tg_error *error = first == TG_OK ? reterr : NULL; /* the first one is told */
        offset->code = memory_find_log(cluster, offset->topic, offset->partition, &log, error);
        if (first == TG_OK)
            first = offset->code;
        if (offset->code != TG_OK)
            continue;
        offset->leader_epoch = 0;
        if (offset->offset == TG_OFFSET_EARLIEST)
            offset->offset = log->start_offset;
        else
            offset->offset =
                request->isolation == TG_READ_COMMITTED ? memory_log_stable_offset(log) : log->high_watermark;
    }
    memory_unlock(cluster);
    return first;
}

enum tg_code memory_group_offsets(struct tg_cluster *base, const struct tg_admin_offsets_request *request,
                                  struct tg_error *reterr)
{
    struct memory_cluster *cluster;
    TG_TRY(enter(base, &cluster, reterr));
    enum tg_code code =
        memory_group_read(cluster, memory_group_get(cluster, request->group), request, reterr);
    memory_unlock(cluster);
    return code;
}
