#include "data/decimal.h"

#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

/* Decimals as texts: the tests read what a person would write. */
static tg_int128 decimal(const std::string &text, unsigned scale)
{
    tg_int128 value = 0;
    EXPECT_EQ(
        tg_decimal_parse(tg_slice_of(text.data(), text.size()), 38, scale, TG_ROUND_UNNECESSARY, &value),
        TG_DECIMAL_OK)
        << text;
    return value;
}

static std::string text_of(tg_int128 value, unsigned scale)
{
    char text[TG_DECIMAL_TEXT_MAX];
    return std::string(text, tg_decimal_write(value, scale, text));
}

static std::string outcome(enum tg_decimal_result result, tg_int128 value, unsigned scale)
{
    static const char *const names[] = {"", "overflow", "inexact", "by zero", "malformed"};
    return result == TG_DECIMAL_OK ? text_of(value, scale) : names[result];
}

static unsigned scale_of(const std::string &text)
{
    size_t point = text.find('.');
    return point == std::string::npos ? 0 : static_cast<unsigned>(text.size() - point - 1);
}

static const std::string nines(38, '9');

struct OperationCase {
    const char *name;
    char operation;
    std::string left, right;
    unsigned precision, scale;
    std::string wanted;
};
class Operation : public testing::TestWithParam<OperationCase>
{
};
TEST_P(Operation, Result)
{
    const OperationCase &item = GetParam();
    struct tg_decimal_operands operands = {};
    operands.left_scale = scale_of(item.left);
    operands.right_scale = scale_of(item.right);
    operands.left = decimal(item.left, operands.left_scale);
    operands.right = decimal(item.right, operands.right_scale);
    operands.precision = item.precision;
    operands.scale = item.scale;
    tg_int128 value = 0;
    enum tg_decimal_result result = TG_DECIMAL_OK;
    switch (item.operation) {
    case '+':
        result = tg_decimal_add(&operands, &value);
        break;
    case '-':
        result = tg_decimal_subtract(&operands, &value);
        break;
    case '*':
        result = tg_decimal_multiply(&operands, &value);
        break;
    case '/':
        result = tg_decimal_divide(&operands, &value);
        break;
    default:
        result = tg_decimal_modulo(&operands, &value);
    }
    EXPECT_EQ(outcome(result, value, item.scale), item.wanted);
}
INSTANTIATE_TEST_SUITE_P(
    Decimal, Operation,
    testing::Values(OperationCase{"add_same_scale", '+', "1.50", "2.75", 4, 2, "4.25"},
                    OperationCase{"add_scales", '+', "1.5", "-2.755", 6, 3, "-1.255"},
                    OperationCase{"add_overflow", '+', "9.99", "0.01", 3, 2, "overflow"},
                    OperationCase{"add_most", '+', nines, nines, 38, 0, "overflow"},
                    OperationCase{"add_most_negative", '+', "-" + nines, "-" + nines, 38, 0, "overflow"},
                    OperationCase{"add_cancels_wide", '+', nines, "-" + nines.substr(1) + ".0", 38, 0,
                                  "90000000000000000000000000000000000000"},
                    OperationCase{"add_loses_digits", '+', "1.25", "1.2", 38, 1, "inexact"},
                    OperationCase{"add_to_less_scale", '+', "1.25", "1.25", 38, 1, "2.5"},
                    OperationCase{"subtract", '-', "1.00", "3", 5, 2, "-2.00"},
                    OperationCase{"subtract_zero", '-', "0.00", "0", 5, 2, "0.00"},
                    OperationCase{"multiply", '*', "1.5", "-2.25", 8, 3, "-3.375"},
                    OperationCase{"multiply_wide_cut", '*', "12345678901234567890.0000",
                                  "1000000000000000000.0000", 38, 0,
                                  "12345678901234567890000000000000000000"},
                    OperationCase{"multiply_overflow", '*', nines, nines, 38, 0, "overflow"},
                    OperationCase{"multiply_inexact", '*', "0.1", "0.1", 38, 1, "inexact"},
                    OperationCase{"multiply_deep_scale", '*', "0." + nines.substr(1), "0." + nines.substr(1),
                                  76, 38, "inexact"},
                    OperationCase{"divide", '/', "1.00", "8", 10, 6, "0.125000"},
                    OperationCase{"divide_third", '/', "1", "3", 38, 30, "inexact"},
                    OperationCase{"divide_negative", '/', "-7.50", "2.5", 10, 2, "-3.00"},
                    OperationCase{"divide_zero", '/', "1", "0.0", 10, 2, "by zero"},
                    OperationCase{"divide_nothing", '/', "0", "3", 10, 2, "0.00"},
                    OperationCase{"divide_wide", '/', nines, "3.0", 38, 0, std::string(38, '3')},
                    OperationCase{"divide_wide_by_wide", '/', nines,
                                  nines.substr(0, 19) + "0" + nines.substr(0, 18), 38, 0, "inexact"},
                    OperationCase{"divide_many_digits", '/', "1", "0.0000000000000000000000000000004", 38, 20,
                                  "overflow"},
                    OperationCase{"divide_reduced", '/', "0.3", "0.00000000000000000000000000000012", 38, 7,
                                  "2500000000000000000000000000000.0000000"},
                    OperationCase{"divide_reduced_inexact", '/', "0.3", "0.00000000000000000000000000000007",
                                  38, 20, "inexact"},
                    OperationCase{"divide_to_fewer_digits", '/', "4.00000", "2", 38, 0, "2"},
                    OperationCase{"divide_to_fewer_digits_inexact", '/', "4.00001", "2", 38, 0, "inexact"},
                    OperationCase{"modulo", '%', "7.5", "2", 5, 1, "1.5"},
                    OperationCase{"modulo_sign_of_dividend", '%', "-7.5", "2", 5, 1, "-1.5"},
                    OperationCase{"modulo_negative_divisor", '%', "7.5", "-2", 5, 1, "1.5"},
                    OperationCase{"modulo_zero", '%', "7.5", "0", 5, 1, "by zero"},
                    OperationCase{"modulo_scales", '%', "1", "0.3", 5, 1, "0.1"},
                    OperationCase{"modulo_wide_left", '%', nines, "0.0000000007", 38, 10, "0.0000000004"},
                    OperationCase{"modulo_wide_right", '%', "0.0000000001", nines, 38, 10, "0.0000000001"}),
    [](const auto &info) { return std::string(info.param.name); });

