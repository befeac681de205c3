/* Changes of what is there: CREATE OR REPLACE and ALTER, and what of a stream, a table or its query may
 * change. */
#include "plan/format_info.h"
#include "plan/node.h"
#include "plan/nodes/aggregate.h"
#include "plan/nodes/foreign_key_join.h"
#include "plan/nodes/materialize.h"
#include "plan/nodes/source.h"
#include "plan/nodes/stream_stream_join.h"
#include "plan/nodes/stream_table_join.h"
#include "plan/nodes/table_table_join.h"
#include "sql/session_internal.h"

static const char *kind_name(const struct tg_source_definition *definition)
{
    return definition->is_table ? "table" : "stream";
}

/* ---- what may be replaced ---- */

enum tg_code tg_session_check_replace(const struct tg_compilation *compilation,
                                      const struct tg_new_name *new_name, bool read_only,
                                      struct tg_error *reterr)
{
    const struct tg_ast_name *name = new_name->name;
    const struct tg_properties *settings = compilation->analyzer.settings;
    const char *enabled = tg_properties_get(settings, "ksql.create.or.replace.enabled");
    const struct tg_source_definition *there =
        tg_catalog_get(compilation->session->catalog, tg_slice_text(name->text));
    if (!new_name->or_replace)
        return TG_OK;
    if (enabled != NULL && tg_slice_equal_nocase(tg_slice_text(enabled), tg_slice_text("false")))
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place,
                          "CREATE OR REPLACE is switched off by the setting "
                          "'ksql.create.or.replace.enabled'");
    if (read_only || (there != NULL && there->read_only)) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place,
                         "CREATE OR REPLACE does not fit the source %s '%s', which is read-only",
                         new_name->is_table ? "table" : "stream", name->text);
        return tg_fail_hint(reterr, "DROP it first, then create it anew");
    }
    if (there != NULL && there->is_table != new_name->is_table) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place, "%s is a %s: a %s cannot replace it",
                         name->text, kind_name(there), new_name->is_table ? "table" : "stream");
        return tg_fail_hint(reterr, "DROP it first, then create it anew");
    }
    return TG_OK;
}

/* Columns of the old schema that are not at their place in the new one. */
static void write_changed(const struct tg_schema *old, const struct tg_schema *fresh, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < old->count; i++) {
        const struct tg_schema_column *column = &old->columns[i];
        int32_t first_old = tg_schema_find_role(old, column->role);
        int32_t first_new = tg_schema_find_role(fresh, column->role);
        uint32_t at = (uint32_t)first_new + i - (uint32_t)first_old;
        if (first_new != TG_SCHEMA_NONE && at < fresh->count) {
            const struct tg_schema_column *now = &fresh->columns[at];
            if (now->role == column->role && strcmp(now->name, column->name) == 0 &&
                tg_type_equal(now->type, column->type))
                continue;
        }
        tg_buffer_printf(out, "%s`%s` ", out->length == 0 ? "" : ", ", column->name);
        tg_type_write(column->type, out);
    }
}

/* New columns may come behind the old ones of the value; keys stay. */
static enum tg_code check_schema(const struct tg_source_definition *old,
                                 const struct tg_source_definition *fresh, struct tg_place place,
                                 struct tg_error *reterr)
{
    struct tg_buffer changed = {0};
    write_changed(old->schema, fresh->schema, &changed);
    enum tg_code code = TG_OK;
    if (changed.length > 0)
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "%s cannot be replaced: columns are changed, missing or at another place: [%s]",
                          old->name, tg_buffer_text(&changed));
    else if (tg_schema_count_role(old->schema, TG_COLUMN_KEY) !=
             tg_schema_count_role(fresh->schema, TG_COLUMN_KEY))
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "%s cannot be replaced: the new one has more key columns", old->name);
    tg_buffer_done(&changed);
    if (code != TG_OK)
        (void)tg_fail_hint(reterr, "keep the old columns as they are and add new ones behind them");
    return code;
}

static bool format_equal(const struct tg_plan_format *a, const struct tg_plan_format *b)
{
    return strcmp(a->name, b->name) == 0 && a->unwrapped == b->unwrapped && a->delimiter == b->delimiter;
}

