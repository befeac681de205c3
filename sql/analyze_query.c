/* Queries: sources, conditions, groups, windows, and what the result is. */
#include "base/text.h"
#include "plan/format_info.h"
#include "sql/joins.h"
#include "sql/with.h"

enum { DAY_MS = 86400000 };

/* A query while it is read. */
struct query_reader {
    struct tg_analyzer *analyzer;
    const struct tg_ast_query *query;
    const struct tg_query_target *target;
    struct tg_query_analysis *analysis;
    struct tg_row row;
    struct tg_join_tree joined; /* of a join */
    struct tg_call_list aggregates;
    struct tg_call_list table_calls;
};

static struct tg_scope make_scope(struct query_reader *reader, const char *clause)
{
    return (struct tg_scope){.analyzer = reader->analyzer,
                             .clause = clause,
                             .row = &reader->row,
                             .source_name = reader->analysis->source->name,
                             .source_alias = reader->query->from.alias.text,
                             .query = reader->query,
                             .source_is_table = reader->analysis->source->is_table};
}

/* ---- FROM ---- */

TG_MUST_CHECK static enum tg_code read_source(struct query_reader *reader, struct tg_error *reterr)
{
    const struct tg_ast_query *query = reader->query;
    const struct tg_source_definition *source = NULL;
    if (query->join_count > 0)
        return tg_analyze_joins(reader->analyzer, query, reader->analysis, &reader->row, &reader->joined,
                                reterr);
    TG_TRY(tg_catalog_find(reader->analyzer->catalog, &query->from.source, &source,
                           &reader->analyzer->follows, reterr));
    reader->analysis->source = source;
    reader->analysis->record_key = source->key_format;
    tg_row_init(&reader->row, reader->analyzer->arena, source);
    return TG_OK;
}

/* ---- WINDOW ---- */

static enum tg_window_kind window_kind(enum tg_ast_window_kind kind)
{
    return kind == TG_AST_WINDOW_TUMBLING  ? TG_WINDOW_TUMBLING
           : kind == TG_AST_WINDOW_HOPPING ? TG_WINDOW_HOPPING
                                           : TG_WINDOW_SESSION;
}

/* Without GRACE PERIOD: 24 h less the size, so that windows stay a day; none where results are final, so that
 * they come at the window's end. */
static int64_t default_grace(const struct tg_ast_query *query)
{
    const struct tg_ast_window *window = query->window;
    int64_t grace = window->size.ms < DAY_MS ? DAY_MS - window->size.ms : 0;
    if (query->emit == TG_AST_EMIT_FINAL)
        grace = 0;
    if (window->retention.given && window->retention.ms < window->size.ms + grace)
        grace = window->retention.ms - window->size.ms;
    return grace;
}

/* So that times can be added to them. */
TG_MUST_CHECK static enum tg_code check_span(const struct tg_ast_interval *span, struct tg_error *reterr)
{
    if (!span->given || span->ms <= TG_WINDOW_SPAN_MAX_MS / 2)
        return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, span->place, "%lld ms are too long for a window",
                     (long long)span->ms);
    return tg_fail_hint(reterr, "SIZE, GRACE PERIOD and RETENTION are at most %lld DAYS",
                        (long long)(TG_WINDOW_SPAN_MAX_MS / 2 / DAY_MS));
}

