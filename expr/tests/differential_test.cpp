// Random expressions over random columns with NULLs: the compiled program against an evaluator that walks the
// tree row by row and knows nothing of batches. The seed is printed; TG_SEED=n repeats one.
#include <cmath>
#include <cstdlib>
#include <optional>
#include <random>

#include "expr/tests/world.hpp"

namespace
{

// ---- the reference: one row, one value ----

struct Value {
    bool failed = false; // as an exception that nobody caught yet
    bool null = true;
    int64_t integer = 0; // INT, BIGINT, BOOLEAN
    double real = 0;
    std::string text;
};

Value failure()
{
    Value value;
    value.failed = true;
    return value;
}

Value of(int64_t integer)
{
    Value value;
    value.null = false;
    value.integer = integer;
    return value;
}

Value of(double real)
{
    Value value;
    value.null = false;
    value.real = real;
    return value;
}

class Reference
{
public:
    Reference(World &world, uint32_t row) : world_(world), row_(row)
    {
    }

    Value eval(const tg_expr *expr)
    {
        switch (expr->kind) {
        case TG_EXPR_LITERAL:
            return literal(expr);
        case TG_EXPR_COLUMN:
            return column(expr);
        case TG_EXPR_CAST:
        case TG_EXPR_COERCE:
            return cast(expr);
        case TG_EXPR_AND:
        case TG_EXPR_OR:
            return andOr(expr);
        case TG_EXPR_CASE:
            return choose(expr);
        default:
            return call(expr);
        }
    }

private:
    static Value literal(const tg_expr *expr)
    {
        if (expr->literal.is_null)
            return Value();
        if (expr->type->kind == TG_TYPE_DOUBLE)
            return of(expr->literal.value.float64);
        if (expr->type->kind == TG_TYPE_INT)
            return of(static_cast<int64_t>(expr->literal.value.int32));
        if (expr->type->kind == TG_TYPE_BOOLEAN)
            return of(static_cast<int64_t>(expr->literal.value.boolean));
        if (expr->type->kind == TG_TYPE_BIGINT)
            return of(expr->literal.value.int64);
        Value value = of(INT64_C(0));
        value.text.assign(reinterpret_cast<const char *>(expr->literal.value.bytes.data),
                          expr->literal.value.bytes.length);
        return value;
    }

    Value column(const tg_expr *expr)
    {
        const tg_column *column = world_.column(expr->index);
        if (column->valid[row_] == 0)
            return Value();
        switch (expr->type->kind) {
        case TG_TYPE_DOUBLE:
            return of(column->values.float64[row_]);
        case TG_TYPE_INT:
            return of(static_cast<int64_t>(column->values.int32[row_]));
        case TG_TYPE_BIGINT:
            return of(column->values.int64[row_]);
        case TG_TYPE_BOOLEAN:
            return of(static_cast<int64_t>(column->values.boolean[row_]));
        default:
            Value value = of(INT64_C(0));
            value.text = World::text(column, row_);
            return value;
        }
    }

    Value cast(const tg_expr *expr)
    {
        Value value = eval(expr->arguments[0]);
        if (value.failed && expr->kind == TG_EXPR_CAST && isFunction(expr->arguments[0]))
            value = Value(); // a function call that fails inside of a CAST is NULL; a coercion is not seen
        tg_type_kind from = expr->arguments[0]->type->kind;
        tg_type_kind to = expr->type->kind;
        if (value.failed || value.null)
            return value;
        if (to == TG_TYPE_DOUBLE)
            return of(static_cast<double>(value.integer));
        if (to == TG_TYPE_STRING) {
            value.text = std::to_string(value.integer);
            return value;
        }
        if (from == TG_TYPE_STRING) {
            int32_t parsed = 0;
            bool good = tg_int32_parse(tg_slice_of(value.text.data(), value.text.size()), &parsed);
            return good ? of(static_cast<int64_t>(parsed)) : failure();
        }
        return of(to == TG_TYPE_INT ? static_cast<int64_t>(static_cast<int32_t>(value.integer))
                                    : value.integer);
    }

