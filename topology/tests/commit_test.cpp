// Exactly once under every failure of every Kafka call: the n-th call of a kind fails in some way, for n = 1,
// 2, ... until the run has no n-th call any more; outputs, changelog and state must be those of a run without
// a fault.
#include "topology/tests/world.h"

#include <map>

namespace turgo
{
namespace
{

struct Outcome {
    std::vector<std::string> out;       // sorted: the order between keys of different partitions is free
    std::vector<std::string> changelog; // last committed record per partition and key
    std::vector<std::string> state;
};

bool operator==(const Outcome &a, const Outcome &b)
{
    return a.out == b.out && a.changelog == b.changelog && a.state == b.state;
}

std::ostream &operator<<(std::ostream &stream, const Outcome &outcome)
{
    stream << "\nout:";
    for (const std::string &text : outcome.out)
        stream << "\n  " << testing::PrintToString(text);
    stream << "\nstate:";
    for (const std::string &text : outcome.state)
        stream << "\n  " << text;
    return stream;
}

// How a call fails.
struct Failure {
    const char *name;
    tg_memory_fault fault; // call and nth are set by the loop
};

const Failure failures[] = {
    {"timed_out_but_done", {{}, 0, TG_CODE_KAFKA_TIMED_OUT, true, false, true, true}},
    {"timed_out_and_lost", {{}, 0, TG_CODE_KAFKA_TIMED_OUT, true, false, false, true}},
    {"retriable", {{}, 0, TG_CODE_KAFKA, true, false, false, false}},
    {"abortable", {{}, 0, TG_CODE_KAFKA, false, false, false, false}},
    {"fenced", {{}, 0, TG_CODE_KAFKA_FENCED, false, true, false, false}},
    {"fenced_but_done", {{}, 0, TG_CODE_KAFKA_FENCED, false, true, true, true}},
    {"unreachable", {{}, 0, TG_CODE_KAFKA_UNREACHABLE, true, false, false, false}},
};

const std::pair<const char *, tg_memory_call> calls[] = {
    {"init", TG_MEMORY_CALL_INIT},
    {"begin", TG_MEMORY_CALL_BEGIN},
    {"send", TG_MEMORY_CALL_SEND},
    {"flush", TG_MEMORY_CALL_FLUSH},
    {"send_offsets", TG_MEMORY_CALL_SEND_OFFSETS},
    {"commit", TG_MEMORY_CALL_COMMIT},
    {"poll", TG_MEMORY_CALL_POLL},
    {"committed", TG_MEMORY_CALL_COMMITTED},
    {"admin", TG_MEMORY_CALL_ADMIN},
};

enum class Shape { keyed, regrouped, joined };

// One run of a windowed count over two partitions in three waves, with a restart before the last. Regrouped:
// in two sub-topologies, with a repartition topic between them. Joined: a FULL join of two streams instead,
// whose last wave closes the windows of the others.
class Scenario
{
public:
    Scenario(const ProcessOptions &options, State *other_disk, tg_emission emission = TG_EMIT_CHANGES,
             Shape shape = Shape::keyed)
        : options_(options), other_disk_(other_disk), shape_(shape)
    {
        world.topic("in", 2);
        if (shape == Shape::joined) {
            world.topic("in2", 2);
            join();
            process = std::make_unique<Process>(world, plan_.plan(), options);
            return;
        }
        // Retained for long: when exactly a window expires depends on the commits.
        const tg_window window = {TG_WINDOW_TUMBLING, 100, 100, 50, 100000};
        plan_.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}, {"C", "STRING"}});
        if (shape == Shape::regrouped)
            plan_.group_by({{"C", plan_.column("C")}});
        plan_.aggregates({plan_.aggregate("COUNT", {}), plan_.aggregate("SUM", {plan_.column("V")})}, window,
                         emission);
        tg_plan_sink *sink = plan_.sink("out");
        sink->window_kind = TG_WINDOW_TUMBLING;
        sink->window_size_ms = 100;
        process = std::make_unique<Process>(world, plan_.plan(), options);
    }
    bool run()
    {
        for (int wave = 0; wave < 3; wave++) {
            for (int i = 0; i < 6; i++) {
                int64_t time = wave * 120 + i * 10;
                std::string key(1, static_cast<char>('a' + i % 4)); // always of the same partition
                std::string value = "{\"V\":" + std::to_string(wave * 10 + i) + ",\"C\":\"" + key + "\"}";
                if (shape_ == Shape::joined)
                    produce_joined(i, wave == 2 ? time + 5000 : time, key, value);
                else
                    world.produce("in", {i % 2, time, key, value});
            }
            if (wave == 2 && process->restart() != TG_OK) // what fails at a stop is made good by the start
                process->failures++;
            if (!process->run_through())
                return false;
        }
        return true;
    }
    Outcome outcome()
    {
        Outcome result;
        for (const Record &record : world.read("out"))
            result.out.push_back(std::to_string(record.partition) + " " + line(record));
        std::sort(result.out.begin(), result.out.end());
        using Names = std::vector<std::string>;
        for (const std::string &store : shape_ == Shape::joined
                                            ? Names{"Join-left", "Join-right", "Join-outer"}
                                            : Names{"Aggregate-Aggregate-Materialize"}) {
            std::map<std::string, std::string> last;
            for (const Record &record : world.read((options_.prefix + "Q-" + store + "-changelog").c_str()))
                last[std::to_string(record.partition) + *record.key] = record.value ? line(record) : "";
            for (const auto &[key, text] : last)
                if (!text.empty()) // whether what came and went left a tombstone depends on the commits
                    result.changelog.push_back(text);
        }
        result.state = states(*process);
        return result;
    }
    // The state of a process that has only the changelog.
    std::vector<std::string> restored()
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
    static std::vector<std::string> states(Process &process)
    {
        std::vector<std::string> rows;
        for (size_t i = 0; i < process.unit->task_count; i++)
            for (uint32_t store = 0; store < process.task(i)->store_count; store++)
                for (const std::string &row : process.state_rows(i, store))
                    rows.push_back(std::to_string(process.task(i)->partition) + " " + row);
        std::sort(rows.begin(), rows.end());
        return rows;
    }
    World world;

