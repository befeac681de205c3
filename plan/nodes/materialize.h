/* plan/nodes/materialize.h: keeps the newest version of each row of a table source, by its record key, as the
 * record's own bytes. Before a row that replaces another comes the replaced one (marked TG_ROW_UNDO). Stands
 * directly above a Source that is a table, or above the Rekey that writes its rows to a repartition topic
 * with keys in another format, where something above needs what a row replaces. Same schema. With a
 * history it keeps versions that were replaced for that long, so that a join of a stream with the table sees
 * the row of its own row's time; newest is then what has the highest row time. */
#pragma once

#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_materialize {
    struct tg_plan_node base;
    int64_t history_ms; /* 0: none */
};
extern const struct tg_plan_node_kind tg_plan_materialize_kind;

int64_t tg_plan_materialize_history(const struct tg_plan_node *node);
/* Its store keeps offset and headers of each record, too: some needed column shows them. */
bool tg_plan_materialize_keeps_marks(const struct tg_plan_node *node);
/* The topic's format of values, and which columns of the schema are read (NULL: all). */
const struct tg_plan_format *tg_plan_materialize_format(const struct tg_plan_node *node);
const bool *tg_plan_materialize_needed(const struct tg_plan_node *node);

#ifdef __cplusplus
}
#endif
