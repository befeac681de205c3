/* kafka/real_admin_offsets.c: ends of partitions and a group's committed offsets, from outside. */
#include "kafka/real.h"

#include "base/memory.h"

#include <time.h>

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000 * 1000}, NULL);
}

/* ---- ends of partitions ---- */

static struct tg_offset *find_offset(const struct tg_admin_offsets_request *request, const char *topic,
                                     int32_t partition)
{
    for (uint32_t i = 0; i < request->count; i++)
        if (request->offsets[i].partition == partition && strcmp(request->offsets[i].topic, topic) == 0)
            return &request->offsets[i];
    return NULL;
}

static enum tg_code take_ends(const struct real_admin_call *call,
                              const struct tg_admin_offsets_request *request, struct tg_error *reterr)
{
    size_t count;
    const rd_kafka_ListOffsetsResultInfo_t **infos =
        rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(call->event), &count);
    enum tg_code first = TG_OK;
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_topic_partition_t *end = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
        struct tg_offset *offset = find_offset(request, end->topic, end->partition);
        if (offset == NULL)
            continue;
        offset->code = real_code(end->err);
        if (end->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            offset->offset = end->offset;
            offset->leader_epoch = rd_kafka_topic_partition_get_leader_epoch(end);
        } else if (first == TG_OK) {
            char *what = tg_format("find the end of %s[%d]", end->topic, end->partition);
            first = real_fail(reterr, end->err, NULL, what);
            tg_free(what);
        }
    }
    return first;
}

enum tg_code real_list_offsets(struct tg_cluster *cluster, const struct tg_admin_offsets_request *request,
                               struct tg_error *reterr)
{
    struct real_admin_call call = {0};
    TG_TRY(real_admin_begin(cluster, RD_KAFKA_ADMIN_OP_LISTOFFSETS, request->timeout_ms, &call, reterr));
    char *what = tg_format("find the ends of '%s'%s", request->offsets[0].topic,
                           request->count > 1 ? " and others" : "");
    call.what = what;
    rd_kafka_error_t *refused = rd_kafka_AdminOptions_set_isolation_level(
        call.options, request->isolation == TG_READ_COMMITTED ? RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
                                                              : RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
    TG_ASSERT(refused == NULL);

    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)request->count);
    for (uint32_t i = 0; i < request->count; i++) {
        const struct tg_offset *offset = &request->offsets[i];
        rd_kafka_topic_partition_list_add(list, offset->topic, offset->partition)->offset =
            offset->offset == TG_OFFSET_EARLIEST ? RD_KAFKA_OFFSET_SPEC_EARLIEST
                                                 : RD_KAFKA_OFFSET_SPEC_LATEST;
        request->offsets[i].code = TG_OK;
    }
    rd_kafka_ListOffsets(call.client, list, call.options, call.queue);
    enum tg_code code = real_admin_wait(&call, reterr);
    if (code == TG_OK)
        code = take_ends(&call, request, reterr);
    rd_kafka_topic_partition_list_destroy(list);
    real_admin_end(&call);
    tg_free(what);
    return code;
}

/* ---- committed offsets of a group ---- */

static enum tg_code ask_group(struct tg_cluster *cluster, const struct tg_admin_offsets_request *request,
                              bool *ret_unstable, struct tg_error *reterr)
{
    struct real_admin_call call = {0};
    TG_TRY(real_admin_begin(cluster, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, request->timeout_ms, &call,
                            reterr));
    rd_kafka_error_t *refused = rd_kafka_AdminOptions_set_require_stable_offsets(call.options, 1);
    TG_ASSERT(refused == NULL);
    char *what = tg_format("read the committed offsets of group '%s'", request->group);
    call.what = what;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)request->count);
    for (uint32_t i = 0; i < request->count; i++)
        rd_kafka_topic_partition_list_add(list, request->offsets[i].topic, request->offsets[i].partition);
    rd_kafka_ListConsumerGroupOffsets_t *query = rd_kafka_ListConsumerGroupOffsets_new(request->group, list);
    rd_kafka_ListConsumerGroupOffsets(call.client, &query, 1, call.options, call.queue);

    enum tg_code code = real_admin_wait(&call, reterr);
    if (code == TG_OK) {
        size_t count;
        const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(call.event), &count);
        const rd_kafka_error_t *error = count == 1 ? rd_kafka_group_result_error(groups[0]) : NULL;
        const rd_kafka_topic_partition_list_t *answers =
            count == 1 ? rd_kafka_group_result_partitions(groups[0]) : NULL;
        if (error != NULL)
            code = real_fail(reterr, rd_kafka_error_code(error), rd_kafka_error_string(error), what);
        else
            code = real_offsets_from_list(answers, request->offsets, request->count, request->arena, reterr);
        for (int i = 0; answers != NULL && i < answers->cnt; i++)
            *ret_unstable =
                *ret_unstable || answers->elems[i].err == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT;
        *ret_unstable = *ret_unstable || (error != NULL && rd_kafka_error_code(error) ==
                                                               RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT);
    }
    rd_kafka_ListConsumerGroupOffsets_destroy(query);
    rd_kafka_topic_partition_list_destroy(list);
    real_admin_end(&call);
    tg_free(what);
    return code;
}

/* A transaction that is being decided makes offsets unstable: the coordinator then refuses, and we ask again.
 */
enum tg_code real_group_offsets(struct tg_cluster *cluster, const struct tg_admin_offsets_request *request,
                                struct tg_error *reterr)
{
    struct tg_clock *clock = tg_clock_real();
    int64_t deadline_us = tg_clock_monotonic_us(clock) + (int64_t)request->timeout_ms * 1000;
    for (;;) {
        bool unstable = false;
        enum tg_code code = ask_group(cluster, request, &unstable, reterr);
        if (!unstable)
            return code;
        if (tg_clock_monotonic_us(clock) > deadline_us) {
            (void)real_fail(reterr, RD_KAFKA_RESP_ERR__TIMED_OUT,
                            "a transaction with offsets of it is still being decided",
                            "read committed offsets");
            return TG_CODE_KAFKA_TIMED_OUT;
        }
        pause_ms(20);
    }
}
