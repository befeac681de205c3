/* Output rows: noted while a run is walked, made many at a time: what was found is decoded in one call. */
#include "base/memory.h"
#include "topology/join/stream_join.h"

enum tg_code join_results_take(struct stream_join *join, enum join_role role, struct tg_slice key,
                               struct join_row_id id, uint32_t *ret_row, struct tg_error *reterr)
{
    struct tg_slice value;
    TG_TRY(join_rows_value(&join->rows[role], key, id, &value, reterr));
    *ret_row = join_side_add_stored(&join->sides[role], tg_arena_copy(join->arena, key),
                                    tg_arena_copy(join->arena, value), id.time_ms);
    return TG_OK;
}

enum tg_code join_results_add(struct stream_join *join, const struct join_result *result,
                              struct tg_error *reterr)
{
    if (join->result_count == join->result_capacity)
        tg_grow((void **)&join->results, &join->result_capacity, join->result_count + 1,
                sizeof *join->results);
    join->results[join->result_count++] = *result;
    return join->result_count < TG_BATCH_ROWS_MAX ? TG_OK : join_results_send(join, reterr);
}

void join_results_drop(struct stream_join *join)
{
    join->result_count = 0;
    join->sides[JOIN_PRIMARY].stored_count = join->sides[JOIN_OTHER].stored_count = 0;
    tg_arena_reset(join->arena);
}

/* Copies column `index` of the role's input to an output row. */
static void copy_value(struct stream_join *join, const struct join_result *result, enum join_role role,
                       uint32_t index, struct tg_column *target, uint32_t row)
{
    uint32_t from = result->rows[role];
    const struct tg_column *source = NULL;
    if (from == JOIN_TRIGGER)
        source = join->input->columns[index];
    else if (from != JOIN_ABSENT)
        source = join->sides[role].memory.batch.columns[index];
    if (source == NULL)
        tg_column_set_null(target, row);
    else
        tg_column_copy_row(target, row, source, from == JOIN_TRIGGER ? result->trigger : from);
}

/* The side whose key columns are at hand: that of the arriving row, else the only one. */
static enum join_role key_role(const struct stream_join *join, const struct join_result *result)
{
    if (result->rows[join->input_role] == JOIN_TRIGGER)
        return join->input_role;
    return result->rows[JOIN_PRIMARY] != JOIN_ABSENT ? JOIN_PRIMARY : JOIN_OTHER;
}

static void make_marks(struct stream_join *join)
{
    struct tg_rows *rows = join->output.batch.rows;
    const struct tg_rows *input = join->input->rows;
    uint32_t count = (uint32_t)join->result_count;
    tg_rows_reserve(rows, count);
    rows->count = count;
    for (uint32_t row = 0; row < count; row++) {
        const struct join_result *result = &join->results[row];
        tg_rows_copy(rows, row, input, result->trigger);
        rows->rowtime_ms[row] = result->time_ms;
        rows->raw_key[row] = result->key;
        rows->flags[row] = result->key.data == NULL ? TG_ROW_KEY_NULL : 0;
    }
}

static void make_columns(struct stream_join *join)
{
    const struct tg_plan_join_columns *copied = &stream_join_node(join)->columns;
    struct tg_batch *output = &join->output.batch;
    uint32_t key_count = join->sides[JOIN_PRIMARY].key_count;
    uint32_t count = (uint32_t)join->result_count;
    enum join_role right_role = join_other(join->left_role);
    for (uint32_t i = 0; i < output->schema->count; i++) {
        struct tg_column *target = output->columns[i];
        tg_column_resize(target, count);
        for (uint32_t row = 0; row < count; row++) {
            const struct join_result *result = &join->results[row];
            enum join_role role = join->left_role;
            uint32_t index = 0;
            if (i < key_count) {
                role = key_role(join, result);
                index = join->sides[role].key_columns[i];
            } else if (i < key_count + copied->left_count) {
                index = copied->left[i - key_count];
            } else {
                role = right_role;
                index = copied->right[i - key_count - copied->left_count];
            }
            copy_value(join, result, role, index, target, row);
        }
    }
}

enum tg_code join_results_send(struct stream_join *join, struct tg_error *reterr)
{
    struct tg_batch *output = &join->output.batch;
    if (join->result_count == 0)
        return TG_OK;
    for (int role = 0; role < JOIN_ROLES; role++)
        TG_TRY(join_side_decode(&join->sides[role], join->arena, reterr));
    tg_batch_memory_clear(&join->output);
    make_marks(join);
    make_columns(join);
    output->selected = (uint32_t)join->result_count;
    output->topic = join->input->topic;
    output->partition = join->input->partition;
    output->stream_time_ms = join->input->stream_time_ms;
    output->arena = join->arena;
    enum tg_code code = tg_operator_forward(&join->base, output, reterr);
    join_results_drop(join);
    return code;
}
