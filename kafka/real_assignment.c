/* kafka/real_assignment.c: which partitions a consumer has, and where each reads.
 *
 * The group's partitions are assigned at once and held back with librdkafka's pause before anything was
 * fetched; starting one is a seek and a resume. The eager protocol knows no incremental assign, and assigning
 * the whole list again for each start would stop the partitions that already run and throw their prefetched
 * records away. */
#include "kafka/real.h"

#include "base/memory.h"

#include <stdio.h>
#include <time.h>

enum { LOOKUP_TIMEOUT_MS = 5000, SEEK_TIMEOUT_MS = 1000 };

struct real_partition *real_partition_find(struct real_consumer *consumer, const char *topic,
                                           int32_t partition)
{
    for (size_t i = 0; i < consumer->partition_count; i++) {
        struct real_partition *candidate = &consumer->partitions[i];
        if (candidate->partition == partition && strcmp(candidate->topic, topic) == 0)
            return candidate;
    }
    return NULL;
}

void real_partitions_forget(struct real_consumer *consumer)
{
    for (size_t i = 0; i < consumer->partition_count; i++) {
        tg_free(consumer->partitions[i].topic);
        rd_kafka_topic_destroy(consumer->partitions[i].handle);
    }
    consumer->partition_count = 0;
    consumer->last_hit = 0;
    consumer->starts_pending = false;
}

static struct real_partition *add_partition(struct real_consumer *consumer, const char *topic,
                                            int32_t partition)
{
    tg_grow((void **)&consumer->partitions, &consumer->partition_capacity, consumer->partition_count + 1,
            sizeof *consumer->partitions);
    struct real_partition *fresh = &consumer->partitions[consumer->partition_count++];
    *fresh = (struct real_partition){
        .topic = tg_strdup(topic),
        .handle = rd_kafka_topic_new(consumer->client, topic, NULL),
        .partition = partition,
        .start_offset = TG_OFFSET_NONE,
        .position = -1,
        .state = REAL_ASSIGNED,
    };
    return fresh;
}

static rd_kafka_topic_partition_list_t *list_of_one(const char *topic, int32_t partition)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition);
    return list;
}

/* ---- what the group says ---- */

static struct tg_topic_partition *names_of(const rd_kafka_topic_partition_list_t *list)
{
    struct tg_topic_partition *names = tg_alloc_zero((size_t)list->cnt + 1, sizeof *names);
    for (int i = 0; i < list->cnt; i++)
        names[i] = (struct tg_topic_partition){list->elems[i].topic, list->elems[i].partition};
    return names;
}

/* A start that is sought before it is resumed. A logical offset would be looked up, and librdkafka repeats a
 * lookup that a pause or a seek overtook: half a second later its answer moves the partition back to the
 * beginning. But where the pause came too early, a fetch may slip out, and offset 0 may be gone. */
static int64_t held_back_offset(const rd_kafka_topic_partition_t *paused)
{
    return paused->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : RD_KAFKA_OFFSET_BEGINNING;
}

static void take_assignment(struct real_consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    real_partitions_forget(consumer);
    for (int i = 0; i < list->cnt; i++)
        add_partition(consumer, list->elems[i].topic, list->elems[i].partition);
    /* Before, so that nothing is fetched; a pause outlives an assignment. And after, for what librdkafka did
     * not know yet. */
    (void)rd_kafka_pause_partitions(consumer->client, list);
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = held_back_offset(&list->elems[i]);
    (void)rd_kafka_assign(consumer->client, list);
    (void)rd_kafka_pause_partitions(consumer->client, list);
    if (consumer->listener.assigned != NULL) {
        struct tg_topic_partition *names = names_of(list);
        consumer->listener.assigned(consumer->listener.context, names, (uint32_t)list->cnt);
        tg_free(names);
    }
}

static void give_up_assignment(struct real_consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    bool lost = rd_kafka_assignment_lost(consumer->client);
    if (consumer->listener.revoked != NULL) {
        struct tg_topic_partition *names = names_of(list);
        consumer->listener.revoked(consumer->listener.context, names, (uint32_t)list->cnt, lost);
        tg_free(names);
    }
    consumer->revocations++;
    (void)rd_kafka_assign(consumer->client, NULL);
    real_partitions_forget(consumer);
}

