/* kafka/kafka.c: every call of kafka.h goes to the twin of its handle. */
#include "kafka/kafka.h"

#include "kafka/twin.h"

void tg_cluster_close(struct tg_cluster *cluster)
{
    if (cluster != NULL)
        cluster->kind->close(cluster);
}

enum tg_code tg_cluster_probe(struct tg_cluster *cluster, int timeout_ms, struct tg_error *reterr)
{
    return cluster->kind->probe(cluster, timeout_ms, reterr);
}

bool tg_cluster_is_memory(const struct tg_cluster *cluster)
{
    return cluster->kind->is_memory;
}

enum tg_code tg_admin_create_topic(struct tg_cluster *cluster, const struct tg_topic_spec *spec,
                                   int timeout_ms, struct tg_error *reterr)
{
    return cluster->kind->create_topic(cluster, spec, timeout_ms, reterr);
}

enum tg_code tg_admin_delete_topic(struct tg_cluster *cluster, const char *name, int timeout_ms,
                                   struct tg_error *reterr)
{
    return cluster->kind->delete_topic(cluster, name, timeout_ms, reterr);
}

enum tg_code tg_admin_partition_count(struct tg_cluster *cluster, const char *topic, int timeout_ms,
                                      int32_t *ret_count, struct tg_error *reterr)
{
    return cluster->kind->partition_count(cluster, topic, timeout_ms, ret_count, reterr);
}

enum tg_code tg_admin_topic_id(struct tg_cluster *cluster, const char *topic, int timeout_ms,
                               uint64_t *ret_id, struct tg_error *reterr)
{
    return cluster->kind->topic_id(cluster, topic, timeout_ms, ret_id, reterr);
}

enum tg_code tg_admin_list_topics(struct tg_cluster *cluster, int timeout_ms, struct tg_arena *arena,
                                  struct tg_topic_info **ret_topics, uint32_t *ret_count,
                                  struct tg_error *reterr)
{
    struct tg_topic_list list = {.arena = arena};
    TG_TRY(cluster->kind->list_topics(cluster, timeout_ms, &list, reterr));
    *ret_topics = list.topics;
    *ret_count = list.count;
    return TG_OK;
}

enum tg_code tg_admin_topic_setting(struct tg_cluster *cluster, const char *topic, const char *setting,
                                    int timeout_ms, struct tg_arena *arena, const char **ret_value,
                                    struct tg_error *reterr)
{
    struct tg_topic_setting_request request = {
        .topic = topic, .setting = setting, .timeout_ms = timeout_ms, .arena = arena};
    return cluster->kind->topic_setting(cluster, &request, ret_value, reterr);
}

enum tg_code tg_admin_delete_records(struct tg_cluster *cluster, const char *topic, int32_t partition,
                                     int64_t before_offset, int timeout_ms, struct tg_error *reterr)
{
    struct tg_offset before = {
        .topic = topic, .partition = partition, .offset = before_offset, .leader_epoch = -1};
    return cluster->kind->delete_records(cluster, &before, timeout_ms, reterr);
}

enum tg_code tg_admin_list_offsets(struct tg_cluster *cluster, struct tg_offset *offsets, uint32_t count,
                                   enum tg_isolation isolation, int timeout_ms, struct tg_error *reterr)
{
    struct tg_admin_offsets_request request = {
        .offsets = offsets, .count = count, .isolation = isolation, .timeout_ms = timeout_ms};
    return count == 0 ? TG_OK : cluster->kind->list_offsets(cluster, &request, reterr);
}

enum tg_code tg_admin_group_offsets(struct tg_cluster *cluster, const char *group, struct tg_offset *offsets,
                                    uint32_t count, int timeout_ms, struct tg_arena *arena,
                                    struct tg_error *reterr)
{
    struct tg_admin_offsets_request request = {
        .group = group, .offsets = offsets, .count = count, .timeout_ms = timeout_ms, .arena = arena};
    return count == 0 ? TG_OK : cluster->kind->group_offsets(cluster, &request, reterr);
}

enum tg_code tg_consumer_open(struct tg_cluster *cluster, const struct tg_consumer_options *options,
                              struct tg_consumer **ret_consumer, struct tg_error *reterr)
{
    return cluster->kind->open_consumer(cluster, options, ret_consumer, reterr);
}

void tg_consumer_close(struct tg_consumer *consumer)
{
    if (consumer != NULL)
        consumer->kind->close(consumer);
}

enum tg_code tg_consumer_subscribe(struct tg_consumer *consumer, const char *const *topics, uint32_t count,
                                   struct tg_error *reterr)
{
    return consumer->kind->subscribe(consumer, topics, count, reterr);
}

enum tg_code tg_consumer_assign(struct tg_consumer *consumer, const struct tg_offset *offsets, uint32_t count,
                                struct tg_error *reterr)
{
    return consumer->kind->assign(consumer, offsets, count, reterr);
}

enum tg_code tg_consumer_start(struct tg_consumer *consumer, const char *topic, int32_t partition,
                               int64_t offset, uint32_t tag, struct tg_error *reterr)
{
    struct tg_start_request request = {.topic = topic, .partition = partition, .offset = offset, .tag = tag};
    return consumer->kind->start(consumer, &request, reterr);
}

enum tg_code tg_consumer_pause(struct tg_consumer *consumer, const char *topic, int32_t partition,
                               struct tg_error *reterr)
{
    return consumer->kind->pause(consumer, topic, partition, reterr);
}

enum tg_code tg_consumer_resume(struct tg_consumer *consumer, const char *topic, int32_t partition,
                                struct tg_error *reterr)
{
    return consumer->kind->resume(consumer, topic, partition, reterr);
}

