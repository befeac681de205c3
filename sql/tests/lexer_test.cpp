// Tokens and keywords.
#include <gtest/gtest.h>

#include "sql/lexer.h"

namespace
{

struct Case {
    const char *name;
    const char *sql;
    std::vector<std::pair<tg_token_kind, std::string>> tokens;
};

class Lexer : public testing::TestWithParam<Case>
{
};

TEST_P(Lexer, ReadsTokens)
{
    tg_arena *arena = tg_arena_new(0);
    tg_lexer lexer = {arena, tg_slice_text(GetParam().sql), 0, nullptr};
    std::vector<std::pair<tg_token_kind, std::string>> found;
    tg_error error = {};
    for (;;) {
        tg_token token;
        ASSERT_EQ(tg_lexer_next(&lexer, &token, &error), TG_OK) << error.message;
        if (token.kind == TG_TOKEN_END)
            break;
        found.emplace_back(token.kind,
                           std::string(reinterpret_cast<const char *>(token.text.data), token.text.length));
    }
    EXPECT_EQ(found, GetParam().tokens);
    tg_arena_free(arena);
}

INSTANTIATE_TEST_SUITE_P(
    Sql, Lexer,
    testing::Values(
        Case{"names",
             "abc _X1@ `a b` \"c\"\"d\" `e``f`",
             {{TG_TOKEN_NAME, "ABC"},
              {TG_TOKEN_NAME, "_X1@"},
              {TG_TOKEN_QUOTED_NAME, "a b"},
              {TG_TOKEN_QUOTED_NAME, "c\"d"},
              {TG_TOKEN_QUOTED_NAME, "e`f"}}},
        Case{"words",
             "select Select `select`",
             {{TG_WORD_SELECT, "SELECT"}, {TG_WORD_SELECT, "SELECT"}, {TG_TOKEN_QUOTED_NAME, "select"}}},
        Case{"strings",
             "'a' '' 'it''s' 'two\nlines' '\xC3\xA4'",
             {{TG_TOKEN_STRING, "a"},
              {TG_TOKEN_STRING, ""},
              {TG_TOKEN_STRING, "it's"},
              {TG_TOKEN_STRING, "two\nlines"},
              {TG_TOKEN_STRING, "\xC3\xA4"}}},
        Case{"numbers",
             "1 01 1.5 1. .5 1e5 1.5E-3 .5e+1",
             {{TG_TOKEN_INTEGER, "1"},
              {TG_TOKEN_INTEGER, "01"},
              {TG_TOKEN_DECIMAL, "1.5"},
              {TG_TOKEN_DECIMAL, "1."},
              {TG_TOKEN_DECIMAL, ".5"},
              {TG_TOKEN_DOUBLE, "1e5"},
              {TG_TOKEN_DOUBLE, "1.5E-3"},
              {TG_TOKEN_DOUBLE, ".5e+1"}}},
        Case{"names_with_digits",
             "1st 1e 1e5x",
             {{TG_TOKEN_NAME, "1ST"}, {TG_TOKEN_NAME, "1E"}, {TG_TOKEN_NAME, "1E5X"}}},
        Case{"symbols",
             "<>!=<=>=||:=->=>;,.()[]=<>",
             {{TG_TOKEN_NOT_EQUAL, "<>"},
              {TG_TOKEN_NOT_EQUAL, "!="},
              {TG_TOKEN_LESS_EQUAL, "<="},
              {TG_TOKEN_GREATER_EQUAL, ">="},
              {TG_TOKEN_CONCAT, "||"},
              {TG_TOKEN_ASSIGN, ":="},
              {TG_TOKEN_ARROW, "->"},
              {TG_TOKEN_LAMBDA_ARROW, "=>"},
              {TG_TOKEN_SEMICOLON, ";"},
              {TG_TOKEN_COMMA, ","},
              {TG_TOKEN_DOT, "."},
              {TG_TOKEN_LEFT_PAREN, "("},
              {TG_TOKEN_RIGHT_PAREN, ")"},
              {TG_TOKEN_LEFT_BRACKET, "["},
              {TG_TOKEN_RIGHT_BRACKET, "]"},
              {TG_TOKEN_EQUAL, "="},
              {TG_TOKEN_NOT_EQUAL, "<>"}}},
        Case{"arithmetic",
             "a+-*/%<>",
             {{TG_TOKEN_NAME, "A"},
              {TG_TOKEN_PLUS, "+"},
              {TG_TOKEN_MINUS, "-"},
              {TG_TOKEN_STAR, "*"},
              {TG_TOKEN_SLASH, "/"},
              {TG_TOKEN_PERCENT, "%"},
              {TG_TOKEN_NOT_EQUAL, "<>"}}},
        Case{"comments",
             "a--b\nc/* d\n'e */f/**/--",
             {{TG_TOKEN_NAME, "A"}, {TG_TOKEN_NAME, "C"}, {TG_TOKEN_NAME, "F"}}},
        Case{"a_variable_in_a_string_stays_if_there_are_none", "'${x}'", {{TG_TOKEN_STRING, "${x}"}}}),
    [](const auto &tested) { return std::string(tested.param.name); });

TEST(Keywords, AreSortedAndFound)
{
    for (int kind = TG_TOKEN_FIRST_WORD; kind < TG_TOKEN_KIND_COUNT; kind++) {
        std::string text = tg_keyword_text(static_cast<tg_token_kind>(kind));
        EXPECT_EQ(tg_keyword_find(tg_slice_of(text.data(), text.size())), kind) << text;
        std::string longer = text + "_";
        EXPECT_EQ(tg_keyword_find(tg_slice_of(longer.data(), longer.size())), TG_TOKEN_NAME) << longer;
        for (char &c : text)
            c = static_cast<char>(tolower(c));
        EXPECT_EQ(tg_keyword_find(tg_slice_of(text.data(), text.size())), kind) << text;
        if (kind > TG_TOKEN_FIRST_WORD) {
            std::string before = tg_keyword_text(static_cast<tg_token_kind>(kind - 1));
            EXPECT_LT(before, tg_keyword_text(static_cast<tg_token_kind>(kind)));
        }
    }
    EXPECT_EQ(tg_keyword_find(tg_slice_text("SELEC")), TG_TOKEN_NAME);
    EXPECT_EQ(tg_keyword_find(tg_slice_text("")), TG_TOKEN_NAME);
}

} // namespace
