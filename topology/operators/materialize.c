/* Keeps the newest record of each key of a table source, as the source's own bytes, so that a column that a
 * later statement adds finds its data. What a row replaces is decoded from there and sent before it, with the
 * same offset and row time (those of the change); its ROWTIME column still says its own time. The store has a
 * changelog of its own: the source topic may be compacted late, or not at all.
 *
 * Store value: the record's value; if offset or headers are asked for, in front of it: offset u64 | number of
 * headers u32 | per header u32 length | name | u32 length, or UINT32_MAX for none | value. */
#include "plan/nodes/materialize.h"

#include "base/memory.h"
#include "plan/nodes/source.h"
#include "serde/format.h"
#include "topology/header_column.h"
#include "topology/operator.h"
#include "topology/record_codec.h"
#include "topology/task.h"

enum { NO_BEFORE = UINT32_MAX };

/* A record that was found in the store. */
struct version {
    int64_t time_ms;
    int64_t offset;
    struct tg_header_list headers;
};

struct materialize {
    struct tg_operator base;
    struct tg_task_store *store;
    bool keeps_marks;
    const bool *needed;
    struct tg_record_half values;
    struct tg_decoder *decoder; /* NULL: no value columns */
    struct tg_column **targets; /* in `old` */
    struct tg_batch_memory old; /* what rows replace, decoded */
    struct tg_batch_memory output;
    struct tg_arena *arena;   /* of one run */
    struct tg_slice *records; /* of `old` */
    struct version *versions;
    uint32_t *before; /* per row of the run: row of `old`, or NO_BEFORE */
    uint32_t capacity;
    uint32_t old_count;
    struct tg_decode_error *errors;
    uint8_t *nulls;
    struct tg_buffer value;
};

static enum tg_code materialize_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct materialize *table = (struct materialize *)self;
    const struct tg_plan_source *source = (const struct tg_plan_source *)self->node->inputs[0];
    const struct tg_record_half_options options = {
        .schema = self->node->schema,
        .role = TG_COLUMN_VALUE,
        .format = &source->value_format,
        .topic = source->topic,
        .needed = source->needed,
    };
    table->needed = source->needed;
    table->keeps_marks = tg_plan_materialize_keeps_marks(self->node);
    table->arena = tg_arena_new(0);
    tg_batch_memory_init(&table->old, self->node->schema, source->needed);
    tg_batch_memory_init(&table->output, self->node->schema, source->needed);
    TG_TRY(tg_record_open_decoder(self->task->arena, &options, &table->values, &table->decoder, reterr));
    table->targets =
        tg_arena_alloc_zero(self->task->arena, table->values.count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < table->values.count; i++)
        table->targets[i] = table->old.batch.columns[table->values.indexes[i]];
    const struct tg_task_store_options store = {.node = self->node, .layout = TG_KEY_PLAIN};
    return tg_task_open_store(self, &store, &table->store, reterr);
}

static void reserve(struct materialize *table, uint32_t rows)
{
    if (rows <= table->capacity)
        return;
    table->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    table->records = tg_realloc(table->records, table->capacity, sizeof *table->records);
    table->versions = tg_realloc(table->versions, table->capacity, sizeof *table->versions);
    table->before = tg_realloc(table->before, table->capacity, sizeof *table->before);
    table->errors = tg_realloc(table->errors, table->capacity, sizeof *table->errors);
    table->nulls = tg_realloc(table->nulls, table->capacity, sizeof *table->nulls);
}

/* ---- store values ---- */

static void append_bytes(struct tg_buffer *out, struct tg_slice bytes)
{
    tg_buffer_append_u32(out, bytes.data == NULL ? UINT32_MAX : (uint32_t)bytes.length);
    tg_buffer_append_slice(out, bytes);
}

