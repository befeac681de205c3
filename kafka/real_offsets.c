/* kafka/real_offsets.c: offsets on their way to librdkafka and back; committed offsets of a consumer's group.
 */
#include "kafka/real.h"

#include "base/memory.h"

rd_kafka_topic_partition_list_t *real_offsets_to_list(const struct tg_offset *offsets, uint32_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_t *entry =
            rd_kafka_topic_partition_list_add(list, offsets[i].topic, offsets[i].partition);
        entry->offset = offsets[i].offset == TG_OFFSET_EARLIEST ? RD_KAFKA_OFFSET_BEGINNING
                        : offsets[i].offset == TG_OFFSET_LATEST ? RD_KAFKA_OFFSET_END
                        : offsets[i].offset == TG_OFFSET_NONE   ? RD_KAFKA_OFFSET_INVALID
                                                                : offsets[i].offset;
        if (offsets[i].leader_epoch >= 0)
            rd_kafka_topic_partition_set_leader_epoch(entry, offsets[i].leader_epoch);
        if (offsets[i].metadata != NULL) {
            entry->metadata_size = strlen(offsets[i].metadata);
            entry->metadata = rd_kafka_mem_malloc(NULL, entry->metadata_size + 1);
            memcpy(entry->metadata, offsets[i].metadata, entry->metadata_size + 1);
        }
    }
    return list;
}

static void take_offset(const rd_kafka_topic_partition_t *entry, struct tg_offset *offset,
                        struct tg_arena *arena)
{
    offset->code = real_code(entry->err);
    offset->offset = entry->offset < 0 ? TG_OFFSET_NONE : entry->offset;
    offset->leader_epoch = entry->offset < 0 ? -1 : rd_kafka_topic_partition_get_leader_epoch(entry);
    offset->metadata = NULL;
    if (arena != NULL && entry->offset >= 0 && entry->metadata_size > 0)
        offset->metadata = tg_arena_text(arena, tg_slice_of(entry->metadata, entry->metadata_size));
}

enum tg_code real_offsets_from_list(const rd_kafka_topic_partition_list_t *list, struct tg_offset *offsets,
                                    uint32_t count, struct tg_arena *arena, struct tg_error *reterr)
{
    enum tg_code first = TG_OK;
    for (uint32_t i = 0; i < count; i++) {
        const rd_kafka_topic_partition_t *entry =
            list == NULL ? NULL
                         : rd_kafka_topic_partition_list_find((rd_kafka_topic_partition_list_t *)list,
                                                              offsets[i].topic, offsets[i].partition);
        if (entry == NULL) { /* the coordinator knows nothing of this partition */
            offsets[i].code = TG_OK;
            offsets[i].offset = TG_OFFSET_NONE;
            offsets[i].leader_epoch = -1;
            offsets[i].metadata = NULL;
            continue;
        }
        take_offset(entry, &offsets[i], arena);
        if (entry->err != RD_KAFKA_RESP_ERR_NO_ERROR && first == TG_OK) {
            char *what = tg_format("read the committed offset of %s[%d]", entry->topic, entry->partition);
            first = real_fail(reterr, entry->err, NULL, what);
            tg_free(what);
        }
    }
    return first;
}

/* ---- of a consumer ---- */

static void free_metadata(struct tg_group_metadata *base)
{
    struct real_group_metadata *metadata = (struct real_group_metadata *)base;
    rd_kafka_consumer_group_metadata_destroy(metadata->native);
    tg_free(metadata);
}

enum tg_code real_group_metadata(struct tg_consumer *base, struct tg_group_metadata **ret_metadata,
                                 struct tg_error *reterr)
{
    struct real_consumer *consumer = (struct real_consumer *)base;
    rd_kafka_consumer_group_metadata_t *native =
        consumer->has_group ? rd_kafka_consumer_group_metadata(consumer->client) : NULL;
    if (native == NULL)
        return tg_fail(reterr, TG_CODE_USAGE, "the consumer has no group");
    struct real_group_metadata *metadata = tg_alloc_zero(1, sizeof *metadata);
    metadata->base.free = free_metadata;
    metadata->native = native;
    *ret_metadata = &metadata->base;
    return TG_OK;
}

enum tg_code real_committed(struct tg_consumer *base, struct tg_offset *offsets, uint32_t count,
                            int timeout_ms, struct tg_arena *arena, struct tg_error *reterr)
{
    struct real_consumer *consumer = (struct real_consumer *)base;
    if (!consumer->has_group)
        return tg_fail(reterr, TG_CODE_USAGE, "the consumer has no group");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, offsets[i].topic, offsets[i].partition);
    /* isolation.level=read_committed makes this ask for stable offsets and retry inside (rdkafka.c,
     * rd_kafka_committed) */
    rd_kafka_resp_err_t error = rd_kafka_committed(consumer->client, list, timeout_ms);
    enum tg_code code = error == RD_KAFKA_RESP_ERR_NO_ERROR
                            ? real_offsets_from_list(list, offsets, count, arena, reterr)
                            : real_fail(reterr, error, NULL, "read committed offsets");
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

enum tg_code real_commit(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                         struct tg_error *reterr)
{
    struct real_consumer *consumer = (struct real_consumer *)base;
    if (!consumer->has_group)
        return tg_fail(reterr, TG_CODE_USAGE, "the consumer has no group");
    rd_kafka_topic_partition_list_t *list = real_offsets_to_list(offsets, count);
    rd_kafka_resp_err_t error = rd_kafka_commit(consumer->client, list, 0 /* wait for the answer */);
    for (int i = 0; error == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++)
        error = list->elems[i].err;
    rd_kafka_topic_partition_list_destroy(list);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? TG_OK : real_fail(reterr, error, NULL, "commit offsets");
}
