// AVRO: schemas, columns from them and back, records by writer and reader schema, what is refused.
#include <gtest/gtest.h>

#include "serde/avro/columns.h"
#include "serde/avro/program.h"
#include "serde/registry/registry.h"
#include "serde/tests/vectors.hpp"

namespace
{

using namespace serde_test;

std::string record_of(const std::string &fields)
{
    return R"({"type":"record","name":"R","namespace":"x","fields":[)" + fields + "]}";
}

std::string field_of(const std::string &name, const std::string &type)
{
    return R"({"name":")" + name + R"(","type":)" + type + "}";
}

class Avro : public testing::Test
{
protected:
    ~Avro() override
    {
        tg_arena_free(arena_);
    }
    // The SQL type that a schema becomes, or why it becomes none.
    std::string type_of(const std::string &text, bool keep_case = false, const char *full_name = nullptr)
    {
        tg_registry_schema schema = {};
        tg_format_columns request = {full_name, keep_case};
        const tg_type *type = nullptr;
        tg_error error;
        schema.text = slice_of(text);
        if (find_format("AVRO")->schemas->read(arena_, &schema, &request, &type, &error) != TG_OK)
            return std::string("error: ") + error.message + (error.hint[0] != '\0' ? "; " : "") + error.hint;
        return tg_type_name(arena_, type);
    }
    // The schema that columns become.
    std::string schema_of(const Columns &columns, bool unwrapped = false, const char *full_name = nullptr)
    {
        tg_format_options options = columns.options();
        tg_buffer out = {};
        tg_error error;
        options.unwrapped = unwrapped;
        options.full_name = full_name;
        std::string text;
        if (find_format("AVRO")->schemas->write(&options, &out, &error) == TG_OK)
            text = text_of(tg_buffer_slice(&out));
        else
            text = std::string("error: ") + error.message;
        tg_buffer_done(&out);
        return text;
    }
    // Rows of records in hexadecimal, written by a schema without id.
    std::vector<std::string> decode(const std::string &schema, const Columns &columns,
                                    const std::vector<std::string> &records, bool unwrapped = false,
                                    bool field_nulls = false)
    {
        tg_registry_schema writer = {};
        writer.text = slice_of(schema);
        tg_format_options options = columns.options();
        options.writer = &writer;
        options.unwrapped = unwrapped;
        options.field_nulls = field_nulls;
        Decoder decoder(find_format("AVRO"), columns, options);
        std::vector<Record> bytes;
        for (const std::string &record : records)
            bytes.push_back(Record(bytes_of_hex(record)));
        decoder.decode(bytes);
        return decoder.rows();
    }
    // A record of one field F.
    std::string one(const std::string &field_type, const std::string &column_type, const std::string &record)
    {
        Columns columns({{"F", column_type}});
        return decode(record_of(field_of("f", field_type)), columns, {record})[0];
    }
    tg_arena *arena_ = tg_arena_new(0);
};

TEST_F(Avro, InfersTypesAsConnectDoes)
{
    struct {
        const char *schema;
        const char *type;
    } cases[] = {
        {R"("int")", "INTEGER"},
        {R"({"type":"long"})", "BIGINT"},
        {R"("float")", "DOUBLE"},
        {R"({"type":"enum","name":"E","symbols":["A"]})", "STRING"},
        {R"({"type":"fixed","name":"F","size":3})", "BYTES"},
        {R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})", "DECIMAL(9, 2)"},
        {R"({"type":"bytes","logicalType":"decimal","precision":2,"scale":3})", "BYTES"},
        {R"({"type":"int","logicalType":"date"})", "DATE"},
        {R"({"type":"int","logicalType":"time-millis"})", "TIME"},
        {R"({"type":"long","logicalType":"timestamp-millis"})", "TIMESTAMP"},
        {R"({"type":"long","logicalType":"timestamp-micros"})", "BIGINT"},
        {R"({"type":"string","logicalType":"date"})", "STRING"},
        {R"(["null",{"type":"array","items":["null","string"]}])", "ARRAY<STRING>"},
        {R"({"type":"map","values":"long"})", "MAP<STRING, BIGINT>"},
        {R"(["null","int","string"])", "STRUCT<`INT` INTEGER, `STRING` STRING>"},
        {R"({"type":"array","items":{"type":"record","name":"e","connect.internal.type":"MapEntry","fields":[
            {"name":"key","type":"int"},{"name":"value","type":"boolean"}]}})",
         "MAP<STRING, BOOLEAN>"},
        {R"({"type":"record","name":"r","fields":[{"name":"a","type":"null"},{"name":"b","type":"int"}]})",
         "STRUCT<`B` INTEGER>"},
        {R"("null")", "error: the Avro schema is null, which has nothing that fits a column"},
    };
    for (const auto &one : cases)
        EXPECT_EQ(type_of(one.schema), one.type) << one.schema;
    EXPECT_EQ(type_of(record_of(field_of("camelCase", "\"int\"")), true), "STRUCT<`camelCase` INTEGER>");
    EXPECT_EQ(type_of(R"([{"type":"record","name":"a.B","fields":[{"name":"x","type":"int"}]},
                         {"type":"record","name":"a.C","fields":[{"name":"y","type":"int"}]}])",
                      false, "a.C"),
              "STRUCT<`Y` INTEGER>");
    EXPECT_EQ(type_of(R"([{"type":"record","name":"a.B","fields":[]},"int"])", false, "a.C"),
              "error: the schema has no type named a.C; it has a.B");
}

