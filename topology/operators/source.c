/* Decodes the records of a source topic. Rows that cannot be processed (undecodable, bad row time, null key
 * in a table) are counted, reported and left out of the batch's selection. */
#include "plan/nodes/source.h"

#include "base/memory.h"
#include "data/time.h"
#include "topology/rows/header_column.h"
#include "topology/rows/record_codec.h"
#include "topology/rows/schema_id.h"
#include "topology/task.h"

#define ROW_TIME_MAX TG_WINDOW_SPAN_MAX_MS

/* The columns of one half of the record: the key or the value. */
struct half {
    struct tg_decoder *decoder; /* NULL: no columns */
    struct tg_record_half record;
    struct tg_column **targets;
    struct tg_slice *records; /* formats with schemas: per row, as `ready` looks at them */
    struct tg_slice *schemas; /* per row the header with the schema's id, data NULL: none; NULL: never any */
};

struct source {
    struct tg_operator base;
    struct tg_batch_memory memory;
    struct tg_arena *batch_arena;
    struct half key, value;
    const struct tg_time_format *time_format;
    uint32_t *selection;
    struct tg_decode_error *errors;
    uint8_t *nulls;        /* per row: bytes that stand for no key or no value, as JSON's null */
    size_t window_bytes;   /* of a windowed key, at its end; 0: not windowed */
    struct tg_slice *keys; /* per row: the key without its window */
};

static const struct tg_plan_source *node_of(const struct source *source)
{
    return (const struct tg_plan_source *)source->base.node;
}

/* What cannot be decoded becomes NULL, and the record goes on. */
static bool gives_nulls(const struct source *source)
{
    return source->base.task->query->faults.policies[TG_FAULT_DECODE] == TG_ON_ERROR_NULL;
}

static enum tg_code open_half(struct source *source, enum tg_column_role role, struct half *half,
                              struct tg_error *reterr)
{
    const struct tg_plan_source *node = node_of(source);
    struct tg_arena *arena = source->base.task->arena;
    const struct tg_record_half_options options = {
        .schema = node->base.schema,
        .role = role,
        .format = role == TG_COLUMN_KEY ? &node->key_format : &node->value_format,
        .topic = node->topic,
        .needed = node->needed,
        .field_nulls = gives_nulls(source),
        .registry = source->base.task->query->registry,
    };
    TG_TRY(tg_record_open_decoder(arena, &options, &half->record, &half->decoder, reterr));
    half->targets = tg_arena_alloc_zero(arena, half->record.count + 1, sizeof(struct tg_column *));
    if (half->decoder != NULL && half->decoder->ready != NULL)
        half->records = tg_arena_alloc(arena, TG_BATCH_ROWS_MAX * sizeof *half->records);
    if (half->record.has_schemas)
        half->schemas = tg_arena_alloc(arena, TG_BATCH_ROWS_MAX * sizeof *half->schemas);
    for (uint32_t i = 0; i < half->record.count; i++)
        half->targets[i] = source->memory.batch.columns[half->record.indexes[i]];
    return TG_OK;
}

static enum tg_code source_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct source *source = (struct source *)self;
    const struct tg_plan_source *node = node_of(source);
    source->batch_arena = tg_arena_new(0);
    tg_batch_memory_init(&source->memory, node->base.schema, node->needed);
    source->memory.batch.topic = node->topic;
    source->memory.batch.partition = self->task->partition;
    source->memory.batch.arena = source->batch_arena;
    source->selection = tg_arena_alloc(self->task->arena, TG_BATCH_ROWS_MAX * sizeof *source->selection);
    source->errors = tg_arena_alloc(self->task->arena, TG_BATCH_ROWS_MAX * sizeof *source->errors);
    source->nulls = tg_arena_alloc(self->task->arena, TG_BATCH_ROWS_MAX * sizeof *source->nulls);
    source->window_bytes = tg_plan_source_window_bytes(node);
    source->keys = tg_arena_alloc(self->task->arena, TG_BATCH_ROWS_MAX * sizeof *source->keys);
    TG_TRY(open_half(source, TG_COLUMN_KEY, &source->key, reterr));
    TG_TRY(open_half(source, TG_COLUMN_VALUE, &source->value, reterr));
    if (node->timestamp_format != NULL)
        TG_TRY(tg_time_format_compile(self->task->arena, tg_slice_text(node->timestamp_format),
                                      &source->time_format, reterr));
    return TG_OK;
}

static void source_close(struct tg_operator *self)
{
    struct source *source = (struct source *)self;
    tg_decoder_close(source->key.decoder);
    tg_decoder_close(source->value.decoder);
    tg_batch_memory_done(&source->memory);
    tg_arena_free(source->batch_arena);
}

