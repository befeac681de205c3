/* turgo demo: the invoice job on the embedded in-memory Kafka, fed by a generator, results shown as they
 * come. The tasks, operators, stores and transactions are those of `turgo run`; only the cluster is in this
 * process. */
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "service/command.h"
#include "service/demo/embedded_job.h"
#include "service/demo/feeder.h"
#include "service/engine.h"
#include "service/run_loop.h"
#include "service/settings.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROUND_MS = 250, POLL_MAX = 256, ROW_WIDTH_MAX = 100, LAST_WAIT_US = 60 * 1000 * 1000 };

static const char *const result_topics[] = {"notifications", "invoice-items-flat", "store-totals"};
enum { RESULT_COUNT = sizeof result_topics / sizeof *result_topics };

struct demo {
    int64_t seconds;   /* 0: until a signal */
    int64_t rate;      /* invoices per second */
    uint64_t rows_max; /* rows shown per topic and round */
    struct tg_cluster *cluster;
    uint64_t fed;
    uint64_t shown[RESULT_COUNT];
    int64_t started_us;
    int64_t first_result_us;
};

static enum tg_code set_number(const char *name, const char *value, int64_t *target, struct tg_error *reterr)
{
    if (tg_parse_int64(tg_slice_text(value), 0, 1000000, target))
        return TG_OK;
    return tg_fail(reterr, TG_CODE_USAGE, "%s must be a number from 0 to 1000000, not '%s'", name, value);
}

static enum tg_code set_seconds(void *context, const char *value, struct tg_error *reterr)
{
    return set_number("--seconds", value, &((struct demo *)context)->seconds, reterr);
}

static enum tg_code set_rate(void *context, const char *value, struct tg_error *reterr)
{
    return set_number("--rate", value, &((struct demo *)context)->rate, reterr);
}

static enum tg_code no_operand(void *context, const char *value, struct tg_error *reterr)
{
    (void)context;
    return tg_fail(reterr, TG_CODE_USAGE, "the demo takes no job file; run yours with `turgo run %s`", value);
}

/* Sends the invoices that are due by now. */
static enum tg_code feed(struct demo *demo, struct tg_producer *producer, struct tg_producer_topic *topic,
                         int64_t base_ms, struct tg_buffer *text, struct tg_error *reterr)
{
    int64_t now = tg_clock_monotonic_us(tg_clock_real());
    uint64_t due = 1 + (uint64_t)((now - demo->started_us) * demo->rate / 1000000);
    for (; demo->fed < due; demo->fed++) {
        struct tg_invoice invoice;
        tg_feeder_invoice(demo->fed, base_ms, text, &invoice);
        struct tg_slice key = tg_slice_text(invoice.store);
        const struct tg_outgoing record = {
            .topic = topic,
            .partition = tg_partition_for_key(key, 2),
            .key = key,
            .value = tg_buffer_slice(text),
            .timestamp_ms = invoice.created_ms,
        };
        TG_TRY(tg_producer_send(producer, &record, reterr));
    }
    return tg_producer_flush(producer, ROUND_MS, reterr);
}

static void print_key(const struct tg_message *message, bool windowed)
{
    struct tg_slice key = message->key;
    if (windowed && key.length >= 8) {
        int64_t start = (int64_t)tg_load_u64(key.data + key.length - 8);
        int64_t minutes = start / 60000;
        printf("%.*s %02d:%02d+15min", (int)key.length - 8, (const char *)key.data, (int)(minutes / 60 % 24),
               (int)(minutes % 60));
        return;
    }
    printf("%.*s", TG_SLICE_FORMAT(key));
}

static void show(struct demo *demo, const struct tg_message *messages, uint32_t count)
{
    uint64_t printed[RESULT_COUNT] = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct tg_message *message = &messages[i];
        if (message->kind != TG_MESSAGE_RECORD)
            continue;
        uint32_t topic = message->tag;
        if (demo->first_result_us == 0)
            demo->first_result_us = tg_clock_monotonic_us(tg_clock_real()) - demo->started_us;
        demo->shown[topic]++;
        if (printed[topic]++ >= demo->rows_max)
            continue;
        printf("%-20s ", result_topics[topic]);
        print_key(message, strcmp(result_topics[topic], "store-totals") == 0);
        /* The end of a long row says more than its beginning. */
        size_t hidden = message->value.length > ROW_WIDTH_MAX ? message->value.length - ROW_WIDTH_MAX : 0;
        printf("  %s%.*s\n", hidden > 0 ? "..." : "", (int)(message->value.length - hidden),
               (const char *)message->value.data + hidden);
    }
    fflush(stdout);
}

