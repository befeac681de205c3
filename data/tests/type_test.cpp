#include "data/type.h"

#include <string>

#include <gtest/gtest.h>

#include "data/schema.h"

class TypeTest : public testing::Test
{
protected:
    void SetUp() override
    {
        arena = tg_arena_new(0);
    }
    void TearDown() override
    {
        tg_arena_free(arena);
    }
    const struct tg_type *parse(const std::string &text)
    {
        const struct tg_type *type = nullptr;
        struct tg_error error = {};
        EXPECT_EQ(tg_type_parse(arena, tg_slice_of(text.data(), text.size()), &type, &error), TG_OK)
            << error.message;
        return type;
    }
    static std::string write(const struct tg_type *type)
    {
        struct tg_buffer out = {};
        tg_type_write(type, &out);
        std::string text = tg_buffer_text(&out);
        tg_buffer_done(&out);
        return text;
    }
    struct tg_arena *arena = nullptr;
};

struct SpellingCase {
    const char *text;
    const char *wanted;
};
class Spelling : public TypeTest, public testing::WithParamInterface<SpellingCase>
{
};
TEST_P(Spelling, IsReadAndWritten)
{
    const struct tg_type *type = parse(GetParam().text);
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(write(type), GetParam().wanted);
    EXPECT_TRUE(tg_type_equal(type, parse(GetParam().wanted)));
}
INSTANTIATE_TEST_SUITE_P(
    Type, Spelling,
    testing::Values(
        SpellingCase{"boolean", "BOOLEAN"}, SpellingCase{"INT", "INTEGER"},
        SpellingCase{" integer ", "INTEGER"}, SpellingCase{"BigInt", "BIGINT"},
        SpellingCase{"DOUBLE", "DOUBLE"}, SpellingCase{"VARCHAR", "STRING"}, SpellingCase{"string", "STRING"},
        SpellingCase{"BYTES", "BYTES"}, SpellingCase{"TIME", "TIME"}, SpellingCase{"DATE", "DATE"},
        SpellingCase{"TIMESTAMP", "TIMESTAMP"}, SpellingCase{"decimal(4,2)", "DECIMAL(4, 2)"},
        SpellingCase{"DECIMAL ( 77 , 76 )", "DECIMAL(77, 76)"}, SpellingCase{"ARRAY<INT>", "ARRAY<INTEGER>"},
        SpellingCase{"map< string , array<double>>", "MAP<STRING, ARRAY<DOUBLE>>"},
        SpellingCase{"STRUCT<a INT, `b` STRING>", "STRUCT<`A` INTEGER, `b` STRING>"},
        SpellingCase{"STRUCT<>", "STRUCT<>"},
        SpellingCase{"STRUCT<`a``b c` INT, \"d\"\"e\" INT>", "STRUCT<`a``b c` INTEGER, `d\"e` INTEGER>"},
        SpellingCase{"STRUCT<F STRUCT<G MAP<STRING, DECIMAL(1,0)>>, H DATE>",
                     "STRUCT<`F` STRUCT<`G` MAP<STRING, DECIMAL(1, 0)>>, `H` DATE>"},
        SpellingCase{"struct<int int, array array<int>>", "STRUCT<`INT` INTEGER, `ARRAY` ARRAY<INTEGER>>"}));

