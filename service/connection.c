#include "service/connection.h"

#include "base/memory.h"
#include "service/run_loop.h"
#include "service/settings.h"

#include <string.h>

enum { PROBE_MS = 3000, WAIT_MS = 1000 };

enum tg_code tg_connection_set_config(struct tg_properties *properties, const char *path,
                                      struct tg_error *reterr)
{
    return tg_properties_load(properties, path, reterr);
}

enum tg_code tg_connection_set_setting(struct tg_properties *properties, const char *text,
                                       struct tg_error *reterr)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return tg_fail(reterr, TG_CODE_USAGE, "--set needs name=value, not '%s'", text);
    char *name = tg_format("%.*s", (int)(equals - text), text);
    tg_properties_set(properties, name, equals + 1, "--set");
    tg_free(name);
    return TG_OK;
}

enum tg_code tg_connection_set_log_level(const char *text, enum tg_log_level *ret_level,
                                         struct tg_error *reterr)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret_level = (enum tg_log_level)i;
            return TG_OK;
        }
    return tg_fail(reterr, TG_CODE_USAGE, "--log-level must be debug, info, warn or error, not '%s'", text);
}

enum tg_code tg_connection_set_log_form(const char *text, enum tg_log_form *ret_form, struct tg_error *reterr)
{
    if (strcmp(text, "logfmt") != 0 && strcmp(text, "json") != 0)
        return tg_fail(reterr, TG_CODE_USAGE, "--log-format must be logfmt or json, not '%s'", text);
    *ret_form = strcmp(text, "json") == 0 ? TG_LOG_JSON : TG_LOG_LOGFMT;
    return TG_OK;
}

static enum tg_code connect(const struct tg_properties *properties, struct tg_cluster *cluster,
                            struct tg_error *reterr)
{
    struct tg_process_settings process;
    tg_settings_process(properties, &process);
    const char *servers = tg_properties_get(properties, "bootstrap.servers");
    int64_t end = tg_clock_monotonic_us(tg_clock_real()) + (int64_t)process.connect_timeout_ms * 1000;
    for (;;) {
        int64_t left_ms = (end - tg_clock_monotonic_us(tg_clock_real())) / 1000;
        int timeout_ms = left_ms >= PROBE_MS ? PROBE_MS : left_ms > WAIT_MS ? (int)left_ms : WAIT_MS;
        enum tg_code code = tg_cluster_probe(cluster, timeout_ms, reterr);
        if (code == TG_OK || (code != TG_CODE_KAFKA_UNREACHABLE && code != TG_CODE_KAFKA_TIMED_OUT))
            return code;
        if (tg_clock_monotonic_us(tg_clock_real()) >= end) {
            tg_fail(reterr, TG_CODE_KAFKA_UNREACHABLE, "no Kafka broker answered at %s within %d ms",
                    servers == NULL ? "localhost:9092" : servers, process.connect_timeout_ms);
            return tg_fail_hint(reterr, "start the broker, or set bootstrap.servers with --config or --set");
        }
        tg_log_error(TG_LOG_WARN, "no Kafka broker yet, trying again", reterr,
                     TG_LOG_FIELDS(TG_LOG_TEXT("bootstrap.servers", servers == NULL ? "" : servers)));
        if (tg_run_loop_wait(NULL, WAIT_MS) > 0 && *tg_run_loop_stop())
            return tg_fail(reterr, TG_CODE_SHUTDOWN, "stopped before a broker answered");
    }
}

enum tg_code tg_connection_open(const struct tg_properties *properties, struct tg_cluster **ret_cluster,
                                struct tg_error *reterr)
{
    struct tg_properties *client = tg_properties_new();
    struct tg_properties *ignored = tg_properties_new();
    tg_settings_split_client(properties, client, ignored, ignored);
    *ret_cluster = NULL;
    enum tg_code code = tg_cluster_open_real(client, ret_cluster, reterr);
    if (code == TG_OK)
        code = connect(properties, *ret_cluster, reterr);
    tg_properties_free(client);
    tg_properties_free(ignored);
    return code;
}
