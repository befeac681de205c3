/* kafka/real.h: what the files of the real twin share. Private to kafka/real_*.c. */
#pragma once

#include "kafka/client_properties.h"
#include "kafka/twin.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- errors ---- */

/* Fills *reterr: "cannot <what>: <reason>". `reason` may be NULL. */
enum tg_code real_fail(struct tg_error *reterr, rd_kafka_resp_err_t error, const char *reason,
                       const char *what);
/* The same from librdkafka's error object, which is destroyed; its fatal and retriable flags are kept. */
enum tg_code real_fail_object(struct tg_error *reterr, rd_kafka_error_t *error, const char *what);
enum tg_code real_code(rd_kafka_resp_err_t error);

/* ---- settings ---- */

struct real_setting {
    const char *name;
    const char *value;
};

/* Later settings win: defaults, the user's client settings, the handle's overrides, then what must not be
 * changed. */
struct real_conf_request {
    uint8_t role; /* TG_ROLE_* */
    const char *client_id;
    const struct real_setting *defaults; /* ends with a NULL name */
    const struct tg_properties *overrides;
    const struct real_setting *forced; /* ends with a NULL name; entries with a NULL value are skipped */
};

/* The last thing librdkafka said about a connection, to explain a time-out. Written by its threads. */
struct real_trouble {
    pthread_mutex_t mutex;
    char text[256];
};

void real_trouble_init(struct real_trouble *trouble);
void real_trouble_done(struct real_trouble *trouble);
void real_trouble_set(struct real_trouble *trouble, int error, const char *text);
void real_trouble_get(struct real_trouble *trouble, char *text, size_t size);

struct real_cluster {
    struct tg_cluster base;
    struct tg_properties *client; /* librdkafka's names */
    pthread_mutex_t mutex;        /* guards the opening of `admin` */
    rd_kafka_t *admin;            /* opened when first needed */
    struct real_trouble trouble;
};

TG_MUST_CHECK enum tg_code real_conf_new(const struct real_cluster *cluster,
                                         const struct real_conf_request *request, rd_kafka_conf_t **ret_conf,
                                         struct tg_error *reterr);
TG_MUST_CHECK enum tg_code real_cluster_admin(struct real_cluster *cluster, rd_kafka_t **ret_admin,
                                              struct tg_error *reterr);

/* ---- admin (real_admin.c, real_admin_offsets.c) ---- */

struct real_admin_call {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
    rd_kafka_event_t *event;
    int timeout_ms;
    const char *what; /* "create topic 'x'" */
};

TG_MUST_CHECK enum tg_code real_admin_begin(struct tg_cluster *cluster, rd_kafka_admin_op_t operation,
                                            int timeout_ms, struct real_admin_call *call,
                                            struct tg_error *reterr);
/* Waits for the answer of the request that was just sent with call->queue. */
TG_MUST_CHECK enum tg_code real_admin_wait(struct real_admin_call *call, struct tg_error *reterr);
void real_admin_end(struct real_admin_call *call);

enum tg_code real_create_topic(struct tg_cluster *cluster, const struct tg_topic_spec *spec, int timeout_ms,
                               struct tg_error *reterr);
enum tg_code real_delete_topic(struct tg_cluster *cluster, const char *name, int timeout_ms,
                               struct tg_error *reterr);
enum tg_code real_topic_id(struct tg_cluster *cluster, const char *topic, int timeout_ms, uint64_t *ret_id,
                           struct tg_error *reterr);
enum tg_code real_partition_count(struct tg_cluster *cluster, const char *topic, int timeout_ms,
                                  int32_t *ret_count, struct tg_error *reterr);
enum tg_code real_list_topics(struct tg_cluster *cluster, int timeout_ms, struct tg_topic_list *list,
                              struct tg_error *reterr);
enum tg_code real_topic_setting(struct tg_cluster *cluster, const struct tg_topic_setting_request *request,
                                const char **ret_value, struct tg_error *reterr);
enum tg_code real_delete_records(struct tg_cluster *cluster, const struct tg_offset *before, int timeout_ms,
                                 struct tg_error *reterr);
enum tg_code real_list_offsets(struct tg_cluster *cluster, const struct tg_admin_offsets_request *request,
                               struct tg_error *reterr);
enum tg_code real_group_offsets(struct tg_cluster *cluster, const struct tg_admin_offsets_request *request,
                                struct tg_error *reterr);

/* ---- offsets (real_offsets.c) ---- */

/* A list with offset, metadata and leader epoch of each entry; NONE becomes librdkafka's "invalid". */
rd_kafka_topic_partition_list_t *real_offsets_to_list(const struct tg_offset *offsets, uint32_t count);
/* Answers of a committed-offsets request, matched by topic and partition; metadata is copied into `arena`
 * (may be NULL). */
TG_MUST_CHECK enum tg_code real_offsets_from_list(const rd_kafka_topic_partition_list_t *list,
                                                  struct tg_offset *offsets, uint32_t count,
                                                  struct tg_arena *arena, struct tg_error *reterr);

/* ---- consumer ---- */

enum real_partition_state {
    REAL_ASSIGNED, /* the group gave it to us; held back until it is started */
    REAL_STARTING, /* the next poll seeks and resumes it */
    REAL_RUNNING,
    REAL_FAILED, /* it has nowhere to start and reset is off: an error message is due */
};

