/* Reads a repartition topic: the rows that another task of the query wrote behind a Rekey node. They were
 * checked when they came from their source, so nothing is skipped here: what cannot be read was written by
 * somebody else, and stops the query. A table's record may be two rows: the one that is taken back, then its
 * new version. */
#include "base/memory.h"
#include "kafka/kafka.h"
#include "plan/nodes/rekey.h"
#include "topology/operator.h"
#include "topology/rows/record_codec.h"
#include "topology/table/change_value.h"
#include "topology/task.h"

enum { ROWS_PER_MESSAGE_MAX = 2 };

struct half {
    struct tg_record_half list;
    struct tg_decoder *decoder; /* NULL: no columns */
    struct tg_column **targets;
    struct tg_slice *records;
};

struct reader {
    struct tg_operator base;
    struct tg_batch_memory memory;
    struct tg_arena *batch_arena;
    struct half key, value;
    struct tg_decode_error *errors;
};

static enum tg_code open_half(struct reader *reader, const struct tg_record_half_options *options,
                              struct half *half, struct tg_error *reterr)
{
    struct tg_arena *arena = reader->base.task->arena;
    TG_TRY(tg_record_open_decoder(arena, options, &half->list, &half->decoder, reterr));
    half->targets = tg_arena_alloc_zero(arena, half->list.count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < half->list.count; i++)
        half->targets[i] = reader->memory.batch.columns[half->list.indexes[i]];
    return TG_OK;
}

static const char *topic_of(const struct tg_operator *self)
{
    const struct tg_task *task = self->task;
    for (uint32_t i = 0; i < task->subtopology->input_count; i++)
        if (task->operators[task->subtopology->inputs[i].operator_index] == self)
            return task->subtopology->inputs[i].topic;
    return "";
}

static enum tg_code reader_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct reader *reader = (struct reader *)self;
    const struct tg_plan_rekey *node = (const struct tg_plan_rekey *)self->node;
    struct tg_arena *arena = self->task->arena;
    reader->batch_arena = tg_arena_new(0);
    tg_batch_memory_init(&reader->memory, self->node->schema, NULL);
    reader->memory.batch.topic = topic_of(self);
    reader->memory.batch.partition = self->task->partition;
    reader->memory.batch.arena = reader->batch_arena;
    reader->errors = tg_arena_alloc(arena, TG_BATCH_ROWS_MAX * sizeof *reader->errors);
    reader->key.records = tg_arena_alloc(arena, TG_BATCH_ROWS_MAX * sizeof *reader->key.records);
    reader->value.records = tg_arena_alloc(arena, TG_BATCH_ROWS_MAX * sizeof *reader->value.records);
    struct tg_record_half_options options = {
        .schema = self->node->schema,
        .role = TG_COLUMN_KEY,
        .format = &node->key_format,
        .topic = reader->memory.batch.topic,
    };
    TG_TRY(open_half(reader, &options, &reader->key, reterr));
    options.role = TG_COLUMN_VALUE;
    options.format = &node->value_format;
    return open_half(reader, &options, &reader->value, reterr);
}

static void reader_close(struct tg_operator *self)
{
    struct reader *reader = (struct reader *)self;
    tg_decoder_close(reader->key.decoder);
    tg_decoder_close(reader->value.decoder);
    tg_batch_memory_done(&reader->memory);
    tg_arena_free(reader->batch_arena);
}

static void add_row(struct reader *reader, const struct tg_message *message, struct tg_slice value,
                    uint8_t flags)
{
    struct tg_rows *rows = reader->memory.batch.rows;
    uint32_t row = rows->count++;
    reader->key.records[row] = message->key;
    reader->value.records[row] = value;
    rows->rowtime_ms[row] = message->timestamp_ms;
    rows->offset[row] = message->offset;
    rows->raw_key[row] = message->key;
    rows->raw_value[row] = value; /* without the frame of a table's change */
    rows->flags[row] = (uint8_t)(flags | (message->key.data == NULL ? TG_ROW_KEY_NULL : 0) |
                                 (value.data == NULL ? TG_ROW_VALUE_NULL : 0));
    rows->headers[row] = (struct tg_header_list){NULL, 0};
    if (message->header_count == 0)
        return;
    struct tg_header *headers = tg_arena_alloc(reader->batch_arena, message->header_count * sizeof *headers);
    for (uint32_t h = 0; h < message->header_count; h++)
        tg_message_header(message, h, &headers[h].name, &headers[h].value);
    rows->headers[row] = (struct tg_header_list){headers, message->header_count};
}