static void mark_rows(struct source *source, const struct tg_message *const *messages, uint32_t count)
{
    struct tg_rows *rows = source->memory.batch.rows;
    tg_rows_reserve(rows, count);
    rows->count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct tg_message *message = messages[i];
        rows->rowtime_ms[i] = message->timestamp_ms;
        rows->offset[i] = message->offset;
        rows->raw_key[i] = message->key;
        rows->raw_value[i] = message->value;
        rows->flags[i] = (uint8_t)((message->key.data == NULL ? TG_ROW_KEY_NULL : 0) |
                                   (message->value.data == NULL ? TG_ROW_VALUE_NULL : 0));
        rows->headers[i] = (struct tg_header_list){NULL, 0};
        if (message->header_count == 0)
            continue;
        struct tg_header *headers =
            tg_arena_alloc(source->batch_arena, message->header_count * sizeof *headers);
        for (uint32_t h = 0; h < message->header_count; h++)
            tg_message_header(message, h, &headers[h].name, &headers[h].value);
        rows->headers[i] = (struct tg_header_list){headers, message->header_count};
    }
}

static const char *schema_header(const struct source *source, const struct half *half)
{
    return half == &source->key ? TG_KEY_SCHEMA_HEADER : TG_VALUE_SCHEMA_HEADER;
}

/* Newer serializers put the schema's id into a header instead of before the record. */
static void find_schemas(struct source *source, struct half *half, const struct tg_message *const *messages,
                         uint32_t count)
{
    struct tg_slice wanted = tg_slice_text(schema_header(source, half));
    for (uint32_t i = 0; half->schemas != NULL && i < count; i++) {
        half->schemas[i] = tg_slice_of(NULL, 0);
        for (uint32_t h = 0; h < messages[i]->header_count; h++) {
            struct tg_slice name;
            struct tg_slice value;
            tg_message_header(messages[i], h, &name, &value);
            if (tg_slice_equal(name, wanted))
                half->schemas[i] = value;
        }
    }
}

/* How many of the records can be decoded now. */
static uint32_t ready_count(struct source *source, struct half *half,
                            const struct tg_message *const *messages, uint32_t count)
{
    if (half->records == NULL)
        return count;
    find_schemas(source, half, messages, count);
    for (uint32_t i = 0; i < count; i++) {
        half->records[i] = half == &source->key ? messages[i]->key : messages[i]->value;
        if (half == &source->key && half->records[i].length >= source->window_bytes)
            half->records[i].length -= source->window_bytes;
    }
    const struct tg_decode_call call = {
        .records = half->records, .count = count, .schema_headers = half->schemas};
    return tg_decoder_ready(half->decoder, &call);
}

static uint32_t source_ready(struct tg_operator *self, const struct tg_message *const *messages,
                             uint32_t count)
{
    struct source *source = (struct source *)self;
    return ready_count(source, &source->value, messages, ready_count(source, &source->key, messages, count));
}

/* The keys without what says their window. */
static const struct tg_slice *keys_of(struct source *source)
{
    const struct tg_rows *rows = source->memory.batch.rows;
    if (source->window_bytes == 0)
        return rows->raw_key;
    for (uint32_t row = 0; row < rows->count; row++) {
        source->keys[row] = rows->raw_key[row];
        if (source->keys[row].data == NULL)
            continue;
        if (source->keys[row].length >= source->window_bytes) {
            source->keys[row].length -= source->window_bytes;
            continue;
        }
        source->memory.batch.rows->flags[row] |= TG_ROW_FAILED;
        const struct tg_skip skip = {&source->base.task->counters.decode_skipped, &source->memory.batch, row,
                                     source->base.node};
        tg_task_skip(source->base.task, &skip, "a key of %zu bytes is too short to have a window",
                     source->keys[row].length);
    }
    return source->keys;
}

/* A record that cannot be decoded is reported once, for its key or else for its value. */
static void report_error(struct source *source, const struct half *half, const struct tg_decode_error *error)
{
    struct tg_task *task = source->base.task;
    struct tg_batch *batch = &source->memory.batch;
    uint32_t row = error->row;
    bool is_key = half == &source->key;
    const char *reason = tg_arena_printf(
        source->batch_arena, "%s in format %s cannot be decoded: %s", is_key ? "key" : "value",
        is_key ? node_of(source)->key_format.name : node_of(source)->value_format.name, error->message);
    if (gives_nulls(source)) {
        const struct tg_skip skip = {&task->counters.decode_nulls, batch, row, source->base.node};
        batch->rows->flags[row] |= is_key ? TG_ROW_KEY_NULL : 0;
        tg_task_null_fields(task, &skip, reason);
        return;
    }
    if ((batch->rows->flags[row] & TG_ROW_FAILED) != 0)
        return;
    batch->rows->flags[row] |= TG_ROW_FAILED;
    const struct tg_skip skip = {&task->counters.decode_skipped, batch, row, source->base.node};
    tg_task_skip(task, &skip, "%s", reason);
}

