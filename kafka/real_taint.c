/* kafka/real_taint.c: counts the transactional requests that were written to a socket and those that were
 * answered.
 *
 * librdkafka sends a transactional request again after a lost connection and says nothing; the first one may
 * still reach the broker and, as brokers do not bump the epoch for this protocol version, act on a later
 * transaction. So a transaction is clean only if every such request has been answered. Both counts only grow:
 * a producer that was tainted once stays so until it is replaced. */
#include "kafka/real.h"

enum { ADD_PARTITIONS = 24, ADD_OFFSETS = 25, END_TXN = 26, TXN_OFFSET_COMMIT = 28 };

/* librdkafka calls on_response_received twice for an answer: on the broker thread that read it and on the
 * main thread that handles it. Only the first call counts. */
static _Thread_local bool on_broker_thread;

static int slot_of(int16_t api_key)
{
    switch (api_key) {
    case ADD_PARTITIONS:
        return TG_REQUEST_ADD_PARTITIONS;
    case ADD_OFFSETS:
        return TG_REQUEST_ADD_OFFSETS;
    case END_TXN:
        return TG_REQUEST_END_TXN;
    case TXN_OFFSET_COMMIT:
        return TG_REQUEST_OFFSET_COMMIT;
    default: /* Produce needs no counting: sequence numbers protect it */
        return -1;
    }
}

/* NOLINTBEGIN(readability-function-size): the parameters are librdkafka's */
/* Called for each complete write, librdkafka's own repetitions included; a part of a request cannot act on a
 * broker. */
static rd_kafka_resp_err_t on_request_sent(rd_kafka_t *client, int socket, const char *broker,
                                           int32_t broker_id, int16_t api_key, int16_t version,
                                           int32_t correlation, size_t size, void *opaque)
{
    (void)client, (void)socket, (void)broker, (void)broker_id, (void)version, (void)correlation, (void)size;
    struct real_taint *taint = opaque;
    int slot = slot_of(api_key);
    if (slot >= 0)
        atomic_fetch_add(&taint->sent[slot], 1);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_response_received(rd_kafka_t *client, int socket, const char *broker,
                                                int32_t broker_id, int16_t api_key, int16_t version,
                                                int32_t correlation, size_t size, int64_t rtt,
                                                rd_kafka_resp_err_t error, void *opaque)
{
    (void)client, (void)socket, (void)broker, (void)broker_id, (void)version, (void)correlation, (void)size,
        (void)rtt;
    struct real_taint *taint = opaque;
    int slot = slot_of(api_key);
    if (slot >= 0 && on_broker_thread && error == RD_KAFKA_RESP_ERR_NO_ERROR)
        atomic_fetch_add(&taint->answered[slot], 1);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* NOLINTEND(readability-function-size) */

static rd_kafka_resp_err_t on_thread_start(rd_kafka_t *client, rd_kafka_thread_type_t type, const char *name,
                                           void *opaque)
{
    (void)client, (void)name, (void)opaque;
    on_broker_thread = type == RD_KAFKA_THREAD_BROKER;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *client, const rd_kafka_conf_t *conf, void *opaque, char *reason,
                                  size_t reason_size)
{
    (void)conf, (void)reason, (void)reason_size;
    (void)rd_kafka_interceptor_add_on_request_sent(client, "turgo", on_request_sent, opaque);
    (void)rd_kafka_interceptor_add_on_response_received(client, "turgo", on_response_received, opaque);
    (void)rd_kafka_interceptor_add_on_thread_start(client, "turgo", on_thread_start, opaque);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void real_taint_watch(struct real_taint *taint, rd_kafka_conf_t *conf)
{
    (void)rd_kafka_conf_interceptor_add_on_new(conf, "turgo", on_new, taint);
}

void real_request_counts(const struct tg_producer *base, struct tg_request_counts *ret_counts)
{
    const struct real_taint *taint = &((const struct real_producer *)base)->taint;
    for (int kind = 0; kind < TG_REQUEST_KINDS; kind++) {
        ret_counts->sent[kind] = atomic_load(&taint->sent[kind]);
        ret_counts->answered[kind] = atomic_load(&taint->answered[kind]);
    }
}