static enum tg_code open_reader(struct demo *demo, struct tg_consumer **ret_consumer, struct tg_error *reterr)
{
    struct tg_offset offsets[RESULT_COUNT * 2];
    uint32_t count = 0;
    for (uint32_t topic = 0; topic < RESULT_COUNT; topic++)
        for (int32_t partition = 0; partition < 2; partition++)
            offsets[count++] = (struct tg_offset){.topic = result_topics[topic],
                                                  .partition = partition,
                                                  .offset = TG_OFFSET_EARLIEST,
                                                  .leader_epoch = -1};
    const struct tg_consumer_options options = {.client_id = "demo",
                                                .offset_reset = TG_RESET_EARLIEST,
                                                .isolation = TG_READ_COMMITTED,
                                                .notify_descriptor = -1};
    TG_TRY(tg_consumer_open(demo->cluster, &options, ret_consumer, reterr));
    TG_TRY(tg_consumer_assign(*ret_consumer, offsets, count, reterr));
    for (uint32_t i = 0; i < count; i++)
        TG_TRY(tg_consumer_start(*ret_consumer, offsets[i].topic, offsets[i].partition, TG_OFFSET_NONE, i / 2,
                                 reterr));
    return TG_OK;
}

static void print_progress(const struct demo *demo)
{
    fprintf(stderr,
            "-- %4.1f s: %" PRIu64 " invoices in; out: %" PRIu64 " notifications, %" PRIu64
            " line items, %" PRIu64 " totals\n",
            (double)(tg_clock_monotonic_us(tg_clock_real()) - demo->started_us) / 1e6, demo->fed,
            demo->shown[0], demo->shown[1], demo->shown[2]);
}

/* On a busy machine the time may be over before each topic has shown something: it is waited for, a while. */
static bool is_over(const struct demo *demo)
{
    int64_t over_us =
        tg_clock_monotonic_us(tg_clock_real()) - demo->started_us - demo->seconds * INT64_C(1000000);
    if (demo->seconds == 0 || over_us <= 0)
        return false;
    bool all = true;
    for (uint32_t i = 0; i < RESULT_COUNT; i++)
        all = all && demo->shown[i] > 0;
    return all || over_us > LAST_WAIT_US;
}

static enum tg_code show_results(struct demo *demo, struct tg_engine *engine, struct tg_producer *producer,
                                 struct tg_consumer *reader, struct tg_error *reterr)
{
    struct tg_producer_topic *topic = NULL;
    struct tg_buffer text = {0};
    enum tg_code code = tg_producer_topic(producer, "invoices", &topic, reterr);
    int64_t base_ms = tg_clock_wall_ms(tg_clock_real()) / (15 * 60000) * (15 * 60000) - 24 * 3600000;
    for (uint32_t round = 0; code == TG_OK && !*tg_run_loop_stop() && tg_engine_failures(engine, NULL) == 0;
         round++) {
        if (is_over(demo))
            break;
        code = feed(demo, producer, topic, base_ms, &text, reterr);
        struct tg_message messages[POLL_MAX];
        uint32_t count = 0;
        if (code == TG_OK)
            code = tg_consumer_poll(reader, messages, POLL_MAX, round == 0 ? 0 : 50, &count, reterr);
        show(demo, messages, count);
        tg_consumer_release(reader, messages, count);
        if (round % 8 == 7)
            print_progress(demo);
        tg_run_loop_wait(engine, demo->first_result_us == 0 ? 10 : ROUND_MS);
    }
    tg_buffer_done(&text);
    return code;
}

