// expr/tests/sample.hpp: the call in a scalar function's example, over a batch whose columns hold the
// example's arguments: what the test of allocations and the benchmark of kernels run. Thread: its owner's.
#pragma once

#include <memory>

#include "expr/internal.h"
#include "expr/tests/world.hpp"

class Sample
{
public:
    // Arguments that a kernel prepares (patterns, paths) stay constant, the others become columns.
    Sample(const tg_function *function, uint32_t rows)
    {
        const tg_expr *call = find(parsing_.parse(function->example), function);
        if (call == nullptr)
            return;
        std::vector<tg_column *> values;
        std::vector<std::unique_ptr<World>> constants;
        std::vector<const tg_expr *> arguments(call->arguments, call->arguments + call->argument_count);
        std::vector<uint32_t> replaced;
        std::string columns;
        for (uint32_t i = 0; i < call->argument_count; i++) {
            if (!becomesColumn(call, i))
                continue;
            constants.push_back(std::make_unique<World>());
            values.push_back(constants.back()->run({arguments[i]}));
            columns +=
                (columns.empty() ? "C" : ", C") + std::to_string(i) + " " + typeText(arguments[i]->type);
            replaced.push_back(i);
        }
        if (replaced.empty())
            return;
        world_ = std::make_unique<World>(columns);
        world_->resize(rows);
        for (uint32_t i = 0; i < replaced.size(); i++) {
            for (uint32_t row = 0; row < rows; row++)
                tg_column_copy_row_into(world_->column(i), row, values[i], 0, world_->arena_);
            arguments[replaced[i]] = tg_expr_column(world_->arena_, world_->schema_, i, {});
        }
        tg_expr rebuilt = *call;
        const tg_expr **copy = static_cast<const tg_expr **>(
            tg_arena_alloc_zero(world_->arena_, arguments.size() + 1, sizeof(void *)));
        std::copy(arguments.begin(), arguments.end(), copy);
        rebuilt.arguments = copy;
        call_ = rebuilt;
        world_->run({&call_});
    }

    // False: the example has nothing that could be a column.
    bool runs() const
    {
        return world_ != nullptr;
    }

    void runAgain()
    {
        tg_arena_reset(world_->batch_arena_);
        tg_program_run(world_->state_, &world_->memory_.batch);
    }

    World &world()
    {
        return *world_;
    }

private:
    static const tg_expr *find(const tg_expr *expr, const tg_function *function)
    {
        if (expr->kind == TG_EXPR_CALL && expr->function == function)
            return expr;
        for (uint32_t i = 0; i < expr->argument_count; i++) {
            const tg_expr *found = find(expr->arguments[i], function);
            if (found != nullptr)
                return found;
        }
        return nullptr;
    }

    static bool becomesColumn(const tg_expr *call, uint32_t position)
    {
        const tg_expr *argument = call->arguments[position];
        if (argument->kind == TG_EXPR_LAMBDA || argument->type == nullptr)
            return false;
        if (call->function->prepare == nullptr)
            return true;
        bool pattern_first = std::string(call->function->signature).rfind("REGEXP_EXTRACT", 0) == 0;
        return position == (pattern_first ? 1U : 0U);
    }

    static std::string typeText(const tg_type *type)
    {
        tg_buffer text = {};
        tg_type_write(type, &text);
        std::string copy = tg_buffer_text(&text);
        tg_buffer_done(&text);
        return copy;
    }

    World parsing_;
    std::unique_ptr<World> world_;
    tg_expr call_ = {};
};
