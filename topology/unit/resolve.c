/* The outcome of a transaction, found out. An error of a commit call proves nothing (most such transactions
 * were committed), and a success proves nothing either while a request is on its way without an answer. So: a
 * new producer of the same transactional id (its initialisation completes a decided commit, aborts an open
 * transaction, and fences every stray request of the old one), then the group's committed offsets, whose
 * metadata says who committed them. Until that is known the unit polls, processes and commits nothing; it
 * takes as many steps as Kafka needs. */
#include "base/log.h"
#include "base/memory.h"
#include "topology/failpoint.h"
#include "topology/unit/commit_unit_internal.h"

#include <string.h>

enum { INIT_MS = 5000, FENCED_WINDOW_US = 60 * 1000 * 1000 };

bool unit_is_kafka_error(enum tg_code code)
{
    return code == TG_CODE_REGISTRY_UNREACHABLE || code == TG_CODE_KAFKA || code == TG_CODE_KAFKA_TIMED_OUT ||
           code == TG_CODE_KAFKA_UNREACHABLE || code == TG_CODE_KAFKA_FENCED ||
           code == TG_CODE_COMMIT_UNKNOWN;
}

/* ---- the producer ---- */

void unit_drop_producer(struct tg_commit_unit *unit)
{
    unit->producer_ready = false;
    unit->transaction_open = false;
    tg_producer_close(TG_MOVE(unit->producer));
}

static enum tg_code open_producer(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    if (unit->producer != NULL)
        return TG_OK; /* its initialisation may be called again */
    const struct tg_producer_options options = {
        .transactional_id = unit->query->settings.exactly_once ? unit->transactional_id : NULL,
        .client_id = unit->transactional_id,
        .transaction_timeout_ms = unit->query->settings.transaction_timeout_ms,
        .linger_ms = -1,
        .queue_bytes_max = unit->query->settings.producer_queue_bytes,
        .stop = unit->options.stop,
        .overrides = unit->query->producer_overrides,
    };
    return tg_producer_open(unit->query->cluster, &options, &unit->producer, reterr);
}

enum tg_code unit_renew_producer(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    TG_TRY(open_producer(unit, reterr));
    if (unit->query->settings.exactly_once) {
        enum tg_code code = tg_producer_init_transactions(unit->producer, INIT_MS, reterr);
        if (code != TG_OK && !reterr->retriable)
            unit_drop_producer(unit);
        TG_TRY(code);
    }
    for (size_t i = 0; i < unit->task_count; i++)
        TG_TRY(tg_task_bind(unit->tasks[i], unit->producer, reterr));
    unit->producer_ready = true;
    return TG_OK;
}

/* ---- an unknown outcome ---- */

enum tg_code unit_check_clash(struct tg_commit_unit *unit, const struct tg_error *cause,
                              struct tg_error *reterr)
{
    if (cause->code != TG_CODE_KAFKA_FENCED || !cause->fatal) /* a generation that is over is no clash */
        return TG_OK;
    int64_t now = unit_now_us(unit);
    memmove(unit->fenced_us, unit->fenced_us + 1, (FENCED_MAX - 1) * sizeof *unit->fenced_us);
    unit->fenced_us[FENCED_MAX - 1] = now;
    if (++unit->fenced_count < FENCED_MAX || now - unit->fenced_us[0] > FENCED_WINDOW_US)
        return TG_OK;
    tg_fail(reterr, TG_CODE_KAFKA_FENCED,
            "transactional id %s was taken over %d times within a minute: another process uses it",
            unit->transactional_id, FENCED_MAX);
    return tg_fail_hint(reterr,
                        "give each process its own state.dir, and do not copy one to another machine");
}

/* The broker refuses the same thing again and again (a record too large, a time it does not accept, a right
 * that is missing): no repetition will help. */
static enum tg_code check_refusals(struct tg_commit_unit *unit, const struct tg_error *cause,
                                   struct tg_error *reterr)
{
    if (cause->code != TG_CODE_KAFKA || cause->retriable || ++unit->refusals < REFUSALS_MAX)
        return TG_OK;
    *reterr = *cause;
    (void)tg_fail_context(reterr, "%d transactions in a row were refused", REFUSALS_MAX);
    return tg_fail_hint(reterr, "see what the sink and changelog topics accept (max.message.bytes, "
                                "message.timestamp.after.max.ms, access rights)");
}