static enum tg_code run_job(struct demo *demo, const struct tg_properties *properties,
                            const struct tg_job *job, struct tg_error *reterr)
{
    const struct tg_engine_options options = {.properties = properties,
                                              .cluster = demo->cluster,
                                              .clock = tg_clock_real(),
                                              .stop = tg_run_loop_stop()};
    const struct tg_producer_options producer_options = {.client_id = "feeder", .linger_ms = 0};
    struct tg_engine *engine = NULL;
    struct tg_producer *producer = NULL;
    struct tg_consumer *reader = NULL;
    uint32_t action = 0;
    enum tg_code code = tg_engine_open(&options, &engine, reterr);
    if (code == TG_OK)
        code = tg_engine_execute(engine, job, &action, reterr);
    if (code == TG_OK)
        code = tg_producer_open(demo->cluster, &producer_options, &producer, reterr);
    if (code == TG_OK)
        code = open_reader(demo, &reader, reterr);
    if (code == TG_OK)
        code = show_results(demo, engine, producer, reader, reterr);
    if (code == TG_OK && tg_engine_failures(engine, reterr) > 0)
        code = reterr->code;
    tg_producer_close(producer);
    tg_consumer_close(reader);
    tg_engine_close(engine);
    return code;
}

static int run_demo(struct demo *demo)
{
    struct tg_error error = {0};
    struct tg_job *job = NULL;
    struct tg_properties *properties = tg_properties_new();
    tg_properties_set(properties, "application.id", "demo", "demo");
    const struct tg_job_options job_options = {
        .name = "examples/invoices/job.sql", .settings = properties, .check_setting = tg_settings_check_set};
    const struct tg_memory_cluster_options cluster_options = {.clock = tg_clock_real(),
                                                              .default_partitions = 2};
    printf("Turgo demo: the job examples/invoices/job.sql on an embedded in-memory Kafka, exactly once.\n"
           "An invoice feeder writes the topic `invoices`; three topics of results are shown as they are "
           "committed:\n"
           "notifications, line items, totals per store and quarter of an hour.\n\n");
    fflush(stdout);
    demo->started_us = tg_clock_monotonic_us(tg_clock_real());
    demo->cluster = tg_cluster_open_memory(&cluster_options);
    enum tg_code code = tg_job_compile(tg_demo_job(), &job_options, &job, &error);
    if (code == TG_OK)
        code = run_job(demo, properties, job, &error);
    if (code == TG_OK) {
        print_progress(demo);
        printf("\nFirst result %.0f ms after the start. Everything was in memory and is gone now.\n"
               "The same job on a real cluster:\n"
               "  turgo run examples/invoices/job.sql --config client.properties   # bootstrap.servers=... "
               "and the like\n",
               (double)demo->first_result_us / 1000);
    } else {
        tg_print_error(&error);
    }
    tg_job_free(job);
    tg_cluster_close(demo->cluster);
    tg_properties_free(properties);
    return code == TG_OK ? TG_EXIT_OK : TG_EXIT_QUERY_FAILED;
}

static int run_command(int count, char **values)
{
    struct demo demo = {.seconds = 10, .rate = 20, .rows_max = 2};
    const struct tg_option options[] = {{.name = "--seconds", .takes_value = true, .set = set_seconds},
                                        {.name = "--rate", .takes_value = true, .set = set_rate},
                                        {.name = NULL}};
    const struct tg_arguments arguments = {&tg_command_demo, options, no_operand, &demo};
    int exit_code = tg_arguments_parse(&arguments, count, values);
    if (exit_code != TG_EXIT_OK)
        return exit_code < 0 ? TG_EXIT_OK : exit_code;
    tg_log_configure(TG_LOG_WARN, TG_LOG_LOGFMT, STDERR_FILENO);
    tg_run_loop_prepare();
    return run_demo(&demo);
}

const struct tg_command tg_command_demo = {
    .name = "demo",
    .summary = "run the invoice example on an embedded in-memory Kafka",
    .help =
        "usage: turgo demo [--seconds N] [--rate N]\n"
        "\n"
        "Nothing is needed and nothing is kept: topics, state and results live in this process.\n"
        "\n"
        "  --seconds N  how long (default: 10; 0: until Ctrl-C), and until each topic has shown something\n"
        "  --rate N     invoices per second (default: 20)\n",
    .run = run_command,
};
