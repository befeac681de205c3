/* Expressions: names become columns, trees become typed expressions through the builders of expr/. */
#include "base/text.h"
#include "data/time.h"
#include "sql/formatter.h"
#include "sql/scope.h"

/* ---- names ---- */

static const char *row_name_at(const void *context, size_t index)
{
    const struct tg_row *row = context;
    if (index >= row->count || row->parts[index].part > TG_ROW_PSEUDO)
        return NULL;
    return row->parts[index].name == NULL ? "" : row->parts[index].name;
}

/* The name of a SELECT item, which other clauses do not see: what it stands for can be written there. */
static bool hint_alias(const struct tg_scope *scope, const struct tg_ast_expr *ast, struct tg_error *reterr)
{
    for (uint32_t i = 0; scope->query != NULL && i < scope->query->item_count; i++) {
        const struct tg_ast_select_item *item = &scope->query->items[i];
        if (item->alias.text == NULL || item->expr == NULL || strcmp(item->alias.text, ast->name) != 0)
            continue;
        struct tg_buffer text = {0};
        tg_format_expr(item->expr, &text);
        (void)tg_fail_hint(reterr, "%s is a name of the SELECT list, which %s does not see: write %s instead",
                           ast->name, scope->clause, tg_buffer_text(&text));
        tg_buffer_done(&text);
        return true;
    }
    return false;
}

static enum tg_code fail_column(const struct tg_scope *scope, const struct tg_ast_expr *ast,
                                struct tg_error *reterr)
{
    const char *dot = ast->qualifier == NULL ? "" : ".";
    const char *qualifier = ast->qualifier == NULL ? "" : ast->qualifier;
    if (scope->function != NULL)
        return tg_scope_fail_argument(scope, ast, reterr);
    if (scope->row == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place, "VALUES cannot read columns: '%s%s%s'",
                         qualifier, dot, ast->name);
        return tg_fail_hint(reterr, "write texts in single quotes: '%s'", ast->name);
    }
    (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, ast->place, "%s has no column '%s%s%s', which %s reads",
                     scope->source_name, qualifier, dot, ast->name, scope->clause);
    if (hint_alias(scope, ast, reterr))
        return TG_CODE_UNKNOWN_NAME;
    const char *closest = tg_closest(ast->name, row_name_at, scope->row);
    if (closest != NULL)
        return tg_fail_hint(reterr, "did you mean %s?", closest);
    for (const char *c = ast->name; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z') /* it was quoted, else it would be upper case */
            return tg_fail_hint(reterr, "double quotes and backquotes are for names; a text is written '%s'",
                                ast->name);
    struct tg_buffer list = {0};
    for (uint32_t i = 0; i < scope->row->source_count && list.length < 300; i++)
        tg_row_write_name(scope->row, i, list.length == 0 ? "" : ", ", &list);
    enum tg_code code = tg_fail_hint(reterr, "its columns are %s", tg_buffer_text(&list));
    tg_buffer_done(&list);
    return code;
}

/* Names of results (KSQL_AGG_VARIABLE_0) are none that a statement could mean. */
static bool is_named(const struct tg_scope *scope, uint32_t index, const struct tg_ast_expr *ast)
{
    const struct tg_row_column *part = &scope->row->parts[index];
    bool is_joined =
        scope->row->joined_count > 0 && (part->part == TG_ROW_SOURCE || part->part == TG_ROW_PSEUDO);
    if (part->name == NULL || strcmp(part->name, ast->name) != 0)
        return false;
    if (!is_joined)
        return scope->row->joined_count == 0 || ast->qualifier == NULL;
    if (scope->visible > 0 && part->source >= scope->visible)
        return false;
    return ast->qualifier == NULL || (int32_t)part->source == tg_row_find_source(scope->row, ast->qualifier);
}

static int32_t find_in_row(const struct tg_scope *scope, const struct tg_ast_expr *ast, uint32_t first)
{
    for (uint32_t i = first; i < scope->row->count; i++)
        if (is_named(scope, i, ast))
            return (int32_t)i;
    return -1;
}

