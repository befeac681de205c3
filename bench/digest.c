/* bench_digest: are the outputs of two engines the same rows? Reads a topic, committed records only, to its
 * end and prints how many rows it has and a sum over them that does not depend on their order.
 *
 *   bench_digest SERVERS TOPIC rows    every row counts
 *   bench_digest SERVERS TOPIC last    of each key the last one; none if that is a tombstone
 *
 * A row is its key's bytes and its value, a JSON object: order of members, white space and the way a number
 * is written make no difference (15 digits count). */
#include <inttypes.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/memory.h"

enum { WAIT_MS = 30000, POLL_MS = 100, BATCH = 1000 };

struct row {
    uint64_t key;
    uint64_t number; /* in the order of reading: of one key the order of its partition */
    uint64_t value;  /* 0: a tombstone */
};

struct rows {
    struct row *items;
    size_t count;
    size_t capacity;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_digest: %s: %s\n", what, why);
    exit(1);
}

static uint64_t hash_value(const rd_kafka_message_t *message)
{
    json_error_t error;
    if (message->payload == NULL)
        return 0;
    json_t *value =
        json_loadb(message->payload, message->len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
    if (value == NULL)
        die("a value is no JSON", error.text);
    char *text = json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    uint64_t hash = XXH3_64bits(text, strlen(text)) | 1;
    free(text); /* jansson's */
    json_decref(value);
    return hash;
}

static void add(struct rows *rows, const rd_kafka_message_t *message)
{
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity == 0 ? BATCH : rows->capacity * 2;
        rows->items = tg_realloc(rows->items, rows->capacity, sizeof(struct row));
    }
    rows->items[rows->count] = (struct row){
        .key = message->key == NULL ? 0 : XXH3_64bits(message->key, message->key_len),
        .number = rows->count,
        .value = hash_value(message),
    };
    rows->count++;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        die(name, reason);
}

/* Assigns all partitions; returns their number. */
static int start(rd_kafka_t *consumer, const char *name)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, name, NULL);
    rd_kafka_resp_err_t error = rd_kafka_metadata(consumer, 0, topic, &metadata, WAIT_MS);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        die(name, rd_kafka_err2str(error));
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, name, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    return count;
}

static void read_topic(const char *servers, const char *topic, struct rows *rows)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", servers);
    set(conf, "group.id", "bench_digest");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.partition.eof", "true");
    set(conf, "isolation.level", "read_committed");
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (consumer == NULL)
        die("consumer", reason);
    rd_kafka_poll_set_consumer(consumer);
    for (int left = start(consumer, topic); left > 0;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);
        if (message == NULL)
            continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            left--;
        else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            die("consume", rd_kafka_message_errstr(message));
        else
            add(rows, message);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static int by_key(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

static uint64_t mix(const struct row *row)
{
    const uint64_t both[] = {row->key, row->value};
    return XXH3_64bits(both, sizeof both);
}

int main(int count, char **arguments)
{
    struct rows rows = {0};
    if (count != 4 || (strcmp(arguments[3], "rows") != 0 && strcmp(arguments[3], "last") != 0))
        die("usage", "bench_digest SERVERS TOPIC rows|last");
    bool last = strcmp(arguments[3], "last") == 0;
    read_topic(arguments[1], arguments[2], &rows);
    if (last && rows.count > 0)
        qsort(rows.items, rows.count, sizeof(struct row), by_key);
    uint64_t sum = 0, kept = 0;
    for (size_t i = 0; i < rows.count; i++) {
        bool replaced = last && i + 1 < rows.count && rows.items[i + 1].key == rows.items[i].key;
        if (replaced || (last && rows.items[i].value == 0))
            continue;
        sum += mix(&rows.items[i]);
        kept++;
    }
    printf("%" PRIu64 " %016" PRIx64 "\n", kept, sum);
    tg_free(rows.items);
    return 0;
}
