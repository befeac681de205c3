/* kafka/memory_cursor.c: where a consumer of the memory twin reads: start, pause, seek, and fetching without
 * copying. */
#include "kafka/memory_internal.h"

struct memory_cursor *memory_cursor_find(struct memory_consumer *consumer, const char *topic,
                                         int32_t partition)
{
    for (size_t i = 0; i < consumer->cursor_count; i++) {
        struct memory_cursor *cursor = &consumer->cursors[i];
        if (cursor->where.partition == partition && strcmp(cursor->where.topic->name, topic) == 0)
            return cursor;
    }
    return NULL;
}

void memory_cursor_add(struct memory_consumer *consumer, const struct memory_partition *where)
{
    tg_grow((void **)&consumer->cursors, &consumer->cursor_capacity, consumer->cursor_count + 1,
            sizeof *consumer->cursors);
    consumer->cursors[consumer->cursor_count++] =
        (struct memory_cursor){.where = *where, .start_offset = TG_OFFSET_NONE, .end_told = -1};
}

struct memory_log *memory_cursor_log(const struct memory_cursor *cursor)
{
    return &cursor->where.topic->logs[cursor->where.partition];
}

static int64_t limit_of(const struct memory_consumer *consumer, const struct memory_log *log)
{
    return consumer->isolation == TG_READ_COMMITTED ? memory_log_stable_offset(log) : log->high_watermark;
}

/* ---- messages ---- */

static struct tg_message message_of(struct memory_consumer *consumer, const struct memory_cursor *cursor,
                                    enum tg_message_kind kind)
{
    return (struct tg_message){
        .kind = kind,
        .tag = cursor->tag,
        .partition = cursor->where.partition,
        .offset = cursor->position,
        .timestamp_ms = -1,
        .leader_epoch = -1,
        .consumer = &consumer->base,
    };
}

static void fill_record(struct tg_message *message, const struct memory_record *record)
{
    message->timestamp_ms = record->timestamp_ms;
    message->key = tg_slice_of(record->key, record->key_length);
    message->value = tg_slice_of(record->value, record->value_length);
    message->leader_epoch = 0;
    message->header_count = record->header_count;
    message->native = (void *)record; /* its chunk is referenced until the message is released */
    atomic_fetch_add(&record->chunk->references, 1);
}

static uint32_t fail_cursor(struct memory_consumer *consumer, struct memory_cursor *cursor, enum tg_code code,
                            struct tg_message *message)
{
    cursor->state = MEMORY_ASSIGNED; /* it stands until it is started again or sought */
    *message = message_of(consumer, cursor, TG_MESSAGE_ERROR);
    message->code = code;
    return 1;
}

/* ---- starting ---- */

static int64_t reset_offset(const struct memory_consumer *consumer, const struct memory_log *log)
{
    return consumer->offset_reset == TG_RESET_EARLIEST ? log->start_offset : limit_of(consumer, log);
}

/* True: the cursor runs now, or *ret_failed. */
static bool resolve_start(struct memory_consumer *consumer, struct memory_cursor *cursor, bool *ret_failed)
{
    const struct memory_log *log = memory_cursor_log(cursor);
    int64_t start = cursor->start_offset;
    *ret_failed = false;
    if (start == TG_OFFSET_NONE && consumer->group != NULL) {
        if (!memory_group_stable(consumer->group, &cursor->where))
            return false; /* a transaction is still open: wait */
        const struct memory_committed *committed = memory_group_committed(consumer->group, &cursor->where);
        start = committed == NULL ? TG_OFFSET_NONE : committed->offset;
    }
    if (start == TG_OFFSET_NONE && consumer->offset_reset == TG_RESET_ERROR) {
        *ret_failed = true;
        return true;
    }
    if (start == TG_OFFSET_NONE)
        start = reset_offset(consumer, log);
    else if (start == TG_OFFSET_EARLIEST)
        start = log->start_offset;
    else if (start == TG_OFFSET_LATEST)
        start = limit_of(consumer, log);
    cursor->position = start;
    cursor->end_told = -1;
    cursor->state = MEMORY_RUNNING;
    return true;
}

/* ---- fetching ---- */

static uint32_t fetch_records(struct memory_consumer *consumer, struct memory_cursor *cursor,
                              struct tg_message *messages, uint32_t max)
{
    const struct memory_log *log = memory_cursor_log(cursor);
    int64_t limit = limit_of(consumer, log);
    uint32_t count = 0;
    for (; cursor->position < limit && count < max; cursor->position++) {
        const struct memory_record *record = memory_log_at(log, cursor->position);
        bool hidden =
            record->kind == MEMORY_CONTROL || (record->aborted && consumer->isolation == TG_READ_COMMITTED);
        if (hidden)
            continue;
        messages[count] = message_of(consumer, cursor, TG_MESSAGE_RECORD);
        fill_record(&messages[count++], record);
    }
    if (cursor->position >= limit && count < max && cursor->end_told != cursor->position) {
        messages[count++] = message_of(consumer, cursor, TG_MESSAGE_END);
        cursor->end_told = cursor->position;
    }
    return count;
}