void real_on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t *list,
                       void *opaque)
{
    struct real_consumer *consumer = opaque;
    if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        take_assignment(consumer, list);
    else if (event == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
        give_up_assignment(consumer, list);
    else
        (void)rd_kafka_assign(client, NULL); /* an answer is owed to every event, or the group hangs */
}

/* ---- starts ---- */

/* Where partitions without an explicit start begin: the committed offset, else as the reset policy says. */
static enum tg_code look_up_starts(struct real_consumer *consumer, struct tg_error *reterr)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)consumer->partition_count);
    for (size_t i = 0; i < consumer->partition_count; i++)
        if (consumer->partitions[i].state == REAL_STARTING &&
            consumer->partitions[i].start_offset == TG_OFFSET_NONE)
            rd_kafka_topic_partition_list_add(list, consumer->partitions[i].topic,
                                              consumer->partitions[i].partition);
    rd_kafka_resp_err_t error = list->cnt == 0
                                    ? RD_KAFKA_RESP_ERR_NO_ERROR
                                    : rd_kafka_committed(consumer->client, list, LOOKUP_TIMEOUT_MS);
    for (int i = 0; error == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++)
        error = list->elems[i].err;
    for (int i = 0; error == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        struct real_partition *partition =
            real_partition_find(consumer, list->elems[i].topic, list->elems[i].partition);
        if (list->elems[i].offset >= 0)
            partition->start_offset = list->elems[i].offset;
        else if (consumer->offset_reset == TG_RESET_ERROR)
            partition->state = REAL_FAILED;
        else
            partition->start_offset =
                consumer->offset_reset == TG_RESET_EARLIEST ? TG_OFFSET_EARLIEST : TG_OFFSET_LATEST;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? TG_OK
                                               : real_fail(reterr, error, NULL, "read committed offsets");
}

static int64_t native_offset(int64_t offset)
{
    return offset == TG_OFFSET_EARLIEST ? RD_KAFKA_OFFSET_BEGINNING
           : offset == TG_OFFSET_LATEST ? RD_KAFKA_OFFSET_END
                                        : offset;
}

/* A fetcher that is still stopping from the last assignment, or has not started, refuses to seek for a
 * moment. */
static bool is_passing(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR__STATE || error == RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS ||
           error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || error == RD_KAFKA_RESP_ERR__IN_PROGRESS;
}

/* The thread that talks to a broker is not told of a partition that is resumed: having nothing to fetch it
 * would sleep on, for up to a second (librdkafka 2.15). A request makes it look; nobody waits for the answer.
 */
static void wake_fetchers(rd_kafka_t *client, rd_kafka_topic_partition_list_t *resumed)
{
    rd_kafka_queue_t *nobody = rd_kafka_queue_new(client);
    for (int i = 0; i < resumed->cnt; i++)
        resumed->elems[i].offset = RD_KAFKA_OFFSET_SPEC_LATEST;
    rd_kafka_ListOffsets(client, resumed, NULL, nobody);
    rd_kafka_queue_destroy(nobody);
}

static rd_kafka_resp_err_t resume(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t error = rd_kafka_resume_partitions(client, list);
    wake_fetchers(client, list);
    return error;
}

static enum tg_code seek_starting(struct real_consumer *consumer, struct tg_error *reterr)
{
    rd_kafka_topic_partition_list_t *seek = rd_kafka_topic_partition_list_new((int)consumer->partition_count);
    rd_kafka_topic_partition_list_t *started =
        rd_kafka_topic_partition_list_new((int)consumer->partition_count);
    rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < consumer->partition_count; i++)
        if (consumer->partitions[i].state == REAL_STARTING)
            rd_kafka_topic_partition_list_add(seek, consumer->partitions[i].topic,
                                              consumer->partitions[i].partition)
                ->offset = native_offset(consumer->partitions[i].start_offset);
    if (seek->cnt > 0) {
        rd_kafka_error_t *error = rd_kafka_seek_partitions(consumer->client, seek, SEEK_TIMEOUT_MS);
        if (error != NULL) /* a time-out: entries not answered say "in progress" and are tried again */
            rd_kafka_error_destroy(error);
    }
    consumer->starts_pending = false;
    for (int i = 0; i < seek->cnt; i++) {
        const rd_kafka_topic_partition_t *entry = &seek->elems[i];
        if (is_passing(entry->err)) {
            consumer->starts_pending = true;
        } else if (entry->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            failure = entry->err;
        } else {
            struct real_partition *partition = real_partition_find(consumer, entry->topic, entry->partition);
            partition->state = REAL_RUNNING;
            partition->read = false;
            partition->position = partition->start_offset >= 0 ? partition->start_offset : -1;
            if (!partition->paused)
                rd_kafka_topic_partition_list_add(started, entry->topic, entry->partition);
        }
    }
    if (started->cnt > 0)
        (void)resume(consumer->client, started);
    rd_kafka_topic_partition_list_destroy(started);
    rd_kafka_topic_partition_list_destroy(seek);
    return failure == RD_KAFKA_RESP_ERR_NO_ERROR ? TG_OK
                                                 : real_fail(reterr, failure, NULL, "start a partition");
}

static bool must_assign_again(const struct real_consumer *consumer)
{
    for (size_t i = 0; i < consumer->partition_count; i++)
        if (consumer->partitions[i].stopped && consumer->partitions[i].state == REAL_STARTING)
            return true;
    return false;
}

