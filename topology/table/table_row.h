/* topology/table/table_row.h: the rows of a Materialize node's store: the source record's value, and, if
 * offset or headers are asked for, in front of it: offset u64 | number of headers u32 | per header u32 length
 * | name | u32 length, or UINT32_MAX for none | value. Read many at once into columns. Thread: the task's
 * worker. */
#pragma once

#include "topology/operator.h"
#include "topology/rows/record_codec.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_table_row_reader {
    const struct tg_plan_node *node; /* Materialize */
    const char *name;                /* for errors: the store or the topic that holds the rows */
    int32_t partition;
    bool keeps_marks;
    struct tg_record_half values;
    struct tg_decoder *decoder;    /* NULL: no value columns */
    struct tg_registry *registry;  /* of the ids in rows, NULL: they have none */
    struct tg_column **targets;    /* of the decoder */
    struct tg_batch_memory memory; /* what was read last: all columns but keys and window bounds */
    struct tg_slice *records;      /* without marks */
    int64_t *offsets;
    struct tg_header_list *headers;
    struct tg_decode_error *errors;
    uint8_t *nulls;
    uint32_t capacity;
};

struct tg_table_row_options {
    struct tg_task *task;
    const struct tg_plan_node *node; /* Materialize */
    const char *name;
    const bool *needed; /* per column of its schema */
};

/* The value of a row as the store keeps it; `out` is used where it is not the record's own bytes. `registry`:
 * of the query, NULL: records have no schema ids. */
struct tg_slice tg_table_row_value(const struct tg_plan_node *materialize, const struct tg_registry *registry,
                                   const struct tg_rows *rows, uint32_t row, struct tg_buffer *out);

TG_MUST_CHECK enum tg_code tg_table_row_reader_open(const struct tg_table_row_options *options,
                                                    struct tg_table_row_reader *reader,
                                                    struct tg_error *reterr);
/* Reads `count` values into rows 0..count-1 of reader->memory.batch; data NULL: the row does not exist, all
 * of it is NULL. The columns borrow from the values. Errors: CORRUPT; REGISTRY_UNREACHABLE, retriable: a
 * schema that they need is not known yet. */
struct tg_table_row_values {
    const struct tg_slice *values;
    const int64_t *times_ms;
    uint32_t count;
    struct tg_arena *arena;
};
TG_MUST_CHECK enum tg_code tg_table_row_read(struct tg_table_row_reader *reader,
                                             const struct tg_table_row_values *given,
                                             struct tg_error *reterr);
void tg_table_row_reader_done(struct tg_table_row_reader *reader);

#ifdef __cplusplus
}
#endif
