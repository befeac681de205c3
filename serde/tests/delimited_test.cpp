// DELIMITED: lines of cells.
#include <gtest/gtest.h>

#include "serde/tests/serde_test.hpp"

namespace
{

using namespace serde_test;
using Rows = std::vector<std::string>;

struct LineCase {
    const char *name;
    std::string line;
    const char *expected; // of columns A STRING, B STRING
};

class DelimitedLine : public testing::TestWithParam<LineCase>
{
};

TEST_P(DelimitedLine, IsTakenApart)
{
    Columns columns({{"A", "STRING"}, {"B", "STRING"}});
    Decoder decoder(find_format("DELIMITED"), columns, columns.options());
    decoder.decode({Record(GetParam().line)});
    EXPECT_EQ(decoder.rows(), (Rows{GetParam().expected}));
    Decoder checking(find_format("DELIMITED"), columns, columns.options(), {false, false});
    checking.decode({Record(GetParam().line)});
    EXPECT_EQ(checking.error_count(), decoder.error_count());
}

INSTANTIATE_TEST_SUITE_P(
    Lines, DelimitedLine,
    testing::Values(
        LineCase{"Plain", "a,b", "'a' 'b'"}, LineCase{"Blanks", " a ,b ", "' a ' 'b '"},
        LineCase{"EmptyIsNull", ",b", "null 'b'"}, LineCase{"LastEmpty", "a,", "'a' null"},
        LineCase{"BothEmpty", ",", "null null"}, LineCase{"QuotedEmpty", "\"\",b", "null 'b'"},
        LineCase{"Quoted", "\"a,1\",\"b\"", "'a,1' 'b'"},
        LineCase{"Doubled", "\"a\"\"1\",\"\"\"\"", "'a\"1' '\"'"},
        LineCase{"QuoteInside", "a\"b,c\"\"d", "'a\"b' 'c\"\"d'"},
        LineCase{"BlanksBehindQuote", "\"a\" \t,\"b\" ", "'a' 'b'"},
        LineCase{"BlankBeforeQuote", " \"a\",b", "' \"a\"' 'b'"},
        LineCase{"LineEndInQuotes", "\"a\r\nb\",c", "'a\r\nb' 'c'"},
        LineCase{"LineEndBehind", "a,b\r\n", "'a' 'b'"},
        LineCase{"EmptyLinesAround", "\n\r\na,b\n\n", "'a' 'b'"}, LineCase{"Backslash", "a\\,b", "'a\\' 'b'"},
        LineCase{"Utf8", "\xc3\xa4,\"\xe2\x82\xac\"", "'\xc3\xa4' '\xe2\x82\xac'"},
        LineCase{"TooFew", "a", "error: 1 cells, but 2 columns are declared | null null"},
        LineCase{"TooMany", "a,b,c", "error: 3 cells, but 2 columns are declared | null null"},
        LineCase{"Empty", "", "error: 0 cells, but 2 columns are declared | null null"},
        LineCase{"OnlyLineEnds", "\n\n", "error: 0 cells, but 2 columns are declared | null null"},
        LineCase{"SecondLine", "a,b\nc,d", "error: at byte 4: there is more than one line | null null"},
        LineCase{"OpenQuote", "a,\"b", "error: at byte 2: a cell has no closing quote | null null"},
        LineCase{"OnlyQuote", "\"", "error: at byte 0: a cell has no closing quote | null null"},
        LineCase{"BehindQuote", "\"a\"x,b",
                 "error: at byte 3: between a closing quote and the next delimiter only white space may be | "
                 "null null"},
        LineCase{"NotUtf8", "a,\xff", "error: not valid UTF-8 at byte 2 | null null"}),
    [](const auto &info) { return std::string(info.param.name); });

struct CellCase {
    const char *type;
    const char *cell;
    const char *expected;
};

std::ostream &operator<<(std::ostream &out, const CellCase &value)
{
    return out << value.type << " " << value.cell;
}

class DelimitedCell : public testing::TestWithParam<CellCase>
{
};

TEST_P(DelimitedCell, BecomesAValue)
{
    const CellCase &param = GetParam();
    Columns columns({{"ID", "INT"}, {"V", param.type}});
    std::string value = param.expected;
    std::string expected = value.substr(0, 5) == "fails"
                               ? "error: cell 2 (V) does not fit " + value.substr(6) + " | null null"
                               : "7 " + value;
    Decoder decoder(find_format("DELIMITED"), columns, columns.options());
    decoder.decode({Record(std::string("7,") + param.cell),
                    Record(std::string("\"7\",\"") + param.cell + "\""), Record("7,")});
    EXPECT_EQ(decoder.rows(), (Rows{expected, expected, "7 null"}));
    Decoder checking(find_format("DELIMITED"), columns, columns.options(), {true, false});
    checking.decode({Record(std::string("7,") + param.cell)});
    EXPECT_EQ(checking.error_count(), value.substr(0, 5) == "fails" ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Cells, DelimitedCell,
    testing::Values(
        CellCase{"BOOLEAN", "true", "true"}, CellCase{"BOOLEAN", "TRUE", "true"},
        CellCase{"BOOLEAN", "yes", "false"}, CellCase{"INT", "-5", "-5"}, CellCase{"INT", "+5", "5"},
        CellCase{"INT", "1.0", "fails INTEGER: it needs a whole number of 32 bits"},
        CellCase{"INT", " 1", "fails INTEGER: it needs a whole number of 32 bits"},
        CellCase{"INT", "2147483648", "fails INTEGER: it needs a whole number of 32 bits"},
        CellCase{"BIGINT", "9223372036854775807", "9223372036854775807"},
        CellCase{"BIGINT", "9223372036854775808", "fails BIGINT: it needs a whole number of 64 bits"},
        CellCase{"DOUBLE", "1.5e3", "1500.0"}, CellCase{"DOUBLE", " .5 ", "0.5"},
        CellCase{"DOUBLE", "NaN", "NaN"}, CellCase{"DOUBLE", "x", "fails DOUBLE: it needs a number"},
        CellCase{"DECIMAL(6, 4)", "12.0", "12.0000"}, CellCase{"DECIMAL(6, 4)", ".12", "0.1200"},
        CellCase{"DECIMAL(6, 4)", "-1E1", "-10.0000"},
        CellCase{"DECIMAL(6, 4)", "1.23456",
                 "fails DECIMAL: it needs a number with no more digits than the type has, before and behind "
                 "the point"},
        CellCase{"STRING", "text", "'text'"}, CellCase{"BYTES", "YWI=", "x'6162'"},
        CellCase{"BYTES", "!", "fails BYTES: it needs text in base64"}, CellCase{"TIME", "1000", "1000"},
        CellCase{"TIME", "86400000", "fails TIME: it needs milliseconds of the day, 0 to 86399999"},
        CellCase{"DATE", "-10", "-10"}, CellCase{"TIMESTAMP", "1700000000000", "1700000000000"}));

struct WriteCase {
    const char *name;
    std::string text;
    const char *first; // as the first cell
    const char *other; // as another one
};

class DelimitedWrite : public testing::TestWithParam<WriteCase>
{
};

TEST_P(DelimitedWrite, QuotesWhereNeeded)
{
    Columns columns({{"A", "STRING"}, {"B", "STRING"}});
    std::vector<tg_column *> made = {tg_column_new(columns.at(0).type), tg_column_new(columns.at(1).type)};
    for (tg_column *column : made) {
        tg_column_resize(column, 1);
        column->valid[0] = 1;
        column->values.bytes[0] = slice_of(GetParam().text);
    }
    Encoder encoder(find_format("DELIMITED"), columns.options());
    EXPECT_EQ(encoder.encode(made, 1), (Rows{std::string(GetParam().first) + "," + GetParam().other}));
    for (tg_column *column : made)
        tg_column_free(column);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, DelimitedWrite,
    testing::Values(
        WriteCase{"Plain", "abc", "abc", "abc"}, WriteCase{"Digit", "1a", "1a", "1a"},
        WriteCase{"Minus", "-1", "\"-1\"", "-1"}, WriteCase{"Delimiter", "a,b", "\"a,b\"", "\"a,b\""},
        WriteCase{"Quote", "a\"b", "\"a\"\"b\"", "\"a\"\"b\""},
        WriteCase{"LineEnd", "a\nb", "\"a\nb\"", "\"a\nb\""}, WriteCase{"Exclamation", "!", "\"!\"", "\"!\""},
        WriteCase{"Hash", "#x", "\"#x\"", "\"#x\""}, WriteCase{"Dollar", "$x", "\"$x\"", "$x"},
        WriteCase{"LeadingBlank", " a", "\" a\"", "\" a\""},
        WriteCase{"TrailingBlank", "a ", "\"a \"", "\"a \""}, WriteCase{"InnerBlank", "a b", "a b", "a b"},
        WriteCase{"Utf8", "\xc3\xa4", "\"\xc3\xa4\"", "\xc3\xa4"}, WriteCase{"Empty", "", "\"\"", ""}),
    [](const auto &info) { return std::string(info.param.name); });

TEST(DelimitedFormat, AllTypesOut)
{
    Columns columns({{"A", "BOOLEAN"},
                     {"B", "INT"},
                     {"C", "BIGINT"},
                     {"D", "DOUBLE"},
                     {"E", "DECIMAL(8, 3)"},
                     {"F", "STRING"},
                     {"G", "BYTES"},
                     {"H", "TIME"},
                     {"I", "DATE"},
                     {"J", "TIMESTAMP"}});
    Decoder decoder(find_format("DELIMITED"), columns, columns.options());
    decoder.decode({Record("true,-1,-2,1e10,-12.5,x,YWI=,3,-4,-5"), Record(",,,,,,,,,")});
    ASSERT_EQ(decoder.error_count(), 0U);
    Encoder encoder(find_format("DELIMITED"), columns.options());
    EXPECT_EQ(encoder.encode(decoder.columns(), 2),
              (Rows{"true,-1,-2,1.0E10,-12.500,x,YWI=,3,-4,-5", ",,,,,,,,,"}));
}

TEST(DelimitedFormat, OwnDelimiters)
{
    Columns columns({{"A", "STRING"}, {"B", "STRING"}});
    for (char delimiter : {'|', ';', '\t', ' ', '$'}) {
        tg_format_options options = columns.options();
        options.delimiter = delimiter;
        Decoder decoder(find_format("DELIMITED"), columns, options);
        std::string line = std::string("a,b") + delimiter + "c";
        decoder.decode({Record(line), Record(std::string("\"x\"") + delimiter + "\"y" + delimiter + "\"")});
        EXPECT_EQ(decoder.rows(), (Rows{"'a,b' 'c'", std::string("'x' 'y") + delimiter + "'"}));
        Encoder encoder(find_format("DELIMITED"), options);
        EXPECT_EQ(encoder.encode(decoder.columns(), 2),
                  (Rows{line, std::string("x") + delimiter + "\"y" + delimiter + "\""}));
    }
}

TEST(DelimitedFormat, SingleNullComesBack)
{
    Columns columns({{"A", "INT"}});
    Decoder decoder(find_format("DELIMITED"), columns, columns.options());
    decoder.decode({Record(""), Record(nullptr), Record("1")});
    EXPECT_EQ(decoder.rows(), (Rows{"null", "null", "1"}));
    Encoder encoder(find_format("DELIMITED"), columns.options());
    EXPECT_EQ(encoder.encode(decoder.columns(), 3, {0, TG_ROW_VALUE_NULL, 0}), (Rows{"", "<null>", "1"}));
}

TEST(DelimitedFormat, RefusesWhatItCannotCarry)
{
    tg_error error;
    for (const char *type : {"ARRAY<INT>", "MAP<STRING, INT>", "STRUCT<A INT>", "DECIMAL(39, 0)"}) {
        Columns columns({{"V", type}});
        tg_format_options options = columns.options();
        EXPECT_EQ(find_format("DELIMITED")->check(&options, &error), TG_CODE_TYPE) << type;
    }
    Columns columns({{"V", "INT"}});
    for (char delimiter : {'"', '\n', '\r', '\x80'}) {
        tg_format_options options = columns.options();
        options.delimiter = delimiter;
        EXPECT_EQ(find_format("DELIMITED")->check(&options, &error), TG_CODE_CONFIG);
    }
}

} // namespace
