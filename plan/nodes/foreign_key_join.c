/* ForeignKeyJoin: rows of a table with those rows of another that they name. */
#include "plan/nodes/foreign_key_join.h"

#include "plan/json.h"

static const struct tg_plan_join_rules rules = {
    .left_is_table = true, .right_is_table = true, .keys_differ = true};

static const struct tg_plan_foreign_key_join *as_join(const struct tg_plan_node *node)
{
    return (const struct tg_plan_foreign_key_join *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_plan_join_describe(node, as_join(node)->join, out);
    tg_buffer_append_text(out, ", rows named by ");
    tg_expr_write(as_join(node)->foreign_key, out);
}

static void list_expressions(const struct tg_plan_node *node, struct tg_plan_expressions *list)
{
    tg_plan_expressions_add(list, as_join(node)->foreign_key);
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    tg_plan_join_write(node, as_join(node)->join, &as_join(node)->columns, writer);
    tg_plan_write_expr(writer, "foreign_key", as_join(node)->foreign_key);
    tg_plan_write_format_member(writer, "key_format", &as_join(node)->key_format);
    tg_plan_write_format_member(writer, "foreign_key_format", &as_join(node)->foreign_key_format);
    tg_plan_write_format_member(writer, "value_format", &as_join(node)->value_format);
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_foreign_key_join *join = (struct tg_plan_foreign_key_join *)node;
    TG_TRY(tg_plan_join_read(reader, node, &join->join, &join->columns, reterr));
    TG_TRY(tg_plan_read_expr(reader, "foreign_key", node->inputs[0]->schema, &join->foreign_key, reterr));
    TG_TRY(tg_plan_read_format(reader, "key_format", &join->key_format, reterr));
    TG_TRY(tg_plan_read_format(reader, "foreign_key_format", &join->foreign_key_format, reterr));
    return tg_plan_read_format(reader, "value_format", &join->value_format, reterr);
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    const struct tg_plan_foreign_key_join *join = as_join(node);
    const struct tg_schema *right = node->inputs[1]->schema;
    int32_t key = tg_schema_find_role(right, TG_COLUMN_KEY);
    if (tg_schema_count_role(right, TG_COLUMN_KEY) != 1 || join->foreign_key->type == NULL ||
        !tg_type_equal(join->foreign_key->type, right->columns[key].type))
        return tg_fail(reterr, TG_CODE_CORRUPT, "the foreign key does not fit the key of the right table");
    TG_TRY(tg_plan_check_format(&join->key_format, reterr));
    TG_TRY(tg_plan_check_format(&join->foreign_key_format, reterr));
    TG_TRY(tg_plan_check_format(&join->value_format, reterr));
    return tg_plan_join_check(node, as_join(node)->join, &as_join(node)->columns, &rules, reterr);
}

static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_buffer_printf(out, "%s ", tg_join_kind_name(as_join(node)->join));
    tg_expr_write(as_join(node)->foreign_key, out);
    tg_buffer_append_text(out, " ");
    tg_plan_join_write_layout(node, out);
}

const struct tg_plan_node_kind tg_plan_foreign_key_join_kind = {
    .name = "ForeignKeyJoin",
    .version = 1,
    .size = sizeof(struct tg_plan_foreign_key_join),
    .input_count = 2,
    .describe = describe,
    .list_expressions = list_expressions,
    .write = write,
    .read = read,
    .check = check,
    .write_layout = write_layout,
};
