/* Feeds SQL text to the parser. What parses is formatted, and the canonical text must parse to the same
 * canonical text. */
#include <stdio.h>
#include <stdlib.h>

#include "sql/formatter.h"
#include "sql/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_statement(struct tg_arena *arena, const struct tg_statement *statement)
{
    /* Variables were replaced already. */
    const struct tg_parse_options options = {.test_statements = true};
    struct tg_buffer first = {0};
    struct tg_buffer second = {0};
    struct tg_script script;
    struct tg_error error = {0};
    tg_format_statement(statement, &first);
    enum tg_code code = tg_parse(arena, tg_buffer_slice(&first), &options, &script, &error);
    if (code != TG_OK &&
        code != TG_CODE_LIMIT) { /* the canonical text may be deeper by the parentheses added */
        fprintf(stderr, "does not parse: %s\n%s\n", tg_buffer_text(&first), error.message);
        abort();
    }
    if (code == TG_OK) {
        if (script.statement_count == 1)
            tg_format_statement(script.statements[0], &second);
        if (!tg_slice_equal(tg_buffer_slice(&first), tg_buffer_slice(&second))) {
            fprintf(stderr, "is not stable:\n%s\n%s\n", tg_buffer_text(&first), tg_buffer_text(&second));
            abort();
        }
    }
    tg_buffer_done(&first);
    tg_buffer_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_variables *variables = tg_variables_new();
    const struct tg_parse_options options = {.variables = variables, .test_statements = true};
    struct tg_script script;
    struct tg_error error = {0};
    enum tg_code code = tg_parse(arena, tg_slice_of(data, size), &options, &script, &error);
    if (code != TG_OK && (error.message[0] == '\0' || (error.place.line == 0 && code != TG_CODE_LIMIT)))
        abort();
    for (uint32_t i = 0; i < script.statement_count; i++)
        check_statement(arena, script.statements[i]);
    tg_variables_free(variables);
    tg_arena_free(arena);
    return 0;
}
