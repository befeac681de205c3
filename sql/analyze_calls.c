/* Function calls: scalar functions with lambdas, aggregates, table functions. */
#include "base/text.h"
#include "plan/node.h"
#include "sql/foreign_words.h"
#include "sql/scope.h"

enum { RESULT_NAME_BYTES = 48 };

/* A lambda whose body is read. */
struct tg_lambda_frame {
    const struct tg_ast_expr *lambda;
    const struct tg_type *const *types; /* of its parameters */
    const struct tg_lambda_frame *outer;
};

const struct tg_expr *tg_scope_parameter(const struct tg_scope *scope, const struct tg_ast_expr *ast)
{
    uint32_t depth = 0;
    for (const struct tg_lambda_frame *frame = scope->lambda; frame != NULL; frame = frame->outer, depth++) {
        for (uint32_t i = 0; i < frame->lambda->name_count; i++) {
            if (strcmp(frame->lambda->names[i].text, ast->name) == 0)
                return tg_expr_parameter(scope->analyzer->arena, ast->name, depth, i, frame->types[i],
                                         ast->place);
        }
    }
    return tg_scope_argument(scope, ast);
}

/* DAYS and the like come as UNIT; the singular words are no keywords, so they come as columns. */
static bool is_unit_word(const struct tg_scope *scope, const struct tg_ast_expr *ast)
{
    static const char *const words[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    if (ast->kind != TG_AST_COLUMN || ast->qualifier != NULL)
        return false;
    for (uint32_t i = 0; scope->row != NULL && i < scope->row->source_count; i++)
        if (scope->row->parts[i].name != NULL && strcmp(scope->row->parts[i].name, ast->name) == 0)
            return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], ast->name) == 0)
            return true;
    return false;
}

TG_MUST_CHECK static enum tg_code read_lambda(struct tg_scope *scope, const struct tg_ast_expr *call,
                                              uint32_t position, const struct tg_expr **arguments,
                                              struct tg_error *reterr)
{
    const struct tg_ast_expr *lambda = call->arguments[position];
    const struct tg_type *const *types = NULL;
    struct tg_function_lambda unbuilt = {.function = tg_slice_text(call->name),
                                         .arguments = arguments,
                                         .argument_count = call->argument_count,
                                         .position = position,
                                         .parameter_count = lambda->name_count,
                                         .place = lambda->place};
    TG_TRY(tg_function_lambda_types(scope->analyzer->arena, &unbuilt, &types, reterr));
    struct tg_lambda_frame frame = {.lambda = lambda, .types = types, .outer = scope->lambda};
    const struct tg_expr *body = NULL;
    scope->lambda = &frame;
    enum tg_code code = tg_scope_expr(scope, lambda->arguments[0], &body, reterr);
    scope->lambda = frame.outer;
    TG_TRY(code);
    arguments[position] = tg_expr_lambda(scope->analyzer->arena, body, lambda->name_count, lambda->place);
    return TG_OK;
}

/* Arguments of a call; `*` counts as none. Lambdas are read last: their types follow from the others. */
TG_MUST_CHECK static enum tg_code read_arguments(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                                 const struct tg_expr ***ret_arguments, uint32_t *ret_count,
                                                 struct tg_error *reterr)
{
    const struct tg_expr **arguments =
        tg_arena_alloc_zero(scope->analyzer->arena, ast->argument_count, sizeof *arguments);
    *ret_arguments = arguments;
    *ret_count = ast->argument_count;
    if (ast->argument_count == 1 && ast->arguments[0]->kind == TG_AST_STAR) {
        *ret_count = 0;
        return TG_OK;
    }
    for (uint32_t i = 0; i < ast->argument_count; i++) {
        const struct tg_ast_expr *argument = ast->arguments[i];
        if (argument->kind == TG_AST_LAMBDA)
            continue;
        if (is_unit_word(scope, argument) && tg_scope_parameter(scope, argument) == NULL)
            arguments[i] =
                tg_expr_string(scope->analyzer->arena, tg_slice_text(argument->name), argument->place);
        else
            TG_TRY(tg_scope_expr(scope, argument, &arguments[i], reterr));
    }
    for (uint32_t i = 0; i < ast->argument_count; i++)
        if (ast->arguments[i]->kind == TG_AST_LAMBDA)
            TG_TRY(read_lambda(scope, ast, i, arguments, reterr));
    return TG_OK;
}

static bool calls_equal(const struct tg_function_call *a, const struct tg_function_call *b)
{
    if (a->function != b->function || a->argument_count != b->argument_count)
        return false;
    for (uint32_t i = 0; i < a->argument_count; i++)
        if (!tg_expr_equal(a->arguments[i], b->arguments[i]))
            return false;
    return true;
}