static enum tg_code fail_record(const struct reader *reader, int64_t offset, struct tg_error *reterr)
{
    (void)tg_fail_context(reterr, "record at offset %lld of repartition topic %s, partition %d",
                          (long long)offset, reader->memory.batch.topic, reader->memory.batch.partition);
    return tg_fail_hint(reterr,
                        "only the query itself may write to this topic; if another program did, start "
                        "the query under another QUERY_ID");
}

static enum tg_code add_message(struct reader *reader, const struct tg_message *message,
                                struct tg_error *reterr)
{
    if (!reader->base.node->is_table || message->value.data == NULL) {
        add_row(reader, message, message->value, 0);
        return TG_OK;
    }
    struct tg_change_value change;
    if (tg_change_value_read(message->value, &change, reterr) != TG_OK)
        return fail_record(reader, message->offset, reterr);
    if (change.old_value.data != NULL)
        add_row(reader, message, change.old_value, TG_ROW_UNDO);
    if (change.new_value.data != NULL)
        add_row(reader, message, change.new_value, 0);
    return TG_OK;
}

static enum tg_code decode_half(struct reader *reader, struct half *half, struct tg_error *reterr)
{
    if (half->decoder == NULL)
        return TG_OK;
    struct tg_decode_call call = {
        .records = half->records,
        .count = reader->memory.batch.rows->count,
        .columns = half->targets,
        .arena = reader->batch_arena,
        .errors = reader->errors,
    };
    half->decoder->decode(half->decoder, &call);
    if (call.error_count == 0)
        return TG_OK;
    const struct tg_decode_error *first = &call.errors[0];
    (void)tg_fail(reterr, TG_CODE_CORRUPT, "%s cannot be decoded: %s", half == &reader->key ? "key" : "value",
                  first->message);
    return fail_record(reader, reader->memory.batch.rows->offset[first->row], reterr);
}

static enum tg_code reader_decode(struct tg_operator *self, const struct tg_message *const *messages,
                                  uint32_t count, const struct tg_batch **ret_batch, struct tg_error *reterr)
{
    struct reader *reader = (struct reader *)self;
    struct tg_batch *batch = &reader->memory.batch;
    tg_arena_reset(reader->batch_arena);
    tg_batch_memory_clear(&reader->memory);
    tg_rows_reserve(batch->rows, count * ROWS_PER_MESSAGE_MAX);
    for (uint32_t i = 0; i < count; i++)
        TG_TRY(add_message(reader, messages[i], reterr));
    TG_TRY(decode_half(reader, &reader->key, reterr));
    TG_TRY(decode_half(reader, &reader->value, reterr));
    batch->selection = NULL;
    batch->selected = batch->rows->count;
    tg_count(&self->task->counters.repartition_in, count);
    *ret_batch = batch;
    return TG_OK;
}

/* Runs of a decoded batch enter here. */
static enum tg_code reader_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                   struct tg_error *reterr)
{
    (void)input;
    return tg_operator_forward(self, batch, reterr);
}

const struct tg_operator_kind tg_operator_repartition_reader = {
    .plan_kind = TG_REPARTITION_READER,
    .instance_size = sizeof(struct reader),
    .open = reader_open,
    .decode = reader_decode,
    .decode_max = TG_BATCH_ROWS_MAX / ROWS_PER_MESSAGE_MAX,
    .process = reader_process,
    .close = reader_close,
};
