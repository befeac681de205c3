/* expr/expr_write.c: an expression as SQL-like text, for EXPLAIN and messages. */
#include "expr/internal.h"

#include "data/number.h"
#include "data/time.h"

#include <stdio.h>

static void write_quoted(struct tg_slice text, struct tg_buffer *out)
{
    tg_buffer_append_byte(out, '\'');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\'')
            tg_buffer_append_byte(out, '\'');
        tg_buffer_append_byte(out, text.data[i]);
    }
    tg_buffer_append_byte(out, '\'');
}

static void write_timed(const struct tg_type *type, const struct tg_literal *literal, struct tg_buffer *out)
{
    tg_buffer_append_text(out, tg_type_kind_name(type->kind));
    tg_buffer_append_text(out, " '");
    if (type->kind == TG_TYPE_TIMESTAMP)
        tg_timestamp_write(literal->value.int64, out);
    else if (type->kind == TG_TYPE_DATE)
        tg_date_write(literal->value.int32, out);
    else
        tg_time_write(literal->value.int32, out);
    tg_buffer_append_byte(out, '\'');
}

static void write_bytes(struct tg_slice bytes, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "X'");
    for (size_t i = 0; i < bytes.length; i++)
        tg_buffer_printf(out, "%02X", bytes.data[i]);
    tg_buffer_append_byte(out, '\'');
}

static void write_literal(const struct tg_expr *expr, struct tg_buffer *out)
{
    const struct tg_literal *literal = &expr->literal;
    char text[TG_DECIMAL_TEXT_MAX];
    if (literal->is_null || expr->type == NULL) {
        tg_buffer_append_text(out, "NULL");
        return;
    }
    switch (expr->type->kind) {
    case TG_TYPE_BOOLEAN:
        tg_buffer_append_text(out, literal->value.boolean ? "TRUE" : "FALSE");
        break;
    case TG_TYPE_INT:
        tg_buffer_append(out, text, tg_int64_write(literal->value.int32, text));
        break;
    case TG_TYPE_BIGINT:
        tg_buffer_append(out, text, tg_int64_write(literal->value.int64, text));
        break;
    case TG_TYPE_DOUBLE:
        tg_buffer_append(out, text, tg_double_write(literal->value.float64, text));
        break;
    case TG_TYPE_DECIMAL:
        tg_buffer_append(out, text, tg_decimal_write(literal->value.decimal, expr->type->scale, text));
        break;
    case TG_TYPE_STRING:
        write_quoted(literal->value.bytes, out);
        break;
    case TG_TYPE_BYTES:
        write_bytes(literal->value.bytes, out);
        break;
    case TG_TYPE_TIME:
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        write_timed(expr->type, literal, out);
        break;
    case TG_TYPE_ARRAY:
    case TG_TYPE_MAP:
    case TG_TYPE_STRUCT:
        tg_buffer_append_text(out, "NULL"); /* nested literals do not exist but as NULL */
        break;
    }
}

static void write_list(const struct tg_expr *expr, uint32_t from, const char *separator,
                       struct tg_buffer *out)
{
    for (uint32_t i = from; i < expr->argument_count; i++) {
        if (i > from)
            tg_buffer_append_text(out, separator);
        tg_expr_write(expr->arguments[i], out);
    }
}

static void write_struct(const struct tg_expr *expr, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "STRUCT(");
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        tg_buffer_printf(out, "%s`%s` := ", i > 0 ? ", " : "", expr->type->fields[i].name);
        tg_expr_write(expr->arguments[i], out);
    }
    tg_buffer_append_byte(out, ')');
}

static void write_map(const struct tg_expr *expr, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "MAP(");
    for (uint32_t i = 0; i + 1 < expr->argument_count; i += 2) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        tg_expr_write(expr->arguments[i], out);
        tg_buffer_append_text(out, " := ");
        tg_expr_write(expr->arguments[i + 1], out);
    }
    tg_buffer_append_byte(out, ')');
}

/* How the syntax of an operator goes: before, between and behind its arguments. */
static const struct operator_form {
    const char *name, *before, *between, *behind;
} operator_forms[] = {
    {"NEG", "(-", "", ")"},
    {"NOT", "(NOT ", "", ")"},
    {"IS_NULL", "(", "", " IS NULL)"},
    {"IS_NOT_NULL", "(", "", " IS NOT NULL)"},
    {"IS_DISTINCT", "(", " IS DISTINCT FROM ", ")"},
    {"IS_NOT_DISTINCT", "(", " IS NOT DISTINCT FROM ", ")"},
    {"LIKE", "(", " LIKE ", ")"},
    {"ARRAY", "ARRAY[", ", ", "]"},
};