struct real_partition {
    char *topic;
    rd_kafka_topic_t
        *handle; /* compared with a message's: keeps the pointer from being reused for another topic */
    int32_t partition;
    uint32_t tag;
    int64_t start_offset;
    int64_t position; /* of the next record, once something was polled or sought; else -1 */
    enum real_partition_state state;
    bool paused;  /* by the caller */
    bool read;    /* something was polled since it was assigned */
    bool stopped; /* librdkafka gave its fetcher up (no reset policy): only a new assignment brings it back */
};

struct real_consumer {
    struct tg_consumer base;
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    struct real_trouble trouble;
    struct tg_rebalance_listener listener;
    enum tg_offset_reset offset_reset;
    int notify_descriptor;
    bool has_group;
    bool starts_pending;  /* some partition is REAL_STARTING or REAL_FAILED */
    uint64_t revocations; /* counted, to drop what one batch call took before one */
    struct real_partition *partitions;
    size_t partition_count;
    size_t partition_capacity;
    size_t last_hit;            /* index of the partition of the last message */
    rd_kafka_message_t **batch; /* scratch of one poll */
    rd_kafka_resp_err_t
        pending_error; /* of the whole consumer, found behind messages: told by the next poll */
    char pending_reason[256];
};

enum tg_code real_open_consumer(struct tg_cluster *cluster, const struct tg_consumer_options *options,
                                struct tg_consumer **ret_consumer, struct tg_error *reterr);

/* Tells the owner's event loop that a poll has something to do. */
void real_notify(const struct real_consumer *consumer);

/* real_assignment.c */
void real_on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t *list,
                       void *opaque);
struct real_partition *real_partition_find(struct real_consumer *consumer, const char *topic,
                                           int32_t partition);
void real_partitions_forget(struct real_consumer *consumer);
/* Seeks and resumes what tg_consumer_start asked for. What cannot be done yet stays pending. */
TG_MUST_CHECK enum tg_code real_apply_starts(struct real_consumer *consumer, struct tg_error *reterr);
enum tg_code real_assign(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                         struct tg_error *reterr);
enum tg_code real_start(struct tg_consumer *base, const struct tg_start_request *request,
                        struct tg_error *reterr);
enum tg_code real_pause(struct tg_consumer *base, const char *topic, int32_t partition,
                        struct tg_error *reterr);
enum tg_code real_resume(struct tg_consumer *base, const char *topic, int32_t partition,
                         struct tg_error *reterr);
enum tg_code real_seek(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                       int timeout_ms, struct tg_error *reterr);

/* real_offsets.c */
struct real_group_metadata {
    struct tg_group_metadata base;
    rd_kafka_consumer_group_metadata_t *native;
};
enum tg_code real_group_metadata(struct tg_consumer *base, struct tg_group_metadata **ret_metadata,
                                 struct tg_error *reterr);
enum tg_code real_committed(struct tg_consumer *base, struct tg_offset *offsets, uint32_t count,
                            int timeout_ms, struct tg_arena *arena, struct tg_error *reterr);
enum tg_code real_commit(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                         struct tg_error *reterr);

/* ---- producer ---- */

/* Transactional requests of one producer instance: written to a socket, and answered. */
struct real_taint {
    _Atomic uint64_t sent[TG_REQUEST_KINDS];
    _Atomic uint64_t answered[TG_REQUEST_KINDS];
};

void real_taint_watch(struct real_taint *taint, rd_kafka_conf_t *conf);
void real_request_counts(const struct tg_producer *base, struct tg_request_counts *ret_counts);

struct real_producer;
struct real_producer_topic {
    struct tg_producer_topic base;
    struct real_producer *owner;
    char *name;
    rd_kafka_topic_t *handle;
    int64_t *delivered; /* last delivered offset per partition, -1: none */
    size_t delivered_count;
    size_t delivered_capacity;
};

struct real_producer {
    struct tg_producer base;
    rd_kafka_t *client;
    struct real_trouble trouble;
    struct real_taint taint;
    int transaction_timeout_ms;
    bool transactional;
    const bool *stop;
    uint64_t queue_bytes_max, queued_bytes; /* keys and values of records that were not reported yet */
    rd_kafka_resp_err_t delivery_error;     /* the first since begin */
    char delivery_reason[256];
    struct real_producer_topic **topics;
    size_t topic_count;
    size_t topic_capacity;
};

enum tg_code real_open_producer(struct tg_cluster *cluster, const struct tg_producer_options *options,
                                struct tg_producer **ret_producer, struct tg_error *reterr);
/* real_transaction.c */
enum tg_code real_init_transactions(struct tg_producer *base, int timeout_ms, struct tg_error *reterr);
enum tg_code real_begin(struct tg_producer *base, struct tg_error *reterr);
enum tg_code real_send_offsets(struct tg_producer *base, const struct tg_send_offsets_request *request,
                               struct tg_error *reterr);
enum tg_code real_commit_transaction(struct tg_producer *base, int timeout_ms, struct tg_error *reterr);
enum tg_code real_abort_transaction(struct tg_producer *base, int timeout_ms, struct tg_error *reterr);
