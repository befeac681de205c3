/* StreamStreamJoin: rows of two streams that are close in time. */
#include "plan/nodes/stream_stream_join.h"

#include "plan/json.h"

static const struct tg_plan_join_rules rules = {.outer_right = true};

static const struct tg_plan_stream_stream_join *as_join(const struct tg_plan_node *node)
{
    return (const struct tg_plan_stream_stream_join *)node;
}

static void describe(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_plan_join_describe(node, as_join(node)->join, out);
    tg_buffer_append_text(out, ", WITHIN (");
    tg_plan_write_duration(as_join(node)->before_ms, out);
    tg_buffer_append_text(out, ", ");
    tg_plan_write_duration(as_join(node)->after_ms, out);
    tg_buffer_append_text(out, ")");
    if (as_join(node)->grace_ms >= 0) {
        tg_buffer_append_text(out, ", GRACE PERIOD ");
        tg_plan_write_duration(as_join(node)->grace_ms, out);
    }
}

static void write(const struct tg_plan_node *node, struct tg_plan_writer *writer)
{
    tg_plan_join_write(node, as_join(node)->join, &as_join(node)->columns, writer);
    tg_plan_write_integer(writer, "before_ms", as_join(node)->before_ms);
    tg_plan_write_integer(writer, "after_ms", as_join(node)->after_ms);
    tg_plan_write_integer(writer, "grace_ms", as_join(node)->grace_ms);
}

static enum tg_code read(struct tg_plan_reader *reader, struct tg_plan_node *node, struct tg_error *reterr)
{
    struct tg_plan_stream_stream_join *join = (struct tg_plan_stream_stream_join *)node;
    const struct tg_plan_bounds span = {0, TG_WINDOW_SPAN_MAX_MS};
    const struct tg_plan_bounds grace = {-1, TG_WINDOW_SPAN_MAX_MS};
    TG_TRY(tg_plan_join_read(reader, node, &join->join, &join->columns, reterr));
    TG_TRY(tg_plan_read_integer(reader, "before_ms", span, &join->before_ms, reterr));
    TG_TRY(tg_plan_read_integer(reader, "after_ms", span, &join->after_ms, reterr));
    return tg_plan_read_integer(reader, "grace_ms", grace, &join->grace_ms, reterr);
}

static enum tg_code check(const struct tg_plan_node *node, struct tg_error *reterr)
{
    const struct tg_plan_stream_stream_join *join = as_join(node);
    if (join->before_ms < 0 || join->after_ms < 0 || join->grace_ms < -1 ||
        join->before_ms > TG_WINDOW_SPAN_MAX_MS || join->after_ms > TG_WINDOW_SPAN_MAX_MS ||
        join->grace_ms > TG_WINDOW_SPAN_MAX_MS)
        return tg_fail(reterr, TG_CODE_CORRUPT, "WITHIN has %lld ms, %lld ms and a grace period of %lld ms",
                       (long long)join->before_ms, (long long)join->after_ms, (long long)join->grace_ms);
    return tg_plan_join_check(node, as_join(node)->join, &as_join(node)->columns, &rules, reterr);
}

static void write_layout(const struct tg_plan_node *node, struct tg_buffer *out)
{
    tg_buffer_printf(out, "%s %lld %lld %s ", tg_join_kind_name(as_join(node)->join),
                     (long long)as_join(node)->before_ms, (long long)as_join(node)->after_ms,
                     as_join(node)->grace_ms < 0 ? "at once" : "when final");
    tg_plan_join_write_layout(node, out);
}

const struct tg_plan_node_kind tg_plan_stream_stream_join_kind = {
    .name = "StreamStreamJoin",
    .version = 1,
    .size = sizeof(struct tg_plan_stream_stream_join),
    .input_count = 2,
    .describe = describe,
    .write = write,
    .read = read,
    .check = check,
    .write_layout = write_layout,
};
