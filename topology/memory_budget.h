/* topology/memory_budget.h: the one memory budget of a process (memory.max.bytes), divided in one place. What
 * is limited are queues, tables and caches; the program itself, thread stacks, and what the allocator cannot
 * reuse come on top (some tens of MB). Thread: any. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TG_MEMORY_BYTES_LEAST (16ull << 20)

struct tg_memory_shares {
    /* Of the process: */
    uint64_t database; /* RocksDB's block cache and write buffers */
    uint64_t tables;   /* the tables of all stores: clean, pending and uncommitted entries */
    /* Of each commit unit (one query on one worker): */
    uint64_t consumer_queue; /* fetched records; as many may wait in tasks, and twice that while state is
                                restored */
    uint64_t producer_queue; /* records on their way to the broker */
    uint64_t uncommitted;    /* changes of stores: above it a unit commits before its interval is over */
};
/* `units`: queries times workers, at least 1. */
void tg_memory_divide(uint64_t bytes_max, uint32_t units, struct tg_memory_shares *ret_shares);

#ifdef __cplusplus
}
#endif
