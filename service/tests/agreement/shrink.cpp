#include "service/tests/agreement/shrink.h"

namespace turgo::agreement
{

namespace
{

// ---- smaller expressions ----

Expr with_part(const Node &node, size_t index, const Expr &part)
{
    auto made = std::make_shared<Node>(node);
    made->parts[index] = part;
    return made;
}

bool has_variable(const Node &node)
{
    for (const Expr &part : node.parts)
        if (has_variable(*part))
            return true;
    return node.op == Op::Variable;
}

// One step smaller each: a part of the same type for the whole, or the same with one smaller part.
std::vector<Expr> smaller(const Expr &expr)
{
    std::vector<Expr> all;
    for (const Expr &part : expr->parts)
        if (part->type == expr->type && (expr->variables.empty() || !has_variable(*part)))
            all.push_back(part);
    if (expr->op == Op::Case && expr->parts.size() > 3) {
        auto made = std::make_shared<Node>(*expr);
        made->parts.erase(made->parts.begin(), made->parts.begin() + 2);
        all.push_back(made);
    }
    for (size_t i = 0; i < expr->parts.size(); i++)
        for (const Expr &part : smaller(expr->parts[i]))
            all.push_back(with_part(*expr, i, part));
    return all;
}

// ---- smaller cases ----

class Shrinker
{
public:
    Shrinker(Case start, const std::function<bool(const Case &)> &fails, size_t tries_max)
        : best_(std::move(start)), fails_(fails), tries_(tries_max)
    {
    }
    Case shrink()
    {
        for (bool found = true; found && tries_ > 0;)
            found = fewer_records() | simpler_query() | smaller_expressions() | plainer_records();
        return best_;
    }

private:
    bool take(const Case &candidate)
    {
        if (tries_ == 0 || !fails_(candidate))
            return tries_ = tries_ > 0 ? tries_ - 1 : 0, false;
        tries_--;
        best_ = candidate;
        return true;
    }
    bool fewer_records()
    {
        bool found = false;
        for (size_t size = best_.input.size(); size > 0; size /= 2) {
            for (size_t at = 0; at + size <= best_.input.size();) {
                Case candidate = best_;
                auto from = candidate.input.begin() + static_cast<std::ptrdiff_t>(at);
                candidate.input.erase(from, from + static_cast<std::ptrdiff_t>(size));
                if (take(candidate))
                    found = true;
                else
                    at += size;
            }
        }
        return found;
    }
    template <typename T> bool without_one(std::vector<T> Query::*list)
    {
        bool found = false;
        for (size_t i = 0; (best_.query.*list).size() > 1 && i < (best_.query.*list).size();) {
            Case candidate = best_;
            auto &items = candidate.query.*list;
            items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
            if (take(candidate))
                found = true;
            else
                i++;
        }
        return found;
    }
    bool simpler_query()
    {
        bool found = without_one(&Query::select);
        found = without_one(&Query::group) || found;
        if (!best_.query.having) // its columns are numbers of aggregates
            found = without_one(&Query::aggregates) || found;
        for (int part = 0; part < 6; part++) {
            Case candidate = best_;
            Query &query = candidate.query;
            bool present = part == 0   ? query.where != nullptr
                           : part == 1 ? query.having != nullptr
                           : part == 2 ? query.partition_by != nullptr
                           : part == 3 ? query.time_column
                           : part == 4 ? query.emit_final
                                       : query.window != Window::None;
            query.where = part == 0 ? nullptr : query.where;
            query.having = part == 1 ? nullptr : query.having;
            query.partition_by = part == 2 ? nullptr : query.partition_by;
            query.time_column = part != 3 && query.time_column;
            query.emit_final = part < 4 && query.emit_final;
            query.window = part == 5 ? Window::None : query.window;
            found = (present && take(candidate)) || found;
        }
        return found;
    }
    bool replace(const std::function<Expr &(Query &)> &place)
    {
        bool found = false;
        for (bool again = true; again && place(best_.query) != nullptr;) {
            again = false;
            for (const Expr &expr : smaller(place(best_.query))) {
                Case candidate = best_;
                place(candidate.query) = expr;
                again = take(candidate);
                found = found || again;
                if (again || tries_ == 0)
                    break;
            }
        }
        return found;
    }
    bool smaller_expressions()
    {
        bool found = replace([](Query &query) -> Expr & { return query.where; });
        found = replace([](Query &query) -> Expr & { return query.having; }) || found;
        found = replace([](Query &query) -> Expr & { return query.partition_by; }) || found;
        for (size_t i = 0; i < best_.query.select.size(); i++)
            found = replace([i](Query &query) -> Expr & { return query.select[i]; }) || found;
        for (size_t i = 0; i < best_.query.group.size(); i++)
            found = replace([i](Query &query) -> Expr & { return query.group[i]; }) || found;
        for (size_t i = 0; i < best_.query.aggregates.size(); i++)
            found = replace([i](Query &query) -> Expr & { return query.aggregates[i].argument; }) || found;
        return found;
    }
    bool plainer_records()
    {
        bool found = false;
        for (size_t i = 0; i < best_.input.size(); i++) {
            for (size_t column = 1; column < best_.input[i].values.size(); column++) {
                Case candidate = best_;
                candidate.input[i].values[column] = Value();
                found = (!best_.input[i].values[column].null && take(candidate)) || found;
            }
        }
        return found;
    }

    Case best_;
    const std::function<bool(const Case &)> &fails_;
    size_t tries_;
};

// A JSON string of any bytes below U+0080; others are left as they are.
std::string json_string(const std::string &bytes)
{
    std::string text = "\"";
    for (char byte : bytes) {
        if (static_cast<unsigned char>(byte) < ' ')
            text += "\\u00" + hex_of(std::string(1, byte));
        else
            text += (byte == '"' || byte == '\\' ? "\\" : "") + std::string(1, byte);
    }
    return text + "\"";
}

} // namespace

Case shrink(const Case &the_case, const std::function<bool(const Case &)> &fails, size_t tries_max)
{
    return Shrinker(the_case, fails, tries_max).shrink();
}

std::string report(const Case &the_case)
{
    const Query &query = the_case.query;
    std::string text = "---- job.sql\n" + sql_of(query, "sink") + "---- input.jsonl (" +
                       std::to_string(query.partitions) + " partitions)\n";
    for (const Input &input : the_case.input) {
        std::optional<std::string> key = key_bytes(query.columns[0].type, input.values[0]);
        text += "{\"topic\":\"in\",\"timestamp\":" + std::to_string(input.time);
        text += key ? ",\"key\":" + json_string(*key) : "";
        text += input.tombstone ? "}\n" : ",\"value\":" + json_string(value_text(query, input)) + "}\n";
    }
    return text;
}

} // namespace turgo::agreement
