/* service/infer/sample.h: some records of a topic, its oldest and its newest ones, of all partitions; only
 * committed ones. Ownership: arena. Thread: one. */
#pragma once

#include "kafka/kafka.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_sample_options {
    const char *topic;
    uint32_t records_max; /* over all partitions; half of them are the newest */
    int64_t time_ms_max;  /* what is there by then is the sample */
    int request_timeout_ms;
    const bool *stop; /* atomic; NULL: none */
};

struct tg_sample_record {
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    struct tg_slice key, value; /* data NULL: none */
};

struct tg_sample {
    int32_t partition_count;
    int64_t offsets; /* between the beginnings and the ends: records, and the markers of transactions */
    uint32_t count;
    bool is_all; /* every record of the topic */
    struct tg_sample_record *records;
};

/* Errors: TOPIC_UNKNOWN, SHUTDOWN, those of Kafka. */
TG_MUST_CHECK enum tg_code tg_sample_take(struct tg_cluster *cluster, const struct tg_sample_options *options,
                                          struct tg_arena *arena, struct tg_sample *ret_sample,
                                          struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
