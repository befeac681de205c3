/* What must stand after the statements: streams and tables with their columns and formats. */
#include "plan/nodes/rekey.h"
#include "serde/format.h"
#include "service/test/run.h"
#include "sql/parser.h"

#include <regex.h>
#include <string.h>
#include <strings.h>

static const char *schema_text(struct tg_arena *arena, const struct tg_schema *schema)
{
    struct tg_buffer text = {0};
    tg_schema_write(schema, &text);
    const char *result = tg_arena_text(arena, tg_buffer_slice(&text));
    tg_buffer_done(&text);
    return result;
}

static enum tg_column_role role_of(const struct tg_ast_column *column)
{
    switch (column->role) {
    case TG_AST_COLUMN_KEY:
    case TG_AST_COLUMN_PRIMARY_KEY:
        return TG_COLUMN_KEY;
    case TG_AST_COLUMN_HEADERS:
        return TG_COLUMN_HEADERS;
    case TG_AST_COLUMN_HEADER:
        return TG_COLUMN_HEADER;
    case TG_AST_COLUMN_VALUE:
        return TG_COLUMN_VALUE;
    }
    return TG_COLUMN_VALUE;
}

/* The text of a schema in the words of CREATE, as DESCRIBE would show it. */
static const char *expected_schema(struct tg_arena *arena, const char *columns)
{
    struct tg_ast_column_list list = {0};
    struct tg_error error;
    if (tg_parse_columns(arena, tg_slice_text(columns), &list, &error) != TG_OK)
        return tg_arena_printf(arena, "unreadable: %s", error.message);
    struct tg_schema_column *read = tg_arena_alloc_zero(arena, list.count + 1, sizeof *read);
    for (uint32_t i = 0; i < list.count; i++) {
        const struct tg_type *type = NULL;
        if (tg_ast_type_resolve(arena, list.list[i].type, NULL, &type, &error) != TG_OK)
            return tg_arena_printf(arena, "unreadable: %s", error.message);
        read[i] = (struct tg_schema_column){list.list[i].name.text, type, role_of(&list.list[i]),
                                            list.list[i].header_key};
    }
    return schema_text(arena, tg_schema_new(arena, read, list.count));
}

static bool has_feature(const struct tg_json_tree *features, const char *name)
{
    for (uint32_t i = 0; i < tg_json_tree_count(features); i++)
        if (tg_slice_is(features->items[i]->text, name))
            return true;
    return false;
}

/* Unwrapping counts only where the format knows both ways. */
static bool is_unwrapped(const struct tg_plan_format *format)
{
    const struct tg_format *known = NULL;
    struct tg_error ignored;
    enum { BOTH = TG_FORMAT_WRAP | TG_FORMAT_UNWRAP };
    return format->unwrapped && tg_format_find(tg_slice_text(format->name), &known, &ignored) == TG_OK &&
           (known->features & BOTH) == BOTH;
}

/* {"format": "JSON"} or "JSON". */
static const char *format_of(const struct tg_json_tree *format)
{
    const char *name = tg_json_tree_text(tg_json_tree_get(format, "format"));
    return name != NULL ? name : tg_json_tree_text(format);
}

static const char *check_format(struct tg_arena *arena, const struct tg_json_tree *source, const char *half,
                                const struct tg_plan_format *actual)
{
    const struct tg_json_tree *features =
        tg_json_tree_get(source, tg_arena_printf(arena, "%sFeatures", half));
    const char *expected = format_of(tg_json_tree_get(source, tg_arena_printf(arena, "%sFormat", half)));
    if (expected != NULL && strcasecmp(expected, actual->name) != 0)
        return tg_arena_printf(arena, "%s format is %s instead of %s", half, actual->name, expected);
    if (features != NULL && has_feature(features, "UNWRAP_SINGLES") != is_unwrapped(actual))
        return tg_arena_printf(arena, "%s is %s", half, is_unwrapped(actual) ? "unwrapped" : "wrapped");
    return NULL;
}

static const char *check_window(struct tg_arena *arena, const struct tg_json_tree *format,
                                const struct tg_source_definition *actual)
{
    static const char *const kinds[] = {"NONE", "TUMBLING", "HOPPING", "SESSION"};
    const char *type = tg_json_tree_text(tg_json_tree_get(format, "windowType"));
    int64_t size = tg_json_tree_int64(tg_json_tree_get(format, "windowSize"), 0);
    if (format == NULL || format->kind != TG_JSON_TREE_OBJECT)
        return NULL;
    if (strcasecmp(type == NULL ? "NONE" : type, kinds[actual->window_kind]) != 0)
        return tg_arena_printf(arena, "window is %s instead of %s", kinds[actual->window_kind],
                               type == NULL ? "NONE" : type);
    if (size > 0 && actual->window_size_ms != size)
        return tg_arena_printf(arena, "window size is %lld ms instead of %lld",
                               (long long)actual->window_size_ms, (long long)size);
    return NULL;
}

