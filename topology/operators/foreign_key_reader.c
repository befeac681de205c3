/* Reads one of the two topics of a foreign-key join: subscriptions of left rows (key: the foreign key) or the
 * answers to them (key: the left row's). Only the key becomes columns, of the table that it is a key of; what
 * the value says is the business of the operator behind. */
#include "base/memory.h"
#include "kafka/kafka.h"
#include "plan/nodes/foreign_key_join.h"
#include "topology/operator.h"
#include "topology/rows/record_codec.h"
#include "topology/table/key_bytes.h"
#include "topology/task.h"

struct reader {
    struct tg_operator base;
    const struct tg_schema *schema; /* of the left or the right table */
    struct tg_batch_memory memory;
    struct tg_arena *batch_arena;
    struct tg_record_half keys;
    struct tg_decoder *decoder;
    struct tg_column **targets;
    struct tg_decode_error *errors;
};

static enum tg_code reader_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct reader *reader = (struct reader *)self;
    const struct tg_plan_foreign_key_join *node = (const struct tg_plan_foreign_key_join *)self->node;
    struct tg_arena *arena = self->task->arena;
    bool reads_answers = self->planned->role == TG_ROLE_FOREIGN_KEY_RESPONSES;
    const struct tg_plan_format format =
        reads_answers ? tg_store_key_format(&node->key_format) : node->foreign_key_format;
    reader->schema = self->node->inputs[reads_answers ? 0 : 1]->schema;
    bool *needed = tg_arena_alloc_zero(arena, reader->schema->count + 1, sizeof *needed);
    for (uint32_t i = 0; i < reader->schema->count; i++)
        needed[i] = reader->schema->columns[i].role == TG_COLUMN_KEY;
    reader->batch_arena = tg_arena_new(0);
    tg_batch_memory_init(&reader->memory, reader->schema, needed);
    reader->memory.batch.topic = self->planned->topic;
    reader->memory.batch.partition = self->task->partition;
    reader->memory.batch.arena = reader->batch_arena;
    reader->errors = tg_arena_alloc(arena, TG_BATCH_ROWS_MAX * sizeof *reader->errors);
    const struct tg_record_half_options options = {
        .schema = reader->schema,
        .role = TG_COLUMN_KEY,
        .format = &format,
        .topic = self->planned->topic,
    };
    TG_TRY(tg_record_open_decoder(arena, &options, &reader->keys, &reader->decoder, reterr));
    reader->targets = tg_arena_alloc_zero(arena, reader->keys.count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < reader->keys.count; i++)
        reader->targets[i] = reader->memory.batch.columns[reader->keys.indexes[i]];
    return TG_OK;
}

static void reader_close(struct tg_operator *self)
{
    struct reader *reader = (struct reader *)self;
    tg_decoder_close(reader->decoder);
    tg_batch_memory_done(&reader->memory);
    tg_arena_free(reader->batch_arena);
}

static void mark_row(struct reader *reader, const struct tg_message *message, uint32_t row)
{
    struct tg_rows *rows = reader->memory.batch.rows;
    rows->rowtime_ms[row] = message->timestamp_ms;
    rows->offset[row] = message->offset;
    rows->raw_key[row] = message->key;
    rows->raw_value[row] = message->value;
    rows->flags[row] = message->key.data == NULL ? TG_ROW_KEY_NULL : 0;
    rows->headers[row] = (struct tg_header_list){NULL, 0};
    if (message->header_count == 0)
        return;
    struct tg_header *headers = tg_arena_alloc(reader->batch_arena, message->header_count * sizeof *headers);
    for (uint32_t h = 0; h < message->header_count; h++)
        tg_message_header(message, h, &headers[h].name, &headers[h].value);
    rows->headers[row] = (struct tg_header_list){headers, message->header_count};
}

static enum tg_code reader_decode(struct tg_operator *self, const struct tg_message *const *messages,
                                  uint32_t count, const struct tg_batch **ret_batch, struct tg_error *reterr)
{
    struct reader *reader = (struct reader *)self;
    struct tg_batch *batch = &reader->memory.batch;
    tg_arena_reset(reader->batch_arena);
    tg_batch_memory_clear(&reader->memory);
    tg_rows_reserve(batch->rows, count);
    batch->rows->count = count;
    for (uint32_t i = 0; i < count; i++)
        mark_row(reader, messages[i], i);
    struct tg_decode_call call = {
        .records = batch->rows->raw_key,
        .count = count,
        .columns = reader->targets,
        .arena = reader->batch_arena,
        .errors = reader->errors,
    };
    reader->decoder->decode(reader->decoder, &call);
    if (call.error_count > 0)
        return tg_fail(reterr, TG_CODE_CORRUPT,
                       "record at offset %lld of topic %s, partition %d: its key cannot be decoded: %s",
                       (long long)batch->rows->offset[call.errors[0].row], batch->topic, batch->partition,
                       call.errors[0].message);
    batch->selection = NULL;
    batch->selected = count;
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

const struct tg_operator_kind tg_operator_foreign_key_reader = {
    .plan_kind = TG_FOREIGN_KEY_READER,
    .instance_size = sizeof(struct reader),
    .open = reader_open,
    .decode = reader_decode,
    .decode_max = TG_BATCH_ROWS_MAX,
    .process = reader_process,
    .close = reader_close,
};
