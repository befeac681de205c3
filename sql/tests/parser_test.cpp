// What the syntax tree holds: places, literals, names, depth; limits; variables; directives; entry points.
#include <gtest/gtest.h>

#include "sql/tests/statements.hpp"

namespace
{

const tg_ast_expr &first_expr(const Parsed &parsed)
{
    return *parsed.statement().query->items[0].expr;
}

std::string source(const Parsed &parsed, tg_place place)
{
    return std::string(reinterpret_cast<const char *>(parsed.script.text.data) + place.offset, place.length);
}

TEST(Parser, KeepsPlacesOfNodes)
{
    Parsed parsed("SELECT 1;\n  SELECT a + (b * 2) AS c, f(x)->y FROM s WHERE  x IN (1, 2) ; ");
    ASSERT_EQ(parsed.code, TG_CODE_SYNTAX); // no FROM
    Parsed good("SET 'a'='b';\n  SELECT a + (b * 2) AS c, f(x)->y FROM s WHERE  x IN (1, 2) ; ");
    ASSERT_EQ(good.code, TG_OK) << good.error.message;
    ASSERT_EQ(good.script.statement_count, 2u);
    EXPECT_EQ(source(good, good.statement(0).place), "SET 'a'='b'");
    const tg_statement &statement = good.statement(1);
    EXPECT_EQ(source(good, statement.place), "SELECT a + (b * 2) AS c, f(x)->y FROM s WHERE  x IN (1, 2)");
    EXPECT_EQ(std::string(reinterpret_cast<const char *>(statement.text.data), statement.text.length),
              source(good, statement.place));
    const tg_ast_query *query = statement.query;
    EXPECT_EQ(source(good, query->items[0].place), "a + (b * 2) AS c");
    EXPECT_EQ(source(good, query->items[0].expr->place), "a + (b * 2)");
    EXPECT_EQ(source(good, query->items[0].expr->arguments[1]->place), "(b * 2)");
    EXPECT_EQ(source(good, query->items[1].expr->name_place), "y");
    EXPECT_EQ(source(good, query->where->place), "x IN (1, 2)");
}

TEST(Parser, FoldsSignsIntoNumbers)
{
    Parsed parsed("SELECT -9223372036854775808, - 1.50, -2.5e-1, 12 FROM s");
    ASSERT_EQ(parsed.code, TG_OK) << parsed.error.message;
    const tg_ast_select_item *items = parsed.statement().query->items;
    EXPECT_EQ(items[0].expr->kind, TG_AST_INTEGER);
    EXPECT_EQ(items[0].expr->integer, INT64_MIN);
    EXPECT_EQ(items[1].expr->kind, TG_AST_DECIMAL);
    EXPECT_TRUE(tg_slice_is(items[1].expr->text, "-1.50"));
    EXPECT_EQ(items[2].expr->kind, TG_AST_DOUBLE);
    EXPECT_EQ(items[2].expr->real, -0.25);
    EXPECT_TRUE(tg_slice_is(items[3].expr->text, "12"));
}

TEST(Parser, ComputesMilliseconds)
{
    Parsed parsed(
        "SELECT a FROM s WINDOW HOPPING (SIZE 2 DAYS, ADVANCE BY 1 MINUTE, GRACE PERIOD 7 MILLISECOND)");
    ASSERT_EQ(parsed.code, TG_OK) << parsed.error.message;
    const tg_ast_window *window = parsed.statement().query->window;
    EXPECT_EQ(window->size.ms, 172800000);
    EXPECT_EQ(window->advance.ms, 60000);
    EXPECT_EQ(window->grace.ms, 7);
    EXPECT_FALSE(window->retention.given);
}

TEST(Parser, KeepsWithinOnBothSides)
{
    Parsed parsed("SELECT * FROM a JOIN b WITHIN 3 SECONDS ON a.x = b.x JOIN c WITHIN (1 SECOND, 2 SECONDS) "
                  "ON a.x = c.x");
    ASSERT_EQ(parsed.code, TG_OK) << parsed.error.message;
    const tg_ast_join *joins = parsed.statement().query->joins;
    EXPECT_EQ(joins[0].before.ms, 3000);
    EXPECT_EQ(joins[0].after.ms, 3000);
    EXPECT_EQ(joins[1].before.ms, 1000);
    EXPECT_EQ(joins[1].after.ms, 2000);
    EXPECT_EQ(source(parsed, joins[1].within_place), "WITHIN (1 SECOND, 2 SECONDS)");
}

TEST(Parser, ReadsTypes)
{
    Parsed parsed("CREATE STREAM s (a DECIMAL(4, 2), b STRUCT<c int, `d` STRING>, e ARRAY<mine>)");
    ASSERT_EQ(parsed.code, TG_OK) << parsed.error.message;
    const tg_ast_column *columns = parsed.statement().create_source.columns.list;
    EXPECT_EQ(columns[0].type->type->precision, 4);
    EXPECT_EQ(columns[0].type->type->scale, 2);
    EXPECT_STREQ(columns[1].type->type->fields[1].name, "d");
    EXPECT_EQ(columns[2].type->type, nullptr);
    EXPECT_STREQ(columns[2].type->element->custom_name, "MINE");
}

TEST(Parser, ResolvesCustomTypes)
{
    Parsed parsed("CREATE STREAM s (a MAP<STRING, STRUCT<x ARRAY<mine>>>, b mien)");
    ASSERT_EQ(parsed.code, TG_OK) << parsed.error.message;
    const tg_ast_column *columns = parsed.statement().create_source.columns.list;
    tg_map *types = tg_map_new();
    tg_map_put(types, tg_slice_text("MINE"), const_cast<tg_type *>(&tg_type_bigint));
    const tg_type *type = nullptr;
    tg_error error = {};
    ASSERT_EQ(tg_ast_type_resolve(parsed.arena, columns[0].type, types, &type, &error), TG_OK)
        << error.message;
    EXPECT_EQ(type->element->fields[0].type->element->kind, TG_TYPE_BIGINT);
    EXPECT_EQ(tg_ast_type_resolve(parsed.arena, columns[1].type, types, &type, &error), TG_CODE_UNKNOWN_NAME);
    EXPECT_STREQ(error.hint, "did you mean MINE?");
    EXPECT_EQ(source(parsed, error.place), "mien");
    EXPECT_EQ(tg_ast_type_resolve(parsed.arena, columns[1].type, nullptr, &type, &error),
              TG_CODE_UNKNOWN_NAME);
    tg_map_free(types);
}

TEST(Parser, TakesAnyNumberOfStatements)
{
    EXPECT_EQ(Parsed("").script.statement_count, 0u);
    EXPECT_EQ(Parsed(" ;; -- nothing\n;").script.statement_count, 0u);
    EXPECT_EQ(Parsed("PAUSE a;PAUSE b;;PAUSE c").script.statement_count, 3u);
    EXPECT_EQ(Parsed("\xEF\xBB\xBFPAUSE a").script.statement_count, 1u);
}

TEST(Parser, KeepsWhatStandsBeforeAnError)
{
    Parsed parsed("PAUSE a; PAUSE b; PAUSE;");
    EXPECT_EQ(parsed.code, TG_CODE_SYNTAX);
    EXPECT_EQ(parsed.script.statement_count, 2u);
}

TEST(Parser, WorksWithoutOptionsAndError)
{
    tg_arena *arena = tg_arena_new(0);
    tg_script script;
    EXPECT_EQ(tg_parse(arena, tg_slice_text("PAUSE a;"), nullptr, &script, nullptr), TG_OK);
    EXPECT_EQ(tg_parse(arena, tg_slice_text("PAUSE 'a';"), nullptr, &script, nullptr), TG_CODE_SYNTAX);
    tg_arena_free(arena);
}

// ---- variables ----

TEST(Variables, AreReplacedFromTheirDefinitionOn)
{
    Parsed parsed(
        "DEFINE name = 'clicks'; DEFINE n = '-4'; DEFINE quoted = '''it''''s'''; DEFINE both = "
        "'${NAME}-${n}';"
        "CREATE STREAM ${name} WITH (KAFKA_TOPIC='${both}', PARTITIONS=${n}, X=${quoted}, Y='${other}');"
        "UNDEFINE name;");
    ASSERT_EQ(parsed.code, TG_OK) << parsed.error.message;
    std::string text = parsed.format();
    EXPECT_NE(
        text.find(
            "CREATE STREAM CLICKS WITH (KAFKA_TOPIC='clicks--4', PARTITIONS=-4, X='it''s', Y='${other}')"),
        std::string::npos)
        << text;
    EXPECT_EQ(tg_variables_get(parsed.variables, tg_slice_text("name")), nullptr);
    EXPECT_STREQ(tg_variables_get(parsed.variables, tg_slice_text("Both")), "clicks--4");
}

TEST(Variables, CannotChangeTheStatement)
{
    Parsed parsed("DEFINE x = 'a; DROP STREAM b'; SELECT ${x} FROM s;");
    EXPECT_EQ(parsed.code, TG_CODE_SYNTAX);
    EXPECT_EQ(source(parsed, parsed.error.place), "${x}");
    Parsed string("DEFINE x = 'a'' OR ''b'; SELECT '${x}' FROM s;");
    ASSERT_EQ(string.code, TG_OK) << string.error.message;
    EXPECT_TRUE(tg_slice_is(string.statement(1).query->items[0].expr->text, "a' OR 'b"));
}

TEST(Variables, AreListedAndRemoved)
{
    tg_variables *variables = tg_variables_new();
    tg_variables_define(variables, tg_slice_text("one"), tg_slice_text("1"));
    tg_variables_define(variables, tg_slice_text("two"), tg_slice_text("2"));
    tg_variables_define(variables, tg_slice_text("ONE"), tg_slice_text("uno"));
    ASSERT_EQ(tg_variables_count(variables), 2u);
    EXPECT_STREQ(tg_variables_value(variables, 0), "uno");
    EXPECT_STREQ(tg_variables_name(variables, 1), "two");
    EXPECT_STREQ(tg_variables_closest(variables, "tow"), "two");
    EXPECT_TRUE(tg_variables_undefine(variables, tg_slice_text("One")));
    EXPECT_FALSE(tg_variables_undefine(variables, tg_slice_text("one")));
    tg_variables_free(variables);
}

// ---- test scripts ----

TEST(Directives, AreCollectedWithTheirPlaces)
{
    const char *sql =
        "----\n--@test: basic test \r\n--@ -- no: directive\n/* --@hidden: x */ PAUSE a; '--@string: x'";
    Parsed parsed(sql, true);
    ASSERT_EQ(parsed.script.directive_count, 2u);
    EXPECT_STREQ(parsed.script.directives[0].name, "test");
    EXPECT_STREQ(parsed.script.directives[0].value, "basic test");
    EXPECT_EQ(parsed.script.directives[0].place.offset, 8u);
    EXPECT_EQ(Parsed(sql, false).script.directive_count, 0u);
}

TEST(Directives, StandBetweenStatements)
{
    Parsed parsed("PAUSE a; --@expected.error: X\nPAUSE b; --@end", true);
    ASSERT_EQ(parsed.code, TG_OK);
    ASSERT_EQ(parsed.script.directive_count, 2u);
    EXPECT_GT(parsed.script.directives[0].place.offset, parsed.statement(0).place.offset);
    EXPECT_LT(parsed.script.directives[0].place.offset, parsed.statement(1).place.offset);
    EXPECT_STREQ(parsed.script.directives[1].name, "end");
    EXPECT_STREQ(parsed.script.directives[1].value, "");
}

// ---- limits ----

struct Deep {
    const char *name;
    const char *before, *repeated, *middle, *closing, *after;
};

class Nesting : public testing::TestWithParam<Deep>
{
protected:
    static std::string text(size_t levels)
    {
        const Deep &deep = GetParam();
        std::string sql = deep.before;
        for (size_t i = 0; i < levels; i++)
            sql += deep.repeated;
        sql += deep.middle;
        for (size_t i = 0; i < levels; i++)
            sql += deep.closing;
        return sql + deep.after;
    }
};

TEST_P(Nesting, IsRefusedBeyondTheLimitAndNeverOverflows)
{
    Parsed shallow(text(100));
    EXPECT_EQ(shallow.code, TG_OK) << shallow.error.message;
    EXPECT_FALSE(shallow.format().empty());
    Parsed deep(text(100000));
    EXPECT_EQ(deep.code, TG_CODE_LIMIT) << deep.error.message;
    EXPECT_GT(deep.error.place.line, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Parser, Nesting,
    testing::Values(Deep{"parentheses", "SELECT ", "(", "a", ")", " FROM s"},
                    Deep{"calls", "SELECT ", "f(", "a", ")", " FROM s"},
                    Deep{"calls_in_operators", "SELECT ", "a OR b AND c = d || e + f * f(", "a", ")",
                         " FROM s"},
                    Deep{"lambdas", "SELECT ", "f(x => ", "x", ")", " FROM s"},
                    Deep{"cases", "SELECT ", "CASE WHEN a THEN ", "1", " END", " FROM s"},
                    Deep{"arrays", "SELECT ", "ARRAY[", "1", "]", " FROM s"},
                    Deep{"subscripts", "SELECT ", "a[", "1", "]", " FROM s"},
                    Deep{"group_by", "SELECT a FROM s GROUP BY ", "(", "a", ")", ""},
                    Deep{"negations", "SELECT ", "NOT ", "a", "", " FROM s"},
                    Deep{"minus", "SELECT ", "- ", "a", "", " FROM s"},
                    Deep{"explains", "", "EXPLAIN ", "SELECT * FROM s", "", ""},
                    Deep{"array_types", "CREATE STREAM s (a ", "ARRAY<", "INT", ">", ")"},
                    Deep{"array_suffixes", "CREATE STREAM s (a INT", "", "", " ARRAY", ")"},
                    Deep{"struct_types", "CREATE STREAM s (a ", "STRUCT<b ", "INT", ">", ")"},
                    Deep{"sums", "SELECT a", "", "", " + 1", " FROM s"},
                    Deep{"ors", "SELECT a", "", "", " OR b", " FROM s"},
                    Deep{"fields", "SELECT a", "", "", "->b", " FROM s"},
                    Deep{"indexes", "SELECT a", "", "", "[1]", " FROM s"}),
    [](const auto &tested) { return std::string(tested.param.name); });

TEST(Limits, LongListsAreFine)
{
    std::string sql = "SELECT x IN (0";
    for (int i = 1; i < 50000; i++)
        sql += ", " + std::to_string(i);
    Parsed parsed(sql + ") FROM s");
    ASSERT_EQ(parsed.code, TG_OK) << parsed.error.message;
    EXPECT_EQ(first_expr(parsed).argument_count, 50001u);
}

TEST(Limits, AChainOfAThousandOperatorsIsFine)
{
    std::string sql = "SELECT a";
    for (int i = 0; i < 1000; i++)
        sql += " || b";
    Parsed parsed(sql + " FROM s");
    ASSERT_EQ(parsed.code, TG_OK) << parsed.error.message;
    EXPECT_EQ(first_expr(parsed).depth, 1001);
    EXPECT_FALSE(parsed.format().empty());
}

TEST(Limits, TextIsBounded)
{
    std::string sql(TG_SQL_TEXT_BYTES_MAX + 1, ' ');
    EXPECT_EQ(Parsed(sql).code, TG_CODE_LIMIT);
    sql.pop_back();
    EXPECT_EQ(Parsed(sql).code, TG_OK);
}

// ---- the other entry points ----

TEST(EntryPoints, ParseParts)
{
    tg_arena *arena = tg_arena_new(0);
    tg_error error = {};
    const tg_ast_expr *expr = nullptr;
    ASSERT_EQ(tg_parse_expression(arena, tg_slice_text("a + 1 > b"), &expr, &error), TG_OK) << error.message;
    EXPECT_EQ(expr->op, TG_AST_OP_GREATER);
    EXPECT_EQ(tg_parse_expression(arena, tg_slice_text("a + 1 b"), &expr, &error), TG_CODE_SYNTAX);

    const tg_ast_type *type = nullptr;
    ASSERT_EQ(tg_parse_type(arena, tg_slice_text("MAP<STRING, INT>"), &type, &error), TG_OK) << error.message;
    EXPECT_EQ(type->type->kind, TG_TYPE_MAP);

    tg_ast_column_list columns = {};
    ASSERT_EQ(tg_parse_columns(arena, tg_slice_text("`a` INT KEY, B BYTES HEADER('h')"), &columns, &error),
              TG_OK)
        << error.message;
    ASSERT_EQ(columns.count, 2u);
    EXPECT_EQ(columns.list[0].role, TG_AST_COLUMN_KEY);
    EXPECT_STREQ(columns.list[1].header_key, "h");
    tg_arena_free(arena);
}

} // namespace