TEST_F(Avro, RefusesSchemas)
{
    struct {
        std::string schema;
        const char *error;
    } cases[] = {
        {"int", "the Avro schema: no JSON"},
        {"{}", "the Avro schema: a schema in braces needs a member type"},
        {R"("x.Unknown")", "the Avro schema: no type is named x.Unknown here"},
        {R"({"type":"record","fields":[]})", "the Avro schema: a record needs a name"},
        {R"({"type":"record","name":"1a","fields":[]})", "the Avro schema: 1a cannot be the name of a type"},
        {record_of(field_of("a-b", "\"int\"")),
         "the Avro schema: record x.R: a-b cannot be the name of a field"},
        {record_of(field_of("a", "\"int\"") + "," + field_of("a", "\"int\"")),
         "the Avro schema: record x.R has two fields named a"},
        {record_of(field_of("a", R"({"type":"record","name":"R","fields":[]})")),
         "the Avro schema: record x.R: field a: type x.R is declared twice"},
        {R"(["int",["string"]])", "the Avro schema: a union cannot be directly in a union"},
        {R"(["int","int"])", "the Avro schema: a union has int twice"},
        {"[]", "the Avro schema: a union needs between 1 and 1024 types, not 0"},
        {R"({"type":"enum","name":"E","symbols":["A","A"]})",
         "the Avro schema: enum E has a symbol that is no name, or is there twice"},
        {R"({"type":"enum","name":"E","symbols":["A"],"default":"B"})",
         "the Avro schema: enum E: its default B is none of its symbols"},
        {R"({"type":"fixed","name":"F","size":-1})",
         "the Avro schema: fixed F needs a size between 0 and 1048576 bytes"},
        {R"({"type":"array"})", "the Avro schema: an array needs the type of its items"},
        {record_of(field_of("next", R"(["null","R"])")), "field next: record x.R contains itself"},
    };
    for (const auto &one : cases) {
        std::string found = type_of(one.schema);
        EXPECT_EQ(found.substr(0, strlen(one.error) + 7), std::string("error: ") + one.error) << one.schema;
    }
}

