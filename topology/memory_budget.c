#include "topology/memory_budget.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)

static uint64_t within(uint64_t least, uint64_t bytes, uint64_t most)
{
    return bytes < least ? least : bytes > most ? most : bytes;
}

void tg_memory_divide(uint64_t bytes_max, uint32_t units, struct tg_memory_shares *ret_shares)
{
    if (bytes_max < TG_MEMORY_BYTES_LEAST)
        bytes_max = TG_MEMORY_BYTES_LEAST;
    if (units < 1)
        units = 1;
    uint64_t clients = bytes_max / 8 * 3 / units;
    ret_shares->database = bytes_max / 4;
    ret_shares->tables = bytes_max / 8 * 3;
    /* More is not faster: queues that stay in the processor's cache are (kafka/README.md). */
    ret_shares->consumer_queue = within(256 * KIB, clients / 6, 16 * MIB);
    ret_shares->producer_queue = within(512 * KIB, clients / 3, 32 * MIB);
    ret_shares->uncommitted = within(256 * KIB, ret_shares->tables / 4 / units, UINT64_MAX);
}