    static bool isFunction(const tg_expr *expr)
    {
        while (expr->kind == TG_EXPR_COERCE)
            expr = expr->arguments[0];
        return expr->kind == TG_EXPR_CALL && (expr->function->flags & TG_FUNCTION_OPERATOR) == 0;
    }

    Value andOr(const tg_expr *expr)
    {
        bool stops = expr->kind == TG_EXPR_OR;
        Value left = eval(expr->arguments[0]);
        if (left.failed || left.null)
            return failure();
        if ((left.integer != 0) == stops)
            return left;
        Value right = eval(expr->arguments[1]);
        return right.failed || right.null ? failure() : right;
    }

    Value choose(const tg_expr *expr)
    {
        uint32_t i = 0;
        for (; i + 1 < expr->argument_count; i += 2) {
            Value condition = eval(expr->arguments[i]);
            if (condition.failed || condition.null)
                return failure();
            if (condition.integer != 0)
                return eval(expr->arguments[i + 1]);
        }
        return i < expr->argument_count ? eval(expr->arguments[i]) : Value();
    }

    static int64_t wrap(const tg_expr *expr, uint64_t value)
    {
        return expr->type->kind == TG_TYPE_INT ? static_cast<int32_t>(static_cast<uint32_t>(value))
                                               : static_cast<int64_t>(value);
    }

    static Value divide(const tg_expr *expr, const std::string &name, int64_t a, int64_t b)
    {
        if (b == 0)
            return failure();
        if (b == -1)
            return of(name == "/" ? wrap(expr, 0U - static_cast<uint64_t>(a)) : INT64_C(0));
        return of(name == "/" ? a / b : a % b);
    }

    static Value arithmetic(const tg_expr *expr, const std::string &name, const Value &a, const Value &b)
    {
        if (expr->type->kind == TG_TYPE_DOUBLE)
            return of(name == "+"   ? a.real + b.real
                      : name == "-" ? a.real - b.real
                      : name == "*" ? a.real * b.real
                      : name == "/" ? a.real / b.real
                                    : std::fmod(a.real, b.real));
        auto x = static_cast<uint64_t>(a.integer);
        auto y = static_cast<uint64_t>(b.integer);
        if (name == "/" || name == "%")
            return divide(expr, name, a.integer, b.integer);
        return of(wrap(expr, name == "+" ? x + y : name == "-" ? x - y : x * y));
    }

    // Less, equal, greater or (with NaN) none of them.
    static std::string order(const tg_expr *side, const Value &a, const Value &b)
    {
        if (side->type->kind == TG_TYPE_STRING)
            return a.text < b.text ? "<" : a.text > b.text ? ">" : "=";
        if (side->type->kind == TG_TYPE_DOUBLE)
            return a.real < b.real ? "<" : a.real > b.real ? ">" : a.real == b.real ? "=" : "";
        return a.integer < b.integer ? "<" : a.integer > b.integer ? ">" : "=";
    }

    // Equality of values as such: NaN is the same as NaN.
    static bool same(const tg_expr *side, const Value &a, const Value &b)
    {
        return order(side, a, b) == "=" || (std::isnan(a.real) && std::isnan(b.real));
    }

    Value call(const tg_expr *expr)
    {
        std::string name = expr->name;
        std::vector<Value> values;
        for (uint32_t i = 0; i < expr->argument_count; i++) {
            values.push_back(eval(expr->arguments[i]));
            if (values.back().failed && !(isFunction(expr) && isFunction(expr->arguments[i])))
                return failure();
            values.back().failed = false;
        }
        const Value &a = values[0];
        if (name == "IS_NULL" || name == "IS_NOT_NULL")
            return of(static_cast<int64_t>(a.null == (name == "IS_NULL")));
        if (name == "COALESCE" || name == "IFNULL") {
            for (const Value &value : values)
                if (!value.null)
                    return value;
            return Value();
        }
        if (name == "NOT")
            return a.null ? failure() : of(static_cast<int64_t>(a.integer == 0));
        if (name == "NEG")
            return a.null ? failure()
                   : expr->type->kind == TG_TYPE_DOUBLE
                       ? of(-a.real)
                       : of(wrap(expr, 0U - static_cast<uint64_t>(a.integer)));
        if (name == "IN") {
            for (size_t i = 1; i < values.size(); i++)
                if (!a.null && !values[i].null && same(expr->arguments[0], a, values[i]))
                    return of(INT64_C(1));
            return of(INT64_C(0));
        }
        return binary(expr, name, a, values[1]);
    }

