// Helpers of the format tests: columns from type texts, records in, rows as text out.
#pragma once

#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "data/number.h"
#include "serde/format.h"

namespace serde_test
{

inline std::string text_of(tg_slice slice)
{
    return std::string(reinterpret_cast<const char *>(slice.data), slice.length);
}

inline tg_slice slice_of(const std::string &text)
{
    return tg_slice_of(text.data(), text.size());
}

struct ColumnText {
    std::string name;
    std::string type;
};

// Names and types of columns, "ID BIGINT", in an arena of its own.
class Columns
{
public:
    Columns(std::initializer_list<ColumnText> texts) : Columns(texts.begin(), texts.size())
    {
    }
    Columns(const ColumnText *texts, size_t count) : arena_(tg_arena_new(0)), texts_(texts, texts + count)
    {
        for (const ColumnText &text : texts_) {
            const tg_type *type = nullptr;
            tg_error error;
            if (tg_type_parse(arena_, slice_of(text.type), &type, &error) != TG_OK)
                throw std::runtime_error(error.message);
            tg_schema_column column = {};
            column.name = text.name.c_str();
            column.type = type;
            column.role = TG_COLUMN_VALUE;
            columns_.push_back(column);
        }
    }
    ~Columns()
    {
        tg_arena_free(arena_);
    }
    Columns(const Columns &) = delete;
    Columns &operator=(const Columns &) = delete;

    tg_format_options options() const
    {
        tg_format_options options = {};
        options.columns = columns_.data();
        options.column_count = static_cast<uint32_t>(columns_.size());
        return options;
    }
    uint32_t count() const
    {
        return static_cast<uint32_t>(columns_.size());
    }
    const tg_schema_column &at(size_t index) const
    {
        return columns_[index];
    }

private:
    tg_arena *arena_;
    std::vector<ColumnText> texts_;
    std::vector<tg_schema_column> columns_;
};

// A value as a test writes it: 1, 'text', x'6162', [1, null], {'k': 1}, (1, null) for a STRUCT.
inline std::string value_text(const tg_column *column, uint32_t row)
{
    char number[64];
    if (!column->valid[row])
        return "null";
    std::string out;
    tg_range range = {};
    switch (column->type->kind) {
    case TG_TYPE_BOOLEAN:
        return column->values.boolean[row] ? "true" : "false";
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        return std::to_string(column->values.int32[row]);
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        return std::to_string(column->values.int64[row]);
    case TG_TYPE_DOUBLE:
        return std::string(number, tg_double_write(column->values.float64[row], number));
    case TG_TYPE_DECIMAL:
        return std::string(number,
                           tg_decimal_write(column->values.decimal[row], column->type->scale, number));
    case TG_TYPE_STRING:
        return "'" + text_of(column->values.bytes[row]) + "'";
    case TG_TYPE_BYTES:
        out = "x'";
        for (size_t i = 0; i < column->values.bytes[row].length; i++) {
            snprintf(number, sizeof number, "%02x", column->values.bytes[row].data[i]);
            out += number;
        }
        return out + "'";
    case TG_TYPE_ARRAY:
        range = column->values.range[row];
        for (uint32_t i = 0; i < range.count; i++)
            out += (i > 0 ? ", " : "") + value_text(column->children[0], range.start + i);
        return "[" + out + "]";
    case TG_TYPE_MAP:
        range = column->values.range[row];
        for (uint32_t i = 0; i < range.count; i++)
            out += (i > 0 ? ", " : "") + value_text(column->children[0], range.start + i) + ": " +
                   value_text(column->children[1], range.start + i);
        return "{" + out + "}";
    case TG_TYPE_STRUCT:
        for (uint32_t i = 0; i < column->child_count; i++)
            out += (i > 0 ? ", " : "") + value_text(column->children[i], row);
        return "(" + out + ")";
    }
    return "?";
}

// A record; without text: no key or value.
struct Record {
    Record(const char *bytes) : text(bytes == nullptr ? "" : bytes), present(bytes != nullptr)
    {
    }
    Record(std::string bytes) : text(std::move(bytes)), present(true)
    {
    }
    std::string text;
    bool present;
};

// A decoder with its columns and arena.
class Decoder
{
public:
    Decoder(const struct tg_format *format, const Columns &columns, tg_format_options options,
            std::vector<bool> needed = {})
        : arena_(tg_arena_new(0)), decoder_(nullptr)
    {
        tg_error error;
        if (format->decoder_open(&options, &decoder_, &error) != TG_OK)
            throw std::runtime_error(error.message);
        for (uint32_t i = 0; i < columns.count(); i++)
            columns_.push_back(needed.empty() || needed[i] ? tg_column_new(columns.at(i).type) : nullptr);
    }
    // With the options' own columns, all needed.
    Decoder(const struct tg_format *format, tg_format_options options)
        : arena_(tg_arena_new(0)), decoder_(nullptr)
    {
        tg_error error;
        if (format->decoder_open(&options, &decoder_, &error) != TG_OK)
            throw std::runtime_error(error.message);
        for (uint32_t i = 0; i < options.column_count; i++)
            columns_.push_back(tg_column_new(options.columns[i].type));
    }
    ~Decoder()
    {
        for (tg_column *column : columns_)
            tg_column_free(column);
        tg_decoder_close(decoder_);
        tg_arena_free(arena_);
    }
    Decoder(const Decoder &) = delete;
    Decoder &operator=(const Decoder &) = delete;