static enum tg_code fail_ambiguous(const struct tg_scope *scope, const struct tg_ast_expr *ast,
                                   struct tg_error *reterr)
{
    struct tg_buffer list = {0};
    for (int32_t i = find_in_row(scope, ast, 0); i >= 0; i = find_in_row(scope, ast, (uint32_t)i + 1))
        tg_row_write_name(scope->row, (uint32_t)i, list.length == 0 ? "" : " or ", &list);
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place, "the name '%s' in %s can be %s", ast->name,
                     scope->clause, tg_buffer_text(&list));
    enum tg_code code = tg_fail_hint(reterr, "write which one: %.*s",
                                     (int)strcspn(tg_buffer_text(&list), " "), tg_buffer_text(&list));
    tg_buffer_done(&list);
    return code;
}

TG_MUST_CHECK static enum tg_code check_qualifier(const struct tg_scope *scope, const struct tg_ast_expr *ast,
                                                  struct tg_error *reterr)
{
    const struct tg_row *row = scope->row;
    if (ast->qualifier == NULL || row == NULL)
        return TG_OK;
    if (row->joined_count > 0) {
        int32_t source = tg_row_find_source(row, ast->qualifier);
        if (source >= 0 && (scope->visible == 0 || (uint32_t)source < scope->visible))
            return TG_OK;
        if (source >= 0) {
            (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place, "'%s.%s': %s is joined only later",
                             ast->qualifier, ast->name, ast->qualifier);
            return tg_fail_hint(reterr, "a condition can use the sources that stand before it");
        }
    } else if (strcmp(ast->qualifier, scope->source_name) == 0 ||
               (scope->source_alias != NULL && strcmp(ast->qualifier, scope->source_alias) == 0)) {
        return TG_OK;
    }
    (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, ast->place,
                     "'%s.%s': the statement reads no source named %s", ast->qualifier, ast->name,
                     ast->qualifier);
    return tg_fail_hint(reterr, "it reads %s; a field of a struct is written with an arrow: %s->%s",
                        scope->source_name, ast->qualifier, ast->name);
}

TG_MUST_CHECK static enum tg_code find_column(const struct tg_scope *scope, const struct tg_ast_expr *ast,
                                              const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    *ret_expr = ast->qualifier == NULL ? tg_scope_parameter(scope, ast) : NULL;
    if (*ret_expr != NULL)
        return TG_OK;
    TG_TRY(check_qualifier(scope, ast, reterr));
    int32_t index = scope->row == NULL ? -1 : find_in_row(scope, ast, 0);
    if (index >= 0 && scope->row->joined_count > 0) {
        if (find_in_row(scope, ast, (uint32_t)index + 1) >= 0)
            return fail_ambiguous(scope, ast, reterr);
        if (scope->row->parts[index].part == TG_ROW_BOUND) {
            (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                             "%s cannot read the window bound '%s' where sources are joined", scope->clause,
                             ast->name);
            return tg_fail_hint(reterr, "the key of the result holds it: read it in a query over the result");
        }
    }
    bool is_bound = strcmp(ast->name, "WINDOWSTART") == 0 || strcmp(ast->name, "WINDOWEND") == 0;
    bool is_own_bound = index >= 0 && scope->row->parts[index].part == TG_ROW_BOUND;
    if (is_bound && scope->row != NULL &&
        (index < 0 || (is_own_bound && (!scope->bounds_allowed || scope->inside != NULL))))
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                          "the window bound %s can be used only in the SELECT list of a windowed "
                          "aggregation, and not inside of "
                          "aggregates",
                          ast->name);
    if (index < 0)
        return fail_column(scope, ast, reterr);
    *ret_expr = tg_row_reference(scope->row, (uint32_t)index, ast->place);
    return TG_OK;
}

/* ---- trees ---- */

TG_MUST_CHECK static enum tg_code read_arguments(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                                 const struct tg_expr ***ret_arguments,
                                                 struct tg_error *reterr)
{
    const struct tg_expr **arguments =
        tg_arena_alloc_zero(scope->analyzer->arena, ast->argument_count, sizeof *arguments);
    for (uint32_t i = 0; i < ast->argument_count; i++)
        TG_TRY(tg_scope_expr(scope, ast->arguments[i], &arguments[i], reterr));
    *ret_arguments = arguments;
    return TG_OK;
}

