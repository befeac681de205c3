/* topology/faults.h: records that cannot be processed: which kinds there are, what the query's policy says
 * for each, and what a task remembers while it leaves rows out, writes dead letters or stops in front of a
 * record. The rules are immutable after tg_query_prepare; the rest belongs to the task's worker thread. */
#pragma once

#include "kafka/kafka.h"
#include "plan/faults.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_query;
struct tg_task_input;

enum tg_fault_kind {
    TG_FAULT_DECODE,     /* the bytes are not what the format says */
    TG_FAULT_EXPRESSION, /* an expression failed for the row */
    TG_FAULT_AGGREGATE,  /* an aggregate refused the row: the result would not fit its type */
    TG_FAULT_TIME,       /* no row time, or one that cannot be */
    TG_FAULT_KEY,        /* no key where one is needed */
    TG_FAULT_VALUE,      /* no value where one is needed */
    TG_FAULT_OUTPUT,     /* the row cannot be written: too large, or not in this format */
    TG_FAULT_LATE,       /* the window was closed already */
    TG_FAULT_KINDS
};

/* What holds where the statement says nothing. */
struct tg_fault_settings {
    enum tg_on_error on_error;
    bool fail_on_decode;           /* ksql.fail.on.deserialization.error and Kafka Streams' handlers */
    bool fail_on_time;             /* ksql.timestamp.throw.on.invalid */
    const char *dead_letter_topic; /* NULL: "<application id>-dead-letter" */
};

struct tg_fault_rules {
    enum tg_on_error policies[TG_FAULT_KINDS];
    const char *dead_letter_topic;                           /* NULL: nothing goes there */
    const char *late_records_topic;                          /* NULL: nothing goes there */
    int32_t dead_letter_partitions, late_records_partitions; /* known after tg_query_prepare */
    int64_t dead_letter_bytes_max, late_records_bytes_max;   /* of one record */
};

/* The rules of a query: the statement's words, else the settings', else ksqlDB's. */
void tg_fault_rules_make(struct tg_arena *arena, const char *application_id,
                         const struct tg_plan_faults *statement, const struct tg_fault_settings *settings,
                         struct tg_fault_rules *ret_rules);
/* "decode", "expression", ...: the value of the header of that name. */
const char *tg_fault_kind_name(enum tg_fault_kind kind);

/* Where a query whose policy is `fail` stops. */
struct tg_fault_stop {
    bool set;
    int64_t offset; /* of the record that cannot be processed */
    struct tg_error error;
};

struct tg_task_faults {
    struct tg_producer_topic *dead_letter_target, *late_records_target; /* NULL: none */
    struct tg_task_input *input; /* whose rows are being decoded or processed; NULL: a commit's flush */
    int64_t stop_offset;         /* rows from here on must not be processed; INT64_MAX: all may */
    int64_t effects_offset;      /* the last row of the present run that changed a store or was sent */
    bool marked;                 /* some rows of the present batch have TG_ROW_FAILED */
    const char *letter_topic;    /* of the last dead letter: one record gives one */
    int64_t letter_offset;
    enum tg_fault_kind letter_kind;
    enum tg_code broken; /* a dead letter could not be sent: Kafka's error */
    struct tg_error broken_error;
    struct tg_fault_stop flush_stop;
    bool in_front; /* the query stops, and all that comes before the record is processed */
};

#ifdef __cplusplus
}
#endif
