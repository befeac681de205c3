/* expr/function.h: the registry of scalar, aggregate and table functions. A function is one row in the table
 * of a family file in expr/functions/ (the folder is listed by the build: adding a file or a row is all there
 * is to do). Thread: the registry is immutable after start. */
#pragma once

#include "data/batch.h"
#include "expr/program.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tg_function_kind { TG_FUNCTION_SCALAR, TG_FUNCTION_AGGREGATE, TG_FUNCTION_TABLE };

enum tg_function_flag {
    TG_FUNCTION_NULL_IF_NULL = 1, /* any NULL argument gives NULL; the kernel need not look at validity */
    TG_FUNCTION_SEES_NULL =
        2, /* the kernel handles NULL arguments itself and sets the result's validity for every row */
    TG_FUNCTION_IMPURE = 4,          /* not folded, not shared: RANDOM, UUID, NOW */
    TG_FUNCTION_OPERATOR = 8,        /* reached by syntax, not listed by SHOW FUNCTIONS */
    TG_FUNCTION_OVER_TABLE = 16,     /* aggregate: may run over a table (has undo) */
    TG_FUNCTION_VARIABLE_STATE = 32, /* aggregate: state has a part of variable size */
    TG_FUNCTION_NULL_FAILS =
        64, /* a NULL argument gives NULL, and the whole expression around it is NULL too (arithmetic) */
    TG_FUNCTION_EAGER =
        128, /* cheap, records no errors: may run on rows that AND and OR would have skipped */
    TG_FUNCTION_CONTAINS = 256, /* an argument that fails is NULL and fails no more: constructors */
    TG_FUNCTION_ANY_ORDER = 512 /* aggregate: the result does not depend, to the bit, on the order of rows or
                                   on how states are merged, and nothing of it fails */
};

/* One call of a scalar kernel: a loop over rows. For i in 0..row_count: row = rows == NULL ? i : rows[i]. */
struct tg_call {
    struct tg_column *result; /* sized by the caller; with NULL_IF_NULL validity is set already */
    const struct tg_column *const *arguments;
    uint32_t argument_count;
    const uint32_t *rows;
    uint32_t row_count;
    struct tg_arena *arena; /* batch lifetime */
    const void *prepared;   /* what .prepare returned for this call site */
    struct tg_program_state
        *state; /* for errors and lambdas; of a table function that of its arguments, or NULL */
};
typedef void tg_kernel(const struct tg_call *call);

/* Marks a row as failed: its result becomes NULL and the error is recorded. */
void tg_call_fail(const struct tg_call *call, uint32_t row, enum tg_code code, const char *format, ...)
    TG_PRINTF(4, 5);

struct tg_resolution; /* what .resolve sees and sets: expr/resolve.h */

/* One aggregate's state: `fixed` is `fixed_bytes` of the store's value; a blob of any size goes with
 * VARIABLE_STATE. */
struct tg_aggregate_call {
    uint8_t *fixed;
    struct tg_slice blob;       /* current variable part (empty at first) */
    struct tg_buffer *new_blob; /* add and undo: write the new variable part here and set blob_changed */
    bool blob_changed;
    const struct tg_column *const *arguments;
    uint32_t argument_count;
    uint32_t row;
    const struct tg_type *type; /* of the result: tg_function_call.type */
    uint64_t sequence; /* rises with each row: its offset, so that merged states know which row came first */
    const struct tg_function *function;
    const void *prepared;
    struct tg_arena *arena;
};

