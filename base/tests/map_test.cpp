#include "base/map.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

class Map : public testing::Test
{
protected:
    void SetUp() override
    {
        map = tg_map_new();
    }
    void TearDown() override
    {
        tg_map_free(map);
    }
    std::string keys() const
    {
        std::string all;
        for (size_t i = 0; i < tg_map_count(map); i++) {
            struct tg_slice key = tg_map_key(map, i);
            all += std::string(reinterpret_cast<const char *>(key.data), key.length) + "=" +
                   static_cast<const char *>(tg_map_value(map, i)) + " ";
        }
        return all;
    }
    void *put(const char *key, const char *value)
    {
        return tg_map_put(map, tg_slice_text(key), const_cast<char *>(value));
    }
    struct tg_map *map = nullptr;
};

TEST_F(Map, KeepsInsertionOrderThroughReplaceAndRemove)
{
    EXPECT_EQ(put("b", "1"), nullptr);
    EXPECT_EQ(put("a", "2"), nullptr);
    EXPECT_EQ(put("", "3"), nullptr);
    EXPECT_STREQ(static_cast<char *>(put("b", "4")), "1");
    EXPECT_EQ(keys(), "b=4 a=2 =3 ");
    EXPECT_STREQ(static_cast<char *>(tg_map_remove(map, tg_slice_text("a"))), "2");
    EXPECT_EQ(tg_map_remove(map, tg_slice_text("a")), nullptr);
    EXPECT_EQ(put("a", "5"), nullptr);
    EXPECT_EQ(keys(), "b=4 =3 a=5 ");
    EXPECT_EQ(tg_map_get(map, tg_slice_text("c")), nullptr);
}

TEST_F(Map, CopiesItsKeys)
{
    std::string key = "key";
    tg_map_put(map, tg_slice_of(key.data(), key.size()), const_cast<char *>("v"));
    key[0] = 'x';
    EXPECT_NE(tg_map_get(map, tg_slice_text("key")), nullptr);
}

TEST_F(Map, FindsAllOfMany)
{
    std::vector<std::string> names;
    for (int i = 0; i < 3000; i++)
        names.push_back("name " + std::to_string(i));
    for (std::string &name : names)
        tg_map_put(map, tg_slice_of(name.data(), name.size()), name.data());
    for (size_t i = 0; i < names.size(); i += 3)
        EXPECT_EQ(tg_map_remove(map, tg_slice_of(names[i].data(), names[i].size())), names[i].data());
    for (size_t i = 0; i < names.size(); i++) {
        void *found = tg_map_get(map, tg_slice_of(names[i].data(), names[i].size()));
        EXPECT_EQ(found, i % 3 == 0 ? nullptr : names[i].data());
    }
    EXPECT_EQ(tg_map_count(map), 2000U);
    tg_map_free(nullptr);
}