/* The number of the call in the list, which it joins if no equal one is there. */
static uint32_t add_call(struct tg_arena *arena, struct tg_call_list *list,
                         const struct tg_function_call *call)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (calls_equal(&list->calls[i], call))
            return i;
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
        struct tg_function_call *calls = tg_arena_alloc_zero(arena, capacity, sizeof *calls);
        if (list->count > 0)
            memcpy(calls, list->calls, list->count * sizeof *calls);
        list->calls = calls;
        list->capacity = capacity;
    }
    list->calls[list->count] = *call;
    return list->count++;
}

/* "SUM(AMOUNT)", so that messages and EXPLAIN speak of it; a number where that is long or taken. */
static const char *result_name(struct tg_row *row, const struct tg_function_call *call, uint32_t number,
                               enum tg_row_part part)
{
    struct tg_buffer text = {0};
    tg_plan_write_calls(call, 1, &text);
    bool is_taken = text.length > RESULT_NAME_BYTES;
    for (uint32_t i = 0; i < row->count; i++)
        is_taken = is_taken || tg_slice_equal(tg_buffer_slice(&text), tg_slice_text(row->columns[i].name));
    const char *name =
        is_taken ? tg_arena_printf(row->arena,
                                   part == TG_ROW_TABLE ? "KSQL_SYNTH_%u" : "KSQL_AGG_VARIABLE_%u", number)
                 : tg_arena_text(row->arena, tg_buffer_slice(&text));
    tg_buffer_done(&text);
    return name;
}

/* The row column that holds the call's result. */
static const struct tg_expr *reference_call(struct tg_scope *scope, const struct tg_function_call *call,
                                            uint32_t number, enum tg_row_part part)
{
    struct tg_row *row = scope->row;
    for (uint32_t i = 0; i < row->count; i++)
        if (row->parts[i].part == part && row->parts[i].number == number)
            return tg_row_reference(row, i, call->place);
    struct tg_schema_column column = {
        .name = result_name(row, call, number, part), .type = call->type, .role = TG_COLUMN_VALUE};
    return tg_row_reference(
        row, tg_row_add(row, &column, (struct tg_row_column){.part = part, .number = number}), call->place);
}

/* "F(a, b): " before a message that does not name the function. */
static enum tg_code fail_context(const char *name, const struct tg_expr *const *arguments, uint32_t count,
                                 struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            tg_buffer_append_text(&text, ", ");
        if (arguments[i] != NULL)
            tg_expr_write(arguments[i], &text);
    }
    enum tg_code code = tg_fail_context(reterr, "%s(%s)", name, tg_buffer_text(&text));
    tg_buffer_done(&text);
    return code;
}

TG_MUST_CHECK static enum tg_code
check_aggregate_place(const struct tg_scope *scope, const struct tg_ast_expr *ast, struct tg_error *reterr)
{
    if (scope->aggregates == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                         "%s cannot hold aggregates: %s is an aggregate function", scope->clause, ast->name);
        return strcmp(scope->clause, "WHERE") == 0
                   ? tg_fail_hint(reterr, "conditions on aggregates go to HAVING")
                   : TG_CODE_ANALYSIS;
    }
    if (scope->inside != NULL)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                          "functions cannot be nested like this: %s stands inside %s", ast->name,
                          scope->inside);
    if (scope->lambda != NULL)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                          "the aggregate %s cannot stand inside a lambda", ast->name);
    return TG_OK;
}

/* A limit from the settings (ksql.functions.collect_list.limit, ...collect_set.limit) is the second argument
 * of these functions, if none is written. */
static void add_limit(struct tg_scope *scope, const struct tg_ast_expr *ast,
                      const struct tg_expr ***arguments, uint32_t *count)
{
    static const struct {
        const char *function, *setting;
    } limits[] = {{"COLLECT_LIST", "ksql.functions.collect_list.limit"},
                  {"COLLECT_SET", "ksql.functions.collect_set.limit"}};
    struct tg_arena *arena = scope->analyzer->arena;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0] && *count == 1; i++) {
        const char *value = tg_properties_get(scope->analyzer->settings, limits[i].setting);
        int64_t limit = 0;
        if (strcmp(ast->name, limits[i].function) != 0 || value == NULL ||
            !tg_parse_int64(tg_slice_text(value), 1, INT32_MAX, &limit))
            continue;
        const struct tg_expr **longer = tg_arena_alloc_zero(arena, 2, sizeof(struct tg_expr *));
        longer[0] = (*arguments)[0];
        longer[1] = tg_expr_int(arena, (int32_t)limit, ast->place);
        *arguments = longer;
        *count = 2;
    }
}

