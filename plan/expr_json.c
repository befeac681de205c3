/* Typed expressions as JSON: an array per node, its first element says what it is:
 *   ["column", NAME]  ["literal", TYPE, value]  ["null"]  ["call", NAME, TYPE, argument...]  ["cast", TYPE,
 * argument]
 *   ["and", a, b, ...]  ["or", ...]  ["case", condition, result, ..., otherwise]  ["field", NAME, struct]
 *   ["lambda", parameter count, body]  ["parameter", depth, index, NAME, TYPE]
 * One JSON level per level of the tree, and chains of AND and OR on one level, as parsers of JSON limit the
 * depth. Reading goes through the builders of expr/: a stored expression is resolved and checked again, and
 * its type must come out as written. */
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "base/base64.h"
#include "base/memory.h"
#include "data/number.h"
#include "plan/json.h"

enum {
    EXPR_DEPTH_MAX = 1500,
    LAMBDA_DEPTH_MAX = 32,
    LAMBDA_PARAMETERS_MAX = 16,
};

/* ---- writing ---- */

static void write_literal_value(struct tg_plan_writer *writer, const struct tg_type *type,
                                const struct tg_literal *literal)
{
    char text[TG_DECIMAL_TEXT_MAX];
    switch (type->kind) {
    case TG_TYPE_BOOLEAN:
        tg_plan_write_boolean(writer, NULL, literal->value.boolean);
        return;
    case TG_TYPE_INT:
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        tg_plan_write_integer(writer, NULL, literal->value.int32);
        return;
    case TG_TYPE_BIGINT:
    case TG_TYPE_TIMESTAMP:
        tg_plan_write_integer(writer, NULL, literal->value.int64);
        return;
    case TG_TYPE_DOUBLE: /* as text: the exact digits do not depend on a JSON library */
        tg_plan_write_slice(writer, NULL, tg_slice_of(text, tg_double_write(literal->value.float64, text)));
        return;
    case TG_TYPE_DECIMAL:
        tg_plan_write_slice(writer, NULL,
                            tg_slice_of(text, tg_decimal_write(literal->value.decimal, type->scale, text)));
        return;
    case TG_TYPE_STRING:
        tg_plan_write_slice(writer, NULL, literal->value.bytes);
        return;
    case TG_TYPE_BYTES: {
        size_t length = tg_base64_encoded_length(literal->value.bytes.length);
        uint8_t *base64 = tg_alloc(length + 1);
        tg_base64_encode(literal->value.bytes, base64);
        tg_plan_write_slice(writer, NULL, tg_slice_of(base64, length));
        tg_free(base64);
        return;
    }
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        break;
    }
    TG_ASSERT(literal->is_null); /* there are no literals of a nested type but NULL */
}

static void write_literal(struct tg_plan_writer *writer, const struct tg_expr *expr)
{
    if (expr->type == NULL) {
        tg_plan_write_string(writer, NULL, "null");
        return;
    }
    tg_plan_write_string(writer, NULL, "literal");
    tg_plan_write_type(writer, NULL, expr->type);
    if (expr->literal.is_null)
        tg_plan_write_null(writer, NULL);
    else
        write_literal_value(writer, expr->type, &expr->literal);
}

static void write_arguments(struct tg_plan_writer *writer, const struct tg_expr *const *arguments,
                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        tg_plan_write_expr(writer, NULL, arguments[i]);
}

/* ((a AND b) AND c) as a, b, c: the leaves of the left spine. */
static void write_chain(struct tg_plan_writer *writer, const struct tg_expr *expr)
{
    uint32_t links = 1;
    for (const struct tg_expr *left = expr->arguments[0]; left->kind == expr->kind; left = left->arguments[0])
        links++;
    const struct tg_expr **spine = tg_alloc_zero(links, sizeof *spine);
    spine[links - 1] = expr;
    for (uint32_t i = links - 1; i > 0; i--)
        spine[i - 1] = spine[i]->arguments[0];
    write_arguments(writer, spine[0]->arguments, spine[0]->argument_count);
    for (uint32_t i = 1; i < links; i++)
        write_arguments(writer, spine[i]->arguments + 1, spine[i]->argument_count - 1);
    tg_free(spine);
}

