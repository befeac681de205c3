/* The life of a commit unit: producer, group membership, and the round of restore, poll, process, commit. */
#include "topology/unit/commit_unit.h"

#include "base/log.h"
#include "base/memory.h"
#include "topology/failpoint.h"
#include "topology/unit/commit_unit_internal.h"

#include <sys/random.h>

enum { CROWDED_US = 5000 }; /* until a producer has sent some of what it holds */

struct tg_commit_unit *tg_commit_unit_new(const struct tg_commit_unit_options *options)
{
    struct tg_commit_unit *unit = tg_alloc_zero(1, sizeof *unit);
    unit->options = *options;
    unit->query = options->query;
    unit->transactional_id =
        tg_format("%s-%s-%u", unit->query->application_id, unit->query->instance, options->worker);
    uint64_t random[2];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        tg_panic(__FILE__, __LINE__, "no random bytes from the kernel");
    unit->id_high = random[0];
    unit->id_low = random[1];
    unit->restore = tg_restore_new(unit->query, options->notify_descriptor);
    unit->batch = tg_state_batch_new(unit->query->state);
    unit->messages = tg_alloc_zero(UNIT_POLL_MAX, sizeof *unit->messages);
    unit->last_commit_us = unit->written_back_us = unit->purged_us = unit_now_us(unit);
    return unit;
}

/* A query that failed leaves no transaction behind that readers of its topics would have to wait for. It was
 * never tried to be committed, and no request of it is on its way. */
static void end_transaction(struct tg_commit_unit *unit)
{
    struct tg_error error;
    if (unit->transaction_open && unit->query->settings.exactly_once &&
        !tg_producer_tainted(unit->producer) &&
        tg_producer_abort(unit->producer, unit->query->settings.request_timeout_ms, &error) != TG_OK)
        tg_log_error(TG_LOG_DEBUG, "transaction not aborted: it will time out", &error,
                     TG_LOG_FIELDS(TG_LOG_TEXT("transactional-id", unit->transactional_id)));
    unit->transaction_open = false;
}

void tg_commit_unit_free(struct tg_commit_unit *unit)
{
    if (unit == NULL)
        return;
    /* Without partitions first: the consumer's last callback then has nothing to commit. */
    unit_close_tasks(unit);
    end_transaction(unit);
    tg_producer_close(unit->producer);
    tg_consumer_close(unit->consumer);
    tg_restore_free(unit->restore);
    tg_state_batch_free(unit->batch);
    tg_free(unit->transactional_id);
    tg_free(unit->assigned);
    tg_free(unit->tasks);
    tg_free(unit->inputs);
    tg_free(unit->tried);
    tg_free(unit->offsets);
    tg_free(unit->messages);
    tg_free(unit);
}

static enum tg_code join_group(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    const struct tg_query_settings *settings = &unit->query->settings;
    const struct tg_consumer_options options = {
        .group = unit->query->application_id,
        .instance_id = unit->transactional_id, /* static: who restarts gets its partitions back at once */
        .client_id = unit->transactional_id,
        .offset_reset = TG_RESET_ERROR, /* positions are always given: see assignment.c */
        .isolation = TG_READ_COMMITTED,
        .session_timeout_ms = settings->session_timeout_ms,
        .queue_bytes_max = settings->consumer_queue_bytes,
        .overrides = unit->query->consumer_overrides,
        .listener = {.context = unit, .assigned = unit_assigned, .revoked = unit_revoked},
        .notify_descriptor = unit->options.notify_descriptor,
    };
    TG_TRY(tg_consumer_open(unit->query->cluster, &options, &unit->consumer, reterr));
    uint32_t count = 0;
    for (uint32_t i = 0; i < unit->query->subtopology_count; i++)
        count += unit->query->subtopologies[i].input_count;
    const char **topics = tg_alloc_zero(count, sizeof(char *));
    count = 0;
    for (uint32_t i = 0; i < unit->query->subtopology_count; i++)
        for (uint32_t input = 0; input < unit->query->subtopologies[i].input_count; input++)
            topics[count++] = unit->query->subtopologies[i].inputs[input].topic;
    enum tg_code code = tg_consumer_subscribe(unit->consumer, topics, count, reterr);
    tg_free(topics);
    if (code != TG_OK)
        tg_consumer_close(TG_MOVE(unit->consumer));
    return code;
}

