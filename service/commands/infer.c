/* turgo infer: the statement that declares a topic, from a sample of its records. */
#include "base/log.h"
#include "service/command.h"
#include "service/connection.h"
#include "service/infer/topic.h"
#include "service/run_loop.h"
#include "service/settings.h"

#include <stdio.h>
#include <unistd.h>

enum { RECORDS_DEFAULT = 1000, RECORDS_MOST = 1000000, SECONDS_DEFAULT = 10, SECONDS_MOST = 3600 };

struct infer {
    const char *topic, *name;
    int64_t records, seconds;
    bool timestamps, header, keep_case;
    struct tg_properties *properties;
};

static enum tg_code set_topic(void *context, const char *value, struct tg_error *reterr)
{
    struct infer *infer = context;
    if (infer->topic != NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "one topic at a time, but %s follows %s", value, infer->topic);
    infer->topic = value;
    return TG_OK;
}

static enum tg_code set_config(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_config(((struct infer *)context)->properties, value, reterr);
}

static enum tg_code set_setting(void *context, const char *value, struct tg_error *reterr)
{
    return tg_connection_set_setting(((struct infer *)context)->properties, value, reterr);
}

static enum tg_code set_records(void *context, const char *value, struct tg_error *reterr)
{
    return tg_infer_read_count("--records", value, RECORDS_MOST, &((struct infer *)context)->records, reterr);
}

static enum tg_code set_seconds(void *context, const char *value, struct tg_error *reterr)
{
    return tg_infer_read_count("--seconds", value, SECONDS_MOST, &((struct infer *)context)->seconds, reterr);
}

static enum tg_code set_name(void *context, const char *value, struct tg_error *reterr)
{
    (void)reterr;
    ((struct infer *)context)->name = value;
    return TG_OK;
}

static enum tg_code set_timestamps(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct infer *)context)->timestamps = true;
    return TG_OK;
}

static enum tg_code set_header(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct infer *)context)->header = true;
    return TG_OK;
}

static enum tg_code set_keep_case(void *context, const char *value, struct tg_error *reterr)
{
    (void)value;
    (void)reterr;
    ((struct infer *)context)->keep_case = true;
    return TG_OK;
}

static enum tg_code print_statement(const struct infer *infer, struct tg_cluster *cluster,
                                    struct tg_registry *registry, struct tg_error *reterr)
{
    struct tg_query_settings settings;
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_inference inference;
    struct tg_buffer out = {0};
    tg_settings_query(infer->properties, &settings);
    const struct tg_infer_topic_options options = {
        .cluster = cluster,
        .registry = registry,
        .topic = infer->topic,
        .records_max = (uint32_t)infer->records,
        .time_ms_max = infer->seconds * 1000,
        .request_timeout_ms = settings.request_timeout_ms * 5,
        .style = {.timestamps = infer->timestamps},
        .header = infer->header,
        .stop = tg_run_loop_stop(),
    };
    enum tg_code code = tg_infer_topic(&options, arena, &inference, reterr);
    if (code == TG_OK) {
        const struct tg_infer_sql sql = {
            .name = infer->name == NULL ? tg_infer_stream_name(arena, infer->topic) : infer->name,
            .comments = true,
            .keep_case = infer->keep_case};
        tg_infer_write_sql(&inference, &sql, &out);
        printf("%s", tg_buffer_text(&out));
    }
    tg_buffer_done(&out);
    tg_arena_free(arena);
    return code;
}

static int run_infer(const struct infer *infer)
{
    struct tg_error error = {0};
    struct tg_cluster *cluster = NULL;
    struct tg_registry *registry = NULL;
    tg_log_configure(TG_LOG_WARN, TG_LOG_LOGFMT, STDERR_FILENO);
    tg_run_loop_prepare();
    enum tg_code code = tg_registry_open(infer->properties, &registry, &error);
    if (code == TG_OK)
        code = tg_connection_open(infer->properties, &cluster, &error);
    if (code == TG_OK)
        code = print_statement(infer, cluster, registry, &error);
    if (code != TG_OK)
        tg_print_error(&error);
    tg_cluster_close(cluster);
    tg_registry_close(registry);
    return tg_exit_of(code);
}

static int infer_command(int count, char **values)
{
    struct infer infer = {
        .records = RECORDS_DEFAULT, .seconds = SECONDS_DEFAULT, .properties = tg_properties_new()};
    const struct tg_option options[] = {{.name = "--config", .takes_value = true, .set = set_config},
                                        {.name = "--set", .takes_value = true, .set = set_setting},
                                        {.name = "--records", .takes_value = true, .set = set_records},
                                        {.name = "--seconds", .takes_value = true, .set = set_seconds},
                                        {.name = "--name", .takes_value = true, .set = set_name},
                                        {.name = "--timestamps", .set = set_timestamps},
                                        {.name = "--header", .set = set_header},
                                        {.name = "--keep-case", .set = set_keep_case},
                                        {.name = NULL}};
    const struct tg_arguments arguments = {&tg_command_infer, options, set_topic, &infer};
    int exit_code = tg_arguments_parse(&arguments, count, values);
    struct tg_error error = {0};
    if (exit_code == TG_EXIT_OK && infer.topic == NULL) {
        fprintf(stderr, "%s", tg_command_infer.help);
        exit_code = TG_EXIT_USAGE;
    }
    if (exit_code == TG_EXIT_OK && tg_settings_check_all(infer.properties, &error) != TG_OK) {
        tg_print_error(&error);
        exit_code = TG_EXIT_CONFIG;
    }
    if (exit_code == TG_EXIT_OK)
        exit_code = run_infer(&infer);
    tg_properties_free(infer.properties);
    return exit_code < 0 ? TG_EXIT_OK : exit_code;
}

const struct tg_command tg_command_infer = {
    .name = "infer",
    .summary = "print the statement that declares a topic, from its records",
    .help = "usage: turgo infer TOPIC [--config FILE] [--set NAME=VALUE ...] [--records N] [--seconds N]\n"
            "\n"
            "Looks at the oldest and the newest committed records of every partition and prints CREATE "
            "STREAM with "
            "formats, columns\n"
            "and types; comments say what was seen. Joins no group and commits nothing. Records of a schema "
            "registry are declared by\n"
            "their schema (schema.registry.url).\n"
            "\n"
            "  --config FILE     settings and Kafka client properties (Java's or librdkafka's names)\n"
            "  --set NAME=VALUE  one setting; may be given several times\n"
            "  --records N       how many records are looked at (default: 1000)\n"
            "  --seconds N       for how long at most (default: 10)\n"
            "  --name NAME       of the stream (default: made of the topic's)\n"
            "  --timestamps      whole numbers that are all times in ms are TIMESTAMP, not BIGINT\n"
            "  --header          DELIMITED: the oldest record names the columns\n"
            "  --keep-case       quote the names, so that results spell them as the records do\n"
            "\n"
            "Exit: 0 ok, 2 usage, 3 settings, topic or records do not fit, 4 no broker.\n",
    .run = infer_command,
};
