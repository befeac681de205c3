/* Rows for which the predicate is TRUE.
 * Of a stream, a row without a value is dropped, as ksqlDB's WHERE does. Of a table, a row that no longer
 * matches becomes a tombstone if the version that it replaces did match; if that is not known (nothing below
 * keeps versions), it always does (KTableFilter). */
#include "plan/nodes/filter.h"

#include "expr/program.h"
#include "plan/nodes/aggregate.h"
#include "plan/nodes/materialize.h"
#include "topology/operator.h"
#include "topology/rows/row_list.h"
#include "topology/task.h"

enum { NO_ROW = UINT32_MAX };

struct filter {
    struct tg_operator base;
    const struct tg_program *program;
    struct tg_program_state *state;
    bool knows_before; /* a row that replaces another comes behind it */
    struct tg_row_list valued;
    struct tg_row_list passed;
};

static bool versions_are_kept(const struct tg_plan_node *node)
{
    for (; node->input_count == 1; node = node->inputs[0])
        if (node->kind == &tg_plan_materialize_kind || node->kind == &tg_plan_aggregate_kind)
            return true;
    return node->input_count > 1 && node->is_table; /* joins of tables send them */
}

static enum tg_code filter_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct filter *filter = (struct filter *)self;
    const struct tg_plan_filter *node = (const struct tg_plan_filter *)self->node;
    TG_TRY(tg_program_compile(self->task->arena, node->base.inputs[0]->schema, &node->predicate, 1,
                              &filter->program, reterr));
    filter->state = tg_operator_program(self, filter->program);
    filter->knows_before = versions_are_kept(self->node);
    return TG_OK;
}

static bool matches(const struct filter *filter, uint32_t row)
{
    const struct tg_column *result = tg_program_result(filter->state, 0);
    return result->valid[row] && result->values.boolean[row];
}

/* The rows of a table that are left. */
static struct tg_batch filter_table(struct filter *filter, const struct tg_batch *batch)
{
    uint32_t before = NO_ROW; /* the version that the next row replaces, if it matched */
    tg_row_list_begin(&filter->passed, batch);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        uint8_t flags = batch->rows->flags[row];
        if ((flags & TG_ROW_UNDO) != 0) {
            before = matches(filter, row) ? row : NO_ROW;
            continue;
        }
        if (before != NO_ROW)
            tg_row_list_add(&filter->passed, before, batch->rows->flags[before]);
        if ((flags & TG_ROW_VALUE_NULL) == 0 && matches(filter, row))
            tg_row_list_add(&filter->passed, row, flags);
        else if (before != NO_ROW || !filter->knows_before)
            tg_row_list_add(&filter->passed, row, flags | TG_ROW_VALUE_NULL);
        before = NO_ROW;
    }
    return tg_row_list_batch(&filter->passed, batch);
}

static enum tg_code filter_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                   struct tg_error *reterr)
{
    (void)input;
    struct filter *filter = (struct filter *)self;
    struct tg_batch passed = tg_row_list_valued(&filter->valued, batch);
    tg_program_run(filter->state, &passed);
    tg_task_report_errors(self, batch, filter->state);
    if (self->node->is_table)
        passed = filter_table(filter, batch);
    else
        passed.selected = tg_program_select(filter->state, &passed, &passed.selection);
    return tg_operator_forward(self, &passed, reterr);
}

static void filter_close(struct tg_operator *self)
{
    struct filter *filter = (struct filter *)self;
    tg_program_state_free(filter->state);
    tg_row_list_done(&filter->valued);
    tg_row_list_done(&filter->passed);
}

const struct tg_operator_kind tg_operator_filter = {
    .plan_kind = "Filter",
    .instance_size = sizeof(struct filter),
    .open = filter_open,
    .process = filter_process,
    .close = filter_close,
    .needs_before = true,
};