static void write_members(struct tg_plan_writer *writer, const struct tg_expr *expr)
{
    switch (expr->kind) {
    case TG_EXPR_LITERAL:
        write_literal(writer, expr);
        return;
    case TG_EXPR_COLUMN:
        tg_plan_write_string(writer, NULL, "column");
        tg_plan_write_string(writer, NULL, expr->name);
        return;
    case TG_EXPR_CALL:
        tg_plan_write_string(writer, NULL, "call");
        tg_plan_write_string(writer, NULL, expr->name);
        tg_plan_write_type(writer, NULL, expr->type);
        break;
    case TG_EXPR_CAST:
    case TG_EXPR_COERCE:
        tg_plan_write_string(writer, NULL, expr->kind == TG_EXPR_CAST ? "cast" : "coerce");
        tg_plan_write_type(writer, NULL, expr->type);
        break;
    case TG_EXPR_AND:
    case TG_EXPR_OR:
        tg_plan_write_string(writer, NULL, expr->kind == TG_EXPR_AND ? "and" : "or");
        write_chain(writer, expr);
        return;
    case TG_EXPR_CASE:
        tg_plan_write_string(writer, NULL, "case");
        break;
    case TG_EXPR_FIELD:
        tg_plan_write_string(writer, NULL, "field");
        tg_plan_write_string(writer, NULL, expr->name);
        break;
    case TG_EXPR_LAMBDA:
        tg_plan_write_string(writer, NULL, "lambda");
        tg_plan_write_integer(writer, NULL, expr->index);
        break;
    case TG_EXPR_PARAMETER:
        tg_plan_write_string(writer, NULL, "parameter");
        tg_plan_write_integer(writer, NULL, expr->depth);
        tg_plan_write_integer(writer, NULL, expr->index);
        tg_plan_write_string(writer, NULL, expr->name);
        tg_plan_write_type(writer, NULL, expr->type);
        return;
    }
    write_arguments(writer, expr->arguments, expr->argument_count);
}

void tg_plan_write_expr(struct tg_plan_writer *writer, const char *name, const struct tg_expr *expr)
{
    tg_plan_write_open_inline(writer, name, '[');
    write_members(writer, expr);
    tg_plan_write_close(writer, ']');
}

void tg_plan_write_exprs(struct tg_plan_writer *writer, const char *name, const struct tg_expr *const *exprs,
                         uint32_t count)
{
    tg_plan_write_open(writer, name, '[');
    write_arguments(writer, exprs, count);
    tg_plan_write_close(writer, ']');
}

void tg_plan_write_call_members(struct tg_plan_writer *writer, const char *name,
                                const struct tg_function_call *calls, uint32_t count)
{
    tg_plan_write_open(writer, name, '[');
    for (uint32_t i = 0; i < count; i++) {
        tg_plan_write_open_inline(writer, NULL, '[');
        tg_plan_write_string(writer, NULL, calls[i].name);
        tg_plan_write_type(writer, NULL, calls[i].type);
        write_arguments(writer, calls[i].arguments, calls[i].argument_count);
        tg_plan_write_close(writer, ']');
    }
    tg_plan_write_close(writer, ']');
}

/* ---- reading ---- */

struct expr_reader {
    struct tg_plan_reader *reader;
    const struct tg_schema *schema;
    uint32_t depth;
    bool in_call;                               /* an argument of a call is read: it may be a lambda */
    uint32_t lambda_count;                      /* open around what is read */
    int64_t parameter_counts[LAMBDA_DEPTH_MAX]; /* of the open lambdas, outermost first */
};

/* A node that is being read: an array and what stands in it so far. */
struct element_list {
    const json_t *array;
    size_t next;
};

TG_MUST_CHECK static enum tg_code read_expr(struct expr_reader *self, const json_t *json,
                                            const struct tg_expr **ret_expr, struct tg_error *reterr);

/* What a builder says against a stored expression is damage of the plan. */
static enum tg_code damaged(struct expr_reader *self, const struct tg_error *cause, struct tg_error *reterr)
{
    return tg_plan_corrupt(self->reader, reterr, NULL, "%s", cause->message);
}

