/* One transaction of a commit unit, in the order that loses and doubles nothing:
 * operators and changelog -> flush -> offsets -> commit -> apply. */
#include "base/log.h"
#include "base/memory.h"
#include "topology/failpoint.h"
#include "topology/unit/commit_unit_internal.h"

/* How long one step of a commit waits for its records: other units of the worker wait with it. */
enum { FLUSH_FIRST_MS = 100, FLUSH_NEXT_MS = 5 };
enum { RENEW_US = 20000 };

enum tg_code unit_begin(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    if (unit->transaction_open)
        return TG_OK;
    if (unit->query->settings.exactly_once) {
        enum tg_code code = tg_producer_begin(unit->producer, reterr);
        if (code != TG_OK && unit_is_kafka_error(code))
            unit_drop_producer(unit); /* fenced, perhaps: a new one begins with the next step */
        TG_TRY(code);
    }
    unit->transaction_open = true;
    unit->transaction++;
    TG_FAILPOINT("begin");
    return TG_OK;
}

/* The tasks that have something to say. Decided before the flush, whose changes belong to them. */
static void list_tried(struct tg_commit_unit *unit)
{
    unit->tried_count = 0;
    unit->offset_count = 0;
    for (size_t i = 0; i < unit->task_count; i++) {
        struct tg_task *task = unit->tasks[i];
        if (task->stores_to_restore > 0 || !tg_task_commit_needed(task))
            continue;
        tg_grow((void **)&unit->tried, &unit->tried_capacity, unit->tried_count + 1,
                sizeof(struct tg_task *));
        unit->tried[unit->tried_count++] = task;
    }
}

static int64_t flush_time_us(const struct tg_commit_unit *unit)
{
    const struct tg_query_settings *settings = &unit->query->settings;
    int timeout_ms = unit_must_stop(unit) ? settings->request_timeout_ms : settings->transaction_timeout_ms;
    return timeout_ms * 1000LL;
}

static enum tg_code flush_tasks(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    for (size_t i = 0; i < unit->tried_count; i++)
        TG_TRY(tg_task_flush(unit->tried[i], reterr));
    TG_FAILPOINT("before-flush");
    unit->flushing = true;
    unit->flush_until_us = unit_now_us(unit) + flush_time_us(unit);
    return TG_OK;
}

/* Offsets go last: an early commit can then never cover offsets without their outputs. unit->flushing stays
 * while records are on their way after `wait_ms`. */
static enum tg_code flush_producer(struct tg_commit_unit *unit, int64_t wait_ms, struct tg_error *reterr)
{
    int64_t left_ms = (unit->flush_until_us - unit_now_us(unit)) / 1000;
    bool is_last = left_ms <= wait_ms;
    int timeout_ms = (int)(is_last ? (left_ms < 1 ? 1 : left_ms) : wait_ms);
    enum tg_code code = tg_producer_flush(unit->producer, timeout_ms, reterr);
    struct tg_error undelivered;
    if (code == TG_CODE_KAFKA_TIMED_OUT && !is_last &&
        tg_producer_delivery_status(unit->producer, &undelivered) == TG_OK)
        return TG_OK;
    unit->flushing = false;
    TG_TRY(code);
    TG_FAILPOINT("after-flush");
    return tg_producer_delivery_status(unit->producer, reterr);
}

static enum tg_code collect_offsets(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    const struct tg_progress evidence = {
        .worker_high = unit->id_high, .worker_low = unit->id_low, .transaction = unit->transaction};
    unit->offset_count = 0;
    for (size_t i = 0; i < unit->tried_count; i++) {
        struct tg_task *task = unit->tried[i];
        tg_grow((void **)&unit->offsets, &unit->offset_capacity, unit->offset_count + task->input_count,
                sizeof *unit->offsets);
        TG_TRY(tg_task_offsets(task, &evidence, unit->offsets + unit->offset_count, reterr));
        unit->offset_count += task->input_count;
    }
    return TG_OK;
}

static enum tg_code send_offsets(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    struct tg_group_metadata *metadata = NULL;
    TG_TRY(tg_consumer_group_metadata(unit->consumer, &metadata,
                                      reterr)); /* fresh: its generation fences zombies */
    enum tg_code code = tg_producer_send_offsets(unit->producer, unit->offsets, (uint32_t)unit->offset_count,
                                                 metadata, unit->query->settings.request_timeout_ms, reterr);
    tg_group_metadata_free(metadata);
    return code;
}

static enum tg_code commit_transaction(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    TG_TRY(send_offsets(unit, reterr));
    TG_FAILPOINT("after-send-offsets");
    if (tg_producer_tainted(unit->producer)) /* saves a doubtful commit: the resolve aborts it */
        return tg_fail(reterr, TG_CODE_COMMIT_UNKNOWN,
                       "a request of the transaction was not answered before the commit");
    TG_FAILPOINT("before-commit");
    TG_TRY(tg_producer_commit(unit->producer, unit->query->settings.request_timeout_ms, reterr));
    TG_FAILPOINT("after-commit");
    if (tg_producer_tainted(unit->producer))
        return tg_fail(reterr, TG_CODE_COMMIT_UNKNOWN, "a request of the transaction was not answered");
    return TG_OK;
}

enum tg_code unit_write(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    enum tg_code code = tg_state_batch_apply(unit->batch, reterr);
    bool was_full = unit->unwritten;
    unit->unwritten = code == TG_CODE_IO && reterr->retriable;
    if (!unit->unwritten)
        return code;
    if (!was_full)
        tg_log_error(TG_LOG_WARN, "state cannot be written: the query waits until it can be", reterr,
                     TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query))));
    return TG_OK;
}

