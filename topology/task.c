#include "topology/task.h"

#include "base/memory.h"
#include "plan/node.h"

#include <string.h>

enum { QUEUE_START = 2048 }; /* a power of two, and so are its doubles: a slot is found without a division */

static const char **name_progress(const struct tg_task *task, const struct tg_operator *self)
{
    uint32_t count = tg_operator_progress_count(self->kind);
    const char **names = tg_arena_alloc_zero(task->arena, count + 1, sizeof(char *));
    for (uint32_t i = 0; i < count; i++)
        names[i] = i == 0 ? self->node->step : tg_arena_printf(task->arena, "%s.%u", self->node->step, i);
    return names;
}

/* Each operator's output goes to its only consumer, which comes after it. */
static void make_operators(struct tg_task *task)
{
    const struct tg_subtopology *subtopology = task->subtopology;
    uint32_t count = subtopology->operator_count;
    task->operators = tg_arena_alloc_zero(task->arena, count, sizeof(struct tg_operator *));
    task->operator_count = count;
    uint32_t store_count = 0;
    for (uint32_t i = count; i-- > 0;) {
        const struct tg_subtopology_operator *planned = &subtopology->operators[i];
        const struct tg_operator_kind *kind = tg_operator_kind_planned(planned);
        TG_ASSERT(kind != NULL); /* tg_query_open refused the plan otherwise */
        struct tg_operator *instance = tg_arena_alloc_zero(task->arena, 1, kind->instance_size);
        *instance = (struct tg_operator){
            .kind = kind,
            .node = planned->node,
            .planned = planned,
            .task = task,
            .inputs = tg_arena_alloc_zero(task->arena, planned->node->input_count + 1,
                                          sizeof(struct tg_operator *)),
        };
        task->operators[i] = instance;
        instance->progress_names = name_progress(task, instance);
        for (uint32_t role = 0; tg_operator_store_role(planned, role) != NULL; role++)
            store_count++;
        if (planned->output == TG_NO_OPERATOR)
            continue;
        instance->output = task->operators[planned->output];
        instance->output_input = planned->output_input;
        instance->output->inputs[planned->output_input] = instance;
    }
    task->stores = tg_arena_alloc_zero(task->arena, store_count + 1, sizeof *task->stores);
}

/* Inputs first: what they have opened (stores, formats) is there for their consumers. */
static enum tg_code open_operators(struct tg_task *task, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < task->operator_count; i++) {
        enum tg_code code = task->operators[i]->kind->open(task->operators[i], reterr);
        if (code != TG_OK)
            return tg_fail_context(reterr, "query %s, step %s", tg_query_id(task->query),
                                   task->operators[i]->node->step);
    }
    return TG_OK;
}

/* A row of a stream meets what the tables were at its time, and that time is part of it. */
static void rank_inputs(struct tg_task *task)
{
    uint32_t rank = 0;
    for (int tables = 1; tables >= 0; tables--)
        for (uint32_t i = 0; i < task->input_count; i++)
            if (task->inputs[i].source->node->is_table == (tables != 0))
                task->inputs[i].rank = rank++;
}

static void build_inputs(struct tg_task *task)
{
    const struct tg_subtopology *subtopology = task->subtopology;
    task->input_count = subtopology->input_count;
    task->inputs = tg_arena_alloc_zero(task->arena, task->input_count, sizeof *task->inputs);
    for (uint32_t i = 0; i < task->input_count; i++)
        task->inputs[i] = (struct tg_task_input){
            .topic = subtopology->inputs[i].topic,
            .partition = task->partition,
            .is_internal = subtopology->inputs[i].is_internal,
            .is_answer = subtopology->inputs[i].is_answer,
            .source = task->operators[subtopology->inputs[i].operator_index],
            .end_position = -1,
            .leader_epoch = -1,
            .partition_time_ms = -1,
            .committed_offset = TG_OFFSET_NONE,
        };
    rank_inputs(task);
}

