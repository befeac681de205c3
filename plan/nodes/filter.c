/* Filter: rows for which a predicate is TRUE. */
#include "plan/nodes/filter.h"

#include "plan/json.h"

static const struct tg_plan_filter *as_filter(const struct tg_plan_node *node)
{
    return (const struct tg_plan_filter *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "rows where ");
    tg_expr_write(as_filter(node)->predicate, out);
}

static void list_expressions(const struct tg_plan_node *node, struct tg_plan_expressions *list)
{
    tg_plan_expressions_add(list, as_filter(node)->predicate);
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    tg_plan_write_expr(writer, "predicate", as_filter(node)->predicate);
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_filter *filter = (struct tg_plan_filter *)node;
    return tg_plan_read_expr(reader, "predicate", node->inputs[0]->schema, &filter->predicate, reterr);
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    const struct tg_type *type = as_filter(node)->predicate->type;
    if (type == NULL || type->kind != TG_TYPE_BOOLEAN)
        return tg_fail(reterr, TG_CODE_CORRUPT, "the predicate is not BOOLEAN");
    if (!tg_schema_equal(node->schema, node->inputs[0]->schema) ||
        node->is_table != node->inputs[0]->is_table)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a filter changes its input's schema");
    return TG_OK;
}

const struct tg_plan_node_kind tg_plan_filter_kind = {
    .name = "Filter",
    .version = 1,
    .size = sizeof(struct tg_plan_filter),
    .input_count = 1,
    .describe = describe,
    .list_expressions = list_expressions,
    .write = write,
    .read = read,
    .check = check,
};
