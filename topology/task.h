/* topology/task.h: one task: the operators and stores of one sub-topology for one partition, with its input
 * queues. Thread: the worker that owns its commit unit. Life: open -> (restore) -> bind to a producer -> push
 * / process ... with flush, committed or rollback at each commit -> close. */
#pragma once

#include "data/batch.h"
#include "kafka/kafka.h"
#include "state/store.h"
#include "state/window_key.h"
#include "topology/counters.h"
#include "topology/faults.h"
#include "topology/operator.h"
#include "topology/progress.h"
#include "topology/query.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The layout says how a local key becomes a changelog key. */
struct tg_task_store {
    struct tg_store *store;
    struct tg_operator *owner;
    const char *changelog_topic;
    enum tg_key_layout layout;
    struct tg_producer_topic *target; /* of the present producer */
    bool sealed;                      /* for the commit that is under way */
};

struct tg_task_input {
    const char *topic;
    int32_t partition;
    bool is_internal;      /* a repartition topic */
    bool is_answer;        /* no row waits for it */
    int64_t purged_offset; /* its records before this one are deleted */
    struct tg_operator *source;
    uint32_t rank; /* among rows of one time: tables come before streams, then from left to right */
    struct tg_message *queue; /* ring of messages that wait */
    uint32_t queue_capacity, queue_head, queue_count;
    const struct tg_batch *batch; /* decoded, partly processed; NULL: none */
    uint32_t batch_messages;      /* messages at the queue's head that the batch was made of */
    uint32_t batch_next;          /* first existing row that was not processed */
    int64_t start_offset;         /* where reading began: what an absent commit stands for */
    int64_t position;             /* next offset to read after what was processed */
    int64_t end_position;         /* the last end of the partition that was reported; -1: none */
    int32_t leader_epoch;
    int64_t partition_time_ms; /* highest row time; -1: none */
    int64_t committed_offset;  /* the base: what is known to be committed */
    char committed_metadata[TG_PROGRESS_TEXT_MAX];
    char tried_metadata[TG_PROGRESS_TEXT_MAX]; /* of the transaction that is being committed */
    int64_t tried_offset;
    struct tg_consumer *consumer; /* releases the messages */
    bool was_reset;               /* the position was set anew and is not committed yet */
    bool is_parked;               /* its next record cannot be decoded yet: a schema has been asked for */
    bool is_paused;               /* nothing is fetched for it meanwhile */
    struct tg_fault_stop stop;    /* where a query whose policy is `fail` stops */
};

struct tg_task {
    const struct tg_query *query;
    const struct tg_subtopology *subtopology;
    int32_t partition;
    struct tg_arena *arena; /* the task's life */
    uint32_t operator_count;
    struct tg_operator **operators; /* inputs before their consumers */
    uint32_t input_count;
    struct tg_task_input *inputs;
    uint32_t store_count;
    struct tg_task_store *stores;          /* in the order of the operators; they stay where they are */
    int64_t idle_since_us;                 /* since when an empty input is waited for; -1: none is */
    uint32_t stores_to_restore;            /* 0: may process */
    struct tg_producer *producer;          /* borrowed */
    struct tg_counters counters;           /* also of what is not committed yet */
    struct tg_counters committed_counters; /* as of the last commit: what an abort goes back to */
    uint64_t reports;                      /* skipped records reported so far, for the rate limit */
    struct tg_task_faults faults;
};

TG_MUST_CHECK enum tg_code tg_task_open(const struct tg_query *query,
                                        const struct tg_subtopology *subtopology, int32_t partition,
                                        struct tg_task **ret_task, struct tg_error *reterr);
/* Releases the messages that wait in an input. */
void tg_task_clear_queue(struct tg_task_input *input);
void tg_task_close(
    struct tg_task *task); /* releases queued messages, drops what is not committed; NULL is a no-op */
TG_MUST_CHECK enum tg_code tg_task_bind(struct tg_task *task, struct tg_producer *producer,
                                        struct tg_error *reterr);

/* The input of a topic, or NULL. */
struct tg_task_input *tg_task_input_of(struct tg_task *task, const char *topic);
/* Takes over the message (released after it was processed). */
void tg_task_push(struct tg_task_input *input, const struct tg_message *message);
bool tg_task_has_work(const struct tg_task *task); /* parked inputs have none */
/* Looks whether what parked inputs wait for has come. */
void tg_task_unpark(struct tg_task *task);
/* May the task process, and what is the row time of the row that would come first? Decodes what comes next.
 * With several inputs it waits for an empty one until its end is known to be reached, and then for
 * task_idle_ms more (Kafka Streams' max.task.idle.ms), so that rows are taken in the order of their times. */
struct tg_task_head {
    bool ready;
    int64_t time_ms;
};
TG_MUST_CHECK enum tg_code tg_task_look(struct tg_task *task, struct tg_task_head *ret_head,
                                        struct tg_error *reterr);
/* When it is ready: processes one run: the longest part of one input's batch whose row times do not pass the
 * head of the other inputs. */
TG_MUST_CHECK enum tg_code tg_task_process(struct tg_task *task, struct tg_error *reterr);
/* True when a commit would say something new: dirty stores or positions that moved. */
bool tg_task_commit_needed(const struct tg_task *task);

