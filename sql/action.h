/* sql/action.h: what a checked statement asks for: the definitions, plans and values that whoever runs
 * statements (service/) works with. Ownership: all of it lives in the session that made it (sql/session.h).
 * Thread: any, never changed. */
#pragma once

#include "base/properties.h"
#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A stream or table that was declared (CREATE STREAM/TABLE) or made by a query. */
struct tg_source_definition {
    const char *name;
    bool is_table;
    bool is_query_sink;
    bool read_only; /* CREATE SOURCE ... */
    const char *topic;
    const struct tg_schema *schema; /* keys, values, header columns; no pseudo columns */
    struct tg_plan_format key_format;
    struct tg_plan_format value_format;
    int32_t timestamp_column; /* -1: none */
    const char *timestamp_format;
    enum tg_window_kind window_kind;
    int64_t window_size_ms;
    int64_t history_ms; /* of a table: how long versions that were replaced are kept for joins; 0: not */
    struct tg_plan_topic topic_spec; /* partition_count 0: the topic must exist */
    const char *statement;           /* the text that made it */
};

/* A persistent query that the statements so far have started. */
struct tg_query_definition {
    const struct tg_plan *plan; /* with id and statement */
    const struct tg_source_definition *sink;
    bool is_insert; /* INSERT INTO ... SELECT: the sink was there before */
    const struct tg_properties *properties;
};

enum tg_action_kind {
    TG_ACTION_NOTHING,         /* the session has done all there is to do */
    TG_ACTION_DECLARE,         /* the topic must exist, or is created if PARTITIONS is given */
    TG_ACTION_QUERY,           /* a persistent query; `replaces` if one of that id runs and gives way to it */
    TG_ACTION_INSERT_VALUES,   /* one record */
    TG_ACTION_DROP,            /* `queries` end; `delete_topic`: the definition's topic goes */
    TG_ACTION_TERMINATE,       /* `queries` end for good */
    TG_ACTION_PAUSE,           /* `queries` stop reading, keep their place */
    TG_ACTION_RESUME,          /* `queries` read on */
    TG_ACTION_REPORT,          /* `report` is to be shown */
    TG_ACTION_SHOW_TOPICS,     /* the cluster's topics are to be shown */
    TG_ACTION_SHOW_QUERIES,    /* `queries` with their states are to be shown */
    TG_ACTION_SHOW_PROPERTIES, /* all settings in force are to be shown */
    TG_ACTION_PRINT,           /* records of a topic are to be shown */
    TG_ACTION_ASSERT_TOPIC,    /* fails unless a topic is as `assert_topic` says */
    TG_ACTION_ASSERT_SCHEMA,   /* fails unless a schema is there as `assert_schema` says */
    TG_ACTION_ASSERT_RECORD,   /* test scripts: the next record of a source is as `insert` says */
    TG_ACTION_RUN_SCRIPT,      /* test scripts: statements of the file `path` */
};

/* One record, to be written or to be compared with. */
struct tg_insert_values {
    const struct tg_source_definition *target;
    const struct tg_expr *const *values; /* per column of the target's schema; a NULL literal where not given;
                                            coerced; no column references */
    const bool *given;                   /* per column: stands in the statement */
    const struct tg_expr *rowtime;       /* BIGINT; NULL: now */
    bool is_tombstone;                   /* ASSERT NULL VALUES: the record's value is null */
};

/* Text to show: a table, or lines as they are, or both. */
struct tg_report {
    const char *title;          /* NULL: none */
    uint32_t column_count;      /* 0: no table */
    const char *const *columns; /* headings */
    uint32_t row_count;
    const char *const *cells; /* row_count * column_count */
    const char *text;         /* behind the table, with its line ends; NULL: none */
};

struct tg_print_topic {
    const char *topic;
    bool from_beginning;
    int64_t interval; /* show every n-th record; 1: all */
    int64_t limit;    /* records to show; -1: no end */
};

struct tg_assert_topic {
    const char *topic;
    bool not_exists;
    int32_t partition_count;    /* 0: any */
    int32_t replication_factor; /* 0: any */
    int64_t timeout_ms;
};

/* Of a schema registry: the latest one of a subject, one by its id, or one that is both. */
struct tg_assert_schema {
    const char *subject; /* NULL: of any */
    int32_t id;          /* 0: any */
    bool not_exists;
    int64_t timeout_ms;
};

struct tg_action {
    enum tg_action_kind kind;
    struct tg_place place;                         /* of the statement */
    const char *statement;                         /* its text */
    const struct tg_source_definition *definition; /* DECLARE, DROP: what; QUERY: the sink */
    const struct tg_plan *plan;                    /* QUERY */
    bool replaces;                                 /* QUERY */
    bool delete_topic;                             /* DROP */
    const struct tg_insert_values *insert;
    uint32_t query_count;
    const struct tg_query_definition *queries; /* as they are when the statement is executed */
    const struct tg_report *report;
    bool all_topics; /* SHOW_TOPICS: internal ones too */
    const struct tg_print_topic *print;
    const struct tg_assert_topic *assert_topic;
    const struct tg_assert_schema *assert_schema;
    const char *path;
    const struct tg_properties
        *properties; /* settings in force (SET, UNSET) at this statement, over those given to the session */
};

#ifdef __cplusplus
}
#endif
