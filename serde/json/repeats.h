/* serde/json/repeats.h: equal names among the members of one object: the last one counts, at the place of the
 * first. */
#pragma once

#include "data/column.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether any name is there twice. last_of (may be NULL) gets, for each first appearance, the index of the
 * name's last one, and TG_JSON_REPEATED for the others. Many names are compared by a hash table in `arena`,
 * so the cost stays linear. */
enum { TG_JSON_REPEATED = -1 };
bool tg_json_repeats(const struct tg_slice *names, uint32_t count, struct tg_arena *arena, int32_t *last_of);

/* Leaves of a MAP row's entries (in `range` of the column's children) one for each key. */
void tg_json_keep_last(struct tg_column *map, struct tg_range *range, struct tg_arena *arena);

#ifdef __cplusplus
}
#endif
