#include "service/tests/agreement/expression.h"

#include <algorithm>
#include <cmath>

namespace turgo::agreement
{

// ---- as SQL ----

static std::string list_of(const Node &node, const char *between, size_t from = 0)
{
    std::string text;
    for (size_t i = from; i < node.parts.size(); i++)
        text += (i > from ? between : "") + sql_of(*node.parts[i]);
    return text;
}

static std::string call_sql(const Node &node)
{
    std::string text = node.name + "(";
    for (size_t i = 0; i < node.parts.size(); i++) {
        text += i > 0 ? ", " : "";
        if (i + 1 == node.parts.size() && !node.variables.empty())
            text += node.variables.size() == 1 ? node.variables[0] + " => "
                                               : "(" + node.variables[0] + ", " + node.variables[1] + ") => ";
        text += sql_of(*node.parts[i]);
    }
    return text + ")";
}

static std::string case_sql(const Node &node)
{
    std::string text = "CASE";
    size_t i = 0;
    for (; i + 1 < node.parts.size(); i += 2)
        text += " WHEN " + sql_of(*node.parts[i]) + " THEN " + sql_of(*node.parts[i + 1]);
    if (i < node.parts.size())
        text += " ELSE " + sql_of(*node.parts[i]);
    return text + " END";
}

std::string sql_of(const Node &node)
{
    switch (node.op) {
    case Op::Column:
    case Op::Variable:
        return node.name;
    case Op::Literal:
        return sql_of(node.type, node.value);
    case Op::Arithmetic:
    case Op::Compare:
    case Op::And:
    case Op::Or:
    case Op::Like:
        return "(" + sql_of(*node.parts[0]) + " " + node.name + " " + sql_of(*node.parts[1]) + ")";
    case Op::Negate:
        return "(-" + sql_of(*node.parts[0]) + ")";
    case Op::Not:
        return "(NOT " + sql_of(*node.parts[0]) + ")";
    case Op::Case:
        return case_sql(node);
    case Op::Cast:
        return "CAST(" + sql_of(*node.parts[0]) + " AS " + sql_of(node.type) + ")";
    case Op::IsNull:
        return "(" + sql_of(*node.parts[0]) + " IS NULL)";
    case Op::IsNotNull:
        return "(" + sql_of(*node.parts[0]) + " IS NOT NULL)";
    case Op::In:
        return "(" + sql_of(*node.parts[0]) + " IN (" + list_of(node, ", ", 1) + "))";
    case Op::Between:
        return "(" + sql_of(*node.parts[0]) + " BETWEEN " + list_of(node, " AND ", 1) + ")";
    case Op::Element:
        return sql_of(*node.parts[0]) + "[" + sql_of(*node.parts[1]) + "]";
    case Op::Field:
        return sql_of(*node.parts[0]) + "->" + node.name;
    case Op::MakeList:
        return "ARRAY[" + list_of(node, ", ") + "]";
    case Op::MakeMap:
        return "MAP(" + sql_of(*node.parts[0]) + " := " + sql_of(*node.parts[1]) + ", " +
               sql_of(*node.parts[2]) + " := " + sql_of(*node.parts[3]) + ")";
    case Op::MakePair:
        return "STRUCT(X := " + sql_of(*node.parts[0]) + ", Z := " + sql_of(*node.parts[1]) + ")";
    case Op::Call:
        return call_sql(node);
    }
    return "";
}

// ---- numbers ----

static double as_real(const Type &type, const Value &value)
{
    if (type.kind == Kind::Double)
        return value.real;
    if (type.kind == Kind::Decimal)
        return std::stod(decimal_text(value.number, type.scale));
    return static_cast<double>(static_cast<int64_t>(value.number));
}

static Number power_of_ten(unsigned exponent)
{
    Number power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

static Number wrapped(const Type &type, Number number)
{
    if (type.kind == Kind::Int)
        return static_cast<int32_t>(static_cast<uint32_t>(number));
    return static_cast<int64_t>(static_cast<uint64_t>(number));
}

static Value real_arithmetic(char sign, double a, double b)
{
    switch (sign) {
    case '+':
        return of_real(a + b);
    case '-':
        return of_real(a - b);
    case '*':
        return of_real(a * b);
    case '/':
        return of_real(a / b);
    default:
        return of_real(std::fmod(a, b));
    }
}

// Sums in the larger scale, products in the sum of the scales; the generator divides no decimals.
static Value decimal_arithmetic(const Node &node, const Value &a, const Value &b)
{
    const Type &left = node.parts[0]->type, &right = node.parts[1]->type;
    if (node.name == "*")
        return of_number(a.number * b.number);
    Number x = a.number * power_of_ten(node.type.scale - left.scale);
    Number y = b.number * power_of_ten(node.type.scale - right.scale);
    return of_number(node.name == "+" ? x + y : x - y);
}

static Value arithmetic(const Node &node, const Value &a, const Value &b)
{
    if (a.null || b.null)
        return failure();
    if (node.type.kind == Kind::Double)
        return real_arithmetic(node.name[0], as_real(node.parts[0]->type, a),
                               as_real(node.parts[1]->type, b));
    if (node.type.kind == Kind::Decimal)
        return decimal_arithmetic(node, a, b);
    char sign = node.name[0];
    if (sign == '/' || sign == '%') {
        if (b.number == 0)
            return failure();
        return of_number(wrapped(node.type, sign == '/' ? a.number / b.number : a.number % b.number));
    }
    Number result = sign == '+'   ? a.number + b.number
                    : sign == '-' ? a.number - b.number
                                  : a.number * b.number;
    return of_number(wrapped(node.type, result));
}

// ---- comparisons: less, equal, greater, or (with NaN) nothing of these ----

static std::string order_of(const Type &a_type, const Value &a, const Type &b_type, const Value &b)
{
    if (a_type.kind == Kind::String || a_type.kind == Kind::Bytes)
        return a.text < b.text ? "<" : a.text > b.text ? ">" : "=";
    if (a_type.kind == Kind::Double || b_type.kind == Kind::Double) {
        double x = as_real(a_type, a), y = as_real(b_type, b);
        return x < y ? "<" : x > y ? ">" : x == y ? "=" : "";
    }
    unsigned scale = std::max(a_type.scale, b_type.scale);
    Number x = a.number * power_of_ten(scale - a_type.scale),
           y = b.number * power_of_ten(scale - b_type.scale);
    return x < y ? "<" : x > y ? ">" : "=";
}

static bool is_nested(const Type &type)
{
    return type.kind == Kind::List || type.kind == Kind::Map || type.kind == Kind::Pair;
}

// The order of entries is no part of a map.
static bool same_nested(const Type &type, const Value &a, const Value &b)
{
    if (type.kind != Kind::Map)
        return same_value(a, b);
    if (a.names.size() != b.names.size())
        return false;
    for (size_t i = 0; i < a.names.size(); i++) {
        size_t other =
            static_cast<size_t>(std::find(b.names.begin(), b.names.end(), a.names[i]) - b.names.begin());
        if (other == b.names.size() || !same_value(a.items[i], b.items[other]))
            return false;
    }
    return true;
}

static Value truth(bool is)
{
    return of_number(is ? 1 : 0);
}

static Value compare(const Node &node, const Value &a, const Value &b)
{
    const Type &left = node.parts[0]->type, &right = node.parts[1]->type;
    bool known = !a.null && !b.null;
    bool distinct = node.name == "IS DISTINCT FROM", same = node.name == "IS NOT DISTINCT FROM";
    std::string is;
    if (known)
        is = is_nested(left) ? (same_nested(left, a, b) ? "=" : "<") : order_of(left, a, right, b);
    if (distinct || same)
        return truth((known ? is == "<" || is == ">" : a.null != b.null) == distinct);
    return truth(known && !is.empty() && node.name.find(is) != std::string::npos);
}

static bool matches(const std::string &text, size_t at, const std::string &pattern, size_t from)
{
    if (from == pattern.size())
        return at == text.size();
    if (pattern[from] == '%') {
        for (size_t end = at; end <= text.size(); end++)
            if (matches(text, end, pattern, from + 1))
                return true;
        return false;
    }
    if (at == text.size() || (pattern[from] != '_' && pattern[from] != text[at]))
        return false;
    size_t next = at + 1; // _ stands for a whole character
    while (pattern[from] == '_' && next < text.size() && (text[next] & 0xC0) == 0x80)
        next++;
    return matches(text, next, pattern, from + 1);
}

// ---- casts ----

static Value whole_from_text(const Type &type, const std::string &text)
{
    size_t from = text.find_first_not_of(' '), end = text.find_last_not_of(' ');
    if (from == std::string::npos)
        return failure();
    std::string digits = text.substr(from, end - from + 1);
    size_t first = digits[0] == '-' || digits[0] == '+' ? 1 : 0;
    if (first == digits.size() || digits.size() > 20 ||
        digits.find_first_not_of("0123456789", first) != std::string::npos)
        return failure();
    Number number = 0;
    for (size_t i = first; i < digits.size(); i++)
        number = number * 10 + (digits[i] - '0');
    number = digits[0] == '-' ? -number : number;
    return wrapped(type, number) == number ? of_number(number) : failure();
}

static std::string text_of(const Type &type, const Value &value)
{
    if (type.kind == Kind::Double)
        return real_text(value.real);
    if (type.kind == Kind::Decimal)
        return decimal_text(value.number, type.scale);
    if (type.kind == Kind::Boolean)
        return value.number != 0 ? "true" : "false";
    return type.kind == Kind::String ? value.text : digits_of(value.number);
}

// Half up, away from zero.
static Value to_decimal(const Type &to, Number number, unsigned scale)
{
    Number value = number;
    if (scale < to.scale)
        value *= power_of_ten(to.scale - scale);
    if (scale > to.scale) {
        Number step = power_of_ten(scale - to.scale);
        Number rest = value % step;
        value /= step;
        if (2 * (rest < 0 ? -rest : rest) >= step)
            value += number < 0 ? -1 : 1;
    }
    Number limit = power_of_ten(to.precision);
    return value < limit && value > -limit ? of_number(value) : failure();
}

static Value cast(const Type &from, const Type &to, const Value &value)
{
    if (value.failed || value.null || from == to)
        return value;
    switch (to.kind) {
    case Kind::String:
        return of_text(text_of(from, value));
    case Kind::Double:
        return of_real(as_real(from, value));
    case Kind::Decimal:
        return to_decimal(to, value.number, from.kind == Kind::Decimal ? from.scale : 0);
    case Kind::Int:
    case Kind::Bigint:
        if (from.kind == Kind::String)
            return whole_from_text(to, value.text);
        return of_number(
            wrapped(to, from.kind == Kind::Decimal ? value.number / power_of_ten(from.scale) : value.number));
    default:
        return value;
    }
}

// ---- functions ----

// Characters as the positions where they begin; the generator's texts have none of two UTF-16 units.
static std::vector<std::string> characters(const std::string &text)
{
    std::vector<std::string> all;
    for (char byte : text) {
        if ((byte & 0xC0) == 0x80)
            all.back() += byte;
        else
            all.emplace_back(1, byte);
    }
    return all;
}

static std::string letters(const std::string &text, bool big)
{
    std::string result;
    for (const std::string &character : characters(text)) {
        if (character == "é" || character == "É")
            result += big ? "É" : "é";
        else
            result += static_cast<char>(big ? std::toupper(character[0]) : std::tolower(character[0]));
    }
    return result;
}

static Value substring(const std::vector<Value> &values)
{
    std::vector<std::string> all = characters(values[0].text);
    auto count = static_cast<int64_t>(all.size());
    auto position = static_cast<int64_t>(values[1].number);
    int64_t start =
        position < 0 ? std::max<int64_t>(count + position, 0) : std::max<int64_t>(position - 1, 0);
    int64_t length = values.size() > 2 ? static_cast<int64_t>(values[2].number) : count;
    std::string text;
    for (int64_t i = start; i < count && i - start < length; i++)
        text += all[static_cast<size_t>(i)];
    return of_text(text);
}

static Value replace(const std::string &text, const std::string &old, const std::string &replacement)
{
    std::string result;
    for (size_t at = 0; at < text.size();) {
        if (text.compare(at, old.size(), old) == 0) {
            result += replacement;
            at += old.size();
        } else {
            result += text[at++];
        }
    }
    return of_text(result);
}

static Value trim(const std::string &text)
{
    size_t from = text.find_first_not_of(' '), end = text.find_last_not_of(' ');
    return of_text(from == std::string::npos ? "" : text.substr(from, end - from + 1));
}

static Value text_function(const std::string &name, const std::vector<Value> &values)
{
    if (name == "LEN")
        return of_number(static_cast<Number>(characters(values[0].text).size()));
    if (name == "UCASE" || name == "LCASE")
        return of_text(letters(values[0].text, name == "UCASE"));
    if (name == "TRIM")
        return trim(values[0].text);
    if (name == "SUBSTRING")
        return substring(values);
    if (name == "REPLACE")
        return replace(values[0].text, values[1].text, values[2].text);
    size_t found = values[0].text.find(values[1].text); // INSTR
    if (found == std::string::npos || values[0].text.empty())
        return of_number(0); // no position 1 in an empty text
    return of_number(static_cast<Number>(characters(values[0].text.substr(0, found)).size()) + 1);
}

static Value number_function(const Node &node, const Value &value)
{
    if (node.name == "SIGN")
        return of_number(value.number > 0 ? 1 : value.number < 0 ? -1 : 0);
    if (node.name == "SQRT")
        return of_real(std::sqrt(value.real));
    if (node.name == "FLOOR")
        return of_real(std::floor(value.real));
    return node.type.kind == Kind::Double
               ? of_real(std::fabs(value.real))
               : of_number(wrapped(node.type, value.number < 0 ? -value.number : value.number));
}

static Value extreme(const Type &type, const std::vector<Value> &values, const char *wanted)
{
    Value best;
    for (const Value &value : values)
        if (!value.null && (best.null || order_of(type, value, type, best) == wanted))
            best = value;
    return best;
}

static bool contains(const std::vector<Value> &items, const Value &value)
{
    return std::any_of(items.begin(), items.end(),
                       [&](const Value &item) { return same_value(item, value); });
}

static Value list_function(const std::string &name, const std::vector<Value> &values)
{
    const std::vector<Value> &items = values[0].items;
    if (name == "ARRAY_LENGTH")
        return of_number(static_cast<Number>(items.size()));
    if (name == "ARRAY_MAX" || name == "ARRAY_MIN")
        return extreme({Kind::Int}, items, name == "ARRAY_MAX" ? ">" : "<");
    std::vector<Value> result;
    if (name == "ARRAY_DISTINCT") {
        for (const Value &item : items)
            if (!contains(result, item))
                result.push_back(item);
        return of_items(result);
    }
    result = items; // ARRAY_SORT: NULL last
    std::stable_sort(result.begin(), result.end(), [](const Value &a, const Value &b) {
        return a.null ? false : b.null || a.number < b.number;
    });
    return of_items(result);
}

// TRANSFORM, FILTER, REDUCE: what fails for one element fails for all.
static Value lambda_function(const Node &node, const std::vector<Value> &values, const Row &row)
{
    Row inner = row;
    std::vector<Value> result;
    bool reduce = node.name == "REDUCE";
    if (values[0].null || (reduce && values[1].null))
        return reduce ? values[1] : Value(); // REDUCE of nothing is its beginning; without one it is NULL
    Value sum = reduce ? values[1] : Value();
    bool failed = false;
    for (const Value &item : values[0].items) {
        inner.variables[node.variables.back()] = item;
        if (reduce)
            inner.variables[node.variables[0]] = sum;
        Value value = evaluate(*node.parts.back(), inner);
        failed = failed || value.failed || (node.name == "FILTER" && value.null);
        sum = value;
        if (node.name == "TRANSFORM")
            result.push_back(value);
        else if (node.name == "FILTER" && value.number != 0)
            result.push_back(item);
    }
    if (failed)
        return failure();
    return reduce ? sum : of_items(result);
}

static Value choose_value(const Node &node, const std::vector<Value> &values)
{
    if (node.name == "COALESCE" || node.name == "IFNULL") {
        for (const Value &value : values)
            if (!value.null)
                return value;
        return Value();
    }
    if (node.name == "NULLIF") {
        const Type &type = node.parts[0]->type;
        bool same = !values[0].null && !values[1].null &&
                    (same_value(values[0], values[1]) ||
                     order_of(type, values[0], node.parts[1]->type, values[1]) == "=");
        return same ? Value() : values[0];
    }
    if (node.name == "CONCAT") {
        std::string text;
        for (const Value &value : values)
            text += value.null ? "" : value.text;
        return of_text(text);
    }
    return extreme(node.type, values, node.name == "GREATEST" ? ">" : "<");
}

static Value call(const Node &node, const std::vector<Value> &values, const Row &row)
{
    if (!node.variables.empty())
        return lambda_function(node, values, row);
    if (node.name == "COALESCE" || node.name == "IFNULL" || node.name == "NULLIF" || node.name == "CONCAT" ||
        node.name == "GREATEST" || node.name == "LEAST")
        return choose_value(node, values);
    if (node.name == "ARRAY_CONTAINS")
        return values[0].null ? Value() : truth(contains(values[0].items, values[1]));
    for (const Value &value : values)
        if (value.null)
            return Value();
    if (node.name.compare(0, 5, "ARRAY") == 0)
        return list_function(node.name, values);
    return node.parts[0]->type.kind == Kind::String ? text_function(node.name, values)
                                                    : number_function(node, values[0]);
}

// ---- nested values ----

static Value element(const Node &node, const Value &from, const Value &at)
{
    if (from.null || at.null)
        return Value();
    if (node.parts[0]->type.kind == Kind::List) {
        auto count = static_cast<Number>(from.items.size());
        Number index = at.number < 0 ? at.number + count : at.number - 1;
        return at.number == 0 || index < 0 || index >= count ? Value()
                                                             : from.items[static_cast<size_t>(index)];
    }
    for (size_t i = 0; i < from.names.size(); i++)
        if (from.names[i] == at.text)
            return from.items[i];
    return Value();
}

static Value make_map(const std::vector<Value> &values)
{
    Value map = of_items({});
    for (size_t i = 0; i < values.size(); i += 2) {
        size_t at = 0;
        while (at < map.names.size() && map.names[at] != values[i].text)
            at++;
        if (at == map.names.size()) {
            map.names.push_back(values[i].text);
            map.items.emplace_back();
        }
        map.items[at] = values[i + 1];
    }
    return map;
}

// ---- one node ----

static Value both(const Node &node, const Row &row)
{
    bool stops = node.op == Op::Or;
    Value left = evaluate(*node.parts[0], row);
    if (left.failed || left.null)
        return failure();
    if ((left.number != 0) == stops)
        return left;
    Value right = evaluate(*node.parts[1], row);
    return right.failed || right.null ? failure() : right;
}

static Value choose_case(const Node &node, const Row &row)
{
    size_t i = 0;
    for (; i + 1 < node.parts.size(); i += 2) {
        Value condition = evaluate(*node.parts[i], row);
        if (condition.failed || condition.null)
            return failure();
        if (condition.number != 0)
            return evaluate(*node.parts[i + 1], row);
    }
    return i < node.parts.size() ? evaluate(*node.parts[i], row) : Value();
}

// Who sees NULL where a part of it failed; all others fail, too, of whatever types they are.
static bool catches(const Node &node, const Node &part)
{
    bool constructor = node.op == Op::MakeList || node.op == Op::MakeMap || node.op == Op::MakePair;
    bool call = node.op == Op::Call;
    return constructor || ((call || node.op == Op::Cast) && part.op == Op::Call) ||
           (call && part.op == Op::Field);
}

static Value apply(const Node &node, const std::vector<Value> &values, const Row &row)
{
    const Value &first = values[0];
    switch (node.op) {
    case Op::Arithmetic:
        return arithmetic(node, first, values[1]);
    case Op::Negate:
        if (first.null)
            return failure();
        return node.type.kind == Kind::Double    ? of_real(-first.real)
               : node.type.kind == Kind::Decimal ? of_number(-first.number)
                                                 : of_number(wrapped(node.type, -first.number));
    case Op::Compare:
        return compare(node, first, values[1]);
    case Op::Not:
        return first.null ? failure() : truth(first.number == 0);
    case Op::Cast:
        return cast(node.parts[0]->type, node.type, first);
    case Op::IsNull:
    case Op::IsNotNull:
        return truth(first.null == (node.op == Op::IsNull));
    case Op::In:
        return truth(!first.null && std::any_of(values.begin() + 1, values.end(), [&](const Value &value) {
            return !value.null && same_value(first, value);
        }));
    case Op::Between: {
        const Type &type = node.parts[0]->type;
        if (first.null || values[1].null || values[2].null)
            return truth(false);
        std::string low = order_of(type, first, type, values[1]),
                    high = order_of(type, first, type, values[2]);
        return truth((low == ">" || low == "=") && (high == "<" || high == "="));
    }
    case Op::Like:
        return first.null || values[1].null ? failure() : truth(matches(first.text, 0, values[1].text, 0));
    case Op::Element:
        return element(node, first, values[1]);
    case Op::Field:
        return first.null ? Value() : first.items[node.name == "X" ? 0 : 1];
    case Op::MakeMap:
        return make_map(values);
    case Op::Call:
        return call(node, values, row);
    default:
        return of_items(values); // MakeList, MakePair
    }
}

Value evaluate(const Node &node, const Row &row)
{
    if (node.op == Op::Column)
        return (*row.columns)[node.index];
    if (node.op == Op::Variable)
        return row.variables.at(node.name);
    if (node.op == Op::Literal)
        return node.value;
    if (node.op == Op::And || node.op == Op::Or)
        return both(node, row);
    if (node.op == Op::Case)
        return choose_case(node, row);
    std::vector<Value> values;
    size_t count = node.parts.size() - (node.variables.empty() ? 0 : 1);
    for (size_t i = 0; i < count; i++) {
        values.push_back(evaluate(*node.parts[i], row));
        if (values.back().failed && !catches(node, *node.parts[i]))
            return failure();
        if (values.back().failed)
            values.back() = Value();
    }
    return apply(node, values, row);
}

} // namespace turgo::agreement