TG_MUST_CHECK static enum tg_code check_window_spans(const struct tg_ast_window *window,
                                                     struct tg_error *reterr)
{
    TG_TRY(check_span(&window->size, reterr));
    TG_TRY(check_span(&window->grace, reterr));
    TG_TRY(check_span(&window->retention, reterr));
    if (window->size.ms <= 0)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, window->size.place,
                          "the size of a window must be greater than 0");
    if (window->kind == TG_AST_WINDOW_HOPPING && window->advance.ms <= 0)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, window->advance.place,
                          "a window must advance by more than 0");
    if (window->kind == TG_AST_WINDOW_HOPPING && window->advance.ms > window->size.ms)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, window->advance.place,
                          "a window must not advance by more than its size");
    if (window->retention.given && window->retention.ms < window->size.ms)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, window->retention.place,
                          "the RETENTION is shorter than the window");
    int64_t stay = 0;
    if (window->grace.given && (__builtin_add_overflow(window->size.ms, window->grace.ms, &stay) ||
                                (window->retention.given && window->retention.ms < stay))) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, window->grace.place,
                         "the RETENTION is shorter than the window and its GRACE PERIOD");
        return tg_fail_hint(reterr, "make RETENTION at least as long as both together, or leave it out");
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_window(struct query_reader *reader, struct tg_error *reterr)
{
    const struct tg_ast_window *ast = reader->query->window;
    struct tg_window *window = &reader->analysis->window;
    if (ast == NULL)
        return TG_OK;
    if (reader->analysis->source->is_table)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place, "WINDOW needs a stream, but %s is a table",
                          reader->analysis->source->name);
    TG_TRY(check_window_spans(ast, reterr));
    window->kind = window_kind(ast->kind);
    window->size_ms = ast->size.ms;
    window->advance_ms = ast->kind == TG_AST_WINDOW_TUMBLING  ? ast->size.ms
                         : ast->kind == TG_AST_WINDOW_HOPPING ? ast->advance.ms
                                                              : 0;
    window->grace_ms = ast->grace.given ? ast->grace.ms : default_grace(reader->query);
    window->retention_ms = ast->retention.given ? ast->retention.ms : window->size_ms + window->grace_ms;
    return TG_OK;
}

/* ---- conditions ---- */

TG_MUST_CHECK static enum tg_code read_condition(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                                 const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    enum tg_code code = tg_scope_expr(scope, ast, ret_expr, reterr);
    if (code == TG_CODE_TYPE)
        (void)tg_fail_context(reterr, "in the condition of %s", scope->clause);
    TG_TRY(code);
    const struct tg_type *type = (*ret_expr)->type;
    if (type != NULL && type->kind == TG_TYPE_BOOLEAN)
        return TG_OK;
    struct tg_buffer text = {0};
    tg_expr_write(*ret_expr, &text);
    (void)tg_fail_at(reterr, TG_CODE_TYPE, ast->place, "the condition of %s is not BOOLEAN: %s is %s",
                     scope->clause, tg_buffer_text(&text),
                     type == NULL ? "NULL" : tg_type_kind_name(type->kind));
    tg_buffer_done(&text);
    return tg_fail_hint(reterr, "compare it with something");
}

TG_MUST_CHECK static enum tg_code read_where(struct query_reader *reader, struct tg_error *reterr)
{
    if (reader->query->where == NULL)
        return TG_OK;
    struct tg_scope scope = make_scope(reader, "WHERE");
    return read_condition(&scope, reader->query->where, &reader->analysis->where, reterr);
}

/* ---- keys ---- */

static struct tg_query_keys source_keys(struct query_reader *reader)
{
    const struct tg_schema *schema = reader->analysis->source->schema;
    uint32_t count = tg_schema_count_role(schema, TG_COLUMN_KEY);
    const struct tg_expr **exprs = tg_arena_alloc_zero(reader->analyzer->arena, count, sizeof *exprs);
    uint32_t found = 0;
    for (uint32_t i = 0; i < schema->count; i++)
        if (schema->columns[i].role == TG_COLUMN_KEY)
            exprs[found++] = tg_row_reference(&reader->row, i, reader->query->from.source.place);
    return (struct tg_query_keys){.count = count, .exprs = exprs, .place = reader->query->place};
}

