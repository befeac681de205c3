// Runs the call in each scalar function's example over batches of 1,024 rows and prints the least CPU time
// per row that was seen, the dearest function last. Arguments: names of functions (default: all).
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "expr/tests/sample.hpp"

namespace
{

enum { ROWS = 1024, WARM_UP = 3, ROUNDS = 40 };

double cpuNs()
{
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

bool isWanted(const tg_function *function, int count, char **names)
{
    std::string name(function->signature, std::string(function->signature).find('('));
    return count < 2 || std::find(names + 1, names + count, name) != names + count;
}

double measure(const tg_function *function)
{
    Sample sample(function, ROWS);
    if (!sample.runs())
        return -1;
    for (int round = 0; round < WARM_UP; round++)
        sample.runAgain();
    double least = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        double start = cpuNs();
        sample.runAgain();
        least = std::min(least, cpuNs() - start);
    }
    return least / ROWS;
}

} // namespace

int main(int count, char **names)
{
    std::vector<std::pair<double, const tg_function *>> results;
    for (size_t i = 0; tg_function_at(i) != nullptr; i++) {
        const tg_function *function = tg_function_at(i);
        if (function->kind != TG_FUNCTION_SCALAR || !isWanted(function, count, names))
            continue;
        double ns = measure(function);
        if (ns >= 0)
            results.emplace_back(ns, function);
    }
    std::sort(results.begin(), results.end());
    for (const auto &[ns, function] : results)
        std::printf("%9.1f ns  %s\n", ns, function->signature);
    return 0;
}
