// JSON_SR: schemas of columns and back, ids before records.
#include "serde/tests/serde_test.hpp"

#include "serde/json/tree.h"

#include <gtest/gtest.h>

namespace
{

using serde_test::Columns;
using serde_test::slice_of;
using serde_test::text_of;

const struct tg_format *json_sr()
{
    const struct tg_format *format = nullptr;
    tg_error error;
    EXPECT_EQ(tg_format_find(tg_slice_text("JSON_SR"), &format, &error), TG_OK);
    return format;
}

std::string read_type(const std::string &schema_text, tg_code *code = nullptr)
{
    tg_arena *arena = tg_arena_new(0);
    tg_registry_schema schema{};
    tg_format_columns request{};
    const tg_type *type = nullptr;
    tg_error error{};
    schema.type = TG_REGISTRY_JSON;
    schema.text = slice_of(schema_text);
    tg_code result = json_sr()->schemas->read(arena, &schema, &request, &type, &error);
    std::string text = result == TG_OK ? tg_type_name(arena, type) : error.message;
    if (code != nullptr)
        *code = result;
    tg_arena_free(arena);
    return text;
}

TEST(JsonSr, WritesSchemasThatReadAsTheSameColumns)
{
    Columns columns({{"B", "BOOLEAN"},
                     {"I", "INT"},
                     {"L", "BIGINT"},
                     {"D", "DOUBLE"},
                     {"M", "DECIMAL(9, 2)"},
                     {"S", "STRING"},
                     {"Y", "BYTES"},
                     {"T", "TIME"},
                     {"A", "DATE"},
                     {"P", "TIMESTAMP"},
                     {"R", "ARRAY<STRUCT<`X` INTEGER, `Z` ARRAY<STRING>>>"},
                     {"O", "MAP<STRING, DOUBLE>"}});
    tg_format_options options = columns.options();
    tg_buffer out{};
    tg_error error{};
    ASSERT_EQ(json_sr()->schemas->write(&options, &out, &error), TG_OK) << error.message;
    EXPECT_EQ(read_type(text_of(tg_buffer_slice(&out))),
              "STRUCT<`B` BOOLEAN, `I` INTEGER, `L` BIGINT, `D` DOUBLE, `M` DECIMAL(9, 2), `S` STRING, `Y` "
              "BYTES, `T` TIME, `A` DATE, `P` TIMESTAMP, `R` ARRAY<STRUCT<`X` INTEGER, `Z` ARRAY<STRING>>>, "
              "`O` MAP<STRING, DOUBLE>>");
    tg_buffer_done(&out);
}

TEST(JsonSr, ReadsWhatOthersWrite)
{
    const char *const rows[][2] = {
        {R"({"type":"integer"})", "BIGINT"},
        {R"({"type":"integer","connect.type":"int16"})", "INTEGER"},
        {R"({"type":["null","number"]})", "DOUBLE"},
        {R"({"enum":["a","b"]})", "STRING"},
        {R"({"type":"object","additionalProperties":{"type":"string"}})", "MAP<STRING, STRING>"},
        {R"({"type":"object","properties":{"b":{"type":"string","connect.index":1},"a":{"type":"boolean","connect.index":0},
            "u":{"oneOf":[{"type":"string"},{"type":"integer"}]}}})",
         "STRUCT<`A` BOOLEAN, `B` STRING>"},
        {R"({"allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"$ref":"#/definitions/i"}}}],
            "definitions":{"i":{"type":"integer"}}})",
         "STRUCT<`A` STRING, `B` BIGINT>"},
    };
    for (const auto &row : rows)
        EXPECT_EQ(read_type(row[0]), row[1]) << row[0];
}

TEST(JsonSr, RefusesWhatNoColumnsCanBe)
{
    tg_code code = TG_OK;
    read_type(R"({"type":"object","properties":{"next":{"$ref":"#"}}})", &code);
    EXPECT_EQ(code, TG_CODE_LIMIT) << "it contains itself";
    read_type("{", &code);
    EXPECT_EQ(code, TG_CODE_SYNTAX);
    read_type(R"({"type":"null"})", &code);
    EXPECT_EQ(code, TG_CODE_TYPE);
    read_type(R"({"$ref":"#/definitions/x"})", &code);
    EXPECT_EQ(code, TG_CODE_SYNTAX);
}

TEST(JsonSr, PutsTheIdBeforeRecordsAndTakesItOff)
{
    Columns columns({{"A", "INT"}, {"M", "MAP<STRING, INT>"}});
    tg_format_options options = columns.options();
    tg_registry_schema writer{};
    tg_error error{};
    tg_decoder *decoder = nullptr;
    writer.id = 258;
    options.writer = &writer;
    options.registry = tg_registry_open_memory();
    ASSERT_EQ(json_sr()->decoder_open(&options, &decoder, &error), TG_OK) << error.message;
    const std::string good = std::string("\0\0\0\1\2", 5) + R"({"A":1,"M":[{"key":"k","value":2}]})";
    const std::string object = std::string("\0\0\0\1\2", 5) + R"({"A":3,"M":{"k":4}})";
    const std::string bare = R"({"A":1})";
    const std::string misfit = std::string("\0\0\0\1\2", 5) + R"({"A":"x"})";
    tg_slice records[] = {slice_of(good), slice_of(bare), slice_of(object), slice_of(misfit), {nullptr, 0}};
    tg_column *targets[] = {tg_column_new(columns.at(0).type), tg_column_new(columns.at(1).type)};
    tg_decode_error errors[5];
    tg_arena *arena = tg_arena_new(0);
    tg_decode_call call{};
    call.records = records;
    call.count = 5;
    call.columns = targets;
    call.arena = arena;
    call.errors = errors;
    decoder->decode(decoder, &call);
    EXPECT_EQ(serde_test::value_text(targets[0], 0), "1");
    EXPECT_EQ(serde_test::value_text(targets[1], 0), "{'k': 2}");
    EXPECT_EQ(serde_test::value_text(targets[1], 2), "{'k': 4}");
    ASSERT_EQ(call.error_count, 2U);
    EXPECT_EQ(errors[0].row, 1U);
    EXPECT_EQ(errors[1].row, 3U);

    tg_encoder *encoder = nullptr;
    ASSERT_EQ(json_sr()->encoder_open(&options, &encoder, &error), TG_OK);
    tg_buffer out{};
    size_t ends[2];
    uint8_t nulls[2];
    uint32_t row = 0;
    tg_encode_call encode{};
    encode.columns = targets;
    encode.rows = &row;
    encode.row_count = 1;
    encode.out = &out;
    encode.ends = ends;
    encode.nulls = nulls;
    ASSERT_EQ(encoder->encode(encoder, &encode, &error), TG_OK);
    EXPECT_EQ(text_of(tg_buffer_slice(&out)), good);
    tg_buffer_done(&out);
    tg_encoder_close(encoder);
    tg_decoder_close(decoder);
    for (tg_column *column : targets)
        tg_column_free(column);
    tg_arena_free(arena);
    tg_registry_close(options.registry);
}

} // namespace
