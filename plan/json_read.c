/* Plans as canonical JSON: the reader. Every member is checked; messages carry the JSON path. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "plan/json.h"

enum {
    PLAN_FORM = 1,
    NODE_DEPTH_MAX = 200,
    MESSAGE_BYTES = 600,
    PATH_BYTES = 240,
};

/* The path, with its middle left out if it is long. */
static const char *short_path(struct tg_plan_reader *reader, char path[PATH_BYTES])
{
    enum { HALF = PATH_BYTES / 2 - 4 };
    if (reader->path.length < PATH_BYTES)
        return tg_buffer_text(&reader->path);
    const char *whole = tg_buffer_text(&reader->path);
    snprintf(path, PATH_BYTES, "%.*s...%s", HALF, whole, whole + reader->path.length - HALF);
    return path;
}

enum tg_code tg_plan_corrupt(struct tg_plan_reader *reader, struct tg_error *reterr, const char *name,
                             const char *format, ...)
{
    char message[MESSAGE_BYTES];
    char path[PATH_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return tg_fail(reterr, TG_CODE_CORRUPT, "%s%s%s: %s", short_path(reader, path), name == NULL ? "" : ".",
                   name == NULL ? "" : name, message);
}

static json_t *member(const struct tg_plan_reader *reader, const char *name)
{
    return json_object_get(reader->object, name);
}

bool tg_plan_has(const struct tg_plan_reader *reader, const char *name)
{
    const json_t *value = member(reader, name);
    return value != NULL && !json_is_null(value);
}

/* `what` says what should stand there: "a string". */
TG_MUST_CHECK static enum tg_code wrong_kind(struct tg_plan_reader *reader, const char *name,
                                             const char *what, struct tg_error *reterr)
{
    if (member(reader, name) == NULL)
        return tg_plan_corrupt(reader, reterr, NULL, "the member \"%s\" is missing", name);
    return tg_plan_corrupt(reader, reterr, name, "is not %s", what);
}

enum tg_code tg_plan_enter(struct tg_plan_reader *reader, const char *name,
                           struct tg_plan_position *ret_position, struct tg_error *reterr)
{
    json_t *value = member(reader, name);
    if (!json_is_object(value))
        return wrong_kind(reader, name, "an object", reterr);
    *ret_position = (struct tg_plan_position){.object = reader->object, .path_length = reader->path.length};
    reader->object = value;
    tg_buffer_printf(&reader->path, ".%s", name);
    return TG_OK;
}

enum tg_code tg_plan_enter_element(struct tg_plan_reader *reader, const char *name, uint32_t index,
                                   struct tg_plan_position *ret_position, struct tg_error *reterr)
{
    const json_t *value = json_array_get(member(reader, name), index);
    *ret_position = (struct tg_plan_position){.object = reader->object, .path_length = reader->path.length};
    tg_buffer_printf(&reader->path, ".%s[%u]", name, index);
    if (!json_is_object(value)) {
        enum tg_code code = tg_plan_corrupt(reader, reterr, NULL, "is not an object");
        tg_plan_leave(reader, ret_position);
        return code;
    }
    reader->object = value;
    return TG_OK;
}

void tg_plan_leave(struct tg_plan_reader *reader, const struct tg_plan_position *position)
{
    reader->object = position->object;
    reader->path.length = position->path_length;
}

enum tg_code tg_plan_read_length(struct tg_plan_reader *reader, const char *name, uint32_t *ret_count,
                                 struct tg_error *reterr)
{
    const json_t *value = member(reader, name);
    if (!json_is_array(value))
        return wrong_kind(reader, name, "an array", reterr);
    *ret_count = (uint32_t)json_array_size(value);
    return TG_OK;
}

enum tg_code tg_plan_read_slice(struct tg_plan_reader *reader, const char *name, struct tg_slice *ret_text,
                                struct tg_error *reterr)
{
    const json_t *value = member(reader, name);
    if (!json_is_string(value))
        return wrong_kind(reader, name, "a string", reterr);
    *ret_text =
        tg_arena_copy(reader->arena, tg_slice_of(json_string_value(value), json_string_length(value)));
    return TG_OK;
}

enum tg_code tg_plan_read_string(struct tg_plan_reader *reader, const char *name, const char **ret_text,
                                 struct tg_error *reterr)
{
    struct tg_slice text = {0};
    TG_TRY(tg_plan_read_slice(reader, name, &text, reterr));
    if (text.length > 0 && memchr(text.data, 0, text.length) != NULL)
        return tg_plan_corrupt(reader, reterr, name, "holds the character U+0000");
    *ret_text = tg_arena_text(reader->arena, text);
    return TG_OK;
}

enum tg_code tg_plan_read_optional_string(struct tg_plan_reader *reader, const char *name,
                                          const char **ret_text, struct tg_error *reterr)
{
    *ret_text = NULL;
    return tg_plan_has(reader, name) ? tg_plan_read_string(reader, name, ret_text, reterr) : TG_OK;
}

enum tg_code tg_plan_read_integer(struct tg_plan_reader *reader, const char *name,
                                  struct tg_plan_bounds bounds, int64_t *ret_value, struct tg_error *reterr)
{
    const json_t *value = member(reader, name);
    if (!json_is_integer(value))
        return wrong_kind(reader, name, "an integer", reterr);
    *ret_value = json_integer_value(value);
    if (*ret_value < bounds.least || *ret_value > bounds.most)
        return tg_plan_corrupt(reader, reterr, name, "is %lld, not in %lld to %lld", (long long)*ret_value,
                               (long long)bounds.least, (long long)bounds.most);
    return TG_OK;
}

enum tg_code tg_plan_read_boolean(struct tg_plan_reader *reader, const char *name, bool *ret_value,
                                  struct tg_error *reterr)
{
    const json_t *value = member(reader, name);
    if (!json_is_boolean(value))
        return wrong_kind(reader, name, "true or false", reterr);
    *ret_value = json_is_true(value);
    return TG_OK;
}

enum tg_code tg_plan_read_word(struct tg_plan_reader *reader, const char *name, const char *const *words,
                               unsigned *ret_index, struct tg_error *reterr)
{
    const char *text = NULL;
    TG_TRY(tg_plan_read_string(reader, name, &text, reterr));
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret_index = i;
            return TG_OK;
        }
    }
    return tg_plan_corrupt(reader, reterr, name, "\"%s\" is not known here", text);
}