/* Brings fetchers back that librdkafka gave up. All others stop and go on where they were: rare enough. */
static void assign_again(struct real_consumer *consumer)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)consumer->partition_count);
    for (size_t i = 0; i < consumer->partition_count; i++)
        rd_kafka_topic_partition_list_add(list, consumer->partitions[i].topic,
                                          consumer->partitions[i].partition);
    (void)rd_kafka_position(consumer->client, list);
    /* A fetch that slips out before the pause below must not meet offset 0, which may be gone: it would stop
     * the fetcher again. */
    for (int i = 0; i < list->cnt; i++) {
        struct real_partition *partition = &consumer->partitions[i];
        if (partition->state != REAL_RUNNING) /* held back by its pause; sought when it starts */
            list->elems[i].offset = partition->start_offset >= 0 ? partition->start_offset : 0;
        else if (list->elems[i].offset < 0) /* nothing has come yet */
            list->elems[i].offset = native_offset(partition->start_offset);
        partition->stopped = false;
    }
    (void)rd_kafka_assign(consumer->client, list);
    for (int i = list->cnt - 1; i >= 0; i--)
        if (consumer->partitions[i].state == REAL_RUNNING && !consumer->partitions[i].paused)
            rd_kafka_topic_partition_list_del_by_idx(list, i);
    (void)rd_kafka_pause_partitions(consumer->client, list);
    rd_kafka_topic_partition_list_destroy(list);
}

enum tg_code real_apply_starts(struct real_consumer *consumer, struct tg_error *reterr)
{
    if (must_assign_again(consumer))
        assign_again(consumer);
    enum tg_code code = look_up_starts(consumer, reterr);
    if (code == TG_OK)
        code = seek_starting(consumer, reterr);
    if (consumer->starts_pending)
        real_notify(consumer);
    return code;
}

static enum tg_code fail_not_assigned(const char *topic, int32_t partition, struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_USAGE, "partition %d of '%s' is not assigned to this consumer", partition,
                   topic);
}

enum tg_code real_start(struct tg_consumer *base, const struct tg_start_request *request,
                        struct tg_error *reterr)
{
    struct real_consumer *consumer = (struct real_consumer *)base;
    struct real_partition *partition = real_partition_find(consumer, request->topic, request->partition);
    if (partition == NULL)
        return fail_not_assigned(request->topic, request->partition, reterr);
    partition->tag = request->tag;
    bool is_there =
        request->offset == TG_OFFSET_NONE || (!partition->read && request->offset == partition->start_offset);
    if (partition->state == REAL_RUNNING && is_there)
        return TG_OK; /* it stands where it stands: a seek would fetch again */
    if (request->offset != TG_OFFSET_NONE)
        partition->start_offset = request->offset;
    partition->state = REAL_STARTING;
    consumer->starts_pending = true;
    real_notify(consumer);
    return TG_OK;
}

/* ---- by hand ---- */

static enum tg_code hand_offset(const struct real_consumer *consumer, const struct tg_offset *offset,
                                int64_t *ret_offset, struct tg_error *reterr)
{
    *ret_offset = native_offset(offset->offset);
    if (offset->offset != TG_OFFSET_NONE)
        return TG_OK;
    if (consumer->offset_reset == TG_RESET_ERROR)
        return tg_fail(reterr, TG_CODE_USAGE, "no offset is given for %s[%d]", offset->topic,
                       offset->partition);
    *ret_offset =
        consumer->offset_reset == TG_RESET_EARLIEST ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
    return TG_OK;
}

/* librdkafka keeps a pause over assignments */
static void resume_all(struct real_consumer *consumer)
{
    for (size_t i = 0; i < consumer->partition_count; i++) {
        if (!consumer->partitions[i].paused)
            continue;
        rd_kafka_topic_partition_list_t *list =
            list_of_one(consumer->partitions[i].topic, consumer->partitions[i].partition);
        (void)rd_kafka_resume_partitions(consumer->client, list);
        rd_kafka_topic_partition_list_destroy(list);
    }
}