/* ROWTIME and the window bounds: BIGINT, but comparable with a time as text. */
static bool is_time_column(const struct tg_scope *scope, const struct tg_expr *expr)
{
    if (expr->kind != TG_EXPR_COLUMN || scope->row == NULL)
        return false;
    const struct tg_row_column *part = &scope->row->parts[expr->index];
    return part->part == TG_ROW_BOUND ||
           (part->part == TG_ROW_PSEUDO && scope->row->columns[expr->index].type->kind == TG_TYPE_BIGINT &&
            strcmp(part->name, "ROWOFFSET") != 0);
}

/* "2018", "2018-03", "2018-03-01T12" are the first instants of what they name. */
static bool parse_partial_time(struct tg_arena *arena, struct tg_slice text, int64_t *ret_ms)
{
    static const char *const rests[] = {"", ":00", "-01", "-01-01"};
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        const char *whole = tg_arena_printf(arena, "%.*s%s", TG_SLICE_FORMAT(text), rests[i]);
        if (tg_timestamp_parse(tg_slice_text(whole), ret_ms))
            return true;
    }
    return false;
}

/* ROWTIME > '2018-01-01': texts that stand beside a time column become its milliseconds. */
TG_MUST_CHECK static enum tg_code convert_times(const struct tg_scope *scope,
                                                const struct tg_expr **arguments, uint32_t count,
                                                struct tg_error *reterr)
{
    bool beside_time = false;
    for (uint32_t i = 0; i < count; i++)
        beside_time = beside_time || is_time_column(scope, arguments[i]);
    for (uint32_t i = 0; beside_time && i < count; i++) {
        const struct tg_expr *text = arguments[i];
        if (text->kind != TG_EXPR_LITERAL || text->type == NULL || text->type->kind != TG_TYPE_STRING)
            continue;
        int64_t ms = 0;
        if (!parse_partial_time(scope->analyzer->arena, text->literal.value.bytes, &ms)) {
            (void)tg_fail_at(reterr, TG_CODE_TYPE, text->place, "'%.*s' is no time",
                             TG_SLICE_FORMAT(text->literal.value.bytes));
            return tg_fail_hint(
                reterr, "write it as '2024-01-31T23:59:59.999', in UTC or with an offset such as +0100");
        }
        arguments[i] = tg_expr_bigint(scope->analyzer->arena, ms, text->place);
    }
    return TG_OK;
}

static bool is_comparison(const struct tg_ast_expr *ast)
{
    return ast->kind == TG_AST_BETWEEN ||
           (ast->kind == TG_AST_BINARY && ast->op >= TG_AST_OP_EQUAL && ast->op <= TG_AST_OP_GREATER_EQUAL);
}

static void write_typed(const struct tg_expr *expr, struct tg_buffer *out)
{
    tg_expr_write(expr, out);
    if (expr->type == NULL)
        return;
    tg_buffer_append_text(out, " is ");
    tg_type_write(expr->type, out);
}

/* A nested value beside nested items: the message speaks of a part of one, so say what both are. */
static enum tg_code fail_in(const struct tg_expr *const *arguments, uint32_t count, struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    if (arguments[0]->type == NULL || !tg_type_is_nested(arguments[0]->type))
        return TG_CODE_TYPE;
    write_typed(arguments[0], &text);
    for (uint32_t i = 1; i < count && text.length < 300; i++) {
        tg_buffer_append_text(&text, i == 1 ? ", the list has " : ", ");
        write_typed(arguments[i], &text);
    }
    enum tg_code code = tg_fail_context(reterr, "IN: %s", tg_buffer_text(&text));
    tg_buffer_done(&text);
    return code;
}

/* An operator by its symbol in the registry. */
TG_MUST_CHECK static enum tg_code read_operator(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                                const char *symbol, const struct tg_expr **ret_expr,
                                                struct tg_error *reterr)
{
    const struct tg_expr **arguments = NULL;
    struct tg_arena *arena = scope->analyzer->arena;
    TG_TRY(read_arguments(scope, ast, &arguments, reterr));
    if (is_comparison(ast))
        TG_TRY(convert_times(scope, arguments, ast->argument_count, reterr));
    enum tg_code code = tg_expr_call(arena, tg_slice_text(symbol), arguments, ast->argument_count, ast->place,
                                     ret_expr, reterr);
    if (code == TG_CODE_TYPE && ast->kind == TG_AST_IN && ast->argument_count > 1)
        (void)fail_in(arguments, ast->argument_count, reterr);
    TG_TRY(code);
    if (!ast->negated || ast->kind == TG_AST_IS_NULL || ast->kind == TG_AST_IS_DISTINCT)
        return TG_OK;
    const struct tg_expr *positive = *ret_expr;
    return tg_expr_call(arena, tg_slice_text("NOT"), &positive, 1, ast->place, ret_expr, reterr);
}

