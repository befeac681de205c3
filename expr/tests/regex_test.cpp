// Regular expressions: what Java's mean where PCRE2's own would differ, and what is refused. Expected values
// are those of JDK 17.
#include "expr/tests/world.hpp"

namespace
{

struct Case {
    const char *expression;
    const char *result;
};

class Regex : public testing::TestWithParam<Case>
{
};

TEST_P(Regex, IsJavas)
{
    World world;
    EXPECT_EQ(world.eval(GetParam().expression), GetParam().result) << GetParam().expression;
}

INSTANTIATE_TEST_SUITE_P(Classes, Regex,
                         testing::Values(Case{"REGEXP_EXTRACT('[a-z&&[^aeiou]]+', 'aeixyz')", "xyz"},
                                         Case{"REGEXP_EXTRACT('[a-c[x-z]]+', 'dabxe')", "abx"},
                                         Case{"REGEXP_EXTRACT('[^a-c[x-z]]+', 'abxdeyz')", "de"},
                                         Case{"REGEXP_EXTRACT('[[:alpha:]]+', 'xyz:alpha')", ":alpha"},
                                         Case{"REGEXP_EXTRACT('[a&&b]', 'ab')", "NULL"},
                                         Case{"REGEXP_EXTRACT('[\\w&&[^\\d]]+', '12ab_3')", "ab_"},
                                         Case{"REGEXP_EXTRACT('[]a]+', 'x]a]')", "]a]"},
                                         Case{"REGEXP_EXTRACT('[\\D&&\\W]+', 'a1 -b')", " -"},
                                         Case{"REGEXP_EXTRACT('\\p{IsLatin}+', 'жaé')", "aé"},
                                         Case{"REGEXP_EXTRACT('\\p{javaLowerCase}+', 'Aéß')", "éß"},
                                         Case{"REGEXP_EXTRACT('\\p{Alpha}+', 'éab')", "ab"},
                                         Case{"REGEXP_EXTRACT('\\w+', 'éa')", "a"}));

INSTANTIATE_TEST_SUITE_P(Flags, Regex,
                         testing::Values(Case{"REGEXP_EXTRACT('(?i)É', 'é')", "NULL"},
                                         Case{"REGEXP_EXTRACT('(?iu)É', 'é')", "é"},
                                         Case{"REGEXP_EXTRACT('(?i)k+', 'kK')", "kK"},
                                         Case{"REGEXP_EXTRACT('(?i)[^b]', 'B')", "NULL"},
                                         Case{"REGEXP_EXTRACT('a(?i)b(?-i)c', 'aBc')", "aBc"},
                                         Case{"REGEXP_EXTRACT('(?x) a b # rest', 'ab')", "ab"},
                                         Case{"REGEXP_EXTRACT('\\Qa.b\\E', 'axb a.b')", "a.b"},
                                         Case{"REGEXP_EXTRACT('a{2}{3}', 'aaa')", "aa"},
                                         Case{"REGEXP_EXTRACT('(a)\\11', 'aa1')", "aa1"},
                                         Case{"REGEXP_EXTRACT('(?<n>a)\\k<n>', 'aa')", "aa"},
                                         Case{"REGEXP_EXTRACT('\\b.', 'éa')", "é"},
                                         Case{"REGEXP_EXTRACT('\\uD83D\\uDE00', 'x😀')", "😀"}));

// The end of a line is any of Java's; \r\n is one.
TEST(RegexLines, EndsAreJavas)
{
    World world("S STRING");
    world.set(0, 0, "'a'");
    world.column(0)->values.bytes[0] = tg_slice_text("a\r\n");
    EXPECT_EQ(world.eval("REGEXP_EXTRACT('a$', S)"), "a");
    world.column(0)->values.bytes[0] = tg_slice_text("a\xE2\x80\xA8"
                                                     "b");
    EXPECT_EQ(world.eval("REGEXP_EXTRACT('a.b', S)"), "NULL");
    EXPECT_EQ(world.eval("REGEXP_EXTRACT('(?m)^b$', S)"), "b");
    world.column(0)->values.bytes[0] = tg_slice_text("a\vb");
    EXPECT_EQ(world.eval("REGEXP_EXTRACT('(?m)a$', S)"), "NULL");
}

INSTANTIATE_TEST_SUITE_P(Functions, Regex,
                         testing::Values(Case{"REGEXP_EXTRACT('(a)|(b)', 'b', 1)", "NULL"},
                                         Case{"REGEXP_EXTRACT('a', 'a', 1)", "NULL"},
                                         Case{"REGEXP_EXTRACT_ALL('a*', 'baac')", "[, aa, , ]"},
                                         Case{"REGEXP_EXTRACT_ALL('x', 'abc')", "[]"},
                                         Case{"REGEXP_REPLACE('abc', '', '-')", "-a-b-c-"},
                                         Case{"REGEXP_REPLACE('aabb', '(a+)(?<n>b+)', '${n}\\$$12')",
                                              "bb$aa2"},
                                         Case{"REGEXP_REPLACE('abc', 'x', '$9')", "abc"},
                                         Case{"REGEXP_REPLACE('abc', 'b', '$1')", "NULL"},
                                         Case{"REGEXP_SPLIT_TO_ARRAY('aXbXX', 'X')", "[a, b, , ]"},
                                         Case{"REGEXP_SPLIT_TO_ARRAY('abc', '')", "[a, b, c]"},
                                         Case{"REGEXP_SPLIT_TO_ARRAY('aXbXX', 'X*')", "[a, , b]"},
                                         Case{"REGEXP_SPLIT_TO_ARRAY('', 'X')", "[]"}));

// A search without end is a row's error, a pattern that cannot be is one of the statement.
TEST(RegexLimits, GivesUp)
{
    World world("S STRING");
    world.set(0, 0, "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'");
    EXPECT_EQ(world.eval("REGEXP_EXTRACT('(a+)+$', S)"), "NULL");
    ASSERT_EQ(world.errors().size(), 1U);
    EXPECT_NE(world.errors()[0].find("took too long"), std::string::npos);
}

class RegexRefused : public testing::TestWithParam<const char *>
{
};

TEST_P(RegexRefused, SaysWhy)
{
    World world("S STRING");
    std::string refusal = world.refusal("REGEXP_EXTRACT('" + std::string(GetParam()) + "', S)");
    EXPECT_EQ(refusal.rfind("regular expression '", 0), 0U) << refusal;
}

INSTANTIATE_TEST_SUITE_P(Patterns, RegexRefused,
                         testing::Values("(", ")", "a**", "*", "[a", "[z-a]", "a{,3}", "a{3,2}", "\\y", "\\",
                                         "(?#x)", "(?U)a", "(?P<n>a)", "(?<a_b>a)", "\\p{XYZ}",
                                         "\\p{IsEmoji}", "[&&]", "\\k<x>", "(?<=a+)b", "\\08", "(?R)",
                                         "\\uD83D", "\\b{g}", "[\\b]", "[\\1]", "\\x{110000}"));

} // namespace
