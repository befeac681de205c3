// Every scalar function with arguments at the ends of their types, as columns and as constants: each row has
// a value or fails. The sanitizers look on.
#include <map>
#include <memory>
#include <random>
#include <stdexcept>

#include "expr/resolve.h"
#include "expr/tests/world.hpp"

namespace
{

enum { ROWS = 48, CONSTANT_CALLS = 6 };

std::vector<std::string> literals(const std::string &type)
{
    static const std::map<std::string, std::vector<std::string>> simple = {
        {"BOOLEAN", {"TRUE", "FALSE"}},
        {"INT", {"0", "1", "-1", "7", "2147483647", "-2147483647 - 1"}},
        {"BIGINT", {"0", "-1", "3", "9223372036854775807", "CAST('-9223372036854775808' AS BIGINT)"}},
        {"DOUBLE",
         {"0e0", "-0e0", "1.5e0", "1e308", "-1e308 * 10", "1e308 * 10", "SQRT(-1)",
          "CAST('4.9e-324' AS DOUBLE)", "9e15"}},
        {"DECIMAL(38, 0)",
         {"0", "-1", "CAST('99999999999999999999999999999999999999' AS DECIMAL(38, 0))",
          "CAST('-99999999999999999999999999999999999999' AS DECIMAL(38, 0))"}},
        {"DECIMAL(38, 38)",
         {"0", "CAST('0.99999999999999999999999999999999999999' AS DECIMAL(38, 38))",
          "CAST('-0.00000000000000000000000000000000000001' AS DECIMAL(38, 38))"}},
        {"STRING",
         {"''",
          "'a'",
          "'é😀İß'",
          "'2024-02-30T25:61:61Z'",
          "'yyyy-MM-dd''T''HH:mm:ss.SSSSSSSSSXXX'",
          "'DAYS'",
          "'MONTHS'",
          "'Europe/Berlin'",
          "'%_\\'",
          "'(a+)+$'",
          "'[^'",
          "'$1${x}'",
          "'$.a[0][''b'']'",
          "'{\"a\": [1, {\"b\": \"\\ud83d\"}], \"a\": -1e99999}'",
          "'[[[[['",
          "'http://[::1]:99999/%zz?a=%#f'",
          "'http://u@h:80/p?a=b&a#f'",
          "'-99999999999999999999999999999999999999999.5e-5'",
          "'hex'",
          "'base64'",
          "'0g='",
          "'LITTLE_ENDIAN'",
          "CHR(0) + CHR(65535) + CHR(1114111)",
          "LPAD('x', 5000, 'aB1- ')"}},
        {"BYTES",
         {"X''", "X'00'", "X'FFFFFFFFFFFFFFFF'", "X'80000000'", "X'C3'",
          "X'00112233445566778899AABBCCDDEEFF'"}},
        {"DATE",
         {"FROM_DAYS(0)", "FROM_DAYS(2147483647)", "FROM_DAYS(-2147483647 - 1)", "FROM_DAYS(-719529)"}},
        {"TIME", {"CAST('00:00' AS TIME)", "CAST('23:59:59.999' AS TIME)"}},
        {"TIMESTAMP",
         {"FROM_UNIXTIME(0)", "FROM_UNIXTIME(9223372036854775807)",
          "FROM_UNIXTIME(CAST('-9223372036854775808' AS BIGINT))", "FROM_UNIXTIME(-1)"}},
    };
    auto found = simple.find(type);
    if (found != simple.end())
        return found->second;
    std::vector<std::string> list;
    bool is_array = type.rfind("ARRAY<", 0) == 0;
    size_t comma = type.find(", ", type.rfind("MAP<DECIMAL", 0) == 0 ? type.find(')') : 0);
    if (!is_array && type.rfind("MAP<", 0) != 0)
        throw std::logic_error("no values of type " + type);
    std::string key = is_array ? type.substr(6, type.size() - 7) : type.substr(4, comma - 4);
    std::vector<std::string> keys = literals(key);
    if (is_array) {
        list = {"ARRAY_REMOVE(ARRAY[" + keys[0] + "], " + keys[0] + ")", "ARRAY[" + keys[0] + ", NULL]"};
        for (const std::string &item : keys)
            list.push_back("ARRAY[" + item + ", " + keys[0] + ", " + keys.back() + ", " + item + "]");
        return list;
    }
    for (const std::string &value : literals(type.substr(comma + 2, type.size() - comma - 3)))
        list.push_back("MAP(" + keys[0] + " := " + value + ", " + keys.back() + " := NULL)");
    return list;
}

// The type a parameter is tried with; `generic` stands for all letters. Empty: a lambda.
std::string type_of(const tg_pattern *pattern, const std::string &generic, const std::string &decimal)
{
    if (pattern->kind == TG_PATTERN_GENERIC)
        return generic;
    if (pattern->kind == TG_PATTERN_LAMBDA)
        return "";
    if (pattern->kind == TG_PATTERN_TYPE)
        return pattern->type == TG_TYPE_DECIMAL ? decimal
               : pattern->type == TG_TYPE_INT   ? "INT"
                                                : tg_type_kind_name(pattern->type);
    std::string first = type_of(pattern->children[0], generic, decimal);
    if (pattern->kind == TG_PATTERN_ARRAY)
        return first.empty() ? "" : "ARRAY<" + first + ">";
    std::string second = type_of(pattern->children[1], generic, decimal);
    return first.empty() || second.empty() ? "" : "MAP<" + first + ", " + second + ">";
}

class Extremes : public testing::Test
{
protected:
    // A column of all values of the type, and NULL behind them.
    World &pool(const std::string &type)
    {
        std::unique_ptr<World> &world = pools_[type];
        if (world != nullptr)
            return *world;
        std::vector<std::string> values = literals(type);
        world = std::make_unique<World>("V " + type);
        world->resize(static_cast<uint32_t>(values.size()) + 1);
        for (uint32_t i = 0; i < values.size(); i++)
            world->set(0, i, values[i]);
        return *world;
    }
    std::string literal(const std::string &type)
    {
        std::vector<std::string> values = literals(type);
        size_t which = random_() % (values.size() + 1);
        return "CAST(" + (which == values.size() ? "NULL" : values[which]) + " AS " + type + ")";
    }
    const tg_expr *call(World &world, const tg_signature *signature,
                        const std::vector<const tg_expr *> &arguments)
    {
        const tg_expr *expr = nullptr;
        tg_error error;
        return tg_expr_call(world.arena_, signature->name, arguments.data(),
                            static_cast<uint32_t>(arguments.size()), {}, &expr, &error) == TG_OK
                   ? expr
                   : nullptr;
    }
    void run(World &world, const tg_expr *expr, uint32_t rows)
    {
        if (expr == nullptr)
            return;
        try {
            const tg_column *result = world.run({expr});
            for (uint32_t row = 0; row < rows; row++)
                length_ += World::text(result, row).size();
        } catch (const Refused &) { // a constant that cannot be
            refused_++;
        }
    }
    void try_types(const tg_signature *signature, const std::vector<std::string> &types)
    {
        std::string columns;
        for (size_t i = 0; i < types.size(); i++)
            columns += (i > 0 ? ", P" : "P") + std::to_string(i) + " " + types[i];
        World world(columns);
        world.resize(ROWS);
        std::vector<const tg_expr *> arguments;
        for (uint32_t i = 0; i < types.size(); i++) {
            World &values = pool(types[i]);
            for (uint32_t row = 0; row < ROWS; row++)
                tg_column_copy_row(world.column(i), row, values.column(0),
                                   static_cast<uint32_t>(random_() % values.memory_.own_rows.count));
            arguments.push_back(tg_expr_column(world.arena_, world.schema_, i, {}));
        }
        run(world, call(world, signature, arguments), ROWS);
        for (int round = 0; round < CONSTANT_CALLS && !types.empty(); round++) {
            std::vector<const tg_expr *> mixed = arguments;
            for (size_t i = 0; i < types.size(); i++)
                if (round % 2 == 0 || random_() % 2 == 0)
                    mixed[i] = world.parse(literal(types[i]));
            run(world, call(world, signature, mixed), ROWS);
        }
        calls_++;
    }