// Types that unfold to far more fields than they have text: refused, without taking long.
TEST_F(Avro, RefusesSchemasThatExplode)
{
    std::string text = field_of("leaf", "\"int\"");
    for (int level = 0; level < 30; level++) {
        std::string name = "L" + std::to_string(level);
        text = field_of("a", R"({"type":"record","name":")" + name + R"(","fields":[)" + text + "]}") + "," +
               field_of("b", "\"" + name + "\"");
    }
    EXPECT_NE(type_of(record_of(text)).find("unfolds to more than 100000 fields"), std::string::npos);
    // Declared columns read it all the same, and the rest is skipped.
    Columns columns({{"Z", "INT"}});
    EXPECT_EQ(decode(record_of(field_of("z", "\"int\"")), columns, {"54"})[0], "42");
}

TEST_F(Avro, TakesLargeSchemas)
{
    std::string fields;
    std::string row;
    for (int i = 0; i < 3000; i++) {
        fields += (i > 0 ? "," : "") + (R"({"name":"f)" + std::to_string(i) + R"(","doc":")") +
                  std::string(330, 'x') + R"(","type":["null","int"],"default":null})";
        row += i == 2999 ? "0254" : "00";
    }
    std::string schema = record_of(fields);
    ASSERT_GT(schema.size(), 1000000U);
    Columns columns({{"F2999", "INT"}, {"F0", "INT"}});
    EXPECT_EQ(decode(schema, columns, {row})[0], "42 null");
    std::string type = type_of(schema);
    EXPECT_EQ(type.substr(type.size() - 16), "`F2999` INTEGER>");
}

TEST_F(Avro, WritesTheSchemaThatKsqlWrites)
{
    EXPECT_EQ(
        schema_of(Columns({{"ID", "BIGINT"}, {"S", "STRUCT<F1 INT>"}})),
        R"({"type":"record","name":"KsqlDataSourceSchema","namespace":"io.confluent.ksql.avro_schemas",)"
        R"("fields":[{"name":"ID","type":["null","long"],"default":null},)"
        R"({"name":"S","type":["null",{"type":"record","name":"KsqlDataSourceSchema_S",)"
        R"("fields":[{"name":"F1","type":["null","int"],"default":null}],)"
        R"("connect.name":"io.confluent.ksql.avro_schemas.KsqlDataSourceSchema_S"}],"default":null}],)"
        R"("connect.name":"io.confluent.ksql.avro_schemas.KsqlDataSourceSchema"})");
    EXPECT_EQ(
        schema_of(Columns({{"M", "MAP<STRING, DATE>"}}), false, "Plain"),
        R"({"type":"record","name":"Plain","fields":[{"name":"M","type":["null",{"type":"array",)"
        R"("items":{"type":"record","name":"Plain_M","fields":[)"
        R"({"name":"key","type":["null","string"],"default":null},)"
        R"({"name":"value","type":["null",{"type":"int","connect.version":1,)"
        R"("connect.name":"org.apache.kafka.connect.data.Date","logicalType":"date"}],"default":null}],)"
        R"("connect.internal.type":"MapEntry"},"connect.name":"Plain_M"}],"default":null}],)"
        R"("connect.name":"Plain"})");
    EXPECT_EQ(schema_of(Columns({{"K", "STRING"}}), true), R"("string")");
    EXPECT_EQ(schema_of(Columns({{"K", "ARRAY<BIGINT>"}}), true),
              R"({"type":"array","items":["null","long"]})");
    EXPECT_EQ(schema_of(Columns({{"1a", "INT"}})).substr(0, 57),
              "error: column 1a: Avro cannot carry a field of this name;");
}

