#include "topology/join/side.h"

#include "base/memory.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/source.h"
#include "plan/nodes/stream_stream_join.h"
#include "topology/rows/header_column.h"
#include "topology/rows/row_bytes.h"
#include "topology/rows/row_marks.h"
#include "topology/rows/schema_id.h"

enum { VALUE_RECORD = 0, VALUE_MARKED_RECORD = 1, VALUE_COLUMNS = 2 };

/* ---- what an input is ---- */

static bool is_reader(const struct tg_operator *input)
{
    return input->kind == tg_operator_kind_find(TG_REPARTITION_READER);
}

static bool is_source(const struct tg_operator *input)
{
    return input->node->kind == &tg_plan_source_kind;
}

/* The operator below that has made the record key what it is: a source, a rekey (or the reader of its topic),
 * a join of streams. */
static const struct tg_operator *key_maker(const struct tg_operator *input)
{
    while (!is_source(input) && input->node->kind != &tg_plan_rekey_kind &&
           input->node->kind != &tg_plan_stream_stream_join_kind)
        input = input->inputs[0];
    return input;
}

static const struct tg_plan_format *key_format(const struct tg_operator *input)
{
    const struct tg_operator *maker = key_maker(input);
    while (maker->node->kind == &tg_plan_stream_stream_join_kind)
        maker = key_maker(maker->inputs[0]);
    return is_source(maker) ? &((const struct tg_plan_source *)maker->node)->key_format
                            : &((const struct tg_plan_rekey *)maker->node)->key_format;
}

static bool same_format(const struct tg_plan_format *a, const struct tg_plan_format *b)
{
    return strcmp(a->name, b->name) == 0 && a->unwrapped == b->unwrapped && a->delimiter == b->delimiter;
}

/* Bytes of a source's key may be written in several ways, save for KAFKA's; ours are always written alike. */
static bool must_encode_key(const struct tg_operator *input, const struct tg_plan_format *format)
{
    const struct tg_operator *maker = key_maker(input);
    if (!same_format(key_format(input), format))
        return true;
    if (is_source(maker))
        return strcmp(format->name, "KAFKA") != 0;
    return maker->node->kind == &tg_plan_rekey_kind && !is_reader(maker);
}

/* ---- opening ---- */

static void list_key_columns(struct join_side *side, struct tg_arena *arena)
{
    static const enum tg_column_role roles[] = {TG_COLUMN_KEY, TG_COLUMN_WINDOWSTART, TG_COLUMN_WINDOWEND};
    const struct tg_schema *schema = side->input->node->schema;
    side->key_columns = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *side->key_columns);
    for (size_t role = 0; role < sizeof roles / sizeof *roles; role++) {
        for (uint32_t i = 0; i < schema->count; i++)
            if (schema->columns[i].role == roles[role])
                side->key_columns[side->key_count++] = i;
        if (roles[role] == TG_COLUMN_KEY)
            side->encoded_count = side->key_count;
    }
}

static void note_needed(struct join_side *side, const struct join_side_options *options,
                        struct tg_arena *arena)
{
    const struct tg_schema *schema = side->input->node->schema;
    bool *needed = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *needed);
    for (uint32_t i = 0; i < side->key_count; i++)
        needed[side->key_columns[i]] = true;
    for (uint32_t i = 0; i < options->copied_count; i++) {
        enum tg_column_role role = schema->columns[options->copied[i]].role;
        needed[options->copied[i]] = true;
        side->keeps_marks = side->keeps_marks || role == TG_COLUMN_HEADER || role == TG_COLUMN_HEADERS ||
                            role == TG_COLUMN_ROWOFFSET;
    }
    side->needed = needed;
}

/* The join's keys are those of the left input, with its column names; the values are this side's. */
static enum tg_code open_key(struct join_side *side, const struct join_side_options *options,
                             struct tg_error *reterr)
{
    struct tg_arena *arena = side->input->task->arena;
    const struct tg_record_half_options half = {
        .schema = options->key_model->node->schema,
        .role = TG_COLUMN_KEY,
        .format = key_format(options->key_model),
        .topic = options->step,
    };
    TG_TRY(tg_record_open_decoder(arena, &half, &side->key_half, &side->key_decoder, reterr));
    TG_ASSERT(side->key_half.count == side->encoded_count);
    side->key_targets = tg_arena_alloc_zero(arena, side->encoded_count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < side->encoded_count; i++)
        side->key_targets[i] = side->memory.batch.columns[side->key_columns[i]];
    side->encodes_key = must_encode_key(side->input, half.format);
    if (!side->encodes_key)
        return TG_OK;
    TG_TRY(tg_record_encoder_open(arena, &half, &side->key_encoder, reterr));
    memcpy(side->key_encoder.half.indexes, side->key_columns,
           side->encoded_count * sizeof *side->key_columns);
    return TG_OK;
}