enum tg_code tg_task_open(const struct tg_query *query, const struct tg_subtopology *subtopology,
                          int32_t partition, struct tg_task **ret_task, struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_task *task = tg_arena_alloc_zero(arena, 1, sizeof *task);
    task->arena = arena;
    task->query = query;
    task->subtopology = subtopology;
    task->partition = partition;
    task->idle_since_us = -1;
    task->faults.stop_offset = INT64_MAX;
    task->faults.letter_offset = -1;
    make_operators(task);
    enum tg_code code = open_operators(task, reterr);
    if (code != TG_OK) {
        tg_task_close(task);
        return code;
    }
    build_inputs(task);
    *ret_task = task;
    return TG_OK;
}

static uint32_t slot_of(const struct tg_task_input *input, uint32_t index)
{
    return (input->queue_head + index) & (input->queue_capacity - 1);
}

static void drop_messages(struct tg_task_input *input, uint32_t count)
{
    while (count > 0) {
        uint32_t run = input->queue_capacity - input->queue_head;
        run = run < count ? run : count;
        tg_consumer_release(input->consumer, input->queue + input->queue_head, run);
        input->queue_head = slot_of(input, run);
        input->queue_count -= run;
        count -= run;
    }
}

void tg_task_clear_queue(struct tg_task_input *input)
{
    input->batch = NULL;
    input->batch_messages = input->batch_next = 0;
    input->is_parked = false;
    drop_messages(input, input->queue_count);
}

void tg_task_close(struct tg_task *task)
{
    if (task == NULL)
        return;
    for (uint32_t i = 0; i < task->input_count; i++) {
        tg_task_clear_queue(&task->inputs[i]);
        tg_free(task->inputs[i].queue);
    }
    for (uint32_t i = 0; i < task->operator_count; i++)
        if (task->operators[i]->kind->close != NULL)
            task->operators[i]->kind->close(task->operators[i]);
    for (uint32_t i = 0; i < task->store_count; i++)
        tg_store_close(task->stores[i].store);
    tg_arena_free(task->arena);
}

enum tg_code tg_task_bind(struct tg_task *task, struct tg_producer *producer, struct tg_error *reterr)
{
    task->producer = producer;
    for (uint32_t i = 0; i < task->store_count; i++)
        TG_TRY(tg_producer_topic(producer, task->stores[i].changelog_topic, &task->stores[i].target, reterr));
    const struct tg_fault_rules *rules = &task->query->faults;
    if (rules->dead_letter_topic != NULL)
        TG_TRY(
            tg_producer_topic(producer, rules->dead_letter_topic, &task->faults.dead_letter_target, reterr));
    if (rules->late_records_topic != NULL)
        TG_TRY(tg_producer_topic(producer, rules->late_records_topic, &task->faults.late_records_target,
                                 reterr));
    for (uint32_t i = 0; i < task->operator_count; i++)
        if (task->operators[i]->kind->bind != NULL)
            TG_TRY(task->operators[i]->kind->bind(task->operators[i], producer, reterr));
    return TG_OK;
}

struct tg_task_input *tg_task_input_of(struct tg_task *task, const char *topic)
{
    for (uint32_t i = 0; i < task->input_count; i++)
        if (strcmp(task->inputs[i].topic, topic) == 0)
            return &task->inputs[i];
    return NULL;
}

static void grow_queue(struct tg_task_input *input)
{
    uint32_t capacity = input->queue_capacity == 0 ? QUEUE_START : input->queue_capacity * 2;
    struct tg_message *queue = tg_alloc_zero(capacity, sizeof *queue);
    for (uint32_t i = 0; i < input->queue_count; i++)
        queue[i] = input->queue[slot_of(input, i)];
    tg_free(input->queue);
    input->queue = queue;
    input->queue_capacity = capacity;
    input->queue_head = 0;
}

void tg_task_push(struct tg_task_input *input, const struct tg_message *message)
{
    /* A decoded batch borrows from queued messages by value, not through the ring's slots, so the ring may
     * move. */
    if (input->queue_count == input->queue_capacity)
        grow_queue(input);
    input->queue[slot_of(input, input->queue_count++)] = *message;
}

bool tg_task_has_work(const struct tg_task *task)
{
    for (uint32_t i = 0; i < task->input_count; i++)
        if (task->inputs[i].queue_count > 0 && !task->inputs[i].is_parked)
            return task->stores_to_restore == 0;
    return false;
}