static struct tg_slice store_value(struct materialize *table, const struct tg_rows *rows, uint32_t row)
{
    if (!table->keeps_marks)
        return rows->raw_value[row];
    tg_buffer_clear(&table->value);
    tg_buffer_append_u64(&table->value, (uint64_t)rows->offset[row]);
    tg_buffer_append_u32(&table->value, rows->headers[row].count);
    for (uint32_t i = 0; i < rows->headers[row].count; i++) {
        append_bytes(&table->value, rows->headers[row].headers[i].name);
        append_bytes(&table->value, rows->headers[row].headers[i].value);
    }
    tg_buffer_append_slice(&table->value, rows->raw_value[row]);
    return tg_buffer_slice(&table->value);
}

/* Takes `length` bytes off the front; false if there are not so many. */
static bool take(struct tg_slice *rest, size_t length, struct tg_slice *ret_part)
{
    if (rest->length < length)
        return false;
    *ret_part = tg_slice_of(rest->data, length);
    *rest = tg_slice_of(rest->data + length, rest->length - length);
    return true;
}

static bool take_bytes(struct tg_slice *rest, struct tg_slice *ret_bytes)
{
    struct tg_slice length;
    if (!take(rest, 4, &length))
        return false;
    *ret_bytes = tg_slice_of(NULL, 0);
    return tg_load_u32(length.data) == UINT32_MAX || take(rest, tg_load_u32(length.data), ret_bytes);
}

static bool take_marks(struct materialize *table, struct tg_slice *rest, struct version *version)
{
    struct tg_slice head;
    if (!take(rest, 12, &head))
        return false;
    version->offset = (int64_t)tg_load_u64(head.data);
    uint32_t count = tg_load_u32(head.data + 8);
    if (count > rest->length)
        return false;
    struct tg_header *headers = tg_arena_alloc_zero(table->arena, count + 1, sizeof *headers);
    for (uint32_t i = 0; i < count; i++)
        if (!take_bytes(rest, &headers[i].name) || !take_bytes(rest, &headers[i].value))
            return false;
    version->headers = (struct tg_header_list){headers, count};
    return true;
}

/* ---- a run ---- */

static enum tg_code add_old(struct materialize *table, const struct tg_value *found, uint32_t *ret_old,
                            struct tg_error *reterr)
{
    struct tg_slice rest = tg_arena_copy(table->arena, found->bytes);
    struct version *version = &table->versions[table->old_count];
    *version = (struct version){.time_ms = found->timestamp_ms, .offset = -1};
    if (rest.data == NULL)
        rest.data = (const uint8_t *)"";
    if (table->keeps_marks && !take_marks(table, &rest, version))
        return tg_fail(reterr, TG_CODE_CORRUPT, "store %s holds a row that is not one of the query",
                       tg_store_name(table->store->store));
    table->records[table->old_count] = rest;
    *ret_old = table->old_count++;
    return TG_OK;
}

/* The store moves on by one row. */
static enum tg_code replace(struct materialize *table, const struct tg_rows *rows, uint32_t row,
                            uint32_t *ret_old, struct tg_error *reterr)
{
    struct tg_store *store = table->store->store;
    struct tg_slice key = rows->raw_key[row];
    struct tg_value found;
    bool exists = false;
    *ret_old = NO_BEFORE;
    TG_TRY(tg_store_get(store, key, &exists, &found, reterr));
    if (exists)
        TG_TRY(add_old(table, &found, ret_old, reterr));
    if ((rows->flags[row] & TG_ROW_VALUE_NULL) == 0) {
        const struct tg_value value = {store_value(table, rows, row), rows->rowtime_ms[row]};
        return tg_store_put(store, key, value, reterr);
    }
    return exists ? tg_store_remove(store, key, rows->rowtime_ms[row], reterr) : TG_OK;
}

static enum tg_code decode_old(struct materialize *table, struct tg_error *reterr)
{
    tg_batch_memory_clear(&table->old);
    if (table->decoder == NULL)
        return TG_OK;
    struct tg_decode_call call = {
        .records = table->records,
        .count = table->old_count,
        .columns = table->targets,
        .arena = table->arena,
        .errors = table->errors,
        .nulls = table->nulls,
    };
    table->decoder->decode(table->decoder, &call);
    if (call.error_count == 0)
        return TG_OK;
    tg_fail(reterr, TG_CODE_CORRUPT, "store %s holds a row that cannot be decoded: %s",
            tg_store_name(table->store->store), call.errors[0].message);
    return tg_fail_hint(reterr, "if columns of the source got other types, give the query another QUERY_ID");
}

