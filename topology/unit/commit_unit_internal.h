/* topology/unit/commit_unit_internal.h: shared by commit_unit.c (life, polling), commit.c (one transaction),
 * resolve.c (unknown outcomes) and assignment.c (partitions that come and go). */
#pragma once

#include "topology/restore.h"
#include "topology/unit/commit_unit.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { UNIT_POLL_MAX = 1024, UNIT_TASKS_MAX = 4096, FENCED_MAX = 3, REFUSALS_MAX = 10, RETRY_MS = 500 };
#define WRITE_BACK_US (60 * 1000000LL)

struct unit_input {
    struct tg_task *task;
    struct tg_task_input *input;
    bool started;            /* delivers records: its task is restored, its position is the consumer's */
    bool out_of_range;       /* its position is not in the log; see positions.c */
    int64_t stable_offset;   /* where it stands with nothing left to process */
    int64_t stable_since_us; /* and since when */
    int64_t stall_warn_ms;   /* after so long there is a warning */
};

struct tg_commit_unit {
    struct tg_commit_unit_options options;
    const struct tg_query *query;
    char *transactional_id;
    uint64_t id_high, id_low; /* of this instance of the unit: evidence in offset metadata */
    uint64_t transaction;     /* number of the present (or next) one */
    struct tg_consumer *consumer;
    struct tg_producer *producer;
    bool producer_ready; /* init_transactions has succeeded */
    bool transaction_open;
    bool unwritten; /* the disk was full: the batch holds what is committed, nothing else is done before it is
                       written */
    bool unresolved; /* the outcome of the last transaction is not known: nothing is polled or processed */
    bool flushing;   /* a commit waits for its records to be delivered: nothing is polled or processed */
    bool crowded;    /* the producer has all it should hold: nothing is processed until it has sent some */
    int64_t flush_until_us;
    bool adopting;                       /* partitions were assigned and have no tasks yet */
    struct tg_topic_partition *assigned; /* the present assignment; topics are the plan's texts */
    size_t assigned_count, assigned_capacity;
    bool consumer_lost; /* fatally: fenced by another member of the same name */
    int64_t last_commit_us;
    int64_t retry_us;  /* not before: after a Kafka call that may succeed later */
    uint64_t failures; /* such calls one after the other */
    struct tg_restore *restore;
    struct tg_state_batch *batch;
    struct tg_task **tasks;
    size_t task_count, task_capacity;
    struct unit_input *inputs; /* by message tag */
    size_t input_count, input_capacity;
    struct tg_task **tried; /* tasks of the transaction that is being committed */
    size_t tried_count, tried_capacity;
    struct tg_offset *offsets; /* their offsets */
    size_t offset_count, offset_capacity;
    struct tg_message *messages;
    enum tg_code callback_code; /* failure inside a rebalance callback */
    struct tg_error callback_error;
    int64_t fenced_us[FENCED_MAX]; /* when we were fenced last */
    uint32_t refusals;             /* non-retriable Kafka errors since the last commit */
    int64_t written_back_us;       /* when committed state last went to RocksDB's files */
    uint64_t written_back_commits;
    uint64_t fenced_count;
    int64_t purged_us;         /* when purging last began */
    size_t purge_next;         /* the input it has come to */
    struct tg_counters closed; /* counters of tasks that were closed, and of the unit itself */
    struct tg_counters
        published; /* their sum with the present tasks' at the last commit, for other threads */
    bool running;
};

static inline int64_t unit_now_us(const struct tg_commit_unit *unit)
{
    return tg_clock_monotonic_us(unit->query->clock);
}

static inline bool unit_must_stop(const struct tg_commit_unit *unit)
{
    return unit->options.stop != NULL && __atomic_load_n(unit->options.stop, __ATOMIC_RELAXED);
}

/* ---- commit_unit.c ---- */
void unit_publish_counters(struct tg_commit_unit *unit);

/* ---- commit.c ---- */
/* Errors of Kafka: the producer is dropped, nothing of the tasks is lost. */
TG_MUST_CHECK enum tg_code unit_begin(struct tg_commit_unit *unit, struct tg_error *reterr);
/* Commits what was processed, if anything. TG_OK with unit->unresolved: the outcome is not known yet; with
 * unit->flushing: its records are not delivered yet: call it again. */
TG_MUST_CHECK enum tg_code unit_commit(struct tg_commit_unit *unit, struct tg_error *reterr);
/* The same where the tasks are about to be closed: an unknown outcome needs no verdict then, only a new
 * producer, because the next owner of the partitions reads offsets and state from Kafka. */