void tg_task_unpark(struct tg_task *task)
{
    for (uint32_t i = 0; i < task->input_count; i++) {
        struct tg_task_input *input = &task->inputs[i];
        if (!input->is_parked)
            continue;
        const struct tg_message *message = &input->queue[input->queue_head];
        input->is_parked =
            input->queue_count > 0 && input->source->kind->ready(input->source, &message, 1) == 0;
    }
}

/* A dead letter of a record that cannot be read is sent when it is decoded, and has to be committed with the
 * record's offset: where a commit may come within a batch, a batch is one record. */
static bool sends_letters_while_decoding(const struct tg_task *task)
{
    const enum tg_on_error *policies = task->query->faults.policies;
    return policies[TG_FAULT_DECODE] == TG_ON_ERROR_DEAD_LETTER ||
           policies[TG_FAULT_TIME] == TG_ON_ERROR_DEAD_LETTER ||
           policies[TG_FAULT_KEY] == TG_ON_ERROR_DEAD_LETTER;
}

/* Makes the input's next batch; leaves it NULL while the input is parked. */
static enum tg_code decode_next(struct tg_task *task, struct tg_task_input *input, struct tg_error *reterr)
{
    const struct tg_message *messages[TG_BATCH_ROWS_MAX];
    uint32_t limit = input->source->kind->decode_max;
    if (task->input_count > 1 && !input->is_internal && sends_letters_while_decoding(task))
        limit = 1;
    uint32_t count = input->queue_count < limit ? input->queue_count : limit;
    for (uint32_t i = 0; i < count; i++)
        messages[i] = &input->queue[slot_of(input, i)];
    if (input->source->kind->ready != NULL)
        count = input->source->kind->ready(input->source, messages, count);
    input->is_parked = count == 0;
    if (input->is_parked)
        return TG_OK;
    input->batch_messages = count;
    input->batch_next = 0;
    return input->source->kind->decode(input->source, messages, count, &input->batch, reterr);
}

/* All rows of the batch are processed: its messages are done with. */
static void finish_batch(struct tg_task_input *input)
{
    uint32_t last = slot_of(input, input->batch_messages - 1);
    input->position = input->queue[last].offset + 1;
    input->leader_epoch = input->queue[last].leader_epoch;
    drop_messages(input, input->batch_messages);
    input->batch = NULL;
    input->batch_messages = 0;
}

/* A part of the batch is processed: a commit may come before the rest. */
static void note_position(struct tg_task_input *input)
{
    input->position = input->batch->rows->offset[tg_batch_row(input->batch, input->batch_next)];
    input->leader_epoch = -1; /* of the record before: not known here */
}

static int64_t head_time(const struct tg_task_input *input)
{
    return input->batch->rows->rowtime_ms[tg_batch_row(input->batch, input->batch_next)];
}

/* Does the head of `one` come before the head of `other`? Never equal, so that the order of rows does not
 * depend on how they were fetched. */
static bool comes_first(const struct tg_task_input *one, const struct tg_task_input *other)
{
    int64_t one_ms = head_time(one);
    int64_t other_ms = head_time(other);
    return one_ms != other_ms ? one_ms < other_ms : one->rank < other->rank;
}

/* The input whose head comes first; *ret_limit: the last row time that comes before all other heads. */
static struct tg_task_input *earliest_input(struct tg_task *task, int64_t *ret_limit)
{
    struct tg_task_input *earliest = NULL;
    for (uint32_t i = 0; i < task->input_count; i++) {
        struct tg_task_input *input = &task->inputs[i];
        if (input->batch != NULL && (earliest == NULL || comes_first(input, earliest)))
            earliest = input;
    }
    *ret_limit = INT64_MAX;
    for (uint32_t i = 0; i < task->input_count; i++) {
        const struct tg_task_input *input = &task->inputs[i];
        if (input->batch == NULL || input == earliest)
            continue;
        int64_t limit = head_time(input) - (input->rank < earliest->rank);
        *ret_limit = limit < *ret_limit ? limit : *ret_limit;
    }
    return earliest;
}