struct RoundCase {
    const char *text;
    const char *half_up, *half_down, *down, *ceiling, *floor, *unnecessary;
};
class Rounding : public testing::TestWithParam<RoundCase>
{
};
/* The table of java.math.RoundingMode; by rescaling and by reading the text. */
TEST_P(Rounding, ToWholeNumbers)
{
    const RoundCase &item = GetParam();
    const struct {
        enum tg_decimal_rounding rounding;
        const char *wanted;
    } modes[] = {{TG_ROUND_HALF_UP, item.half_up}, {TG_ROUND_HALF_DOWN, item.half_down},
                 {TG_ROUND_DOWN, item.down},       {TG_ROUND_CEILING, item.ceiling},
                 {TG_ROUND_FLOOR, item.floor},     {TG_ROUND_UNNECESSARY, item.unnecessary}};
    for (const auto &mode : modes) {
        tg_int128 value = 0;
        unsigned scale = scale_of(item.text);
        enum tg_decimal_result result =
            tg_decimal_rescale(decimal(item.text, scale), scale, 0, mode.rounding, &value);
        EXPECT_EQ(outcome(result, value, 0), mode.wanted) << mode.rounding;
        result = tg_decimal_parse(tg_slice_text(item.text), 38, 0, mode.rounding, &value);
        EXPECT_EQ(outcome(result, value, 0), mode.wanted) << mode.rounding;
    }
}
INSTANTIATE_TEST_SUITE_P(Decimal, Rounding,
                         testing::Values(RoundCase{"5.5", "6", "5", "5", "6", "5", "inexact"},
                                         RoundCase{"2.5", "3", "2", "2", "3", "2", "inexact"},
                                         RoundCase{"1.6", "2", "2", "1", "2", "1", "inexact"},
                                         RoundCase{"1.1", "1", "1", "1", "2", "1", "inexact"},
                                         RoundCase{"1.0", "1", "1", "1", "1", "1", "1"},
                                         RoundCase{"-1.0", "-1", "-1", "-1", "-1", "-1", "-1"},
                                         RoundCase{"-1.1", "-1", "-1", "-1", "-1", "-2", "inexact"},
                                         RoundCase{"-1.6", "-2", "-2", "-1", "-1", "-2", "inexact"},
                                         RoundCase{"-2.5", "-3", "-2", "-2", "-2", "-3", "inexact"},
                                         RoundCase{"-5.5", "-6", "-5", "-5", "-5", "-6", "inexact"},
                                         RoundCase{"0.50", "1", "0", "0", "1", "0", "inexact"},
                                         RoundCase{"0.501", "1", "1", "0", "1", "0", "inexact"},
                                         RoundCase{"0.499", "0", "0", "0", "1", "0", "inexact"},
                                         RoundCase{"-0.01", "0", "0", "0", "0", "-1", "inexact"},
                                         RoundCase{"0.000", "0", "0", "0", "0", "0", "0"}));

