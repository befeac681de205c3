#include "sql/format_internal.h"

void tg_format_interval(const struct tg_ast_interval *interval, struct tg_buffer *out)
{
    static const char *const units[] = {
        [TG_AST_UNIT_MILLISECONDS] = "MILLISECONDS",
        [TG_AST_UNIT_SECONDS] = "SECONDS",
        [TG_AST_UNIT_MINUTES] = "MINUTES",
        [TG_AST_UNIT_HOURS] = "HOURS",
        [TG_AST_UNIT_DAYS] = "DAYS",
    };
    tg_buffer_printf(out, "%lld %s", (long long)interval->amount, units[interval->unit]);
}

static void write_item(const struct tg_ast_select_item *item, struct tg_buffer *out)
{
    if (item->kind == TG_AST_SELECT_ALL) {
        if (item->source.text != NULL) {
            tg_format_name(item->source.text, out);
            tg_buffer_append_byte(out, '.');
        }
        tg_buffer_append_byte(out, '*');
    } else if (item->kind == TG_AST_SELECT_STRUCT_ALL) {
        tg_format_primary(item->expr, out);
        tg_buffer_append_text(out, "->*");
    } else {
        tg_format_expr(item->expr, out);
        if (item->alias.text != NULL) {
            tg_buffer_append_text(out, " AS ");
            tg_format_name(item->alias.text, out);
        }
    }
}

static void write_relation(const struct tg_ast_relation *relation, struct tg_buffer *out)
{
    tg_format_name(relation->source.text, out);
    if (relation->alias.text != NULL) {
        tg_buffer_append_text(out, " AS ");
        tg_format_name(relation->alias.text, out);
    }
}

static void write_join(const struct tg_ast_join *join, struct tg_buffer *out)
{
    static const char *const kinds[] = {
        [TG_AST_JOIN_INNER] = " JOIN ",
        [TG_AST_JOIN_LEFT] = " LEFT JOIN ",
        [TG_AST_JOIN_RIGHT] = " RIGHT JOIN ",
        [TG_AST_JOIN_FULL] = " FULL JOIN ",
    };
    tg_buffer_append_text(out, kinds[join->kind]);
    write_relation(&join->right, out);
    if (join->before.given) {
        bool same = join->before.amount == join->after.amount && join->before.unit == join->after.unit;
        tg_buffer_append_text(out, same ? " WITHIN " : " WITHIN (");
        tg_format_interval(&join->before, out);
        if (!same) {
            tg_buffer_append_text(out, ", ");
            tg_format_interval(&join->after, out);
            tg_buffer_append_byte(out, ')');
        }
        if (join->grace.given) {
            tg_buffer_append_text(out, " GRACE PERIOD ");
            tg_format_interval(&join->grace, out);
        }
    }
    tg_buffer_append_text(out, " ON ");
    tg_format_expr(join->on, out);
}

static void write_window(const struct tg_ast_window *window, struct tg_buffer *out)
{
    static const char *const kinds[] = {
        [TG_AST_WINDOW_TUMBLING] = "TUMBLING (SIZE ",
        [TG_AST_WINDOW_HOPPING] = "HOPPING (SIZE ",
        [TG_AST_WINDOW_SESSION] = "SESSION (",
    };
    tg_buffer_append_text(out, " WINDOW ");
    if (window->name.text != NULL)
        tg_buffer_printf(out, "%s ", window->name.text);
    tg_buffer_append_text(out, kinds[window->kind]);
    tg_format_interval(&window->size, out);
    if (window->advance.given) {
        tg_buffer_append_text(out, ", ADVANCE BY ");
        tg_format_interval(&window->advance, out);
    }
    if (window->retention.given) {
        tg_buffer_append_text(out, ", RETENTION ");
        tg_format_interval(&window->retention, out);
    }
    if (window->grace.given) {
        tg_buffer_append_text(out, ", GRACE PERIOD ");
        tg_format_interval(&window->grace, out);
    }
    tg_buffer_append_byte(out, ')');
}

static void write_by(const char *words, const struct tg_ast_expr_list *list, struct tg_buffer *out)
{
    if (!list->given)
        return;
    tg_buffer_append_text(out, words);
    tg_buffer_append_text(out, list->count == 0 ? "()" : "");
    tg_format_values(list, out);
}

static void write_condition(const char *words, const struct tg_ast_expr *condition, struct tg_buffer *out)
{
    if (condition == NULL)
        return;
    tg_buffer_append_text(out, words);
    tg_format_expr(condition, out);
}

void tg_format_query(const struct tg_ast_query *query, struct tg_buffer *out)
{
    static const char *const emits[] = {
        [TG_AST_EMIT_DEFAULT] = "",
        [TG_AST_EMIT_CHANGES] = " EMIT CHANGES",
        [TG_AST_EMIT_FINAL] = " EMIT FINAL",
        [TG_AST_EMIT_COMPLETE] = " EMIT COMPLETE",
    };
    tg_buffer_append_text(out, "SELECT ");
    for (uint32_t i = 0; i < query->item_count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        write_item(&query->items[i], out);
    }
    tg_buffer_append_text(out, " FROM ");
    write_relation(&query->from, out);
    for (uint32_t i = 0; i < query->join_count; i++)
        write_join(&query->joins[i], out);
    if (query->window != NULL)
        write_window(query->window, out);
    write_condition(" WHERE ", query->where, out);
    write_by(" GROUP BY ", &query->group_by, out);
    write_by(" PARTITION BY ", &query->partition_by, out);
    write_condition(" HAVING ", query->having, out);
    tg_buffer_append_text(out, emits[query->emit]);
    if (query->has_limit)
        tg_buffer_printf(out, " LIMIT %lld", (long long)query->limit);
}
