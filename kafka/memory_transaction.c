/* kafka/memory_transaction.c: the transaction coordinator of the memory twin, with the rules of the protocol
 * version that librdkafka speaks: the epoch grows with each init and not with each commit. */
#include "kafka/memory_internal.h"

enum { EPOCH_MAX = 32766 };

struct memory_transactional *memory_transactional_get(struct memory_cluster *cluster, const char *id)
{
    struct memory_transactional *transactional = tg_map_get(cluster->transactionals, tg_slice_text(id));
    if (transactional != NULL)
        return transactional;
    transactional = tg_alloc_zero(1, sizeof *transactional);
    transactional->id = tg_strdup(id);
    transactional->producer_id = cluster->next_producer_id++;
    transactional->epoch = -1;
    (void)tg_map_put(cluster->transactionals, tg_slice_text(id), transactional);
    return transactional;
}

void memory_transactional_free(struct memory_transactional *transactional)
{
    tg_free(transactional->partitions);
    tg_free(transactional->id);
    tg_free(transactional);
}

static void bump_epoch(struct memory_cluster *cluster, struct memory_transactional *transactional)
{
    if (transactional->epoch >= EPOCH_MAX) {
        transactional->producer_id = cluster->next_producer_id++;
        transactional->epoch = -1;
    }
    transactional->epoch++;
}

void memory_transactional_end(struct memory_cluster *cluster, struct memory_transactional *transactional,
                              bool commit)
{
    for (size_t i = 0; i < transactional->partition_count; i++) {
        const struct memory_partition *where = &transactional->partitions[i];
        memory_log_end_transaction(&where->topic->logs[where->partition], transactional->producer_id, commit,
                                   tg_clock_wall_ms(cluster->clock));
    }
    for (size_t i = 0; i < tg_map_count(cluster->groups); i++)
        memory_group_end_transaction(tg_map_value(cluster->groups, i), transactional->producer_id, commit);
    transactional->partition_count = 0;
    transactional->ongoing = false;
    memory_changed(cluster);
}

void memory_transactional_tick(struct memory_cluster *cluster, struct memory_transactional *transactional,
                               int64_t now_us)
{
    if (!transactional->ongoing || now_us - transactional->started_us <= transactional->timeout_us)
        return;
    bump_epoch(cluster, transactional); /* its producer is fenced */
    memory_transactional_end(cluster, transactional, false);
}

static void count_answered(struct memory_producer *producer, enum tg_transactional_request kind)
{
    producer->counts.sent[kind]++;
    producer->counts.answered[kind]++;
}

static void begin_at_coordinator(struct memory_producer *producer)
{
    struct memory_transactional *transactional = producer->transactional;
    producer->began = true;
    if (transactional->ongoing)
        return;
    transactional->ongoing = true;
    transactional->started_us = memory_now_us(producer->cluster);
    transactional->timeout_us = producer->timeout_us;
}

void memory_transactional_touch(struct memory_cluster *cluster, struct memory_producer *producer,
                                const struct memory_partition *where)
{
    struct memory_transactional *transactional = producer->transactional;
    (void)cluster;
    begin_at_coordinator(producer);
    for (size_t i = 0; i < transactional->partition_count; i++)
        if (memory_partition_equal(&transactional->partitions[i], where))
            return;
    tg_grow((void **)&transactional->partitions, &transactional->partition_capacity,
            transactional->partition_count + 1, sizeof *transactional->partitions);
    transactional->partitions[transactional->partition_count++] = *where;
    count_answered(producer, TG_REQUEST_ADD_PARTITIONS);
}

/* ---- the producer's calls ---- */

static void note_fault(struct memory_producer *producer, const struct tg_memory_fault *fault)
{
    bool offsets = fault->call == TG_MEMORY_CALL_SEND_OFFSETS;
    if (fault->tainted)
        producer->counts.sent[offsets ? TG_REQUEST_OFFSET_COMMIT : TG_REQUEST_END_TXN]++;
    producer->fatal = producer->fatal || fault->fatal;
}

/* Locks, counts, and lets a fault strike that stops the request before the coordinator sees it. On failure
 * the lock is gone. */
static enum tg_code enter(struct memory_producer *producer, enum tg_memory_call call,
                          struct tg_memory_fault *fault, struct tg_error *reterr)
{
    struct memory_cluster *cluster = memory_lock(&producer->cluster->base);
    if (!memory_strike(cluster, call, fault))
        fault->code = TG_OK;
    if (fault->code == TG_OK || fault->executed)
        return TG_OK;
    note_fault(producer, fault);
    memory_unlock(cluster);
    return memory_fail_fault(fault, reterr);
}