TEST(Decimal, RescaleToMoreDigits)
{
    tg_int128 value = 0;
    EXPECT_EQ(tg_decimal_rescale(12, 1, 3, TG_ROUND_UNNECESSARY, &value), TG_DECIMAL_OK);
    EXPECT_EQ(text_of(value, 3), "1.200");
    EXPECT_EQ(tg_decimal_rescale(decimal(nines, 0), 0, 1, TG_ROUND_UNNECESSARY, &value), TG_DECIMAL_OVERFLOW);
    EXPECT_EQ(tg_decimal_rescale(1, 0, 38, TG_ROUND_UNNECESSARY, &value), TG_DECIMAL_OVERFLOW);
    EXPECT_EQ(tg_decimal_rescale(0, 0, 38, TG_ROUND_UNNECESSARY, &value), TG_DECIMAL_OK);
    EXPECT_EQ(tg_decimal_rescale(decimal(nines, 0), 38, 0, TG_ROUND_HALF_UP, &value), TG_DECIMAL_OK);
    EXPECT_EQ(text_of(value, 0), "1");
    EXPECT_EQ(tg_decimal_rescale(5, 76, 0, TG_ROUND_CEILING, &value), TG_DECIMAL_OK);
    EXPECT_EQ(text_of(value, 0), "1");
    EXPECT_EQ(tg_decimal_rescale(5, 76, 0, TG_ROUND_HALF_UP, &value), TG_DECIMAL_OK);
    EXPECT_EQ(text_of(value, 0), "0");
}

struct TextCase {
    const char *text;
    unsigned precision, scale;
    const char *wanted;
};
class DecimalText : public testing::TestWithParam<TextCase>
{
};
TEST_P(DecimalText, ParsesHalfUp)
{
    const TextCase &item = GetParam();
    tg_int128 value = 0;
    enum tg_decimal_result result =
        tg_decimal_parse(tg_slice_text(item.text), item.precision, item.scale, TG_ROUND_HALF_UP, &value);
    EXPECT_EQ(outcome(result, value, item.scale), item.wanted);
}
INSTANTIATE_TEST_SUITE_P(
    Decimal, DecimalText,
    testing::Values(
        TextCase{"0", 1, 0, "0"}, TextCase{"12.5", 4, 2, "12.50"}, TextCase{"-0.005", 3, 2, "-0.01"},
        TextCase{"-0.004", 3, 2, "0.00"}, TextCase{"+7", 3, 0, "7"}, TextCase{".5", 3, 1, "0.5"},
        TextCase{"5.", 3, 1, "5.0"}, TextCase{"-1E3", 5, 0, "-1000"}, TextCase{"1.25e-1", 5, 3, "0.125"},
        TextCase{"1E+2", 3, 0, "100"}, TextCase{"99.995", 4, 2, "overflow"},
        TextCase{"99.994", 4, 2, "99.99"}, TextCase{"100", 2, 0, "overflow"},
        TextCase{"1e38", 38, 0, "overflow"},
        TextCase{"1e37", 38, 0, "10000000000000000000000000000000000000"},
        TextCase{"0e999999999999", 5, 2, "0.00"}, TextCase{"1e999999999999", 38, 0, "overflow"},
        TextCase{"1e-999999999999", 38, 10, "0.0000000000"},
        TextCase{"000000000000000000000000000000000000000000000000001", 38, 0, "1"},
        TextCase{"99999999999999999999999999999999999999", 38, 0, "99999999999999999999999999999999999999"},
        TextCase{"99999999999999999999999999999999999999.5", 38, 0, "overflow"},
        TextCase{"999999999999999999999999999999999999999", 38, 0, "overflow"},
        TextCase{"", 5, 0, "malformed"}, TextCase{"-", 5, 0, "malformed"}, TextCase{".", 5, 0, "malformed"},
        TextCase{"1e", 5, 0, "malformed"}, TextCase{"1.2.3", 5, 0, "malformed"},
        TextCase{" 1", 5, 0, "malformed"}, TextCase{"1x", 5, 0, "malformed"},
        TextCase{"1e5 ", 5, 0, "malformed"}, TextCase{"NaN", 5, 0, "malformed"}));

