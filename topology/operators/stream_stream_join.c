/* Rows of two streams with one key whose times are close: each row meets the rows of the other side that came
 * before it, then it is kept for those that come behind. */
#include "topology/join/stream_join.h"

#include "base/memory.h"

enum { TIME_STREAM, TIME_LEFT, TIME_RIGHT, TIME_UNMATCHED, TIME_COUNT };
#define DAY_MS 86400000

static const char *store_role(const struct tg_plan_node *node, uint32_t index)
{
    const struct tg_plan_stream_stream_join *join = (const struct tg_plan_stream_stream_join *)node;
    static const char *const roles[] = {"left", "right", "outer"};
    bool waits = join->join != TG_JOIN_INNER && join->grace_ms >= 0;
    return index < (waits ? 3u : 2u) ? roles[index] : NULL;
}

/* Without a grace period rows stay for a day, as ksqlDB has it. */
static void set_bounds(struct stream_join *join)
{
    const struct tg_plan_stream_stream_join *node = stream_join_node(join);
    int64_t rest_of_day = DAY_MS - 2 * node->before_ms;
    join->left_role = node->join == TG_JOIN_RIGHT ? JOIN_OTHER : JOIN_PRIMARY;
    join->before_ms[JOIN_PRIMARY] = join->after_ms[JOIN_OTHER] = node->before_ms;
    join->after_ms[JOIN_PRIMARY] = join->before_ms[JOIN_OTHER] = node->after_ms;
    join->outer[JOIN_PRIMARY] = node->join != TG_JOIN_INNER;
    join->outer[JOIN_OTHER] = node->join == TG_JOIN_FULL;
    join->grace_ms = node->grace_ms >= 0 ? node->grace_ms : rest_of_day > 0 ? rest_of_day : 0;
    join->retention_ms = node->before_ms + node->after_ms + join->grace_ms;
}

static enum join_role role_of(const struct stream_join *join, uint32_t input)
{
    return input == 0 ? join->left_role : join_other(join->left_role);
}

static enum tg_code open_store(struct stream_join *join, const char *role, enum tg_key_layout layout,
                               struct tg_task_store **ret_store, struct tg_error *reterr)
{
    const struct tg_task_store_options options = {.node = join->base.node, .role = role, .layout = layout};
    return tg_task_open_store(&join->base, &options, ret_store, reterr);
}

static void join_load_progress(struct tg_operator *self, const int64_t *times)
{
    struct stream_join *join = (struct stream_join *)self;
    join->stream_time_ms = times[TIME_STREAM] < -1 ? -1 : times[TIME_STREAM];
    join_rows_load(&join->rows[role_of(join, 0)], times[TIME_LEFT], join->retention_ms);
    join_rows_load(&join->rows[role_of(join, 1)], times[TIME_RIGHT], join->retention_ms);
    join_unmatched_load(join, times[TIME_UNMATCHED]);
    join_results_drop(join);
}

static enum tg_code join_open(struct tg_operator *self, struct tg_error *reterr)
{
    struct stream_join *join = (struct stream_join *)self;
    const struct tg_plan_join_columns *copied = &stream_join_node(join)->columns;
    static const int64_t nothing[TIME_COUNT] = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN};
    join->arena = tg_arena_new(0);
    tg_batch_memory_init(&join->output, self->node->schema, NULL);
    set_bounds(join);
    for (uint32_t input = 0; input < 2; input++) {
        enum join_role role = role_of(join, input);
        struct tg_task_store *store = NULL;
        TG_TRY(open_store(join, store_role(self->node, input), TG_KEY_JOIN, &store, reterr));
        join_rows_init(&join->rows[role], store, join->retention_ms);
        const struct join_side_options options = {
            .input = self->inputs[input],
            .key_model = self->inputs[0],
            .copied = input == 0 ? copied->left : copied->right,
            .copied_count = input == 0 ? copied->left_count : copied->right_count,
            .step = self->node->step,
        };
        TG_TRY(join_side_open(&join->sides[role], &options, reterr));
    }
    if (store_role(self->node, 2) != NULL)
        TG_TRY(open_store(join, "outer", TG_KEY_PLAIN, &join->unmatched.store, reterr));
    join_load_progress(self, nothing);
    return TG_OK;
}

