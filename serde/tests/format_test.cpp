// The list of formats, and windowed keys.
#include <gtest/gtest.h>

#include <set>

#include "serde/tests/serde_test.hpp"
#include "serde/windowed_key.h"

namespace
{

using namespace serde_test;

TEST(FormatList, NamesAreUniqueAndComplete)
{
    std::set<std::string> names;
    for (size_t i = 0; tg_format_at(i) != nullptr; i++) {
        const struct tg_format *format = tg_format_at(i);
        EXPECT_TRUE(names.insert(format->name).second) << format->name;
        EXPECT_TRUE(format->check != nullptr && format->decoder_open != nullptr &&
                    format->encoder_open != nullptr)
            << format->name;
    }
    for (const char *name : {"JSON", "KAFKA", "DELIMITED", "NONE"})
        EXPECT_EQ(names.count(name), 1U) << name;
}

TEST(FormatList, FindsWithoutCase)
{
    const struct tg_format *format = nullptr;
    tg_error error;
    ASSERT_EQ(tg_format_find(tg_slice_text("json"), &format, &error), TG_OK);
    EXPECT_STREQ(format->name, "JSON");
    EXPECT_EQ(format->features, static_cast<uint32_t>(TG_FORMAT_WRAP | TG_FORMAT_UNWRAP));
    EXPECT_EQ(tg_format_find(tg_slice_text("JSN"), &format, &error), TG_CODE_UNKNOWN_NAME);
    EXPECT_STREQ(error.message, "there is no format 'JSN'");
    EXPECT_NE(std::string(error.hint).find("DELIMITED, JSON, JSON_SR, KAFKA, NONE, PROTOBUF"),
              std::string::npos)
        << error.hint;
}

TEST(WindowedKey, TimeWindowsCarryTheirStart)
{
    tg_buffer out = {};
    tg_windowed_key_append_time(&out, tg_slice_text("ab"), 0x0102030405060708);
    EXPECT_EQ(text_of(tg_buffer_slice(&out)), "ab\x01\x02\x03\x04\x05\x06\x07\x08");
    tg_windowed_key key;
    tg_error error;
    ASSERT_EQ(tg_windowed_key_split_time(tg_buffer_slice(&out), 1000, &key, &error), TG_OK);
    EXPECT_EQ(text_of(key.key), "ab");
    EXPECT_EQ(key.start_ms, 0x0102030405060708);
    EXPECT_EQ(key.end_ms, 0x0102030405060708 + 1000);
    ASSERT_EQ(tg_windowed_key_split_time(tg_buffer_slice(&out), INT64_MAX, &key, &error), TG_OK);
    EXPECT_EQ(key.end_ms, INT64_MAX);
    EXPECT_EQ(tg_windowed_key_split_time(tg_slice_text("1234567"), 1000, &key, &error), TG_CODE_DECODE);
    ASSERT_EQ(tg_windowed_key_split_time(tg_slice_text("12345678"), 1000, &key, &error), TG_OK);
    EXPECT_EQ(key.key.length, 0U);
    tg_buffer_done(&out);
}

TEST(WindowedKey, SessionsCarryTheirEndFirst)
{
    tg_buffer out = {};
    tg_windowed_key_append_session(&out, tg_slice_text("k"), 1, 2);
    EXPECT_EQ(text_of(tg_buffer_slice(&out)), std::string("k\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01", 17));
    tg_windowed_key key;
    tg_error error;
    ASSERT_EQ(tg_windowed_key_split_session(tg_buffer_slice(&out), &key, &error), TG_OK);
    EXPECT_EQ(text_of(key.key), "k");
    EXPECT_EQ(key.start_ms, 1);
    EXPECT_EQ(key.end_ms, 2);
    EXPECT_EQ(tg_windowed_key_split_session(tg_slice_of(out.data, 15), &key, &error), TG_CODE_DECODE);
    tg_buffer_clear(&out);
    tg_windowed_key_append_session(&out, tg_slice_text("k"), 3, 2);
    EXPECT_EQ(tg_windowed_key_split_session(tg_buffer_slice(&out), &key, &error), TG_CODE_DECODE);
    tg_buffer_done(&out);
}

} // namespace
