/* A task's part of a commit, and what it goes back to when the commit fails. */
#include "plan/nodes/aggregate.h"
#include "state/changelog.h"
#include "topology/layout.h"
#include "topology/rows/record_codec.h"
#include "topology/task.h"

#include <stdio.h>

enum tg_code tg_task_open_store(struct tg_operator *owner, const struct tg_task_store_options *options,
                                struct tg_task_store **ret_store, struct tg_error *reterr)
{
    struct tg_task *task = owner->task;
    struct tg_task_store *slot = &task->stores[task->store_count];
    const char *role =
        tg_query_store_name(task->arena, options->node, options->role == NULL ? "" : options->role);
    const struct tg_store_options store_options = {
        .name = tg_arena_printf(task->arena, "%s-%s", task->query->application_id, role),
        .partition = task->partition,
        .layout_id = tg_plan_layout_id(options->node),
        .cache_bytes_max = task->query->settings.cache_bytes,
    };
    enum tg_code code = tg_store_open(task->query->state, &store_options, &slot->store, reterr);
    if (code == TG_CODE_STATE_MISMATCH)
        tg_layout_fail_hint(task->query, reterr);
    TG_TRY(code);
    slot->owner = owner;
    slot->layout = options->layout;
    slot->changelog_topic = tg_query_changelog_topic(task->arena, task->query, role);
    task->store_count++;
    *ret_store = slot;
    return TG_OK;
}

struct tg_store *tg_task_store_of(const struct tg_operator *owner)
{
    const struct tg_task *task = owner->task;
    for (uint32_t i = 0; i < task->store_count; i++)
        if (task->stores[i].owner == owner)
            return task->stores[i].store;
    return NULL;
}

void tg_task_store_seal(struct tg_task_store *store)
{
    if (store->sealed)
        return;
    tg_store_seal(store->store);
    store->sealed = true;
}

bool tg_task_commit_needed(const struct tg_task *task)
{
    for (uint32_t i = 0; i < task->store_count; i++)
        if (tg_store_dirty_count(task->stores[i].store) > 0)
            return true;
    for (uint32_t i = 0; i < task->input_count; i++) {
        const struct tg_task_input *input = &task->inputs[i];
        /* Where reading began is committed too: "latest" must not mean another place after a crash. */
        if (input->committed_offset == TG_OFFSET_NONE || input->was_reset ||
            input->position > input->committed_offset ||
            (input->queue_count == 0 && input->end_position > input->committed_offset))
            return true;
    }
    return false;
}

/* Sends a store's changes to its changelog partition. */
struct changelog_sender {
    struct tg_changelog_sink base;
    struct tg_task *task;
    const char *topic;
    struct tg_producer_topic *target;
};

static enum tg_code send_change(struct tg_changelog_sink *self, struct tg_slice key, struct tg_slice value,
                                int64_t timestamp_ms, struct tg_error *reterr)
{
    struct changelog_sender *sender = (struct changelog_sender *)self;
    const struct tg_outgoing record = {
        .topic = sender->target,
        .partition = sender->task->partition,
        .key = key,
        .value = value,
        .timestamp_ms = timestamp_ms < 0 ? 0 : timestamp_ms,
    };
    /* The state has changed already: only an operator can leave a row out that would make it so large. */
    int64_t bytes_max = sender->task->query->changelog_bytes_max;
    if (!tg_record_fits(&record, bytes_max)) {
        tg_fail(
            reterr, TG_CODE_ENCODE,
            "a state of query %s has %zu bytes in its changelog, but topic %s takes %lld (max.message.bytes)",
            tg_query_id(sender->task->query), tg_record_size(&record), sender->topic, (long long)bytes_max);
        return tg_fail_hint(reterr, "give the topic a larger max.message.bytes");
    }
    tg_count(&sender->task->counters.changelog_out, 1);
    return tg_producer_send(sender->task->producer, &record, reterr);
}

enum tg_code tg_task_flush(struct tg_task *task, struct tg_error *reterr)
{
    tg_task_begin_run(task, NULL);
    for (uint32_t i = 0; i < task->operator_count; i++)
        if (task->operators[i]->kind->flush != NULL)
            TG_TRY(task->operators[i]->kind->flush(task->operators[i], reterr));
    TG_TRY(tg_task_end_run(task, reterr));
    for (uint32_t i = 0; i < task->store_count; i++) {
        struct tg_task_store *store = &task->stores[i];
        tg_task_store_seal(store);
        struct changelog_sender sender = {
            .base.send = send_change, .task = task, .topic = store->changelog_topic, .target = store->target};
        TG_TRY(tg_store_write_changelog(store->store, store->layout, &sender.base, reterr));
    }
    return TG_OK;
}

static enum tg_code add_progress(const struct tg_operator *self, struct tg_progress *progress,
                                 struct tg_error *reterr)
{
    for (uint32_t i = 0; i < tg_operator_progress_count(self->kind); i++) {
        int64_t time = self->kind->progress(self, i);
        if (time != INT64_MIN && !tg_progress_add(progress, self->progress_names[i], time))
            return tg_fail(reterr, TG_CODE_LIMIT, "query %s: the operators of a task keep more than %d times",
                           tg_query_id(self->task->query), TG_PROGRESS_ENTRIES_MAX);
    }
    return TG_OK;
}

