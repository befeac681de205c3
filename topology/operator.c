#include "topology/operator.h"

#include "expr/program.h"
#include "plan/node.h"
#include "topology/task.h"

#include <string.h>

#define X(kind) extern const struct tg_operator_kind kind;
#include "topology/operators.inc"
#undef X

static const struct tg_operator_kind *const kinds[] = {
#define X(kind) &kind,
#include "topology/operators.inc"
#undef X
};

const struct tg_operator_kind *tg_operator_kind_find(const char *plan_kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->plan_kind, plan_kind) == 0)
            return kinds[i];
    return NULL;
}

const struct tg_operator_kind *tg_operator_kind_planned(const struct tg_subtopology_operator *planned)
{
    static const char *const names[] = {
        [TG_ROLE_REPARTITION_WRITER] = TG_REPARTITION_WRITER,
        [TG_ROLE_REPARTITION_READER] = TG_REPARTITION_READER,
        [TG_ROLE_FOREIGN_KEY_RESPONSES] = TG_FOREIGN_KEY_READER,
        [TG_ROLE_FOREIGN_KEY_SUBSCRIPTIONS] = TG_FOREIGN_KEY_READER,
        [TG_ROLE_FOREIGN_KEY_ANSWERS] = TG_FOREIGN_KEY_ANSWERS,
    };
    const char *name = names[planned->role];
    return tg_operator_kind_find(name != NULL ? name : planned->node->kind->name);
}

const char *tg_operator_store_role(const struct tg_subtopology_operator *planned, uint32_t index)
{
    const struct tg_operator_kind *kind = tg_operator_kind_planned(planned);
    if (!kind->has_store)
        return NULL;
    if (kind->store_role != NULL) {
        const char *role = kind->store_role(planned->node, index);
        bool is_optional =
            role != NULL && kind->optional_role != NULL && strcmp(role, kind->optional_role) == 0;
        return is_optional && !planned->keeps_rows ? NULL : role;
    }
    return index == 0 ? "" : NULL;
}

bool tg_operator_sends_before(const struct tg_operator *self)
{
    for (; self->output != NULL; self = self->output)
        if (self->output->kind->needs_before && self->output->node->inputs[self->output_input]->is_table)
            return true;
    return false;
}

struct tg_program_state *tg_operator_program(const struct tg_operator *self, const struct tg_program *program)
{
    struct tg_program_state *state = tg_program_state_new(program);
    tg_program_state_set_clock(state, self->task->query->clock);
    return state;
}

enum tg_code tg_operator_forward(struct tg_operator *self, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    if (batch->selected == 0 || self->output == NULL)
        return TG_OK;
    struct tg_batch passed = *batch;
    tg_task_leave_out(self->task, &passed);
    if (passed.selected == 0)
        return TG_OK;
    const struct tg_operator_kind *kind = self->output->kind;
    if (!kind->notes_effects && (kind->bind != NULL || kind->flush != NULL || kind->progress != NULL))
        tg_task_note_effect(self->task, &passed, tg_batch_row(&passed, passed.selected - 1));
    return kind->process(self->output, self->output_input, &passed, reterr);
}
