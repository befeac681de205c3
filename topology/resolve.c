/* The outcome of a transaction, found out. An error of a commit call proves nothing (most such transactions
 * were committed), and a success proves nothing either while a request is on its way without an answer. So: a
 * new producer of the same transactional id (its initialisation completes a decided commit, aborts an open
 * transaction, and fences every stray request of the old one), then the group's committed offsets, whose
 * metadata says who committed them. */
#include "base/log.h"
#include "base/memory.h"
#include "topology/commit_unit_internal.h"
#include "topology/failpoint.h"

#include <string.h>
#include <unistd.h>

enum { INIT_MS = 5000, FENCED_WINDOW_US = 60 * 1000 * 1000 };

bool unit_is_kafka_error(enum tg_code code)
{
    return code == TG_CODE_KAFKA || code == TG_CODE_KAFKA_TIMED_OUT || code == TG_CODE_KAFKA_UNREACHABLE ||
           code == TG_CODE_KAFKA_FENCED || code == TG_CODE_COMMIT_UNKNOWN;
}

static void log_trouble(const struct tg_commit_unit *unit, const char *message, const struct tg_error *error)
{
    tg_log_error(TG_LOG_WARN, message, error,
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                               TG_LOG_TEXT("transactional-id", unit->transactional_id)));
}

static enum tg_code open_producer(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    const struct tg_producer_options options = {
        .transactional_id = unit->query->settings.exactly_once ? unit->transactional_id : NULL,
        .client_id = unit->transactional_id,
        .transaction_timeout_ms = unit->query->settings.transaction_timeout_ms,
        .linger_ms = -1,
        .overrides = unit->query->producer_overrides,
    };
    TG_TRY(tg_producer_open(unit->query->cluster, &options, &unit->producer, reterr));
    if (!unit->query->settings.exactly_once)
        return TG_OK;
    enum tg_code code = TG_OK;
    do {
        code = tg_producer_init_transactions(unit->producer, INIT_MS, reterr);
    } while (code != TG_OK && reterr->retriable && !unit_must_stop(unit));
    return code;
}

enum tg_code unit_renew_producer(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    unit->producer_ready = false;
    unit->transaction_open = false;
    for (uint32_t attempt = 0;; attempt++) {
        tg_producer_close(TG_MOVE(unit->producer));
        enum tg_code code = open_producer(unit, reterr);
        if (code == TG_OK)
            break;
        if (!unit_is_kafka_error(code))
            return code;
        if (unit_must_stop(unit))
            return tg_fail(
                reterr, TG_CODE_SHUTDOWN,
                "asked to stop while a transaction was being resolved; the next start resolves it");
        if ((attempt & (attempt + 1)) == 0)
            log_trouble(unit, "no transactional producer yet, trying again", reterr);
        usleep(RETRY_MS * 1000);
    }
    unit->producer_ready = true;
    for (size_t i = 0; i < unit->task_count; i++)
        TG_TRY(tg_task_bind(unit->tasks[i], unit->producer, reterr));
    return TG_OK;
}

enum tg_code unit_read_committed(struct tg_commit_unit *unit, struct tg_offset *offsets, uint32_t count,
                                 struct tg_arena *arena, struct tg_error *reterr)
{
    for (;;) {
        enum tg_code code = tg_consumer_committed(unit->consumer, offsets, count,
                                                  unit->query->settings.request_timeout_ms, arena, reterr);
        if (code == TG_OK || !unit_is_kafka_error(code))
            return code;
        if (unit_must_stop(unit))
            return tg_fail(reterr, TG_CODE_SHUTDOWN,
                           "asked to stop while the committed offsets were being read");
        log_trouble(unit, "committed offsets cannot be read yet, trying again", reterr);
    }
}

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

/* Three times fenced within a minute: somebody else lives with our transactional id. */
static enum tg_code check_clash(struct tg_commit_unit *unit, const struct tg_error *cause,
                                struct tg_error *reterr)
{
    if (cause->code != TG_CODE_KAFKA_FENCED)
        return TG_OK;
    int64_t now = unit_now_us(unit), oldest = unit->fenced_us[0];
    memmove(unit->fenced_us, unit->fenced_us + 1, (FENCED_MAX - 1) * sizeof *unit->fenced_us);
    unit->fenced_us[FENCED_MAX - 1] = now;
    if (oldest == 0 || now - oldest > FENCED_WINDOW_US)
        return TG_OK;
    tg_fail(reterr, TG_CODE_KAFKA_FENCED,
            "transactional id %s was taken over %d times within a minute: another process uses it",
            unit->transactional_id, FENCED_MAX);
    return tg_fail_hint(reterr,
                        "give each process its own state.dir, and do not copy one to another machine");
}

