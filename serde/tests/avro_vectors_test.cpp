// The vectors that the reference libraries made: ../shared/vectors beside the repository, or TG_VECTORS_DIR.
// Without them these tests are skipped; avro_test.cpp has vectors of our own.
#include <gtest/gtest.h>

#include "serde/avro/columns.h"
#include "serde/avro/program.h"
#include "serde/tests/serde_test.hpp"
#include "serde/tests/vectors.hpp"

namespace
{

using namespace serde_test;

// Whether row `row` of a column is the value as the vectors write it.
bool equals(const tg_avro_schema *schema, const tg_json_tree *value, const tg_column *column, uint32_t row);

bool equals_union(const tg_avro_schema *schema, const tg_json_tree *value, const tg_column *column,
                  uint32_t row)
{
    if (value->kind == TG_JSON_TREE_NULL)
        return !column->valid[row];
    const tg_json_tree *inner = tg_json_tree_get(value, "$value");
    if (!tg_avro_union_is_struct(schema)) {
        for (uint32_t i = 0; i < schema->count; i++)
            if (schema->branches[i]->kind != TG_AVRO_NULL)
                return equals(schema->branches[i], inner == nullptr ? value : inner, column, row);
        return false;
    }
    uint32_t member = 0;
    for (uint32_t i = 0; i < schema->count; i++) {
        const tg_avro_schema *branch = schema->branches[i];
        if (branch->kind == TG_AVRO_NULL)
            continue;
        const tg_column *field = column->children[member++];
        if (!field->valid[row])
            continue;
        const char *name = tg_json_tree_text(tg_json_tree_get(value, "$union"));
        const char *own = branch->name != nullptr ? branch->name : tg_avro_kind_name(branch->kind);
        return (name == nullptr || std::string(name) == own) &&
               equals(branch, inner == nullptr ? value : inner, field, row);
    }
    return false;
}

bool equals_bytes(const tg_avro_schema *schema, const tg_json_tree *value, const tg_column *column,
                  uint32_t row)
{
    if (schema->logical == TG_AVRO_DECIMAL) {
        char text[TG_DECIMAL_TEXT_MAX];
        size_t length = tg_decimal_write(column->values.decimal[row], schema->scale, text);
        const char *expected = tg_json_tree_text(tg_json_tree_get(value, "$decimal"));
        return expected != nullptr && std::string(text, length) == expected;
    }
    const char *expected = tg_json_tree_text(tg_json_tree_get(value, "$bytes"));
    return expected != nullptr && text_of(column->values.bytes[row]) == bytes_of_hex(expected);
}

bool equals_double(const tg_avro_schema *schema, const tg_json_tree *value, double found)
{
    const char *name = tg_json_tree_text(tg_json_tree_get(value, "$float"));
    double expected =
        name != nullptr ? strtod(name, nullptr) : strtod(std::string(text_of(value->text)).c_str(), nullptr);
    if (schema->kind == TG_AVRO_FLOAT)
        expected = static_cast<float>(expected);
    return (expected != expected && found != found) || memcmp(&expected, &found, sizeof found) == 0;
}

bool equals_elements(const tg_avro_schema *schema, const tg_json_tree *value, const tg_column *column,
                     uint32_t row)
{
    tg_range range = column->values.range[row];
    bool map = schema->kind == TG_AVRO_MAP;
    if (range.count != value->count)
        return false;
    for (uint32_t i = 0; i < range.count; i++) {
        const tg_json_tree *item =
            map ? tg_json_tree_get(value, text_of(column->children[0]->values.bytes[range.start + i]).c_str())
                : value->items[i];
        if (item == nullptr || !equals(schema->element, item, column->children[map], range.start + i))
            return false;
    }
    return true;
}

bool equals_record(const tg_avro_schema *schema, const tg_json_tree *value, const tg_column *column,
                   uint32_t row)
{
    uint32_t child = 0;
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->fields[i].schema->kind == TG_AVRO_NULL)
            continue;
        const tg_json_tree *part = tg_json_tree_get(value, schema->fields[i].name);
        if (part == nullptr || !equals(schema->fields[i].schema, part, column->children[child++], row))
            return false;
    }
    return true;
}

