#include "base/memory.h"
#include "state/order.h"
#include "state/table.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace
{

struct tg_slice slice(const std::string &text)
{
    return tg_slice_of(text.data(), text.size());
}

class Table : public testing::Test
{
protected:
    Table()
    {
        tg_table_init(&table);
    }
    ~Table() override
    {
        tg_table_done(&table);
    }
    struct tg_entry *upsert(const std::string &key, uint64_t hash, bool *ret_created)
    {
        return tg_table_upsert(&table, slice(key), hash, 8, ret_created);
    }
    struct tg_table table;
};

} // namespace

TEST(Slab, BlocksAreAlignedDistinctAndCounted)
{
    struct tg_slab slab;
    tg_slab_init(&slab);
    std::mt19937 random(1);
    std::vector<std::pair<uint8_t *, size_t>> blocks;
    size_t used = 0;
    for (int i = 0; i < 20000; i++) {
        if (blocks.empty() || random() % 5 < 3) {
            size_t size = 1 + random() % (random() % 10 == 0 ? 6000 : 300);
            auto *block = (uint8_t *)tg_slab_alloc(&slab, size);
            ASSERT_EQ((uintptr_t)block % 16, 0u);
            ASSERT_GE(tg_slab_rounded(size), size);
            memset(block, (int)(size % 251), size);
            blocks.push_back({block, size});
            used += tg_slab_rounded(size);
        } else {
            size_t at = random() % blocks.size();
            auto [block, size] = blocks[at];
            for (size_t byte = 0; byte < size; byte++)
                ASSERT_EQ(block[byte], size % 251) << "somebody else wrote here";
            tg_slab_free(&slab, block, size);
            used -= tg_slab_rounded(size);
            blocks[at] = blocks.back();
            blocks.pop_back();
        }
        ASSERT_EQ(slab.used_bytes, used);
    }
    for (auto [block, size] : blocks)
        tg_slab_free(&slab, block, size);
    EXPECT_EQ(slab.used_bytes, 0u);
    tg_slab_done(&slab);
}

TEST(Slab, EmptyChunksServeOtherSizes)
{
    struct tg_slab slab;
    tg_slab_init(&slab);
    for (size_t size : {24u, 100u, 700u, 4000u}) {
        std::vector<void *> blocks;
        for (size_t bytes = 0; bytes < (1u << 20); bytes += size)
            blocks.push_back(tg_slab_alloc(&slab, size));
        for (void *block : blocks)
            tg_slab_free(&slab, block, size);
    }
    EXPECT_LT(slab.held_bytes, 3u << 20) << "each size would have kept its own megabyte";
    tg_slab_done(&slab);
}

TEST_F(Table, GrowsWithoutMovingEntries)
{
    std::vector<struct tg_entry *> entries;
    for (int i = 0; i < 20000; i++) {
        std::string key = "key" + std::to_string(i);
        bool created = false;
        entries.push_back(upsert(key, tg_slice_hash(slice(key)), &created));
        ASSERT_TRUE(created);
        if (i % 997 == 0) { /* also in the middle of a growth */
            for (int j = 0; j <= i; j += 7) {
                std::string other = "key" + std::to_string(j);
                ASSERT_EQ(tg_table_find(&table, slice(other), tg_slice_hash(slice(other))),
                          entries[(size_t)j]);
            }
        }
    }
    for (size_t i = 0; i < entries.size(); i++) {
        std::string key = "key" + std::to_string(i);
        bool created = true;
        ASSERT_EQ(upsert(key, tg_slice_hash(slice(key)), &created), entries[i]);
        ASSERT_FALSE(created);
    }
}

