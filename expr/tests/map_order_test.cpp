// Maps show their entries in the order of Java's HashMap. Expected values are those of
// JDK 17 for maps made for as many entries as they have.
#include "expr/tests/world.hpp"

namespace
{

struct Case {
    const char *expression;
    const char *result;
};

class MapOrder : public testing::TestWithParam<Case>
{
};

TEST_P(MapOrder, IsJavas)
{
    World world;
    EXPECT_EQ(world.eval(GetParam().expression), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    HashMap, MapOrder,
    testing::Values(Case{"CAST(MAP('yes, thanks' := 1, 'nope' := 2, 'sure, yeah' := 3) AS STRING)",
                         "{yes, thanks=1, sure, yeah=3, nope=2}"},
                    Case{"MAP_KEYS(MAP('zebra' := 1, 'apple' := 2, 'mango' := 3, '😀' := 4))",
                         "[zebra, 😀, apple, mango]"},
                    Case{"MAP_KEYS(MAP(100 := 1, 17 := 2, 33 := 3, -5 := 4))", "[17, 33, 100, -5]"},
                    Case{"MAP_KEYS(MAP(10000000000 := 1, 17 := 2, -3 := 3))", "[10000000000, 17, -3]"},
                    Case{"MAP_KEYS(MAP(1.5e0 := 1, 2.25e0 := 2, -7e0 := 3))", "[1.5, -7.0, 2.25]"},
                    Case{"MAP_KEYS(MAP(1.50 := 1, 22.25 := 2, -7.00 := 3))", "[1.50, 22.25, -7.00]"},
                    Case{"MAP_KEYS(MAP('a1' := 1, 'b2' := 1, 'c3' := 1, 'd4' := 1, 'e5' := 1, 'f6' := 1, "
                         "'g7' := 1, 'h8' := 1,"
                         " 'i9' := 1, 'j10' := 1, 'k11' := 1, 'l12' := 1, 'm13' := 1, 'n14' := 1))",
                         "[j10, k11, l12, m13, b2, d4, f6, h8, n14, a1, c3, e5, g7, i9]"}));

} // namespace
