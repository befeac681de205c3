/* kafka/memory_consumer.c: a consumer of the memory twin: open, group events, poll, close. */
#include "kafka/memory_internal.h"

enum { SESSION_TIMEOUT_MS = 45000 };

/* ---- what the group says ---- */

static struct tg_topic_partition *names_of(const struct memory_consumer *consumer)
{
    struct tg_topic_partition *names = tg_alloc_zero(consumer->cursor_count + 1, sizeof *names);
    for (size_t i = 0; i < consumer->cursor_count; i++)
        names[i] = (struct tg_topic_partition){consumer->cursors[i].where.topic->name,
                                               consumer->cursors[i].where.partition};
    return names;
}

/* The listener runs without the lock: it commits and starts partitions. */
static void tell_assigned(struct memory_consumer *consumer)
{
    const struct memory_member *member = consumer->member;
    consumer->cursor_count = 0;
    consumer->next_cursor = 0;
    for (size_t i = 0; i < member->partition_count; i++)
        memory_cursor_add(consumer, &member->partitions[i]);
    consumer->assigned = true;
    consumer->generation = consumer->group->generation;
    if (consumer->listener.assigned == NULL)
        return;
    struct tg_topic_partition *names = names_of(consumer);
    memory_unlock(consumer->cluster);
    consumer->listener.assigned(consumer->listener.context, names, (uint32_t)consumer->cursor_count);
    (void)memory_lock(&consumer->cluster->base);
    tg_free(names);
}

static void tell_revoked(struct memory_consumer *consumer, bool lost)
{
    if (consumer->listener.revoked != NULL) {
        struct tg_topic_partition *names = names_of(consumer);
        memory_unlock(consumer->cluster);
        consumer->listener.revoked(consumer->listener.context, names, (uint32_t)consumer->cursor_count, lost);
        (void)memory_lock(&consumer->cluster->base);
        tg_free(names);
    }
    consumer->assigned = false;
    consumer->cursor_count = 0;
}

/* Does what is due between the consumer and its group. False: nothing was. */
static bool serve_group(struct memory_consumer *consumer)
{
    if (consumer->group == NULL || consumer->topic_count == 0)
        return false;
    if (consumer->member == NULL) { /* put out, or fenced */
        bool was_assigned = consumer->assigned;
        if (was_assigned)
            tell_revoked(consumer, true);
        if (consumer->fenced)
            return was_assigned;
        memory_group_join(consumer);
        return true;
    }
    if (consumer->group->rebalancing) {
        if (!consumer->assigned)
            return false;
        tell_revoked(consumer, false);
        if (consumer->member != NULL)
            memory_group_rejoin(consumer->cluster, consumer->group, consumer->member);
        return true;
    }
    if (consumer->assigned && consumer->generation != consumer->group->generation) {
        /* went on without us, and took us back meanwhile */
        tell_revoked(consumer, true);
        return true;
    }
    if (consumer->assigned)
        return false;
    tell_assigned(consumer);
    return true;
}

/* ---- poll ---- */

static enum tg_code fail_unknown_topic(struct memory_consumer *consumer, struct tg_error *reterr)
{
    const char *name = consumer->topics[consumer->unknown_topic];
    consumer->unknown_topic = consumer->topic_count;
    (void)tg_fail(reterr, TG_CODE_TOPIC_UNKNOWN, "cannot consume: the subscribed topic '%s' does not exist",
                  name);
    if (reterr != NULL)
        reterr->retriable = true;
    return TG_CODE_TOPIC_UNKNOWN;
}

static enum tg_code fail_fenced(const struct memory_consumer *consumer, struct tg_error *reterr)
{
    (void)tg_fail(reterr, TG_CODE_KAFKA_FENCED,
                  "cannot consume: another process has the group instance id '%s'", consumer->instance_id);
    if (reterr != NULL)
        reterr->fatal = true;
    return TG_CODE_KAFKA_FENCED;
}

static enum tg_code poll_locked(struct memory_consumer *consumer, struct tg_message *messages, uint32_t max,
                                int timeout_ms, uint32_t *ret_count, struct tg_error *reterr)
{
    struct memory_cluster *cluster = consumer->cluster;
    int64_t deadline_us = memory_now_us(cluster) + (int64_t)timeout_ms * 1000;
    TG_TRY(memory_strike_plain(cluster, TG_MEMORY_CALL_POLL, reterr));
    for (;;) {
        consumer->notified = false;
        consumer->polled_us = memory_now_us(cluster);
        while (serve_group(consumer))
            continue;
        if (consumer->fenced)
            return fail_fenced(consumer, reterr);
        if (consumer->unknown_topic < consumer->topic_count)
            return fail_unknown_topic(consumer, reterr);
        *ret_count = memory_fetch(consumer, messages, max);
        if (*ret_count > 0 || !memory_wait(cluster, deadline_us))
            return TG_OK;
    }
}

static enum tg_code poll_messages(struct tg_consumer *base, struct tg_message *messages, uint32_t max,
                                  int timeout_ms, uint32_t *ret_count, struct tg_error *reterr)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    enum tg_code code = poll_locked(consumer, messages, max, timeout_ms, ret_count, reterr);
    memory_unlock(cluster);
    return code;
}

static void release(struct tg_consumer *base, struct tg_message *messages, uint32_t count)
{
    (void)base;
    for (uint32_t i = 0; i < count; i++) {
        const struct memory_record *record = messages[i].native;
        if (record != NULL)
            memory_chunk_unref(record->chunk);
        messages[i].native = NULL;
    }
}

