/* kafka/real_producer.c: a producer over librdkafka: open, send, delivery reports, flush, close. */
#include "kafka/real.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>

enum { TRANSACTION_TIMEOUT_MS = 10000, PLAIN_SEND_TIMEOUT_MS = 30000, QUEUE_BYTES = 64 << 20 };
enum { QUEUE_RECORDS = 20000, STOPPED_SEND_US = 1000000 };
enum { QUEUE_BYTES_LEAST = 64 << 10, QUEUE_BYTES_MOST = 1 << 30 }; /* for librdkafka */

static void on_error(rd_kafka_t *client, int error, const char *reason, void *opaque)
{
    struct real_producer *producer = opaque;
    (void)client;
    real_trouble_set(&producer->trouble, error, reason);
}

/* ---- delivery ---- */

static void note_delivered(struct real_producer_topic *topic, int32_t partition, int64_t offset)
{
    size_t needed = (size_t)partition + 1;
    if (needed > topic->delivered_count) {
        tg_grow((void **)&topic->delivered, &topic->delivered_capacity, needed, sizeof *topic->delivered);
        for (size_t i = topic->delivered_count; i < needed; i++)
            topic->delivered[i] = -1;
        topic->delivered_count = needed;
    }
    if (offset > topic->delivered[partition])
        topic->delivered[partition] = offset;
}

