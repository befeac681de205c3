/* What all kinds of joins share: text, JSON, checks, layout. */
#include "plan/nodes/join.h"

#include "plan/json.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/source.h"

#include <string.h>

static const char *const kind_names[] = {[TG_JOIN_INNER] = "INNER",
                                         [TG_JOIN_LEFT] = "LEFT",
                                         [TG_JOIN_RIGHT] = "RIGHT",
                                         [TG_JOIN_FULL] = "FULL",
                                         NULL};

const char *tg_join_kind_name(enum tg_join_kind kind)
{
    return kind_names[kind];
}

void tg_plan_join_describe(const struct tg_plan_node *node, enum tg_join_kind kind, struct tg_buffer *out)
{
    tg_buffer_printf(out, "%s of %s with %s by", kind_names[kind], node->inputs[0]->step,
                     node->inputs[1]->step);
    tg_plan_write_key_columns(node->schema, out);
}

static void write_columns(struct tg_plan_writer *writer, const char *name, const struct tg_schema *schema,
                          const uint32_t *columns, uint32_t count)
{
    tg_plan_write_open_inline(writer, name, '[');
    for (uint32_t i = 0; i < count; i++)
        tg_plan_write_string(writer, NULL, schema->columns[columns[i]].name);
    tg_plan_write_close(writer, ']');
}

void tg_plan_join_write(const struct tg_plan_node *node, enum tg_join_kind kind,
                        const struct tg_plan_join_columns *columns, struct tg_plan_writer *writer)
{
    tg_plan_write_string(writer, "join", kind_names[kind]);
    write_columns(writer, "left", node->inputs[0]->schema, columns->left, columns->left_count);
    write_columns(writer, "right", node->inputs[1]->schema, columns->right, columns->right_count);
}

enum tg_code tg_plan_join_read(struct tg_plan_reader *reader, const struct tg_plan_node *node,
                               enum tg_join_kind *ret_kind, struct tg_plan_join_columns *ret_columns,
                               struct tg_error *reterr)
{
    unsigned kind = 0;
    TG_TRY(tg_plan_read_word(reader, "join", kind_names, &kind, reterr));
    *ret_kind = (enum tg_join_kind)kind;
    TG_TRY(tg_plan_read_columns(reader, "left", node->inputs[0]->schema, &ret_columns->left,
                                &ret_columns->left_count, reterr));
    return tg_plan_read_columns(reader, "right", node->inputs[1]->schema, &ret_columns->right,
                                &ret_columns->right_count, reterr);
}

/* ---- checks ---- */

static bool has_bounds(const struct tg_schema *schema)
{
    return tg_schema_find_role(schema, TG_COLUMN_WINDOWSTART) != TG_SCHEMA_NONE &&
           tg_schema_find_role(schema, TG_COLUMN_WINDOWEND) != TG_SCHEMA_NONE;
}

/* Key columns of `schema` in front, with the types of the input's. Gives their number. */
TG_MUST_CHECK static enum tg_code check_keys(const struct tg_schema *schema, const struct tg_schema *input,
                                             uint32_t *ret_count, struct tg_error *reterr)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < input->count; i++) {
        if (input->columns[i].role != TG_COLUMN_KEY)
            continue;
        if (count >= schema->count || schema->columns[count].role != TG_COLUMN_KEY ||
            !tg_type_equal(schema->columns[count].type, input->columns[i].type))
            return tg_fail(reterr, TG_CODE_CORRUPT, "key column %s of an input is no key column of the join",
                           input->columns[i].name);
        count++;
    }
    if (count == 0 || count != tg_schema_count_role(schema, TG_COLUMN_KEY))
        return tg_fail(reterr, TG_CODE_CORRUPT, "an input has %u key columns, the join %u", count,
                       tg_schema_count_role(schema, TG_COLUMN_KEY));
    *ret_count = count;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_copies(const struct tg_schema_column *copies,
                                               const struct tg_schema *input, const uint32_t *columns,
                                               uint32_t count, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < count; i++) {
        if (columns[i] >= input->count || copies[i].role != TG_COLUMN_VALUE ||
            !tg_type_equal(copies[i].type, input->columns[columns[i]].type))
            return tg_fail(reterr, TG_CODE_CORRUPT, "column %s is no copy of an input's column",
                           copies[i].name);
    }
    return TG_OK;
}

