#include "service/tests/agreement/query.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace turgo::agreement
{

namespace
{

// ---- as a job ----

std::string milliseconds(int64_t ms)
{
    return std::to_string(ms) + " MILLISECONDS";
}

std::string window_sql(const Query &query)
{
    if (query.window == Window::None)
        return "";
    std::string text =
        query.window == Window::Session
            ? " WINDOW SESSION (" + milliseconds(query.size_ms)
            : std::string(query.window == Window::Tumbling ? " WINDOW TUMBLING" : " WINDOW HOPPING") +
                  " (SIZE " + milliseconds(query.size_ms);
    if (query.window == Window::Hopping)
        text += ", ADVANCE BY " + milliseconds(query.advance_ms);
    if (query.grace_ms >= 0)
        text += ", GRACE PERIOD " + milliseconds(query.grace_ms);
    return text + ")";
}

std::string aggregate_sql(const Aggregate &aggregate)
{
    std::string text = aggregate.name + "(" + (aggregate.argument ? sql_of(*aggregate.argument) : "*");
    return text + (aggregate.limit > 0 ? ", " + std::to_string(aggregate.limit) : "") + ")";
}

// KAFKA holds one column of these types.
bool kafka_key(const Type &type)
{
    return type.kind == Kind::String || type.kind == Kind::Int || type.kind == Kind::Bigint;
}

bool json_key(const Query &query)
{
    return query.grouped() ? query.group.size() > 1 || !kafka_key(query.group[0]->type)
                           : query.partition_by && !kafka_key(query.partition_by->type);
}

// ---- one partition ----

struct Group {
    std::string key;
    int64_t start = 0, end = 0;
    std::vector<std::vector<Value>> rows; // the arguments of all aggregates, in order
    int64_t time = -1;
    bool shown = false; // by HAVING
};

void append_big_endian(std::string &bytes, uint64_t number, int size)
{
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
        bytes += static_cast<char>(number >> shift & 255);
}

class Partition
{
public:
    Partition(const Query &query, Counts &counts) : query_(query), counts_(counts)
    {
    }
    void add(const Input &input);
    std::vector<Output> outputs;

private:
    bool passes_where(const Row &row) const;
    void add_stateless(const Input &input, const Row &row, int64_t time);
    void add_to_table(const Input &input, const std::vector<Value> &values, int64_t time);
    void replace_in_groups(const Row *old, const Row *latest, int64_t time);
    std::optional<std::string> group_of(const Row &row) const;
    std::vector<Value> arguments_of(const Row &row) const;
    Group &group_at(const std::string &key, int64_t start);
    void add_grouped(const Row &row, int64_t time);
    void add_to_windows(const std::string &key, const std::vector<Value> &arguments, int64_t time);
    void add_to_session(const std::string &key, const std::vector<Value> &arguments, int64_t time);
    void close_windows();
    void emit(Group &group, bool tombstone = false);
    bool passes_having(const Group &group) const;
    int64_t grace() const;

    const Query &query_;
    Counts &counts_;
    std::vector<Group> groups_;
    std::map<std::string, std::vector<Value>> table_; // the last row of each key
    int64_t stream_time_ = -1, last_session_end_ = -1;
};

int64_t Partition::grace() const
{
    if (query_.grace_ms >= 0)
        return query_.grace_ms;
    return query_.emit_final ? 0 : std::max<int64_t>(86400000 - query_.size_ms, 0);
}

void Partition::add(const Input &input)
{
    if (!input.malformed.empty()) {
        counts_.undecoded++;
        return;
    }
    int64_t time = input.time;
    std::vector<Value> values = input.values;
    for (size_t i = 1; input.tombstone && i < values.size(); i++)
        values[i] = Value();
    if (query_.time_column && !input.tombstone) {
        const Value &value = values[2];
        if (value.null)
            return;
        time = static_cast<int64_t>(value.number);
    }
    if (time < 0)
        return;
    values.push_back(of_number(time)); // ROWTIME, ROWPARTITION
    values.push_back(of_number(input.partition));
    if (query_.table) {
        add_to_table(input, values, time);
        return;
    }
    const Row row = {&values, {}};
    if (query_.where && (input.tombstone || !passes_where(row)))
        return;
    if (!query_.grouped())
        add_stateless(input, row, time);
    else if (!input.tombstone)
        add_grouped(row, time);
}

bool Partition::passes_where(const Row &row) const
{
    if (!query_.where)
        return true;
    Value passes = evaluate(*query_.where, row);
    return !passes.null && passes.number != 0;
}

// What does not pass is no row of the table that the query sees.
void Partition::add_to_table(const Input &input, const std::vector<Value> &values, int64_t time)
{
    std::optional<std::string> key = key_bytes(query_.columns[0].type, values[0]);
    if (!key)
        return;
    auto found = table_.find(*key);
    std::vector<Value> replaced = found == table_.end() ? std::vector<Value>() : found->second;
    const Row before = {&replaced, {}}, after = {&values, {}};
    bool was = found != table_.end() && passes_where(before);
    bool is = !input.tombstone && passes_where(after);
    if (input.tombstone)
        table_.erase(*key);
    else
        table_[*key] = values;
    if (query_.grouped()) {
        replace_in_groups(was ? &before : nullptr, is ? &after : nullptr, time);
    } else if (is || was || !query_.where) { // without a condition a tombstone is passed on, as it is
        Input output = input;
        output.tombstone = !is;
        add_stateless(output, after, time);
    }
}

// One change within a group is one result; else what is left of the old group comes first.
void Partition::replace_in_groups(const Row *old, const Row *latest, int64_t time)
{
    std::optional<std::string> from = old ? group_of(*old) : std::nullopt;
    std::optional<std::string> to = latest ? group_of(*latest) : std::nullopt;
    if (from) {
        Group &group = group_at(*from, 0);
        std::vector<Value> arguments = arguments_of(*old);
        for (size_t i = 0; i < arguments.size(); i++) { // each aggregate takes back the last such value
            size_t at = group.rows.size() - 1;
            while (!same_value(group.rows[at][i], arguments[i]))
                at--;
            for (; at + 1 < group.rows.size(); at++)
                group.rows[at][i] = group.rows[at + 1][i];
        }
        group.rows.pop_back();
        group.time = std::max(group.time, time);
        if (from != to)
            emit(group);
    }
    if (to) {
        Group &group = group_at(*to, 0);
        group.rows.push_back(arguments_of(*latest));
        group.time = std::max(group.time, time);
        emit(group);
    }
}

// Column 0 is the key, those behind the declared ones are known of every record.
bool reads_value(const Node &node, size_t declared)
{
    for (const Expr &part : node.parts)
        if (reads_value(*part, declared))
            return true;
    return node.op == Op::Column && node.index > 0 && node.index < declared;
}

void Partition::add_stateless(const Input &input, const Row &row, int64_t time)
{
    Output output;
    output.time = time;
    const Expr &by = query_.partition_by;
    Value key = by ? evaluate(*by, row) : (*row.columns)[0];
    if (by && input.tombstone && reads_value(*by, query_.columns.size()))
        key = Value(); // of columns that are not there
    if (!key.null)
        output.key = json_key(query_) ? json_of(by->type, key)
                                      : key_bytes(by ? by->type : query_.columns[0].type, key);
    if (!input.tombstone) {
        std::string text;
        for (size_t i = 0; i < query_.select.size(); i++)
            text += (i > 0 ? ",\"V" : "\"V") + std::to_string(i) +
                    "\":" + json_of(query_.select[i]->type, evaluate(*query_.select[i], row));
        output.value = "{" + text + "}";
    }
    outputs.push_back(output);
}

std::optional<std::string> Partition::group_of(const Row &row) const
{
    std::string key;
    for (size_t i = 0; i < query_.group.size(); i++) {
        Value part = evaluate(*query_.group[i], row);
        if (part.null)
            return std::nullopt;
        const Type &type = query_.group[i]->type;
        if (!json_key(query_))
            key = *key_bytes(type, part);
        else if (query_.group.size() == 1)
            key = json_of(type, part);
        else
            key += (i > 0 ? ",\"G" : "{\"G") + std::to_string(i) + "\":" + json_of(type, part);
    }
    return key + (query_.group.size() > 1 ? "}" : "");
}

std::vector<Value> Partition::arguments_of(const Row &row) const
{
    std::vector<Value> arguments;
    for (const Aggregate &aggregate : query_.aggregates)
        arguments.push_back(aggregate.argument ? evaluate(*aggregate.argument, row) : of_number(0));
    return arguments;
}

Group &Partition::group_at(const std::string &key, int64_t start)
{
    for (Group &group : groups_)
        if (group.key == key && group.start == start)
            return group;
    groups_.emplace_back();
    groups_.back().key = key;
    groups_.back().start = start;
    groups_.back().end = start + query_.size_ms;
    return groups_.back();
}

void Partition::add_grouped(const Row &row, int64_t time)
{
    std::optional<std::string> key = group_of(row);
    if (!key)
        return;
    stream_time_ = std::max(stream_time_, time);
    if (query_.window == Window::Session)
        add_to_session(*key, arguments_of(row), time);
    else
        add_to_windows(*key, arguments_of(row), time);
    if (query_.emit_final)
        close_windows();
}

void Partition::add_to_windows(const std::string &key, const std::vector<Value> &arguments, int64_t time)
{
    int64_t advance = query_.window == Window::Hopping ? query_.advance_ms : query_.size_ms;
    for (int64_t start = 0; start <= time; start += advance) { // every window there is up to the row's time
        if (query_.window != Window::None && start + query_.size_ms <= time) {
            if (time - start > 4 * query_.size_ms) // but in long strides
                start += (time - start - 2 * query_.size_ms) / advance * advance;
            continue;
        }
        if (query_.window != Window::None && start + query_.size_ms + grace() <= stream_time_) {
            counts_.late++;
            continue;
        }
        Group &found = group_at(key, start);
        found.rows.push_back(arguments);
        found.time = std::max(found.time, time);
        if (!query_.emit_final)
            emit(found);
        if (query_.window == Window::None)
            break;
    }
}

void Partition::add_to_session(const std::string &key, const std::vector<Value> &arguments, int64_t time)
{
    Group merged;
    merged.key = key;
    merged.start = merged.end = time;
    std::vector<Group> found, others;
    for (const Group &group : groups_) {
        // With final results a session can be joined until it is closed.
        bool visible = query_.emit_final || group.end >= last_session_end_ - (query_.size_ms + grace()) + 1;
        bool meets =
            group.key == key && group.end >= time - query_.size_ms && group.start <= time + query_.size_ms;
        (visible && meets ? found : others).push_back(group);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Group &a, const Group &b) { return a.end < b.end; });
    for (const Group &group : found) {
        merged.start = std::min(merged.start, group.start);
        merged.end = std::max(merged.end, group.end);
        merged.rows.insert(merged.rows.end(), group.rows.begin(), group.rows.end());
    }
    if (merged.end + query_.size_ms + grace() < stream_time_) {
        counts_.late++;
        return;
    }
    merged.rows.push_back(arguments);
    merged.time = merged.end;
    bool overwritten = !found.empty() && merged.start == time && merged.end == time;
    if (overwritten)
        merged.shown = found[0].shown; // the row has the bounds of what there is
    for (Group &group : found)
        if (!overwritten && !query_.emit_final)
            emit(group, true);
    groups_ = others;
    groups_.push_back(merged);
    last_session_end_ = std::max(last_session_end_, merged.end);
    if (!query_.emit_final)
        emit(groups_.back());
}

// In the order of their starts (sessions: of their ends), then keys.
void Partition::close_windows()
{
    bool sessions = query_.window == Window::Session;
    std::stable_sort(groups_.begin(), groups_.end(), [sessions](const Group &a, const Group &b) {
        if (sessions && a.end != b.end)
            return a.end < b.end;
        return a.start != b.start ? a.start < b.start : a.key < b.key;
    });
    std::vector<Group> open;
    for (Group &group : groups_) {
        bool closed = sessions ? group.end + query_.size_ms + grace() < stream_time_
                               : group.end + grace() <= stream_time_;
        if (closed)
            emit(group);
        else
            open.push_back(group);
    }
    groups_ = open;
}

// ---- aggregates: from all rows of a group, each time ----

std::vector<Value> known(const Group &group, size_t index)
{
    std::vector<Value> values;
    for (const std::vector<Value> &row : group.rows)
        if (!row[index].null)
            values.push_back(row[index]);
    return values;
}

bool less(const Value &a, const Value &b)
{
    return a.number != b.number ? a.number < b.number : a.real != b.real ? a.real < b.real : a.text < b.text;
}

std::vector<Value> distinct(const std::vector<Value> &values)
{
    std::vector<Value> result;
    for (const Value &value : values)
        if (std::none_of(result.begin(), result.end(),
                         [&](const Value &other) { return same_value(value, other); }))
            result.push_back(value);
    return result;
}

Value sum_of(const Type &type, const std::vector<Value> &values)
{
    Value sum = of_number(0);
    for (const Value &value : values) {
        sum.number += value.number;
        sum.real += value.real;
    }
    if (type.kind == Kind::Int)
        sum.number = static_cast<int32_t>(static_cast<uint32_t>(sum.number));
    if (type.kind == Kind::Bigint)
        sum.number = static_cast<int64_t>(static_cast<uint64_t>(sum.number));
    return sum;
}

Value average(const Aggregate &aggregate, const std::vector<Value> &values)
{
    const Type &type = aggregate.argument->type;
    Value sum = sum_of(type.kind == Kind::Double ? type : Type{Kind::Bigint}, values);
    double total =
        type.kind == Kind::Double ? sum.real : static_cast<double>(static_cast<int64_t>(sum.number));
    return of_real(values.empty() ? 0 : total / static_cast<double>(values.size()));
}

Value list_of(const Aggregate &aggregate, const Group &group, size_t index)
{
    std::vector<Value> values = known(group, index);
    auto limit = std::min(values.size(), static_cast<size_t>(aggregate.limit));
    if (aggregate.name == "COLLECT_LIST" || aggregate.name == "COLLECT_SET") {
        values.clear();
        for (const std::vector<Value> &row : group.rows)
            values.push_back(row[index]);
        return of_items(aggregate.name == "COLLECT_SET" ? distinct(values) : values);
    }
    if (aggregate.name == "LATEST_BY_OFFSET")
        return of_items({values.end() - static_cast<std::ptrdiff_t>(limit), values.end()});
    if (aggregate.name == "TOPKDISTINCT")
        values = distinct(values);
    if (aggregate.name != "EARLIEST_BY_OFFSET")
        std::stable_sort(values.begin(), values.end(),
                         [](const Value &a, const Value &b) { return less(b, a); });
    limit = std::min(values.size(), static_cast<size_t>(aggregate.limit));
    values.resize(limit);
    return of_items(values);
}

bool is_list(const Aggregate &aggregate)
{
    return aggregate.limit > 0 || aggregate.name.compare(0, 7, "COLLECT") == 0;
}

Value result_of(const Aggregate &aggregate, const Group &group, size_t index)
{
    if (is_list(aggregate))
        return list_of(aggregate, group, index);
    std::vector<Value> values = known(group, index);
    if (aggregate.name == "COUNT")
        return of_number(static_cast<Number>(values.size()));
    if (aggregate.name == "SUM")
        return sum_of(aggregate.type, values);
    if (aggregate.name == "AVG")
        return average(aggregate, values);
    if (values.empty())
        return Value();
    if (aggregate.name == "MIN")
        return *std::min_element(values.begin(), values.end(), less);
    if (aggregate.name == "MAX")
        return *std::max_element(values.begin(), values.end(), less);
    return aggregate.name == "LATEST_BY_OFFSET" ? values.back() : values.front();
}

std::string json_of(const Aggregate &aggregate, const Value &value)
{
    if (!is_list(aggregate))
        return json_of(aggregate.type, value);
    std::string text;
    for (size_t i = 0; i < value.items.size(); i++)
        text += (i > 0 ? "," : "") + json_of(aggregate.type, value.items[i]);
    return "[" + text + "]";
}

bool Partition::passes_having(const Group &group) const
{
    if (!query_.having)
        return true;
    std::vector<Value> results;
    for (size_t i = 0; i < query_.aggregates.size(); i++)
        results.push_back(result_of(query_.aggregates[i], group, i));
    Value passes = evaluate(*query_.having, {&results, {}});
    return !passes.null && passes.number != 0;
}

void Partition::emit(Group &group, bool tombstone)
{
    bool passes = !tombstone && passes_having(group);
    if (!passes && query_.having && !group.shown)
        return;
    group.shown = passes;
    Output output;
    output.key = group.key;
    if (query_.window == Window::Session)
        append_big_endian(*output.key, static_cast<uint64_t>(group.end), 8);
    if (query_.window != Window::None)
        append_big_endian(*output.key, static_cast<uint64_t>(group.start), 8);
    output.time = tombstone ? group.end : group.time;
    std::string text;
    for (size_t i = 0; i < query_.aggregates.size(); i++)
        text += (i > 0 ? ",\"V" : "\"V") + std::to_string(i) +
                "\":" + json_of(query_.aggregates[i], result_of(query_.aggregates[i], group, i));
    if (passes)
        output.value = "{" + text + "}";
    outputs.push_back(output);
}

} // namespace

