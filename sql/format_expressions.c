#include "sql/format_internal.h"
#include "sql/lexer.h"

/* ---- names and strings ---- */

bool tg_format_is_plain(const char *name)
{
    /* Not reserved, but with a meaning of their own where a name can stand. */
    static const enum tg_token_kind special[] = {TG_WORD_ARRAY,  TG_WORD_MAP,      TG_WORD_STRUCT, TG_WORD_IF,
                                                 TG_WORD_TABLES, TG_WORD_FUNCTION, TG_WORD_COLUMN};
    if (!((name[0] >= 'A' && name[0] <= 'Z') || name[0] == '_'))
        return false;
    for (const char *c = name + 1; *c != '\0'; c++) {
        if (!((*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_' || *c == '@'))
            return false;
    }
    enum tg_token_kind word = tg_keyword_find(tg_slice_text(name));
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        if (special[i] == word)
            return false;
    }
    return word == TG_TOKEN_NAME || tg_keyword_use(word) == TG_KEYWORD_FREE;
}

static void write_quoted(struct tg_slice text, uint8_t quote, struct tg_buffer *out)
{
    tg_buffer_append_byte(out, quote);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == quote)
            tg_buffer_append_byte(out, quote);
        tg_buffer_append_byte(out, text.data[i]);
    }
    tg_buffer_append_byte(out, quote);
}

void tg_format_name(const char *name, struct tg_buffer *out)
{
    if (tg_format_is_plain(name))
        tg_buffer_append_text(out, name);
    else
        write_quoted(tg_slice_text(name), '`', out);
}

void tg_format_string(struct tg_slice text, struct tg_buffer *out)
{
    write_quoted(text, '\'', out);
}

/* ---- types ---- */

static void write_struct_type(const struct tg_ast_type *type, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "STRUCT<");
    for (uint32_t i = 0; i < type->field_count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        tg_format_name(type->fields[i].name.text, out);
        tg_buffer_append_byte(out, ' ');
        tg_format_type(type->fields[i].type, out);
    }
    tg_buffer_append_byte(out, '>');
}

void tg_format_type(const struct tg_ast_type *type, struct tg_buffer *out)
{
    if (type->custom_name != NULL) {
        tg_format_name(type->custom_name, out);
    } else if (type->kind == TG_TYPE_STRUCT) {
        write_struct_type(type, out);
    } else if (type->kind == TG_TYPE_ARRAY) {
        tg_buffer_append_text(out, "ARRAY<");
        tg_format_type(type->element, out);
        tg_buffer_append_byte(out, '>');
    } else if (type->kind == TG_TYPE_MAP) {
        tg_buffer_append_text(out, "MAP<");
        tg_format_type(type->key, out);
        tg_buffer_append_text(out, ", ");
        tg_format_type(type->element, out);
        tg_buffer_append_byte(out, '>');
    } else {
        tg_type_write(type->type, out);
    }
}

/* ---- expressions ---- */

/* As in parse_expressions.c: what binds looser than its place wants gets parentheses. */
enum precedence { ANY, OR, AND, NOT, PREDICATE, VALUE, SUM, PRODUCT, UNARY, PRIMARY };

static enum precedence binary_precedence(enum tg_ast_op op)
{
    static const enum precedence precedences[] = {
        [TG_AST_OP_OR] = OR,
        [TG_AST_OP_AND] = AND,
        [TG_AST_OP_EQUAL] = PREDICATE,
        [TG_AST_OP_NOT_EQUAL] = PREDICATE,
        [TG_AST_OP_LESS] = PREDICATE,
        [TG_AST_OP_LESS_EQUAL] = PREDICATE,
        [TG_AST_OP_GREATER] = PREDICATE,
        [TG_AST_OP_GREATER_EQUAL] = PREDICATE,
        [TG_AST_OP_CONCAT] = VALUE,
        [TG_AST_OP_ADD] = SUM,
        [TG_AST_OP_SUBTRACT] = SUM,
        [TG_AST_OP_MULTIPLY] = PRODUCT,
        [TG_AST_OP_DIVIDE] = PRODUCT,
        [TG_AST_OP_MODULO] = PRODUCT,
    };
    return precedences[op];
}

static enum precedence precedence_of(const struct tg_ast_expr *expr)
{
    if (expr->kind == TG_AST_UNARY)
        return expr->op == TG_AST_OP_NOT ? NOT : UNARY;
    if (expr->kind == TG_AST_BINARY)
        return binary_precedence(expr->op);
    return expr->kind >= TG_AST_BETWEEN ? PREDICATE : PRIMARY;
}

