/* Rekey: PARTITION BY and GROUP BY. */
#include "plan/nodes/rekey.h"

#include "plan/json.h"

static const struct tg_plan_rekey *as_rekey(const struct tg_plan_node *node)
{
    return (const struct tg_plan_rekey *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    const struct tg_plan_rekey *rekey = as_rekey(node);
    tg_buffer_append_text(out, "by ");
    for (uint32_t i = 0; i < rekey->key_count; i++) {
        if (i > 0)
            tg_buffer_append_text(out, ", ");
        tg_expr_write(rekey->key_expressions[i], out);
    }
    if (rekey->key_count == 0)
        tg_buffer_append_text(out, rekey->drop_null_keys ? "nothing: one group for all rows" : "NULL");
    if (rekey->drop_null_keys && rekey->key_count > 0)
        tg_buffer_append_text(out, ", dropping rows where it is NULL");
    if (rekey->repartition) {
        tg_buffer_append_text(out, ", through a repartition topic, key ");
        tg_plan_write_format(&rekey->key_format, out);
        tg_buffer_append_text(out, ", value ");
        tg_plan_write_format(&rekey->value_format, out);
        if (rekey->key_count == 0)
            tg_buffer_append_text(out, ", one partition");
    }
}

static void list_expressions(const struct tg_plan_node *node, struct tg_plan_expressions *list)
{
    for (uint32_t i = 0; i < as_rekey(node)->key_count; i++)
        tg_plan_expressions_add(list, as_rekey(node)->key_expressions[i]);
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    const struct tg_plan_rekey *rekey = as_rekey(node);
    tg_plan_write_exprs(writer, "key_expressions", rekey->key_expressions, rekey->key_count);
    tg_plan_write_open_inline(writer, "kept", '[');
    for (uint32_t i = 0; i < rekey->kept_count; i++)
        tg_plan_write_string(writer, NULL, node->inputs[0]->schema->columns[rekey->kept[i]].name);
    tg_plan_write_close(writer, ']');
    tg_plan_write_boolean(writer, "drop_null_keys", rekey->drop_null_keys);
    tg_plan_write_boolean(writer, "repartition", rekey->repartition);
    tg_plan_write_format_member(writer, "key_format", &rekey->key_format);
    tg_plan_write_format_member(writer, "value_format", &rekey->value_format);
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_rekey *rekey = (struct tg_plan_rekey *)node;
    const struct tg_schema *input = node->inputs[0]->schema;
    TG_TRY(tg_plan_read_exprs(reader, "key_expressions", input, &rekey->key_expressions, &rekey->key_count,
                              reterr));
    TG_TRY(tg_plan_read_columns(reader, "kept", input, &rekey->kept, &rekey->kept_count, reterr));
    TG_TRY(tg_plan_read_boolean(reader, "drop_null_keys", &rekey->drop_null_keys, reterr));
    TG_TRY(tg_plan_read_boolean(reader, "repartition", &rekey->repartition, reterr));
    TG_TRY(tg_plan_read_format(reader, "key_format", &rekey->key_format, reterr));
    return tg_plan_read_format(reader, "value_format", &rekey->value_format, reterr);
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    const struct tg_plan_rekey *rekey = as_rekey(node);
    const struct tg_schema *schema = node->schema;
    if (schema->count != rekey->key_count + rekey->kept_count)
        return tg_fail(reterr, TG_CODE_CORRUPT, "%u key and %u other columns make %u columns",
                       rekey->key_count, rekey->kept_count, schema->count);
    for (uint32_t i = 0; i < schema->count; i++) {
        bool is_key = i < rekey->key_count;
        const struct tg_type *type =
            is_key ? rekey->key_expressions[i]->type
                   : node->inputs[0]->schema->columns[rekey->kept[i - rekey->key_count]].type;
        if (type == NULL || !tg_type_equal(type, schema->columns[i].type) ||
            (schema->columns[i].role == TG_COLUMN_KEY) != is_key)
            return tg_fail(reterr, TG_CODE_CORRUPT, "column %s has the wrong type or role",
                           schema->columns[i].name);
        if (rekey->repartition && !is_key && schema->columns[i].role != TG_COLUMN_VALUE)
            return tg_fail(reterr, TG_CODE_CORRUPT, "column %s cannot go through a repartition topic",
                           schema->columns[i].name);
    }
    TG_TRY(tg_plan_check_format(&rekey->key_format, reterr));
    return tg_plan_check_format(&rekey->value_format, reterr);
}

static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    const struct tg_plan_rekey *rekey = as_rekey(node);
    for (uint32_t i = 0; i < rekey->key_count; i++) {
        tg_expr_write(rekey->key_expressions[i], out);
        tg_buffer_append_text(out, ";");
    }
    tg_plan_write_key_columns(node->schema, out);
}

const struct tg_plan_node_kind tg_plan_rekey_kind = {
    .name = "Rekey",
    .version = 1,
    .size = sizeof(struct tg_plan_rekey),
    .input_count = 1,
    .describe = describe,
    .list_expressions = list_expressions,
    .write = write,
    .read = read,
    .check = check,
    .write_layout = write_layout,
};
