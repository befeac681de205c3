/* plan/json.h: the members of nodes as JSON, out and in; private to plan/. The writer makes one canonical
 * form: members in a fixed order, two spaces of indentation, expressions on one line. The reader knows the
 * path of what it reads, for messages. Thread: its owner's. */
#pragma once

#include "expr/function.h"
#include "plan/node.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_plan_writer {
    struct tg_buffer *out;
    uint32_t indent;
    uint32_t inline_depth; /* > 0: on one line */
    bool has_members;      /* of the innermost object or array */
};

/* `name` is NULL inside arrays. */
void tg_plan_write_open(struct tg_plan_writer *writer, const char *name, char bracket);
void tg_plan_write_open_inline(struct tg_plan_writer *writer, const char *name, char bracket);
void tg_plan_write_close(struct tg_plan_writer *writer, char bracket);
void tg_plan_write_string(struct tg_plan_writer *writer, const char *name, const char *text); /* NULL: null */
void tg_plan_write_slice(struct tg_plan_writer *writer, const char *name, struct tg_slice text);
void tg_plan_write_integer(struct tg_plan_writer *writer, const char *name, int64_t value);
void tg_plan_write_boolean(struct tg_plan_writer *writer, const char *name, bool value);
void tg_plan_write_null(struct tg_plan_writer *writer, const char *name);
void tg_plan_write_type(struct tg_plan_writer *writer, const char *name, const struct tg_type *type);
void tg_plan_write_schema(struct tg_plan_writer *writer, const char *name, const struct tg_schema *schema);
void tg_plan_write_format_member(struct tg_plan_writer *writer, const char *name,
                                 const struct tg_plan_format *format);
void tg_plan_write_window_member(struct tg_plan_writer *writer, const char *name,
                                 const struct tg_window *window);
/* expr_json.c */
void tg_plan_write_expr(struct tg_plan_writer *writer, const char *name, const struct tg_expr *expr);
void tg_plan_write_exprs(struct tg_plan_writer *writer, const char *name, const struct tg_expr *const *exprs,
                         uint32_t count);
void tg_plan_write_call_members(struct tg_plan_writer *writer, const char *name,
                                const struct tg_function_call *calls, uint32_t count);

struct json_t; /* jansson.h */

struct tg_plan_reader {
    struct tg_arena *arena;
    const struct json_t *object; /* whose members are read */
    uint32_t version;            /* of the node being read */
    uint32_t depth;              /* of nested nodes or expressions */
    struct tg_buffer path;       /* "$.root.inputs[0]" */
};

/* Where the reader stood before it went into a member. */
struct tg_plan_position {
    const struct json_t *object;
    size_t path_length;
};

/* CORRUPT, "<path>[.<name>]: <message>". */
enum tg_code tg_plan_corrupt(struct tg_plan_reader *reader, struct tg_error *reterr, const char *name,
                             const char *format, ...) TG_PRINTF(4, 5);
/* Into the object `name`; into element `index` of the array `name`. */
TG_MUST_CHECK enum tg_code tg_plan_enter(struct tg_plan_reader *reader, const char *name,
                                         struct tg_plan_position *ret_position, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_enter_element(struct tg_plan_reader *reader, const char *name,
                                                 uint32_t index, struct tg_plan_position *ret_position,
                                                 struct tg_error *reterr);
void tg_plan_leave(struct tg_plan_reader *reader, const struct tg_plan_position *position);
bool tg_plan_has(const struct tg_plan_reader *reader,
                 const char *name); /* the member is there and not null */
TG_MUST_CHECK enum tg_code tg_plan_read_length(struct tg_plan_reader *reader, const char *name,
                                               uint32_t *ret_count,
                                               struct tg_error *reterr); /* of an array */
TG_MUST_CHECK enum tg_code tg_plan_read_string(struct tg_plan_reader *reader, const char *name,
                                               const char **ret_text, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_optional_string(struct tg_plan_reader *reader, const char *name,
                                                        const char **ret_text, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_slice(struct tg_plan_reader *reader, const char *name,
                                              struct tg_slice *ret_text, struct tg_error *reterr);
/* The inclusive bounds of a number. */
struct tg_plan_bounds {
    int64_t least, most;
};
TG_MUST_CHECK enum tg_code tg_plan_read_integer(struct tg_plan_reader *reader, const char *name,
                                                struct tg_plan_bounds bounds, int64_t *ret_value,
                                                struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_boolean(struct tg_plan_reader *reader, const char *name,
                                                bool *ret_value, struct tg_error *reterr);
/* One of the words words[0], words[1], ... until NULL; gives its index. */
TG_MUST_CHECK enum tg_code tg_plan_read_word(struct tg_plan_reader *reader, const char *name,
                                             const char *const *words, unsigned *ret_index,
                                             struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_type(struct tg_plan_reader *reader, const char *name,
                                             const struct tg_type **ret_type, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_schema(struct tg_plan_reader *reader, const char *name,
                                               const struct tg_schema **ret_schema, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_format(struct tg_plan_reader *reader, const char *name,
                                               struct tg_plan_format *ret_format, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_window(struct tg_plan_reader *reader, const char *name,
                                               struct tg_window *ret_window, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_window_kind(struct tg_plan_reader *reader, const char *name,
                                                    enum tg_window_kind *ret_kind, struct tg_error *reterr);
/* An array of column names of `schema`; the member may be one name or null for tg_plan_read_optional_column
 * (-1). */
TG_MUST_CHECK enum tg_code tg_plan_read_columns(struct tg_plan_reader *reader, const char *name,
                                                const struct tg_schema *schema, const uint32_t **ret_indexes,
                                                uint32_t *ret_count, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_optional_column(struct tg_plan_reader *reader, const char *name,
                                                        const struct tg_schema *schema, int32_t *ret_index,
                                                        struct tg_error *reterr);
/* expr_json.c: through the builders of expr/, so that what is read is checked like new. */
TG_MUST_CHECK enum tg_code tg_plan_read_expr(struct tg_plan_reader *reader, const char *name,
                                             const struct tg_schema *schema, const struct tg_expr **ret_expr,
                                             struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_plan_read_exprs(struct tg_plan_reader *reader, const char *name,
                                              const struct tg_schema *schema,
                                              const struct tg_expr *const **ret_exprs, uint32_t *ret_count,
                                              struct tg_error *reterr);
/* What the calls in an array are made from. */
struct tg_plan_call_source {
    enum tg_function_kind kind;
    const struct tg_schema *schema;
};
TG_MUST_CHECK enum tg_code tg_plan_read_calls(struct tg_plan_reader *reader, const char *name,
                                              const struct tg_plan_call_source *source,
                                              const struct tg_function_call **ret_calls, uint32_t *ret_count,
                                              struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
