/* Writes rows to the sink topic: keys and values of a batch are encoded in one go each, then sent record by
 * record. */
#include "plan/nodes/sink.h"

#include "base/memory.h"
#include "data/time.h"
#include "kafka/kafka.h"
#include "topology/operator.h"
#include "topology/rows/record_codec.h"
#include "topology/rows/schema_id.h"
#include "topology/task.h"

struct sink {
    struct tg_operator base;
    struct tg_record_encoder key, value;
    uint32_t *rows;
    size_t rows_capacity;
    struct tg_buffer windowed_key;
    struct tg_header *headers; /* of a record that does not inherit all of its row's */
    size_t header_capacity;
    int32_t window_start, window_end; /* schema columns, or TG_SCHEMA_NONE */
    const struct tg_time_format *time_format;
    struct tg_producer_topic *target;
};

static const struct tg_plan_sink *node_of(const struct sink *sink)
{
    return (const struct tg_plan_sink *)sink->base.node;
}

static enum tg_code sink_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct sink *sink = (struct sink *)self;
    const struct tg_plan_sink *node = node_of(sink);
    sink->window_start = tg_schema_find_role(node->base.schema, TG_COLUMN_WINDOWSTART);
    sink->window_end = tg_schema_find_role(node->base.schema, TG_COLUMN_WINDOWEND);
    struct tg_record_half_options options = {
        .schema = node->base.schema,
        .role = TG_COLUMN_KEY,
        .format = &node->key_format,
        .topic = node->topic.name,
        .registry = self->task->query->registry,
    };
    TG_TRY(tg_record_encoder_open(self->task->arena, &options, &sink->key, reterr));
    options.role = TG_COLUMN_VALUE;
    options.format = &node->value_format;
    TG_TRY(tg_record_encoder_open(self->task->arena, &options, &sink->value, reterr));
    if (node->timestamp_format != NULL)
        TG_TRY(tg_time_format_compile(self->task->arena, tg_slice_text(node->timestamp_format),
                                      &sink->time_format, reterr));
    return TG_OK;
}

static enum tg_code sink_bind(struct tg_operator *self, struct tg_producer *producer, struct tg_error *reterr)
{
    struct sink *sink = (struct sink *)self;
    return tg_producer_topic(producer, node_of(sink)->topic.name, &sink->target, reterr);
}

static void reserve(struct sink *sink, uint32_t rows)
{
    if (rows <= sink->rows_capacity)
        return;
    sink->rows_capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : (size_t)rows * 2;
    sink->rows = tg_realloc(sink->rows, sink->rows_capacity, sizeof *sink->rows);
}

/* Time windows: key | start; sessions: key | end | start (Kafka Streams' serdes). */
static struct tg_slice with_window(struct sink *sink, const struct tg_batch *batch, uint32_t row,
                                   struct tg_slice key)
{
    if (sink->window_start == TG_SCHEMA_NONE || !batch->columns[sink->window_start]->valid[row])
        return key; /* without a key a record of a windowed source has no window */
    tg_buffer_clear(&sink->windowed_key);
    tg_buffer_append_slice(&sink->windowed_key, key);
    if (node_of(sink)->window_kind == TG_WINDOW_SESSION)
        tg_buffer_append_u64(&sink->windowed_key,
                             (uint64_t)batch->columns[sink->window_end]->values.int64[row]);
    tg_buffer_append_u64(&sink->windowed_key,
                         (uint64_t)batch->columns[sink->window_start]->values.int64[row]);
    return tg_buffer_slice(&sink->windowed_key);
}

/* The TIMESTAMP column of the sink, else the row time. A NULL there keeps the row time. */
static int64_t record_time(const struct sink *sink, const struct tg_batch *batch, uint32_t row)
{
    int64_t time = batch->rows->rowtime_ms[row];
    int32_t index = node_of(sink)->timestamp_column;
    if (index < 0 || (batch->rows->flags[row] & TG_ROW_VALUE_NULL) != 0 || !batch->columns[index]->valid[row])
        return time;
    const struct tg_column *column = batch->columns[index];
    if (sink->time_format == NULL)
        return column->values.int64[row];
    int64_t parsed = 0;
    return tg_time_format_parse(sink->time_format, column->values.bytes[row], &parsed, NULL) == TG_OK ? parsed
                                                                                                      : -1;
}

