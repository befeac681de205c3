// FROM_JSON, TO_JSON and their like: the examples of their rows, conversions in all directions, faults by
// mode, and what is refused before any record is read.
#include "service/format_functions.h"
#include "service/tests/job_fixture.h"

#include "expr/function.h"

#include <string>
#include <vector>

namespace
{

class FormatFunctions : public turgo::JobTest
{
protected:
    FormatFunctions()
    {
        tg_format_functions_install();
    }
    // The values of `expression` over a topic of texts, as JSON; the column is `line`.
    std::vector<std::string> evaluate(const std::string &expression, const std::vector<std::string> &lines,
                                      const std::string &with = "")
    {
        static int number = 0;
        const std::string name = "t" + std::to_string(++number);
        topic(name.c_str());
        for (const std::string &line : lines)
            produce(name.c_str(), "", line, 1000);
        set("application.id", name.c_str());
        EXPECT_EQ(run("CREATE STREAM source (line VARCHAR) WITH (KAFKA_TOPIC = '" + name +
                      "', VALUE_FORMAT = 'KAFKA'); CREATE STREAM target WITH (KAFKA_TOPIC = '" + name +
                      "-out', VALUE_FORMAT = 'JSON'" + with + ") AS SELECT " + expression +
                      " AS `v` FROM source EMIT CHANGES;"),
                  TG_OK)
            << error.message << " " << error.hint;
        if (::testing::Test::HasFailure())
            return {};
        std::vector<std::string> values = read((name + "-out").c_str());
        for (std::string &value : values) {
            value.erase(0, value.find(" = ") + 3);
            value.resize(value.rfind(" @"));
        }
        return values;
    }
};

TEST_F(FormatFunctions, TheirExamplesHold)
{
    uint32_t examples = 0;
    std::string all = "ARRAY[TRUE";
    for (size_t i = 0; tg_function_at(i) != nullptr; i++) {
        const std::string signature = tg_function_at(i)->signature;
        if ((signature.rfind("FROM_", 0) != 0 && signature.rfind("TO_", 0) != 0) ||
            std::string(tg_function_family(tg_function_at(i))) != "extension")
            continue;
        all += std::string(", ") + tg_function_at(i)->example;
        examples++;
    }
    EXPECT_EQ(examples, 12U);
    std::string expected = "{\"v\":[true";
    for (uint32_t i = 0; i < examples; i++)
        expected += ",true";
    EXPECT_EQ(evaluate(all + "]", {"x"}), std::vector<std::string>{expected + "]}"});
}

const char fields[] =
    "InvoiceNumber VARCHAR, ItemCode VARCHAR, ItemDescription VARCHAR, ItemPrice DOUBLE, ItemQty INT";
const std::vector<std::string> lines = {R"(91372973,413,"Slipcover, blue",1896.0,1)",
                                        "91372973,483,,1781.0,1"};

std::string avro_schema()
{
    std::string text = R"({"type":"record","name":"Item","fields":[)";
    const char *const members[][2] = {{"INVOICENUMBER", "string"},
                                      {"ITEMCODE", "string"},
                                      {"ITEMDESCRIPTION", "string"},
                                      {"ITEMPRICE", "double"},
                                      {"ITEMQTY", "int"}};
    for (const auto &member : members)
        text += std::string(&member == &members[0] ? "" : ",") + R"({"name":")" + member[0] +
                R"(","type":["null",")" + member[1] + R"("]})";
    return text + "]}";
}

// A line of cells through JSON and AVRO is the same line.
TEST_F(FormatFunctions, CsvThroughEachFormatIsTheSameLine)
{
    const std::string row = std::string("FROM_CSV(line, '") + fields + "')";
    const std::string json = "FROM_JSON(TO_JSON(" + row + "), '" + fields + "')";
    const std::string avro =
        "FROM_AVRO(TO_AVRO(" + json + ", '" + avro_schema() + "'), '" + avro_schema() + "')";
    const std::vector<std::string> expected = {R"({"v":"91372973,413,\"Slipcover, blue\",1896.0,1"})",
                                               R"({"v":"91372973,483,,1781.0,1"})"};
    EXPECT_EQ(evaluate("TO_CSV(" + row + ")", lines), expected);
    EXPECT_EQ(evaluate("TO_CSV(" + json + ")", lines), expected);
    EXPECT_EQ(evaluate("TO_CSV(" + avro + ")", lines), expected);
    const std::vector<std::string> records = {
        R"({"v":{"INVOICENUMBER":"91372973","ITEMCODE":"413","ITEMDESCRIPTION":"Slipcover, blue","ITEMPRICE":1896.0,"ITEMQTY":1}})",
        R"({"v":{"INVOICENUMBER":"91372973","ITEMCODE":"483","ITEMDESCRIPTION":null,"ITEMPRICE":1781.0,"ITEMQTY":1}})"};
    EXPECT_EQ(evaluate(avro, lines), records);
}

