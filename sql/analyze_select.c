/* The SELECT list: stars, names of columns, keys. */
#include "sql/scope.h"

/* ---- names ---- */

/* Hands out KSQL_COL_n and FIELD, FIELD_1, ... that are not in use. */
struct name_source {
    struct tg_arena *arena;
    const struct tg_row *row;
    const struct tg_ast_query *query;
    const struct tg_output_list *outputs;
    uint32_t next_number;
};

static bool in_use(const struct name_source *names, const char *name)
{
    for (uint32_t i = 0; i < names->row->source_count; i++)
        if (names->row->parts[i].name != NULL && strcmp(names->row->parts[i].name, name) == 0)
            return true;
    for (uint32_t i = 0; i < names->query->item_count; i++)
        if (names->query->items[i].alias.text != NULL && strcmp(names->query->items[i].alias.text, name) == 0)
            return true;
    for (uint32_t i = 0; i < names->outputs->count; i++)
        if (strcmp(names->outputs->columns[i].name, name) == 0)
            return true;
    return false;
}

/* What the item is called without AS. A CAST to the type that there is vanishes from the expression, but the
 * column is not the one that was cast. */
static const char *make_name(struct name_source *names, const struct tg_expr *expr,
                             const struct tg_ast_expr *ast)
{
    bool is_cast = ast != NULL && ast->kind == TG_AST_CAST;
    if (!is_cast && expr->kind == TG_EXPR_COLUMN && names->row->parts[expr->index].part <= TG_ROW_PSEUDO) {
        const char *name = names->row->parts[expr->index].name;
        return name == NULL || tg_row_is_ambiguous(names->row, name) ? expr->name : name;
    }
    if (!is_cast && expr->kind == TG_EXPR_FIELD) {
        const char *name = expr->name;
        for (uint32_t i = 1; in_use(names, name); i++)
            name = tg_arena_printf(names->arena, "%s_%u", expr->name, i);
        return name;
    }
    const char *name = NULL;
    do {
        name = tg_arena_printf(names->arena, "KSQL_COL_%u", names->next_number++);
    } while (in_use(names, name));
    return name;
}

static void add_output(const struct tg_select *select, struct tg_output_list *outputs,
                       const struct tg_output_column *column)
{
    if (outputs->count == outputs->capacity) {
        uint32_t capacity = outputs->capacity == 0 ? 16 : 2 * outputs->capacity;
        struct tg_output_column *columns =
            tg_arena_alloc_zero(select->scope->analyzer->arena, capacity, sizeof *columns);
        if (outputs->count > 0)
            memcpy(columns, outputs->columns, outputs->count * sizeof *columns);
        outputs->columns = columns;
        outputs->capacity = capacity;
    }
    outputs->columns[outputs->count++] = *column;
}

/* ---- items ---- */

/* `*`: the keys, then what else the source declares in its order (values, headers), then keys that are none
 * any more. */
static void add_all(const struct tg_select *select, struct name_source *names, struct tg_place place,
                    struct tg_output_list *outputs)
{
    const struct tg_row *row = select->scope->row;
    for (uint32_t i = 0; i < select->keys->count; i++) {
        const struct tg_expr *key = select->keys->exprs[i];
        add_output(
            select, outputs,
            &(struct tg_output_column){.name = make_name(names, key, NULL), .expr = key, .place = place});
    }
    for (int old_keys = 0; old_keys < 2; old_keys++) {
        for (uint32_t i = 0; i < row->source_count; i++) {
            const struct tg_expr *column = tg_row_reference(row, i, place);
            bool is_key = row->columns[i].role == TG_COLUMN_KEY;
            if (is_key == (old_keys == 1) && tg_keys_find(select->keys, column) < 0)
                add_output(
                    select, outputs,
                    &(struct tg_output_column){.name = row->columns[i].name, .expr = column, .place = place});
        }
    }
}

/* Kinds of columns in the order in which `*` of a join gives them: the key, the bounds of its window, the
 * rest. Behind PARTITION BY the key comes last, and pseudo columns are there, too (so in ksqlDB). */
static bool stands_at(const struct tg_query_source *source, const struct tg_row_column *part,
                      bool partitioned, int at)
{
    const struct tg_schema *schema = source->definition->schema;
    bool is_key = part->part == TG_ROW_SOURCE && schema->columns[part->number].role == TG_COLUMN_KEY;
    bool is_bound = part->part == TG_ROW_PSEUDO && part->number > 2;
    bool is_value = part->part == TG_ROW_SOURCE && !is_key;
    if (partitioned)
        return at == 0 ? is_value : at == 1 ? part->part == TG_ROW_PSEUDO : is_key;
    return at == 0 ? is_key : at == 1 ? is_bound : is_value;
}

