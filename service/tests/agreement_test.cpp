// Random queries over random records: the production engine, however its batches, commits, evictions, kills
// and restores fall, gives what a naive model gives, which goes through the records one by one and computes
// each aggregate from all rows of its group. TG_SEEDS=10000 takes more seeds, TG_SEED=n one of them.
#include "base/log.h"
#include "service/tests/agreement/generator.h"
#include "service/tests/agreement/run.h"
#include "service/tests/agreement/shrink.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace turgo::agreement
{
namespace
{

const Schedule schedules[] = {
    {"one large batch", 1024, false, false, false, false},
    {"batches of one, commits", 1, true, false, false, false},
    {"batches of two, a tiny cache", 2, true, true, false, false},
    {"kills, restarts and lost disks", 3, true, false, true, false},
    {"the same with a tiny cache", 5, true, true, true, false},
    {"last values, kills", 4, true, false, true, true},
};

uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// True if the seed agrees; what is not supported by the engine is counted.
bool agrees(Runner &runner, uint64_t seed, size_t *refused)
{
    Case the_case = make_case(seed);
    for (const Schedule &schedule : schedules) {
        Result result = runner.run(the_case, schedule);
        if (result.refused) {
            ++*refused;
            if (std::getenv("TG_SEED") != nullptr)
                std::cout << result.problem << "\n" << report(the_case);
            return true;
        }
        if (result.problem.empty())
            continue;
        auto isRefusal = [](const std::string &problem) {
            return problem.rfind("the job is refused", 0) == 0;
        };
        auto fails = [&](const Case &candidate) { // in the same way: what becomes no query is no smaller case
            Result again = runner.run(candidate, schedule);
            return !again.refused && !again.problem.empty() &&
                   isRefusal(again.problem) == isRefusal(result.problem);
        };
        Case small = shrink(the_case, fails, 1500);
        std::string problem = runner.run(small, schedule).problem;
        ADD_FAILURE() << "TG_SEED=" << seed << ", " << schedule.name << ": "
                      << (problem.empty() ? result.problem : problem) << "\n"
                      << report(problem.empty() ? the_case : small);
        return false;
    }
    return true;
}

// Ten parts, so that they run beside one another.
class Agreement : public testing::TestWithParam<uint64_t>
{
};

TEST_P(Agreement, OfQueriesWithTheNaiveModel)
{
    uint64_t count = number_from("TG_SEEDS", 500) / 10, first = 1 + GetParam() * count;
    if (std::getenv("TG_SEED") != nullptr) {
        first = number_from("TG_SEED", 0);
        count = GetParam() == 0 ? 1 : 0;
    }
    size_t refused = 0, failed = 0;
    tg_log_configure(TG_LOG_ERROR, TG_LOG_LOGFMT, 2); // what is skipped is skipped on purpose
    Runner runner;
    for (uint64_t seed = first; seed < first + count && failed < 3; seed++)
        failed += agrees(runner, seed, &refused) ? 0 : 1;
    tg_log_configure(TG_LOG_INFO, TG_LOG_LOGFMT, 2);
    RecordProperty("refused", static_cast<int>(refused));
    EXPECT_LE(refused, count / 2) << "most of the queries are not supported";
}

INSTANTIATE_TEST_SUITE_P(Seeds, Agreement, testing::Range<uint64_t>(0, 10));

} // namespace
} // namespace turgo::agreement
