/* nexmark: the data of the Nexmark benchmark, for brokers and for eyes.
 *
 *   nexmark load SERVERS EVENTS [PREFIX]   events 0 ... into PREFIX (nexmark-) person, auction and bid, which
 * must exist nexmark print EVENTS [RATE]            a line per event: topic, tab, key, tab, time, tab, value
 *
 * A record's partition follows from its key as with Java's clients, so the topics are the same each time. */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/nexmark/nexmark.h"

enum { KINDS = 3, FLUSH_MS = 300000, POLL_MS = 10, NAME_MAX_BYTES = 200 };
static const char *const kind_names[KINDS] = {"person", "auction", "bid"};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "nexmark: %s: %s\n", what, why);
    exit(1);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client, (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("delivery", rd_kafka_err2str(message->err));
}

static rd_kafka_t *open_producer(const char *servers)
{
    static const char *const settings[][2] = {
        {"enable.idempotence", "true"},
        {"linger.ms", "20"},
        {"partitioner", "murmur2_random"},
        {"queue.buffering.max.messages", "50000"},
    };
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", servers, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        die("bootstrap.servers", reason);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], reason, sizeof reason) !=
            RD_KAFKA_CONF_OK)
            die(settings[i][0], reason);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (producer == NULL)
        die("producer", reason);
    return producer;
}

static void send_event(rd_kafka_t *producer, rd_kafka_topic_t *topic, const struct tg_nexmark_record *record,
                       const struct tg_buffer *value)
{
    uint8_t key[sizeof record->key];
    tg_store_u64(key, (uint64_t)record->key);
    rd_kafka_vu_t arguments[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key, sizeof key}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {value->data, value->length}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms},
    };
    for (;;) {
        rd_kafka_error_t *error =
            rd_kafka_produceva(producer, arguments, sizeof arguments / sizeof *arguments);
        if (error == NULL)
            return;
        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("produce", rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
        rd_kafka_poll(producer, POLL_MS);
    }
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
    if (rd_kafka_flush(producer, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("flush", "not all was delivered");
    for (int i = 0; i < KINDS; i++)
        rd_kafka_topic_destroy(topics[i]);
    rd_kafka_destroy(producer);
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
        die("usage", "nexmark load SERVERS EVENTS [PREFIX] | nexmark print EVENTS [RATE]");
    return 0;
}
