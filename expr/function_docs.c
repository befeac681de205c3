#include "expr/function_docs.h"

#include <stdlib.h>

#include "expr/resolve.h"

static int compare_docs(const void *a, const void *b)
{
    const struct tg_function_docs *left = (const struct tg_function_docs *)a;
    const struct tg_function_docs *right = (const struct tg_function_docs *)b;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : (int)left->kind - (int)right->kind;
}

static bool is_listed(const struct tg_function *function)
{
    return (function->flags & TG_FUNCTION_OPERATOR) == 0;
}

static struct tg_slice name_of(const struct tg_function *function)
{
    return tg_slice_of(function->signature, strcspn(function->signature, "("));
}

/* Fills the docs of a function from its overloads. */
static struct tg_function_docs describe(struct tg_arena *arena, const struct tg_function *function)
{
    struct tg_overloads overloads = tg_function_overloads(name_of(function), function->kind);
    const struct tg_function **list =
        (const struct tg_function **)tg_arena_alloc_zero(arena, overloads.count, sizeof(void *));
    for (uint32_t i = 0; i < overloads.count; i++)
        list[i] = overloads.signatures[i]->function;
    return (struct tg_function_docs){.name = tg_arena_text(arena, name_of(function)),
                                     .family = tg_function_family(function),
                                     .kind = function->kind,
                                     .overloads = list,
                                     .overload_count = overloads.count};
}

struct tg_function_list tg_function_docs_all(struct tg_arena *arena)
{
    size_t rows = 0;
    while (tg_function_at(rows) != NULL)
        rows++;
    struct tg_function_docs *docs =
        (struct tg_function_docs *)tg_arena_alloc_zero(arena, rows + 1, sizeof *docs);
    struct tg_function_list list = {.functions = docs};
    for (size_t i = 0; i < rows; i++) {
        const struct tg_function *function = tg_function_at(i);
        struct tg_function_docs described = describe(arena, function);
        if (is_listed(function) && described.overloads[0] == function)
            docs[list.count++] = described;
    }
    qsort(docs, list.count, sizeof *docs, compare_docs);
    return list;
}

struct tg_function_list tg_function_docs_find(struct tg_arena *arena, struct tg_slice name)
{
    enum { KINDS = 3 };
    struct tg_function_docs *docs =
        (struct tg_function_docs *)tg_arena_alloc_zero(arena, KINDS, sizeof *docs);
    struct tg_function_list list = {.functions = docs};
    for (int kind = 0; kind < KINDS; kind++) {
        struct tg_overloads overloads = tg_function_overloads(name, (enum tg_function_kind)kind);
        if (overloads.count > 0 && is_listed(overloads.signatures[0]->function))
            docs[list.count++] = describe(arena, overloads.signatures[0]->function);
    }
    return list;
}

const char *tg_function_kind_name(enum tg_function_kind kind)
{
    static const char *const names[] = {"SCALAR", "AGGREGATE", "TABLE"};
    return names[kind];
}

const char *tg_function_null_rule(const struct tg_function *function)
{
    if ((function->flags & TG_FUNCTION_NULL_IF_NULL) != 0)
        return function->kind == TG_FUNCTION_TABLE ? "No rows if an argument is NULL."
                                                   : "NULL if an argument is NULL.";
    return "NULL arguments: as said above.";
}

void tg_function_docs_write(const struct tg_function_docs *docs, struct tg_buffer *out)
{
    tg_buffer_printf(out, "%s (%s, %s)\n", docs->name, tg_function_kind_name(docs->kind), docs->family);
    for (uint32_t i = 0; i < docs->overload_count; i++) {
        const struct tg_function *function = docs->overloads[i];
        tg_buffer_printf(out, "\n  %s\n      %s\n", function->signature, function->summary);
        if ((function->flags & TG_FUNCTION_NULL_IF_NULL) != 0)
            tg_buffer_printf(out, "      %s\n", tg_function_null_rule(function));
        tg_buffer_printf(out, "      Example: %s\n", function->example);
    }
}

/* Pipes would end a cell of the table. */
static void write_cell(struct tg_buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            tg_buffer_append_byte(out, '\\');
        tg_buffer_append_byte(out, (uint8_t)*text);
    }
}

static void write_kind(const struct tg_function_list *list, enum tg_function_kind kind, const char *title,
                       struct tg_buffer *out)
{
    tg_buffer_printf(out, "\n## %s\n\n| function | what it does | example |\n| --- | --- | --- |\n", title);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct tg_function_docs *docs = &list->functions[i];
        if (docs->kind != kind || strcmp(docs->family, "extension") == 0)
            continue; /* of another list, or not a row of expr/functions/ */
        for (uint32_t row = 0; row < docs->overload_count; row++) {
            const struct tg_function *function = docs->overloads[row];
            tg_buffer_append_text(out, "| `");
            write_cell(out, function->signature);
            tg_buffer_append_text(out, "` | ");
            write_cell(out, function->summary);
            tg_buffer_append_text(out, " | `");
            write_cell(out, function->example);
            tg_buffer_append_text(out, "` |\n");
        }
    }
}

void tg_function_docs_write_page(struct tg_buffer *out)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_function_list list = tg_function_docs_all(arena);
    tg_buffer_append_text(
        out, "# Functions\n\n"
             "Made from the rows of `expr/functions/`, each of whose examples is run as a test: change "
             "those, then run\n"
             "`turgo help functions --page > docs/functions.md`.\n\n"
             "The result is NULL if an argument is, unless the description says what NULL does. Numbers "
             "widen from INT to "
             "BIGINT,\nDECIMAL and DOUBLE where a function needs it. T, U, K, V stand for any type, the same "
             "wherever the "
             "letter stands;\nthree dots for any number of arguments. An example is a condition that is "
             "TRUE; `OVER` lists the "
             "values of x that an\naggregate sees, and a table function equals the list of its rows.\n");
    write_kind(&list, TG_FUNCTION_SCALAR, "Scalar functions", out);
    write_kind(&list, TG_FUNCTION_AGGREGATE, "Aggregate functions", out);
    write_kind(&list, TG_FUNCTION_TABLE, "Table functions", out);
    tg_arena_free(arena);
}
