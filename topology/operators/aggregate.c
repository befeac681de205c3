/* Aggregates of a stream per key, or per key and window; of a table per key.
 * EMIT CHANGES sends a row for each input row (cache off) or, at each commit, one for each group that changed
 * (cache on). EMIT FINAL sends one row per window when the stream time reaches its end plus grace, in order
 * of window start, then key. Stream time is that of the rows which reach this operator, and is persisted with
 * each commit. */
#include "topology/aggregate/aggregate.h"

#include "base/memory.h"
#include "state/window_key.h"

static enum tg_code open_calls(struct aggregate *aggregate, struct tg_error *reterr)
{
    const struct tg_plan_aggregate *node = aggregate_node(aggregate);
    struct tg_arena *arena = aggregate->base.task->arena;
    uint32_t argument_count = 0;
    for (uint32_t i = 0; i < node->call_count; i++)
        argument_count += node->calls[i].argument_count;
    const struct tg_expr **expressions =
        tg_arena_alloc_zero(arena, argument_count + 1, sizeof(struct tg_expr *));
    aggregate->calls = tg_arena_alloc_zero(arena, node->call_count + 1, sizeof *aggregate->calls);
    aggregate->call_count = node->call_count;
    uint32_t argument = 0;
    for (uint32_t i = 0; i < node->call_count; i++) {
        const struct tg_function_call *function_call = &node->calls[i];
        struct aggregate_call *call = &aggregate->calls[i];
        call->function_call = function_call;
        call->first_argument = argument;
        call->fixed_at = aggregate->fixed_bytes;
        call->variable = (function_call->function->flags & TG_FUNCTION_VARIABLE_STATE) != 0;
        call->state = (struct tg_aggregate_call){
            .arguments =
                tg_arena_alloc_zero(arena, function_call->argument_count + 1, sizeof(struct tg_column *)),
            .argument_count = function_call->argument_count,
            .type = function_call->type,
            .function = function_call->function,
            .prepared = function_call->prepared,
            .new_blob = &call->new_blob,
        };
        aggregate->fixed_bytes += function_call->function->aggregate->fixed_bytes;
        aggregate->variable = aggregate->variable || call->variable;
        aggregate->may_refuse = aggregate->may_refuse || function_call->function->aggregate->refuses;
        for (uint32_t a = 0; a < function_call->argument_count; a++)
            expressions[argument++] = function_call->arguments[a];
    }
    TG_TRY(tg_program_compile(arena, node->base.inputs[0]->schema, expressions, argument_count,
                              &aggregate->program, reterr));
    aggregate->program_state = tg_operator_program(&aggregate->base, aggregate->program);
    return TG_OK;
}

static enum tg_code open_key(struct aggregate *aggregate, struct tg_error *reterr)
{
    const struct tg_plan_aggregate *node = aggregate_node(aggregate);
    const struct tg_schema *schema = node->base.inputs[0]->schema;
    struct tg_arena *arena = aggregate->base.task->arena;
    aggregate->key_columns = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *aggregate->key_columns);
    aggregate->key_source = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *aggregate->key_source);
    aggregate->key_targets = tg_arena_alloc_zero(arena, schema->count + 1, sizeof(struct tg_column *));
    aggregate->decoded_keys = tg_arena_alloc_zero(arena, schema->count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].role != TG_COLUMN_KEY)
            continue;
        aggregate->key_columns[aggregate->key_count] = schema->columns[i];
        aggregate->key_source[aggregate->key_count] = i;
        aggregate->decoded_keys[aggregate->key_count++] = tg_column_new(schema->columns[i].type);
    }
    if (aggregate->key_count == 0)
        return TG_OK;
    const struct tg_format *format = NULL;
    TG_TRY(tg_format_find(tg_slice_text(node->key_format), &format, reterr));
    const struct tg_format_options options = {
        .columns = aggregate->key_columns,
        .column_count = aggregate->key_count,
        .is_key = true,
        .unwrapped = node->key_unwrapped,
        .topic = node->base.step,
    };
    TG_TRY(format->check(&options, reterr));
    TG_TRY(format->encoder_open(&options, &aggregate->key_encoder, reterr));
    return format->decoder_open(&options, &aggregate->key_decoder, reterr);
}

