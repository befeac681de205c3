/* plan/nodes/sink.h: writes rows to a topic. The schema's KEY columns (and window bounds) go to the record
 * key, VALUE columns to the record value. Source headers are copied. Partition: murmur2 of the key bytes
 * without window; null key: any. */
#pragma once

#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_sink {
    struct tg_plan_node base;
    const char *sink_name; /* stream or table name */
    struct tg_plan_topic topic;
    struct tg_plan_format key_format;
    struct tg_plan_format value_format;
    int32_t timestamp_column; /* of the schema, becomes the record's timestamp; -1: the row time */
    const char *timestamp_format;
    enum tg_window_kind window_kind; /* of the key */
    int64_t window_size_ms;
};
extern const struct tg_plan_node_kind tg_plan_sink_kind;

#ifdef __cplusplus
}
#endif