static void write_expr(const struct tg_ast_expr *expr, enum precedence least, struct tg_buffer *out);

static void write_list(const struct tg_ast_expr *const *list, uint32_t count, enum precedence least,
                       struct tg_buffer *out)
{
    for (uint32_t i = 0; i < count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        write_expr(list[i], least, out);
    }
}

/* A '-' before a number would become part of it. */
static bool begins_with_number(const struct tg_ast_expr *expr)
{
    while (expr->kind == TG_AST_FIELD || expr->kind == TG_AST_SUBSCRIPT)
        expr = expr->arguments[0];
    return expr->kind == TG_AST_INTEGER || expr->kind == TG_AST_DECIMAL || expr->kind == TG_AST_DOUBLE;
}

static void write_unary(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    const struct tg_ast_expr *operand = expr->arguments[0];
    tg_buffer_append_text(out, tg_ast_op_symbol(expr->op));
    if (expr->op == TG_AST_OP_NOT) {
        tg_buffer_append_byte(out, ' ');
        write_expr(operand, NOT, out);
    } else if (begins_with_number(operand)) {
        tg_buffer_append_byte(out, '(');
        write_expr(operand, ANY, out);
        tg_buffer_append_byte(out, ')');
    } else {
        write_expr(operand, PRIMARY, out);
    }
}

static void write_binary(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    enum precedence own = binary_precedence(expr->op);
    write_expr(expr->arguments[0], own == PREDICATE ? VALUE : own, out);
    tg_buffer_printf(out, " %s ", tg_ast_op_symbol(expr->op));
    write_expr(expr->arguments[1], (enum precedence)(own + 1), out);
}

static void write_predicate(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    const char *negation = expr->negated ? " NOT" : "";
    write_expr(expr->arguments[0], VALUE, out);
    if (expr->kind == TG_AST_BETWEEN) {
        tg_buffer_printf(out, "%s BETWEEN ", negation);
        write_expr(expr->arguments[1], VALUE, out);
        tg_buffer_append_text(out, " AND ");
        write_expr(expr->arguments[2], VALUE, out);
    } else if (expr->kind == TG_AST_IN) {
        tg_buffer_printf(out, "%s IN (", negation);
        write_list(expr->arguments + 1, expr->argument_count - 1, ANY, out);
        tg_buffer_append_byte(out, ')');
    } else if (expr->kind == TG_AST_LIKE) {
        tg_buffer_printf(out, "%s LIKE ", negation);
        write_expr(expr->arguments[1], VALUE, out);
        if (expr->argument_count == 3) {
            tg_buffer_append_text(out, " ESCAPE ");
            write_expr(expr->arguments[2], VALUE, out);
        }
    } else if (expr->kind == TG_AST_IS_NULL) {
        tg_buffer_printf(out, " IS%s NULL", negation);
    } else {
        tg_buffer_printf(out, " IS%s DISTINCT FROM ", negation);
        write_expr(expr->arguments[1], VALUE, out);
    }
}

static void write_case(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    uint32_t i = 0;
    tg_buffer_append_text(out, "CASE");
    if (expr->kind == TG_AST_SIMPLE_CASE) {
        tg_buffer_append_byte(out, ' ');
        write_expr(expr->arguments[i++], ANY, out);
    }
    for (; i + 1 < expr->argument_count; i += 2) {
        tg_buffer_append_text(out, " WHEN ");
        write_expr(expr->arguments[i], ANY, out);
        tg_buffer_append_text(out, " THEN ");
        write_expr(expr->arguments[i + 1], ANY, out);
    }
    if (i < expr->argument_count) {
        tg_buffer_append_text(out, " ELSE ");
        write_expr(expr->arguments[i], ANY, out);
    }
    tg_buffer_append_text(out, " END");
}

static void write_lambda(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    tg_buffer_append_text(out, expr->name_count > 1 ? "(" : "");
    for (uint32_t i = 0; i < expr->name_count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        tg_format_name(expr->names[i].text, out);
    }
    tg_buffer_append_text(out, expr->name_count > 1 ? ") => " : " => ");
    write_expr(expr->arguments[0], ANY, out);
}

static void write_map(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "MAP(");
    for (uint32_t i = 0; i + 1 < expr->argument_count; i += 2) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        write_expr(expr->arguments[i], ANY, out);
        tg_buffer_append_text(out, " := ");
        write_expr(expr->arguments[i + 1], ANY, out);
    }
    tg_buffer_append_byte(out, ')');
}

