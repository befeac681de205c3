/* kafka/partitioner.c: the partition Java's clients choose for a key, so that topics stay co-partitioned with
 * theirs. */
#include "kafka/kafka.h"

#include "base/error.h"

/* MurmurHash2, 32 bits, with the seed of Kafka's BuiltInPartitioner. */
static uint32_t murmur2(struct tg_slice key)
{
    const uint32_t seed = 0x9747b28cu;
    const uint32_t m = 0x5bd1e995u;
    const uint8_t *bytes = key.data;
    size_t left = key.length;
    uint32_t hash = seed ^ (uint32_t)key.length;

    for (; left >= 4; left -= 4, bytes += 4) {
        uint32_t word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                        (uint32_t)bytes[3] << 24;
        word *= m;
        word ^= word >> 24;
        word *= m;
        hash = (hash * m) ^ word;
    }
    if (left >= 3)
        hash ^= (uint32_t)bytes[2] << 16;
    if (left >= 2)
        hash ^= (uint32_t)bytes[1] << 8;
    if (left >= 1)
        hash = (hash ^ bytes[0]) * m;
    hash ^= hash >> 13;
    hash *= m;
    hash ^= hash >> 15;
    return hash;
}

int32_t tg_partition_for_key(struct tg_slice key, int32_t partition_count)
{
    TG_ASSERT(partition_count > 0);
    return (int32_t)((murmur2(key) & 0x7fffffffu) % (uint32_t)partition_count);
}
