/* turgo convert: a topic into another one in another format, as an ordinary exactly-once job that it writes,
 * shows and runs. */
#include "service/infer/convert.h"
#include "base/memory.h"
#include "base/text.h"
#include "serde/format.h"
#include "service/command.h"
#include "service/connection.h"
#include "service/engine.h"
#include "service/infer/topic.h"
#include "service/run_loop.h"
#include "service/schemas.h"
#include "service/settings.h"
#include "sql/diagnostics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RECORDS_DEFAULT = 1000, RECORDS_MOST = 1000000, SAMPLE_MS_MAX = 10000, WAIT_MS = 1000 };
enum { PARTITIONS_MOST = 10000 };

struct convert {
    const char *from, *to, *key;
    const struct tg_format *format;
    int64_t records, partitions;
    bool until_caught_up, dry_run, drop_misfits, timestamps, header;
    struct tg_properties *properties;
    enum tg_log_level level;
    enum tg_log_form form;
};

/* What one run holds open. */
struct conversion_run {
    const struct convert *convert;
    struct tg_arena *arena;
    struct tg_cluster *cluster;
    struct tg_registry *registry;
    struct tg_schemas *schemas;
    struct tg_inference inference;
    struct tg_buffer sql;
    struct tg_job *job;
    struct tg_engine *engine;
    struct tg_misfit_mark mark;
    int request_timeout_ms;
    int64_t started_us, shown_us; /* of the monotonic clock */
};

/* ---- options ---- */

static enum tg_code set_operand(void *context, const char *value, struct tg_error *reterr)
{
    (void)context;
    (void)tg_fail(reterr, TG_CODE_USAGE, "'%s' belongs to no option", value);
    return tg_fail_hint(reterr, "topics are named by --from and --to");
}

static enum tg_code set_from(void *context, const char *value, struct tg_error *reterr)
{
    (void)reterr;
    ((struct convert *)context)->from = value;
    return TG_OK;
}

static enum tg_code set_to(void *context, const char *value, struct tg_error *reterr)
{
    (void)reterr;
    ((struct convert *)context)->to = value;
    return TG_OK;
}

static enum tg_code set_key(void *context, const char *value, struct tg_error *reterr)
{
    (void)reterr;
    ((struct convert *)context)->key = value;
    return TG_OK;
}

static enum tg_code set_format(void *context, const char *value, struct tg_error *reterr)
{
    if (tg_format_find(tg_slice_text(value), &((struct convert *)context)->format, reterr) == TG_OK)
        return TG_OK;
    reterr->code = TG_CODE_USAGE;
    return tg_fail_context(reterr, "--format");
}

static enum tg_code set_config(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_config(((struct convert *)context)->properties, value, reterr);
}

static enum tg_code set_setting(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_setting(((struct convert *)context)->properties, value, reterr);
}

static enum tg_code set_log_level(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_log_level(value, &((struct convert *)context)->level, reterr);
}

static enum tg_code set_log_format(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_log_form(value, &((struct convert *)context)->form, reterr);
}

static enum tg_code set_records(void *context, const char *value, struct tg_error *reterr)
{
    return tg_infer_read_count("--records", value, RECORDS_MOST, &((struct convert *)context)->records,
                               reterr);
}

static enum tg_code set_partitions(void *context, const char *value, struct tg_error *reterr)
{
    return tg_infer_read_count("--partitions", value, PARTITIONS_MOST,
                               &((struct convert *)context)->partitions, reterr);
}

static enum tg_code set_until_caught_up(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct convert *)context)->until_caught_up = true;
    return TG_OK;
}

static enum tg_code set_dry_run(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct convert *)context)->dry_run = true;
    return TG_OK;
}

static enum tg_code set_drop_misfits(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct convert *)context)->drop_misfits = true;
    return TG_OK;
}

static enum tg_code set_timestamps(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct convert *)context)->timestamps = true;
    return TG_OK;
}

static enum tg_code set_header(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct convert *)context)->header = true;
    return TG_OK;
}