/* Times come first: they are nowhere else, layouts are in the stores, too. */
static enum tg_code describe_progress(const struct tg_task *task, const struct tg_task_input *input,
                                      const struct tg_progress *evidence, char text[TG_PROGRESS_TEXT_MAX],
                                      struct tg_error *reterr)
{
    struct tg_progress progress = *evidence;
    progress.stream_time_ms = input->partition_time_ms;
    progress.entry_count = 0;
    for (uint32_t i = 0; i < task->operator_count; i++)
        TG_TRY(add_progress(task->operators[i], &progress, reterr));
    tg_layout_describe(task->query, &progress);
    tg_progress_write(&progress, text);
    return TG_OK;
}

enum tg_code tg_task_offsets(struct tg_task *task, const struct tg_progress *evidence,
                             struct tg_offset *ret_offsets, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < task->input_count; i++) {
        struct tg_task_input *input = &task->inputs[i];
        TG_TRY(describe_progress(task, input, evidence, input->tried_metadata, reterr));
        /* With nothing left to process the position is the partition's end, past control records: lag shows
         * 0. */
        bool drained = input->queue_count == 0 && input->end_position > input->position;
        input->tried_offset = drained ? input->end_position : input->position;
        ret_offsets[i] = (struct tg_offset){
            .topic = input->topic,
            .partition = input->partition,
            .offset = input->tried_offset,
            .leader_epoch = drained ? -1 : input->leader_epoch,
            .metadata = input->tried_metadata,
        };
    }
    return TG_OK;
}

void tg_task_committed(struct tg_task *task, struct tg_state_batch *batch)
{
    int64_t now_ms = tg_clock_wall_ms(task->query->clock);
    for (uint32_t i = 0; i < task->store_count; i++) {
        struct tg_task_store *store = &task->stores[i];
        int64_t delivered = tg_producer_delivered_offset(store->target, task->partition);
        int64_t progress =
            store->owner->kind->progress == NULL ? INT64_MIN : store->owner->kind->progress(store->owner, 0);
        uint8_t bytes[8];
        tg_store_u64(bytes, (uint64_t)progress);
        struct tg_store_origin origin = tg_store_origin(store->store);
        origin.current_ms = now_ms; /* nobody else writes to the changelog */
        tg_store_set_origin(store->store, origin);
        tg_store_apply(store->store, batch, delivered < 0 ? -1 : delivered + 1,
                       tg_slice_of(bytes, sizeof bytes));
        store->sealed = false;
    }
    for (uint32_t i = 0; i < task->input_count; i++) {
        struct tg_task_input *input = &task->inputs[i];
        input->committed_offset = input->tried_offset;
        input->position = input->tried_offset;
        input->was_reset = false;
        memcpy(input->committed_metadata, input->tried_metadata, sizeof input->committed_metadata);
    }
    task->committed_counters = task->counters;
}

/* What restoring counts belongs to no transaction. */
static void keep_restore_counters(const struct tg_counters *from, struct tg_counters *to)
{
    to->restored = from->restored;
    to->restore_left = from->restore_left;
    to->state_rebuilt = from->state_rebuilt;
}

void tg_task_counters(const struct tg_task *task, struct tg_counters *sum)
{
    struct tg_counters counters = task->committed_counters;
    keep_restore_counters(&task->counters, &counters);
    tg_counters_add(sum, &counters);
}

/* The operators' times: each the latest that the metadata of an input knows. */
static void load_progress(struct tg_task *task)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_progress *progress = tg_arena_alloc_zero(arena, task->input_count, sizeof *progress);
    for (uint32_t i = 0; i < task->input_count; i++)
        tg_progress_read(arena, task->inputs[i].committed_metadata, &progress[i]);
    for (uint32_t i = 0; i < task->operator_count; i++) {
        struct tg_operator *self = task->operators[i];
        uint32_t count = tg_operator_progress_count(self->kind);
        int64_t *times = tg_arena_alloc_zero(arena, count + 1, sizeof *times);
        for (uint32_t time = 0; time < count; time++) {
            times[time] = INT64_MIN;
            for (uint32_t input = 0; input < task->input_count; input++) {
                int64_t found = tg_progress_find(&progress[input], self->progress_names[time]);
                times[time] = found > times[time] ? found : times[time];
            }
        }
        if (self->kind->load_progress != NULL)
            self->kind->load_progress(self, times);
    }
    tg_arena_free(arena);
}

static void reset_input(struct tg_task_input *input, int64_t offset, const char *metadata)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_progress progress;
    tg_progress_read(arena, metadata, &progress);
    input->committed_offset = offset;
    if (metadata != input->committed_metadata)
        snprintf(input->committed_metadata, sizeof input->committed_metadata, "%s",
                 metadata == NULL ? "" : metadata);
    input->position = offset == TG_OFFSET_NONE ? input->start_offset : offset;
    input->end_position = -1;
    input->leader_epoch = -1;
    input->partition_time_ms = progress.stream_time_ms;
    input->stop.set = false;
    input->was_reset = false;
    tg_arena_free(arena);
}

void tg_task_set_base(struct tg_task *task, struct tg_task_input *input, int64_t offset, const char *metadata)
{
    reset_input(input, offset, metadata);
    load_progress(task);
}

void tg_task_rollback(struct tg_task *task)
{
    for (uint32_t i = 0; i < task->store_count; i++) {
        tg_store_discard(task->stores[i].store);
        task->stores[i].sealed = false;
    }
    for (uint32_t i = 0; i < task->input_count; i++) {
        struct tg_task_input *input = &task->inputs[i];
        tg_task_clear_queue(input);
        reset_input(input, input->committed_offset, input->committed_metadata);
    }
    load_progress(task);
    task->faults.letter_offset = -1;
    task->faults.broken = TG_OK;
    keep_restore_counters(&task->counters, &task->committed_counters);
    task->counters = task->committed_counters;
}
