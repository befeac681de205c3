#include "base/slice.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

TEST(Slice, ComparesLikeUnsignedBytesShorterFirst)
{
    const char *ascending[] = {"", "A", "AB", "B", "b", "\x7F", "\x80", "\xFF", "\xFF\x01"};
    for (size_t i = 0; i < std::size(ascending); i++) {
        for (size_t j = 0; j < std::size(ascending); j++) {
            int order = tg_slice_compare(tg_slice_text(ascending[i]), tg_slice_text(ascending[j]));
            EXPECT_EQ(order < 0, i < j) << i << " " << j;
            EXPECT_EQ(order == 0, i == j) << i << " " << j;
            EXPECT_EQ(tg_slice_equal(tg_slice_text(ascending[i]), tg_slice_text(ascending[j])), i == j);
        }
    }
}

TEST(Slice, IgnoresTheCaseOfAsciiLettersOnly)
{
    EXPECT_TRUE(tg_slice_equal_nocase(tg_slice_text("Varchar"), tg_slice_text("VARCHAR")));
    EXPECT_FALSE(tg_slice_equal_nocase(tg_slice_text("a"), tg_slice_text("ab")));
    EXPECT_FALSE(tg_slice_equal_nocase(tg_slice_text("@"), tg_slice_text("`")));
    EXPECT_FALSE(tg_slice_equal_nocase(tg_slice_text("["), tg_slice_text("{")));
    EXPECT_FALSE(tg_slice_equal_nocase(tg_slice_text("\xC3\x84"), tg_slice_text("\xC3\xA4")));
    EXPECT_TRUE(tg_slice_equal_nocase(tg_slice_of(nullptr, 0), tg_slice_text("")));
}

TEST(Slice, HashIsStableWithinTheProcessAndSpreads)
{
    std::set<uint64_t> hashes;
    for (int i = 0; i < 10000; i++) {
        std::string key = "key " + std::to_string(i);
        struct tg_slice slice = tg_slice_of(key.data(), key.size());
        EXPECT_EQ(tg_slice_hash(slice), tg_slice_hash(slice));
        hashes.insert(tg_slice_hash(slice));
    }
    EXPECT_EQ(hashes.size(), 10000U);
    EXPECT_EQ(tg_slice_hash(tg_slice_of(nullptr, 0)), tg_slice_hash(tg_slice_text("")));
}
