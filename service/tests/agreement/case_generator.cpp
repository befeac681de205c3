#include "kafka/kafka.h"
#include "service/tests/agreement/generator.h"

namespace turgo::agreement
{

namespace
{

const Type SMALL = {Kind::Decimal, 6, 2};

class CaseGenerator
{
public:
    explicit CaseGenerator(uint64_t seed) : random_(seed)
    {
        case_.seed = seed;
        case_.query.columns = {{"K", {random_.pick({Kind::String, Kind::String, Kind::Int, Kind::Bigint})}},
                               {"I", {Kind::Int}},
                               {"L", {Kind::Bigint}},
                               {"D", {Kind::Double}},
                               {"E", SMALL},
                               {"S", {Kind::String}},
                               {"B", {Kind::Boolean}},
                               {"DT", {Kind::Date}},
                               {"TM", {Kind::Time}},
                               {"TS", {Kind::Timestamp}},
                               {"Y", {Kind::Bytes}},
                               {"A", {Kind::List}},
                               {"M", {Kind::Map}},
                               {"R", {Kind::Pair}}};
        visible_ = case_.query.columns;
        visible_.push_back({"ROWTIME", {Kind::Bigint}});
        visible_.push_back({"ROWPARTITION", {Kind::Int}});
    }
    Case make()
    {
        case_.query.table = random_.one_in(3);
        if (random_.one_in(2))
            make_grouped();
        else
            make_stateless();
        if (random_.one_in(3))
            case_.query.where = expressions_.make({Kind::Boolean}, 3);
        case_.query.time_column = !case_.query.any_order && random_.one_in(8);
        make_input();
        return std::move(case_);
    }

private:
    void make_stateless()
    {
        size_t count = 1 + random_.below(4);
        for (size_t i = 0; i < count; i++)
            case_.query.select.push_back(expressions_.any(4));
        case_.query.partitions = static_cast<int32_t>(1 + random_.below(3));
        if (case_.query.table || !random_.one_in(4))
            return;
        Expr key = expressions_.make({random_.pick({Kind::Int, Kind::String, Kind::Bigint})}, 2);
        for (const Expr &selected : case_.query.select)
            if (sql_of(*selected) == sql_of(*key))
                return; // which is refused: no key comes twice
        case_.query.partition_by = key;
        case_.query.any_order = case_.query.partitions > 1;
    }
    void make_grouped()
    {
        Query &query = case_.query;
        if (random_.one_in(2)) {
            auto key = std::make_shared<Node>();
            key->op = Op::Column;
            key->type = query.columns[0].type;
            key->name = "K";
            query.group.push_back(key);
            query.partitions = static_cast<int32_t>(1 + random_.below(3));
        } else {
            size_t count = 1 + random_.below(2);
            for (size_t i = 0; i < count; i++)
                query.group.push_back(group_expression());
            query.partitions =
                static_cast<int32_t>(query.table || random_.one_in(2) ? 1 : 2 + random_.below(2));
            query.any_order = query.partitions > 1;
        }
        size_t count = 1 + random_.below(4);
        for (size_t i = 0; i < count; i++)
            query.aggregates.push_back(query.table ? table_aggregate() : aggregate());
        if (!query.table)
            make_window();
        if (random_.one_in(4) && query.window != Window::Session && !query.any_order)
            make_having();
    }
    // Not a literal: what is constant is no group.
    Expr group_expression()
    {
        for (;;) {
            Expr made = expressions_.make(
                random_.pick<Type>({{Kind::Int}, {Kind::String}, {Kind::Bigint}, {Kind::Boolean}, SMALL}),
                static_cast<int>(random_.below(3)));
            if (reads_column(*made) && made->op != Op::Field && is_new(*made))
                return made;
        }
    }
    bool is_new(const Node &node) const
    {
        for (const Expr &other : case_.query.group)
            if (sql_of(*other) == sql_of(node))
                return false;
        return true;
    }
    static bool reads_column(const Node &node)
    {
        for (const Expr &part : node.parts)
            if (reads_column(*part))
                return true;
        return node.op == Op::Column;
    }
    static bool has_lambda(const Node &node)
    {
        for (const Expr &part : node.parts)
            if (has_lambda(*part))
                return true;
        return !node.variables.empty();
    }
    Expr column(size_t index)
    {
        auto made = std::make_shared<Node>();
        made->op = Op::Column;
        made->type = case_.query.columns[index].type;
        made->name = case_.query.columns[index].name;
        made->index = index;
        return made;
    }
    // Sums of decimals and the order of doubles stay among the columns' own values: no overflow, no NaN.
    Aggregate aggregate()
    {
        Aggregate made;
        Kind whole = random_.pick({Kind::Int, Kind::Bigint});
        Expr number = random_.pick<Expr>({expressions_.make({whole}, 2), column(3), column(4)});
        Expr plain = random_.one_in(2) ? expressions_.make({whole}, 2) : expressions_.make({Kind::String}, 2);
        if (case_.query.any_order) // what does not depend on the order of rows
            number = expressions_.make({whole}, 2);
        switch (random_.below(case_.query.any_order ? 4 : 9)) {
        case 0:
            return {"COUNT", nullptr, 0, {Kind::Bigint}};
        case 1:
            return {"COUNT", expressions_.any(2), 0, {Kind::Bigint}};
        case 2:
            return {"SUM", number, 0, number->type};
        case 3:
            made = {random_.pick<const char *>({"MIN", "MAX"}),
                    random_.pick<Expr>({number, plain, column(7)}),
                    0,
                    {}};
            made.type = made.argument->type;
            return made;
        case 4:
            number = random_.pick<Expr>({expressions_.make({whole}, 2), column(3)});
            return {"AVG", number, 0, {Kind::Double}};
        case 5:
            return {random_.pick<const char *>({"COLLECT_LIST", "COLLECT_SET"}), plain, 0, plain->type};
        case 6:
            return {random_.pick<const char *>({"LATEST_BY_OFFSET", "EARLIEST_BY_OFFSET"}), plain, 0,
                    plain->type};
        case 7:
            return {random_.pick<const char *>({"LATEST_BY_OFFSET", "EARLIEST_BY_OFFSET"}), plain,
                    static_cast<int>(1 + random_.below(3)), plain->type};
        default:
            return {random_.pick<const char *>({"TOPK", "TOPKDISTINCT"}), plain,
                    static_cast<int>(1 + random_.below(3)), plain->type};
        }
    }
    // What a row can be taken out of again, of exact numbers: what is taken out of a sum of doubles leaves
    // its rounding behind.
    Aggregate table_aggregate()
    {
        Expr whole = expressions_.make({random_.pick({Kind::Int, Kind::Bigint})}, 2);
        Expr number = random_.pick<Expr>({whole, column(4)});
        Expr plain = random_.pick<Expr>({whole, expressions_.make({Kind::String}, 2)});
        switch (random_.below(5)) {
        case 0:
            return {"COUNT", nullptr, 0, {Kind::Bigint}};
        case 1:
            return {"COUNT", expressions_.any(2), 0, {Kind::Bigint}};
        case 2:
            return {"SUM", number, 0, number->type};
        case 3:
            return {"AVG", whole, 0, {Kind::Double}};
        default:
            return {"COLLECT_LIST", plain, 0, plain->type};
        }
    }
    void make_window()
    {
        Query &query = case_.query;
        query.window = random_.pick({Window::None, Window::Tumbling, Window::Hopping, Window::Session});
        if (query.window == Window::None)
            return;
        query.size_ms = static_cast<int64_t>(random_.pick({10, 20, 50, 100}));
        query.advance_ms =
            query.window == Window::Hopping
                ? std::max<int64_t>(query.size_ms / static_cast<int64_t>(1 + random_.below(4)), 1)
                : query.size_ms;
        query.grace_ms = query.any_order ? -1 : static_cast<int64_t>(random_.pick({-1, 0, 5, 20, 100}));
        query.emit_final = !query.any_order && random_.one_in(3);
    }
    void make_having()
    {
        std::vector<Column> results;
        for (const Aggregate &aggregate : case_.query.aggregates)
            if (aggregate.name == "COUNT")
                results.push_back(
                    {aggregate.argument ? "COUNT(" + sql_of(*aggregate.argument) + ")" : "COUNT(*)",
                     aggregate.type});
            else
                results.push_back({"?", {Kind::Decimal, 99, 99}}); // never chosen: no literal has this type
        ExpressionGenerator over(random_, results);
        for (int tries = 0; tries < 20; tries++) {
            Expr having = over.make({Kind::Boolean}, 2);
            if (reads_column(*having) && !has_lambda(*having)) { // which may not hold an aggregate
                case_.query.having = having;
                return;
            }
        }
    }

