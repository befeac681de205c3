#include "topology/table/table_row.h"

#include "base/memory.h"
#include "plan/nodes/materialize.h"
#include "plan/nodes/source.h"
#include "topology/rows/header_column.h"
#include "topology/rows/row_marks.h"
#include "topology/rows/schema_id.h"
#include "topology/task.h"

/* ---- bytes ---- */

/* Does the row's record say in a header what it is written by? */
static bool has_schema_header(const struct tg_plan_node *materialize, const struct tg_registry *registry,
                              const struct tg_rows *rows, uint32_t row)
{
    const struct tg_format *format = NULL;
    struct tg_error ignored;
    if (rows->headers[row].count == 0 || registry == NULL ||
        materialize->inputs[0]->kind != &tg_plan_source_kind || !tg_record_has_schema_header(rows, row))
        return false;
    const char *name = tg_plan_materialize_format(materialize)->name;
    return tg_format_find(tg_slice_text(name), &format, &ignored) == TG_OK && format->schemas != NULL;
}

struct tg_slice tg_table_row_value(const struct tg_plan_node *materialize, const struct tg_registry *registry,
                                   const struct tg_rows *rows, uint32_t row, struct tg_buffer *out)
{
    bool keeps_marks = tg_plan_materialize_keeps_marks(materialize);
    bool takes_header = has_schema_header(materialize, registry, rows, row);
    if (!keeps_marks && !takes_header)
        return rows->raw_value[row];
    tg_buffer_clear(out);
    if (keeps_marks)
        tg_row_marks_append(out, rows, row);
    if (takes_header)
        tg_record_value_append(out, rows, row);
    else
        tg_buffer_append_slice(out, rows->raw_value[row]);
    return tg_buffer_slice(out);
}

/* ---- reading ---- */

enum tg_code tg_table_row_reader_open(const struct tg_table_row_options *options,
                                      struct tg_table_row_reader *reader, struct tg_error *reterr)
{
    const struct tg_plan_node *input = options->node->inputs[0];
    struct tg_arena *arena = options->task->arena;
    const struct tg_record_half_options half = {
        .schema = options->node->schema,
        .role = TG_COLUMN_VALUE,
        .format = tg_plan_materialize_format(options->node),
        .topic = input->kind == &tg_plan_source_kind ? ((const struct tg_plan_source *)input)->topic
                                                     : options->name,
        .needed = options->needed,
        .registry = input->kind == &tg_plan_source_kind ? options->task->query->registry : NULL,
    };
    reader->node = options->node;
    reader->name = options->name;
    reader->registry = half.registry;
    reader->partition = options->task->partition;
    reader->keeps_marks = tg_plan_materialize_keeps_marks(options->node);
    tg_batch_memory_init(&reader->memory, options->node->schema, options->needed);
    TG_TRY(tg_record_open_decoder(arena, &half, &reader->values, &reader->decoder, reterr));
    reader->targets = tg_arena_alloc_zero(arena, reader->values.count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < reader->values.count; i++)
        reader->targets[i] = reader->memory.batch.columns[reader->values.indexes[i]];
    return TG_OK;
}

static void reserve(struct tg_table_row_reader *reader, uint32_t rows)
{
    if (rows <= reader->capacity)
        return;
    reader->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    reader->records = tg_realloc(reader->records, reader->capacity, sizeof *reader->records);
    reader->offsets = tg_realloc(reader->offsets, reader->capacity, sizeof *reader->offsets);
    reader->headers = tg_realloc(reader->headers, reader->capacity, sizeof *reader->headers);
    reader->errors = tg_realloc(reader->errors, reader->capacity, sizeof *reader->errors);
    reader->nulls = tg_realloc(reader->nulls, reader->capacity, sizeof *reader->nulls);
}

static enum tg_code split(struct tg_table_row_reader *reader, const struct tg_table_row_values *given,
                          struct tg_error *reterr)
{
    for (uint32_t i = 0; i < given->count; i++) {
        struct tg_slice rest = given->values[i];
        reader->offsets[i] = -1;
        reader->headers[i] = (struct tg_header_list){NULL, 0};
        if (rest.data != NULL && reader->keeps_marks &&
            !tg_row_marks_take(&rest, given->arena, &reader->offsets[i], &reader->headers[i]))
            return tg_fail(reterr, TG_CODE_CORRUPT, "%s holds a row that is not one of the query",
                           reader->name);
        reader->records[i] = rest;
    }
    return TG_OK;
}

static enum tg_code decode(struct tg_table_row_reader *reader, const struct tg_table_row_values *given,
                           struct tg_error *reterr)
{
    struct tg_decode_call call = {
        .records = reader->records,
        .count = given->count,
        .columns = reader->targets,
        .arena = given->arena,
        .errors = reader->errors,
        .nulls = reader->nulls,
    };
    TG_TRY(tg_await_kept_schemas(reader->decoder, &call, reader->registry, reader->name, reterr));
    reader->decoder->decode(reader->decoder, &call);
    if (call.error_count == 0)
        return TG_OK;
    tg_fail(reterr, TG_CODE_CORRUPT, "%s holds a row that cannot be decoded: %s", reader->name,
            call.errors[0].message);
    return tg_fail_hint(reterr, "if columns of the source got other types, give the query another QUERY_ID");
}

/* Columns that do not come from the record's value. */
static void fill_mark_column(struct tg_table_row_reader *reader, const struct tg_table_row_values *given,
                             uint32_t index)
{
    const struct tg_schema_column *declared = &reader->node->schema->columns[index];
    struct tg_column *column = reader->memory.batch.columns[index];
    tg_column_resize(column, given->count);
    for (uint32_t i = 0; i < given->count; i++) {
        if (given->values[i].data == NULL) {
            tg_column_set_null(column, i);
            continue;
        }
        column->valid[i] = 1;
        if (declared->role == TG_COLUMN_HEADER || declared->role == TG_COLUMN_HEADERS)
            tg_header_column_set(column, i, declared, &reader->headers[i]);
        else if (declared->role == TG_COLUMN_ROWTIME)
            column->values.int64[i] = given->times_ms[i];
        else if (declared->role == TG_COLUMN_ROWOFFSET)
            column->values.int64[i] = reader->offsets[i];
        else
            column->values.int32[i] = reader->partition;
    }
}

static bool is_mark(enum tg_column_role role)
{
    return role != TG_COLUMN_KEY && role != TG_COLUMN_VALUE && role != TG_COLUMN_WINDOWSTART &&
           role != TG_COLUMN_WINDOWEND;
}

enum tg_code tg_table_row_read(struct tg_table_row_reader *reader, const struct tg_table_row_values *given,
                               struct tg_error *reterr)
{
    reserve(reader, given->count);
    tg_batch_memory_clear(&reader->memory);
    TG_TRY(split(reader, given, reterr));
    if (reader->decoder != NULL)
        TG_TRY(decode(reader, given, reterr));
    for (uint32_t i = 0; i < reader->node->schema->count; i++)
        if (reader->memory.batch.columns[i] != NULL && is_mark(reader->node->schema->columns[i].role))
            fill_mark_column(reader, given, i);
    return TG_OK;
}

void tg_table_row_reader_done(struct tg_table_row_reader *reader)
{
    tg_decoder_close(reader->decoder);
    tg_batch_memory_done(&reader->memory);
    tg_free(reader->records);
    tg_free(reader->offsets);
    tg_free(reader->headers);
    tg_free(reader->errors);
    tg_free(reader->nulls);
}
