// service/tests/agreement/run.h: a case on the production engine: in-memory cluster, virtual clock, one
// worker that is stepped by hand, with commits, restarts, kills and lost disks between the records. Thread:
// one.
#pragma once

#include "service/tests/agreement/query.h"

#include <memory>

namespace turgo::agreement
{

// How a run disturbs the query. The names are those of the printed report.
struct Schedule {
    const char *name;
    size_t batch_max;      // records between two steps, at random up to this
    bool commits;          // commits at random points, else only at the end
    bool tiny_cache;       // nothing stays in memory that need not
    bool restarts;         // stops, kills and lost disks at random points
    bool last_values_only; // the cache is on: only the last value of a key counts
};

struct Result {
    bool refused = false; // the job was not compiled: `problem` says why
    std::string problem;  // empty: agrees
};

// The states of processes outlive the runs: a database takes its time to open.
class Machine;
class Runner
{
public:
    Runner();
    ~Runner();
    Runner(const Runner &) = delete;
    Runner &operator=(const Runner &) = delete;
    // Runs the case and compares with the naive model.
    Result run(const Case &the_case, const Schedule &schedule);

private:
    std::unique_ptr<Machine> machine_;
};

} // namespace turgo::agreement