struct RefusedCase {
    const char *text;
    const char *message;
    uint32_t offset, length, line, column;
};
class Refused : public TypeTest, public testing::WithParamInterface<RefusedCase>
{
};
TEST_P(Refused, WithItsPlace)
{
    const RefusedCase &item = GetParam();
    const struct tg_type *type = nullptr;
    struct tg_error error = {};
    EXPECT_EQ(tg_type_parse(arena, tg_slice_text(item.text), &type, &error), TG_CODE_TYPE);
    EXPECT_STREQ(error.message, item.message);
    EXPECT_EQ(error.place.offset, item.offset);
    EXPECT_EQ(error.place.length, item.length);
    EXPECT_EQ(error.place.line, item.line);
    EXPECT_EQ(error.place.column, item.column);
    EXPECT_EQ(tg_type_parse(arena, tg_slice_text(item.text), &type, nullptr), TG_CODE_TYPE);
}
INSTANTIATE_TEST_SUITE_P(
    Type, Refused,
    testing::Values(RefusedCase{"", "the type ends where a type must come", 0, 0, 1, 1},
                    RefusedCase{"ARRAY<\n INTT>", "expected a type, found 'INTT'", 8, 4, 2, 2},
                    RefusedCase{"ARRAY<INT", "the type ends where '>' must come", 9, 0, 1, 10},
                    RefusedCase{"ARRAY INT", "expected '<', found 'INT'", 6, 3, 1, 7},
                    RefusedCase{"MAP<STRING>", "expected ',', found '>'", 10, 1, 1, 11},
                    RefusedCase{"INT INT", "expected the end of the type, found 'INT'", 4, 3, 1, 5},
                    RefusedCase{"DECIMAL", "the type ends where '(' must come", 7, 0, 1, 8},
                    RefusedCase{"DECIMAL(0, 0)", "expected a number from 1 to 65535, found '0'", 8, 1, 1, 9},
                    RefusedCase{"DECIMAL(4, 5)", "expected a number from 0 to 4, found '5'", 11, 1, 1, 12},
                    RefusedCase{"DECIMAL(99999, 5)", "expected a number from 1 to 65535, found '99999'", 8, 5,
                                1, 9},
                    RefusedCase{"STRUCT<A>", "expected a type, found '>'", 8, 1, 1, 9},
                    RefusedCase{"STRUCT<A INT,>", "expected a field name, found '>'", 13, 1, 1, 14},
                    RefusedCase{"STRUCT<`A INT>", "expected a name that ends with its quote, found '`A INT>'",
                                7, 7, 1, 8},
                    RefusedCase{"STRUCT<\xC3\xA4 x>", "expected a type, found 'x'", 10, 1, 1, 10}));

TEST_F(TypeTest, NestingIsBounded)
{
    std::string deep;
    for (int i = 0; i < 100000; i++)
        deep += "ARRAY<";
    const struct tg_type *type = nullptr;
    struct tg_error error = {};
    EXPECT_EQ(tg_type_parse(arena, tg_slice_of(deep.data(), deep.size()), &type, &error), TG_CODE_TYPE);
    EXPECT_STREQ(error.message, "expected at most 64 nested types, found 'ARRAY'");
}

TEST_F(TypeTest, EqualityMeansEveryPart)
{
    const char *different[] = {"INT",
                               "BIGINT",
                               "DECIMAL(4,2)",
                               "DECIMAL(4,1)",
                               "DECIMAL(5,2)",
                               "ARRAY<INT>",
                               "ARRAY<BIGINT>",
                               "MAP<STRING, INT>",
                               "MAP<INT, INT>",
                               "STRUCT<A INT>",
                               "STRUCT<`a` INT>",
                               "STRUCT<A BIGINT>",
                               "STRUCT<A INT, B INT>"};
    for (size_t i = 0; i < std::size(different); i++) {
        for (size_t j = 0; j < std::size(different); j++)
            EXPECT_EQ(tg_type_equal(parse(different[i]), parse(different[j])), i == j)
                << different[i] << " " << different[j];
    }
}

TEST_F(TypeTest, CopyOutlivesItsSource)
{
    struct tg_arena *other = tg_arena_new(0);
    const struct tg_type *type = nullptr;
    struct tg_slice text = tg_slice_text("STRUCT<A MAP<STRING, ARRAY<DECIMAL(9, 3)>>, B STRUCT<C INT>>");
    ASSERT_EQ(tg_type_parse(other, text, &type, nullptr), TG_OK);
    const struct tg_type *copy = tg_type_copy(arena, type);
    EXPECT_TRUE(tg_type_equal(type, copy));
    tg_arena_free(other);
    EXPECT_EQ(write(copy), "STRUCT<`A` MAP<STRING, ARRAY<DECIMAL(9, 3)>>, `B` STRUCT<`C` INTEGER>>");
}

