// service/tests/agreement/expression.h: expressions of the naive model: a tree, its SQL, and its value for
// one row. Written apart from the engine's evaluator: no batches, no types but the model's own, no shared
// parts. Thread: any.
#pragma once

#include "service/tests/agreement/value.h"

#include <map>
#include <memory>

namespace turgo::agreement
{

enum class Op {
    Column,   // `name` of the row's value number `index`; also what stands for an aggregate's result
    Literal,  // `value`
    Variable, // of a lambda
    Arithmetic,
    Negate,
    Compare,
    And,
    Or,
    Not,
    Case, // condition, result, ..., [otherwise]
    Cast,
    IsNull,
    IsNotNull,
    In,
    Between,
    Like,
    Element, // list[i], map[k]
    Field,   // pair->X, pair->Z
    MakeList,
    MakeMap,
    MakePair,
    Call, // a function by `name`; a lambda is its last argument, with its variables in `names`
};

struct Node;
using Expr = std::shared_ptr<const Node>;

struct Node {
    Op op = Op::Literal;
    Type type;
    std::string name; // of a column, variable, operator, function or field
    size_t index = 0;
    Value value;
    std::vector<Expr> parts;
    std::vector<std::string> variables; // of the lambda that is the last part
};

struct Row {
    const std::vector<Value> *columns = nullptr;
    std::map<std::string, Value> variables;
};

std::string sql_of(const Node &node);
Value evaluate(const Node &node, const Row &row);

} // namespace turgo::agreement
