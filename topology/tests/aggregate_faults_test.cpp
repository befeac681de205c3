// Rows that an aggregate refuses (a SUM that would outgrow its type) under each policy: the state without
// them, the letters, where a query that stops has committed.
#include "topology/tests/faults_fixture.h"

namespace turgo
{
namespace
{

class AggregateFaults : public Faults
{
protected:
    // SUM and COUNT of V, of two digits.
    void plan_sums(tg_window window = {})
    {
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "DECIMAL(2, 0)"}});
        plan.aggregates(
            {plan.aggregate("SUM", {plan.column("V")}), plan.aggregate("COUNT", {plan.column("V")})}, window);
        tg_plan_sink *sink = plan.sink("out");
        sink->window_kind = window.kind;
        sink->window_size_ms = window.size_ms;
    }
    // The values of the output, in order.
    Lines values()
    {
        Lines lines;
        for (const Record &record : world.read("out"))
            lines.push_back(record.value.value_or("null"));
        return lines;
    }
};

class SumFaults : public AggregateFaults, public testing::WithParamInterface<Case>
{
};
TEST_P(SumFaults, UnderEachPolicy)
{
    plan_sums();
    plan.faults.on_error = GetParam().policy;
    EXPECT_EQ(run({{0, 1, "a", R"({"V":90})"}, {0, 2, "a", R"({"V":10})"}, {0, 3, "a", R"({"V":9})"}}),
              GetParam().code);
    EXPECT_EQ(counted.aggregate_errors, GetParam().code == TG_OK ? 1u : 0u);
    if (GetParam().code != TG_OK) {
        EXPECT_STREQ(process->error.message,
                     "topic in, partition 0, offset 1: step Aggregate: SUM: a SUM outgrew "
                     "its type DECIMAL(2, 0)");
    }
    process.reset();
    EXPECT_EQ(values(), GetParam().out);
    EXPECT_EQ(committed(), GetParam().committed);
    EXPECT_EQ(has_topic(dead) ? letters() : Lines{}, GetParam().letters);
    EXPECT_EQ(world.stable_end("out", 0), world.end("out", 0));
}
const std::string sum90 = R"({"R0":90,"R1":1})", sum99 = R"({"R0":99,"R1":2})";
INSTANTIATE_TEST_SUITE_P(
    All, SumFaults,
    testing::Values(
        Case{"Unset", TG_ON_ERROR_UNSET, TG_CODE_EXPRESSION, {sum90}, {}, 1},
        Case{"Skip", TG_ON_ERROR_SKIP, TG_OK, {sum90, sum99}, {}, 3},
        Case{"Null", TG_ON_ERROR_NULL, TG_OK, {sum90, R"({"R0":90,"R1":2})", R"({"R0":99,"R1":3})"}, {}, 3},
        Case{"DeadLetter", TG_ON_ERROR_DEAD_LETTER, TG_OK, {sum90, sum99}, {"1 aggregate Aggregate"}, 3},
        Case{"Fail", TG_ON_ERROR_FAIL, TG_CODE_EXPRESSION, {sum90}, {}, 1}),
    case_name);

// The letter is a part of the transaction, and the state is that of the others, whatever fails.
TEST_F(AggregateFaults, LettersCountOnceWhateverFails)
{
    const tg_memory_call calls[] = {TG_MEMORY_CALL_SEND, TG_MEMORY_CALL_SEND_OFFSETS, TG_MEMORY_CALL_COMMIT};
    plan_sums();
    plan.faults.on_error = TG_ON_ERROR_DEAD_LETTER;
    size_t round = 0;
    for (tg_memory_call call : calls) {
        tg_memory_fault fault = {};
        fault.code = TG_CODE_KAFKA_TIMED_OUT;
        fault.retriable = true;
        const std::string key = std::to_string(++round);
        world.produce("in",
                      {{0, 1, key, R"({"V":90})"}, {0, 2, key, R"({"V":10})"}, {0, 3, key, R"({"V":9})"}});
        process = std::make_unique<Process>(world, plan.plan());
        world.fault(call, 1, fault);
        EXPECT_TRUE(process->run_through());
        process.reset();
        EXPECT_EQ(values().size(), 2 * round);
        EXPECT_EQ(values().back(), sum99);
        EXPECT_EQ(world.read(dead).size(), round);
    }
}