/* Runs inside send, poll, flush and the transaction calls, on the producer's thread. */
static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *native, void *opaque)
{
    struct real_producer *producer = opaque;
    struct real_producer_topic *topic = native->_private;
    (void)client;
    producer->queued_bytes -= native->len + native->key_len;
    if (native->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_delivered(topic, native->partition, native->offset);
        return;
    }
    /* an abort and a close purge what was not sent: that is no failure */
    if (native->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || native->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
        producer->delivery_error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    producer->delivery_error = native->err;
    snprintf(producer->delivery_reason, sizeof producer->delivery_reason, "%s[%d]: %s", topic->name,
             native->partition, rd_kafka_message_produce_errstr(native));
}

static enum tg_code delivery_status(const struct tg_producer *base, struct tg_error *reterr)
{
    const struct real_producer *producer = (const struct real_producer *)base;
    if (producer->delivery_error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return TG_OK;
    return real_fail(reterr, producer->delivery_error, producer->delivery_reason, "deliver a record");
}

static int64_t delivered_offset(const struct tg_producer_topic *base, int32_t partition)
{
    const struct real_producer_topic *topic = (const struct real_producer_topic *)base;
    return (size_t)partition < topic->delivered_count ? topic->delivered[partition] : -1;
}

/* ---- send ---- */

static enum tg_code find_topic(struct tg_producer *base, const char *name,
                               struct tg_producer_topic **ret_topic, struct tg_error *reterr)
{
    struct real_producer *producer = (struct real_producer *)base;
    for (size_t i = 0; i < producer->topic_count; i++) {
        if (strcmp(producer->topics[i]->name, name) == 0) {
            *ret_topic = &producer->topics[i]->base;
            return TG_OK;
        }
    }
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer->client, name, NULL);
    if (handle == NULL)
        return real_fail(reterr, rd_kafka_last_error(), NULL, "use the topic");
    struct real_producer_topic *topic = tg_alloc_zero(1, sizeof *topic);
    topic->base.producer = base;
    topic->owner = producer;
    topic->name = tg_strdup(name);
    topic->handle = handle;
    tg_grow((void **)&producer->topics, &producer->topic_capacity, producer->topic_count + 1,
            sizeof *producer->topics);
    producer->topics[producer->topic_count++] = topic;
    *ret_topic = &topic->base;
    return TG_OK;
}

static rd_kafka_headers_t *make_headers(const struct tg_outgoing *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    for (uint32_t i = 0; i < record->header_count; i++) {
        const struct tg_header *header = &record->headers[i];
        (void)rd_kafka_header_add(headers, (const char *)header->name.data, (ssize_t)header->name.length,
                                  header->value.data, (ssize_t)header->value.length);
    }
    return headers;
}

static rd_kafka_error_t *produce(struct real_producer *producer, const struct tg_outgoing *record,
                                 rd_kafka_headers_t *headers)
{
    struct real_producer_topic *topic = (struct real_producer_topic *)record->topic;
    rd_kafka_vu_t arguments[8];
    size_t count = 0;
    arguments[count].vtype = RD_KAFKA_VTYPE_RKT;
    arguments[count++].u.rkt = topic->handle;
    arguments[count].vtype = RD_KAFKA_VTYPE_PARTITION;
    arguments[count++].u.i32 = record->partition;
    arguments[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    arguments[count++].u.i = RD_KAFKA_MSG_F_COPY;
    arguments[count].vtype = RD_KAFKA_VTYPE_VALUE;
    arguments[count].u.mem.ptr = (void *)record->value.data;
    arguments[count++].u.mem.size = record->value.length;
    arguments[count].vtype = RD_KAFKA_VTYPE_KEY;
    arguments[count].u.mem.ptr = (void *)record->key.data;
    arguments[count++].u.mem.size = record->key.length;
    arguments[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    /* librdkafka takes 0 for "now", which would be far off: a millisecond after the epoch is nearer */
    arguments[count++].u.i64 = record->timestamp_ms == 0 ? 1 : record->timestamp_ms;
    arguments[count].vtype = RD_KAFKA_VTYPE_OPAQUE;
    arguments[count++].u.ptr = topic;
    if (headers != NULL) {
        arguments[count].vtype = RD_KAFKA_VTYPE_HEADERS;
        arguments[count++].u.headers = headers;
    }
    return rd_kafka_produceva(producer->client, arguments, count);
}

static bool must_stop(const struct real_producer *producer)
{
    return producer->stop != NULL && __atomic_load_n(producer->stop, __ATOMIC_RELAXED);
}

/* When a send to a full queue gives up. */
static int64_t send_deadline_us(const struct real_producer *producer, int64_t began_us)
{
    int timeout_ms = producer->transactional ? producer->transaction_timeout_ms : PLAIN_SEND_TIMEOUT_MS;
    return began_us + (must_stop(producer) ? STOPPED_SEND_US : timeout_ms * 1000LL);
}

static enum tg_code send_record(struct tg_producer *base, const struct tg_outgoing *record,
                                struct tg_error *reterr)
{
    struct real_producer *producer = (struct real_producer *)base;
    struct tg_clock *clock = tg_clock_real();
    int64_t began_us = 0; /* the clock is read only when the queue is full */
    rd_kafka_headers_t *headers = record->header_count == 0 ? NULL : make_headers(record);
    for (;;) {
        rd_kafka_error_t *error = produce(producer, record, headers);
        if (error == NULL) {
            producer->queued_bytes += record->value.length + record->key.length;
            return TG_OK; /* the headers belong to the record now */
        }
        int64_t now_us = tg_clock_monotonic_us(clock);
        began_us = began_us == 0 ? now_us : began_us;
        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL ||
            now_us >= send_deadline_us(producer, began_us)) {
            if (headers != NULL)
                rd_kafka_headers_destroy(headers);
            return real_fail_object(reterr, error, "produce a record");
        }
        rd_kafka_error_destroy(error);
        rd_kafka_poll(producer->client, 10);
    }
}

static bool crowded(const struct tg_producer *base)
{
    const struct real_producer *producer = (const struct real_producer *)base;
    return producer->queued_bytes > producer->queue_bytes_max / 2 ||
           rd_kafka_outq_len(producer->client) > QUEUE_RECORDS / 2;
}

static void serve(struct tg_producer *base)
{
    rd_kafka_poll(((struct real_producer *)base)->client, 0);
}

static enum tg_code flush(struct tg_producer *base, int timeout_ms, struct tg_error *reterr)
{
    struct real_producer *producer = (struct real_producer *)base;
    rd_kafka_resp_err_t error = rd_kafka_flush(producer->client, timeout_ms);
    TG_TRY(delivery_status(base, reterr));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return real_fail(reterr, error, NULL, "flush the producer");
    return TG_OK;
}

/* ---- open and close ---- */

static void close_producer(struct tg_producer *base)
{
    struct real_producer *producer = (struct real_producer *)base;
    if (producer->client != NULL) {
        (void)rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                                   RD_KAFKA_PURGE_F_NON_BLOCKING);
        rd_kafka_poll(producer->client, 0); /* the reports of what was purged */
    }
    for (size_t i = 0; i < producer->topic_count; i++)
        rd_kafka_topic_destroy(producer->topics[i]->handle);
    if (producer->client != NULL)
        rd_kafka_destroy(producer->client); /* may still run on_delivery: topics are freed after it */
    for (size_t i = 0; i < producer->topic_count; i++) {
        tg_free(producer->topics[i]->delivered);
        tg_free(producer->topics[i]->name);
        tg_free(producer->topics[i]);
    }
    tg_free(producer->topics);
    real_trouble_done(&producer->trouble);
    tg_free(producer);
}

static const struct tg_producer_kind real_producer_kind = {
    .close = close_producer,
    .topic = find_topic,
    .send = send_record,
    .crowded = crowded,
    .poll = serve,
    .flush = flush,
    .delivery_status = delivery_status,
    .delivered_offset = delivered_offset,
    .init_transactions = real_init_transactions,
    .begin = real_begin,
    .send_offsets = real_send_offsets,
    .commit = real_commit_transaction,
    .abort = real_abort_transaction,
    .request_counts = real_request_counts,
};

static uint64_t queue_bytes(const struct tg_producer_options *options)
{
    uint64_t bytes = options->queue_bytes_max == 0 ? QUEUE_BYTES : options->queue_bytes_max;
    return bytes < QUEUE_BYTES_LEAST  ? QUEUE_BYTES_LEAST
           : bytes > QUEUE_BYTES_MOST ? QUEUE_BYTES_MOST
                                      : bytes;
}

static enum tg_code make_conf(const struct real_cluster *cluster, const struct tg_producer_options *options,
                              int transaction_timeout_ms, rd_kafka_conf_t **ret_conf, struct tg_error *reterr)
{
    bool transactional = options->transactional_id != NULL;
    char transaction_timeout[16];
    char socket_timeout[16];
    char linger[16];
    snprintf(transaction_timeout, sizeof transaction_timeout, "%d", transaction_timeout_ms);
    /* below the transaction's, so that a reply that never comes is noticed while the transaction lives */
    snprintf(socket_timeout, sizeof socket_timeout, "%d",
             transaction_timeout_ms * 6 / 10 < 6000 ? transaction_timeout_ms * 6 / 10 : 6000);
    snprintf(linger, sizeof linger, "%d", options->linger_ms);
    char queue_kib[24];
    char queue_records[16];
    snprintf(queue_records, sizeof queue_records, "%d", QUEUE_RECORDS);
    snprintf(queue_kib, sizeof queue_kib, "%" PRIu64, queue_bytes(options) / 1024);
    const struct real_setting defaults[] = {
        {"linger.ms", "5"},
        {"batch.num.messages", "10000"},
        {"batch.size", "1000000"},
        /* a short queue keeps its memory in the processor's cache: a third faster than 100,000 (measured) */
        {"queue.buffering.max.messages", queue_records},
        {"queue.buffering.max.kbytes", queue_kib},
        /* right after a commit the coordinator answers CONCURRENT_TRANSACTIONS for some ms; librdkafka's 100
         * ms would be the pace of all back-to-back transactions (measured) */
        {"retry.backoff.ms", "2"},
        {"retry.backoff.max.ms", "100"},
        {"topic.metadata.propagation.max.ms", "10000"},
        {NULL, NULL},
    };
    const struct real_setting forced[] = {
        {"enable.idempotence", "true"},
        {"partitioner", "murmur2_random"}, /* Java's; we choose partitions ourselves anyway */
        {"allow.auto.create.topics", "false"},
        {"transactional.id", options->transactional_id},
        {"transaction.timeout.ms", transactional ? transaction_timeout : NULL},
        {"message.timeout.ms", transactional ? transaction_timeout : NULL},
        {"socket.timeout.ms", transactional ? socket_timeout : NULL},
        {"linger.ms", options->linger_ms >= 0 ? linger : NULL},
        {NULL, NULL},
    };
    struct real_conf_request request = {
        .role = TG_ROLE_PRODUCER,
        .client_id = options->client_id,
        .defaults = defaults,
        .overrides = options->overrides,
        .forced = forced,
    };
    return real_conf_new(cluster, &request, ret_conf, reterr);
}

enum tg_code real_open_producer(struct tg_cluster *cluster, const struct tg_producer_options *options,
                                struct tg_producer **ret_producer, struct tg_error *reterr)
{
    rd_kafka_conf_t *conf = NULL;
    char reason[256];
    int timeout_ms =
        options->transaction_timeout_ms > 0 ? options->transaction_timeout_ms : TRANSACTION_TIMEOUT_MS;
    TG_TRY(make_conf((struct real_cluster *)cluster, options, timeout_ms, &conf, reterr));

    struct real_producer *producer = tg_alloc_zero(1, sizeof *producer);
    producer->base.kind = &real_producer_kind;
    producer->transactional = options->transactional_id != NULL;
    producer->transaction_timeout_ms = timeout_ms;
    producer->stop = options->stop;
    producer->queue_bytes_max = queue_bytes(options);
    real_trouble_init(&producer->trouble);
    real_taint_watch(&producer->taint, conf);
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_error_cb(conf, on_error);
    /* a callback, not events: with events a commit waits for a queue that only another thread could poll */
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    producer->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (producer->client == NULL) {
        rd_kafka_conf_destroy(conf);
        close_producer(&producer->base);
        return tg_fail(reterr, TG_CODE_CONFIG, "the producer settings do not fit together: %s", reason);
    }
    *ret_producer = &producer->base;
    return TG_OK;
}
