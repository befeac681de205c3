#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"

struct tg_clock {
    bool is_virtual;
    int64_t start_wall_ms;
    _Atomic int64_t moved_ms; /* since the start; virtual clocks only */
};

/* Immutable: the real clock has no state of its own. */
static struct tg_clock real_clock = {.is_virtual = false};

struct tg_clock *tg_clock_real(void)
{
    return &real_clock;
}

struct tg_clock *tg_clock_virtual_new(int64_t wall_ms)
{
    struct tg_clock *clock = tg_alloc_zero(1, sizeof *clock);
    clock->is_virtual = true;
    clock->start_wall_ms = wall_ms;
    return clock;
}

void tg_clock_virtual_free(struct tg_clock *clock)
{
    if (clock == NULL)
        return;
    TG_ASSERT(clock->is_virtual);
    tg_free(clock);
}

void tg_clock_virtual_advance(struct tg_clock *clock, int64_t by_ms)
{
    TG_ASSERT(clock->is_virtual);
    TG_ASSERT(by_ms >= 0);
    atomic_fetch_add(&clock->moved_ms, by_ms);
}

static int64_t read_us(clockid_t source)
{
    struct timespec now = {0};
    int result = clock_gettime(source, &now);
    TG_ASSERT(result == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t tg_clock_wall_ms(struct tg_clock *clock)
{
    if (clock->is_virtual)
        return clock->start_wall_ms + atomic_load(&clock->moved_ms);
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t tg_clock_monotonic_us(struct tg_clock *clock)
{
    if (clock->is_virtual)
        return atomic_load(&clock->moved_ms) * 1000;
    return read_us(CLOCK_MONOTONIC);
}

int64_t tg_cpu_time_us(void)
{
    return read_us(CLOCK_PROCESS_CPUTIME_ID);
}