/* Unlocks; a fault that lost the answer of an executed request shows now. */
static enum tg_code leave(struct memory_producer *producer, const struct tg_memory_fault *fault,
                          enum tg_code code, struct tg_error *reterr)
{
    if (fault->code != TG_OK) {
        note_fault(producer, fault);
        code = memory_fail_fault(fault, reterr);
    }
    memory_unlock(producer->cluster);
    return code;
}

static enum tg_code init_locked(struct memory_producer *producer, struct tg_error *reterr)
{
    struct memory_transactional *transactional = producer->transactional;
    if (transactional == NULL)
        return tg_fail(reterr, TG_CODE_KAFKA,
                       "cannot initialise transactions: the producer has no transactional id");
    if (producer->state != MEMORY_FRESH)
        return tg_fail(reterr, TG_CODE_KAFKA, "cannot initialise transactions: that was done");
    if (transactional->ongoing) {
        bump_epoch(producer->cluster, transactional); /* the predecessor is fenced before it is aborted */
        memory_transactional_end(producer->cluster, transactional, false);
    }
    bump_epoch(producer->cluster, transactional);
    producer->epoch = transactional->epoch;
    producer->state = MEMORY_READY;
    return TG_OK;
}

enum tg_code memory_init_transactions(struct tg_producer *base, int timeout_ms, struct tg_error *reterr)
{
    struct memory_producer *producer = (struct memory_producer *)base;
    struct tg_memory_fault fault;
    (void)timeout_ms;
    TG_TRY(enter(producer, TG_MEMORY_CALL_INIT, &fault, reterr));
    enum tg_code code = init_locked(producer, reterr);
    if (fault.code != TG_OK)
        producer->state = MEMORY_FRESH; /* without the answer the call has to be made again */
    return leave(producer, &fault, code, reterr);
}

static enum tg_code begin_locked(struct memory_producer *producer, struct tg_error *reterr)
{
    if (producer->transactional != NULL && producer->fatal)
        return memory_check_epoch(producer, reterr);
    if (producer->state != MEMORY_READY)
        return memory_fail_wrong_state(producer, "begin a transaction", reterr);
    producer->state = MEMORY_IN_TRANSACTION;
    producer->began = false;
    producer->delivery_code = TG_OK;
    return TG_OK;
}

enum tg_code memory_begin(struct tg_producer *base, struct tg_error *reterr)
{
    struct memory_producer *producer = (struct memory_producer *)base;
    struct tg_memory_fault fault;
    TG_TRY(enter(producer, TG_MEMORY_CALL_BEGIN, &fault, reterr));
    return leave(producer, &fault, begin_locked(producer, reterr), reterr);
}

static enum tg_code check_offsets(struct memory_producer *producer,
                                  const struct tg_send_offsets_request *request, struct tg_error *reterr)
{
    const struct memory_group_metadata *metadata = (const struct memory_group_metadata *)request->metadata;
    struct memory_cluster *cluster = producer->cluster;
    TG_TRY(memory_check_epoch(producer, reterr));
    for (uint32_t i = 0; i < request->count; i++) {
        struct memory_log *log;
        TG_TRY(
            memory_find_log(cluster, request->offsets[i].topic, request->offsets[i].partition, &log, reterr));
    }
    return memory_group_check(memory_group_get(cluster, metadata->group), metadata->member_id,
                              metadata->generation, reterr);
}

static enum tg_code send_offsets_locked(struct memory_producer *producer,
                                        const struct tg_send_offsets_request *request,
                                        struct tg_error *reterr)
{
    const struct memory_group_metadata *metadata = (const struct memory_group_metadata *)request->metadata;
    struct memory_cluster *cluster = producer->cluster;
    if (producer->state != MEMORY_IN_TRANSACTION && !producer->fatal)
        return memory_fail_wrong_state(producer, "send offsets", reterr);
    enum tg_code code = check_offsets(producer, request, reterr);
    if (code != TG_OK) {
        producer->state = MEMORY_MUST_ABORT;
        return code;
    }
    begin_at_coordinator(producer);
    count_answered(producer, TG_REQUEST_ADD_OFFSETS);
    count_answered(producer, TG_REQUEST_OFFSET_COMMIT);
    for (uint32_t i = 0; i < request->count; i++) {
        const struct tg_offset *offset = &request->offsets[i];
        struct memory_committed entry = {
            .where = {tg_map_get(cluster->topics, tg_slice_text(offset->topic)), offset->partition},
            .offset = offset->offset,
            .leader_epoch = offset->leader_epoch,
            .metadata = (char *)offset->metadata, /* copied */
            .producer_id = producer->transactional->producer_id,
        };
        memory_group_add_pending(cluster, memory_group_get(cluster, metadata->group), &entry);
    }
    return TG_OK;
}