    // ---- records: disorder, jumps, late ones, duplicates, tombstones, bytes that are no record ----

    void make_input()
    {
        size_t count = random_.below(30) + 1;
        int64_t now = 1000;
        for (size_t i = 0; i < count; i++) {
            if (i > 0 && random_.one_in(12)) {
                case_.input.push_back(case_.input[random_.below(i)]);
                continue;
            }
            now += static_cast<int64_t>(random_.one_in(10) ? random_.below(400) : random_.below(12));
            int64_t back = static_cast<int64_t>(random_.one_in(4) ? random_.below(120) : random_.below(3));
            case_.input.push_back(input(std::max<int64_t>(now - back, 0)));
        }
    }
    Input input(int64_t time)
    {
        static const char *const broken[] = {"{\"I\":",  "{\"I\":\"x\"}", "[1]",
                                             "\xFF\xFE", "{\"D\":true}",  "7"};
        const Query &query = case_.query;
        Input made;
        made.time = time;
        made.tombstone = random_.one_in(15);
        if (!made.tombstone && random_.one_in(20))
            made.malformed = broken[random_.below(6)];
        for (size_t i = 0; i < query.columns.size(); i++) {
            bool null = random_.one_in(i == 0 ? 20 : 6);
            made.values.push_back(null ? Value() : expressions_.value(query.columns[i].type));
        }
        if (!made.values[0].null && query.columns[0].type.kind == Kind::String)
            made.values[0].text = random_.pick<const char *>({"a", "b", "c", "key", ""});
        if (!made.values[0].null && query.columns[0].type.kind != Kind::String && query.table)
            made.values[0].number = static_cast<Number>(random_.below(5)); // rows that replace others
        std::optional<std::string> key = key_bytes(query.columns[0].type, made.values[0]);
        made.partition = key ? tg_partition_for_key(tg_slice_of(key->data(), key->size()), query.partitions)
                             : static_cast<int32_t>(random_.below(static_cast<size_t>(query.partitions)));
        return made;
    }

    Random random_;
    Case case_;
    std::vector<Column> visible_; // the source's columns, and what is known of each record
    ExpressionGenerator expressions_{random_, visible_};
};

} // namespace

Case make_case(uint64_t seed)
{
    return CaseGenerator(seed).make();
}

} // namespace turgo::agreement