enum tg_code tg_consumer_seek(struct tg_consumer *consumer, const struct tg_offset *offsets, uint32_t count,
                              int timeout_ms, struct tg_error *reterr)
{
    return count == 0 ? TG_OK : consumer->kind->seek(consumer, offsets, count, timeout_ms, reterr);
}

enum tg_code tg_consumer_poll(struct tg_consumer *consumer, struct tg_message *messages, uint32_t max,
                              int timeout_ms, uint32_t *ret_count, struct tg_error *reterr)
{
    *ret_count = 0;
    return consumer->kind->poll(consumer, messages, max, timeout_ms, ret_count, reterr);
}

void tg_consumer_release(struct tg_consumer *consumer, struct tg_message *messages, uint32_t count)
{
    consumer->kind->release(consumer, messages, count);
}

const char *tg_message_error(const struct tg_message *message)
{
    return message->consumer->kind->message_error(message);
}

void tg_message_header(const struct tg_message *message, uint32_t index, struct tg_slice *ret_name,
                       struct tg_slice *ret_value)
{
    struct tg_header header = {.name = {NULL, 0}};
    message->consumer->kind->message_header(message, index, &header);
    *ret_name = header.name;
    *ret_value = header.value;
}

enum tg_code tg_consumer_group_metadata(struct tg_consumer *consumer, struct tg_group_metadata **ret_metadata,
                                        struct tg_error *reterr)
{
    return consumer->kind->group_metadata(consumer, ret_metadata, reterr);
}

void tg_group_metadata_free(struct tg_group_metadata *metadata)
{
    if (metadata != NULL)
        metadata->free(metadata);
}

enum tg_code tg_consumer_committed(struct tg_consumer *consumer, struct tg_offset *offsets, uint32_t count,
                                   int timeout_ms, struct tg_arena *arena, struct tg_error *reterr)
{
    return count == 0 ? TG_OK
                      : consumer->kind->committed(consumer, offsets, count, timeout_ms, arena, reterr);
}

int64_t tg_consumer_high_watermark(struct tg_consumer *consumer, const char *topic, int32_t partition)
{
    return consumer->kind->high_watermark(consumer, topic, partition);
}

enum tg_code tg_consumer_commit(struct tg_consumer *consumer, const struct tg_offset *offsets, uint32_t count,
                                struct tg_error *reterr)
{
    return count == 0 ? TG_OK : consumer->kind->commit(consumer, offsets, count, reterr);
}

enum tg_code tg_producer_open(struct tg_cluster *cluster, const struct tg_producer_options *options,
                              struct tg_producer **ret_producer, struct tg_error *reterr)
{
    return cluster->kind->open_producer(cluster, options, ret_producer, reterr);
}

void tg_producer_close(struct tg_producer *producer)
{
    if (producer != NULL)
        producer->kind->close(producer);
}

enum tg_code tg_producer_topic(struct tg_producer *producer, const char *topic,
                               struct tg_producer_topic **ret_topic, struct tg_error *reterr)
{
    return producer->kind->topic(producer, topic, ret_topic, reterr);
}

enum tg_code tg_producer_send(struct tg_producer *producer, const struct tg_outgoing *record,
                              struct tg_error *reterr)
{
    return producer->kind->send(producer, record, reterr);
}

void tg_producer_poll(struct tg_producer *producer)
{
    producer->kind->poll(producer);
}

enum tg_code tg_producer_flush(struct tg_producer *producer, int timeout_ms, struct tg_error *reterr)
{
    return producer->kind->flush(producer, timeout_ms, reterr);
}

bool tg_producer_crowded(const struct tg_producer *producer)
{
    return producer->kind->crowded(producer);
}

enum tg_code tg_producer_delivery_status(const struct tg_producer *producer, struct tg_error *reterr)
{
    return producer->kind->delivery_status(producer, reterr);
}

int64_t tg_producer_delivered_offset(const struct tg_producer_topic *topic, int32_t partition)
{
    return topic->producer->kind->delivered_offset(topic, partition);
}

enum tg_code tg_producer_init_transactions(struct tg_producer *producer, int timeout_ms,
                                           struct tg_error *reterr)
{
    return producer->kind->init_transactions(producer, timeout_ms, reterr);
}

enum tg_code tg_producer_begin(struct tg_producer *producer, struct tg_error *reterr)
{
    return producer->kind->begin(producer, reterr);
}

enum tg_code tg_producer_send_offsets(struct tg_producer *producer, const struct tg_offset *offsets,
                                      uint32_t count, const struct tg_group_metadata *metadata,
                                      int timeout_ms, struct tg_error *reterr)
{
    struct tg_send_offsets_request request = {
        .offsets = offsets, .count = count, .metadata = metadata, .timeout_ms = timeout_ms};
    return count == 0 ? TG_OK : producer->kind->send_offsets(producer, &request, reterr);
}

enum tg_code tg_producer_commit(struct tg_producer *producer, int timeout_ms, struct tg_error *reterr)
{
    return producer->kind->commit(producer, timeout_ms, reterr);
}

enum tg_code tg_producer_abort(struct tg_producer *producer, int timeout_ms, struct tg_error *reterr)
{
    return producer->kind->abort(producer, timeout_ms, reterr);
}

void tg_producer_request_counts(const struct tg_producer *producer, struct tg_request_counts *ret_counts)
{
    producer->kind->request_counts(producer, ret_counts);
}

bool tg_producer_tainted(const struct tg_producer *producer)
{
#ifdef TG_TAINT_CHECK_OFF /* fault tests only: they must find the damage this check prevents */
    (void)producer;
    return false;
#else
    struct tg_request_counts counts;
    producer->kind->request_counts(producer, &counts);
    for (int kind = 0; kind < TG_REQUEST_KINDS; kind++)
        if (counts.sent[kind] != counts.answered[kind])
            return true;
    return false;
#endif
}
