/* nexmark: the data of the Nexmark benchmark, for brokers and for eyes.
 *
 *   nexmark load SERVERS EVENTS [PREFIX]     events 0 ... into PREFIX (nexmark-) person, auction and bid,
 *                                            which must exist
 *   nexmark print EVENTS [RATE]              a line per event: topic, tab, key, tab, time, tab, value
 *
 * A record's partition follows from its key as with Java's clients, so the topics are the same each time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/client/client.h"
#include "bench/nexmark/nexmark.h"

enum { KINDS = 3, NAME_MAX_BYTES = 200 };
static const char *const kind_names[KINDS] = {"person", "auction", "bid"};

static rd_kafka_t *open_producer(const char *servers)
{
    static const struct tg_bench_setting settings[] = {
        {"enable.idempotence", "true"},
        {"linger.ms", "20"},
        {"partitioner", "murmur2_random"},
        {"queue.buffering.max.messages", "50000"},
        {NULL, NULL},
    };
    return tg_bench_open(RD_KAFKA_PRODUCER, servers, settings);
}

static void send_event(rd_kafka_t *producer, rd_kafka_topic_t *topic, const struct tg_nexmark_record *record,
                       const struct tg_buffer *value)
{
    uint8_t key[sizeof record->key];
    tg_store_u64(key, (uint64_t)record->key);
    tg_bench_send(producer, &(struct tg_bench_record){.topic = topic,
                                                      .partition = RD_KAFKA_PARTITION_UA,
                                                      .key = key,
                                                      .key_size = sizeof key,
                                                      .value = value->data,
                                                      .value_size = value->length,
                                                      .timestamp_ms = record->timestamp_ms});
}

static void load(const char *servers, uint64_t events, const char *prefix)
{
    rd_kafka_t *producer = open_producer(servers);
    rd_kafka_topic_t *topics[KINDS];
    struct tg_nexmark options = tg_nexmark_defaults();
    struct tg_buffer value = {0};
    for (int i = 0; i < KINDS; i++) {
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, "%s%s", prefix, kind_names[i]);
        topics[i] = rd_kafka_topic_new(producer, name, NULL);
    }
    for (uint64_t number = 0; number < events; number++) {
        tg_buffer_clear(&value);
        struct tg_nexmark_record record = tg_nexmark_event(&options, number, &value);
        send_event(producer, topics[record.kind], &record, &value);
        rd_kafka_poll(producer, 0);
    }
    for (int i = 0; i < KINDS; i++)
        rd_kafka_topic_destroy(topics[i]);
    tg_bench_flush(producer);
    tg_buffer_done(&value);
}

static void print(uint64_t events, uint64_t rate)
{
    struct tg_nexmark options = tg_nexmark_defaults();
    if (rate > 0)
        options.rate = rate;
    struct tg_buffer value = {0};
    for (uint64_t number = 0; number < events; number++) {
        tg_buffer_clear(&value);
        struct tg_nexmark_record record = tg_nexmark_event(&options, number, &value);
        printf("%s\t%" PRId64 "\t%" PRId64 "\t%s\n", kind_names[record.kind], record.key, record.timestamp_ms,
               tg_buffer_text(&value));
    }
    tg_buffer_done(&value);
}

int main(int count, char **arguments)
{
    if ((count == 4 || count == 5) && strcmp(arguments[1], "load") == 0)
        load(arguments[2], strtoull(arguments[3], NULL, 10), count == 5 ? arguments[4] : "nexmark-");
    else if ((count == 3 || count == 4) && strcmp(arguments[1], "print") == 0)
        print(strtoull(arguments[2], NULL, 10), count == 4 ? strtoull(arguments[3], NULL, 10) : 0);
    else
        tg_bench_die("usage", "nexmark load SERVERS EVENTS [PREFIX] | nexmark print EVENTS [RATE]");
    return 0;
}
