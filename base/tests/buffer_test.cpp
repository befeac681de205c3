#include "base/buffer.h"

#include <string>

#include <gtest/gtest.h>

#include "base/memory.h"

static std::string text_of(const struct tg_buffer &buffer)
{
    return std::string(reinterpret_cast<const char *>(buffer.data), buffer.length);
}

TEST(Buffer, AppendsAndKeepsItsMemory)
{
    struct tg_buffer buffer = {};
    tg_buffer_append_text(&buffer, "ab");
    tg_buffer_append_byte(&buffer, 'c');
    tg_buffer_append_slice(&buffer, tg_slice_text("def"));
    tg_buffer_append_slice(&buffer, tg_slice_of(nullptr, 0));
    tg_buffer_printf(&buffer, "%03d", 7);
    EXPECT_EQ(text_of(buffer), "abcdef007");
    EXPECT_STREQ(tg_buffer_text(&buffer), "abcdef007");
    EXPECT_EQ(buffer.length, 9U);

    std::string big(1000, 'x');
    tg_buffer_printf(&buffer, "%s", big.c_str());
    EXPECT_EQ(text_of(buffer), "abcdef007" + big);
    uint64_t before = tg_allocation_count();
    for (int i = 0; i < 100; i++) {
        tg_buffer_clear(&buffer);
        tg_buffer_append(&buffer, big.data(), big.size());
        tg_buffer_append_u64(&buffer, 1);
    }
    EXPECT_EQ(tg_allocation_count(), before);
    tg_buffer_done(&buffer);
    EXPECT_EQ(buffer.data, nullptr);
    tg_buffer_append_byte(&buffer, 'a');
    tg_buffer_done(&buffer);
}

TEST(Buffer, NumbersAreBigEndian)
{
    struct tg_buffer buffer = {};
    tg_buffer_append_u32(&buffer, 0x01020304U);
    tg_buffer_append_u64(&buffer, 0x05060708090A0B0CU);
    EXPECT_EQ(text_of(buffer), "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C");
    EXPECT_EQ(tg_load_u32(buffer.data), 0x01020304U);
    EXPECT_EQ(tg_load_u64(buffer.data + 4), 0x05060708090A0B0CU);
    tg_store_u32(buffer.data, 1);
    tg_store_u64(buffer.data + 4, 2);
    EXPECT_EQ(tg_load_u32(buffer.data), 1U);
    EXPECT_EQ(tg_load_u64(buffer.data + 4), 2U);
    tg_buffer_done(&buffer);
}

struct JsonCase {
    const char *name;
    std::string text;
    std::string json;
};
class JsonString : public testing::TestWithParam<JsonCase>
{
};
TEST_P(JsonString, IsEscaped)
{
    struct tg_buffer buffer = {};
    tg_buffer_append_json_string(&buffer, tg_slice_of(GetParam().text.data(), GetParam().text.size()));
    EXPECT_EQ(text_of(buffer), GetParam().json);
    tg_buffer_done(&buffer);
}
INSTANTIATE_TEST_SUITE_P(
    Buffer, JsonString,
    testing::Values(JsonCase{"empty", "", "\"\""},
                    JsonCase{"plain", "a plain text of 30 characters.", "\"a plain text of 30 characters.\""},
                    JsonCase{"quotes", "say \"hi\" \\ there", "\"say \\\"hi\\\" \\\\ there\""},
                    JsonCase{"short_escapes", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
                    JsonCase{"control", std::string("a\0b\x1f", 4), "\"a\\u0000b\\u001f\""},
                    JsonCase{"wide", "na\xC3\xAFve \xF0\x9F\x98\x80 \x7F",
                             "\"na\xC3\xAFve \xF0\x9F\x98\x80 \x7F\""}),
    [](const auto &info) { return std::string(info.param.name); });

TEST(Buffer, EscapesAtEveryPlaceOfAWord)
{
    for (size_t at = 0; at < 40; at++) {
        for (char special : {'"', '\\', '\n'}) {
            std::string text(40, '\x20');
            text[at] = special;
            std::string wanted = "\"" + text.substr(0, at) + "\\" + (special == '\n' ? 'n' : special) +
                                 text.substr(at + 1) + "\"";
            struct tg_buffer buffer = {};
            tg_buffer_append_json_string(&buffer, tg_slice_of(text.data(), text.size()));
            EXPECT_EQ(text_of(buffer), wanted);
            tg_buffer_done(&buffer);
        }
    }
}
