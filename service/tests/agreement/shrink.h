// service/tests/agreement/shrink.h: a failing case becomes a small one, and a job with its input that can be
// run. Thread: any.
#pragma once

#include "service/tests/agreement/query.h"

#include <functional>

namespace turgo::agreement
{

// The smallest case found for which `fails` still holds; asks at most `tries_max` times.
Case shrink(const Case &the_case, const std::function<bool(const Case &)> &fails, size_t tries_max);

// job.sql and input.jsonl, as examples/README.md describes them.
std::string report(const Case &the_case);

} // namespace turgo::agreement