bool equals(const tg_avro_schema *schema, const tg_json_tree *value, const tg_column *column, uint32_t row)
{
    if (schema->kind == TG_AVRO_UNION)
        return equals_union(schema, value, column, row);
    if (!column->valid[row])
        return false;
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
        return value->kind == (column->values.boolean[row] ? TG_JSON_TREE_TRUE : TG_JSON_TREE_FALSE);
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        return text_of(value->text) == std::to_string(column->values.int32[row]);
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        return text_of(value->text) == std::to_string(column->values.int64[row]);
    case TG_TYPE_DOUBLE:
        return equals_double(schema, value, column->values.float64[row]);
    case TG_TYPE_STRING:
        return value->kind == TG_JSON_TREE_STRING &&
               text_of(value->text) == text_of(column->values.bytes[row]);
    case TG_TYPE_DECIMAL:
    case TG_TYPE_BYTES:
        return equals_bytes(schema, value, column, row);
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
        return equals_elements(schema, value, column, row);
    case TG_TYPE_STRUCT:
        return equals_record(schema, value, column, row);
    }
    return false;
}

// A schema of the vectors with the columns that it becomes.
struct Shape {
    const tg_avro_schema *schema = nullptr;
    std::vector<tg_schema_column> columns;
    bool unwrapped = true;
    std::string error;

    Shape(tg_arena *arena, const tg_registry_schema *registered)
    {
        const tg_type *type = nullptr;
        tg_error failure;
        tg_format_columns request = {};
        request.keep_case = true;
        std::vector<tg_slice> references;
        for (uint32_t i = 0; registered->referenced != nullptr && i < registered->reference_count; i++)
            references.push_back(registered->referenced[i]->text);
        if (tg_avro_schema_parse(arena, registered->text, references.data(),
                                 static_cast<uint32_t>(references.size()), &schema, &failure) != TG_OK ||
            find_format("AVRO")->schemas->read(arena, registered, &request, &type, &failure) != TG_OK) {
            error = failure.message;
            return;
        }
        unwrapped = schema->kind != TG_AVRO_RECORD;
        for (uint32_t i = 0; !unwrapped && i < type->field_count; i++)
            columns.push_back({type->fields[i].name, type->fields[i].type, TG_COLUMN_VALUE, nullptr});
        if (unwrapped)
            columns.push_back({"ROWVAL", type, TG_COLUMN_VALUE, nullptr});
    }
    tg_format_options options() const
    {
        tg_format_options options = {};
        options.columns = columns.data();
        options.column_count = static_cast<uint32_t>(columns.size());
        options.unwrapped = unwrapped;
        return options;
    }
    // A value of the vectors against row 0 of the decoded columns.
    bool holds(const tg_json_tree *value, const std::vector<tg_column *> &decoded) const
    {
        if (unwrapped)
            return equals(schema, value, decoded[0], 0);
        tg_column record = {};
        std::vector<tg_column *> children = decoded;
        record.children = children.data();
        return equals_record(schema, value, &record, 0);
    }
};

