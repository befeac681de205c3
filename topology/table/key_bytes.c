#include "topology/table/key_bytes.h"

#include "base/memory.h"
#include "plan/node.h"
#include "plan/nodes/foreign_key_join.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/source.h"
#include "topology/task.h"

#include <string.h>

static const char canonical[] = "KAFKA";

/* Where the record keys of an operator's rows come from: a source or the reader of an internal topic; NULL:
 * they are not those of its key columns. */
static const struct tg_operator *origin_of(const struct tg_operator *self)
{
    while (self->inputs[0] != NULL) {
        if (self->node->kind == &tg_plan_rekey_kind)
            return NULL;
        self = self->inputs[0]; /* both inputs of a join have the key of its rows */
    }
    return self;
}

static struct tg_plan_format format_of(const struct tg_operator *origin)
{
    const struct tg_plan_node *node = origin->node;
    if (node->kind == &tg_plan_source_kind)
        return ((const struct tg_plan_source *)node)->key_format;
    if (node->kind == &tg_plan_rekey_kind)
        return ((const struct tg_plan_rekey *)node)->key_format;
    const struct tg_plan_foreign_key_join *join = (const struct tg_plan_foreign_key_join *)node;
    return origin->planned->role == TG_ROLE_FOREIGN_KEY_SUBSCRIPTIONS
               ? join->foreign_key_format
               : tg_store_key_format(&join->key_format);
}

/* The format of a store's keys. One that needs a registry would write its ids into them. */
struct tg_plan_format tg_store_key_format(const struct tg_plan_format *format)
{
    struct tg_plan_format result = *format;
    bool is_plain = strcmp(format->name, canonical) == 0 || strcmp(format->name, "DELIMITED") == 0;
    if (!is_plain)
        result = (struct tg_plan_format){.name = "JSON", .unwrapped = format->unwrapped};
    return result;
}

/* A plan of old may have a source whose key nobody asked for. */
static bool has_key_columns(const struct tg_operator *origin)
{
    if (origin == NULL || origin->node->kind != &tg_plan_source_kind)
        return true;
    const struct tg_plan_source *source = (const struct tg_plan_source *)origin->node;
    for (uint32_t i = 0; i < source->base.schema->count; i++)
        if (source->base.schema->columns[i].role == TG_COLUMN_KEY && !source->needed[i])
            return false;
    return true;
}

/* Of the rows that an operator sends. */
static const struct tg_schema *schema_of(const struct tg_operator *rows_of)
{
    enum tg_operator_role role = rows_of->planned->role;
    if (role == TG_ROLE_FOREIGN_KEY_RESPONSES)
        return rows_of->node->inputs[0]->schema;
    return role == TG_ROLE_FOREIGN_KEY_SUBSCRIPTIONS ? rows_of->node->inputs[1]->schema
                                                     : rows_of->node->schema;
}

enum tg_code tg_key_bytes_open(const struct tg_operator *rows_of, const struct tg_operator *table,
                               struct tg_key_bytes *keys, struct tg_error *reterr)
{
    const struct tg_operator *origin = origin_of(rows_of);
    const struct tg_operator *table_origin = origin_of(table);
    TG_ASSERT(table_origin != NULL);
    const struct tg_plan_format format = format_of(table_origin);
    keys->is_raw = origin != NULL && strcmp(format.name, canonical) == 0 &&
                   strcmp(format_of(origin).name, canonical) == 0;
    keys->is_raw = keys->is_raw || !has_key_columns(origin);
    if (keys->is_raw)
        return TG_OK;
    if (origin != NULL && origin->node->kind == &tg_plan_source_kind)
        keys->window_bytes = tg_plan_source_window_bytes((const struct tg_plan_source *)origin->node);
    const struct tg_plan_format stored = tg_store_key_format(&format);
    const struct tg_record_half_options options = {
        .schema = schema_of(rows_of),
        .role = TG_COLUMN_KEY,
        .format = &stored,
        .topic = rows_of->node->step,
    };
    return tg_record_encoder_open(rows_of->task->arena, &options, &keys->encoder, reterr);
}

static void reserve(struct tg_key_bytes *keys, uint32_t rows)
{
    if (rows <= keys->capacity)
        return;
    keys->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    keys->keys = tg_realloc(keys->keys, keys->capacity, sizeof *keys->keys);
    keys->rows = tg_realloc(keys->rows, keys->capacity, sizeof *keys->rows);
    keys->ends = tg_realloc(keys->ends, keys->capacity, sizeof *keys->ends);
}

static struct tg_slice window_of(const struct tg_key_bytes *keys, struct tg_slice raw_key)
{
    if (raw_key.length < keys->window_bytes)
        return tg_slice_of("", 0);
    return tg_slice_of(raw_key.data + raw_key.length - keys->window_bytes, keys->window_bytes);
}

/* Key and window of each row, side by side. */
static void join_windows(struct tg_key_bytes *keys, const struct tg_batch *batch, uint32_t count)
{
    tg_buffer_clear(&keys->windowed);
    for (uint32_t i = 0; i < count; i++) {
        tg_buffer_append_slice(&keys->windowed, tg_record_of(&keys->encoder, i));
        tg_buffer_append_slice(&keys->windowed, window_of(keys, batch->rows->raw_key[keys->rows[i]]));
        keys->ends[i] = keys->windowed.length;
    }
    for (uint32_t i = 0; i < count; i++) {
        size_t start = i == 0 ? 0 : keys->ends[i - 1];
        keys->keys[keys->rows[i]] = tg_slice_of(keys->windowed.data + start, keys->ends[i] - start);
    }
}

enum tg_code tg_key_bytes_of(struct tg_key_bytes *keys, const struct tg_batch *batch,
                             const struct tg_slice **ret_keys, struct tg_error *reterr)
{
    reserve(keys, batch->rows->count);
    memset(keys->keys, 0, batch->rows->count * sizeof *keys->keys);
    *ret_keys = keys->keys;
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        if ((batch->rows->flags[row] & TG_ROW_KEY_NULL) != 0)
            continue;
        keys->rows[count++] = row;
        if (keys->is_raw)
            keys->keys[row] = batch->rows->raw_key[row];
    }
    if (keys->is_raw || count == 0)
        return TG_OK;
    TG_TRY(tg_record_encode(&keys->encoder, batch, keys->rows, count, reterr));
    if (keys->window_bytes > 0)
        join_windows(keys, batch, count);
    for (uint32_t i = 0; i < count && keys->window_bytes == 0; i++)
        keys->keys[keys->rows[i]] = tg_record_of(&keys->encoder, i);
    return TG_OK;
}

void tg_key_bytes_done(struct tg_key_bytes *keys)
{
    tg_record_encoder_done(&keys->encoder);
    tg_buffer_done(&keys->windowed);
    tg_free(keys->keys);
    tg_free(keys->rows);
    tg_free(keys->ends);
}
