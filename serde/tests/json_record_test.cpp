// Whole JSON records: which member is which column, what repeats, what is no JSON, what is no value.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "serde/tests/serde_test.hpp"

namespace
{

using namespace serde_test;
using Rows = std::vector<std::string>;

std::vector<Record> records_of(const std::vector<const char *> &texts)
{
    return std::vector<Record>(texts.begin(), texts.end());
}

TEST(JsonRecord, FindsMembersByExactNameThenByUpperCase)
{
    Columns columns({{"A", "INT"}, {"b", "INT"}, {"B", "INT"}});
    Decoder decoder(find_format("JSON"), columns, columns.options());
    decoder.decode(records_of({
        "{\"A\":1,\"b\":2,\"B\":3}",
        "{\"a\":1,\"b\":2,\"B\":3}",
        "{\"b\":2}", /* exact for b: nothing is left for B */
        "{\"B\":3,\"a\":1}",
        "{\"a\":1,\"A\":2}", /* exact beats upper case in either order */
        "{\"A\":2,\"a\":1}",
        "{\"\\u0041\":7}",
        "{\"c\":1,\"AA\":2,\"\":3}",
        "{}",
    }));
    EXPECT_EQ(decoder.rows(), (Rows{"1 2 3", "1 2 3", "null 2 null", "1 null 3", "2 null null", "2 null null",
                                    "7 null null", "null null null", "null null null"}));
}

TEST(JsonRecord, TakesTheLastOfRepeatedMembers)
{
    Columns columns({{"A", "INT"}, {"S", "STRUCT<X INT>"}, {"L", "ARRAY<INT>"}});
    Decoder decoder(find_format("JSON"), columns, columns.options());
    decoder.decode(records_of({
        "{\"A\":1,\"A\":2}",
        "{\"A\":true,\"A\":2}",
        "{\"A\":2,\"A\":null}",
        "{\"S\":{\"X\":1},\"S\":{}}",
        "{\"S\":{\"X\":[],\"X\":4}}",
        "{\"L\":[1,2],\"A\":5,\"L\":[3]}",
    }));
    EXPECT_EQ(decoder.rows(), (Rows{"2 null null", "2 null null", "null null null", "null (null) null",
                                    "null (4) null", "5 null [3]"}));
    decoder.decode(records_of({"{\"A\":2,\"A\":true}"}));
    EXPECT_EQ(decoder.rows()[0],
              "error: true or false at byte 11 in A does not fit INTEGER: it needs a whole number of 32 bits"
              " | null null null");
}

TEST(JsonRecord, FollowsAChangingMemberOrder)
{
    Columns columns(
        {{"ALPHA", "INT"}, {"BETA", "STRING"}, {"A_NAME_THAT_IS_LONGER_THAN_ANY_GUESS_CAN_BE_KEPT", "INT"}});
    Decoder decoder(find_format("JSON"), columns, columns.options());
    std::vector<std::string> members = {"\"ALPHA\":1", "\"BETA\":\"b\"",
                                        "\"A_NAME_THAT_IS_LONGER_THAN_ANY_GUESS_CAN_BE_KEPT\":3",
                                        "\"other\":[{\"BETA\":0}]", "\"BETAx\" : 9"};
    std::mt19937 random(7);
    std::vector<Record> records;
    Rows expected;
    for (int i = 0; i < 200; i++) {
        std::shuffle(members.begin(), members.end(), random);
        size_t count = random() % (members.size() + 1);
        std::string text;
        std::string row = "null null null";
        for (size_t m = 0; m < count; m++)
            text += (m > 0 ? (i % 2 ? "," : " ,\n") : "") + members[m];
        auto has = [&](const char *name) {
            return text.find(std::string("\"") + name + "\":") != std::string::npos;
        };
        row = std::string(has("ALPHA") ? "1" : "null") +
              (text.find("\"BETA\":\"b\"") != std::string::npos ? " 'b'" : " null") +
              (has("A_NAME_THAT_IS_LONGER_THAN_ANY_GUESS_CAN_BE_KEPT") ? " 3" : " null");
        records.push_back(Record("{" + text + "}"));
        expected.push_back(row);
    }
    decoder.decode(records);
    EXPECT_EQ(decoder.rows(), expected);
}

TEST(JsonRecord, NullAndNoValue)
{
    Columns columns({{"V", "INT"}});
    tg_format_options options = columns.options();
    for (bool unwrapped : {false, true}) {
        options.unwrapped = unwrapped;
        Decoder decoder(find_format("JSON"), columns, options);
        decoder.decode({Record(nullptr), Record(" null "), Record(unwrapped ? "1" : "{\"V\":1}")});
        EXPECT_EQ(decoder.rows(), (Rows{"null", "null", "1"}));
        EXPECT_EQ(decoder.nulls(), (std::vector<uint8_t>{0, 1, 0}));
    }
}

TEST(JsonRecord, KeyWithoutColumnsIgnoresItsBytes)
{
    Columns none(nullptr, 0);
    tg_format_options options = none.options();
    options.is_key = true;
    Decoder decoder(find_format("JSON"), none, options);
    decoder.decode({Record("anything"), Record(nullptr)});
    EXPECT_EQ(decoder.error_count(), 0U);
}

TEST(JsonRecord, ValueMustBeAnObject)
{
    Columns columns({{"V", "INT"}});
    Decoder decoder(find_format("JSON"), columns, columns.options());
    decoder.decode(records_of({"[1]", " 5", "\"V\""}));
    std::string rest = ", but an object with the columns as members is needed | null";
    EXPECT_EQ(decoder.rows(), (Rows{"error: an array at byte 0" + rest, "error: a number at byte 1" + rest,
                                    "error: a string at byte 0" + rest}));
}

struct MalformedCase {
    const char *name;
    std::string json;
    const char *message;
};

class JsonMalformed : public testing::TestWithParam<MalformedCase>
{
};

// The same message whether or not the faulty member is a column.
TEST_P(JsonMalformed, SaysWhatAndWhere)
{
    std::string expected = std::string("error: not JSON at byte ") + GetParam().message;
    for (const char *type : {"STRING", "STRUCT<B INT>"}) {
        Columns columns({{"A", type}, {"C", "ARRAY<INT>"}});
        Decoder decoder(find_format("JSON"), columns, columns.options(), {false, true});
        decoder.decode({Record(GetParam().json)});
        std::string row = decoder.rows()[0];
        EXPECT_EQ(row.substr(0, expected.size()), expected) << type;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, JsonMalformed,
    testing::Values(
        MalformedCase{"Empty", "", "0: the text ends too early"},
        MalformedCase{"Blank", " \n", "2: the text ends too early"},
        MalformedCase{"Garbage", "hello",
                      "0: a value is needed: an object, array, string, number, true, false or null"},
        MalformedCase{"ByteOrderMark", "\xef\xbb\xbf{}", "0: a value is needed"},
        MalformedCase{"OpenObject", "{\"x\":1", "6: the text ends too early"},
        MalformedCase{"OpenString", "{\"x\":\"abc", "9: a string has no closing quote"},
        MalformedCase{"OpenEscape", "{\"x\":\"abc\\", "9: a string has an unknown or unfinished escape"},
        MalformedCase{"Trailing", "{\"x\":1} {", "8: there is more behind the end of the value"},
        MalformedCase{"TrailingComma", "{\"x\":1,}", "7: a member name in quotes is needed"},
        MalformedCase{"TwoCommas", "{\"x\":1,,\"y\":2}", "7: a member name in quotes is needed"},
        MalformedCase{"LeadingComma", "{,\"x\":1}", "1: a member name in quotes is needed"},
        MalformedCase{"BareName", "{x:1}", "1: a member name in quotes is needed"},
        MalformedCase{"NoColon", "{\"x\" 1}", "5: a colon is needed behind a member name"},
        MalformedCase{"NoComma", "{\"x\":1 \"y\":2}", "7: ',' or '}' is needed behind a member"},
        MalformedCase{"WrongCloser", "{\"x\":[1}}", "7: ',' or ']' is needed behind an element"},
        MalformedCase{"ArrayComma", "{\"x\":[1,]}", "8: a value is needed"},
        MalformedCase{"Word", "{\"x\":tru}", "5: a value is needed"},
        MalformedCase{"LongWord", "{\"x\":nullx}", "9: ',' or '}' is needed behind a member"},
        MalformedCase{"NotANumber", "{\"x\":NaN}", "5: a value is needed"},
        MalformedCase{"LeadingZero", "{\"x\":01}", "5: a number may not have leading zeros"},
        MalformedCase{"Plus", "{\"x\":+1}", "5: a value is needed"},
        MalformedCase{"Minus", "{\"x\":-}", "6: a digit is needed in a number"},
        MalformedCase{"Point", "{\"x\":1.}", "7: a digit is needed behind the point of a number"},
        MalformedCase{"Exponent", "{\"x\":1e+}", "8: a digit is needed in the exponent of a number"},
        MalformedCase{"Comment", "{/**/}", "1: a member name in quotes is needed"},
        MalformedCase{"SingleQuotes", "{'x':1}", "1: a member name in quotes is needed"},
        MalformedCase{"ControlCharacter", "{\"x\":\"a\nb\"}", "7: a string has a control character"},
        MalformedCase{"ZeroByte", std::string("{\"x\":\"a\0\"}", 10), "7: a string has a control character"},
        MalformedCase{"BadEscape", "{\"x\":\"\\q\"}", "6: a string has an unknown or unfinished escape"},
        MalformedCase{"ShortUnicode", "{\"x\":\"\\u12\"}", "6: a \\u escape needs four hexadecimal digits"},
        MalformedCase{"BadUnicode", "{\"x\":\"\\u12g4\"}", "6: a \\u escape needs four hexadecimal digits"},
        MalformedCase{"LoneContinuation", "{\"x\":\"ab\x80\"}", "8: a string is not valid UTF-8"},
        MalformedCase{"Overlong", "{\"x\":\"\xc0\xaf\"}", "6: a string is not valid UTF-8"},
        MalformedCase{"Surrogate", "{\"x\":\"\xed\xa0\x80\"}", "6: a string is not valid UTF-8"},
        MalformedCase{"BeyondUnicode", "{\"x\":\"\xf4\x90\x80\x80\"}", "6: a string is not valid UTF-8"},
        MalformedCase{"CutCharacter", "{\"x\":\"\xe2\x82\"}", "6: a string is not valid UTF-8"},
        MalformedCase{"NameNotUtf8", "{\"\xff\":1}", "2: a string is not valid UTF-8"},
        MalformedCase{"InNeeded", "{\"C\":[1,2", "9 in C[1]: the text ends too early"},
        MalformedCase{"AfterMisfit", "{\"C\":true,\"x\":}", "14: a value is needed"},
        MalformedCase{"FormFeed", "{\f}", "1: a member name in quotes is needed"}),
    [](const auto &info) { return std::string(info.param.name); });

TEST(JsonRecord, EveryCutRecordFails)
{
    std::string text =
        "{\"A\":{\"B\":[1.5e3,\"x\\u00e4y\",null,true,{\"Z\":{}}]},\"C\":[1,22,\"3\"],\"D\":\"\xc3\xa4\"}";
    Columns columns({{"A", "STRUCT<B STRING>"}, {"C", "ARRAY<INT>"}, {"D", "STRING"}});
    Decoder decoder(find_format("JSON"), columns, columns.options());
    std::vector<Record> records;
    for (size_t length = 0; length < text.size(); length++)
        records.push_back(Record(text.substr(0, length)));
    decoder.decode(records);
    EXPECT_EQ(decoder.error_count(), text.size());
    for (const std::string &row : decoder.rows())
        EXPECT_EQ(row.substr(row.size() - 16), "| null null null") << row;
    decoder.decode({Record(text)});
    EXPECT_EQ(decoder.error_count(), 0U);
}

std::string repeat(const std::string &text, size_t count)
{
    std::string out;
    for (size_t i = 0; i < count; i++)
        out += text;
    return out;
}

TEST(JsonRecord, DepthIsLimited)
{
    Columns columns({{"A", "STRING"}});
    for (bool needed : {true, false}) {
        Decoder decoder(find_format("JSON"), columns, columns.options(), {needed});
        for (const char *member : {"A", "other"}) {
            std::string start = std::string("{\"") + member + "\":";
            decoder.decode({Record(start + repeat("[", 255) + "1" + repeat("]", 255) + "}"),
                            Record(start + repeat("[", 256) + "1" + repeat("]", 256) + "}"),
                            Record(start + repeat("{\"a\":", 255) + "1" + repeat("}", 255) + "}"),
                            Record(start + repeat("{\"a\":", 256) + "1" + repeat("}", 256) + "}"),
                            Record(start + repeat("[", 1000000)),
                            Record(start + repeat("{\"a\":[", 300000))});
            std::vector<std::string> rows = decoder.rows();
            EXPECT_EQ(decoder.error_count(), 4U);
            EXPECT_NE(rows[0].substr(0, 5), "error");
            EXPECT_NE(rows[2].substr(0, 5), "error");
            EXPECT_NE(rows[4].find("nested deeper than 256 levels"), std::string::npos) << rows[4];
        }
    }
}

TEST(JsonRecord, HugeRecords)
{
    std::string text = repeat("abcdefgh", 1 << 17);
    Columns columns({{"S", "STRING"}, {"L", "ARRAY<BIGINT>"}, {"M", "MAP<STRING, INT>"}, {"O", "STRING"}});
    Decoder decoder(find_format("JSON"), columns, columns.options());
    std::string list;
    std::string map;
    for (int i = 0; i < 50000; i++) {
        list += (i > 0 ? "," : "") + std::to_string(i);
        map += (i > 0 ? "," : "") + ("\"k" + std::to_string(i % 49999)) + "\":" + std::to_string(i);
    }
    decoder.decode(
        {Record("{\"S\":\"" + text + "\",\"L\":[" + list + "],\"M\":{" + map + "},\"O\":{" + map + "}}")});
    ASSERT_EQ(decoder.error_count(), 0U);
    const std::vector<tg_column *> &made = decoder.columns();
    EXPECT_EQ(made[0]->values.bytes[0].length, text.size());
    EXPECT_EQ(made[1]->values.range[0].count, 50000U);
    tg_range range = made[2]->values.range[0];
    ASSERT_EQ(range.count, 49999U);
    EXPECT_EQ(made[2]->children[1]->values.int32[range.start], 49999); // k0 came again at the end
    EXPECT_EQ(text_of(made[3]->values.bytes[0]).substr(0, 22), "{\"k0\":49999,\"k1\":1,\"k2");
}

TEST(JsonRecord, ManyColumns)
{
    std::vector<ColumnText> texts;
    std::string record = "{";
    std::string expected;
    for (int i = 0; i < 300; i++) {
        texts.push_back({"COLUMN_" + std::to_string(i), "INT"});
        record +=
            (i > 0 ? ",\"column_" : "\"column_") + std::to_string(299 - i) + "\":" + std::to_string(299 - i);
        expected += (i > 0 ? " " : "") + std::to_string(i);
    }
    Columns columns(texts.data(), texts.size());
    Decoder decoder(find_format("JSON"), columns, columns.options());
    decoder.decode({Record(record + "}"), Record(record + "}")});
    EXPECT_EQ(decoder.rows(), (Rows{expected, expected}));
}

TEST(JsonRecord, LongPathsKeepTheirEnd)
{
    std::string type = "INT";
    std::string json = "true";
    for (int i = 0; i < 30; i++) {
        type = "STRUCT<A_LONG_FIELD_NAME INT, NESTED_" + std::to_string(i) + " " + type + ">";
        json = "{\"NESTED_" + std::to_string(i) + "\":" + json + "}";
    }
    Columns columns({{"V", type}});
    Decoder decoder(find_format("JSON"), columns, columns.options());
    decoder.decode({Record("{\"V\":" + json + "}")});
    EXPECT_NE(decoder.rows()[0].find("NESTED_1.NESTED_0 does not fit INTEGER"), std::string::npos)
        << decoder.rows()[0];
}

TEST(JsonFormat, RefusesWhatItCannotCarry)
{
    tg_error error;
    Columns map({{"M", "ARRAY<MAP<INT, DOUBLE>>"}});
    tg_format_options options = map.options();
    EXPECT_EQ(find_format("JSON")->check(&options, &error), TG_CODE_TYPE);
    EXPECT_STREQ(error.message,
                 "column M: JSON cannot carry a MAP with INTEGER keys; its keys must be STRING");

    Columns two({{"A", "INT"}, {"B", "INT"}});
    options = two.options();
    EXPECT_EQ(find_format("JSON")->check(&options, &error), TG_OK);
    options.unwrapped = true;
    EXPECT_EQ(find_format("JSON")->check(&options, &error), TG_CODE_TYPE);
    options = two.options();
    options.delimiter = '|';
    EXPECT_EQ(find_format("JSON")->check(&options, &error), TG_CODE_CONFIG);

    Columns wide({{"D", "STRUCT<X DECIMAL(40, 2)>"}});
    options = wide.options();
    EXPECT_EQ(find_format("JSON")->check(&options, &error), TG_CODE_TYPE);
}

} // namespace
