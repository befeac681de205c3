// What is inferred from the records of a topic, and topics converted by the job that follows from it: on an
// in-memory cluster with a registry in memory.
#include "service/infer/convert.h"
#include "service/infer/topic.h"
#include "service/tests/job_fixture.h"

#include <string>
#include <vector>

namespace
{

class InferTest : public turgo::JobTest
{
protected:
    InferTest() : arena(tg_arena_new(0))
    {
        open_registry();
    }
    ~InferTest() override
    {
        tg_arena_free(arena);
    }
    void fill(const char *name, const std::vector<std::string> &values, const std::string &key = "")
    {
        topic(name);
        for (const std::string &value : values)
            produce(name, key, value, 1000);
    }
    tg_code infer(const char *name, tg_inference *inference, bool header = false, uint32_t records_max = 1000)
    {
        tg_infer_topic_options options = {};
        options.cluster = cluster;
        options.registry = registry;
        options.topic = name;
        options.records_max = records_max;
        options.time_ms_max = 60000;
        options.request_timeout_ms = 1000;
        options.style = style;
        options.header = header;
        return tg_infer_topic(&options, arena, inference, &error);
    }
    std::string statement(const char *name, bool header = false, uint32_t records_max = 1000)
    {
        tg_inference inference = {};
        tg_buffer out = {};
        if (infer(name, &inference, header, records_max) != TG_OK)
            return std::string("error: ") + error.message + " | " + error.hint;
        const tg_infer_sql sql = {tg_infer_stream_name(arena, name), true, keep_case};
        tg_infer_write_sql(&inference, &sql, &out);
        std::string text = tg_buffer_text(&out);
        tg_buffer_done(&out);
        return text;
    }
    std::string conversion(const char *from, const char *to, const char *format, const char *key = nullptr)
    {
        tg_inference inference = {};
        tg_buffer out = {};
        tg_conversion wanted = {};
        if (infer(from, &inference) != TG_OK)
            return std::string("error: ") + error.message;
        wanted.inference = &inference;
        wanted.to = to;
        wanted.format = format;
        wanted.key = key;
        if (tg_conversion_write_sql(&wanted, arena, &out, &error) != TG_OK)
            return std::string("error: ") + error.message + " | " + error.hint;
        std::string text = tg_buffer_text(&out);
        tg_buffer_done(&out);
        return text;
    }
    // As `turgo convert --until-caught-up`, with the registry in memory.
    void convert(const char *from, const char *to, const char *format, const char *key = nullptr)
    {
        const std::string sql = conversion(from, to, format, key);
        set("application.id", (std::string("convert-") + from + "-" + to).c_str());
        ASSERT_EQ(run(sql), TG_OK) << error.message << "\n" << sql;
    }
    tg_arena *arena;
    tg_shape_style style = {};
    bool keep_case = false;
};

// One column of one type.
struct TypeCase {
    const char *name;
    std::vector<std::string> values; // of the member "x", as JSON
    const char *column;              // as declared, with its comment
};

class InferredType : public InferTest, public testing::WithParamInterface<TypeCase>
{
};

TEST_P(InferredType, FollowsFromTheValues)
{
    std::vector<std::string> records;
    for (const std::string &value : GetParam().values)
        records.push_back(value.empty() ? "{\"y\":1}" : "{\"x\":" + value + ",\"y\":1}");
    fill("t", records);
    const std::string text = statement("t");
    std::string squeezed;
    for (char c : text)
        if (c != ' ' || squeezed.empty() || squeezed.back() != ' ')
            squeezed += c;
    EXPECT_NE(squeezed.find(GetParam().column), std::string::npos) << GetParam().column << "\n" << squeezed;
}

const TypeCase type_cases[] = {
    {"Integers", {"1", "-7", "45"}, " x BIGINT, -- in all, integers from -7 to 45"},
    {"OneInteger", {"5", "5"}, " x BIGINT, -- in all, always 5"},
    {"Absent", {"1", "", "2", ""}, " x BIGINT, -- in 2 of 4, integers from 1 to 2"},
    {"Null", {"1", "null", "2"}, " x BIGINT, -- in 2 of 3, NULL in 1, integers from 1 to 2"},
    {"OnlyNull", {"null", "null"}, " x VARCHAR, -- only NULL was seen"},
    {"MoreThanSixtyFourBits",
     {"1", "9223372036854775808"},
     " x DECIMAL(38, 0), -- in all, integers of up to 19 digits"},
    {"LastOfSixtyFourBits", {"9223372036854775807", "-9223372036854775808"}, " x BIGINT,"},
    {"MoreThanDecimalHolds", {"123456789012345678901234567890123456789"}, " x DOUBLE,"},
    {"Decimals", {"1.5", "2e3"}, " x DOUBLE, -- in all, decimal numbers"},
    {"IntegersAndDecimals", {"1.5", "2"}, " x DOUBLE, -- in all, numbers, 1 of them whole"},
    {"Booleans", {"true", "false"}, " x BOOLEAN, -- in all, true or false"},
    {"Texts", {"\"a\"", "\"b\""}, " x VARCHAR, -- in all, text"},
    {"Mixed",
     {"1", "\"a\"", "true", "[1]"},
     " x VARCHAR, -- in all, mixed: 1 true or false, 1 integers, 1 texts, 1 arrays"},
    {"Arrays", {"[1,2]", "[]"}, " x ARRAY<BIGINT>, -- in all, arrays"},
    {"EmptyArrays", {"[]"}, " x ARRAY<VARCHAR>, -- in all, arrays, all empty"},
    {"ArraysOfObjects", {"[{\"a\":1},{\"a\":2,\"b\":\"s\"}]"}, " x ARRAY<STRUCT<a BIGINT, b VARCHAR>>,"},
    {"Objects", {"{\"a\":1}", "{\"b\":{\"c\":true}}"}, " x STRUCT<a BIGINT, b STRUCT<c BOOLEAN>>,"},
    {"EmptyObjects", {"{}"}, " x MAP<VARCHAR, VARCHAR>,"},
    {"TimesInMs", {"1595688900348"}, "; times in ms\n"},
    {"TimesAsText",
     {"\"2020-07-25T14:55:00.348Z\"", "\"2020-07-25T14:55:01.219+02\""},
     " x VARCHAR, -- in all, text; times as yyyy-MM-dd'T'HH:mm:ss.SSSX"},
    {"TimesWithoutZone", {"\"2020-07-25 14:55:00\""}, "; times as yyyy-MM-dd HH:mm:ss\n"},
    {"SomeTimesOnly", {"\"2020-07-25 14:55:00\"", "\"soon\""}, " x VARCHAR, -- in all, text\n"},
};

std::string type_case_name(const testing::TestParamInfo<TypeCase> &info)
{
    return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Infer, InferredType, testing::ValuesIn(type_cases), type_case_name);

TEST_F(InferTest, ManyRareMembersAreAMap)
{
    std::vector<std::string> records;
    for (int i = 0; i < 60; i++)
        records.push_back("{\"x\":{\"sensor" + std::to_string(i) + "\":" + std::to_string(i) + "}}");
    fill("t", records);
    EXPECT_NE(statement("t").find("x MAP<VARCHAR, BIGINT>"), std::string::npos) << statement("t");
}

TEST_F(InferTest, DeclaresTheWholeTopic)
{
    fill("orders.json", {"{\"id\":1,\"createdAt\":1595688900348,\"select\":true}"}, "k");
    EXPECT_EQ(statement("orders.json"),
              "-- Topic orders.json, 1 partition: all 1 committed records were looked at.\n"
              "-- keys: KAFKA, text.\n"
              "-- values: JSON objects.\n"
              "CREATE STREAM ORDERS_JSON (\n"
              "    ROWKEY VARCHAR KEY,                                      -- text\n"
              "    id BIGINT,                                               -- in all, always 1\n"
              "    createdAt BIGINT,                                        -- in all, always 1595688900348; "
              "times in ms\n"
              "    `select` BOOLEAN                                         -- in all, true or false\n"
              ") WITH (KAFKA_TOPIC = 'orders.json', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');\n"
              "-- To make createdAt the time of the rows, add TIMESTAMP = 'createdAt' to WITH.\n");
}

TEST_F(InferTest, NamesThatDifferByCaseAreQuoted)
{
    fill("t", {"{\"Id\":1,\"id\":\"a\",\"ROWTIME\":1}"});
    const std::string text = statement("t");
    EXPECT_NE(text.find("`Id` BIGINT"), std::string::npos) << text;
    EXPECT_NE(text.find("`id` VARCHAR"), std::string::npos) << text;
    EXPECT_NE(text.find("the member 'ROWTIME' is left out"), std::string::npos) << text;
}

TEST_F(InferTest, SaysWhichRecordsAreNoJson)
{
    std::vector<std::string> records(19, "{\"a\":1}");
    records.insert(records.begin() + 3, "{\"a\":");
    fill("t", records);
    const std::string text = statement("t");
    EXPECT_NE(text.find("1 of 20 are no JSON, the first at partition 0, offset 3"), std::string::npos)
        << text;
    EXPECT_NE(text.find("a BIGINT"), std::string::npos) << text;
}

TEST_F(InferTest, LooksAtTheOldestAndTheNewest)
{
    std::vector<std::string> records(50, "{\"old\":1}");
    records.insert(records.end(), 50, "{\"middle\":1}");
    records.insert(records.end(), 50, "{\"young\":1}");
    fill("t", records);
    const std::string text = statement("t", false, 40);
    EXPECT_NE(text.find("40 of about 150 committed records"), std::string::npos) << text;
    EXPECT_NE(text.find("old BIGINT"), std::string::npos) << text;
    EXPECT_NE(text.find("young BIGINT"), std::string::npos) << text;
    EXPECT_EQ(text.find("middle"), std::string::npos) << text;
}

TEST_F(InferTest, Delimited)
{
    fill("t", {"no;item;price", "1;\"a; b\";2.5", "2;;3"});
    EXPECT_NE(statement("t").find("    COL1 VARCHAR,"), std::string::npos) << statement("t");
    const std::string text = statement("t", true);
    EXPECT_NE(text.find("    no BIGINT,"), std::string::npos) << text;
    EXPECT_NE(text.find("    item VARCHAR,"), std::string::npos) << text;
    EXPECT_NE(text.find("    price DOUBLE "), std::string::npos) << text;
    EXPECT_NE(text.find("VALUE_FORMAT = 'DELIMITED', VALUE_DELIMITER = ';'"), std::string::npos) << text;
}

TEST_F(InferTest, OtherBytes)
{
    fill("text", {"hello", "world"}, std::string("\0\0\0\7", 4));
    EXPECT_NE(statement("text").find("ROWKEY INTEGER KEY,"), std::string::npos) << statement("text");
    EXPECT_NE(statement("text").find("ROWVAL VARCHAR "), std::string::npos) << statement("text");
    fill("scalars", {"[1]", "[2,3]"});
    EXPECT_NE(statement("scalars").find("ROWVAL ARRAY<BIGINT>"), std::string::npos) << statement("scalars");
    EXPECT_NE(statement("scalars").find("WRAP_SINGLE_VALUE = FALSE"), std::string::npos);
    fill("bytes", {"\xff\xfe", "\x80"});
    EXPECT_NE(statement("bytes").find("ROWVAL BYTES "), std::string::npos) << statement("bytes");
}

TEST_F(InferTest, KeysThatAreObjects)
{
    fill("one", {"{\"a\":1}"}, "{\"id\":1}");
    EXPECT_NE(statement("one").find("ROWKEY STRUCT<id BIGINT> KEY"), std::string::npos) << statement("one");
    fill("two", {"{\"a\":1}"}, "{\"id\":1,\"n\":\"x\"}");
    EXPECT_NE(statement("two").find("    id BIGINT KEY,"), std::string::npos) << statement("two");
    fill("same", {"{\"id\":1}"}, "{\"id\":1,\"n\":\"x\"}");
    EXPECT_NE(statement("same").find("ROWKEY STRUCT<id BIGINT, n VARCHAR> KEY"), std::string::npos)
        << statement("same");
}

TEST_F(InferTest, Errors)
{
    topic("orders");
    EXPECT_EQ(statement("orders"),
              "error: topic orders has no committed record with a value, so its columns "
              "cannot be told | write some records first, or declare the columns yourself");
    EXPECT_EQ(statement("oders"), "error: there is no topic oders | did you mean orders?");
    fill("prices", {"{\"price\":1}"});
    EXPECT_EQ(conversion("prices", "x", "JSON", "prize"),
              "error: --key names 'prize', but the values of topic prices have no such column | did you mean "
              "price?");
    tg_registry_close(registry);
    registry = nullptr;
    fill("avro", {std::string("\0\0\0\0\7abc", 8) + "d"});
    EXPECT_NE(statement("avro").find("as those of a schema registry do, but none is configured | set "
                                     "schema.registry.url"),
              std::string::npos)
        << statement("avro");
}

const std::vector<std::string> orders = {
    R"({"id":1,"item":{"name":"pen","price":1.5},"tags":["a","b"],"at":1595688900348,"gift-wrap":true})",
    R"({"id":2,"item":null,"tags":[],"at":1595688901219,"gift-wrap":false})",
    R"({"id":3,"item":{"name":null,"price":2.0},"tags":null,"at":1595688902254,"gift-wrap":null})",
};

class Conversion : public InferTest, public testing::WithParamInterface<const char *>
{
};

// There and back again gives the same rows, with the same keys.
TEST_P(Conversion, ThereAndBackAgain)
{
    const char *format = GetParam();
    const bool renames = strcmp(format, "JSON_SR") != 0;
    fill("from", orders, "k");
    convert("from", "to", format);
    if (::testing::Test::HasFatalFailure())
        return;
    convert("to", "back", "JSON");
    std::vector<std::string> expected;
    for (std::string order : orders) {
        if (renames)
            order.replace(order.find("gift-wrap"), 9, "gift_wrap");
        expected.push_back("k = " + order + " @1000");
    }
    if (strcmp(format, "PROTOBUF") != 0) { // which has no NULL among its scalars and lists
        EXPECT_EQ(read("back"), expected);
    }
    EXPECT_EQ(read("back").size(), orders.size());
    const tg_registry_schema *schema = nullptr;
    EXPECT_EQ(tg_registry_get_version(registry, "to-value", 0, arena, &schema, &error), TG_OK)
        << error.message;
}

INSTANTIATE_TEST_SUITE_P(Formats, Conversion, testing::Values("AVRO", "PROTOBUF", "JSON_SR"),
                         [](const testing::TestParamInfo<const char *> &info) {
                             return std::string(info.param);
                         });

TEST_F(InferTest, RowsOfASchemaAreWhatItSays)
{
    fill("from", orders, "k");
    style.timestamps = true;
    convert("from", "to", "AVRO");
    keep_case = true;
    const std::string text = statement("to");
    EXPECT_NE(text.find("values: AVRO, schema id 1."), std::string::npos) << text;
    EXPECT_NE(text.find("    `item` STRUCT<`name` VARCHAR, `price` DOUBLE>,\n"), std::string::npos) << text;
    EXPECT_NE(text.find("    `at` TIMESTAMP,\n"), std::string::npos) << text;
}

TEST_F(InferTest, AColumnBecomesTheKey)
{
    fill("from", {R"({"id":7,"v":"a"})"}, "old");
    convert("from", "to", "JSON", "ID");
    const std::vector<std::string> expected = {std::string("\0\0\0\0\0\0\0\7", 8) +
                                               R"( = {"id":7,"v":"a"} @1000)"};
    EXPECT_EQ(read("to"), expected);
}

TEST_F(InferTest, RecordsThatDoNotFitAreKeptWithTheirReasons)
{
    std::vector<std::string> records(40, R"({"id":1})");
    records[11] = R"({"id":)";
    records[23] = R"({"id":)";
    records[24] = "[]";
    fill("from", records);
    tg_misfit_mark mark = {};
    tg_misfits misfits = {};
    tg_buffer out = {};
    ASSERT_EQ(tg_misfits_mark(cluster, "to-errors", 1000, arena, &mark, &error), TG_OK) << error.message;
    convert("from", "to", "AVRO");
    EXPECT_EQ(read("to").size(), 37U);
    ASSERT_EQ(tg_misfits_read(cluster, "to-errors", &mark, 1000, arena, &misfits, &error), TG_OK)
        << error.message;
    EXPECT_EQ(misfits.count, 3U);
    ASSERT_EQ(misfits.reason_count, 2U);
    EXPECT_EQ(misfits.reasons[0].count, 2U);
    EXPECT_EQ(misfits.reasons[0].offset, 11);
    EXPECT_EQ(misfits.reasons[1].offset, 24);
    tg_misfits_write(&misfits, "to-errors", &out);
    EXPECT_EQ(std::string(tg_buffer_text(&out)).rfind("3 records did not fit, kept in topic to-errors:\n", 0),
              0U)
        << tg_buffer_text(&out);
    tg_buffer_done(&out);
    ASSERT_EQ(tg_misfits_mark(cluster, "to-errors", 1000, arena, &mark, &error), TG_OK);
    ASSERT_EQ(tg_misfits_read(cluster, "to-errors", &mark, 1000, arena, &misfits, &error), TG_OK);
    EXPECT_EQ(misfits.count, 0U); // all of them were there before
}

} // namespace
