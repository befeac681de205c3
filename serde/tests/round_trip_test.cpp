// Random columns through each format and back, and no allocation once warm.
#include <gtest/gtest.h>

#include <avro.h>

#include <algorithm>
#include <random>

#include "serde/tests/serde_test.hpp"

namespace
{

using namespace serde_test;

const char *const scalar_types[] = {"BOOLEAN",         "INT",    "BIGINT", "DOUBLE", "DECIMAL(9, 2)",
                                    "DECIMAL(38, 17)", "STRING", "BYTES",  "TIME",   "DATE",
                                    "TIMESTAMP"};

class Maker
{
public:
    explicit Maker(unsigned seed, bool empty_texts)
        : random_(seed), empty_texts_(empty_texts), arena_(tg_arena_new(0))
    {
    }
    ~Maker()
    {
        tg_arena_free(arena_);
    }
    Maker(const Maker &) = delete;
    Maker &operator=(const Maker &) = delete;

    unsigned below(unsigned limit)
    {
        return random_() % limit;
    }
    std::string type(int depth)
    {
        switch (depth > 0 ? below(6) : 9) {
        case 0:
            return "ARRAY<" + type(depth - 1) + ">";
        case 1:
            return "MAP<STRING, " + type(depth - 1) + ">";
        case 2: {
            std::string fields;
            for (unsigned i = 0, count = 1 + below(4); i < count; i++)
                fields += (i > 0 ? ", F" : "F") + std::to_string(i) + " " + type(depth - 1);
            return "STRUCT<" + fields + ">";
        }
        default:
            return scalar_types[below(sizeof scalar_types / sizeof *scalar_types)];
        }
    }
    void fill(tg_column *column, uint32_t row, bool may_be_null)
    {
        if (may_be_null && below(6) == 0) {
            tg_column_set_null(column, row);
            return;
        }
        column->valid[row] = 1;
        switch (column->type->kind) {
        case TG_TYPE_BOOLEAN:
            column->values.boolean[row] = below(2) == 1;
            break;
        case TG_TYPE_INT:
        case TG_TYPE_DATE:
            column->values.int32[row] = static_cast<int32_t>(integer());
            break;
        case TG_TYPE_TIME:
            column->values.int32[row] = static_cast<int32_t>(below(86400000));
            break;
        case TG_TYPE_BIGINT:
        case TG_TYPE_TIMESTAMP:
            column->values.int64[row] = static_cast<int64_t>(integer());
            break;
        case TG_TYPE_DOUBLE:
            column->values.float64[row] = real();
            break;
        case TG_TYPE_DECIMAL:
            column->values.decimal[row] = decimal(column->type->precision);
            break;
        case TG_TYPE_STRING:
            column->values.bytes[row] = text();
            break;
        case TG_TYPE_BYTES:
            column->values.bytes[row] = bytes();
            break;
        case TG_TYPE_ARRAY:
        case TG_TYPE_MAP:
            fill_elements(column, row);
            break;
        case TG_TYPE_STRUCT:
            for (uint32_t i = 0; i < column->child_count; i++)
                fill(column->children[i], row, true);
        }
    }

private:
    uint64_t integer()
    {
        uint64_t bits = static_cast<uint64_t>(random_()) << 32 | random_();
        uint64_t value = bits >> below(64);
        return below(2) == 0 ? value : 0 - value;
    }
    double real()
    {
        if (below(2) == 0)
            return static_cast<double>(static_cast<int64_t>(integer())) / 1000;
        uint64_t bits = integer();
        double value;
        std::memcpy(&value, &bits, sizeof value);
        return value == value ? value : 0.5;
    }
    tg_int128 decimal(unsigned precision)
    {
        tg_int128 value = 0;
        for (unsigned i = 0, digits = below(precision + 1); i < digits; i++)
            value = value * 10 + below(10);
        return below(2) == 0 ? value : -value;
    }
    tg_slice text()
    {
        static const char *const pieces[] = {"a",
                                             "B",
                                             "0",
                                             " ",
                                             "\"",
                                             "\\",
                                             ",",
                                             "\n",
                                             "\t",
                                             "\x01",
                                             "\x7f",
                                             "\xc3\xa4",
                                             "\xe2\x82\xac",
                                             "\xf0\x9f\x98\x80",
                                             "longer than a block of bytes",
                                             "{",
                                             "]",
                                             "null"};
        std::string out;
        for (unsigned i = 0, count = below(8) + (empty_texts_ ? 0 : 1); i < count; i++)
            out += pieces[below(sizeof pieces / sizeof *pieces)];
        return tg_arena_copy(arena_, slice_of(out));
    }
    tg_slice bytes()
    {
        std::string out;
        for (unsigned i = 0, count = below(20) + (empty_texts_ ? 0 : 1); i < count; i++)
            out += static_cast<char>(below(256));
        return tg_arena_copy(arena_, slice_of(out));
    }
    void fill_elements(tg_column *column, uint32_t row)
    {
        bool is_map = column->type->kind == TG_TYPE_MAP;
        tg_range range = {column->children[0]->length, below(is_map ? 12 : 5)};
        for (uint32_t i = 0; i < range.count; i++) {
            for (uint32_t child = 0; child < column->child_count; child++)
                tg_column_extend(column->children[child]);
            uint32_t element = range.start + i;
            if (is_map) { /* keys of a map are not equal */
                column->children[0]->valid[element] = 1;
                column->children[0]->values.bytes[element] =
                    tg_arena_copy(arena_, slice_of(text_of(text()) + std::to_string(i)));
            }
            fill(column->children[is_map ? 1 : 0], element, true);
        }
        column->values.range[row] = range;
    }

