// The Protobuf vectors that the reference libraries made: ../shared/vectors beside the repository, or
// TG_VECTORS_DIR. Without them these tests are skipped; protobuf_test.cpp has vectors of our own.
#include <gtest/gtest.h>

#include "base/base64.h"
#include "data/time.h"
#include "serde/protobuf/protobuf.h"
#include "serde/tests/serde_test.hpp"
#include "serde/tests/vectors.hpp"

namespace
{

using namespace serde_test;

std::string text_value(const tg_json_tree *value)
{
    return value == nullptr ? "absent" : text_of(value->text);
}

std::string unbase64(const std::string &text)
{
    std::string bytes(text.size() + 1, '\0');
    size_t length = 0;
    EXPECT_TRUE(tg_base64_decode(slice_of(text), reinterpret_cast<uint8_t *>(&bytes[0]), &length)) << text;
    bytes.resize(length);
    return bytes;
}

int64_t number_of(const tg_json_tree *value, const char *name)
{
    return tg_json_tree_int64(tg_json_tree_get(value, name), 0);
}

bool equals(const tg_proto_field *field, const tg_json_tree *value, const tg_column *column, uint32_t row);
bool equals_message(const tg_proto_message *message, const tg_json_tree *value,
                    const std::vector<tg_column *> &columns, uint32_t row);

bool equals_double(const tg_json_tree *value, double found)
{
    double expected = strtod(text_value(value).c_str(), nullptr);
    return (expected != expected && found != found) || expected == found ||
           static_cast<float>(expected) == static_cast<float>(found);
}

bool equals_decimal(const tg_json_tree *value, const tg_column *column, uint32_t row)
{
    std::string bytes = unbase64(text_value(tg_json_tree_get(value, "value")));
    tg_int128 expected = static_cast<signed char>(bytes[0]) < 0 ? -1 : 0;
    for (char byte : bytes)
        expected = expected * 256 + static_cast<unsigned char>(byte);
    return tg_decimal_compare(expected, static_cast<unsigned>(number_of(value, "scale")),
                              column->values.decimal[row], column->type->scale) == 0;
}

bool equals_one(const tg_proto_field *field, const tg_json_tree *value, const tg_column *column, uint32_t row)
{
    int64_t ms = 0;
    if (!column->valid[row])
        return false;
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
        return value->kind == (column->values.boolean[row] ? TG_JSON_TREE_TRUE : TG_JSON_TREE_FALSE);
    case TG_TYPE_INT:
        return text_value(value) == std::to_string(column->values.int32[row]);
    case TG_TYPE_BIGINT:
        if (text_value(value) == std::to_string(static_cast<uint64_t>(column->values.int64[row])))
            return true;
        return text_value(value) == std::to_string(column->values.int64[row]);
    case TG_TYPE_DOUBLE:
        return equals_double(value, column->values.float64[row]);
    case TG_TYPE_STRING:
        return text_value(value) == text_of(column->values.bytes[row]);
    case TG_TYPE_BYTES:
        return unbase64(text_value(value)) == text_of(column->values.bytes[row]);
    case TG_TYPE_TIMESTAMP:
        return tg_timestamp_parse(value->text, &ms) && ms == column->values.int64[row];
    case TG_TYPE_DATE:
        return tg_days_from_civil(static_cast<int32_t>(number_of(value, "year")),
                                  static_cast<int32_t>(number_of(value, "month")),
                                  static_cast<int32_t>(number_of(value, "day"))) == column->values.int32[row];
    case TG_TYPE_TIME:
        return ((number_of(value, "hours") * 60 + number_of(value, "minutes")) * 60 +
                number_of(value, "seconds")) *
                       1000 +
                   number_of(value, "nanos") / 1000000 ==
               column->values.int32[row];
    case TG_TYPE_DECIMAL:
        return equals_decimal(value, column, row);
    case TG_TYPE_STRUCT:
        if (std::string(field->message->full_name) == "google.protobuf.Duration")
            return true; // a text in the vectors, seconds and nanoseconds here
        return equals_message(
            field->message, value,
            std::vector<tg_column *>(column->children, column->children + column->child_count), row);
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
        break;
    }
    return false;
}

bool equals_map(const tg_proto_field *field, const tg_json_tree *value, const tg_column *column, uint32_t row)
{
    tg_range range = column->values.range[row];
    const tg_proto_field *inner = &field->message->fields[1];
    if (range.count != value->count)
        return false;
    for (uint32_t i = 0; i < range.count; i++) {
        uint32_t element = range.start + i;
        std::string key = text_of(column->children[0]->values.bytes[element]);
        const tg_json_tree *item = nullptr;
        for (uint32_t j = 0; j < value->count; j++) {
            if (value->kind == TG_JSON_TREE_OBJECT && text_of(value->names[j]) == key)
                item = value->items[j];
            if (value->kind == TG_JSON_TREE_ARRAY &&
                text_value(tg_json_tree_get(value->items[j], "key")) == key)
                item = tg_json_tree_get(value->items[j], "value");
        }
        if (item == nullptr || !equals(inner, item, column->children[1], element))
            return false;
    }
    return true;
}

