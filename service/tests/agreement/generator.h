// service/tests/agreement/generator.h: random expressions, queries and records from a seed. Thread: its
// owner's.
#pragma once

#include "service/tests/agreement/expression.h"
#include "service/tests/agreement/query.h"

#include <random>

namespace turgo::agreement
{

class Random
{
public:
    explicit Random(uint64_t seed) : random_(seed)
    {
    }
    size_t below(size_t n)
    {
        return random_() % n;
    }
    bool one_in(size_t n)
    {
        return below(n) == 0;
    }
    template <typename T> T pick(std::initializer_list<T> choices)
    {
        return *(choices.begin() + below(choices.size()));
    }

private:
    std::mt19937_64 random_;
};

// Expressions over the columns of a source, of the type that is asked for.
class ExpressionGenerator
{
public:
    ExpressionGenerator(Random &random, const std::vector<Column> &columns)
        : random_(random), columns_(columns)
    {
    }
    Expr make(const Type &type, int depth);
    Expr any(int depth); // of any type that can be a column of a sink
    Expr literal(const Type &type);
    Value value(const Type &type);
    Type number_type();

private:
    Expr leaf(const Type &type);
    Expr make_int(int depth);
    Expr make_whole(const Type &type, int depth);
    Expr make_double(int depth);
    Expr make_decimal(const Type &type, int depth);
    Expr make_text(int depth);
    Expr make_boolean(int depth);
    Expr make_list(int depth);
    Expr make_map(int depth);
    Expr make_pair(int depth);
    Expr common(const Type &type, int depth); // what there is for all types
    Expr comparison(int depth);
    Expr lambda(const char *name, const Type &type, int depth);
    Expr node(Op op, const Type &type, std::vector<Expr> parts, const std::string &name = "");

    Random &random_;
    const std::vector<Column> &columns_;
    std::vector<Expr> variables_; // of the lambdas around
};

Case make_case(uint64_t seed);

} // namespace turgo::agreement