/* ---- commit ---- */

/* Operators send what they hold back, stores are sealed, their changes go to the changelog topics. */
TG_MUST_CHECK enum tg_code tg_task_flush(struct tg_task *task, struct tg_error *reterr);
/* One offset per input with its metadata; `progress` holds worker and transaction, the task adds its times.
 * Sets tried_*. */
TG_MUST_CHECK enum tg_code tg_task_offsets(struct tg_task *task, const struct tg_progress *evidence,
                                           struct tg_offset *ret_offsets, struct tg_error *reterr);
/* The transaction is committed: stores apply into `batch`, the tried offsets become the base. */
void tg_task_committed(struct tg_task *task, struct tg_state_batch *batch);
/* The transaction is aborted: queues and uncommitted state are dropped, times and positions are those of the
 * base again. */
void tg_task_rollback(struct tg_task *task);
/* Logs how far the task has come: a line per input (offsets: where it began, what is committed, what comes
 * next, the end) and per store (its entries in memory, the time of its operator). */
void tg_task_log_progress(const struct tg_task *task);
/* Adds the counts as of the last commit. */
void tg_task_counters(const struct tg_task *task, struct tg_counters *sum);
/* Sets the base from what the group has committed (offset NONE: nothing yet) and loads the operators' times
 * from the metadata of all inputs: the latest counts. */
void tg_task_set_base(struct tg_task *task, struct tg_task_input *input, int64_t offset,
                      const char *metadata);

/* ---- for operators ---- */

struct tg_task_store_options {
    const struct tg_plan_node *node;
    const char *role; /* one of the kind's store_role; NULL: its only store */
    enum tg_key_layout layout;
};
TG_MUST_CHECK enum tg_code tg_task_open_store(struct tg_operator *owner,
                                              const struct tg_task_store_options *options,
                                              struct tg_task_store **ret_store, struct tg_error *reterr);
/* The store of an operator that has one, or NULL. */
struct tg_store *tg_task_store_of(const struct tg_operator *owner);
void tg_task_store_seal(struct tg_task_store *store); /* idempotent within a commit */

/* A row that cannot be processed: counted, logged with topic, partition, offset and reason (rate-limited),
 * and handled as the query's policy says (topology/faults.h). The counter says which kind of fault it is. The
 * caller leaves the row out; under the policy `fail` the query stops when its step returns. */
struct tg_skip {
    uint64_t *counter;
    const struct tg_batch *batch;
    uint32_t row;
    const struct tg_plan_node *node;
};
void tg_task_skip(struct tg_task *task, const struct tg_skip *skip, const char *format, ...) TG_PRINTF(3, 4);
/* An update of a window that was closed. */
struct tg_late {
    int64_t window_start_ms, window_end_ms;
    int64_t boundary_ms; /* windows that end before it are closed: stream time less the grace period */
};
void tg_task_skip_late(struct tg_task *task, const struct tg_skip *skip, const struct tg_late *late,
                       const char *format, ...) TG_PRINTF(4, 5);
/* Counts and logs a record that goes on with NULL in place of what could not be decoded. */
void tg_task_null_fields(struct tg_task *task, const struct tg_skip *skip, const char *reason);

/* Counts and logs a row that an aggregate has refused and that goes on all the same (with a dead letter under
 * that policy): of a table, or under `null`. */
void tg_task_null_result(struct tg_task *task, const struct tg_skip *skip, const char *reason);

struct tg_program_state;
/* The expression errors of the last run of a program (from error number `first` on): counted, logged, and
 * handled as the policy says: rows that must not go on get TG_ROW_FAILED, and tg_operator_forward leaves them
 * out. */
void tg_task_report_errors(struct tg_operator *self, const struct tg_batch *batch,
                           const struct tg_program_state *state);
void tg_task_report_errors_from(struct tg_operator *self, const struct tg_batch *batch,
                                const struct tg_program_state *state, uint32_t first);
/* Takes rows that must not go on out of the batch's selection. */
void tg_task_leave_out(const struct tg_task *task, struct tg_batch *batch);
/* True for rows that must not go on: they failed, or stand behind the record at which the query stops. */
static inline bool tg_task_stops_row(const struct tg_task *task, const struct tg_batch *batch, uint32_t row)
{
    return (batch->rows->flags[row] & TG_ROW_FAILED) != 0 ||
           batch->rows->offset[row] >= task->faults.stop_offset;
}
/* An operator of a kind that `notes_effects` says which row it is about to send, or to put into a store. */
static inline void tg_task_note_effect(struct tg_task *task, const struct tg_batch *batch, uint32_t row)
{
    if (batch->rows->offset[row] > task->faults.effects_offset)
        task->faults.effects_offset = batch->rows->offset[row];
}

/* Around each decoding and run of an input's rows, and (input NULL) around a flush. */
void tg_task_begin_run(struct tg_task *task, struct tg_task_input *input);
/* The failure that the policy `fail` or a dead letter that could not be sent has left; task->faults.in_front:
 * all that comes before the record has been processed, and nothing behind it. */
TG_MUST_CHECK enum tg_code tg_task_end_run(struct tg_task *task, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