static void decode_half(struct source *source, struct half *half, const struct tg_slice *records)
{
    if (half->decoder == NULL)
        return;
    struct tg_batch *batch = &source->memory.batch;
    struct tg_decode_call call = {
        .records = records,
        .count = batch->rows->count,
        .columns = half->targets,
        .arena = source->batch_arena,
        .errors = source->errors,
        .nulls = source->nulls,
        .schema_headers = half->schemas,
    };
    half->decoder->decode(half->decoder, &call);
    uint8_t null_flag = half == &source->key ? TG_ROW_KEY_NULL : TG_ROW_VALUE_NULL;
    for (uint32_t row = 0; row < call.count; row++)
        batch->rows->flags[row] |= source->nulls[row] ? null_flag : 0;
    for (uint32_t i = 0; i < call.error_count; i++)
        report_error(source, half, &call.errors[i]);
}

/* Row times from a column; a value that is NULL or unreadable gives -1, which is skipped like any negative
 * row time. */
static void extract_times(struct source *source)
{
    const struct tg_plan_source *node = node_of(source);
    if (node->timestamp_column < 0)
        return;
    struct tg_rows *rows = source->memory.batch.rows;
    const struct tg_column *column = source->memory.batch.columns[node->timestamp_column];
    for (uint32_t row = 0; row < rows->count; row++) {
        if ((rows->flags[row] & TG_ROW_FAILED) != 0)
            continue;
        if ((rows->flags[row] & TG_ROW_VALUE_NULL) != 0 &&
            node->base.schema->columns[node->timestamp_column].role == TG_COLUMN_VALUE)
            continue; /* a tombstone keeps the record's time */
        rows->rowtime_ms[row] = -1;
        if (!column->valid[row])
            continue;
        if (source->time_format == NULL)
            rows->rowtime_ms[row] = column->values.int64[row];
        else if (tg_time_format_parse(source->time_format, column->values.bytes[row], &rows->rowtime_ms[row],
                                      NULL) != TG_OK)
            rows->rowtime_ms[row] = -1;
    }
}

static void fill_header_column(struct source *source, uint32_t index, struct tg_column *column)
{
    const struct tg_rows *rows = source->memory.batch.rows;
    tg_column_clear(column);
    tg_column_resize(column, rows->count);
    for (uint32_t row = 0; row < rows->count; row++)
        tg_header_column_set(column, row, &source->base.node->schema->columns[index], &rows->headers[row]);
}

/* The start is what somebody wrote: it may be any number, and its sum wraps. */
static int64_t end_of(int64_t start_ms, int64_t size_ms)
{
    return (int64_t)((uint64_t)start_ms + (uint64_t)size_ms);
}

/* Bounds of a windowed key: key | start, of sessions key | end | start (big endian, as Kafka Streams writes
 * them). */
static void fill_bound_column(struct source *source, enum tg_column_role role, struct tg_column *column)
{
    const struct tg_plan_source *node = node_of(source);
    const struct tg_rows *rows = source->memory.batch.rows;
    bool is_session = node->window_kind == TG_WINDOW_SESSION;
    tg_column_resize(column, rows->count);
    for (uint32_t row = 0; row < rows->count; row++) {
        struct tg_slice key = rows->raw_key[row];
        column->valid[row] = key.length >= source->window_bytes;
        if (!column->valid[row])
            continue;
        const uint8_t *end = key.data + key.length;
        int64_t start = (int64_t)tg_load_u64(end - 8);
        column->values.int64[row] = role == TG_COLUMN_WINDOWSTART ? start
                                    : is_session                  ? (int64_t)tg_load_u64(end - 16)
                                                                  : end_of(start, node->window_size_ms);
    }
}

static void fill_pseudo_column(struct source *source, enum tg_column_role role, struct tg_column *column)
{
    const struct tg_batch *batch = &source->memory.batch;
    uint32_t count = batch->rows->count;
    tg_column_resize(column, count);
    memset(column->valid, 1, count);
    if (role == TG_COLUMN_ROWTIME)
        memcpy(column->values.int64, batch->rows->rowtime_ms, count * sizeof(int64_t));
    else if (role == TG_COLUMN_ROWOFFSET)
        memcpy(column->values.int64, batch->rows->offset, count * sizeof(int64_t));
    else
        for (uint32_t row = 0; row < count; row++)
            column->values.int32[row] = batch->partition;
}

