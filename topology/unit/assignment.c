/* Partitions that come and go: tasks are opened with the offsets and times that the group has committed,
 * restored, and closed again. The rebalance callbacks run inside the consumer's poll: an assignment is only
 * noted there and adopted by the steps, as often as that fails; a revocation commits, and what fails is kept
 * and returned by the step. */
#include "base/log.h"
#include "base/memory.h"
#include "topology/failpoint.h"
#include "topology/layout.h"
#include "topology/unit/commit_unit_internal.h"

#include <string.h>

static struct tg_task *find_task(const struct tg_commit_unit *unit, const struct tg_subtopology *subtopology,
                                 int32_t partition)
{
    for (size_t i = 0; i < unit->task_count; i++)
        if (unit->tasks[i]->subtopology == subtopology && unit->tasks[i]->partition == partition)
            return unit->tasks[i];
    return NULL;
}

static enum tg_code open_task(struct tg_commit_unit *unit, const struct tg_subtopology *subtopology,
                              int32_t partition, struct tg_task **ret_task, struct tg_error *reterr)
{
    *ret_task = find_task(unit, subtopology, partition);
    if (*ret_task != NULL)
        return TG_OK;
    struct tg_task *task = NULL;
    TG_TRY(tg_task_open(unit->query, subtopology, partition, &task, reterr));
    tg_grow((void **)&unit->tasks, &unit->task_capacity, unit->task_count + 1, sizeof task);
    unit->tasks[unit->task_count++] = task;
    *ret_task = task;
    return tg_task_bind(task, unit->producer, reterr);
}

/* Where an input begins that has no committed offset. The place is fixed now, so that an abort can come back
 * to it. */
static enum tg_code find_start(const struct tg_query *query, const struct tg_task_input *input,
                               int64_t *ret_offset, struct tg_error *reterr)
{
    /* What is in a repartition topic was read by this query before: all of it counts. */
    enum tg_offset_reset reset = input->is_internal ? TG_RESET_EARLIEST : query->settings.offset_reset;
    if (reset == TG_RESET_ERROR)
        return tg_fail(reterr, TG_CODE_OFFSET_OUT_OF_RANGE,
                       "group %s has no committed offset for %s-%d and auto.offset.reset is none",
                       query->application_id, input->topic, input->partition);
    struct tg_offset place = {
        .topic = input->topic,
        .partition = input->partition,
        .offset = reset == TG_RESET_EARLIEST ? TG_OFFSET_EARLIEST : TG_OFFSET_LATEST,
    };
    TG_TRY(tg_admin_list_offsets(query->cluster, &place, 1, TG_READ_COMMITTED,
                                 query->settings.request_timeout_ms, reterr));
    *ret_offset = place.offset;
    return TG_OK;
}

static enum tg_code check_layouts(const struct tg_query *query, const char *metadata, struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_progress progress;
    tg_progress_read(arena, metadata, &progress);
    enum tg_code code = tg_layout_check(query, &progress, reterr);
    tg_arena_free(arena);
    return code;
}

static enum tg_code adopt(struct tg_commit_unit *unit, const struct tg_topic_partition *partition,
                          const struct tg_offset *committed, struct tg_error *reterr)
{
    const struct tg_subtopology *subtopology = tg_query_reader_of(unit->query, partition->topic, NULL);
    if (subtopology == NULL)
        return tg_fail(reterr, TG_CODE_INTERNAL, "topic %s was assigned but query %s does not read it",
                       partition->topic, tg_query_id(unit->query));
    TG_TRY(check_layouts(unit->query, committed->metadata, reterr));
    struct tg_task *task = NULL;
    TG_TRY(unit_check_growth(partition, subtopology, reterr));
    TG_TRY(open_task(unit, subtopology, partition->partition, &task, reterr));
    struct tg_task_input *input = tg_task_input_of(task, partition->topic);
    input->consumer = unit->consumer;
    if (committed->offset == TG_OFFSET_NONE)
        TG_TRY(find_start(unit->query, input, &input->start_offset, reterr));
    tg_task_set_base(task, input, committed->offset, committed->metadata);
    tg_grow((void **)&unit->inputs, &unit->input_capacity, unit->input_count + 1, sizeof *unit->inputs);
    unit->inputs[unit->input_count++] =
        (struct unit_input){.task = task, .input = input, .stable_offset = -1};
    return TG_OK;
}

