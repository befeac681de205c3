/* bench_path: runs a job on the in-memory cluster, in one thread and with a clock that stands still: the
 * program's own tasks, operators, stores and commits, without a network. The same work each time, to the
 * instruction: what bench/instructions counts. With --print: the committed records of all sinks.
 *
 *   bench_path JOB.sql EVENTS [RATE [--print]]
 *
 * The topics nexmark-person, nexmark-auction and nexmark-bid hold the first EVENTS events, RATE (10,000) of
 * them in a second of event time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "bench/nexmark/nexmark.h"
#include "plan/nodes/sink.h"
#include "service/settings.h"
#include "sql/job.h"
#include "topology/driver.h"

enum { PARTITIONS = 4, KINDS = 3 };
static const char *const topics[KINDS] = {"nexmark-person", "nexmark-auction", "nexmark-bid"};

struct path {
    struct tg_clock *clock;
    struct tg_state *state;
    struct tg_driver *driver;
    struct tg_properties *properties;
    struct tg_job *job;
};

static int32_t partition_count(void *context, const char *topic)
{
    (void)context;
    for (int i = 0; i < KINDS; i++)
        if (strcmp(topics[i], topic) == 0)
            return PARTITIONS;
    return 0;
}

static enum tg_code read_job(struct path *path, const char *file, struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    struct tg_job_options options = {
        .name = file, .settings = path->properties, .partition_count = partition_count};
    FILE *in = fopen(file, "rb");
    if (in == NULL)
        return tg_fail(reterr, TG_CODE_IO, "cannot read %s", file);
    for (size_t got = 1; got > 0; text.length += got)
        got = fread(tg_buffer_reserve(&text, BUFSIZ), 1, BUFSIZ, in);
    fclose(in);
    enum tg_code code = tg_job_compile(tg_buffer_slice(&text), &options, &path->job, reterr);
    tg_buffer_done(&text);
    return code;
}

static enum tg_code open_cluster(struct path *path, struct tg_error *reterr)
{
    const struct tg_state_options state_options = {.application_id = "bench"};
    TG_TRY(tg_state_open(&state_options, &path->state, reterr));
    path->clock = tg_clock_virtual_new(tg_nexmark_defaults().first_ms);
    const struct tg_driver_options options = {.clock = path->clock, .state = path->state, .prefix = "bench-"};
    path->driver = tg_driver_new(&options);
    for (int i = 0; i < KINDS; i++)
        TG_TRY(tg_driver_create_topic(path->driver, topics[i], PARTITIONS, reterr));
    return TG_OK;
}

static enum tg_code feed(struct path *path, uint64_t events, uint64_t rate, struct tg_error *reterr)
{
    struct tg_nexmark options = tg_nexmark_defaults();
    if (rate > 0)
        options.rate = rate;
    struct tg_buffer value = {0};
    enum tg_code code = TG_OK;
    for (uint64_t number = 0; number < events && code == TG_OK; number++) {
        uint8_t key[sizeof(uint64_t)];
        tg_buffer_clear(&value);
        struct tg_nexmark_record event = tg_nexmark_event(&options, number, &value);
        tg_store_u64(key, (uint64_t)event.key);
        const struct tg_driver_record record = {.topic = topics[event.kind],
                                                .partition = -1,
                                                .timestamp_ms = event.timestamp_ms,
                                                .key = tg_slice_of(key, sizeof key),
                                                .value = tg_buffer_slice(&value)};
        code = tg_driver_send(path->driver, &record, reterr);
    }
    tg_buffer_done(&value);
    return code;
}

/* Everything is there before the queries start, so batches are as full as when a job catches up. The counter
 * of instructions looks for this function by its name. */
__attribute__((noinline)) static enum tg_code run_queries(struct path *path, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < tg_job_action_count(path->job); i++) {
        const struct tg_action *action = tg_job_action(path->job, i);
        struct tg_query_settings settings;
        if (action->kind != TG_ACTION_QUERY)
            continue;
        tg_settings_query(action->properties, &settings);
        settings.offset_reset = TG_RESET_EARLIEST;
        settings.future_ms_max = -1;
        TG_TRY(tg_driver_add(path->driver, action->plan, &settings, reterr));
        TG_TRY(tg_driver_settle(path->driver, reterr));
    }
    return TG_OK;
}

static void print_slice(struct tg_slice slice)
{
    if (slice.data == NULL)
        putchar('-');
    for (size_t i = 0; i < slice.length; i++)
        printf("%02x", slice.data[i]);
}

static void print_record(void *context, const struct tg_driver_record *record)
{
    (void)context;
    printf("%s\t%" PRId64 "\t", record->topic, record->timestamp_ms);
    print_slice(record->key);
    putchar('\t');
    print_slice(record->value);
    putchar('\n');
}

static enum tg_code print_sinks(struct path *path, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < tg_job_action_count(path->job); i++) {
        const struct tg_action *action = tg_job_action(path->job, i);
        if (action->kind != TG_ACTION_QUERY)
            continue;
        const struct tg_plan_sink *sink = (const struct tg_plan_sink *)action->plan->root;
        TG_TRY(tg_driver_read(path->driver, sink->topic.name, print_record, NULL, reterr));
    }
    return TG_OK;
}

static enum tg_code run(struct path *path, int count, char **arguments, struct tg_error *reterr)
{
    uint64_t rate = count > 3 ? strtoull(arguments[3], NULL, 10) : 0;
    TG_TRY(read_job(path, arguments[1], reterr));
    TG_TRY(open_cluster(path, reterr));
    TG_TRY(feed(path, strtoull(arguments[2], NULL, 10), rate, reterr));
    TG_TRY(run_queries(path, reterr));
    return count > 4 ? print_sinks(path, reterr) : TG_OK;
}

int main(int count, char **arguments)
{
    struct path path = {.properties = tg_properties_new()};
    struct tg_error error = {0};
    if (count < 3 || count > 5 || (count == 5 && strcmp(arguments[4], "--print") != 0)) {
        fprintf(stderr, "usage: bench_path JOB.sql EVENTS [RATE [--print]]\n");
        return 2;
    }
    tg_log_configure(TG_LOG_WARN, TG_LOG_LOGFMT, STDERR_FILENO);
    enum tg_code code = run(&path, count, arguments, &error);
    if (code != TG_OK)
        fprintf(stderr, "bench_path: %s: %s\n", arguments[1], error.message);
    tg_driver_free(path.driver);
    tg_state_close(path.state);
    tg_clock_virtual_free(path.clock);
    tg_job_free(path.job);
    tg_properties_free(path.properties);
    return code == TG_OK ? 0 : 1;
}