    void decode(const std::vector<Record> &records)
    {
        slices_.clear();
        for (const Record &record : records) {
            // An exact copy on the heap, so that the sanitizer sees reads beyond the record.
            bytes_.emplace_back(new uint8_t[record.text.size() + (record.text.empty() ? 1 : 0)]);
            std::memcpy(bytes_.back().get(), record.text.data(), record.text.size());
            slices_.push_back(
                tg_slice_of(record.present ? bytes_.back().get() : nullptr, record.text.size()));
        }
        errors_.resize(records.size());
        nulls_.assign(records.size(), 0xaa);
        decode_again();
    }
    void decode_again()
    {
        tg_arena_reset(arena_);
        call_ = {};
        call_.records = slices_.data();
        call_.count = static_cast<uint32_t>(slices_.size());
        call_.columns = columns_.data();
        call_.arena = arena_;
        call_.errors = errors_.data();
        call_.nulls = nulls_.data();
        decoder_->decode(decoder_, &call_);
    }
    std::vector<std::string> rows() const
    {
        std::vector<std::string> rows;
        uint32_t error = 0;
        for (uint32_t row = 0; row < call_.count; row++) {
            std::string text;
            if (error < call_.error_count && errors_[error].row == row)
                text = std::string("error: ") + errors_[error++].message + " | ";
            for (size_t i = 0; i < columns_.size(); i++)
                text += (i > 0 ? " " : "") + (columns_[i] == nullptr ? "-" : value_text(columns_[i], row));
            rows.push_back(text);
        }
        return rows;
    }
    const std::vector<uint8_t> &nulls() const
    {
        return nulls_;
    }
    uint32_t error_count() const
    {
        return call_.error_count;
    }
    const std::vector<tg_column *> &columns() const
    {
        return columns_;
    }

private:
    tg_arena *arena_;
    tg_decoder *decoder_;
    std::vector<tg_column *> columns_;
    std::vector<std::unique_ptr<uint8_t[]>> bytes_;
    std::vector<tg_slice> slices_;
    std::vector<tg_decode_error> errors_;
    std::vector<uint8_t> nulls_;
    tg_decode_call call_ = {};
};

// Encodes rows of columns; "<null>" for a record without bytes, "error: ..." for all if it failed.
class Encoder
{
public:
    Encoder(const struct tg_format *format, tg_format_options options) : encoder_(nullptr)
    {
        tg_error error;
        if (format->encoder_open(&options, &encoder_, &error) != TG_OK)
            throw std::runtime_error(error.message);
    }
    ~Encoder()
    {
        tg_encoder_close(encoder_);
        tg_buffer_done(&out_);
    }
    Encoder(const Encoder &) = delete;
    Encoder &operator=(const Encoder &) = delete;

    std::vector<std::string> encode(const std::vector<tg_column *> &columns, uint32_t row_count,
                                    const std::vector<uint8_t> &flags = {},
                                    const std::vector<uint32_t> &rows = {})
    {
        std::vector<std::string> records;
        if (!encode_only(columns, row_count, flags, rows))
            return {"error: " + std::string(error_.message)};
        size_t start = 0;
        for (uint32_t i = 0; i < row_count; i++) {
            records.push_back(
                nulls_[i] ? "<null>"
                          : std::string(reinterpret_cast<char *>(out_.data) + start, ends_[i] - start));
            start = ends_[i];
        }
        return records;
    }
    bool encode_only(const std::vector<tg_column *> &columns, uint32_t row_count,
                     const std::vector<uint8_t> &flags = {}, const std::vector<uint32_t> &rows = {})
    {
        tg_buffer_clear(&out_);
        ends_.resize(row_count);
        nulls_.resize(row_count);
        tg_encode_call call = {};
        call.columns = columns.data();
        call.flags = flags.empty() ? nullptr : flags.data();
        call.rows = rows.empty() ? nullptr : rows.data();
        call.row_count = row_count;
        call.out = &out_;
        call.ends = ends_.data();
        call.nulls = nulls_.data();
        return encoder_->encode(encoder_, &call, &error_) == TG_OK;
    }

private:
    tg_encoder *encoder_;
    tg_buffer out_ = {};
    std::vector<size_t> ends_;
    std::vector<uint8_t> nulls_;
    tg_error error_ = {};
};

inline const struct tg_format *find_format(const char *name)
{
    const struct tg_format *format = nullptr;
    tg_error error;
    return tg_format_find(tg_slice_text(name), &format, &error) == TG_OK ? format : nullptr;
}

} // namespace serde_test
