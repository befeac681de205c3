/* Source: the records of one topic, decoded. */
#include "plan/nodes/source.h"

#include "plan/json.h"

size_t tg_plan_source_window_bytes(const struct tg_plan_source *source)
{
    if (source->window_kind == TG_WINDOW_NONE)
        return 0;
    return source->window_kind == TG_WINDOW_SESSION ? 16 : 8;
}

static const struct tg_plan_source *as_source(const struct tg_plan_node *node)
{
    return (const struct tg_plan_source *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    const struct tg_plan_source *source = as_source(node);
    tg_buffer_printf(out, "%s %s from topic '%s', key ", node->is_table ? "table" : "stream",
                     source->source_name, source->topic);
    tg_plan_write_format(&source->key_format, out);
    tg_buffer_append_text(out, ", value ");
    tg_plan_write_format(&source->value_format, out);
    if (source->window_kind != TG_WINDOW_NONE)
        tg_buffer_printf(out, ", %s windows of %lld ms", tg_plan_window_kind_name(source->window_kind),
                         (long long)source->window_size_ms);
    if (source->timestamp_column != -1)
        tg_buffer_printf(out, ", time from %s", node->schema->columns[source->timestamp_column].name);
    if (source->timestamp_format != NULL)
        tg_buffer_printf(out, " as '%s'", source->timestamp_format);
    tg_buffer_append_text(out, ", reading");
    const char *separator = " ";
    for (uint32_t i = 0; i < node->schema->count; i++) {
        if (!source->needed[i])
            continue;
        tg_buffer_printf(out, "%s%s", separator, node->schema->columns[i].name);
        separator = ", ";
    }
    if (separator[0] == ' ')
        tg_buffer_append_text(out, " no column");
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    const struct tg_plan_source *source = as_source(node);
    tg_plan_write_string(writer, "source_name", source->source_name);
    tg_plan_write_string(writer, "topic", source->topic);
    tg_plan_write_format_member(writer, "key_format", &source->key_format);
    tg_plan_write_format_member(writer, "value_format", &source->value_format);
    if (source->timestamp_column != -1)
        tg_plan_write_string(writer, "timestamp_column",
                             node->schema->columns[source->timestamp_column].name);
    if (source->timestamp_format != NULL)
        tg_plan_write_string(writer, "timestamp_format", source->timestamp_format);
    tg_plan_write_open_inline(writer, "needed", '[');
    for (uint32_t i = 0; i < node->schema->count; i++)
        if (source->needed[i])
            tg_plan_write_string(writer, NULL, node->schema->columns[i].name);
    tg_plan_write_close(writer, ']');
    tg_plan_write_string(writer, "window_kind", tg_plan_window_kind_name(source->window_kind));
    tg_plan_write_integer(writer, "window_size_ms", source->window_size_ms);
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_source *source = (struct tg_plan_source *)node;
    const uint32_t *columns = NULL;
    uint32_t count = 0;
    TG_TRY(tg_plan_read_string(reader, "source_name", &source->source_name, reterr));
    TG_TRY(tg_plan_read_string(reader, "topic", &source->topic, reterr));
    TG_TRY(tg_plan_read_format(reader, "key_format", &source->key_format, reterr));
    TG_TRY(tg_plan_read_format(reader, "value_format", &source->value_format, reterr));
    TG_TRY(tg_plan_read_optional_column(reader, "timestamp_column", node->schema, &source->timestamp_column,
                                        reterr));
    TG_TRY(tg_plan_read_optional_string(reader, "timestamp_format", &source->timestamp_format, reterr));
    TG_TRY(tg_plan_read_columns(reader, "needed", node->schema, &columns, &count, reterr));
    bool *needed = tg_arena_alloc_zero(reader->arena, node->schema->count, sizeof *needed);
    for (uint32_t i = 0; i < count; i++)
        needed[columns[i]] = true;
    source->needed = needed;
    TG_TRY(tg_plan_read_window_kind(reader, "window_kind", &source->window_kind, reterr));
    return tg_plan_read_integer(reader, "window_size_ms", (struct tg_plan_bounds){0, INT64_MAX},
                                &source->window_size_ms, reterr);
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    const struct tg_plan_source *source = as_source(node);
    TG_TRY(tg_plan_check_format(&source->key_format, reterr));
    TG_TRY(tg_plan_check_format(&source->value_format, reterr));
    return tg_plan_check_timestamp(node->schema, source->timestamp_column, source->timestamp_format, reterr);
}

static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    const struct tg_plan_source *source = as_source(node);
    tg_buffer_printf(out, "%s %s", source->topic, source->key_format.name);
    tg_plan_write_key_columns(node->schema, out);
}

const struct tg_plan_node_kind tg_plan_source_kind = {
    .name = "Source",
    .version = 1,
    .size = sizeof(struct tg_plan_source),
    .input_count = 0,
    .describe = describe,
    .write = write,
    .read = read,
    .check = check,
    .write_layout = write_layout,
};
