#include "topology/table/joined_pair.h"

#include "base/memory.h"
#include "expr/program.h"
#include "plan/nodes/foreign_key_join.h"
#include "topology/table/join_rows.h"
#include "topology/task.h"

#include <string.h>

enum { HEAD_BYTES = 1 + 8 + 8 + 4, HAS_RIGHT = 1 };

void tg_joined_pair_write(const struct tg_joined_pair *pair, struct tg_buffer *out)
{
    tg_buffer_clear(out);
    tg_buffer_append_byte(out, pair->right.data == NULL ? 0 : HAS_RIGHT);
    tg_buffer_append_u64(out, (uint64_t)pair->left_ms);
    tg_buffer_append_u64(out, (uint64_t)pair->right_ms);
    tg_buffer_append_u32(out, (uint32_t)pair->left.length);
    tg_buffer_append_slice(out, pair->left);
    tg_buffer_append_slice(out, pair->right);
}

enum tg_code tg_joined_pair_read(struct tg_slice bytes, struct tg_joined_pair *ret_pair,
                                 struct tg_error *reterr)
{
    size_t left = bytes.length < HEAD_BYTES ? SIZE_MAX : tg_load_u32(bytes.data + HEAD_BYTES - 4);
    if (left > bytes.length - HEAD_BYTES)
        return tg_fail(reterr, TG_CODE_CORRUPT, "%zu bytes are no rows of a join", bytes.length);
    const uint8_t *rows = bytes.data + HEAD_BYTES;
    *ret_pair = (struct tg_joined_pair){
        .left = tg_slice_of(rows, left),
        .left_ms = (int64_t)tg_load_u64(bytes.data + 1),
        .right_ms = (int64_t)tg_load_u64(bytes.data + 9),
    };
    if ((bytes.data[0] & HAS_RIGHT) != 0)
        ret_pair->right = tg_slice_of(rows + left, bytes.length - HEAD_BYTES - left);
    return TG_OK;
}

/* ---- opening ---- */

static const struct tg_plan_foreign_key_join *join_of(const struct tg_pair_reader *reader)
{
    return (const struct tg_plan_foreign_key_join *)reader->node;
}

static bool is_key_part(const struct tg_schema *schema, uint32_t index)
{
    return schema->columns[index].role == TG_COLUMN_KEY;
}

static void open_keys(struct tg_pair_reader *reader, struct tg_arena *arena)
{
    const struct tg_schema *schema = reader->node->schema;
    const struct tg_schema *left = reader->node->inputs[0]->schema;
    const struct tg_schema *right = reader->node->inputs[1]->schema;
    uint32_t key_count = tg_join_first_copy(schema, &join_of(reader)->columns, 0);
    reader->own = tg_arena_alloc_zero(arena, schema->count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < key_count; i++)
        reader->own[i] = tg_column_new(schema->columns[i].type);
    reader->left_keys = tg_arena_alloc_zero(arena, left->count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < left->count; i++)
        if (is_key_part(left, i))
            reader->left_keys[i] = tg_column_new(left->columns[i].type);
    reader->right_key = tg_column_new(right->columns[tg_schema_find_role(right, TG_COLUMN_KEY)].type);
}

static void open_columns(struct tg_pair_reader *reader, struct tg_arena *arena)
{
    const struct tg_schema *schema = reader->node->schema;
    const struct tg_schema *left = reader->node->inputs[0]->schema;
    const struct tg_schema *right = reader->node->inputs[1]->schema;
    const struct tg_plan_join_columns *copies = &join_of(reader)->columns;
    uint32_t first_left = tg_join_first_copy(schema, copies, 0);
    uint32_t first_right = tg_join_first_copy(schema, copies, 1);
    reader->columns = tg_arena_alloc_zero(arena, schema->count + 1, sizeof(struct tg_column *));
    reader->left_columns = tg_arena_alloc_zero(arena, left->count + 1, sizeof(struct tg_column *));
    for (uint32_t i = 0; i < left->count; i++)
        reader->left_columns[i] =
            is_key_part(left, i) ? reader->left_keys[i] : reader->left.memory.batch.columns[i];
    for (uint32_t i = 0; i < first_left; i++)
        reader->columns[i] = reader->own[i];
    for (uint32_t i = 0; i < copies->left_count; i++)
        reader->columns[first_left + i] = reader->left_columns[copies->left[i]];
    for (uint32_t i = 0; i < copies->right_count; i++)
        reader->columns[first_right + i] = is_key_part(right, copies->right[i])
                                               ? reader->right_key
                                               : reader->right.memory.batch.columns[copies->right[i]];
}

static bool *needed_columns(struct tg_arena *arena, const struct tg_schema *schema, const uint32_t *columns,
                            uint32_t count)
{
    bool *needed = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *needed);
    for (uint32_t i = 0; i < count; i++)
        needed[columns[i]] = true;
    return needed;
}

