/* plan/nodes/stream_table_join.h: each row of the stream (input 0) with the table's row (input 1) of the same
 * key at that time. INNER or LEFT. A stream. */
#pragma once

#include "plan/nodes/join.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_stream_table_join {
    struct tg_plan_node base;
    enum tg_join_kind join;
    struct tg_plan_join_columns columns;
};
extern const struct tg_plan_node_kind tg_plan_stream_table_join_kind;

#ifdef __cplusplus
}
#endif