/* Reports what the topic cannot take. */
static bool may_send(const struct sink *sink, const struct tg_outgoing *record, const struct tg_batch *batch,
                     uint32_t row)
{
    struct tg_task *task = sink->base.task;
    if (record->timestamp_ms < 0) {
        const struct tg_skip skip = {&task->counters.time_skipped, batch, row, sink->base.node};
        tg_task_skip(task, &skip, "the TIMESTAMP column gives no time for the output record");
        return false;
    }
    int64_t bytes_max = task->query->sink_bytes_max;
    if (tg_record_fits(record, bytes_max))
        return true;
    const struct tg_skip skip = {&task->counters.output_skipped, batch, row, sink->base.node};
    tg_task_skip(task, &skip, "the output record has %zu bytes, but topic %s takes %lld (max.message.bytes)",
                 tg_record_size(record), node_of(sink)->topic.name, (long long)bytes_max);
    return false;
}

static enum tg_code send_row(struct sink *sink, const struct tg_batch *batch, uint32_t row, uint32_t index,
                             struct tg_error *reterr)
{
    struct tg_task *task = sink->base.task;
    struct tg_slice key = tg_record_of(&sink->key, index);
    int32_t partitions = task->query->sink_partition_count;
    /* A record without a key goes where its source partition says, so that the order within a source
     * partition is kept. */
    int32_t partition =
        key.data == NULL ? task->partition % partitions : tg_partition_for_key(key, partitions);
    const struct tg_header_list headers =
        tg_without_schema_headers(batch->rows->headers[row], &sink->headers, &sink->header_capacity);
    const struct tg_outgoing record = {
        .topic = sink->target,
        .partition = partition,
        .key = with_window(sink, batch, row, key),
        .value = tg_record_of(&sink->value, index),
        .timestamp_ms = record_time(sink, batch, row),
        .headers = headers.headers,
        .header_count = headers.count,
    };
    if (!may_send(sink, &record, batch, row))
        return TG_OK;
    tg_task_note_effect(task, batch, row);
    tg_count(&task->counters.records_out, 1);
    return tg_producer_send(task->producer, &record, reterr);
}

static enum tg_code encode_rows(struct sink *sink, const struct tg_batch *batch, const uint32_t *rows,
                                uint32_t count, struct tg_error *reterr)
{
    TG_TRY(tg_record_encode(&sink->key, batch, rows, count, reterr));
    return tg_record_encode(&sink->value, batch, rows, count, reterr);
}

/* Takes the rows that the formats cannot carry out of the list, one by one. */
static uint32_t drop_unwritable(struct sink *sink, const struct tg_batch *batch, uint32_t count,
                                struct tg_error *reterr)
{
    struct tg_task *task = sink->base.task;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = sink->rows[i];
        if (encode_rows(sink, batch, &row, 1, reterr) == TG_OK) {
            sink->rows[kept++] = row;
            continue;
        }
        const struct tg_skip skip = {&task->counters.output_skipped, batch, row, sink->base.node};
        tg_task_skip(task, &skip, "the row cannot be written: %s", reterr->message);
    }
    return kept;
}

static enum tg_code sink_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    (void)input;
    struct sink *sink = (struct sink *)self;
    reserve(sink, batch->selected);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        sink->rows[count] = row;
        count += (batch->rows->flags[row] & TG_ROW_UNDO) == 0; /* the new version follows */
    }
    if (encode_rows(sink, batch, sink->rows, count, reterr) != TG_OK) {
        count = drop_unwritable(sink, batch, count, reterr);
        TG_TRY(encode_rows(sink, batch, sink->rows, count, reterr));
    }
    for (uint32_t i = 0; i < count; i++)
        if (!tg_task_stops_row(self->task, batch, sink->rows[i]))
            TG_TRY(send_row(sink, batch, sink->rows[i], i, reterr));
    tg_producer_poll(self->task->producer);
    return TG_OK;
}

static void sink_close(struct tg_operator *self)
{
    struct sink *sink = (struct sink *)self;
    tg_record_encoder_done(&sink->key);
    tg_record_encoder_done(&sink->value);
    tg_buffer_done(&sink->windowed_key);
    tg_free(sink->rows);
    tg_free(sink->headers);
}

const struct tg_operator_kind tg_operator_sink = {
    .plan_kind = "Sink",
    .instance_size = sizeof(struct sink),
    .open = sink_open,
    .process = sink_process,
    .bind = sink_bind,
    .close = sink_close,
    .notes_effects = true,
};