TEST_F(Avro, ReadsScalars)
{
    EXPECT_EQ(one("\"boolean\"", "BOOLEAN", "01"), "true");
    EXPECT_EQ(one("\"int\"", "INT", "feffffff0f"), "2147483647");
    EXPECT_EQ(one("\"int\"", "BIGINT", "01"), "-1");
    EXPECT_EQ(one("\"int\"", "DOUBLE", "04"), "2.0");
    EXPECT_EQ(one("\"long\"", "BIGINT", "ffffffffffffffffff01"), "-9223372036854775808");
    EXPECT_EQ(one("\"long\"", "DOUBLE", "04"), "2.0");
    EXPECT_EQ(one("\"float\"", "DOUBLE", "0000c03f"), "1.5");
    EXPECT_EQ(one("\"float\"", "STRING", "cdcccc3d"), "'0.1'");
    EXPECT_EQ(one("\"double\"", "STRING", "000000000000f83f"), "'1.5'");
    EXPECT_EQ(one("\"boolean\"", "STRING", "01"), "'true'");
    EXPECT_EQ(one("\"long\"", "STRING", "03"), "'-2'");
    EXPECT_EQ(one("\"string\"", "BYTES", "0461c3"), "x'61c3'");
    EXPECT_EQ(one(R"({"type":"long","logicalType":"timestamp-micros"})", "TIMESTAMP", "01"), "-1");
    EXPECT_EQ(one(R"({"type":"long","logicalType":"timestamp-nanos"})", "TIMESTAMP", "80897a"), "1");
    EXPECT_EQ(one(R"({"type":"long","logicalType":"time-micros"})", "TIME", "d00f"), "1");
    EXPECT_EQ(one(R"({"type":"int","logicalType":"date"})", "DATE", "d80f"), "1004");
    EXPECT_EQ(
        one(R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2})", "DECIMAL(6, 3)", "0203"),
        "0.030");
    EXPECT_EQ(one(R"({"type":"enum","name":"E","symbols":["A","B"]})", "STRING", "02"), "'B'");
    EXPECT_EQ(one(R"(["string","null"])", "STRING", "02"), "null");
    EXPECT_EQ(one(R"(["int","long","null"])", "BIGINT", "0206"), "3");
}

TEST_F(Avro, ReadsNestedValues)
{
    EXPECT_EQ(one(R"({"type":"array","items":["null","int"]})", "ARRAY<INT>", "080202000204020800"),
              "[1, null, 2, 4]");
    EXPECT_EQ(one(R"({"type":"map","values":"int"})", "MAP<STRING, INT>", "0402610202"),
              "error: the record ends inside of the value in f[], before byte 5 | null");
    EXPECT_EQ(one(R"({"type":"map","values":"int"})", "MAP<STRING, INT>",
                  "06026102026204026106"
                  "00"),
              "{'a': 3, 'b': 2}");
    EXPECT_EQ(one(R"(["null","int","string"])", "STRUCT<int INT, string STRING>",
                  "0402"
                  "78"),
              "(null, 'x')");
    Columns columns({{"A", "INT"}, {"MISSING", "STRING"}, {"b", "STRUCT<Y INT, N INT>"}});
    EXPECT_EQ(decode(record_of(field_of("skipped", R"({"type":"array","items":{"type":"map","values":"R2"}})")
                                   .replace(0, 0,
                                            field_of("z", R"({"type":"record","name":"R2","fields":[
                                        {"name":"s","type":"string"},{"name":"next","type":["null","R2"]}]})") +
                                                ",") +
                               "," + field_of("a", "\"int\"") + "," +
                               field_of("B", R"({"type":"record","name":"R3","fields":[
                                   {"name":"x","type":"double"},{"name":"y","type":"int"}]})")),
                     columns, {"02780202790002020261027a0000000e000000000000000010"})[0],
              "7 null (8, null)");
}

TEST_F(Avro, RejectsRecords)
{
    struct {
        const char *schema;
        const char *type;
        const char *record;
        const char *row;
    } cases[] = {
        {"\"int\"", "INT", "8080808010", "error: an int of more than 32 bits in f, before byte 5 | null"},
        {"\"int\"", "INT", "0202", "error: bytes behind the end of the value, before byte 1 | null"},
        {"\"int\"", "STRING", "", "error: the record ends inside of the value in f, before byte 0 | null"},
        {"\"string\"", "INT", "0261", "error: string does not fit INTEGER in f, before byte 0 | null"},
        {"\"long\"", "INT", "02", "error: long does not fit INTEGER in f, before byte 0 | null"},
        {"\"string\"", "STRING", "02ff", "error: a text that is not valid UTF-8 in f, before byte 2 | null"},
        {"\"boolean\"", "BOOLEAN", "02",
         "error: a boolean that is neither 0 nor 1 in f, before byte 1 | null"},
        {R"({"type":"array","items":"null"})", "ARRAY<INT>", "80808080808020",
         "error: more than 1048576 elements in f, before byte 7 | null"},
        {R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":0})", "DECIMAL(2, 0)", "040100",
         "error: a decimal of more digits than its column has in f, before byte 3 | null"},
    };
    for (const auto &one_case : cases)
        EXPECT_EQ(one(one_case.schema, one_case.type, one_case.record), one_case.row) << one_case.record;
}

