/* kafka/memory_group_offsets.c: committed offsets of groups, and those that open transactions have written.
 */
#include "kafka/memory_internal.h"

static struct memory_committed *find(struct memory_committed *entries, size_t count,
                                     const struct memory_partition *where)
{
    for (size_t i = 0; i < count; i++)
        if (memory_partition_equal(&entries[i].where, where))
            return &entries[i];
    return NULL;
}

bool memory_group_stable(const struct memory_group *group, const struct memory_partition *where)
{
    return find(group->pending, group->pending_count, where) == NULL;
}

const struct memory_committed *memory_group_committed(const struct memory_group *group,
                                                      const struct memory_partition *where)
{
    return find(group->committed, group->committed_count, where);
}

/* Takes over entry->metadata. */
static void apply(struct memory_group *group, const struct memory_committed *entry)
{
    struct memory_committed *old = find(group->committed, group->committed_count, &entry->where);
    if (old != NULL && old->position > entry->position) { /* a later commit is there already */
        tg_free(entry->metadata);
        return;
    }
    if (old == NULL) {
        tg_grow((void **)&group->committed, &group->committed_capacity, group->committed_count + 1,
                sizeof *group->committed);
        old = &group->committed[group->committed_count++];
    } else {
        tg_free(old->metadata);
    }
    *old = *entry;
}

static struct memory_committed copy_entry(struct memory_cluster *cluster,
                                          const struct memory_committed *entry)
{
    struct memory_committed copy = *entry;
    copy.metadata = entry->metadata == NULL ? NULL : tg_strdup(entry->metadata);
    copy.position = cluster->next_commit_position++;
    return copy;
}

void memory_group_commit(struct memory_cluster *cluster, struct memory_group *group,
                         const struct memory_committed *entry)
{
    struct memory_committed copy = copy_entry(cluster, entry);
    apply(group, &copy);
}

void memory_group_add_pending(struct memory_cluster *cluster, struct memory_group *group,
                              const struct memory_committed *entry)
{
    tg_grow((void **)&group->pending, &group->pending_capacity, group->pending_count + 1,
            sizeof *group->pending);
    group->pending[group->pending_count++] = copy_entry(cluster, entry);
}

void memory_group_end_transaction(struct memory_group *group, int64_t producer_id, bool commit)
{
    size_t kept = 0;
    for (size_t i = 0; i < group->pending_count; i++) {
        struct memory_committed *entry = &group->pending[i];
        if (entry->producer_id != producer_id)
            group->pending[kept++] = *entry;
        else if (commit)
            apply(group, entry);
        else
            tg_free(entry->metadata);
    }
    group->pending_count = kept;
}

void memory_group_offsets_done(struct memory_group *group)
{
    for (size_t i = 0; i < group->committed_count; i++)
        tg_free(group->committed[i].metadata);
    for (size_t i = 0; i < group->pending_count; i++)
        tg_free(group->pending[i].metadata);
    tg_free(group->committed);
    tg_free(group->pending);
}

/* ---- reading ---- */

/* False: an open transaction has written an offset of one of them. */
static bool read_stable(struct memory_cluster *cluster, struct memory_group *group,
                        const struct tg_admin_offsets_request *request)
{
    for (uint32_t i = 0; i < request->count; i++) {
        struct tg_offset *offset = &request->offsets[i];
        struct memory_partition where = {tg_map_get(cluster->topics, tg_slice_text(offset->topic)),
                                         offset->partition};
        if (!memory_group_stable(group, &where))
            return false;
        const struct memory_committed *entry = memory_group_committed(group, &where);
        offset->code = TG_OK;
        offset->offset = entry == NULL ? TG_OFFSET_NONE : entry->offset;
        offset->leader_epoch = entry == NULL ? -1 : entry->leader_epoch;
        offset->metadata = NULL;
        if (entry != NULL && entry->metadata != NULL && entry->metadata[0] != '\0' && request->arena != NULL)
            offset->metadata = tg_arena_text(request->arena, tg_slice_text(entry->metadata));
    }
    return true;
}