static enum tg_code aggregate_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct aggregate *aggregate = (struct aggregate *)self;
    aggregate->stream_time_ms = -1;
    aggregate->output_arena = tg_arena_new(0);
    aggregate->sends_before = tg_operator_sends_before(self);
    aggregate_load_windows(aggregate);
    enum tg_on_error policy = self->task->query->faults.policies[TG_FAULT_AGGREGATE];
    aggregate->refusal = policy == TG_ON_ERROR_FAIL        ? AGGREGATE_LEAVES_OUT
                         : self->node->inputs[0]->is_table ? AGGREGATE_KEEPS
                         : policy == TG_ON_ERROR_NULL      ? AGGREGATE_NULL
                                                           : AGGREGATE_LEAVES_OUT;
    tg_batch_memory_init(&aggregate->output, self->node->schema, NULL);
    TG_TRY(open_calls(aggregate, reterr));
    TG_TRY(open_key(aggregate, reterr));
    aggregate->gathers = aggregate_can_gather(aggregate);
    const struct tg_task_store_options options = {
        .node = self->node,
        .layout = aggregate_has_sessions(aggregate)  ? TG_KEY_SESSION
                  : aggregate_is_windowed(aggregate) ? TG_KEY_WINDOW
                                                     : TG_KEY_PLAIN,
    };
    return tg_task_open_store(self, &options, &aggregate->store, reterr);
}

static void reserve(struct aggregate *aggregate, uint32_t rows)
{
    if (rows <= aggregate->rows_capacity)
        return;
    aggregate->rows_capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    aggregate->rows = tg_realloc(aggregate->rows, aggregate->rows_capacity, sizeof *aggregate->rows);
    aggregate->key_ends =
        tg_realloc(aggregate->key_ends, aggregate->rows_capacity, sizeof *aggregate->key_ends);
    aggregate->key_nulls =
        tg_realloc(aggregate->key_nulls, aggregate->rows_capacity, sizeof *aggregate->key_nulls);
}

/* Why a row cannot be aggregated; "": nothing is to be done for it (a tombstone, which its previous version
 * precedes); NULL: it can. */
static const char *row_fault(const struct aggregate *aggregate, const struct tg_batch *batch, uint32_t row,
                             uint64_t **ret_counter)
{
    struct tg_counters *counters = &aggregate->base.task->counters;
    *ret_counter = &counters->null_value_skipped;
    if ((batch->rows->flags[row] & TG_ROW_VALUE_NULL) != 0)
        return aggregate->base.node->inputs[0]->is_table ? ""
                                                         : "a record without a value cannot be aggregated";
    *ret_counter = &counters->null_key_skipped;
    bool missing = (batch->rows->flags[row] & TG_ROW_KEY_NULL) != 0 && aggregate->key_count > 0;
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        missing = missing || !batch->columns[aggregate->key_source[i]]->valid[row];
    bool is_old = (batch->rows->flags[row] & TG_ROW_UNDO) != 0;
    return !missing ? NULL : is_old ? "" : "the group key is NULL";
}

/* Fills aggregate->rows with what can be aggregated and encodes their keys. */
static enum tg_code prepare_rows(struct aggregate *aggregate, const struct tg_batch *batch,
                                 uint32_t *ret_count, struct tg_error *reterr)
{
    uint32_t count = 0;
    reserve(aggregate, batch->selected);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        uint64_t *counter = NULL;
        const char *fault = row_fault(aggregate, batch, row, &counter);
        if (fault == NULL) {
            aggregate->rows[count++] = row;
            continue;
        }
        if (fault[0] == '\0')
            continue;
        const struct tg_skip skip = {counter, batch, row, aggregate->base.node};
        tg_task_skip(aggregate->base.task, &skip, "%s", fault);
    }
    *ret_count = count;
    tg_buffer_clear(&aggregate->key_bytes);
    if (aggregate->key_encoder == NULL)
        return TG_OK;
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        aggregate->key_targets[i] = batch->columns[aggregate->key_source[i]];
    struct tg_encode_call call = {
        .columns = aggregate->key_targets,
        .rows = aggregate->rows,
        .row_count = count,
        .out = &aggregate->key_bytes,
        .ends = aggregate->key_ends,
        .nulls = aggregate->key_nulls,
    };
    return aggregate->key_encoder->encode(aggregate->key_encoder, &call, reterr);
}

static struct tg_slice key_of(const struct aggregate *aggregate, uint32_t index)
{
    if (aggregate->key_encoder == NULL)
        return tg_slice_of("", 0);
    size_t from = index == 0 ? 0 : aggregate->key_ends[index - 1];
    return tg_slice_of(aggregate->key_bytes.data + from, aggregate->key_ends[index] - from);
}

/* One group, not windowed. */
static enum tg_code update_group(struct aggregate *aggregate, struct tg_slice key,
                                 const struct aggregate_update *update, struct tg_error *reterr)
{
    struct aggregate_result result;
    if (aggregate->gathers)
        return aggregate_gather(aggregate, key, update->add, reterr);
    TG_TRY(aggregate_apply(aggregate, key, update, &result, reterr));
    if (!result.changed || !aggregate_emits_at_once(aggregate))
        return TG_OK;
    const struct aggregate_change change = {
        .row = update->add != AGGREGATE_NO_ROW ? update->add : update->undo,
        .time_ms = result.after.timestamp_ms,
        .before = result.had_before ? &result.before : NULL,
        .after = &result.after.bytes,
    };
    return aggregate_emit(aggregate, &change, reterr);
}

