#include "service/settings.h"

#include "base/memory.h"
#include "base/text.h"
#include "kafka/kafka.h"

#include <string.h>
#include <strings.h>

enum kind { KIND_TEXT, KIND_NUMBER, KIND_BOOLEAN, KIND_CHOICE, KIND_HANDLER };

struct setting {
    const char *name;
    enum kind kind;
    const char *initial; /* NULL: unset */
    int64_t least, most; /* KIND_NUMBER */
    const char *choices; /* KIND_CHOICE: separated by '|' */
    const char *meaning;
};

#define MINUTES_MS (60 * 1000)
#define DAY_MS (24LL * 60 * MINUTES_MS)

static const struct setting settings[] = {
    {"application.id", KIND_TEXT, NULL, 0, 0, NULL,
     "prefix of consumer groups, internal topics and transactional ids"},
    {"ksql.service.id", KIND_TEXT, "default_", 0, 0, NULL,
     "the same in ksqlDB's form; used when application.id is not set"},
    {"state.dir", KIND_TEXT, "turgo-state", 0, 0, NULL,
     "directory of local state; one sub-directory per application"},
    {"processing.guarantee", KIND_CHOICE, "exactly_once_v2", 0, 0, "exactly_once_v2|at_least_once",
     "what a crash may do to results: nothing, or repeat some"},
    {"commit.interval.ms", KIND_NUMBER, "100", 1, 10 * MINUTES_MS, NULL, "how often a query commits"},
    {"num.stream.threads", KIND_NUMBER, "1", 1, 256, NULL, "worker threads of this process"},
    {"auto.offset.reset", KIND_CHOICE, "latest", 0, 0, "earliest|latest|none",
     "where a query begins that has committed nothing yet"},
    {"cache.max.bytes.buffering", KIND_NUMBER, "10000000", 0, INT64_MAX, NULL,
     "0: each change of an aggregate is written; else the last one per key and commit. If given: bound of a "
     "store's table"},
    {"statestore.cache.max.bytes", KIND_NUMBER, NULL, 0, INT64_MAX, NULL,
     "the newer name of cache.max.bytes.buffering"},
    {"max.task.idle.ms", KIND_NUMBER, "0", -1, DAY_MS, NULL,
     "how long a task with several inputs waits for one that has nothing; -1: for none"},
    {"repartition.purge.interval.ms", KIND_NUMBER, "30000", 0, DAY_MS, NULL,
     "how often records of repartition topics that were consumed are deleted"},
    {"replication.factor", KIND_NUMBER, "-1", -1, 64, NULL, "of internal topics; -1: the broker's default"},
    {"transaction.timeout.ms", KIND_NUMBER, "10000", 1000, 15 * MINUTES_MS, NULL,
     "how long a dead process blocks its partitions' committed offsets"},
    {"turgo.request.timeout.ms", KIND_NUMBER, "3000", 100, 5 * MINUTES_MS, NULL,
     "one Kafka call of a commit; then its outcome is resolved"},
    {"turgo.connect.timeout.ms", KIND_NUMBER, "60000", 0, DAY_MS, NULL,
     "how long to wait for a broker at the start"},
    {"turgo.record.future.max.ms", KIND_NUMBER, "3600000", -1, INT64_MAX, NULL,
     "records whose row time is further ahead of the clock are skipped; -1: no bound"},
    {"turgo.stalled.warn.ms", KIND_NUMBER, "30000", 0, DAY_MS, NULL,
     "a warning when an open transaction holds a source partition back so long; 0: none"},
    {"turgo.on.error", KIND_CHOICE, NULL, 0, 0, "skip|null|dead-letter|fail",
     "records that cannot be processed, where a statement has no ON_ERROR; unset: as ksqlDB"},
    {"errors.dead.letter.queue.topic.name", KIND_TEXT, NULL, 0, 0, NULL,
     "topic for dead letters; none: one per query, <application id>-dead-letter"},
    {"ksql.fail.on.deserialization.error", KIND_BOOLEAN, "false", 0, 0, NULL,
     "a record that cannot be decoded stops its query"},
    {"deserialization.exception.handler", KIND_HANDLER, NULL, 0, 0, NULL,
     "the same by Kafka Streams' class names (LogAndFail..., LogAndContinue...)"},
    {"default.deserialization.exception.handler", KIND_HANDLER, NULL, 0, 0, NULL,
     "the older name of deserialization.exception.handler"},
    {"ksql.timestamp.throw.on.invalid", KIND_BOOLEAN, "false", 0, 0, NULL,
     "a record whose TIMESTAMP column gives no time stops its query"},
    {"memory.max.bytes", KIND_NUMBER, "268435456", 16 << 20, INT64_MAX, NULL,
     "memory of this process for queues, state tables and RocksDB together"},
    {"ksql.persistence.default.format.key", KIND_TEXT, "KAFKA", 0, 0, NULL,
     "key format where a statement names none"},
    {"ksql.persistence.default.format.value", KIND_TEXT, NULL, 0, 0, NULL,
     "value format where a statement names none"},
    {"ksql.persistence.wrap.single.values", KIND_BOOLEAN, NULL, 0, 0, NULL,
     "whether single values are written as an object"},
    {"ksql.create.or.replace.enabled", KIND_BOOLEAN, "true", 0, 0, NULL,
     "whether CREATE OR REPLACE may replace a stream, table or query"},
    {"ksql.extension.dir", KIND_TEXT, NULL, 0, 0, NULL,
     "directory of shared objects with functions of your own; not set: none are loaded"},
    {"ksql.functions.collect_list.limit", KIND_NUMBER, NULL, 1, INT32_MAX, NULL,
     "values that COLLECT_LIST keeps"},
    {"ksql.functions.collect_set.limit", KIND_NUMBER, NULL, 1, INT32_MAX, NULL,
     "values that COLLECT_SET keeps"},
    {"schema.registry.url", KIND_TEXT, NULL, 0, 0, NULL,
     "where the schema registry is; several URLs with commas: the next one is asked when one is away"},
    {"basic.auth.user.info", KIND_TEXT, NULL, 0, 0, NULL, "user:password for the schema registry"},
    {"schema.registry.basic.auth.user.info", KIND_TEXT, NULL, 0, 0, NULL, "the same"},
    {"bearer.auth.token", KIND_TEXT, NULL, 0, 0, NULL, "token for the schema registry"},
    {"schema.registry.bearer.auth.token", KIND_TEXT, NULL, 0, 0, NULL, "the same"},
    {"schema.registry.ssl.ca.location", KIND_TEXT, NULL, 0, 0, NULL,
     "PEM file of who may sign the schema registry's certificate; not set: the system's"},
    {"schema.registry.ssl.certificate.location", KIND_TEXT, NULL, 0, 0, NULL,
     "PEM file of our own certificate for the schema registry"},
    {"schema.registry.ssl.key.location", KIND_TEXT, NULL, 0, 0, NULL, "PEM file of its key"},
    {"schema.registry.ssl.key.password", KIND_TEXT, NULL, 0, 0, NULL, "password of that file"},
    {"schema.registry.ssl.verify.hostname", KIND_BOOLEAN, "true", 0, 0, NULL,
     "whether the schema registry's certificate must name its host"},
    {"schema.registry.request.timeout.ms", KIND_NUMBER, "10000", 1, 60 * MINUTES_MS, NULL,
     "of one request to the schema registry"},
    {"schema.registry.retry.timeout.ms", KIND_NUMBER, "30000", 1, 60 * MINUTES_MS, NULL,
     "how long a statement asks a schema registry that is away; records wait without end"},
    {"auto.register.schemas", KIND_BOOLEAN, "true", 0, 0, NULL,
     "whether schemas of query results are registered; false: they must be there"},
    {"use.latest.version", KIND_BOOLEAN, "false", 0, 0, NULL,
     "whether the latest schema of a subject is written by instead of the one that the columns make"},
    {"normalize.schemas", KIND_BOOLEAN, "false", 0, 0, NULL,
     "whether the schema registry is asked to normalize schemas"},
    {"ksql.output.topic.name.prefix", KIND_TEXT, "", 0, 0, NULL, "before the topic names of query results"},
};
enum { SETTING_COUNT = sizeof settings / sizeof *settings };

