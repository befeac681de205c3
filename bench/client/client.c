#include "bench/client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_MS = 30000, FLUSH_MS = 300000, POLL_MS = 10, REASON_BYTES = 256 };

void tg_bench_die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    exit(1);
}

void tg_bench_must(rd_kafka_error_t *error, const char *what)
{
    if (error != NULL)
        tg_bench_die(what, rd_kafka_error_string(error));
}

double tg_bench_now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[REASON_BYTES];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        tg_bench_die(name, reason);
}

static void set_all(rd_kafka_conf_t *conf, const struct tg_bench_setting *settings)
{
    for (; settings != NULL && settings->name != NULL; settings++)
        set(conf, settings->name, settings->value);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client, (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        tg_bench_die("delivery", rd_kafka_err2str(message->err));
}

static rd_kafka_t *open_client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char reason[REASON_BYTES];
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
    if (client == NULL)
        tg_bench_die("client", reason);
    return client;
}

rd_kafka_t *tg_bench_open(rd_kafka_type_t type, const char *servers, const struct tg_bench_setting *settings)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", servers);
    set_all(conf, settings);
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return open_client(type, conf);
}

rd_kafka_t *tg_bench_open_reader(const char *servers, const struct tg_bench_setting *more)
{
    static const struct tg_bench_setting settings[] = {
        {"group.id", "bench"},
        {"enable.auto.commit", "false"},
        {"enable.partition.eof", "true"},
        {"isolation.level", "read_committed"},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", servers);
    set_all(conf, settings);
    set_all(conf, more);
    rd_kafka_t *consumer = open_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(consumer);
    return consumer;
}

int tg_bench_assign(rd_kafka_t *consumer, const char *topic, int64_t offset)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer, topic, NULL);
    rd_kafka_resp_err_t error = rd_kafka_metadata(consumer, 0, handle, &metadata, WAIT_MS);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        tg_bench_die(topic, rd_kafka_err2str(error));
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = offset;
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return count;
}

void tg_bench_send(rd_kafka_t *producer, const struct tg_bench_record *record)
{
    rd_kafka_vu_t arguments[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = record->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)record->value, record->value_size}},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)record->key, record->key_size}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms},
    };
    for (;;) {
        rd_kafka_error_t *error =
            rd_kafka_produceva(producer, arguments, sizeof arguments / sizeof *arguments);
        if (error == NULL)
            return;
        if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            tg_bench_must(error, "produce");
        rd_kafka_error_destroy(error);
        rd_kafka_poll(producer, POLL_MS);
    }
}

void tg_bench_flush(rd_kafka_t *producer)
{
    if (rd_kafka_flush(producer, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        tg_bench_die("flush", "not all was delivered");
    rd_kafka_destroy(producer);
}
