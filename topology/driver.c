#include "topology/driver.h"

#include "base/memory.h"
#include "topology/unit/commit_unit.h"

#include <string.h>

enum {
    TIMEOUT_MS = 3000,
    POLL_MAX = 256,
    IDLE_ROUNDS = 2,      /* without work, one after the other: nothing is left to do */
    WAITING_ROUNDS = 500, /* of a unit that cannot run: its retries come every 500 ms */
    WAIT_MS = 20,
    ROUNDS_MAX = 1000000,
};

/* A query with its one commit unit. */
struct driven {
    struct tg_query *query;
    struct tg_commit_unit *unit;
};

struct reader {
    char *topic;
    struct tg_consumer *consumer;
};

struct tg_driver {
    struct tg_driver_options options;
    struct tg_cluster *cluster;
    struct tg_producer *producer; /* of what the test sends; opened when first needed */
    struct driven *queries;
    size_t query_count, query_capacity;
    struct reader *readers;
    size_t reader_count, reader_capacity;
};

struct tg_driver *tg_driver_new(const struct tg_driver_options *options)
{
    struct tg_driver *driver = tg_alloc_zero(1, sizeof *driver);
    driver->options = *options;
    const struct tg_memory_cluster_options cluster = {.clock = options->clock, .default_partitions = 1};
    driver->cluster = tg_cluster_open_memory(&cluster);
    return driver;
}

static void close_query(struct driven *driven)
{
    tg_commit_unit_free(driven->unit);
    tg_query_close(driven->query);
}

void tg_driver_free(struct tg_driver *driver)
{
    if (driver == NULL)
        return;
    for (size_t i = 0; i < driver->query_count; i++)
        close_query(&driver->queries[i]);
    for (size_t i = 0; i < driver->reader_count; i++) {
        tg_consumer_close(driver->readers[i].consumer);
        tg_free(driver->readers[i].topic);
    }
    tg_producer_close(driver->producer);
    tg_cluster_close(driver->cluster);
    tg_free(driver->queries);
    tg_free(driver->readers);
    tg_free(driver);
}

struct tg_cluster *tg_driver_cluster(const struct tg_driver *driver)
{
    return driver->cluster;
}

enum tg_code tg_driver_create_topic(struct tg_driver *driver, const char *topic, int32_t partition_count,
                                    struct tg_error *reterr)
{
    const struct tg_topic_spec spec = {
        .name = topic, .partition_count = partition_count, .replication_factor = -1};
    return tg_admin_create_topic(driver->cluster, &spec, TIMEOUT_MS, reterr);
}

enum tg_code tg_driver_add(struct tg_driver *driver, const struct tg_plan *plan,
                           const struct tg_query_settings *settings, struct tg_error *reterr)
{
    struct tg_query_options options = {
        .plan = plan,
        .settings = *settings,
        .prefix = driver->options.prefix,
        .instance = "driver",
        .cluster = driver->cluster,
        .state = driver->options.state,
        .clock = driver->options.clock,
        .registry = driver->options.registry,
    };
    options.settings.commit_interval_ms = 0; /* every step commits what it has processed */
    struct driven driven = {0};
    TG_TRY(tg_query_open(&options, &driven.query, reterr));
    enum tg_code code = tg_query_prepare(driven.query, TIMEOUT_MS, reterr);
    if (code != TG_OK) {
        tg_query_close(driven.query);
        return code;
    }
    const struct tg_commit_unit_options unit = {.query = driven.query, .notify_descriptor = -1};
    driven.unit = tg_commit_unit_new(&unit);
    tg_grow((void **)&driver->queries, &driver->query_capacity, driver->query_count + 1,
            sizeof *driver->queries);
    driver->queries[driver->query_count++] = driven;
    return TG_OK;
}

static struct driven *find_query(const struct tg_driver *driver, const char *query_id)
{
    for (size_t i = 0; i < driver->query_count; i++)
        if (strcmp(tg_query_id(driver->queries[i].query), query_id) == 0)
            return &driver->queries[i];
    return NULL;
}

static void forget(struct tg_driver *driver, struct driven *driven)
{
    close_query(driven);
    size_t index = (size_t)(driven - driver->queries);
    size_t behind = --driver->query_count - index;
    memmove(driven, driven + 1, behind * sizeof *driven);
}

enum tg_code tg_driver_remove(struct tg_driver *driver, const char *query_id, struct tg_error *reterr)
{
    struct driven *driven = find_query(driver, query_id);
    if (driven == NULL)
        return TG_OK;
    enum tg_code code = tg_commit_unit_stop(driven->unit, reterr);
    forget(driver, driven);
    return code;
}

/* ---- records in ---- */

enum tg_code tg_driver_send(struct tg_driver *driver, const struct tg_driver_record *record,
                            struct tg_error *reterr)
{
    const struct tg_producer_options options = {.linger_ms = -1};
    int32_t partitions = 0;
    if (driver->producer == NULL)
        TG_TRY(tg_producer_open(driver->cluster, &options, &driver->producer, reterr));
    struct tg_outgoing outgoing = {
        .partition = record->partition,
        .key = record->key,
        .value = record->value,
        .timestamp_ms = record->timestamp_ms,
        .headers = record->headers,
        .header_count = record->header_count,
    };
    TG_TRY(tg_admin_partition_count(driver->cluster, record->topic, TIMEOUT_MS, &partitions, reterr));
    if (outgoing.partition < 0)
        outgoing.partition = record->key.data == NULL ? 0 : tg_partition_for_key(record->key, partitions);
    TG_TRY(tg_producer_topic(driver->producer, record->topic, &outgoing.topic, reterr));
    TG_TRY(tg_producer_send(driver->producer, &outgoing, reterr));
    TG_TRY(tg_producer_flush(driver->producer, TIMEOUT_MS, reterr));
    return tg_producer_delivery_status(driver->producer, reterr);
}

