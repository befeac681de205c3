/* turgo run: executes a job on a Kafka cluster until it is stopped, or until it has caught up. */
#include "base/log.h"
#include "base/memory.h"
#include "service/command.h"
#include "service/connection.h"
#include "service/engine.h"
#include "service/report.h"
#include "service/run_loop.h"
#include "service/settings.h"
#include "sql/diagnostics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 1000 };

struct run {
    const char *path;
    bool until_caught_up;
    struct tg_properties *properties;
    enum tg_log_level level;
    enum tg_log_form form;
};

static enum tg_code set_path(void *context, const char *value, struct tg_error *reterr)
{
    struct run *run = context;
    if (run->path != NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "one job file at a time, but %s follows %s", value, run->path);
    run->path = value;
    return TG_OK;
}

static enum tg_code set_config(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_config(((struct run *)context)->properties, value, reterr);
}

static enum tg_code set_setting(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_setting(((struct run *)context)->properties, value, reterr);
}

static enum tg_code set_until_caught_up(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct run *)context)->until_caught_up = true;
    return TG_OK;
}

static enum tg_code set_log_level(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_log_level(value, &((struct run *)context)->level, reterr);
}

static enum tg_code set_log_format(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_log_form(value, &((struct run *)context)->form, reterr);
}

/* Below the table: what was counted besides, by the counters' names. Nothing that went wrong is left out. */
static void print_counters(const char *query, const struct tg_counters *counters)
{
    struct tg_buffer out = {0};
#define X(field, name, meaning)                                                                              \
    if (counters->field > 0)                                                                                 \
        tg_buffer_printf(&out, " " name "=%" PRIu64, counters->field);
    TG_COUNTER_LIST(X)
#undef X
    printf("counters of %s:%s\n", query, tg_buffer_text(&out));
    tg_buffer_done(&out);
}

static void print_summary(struct tg_engine *engine, double seconds, double cpu_seconds)
{
    uint64_t skipped_all = 0;
    uint32_t count = tg_engine_query_count(engine);
    struct tg_counters *counters = tg_alloc_zero(count + 1, sizeof *counters);
    printf("%-32s %12s %12s %10s %8s %8s\n", "query", "records in", "out", "skipped", "late", "errors");
    for (uint32_t i = 0; i < count; i++) {
        tg_engine_counters(engine, i, &counters[i]);
        uint64_t skipped = counters[i].decode_skipped + counters[i].time_skipped +
                           counters[i].null_key_skipped + counters[i].null_value_skipped +
                           counters[i].output_skipped;
        skipped_all += skipped;
        printf("%-32s %12" PRIu64 " %12" PRIu64 " %10" PRIu64 " %8" PRIu64 " %8" PRIu64 "\n",
               tg_engine_query_id(engine, i), counters[i].records_in, counters[i].records_out, skipped,
               counters[i].late_skipped, counters[i].expression_errors);
    }
    for (uint32_t i = 0; i < count; i++)
        print_counters(tg_engine_query_id(engine, i), &counters[i]);
    tg_free(counters);
    printf("%.3f s, CPU %.3f s%s\n", seconds, cpu_seconds,
           skipped_all > 0 ? " (skipped records are in the log)" : "");
}

static int finish(struct tg_engine *engine, enum tg_code code, const struct tg_error *error)
{
    struct tg_error failure = {0};
    if (code != TG_OK && code != TG_CODE_SHUTDOWN)
        tg_print_error(error);
    if (tg_engine_failures(engine, &failure) > 0) {
        tg_print_error(&failure);
        return TG_EXIT_QUERY_FAILED;
    }
    return code == TG_CODE_SHUTDOWN ? TG_EXIT_OK : tg_exit_of(code);
}

/* With all queries started: until a signal, a failure of all queries, or the end of the input. */
static int run_engine(const struct run *run, struct tg_engine *engine, int64_t started_us)
{
    struct tg_error error = {0};
    enum tg_code code = TG_OK;
    uint32_t queries = tg_engine_query_count(engine);
    tg_log_write(TG_LOG_INFO, "job runs",
                 TG_LOG_FIELDS(TG_LOG_INT("queries", queries), TG_LOG_TEXT("job", run->path)));
    if (run->until_caught_up) {
        code = tg_engine_catch_up(engine, &error);
        if (code == TG_OK)
            print_summary(engine, (double)(tg_clock_monotonic_us(tg_clock_real()) - started_us) / 1e6,
                          (double)tg_cpu_time_us() / 1e6);
        return finish(engine, code, &error);
    }
    while (!*tg_run_loop_stop() && queries > 0 && tg_engine_failures(engine, NULL) < queries)
        tg_run_loop_wait(engine, WAIT_MS);
    return finish(engine, code, &error);
}