TG_MUST_CHECK static enum tg_code read_binary(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                              const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    if (ast->op == TG_AST_OP_CONCAT)
        return read_operator(scope, ast, "CONCAT", ret_expr, reterr);
    if (ast->op != TG_AST_OP_AND && ast->op != TG_AST_OP_OR)
        return read_operator(scope, ast, tg_ast_op_symbol(ast->op), ret_expr, reterr);
    const struct tg_expr *left = NULL;
    const struct tg_expr *right = NULL;
    TG_TRY(tg_scope_expr(scope, ast->arguments[0], &left, reterr));
    TG_TRY(tg_scope_expr(scope, ast->arguments[1], &right, reterr));
    return tg_expr_and_or(scope->analyzer->arena, ast->op == TG_AST_OP_AND ? TG_EXPR_AND : TG_EXPR_OR, left,
                          right, ast->place, ret_expr, reterr);
}

TG_MUST_CHECK static enum tg_code read_unary(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                             const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    if (ast->op == TG_AST_OP_PLUS)
        return tg_scope_expr(scope, ast->arguments[0], ret_expr, reterr);
    return read_operator(scope, ast, ast->op == TG_AST_OP_NOT ? "NOT" : "NEG", ret_expr, reterr);
}

TG_MUST_CHECK static enum tg_code read_case(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_expr **arguments = NULL;
    bool was_inside = scope->inside_case;
    scope->inside_case = true;
    TG_TRY(read_arguments(scope, ast, &arguments, reterr));
    scope->inside_case = was_inside;
    return tg_expr_case(scope->analyzer->arena, arguments, ast->argument_count, ast->place, ret_expr, reterr);
}

TG_MUST_CHECK static enum tg_code read_cast(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_expr *value = NULL;
    const struct tg_type *type = NULL;
    TG_TRY(tg_scope_expr(scope, ast->arguments[0], &value, reterr));
    TG_TRY(tg_ast_type_resolve(scope->analyzer->arena, ast->type, tg_catalog_types(scope->analyzer->catalog),
                               &type, reterr));
    return tg_expr_cast(scope->analyzer->arena, value, type, ast->place, ret_expr, reterr);
}

TG_MUST_CHECK static enum tg_code read_struct(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                              const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_expr **arguments = NULL;
    const char **names = tg_arena_alloc_zero(scope->analyzer->arena, ast->name_count, sizeof *names);
    for (uint32_t i = 0; i < ast->name_count; i++)
        names[i] = ast->names[i].text;
    TG_TRY(read_arguments(scope, ast, &arguments, reterr));
    return tg_expr_struct(scope->analyzer->arena, names, arguments, ast->argument_count, ast->place, ret_expr,
                          reterr);
}

TG_MUST_CHECK static enum tg_code read_field(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                             const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_expr *value = NULL;
    TG_TRY(tg_scope_expr(scope, ast->arguments[0], &value, reterr));
    return tg_expr_field(scope->analyzer->arena, value, tg_slice_text(ast->name), ast->place, ret_expr,
                         reterr);
}

static const struct tg_expr *read_integer(struct tg_arena *arena, const struct tg_ast_expr *ast)
{
    if (ast->integer >= INT32_MIN && ast->integer <= INT32_MAX)
        return tg_expr_int(arena, (int32_t)ast->integer, ast->place);
    return tg_expr_bigint(arena, ast->integer, ast->place);
}

