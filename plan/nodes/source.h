/* plan/nodes/source.h: records of one topic, decoded. Output columns: the declared ones in order (keys, then
 * values, then header columns), then the pseudo columns that the query reads (ROWTIME, ROWPARTITION,
 * ROWOFFSET). */
#pragma once

#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_source {
    struct tg_plan_node base;
    const char *source_name; /* stream or table name */
    const char *topic;
    struct tg_plan_format key_format;
    struct tg_plan_format value_format;
    int32_t timestamp_column;     /* of the schema, gives the row time; -1: the record's timestamp */
    const char *timestamp_format; /* pattern for a STRING column; NULL: the column is BIGINT or TIMESTAMP */
    const bool *needed; /* per schema column: read by the query (keys, pseudo columns, timestamp column
                           included where used) */
    enum tg_window_kind window_kind; /* of a windowed source's key */
    int64_t window_size_ms;
};
extern const struct tg_plan_node_kind tg_plan_source_kind;

/* Bytes behind the key that say its window: time windows 8, sessions 16, else 0. */
size_t tg_plan_source_window_bytes(const struct tg_plan_source *source);

#ifdef __cplusplus
}
#endif