enum tg_code unit_apply(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    for (size_t i = 0; i < unit->tried_count; i++)
        tg_task_committed(unit->tried[i], unit->batch);
    TG_FAILPOINT("before-apply");
    enum tg_code code = unit_write(unit, reterr);
    TG_FAILPOINT("after-apply");
    tg_count(&unit->closed.commits, 1);
    unit->tried_count = 0;
    unit->offset_count = 0;
    unit->transaction_open = false;
    unit->refusals = 0;
    return code;
}

enum tg_code unit_recover_state(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    struct tg_state *state = unit->query->state;
    uint64_t stores = 0;
    for (size_t i = 0; i < unit->task_count; i++)
        stores += unit->tasks[i]->store_count;
    tg_count(&unit->closed.state_rebuilt, stores);
    if (unit->transaction_open)
        unit_drop_producer(unit);
    unit->adopting = unit->adopting || unit->task_count > 0;
    unit_close_tasks(unit);
    tg_state_batch_free(unit->batch); /* what it holds is of the damaged database, and in the changelogs */
    unit->batch = tg_state_batch_new(state);
    unit->callback_code = TG_OK;
    bool renewed = false;
    enum tg_code code = tg_state_renew(state, &renewed, reterr);
    if (renewed) {
        const char *kept = tg_state_set_aside(state);
        tg_log_write(TG_LOG_ERROR, "state was damaged: set aside, to be rebuilt from the changelogs",
                     TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                                   TG_LOG_TEXT("kept", kept == NULL ? "nowhere: in memory" : kept)));
    }
    if (code == TG_OK || !reterr->retriable)
        return code;
    unit->retry_us = unit_now_us(unit) + RENEW_US; /* other units close their stores with their next step */
    return TG_OK;
}

/* Stores keep committed entries in their tables for a while. Now and then they go to RocksDB and its files,
 * so that a crash never replays more than a few minutes of the changelog. */
enum tg_code unit_write_back(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    uint64_t commits = unit->closed.commits;
    if (unit->unresolved || commits == unit->written_back_commits ||
        unit_now_us(unit) - unit->written_back_us < WRITE_BACK_US)
        return TG_OK;
    unit->written_back_commits = commits;
    unit->written_back_us = unit_now_us(unit);
    size_t stores = 0;
    for (size_t i = 0; i < unit->task_count; i++)
        for (uint32_t store = 0;
             unit->tasks[i]->stores_to_restore == 0 && store < unit->tasks[i]->store_count; store++) {
            tg_store_write_back(unit->tasks[i]->stores[store].store, unit->batch);
            stores++;
        }
    if (stores == 0)
        return TG_OK;
    TG_TRY(unit_write(unit, reterr));
    if (unit->unwritten)
        return TG_OK;
    enum tg_code code = tg_state_flush(unit->query->state, reterr);
    return code == TG_CODE_IO && reterr->retriable ? TG_OK : code; /* RocksDB flushes when there is room */
}

/* Unless it is flushing already: begins. TG_OK with unit->flushing: to be called again. */
static enum tg_code try_commit(struct tg_commit_unit *unit, int64_t wait_ms, struct tg_error *reterr)
{
    if (!unit->flushing) {
        TG_TRY(unit_begin(unit, reterr)); /* positions alone may have moved */
        TG_TRY(flush_tasks(unit, reterr));
    }
    TG_TRY(flush_producer(unit, wait_ms, reterr));
    if (unit->flushing)
        return TG_OK;
    TG_TRY(collect_offsets(unit, reterr));
    if (unit->query->settings.exactly_once)
        return commit_transaction(unit, reterr);
    TG_FAILPOINT("before-commit");
    TG_TRY(tg_consumer_commit(unit->consumer, unit->offsets, (uint32_t)unit->offset_count, reterr));
    TG_FAILPOINT("after-commit");
    return TG_OK;
}

/* Is there something to commit? Lists it. */
static bool prepare_commit(struct tg_commit_unit *unit)
{
    list_tried(unit);
    return unit->tried_count > 0 || unit->transaction_open;
}

enum tg_code unit_commit_or_abandon(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    if (unit->unresolved || !unit->producer_ready || (!unit->flushing && !prepare_commit(unit)))
        return TG_OK;
    enum tg_code code = try_commit(unit, flush_time_us(unit) / 1000, reterr);
    if (code == TG_OK &&
        unit->flushing) /* since before the stop, or the time is over: nothing more is waited for */
        code = tg_fail(reterr, TG_CODE_KAFKA_TIMED_OUT, "the records of the transaction are not delivered");
    unit->flushing = false;
    if (code == TG_OK)
        return unit_apply(unit, reterr);
    unit->tried_count = 0;
    unit->offset_count = 0;
    if (!unit_is_kafka_error(code))
        return code;
    unit_drop_producer(unit);
    return TG_OK;
}

enum tg_code unit_commit(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    bool goes_on = unit->flushing;
    unit->last_commit_us = unit_now_us(unit);
    if (!goes_on && !prepare_commit(unit))
        return TG_OK;
    enum tg_code code = try_commit(unit, goes_on ? FLUSH_NEXT_MS : FLUSH_FIRST_MS, reterr);
    if (code == TG_OK)
        return unit->flushing ? TG_OK : unit_apply(unit, reterr);
    unit->flushing = false;
    if (!unit_is_kafka_error(code))
        return code;
    const struct tg_error cause = *reterr;
    return unit_resolve(unit, &cause, reterr);
}
