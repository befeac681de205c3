/* topology/aggregate/aggregate.h: what the files of the aggregate operator share: the operator's struct and
 * the bytes of its state.
 *
 * State value of a group (versioned by the store's layout id; all little endian): the fixed parts of the
 * calls one after the other, then for each call of variable size u32 length | bytes. Store key: the group key
 * in the key format (windowed: state/window_key.h, in time order, so that closing windows is one range scan).
 */
#pragma once

#include "expr/program.h"
#include "plan/nodes/aggregate.h"
#include "serde/format.h"
#include "topology/operator.h"
#include "topology/task.h"

struct aggregate_call {
    const struct tg_function_call *function_call;
    uint32_t first_argument; /* number of its first expression in the program */
    uint32_t fixed_at;       /* offset of its fixed part */
    bool variable;
    struct tg_aggregate_call state;
    struct tg_buffer new_blob;
};

struct aggregate {
    struct tg_operator base;
    struct tg_task_store *store;
    const struct tg_program *program; /* of all arguments */
    struct tg_program_state *program_state;
    uint32_t call_count;
    struct aggregate_call *calls;
    uint32_t fixed_bytes;
    bool variable; /* some call has a part of variable size */
    uint32_t key_count;
    struct tg_schema_column *key_columns;
    uint32_t *key_source;           /* input column of each */
    struct tg_encoder *key_encoder; /* NULL: no key columns */
    struct tg_decoder *key_decoder;
    const struct tg_column **key_targets;
    struct tg_column **decoded_keys;
    struct tg_buffer key_bytes;
    size_t *key_ends;
    uint8_t *key_nulls;
    uint32_t *rows;
    uint32_t rows_capacity;
    struct tg_buffer store_key;
    struct tg_buffer value;        /* scratch: the state that is being changed */
    struct tg_buffer new_value;    /* scratch: the state rebuilt with new variable parts */
    struct tg_buffer removed_keys; /* scratch: u32 length | key, ... */
    struct tg_buffer scan_from, scan_to;
    int64_t stream_time_ms;  /* highest row time seen, -1: none; persisted */
    int64_t closed_start_ms; /* windows starting here or before were emitted as final (or expired); INT64_MIN:
                                none */
    struct tg_batch_memory output;
    struct tg_arena *output_arena;
    const struct tg_batch *input; /* while a batch is processed */
};

static inline const struct tg_plan_aggregate *aggregate_node(const struct aggregate *aggregate)
{
    return (const struct tg_plan_aggregate *)aggregate->base.node;
}

static inline bool aggregate_is_windowed(const struct aggregate *aggregate)
{
    return aggregate_node(aggregate)->window.kind != TG_WINDOW_NONE;
}

/* ---- state.c: one group's state ---- */

/* Adds row `row` of the input batch to the group of `store_key`. *ret_value: the new state, valid until the
 * store changes. */
TG_MUST_CHECK enum tg_code aggregate_update(struct aggregate *aggregate, struct tg_slice store_key,
                                            uint32_t row, struct tg_value *ret_value,
                                            struct tg_error *reterr);
/* Writes the results of a state to row `row` of the output's result columns. */
TG_MUST_CHECK enum tg_code aggregate_results(struct aggregate *aggregate, struct tg_slice value, uint32_t row,
                                             struct tg_error *reterr);

/* ---- emit.c: output rows ---- */

/* The group's key columns come from row `row` of the input batch. */
TG_MUST_CHECK enum tg_code aggregate_emit_row(struct aggregate *aggregate, uint32_t row,
                                              int64_t window_start_ms, const struct tg_value *value,
                                              struct tg_error *reterr);
/* The group's key columns are decoded from its store key. */
TG_MUST_CHECK enum tg_code aggregate_emit_entry(struct aggregate *aggregate, struct tg_slice store_key,
                                                const struct tg_value *value, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code aggregate_forward_output(struct aggregate *aggregate, struct tg_error *reterr);

/* ---- window.c: closing and expiring windows ---- */

/* EMIT FINAL: emits and removes the windows that the stream time has closed. */
TG_MUST_CHECK enum tg_code aggregate_close_windows(struct aggregate *aggregate, struct tg_error *reterr);
/* EMIT CHANGES: removes windows that are closed and past their retention. */
TG_MUST_CHECK enum tg_code aggregate_expire_windows(struct aggregate *aggregate, struct tg_error *reterr);
/* The start of the last window that is closed at stream time `time_ms`, or INT64_MIN. */
int64_t aggregate_last_closed_start(const struct aggregate *aggregate, int64_t time_ms, int64_t delay_ms);
