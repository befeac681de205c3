/* CREATE FUNCTION: functions whose body is an expression. A call is the body with the arguments in the places
 * of the parameters; nothing of it is left in the plan. The body is kept as text and read again at each call,
 * so that a definition depends on no other text. */
#include "base/text.h"
#include "sql/formatter.h"
#include "sql/parser.h"
#include "sql/scope.h"
#include "sql/session_internal.h"

enum { NESTED_MAX = 32, PARAMETERS_MAX = 64 };

/* A function whose body is read: its parameters are the arguments of the call. */
struct tg_function_frame {
    const struct tg_function_definition *function;
    const struct tg_expr *const *arguments;
    const struct tg_function_frame *outer;
};

const struct tg_expr *tg_scope_argument(const struct tg_scope *scope, const struct tg_ast_expr *ast)
{
    const struct tg_function_frame *frame = scope->function;
    for (uint32_t i = 0; frame != NULL && ast->qualifier == NULL && i < frame->function->parameter_count; i++)
        if (strcmp(frame->function->parameters[i].name, ast->name) == 0)
            return frame->arguments[i];
    return NULL;
}

static const char *parameter_name_at(const void *context, size_t index)
{
    const struct tg_function_definition *function = context;
    return index < function->parameter_count ? function->parameters[index].name : NULL;
}

enum tg_code tg_scope_fail_argument(const struct tg_scope *scope, const struct tg_ast_expr *ast,
                                    struct tg_error *reterr)
{
    const struct tg_function_definition *function = scope->function->function;
    (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, ast->place,
                     "the body of %s reads '%s', which is no parameter of it", function->name, ast->name);
    const char *closest = tg_closest(ast->name, parameter_name_at, function);
    return closest == NULL ? tg_fail_hint(reterr, "the body of a function sees its parameters only")
                           : tg_fail_hint(reterr, "did you mean %s?", closest);
}

/* Numbers widen as in any call; NULL takes any type. */
static bool is_implicit(const struct tg_type *from, const struct tg_type *to)
{
    static const int ranks[TG_TYPE_KIND_COUNT] = {
        [TG_TYPE_INT] = 1, [TG_TYPE_BIGINT] = 2, [TG_TYPE_DECIMAL] = 3, [TG_TYPE_DOUBLE] = 4};
    if (from == NULL || tg_type_equal(from, to))
        return true;
    return ranks[from->kind] > 0 && ranks[to->kind] > 0 && ranks[from->kind] <= ranks[to->kind];
}

static bool has_lambda(const struct tg_ast_expr *ast)
{
    if (ast->kind == TG_AST_LAMBDA)
        return true;
    for (uint32_t i = 0; i < ast->argument_count; i++)
        if (ast->arguments[i] != NULL && has_lambda(ast->arguments[i]))
            return true;
    return false;
}

/* The typed body with the arguments in it, as the function's return type. */
TG_MUST_CHECK static enum tg_code read_body(const struct tg_scope *outer,
                                            const struct tg_function_frame *frame,
                                            const struct tg_ast_expr *body, const struct tg_expr **ret_expr,
                                            struct tg_error *reterr)
{
    const struct tg_function_definition *function = frame->function;
    struct tg_arena *arena = outer->analyzer->arena;
    struct tg_scope scope = {.analyzer = outer->analyzer,
                             .clause = "the body of a function",
                             .source_name = function->name,
                             .inside_case = outer->inside_case,
                             .inside = outer->inside,
                             .function = frame};
    const struct tg_expr *value = NULL;
    TG_TRY(tg_scope_expr(&scope, body, &value, reterr));
    if (!is_implicit(value->type, function->type))
        return tg_fail_at(reterr, TG_CODE_TYPE, body->place, "%s returns %s, but its body is %s",
                          function->name, tg_type_name(arena, function->type),
                          tg_type_name(arena, value->type));
    return tg_expr_convert(arena, value, function->type, ret_expr, reterr);
}

