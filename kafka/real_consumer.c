/* kafka/real_consumer.c: a consumer over librdkafka: open, poll, messages, close. */
#include "kafka/real.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* More slots are slower: the messages of one call should stay in the processor's cache (measured). */
enum { BATCH_MAX = 500, WAIT_SLICE_MS = 100, CLOSE_TIMEOUT_MS = 5000 };

void real_notify(const struct real_consumer *consumer)
{
    uint64_t one = 1;
    if (consumer->notify_descriptor >= 0 && write(consumer->notify_descriptor, &one, sizeof one) < 0)
        return; /* the counter is full, so the reader wakes up anyway */
}

/* The next poll returns it. Nothing takes the place of a fatal one: librdkafka says it once. */
static void note_error(struct real_consumer *consumer, rd_kafka_resp_err_t error, const char *reason)
{
    if (consumer->pending_error == RD_KAFKA_RESP_ERR__FATAL)
        return;
    consumer->pending_error = error;
    snprintf(consumer->pending_reason, sizeof consumer->pending_reason, "%s", reason);
}

/* Connection errors; librdkafka goes on by itself, the text explains a later time-out. */
static void on_error(rd_kafka_t *client, int error, const char *reason, void *opaque)
{
    struct real_consumer *consumer = opaque;
    (void)client;
    real_trouble_set(&consumer->trouble, error, reason);
    if (error == RD_KAFKA_RESP_ERR__FATAL || error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        note_error(consumer, (rd_kafka_resp_err_t)error, reason);
}

/* ---- messages ---- */

static struct real_partition *partition_of(struct real_consumer *consumer, const rd_kafka_message_t *native)
{
    for (size_t n = 0; n < consumer->partition_count; n++) { /* runs of one partition hit at once */
        size_t i = consumer->last_hit + n;
        if (i >= consumer->partition_count)
            i -= consumer->partition_count;
        struct real_partition *partition = &consumer->partitions[i];
        if (partition->partition == native->partition && partition->handle == native->rkt) {
            consumer->last_hit = i;
            return partition;
        }
    }
    return NULL;
}

/* The number of headers stands right behind the value in a record of format 2 (the only one with a leader
 * epoch), and librdkafka leaves keys and values where it received them. So one byte says that there are none,
 * where asking librdkafka would cost as much as decoding the record (measured). */
static bool surely_no_headers(const rd_kafka_message_t *native, int32_t leader_epoch)
{
    return leader_epoch >= 0 && native->payload != NULL && native->len > 0 &&
           ((const uint8_t *)native->payload)[native->len] == 0;
}

static uint32_t count_headers(const rd_kafka_message_t *native, int32_t leader_epoch)
{
    rd_kafka_headers_t *headers;
    if (surely_no_headers(native, leader_epoch) ||
        rd_kafka_message_headers(native, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return (uint32_t)rd_kafka_header_cnt(headers);
}

static void fill_record(const rd_kafka_message_t *native, struct tg_message *message)
{
    message->kind = TG_MESSAGE_RECORD;
    message->timestamp_ms = rd_kafka_message_timestamp(native, NULL);
    message->key = tg_slice_of(native->key, native->key_len);
    message->value = tg_slice_of(native->payload, native->len);
    message->leader_epoch = rd_kafka_message_leader_epoch(native);
    message->header_count = count_headers(native, message->leader_epoch);
}

/* True for a message from before the position: librdkafka went back on its own (see held_back_offset in
 * real_assignment.c). It is sought to where it was. */
static bool went_back(struct real_consumer *consumer, struct real_partition *partition,
                      const rd_kafka_message_t *native)
{
    bool placed =
        native->err == RD_KAFKA_RESP_ERR_NO_ERROR || native->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (!placed || native->offset >= partition->position)
        return false;
    partition->start_offset = partition->position;
    partition->state = REAL_STARTING;
    consumer->starts_pending = true;
    real_notify(consumer);
    return true;
}

/* A fetch from before a seek can end the fetcher after it (its error waits in a queue without a version): no
 * seek starts that again, so it is noted also while the caller's start is pending. */
static void note_stopped(struct real_consumer *consumer, struct real_partition *partition)
{
    if (partition->state == REAL_RUNNING)
        partition->state = REAL_ASSIGNED;
    partition->stopped = true;
    real_notify(consumer);
}

/* An error of the consumer itself, not of a partition. */
static bool is_own_error(const rd_kafka_message_t *native)
{
    return native->err != RD_KAFKA_RESP_ERR_NO_ERROR && (native->rkt == NULL || native->partition < 0);
}

/* False: the message is not the caller's, its partition is not started. */
static bool convert(struct real_consumer *consumer, rd_kafka_message_t *native, struct tg_message *message)
{
    struct real_partition *partition = partition_of(consumer, native);
    bool is_running = partition != NULL && partition->state == REAL_RUNNING;
    if (partition != NULL && native->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        note_stopped(consumer, partition);
    if (!is_running || went_back(consumer, partition, native))
        return false;
    partition->read = true;
    *message = (struct tg_message){
        .tag = partition->tag,
        .partition = native->partition,
        .offset = native->offset,
        .timestamp_ms = -1,
        .leader_epoch = -1,
        .consumer = &consumer->base,
        .native = native,
    };
    if (native->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        partition->position = native->offset + 1;
        fill_record(native, message);
    } else if (native->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        message->kind = TG_MESSAGE_END;
    } else {
        message->kind = TG_MESSAGE_ERROR;
        message->code = real_code(native->err);
    }
    return true;
}

/* One batch call. It fills its slots for as long as it may wait, so callers that wait ask for one message. */
static uint32_t take(struct real_consumer *consumer, struct tg_message *messages, uint32_t max,
                     int timeout_ms)
{
    uint64_t revocations = consumer->revocations;
    ssize_t taken = rd_kafka_consume_batch_queue(consumer->queue, timeout_ms, consumer->batch, max);
    uint32_t count = 0;
    for (ssize_t i = 0; i < taken; i++) {
        /* The rebalance callback runs inside the call: what was taken before it belongs to partitions we
         * lost. But a consumer that is fenced says so right before it loses them, and only then. */
        bool is_error = is_own_error(consumer->batch[i]);
        if (is_error)
            note_error(consumer, consumer->batch[i]->err, rd_kafka_message_errstr(consumer->batch[i]));
        bool wanted = !is_error && revocations == consumer->revocations &&
                      convert(consumer, consumer->batch[i], &messages[count]);
        if (wanted)
            count++;
        else
            rd_kafka_message_destroy(consumer->batch[i]);
    }
    return count;
}

/* Partitions that have nowhere to start: one error message each. */
static uint32_t take_failed(struct real_consumer *consumer, struct tg_message *messages, uint32_t max)
{
    uint32_t count = 0;
    for (size_t i = 0; i < consumer->partition_count && count < max; i++) {
        struct real_partition *partition = &consumer->partitions[i];
        if (partition->state != REAL_FAILED)
            continue;
        partition->state = REAL_ASSIGNED;
        messages[count++] = (struct tg_message){
            .kind = TG_MESSAGE_ERROR,
            .code = TG_CODE_OFFSET_OUT_OF_RANGE,
            .tag = partition->tag,
            .partition = partition->partition,
            .offset = TG_OFFSET_NONE,
            .timestamp_ms = -1,
            .leader_epoch = -1,
            .consumer = &consumer->base,
        };
    }
    return count;
}

static uint32_t wait_for_one(struct real_consumer *consumer, struct tg_message *messages, int timeout_ms)
{
    /* a rebalance inside the wait can leave starts to be applied: so wait in slices */
    int slice_ms = consumer->starts_pending ? 5 : WAIT_SLICE_MS;
    return take(consumer, messages, 1, timeout_ms < slice_ms ? timeout_ms : slice_ms);
}

static enum tg_code fail_pending(struct real_consumer *consumer, struct tg_error *reterr)
{
    rd_kafka_resp_err_t error = consumer->pending_error;
    bool fatal = error == RD_KAFKA_RESP_ERR__FATAL;
    consumer->pending_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (fatal) /* what lies behind it: a second owner of our instance id, most likely */
        error =
            rd_kafka_fatal_error(consumer->client, consumer->pending_reason, sizeof consumer->pending_reason);
    enum tg_code code = real_fail(reterr, error, consumer->pending_reason, "consume");
    if (reterr != NULL && fatal)
        reterr->fatal = true;
    return code;
}

static enum tg_code poll_messages(struct tg_consumer *base, struct tg_message *messages, uint32_t max,
                                  int timeout_ms, uint32_t *ret_count, struct tg_error *reterr)
{
    struct real_consumer *consumer = (struct real_consumer *)base;
    struct tg_clock *clock = tg_clock_real();
    int64_t deadline_us = timeout_ms > 0 ? tg_clock_monotonic_us(clock) + (int64_t)timeout_ms * 1000 : 0;
    uint32_t limit = max < BATCH_MAX ? max : BATCH_MAX;
    uint32_t count = 0;

    for (int left_ms = 0;;) {
        if (consumer->pending_error != RD_KAFKA_RESP_ERR_NO_ERROR)
            return fail_pending(consumer, reterr);
        if (consumer->starts_pending) {
            TG_TRY(real_apply_starts(consumer, reterr));
            count = take_failed(consumer, messages, limit);
        }
        if (count == 0 && left_ms > 0)
            count = wait_for_one(consumer, messages, left_ms);
        if (count < limit)
            count += take(consumer, messages + count, limit - count, 0);
        if (count > 0 || timeout_ms <= 0)
            break;
        left_ms = (int)((deadline_us - tg_clock_monotonic_us(clock)) / 1000);
        if (left_ms <= 0)
            break;
    }
    *ret_count = count;
    if (count == 0 && consumer->pending_error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail_pending(consumer, reterr);
    return TG_OK;
}

static void release(struct tg_consumer *base, struct tg_message *messages, uint32_t count)
{
    (void)base;
    for (uint32_t i = 0; i < count; i++) {
        if (messages[i].native != NULL)
            rd_kafka_message_destroy(messages[i].native);
        messages[i].native = NULL;
    }
}

static const char *message_error(const struct tg_message *message)
{
    const rd_kafka_message_t *native = message->native;
    if (native == NULL)
        return "the group has committed no offset and the reset policy is 'error'";
    return rd_kafka_message_errstr(native);
}

static void message_header(const struct tg_message *message, uint32_t index, struct tg_header *ret_header)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(message->native, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_all(headers, index, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    ret_header->name = tg_slice_text(name);
    ret_header->value = tg_slice_of(value, size);
}

/* ---- open and close ---- */

static enum tg_code subscribe(struct tg_consumer *base, const char *const *topics, uint32_t count,
                              struct tg_error *reterr)
{
    struct real_consumer *consumer = (struct real_consumer *)base;
    if (!consumer->has_group)
        return tg_fail(reterr, TG_CODE_USAGE, "a consumer without a group cannot subscribe");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(consumer->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? TG_OK : real_fail(reterr, error, NULL, "subscribe");
}

/* Not rd_kafka_consumer_close(): that waits without limit for a coordinator that may be gone. */
static void leave(struct real_consumer *consumer)
{
    struct tg_clock *clock = tg_clock_real();
    int64_t deadline_us = tg_clock_monotonic_us(clock) + (int64_t)CLOSE_TIMEOUT_MS * 1000;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->client);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(consumer->client, queue);
    bool closing = error == NULL;
    if (error != NULL)
        rd_kafka_error_destroy(error); /* closed already after a fatal error */
    while (closing && !rd_kafka_consumer_closed(consumer->client) &&
           tg_clock_monotonic_us(clock) < deadline_us) {
        ssize_t taken = rd_kafka_consume_batch_queue(queue, 10, consumer->batch, 1); /* runs the callbacks */
        for (ssize_t i = 0; i < taken; i++)
            rd_kafka_message_destroy(consumer->batch[i]);
    }
    rd_kafka_queue_destroy(queue);
}

static void close_consumer(struct tg_consumer *base)
{
    struct real_consumer *consumer = (struct real_consumer *)base;
    if (consumer->client != NULL) {
        rd_kafka_queue_io_event_enable(consumer->queue, -1, NULL, 0);
        leave(consumer);
        real_partitions_forget(consumer);
        rd_kafka_queue_destroy(consumer->queue);
        rd_kafka_destroy_flags(consumer->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    tg_free(consumer->partitions);
    tg_free(consumer->batch);
    real_trouble_done(&consumer->trouble);
    tg_free(consumer);
}

/* Every answer to a fetch carries it. */
static int64_t high_watermark(struct tg_consumer *base, const char *topic, int32_t partition)
{
    const struct real_consumer *consumer = (const struct real_consumer *)base;
    int64_t low = -1;
    int64_t high = -1;
    rd_kafka_resp_err_t error =
        rd_kafka_get_watermark_offsets(consumer->client, topic, partition, &low, &high);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : -1;
}

static const struct tg_consumer_kind real_consumer_kind = {
    .close = close_consumer,
    .subscribe = subscribe,
    .assign = real_assign,
    .start = real_start,
    .pause = real_pause,
    .resume = real_resume,
    .seek = real_seek,
    .poll = poll_messages,
    .release = release,
    .message_error = message_error,
    .message_header = message_header,
    .group_metadata = real_group_metadata,
    .committed = real_committed,
    .commit = real_commit,
    .high_watermark = high_watermark,
};

/* The texts of our defaults that depend on the options. */
struct consumer_defaults {
    char messages[24], queue_kib[24], partition_bytes[24], fetch_bytes[24];
    struct real_setting settings[7];
};

/* A window that stays in the processor's cache: twice as fast as librdkafka's 64 MB (measured). */
enum { QUEUE_BYTES = 16 << 20, QUEUE_MESSAGES = 10000, FETCH_BYTES = 8 << 20, PARTITION_BYTES = 256 << 10 };
/* librdkafka's own memory for a small message, about: it is not in its count of bytes. */
enum { MESSAGE_BYTES = 1024, MESSAGES_LEAST = 500 };
/* It refuses to fetch less than a message may have (message.max.bytes). */
enum { FETCH_BYTES_LEAST = 1 << 20, QUEUE_BYTES_LEAST = 64 << 10, QUEUE_BYTES_MOST = 1 << 30 };

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void set_defaults(struct consumer_defaults *defaults, uint64_t queue_bytes_max)
{
    uint64_t bytes = queue_bytes_max == 0 ? QUEUE_BYTES : least(queue_bytes_max, QUEUE_BYTES_MOST);
    if (bytes < QUEUE_BYTES_LEAST)
        bytes = QUEUE_BYTES_LEAST;
    uint64_t messages = least(bytes / MESSAGE_BYTES, QUEUE_MESSAGES);
    snprintf(defaults->messages, sizeof defaults->messages, "%" PRIu64,
             messages < MESSAGES_LEAST ? MESSAGES_LEAST : messages);
    snprintf(defaults->queue_kib, sizeof defaults->queue_kib, "%" PRIu64, bytes / 1024);
    snprintf(defaults->partition_bytes, sizeof defaults->partition_bytes, "%" PRIu64,
             least(PARTITION_BYTES, bytes / 4));
    snprintf(defaults->fetch_bytes, sizeof defaults->fetch_bytes, "%" PRIu64,
             least(FETCH_BYTES, bytes < FETCH_BYTES_LEAST ? FETCH_BYTES_LEAST : bytes));
    const struct real_setting settings[] = {
        {"queued.min.messages", defaults->messages},
        {"queued.max.messages.kbytes", defaults->queue_kib},
        {"fetch.message.max.bytes", defaults->partition_bytes},
        {"fetch.max.bytes", defaults->fetch_bytes},
        {"fetch.queue.backoff.ms", "5"},
        /* a partition that is started, sought or resumed joins the next fetch: this is what it waits for the
           running one */
        {"fetch.wait.max.ms", "100"},
        {NULL, NULL},
    };
    memcpy(defaults->settings, settings, sizeof settings);
}

static const char *reset_name(enum tg_offset_reset reset)
{
    return reset == TG_RESET_EARLIEST ? "earliest" : reset == TG_RESET_LATEST ? "latest" : "error";
}

static enum tg_code make_conf(const struct real_cluster *cluster, const struct tg_consumer_options *options,
                              rd_kafka_conf_t **ret_conf, struct tg_error *reterr)
{
    char session[16];
    char heartbeat[16];
    char poll_interval[16];
    int session_ms = options->session_timeout_ms;
    snprintf(session, sizeof session, "%d", session_ms);
    snprintf(heartbeat, sizeof heartbeat, "%d", session_ms / 3 > 0 ? session_ms / 3 : 1);
    snprintf(poll_interval, sizeof poll_interval, "%d", options->max_poll_interval_ms);
    /* assign() needs a group name even where the group is never used */
    const char *group = options->group != NULL       ? options->group
                        : options->client_id != NULL ? options->client_id
                                                     : "turgo";
    const struct real_setting forced[] = {
        {"group.id", group},
        {"group.instance.id", options->group == NULL ? NULL : options->instance_id},
        {"session.timeout.ms", session_ms > 0 ? session : NULL},
        {"heartbeat.interval.ms", session_ms > 0 && session_ms < 9000 ? heartbeat : NULL},
        {"max.poll.interval.ms", options->max_poll_interval_ms > 0 ? poll_interval : NULL},
        {"auto.offset.reset", reset_name(options->offset_reset)},
        {"isolation.level", options->isolation == TG_READ_COMMITTED ? "read_committed" : "read_uncommitted"},
        {"partition.assignment.strategy", "range"}, /* equal partitions of two topics land on one member */
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
        {"check.crcs", "true"},
        {"allow.auto.create.topics", "false"},
        {NULL, NULL},
    };
    struct consumer_defaults defaults;
    set_defaults(&defaults, options->queue_bytes_max);
    struct real_conf_request request = {
        .role = TG_ROLE_CONSUMER,
        .client_id = options->client_id,
        .defaults = defaults.settings,
        .overrides = options->overrides,
        .forced = forced,
    };
    return real_conf_new(cluster, &request, ret_conf, reterr);
}

enum tg_code real_open_consumer(struct tg_cluster *cluster, const struct tg_consumer_options *options,
                                struct tg_consumer **ret_consumer, struct tg_error *reterr)
{
    rd_kafka_conf_t *conf = NULL;
    char reason[256];
    TG_TRY(make_conf((struct real_cluster *)cluster, options, &conf, reterr));

    struct real_consumer *consumer = tg_alloc_zero(1, sizeof *consumer);
    consumer->base.kind = &real_consumer_kind;
    consumer->listener = options->listener;
    consumer->offset_reset = options->offset_reset;
    consumer->notify_descriptor = options->notify_descriptor;
    consumer->has_group = options->group != NULL;
    consumer->batch = tg_alloc_zero(BATCH_MAX, sizeof *consumer->batch);
    real_trouble_init(&consumer->trouble);
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_rebalance_cb(conf, real_on_rebalance);
    consumer->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (consumer->client == NULL) {
        rd_kafka_conf_destroy(conf);
        close_consumer(&consumer->base);
        return tg_fail(reterr, TG_CODE_CONFIG, "the consumer settings do not fit together: %s", reason);
    }
    (void)rd_kafka_poll_set_consumer(consumer->client); /* callbacks and errors come through the one queue */
    consumer->queue = rd_kafka_queue_get_consumer(consumer->client);
    if (options->notify_descriptor >= 0) {
        uint64_t one = 1;
        rd_kafka_queue_io_event_enable(consumer->queue, options->notify_descriptor, &one, sizeof one);
    }
    *ret_consumer = &consumer->base;
    return TG_OK;
}
