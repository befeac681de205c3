/* kafka/memory_cluster.c: the memory twin's cluster: topics, time, waiting. */
#include "kafka/memory_internal.h"

#include "base/text.h"

#include <time.h>
#include <unistd.h>

/* ---- time and waiting ---- */

int64_t memory_now_us(const struct memory_cluster *cluster)
{
    return tg_clock_monotonic_us(cluster->clock);
}

static void tick(struct memory_cluster *cluster)
{
    int64_t now_us = memory_now_us(cluster);
    for (size_t i = 0; i < tg_map_count(cluster->transactionals); i++)
        memory_transactional_tick(cluster, tg_map_value(cluster->transactionals, i), now_us);
    for (size_t i = 0; i < tg_map_count(cluster->groups); i++)
        memory_group_tick(cluster, tg_map_value(cluster->groups, i), now_us);
}

struct memory_cluster *memory_lock(struct tg_cluster *base)
{
    struct memory_cluster *cluster = (struct memory_cluster *)base;
    pthread_mutex_lock(&cluster->mutex);
    tick(cluster);
    return cluster;
}

void memory_unlock(struct memory_cluster *cluster)
{
    pthread_mutex_unlock(&cluster->mutex);
}

bool memory_wait(struct memory_cluster *cluster, int64_t deadline_us)
{
    int64_t now_us = memory_now_us(cluster);
    if (!cluster->blocks || now_us >= deadline_us)
        return false;
    /* in slices, because nothing wakes us when a time-out comes due */
    int64_t slice_us = deadline_us - now_us < 20000 ? deadline_us - now_us : 20000;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)slice_us * 1000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    cluster->waiting++;
    (void)pthread_cond_timedwait(&cluster->changed, &cluster->mutex, &until);
    cluster->waiting--;
    tick(cluster);
    return true;
}

void memory_changed(struct memory_cluster *cluster)
{
    if (cluster->waiting > 0)
        pthread_cond_broadcast(&cluster->changed);
    for (size_t i = 0; i < cluster->consumer_count; i++) {
        struct memory_consumer *consumer = cluster->consumers[i];
        uint64_t one = 1;
        if (consumer->notify_descriptor < 0 || consumer->notified)
            continue;
        consumer->notified = true;
        if (write(consumer->notify_descriptor, &one, sizeof one) < 0)
            continue; /* the counter is full: its reader wakes up anyway */
    }
}

/* ---- topics ---- */

bool memory_partition_equal(const struct memory_partition *a, const struct memory_partition *b)
{
    return a->topic == b->topic && a->partition == b->partition;
}

static enum tg_code fail_unknown_topic(const char *name, struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_TOPIC_UNKNOWN, "topic '%s' does not exist", name);
}

enum tg_code memory_find_topic(struct memory_cluster *cluster, const char *name,
                               struct memory_topic **ret_topic, struct tg_error *reterr)
{
    *ret_topic = tg_map_get(cluster->topics, tg_slice_text(name));
    return *ret_topic == NULL ? fail_unknown_topic(name, reterr) : TG_OK;
}

struct memory_topic *memory_use_topic(struct memory_cluster *cluster, const char *name)
{
    struct memory_topic *topic = tg_map_get(cluster->topics, tg_slice_text(name));
    if (topic != NULL || !cluster->auto_create_topics)
        return topic;
    struct tg_topic_spec spec = {
        .name = name, .partition_count = cluster->default_partitions, .replication_factor = -1};
    return memory_add_topic(cluster, &spec);
}

struct memory_topic *memory_add_topic(struct memory_cluster *cluster, const struct tg_topic_spec *spec)
{
    struct memory_topic *topic = tg_alloc_zero(1, sizeof *topic);
    topic->name = tg_strdup(spec->name);
    topic->partition_count = spec->partition_count < 1 ? cluster->default_partitions : spec->partition_count;
    topic->replication_factor = spec->replication_factor < 1 ? 1 : spec->replication_factor;
    topic->logs = tg_alloc_zero((size_t)topic->partition_count, sizeof *topic->logs);
    topic->settings = tg_properties_new();
    topic->message_bytes_max = 1048588; /* the broker's default */
    for (uint32_t i = 0; i < spec->setting_count; i++) {
        tg_properties_set(topic->settings, spec->settings[i].name, spec->settings[i].value, "topic");
        if (strcmp(spec->settings[i].name, "max.message.bytes") == 0)
            (void)tg_parse_int64(tg_slice_text(spec->settings[i].value), 0, INT32_MAX,
                                 &topic->message_bytes_max);
    }
    (void)tg_map_put(cluster->topics, tg_slice_text(spec->name), topic);
    topic->id = ++cluster->topics_version;
    memory_group_topic_changed(cluster, spec->name);
    memory_changed(cluster);
    return topic;
}

