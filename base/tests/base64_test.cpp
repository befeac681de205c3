#include "base/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace
{

struct Pair {
    const char *name;
    std::string bytes;
    const char *text;
};

class Base64 : public testing::TestWithParam<Pair>
{
};

TEST_P(Base64, EncodesAndDecodes)
{
    const std::string &bytes = GetParam().bytes;
    std::string text(tg_base64_encoded_length(bytes.size()), '?');
    tg_base64_encode(tg_slice_of(bytes.data(), bytes.size()), reinterpret_cast<uint8_t *>(&text[0]));
    EXPECT_EQ(text, GetParam().text);

    std::string back(text.size() / 4 * 3 + 1, '?');
    size_t length = 0;
    ASSERT_TRUE(tg_base64_decode(tg_slice_of(text.data(), text.size()), reinterpret_cast<uint8_t *>(&back[0]),
                                 &length));
    EXPECT_EQ(back.substr(0, length), bytes);
}

INSTANTIATE_TEST_SUITE_P(Vectors, Base64,
                         testing::Values(Pair{"empty", "", ""}, Pair{"one", "f", "Zg=="},
                                         Pair{"two", "fo", "Zm8="}, Pair{"three", "foo", "Zm9v"},
                                         Pair{"six", "foobar", "Zm9vYmFy"},
                                         Pair{"high", "\xff\xfe\xfd\xfb", "//79+w=="}),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Base64Decode, PassesOverBlanks)
{
    uint8_t out[16];
    size_t length = 0;
    ASSERT_TRUE(tg_base64_decode(tg_slice_text(" Zm9v\r\nYm E= "), out, &length));
    EXPECT_EQ(std::string(reinterpret_cast<char *>(out), length), "fooba");
}

TEST(Base64Decode, RefusesWhatIsNotBase64)
{
    uint8_t out[16];
    size_t length = 0;
    for (const char *text :
         {"Z", "Zg", "Zg=", "Zg==Zg==", "Zg==x", "Z===", "====", "Zm-v", "Zh==", "Zm9=", "Zm9v!"})
        EXPECT_FALSE(tg_base64_decode(tg_slice_text(text), out, &length)) << text;
}

} // namespace
