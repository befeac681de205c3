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
#include "topology/rows/record_codec.h"
#include "topology/task.h"

struct aggregate_call {
    const struct tg_function_call *function_call;
    uint32_t first_argument; /* number of its first expression in the program */
    uint32_t fixed_at;       /* offset of its fixed part */
    bool variable;
    struct tg_aggregate_call state;
    struct tg_buffer new_blob;
};

/* A session that a row meets. */
struct aggregate_session {
    int64_t start_ms, end_ms;      /* row times of its first and last row */
    size_t value_at, value_length; /* its state, in sessions.values */
};

/* The last session of its key, which rows of the open transaction go on falling into. What they make of it
 * lies here, and goes to the store at once when the transaction is committed, or when something else looks at
 * the key's sessions. Since no row is older than its start, only its end moves. */
struct aggregate_live {
    struct tg_slice key;
    uint64_t hash;
    int64_t start_ms, end_ms;
    int64_t stored_end_ms; /* as the store has it */
    uint8_t *value;
    size_t value_length, value_capacity;
    uint32_t slot;
    bool changed; /* since it was put */
    bool gone;
};

struct aggregate_live_sessions {
    struct aggregate_live *entries;
    uint32_t count;
    uint32_t *slots;        /* number of an entry + 1; 0: free */
    struct tg_arena *arena; /* keys and values */
    size_t bytes;           /* used of it */
};

struct aggregate_sessions {
    struct aggregate_live_sessions live;
    struct aggregate_session *found; /* by end */
    size_t found_count, found_capacity;
    struct tg_buffer values;
    struct tg_buffer head_key;
    bool head_exists;  /* the key has sessions */
    bool head_known;   /* its head says which one ends last */
    bool latest_known; /* `latest` is that session */
    struct aggregate_session latest;
    int64_t next_end_ms; /* no session ends earlier; INT64_MIN: not known */
};

/* What becomes of a row that a call refuses. */
enum aggregate_refusal {
    AGGREGATE_LEAVES_OUT, /* it counts in no call and no window */
    AGGREGATE_NULL,       /* the refusing calls take it for NULL, the others count it */
    AGGREGATE_KEEPS, /* of a table: it counts, since it may be taken back; results that do not fit are NULL */
};

/* Rows of the batch with the states that they go into, which are there already; all calls take them in at
 * once. */
struct aggregate_gathered {
    uint32_t count;
    uint32_t *rows;
    uint8_t **states;
    struct tg_buffer last_key; /* of the last row's state, whose edit is not done yet */
    int64_t last_time_ms;      /* the time that it will have */
};

