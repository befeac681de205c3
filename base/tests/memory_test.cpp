#include "base/memory.h"

#include <cstring>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/arena.h"

TEST(Memory, CountsTheCallsOfItsThreadOnly)
{
    uint64_t before = tg_allocation_count();
    void *memory = tg_alloc(10);
    memory = tg_realloc(memory, 4, 10);
    void *zeroed = tg_alloc_zero(3, 5);
    std::thread other([] { tg_free(tg_alloc(1)); });
    other.join();
    EXPECT_EQ(tg_allocation_count() - before, 3U);
    EXPECT_EQ(std::string(static_cast<char *>(zeroed), 15), std::string(15, '\0'));
    tg_free(memory);
    tg_free(zeroed);
    tg_free(nullptr);
}

TEST(Memory, FormatsTextsOfAnyLength)
{
    char *brief = tg_format("%d-%s", 7, "x");
    std::string wanted(1000, 'y');
    char *lengthy = tg_format("<%s>", wanted.c_str());
    EXPECT_STREQ(brief, "7-x");
    EXPECT_EQ(std::string(lengthy), "<" + wanted + ">");
    tg_free(brief);
    tg_free(lengthy);
}

TEST(Memory, GrowsByDoubling)
{
    void *memory = nullptr;
    size_t capacity = 0;
    tg_grow(&memory, &capacity, 1, sizeof(int));
    EXPECT_GE(capacity, 1U);
    size_t first = capacity;
    tg_grow(&memory, &capacity, first + 1, sizeof(int));
    EXPECT_EQ(capacity, first * 2);
    void *same = memory;
    tg_grow(&memory, &capacity, first, sizeof(int));
    EXPECT_EQ(memory, same);
    tg_free(memory);
}

TEST(MemoryDeath, SizesThatOverflowEndTheProcess)
{
    EXPECT_DEATH(tg_alloc_zero(SIZE_MAX / 2, 3), "too large");
    void *memory = nullptr;
    EXPECT_DEATH(memory = tg_realloc(memory, SIZE_MAX, 2), "too large");
}

class Arena : public testing::Test
{
protected:
    void SetUp() override
    {
        arena = tg_arena_new(64);
    }
    void TearDown() override
    {
        tg_arena_free(arena);
    }
    struct tg_arena *arena = nullptr;
};

TEST_F(Arena, AlignsObjectsToSixteen)
{
    for (size_t size = 1; size < 200; size += 7) {
        tg_arena_bytes_alloc(arena, 3);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(tg_arena_alloc(arena, size)) % 16, 0U) << size;
    }
}

TEST_F(Arena, KeepsContentsUntilReset)
{
    char *text = tg_arena_text(arena, tg_slice_text("hello"));
    struct tg_slice copy = tg_arena_copy(arena, tg_slice_of("a\0b", 3));
    std::string big(5000, 'z');
    char *printed = tg_arena_printf(arena, "%s!", big.c_str());
    char *small = tg_arena_printf(arena, "%d", 42);
    auto *numbers = static_cast<int *>(tg_arena_alloc_zero(arena, 100, sizeof(int)));
    EXPECT_STREQ(text, "hello");
    EXPECT_EQ(std::string(reinterpret_cast<const char *>(copy.data), copy.length), std::string("a\0b", 3));
    EXPECT_EQ(printed, big + "!");
    EXPECT_STREQ(small, "42");
    EXPECT_EQ(numbers[99], 0);
}

TEST_F(Arena, StopsAllocatingAfterWarmUpWhateverTheOrder)
{
    auto round = [&](bool large_first) {
        for (int i = 0; i < 50; i++)
            tg_arena_alloc(arena, (i % 2 == 0) == large_first ? 300 : 20);
        tg_arena_reset(arena);
    };
    round(true);
    round(false);
    uint64_t before = tg_allocation_count();
    for (int i = 0; i < 10; i++)
        round(i % 2 == 0);
    EXPECT_EQ(tg_allocation_count(), before);
    EXPECT_GT(tg_arena_bytes(arena), 50 * 160U);
}

TEST_F(Arena, TakesEmptyPieces)
{
    EXPECT_NE(tg_arena_bytes_alloc(arena, 0), nullptr);
    EXPECT_NE(tg_arena_alloc(arena, 0), nullptr);
    EXPECT_STREQ(tg_arena_text(arena, tg_slice_of(nullptr, 0)), "");
    tg_arena_free(nullptr);
}