TG_MUST_CHECK static enum tg_code convert_arguments(const struct tg_scope *scope,
                                                    const struct tg_function_definition *function,
                                                    const struct tg_ast_expr *ast,
                                                    const struct tg_expr **arguments, struct tg_error *reterr)
{
    struct tg_arena *arena = scope->analyzer->arena;
    for (uint32_t i = 0; i < function->parameter_count; i++) {
        const struct tg_parameter *parameter = &function->parameters[i];
        const struct tg_type *type = arguments[i]->type;
        if (!is_implicit(type, parameter->type))
            return tg_fail_at(reterr, TG_CODE_TYPE, ast->arguments[i]->place,
                              "argument %u of %s is %s, but %s is %s", i + 1, function->name,
                              tg_type_name(arena, type), parameter->name,
                              tg_type_name(arena, parameter->type));
        TG_TRY(tg_expr_convert(arena, arguments[i], parameter->type, &arguments[i], reterr));
    }
    return TG_OK;
}

/* Errors inside the body carry a place in its own text: the call is what the reader can change. */
static enum tg_code at_call(enum tg_code code, const struct tg_function_definition *function,
                            const struct tg_ast_expr *ast, struct tg_error *reterr)
{
    if (code == TG_OK || reterr == NULL)
        return code;
    reterr->place = ast->place;
    return tg_fail_context(reterr, "in the body of %s", function->name);
}

enum tg_code tg_scope_expand(struct tg_scope *scope, const struct tg_function_definition *function,
                             const struct tg_call_arguments *call, const struct tg_expr **ret_expr,
                             struct tg_error *reterr)
{
    const struct tg_ast_expr *ast = call->ast;
    const struct tg_ast_expr *body = NULL;
    uint32_t nested = 0;
    for (const struct tg_function_frame *frame = scope->function; frame != NULL; frame = frame->outer)
        nested++;
    if (nested == NESTED_MAX)
        return tg_fail_at(reterr, TG_CODE_LIMIT, ast->place,
                          "%s calls itself, or functions are nested deeper than %d", function->name,
                          NESTED_MAX);
    if (call->count != function->parameter_count)
        return tg_fail_at(reterr, TG_CODE_TYPE, ast->place, "%s takes %u argument%s, not %u", function->name,
                          function->parameter_count, function->parameter_count == 1 ? "" : "s", call->count);
    TG_TRY(convert_arguments(scope, function, ast, call->arguments, reterr));
    struct tg_function_frame frame = {
        .function = function, .arguments = call->arguments, .outer = scope->function};
    enum tg_code code =
        tg_parse_expression(scope->analyzer->arena, tg_slice_text(function->body), &body, reterr);
    if (code == TG_OK && scope->lambda != NULL && has_lambda(body))
        return tg_fail_at(reterr, TG_CODE_UNSUPPORTED, ast->place,
                          "%s has a lambda in its body and cannot be called inside another one",
                          function->name);
    if (code == TG_OK)
        code = read_body(scope, &frame, body, ret_expr, reterr);
    return nested > 0 ? code : at_call(code, function, ast, reterr);
}

/* ---- the statements ---- */

TG_MUST_CHECK static enum tg_code read_parameters(struct tg_compilation *compilation,
                                                  struct tg_function_definition *function,
                                                  struct tg_error *reterr)
{
    const struct tg_ast_create_function *create = &compilation->statement->create_function;
    struct tg_arena *arena = compilation->session->arena;
    struct tg_map *types = tg_catalog_types(compilation->session->catalog);
    struct tg_parameter *parameters =
        tg_arena_alloc_zero(arena, create->parameters.count + (size_t)1, sizeof *parameters);
    if (create->parameters.count > PARAMETERS_MAX)
        return tg_fail_at(reterr, TG_CODE_LIMIT, create->name.place, "a function has at most %d parameters",
                          PARAMETERS_MAX);
    for (uint32_t i = 0; i < create->parameters.count; i++) {
        const struct tg_ast_column *column = &create->parameters.list[i];
        for (uint32_t other = 0; other < i; other++)
            if (strcmp(parameters[other].name, column->name.text) == 0)
                return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, column->name.place,
                                  "the parameter %s comes twice", column->name.text);
        parameters[i].name = tg_arena_text(arena, tg_slice_text(column->name.text));
        TG_TRY(tg_ast_type_resolve(arena, column->type, types, &parameters[i].type, reterr));
    }
    function->parameters = parameters;
    function->parameter_count = create->parameters.count;
    return tg_ast_type_resolve(arena, create->type, types, &function->type, reterr);
}