TEST(Decimal, WritesPlainText)
{
    EXPECT_EQ(text_of(0, 0), "0");
    EXPECT_EQ(text_of(0, 3), "0.000");
    EXPECT_EQ(text_of(-5, 3), "-0.005");
    EXPECT_EQ(text_of(123456, 3), "123.456");
    EXPECT_EQ(text_of(decimal(nines, 0), 38), "0." + nines);
    EXPECT_EQ(text_of(-decimal(nines, 0), 37), "-9." + nines.substr(1));
    tg_int128 chunk = decimal("10000000000000000000", 0); /* 19 zeros: the border of two chunks */
    EXPECT_EQ(text_of(chunk, 0), "10000000000000000000");
    EXPECT_EQ(text_of(chunk * 5, 1), "5000000000000000000.0");
}

TEST(Decimal, FitsItsPrecision)
{
    EXPECT_TRUE(tg_decimal_fits(99, 2));
    EXPECT_TRUE(tg_decimal_fits(-99, 2));
    EXPECT_FALSE(tg_decimal_fits(100, 2));
    EXPECT_FALSE(tg_decimal_fits(-100, 2));
    EXPECT_TRUE(tg_decimal_fits(decimal(nines, 0), 38));
    EXPECT_FALSE(tg_decimal_fits(decimal(nines, 0) + 1, 50));
}

TEST(Decimal, ComparesAcrossScales)
{
    const char *ascending[] = {"-99999999999999999999999999999999999999",
                               "-1.1",
                               "-1",
                               "-0.99999999999999999999999999999999999999",
                               "0",
                               "0.00000000000000000000000000000000000001",
                               "1",
                               "1.05",
                               "1.1",
                               "99999999999999999999999999999999999999"};
    for (size_t i = 0; i < std::size(ascending); i++) {
        for (size_t j = 0; j < std::size(ascending); j++) {
            unsigned left_scale = scale_of(ascending[i]);
            unsigned right_scale = scale_of(ascending[j]);
            int order = tg_decimal_compare(decimal(ascending[i], left_scale), left_scale,
                                           decimal(ascending[j], right_scale), right_scale);
            EXPECT_EQ(order, i < j ? -1 : i > j) << ascending[i] << " " << ascending[j];
        }
    }
    EXPECT_EQ(tg_decimal_compare(10, 1, 100, 2), 0);
    EXPECT_EQ(tg_decimal_compare(-10, 1, -100, 2), 0);
}