TEST_F(Avro, LeavesOneFieldNullOnRequest)
{
    Columns columns({{"A", "STRING"}, {"B", "INT"}, {"C", "INT"}});
    std::string schema = record_of(field_of("a", "\"string\"") + "," + field_of("b", "\"string\"") + "," +
                                   field_of("c", "\"int\""));
    EXPECT_EQ(decode(schema, columns, {"02ff026106"}, false, true)[0],
              "error: a text that is not valid UTF-8 in a, before byte 5 | null null 3");
}

TEST_F(Avro, ReadsBareValues)
{
    Columns text({{"V", "STRING"}});
    Columns bytes({{"V", "BYTES"}});
    EXPECT_EQ(decode(R"("string")", text, {"0261"}, true)[0], "'a'");
    EXPECT_EQ(decode(R"(["null","string"])", text, {"00", "020261"}, true),
              (std::vector<std::string>{"null", "'a'"}));
    EXPECT_EQ(decode(R"("bytes")", bytes, {"0261"}, true)[0], "x'0261'");
    EXPECT_EQ(decode(R"("int")", text, {"02"}, false)[0],
              "error: int, but a record with the columns as fields is needed, before byte 0 | null");
    EXPECT_EQ(decode(R"(["null",{"type":"record","name":"R","fields":[{"name":"v","type":"string"}]}])", text,
                     {"00", "020261"}),
              (std::vector<std::string>{"null", "'a'"}));
}

TEST_F(Avro, FindsWritersByTheirIds)
{
    tg_registry *registry = tg_registry_open_memory();
    std::string first = record_of(field_of("a", "\"int\""));
    std::string second = record_of(field_of("b", "\"string\"") + "," + field_of("a", "\"long\""));
    tg_registry_schema schema = {};
    tg_error error;
    int32_t ids[2] = {};
    schema.text = slice_of(first);
    ASSERT_EQ(tg_registry_register(registry, "one", &schema, &ids[0], &error), TG_OK);
    schema.text = slice_of(second);
    ASSERT_EQ(tg_registry_register(registry, "two", &schema, &ids[1], &error), TG_OK);
    Columns columns({{"A", "BIGINT"}, {"B", "STRING"}});
    tg_format_options options = columns.options();
    options.registry = registry;
    Decoder decoder(find_format("AVRO"), columns, options);
    std::string one_id = "000000000" + std::to_string(ids[0]);
    std::string two_id = "000000000" + std::to_string(ids[1]);
    decoder.decode({Record(bytes_of_hex(one_id + "02")), Record(bytes_of_hex(two_id + "027804")),
                    Record(bytes_of_hex(one_id + "06")), Record(bytes_of_hex("000000006302")),
                    Record(bytes_of_hex("0102")), Record(nullptr)});
    EXPECT_EQ(
        decoder.rows(),
        (std::vector<std::string>{
            "1 null", "2 'x'", "3 null", "error: the schema registry has no schema with id 99 | null null",
            "error: too short for a schema id: a zero byte and four bytes of id are needed first | null null",
            "null null"}));
    tg_registry_close(registry);
}

