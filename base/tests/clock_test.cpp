#include "base/clock.h"

#include <chrono>

#include <gtest/gtest.h>

TEST(Clock, VirtualTimeStandsStillUntilMoved)
{
    struct tg_clock *clock = tg_clock_virtual_new(1000);
    EXPECT_EQ(tg_clock_wall_ms(clock), 1000);
    int64_t start_us = tg_clock_monotonic_us(clock);
    tg_clock_virtual_advance(clock, 250);
    EXPECT_EQ(tg_clock_wall_ms(clock), 1250);
    EXPECT_EQ(tg_clock_monotonic_us(clock) - start_us, 250000);
    tg_clock_virtual_free(clock);
    tg_clock_virtual_free(nullptr);
}

TEST(Clock, RealTimeIsTheSystems)
{
    using namespace std::chrono;
    struct tg_clock *clock = tg_clock_real();
    int64_t before = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    int64_t wall = tg_clock_wall_ms(clock);
    int64_t after = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    EXPECT_GE(wall, before);
    EXPECT_LE(wall, after);
    int64_t first = tg_clock_monotonic_us(clock);
    EXPECT_LE(first, tg_clock_monotonic_us(clock));
}

TEST(Clock, CpuTimeGrowsWithWork)
{
    int64_t start = tg_cpu_time_us();
    volatile uint64_t sum = 0;
    while (tg_cpu_time_us() == start)
        sum = sum + 1;
    EXPECT_GT(tg_cpu_time_us(), start);
}