    std::map<std::string, std::unique_ptr<World>> pools_;
    std::mt19937 random_{20240101};
    size_t length_ = 0, refused_ = 0, calls_ = 0;
};

TEST_F(Extremes, OfAllArguments)
{
    for (size_t i = 0; tg_function_at(i) != nullptr; i++) {
        const tg_function *function = tg_function_at(i);
        if (function->kind != TG_FUNCTION_SCALAR)
            continue;
        tg_arena *arena = tg_arena_new(0);
        tg_signature signature;
        tg_error error;
        ASSERT_EQ(tg_signature_parse(arena, function, &signature, &error), TG_OK);
        for (const char *generic : {"STRING", "DOUBLE", "DECIMAL(38, 38)"}) {
            std::vector<std::string> types;
            bool lambda = false;
            for (uint32_t p = 0; p < signature.parameter_count + (signature.variadic ? 1 : 0); p++) {
                uint32_t which = std::min(p, signature.parameter_count - 1);
                types.push_back(type_of(signature.parameters[which], generic,
                                        generic[0] == 'S' ? "DECIMAL(38, 0)" : "DECIMAL(38, 38)"));
                lambda = lambda || types.back().empty();
            }
            SCOPED_TRACE(function->signature);
            if (!lambda && (generic[0] != 'D' || signature.generic_count > 0 || generic[1] == 'E'))
                try_types(&signature, types);
        }
        tg_arena_free(arena);
    }
    EXPECT_GT(calls_, 600U);
    EXPECT_GT(length_, 100000U);
}

} // namespace