/* `*` and `alias.*` of a join: columns are called ALIAS_COLUMN. */
static void add_joined(const struct tg_select *select, const struct tg_ast_query *query, int32_t only,
                       struct tg_place place, struct tg_output_list *outputs)
{
    const struct tg_row *row = select->scope->row;
    for (uint32_t i = 0; only < 0 && !query->partition_by.given && i < row->count; i++) {
        const struct tg_row_column *part = &row->parts[i];
        if (part->part == TG_ROW_KEY && part->name != NULL)
            add_output(select, outputs,
                       &(struct tg_output_column){
                           .name = part->name, .expr = tg_row_reference(row, i, place), .place = place});
    }
    for (uint32_t s = 0; s < row->joined_count; s++) {
        const struct tg_query_source *source = &row->joined[s];
        for (int at = 0; at < 3 && (only < 0 || (uint32_t)only == s); at++) {
            for (uint32_t i = source->first; i < source->first + source->count; i++) {
                if (!stands_at(source, &row->parts[i], query->partition_by.given, at))
                    continue;
                const char *name = tg_arena_printf(select->scope->analyzer->arena, "%s_%s", source->alias,
                                                   row->parts[i].name);
                add_output(select, outputs,
                           &(struct tg_output_column){
                               .name = name, .expr = tg_row_reference(row, i, place), .place = place});
            }
        }
    }
}

TG_MUST_CHECK static enum tg_code add_star(const struct tg_select *select, struct name_source *names,
                                           const struct tg_ast_select_item *item,
                                           struct tg_output_list *outputs, struct tg_error *reterr)
{
    const char *alias = select->scope->source_alias;
    const struct tg_row *row = select->scope->row;
    int32_t only = item->source.text == NULL ? -1 : tg_row_find_source(row, item->source.text);
    if (row->joined_count > 0 && (item->source.text == NULL || only >= 0)) {
        add_joined(select, names->query, only, item->place, outputs);
        return TG_OK;
    }
    if (item->source.text != NULL && strcmp(item->source.text, select->scope->source_name) != 0 &&
        (alias == NULL || strcmp(item->source.text, alias) != 0)) {
        (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, item->source.place,
                         "the statement reads no source named %s", item->source.text);
        return tg_fail_hint(reterr, "it reads %s", alias == NULL ? select->scope->source_name : alias);
    }
    add_all(select, names, item->place, outputs);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code add_struct_fields(const struct tg_select *select,
                                                    const struct tg_ast_select_item *item,
                                                    struct tg_output_list *outputs, struct tg_error *reterr)
{
    const struct tg_expr *value = NULL;
    TG_TRY(tg_scope_expr(select->scope, item->expr, &value, reterr));
    if (value->type == NULL || value->type->kind != TG_TYPE_STRUCT)
        return tg_fail_at(reterr, TG_CODE_TYPE, item->place, "->* needs a STRUCT, but the expression is %s",
                          value->type == NULL ? "NULL" : tg_type_kind_name(value->type->kind));
    for (uint32_t i = 0; i < value->type->field_count; i++) {
        const struct tg_expr *field = NULL;
        const char *name = value->type->fields[i].name;
        TG_TRY(tg_expr_field(select->scope->analyzer->arena, value, tg_slice_text(name), item->place, &field,
                             reterr));
        add_output(select, outputs,
                   &(struct tg_output_column){.name = name, .expr = field, .place = item->place});
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code add_expression(const struct tg_select *select, struct name_source *names,
                                                 const struct tg_ast_select_item *item,
                                                 struct tg_output_list *outputs, struct tg_error *reterr)
{
    const struct tg_expr *expr = NULL;
    if (item->alias.text != NULL && tg_name_is_reserved(item->alias.text)) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, item->alias.place,
                         "`%s` is a reserved name: no column can have it", item->alias.text);
        return tg_fail_hint(reterr, "choose another name behind AS");
    }
    TG_TRY(tg_scope_expr(select->scope, item->expr, &expr, reterr));
    if (expr->type == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_TYPE, item->place, "the type of NULL is not known here");
        return tg_fail_hint(reterr, "say it: CAST(NULL AS VARCHAR), or whatever it is");
    }
    const char *name = item->alias.text != NULL ? item->alias.text : make_name(names, expr, item->expr);
    if (item->alias.text == NULL && tg_name_is_reserved(name)) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, item->place,
                         "the column would be named `%s`, which is a reserved name", name);
        return tg_fail_hint(reterr, "name it: %s AS ...", name);
    }
    add_output(select, outputs, &(struct tg_output_column){.name = name, .expr = expr, .place = item->place});
    return TG_OK;
}

