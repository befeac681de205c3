// Joins exactly once under every failure of every Kafka call: the n-th call of a kind fails, for n = 1, 2,
// ... until the run has no n-th call any more; outputs, changelogs and state must be those of a run without a
// fault.
#include "topology/tests/world.h"

#include <map>

namespace turgo
{
namespace
{

using Lines = std::vector<std::string>;

enum class Join { stream_table, tables, foreign_key };

struct Failure {
    const char *name;
    tg_memory_fault fault; // call and nth are set by the loop
};

const Failure failures[] = {
    {"timed_out_but_done", {{}, 0, TG_CODE_KAFKA_TIMED_OUT, true, false, true, true}},
    {"timed_out_and_lost", {{}, 0, TG_CODE_KAFKA_TIMED_OUT, true, false, false, true}},
    {"abortable", {{}, 0, TG_CODE_KAFKA, false, false, false, false}},
    {"fenced", {{}, 0, TG_CODE_KAFKA_FENCED, false, true, false, false}},
};

const std::pair<const char *, tg_memory_call> calls[] = {
    {"send", TG_MEMORY_CALL_SEND},     {"flush", TG_MEMORY_CALL_FLUSH},
    {"commit", TG_MEMORY_CALL_COMMIT}, {"send_offsets", TG_MEMORY_CALL_SEND_OFFSETS},
    {"poll", TG_MEMORY_CALL_POLL},
};

// Two topics of two partitions, changed in waves: within a wave each row once, so that the result is known
// row by row; with a restart before the last.
class Scenario
{
public:
    Scenario(Join kind, const ProcessOptions &options, State *other_disk)
        : kind_(kind), options_(options), other_disk_(other_disk)
    {
        const std::vector<Column> columns = {
            {"K", "STRING", TG_COLUMN_KEY}, {"F", "STRING"}, {"V", "INTEGER"}};
        tg_plan_node *left = input("left", columns, kind != Join::stream_table);
        tg_plan_node *right = input("right", columns, true);
        plan_.top = left;
        Expr named = plan_.column("F");
        if (kind == Join::stream_table) {
            plan_.join<tg_plan_stream_table_join>(&tg_plan_stream_table_join_kind, "Join", TG_JOIN_LEFT, left,
                                                  right);
        } else if (kind == Join::tables) {
            plan_.join<tg_plan_table_table_join>(&tg_plan_table_table_join_kind, "Join", TG_JOIN_FULL, left,
                                                 right);
        } else {
            auto *join = plan_.join<tg_plan_foreign_key_join>(&tg_plan_foreign_key_join_kind, "Join",
                                                              TG_JOIN_LEFT, left, right);
            join->foreign_key = named;
            join->key_format = join->foreign_key_format = {"KAFKA", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
            join->value_format = {"JSON", false, 0, 0, nullptr, TG_NULLABLE_NEVER};
        }
        plan_.project({{{"K", "STRING", TG_COLUMN_KEY}, plan_.column("K")},
                       {{"A", "INTEGER"}, plan_.column("L_V")},
                       {{"B", "INTEGER"}, plan_.column("R_V")}});
        plan_.sink("out");
        process = std::make_unique<Process>(world, plan_.plan(), options);
    }
    bool run()
    {
        for (int wave = 0; wave < 4; wave++) {
            const char *topic = wave % 2 == 0 ? "right" : "left";
            for (int i = 0; i < 4; i++) {
                std::string key(1, static_cast<char>('a' + i));
                std::string named(1, static_cast<char>('a' + (i + wave) % 3));
                bool deletes = wave == 2 && i == 1;
                Text value = "{\"F\":\"" + named + "\",\"V\":" + std::to_string(wave * 10 + i) + "}";
                int32_t partition = tg_partition_for_key(slice(key), 2);
                world.produce(topic, {partition, wave * 100 + i, key, deletes ? std::nullopt : value});
            }
            if (wave == 3 && process->restart() != TG_OK) // what fails at a stop is made good by the start
                process->failures++;
            if (!process->run_through())
                return false;
        }
        return true;
    }
    Lines outcome()
    {
        Lines result;
        for (const Record &record : world.read("out"))
            result.push_back("out " + std::to_string(record.partition) + " " + line(record));
        for (const std::string &row : states(*process))
            result.push_back(row);
        std::sort(result.begin(), result.end());
        return result;
    }
    // Of a process that has only the changelogs.
    Lines restored()
    {
        EXPECT_EQ(process->stop(), TG_OK);
        process.reset();
        world.advance(60000); // the static member's session ends
        ProcessOptions options = options_;
        options.instance = "p2";
        options.state = other_disk_;
        Process other(world, plan_.plan(), options);
        EXPECT_TRUE(other.run_through());
        return states(other);
    }
    Lines states(Process &of)
    {
        Lines rows;
        for (size_t i = 0; i < of.unit->task_count; i++) {
            tg_task *task = of.task(i);
            for (uint32_t store = 0; store < task->store_count; store++)
                add_rows(task, task->stores[store].store, &rows);
        }
        std::sort(rows.begin(), rows.end());
        return rows;
    }
    World world;

private:
    tg_plan_node *input(const char *topic, const std::vector<Column> &columns, bool is_table)
    {
        world.topic(topic, 2);
        plan_.prefix = topic;
        plan_.source(topic, columns);
        if (is_table) {
            plan_.table();
            plan_.materialize();
        }
        plan_.prefix = "";
        return plan_.take();
    }
    void add_rows(const tg_task *task, tg_store *store, Lines *rows)
    {
        tg_error error = {};
        tg_store_cursor *cursor = nullptr;
        EXPECT_EQ(tg_store_scan(store, tg_slice_of("", 0), tg_slice_of("", 0), &cursor, &error), TG_OK);
        tg_slice key;
        tg_value value;
        std::string name = std::string(tg_store_name(store)).substr(options_.prefix.size());
        while (tg_store_cursor_next(cursor, &key, &value))
            rows->push_back(name + " " + std::to_string(task->partition) + " " + Process::hex(key) + " -> " +
                            Process::hex(value.bytes) + " @" + std::to_string(value.timestamp_ms));
        tg_store_cursor_close(cursor);
    }
    Join kind_;
    PlanBuilder plan_;
    ProcessOptions options_;
    State *other_disk_;

public:
    std::unique_ptr<Process> process; // goes before what it borrows
};

class JoinFaults : public testing::TestWithParam<std::tuple<std::pair<const char *, tg_memory_call>, Join>>
{
protected:
    static void SetUpTestSuite()
    {
        disk = new State();
        other_disk = new State();
    }
    static void TearDownTestSuite()
    {
        delete disk;
        delete other_disk;
    }
    ProcessOptions next_options()
    {
        ProcessOptions options;
        options.state = disk;
        options.prefix = "app" + std::to_string(++number) + "-"; // its own part of the shared disks
        return options;
    }
    static State *disk, *other_disk;
    static int number;
};
State *JoinFaults::disk, *JoinFaults::other_disk;
int JoinFaults::number;

TEST_P(JoinFaults, GiveTheResultOfARunWithoutThem)
{
    auto [call, kind] = GetParam();
    Scenario clean(kind, next_options(), other_disk);
    ASSERT_TRUE(clean.run());
    const Lines expected = clean.outcome();
    const Lines state = clean.states(*clean.process);
    const size_t sizes[] = {8 + 3, 16 + 7, 12 + 4 + 7};
    ASSERT_EQ(expected.size(), sizes[static_cast<int>(kind)]) << testing::PrintToString(expected);
    ASSERT_EQ(clean.restored(), state);
    for (const Failure &failure : failures) {
        for (uint64_t nth = 1;; nth++) {
            SCOPED_TRACE(std::string(call.first) + " number " + std::to_string(nth) + " " + failure.name);
            Scenario scenario(kind, next_options(), other_disk);
            scenario.world.fault(call.second, nth, failure.fault);
            ASSERT_TRUE(scenario.run()) << "never caught up";
            bool struck = tg_memory_faults_waiting(scenario.world.cluster) == 0;
            tg_memory_clear_faults(scenario.world.cluster);
            if (!struck)
                break;
            ASSERT_EQ(scenario.outcome(), expected);
            if (nth % 4 == 1) {
                ASSERT_EQ(scenario.restored(), state);
            }
        }
    }
}

std::string test_name(const testing::TestParamInfo<JoinFaults::ParamType> &test)
{
    const char *const names[] = {"stream_table", "tables", "foreign_key"};
    return std::string(std::get<0>(test.param).first) + "_" +
           names[static_cast<int>(std::get<1>(test.param))];
}

INSTANTIATE_TEST_SUITE_P(All, JoinFaults,
                         testing::Combine(testing::ValuesIn(calls),
                                          testing::Values(Join::stream_table, Join::tables,
                                                          Join::foreign_key)),
                         test_name);

} // namespace
} // namespace turgo
