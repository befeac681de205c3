/* Table functions: each row gives as many rows as its longest result has; shorter results are padded with
 * NULL. */
#include "plan/nodes/flat_map.h"

#include "base/memory.h"
#include "expr/program.h"
#include "topology/operator.h"
#include "topology/task.h"

struct call {
    const struct tg_function_call *function_call;
    uint32_t first_argument; /* number of its first expression in the program */
    const struct tg_column **arguments;
    struct tg_column *results; /* all output rows of the batch, one after the other */
};

struct flat_map {
    struct tg_operator base;
    const struct tg_program *program;
    struct tg_program_state *state;
    struct call *calls;
    struct tg_batch_memory memory;
};

static const struct tg_plan_flat_map *node_of(const struct flat_map *flat_map)
{
    return (const struct tg_plan_flat_map *)flat_map->base.node;
}

static enum tg_code flat_map_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct flat_map *flat_map = (struct flat_map *)self;
    const struct tg_plan_flat_map *node = node_of(flat_map);
    struct tg_arena *arena = self->task->arena;
    uint32_t argument_count = 0;
    for (uint32_t i = 0; i < node->call_count; i++)
        argument_count += node->calls[i].argument_count;
    const struct tg_expr **expressions =
        tg_arena_alloc_zero(arena, argument_count + 1, sizeof(struct tg_expr *));
    flat_map->calls = tg_arena_alloc_zero(arena, node->call_count, sizeof *flat_map->calls);
    uint32_t at = 0;
    for (uint32_t i = 0; i < node->call_count; i++) {
        struct call *call = &flat_map->calls[i];
        call->function_call = &node->calls[i];
        call->first_argument = at;
        call->arguments =
            tg_arena_alloc_zero(arena, node->calls[i].argument_count + 1, sizeof(struct tg_column *));
        call->results = tg_column_new(node->calls[i].type);
        for (uint32_t a = 0; a < node->calls[i].argument_count; a++)
            expressions[at++] = node->calls[i].arguments[a];
    }
    tg_batch_memory_init(&flat_map->memory, self->node->schema, NULL);
    TG_TRY(tg_program_compile(arena, node->base.inputs[0]->schema, expressions, argument_count,
                              &flat_map->program, reterr));
    flat_map->state = tg_operator_program(self, flat_map->program);
    return TG_OK;
}

/* Appends the output rows of one input row. */
static void expand_row(struct flat_map *flat_map, const struct tg_batch *batch, uint32_t row)
{
    const struct tg_plan_flat_map *node = node_of(flat_map);
    struct tg_batch *result = &flat_map->memory.batch;
    uint32_t longest = 0;
    uint32_t first = result->rows->count;
    uint32_t input_columns = batch->schema->count;
    for (uint32_t i = 0; i < node->call_count; i++) {
        struct call *call = &flat_map->calls[i];
        const struct tg_call arguments = {
            .result = call->results,
            .arguments = call->arguments,
            .argument_count = call->function_call->argument_count,
            .arena = batch->arena,
            .prepared = call->function_call->prepared,
            .state = flat_map->state,
        };
        tg_column_clear(call->results);
        uint32_t count = call->function_call->function->table(&arguments, row, call->results);
        struct tg_column *target = result->columns[input_columns + i];
        tg_column_resize(target, first + (count > longest ? count : longest));
        for (uint32_t r = 0; r < count; r++)
            tg_column_copy_row(target, first + r, call->results, r);
        for (uint32_t r = count; r < longest; r++)
            tg_column_set_null(target, first + r);
        for (uint32_t before = 0; before < i && count > longest; before++) {
            tg_column_resize(result->columns[input_columns + before], first + count);
            for (uint32_t r = longest; r < count; r++)
                tg_column_set_null(result->columns[input_columns + before], first + r);
        }
        longest = count > longest ? count : longest;
    }
    tg_rows_reserve(result->rows, first + longest);
    for (uint32_t r = 0; r < longest; r++)
        tg_rows_copy(result->rows, first + r, batch->rows, row);
    result->rows->count = first + longest;
    for (uint32_t c = 0; c < input_columns; c++) {
        if (batch->columns[c] == NULL)
            continue;
        tg_column_resize(result->columns[c], first + longest);
        for (uint32_t r = 0; r < longest; r++)
            tg_column_copy_row(result->columns[c], first + r, batch->columns[c], row);
    }
}

/* A row whose table function failed gives what the others gave, or nothing if it must not go on. */
static void expand_and_report(struct flat_map *flat_map, const struct tg_batch *batch, uint32_t row)
{
    struct tg_batch *result = &flat_map->memory.batch;
    uint32_t rows_before = result->rows->count;
    uint32_t errors_before = tg_program_error_count(flat_map->state);
    expand_row(flat_map, batch, row);
    tg_task_report_errors_from(&flat_map->base, batch, flat_map->state, errors_before);
    if (tg_task_stops_row(flat_map->base.task, batch, row))
        result->rows->count = rows_before;
}

static enum tg_code forward_result(struct flat_map *flat_map, const struct tg_batch *batch,
                                   struct tg_error *reterr)
{
    struct tg_batch *result = &flat_map->memory.batch;
    result->selection = NULL;
    result->selected = result->rows->count;
    result->topic = batch->topic;
    result->partition = batch->partition;
    result->arena = batch->arena;
    return tg_operator_forward(&flat_map->base, result, reterr);
}

static enum tg_code flat_map_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                     struct tg_error *reterr)
{
    (void)input;
    struct flat_map *flat_map = (struct flat_map *)self;
    tg_program_run(flat_map->state, batch);
    tg_task_report_errors(self, batch, flat_map->state); /* of arguments; those of the functions come below */
    for (uint32_t i = 0; i < node_of(flat_map)->call_count; i++) {
        struct call *call = &flat_map->calls[i];
        for (uint32_t a = 0; a < call->function_call->argument_count; a++)
            call->arguments[a] = tg_program_result(flat_map->state, call->first_argument + a);
    }
    tg_batch_memory_clear(&flat_map->memory);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        if ((batch->rows->flags[row] & TG_ROW_VALUE_NULL) == 0 && !tg_task_stops_row(self->task, batch, row))
            expand_and_report(flat_map, batch, row);
        if (flat_map->memory.batch.rows->count >= TG_BATCH_ROWS_MAX) { /* bounds the memory of long arrays */
            TG_TRY(forward_result(flat_map, batch, reterr));
            tg_batch_memory_clear(&flat_map->memory);
        }
    }
    return forward_result(flat_map, batch, reterr);
}

static void flat_map_close(struct tg_operator *self)
{
    struct flat_map *flat_map = (struct flat_map *)self;
    tg_program_state_free(flat_map->state);
    for (uint32_t i = 0; flat_map->calls != NULL && i < node_of(flat_map)->call_count; i++)
        tg_column_free(flat_map->calls[i].results);
    tg_batch_memory_done(&flat_map->memory);
}

const struct tg_operator_kind tg_operator_flat_map = {
    .plan_kind = "FlatMap",
    .instance_size = sizeof(struct flat_map),
    .open = flat_map_open,
    .process = flat_map_process,
    .close = flat_map_close,
};
