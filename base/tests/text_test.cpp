#include "base/tests/temporary_directory.h"
#include "base/text.h"

#include <cstdio>
#include <string>

#include <gtest/gtest.h>

struct Utf8Case {
    const char *name;
    std::string text;
    size_t valid_prefix;
};
class Utf8 : public testing::TestWithParam<Utf8Case>
{
};
/* Behind every number of plain characters, so that each case meets the 16-byte steps and the rest. */
TEST_P(Utf8, ValidPrefix)
{
    const std::string &text = GetParam().text;
    for (size_t before = 0; before < 40; before++) {
        std::string whole = std::string(before, 'a') + text;
        EXPECT_EQ(tg_utf8_valid_prefix(tg_slice_of(whole.data(), whole.size())),
                  before + GetParam().valid_prefix)
            << before;
        whole += std::string(20, 'b');
        bool valid = GetParam().valid_prefix == text.size();
        EXPECT_EQ(tg_utf8_valid(tg_slice_of(whole.data(), whole.size())), valid) << before;
    }
}
INSTANTIATE_TEST_SUITE_P(
    Text, Utf8,
    testing::Values(
        Utf8Case{"empty", "", 0}, Utf8Case{"ascii", std::string("a\0\x7F", 3), 3},
        Utf8Case{"two_bytes", "\xC2\x80\xDF\xBF", 4}, Utf8Case{"three_bytes", "\xE0\xA0\x80\xEF\xBF\xBF", 6},
        Utf8Case{"around_surrogates", "\xED\x9F\xBF\xEE\x80\x80", 6},
        Utf8Case{"four_bytes", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 8},
        Utf8Case{"overlong_two", "\xC1\xBF", 0}, Utf8Case{"overlong_three", "\xE0\x9F\xBF", 0},
        Utf8Case{"overlong_four", "\xF0\x8F\xBF\xBF", 0}, Utf8Case{"surrogate", "\xED\xA0\x80", 0},
        Utf8Case{"beyond_unicode", "\xF4\x90\x80\x80", 0}, Utf8Case{"lead_f5", "\xF5\x80\x80\x80", 0},
        Utf8Case{"lone_continuation", "a\x80", 1}, Utf8Case{"continuation_missing", "\xC3\x28", 0},
        Utf8Case{"second_continuation_missing", "\xE2\x82\x28", 0},
        Utf8Case{"third_continuation_missing", "\xF0\x90\x80\x28", 0}, Utf8Case{"invalid_ff", "\xFF", 0}),
    [](const auto &info) { return std::string(info.param.name); });

TEST(Text, CharactersCutAtTheEndAreInvalid)
{
    for (const char *text : {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
        for (size_t length = 1; length < strlen(text); length++)
            EXPECT_EQ(tg_utf8_valid_prefix(tg_slice_of(text, length)), 0U) << text;
    }
}

TEST(Text, EncodesWhatItValidates)
{
    for (uint32_t point : {0x0U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
        uint8_t bytes[4];
        size_t length = tg_utf8_encode(point, bytes);
        EXPECT_TRUE(tg_utf8_valid(tg_slice_of(bytes, length))) << point;
        EXPECT_EQ(tg_utf8_length(tg_slice_of(bytes, length)), 1U);
    }
    uint8_t euro[4];
    EXPECT_EQ(tg_utf8_encode(0x20AC, euro), 3U);
    EXPECT_EQ(std::string(reinterpret_cast<char *>(euro), 3), "\xE2\x82\xAC");
    EXPECT_EQ(tg_utf8_length(tg_slice_text("na\xC3\xAFve \xF0\x9F\x98\x80")), 7U);
}

static const char *const candidates[] = {"COUNT", "SUM", "SUBSTRING", "LEN", "commit.interval.ms", nullptr};
static const char *candidate(const void *context, size_t index)
{
    return static_cast<const char *const *>(context)[index];
}

struct ClosestCase {
    const char *name;
    const char *word;
    const char *wanted;
};
class Closest : public testing::TestWithParam<ClosestCase>
{
};
TEST_P(Closest, Candidate)
{
    const char *found = tg_closest(GetParam().word, candidate, candidates);
    EXPECT_STREQ(found == nullptr ? "none" : found, GetParam().wanted);
}
INSTANTIATE_TEST_SUITE_P(
    Text, Closest,
    testing::Values(
        ClosestCase{"same_other_case", "count", "COUNT"}, ClosestCase{"letter_missing", "COUT", "COUNT"},
        ClosestCase{"letters_swapped", "CUONT", "COUNT"}, ClosestCase{"letter_too_many", "SUMM", "SUM"},
        ClosestCase{"one_of_three", "SUN", "SUM"}, ClosestCase{"two_of_three", "SAT", "none"},
        ClosestCase{"dots", "commit.intervall.ms", "commit.interval.ms"},
        ClosestCase{"too_far", "AVERAGE", "none"}, ClosestCase{"empty", "", "none"},
        ClosestCase{"very_long", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                    "none"}),
    [](const auto &info) { return std::string(info.param.name); });

class ReadFile : public testing::Test
{
protected:
    void SetUp() override
    {
        path = directory.file("content");
        FILE *file = fopen(path.c_str(), "w");
        ASSERT_NE(file, nullptr);
        std::string content(100000, 'q');
        fwrite(content.data(), 1, content.size(), file);
        fclose(file);
    }
    void TearDown() override
    {
        tg_buffer_done(&buffer);
    }
    TemporaryDirectory directory;
    std::string path;
    struct tg_buffer buffer = {};
    struct tg_error error = {};
};

TEST_F(ReadFile, WholeContentReplacesTheBuffer)
{
    tg_buffer_append_text(&buffer, "old");
    ASSERT_EQ(tg_read_file(path.c_str(), 100000, &buffer, &error), TG_OK);
    EXPECT_EQ(buffer.length, 100000U);
    EXPECT_EQ(buffer.data[99999], 'q');
}

TEST_F(ReadFile, SaysWhyItFailed)
{
    EXPECT_EQ(tg_read_file(path.c_str(), 99999, &buffer, &error), TG_CODE_LIMIT);
    EXPECT_EQ(tg_read_file((path + ".none").c_str(), 10, &buffer, &error), TG_CODE_IO);
    EXPECT_NE(strstr(error.message, "content.none: No such file"), nullptr) << error.message;
    EXPECT_EQ(tg_read_file(directory.path().c_str(), 10, &buffer, &error), TG_CODE_IO);
}

TEST(Text, ParsesWholeIntegersInRange)
{
    int64_t value = 0;
    EXPECT_TRUE(tg_parse_int64(tg_slice_text("-42"), -100, 100, &value));
    EXPECT_EQ(value, -42);
    EXPECT_TRUE(tg_parse_int64(tg_slice_text("+7"), 0, 7, &value));
    EXPECT_TRUE(tg_parse_int64(tg_slice_text("-9223372036854775808"), INT64_MIN, INT64_MAX, &value));
    EXPECT_EQ(value, INT64_MIN);
    EXPECT_TRUE(tg_parse_int64(tg_slice_text("9223372036854775807"), INT64_MIN, INT64_MAX, &value));
    for (const char *wrong :
         {"", "-", "+", "1a", " 1", "1 ", "101", "-101", "9223372036854775808", "99999999999999999999"})
        EXPECT_FALSE(tg_parse_int64(tg_slice_text(wrong), -100, 100, &value)) << wrong;
    EXPECT_FALSE(tg_parse_int64(tg_slice_text("9223372036854775808"), INT64_MIN, INT64_MAX, &value));
}