TG_MUST_CHECK static enum tg_code next_text(struct expr_reader *self, struct element_list *list,
                                            const char **ret_text, struct tg_error *reterr)
{
    const json_t *json = json_array_get(list->array, list->next++);
    if (!json_is_string(json) || strlen(json_string_value(json)) != json_string_length(json))
        return tg_plan_corrupt(self->reader, reterr, NULL, "element %zu is not a string", list->next - 1);
    *ret_text = tg_arena_text(self->reader->arena, tg_slice_text(json_string_value(json)));
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code next_number(struct expr_reader *self, struct element_list *list,
                                              struct tg_plan_bounds bounds, int64_t *ret_value,
                                              struct tg_error *reterr)
{
    const json_t *json = json_array_get(list->array, list->next++);
    if (!json_is_integer(json) || json_integer_value(json) < bounds.least ||
        json_integer_value(json) > bounds.most)
        return tg_plan_corrupt(self->reader, reterr, NULL, "element %zu is not an integer of %lld to %lld",
                               list->next - 1, (long long)bounds.least, (long long)bounds.most);
    *ret_value = json_integer_value(json);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code next_type(struct expr_reader *self, struct element_list *list,
                                            const struct tg_type **ret_type, struct tg_error *reterr)
{
    const char *text = NULL;
    struct tg_error cause = {0};
    TG_TRY(next_text(self, list, &text, reterr));
    if (tg_type_parse(self->reader->arena, tg_slice_text(text), ret_type, &cause) != TG_OK)
        return damaged(self, &cause, reterr);
    return TG_OK;
}

/* All elements that are left. */
struct argument_list {
    const struct tg_expr **items;
    uint32_t count;
};

TG_MUST_CHECK static enum tg_code rest(struct expr_reader *self, struct element_list *list,
                                       struct argument_list *ret_list, struct tg_error *reterr)
{
    bool in_call = self->in_call;
    size_t size = json_array_size(list->array);
    ret_list->count = (uint32_t)(size > list->next ? size - list->next : 0);
    ret_list->items = tg_arena_alloc_zero(self->reader->arena, ret_list->count, sizeof *ret_list->items);
    for (uint32_t i = 0; i < ret_list->count; i++) {
        size_t path_length = self->reader->path.length;
        tg_buffer_printf(&self->reader->path, "[%zu]", list->next);
        self->in_call = in_call;
        TG_TRY(read_expr(self, json_array_get(list->array, list->next++), &ret_list->items[i], reterr));
        self->reader->path.length = path_length;
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code exactly(struct expr_reader *self, struct element_list *list, uint32_t count,
                                          struct argument_list *ret_list, struct tg_error *reterr)
{
    TG_TRY(rest(self, list, ret_list, reterr));
    if (ret_list->count != count)
        return tg_plan_corrupt(self->reader, reterr, NULL, "has %u arguments, not %u", ret_list->count,
                               count);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_literal_text(struct expr_reader *self, const json_t *json,
                                                    const struct tg_type *type, struct tg_literal *literal,
                                                    struct tg_error *reterr)
{
    struct tg_slice text = tg_slice_of(json_string_value(json), json_string_length(json));
    bool fits = false;
    if (type->kind == TG_TYPE_STRING) {
        literal->value.bytes = tg_arena_copy(self->reader->arena, text);
        fits = true;
    } else if (type->kind == TG_TYPE_BYTES) {
        uint8_t *bytes = tg_arena_bytes_alloc(self->reader->arena, text.length);
        size_t length = 0;
        fits = tg_base64_decode(text, bytes, &length);
        literal->value.bytes = tg_slice_of(bytes, length);
    } else if (type->kind == TG_TYPE_DOUBLE) {
        fits = tg_double_parse(text, &literal->value.float64);
    } else if (type->kind == TG_TYPE_DECIMAL && type->precision <= TG_DECIMAL_DIGITS_MAX) {
        fits = tg_decimal_parse(text, type->precision, type->scale, TG_ROUND_UNNECESSARY,
                                &literal->value.decimal) == TG_DECIMAL_OK;
    }
    return fits ? TG_OK
                : tg_plan_corrupt(self->reader, reterr, NULL, "\"%.*s\" is not a %s", TG_SLICE_FORMAT(text),
                                  tg_type_kind_name(type->kind));
}

TG_MUST_CHECK static enum tg_code read_literal_value(struct expr_reader *self, const json_t *json,
                                                     const struct tg_type *type, struct tg_literal *literal,
                                                     struct tg_error *reterr)
{
    bool is_narrow = type->kind == TG_TYPE_INT || type->kind == TG_TYPE_DATE || type->kind == TG_TYPE_TIME;
    bool is_wide = type->kind == TG_TYPE_BIGINT || type->kind == TG_TYPE_TIMESTAMP;
    if (json_is_null(json)) {
        literal->is_null = true;
    } else if (json_is_boolean(json) && type->kind == TG_TYPE_BOOLEAN) {
        literal->value.boolean = json_is_true(json);
    } else if (json_is_integer(json) && is_wide) {
        literal->value.int64 = json_integer_value(json);
    } else if (json_is_integer(json) && is_narrow &&
               json_integer_value(json) == (int32_t)json_integer_value(json)) {
        literal->value.int32 = (int32_t)json_integer_value(json);
    } else if (json_is_string(json)) {
        return read_literal_text(self, json, type, literal, reterr);
    } else {
        return tg_plan_corrupt(self->reader, reterr, NULL, "the literal is not a %s",
                               tg_type_kind_name(type->kind));
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_literal(struct expr_reader *self, struct element_list *list,
                                               const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_type *type = NULL;
    struct tg_literal literal = {0};
    TG_TRY(next_type(self, list, &type, reterr));
    TG_TRY(read_literal_value(self, json_array_get(list->array, list->next++), type, &literal, reterr));
    *ret_expr = tg_expr_literal(self->reader->arena, type, literal);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_null(struct expr_reader *self, struct element_list *list,
                                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    (void)list;
    (void)reterr;
    *ret_expr = tg_expr_null(self->reader->arena, (struct tg_place){0});
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_column(struct expr_reader *self, struct element_list *list,
                                              const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const char *name = NULL;
    TG_TRY(next_text(self, list, &name, reterr));
    int32_t index = tg_schema_find(self->schema, tg_slice_text(name));
    if (index == TG_SCHEMA_NONE)
        return tg_plan_corrupt(self->reader, reterr, NULL, "the input has no column \"%s\"", name);
    *ret_expr = tg_expr_column(self->reader->arena, self->schema, (uint32_t)index, (struct tg_place){0});
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code build_struct(struct expr_reader *self, const struct tg_type *type,
                                               const struct argument_list *arguments,
                                               const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    if (type->kind != TG_TYPE_STRUCT || type->field_count != arguments->count)
        return tg_fail(reterr, TG_CODE_CORRUPT, "the type of a STRUCT has not one field per argument");
    const char **names = tg_arena_alloc_zero(self->reader->arena, arguments->count, sizeof *names);
    for (uint32_t i = 0; i < arguments->count; i++)
        names[i] = type->fields[i].name;
    return tg_expr_struct(self->reader->arena, names, arguments->items, arguments->count,
                          (struct tg_place){0}, ret_expr, reterr);
}

TG_MUST_CHECK static enum tg_code read_call(struct expr_reader *self, struct element_list *list,
                                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const char *name = NULL;
    const struct tg_type *type = NULL;
    struct argument_list arguments;
    struct tg_error cause = {0};
    TG_TRY(next_text(self, list, &name, reterr));
    TG_TRY(next_type(self, list, &type, reterr));
    self->in_call = true;
    TG_TRY(rest(self, list, &arguments, reterr));
    enum tg_code code = strcmp(name, "STRUCT") == 0
                            ? build_struct(self, type, &arguments, ret_expr, &cause)
                            : tg_expr_call(self->reader->arena, tg_slice_text(name), arguments.items,
                                           arguments.count, (struct tg_place){0}, ret_expr, &cause);
    if (code != TG_OK)
        return damaged(self, &cause, reterr);
    if ((*ret_expr)->type == NULL || !tg_type_equal((*ret_expr)->type, type))
        return tg_plan_corrupt(self->reader, reterr, NULL, "%s does not give the type that is written", name);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_cast(struct expr_reader *self, struct element_list *list,
                                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_type *type = NULL;
    struct argument_list arguments;
    struct tg_error cause = {0};
    TG_TRY(next_type(self, list, &type, reterr));
    TG_TRY(exactly(self, list, 1, &arguments, reterr));
    if (tg_expr_cast(self->reader->arena, arguments.items[0], type, (struct tg_place){0}, ret_expr, &cause) !=
        TG_OK)
        return damaged(self, &cause, reterr);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_coerce(struct expr_reader *self, struct element_list *list,
                                              const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_type *type = NULL;
    struct argument_list arguments;
    struct tg_error cause = {0};
    TG_TRY(next_type(self, list, &type, reterr));
    TG_TRY(exactly(self, list, 1, &arguments, reterr));
    if (tg_expr_convert(self->reader->arena, arguments.items[0], type, ret_expr, &cause) != TG_OK)
        return damaged(self, &cause, reterr);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_chain(struct expr_reader *self, struct element_list *list,
                                             enum tg_expr_kind kind, const struct tg_expr **ret_expr,
                                             struct tg_error *reterr)
{
    struct argument_list arguments;
    struct tg_error cause = {0};
    TG_TRY(rest(self, list, &arguments, reterr));
    if (arguments.count < 2)
        return tg_plan_corrupt(self->reader, reterr, NULL, "has fewer than two arguments");
    const struct tg_expr *left = arguments.items[0];
    for (uint32_t i = 1; i < arguments.count; i++) {
        if (tg_expr_and_or(self->reader->arena, kind, left, arguments.items[i], (struct tg_place){0}, &left,
                           &cause) != TG_OK)
            return damaged(self, &cause, reterr);
    }
    *ret_expr = left;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_and(struct expr_reader *self, struct element_list *list,
                                           const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    return read_chain(self, list, TG_EXPR_AND, ret_expr, reterr);
}

TG_MUST_CHECK static enum tg_code read_or(struct expr_reader *self, struct element_list *list,
                                          const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    return read_chain(self, list, TG_EXPR_OR, ret_expr, reterr);
}

TG_MUST_CHECK static enum tg_code read_case(struct expr_reader *self, struct element_list *list,
                                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    struct argument_list arguments;
    struct tg_error cause = {0};
    TG_TRY(rest(self, list, &arguments, reterr));
    if (arguments.count < 2)
        return tg_plan_corrupt(self->reader, reterr, NULL, "has fewer than two arguments");
    if (tg_expr_case(self->reader->arena, arguments.items, arguments.count, (struct tg_place){0}, ret_expr,
                     &cause) != TG_OK)
        return damaged(self, &cause, reterr);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_field(struct expr_reader *self, struct element_list *list,
                                             const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const char *name = NULL;
    struct argument_list arguments;
    struct tg_error cause = {0};
    TG_TRY(next_text(self, list, &name, reterr));
    TG_TRY(exactly(self, list, 1, &arguments, reterr));
    if (tg_expr_field(self->reader->arena, arguments.items[0], tg_slice_text(name), (struct tg_place){0},
                      ret_expr, &cause) != TG_OK)
        return damaged(self, &cause, reterr);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_lambda(struct expr_reader *self, struct element_list *list,
                                              const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    int64_t parameter_count = 0;
    struct argument_list arguments;
    TG_TRY(
        next_number(self, list, (struct tg_plan_bounds){1, LAMBDA_PARAMETERS_MAX}, &parameter_count, reterr));
    if (!self->in_call || self->lambda_count == LAMBDA_DEPTH_MAX)
        return tg_plan_corrupt(self->reader, reterr, NULL, "a lambda cannot stand here");
    self->parameter_counts[self->lambda_count++] = parameter_count;
    self->in_call = false;
    TG_TRY(exactly(self, list, 1, &arguments, reterr));
    self->lambda_count--;
    *ret_expr = tg_expr_lambda(self->reader->arena, arguments.items[0], (uint32_t)parameter_count,
                               (struct tg_place){0});
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_parameter(struct expr_reader *self, struct element_list *list,
                                                 const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    const struct tg_plan_bounds small = {0, LAMBDA_DEPTH_MAX};
    int64_t depth = 0;
    int64_t index = 0;
    const char *name = NULL;
    const struct tg_type *type = NULL;
    TG_TRY(next_number(self, list, small, &depth, reterr));
    TG_TRY(next_number(self, list, small, &index, reterr));
    TG_TRY(next_text(self, list, &name, reterr));
    TG_TRY(next_type(self, list, &type, reterr));
    if (depth >= self->lambda_count ||
        index >= self->parameter_counts[self->lambda_count - 1 - (uint32_t)depth])
        return tg_plan_corrupt(self->reader, reterr, NULL, "no lambda around has the parameter %s", name);
    *ret_expr = tg_expr_parameter(self->reader->arena, name, (uint32_t)depth, (uint32_t)index, type,
                                  (struct tg_place){0});
    return TG_OK;
}

typedef enum tg_code expr_form_reader(struct expr_reader *self, struct element_list *list,
                                      const struct tg_expr **ret_expr, struct tg_error *reterr);

static const struct expr_form {
    const char *word;
    expr_form_reader *read;
} expr_forms[] = {
    {"column", read_column}, {"literal", read_literal}, {"null", read_null},
    {"call", read_call},     {"cast", read_cast},       {"coerce", read_coerce},
    {"and", read_and},       {"or", read_or},           {"case", read_case},
    {"field", read_field},   {"lambda", read_lambda},   {"parameter", read_parameter},
};

TG_MUST_CHECK static enum tg_code read_expr(struct expr_reader *self, const json_t *json,
                                            const struct tg_expr **ret_expr, struct tg_error *reterr)
{
    if (!json_is_array(json))
        return tg_plan_corrupt(self->reader, reterr, NULL, "is not an expression, which is an array");
    if (++self->depth > EXPR_DEPTH_MAX)
        return tg_plan_corrupt(self->reader, reterr, NULL, "the expression is deeper than %d",
                               EXPR_DEPTH_MAX);
    struct element_list list = {.array = json};
    const char *word = NULL;
    TG_TRY(next_text(self, &list, &word, reterr));
    self->in_call = self->in_call && strcmp(word, "lambda") == 0;
    for (size_t i = 0; i < sizeof expr_forms / sizeof expr_forms[0]; i++) {
        if (strcmp(expr_forms[i].word, word) != 0)
            continue;
        TG_TRY(expr_forms[i].read(self, &list, ret_expr, reterr));
        self->depth--;
        return TG_OK;
    }
    return tg_plan_corrupt(self->reader, reterr, NULL, "\"%s\" is no kind of expression", word);
}

enum tg_code tg_plan_read_expr(struct tg_plan_reader *reader, const char *name,
                               const struct tg_schema *schema, const struct tg_expr **ret_expr,
                               struct tg_error *reterr)
{
    struct expr_reader self = {.reader = reader, .schema = schema};
    size_t path_length = reader->path.length;
    tg_buffer_printf(&reader->path, ".%s", name);
    TG_TRY(read_expr(&self, json_object_get(reader->object, name), ret_expr, reterr));
    reader->path.length = path_length;
    return TG_OK;
}

enum tg_code tg_plan_read_exprs(struct tg_plan_reader *reader, const char *name,
                                const struct tg_schema *schema, const struct tg_expr *const **ret_exprs,
                                uint32_t *ret_count, struct tg_error *reterr)
{
    TG_TRY(tg_plan_read_length(reader, name, ret_count, reterr));
    struct expr_reader self = {.reader = reader, .schema = schema};
    struct element_list list = {.array = json_object_get(reader->object, name)};
    struct argument_list arguments;
    size_t path_length = reader->path.length;
    tg_buffer_printf(&reader->path, ".%s", name);
    TG_TRY(rest(&self, &list, &arguments, reterr));
    reader->path.length = path_length;
    *ret_exprs = arguments.items;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_function_call(struct expr_reader *self, const json_t *json,
                                                     enum tg_function_kind kind,
                                                     struct tg_function_call *ret_call,
                                                     struct tg_error *reterr)
{
    if (!json_is_array(json))
        return tg_plan_corrupt(self->reader, reterr, NULL, "is not a call, which is an array");
    struct element_list list = {.array = json};
    const char *name = NULL;
    const struct tg_type *type = NULL;
    struct argument_list arguments;
    struct tg_error cause = {0};
    TG_TRY(next_text(self, &list, &name, reterr));
    TG_TRY(next_type(self, &list, &type, reterr));
    TG_TRY(rest(self, &list, &arguments, reterr));
    if (tg_function_resolve(self->reader->arena, kind, tg_slice_text(name), arguments.items, arguments.count,
                            (struct tg_place){0}, ret_call, &cause) != TG_OK)
        return damaged(self, &cause, reterr);
    if (!tg_type_equal(ret_call->type, type))
        return tg_plan_corrupt(self->reader, reterr, NULL, "%s does not give the type that is written", name);
    return TG_OK;
}

enum tg_code tg_plan_read_calls(struct tg_plan_reader *reader, const char *name,
                                const struct tg_plan_call_source *source,
                                const struct tg_function_call **ret_calls, uint32_t *ret_count,
                                struct tg_error *reterr)
{
    TG_TRY(tg_plan_read_length(reader, name, ret_count, reterr));
    struct expr_reader self = {.reader = reader, .schema = source->schema};
    struct tg_function_call *calls = tg_arena_alloc_zero(reader->arena, *ret_count, sizeof *calls);
    size_t path_length = reader->path.length;
    for (uint32_t i = 0; i < *ret_count; i++) {
        tg_buffer_printf(&reader->path, ".%s[%u]", name, i);
        TG_TRY(read_function_call(&self, json_array_get(json_object_get(reader->object, name), i),
                                  source->kind, &calls[i], reterr));
        reader->path.length = path_length;
    }
    *ret_calls = calls;
    return TG_OK;
}
