#include "base/properties.h"
#include "base/tests/temporary_directory.h"

#include <cstdio>
#include <string>

#include <gtest/gtest.h>

static std::string show(const struct tg_properties *properties)
{
    std::string all;
    for (size_t i = 0; i < tg_properties_count(properties); i++)
        all += std::string("<") + tg_properties_key(properties, i) + "|" +
               tg_properties_value(properties, i) + ">";
    return all;
}

struct LoadCase {
    const char *name;
    std::string text;
    const char *wanted;
};
class PropertiesLoad : public testing::TestWithParam<LoadCase>
{
};
TEST_P(PropertiesLoad, AsJavaDoes)
{
    struct tg_properties *properties = tg_properties_new();
    struct tg_error error = {};
    const std::string &text = GetParam().text;
    EXPECT_EQ(tg_properties_parse(properties, tg_slice_of(text.data(), text.size()), "test", &error), TG_OK)
        << error.message;
    EXPECT_EQ(show(properties), GetParam().wanted);
    tg_properties_free(properties);
}
INSTANTIATE_TEST_SUITE_P(
    Base, PropertiesLoad,
    testing::Values(
        LoadCase{"empty", "", ""}, LoadCase{"blank_lines", " \n\t\n\r\n", ""},
        LoadCase{"equals", "a=b", "<a|b>"}, LoadCase{"colon", "a:b", "<a|b>"},
        LoadCase{"blank", "a b c", "<a|b c>"}, LoadCase{"blanks_around", "  a \t= \f b \n", "<a|b >"},
        LoadCase{"two_separators", "a==b\nc:=d", "<a|=b><c|=d>"},
        LoadCase{"blank_then_colon", "a : b", "<a|b>"}, LoadCase{"key_only", "a\nb=\n=c", "<a|><b|><|c>"},
        LoadCase{"comments", "# x=y \\\n ! z\na=b # no comment", "<a|b # no comment>"},
        LoadCase{"line_ends", "a=1\rb=2\r\nc=3\n", "<a|1><b|2><c|3>"},
        LoadCase{"continued", "a=one,\\\n   two,\\\r\n\tthree", "<a|one,two,three>"},
        LoadCase{"continued_key", "ke\\\n  y=v", "<key|v>"},
        LoadCase{"continued_separator", "a \\\n = \\\n b", "<a|b>"},
        LoadCase{"continued_then_comment_sign", "a=b\\\n#c", "<a|b#c>"},
        LoadCase{"two_backslashes_do_not_continue", "a=b\\\\\nc=d", "<a|b\\><c|d>"},
        LoadCase{"backslash_at_end", "a=b\\", "<a|b>"},
        LoadCase{"escapes", "a\\ b\\=c\\:d=\\t\\n\\r\\f\\q\\\\\\\"", "<a b=c:d|\t\n\r\fq\\\">"},
        LoadCase{"unicode", "a=\\u00e4\\u20AC\\uD83D\\uDE00", "<a|\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80>"},
        LoadCase{"utf8", "\xEF\xBB\xBF\xC3\xA4=\xE2\x82\xAC", "<\xC3\xA4|\xE2\x82\xAC>"},
        LoadCase{"last_wins", "a=1\nb=2\na=3", "<a|3><b|2>"},
        LoadCase{"kafka_login",
                 "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n  "
                 "username=\"u\" \\\n  password=\"p=:\";\n",
                 "<sasl.jaas.config|org.apache.kafka.common.security.plain.PlainLoginModule required "
                 "username=\"u\" password=\"p=:\";>"}),
    [](const auto &info) { return std::string(info.param.name); });

struct BadCase {
    const char *name;
    std::string text;
    const char *message;
    uint32_t offset;
};
class PropertiesBad : public testing::TestWithParam<BadCase>
{
};
TEST_P(PropertiesBad, IsRefusedWithItsPlace)
{
    struct tg_properties *properties = tg_properties_new();
    struct tg_error error = {};
    const std::string &text = GetParam().text;
    EXPECT_EQ(tg_properties_parse(properties, tg_slice_of(text.data(), text.size()), "f", &error),
              TG_CODE_CONFIG);
    EXPECT_STREQ(error.message, GetParam().message);
    EXPECT_EQ(error.place.offset, GetParam().offset);
    tg_properties_free(properties);
}
INSTANTIATE_TEST_SUITE_P(
    Base, PropertiesBad,
    testing::Values(BadCase{"short_escape", "a=1\r\nb=\\u12", "f:2:3: \\u needs four hexadecimal digits", 7},
                    BadCase{"no_hex", "\xC3\xA4=\\u12x4", "f:1:3: \\u needs four hexadecimal digits", 3},
                    BadCase{"lone_high", "a=\\uD83Dx", "f:1:3: half of a surrogate pair is no character", 2},
                    BadCase{"lone_low", "a=\\uDE00", "f:1:3: half of a surrogate pair is no character", 2},
                    BadCase{"nul_escape", "a=\\u0000",
                            "f:1:3: the character U+0000 cannot be part of a setting", 2},
                    BadCase{"nul_byte", std::string("a=x\0y", 5),
                            "f:1:4: the character U+0000 cannot be part of a setting", 3},
                    BadCase{"nul_escaped", std::string("a\\\0=y", 5),
                            "f:1:3: the character U+0000 cannot be part of a setting", 2},
                    BadCase{"not_utf8", "a=b\rc=\xFFz", "f:2:3: the text is not UTF-8", 6}),
    [](const auto &info) { return std::string(info.param.name); });

TEST(Properties, SetGetRemoveCopy)
{
    struct tg_properties *properties = tg_properties_new();
    tg_properties_set(properties, "a", "1", "--set");
    tg_properties_set(properties, "b", "2", "file");
    tg_properties_set(properties, "c", "3", "file");
    tg_properties_set(properties, "a", "4", "SET");
    EXPECT_STREQ(tg_properties_get(properties, "a"), "4");
    EXPECT_STREQ(tg_properties_origin(properties, 0), "SET");
    EXPECT_EQ(tg_properties_get(properties, "A"), nullptr);
    struct tg_properties *copy = tg_properties_copy(properties);
    tg_properties_remove(properties, "b");
    tg_properties_remove(properties, "none");
    EXPECT_EQ(show(properties), "<a|4><c|3>");
    EXPECT_EQ(show(copy), "<a|4><b|2><c|3>");
    EXPECT_STREQ(tg_properties_origin(copy, 1), "file");
    tg_properties_free(properties);
    tg_properties_free(copy);
    tg_properties_free(nullptr);
}

TEST(Properties, LoadNamesTheFile)
{
    TemporaryDirectory directory;
    std::string path = directory.file("properties");
    FILE *file = fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    fputs("bootstrap.servers = localhost:9092\n", file);
    fclose(file);
    struct tg_properties *properties = tg_properties_new();
    struct tg_error error = {};
    EXPECT_EQ(tg_properties_load(properties, path.c_str(), &error), TG_OK);
    EXPECT_STREQ(tg_properties_get(properties, "bootstrap.servers"), "localhost:9092");
    EXPECT_EQ(tg_properties_origin(properties, 0), path);
    remove(path.c_str());
    EXPECT_EQ(tg_properties_load(properties, path.c_str(), &error), TG_CODE_IO);
    tg_properties_free(properties);
}
