/* topology/join/rows.h: the buffered rows of one side of a stream-stream join: a window store with
 * duplicates; a table's history (topology/table/history.h) is one, too. Rows are found by key and time
 * through the key's head, a list of the times and sequence numbers of its rows (state/join_key.h), so no
 * record needs a scan.
 *
 * Head value, big endian: next sequence u32 | first used entry u32 | number of entries u32 | entries of
 * (time i64 | sequence u32) in order of time, then sequence; there may be unused room behind them. Empty: not
 * known, the key's rows are scanned once. Thread: the task's worker. */
#pragma once

#include "topology/task.h"

struct join_row_id {
    int64_t time_ms;
    uint32_t sequence;
};

struct join_rows {
    struct tg_task_store *store;
    int64_t slice_ms;      /* rows of a key within such a slice of time share an index entry */
    int64_t observed_ms;   /* the highest row time put; -1: none; persisted */
    int64_t swept_ms;      /* rows before it are gone, or going */
    int64_t sweep_from_ms; /* index entries before it are gone */
    bool sweeping;         /* more of them are to go */
    struct join_row_id *found;
    size_t found_count, found_capacity;
    struct tg_buffer head_key, row_key, index_key, head, scan_to, removed;
};

/* The store is opened already. */
void join_rows_init(struct join_rows *rows, struct tg_task_store *store, int64_t retention_ms);
/* What was committed counts again. `observed_ms` < 0: nothing was seen yet. */
void join_rows_load(struct join_rows *rows, int64_t observed_ms, int64_t retention_ms);
void join_rows_done(struct join_rows *rows);

/* Fills rows->found with the key's rows of times in [from_ms, to_ms], in order. */
TG_MUST_CHECK enum tg_code join_rows_find(struct join_rows *rows, struct tg_slice key, int64_t from_ms,
                                          int64_t to_ms, struct tg_error *reterr);
/* The key's first row of time `from_ms` or later. */
TG_MUST_CHECK enum tg_code join_rows_first(struct join_rows *rows, struct tg_slice key, int64_t from_ms,
                                           bool *ret_found, struct join_row_id *ret_id,
                                           struct tg_error *reterr);
/* The value of a row that was found; valid until the next call. */
TG_MUST_CHECK enum tg_code join_rows_value(struct join_rows *rows, struct tg_slice key, struct join_row_id id,
                                           struct tg_slice *ret_value, struct tg_error *reterr);
/* Keeps a row behind those of its key and time; *ret_sequence tells it from them. */
TG_MUST_CHECK enum tg_code join_rows_put(struct join_rows *rows, struct tg_slice key, struct tg_value value,
                                         uint32_t *ret_sequence, struct tg_error *reterr);
/* Another value for a row that was found. */
TG_MUST_CHECK enum tg_code join_rows_replace(struct join_rows *rows, struct tg_slice key,
                                             struct join_row_id id, struct tg_value value,
                                             struct tg_error *reterr);
/* Removes rows of times before `before_ms`, in steps, when it has moved on by a slice. */
TG_MUST_CHECK enum tg_code join_rows_sweep(struct join_rows *rows, int64_t before_ms,
                                           struct tg_error *reterr);
