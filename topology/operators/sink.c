/* Writes rows to the sink topic: keys and values of a batch are encoded in one go each, then sent record by
 * record. */
#include "plan/nodes/sink.h"

#include "base/memory.h"
#include "data/time.h"
#include "kafka/kafka.h"
#include "serde/format.h"
#include "topology/operator.h"
#include "topology/task.h"

/* One half of the records of a batch. */
struct half {
    struct tg_encoder *encoder; /* NULL: no columns */
    struct tg_schema_column *columns;
    uint32_t *source; /* schema index of each column */
    const struct tg_column **targets;
    uint32_t count;
    struct tg_buffer bytes;
    size_t *ends;
    uint8_t *nulls;
};

struct sink {
    struct tg_operator base;
    struct half key, value;
    uint32_t *rows;
    size_t rows_capacity;
    struct tg_buffer windowed_key;
    int32_t window_start, window_end; /* schema columns, or TG_SCHEMA_NONE */
    const struct tg_time_format *time_format;
    struct tg_producer_topic *target;
};

static const struct tg_plan_sink *node_of(const struct sink *sink)
{
    return (const struct tg_plan_sink *)sink->base.node;
}

static enum tg_code open_half(struct sink *sink, enum tg_column_role role, struct half *half,
                              struct tg_error *reterr)
{
    const struct tg_plan_sink *node = node_of(sink);
    const struct tg_schema *schema = node->base.schema;
    struct tg_arena *arena = sink->base.task->arena;
    half->columns = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *half->columns);
    half->source = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *half->source);
    half->targets = tg_arena_alloc_zero(arena, schema->count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].role != role)
            continue;
        half->columns[half->count] = schema->columns[i];
        half->source[half->count++] = i;
    }
    if (half->count == 0)
        return TG_OK;
    const struct tg_plan_format *plan_format =
        role == TG_COLUMN_KEY ? &node->key_format : &node->value_format;
    const struct tg_format *format = NULL;
    TG_TRY(tg_format_find(tg_slice_text(plan_format->name), &format, reterr));
    const struct tg_format_options options = {
        .columns = half->columns,
        .column_count = half->count,
        .is_key = role == TG_COLUMN_KEY,
        .unwrapped = plan_format->unwrapped,
        .delimiter = plan_format->delimiter,
        .topic = node->topic.name,
    };
    TG_TRY(format->check(&options, reterr));
    return format->encoder_open(&options, &half->encoder, reterr);
}

static enum tg_code sink_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct sink *sink = (struct sink *)self;
    const struct tg_plan_sink *node = node_of(sink);
    sink->window_start = tg_schema_find_role(node->base.schema, TG_COLUMN_WINDOWSTART);
    sink->window_end = tg_schema_find_role(node->base.schema, TG_COLUMN_WINDOWEND);
    TG_TRY(open_half(sink, TG_COLUMN_KEY, &sink->key, reterr));
    TG_TRY(open_half(sink, TG_COLUMN_VALUE, &sink->value, reterr));
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
    struct half *halves[] = {&sink->key, &sink->value};
    for (size_t i = 0; i < 2; i++) {
        halves[i]->ends = tg_realloc(halves[i]->ends, sink->rows_capacity, sizeof *halves[i]->ends);
        halves[i]->nulls = tg_realloc(halves[i]->nulls, sink->rows_capacity, sizeof *halves[i]->nulls);
    }
}

static enum tg_code encode_half(struct sink *sink, struct half *half, const struct tg_batch *batch,
                                const uint32_t *rows, uint32_t row_count, struct tg_error *reterr)
{
    if (half->encoder == NULL)
        return TG_OK;
    for (uint32_t i = 0; i < half->count; i++)
        half->targets[i] = batch->columns[half->source[i]];
    tg_buffer_clear(&half->bytes);
    struct tg_encode_call call = {
        .columns = half->targets,
        .flags = batch->rows->flags,
        .rows = rows,
        .row_count = row_count,
        .out = &half->bytes,
        .ends = half->ends,
        .nulls = half->nulls,
    };
    enum tg_code code = half->encoder->encode(half->encoder, &call, reterr);
    return code == TG_OK ? TG_OK
                         : tg_fail_context(reterr, "%s of topic %s", half == &sink->key ? "key" : "value",
                                           node_of(sink)->topic.name);
}

