/* Project: each output column is an expression over the input. */
#include "plan/nodes/project.h"

#include "plan/json.h"

static const struct tg_plan_project *as_project(const struct tg_plan_node *node)
{
    return (const struct tg_plan_project *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < node->schema->count; i++) {
        const struct tg_expr *expr = as_project(node)->expressions[i];
        const char *name = node->schema->columns[i].name;
        if (i > 0)
            tg_buffer_append_text(out, ", ");
        tg_expr_write(expr, out);
        if (expr->kind != TG_EXPR_COLUMN || strcmp(expr->name, name) != 0)
            tg_buffer_printf(out, " AS %s", name);
    }
}

static void list_expressions(const struct tg_plan_node *node, struct tg_plan_expressions *list)
{
    for (uint32_t i = 0; i < node->schema->count; i++)
        tg_plan_expressions_add(list, as_project(node)->expressions[i]);
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    tg_plan_write_exprs(writer, "expressions", as_project(node)->expressions, node->schema->count);
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_project *project = (struct tg_plan_project *)node;
    uint32_t count = 0;
    TG_TRY(tg_plan_read_exprs(reader, "expressions", node->inputs[0]->schema, &project->expressions, &count,
                              reterr));
    if (count != node->schema->count)
        return tg_plan_corrupt(reader, reterr, "expressions", "has %u elements for %u columns", count,
                               node->schema->count);
    return TG_OK;
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < node->schema->count; i++) {
        const struct tg_type *type = as_project(node)->expressions[i]->type;
        if (type == NULL || !tg_type_equal(type, node->schema->columns[i].type))
            return tg_fail(reterr, TG_CODE_CORRUPT, "column %s has another type than its expression",
                           node->schema->columns[i].name);
    }
    if (node->is_table != node->inputs[0]->is_table)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a projection makes a table of a stream, or the reverse");
    return TG_OK;
}

const struct tg_plan_node_kind tg_plan_project_kind = {
    .name = "Project",
    .version = 1,
    .size = sizeof(struct tg_plan_project),
    .input_count = 1,
    .describe = describe,
    .list_expressions = list_expressions,
    .write = write,
    .read = read,
    .check = check,
};