/* The alias of a SELECT item: groups are formed before the SELECT list, so it cannot be meant. */
static bool is_alias(const struct tg_ast_query *query, const struct tg_ast_expr *ast)
{
    for (uint32_t i = 0; ast->kind == TG_AST_COLUMN && i < query->item_count; i++)
        if (query->items[i].alias.text != NULL && strcmp(query->items[i].alias.text, ast->name) == 0)
            return true;
    return false;
}

TG_MUST_CHECK static enum tg_code read_keys(struct query_reader *reader, const struct tg_ast_expr_list *list,
                                            const char *clause, struct tg_error *reterr)
{
    struct tg_scope scope = make_scope(reader, clause);
    const struct tg_expr **exprs = tg_arena_alloc_zero(reader->analyzer->arena, list->count, sizeof *exprs);
    struct tg_query_keys keys = {.exprs = exprs, .place = list->place};
    if (list->count == 0)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, list->place, "%s needs at least one expression", clause);
    for (uint32_t i = 0; i < list->count; i++) {
        enum tg_code code = tg_scope_expr(&scope, list->list[i], &exprs[i], reterr);
        if (code == TG_CODE_UNKNOWN_NAME && is_alias(reader->query, list->list[i]))
            (void)tg_fail_hint(
                reterr, "%s is applied before the SELECT list: use a column or expression of the source",
                clause);
        TG_TRY(code);
        if (exprs[i]->type == NULL && (list->count > 1 || reader->analysis->is_grouped))
            return tg_fail_at(reterr, TG_CODE_TYPE, list->list[i]->place,
                              "NULL cannot be a part of the key of %s", clause);
        if (tg_keys_find(&keys, exprs[i]) >= 0)
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, list->list[i]->place,
                              "%s names the same expression twice", clause);
        keys.count++;
    }
    if (keys.count == 1 && exprs[0]->type == NULL)
        keys.count = 0; /* PARTITION BY NULL: no key */
    reader->analysis->keys = keys;
    return TG_OK;
}

static bool is_source_key(struct query_reader *reader)
{
    const struct tg_query_keys *keys = &reader->analysis->keys;
    if (reader->analysis->joined_count > 0)
        return keys->count == 1 && tg_join_tree_is_keyed_by(&reader->joined, &reader->row, keys->exprs[0]);
    const struct tg_query_keys old = source_keys(reader);
    return keys->count == 1 && old.count == 1 && tg_expr_equal(keys->exprs[0], old.exprs[0]);
}

TG_MUST_CHECK static enum tg_code read_partitioning(struct query_reader *reader, struct tg_error *reterr)
{
    const struct tg_source_definition *source = reader->analysis->source;
    struct tg_place place = reader->query->partition_by.place;
    if (source->is_table) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place, "PARTITION BY needs a stream, but %s is a table",
                         source->name);
        return tg_fail_hint(reterr, "a table gets another key by GROUP BY");
    }
    if (reader->query->group_by.given)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "PARTITION BY cannot be combined with GROUP BY, which sets the key");
    TG_TRY(read_keys(reader, &reader->query->partition_by, "PARTITION BY", reterr));
    reader->analysis->keeps_key = is_source_key(reader);
    reader->analysis->is_partitioned = !reader->analysis->keeps_key;
    if (reader->analysis->is_partitioned && source->window_kind != TG_WINDOW_NONE)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "the key of %s has a window: it cannot be replaced by PARTITION BY", source->name);
    return TG_OK;
}