TEST(Decimal, ToAndFromDouble)
{
    EXPECT_EQ(tg_decimal_to_double(125, 2), 1.25);
    EXPECT_EQ(tg_decimal_to_double(-1, 1), -0.1);
    EXPECT_EQ(tg_decimal_to_double(decimal(nines, 0), 0), 1e38);
    EXPECT_EQ(tg_decimal_to_double(decimal("9007199254740993", 0), 0), 9007199254740992.0);
    EXPECT_EQ(tg_decimal_to_double(decimal("12345678901234567890123", 0), 22), 1.2345678901234567890123);
    tg_int128 value = 0;
    EXPECT_EQ(tg_decimal_from_double(0.1, 3, 2, TG_ROUND_UNNECESSARY, &value), TG_DECIMAL_OK);
    EXPECT_EQ(text_of(value, 2), "0.10");
    EXPECT_EQ(tg_decimal_from_double(1e23, 38, 2, TG_ROUND_HALF_UP, &value), TG_DECIMAL_OK);
    EXPECT_EQ(text_of(value, 2), "100000000000000000000000.00");
    EXPECT_EQ(tg_decimal_from_double(2.345, 3, 2, TG_ROUND_HALF_UP, &value), TG_DECIMAL_OK);
    EXPECT_EQ(text_of(value, 2), "2.35");
    EXPECT_EQ(tg_decimal_from_double(1e300, 38, 0, TG_ROUND_HALF_UP, &value), TG_DECIMAL_OVERFLOW);
    EXPECT_EQ(tg_decimal_from_double(std::nan(""), 38, 0, TG_ROUND_HALF_UP, &value), TG_DECIMAL_MALFORMED);
}

/* Products and quotients of random numbers undo each other, at every size. */
TEST(Decimal, RandomProductsDivideBack)
{
    std::mt19937_64 random(99);
    for (int i = 0; i < 20000; i++) {
        tg_int128 left = static_cast<int64_t>(random()) >> (random() % 60);
        tg_int128 right = static_cast<int64_t>(random()) >> (random() % 60);
        unsigned left_scale = static_cast<unsigned>(random() % 20);
        unsigned right_scale = static_cast<unsigned>(random() % 20);
        struct tg_decimal_operands operands = {left,        right, left_scale,
                                               right_scale, 38,    left_scale + right_scale};
        tg_int128 product = 0;
        enum tg_decimal_result result = tg_decimal_multiply(&operands, &product);
        if (result == TG_DECIMAL_OVERFLOW)
            continue;
        ASSERT_EQ(result, TG_DECIMAL_OK);
        ASSERT_EQ(product, left * right);
        if (right == 0)
            continue;
        struct tg_decimal_operands back = {product,     right, left_scale + right_scale,
                                           right_scale, 38,    left_scale};
        tg_int128 quotient = 0;
        ASSERT_EQ(tg_decimal_divide(&back, &quotient), TG_DECIMAL_OK);
        ASSERT_EQ(quotient, left);
        tg_int128 rest = 1;
        struct tg_decimal_operands modulo = {product, right, left_scale, left_scale, 38, left_scale};
        ASSERT_EQ(tg_decimal_modulo(&modulo, &rest), TG_DECIMAL_OK);
        ASSERT_EQ(rest, 0);
    }
}

/* Digit by digit, with the point put in afterwards. */
static std::string text_slowly(tg_int128 value, unsigned scale)
{
    std::string digits;
    tg_uint128 left = value < 0 ? 0 - static_cast<tg_uint128>(value) : static_cast<tg_uint128>(value);
    for (; left != 0 || digits.size() <= scale; left /= 10)
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
    if (scale > 0)
        digits.insert(digits.size() - scale, ".");
    return (value < 0 ? "-" : "") + digits;
}

/* Around every power of ten and at random, with every scale. */
TEST(Decimal, WritesAllSizes)
{
    std::mt19937_64 random(7);
    tg_int128 power = 1;
    for (unsigned digits = 0; digits <= 38; digits++, power *= digits <= 38 ? 10 : 1) {
        tg_int128 some = static_cast<tg_int128>(random()) << 63 | static_cast<tg_int128>(random() >> 1);
        for (tg_int128 value : {power - 1, power, power + 1, some % power}) {
            for (unsigned scale = 0; scale <= 38; scale++) {
                ASSERT_EQ(text_of(value, scale), text_slowly(value, scale));
                ASSERT_EQ(text_of(-value, scale), text_slowly(-value, scale));
            }
        }
    }
}