enum tg_code tg_plan_read_type(struct tg_plan_reader *reader, const char *name,
                               const struct tg_type **ret_type, struct tg_error *reterr)
{
    struct tg_slice text = {0};
    TG_TRY(tg_plan_read_slice(reader, name, &text, reterr));
    struct tg_error cause = {0};
    if (tg_type_parse(reader->arena, text, ret_type, &cause) != TG_OK)
        return tg_plan_corrupt(reader, reterr, name, "%s", cause.message);
    return TG_OK;
}

extern const char *const tg_plan_role_names[]; /* json_write.c */

enum tg_code tg_plan_read_schema(struct tg_plan_reader *reader, const char *name,
                                 const struct tg_schema **ret_schema, struct tg_error *reterr)
{
    uint32_t count = 0;
    TG_TRY(tg_plan_read_length(reader, name, &count, reterr));
    struct tg_schema_column *columns = tg_arena_alloc_zero(reader->arena, count, sizeof *columns);
    for (uint32_t i = 0; i < count; i++) {
        struct tg_plan_position position;
        unsigned role = 0;
        TG_TRY(tg_plan_enter_element(reader, name, i, &position, reterr));
        TG_TRY(tg_plan_read_string(reader, "name", &columns[i].name, reterr));
        TG_TRY(tg_plan_read_type(reader, "type", &columns[i].type, reterr));
        TG_TRY(tg_plan_read_word(reader, "role", tg_plan_role_names, &role, reterr));
        TG_TRY(tg_plan_read_optional_string(reader, "header_key", &columns[i].header_key, reterr));
        columns[i].role = (enum tg_column_role)role;
        tg_plan_leave(reader, &position);
    }
    *ret_schema = tg_schema_new(reader->arena, columns, count);
    return TG_OK;
}

/* Of formats with schemas. */
TG_MUST_CHECK static enum tg_code read_schema_members(struct tg_plan_reader *reader,
                                                      struct tg_plan_format *format, struct tg_error *reterr)
{
    int64_t id = 0;
    uint32_t nullable = TG_NULLABLE_NEVER;
    if (tg_plan_has(reader, "schema_id"))
        TG_TRY(tg_plan_read_integer(reader, "schema_id", (struct tg_plan_bounds){1, INT32_MAX}, &id, reterr));
    TG_TRY(tg_plan_read_optional_string(reader, "full_name", &format->full_name, reterr));
    if (tg_plan_has(reader, "nullable"))
        TG_TRY(tg_plan_read_word(reader, "nullable", tg_plan_nullable_names, &nullable, reterr));
    format->schema_id = (int32_t)id;
    format->nullable = (enum tg_nullable)nullable;
    return TG_OK;
}