static enum tg_code check(const struct convert *convert, struct tg_error *reterr)
{
    if (convert->from == NULL || convert->to == NULL || convert->format == NULL) {
        (void)tg_fail(reterr, TG_CODE_USAGE, "%s is missing",
                      convert->from == NULL ? "--from TOPIC"
                      : convert->to == NULL ? "--to TOPIC"
                                            : "--format");
        return tg_fail_hint(reterr, "turgo convert --from orders-json --to orders-avro --format avro");
    }
    if (strcmp(convert->from, convert->to) == 0)
        return tg_fail(reterr, TG_CODE_USAGE, "--from and --to are the same topic, %s", convert->from);
    return TG_OK;
}

/* ---- the job ---- */

static enum tg_code write_sql(struct conversion_run *run, struct tg_error *reterr)
{
    const struct convert *convert = run->convert;
    const struct tg_infer_topic_options options = {
        .cluster = run->cluster,
        .registry = run->registry,
        .topic = convert->from,
        .records_max = (uint32_t)convert->records,
        .time_ms_max = SAMPLE_MS_MAX,
        .request_timeout_ms = run->request_timeout_ms,
        .style = {.timestamps = convert->timestamps},
        .header = convert->header,
        .stop = tg_run_loop_stop(),
    };
    TG_TRY(tg_infer_topic(&options, run->arena, &run->inference, reterr));
    const struct tg_conversion conversion = {.inference = &run->inference,
                                             .to = convert->to,
                                             .format = convert->format->name,
                                             .key = convert->key,
                                             .partition_count = (int32_t)convert->partitions,
                                             .drop_misfits = convert->drop_misfits};
    return tg_conversion_write_sql(&conversion, run->arena, &run->sql, reterr);
}

static enum tg_code compile(struct conversion_run *run, struct tg_error *reterr)
{
    if (run->registry != NULL)
        run->schemas = tg_schemas_new(run->registry, TG_SCHEMAS_CHECKED);
    const struct tg_job_options options = {.name = "convert.sql",
                                           .settings = run->convert->properties,
                                           .check_setting = tg_settings_check_set,
                                           .schemas = tg_schemas_hooks(run->schemas)};
    enum tg_code code = tg_job_compile(tg_buffer_slice(&run->sql), &options, &run->job, reterr);
    if (code == TG_OK)
        return TG_OK;
    struct tg_buffer out = {0};
    for (uint32_t i = 0; run->job != NULL && i < tg_job_error_count(run->job); i++)
        tg_diagnostic_write(tg_job_error(run->job, i), tg_buffer_slice(&run->sql), options.name, &out);
    fprintf(stderr, "%s", tg_buffer_text(&out));
    tg_buffer_done(&out);
    return tg_fail(reterr, code, "the records of topic %s cannot be written as %s", run->convert->from,
                   run->convert->format->name);
}

static void print_schema(struct conversion_run *run)
{
    const struct tg_registry_schema *schema = NULL;
    struct tg_error ignored;
    const char *subject = tg_registry_subject(run->arena, run->convert->to, false);
    if (run->registry == NULL || run->convert->format->schemas == NULL)
        return;
    if (tg_registry_get_version(run->registry, subject, 0, run->arena, &schema, &ignored) == TG_OK)
        fprintf(stderr, "schema id %d, version %d of subject %s\n", schema->id, schema->version, subject);
}

static enum tg_code start(struct conversion_run *run, struct tg_error *reterr)
{
    const struct tg_engine_options options = {.properties = run->convert->properties,
                                              .cluster = run->cluster,
                                              .clock = tg_clock_real(),
                                              .stop = tg_run_loop_stop()};
    uint32_t action = 0;
    TG_TRY(tg_misfits_mark(run->cluster, tg_conversion_errors_topic(run->arena, run->convert->to),
                           run->request_timeout_ms, run->arena, &run->mark, reterr));
    TG_TRY(tg_engine_open(&options, &run->engine, reterr));
    tg_engine_use_registry(run->engine, run->registry, run->schemas);
    TG_TRY(tg_engine_execute(run->engine, run->job, &action, reterr));
    print_schema(run);
    return TG_OK;
}

/* ---- progress and summary: on stderr ---- */