/* A row of a table takes its previous version back first. If both are of one group they are one change of it,
 * else each group changes (KTableAggregate, KTableRepartitionMap). *ret_used: rows that were handled. */
static enum tg_code update_table_group(struct aggregate *aggregate, uint32_t index, uint32_t count,
                                       uint32_t *ret_used, struct tg_error *reterr)
{
    const struct tg_rows *rows = aggregate->input->rows;
    uint32_t row = aggregate->rows[index];
    struct aggregate_update update = {.undo = AGGREGATE_NO_ROW, .add = row};
    *ret_used = 1;
    if ((rows->flags[row] & TG_ROW_UNDO) != 0) {
        update = (struct aggregate_update){.undo = row, .add = AGGREGATE_NO_ROW};
        uint32_t next = index + 1 < count ? aggregate->rows[index + 1] : row;
        if ((rows->flags[next] & TG_ROW_UNDO) == 0 && rows->offset[next] == rows->offset[row] &&
            tg_slice_equal(key_of(aggregate, index), key_of(aggregate, index + 1))) {
            update.add = next;
            *ret_used = 2;
        }
    }
    return update_group(aggregate, key_of(aggregate, index), &update, reterr);
}

static enum tg_code update_row(struct aggregate *aggregate, uint32_t index, uint32_t count,
                               uint32_t *ret_used, struct tg_error *reterr)
{
    uint32_t row = aggregate->rows[index];
    int64_t time = aggregate->input->rows->rowtime_ms[row];
    int64_t seen = aggregate->stream_time_ms;
    aggregate->stream_time_ms = time > seen ? time : seen;
    *ret_used = 1;
    aggregate->refused = aggregate->left_out = aggregate->too_large = false;
    if (aggregate->base.node->inputs[0]->is_table)
        return update_table_group(aggregate, index, count, ret_used, reterr);
    if (aggregate_has_sessions(aggregate))
        return aggregate_update_session(aggregate, key_of(aggregate, index), row, seen, reterr);
    if (aggregate_is_windowed(aggregate))
        return aggregate_update_windows(aggregate, key_of(aggregate, index), row, reterr);
    return update_group(aggregate, key_of(aggregate, index),
                        &(struct aggregate_update){.undo = AGGREGATE_NO_ROW, .add = row}, reterr);
}

/* A call has refused the row. One that is left out has not been here: neither time nor effect is of it. */
static void report_refusal(struct aggregate *aggregate, uint32_t row, int64_t time_ms, int64_t effects_offset)
{
    struct tg_task *task = aggregate->base.task;
    uint64_t *counter =
        aggregate->too_large ? &task->counters.output_skipped : &task->counters.aggregate_errors;
    const struct tg_skip skip = {counter, aggregate->input, row, aggregate->base.node};
    if (!aggregate->left_out) {
        tg_task_null_result(task, &skip, aggregate->refused_error.message);
        return;
    }
    aggregate->stream_time_ms = time_ms;
    task->faults.effects_offset = effects_offset;
    tg_task_skip(task, &skip, "%s", aggregate->refused_error.message);
}

static enum tg_code aggregate_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                      struct tg_error *reterr)
{
    (void)input;
    struct aggregate *aggregate = (struct aggregate *)self;
    const struct tg_plan_aggregate *node = aggregate_node(aggregate);
    uint32_t count = 0;
    aggregate->input = batch;
    aggregate->gathered.count = 0;
    TG_TRY(prepare_rows(aggregate, batch, &count, reterr));
    tg_program_run(aggregate->program_state, batch);
    tg_task_report_errors(self, batch, aggregate->program_state);
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        for (uint32_t a = 0; a < aggregate->calls[i].state.argument_count; a++)
            ((const struct tg_column **)aggregate->calls[i].state.arguments)[a] =
                tg_program_result(aggregate->program_state, aggregate->calls[i].first_argument + a);
    for (uint32_t i = 0, used = 1; i < count; i += used) {
        used = 1;
        if (tg_task_stops_row(self->task, batch, aggregate->rows[i]))
            continue;
        int64_t time_ms = aggregate->stream_time_ms;
        int64_t effects_offset = self->task->faults.effects_offset;
        tg_task_note_effect(self->task, batch, aggregate->rows[i]);
        TG_TRY(update_row(aggregate, i, count, &used, reterr));
        if (aggregate->refused)
            report_refusal(aggregate, aggregate->rows[i], time_ms, effects_offset);
        if (node->emission == TG_EMIT_FINAL)
            TG_TRY(aggregate_close_windows(aggregate, reterr));
    }
    TG_TRY(aggregate_apply_gathered(aggregate, reterr));
    TG_TRY(aggregate_forward_output(aggregate, reterr));
    aggregate->input = NULL;
    return TG_OK;
}