bool equals(const tg_proto_field *field, const tg_json_tree *value, const tg_column *column, uint32_t row)
{
    if (value == nullptr)
        return !column->valid[row];
    if (field->kind == TG_PROTO_BYTES && !field->repeated && !field->has_presence &&
        text_value(value).empty())
        return !column->valid[row]; // the one default that is NULL here
    if (column->type->kind == TG_TYPE_MAP)
        return equals_map(field, value, column, row);
    if (column->type->kind != TG_TYPE_ARRAY)
        return equals_one(field, value, column, row);
    tg_range range = column->values.range[row];
    if (!column->valid[row] || range.count != value->count)
        return false;
    for (uint32_t i = 0; i < range.count; i++)
        if (!equals_one(field, value->items[i], column->children[0], range.start + i))
            return false;
    return true;
}

// Members of a oneof are in the STRUCT that comes first; the others follow as declared.
bool equals_message(const tg_proto_message *message, const tg_json_tree *value,
                    const std::vector<tg_column *> &columns, uint32_t row)
{
    for (uint32_t oneof = 0; oneof < message->oneof_count; oneof++) {
        uint32_t member = 0;
        bool any = false;
        for (uint32_t i = 0; i < message->field_count; i++) {
            const tg_proto_field *field = &message->fields[message->declared[i]];
            if (field->oneof != static_cast<int32_t>(oneof))
                continue;
            const tg_json_tree *part = tg_json_tree_get(value, field->name);
            any = any || part != nullptr;
            if (!equals(field, part, columns[oneof]->children[member++], row))
                return false;
        }
        if (any != (columns[oneof]->valid[row] == 1))
            return false;
    }
    uint32_t at = message->oneof_count;
    for (uint32_t i = 0; i < message->field_count; i++) {
        const tg_proto_field *field = &message->fields[message->declared[i]];
        if (field->oneof >= 0)
            continue;
        std::string name = field->name;
        if (field->kind == TG_PROTO_GROUP)
            for (char &letter : name)
                letter = static_cast<char>(std::tolower(letter));
        if (!equals(field, tg_json_tree_get(value, name.c_str()), columns[at++], row))
            return false;
    }
    return true;
}