TG_MUST_CHECK static enum tg_code read_aggregate(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                                 const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_expr **arguments = NULL;
    uint32_t count = 0;
    struct tg_function_call call = {0};
    TG_TRY(check_aggregate_place(scope, ast, reterr));
    scope->inside = ast->name;
    TG_TRY(read_arguments(scope, ast, &arguments, &count, reterr));
    scope->inside = NULL;
    add_limit(scope, ast, &arguments, &count);
    enum tg_code code =
        tg_function_resolve(scope->analyzer->arena, TG_FUNCTION_AGGREGATE, tg_slice_text(ast->name),
                            arguments, count, ast->place, &call, reterr);
    if (code != TG_OK && strstr(reterr->message, ast->name) == NULL)
        (void)fail_context(ast->name, arguments, count, reterr);
    TG_TRY(code);
    uint32_t number = add_call(scope->analyzer->arena, scope->aggregates, &call);
    *ret_expr = reference_call(scope, &call, number, TG_ROW_AGGREGATE);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_table_place(const struct tg_scope *scope,
                                                    const struct tg_ast_expr *ast, struct tg_error *reterr)
{
    if (scope->table_calls == NULL)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                          "%s is a table function, which can stand in the SELECT list only, not in %s",
                          ast->name, scope->clause);
    if (scope->inside != NULL)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                          "the table function %s cannot stand inside %s", ast->name, scope->inside);
    if (scope->inside_case || scope->lambda != NULL)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                          "the table function %s cannot stand inside %s", ast->name,
                          scope->inside_case ? "CASE" : "a lambda");
    if (scope->source_is_table)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, ast->place,
                          "the table function %s needs a stream, but %s is a table", ast->name,
                          scope->source_name);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_table_call(struct tg_scope *scope, const struct tg_ast_expr *ast,
                                                  const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_expr **arguments = NULL;
    uint32_t count = 0;
    struct tg_function_call call = {0};
    TG_TRY(check_table_place(scope, ast, reterr));
    scope->inside = ast->name;
    TG_TRY(read_arguments(scope, ast, &arguments, &count, reterr));
    scope->inside = NULL;
    TG_TRY(tg_function_resolve(scope->analyzer->arena, TG_FUNCTION_TABLE, tg_slice_text(ast->name), arguments,
                               count, ast->place, &call, reterr));
    uint32_t number = add_call(scope->analyzer->arena, scope->table_calls, &call);
    *ret_expr = reference_call(scope, &call, number, TG_ROW_TABLE);
    return TG_OK;
}

/* Names of all functions, each NUL-terminated; for tg_closest. */
struct function_names {
    struct tg_arena *arena;
};

static const char *function_name_at(const void *context, size_t index)
{
    const struct function_names *names = context;
    const struct tg_function *function = tg_function_at(index);
    if (function == NULL)
        return NULL;
    if ((function->flags & TG_FUNCTION_OPERATOR) != 0)
        return "";
    return tg_arena_printf(names->arena, "%.*s", (int)strcspn(function->signature, "("), function->signature);
}

enum tg_code tg_scope_call(struct tg_scope *scope, const struct tg_ast_expr *ast,
                           const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    struct tg_slice name = tg_slice_text(ast->name);
    if (tg_function_exists(name, TG_FUNCTION_AGGREGATE))
        return read_aggregate(scope, ast, ret_expr, reterr);
    if (tg_function_exists(name, TG_FUNCTION_TABLE))
        return read_table_call(scope, ast, ret_expr, reterr);
    const struct tg_expr **arguments = NULL;
    uint32_t count = 0;
    TG_TRY(read_arguments(scope, ast, &arguments, &count, reterr));
    const struct tg_function_definition *function = tg_catalog_function(scope->analyzer->catalog, name);
    if (function != NULL)
        return tg_scope_expand(
            scope, function, &(struct tg_call_arguments){.ast = ast, .arguments = arguments, .count = count},
            ret_expr, reterr);
    enum tg_code code =
        tg_expr_call(scope->analyzer->arena, name, arguments, count, ast->place, ret_expr, reterr);
    const char *foreign =
        code == TG_CODE_UNKNOWN_NAME ? tg_foreign_word_hint(name, TG_FOREIGN_FUNCTION) : NULL;
    if (foreign != NULL)
        return tg_fail_hint(reterr, "%s", foreign);
    if (code == TG_CODE_UNKNOWN_NAME &&
        reterr->hint[0] == '\0') { /* no scalar function is alike: perhaps another kind is */
        const struct function_names names = {.arena = scope->analyzer->arena};
        const char *closest = tg_closest(ast->name, function_name_at, &names);
        if (closest != NULL)
            (void)tg_fail_hint(reterr, "did you mean %s?", closest);
    }
    return code;
}