enum tg_code memory_send_offsets(struct tg_producer *base, const struct tg_send_offsets_request *request,
                                 struct tg_error *reterr)
{
    struct memory_producer *producer = (struct memory_producer *)base;
    struct tg_memory_fault fault;
    TG_TRY(enter(producer, TG_MEMORY_CALL_SEND_OFFSETS, &fault, reterr));
    return leave(producer, &fault, send_offsets_locked(producer, request, reterr), reterr);
}

/* The EndTxn request is held on the network: see kafka/memory.h. */
static enum tg_code hold(struct memory_producer *producer, bool *ret_goes_on, struct tg_error *reterr)
{
    struct memory_transactional *transactional = producer->transactional;
    transactional->hold_next = false;
    transactional->held = true;
    transactional->held_epoch = producer->epoch;
    producer->counts.sent[TG_REQUEST_END_TXN]++;
    *ret_goes_on = transactional->hold_how == TG_MEMORY_HOLD_RESENT;
    if (*ret_goes_on)
        return TG_OK;
    (void)tg_fail(reterr, TG_CODE_KAFKA_TIMED_OUT, "cannot commit the transaction: no answer in time");
    if (reterr != NULL)
        reterr->retriable = true;
    return TG_CODE_KAFKA_TIMED_OUT;
}

static enum tg_code commit_locked(struct memory_producer *producer, struct tg_error *reterr)
{
    struct memory_transactional *transactional = producer->transactional;
    if (producer->fatal)
        return memory_check_epoch(producer, reterr);
    if (producer->state == MEMORY_MUST_ABORT && producer->delivery_code != TG_OK)
        return producer->base.kind->delivery_status(&producer->base, reterr);
    if (producer->state != MEMORY_IN_TRANSACTION)
        return memory_fail_wrong_state(producer, "commit", reterr);
    if (!transactional->ongoing && producer->epoch == transactional->epoch) {
        /* empty: no request is sent; or a late request has committed it already, which the coordinator takes
         * for a repetition */
        producer->state = MEMORY_READY;
        return TG_OK;
    }
    if (transactional->hold_next) {
        bool goes_on;
        enum tg_code code = hold(producer, &goes_on, reterr);
        if (!goes_on)
            return code;
    }
    TG_TRY(memory_check_epoch(producer, reterr));
    count_answered(producer, TG_REQUEST_END_TXN);
    memory_transactional_end(producer->cluster, transactional, true);
    producer->state = MEMORY_READY;
    return TG_OK;
}

enum tg_code memory_commit_transaction(struct tg_producer *base, int timeout_ms, struct tg_error *reterr)
{
    struct memory_producer *producer = (struct memory_producer *)base;
    struct tg_memory_fault fault;
    (void)timeout_ms;
    TG_TRY(enter(producer, TG_MEMORY_CALL_COMMIT, &fault, reterr));
    return leave(producer, &fault, commit_locked(producer, reterr), reterr);
}

static enum tg_code abort_locked(struct memory_producer *producer, struct tg_error *reterr)
{
    if (producer->fatal)
        return memory_check_epoch(producer, reterr);
    if (producer->state != MEMORY_IN_TRANSACTION && producer->state != MEMORY_MUST_ABORT)
        return memory_fail_wrong_state(producer, "abort", reterr);
    TG_TRY(memory_check_epoch(producer, reterr));
    if (producer->began && !producer->transactional->ongoing) {
        producer->fatal = true;
        (void)tg_fail(reterr, TG_CODE_KAFKA, "cannot abort the transaction: it was ended by a late request");
        if (reterr != NULL)
            reterr->fatal = true;
        return TG_CODE_KAFKA;
    }
    if (producer->transactional->ongoing) {
        count_answered(producer, TG_REQUEST_END_TXN);
        memory_transactional_end(producer->cluster, producer->transactional, false);
    }
    producer->state = MEMORY_READY;
    producer->delivery_code = TG_OK;
    return TG_OK;
}

enum tg_code memory_abort_transaction(struct tg_producer *base, int timeout_ms, struct tg_error *reterr)
{
    struct memory_producer *producer = (struct memory_producer *)base;
    struct tg_memory_fault fault;
    (void)timeout_ms;
    TG_TRY(enter(producer, TG_MEMORY_CALL_ABORT, &fault, reterr));
    return leave(producer, &fault, abort_locked(producer, reterr), reterr);
}

void memory_request_counts(const struct tg_producer *base, struct tg_request_counts *ret_counts)
{
    const struct memory_producer *producer = (const struct memory_producer *)base;
    *ret_counts = producer->counts;
}