static void join_close(struct tg_operator *self)
{
    struct stream_join *join = (struct stream_join *)self;
    for (int role = 0; role < JOIN_ROLES; role++) {
        join_side_done(&join->sides[role]);
        join_rows_done(&join->rows[role]);
    }
    join_unmatched_done(&join->unmatched);
    tg_batch_memory_done(&join->output);
    tg_arena_free(join->arena);
    tg_free(join->results);
}

/* ---- a row ---- */

static enum tg_code add_alone(struct stream_join *join, uint32_t row, struct tg_slice key,
                              struct tg_error *reterr)
{
    struct join_result result = {
        .time_ms = join->input->rows->rowtime_ms[row],
        .key = key,
        .trigger = row,
        .rows = {JOIN_ABSENT, JOIN_ABSENT},
    };
    result.rows[join->input_role] = JOIN_TRIGGER;
    return join_results_add(join, &result, reterr);
}

/* A row that cannot be joined. Without a key it still gives its result where its side is kept. */
static enum tg_code pass_by(struct stream_join *join, uint32_t row, bool has_key, struct tg_error *reterr)
{
    struct tg_counters *counters = &join->base.task->counters;
    bool has_value = (join->input->rows->flags[row] & TG_ROW_VALUE_NULL) == 0;
    if (!has_key && has_value && join->outer[join->input_role])
        return add_alone(join, row, tg_slice_of(NULL, 0), reterr);
    const struct tg_skip skip = {has_value ? &counters->null_key_skipped : &counters->null_value_skipped,
                                 join->input, row, join->base.node};
    tg_task_skip(join->base.task, &skip, "%s",
                 has_value ? "the join key is NULL" : "a record without a value cannot be joined");
    return TG_OK;
}

/* Results with the rows of the other side; *ret_count: how many. */
static enum tg_code join_matches(struct stream_join *join, uint32_t row, struct tg_slice key,
                                 size_t *ret_count, struct tg_error *reterr)
{
    enum join_role role = join->input_role;
    enum join_role other = join_other(role);
    struct join_rows *others = &join->rows[other];
    int64_t time = join->input->rows->rowtime_ms[row];
    int64_t visible = others->observed_ms - join->retention_ms + 1;
    int64_t from = time - join->before_ms[role];
    TG_TRY(join_rows_find(others, key, from > visible ? from : visible, time + join->after_ms[role], reterr));
    *ret_count = others->found_count;
    for (size_t i = 0; i < others->found_count; i++) {
        const struct join_row_id id = others->found[i];
        struct join_result result = {
            .time_ms = id.time_ms > time ? id.time_ms : time,
            .key = key,
            .trigger = row,
        };
        if (join->unmatched.store != NULL)
            TG_TRY(join_unmatched_remove(join, &(struct join_waiting){other, key, id.time_ms}, reterr));
        TG_TRY(join_results_take(join, other, key, id, &result.rows[other], reterr));
        result.rows[role] = JOIN_TRIGGER;
        TG_TRY(join_results_add(join, &result, reterr));
    }
    return TG_OK;
}

static void report_late(struct stream_join *join, uint32_t row)
{
    int64_t time = join->input->rows->rowtime_ms[row];
    const struct join_rows *own = &join->rows[join->input_role];
    const struct tg_skip skip = {&join->base.task->counters.late_skipped, join->input, row, join->base.node};
    const struct tg_late late = {time - join->before_ms[join->input_role],
                                 time + join->after_ms[join->input_role], own->observed_ms - join->grace_ms};
    tg_task_skip_late(join->base.task, &skip, &late,
                      "it is too late to be joined: rows of %lld have come, rows are kept for %lld ms",
                      (long long)own->observed_ms, (long long)join->retention_ms);
}