static struct tg_slice record_of(const struct half *half, uint32_t index)
{
    if (half->encoder == NULL || half->nulls[index])
        return tg_slice_of(NULL, 0);
    size_t from = index == 0 ? 0 : half->ends[index - 1];
    /* An empty record is not a null one: data must not be NULL. */
    return tg_slice_of(half->bytes.data == NULL ? (const uint8_t *)"" : half->bytes.data + from,
                       half->ends[index] - from);
}

/* Time windows: key | start; sessions: key | end | start (Kafka Streams' serdes). */
static struct tg_slice with_window(struct sink *sink, const struct tg_batch *batch, uint32_t row,
                                   struct tg_slice key)
{
    if (sink->window_start == TG_SCHEMA_NONE)
        return key;
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

static enum tg_code send_row(struct sink *sink, const struct tg_batch *batch, uint32_t row, uint32_t index,
                             struct tg_error *reterr)
{
    struct tg_task *task = sink->base.task;
    struct tg_slice key = record_of(&sink->key, index);
    int32_t partitions = task->query->sink_partition_count;
    /* A record without a key goes where its source partition says, so that the order within a source
     * partition is kept. */
    int32_t partition =
        key.data == NULL ? task->partition % partitions : tg_partition_for_key(key, partitions);
    const struct tg_outgoing record = {
        .topic = sink->target,
        .partition = partition,
        .key = key.data == NULL && sink->window_start == TG_SCHEMA_NONE ? key
                                                                        : with_window(sink, batch, row, key),
        .value = record_of(&sink->value, index),
        .timestamp_ms = record_time(sink, batch, row),
        .headers = batch->rows->headers[row].headers,
        .header_count = batch->rows->headers[row].count,
    };
    if (record.timestamp_ms < 0) {
        const struct tg_skip skip = {&task->counters.time_skipped, batch, row, sink->base.node};
        tg_task_skip(task, &skip, "the TIMESTAMP column gives no time for the output record");
        return TG_OK;
    }
    tg_count(&task->counters.records_out, 1);
    return tg_producer_send(task->producer, &record, reterr);
}

static enum tg_code sink_process(struct tg_operator *self, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    struct sink *sink = (struct sink *)self;
    reserve(sink, batch->selected);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        sink->rows[count] = row;
        count += (batch->rows->flags[row] & TG_ROW_UNDO) == 0; /* the new version follows */
    }
    TG_TRY(encode_half(sink, &sink->key, batch, sink->rows, count, reterr));
    TG_TRY(encode_half(sink, &sink->value, batch, sink->rows, count, reterr));
    for (uint32_t i = 0; i < count; i++)
        TG_TRY(send_row(sink, batch, sink->rows[i], i, reterr));
    tg_producer_poll(self->task->producer);
    return TG_OK;
}

static void half_done(struct half *half)
{
    tg_encoder_close(half->encoder);
    tg_buffer_done(&half->bytes);
    tg_free(half->ends);
    tg_free(half->nulls);
}

static void sink_close(struct tg_operator *self)
{
    struct sink *sink = (struct sink *)self;
    half_done(&sink->key);
    half_done(&sink->value);
    tg_buffer_done(&sink->windowed_key);
    tg_free(sink->rows);
}

const struct tg_operator_kind tg_operator_sink = {
    .plan_kind = "Sink",
    .instance_size = sizeof(struct sink),
    .open = sink_open,
    .process = sink_process,
    .bind = sink_bind,
    .close = sink_close,
};
