// Every row of the registry: complete, parsable, and its example is true.
#include <set>

#include "expr/resolve.h"
#include "expr/tests/world.hpp"

namespace
{

std::vector<const tg_function *> allFunctions()
{
    std::vector<const tg_function *> list;
    for (size_t i = 0; tg_function_at(i) != nullptr; i++)
        list.push_back(tg_function_at(i));
    return list;
}

class Row : public testing::TestWithParam<const tg_function *>
{
};

TEST_P(Row, IsComplete)
{
    const tg_function *function = GetParam();
    ASSERT_NE(function->signature, nullptr);
    ASSERT_NE(function->summary, nullptr) << function->signature;
    EXPECT_NE(std::string(function->summary).find_first_of(".?"), std::string::npos) << function->summary;
    ASSERT_NE(function->example, nullptr) << function->signature;
    EXPECT_NE(function->flags & (TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_SEES_NULL), 0U) << "no null rule";
    EXPECT_EQ(function->kernel != nullptr, function->kind == TG_FUNCTION_SCALAR);
    EXPECT_EQ(function->aggregate != nullptr, function->kind == TG_FUNCTION_AGGREGATE);
    EXPECT_EQ(function->table != nullptr, function->kind == TG_FUNCTION_TABLE);
    if (function->aggregate != nullptr) {
        EXPECT_EQ((function->flags & TG_FUNCTION_OVER_TABLE) != 0, function->aggregate->undo != nullptr);
    }
}

tg_column *constantColumn(World &world, const std::vector<const tg_expr *> &items, const tg_type **ret_type)
{
    const tg_expr *array = nullptr;
    tg_error error;
    if (tg_expr_call(world.arena_, tg_slice_text("ARRAY"), items.data(), static_cast<uint32_t>(items.size()),
                     {}, &array, &error) != TG_OK)
        throw Refused(error);
    *ret_type = array->type->element;
    return world.run({array})->children[0];
}

// A column expression that only carries its type: aggregates resolve against it.
const tg_expr *typed(World &world, const tg_type *type)
{
    tg_schema_column column = {"X", type, TG_COLUMN_VALUE, nullptr};
    return tg_expr_column(world.arena_, tg_schema_new(world.arena_, &column, 1), 0, {});
}

// SUM(x) OVER (1, 2) = 3: the list's items are the rows of the column x.
std::string runAggregate(const tg_function *function)
{
    World items;
    World expected;
    Parser parser(items.arena_, nullptr, function->example);
    std::string name = parser.word();
    std::vector<const tg_expr *> arguments;
    parser.expect("(");
    bool counted = !parser.take(")");
    if (counted) {
        parser.expect("X");
        arguments.push_back(nullptr);
        if (parser.take(","))
            for (const tg_expr *constant : parser.list(")"))
                arguments.push_back(constant);
        else
            parser.expect(")");
    }
    parser.expect("OVER");
    parser.expect("(");
    std::vector<const tg_expr *> rows = parser.list(")");
    parser.expect("=");
    const tg_expr *wanted = parser.parseOr();
    parser.expectEnd();

    const tg_type *type = nullptr;
    tg_column *column = constantColumn(items, rows, &type);
    if (counted)
        arguments[0] = typed(items, type);
    tg_function_call call;
    tg_error error;
    if (tg_function_resolve(items.arena_, TG_FUNCTION_AGGREGATE, tg_slice_text(name.c_str()),
                            arguments.data(), static_cast<uint32_t>(arguments.size()), {}, &call,
                            &error) != TG_OK)
        throw Refused(error);
    if (call.function != function)
        return std::string("the example resolves to ") + call.function->signature;

    const tg_aggregate_kernel *kernel = call.function->aggregate;
    std::vector<uint8_t> memory(kernel->fixed_bytes + 1U);
    uint8_t *fixed = memory.data() + 1; // unaligned, as in a store
    kernel->init(fixed);
    std::string blob;
    std::vector<const tg_column *> columns(arguments.size(), column); // constants come through .prepare
    for (uint32_t row = 0; row < rows.size(); row++) {
        tg_buffer changed = {};
        tg_aggregate_call state = {};
        state.fixed = fixed;
        state.blob = tg_slice_of(blob.data(), blob.size());
        state.new_blob = &changed;
        state.arguments = columns.data();
        state.argument_count = static_cast<uint32_t>(columns.size());
        state.row = row;
        state.type = call.type;
        state.sequence = row;
        state.function = call.function;
        state.prepared = call.prepared;
        state.arena = items.batch_arena_;
        EXPECT_EQ(kernel->add(&state, &error), TG_OK);
        if (state.blob_changed)
            blob.assign(reinterpret_cast<const char *>(changed.data), changed.length);
        tg_buffer_done(&changed);
    }
    tg_aggregate_call state = {};
    state.fixed = fixed;
    state.blob = tg_slice_of(blob.data(), blob.size());
    state.type = call.type;
    state.function = call.function;
    state.prepared = call.prepared;
    state.arena = items.batch_arena_;
    tg_column *result = tg_column_new(call.type);
    tg_column_resize(result, 1);
    kernel->result(&state, result, 0);
    std::string actual = World::text(result, 0);
    tg_column_free(result);
    const tg_expr *cast = nullptr;
    if (tg_expr_cast(items.arena_, wanted, call.type, {}, &cast, &error) != TG_OK)
        throw Refused(error);
    std::string text = World::text(expected.run({cast}), 0);
    return actual == text ? "" : "is " + actual + ", not " + text;
}

// EXPLODE(ARRAY[1, 2]) = (1, 2)
std::string runTable(const tg_function *function)
{
    World world;
    Parser parser(world.arena_, nullptr, function->example);
    std::string name = parser.word();
    parser.expect("(");
    std::vector<const tg_expr *> arguments = parser.list(")");
    parser.expect("=");
    parser.expect("(");
    std::vector<const tg_expr *> wanted = parser.list(")");
    parser.expectEnd();
    tg_function_call call;
    tg_error error;
    if (tg_function_resolve(world.arena_, TG_FUNCTION_TABLE, tg_slice_text(name.c_str()), arguments.data(),
                            static_cast<uint32_t>(arguments.size()), {}, &call, &error) != TG_OK)
        throw Refused(error);
    const tg_column *argument = world.run({call.arguments[0]});
    tg_column *result = tg_column_new(call.type);
    tg_call table = {};
    table.arguments = &argument;
    table.argument_count = 1;
    table.arena = world.batch_arena_;
    uint32_t count = call.function->table(&table, 0, result);
    std::string actual;
    std::string text;
    for (uint32_t i = 0; i < count; i++)
        actual += World::text(result, i) + ";";
    tg_column_free(result);
    for (const tg_expr *item : wanted) {
        World constant;
        text += World::text(constant.run({item}), 0) + ";";
    }
    return actual == text ? "" : "gives " + actual + ", not " + text;
}

TEST_P(Row, ExampleIsTrue)
{
    const tg_function *function = GetParam();
    SCOPED_TRACE(std::string(function->signature) + ": " + function->example);
    if (function->kind == TG_FUNCTION_AGGREGATE) {
        EXPECT_EQ(runAggregate(function), "");
    } else if (function->kind == TG_FUNCTION_TABLE) {
        EXPECT_EQ(runTable(function), "");
    } else {
        World world;
        EXPECT_EQ(world.eval(function->example), "true");
    }
}

// The example of a scalar row uses the row itself, not another overload.
bool uses(const tg_expr *expr, const tg_function *function)
{
    if (expr->kind == TG_EXPR_CALL && expr->function == function)
        return true;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (uses(expr->arguments[i], function))
            return true;
    return false;
}

TEST_P(Row, ExampleUsesTheRow)
{
    const tg_function *function = GetParam();
    if (function->kind != TG_FUNCTION_SCALAR)
        return;
    World world;
    EXPECT_TRUE(uses(world.parse(function->example), function))
        << function->signature << ": " << function->example;
}

INSTANTIATE_TEST_SUITE_P(Registry, Row, testing::ValuesIn(allFunctions()), [](const auto &row) {
    std::string name = std::to_string(row.index) + "_";
    for (const char *c = row.param->signature; *c != '\0' && *c != '('; c++)
        name += std::isalnum(static_cast<unsigned char>(*c)) != 0 ? *c : 'x';
    return name;
});

TEST(Registry, SignaturesAreUnique)
{
    std::set<std::string> seen;
    for (const tg_function *function : allFunctions())
        EXPECT_TRUE(seen.insert(std::to_string(function->kind) + std::string(function->signature)).second)
            << function->signature;
    EXPECT_GT(seen.size(), 100U);
}

TEST(Registry, FindsNamesWithoutCaseAndHidesOperators)
{
    EXPECT_TRUE(tg_function_exists(tg_slice_text("Split"), TG_FUNCTION_SCALAR));
    EXPECT_FALSE(tg_function_exists(tg_slice_text("SPLIT"), TG_FUNCTION_AGGREGATE));
    EXPECT_TRUE(tg_function_exists(tg_slice_text("sum"), TG_FUNCTION_AGGREGATE));
    EXPECT_TRUE(tg_function_exists(tg_slice_text("EXPLODE"), TG_FUNCTION_TABLE));
    EXPECT_FALSE(tg_function_exists(tg_slice_text("+"), TG_FUNCTION_SCALAR));
}

TEST(Signature, RefusesWhatItCannotRead)
{
    static const char *const bad[] = {"F",
                                      "F(",
                                      "F(INT",
                                      "F(INT)",
                                      "F(INT) ->",
                                      "F(BLOB) -> INT",
                                      "F(ARRAY<INT) -> INT",
                                      "F(MAP<INT>) -> INT",
                                      "F(INT..., INT) -> INT",
                                      "F(INT) -> INT INT",
                                      "F((T) -> T) -> T"};
    tg_arena *arena = tg_arena_new(0);
    for (const char *text : bad) {
        tg_function function = {};
        tg_signature signature;
        tg_error error;
        function.signature = text;
        EXPECT_EQ(tg_signature_parse(arena, &function, &signature, &error), TG_CODE_SYNTAX) << text;
    }
    tg_arena_free(arena);
}

} // namespace
