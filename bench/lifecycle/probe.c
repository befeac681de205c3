/* bench_probe: what a job does, seen from outside, through the topics it reads and writes.
 *
 *   bench_probe first SERVERS TOPIC
 *       `ready` once it stands at the topic's end; then the monotonic second of the first committed record
 *
 *   bench_probe keys SERVERS TOPIC COUNT
 *       COUNT records of a key each, BIGINT, value {"v":n}
 *
 *   bench_probe words SERVERS TOPIC COUNT PER_LINE
 *       COUNT lines of PER_LINE words, {"line":"..."}, no keys
 *
 *   bench_probe latency SERVERS FROM TO RATE WARM SECONDS
 *       RATE bids a second into FROM, and when they come out of TO: a line of JSON with microseconds
 *
 * Latency is from the moment when a record was due to be sent, whether the sender kept its pace or not, to
 * the moment when a consumer of committed records has it; records of the first WARM seconds do not count. A
 * record's key is its number, so the job must keep it. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bench/client/client.h"
#include "bench/nexmark/nexmark.h"

enum { WAIT_MS = 30000, POLL_MS = 100, KEY_BYTES = 8, TEXT_BYTES = 1024, GIVE_UP_S = 30, WORDS = 10000 };

static int64_t wall_ms(void)
{
    return (int64_t)(tg_bench_now(CLOCK_REALTIME) * 1000);
}

static bool is_record(const rd_kafka_message_t *message)
{
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        tg_bench_die("consume", rd_kafka_message_errstr(message));
    return message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A reader that stands at the end of all partitions. */
static rd_kafka_t *follow(const char *servers, const char *topic)
{
    static const struct tg_bench_setting eager[] = {{"fetch.wait.max.ms", "500"}, {NULL, NULL}};
    rd_kafka_t *consumer = tg_bench_open_reader(servers, eager);
    for (int left = tg_bench_assign(consumer, topic, RD_KAFKA_OFFSET_END); left > 0;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);
        if (message == NULL)
            continue;
        if (is_record(message))
            tg_bench_die(topic, "somebody else writes to it");
        left--;
        rd_kafka_message_destroy(message);
    }
    return consumer;
}

static void close_reader(rd_kafka_t *consumer)
{
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static void first(const char *servers, const char *topic)
{
    rd_kafka_t *consumer = follow(servers, topic);
    printf("ready\n");
    fflush(stdout);
    for (bool found = false; !found;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);
        if (message == NULL)
            continue;
        found = is_record(message);
        rd_kafka_message_destroy(message);
    }
    printf("%.6f\n", tg_bench_now(CLOCK_MONOTONIC));
    fflush(stdout);
    close_reader(consumer);
}

/* ---- many records ---- */

struct writer {
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
};

static struct writer open_writer(const char *servers, const char *topic, const char *linger_ms)
{
    const struct tg_bench_setting settings[] = {
        {"enable.idempotence", "true"},
        {"linger.ms", linger_ms},
        {"partitioner", "murmur2_random"},
        {"queue.buffering.max.messages", "100000"},
        {"topic.metadata.refresh.fast.interval.ms", "20"},
        {NULL, NULL},
    };
    struct writer writer = {.producer = tg_bench_open(RD_KAFKA_PRODUCER, servers, settings)};
    writer.topic = rd_kafka_topic_new(writer.producer, topic, NULL);
    return writer;
}

static void write_record(struct writer *writer, const uint64_t *number, struct tg_slice value)
{
    uint8_t key[KEY_BYTES];
    if (number != NULL)
        tg_store_u64(key, *number);
    tg_bench_send(writer->producer, &(struct tg_bench_record){.topic = writer->topic,
                                                              .partition = RD_KAFKA_PARTITION_UA,
                                                              .key = number != NULL ? key : NULL,
                                                              .key_size = number != NULL ? sizeof key : 0,
                                                              .value = value.data,
                                                              .value_size = value.length,
                                                              .timestamp_ms = wall_ms()});
    rd_kafka_poll(writer->producer, 0);
}

static void close_writer(struct writer *writer)
{
    rd_kafka_topic_destroy(writer->topic);
    tg_bench_flush(writer->producer);
}

static void keys(const char *servers, const char *topic, uint64_t count)
{
    struct writer writer = open_writer(servers, topic, "20");
    char text[TEXT_BYTES];
    for (uint64_t number = 0; number < count; number++) {
        int length = snprintf(text, sizeof text, "{\"v\":%" PRIu64 "}", number);
        write_record(&writer, &number, tg_slice_of(text, (size_t)length));
    }
    close_writer(&writer);
}

/* The same for each process: a linear congruence of Knuth's, its high bits. */
static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Words of a language are not alike: the smaller of two numbers, so that a few are frequent. */
static void words(const char *servers, const char *topic, uint64_t count, uint64_t per_line)
{
    struct writer writer = open_writer(servers, topic, "20");
    struct tg_buffer line = {0};
    uint64_t state = 1;
    for (uint64_t number = 0; number < count; number++) {
        char word[TEXT_BYTES];
        tg_buffer_clear(&line);
        tg_buffer_append_text(&line, "{\"line\":\"");
        for (uint64_t i = 0; i < per_line; i++) {
            uint64_t a = next_random(&state) % WORDS, b = next_random(&state) % WORDS;
            snprintf(word, sizeof word, "%sword%04" PRIu64, i == 0 ? "" : " ", a < b ? a : b);
            tg_buffer_append_text(&line, word);
        }
        tg_buffer_append_text(&line, "\"}");
        write_record(&writer, NULL, tg_buffer_slice(&line));
    }
    tg_buffer_done(&line);
    close_writer(&writer);
}

