/* The plan as text, for EXPLAIN, and the register programs of its expressions. */
#include "expr/program.h"
#include "plan/node.h"

const char *tg_plan_window_kind_name(enum tg_window_kind kind)
{
    static const char *const names[] = {[TG_WINDOW_NONE] = "NONE",
                                        [TG_WINDOW_TUMBLING] = "TUMBLING",
                                        [TG_WINDOW_HOPPING] = "HOPPING",
                                        [TG_WINDOW_SESSION] = "SESSION"};
    return names[kind];
}

void tg_plan_write_duration(int64_t ms, struct tg_buffer *out)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {
        {86400000, "DAY"}, {3600000, "HOUR"}, {60000, "MINUTE"}, {1000, "SECOND"}, {1, "MILLISECOND"}};
    size_t i = 0;
    while (ms == 0 ? units[i].ms != 1000 : ms % units[i].ms != 0)
        i++;
    long long amount = (long long)(ms / units[i].ms);
    tg_buffer_printf(out, "%lld %s%s", amount, units[i].unit, amount == 1 ? "" : "S");
}

void tg_plan_write_window(const struct tg_window *window, struct tg_buffer *out)
{
    tg_buffer_printf(out, "%s (", tg_plan_window_kind_name(window->kind));
    if (window->kind != TG_WINDOW_SESSION)
        tg_buffer_append_text(out, "SIZE ");
    tg_plan_write_duration(window->size_ms, out);
    if (window->kind == TG_WINDOW_HOPPING) {
        tg_buffer_append_text(out, ", ADVANCE BY ");
        tg_plan_write_duration(window->advance_ms, out);
    }
    tg_buffer_append_text(out, ", RETENTION ");
    tg_plan_write_duration(window->retention_ms, out);
    tg_buffer_append_text(out, ", GRACE PERIOD ");
    tg_plan_write_duration(window->grace_ms, out);
    tg_buffer_append_text(out, ")");
}

void tg_plan_write_format(const struct tg_plan_format *format, struct tg_buffer *out)
{
    tg_buffer_append_text(out, format->name);
    if (format->unwrapped)
        tg_buffer_append_text(out, " unwrapped");
    if (format->delimiter == ' ' || format->delimiter == '\t')
        tg_buffer_printf(out, " delimiter %s", format->delimiter == ' ' ? "SPACE" : "TAB");
    else if (format->delimiter != 0)
        tg_buffer_printf(out, " delimiter '%c'", format->delimiter);
    if (format->schema_id != 0)
        tg_buffer_printf(out, " schema %d", format->schema_id);
    if (format->full_name != NULL)
        tg_buffer_printf(out, " name %s", format->full_name);
    if (format->nullable != TG_NULLABLE_NEVER)
        tg_buffer_printf(out, " nullable %s", tg_plan_nullable_names[format->nullable]);
}

void tg_plan_write_calls(const struct tg_function_call *calls, uint32_t count, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < count; i++) {
        tg_buffer_printf(out, "%s%s(", i == 0 ? "" : ", ", calls[i].name);
        if (calls[i].argument_count == 0 && strcmp(calls[i].name, "COUNT") == 0)
            tg_buffer_append_text(out, "*");
        for (uint32_t j = 0; j < calls[i].argument_count; j++) {
            if (j > 0)
                tg_buffer_append_text(out, ", ");
            tg_expr_write(calls[i].arguments[j], out);
        }
        tg_buffer_append_text(out, ")");
    }
}

void tg_plan_write_key_columns(const struct tg_schema *schema, struct tg_buffer *out)
{
    const char *separator = "";
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].role != TG_COLUMN_KEY)
            continue;
        tg_buffer_printf(out, "%s `%s` ", separator, schema->columns[i].name);
        separator = ",";
        tg_type_write(schema->columns[i].type, out);
    }
}

