// No kernel allocates outside of the batch's arena once the columns and buffers have grown: counted for the
// calls of all scalar functions' examples.
#include "base/memory.h"
#include "expr/tests/sample.hpp"

namespace
{

TEST(Allocation, NoScalarFunctionAllocatesAfterWarmUp)
{
    enum { ROWS = 64, WARM_UP = 4 };
    int counted = 0;
    for (size_t i = 0; tg_function_at(i) != nullptr; i++) {
        const tg_function *function = tg_function_at(i);
        if (function->kind != TG_FUNCTION_SCALAR)
            continue;
        Sample sample(function, ROWS);
        if (!sample.runs())
            continue;
        for (int round = 0; round < WARM_UP; round++)
            sample.runAgain();
        uint64_t before = tg_allocation_count();
        sample.runAgain();
        EXPECT_EQ(tg_allocation_count() - before, 0U) << function->signature;
        counted++;
    }
    EXPECT_GT(counted, 250);
}

} // namespace
