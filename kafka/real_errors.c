/* kafka/real_errors.c: librdkafka's and the broker's error codes, as ours. */
#include "kafka/real.h"

struct mapping {
    rd_kafka_resp_err_t error;
    enum tg_code code;
    bool retriable;
};

static const struct mapping mappings[] = {
    {RD_KAFKA_RESP_ERR__TIMED_OUT, TG_CODE_KAFKA_TIMED_OUT, true},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, TG_CODE_KAFKA_TIMED_OUT, true},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, TG_CODE_KAFKA_TIMED_OUT, true},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, TG_CODE_KAFKA_TIMED_OUT, true},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, TG_CODE_KAFKA_TIMED_OUT, true},
    {RD_KAFKA_RESP_ERR__TRANSPORT, TG_CODE_KAFKA_UNREACHABLE, true},
    {RD_KAFKA_RESP_ERR__RESOLVE, TG_CODE_KAFKA_UNREACHABLE, true},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, TG_CODE_KAFKA_UNREACHABLE, true},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, TG_CODE_KAFKA_UNREACHABLE, true},
    {RD_KAFKA_RESP_ERR__FENCED, TG_CODE_KAFKA_FENCED, false},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, TG_CODE_KAFKA_FENCED, false},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, TG_CODE_KAFKA_FENCED, false},
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, TG_CODE_KAFKA_FENCED, false},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, TG_CODE_KAFKA_FENCED, false},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, TG_CODE_KAFKA_FENCED, false},
    {RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH, TG_CODE_KAFKA_FENCED, false},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, TG_CODE_TOPIC_UNKNOWN, false},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, TG_CODE_TOPIC_UNKNOWN, false},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, TG_CODE_TOPIC_UNKNOWN, false},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID, TG_CODE_TOPIC_UNKNOWN, false},
    {RD_KAFKA_RESP_ERR__NOENT, TG_CODE_TOPIC_UNKNOWN,
     true}, /* ListOffsets found no leader of any partition */
    {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, TG_CODE_DUPLICATE_NAME, false},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, TG_CODE_OFFSET_OUT_OF_RANGE, false},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, TG_CODE_OFFSET_OUT_OF_RANGE, false},
    {RD_KAFKA_RESP_ERR__NO_OFFSET, TG_CODE_OFFSET_OUT_OF_RANGE, false},
    {RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, TG_CODE_CONFIG, false},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, TG_CODE_CONFIG, false},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, TG_CODE_CONFIG, false},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, TG_CODE_CONFIG, false},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, TG_CODE_CONFIG, false},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, TG_CODE_CONFIG, false},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, TG_CODE_KAFKA, true},
    /* the broker has restarted or the leader moved, and our metadata is older or newer than its */
    {RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, TG_CODE_KAFKA, true},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, TG_CODE_KAFKA, true},
};

static const struct mapping *find(rd_kafka_resp_err_t error)
{
    static const struct mapping other = {RD_KAFKA_RESP_ERR_UNKNOWN, TG_CODE_KAFKA, false};
    for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++)
        if (mappings[i].error == error)
            return &mappings[i];
    return &other;
}

enum tg_code real_code(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? TG_OK : find(error)->code;
}

enum tg_code real_fail(struct tg_error *reterr, rd_kafka_resp_err_t error, const char *reason,
                       const char *what)
{
    const struct mapping *mapping = find(error);
    (void)tg_fail(reterr, mapping->code, "cannot %s: %s (%s)", what,
                  reason != NULL && reason[0] != '\0' ? reason : rd_kafka_err2str(error),
                  rd_kafka_err2name(error));
    if (reterr != NULL) {
        reterr->retriable = mapping->retriable;
        reterr->fatal = error == RD_KAFKA_RESP_ERR__FATAL || error == RD_KAFKA_RESP_ERR__FENCED;
    }
    return mapping->code;
}

enum tg_code real_fail_object(struct tg_error *reterr, rd_kafka_error_t *error, const char *what)
{
    enum tg_code code = real_fail(reterr, rd_kafka_error_code(error), rd_kafka_error_string(error), what);
    if (reterr != NULL) {
        reterr->retriable = rd_kafka_error_is_retriable(error);
        reterr->fatal = rd_kafka_error_is_fatal(error);
    }
    rd_kafka_error_destroy(error);
    return code;
}
