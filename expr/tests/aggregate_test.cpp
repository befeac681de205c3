// Aggregates: undo takes back what add did, merging partial states equals one state, and what is refused.
#include "expr/resolve.h"
#include "expr/tests/aggregation.hpp"

namespace
{

struct Example {
    const char *name;
    const char *rows;      // of the column
    const char *constants; // further arguments
};

class Aggregate : public testing::TestWithParam<Example>
{
protected:
    std::vector<const tg_expr *> list(const char *text)
    {
        return Parser(world_.arena_, nullptr, std::string(text) + ")").list(")");
    }

    World world_;
};

TEST_P(Aggregate, UndoTakesBack)
{
    std::vector<const tg_expr *> rows = list(GetParam().rows);
    Aggregation aggregation(GetParam().name, rows, 1, list(GetParam().constants));
    if (aggregation.call().function->aggregate->undo == nullptr)
        return;
    Aggregation::State expected = aggregation.start();
    Aggregation::State state = aggregation.start();
    for (uint32_t row = 0; row < rows.size(); row++) {
        ASSERT_EQ(aggregation.add(state, row), TG_OK);
        if (row % 2 == 0) {
            ASSERT_EQ(aggregation.add(expected, row), TG_OK);
        }
    }
    for (uint32_t row = 1; row < rows.size(); row += 2)
        ASSERT_EQ(aggregation.undo(state, row), TG_OK);
    EXPECT_EQ(aggregation.result(state), aggregation.result(expected));
    for (uint32_t row = 0; row < rows.size(); row += 2)
        ASSERT_EQ(aggregation.undo(state, row), TG_OK);
    Aggregation::State empty = aggregation.start();
    EXPECT_EQ(aggregation.result(state), aggregation.result(empty));
}

TEST_P(Aggregate, MergedPartsAreTheWhole)
{
    std::vector<const tg_expr *> rows = list(GetParam().rows);
    Aggregation aggregation(GetParam().name, rows, 1, list(GetParam().constants));
    for (uint32_t cut = 0; cut <= rows.size(); cut++) {
        Aggregation::State whole = aggregation.start();
        Aggregation::State first = aggregation.start();
        Aggregation::State second = aggregation.start();
        for (uint32_t row = 0; row < rows.size(); row++) {
            ASSERT_EQ(aggregation.add(whole, row), TG_OK);
            ASSERT_EQ(aggregation.add(row < cut ? first : second, row), TG_OK);
        }
        ASSERT_EQ(aggregation.merge(first, second), TG_OK);
        EXPECT_EQ(aggregation.result(first), aggregation.result(whole)) << "cut at " << cut;
    }
}

const Example examples[] = {
    {"COUNT", "1, NULL, 3, 4, 5", ""},
    {"SUM", "1, NULL, 2147483647, 4, -5", ""},
    {"SUM", "3000000000, NULL, 9000000000000000000, 4", ""},
    {"SUM", "1.5e0, NULL, 2.25e0, 4e0", ""},
    {"SUM", "1.50, NULL, 2.25, 4.00", ""},
    {"AVG", "1, NULL, 3, 4, 5", ""},
    {"AVG", "3000000000, NULL, 3000000002", ""},
    {"AVG", "1.5e0, NULL, 2.25e0, 4e0", ""},
    {"MIN", "3, NULL, 1, 2", ""},
    {"MAX", "3, NULL, 1, 5, 2", ""},
    {"MIN", "'b', NULL, 'a', 'c'", ""},
    {"MAX", "'b', NULL, 'a', 'c'", ""},
    {"MAX", "1.5, NULL, -1.5, 2.5", ""},
    {"MIN", "1e0, NULL, 0e0 / 0, -2e0", ""},
    {"MAX", "NULL, CAST(NULL AS STRING), NULL", ""},
    {"COLLECT_LIST", "1, NULL, 3, NULL, 1", ""},
    {"COLLECT_LIST", "ARRAY['a', NULL], ARRAY[''], CAST(NULL AS ARRAY<STRING>), ARRAY['b']", ""},
    {"COLLECT_LIST", "STRUCT(A := 1, M := MAP('k' := 1.5)), NULL, STRUCT(A := 2, M := MAP('l' := 2.5))", ""},
    {"COUNT_DISTINCT", "1, 2, 1, NULL, 7, 2, 9", ""},
    {"COLLECT_SET", "1, NULL, 3, NULL, 1", ""},
    {"LATEST_BY_OFFSET", "1, 2, NULL, 3, NULL", ""},
    {"LATEST_BY_OFFSET", "'a', 'bb', NULL, 'ccc', NULL", "2"},
    {"LATEST_BY_OFFSET", "1, 2, NULL, 3, NULL", "3, FALSE"},
    {"STDDEV_SAMPLE", "1e0, NULL, 3e0, 8e0, 2e0", ""},
    {"STDDEV_SAMP", "1e0, NULL, 3e0, 8e0", ""},
    {"SUM_LIST", "ARRAY[1, 2], CAST(NULL AS ARRAY<INT>), ARRAY[NULL, 3]", ""},
    {"SUM_LIST", "ARRAY[1.5e0], ARRAY[2.25e0, NULL]", ""},
    {"ATTR", "'a', 'a', 'b', NULL", ""},
    {"ATTR", "'a', 'b', 'a', 'b'", ""},
    {"HISTOGRAM", "'a', 'b', NULL, 'a', 'c'", ""},
    {"TOPK", "3, 1, NULL, 2, 3, 5", "3"},
    {"TOPK", "'b', 'a', 'c', 'b'", "2"},
    {"TOPKDISTINCT", "3, 1, NULL, 2, 3, 5, 5", "3"},
    {"TOPKDISTINCT", "1.5, 2.5, 2.5, -1.0", "2"},
    {"TOPK", "1e0, -1e0, 0e0", "2"},
    {"TOPK", "3, 1, 2, 0, 5, 5, 4, NULL, 9, 1, 9", "4"},
    {"TOPK", "'b', 'ab', '', 'abc', 'b', 'c'", "1"},
    {"EARLIEST_BY_OFFSET", "NULL, 1, 2, NULL, 3", ""},
    {"EARLIEST_BY_OFFSET", "NULL, 1, 2, NULL, 3", "FALSE"},
    {"EARLIEST_BY_OFFSET", "NULL, 'a', 'b', NULL, 'c'", "2"},
};
INSTANTIATE_TEST_SUITE_P(Aggregates, Aggregate, testing::ValuesIn(examples));

TEST_F(Aggregate, SumOfNothingIsZeroAndOtherResultsAreNull)
{
    auto empty = [&](const char *name, const char *row) {
        Aggregation aggregation(name, list(row), 1, {});
        Aggregation::State state = aggregation.start();
        return aggregation.result(state);
    };
    EXPECT_EQ(empty("SUM", "1"), "0");
    EXPECT_EQ(empty("SUM", "1.25"), "0.00");
    EXPECT_EQ(empty("AVG", "1"), "0.0");
    EXPECT_EQ(empty("COUNT", "1"), "0");
    EXPECT_EQ(empty("MIN", "1"), "NULL");
    EXPECT_EQ(empty("MAX", "'a'"), "NULL");
    EXPECT_EQ(empty("COLLECT_LIST", "1"), "[]");
    EXPECT_EQ(empty("LATEST_BY_OFFSET", "1"), "NULL");
}

TEST_F(Aggregate, DecimalSumThatOutgrowsItsTypeStops)
{
    Aggregation aggregation("SUM", list("500.9, 300.8, 400.8"), 1, {});
    Aggregation::State state = aggregation.start();
    EXPECT_EQ(aggregation.add(state, 0), TG_OK);
    EXPECT_EQ(aggregation.add(state, 1), TG_OK);
    EXPECT_EQ(aggregation.result(state), "801.7");
    EXPECT_EQ(aggregation.add(state, 2), TG_CODE_EXPRESSION);
    EXPECT_STREQ(aggregation.error_.message, "a SUM outgrew its type DECIMAL(4, 1)");
}

TEST_F(Aggregate, SpreadAndCorrelationHaveJavasDigits)
{
    auto result = [&](const char *name, const char *rows, uint32_t columns) {
        std::vector<const tg_expr *> items = list(rows);
        Aggregation aggregation(name, items, columns, {});
        Aggregation::State state = aggregation.start();
        for (uint32_t row = 0; row < items.size(); row++)
            EXPECT_EQ(aggregation.add(state, row), TG_OK);
        return aggregation.result(state);
    };
    EXPECT_EQ(result("STDDEV_SAMP", "10e0, 12e0, 13e0", 1), "2.333333333333333");
    EXPECT_EQ(result("STDDEV_SAMPLE", "0e0, 10e0", 1), "7.0710678118654755");
    EXPECT_EQ(result("STDDEV_SAMPLE", "10e0", 1), "0.0");
    EXPECT_EQ(result("CORRELATION", "1e0", 2), "NaN");
}

TEST_F(Aggregate, DamagedStateIsRefused)
{
    Aggregation aggregation("COLLECT_SET", list("'a', 'b'"), 1, {});
    Aggregation::State state = aggregation.start();
    EXPECT_EQ(aggregation.add(state, 0), TG_OK);
    state.blob[1] = 100; // the length of the text
    EXPECT_EQ(aggregation.add(state, 1), TG_CODE_CORRUPT);
}

TEST_F(Aggregate, StatesAreTheSameBytesForEver)
{
    auto bytes = [&](const char *name, const char *rows) {
        std::vector<const tg_expr *> items = list(rows);
        Aggregation aggregation(name, items, 1, {});
        Aggregation::State state = aggregation.start();
        for (uint32_t row = 0; row < items.size(); row++)
            EXPECT_EQ(aggregation.add(state, row), TG_OK);
        std::string text;
        char hex[3];
        std::string all(state.fixed.begin() + 1, state.fixed.end());
        all += "|" + state.blob;
        for (char c : all) {
            (void)snprintf(hex, sizeof hex, "%02x", static_cast<unsigned char>(c));
            text += c == '|' ? "|" : hex;
        }
        return text;
    };
    EXPECT_EQ(bytes("COUNT", "1, 2"), "0200000000000000|");
    EXPECT_EQ(bytes("SUM", "1, 257"), "02010000|");
    EXPECT_EQ(bytes("SUM", "3000000000"), "005ed0b200000000|");
    EXPECT_EQ(bytes("SUM", "1.5e0"), "000000000000f83f|");
    EXPECT_EQ(bytes("SUM", "-0.01"), "ffffffffffffffffffffffffffffffff|");
    EXPECT_EQ(bytes("AVG", "1, 2"), "03000000000000000200000000000000|");
    EXPECT_EQ(bytes("MIN", "1"), "0101000000|");
    EXPECT_EQ(bytes("MAX", "'ab'"), "01|6162");
    EXPECT_EQ(bytes("COLLECT_LIST", "1, NULL"), "02000000|010100000000");
    EXPECT_EQ(bytes("LATEST_BY_OFFSET", "'a', 'b'"), "01000000|0100000000000000010100000062");
}

TEST_F(Aggregate, RefusesArgumentsThatAreNotConstant)
{
    World world("A INT, N INT");
    tg_function_call call;
    tg_error error;
    const tg_expr *arguments[] = {world.parse("A"), world.parse("N")};
    EXPECT_EQ(tg_function_resolve(world.arena_, TG_FUNCTION_AGGREGATE, tg_slice_text("LATEST_BY_OFFSET"),
                                  arguments, 2, {}, &call, &error),
              TG_CODE_TYPE);
    EXPECT_STREQ(error.message, "argument 2 must be a constant");
    arguments[1] = world.parse("0");
    EXPECT_EQ(tg_function_resolve(world.arena_, TG_FUNCTION_AGGREGATE, tg_slice_text("LATEST_BY_OFFSET"),
                                  arguments, 2, {}, &call, &error),
              TG_CODE_TYPE);
    arguments[0] = world.parse("'text'");
    EXPECT_EQ(tg_function_resolve(world.arena_, TG_FUNCTION_AGGREGATE, tg_slice_text("SUM"), arguments, 1, {},
                                  &call, &error),
              TG_CODE_TYPE);
    EXPECT_STREQ(error.message, "SUM does not take (STRING)");
}

// Few values are counted exactly, many within two percent; states of both forms merge.
TEST(CountDistinct, EstimatesManyValues)
{
    World world;
    std::vector<const tg_expr *> rows;
    for (int i = 0; i < 3000; i++)
        rows.push_back(world.parse(std::to_string(i * 7919)));
    Aggregation aggregation("COUNT_DISTINCT", rows, 1, {});
    Aggregation::State few = aggregation.start();
    Aggregation::State many = aggregation.start();
    for (uint32_t row = 0; row < 1000; row++)
        ASSERT_EQ(aggregation.add(few, row), TG_OK);
    EXPECT_EQ(aggregation.result(few), "1000");
    for (uint32_t row = 500; row < 3000; row++)
        ASSERT_EQ(aggregation.add(many, row), TG_OK);
    EXPECT_NEAR(std::stod(aggregation.result(many)), 2500, 50);
    ASSERT_EQ(aggregation.merge(few, many), TG_OK);
    EXPECT_NEAR(std::stod(aggregation.result(few)), 3000, 60);
}

} // namespace