/* GROUP BY, PARTITION BY, a window alone (our extension), or the source's own key. */
TG_MUST_CHECK static enum tg_code read_key_clauses(struct query_reader *reader, struct tg_error *reterr)
{
    struct tg_query_analysis *analysis = reader->analysis;
    if (reader->query->partition_by.given)
        return read_partitioning(reader, reterr);
    analysis->is_grouped = reader->query->group_by.given || reader->query->window != NULL;
    if (!analysis->is_grouped) {
        analysis->keys = source_keys(reader);
        return TG_OK;
    }
    if (reader->query->group_by.given) {
        TG_TRY(read_keys(reader, &reader->query->group_by, "GROUP BY", reterr));
        analysis->keeps_key = is_source_key(reader);
    } else {
        analysis->keys = (struct tg_query_keys){.place = reader->query->window->place};
    }
    if (analysis->window.kind != TG_WINDOW_NONE) {
        static const struct tg_schema_column bounds[] = {
            {"WINDOWSTART", &tg_type_bigint, TG_COLUMN_WINDOWSTART, NULL},
            {"WINDOWEND", &tg_type_bigint, TG_COLUMN_WINDOWEND, NULL}};
        if (analysis->source->window_kind != TG_WINDOW_NONE)
            return tg_fail_at(reterr, TG_CODE_UNSUPPORTED, reader->query->window->place,
                              "%s has windows already: another WINDOW over it is not supported",
                              analysis->source->name);
        for (uint32_t i = 0; i < 2; i++)
            tg_row_add(&reader->row, &bounds[i],
                       (struct tg_row_column){.part = TG_ROW_BOUND, .number = i, .name = bounds[i].name});
    }
    return TG_OK;
}

/* ---- SELECT and HAVING ---- */

TG_MUST_CHECK static enum tg_code read_having(struct query_reader *reader, struct tg_error *reterr)
{
    if (reader->query->having == NULL)
        return TG_OK;
    if (!reader->analysis->is_grouped) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, reader->query->having->place, "HAVING needs a GROUP BY");
        return tg_fail_hint(reterr, "conditions on single rows go to WHERE");
    }
    struct tg_scope scope = make_scope(reader, "HAVING");
    scope.aggregates = &reader->aggregates;
    return read_condition(&scope, reader->query->having, &reader->analysis->having, reterr);
}

static bool groups_by_number(const struct tg_ast_query *query)
{
    for (uint32_t i = 0; i < query->group_by.count; i++)
        if (query->group_by.list[i]->kind == TG_AST_INTEGER)
            return true;
    return false;
}

/* Expressions that are neither aggregates nor keys, in one message. */
TG_MUST_CHECK static enum tg_code check_groups(const struct query_reader *reader,
                                               const struct tg_output_list *outputs, struct tg_error *reterr)
{
    static const struct tg_query_keys none = {0};
    const struct tg_query_keys *keys = reader->analysis->is_grouped ? &reader->analysis->keys : &none;
    struct tg_buffer strays = {0};
    struct tg_place place = {0};
    for (uint32_t i = 0; i < outputs->count; i++) {
        if (tg_find_ungrouped(&reader->row, keys, outputs->columns[i].expr) == NULL)
            continue;
        if (strays.length == 0)
            place = outputs->columns[i].place;
        else
            tg_buffer_append_text(&strays, ", ");
        tg_expr_write(outputs->columns[i].expr, &strays);
    }
    enum tg_code code = TG_OK;
    if (strays.length > 0) {
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "the SELECT list holds what is neither an aggregate nor part of GROUP BY: %s",
                          tg_buffer_text(&strays));
        (void)tg_fail_hint(
            reterr,
            groups_by_number(reader->query)
                ? "a number in GROUP BY is that number, not a place in the SELECT list: write the column"
                : "add the columns to GROUP BY, or put them into an aggregate such as MAX()");
    }
    tg_buffer_done(&strays);
    if (code == TG_OK && reader->analysis->having != NULL) {
        const struct tg_expr *stray = tg_find_ungrouped(&reader->row, keys, reader->analysis->having);
        if (stray != NULL)
            code = tg_fail_at(reterr, TG_CODE_ANALYSIS, stray->place,
                              "HAVING reads the column %s, which is not part of GROUP BY", stray->name);
    }
    return code;
}