enum tg_code tg_plan_join_check(const struct tg_plan_node *node, enum tg_join_kind kind,
                                const struct tg_plan_join_columns *columns,
                                const struct tg_plan_join_rules *rules, struct tg_error *reterr)
{
    const struct tg_schema *left = node->inputs[0]->schema;
    const struct tg_schema *right = node->inputs[1]->schema;
    uint32_t count = 0;
    if (node->inputs[0]->is_table != rules->left_is_table ||
        node->inputs[1]->is_table != rules->right_is_table || node->is_table != rules->left_is_table)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a stream stands where a table should, or the reverse");
    if (!rules->outer_right && (kind == TG_JOIN_RIGHT || kind == TG_JOIN_FULL))
        return tg_fail(reterr, TG_CODE_CORRUPT, "%s is not possible for this kind of join", kind_names[kind]);
    if (!rules->keys_differ)
        TG_TRY(check_keys(node->schema, right, &count, reterr));
    TG_TRY(check_keys(node->schema, left, &count, reterr));
    if (has_bounds(left) && (rules->keys_differ || has_bounds(right))) {
        if (node->schema->count < count + 2 || node->schema->columns[count].role != TG_COLUMN_WINDOWSTART ||
            node->schema->columns[count + 1].role != TG_COLUMN_WINDOWEND)
            return tg_fail(reterr, TG_CODE_CORRUPT, "the bounds of the window are missing");
        count += 2;
    }
    if (node->schema->count != count + columns->left_count + columns->right_count)
        return tg_fail(reterr, TG_CODE_CORRUPT,
                       "%u key columns and bounds, %u left and %u right make %u columns", count,
                       columns->left_count, columns->right_count, node->schema->count);
    TG_TRY(check_copies(node->schema->columns + count, left, columns->left, columns->left_count, reterr));
    return check_copies(node->schema->columns + count + columns->left_count, right, columns->right,
                        columns->right_count, reterr);
}

/* ---- layout ---- */

static void write_side(const struct tg_plan_node *input, struct tg_buffer *out)
{
    const struct tg_plan_node *below = input;
    while (below->kind != &tg_plan_source_kind && below->kind != &tg_plan_rekey_kind &&
           below->input_count == 1 && tg_schema_equal(below->schema, below->inputs[0]->schema))
        below = below->inputs[0];
    if (below->kind == &tg_plan_source_kind) {
        tg_buffer_append_text(out, "; record ");
        tg_plan_write_format(&((const struct tg_plan_source *)below)->value_format, out);
    } else if (below->kind == &tg_plan_rekey_kind && ((const struct tg_plan_rekey *)below)->repartition) {
        const struct tg_plan_format *format = &((const struct tg_plan_rekey *)below)->value_format;
        tg_buffer_append_text(out, "; record ");
        tg_plan_write_format(format, out);
        if (strcmp(format->name, "JSON") != 0) { /* columns are found by their place: none may come or go */
            tg_buffer_append_text(out, " ");
            tg_schema_write(below->schema, out);
        }
    } else {
        tg_buffer_append_text(out, "; row ");
        tg_schema_write(input->schema, out);
    }
}

void tg_plan_join_write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < node->schema->count; i++) {
        const struct tg_schema_column *column = &node->schema->columns[i];
        if (column->role != TG_COLUMN_KEY)
            continue;
        tg_type_write(column->type, out); /* not its name, which the projection chooses */
        tg_buffer_append_text(out, " ");
    }
    write_side(node->inputs[0], out);
    write_side(node->inputs[1], out);
}
