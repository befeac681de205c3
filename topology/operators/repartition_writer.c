/* Writes the rows behind a Rekey node to the repartition topic: key and value in the node's formats, the row
 * time as the record's timestamp, the partition by the key as Java's producers choose it. Rows of a table
 * carry their change (topology/table/change_value.h), so that what is taken back reaches the partition of its
 * own key. */
#include "base/memory.h"
#include "kafka/kafka.h"
#include "plan/nodes/rekey.h"
#include "topology/operator.h"
#include "topology/rows/record_codec.h"
#include "topology/table/change_value.h"
#include "topology/task.h"

struct writer {
    struct tg_operator base;
    struct tg_record_encoder key, value;
    uint32_t *rows;
    uint32_t capacity;
    struct tg_buffer change;
    struct tg_producer_topic *target;
};

static enum tg_code writer_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct writer *writer = (struct writer *)self;
    const struct tg_plan_rekey *node = (const struct tg_plan_rekey *)self->node;
    struct tg_record_half_options options = {
        .schema = self->node->schema,
        .role = TG_COLUMN_KEY,
        .format = &node->key_format,
        .topic = self->task->subtopology->repartition_topic,
    };
    TG_TRY(tg_record_encoder_open(self->task->arena, &options, &writer->key, reterr));
    options.role = TG_COLUMN_VALUE;
    options.format = &node->value_format;
    return tg_record_encoder_open(self->task->arena, &options, &writer->value, reterr);
}

static enum tg_code writer_bind(struct tg_operator *self, struct tg_producer *producer,
                                struct tg_error *reterr)
{
    return tg_producer_topic(producer, self->task->subtopology->repartition_topic,
                             &((struct writer *)self)->target, reterr);
}

static void list_rows(struct writer *writer, const struct tg_batch *batch)
{
    if (batch->selected > writer->capacity) {
        writer->capacity = batch->selected < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : batch->selected * 2;
        writer->rows = tg_realloc(writer->rows, writer->capacity, sizeof *writer->rows);
    }
    for (uint32_t i = 0; i < batch->selected; i++)
        writer->rows[i] = tg_batch_row(batch, i);
}

/* A row without value columns still is a row: its value is empty, not null. */
static struct tg_slice value_of(const struct writer *writer, const struct tg_batch *batch, uint32_t index)
{
    if (writer->value.encoder != NULL || (batch->rows->flags[writer->rows[index]] & TG_ROW_VALUE_NULL) != 0)
        return tg_record_of(&writer->value, index);
    return tg_slice_of("", 0);
}

static bool is_undo(const struct writer *writer, const struct tg_batch *batch, uint32_t index)
{
    return (batch->rows->flags[writer->rows[index]] & TG_ROW_UNDO) != 0;
}

/* Are this row and the next one versions of the same row? */
static bool same_source(const struct writer *writer, const struct tg_batch *batch, uint32_t index)
{
    const int64_t *offsets = batch->rows->offset;
    return offsets[writer->rows[index]] == offsets[writer->rows[index + 1]];
}

/* The record's value for a table's row at *index, which moves on if the next row is part of it. */
static struct tg_slice change_at(struct writer *writer, const struct tg_batch *batch, uint32_t *index)
{
    struct tg_slice key = tg_record_of(&writer->key, *index);
    struct tg_slice value = value_of(writer, batch, *index);
    struct tg_change_value change = {.new_value = value};
    if (value.data == NULL)
        return value;
    if (is_undo(writer, batch, *index)) {
        uint32_t next = *index + 1;
        change = (struct tg_change_value){.old_value = value};
        if (next < batch->selected && !is_undo(writer, batch, next) && same_source(writer, batch, *index) &&
            tg_slice_equal(key, tg_record_of(&writer->key, next))) {
            change.new_value = value_of(writer, batch, next);
            *index += change.new_value.data != NULL;
        }
    }
    tg_buffer_clear(&writer->change);
    tg_change_value_write(&change, &writer->change);
    return tg_buffer_slice(&writer->change);
}

/* Reports what the topic cannot take. */
static bool may_send(const struct writer *writer, const struct tg_outgoing *record,
                     const struct tg_batch *batch, uint32_t row)
{
    struct tg_task *task = writer->base.task;
    int64_t bytes_max = task->query->repartition_bytes_max;
    if (tg_record_fits(record, bytes_max))
        return true;
    const struct tg_skip skip = {&task->counters.output_skipped, batch, row, writer->base.node};
    tg_task_skip(task, &skip,
                 "the record to be repartitioned has %zu bytes, but topic %s takes %lld (max.message.bytes)",
                 tg_record_size(record), task->subtopology->repartition_topic, (long long)bytes_max);
    return false;
}

static enum tg_code writer_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                   struct tg_error *reterr)
{
    (void)input;
    struct writer *writer = (struct writer *)self;
    struct tg_task *task = self->task;
    int32_t partitions = task->subtopology->repartition_partitions;
    list_rows(writer, batch);
    TG_TRY(tg_record_encode(&writer->key, batch, writer->rows, batch->selected, reterr));
    TG_TRY(tg_record_encode(&writer->value, batch, writer->rows, batch->selected, reterr));
    for (uint32_t i = 0; i < batch->selected; i++) {
        struct tg_slice key = tg_record_of(&writer->key, i);
        struct tg_slice value =
            self->node->is_table ? change_at(writer, batch, &i) : value_of(writer, batch, i);
        uint32_t row = writer->rows[i];
        if (tg_task_stops_row(task, batch, row))
            continue;
        const struct tg_outgoing record = {
            .topic = writer->target,
            /* Without a key: where the source partition says, so that its order is kept. */
            .partition =
                key.data == NULL ? task->partition % partitions : tg_partition_for_key(key, partitions),
            .key = key,
            .value = value,
            .timestamp_ms = batch->rows->rowtime_ms[row],
            .headers = batch->rows->headers[row].headers,
            .header_count = batch->rows->headers[row].count,
        };
        if (!may_send(writer, &record, batch, row))
            continue;
        tg_task_note_effect(task, batch, row);
        tg_count(&task->counters.repartition_out, 1);
        TG_TRY(tg_producer_send(task->producer, &record, reterr));
    }
    tg_producer_poll(task->producer);
    return TG_OK;
}

static void writer_close(struct tg_operator *self)
{
    struct writer *writer = (struct writer *)self;
    tg_record_encoder_done(&writer->key);
    tg_record_encoder_done(&writer->value);
    tg_buffer_done(&writer->change);
    tg_free(writer->rows);
}

const struct tg_operator_kind tg_operator_repartition_writer = {
    .plan_kind = TG_REPARTITION_WRITER,
    .instance_size = sizeof(struct writer),
    .open = writer_open,
    .process = writer_process,
    .bind = writer_bind,
    .close = writer_close,
    .needs_before = true,
    .notes_effects = true,
};