/* Over a table an aggregate must be able to take an old row back. */
TG_MUST_CHECK static enum tg_code check_table_aggregates(const struct query_reader *reader,
                                                         struct tg_error *reterr)
{
    struct tg_buffer names = {0};
    struct tg_place place = {0};
    for (uint32_t i = 0; i < reader->aggregates.count && reader->analysis->source->is_table; i++) {
        const struct tg_function_call *call = &reader->aggregates.calls[i];
        if ((call->function->flags & TG_FUNCTION_OVER_TABLE) != 0)
            continue;
        if (names.length == 0)
            place = call->place;
        tg_buffer_printf(&names, "%s%s", names.length == 0 ? "" : ", ", call->name);
    }
    enum tg_code code = TG_OK;
    if (names.length > 0) {
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "%s can run over a stream only, but %s is a table, whose rows change",
                          tg_buffer_text(&names), reader->analysis->source->name);
        (void)tg_fail_hint(reterr, "COUNT, SUM and AVG run over tables");
    }
    tg_buffer_done(&names);
    return code;
}

/* What is not kept as a single number or value but as a list or a struct. */
static bool keeps_nested_state(const char *name)
{
    static const char *const names[] = {"AVG",          "STDDEV_SAMP", "STDDEV_SAMPLE", "CORRELATION",
                                        "COLLECT_LIST", "COLLECT_SET", "HISTOGRAM",     "TOPK",
                                        "TOPKDISTINCT", "ATTR",        "COUNT_DISTINCT"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Intermediate values are written as the source's values are (in ksqlDB: so a job for both must not rely on
 * more). */
TG_MUST_CHECK static enum tg_code check_intermediate(const struct query_reader *reader,
                                                     struct tg_error *reterr)
{
    const char *format = reader->analysis->source->value_format.name;
    const struct tg_format_info *info = tg_format_info_find(tg_slice_text(format));
    for (uint32_t i = 0; i < reader->aggregates.count && (info->flags & TG_FORMAT_INFO_NESTED) == 0; i++) {
        const struct tg_function_call *call = &reader->aggregates.calls[i];
        if (!keeps_nested_state(call->name))
            continue;
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, call->place,
                         "the intermediate values of %s are nested, and the format %s of %s cannot hold them",
                         call->name, format, reader->analysis->source->name);
        return tg_fail_hint(reterr,
                            "copy %s into a stream with VALUE_FORMAT='JSON' first, and aggregate that",
                            reader->analysis->source->name);
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_aggregation(const struct query_reader *reader,
                                                    const struct tg_output_list *outputs,
                                                    struct tg_error *reterr)
{
    const struct tg_query_analysis *analysis = reader->analysis;
    const struct tg_ast_query *query = reader->query;
    if (reader->aggregates.count > 0 && reader->table_calls.count > 0)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, reader->table_calls.calls[0].place,
                          "table functions such as %s cannot be combined with aggregates",
                          reader->table_calls.calls[0].name);
    if (reader->aggregates.count == 0 && !query->group_by.given && query->window != NULL)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, query->window->place,
                          "WINDOW needs a GROUP BY, or aggregates in the SELECT list");
    if (analysis->is_grouped && reader->aggregates.count == 0) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, analysis->keys.place,
                         "GROUP BY needs an aggregate function in the SELECT list or in HAVING");
        return tg_fail_hint(reterr, "for example COUNT(*)");
    }
    if (analysis->is_grouped || reader->aggregates.count > 0)
        TG_TRY(check_groups(reader, outputs, reterr));
    TG_TRY(check_table_aggregates(reader, reterr));
    TG_TRY(check_intermediate(reader, reterr));
    if (!analysis->is_grouped && reader->aggregates.count > 0) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, reader->aggregates.calls[0].place,
                         "the aggregate function %s needs a GROUP BY clause in CREATE TABLE AS SELECT",
                         reader->aggregates.calls[0].name);
        return tg_fail_hint(reterr,
                            "add GROUP BY with the columns that tell the groups apart; WINDOW makes groups "
                            "by ROWTIME");
    }
    return TG_OK;
}

