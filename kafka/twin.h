/* kafka/twin.h: what a twin implements. Each handle's first member names its twin's functions; kafka.c calls
 * through it. Private to kafka/. Contracts (threads, ownership, errors) are those of kafka.h. */
#pragma once

#include "kafka/kafka.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_admin_offsets_request {
    const char *group; /* group offsets only */
    struct tg_offset *offsets;
    uint32_t count;
    enum tg_isolation isolation; /* list offsets only */
    int timeout_ms;
    struct tg_arena *arena; /* for metadata texts */
};

struct tg_topic_list {
    struct tg_arena *arena;
    struct tg_topic_info *topics;
    uint32_t count;
};

struct tg_topic_setting_request {
    const char *topic;
    const char *setting;
    int timeout_ms;
    struct tg_arena *arena;
};

struct tg_cluster_kind {
    bool is_memory;
    void (*close)(struct tg_cluster *cluster);
    enum tg_code (*probe)(struct tg_cluster *cluster, int timeout_ms, struct tg_error *reterr);
    enum tg_code (*create_topic)(struct tg_cluster *cluster, const struct tg_topic_spec *spec, int timeout_ms,
                                 struct tg_error *reterr);
    enum tg_code (*delete_topic)(struct tg_cluster *cluster, const char *name, int timeout_ms,
                                 struct tg_error *reterr);
    enum tg_code (*partition_count)(struct tg_cluster *cluster, const char *topic, int timeout_ms,
                                    int32_t *ret_count, struct tg_error *reterr);
    enum tg_code (*topic_id)(struct tg_cluster *cluster, const char *topic, int timeout_ms, uint64_t *ret_id,
                             struct tg_error *reterr);
    enum tg_code (*list_topics)(struct tg_cluster *cluster, int timeout_ms, struct tg_topic_list *list,
                                struct tg_error *reterr);
    enum tg_code (*topic_setting)(struct tg_cluster *cluster, const struct tg_topic_setting_request *request,
                                  const char **ret_value, struct tg_error *reterr);
    enum tg_code (*delete_records)(struct tg_cluster *cluster, const struct tg_offset *before, int timeout_ms,
                                   struct tg_error *reterr);
    enum tg_code (*list_offsets)(struct tg_cluster *cluster, const struct tg_admin_offsets_request *request,
                                 struct tg_error *reterr);
    enum tg_code (*group_offsets)(struct tg_cluster *cluster, const struct tg_admin_offsets_request *request,
                                  struct tg_error *reterr);
    enum tg_code (*open_consumer)(struct tg_cluster *cluster, const struct tg_consumer_options *options,
                                  struct tg_consumer **ret_consumer, struct tg_error *reterr);
    enum tg_code (*open_producer)(struct tg_cluster *cluster, const struct tg_producer_options *options,
                                  struct tg_producer **ret_producer, struct tg_error *reterr);
};

struct tg_cluster {
    const struct tg_cluster_kind *kind;
};

struct tg_start_request {
    const char *topic;
    int32_t partition;
    int64_t offset; /* TG_OFFSET_NONE: committed, or as offset_reset says */
    uint32_t tag;
};

struct tg_consumer_kind {
    void (*close)(struct tg_consumer *consumer);
    enum tg_code (*subscribe)(struct tg_consumer *consumer, const char *const *topics, uint32_t count,
                              struct tg_error *reterr);
    enum tg_code (*assign)(struct tg_consumer *consumer, const struct tg_offset *offsets, uint32_t count,
                           struct tg_error *reterr);
    enum tg_code (*start)(struct tg_consumer *consumer, const struct tg_start_request *request,
                          struct tg_error *reterr);
    enum tg_code (*pause)(struct tg_consumer *consumer, const char *topic, int32_t partition,
                          struct tg_error *reterr);
    enum tg_code (*resume)(struct tg_consumer *consumer, const char *topic, int32_t partition,
                           struct tg_error *reterr);
    enum tg_code (*seek)(struct tg_consumer *consumer, const struct tg_offset *offsets, uint32_t count,
                         int timeout_ms, struct tg_error *reterr);
    enum tg_code (*poll)(struct tg_consumer *consumer, struct tg_message *messages, uint32_t max,
                         int timeout_ms, uint32_t *ret_count, struct tg_error *reterr);
    void (*release)(struct tg_consumer *consumer, struct tg_message *messages, uint32_t count);
    const char *(*message_error)(const struct tg_message *message);
    void (*message_header)(const struct tg_message *message, uint32_t index, struct tg_header *ret_header);
    enum tg_code (*group_metadata)(struct tg_consumer *consumer, struct tg_group_metadata **ret_metadata,
                                   struct tg_error *reterr);
    enum tg_code (*committed)(struct tg_consumer *consumer, struct tg_offset *offsets, uint32_t count,
                              int timeout_ms, struct tg_arena *arena, struct tg_error *reterr);
    enum tg_code (*commit)(struct tg_consumer *consumer, const struct tg_offset *offsets, uint32_t count,
                           struct tg_error *reterr);
    int64_t (*high_watermark)(struct tg_consumer *consumer, const char *topic, int32_t partition);
};

struct tg_consumer {
    const struct tg_consumer_kind *kind;
};

struct tg_group_metadata {
    void (*free)(struct tg_group_metadata *metadata);
};

struct tg_send_offsets_request {
    const struct tg_offset *offsets;
    uint32_t count;
    const struct tg_group_metadata *metadata;
    int timeout_ms;
};

struct tg_producer_kind {
    void (*close)(struct tg_producer *producer);
    enum tg_code (*topic)(struct tg_producer *producer, const char *topic,
                          struct tg_producer_topic **ret_topic, struct tg_error *reterr);
    enum tg_code (*send)(struct tg_producer *producer, const struct tg_outgoing *record,
                         struct tg_error *reterr);
    bool (*crowded)(const struct tg_producer *producer);
    void (*poll)(struct tg_producer *producer);
    enum tg_code (*flush)(struct tg_producer *producer, int timeout_ms, struct tg_error *reterr);
    enum tg_code (*delivery_status)(const struct tg_producer *producer, struct tg_error *reterr);
    int64_t (*delivered_offset)(const struct tg_producer_topic *topic, int32_t partition);
    enum tg_code (*init_transactions)(struct tg_producer *producer, int timeout_ms, struct tg_error *reterr);
    enum tg_code (*begin)(struct tg_producer *producer, struct tg_error *reterr);
    enum tg_code (*send_offsets)(struct tg_producer *producer, const struct tg_send_offsets_request *request,
                                 struct tg_error *reterr);
    enum tg_code (*commit)(struct tg_producer *producer, int timeout_ms, struct tg_error *reterr);
    enum tg_code (*abort)(struct tg_producer *producer, int timeout_ms, struct tg_error *reterr);
    void (*request_counts)(const struct tg_producer *producer, struct tg_request_counts *ret_counts);
};

struct tg_producer {
    const struct tg_producer_kind *kind;
};

struct tg_producer_topic {
    struct tg_producer *producer;
};

#ifdef __cplusplus
}
#endif
