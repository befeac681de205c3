#include "state/window_key.h"

#include <gtest/gtest.h>

#include <string>

namespace
{

std::string hex(struct tg_slice bytes)
{
    std::string out;
    for (size_t i = 0; i < bytes.length; i++) {
        char byte[3];
        snprintf(byte, sizeof byte, "%02x", bytes.data[i]);
        out += byte;
    }
    return out;
}

std::string text(struct tg_slice bytes)
{
    return bytes.length == 0 ? std::string() : std::string((const char *)bytes.data, bytes.length);
}

class WindowKey : public testing::Test
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

const int64_t times[] = {INT64_MIN, -1, 0, 1, 255, 256, 1700000000000, INT64_MAX};
const std::string keys[] = {"", "a", std::string("\0\xff", 2), "ab", std::string(300, 'k')};

} // namespace

TEST_F(WindowKey, ChangelogBytesAreThoseOfKafkaStreams)
{
    tg_window_key_changelog(&buffer, tg_slice_text("ab"), 0x0102030405060708);
    EXPECT_EQ(hex(tg_buffer_slice(&buffer)), "6162010203040506070800000000");
    struct tg_window_key session = {tg_slice_text("ab"), 1, 2};
    tg_session_key_changelog(&buffer, &session);
    EXPECT_EQ(hex(tg_buffer_slice(&buffer)), "616200000000000000020000000000000001");
}

TEST_F(WindowKey, LocalWindowKeysAreInTimeOrder)
{
    tg_window_key_local(&buffer, tg_slice_text("k"), 5);
    EXPECT_EQ(hex(tg_buffer_slice(&buffer)), "80000000000000056b");
    std::string last;
    for (int64_t time : times) {
        tg_window_key_bound(&buffer, time);
        EXPECT_LE(last, bytes());
        for (const std::string &key : keys) {
            tg_window_key_local(&buffer, tg_slice_of(key.data(), key.size()), time);
            EXPECT_LT(last, bytes());
            tg_window_key_bound(&other, time);
            EXPECT_LE(text(tg_buffer_slice(&other)), bytes());
        }
        last = bytes();
    }
}

TEST_F(WindowKey, SessionsOfAKeyLieTogetherInTimeOrder)
{
    std::string last;
    for (const std::string &key : keys) {
        struct tg_slice name = tg_slice_of(key.data(), key.size());
        for (int64_t end : times) {
            struct tg_window_key session = {name, end == INT64_MIN ? end : end - 1, end};
            tg_session_key_local(&buffer, &session);
            EXPECT_LT(last, bytes());
            last = bytes();
            tg_session_key_bound(&other, name, end);
            EXPECT_LE(text(tg_buffer_slice(&other)), bytes());
            tg_session_key_bound_after(&other, name);
            EXPECT_GT(text(tg_buffer_slice(&other)), bytes());
            EXPECT_TRUE(tg_session_key_is_row(tg_buffer_slice(&buffer)));
        }
        tg_session_key_bound_after(&other, name);
        last = text(tg_buffer_slice(&other));
    }
}

TEST_F(WindowKey, AllFormsReadBack)
{
    for (const std::string &key : keys) {
        for (int64_t time : times) {
            struct tg_window_key written = {tg_slice_of(key.data(), key.size()), time,
                                            time == INT64_MAX ? time : time + 1};
            struct tg_window_key read = {};
            auto expect_session = [&] {
                EXPECT_EQ(text(read.key), key);
                EXPECT_EQ(read.start_ms, written.start_ms);
                EXPECT_EQ(read.end_ms, written.end_ms);
            };
            tg_window_key_local(&buffer, written.key, time);
            ASSERT_EQ(tg_window_key_read_local(tg_buffer_slice(&buffer), &read, &error), TG_OK);
            EXPECT_EQ(text(read.key), key);
            EXPECT_EQ(read.start_ms, time);
            tg_window_key_changelog(&buffer, written.key, time);
            ASSERT_EQ(tg_window_key_read_changelog(tg_buffer_slice(&buffer), &read, &error), TG_OK);
            EXPECT_EQ(text(read.key), key);
            EXPECT_EQ(read.start_ms, time);
            tg_session_key_local(&buffer, &written);
            ASSERT_EQ(tg_session_key_read_local(tg_buffer_slice(&buffer), &read, &error), TG_OK);
            expect_session();
            tg_session_index_key(&buffer, &written);
            EXPECT_FALSE(tg_session_key_is_row(tg_buffer_slice(&buffer)));
            ASSERT_EQ(tg_session_key_read_local(tg_buffer_slice(&buffer), &read, &error), TG_OK);
            expect_session();
            tg_session_key_changelog(&buffer, &written);
            ASSERT_EQ(tg_session_key_read_changelog(tg_buffer_slice(&buffer), &read, &error), TG_OK);
            expect_session();
        }
    }
}

TEST_F(WindowKey, ConvertsBetweenStoreAndChangelog)
{
    tg_window_key_local(&buffer, tg_slice_text("k"), -7);
    ASSERT_EQ(tg_key_to_changelog(TG_KEY_WINDOW, tg_buffer_slice(&buffer), &other, &error), TG_OK);
    std::string local = bytes();
    ASSERT_EQ(tg_key_from_changelog(TG_KEY_WINDOW, tg_buffer_slice(&other), &buffer, &error), TG_OK);
    EXPECT_EQ(bytes(), local);
    struct tg_window_key session = {tg_slice_text("k"), 3, 9};
    tg_session_key_local(&buffer, &session);
    ASSERT_EQ(tg_key_to_changelog(TG_KEY_SESSION, tg_buffer_slice(&buffer), &other, &error), TG_OK);
    local = bytes();
    ASSERT_EQ(tg_key_from_changelog(TG_KEY_SESSION, tg_buffer_slice(&other), &buffer, &error), TG_OK);
    EXPECT_EQ(bytes(), local);
    ASSERT_EQ(tg_key_to_changelog(TG_KEY_PLAIN, tg_slice_text("as is"), &other, &error), TG_OK);
    EXPECT_EQ(text(tg_buffer_slice(&other)), "as is");
}

TEST_F(WindowKey, RefusesWhatIsNoKey)
{
    struct tg_window_key read = {};
    std::string seven(7, 'x');
    EXPECT_EQ(tg_window_key_read_local(tg_slice_text(seven.c_str()), &read, &error), TG_CODE_CORRUPT);
    EXPECT_STREQ(error.message, "a window key has 7 bytes, at least 8 are needed");
    EXPECT_EQ(tg_window_key_read_changelog(tg_slice_text("01234567890"), &read, &error), TG_CODE_CORRUPT);
    EXPECT_EQ(tg_window_key_read_changelog(tg_slice_text("0123456789ab"), &read, &error), TG_CODE_CORRUPT);
    EXPECT_EQ(tg_session_key_read_changelog(tg_slice_text("0123456789abcde"), &read, &error),
              TG_CODE_CORRUPT);
    EXPECT_EQ(tg_session_key_read_local(tg_slice_text(""), &read, &error), TG_CODE_CORRUPT);
    std::string lies = std::string("\0\0\0\0\5", 5) + std::string(16, 'x');
    EXPECT_EQ(tg_session_key_read_local(tg_slice_of(lies.data(), lies.size()), &read, &error),
              TG_CODE_CORRUPT);
    std::string index = std::string("\1", 1) + std::string(15, 'x');
    EXPECT_EQ(tg_session_key_read_local(tg_slice_of(index.data(), index.size()), &read, &error),
              TG_CODE_CORRUPT);
}