std::string sql_of(const Query &query, const std::string &sink)
{
    std::string text = query.table ? "CREATE TABLE src (" : "CREATE STREAM src (";
    for (size_t i = 0; i < query.columns.size(); i++)
        text += (i > 0 ? ", " : "") + query.columns[i].name + " " + sql_of(query.columns[i].type) +
                (i > 0         ? ""
                 : query.table ? " PRIMARY KEY"
                               : " KEY");
    text += ")\n    WITH (KAFKA_TOPIC = 'in', VALUE_FORMAT = 'JSON'";
    text += query.time_column ? ", TIMESTAMP = 'L');\n" : ");\n";
    text += query.grouped() || query.table ? "CREATE TABLE " : "CREATE STREAM ";
    text += sink + " WITH (KAFKA_TOPIC = 'out'" + (json_key(query) ? ", KEY_FORMAT = 'JSON'" : "") +
            ") AS\n    SELECT ";
    if (!query.grouped())
        text += query.partition_by ? sql_of(*query.partition_by) + " AS P" : "K";
    for (size_t i = 0; i < query.select.size(); i++)
        text += ",\n        " + sql_of(*query.select[i]) + " AS V" + std::to_string(i);
    for (size_t i = 0; i < query.group.size(); i++)
        text += (i > 0 ? ", " : "") + sql_of(*query.group[i]) + " AS G" + std::to_string(i);
    for (size_t i = 0; i < query.aggregates.size(); i++)
        text += ",\n        " + aggregate_sql(query.aggregates[i]) + " AS V" + std::to_string(i);
    text += "\n    FROM src" + window_sql(query);
    if (query.where)
        text += "\n    WHERE " + sql_of(*query.where);
    if (query.partition_by)
        text += "\n    PARTITION BY " + sql_of(*query.partition_by);
    for (size_t i = 0; i < query.group.size(); i++)
        text += (i > 0 ? ", " : "\n    GROUP BY ") + sql_of(*query.group[i]);
    if (query.having)
        text += "\n    HAVING " + sql_of(*query.having);
    return text + (query.emit_final ? "\n    EMIT FINAL;\n" : "\n    EMIT CHANGES;\n");
}

