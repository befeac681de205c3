/* service/settings.h: what can be configured: one table row per setting (service/settings.c), read from a
 * file, --set and SET. Names are those of Kafka Streams and ksqlDB; the prefixes "ksql." and "ksql.streams."
 * are accepted before Kafka Streams' names. Client settings (kafka/) are known too; an unknown name is an
 * error with a suggestion. Thread: one. */
#pragma once

#include "base/properties.h"
#include "topology/query.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Settings of the whole process. Texts live as long as the properties they were read from. */
struct tg_process_settings {
    const char *application_id; /* application.id, or NULL */
    const char *service_id;     /* ksql.service.id */
    const char *state_directory;
    uint32_t thread_count;
    uint64_t memory_bytes_max; /* divided by topology/memory_budget.h */
    int connect_timeout_ms;
};

/* Checks one name and value (SET, --set, a line of a file). Errors: CONFIG with "did you mean" or the values
 * that fit. */
enum tg_code tg_settings_check(const char *name, const char *value, struct tg_error *reterr);
/* Checks one name and value of SET: also refuses what only holds for the whole process, and what Kafka
 * clients that are open already would not see. */
enum tg_code tg_settings_check_set(const char *name, const char *value, struct tg_error *reterr);
/* Checks all of them; the error names the origin. */
TG_MUST_CHECK enum tg_code tg_settings_check_all(const struct tg_properties *properties,
                                                 struct tg_error *reterr);

/* Effective values; unset ones have their defaults. The properties must have been checked. */
void tg_settings_process(const struct tg_properties *properties, struct tg_process_settings *ret_settings);
void tg_settings_query(const struct tg_properties *properties, struct tg_query_settings *ret_settings);
/* The part that concerns the Kafka clients: plain client settings into `all`, "consumer." and "producer."
 * ones into theirs. */
void tg_settings_split_client(const struct tg_properties *properties, struct tg_properties *all,
                              struct tg_properties *consumer, struct tg_properties *producer);
/* "<application.id>-", or "_confluent-ksql-<service id>query_" as ksqlDB names its groups. Heap text. */
char *tg_settings_prefix(const struct tg_process_settings *process);
/* Must the value not be shown: passwords, keys, tokens? */
bool tg_settings_is_secret(const char *name);
/* One line per setting with its default and meaning, for `turgo run --help` and the book. */
void tg_settings_write_help(struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