static bool is_new_planner(const struct query_reader *reader)
{
    const char *value = tg_properties_get(reader->analyzer->settings, "ksql.new.query.planner.enabled");
    return value != NULL && tg_slice_equal_nocase(tg_slice_text(value), tg_slice_text("true"));
}

/* With that setting the keys of a stream are those that are selected, in the order of the SELECT list;
 * without them the result has no key. */
static void take_keys_as_selected(struct query_reader *reader, const struct tg_output_list *outputs)
{
    struct tg_query_keys *keys = &reader->analysis->keys;
    const struct tg_expr **selected =
        tg_arena_alloc_zero(reader->analyzer->arena, keys->count, sizeof *selected);
    uint32_t count = 0;
    for (uint32_t i = 0; i < outputs->count && count < keys->count; i++)
        if (tg_keys_find(keys, outputs->columns[i].expr) >= 0)
            selected[count++] = outputs->columns[i].expr;
    if (count == 0 && keys->count > 0) {
        reader->analysis->is_partitioned = true;
        reader->analysis->keeps_key = false;
        keys->count = 0;
    } else if (count == keys->count) {
        keys->exprs = selected;
    }
}

static const char *output_name_at(const void *context, size_t index)
{
    const struct tg_output_list *outputs = context;
    return index < outputs->count ? outputs->columns[index].name : NULL;
}

/* The column of WITH (TIMESTAMP='...') must come out of the SELECT list. */
TG_MUST_CHECK static enum tg_code check_time_column(const struct query_reader *reader,
                                                    const struct tg_output_list *outputs,
                                                    struct tg_error *reterr)
{
    struct tg_with with;
    const char *name = NULL;
    if (reader->target->properties == NULL)
        return TG_OK;
    TG_TRY(tg_with_read(reader->target->properties, TG_WITH_CREATE_AS, &with, reterr));
    if (with.given[TG_WITH_TIMESTAMP] == NULL)
        return TG_OK;
    TG_TRY(tg_with_column(reader->analyzer, &with, TG_WITH_TIMESTAMP, &name, reterr));
    for (uint32_t i = 0; i < outputs->count; i++)
        if (strcmp(outputs->columns[i].name, name) == 0)
            return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, tg_with_place(&with, TG_WITH_TIMESTAMP),
                     "WITH says TIMESTAMP='%s', but the result has no such column", name);
    const char *closest = tg_closest(name, output_name_at, outputs);
    return closest != NULL ? tg_fail_hint(reterr, "did you mean %s?", closest)
                           : tg_fail_hint(reterr, "it must stand in the SELECT list");
}

TG_MUST_CHECK static enum tg_code read_outputs(struct query_reader *reader, struct tg_error *reterr)
{
    struct tg_query_analysis *analysis = reader->analysis;
    struct tg_scope scope = make_scope(reader, "SELECT");
    struct tg_output_list outputs;
    scope.aggregates = &reader->aggregates;
    scope.table_calls = &reader->table_calls;
    scope.bounds_allowed = true;
    const struct tg_select select = {.scope = &scope, .source = analysis->source, .keys = &analysis->keys};
    TG_TRY(tg_analyze_select(&select, reader->query, &outputs, reterr));
    TG_TRY(read_having(reader, reterr));
    TG_TRY(check_aggregation(reader, &outputs, reterr));
    TG_TRY(check_time_column(reader, &outputs, reterr));
    bool has_own_key = !analysis->is_grouped && !reader->query->partition_by.given;
    const struct tg_output_place where = {reader->target->sink->text, reader->query->place};
    if (analysis->joined_count > 0 && has_own_key)
        TG_TRY(tg_join_choose_keys(&reader->row, &reader->joined, &where, &outputs, reterr));
    else if (is_new_planner(reader) && !analysis->is_grouped && !analysis->is_partitioned &&
             !analysis->source->is_table)
        take_keys_as_selected(reader, &outputs);
    TG_TRY(tg_order_outputs(&select, reader->target->sink->text, reader->query->place, &outputs, reterr));
    analysis->output_count = outputs.count;
    analysis->outputs = outputs.columns;
    analysis->aggregate_count = reader->aggregates.count;
    analysis->aggregates = reader->aggregates.calls;
    analysis->table_call_count = reader->table_calls.count;
    analysis->table_calls = reader->table_calls.calls;
    return TG_OK;
}

