/* sql/tests/statements.hpp: what the tests of this folder share: parsing into an arena that cleans up after
 * itself. */
#pragma once

#include <string>

#include "base/buffer.h"
#include "sql/formatter.h"
#include "sql/parser.h"

/* Parses on construction; code, error and script say what came of it. */
class Parsed
{
public:
    explicit Parsed(const std::string &sql, bool test_statements = false)
        : arena(tg_arena_new(0)), variables(tg_variables_new())
    {
        tg_parse_options options = {variables, test_statements};
        code = tg_parse(arena, tg_slice_of(sql.data(), sql.size()), &options, &script, &error);
    }
    ~Parsed()
    {
        tg_variables_free(variables);
        tg_arena_free(arena);
    }
    Parsed(const Parsed &) = delete;
    Parsed &operator=(const Parsed &) = delete;

    const tg_statement &statement(uint32_t index = 0) const
    {
        return *script.statements[index];
    }

    /* All statements in canonical form, one a line, each with its ';'. */
    std::string format() const
    {
        tg_buffer out = {};
        for (uint32_t i = 0; i < script.statement_count; i++) {
            tg_format_statement(script.statements[i], &out);
            tg_buffer_append_text(&out, ";\n");
        }
        std::string text(reinterpret_cast<const char *>(out.data), out.length);
        tg_buffer_done(&out);
        return text;
    }

    tg_arena *arena;
    tg_variables *variables;
    tg_script script = {};
    tg_error error = {};
    tg_code code = TG_OK;
};