class AvroVectors : public VectorTest
{
protected:
    const tg_registry_schema *registered(const tg_json_tree *vector)
    {
        const tg_registry_schema *schema = nullptr;
        tg_error error;
        int32_t id = static_cast<int32_t>(tg_json_tree_int64(tg_json_tree_get(vector, "id"), 0));
        EXPECT_EQ(tg_registry_get(registry_, id, arena_, &schema, &error), TG_OK) << error.message;
        return schema;
    }
    void check_values(const tg_json_tree *vector)
    {
        const tg_registry_schema *schema = registered(vector);
        ASSERT_NE(schema, nullptr);
        Shape shape(arena_, schema);
        std::string name = tg_json_tree_text(tg_json_tree_get(vector, "name"));
        if (name.find("recursive") != std::string::npos) {
            EXPECT_NE(shape.error.find("contains itself"), std::string::npos) << shape.error;
            return;
        }
        if (name == "avro.top.null" || name == "avro.record.empty") // nothing that fits a column
            return;
        ASSERT_EQ(shape.error, "");
        other_bytes_allowed_ |= name.find("decimal.bytes") != std::string::npos;
        const tg_json_tree *items = tg_json_tree_get(vector, "items");
        for (uint32_t i = 0; i < items->count; i++)
            check_item(shape, schema, items->items[i]);
    }
    void check_item(const Shape &shape, const tg_registry_schema *schema, const tg_json_tree *item)
    {
        tg_format_options options = shape.options();
        std::string wire = bytes_of_hex(tg_json_tree_text(tg_json_tree_get(item, "wire")));
        const tg_json_tree *value = tg_json_tree_get(item, "value");
        options.registry = registry_;
        Decoder decoder(find_format("AVRO"), options);
        decoder.decode({Record(wire)});
        EXPECT_EQ(decoder.error_count(), 0U) << decoder.rows()[0];
        EXPECT_TRUE(shape.holds(value, decoder.columns())) << decoder.rows()[0];
        if (shape.unwrapped && value->kind == TG_JSON_TREE_NULL)
            return;
        options.writer = schema;
        Encoder encoder(find_format("AVRO"), options);
        std::vector<std::string> encoded = encoder.encode(decoder.columns(), 1);
        if (encoded[0] == wire)
            return;
        Decoder again(find_format("AVRO"), options);
        again.decode({Record(encoded[0])});
        EXPECT_TRUE(shape.holds(value, again.columns())) << hex_of(encoded[0]);
        // Python writes some decimals with a byte more than Java, which writes the fewest.
        EXPECT_TRUE(other_bytes_allowed_) << hex_of(encoded[0]) << " for " << hex_of(wire);
    }
    bool other_bytes_allowed_ = false;
};

TEST_F(AvroVectors, ReadsAndWritesEveryValue)
{
    const tg_json_tree *vectors = load("avro-values.json");
    for (uint32_t i = 0; i < vectors->count; i++) {
        SCOPED_TRACE(tg_json_tree_text(tg_json_tree_get(vectors->items[i], "name")));
        check_values(vectors->items[i]);
    }
}

TEST_F(AvroVectors, ReadsUnusualEncodings)
{
    const tg_json_tree *vectors = load("avro-encodings.json");
    other_bytes_allowed_ = true;
    for (uint32_t i = 0; i < vectors->count; i++) {
        SCOPED_TRACE(tg_json_tree_text(tg_json_tree_get(vectors->items[i], "name")));
        check_values(vectors->items[i]);
    }
}

TEST_F(AvroVectors, ResolvesReadersAndWriters)
{
    const tg_json_tree *vectors = load("avro-evolution.json");
    for (uint32_t i = 0; i < vectors->count; i++) {
        const tg_json_tree *vector = vectors->items[i];
        SCOPED_TRACE(tg_json_tree_text(tg_json_tree_get(vector, "name")));
        tg_registry_schema reader = {};
        tg_registry_schema writer = {};
        reader.text = text_of_tree(tg_json_tree_get(vector, "reader"));
        writer.text = text_of_tree(tg_json_tree_get(vector, "writer"));
        Shape shape(arena_, &reader);
        Shape written(arena_, &writer);
        if (shape.error.find("contains itself") != std::string::npos)
            continue;
        ASSERT_EQ(shape.error, "");
        tg_avro_wanted wanted = {};
        wanted.columns = shape.columns.data();
        wanted.column_count = static_cast<uint32_t>(shape.columns.size());
        wanted.unwrapped = shape.unwrapped;
        wanted.reader = shape.schema;
        const tg_avro_program *program = tg_avro_compile(arena_, written.schema, &wanted);
        std::vector<tg_column *> columns;
        for (const tg_schema_column &column : shape.columns) {
            columns.push_back(tg_column_new(column.type));
            tg_column_resize(columns.back(), 1);
        }
        std::vector<tg_column *> slots(program->slot_count + 1);
        tg_avro_machine machine = {};
        tg_avro_bind(program, columns.data(), slots.data());
        machine.slots = slots.data();
        machine.arena = arena_;
        std::string wire = bytes_of_hex(tg_json_tree_text(tg_json_tree_get(vector, "wire"))).substr(5);
        tg_avro_outcome outcome = tg_avro_run(&machine, program, slice_of(wire), 0);
        const tg_json_tree *expected = tg_json_tree_get(vector, "expected");
        EXPECT_EQ(outcome, expected == nullptr ? TG_AVRO_FAILED : TG_AVRO_READ)
            << (machine.fault == nullptr ? "no fault" : machine.fault);
        if (expected != nullptr && outcome == TG_AVRO_READ) {
            EXPECT_TRUE(shape.holds(expected, columns)) << value_text(columns[0], 0);
        }
        for (tg_column *column : columns)
            tg_column_free(column);
    }
}