static void indent_lines(const struct tg_buffer *text, uint32_t depth, struct tg_buffer *out)
{
    bool line_start = true;
    for (size_t i = 0; i < text->length; i++) {
        if (line_start)
            tg_buffer_printf(out, "%*s", (int)(2 * depth), "");
        tg_buffer_append_byte(out, text->data[i]);
        line_start = text->data[i] == '\n';
    }
    if (!line_start)
        tg_buffer_append_text(out, "\n");
}

/* The register program of all expressions of the node. */
TG_MUST_CHECK static enum tg_code write_program(const struct tg_plan_node *node, uint32_t depth,
                                                struct tg_buffer *out, struct tg_error *reterr)
{
    struct tg_plan_expressions list = {0};
    if (node->kind->list_expressions != NULL)
        node->kind->list_expressions(node, &list);
    enum tg_code code = TG_OK;
    if (list.count > 0) {
        struct tg_arena *arena = tg_arena_new(0);
        struct tg_buffer text = {0};
        const struct tg_program *program = NULL;
        code = tg_program_compile(arena, node->inputs[0]->schema, list.items, (uint32_t)list.count, &program,
                                  reterr);
        if (code == TG_OK) {
            tg_program_write(program, &text);
            indent_lines(&text, depth, out);
        }
        tg_buffer_done(&text);
        tg_arena_free(arena);
    }
    tg_plan_expressions_done(&list);
    return code;
}

TG_MUST_CHECK static enum tg_code write_node(const struct tg_plan_node *node, uint32_t depth,
                                             const struct tg_plan_text_options *options,
                                             struct tg_buffer *out, struct tg_error *reterr)
{
    tg_buffer_printf(out, "%*s%s: ", (int)(2 * depth), "", node->step);
    node->kind->describe(node, out);
    if (node->input_count == 0 || !tg_schema_equal(node->schema, node->inputs[0]->schema)) {
        tg_buffer_append_text(out, " => ");
        tg_schema_write(node->schema, out);
    }
    tg_buffer_append_text(out, "\n");
    if (options->programs) {
        enum tg_code code = write_program(node, depth + 2, out, reterr);
        if (code != TG_OK) {
            (void)tg_fail_context(reterr, "step %s", node->step);
            return code;
        }
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        TG_TRY(write_node(node->inputs[i], depth + 1, options, out, reterr));
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code compile_list(const struct tg_schema *schema,
                                               const struct tg_expr *const *exprs, uint32_t count,
                                               struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    const struct tg_program *program = NULL;
    enum tg_code code = tg_program_compile(arena, schema, exprs, count, &program, reterr);
    tg_arena_free(arena);
    return code;
}

/* The place of the error is that of the expression which alone does not compile: a pattern's own place would
 * be one in the pattern. */
TG_MUST_CHECK static enum tg_code check_programs(const struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_expressions list = {0};
    for (uint32_t i = 0; i < node->input_count; i++)
        TG_TRY(check_programs(node->inputs[i], reterr));
    if (node->kind->list_expressions != NULL)
        node->kind->list_expressions(node, &list);
    enum tg_code code = list.count == 0
                            ? TG_OK
                            : compile_list(node->inputs[0]->schema, list.items, (uint32_t)list.count, reterr);
    if (code != TG_OK && reterr != NULL)
        reterr->place = (struct tg_place){0};
    for (size_t i = 0; i < list.count && code != TG_OK && reterr != NULL; i++) {
        struct tg_error ignored;
        if (compile_list(node->inputs[0]->schema, &list.items[i], 1, &ignored) == TG_OK)
            continue;
        reterr->place = list.items[i]->place;
        break;
    }
    tg_plan_expressions_done(&list);
    return code;
}

enum tg_code tg_plan_check_programs(const struct tg_plan *plan, struct tg_error *reterr)
{
    return check_programs(plan->root, reterr);
}

enum tg_code tg_plan_write_text(const struct tg_plan *plan, const struct tg_plan_text_options *options,
                                struct tg_buffer *out, struct tg_error *reterr)
{
    tg_buffer_printf(out, "Query %s", plan->query_id);
    tg_plan_describe_faults(&plan->faults, out);
    tg_buffer_append_text(out, "\n");
    return write_node(plan->root, 1, options, out, reterr);
}
