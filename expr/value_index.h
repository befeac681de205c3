/* expr/value_index.h: which row of a column, from some row on, has a value: a look at each while they are
 * few, a hash table in the batch's arena beyond. Kernels that make sets and maps ask it, so that a record of
 * a megabyte costs no more per element than a small one. Thread: the task's worker thread. */
#pragma once

#include "expr/kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_VALUE_NONE = UINT32_MAX };

struct tg_value_slot {
    uint32_t hash;
    uint32_t place; /* of the row, counted from 1; 0: free */
};

struct tg_value_index {
    const struct tg_column *column; /* borrowed; rows from `start` on are known, in the order they came */
    struct tg_arena *arena;
    uint32_t start;
    uint32_t count;
    uint32_t slot_count; /* a power of two; 0: few rows, no table */
    struct tg_value_slot *slots;
};

/* Of no rows yet. */
static inline struct tg_value_index tg_value_index_from(const struct tg_call *call,
                                                        const struct tg_column *column, uint32_t start)
{
    return (struct tg_value_index){.column = column, .arena = call->arena, .start = start};
}

/* The column's row start + count is known from now on. */
void tg_value_index_add(struct tg_value_index *index);
/* The first known row that equals the source's (NULL equals NULL), or TG_VALUE_NONE. */
uint32_t tg_value_index_find(const struct tg_value_index *index, const struct tg_column *source,
                             uint32_t row);

#ifdef __cplusplus
}
#endif
