/* bench_digest: are the outputs of two engines the same rows? Reads a topic, committed records only, to its
 * end and prints how many rows count, a sum over them that does not depend on their order, and how many
 * records and bytes there are in all.
 *
 *   bench_digest SERVERS TOPIC rows    every row counts
 *   bench_digest SERVERS TOPIC last    of each key the last one; none if that is a tombstone
 *   bench_digest SERVERS TOPIC last N  the same of rows that have other members, too: N alone counts, and a
 * row with a "diff" below 0, which takes one back, does not
 *
 * A row is its key's bytes and its value, a JSON object: order of members, white space and the way a number
 * is written make no difference (15 digits count). */
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/memory.h"
#include "bench/client/client.h"

enum { POLL_MS = 100, BATCH = 1000 };

struct row {
    uint64_t key;
    uint64_t number; /* in the order of reading: of one key the order of its partition */
    uint64_t value;  /* 0: a tombstone */
};

struct rows {
    struct row *items;
    size_t count;
    size_t capacity;
    uint64_t records, bytes; /* of keys and values, all that were read */
};

/* `only`: the member that counts, or NULL: all. */
static uint64_t hash_value(const rd_kafka_message_t *message, const char *only)
{
    json_error_t error;
    if (message->payload == NULL)
        return 0;
    json_t *value =
        json_loadb(message->payload, message->len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
    if (value == NULL)
        tg_bench_die("a value is no JSON", error.text);
    json_t *part = only == NULL ? value : json_pack("{s:O?}", only, json_object_get(value, only));
    char *text = json_dumps(part, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    uint64_t hash = XXH3_64bits(text, strlen(text)) | 1;
    free(text); /* jansson's */
    if (part != value)
        json_decref(part);
    json_decref(value);
    return hash;
}

static bool is_taken_back(const rd_kafka_message_t *message)
{
    json_t *value = json_loadb(message->payload, message->len, 0, NULL);
    bool taken = json_number_value(json_object_get(value, "diff")) < 0;
    json_decref(value);
    return taken;
}

static void add(struct rows *rows, const rd_kafka_message_t *message, const char *only)
{
    rows->bytes += message->key_len + message->len;
    rows->records++;
    if (only != NULL && is_taken_back(message))
        return;
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity == 0 ? BATCH : rows->capacity * 2;
        rows->items = tg_realloc(rows->items, rows->capacity, sizeof(struct row));
    }
    rows->items[rows->count] = (struct row){
        .key = message->key == NULL ? 0 : XXH3_64bits(message->key, message->key_len),
        .number = rows->count,
        .value = hash_value(message, only),
    };
    rows->count++;
}

static void read_topic(const char *servers, const char *topic, struct rows *rows, const char *only)
{
    rd_kafka_t *consumer = tg_bench_open_reader(servers, NULL);
    for (int left = tg_bench_assign(consumer, topic, RD_KAFKA_OFFSET_BEGINNING); left > 0;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);
        if (message == NULL)
            continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            left--;
        else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            tg_bench_die("consume", rd_kafka_message_errstr(message));
        else
            add(rows, message, only);
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
    if (count < 4 || count > 5 || (strcmp(arguments[3], "rows") != 0 && strcmp(arguments[3], "last") != 0))
        tg_bench_die("usage", "bench_digest SERVERS TOPIC rows|last [MEMBER]");
    bool last = strcmp(arguments[3], "last") == 0;
    read_topic(arguments[1], arguments[2], &rows, count == 5 ? arguments[4] : NULL);
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
    printf("%" PRIu64 " %016" PRIx64 " %" PRIu64 " %" PRIu64 "\n", kept, sum, rows.records, rows.bytes);
    tg_free(rows.items);
    return 0;
}
