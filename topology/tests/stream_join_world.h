// topology/tests/stream_join_world.h: stream-stream joins of two topics "l" and "r" (key K, value V), and a
// plain model of what they give: Kafka Streams' algorithm over maps. Thread: one.
#pragma once

#include "topology/tests/world.h"

#include <limits>

namespace turgo
{

struct JoinShape {
    const char *name;
    tg_join_kind kind;
    int64_t before, after;
    int64_t grace; // -1: none
};

inline const tg_plan *stream_join_plan(PlanBuilder &plan, const JoinShape &shape)
{
    plan.prefix = "Left";
    plan.source("l", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
    tg_plan_node *left = plan.take();
    plan.prefix = "Right";
    plan.source("r", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
    tg_plan_node *right = plan.take();
    plan.prefix = "";
    auto *join = plan.join<tg_plan_stream_stream_join>(&tg_plan_stream_stream_join_kind, "Join", shape.kind,
                                                       left, right);
    join->before_ms = shape.before;
    join->after_ms = shape.after;
    join->grace_ms = shape.grace;
    plan.sink("out");
    return plan.plan();
}

struct JoinRow {
    bool is_left;
    int64_t time;
    Text key;
    std::optional<int> value;
};

inline std::string join_line(const Text &key, const std::optional<int> &left, const std::optional<int> &right,
                             int64_t time)
{
    auto side = [&](const char *name, const std::optional<int> &value) {
        std::string prefix = std::string("\"") + name;
        std::string k = value && key ? "\"" + *key + "\"" : "null";
        return prefix + "_K\":" + k + "," + prefix + "_V\":" + (value ? std::to_string(*value) : "null");
    };
    return key.value_or("null") + " = {" + side("L", left) + "," + side("R", right) + "} @" +
           std::to_string(time);
}

class JoinModel
{
public:
    explicit JoinModel(const JoinShape &shape) : shape_(shape)
    {
        grace_ = shape.grace >= 0 ? shape.grace : std::max<int64_t>(86400000 - 2 * shape.before, 0);
        holds_back_ = shape.grace >= 0 && shape.kind != TG_JOIN_INNER;
    }
    void add(const JoinRow &row)
    {
        bool primary = row.is_left != (shape_.kind == TG_JOIN_RIGHT);
        bool outer = primary ? shape_.kind != TG_JOIN_INNER : shape_.kind == TG_JOIN_FULL;
        int64_t before = primary ? shape_.before : shape_.after;
        int64_t after = primary ? shape_.after : shape_.before;
        now_ = std::max(now_, row.time);
        if (!row.key || !row.value) {
            if (outer && !row.key && row.value)
                emit(row.key, primary, row.value, std::nullopt, row.time);
            return;
        }
        if (holds_back_ && row.time == now_)
            close(after);
        Side &other = sides_[!primary];
        bool found = false;
        int64_t from =
            std::max(row.time - before, other.observed - (shape_.before + shape_.after + grace_) + 1);
        for (const Kept &kept : other.rows[*row.key]) {
            if (kept.time < from || kept.time > row.time + after)
                continue;
            found = true;
            waiting_.erase({kept.time, !primary, *row.key});
            emit(row.key, primary, row.value, kept.value, std::max(kept.time, row.time));
        }
        if (!found && outer) {
            if (!holds_back_ || row.time + after < now_) {
                emit(row.key, primary, row.value, std::nullopt, row.time);
            } else {
                min_time_ = std::min(min_time_, row.time);
                waiting_[{row.time, primary, *row.key}].push_back(*row.value);
            }
        }
        Side &own = sides_[primary];
        own.observed = std::max(own.observed, row.time);
        std::vector<Kept> &rows = own.rows[*row.key];
        auto at = std::upper_bound(rows.begin(), rows.end(), row.time,
                                   [](int64_t time, const Kept &kept) { return time < kept.time; });
        rows.insert(at, {row.time, *row.value});
    }
    std::vector<std::string> lines;

private:
    struct Kept {
        int64_t time;
        int value;
    };
    struct Side {
        int64_t observed = -1;
        std::map<std::string, std::vector<Kept>> rows;
    };
    void emit(const Text &key, bool primary, std::optional<int> own, std::optional<int> other, int64_t time)
    {
        bool is_left = primary != (shape_.kind == TG_JOIN_RIGHT);
        lines.push_back(is_left ? join_line(key, own, other, time) : join_line(key, other, own, time));
    }
    void close(int64_t after)
    {
        if (min_time_ == max_ || min_time_ + after + grace_ >= now_)
            return;
        min_time_ = max_;
        bool open[2] = {false, false};
        for (auto it = waiting_.begin(); it != waiting_.end();) {
            auto [time, primary, key] = it->first;
            bool closed = false;
            for (int value : it->second) {
                min_time_ = time;
                if (open[0] && open[1])
                    return;
                if (time + (primary ? shape_.after : shape_.before) + grace_ >= now_) {
                    open[primary] = true;
                    continue;
                }
                closed = true;
                emit(key, primary, value, std::nullopt, time);
            }
            it = closed ? waiting_.erase(it) : std::next(it);
        }
    }
    static constexpr int64_t max_ = std::numeric_limits<int64_t>::max();
    JoinShape shape_;
    int64_t grace_;
    bool holds_back_;
    int64_t now_ = -1;
    int64_t min_time_ = max_;
    Side sides_[2];
    std::map<std::tuple<int64_t, bool, std::string>, std::vector<int>> waiting_;
};

} // namespace turgo
