// Types of expressions, refusals and their messages, and what can be asked of a tree.
#include "expr/tests/world.hpp"

namespace
{

struct TypeCase {
    const char *expression;
    const char *type;
};

class Type : public testing::TestWithParam<TypeCase>
{
};

std::string typeText(const tg_type *type)
{
    tg_buffer buffer = {};
    tg_type_write(type, &buffer);
    std::string text(reinterpret_cast<const char *>(buffer.data), buffer.length);
    tg_buffer_done(&buffer);
    return text;
}

TEST_P(Type, IsAsExpected)
{
    World world("I INT, L BIGINT, D DOUBLE, C DECIMAL(4, 2), S STRING");
    EXPECT_EQ(typeText(world.parse(GetParam().expression)->type), GetParam().type) << GetParam().expression;
}

const TypeCase types[] = {
    {"I + I", "INTEGER"},
    {"I + L", "BIGINT"},
    {"I + D", "DOUBLE"},
    {"C + D", "DOUBLE"},
    {"C + C", "DECIMAL(5, 2)"},
    {"C + I", "DECIMAL(13, 2)"},
    {"C * C", "DECIMAL(9, 4)"},
    {"C / C", "DECIMAL(11, 7)"},
    {"C % C", "DECIMAL(4, 2)"},
    {"L * C", "DECIMAL(24, 2)"},
    {"-C", "DECIMAL(4, 2)"},
    {"1.50", "DECIMAL(3, 2)"},
    {"0.01", "DECIMAL(2, 2)"},
    {"3000000000", "BIGINT"},
    {"1e0", "DOUBLE"},
    {"S + S", "STRING"},
    {"I = L", "BOOLEAN"},
    {"ARRAY[I, L]", "ARRAY<BIGINT>"},
    {"ARRAY[C, I]", "ARRAY<DECIMAL(12, 2)>"},
    {"MAP('a' := I)", "MAP<STRING, INTEGER>"},
    {"STRUCT(A := I, B := S)", "STRUCT<`A` INTEGER, `B` STRING>"},
    {"CASE WHEN TRUE THEN I ELSE L END", "BIGINT"},
    {"COALESCE(NULL, I, L)", "BIGINT"},
    {"COALESCE(C, 1)", "DECIMAL(12, 2)"},
    {"IFNULL(S, 'x')", "STRING"},
    {"SPLIT(S, ',')", "ARRAY<STRING>"},
    {"TRANSFORM(ARRAY[I], x => x + L)", "ARRAY<BIGINT>"},
    {"REDUCE(ARRAY[I], L, (s, x) => x)", "BIGINT"},
    {"ROUND(C)", "DECIMAL(2, 0)"},
    {"ROUND(C, 1)", "DECIMAL(4, 2)"},
    {"ROUND(D)", "BIGINT"},
    {"ABS(C)", "DECIMAL(4, 2)"},
    {"SQRT(C)", "DOUBLE"},
    {"GREATEST(I, D)", "DOUBLE"},
    {"GREATEST(L, 5, -5)", "BIGINT"},
    {"LEAST(C, 1)", "DECIMAL(12, 2)"},
};
INSTANTIATE_TEST_SUITE_P(Build, Type, testing::ValuesIn(types));

class Refusal : public testing::TestWithParam<TypeCase>
{
};

TEST_P(Refusal, SaysWhatIsWrong)
{
    World world("I INT, S STRING, B BOOLEAN, L ARRAY<INT>, T STRUCT<NAME STRING>, W DATE");
    EXPECT_EQ(world.refusal(GetParam().expression), GetParam().type) << GetParam().expression;
}

#define LETTERS "; T and other letters stand for any type, DECIMAL(p, s) too"

const TypeCase refusals[] = {
    {"I = 'x'",
     "I (INTEGER) and 'x' (STRING) cannot be compared by = (EQUAL) | CAST one side to the type of the other"},
    {"L < L", "L (ARRAY<INTEGER>) and L (ARRAY<INTEGER>) cannot be compared by < (LESS_THAN) | CAST one side "
              "to the type "
              "of the other"},
    {"B < TRUE", "B (BOOLEAN) and TRUE (BOOLEAN) cannot be compared by < (LESS_THAN) | CAST one side to the "
                 "type of the other"},
    {"I = NULL", "a comparison with NULL is never true | use IS NULL or IS NOT NULL"},
    {"W = 'tomorrow'", "'tomorrow' is no DATE"},
    {"B + 1", "+ cannot be applied to BOOLEAN and INTEGER | the operator has: +(INT, INT), +(BIGINT, "
              "BIGINT), +(DOUBLE, "
              "DOUBLE), +(DECIMAL, DECIMAL), +(STRING, STRING)"},
    {"SPLITT(S, ',')", "there is no function SPLITT | did you mean SPLIT?"},
    {"SUM(I)", "there is no function SUM | SUM is an aggregate function"},
    {"SPLIT(I, ',')",
     "SPLIT does not take (INTEGER, STRING) | SPLIT has: SPLIT(STRING, STRING), SPLIT(BYTES, BYTES)"},
    {"COALESCE()", "COALESCE does not take () | COALESCE has: COALESCE(T, T...)" LETTERS},
    {"COALESCE(NULL)", "the type of NULL in COALESCE is not known | say it: CAST(NULL AS <type>)"},
    {"SPLIT(NULL, NULL)",
     "SPLIT(NULL, NULL) could be more than one overload; CAST the arguments | SPLIT has: SPLIT(STRING, "
     "STRING), SPLIT(BYTES, BYTES)"},
    {"I AND TRUE", "AND needs a BOOLEAN, but I is INTEGER"},
    {"CASE WHEN I THEN 1 END", "WHEN needs a BOOLEAN, but I is INTEGER"},
    {"CASE WHEN B THEN 1 ELSE 'x' END",
     "this result of CASE is STRING, an earlier one INTEGER | CAST the results to one type"},
    {"CASE WHEN B THEN NULL END", "a CASE whose results are all NULL has no type"},
    {"T->NAMES", "T has no field NAMES | did you mean NAME?"},
    {"I->X", "I is INTEGER and has no fields"},
    {"S[1]", "S has no elements: it is STRING | [] takes an element of an ARRAY or MAP; SUBSTRING takes a "
             "part of a STRING, -> a "
             "field"},
    {"CAST(S AS ARRAY<INT>)", "there is no cast from STRING to ARRAY<INTEGER>"},
    {"CAST(L AS INT)", "there is no cast from ARRAY<INTEGER> to INTEGER"},
    {"ARRAY[]", "ARRAY[] needs at least one element: its type is not known"},
    {"ARRAY[NULL]",
     "an array of nothing but NULL has no type | CAST one element: ARRAY[CAST(NULL AS STRING)]"},
    {"ARRAY[1, 'x']", "'x' is no value of type INTEGER"},
    {"I IN (10, TRUE)", "TRUE is BOOLEAN and does not go together with INTEGER | all items of a list need "
                        "one type; CAST the ones that differ"},
    {"B IN (TRUE, 'maybe')", "'maybe' is no value of type BOOLEAN"},
    {"MAP('a' := 1, 'b' := 'x')", "'x' is no value of type INTEGER"},
    {"MAP('a' := NULL)",
     "a map whose values are nothing but NULL has no type | CAST one of them: CAST(NULL AS STRING)"},
    {"STRUCT(A := NULL)", "field A is NULL and has no type | say the type: CAST(NULL AS <type>)"},
    {"STRUCT(A := 1, A := 2)", "field A comes twice"},
    {"REDUCE(L, 0, (s, x) => 'a')",
     "REDUCE does not take (ARRAY<INTEGER>, INTEGER, a lambda) | REDUCE has: REDUCE(ARRAY<T>, S, (S, "
     "T) => S), REDUCE(MAP<K, V>, S, (S, K, V) => S)" LETTERS},
    {"TRANSFORM(I, x => x)",
     "TRANSFORM takes no lambda of 1 parameters as argument 2 | TRANSFORM has: TRANSFORM(ARRAY<T>, (T) => "
     "U), TRANSFORM(MAP<K, V>, (K, V) => J, (K, V) => W)" LETTERS},
    {"LEAST(I, CAST(I AS BIGINT), 5)",
     "LEAST of INTEGER, BIGINT could be a number of more than one type | CAST the arguments to one type"},
    {"CAST(I AS DECIMAL(38, 20)) * CAST(I AS DECIMAL(38, 20))",
     "the result is DECIMAL(77, 40): at most 38 decimal places can be computed | CAST what is multiplied or "
     "divided to a DECIMAL of fewer digits"},
    {"CAST(ARRAY[I] AS ARRAY<DECIMAL(50, 40)>)",
     "the result is DECIMAL(50, 40): at most 38 decimal places can be computed | CAST what is multiplied or "
     "divided to a DECIMAL of fewer digits"},
    {"GREATEST(B, TRUE)", "GREATEST needs values that have an order, not BOOLEAN"},
    {"NULL", "a NULL without a type cannot be computed; CAST it"},
};
INSTANTIATE_TEST_SUITE_P(Build, Refusal, testing::ValuesIn(refusals));

std::string written(World &world, const std::string &text)
{
    tg_buffer buffer = {};
    tg_expr_write(world.parse(text), &buffer);
    std::string result(reinterpret_cast<const char *>(buffer.data), buffer.length);
    tg_buffer_done(&buffer);
    return result;
}

TEST(Write, IsSqlAndReadsBack)
{
    World world("I INT, S STRING, T STRUCT<NAME STRING>, L ARRAY<INT>");
    static const char *const texts[] = {"(I + 1)",
                                        "(-I)",
                                        "(NOT (I = 1))",
                                        "((I IS NULL) AND (S IS NOT NULL))",
                                        "(S LIKE 'a''%')",
                                        "(I IN (1, 2))",
                                        "CAST(I AS STRING)",
                                        "CASE WHEN (I = 1) THEN S ELSE 'x' END",
                                        "T->NAME",
                                        "L[1]",
                                        "ARRAY[I, 2]",
                                        "SPLIT(S, ',')",
                                        "(S LIKE S ESCAPE '!')",
                                        "(I IS DISTINCT FROM 1)",
                                        "COALESCE(I, 1)",
                                        "1.5E0"};
    for (const char *text : texts)
        EXPECT_EQ(written(world, text), text == std::string("1.5E0") ? "1.5" : text);
}

TEST(Tree, ComparesByStructure)
{
    World world("A INT, B INT");
    EXPECT_TRUE(tg_expr_equal(world.parse("A + 1"), world.parse("A + 1")));
    EXPECT_FALSE(tg_expr_equal(world.parse("A + 1"), world.parse("A + 2")));
    EXPECT_FALSE(tg_expr_equal(world.parse("A + 1"), world.parse("B + 1")));
    EXPECT_FALSE(tg_expr_equal(world.parse("A + 1"), world.parse("A - 1")));
    EXPECT_FALSE(tg_expr_equal(world.parse("CAST(NULL AS INT)"), world.parse("CAST(NULL AS BIGINT)")));
}

TEST(Tree, RemapsAndMarksColumns)
{
    World world("A INT, B INT, C INT");
    const uint32_t map[] = {2, 0, 1};
    const tg_expr *moved = tg_expr_remap(world.arena_, world.parse("A + B * 2"), map);
    bool used[3] = {};
    tg_expr_mark_columns(moved, used);
    EXPECT_TRUE(used[0]);
    EXPECT_FALSE(used[1]);
    EXPECT_TRUE(used[2]);
}

TEST(Coerce, WidensButDoesNotNarrow)
{
    World world("I INT, L BIGINT, S STRING, C DECIMAL(4, 2)");
    const tg_expr *result = nullptr;
    tg_error error;
    auto coerce = [&](const char *text, const tg_type *type) {
        return tg_expr_coerce(world.arena_, world.parse(text), type, &result, &error);
    };
    EXPECT_EQ(coerce("I", &tg_type_bigint), TG_OK);
    EXPECT_EQ(result->type, &tg_type_bigint);
    EXPECT_EQ(coerce("NULL", &tg_type_bigint), TG_OK);
    EXPECT_EQ(coerce("L", &tg_type_int), TG_CODE_TYPE);
    EXPECT_STREQ(error.message, "L is BIGINT, but INTEGER is needed");
    EXPECT_STREQ(error.hint, "CAST(L AS INTEGER) would do it");
    EXPECT_EQ(coerce("'2024-01-01'", &tg_type_date), TG_OK);
    EXPECT_EQ(coerce("'soon'", &tg_type_date), TG_CODE_TYPE);
    EXPECT_EQ(coerce("S", &tg_type_date), TG_CODE_TYPE);
    EXPECT_EQ(coerce("1.5", tg_type_decimal(world.arena_, 4, 2)), TG_OK);
    EXPECT_EQ(coerce("1.555", tg_type_decimal(world.arena_, 4, 2)), TG_CODE_TYPE);
    EXPECT_EQ(coerce("7", tg_type_decimal(world.arena_, 4, 2)), TG_OK);
    EXPECT_EQ(coerce("I", tg_type_decimal(world.arena_, 4, 2)), TG_CODE_TYPE);
    EXPECT_EQ(coerce("I", &tg_type_string), TG_CODE_TYPE);
    EXPECT_EQ(coerce("ARRAY[1]", tg_type_array(world.arena_, &tg_type_bigint)), TG_OK);
}

TEST(Decimal, RefusesTooManyDigits)
{
    World world;
    EXPECT_EQ(world.refusal("1.00000000000000000000000000000000000000"),
              "1.00000000000000000000000000000000000000 is no DECIMAL of at most 38 digits");
}

} // namespace