static enum tg_code process_run(struct tg_task_input *input, int64_t limit_ms, struct tg_error *reterr)
{
    const struct tg_batch *batch = input->batch;
    uint32_t end = input->batch_next;
    while (end < batch->selected &&
           (end == input->batch_next || batch->rows->rowtime_ms[tg_batch_row(batch, end)] <= limit_ms)) {
        int64_t time = batch->rows->rowtime_ms[tg_batch_row(batch, end)];
        input->partition_time_ms = time > input->partition_time_ms ? time : input->partition_time_ms;
        end++;
    }
    struct tg_batch run = *batch;
    uint32_t *selection = NULL;
    if (input->batch_next > 0 || end < batch->selected) {
        run.selected = end - input->batch_next;
        if (batch->selection != NULL) {
            run.selection = batch->selection + input->batch_next;
        } else {
            selection = tg_arena_alloc(batch->arena, run.selected * sizeof *selection);
            for (uint32_t i = 0; i < run.selected; i++)
                selection[i] = input->batch_next + i;
            run.selection = selection;
        }
    }
    input->batch_next = end;
    return input->source->kind->process(input->source, 0, &run, reterr);
}

/* The query stops at a record of this input: what stands in front of it is done with, the rest is not. */
static void stop_in_front(struct tg_task_input *input)
{
    tg_task_clear_queue(input);
    input->position = input->stop.offset;
    input->end_position = -1;
    input->leader_epoch = -1;
}

static enum tg_code end_run(struct tg_task *task, struct tg_task_input *input, struct tg_error *reterr)
{
    enum tg_code code = tg_task_end_run(task, reterr);
    if (code != TG_OK && task->faults.in_front)
        stop_in_front(input);
    return code;
}

static enum tg_code decode_inputs(struct tg_task *task, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < task->input_count; i++) {
        struct tg_task_input *input = &task->inputs[i];
        while (input->batch == NULL && input->queue_count > 0) {
            tg_task_begin_run(task, input);
            TG_TRY(decode_next(task, input, reterr));
            TG_TRY(end_run(task, input, reterr));
            if (input->is_parked)
                break;
            if (input->batch->selected == 0)
                finish_batch(input);
        }
    }
    return TG_OK;
}

/* With the heads of all inputs known the results do not depend on how records were fetched. So an input that
 * has nothing now, and may have something in Kafka, is waited for; one that is at its end only for a time. */
static bool waits_for_input(struct tg_task *task)
{
    int64_t idle_ms = task->query->settings.task_idle_ms;
    bool at_end = false, behind = false;
    for (uint32_t i = 0; i < task->input_count; i++) {
        const struct tg_task_input *input = &task->inputs[i];
        if (input->batch != NULL || input->is_answer || (idle_ms < 0 && !input->is_parked))
            continue;
        bool drained = input->end_position >= input->position && !input->is_parked;
        at_end = at_end || drained;
        behind = behind || !drained;
    }
    if (behind || !at_end) {
        task->idle_since_us = -1;
        return behind;
    }
    int64_t now_us = tg_clock_monotonic_us(task->query->clock);
    if (task->idle_since_us < 0)
        task->idle_since_us = now_us;
    return now_us - task->idle_since_us < idle_ms * 1000;
}

enum tg_code tg_task_look(struct tg_task *task, struct tg_task_head *ret_head, struct tg_error *reterr)
{
    *ret_head = (struct tg_task_head){false, INT64_MAX};
    if (!tg_task_has_work(task))
        return TG_OK;
    TG_TRY(decode_inputs(task, reterr));
    int64_t limit = INT64_MAX;
    const struct tg_task_input *input = earliest_input(task, &limit);
    if (input == NULL || (task->input_count > 1 && waits_for_input(task)))
        return TG_OK;
    *ret_head = (struct tg_task_head){true, head_time(input)};
    return TG_OK;
}

enum tg_code tg_task_process(struct tg_task *task, struct tg_error *reterr)
{
    TG_TRY(decode_inputs(task, reterr));
    int64_t limit = INT64_MAX;
    struct tg_task_input *input = earliest_input(task, &limit);
    if (input == NULL)
        return TG_OK;
    tg_task_begin_run(task, input);
    TG_TRY(process_run(input, limit, reterr));
    TG_TRY(end_run(task, input, reterr));
    if (input->batch_next == input->batch->selected)
        finish_batch(input);
    else
        note_position(input);
    return TG_OK;
}