static enum tg_code take_messages(struct tg_commit_unit *unit, uint32_t count, struct tg_error *reterr)
{
    enum tg_code code = TG_OK;
    for (uint32_t i = 0; i < count; i++) {
        struct tg_message *message = &unit->messages[i];
        /* Of an assignment that is gone, or fetched before the position was set back. */
        if (message->tag >= unit->input_count || !unit->inputs[message->tag].started) {
            tg_consumer_release(unit->consumer, message, 1);
            continue;
        }
        struct tg_task_input *input = unit->inputs[message->tag].input;
        if (message->kind == TG_MESSAGE_RECORD) {
            tg_task_push(input, message);
            continue;
        }
        if (message->kind == TG_MESSAGE_END)
            input->end_position = message->offset;
        else if (message->code == TG_CODE_OFFSET_OUT_OF_RANGE)
            unit_note_out_of_range(unit, &unit->inputs[message->tag]);
        else if (code == TG_OK)
            code = tg_fail(reterr, message->code, "reading %s, partition %d at offset %lld: %s", input->topic,
                           message->partition, (long long)message->offset, tg_message_error(message));
        tg_consumer_release(unit->consumer, message, 1);
    }
    return code;
}

/* The task of a sub-topology whose next row is the earliest: *ret_task is NULL if none may process. */
static enum tg_code earliest_task(const struct tg_commit_unit *unit, const struct tg_subtopology *subtopology,
                                  struct tg_task **ret_task, struct tg_error *reterr)
{
    int64_t earliest_ms = INT64_MAX;
    *ret_task = NULL;
    for (size_t i = 0; i < unit->task_count; i++) {
        struct tg_task_head head;
        if (unit->tasks[i]->subtopology != subtopology)
            continue;
        TG_TRY(tg_task_look(unit->tasks[i], &head, reterr));
        if (!head.ready || (*ret_task != NULL && head.time_ms >= earliest_ms))
            continue;
        *ret_task = unit->tasks[i];
        earliest_ms = head.time_ms;
    }
    return TG_OK;
}

static bool any_work(const struct tg_commit_unit *unit)
{
    for (size_t i = 0; i < unit->task_count; i++)
        if (tg_task_has_work(unit->tasks[i]))
            return true;
    return false;
}

/* Nothing is fetched for an input that waits for a schema: what is there already is enough to go on with. */
static enum tg_code pause_parked(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    for (size_t i = 0; i < unit->task_count; i++) {
        struct tg_task *task = unit->tasks[i];
        tg_task_unpark(task);
        for (uint32_t at = 0; at < task->input_count; at++) {
            struct tg_task_input *input = &task->inputs[at];
            if (input->is_parked == input->is_paused)
                continue;
            if (input->is_parked)
                TG_TRY(tg_consumer_pause(unit->consumer, input->topic, input->partition, reterr));
            else
                TG_TRY(tg_consumer_resume(unit->consumer, input->topic, input->partition, reterr));
            input->is_paused = input->is_parked;
        }
    }
    return TG_OK;
}

/* Runs of the tasks of a sub-topology in the order of their first row times, so that what several partitions
 * write to a repartition topic comes there about in the order of time. */
static enum tg_code process_tasks(struct tg_commit_unit *unit, bool *ret_worked, struct tg_error *reterr)
{
    unit->crowded = false;
    if (!any_work(unit))
        return TG_OK;
    TG_TRY(unit_begin(unit, reterr));
    for (uint32_t i = 0; i < unit->query->subtopology_count; i++) {
        struct tg_task *task = NULL;
        TG_TRY(earliest_task(unit, &unit->query->subtopologies[i], &task, reterr));
        while (task != NULL) {
            unit->crowded = tg_producer_crowded(unit->producer);
            if (unit->crowded) /* a full one would make the worker wait, and with it other units */
                return TG_OK;
            *ret_worked = true;
            TG_TRY(tg_task_process(task, reterr));
            TG_TRY(earliest_task(unit, &unit->query->subtopologies[i], &task, reterr));
        }
    }
    return TG_OK;
}

static uint64_t uncommitted_bytes(const struct tg_commit_unit *unit)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < unit->task_count; i++)
        for (uint32_t store = 0; store < unit->tasks[i]->store_count; store++)
            bytes += tg_store_dirty_memory(unit->tasks[i]->stores[store].store);
    return bytes;
}

static bool commit_is_due(const struct tg_commit_unit *unit)
{
    uint64_t bytes_max = unit->query->settings.uncommitted_bytes;
    if (bytes_max > 0 && uncommitted_bytes(unit) > bytes_max)
        return true;
    return unit_now_us(unit) - unit->last_commit_us >= unit->query->settings.commit_interval_ms * 1000;
}

/* After a Kafka call, or a write to a full disk, that may succeed later: the unit's next step comes after a
 * pause. */
