/* kafka/real_admin.c: topics of a real cluster: create, delete, describe, settings, delete records. */
#include "kafka/real.h"

#include "base/memory.h"

#include <time.h>

/* ---- one admin request ---- */

enum tg_code real_admin_begin(struct tg_cluster *cluster, rd_kafka_admin_op_t operation, int timeout_ms,
                              struct real_admin_call *call, struct tg_error *reterr)
{
    char reason[128];
    TG_TRY(real_cluster_admin((struct real_cluster *)cluster, &call->client, reterr));
    call->queue = rd_kafka_queue_new(call->client);
    call->options = rd_kafka_AdminOptions_new(call->client, operation);
    call->timeout_ms = timeout_ms < 1 ? 1 : timeout_ms;
    (void)rd_kafka_AdminOptions_set_request_timeout(call->options, call->timeout_ms, reason, sizeof reason);
    if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS || operation == RD_KAFKA_ADMIN_OP_DELETETOPICS ||
        operation == RD_KAFKA_ADMIN_OP_DELETERECORDS)
        (void)rd_kafka_AdminOptions_set_operation_timeout(call->options, call->timeout_ms, reason,
                                                          sizeof reason);
    return TG_OK;
}

enum tg_code real_admin_wait(struct real_admin_call *call, struct tg_error *reterr)
{
    /* librdkafka answers with a time-out event of its own; the slack is for its thread */
    call->event = rd_kafka_queue_poll(call->queue, call->timeout_ms + 2000);
    if (call->event == NULL)
        return real_fail(reterr, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, call->what);
    if (rd_kafka_event_error(call->event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return real_fail(reterr, rd_kafka_event_error(call->event), rd_kafka_event_error_string(call->event),
                         call->what);
    return TG_OK;
}

void real_admin_end(struct real_admin_call *call)
{
    if (call->event != NULL)
        rd_kafka_event_destroy(call->event);
    rd_kafka_AdminOptions_destroy(call->options);
    rd_kafka_queue_destroy(call->queue);
}

static enum tg_code topic_result(const rd_kafka_topic_result_t **results, size_t count, const char *what,
                                 struct tg_error *reterr)
{
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_topic_result_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return real_fail(reterr, rd_kafka_topic_result_error(results[i]),
                             rd_kafka_topic_result_error_string(results[i]), what);
    return TG_OK;
}

/* ---- create and delete ---- */

/* Row times are event times: brokers from 3.6 on refuse, unless told otherwise, records more than an hour
 * ahead of their clock, and one such record would fail every transaction that holds it. */
static const struct tg_topic_setting accept_any_time = {"message.timestamp.after.max.ms",
                                                        "9223372036854775807"};

static bool sets(const struct tg_topic_spec *spec, const char *name)
{
    for (uint32_t i = 0; i < spec->setting_count; i++)
        if (strcmp(spec->settings[i].name, name) == 0)
            return true;
    return false;
}

static enum tg_code send_create(struct real_admin_call *call, const struct tg_topic_spec *spec,
                                struct tg_error *reterr)
{
    char reason[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(spec->name, spec->partition_count,
                                                       spec->replication_factor, reason, sizeof reason);
    if (topic == NULL)
        return tg_fail(reterr, TG_CODE_CONFIG, "cannot %s: %s", call->what, reason);
    for (uint32_t i = 0; i < spec->setting_count; i++)
        (void)rd_kafka_NewTopic_set_config(topic, spec->settings[i].name, spec->settings[i].value);
    if (!sets(spec, accept_any_time.name))
        (void)rd_kafka_NewTopic_set_config(topic, accept_any_time.name, accept_any_time.value);
    rd_kafka_CreateTopics(call->client, &topic, 1, call->options, call->queue);
    enum tg_code code = real_admin_wait(call, reterr);
    rd_kafka_NewTopic_destroy(topic);
    if (code != TG_OK)
        return code;
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(call->event), &count);
    return topic_result(results, count, call->what, reterr);
}

static void sleep_10ms(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
}

static enum tg_code create_once(struct tg_cluster *cluster, const struct tg_topic_spec *spec, int timeout_ms,
                                struct tg_error *reterr)
{
    struct real_admin_call call = {0};
    TG_TRY(real_admin_begin(cluster, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms, &call, reterr));
    char *what = tg_format("create topic '%s'", spec->name);
    call.what = what;
    enum tg_code code = send_create(&call, spec, reterr);
    real_admin_end(&call);
    tg_free(what);
    return code;
}

/* The controller creates and deletes topics before the broker that we ask knows of it. So a topic is created,
 * or exists, when it can be described as well; one that the controller calls existing and the broker unknown
 * has just been created by another client, or is about to go: asking again settles which. */
enum tg_code real_create_topic(struct tg_cluster *cluster, const struct tg_topic_spec *spec, int timeout_ms,
                               struct tg_error *reterr)
{
    struct tg_clock *clock = tg_clock_real();
    int64_t deadline_us = tg_clock_monotonic_us(clock) + (int64_t)timeout_ms * 1000;
    bool created = false;
    for (;;) {
        if (!created) {
            enum tg_code code = create_once(cluster, spec, timeout_ms, reterr);
            if (code != TG_OK && code != TG_CODE_DUPLICATE_NAME)
                return code;
            created = code == TG_OK;
        }
        int32_t count = 0;
        enum tg_code seen = real_partition_count(cluster, spec->name, timeout_ms, &count, reterr);
        if (seen == TG_OK && !created)
            return TG_CODE_DUPLICATE_NAME;
        if (seen == TG_OK && (spec->partition_count < 0 || count == spec->partition_count))
            return TG_OK;
        if (seen != TG_OK && seen != TG_CODE_TOPIC_UNKNOWN)
            return seen;
        if (tg_clock_monotonic_us(clock) > deadline_us)
            return tg_fail(reterr, TG_CODE_KAFKA_TIMED_OUT, "topic '%s' was created but is not visible yet",
                           spec->name);
        sleep_10ms();
    }
}

enum tg_code real_delete_topic(struct tg_cluster *cluster, const char *name, int timeout_ms,
                               struct tg_error *reterr)
{
    struct real_admin_call call = {0};
    TG_TRY(real_admin_begin(cluster, RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout_ms, &call, reterr));
    char *what = tg_format("delete topic '%s'", name);
    call.what = what;
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(call.client, &topic, 1, call.options, call.queue);
    enum tg_code code = real_admin_wait(&call, reterr);
    if (code == TG_OK) {
        size_t count;
        const rd_kafka_topic_result_t **results =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(call.event), &count);
        code = topic_result(results, count, what, reterr);
    }
    rd_kafka_DeleteTopic_destroy(topic);
    real_admin_end(&call);
    tg_free(what);
    return code;
}

/* ---- describe ---- */

struct topic_facts {
    int32_t partition_count;
    uint64_t id;
};

static enum tg_code read_description(struct real_admin_call *call, struct topic_facts *ret_facts,
                                     struct tg_error *reterr)
{
    size_t count;
    const rd_kafka_TopicDescription_t **topics =
        rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(call->event), &count);
    if (count != 1)
        return real_fail(reterr, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, NULL, call->what);
    const rd_kafka_error_t *error = rd_kafka_TopicDescription_error(topics[0]);
    if (error != NULL && rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return real_fail(reterr, rd_kafka_error_code(error), rd_kafka_error_string(error), call->what);
    size_t partitions;
    (void)rd_kafka_TopicDescription_partitions(topics[0], &partitions);
    const rd_kafka_Uuid_t *id = rd_kafka_TopicDescription_topic_id(topics[0]);
    ret_facts->partition_count = (int32_t)partitions;
    ret_facts->id = (uint64_t)rd_kafka_Uuid_most_significant_bits(id) ^
                    (uint64_t)rd_kafka_Uuid_least_significant_bits(id);
    return TG_OK;
}

enum tg_code real_list_topics(struct tg_cluster *cluster, int timeout_ms, struct tg_topic_list *list,
                              struct tg_error *reterr)
{
    rd_kafka_t *admin = NULL;
    const struct rd_kafka_metadata *metadata = NULL;
    TG_TRY(real_cluster_admin((struct real_cluster *)cluster, &admin, reterr));
    rd_kafka_resp_err_t error = rd_kafka_metadata(admin, 1, NULL, &metadata, timeout_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return real_fail(reterr, error, NULL, "list topics");
    list->topics = tg_arena_alloc_zero(list->arena, (size_t)metadata->topic_cnt + 1, sizeof *list->topics);
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
        list->topics[list->count++] = (struct tg_topic_info){
            .name = tg_arena_text(list->arena, tg_slice_text(topic->topic)),
            .partition_count = topic->partition_cnt,
            .replication_factor = topic->partition_cnt > 0 ? topic->partitions[0].replica_cnt : 0};
    }
    rd_kafka_metadata_destroy(metadata);
    return TG_OK;
}

static enum tg_code describe(struct tg_cluster *cluster, const char *topic, int timeout_ms,
                             struct topic_facts *ret_facts, struct tg_error *reterr)
{
    struct real_admin_call call = {0};
    TG_TRY(real_admin_begin(cluster, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, timeout_ms, &call, reterr));
    char *what = tg_format("describe topic '%s'", topic);
    call.what = what;
    rd_kafka_TopicCollection_t *names = rd_kafka_TopicCollection_of_topic_names(&topic, 1);
    rd_kafka_DescribeTopics(call.client, names, call.options, call.queue);
    enum tg_code code = real_admin_wait(&call, reterr);
    if (code == TG_OK)
        code = read_description(&call, ret_facts, reterr);
    rd_kafka_TopicCollection_destroy(names);
    real_admin_end(&call);
    tg_free(what);
    return code;
}

enum tg_code real_partition_count(struct tg_cluster *cluster, const char *topic, int timeout_ms,
                                  int32_t *ret_count, struct tg_error *reterr)
{
    struct topic_facts facts = {0};
    TG_TRY(describe(cluster, topic, timeout_ms, &facts, reterr));
    *ret_count = facts.partition_count;
    return TG_OK;
}

enum tg_code real_topic_id(struct tg_cluster *cluster, const char *topic, int timeout_ms, uint64_t *ret_id,
                           struct tg_error *reterr)
{
    struct topic_facts facts = {0};
    TG_TRY(describe(cluster, topic, timeout_ms, &facts, reterr));
    *ret_id = facts.id;
    return TG_OK;
}

static enum tg_code find_setting(const struct real_admin_call *call,
                                 const struct tg_topic_setting_request *request, const char **ret_value,
                                 struct tg_error *reterr)
{
    size_t resource_count;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(call->event), &resource_count);
    if (resource_count != 1)
        return real_fail(reterr, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, NULL, call->what);
    rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(resources[0]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return real_fail(reterr, error, rd_kafka_ConfigResource_error_string(resources[0]), call->what);

    size_t entry_count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[0], &entry_count);
    for (size_t i = 0; i < entry_count; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), request->setting) != 0)
            continue;
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        *ret_value = tg_arena_text(request->arena, tg_slice_text(value));
        return TG_OK;
    }
    return tg_fail(reterr, TG_CODE_CONFIG, "topics have no setting '%s'", request->setting);
}

