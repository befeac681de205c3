/* kafka/real_transaction.c: a producer's transactions over librdkafka. All calls are finite: an outcome that
 * is not known in time is resolved by the caller with a new producer, never by asking this one again. */
#include "kafka/real.h"

enum tg_code real_init_transactions(struct tg_producer *base, int timeout_ms, struct tg_error *reterr)
{
    struct real_producer *producer = (struct real_producer *)base;
    rd_kafka_error_t *error = rd_kafka_init_transactions(producer->client, timeout_ms);
    if (error == NULL)
        return TG_OK;
    rd_kafka_poll(producer->client, 0); /* runs on_error, which knows why nothing was answered */
    enum tg_code code = real_fail_object(reterr, error, "initialise transactions");
    char trouble[256];
    real_trouble_get(&producer->trouble, trouble, sizeof trouble);
    if (code == TG_CODE_KAFKA_TIMED_OUT && trouble[0] != '\0')
        (void)tg_fail_hint(reterr, "%s", trouble);
    return code;
}

enum tg_code real_begin(struct tg_producer *base, struct tg_error *reterr)
{
    struct real_producer *producer = (struct real_producer *)base;
    rd_kafka_error_t *error = rd_kafka_begin_transaction(producer->client);
    if (error != NULL)
        return real_fail_object(reterr, error, "begin a transaction");
    producer->delivery_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    return TG_OK;
}

enum tg_code real_send_offsets(struct tg_producer *base, const struct tg_send_offsets_request *request,
                               struct tg_error *reterr)
{
    struct real_producer *producer = (struct real_producer *)base;
    const struct real_group_metadata *metadata = (const struct real_group_metadata *)request->metadata;
    rd_kafka_topic_partition_list_t *list = real_offsets_to_list(request->offsets, request->count);
    rd_kafka_error_t *error =
        rd_kafka_send_offsets_to_transaction(producer->client, list, metadata->native, request->timeout_ms);
    rd_kafka_topic_partition_list_destroy(list);
    return error == NULL ? TG_OK : real_fail_object(reterr, error, "send offsets to the transaction");
}

enum tg_code real_commit_transaction(struct tg_producer *base, int timeout_ms, struct tg_error *reterr)
{
    struct real_producer *producer = (struct real_producer *)base;
    rd_kafka_error_t *error = rd_kafka_commit_transaction(producer->client, timeout_ms);
    return error == NULL ? TG_OK : real_fail_object(reterr, error, "commit the transaction");
}

enum tg_code real_abort_transaction(struct tg_producer *base, int timeout_ms, struct tg_error *reterr)
{
    struct real_producer *producer = (struct real_producer *)base;
    rd_kafka_error_t *error = rd_kafka_abort_transaction(producer->client, timeout_ms);
    return error == NULL ? TG_OK : real_fail_object(reterr, error, "abort the transaction");
}