enum tg_code tg_session_check_upgrade(const struct tg_source_definition *old,
                                      const struct tg_source_definition *fresh, struct tg_place place,
                                      struct tg_error *reterr)
{
    static const char way_out[] = "records that are there would be read wrongly: choose another name";
    if (old->is_query_sink != fresh->is_query_sink) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                         old->is_query_sink ? "%s is made by a query: only another query can replace it"
                                            : "%s was declared over a topic: a query cannot replace it",
                         old->name);
        return tg_fail_hint(reterr, "DROP it first, then create it anew");
    }
    if (strcmp(old->topic, fresh->topic) != 0) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                         "%s cannot be replaced: its topic is '%s', not '%s'", old->name, old->topic,
                         fresh->topic);
        return tg_fail_hint(reterr, "keep KAFKA_TOPIC, or choose another name");
    }
    if (!format_equal(&old->key_format, &fresh->key_format) ||
        !format_equal(&old->value_format, &fresh->value_format)) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                         "%s cannot be replaced: its formats are %s and %s, not %s and %s", old->name,
                         old->key_format.name, old->value_format.name, fresh->key_format.name,
                         fresh->value_format.name);
        return tg_fail_hint(reterr, "%s", way_out);
    }
    if (old->window_kind != fresh->window_kind || old->window_size_ms != fresh->window_size_ms) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                         "%s cannot be replaced: the window of its key changes", old->name);
        return tg_fail_hint(reterr, "%s", way_out);
    }
    return check_schema(old, fresh, place, reterr);
}

/* ---- what of a query may change ---- */

static const struct tg_plan_node *find_step(const struct tg_plan_node *node, const char *step)
{
    if (strcmp(node->step, step) == 0)
        return node;
    for (uint32_t i = 0; i < node->input_count; i++) {
        const struct tg_plan_node *found = find_step(node->inputs[i], step);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* TERMINATE and DROP keep offsets and state, so that a job that is started again goes on where it was. */
static enum tg_code hint_new_query(const char *name, struct tg_error *reterr)
{
    return tg_fail_hint(reterr,
                        "to begin without its state: DROP %s, then CREATE it with another id in WITH "
                        "(QUERY_ID='...')",
                        name);
}

static bool is_join(const struct tg_plan_node *node)
{
    return node->kind == &tg_plan_stream_stream_join_kind || node->kind == &tg_plan_stream_table_join_kind ||
           node->kind == &tg_plan_table_table_join_kind || node->kind == &tg_plan_foreign_key_join_kind;
}

static bool stays(const struct tg_plan_node *node, const struct tg_plan_node *other)
{
    return other != NULL && other->kind == node->kind && tg_plan_layout_id(node) == tg_plan_layout_id(other);
}

/* Every node with a store must find its store, and every source its place, in the other plan. */
static enum tg_code check_nodes(const struct tg_plan_node *node, const struct tg_plan_node *other_root,
                                const char *name, struct tg_place place, struct tg_error *reterr)
{
    const struct tg_plan_node *other = find_step(other_root, node->step);
    if (node->kind == &tg_plan_source_kind) {
        const struct tg_plan_source *source = (const struct tg_plan_source *)node;
        if (other == NULL || other->kind != node->kind ||
            strcmp(((const struct tg_plan_source *)other)->topic, source->topic) != 0) {
            (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                             "the query of %s cannot be replaced: it would read other topics than '%s'", name,
                             source->topic);
            return hint_new_query(name, reterr);
        }
    }
    if (is_join(node) && !stays(node, other)) {
        (void)tg_fail_at(
            reterr, TG_CODE_ANALYSIS, place,
            "the query of %s cannot be replaced: its join changes (condition, kind, WITHIN), and the "
            "rows that it keeps would not fit",
            name);
        return hint_new_query(name, reterr);
    }
    if (node->kind == &tg_plan_aggregate_kind && !stays(node, other)) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                         "the query of %s cannot be replaced: its groups, windows or aggregates change, and "
                         "what it has counted so far would not fit",
                         name);
        return hint_new_query(name, reterr);
    }
    if (node->kind == &tg_plan_materialize_kind && other != NULL && other->kind == node->kind &&
        !stays(node, other)) {
        (void)tg_fail_at(
            reterr, TG_CODE_ANALYSIS, place,
            "the query of %s cannot be replaced: of a table it would keep something else than it "
            "has (a history, or offsets and headers)",
            name);
        return hint_new_query(name, reterr);
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        TG_TRY(check_nodes(node->inputs[i], other_root, name, place, reterr));
    return TG_OK;
}

enum tg_code tg_session_check_query_upgrade(const struct tg_query_definition *old,
                                            const struct tg_query_definition *fresh, struct tg_place place,
                                            struct tg_error *reterr)
{
    TG_TRY(check_nodes(old->plan->root, fresh->plan->root, old->sink->name, place, reterr));
    return check_nodes(fresh->plan->root, old->plan->root, old->sink->name, place, reterr);
}

/* ---- ALTER ---- */

TG_MUST_CHECK static enum tg_code check_alter(const struct tg_ast_alter_source *alter,
                                              const struct tg_source_definition *old, struct tg_error *reterr)
{
    bool is_table = alter->source_kind == TG_AST_SOURCE_TABLE;
    if (old->is_table != is_table) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, alter->name.place, "%s is a %s, not a %s", old->name,
                         kind_name(old), is_table ? "table" : "stream");
        return tg_fail_hint(reterr, "write ALTER %s %s", old->is_table ? "TABLE" : "STREAM", old->name);
    }
    if (old->read_only) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, alter->name.place,
                         "ALTER does not fit the source %s '%s', which is read-only", kind_name(old),
                         old->name);
        return tg_fail_hint(reterr, "DROP it first, then create it with the new columns");
    }
    if (old->is_query_sink) {
        (void)tg_fail_at(
            reterr, TG_CODE_ANALYSIS, alter->name.place,
            "ALTER does not fit %s, which CREATE ... AS SELECT has made: its columns are the query's",
            old->name);
        return tg_fail_hint(reterr, "add them to the query: CREATE OR REPLACE %s %s AS SELECT ...",
                            is_table ? "TABLE" : "STREAM", old->name);
    }
    return TG_OK;
}