static enum tg_code open_value(struct join_side *side, struct tg_error *reterr)
{
    struct tg_arena *arena = side->input->task->arena;
    const struct tg_plan_node *node = side->input->node;
    bool from_source = is_source(side->input);
    const struct tg_plan_source *source = (const struct tg_plan_source *)node;
    const struct tg_plan_rekey *rekey = (const struct tg_plan_rekey *)node;
    side->is_record = from_source || is_reader(side->input);
    side->keeps_marks = side->keeps_marks && side->is_record;
    if (from_source && source->window_kind != TG_WINDOW_NONE) {
        bool is_session = source->window_kind == TG_WINDOW_SESSION;
        side->window_bytes = is_session ? 16 : 8;
        side->window_size_ms = is_session ? 0 : source->window_size_ms;
    }
    if (!side->is_record)
        return TG_OK;
    const struct tg_record_half_options half = {
        .schema = node->schema,
        .role = TG_COLUMN_VALUE,
        .format = from_source ? &source->value_format : &rekey->value_format,
        .topic = from_source ? source->topic : node->step,
        .needed = side->needed,
        .field_nulls =
            from_source && side->input->task->query->faults.policies[TG_FAULT_DECODE] == TG_ON_ERROR_NULL,
        .registry = from_source ? side->input->task->query->registry : NULL,
    };
    TG_TRY(tg_record_open_decoder(arena, &half, &side->value_half, &side->value_decoder, reterr));
    side->value_targets = tg_arena_alloc_zero(arena, side->value_half.count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < side->value_half.count; i++)
        side->value_targets[i] = side->memory.batch.columns[side->value_half.indexes[i]];
    return TG_OK;
}

enum tg_code join_side_open(struct join_side *side, const struct join_side_options *options,
                            struct tg_error *reterr)
{
    struct tg_arena *arena = options->input->task->arena;
    side->input = options->input;
    list_key_columns(side, arena);
    note_needed(side, options, arena);
    tg_batch_memory_init(&side->memory, side->input->node->schema, side->needed);
    TG_TRY(open_value(side, reterr));
    return open_key(side, options, reterr);
}

void join_side_done(struct join_side *side)
{
    tg_decoder_close(side->key_decoder);
    tg_decoder_close(side->value_decoder);
    tg_record_encoder_done(&side->key_encoder);
    if (side->input != NULL)
        tg_batch_memory_done(&side->memory);
    tg_buffer_done(&side->keys);
    tg_buffer_done(&side->value);
    tg_free(side->row_keys);
    tg_free(side->rows);
    tg_free(side->stored_keys);
    tg_free(side->stored_values);
    tg_free(side->stored_times);
    tg_free(side->errors);
}

/* ---- keys ---- */

static void reserve_rows(struct join_side *side, uint32_t rows)
{
    if (rows <= side->row_capacity)
        return;
    side->row_capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    side->row_keys = tg_realloc(side->row_keys, side->row_capacity, sizeof *side->row_keys);
    side->rows = tg_realloc(side->rows, side->row_capacity, sizeof *side->rows);
}

/* Encoded keys with their windows behind them. The slices come last: the buffer may move. */
static void add_windows(struct join_side *side, const struct tg_batch *batch)
{
    tg_buffer_clear(&side->keys);
    for (uint32_t i = 0; i < batch->selected; i++) {
        struct tg_slice raw = batch->rows->raw_key[side->rows[i]];
        if (side->row_keys[i].data == NULL || raw.length < side->window_bytes)
            continue;
        tg_buffer_append_slice(&side->keys, side->row_keys[i]);
        tg_buffer_append(&side->keys, raw.data + raw.length - side->window_bytes, side->window_bytes);
        side->row_keys[i].length += side->window_bytes;
    }
    const uint8_t *next = side->keys.data;
    for (uint32_t i = 0; i < batch->selected; i++) {
        if (side->row_keys[i].data == NULL)
            continue;
        side->row_keys[i].data = next;
        next += side->row_keys[i].length;
    }
}