static const char *const accepted_prefixes[] = {"ksql.streams.", "ksql.", "streams.", NULL};
static const char *const client_prefixes[] = {"consumer.", "producer.", "admin.", NULL};

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(settings[i].name, name) == 0)
            return &settings[i];
    for (const char *const *prefix = accepted_prefixes; *prefix != NULL; prefix++) {
        size_t length = strlen(*prefix);
        if (strncmp(name, *prefix, length) != 0)
            continue;
        for (size_t i = 0; i < SETTING_COUNT; i++)
            if (strcmp(settings[i].name, name + length) == 0)
                return &settings[i];
    }
    return NULL;
}

/* The client setting inside a name with one of our prefixes, or NULL. */
static const char *client_name(const char *name, const char **ret_part)
{
    *ret_part = "";
    for (const char *const *prefix = accepted_prefixes; *prefix != NULL; prefix++)
        if (strncmp(name, *prefix, strlen(*prefix)) == 0) {
            name += strlen(*prefix);
            break;
        }
    for (const char *const *prefix = client_prefixes; *prefix != NULL; prefix++)
        if (strncmp(name, *prefix, strlen(*prefix)) == 0) {
            *ret_part = *prefix;
            name += strlen(*prefix);
            break;
        }
    return tg_client_property_known(name) ? name : NULL;
}