/* Reads the body with values that stand for the arguments. */
TG_MUST_CHECK static enum tg_code check_body(struct tg_compilation *compilation,
                                             const struct tg_function_definition *function,
                                             struct tg_error *reterr)
{
    struct tg_arena *arena = compilation->session->arena;
    struct tg_schema_column *columns =
        tg_arena_alloc_zero(arena, function->parameter_count + (size_t)1, sizeof *columns);
    const struct tg_expr **arguments =
        tg_arena_alloc_zero(arena, function->parameter_count + (size_t)1, sizeof *arguments);
    for (uint32_t i = 0; i < function->parameter_count; i++)
        columns[i] = (struct tg_schema_column){.name = function->parameters[i].name,
                                               .type = function->parameters[i].type,
                                               .role = TG_COLUMN_VALUE};
    const struct tg_schema *schema = tg_schema_new(arena, columns, function->parameter_count);
    for (uint32_t i = 0; i < function->parameter_count; i++)
        arguments[i] = tg_expr_column(arena, schema, i, compilation->statement->place);
    struct tg_function_frame frame = {.function = function, .arguments = arguments};
    struct tg_scope outer = {.analyzer = &compilation->analyzer, .clause = "CREATE FUNCTION"};
    const struct tg_expr *value = NULL;
    return read_body(&outer, &frame, compilation->statement->create_function.body, &value, reterr);
}

enum tg_code tg_compile_create_function(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_session *session = compilation->session;
    const struct tg_ast_create_function *create = &compilation->statement->create_function;
    struct tg_slice name = tg_slice_text(create->name.text);
    for (int kind = TG_FUNCTION_SCALAR; kind <= TG_FUNCTION_TABLE; kind++)
        if (tg_function_exists(name, (enum tg_function_kind)kind))
            return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, create->name.place,
                              "%s is a function already, and not one that can be replaced",
                              create->name.text);
    if (tg_catalog_function(session->catalog, name) != NULL && !create->or_replace) {
        if (create->if_not_exists)
            return TG_OK;
        (void)tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, create->name.place,
                         "there is a function named %s already", create->name.text);
        return tg_fail_hint(reterr, "CREATE OR REPLACE FUNCTION replaces it for the statements that follow");
    }
    struct tg_function_definition *function = tg_arena_alloc_zero(session->arena, 1, sizeof *function);
    function->name = tg_arena_text(session->arena, name);
    TG_TRY(read_parameters(compilation, function, reterr));
    TG_TRY(check_body(compilation, function, reterr));
    struct tg_buffer body = {0};
    tg_format_expr(create->body, &body);
    function->body = tg_arena_text(session->arena, tg_buffer_slice(&body));
    tg_buffer_done(&body);
    tg_catalog_put_function(session->catalog, function);
    session->keep_arena = true;
    return TG_OK;
}

enum tg_code tg_compile_drop_function(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_ast_drop *drop = &compilation->statement->drop;
    struct tg_catalog *catalog = compilation->session->catalog;
    if (tg_catalog_function(catalog, tg_slice_text(drop->name.text)) == NULL && !drop->if_exists)
        return tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, drop->name.place,
                          "there is no function named %s that CREATE FUNCTION made", drop->name.text);
    tg_catalog_remove_function(catalog, tg_slice_text(drop->name.text));
    return TG_OK;
}
