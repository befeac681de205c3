/* plan/node.h: what a kind of plan node is made of. A kind is one file plan/nodes/<kind>.c with one
 * `const struct tg_plan_node_kind tg_plan_<kind>_kind`; the build lists the files. Thread: any, kinds are
 * constants. topology/ finds the operator for a node by its kind. */
#pragma once

#include "expr/function.h"
#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const char *const tg_plan_nullable_names[]; /* by enum tg_nullable; NULL at the end */

struct tg_plan_writer; /* plan/json.h */
struct tg_plan_reader;

/* The expressions a node evaluates over the schema of its first input, in a fixed order. */
struct tg_plan_expressions {
    const struct tg_expr **items; /* heap */
    size_t count;
    size_t capacity;
};
void tg_plan_expressions_add(struct tg_plan_expressions *list, const struct tg_expr *expr);
void tg_plan_expressions_done(struct tg_plan_expressions *list);

struct tg_plan_node_kind {
    const char *name; /* "Filter": in EXPLAIN and as "kind" in JSON */
    uint32_t version; /* of the JSON form: raised with each new member; what is older is still read */
    size_t size;      /* of the node's struct */
    uint32_t input_count;
    /* What EXPLAIN says of the node besides its name and schema: one line. */
    void (*describe)(const struct tg_plan_node *node, struct tg_buffer *out);
    /* NULL: the node evaluates nothing. */
    void (*list_expressions)(const struct tg_plan_node *node, struct tg_plan_expressions *list);
    /* Members of the node's own; base is written and read by plan/json.c (base and inputs are there when
     * `read` runs). */
    void (*write)(const struct tg_plan_node *node, struct tg_plan_writer *writer);
    TG_MUST_CHECK enum tg_code (*read)(struct tg_plan_reader *reader, struct tg_plan_node *node,
                                       struct tg_error *reterr);
    /* Does the node hold together: schema, types, indexes. Errors: CORRUPT. Runs on every plan that is made
     * or read. */
    TG_MUST_CHECK enum tg_code (*check)(const struct tg_plan_node *node, struct tg_error *reterr);
    /* What the node adds to the layout id of a store in it or above it; NULL: nothing. */
    void (*write_layout)(const struct tg_plan_node *node, struct tg_buffer *out);
};

const struct tg_plan_node_kind *tg_plan_node_kind_at(size_t index); /* NULL at the end */

/* A node of `kind` with its base filled in; the caller sets the rest. `inputs` is copied. */
struct tg_plan_node *tg_plan_node_new(struct tg_arena *arena, const struct tg_plan_node_kind *kind,
                                      const char *step, const struct tg_schema *schema,
                                      struct tg_plan_node *const *inputs);

/* Checks the whole tree: every node's `check`, steps unique, column names unique, root a sink. Errors:
 * CORRUPT naming the step. */
TG_MUST_CHECK enum tg_code tg_plan_check(const struct tg_plan *plan, struct tg_error *reterr);

/* Do the expressions of all nodes compile to register programs: not too deep, constant patterns right?
 * Errors: what tg_program_compile says, with the expression's place if it knows it. */
TG_MUST_CHECK enum tg_code tg_plan_check_programs(const struct tg_plan *plan, struct tg_error *reterr);

/* ---- what several kinds need ---- */

const char *tg_plan_window_kind_name(enum tg_window_kind kind); /* "TUMBLING" */
void tg_plan_write_duration(int64_t ms, struct tg_buffer *out); /* "15 MINUTES", "1500 MILLISECONDS" */
void tg_plan_write_window(const struct tg_window *window, struct tg_buffer *out);
void tg_plan_write_format(const struct tg_plan_format *format, struct tg_buffer *out); /* "DELIMITED(';')" */
void tg_plan_write_calls(const struct tg_function_call *calls, uint32_t count, struct tg_buffer *out);
/* Names and types of the KEY columns, for layouts. */
void tg_plan_write_key_columns(const struct tg_schema *schema, struct tg_buffer *out);
/* Errors: CORRUPT. */
TG_MUST_CHECK enum tg_code tg_plan_check_format(const struct tg_plan_format *format, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_check_window(const struct tg_window *window, struct tg_error *reterr);
/* The column that gives or takes a time: BIGINT or TIMESTAMP, or STRING with a pattern; -1: none. */
TG_MUST_CHECK enum tg_code tg_plan_check_timestamp(const struct tg_schema *schema, int32_t column,
                                                   const char *format, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
