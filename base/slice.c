#include "base/slice.h"

#include <stdatomic.h>
#include <sys/random.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

bool tg_slice_equal_nocase(struct tg_slice a, struct tg_slice b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++) {
        uint8_t x = a.data[i];
        uint8_t y = b.data[i];
        if (x == y)
            continue;
        if ((x | 0x20) != (y | 0x20) || (x | 0x20) < 'a' || (x | 0x20) > 'z')
            return false;
    }
    return true;
}

/* Drawn once per process, so that nobody outside can choose keys that collide. */
static _Atomic uint64_t hash_seed;

static uint64_t draw_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        seed = ((uint64_t)now.tv_nsec * 0x9E3779B97F4A7C15U) ^ (uint64_t)now.tv_sec;
    }
    seed |= 1; /* 0 means: not drawn yet */
    uint64_t expected = 0;
    if (!atomic_compare_exchange_strong(&hash_seed, &expected, seed))
        seed = expected;
    return seed;
}

uint64_t tg_slice_hash(struct tg_slice slice)
{
    uint64_t seed = atomic_load_explicit(&hash_seed, memory_order_relaxed);
    if (__builtin_expect(seed == 0, 0))
        seed = draw_seed();
    return XXH3_64bits_withSeed(slice.data, slice.length, seed);
}