static void print_counters(struct conversion_run *run, const char *what)
{
    struct tg_counters counters = {0};
    if (tg_engine_query_count(run->engine) == 0)
        return;
    tg_engine_counters(run->engine, 0, &counters);
    double seconds = (double)(tg_clock_monotonic_us(tg_clock_real()) - run->started_us) / 1e6;
    uint64_t lost = run->convert->drop_misfits ? counters.decode_skipped + counters.output_skipped +
                                                     counters.expression_errors + counters.time_skipped
                                               : counters.dead_letters;
    fprintf(stderr, "%s: %" PRIu64 " records read, %" PRIu64 " written, %" PRIu64 " did not fit, %.0f/s\n",
            what, counters.records_in, counters.records_out, lost,
            seconds > 0 ? (double)counters.records_in / seconds : 0.0);
}

static void show_progress(void *context, struct tg_engine *engine)
{
    struct conversion_run *run = context;
    int64_t now = tg_clock_monotonic_us(tg_clock_real());
    (void)engine;
    if (now - run->shown_us < (int64_t)WAIT_MS * 1000)
        return;
    run->shown_us = now;
    print_counters(run, run->convert->to);
}

static enum tg_code print_misfits(struct conversion_run *run, struct tg_error *reterr)
{
    const char *topic = tg_conversion_errors_topic(run->arena, run->convert->to);
    struct tg_misfits misfits;
    struct tg_buffer out = {0};
    if (run->convert->drop_misfits)
        return TG_OK;
    TG_TRY(tg_misfits_read(run->cluster, topic, &run->mark, run->request_timeout_ms, run->arena, &misfits,
                           reterr));
    tg_misfits_write(&misfits, topic, &out);
    fprintf(stderr, "%s", tg_buffer_text(&out));
    tg_buffer_done(&out);
    return TG_OK;
}

static enum tg_code run_engine(struct conversion_run *run, struct tg_error *reterr)
{
    enum tg_code code = TG_OK;
    run->started_us = run->shown_us = tg_clock_monotonic_us(tg_clock_real());
    tg_engine_on_progress(run->engine, show_progress, run);
    if (run->convert->until_caught_up) {
        code = tg_engine_catch_up(run->engine, reterr);
    } else {
        while (!*tg_run_loop_stop() && tg_engine_failures(run->engine, NULL) == 0) {
            tg_run_loop_wait(run->engine, WAIT_MS);
            show_progress(run, run->engine);
        }
    }
    if (code != TG_OK && code != TG_CODE_SHUTDOWN)
        return code;
    print_counters(run, "in all");
    if (tg_engine_failures(run->engine, reterr) > 0)
        return reterr->code;
    tg_engine_close(TG_MOVE(run->engine)); /* its last transaction is committed */
    return print_misfits(run, reterr);
}

static enum tg_code convert_topic(struct conversion_run *run, struct tg_error *reterr)
{
    struct tg_query_settings settings;
    tg_settings_query(run->convert->properties, &settings);
    run->request_timeout_ms = settings.request_timeout_ms * 5;
    TG_TRY(tg_registry_open(run->convert->properties, &run->registry, reterr));
    TG_TRY(tg_connection_open(run->convert->properties, &run->cluster, reterr));
    TG_TRY(write_sql(run, reterr));
    printf("%s", tg_buffer_text(&run->sql));
    (void)fflush(stdout);
    TG_TRY(compile(run, reterr));
    if (run->convert->dry_run)
        return TG_OK;
    TG_TRY(start(run, reterr));
    return run_engine(run, reterr);
}

static int run_convert(const struct convert *convert)
{
    struct conversion_run run = {.convert = convert, .arena = tg_arena_new(0)};
    struct tg_error error = {0};
    tg_log_configure(convert->level, convert->form, STDERR_FILENO);
    tg_run_loop_prepare();
    enum tg_code code = convert_topic(&run, &error);
    bool has_failed = run.engine != NULL && tg_engine_failures(run.engine, NULL) > 0;
    if (code != TG_OK)
        tg_print_error(&error);
    tg_engine_close(run.engine);
    tg_job_free(run.job);
    tg_schemas_free(run.schemas);
    tg_registry_close(run.registry);
    tg_cluster_close(run.cluster);
    tg_buffer_done(&run.sql);
    tg_arena_free(run.arena);
    return has_failed ? TG_EXIT_QUERY_FAILED : tg_exit_of(code);
}

/* Each conversion is an application of its own: started again, it goes on where it stood. */
static void name_application(struct convert *convert)
{
    if (tg_properties_get(convert->properties, "application.id") != NULL)
        return;
    char *name = tg_format("convert-%s-%s", convert->from, convert->to);
    tg_properties_set(convert->properties, "application.id", name, "turgo convert");
    tg_free(name);
}

