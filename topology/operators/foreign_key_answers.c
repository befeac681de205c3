/* The right table's part of a foreign-key join: it keeps the subscriptions of left rows (by the foreign key,
 * then the left row's key), and answers each of them at once and whenever the right row changes. An answer
 * goes to the partition that the left row came from, with the right row as its store keeps it. */
#include "base/memory.h"
#include "kafka/kafka.h"
#include "plan/nodes/foreign_key_join.h"
#include "topology/operator.h"
#include "topology/table/foreign_key.h"
#include "topology/table/key_bytes.h"
#include "topology/table/table_row.h"
#include "topology/task.h"

enum { SUBSCRIPTIONS, RIGHT_ROWS };

struct answers {
    struct tg_operator base;
    struct tg_task_store *subscriptions;
    struct tg_store *right; /* of the right table's Materialize operator */
    struct tg_key_bytes subscription_keys, right_keys;
    bool sends_time; /* the result shows the right row's ROWTIME */
    struct tg_producer_topic *target;
    struct tg_buffer key, bound, row, answer;
};

static bool shows_time(const struct tg_plan_foreign_key_join *join)
{
    const struct tg_schema *right = join->base.inputs[RIGHT_ROWS]->schema;
    for (uint32_t i = 0; i < join->columns.right_count; i++)
        if (right->columns[join->columns.right[i]].role == TG_COLUMN_ROWTIME)
            return true;
    return false;
}

static const char *role_of_store(const struct tg_plan_node *node, uint32_t index)
{
    (void)node;
    return index == 0 ? "subscriptions" : NULL;
}

static enum tg_code answers_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct answers *answers = (struct answers *)self;
    struct tg_operator *right = self->inputs[RIGHT_ROWS];
    const struct tg_task_store_options options = {
        .node = self->node, .role = role_of_store(self->node, 0), .layout = TG_KEY_PLAIN};
    answers->right = tg_task_store_of(right);
    answers->sends_time = shows_time((const struct tg_plan_foreign_key_join *)self->node);
    TG_TRY(tg_key_bytes_open(self->inputs[SUBSCRIPTIONS], right, &answers->subscription_keys, reterr));
    TG_TRY(tg_key_bytes_open(right, right, &answers->right_keys, reterr));
    return tg_task_open_store(self, &options, &answers->subscriptions, reterr);
}

static enum tg_code answers_bind(struct tg_operator *self, struct tg_producer *producer,
                                 struct tg_error *reterr)
{
    return tg_producer_topic(producer, self->planned->topic, &((struct answers *)self)->target, reterr);
}

/* To whom, and with what. */
struct answer {
    const struct tg_subscription *to;
    struct tg_subscription_response response;
    int64_t time_ms;
    const struct tg_header_list *headers;
};

static enum tg_code send_answer(struct answers *answers, const struct answer *answer, struct tg_error *reterr)
{
    struct tg_task *task = answers->base.task;
    struct tg_subscription_response response = answer->response;
    response.hash = answer->to->hash;
    response.has_time = answers->sends_time && response.row.data != NULL;
    tg_subscription_response_write(&response, &answers->answer);
    const struct tg_outgoing record = {
        .topic = answers->target,
        .partition = answer->to->partition,
        .key = answer->to->primary_key,
        .value = tg_buffer_slice(&answers->answer),
        .timestamp_ms = answer->time_ms,
        .headers = answer->headers->headers,
        .header_count = answer->headers->count,
    };
    if (answer->to->partition < 0 || answer->to->partition >= answers->base.planned->topic_partitions)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a subscription came from partition %d, but topic %s has %d",
                       answer->to->partition, answers->base.planned->topic,
                       answers->base.planned->topic_partitions);
    tg_count(&task->counters.repartition_out, 1);
    return tg_producer_send(task->producer, &record, reterr);
}

/* ---- subscriptions ---- */

/* A left row without a foreign key asks for an answer only. */
static enum tg_code keep_subscription(struct answers *answers, const struct tg_rows *rows, uint32_t row,
                                      const struct tg_subscription *subscription, struct tg_slice foreign_key,
                                      struct tg_error *reterr)
{
    struct tg_store *store = answers->subscriptions->store;
    bool removes = subscription->instruction == TG_SUBSCRIPTION_DELETE ||
                   subscription->instruction == TG_SUBSCRIPTION_DELETE_AND_ANSWER;
    if (foreign_key.data == NULL)
        return TG_OK;
    tg_subscription_key(foreign_key, subscription->primary_key, &answers->key);
    struct tg_slice key = tg_buffer_slice(&answers->key);
    const struct tg_value value = {rows->raw_value[row], rows->rowtime_ms[row]};
    return removes ? tg_store_remove(store, key, rows->rowtime_ms[row], reterr)
                   : tg_store_put(store, key, value, reterr);
}

