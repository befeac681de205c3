// Every row of the registry: complete, parsable, and its example is true.
#include <fstream>
#include <set>
#include <sstream>

#include "expr/function_docs.h"
#include "expr/resolve.h"
#include "expr/tests/aggregation.hpp"

namespace
{

std::vector<const tg_function *> allFunctions()
{
    std::vector<const tg_function *> list;
    for (size_t i = 0; tg_function_at(i) != nullptr; i++)
        list.push_back(tg_function_at(i));
    return list;
}

std::string readFile(const std::string &path)
{
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
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
    if ((function->flags & (TG_FUNCTION_SEES_NULL | TG_FUNCTION_OPERATOR)) == TG_FUNCTION_SEES_NULL) {
        EXPECT_NE(std::string(function->summary).find("NULL"), std::string::npos)
            << "does not say what NULL does: " << function->signature << ": " << function->summary;
    }
    EXPECT_EQ(function->kernel != nullptr, function->kind == TG_FUNCTION_SCALAR);
    EXPECT_EQ(function->aggregate != nullptr, function->kind == TG_FUNCTION_AGGREGATE);
    EXPECT_EQ(function->table != nullptr, function->kind == TG_FUNCTION_TABLE);
    if (function->aggregate != nullptr) {
        EXPECT_EQ((function->flags & TG_FUNCTION_OVER_TABLE) != 0, function->aggregate->undo != nullptr);
    }
}

// SUM(x) OVER (1, 2) = 3: the list's items are the rows of the column x.
std::string runAggregate(const tg_function *function)
{
    World world;
    Parser parser(world.arena_, nullptr, function->example);
    std::string name = parser.word();
    std::vector<const tg_expr *> constants;
    uint32_t columns = 0;
    parser.expect("(");
    if (!parser.take(")")) {
        do { // CORRELATION(x, x), TOPK(x, 2): the column, as often as it is named, then constants
            if (!parser.take("X"))
                constants.push_back(parser.parseOr());
            else
                columns++;
        } while (parser.take(","));
        parser.expect(")");
    }
    parser.expect("OVER");
    parser.expect("(");
    std::vector<const tg_expr *> rows = parser.list(")");
    parser.expect("=");
    const tg_expr *wanted = parser.parseOr();
    parser.expectEnd();
    Aggregation aggregation(name, rows, columns, constants);
    if (aggregation.call().function != function)
        return std::string("the example resolves to ") + aggregation.call().function->signature;
    Aggregation::State state = aggregation.start();
    for (uint32_t row = 0; row < rows.size(); row++)
        aggregation.add(state, row);
    std::string actual = aggregation.result(state);
    const tg_expr *cast = nullptr;
    tg_error error;
    if (tg_expr_cast(world.arena_, wanted, aggregation.call().type, {}, &cast, &error) != TG_OK)
        throw Refused(error);
    std::string text = World::text(world.run({cast}), 0);
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

// The book's page is what the rows say.
TEST(FunctionDocs, PageIsCurrent)
{
    tg_buffer page = {};
    tg_function_docs_write_page(&page);
    std::string text(reinterpret_cast<const char *>(page.data), page.length);
    tg_buffer_done(&page);
    std::string path = std::string(TG_SOURCE_DIR) + "/docs/functions.md";
    if (std::getenv("TG_REWRITE") != nullptr)
        std::ofstream(path) << text;
    EXPECT_TRUE(readFile(path) == text)
        << "docs/functions.md is stale: turgo help functions --page > docs/functions.md";
}

// The diff that CONTRIBUTING shows is the whole of a function that is there, in one file.
TEST(FunctionDocs, ContributingShowsAFunctionAsItIs)
{
    std::string page = readFile(std::string(TG_SOURCE_DIR) + "/CONTRIBUTING.md");
    size_t start = page.find("```diff\n");
    ASSERT_NE(start, std::string::npos);
    std::istringstream diff(page.substr(start, page.find("\n```\n", start) - start));
    std::string source;
    std::string hunk;
    int files = 0;
    int hunks = 0;
    auto check = [&] {
        hunks += hunk.empty() ? 0 : 1;
        EXPECT_NE(source.find(hunk), std::string::npos) << hunk;
        hunk.clear();
    };
    for (std::string line; std::getline(diff, line);) {
        if (line.rfind("+++ b/", 0) == 0) {
            source = readFile(std::string(TG_SOURCE_DIR) + "/" + line.substr(6));
            files++;
        } else if (line.rfind('+', 0) == 0) {
            hunk += line.substr(1) + "\n";
        } else {
            check();
        }
    }
    check();
    EXPECT_EQ(files, 1);
    EXPECT_EQ(hunks, 2);
}

TEST(FunctionDocs, FindsAndDescribes)
{
    tg_arena *arena = tg_arena_new(0);
    tg_function_list found = tg_function_docs_find(arena, tg_slice_text("regexp_extract"));
    ASSERT_EQ(found.count, 1U);
    EXPECT_STREQ(found.functions[0].name, "REGEXP_EXTRACT");
    EXPECT_STREQ(found.functions[0].family, "regexp");
    EXPECT_EQ(found.functions[0].overload_count, 2U);
    tg_buffer out = {};
    tg_function_docs_write(&found.functions[0], &out);
    std::string text = tg_buffer_text(&out);
    EXPECT_NE(text.find("NULL if an argument is NULL."), std::string::npos) << text;
    tg_buffer_done(&out);
    EXPECT_EQ(tg_function_docs_find(arena, tg_slice_text("NOTHING")).count, 0U);
    EXPECT_EQ(tg_function_docs_find(arena, tg_slice_text("IS_NULL")).count, 0U) << "an operator";
    tg_function_list all = tg_function_docs_all(arena);
    ASSERT_GT(all.count, 140U);
    for (uint32_t i = 1; i < all.count; i++)
        EXPECT_LE(std::string(all.functions[i - 1].name), all.functions[i].name);
    tg_arena_free(arena);
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