struct tg_aggregate_kernel {
    uint32_t fixed_bytes;
    void (*init)(uint8_t *fixed);
    TG_MUST_CHECK enum tg_code (*add)(struct tg_aggregate_call *call, struct tg_error *reterr);
    TG_MUST_CHECK enum tg_code (*undo)(struct tg_aggregate_call *call,
                                       struct tg_error *reterr); /* NULL: not over tables */
    /* Joins two partial states (sessions): adds `other_fixed`/`other_blob` to the call's state. */
    TG_MUST_CHECK enum tg_code (*merge)(struct tg_aggregate_call *call, const uint8_t *other_fixed,
                                        struct tg_slice other_blob, struct tg_error *reterr);
    /* Writes the value at `row` of `result` (validity too); slices may point into the blob or call->arena. */
    void (*result)(const struct tg_aggregate_call *call, struct tg_column *result, uint32_t row);
    /* add, undo and merge may refuse a row: TG_CODE_EXPRESSION. The fixed part is then what it would have
     * become, as far as that can be held, and its result is NULL; who leaves the row out puts the part back.
     * The part has at most TG_AGGREGATE_REFUSING_BYTES_MAX bytes, and there is no blob. */
    bool refuses;
};
enum { TG_AGGREGATE_REFUSING_BYTES_MAX = 16 };

/* A table function: for one row appends its output rows to `result` (one child-like column) and returns their
 * number. */
typedef uint32_t tg_table_kernel(const struct tg_call *call, uint32_t row, struct tg_column *result);

struct tg_function {
    const char *signature; /* "LEN(STRING) -> INT"; generics T, U; ARRAY<T>; variadics "CONCAT(STRING...) ->
                              STRING"; DECIMAL any p, s */
    enum tg_function_kind kind;
    uint32_t flags;
    tg_kernel *kernel;                           /* scalar */
    const struct tg_aggregate_kernel *aggregate; /* aggregate */
    tg_table_kernel *table;                      /* table function */
    /* Optional: sets the result type where the signature cannot say it (DECIMAL algebra, struct results), or
     * refuses. */
    TG_MUST_CHECK enum tg_code (*resolve)(struct tg_resolution *resolution, struct tg_error *reterr);
    /* Optional: turns constant arguments into a prepared object in `arena` (compiled pattern, ...). NULL
     * entries are not constant. */
    TG_MUST_CHECK enum tg_code (*prepare)(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                          uint32_t argument_count, const void **ret_prepared,
                                          struct tg_error *reterr);
    const char *summary; /* one sentence for SHOW/DESCRIBE FUNCTION and the book */
    const char *example; /* "LEN('abc') = 3": run as a test */
};

/* All functions: index 0.. until NULL. */
const struct tg_function *tg_function_at(size_t index);
/* The family file a row is in, without its ending ("string"); "extension" for a table that was added. */
const char *tg_function_family(const struct tg_function *function);
/* Adds a table (ends with an empty row) that is in no product: functions of test files. A table that is there
 * already is not added again. Call it before other threads use functions. */
void tg_functions_extend(const struct tg_function *family);
bool tg_function_exists(struct tg_slice name, enum tg_function_kind kind);

/* A resolved aggregate or table function call. Arguments are coerced. */
struct tg_function_call {
    const struct tg_function *function;
    const char *name;
    const struct tg_type *type; /* of the result; of a table function: of its output column */
    const struct tg_expr *const *arguments;
    uint32_t argument_count;
    const void *prepared;
    struct tg_place place;
};
TG_MUST_CHECK enum tg_code tg_function_resolve(struct tg_arena *arena, enum tg_function_kind kind,
                                               struct tg_slice name, const struct tg_expr *const *arguments,
                                               uint32_t argument_count, struct tg_place place,
                                               struct tg_function_call *ret_call, struct tg_error *reterr);

/* A lambda argument before it is built: its parameters' types follow from the other arguments. */
struct tg_function_lambda {
    struct tg_slice function;
    const struct tg_expr *const *arguments; /* entries that are lambdas (built or not) may be NULL */
    uint32_t argument_count;
    uint32_t position; /* of the lambda among the arguments */
    uint32_t parameter_count;
    struct tg_place place;
};
/* `*ret_types` has parameter_count entries. Errors: UNKNOWN_NAME, TYPE. */
TG_MUST_CHECK enum tg_code tg_function_lambda_types(struct tg_arena *arena,
                                                    const struct tg_function_lambda *lambda,
                                                    const struct tg_type *const **ret_types,
                                                    struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
