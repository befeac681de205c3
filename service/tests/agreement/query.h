// service/tests/agreement/query.h: a small query with its input as data: what is generated, shrunk, written
// as a job, and computed by the naive model. Thread: any.
#pragma once

#include "service/tests/agreement/expression.h"

#include <optional>

namespace turgo::agreement
{

struct Column {
    std::string name;
    Type type;
};

// Column 0 is the key.
struct Input {
    int32_t partition = 0;
    int64_t time = 0;
    bool tombstone = false;
    std::string malformed; // these bytes instead of a value
    std::vector<Value> values;
};

enum class Window { None, Tumbling, Hopping, Session };

struct Aggregate {
    std::string name; // COUNT, SUM, ...
    Expr argument;    // null: COUNT(*)
    int limit = 0;    // TOPK, LATEST_BY_OFFSET(x, n)
    Type type;        // of the result; of elements, if it is a list
};

struct Query {
    std::vector<Column> columns; // of the source
    bool table = false;          // the source is a table: a row replaces the last one of its key
    int32_t partitions = 1;
    bool time_column = false; // the row time is column L
    Expr where;               // may be null
    Expr partition_by;        // may be null
    std::vector<Expr> select; // of a query without aggregates
    // with aggregates:
    std::vector<Expr> group;
    std::vector<Aggregate> aggregates;
    Expr having; // over the aggregates: column i is aggregate i
    Window window = Window::None;
    int64_t size_ms = 0, advance_ms = 0, grace_ms = -1; // size: of a session its gap; grace -1: not given
    bool emit_final = false;
    // Rows come together from several partitions, in any order: only the set of rows, or the last value of
    // each key, can be compared.
    bool any_order = false;

    bool grouped() const
    {
        return !aggregates.empty();
    }
};

struct Case {
    uint64_t seed = 0;
    Query query;
    std::vector<Input> input;
};

// One output record; the key as bytes with the window behind it.
struct Output {
    std::optional<std::string> key, value;
    int64_t time = 0;

    bool operator==(const Output &other) const
    {
        return key == other.key && value == other.value && time == other.time;
    }
};

struct Counts {
    uint64_t undecoded = 0, late = 0;
};

// As SQL, the record's bytes, and what is to come out of each partition.
std::string sql_of(const Query &query, const std::string &sink);
std::string value_text(const Query &query, const Input &input);
std::optional<std::string> key_bytes(const Type &type, const Value &value);
// Per partition of the input, in order.
std::vector<std::vector<Output>> expected(const Case &the_case, Counts *ret_counts);

} // namespace turgo::agreement
