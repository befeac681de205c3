// expr/tests/parser.hpp: a small reader of SQL-like expressions for tests, on top of the builders. Also reads
// the examples of the registry's rows. Thread: its owner's.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "base/text.h"
#include "data/number.h"
#include "expr/function.h"

// What the builders refused; what() is "message | hint".
class Refused : public std::runtime_error
{
public:
    explicit Refused(const tg_error &error)
        : std::runtime_error(std::string(error.message) +
                             (error.hint[0] != '\0' ? " | " + std::string(error.hint) : "")),
          code(error.code)
    {
    }
    tg_code code;
};

class Parser
{
public:
    using Expr = const tg_expr *;

    Parser(tg_arena *arena, const tg_schema *schema, std::string text)
        : arena_(arena), schema_(schema), text_(std::move(text))
    {
    }

    Expr parse()
    {
        Expr expr = parseOr();
        expectEnd();
        return expr;
    }

    bool take(const std::string &token) // words match whole, without case
    {
        skipSpaces();
        if (token.size() > text_.size() - at_)
            return false;
        for (size_t i = 0; i < token.size(); i++)
            if (std::toupper(text_[at_ + i]) != token[i])
                return false;
        bool word = std::isalpha(token[0]) != 0;
        if (word && at_ + token.size() < text_.size() && isWord(text_[at_ + token.size()]))
            return false;
        at_ += token.size();
        return true;
    }

    void expect(const std::string &token)
    {
        if (!take(token))
            throw std::runtime_error("'" + token + "' expected at " + std::to_string(at_) + " of: " + text_);
    }

    void expectEnd()
    {
        skipSpaces();
        if (at_ != text_.size())
            throw std::runtime_error("the end expected at " + std::to_string(at_) + " of: " + text_);
    }

    std::string word()
    {
        skipSpaces();
        size_t start = at_;
        if (at_ < text_.size() && text_[at_] == '`') { // as it is
            at_ = text_.find('`', start + 1) + 1;
            return text_.substr(start + 1, at_ - start - 2);
        }
        while (at_ < text_.size() && isWord(text_[at_]))
            at_++;
        std::string result = text_.substr(start, at_ - start);
        for (char &c : result)
            c = static_cast<char>(std::toupper(c));
        return result;
    }

    Expr parseOr()
    {
        Expr left = parseAnd();
        while (take("OR"))
            left = andOr(TG_EXPR_OR, left, parseAnd());
        return left;
    }

    Expr call(const std::string &name, const std::vector<Expr> &arguments)
    {
        Expr expr = nullptr;
        check(tg_expr_call(arena_, tg_slice_text(name.c_str()), arguments.data(),
                           static_cast<uint32_t>(arguments.size()), {}, &expr, &error_));
        return expr;
    }

    std::vector<Expr> list(const std::string &end)
    {
        std::vector<Expr> items;
        if (take(end))
            return items;
        do
            items.push_back(parseOr());
        while (take(","));
        expect(end);
        return items;
    }

private:
    static bool isWord(char c)
    {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    }

    void skipSpaces()
    {
        while (at_ < text_.size() && text_[at_] == ' ')
            at_++;
    }

    void check(tg_code code)
    {
        if (code != TG_OK)
            throw Refused(error_);
    }

    Expr andOr(tg_expr_kind kind, Expr left, Expr right)
    {
        Expr expr = nullptr;
        check(tg_expr_and_or(arena_, kind, left, right, {}, &expr, &error_));
        return expr;
    }

    Expr parseAnd()
    {
        Expr left = parseNot();
        while (take("AND"))
            left = andOr(TG_EXPR_AND, left, parseNot());
        return left;
    }

    Expr parseNot()
    {
        return take("NOT") ? call("NOT", {parseNot()}) : parseComparison();
    }

    Expr parseComparison()
    {
        static const char *const symbols[] = {"<=", ">=", "<>", "=", "<", ">"};
        Expr left = parseSum();
        for (const char *symbol : symbols)
            if (take(symbol))
                return call(symbol, {left, parseSum()});
        if (take("IS"))
            return parseIs(left);
        bool negated = take("NOT");
        Expr result = nullptr;
        if (take("LIKE")) {
            std::vector<Expr> parts = {left, parseSum()};
            if (take("ESCAPE"))
                parts.push_back(parseSum());
            result = call("LIKE", parts);
        } else if (take("BETWEEN")) {
            Expr low = parseSum();
            expect("AND");
            result = call("BETWEEN", {left, low, parseSum()});
        } else if (take("IN")) {
            expect("(");
            std::vector<Expr> parts = list(")");
            parts.insert(parts.begin(), left);
            result = call("IN", parts);
        } else {
            return left;
        }
        return negated ? call("NOT", {result}) : result;
    }