std::string value_text(const Query &query, const Input &input)
{
    if (!input.malformed.empty())
        return input.malformed;
    std::string text;
    for (size_t i = 1; i < query.columns.size(); i++)
        if (!input.values[i].null || i % 2 == 0) // a NULL is written or left out
            text += (text.empty() ? "\"" : ",\"") + query.columns[i].name +
                    "\":" + json_of(query.columns[i].type, input.values[i]);
    return "{" + text + "}";
}

std::optional<std::string> key_bytes(const Type &type, const Value &value)
{
    if (value.null)
        return std::nullopt;
    if (type.kind == Kind::String)
        return value.text;
    std::string bytes;
    append_big_endian(bytes, static_cast<uint64_t>(value.number), type.kind == Kind::Int ? 4 : 8);
    return bytes;
}

std::vector<std::vector<Output>> expected(const Case &the_case, Counts *ret_counts)
{
    *ret_counts = {};
    std::vector<Partition> partitions(static_cast<size_t>(the_case.query.partitions),
                                      Partition(the_case.query, *ret_counts));
    for (const Input &input : the_case.input)
        partitions[the_case.query.any_order ? 0 : static_cast<size_t>(input.partition)].add(input);
    std::vector<std::vector<Output>> outputs;
    for (Partition &partition : partitions)
        outputs.push_back(std::move(partition.outputs));
    return outputs;
}

} // namespace turgo::agreement
