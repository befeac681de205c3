/* Rows of a table with those rows of another that their foreign key names; this is the left table's part. A
 * change of a left row goes as a subscription to the partition of the right row (foreign_key_answers.c); the
 * answers come back to the left row's partition and are joined with the row, if it still is the version that
 * asked (topology/foreign_key.h). What is sent when, tombstones without need included, is as in Kafka Streams
 * (SubscriptionSendProcessorSupplier, ResponseJoinProcessorSupplier): an old foreign key's row cannot be seen
 * from here, so nobody knows whether it was joined. */
#include "plan/nodes/foreign_key_join.h"

#include "base/memory.h"
#include "expr/program.h"
#include "kafka/kafka.h"
#include "topology/foreign_key.h"
#include "topology/join_rows.h"
#include "topology/key_bytes.h"
#include "topology/operator.h"
#include "topology/row_list.h"
#include "topology/table_row.h"
#include "topology/table_view.h"
#include "topology/task.h"

enum { LEFT_ROWS, ANSWERS };
enum { NO_KEY = UINT32_MAX };

struct foreign_key_join {
    struct tg_operator base;
    struct tg_producer_topic *target;
    /* Left rows. */
    const struct tg_program *program; /* the foreign key */
    struct tg_program_state *state;
    struct tg_row_list valued;
    const struct tg_schema *key_schema;
    struct tg_record_encoder encoder; /* of foreign keys */
    struct tg_key_bytes left_keys;
    uint32_t *encoded; /* per row: index of its foreign key, or NO_KEY */
    uint32_t *rows;
    struct tg_buffer row, subscription;
    /* Answers. */
    struct tg_key_bytes answer_keys;
    struct tg_table_view *left;
    struct tg_table_row_reader right;
    uint32_t right_key;           /* in the right table's schema */
    struct tg_column *right_keys; /* of the rows that are joined */
    struct tg_column **columns;
    struct tg_row_list results;
    struct tg_slice *values; /* right rows */
    int64_t *times_ms;
    struct tg_row_hash *hashes; /* of the rows that asked */
    uint32_t capacity;
};

static const struct tg_plan_foreign_key_join *node_of(const struct foreign_key_join *join)
{
    return (const struct tg_plan_foreign_key_join *)join->base.node;
}

/* ---- opening ---- */

static bool *needed_columns(struct tg_arena *arena, const struct tg_schema *schema, const uint32_t *columns,
                            uint32_t count)
{
    bool *needed = tg_arena_alloc_zero(arena, schema->count + 1, sizeof *needed);
    for (uint32_t i = 0; i < count; i++)
        needed[columns[i]] = true;
    return needed;
}

static enum tg_code open_subscribing(struct foreign_key_join *join, struct tg_error *reterr)
{
    struct tg_operator *self = &join->base;
    const struct tg_plan_foreign_key_join *node = node_of(join);
    struct tg_arena *arena = self->task->arena;
    const struct tg_schema *right = self->node->inputs[1]->schema;
    join->right_key = (uint32_t)tg_schema_find_role(right, TG_COLUMN_KEY);
    join->right_keys = tg_column_new(right->columns[join->right_key].type);
    /* Its name is in the bytes of some formats. */
    join->key_schema = tg_schema_new(arena, &right->columns[join->right_key], 1);
    TG_TRY(tg_program_compile(arena, self->node->inputs[0]->schema, &node->foreign_key, 1, &join->program,
                              reterr));
    join->state = tg_operator_program(self, join->program);
    const struct tg_record_half_options options = {
        .schema = join->key_schema,
        .role = TG_COLUMN_KEY,
        .format = &node->foreign_key_format,
        .topic = self->planned->topic,
    };
    TG_TRY(tg_record_encoder_open(arena, &options, &join->encoder, reterr));
    return tg_key_bytes_open(self->inputs[LEFT_ROWS], self->inputs[LEFT_ROWS], &join->left_keys, reterr);
}