static enum tg_code adopt_all(struct tg_commit_unit *unit, struct tg_arena *arena, struct tg_error *reterr)
{
    uint32_t count = (uint32_t)unit->assigned_count;
    struct tg_offset *committed = tg_arena_alloc_zero(arena, count + 1, sizeof *committed);
    for (uint32_t i = 0; i < count; i++)
        committed[i] =
            (struct tg_offset){.topic = unit->assigned[i].topic, .partition = unit->assigned[i].partition};
    /* First the offsets, then the changelogs' ends: what the offsets cover is then below those ends. The call
     * waits for transactions that are being decided. */
    if (count > 0)
        TG_TRY(tg_consumer_committed(unit->consumer, committed, count,
                                     unit->query->settings.request_timeout_ms, arena, reterr));
    for (uint32_t i = 0; i < count; i++)
        TG_TRY(adopt(unit, &unit->assigned[i], &committed[i], reterr));
    for (size_t i = 0; i < unit->task_count; i++)
        tg_restore_add(unit->restore, unit->tasks[i]);
    TG_FAILPOINT("assigned");
    return TG_OK;
}

enum tg_code unit_adopt(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    enum tg_code code = unit->assigned_count == 0 ? unit_check_sources(unit, reterr) : TG_OK;
    if (code == TG_OK)
        code = adopt_all(unit, arena, reterr);
    if (code == TG_OK)
        unit->adopting = false;
    else
        unit_close_tasks(unit);
    tg_arena_free(arena);
    return code;
}

void unit_assigned(void *context, const struct tg_topic_partition *partitions, uint32_t count)
{
    struct tg_commit_unit *unit = context;
    unit->assigned_count = 0;
    tg_grow((void **)&unit->assigned, &unit->assigned_capacity, count, sizeof *unit->assigned);
    for (uint32_t i = 0; i < count; i++) {
        const struct tg_subtopology_input *input = NULL;
        /* It is there: we subscribe to nothing else. The query's text of the topic outlives the assignment.
         */
        if (tg_query_reader_of(unit->query, partitions[i].topic, &input) != NULL)
            unit->assigned[unit->assigned_count++] =
                (struct tg_topic_partition){input->topic, partitions[i].partition};
    }
    unit->adopting = true;
    tg_log_write(TG_LOG_INFO, "partitions assigned",
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                               TG_LOG_INT("worker", unit->options.worker), TG_LOG_INT("partitions", count)));
}

void unit_close_tasks(struct tg_commit_unit *unit)
{
    for (size_t i = 0; i < unit->task_count; i++) {
        tg_restore_remove(unit->restore, unit->tasks[i]);
        tg_task_counters(unit->tasks[i], &unit->closed);
        tg_task_close(unit->tasks[i]);
    }
    unit->task_count = 0;
    unit->input_count = 0;
    unit->tried_count = 0;
    unit->offset_count = 0;
    if (unit->unwritten) { /* the next owner reads it from the changelog */
        tg_state_batch_free(unit->batch);
        unit->batch = tg_state_batch_new(unit->query->state);
        unit->unwritten = false;
    }
    unit->flushing = unit->crowded = false;
    unit->unresolved = false; /* the next owner of the partitions reads from Kafka what became of it */
    __atomic_store_n(&unit->running, false, __ATOMIC_RELAXED);
}

void unit_revoked(void *context, const struct tg_topic_partition *partitions, uint32_t count, bool lost)
{
    (void)partitions; /* the assignor takes all partitions away before it gives the new ones */
    struct tg_commit_unit *unit = context;
    unit->adopting = false;
    unit->assigned_count = 0;
    if (count == 0 && unit->task_count == 0)
        return;
    TG_FAILPOINT("revoke");
    if (!lost && unit->callback_code == TG_OK)
        unit->callback_code = unit_commit_or_abandon(unit, &unit->callback_error);
    else if (unit->transaction_open)
        unit_drop_producer(unit);
    unit_close_tasks(unit);
    TG_FAILPOINT("revoked");
    tg_log_write(TG_LOG_INFO, lost ? "partitions lost" : "partitions revoked",
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(unit->query)),
                               TG_LOG_INT("worker", unit->options.worker), TG_LOG_INT("partitions", count)));
}

void unit_restart_inputs(struct tg_commit_unit *unit, const struct tg_task *task)
{
    for (size_t i = 0; i < unit->input_count; i++)
        if (unit->inputs[i].task == task)
            unit->inputs[i].started = false;
}

enum tg_code unit_start_inputs(struct tg_commit_unit *unit, struct tg_error *reterr)
{
    bool all = unit->input_count > 0;
    for (size_t i = 0; i < unit->input_count; i++) {
        struct unit_input *entry = &unit->inputs[i];
        if (entry->out_of_range && entry->input->queue_count == 0)
            TG_TRY(unit_reset_position(unit, entry, reterr));
        if (!entry->started && !entry->out_of_range && entry->task->stores_to_restore == 0) {
            TG_TRY(tg_consumer_start(unit->consumer, entry->input->topic, entry->input->partition,
                                     entry->input->position, (uint32_t)i, reterr));
            entry->started = true;
        }
        all = all && entry->started;
    }
    __atomic_store_n(&unit->running, all, __ATOMIC_RELAXED);
    return TG_OK;
}
