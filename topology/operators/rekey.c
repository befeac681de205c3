/* PARTITION BY and GROUP BY: new key columns in front, the kept columns behind them.
 * PARTITION BY keeps a row whose key is NULL: a single NULL is a null key, of several columns each keeps its
 * NULL. GROUP BY drops it, and rows without a value. In a row without a value, whatever an expression makes
 * of value columns is NULL too. A table's old version goes to its own group. */
#include "plan/nodes/rekey.h"

#include "expr/program.h"
#include "topology/operator.h"
#include "topology/rows/row_list.h"
#include "topology/task.h"

struct rekey {
    struct tg_operator base;
    const struct tg_program *program; /* of the key expressions; NULL: the key is empty */
    struct tg_program_state *state;
    struct tg_column **columns;
    bool *needs_value;   /* per key expression: it reads value columns */
    struct tg_rows rows; /* marks with new flags; the other arrays are the input's */
    uint8_t *flags;
    uint32_t *selection;
    uint32_t capacity;
    struct tg_row_list valued;
};

static bool reads_value(const struct tg_expr *expr, const struct tg_schema *schema)
{
    if (expr->kind == TG_EXPR_COLUMN)
        return schema->columns[expr->index].role == TG_COLUMN_VALUE;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (reads_value(expr->arguments[i], schema))
            return true;
    return false;
}

static enum tg_code rekey_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct rekey *rekey = (struct rekey *)self;
    const struct tg_plan_rekey *node = (const struct tg_plan_rekey *)self->node;
    rekey->columns =
        tg_arena_alloc_zero(self->task->arena, node->base.schema->count, sizeof(struct tg_column *));
    if (node->key_count == 0)
        return TG_OK;
    rekey->needs_value = tg_arena_alloc_zero(self->task->arena, node->key_count, sizeof *rekey->needs_value);
    for (uint32_t i = 0; i < node->key_count; i++)
        rekey->needs_value[i] = reads_value(node->key_expressions[i], node->base.inputs[0]->schema);
    TG_TRY(tg_program_compile(self->task->arena, node->base.inputs[0]->schema, node->key_expressions,
                              node->key_count, &rekey->program, reterr));
    rekey->state = tg_operator_program(self, rekey->program);
    return TG_OK;
}

static void reserve(struct rekey *rekey, uint32_t rows)
{
    if (rows <= rekey->capacity)
        return;
    rekey->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    struct tg_arena *arena = rekey->base.task->arena;
    rekey->flags = tg_arena_alloc(arena, rekey->capacity);
    rekey->selection = tg_arena_alloc(arena, rekey->capacity * sizeof *rekey->selection);
}

static bool any_key_is_null(const struct rekey *rekey, uint32_t row)
{
    const struct tg_plan_rekey *node = (const struct tg_plan_rekey *)rekey->base.node;
    for (uint32_t i = 0; i < node->key_count; i++)
        if (!rekey->columns[i]->valid[row])
            return true;
    return false;
}

/* What an expression makes of value columns that are not there is NULL, not what it makes of NULLs. */
static void void_keys(struct rekey *rekey, uint32_t row)
{
    const struct tg_plan_rekey *node = (const struct tg_plan_rekey *)rekey->base.node;
    for (uint32_t i = 0; i < node->key_count; i++)
        if (rekey->needs_value[i] && rekey->columns[i]->valid[row])
            tg_column_set_null(rekey->columns[i], row);
}

/* Why GROUP BY leaves a row out, or NULL. "": nothing is to be done for it: a tombstone, whose group takes
 * the row before it back; an old version that was in no group. */
static const char *group_fault(const struct rekey *rekey, const struct tg_batch *batch, uint32_t row,
                               uint64_t **ret_counter)
{
    struct tg_counters *counters = &rekey->base.task->counters;
    bool is_old = (batch->rows->flags[row] & TG_ROW_UNDO) != 0;
    *ret_counter = &counters->null_value_skipped;
    if ((batch->rows->flags[row] & TG_ROW_VALUE_NULL) != 0)
        return rekey->base.node->is_table ? "" : "a record without a value cannot be grouped";
    *ret_counter = &counters->null_key_skipped;
    return !any_key_is_null(rekey, row) ? NULL : is_old ? "" : "a GROUP BY expression is NULL";
}

static void mark_rows(struct rekey *rekey, const struct tg_batch *batch, struct tg_batch *result)
{
    const struct tg_plan_rekey *node = (const struct tg_plan_rekey *)rekey->base.node;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        uint8_t flags = batch->rows->flags[row] & (uint8_t)~TG_ROW_KEY_NULL;
        uint64_t *counter = NULL;
        const char *fault = node->drop_null_keys ? group_fault(rekey, batch, row, &counter) : NULL;
        if (fault != NULL) {
            const struct tg_skip skip = {counter, batch, row, rekey->base.node};
            if (fault[0] != '\0')
                tg_task_skip(rekey->base.task, &skip, "%s", fault);
            continue;
        }
        if ((flags & TG_ROW_VALUE_NULL) != 0)
            void_keys(rekey, row);
        /* PARTITION BY NULL, or by one expression that is NULL: the record has no key. GROUP BY nothing has
         * one: the empty one. */
        if (!node->drop_null_keys &&
            (node->key_count == 0 || (node->key_count == 1 && any_key_is_null(rekey, row))))
            flags |= TG_ROW_KEY_NULL;
        rekey->flags[row] = flags;
        rekey->selection[kept++] = row;
    }
    result->selection = rekey->selection;
    result->selected = kept;
}

static enum tg_code rekey_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                  struct tg_error *reterr)
{
    (void)input;
    struct rekey *rekey = (struct rekey *)self;
    const struct tg_plan_rekey *node = (const struct tg_plan_rekey *)self->node;
    reserve(rekey, batch->rows->count);
    if (rekey->state != NULL) {
        const struct tg_batch valued = tg_row_list_valued(&rekey->valued, batch);
        tg_program_run(rekey->state, node->base.is_table ? &valued : batch);
        tg_task_report_errors(self, batch, rekey->state);
    }
    for (uint32_t i = 0; i < node->key_count; i++)
        rekey->columns[i] = tg_program_result(rekey->state, i);
    for (uint32_t i = 0; i < node->kept_count; i++)
        rekey->columns[node->key_count + i] = batch->columns[node->kept[i]];
    struct tg_batch result = *batch;
    mark_rows(rekey, batch, &result);
    rekey->rows = *batch->rows;
    rekey->rows.flags = rekey->flags;
    result.rows = &rekey->rows;
    result.schema = self->node->schema;
    result.columns = rekey->columns;
    return tg_operator_forward(self, &result, reterr);
}

static void rekey_close(struct tg_operator *self)
{
    struct rekey *rekey = (struct rekey *)self;
    tg_program_state_free(rekey->state);
    tg_row_list_done(&rekey->valued);
}

const struct tg_operator_kind tg_operator_rekey = {
    .plan_kind = "Rekey",
    .instance_size = sizeof(struct rekey),
    .open = rekey_open,
    .process = rekey_process,
    .close = rekey_close,
    .needs_before = true,
};