static enum tg_code join_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct foreign_key_join *join = (struct foreign_key_join *)self;
    const struct tg_plan_join_columns *columns = &node_of(join)->columns;
    const struct tg_plan_node *right = self->node->inputs[1];
    struct tg_arena *arena = self->task->arena;
    TG_TRY(open_subscribing(join, reterr));
    join->columns = tg_arena_alloc_zero(arena, self->node->schema->count + 1, sizeof(struct tg_column *));
    TG_TRY(tg_key_bytes_open(self->inputs[ANSWERS], self->inputs[LEFT_ROWS], &join->answer_keys, reterr));
    const struct tg_schema *left_schema = self->node->inputs[0]->schema;
    bool *needed = needed_columns(arena, left_schema, columns->left, columns->left_count);
    for (uint32_t i = 0; i < left_schema->count; i++)
        needed[i] = needed[i] || tg_program_columns(join->program)[i];
    const struct tg_table_view_options left = {.table = self->inputs[LEFT_ROWS], .needed = needed};
    TG_TRY(tg_table_view_open(&left, &join->left, reterr));
    const struct tg_table_row_options rows = {
        .task = self->task,
        .node = right,
        .name = self->inputs[ANSWERS]->planned->topic,
        .needed = needed_columns(arena, right->schema, columns->right, columns->right_count),
    };
    return tg_table_row_reader_open(&rows, &join->right, reterr);
}

static enum tg_code join_bind(struct tg_operator *self, struct tg_producer *producer, struct tg_error *reterr)
{
    return tg_producer_topic(producer, self->planned->topic, &((struct foreign_key_join *)self)->target,
                             reterr);
}

static void reserve(struct foreign_key_join *join, uint32_t rows)
{
    if (rows <= join->capacity)
        return;
    join->capacity = rows < TG_BATCH_ROWS_MAX ? TG_BATCH_ROWS_MAX : rows * 2;
    join->encoded = tg_realloc(join->encoded, join->capacity, sizeof *join->encoded);
    join->rows = tg_realloc(join->rows, join->capacity, sizeof *join->rows);
    join->values = tg_realloc(join->values, join->capacity, sizeof *join->values);
    join->times_ms = tg_realloc(join->times_ms, join->capacity, sizeof *join->times_ms);
    join->hashes = tg_realloc(join->hashes, join->capacity, sizeof *join->hashes);
}

/* ---- left rows ---- */

/* A change of a left row. */
struct change {
    const struct tg_batch *batch;
    uint32_t row; /* the new version, or the tombstone */
    bool had_row, has_row;
    struct tg_slice old_key, new_key; /* foreign keys; data NULL: none */
    struct tg_slice primary_key;
};

static enum tg_code encode_foreign_keys(struct foreign_key_join *join, const struct tg_batch *batch,
                                        struct tg_error *reterr)
{
    const struct tg_batch valued = tg_row_list_valued(&join->valued, batch);
    tg_program_run(join->state, &valued);
    tg_task_report_errors(&join->base, batch, join->state);
    struct tg_column *keys = tg_program_result(join->state, 0);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->selected; i++)
        join->encoded[tg_batch_row(batch, i)] = NO_KEY;
    for (uint32_t i = 0; i < valued.selected; i++) {
        uint32_t row = tg_batch_row(&valued, i);
        if (!keys->valid[row])
            continue;
        join->encoded[row] = count;
        join->rows[count++] = row;
    }
    if (count == 0)
        return TG_OK;
    struct tg_rows plain = *batch->rows;
    struct tg_batch named = {.schema = join->key_schema, .rows = &plain, .columns = &keys};
    return tg_record_encode(&join->encoder, &named, join->rows, count, reterr);
}

static struct tg_slice foreign_key_of(const struct foreign_key_join *join, uint32_t row)
{
    return join->encoded[row] == NO_KEY ? tg_slice_of(NULL, 0)
                                        : tg_record_of(&join->encoder, join->encoded[row]);
}

static enum tg_code subscribe(struct foreign_key_join *join, const struct change *change,
                              struct tg_slice foreign_key, enum tg_subscription_instruction instruction,
                              struct tg_error *reterr)
{
    const struct tg_rows *rows = change->batch->rows;
    struct tg_task *task = join->base.task;
    int32_t partitions = join->base.planned->topic_partitions;
    struct tg_subscription subscription = {
        .instruction = instruction, .primary_key = change->primary_key, .partition = task->partition};
    if (change->has_row)
        subscription.hash =
            tg_row_hash_of(tg_table_row_value(join->base.node->inputs[0], rows, change->row, &join->row),
                           rows->rowtime_ms[change->row]);
    tg_subscription_write(&subscription, &join->subscription);
    const struct tg_outgoing record = {
        .topic = join->target,
        .partition = foreign_key.data == NULL ? task->partition % partitions
                                              : tg_partition_for_key(foreign_key, partitions),
        .key = foreign_key,
        .value = tg_buffer_slice(&join->subscription),
        .timestamp_ms = rows->rowtime_ms[change->row],
        .headers = rows->headers[change->row].headers,
        .header_count = rows->headers[change->row].count,
    };
    tg_count(&task->counters.repartition_out, 1);
    return tg_producer_send(task->producer, &record, reterr);
}