static const char *message_error(const struct tg_message *message)
{
    if (message->code == TG_CODE_TOPIC_UNKNOWN)
        return "the topic was deleted";
    return "the offset is not in the log, or none is committed, and the reset policy is 'error'";
}

static uint32_t take_length(const uint8_t **at)
{
    uint32_t length;
    memcpy(&length, *at, sizeof length);
    *at += sizeof length;
    return length;
}

static void message_header(const struct tg_message *message, uint32_t index, struct tg_header *ret_header)
{
    const struct memory_record *record = message->native;
    const uint8_t *at = record->headers;
    for (uint32_t i = 0; i <= index && i < record->header_count; i++) {
        uint32_t name_length = take_length(&at);
        ret_header->name = tg_slice_of(at, name_length);
        at += name_length;
        uint32_t value_length = take_length(&at);
        if (value_length == UINT32_MAX) {
            ret_header->value = tg_slice_of(NULL, 0);
            continue;
        }
        ret_header->value = tg_slice_of(at, value_length);
        at += value_length;
    }
}

/* ---- open and close ---- */

static void drop_topics(struct memory_consumer *consumer)
{
    for (size_t i = 0; i < consumer->topic_count; i++)
        tg_free(consumer->topics[i]);
    tg_free(consumer->topics);
    consumer->topics = NULL;
    consumer->topic_count = 0;
}

static enum tg_code subscribe(struct tg_consumer *base, const char *const *topics, uint32_t count,
                              struct tg_error *reterr)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    if (consumer->group == NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "a consumer without a group cannot subscribe");
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    drop_topics(consumer);
    consumer->topics = tg_alloc_zero((size_t)count + 1, sizeof(char *));
    consumer->topic_count = count;
    consumer->unknown_topic = count;
    for (uint32_t i = count; i-- > 0;) {
        consumer->topics[i] = tg_strdup(topics[i]);
        if (memory_use_topic(cluster, topics[i]) == NULL)
            consumer->unknown_topic = i;
    }
    memory_group_join(consumer);
    memory_unlock(cluster);
    return TG_OK;
}

static void free_consumer(struct memory_consumer *consumer)
{
    struct memory_cluster *cluster = consumer->cluster;
    for (size_t i = 0; i < cluster->consumer_count; i++) {
        if (cluster->consumers[i] != consumer)
            continue;
        cluster->consumers[i] = cluster->consumers[--cluster->consumer_count];
        break;
    }
    memory_changed(cluster);
    memory_unlock(cluster);
    drop_topics(consumer);
    tg_free(consumer->cursors);
    tg_free(consumer->instance_id);
    tg_free(consumer->member_id);
    tg_free(consumer);
}

static void close_consumer(struct tg_consumer *base)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    (void)memory_lock(&consumer->cluster->base);
    if (consumer->assigned)
        tell_revoked(consumer, consumer->member == NULL);
    memory_group_part(consumer, true);
    free_consumer(consumer);
}

void tg_memory_kill_consumer(struct tg_consumer *consumer)
{
    struct memory_consumer *killed = (struct memory_consumer *)consumer;
    (void)memory_lock(&killed->cluster->base);
    memory_group_part(killed, false);
    free_consumer(killed);
}

static int64_t high_watermark(struct tg_consumer *base, const char *topic, int32_t partition)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    const struct memory_cursor *cursor = memory_cursor_find(consumer, topic, partition);
    int64_t high = cursor == NULL ? -1 : memory_cursor_log(cursor)->high_watermark;
    memory_unlock(cluster);
    return high;
}

static const struct tg_consumer_kind memory_consumer_kind = {
    .close = close_consumer,
    .subscribe = subscribe,
    .assign = memory_assign,
    .start = memory_start,
    .pause = memory_pause,
    .resume = memory_resume,
    .seek = memory_seek,
    .poll = poll_messages,
    .release = release,
    .message_error = message_error,
    .message_header = message_header,
    .group_metadata = memory_group_metadata,
    .committed = memory_committed,
    .commit = memory_commit,
    .high_watermark = high_watermark,
};

enum tg_code memory_open_consumer(struct tg_cluster *base, const struct tg_consumer_options *options,
                                  struct tg_consumer **ret_consumer, struct tg_error *reterr)
{
    (void)reterr; /* nothing can fail */
    struct memory_consumer *consumer = tg_alloc_zero(1, sizeof *consumer);
    struct memory_cluster *cluster = memory_lock(base);
    int session_ms = options->session_timeout_ms > 0 ? options->session_timeout_ms : SESSION_TIMEOUT_MS;
    consumer->base.kind = &memory_consumer_kind;
    consumer->cluster = cluster;
    consumer->listener = options->listener;
    consumer->offset_reset = options->offset_reset;
    consumer->isolation = options->isolation;
    consumer->notify_descriptor = options->notify_descriptor;
    consumer->session_us = (int64_t)session_ms * 1000;
    /* without a limit unless it was asked for: tests move the clock by days between two polls */
    consumer->poll_interval_us = (int64_t)options->max_poll_interval_ms * 1000;
    if (options->group != NULL) {
        consumer->group = memory_group_get(cluster, options->group);
        consumer->instance_id = options->instance_id == NULL ? NULL : tg_strdup(options->instance_id);
    }
    tg_grow((void **)&cluster->consumers, &cluster->consumer_capacity, cluster->consumer_count + 1,
            sizeof(struct memory_consumer *));
    cluster->consumers[cluster->consumer_count++] = consumer;
    memory_unlock(cluster);
    *ret_consumer = &consumer->base;
    return TG_OK;
}
