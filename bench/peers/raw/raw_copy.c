/* raw_copy: what the benchmarks measure the program against, a loop over librdkafka without any work on the
 * records.
 *
 *   raw_copy consume SERVERS FROM                  reads all partitions to their ends
 *   raw_copy copy SERVERS FROM TO                  the same, each record to the same partition of TO, with
 * its time raw_copy transactions SERVERS FROM TO          the same in transactions of 100 ms (offsets not
 * sent)
 *
 * Prints records, seconds, CPU seconds of the process. */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 1024, TRANSACTION_MS = 100, WAIT_MS = 30000 };

static void die(const char *what, const char *why)
{
    fprintf(stderr, "raw_copy: %s: %s\n", what, why);
    exit(1);
}

static void must(rd_kafka_error_t *error, const char *what)
{
    if (error != NULL)
        die(what, rd_kafka_error_string(error));
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        die(name, reason);
}

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client, (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("delivery", rd_kafka_err2str(message->err));
}

/* The same settings as the program's producer. */
static rd_kafka_t *open_producer(const char *servers, const char *transactional_id)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", servers);
    set(conf, "enable.idempotence", "true");
    set(conf, "linger.ms", "5");
    set(conf, "queue.buffering.max.messages", "20000");
    if (transactional_id != NULL) {
        set(conf, "transactional.id", transactional_id);
        set(conf, "retry.backoff.ms", "2");
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (producer == NULL)
        die("producer", reason);
    if (transactional_id != NULL)
        must(rd_kafka_init_transactions(producer, WAIT_MS), "init_transactions");
    return producer;
}

struct outgoing {
    rd_kafka_topic_t *topic;
    int32_t partition;
    const void *key, *value;
    size_t key_size, value_size;
    int64_t timestamp;
};

static void send_record(rd_kafka_t *producer, const struct outgoing *record)
{
    rd_kafka_vu_t arguments[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = record->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)record->value, record->value_size}},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)record->key, record->key_size}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp},
    };
    for (;;) {
        rd_kafka_error_t *error =
            rd_kafka_produceva(producer, arguments, sizeof arguments / sizeof *arguments);
        if (error == NULL)
            return;
        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            must(error, "produce");
        rd_kafka_error_destroy(error);
        rd_kafka_poll(producer, 10);
    }
}

/* ---- copy ---- */

struct copier {
    rd_kafka_t *consumer, *producer;
    rd_kafka_queue_t *queue;
    rd_kafka_topic_t *to; /* NULL: consume only */
    bool transactions, open;
    double begun;
    int partitions_left;
    uint64_t records;
};

static void open_consumer(struct copier *copier, const char *servers, const char *from)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", servers);
    set(conf, "group.id", "raw_copy");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.partition.eof", "true");
    set(conf, "check.crcs", "true");
    set(conf, "isolation.level", "read_committed");
    /* the program's window, which stays in the processor's cache */
    set(conf, "queued.min.messages", "10000");
    set(conf, "queued.max.messages.kbytes", "16384");
    set(conf, "fetch.message.max.bytes", "262144");
    set(conf, "fetch.max.bytes", "8388608");
    set(conf, "fetch.queue.backoff.ms", "5");
    set(conf, "fetch.wait.max.ms", "100");
    copier->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (copier->consumer == NULL)
        die("consumer", reason);
    rd_kafka_poll_set_consumer(copier->consumer);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(copier->consumer, from, NULL);
    rd_kafka_resp_err_t error = rd_kafka_metadata(copier->consumer, 0, topic, &metadata, WAIT_MS);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        die(from, rd_kafka_err2str(error));
    copier->partitions_left = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(copier->partitions_left);
    for (int i = 0; i < copier->partitions_left; i++)
        rd_kafka_topic_partition_list_add(list, from, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(copier->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    copier->queue = rd_kafka_queue_get_consumer(copier->consumer);
}

static void end_transaction(struct copier *copier)
{
    if (copier->open)
        must(rd_kafka_commit_transaction(copier->producer, WAIT_MS), "commit");
    copier->open = false;
}

static void take(struct copier *copier, const rd_kafka_message_t *message)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        copier->partitions_left--;
        return;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("consume", rd_kafka_message_errstr(message));
    copier->records++;
    if (copier->to == NULL)
        return;
    if (copier->transactions && !copier->open) {
        must(rd_kafka_begin_transaction(copier->producer), "begin");
        copier->open = true;
        copier->begun = now(CLOCK_MONOTONIC);
    }
    send_record(copier->producer, &(struct outgoing){.topic = copier->to,
                                                     .partition = message->partition,
                                                     .key = message->key,
                                                     .key_size = message->key_len,
                                                     .value = message->payload,
                                                     .value_size = message->len,
                                                     .timestamp = rd_kafka_message_timestamp(message, NULL)});
}

static uint64_t copy(const char *servers, const char *from, const char *to, bool transactions)
{
    static rd_kafka_message_t *messages[BATCH];
    struct copier copier = {.transactions = transactions};
    if (to != NULL) {
        copier.producer = open_producer(servers, transactions ? to : NULL);
        copier.to = rd_kafka_topic_new(copier.producer, to, NULL);
    }
    open_consumer(&copier, servers, from);
    while (copier.partitions_left > 0) {
        ssize_t count = rd_kafka_consume_batch_queue(copier.queue, 20, messages, BATCH);
        for (ssize_t i = 0; i < count; i++) {
            take(&copier, messages[i]);
            rd_kafka_message_destroy(messages[i]);
        }
        if (copier.producer != NULL)
            rd_kafka_poll(copier.producer, 0);
        if (copier.open && now(CLOCK_MONOTONIC) - copier.begun > TRANSACTION_MS / 1000.0)
            end_transaction(&copier);
    }
    end_transaction(&copier);
    if (copier.producer != NULL) {
        rd_kafka_flush(copier.producer, WAIT_MS);
        rd_kafka_topic_destroy(copier.to);
        rd_kafka_destroy(copier.producer);
    }
    rd_kafka_queue_destroy(copier.queue);
    rd_kafka_consumer_close(copier.consumer);
    rd_kafka_destroy(copier.consumer);
    return copier.records;
}

int main(int count, char **arguments)
{
    double started = now(CLOCK_MONOTONIC);
    uint64_t records = 0;
    if (count == 4 && strcmp(arguments[1], "consume") == 0)
        records = copy(arguments[2], arguments[3], NULL, false);
    else if (count == 5 && strcmp(arguments[1], "copy") == 0)
        records = copy(arguments[2], arguments[3], arguments[4], false);
    else if (count == 5 && strcmp(arguments[1], "transactions") == 0)
        records = copy(arguments[2], arguments[3], arguments[4], true);
    else
        die("usage", "raw_copy consume|copy|transactions SERVERS FROM [TO]");
    printf("%" PRIu64 " %.3f %.3f\n", records, now(CLOCK_MONOTONIC) - started, now(CLOCK_PROCESS_CPUTIME_ID));
    return 0;
}