static uint32_t fetch_cursor(struct memory_consumer *consumer, struct memory_cursor *cursor,
                             struct tg_message *messages, uint32_t max)
{
    bool failed;
    if (cursor->state == MEMORY_STARTING && resolve_start(consumer, cursor, &failed) && failed)
        return fail_cursor(consumer, cursor, TG_CODE_OFFSET_OUT_OF_RANGE, messages);
    if (cursor->state != MEMORY_RUNNING || cursor->paused)
        return 0;
    if (cursor->where.topic->deleted)
        return fail_cursor(consumer, cursor, TG_CODE_TOPIC_UNKNOWN, messages);
    const struct memory_log *log = memory_cursor_log(cursor);
    if (cursor->position < log->start_offset || cursor->position > log->high_watermark) {
        if (consumer->offset_reset == TG_RESET_ERROR)
            return fail_cursor(consumer, cursor, TG_CODE_OFFSET_OUT_OF_RANGE, messages);
        cursor->position = reset_offset(consumer, log);
    }
    return fetch_records(consumer, cursor, messages, max);
}

uint32_t memory_fetch(struct memory_consumer *consumer, struct tg_message *messages, uint32_t max)
{
    uint32_t count = 0;
    size_t first = consumer->next_cursor;
    for (size_t n = 0; n < consumer->cursor_count && count < max; n++) {
        size_t index = (first + n) % consumer->cursor_count;
        count += fetch_cursor(consumer, &consumer->cursors[index], messages + count, max - count);
        consumer->next_cursor = (index + 1) % consumer->cursor_count;
    }
    return count;
}

/* ---- the caller's wishes ---- */

static enum tg_code fail_not_assigned(const char *topic, int32_t partition, struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_USAGE, "partition %d of '%s' is not assigned to this consumer", partition,
                   topic);
}

static enum tg_code start_locked(struct memory_consumer *consumer, const struct tg_start_request *request,
                                 struct tg_error *reterr)
{
    struct memory_cursor *cursor = memory_cursor_find(consumer, request->topic, request->partition);
    if (cursor == NULL)
        return fail_not_assigned(request->topic, request->partition, reterr);
    cursor->tag = request->tag;
    if (request->offset == TG_OFFSET_NONE && cursor->state == MEMORY_RUNNING)
        return TG_OK; /* it stands where it stands */
    if (request->offset != TG_OFFSET_NONE)
        cursor->start_offset = request->offset;
    cursor->state = MEMORY_STARTING;
    memory_changed(consumer->cluster);
    return TG_OK;
}

enum tg_code memory_start(struct tg_consumer *base, const struct tg_start_request *request,
                          struct tg_error *reterr)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    enum tg_code code = start_locked(consumer, request, reterr);
    memory_unlock(cluster);
    return code;
}

static enum tg_code assign_locked(struct memory_consumer *consumer, const struct tg_offset *offsets,
                                  uint32_t count, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < count; i++) {
        struct memory_log *log;
        TG_TRY(memory_find_log(consumer->cluster, offsets[i].topic, offsets[i].partition, &log, reterr));
        if (offsets[i].offset == TG_OFFSET_NONE && consumer->offset_reset == TG_RESET_ERROR)
            return tg_fail(reterr, TG_CODE_USAGE, "no offset is given for %s[%d]", offsets[i].topic,
                           offsets[i].partition);
    }
    consumer->cursor_count = 0;
    consumer->next_cursor = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct memory_partition where = {
            tg_map_get(consumer->cluster->topics, tg_slice_text(offsets[i].topic)), offsets[i].partition};
        memory_cursor_add(consumer, &where);
        consumer->cursors[i].tag = i;
        consumer->cursors[i].start_offset = offsets[i].offset;
        consumer->cursors[i].state = MEMORY_STARTING;
    }
    memory_changed(consumer->cluster);
    return TG_OK;
}

enum tg_code memory_assign(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                           struct tg_error *reterr)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    if (consumer->group != NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "a consumer with a group gets its partitions from the group");
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    enum tg_code code = assign_locked(consumer, offsets, count, reterr);
    memory_unlock(cluster);
    return code;
}

static enum tg_code set_paused(struct memory_consumer *consumer, const struct tg_topic_partition *name,
                               bool paused, struct tg_error *reterr)
{
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    struct memory_cursor *cursor = memory_cursor_find(consumer, name->topic, name->partition);
    if (cursor != NULL)
        cursor->paused = paused;
    memory_changed(cluster);
    memory_unlock(cluster);
    return cursor == NULL ? fail_not_assigned(name->topic, name->partition, reterr) : TG_OK;
}

enum tg_code memory_pause(struct tg_consumer *base, const char *topic, int32_t partition,
                          struct tg_error *reterr)
{
    struct tg_topic_partition name = {topic, partition};
    return set_paused((struct memory_consumer *)base, &name, true, reterr);
}

enum tg_code memory_resume(struct tg_consumer *base, const char *topic, int32_t partition,
                           struct tg_error *reterr)
{
    struct tg_topic_partition name = {topic, partition};
    return set_paused((struct memory_consumer *)base, &name, false, reterr);
}

static enum tg_code seek_locked(struct memory_consumer *consumer, const struct tg_offset *offset,
                                struct tg_error *reterr)
{
    struct memory_cursor *cursor = memory_cursor_find(consumer, offset->topic, offset->partition);
    if (cursor == NULL)
        return fail_not_assigned(offset->topic, offset->partition, reterr);
    cursor->start_offset = offset->offset;
    if (cursor->state == MEMORY_RUNNING) /* else it begins there when it is started */
        cursor->state = MEMORY_STARTING;
    return TG_OK;
}

enum tg_code memory_seek(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                         int timeout_ms, struct tg_error *reterr)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    (void)timeout_ms;
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    enum tg_code code = memory_strike_plain(cluster, TG_MEMORY_CALL_SEEK, reterr);
    for (uint32_t i = 0; code == TG_OK && i < count; i++)
        code = seek_locked(consumer, &offsets[i], reterr);
    memory_changed(cluster);
    memory_unlock(cluster);
    return code;
}