    Expr parseIs(Expr left)
    {
        bool negated = take("NOT");
        if (take("NULL"))
            return call(negated ? "IS_NOT_NULL" : "IS_NULL", {left});
        expect("DISTINCT");
        expect("FROM");
        return call(negated ? "IS_NOT_DISTINCT" : "IS_DISTINCT", {left, parseSum()});
    }

    Expr parseSum()
    {
        Expr left = parseProduct();
        for (;;) {
            if (take("+"))
                left = call("+", {left, parseProduct()});
            else if (take("-"))
                left = call("-", {left, parseProduct()});
            else
                return left;
        }
    }

    Expr parseProduct()
    {
        Expr left = parseUnary();
        for (;;) {
            if (take("*"))
                left = call("*", {left, parseUnary()});
            else if (take("/"))
                left = call("/", {left, parseUnary()});
            else if (take("%"))
                left = call("%", {left, parseUnary()});
            else
                return left;
        }
    }

    Expr parseUnary()
    {
        return take("-") ? call("NEG", {parseUnary()}) : parsePostfix();
    }

    Expr parsePostfix()
    {
        Expr value = parsePrimary();
        for (;;) {
            if (take("->")) {
                std::string name = word();
                Expr field = nullptr;
                check(tg_expr_field(arena_, value, tg_slice_text(name.c_str()), {}, &field, &error_));
                value = field;
            } else if (take("[")) {
                Expr index = parseOr();
                expect("]");
                value = call("[]", {value, index});
            } else {
                return value;
            }
        }
    }

    Expr parsePrimary()
    {
        skipSpaces();
        char c = at_ < text_.size() ? text_[at_] : '\0';
        if (c == '\'')
            return string();
        if (std::isdigit(static_cast<unsigned char>(c)) != 0)
            return number();
        if (take("(")) {
            Expr inner = parseOr();
            expect(")");
            return inner;
        }
        if (c == 'X' && at_ + 1 < text_.size() && text_[at_ + 1] == '\'')
            return bytes();
        if (take("TRUE"))
            return tg_expr_boolean(arena_, true, {});
        if (take("FALSE"))
            return tg_expr_boolean(arena_, false, {});
        if (take("NULL"))
            return tg_expr_null(arena_, {});
        if (take("CASE"))
            return parseCase();
        if (take("CAST"))
            return parseCast();
        std::string name = word();
        if (name == "ARRAY" && take("["))
            return call("ARRAY", list("]"));
        if (name == "MAP" && take("("))
            return parseMap();
        if (name == "STRUCT" && take("("))
            return parseStruct();
        return take("(") ? parseCall(name) : parseName(name);
    }

    Expr string()
    {
        std::string value;
        for (at_++; at_ < text_.size(); at_++) {
            if (text_[at_] == '\'' && (at_ + 1 == text_.size() || text_[at_ + 1] != '\''))
                break;
            at_ += text_[at_] == '\'' ? 1 : 0;
            value += text_[at_];
        }
        at_++;
        return tg_expr_string(arena_, tg_slice_of(value.data(), value.size()), {});
    }

    Expr bytes()
    {
        std::string value;
        for (at_ += 2; at_ + 1 < text_.size() && text_[at_] != '\''; at_ += 2)
            value += static_cast<char>(std::stoi(text_.substr(at_, 2), nullptr, 16));
        at_++;
        tg_literal literal = {};
        literal.value.bytes = tg_slice_of(value.data(), value.size());
        return tg_expr_literal(arena_, &tg_type_bytes, literal);
    }