TEST_F(TypeTest, KindsAndClasses)
{
    EXPECT_TRUE(tg_type_is_number(&tg_type_int) && tg_type_is_number(&tg_type_bigint) &&
                tg_type_is_number(&tg_type_double));
    EXPECT_TRUE(tg_type_is_number(tg_type_decimal(arena, 3, 1)));
    EXPECT_FALSE(tg_type_is_number(&tg_type_string) || tg_type_is_number(&tg_type_timestamp));
    EXPECT_TRUE(tg_type_is_nested(tg_type_array(arena, &tg_type_int)));
    EXPECT_TRUE(tg_type_is_nested(tg_type_map(arena, &tg_type_string, &tg_type_int)));
    EXPECT_TRUE(tg_type_is_nested(tg_type_struct(arena, nullptr, 0)));
    EXPECT_FALSE(tg_type_is_nested(&tg_type_bytes));
    EXPECT_STREQ(tg_type_kind_name(TG_TYPE_INT), "INTEGER");
    EXPECT_EQ(tg_type_simple(TG_TYPE_DATE), &tg_type_date);
    enum tg_type_kind kind = TG_TYPE_STRUCT;
    EXPECT_TRUE(tg_type_kind_of(tg_slice_text("Varchar"), &kind));
    EXPECT_EQ(kind, TG_TYPE_STRING);
    EXPECT_TRUE(tg_type_kind_of(tg_slice_text("DECIMAL"), &kind));
    EXPECT_EQ(kind, TG_TYPE_DECIMAL);
    EXPECT_FALSE(tg_type_kind_of(tg_slice_text("ARRAY"), &kind));
    EXPECT_FALSE(tg_type_kind_of(tg_slice_text(""), &kind));
}

class SchemaTest : public TypeTest
{
protected:
    void SetUp() override
    {
        TypeTest::SetUp();
        headers = parse("ARRAY<STRUCT<KEY STRING, VALUE BYTES>>");
        const struct tg_schema_column columns[] = {
            {"ID", &tg_type_bigint, TG_COLUMN_KEY, nullptr},
            {"name`s", &tg_type_string, TG_COLUMN_VALUE, nullptr},
            {"H", headers, TG_COLUMN_HEADERS, nullptr},
            {"T", &tg_type_bytes, TG_COLUMN_HEADER, "trace'id"},
            {"ROWTIME", &tg_type_bigint, TG_COLUMN_ROWTIME, nullptr},
            {"PRICE", parse("DECIMAL(4,2)"), TG_COLUMN_VALUE, nullptr},
        };
        schema = tg_schema_new(arena, columns, std::size(columns));
    }
    const struct tg_type *headers = nullptr;
    const struct tg_schema *schema = nullptr;
};

TEST_F(SchemaTest, IsWrittenAsDescribeShowsIt)
{
    struct tg_buffer out = {};
    tg_schema_write(schema, &out);
    EXPECT_STREQ(tg_buffer_text(&out),
                 "`ID` BIGINT KEY, `name``s` STRING, `H` ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>> HEADERS, "
                 "`T` BYTES HEADER('trace''id'), `ROWTIME` BIGINT, `PRICE` DECIMAL(4, 2)");
    tg_buffer_done(&out);
}

TEST_F(SchemaTest, FindsByNameAndRole)
{
    EXPECT_EQ(tg_schema_find(schema, tg_slice_text("PRICE")), 5);
    EXPECT_EQ(tg_schema_find(schema, tg_slice_text("price")), TG_SCHEMA_NONE);
    EXPECT_EQ(tg_schema_find_role(schema, TG_COLUMN_VALUE), 1);
    EXPECT_EQ(tg_schema_find_role(schema, TG_COLUMN_WINDOWEND), TG_SCHEMA_NONE);
    EXPECT_EQ(tg_schema_count_role(schema, TG_COLUMN_VALUE), 2U);
    EXPECT_EQ(tg_schema_count_role(schema, TG_COLUMN_ROWOFFSET), 0U);
}

TEST_F(SchemaTest, EqualityMeansEveryColumn)
{
    EXPECT_TRUE(tg_schema_equal(schema, tg_schema_new(arena, schema->columns, schema->count)));
    EXPECT_FALSE(tg_schema_equal(schema, tg_schema_new(arena, schema->columns, schema->count - 1)));
    for (int change = 0; change < 4; change++) {
        struct tg_schema_column columns[6];
        std::copy(schema->columns, schema->columns + 6, columns);
        if (change == 0)
            columns[1].name = "OTHER";
        if (change == 1)
            columns[1].type = &tg_type_bytes;
        if (change == 2)
            columns[1].role = TG_COLUMN_KEY;
        if (change == 3)
            columns[3].header_key = "other";
        EXPECT_FALSE(tg_schema_equal(schema, tg_schema_new(arena, columns, 6))) << change;
    }
}
