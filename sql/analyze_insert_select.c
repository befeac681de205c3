/* INSERT INTO ... SELECT: the stream it writes to, whether the result fits, the query's id. */
#include "sql/with.h"

#include <strings.h>

enum tg_code tg_analyze_insert_target(struct tg_analyzer *analyzer, const struct tg_ast_insert_select *insert,
                                      const struct tg_source_definition **ret_target, struct tg_error *reterr)
{
    const struct tg_ast_name *name = &insert->target;
    const struct tg_source_definition *target = NULL;
    TG_TRY(tg_catalog_find(analyzer->catalog, name, &target, &analyzer->follows, reterr));
    if (target->is_table) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place,
                         "INSERT INTO writes query results into streams only, but %s is a table", name->text);
        return tg_fail_hint(reterr, "a table is made by one query: CREATE TABLE ... AS SELECT");
    }
    if (target->read_only)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place,
                          "the stream %s is read-only: query results cannot be inserted into it", name->text);
    for (uint32_t i = 0; i < target->schema->count; i++) {
        enum tg_column_role role = target->schema->columns[i].role;
        if (role == TG_COLUMN_HEADERS || role == TG_COLUMN_HEADER)
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place,
                              "%s has the header column %s: query results cannot be inserted into it",
                              name->text, target->schema->columns[i].name);
    }
    for (uint32_t i = 0; i <= insert->query->join_count; i++) {
        const struct tg_ast_name *source =
            i == 0 ? &insert->query->from.source : &insert->query->joins[i - 1].right.source;
        if (strcmp(source->text, name->text) != 0)
            continue;
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, source->place,
                         "the query would read what it writes into %s, without end", name->text);
        return tg_fail_hint(reterr, "write into another stream");
    }
    *ret_target = target;
    return TG_OK;
}

static const struct tg_schema *result_schema(struct tg_arena *arena, const struct tg_query_analysis *analysis)
{
    struct tg_schema_column *columns = tg_arena_alloc_zero(arena, analysis->output_count, sizeof *columns);
    for (uint32_t i = 0; i < analysis->output_count; i++)
        columns[i] =
            (struct tg_schema_column){.name = analysis->outputs[i].name,
                                      .type = analysis->outputs[i].expr->type,
                                      .role = analysis->outputs[i].is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE};
    return tg_schema_new(arena, columns, analysis->output_count);
}

static enum tg_code fail_schema(struct tg_arena *arena, const struct tg_ast_insert_select *insert,
                                const struct tg_query_analysis *analysis,
                                const struct tg_source_definition *target, struct tg_error *reterr)
{
    struct tg_buffer result = {0};
    struct tg_buffer wanted = {0};
    tg_schema_write(result_schema(arena, analysis), &result);
    tg_schema_write(target->schema, &wanted);
    enum tg_code code =
        tg_fail_at(reterr, TG_CODE_TYPE, insert->query->place,
                   "the result of the query does not fit %s: it is %s, but %s is %s", insert->target.text,
                   tg_buffer_text(&result), insert->target.text, tg_buffer_text(&wanted));
    tg_buffer_done(&result);
    tg_buffer_done(&wanted);
    return code;
}

/* The first column that differs, as a hint: that is what will be mended first. */
static enum tg_code hint_column(const struct tg_query_analysis *analysis,
                                const struct tg_source_definition *target, uint32_t index,
                                struct tg_error *reterr)
{
    if (index >= target->schema->count)
        return tg_fail_hint(reterr, "%s has %u columns: leave out %s", target->name, target->schema->count,
                            analysis->outputs[index].name);
    const struct tg_schema_column *wanted = &target->schema->columns[index];
    if (index >= analysis->output_count)
        return tg_fail_hint(reterr, "the column %s is missing: select all columns of %s, in its order",
                            wanted->name, target->name);
    const struct tg_output_column *output = &analysis->outputs[index];
    if (output->is_key != (wanted->role == TG_COLUMN_KEY))
        return tg_fail_hint(reterr, "the keys differ: PARTITION BY gives the result the key of %s",
                            target->name);
    if (strcmp(output->name, wanted->name) != 0)
        return tg_fail_hint(reterr,
                            "column %u is %s, but %s is wanted: put the columns into that order, or "
                            "name them with AS",
                            index + 1, output->name, wanted->name);
    struct tg_buffer type = {0};
    tg_type_write(wanted->type, &type);
    enum tg_code code =
        output->is_key
            ? tg_fail_hint(reterr, "PARTITION BY CAST(%s AS %s) gives the result a key of that type",
                           output->name, tg_buffer_text(&type))
            : tg_fail_hint(reterr, "convert column %u: CAST(%s AS %s) AS %s", index + 1, output->name,
                           tg_buffer_text(&type), wanted->name);
    tg_buffer_done(&type);
    return code;
}