/* ---- the result ---- */

TG_MUST_CHECK static enum tg_code read_emission(struct query_reader *reader, struct tg_error *reterr)
{
    const struct tg_ast_query *query = reader->query;
    if (query->emit == TG_AST_EMIT_COMPLETE) {
        (void)tg_fail_at(reterr, TG_CODE_UNSUPPORTED, query->emit_place,
                         "EMIT COMPLETE is not supported by this version");
        return tg_fail_hint(reterr, "EMIT CHANGES gives each change, EMIT FINAL one result per window");
    }
    if (query->emit == TG_AST_EMIT_FINAL && reader->analysis->window.kind == TG_WINDOW_NONE) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, query->emit_place,
                         "EMIT FINAL needs an aggregation with a WINDOW");
        return tg_fail_hint(reterr, "a result without a window is never final: use EMIT CHANGES");
    }
    if (query->has_limit)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, query->limit_place,
                          "LIMIT does not fit a query that runs on: it has no end");
    reader->analysis->emission = query->emit == TG_AST_EMIT_FINAL ? TG_EMIT_FINAL : TG_EMIT_CHANGES;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_result(const struct query_reader *reader, struct tg_error *reterr)
{
    bool is_table = reader->analysis->is_grouped || reader->analysis->source->is_table;
    reader->analysis->is_table = is_table;
    if (is_table == reader->target->is_table)
        return TG_OK;
    if (reader->target->is_insert) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, reader->target->sink->place,
                         "the query gives a TABLE, but %s is a STREAM", reader->target->sink->text);
        return tg_fail_hint(reterr, "the changes of a table go into a table of their own: CREATE TABLE ... "
                                    "AS SELECT");
    }
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, reader->target->sink->place,
                     "the query gives a %s, not a %s: %s", is_table ? "TABLE" : "STREAM",
                     is_table ? "STREAM" : "TABLE", reader->target->sink->text);
    return tg_fail_hint(reterr, "write CREATE %s %s AS SELECT ...", is_table ? "TABLE" : "STREAM",
                        reader->target->sink->text);
}

enum tg_code tg_analyze_query(struct tg_analyzer *analyzer, const struct tg_ast_query *query,
                              const struct tg_query_target *target,
                              const struct tg_query_analysis **ret_analysis, struct tg_error *reterr)
{
    struct query_reader reader = {.analyzer = analyzer,
                                  .query = query,
                                  .target = target,
                                  .analysis =
                                      tg_arena_alloc_zero(analyzer->arena, 1, sizeof *reader.analysis)};
    TG_TRY(read_source(&reader, reterr));
    TG_TRY(read_window(&reader, reterr));
    TG_TRY(read_where(&reader, reterr));
    TG_TRY(read_key_clauses(&reader, reterr));
    TG_TRY(read_outputs(&reader, reterr));
    TG_TRY(read_emission(&reader, reterr));
    TG_TRY(check_result(&reader, reterr));
    struct tg_schema *row = tg_arena_alloc_zero(analyzer->arena, 1, sizeof *row);
    *row = (struct tg_schema){.count = reader.row.count, .columns = reader.row.columns};
    reader.analysis->row = row;
    reader.analysis->row_count = row->count;
    reader.analysis->parts = reader.row.parts;
    reader.analysis->source_count = reader.row.source_count;
    *ret_analysis = reader.analysis;
    return TG_OK;
}
