// Records that a repartition or a changelog topic does not take are found before they are sent, and are the
// fault of their row.
#include "topology/tests/faults_fixture.h"

namespace turgo
{
namespace
{

class SizeFaults : public Faults, public testing::WithParamInterface<Case>
{
protected:
    // Made by somebody else: takes 1,000 bytes.
    void small_topic(const char *name, const char *policy, int32_t partitions)
    {
        const tg_topic_setting settings[] = {{"cleanup.policy", policy}, {"max.message.bytes", "1000"}};
        const tg_topic_spec spec = {name, partitions, -1, settings, 2};
        ASSERT_EQ(tg_admin_create_topic(world.cluster, &spec, 1000, &world.error), TG_OK);
    }
    void expect_stop(const char *part)
    {
        if (GetParam().code != TG_OK) {
            EXPECT_NE(std::string(process->error.message).find(part), std::string::npos)
                << process->error.message;
        }
    }
    const std::string large = std::string(500, 'x'), huge = std::string(2000, 'x');
};

using RepartitionSize = SizeFaults;
TEST_P(RepartitionSize, OfARowIsAFaultOfTheRow)
{
    world.topic("two", 2);
    small_topic("app-Q-Aggregate-GroupBy-repartition", "delete", 2);
    plan.source("two", {{"C", "STRING"}, {"V", "STRING"}}, "NONE");
    plan.group_by({{"C", plan.column("C")}});
    plan.aggregates({plan.aggregate("COUNT", {plan.column("V")})});
    plan.sink("out");
    plan.faults.on_error = GetParam().policy;
    world.produce("two", {{0, 1, std::nullopt, R"({"C":"a","V":"1"})"},
                          {0, 2, std::nullopt, R"({"C":"a","V":")" + huge + R"("})"},
                          {0, 3, std::nullopt, R"({"C":"a","V":"3"})"}});
    process = std::make_unique<Process>(world, plan.plan());
    EXPECT_EQ(process->run(), GetParam().code);
    expect_stop("topic two, partition 0, offset 1: step Rekey: the record to be repartitioned has 2");
    EXPECT_EQ(process->counters().output_skipped, GetParam().code == TG_OK ? 1u : 0u);
    process.reset();
    EXPECT_EQ(world.read("app-Q-Aggregate-GroupBy-repartition").size(), GetParam().out.size());
    EXPECT_EQ(has_topic(dead) ? letters() : Lines{}, GetParam().letters);
}
INSTANTIATE_TEST_SUITE_P(
    All, RepartitionSize,
    testing::Values(Case{"Unset", TG_ON_ERROR_UNSET, TG_CODE_ENCODE, {"1"}, {}, 1},
                    Case{"Skip", TG_ON_ERROR_SKIP, TG_OK, {"1", "3"}, {}, 3},
                    Case{"DeadLetter", TG_ON_ERROR_DEAD_LETTER, TG_OK, {"1", "3"}, {"1 output Rekey"}, 3}),
    case_name);

class StateSize : public SizeFaults
{
protected:
    void run_with(const tg_window &window)
    {
        small_topic("app-Q-Aggregate-Aggregate-Materialize-changelog", "compact", 1);
        plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "STRING"}});
        plan.aggregates({plan.aggregate("COLLECT_LIST", {plan.column("V")})}, window);
        plan.sink("out")->window_kind = window.kind;
        plan.faults.on_error = GetParam().policy;
        EXPECT_EQ(run({{0, 11, "a", R"({"V":")" + large + R"("})"},
                       {0, 12, "a", R"({"V":")" + large + R"("})"},
                       {0, 13, "a", R"({"V":"3"})"}}),
                  GetParam().code);
        expect_stop("topic in, partition 0, offset 1: step Aggregate: the state of its group would have 1");
        EXPECT_EQ(counted.output_skipped, GetParam().code == TG_OK ? 1u : 0u);
        process.reset();
        EXPECT_EQ(committed(), GetParam().committed);
        EXPECT_EQ(has_topic(dead) ? letters() : Lines{}, GetParam().letters);
    }
    size_t results()
    {
        size_t count = 0;
        for (const Record &record : world.read("out"))
            count += record.value.has_value();
        return count;
    }
};

TEST_P(StateSize, OfAGroup)
{
    run_with({});
    EXPECT_EQ(results(), GetParam().out.size());
}

TEST_P(StateSize, OfHoppingWindows)
{
    run_with(PlanBuilder::hopping(10, 5, 0));
    EXPECT_EQ(results(), GetParam().out.size() * 2);
}

TEST_P(StateSize, OfASession)
{
    run_with(PlanBuilder::session(10, 0));
    EXPECT_EQ(results(), GetParam().out.size());
}
INSTANTIATE_TEST_SUITE_P(
    All, StateSize,
    testing::Values(Case{"Unset", TG_ON_ERROR_UNSET, TG_CODE_ENCODE, {"1"}, {}, 1},
                    Case{"Skip", TG_ON_ERROR_SKIP, TG_OK, {"1", "3"}, {}, 3},
                    Case{"Null", TG_ON_ERROR_NULL, TG_OK, {"1", "3"}, {}, 3},
                    Case{
                        "DeadLetter", TG_ON_ERROR_DEAD_LETTER, TG_OK, {"1", "3"}, {"1 output Aggregate"}, 3}),
    case_name);

// A table's state is not the operator's to leave out: the query stops at once, with the topic's name.
TEST_F(Faults, ATableThatDoesNotFitItsChangelogStopsAtOnce)
{
    const tg_topic_setting settings[] = {{"cleanup.policy", "compact"}, {"max.message.bytes", "1000"}};
    const tg_topic_spec spec = {"app-Q-Aggregate-Aggregate-Materialize-changelog", 1, -1, settings, 2};
    ASSERT_EQ(tg_admin_create_topic(world.cluster, &spec, 1000, &world.error), TG_OK);
    plan.source("in", {{"K", "STRING", TG_COLUMN_KEY}, {"V", "STRING"}})->base.is_table = true;
    plan.materialize();
    plan.rekey({{"W", plan.column("K")}}, true);
    plan.aggregates({plan.aggregate("COLLECT_LIST", {plan.column("V")})});
    plan.sink("out");
    plan.faults.on_error = TG_ON_ERROR_SKIP;
    EXPECT_EQ(run({{0, 1, "a", R"({"V":")" + std::string(2000, 'x') + R"("})"}}), TG_CODE_ENCODE);
    EXPECT_NE(std::string(process->error.message)
                  .find("topic app-Q-Aggregate-Aggregate-Materialize-changelog "
                        "takes 1000"),
              std::string::npos)
        << process->error.message;
}

} // namespace
} // namespace turgo
