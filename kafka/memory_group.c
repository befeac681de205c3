/* kafka/memory_group.c: consumer groups: members, sessions, generations, the range assignor (classic
 * protocol, eager). */
#include "kafka/memory_internal.h"

enum { REBALANCE_TIMEOUT_MS = 300000 };

struct memory_group *memory_group_get(struct memory_cluster *cluster, const char *name)
{
    struct memory_group *group = tg_map_get(cluster->groups, tg_slice_text(name));
    if (group != NULL)
        return group;
    group = tg_alloc_zero(1, sizeof *group);
    group->name = tg_strdup(name);
    (void)tg_map_put(cluster->groups, tg_slice_text(name), group);
    return group;
}

static void free_topics(char **topics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tg_free(topics[i]);
    tg_free(topics);
}

static void free_member(struct memory_member *member)
{
    free_topics(member->topics, member->topic_count);
    tg_free(member->partitions);
    tg_free(member->instance_id);
    tg_free(member->id);
    tg_free(member);
}

void memory_group_free(struct memory_group *group)
{
    for (size_t i = 0; i < group->member_count; i++)
        free_member(group->members[i]);
    tg_free(group->members);
    memory_group_offsets_done(group);
    tg_free(group->name);
    tg_free(group);
}

/* ---- the range assignor ---- */

/* librdkafka's order: by instance id where both have one, else by member id. */
static bool comes_before(const struct memory_member *a, const struct memory_member *b)
{
    if (a->instance_id != NULL && b->instance_id != NULL)
        return strcmp(a->instance_id, b->instance_id) < 0;
    return strcmp(a->id, b->id) < 0;
}

static bool subscribes(const struct memory_member *member, const char *topic)
{
    for (size_t i = 0; i < member->topic_count; i++)
        if (strcmp(member->topics[i], topic) == 0)
            return true;
    return false;
}

static void assign_topic(struct memory_group *group, struct memory_member *member, struct memory_topic *topic)
{
    int32_t members = 0;
    int32_t rank = 0;
    for (size_t i = 0; i < group->member_count; i++) {
        if (!subscribes(group->members[i], topic->name))
            continue;
        members++;
        if (comes_before(group->members[i], member))
            rank++;
    }
    TG_ASSERT(members > 0); /* the member itself */
    int32_t each = topic->partition_count / members;
    int32_t extra = topic->partition_count % members;
    int32_t first = rank * each + (rank < extra ? rank : extra);
    int32_t count = each + (rank < extra ? 1 : 0);
    for (int32_t i = 0; i < count; i++) {
        tg_grow((void **)&member->partitions, &member->partition_capacity, member->partition_count + 1,
                sizeof *member->partitions);
        member->partitions[member->partition_count++] = (struct memory_partition){topic, first + i};
    }
}

static void assign_all(struct memory_cluster *cluster, struct memory_group *group)
{
    for (size_t i = 0; i < group->member_count; i++) {
        struct memory_member *member = group->members[i];
        member->partition_count = 0;
        for (size_t t = 0; t < member->topic_count; t++) {
            struct memory_topic *topic = tg_map_get(cluster->topics, tg_slice_text(member->topics[t]));
            if (topic != NULL)
                assign_topic(group, member, topic);
        }
    }
}

/* ---- rebalances ---- */

static void complete_if_all_rejoined(struct memory_cluster *cluster, struct memory_group *group)
{
    if (!group->rebalancing)
        return;
    for (size_t i = 0; i < group->member_count; i++)
        if (!group->members[i]->rejoined)
            return;
    group->rebalancing = false;
    group->generation++;
    assign_all(cluster, group);
    memory_changed(cluster);
}

static void start_rebalance(struct memory_cluster *cluster, struct memory_group *group)
{
    if (!group->rebalancing) {
        group->rebalancing = true;
        group->rebalance_deadline_us = memory_now_us(cluster) + (int64_t)REBALANCE_TIMEOUT_MS * 1000;
        for (size_t i = 0; i < group->member_count; i++) {
            /* who was told of partitions has to give them back first */
            const struct memory_consumer *consumer = group->members[i]->consumer;
            group->members[i]->rejoined = consumer != NULL && !consumer->assigned;
        }
    }
    complete_if_all_rejoined(cluster, group);
    memory_changed(cluster);
}

void memory_group_rejoin(struct memory_cluster *cluster, struct memory_group *group,
                         struct memory_member *member)
{
    member->rejoined = true;
    complete_if_all_rejoined(cluster, group);
}

void memory_group_topic_changed(struct memory_cluster *cluster, const char *topic)
{
    for (size_t i = 0; i < tg_map_count(cluster->groups); i++) {
        struct memory_group *group = tg_map_value(cluster->groups, i);
        for (size_t m = 0; m < group->member_count; m++) {
            if (!subscribes(group->members[m], topic))
                continue;
            start_rebalance(cluster, group);
            break;
        }
    }
}

/* ---- members ---- */

static void unlink_member(struct memory_group *group, struct memory_member *member)
{
    if (member->consumer != NULL)
        member->consumer->member = NULL; /* finds out at its next poll */
    for (size_t i = 0; i < group->member_count; i++) {
        if (group->members[i] != member)
            continue;
        memmove(&group->members[i], &group->members[i + 1],
                (group->member_count - i - 1) * sizeof(struct memory_member *));
        group->member_count--;
        break;
    }
    free_member(member);
}