/* ---- latency ---- */

struct latency {
    struct writer writer;
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue;
    uint64_t rate, sent, warm, total, seen;
    double begun;       /* when record 0 was due */
    uint32_t *taken_us; /* per record that counts; 0: not seen yet */
};

static double due(const struct latency *run, uint64_t number)
{
    return run->begun + (double)number / (double)run->rate;
}

static void send_due(struct latency *run, struct tg_buffer *value)
{
    struct tg_nexmark options = tg_nexmark_defaults();
    double now = tg_bench_now(CLOCK_MONOTONIC);
    for (; run->sent < run->total && due(run, run->sent) <= now; run->sent++) {
        uint64_t number = run->sent;
        tg_buffer_clear(value);
        tg_nexmark_event(&options, number / 46 * 50 + 4 + number % 46, value); /* the bids among the events */
        write_record(&run->writer, &number, tg_buffer_slice(value));
    }
}

static void take(struct latency *run, const rd_kafka_message_t *message)
{
    double now = tg_bench_now(CLOCK_MONOTONIC);
    if (!is_record(message))
        return;
    if (message->key_len != KEY_BYTES)
        tg_bench_die("result", "its key is not the record's number");
    uint64_t number = tg_load_u64(message->key);
    if (number < run->warm || number >= run->total)
        return;
    uint32_t *place = &run->taken_us[number - run->warm];
    run->seen += *place == 0;
    if (*place == 0)
        *place = 1 + (uint32_t)((now - due(run, number)) * 1e6);
}

static void pump(struct latency *run)
{
    struct tg_buffer value = {0};
    double give_up = due(run, run->total) + GIVE_UP_S;
    while (run->seen < run->total - run->warm) {
        send_due(run, &value);
        rd_kafka_message_t *message = rd_kafka_consume_queue(run->queue, 0);
        if (message == NULL)
            message = rd_kafka_consume_queue(run->queue, 1);
        for (; message != NULL; message = rd_kafka_consume_queue(run->queue, 0)) {
            take(run, message);
            rd_kafka_message_destroy(message);
        }
        if (tg_bench_now(CLOCK_MONOTONIC) > give_up)
            tg_bench_die("results", "not all records came out");
    }
    tg_buffer_done(&value);
}

static int by_size(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* Buckets are a millisecond wide. */
static void print_latency(const struct latency *run)
{
    uint64_t count = run->seen;
    qsort(run->taken_us, count, sizeof *run->taken_us, by_size);
    printf("{\"records\":%" PRIu64 ",\"p50\":%" PRIu32 ",\"p99\":%" PRIu32 ",\"p999\":%" PRIu32
           ",\"max\":%" PRIu32 ",\"buckets\":{",
           count, run->taken_us[count / 2], run->taken_us[count * 99 / 100],
           run->taken_us[count * 999 / 1000], run->taken_us[count - 1]);
    for (uint64_t i = 0; i < count;) {
        uint32_t bucket = run->taken_us[i] / 1000;
        uint64_t end = i;
        while (end < count && run->taken_us[end] / 1000 == bucket)
            end++;
        printf("%s\"%" PRIu32 "\":%" PRIu64, i == 0 ? "" : ",", bucket, end - i);
        i = end;
    }
    printf("}}\n");
}

static void latency(char **arguments)
{
    struct latency run = {.rate = strtoull(arguments[5], NULL, 10)};
    run.warm = run.rate * strtoull(arguments[6], NULL, 10);
    run.total = run.warm + run.rate * strtoull(arguments[7], NULL, 10);
    if (run.rate == 0 || run.total == run.warm)
        tg_bench_die("usage", "a rate and seconds above 0");
    run.taken_us = tg_alloc_zero(run.total - run.warm, sizeof *run.taken_us);
    run.writer = open_writer(arguments[2], arguments[3], "0");
    run.consumer = follow(arguments[2], arguments[4]);
    run.queue = rd_kafka_queue_get_consumer(run.consumer);
    run.begun = tg_bench_now(CLOCK_MONOTONIC) + 0.1;
    pump(&run);
    print_latency(&run);
    rd_kafka_queue_destroy(run.queue);
    close_reader(run.consumer);
    close_writer(&run.writer);
    tg_free(run.taken_us);
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    if (count == 4 && strcmp(how, "first") == 0)
        first(arguments[2], arguments[3]);
    else if (count == 5 && strcmp(how, "keys") == 0)
        keys(arguments[2], arguments[3], strtoull(arguments[4], NULL, 10));
    else if (count == 6 && strcmp(how, "words") == 0)
        words(arguments[2], arguments[3], strtoull(arguments[4], NULL, 10), strtoull(arguments[5], NULL, 10));
    else if (count == 8 && strcmp(how, "latency") == 0)
        latency(arguments);
    else
        tg_bench_die("usage", "bench_probe first | keys | words | latency SERVERS ...");
    return 0;
}