struct aggregate {
    struct tg_operator base;
    struct tg_task_store *store;
    const struct tg_program *program; /* of all arguments */
    struct tg_program_state *program_state;
    uint32_t call_count;
    struct aggregate_call *calls;
    uint32_t fixed_bytes;
    bool variable;   /* some call has a part of variable size */
    bool may_refuse; /* some call may refuse a row */
    enum aggregate_refusal refusal;
    bool refused;   /* by some call: the present row */
    bool left_out;  /* and so it counts nowhere */
    bool too_large; /* because its group's state would not fit into the changelog */
    struct tg_error refused_error;
    bool sends_before; /* what follows needs the result that a new one replaces */
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
    struct tg_buffer before;       /* scratch: the state before the change */
    struct tg_buffer removed_keys; /* scratch: u32 length | key, ... */
    struct tg_buffer scan_from, scan_to;
    struct aggregate_sessions sessions;
    bool gathers; /* states do not grow, nothing is refused, and nobody looks at them row by row */
    struct aggregate_gathered gathered;
    struct aggregate_pane *panes; /* of the window that closes; NULL: not shared */
    int64_t stream_time_ms;       /* highest row time seen, -1: none; persisted */
    int64_t closed_start_ms;      /* windows starting here or before were emitted as final (or expired), of
                                     sessions those that end here or before; INT64_MIN: none */
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

static inline bool aggregate_has_sessions(const struct aggregate *aggregate)
{
    return aggregate_node(aggregate)->window.kind == TG_WINDOW_SESSION;
}

/* Results go out with each row, not per commit. */
static inline bool aggregate_emits_at_once(const struct aggregate *aggregate)
{
    return aggregate_node(aggregate)->emission == TG_EMIT_CHANGES &&
           aggregate->base.task->query->settings.emit_per_record;
}

/* ---- state.c: one group's state ---- */

enum { AGGREGATE_NO_ROW = UINT32_MAX };

/* What happens to a group: row `undo` of the input batch is taken back, then row `add` added. Either may be
 * AGGREGATE_NO_ROW. */
struct aggregate_update {
    uint32_t undo;
    uint32_t add;
};

/* What an update did; slices are valid until the store changes. */
struct aggregate_result {
    bool changed;           /* false: there was nothing to take back from, or the row is left out */
    bool had_before;        /* the group existed */
    struct tg_slice before; /* its state then; only with sends_before */
    struct tg_value after;
};

TG_MUST_CHECK enum tg_code aggregate_apply(struct aggregate *aggregate, struct tg_slice store_key,
                                           const struct aggregate_update *update,
                                           struct aggregate_result *ret_result, struct tg_error *reterr);
/* Is the new state, in aggregate->value, too large for its changelog record? Then the row is left out,
 * whatever the policy; of a table it cannot be: ENCODE. */
TG_MUST_CHECK enum tg_code aggregate_check_size(struct aggregate *aggregate, struct tg_slice store_key,
                                                struct tg_error *reterr);
/* Would a row be left out of this group? Sets aggregate->refused, changes nothing in the store. */
TG_MUST_CHECK enum tg_code aggregate_try(struct aggregate *aggregate, struct tg_slice store_key, uint32_t row,
                                         struct tg_error *reterr);
/* What a state is before its first row. */
void aggregate_state_init(const struct aggregate *aggregate, uint8_t *bytes);
TG_MUST_CHECK enum tg_code aggregate_state_fail_size(const struct aggregate *aggregate, size_t length,
                                                     struct tg_error *reterr);
/* Adds a row to a state where it lies. Only of calls whose states do not grow, and that refuse nothing. */
TG_MUST_CHECK enum tg_code aggregate_state_add_in_place(struct aggregate *aggregate, uint8_t *bytes,
                                                        size_t length, uint32_t row, struct tg_error *reterr);
/* The same in steps, for sessions: a state is made in aggregate->value: from `bytes` (no data: a new one),
 * others are merged into it, a row is added. */
TG_MUST_CHECK enum tg_code aggregate_state_begin(struct aggregate *aggregate, struct tg_slice bytes,
                                                 struct tg_error *reterr);
TG_MUST_CHECK enum tg_code aggregate_state_merge(struct aggregate *aggregate, struct tg_slice other,
                                                 struct tg_error *reterr);
TG_MUST_CHECK enum tg_code aggregate_state_add(struct aggregate *aggregate, uint32_t row,
                                               struct tg_error *reterr);
/* Writes the results of a state to row `row` of the output's result columns. */
TG_MUST_CHECK enum tg_code aggregate_results(struct aggregate *aggregate, struct tg_slice value, uint32_t row,
                                             struct tg_error *reterr);

/* ---- gather.c ---- */

/* Can rows be gathered? */
bool aggregate_can_gather(const struct aggregate *aggregate);
/* The row goes into the group with its next aggregate_apply_gathered; a new group is made now. */
TG_MUST_CHECK enum tg_code aggregate_gather(struct aggregate *aggregate, struct tg_slice store_key,
                                            uint32_t row, struct tg_error *reterr);
/* Before anything reads states, and at the end of a batch. */
TG_MUST_CHECK enum tg_code aggregate_apply_gathered(struct aggregate *aggregate, struct tg_error *reterr);
void aggregate_gathered_done(struct aggregate_gathered *gathered);

/* ---- emit.c: output rows ---- */

/* One change of a group's result. */
struct aggregate_change {
    uint32_t row;        /* of the input batch: gives the key columns; AGGREGATE_NO_ROW: decoded from `key` */
    struct tg_slice key; /* the group key in the key format */
    int64_t start_ms, end_ms;      /* bounds of the window */
    int64_t time_ms;               /* row time of the change */
    const struct tg_slice *before; /* state that is replaced; NULL: none, or not known */
    const struct tg_slice *after;  /* NULL: the group is gone: a tombstone */
};
/* Sends the rows of the change: what it replaces (with TG_ROW_UNDO, if what follows needs it), then what it
 * gives. */
TG_MUST_CHECK enum tg_code aggregate_emit(struct aggregate *aggregate, const struct aggregate_change *change,
                                          struct tg_error *reterr);
/* The change of a store entry; keys and bounds come from the store key. */
struct aggregate_entry {
    struct tg_slice key;
    const struct tg_value *before; /* NULL: none, or not known */
    const struct tg_value *after;  /* NULL: a tombstone */
};
TG_MUST_CHECK enum tg_code aggregate_emit_entry(struct aggregate *aggregate,
                                                const struct aggregate_entry *entry, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code aggregate_forward_output(struct aggregate *aggregate, struct tg_error *reterr);

/* ---- window.c: tumbling and hopping windows ---- */

/* Adds the row to all its windows that are open. */
TG_MUST_CHECK enum tg_code aggregate_update_windows(struct aggregate *aggregate, struct tg_slice key,
                                                    uint32_t row, struct tg_error *reterr);
/* EMIT FINAL: emits and removes the windows (or sessions) that the stream time has closed. */
TG_MUST_CHECK enum tg_code aggregate_close_windows(struct aggregate *aggregate, struct tg_error *reterr);
/* EMIT CHANGES: removes windows (or sessions) that are closed and past their retention. */
TG_MUST_CHECK enum tg_code aggregate_expire_windows(struct aggregate *aggregate, struct tg_error *reterr);
/* What the persisted stream time says of windows that are closed. */
void aggregate_load_windows(struct aggregate *aggregate);
/* Keys that are removed once a scan has ended. */
void aggregate_remember_removal(struct aggregate *aggregate, struct tg_slice key);
TG_MUST_CHECK enum tg_code aggregate_remove_remembered(struct aggregate *aggregate, struct tg_error *reterr);

/* ---- panes.c: hopping windows that share their parts ---- */

/* Emits the windows that start up to `last_start_ms` and were not closed before, and removes the panes that
 * no other window has. */
TG_MUST_CHECK enum tg_code aggregate_close_panes(struct aggregate *aggregate, int64_t last_start_ms,
                                                 struct tg_error *reterr);

/* ---- session.c ---- */

/* `seen_ms`: the stream time before the row. */
TG_MUST_CHECK enum tg_code aggregate_update_session(struct aggregate *aggregate, struct tg_slice key,
                                                    uint32_t row, int64_t seen_ms, struct tg_error *reterr);
/* Puts all live sessions into the store: before anything looks at it as a whole. */
TG_MUST_CHECK enum tg_code aggregate_put_sessions(struct aggregate *aggregate, struct tg_error *reterr);
/* Forgets the live sessions: what is committed counts. */
void aggregate_live_reset(struct aggregate_live_sessions *sessions);
void aggregate_live_done(struct aggregate_live_sessions *sessions);
/* Removes the sessions that end before `end_ms`, in the order of end, start and key; emits them if asked to.
 */
TG_MUST_CHECK enum tg_code aggregate_sweep_sessions(struct aggregate *aggregate, int64_t end_ms, bool emit,
                                                    struct tg_error *reterr);