static int convert_command(int count, char **values)
{
    struct convert convert = {
        .records = RECORDS_DEFAULT, .properties = tg_properties_new(), .level = TG_LOG_ERROR};
    const struct tg_option options[] = {{.name = "--from", .takes_value = true, .set = set_from},
                                        {.name = "--to", .takes_value = true, .set = set_to},
                                        {.name = "--format", .takes_value = true, .set = set_format},
                                        {.name = "--key", .takes_value = true, .set = set_key},
                                        {.name = "--partitions", .takes_value = true, .set = set_partitions},
                                        {.name = "--records", .takes_value = true, .set = set_records},
                                        {.name = "--until-caught-up", .set = set_until_caught_up},
                                        {.name = "--dry-run", .set = set_dry_run},
                                        {.name = "--drop-misfits", .set = set_drop_misfits},
                                        {.name = "--timestamps", .set = set_timestamps},
                                        {.name = "--header", .set = set_header},
                                        {.name = "--config", .takes_value = true, .set = set_config},
                                        {.name = "--set", .takes_value = true, .set = set_setting},
                                        {.name = "--log-level", .takes_value = true, .set = set_log_level},
                                        {.name = "--log-format", .takes_value = true, .set = set_log_format},
                                        {.name = NULL}};
    const struct tg_arguments arguments = {&tg_command_convert, options, set_operand, &convert};
    int exit_code = tg_arguments_parse(&arguments, count, values);
    struct tg_error error = {0};
    if (exit_code == TG_EXIT_OK && check(&convert, &error) != TG_OK) {
        tg_print_error(&error);
        fprintf(stderr, "try: turgo convert --help\n");
        exit_code = TG_EXIT_USAGE;
    }
    if (exit_code == TG_EXIT_OK)
        name_application(&convert);
    if (exit_code == TG_EXIT_OK && tg_settings_check_all(convert.properties, &error) != TG_OK) {
        tg_print_error(&error);
        exit_code = TG_EXIT_CONFIG;
    }
    if (exit_code == TG_EXIT_OK)
        exit_code = run_convert(&convert);
    tg_properties_free(convert.properties);
    return exit_code < 0 ? TG_EXIT_OK : exit_code;
}

const struct tg_command tg_command_convert = {
    .name = "convert",
    .summary = "write a topic into another one in another format",
    .help =
        "usage: turgo convert --from TOPIC --to TOPIC --format FORMAT [--key COLUMN] [--until-caught-up]\n"
        "\n"
        "Infers the columns from a sample (see `turgo infer --help`), prints the SQL that it runs, registers "
        "the "
        "schema of the new\n"
        "topic, and runs exactly once, as `turgo run` does: started again, it goes on where it stood. "
        "Records "
        "that do not fit are\n"
        "kept in the topic <to>-errors and listed with their reasons.\n"
        "\n"
        "  --format FORMAT      avro, protobuf, protobuf_nosr, json_sr, json, delimited or kafka\n"
        "  --key COLUMN         the column becomes the record key; without it keys stay as they are\n"
        "  --partitions N       of the new topic (default: as many as the old one has)\n"
        "  --until-caught-up    end with a summary when everything that is there has been written\n"
        "  --dry-run            print the SQL, run nothing\n"
        "  --drop-misfits       leave records out that do not fit, instead of keeping them in <to>-errors\n"
        "  --records N          how many records are looked at first (default: 1000)\n"
        "  --timestamps         whole numbers that are all times in ms are TIMESTAMP, not BIGINT\n"
        "  --header             DELIMITED: the oldest record names the columns\n"
        "  --config FILE        settings and Kafka client properties (Java's or librdkafka's names)\n"
        "  --set NAME=VALUE     one setting; may be given several times\n"
        "  --log-level LEVEL    debug, info, warn or error (default: error)\n"
        "  --log-format FORMAT  logfmt or json\n"
        "\n"
        "SQL goes to stdout, progress to stderr.\n"
        "Exit: 0 ok, 2 usage, 3 settings, topic or records do not fit, 4 no broker, 5 the query failed.\n",
    .run = convert_command,
};