static enum tg_code take_subscription(struct answers *answers, const struct tg_batch *batch, uint32_t row,
                                      struct tg_slice foreign_key, struct tg_error *reterr)
{
    const struct tg_rows *rows = batch->rows;
    struct tg_subscription subscription;
    struct tg_value right = {0};
    bool found = false;
    if (tg_subscription_read(rows->raw_value[row], &subscription, reterr) != TG_OK)
        return tg_fail_context(reterr, "record at offset %lld of topic %s, partition %d",
                               (long long)rows->offset[row], batch->topic, batch->partition);
    TG_TRY(keep_subscription(answers, rows, row, &subscription, foreign_key, reterr));
    if (subscription.instruction == TG_SUBSCRIPTION_DELETE)
        return TG_OK;
    if (foreign_key.data != NULL)
        TG_TRY(tg_store_get(answers->right, foreign_key, &found, &right, reterr));
    struct answer answer = {
        .to = &subscription, .time_ms = rows->rowtime_ms[row], .headers = &rows->headers[row]};
    if (found && right.timestamp_ms > answer.time_ms)
        answer.time_ms = right.timestamp_ms;
    if (subscription.instruction == TG_SUBSCRIPTION_ANSWER_IF_FOUND && !found)
        return TG_OK;
    if (found && subscription.instruction != TG_SUBSCRIPTION_DELETE_AND_ANSWER)
        answer.response = (struct tg_subscription_response){
            .row = right.bytes.length == 0 ? tg_slice_of("", 0) : right.bytes, .time_ms = right.timestamp_ms};
    return send_answer(answers, &answer, reterr);
}

/* ---- the right table ---- */

/* All that subscribe to a row hear of its new version, or that it is gone. */
static enum tg_code tell_subscribers(struct answers *answers, const struct tg_rows *rows, uint32_t row,
                                     struct tg_slice foreign_key, struct tg_error *reterr)
{
    struct answer answer = {.time_ms = rows->rowtime_ms[row], .headers = &rows->headers[row]};
    struct tg_store_cursor *cursor = NULL;
    struct tg_slice key;
    struct tg_value value;
    if ((rows->flags[row] & TG_ROW_VALUE_NULL) == 0) {
        struct tg_slice bytes =
            tg_table_row_value(answers->base.node->inputs[RIGHT_ROWS], answers->base.task->query->registry,
                               rows, row, &answers->row);
        answer.response = (struct tg_subscription_response){
            .row = bytes.length == 0 ? tg_slice_of("", 0) : bytes, .time_ms = rows->rowtime_ms[row]};
    }
    tg_subscription_key(foreign_key, tg_slice_of(NULL, 0), &answers->key);
    tg_subscription_bound(tg_buffer_slice(&answers->key), &answers->bound);
    TG_TRY(tg_store_scan(answers->subscriptions->store, tg_buffer_slice(&answers->key),
                         tg_buffer_slice(&answers->bound), &cursor, reterr));
    enum tg_code code = TG_OK;
    while (code == TG_OK && tg_store_cursor_next(cursor, &key, &value)) {
        struct tg_subscription subscription;
        answer.to = &subscription;
        code = tg_subscription_read(value.bytes, &subscription, reterr);
        if (code == TG_OK)
            code = send_answer(answers, &answer, reterr);
    }
    if (code == TG_OK)
        code = tg_store_cursor_status(cursor, reterr);
    tg_store_cursor_close(cursor);
    return code;
}

static enum tg_code answers_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                    struct tg_error *reterr)
{
    struct answers *answers = (struct answers *)self;
    const struct tg_slice *keys = NULL;
    TG_TRY(tg_key_bytes_of(input == SUBSCRIPTIONS ? &answers->subscription_keys : &answers->right_keys, batch,
                           &keys, reterr));
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        if (input == SUBSCRIPTIONS)
            TG_TRY(take_subscription(answers, batch, row, keys[row], reterr));
        else if ((batch->rows->flags[row] & TG_ROW_UNDO) == 0 && keys[row].data != NULL)
            TG_TRY(tell_subscribers(answers, batch->rows, row, keys[row], reterr));
    }
    tg_producer_poll(self->task->producer);
    return TG_OK;
}

static void answers_close(struct tg_operator *self)
{
    struct answers *answers = (struct answers *)self;
    tg_key_bytes_done(&answers->subscription_keys);
    tg_key_bytes_done(&answers->right_keys);
    tg_buffer_done(&answers->key);
    tg_buffer_done(&answers->bound);
    tg_buffer_done(&answers->row);
    tg_buffer_done(&answers->answer);
}

const struct tg_operator_kind tg_operator_foreign_key_answers = {
    .plan_kind = TG_FOREIGN_KEY_ANSWERS,
    .instance_size = sizeof(struct answers),
    .open = answers_open,
    .process = answers_process,
    .bind = answers_bind,
    .close = answers_close,
    .has_store = true,
    .store_role = role_of_store,
};