static const char *known_name(const void *context, size_t index)
{
    (void)context;
    return index < SETTING_COUNT ? settings[index].name : tg_client_property_at(index - SETTING_COUNT);
}

static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices; at != NULL; at = strchr(at, '|') == NULL ? NULL : strchr(at, '|') + 1)
        if (strncasecmp(at, value, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return true;
    return false;
}

/* Of the classes that Kafka Streams has, with or without their package. */
#define LOG_AND_FAIL "LogAndFailExceptionHandler"
#define LOG_AND_CONTINUE "LogAndContinueExceptionHandler"

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static enum tg_code check_value(const struct setting *setting, const char *value, struct tg_error *reterr)
{
    int64_t number = 0;
    switch (setting->kind) {
    case KIND_TEXT:
        return TG_OK;
    case KIND_NUMBER:
        if (tg_parse_int64(tg_slice_text(value), setting->least, setting->most, &number))
            return TG_OK;
        return tg_fail(reterr, TG_CODE_CONFIG, "%s must be a number from %lld to %lld, not '%s'",
                       setting->name, (long long)setting->least, (long long)setting->most, value);
    case KIND_BOOLEAN:
        if (strcasecmp(value, "true") == 0 || strcasecmp(value, "false") == 0)
            return TG_OK;
        return tg_fail(reterr, TG_CODE_CONFIG, "%s must be true or false, not '%s'", setting->name, value);
    case KIND_HANDLER:
        if (ends_with(value, LOG_AND_FAIL) || ends_with(value, LOG_AND_CONTINUE))
            return TG_OK;
        return tg_fail(reterr, TG_CODE_CONFIG, "%s must be %s or %s, not '%s'", setting->name, LOG_AND_FAIL,
                       LOG_AND_CONTINUE, value);
    case KIND_CHOICE:
        if (is_choice(setting->choices, value))
            return TG_OK;
        return tg_fail(reterr, TG_CODE_CONFIG, "%s must be one of %s, not '%s'", setting->name,
                       setting->choices, value);
    }
    return TG_OK;
}

enum tg_code tg_settings_check(const char *name, const char *value, struct tg_error *reterr)
{
    const struct setting *setting = find(name);
    const char *part = NULL;
    if (setting != NULL)
        return check_value(setting, value, reterr);
    if (client_name(name, &part) != NULL)
        return TG_OK;
    tg_fail(reterr, TG_CODE_CONFIG, "unknown setting '%s'", name);
    const char *closest = tg_closest(name, known_name, NULL);
    return closest == NULL ? TG_CODE_CONFIG : tg_fail_hint(reterr, "did you mean %s?", closest);
}

/* Read once, when the process starts. */
static bool is_of_process(const struct setting *setting)
{
    static const char *const names[] = {"application.id",     "ksql.service.id",          "state.dir",
                                        "num.stream.threads", "turgo.connect.timeout.ms", "memory.max.bytes",
                                        "ksql.extension.dir"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(setting->name, names[i]) == 0)
            return true;
    return false;
}

enum tg_code tg_settings_check_set(const char *name, const char *value, struct tg_error *reterr)
{
    const struct setting *setting = find(name);
    const char *part = NULL;
    TG_TRY(tg_settings_check(name, value, reterr));
    if (setting != NULL && is_of_process(setting)) {
        tg_fail(reterr, TG_CODE_CONFIG, "'%s' holds for the whole process: a statement cannot change it",
                setting->name);
        return tg_fail_hint(reterr,
                            "give it at the start: turgo run JOB.sql --set %s=%s, or in the --config file",
                            setting->name, value);
    }
    const char *client = setting == NULL ? client_name(name, &part) : NULL;
    if (client == NULL || part[0] != '\0')
        return TG_OK;
    tg_fail(reterr, TG_CODE_CONFIG, "'%s' is a setting of all Kafka clients, some of which are open already",
            client);
    return tg_fail_hint(reterr,
                        "for the queries behind the statement: SET 'consumer.%s' or 'producer.%s'; for "
                        "all clients give it at the start, with --set or in the --config file",
                        client, client);
}

enum tg_code tg_settings_check_all(const struct tg_properties *properties, struct tg_error *reterr)
{
    for (size_t i = 0; i < tg_properties_count(properties); i++) {
        enum tg_code code =
            tg_settings_check(tg_properties_key(properties, i), tg_properties_value(properties, i), reterr);
        if (code != TG_OK)
            return tg_fail_context(reterr, "%s", tg_properties_origin(properties, i));
    }
    return TG_OK;
}

/* The value in force: the last one given under any accepted spelling, else the default. */
static const char *value_of(const struct tg_properties *properties, const char *name)
{
    const struct setting *wanted = find(name);
    for (size_t i = tg_properties_count(properties); i-- > 0;)
        if (find(tg_properties_key(properties, i)) == wanted)
            return tg_properties_value(properties, i);
    return wanted->initial;
}

static bool is_given(const struct tg_properties *properties, const char *name)
{
    const struct setting *wanted = find(name);
    for (size_t i = 0; i < tg_properties_count(properties); i++)
        if (find(tg_properties_key(properties, i)) == wanted)
            return true;
    return false;
}

static int64_t number_of(const struct tg_properties *properties, const char *name)
{
    int64_t number = 0;
    const char *text = value_of(properties, name);
    if (text != NULL && !tg_parse_int64(tg_slice_text(text), INT64_MIN, INT64_MAX, &number))
        tg_panic(__FILE__, __LINE__, "setting %s was not checked", name);
    return number;
}

void tg_settings_process(const struct tg_properties *properties, struct tg_process_settings *ret_settings)
{
    *ret_settings = (struct tg_process_settings){
        .application_id = value_of(properties, "application.id"),
        .service_id = value_of(properties, "ksql.service.id"),
        .state_directory = value_of(properties, "state.dir"),
        .thread_count = (uint32_t)number_of(properties, "num.stream.threads"),
        .memory_bytes_max = (uint64_t)number_of(properties, "memory.max.bytes"),
        .connect_timeout_ms = (int)number_of(properties, "turgo.connect.timeout.ms"),
    };
}

static bool is_true(const struct tg_properties *properties, const char *name)
{
    return strcasecmp(value_of(properties, name), "true") == 0;
}

static struct tg_fault_settings fault_settings(const struct tg_properties *properties)
{
    const char *newer = value_of(properties, "deserialization.exception.handler");
    const char *handler =
        newer != NULL ? newer : value_of(properties, "default.deserialization.exception.handler");
    const char *on_error = value_of(properties, "turgo.on.error");
    struct tg_fault_settings faults = {
        .fail_on_decode = is_true(properties, "ksql.fail.on.deserialization.error") ||
                          (handler != NULL && ends_with(handler, LOG_AND_FAIL)),
        .fail_on_time = is_true(properties, "ksql.timestamp.throw.on.invalid"),
        .dead_letter_topic = value_of(properties, "errors.dead.letter.queue.topic.name"),
    };
    if (on_error != NULL)
        (void)tg_on_error_find(tg_slice_text(on_error), &faults.on_error);
    else if (faults.dead_letter_topic != NULL)
        faults.on_error = TG_ON_ERROR_DEAD_LETTER;
    return faults;
}

void tg_settings_query(const struct tg_properties *properties, struct tg_query_settings *ret_settings)
{
    const char *reset = value_of(properties, "auto.offset.reset");
    bool newer = value_of(properties, "statestore.cache.max.bytes") != NULL;
    int64_t cache = number_of(properties, newer ? "statestore.cache.max.bytes" : "cache.max.bytes.buffering");
    *ret_settings = (struct tg_query_settings){
        .exactly_once = strcasecmp(value_of(properties, "processing.guarantee"), "exactly_once_v2") == 0,
        .emit_per_record = cache == 0,
        .commit_interval_ms = number_of(properties, "commit.interval.ms"),
        .cache_bytes =
            is_given(properties, newer ? "statestore.cache.max.bytes" : "cache.max.bytes.buffering")
                ? (uint64_t)cache
                : 0,
        .offset_reset = strcasecmp(reset, "earliest") == 0 ? TG_RESET_EARLIEST
                        : strcasecmp(reset, "latest") == 0 ? TG_RESET_LATEST
                                                           : TG_RESET_ERROR,
        .future_ms_max = number_of(properties, "turgo.record.future.max.ms"),
        .transaction_timeout_ms = (int)number_of(properties, "transaction.timeout.ms"),
        .request_timeout_ms = (int)number_of(properties, "turgo.request.timeout.ms"),
        .internal_replication = (int32_t)number_of(properties, "replication.factor"),
        .purge_interval_ms = number_of(properties, "repartition.purge.interval.ms"),
        .task_idle_ms = number_of(properties, "max.task.idle.ms"),
        .stalled_warn_ms = number_of(properties, "turgo.stalled.warn.ms"),
        .faults = fault_settings(properties),
    };
}

void tg_settings_split_client(const struct tg_properties *properties, struct tg_properties *all,
                              struct tg_properties *consumer, struct tg_properties *producer)
{
    for (size_t i = 0; i < tg_properties_count(properties); i++) {
        const char *key = tg_properties_key(properties, i);
        const char *part = NULL;
        if (find(key) != NULL)
            continue; /* ours: the clients get it from the query's settings */
        const char *name = client_name(key, &part);
        struct tg_properties *target = strcmp(part, "consumer.") == 0   ? consumer
                                       : strcmp(part, "producer.") == 0 ? producer
                                                                        : all;
        if (name != NULL)
            tg_properties_set(target, name, tg_properties_value(properties, i),
                              tg_properties_origin(properties, i));
    }
}

char *tg_settings_prefix(const struct tg_process_settings *process)
{
    if (process->application_id != NULL)
        return tg_format("%s-", process->application_id);
    return tg_format("_confluent-ksql-%squery_", process->service_id);
}

void tg_settings_write_help(struct tg_buffer *out)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        tg_buffer_printf(out, "  %-38s %s (default: %s)\n", settings[i].name, settings[i].meaning,
                         settings[i].initial == NULL ? "none" : settings[i].initial);
}

bool tg_settings_is_secret(const char *name)
{
    static const char *const words[] = {"password", "secret",      "jaas",     "ssl.key",
                                        "token",    "credentials", "user.info"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(name, words[i]) != NULL)
            return true;
    return false;
}