static void fill_other_columns(struct source *source)
{
    const struct tg_schema *schema = source->base.node->schema;
    for (uint32_t i = 0; i < schema->count; i++) {
        struct tg_column *column = source->memory.batch.columns[i];
        enum tg_column_role role = schema->columns[i].role;
        if (column == NULL || role == TG_COLUMN_KEY || role == TG_COLUMN_VALUE)
            continue;
        if (role == TG_COLUMN_HEADER || role == TG_COLUMN_HEADERS)
            fill_header_column(source, i, column);
        else if (role == TG_COLUMN_WINDOWSTART || role == TG_COLUMN_WINDOWEND)
            fill_bound_column(source, role, column);
        else
            fill_pseudo_column(source, role, column);
    }
}

/* The reason why a decoded row cannot be processed, or NULL. */
static const char *row_fault(const struct source *source, uint32_t row, int64_t newest_ms,
                             uint64_t **ret_counter)
{
    struct tg_task *task = source->base.task;
    const struct tg_rows *rows = source->memory.batch.rows;
    *ret_counter = &task->counters.time_skipped;
    if (rows->rowtime_ms[row] < 0)
        return node_of(source)->timestamp_column < 0 ? "its timestamp is negative"
                                                     : "its TIMESTAMP column gives no row time";
    if (rows->rowtime_ms[row] > newest_ms)
        return "its row time is too far ahead of the clock (turgo.record.future.max.ms)";
    *ret_counter = &task->counters.null_key_skipped;
    if (source->base.node->is_table && (rows->flags[row] & TG_ROW_KEY_NULL) != 0)
        return "a record of a table has no key";
    return NULL;
}

/* The bound of the query, but never a time that could not be added to a window's size. */
static int64_t newest_row_time(const struct tg_query *query)
{
    int64_t bound = query->settings.future_ms_max;
    int64_t now = tg_clock_wall_ms(query->clock);
    return bound < 0 || bound > ROW_TIME_MAX - now ? ROW_TIME_MAX : now + bound;
}

/* Records up to the one at which the query stops. */
static uint32_t taken_count(const struct source *source)
{
    const struct tg_rows *rows = source->memory.batch.rows;
    uint32_t count = rows->count;
    while (count > 0 && rows->offset[count - 1] >= source->base.task->faults.stop_offset)
        count--;
    return count;
}

static void select_rows(struct source *source, const struct tg_message *const *messages)
{
    struct tg_task *task = source->base.task;
    struct tg_batch *batch = &source->memory.batch;
    int64_t newest = newest_row_time(task->query);
    uint32_t selected = 0;
    for (uint32_t row = 0; row < batch->rows->count; row++) {
        if ((batch->rows->flags[row] & TG_ROW_FAILED) != 0)
            continue;
        uint64_t *counter = NULL;
        const char *fault = row_fault(source, row, newest, &counter);
        if (fault != NULL) {
            const struct tg_skip skip = {counter, batch, row, source->base.node};
            long long time_ms = batch->rows->rowtime_ms[row];
            batch->rows->rowtime_ms[row] = messages[row]->timestamp_ms; /* for a dead letter */
            tg_task_skip(task, &skip, "%s (%lld)", fault, time_ms);
            batch->rows->flags[row] |= TG_ROW_FAILED;
            continue;
        }
        source->selection[selected++] = row;
    }
    while (selected > 0 && batch->rows->offset[source->selection[selected - 1]] >= task->faults.stop_offset)
        selected--;
    batch->selected = selected;
    batch->selection = selected == batch->rows->count ? NULL : source->selection;
}

static enum tg_code source_decode(struct tg_operator *self, const struct tg_message *const *messages,
                                  uint32_t count, const struct tg_batch **ret_batch, struct tg_error *reterr)
{
    (void)reterr; /* nothing here can fail as a whole: faults are per record */
    struct source *source = (struct source *)self;
    TG_ASSERT(count <= TG_BATCH_ROWS_MAX);
    tg_arena_reset(source->batch_arena);
    tg_batch_memory_clear(&source->memory);
    mark_rows(source, messages, count);
    find_schemas(source, &source->key, messages, count);
    find_schemas(source, &source->value, messages, count);
    decode_half(source, &source->key, keys_of(source));
    decode_half(source, &source->value, source->memory.batch.rows->raw_value);
    extract_times(source);
    select_rows(source, messages);
    fill_other_columns(source);
    tg_count(&self->task->counters.records_in, taken_count(source));
    *ret_batch = &source->memory.batch;
    return TG_OK;
}

/* Runs of a decoded batch enter here. */
static enum tg_code source_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                   struct tg_error *reterr)
{
    (void)input;
    return tg_operator_forward(self, batch, reterr);
}

const struct tg_operator_kind tg_operator_source = {
    .plan_kind = "Source",
    .instance_size = sizeof(struct source),
    .open = source_open,
    .decode = source_decode,
    .decode_max = TG_BATCH_ROWS_MAX,
    .ready = source_ready,
    .process = source_process,
    .close = source_close,
};
