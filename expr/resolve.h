/* expr/resolve.h: signatures and how a call finds its function. The index over all families is built once, at
 * the first look. Thread: any; the index is immutable once built. */
#pragma once

#include "expr/function.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a function's .resolve sees: the call with its arguments already coerced to the signature. It sets
 * `type` (or checks more, or replaces arguments). */
struct tg_resolution {
    struct tg_arena *arena;
    const struct tg_function *function;
    const char *name; /* as registered: upper case */
    struct tg_place place;
    const struct tg_expr **arguments;
    uint32_t argument_count;
    const struct tg_type *type; /* in: what the signature says, NULL if it cannot; out: the result */
};

/* A parameter's type as a signature writes it. */
enum tg_pattern_kind {
    TG_PATTERN_TYPE,    /* one kind; DECIMAL of any precision and scale */
    TG_PATTERN_GENERIC, /* T: any type, the same wherever the letter stands */
    TG_PATTERN_ARRAY,
    TG_PATTERN_MAP,
    TG_PATTERN_LAMBDA, /* (T, U) => V */
};

struct tg_pattern {
    enum tg_pattern_kind kind;
    enum tg_type_kind type; /* TYPE */
    char letter;            /* GENERIC */
    uint32_t child_count;   /* ARRAY 1, MAP 2, LAMBDA: parameters and then the body */
    const struct tg_pattern *const *children;
};

struct tg_signature {
    const struct tg_function *function;
    struct tg_slice name; /* in the function's signature text */
    uint32_t parameter_count;
    bool variadic; /* the last parameter may come any number of times, also not at all */
    const struct tg_pattern *const *parameters;
    const struct tg_pattern *result; /* NULL: only .resolve can say ("STRUCT", "ANY") */
    uint32_t generic_count;          /* parameters that hold a generic */
};

/* Parses "NAME(type, type...) -> type". Errors: SYNTAX with what is wrong (a mistake in our own tables: a
 * test finds it). */
TG_MUST_CHECK enum tg_code tg_signature_parse(struct tg_arena *arena, const struct tg_function *function,
                                              struct tg_signature *ret_signature, struct tg_error *reterr);

/* The overloads of a name (without case) and kind: signatures[0..count). */
struct tg_overloads {
    const struct tg_signature *const *signatures;
    uint32_t count;
};
struct tg_overloads tg_function_overloads(struct tg_slice name, enum tg_function_kind kind);

#ifdef __cplusplus
}
#endif