TG_MUST_CHECK static enum tg_code read_literal(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                               const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    struct tg_arena *arena = scope->analyzer->arena;
    if (ast->kind == TG_AST_DECIMAL)
        return tg_expr_decimal(arena, ast->text, ast->place, ret_expr, reterr);
    *ret_expr = ast->kind == TG_AST_BOOLEAN   ? tg_expr_boolean(arena, ast->boolean, ast->place)
                : ast->kind == TG_AST_INTEGER ? read_integer(arena, ast)
                : ast->kind == TG_AST_DOUBLE  ? tg_expr_double(arena, ast->real, ast->place)
                : ast->kind == TG_AST_STRING  ? tg_expr_string(arena, ast->text, ast->place)
                : ast->kind == TG_AST_UNIT    ? tg_expr_string(arena, tg_slice_text(ast->name), ast->place)
                                              : tg_expr_null(arena, ast->place);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code refuse(const struct tg_ast_expr *ast, struct tg_error *reterr)
{
    if (ast->kind == TG_AST_STAR)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                          "* can stand only in the SELECT list and in COUNT(*)");
    if (ast->kind == TG_AST_LAMBDA)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                          "a lambda can only be an argument of a function");
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                     "a CASE with a value behind the word CASE is not supported");
    return tg_fail_hint(reterr, "write the comparison into each branch: CASE WHEN x = 1 THEN ... END");
}

enum tg_code tg_scope_expr(struct tg_scope *scope, const struct tg_ast_expr *ast,
                           const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    switch (ast->kind) {
    case TG_AST_NULL:
    case TG_AST_BOOLEAN:
    case TG_AST_INTEGER:
    case TG_AST_DECIMAL:
    case TG_AST_DOUBLE:
    case TG_AST_STRING:
    case TG_AST_UNIT:
        return read_literal(scope, ast, ret_expr, reterr);
    case TG_AST_COLUMN:
        return find_column(scope, ast, ret_expr, reterr);
    case TG_AST_FIELD:
        return read_field(scope, ast, ret_expr, reterr);
    case TG_AST_SUBSCRIPT:
        return read_operator(scope, ast, "[]", ret_expr, reterr);
    case TG_AST_CALL:
        return tg_scope_call(scope, ast, ret_expr, reterr);
    case TG_AST_ARRAY:
        return read_operator(scope, ast, "ARRAY", ret_expr, reterr);
    case TG_AST_MAP:
        return read_operator(scope, ast, "MAP", ret_expr, reterr);
    case TG_AST_STRUCT:
        return read_struct(scope, ast, ret_expr, reterr);
    case TG_AST_CASE:
        return read_case(scope, ast, ret_expr, reterr);
    case TG_AST_CAST:
        return read_cast(scope, ast, ret_expr, reterr);
    case TG_AST_UNARY:
        return read_unary(scope, ast, ret_expr, reterr);
    case TG_AST_BINARY:
        return read_binary(scope, ast, ret_expr, reterr);
    case TG_AST_BETWEEN:
        return read_operator(scope, ast, "BETWEEN", ret_expr, reterr);
    case TG_AST_IN:
        return read_operator(scope, ast, "IN", ret_expr, reterr);
    case TG_AST_LIKE:
        return read_operator(scope, ast, "LIKE", ret_expr, reterr);
    case TG_AST_IS_NULL:
        return read_operator(scope, ast, ast->negated ? "IS_NOT_NULL" : "IS_NULL", ret_expr, reterr);
    case TG_AST_IS_DISTINCT:
        return read_operator(scope, ast, ast->negated ? "IS_NOT_DISTINCT" : "IS_DISTINCT", ret_expr, reterr);
    case TG_AST_STAR:
    case TG_AST_LAMBDA:
    case TG_AST_SIMPLE_CASE:
        break;
    }
    return refuse(ast, reterr);
}

/* ---- groups ---- */

int32_t tg_keys_find(const struct tg_query_keys *keys, const struct tg_expr *expr)
{
    for (uint32_t i = 0; i < keys->count; i++)
        if (tg_expr_equal(keys->exprs[i], expr))
            return (int32_t)i;
    return -1;
}

const struct tg_expr *tg_find_ungrouped(const struct tg_row *row, const struct tg_query_keys *keys,
                                        const struct tg_expr *expr)
{
    if (tg_keys_find(keys, expr) >= 0)
        return NULL;
    if (expr->kind == TG_EXPR_COLUMN)
        return row->parts[expr->index].part == TG_ROW_AGGREGATE ||
                       row->parts[expr->index].part == TG_ROW_BOUND
                   ? NULL
                   : expr;
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        const struct tg_expr *stray = tg_find_ungrouped(row, keys, expr->arguments[i]);
        if (stray != NULL)
            return stray;
    }
    return NULL;
}
