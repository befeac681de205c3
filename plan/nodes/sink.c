/* Sink: rows become records of a topic. */
#include "plan/nodes/sink.h"

#include "plan/json.h"

static const struct tg_plan_sink *as_sink(const struct tg_plan_node *node)
{
    return (const struct tg_plan_sink *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    const struct tg_plan_sink *sink = as_sink(node);
    tg_buffer_printf(out, "%s %s to topic '%s', key ", node->is_table ? "table" : "stream", sink->sink_name,
                     sink->topic.name);
    tg_plan_write_format(&sink->key_format, out);
    tg_buffer_append_text(out, ", value ");
    tg_plan_write_format(&sink->value_format, out);
    if (sink->topic.partition_count > 0)
        tg_buffer_printf(out, ", %d partitions", sink->topic.partition_count);
    if (sink->window_kind != TG_WINDOW_NONE)
        tg_buffer_printf(out, ", %s windows", tg_plan_window_kind_name(sink->window_kind));
    if (sink->timestamp_column != -1)
        tg_buffer_printf(out, ", time from %s", node->schema->columns[sink->timestamp_column].name);
}

static void write_topic(struct tg_plan_writer *writer, const struct tg_plan_topic *topic)
{
    tg_plan_write_open_inline(writer, "topic", '{');
    tg_plan_write_string(writer, "name", topic->name);
    tg_plan_write_integer(writer, "partition_count", topic->partition_count);
    tg_plan_write_integer(writer, "replication_factor", topic->replication_factor);
    tg_plan_write_integer(writer, "retention_ms", topic->retention_ms);
    tg_plan_write_boolean(writer, "compacted", topic->compacted);
    tg_plan_write_close(writer, '}');
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    const struct tg_plan_sink *sink = as_sink(node);
    tg_plan_write_string(writer, "sink_name", sink->sink_name);
    write_topic(writer, &sink->topic);
    tg_plan_write_format_member(writer, "key_format", &sink->key_format);
    tg_plan_write_format_member(writer, "value_format", &sink->value_format);
    if (sink->timestamp_column != -1)
        tg_plan_write_string(writer, "timestamp_column", node->schema->columns[sink->timestamp_column].name);
    if (sink->timestamp_format != NULL)
        tg_plan_write_string(writer, "timestamp_format", sink->timestamp_format);
    tg_plan_write_string(writer, "window_kind", tg_plan_window_kind_name(sink->window_kind));
    tg_plan_write_integer(writer, "window_size_ms", sink->window_size_ms);
}

TG_MUST_CHECK static enum tg_code read_topic(struct tg_plan_reader *reader, struct tg_plan_topic *topic,
                                             struct tg_error *reterr)
{
    struct tg_plan_position position;
    int64_t partition_count = 0;
    int64_t replication_factor = 0;
    TG_TRY(tg_plan_enter(reader, "topic", &position, reterr));
    TG_TRY(tg_plan_read_string(reader, "name", &topic->name, reterr));
    TG_TRY(tg_plan_read_integer(reader, "partition_count", (struct tg_plan_bounds){0, INT32_MAX},
                                &partition_count, reterr));
    TG_TRY(tg_plan_read_integer(reader, "replication_factor", (struct tg_plan_bounds){-1, INT16_MAX},
                                &replication_factor, reterr));
    TG_TRY(tg_plan_read_integer(reader, "retention_ms", (struct tg_plan_bounds){-2, INT64_MAX},
                                &topic->retention_ms, reterr));
    TG_TRY(tg_plan_read_boolean(reader, "compacted", &topic->compacted, reterr));
    topic->partition_count = (int32_t)partition_count;
    topic->replication_factor = (int32_t)replication_factor;
    tg_plan_leave(reader, &position);
    return TG_OK;
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_sink *sink = (struct tg_plan_sink *)node;
    TG_TRY(tg_plan_read_string(reader, "sink_name", &sink->sink_name, reterr));
    TG_TRY(read_topic(reader, &sink->topic, reterr));
    TG_TRY(tg_plan_read_format(reader, "key_format", &sink->key_format, reterr));
    TG_TRY(tg_plan_read_format(reader, "value_format", &sink->value_format, reterr));
    TG_TRY(tg_plan_read_optional_column(reader, "timestamp_column", node->schema, &sink->timestamp_column,
                                        reterr));
    TG_TRY(tg_plan_read_optional_string(reader, "timestamp_format", &sink->timestamp_format, reterr));
    TG_TRY(tg_plan_read_window_kind(reader, "window_kind", &sink->window_kind, reterr));
    return tg_plan_read_integer(reader, "window_size_ms", (struct tg_plan_bounds){0, INT64_MAX},
                                &sink->window_size_ms, reterr);
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    const struct tg_plan_sink *sink = as_sink(node);
    if (!tg_schema_equal(node->schema, node->inputs[0]->schema) ||
        node->is_table != node->inputs[0]->is_table)
        return tg_fail(reterr, TG_CODE_CORRUPT, "a sink changes its input's schema");
    bool has_bounds = tg_schema_find_role(node->schema, TG_COLUMN_WINDOWSTART) != TG_SCHEMA_NONE &&
                      tg_schema_find_role(node->schema, TG_COLUMN_WINDOWEND) != TG_SCHEMA_NONE;
    if (has_bounds != (sink->window_kind != TG_WINDOW_NONE))
        return tg_fail(reterr, TG_CODE_CORRUPT, "the bounds of the key's window are missing or too much");
    TG_TRY(tg_plan_check_format(&sink->key_format, reterr));
    TG_TRY(tg_plan_check_format(&sink->value_format, reterr));
    return tg_plan_check_timestamp(node->schema, sink->timestamp_column, sink->timestamp_format, reterr);
}

const struct tg_plan_node_kind tg_plan_sink_kind = {
    .name = "Sink",
    .version = 1,
    .size = sizeof(struct tg_plan_sink),
    .input_count = 1,
    .describe = describe,
    .write = write,
    .read = read,
    .check = check,
};
