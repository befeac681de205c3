/* Rows that are not processed: counted always, logged with their place, but never so much that the log
 * becomes the load. */
#include "base/log.h"
#include "expr/program.h"
#include "topology/task.h"

#include <stdarg.h>
#include <stdio.h>

enum { REPORTS_IN_FULL = 20 };

/* The first reports of a task all go to the log, later ones when their number is a power of two. */
static bool may_log(struct tg_task *task)
{
    uint64_t number = ++task->reports;
    return number <= REPORTS_IN_FULL || (number & (number - 1)) == 0;
}

static void log_row(const struct tg_task *task, const struct tg_batch *batch, uint32_t row,
                    const struct tg_plan_node *node, const char *message, const char *reason)
{
    tg_log_write(TG_LOG_WARN, message,
                 TG_LOG_FIELDS(TG_LOG_TEXT("query", tg_query_id(task->query)),
                               TG_LOG_TEXT("step", node->step), TG_LOG_TEXT("topic", batch->topic),
                               TG_LOG_INT("partition", batch->partition),
                               TG_LOG_INT("offset", batch->rows->offset[row]), TG_LOG_TEXT("reason", reason),
                               TG_LOG_INT("reports", (int64_t)task->reports)));
}

void tg_task_skip(struct tg_task *task, const struct tg_skip *skip, const char *format, ...)
{
    tg_count(skip->counter, 1);
    if (!may_log(task))
        return;
    char reason[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    log_row(task, skip->batch, skip->row, skip->node, "record skipped", reason);
}

void tg_task_report_errors(struct tg_operator *self, const struct tg_batch *batch,
                           const struct tg_program_state *state)
{
    uint32_t count = tg_program_error_count(state);
    if (count == 0)
        return;
    struct tg_task *task = self->task;
    const struct tg_row_error *errors = tg_program_errors(state);
    tg_count(&task->counters.expression_errors, count);
    for (uint32_t i = 0; i < count; i++)
        if (may_log(task))
            log_row(task, batch, errors[i].row, self->node, "expression failed and gives NULL",
                    errors[i].message);
}
