/* kafka/memory_producer.c: a producer of the memory twin: open, send, delivery, close. Records are in the log
 * when send returns; what would be a failed delivery is told by flush and commit, as it is by a real
 * producer. */
#include "kafka/memory_internal.h"

enum { TRANSACTION_TIMEOUT_MS = 10000 };

/* ---- state ---- */

enum tg_code memory_check_epoch(struct memory_producer *producer, struct tg_error *reterr)
{
    if (producer->transactional == NULL)
        return TG_OK;
    if (!producer->fatal && producer->epoch == producer->transactional->epoch)
        return TG_OK;
    producer->fatal = true;
    (void)tg_fail(reterr, TG_CODE_KAFKA_FENCED, "producer '%s' with epoch %d is fenced, the epoch is %d",
                  producer->transactional->id, producer->epoch, producer->transactional->epoch);
    if (reterr != NULL)
        reterr->fatal = true;
    return TG_CODE_KAFKA_FENCED;
}

enum tg_code memory_fail_wrong_state(const struct memory_producer *producer, const char *what,
                                     struct tg_error *reterr)
{
    static const char *const names[] = {
        [MEMORY_FRESH] = "transactions are not initialised",
        [MEMORY_READY] = "no transaction has begun",
        [MEMORY_IN_TRANSACTION] = "a transaction is open",
        [MEMORY_MUST_ABORT] = "the transaction has failed and must be aborted",
    };
    return tg_fail(reterr, TG_CODE_KAFKA, "cannot %s: %s", what, names[producer->state]);
}

/* ---- delivery ---- */

static void note_failure(struct memory_producer *producer, const struct tg_error *error)
{
    if (producer->delivery_code == TG_OK) {
        producer->delivery_code = error->code;
        producer->delivery_error = *error;
    }
    if (producer->transactional != NULL && producer->state == MEMORY_IN_TRANSACTION)
        producer->state = MEMORY_MUST_ABORT;
}

static enum tg_code delivery_status(const struct tg_producer *base, struct tg_error *reterr)
{
    const struct memory_producer *producer = (const struct memory_producer *)base;
    if (producer->delivery_code != TG_OK && reterr != NULL)
        *reterr = producer->delivery_error;
    return producer->delivery_code;
}

static int64_t delivered_offset(const struct tg_producer_topic *base, int32_t partition)
{
    const struct memory_producer_topic *topic = (const struct memory_producer_topic *)base;
    return (size_t)partition < topic->delivered_count ? topic->delivered[partition] : -1;
}

static void note_delivered(struct memory_producer_topic *topic, int32_t partition, int64_t offset)
{
    size_t needed = (size_t)partition + 1;
    if (needed > topic->delivered_count) {
        tg_grow((void **)&topic->delivered, &topic->delivered_capacity, needed, sizeof *topic->delivered);
        for (size_t i = topic->delivered_count; i < needed; i++)
            topic->delivered[i] = -1;
        topic->delivered_count = needed;
    }
    topic->delivered[partition] = offset;
}

/* ---- send ---- */

static enum tg_code find_topic(struct tg_producer *base, const char *name,
                               struct tg_producer_topic **ret_topic, struct tg_error *reterr)
{
    struct memory_producer *producer = (struct memory_producer *)base;
    (void)reterr; /* an unknown topic is a failed delivery, as it is for a real producer */
    for (size_t i = 0; i < producer->topic_count; i++) {
        if (strcmp(producer->topics[i]->name, name) == 0) {
            *ret_topic = &producer->topics[i]->base;
            return TG_OK;
        }
    }
    struct memory_producer_topic *topic = tg_alloc_zero(1, sizeof *topic);
    topic->base.producer = base;
    topic->name = tg_strdup(name);
    topic->topics_version = UINT64_MAX; /* looked up at the first record */
    tg_grow((void **)&producer->topics, &producer->topic_capacity, producer->topic_count + 1,
            sizeof(struct memory_producer_topic *));
    producer->topics[producer->topic_count++] = topic;
    *ret_topic = &topic->base;
    return TG_OK;
}

static struct memory_topic *target_of(struct memory_cluster *cluster, struct memory_producer_topic *topic)
{
    if (topic->topics_version != cluster->topics_version) {
        topic->topic = memory_use_topic(cluster, topic->name);
        topic->topics_version = cluster->topics_version;
    }
    return topic->topic;
}

/* What a broker would refuse. */
static enum tg_code check_record(const struct memory_producer_topic *topic, const struct tg_outgoing *record,
                                 struct tg_error *reterr)
{
    if (topic->topic == NULL)
        return tg_fail(reterr, TG_CODE_TOPIC_UNKNOWN, "cannot deliver a record: topic '%s' does not exist",
                       topic->name);
    if (record->partition < 0 || record->partition >= topic->topic->partition_count)
        return tg_fail(reterr, TG_CODE_TOPIC_UNKNOWN,
                       "cannot deliver a record: topic '%s' has no partition %d", topic->name,
                       record->partition);
    if ((int64_t)(record->key.length + record->value.length) > topic->topic->message_bytes_max)
        return tg_fail(reterr, TG_CODE_KAFKA, "cannot deliver a record: %zu bytes are more than '%s' takes",
                       record->key.length + record->value.length, topic->name);
    return TG_OK;
}

