/* service/infer/topic.h: a topic of a cluster, sampled and inferred: what `turgo infer` and `turgo convert`
 * have in common. Ownership: arena. Thread: one. */
#pragma once

#include "service/infer/infer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_infer_topic_options {
    struct tg_cluster *cluster;
    struct tg_registry *registry; /* NULL: none is configured */
    const char *topic;
    uint32_t records_max;
    int64_t time_ms_max;
    int request_timeout_ms;
    struct tg_shape_style style;
    bool header;
    const bool *stop;
};

/* Errors: TOPIC_UNKNOWN with the closest name there is, CONFIG, SHUTDOWN, those of Kafka and the registry. */
TG_MUST_CHECK enum tg_code tg_infer_topic(const struct tg_infer_topic_options *options,
                                          struct tg_arena *arena, struct tg_inference *ret_inference,
                                          struct tg_error *reterr);

/* The options of a command by their texts. Errors: USAGE. */
TG_MUST_CHECK enum tg_code tg_infer_read_count(const char *option, const char *text, int64_t most,
                                               int64_t *ret_count, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
