/* Materialize: the newest version of each row of a table source. */
#include "plan/nodes/materialize.h"

#include "plan/json.h"
#include "plan/nodes/rekey.h"
#include "plan/nodes/source.h"

int64_t tg_plan_materialize_history(const struct tg_plan_node *node)
{
    return ((const struct tg_plan_materialize *)node)->history_ms;
}

const struct tg_plan_format *tg_plan_materialize_format(const struct tg_plan_node *node)
{
    const struct tg_plan_node *input = node->inputs[0];
    return input->kind == &tg_plan_rekey_kind ? &((const struct tg_plan_rekey *)input)->value_format
                                              : &((const struct tg_plan_source *)input)->value_format;
}

const bool *tg_plan_materialize_needed(const struct tg_plan_node *node)
{
    const struct tg_plan_node *input = node->inputs[0];
    return input->kind == &tg_plan_rekey_kind ? NULL : ((const struct tg_plan_source *)input)->needed;
}

bool tg_plan_materialize_keeps_marks(const struct tg_plan_node *node)
{
    const bool *needed = tg_plan_materialize_needed(node);
    for (uint32_t i = 0; i < node->schema->count; i++) {
        enum tg_column_role role = node->schema->columns[i].role;
        bool is_mark = role == TG_COLUMN_ROWOFFSET || role == TG_COLUMN_HEADER || role == TG_COLUMN_HEADERS;
        if (is_mark && (needed == NULL || needed[i]))
            return true;
    }
    return false;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "newest version of each row");
    if (tg_plan_materialize_keeps_marks(node))
        tg_buffer_append_text(out, ", with offset and headers");
    if (tg_plan_materialize_history(node) > 0) {
        tg_buffer_append_text(out, ", and its earlier versions for ");
        tg_plan_write_duration(tg_plan_materialize_history(node), out);
    }
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    if (tg_plan_materialize_history(node) > 0)
        tg_plan_write_integer(writer, "history_ms", tg_plan_materialize_history(node));
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_materialize *plan = (struct tg_plan_materialize *)node;
    if (!tg_plan_has(reader, "history_ms"))
        return TG_OK;
    return tg_plan_read_integer(reader, "history_ms", (struct tg_plan_bounds){1, INT64_MAX / 2},
                                &plan->history_ms, reterr);
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    const struct tg_plan_node *input = node->inputs[0];
    bool is_moved = input->kind == &tg_plan_rekey_kind && ((const struct tg_plan_rekey *)input)->repartition;
    if ((input->kind != &tg_plan_source_kind && !is_moved) || !input->is_table || !node->is_table)
        return tg_fail(reterr, TG_CODE_CORRUPT, "only the rows of a table source have versions to keep");
    if (!tg_schema_equal(node->schema, node->inputs[0]->schema))
        return tg_fail(reterr, TG_CODE_CORRUPT, "keeping rows changes their schema");
    return TG_OK;
}

static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "record ");
    tg_plan_write_format(tg_plan_materialize_format(node), out);
    if (tg_plan_materialize_keeps_marks(node))
        tg_buffer_append_text(out, " with marks");
    if (tg_plan_materialize_history(node) > 0)
        tg_buffer_append_text(out, " with history");
}

const struct tg_plan_node_kind tg_plan_materialize_kind = {
    .name = "Materialize",
    .version = 1,
    .size = sizeof(struct tg_plan_materialize),
    .input_count = 1,
    .describe = describe,
    .write = write,
    .read = read,
    .check = check,
    .write_layout = write_layout,
};
