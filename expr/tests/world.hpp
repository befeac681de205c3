// expr/tests/world.hpp: a schema, a batch with rows written as SQL-like literals, and the results of
// expressions as texts.
#pragma once

#include <gtest/gtest.h>

#include "expr/cast.h"
#include "expr/program.h"
#include "expr/tests/parser.hpp"

class World
{
public:
    World() : World("")
    {
    }

    // "A INT, B STRING": all columns are VALUE columns.
    explicit World(const std::string &columns)
    {
        arena_ = tg_arena_new(0);
        batch_arena_ = tg_arena_new(0);
        std::vector<tg_schema_column> list;
        if (!columns.empty()) {
            const tg_type *type = nullptr;
            tg_error error;
            std::string text = "STRUCT<" + columns + ">";
            if (tg_type_parse(arena_, tg_slice_text(text.c_str()), &type, &error) != TG_OK)
                throw Refused(error);
            for (uint32_t i = 0; i < type->field_count; i++)
                list.push_back({type->fields[i].name, type->fields[i].type, TG_COLUMN_VALUE, nullptr});
        }
        schema_ = tg_schema_new(arena_, list.data(), static_cast<uint32_t>(list.size()));
        tg_batch_memory_init(&memory_, schema_, nullptr);
        memory_.batch.arena = batch_arena_;
        resize(1);
    }

    World(const World &) = delete;
    World &operator=(const World &) = delete;

    ~World()
    {
        tg_program_state_free(state_);
        tg_batch_memory_done(&memory_);
        tg_arena_free(batch_arena_);
        tg_arena_free(arena_);
    }

    void resize(uint32_t rows)
    {
        tg_rows_reserve(&memory_.own_rows, rows);
        memory_.own_rows.count = rows;
        memory_.batch.rows = &memory_.own_rows;
        memory_.batch.selected = rows;
        for (uint32_t i = 0; i < schema_->count; i++) {
            tg_column_resize(column(i), rows);
            for (uint32_t row = 0; row < rows; row++)
                tg_column_set_null(column(i), row);
        }
    }

    tg_column *column(uint32_t index)
    {
        return memory_.batch.columns[index];
    }

    // Sets a value from a constant expression.
    void set(uint32_t index, uint32_t row, const std::string &literal)
    {
        World constant;
        const tg_expr *value = nullptr;
        tg_error error;
        const tg_expr *parsed = Parser(arena_, nullptr, literal).parse();
        if (tg_expr_cast(arena_, parsed, schema_->columns[index].type, {}, &value, &error) != TG_OK)
            throw Refused(error);
        tg_column *result = constant.run({value});
        tg_column_copy_row_into(column(index), row, result, 0, arena_);
    }

    const tg_expr *parse(const std::string &text)
    {
        return Parser(arena_, schema_, text).parse();
    }

    // Compiles and runs; the result of the first expression.
    tg_column *run(const std::vector<const tg_expr *> &expressions)
    {
        tg_error error;
        tg_program_state_free(state_);
        state_ = nullptr;
        if (tg_program_compile(arena_, schema_, expressions.data(), static_cast<uint32_t>(expressions.size()),
                               &program_, &error) != TG_OK)
            throw Refused(error);
        state_ = tg_program_state_new(program_);
        tg_program_run(state_, &memory_.batch);
        return tg_program_result(state_, 0);
    }

    static std::string text(const tg_column *column, uint32_t row)
    {
        if (column->valid[row] == 0)
            return "NULL";
        tg_buffer buffer = {};
        tg_cast_write(column, row, &buffer);
        std::string result(reinterpret_cast<const char *>(buffer.data), buffer.length);
        tg_buffer_done(&buffer);
        return result;
    }

    // The value of an expression in a row, as CAST to STRING writes it.
    std::string eval(const std::string &expression, uint32_t row = 0)
    {
        return text(run({parse(expression)}), row);
    }

    // "message | hint" of the refusal, or what it evaluates to.
    std::string refusal(const std::string &expression)
    {
        try {
            return "no refusal: " + eval(expression);
        } catch (const Refused &refused) {
            return refused.what();
        }
    }

    std::vector<std::string> errors() const
    {
        std::vector<std::string> list;
        for (uint32_t i = 0; i < tg_program_error_count(state_); i++)
            list.push_back(std::to_string(tg_program_errors(state_)[i].row) + ": " +
                           tg_program_errors(state_)[i].message);
        return list;
    }

    std::string listing() const
    {
        tg_buffer buffer = {};
        tg_program_write(program_, &buffer);
        std::string result(reinterpret_cast<const char *>(buffer.data), buffer.length);
        tg_buffer_done(&buffer);
        return result;
    }

    tg_arena *arena_ = nullptr;
    tg_arena *batch_arena_ = nullptr;
    const tg_schema *schema_ = nullptr;
    tg_batch_memory memory_ = {};
    const tg_program *program_ = nullptr;
    tg_program_state *state_ = nullptr;
};
