/* New columns over the same rows: nothing of a row's marks changes, so they are shared with the input batch.
 * A row without a value has none afterwards; its key is passed on. */
#include "plan/nodes/project.h"

#include "expr/program.h"
#include "topology/operator.h"
#include "topology/rows/row_list.h"
#include "topology/task.h"

struct project {
    struct tg_operator base;
    const struct tg_program *program;
    struct tg_program_state *state;
    struct tg_column **columns;
    struct tg_row_list valued;
};

static enum tg_code project_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct project *project = (struct project *)self;
    const struct tg_plan_project *node = (const struct tg_plan_project *)self->node;
    TG_TRY(tg_program_compile(self->task->arena, node->base.inputs[0]->schema, node->expressions,
                              node->base.schema->count, &project->program, reterr));
    project->state = tg_operator_program(self, project->program);
    project->columns =
        tg_arena_alloc_zero(self->task->arena, node->base.schema->count, sizeof(struct tg_column *));
    return TG_OK;
}

static enum tg_code project_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                    struct tg_error *reterr)
{
    (void)input;
    struct project *project = (struct project *)self;
    const struct tg_batch valued = tg_row_list_valued(&project->valued, batch);
    tg_program_run(project->state, &valued);
    tg_task_report_errors(self, batch, project->state);
    struct tg_batch result = *batch;
    result.schema = self->node->schema;
    result.columns = project->columns;
    for (uint32_t i = 0; i < result.schema->count; i++)
        project->columns[i] = tg_program_result(project->state, i);
    return tg_operator_forward(self, &result, reterr);
}

static void project_close(struct tg_operator *self)
{
    struct project *project = (struct project *)self;
    tg_program_state_free(project->state);
    tg_row_list_done(&project->valued);
}

const struct tg_operator_kind tg_operator_project = {
    .plan_kind = "Project",
    .instance_size = sizeof(struct project),
    .open = project_open,
    .process = project_process,
    .close = project_close,
};