/* The new columns stand behind the values, before the headers. */
TG_MUST_CHECK static enum tg_code add_columns(struct tg_compilation *compilation,
                                              const struct tg_source_definition *old,
                                              const struct tg_schema **ret_schema, struct tg_error *reterr)
{
    struct tg_arena *arena = compilation->session->arena;
    const struct tg_ast_column_list *added = &compilation->statement->alter_source.added;
    struct tg_map *types = tg_catalog_types(compilation->session->catalog);
    struct tg_schema_column *columns =
        tg_arena_alloc_zero(arena, old->schema->count + added->count, sizeof *columns);
    struct tg_schema so_far = {.columns = columns};
    uint32_t old_index = 0;
    for (; old_index < old->schema->count; old_index++) {
        enum tg_column_role role = old->schema->columns[old_index].role;
        if (role != TG_COLUMN_KEY && role != TG_COLUMN_VALUE)
            break;
        columns[so_far.count++] = old->schema->columns[old_index];
    }
    for (uint32_t i = 0; i < added->count; i++) {
        const struct tg_ast_column *column = &added->list[i];
        const struct tg_type *type = NULL;
        struct tg_slice name = tg_slice_text(column->name.text);
        if (tg_name_is_reserved(column->name.text))
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, column->name.place,
                              "'%s' is a reserved name: no column can have it", column->name.text);
        if (tg_schema_find(old->schema, name) != TG_SCHEMA_NONE ||
            tg_schema_find(&so_far, name) != TG_SCHEMA_NONE)
            return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, column->name.place,
                              "%s has a column `%s` already", old->name, column->name.text);
        TG_TRY(tg_ast_type_resolve(arena, column->type, types, &type, reterr));
        columns[so_far.count++] =
            (struct tg_schema_column){.name = column->name.text, .type = type, .role = TG_COLUMN_VALUE};
    }
    for (; old_index < old->schema->count; old_index++)
        columns[so_far.count++] = old->schema->columns[old_index];
    *ret_schema = tg_schema_new(arena, columns, so_far.count);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code check_value_format(const struct tg_source_definition *definition,
                                                     struct tg_place place, struct tg_error *reterr)
{
    const struct tg_format_info *info = tg_format_info_find(tg_slice_text(definition->value_format.name));
    uint32_t count = tg_schema_count_role(definition->schema, TG_COLUMN_VALUE);
    int32_t first = tg_schema_find_role(definition->schema, TG_COLUMN_VALUE);
    const struct tg_schema_column *columns = &definition->schema->columns[first];
    uint32_t refused = tg_format_info_refused(info, columns, count);
    if (refused < count)
        return tg_fail_at(reterr, TG_CODE_TYPE, place,
                          "the format '%s' of the value cannot hold the column `%s`", info->name,
                          columns[refused].name);
    if (definition->value_format.unwrapped && count > 1)
        return tg_fail_at(
            reterr, TG_CODE_ANALYSIS, place,
            "the value of %s is a single bare value ('WRAP_SINGLE_VALUE' is false): it cannot have "
            "a second column",
            definition->name);
    return TG_OK;
}

enum tg_code tg_compile_alter(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_session *session = compilation->session;
    const struct tg_ast_alter_source *alter = &compilation->statement->alter_source;
    const struct tg_source_definition *old = NULL;
    TG_TRY(tg_catalog_find(session->catalog, &alter->name, &old, &compilation->analyzer.follows, reterr));
    TG_TRY(check_alter(alter, old, reterr));
    struct tg_source_definition *definition = tg_arena_alloc_zero(session->arena, 1, sizeof *definition);
    *definition = *old;
    TG_TRY(add_columns(compilation, old, &definition->schema, reterr));
    TG_TRY(check_value_format(definition, alter->added.place, reterr));
    if (old->timestamp_column != TG_SCHEMA_NONE) {
        const char *name = old->schema->columns[old->timestamp_column].name;
        definition->timestamp_column = tg_schema_find(definition->schema, tg_slice_text(name));
    }
    tg_catalog_put(session->catalog, definition);
    session->keep_arena = true;
    return TG_OK;
}