static const char *check_source(struct tg_arena *arena, const struct tg_json_tree *source,
                                const struct tg_job *job)
{
    const char *name = tg_json_tree_text(tg_json_tree_get(source, "name"));
    const char *type = tg_json_tree_text(tg_json_tree_get(source, "type"));
    const char *schema = tg_json_tree_text(tg_json_tree_get(source, "schema"));
    const struct tg_source_definition *actual = tg_job_source(job, tg_slice_text(name));
    if (actual == NULL)
        return tg_arena_printf(arena, "%s does not exist", name);
    if (type != NULL && (strcasecmp(type, "table") == 0) != actual->is_table)
        return tg_arena_printf(arena, "%s is no %s", name, type);
    if (schema != NULL) {
        const char *expected = expected_schema(arena, schema);
        const char *text = schema_text(arena, actual->schema);
        if (strcmp(expected, text) != 0)
            return tg_arena_printf(arena, "schema of %s is %s instead of %s", name, text, expected);
    }
    const char *wrong = check_format(arena, source, "key", &actual->key_format);
    if (wrong == NULL)
        wrong = check_format(arena, source, "value", &actual->value_format);
    if (wrong == NULL)
        wrong = check_window(arena, tg_json_tree_get(source, "keyFormat"), actual);
    const struct tg_json_tree *read_only = tg_json_tree_get(source, "isSource");
    if (wrong == NULL && read_only != NULL && (read_only->kind == TG_JSON_TREE_TRUE) != actual->read_only)
        wrong = actual->read_only ? "it is read-only" : "it is not read-only";
    return wrong == NULL ? NULL : tg_arena_printf(arena, "%s: %s", name, wrong);
}

/* ---- topics ---- */

/* The first topic through which rows of a plan move to another partition, and that the pattern names; NULL:
 * there is none. With topics of one partition there is no such topic in the cluster: the plan says where one
 * would be. */
static const char *forbidden_topic(struct tg_arena *arena, const struct tg_plan *plan, const regex_t *pattern)
{
    uint32_t count = tg_plan_node_count(plan);
    struct tg_plan_node **nodes = tg_arena_alloc_zero(arena, count, sizeof(struct tg_plan_node *));
    tg_plan_list_nodes(plan, nodes);
    for (uint32_t i = 0; i < count; i++) {
        if (nodes[i]->kind != &tg_plan_rekey_kind || !((const struct tg_plan_rekey *)nodes[i])->repartition)
            continue;
        const char *topic = tg_arena_printf(arena, "%s-%s-repartition", plan->query_id, nodes[i]->step);
        if (regexec(pattern, topic, 0, NULL, 0) == 0)
            return topic;
    }
    return NULL;
}

static const char *check_topics(struct tg_arena *arena, const struct tg_json_tree *topics,
                                const struct tg_job *job)
{
    const char *text = tg_json_tree_text(tg_json_tree_get(topics, "blacklist"));
    const char *found = NULL;
    regex_t pattern;
    if (text == NULL)
        return NULL;
    if (regcomp(&pattern, tg_arena_printf(arena, "^(%s)$", text), REG_EXTENDED | REG_NOSUB) != 0)
        return tg_arena_printf(arena, "%s is no pattern", text);
    for (uint32_t i = 0; i < tg_job_action_count(job) && found == NULL; i++)
        if (tg_job_action(job, i)->kind == TG_ACTION_QUERY)
            found = forbidden_topic(arena, tg_job_action(job, i)->plan, &pattern);
    regfree(&pattern);
    return found == NULL ? NULL : tg_arena_printf(arena, "there must be no topic %s", found);
}

const char *tg_test_check_post(struct tg_arena *arena, const struct tg_json_tree *post,
                               const struct tg_job *job)
{
    const struct tg_json_tree *sources = tg_json_tree_get(post, "sources");
    for (uint32_t i = 0; i < tg_json_tree_count(sources); i++) {
        const char *wrong = check_source(arena, sources->items[i], job);
        if (wrong != NULL)
            return wrong;
    }
    return check_topics(arena, tg_json_tree_get(post, "topics"), job);
}
