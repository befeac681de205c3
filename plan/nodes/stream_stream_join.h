/* plan/nodes/stream_stream_join.h: rows of two streams with the same key whose times are close:
 * right time in [left time - before_ms, left time + after_ms]. RIGHT counts from the right side (left time in
 * [right time - before_ms, right time + after_ms]), as ksqlDB does. Stores: "<step>-left", "<step>-right",
 * "<step>-outer". */
#pragma once

#include "plan/nodes/join.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_stream_stream_join {
    struct tg_plan_node base;
    enum tg_join_kind join;
    int64_t before_ms;
    int64_t after_ms;
    int64_t grace_ms; /* -1: none given: rows without a match are emitted at once */
    struct tg_plan_join_columns columns;
};
extern const struct tg_plan_node_kind tg_plan_stream_stream_join_kind;

#ifdef __cplusplus
}
#endif