static void after_removal(struct memory_cluster *cluster, struct memory_group *group)
{
    if (group->member_count > 0) {
        start_rebalance(cluster, group);
    } else {
        group->rebalancing = false;
        group->generation++; /* an empty group begins a new generation too: nobody can commit for the old one
                              */
    }
}

void memory_group_remove(struct memory_cluster *cluster, struct memory_group *group,
                         struct memory_member *member)
{
    unlink_member(group, member);
    after_removal(cluster, group);
}

void memory_group_part(struct memory_consumer *consumer, bool leave)
{
    struct memory_member *member = consumer->member;
    if (member == NULL)
        return;
    if (leave && member->instance_id == NULL) {
        memory_group_remove(consumer->cluster, consumer->group, member);
        return;
    }
    consumer->member = NULL;
    member->consumer = NULL;
    member->rejoined = false;
    member->expires_us = memory_now_us(consumer->cluster) + consumer->session_us;
}

static bool is_out(const struct memory_group *group, const struct memory_member *member, int64_t now_us)
{
    const struct memory_consumer *consumer = member->consumer;
    if (consumer == NULL)
        return now_us >= member->expires_us;
    if (consumer->poll_interval_us > 0 && now_us - consumer->polled_us > consumer->poll_interval_us)
        return true;
    return group->rebalancing && !member->rejoined && now_us >= group->rebalance_deadline_us;
}

void memory_group_tick(struct memory_cluster *cluster, struct memory_group *group, int64_t now_us)
{
    bool removed = false;
    for (size_t i = group->member_count; i-- > 0;) {
        if (!is_out(group, group->members[i], now_us))
            continue;
        unlink_member(group, group->members[i]);
        removed = true;
    }
    if (removed)
        after_removal(cluster, group);
}

/* ---- joining ---- */

static bool same_topics(const struct memory_member *member, const struct memory_consumer *consumer)
{
    for (size_t i = 0; i < consumer->topic_count; i++)
        if (!subscribes(member, consumer->topics[i]))
            return false;
    return member->topic_count == consumer->topic_count;
}

static void take_identity(struct memory_member *member, struct memory_consumer *consumer)
{
    tg_free(member->id);
    tg_free(consumer->member_id);
    member->id = tg_format("member-%08llu", (unsigned long long)consumer->cluster->next_member++);
    consumer->member_id = tg_strdup(member->id);
    member->consumer = consumer;
    consumer->member = member;
    consumer->polled_us = memory_now_us(consumer->cluster);
}

static void copy_topics(struct memory_member *member, const struct memory_consumer *consumer)
{
    free_topics(member->topics, member->topic_count);
    member->topic_count = consumer->topic_count;
    member->topics = tg_alloc_zero(consumer->topic_count + 1, sizeof(char *));
    for (size_t i = 0; i < consumer->topic_count; i++)
        member->topics[i] = tg_strdup(consumer->topics[i]);
}

static struct memory_member *find_instance(struct memory_group *group, const char *instance_id)
{
    for (size_t i = 0; instance_id != NULL && i < group->member_count; i++)
        if (group->members[i]->instance_id != NULL &&
            strcmp(group->members[i]->instance_id, instance_id) == 0)
            return group->members[i];
    return NULL;
}

void memory_group_join(struct memory_consumer *consumer)
{
    struct memory_group *group = consumer->group;
    struct memory_member *member = find_instance(group, consumer->instance_id);
    if (member == NULL)
        member = consumer->member; /* subscribes to other topics */
    if (member != NULL) {
        bool unchanged = same_topics(member, consumer);
        if (member->consumer != NULL && member->consumer != consumer) {
            member->consumer->member = NULL;
            member->consumer->fenced = true;
        }
        take_identity(member, consumer);
        copy_topics(member, consumer);
        member->rejoined = !consumer->assigned;
        if (unchanged && !group->rebalancing)
            memory_changed(consumer->cluster); /* a static member is back: its partitions are still its own */
        else
            start_rebalance(consumer->cluster, group);
        return;
    }
    member = tg_alloc_zero(1, sizeof *member);
    member->instance_id = consumer->instance_id == NULL ? NULL : tg_strdup(consumer->instance_id);
    take_identity(member, consumer);
    copy_topics(member, consumer);
    member->rejoined = true;
    tg_grow((void **)&group->members, &group->member_capacity, group->member_count + 1,
            sizeof(struct memory_member *));
    group->members[group->member_count++] = member;
    start_rebalance(consumer->cluster, group);
}

enum tg_code memory_group_check(struct memory_group *group, const char *member_id, int32_t generation,
                                struct tg_error *reterr)
{
    for (size_t i = 0; i < group->member_count; i++) {
        if (strcmp(group->members[i]->id, member_id) != 0)
            continue;
        if (group->generation == generation)
            return TG_OK;
        return tg_fail(reterr, TG_CODE_KAFKA_FENCED, "generation %d of group '%s' is over, it is at %d",
                       generation, group->name, group->generation);
    }
    return tg_fail(reterr, TG_CODE_KAFKA_FENCED, "'%s' is not a member of group '%s'", member_id,
                   group->name);
}