/* With the statement's place, as the errors of the compiler. */
static void print_failed_action(const struct tg_job_file *file, uint32_t index, const struct tg_error *error)
{
    const struct tg_action *action = tg_job_action(file->job, index);
    struct tg_error placed = *error;
    struct tg_buffer out = {0};
    if (action != NULL)
        placed.place = action->place;
    tg_diagnostic_write(&placed, tg_buffer_slice(&file->text), file->path, &out);
    fprintf(stderr, "%s", tg_buffer_text(&out));
    tg_buffer_done(&out);
}

/* What SHOW and DESCRIBE give is data: it goes to stdout. */
static void print_report(void *context, const struct tg_report *report)
{
    struct tg_buffer out = {0};
    (void)context;
    tg_report_write(report, &out);
    printf("%s", tg_buffer_text(&out));
    (void)fflush(stdout);
    tg_buffer_done(&out);
}

static int run_job(const struct run *run, const struct tg_job_file *file)
{
    int64_t started = tg_clock_monotonic_us(tg_clock_real());
    struct tg_cluster *cluster = NULL;
    struct tg_engine *engine = NULL;
    struct tg_error error = {0};
    uint32_t action = 0;
    int exit_code = TG_EXIT_OK;
    enum tg_code code = tg_connection_open(run->properties, &cluster, &error);
    const struct tg_engine_options options = {.properties = run->properties,
                                              .cluster = cluster,
                                              .clock = tg_clock_real(),
                                              .stop = tg_run_loop_stop()};
    if (code == TG_OK)
        code = tg_engine_open(&options, &engine, &error);
    if (code == TG_OK)
        tg_engine_on_report(engine, print_report, NULL);
    if (code == TG_OK)
        tg_engine_use_registry(engine, file->registry, file->schemas);
    if (code != TG_OK) {
        tg_print_error(&error);
        exit_code = tg_exit_of(code);
    } else if ((code = tg_engine_execute(engine, file->job, &action, &error)) != TG_OK) {
        print_failed_action(file, action, &error);
        exit_code = tg_exit_of(code);
    } else {
        exit_code = run_engine(run, engine, started);
    }
    tg_engine_close(engine);
    tg_cluster_close(cluster);
    return exit_code;
}

static int run_command(int count, char **values)
{
    struct run run = {.properties = tg_properties_new(), .level = TG_LOG_INFO};
    const struct tg_option options[] = {{.name = "--config", .takes_value = true, .set = set_config},
                                        {.name = "--set", .takes_value = true, .set = set_setting},
                                        {.name = "--until-caught-up", .set = set_until_caught_up},
                                        {.name = "--log-level", .takes_value = true, .set = set_log_level},
                                        {.name = "--log-format", .takes_value = true, .set = set_log_format},
                                        {.name = NULL}};
    const struct tg_arguments arguments = {&tg_command_run, options, set_path, &run};
    int exit_code = tg_arguments_parse(&arguments, count, values);
    struct tg_error error = {0};
    if (exit_code == TG_EXIT_OK && run.path == NULL) {
        fprintf(stderr, "%s", tg_command_run.help);
        exit_code = TG_EXIT_USAGE;
    }
    if (exit_code == TG_EXIT_OK && tg_settings_check_all(run.properties, &error) != TG_OK) {
        tg_print_error(&error);
        exit_code = TG_EXIT_CONFIG;
    }
    if (exit_code == TG_EXIT_OK) {
        struct tg_job_file file;
        tg_log_configure(run.level, run.form, STDERR_FILENO);
        tg_run_loop_prepare();
        exit_code = tg_job_file_load(run.path, run.properties, false, &file);
        if (exit_code == TG_EXIT_OK)
            exit_code = run_job(&run, &file);
        else if (exit_code == TG_EXIT_FAILED)
            exit_code = TG_EXIT_CONFIG;
        tg_job_file_done(&file);
    }
    tg_properties_free(run.properties);
    return exit_code < 0 ? TG_EXIT_OK : exit_code;
}

const struct tg_command tg_command_run = {
    .name = "run",
    .summary = "run a job file on a Kafka cluster",
    .help =
        "usage: turgo run JOB.sql [--config FILE] [--set NAME=VALUE ...] [--until-caught-up]\n"
        "\n"
        "Runs until SIGTERM or SIGINT, which commit what is processed and end with exit 0. SIGUSR1 logs "
        "counters, offsets, times and state per task.\n"
        "\n"
        "  --config FILE        settings and Kafka client properties (Java's or librdkafka's names)\n"
        "  --set NAME=VALUE     one setting; may be given several times\n"
        "  --until-caught-up    end with exit 0 and a summary when everything that is there has been "
        "processed\n"
        "  --log-level LEVEL    debug, info, warn or error (default: info)\n"
        "  --log-format FORMAT  logfmt or json\n"
        "\n"
        "Exit: 0 ok, 2 usage, 3 settings, job, state or topics do not fit, 4 no broker, 5 a query failed.\n"
        "Settings: see `turgo help settings`.\n",
    .run = run_command,
};
