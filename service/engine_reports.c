/* Actions that show what only the engine or the cluster knows: SHOW TOPICS, QUERIES, PROPERTIES, PRINT; and
 * ASSERT TOPIC and SCHEMA. */
#include "base/memory.h"
#include "service/assert_schema.h"
#include "service/assert_topic.h"
#include "service/engine_internal.h"
#include "service/run_loop.h"

#include <stdlib.h>
#include <string.h>

enum { POLL_MAX = 64, POLL_MS = 100, ASSERT_POLL_MS = 50, SCHEMA_POLL_MS = 200 };

/* ---- SHOW ---- */

static int compare_topics(const void *a, const void *b)
{
    return strcmp(((const struct tg_topic_info *)a)->name, ((const struct tg_topic_info *)b)->name);
}

/* Topics of the cluster and of queries: SHOW ALL TOPICS shows them too. */
static bool is_internal(const struct tg_engine *engine, const char *topic)
{
    static const char *const ends[] = {"-changelog", "-repartition"};
    size_t length = strlen(topic);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (length > strlen(ends[i]) && strcmp(topic + length - strlen(ends[i]), ends[i]) == 0)
            return true;
    return strncmp(topic, "__", 2) == 0 || strncmp(topic, engine->prefix, strlen(engine->prefix)) == 0;
}

static enum tg_code list_topics(struct tg_engine *engine, bool all, struct tg_arena *arena,
                                struct tg_error *reterr)
{
    static const char *const columns[] = {"topic", "partitions", "replicas"};
    struct tg_topic_info *topics = NULL;
    uint32_t count = 0;
    TG_TRY(tg_admin_list_topics(engine->options.cluster, tg_engine_request_timeout(engine), arena, &topics,
                                &count, reterr));
    if (count > 0)
        qsort(topics, count, sizeof *topics, compare_topics);
    const char **cells = tg_arena_alloc_zero(arena, 3 * (size_t)count + 1, sizeof(const char *));
    struct tg_report report = {.title = "topics", .column_count = 3, .columns = columns, .cells = cells};
    for (uint32_t i = 0; i < count; i++) {
        if (!all && is_internal(engine, topics[i].name))
            continue;
        const char **row = &cells[(size_t)3 * report.row_count++];
        row[0] = topics[i].name;
        row[1] = tg_arena_printf(arena, "%d", topics[i].partition_count);
        row[2] = tg_arena_printf(arena, "%d", topics[i].replication_factor);
    }
    tg_engine_show(engine, &report);
    return TG_OK;
}

enum tg_code tg_engine_show_topics(struct tg_engine *engine, const struct tg_action *action,
                                   struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    enum tg_code code = list_topics(engine, action->all_topics, arena, reterr);
    tg_arena_free(arena);
    return code;
}

static const char *state_of(struct tg_engine *engine, const char *query_id)
{
    struct tg_engine_entry *entry = tg_engine_find_entry(engine, query_id);
    if (entry == NULL)
        return "ended";
    if (tg_engine_entry_failed(entry))
        return "failed";
    return entry->state == TG_ENTRY_PAUSED ? "paused" : "running";
}

enum tg_code tg_engine_show_queries(struct tg_engine *engine, const struct tg_action *action,
                                    struct tg_error *reterr)
{
    enum { COLUMNS = 5 };
    static const char *const columns[COLUMNS] = {"query", "state", "writes", "topic", "statement"};
    (void)reterr;
    const char **cells = tg_alloc_zero((size_t)action->query_count * COLUMNS + 1, sizeof(const char *));
    for (uint32_t i = 0; i < action->query_count; i++) {
        const struct tg_query_definition *query = &action->queries[i];
        const char **row = &cells[(size_t)i * COLUMNS];
        row[0] = query->plan->query_id;
        row[1] = state_of(engine, query->plan->query_id);
        row[2] = query->sink->name;
        row[3] = query->sink->topic;
        row[4] = query->plan->statement;
    }
    const struct tg_report report = {.title = "queries",
                                     .column_count = COLUMNS,
                                     .columns = columns,
                                     .row_count = action->query_count,
                                     .cells = cells};
    tg_engine_show(engine, &report);
    tg_free(cells);
    return TG_OK;
}

enum tg_code tg_engine_show_properties(struct tg_engine *engine, const struct tg_action *action,
                                       struct tg_error *reterr)
{
    static const char *const columns[] = {"property", "value", "from"};
    const struct tg_properties *properties = action->properties;
    size_t count = tg_properties_count(properties);
    (void)reterr;
    const char **cells = tg_alloc_zero(3 * count + 1, sizeof(const char *));
    for (size_t i = 0; i < count; i++) {
        const char *key = tg_properties_key(properties, i);
        cells[3 * i] = key;
        cells[3 * i + 1] = tg_settings_is_secret(key) ? "[hidden]" : tg_properties_value(properties, i);
        cells[3 * i + 2] = tg_properties_origin(properties, i);
    }
    const struct tg_report report = {.title = "properties that are set (turgo help settings lists all)",
                                     .column_count = 3,
                                     .columns = columns,
                                     .row_count = (uint32_t)count,
                                     .cells = cells};
    tg_engine_show(engine, &report);
    tg_free(cells);
    return TG_OK;
}

/* ---- PRINT ---- */

/* Printable bytes as they are, others as \xNN. */
static void write_bytes(struct tg_slice bytes, struct tg_buffer *out)
{
    if (bytes.data == NULL)
        tg_buffer_append_text(out, "null");
    for (size_t i = 0; i < bytes.length; i++) {
        if (bytes.data[i] >= ' ' && bytes.data[i] != 0x7f)
            tg_buffer_append_byte(out, bytes.data[i]);
        else
            tg_buffer_printf(out, "\\x%02x", bytes.data[i]);
    }
}

