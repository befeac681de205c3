/* data/batch.h: rows of one source partition on their way through a task, in columns.
 * A batch is a view: columns and row marks (times, offsets, flags) may be shared with the batch it was made
 * from. Rows are in offset order. With a selection only the rows named there (ascending) exist for the next
 * operator. Thread: the task's worker thread. Lifetime: until the task resets the batch arena. */
#pragma once

#include "base/header.h"
#include "data/column.h"
#include "data/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_BATCH_ROWS_MAX = 1024 };

enum tg_row_flag {
    TG_ROW_KEY_NULL = 1,   /* the record had no key */
    TG_ROW_VALUE_NULL = 2, /* the record had no value: a tombstone in a table, an all-NULL row in a stream */
    TG_ROW_UNDO = 4,   /* previous version of a table row, directly before its new version (or tombstone) */
    TG_ROW_FAILED = 8, /* could not be decoded: never forwarded by the source operator */
};

struct tg_header_list {
    const struct tg_header *headers;
    uint32_t count;
};

/* What is known of each row besides its columns. Arrays of `count` entries. */
struct tg_rows {
    uint32_t count;
    uint32_t capacity;
    int64_t *rowtime_ms;
    int64_t *offset;
    uint8_t *flags; /* tg_row_flag bits */
    struct tg_header_list *headers;
    struct tg_slice *raw_key; /* the source record's bytes, for dead letters and unchanged keys */
    struct tg_slice *raw_value;
};

struct tg_batch {
    const struct tg_schema *schema;
    struct tg_rows *rows;
    struct tg_column **columns; /* by schema index; NULL where no operator needs the column */
    const uint32_t *selection;  /* NULL: all rows */
    uint32_t selected;          /* number of rows that exist: of the selection, or rows->count */
    const char *topic;          /* of the source record */
    int32_t partition;
    int64_t stream_time_ms; /* of the task before the first row of the batch; -1: none yet */
    struct tg_arena *arena; /* for values made while this batch is processed */
};

static inline uint32_t tg_batch_row(const struct tg_batch *batch, uint32_t index)
{
    return batch->selection == NULL ? index : batch->selection[index];
}

/* Row marks with reused memory. */
void tg_rows_reserve(struct tg_rows *rows, uint32_t count);
void tg_rows_done(struct tg_rows *rows);
void tg_rows_copy(struct tg_rows *target, uint32_t target_row, const struct tg_rows *source,
                  uint32_t source_row);

/* A set of columns for a schema, with reused memory: what operators that make new rows keep as their output.
 * Columns whose `needed` entry is false are NULL; needed == NULL: all. */
struct tg_batch_memory {
    struct tg_batch batch;
    struct tg_rows own_rows;
};
void tg_batch_memory_init(struct tg_batch_memory *memory, const struct tg_schema *schema, const bool *needed);
void tg_batch_memory_clear(struct tg_batch_memory *memory); /* no rows, no selection */
void tg_batch_memory_done(struct tg_batch_memory *memory);

#ifdef __cplusplus
}
#endif