static uint32_t add_row(struct materialize *table, const struct tg_rows *rows, uint32_t row)
{
    struct tg_batch *output = &table->output.batch;
    uint32_t target = output->rows->count;
    tg_rows_reserve(output->rows, target + 1);
    output->rows->count = target + 1;
    tg_rows_copy(output->rows, target, rows, row);
    for (uint32_t i = 0; i < output->schema->count; i++)
        if (output->columns[i] != NULL)
            tg_column_resize(output->columns[i], target + 1);
    return target;
}

/* What `row` replaces: its own values, the key of the row. */
static void add_before(struct materialize *table, const struct tg_batch *batch, uint32_t row, uint32_t old)
{
    struct tg_batch *output = &table->output.batch;
    const struct version *version = &table->versions[old];
    uint32_t target = add_row(table, batch->rows, row);
    output->rows->flags[target] = TG_ROW_UNDO;
    for (uint32_t i = 0; i < output->schema->count; i++) {
        const struct tg_schema_column *declared = &output->schema->columns[i];
        struct tg_column *column = output->columns[i];
        if (column == NULL)
            continue;
        if (declared->role == TG_COLUMN_HEADER || declared->role == TG_COLUMN_HEADERS) {
            tg_header_column_set(column, target, declared, &version->headers);
        } else if (declared->role == TG_COLUMN_VALUE) {
            tg_column_copy_row(column, target, table->old.batch.columns[i], old);
        } else {
            tg_column_copy_row(column, target, batch->columns[i], row);
            if (declared->role == TG_COLUMN_ROWTIME)
                column->values.int64[target] = version->time_ms;
            if (declared->role == TG_COLUMN_ROWOFFSET)
                column->values.int64[target] = version->offset;
        }
    }
}

static void add_after(struct materialize *table, const struct tg_batch *batch, uint32_t row)
{
    struct tg_batch *output = &table->output.batch;
    uint32_t target = add_row(table, batch->rows, row);
    for (uint32_t i = 0; i < output->schema->count; i++)
        if (output->columns[i] != NULL)
            tg_column_copy_row(output->columns[i], target, batch->columns[i], row);
}

static enum tg_code materialize_process(struct tg_operator *self, uint32_t input,
                                        const struct tg_batch *batch, struct tg_error *reterr)
{
    (void)input;
    struct materialize *table = (struct materialize *)self;
    tg_arena_reset(table->arena);
    reserve(table, batch->selected);
    table->old_count = 0;
    for (uint32_t i = 0; i < batch->selected; i++)
        TG_TRY(replace(table, batch->rows, tg_batch_row(batch, i), &table->before[i], reterr));
    if (table->old_count == 0)
        return tg_operator_forward(self, batch, reterr);
    TG_TRY(decode_old(table, reterr));
    tg_batch_memory_clear(&table->output);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        if (table->before[i] != NO_BEFORE)
            add_before(table, batch, row, table->before[i]);
        add_after(table, batch, row);
    }
    struct tg_batch *output = &table->output.batch;
    output->selected = output->rows->count;
    output->topic = batch->topic;
    output->partition = batch->partition;
    output->arena = batch->arena;
    return tg_operator_forward(self, output, reterr);
}

static void materialize_close(struct tg_operator *self)
{
    struct materialize *table = (struct materialize *)self;
    tg_decoder_close(table->decoder);
    tg_batch_memory_done(&table->old);
    tg_batch_memory_done(&table->output);
    tg_arena_free(table->arena);
    tg_buffer_done(&table->value);
    tg_free(table->records);
    tg_free(table->versions);
    tg_free(table->before);
    tg_free(table->errors);
    tg_free(table->nulls);
}

const struct tg_operator_kind tg_operator_materialize = {
    .plan_kind = "Materialize",
    .instance_size = sizeof(struct materialize),
    .open = materialize_open,
    .process = materialize_process,
    .close = materialize_close,
    .has_store = true,
};
