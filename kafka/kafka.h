/* kafka/kafka.h: what Turgo needs of Kafka, with two twins behind it: librdkafka against a real cluster, and
 * an in-memory cluster with the same rules (transactions, last stable offset, fencing, groups, positions past
 * markers) for tests and the demo. One contract suite runs against both.
 *
 * Threads: a cluster may be shared by all threads; a consumer or producer belongs to one thread. Calls block
 * at most `timeout_ms`. Errors: KAFKA (with retriable/fatal set), KAFKA_TIMED_OUT, KAFKA_UNREACHABLE,
 * KAFKA_FENCED, TOPIC_UNKNOWN, OFFSET_OUT_OF_RANGE, CONFIG. */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/header.h"
#include "base/properties.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_cluster;
struct tg_consumer;
struct tg_producer;
struct tg_group_metadata;

/* ---- cluster ---- */

/* `client`: librdkafka or Java client properties (bootstrap.servers, security...), already checked names are
 * passed on. Does not connect; tg_cluster_probe does. */
TG_MUST_CHECK enum tg_code tg_cluster_open_real(const struct tg_properties *client,
                                                struct tg_cluster **ret_cluster, struct tg_error *reterr);
struct tg_memory_cluster_options {
    struct tg_clock *clock; /* timestamps, transaction timeouts, session timeouts */
    bool auto_create_topics;
    int32_t default_partitions;
};
struct tg_cluster *tg_cluster_open_memory(const struct tg_memory_cluster_options *options);
void tg_cluster_close(struct tg_cluster *cluster); /* all handles must be closed; NULL is a no-op */
/* Translates Java client settings to librdkafka's and checks every name and value. Errors: CONFIG with "did
 * you mean". */
TG_MUST_CHECK enum tg_code tg_client_properties_translate(const struct tg_properties *given,
                                                          struct tg_properties *ret_translated,
                                                          struct tg_error *reterr);
/* True when `name` is a client setting (Java's or librdkafka's). */
bool tg_client_property_known(const char *name);
const char *tg_client_property_at(size_t index); /* all known names, for "did you mean"; NULL at the end */
TG_MUST_CHECK enum tg_code tg_cluster_probe(struct tg_cluster *cluster, int timeout_ms,
                                            struct tg_error *reterr);
bool tg_cluster_is_memory(const struct tg_cluster *cluster);
const char *tg_kafka_library_version(void);

/* Java's default partitioner for a non-null key: (murmur2(key) & 0x7fffffff) % partition_count. */
int32_t tg_partition_for_key(struct tg_slice key, int32_t partition_count);

/* ---- admin ---- */

struct tg_topic_setting {
    const char *name;
    const char *value;
};
struct tg_topic_spec {
    const char *name;
    int32_t partition_count;
    int32_t replication_factor; /* -1: the broker's default */
    const struct tg_topic_setting *settings;
    uint32_t setting_count;
};
/* The topic takes any time stamp unless its settings say otherwise (brokers refuse more than an hour ahead by
 * default). After TG_OK, and after TG_CODE_DUPLICATE_NAME, it can be described. */
TG_MUST_CHECK enum tg_code tg_admin_create_topic(struct tg_cluster *cluster, const struct tg_topic_spec *spec,
                                                 int timeout_ms,
                                                 struct tg_error *reterr); /* DUPLICATE_NAME if it exists */