class ProtobufVectors : public VectorTest
{
protected:
    // Columns of a message; false: there are none, see error_.
    bool shape(const tg_registry_schema *schema, const char *message_name)
    {
        const tg_type *type = nullptr;
        tg_error failure;
        tg_format_columns request = {message_name, true};
        columns_.clear();
        error_.clear();
        if (tg_proto_parse(arena_, schema, &file_, &failure) != TG_OK ||
            tg_proto_find(file_, message_name, &message_, &failure) != TG_OK ||
            find_format("PROTOBUF")->schemas->read(arena_, schema, &request, &type, &failure) != TG_OK) {
            error_ = failure.message;
            return false;
        }
        for (uint32_t i = 0; i < type->field_count; i++)
            columns_.push_back({type->fields[i].name, type->fields[i].type, TG_COLUMN_VALUE, nullptr});
        return true;
    }
    tg_format_options options() const
    {
        tg_format_options options = {};
        options.columns = columns_.data();
        options.column_count = static_cast<uint32_t>(columns_.size());
        return options;
    }
    void check(const tg_json_tree *vector, bool same_bytes)
    {
        const tg_registry_schema *schema = nullptr;
        tg_error error;
        int32_t id = static_cast<int32_t>(number_of(vector, "id"));
        ASSERT_EQ(tg_registry_get(registry_, id, arena_, &schema, &error), TG_OK) << error.message;
        const char *name = tg_json_tree_text(tg_json_tree_get(vector, "message"));
        if (!shape(schema, name)) {
            EXPECT_NE(error_.find("contains itself"), std::string::npos) << error_;
            return;
        }
        const tg_json_tree *items = tg_json_tree_get(vector, "items");
        for (uint32_t i = 0; i < items->count; i++) {
            std::string wire = bytes_of_hex(tg_json_tree_text(tg_json_tree_get(items->items[i], "wire")));
            const tg_json_tree *value = tg_json_tree_get(items->items[i], "value");
            tg_format_options opened = options();
            opened.registry = registry_;
            Decoder decoder(find_format("PROTOBUF"), opened);
            decoder.decode({Record(wire)});
            EXPECT_TRUE(equals_message(message_, value, decoder.columns(), 0)) << decoder.rows()[0];
            opened.writer = schema;
            opened.full_name = name;
            tg_encoder *probe = nullptr;
            if (find_format("PROTOBUF")->encoder_open(&opened, &probe, &error) != TG_OK) {
                EXPECT_NE(std::string(error.message).find("Grp"), std::string::npos) << error.message;
                continue;
            }
            tg_encoder_close(probe);
            Encoder encoder(find_format("PROTOBUF"), opened);
            std::vector<std::string> encoded = encoder.encode(decoder.columns(), 1);
            Decoder again(find_format("PROTOBUF"), opened);
            again.decode({Record(encoded[0])});
            EXPECT_EQ(again.rows()[0], decoder.rows()[0]);
            if (same_bytes) {
                EXPECT_EQ(hex_of(encoded[0]), hex_of(wire));
            }
        }
        check_reader(vector, items);
    }
    // What a reader with another version of the schema sees.
    void check_reader(const tg_json_tree *vector, const tg_json_tree *items)
    {
        const tg_json_tree *text = tg_json_tree_get(vector, "reader_schema");
        if (text == nullptr)
            return;
        tg_registry_schema schema = {};
        schema.text = text->text;
        schema.type = TG_REGISTRY_PROTOBUF;
        ASSERT_TRUE(shape(&schema, tg_json_tree_text(tg_json_tree_get(vector, "message")))) << error_;
        for (uint32_t i = 0; i < items->count; i++) {
            tg_format_options opened = options();
            opened.writer = &schema;
            Decoder decoder(find_format("PROTOBUF"), opened);
            decoder.decode({Record(
                bytes_of_hex(tg_json_tree_text(tg_json_tree_get(items->items[i], "wire"))).substr(6))});
            EXPECT_TRUE(equals_message(message_, tg_json_tree_get(items->items[i], "read_with_reader_schema"),
                                       decoder.columns(), 0))
                << decoder.rows()[0];
        }
    }
    const tg_proto_file *file_ = nullptr;
    const tg_proto_message *message_ = nullptr;
    std::vector<tg_schema_column> columns_;
    std::string error_;
};

TEST_F(ProtobufVectors, ReadsAndWritesEveryValue)
{
    const tg_json_tree *vectors = load("protobuf-values.json");
    for (uint32_t i = 0; i < vectors->count; i++) {
        std::string name = tg_json_tree_text(tg_json_tree_get(vectors->items[i], "name"));
        SCOPED_TRACE(name);
        // Decimals whose digits the schema does not say get the column's, times are cut to milliseconds.
        check(vectors->items[i], name.find("decimal") == std::string::npos &&
                                     name.find("wkt") == std::string::npos &&
                                     name.find("proto2") == std::string::npos);
    }
}

TEST_F(ProtobufVectors, ReadsUnusualEncodings)
{
    const tg_json_tree *vectors = load("protobuf-encodings.json");
    for (uint32_t i = 0; i < vectors->count; i++) {
        SCOPED_TRACE(tg_json_tree_text(tg_json_tree_get(vectors->items[i], "name")));
        check(vectors->items[i], false);
    }
}

TEST_F(ProtobufVectors, RejectsWhatIsMalformed)
{
    const tg_json_tree *vectors = load("malformed.json");
    for (uint32_t i = 0; i < vectors->count; i++) {
        const tg_json_tree *vector = vectors->items[i];
        if (text_value(tg_json_tree_get(vector, "schemaType")) != "PROTOBUF")
            continue;
        SCOPED_TRACE(text_value(tg_json_tree_get(vector, "name")));
        static const tg_schema_column only = {"v", &tg_type_int, TG_COLUMN_VALUE, nullptr};
        const tg_registry_schema *schema = nullptr;
        tg_error error;
        int32_t id = static_cast<int32_t>(number_of(vector, "id"));
        ASSERT_EQ(tg_registry_get(registry_, id, arena_, &schema, &error), TG_OK) << error.message;
        tg_format_options opened = {};
        opened.columns = &only;
        opened.column_count = 1;
        if (shape(schema, tg_json_tree_text(tg_json_tree_get(vector, "message"))))
            opened = options();
        opened.registry = registry_;
        Decoder decoder(find_format("PROTOBUF"), opened);
        decoder.decode({Record(bytes_of_hex(text_value(tg_json_tree_get(vector, "wire"))))});
        if (text_value(tg_json_tree_get(vector, "expect")) == "reject") {
            EXPECT_EQ(decoder.error_count(), 1U) << decoder.rows()[0];
        }
    }
}

} // namespace
