// PROTOBUF: schemas, columns from them and back, records, what is refused.
#include <gtest/gtest.h>

#include "serde/registry/registry.h"
#include "serde/tests/serde_test.hpp"
#include "serde/tests/vectors.hpp"

namespace
{

using namespace serde_test;

class Protobuf : public testing::Test
{
protected:
    ~Protobuf() override
    {
        tg_arena_free(arena_);
    }
    static std::string file_of(const std::string &text)
    {
        return "syntax = \"proto3\"; " + text;
    }
    std::string type_of(const std::string &text, const char *full_name = nullptr, bool keep_case = false)
    {
        tg_registry_schema schema = {};
        tg_format_columns request = {full_name, keep_case};
        const tg_type *type = nullptr;
        tg_error error;
        schema.text = slice_of(text);
        schema.type = TG_REGISTRY_PROTOBUF;
        if (find_format("PROTOBUF")->schemas->read(arena_, &schema, &request, &type, &error) != TG_OK)
            return std::string("error: ") + error.message + (error.hint[0] != '\0' ? "; " : "") + error.hint;
        return tg_type_name(arena_, type);
    }
    std::string schema_of(const Columns &columns, tg_nullable nullable = TG_NULLABLE_NEVER,
                          const char *full_name = nullptr)
    {
        tg_format_options options = columns.options();
        tg_buffer out = {};
        tg_error error;
        options.nullable = nullable;
        options.full_name = full_name;
        std::string text;
        if (find_format("PROTOBUF")->schemas->write(&options, &out, &error) == TG_OK)
            text = text_of(tg_buffer_slice(&out));
        else
            text = std::string("error: ") + error.message;
        tg_buffer_done(&out);
        return text;
    }
    std::vector<std::string> decode(const std::string &schema, const Columns &columns,
                                    const std::vector<std::string> &records, bool field_nulls = false)
    {
        tg_registry_schema writer = {};
        writer.text = slice_of(schema);
        writer.type = TG_REGISTRY_PROTOBUF;
        tg_format_options options = columns.options();
        options.writer = &writer;
        options.field_nulls = field_nulls;
        Decoder decoder(find_format("PROTOBUF"), columns, options);
        std::vector<Record> bytes;
        for (const std::string &record : records)
            bytes.push_back(Record(bytes_of_hex(record)));
        decoder.decode(bytes);
        return decoder.rows();
    }
    tg_arena *arena_ = tg_arena_new(0);
};

TEST_F(Protobuf, InfersTypesAsConnectDoes)
{
    struct {
        const char *fields;
        const char *type;
    } cases[] = {
        {"int32 a = 1; uint32 b = 2; float c = 3; bytes d = 4; enum E { X = 0; } E e = 5;",
         "STRUCT<`A` INTEGER, `B` BIGINT, `C` DOUBLE, `D` BYTES, `E` STRING>"},
        {"repeated string a = 1; map<int32, bool> b = 2;",
         "STRUCT<`A` ARRAY<STRING>, `B` MAP<STRING, BOOLEAN>>"},
        {"message N { int32 x = 1; } N n = 1; repeated N m = 2;",
         "STRUCT<`N` STRUCT<`X` INTEGER>, `M` ARRAY<STRUCT<`X` INTEGER>>>"},
        {"int32 id = 1; oneof pay { string text = 2; int64 number = 3; }",
         "STRUCT<`PAY_0` STRUCT<`TEXT` STRING, `NUMBER` BIGINT>, `ID` INTEGER>"},
        {"message XEntry1 { string key = 1; repeated int32 value = 2; } repeated XEntry1 m = 1;",
         "STRUCT<`M` MAP<STRING, ARRAY<INTEGER>>>"},
        {"message Empty {} Empty e = 1; int32 a = 2;", "STRUCT<`A` INTEGER>"},
    };
    for (const auto &one : cases)
        EXPECT_EQ(type_of(file_of("message M { " + std::string(one.fields) + " }")), one.type) << one.fields;
    EXPECT_EQ(
        type_of(file_of("import \"google/protobuf/timestamp.proto\"; import \"google/type/date.proto\";"
                        "import \"google/type/timeofday.proto\"; import \"confluent/type/decimal.proto\";"
                        "import \"google/protobuf/wrappers.proto\";"
                        "message M { google.protobuf.Timestamp a = 1; google.type.Date b = 2;"
                        "google.type.TimeOfDay c = 3; google.protobuf.UInt32Value d = 4;"
                        "confluent.type.Decimal e = 5 [(confluent.field_meta) = { params: ["
                        "{ value: \"4\", key: \"precision\" }, { value: \"2\", key: \"scale\" }]}]; }")),
        "STRUCT<`A` TIMESTAMP, `B` DATE, `C` TIME, `D` BIGINT, `E` DECIMAL(4, 2)>");
    EXPECT_EQ(type_of(file_of("package p; message A { int32 a = 1; } message B { int32 b = 1; }"), "p.B"),
              "STRUCT<`B` INTEGER>");
    EXPECT_EQ(type_of(file_of("message A { int32 camelCase = 1; }"), "A", true),
              "STRUCT<`camelCase` INTEGER>");
}

TEST_F(Protobuf, RefusesSchemas)
{
    EXPECT_EQ(type_of("message {"), "error: the Protobuf schema: line 1, column 9: Expected message name.");
    EXPECT_EQ(type_of(file_of("message A { B b = 1; }")),
              "error: the Protobuf schema: A.b: \"B\" is not defined.");
    EXPECT_EQ(type_of(file_of("import \"other.proto\"; message A {}")),
              "error: the Protobuf schema imports other.proto, which is none of its references");
    EXPECT_EQ(type_of(file_of("enum E { X = 0; }")), "error: the Protobuf schema has no message");
    EXPECT_EQ(
        type_of(file_of("message A { A next = 1; }")),
        "error: the Protobuf schema: field next: message A contains itself; SQL's types cannot: declare the "
        "columns that are needed");
    EXPECT_EQ(type_of(file_of("message A {}"), "X"), "error: the schema has no message named X; it has A");
    EXPECT_EQ(type_of(file_of("message A {}")),
              "error: the Protobuf message A has no field that fits a column");
    std::string deep;
    for (int i = 0; i < 5000; i++)
        deep += "message A {";
    EXPECT_EQ(type_of(file_of(deep)).substr(0, 60),
              "error: the Protobuf schema is larger than 16777216 bytes, or");
}

TEST_F(Protobuf, TakesLargeSchemas)
{
    std::string fields;
    for (int i = 1; i <= 3000; i++)
        fields += "/* " + std::string(330, 'x') + " */ int32 f" + std::to_string(i) + " = " +
                  std::to_string(i) + ";";
    ASSERT_GT(fields.size(), 1000000U);
    Columns columns({{"F2999", "INT"}, {"F1", "INT"}});
    EXPECT_EQ(decode(file_of("message M {" + fields + "}"), columns, {"0802b8bb0107"})[0], "7 2");
}

TEST_F(Protobuf, WritesTheSchemaThatKsqlWrites)
{
    EXPECT_EQ(schema_of(Columns({{"I", "INT"}, {"S", "STRING"}})),
              "syntax = \"proto3\";\n\nmessage ConnectDefault1 {\n  int32 I = 1;\n  string S = 2;\n}\n");
    EXPECT_EQ(schema_of(Columns({{"I", "INT"}}), TG_NULLABLE_WRAPPER, "a.b.C"),
              "syntax = \"proto3\";\npackage a.b;\n\nimport \"google/protobuf/wrappers.proto\";\n\n"
              "message C {\n  google.protobuf.Int32Value I = 1;\n}\n");
    EXPECT_EQ(
        schema_of(Columns({{"L", "ARRAY<BIGINT>"}, {"N", "STRUCT<X DOUBLE>"}, {"M", "MAP<STRING, DATE>"}}),
                  TG_NULLABLE_OPTIONAL),
        "syntax = \"proto3\";\n\nimport \"google/type/date.proto\";\n\n"
        "message ConnectDefault1 {\n  repeated int64 L = 1;\n  ConnectDefault2 N = 2;\n"
        "  repeated ConnectDefault3Entry M = 3;\n\n  message ConnectDefault2 {\n    optional double X = 1;\n"
        "  }\n\n  message ConnectDefault3Entry {\n    optional string key = 1;\n"
        "    google.type.Date value = 2;\n  }\n}\n");
}

TEST_F(Protobuf, ReadsWhatIsThereAndWhatIsNot)
{
    Columns columns(
        {{"A", "INT"}, {"B", "STRING"}, {"C", "BIGINT"}, {"L", "ARRAY<INT>"}, {"N", "STRUCT<X INT>"}});
    std::string schema =
        file_of("message M { int32 a = 1; string b = 2; optional int64 c = 3; repeated int32 l = 4;"
                "message S { int32 x = 1; } S n = 5; }");
    EXPECT_EQ(decode(schema, columns, {"", "0805120178180022020102200308022a00", "2a020807120161"}),
              (std::vector<std::string>{"0 '' null [] null", "2 'x' 0 [1, 2, 3] (0)", "0 'a' null [] (7)"}));
    EXPECT_EQ(decode(file_of("message M { bytes a = 1; string b = 2; }"),
                     Columns({{"A", "BYTES"}, {"B", "STRING"}}), {"", "0a00"}),
              (std::vector<std::string>{"null ''", "x'' ''"}));
    Columns members({{"TEXT", "STRING"}, {"PAY_0", "STRUCT<NUMBER INT, SUB STRUCT<Y INT>>"}});
    EXPECT_EQ(decode(file_of("message M { oneof pay { string text = 2; int32 number = 3; S sub = 4; }"
                             "message S { int32 y = 1; } }"),
                     members, {"", "120178", "1201781807", "18072200"}),
              (std::vector<std::string>{"null null", "'x' null", "null (7, null)", "null (null, (0))"}));
}

TEST_F(Protobuf, RejectsRecords)
{
    Columns columns({{"A", "INT"}, {"B", "STRING"}});
    std::string schema = file_of("message M { int32 a = 1; string b = 2; }");
    struct {
        const char *record;
        const char *row;
    } cases[] = {
        {"08", "error: the message ends inside of a value in a, before byte 1 | null null"},
        {"0880", "error: the message ends inside of a value in a, before byte 2 | null null"},
        {"1205", "error: a length beyond the end of the message in b, before byte 2 | null null"},
        {"1201ff", "error: a text that is not valid UTF-8 in b, before byte 3 | null null"},
        {"00", "error: a tag that cannot be, before byte 1 | null null"},
        {"0e01", "error: a tag that cannot be, before byte 1 | null null"},
        {"0c", "error: the end of a group that was not started, before byte 1 | null null"},
        {"1b", "error: the message ends inside of a value, before byte 1 | null null"},
    };
    for (const auto &one : cases)
        EXPECT_EQ(decode(schema, columns, {one.record})[0], one.row) << one.record;
    EXPECT_EQ(decode(schema, columns, {"08011201ff"}, true)[0],
              "error: a text that is not valid UTF-8 in b, before byte 5 | 1 null");
    EXPECT_EQ(decode(file_of("message M { string a = 1; }"), Columns({{"A", "INT"}}), {"0a0161"})[0],
              "error: string does not fit INTEGER in a, before byte 1 | null");
}

TEST_F(Protobuf, FindsMessagesByIdAndIndexes)
{
    tg_registry *registry = tg_registry_open_memory();
    std::string text = file_of("message A { int32 a = 1; } message B { message C { int32 a = 3; } }");
    tg_registry_schema schema = {};
    tg_error error;
    int32_t id = 0;
    schema.text = slice_of(text);
    schema.type = TG_REGISTRY_PROTOBUF;
    ASSERT_EQ(tg_registry_register(registry, "s", &schema, &id, &error), TG_OK);
    Columns columns({{"A", "INT"}});
    tg_format_options options = columns.options();
    options.registry = registry;
    Decoder decoder(find_format("PROTOBUF"), columns, options);
    std::string prefix = "000000000" + std::to_string(id);
    decoder.decode({Record(bytes_of_hex(prefix + "000805")), Record(bytes_of_hex(prefix + "02000806")),
                    Record(bytes_of_hex(prefix + "0402001807")), Record(bytes_of_hex(prefix + "0208")),
                    Record(bytes_of_hex(prefix))});
    EXPECT_EQ(
        decoder.rows(),
        (std::vector<std::string>{
            "5", "6", "7", "error: the indexes behind the schema id lead to no message of the schema | null",
            "error: the indexes behind the schema id lead to no message of the schema | null"}));
    schema.id = id;
    options.writer = &schema;
    options.full_name = "B.C";
    Encoder encoder(find_format("PROTOBUF"), options);
    EXPECT_EQ(hex_of(encoder.encode(decoder.columns(), 3)[2]), prefix + "0402001807");
    tg_registry_close(registry);
}

TEST_F(Protobuf, WritesNullsByTheirRepresentation)
{
    Columns columns({{"A", "INT"}, {"S", "STRING"}, {"L", "ARRAY<STRING>"}});
    Decoder source(find_format("JSON"), columns, columns.options());
    source.decode(
        {Record("{\"A\":0,\"S\":null,\"L\":[\"x\",null]}"), Record("{\"A\":null,\"S\":\"\",\"L\":null}")});
    struct {
        tg_nullable nullable;
        const char *first, *second;
    } cases[] = {
        {TG_NULLABLE_NEVER, "0 '' ['x', '']", "0 '' []"},
        {TG_NULLABLE_OPTIONAL, "0 null ['x', '']", "null '' []"},
        {TG_NULLABLE_WRAPPER, "0 null ['x', '']", "null '' []"},
    };
    for (const auto &one : cases) {
        for (const char *name : {"PROTOBUF", "PROTOBUF_NOSR"}) {
            tg_format_options options = columns.options();
            options.nullable = one.nullable;
            Encoder encoder(find_format(name), options);
            std::vector<std::string> encoded = encoder.encode(source.columns(), 2);
            Decoder decoder(find_format(name), options);
            decoder.decode(std::vector<Record>(encoded.begin(), encoded.end()));
            EXPECT_EQ(decoder.rows(), (std::vector<std::string>{one.first, one.second}));
        }
    }
}

TEST_F(Protobuf, AllocatesNothingOnceWarm)
{
    Columns columns({{"ID", "BIGINT"},
                     {"NAME", "STRING"},
                     {"PRICE", "DECIMAL(9, 2)"},
                     {"ITEMS", "ARRAY<STRUCT<N INT, TAGS MAP<STRING, STRING>>>"}});
    Decoder source(find_format("JSON"), columns, columns.options());
    source.decode(std::vector<Record>(300, Record("{\"id\":1,\"name\":\"a\",\"price\":1.5,\"items\":[{\"n\":"
                                                  "1,\"tags\":{\"x\":\"y\"}},{\"n\":2}]}")));
    Encoder encoder(find_format("PROTOBUF"), columns.options());
    std::vector<std::string> encoded = encoder.encode(source.columns(), 300);
    Decoder decoder(find_format("PROTOBUF"), columns.options());
    decoder.decode(std::vector<Record>(encoded.begin(), encoded.end()));
    ASSERT_EQ(decoder.error_count(), 0U) << decoder.rows()[0];
    decoder.decode_again();
    ASSERT_TRUE(encoder.encode_only(decoder.columns(), 300));
    uint64_t before = tg_allocation_count();
    decoder.decode_again();
    ASSERT_TRUE(encoder.encode_only(decoder.columns(), 300));
    EXPECT_EQ(tg_allocation_count(), before);
}

} // namespace
