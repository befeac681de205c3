/* FlatMap: table functions. */
#include "plan/nodes/flat_map.h"

#include "plan/json.h"

static const struct tg_plan_flat_map *as_flat_map(const struct tg_plan_node *node)
{
    return (const struct tg_plan_flat_map *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "a row per element of ");
    tg_plan_write_calls(as_flat_map(node)->calls, as_flat_map(node)->call_count, out);
}

static void list_expressions(const struct tg_plan_node *node, struct tg_plan_expressions *list)
{
    const struct tg_plan_flat_map *flat_map = as_flat_map(node);
    for (uint32_t i = 0; i < flat_map->call_count; i++)
        for (uint32_t j = 0; j < flat_map->calls[i].argument_count; j++)
            tg_plan_expressions_add(list, flat_map->calls[i].arguments[j]);
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    tg_plan_write_call_members(writer, "calls", as_flat_map(node)->calls, as_flat_map(node)->call_count);
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_flat_map *flat_map = (struct tg_plan_flat_map *)node;
    const struct tg_plan_call_source source = {.kind = TG_FUNCTION_TABLE, .schema = node->inputs[0]->schema};
    return tg_plan_read_calls(reader, "calls", &source, &flat_map->calls, &flat_map->call_count, reterr);
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    const struct tg_plan_flat_map *flat_map = as_flat_map(node);
    const struct tg_schema *input = node->inputs[0]->schema;
    if (flat_map->call_count == 0 || node->schema->count != input->count + flat_map->call_count)
        return tg_fail(reterr, TG_CODE_CORRUPT, "%u table functions over %u columns give %u columns",
                       flat_map->call_count, input->count, node->schema->count);
    for (uint32_t i = 0; i < node->schema->count; i++) {
        const struct tg_type *type =
            i < input->count ? input->columns[i].type : flat_map->calls[i - input->count].type;
        if (!tg_type_equal(type, node->schema->columns[i].type))
            return tg_fail(reterr, TG_CODE_CORRUPT, "column %s has the wrong type",
                           node->schema->columns[i].name);
    }
    if (node->is_table || node->inputs[0]->is_table)
        return tg_fail(reterr, TG_CODE_CORRUPT, "table functions run over streams only");
    return TG_OK;
}

static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_plan_write_calls(as_flat_map(node)->calls, as_flat_map(node)->call_count, out);
}

const struct tg_plan_node_kind tg_plan_flat_map_kind = {
    .name = "FlatMap",
    .version = 1,
    .size = sizeof(struct tg_plan_flat_map),
    .input_count = 1,
    .describe = describe,
    .list_expressions = list_expressions,
    .write = write,
    .read = read,
    .check = check,
    .write_layout = write_layout,
};