    static Value binary(const tg_expr *expr, const std::string &name, const Value &a, const Value &b)
    {
        bool known = !a.null && !b.null;
        std::string is = known ? order(expr->arguments[0], a, b) : "";
        if (name == "NULLIF")
            return known && same(expr->arguments[0], a, b) ? Value() : a;
        if (name == "IS_DISTINCT" || name == "IS_NOT_DISTINCT") {
            bool distinct = known ? is == "<" || is == ">" : a.null != b.null;
            return of(static_cast<int64_t>(distinct == (name == "IS_DISTINCT")));
        }
        if (expr->type->kind == TG_TYPE_BOOLEAN)
            return of(static_cast<int64_t>(!is.empty() && name.find(is) != std::string::npos));
        if (expr->type->kind == TG_TYPE_STRING) {
            Value value = of(INT64_C(0));
            value.text = (a.null ? "null" : a.text) + (b.null ? "null" : b.text);
            return value;
        }
        return known ? arithmetic(expr, name, a, b) : failure();
    }

    World &world_;
    uint32_t row_;
};

// ---- random trees, as text ----

class Generator
{
public:
    explicit Generator(uint64_t seed) : random_(seed)
    {
    }

    unsigned below(unsigned n)
    {
        return static_cast<unsigned>(random_() % n);
    }

    std::string pick(std::initializer_list<const char *> words)
    {
        return *(words.begin() + below(static_cast<unsigned>(words.size())));
    }

    std::string number(int depth)
    {
        switch (depth <= 0 ? below(2) : below(8)) {
        case 0:
            return pick({"I", "J", "L", "D", "I", "L"});
        case 1:
            return pick(
                {"0", "1", "2", "-3", "2147483647", "9000000000", "0.5e0", "1e18", "CAST(NULL AS INT)"});
        case 2:
        case 3:
            return "(" + number(depth - 1) + pick({" + ", " - ", " * ", " / ", " % "}) + number(depth - 1) +
                   ")";
        case 4:
            return "CASE WHEN " + boolean(depth - 1) + " THEN " + number(depth - 1) +
                   (below(2) == 0 ? " ELSE " + number(depth - 1) : std::string()) + " END";
        case 5:
            return pick({"COALESCE(", "IFNULL(", "NULLIF("}) + number(depth - 1) + ", " + number(depth - 1) +
                   ")";
        case 6:
            return "(-" + number(depth - 1) + ")";
        default:
            return "CAST(" + text(depth - 1) + " AS INT)";
        }
    }

    std::string text(int depth)
    {
        switch (depth <= 0 ? below(2) : below(5)) {
        case 0:
            return "S";
        case 1:
            return pick({"'a'", "'7'", "''", "'-12'", "CAST(NULL AS STRING)"});
        case 2:
            return "(" + text(depth - 1) + " + " + text(depth - 1) + ")";
        case 3:
            return "CAST(" + pick({"I", "L", "J"}) + " AS STRING)";
        default:
            return "IFNULL(" + text(depth - 1) + ", " + text(depth - 1) + ")";
        }
    }