static void write_call(const struct tg_expr *expr, struct tg_buffer *out)
{
    struct tg_slice name = tg_slice_text(expr->name);
    bool is_operator = (expr->function->flags & TG_FUNCTION_OPERATOR) != 0;
    if (is_operator && tg_slice_is(name, "STRUCT")) {
        write_struct(expr, out);
    } else if (is_operator && tg_slice_is(name, "MAP")) {
        write_map(expr, out);
    } else if (is_operator && tg_slice_is(name, "[]")) {
        tg_expr_write(expr->arguments[0], out);
        tg_buffer_append_byte(out, '[');
        tg_expr_write(expr->arguments[1], out);
        tg_buffer_append_byte(out, ']');
    } else if (is_operator && tg_slice_is(name, "IN")) {
        tg_buffer_append_byte(out, '(');
        tg_expr_write(expr->arguments[0], out);
        tg_buffer_append_text(out, " IN (");
        write_list(expr, 1, ", ", out);
        tg_buffer_append_text(out, "))");
    } else if (is_operator && tg_slice_is(name, "LIKE") && expr->argument_count == 3) {
        tg_buffer_append_byte(out, '(');
        tg_expr_write(expr->arguments[0], out);
        tg_buffer_append_text(out, " LIKE ");
        tg_expr_write(expr->arguments[1], out);
        tg_buffer_append_text(out, " ESCAPE ");
        tg_expr_write(expr->arguments[2], out);
        tg_buffer_append_byte(out, ')');
    } else {
        struct operator_form form = {expr->name, expr->name, ", ", ")"};
        char between[40];
        if (is_operator) { /* symbols go between their two arguments */
            (void)snprintf(between, sizeof between, " %s ", expr->name);
            form = (struct operator_form){expr->name, "(", between, ")"};
        }
        for (size_t i = 0; is_operator && i < sizeof operator_forms / sizeof operator_forms[0]; i++)
            if (tg_slice_is(name, operator_forms[i].name))
                form = operator_forms[i];
        tg_buffer_append_text(out, form.before);
        if (!is_operator)
            tg_buffer_append_byte(out, '(');
        write_list(expr, 0, form.between, out);
        tg_buffer_append_text(out, form.behind);
    }
}

static void write_case(const struct tg_expr *expr, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "CASE");
    uint32_t i = 0;
    for (; i + 1 < expr->argument_count; i += 2) {
        tg_buffer_append_text(out, " WHEN ");
        tg_expr_write(expr->arguments[i], out);
        tg_buffer_append_text(out, " THEN ");
        tg_expr_write(expr->arguments[i + 1], out);
    }
    if (i < expr->argument_count) {
        tg_buffer_append_text(out, " ELSE ");
        tg_expr_write(expr->arguments[i], out);
    }
    tg_buffer_append_text(out, " END");
}

static bool is_plain_name(const char *name)
{
    if (*name == '\0' || (*name >= '0' && *name <= '9'))
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (!((*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_'))
            return false;
    return true;
}

static void write_name(const char *name, struct tg_buffer *out)
{
    tg_buffer_printf(out, is_plain_name(name) ? "%s" : "`%s`", name);
}

/* Finds the name of a lambda's parameter where the body uses it; parameters that are never used get a number.
 */
static const char *parameter_name(const struct tg_expr *expr, uint32_t depth, uint32_t index)
{
    if (expr->kind == TG_EXPR_PARAMETER && expr->depth == depth && expr->index == index)
        return expr->name;
    if (expr->kind == TG_EXPR_LAMBDA)
        depth++;
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        const char *found = parameter_name(expr->arguments[i], depth, index);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void write_lambda(const struct tg_expr *expr, struct tg_buffer *out)
{
    tg_buffer_append_byte(out, '(');
    for (uint32_t i = 0; i < expr->index; i++) {
        const char *name = parameter_name(expr->arguments[0], 0, i);
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        if (name != NULL)
            write_name(name, out);
        else
            tg_buffer_printf(out, "_%u", i);
    }
    tg_buffer_append_text(out, ") => ");
    tg_expr_write(expr->arguments[0], out);
}

void tg_expr_write(const struct tg_expr *expr, struct tg_buffer *out)
{
    switch (expr->kind) {
    case TG_EXPR_LITERAL:
        write_literal(expr, out);
        break;
    case TG_EXPR_COLUMN:
    case TG_EXPR_PARAMETER:
        write_name(expr->name, out);
        break;
    case TG_EXPR_CALL:
        write_call(expr, out);
        break;
    case TG_EXPR_CAST:
    case TG_EXPR_COERCE:
        tg_buffer_append_text(out, "CAST(");
        tg_expr_write(expr->arguments[0], out);
        tg_buffer_append_text(out, " AS ");
        tg_type_write(expr->type, out);
        tg_buffer_append_byte(out, ')');
        break;
    case TG_EXPR_AND:
    case TG_EXPR_OR:
        tg_buffer_append_byte(out, '(');
        write_list(expr, 0, expr->kind == TG_EXPR_AND ? " AND " : " OR ", out);
        tg_buffer_append_byte(out, ')');
        break;
    case TG_EXPR_CASE:
        write_case(expr, out);
        break;
    case TG_EXPR_FIELD:
        tg_expr_write(expr->arguments[0], out);
        tg_buffer_append_text(out, "->");
        write_name(expr->name, out);
        break;
    case TG_EXPR_LAMBDA:
        write_lambda(expr, out);
        break;
    }
}