/* A session that was joined with another one is gone; what expired is not, its result stands. */
static enum tg_code flush_entry(struct aggregate *aggregate, const struct tg_sealed_entry *entry,
                                struct tg_error *reterr)
{
    struct tg_store *store = aggregate->store->store;
    struct tg_value before;
    bool had_before = false;
    if (entry->removed) {
        struct tg_window_key session;
        if (!aggregate_has_sessions(aggregate))
            return TG_OK;
        TG_TRY(tg_session_key_read_local(entry->key, &session, reterr));
        if (session.end_ms <= aggregate->closed_start_ms)
            return TG_OK;
    }
    if (aggregate->sends_before)
        TG_TRY(tg_store_get_committed(store, entry->key, &had_before, &before, reterr));
    const struct aggregate_entry change = {
        .key = entry->key,
        .before = had_before ? &before : NULL,
        .after = entry->removed ? NULL : &entry->value,
    };
    return aggregate_emit_entry(aggregate, &change, reterr);
}

/* Emission per commit: one row for each group that the transaction changed. Expired windows are removed
 * afterwards, by the next transaction, so that a window which opened and expired within this one was sent. */
static enum tg_code aggregate_flush(struct tg_operator *self, struct tg_error *reterr)
{
    struct aggregate *aggregate = (struct aggregate *)self;
    TG_TRY(aggregate_put_sessions(aggregate, reterr));
    if (aggregate_node(aggregate)->emission == TG_EMIT_FINAL)
        return TG_OK;
    tg_task_store_seal(aggregate->store);
    size_t position = 0;
    struct tg_sealed_entry entry;
    while (!self->task->query->settings.emit_per_record &&
           tg_store_sealed_next(aggregate->store->store, &position, &entry)) {
        if (!tg_key_in_changelog(aggregate->store->layout, entry.key))
            continue; /* what only this store has: nobody's result */
        TG_TRY(flush_entry(aggregate, &entry, reterr));
    }
    TG_TRY(aggregate_forward_output(aggregate, reterr));
    return aggregate_is_windowed(aggregate) ? aggregate_expire_windows(aggregate, reterr) : TG_OK;
}

static int64_t aggregate_progress(const struct tg_operator *self, uint32_t index)
{
    (void)index;
    return ((const struct aggregate *)self)->stream_time_ms;
}

static void aggregate_load_progress(struct tg_operator *self, const int64_t *times)
{
    struct aggregate *aggregate = (struct aggregate *)self;
    aggregate->stream_time_ms = times[0] < -1 ? -1 : times[0];
    tg_batch_memory_clear(&aggregate->output);
    aggregate_live_reset(&aggregate->sessions.live);
    aggregate_load_windows(aggregate);
}

static void aggregate_close(struct tg_operator *self)
{
    struct aggregate *aggregate = (struct aggregate *)self;
    tg_program_state_free(aggregate->program_state);
    tg_encoder_close(aggregate->key_encoder);
    tg_decoder_close(aggregate->key_decoder);
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        tg_column_free(aggregate->decoded_keys[i]);
    for (uint32_t i = 0; aggregate->calls != NULL && i < aggregate->call_count; i++)
        tg_buffer_done(&aggregate->calls[i].new_blob);
    struct tg_buffer *buffers[] = {&aggregate->key_bytes,       &aggregate->store_key,
                                   &aggregate->value,           &aggregate->new_value,
                                   &aggregate->before,          &aggregate->removed_keys,
                                   &aggregate->scan_from,       &aggregate->scan_to,
                                   &aggregate->sessions.values, &aggregate->sessions.head_key};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        tg_buffer_done(buffers[i]);
    tg_free(aggregate->rows);
    tg_free(aggregate->key_ends);
    tg_free(aggregate->key_nulls);
    tg_free(aggregate->sessions.found);
    aggregate_live_done(&aggregate->sessions.live);
    aggregate_gathered_done(&aggregate->gathered);
    tg_batch_memory_done(&aggregate->output);
    tg_arena_free(aggregate->output_arena);
}

const struct tg_operator_kind tg_operator_aggregate = {
    .plan_kind = "Aggregate",
    .instance_size = sizeof(struct aggregate),
    .open = aggregate_open,
    .process = aggregate_process,
    .flush = aggregate_flush,
    .progress = aggregate_progress,
    .load_progress = aggregate_load_progress,
    .close = aggregate_close,
    .needs_before = true,
    .has_store = true,
    .notes_effects = true,
};
