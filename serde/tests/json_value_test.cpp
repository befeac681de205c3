// What one JSON value becomes in a column of each type.
#include <gtest/gtest.h>

#include "serde/tests/serde_test.hpp"

namespace
{

using namespace serde_test;

struct ValueCase {
    const char *type;
    const char *json;
    const char *expected; // the value, or a part of the message
};

std::ostream &operator<<(std::ostream &out, const ValueCase &value)
{
    return out << value.type << " from " << value.json;
}

// Read wrapped, bare, and inside an array, where the same rules hold.
class JsonValue : public testing::TestWithParam<ValueCase>
{
};

TEST_P(JsonValue, BecomesAColumnsValue)
{
    const ValueCase &param = GetParam();
    Columns columns({{"V", param.type}});
    tg_format_options options = columns.options();
    Decoder wrapped(find_format("JSON"), columns, options);
    wrapped.decode({Record(std::string("{\"V\":") + param.json + "}"),
                    Record(std::string(" { \"V\" : ") + param.json + " } ")});
    EXPECT_EQ(wrapped.rows(), (std::vector<std::string>{param.expected, param.expected}));

    options.unwrapped = true;
    Decoder bare(find_format("JSON"), columns, options);
    bare.decode({Record(param.json)});
    EXPECT_EQ(bare.rows(), (std::vector<std::string>{param.expected}));

    Columns array({{"V", std::string("ARRAY<") + param.type + ">"}});
    Decoder elements(find_format("JSON"), array, array.options());
    elements.decode({Record(std::string("{\"V\":[") + param.json + "," + param.json + "]}")});
    EXPECT_EQ(elements.rows(),
              (std::vector<std::string>{std::string("[") + param.expected + ", " + param.expected + "]"}));
}

INSTANTIATE_TEST_SUITE_P(
    Read, JsonValue,
    testing::Values(
        ValueCase{"BOOLEAN", "true", "true"}, ValueCase{"BOOLEAN", "false", "false"},
        ValueCase{"BOOLEAN", "null", "null"}, ValueCase{"INT", "0", "0"}, ValueCase{"INT", "-0", "0"},
        ValueCase{"INT", "2147483647", "2147483647"}, ValueCase{"INT", "-2147483648", "-2147483648"},
        ValueCase{"INT", "2147483648", "-2147483648"}, ValueCase{"INT", "4294967297", "1"},
        ValueCase{"INT", "18446744073709551617", "1"}, ValueCase{"INT", "-4294967298", "-2"},
        ValueCase{"INT", "1.99", "1"}, ValueCase{"INT", "-1.99", "-1"}, ValueCase{"INT", "1.5e2", "150"},
        ValueCase{"INT", "1e2", "100"}, ValueCase{"INT", "12e-1", "1"}, ValueCase{"INT", "1e-400", "0"},
        ValueCase{"INT", "1e400", "0"}, ValueCase{"INT", "0e99999999999", "0"},
        ValueCase{"INT", "\"17\"", "17"}, ValueCase{"INT", "\"-17\"", "-17"},
        ValueCase{"INT", "\"+17\"", "17"}, ValueCase{"INT", "\"\\u0031\"", "1"},
        ValueCase{"INT", "null", "null"}, ValueCase{"BIGINT", "9223372036854775807", "9223372036854775807"},
        ValueCase{"BIGINT", "-9223372036854775808", "-9223372036854775808"}, ValueCase{"BIGINT", "1.0", "1"},
        ValueCase{"BIGINT", "1e18", "1000000000000000000"},
        ValueCase{"BIGINT", "123456789012345678.9e1", "1234567890123456789"},
        ValueCase{"BIGINT", "\"9223372036854775807\"", "9223372036854775807"},
        ValueCase{"DOUBLE", "1", "1.0"}, ValueCase{"DOUBLE", "-0", "-0.0"},
        ValueCase{"DOUBLE", "0.30000000000000000000000001", "0.3"}, ValueCase{"DOUBLE", "123.456", "123.456"},
        ValueCase{"DOUBLE", "1e22", "1.0E22"}, ValueCase{"DOUBLE", "1e23", "1.0E23"},
        ValueCase{"DOUBLE", "1E-7", "1.0E-7"}, ValueCase{"DOUBLE", "1e400", "Infinity"},
        ValueCase{"DOUBLE", "-1e400", "-Infinity"}, ValueCase{"DOUBLE", "1e-400", "0.0"},
        ValueCase{"DOUBLE", "9007199254740993", "9.007199254740992E15"},
        ValueCase{"DOUBLE", "2.2250738585072011e-308", "2.225073858507201E-308"},
        ValueCase{"DOUBLE", "\"1.5\"", "1.5"}, ValueCase{"DOUBLE", "\" .5 \"", "0.5"},
        ValueCase{"DOUBLE", "\"5.\"", "5.0"}, ValueCase{"DOUBLE", "\"+007\"", "7.0"},
        ValueCase{"DOUBLE", "\"1e3f\"", "1000.0"}, ValueCase{"DOUBLE", "\"NaN\"", "NaN"},
        ValueCase{"DOUBLE", "\"-Infinity\"", "-Infinity"}, ValueCase{"DECIMAL(4, 2)", "10.10", "10.10"},
        ValueCase{"DECIMAL(4, 2)", "10.1", "10.10"}, ValueCase{"DECIMAL(4, 2)", "10", "10.00"},
        ValueCase{"DECIMAL(4, 2)", "-99.99", "-99.99"}, ValueCase{"DECIMAL(4, 2)", "1.2300", "1.23"},
        ValueCase{"DECIMAL(4, 2)", "1e1", "10.00"}, ValueCase{"DECIMAL(4, 2)", "\"12.34\"", "12.34"},
        ValueCase{"DECIMAL(38, 0)", "99999999999999999999999999999999999999",
                  "99999999999999999999999999999999999999"},
        ValueCase{"DECIMAL(38, 38)", "0.00000000000000000000000000000000000001",
                  "0.00000000000000000000000000000000000001"},
        ValueCase{"BYTES", "\"YWI=\"", "x'6162'"}, ValueCase{"BYTES", "\"\"", "x''"},
        ValueCase{"BYTES", "\"YWJ\\u006a\"", "x'616263'"}, ValueCase{"TIME", "0", "0"},
        ValueCase{"TIME", "86399999", "86399999"}, ValueCase{"TIME", "\"1000\"", "1000"},
        ValueCase{"DATE", "-1", "-1"}, ValueCase{"DATE", "\"18000\"", "18000"},
        ValueCase{"TIMESTAMP", "1700000000000", "1700000000000"}, ValueCase{"TIMESTAMP", "\"-5\"", "-5"}));

INSTANTIATE_TEST_SUITE_P(
    ReadString, JsonValue,
    testing::Values(ValueCase{"STRING", "\"\"", "''"}, ValueCase{"STRING", "\"plain\"", "'plain'"},
                    ValueCase{"STRING", "\"na\xc3\xafve\"", "'na\xc3\xafve'"},
                    ValueCase{"STRING", "\"\xf0\x9f\x98\x80 and a longer text behind it\"",
                              "'\xf0\x9f\x98\x80 and a longer text behind it'"},
                    ValueCase{"STRING", "\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\te\"", "'a\"b\\c/d\b\f\n\r\te'"},
                    ValueCase{"STRING", "\"\\u00e4\\uD83D\\uDE00\"", "'\xc3\xa4\xf0\x9f\x98\x80'"},
                    ValueCase{"STRING", "\"\\ud83d!\"", "'\xef\xbf\xbd!'"},
                    ValueCase{"STRING", "\"\\ude00\\ud83d\"", "'\xef\xbf\xbd\xef\xbf\xbd'"},
                    ValueCase{"STRING", "\"\\ud83d\\u0041\"",
                              "'\xef\xbf\xbd"
                              "A'"},
                    ValueCase{"STRING", "\"\x7f\"", "'\x7f'"}, ValueCase{"STRING", "1", "'1'"},
                    ValueCase{"STRING", "-0", "'0'"}, ValueCase{"STRING", "-12", "'-12'"},
                    ValueCase{"STRING", "123456789012345678901234567890", "'123456789012345678901234567890'"},
                    ValueCase{"STRING", "1.50", "'1.50'"}, ValueCase{"STRING", "-0.0", "'0.0'"},
                    ValueCase{"STRING", "1e5", "'1E+5'"}, ValueCase{"STRING", "1.25e5", "'1.25E+5'"},
                    ValueCase{"STRING", "125e-2", "'1.25'"}, ValueCase{"STRING", "1e-7", "'1E-7'"},
                    ValueCase{"STRING", "0.0000001", "'1E-7'"}, ValueCase{"STRING", "0.000001", "'0.000001'"},
                    ValueCase{"STRING", "-120.00e-9", "'-1.2000E-7'"},
                    ValueCase{"STRING", "0.00123", "'0.00123'"}, ValueCase{"STRING", "1e0", "'1'"},
                    ValueCase{"STRING", "0e3", "'0E+3'"}, ValueCase{"STRING", "true", "'true'"},
                    ValueCase{"STRING", "false", "'false'"}, ValueCase{"STRING", "{}", "'{}'"},
                    ValueCase{"STRING", "{ \"a\" : 1 , \"B\" : [ 1.50 , \"x\\n\" , null , true ] }",
                              "'{\"a\":1,\"B\":[1.50,\"x\\n\",null,true]}'"},
                    ValueCase{"STRING", "{\"a\":\"\\u0001\\u001f\\/\\u00e4\"}",
                              "'{\"a\":\"\\u0001\\u001F/\xc3\xa4\"}'"},
                    ValueCase{"STRING", "{\"a\":1,\"b\":2,\"a\":{\"c\":3}}", "'{\"a\":{\"c\":3},\"b\":2}'"},
                    ValueCase{"STRING", "{\"a\":1,\"\\u0061\":1e1}", "'{\"a\":1E+1}'"},
                    ValueCase{"STRING", "{\"x\":{\"a\":1,\"a\":2},\"y\":[{\"b\":1,\"b\":2,\"c\":3}]}",
                              "'{\"x\":{\"a\":2},\"y\":[{\"b\":2,\"c\":3}]}'"},
                    ValueCase{"STRING", "[]", "'[]'"}, ValueCase{"STRING", "[1, 2.0]", "'[1, 2.0]'"},
                    ValueCase{"STRING", "[\"a\", null, true, {\"b\": [1,2]}, [\"c\",[]]]",
                              "'[a, null, true, {\"b\":[1,2]}, [c, []]]'"}));

INSTANTIATE_TEST_SUITE_P(
    ReadNested, JsonValue,
    testing::Values(
        ValueCase{"ARRAY<INT>", "[]", "[]"}, ValueCase{"ARRAY<INT>", "[ 1 , null , \"3\" ]", "[1, null, 3]"},
        ValueCase{"ARRAY<ARRAY<STRING>>", "[[\"a\"],[],null,[\"b\",\"c\"]]", "[['a'], [], null, ['b', 'c']]"},
        ValueCase{"ARRAY<STRING>", "[1, 2, 3]", "['1', '2', '3']"}, ValueCase{"MAP<STRING, INT>", "{}", "{}"},
        ValueCase{"MAP<STRING, INT>", "{\"a\": 1, \"b\": null}", "{'a': 1, 'b': null}"},
        ValueCase{"MAP<STRING, INT>", "{\"a\":1,\"b\":2,\"a\":3}", "{'a': 3, 'b': 2}"},
        ValueCase{"MAP<STRING, INT>", "{\"a\":true,\"b\":2,\"\\u0061\":3}", "{'a': 3, 'b': 2}"},
        ValueCase{"MAP<STRING, INT>",
                  "{\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7,\"8\":8,\"9\":9,\"2\":0}",
                  "{'1': 1, '2': 0, '3': 3, '4': 4, '5': 5, '6': 6, '7': 7, '8': 8, '9': 9}"},
        ValueCase{"MAP<STRING, ARRAY<MAP<STRING, BOOLEAN>>>", "{\"x\":[{\"y\":true},null]}",
                  "{'x': [{'y': true}, null]}"},
        ValueCase{"STRUCT<A INT, B STRING>", "{\"B\":\"b\",\"A\":1}", "(1, 'b')"},
        ValueCase{"STRUCT<A INT, B STRING>", "{}", "(null, null)"},
        ValueCase{"STRUCT<A INT, B STRING>", "{\"a\":1,\"c\":{\"d\":[1]}}", "(1, null)"},
        ValueCase{"STRUCT<A STRUCT<B STRUCT<C ARRAY<STRUCT<D INT>>>>>",
                  "{\"A\":{\"B\":{\"C\":[{\"D\":1},{},null,{\"d\":4}]}}}", "((([(1), (null), null, (4)])))"},
        ValueCase{"STRUCT<A STRUCT<B INT>, C INT>", "{\"A\":null,\"C\":2}", "(null, 2)"}));

struct MisfitCase {
    const char *type;
    const char *json;
    const char *message;
};

std::ostream &operator<<(std::ostream &out, const MisfitCase &value)
{
    return out << value.type << " from " << value.json;
}

class JsonMisfit : public testing::TestWithParam<MisfitCase>
{
};

// The same message whether the column is needed or not.
TEST_P(JsonMisfit, FailsTheRecord)
{
    const MisfitCase &param = GetParam();
    Columns columns({{"ID", "INT"}, {"V", param.type}});
    std::string bad = std::string("{\"ID\":1,\"V\":") + param.json + "}";
    std::string expected = std::string("error: ") + param.message + " | null ";
    Decoder needed(find_format("JSON"), columns, columns.options());
    needed.decode({Record("{\"ID\":0}"), Record(bad), Record("{\"ID\":2}")});
    EXPECT_EQ(needed.rows(), (std::vector<std::string>{"0 null", expected + "null", "2 null"}));

    Decoder other(find_format("JSON"), columns, columns.options(), {true, false});
    other.decode({Record("{\"ID\":0}"), Record(bad), Record("{\"ID\":2}")});
    EXPECT_EQ(other.rows(), (std::vector<std::string>{"0 -", expected + "-", "2 -"}));
}

#define NUMBER_32 "it needs a whole number of 32 bits"
#define NUMBER_64 "it needs a whole number of 64 bits"
#define DIGITS "it needs a number with no more digits than the type has, before and behind the point"

INSTANTIATE_TEST_SUITE_P(
    Refused, JsonMisfit,
    testing::Values(
        MisfitCase{"BOOLEAN", "\"true\"",
                   "a string at byte 12 in V does not fit BOOLEAN: it needs true or false"},
        MisfitCase{"BOOLEAN", "1", "a number at byte 12 in V does not fit BOOLEAN: it needs true or false"},
        MisfitCase{"INT", "true", "true or false at byte 12 in V does not fit INTEGER: " NUMBER_32},
        MisfitCase{"INT", "\"1.0\"", "a string at byte 12 in V does not fit INTEGER: " NUMBER_32},
        MisfitCase{"INT", "\"2147483648\"", "a string at byte 12 in V does not fit INTEGER: " NUMBER_32},
        MisfitCase{"INT", "\"\"", "a string at byte 12 in V does not fit INTEGER: " NUMBER_32},
        MisfitCase{"INT", "[1]", "an array at byte 12 in V does not fit INTEGER: " NUMBER_32},
        MisfitCase{"BIGINT", "9223372036854775808",
                   "a number at byte 12 in V does not fit BIGINT: " NUMBER_64},
        MisfitCase{"BIGINT", "-9223372036854775809",
                   "a number at byte 12 in V does not fit BIGINT: " NUMBER_64},
        MisfitCase{"BIGINT", "1e19", "a number at byte 12 in V does not fit BIGINT: " NUMBER_64},
        MisfitCase{"BIGINT", "1e999999999", "a number at byte 12 in V does not fit BIGINT: " NUMBER_64},
        MisfitCase{"BIGINT", "{}", "an object at byte 12 in V does not fit BIGINT: " NUMBER_64},
        MisfitCase{"DOUBLE", "\"1,5\"", "a string at byte 12 in V does not fit DOUBLE: it needs a number"},
        MisfitCase{"DOUBLE", "\".\"", "a string at byte 12 in V does not fit DOUBLE: it needs a number"},
        MisfitCase{"DOUBLE", "\"nan\"", "a string at byte 12 in V does not fit DOUBLE: it needs a number"},
        MisfitCase{"DOUBLE", "false", "true or false at byte 12 in V does not fit DOUBLE: it needs a number"},
        MisfitCase{"DECIMAL(4, 2)", "100", "a number at byte 12 in V does not fit DECIMAL: " DIGITS},
        MisfitCase{"DECIMAL(4, 2)", "1.234", "a number at byte 12 in V does not fit DECIMAL: " DIGITS},
        MisfitCase{"DECIMAL(4, 2)", "1e99999", "a number at byte 12 in V does not fit DECIMAL: " DIGITS},
        MisfitCase{"DECIMAL(4, 2)", "\" 1\"", "a string at byte 12 in V does not fit DECIMAL: " DIGITS},
        MisfitCase{"DECIMAL(4, 2)", "true", "true or false at byte 12 in V does not fit DECIMAL: " DIGITS},
        MisfitCase{"BYTES", "\"a\"", "a string at byte 12 in V does not fit BYTES: it needs text in base64"},
        MisfitCase{"BYTES", "12", "a number at byte 12 in V does not fit BYTES: it needs text in base64"},
        MisfitCase{
            "TIME", "86400000",
            "a number at byte 12 in V does not fit TIME: it needs milliseconds of the day, 0 to 86399999"},
        MisfitCase{
            "TIME", "-1",
            "a number at byte 12 in V does not fit TIME: it needs milliseconds of the day, 0 to 86399999"},
        MisfitCase{"DATE", "2147483648",
                   "a number at byte 12 in V does not fit DATE: it needs days since 1970-01-01"},
        MisfitCase{"DATE", "\"2020-01-01\"",
                   "a string at byte 12 in V does not fit DATE: it needs days since 1970-01-01"},
        MisfitCase{
            "TIMESTAMP", "\"x\"",
            "a string at byte 12 in V does not fit TIMESTAMP: it needs milliseconds since 1970-01-01 UTC"}));

INSTANTIATE_TEST_SUITE_P(
    RefusedNested, JsonMisfit,
    testing::Values(
        MisfitCase{"ARRAY<INT>", "{}", "an object at byte 12 in V does not fit ARRAY: it needs an array"},
        MisfitCase{"ARRAY<INT>", "[1,[]]", "an array at byte 15 in V[1] does not fit INTEGER: " NUMBER_32},
        MisfitCase{"MAP<STRING, INT>", "[]", "an array at byte 12 in V does not fit MAP: it needs an object"},
        MisfitCase{"MAP<STRING, INT>", "{\"a\":1,\"b\":\"c\"}",
                   "a string at byte 23 in V.b does not fit INTEGER: " NUMBER_32},
        MisfitCase{"STRUCT<A INT>", "\"x\"",
                   "a string at byte 12 in V does not fit STRUCT: it needs an object"},
        MisfitCase{"STRUCT<A ARRAY<STRUCT<B INT>>>", "{\"A\":[{\"B\":1},{\"B\":true}]}",
                   "true or false at byte 31 in V.A[1].B does not fit INTEGER: " NUMBER_32}));

} // namespace