    std::string boolean(int depth)
    {
        std::string comparison = pick(
            {" = ", " <> ", " < ", " <= ", " > ", " >= ", " IS DISTINCT FROM ", " IS NOT DISTINCT FROM "});
        switch (depth <= 0 ? below(2) : below(8)) {
        case 0:
            return "B";
        case 1:
            return "(" + number(depth - 1) + comparison + number(depth - 1) + ")";
        case 2:
            return "(" + text(depth - 1) + comparison + text(depth - 1) + ")";
        case 3:
            return "(NOT " + boolean(depth - 1) + ")";
        case 4:
            return "(" + number(depth - 1) + pick({" IS NULL)", " IS NOT NULL)"});
        case 5:
            return "(" + number(depth - 1) + " IN (" + number(0) + ", " + number(0) + "))";
        case 6:
            return "(" + number(depth - 1) + " BETWEEN " + number(0) + " AND " + number(0) + ")";
        default:
            return "(" + boolean(depth - 1) + pick({" AND ", " OR "}) + boolean(depth - 1) + ")";
        }
    }

private:
    std::mt19937_64 random_;
};

void fill(World &world, Generator &random, uint32_t rows)
{
    world.resize(rows);
    for (uint32_t row = 0; row < rows; row++) {
        world.set(0, row, random.pick({"0", "1", "-1", "7", "2147483647", "-2147483647", "NULL"}));
        world.set(1, row, random.pick({"0", "1", "3", "NULL"}));
        world.set(2, row, random.pick({"0", "5", "-9000000000", "9000000000", "NULL"}));
        world.set(3, row, random.pick({"0e0", "1.5e0", "-2e0", "1e300", "0e0 / 0", "NULL"}));
        world.set(4, row, random.pick({"'a'", "'7'", "''", "'b'", "NULL"}));
        world.set(5, row, random.pick({"TRUE", "FALSE", "NULL", "TRUE", "FALSE"}));
    }
}

std::string show(const tg_type *type, const Value &value)
{
    if (value.failed || value.null)
        return "NULL";
    if (type->kind == TG_TYPE_STRING)
        return value.text;
    if (type->kind == TG_TYPE_BOOLEAN)
        return value.integer != 0 ? "true" : "false";
    char text[TG_DOUBLE_TEXT_MAX];
    size_t length = type->kind == TG_TYPE_DOUBLE ? tg_double_write(value.real, text)
                                                 : tg_int64_write(value.integer, text);
    return std::string(text, length);
}

void check(uint64_t seed)
{
    Generator random(seed);
    World world("I INT, J INT, L BIGINT, D DOUBLE, S STRING, B BOOLEAN");
    uint32_t rows = 1 + random.below(40);
    fill(world, random, rows);
    std::vector<uint32_t> selected;
    for (uint32_t row = 0; row < rows; row++)
        if (random.below(3) != 0)
            selected.push_back(row);
    if (random.below(2) == 0) {
        world.memory_.batch.selection = selected.data();
        world.memory_.batch.selected = static_cast<uint32_t>(selected.size());
    }
    std::vector<const tg_expr *> expressions;
    std::string texts;
    for (int i = 0; i < 3; i++) {
        unsigned kind = random.below(3);
        std::string text = kind == 0 ? random.number(4) : kind == 1 ? random.text(3) : random.boolean(4);
        texts += "\n  " + text;
        expressions.push_back(world.parse(text));
    }
    world.run(expressions);
    for (uint32_t i = 0; i < 3; i++) {
        const tg_column *result = tg_program_result(world.state_, i);
        for (uint32_t at = 0; at < world.memory_.batch.selected; at++) {
            uint32_t row = tg_batch_row(&world.memory_.batch, at);
            std::string expected = show(expressions[i]->type, Reference(world, row).eval(expressions[i]));
            ASSERT_EQ(World::text(result, row), expected)
                << "TG_SEED=" << seed << ", expression " << i << ", row " << row << " of:" << texts << "\n"
                << world.listing();
        }
    }
}

TEST(Differential, ProgramAgreesWithRowByRow)
{
    const char *fixed = std::getenv("TG_SEED");
    if (fixed != nullptr) {
        check(std::strtoull(fixed, nullptr, 10));
        return;
    }
    uint64_t seed = std::random_device()();
    std::printf("seeds from %llu\n", static_cast<unsigned long long>(seed));
    for (uint64_t i = 0; i < 150 && !HasFatalFailure(); i++)
        check(seed + i);
}

} // namespace