// A row that one of its windows refuses counts in none, and does not move the time.
TEST_F(AggregateFaults, HoppingWindowsLeaveTheRowOutTogether)
{
    plan_sums(PlanBuilder::hopping(10, 5, 0));
    plan.faults.on_error = TG_ON_ERROR_SKIP;
    EXPECT_EQ(run({{0, 6, "a", R"({"V":95})"},  // [0, 10), [5, 15)
                   {0, 12, "a", R"({"V":50})"}, // [5, 15) refuses it; else [0, 10) were closed
                   {0, 7, "a", R"({"V":1})"}}),
              TG_OK);
    const std::string first = R"({"R0":95,"R1":1})", second = R"({"R0":96,"R1":2})";
    EXPECT_EQ(values(), (Lines{first, first, second, second}));
    EXPECT_EQ(counted.late_skipped, 0u);
    EXPECT_EQ(counted.aggregate_errors, 1u);
}

TEST_F(AggregateFaults, HoppingWindowsTakeItForNullEachForItself)
{
    plan_sums(PlanBuilder::hopping(10, 5, 0));
    plan.faults.on_error = TG_ON_ERROR_NULL;
    EXPECT_EQ(run({{0, 6, "a", R"({"V":95})"}, {0, 12, "a", R"({"V":50})"}}), TG_OK);
    const std::string first = R"({"R0":95,"R1":1})";
    EXPECT_EQ(values(), (Lines{first, first, R"({"R0":95,"R1":2})", R"({"R0":50,"R1":1})"}));
    EXPECT_EQ(counted.aggregate_errors, 1u);
}

// Sessions whose sums do not fit together stay two: the row that would join them is left out, under null too.
TEST_F(AggregateFaults, SessionsThatDoNotFitTogetherStayTwo)
{
    for (Policy policy : {TG_ON_ERROR_SKIP, TG_ON_ERROR_NULL}) {
        SCOPED_TRACE(policy);
        World world_;
        PlanBuilder plan_;
        world_.topic("in");
        plan_.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "DECIMAL(2, 0)"}});
        plan_.aggregates({plan_.aggregate("SUM", {plan_.column("V")})}, PlanBuilder::session(10, 100));
        plan_.sink("out")->window_kind = TG_WINDOW_SESSION;
        plan_.faults.on_error = policy;
        world_.produce("in", {{0, 10, "a", R"({"V":60})"},
                              {0, 25, "a", R"({"V":50})"},
                              {0, 18, "a", R"({"V":1})"},
                              {0, 26, "a", R"({"V":7})"}});
        Process process_(world_, plan_.plan());
        ASSERT_EQ(process_.run(), TG_OK) << process_.error.message;
        Lines values_;
        for (const Record &record : world_.read("out"))
            values_.push_back(record.value.value_or("null"));
        EXPECT_EQ(values_, (Lines{R"({"R0":60})", R"({"R0":50})", "null", R"({"R0":57})"}));
        EXPECT_EQ(process_.counters().aggregate_errors, 1u);
    }
}

// A table's row may be taken back, so it counts; the sum is NULL until it fits again.
class TableFaults : public AggregateFaults
{
protected:
    tg_code run_with(Policy policy)
    {
        tg_plan_source *source =
            plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"G", "STRING"}, {"V", "DECIMAL(2, 0)"}});
        source->base.is_table = true;
        plan.materialize();
        plan.rekey({{"G", plan.column("G")}}, true);
        plan.aggregates({plan.aggregate("SUM", {plan.column("V")})});
        plan.sink("out");
        plan.faults.on_error = policy;
        return run({{0, 1, "a", R"({"G":"g","V":60})"},
                    {0, 2, "b", R"({"G":"g","V":50})"},
                    {0, 3, "a", R"({"G":"g","V":5})"}});
    }
};

TEST_F(TableFaults, TheSumIsNullUntilItFitsAgain)
{
    EXPECT_EQ(run_with(TG_ON_ERROR_DEAD_LETTER), TG_OK);
    EXPECT_EQ(values(), (Lines{R"({"R0":60})", R"({"R0":null})", R"({"R0":55})"}));
    EXPECT_EQ(letters(), (Lines{"1 aggregate Aggregate"}));
}

TEST_F(TableFaults, TheQueryStopsInFrontOfTheRow)
{
    EXPECT_EQ(run_with(TG_ON_ERROR_FAIL), TG_CODE_EXPRESSION);
    process.reset();
    EXPECT_EQ(values(), (Lines{R"({"R0":60})"}));
    EXPECT_EQ(committed(), 1);
}

} // namespace
} // namespace turgo
