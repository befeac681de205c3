/* base/map.h: hash map from text to pointer, for names and settings (not for the record path: that is
 * state/table.h). Iteration goes in insertion order. Thread: its owner's. Keys are copied, values are
 * borrowed. */
#pragma once

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_map;

struct tg_map *tg_map_new(void);
void tg_map_free(struct tg_map *map); /* NULL is a no-op; values are the caller's */
size_t tg_map_count(const struct tg_map *map);
void *tg_map_get(const struct tg_map *map, struct tg_slice key); /* NULL if absent */
void *tg_map_put(struct tg_map *map, struct tg_slice key,
                 void *value);                                /* returns the value replaced, or NULL */
void *tg_map_remove(struct tg_map *map, struct tg_slice key); /* returns the value removed, or NULL */
/* Entry `index` of tg_map_count in insertion order. */
struct tg_slice tg_map_key(const struct tg_map *map, size_t index);
void *tg_map_value(const struct tg_map *map, size_t index);

#ifdef __cplusplus
}
#endif
