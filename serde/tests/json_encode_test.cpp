// Rows of columns as JSON.
#include <gtest/gtest.h>

#include "serde/tests/serde_test.hpp"

namespace
{

using namespace serde_test;
using Records = std::vector<std::string>;

struct EncodeCase {
    const char *type;
    const char *in;
    const char *out;
};

std::ostream &operator<<(std::ostream &out, const EncodeCase &value)
{
    return out << value.type << " " << value.in;
}

class JsonEncode : public testing::TestWithParam<EncodeCase>
{
};

TEST_P(JsonEncode, WritesAValue)
{
    const EncodeCase &param = GetParam();
    Columns columns({{"V", param.type}});
    tg_format_options options = columns.options();
    Decoder decoder(find_format("JSON"), columns, options);
    decoder.decode({Record(std::string("{\"V\":") + param.in + "}"), Record("{}")});
    ASSERT_EQ(decoder.error_count(), 0U);
    Encoder wrapped(find_format("JSON"), options);
    EXPECT_EQ(wrapped.encode(decoder.columns(), 2),
              (Records{std::string("{\"V\":") + param.out + "}", "{\"V\":null}"}));
    options.unwrapped = true;
    Encoder bare(find_format("JSON"), options);
    EXPECT_EQ(bare.encode(decoder.columns(), 2), (Records{param.out, "<null>"}));
}

INSTANTIATE_TEST_SUITE_P(
    Values, JsonEncode,
    testing::Values(
        EncodeCase{"BOOLEAN", "true", "true"}, EncodeCase{"BOOLEAN", "false", "false"},
        EncodeCase{"INT", "-2147483648", "-2147483648"}, EncodeCase{"INT", "0", "0"},
        EncodeCase{"BIGINT", "9223372036854775807", "9223372036854775807"},
        EncodeCase{"BIGINT", "-9223372036854775808", "-9223372036854775808"},
        EncodeCase{"DOUBLE", "1", "1.0"}, EncodeCase{"DOUBLE", "10000000", "1.0E7"},
        EncodeCase{"DOUBLE", "0.00099", "9.9E-4"}, EncodeCase{"DOUBLE", "-0.0", "-0.0"},
        EncodeCase{"DOUBLE", "\"NaN\"", "\"NaN\""}, EncodeCase{"DOUBLE", "-1e999", "\"-Infinity\""},
        EncodeCase{"DECIMAL(6, 3)", "1.5", "1.500"}, EncodeCase{"DECIMAL(2, 0)", "-7", "-7"},
        EncodeCase{"DECIMAL(3, 3)", "0.001", "0.001"}, EncodeCase{"STRING", "\"\"", "\"\""},
        EncodeCase{"STRING", "\"abcdefghijklmnopqrstuvwxyz\"", "\"abcdefghijklmnopqrstuvwxyz\""},
        EncodeCase{"STRING", "\"\\u0000\\u0001\\u001f\\u007f\"", "\"\\u0000\\u0001\\u001F\x7f\""},
        EncodeCase{"STRING", "\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\""},
        EncodeCase{"STRING", "\"\\u00e4\\u20ac\\ud83d\\ude00\"", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
        EncodeCase{"BYTES", "\"AAEC\"", "\"AAEC\""}, EncodeCase{"BYTES", "\"\"", "\"\""},
        EncodeCase{"TIME", "1000", "1000"}, EncodeCase{"DATE", "-3", "-3"},
        EncodeCase{"TIMESTAMP", "1700000000000", "1700000000000"}, EncodeCase{"ARRAY<INT>", "[]", "[]"},
        EncodeCase{"ARRAY<INT>", "[1, null]", "[1,null]"}, EncodeCase{"MAP<STRING, STRING>", "{}", "{}"},
        EncodeCase{"MAP<STRING, ARRAY<DOUBLE>>", "{\"a\\n\":[1],\"b\":null}", "{\"a\\n\":[1.0],\"b\":null}"},
        EncodeCase{"STRUCT<A INT, `b\"c` STRUCT<D BOOLEAN>>", "{\"A\":1,\"b\\\"c\":{}}",
                   "{\"A\":1,\"b\\\"c\":{\"D\":null}}"},
        EncodeCase{"STRUCT<A_FIELD_WITH_A_VERY_LONG_NAME_INDEED BIGINT>",
                   "{\"A_FIELD_WITH_A_VERY_LONG_NAME_INDEED\":12}",
                   "{\"A_FIELD_WITH_A_VERY_LONG_NAME_INDEED\":12}"}));

// Every escape at every place of strings of every length: the quick way copies in blocks.
TEST(JsonEncodeString, EscapesAnywhere)
{
    Columns columns({{"V", "STRING"}});
    tg_format_options options = columns.options();
    options.unwrapped = true;
    Encoder encoder(find_format("JSON"), options);
    tg_column *column = tg_column_new(columns.at(0).type);
    tg_column_resize(column, 1);
    column->valid[0] = 1;
    for (size_t length = 0; length < 40; length++) {
        for (size_t at = 0; at <= length; at++) {
            std::string text(length, 'x');
            std::string expected = text;
            if (at < length) {
                text[at] = '\x01';
                expected = expected.substr(0, at) + "\\u0001" + expected.substr(at + 1);
            }
            column->values.bytes[0] = slice_of(text);
            ASSERT_EQ(encoder.encode({column}, 1), (Records{"\"" + expected + "\""}));
        }
    }
    tg_column_free(column);
}

TEST(JsonEncodeNumber, DigitCounts)
{
    Columns columns({{"V", "BIGINT"}});
    tg_format_options options = columns.options();
    options.unwrapped = true;
    Encoder encoder(find_format("JSON"), options);
    tg_column *column = tg_column_new(columns.at(0).type);
    tg_column_resize(column, 1);
    column->valid[0] = 1;
    int64_t power = 1;
    for (int digits = 0; digits < 19; digits++, power *= 10) {
        for (int64_t value : {power - 1, power, power + 1, -power, 1 - power}) {
            column->values.int64[0] = value;
            EXPECT_EQ(encoder.encode({column}, 1), (Records{std::to_string(value)}));
        }
        if (digits == 18)
            break;
    }
    tg_column_free(column);
}

TEST(JsonEncodeRows, SelectionAndFlags)
{
    Columns columns({{"A", "INT"}, {"B", "STRING"}});
    tg_format_options options = columns.options();
    Decoder decoder(find_format("JSON"), columns, options);
    decoder.decode(
        {Record("{\"A\":0}"), Record("{\"A\":1,\"B\":\"b\"}"), Record("{\"A\":2}"), Record("{\"A\":3}")});
    std::vector<uint8_t> flags = {0, TG_ROW_KEY_NULL, TG_ROW_VALUE_NULL, 0};
    Encoder values(find_format("JSON"), options);
    EXPECT_EQ(values.encode(decoder.columns(), 3, flags, {1, 2, 3}),
              (Records{"{\"A\":1,\"B\":\"b\"}", "<null>", "{\"A\":3,\"B\":null}"}));
    options.is_key = true;
    Encoder keys(find_format("JSON"), options);
    EXPECT_EQ(keys.encode(decoder.columns(), 4, flags),
              (Records{"{\"A\":0,\"B\":null}", "<null>", "{\"A\":2,\"B\":null}", "{\"A\":3,\"B\":null}"}));
}

TEST(JsonEncodeRows, WithoutColumns)
{
    Columns none(nullptr, 0);
    tg_format_options options = none.options();
    Encoder values(find_format("JSON"), options);
    EXPECT_EQ(values.encode({}, 1), (Records{"{}"}));
    options.is_key = true;
    Encoder keys(find_format("JSON"), options);
    EXPECT_EQ(keys.encode({}, 1), (Records{"<null>"}));
}

TEST(JsonEncodeRows, NullKeyOfAMapIsNamedNull)
{
    Columns columns({{"S", "STRUCT<M MAP<STRING, INT>>"}});
    Decoder decoder(find_format("JSON"), columns, columns.options());
    decoder.decode({Record("{\"S\":{\"M\":{\"a\":1}}}")});
    tg_column *map = decoder.columns()[0]->children[0];
    map->children[0]->valid[map->values.range[0].start] = 0;
    Encoder encoder(find_format("JSON"), columns.options());
    EXPECT_EQ(encoder.encode(decoder.columns(), 1), (Records{"{\"S\":{\"M\":{\"null\":1}}}"}));
}

} // namespace