    Expr number()
    {
        size_t start = at_;
        bool real = false;
        bool exact = false;
        while (at_ < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '.' ||
                (real && (text_[at_ - 1] | 0x20) == 'e' && text_[at_] == '-'))) {
            real = real || (text_[at_] | 0x20) == 'e';
            exact = exact || text_[at_] == '.';
            at_++;
        }
        std::string digits = text_.substr(start, at_ - start);
        if (real)
            return tg_expr_double(arena_, std::stod(digits), {});
        Expr expr = nullptr;
        if (exact) {
            check(tg_expr_decimal(arena_, tg_slice_text(digits.c_str()), {}, &expr, &error_));
            return expr;
        }
        int64_t value = std::stoll(digits);
        return value <= INT32_MAX ? tg_expr_int(arena_, static_cast<int32_t>(value), {})
                                  : tg_expr_bigint(arena_, value, {});
    }

    Expr parseCase()
    {
        std::vector<Expr> parts;
        while (take("WHEN")) {
            parts.push_back(parseOr());
            expect("THEN");
            parts.push_back(parseOr());
        }
        if (take("ELSE"))
            parts.push_back(parseOr());
        expect("END");
        Expr expr = nullptr;
        check(tg_expr_case(arena_, parts.data(), static_cast<uint32_t>(parts.size()), {}, &expr, &error_));
        return expr;
    }

    Expr parseCast()
    {
        expect("(");
        Expr value = parseOr();
        expect("AS");
        size_t start = at_;
        int depth = 0;
        for (; at_ < text_.size() && (depth > 0 || text_[at_] != ')'); at_++)
            depth += text_[at_] == '(' ? 1 : text_[at_] == ')' ? -1 : 0;
        const tg_type *type = nullptr;
        std::string spelled = text_.substr(start, at_ - start);
        check(tg_type_parse(arena_, tg_slice_text(spelled.c_str()), &type, &error_));
        expect(")");
        Expr expr = nullptr;
        check(tg_expr_cast(arena_, value, type, {}, &expr, &error_));
        return expr;
    }

    Expr parseMap()
    {
        std::vector<Expr> parts;
        do {
            parts.push_back(parseOr());
            expect(":=");
            parts.push_back(parseOr());
        } while (take(","));
        expect(")");
        return call("MAP", parts);
    }

    Expr parseStruct()
    {
        std::vector<std::string> names;
        std::vector<const char *> texts;
        std::vector<Expr> values;
        do {
            names.push_back(word());
            expect(":=");
            values.push_back(parseOr());
        } while (take(","));
        expect(")");
        for (const std::string &name : names)
            texts.push_back(name.c_str());
        Expr expr = nullptr;
        check(tg_expr_struct(arena_, texts.data(), values.data(), static_cast<uint32_t>(values.size()), {},
                             &expr, &error_));
        return expr;
    }

    // Names of a lambda's parameters if one starts here; nothing is consumed otherwise.
    std::vector<std::string> lambdaNames()
    {
        size_t start = at_;
        std::vector<std::string> names;
        bool list = take("(");
        do
            names.push_back(word());
        while (list && take(","));
        if ((list && !take(")")) || names[0].empty() || !take("=>")) {
            at_ = start;
            return {};
        }
        return names;
    }

    void skipArgument()
    {
        int depth = 0;
        bool quoted = false;
        for (; at_ < text_.size(); at_++) {
            char c = text_[at_];
            quoted = c == '\'' ? !quoted : quoted;
            if (quoted)
                continue;
            if (depth == 0 && (c == ',' || c == ')'))
                return;
            depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
        }
    }

    // Lambdas are built after the other arguments: their parameters' types follow from those.
    Expr parseCall(const std::string &name)
    {
        std::vector<Expr> arguments;
        std::vector<std::pair<size_t, std::vector<std::string>>> lambdas; // where the body starts
        if (take(")"))
            return call(name, {});
        do {
            std::vector<std::string> names = lambdaNames();
            lambdas.emplace_back(at_, names);
            arguments.push_back(nullptr);
            if (names.empty())
                arguments.back() = parseOr();
            else
                skipArgument();
        } while (take(","));
        expect(")");
        size_t end = at_;
        for (size_t i = 0; i < arguments.size(); i++)
            if (!lambdas[i].second.empty())
                arguments[i] = parseLambda(name, arguments, i, lambdas[i]);
        at_ = end;
        return call(name, arguments);
    }

    Expr parseLambda(const std::string &name, const std::vector<Expr> &arguments, size_t position,
                     const std::pair<size_t, std::vector<std::string>> &lambda)
    {
        const tg_type *const *types = nullptr;
        auto count = static_cast<uint32_t>(lambda.second.size());
        tg_function_lambda question = {tg_slice_text(name.c_str()),
                                       arguments.data(),
                                       static_cast<uint32_t>(arguments.size()),
                                       static_cast<uint32_t>(position),
                                       count,
                                       {}};
        check(tg_function_lambda_types(arena_, &question, &types, &error_));
        scopes_.push_back({lambda.second, std::vector<const tg_type *>(types, types + count)});
        at_ = lambda.first;
        Expr body = parseOr();
        scopes_.pop_back();
        return tg_expr_lambda(arena_, body, count, {});
    }

    Expr parseName(const std::string &name)
    {
        for (size_t depth = 0; depth < scopes_.size(); depth++) {
            const Scope &scope = scopes_[scopes_.size() - 1 - depth];
            for (size_t i = 0; i < scope.names.size(); i++)
                if (scope.names[i] == name)
                    return tg_expr_parameter(arena_, name.c_str(), static_cast<uint32_t>(depth),
                                             static_cast<uint32_t>(i), scope.types[i], {});
        }
        int32_t column =
            schema_ == nullptr ? TG_SCHEMA_NONE : tg_schema_find(schema_, tg_slice_text(name.c_str()));
        if (column == TG_SCHEMA_NONE)
            throw std::runtime_error("no column '" + name + "' at " + std::to_string(at_) + " of: " + text_);
        return tg_expr_column(arena_, schema_, static_cast<uint32_t>(column), {});
    }

    struct Scope {
        std::vector<std::string> names;
        std::vector<const tg_type *> types;
    };

    tg_arena *arena_;
    const tg_schema *schema_;
    std::string text_;
    size_t at_ = 0;
    tg_error error_ = {};
    std::vector<Scope> scopes_;
};
