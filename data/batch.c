#include "data/batch.h"

#include "base/memory.h"

void tg_rows_reserve(struct tg_rows *rows, uint32_t count)
{
    if (count <= rows->capacity)
        return;
    uint32_t capacity = rows->capacity < 32 ? 32 : rows->capacity;
    while (capacity < count)
        capacity = capacity > UINT32_MAX / 2 ? UINT32_MAX : capacity * 2;
    rows->rowtime_ms = tg_realloc(rows->rowtime_ms, capacity, sizeof *rows->rowtime_ms);
    rows->offset = tg_realloc(rows->offset, capacity, sizeof *rows->offset);
    rows->flags = tg_realloc(rows->flags, capacity, sizeof *rows->flags);
    rows->headers = tg_realloc(rows->headers, capacity, sizeof *rows->headers);
    rows->raw_key = tg_realloc(rows->raw_key, capacity, sizeof *rows->raw_key);
    rows->raw_value = tg_realloc(rows->raw_value, capacity, sizeof *rows->raw_value);
    rows->capacity = capacity;
}

void tg_rows_done(struct tg_rows *rows)
{
    tg_free(rows->rowtime_ms);
    tg_free(rows->offset);
    tg_free(rows->flags);
    tg_free(rows->headers);
    tg_free(rows->raw_key);
    tg_free(rows->raw_value);
    *rows = (struct tg_rows){0};
}

void tg_rows_copy(struct tg_rows *target, uint32_t target_row, const struct tg_rows *source,
                  uint32_t source_row)
{
    target->rowtime_ms[target_row] = source->rowtime_ms[source_row];
    target->offset[target_row] = source->offset[source_row];
    target->flags[target_row] = source->flags[source_row];
    target->headers[target_row] = source->headers[source_row];
    target->raw_key[target_row] = source->raw_key[source_row];
    target->raw_value[target_row] = source->raw_value[source_row];
}

void tg_batch_memory_init(struct tg_batch_memory *memory, const struct tg_schema *schema, const bool *needed)
{
    *memory = (struct tg_batch_memory){.batch = {.schema = schema, .stream_time_ms = -1}};
    memory->batch.rows = &memory->own_rows;
    memory->batch.columns = tg_alloc_zero(schema->count, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < schema->count; i++) {
        if (needed == NULL || needed[i])
            memory->batch.columns[i] = tg_column_new(schema->columns[i].type);
    }
}

void tg_batch_memory_clear(struct tg_batch_memory *memory)
{
    for (uint32_t i = 0; i < memory->batch.schema->count; i++) {
        if (memory->batch.columns[i] != NULL)
            tg_column_clear(memory->batch.columns[i]);
    }
    memory->own_rows.count = 0;
    memory->batch.rows = &memory->own_rows;
    memory->batch.selection = NULL;
    memory->batch.selected = 0;
}

void tg_batch_memory_done(struct tg_batch_memory *memory)
{
    if (memory->batch.columns == NULL)
        return;
    for (uint32_t i = 0; i < memory->batch.schema->count; i++)
        tg_column_free(memory->batch.columns[i]);
    tg_free(memory->batch.columns);
    tg_rows_done(&memory->own_rows);
    *memory = (struct tg_batch_memory){0};
}