enum tg_code memory_find_log(struct memory_cluster *cluster, const char *topic, int32_t partition,
                             struct memory_log **ret_log, struct tg_error *reterr)
{
    struct memory_topic *found;
    TG_TRY(memory_find_topic(cluster, topic, &found, reterr));
    if (partition < 0 || partition >= found->partition_count)
        return tg_fail(reterr, TG_CODE_TOPIC_UNKNOWN,
                       "topic '%s' has %d partitions, so there is no partition %d", topic,
                       found->partition_count, partition);
    *ret_log = &found->logs[partition];
    return TG_OK;
}

static void free_topic(struct memory_topic *topic)
{
    for (int32_t i = 0; i < topic->partition_count; i++)
        memory_log_done(&topic->logs[i]);
    tg_free(topic->logs);
    tg_properties_free(topic->settings);
    tg_free(topic->name);
    tg_free(topic);
}

/* ---- open and close ---- */

static enum tg_code probe(struct tg_cluster *base, int timeout_ms, struct tg_error *reterr)
{
    (void)timeout_ms;
    struct memory_cluster *cluster = memory_lock(base);
    enum tg_code code = memory_strike_plain(cluster, TG_MEMORY_CALL_ADMIN, reterr);
    memory_unlock(cluster);
    return code;
}

static void close_cluster(struct tg_cluster *base)
{
    struct memory_cluster *cluster = (struct memory_cluster *)base;
    TG_ASSERT(cluster->consumer_count == 0 && cluster->producer_count == 0);
    for (size_t i = 0; i < tg_map_count(cluster->groups); i++)
        memory_group_free(tg_map_value(cluster->groups, i));
    for (size_t i = 0; i < tg_map_count(cluster->transactionals); i++)
        memory_transactional_free(tg_map_value(cluster->transactionals, i));
    for (size_t i = 0; i < tg_map_count(cluster->topics); i++)
        free_topic(tg_map_value(cluster->topics, i));
    for (size_t i = 0; i < cluster->deleted_count; i++)
        free_topic(cluster->deleted[i]);
    tg_map_free(cluster->groups);
    tg_map_free(cluster->transactionals);
    tg_map_free(cluster->topics);
    tg_free(cluster->deleted);
    tg_free(cluster->consumers);
    tg_free(cluster->faults);
    pthread_cond_destroy(&cluster->changed);
    pthread_mutex_destroy(&cluster->mutex);
    tg_free(cluster);
}

static const struct tg_cluster_kind memory_cluster_kind = {
    .is_memory = true,
    .close = close_cluster,
    .probe = probe,
    .create_topic = memory_create_topic,
    .delete_topic = memory_delete_topic,
    .partition_count = memory_partition_count,
    .topic_id = memory_topic_id,
    .list_topics = memory_list_topics,
    .topic_setting = memory_topic_setting,
    .delete_records = memory_delete_records,
    .list_offsets = memory_list_offsets,
    .group_offsets = memory_group_offsets,
    .open_consumer = memory_open_consumer,
    .open_producer = memory_open_producer,
};

struct tg_cluster *tg_cluster_open_memory(const struct tg_memory_cluster_options *options)
{
    struct memory_cluster *cluster = tg_alloc_zero(1, sizeof *cluster);
    cluster->base.kind = &memory_cluster_kind;
    cluster->clock = options->clock;
    cluster->blocks = options->clock == tg_clock_real();
    cluster->auto_create_topics = options->auto_create_topics;
    cluster->default_partitions = options->default_partitions < 1 ? 1 : options->default_partitions;
    cluster->next_producer_id = 1000;
    pthread_mutex_init(&cluster->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&cluster->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    cluster->topics = tg_map_new();
    cluster->groups = tg_map_new();
    cluster->transactionals = tg_map_new();
    return &cluster->base;
}