enum tg_code unit_resolve(struct tg_commit_unit *unit, const struct tg_error *cause, struct tg_error *reterr)
{
    tg_count(&unit->closed.resolves, 1);
    tg_log_error(TG_LOG_WARN, "resolving the outcome of a transaction", cause,
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                               TG_LOG_TEXT("transactional-id", unit->transactional_id)));
    unit_drop_producer(unit);
    unit->flushing = unit->crowded = false;
    unit->unresolved = true;
    /* A kept row needs a schema that the registry has yet to give: all since the last commit is taken back
     * and comes again, which is rarer than to hold every read of a store ready to wait. */
    if (cause->code == TG_CODE_REGISTRY_UNREACHABLE)
        unit->retry_us = unit_now_us(unit) + RETRY_MS * 1000;
    TG_TRY(check_refusals(unit, cause, reterr));
    return unit_check_clash(unit, cause, reterr);
}

/* ---- the verdict ---- */

enum verdict { VERDICT_COMMITTED, VERDICT_ABORTED, VERDICT_LOST };

/* `now` is what the group has committed for the input's partition. */
static enum verdict judge(const struct tg_task_input *input, const struct tg_offset *now)
{
    const char *metadata = now->metadata == NULL ? "" : now->metadata;
    if (now->offset == input->tried_offset && strcmp(metadata, input->tried_metadata) == 0)
        return VERDICT_COMMITTED;
    if (now->offset == input->committed_offset && strcmp(metadata, input->committed_metadata) == 0)
        return VERDICT_ABORTED;
    return VERDICT_LOST; /* another worker has moved on */
}

static void roll_back(struct tg_commit_unit *unit, struct tg_task *task)
{
    tg_task_rollback(task);
    unit_restart_inputs(unit, task);
}

static bool is_lost(const struct tg_task *task, const struct tg_offset *now)
{
    for (uint32_t i = 0; i < task->input_count; i++)
        if (judge(&task->inputs[i], &now[i]) == VERDICT_LOST)
            return true;
    return false;
}

static bool any_committed(const struct tg_commit_unit *unit, const struct tg_offset *now)
{
    uint32_t at = 0;
    for (size_t i = 0; i < unit->tried_count; i++)
        for (uint32_t input = 0; input < unit->tried[i]->input_count; input++)
            if (judge(&unit->tried[i]->inputs[input], &now[at++]) == VERDICT_COMMITTED)
                return true;
    return false;
}

/* Each tried task applies or rolls back. Partitions that another worker moved on were not ours any more:
 * nothing of their tasks counts, so all tasks begin again from what Kafka has. */
static enum tg_code apply_verdict(struct tg_commit_unit *unit, const struct tg_offset *now,
                                  struct tg_error *reterr)
{
    bool committed = any_committed(unit, now), lost = false;
    size_t applied = 0;
    for (size_t i = 0; i < unit->tried_count; i++) {
        struct tg_task *task = unit->tried[i];
        if (is_lost(task, now))
            lost = true;
        else if (committed)
            unit->tried[applied++] = task;
        else
            roll_back(unit, task);
        now += task->input_count;
    }
    unit->tried_count = applied;
    tg_log_write(TG_LOG_INFO, "transaction resolved",
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                               TG_LOG_INT("transaction", (int64_t)unit->transaction),
                               TG_LOG_TEXT("outcome", committed ? "committed" : "aborted"),
                               TG_LOG_TEXT("partitions", lost ? "lost" : "ours")));
    unit->unresolved = false;
    if (committed)
        TG_TRY(unit_apply(unit, reterr));
    else
        tg_count(&unit->closed.aborts, 1);
    if (lost) {
        unit_close_tasks(unit);
        unit->adopting = true;
    }
    return TG_OK;
}

/* No offsets were sent (the trouble came while processing), or there are no transactions: back to the base.
 */
static void roll_back_all(struct tg_commit_unit *unit)
{
    for (size_t i = 0; i < unit->task_count; i++)
        if (unit->tasks[i]->stores_to_restore == 0)
            roll_back(unit, unit->tasks[i]);
    unit->tried_count = 0;
    unit->unresolved = false;
    tg_count(&unit->closed.aborts, 1);
}

enum tg_code unit_settle(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    TG_FAILPOINT("resolve");
    if (!unit->query->settings.exactly_once || unit->offset_count == 0) {
        roll_back_all(unit);
        return TG_OK;
    }
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_offset *now = tg_arena_alloc_zero(arena, unit->offset_count, sizeof *now);
    for (size_t i = 0; i < unit->offset_count; i++)
        now[i] = (struct tg_offset){.topic = unit->offsets[i].topic, .partition = unit->offsets[i].partition};
    /* Waits for transactions that are being decided. */
    enum tg_code code = tg_consumer_committed(unit->consumer, now, (uint32_t)unit->offset_count,
                                              unit->query->settings.request_timeout_ms, arena, reterr);
    TG_FAILPOINT("verdict");
    if (code == TG_OK) {
        code = apply_verdict(unit, now, reterr);
        unit->offset_count = 0;
    }
    tg_arena_free(arena);
    return code;
}