TEST_F(AvroVectors, RejectsWhatIsMalformed)
{
    const tg_json_tree *vectors = load("malformed.json");
    for (uint32_t i = 0; i < vectors->count; i++) {
        const tg_json_tree *vector = vectors->items[i];
        if (std::string(tg_json_tree_text(tg_json_tree_get(vector, "schemaType"))) != "AVRO")
            continue;
        SCOPED_TRACE(tg_json_tree_text(tg_json_tree_get(vector, "name")));
        static const tg_schema_column only = {"F", &tg_type_int, TG_COLUMN_VALUE, nullptr};
        tg_format_options options = {};
        options.columns = &only;
        options.column_count = 1;
        tg_registry_schema schema = {};
        const tg_json_tree *text = tg_json_tree_get(vector, "schema");
        if (text != nullptr)
            schema.text = text_of_tree(text);
        else
            schema.text = tg_slice_text("\"int\"");
        Shape shape(arena_, &schema);
        if (shape.error.empty() && text != nullptr)
            options = shape.options();
        options.registry = registry_;
        Decoder decoder(find_format("AVRO"), options);
        decoder.decode({Record(bytes_of_hex(tg_json_tree_text(tg_json_tree_get(vector, "wire"))))});
        if (std::string(tg_json_tree_text(tg_json_tree_get(vector, "expect"))) == "reject") {
            EXPECT_EQ(decoder.error_count(), 1U) << decoder.rows()[0];
        }
    }
}

TEST_F(AvroVectors, FindsSchemasByHeaders)
{
    const tg_json_tree *vectors = load("headers.json");
    for (uint32_t i = 0; i < vectors->count; i++) {
        const tg_json_tree *vector = vectors->items[i];
        if (std::string(tg_json_tree_text(tg_json_tree_get(vector, "schemaType"))) != "AVRO")
            continue;
        SCOPED_TRACE(tg_json_tree_text(tg_json_tree_get(vector, "name")));
        // The stand-in knows no GUIDs: what is read behind the header is read as by the id that it stands
        // for.
        tg_registry_schema schema = {};
        schema.text = text_of_tree(tg_json_tree_get(vector, "schema"));
        Shape shape(arena_, &schema);
        ASSERT_EQ(shape.error, "");
        const tg_json_tree *items = tg_json_tree_get(vector, "items");
        for (uint32_t j = 0; j < items->count; j++) {
            tg_format_options options = shape.options();
            options.writer = &schema;
            Decoder decoder(find_format("AVRO"), options);
            decoder.decode(
                {Record(bytes_of_hex(tg_json_tree_text(tg_json_tree_get(items->items[j], "wire"))))});
            EXPECT_TRUE(shape.holds(tg_json_tree_get(items->items[j], "value"), decoder.columns()))
                << decoder.rows()[0];
        }
    }
}

} // namespace