struct printing {
    const struct tg_print_topic *print;
    int64_t seen, shown;
    struct tg_buffer text;
};

static void print_record(struct printing *printing, const struct tg_message *message)
{
    if (printing->seen++ % printing->print->interval != 0 ||
        (printing->print->limit >= 0 && printing->shown >= printing->print->limit))
        return;
    printing->shown++;
    tg_buffer_printf(&printing->text, "%d:%lld  @%lld  ", message->partition, (long long)message->offset,
                     (long long)message->timestamp_ms);
    write_bytes(message->key, &printing->text);
    tg_buffer_append_text(&printing->text, " = ");
    write_bytes(message->value, &printing->text);
    tg_buffer_append_text(&printing->text, "\n");
}

static enum tg_code print_partition(struct tg_engine *engine, struct tg_consumer *consumer, int32_t partition,
                                    struct printing *printing, struct tg_error *reterr)
{
    const char *topic = printing->print->topic;
    struct tg_offset bounds[2] = {{.topic = topic, .partition = partition, .offset = TG_OFFSET_EARLIEST},
                                  {.topic = topic, .partition = partition, .offset = TG_OFFSET_LATEST}};
    for (size_t i = 0; i < 2; i++)
        TG_TRY(tg_admin_list_offsets(engine->options.cluster, &bounds[i], 1, TG_READ_COMMITTED,
                                     tg_engine_request_timeout(engine), reterr));
    if (bounds[0].offset >= bounds[1].offset)
        return TG_OK;
    TG_TRY(tg_consumer_assign(consumer, bounds, 1, reterr));
    TG_TRY(tg_consumer_start(consumer, topic, partition, bounds[0].offset, 0, reterr));
    for (int64_t position = bounds[0].offset; position < bounds[1].offset;) {
        struct tg_message messages[POLL_MAX];
        uint32_t count = 0;
        bool full = printing->print->limit >= 0 && printing->shown >= printing->print->limit;
        if (full || __atomic_load_n(engine->options.stop, __ATOMIC_RELAXED))
            return TG_OK;
        TG_TRY(tg_consumer_poll(consumer, messages, POLL_MAX, POLL_MS, &count, reterr));
        for (uint32_t i = 0; i < count; i++) {
            bool is_record = messages[i].kind == TG_MESSAGE_RECORD;
            if (is_record && messages[i].offset < bounds[1].offset)
                print_record(printing, &messages[i]);
            position = is_record ? messages[i].offset + 1 : messages[i].offset;
        }
        tg_consumer_release(consumer, messages, count);
    }
    return TG_OK;
}

enum tg_code tg_engine_print(struct tg_engine *engine, const struct tg_action *action,
                             struct tg_error *reterr)
{
    const struct tg_consumer_options options = {.client_id = "print",
                                                .offset_reset = TG_RESET_EARLIEST,
                                                .isolation = TG_READ_COMMITTED,
                                                .notify_descriptor = -1};
    struct printing printing = {.print = action->print};
    struct tg_consumer *consumer = NULL;
    int32_t partitions = 0;
    TG_TRY(tg_admin_partition_count(engine->options.cluster, action->print->topic,
                                    tg_engine_request_timeout(engine), &partitions, reterr));
    TG_TRY(tg_consumer_open(engine->options.cluster, &options, &consumer, reterr));
    enum tg_code code = TG_OK;
    for (int32_t partition = 0; partition < partitions && code == TG_OK; partition++)
        code = print_partition(engine, consumer, partition, &printing, reterr);
    tg_consumer_close(consumer);
    const struct tg_report report = {.title = "partition:offset  @time  key = value",
                                     .text = tg_buffer_text(&printing.text)};
    if (code == TG_OK)
        tg_engine_show(engine, &report);
    tg_buffer_done(&printing.text);
    return code;
}

/* ---- ASSERT TOPIC ---- */

/* Looks again until the TIMEOUT of the statement is over. */
enum tg_code tg_engine_assert_topic(struct tg_engine *engine, const struct tg_action *action,
                                    struct tg_error *reterr)
{
    const struct tg_assert_topic *wanted = action->assert_topic;
    struct tg_clock *clock = tg_clock_real();
    int64_t end_us = tg_clock_monotonic_us(clock) + wanted->timeout_ms * 1000;
    for (;;) {
        enum tg_code code =
            tg_assert_topic(engine->options.cluster, wanted, tg_engine_request_timeout(engine), reterr);
        if (code == TG_OK || tg_clock_monotonic_us(clock) >= end_us ||
            __atomic_load_n(engine->options.stop, __ATOMIC_RELAXED))
            return code;
        tg_run_loop_wait(engine, ASSERT_POLL_MS);
    }
}

/* ---- ASSERT SCHEMA ---- */

enum tg_code tg_engine_assert_schema(struct tg_engine *engine, const struct tg_action *action,
                                     struct tg_error *reterr)
{
    const struct tg_assert_schema *wanted = action->assert_schema;
    struct tg_clock *clock = tg_clock_real();
    int64_t end_us = tg_clock_monotonic_us(clock) + wanted->timeout_ms * 1000;
    for (;;) {
        enum tg_code code = tg_assert_schema(engine->registry, wanted, reterr);
        if (code == TG_OK || tg_clock_monotonic_us(clock) >= end_us ||
            __atomic_load_n(engine->options.stop, __ATOMIC_RELAXED))
            return code;
        tg_run_loop_wait(engine, SCHEMA_POLL_MS);
    }
}