enum tg_code join_side_keys(struct join_side *side, const struct tg_batch *batch, struct tg_error *reterr)
{
    reserve_rows(side, batch->selected);
    for (uint32_t i = 0; i < batch->selected; i++)
        side->rows[i] = tg_batch_row(batch, i);
    if (side->encodes_key)
        TG_TRY(tg_record_encode(&side->key_encoder, batch, side->rows, batch->selected, reterr));
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = side->rows[i];
        bool is_null = (batch->rows->flags[row] & TG_ROW_KEY_NULL) != 0;
        side->row_keys[i] = is_null             ? tg_slice_of(NULL, 0)
                            : side->encodes_key ? tg_record_of(&side->key_encoder, i)
                                                : batch->rows->raw_key[row];
    }
    if (side->encodes_key && side->window_bytes > 0)
        add_windows(side, batch);
    return TG_OK;
}

/* ---- values ---- */

struct tg_slice join_side_value(struct join_side *side, const struct tg_batch *batch, uint32_t row)
{
    struct tg_buffer *value = &side->value;
    const struct tg_rows *rows = batch->rows;
    tg_buffer_clear(value);
    if (!side->is_record) {
        tg_buffer_append_byte(value, VALUE_COLUMNS);
        for (uint32_t i = 0; i < batch->schema->count; i++)
            tg_row_bytes_append(value, batch->columns[i], row);
        return tg_buffer_slice(value);
    }
    tg_buffer_append_byte(value, side->keeps_marks ? VALUE_MARKED_RECORD : VALUE_RECORD);
    if (side->keeps_marks)
        tg_row_marks_append(value, rows, row);
    if (side->value_half.has_schemas)
        tg_record_value_append(value, rows, row);
    else
        tg_buffer_append_slice(value, rows->raw_value[row]);
    return tg_buffer_slice(value);
}

/* ---- reading ---- */

uint32_t join_side_add_stored(struct join_side *side, struct tg_slice key, struct tg_slice value,
                              int64_t time_ms)
{
    if (side->stored_count == side->stored_capacity) {
        uint32_t capacity = side->stored_capacity == 0 ? TG_BATCH_ROWS_MAX : side->stored_capacity * 2;
        side->stored_keys = tg_realloc(side->stored_keys, capacity, sizeof *side->stored_keys);
        side->stored_values = tg_realloc(side->stored_values, capacity, sizeof *side->stored_values);
        side->stored_times = tg_realloc(side->stored_times, capacity, sizeof *side->stored_times);
        side->errors = tg_realloc(side->errors, capacity, sizeof *side->errors);
        side->stored_capacity = capacity;
    }
    side->stored_keys[side->stored_count] = key;
    side->stored_values[side->stored_count] = value;
    side->stored_times[side->stored_count] = time_ms;
    return side->stored_count++;
}

static enum tg_code fail_row(const struct join_side *side, const char *reason, struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_CORRUPT, "a row of step %s that was kept cannot be read: %s",
                   side->input->node->step, reason);
}

/* Takes what stands in front of a record's value off; offset and headers go to the row marks. */
static enum tg_code open_record(struct join_side *side, uint32_t row, struct tg_arena *arena,
                                struct tg_error *reterr)
{
    struct tg_rows *rows = side->memory.batch.rows;
    struct tg_slice *value = &side->stored_values[row];
    struct tg_slice kind;
    rows->offset[row] = -1;
    rows->headers[row] = (struct tg_header_list){NULL, 0};
    bool good = tg_slice_take(value, 1, &kind) && kind.data[0] <= VALUE_MARKED_RECORD;
    if (good && kind.data[0] == VALUE_MARKED_RECORD)
        good = tg_row_marks_take(value, arena, &rows->offset[row], &rows->headers[row]);
    return good ? TG_OK : fail_row(side, "it is not a record", reterr);
}

static enum tg_code decode_half(struct join_side *side, struct tg_decoder *decoder, struct tg_slice *records,
                                struct tg_column *const *targets, struct tg_arena *arena,
                                struct tg_error *reterr)
{
    struct tg_decode_call call = {
        .records = records,
        .count = side->stored_count,
        .columns = targets,
        .arena = arena,
        .errors = side->errors,
    };
    if (decoder == NULL)
        return TG_OK;
    TG_TRY(tg_await_kept_schemas(decoder, &call, side->input->task->query->registry, side->input->node->step,
                                 reterr));
    decoder->decode(decoder, &call);
    bool gives_nulls = side->input->task->query->faults.policies[TG_FAULT_DECODE] == TG_ON_ERROR_NULL;
    if (call.error_count == 0 || gives_nulls)
        return TG_OK;
    (void)fail_row(side, call.errors[0].message, reterr);
    return tg_fail_hint(reterr, "if columns of the source got other types, give the query another QUERY_ID");
}