enum tg_code tg_plan_read_format(struct tg_plan_reader *reader, const char *name,
                                 struct tg_plan_format *ret_format, struct tg_error *reterr)
{
    struct tg_plan_position position;
    TG_TRY(tg_plan_enter(reader, name, &position, reterr));
    TG_TRY(tg_plan_read_string(reader, "name", &ret_format->name, reterr));
    if (tg_plan_has(reader, "unwrapped"))
        TG_TRY(tg_plan_read_boolean(reader, "unwrapped", &ret_format->unwrapped, reterr));
    if (tg_plan_has(reader, "delimiter")) {
        const char *delimiter = NULL;
        TG_TRY(tg_plan_read_string(reader, "delimiter", &delimiter, reterr));
        if (strlen(delimiter) != 1)
            return tg_plan_corrupt(reader, reterr, "delimiter", "is not one character");
        ret_format->delimiter = delimiter[0];
    }
    TG_TRY(read_schema_members(reader, ret_format, reterr));
    tg_plan_leave(reader, &position);
    return TG_OK;
}

enum tg_code tg_plan_read_window_kind(struct tg_plan_reader *reader, const char *name,
                                      enum tg_window_kind *ret_kind, struct tg_error *reterr)
{
    const char *words[TG_WINDOW_SESSION + 2] = {0};
    for (int kind = TG_WINDOW_NONE; kind <= TG_WINDOW_SESSION; kind++)
        words[kind] = tg_plan_window_kind_name((enum tg_window_kind)kind);
    unsigned kind = 0;
    TG_TRY(tg_plan_read_word(reader, name, words, &kind, reterr));
    *ret_kind = (enum tg_window_kind)kind;
    return TG_OK;
}