TEST_F(Table, KeepsKeysOfOneHashApart)
{
    std::vector<struct tg_entry *> entries;
    bool created = false;
    for (int i = 0; i < 100; i++)
        entries.push_back(upsert(std::to_string(i), 42, &created));
    for (int i = 0; i < 100; i += 2)
        tg_table_remove(&table, entries[(size_t)i]);
    for (int i = 0; i < 100; i++) {
        struct tg_entry *found = tg_table_find(&table, slice(std::to_string(i)), 42);
        EXPECT_EQ(found, i % 2 == 0 ? nullptr : entries[(size_t)i]);
    }
    EXPECT_EQ(table.entry_count, 50u);
}

TEST_F(Table, RemovesEntriesWhileItGrows)
{
    /* Few distinct homes make long probe sequences, in both sets of slots. */
    std::mt19937 random(7);
    std::set<std::string> keys;
    auto hash_of = [](const std::string &key) { return tg_slice_hash(slice(key)) & 0xffff00000000003full; };
    for (int i = 0; i < 6000; i++) {
        std::string key = std::to_string(random() % 1500);
        if (random() % 3 != 0) {
            bool created = false;
            upsert(key, hash_of(key), &created);
            ASSERT_EQ(created, keys.insert(key).second);
        } else {
            struct tg_entry *entry = tg_table_find(&table, slice(key), hash_of(key));
            ASSERT_EQ(entry != nullptr, keys.erase(key) == 1);
            if (entry != nullptr)
                tg_table_remove(&table, entry);
        }
        ASSERT_EQ(table.entry_count, keys.size());
    }
    for (const std::string &key : keys)
        ASSERT_NE(tg_table_find(&table, slice(key), hash_of(key)), nullptr);
}

TEST_F(Table, EvictionGivesASecondChance)
{
    bool created = false;
    std::vector<struct tg_entry *> hot;
    for (int i = 0; i < 1000; i++) {
        std::string key = std::to_string(i);
        struct tg_entry *entry = upsert(key, tg_slice_hash(slice(key)), &created);
        if (i < 10) {
            entry->flags |= TG_ENTRY_REFERENCED;
            hot.push_back(entry);
        }
    }
    size_t half = tg_table_bytes(&table) / 2;
    while (tg_table_bytes(&table) > half)
        tg_table_evict(&table, half, nullptr);
    for (int i = 0; i < 10; i++) {
        std::string key = std::to_string(i);
        EXPECT_EQ(tg_table_find(&table, slice(key), tg_slice_hash(slice(key))), hot[(size_t)i]);
    }
    const struct tg_entry *keep = hot[0];
    tg_table_shrink(&table, 0);
    EXPECT_EQ(table.entry_count, 0u);
    upsert("kept", 1, &created);
    keep = tg_table_find(&table, tg_slice_text("kept"), 1);
    for (int i = 0; i < 10; i++)
        tg_table_evict(&table, 0, keep);
    EXPECT_EQ(table.entry_count, 1u);
}

TEST_F(Table, ScansSeeTheTailInOrder)
{
    std::mt19937 random(3);
    std::set<std::string> keys;
    struct tg_entry_list tail = {};
    bool created = false;
    for (int i = 0; i < 3000; i++) {
        std::string key = std::to_string(random() % 100000);
        struct tg_entry *entry = upsert(key, tg_slice_hash(slice(key)), &created);
        tg_table_touch(&table, entry);
        keys.insert(key);
        if (i % 50 != 0)
            continue;
        std::string from = std::to_string(random() % 100000);
        struct tg_order_range range = tg_order_find(&table, slice(from), slice("9"), &tail);
        std::set<std::string> found;
        for (size_t at = range.first; at < range.end; at++)
            found.insert(std::string((char *)table.order.list.entries[at]->key,
                                     table.order.list.entries[at]->key_length));
        for (size_t at = 0; at < tail.count; at++)
            found.insert(std::string((char *)tail.entries[at]->key, tail.entries[at]->key_length));
        std::set<std::string> expected;
        if (from < "9")
            expected = std::set<std::string>(keys.lower_bound(from), keys.lower_bound("9"));
        ASSERT_EQ(found, expected) << "from " << from;
    }
    tg_entry_list_done(&tail);
}