static enum tg_code retry_later(struct tg_commit_unit *unit, enum tg_code code, struct tg_error *reterr)
{
    bool disk_full = code == TG_CODE_IO && reterr->retriable;
    /* Another worker of this process holds the state of a partition that it has lost without knowing. */
    bool held = code == TG_CODE_LOCKED && reterr->retriable;
    if (!unit_is_kafka_error(code) && !disk_full && !held &&
        !(code == TG_CODE_TOPIC_UNKNOWN && reterr->retriable))
        return code;
    uint64_t failures = ++unit->failures;
    if ((failures & (failures - 1)) == 0)
        tg_log_error(TG_LOG_WARN,
                     disk_full                              ? "state cannot be written, trying again"
                     : held                                 ? "state is held by another worker, trying again"
                     : code == TG_CODE_REGISTRY_UNREACHABLE ? "the schema registry is away, trying again"
                                                            : "Kafka call failed, trying again",
                     reterr,
                     TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                                   TG_LOG_INT("failures", (int64_t)failures)));
    unit->retry_us = unit_now_us(unit) + RETRY_MS * 1000;
    return TG_OK;
}

/* The consumer cannot go on (fenced): leaves the group; a later step joins it again. */
static enum tg_code give_up_consumer(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    const struct tg_error cause = *reterr;
    if (unit->transaction_open)
        unit_drop_producer(unit);
    unit_close_tasks(unit);
    unit->adopting = false;
    tg_consumer_close(TG_MOVE(unit->consumer));
    TG_TRY(unit_check_clash(unit, &cause, reterr));
    *reterr = cause;
    return retry_later(unit, cause.code, reterr);
}

static enum tg_code poll_failed(struct tg_commit_unit *unit, enum tg_code code, struct tg_error *reterr)
{
    if (reterr->fatal && unit_is_kafka_error(code))
        return give_up_consumer(unit, reterr);
    if (code == TG_CODE_KAFKA && !reterr->retriable)
        return code;
    return retry_later(unit, code, reterr);
}

/* The query stops at a record that it cannot process: what came before is committed, if the tasks hold
 * nothing that came behind. */
static enum tg_code stop_in_front(struct tg_commit_unit *unit, enum tg_code code, struct tg_error *reterr)
{
    const struct tg_error cause = *reterr;
    bool in_front = false;
    for (size_t i = 0; i < unit->task_count; i++)
        in_front = in_front || unit->tasks[i]->faults.in_front;
    if (in_front && unit_commit_or_abandon(unit, reterr) == TG_OK)
        unit_publish_counters(unit);
    *reterr = cause;
    return code;
}

static enum tg_code process_failed(struct tg_commit_unit *unit, enum tg_code code, struct tg_error *reterr)
{
    if (!unit_is_kafka_error(code))
        return stop_in_front(unit, code, reterr);
    if (!unit->transaction_open) /* it could not begin: nothing to resolve */
        return retry_later(unit, code, reterr);
    const struct tg_error cause = *reterr;
    return unit_resolve(unit, &cause, reterr);
}

/* Takes what the consumer has. TG_OK with unit->retry_us set: it failed, and will be tried again. */
static enum tg_code poll_consumer(struct tg_commit_unit *unit, bool *ret_worked, struct tg_error *reterr)
{
    uint32_t count = 0;
    enum tg_code code = tg_consumer_poll(unit->consumer, unit->messages, UNIT_POLL_MAX, 0, &count, reterr);
    if (unit->callback_code != TG_OK) {
        tg_consumer_release(unit->consumer, unit->messages, count);
        *reterr = unit->callback_error;
        return unit->callback_code;
    }
    *ret_worked = *ret_worked || count > 0 || unit->adopting;
    if (code == TG_OK)
        code = take_messages(unit, count, reterr);
    return code == TG_OK ? TG_OK : poll_failed(unit, code, reterr);
}

/* Reads, unless the tasks have enough that cannot be written now, and processes. */
static enum tg_code read_and_process(struct tg_commit_unit *unit, bool *ret_worked, struct tg_error *reterr)
{
    enum tg_code code = TG_OK;
    if (tg_restore_busy(unit->restore))
        code = tg_restore_step(unit->restore, ret_worked, reterr);
    if (code == TG_OK)
        code = unit_start_inputs(unit, reterr);
    if (code != TG_OK)
        return retry_later(unit, code, reterr);
    if (!unit->crowded)
        TG_TRY(poll_consumer(unit, ret_worked, reterr));
    if (unit->consumer == NULL)
        return TG_OK;
    code = pause_parked(unit, reterr);
    if (code != TG_OK)
        return retry_later(unit, code, reterr);
    if (!unit->producer_ready) /* dropped while partitions were taken away */
        return TG_OK;
    code = process_tasks(unit, ret_worked, reterr);
    if (code != TG_OK)
        return process_failed(unit, code, reterr);
    tg_producer_poll(unit->producer);
    return TG_OK;
}