enum tg_code tg_analyze_insert_select(struct tg_analyzer *analyzer, const struct tg_ast_insert_select *insert,
                                      const struct tg_source_definition *target,
                                      const struct tg_query_analysis **analysis, struct tg_error *reterr)
{
    const struct tg_query_analysis *found = *analysis;
    const struct tg_schema *schema = target->schema;
    struct tg_output_column *outputs =
        tg_arena_alloc_zero(analyzer->arena, found->output_count, sizeof *outputs);
    uint32_t most = found->output_count > schema->count ? found->output_count : schema->count;
    for (uint32_t i = 0; i < most; i++) {
        bool fits = i < found->output_count && i < schema->count &&
                    found->outputs[i].is_key == (schema->columns[i].role == TG_COLUMN_KEY) &&
                    strcmp(found->outputs[i].name, schema->columns[i].name) == 0;
        if (fits) {
            outputs[i] = found->outputs[i];
            if (outputs[i].is_key) /* another type would be another key */
                fits = tg_type_equal(outputs[i].expr->type, schema->columns[i].type);
            else
                fits = tg_expr_coerce(analyzer->arena, found->outputs[i].expr, schema->columns[i].type,
                                      &outputs[i].expr, NULL) == TG_OK;
        }
        if (!fits) {
            (void)fail_schema(analyzer->arena, insert, found, target, reterr);
            return hint_column(found, target, i, reterr);
        }
    }
    if (found->source->window_kind != target->window_kind ||
        found->source->window_size_ms != target->window_size_ms)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, insert->query->place,
                          "the windows of the keys of %s and %s are not the same", found->source->name,
                          target->name);
    struct tg_query_analysis *fitted = tg_arena_alloc_zero(analyzer->arena, 1, sizeof *fitted);
    *fitted = *found;
    fitted->outputs = outputs;
    *analysis = fitted;
    return TG_OK;
}

/* A QUERY_ID must not look like an id that we give. */
static bool is_reserved_id(const char *id)
{
    static const char *const prefixes[] = {"INSERTQUERY_", "CTAS_", "CSAS_", "CST_"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncasecmp(id, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

enum tg_code tg_with_query_id(struct tg_analyzer *analyzer, const struct tg_with *with, const char **ret_id,
                              struct tg_error *reterr)
{
    struct tg_slice text = {0};
    *ret_id = NULL;
    if (with->given[TG_WITH_QUERY_ID] == NULL)
        return TG_OK;
    TG_TRY(tg_with_text(with, TG_WITH_QUERY_ID, &text, reterr));
    bool fits = text.length > 0;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        fits =
            fits && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
    }
    if (!fits)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, TG_WITH_QUERY_ID),
                          "'%.*s' is no QUERY_ID: it has letters, digits and _ only", TG_SLICE_FORMAT(text));
    const char *id = tg_arena_text(analyzer->arena, text);
    if (is_reserved_id(id))
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, TG_WITH_QUERY_ID),
                          "'%s' is no QUERY_ID: INSERTQUERY_, CTAS_, CSAS_ and CST_ begin ids that are made "
                          "from the result's name",
                          id);
    *ret_id = id;
    return TG_OK;
}

enum tg_code tg_analyze_insert_id(struct tg_analyzer *analyzer, const struct tg_ast_insert_select *insert,
                                  const char **ret_query_id, struct tg_error *reterr)
{
    struct tg_with with;
    TG_TRY(tg_with_read(&insert->properties, TG_WITH_INSERT, &with, reterr));
    TG_TRY(tg_with_query_id(analyzer, &with, ret_query_id, reterr));
    if (*ret_query_id != NULL)
        return TG_OK;
    const char *base = tg_arena_printf(analyzer->arena, "INSERTQUERY_%s_%s", insert->target.text,
                                       insert->query->from.source.text);
    const char *id = base;
    for (uint32_t i = 2; tg_catalog_query(analyzer->catalog, tg_slice_text(id)) != NULL; i++)
        id = tg_arena_printf(analyzer->arena, "%s_%u", base, i);
    *ret_query_id = id;
    return TG_OK;
}
