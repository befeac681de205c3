#include "service/tests/agreement/generator.h"

namespace turgo::agreement
{

namespace
{

const Type INT = {Kind::Int}, BIGINT = {Kind::Bigint}, DOUBLE = {Kind::Double}, TEXT = {Kind::String};
const Type BOOLEAN = {Kind::Boolean}, LIST = {Kind::List}, MAP = {Kind::Map}, PAIR = {Kind::Pair};

// ksqlDB's algebra: INT counts as DECIMAL(10, 0), BIGINT as DECIMAL(19, 0).
Type as_decimal(const Type &type)
{
    if (type.kind == Kind::Decimal)
        return type;
    return {Kind::Decimal, type.kind == Kind::Int ? 10U : 19U, 0};
}

Type decimal_result(const std::string &sign, const Type &left, const Type &right)
{
    Type a = as_decimal(left), b = as_decimal(right);
    unsigned scale = std::max(a.scale, b.scale);
    if (sign == "*")
        return {Kind::Decimal, a.precision + b.precision + 1, a.scale + b.scale};
    return {Kind::Decimal, std::max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale};
}

} // namespace

Expr ExpressionGenerator::node(Op op, const Type &type, std::vector<Expr> parts, const std::string &name)
{
    auto made = std::make_shared<Node>();
    made->op = op;
    made->type = type;
    made->parts = std::move(parts);
    made->name = name;
    return made;
}

Value ExpressionGenerator::value(const Type &type)
{
    switch (type.kind) {
    case Kind::Int:
        return of_number(random_.pick<Number>({0, 1, 2, 3, -1, -7, 10, 100, 2147483647, -2147483647}));
    case Kind::Bigint:
        return of_number(random_.pick<Number>({0, 1, 5, -3, 9000000000, -9000000001, 40, 77}));
    case Kind::Double:
        return of_real(random_.pick({0.0, 1.0, 0.5, -2.0, 1.25, 100.0, -0.125}));
    case Kind::Decimal: {
        Number limit = 1;
        for (unsigned i = 0; i < type.precision && i < 4; i++)
            limit *= 10;
        Number number = static_cast<Number>(random_.below(static_cast<size_t>(limit)));
        return of_number(random_.one_in(3) ? -number : number);
    }
    case Kind::String:
        return of_text(random_.pick<const char *>({"", "a", "b", "ab", "abc", "7", "-12", " x ", "A b",
                                                   "caf\xC3\xA9", "it's", "say \"x\"", "a%b"}));
    case Kind::Boolean:
        return of_number(static_cast<Number>(random_.below(2)));
    case Kind::Date:
        return of_number(19723 + static_cast<Number>(random_.below(366)));
    case Kind::Time:
        return of_number(static_cast<Number>(random_.below(86400)) * 1000);
    case Kind::Timestamp:
        return of_number((19723 + static_cast<Number>(random_.below(366))) * 86400000 +
                         static_cast<Number>(random_.below(86400)) * 1000);
    case Kind::Bytes:
        return of_text(
            random_.pick<std::string>({"", "a", "\x01\x02", "\xFF", std::string(1, '\0'), "abcd"}));
    default:
        break;
    }
    Value made = of_items({});
    size_t count = type.kind == Kind::Pair ? 2 : random_.below(4);
    for (size_t i = 0; i < count; i++) {
        made.items.push_back(value(type.kind == Kind::Pair && i == 1 ? TEXT : INT));
        if (random_.one_in(6))
            made.items.back() = Value();
        if (type.kind == Kind::Map)
            made.names.emplace_back(1, static_cast<char>('a' + i));
    }
    return made;
}

Expr ExpressionGenerator::literal(const Type &type)
{
    if (type.kind == Kind::List)
        return node(Op::MakeList, type, {literal(INT), literal(INT)});
    if (type.kind == Kind::Map)
        return make_map(1);
    if (type.kind == Kind::Pair)
        return node(Op::MakePair, type, {literal(INT), literal(TEXT)});
    auto made = std::make_shared<Node>();
    made->op = Op::Literal;
    made->type = type;
    if (type.kind == Kind::Decimal) { // the type follows from the digits: one of (3, 2), or a cast
        made->type = {Kind::Decimal, 3, 2};
        made->value = of_number(100 + static_cast<Number>(random_.below(900)));
        return type == made->type ? Expr(made) : node(Op::Cast, type, {made});
    }
    if (!random_.one_in(8))
        made->value = value(type);
    return made;
}

Expr ExpressionGenerator::leaf(const Type &type)
{
    std::vector<Expr> fitting;
    for (const Expr &variable : variables_)
        if (variable->type == type)
            fitting.push_back(variable);
    for (size_t i = 0; i < columns_.size(); i++) {
        if (!(columns_[i].type == type))
            continue;
        auto made = std::make_shared<Node>();
        made->op = Op::Column;
        made->type = type;
        made->name = columns_[i].name;
        made->index = i;
        fitting.push_back(made);
    }
    return fitting.empty() || random_.one_in(3) ? literal(type) : fitting[random_.below(fitting.size())];
}

Type ExpressionGenerator::number_type()
{
    return random_.pick<Type>({INT, INT, BIGINT, DOUBLE, {Kind::Decimal, 6, 2}});
}

Expr ExpressionGenerator::common(const Type &type, int depth)
{
    switch (random_.below(4)) {
    case 0: {
        std::vector<Expr> parts = {make_boolean(depth - 1), make(type, depth - 1)};
        if (random_.one_in(2)) {
            parts.push_back(make_boolean(depth - 1));
            parts.push_back(make(type, depth - 1));
        }
        if (random_.one_in(2))
            parts.push_back(make(type, depth - 1));
        return node(Op::Case, type, parts);
    }
    case 1:
        return node(Op::Call, type, {make(type, depth - 1), make(type, depth - 1)}, "IFNULL");
    case 2:
        return node(Op::Call, type, {make(type, depth - 1), make(type, depth - 1), make(type, depth - 1)},
                    "COALESCE");
    default:
        if (type.kind == Kind::Map || type.kind == Kind::Pair || type.kind == Kind::List)
            return leaf(type);
        return node(Op::Call, type, {make(type, depth - 1), make(type, depth - 1)}, "NULLIF");
    }
}

Expr ExpressionGenerator::make(const Type &type, int depth)
{
    if (depth <= 0)
        return leaf(type);
    if (random_.one_in(5))
        return common(type, depth);
    switch (type.kind) {
    case Kind::Int:
        return random_.one_in(2) ? make_int(depth) : make_whole(type, depth);
    case Kind::Bigint:
        return make_whole(type, depth);
    case Kind::Double:
        return make_double(depth);
    case Kind::Decimal:
        return make_decimal(type, depth);
    case Kind::String:
        return make_text(depth);
    case Kind::Boolean:
        return make_boolean(depth);
    case Kind::List:
        return make_list(depth);
    case Kind::Map:
        return make_map(depth);
    case Kind::Pair:
        return make_pair(depth);
    default:
        return leaf(type);
    }
}

Expr ExpressionGenerator::any(int depth)
{
    return make(random_.pick<Type>({INT,
                                    INT,
                                    BIGINT,
                                    DOUBLE,
                                    {Kind::Decimal, 6, 2},
                                    TEXT,
                                    TEXT,
                                    BOOLEAN,
                                    {Kind::Date},
                                    {Kind::Time},
                                    {Kind::Timestamp},
                                    {Kind::Bytes},
                                    LIST,
                                    MAP,
                                    PAIR}),
                depth);
}

Expr ExpressionGenerator::lambda(const char *name, const Type &type, int depth)
{
    static const char *const names[] = {"V", "W", "U", "P"};
    auto variable = std::make_shared<Node>();
    variable->op = Op::Variable;
    variable->type = INT;
    variable->name = names[variables_.size() % 4];
    auto made = std::make_shared<Node>();
    made->op = Op::Call;
    made->type = type;
    made->name = name;
    made->parts.push_back(make(LIST, depth - 1));
    bool reduce = made->name == "REDUCE";
    if (reduce) {
        made->parts.push_back(make(INT, depth - 1));
        auto sum = std::make_shared<Node>(*variable);
        sum->name = names[(variables_.size() + 1) % 4];
        variables_.push_back(sum);
        made->variables.push_back(sum->name);
    }
    variables_.push_back(variable);
    made->variables.push_back(variable->name);
    made->parts.push_back(made->name == "FILTER" ? comparison(depth - 1) : make(INT, depth - 1));
    variables_.resize(variables_.size() - (reduce ? 2 : 1));
    return made;
}

Expr ExpressionGenerator::make_int(int depth)
{
    switch (random_.below(variables_.empty() ? 10 : 8)) {
    case 0:
        return node(Op::Call, INT, {make(TEXT, depth - 1)}, "LEN");
    case 1:
        return node(Op::Call, INT, {make(TEXT, depth - 1), make(TEXT, 0)}, "INSTR");
    case 2:
        return node(Op::Call, INT, {make(LIST, depth - 1)},
                    random_.pick<const char *>({"ARRAY_LENGTH", "ARRAY_MAX", "ARRAY_MIN"}));
    case 3:
        return node(Op::Element, INT, {make(LIST, 0), make(INT, 0)});
    case 4:
        return node(Op::Element, INT, {make(MAP, 0), make(TEXT, 0)});
    case 5:
        return node(Op::Field, INT, {leaf(PAIR)}, "X");
    case 6:
        return node(Op::Cast, INT,
                    {make(random_.pick<Type>({TEXT, BIGINT, {Kind::Decimal, 6, 2}}), depth - 1)});
    case 7:
        return node(Op::Call, INT, {make(BIGINT, depth - 1)}, "SIGN");
    default:
        return lambda("REDUCE", INT, depth);
    }
}

// INT op INT is INT, with a BIGINT it is BIGINT.
Expr ExpressionGenerator::make_whole(const Type &type, int depth)
{
    Type other = type.kind == Kind::Bigint && random_.one_in(2) ? INT : type;
    switch (random_.below(6)) {
    case 0:
        return node(Op::Negate, type, {make(type, depth - 1)});
    case 1:
        return node(Op::Call, type, {make(type, depth - 1), make(type, depth - 1)},
                    random_.pick<const char *>({"GREATEST", "LEAST"}));
    case 2:
        if (type.kind == Kind::Bigint)
            return node(Op::Cast, type, {make(random_.pick<Type>({INT, TEXT}), depth - 1)});
        return node(Op::Call, type, {make(type, depth - 1)}, "ABS");
    default: {
        std::vector<Expr> parts = {make(type, depth - 1), make(other, depth - 1)};
        if (random_.one_in(2))
            std::swap(parts[0], parts[1]);
        return node(Op::Arithmetic, type, parts, random_.pick<const char *>({"+", "-", "*", "/", "%"}));
    }
    }
}

Expr ExpressionGenerator::make_double(int depth)
{
    switch (random_.below(6)) {
    case 0:
        return node(Op::Negate, DOUBLE, {make(DOUBLE, depth - 1)});
    case 1:
        return node(Op::Call, DOUBLE, {make(DOUBLE, depth - 1)},
                    random_.pick<const char *>({"SQRT", "FLOOR", "ABS"}));
    case 2:
        return node(Op::Cast, DOUBLE,
                    {make(random_.pick<Type>({INT, BIGINT, {Kind::Decimal, 6, 2}}), depth - 1)});
    default: {
        std::vector<Expr> parts = {make(DOUBLE, depth - 1), make(number_type(), depth - 1)};
        if (random_.one_in(2))
            std::swap(parts[0], parts[1]);
        return node(Op::Arithmetic, DOUBLE, parts, random_.pick<const char *>({"+", "-", "*", "/", "%"}));
    }
    }
}

// Sums and products of any precision the algebra gives, cast to what was asked for. No value of the operands
// has more than 12 digits, so that nothing outgrows 38.
Expr ExpressionGenerator::make_decimal(const Type &type, int depth)
{
    const Type small = {Kind::Decimal, 6, 2};
    if (random_.one_in(3))
        return node(Op::Cast, type, {make(random_.pick<Type>({INT, small}), depth - 1)});
    if (random_.one_in(5))
        return node(Op::Negate, type, {make(type, depth - 1)});
    std::vector<Expr> parts = {make(small, depth - 1), make(random_.pick<Type>({small, INT}), depth - 1)};
    std::string sign = random_.pick<const char *>({"+", "-", "*"});
    if (random_.one_in(2))
        std::swap(parts[0], parts[1]);
    Expr made = node(Op::Arithmetic, decimal_result(sign, parts[0]->type, parts[1]->type), parts, sign);
    return made->type == type ? made : node(Op::Cast, type, {made});
}

Expr ExpressionGenerator::make_text(int depth)
{
    switch (random_.below(8)) {
    case 0:
        return node(Op::Call, TEXT, {make(TEXT, depth - 1)},
                    random_.pick<const char *>({"UCASE", "LCASE", "TRIM"}));
    case 1:
        return node(Op::Call, TEXT, {make(TEXT, depth - 1), make(TEXT, depth - 1)}, "CONCAT");
    case 2:
        return node(Op::Call, TEXT, {make(TEXT, depth - 1), make(INT, 0)}, "SUBSTRING");
    case 3:
        return node(Op::Call, TEXT, {make(TEXT, depth - 1), make(INT, 0), make(INT, 0)}, "SUBSTRING");
    case 4: {
        auto old = std::make_shared<Node>(); // an empty one is Java's own affair
        old->type = TEXT;
        old->value = of_text(random_.pick<const char *>({"a", "b", "ab", " "}));
        return node(Op::Call, TEXT, {make(TEXT, depth - 1), old, make(TEXT, 0)}, "REPLACE");
    }
    case 5:
        return node(Op::Field, TEXT, {leaf(PAIR)}, "Z");
    case 6:
        return node(
            Op::Cast, TEXT,
            {make(random_.pick<Type>({INT, BIGINT, DOUBLE, BOOLEAN, {Kind::Decimal, 6, 2}}), depth - 1)});
    default:
        return node(Op::Call, TEXT, {make(TEXT, depth - 1), make(TEXT, depth - 1)},
                    random_.pick<const char *>({"GREATEST", "LEAST"}));
    }
}

Expr ExpressionGenerator::comparison(int depth)
{
    std::string sign = random_.pick<const char *>(
        {"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"});
    if (random_.one_in(6)) {
        Type type = random_.pick<Type>({LIST, MAP, PAIR, BOOLEAN});
        return node(Op::Compare, BOOLEAN, {make(type, depth - 1), make(type, depth - 1)},
                    random_.pick<const char *>({"=", "<>"}));
    }
    Type type = random_.pick<Type>({INT,
                                    INT,
                                    BIGINT,
                                    DOUBLE,
                                    {Kind::Decimal, 6, 2},
                                    TEXT,
                                    {Kind::Date},
                                    {Kind::Time},
                                    {Kind::Timestamp},
                                    {Kind::Bytes}});
    Type other = type;
    if (type.kind == Kind::Int || type.kind == Kind::Bigint)
        other = random_.pick<Type>({INT, BIGINT});
    return node(Op::Compare, BOOLEAN, {make(type, depth - 1), make(other, depth - 1)}, sign);
}

Expr ExpressionGenerator::make_boolean(int depth)
{
    if (depth <= 0)
        return leaf(BOOLEAN);
    switch (random_.below(10)) {
    case 0:
        return node(Op::Not, BOOLEAN, {make_boolean(depth - 1)});
    case 1:
    case 2: {
        bool is_and = random_.one_in(2);
        return node(is_and ? Op::And : Op::Or, BOOLEAN, {make_boolean(depth - 1), make_boolean(depth - 1)},
                    is_and ? "AND" : "OR");
    }
    case 3:
        return node(random_.one_in(2) ? Op::IsNull : Op::IsNotNull, BOOLEAN, {any(depth - 1)});
    case 4: {
        Type type = random_.pick<Type>({INT, TEXT});
        return node(Op::In, BOOLEAN, {make(type, depth - 1), literal(type), literal(type)});
    }
    case 5: {
        Type type = random_.pick<Type>({INT, DOUBLE, TEXT});
        return node(Op::Between, BOOLEAN, {make(type, depth - 1), literal(type), literal(type)});
    }
    case 6: {
        auto pattern = std::make_shared<Node>();
        pattern->type = TEXT;
        pattern->value =
            of_text(random_.pick<const char *>({"a%", "%b", "_", "%", "a_c", "", "%7%", "caf_"}));
        return node(Op::Like, BOOLEAN, {make(TEXT, depth - 1), pattern}, "LIKE");
    }
    case 7:
        return node(Op::Call, BOOLEAN, {make(LIST, depth - 1), make(INT, depth - 1)}, "ARRAY_CONTAINS");
    default:
        return comparison(depth);
    }
}

Expr ExpressionGenerator::make_list(int depth)
{
    switch (random_.below(variables_.empty() ? 4 : 2)) {
    case 0:
        return node(Op::MakeList, LIST, {make(INT, depth - 1), make(INT, depth - 1)});
    case 1:
        return node(Op::Call, LIST, {make(LIST, depth - 1)},
                    random_.pick<const char *>({"ARRAY_DISTINCT", "ARRAY_SORT"}));
    case 2:
        return lambda("TRANSFORM", LIST, depth);
    default:
        return lambda("FILTER", LIST, depth);
    }
}

Expr ExpressionGenerator::make_map(int depth)
{
    auto key = [this] { // a NULL key is another story
        auto made = std::make_shared<Node>();
        made->type = TEXT;
        made->value = of_text(random_.pick<const char *>({"a", "b", "c"}));
        return made;
    };
    Expr first = key(), second = key();
    return node(Op::MakeMap, MAP, {first, make(INT, depth - 1), second, make(INT, depth - 1)});
}

Expr ExpressionGenerator::make_pair(int depth)
{
    return node(Op::MakePair, PAIR, {make(INT, depth - 1), make(TEXT, depth - 1)});
}

} // namespace turgo::agreement