TEST_F(Avro, WritesByAGivenSchema)
{
    std::string text =
        record_of(R"({"name":"d","type":"int","default":5},)" + field_of("u", R"(["string","null"])") +
                  R"(,{"name":"n","type":"long","default":-1},)" +
                  field_of("e", R"({"type":"enum","name":"E","symbols":["A","B"]})") + "," +
                  field_of("t", R"({"type":"long","logicalType":"timestamp-micros"})"));
    tg_registry_schema schema = {};
    schema.text = slice_of(text);
    schema.id = 258;
    Columns columns({{"U", "STRING"}, {"N", "BIGINT"}, {"E", "STRING"}, {"T", "TIMESTAMP"}});
    tg_format_options options = columns.options();
    options.writer = &schema;
    Encoder encoder(find_format("AVRO"), options);
    options.registry = nullptr;
    tg_registry_schema plain = schema;
    plain.id = 0;
    options.writer = &plain;
    Decoder decoder(find_format("AVRO"), columns, options);
    decoder.decode({Record(bytes_of_hex("0a"
                                        "000278"
                                        "0e"
                                        "02"
                                        "d00f")),
                    Record(bytes_of_hex("00"
                                        "02"
                                        "01"
                                        "00"
                                        "00"))});
    EXPECT_EQ(decoder.rows(), (std::vector<std::string>{"'x' 7 'B' 1", "null -1 'A' 0"}));
    decoder.columns()[1]->valid[1] = 0;
    std::vector<std::string> records = encoder.encode(decoder.columns(), 2);
    ASSERT_EQ(records.size(), 2U) << records[0];
    EXPECT_EQ(hex_of(records[0]), "0000000102"
                                  "0a"
                                  "000278"
                                  "0e"
                                  "02"
                                  "d00f");
    EXPECT_EQ(hex_of(records[1]), "0000000102"
                                  "0a"
                                  "02"
                                  "01"
                                  "00"
                                  "00");
    decoder.columns()[2]->valid[1] = 0;
    EXPECT_EQ(encoder.encode(decoder.columns(), 2)[0],
              "error: column e is NULL, but the schema has neither null nor a default there");
}

TEST_F(Avro, RefusesColumnsThatTheSchemaCannotTake)
{
    tg_registry_schema schema = {};
    std::string text = record_of(field_of("a", "\"int\""));
    schema.text = slice_of(text);
    auto refusal = [&](const Columns &columns) {
        tg_format_options options = columns.options();
        tg_encoder *encoder = nullptr;
        tg_error error;
        options.writer = &schema;
        return find_format("AVRO")->encoder_open(&options, &encoder, &error) == TG_OK ? std::string("none")
                                                                                      : error.message;
    };
    EXPECT_EQ(refusal(Columns({{"A", "BIGINT"}})), "column a: BIGINT cannot be written as int");
    EXPECT_EQ(refusal(Columns({{"A", "INT"}, {"B", "INT"}})),
              "column B: the schema's record x.R has no field of that name");
    EXPECT_EQ(refusal(Columns({})), "the schema's field a has no default, and there is no column for it");
}

TEST_F(Avro, AllocatesNothingOnceWarm)
{
    Columns columns({{"ID", "BIGINT"},
                     {"NAME", "STRING"},
                     {"PRICE", "DECIMAL(9, 2)"},
                     {"ITEMS", "ARRAY<STRUCT<N INT, TAGS MAP<STRING, STRING>>>"}});
    Encoder encoder(find_format("AVRO"), columns.options());
    Decoder decoder(find_format("AVRO"), columns, columns.options());
    std::string record = bytes_of_hex("0206020461620202640202"
                                      "02020a02020202610202620000");
    decoder.decode(std::vector<Record>(300, Record(record)));
    ASSERT_EQ(decoder.error_count(), 0U) << decoder.rows()[0];
    ASSERT_TRUE(encoder.encode_only(decoder.columns(), 300));
    decoder.decode_again();
    uint64_t before = tg_allocation_count();
    decoder.decode_again();
    ASSERT_TRUE(encoder.encode_only(decoder.columns(), 300));
    EXPECT_EQ(tg_allocation_count(), before);
}

} // namespace