enum tg_code memory_group_read(struct memory_cluster *cluster, struct memory_group *group,
                               const struct tg_admin_offsets_request *request, struct tg_error *reterr)
{
    int64_t deadline_us = memory_now_us(cluster) + (int64_t)request->timeout_ms * 1000;
    while (!read_stable(cluster, group, request)) {
        if (memory_wait(cluster, deadline_us))
            continue;
        (void)tg_fail(
            reterr, TG_CODE_KAFKA_TIMED_OUT,
            "cannot read committed offsets of group '%s': a transaction with offsets of it is still open",
            group->name);
        if (reterr != NULL)
            reterr->retriable = true;
        return TG_CODE_KAFKA_TIMED_OUT;
    }
    return TG_OK;
}

/* ---- of a consumer ---- */

static enum tg_code fail_no_group(struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_USAGE, "the consumer has no group");
}

static void free_metadata(struct tg_group_metadata *base)
{
    struct memory_group_metadata *metadata = (struct memory_group_metadata *)base;
    tg_free(metadata->group);
    tg_free(metadata->member_id);
    tg_free(metadata);
}

enum tg_code memory_group_metadata(struct tg_consumer *base, struct tg_group_metadata **ret_metadata,
                                   struct tg_error *reterr)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    if (consumer->group == NULL)
        return fail_no_group(reterr);
    struct memory_group_metadata *metadata = tg_alloc_zero(1, sizeof *metadata);
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    metadata->base.free = free_metadata;
    metadata->group = tg_strdup(consumer->group->name);
    metadata->member_id = tg_strdup(consumer->member_id == NULL ? "" : consumer->member_id);
    metadata->generation = consumer->generation;
    memory_unlock(cluster);
    *ret_metadata = &metadata->base;
    return TG_OK;
}

enum tg_code memory_committed(struct tg_consumer *base, struct tg_offset *offsets, uint32_t count,
                              int timeout_ms, struct tg_arena *arena, struct tg_error *reterr)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    if (consumer->group == NULL)
        return fail_no_group(reterr);
    struct tg_admin_offsets_request request = {
        .offsets = offsets, .count = count, .timeout_ms = timeout_ms, .arena = arena};
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    enum tg_code code = memory_strike_plain(cluster, TG_MEMORY_CALL_COMMITTED, reterr);
    if (code == TG_OK)
        code = memory_group_read(cluster, consumer->group, &request, reterr);
    memory_unlock(cluster);
    return code;
}

static enum tg_code commit_locked(struct memory_consumer *consumer, const struct tg_offset *offsets,
                                  uint32_t count, struct tg_error *reterr)
{
    struct memory_cluster *cluster = consumer->cluster;
    struct tg_memory_fault fault;
    bool struck = memory_strike(cluster, TG_MEMORY_CALL_CONSUMER_COMMIT, &fault);
    if (struck && !fault.executed)
        return memory_fail_fault(&fault, reterr);
    if (consumer->topic_count > 0)
        TG_TRY(memory_group_check(consumer->group, consumer->member_id, consumer->generation, reterr));
    for (uint32_t i = 0; i < count; i++) {
        struct memory_log *log;
        TG_TRY(memory_find_log(cluster, offsets[i].topic, offsets[i].partition, &log, reterr));
    }
    for (uint32_t i = 0; i < count; i++) {
        struct memory_committed entry = {
            .where = {tg_map_get(cluster->topics, tg_slice_text(offsets[i].topic)), offsets[i].partition},
            .offset = offsets[i].offset,
            .leader_epoch = offsets[i].leader_epoch,
            .metadata = (char *)offsets[i].metadata, /* copied */
            .producer_id = -1,
        };
        memory_group_commit(cluster, consumer->group, &entry);
    }
    memory_changed(cluster);
    return struck ? memory_fail_fault(&fault, reterr) : TG_OK;
}

enum tg_code memory_commit(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                           struct tg_error *reterr)
{
    struct memory_consumer *consumer = (struct memory_consumer *)base;
    if (consumer->group == NULL)
        return fail_no_group(reterr);
    struct memory_cluster *cluster = memory_lock(&consumer->cluster->base);
    enum tg_code code = commit_locked(consumer, offsets, count, reterr);
    memory_unlock(cluster);
    return code;
}
