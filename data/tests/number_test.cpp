#include "data/number.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

static std::string written(double value)
{
    char text[TG_DOUBLE_TEXT_MAX];
    return std::string(text, tg_double_write(value, text));
}

struct DoubleCase {
    double value;
    const char *text;
};
class DoubleWrite : public testing::TestWithParam<DoubleCase>
{
};
TEST_P(DoubleWrite, AsJava19)
{
    EXPECT_EQ(written(GetParam().value), GetParam().text);
}
static const double infinity = std::numeric_limits<double>::infinity();
INSTANTIATE_TEST_SUITE_P(
    Number, DoubleWrite,
    testing::Values(
        DoubleCase{0.0, "0.0"}, DoubleCase{-0.0, "-0.0"}, DoubleCase{1, "1.0"}, DoubleCase{-1.5, "-1.5"},
        DoubleCase{100, "100.0"}, DoubleCase{123456.789, "123456.789"}, DoubleCase{9999999, "9999999.0"},
        DoubleCase{9999999.999999998, "9999999.999999998"}, DoubleCase{1e7, "1.0E7"},
        DoubleCase{1.5e7, "1.5E7"}, DoubleCase{12345678.9, "1.23456789E7"}, DoubleCase{1e10, "1.0E10"},
        DoubleCase{0.001, "0.001"}, DoubleCase{0.0012345, "0.0012345"}, DoubleCase{0.00099999, "9.9999E-4"},
        DoubleCase{1e-4, "1.0E-4"}, DoubleCase{0.1, "0.1"}, DoubleCase{1.0 / 3, "0.3333333333333333"},
        DoubleCase{2.0 / 3, "0.6666666666666666"}, DoubleCase{1e23, "1.0E23"},
        DoubleCase{9.999999999999999e22, "1.0E23"}, DoubleCase{2e23, "2.0E23"},
        DoubleCase{9.007199254740993e15, "9.007199254740992E15"}, DoubleCase{1.234e-10, "1.234E-10"},
        DoubleCase{4.9e-324, "4.9E-324"}, DoubleCase{-4.9e-324, "-4.9E-324"},
        DoubleCase{9.9e-324, "9.9E-324"}, DoubleCase{1.5e-323, "1.5E-323"}, DoubleCase{2e-323, "2.0E-323"},
        DoubleCase{2.2250738585072014e-308, "2.2250738585072014E-308"},
        DoubleCase{2.225073858507201e-308, "2.225073858507201E-308"},
        DoubleCase{1.7976931348623157e308, "1.7976931348623157E308"}, DoubleCase{infinity, "Infinity"},
        DoubleCase{-infinity, "-Infinity"}, DoubleCase{std::nan(""), "NaN"},
        DoubleCase{4294967296.0, "4.294967296E9"}, DoubleCase{2097152.5, "2097152.5"}));

TEST(Number, RandomDoublesReadBack)
{
    std::mt19937_64 random(20240101);
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = random();
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value))
            continue;
        std::string text = written(value);
        double again = 0;
        ASSERT_TRUE(tg_double_parse(tg_slice_of(text.data(), text.size()), &again)) << text;
        ASSERT_EQ(memcmp(&value, &again, sizeof value), 0) << text;
        ASSERT_EQ(strtod(text.c_str(), nullptr), value) << text;
    }
}

TEST(Number, RandomDecimalTextsParseAsStrtod)
{
    std::mt19937_64 random(7);
    for (int i = 0; i < 100000; i++) {
        std::string text = std::to_string(random() >> (random() % 60));
        text.insert(random() % text.size(), ".");
        if (random() % 2 == 0)
            text += "e" + std::to_string(static_cast<int>(random() % 60) - 30);
        double value = 0;
        ASSERT_TRUE(tg_double_parse(tg_slice_of(text.data(), text.size()), &value)) << text;
        ASSERT_EQ(value, strtod(text.c_str(), nullptr)) << text;
    }
}