static void write_struct(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    tg_buffer_append_text(out, "STRUCT(");
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        tg_buffer_append_text(out, i > 0 ? ", " : "");
        tg_format_name(expr->names[i].text, out);
        tg_buffer_append_text(out, " := ");
        write_expr(expr->arguments[i], ANY, out);
    }
    tg_buffer_append_byte(out, ')');
}

static void write_column(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    if (expr->qualifier != NULL) {
        tg_format_name(expr->qualifier, out);
        tg_buffer_append_byte(out, '.');
    }
    tg_format_name(expr->name, out);
}

static void write_compound(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    switch (expr->kind) {
    case TG_AST_FIELD:
        write_expr(expr->arguments[0], PRIMARY, out);
        tg_buffer_append_text(out, "->");
        tg_format_name(expr->name, out);
        break;
    case TG_AST_SUBSCRIPT:
        write_expr(expr->arguments[0], PRIMARY, out);
        tg_buffer_append_byte(out, '[');
        write_expr(expr->arguments[1], VALUE, out);
        tg_buffer_append_byte(out, ']');
        break;
    case TG_AST_CALL:
        tg_format_name(expr->name, out);
        tg_buffer_append_byte(out, '(');
        write_list(expr->arguments, expr->argument_count, ANY, out);
        tg_buffer_append_byte(out, ')');
        break;
    case TG_AST_ARRAY:
        tg_buffer_append_text(out, "ARRAY[");
        write_list(expr->arguments, expr->argument_count, ANY, out);
        tg_buffer_append_byte(out, ']');
        break;
    case TG_AST_LAMBDA:
        write_lambda(expr, out);
        break;
    case TG_AST_MAP:
        write_map(expr, out);
        break;
    case TG_AST_STRUCT:
        write_struct(expr, out);
        break;
    case TG_AST_CASE:
    case TG_AST_SIMPLE_CASE:
        write_case(expr, out);
        break;
    case TG_AST_CAST:
        tg_buffer_append_text(out, "CAST(");
        write_expr(expr->arguments[0], ANY, out);
        tg_buffer_append_text(out, " AS ");
        tg_format_type(expr->type, out);
        tg_buffer_append_byte(out, ')');
        break;
    case TG_AST_UNARY:
        write_unary(expr, out);
        break;
    case TG_AST_BINARY:
        write_binary(expr, out);
        break;
    case TG_AST_BETWEEN:
    case TG_AST_IN:
    case TG_AST_LIKE:
    case TG_AST_IS_NULL:
    case TG_AST_IS_DISTINCT:
        write_predicate(expr, out);
        break;
    case TG_AST_NULL:
    case TG_AST_BOOLEAN:
    case TG_AST_INTEGER:
    case TG_AST_DECIMAL:
    case TG_AST_DOUBLE:
    case TG_AST_STRING:
    case TG_AST_COLUMN:
    case TG_AST_UNIT:
    case TG_AST_STAR:
        break; /* written by write_expr */
    }
}

static void write_expr(const struct tg_ast_expr *expr, enum precedence least, struct tg_buffer *out)
{
    bool parens = precedence_of(expr) < least;
    tg_buffer_append_text(out, parens ? "(" : "");
    if (expr->kind == TG_AST_NULL)
        tg_buffer_append_text(out, "NULL");
    else if (expr->kind == TG_AST_BOOLEAN)
        tg_buffer_append_text(out, expr->boolean ? "TRUE" : "FALSE");
    else if (expr->kind == TG_AST_STRING)
        tg_format_string(expr->text, out);
    else if (expr->kind <= TG_AST_DOUBLE)
        tg_buffer_append_slice(out, expr->text);
    else if (expr->kind == TG_AST_COLUMN)
        write_column(expr, out);
    else if (expr->kind == TG_AST_UNIT)
        tg_buffer_append_text(out, expr->name);
    else if (expr->kind == TG_AST_STAR)
        tg_buffer_append_byte(out, '*');
    else
        write_compound(expr, out);
    tg_buffer_append_text(out, parens ? ")" : "");
}

void tg_format_expr(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    write_expr(expr, ANY, out);
}

void tg_format_value(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    write_expr(expr, VALUE, out);
}

void tg_format_primary(const struct tg_ast_expr *expr, struct tg_buffer *out)
{
    write_expr(expr, PRIMARY, out);
}

void tg_format_values(const struct tg_ast_expr_list *list, struct tg_buffer *out)
{
    write_list(list->list, list->count, VALUE, out);
}
