/* The life of a commit unit: producer, group membership, and the round of restore, poll, process, commit. */
#include "topology/commit_unit.h"

#include "base/log.h"
#include "base/memory.h"
#include "topology/commit_unit_internal.h"
#include "topology/failpoint.h"

#include <sys/random.h>

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
    unit->restore = tg_restore_new(unit->query);
    unit->batch = tg_state_batch_new(unit->query->state);
    unit->messages = tg_alloc_zero(UNIT_POLL_MAX, sizeof *unit->messages);
    unit->last_commit_us = unit_now_us(unit);
    return unit;
}

void tg_commit_unit_free(struct tg_commit_unit *unit)
{
    if (unit == NULL)
        return;
    /* Without partitions first: the consumer's last callback then has nothing to commit. */
    unit->transaction_open = false;
    unit_close_tasks(unit);
    tg_producer_close(unit->producer);
    tg_consumer_close(unit->consumer);
    tg_restore_free(unit->restore);
    tg_state_batch_free(unit->batch);
    tg_free(unit->transactional_id);
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
        .overrides = unit->query->consumer_overrides,
        .listener = {.context = unit, .assigned = unit_assigned, .revoked = unit_revoked},
        .notify_descriptor = unit->options.notify_descriptor,
    };
    TG_TRY(tg_consumer_open(unit->query->cluster, &options, &unit->consumer, reterr));
    const struct tg_subtopology *subtopology = &unit->query->subtopologies[0];
    const char **topics = tg_alloc_zero(subtopology->source_count, sizeof(char *));
    for (uint32_t i = 0; i < subtopology->source_count; i++)
        topics[i] = tg_subtopology_topic(subtopology, i);
    enum tg_code code = tg_consumer_subscribe(unit->consumer, topics, subtopology->source_count, reterr);
    tg_free(topics);
    return code;
}

static enum tg_code take_messages(struct tg_commit_unit *unit, uint32_t count, struct tg_error *reterr)
{
    enum tg_code code = TG_OK;
    for (uint32_t i = 0; i < count; i++) {
        struct tg_message *message = &unit->messages[i];
        if (message->tag >= unit->input_count) { /* of an assignment that is gone */
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
        else if (code == TG_OK)
            code = tg_fail(reterr, message->code, "reading %s, partition %d at offset %lld: %s", input->topic,
                           message->partition, (long long)message->offset, tg_message_error(message));
        tg_consumer_release(unit->consumer, message, 1);
    }
    return code;
}

static enum tg_code process_tasks(struct tg_commit_unit *unit, bool *ret_worked, struct tg_error *reterr)
{
    for (size_t i = 0; i < unit->task_count; i++) {
        while (tg_task_has_work(unit->tasks[i])) {
            *ret_worked = true;
            TG_TRY(unit_begin(unit, reterr));
            TG_TRY(tg_task_process(unit->tasks[i], reterr));
        }
    }
    return TG_OK;
}

static bool commit_is_due(const struct tg_commit_unit *unit)
{
    return unit_now_us(unit) - unit->last_commit_us >= unit->query->settings.commit_interval_ms * 1000;
}

/* One round with everything in place. */
static enum tg_code run_round(struct tg_commit_unit *unit, bool *ret_worked, struct tg_error *reterr)
{
    if (tg_restore_busy(unit->restore))
        TG_TRY(tg_restore_step(unit->restore, ret_worked, reterr));
    TG_TRY(unit_start_inputs(unit, reterr));
    uint32_t count = 0;
    enum tg_code polled = tg_consumer_poll(unit->consumer, unit->messages, UNIT_POLL_MAX, 0, &count, reterr);
    if (polled != TG_OK && reterr->fatal) {
        tg_fail_context(reterr, "the group membership %s is lost for good", unit->transactional_id);
        tg_fail_hint(reterr,
                     "another process uses the same state.dir or a copy of it: give each process its own");
        unit->consumer_lost = true;
    }
    TG_TRY(polled);
    if (unit->callback_code != TG_OK) {
        tg_consumer_release(unit->consumer, unit->messages, count);
        *reterr = unit->callback_error;
        return unit->callback_code;
    }
    *ret_worked = *ret_worked || count > 0;
    TG_TRY(take_messages(unit, count, reterr));
    TG_TRY(process_tasks(unit, ret_worked, reterr));
    if (unit->producer != NULL)
        tg_producer_poll(unit->producer);
    if (!commit_is_due(unit))
        return TG_OK;
    TG_TRY(unit_commit(unit, reterr));
    unit_publish_counters(unit);
    return TG_OK;
}

/* What a Kafka error of a round means: a transaction under way is resolved; otherwise the round is tried
 * again after a pause. */
static enum tg_code recover(struct tg_commit_unit *unit, enum tg_code code, struct tg_error *reterr)
{
    if (!unit_is_kafka_error(code) || unit->consumer_lost)
        return code;
    const struct tg_error cause = *reterr;
    unit->callback_code = TG_OK;
    if (unit->transaction_open)
        return unit_resolve(unit, &cause, reterr);
    if (!cause.retriable && code == TG_CODE_KAFKA)
        return code;
    tg_log_error(TG_LOG_WARN, "Kafka call failed, trying again", &cause,
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query))));
    unit->retry_us = unit_now_us(unit) + RETRY_MS * 1000;
    return TG_OK;
}

void tg_commit_unit_prepare(struct tg_commit_unit *unit)
{
    struct tg_error error = {0};
    if (unit_renew_producer(unit, &error) != TG_OK)
        unit->producer_ready = false;
}

enum tg_code tg_commit_unit_step(struct tg_commit_unit *unit, bool *ret_worked, struct tg_error *reterr)
{
    *ret_worked = false;
    if (unit_now_us(unit) < unit->retry_us)
        return TG_OK;
    enum tg_code code = TG_OK;
    /* The producer comes first: its initialisation ends what a predecessor left open, before any offset is
     * read. */
    if (!unit->producer_ready)
        code = unit_renew_producer(unit, reterr);
    if (code == TG_OK && unit->consumer == NULL)
        code = join_group(unit, reterr);
    if (code == TG_OK)
        code = run_round(unit, ret_worked, reterr);
    return code == TG_OK ? TG_OK : recover(unit, code, reterr);
}

int64_t tg_commit_unit_deadline_us(const struct tg_commit_unit *unit)
{
    int64_t commit = unit->last_commit_us + unit->query->settings.commit_interval_ms * 1000;
    if (unit->retry_us > commit)
        return unit->retry_us;
    return commit;
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
        tg_counters_add(&sum, &unit->tasks[i]->counters);
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