/* LEFT: each change of a left row has a result, so it is always asked for. */
static enum tg_code send_left(struct foreign_key_join *join, const struct change *change, bool changed,
                              struct tg_error *reterr)
{
    if (!change->had_row && !change->has_row)
        return TG_OK;
    if (change->old_key.data != NULL && changed)
        TG_TRY(subscribe(join, change, change->old_key, TG_SUBSCRIPTION_DELETE, reterr));
    return subscribe(join, change, change->new_key, TG_SUBSCRIPTION_ANSWER, reterr);
}

static enum tg_code send_inner(struct foreign_key_join *join, const struct change *change, bool changed,
                               struct tg_error *reterr)
{
    bool had_key = change->old_key.data != NULL;
    if (change->new_key.data == NULL)
        return had_key ? subscribe(join, change, change->old_key, TG_SUBSCRIPTION_DELETE_AND_ANSWER, reterr)
                       : TG_OK;
    if (had_key && changed) {
        TG_TRY(subscribe(join, change, change->old_key, TG_SUBSCRIPTION_DELETE, reterr));
        return subscribe(join, change, change->new_key, TG_SUBSCRIPTION_ANSWER, reterr);
    }
    return subscribe(join, change, change->new_key, TG_SUBSCRIPTION_ANSWER_IF_FOUND, reterr);
}

static enum tg_code take_left_rows(struct foreign_key_join *join, const struct tg_batch *batch,
                                   struct tg_error *reterr)
{
    const struct tg_slice *keys = NULL;
    uint32_t old = NO_KEY;
    TG_TRY(encode_foreign_keys(join, batch, reterr));
    TG_TRY(tg_key_bytes_of(&join->left_keys, batch, &keys, reterr));
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        if (tg_task_stops_row(join->base.task, batch, row))
            continue;
        if ((batch->rows->flags[row] & TG_ROW_UNDO) != 0) {
            old = row;
            continue;
        }
        struct change change = {
            .batch = batch,
            .row = row,
            .had_row = old != NO_KEY,
            .has_row = (batch->rows->flags[row] & TG_ROW_VALUE_NULL) == 0,
            .primary_key = keys[row],
        };
        if (change.had_row)
            change.old_key = foreign_key_of(join, old);
        if (change.has_row)
            change.new_key = foreign_key_of(join, row);
        bool changed = change.new_key.data == NULL || !tg_slice_equal(change.old_key, change.new_key);
        old = NO_KEY;
        if (node_of(join)->join == TG_JOIN_LEFT)
            TG_TRY(send_left(join, &change, changed, reterr));
        else
            TG_TRY(send_inner(join, &change, changed, reterr));
    }
    tg_producer_poll(join->base.task->producer);
    return TG_OK;
}

/* ---- answers ---- */

static enum tg_code read_answers(struct foreign_key_join *join, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    for (uint32_t row = 0; row < batch->rows->count; row++)
        join->values[row] = tg_slice_of(NULL, 0);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        struct tg_subscription_response response;
        if (tg_subscription_response_read(batch->rows->raw_value[row], &response, reterr) != TG_OK)
            return tg_fail_context(reterr, "record at offset %lld of topic %s, partition %d",
                                   (long long)batch->rows->offset[row], batch->topic, batch->partition);
        join->hashes[row] = response.hash;
        join->values[row] = response.row;
        join->times_ms[row] = response.time_ms;
    }
    const struct tg_table_row_values rows = {join->values, join->times_ms, batch->rows->count, batch->arena};
    return tg_table_row_read(&join->right, &rows, reterr);
}