private:
    void join()
    {
        for (const char *topic : {"in", "in2"}) {
            plan_.prefix = topic;
            plan_.source(topic, {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}, {"C", "STRING"}});
            (std::string(topic) == "in" ? left_ : right_) = plan_.take();
        }
        plan_.prefix = "";
        auto *made = plan_.join<tg_plan_stream_stream_join>(&tg_plan_stream_stream_join_kind, "Join",
                                                            TG_JOIN_FULL, left_, right_);
        made->before_ms = made->after_ms = 15;
        made->grace_ms = 1000;
        plan_.sink("out");
    }
    // A key's rows meet, or come alone on either side.
    void produce_joined(int i, int64_t time, const std::string &key, const std::string &value)
    {
        if (i != 1)
            world.produce("in", {i % 2, time, key, value});
        if (i != 2)
            world.produce("in2", {i % 2, time + 7, key, value});
    }
    PlanBuilder plan_;
    ProcessOptions options_;
    State *other_disk_;
    Shape shape_;
    tg_plan_node *left_ = nullptr, *right_ = nullptr;

public:
    std::unique_ptr<Process> process; // goes before what it borrows
};

enum class Mode { per_record, per_commit, final, regrouped, joined };

std::string mode_name(Mode mode)
{
    const char *const names[] = {"per_record", "per_commit", "final", "regrouped", "joined"};
    return names[static_cast<int>(mode)];
}

class CommitFaults : public testing::TestWithParam<std::tuple<std::pair<const char *, tg_memory_call>, Mode>>
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
    ProcessOptions next_options(bool per_record)
    {
        ProcessOptions options;
        options.state = disk;
        options.prefix = "app" + std::to_string(++number) + "-"; // its own part of the shared disks
        options.settings.emit_per_record = per_record;
        return options;
    }
    static State *disk, *other_disk;
    static int number;
};
State *CommitFaults::disk, *CommitFaults::other_disk;
int CommitFaults::number;