static void fill_bounds(struct join_side *side, enum tg_column_role role, struct tg_column *column)
{
    for (uint32_t row = 0; row < side->stored_count; row++) {
        struct tg_slice key = side->stored_keys[row];
        column->valid[row] = key.length >= side->window_bytes;
        if (!column->valid[row])
            continue;
        const uint8_t *end = key.data + key.length;
        int64_t start = (int64_t)tg_load_u64(end - 8);
        column->values.int64[row] = role == TG_COLUMN_WINDOWSTART ? start
                                    : side->window_size_ms == 0
                                        ? (int64_t)tg_load_u64(end - 16)
                                        : (int64_t)((uint64_t)start + (uint64_t)side->window_size_ms);
    }
}

static void fill_pseudo(struct join_side *side, const struct tg_schema_column *declared,
                        struct tg_column *column)
{
    const struct tg_rows *rows = side->memory.batch.rows;
    for (uint32_t row = 0; row < side->stored_count; row++) {
        column->valid[row] = 1;
        if (declared->role == TG_COLUMN_HEADER || declared->role == TG_COLUMN_HEADERS)
            tg_header_column_set(column, row, declared, &rows->headers[row]);
        else if (declared->role == TG_COLUMN_ROWTIME)
            column->values.int64[row] = side->stored_times[row];
        else if (declared->role == TG_COLUMN_ROWOFFSET)
            column->values.int64[row] = rows->offset[row];
        else
            column->values.int32[row] = side->input->task->partition;
    }
}

static enum tg_code decode_records(struct join_side *side, struct tg_arena *arena, struct tg_error *reterr)
{
    struct tg_batch *batch = &side->memory.batch;
    const struct tg_schema *schema = side->input->node->schema;
    for (uint32_t row = 0; row < side->stored_count; row++)
        TG_TRY(open_record(side, row, arena, reterr));
    TG_TRY(decode_half(side, side->value_decoder, side->stored_values, side->value_targets, arena, reterr));
    for (uint32_t i = 0; i < schema->count; i++) {
        enum tg_column_role role = schema->columns[i].role;
        struct tg_column *column = batch->columns[i];
        if (column == NULL || role == TG_COLUMN_VALUE || role == TG_COLUMN_KEY)
            continue;
        tg_column_resize(column, side->stored_count);
        if (role == TG_COLUMN_WINDOWSTART || role == TG_COLUMN_WINDOWEND)
            fill_bounds(side, role, column);
        else
            fill_pseudo(side, &schema->columns[i], column);
    }
    for (uint32_t row = 0; row < side->stored_count && side->window_bytes > 0; row++)
        side->stored_keys[row].length -= side->window_bytes;
    return decode_half(side, side->key_decoder, side->stored_keys, side->key_targets, arena, reterr);
}

static enum tg_code decode_columns(struct join_side *side, struct tg_error *reterr)
{
    struct tg_batch *batch = &side->memory.batch;
    const struct tg_schema *schema = side->input->node->schema;
    for (uint32_t i = 0; i < schema->count; i++)
        if (batch->columns[i] != NULL)
            tg_column_resize(batch->columns[i], side->stored_count);
    for (uint32_t row = 0; row < side->stored_count; row++) {
        struct tg_slice rest = side->stored_values[row];
        struct tg_slice kind;
        if (!tg_slice_take(&rest, 1, &kind) || kind.data[0] != VALUE_COLUMNS)
            return fail_row(side, "it is not a list of columns", reterr);
        for (uint32_t i = 0; i < schema->count; i++) {
            if (batch->columns[i] != NULL)
                TG_TRY(tg_row_bytes_read(&rest, batch->columns[i], row, reterr));
            else
                TG_TRY(tg_row_bytes_skip(&rest, schema->columns[i].type, reterr));
        }
    }
    return TG_OK;
}

enum tg_code join_side_decode(struct join_side *side, struct tg_arena *arena, struct tg_error *reterr)
{
    tg_batch_memory_clear(&side->memory);
    tg_rows_reserve(side->memory.batch.rows, side->stored_count);
    side->memory.batch.rows->count = side->stored_count;
    if (side->stored_count == 0)
        return TG_OK;
    return side->is_record ? decode_records(side, arena, reterr) : decode_columns(side, reterr);
}
