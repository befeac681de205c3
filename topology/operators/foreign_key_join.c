/* Rows of a table with those rows of another that their foreign key names; this is the left table's part. A
 * change of a left row goes as a subscription to the partition of the right row (foreign_key_answers.c); the
 * answers come back to the left row's partition and are joined with the row, if it still is the version that
 * asked (topology/table/foreign_key.h). What is sent when, tombstones without need included, is as in Kafka
 * Streams (SubscriptionSendProcessorSupplier, ResponseJoinProcessorSupplier): an old foreign key's row cannot
 * be seen from here, so nobody knows whether it was joined. */
#include "plan/nodes/foreign_key_join.h"

#include "base/memory.h"
#include "expr/program.h"
#include "kafka/kafka.h"
#include "topology/operator.h"
#include "topology/rows/row_list.h"
#include "topology/table/foreign_key.h"
#include "topology/table/join_rows.h"
#include "topology/table/joined_pair.h"
#include "topology/table/kept_results.h"
#include "topology/table/key_bytes.h"
#include "topology/table/table_row.h"
#include "topology/task.h"

#include <string.h>

enum { LEFT_ROWS, ANSWERS };
enum { NO_KEY = UINT32_MAX };

struct foreign_key_join {
    struct tg_operator base;
    struct tg_producer_topic *target;
    /* Left rows. */
    struct tg_program_state *state; /* the foreign key */
    struct tg_row_list valued;
    const struct tg_schema *key_schema;
    struct tg_record_encoder encoder; /* of foreign keys */
    struct tg_key_bytes left_keys;
    uint32_t *encoded; /* per row: index of its foreign key, or NO_KEY */
    uint32_t *rows;
    struct tg_buffer row, subscription;
    /* Answers. */
    struct tg_key_bytes answer_keys;
    struct tg_store *owed; /* INNER */
    struct tg_store *left; /* of the left table's Materialize operator */
    struct tg_pair_reader reader;
    struct tg_row_list results;
    struct tg_joined_pair *pairs;
    struct tg_row_hash *hashes;   /* of the rows that asked */
    struct tg_kept_results *kept; /* NULL: nobody above asks what a result replaces */
    uint32_t capacity;
};

static const struct tg_plan_foreign_key_join *node_of(const struct foreign_key_join *join)
{
    return (const struct tg_plan_foreign_key_join *)join->base.node;
}

/* ---- opening ---- */

/* INNER: left rows that are owed an answer, whatever becomes of them. */
#define OWED_ROLE "owed"

static const char *role_of_store(const struct tg_plan_node *node, uint32_t index)
{
    bool is_inner = ((const struct tg_plan_foreign_key_join *)node)->join == TG_JOIN_INNER;
    if (index == 0)
        return is_inner ? OWED_ROLE : TG_KEPT_RESULTS_ROLE;
    return index == 1 && is_inner ? TG_KEPT_RESULTS_ROLE : NULL;
}

static enum tg_code open_owed(struct foreign_key_join *join, struct tg_error *reterr)
{
    struct tg_task_store *store = NULL;
    const struct tg_task_store_options options = {
        .node = join->base.node, .role = OWED_ROLE, .layout = TG_KEY_PLAIN};
    TG_TRY(tg_task_open_store(&join->base, &options, &store, reterr));
    join->owed = store->store;
    return TG_OK;
}

