// kafka/tests/partitioner_test.cpp: partitions as Java's clients choose them.
#include "kafka/kafka.h"

#include <gtest/gtest.h>

#include <string>

namespace
{

struct PartitionCase {
    const char *key;
    int32_t count;
    int32_t expected;
};

class Partition : public testing::TestWithParam<PartitionCase>
{
};

TEST_P(Partition, IsThatOfJava)
{
    EXPECT_EQ(GetParam().expected, tg_partition_for_key(tg_slice_text(GetParam().key), GetParam().count));
}

INSTANTIATE_TEST_SUITE_P(Keys, Partition,
                         testing::Values(PartitionCase{"hello", 8, 5}, PartitionCase{"", 8, 1},
                                         PartitionCase{"51402977", 4, 3}, PartitionCase{"91372973", 4, 0},
                                         PartitionCase{"93647513", 4, 3}, PartitionCase{"4629185211", 4, 0},
                                         PartitionCase{"2762345282", 4, 3}, PartitionCase{"Hello", 4, 2},
                                         PartitionCase{"Spark", 4, 2}, PartitionCase{"Streaming", 4, 2}));

TEST(PartitionSpread, ThousandKeysOverFour)
{
    int counts[4] = {};
    for (int i = 0; i < 1000; i++) {
        std::string key = "k" + std::to_string(i);
        counts[tg_partition_for_key(tg_slice_text(key.c_str()), 4)]++;
    }
    EXPECT_EQ(259, counts[0]);
    EXPECT_EQ(238, counts[1]);
    EXPECT_EQ(280, counts[2]);
    EXPECT_EQ(223, counts[3]);
}

} // namespace
