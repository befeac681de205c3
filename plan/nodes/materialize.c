/* Materialize: the newest version of each row of a table source. */
#include "plan/nodes/materialize.h"

#include "plan/json.h"
#include "plan/nodes/source.h"

static const struct tg_plan_source *source_of(const struct tg_plan_node *node)
{
    return (const struct tg_plan_source *)node->inputs[0];
}

bool tg_plan_materialize_keeps_marks(const struct tg_plan_node *node)
{
    for (uint32_t i = 0; i < node->schema->count; i++) {
        enum tg_column_role role = node->schema->columns[i].role;
        bool is_mark = role == TG_COLUMN_ROWOFFSET || role == TG_COLUMN_HEADER || role == TG_COLUMN_HEADERS;
        if (is_mark && source_of(node)->needed[i])
            return true;
    }
    return false;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "newest version of each row");
    if (tg_plan_materialize_keeps_marks(node))
        tg_buffer_append_text(out, ", with offset and headers");
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    (void)node;
    (void)writer;
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    (void)reader;
    (void)node;
    (void)reterr;
    return TG_OK;
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    if (node->inputs[0]->kind != &tg_plan_source_kind || !node->inputs[0]->is_table || !node->is_table)
        return tg_fail(reterr, TG_CODE_CORRUPT, "only the rows of a table source have versions to keep");
    if (!tg_schema_equal(node->schema, node->inputs[0]->schema))
        return tg_fail(reterr, TG_CODE_CORRUPT, "keeping rows changes their schema");
    return TG_OK;
}

static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "record ");
    tg_plan_write_format(&source_of(node)->value_format, out);
    if (tg_plan_materialize_keeps_marks(node))
        tg_buffer_append_text(out, " with marks");
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
