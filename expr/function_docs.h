/* expr/function_docs.h: the functions as users see them, all of it from the rows of the registry: what SHOW
 * FUNCTIONS, DESCRIBE FUNCTION and the book say. Operators are left out. Thread: any. */
#pragma once

#include "expr/function.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A function with all its overloads, in the order of their rows. */
struct tg_function_docs {
    const char *name;   /* upper case */
    const char *family; /* the file of expr/functions/ it is in, "string"; "extension" for what was added */
    enum tg_function_kind kind;
    const struct tg_function *const *overloads;
    uint32_t overload_count;
};

/* All of them by name, in `arena`. */
struct tg_function_list {
    const struct tg_function_docs *functions;
    uint32_t count;
};
struct tg_function_list tg_function_docs_all(struct tg_arena *arena);
/* The functions of a name, without case: one per kind, at most three; count 0: there is none. */
struct tg_function_list tg_function_docs_find(struct tg_arena *arena, struct tg_slice name);

const char *tg_function_kind_name(enum tg_function_kind kind); /* "SCALAR", "AGGREGATE", "TABLE" */
/* What NULL arguments do: a sentence that holds for every overload without one of its own. */
const char *tg_function_null_rule(const struct tg_function *function);
/* The function as text for people: signatures, what they do, examples. */
void tg_function_docs_write(const struct tg_function_docs *docs, struct tg_buffer *out);
/* The page of the book: Markdown. */
void tg_function_docs_write_page(struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