TEST_P(CommitFaults, GiveTheResultOfARunWithoutThem)
{
    auto [call, mode] = GetParam();
    bool per_record = mode == Mode::per_record || mode == Mode::regrouped || mode == Mode::joined;
    tg_emission emission = mode == Mode::final ? TG_EMIT_FINAL : TG_EMIT_CHANGES;
    Shape shape = mode == Mode::regrouped ? Shape::regrouped
                  : mode == Mode::joined  ? Shape::joined
                                          : Shape::keyed;
    Scenario clean(next_options(per_record), other_disk, emission, shape);
    ASSERT_TRUE(clean.run());
    const Outcome expected = clean.outcome();
    ASSERT_EQ(expected.out.size(), mode == Mode::joined  ? 16u
                                   : per_record          ? 18u
                                   : mode == Mode::final ? 8u
                                                         : 12u);
    ASSERT_EQ(expected.state.size(), mode == Mode::joined ? 12u : mode == Mode::final ? 4u : 12u);
    ASSERT_EQ(clean.restored(), expected.state);
    for (const Failure &failure : failures) {
        for (uint64_t nth = 1;; nth++) {
            SCOPED_TRACE(std::string(call.first) + " number " + std::to_string(nth) + " " + failure.name);
            Scenario scenario(next_options(per_record), other_disk, emission, shape);
            scenario.world.fault(call.second, nth, failure.fault);
            ASSERT_TRUE(scenario.run()) << "never caught up";
            bool struck = tg_memory_faults_waiting(scenario.world.cluster) == 0;
            tg_memory_clear_faults(scenario.world.cluster);
            if (!struck)
                break;
            const Outcome actual = scenario.outcome();
            ASSERT_EQ(actual, expected);
            if (nth % 4 == 1) {
                ASSERT_EQ(scenario.restored(), expected.state);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, CommitFaults,
                         testing::Combine(testing::ValuesIn(calls),
                                          testing::Values(Mode::per_record, Mode::per_commit, Mode::final,
                                                          Mode::regrouped, Mode::joined)),
                         [](const auto &test) {
                             return std::string(std::get<0>(test.param).first) + "_" +
                                    mode_name(std::get<1>(test.param));
                         });

// EndTxn is late: the call times out, or is answered after a silent repetition while the first request is
// still on its way, and arrives some steps later.
class LateCommits : public CommitFaults
{
};

TEST_P(LateCommits, AreResolved)
{
    bool per_record = std::get<1>(GetParam()) == Mode::per_record;
    uint64_t resolves = 0;
    for (tg_memory_hold how : {TG_MEMORY_HOLD_TIMED_OUT, TG_MEMORY_HOLD_RESENT}) {
        for (int hold_at = 0; hold_at < 24; hold_at += 4) {
            for (int delay : {0, 1, 3, 9}) {
                SCOPED_TRACE("how " + std::to_string(how) + " held at step " + std::to_string(hold_at) +
                             " delivered after " + std::to_string(delay));
                ProcessOptions options = next_options(per_record);
                Scenario scenario(options, other_disk);
                std::string id = options.prefix + "Q-p1-0";
                scenario.world.produce("in",
                                       {0, 0, "a", R"({"V":0})"}); // the first of the scenario's records
                for (int step = 0; step < hold_at + delay + 12; step++) {
                    if (step == hold_at)
                        tg_memory_hold_commit(scenario.world.cluster, id.c_str(), how);
                    if (step == hold_at + delay)
                        scenario.world.deliver_commit(id);
                    ASSERT_EQ(scenario.process->step(), TG_OK) << scenario.process->error.message;
                    scenario.world.advance(30);
                }
                scenario.world.deliver_commit(id);
                resolves += scenario.process->counters().resolves;
                ASSERT_TRUE(scenario.process->run_through());
                EXPECT_EQ(scenario.world.read("out").size(), 1u);
                EXPECT_EQ(Scenario::states(*scenario.process).size(), 1u);
                scenario.world.produce("in", {0, 1, "a", R"({"V":5})"});
                ASSERT_TRUE(scenario.process->run_through());
                EXPECT_EQ(*scenario.world.read("out").back().value, R"({"R0":2,"R1":5})");
            }
        }
    }
    EXPECT_GT(resolves, 0u);
}
INSTANTIATE_TEST_SUITE_P(All, LateCommits,
                         testing::Combine(testing::Values(calls[5]),
                                          testing::Values(Mode::per_record, Mode::per_commit)),
                         [](const auto &test) { return mode_name(std::get<1>(test.param)); });

// Without transactions records may come twice, but none is missing.
class AtLeastOnce : public testing::TestWithParam<std::pair<const char *, tg_memory_call>>
{
};

TEST_P(AtLeastOnce, LosesNothing)
{
    for (const Failure &failure : failures) {
        for (uint64_t nth = 1;; nth++) {
            SCOPED_TRACE(std::string(GetParam().first) + " number " + std::to_string(nth) + " " +
                         failure.name);
            World world;
            PlanBuilder plan;
            plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "INTEGER"}});
            plan.sink("out");
            world.topic("in", 2);
            ProcessOptions options;
            options.settings.exactly_once = false;
            static State disk;
            options.state = &disk;
            Process process(world, plan.plan(), options);
            world.fault(GetParam().second, nth, failure.fault);
            std::vector<std::string> expected;
            for (int i = 0; i < 8; i++) {
                std::string value = "{\"V\":" + std::to_string(i) + "}";
                world.produce("in", {i % 2, i, "k", value});
                expected.push_back("k = " + value + " @" + std::to_string(i));
                if (i % 3 == 2) {
                    ASSERT_TRUE(process.run_through());
                }
            }
            ASSERT_TRUE(process.run_through());
            bool struck = tg_memory_faults_waiting(world.cluster) == 0;
            tg_memory_clear_faults(world.cluster);
            std::vector<std::string> out = world.lines("out");
            std::sort(out.begin(), out.end());
            out.erase(std::unique(out.begin(), out.end()), out.end());
            ASSERT_EQ(out, expected);
            if (!struck)
                break;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, AtLeastOnce,
                         testing::Values(calls[2], calls[3], calls[6], calls[7], calls[8],
                                         std::make_pair("consumer_commit", TG_MEMORY_CALL_CONSUMER_COMMIT)),
                         [](const auto &test) { return std::string(test.param.first); });

// The query ends with a message that names the clash, instead of fencing the other process for ever.
TEST(Commit, ThreeFencesWithinAMinuteAreAClash)
{
    World world;
    PlanBuilder plan;
    plan.source("in", {{"V", "INTEGER"}}, "NONE");
    plan.sink("out", "NONE");
    world.topic("in");
    Process process(world, plan.plan());
    const tg_memory_fault fenced = {{}, 0, TG_CODE_KAFKA_FENCED, false, true, false, false};
    ASSERT_EQ(process.run(), TG_OK);
    for (int i = 0; i < 2; i++) {
        world.fault(TG_MEMORY_CALL_COMMIT, 1, fenced);
        world.produce("in", {0, 1, std::nullopt, R"({"V":1})"});
        ASSERT_EQ(process.run(), TG_OK) << process.error.message;
    }
    world.advance(61000); // long ago: forgotten
    for (int i = 0; i < 3; i++) {
        world.fault(TG_MEMORY_CALL_COMMIT, 1, fenced);
        world.produce("in", {0, 1, std::nullopt, R"({"V":1})"});
        ASSERT_EQ(process.run(), i < 2 ? TG_OK : TG_CODE_KAFKA_FENCED) << process.error.message;
    }
    EXPECT_NE(std::string(process.error.message).find("app-Q-p1-0"), std::string::npos);
    EXPECT_NE(std::string(process.error.hint).find("state.dir"), std::string::npos);
}

TEST(Commit, GoesByTheIntervalOfTheClock)
{
    World world;
    PlanBuilder plan;
    plan.source("in", {{"V", "INTEGER"}}, "NONE");
    plan.sink("out", "NONE");
    world.topic("in");
    Process process(world, plan.plan());
    ASSERT_EQ(process.run(), TG_OK);
    uint64_t before = process.counters().commits;
    int64_t last = process.unit->last_commit_us;
    EXPECT_EQ(tg_commit_unit_deadline_us(process.unit), last + 100000);
    world.advance((last + 100000 - tg_clock_monotonic_us(world.clock)) / 1000 - 1);
    world.produce("in", {0, 1, std::nullopt, R"({"V":1})"});
    ASSERT_EQ(process.step(), TG_OK);
    EXPECT_TRUE(process.unit->transaction_open);
    EXPECT_TRUE(world.read("out").empty());
    world.advance(1);
    ASSERT_EQ(process.step(), TG_OK);
    EXPECT_EQ(world.read("out").size(), 1u);
    EXPECT_EQ(process.counters().commits, before + 1);
    world.advance(1000); // nothing new: no transaction (only the position behind the marker is committed)
    uint64_t calls_before = tg_memory_call_count(world.cluster, TG_MEMORY_CALL_BEGIN);
    for (int i = 0; i < 10; i++, world.advance(100))
        ASSERT_EQ(process.step(), TG_OK);
    EXPECT_EQ(tg_memory_call_count(world.cluster, TG_MEMORY_CALL_BEGIN), calls_before);
}

// The summary's numbers do not count what was aborted and made again.
TEST(Commit, CountersGoBackWithAnAbort)
{
    World world;
    PlanBuilder plan;
    plan.source("in", {{"V", "INTEGER"}}, "NONE");
    plan.sink("out", "NONE");
    world.topic("in");
    Process process(world, plan.plan());
    ASSERT_EQ(process.run(), TG_OK);
    world.fault(TG_MEMORY_CALL_COMMIT, 1, failures[3].fault);
    world.produce("in", {{0, 1, std::nullopt, R"({"V":1})"}, {0, 2, std::nullopt, "{"}});
    ASSERT_EQ(process.run(), TG_OK);
    EXPECT_EQ(process.counters().records_in, 2u);
    EXPECT_EQ(process.counters().records_out, 1u);
    EXPECT_EQ(process.counters().decode_skipped, 1u);
    EXPECT_EQ(process.counters().aborts, 1u);
    EXPECT_EQ(process.counters().resolves, 1u);
}

} // namespace
} // namespace turgo
