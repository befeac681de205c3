/* sql/with.h: the properties in WITH (...): which there are, where they may stand, and what they say. A
 * property is one row of the table in with.c. Thread: its owner's. */
#pragma once

#include "sql/analyzer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_with_id {
    TG_WITH_KAFKA_TOPIC,
    TG_WITH_PARTITIONS,
    TG_WITH_REPLICAS,
    TG_WITH_RETENTION_MS,
    TG_WITH_CLEANUP_POLICY,
    TG_WITH_FORMAT,
    TG_WITH_KEY_FORMAT,
    TG_WITH_VALUE_FORMAT,
    TG_WITH_KEY_DELIMITER,
    TG_WITH_VALUE_DELIMITER,
    TG_WITH_WRAP_SINGLE_VALUE,
    TG_WITH_TIMESTAMP,
    TG_WITH_TIMESTAMP_FORMAT,
    TG_WITH_WINDOW_TYPE,
    TG_WITH_WINDOW_SIZE,
    TG_WITH_HISTORY_RETENTION,
    TG_WITH_QUERY_ID,
    TG_WITH_ON_ERROR,
    TG_WITH_DEAD_LETTER_TOPIC,
    TG_WITH_LATE_RECORDS_TOPIC,
    TG_WITH_KEY_SCHEMA_ID,
    TG_WITH_VALUE_SCHEMA_ID,
    TG_WITH_KEY_SCHEMA_FULL_NAME,
    TG_WITH_VALUE_SCHEMA_FULL_NAME,
    TG_WITH_VALUE_AVRO_SCHEMA_FULL_NAME,
    TG_WITH_KEY_PROTOBUF_NULLABLE,
    TG_WITH_VALUE_PROTOBUF_NULLABLE,
    TG_WITH_SOURCED_BY_CONNECTOR,
    TG_WITH_SOURCE_CONNECTOR,
    TG_WITH_COUNT
};

enum tg_with_statement { TG_WITH_CREATE = 1, TG_WITH_CREATE_AS = 2, TG_WITH_INSERT = 4 };

struct tg_with {
    const struct tg_ast_property *given[TG_WITH_COUNT]; /* NULL: not given */
    struct tg_place place; /* of the clause, or of the statement's name without one */
};

/* Which properties are given. Errors: ANALYSIS for unknown ones (with "did you mean"), for those that this
 * statement cannot have, and for two of one name. */
TG_MUST_CHECK enum tg_code tg_with_read(const struct tg_ast_properties *clause,
                                        enum tg_with_statement statement, struct tg_with *ret_with,
                                        struct tg_error *reterr);
struct tg_place tg_with_place(const struct tg_with *with, enum tg_with_id id);
const char *tg_with_name(enum tg_with_id id);

/* The value of a property that is given. Errors: TYPE. */
TG_MUST_CHECK enum tg_code tg_with_text(const struct tg_with *with, enum tg_with_id id,
                                        struct tg_slice *ret_text, struct tg_error *reterr);
struct tg_with_bounds {
    int64_t least, most;
};
TG_MUST_CHECK enum tg_code tg_with_integer(const struct tg_with *with, enum tg_with_id id,
                                           struct tg_with_bounds bounds, int64_t *ret_value,
                                           struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_with_boolean(const struct tg_with *with, enum tg_with_id id, bool *ret_value,
                                           struct tg_error *reterr);
/* A text such as '30 SECONDS', in milliseconds. */
TG_MUST_CHECK enum tg_code tg_with_duration(const struct tg_with *with, enum tg_with_id id, int64_t *ret_ms,
                                            struct tg_error *reterr);
/* A column's name: upper case unless it stands in backquotes or double quotes. */
TG_MUST_CHECK enum tg_code tg_with_column(struct tg_analyzer *analyzer, const struct tg_with *with,
                                          enum tg_with_id id, const char **ret_name, struct tg_error *reterr);

/* QUERY_ID; NULL if it is not given. */
TG_MUST_CHECK enum tg_code tg_with_query_id(struct tg_analyzer *analyzer, const struct tg_with *with,
                                            const char **ret_id, struct tg_error *reterr);

/* ---- what CREATE and CREATE AS share ---- */

/* Topic, partitions, replicas, retention. */
TG_MUST_CHECK enum tg_code tg_with_topic(struct tg_analyzer *analyzer, const struct tg_with *with,
                                         const char *default_name, struct tg_plan_topic *ret_topic,
                                         struct tg_error *reterr);
/* What stands in for properties that are not given. */
struct tg_with_formats {
    const struct tg_plan_format *key; /* of the source of a query; NULL: the settings decide */
    const struct tg_plan_format *value;
    bool without_key; /* PARTITION BY NULL: the key format becomes NONE */
};
/* Formats, delimiters and wrapping of the definition's columns (schema must be set), with all checks. */
TG_MUST_CHECK enum tg_code tg_with_formats(struct tg_analyzer *analyzer, const struct tg_with *with,
                                           const struct tg_with_formats *defaults,
                                           struct tg_source_definition *definition, struct tg_error *reterr);
bool tg_type_holds_map(const struct tg_type *type); /* no key may */
/* What the properties say of one half's format before its columns are known: name, full name, schema id. Of
 * CREATE; errors as tg_with_formats. */
TG_MUST_CHECK enum tg_code tg_with_schema_format(struct tg_analyzer *analyzer, const struct tg_with *with,
                                                 bool is_key, struct tg_plan_format *ret_format,
                                                 struct tg_error *reterr);

/* ---- analyze_schemas.c ---- */

/* Adds the columns that a schema registry has to those that CREATE declares. */
TG_MUST_CHECK enum tg_code tg_analyze_inferred(struct tg_analyzer *analyzer, const struct tg_with *with,
                                               struct tg_source_definition *definition,
                                               struct tg_error *reterr);
/* Do a query's columns fit the schemas that its statement names by id? */
TG_MUST_CHECK enum tg_code tg_analyze_sink_schemas(struct tg_analyzer *analyzer, const struct tg_with *with,
                                                   const struct tg_source_definition *definition,
                                                   struct tg_error *reterr);
/* Makes the schemas of the definition's columns known (tg_session_schemas.declare). */
TG_MUST_CHECK enum tg_code tg_analyze_declare_schemas(struct tg_analyzer *analyzer,
                                                      const struct tg_source_definition *definition,
                                                      struct tg_place place, struct tg_error *reterr);

/* TIMESTAMP and TIMESTAMP_FORMAT over the definition's schema. */
TG_MUST_CHECK enum tg_code tg_with_timestamp(struct tg_analyzer *analyzer, const struct tg_with *with,
                                             struct tg_source_definition *definition,
                                             struct tg_error *reterr);

/* HISTORY_RETENTION of a table. */
TG_MUST_CHECK enum tg_code tg_with_history(const struct tg_with *with,
                                           struct tg_source_definition *definition, struct tg_error *reterr);

/* ON_ERROR, DEAD_LETTER_TOPIC and LATE_RECORDS_TOPIC of a query; `window`: its own, for late records. */
TG_MUST_CHECK enum tg_code tg_with_faults(struct tg_analyzer *analyzer,
                                          const struct tg_ast_properties *clause,
                                          enum tg_with_statement statement, const struct tg_window *window,
                                          struct tg_plan_faults *ret_faults, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
