// The value of a record in a table's repartition topic: Kafka Streams' bytes, and damage.
#include "topology/table/change_value.h"

#include <gtest/gtest.h>

#include <string>

namespace turgo
{
namespace
{

tg_slice slice(const std::string &text)
{
    return tg_slice_of(text.data(), text.size());
}

std::string text(tg_slice bytes)
{
    return bytes.data == nullptr ? "none"
                                 : std::string(reinterpret_cast<const char *>(bytes.data), bytes.length);
}

std::string write(const tg_change_value &change)
{
    tg_buffer out = {};
    tg_change_value_write(&change, &out);
    std::string bytes(reinterpret_cast<const char *>(out.data), out.length);
    tg_buffer_done(&out);
    return bytes;
}

TEST(ChangeValue, HasTheBytesOfKafkaStreams)
{
    const tg_slice none = {nullptr, 0};
    EXPECT_EQ(write({slice("old"), none}), std::string("old\0", 4));
    EXPECT_EQ(write({none, slice("new")}), std::string("new\1", 4));
    EXPECT_EQ(write({slice("old"), slice("newer")}), std::string("\x0anewerold\2", 10));
    EXPECT_EQ(write({slice("o"), slice(std::string(100, 'n'))}), "\xc8\x01" + std::string(100, 'n') + "o\2");
    EXPECT_EQ(write({slice(""), slice("")}), std::string("\0\2", 2)); // rows without value columns
}

TEST(ChangeValue, IsReadBack)
{
    for (size_t length : {0u, 1u, 63u, 64u, 8191u, 8192u, 100000u}) {
        std::string newer(length, 'n'), older(length / 2, 'o');
        std::string bytes = write({slice(older), slice(newer)});
        tg_change_value change = {};
        tg_error error = {};
        ASSERT_EQ(tg_change_value_read(slice(bytes), &change, &error), TG_OK) << length;
        EXPECT_EQ(text(change.new_value), newer);
        EXPECT_EQ(text(change.old_value), older);
    }
    const std::string taken_back("a\0", 2), added("\1", 1);
    tg_change_value change = {};
    tg_error error = {};
    ASSERT_EQ(tg_change_value_read(slice(taken_back), &change, &error), TG_OK);
    EXPECT_EQ(text(change.old_value) + text(change.new_value), "anone");
    ASSERT_EQ(tg_change_value_read(slice(added), &change, &error), TG_OK);
    EXPECT_EQ(text(change.old_value) + text(change.new_value), "none");
}

TEST(ChangeValue, DamageIsRefused)
{
    const std::string damaged[] = {
        "",
        "x",
        "\3",
        "\2",                                     // no length
        std::string("\x06\x61\2", 3),             // 3 bytes are not there
        std::string("\x01\x61\2", 3),             // a negative length
        std::string("\xff\xff\xff\xff\xff\xff\2") // a length without end
    };
    for (const std::string &bytes : damaged) {
        tg_change_value change = {};
        tg_error error = {};
        EXPECT_EQ(tg_change_value_read(slice(bytes), &change, &error), TG_CODE_CORRUPT) << bytes.size();
    }
}

} // namespace
} // namespace turgo