/* The rows that still are what asked; a tombstone where nothing is joined. */
static void select_results(struct foreign_key_join *join, const struct tg_batch *batch,
                           const struct tg_table_rows *left)
{
    tg_row_list_begin(&join->results, batch);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        struct tg_row_hash present = {0};
        if (left->found[row])
            present = tg_row_hash_of(left->values[row], left->times_ms[row]);
        if (!tg_row_hash_equal(&present, &join->hashes[row]))
            continue;
        bool joined =
            left->found[row] && tg_join_has_row(node_of(join)->join, true, join->values[row].data != NULL);
        tg_row_list_add(&join->results, row, joined ? 0 : TG_ROW_VALUE_NULL);
    }
}

static void set_columns(struct foreign_key_join *join, const struct tg_batch *batch,
                        const struct tg_table_rows *left)
{
    const struct tg_schema *schema = join->base.node->schema;
    const struct tg_plan_join_columns *columns = &node_of(join)->columns;
    uint32_t first_left = tg_join_first_copy(schema, columns, 0);
    uint32_t first_right = tg_join_first_copy(schema, columns, 1);
    for (uint32_t i = 0; i < first_left; i++)
        join->columns[i] = tg_join_key_column(batch, schema, i);
    for (uint32_t i = 0; i < columns->left_count; i++)
        join->columns[first_left + i] = left->columns[columns->left[i]];
    for (uint32_t i = 0; i < columns->right_count; i++)
        join->columns[first_right + i] = columns->right[i] == join->right_key
                                             ? join->right_keys
                                             : join->right.memory.batch.columns[columns->right[i]];
}

/* The key of a right row is what the left row names it by. */
static void fill_right_keys(struct foreign_key_join *join, const struct tg_batch *results,
                            const struct tg_table_rows *left)
{
    struct tg_batch named = *results;
    named.schema = join->base.node->inputs[0]->schema;
    named.columns = (struct tg_column **)left->columns;
    const struct tg_batch valued = tg_row_list_valued(&join->valued, &named);
    tg_program_run(join->state, &valued);
    const struct tg_column *keys = tg_program_result(join->state, 0);
    tg_column_clear(join->right_keys);
    tg_column_resize(join->right_keys, results->rows->count);
    for (uint32_t row = 0; row < results->rows->count; row++)
        tg_column_set_null(join->right_keys, row);
    for (uint32_t i = 0; i < valued.selected; i++) {
        uint32_t row = tg_batch_row(&valued, i);
        if (join->values[row].data != NULL)
            tg_column_copy_row(join->right_keys, row, keys, row);
    }
}

static enum tg_code take_answers(struct foreign_key_join *join, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    struct tg_table_lookup lookup = {.batch = batch};
    TG_TRY(read_answers(join, batch, reterr));
    TG_TRY(tg_key_bytes_of(&join->answer_keys, batch, &lookup.keys, reterr));
    TG_TRY(tg_table_view_find(join->left, &lookup, reterr));
    const struct tg_table_rows left = tg_table_view_rows(join->left);
    select_results(join, batch, &left);
    set_columns(join, batch, &left);
    struct tg_batch result = tg_row_list_batch(&join->results, batch);
    fill_right_keys(join, &result, &left);
    result.schema = join->base.node->schema;
    result.columns = join->columns;
    return tg_operator_forward(&join->base, &result, reterr);
}

static enum tg_code join_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    struct foreign_key_join *join = (struct foreign_key_join *)self;
    reserve(join, batch->rows->count);
    return input == LEFT_ROWS ? take_left_rows(join, batch, reterr) : take_answers(join, batch, reterr);
}

static void join_close(struct tg_operator *self)
{
    struct foreign_key_join *join = (struct foreign_key_join *)self;
    tg_program_state_free(join->state);
    tg_column_free(join->right_keys);
    tg_row_list_done(&join->valued);
    tg_row_list_done(&join->results);
    tg_record_encoder_done(&join->encoder);
    tg_key_bytes_done(&join->left_keys);
    tg_key_bytes_done(&join->answer_keys);
    tg_table_view_close(join->left);
    tg_table_row_reader_done(&join->right);
    tg_buffer_done(&join->row);
    tg_buffer_done(&join->subscription);
    tg_free(join->encoded);
    tg_free(join->rows);
    tg_free(join->values);
    tg_free(join->times_ms);
    tg_free(join->hashes);
}

const struct tg_operator_kind tg_operator_foreign_key_join = {
    .plan_kind = "ForeignKeyJoin",
    .instance_size = sizeof(struct foreign_key_join),
    .open = join_open,
    .process = join_process,
    .bind = join_bind,
    .close = join_close,
    .needs_before = true,
};