/* One round with everything in place. */
static enum tg_code run_round(struct tg_commit_unit *unit, bool *ret_worked, struct tg_error *reterr)
{
    if (!unit->flushing) {
        TG_TRY(read_and_process(unit, ret_worked, reterr));
        if (unit->consumer == NULL || !unit->producer_ready || unit->retry_us > unit_now_us(unit) ||
            !commit_is_due(unit))
            return TG_OK;
        unit_watch_positions(unit);
    }
    TG_TRY(unit_commit(unit, reterr));
    *ret_worked = *ret_worked || unit->flushing;
    if (unit->flushing)
        return TG_OK;
    unit_publish_counters(unit);
    TG_TRY(unit_write_back(unit, reterr));
    unit_purge(unit);
    return TG_OK;
}

/* What a round needs: a producer, the outcome of the last transaction, membership, tasks. */
static enum tg_code get_ready(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    if (unit->unwritten)
        TG_TRY(unit_write(unit, reterr));
    if (unit->unwritten) {
        unit->retry_us = unit_now_us(unit) + RETRY_MS * 1000;
        return TG_OK;
    }
    /* The producer comes first: its initialisation ends what a predecessor left open, before any offset is
     * read. */
    if (!unit->producer_ready)
        TG_TRY(unit_renew_producer(unit, reterr));
    if (unit->unresolved)
        TG_TRY(unit_settle(unit, reterr));
    if (unit->consumer == NULL)
        TG_TRY(join_group(unit, reterr));
    return unit->adopting ? unit_adopt(unit, reterr) : TG_OK;
}

void tg_commit_unit_prepare(struct tg_commit_unit *unit)
{
    struct tg_error error = {0};
    if (unit_renew_producer(unit, &error) != TG_OK)
        unit->producer_ready = false;
}

static enum tg_code step(struct tg_commit_unit *unit, bool *ret_worked, struct tg_error *reterr)
{
    enum tg_code code = get_ready(unit, reterr);
    if (code != TG_OK)
        return retry_later(unit, code, reterr);
    if (unit->unwritten)
        return TG_OK;
    unit->failures = 0;
    TG_TRY(run_round(unit, ret_worked, reterr));
    if (unit->unresolved || !unit->producer_ready)
        *ret_worked = unit_now_us(unit) >= unit->retry_us; /* go on at once */
    return TG_OK;
}

enum tg_code tg_commit_unit_step(struct tg_commit_unit *unit, bool *ret_worked, struct tg_error *reterr)
{
    *ret_worked = false;
    if (unit_now_us(unit) < unit->retry_us || unit_must_stop(unit))
        return TG_OK;
    if (tg_state_damaged(unit->query->state)) {
        *ret_worked = true;
        return unit_recover_state(unit, reterr);
    }
    enum tg_code code = step(unit, ret_worked, reterr);
    if (code != TG_CODE_CORRUPT || !tg_state_damaged(unit->query->state))
        return code;
    tg_log_error(TG_LOG_ERROR, "the state is damaged: it is set aside and rebuilt from the changelogs",
                 reterr, TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query))));
    *ret_worked = true;
    return unit_recover_state(unit, reterr);
}

int64_t tg_commit_unit_deadline_us(const struct tg_commit_unit *unit)
{
    if (unit->crowded)
        return unit_now_us(unit) + CROWDED_US;
    int64_t commit = unit->last_commit_us + unit->query->settings.commit_interval_ms * 1000;
    return unit->retry_us > commit ? unit->retry_us : commit;
}

enum tg_code tg_commit_unit_stop(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    enum tg_code code = TG_OK;
    if (unit->consumer != NULL && unit->producer_ready)
        code = unit_commit_or_abandon(unit, reterr);
    TG_FAILPOINT("stop");
    unit_close_tasks(unit);
    unit_publish_counters(unit);
    tg_consumer_close(TG_MOVE(unit->consumer));
    tg_producer_close(TG_MOVE(unit->producer));
    unit->producer_ready = false;
    return code;
}

void unit_publish_counters(struct tg_commit_unit *unit)
{
    struct tg_counters sum = {0};
    tg_counters_add(&sum, &unit->closed);
    for (size_t i = 0; i < unit->task_count; i++)
        tg_task_counters(unit->tasks[i], &sum);
#define X(field, name, meaning) __atomic_store_n(&unit->published.field, sum.field, __ATOMIC_RELAXED);
    TG_COUNTER_LIST(X)
#undef X
}

void tg_commit_unit_counters(const struct tg_commit_unit *unit, struct tg_counters *sum)
{
    tg_counters_add(sum, &unit->published);
}

bool tg_commit_unit_running(const struct tg_commit_unit *unit)
{
    return __atomic_load_n(&unit->running, __ATOMIC_RELAXED);
}

void tg_commit_unit_each_task(const struct tg_commit_unit *unit,
                              void (*visit)(void *context, const struct tg_task *task), void *context)
{
    for (size_t i = 0; i < unit->task_count; i++)
        visit(context, unit->tasks[i]);
}