static enum tg_code join_row(struct stream_join *join, uint32_t row, struct tg_slice key,
                             struct tg_error *reterr)
{
    enum join_role role = join->input_role;
    struct join_rows *own = &join->rows[role];
    int64_t time = join->input->rows->rowtime_ms[row];
    size_t matches = 0;
    uint32_t sequence = 0;
    TG_TRY(join_matches(join, row, key, &matches, reterr));
    bool alone = matches == 0 && join->outer[role];
    /* A row whose window is past already is not held back; the grace period does not count for it. */
    bool waits =
        alone && join->unmatched.store != NULL && time + join->after_ms[role] >= join->stream_time_ms;
    if (alone && !waits)
        TG_TRY(add_alone(join, row, key, reterr));
    own->observed_ms = time > own->observed_ms ? time : own->observed_ms;
    if (time < own->swept_ms) {
        if (matches == 0 && !alone)
            report_late(join, row);
        return TG_OK;
    }
    const struct tg_value value = {join_side_value(&join->sides[role], join->input, row), time};
    TG_TRY(join_rows_put(own, key, value, &sequence, reterr));
    return waits ? join_unmatched_add(join, &(struct join_waiting){role, key, time}, sequence, reterr)
                 : TG_OK;
}

static enum tg_code process_row(struct stream_join *join, uint32_t row, struct tg_slice key,
                                struct tg_error *reterr)
{
    int64_t time = join->input->rows->rowtime_ms[row];
    bool has_value = (join->input->rows->flags[row] & TG_ROW_VALUE_NULL) == 0;
    join->stream_time_ms = time > join->stream_time_ms ? time : join->stream_time_ms;
    if (key.data == NULL || !has_value)
        return pass_by(join, row, key.data != NULL, reterr);
    if (join->unmatched.store != NULL && time == join->stream_time_ms)
        TG_TRY(join_unmatched_close(join, row, reterr));
    return join_row(join, row, key, reterr);
}

static enum tg_code join_process(struct tg_operator *self, uint32_t input, const struct tg_batch *batch,
                                 struct tg_error *reterr)
{
    struct stream_join *join = (struct stream_join *)self;
    join->input = batch;
    join->input_role = role_of(join, input);
    struct join_side *side = &join->sides[join->input_role];
    TG_TRY(join_side_keys(side, batch, reterr));
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = tg_batch_row(batch, i);
        if (tg_task_stops_row(self->task, batch, row))
            continue;
        tg_task_note_effect(self->task, batch, row);
        TG_TRY(process_row(join, row, side->row_keys[i], reterr));
    }
    TG_TRY(join_results_send(join, reterr));
    join->input = NULL;
    return TG_OK;
}

/* ---- commits ---- */

/* Rows that no later row can meet go, save for those that still wait to be sent. */
static enum tg_code join_flush(struct tg_operator *self, struct tg_error *reterr)
{
    struct stream_join *join = (struct stream_join *)self;
    for (int role = 0; role < JOIN_ROLES; role++) {
        struct join_rows *rows = &join->rows[role];
        int64_t before = rows->observed_ms - join->retention_ms;
        int64_t waiting = INT64_MAX;
        if (join->unmatched.store != NULL && before > rows->swept_ms)
            TG_TRY(join_unmatched_first(join, (enum join_role)role, &waiting, reterr));
        TG_TRY(join_rows_sweep(rows, before < waiting ? before : waiting, reterr));
    }
    return TG_OK;
}

static int64_t join_progress(const struct tg_operator *self, uint32_t index)
{
    const struct stream_join *join = (const struct stream_join *)self;
    const int64_t times[TIME_COUNT] = {
        [TIME_STREAM] = join->stream_time_ms,
        [TIME_LEFT] = join->rows[role_of(join, 0)].observed_ms,
        [TIME_RIGHT] = join->rows[role_of(join, 1)].observed_ms,
        [TIME_UNMATCHED] = join->unmatched.min_time_ms,
    };
    return times[index];
}

const struct tg_operator_kind tg_operator_stream_stream_join = {
    .plan_kind = "StreamStreamJoin",
    .instance_size = sizeof(struct stream_join),
    .open = join_open,
    .process = join_process,
    .flush = join_flush,
    .progress_count = TIME_COUNT,
    .progress = join_progress,
    .load_progress = join_load_progress,
    .close = join_close,
    .has_store = true,
    .store_role = store_role,
    .notes_effects = true,
};
