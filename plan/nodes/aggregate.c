/* Aggregate: aggregates per key, or per key and window. */
#include "plan/nodes/aggregate.h"

#include "plan/json.h"

static const char *const emission_names[] = {[TG_EMIT_CHANGES] = "CHANGES", [TG_EMIT_FINAL] = "FINAL", NULL};

static const struct tg_plan_aggregate *as_aggregate(const struct tg_plan_node *node)
{
    return (const struct tg_plan_aggregate *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    const struct tg_plan_aggregate *aggregate = as_aggregate(node);
    tg_plan_write_calls(aggregate->calls, aggregate->call_count, out);
    tg_buffer_append_text(out, " per");
    bool has_key = tg_schema_count_role(node->schema, TG_COLUMN_KEY) > 0;
    if (has_key)
        tg_plan_write_key_columns(node->schema, out);
    if (aggregate->window.kind != TG_WINDOW_NONE) {
        tg_buffer_append_text(out, has_key ? " and " : " ");
        tg_plan_write_window(&aggregate->window, out);
    }
    tg_buffer_printf(out, ", emit %s%s", emission_names[aggregate->emission],
                     aggregate->panes ? " from shared panes" : "");
}

/* A window that closes reads all its panes at once. */
enum { PANES_MAX = 100 };

bool tg_plan_aggregate_can_share(const struct tg_plan_aggregate *node)
{
    const struct tg_window *window = &node->window;
    if (window->kind != TG_WINDOW_HOPPING || node->emission != TG_EMIT_FINAL || window->advance_ms <= 0 ||
        window->size_ms % window->advance_ms != 0 || window->size_ms / window->advance_ms > PANES_MAX)
        return false;
    for (uint32_t i = 0; i < node->call_count; i++)
        if ((node->calls[i].function->flags & TG_FUNCTION_ANY_ORDER) == 0)
            return false;
    return true;
}

static void list_expressions(const struct tg_plan_node *node, struct tg_plan_expressions *list)
{
    const struct tg_plan_aggregate *aggregate = as_aggregate(node);
    for (uint32_t i = 0; i < aggregate->call_count; i++)
        for (uint32_t j = 0; j < aggregate->calls[i].argument_count; j++)
            tg_plan_expressions_add(list, aggregate->calls[i].arguments[j]);
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    const struct tg_plan_aggregate *aggregate = as_aggregate(node);
    tg_plan_write_window_member(writer, "window", &aggregate->window);
    tg_plan_write_string(writer, "emission", emission_names[aggregate->emission]);
    tg_plan_write_boolean(writer, "panes", aggregate->panes);
    tg_plan_write_call_members(writer, "calls", aggregate->calls, aggregate->call_count);
    tg_plan_write_string(writer, "key_format", aggregate->key_format);
    tg_plan_write_boolean(writer, "key_unwrapped", aggregate->key_unwrapped);
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_aggregate *aggregate = (struct tg_plan_aggregate *)node;
    const struct tg_plan_call_source source = {.kind = TG_FUNCTION_AGGREGATE,
                                               .schema = node->inputs[0]->schema};
    unsigned emission = 0;
    TG_TRY(tg_plan_read_window(reader, "window", &aggregate->window, reterr));
    TG_TRY(tg_plan_read_word(reader, "emission", emission_names, &emission, reterr));
    aggregate->emission = (enum tg_emission)emission;
    if (reader->version >= 2)
        TG_TRY(tg_plan_read_boolean(reader, "panes", &aggregate->panes, reterr));
    TG_TRY(tg_plan_read_calls(reader, "calls", &source, &aggregate->calls, &aggregate->call_count, reterr));
    TG_TRY(tg_plan_read_string(reader, "key_format", &aggregate->key_format, reterr));
    return tg_plan_read_boolean(reader, "key_unwrapped", &aggregate->key_unwrapped, reterr);
}

/* Key columns as in the input, the window's bounds, a column per call. */
static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    const struct tg_plan_aggregate *aggregate = as_aggregate(node);
    const struct tg_schema *input = node->inputs[0]->schema;
    const struct tg_schema *schema = node->schema;
    uint32_t keys = tg_schema_count_role(input, TG_COLUMN_KEY);
    uint32_t bounds = aggregate->window.kind == TG_WINDOW_NONE ? 0 : 2;
    TG_TRY(tg_plan_check_window(&aggregate->window, reterr));
    if (schema->count != keys + bounds + aggregate->call_count)
        return tg_fail(reterr, TG_CODE_CORRUPT, "%u key columns and %u calls make %u columns", keys,
                       aggregate->call_count, schema->count);
    uint32_t out = 0;
    for (uint32_t i = 0; i < input->count; i++) {
        if (input->columns[i].role != TG_COLUMN_KEY)
            continue;
        const struct tg_schema_column *column = &schema->columns[out++];
        if (column->role != TG_COLUMN_KEY || !tg_type_equal(column->type, input->columns[i].type))
            return tg_fail(reterr, TG_CODE_CORRUPT, "column %s is not key column %u of the input",
                           column->name, out);
    }
    if (bounds > 0 && (schema->columns[out].role != TG_COLUMN_WINDOWSTART ||
                       schema->columns[out + 1].role != TG_COLUMN_WINDOWEND))
        return tg_fail(reterr, TG_CODE_CORRUPT, "the bounds of the window are missing");
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        if (!tg_type_equal(aggregate->calls[i].type, schema->columns[keys + bounds + i].type))
            return tg_fail(reterr, TG_CODE_CORRUPT, "column %s has another type than its aggregate",
                           schema->columns[keys + bounds + i].name);
    }
    if (!node->is_table || (aggregate->emission == TG_EMIT_FINAL && bounds == 0))
        return tg_fail(reterr, TG_CODE_CORRUPT, "an aggregate is a table, and final results need a window");
    if (aggregate->panes && !tg_plan_aggregate_can_share(aggregate))
        return tg_fail(reterr, TG_CODE_CORRUPT, "these windows cannot share panes");
    return TG_OK;
}

/* Not the grace period and the retention: they decide how long a window stays, not what its bytes mean. */
static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    const struct tg_plan_aggregate *aggregate = as_aggregate(node);
    tg_buffer_printf(out, "%s%s", aggregate->key_format, aggregate->key_unwrapped ? " unwrapped" : "");
    tg_plan_write_key_columns(node->schema, out);
    tg_buffer_printf(out, "; %s %lld %lld %s; ", tg_plan_window_kind_name(aggregate->window.kind),
                     (long long)aggregate->window.size_ms, (long long)aggregate->window.advance_ms,
                     emission_names[aggregate->emission]);
    tg_buffer_append_text(out, aggregate->panes ? "in panes; " : "");
    tg_plan_write_calls(aggregate->calls, aggregate->call_count, out);
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        tg_buffer_append_text(out, " ");
        tg_type_write(aggregate->calls[i].type, out);
        for (uint32_t j = 0; j < aggregate->calls[i].argument_count; j++) {
            tg_buffer_append_text(out, " of ");
            if (aggregate->calls[i].arguments[j]->type != NULL)
                tg_type_write(aggregate->calls[i].arguments[j]->type, out);
        }
    }
}

const struct tg_plan_node_kind tg_plan_aggregate_kind = {
    .name = "Aggregate",
    .version = 2,
    .size = sizeof(struct tg_plan_aggregate),
    .input_count = 1,
    .describe = describe,
    .list_expressions = list_expressions,
    .write = write,
    .read = read,
    .check = check,
    .write_layout = write_layout,
};
