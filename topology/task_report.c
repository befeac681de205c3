/* Rows that are not processed: counted always, logged with their place (but never so much that the log
 * becomes the load), and handled as the query's policy says: left out, NULL, a dead letter, or the end of the
 * query. */
#include "base/log.h"
#include "expr/program.h"
#include "topology/dead_letter.h"
#include "topology/task.h"

#include <stdarg.h>
#include <stdio.h>

enum { REPORTS_IN_FULL = 20, REASON_MAX = 512 };

/* The first reports of a task all go to the log, later ones when their number is a power of two. */
static bool may_log(struct tg_task *task)
{
    uint64_t number = ++task->reports;
    return number <= REPORTS_IN_FULL || (number & (number - 1)) == 0;
}

static void log_row(struct tg_task *task, const struct tg_skip *skip, const char *message, const char *reason)
{
    if (!may_log(task))
        return;
    tg_log_write(TG_LOG_WARN, message,
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(task->query)),
                               TG_LOG_TEXT("step", skip->node->step),
                               TG_LOG_TEXT("topic", skip->batch->topic),
                               TG_LOG_INT("partition", skip->batch->partition),
                               TG_LOG_INT("offset", skip->batch->rows->offset[skip->row]),
                               TG_LOG_TEXT("reason", reason), TG_LOG_INT("reports", (int64_t)task->reports)));
}

/* The kind of a fault has a counter of its own. */
static enum tg_fault_kind kind_of(const struct tg_task *task, const uint64_t *counter)
{
    const struct tg_counters *counters = &task->counters;
    return counter == &counters->time_skipped         ? TG_FAULT_TIME
           : counter == &counters->null_key_skipped   ? TG_FAULT_KEY
           : counter == &counters->null_value_skipped ? TG_FAULT_VALUE
           : counter == &counters->output_skipped     ? TG_FAULT_OUTPUT
           : counter == &counters->late_skipped       ? TG_FAULT_LATE
           : counter == &counters->expression_errors  ? TG_FAULT_EXPRESSION
           : counter == &counters->aggregate_errors   ? TG_FAULT_AGGREGATE
                                                      : TG_FAULT_DECODE;
}

static enum tg_code code_of(enum tg_fault_kind kind)
{
    return kind == TG_FAULT_DECODE       ? TG_CODE_DECODE
           : kind == TG_FAULT_EXPRESSION ? TG_CODE_EXPRESSION
           : kind == TG_FAULT_AGGREGATE  ? TG_CODE_EXPRESSION
           : kind == TG_FAULT_OUTPUT     ? TG_CODE_ENCODE
                                         : TG_CODE_RECORD;
}

/* The query is to stop in front of this record; of several the first counts. */
static void stop_at(struct tg_task *task, const struct tg_skip *skip, enum tg_fault_kind kind,
                    const char *reason)
{
    struct tg_task_faults *faults = &task->faults;
    struct tg_fault_stop *stop = faults->input == NULL ? &faults->flush_stop : &faults->input->stop;
    int64_t offset = skip->batch->rows->offset[skip->row];
    if (stop->set && stop->offset <= offset)
        return;
    stop->set = true;
    stop->offset = offset;
    if (offset < 0)
        tg_fail(&stop->error, code_of(kind), "step %s: %s", skip->node->step, reason);
    else
        tg_fail(&stop->error, code_of(kind), "topic %s, partition %d, offset %lld: step %s: %s",
                skip->batch->topic, skip->batch->partition, (long long)offset, skip->node->step, reason);
    tg_fail_hint(&stop->error, "the query stops at such a record; ON_ERROR='skip', 'null' or 'dead-letter' "
                               "lets it go on");
    if (faults->input != NULL)
        faults->stop_offset = offset;
}