enum tg_code real_assign(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                         struct tg_error *reterr)
{
    struct real_consumer *consumer = (struct real_consumer *)base;
    if (consumer->has_group)
        return tg_fail(reterr, TG_CODE_USAGE, "a consumer with a group gets its partitions from the group");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t offset;
        enum tg_code code = hand_offset(consumer, &offsets[i], &offset, reterr);
        if (code != TG_OK) {
            rd_kafka_topic_partition_list_destroy(list);
            return code;
        }
        rd_kafka_topic_partition_list_add(list, offsets[i].topic, offsets[i].partition)->offset = offset;
    }
    resume_all(consumer);
    real_partitions_forget(consumer);
    consumer->revocations++;
    for (uint32_t i = 0; i < count; i++) {
        struct real_partition *partition = add_partition(consumer, offsets[i].topic, offsets[i].partition);
        partition->tag = i;
        partition->state = REAL_RUNNING;
        partition->position = list->elems[i].offset >= 0 ? list->elems[i].offset : -1;
        partition->start_offset = list->elems[i].offset >= 0                     ? list->elems[i].offset
                                  : list->elems[i].offset == RD_KAFKA_OFFSET_END ? TG_OFFSET_LATEST
                                                                                 : TG_OFFSET_EARLIEST;
    }
    rd_kafka_resp_err_t error = rd_kafka_assign(consumer->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? TG_OK : real_fail(reterr, error, NULL, "assign partitions");
}

/* ---- pause, resume, seek ---- */

static enum tg_code set_paused(struct real_consumer *consumer, const struct tg_topic_partition *name,
                               bool paused, struct tg_error *reterr)
{
    struct real_partition *partition = real_partition_find(consumer, name->topic, name->partition);
    if (partition == NULL)
        return fail_not_assigned(name->topic, name->partition, reterr);
    if (partition->paused == paused)
        return TG_OK;
    partition->paused = paused;
    if (partition->state != REAL_RUNNING)
        return TG_OK; /* held back anyway; the start looks at `paused` */
    rd_kafka_topic_partition_list_t *list = list_of_one(name->topic, name->partition);
    rd_kafka_resp_err_t error =
        paused ? rd_kafka_pause_partitions(consumer->client, list) : resume(consumer->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR
               ? TG_OK
               : real_fail(reterr, error, NULL, paused ? "pause a partition" : "resume a partition");
}

enum tg_code real_pause(struct tg_consumer *base, const char *topic, int32_t partition,
                        struct tg_error *reterr)
{
    struct tg_topic_partition name = {topic, partition};
    return set_paused((struct real_consumer *)base, &name, true, reterr);
}

enum tg_code real_resume(struct tg_consumer *base, const char *topic, int32_t partition,
                         struct tg_error *reterr)
{
    struct tg_topic_partition name = {topic, partition};
    return set_paused((struct real_consumer *)base, &name, false, reterr);
}

/* What runs is sought now; what does not run yet begins there when it is started. */
static enum tg_code prepare_seek(struct real_consumer *consumer, const struct tg_offset *offset,
                                 rd_kafka_topic_partition_list_t *list, struct tg_error *reterr)
{
    struct real_partition *partition = real_partition_find(consumer, offset->topic, offset->partition);
    if (partition == NULL)
        return fail_not_assigned(offset->topic, offset->partition, reterr);
    partition->start_offset = offset->offset;
    if (partition->state != REAL_RUNNING)
        return TG_OK;
    if (offset->offset == TG_OFFSET_NONE) { /* the committed offset: the next poll finds it */
        partition->state = REAL_STARTING;
        consumer->starts_pending = true;
        real_notify(consumer);
        return TG_OK;
    }
    partition->position = offset->offset >= 0 ? offset->offset : -1;
    rd_kafka_topic_partition_list_add(list, offset->topic, offset->partition)->offset =
        native_offset(offset->offset);
    return TG_OK;
}

static enum tg_code seek_until(struct real_consumer *consumer, rd_kafka_topic_partition_list_t *list,
                               int timeout_ms, struct tg_error *reterr)
{
    struct tg_clock *clock = tg_clock_real();
    int64_t deadline_us = tg_clock_monotonic_us(clock) + (int64_t)timeout_ms * 1000;
    while (list->cnt > 0) {
        rd_kafka_error_t *error =
            rd_kafka_seek_partitions(consumer->client, list, timeout_ms < 1 ? 1 : timeout_ms);
        if (error != NULL)
            return real_fail_object(reterr, error, "seek");
        rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;
        for (int i = list->cnt - 1; i >= 0; i--) {
            if (list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
                rd_kafka_topic_partition_list_del_by_idx(list, i);
            else
                failure = list->elems[i].err;
        }
        if (list->cnt > 0 && (!is_passing(failure) || tg_clock_monotonic_us(clock) >= deadline_us))
            return real_fail(reterr, failure, NULL, "seek");
        if (list->cnt > 0)
            nanosleep(&(struct timespec){.tv_nsec = 2 * 1000 * 1000}, NULL);
    }
    return TG_OK;
}

enum tg_code real_seek(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                       int timeout_ms, struct tg_error *reterr)
{
    struct real_consumer *consumer = (struct real_consumer *)base;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    enum tg_code code = TG_OK;
    for (uint32_t i = 0; code == TG_OK && i < count; i++)
        code = prepare_seek(consumer, &offsets[i], list, reterr);
    if (code == TG_OK)
        code = seek_until(consumer, list, timeout_ms, reterr);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}