static void deliver(struct memory_producer *producer, const struct tg_outgoing *record)
{
    struct memory_cluster *cluster = producer->cluster;
    struct memory_producer_topic *topic = (struct memory_producer_topic *)record->topic;
    struct tg_error error = {0};
    int64_t producer_id = -1;
    (void)target_of(cluster, topic);
    if (check_record(topic, record, &error) != TG_OK || memory_check_epoch(producer, &error) != TG_OK) {
        note_failure(producer, &error);
        return;
    }
    if (producer->began && !producer->transactional->ongoing) {
        (void)tg_fail(&error, TG_CODE_KAFKA,
                      "cannot deliver a record: the transaction was ended by a late request");
        note_failure(producer, &error);
        return;
    }
    if (producer->transactional != NULL) {
        struct memory_partition where = {topic->topic, record->partition};
        memory_transactional_touch(cluster, producer, &where);
        producer_id = producer->transactional->producer_id;
    }
    int64_t offset = memory_log_append(&topic->topic->logs[record->partition], record, producer_id);
    note_delivered(topic, record->partition, offset);
    memory_changed(cluster);
}

static enum tg_code send_locked(struct memory_producer *producer, const struct tg_outgoing *record,
                                struct tg_error *reterr)
{
    struct tg_memory_fault fault;
    if (producer->transactional != NULL && producer->fatal)
        return memory_check_epoch(producer, reterr);
    if (producer->transactional != NULL && producer->state != MEMORY_IN_TRANSACTION &&
        producer->state != MEMORY_MUST_ABORT)
        return memory_fail_wrong_state(producer, "produce a record", reterr);
    if (memory_strike(producer->cluster, TG_MEMORY_CALL_SEND,
                      &fault)) { /* sends fail when they are delivered */
        struct tg_error error = {0};
        (void)memory_fail_fault(&fault, &error);
        if (fault.executed)
            deliver(producer, record);
        note_failure(producer, &error);
        return TG_OK;
    }
    deliver(producer, record);
    return TG_OK;
}

static enum tg_code send_record(struct tg_producer *base, const struct tg_outgoing *record,
                                struct tg_error *reterr)
{
    struct memory_producer *producer = (struct memory_producer *)base;
    struct memory_cluster *cluster = memory_lock(&producer->cluster->base);
    enum tg_code code = send_locked(producer, record, reterr);
    memory_unlock(cluster);
    return code;
}

static bool crowded(const struct tg_producer *base)
{
    struct memory_cluster *cluster = memory_lock(&((const struct memory_producer *)base)->cluster->base);
    bool is_crowded = cluster->crowded;
    memory_unlock(cluster);
    return is_crowded;
}

static void serve(struct tg_producer *base)
{
    (void)base; /* everything has been delivered */
}

static enum tg_code flush(struct tg_producer *base, int timeout_ms, struct tg_error *reterr)
{
    struct memory_producer *producer = (struct memory_producer *)base;
    (void)timeout_ms;
    struct memory_cluster *cluster = memory_lock(&producer->cluster->base);
    enum tg_code code = memory_strike_plain(cluster, TG_MEMORY_CALL_FLUSH, reterr);
    memory_unlock(cluster);
    return code == TG_OK ? delivery_status(base, reterr) : code;
}

/* ---- open and close ---- */

static void close_producer(struct tg_producer *base)
{
    struct memory_producer *producer = (struct memory_producer *)base;
    struct memory_cluster *cluster = memory_lock(&producer->cluster->base);
    cluster->producer_count--;
    memory_unlock(cluster);
    for (size_t i = 0; i < producer->topic_count; i++) {
        tg_free(producer->topics[i]->delivered);
        tg_free(producer->topics[i]->name);
        tg_free(producer->topics[i]);
    }
    tg_free(producer->topics);
    tg_free(producer);
}

static const struct tg_producer_kind memory_producer_kind = {
    .close = close_producer,
    .topic = find_topic,
    .send = send_record,
    .crowded = crowded,
    .poll = serve,
    .flush = flush,
    .delivery_status = delivery_status,
    .delivered_offset = delivered_offset,
    .init_transactions = memory_init_transactions,
    .begin = memory_begin,
    .send_offsets = memory_send_offsets,
    .commit = memory_commit_transaction,
    .abort = memory_abort_transaction,
    .request_counts = memory_request_counts,
};

enum tg_code memory_open_producer(struct tg_cluster *base, const struct tg_producer_options *options,
                                  struct tg_producer **ret_producer, struct tg_error *reterr)
{
    (void)reterr; /* nothing can fail */
    struct memory_producer *producer = tg_alloc_zero(1, sizeof *producer);
    struct memory_cluster *cluster = memory_lock(base);
    int timeout_ms =
        options->transaction_timeout_ms > 0 ? options->transaction_timeout_ms : TRANSACTION_TIMEOUT_MS;
    producer->base.kind = &memory_producer_kind;
    producer->cluster = cluster;
    producer->timeout_us = (int64_t)timeout_ms * 1000;
    if (options->transactional_id != NULL)
        producer->transactional = memory_transactional_get(cluster, options->transactional_id);
    producer->epoch = producer->transactional == NULL ? 0 : producer->transactional->epoch;
    cluster->producer_count++;
    memory_unlock(cluster);
    *ret_producer = &producer->base;
    return TG_OK;
}
