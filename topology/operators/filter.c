/* Rows of a stream for which the predicate is TRUE. A row without a value is dropped, as ksqlDB's WHERE does.
 */
#include "plan/nodes/filter.h"

#include "expr/program.h"
#include "topology/operator.h"
#include "topology/task.h"

struct filter {
    struct tg_operator base;
    const struct tg_program *program;
    struct tg_program_state *state;
    uint32_t *kept;
    uint32_t kept_capacity;
};

static enum tg_code filter_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct filter *filter = (struct filter *)self;
    const struct tg_plan_filter *node = (const struct tg_plan_filter *)self->node;
    TG_TRY(tg_program_compile(self->task->arena, node->base.inputs[0]->schema, &node->predicate, 1,
                              &filter->program, reterr));
    filter->state = tg_operator_program(self, filter->program);
    filter->kept = tg_arena_alloc(self->task->arena, TG_BATCH_ROWS_MAX * sizeof *filter->kept);
    filter->kept_capacity = TG_BATCH_ROWS_MAX;
    return TG_OK;
}

/* Leaves out the rows without a value; returns how many are left. Most batches have none and keep their
 * selection. */
static uint32_t rows_with_value(struct filter *filter, const struct tg_batch *batch)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        filter->kept[kept] = row;
        kept += (batch->rows->flags[row] & TG_ROW_VALUE_NULL) == 0;
    }
    return kept;
}

static enum tg_code filter_process(struct tg_operator *self, const struct tg_batch *batch,
                                   struct tg_error *reterr)
{
    struct filter *filter = (struct filter *)self;
    if (batch->selected > filter->kept_capacity) { /* table functions make batches of any size */
        filter->kept_capacity = batch->selected * 2;
        filter->kept = tg_arena_alloc(self->task->arena, filter->kept_capacity * sizeof *filter->kept);
    }
    struct tg_batch passed = *batch;
    uint32_t kept = rows_with_value(filter, batch);
    if (kept < batch->selected) {
        passed.selection = filter->kept;
        passed.selected = kept;
    }
    tg_program_run(filter->state, &passed);
    passed.selected = tg_program_select(filter->state, &passed, &passed.selection);
    tg_task_report_errors(self, batch, filter->state);
    return tg_operator_forward(self, &passed, reterr);
}

static void filter_close(struct tg_operator *self)
{
    tg_program_state_free(((struct filter *)self)->state);
}

const struct tg_operator_kind tg_operator_filter = {
    .plan_kind = "Filter",
    .instance_size = sizeof(struct filter),
    .open = filter_open,
    .process = filter_process,
    .close = filter_close,
};