enum tg_code tg_plan_read_window(struct tg_plan_reader *reader, const char *name,
                                 struct tg_window *ret_window, struct tg_error *reterr)
{
    const struct tg_plan_bounds any = {0, INT64_MAX};
    struct tg_plan_position position;
    TG_TRY(tg_plan_enter(reader, name, &position, reterr));
    TG_TRY(tg_plan_read_window_kind(reader, "kind", &ret_window->kind, reterr));
    TG_TRY(tg_plan_read_integer(reader, "size_ms", any, &ret_window->size_ms, reterr));
    TG_TRY(tg_plan_read_integer(reader, "advance_ms", any, &ret_window->advance_ms, reterr));
    TG_TRY(tg_plan_read_integer(reader, "grace_ms", any, &ret_window->grace_ms, reterr));
    TG_TRY(tg_plan_read_integer(reader, "retention_ms", any, &ret_window->retention_ms, reterr));
    tg_plan_leave(reader, &position);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code find_column(struct tg_plan_reader *reader, const char *name,
                                              const json_t *value, const struct tg_schema *schema,
                                              int32_t *ret_index, struct tg_error *reterr)
{
    if (!json_is_string(value))
        return tg_plan_corrupt(reader, reterr, name, "is not the name of a column");
    struct tg_slice column = tg_slice_of(json_string_value(value), json_string_length(value));
    *ret_index = tg_schema_find(schema, column);
    if (*ret_index == TG_SCHEMA_NONE)
        return tg_plan_corrupt(reader, reterr, name, "there is no column \"%.*s\"", TG_SLICE_FORMAT(column));
    return TG_OK;
}

enum tg_code tg_plan_read_columns(struct tg_plan_reader *reader, const char *name,
                                  const struct tg_schema *schema, const uint32_t **ret_indexes,
                                  uint32_t *ret_count, struct tg_error *reterr)
{
    TG_TRY(tg_plan_read_length(reader, name, ret_count, reterr));
    uint32_t *indexes = tg_arena_alloc_zero(reader->arena, *ret_count, sizeof *indexes);
    for (uint32_t i = 0; i < *ret_count; i++) {
        int32_t index = TG_SCHEMA_NONE;
        TG_TRY(find_column(reader, name, json_array_get(member(reader, name), i), schema, &index, reterr));
        indexes[i] = (uint32_t)index;
    }
    *ret_indexes = indexes;
    return TG_OK;
}

enum tg_code tg_plan_read_optional_column(struct tg_plan_reader *reader, const char *name,
                                          const struct tg_schema *schema, int32_t *ret_index,
                                          struct tg_error *reterr)
{
    *ret_index = TG_SCHEMA_NONE;
    return tg_plan_has(reader, name)
               ? find_column(reader, name, member(reader, name), schema, ret_index, reterr)
               : TG_OK;
}

/* ---- nodes ---- */

TG_MUST_CHECK static enum tg_code
read_kind(struct tg_plan_reader *reader, const struct tg_plan_node_kind **ret_kind, struct tg_error *reterr)
{
    const char *name = NULL;
    int64_t version = 0;
    TG_TRY(tg_plan_read_string(reader, "kind", &name, reterr));
    TG_TRY(tg_plan_read_integer(reader, "version", (struct tg_plan_bounds){1, UINT32_MAX}, &version, reterr));
    for (size_t i = 0; tg_plan_node_kind_at(i) != NULL; i++) {
        if (strcmp(tg_plan_node_kind_at(i)->name, name) != 0)
            continue;
        *ret_kind = tg_plan_node_kind_at(i);
        if (version <= (*ret_kind)->version) {
            reader->version = (uint32_t)version;
            return TG_OK;
        }
        return tg_fail(reterr, TG_CODE_UNSUPPORTED,
                       "%s: the plan has version %lld of the node %s, this program knows versions up to %u",
                       tg_buffer_text(&reader->path), (long long)version, name, (*ret_kind)->version);
    }
    return tg_fail(reterr, TG_CODE_UNSUPPORTED, "%s.kind: this program does not know the node \"%s\"",
                   tg_buffer_text(&reader->path), name);
}

TG_MUST_CHECK static enum tg_code read_node(struct tg_plan_reader *reader, struct tg_plan_node **ret_node,
                                            struct tg_error *reterr);

TG_MUST_CHECK static enum tg_code read_inputs(struct tg_plan_reader *reader, struct tg_plan_node *node,
                                              struct tg_error *reterr)
{
    uint32_t count = 0;
    TG_TRY(tg_plan_read_length(reader, "inputs", &count, reterr));
    if (count != node->kind->input_count)
        return tg_plan_corrupt(reader, reterr, "inputs", "a %s node has %u inputs, not %u", node->kind->name,
                               node->kind->input_count, count);
    node->input_count = count;
    node->inputs = tg_arena_alloc_zero(reader->arena, count, sizeof(struct tg_plan_node *));
    for (uint32_t i = 0; i < count; i++) {
        struct tg_plan_position position;
        TG_TRY(tg_plan_enter_element(reader, "inputs", i, &position, reterr));
        TG_TRY(read_node(reader, &node->inputs[i], reterr));
        tg_plan_leave(reader, &position);
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_node(struct tg_plan_reader *reader, struct tg_plan_node **ret_node,
                                            struct tg_error *reterr)
{
    if (++reader->depth > NODE_DEPTH_MAX)
        return tg_plan_corrupt(reader, reterr, NULL, "the plan is deeper than %d nodes", NODE_DEPTH_MAX);
    const struct tg_plan_node_kind *kind = NULL;
    TG_TRY(read_kind(reader, &kind, reterr));
    uint32_t version = reader->version;
    struct tg_plan_node *node = tg_arena_alloc_zero(reader->arena, 1, kind->size);
    node->kind = kind;
    TG_TRY(tg_plan_read_string(reader, "step", &node->step, reterr));
    TG_TRY(tg_plan_read_boolean(reader, "is_table", &node->is_table, reterr));
    TG_TRY(tg_plan_read_schema(reader, "schema", &node->schema, reterr));
    TG_TRY(read_inputs(reader, node, reterr));
    reader->version = version; /* the inputs have set theirs */
    TG_TRY(kind->read(reader, node, reterr));
    *ret_node = node;
    reader->depth--;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_plan(struct tg_plan_reader *reader, struct tg_plan *plan,
                                            struct tg_error *reterr)
{
    int64_t form = 0;
    TG_TRY(tg_plan_read_integer(reader, "turgo_plan", (struct tg_plan_bounds){1, INT64_MAX}, &form, reterr));
    if (form > PLAN_FORM)
        return tg_fail(reterr, TG_CODE_UNSUPPORTED,
                       "the plan has form %lld, this program knows forms up to %d", (long long)form,
                       PLAN_FORM);
    TG_TRY(tg_plan_read_string(reader, "query_id", &plan->query_id, reterr));
    TG_TRY(tg_plan_read_string(reader, "statement", &plan->statement, reterr));
    TG_TRY(tg_plan_read_faults(reader, &plan->faults, reterr));
    struct tg_plan_position position;
    TG_TRY(tg_plan_enter(reader, "root", &position, reterr));
    TG_TRY(read_node(reader, &plan->root, reterr));
    tg_plan_leave(reader, &position);
    return tg_plan_check(plan, reterr);
}

enum tg_code tg_plan_read_json(struct tg_arena *arena, struct tg_slice json, const struct tg_plan **ret_plan,
                               struct tg_error *reterr)
{
    json_error_t fault;
    json_t *document =
        json_loadb((const char *)json.data, json.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
    if (document == NULL)
        return tg_fail(reterr, TG_CODE_CORRUPT, "the plan is not JSON: %s at line %d, column %d", fault.text,
                       fault.line, fault.column);
    struct tg_plan_reader reader = {.arena = arena, .object = document};
    tg_buffer_append_text(&reader.path, "$");
    struct tg_plan *plan = tg_arena_alloc_zero(arena, 1, sizeof *plan);
    enum tg_code code = json_is_object(document)
                            ? read_plan(&reader, plan, reterr)
                            : tg_plan_corrupt(&reader, reterr, NULL, "the plan is not an object");
    tg_buffer_done(&reader.path);
    json_decref(document);
    if (code == TG_OK)
        *ret_plan = plan;
    return code;
}
