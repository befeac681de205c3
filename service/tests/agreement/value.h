// service/tests/agreement/value.h: the values of the naive model: one struct for all types, as SQL literals
// and as the JSON of a record. Nothing of the product is used but the text of a double. Thread: any.
#pragma once

#include "data/number.h"

#include <cstdint>
#include <string>
#include <vector>

namespace turgo::agreement
{

__extension__ typedef __int128 Number;

enum class Kind {
    Int,
    Bigint,
    Double,
    Decimal,
    String,
    Boolean,
    Date,
    Time,
    Timestamp,
    Bytes,
    List,
    Map,
    Pair
};

// A list is ARRAY<INT>, a map MAP<STRING, INT>, a pair STRUCT<X INT, Z STRING>.
struct Type {
    Kind kind = Kind::Int;
    unsigned precision = 0, scale = 0;

    bool operator==(const Type &other) const
    {
        return kind == other.kind && precision == other.precision && scale == other.scale;
    }
    bool is_number() const
    {
        return kind == Kind::Int || kind == Kind::Bigint || kind == Kind::Double || kind == Kind::Decimal;
    }
};

struct Value {
    bool null = true;
    bool failed = false; // as an exception that nobody has caught yet
    Number number = 0;   // whole numbers, BOOLEAN, days, milliseconds, the digits of a DECIMAL
    double real = 0;
    std::string text;               // STRING, BYTES
    std::vector<Value> items;       // elements, values of a map, fields
    std::vector<std::string> names; // keys of a map, in their order
};

inline Value failure()
{
    Value value;
    value.failed = true;
    return value;
}

inline Value of_number(Number number)
{
    Value value;
    value.null = false;
    value.number = number;
    return value;
}

inline Value of_real(double real)
{
    Value value;
    value.null = false;
    value.real = real;
    return value;
}

inline Value of_text(std::string text)
{
    Value value;
    value.null = false;
    value.text = std::move(text);
    return value;
}

inline Value of_items(std::vector<Value> items)
{
    Value value;
    value.null = false;
    value.items = std::move(items);
    return value;
}

// The same value: NULL equals NULL, NaN equals NaN.
inline bool same_value(const Value &a, const Value &b)
{
    if (a.null || b.null)
        return a.null == b.null;
    if (a.number != b.number || a.text != b.text || a.names != b.names || a.items.size() != b.items.size())
        return false;
    for (size_t i = 0; i < a.items.size(); i++)
        if (!same_value(a.items[i], b.items[i]))
            return false;
    return a.real == b.real || (a.real != a.real && b.real != b.real);
}

inline std::string sql_of(const Type &type)
{
    static const char *const names[] = {"INT",
                                        "BIGINT",
                                        "DOUBLE",
                                        "DECIMAL",
                                        "VARCHAR",
                                        "BOOLEAN",
                                        "DATE",
                                        "TIME",
                                        "TIMESTAMP",
                                        "BYTES",
                                        "ARRAY<INT>",
                                        "MAP<VARCHAR, INT>",
                                        "STRUCT<X INT, Z VARCHAR>"};
    std::string text = names[static_cast<int>(type.kind)];
    if (type.kind == Kind::Decimal)
        text += "(" + std::to_string(type.precision) + ", " + std::to_string(type.scale) + ")";
    return text;
}

inline std::string digits_of(Number number)
{
    bool negative = number < 0;
    std::string text;
    do {
        int digit = static_cast<int>(number % 10);
        text.insert(text.begin(), static_cast<char>('0' + (digit < 0 ? -digit : digit)));
        number /= 10;
    } while (number != 0);
    return negative ? "-" + text : text;
}

inline std::string decimal_text(Number number, unsigned scale)
{
    std::string text = digits_of(number < 0 ? -number : number);
    if (text.size() <= scale)
        text.insert(0, scale + 1 - text.size(), '0');
    if (scale > 0)
        text.insert(text.size() - scale, ".");
    return number < 0 ? "-" + text : text;
}

inline std::string real_text(double value)
{
    char text[TG_DOUBLE_TEXT_MAX];
    return std::string(text, tg_double_write(value, text));
}

inline std::string base64(const std::string &bytes)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t at = 0; at < bytes.size(); at += 3) {
        unsigned bits = 0;
        for (size_t i = at; i < at + 3; i++)
            bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0);
        for (size_t i = 0; i < 4; i++)
            text += at + i <= bytes.size() ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