static enum tg_code open_subscribing(struct foreign_key_join *join, struct tg_error *reterr)
{
    struct tg_operator *self = &join->base;
    const struct tg_plan_foreign_key_join *node = node_of(join);
    struct tg_arena *arena = self->task->arena;
    const struct tg_schema *right = self->node->inputs[1]->schema;
    const struct tg_program *program = NULL;
    /* Its name is in the bytes of some formats. */
    join->key_schema = tg_schema_new(arena, &right->columns[tg_schema_find_role(right, TG_COLUMN_KEY)], 1);
    TG_TRY(tg_program_compile(arena, self->node->inputs[0]->schema, &node->foreign_key, 1, &program, reterr));
    join->state = tg_operator_program(self, program);
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
    TG_TRY(open_subscribing(join, reterr));
    join->left = tg_task_store_of(self->inputs[LEFT_ROWS]);
    TG_TRY(tg_key_bytes_open(self->inputs[ANSWERS], self->inputs[LEFT_ROWS], &join->answer_keys, reterr));
    TG_TRY(tg_pair_reader_open(self, self->inputs[ANSWERS]->planned->topic, &join->reader, reterr));
    if (self->planned->keeps_rows) /* its store comes first: views look there */
        TG_TRY(tg_kept_results_open(self, &join->kept, reterr));
    return node_of(join)->join == TG_JOIN_INNER ? open_owed(join, reterr) : TG_OK;
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
    join->pairs = tg_realloc(join->pairs, join->capacity, sizeof *join->pairs);
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
            tg_row_hash_of(tg_table_row_value(join->base.node->inputs[0], task->query->registry, rows,
                                              change->row, &join->row),
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

/* An answer that takes a result away is dropped if the row has changed again meanwhile. Kafka Streams then
 * keeps the old result for ever, if the new version asks for an answer only if its right row is there. So
 * what is owed an answer is noted until one counts, and each version in between asks for one anyway. */
static enum tg_code owe(struct foreign_key_join *join, const struct change *change, struct tg_error *reterr)
{
    const struct tg_value mark = {tg_slice_of("", 0), change->batch->rows->rowtime_ms[change->row]};
    return tg_store_put(join->owed, change->primary_key, mark, reterr);
}

static enum tg_code send_inner(struct foreign_key_join *join, const struct change *change, bool changed,
                               struct tg_error *reterr)
{
    bool had_key = change->old_key.data != NULL, is_owed = false;
    struct tg_value mark;
    TG_TRY(tg_store_get(join->owed, change->primary_key, &is_owed, &mark, reterr));
    if (change->new_key.data == NULL && !had_key)
        return is_owed ? subscribe(join, change, change->new_key, TG_SUBSCRIPTION_ANSWER, reterr) : TG_OK;
    if (change->new_key.data == NULL) {
        TG_TRY(owe(join, change, reterr));
        return subscribe(join, change, change->old_key, TG_SUBSCRIPTION_DELETE_AND_ANSWER, reterr);
    }
    if (had_key && changed) {
        TG_TRY(owe(join, change, reterr));
        TG_TRY(subscribe(join, change, change->old_key, TG_SUBSCRIPTION_DELETE, reterr));
        return subscribe(join, change, change->new_key, TG_SUBSCRIPTION_ANSWER, reterr);
    }
    return subscribe(join, change, change->new_key,
                     is_owed ? TG_SUBSCRIPTION_ANSWER : TG_SUBSCRIPTION_ANSWER_IF_FOUND, reterr);
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

static enum tg_code read_answer(struct foreign_key_join *join, const struct tg_batch *batch, uint32_t row,
                                struct tg_error *reterr)
{
    struct tg_subscription_response response;
    if (tg_subscription_response_read(batch->rows->raw_value[row], &response, reterr) != TG_OK)
        return tg_fail_context(reterr, "record at offset %lld of topic %s, partition %d",
                               (long long)batch->rows->offset[row], batch->topic, batch->partition);
    join->hashes[row] = response.hash;
    join->pairs[row] = (struct tg_joined_pair){.right = response.row, .right_ms = response.time_ms};
    return TG_OK;
}

static enum tg_code find_left(struct foreign_key_join *join, const struct tg_batch *batch, uint32_t row,
                              struct tg_slice key, struct tg_error *reterr)
{
    struct tg_value found = {0};
    bool exists = false;
    if (key.data != NULL)
        TG_TRY(tg_store_get(join->left, key, &exists, &found, reterr));
    if (!exists)
        return TG_OK;
    join->pairs[row].left =
        found.bytes.length == 0 ? tg_slice_of("", 0) : tg_arena_copy(batch->arena, found.bytes);
    join->pairs[row].left_ms = found.timestamp_ms;
    return TG_OK;
}

/* An answer counts if the left row still is what asked. Nothing is joined: a tombstone. */
static enum tg_code select_result(struct foreign_key_join *join, const struct tg_batch *batch, uint32_t row,
                                  struct tg_slice key, struct tg_error *reterr)
{
    bool is_owed = false;
    struct tg_value mark;
    struct tg_joined_pair *pair = &join->pairs[row];
    struct tg_row_hash present = {0};
    if (pair->left.data != NULL)
        present = tg_row_hash_of(pair->left, pair->left_ms);
    if (!tg_row_hash_equal(&present, &join->hashes[row]))
        return TG_OK;
    if (join->owed != NULL)
        TG_TRY(tg_store_get(join->owed, key, &is_owed, &mark, reterr));
    if (is_owed)
        TG_TRY(tg_store_remove(join->owed, key, batch->rows->rowtime_ms[row], reterr));
    bool joined =
        pair->left.data != NULL && tg_join_has_row(node_of(join)->join, true, pair->right.data != NULL);
    if (!joined)
        *pair = (struct tg_joined_pair){0};
    tg_row_list_add(&join->results, row, joined ? 0 : TG_ROW_VALUE_NULL);
    return TG_OK;
}

static enum tg_code take_answers(struct foreign_key_join *join, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    const struct tg_slice *keys = NULL;
    TG_TRY(tg_key_bytes_of(&join->answer_keys, batch, &keys, reterr));
    tg_row_list_begin(&join->results, batch);
    memset(join->pairs, 0, batch->rows->count * sizeof *join->pairs);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        TG_TRY(read_answer(join, batch, row, reterr));
        TG_TRY(find_left(join, batch, row, keys[row], reterr));
        TG_TRY(select_result(join, batch, row, keys[row], reterr));
    }
    const struct tg_pair_list list = {
        .pairs = join->pairs, .count = batch->rows->count, .keys = batch, .arena = batch->arena};
    TG_TRY(tg_pair_reader_read(&join->reader, &list, reterr));
    struct tg_batch result = tg_row_list_batch(&join->results, batch);
    result.schema = join->base.node->schema;
    result.columns = join->reader.columns;
    if (join->kept == NULL)
        return tg_operator_forward(&join->base, &result, reterr);
    const struct tg_batch *changes = NULL;
    TG_TRY(tg_kept_results_replace(join->kept, &result, &list, keys, &changes, reterr));
    return tg_operator_forward(&join->base, changes, reterr);
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
    tg_row_list_done(&join->valued);
    tg_row_list_done(&join->results);
    tg_record_encoder_done(&join->encoder);
    tg_key_bytes_done(&join->left_keys);
    tg_key_bytes_done(&join->answer_keys);
    tg_pair_reader_done(&join->reader);
    tg_kept_results_close(join->kept);
    tg_buffer_done(&join->row);
    tg_buffer_done(&join->subscription);
    tg_free(join->encoded);
    tg_free(join->rows);
    tg_free(join->pairs);
    tg_free(join->hashes);
}

const struct tg_operator_kind tg_operator_foreign_key_join = {
    .plan_kind = "ForeignKeyJoin",
    .instance_size = sizeof(struct foreign_key_join),
    .open = join_open,
    .process = join_process,
    .bind = join_bind,
    .close = join_close,
    .has_store = true,
    .store_role = role_of_store,
    .optional_role = TG_KEPT_RESULTS_ROLE,
    .needs_before = true,
};