/* ---- running ---- */

/* One step of each query. *ret_waiting: one of them cannot run yet. */
static enum tg_code step_all(struct tg_driver *driver, bool *ret_worked, bool *ret_waiting,
                             struct tg_error *reterr)
{
    *ret_worked = *ret_waiting = false;
    for (size_t i = 0; i < driver->query_count; i++) {
        struct driven *driven = &driver->queries[i];
        bool worked = false;
        enum tg_code code = tg_commit_unit_step(driven->unit, &worked, reterr);
        if (code != TG_OK) {
            forget(driver, driven);
            return code;
        }
        *ret_worked = *ret_worked || worked;
        *ret_waiting = *ret_waiting || !tg_commit_unit_running(driven->unit);
    }
    return TG_OK;
}

enum tg_code tg_driver_settle(struct tg_driver *driver, struct tg_error *reterr)
{
    int idle = 0;
    int waited = 0;
    for (int round = 0; idle < IDLE_ROUNDS; round++) {
        bool worked = false;
        bool waiting = false;
        TG_TRY(step_all(driver, &worked, &waiting, reterr));
        idle = worked || waiting ? 0 : idle + 1;
        if (waiting && !worked) { /* only a call that failed waits for the clock */
            tg_clock_virtual_advance(driver->options.clock, WAIT_MS);
            waited++;
        }
        if (waited > WAITING_ROUNDS || round > ROUNDS_MAX)
            return tg_fail(reterr, TG_CODE_INTERNAL, "the queries %s",
                           waited > WAITING_ROUNDS ? "do not begin to run" : "do not come to rest");
    }
    return TG_OK;
}

void tg_driver_counters(const struct tg_driver *driver, const char *query_id, struct tg_counters *sum)
{
    const struct driven *driven = find_query(driver, query_id);
    if (driven != NULL)
        tg_commit_unit_counters(driven->unit, sum);
}

/* ---- records out ---- */

/* A consumer of all partitions from their beginning. */
static enum tg_code open_reader(struct tg_driver *driver, const char *topic,
                                struct tg_consumer **ret_consumer, struct tg_error *reterr)
{
    const struct tg_consumer_options options = {.isolation = TG_READ_COMMITTED, .notify_descriptor = -1};
    int32_t partitions = 0;
    TG_TRY(tg_admin_partition_count(driver->cluster, topic, TIMEOUT_MS, &partitions, reterr));
    TG_TRY(tg_consumer_open(driver->cluster, &options, ret_consumer, reterr));
    struct tg_offset *offsets = tg_alloc_zero((size_t)partitions, sizeof *offsets);
    for (int32_t i = 0; i < partitions; i++)
        offsets[i] = (struct tg_offset){
            .topic = topic, .partition = i, .offset = TG_OFFSET_EARLIEST, .leader_epoch = -1};
    enum tg_code code = tg_consumer_assign(*ret_consumer, offsets, (uint32_t)partitions, reterr);
    tg_free(offsets);
    if (code != TG_OK)
        tg_consumer_close(*ret_consumer);
    return code;
}

static enum tg_code find_reader(struct tg_driver *driver, const char *topic, struct reader **ret_reader,
                                struct tg_error *reterr)
{
    for (size_t i = 0; i < driver->reader_count; i++)
        if (strcmp(driver->readers[i].topic, topic) == 0) {
            *ret_reader = &driver->readers[i];
            return TG_OK;
        }
    struct tg_consumer *consumer = NULL;
    TG_TRY(open_reader(driver, topic, &consumer, reterr));
    tg_grow((void **)&driver->readers, &driver->reader_capacity, driver->reader_count + 1,
            sizeof *driver->readers);
    driver->readers[driver->reader_count] = (struct reader){tg_strdup(topic), consumer};
    *ret_reader = &driver->readers[driver->reader_count++];
    return TG_OK;
}

static void show(const char *topic, const struct tg_message *message, tg_driver_visitor *visit, void *context)
{
    struct tg_header *headers = tg_alloc_zero(message->header_count + 1, sizeof *headers);
    for (uint32_t i = 0; i < message->header_count; i++)
        tg_message_header(message, i, &headers[i].name, &headers[i].value);
    const struct tg_driver_record record = {
        .topic = topic,
        .partition = message->partition,
        .timestamp_ms = message->timestamp_ms,
        .key = message->key,
        .value = message->value,
        .headers = headers,
        .header_count = message->header_count,
    };
    visit(context, &record);
    tg_free(headers);
}

enum tg_code tg_driver_read(struct tg_driver *driver, const char *topic, tg_driver_visitor *visit,
                            void *context, struct tg_error *reterr)
{
    struct reader *reader = NULL;
    TG_TRY(find_reader(driver, topic, &reader, reterr));
    struct tg_message *messages = tg_alloc_zero(POLL_MAX, sizeof *messages);
    enum tg_code code = TG_OK;
    for (uint32_t count = 1; count > 0 && code == TG_OK;) {
        count = 0;
        code = tg_consumer_poll(reader->consumer, messages, POLL_MAX, 0, &count, reterr);
        for (uint32_t i = 0; i < count; i++)
            if (messages[i].kind == TG_MESSAGE_RECORD)
                show(topic, &messages[i], visit, context);
        tg_consumer_release(reader->consumer, messages, count);
    }
    tg_free(messages);
    return code;
}