static void handle(struct tg_task *task, const struct tg_skip *skip, const struct tg_late *late,
                   const char *reason)
{
    enum tg_fault_kind kind = kind_of(task, skip->counter);
    enum tg_on_error policy = task->query->faults.policies[kind];
    if (policy == TG_ON_ERROR_FAIL) {
        stop_at(task, skip, kind, reason);
        return;
    }
    tg_count(skip->counter, 1);
    const struct tg_letter letter = {skip, kind, reason, late};
    if (kind == TG_FAULT_LATE && task->query->faults.late_records_topic != NULL) {
        log_row(task, skip, "late record written to its topic", reason);
        tg_task_late_record(task, &letter);
    } else if (policy == TG_ON_ERROR_DEAD_LETTER) {
        log_row(task, skip, "record written to the dead-letter topic", reason);
        tg_task_dead_letter(task, &letter);
    } else {
        log_row(task, skip, "record skipped", reason);
    }
}

void tg_task_skip(struct tg_task *task, const struct tg_skip *skip, const char *format, ...)
{
    char reason[REASON_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    handle(task, skip, NULL, reason);
}

void tg_task_skip_late(struct tg_task *task, const struct tg_skip *skip, const struct tg_late *late,
                       const char *format, ...)
{
    char reason[REASON_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    handle(task, skip, late, reason);
}

void tg_task_null_fields(struct tg_task *task, const struct tg_skip *skip, const char *reason)
{
    tg_count(skip->counter, 1);
    log_row(task, skip, "record could not be decoded and gives NULL", reason);
}

/* Counts and logs a row that goes on with NULL; a dead letter tells of it, too. */
static void go_on_with_null(struct tg_task *task, const struct tg_skip *skip, const char *message,
                            const char *reason)
{
    enum tg_fault_kind kind = kind_of(task, skip->counter);
    tg_count(skip->counter, 1);
    log_row(task, skip, message, reason);
    const struct tg_letter letter = {skip, kind, reason, NULL};
    if (task->query->faults.policies[kind] == TG_ON_ERROR_DEAD_LETTER)
        tg_task_dead_letter(task, &letter);
}

void tg_task_null_result(struct tg_task *task, const struct tg_skip *skip, const char *reason)
{
    go_on_with_null(task, skip, "aggregate refused a row and gives NULL", reason);
}

/* Of a row that has failed an expression. In a table each update counts: a row that were left out would leave
 * its key's old value standing, so it goes on with NULL. */
static void handle_error(struct tg_operator *self, const struct tg_skip *skip, const char *reason)
{
    struct tg_task *task = self->task;
    enum tg_on_error policy = task->query->faults.policies[TG_FAULT_EXPRESSION];
    bool leaves_out = policy == TG_ON_ERROR_SKIP || policy == TG_ON_ERROR_DEAD_LETTER;
    if (policy == TG_ON_ERROR_FAIL || (leaves_out && !skip->node->inputs[0]->is_table)) {
        skip->batch->rows->flags[skip->row] |= TG_ROW_FAILED;
        task->faults.marked = true;
        handle(task, skip, NULL, reason);
        return;
    }
    go_on_with_null(task, skip, "expression failed and gives NULL", reason);
}

void tg_task_report_errors_from(struct tg_operator *self, const struct tg_batch *batch,
                                const struct tg_program_state *state, uint32_t first)
{
    uint32_t count = tg_program_error_count(state);
    const struct tg_row_error *errors = count == 0 ? NULL : tg_program_errors(state);
    for (uint32_t i = first; i < count; i++) {
        const struct tg_skip skip = {&self->task->counters.expression_errors, batch, errors[i].row,
                                     self->node};
        handle_error(self, &skip, errors[i].message);
    }
}

void tg_task_report_errors(struct tg_operator *self, const struct tg_batch *batch,
                           const struct tg_program_state *state)
{
    tg_task_report_errors_from(self, batch, state, 0);
}

void tg_task_leave_out(const struct tg_task *task, struct tg_batch *batch)
{
    if (!task->faults.marked && task->faults.stop_offset == INT64_MAX)
        return;
    uint32_t *selection = tg_arena_alloc(batch->arena, (batch->selected + 1) * sizeof *selection);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        selection[kept] = row;
        kept += (batch->rows->flags[row] & TG_ROW_FAILED) == 0 &&
                batch->rows->offset[row] < task->faults.stop_offset;
    }
    batch->selection = selection;
    batch->selected = kept;
}

/* ---- a run and what it came to ---- */

void tg_task_begin_run(struct tg_task *task, struct tg_task_input *input)
{
    struct tg_task_faults *faults = &task->faults;
    faults->input = input;
    faults->stop_offset = input != NULL && input->stop.set ? input->stop.offset : INT64_MAX;
    faults->effects_offset = input == NULL ? INT64_MAX : -1;
    faults->marked = false;
}

enum tg_code tg_task_end_run(struct tg_task *task, struct tg_error *reterr)
{
    struct tg_task_faults *faults = &task->faults;
    if (faults->broken != TG_OK) {
        enum tg_code code = faults->broken;
        *reterr = faults->broken_error;
        faults->broken = TG_OK;
        return code;
    }
    const struct tg_fault_stop *stop = faults->input == NULL ? &faults->flush_stop : &faults->input->stop;
    const struct tg_task_input *input = faults->input;
    if (!stop->set)
        return TG_OK;
    /* What was decoded in front of the record comes first. */
    if (input != NULL && input->batch != NULL && input->batch_next < input->batch->selected &&
        input->batch->rows->offset[tg_batch_row(input->batch, input->batch_next)] < stop->offset)
        return TG_OK;
    faults->in_front = faults->effects_offset < stop->offset;
    *reterr = stop->error;
    return stop->error.code;
}

/* ---- how far it is ---- */

static void log_input(const struct tg_task *task, const struct tg_task_input *input)
{
    tg_log_write(
        TG_LOG_INFO, "task input",
        TG_LOG_FIELDS(
            TG_LOG_TEXT("query", tg_query_id(task->query)), TG_LOG_TEXT("topic", input->topic),
            TG_LOG_INT("partition", input->partition), TG_LOG_INT("start-offset", input->start_offset),
            TG_LOG_INT("committed-offset", input->committed_offset), TG_LOG_INT("offset", input->position),
            TG_LOG_INT("end-offset", input->end_position), TG_LOG_INT("waiting", input->queue_count),
            TG_LOG_INT("stream-time", input->partition_time_ms)));
}

static void log_store(const struct tg_task *task, const struct tg_task_store *store)
{
    const struct tg_operator *owner = store->owner;
    struct tg_store_counters counters = tg_store_counters(store->store);
    int64_t time_ms = owner->kind->progress == NULL ? -1 : owner->kind->progress(owner, 0);
    tg_log_write(TG_LOG_INFO, "task store",
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(task->query)),
                               TG_LOG_TEXT("step", owner->node->step),
                               TG_LOG_TEXT("store", tg_store_name(store->store)),
                               TG_LOG_INT("partition", task->partition),
                               TG_LOG_INT("entries-in-memory", (int64_t)counters.entries),
                               TG_LOG_INT("bytes-in-memory", (int64_t)counters.bytes),
                               TG_LOG_INT("uncommitted", (int64_t)tg_store_dirty_count(store->store)),
                               TG_LOG_INT("rows-written", (int64_t)counters.rows_written),
                               TG_LOG_INT("changelog-offset", tg_store_changelog_offset(store->store)),
                               TG_LOG_INT("stream-time", time_ms)));
}

void tg_task_log_progress(const struct tg_task *task)
{
    for (uint32_t i = 0; i < task->input_count; i++)
        log_input(task, &task->inputs[i]);
    for (uint32_t i = 0; i < task->store_count; i++)
        log_store(task, &task->stores[i]);
}
