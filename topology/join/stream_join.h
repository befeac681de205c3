/* topology/join/stream_join.h: what the files of the stream-stream join share: the operator's struct and what
 * they offer each other. The algorithm is that of Kafka Streams (KStreamKStreamJoin), whose results it gives
 * row for row: see README.md. Thread: the task's worker. */
#pragma once

#include "plan/nodes/stream_stream_join.h"
#include "topology/join/rows.h"
#include "topology/join/side.h"
#include "topology/join/time_set.h"

/* The two inputs of a join by what they are for it. The primary one is the left input, of a RIGHT join the
 * right one. The number of a role is its byte in the keys of rows without a match. */
enum join_role { JOIN_OTHER = 0, JOIN_PRIMARY = 1 };
enum { JOIN_ROLES = 2 };

/* Where an output row takes the columns of a side from: a row that was kept (its number), or one of these. */
enum { JOIN_TRIGGER = UINT32_MAX - 1, JOIN_ABSENT = UINT32_MAX };

/* An output row that is not made yet. */
struct join_result {
    int64_t time_ms;
    struct tg_slice key;       /* data NULL: no key */
    uint32_t trigger;          /* row of the input batch that it came with */
    uint32_t rows[JOIN_ROLES]; /* by role */
};

/* Rows that have found no match yet, until their window is closed. */
struct join_unmatched {
    struct tg_task_store *store; /* NULL: such rows are not held back */
    struct time_set times[JOIN_ROLES];
    bool times_known;    /* `times` counts what the store has */
    int64_t min_time_ms; /* where looking for closed ones begins to make sense; INT64_MAX: none; persisted */
    struct tg_buffer key, value, scan_to, closed;
};

struct stream_join {
    struct tg_operator base;
    struct join_side sides[JOIN_ROLES];
    struct join_rows rows[JOIN_ROLES];
    struct join_unmatched unmatched;
    enum join_role left_role;
    /* A row of a role meets rows of the other one in [time - before, time + after]; it can have no match once
     * stream time has passed time + after + grace. */
    int64_t before_ms[JOIN_ROLES], after_ms[JOIN_ROLES];
    bool outer[JOIN_ROLES]; /* rows of this role without a match give a result */
    int64_t grace_ms;
    int64_t retention_ms;
    int64_t stream_time_ms; /* the highest row time of both inputs; -1: none; persisted */
    struct join_result *results;
    size_t result_count, result_capacity;
    struct tg_batch_memory output;
    struct tg_arena *arena;       /* bytes of rows that were found, until the results are sent */
    const struct tg_batch *input; /* while a batch is processed, and its role */
    enum join_role input_role;
};

static inline const struct tg_plan_stream_stream_join *stream_join_node(const struct stream_join *join)
{
    return (const struct tg_plan_stream_stream_join *)join->base.node;
}

static inline enum join_role join_other(enum join_role role)
{
    return role == JOIN_PRIMARY ? JOIN_OTHER : JOIN_PRIMARY;
}

/* ---- unmatched.c: the store "<step>-outer" ---- */

/* A row of a role that waits for a match. `key` is the join's. */
struct join_waiting {
    enum join_role role;
    struct tg_slice key;
    int64_t time_ms;
};
TG_MUST_CHECK enum tg_code join_unmatched_add(struct stream_join *join, const struct join_waiting *waiting,
                                              uint32_t sequence, struct tg_error *reterr);
/* Rows of that key and time have found a match; often there are none. */
TG_MUST_CHECK enum tg_code join_unmatched_remove(struct stream_join *join, const struct join_waiting *waiting,
                                                 struct tg_error *reterr);
/* Adds the results of rows whose windows are closed, for the row `trigger` that has moved stream time. */
TG_MUST_CHECK enum tg_code join_unmatched_close(struct stream_join *join, uint32_t trigger,
                                                struct tg_error *reterr);
/* The lowest time of a waiting row of a role, or INT64_MAX. */
TG_MUST_CHECK enum tg_code join_unmatched_first(struct stream_join *join, enum join_role role,
                                                int64_t *ret_time_ms, struct tg_error *reterr);
void join_unmatched_load(struct stream_join *join, int64_t min_time_ms);
void join_unmatched_done(struct join_unmatched *unmatched);

/* ---- results.c ---- */

/* Notes a row that was kept as part of a result; its key and value are copied. */
TG_MUST_CHECK enum tg_code join_results_take(struct stream_join *join, enum join_role role,
                                             struct tg_slice key, struct join_row_id id, uint32_t *ret_row,
                                             struct tg_error *reterr);
/* Adds a result; sends what there is when it is a batch full. */
TG_MUST_CHECK enum tg_code join_results_add(struct stream_join *join, const struct join_result *result,
                                            struct tg_error *reterr);
TG_MUST_CHECK enum tg_code join_results_send(struct stream_join *join, struct tg_error *reterr);
void join_results_drop(struct stream_join *join);
