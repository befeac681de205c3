/* topology/commit_unit_internal.h: shared by commit_unit.c (life, polling), commit.c (one transaction),
 * resolve.c (unknown outcomes) and assignment.c (partitions that come and go). */
#pragma once

#include "topology/commit_unit.h"
#include "topology/restore.h"

enum { UNIT_POLL_MAX = 1024, UNIT_TASKS_MAX = 4096, FENCED_MAX = 3, RETRY_MS = 500 };

struct unit_input {
    struct tg_task *task;
    struct tg_task_input *input;
    bool started; /* delivers records: its task is restored */
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
    bool consumer_lost; /* fatally: fenced by another member of the same name */
    int64_t last_commit_us;
    int64_t retry_us; /* not before: after a Kafka call that may succeed later */
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
    struct tg_counters closed;     /* counters of tasks that were closed, and of the unit itself */
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
TG_MUST_CHECK enum tg_code unit_begin(struct tg_commit_unit *unit, struct tg_error *reterr);
/* Commits what was processed, if anything; resolves an unknown outcome. */
TG_MUST_CHECK enum tg_code unit_commit(struct tg_commit_unit *unit, struct tg_error *reterr);
/* The same where the tasks are about to be closed: an unknown outcome needs no verdict then, only a new
 * producer, because the next owner of the partitions reads offsets and state from Kafka. */
TG_MUST_CHECK enum tg_code unit_commit_or_abandon(struct tg_commit_unit *unit, struct tg_error *reterr);
/* Kafka has committed: tried tasks apply. */
TG_MUST_CHECK enum tg_code unit_apply(struct tg_commit_unit *unit, struct tg_error *reterr);

/* ---- resolve.c ---- */
/* A new producer that has finished or aborted what the old one left. Waits as long as Kafka is away, unless
 * the process stops. */
TG_MUST_CHECK enum tg_code unit_renew_producer(struct tg_commit_unit *unit, struct tg_error *reterr);
/* The outcome of the present transaction is unknown (or it failed before its commit): finds out and applies
 * or rolls back. */
TG_MUST_CHECK enum tg_code unit_resolve(struct tg_commit_unit *unit, const struct tg_error *cause,
                                        struct tg_error *reterr);

/* ---- assignment.c ---- */
void unit_assigned(void *context, const struct tg_topic_partition *partitions, uint32_t count);
void unit_revoked(void *context, const struct tg_topic_partition *partitions, uint32_t count, bool lost);
/* Inputs of tasks that are restored begin to deliver. */
TG_MUST_CHECK enum tg_code unit_start_inputs(struct tg_commit_unit *unit, struct tg_error *reterr);
void unit_close_tasks(struct tg_commit_unit *unit);
/* Reads the group's committed offsets, waiting for transactions that are being decided and for a broker that
 * is away. */
TG_MUST_CHECK enum tg_code unit_read_committed(struct tg_commit_unit *unit, struct tg_offset *offsets,
                                               uint32_t count, struct tg_arena *arena,
                                               struct tg_error *reterr);

bool unit_is_kafka_error(enum tg_code code);
