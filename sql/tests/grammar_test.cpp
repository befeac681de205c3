// docs/grammar.md and the parser are the same language as far as chance finds out: sentences made from the
// page at random parse, and reach the formatter's fixpoint. A sentence may be refused for what it means (the
// scale of a DECIMAL, KEY in a table), never because something else was expected.
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "sql/tests/statements.hpp"

namespace
{

// A piece of a rule: a word or symbol, another rule, or one of the combinations.
struct Piece {
    enum Kind { LITERAL, RULE, SEQUENCE, CHOICE, OPTIONAL, REPEATED } kind;
    std::string text;
    std::vector<Piece> parts;
};

class RuleReader
{
public:
    explicit RuleReader(const std::string &definition) : text(definition)
    {
        advance();
    }
    Piece choice()
    {
        Piece piece = {Piece::CHOICE, "", {sequence()}};
        while (token == "|") {
            advance();
            piece.parts.push_back(sequence());
        }
        return piece;
    }

private:
    Piece sequence()
    {
        Piece piece = {Piece::SEQUENCE, "", {}};
        while (!token.empty() && token != "|" && token != ")" && token != "]" && token != "}")
            piece.parts.push_back(item());
        return piece;
    }
    Piece item()
    {
        std::string first = token;
        advance();
        if (first != "(" && first != "[" && first != "{")
            return first[0] == '"' ? Piece{Piece::LITERAL, first.substr(1, first.size() - 2), {}}
                                   : Piece{Piece::RULE, first, {}};
        Piece inside = choice();
        advance();
        Piece::Kind kind = first == "[" ? Piece::OPTIONAL : first == "{" ? Piece::REPEATED : Piece::SEQUENCE;
        return Piece{kind, "", {inside}};
    }
    void advance()
    {
        while (at < text.size() && text[at] == ' ')
            at++;
        size_t start = at;
        if (at >= text.size()) {
            token.clear();
            return;
        }
        if (text[at] == '"')
            at = text.find('"', at + 1) + 1;
        else if (isalpha(text[at]) || text[at] == '_')
            while (at < text.size() && (isalpha(text[at]) || text[at] == '_'))
                at++;
        else
            at++;
        token = text.substr(start, at - start);
    }

    std::string text, token;
    size_t at = 0;
};

std::map<std::string, Piece> read_rules()
{
    std::map<std::string, Piece> rules;
    std::ifstream page(TG_SOURCE_DIR "/docs/grammar.md");
    std::string line, name, definition;
    bool in_rules = false;
    while (std::getline(page, line)) {
        bool fence = line.rfind("```", 0) == 0;
        size_t equals = line.find(" = ");
        bool continued = line.rfind("    ", 0) == 0;
        if (!name.empty() && (fence || !continued)) {
            rules[name] = RuleReader(definition.substr(0, definition.find(" -- "))).choice();
            name.clear();
        }
        if (fence) {
            in_rules = line == "```ebnf";
        } else if (in_rules && continued) {
            definition += " " + line.substr(4);
        } else if (in_rules && equals != std::string::npos) {
            name = line.substr(0, equals);
            definition = line.substr(equals + 3);
        }
    }
    return rules;
}

class Generator
{
public:
    explicit Generator(unsigned seed) : random(seed), rules(read_rules())
    {
    }
    size_t rule_count() const
    {
        return rules.size();
    }
    std::string sentence(const std::string &rule)
    {
        out.clear();
        write_rule(rule, 0);
        return out;
    }

private:
    // Far down or in a long sentence, the shortest way to the end: no options, no repetitions, plain names.
    static constexpr int depth_max = 40;
    static constexpr size_t length_max = 300;

    bool hurry(int depth) const
    {
        return depth > depth_max || out.size() > length_max;
    }

    size_t below(size_t count)
    {
        return std::uniform_int_distribution<size_t>(0, count - 1)(random);
    }
    std::string terminal(const std::string &name)
    {
        static const std::map<std::string, std::vector<std::string>> texts = {
            {"NAME", {"a", "B", "stream_1", "x@y", "1st"}},
            {"QUOTED_NAME", {"`q r`", "\"Quoted\"", "`SELECT`", "`a``b`"}},
            {"FREE_WORD", {"KEY", "ID", "SOURCE", "CHANGES", "Type"}},
            {"STRING", {"'a'", "''", "'it''s'", "'2024-01-01'"}},
            {"INTEGER_VALUE", {"3", "12", "0"}},
            {"DECIMAL_VALUE", {"1.50", ".5", "1."}},
            {"DOUBLE_VALUE", {"1e3", "1.5E-3"}},
        };
        const std::vector<std::string> &choices = texts.at(name);
        return choices[below(choices.size())];
    }
    void write_rule(const std::string &name, int depth)
    {
        auto rule = rules.find(name);
        if (rule == rules.end())
            out += terminal(name) + " ";
        else if (hurry(depth) &&
                 (name == "expression" || name == "value" || name == "primary" || name == "unary"))
            out += "a ";
        else if (hurry(depth) && name == "type")
            out += "INT ";
        else if (hurry(depth) && name == "statement")
            out += "SHOW TABLES ";
        else
            write(rule->second, depth + 1);
    }
    void write(const Piece &piece, int depth)
    {
        switch (piece.kind) {
        case Piece::LITERAL:
            out += piece.text + " ";
            break;
        case Piece::RULE:
            write_rule(piece.text, depth);
            break;
        case Piece::SEQUENCE:
            for (const Piece &part : piece.parts)
                write(part, depth);
            break;
        case Piece::CHOICE:
            write(piece.parts[below(piece.parts.size())], depth);
            break;
        case Piece::OPTIONAL:
            if (!hurry(depth) && below(2) == 0)
                write(piece.parts[0], depth);
            break;
        case Piece::REPEATED:
            for (size_t count = hurry(depth) ? 0 : below(3); count > 0; count--)
                write(piece.parts[0], depth);
            break;
        }
    }

    std::mt19937 random;
    std::map<std::string, Piece> rules;
    std::string out;
};

bool is_refused_for_its_meaning(const Parsed &parsed)
{
    return parsed.code != TG_OK && std::string(parsed.error.message).rfind("expected ", 0) != 0;
}

TEST(Grammar, SentencesOfThePageParse)
{
    const unsigned seed = 20240117;
    Generator generator(seed);
    ASSERT_GT(generator.rule_count(), 80u);
    size_t parsed_count = 0;
    for (int i = 0; i < 20000; i++) {
        std::string sentence = generator.sentence("statement");
        Parsed first(sentence, true);
        if (is_refused_for_its_meaning(first))
            continue;
        ASSERT_EQ(first.code, TG_OK) << first.error.message << " at column " << first.error.place.column
                                     << "\n"
                                     << sentence;
        Parsed second(first.format(), true);
        ASSERT_EQ(second.code, TG_OK) << second.error.message << "\n" << sentence << "\n" << first.format();
        ASSERT_EQ(second.format(), first.format()) << sentence;
        parsed_count++;
    }
    EXPECT_GT(parsed_count, 15000u);
}

} // namespace
