/* Plans as canonical JSON: the writer. */
#include "plan/json.h"

enum { PLAN_FORM = 1 }; /* of the outermost object */

static void begin_member(struct tg_plan_writer *writer, const char *name)
{
    struct tg_buffer *out = writer->out;
    if (writer->has_members)
        tg_buffer_append_text(out, writer->inline_depth > 0 ? ", " : ",");
    if (writer->inline_depth == 0 && out->length > 0)
        tg_buffer_printf(out, "\n%*s", (int)(2 * writer->indent), "");
    if (name != NULL) {
        tg_buffer_append_json_string(out, tg_slice_text(name));
        tg_buffer_append_text(out, ": ");
    }
    writer->has_members = true;
}

void tg_plan_write_open(struct tg_plan_writer *writer, const char *name, char bracket)
{
    begin_member(writer, name);
    tg_buffer_append_byte(writer->out, (uint8_t)bracket);
    writer->has_members = false;
    if (writer->inline_depth > 0)
        writer->inline_depth++;
    else
        writer->indent++;
}

void tg_plan_write_open_inline(struct tg_plan_writer *writer, const char *name, char bracket)
{
    begin_member(writer, name);
    tg_buffer_append_byte(writer->out, (uint8_t)bracket);
    writer->has_members = false;
    writer->inline_depth++;
}

void tg_plan_write_close(struct tg_plan_writer *writer, char bracket)
{
    if (writer->inline_depth > 0) {
        writer->inline_depth--;
    } else {
        writer->indent--;
        if (writer->has_members)
            tg_buffer_printf(writer->out, "\n%*s", (int)(2 * writer->indent), "");
    }
    tg_buffer_append_byte(writer->out, (uint8_t)bracket);
    writer->has_members = true;
}

void tg_plan_write_slice(struct tg_plan_writer *writer, const char *name, struct tg_slice text)
{
    begin_member(writer, name);
    tg_buffer_append_json_string(writer->out, text);
}

void tg_plan_write_string(struct tg_plan_writer *writer, const char *name, const char *text)
{
    if (text == NULL)
        tg_plan_write_null(writer, name);
    else
        tg_plan_write_slice(writer, name, tg_slice_text(text));
}

void tg_plan_write_integer(struct tg_plan_writer *writer, const char *name, int64_t value)
{
    begin_member(writer, name);
    tg_buffer_printf(writer->out, "%lld", (long long)value);
}

void tg_plan_write_boolean(struct tg_plan_writer *writer, const char *name, bool value)
{
    begin_member(writer, name);
    tg_buffer_append_text(writer->out, value ? "true" : "false");
}

void tg_plan_write_null(struct tg_plan_writer *writer, const char *name)
{
    begin_member(writer, name);
    tg_buffer_append_text(writer->out, "null");
}

void tg_plan_write_type(struct tg_plan_writer *writer, const char *name, const struct tg_type *type)
{
    struct tg_buffer text = {0};
    tg_type_write(type, &text);
    tg_plan_write_slice(writer, name, tg_buffer_slice(&text));
    tg_buffer_done(&text);
}

const char *const tg_plan_role_names[] = {
    [TG_COLUMN_KEY] = "KEY",
    [TG_COLUMN_VALUE] = "VALUE",
    [TG_COLUMN_HEADERS] = "HEADERS",
    [TG_COLUMN_HEADER] = "HEADER",
    [TG_COLUMN_ROWTIME] = "ROWTIME",
    [TG_COLUMN_ROWPARTITION] = "ROWPARTITION",
    [TG_COLUMN_ROWOFFSET] = "ROWOFFSET",
    [TG_COLUMN_WINDOWSTART] = "WINDOWSTART",
    [TG_COLUMN_WINDOWEND] = "WINDOWEND",
    NULL,
};

void tg_plan_write_schema(struct tg_plan_writer *writer, const char *name, const struct tg_schema *schema)
{
    tg_plan_write_open(writer, name, '[');
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct tg_schema_column *column = &schema->columns[i];
        tg_plan_write_open_inline(writer, NULL, '{');
        tg_plan_write_string(writer, "name", column->name);
        tg_plan_write_type(writer, "type", column->type);
        tg_plan_write_string(writer, "role", tg_plan_role_names[column->role]);
        if (column->header_key != NULL)
            tg_plan_write_string(writer, "header_key", column->header_key);
        tg_plan_write_close(writer, '}');
    }
    tg_plan_write_close(writer, ']');
}

const char *const tg_plan_nullable_names[] = {"NEVER", "OPTIONAL", "WRAPPER", NULL};

void tg_plan_write_format_member(struct tg_plan_writer *writer, const char *name,
                                 const struct tg_plan_format *format)
{
    tg_plan_write_open_inline(writer, name, '{');
    tg_plan_write_string(writer, "name", format->name);
    if (format->unwrapped)
        tg_plan_write_boolean(writer, "unwrapped", true);
    if (format->delimiter != 0)
        tg_plan_write_slice(writer, "delimiter", tg_slice_of(&format->delimiter, 1));
    if (format->schema_id != 0)
        tg_plan_write_integer(writer, "schema_id", format->schema_id);
    if (format->full_name != NULL)
        tg_plan_write_string(writer, "full_name", format->full_name);
    if (format->nullable != TG_NULLABLE_NEVER)
        tg_plan_write_string(writer, "nullable", tg_plan_nullable_names[format->nullable]);
    tg_plan_write_close(writer, '}');
}

void tg_plan_write_window_member(struct tg_plan_writer *writer, const char *name,
                                 const struct tg_window *window)
{
    tg_plan_write_open_inline(writer, name, '{');
    tg_plan_write_string(writer, "kind", tg_plan_window_kind_name(window->kind));
    tg_plan_write_integer(writer, "size_ms", window->size_ms);
    tg_plan_write_integer(writer, "advance_ms", window->advance_ms);
    tg_plan_write_integer(writer, "grace_ms", window->grace_ms);
    tg_plan_write_integer(writer, "retention_ms", window->retention_ms);
    tg_plan_write_close(writer, '}');
}

static void write_node(struct tg_plan_writer *writer, const char *name, const struct tg_plan_node *node)
{
    tg_plan_write_open(writer, name, '{');
    tg_plan_write_string(writer, "kind", node->kind->name);
    tg_plan_write_integer(writer, "version", node->kind->version);
    tg_plan_write_string(writer, "step", node->step);
    tg_plan_write_boolean(writer, "is_table", node->is_table);
    tg_plan_write_schema(writer, "schema", node->schema);
    node->kind->write(node, writer);
    tg_plan_write_open(writer, "inputs", '[');
    for (uint32_t i = 0; i < node->input_count; i++)
        write_node(writer, NULL, node->inputs[i]);
    tg_plan_write_close(writer, ']');
    tg_plan_write_close(writer, '}');
}

void tg_plan_write_json(const struct tg_plan *plan, struct tg_buffer *out)
{
    struct tg_plan_writer writer = {.out = out};
    tg_plan_write_open(&writer, NULL, '{');
    tg_plan_write_integer(&writer, "turgo_plan", PLAN_FORM);
    tg_plan_write_string(&writer, "query_id", plan->query_id);
    tg_plan_write_string(&writer, "statement", plan->statement);
    tg_plan_write_faults(&writer, &plan->faults);
    write_node(&writer, "root", plan->root);
    tg_plan_write_close(&writer, '}');
    tg_buffer_append_text(out, "\n");
}
