// expr/tests/aggregation.hpp: runs an aggregate over rows written as expressions; its fixed state lies
// unaligned, as in a store.
#pragma once

#include "expr/tests/world.hpp"

class Aggregation
{
public:
    struct State {
        std::vector<uint8_t> fixed; // behind one byte
        std::string blob;
    };

    // `rows` are the values of the first argument; `columns` how often they are one: 0 for COUNT(*).
    Aggregation(const std::string &name, const std::vector<const tg_expr *> &rows, uint32_t columns,
                const std::vector<const tg_expr *> &constants)
    {
        const tg_expr *array = nullptr;
        tg_error error;
        if (tg_expr_call(world_.arena_, tg_slice_text("ARRAY"), rows.data(),
                         static_cast<uint32_t>(rows.size()), {}, &array, &error) != TG_OK)
            throw Refused(error);
        column_ = world_.run({array})->children[0];
        tg_schema_column column = {"X", array->type->element, TG_COLUMN_VALUE, nullptr};
        std::vector<const tg_expr *> arguments = constants;
        for (uint32_t i = 0; i < columns; i++)
            arguments.insert(arguments.begin(),
                             tg_expr_column(world_.arena_, tg_schema_new(world_.arena_, &column, 1), 0, {}));
        if (tg_function_resolve(world_.arena_, TG_FUNCTION_AGGREGATE, tg_slice_text(name.c_str()),
                                arguments.data(), static_cast<uint32_t>(arguments.size()), {}, &call_,
                                &error) != TG_OK)
            throw Refused(error);
        columns_.assign(arguments.size(), column_); // constants come through .prepare
    }

    const tg_function_call &call() const
    {
        return call_;
    }

    State start() const
    {
        State state;
        state.fixed.resize(call_.function->aggregate->fixed_bytes + 1U);
        call_.function->aggregate->init(state.fixed.data() + 1);
        return state;
    }

    tg_code add(State &state, uint32_t row)
    {
        return change(state, row, call_.function->aggregate->add);
    }

    tg_code undo(State &state, uint32_t row)
    {
        return change(state, row, call_.function->aggregate->undo);
    }

    tg_code merge(State &state, const State &other)
    {
        tg_buffer changed = {};
        tg_aggregate_call call = at(state, 0, &changed);
        tg_code code = call_.function->aggregate->merge(
            &call, other.fixed.data() + 1, tg_slice_of(other.blob.data(), other.blob.size()), &error_);
        keep(state, call, &changed);
        return code;
    }

    std::string result(State &state)
    {
        tg_aggregate_call call = at(state, 0, nullptr);
        tg_column *result = tg_column_new(call_.type);
        tg_column_resize(result, 1);
        call_.function->aggregate->result(&call, result, 0);
        std::string text = World::text(result, 0);
        tg_column_free(result);
        return text;
    }

    tg_error error_ = {};

private:
    tg_aggregate_call at(State &state, uint32_t row, tg_buffer *changed)
    {
        tg_aggregate_call call = {};
        call.fixed = state.fixed.data() + 1;
        call.blob = tg_slice_of(state.blob.data(), state.blob.size());
        call.new_blob = changed;
        call.arguments = columns_.data();
        call.argument_count = static_cast<uint32_t>(columns_.size());
        call.row = row;
        call.type = call_.type;
        call.sequence = row;
        call.function = call_.function;
        call.prepared = call_.prepared;
        call.arena = world_.batch_arena_;
        return call;
    }

    static void keep(State &state, const tg_aggregate_call &call, tg_buffer *changed)
    {
        if (call.blob_changed)
            state.blob.assign(reinterpret_cast<const char *>(changed->data), changed->length);
        tg_buffer_done(changed);
    }

    template <typename Function> tg_code change(State &state, uint32_t row, Function function)
    {
        tg_buffer changed = {};
        tg_aggregate_call call = at(state, row, &changed);
        tg_code code = function(&call, &error_);
        keep(state, call, &changed);
        return code;
    }

    World world_;
    tg_column *column_ = nullptr;
    std::vector<const tg_column *> columns_;
    tg_function_call call_ = {};
};
