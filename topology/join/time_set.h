/* topology/join/time_set.h: how many rows there are of each time, in order: which times have rows that wait
 * for a match. Blocks of sorted entries: adding at the end, finding and taking away cost about the logarithm
 * of the number of times. Thread: the task's worker. Memory is kept and reused. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TIME_SET_BLOCK_ENTRIES = 255 };

struct time_set_entry {
    int64_t time_ms;
    uint64_t count;
};

struct time_set_block {
    struct time_set_block *next_spare;
    uint32_t length;
    struct time_set_entry entries[TIME_SET_BLOCK_ENTRIES];
};

struct time_set {
    struct time_set_block **blocks; /* none is empty */
    size_t block_count, block_capacity;
    struct time_set_block *spare;
};

void time_set_clear(struct time_set *set);
void time_set_done(struct time_set *set); /* frees the memory */
void time_set_add(struct time_set *set, int64_t time_ms);
void time_set_take(struct time_set *set, int64_t time_ms, uint64_t count); /* at most what is there */
uint64_t time_set_count(const struct time_set *set, int64_t time_ms);
/* The first time at or after `from_ms`, or INT64_MAX. */
int64_t time_set_next(const struct time_set *set, int64_t from_ms);
int64_t time_set_last(const struct time_set *set); /* INT64_MIN: empty */

#ifdef __cplusplus
}
#endif