static enum tg_code seek_to_base(struct tg_commit_unit *unit, struct tg_task *task, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < task->input_count; i++) {
        const struct tg_task_input *input = &task->inputs[i];
        const struct tg_offset target = {.topic = input->topic,
                                         .partition = input->partition,
                                         .offset = input->position,
                                         .leader_epoch = -1};
        TG_TRY(
            tg_consumer_seek(unit->consumer, &target, 1, unit->query->settings.request_timeout_ms, reterr));
    }
    return TG_OK;
}

/* A partition that another worker moved on: nothing of ours counts any more; its state is restored before the
 * next use. */
static enum tg_code start_over(struct tg_commit_unit *unit, struct tg_task *task, const struct tg_offset *now,
                               struct tg_error *reterr)
{
    tg_task_rollback(task);
    for (uint32_t i = 0; i < task->input_count; i++)
        tg_task_set_base(task, &task->inputs[i], now[i].offset, now[i].metadata);
    TG_TRY(tg_restore_add(unit->restore, task, reterr));
    return seek_to_base(unit, task, reterr);
}

static enum tg_code settle(struct tg_commit_unit *unit, const struct tg_offset *now, struct tg_error *reterr)
{
    bool committed = false;
    uint32_t at = 0;
    for (size_t i = 0; i < unit->tried_count; i++)
        for (uint32_t input = 0; input < unit->tried[i]->input_count; input++)
            committed = committed || judge(&unit->tried[i]->inputs[input], &now[at++]) == VERDICT_COMMITTED;
    at = 0;
    size_t applied = 0;
    for (size_t i = 0; i < unit->tried_count; i++) {
        struct tg_task *task = unit->tried[i];
        bool lost = false;
        for (uint32_t input = 0; input < task->input_count; input++)
            lost = lost || judge(&task->inputs[input], &now[at + input]) == VERDICT_LOST;
        if (lost) {
            TG_TRY(start_over(unit, task, now + at, reterr));
        } else if (committed) {
            unit->tried[applied++] = task;
        } else {
            tg_task_rollback(task);
            TG_TRY(seek_to_base(unit, task, reterr));
        }
        at += task->input_count;
    }
    tg_log_write(TG_LOG_INFO, "transaction resolved",
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                               TG_LOG_INT("transaction", (int64_t)unit->transaction),
                               TG_LOG_TEXT("outcome", committed ? "committed" : "aborted")));
    unit->tried_count = applied;
    if (committed)
        return unit_apply(unit, reterr);
    tg_count(&unit->closed.aborts, 1);
    return TG_OK;
}

/* Nothing was tried (the trouble came while processing), or there are no transactions: back to the base. */
static enum tg_code roll_back_all(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    for (size_t i = 0; i < unit->task_count; i++) {
        if (unit->tasks[i]->stores_to_restore > 0)
            continue;
        tg_task_rollback(unit->tasks[i]);
        TG_TRY(seek_to_base(unit, unit->tasks[i], reterr));
    }
    unit->tried_count = 0;
    tg_count(&unit->closed.aborts, 1);
    return TG_OK;
}

enum tg_code unit_resolve(struct tg_commit_unit *unit, const struct tg_error *cause, struct tg_error *reterr)
{
    tg_count(&unit->closed.resolves, 1);
    log_trouble(unit, "resolving the outcome of a transaction", cause);
    TG_TRY(check_clash(unit, cause, reterr));
    TG_FAILPOINT("resolve");
    TG_TRY(unit_renew_producer(unit, reterr));
    if (!unit->query->settings.exactly_once || unit->offset_count == 0)
        return roll_back_all(unit, reterr);
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_offset *now = tg_arena_alloc_zero(arena, unit->offset_count, sizeof *now);
    for (size_t i = 0; i < unit->offset_count; i++)
        now[i] = (struct tg_offset){.topic = unit->offsets[i].topic, .partition = unit->offsets[i].partition};
    enum tg_code code = unit_read_committed(unit, now, (uint32_t)unit->offset_count, arena, reterr);
    TG_FAILPOINT("verdict");
    if (code == TG_OK)
        code = settle(unit, now, reterr);
    tg_arena_free(arena);
    unit->offset_count = 0;
    return code;
}
