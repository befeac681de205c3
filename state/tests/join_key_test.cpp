// The keys of a stream-stream join's stores: order, forms, and what is refused.
#include "state/join_key.h"
#include "state/window_key.h"

#include <gtest/gtest.h>

#include <string>

namespace
{

std::string text(struct tg_slice bytes)
{
    return bytes.length == 0 ? std::string() : std::string((const char *)bytes.data, bytes.length);
}

class JoinKey : public testing::Test
{
protected:
    void TearDown() override
    {
        tg_buffer_done(&buffer);
        tg_buffer_done(&other);
    }
    std::string bytes() const
    {
        return text(tg_buffer_slice(&buffer));
    }
    struct tg_buffer buffer = {};
    struct tg_buffer other = {};
    struct tg_error error = {};
};

} // namespace

TEST_F(JoinKey, RowsOfAKeyLieTogetherInOrder)
{
    std::string last;
    for (const std::string &key : {std::string(), std::string("a"), std::string("b"), std::string("aa")}) {
        struct tg_slice name = tg_slice_of(key.data(), key.size());
        for (int64_t time : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{255}, int64_t{256}, INT64_MAX}) {
            tg_join_key_bound(&other, name, time);
            for (uint32_t sequence : {0u, 1u, UINT32_MAX}) {
                const struct tg_join_key row = {name, time, sequence};
                tg_join_key_local(&buffer, &row);
                EXPECT_LT(last, bytes());
                EXPECT_LT(text(tg_buffer_slice(&other)), bytes());
                EXPECT_TRUE(tg_join_key_is_row(tg_buffer_slice(&buffer)));
                last = bytes();
            }
        }
        tg_join_key_bound_after(&buffer, name);
        EXPECT_LT(last, bytes());
        last = bytes();
    }
    tg_join_index_bound(&buffer, INT64_MIN);
    EXPECT_LT(last, bytes()) << "the index lies behind the rows";
    tg_join_index_key(&buffer, tg_slice_text("z"), 4);
    tg_join_index_bound(&other, 5);
    EXPECT_LT(bytes(), text(tg_buffer_slice(&other)));
    tg_join_head_key(&buffer, tg_slice_text(""));
    EXPECT_GT(bytes(), text(tg_buffer_slice(&other))) << "heads lie behind the index";
}

TEST_F(JoinKey, TheChangelogFormIsThatOfKafkaStreams)
{
    const struct tg_join_key row = {tg_slice_text("ab"), 0x0102, 3};
    tg_join_key_changelog(&buffer, &row);
    EXPECT_EQ(bytes(), std::string("ab\0\0\0\0\0\0\1\2\0\0\0\3", 14));
    ASSERT_EQ(tg_key_from_changelog(TG_KEY_JOIN, tg_buffer_slice(&buffer), &other, &error), TG_OK);
    struct tg_join_key read = {};
    ASSERT_EQ(tg_join_key_read_local(tg_buffer_slice(&other), &read, &error), TG_OK);
    EXPECT_EQ(text(read.key), "ab");
    EXPECT_EQ(read.time_ms, 0x0102);
    EXPECT_EQ(read.sequence, 3u);
    ASSERT_EQ(tg_key_to_changelog(TG_KEY_JOIN, tg_buffer_slice(&other), &buffer, &error), TG_OK);
    EXPECT_EQ(bytes(), std::string("ab\0\0\0\0\0\0\1\2\0\0\0\3", 14));
}

TEST_F(JoinKey, RefusesWhatIsNoKey)
{
    struct tg_join_key read = {};
    EXPECT_EQ(tg_join_key_read_changelog(tg_slice_text("0123456789a"), &read, &error), TG_CODE_CORRUPT);
    EXPECT_EQ(tg_join_key_read_local(tg_slice_text(""), &read, &error), TG_CODE_CORRUPT);
    std::string lies = std::string("\0\0\0\0\5", 5) + std::string(14, 'x');
    EXPECT_EQ(tg_join_key_read_local(tg_slice_of(lies.data(), lies.size()), &read, &error), TG_CODE_CORRUPT);
    EXPECT_EQ(tg_join_key_read_local(tg_slice_text("\1short"), &read, &error), TG_CODE_CORRUPT);
}