enum tg_code tg_analyze_select(const struct tg_select *select, const struct tg_ast_query *query,
                               struct tg_output_list *ret_outputs, struct tg_error *reterr)
{
    *ret_outputs = (struct tg_output_list){0};
    struct name_source names = {.arena = select->scope->analyzer->arena,
                                .row = select->scope->row,
                                .query = query,
                                .outputs = ret_outputs};
    for (uint32_t i = 0; i < query->item_count; i++) {
        const struct tg_ast_select_item *item = &query->items[i];
        if (item->kind == TG_AST_SELECT_ALL)
            TG_TRY(add_star(select, &names, item, ret_outputs, reterr));
        else if (item->kind == TG_AST_SELECT_STRUCT_ALL)
            TG_TRY(add_struct_fields(select, item, ret_outputs, reterr));
        else
            TG_TRY(add_expression(select, &names, item, ret_outputs, reterr));
    }
    return TG_OK;
}

/* ---- keys ---- */

static void write_keys(const struct tg_query_keys *keys, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        if (i > 0)
            tg_buffer_append_text(out, i + 1 == keys->count ? " and " : ", ");
        tg_expr_write(keys->exprs[i], out);
    }
}

static enum tg_code fail_missing(const struct tg_select *select, const char *sink, struct tg_place place,
                                 uint32_t missing, struct tg_error *reterr)
{
    struct tg_buffer all = {0};
    struct tg_buffer one = {0};
    write_keys(select->keys, &all);
    tg_expr_write(select->keys->exprs[missing], &one);
    enum tg_code code =
        tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                   "the SELECT list of `%s` must hold its key %s, but %s of %s is missing", sink,
                   tg_buffer_text(&all), tg_buffer_text(&one), select->scope->source_name);
    (void)tg_fail_hint(reterr, "add it: SELECT %s, ...", tg_buffer_text(&one));
    tg_buffer_done(&all);
    tg_buffer_done(&one);
    return code;
}

TG_MUST_CHECK static enum tg_code find_keys(const struct tg_select *select, const char *sink,
                                            struct tg_place place, struct tg_output_list *outputs,
                                            struct tg_error *reterr)
{
    for (uint32_t k = 0; k < select->keys->count; k++) {
        const struct tg_output_column *found = NULL;
        for (uint32_t i = 0; i < outputs->count; i++) {
            struct tg_output_column *column = &outputs->columns[i];
            if (!tg_expr_equal(column->expr, select->keys->exprs[k]))
                continue;
            if (found != NULL) {
                (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, column->place,
                                 "the SELECT list holds the key column `%s` twice: as `%s` and as `%s`",
                                 found->name, found->name, column->name);
                return tg_fail_hint(reterr, "a copy of the key for the value is written AS_VALUE(%s)",
                                    found->name);
            }
            column->is_key = true;
            found = column;
        }
        if (found == NULL)
            return fail_missing(select, sink, place, k, reterr);
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_names(const struct tg_output_list *outputs, struct tg_error *reterr)
{
    for (uint32_t i = 0; i < outputs->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(outputs->columns[i].name, outputs->columns[j].name) != 0)
                continue;
            (void)tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, outputs->columns[i].place,
                             "two columns of the SELECT list are named `%s` (%s)", outputs->columns[i].name,
                             tg_type_kind_name(outputs->columns[i].expr->type->kind));
            return tg_fail_hint(reterr, "give one of them another name with AS");
        }
    }
    return TG_OK;
}

enum tg_code tg_order_outputs(const struct tg_select *select, const char *sink, struct tg_place place,
                              struct tg_output_list *outputs, struct tg_error *reterr)
{
    TG_TRY(find_keys(select, sink, place, outputs, reterr));
    TG_TRY(check_names(outputs, reterr));
    if (outputs->count == select->keys->count) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                         "the SELECT list of `%s` holds no value columns, only the key", sink);
        return tg_fail_hint(reterr, "a copy of a key column for the value is written AS_VALUE(column)");
    }
    struct tg_output_column *ordered =
        tg_arena_alloc_zero(select->scope->analyzer->arena, outputs->count, sizeof *ordered);
    uint32_t values = select->keys->count;
    for (uint32_t i = 0; i < outputs->count; i++) {
        const struct tg_output_column *column = &outputs->columns[i];
        ordered[column->is_key ? (uint32_t)tg_keys_find(select->keys, column->expr) : values++] = *column;
    }
    outputs->columns = ordered;
    return TG_OK;
}