enum tg_code real_topic_setting(struct tg_cluster *cluster, const struct tg_topic_setting_request *request,
                                const char **ret_value, struct tg_error *reterr)
{
    struct real_admin_call call = {0};
    TG_TRY(real_admin_begin(cluster, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, request->timeout_ms, &call, reterr));
    char *what = tg_format("read setting '%s' of topic '%s'", request->setting, request->topic);
    call.what = what;
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, request->topic);
    rd_kafka_DescribeConfigs(call.client, &resource, 1, call.options, call.queue);
    enum tg_code code = real_admin_wait(&call, reterr);
    if (code == TG_OK)
        code = find_setting(&call, request, ret_value, reterr);
    rd_kafka_ConfigResource_destroy(resource);
    real_admin_end(&call);
    tg_free(what);
    return code;
}

/* ---- delete records ---- */

enum tg_code real_delete_records(struct tg_cluster *cluster, const struct tg_offset *before, int timeout_ms,
                                 struct tg_error *reterr)
{
    struct real_admin_call call = {0};
    TG_TRY(real_admin_begin(cluster, RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout_ms, &call, reterr));
    char *what = tg_format("delete records of %s[%d] before %lld", before->topic, before->partition,
                           (long long)before->offset);
    call.what = what;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, before->topic, before->partition)->offset = before->offset;
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(call.client, &request, 1, call.options, call.queue);
    enum tg_code code = real_admin_wait(&call, reterr);
    if (code == TG_OK) {
        const rd_kafka_topic_partition_list_t *results =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(call.event));
        for (int i = 0; code == TG_OK && i < results->cnt; i++)
            if (results->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
                code = real_fail(reterr, results->elems[i].err, NULL, what);
    }
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    real_admin_end(&call);
    tg_free(what);
    return code;
}