enum tg_code tg_pair_reader_open(const struct tg_operator *join, const char *name,
                                 struct tg_pair_reader *reader, struct tg_error *reterr)
{
    const struct tg_plan_foreign_key_join *node = (const struct tg_plan_foreign_key_join *)join->node;
    const struct tg_plan_join_columns *copies = &node->columns;
    const struct tg_plan_node *left = node->base.inputs[0];
    const struct tg_plan_node *right = node->base.inputs[1];
    struct tg_arena *arena = join->task->arena;
    const struct tg_program *program = NULL;
    reader->node = join->node;
    TG_TRY(tg_program_compile(arena, left->schema, &node->foreign_key, 1, &program, reterr));
    reader->foreign_key = tg_operator_program(join, program);
    bool *needed = needed_columns(arena, left->schema, copies->left, copies->left_count);
    for (uint32_t i = 0; i < left->schema->count; i++)
        needed[i] = needed[i] || tg_program_columns(program)[i];
    struct tg_table_row_options rows = {.task = join->task, .node = left, .name = name, .needed = needed};
    TG_TRY(tg_table_row_reader_open(&rows, &reader->left, reterr));
    rows.node = right;
    rows.needed = needed_columns(arena, right->schema, copies->right, copies->right_count);
    TG_TRY(tg_table_row_reader_open(&rows, &reader->right, reterr));
    open_keys(reader, arena);
    open_columns(reader, arena);
    return TG_OK;
}

/* ---- reading ---- */

static void reserve(struct tg_pair_reader *reader, uint32_t pairs)
{
    if (pairs <= reader->capacity)
        return;
    reader->capacity = pairs < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : pairs * 2;
    reader->values = tg_realloc(reader->values, reader->capacity, sizeof *reader->values);
    reader->times_ms = tg_realloc(reader->times_ms, reader->capacity, sizeof *reader->times_ms);
    reader->existing = tg_realloc(reader->existing, reader->capacity, sizeof *reader->existing);
    tg_rows_reserve(&reader->rows, reader->capacity);
    memset(reader->rows.flags, 0, reader->capacity);
}

static enum tg_code read_side(struct tg_pair_reader *reader, const struct tg_pair_list *list, uint32_t side,
                              struct tg_error *reterr)
{
    for (uint32_t i = 0; i < list->count; i++) {
        reader->values[i] = side == 0 ? list->pairs[i].left : list->pairs[i].right;
        reader->times_ms[i] = side == 0 ? list->pairs[i].left_ms : list->pairs[i].right_ms;
    }
    const struct tg_table_row_values rows = {reader->values, reader->times_ms, list->count, list->arena};
    return tg_table_row_read(side == 0 ? &reader->left : &reader->right, &rows, reterr);
}

static void copy_key(struct tg_column *copy, const struct tg_pair_list *list, const struct tg_column *given,
                     bool only_where_joined)
{
    tg_column_clear(copy);
    tg_column_resize(copy, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        if (given != NULL && (!only_where_joined || list->pairs[i].left.data != NULL))
            tg_column_copy_row(copy, i, given, list->rows == NULL ? i : list->rows[i]);
        else
            tg_column_set_null(copy, i);
    }
}

static void fill_keys(struct tg_pair_reader *reader, const struct tg_pair_list *list)
{
    const struct tg_schema *schema = reader->node->schema;
    const struct tg_schema *left = reader->node->inputs[0]->schema;
    for (uint32_t i = 0; i < schema->count; i++)
        if (reader->own[i] != NULL)
            copy_key(reader->own[i], list, tg_join_key_column(list->keys, schema, i), false);
    for (uint32_t i = 0; i < left->count; i++)
        if (reader->left_keys[i] != NULL)
            copy_key(reader->left_keys[i], list, tg_join_key_column(list->keys, left, i), true);
}

/* The key of a right row is what the left row names it by. */
static void fill_right_key(struct tg_pair_reader *reader, const struct tg_pair_list *list)
{
    struct tg_batch batch = {
        .schema = reader->node->inputs[0]->schema,
        .rows = &reader->rows,
        .columns = reader->left_columns,
        .selection = reader->existing,
        .arena = list->arena,
    };
    reader->rows.count = list->count;
    tg_column_clear(reader->right_key);
    tg_column_resize(reader->right_key, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        tg_column_set_null(reader->right_key, i);
        if (list->pairs[i].left.data != NULL && list->pairs[i].right.data != NULL)
            reader->existing[batch.selected++] = i;
    }
    if (batch.selected == 0)
        return;
    tg_program_run(reader->foreign_key, &batch);
    const struct tg_column *keys = tg_program_result(reader->foreign_key, 0);
    for (uint32_t i = 0; i < batch.selected; i++)
        tg_column_copy_row(reader->right_key, reader->existing[i], keys, reader->existing[i]);
}

enum tg_code tg_pair_reader_read(struct tg_pair_reader *reader, const struct tg_pair_list *list,
                                 struct tg_error *reterr)
{
    reserve(reader, list->count);
    TG_TRY(read_side(reader, list, 0, reterr));
    TG_TRY(read_side(reader, list, 1, reterr));
    fill_keys(reader, list);
    fill_right_key(reader, list);
    return TG_OK;
}

void tg_pair_reader_done(struct tg_pair_reader *reader)
{
    if (reader->node == NULL)
        return;
    for (uint32_t i = 0; reader->own != NULL && i < reader->node->schema->count; i++)
        tg_column_free(reader->own[i]);
    for (uint32_t i = 0; reader->left_keys != NULL && i < reader->node->inputs[0]->schema->count; i++)
        tg_column_free(reader->left_keys[i]);
    tg_column_free(reader->right_key);
    tg_program_state_free(reader->foreign_key);
    tg_table_row_reader_done(&reader->left);
    tg_table_row_reader_done(&reader->right);
    tg_rows_done(&reader->rows);
    tg_free(reader->values);
    tg_free(reader->times_ms);
    tg_free(reader->existing);
}