TEST_F(FormatFunctions, FaultsFollowTheMode)
{
    const std::vector<std::string> texts = {R"({"a":1,"b":2})", R"({"a":"x","b":2})", R"({"a":)",
                                            R"({"a":3,"b":4})"};
    const std::vector<std::string> strict = {R"({"v":{"A":1,"B":2}})", R"({"v":null})", R"({"v":null})",
                                             R"({"v":{"A":3,"B":4}})"};
    EXPECT_EQ(evaluate("FROM_JSON(line, 'a INT, b INT')", texts), strict);
    EXPECT_EQ(counters["CSAS_TARGET"].expression_errors, 2U);
    const std::vector<std::string> skipped = {strict[0], strict[3]};
    EXPECT_EQ(evaluate("FROM_JSON(line, 'a INT, b INT', 'FAILFAST')", texts, ", ON_ERROR = 'skip'"), skipped);
    evaluate("FROM_JSON(line, 'a INT, b INT', 'permissive')", texts);
    EXPECT_EQ(counters["CSAS_TARGET"].expression_errors, 0U);
}

TEST_F(FormatFunctions, RunForTheRowsOfTheirBranchOnly)
{
    const std::vector<std::string> expected = {R"({"v":1})", R"({"v":-1})", R"({"v":3})"};
    EXPECT_EQ(evaluate("CASE WHEN line LIKE '{%' THEN FROM_JSON(line, 'a INT')->a ELSE -1 END",
                       {R"({"a":1})", "no", R"({"a":3})"}),
              expected);
    EXPECT_EQ(counters["CSAS_TARGET"].expression_errors, 0U);
}

struct FormatRefusal {
    const char *name, *expression, *words;
};
class FormatRefused : public FormatFunctions, public testing::WithParamInterface<FormatRefusal>
{
};
TEST_P(FormatRefused, BeforeAnyRecord)
{
    topic("t");
    EXPECT_NE(run(std::string("CREATE STREAM s (line VARCHAR, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = "
                              "'JSON'); CREATE STREAM r AS SELECT ") +
                  GetParam().expression + " AS v FROM s EMIT CHANGES;"),
              TG_OK);
    const std::string said = std::string(error.message) + " | " + error.hint;
    EXPECT_NE(said.find(GetParam().words), std::string::npos) << said;
    EXPECT_GT(error.place.line, 0U);
}
INSTANTIATE_TEST_SUITE_P(
    All, FormatRefused,
    testing::Values(FormatRefusal{"schema_by_column", "FROM_JSON(line, line)", "a text in quotes"},
                    FormatRefusal{"no_type", "FROM_JSON(line, 'a NUMBERS')", "FROM_JSON"},
                    FormatRefusal{"mode", "FROM_JSON(line, 'a INT', 'fast')", "there is no mode 'fast'"},
                    FormatRefusal{"drop", "FROM_JSON(line, 'a INT', 'DROPMALFORMED')", "ON_ERROR = 'skip'"},
                    FormatRefusal{"many", "FROM_JSON(line, 'a INT', 'FAILFAST', 'x')", "a schema and a mode"},
                    FormatRefusal{"csv_scalar", "FROM_CSV(line, 'INT')", "a STRUCT is needed, not INTEGER"},
                    FormatRefusal{"csv_nested", "FROM_CSV(line, 'a ARRAY<INT>')", "FROM_CSV"},
                    FormatRefusal{"to_csv_scalar", "TO_CSV(n)", "a STRUCT is needed"},
                    FormatRefusal{"avro_schema", "FROM_AVRO(TO_BYTES(line, 'utf8'), '{')", "FROM_AVRO"},
                    FormatRefusal{"avro_other", "TO_AVRO(line, '\"int\"')", "TO_AVRO"},
                    FormatRefusal{"proto", "FROM_PROTOBUF(TO_BYTES(line, 'utf8'), 'nothing')",
                                  "FROM_PROTOBUF"}),
    [](const auto &test) { return std::string(test.param.name); });

} // namespace
