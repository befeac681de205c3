/* plan/nodes/materialize.h: keeps the newest version of each row of a table source, by its record key, as the
 * source's own bytes. Before a row that replaces another comes the replaced one (marked TG_ROW_UNDO). Stands
 * directly above a Source that is a table, where something above needs what a row replaces. Same schema. */
#pragma once

#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_materialize {
    struct tg_plan_node base;
};
extern const struct tg_plan_node_kind tg_plan_materialize_kind;

/* Its store keeps offset and headers of each record, too: some needed column shows them. */
bool tg_plan_materialize_keeps_marks(const struct tg_plan_node *node);

#ifdef __cplusplus
}
#endif
