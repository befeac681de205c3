/* TableTableJoin: the rows of two tables with the same key. */
#include "plan/nodes/table_table_join.h"

#include "plan/json.h"

static const struct tg_plan_join_rules rules = {
    .left_is_table = true, .right_is_table = true, .outer_right = true};

static const struct tg_plan_table_table_join *as_join(const struct tg_plan_node *node)
{
    return (const struct tg_plan_table_table_join *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_plan_join_describe(node, as_join(node)->join, out);
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    tg_plan_join_write(node, as_join(node)->join, &as_join(node)->columns, writer);
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_table_table_join *join = (struct tg_plan_table_table_join *)node;
    return tg_plan_join_read(reader, node, &join->join, &join->columns, reterr);
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    return tg_plan_join_check(node, as_join(node)->join, &as_join(node)->columns, &rules, reterr);
}

static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_buffer_printf(out, "%s ", tg_join_kind_name(as_join(node)->join));
    tg_plan_join_write_layout(node, out);
}

const struct tg_plan_node_kind tg_plan_table_table_join_kind = {
    .name = "TableTableJoin",
    .version = 1,
    .size = sizeof(struct tg_plan_table_table_join),
    .input_count = 2,
    .describe = describe,
    .write = write,
    .read = read,
    .check = check,
    .write_layout = write_layout,
};