TG_MUST_CHECK enum tg_code tg_admin_delete_topic(struct tg_cluster *cluster, const char *name, int timeout_ms,
                                                 struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_admin_partition_count(struct tg_cluster *cluster, const char *topic,
                                                    int timeout_ms, int32_t *ret_count,
                                                    struct tg_error *reterr); /* TOPIC_UNKNOWN */
/* What tells a topic from another of the same name before or after it; 0: the broker gives its topics no id.
 */
TG_MUST_CHECK enum tg_code tg_admin_topic_id(struct tg_cluster *cluster, const char *topic, int timeout_ms,
                                             uint64_t *ret_id, struct tg_error *reterr); /* TOPIC_UNKNOWN */
/* A topic of a cluster. */
struct tg_topic_info {
    const char *name;
    int32_t partition_count;
    int32_t replication_factor; /* of its first partition */
};
/* All topics, those of the cluster itself (__consumer_offsets) included, in no order; in `arena`. */
TG_MUST_CHECK enum tg_code tg_admin_list_topics(struct tg_cluster *cluster, int timeout_ms,
                                                struct tg_arena *arena, struct tg_topic_info **ret_topics,
                                                uint32_t *ret_count, struct tg_error *reterr);
/* Value of one topic setting ("cleanup.policy"), as text in `arena`. */
TG_MUST_CHECK enum tg_code tg_admin_topic_setting(struct tg_cluster *cluster, const char *topic,
                                                  const char *setting, int timeout_ms, struct tg_arena *arena,
                                                  const char **ret_value, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_admin_delete_records(struct tg_cluster *cluster, const char *topic,
                                                   int32_t partition, int64_t before_offset, int timeout_ms,
                                                   struct tg_error *reterr);

struct tg_offset {
    const char *topic;
    int32_t partition;
    int64_t offset;       /* next to read; TG_OFFSET_* below */
    int32_t leader_epoch; /* -1: unknown */
    const char *metadata; /* committed with it; NULL: none */
    enum tg_code code;    /* result of this entry */
};
enum { TG_OFFSET_NONE = -1001, TG_OFFSET_EARLIEST = -2, TG_OFFSET_LATEST = -1 };
enum tg_isolation { TG_READ_UNCOMMITTED, TG_READ_COMMITTED };
/* offset EARLIEST or LATEST in each entry is replaced by the real one: LATEST is the high watermark
 * (READ_UNCOMMITTED) or the last stable offset (READ_COMMITTED). */
TG_MUST_CHECK enum tg_code tg_admin_list_offsets(struct tg_cluster *cluster, struct tg_offset *offsets,
                                                 uint32_t count, enum tg_isolation isolation, int timeout_ms,
                                                 struct tg_error *reterr);
/* Committed offsets of a group, without being a member; NONE where there is none. Waits for transactions that
 * are being decided. */
TG_MUST_CHECK enum tg_code tg_admin_group_offsets(struct tg_cluster *cluster, const char *group,
                                                  struct tg_offset *offsets, uint32_t count, int timeout_ms,
                                                  struct tg_arena *arena, struct tg_error *reterr);

/* ---- consumer ---- */

struct tg_topic_partition {
    const char *topic;
    int32_t partition;
};

/* Called from inside tg_consumer_poll / tg_consumer_close only, on the consumer's thread. */
struct tg_rebalance_listener {
    void *context;
    /* The group gave us these partitions (the whole assignment). They start at their committed offsets (else
     * as offset_reset says), paused: tg_consumer_start() lets each begin. */
    void (*assigned)(void *context, const struct tg_topic_partition *partitions, uint32_t count);
    /* We are about to lose all partitions. `lost`: we have lost them already and must not commit. */
    void (*revoked)(void *context, const struct tg_topic_partition *partitions, uint32_t count, bool lost);
};

enum tg_offset_reset { TG_RESET_EARLIEST, TG_RESET_LATEST, TG_RESET_ERROR };

struct tg_consumer_options {
    const char *group;       /* NULL: no group (assign by hand) */
    const char *instance_id; /* static membership; NULL: dynamic */
    const char *client_id;
    enum tg_offset_reset offset_reset;
    enum tg_isolation isolation;
    int session_timeout_ms;   /* 0: default */
    int max_poll_interval_ms; /* 0: default */
    uint64_t queue_bytes_max; /* of records that were fetched and not polled, about; 0: default */
    const struct tg_properties *overrides; /* librdkafka names; may be NULL */
    struct tg_rebalance_listener listener;
    /* An eventfd (non-blocking) to add 1 to when an idle consumer gets something; poll until nothing comes.
     * -1: none */
    int notify_descriptor;
};
TG_MUST_CHECK enum tg_code tg_consumer_open(struct tg_cluster *cluster,
                                            const struct tg_consumer_options *options,
                                            struct tg_consumer **ret_consumer, struct tg_error *reterr);
/* Gives the partitions back (listener.revoked is called) and leaves the group if membership is dynamic; waits
 * at most some seconds. All its messages must have been released. NULL is a no-op. */
void tg_consumer_close(struct tg_consumer *consumer);
TG_MUST_CHECK enum tg_code tg_consumer_subscribe(struct tg_consumer *consumer, const char *const *topics,
                                                 uint32_t count, struct tg_error *reterr);
/* Without a group: read these from the given offsets (EARLIEST and LATEST allowed; the tag is the index, and
 * they need no start). Replaces the previous assignment. */
TG_MUST_CHECK enum tg_code tg_consumer_assign(struct tg_consumer *consumer, const struct tg_offset *offsets,
                                              uint32_t count, struct tg_error *reterr);
/* Lets an assigned partition deliver, from `offset` (NONE: where it stands: committed, or as offset_reset
 * says). `tag` comes back in each of its messages. */
TG_MUST_CHECK enum tg_code tg_consumer_start(struct tg_consumer *consumer, const char *topic,
                                             int32_t partition, int64_t offset, uint32_t tag,
                                             struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_consumer_pause(struct tg_consumer *consumer, const char *topic,
                                             int32_t partition, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_consumer_resume(struct tg_consumer *consumer, const char *topic,
                                              int32_t partition, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_consumer_seek(struct tg_consumer *consumer, const struct tg_offset *offsets,
                                            uint32_t count, int timeout_ms, struct tg_error *reterr);

/* The end of a partition that it delivers, open transactions included, as of its last answer; -1: not known.
 * No request is made. */
int64_t tg_consumer_high_watermark(struct tg_consumer *consumer, const char *topic, int32_t partition);

enum tg_message_kind {
    TG_MESSAGE_RECORD,
    TG_MESSAGE_END,   /* the partition's end was reached: `offset` is the position, past control records */
    TG_MESSAGE_ERROR, /* of this partition: `code`, and the text with tg_message_error(). After
                         OFFSET_OUT_OF_RANGE the partition stands until tg_consumer_start(); other errors are
                         tried again by themselves */
};
struct tg_message {
    enum tg_message_kind kind;
    enum tg_code code;
    uint32_t tag;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    struct tg_slice key;   /* data NULL: no key */
    struct tg_slice value; /* data NULL: no value */
    int32_t leader_epoch;  /* -1: unknown */
    uint32_t header_count;
    struct tg_consumer *consumer; /* it came from; for the calls below */
    void *native;                 /* the twin's */
};
/* Takes up to `max` messages that are there, waiting up to timeout_ms for the first. Bytes are valid until
 * tg_consumer_release. Messages of one partition come in offset order. Errors are those of the consumer as a
 * whole (then *ret_count is 0). */
TG_MUST_CHECK enum tg_code tg_consumer_poll(struct tg_consumer *consumer, struct tg_message *messages,
                                            uint32_t max, int timeout_ms, uint32_t *ret_count,
                                            struct tg_error *reterr);
/* May be called later and for any part of what was polled, but in the order of polling. */
void tg_consumer_release(struct tg_consumer *consumer, struct tg_message *messages, uint32_t count);
const char *tg_message_error(const struct tg_message *message);
/* Name and value of header `index`; value data NULL: it has none. Valid as long as the message. */
void tg_message_header(const struct tg_message *message, uint32_t index, struct tg_slice *ret_name,
                       struct tg_slice *ret_value);

/* Fresh for each transaction: it carries the group generation that fences zombies. */
TG_MUST_CHECK enum tg_code tg_consumer_group_metadata(struct tg_consumer *consumer,
                                                      struct tg_group_metadata **ret_metadata,
                                                      struct tg_error *reterr);
void tg_group_metadata_free(struct tg_group_metadata *metadata);
/* Committed offsets with their metadata (texts in `arena`), offset NONE where there is none; waits for
 * transactions that are being decided. */
TG_MUST_CHECK enum tg_code tg_consumer_committed(struct tg_consumer *consumer, struct tg_offset *offsets,
                                                 uint32_t count, int timeout_ms, struct tg_arena *arena,
                                                 struct tg_error *reterr);
/* At-least-once: commits without a transaction, synchronously. */
TG_MUST_CHECK enum tg_code tg_consumer_commit(struct tg_consumer *consumer, const struct tg_offset *offsets,
                                              uint32_t count, struct tg_error *reterr);

/* ---- producer ---- */

struct tg_producer_options {
    const char *transactional_id; /* NULL: idempotent without transactions */
    const char *client_id;
    int transaction_timeout_ms; /* 0: 10,000 */
    int linger_ms;              /* -1: default 5 */
    uint64_t queue_bytes_max;   /* of records that were not delivered yet: then sends wait; 0: default */
    const bool
        *stop; /* atomic, or NULL: once it is set, a send waits for a full queue no longer than a second */
    const struct tg_properties *overrides; /* librdkafka names; may be NULL */
};
TG_MUST_CHECK enum tg_code tg_producer_open(struct tg_cluster *cluster,
                                            const struct tg_producer_options *options,
                                            struct tg_producer **ret_producer, struct tg_error *reterr);
/* Drops what is queued and in flight (purge) and destroys it: never waits for a commit. NULL is a no-op. */
void tg_producer_close(struct tg_producer *producer);

/* A target partition set, looked up once. Lives as long as the producer. */
struct tg_producer_topic;
TG_MUST_CHECK enum tg_code tg_producer_topic(struct tg_producer *producer, const char *topic,
                                             struct tg_producer_topic **ret_topic, struct tg_error *reterr);
struct tg_outgoing {
    struct tg_producer_topic *topic;
    int32_t partition;
    struct tg_slice key;   /* data NULL: none */
    struct tg_slice value; /* data NULL: none (a tombstone) */
    int64_t timestamp_ms;  /* 0 arrives as 1 in a real cluster: librdkafka takes 0 for "now" */
    const struct tg_header *headers;
    uint32_t header_count;
};
/* Copies key, value and headers. A full queue is waited for (delivering callbacks meanwhile), up to the
 * transaction timeout. */
TG_MUST_CHECK enum tg_code tg_producer_send(struct tg_producer *producer, const struct tg_outgoing *record,
                                            struct tg_error *reterr);
/* More than half of what may wait to be delivered does: who need not send now should not, lest a send has to
 * wait. */
bool tg_producer_crowded(const struct tg_producer *producer);
void tg_producer_poll(struct tg_producer *producer); /* serves delivery reports; cheap; call now and then */
TG_MUST_CHECK enum tg_code tg_producer_flush(struct tg_producer *producer, int timeout_ms,
                                             struct tg_error *reterr);
/* First delivery failure since the producer was opened or the transaction began; TG_OK if none. */
enum tg_code tg_producer_delivery_status(const struct tg_producer *producer, struct tg_error *reterr);
/* Offset of the last delivered record of a partition by this producer; -1: none. Complete after a flush. */
int64_t tg_producer_delivered_offset(const struct tg_producer_topic *topic, int32_t partition);

TG_MUST_CHECK enum tg_code tg_producer_init_transactions(struct tg_producer *producer, int timeout_ms,
                                                         struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_producer_begin(struct tg_producer *producer, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_producer_send_offsets(struct tg_producer *producer,
                                                    const struct tg_offset *offsets, uint32_t count,
                                                    const struct tg_group_metadata *metadata, int timeout_ms,
                                                    struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_producer_commit(struct tg_producer *producer, int timeout_ms,
                                              struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_producer_abort(struct tg_producer *producer, int timeout_ms,
                                             struct tg_error *reterr);
/* True when a transactional request of the current transaction was written to a socket and has no answer:
 * whatever the calls returned, the outcome must then be resolved with a new producer of the same
 * transactional id. */
bool tg_producer_tainted(const struct tg_producer *producer);
/* The requests behind it, by kind, since the producer was opened; for counters and messages. */
enum tg_transactional_request {
    TG_REQUEST_ADD_PARTITIONS, /* ApiKey 24 */
    TG_REQUEST_ADD_OFFSETS,    /* 25 */
    TG_REQUEST_END_TXN,        /* 26 */
    TG_REQUEST_OFFSET_COMMIT,  /* 28, TxnOffsetCommit */
    TG_REQUEST_KINDS
};
struct tg_request_counts {
    uint64_t sent[TG_REQUEST_KINDS];
    uint64_t answered[TG_REQUEST_KINDS];
};
void tg_producer_request_counts(const struct tg_producer *producer, struct tg_request_counts *ret_counts);

#ifdef __cplusplus
}
#endif