TG_MUST_CHECK enum tg_code unit_commit_or_abandon(struct tg_commit_unit *unit, struct tg_error *reterr);
/* When due: committed state goes from the stores' tables to RocksDB's files. Not while a store is sealed. */
TG_MUST_CHECK enum tg_code unit_write_back(struct tg_commit_unit *unit, struct tg_error *reterr);
/* What is committed goes to RocksDB: TG_OK with unit->unwritten if the disk is full. */
TG_MUST_CHECK enum tg_code unit_write(struct tg_commit_unit *unit, struct tg_error *reterr);
/* RocksDB has found damage: closes the tasks, which begin again from what Kafka has once the database is
 * replaced; that does who closes the last store. Errors: CORRUPT: too often; IO. */
TG_MUST_CHECK enum tg_code unit_recover_state(struct tg_commit_unit *unit, struct tg_error *reterr);
/* Kafka has committed: tried tasks apply. */
TG_MUST_CHECK enum tg_code unit_apply(struct tg_commit_unit *unit, struct tg_error *reterr);

/* ---- purge.c ---- */
/* Deletes consumed records of one partition of a repartition topic, if it is time. Fails silently: later is
 * early enough. */
void unit_purge(struct tg_commit_unit *unit);

/* ---- resolve.c: nothing here waits for longer than one Kafka call; what fails is tried by a later step ----
 */
/* Closes the producer: what it left open is ended by the initialisation of the next one. */
void unit_drop_producer(struct tg_commit_unit *unit);
/* A new producer that has finished or aborted what the old one left. */
TG_MUST_CHECK enum tg_code unit_renew_producer(struct tg_commit_unit *unit, struct tg_error *reterr);
/* The present transaction failed, or its outcome is unknown: drops the producer and marks the unit
 * unresolved. Errors: KAFKA_FENCED if another process has our transactional id. */
TG_MUST_CHECK enum tg_code unit_resolve(struct tg_commit_unit *unit, const struct tg_error *cause,
                                        struct tg_error *reterr);
/* With the new producer: finds out what became of the transaction, and applies or rolls back. */
TG_MUST_CHECK enum tg_code unit_settle(struct tg_commit_unit *unit, struct tg_error *reterr);
/* Fails when we were fenced three times within a minute. */
TG_MUST_CHECK enum tg_code unit_check_clash(struct tg_commit_unit *unit, const struct tg_error *cause,
                                            struct tg_error *reterr);
/* What may succeed later, after the outcome of the transaction is known; a schema registry that is away, too.
 */
bool unit_is_kafka_error(enum tg_code code);

/* ---- assignment.c ---- */
void unit_assigned(void *context, const struct tg_topic_partition *partitions, uint32_t count);
void unit_revoked(void *context, const struct tg_topic_partition *partitions, uint32_t count, bool lost);
/* Opens tasks for the assigned partitions and begins to restore them. After an error there are no tasks, and
 * it can be called again. */
TG_MUST_CHECK enum tg_code unit_adopt(struct tg_commit_unit *unit, struct tg_error *reterr);
/* Inputs of tasks that are restored begin to deliver, from their task's position. */
TG_MUST_CHECK enum tg_code unit_start_inputs(struct tg_commit_unit *unit, struct tg_error *reterr);
/* The task's position was set back: its inputs deliver from there, nothing that was fetched before. */
void unit_restart_inputs(struct tg_commit_unit *unit, const struct tg_task *task);
void unit_close_tasks(struct tg_commit_unit *unit);

/* ---- positions.c ---- */
/* The input delivers no more: what it holds is processed first. */
void unit_note_out_of_range(struct tg_commit_unit *unit, struct unit_input *entry);
/* With nothing left to process: sets the position as auto.offset.reset says, and counts what was lost.
 * Errors: OFFSET_OUT_OF_RANGE if that is `none`; KAFKA_*. */
TG_MUST_CHECK enum tg_code unit_reset_position(struct tg_commit_unit *unit, struct unit_input *entry,
                                               struct tg_error *reterr);
/* Without partitions: are there too many members, or are the topics gone? Errors: TOPIC_UNKNOWN; KAFKA_*. */
TG_MUST_CHECK enum tg_code unit_check_sources(struct tg_commit_unit *unit, struct tg_error *reterr);
/* A new partition of a topic is no trouble for tasks without state. Errors: TOPIC_MISMATCH for those with. */
TG_MUST_CHECK enum tg_code unit_check_growth(const struct tg_topic_partition *partition,
                                             const struct tg_subtopology *subtopology,
                                             struct tg_error *reterr);
/* Warns of partitions whose last stable offset stands still while records are written. */
void unit_watch_positions(struct tg_commit_unit *unit);

#ifdef __cplusplus
}
#endif
