/* raw_copy: what the benchmarks measure the program against, a loop over librdkafka without any work on the
 * records.
 *
 *   raw_copy consume SERVERS FROM            reads all partitions to their ends
 *   raw_copy copy SERVERS FROM TO            the same, each record to the same partition of TO with its time
 *   raw_copy transactions SERVERS FROM TO    the same in transactions of 100 ms (offsets not sent)
 *
 * Prints records, seconds, CPU seconds of the process. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/client/client.h"

enum { BATCH = 1024, TRANSACTION_MS = 100, WAIT_MS = 30000 };

/* The same settings as the program's producer. */
static rd_kafka_t *open_producer(const char *servers, const char *transactional_id)
{
    const struct tg_bench_setting settings[] = {
        {"enable.idempotence", "true"},
        {"linger.ms", "5"},
        {"queue.buffering.max.messages", "20000"},
        /* without transactions the list ends here */
        {transactional_id == NULL ? NULL : "transactional.id", transactional_id},
        {"retry.backoff.ms", "2"},
        {NULL, NULL},
    };
    rd_kafka_t *producer = tg_bench_open(RD_KAFKA_PRODUCER, servers, settings);
    if (transactional_id != NULL)
        tg_bench_must(rd_kafka_init_transactions(producer, WAIT_MS), "init_transactions");
    return producer;
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
    static const struct tg_bench_setting settings[] = {
        {"check.crcs", "true"},
        /* the program's window, which stays in the processor's cache */
        {"queued.min.messages", "10000"},
        {"queued.max.messages.kbytes", "16384"},
        {"fetch.message.max.bytes", "262144"},
        {"fetch.max.bytes", "8388608"},
        {"fetch.queue.backoff.ms", "5"},
        {"fetch.wait.max.ms", "100"},
        {NULL, NULL},
    };
    copier->consumer = tg_bench_open_reader(servers, settings);
    copier->partitions_left = tg_bench_assign(copier->consumer, from, RD_KAFKA_OFFSET_BEGINNING);
    copier->queue = rd_kafka_queue_get_consumer(copier->consumer);
}

static void end_transaction(struct copier *copier)
{
    if (copier->open)
        tg_bench_must(rd_kafka_commit_transaction(copier->producer, WAIT_MS), "commit");
    copier->open = false;
}

static void take(struct copier *copier, const rd_kafka_message_t *message)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        copier->partitions_left--;
        return;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        tg_bench_die("consume", rd_kafka_message_errstr(message));
    copier->records++;
    if (copier->to == NULL)
        return;
    if (copier->transactions && !copier->open) {
        tg_bench_must(rd_kafka_begin_transaction(copier->producer), "begin");
        copier->open = true;
        copier->begun = tg_bench_now(CLOCK_MONOTONIC);
    }
    tg_bench_send(copier->producer,
                  &(struct tg_bench_record){.topic = copier->to,
                                            .partition = message->partition,
                                            .key = message->key,
                                            .key_size = message->key_len,
                                            .value = message->payload,
                                            .value_size = message->len,
                                            .timestamp_ms = rd_kafka_message_timestamp(message, NULL)});
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
        if (copier.open && tg_bench_now(CLOCK_MONOTONIC) - copier.begun > TRANSACTION_MS / 1000.0)
            end_transaction(&copier);
    }
    end_transaction(&copier);
    if (copier.producer != NULL) {
        rd_kafka_topic_destroy(copier.to);
        tg_bench_flush(copier.producer);
    }
    rd_kafka_queue_destroy(copier.queue);
    rd_kafka_consumer_close(copier.consumer);
    rd_kafka_destroy(copier.consumer);
    return copier.records;
}

int main(int count, char **arguments)
{
    double started = tg_bench_now(CLOCK_MONOTONIC);
    uint64_t records = 0;
    if (count == 4 && strcmp(arguments[1], "consume") == 0)
        records = copy(arguments[2], arguments[3], NULL, false);
    else if (count == 5 && strcmp(arguments[1], "copy") == 0)
        records = copy(arguments[2], arguments[3], arguments[4], false);
    else if (count == 5 && strcmp(arguments[1], "transactions") == 0)
        records = copy(arguments[2], arguments[3], arguments[4], true);
    else
        tg_bench_die("usage", "raw_copy consume|copy|transactions SERVERS FROM [TO]");
    printf("%" PRIu64 " %.3f %.3f\n", records, tg_bench_now(CLOCK_MONOTONIC) - started,
           tg_bench_now(CLOCK_PROCESS_CPUTIME_ID));
    return 0;
}