inline std::string quoted_json(const std::string &text)
{
    std::string quoted = "\"";
    for (char letter : text) {
        if (letter == '"' || letter == '\\')
            quoted += '\\';
        quoted += letter;
    }
    return quoted + "\"";
}

inline std::string json_of(const Type &type, const Value &value);

inline std::string json_of_parts(const Type &type, const Value &value)
{
    const Type integer = {Kind::Int}, string = {Kind::String};
    std::string text;
    for (size_t i = 0; i < value.items.size(); i++) {
        text += i > 0 ? "," : "";
        if (type.kind == Kind::Map)
            text += quoted_json(value.names[i]) + ":";
        if (type.kind == Kind::Pair)
            text += i == 0 ? "\"X\":" : "\"Z\":";
        text += json_of(type.kind == Kind::Pair && i == 1 ? string : integer, value.items[i]);
    }
    return type.kind == Kind::List ? "[" + text + "]" : "{" + text + "}";
}

// As ksqlDB writes it: days and milliseconds as numbers, bytes in base64.
inline std::string json_of(const Type &type, const Value &value)
{
    if (value.null || value.failed)
        return "null";
    switch (type.kind) {
    case Kind::Double:
        return value.real - value.real == 0 ? real_text(value.real) : quoted_json(real_text(value.real));
    case Kind::Decimal:
        return decimal_text(value.number, type.scale);
    case Kind::String:
        return quoted_json(value.text);
    case Kind::Bytes:
        return quoted_json(base64(value.text));
    case Kind::Boolean:
        return value.number != 0 ? "true" : "false";
    case Kind::List:
    case Kind::Map:
    case Kind::Pair:
        return json_of_parts(type, value);
    default:
        return digits_of(value.number);
    }
}

inline std::string quoted_sql(const std::string &text)
{
    std::string quoted = "'";
    for (char letter : text)
        quoted += letter == '\'' ? std::string("''") : std::string(1, letter);
    return quoted + "'";
}

inline std::string hex_of(const std::string &bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    std::string text;
    for (char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

inline std::string padded(Number number, unsigned width)
{
    std::string text = digits_of(number);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

// Days of the year 2024 and times of a day: all that the generator makes.
inline std::string date_text(Number days)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    Number day = days - 19723; // 2024-01-01
    int month = 0;
    while (month < 11 && day >= lengths[month])
        day -= lengths[month++];
    return "2024-" + padded(month + 1, 2) + "-" + padded(day + 1, 2);
}

inline std::string time_text(Number ms)
{
    return padded(ms / 3600000, 2) + ":" + padded(ms / 60000 % 60, 2) + ":" + padded(ms / 1000 % 60, 2);
}

inline std::string sql_of(const Type &type, const Value &value)
{
    std::string cast = " AS " + sql_of(type) + ")";
    if (value.null)
        return "CAST(NULL" + cast;
    switch (type.kind) {
    case Kind::Bigint:
        if (value.number >= INT32_MIN && value.number <= INT32_MAX)
            return "CAST(" + digits_of(value.number) + cast;
        return value.number < 0 ? "(" + digits_of(value.number) + ")" : digits_of(value.number);
    case Kind::Int:
        return value.number < 0 ? "(" + digits_of(value.number) + ")" : digits_of(value.number);
    case Kind::Double:
        return value.real < 0 ? "(-" + real_text(-value.real) + "e0)" : real_text(value.real) + "e0";
    case Kind::Decimal:
        return value.number < 0 ? "(" + decimal_text(value.number, type.scale) + ")"
                                : decimal_text(value.number, type.scale);
    case Kind::Boolean:
        return value.number != 0 ? "TRUE" : "FALSE";
    case Kind::Date:
        return "CAST('" + date_text(value.number) + "'" + cast;
    case Kind::Time:
        return "CAST('" + time_text(value.number) + "'" + cast;
    case Kind::Timestamp:
        return "CAST('" + date_text(value.number / 86400000) + "T" + time_text(value.number % 86400000) +
               "'" + cast;
    case Kind::Bytes:
        return "TO_BYTES('" + hex_of(value.text) + "', 'hex')";
    default:
        return quoted_sql(value.text);
    }
}

} // namespace turgo::agreement