struct ParseCase {
    const char *text;
    double value;
};
class DoubleParse : public testing::TestWithParam<ParseCase>
{
};
TEST_P(DoubleParse, RoundsCorrectly)
{
    double value = -99;
    ASSERT_TRUE(tg_double_parse(tg_slice_text(GetParam().text), &value));
    EXPECT_EQ(value, GetParam().value);
    EXPECT_EQ(std::signbit(value), std::signbit(GetParam().value));
}
INSTANTIATE_TEST_SUITE_P(
    Number, DoubleParse,
    testing::Values(
        ParseCase{"0", 0.0}, ParseCase{"-0", -0.0}, ParseCase{"1", 1}, ParseCase{"+1", 1}, ParseCase{"1.", 1},
        ParseCase{".5", .5}, ParseCase{"-1.5E+3", -1500}, ParseCase{"1e22", 1e22}, ParseCase{"1e23", 1e23},
        ParseCase{"9007199254740993", 9007199254740992.0},
        ParseCase{"9007199254740993.0000000000000000000000001", 9007199254740994.0},
        ParseCase{"0.30000000000000000000000001", 0.3},
        ParseCase{"0.1000000000000000055511151231257827", 0.1},
        ParseCase{"00000000000000000000000000001.50", 1.5}, ParseCase{"1e400", infinity},
        ParseCase{"-1e400", -infinity}, ParseCase{"1e99999999999999999999", infinity},
        ParseCase{"1e-400", 0.0}, ParseCase{"-1e-99999999999999999999", -0.0}, ParseCase{"0e99999999", 0.0},
        ParseCase{"2.2250738585072011e-308", 2.2250738585072011e-308}, ParseCase{"4.9E-324", 4.9e-324},
        ParseCase{"2.4703282292062327e-324", 0.0}, ParseCase{"2.4703282292062329e-324", 4.9e-324},
        ParseCase{"1.7976931348623158e308", 1.7976931348623157e308},
        ParseCase{"1.7976931348623159e308", infinity},
        ParseCase{"123456789012345678901234567890", 1.2345678901234568e29}));

TEST(Number, WhatIsNoNumberIsRefused)
{
    double value = 0;
    for (const char *text : {"", "-", "+", ".", "-.", "e5", "1e", "1e+", "1e5x", "1 ", " 1", "1.2.3", "--1",
                             "0x10", "NaN", "Infinity", "1d", "1_0"})
        EXPECT_FALSE(tg_double_parse(tg_slice_text(text), &value)) << text;
}

TEST(Number, IntegersAtTheirLimits)
{
    struct {
        int64_t value;
        const char *text;
    } cases[] = {{0, "0"},
                 {7, "7"},
                 {-1, "-1"},
                 {10, "10"},
                 {99, "99"},
                 {100, "100"},
                 {12345, "12345"},
                 {-100, "-100"},
                 {INT64_MAX, "9223372036854775807"},
                 {INT64_MIN, "-9223372036854775808"}};
    for (const auto &item : cases) {
        char text[TG_INT64_TEXT_MAX];
        EXPECT_EQ(std::string(text, tg_int64_write(item.value, text)), item.text);
        int64_t value = 0;
        EXPECT_TRUE(tg_int64_parse(tg_slice_text(item.text), &value));
        EXPECT_EQ(value, item.value);
    }
    int64_t value = 0;
    EXPECT_TRUE(tg_int64_parse(tg_slice_text("+0000000000000000000000042"), &value));
    EXPECT_EQ(value, 42);
    for (const char *text : {"", "-", "+", "1.0", "9223372036854775808", "-9223372036854775809",
                             "99999999999999999999", "1e3", " 1", "1-"})
        EXPECT_FALSE(tg_int64_parse(tg_slice_text(text), &value)) << text;
}

TEST(Number, Int32HasItsOwnLimits)
{
    int32_t value = 0;
    EXPECT_TRUE(tg_int32_parse(tg_slice_text("2147483647"), &value));
    EXPECT_EQ(value, INT32_MAX);
    EXPECT_TRUE(tg_int32_parse(tg_slice_text("-2147483648"), &value));
    EXPECT_EQ(value, INT32_MIN);
    EXPECT_FALSE(tg_int32_parse(tg_slice_text("2147483648"), &value));
    EXPECT_FALSE(tg_int32_parse(tg_slice_text("-2147483649"), &value));
    EXPECT_FALSE(tg_int32_parse(tg_slice_text("x"), &value));
}

/* As the standard library writes them, around every power of ten and of two. */
TEST(IntegerWrite, AllLengths)
{
    auto text_of = [](int64_t value) {
        char text[TG_INT64_TEXT_MAX];
        return std::string(text, tg_int64_write(value, text));
    };
    char text[TG_INT64_TEXT_MAX];
    for (uint64_t base : {uint64_t{2}, uint64_t{10}}) {
        uint64_t last = 0;
        for (uint64_t power = 1; power / base == last || power == 1; last = power, power *= base) {
            for (uint64_t value : {power - 1, power, power + 1}) {
                ASSERT_EQ(std::string(text, tg_uint64_write(value, text)), std::to_string(value));
                int64_t number = static_cast<int64_t>(value);
                ASSERT_EQ(text_of(number), std::to_string(number));
                ASSERT_EQ(text_of(static_cast<int64_t>(0 - value)),
                          std::to_string(static_cast<int64_t>(0 - value)));
            }
        }
    }
}