    std::mt19937 random_;
    bool empty_texts_;
    tg_arena *arena_;
};

struct Table {
    std::vector<ColumnText> texts;
    std::vector<tg_column *> columns;

    ~Table()
    {
        for (tg_column *column : columns)
            tg_column_free(column);
    }
    void fill(const Columns &shape, Maker &maker, uint32_t rows, bool may_be_null)
    {
        for (uint32_t i = 0; i < shape.count(); i++) {
            columns.push_back(tg_column_new(shape.at(i).type));
            tg_column_resize(columns[i], rows);
            for (uint32_t row = 0; row < rows; row++)
                maker.fill(columns[i], row, may_be_null);
        }
    }
};

void check_round_trip_by(const char *name, const tg_format_options &options, Table &table, uint32_t rows,
                         const std::string &what)
{
    Encoder encoder(find_format(name), options);
    std::vector<std::string> encoded = encoder.encode(table.columns, rows);
    ASSERT_EQ(encoded.size(), rows) << what << encoded[0];
    Decoder decoder(find_format(name), options);
    decoder.decode(std::vector<Record>(encoded.begin(), encoded.end()));
    ASSERT_EQ(decoder.error_count(), 0U) << what << decoder.rows()[0] << encoded[0];
    for (uint32_t i = 0; i < options.column_count; i++)
        for (uint32_t row = 0; row < rows; row++)
            ASSERT_TRUE(tg_column_row_equal(decoder.columns()[i], row, table.columns[i], row))
                << what << encoded[row] << "\n"
                << value_text(decoder.columns()[i], row) << "\n"
                << value_text(table.columns[i], row);
}

void check_round_trip(const char *name, const Columns &shape, Table &table, uint32_t rows,
                      const std::string &what)
{
    check_round_trip_by(name, shape.options(), table, rows, what);
}

TEST(RoundTrip, Json)
{
    for (unsigned seed = 1; seed <= 300; seed++) {
        Maker maker(seed, true);
        Table table;
        for (unsigned i = 0, count = 1 + maker.below(6); i < count; i++)
            table.texts.push_back({"Column_" + std::to_string(i), maker.type(3)});
        Columns shape(table.texts.data(), table.texts.size());
        table.fill(shape, maker, 20, true);
        check_round_trip("JSON", shape, table, 20, "seed " + std::to_string(seed) + " ");
    }
}

TEST(RoundTrip, Avro)
{
    for (unsigned seed = 1; seed <= 120; seed++) {
        Maker maker(seed, true);
        Table table;
        for (unsigned i = 0, count = 1 + maker.below(6); i < count; i++)
            table.texts.push_back({"Column_" + std::to_string(i), maker.type(3)});
        Columns shape(table.texts.data(), table.texts.size());
        table.fill(shape, maker, 20, true);
        check_round_trip("AVRO", shape, table, 20, "seed " + std::to_string(seed) + " ");
    }
}

// avro-c reads what we write by the schema we write, and writes the same bytes.
void check_with_oracle(avro_schema_t schema, const std::string &record)
{
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    avro_value_t value;
    ASSERT_EQ(avro_generic_value_new(iface, &value), 0) << avro_strerror();
    avro_reader_t reader = avro_reader_memory(record.data(), static_cast<int64_t>(record.size()));
    ASSERT_EQ(avro_value_read(reader, &value), 0) << avro_strerror();
    std::string copy(record.size() + 64, '\0');
    avro_writer_t writer = avro_writer_memory(&copy[0], static_cast<int64_t>(copy.size()));
    ASSERT_EQ(avro_value_write(writer, &value), 0) << avro_strerror();
    copy.resize(static_cast<size_t>(avro_writer_tell(writer)));
    EXPECT_EQ(copy, record);
    avro_writer_free(writer);
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(iface);
}

TEST(Oracle, AvroC)
{
    for (unsigned seed = 1; seed <= 40; seed++) {
        Maker maker(seed, true);
        Table table;
        for (unsigned i = 0, count = 1 + maker.below(6); i < count; i++)
            table.texts.push_back({"Column_" + std::to_string(i), maker.type(3)});
        Columns shape(table.texts.data(), table.texts.size());
        table.fill(shape, maker, 10, true);
        tg_format_options options = shape.options();
        tg_buffer text = {};
        tg_error error;
        avro_schema_t schema;
        ASSERT_EQ(find_format("AVRO")->schemas->write(&options, &text, &error), TG_OK) << error.message;
        ASSERT_EQ(
            avro_schema_from_json_length(reinterpret_cast<const char *>(text.data), text.length, &schema), 0)
            << avro_strerror();
        Encoder encoder(find_format("AVRO"), options);
        for (const std::string &record : encoder.encode(table.columns, 10))
            check_with_oracle(schema, record);
        avro_schema_decref(schema);
        tg_buffer_done(&text);
    }
}

// By wrappers, NULL comes back; but a list has no NULL, and no list or map is the same as an empty one.
TEST(RoundTrip, Protobuf)
{
    for (unsigned seed = 1; seed <= 60; seed++) {
        Maker maker(seed, true);
        Table table;
        for (unsigned i = 0, count = 1 + maker.below(12); i < count; i++)
            table.texts.push_back({"Column_" + std::to_string(i), maker.type(0)});
        table.texts.push_back({"S", "STRUCT<A " + maker.type(0) + ", B STRUCT<C " + maker.type(0) + ">>"});
        Columns shape(table.texts.data(), table.texts.size());
        table.fill(shape, maker, 20, true);
        tg_format_options options = shape.options();
        for (tg_nullable nullable : {TG_NULLABLE_OPTIONAL, TG_NULLABLE_WRAPPER}) {
            options.nullable = nullable;
            check_round_trip_by("PROTOBUF", options, table, 20, "seed " + std::to_string(seed) + " ");
        }
    }
}

TEST(RoundTrip, Delimited)
{
    for (unsigned seed = 1; seed <= 100; seed++) {
        Maker maker(seed, false);
        Table table;
        for (unsigned i = 0, count = 1 + maker.below(6); i < count; i++)
            table.texts.push_back({"C" + std::to_string(i), maker.type(0)});
        Columns shape(table.texts.data(), table.texts.size());
        table.fill(shape, maker, 20, true);
        check_round_trip("DELIMITED", shape, table, 20, "seed " + std::to_string(seed) + " ");
    }
}

TEST(RoundTrip, Kafka)
{
    for (const char *type : {"INT", "BIGINT", "DOUBLE", "STRING", "BYTES"}) {
        Maker maker(11, true);
        Table table;
        Columns shape({{"V", type}});
        table.fill(shape, maker, 200, false);
        check_round_trip("KAFKA", shape, table, 200, type);
    }
}

// What a batch after the first ones needs is there already.
TEST(Allocation, NoneOnceWarm)
{
    Columns shape({{"ID", "BIGINT"},
                   {"NAME", "STRING"},
                   {"PRICE", "DECIMAL(9, 2)"},
                   {"RATE", "DOUBLE"},
                   {"RAW", "BYTES"},
                   {"TEXT", "STRING"},
                   {"ITEMS", "ARRAY<STRUCT<N INT, TAGS MAP<STRING, STRING>>>"}});
    std::vector<Record> records;
    for (int i = 0; i < 500; i++)
        records.push_back(Record(
            "{\"id\":" + std::to_string(i) + ",\"name\":\"a\\n" + std::to_string(i) +
            "\",\"price\":\"1.5\",\"rate\":0.1,\"raw\":\"YWJj\",\"text\":{\"a\":[1,{\"b\":1e1,\"b\":2}]},"
            "\"items\":[{\"n\":1,\"tags\":{\"x\":\"y\",\"z\":\"\"}},{\"n\":2,\"n\":3}]}" +
            (i % 7 == 0 ? "x" : "")));
    Decoder decoder(find_format("JSON"), shape, shape.options());
    Encoder encoder(find_format("JSON"), shape.options());
    decoder.decode(records);
    ASSERT_EQ(decoder.error_count(), 72U);
    ASSERT_TRUE(encoder.encode_only(decoder.columns(), 500));
    decoder.decode_again();
    ASSERT_TRUE(encoder.encode_only(decoder.columns(), 500));
    uint64_t before = tg_allocation_count();
    for (int i = 0; i < 3; i++) {
        decoder.decode_again();
        ASSERT_TRUE(encoder.encode_only(decoder.columns(), 500));
    }
    EXPECT_EQ(tg_allocation_count(), before);
}

TEST(Allocation, NoneOnceWarmInDelimitedAndKafka)
{
    Columns line({{"A", "STRING"}, {"B", "DECIMAL(9, 2)"}, {"C", "BYTES"}});
    Columns text({{"A", "STRING"}});
    struct {
        const char *format;
        const Columns &shape;
        std::string record;
    } cases[] = {{"DELIMITED", line, "\"a\"\"b\",1.5,YWJj"}, {"KAFKA", text, "bytes"}};
    for (const auto &one : cases) {
        Decoder decoder(find_format(one.format), one.shape, one.shape.options());
        Encoder encoder(find_format(one.format), one.shape.options());
        decoder.decode(std::vector<Record>(300, Record(one.record)));
        ASSERT_EQ(decoder.error_count(), 0U);
        ASSERT_TRUE(encoder.encode_only(decoder.columns(), 300));
        decoder.decode_again();
        uint64_t before = tg_allocation_count();
        decoder.decode_again();
        ASSERT_TRUE(encoder.encode_only(decoder.columns(), 300));
        EXPECT_EQ(tg_allocation_count(), before) << one.format;
    }
}

} // namespace
