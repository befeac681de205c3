/* Columns that a schema registry knows: CREATE without them, and schemas that a statement names by id. */
#include "plan/format_info.h"
#include "sql/with.h"

static bool has_registry(const struct tg_plan_format *format)
{
    const struct tg_format_info *info = tg_format_info_find(tg_slice_text(format->name));
    return info != NULL && (info->flags & TG_FORMAT_INFO_REGISTRY) != 0;
}

static bool is_of(const struct tg_schema_column *column, bool is_key)
{
    return column->role == (is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE);
}

static uint32_t count_of(const struct tg_schema *schema, bool is_key)
{
    return tg_schema_count_role(schema, is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE);
}

TG_MUST_CHECK static enum tg_code ask(struct tg_analyzer *analyzer, const struct tg_schema_request *request,
                                      struct tg_place place, const struct tg_type **ret_type,
                                      struct tg_error *reterr)
{
    const struct tg_session_schemas *schemas = &analyzer->options->schemas;
    if (schemas->infer == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_CONFIG, place,
                         "the %s columns come from a schema registry, and none is configured",
                         request->is_key ? "key" : "value");
        return tg_fail_hint(reterr, "set schema.registry.url, or list the columns");
    }
    enum tg_code code = schemas->infer(schemas->context, request, analyzer->arena, ret_type, reterr);
    if (code == TG_OK)
        return TG_OK;
    reterr->place = place;
    return code;
}

/* The columns of one half that the registry knows. */
struct inferred {
    struct tg_schema_column *columns;
    uint32_t count;
};

/* A bare value is one column; its name says which half it is. */
static void take_type(struct tg_analyzer *analyzer, const struct tg_schema_request *request,
                      const struct tg_type *type, struct inferred *ret_inferred)
{
    bool bare = request->format->unwrapped || type->kind != TG_TYPE_STRUCT;
    enum tg_column_role role = request->is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE;
    uint32_t count = bare ? 1 : type->field_count;
    ret_inferred->columns = tg_arena_alloc_zero(analyzer->arena, count + 1, sizeof *ret_inferred->columns);
    ret_inferred->count = count;
    for (uint32_t i = 0; i < count && !bare; i++)
        ret_inferred->columns[i] = (struct tg_schema_column){
            .name = type->fields[i].name, .type = type->fields[i].type, .role = role};
    if (bare)
        ret_inferred->columns[0] = (struct tg_schema_column){
            .name = request->is_key ? "ROWKEY" : "ROWVAL", .type = type, .role = role};
}

/* Keys that a registry knows are bare where the format can be; values as WRAP_SINGLE_VALUE says. */
TG_MUST_CHECK static enum tg_code read_wrapped(struct tg_analyzer *analyzer, const struct tg_with *with,
                                               bool is_key, struct tg_plan_format *format,
                                               struct tg_error *reterr)
{
    const struct tg_format_info *info = tg_format_info_find(tg_slice_text(format->name));
    const char *preset = analyzer->settings == NULL
                             ? NULL
                             : tg_properties_get(analyzer->settings, "ksql.persistence.wrap.single.values");
    bool wrapped = preset == NULL || !tg_slice_equal_nocase(tg_slice_text(preset), tg_slice_text("false"));
    if (with->given[TG_WITH_WRAP_SINGLE_VALUE] != NULL)
        TG_TRY(tg_with_boolean(with, TG_WITH_WRAP_SINGLE_VALUE, &wrapped, reterr));
    format->unwrapped = (info->flags & TG_FORMAT_INFO_UNWRAP) != 0 && (is_key || !wrapped);
    return TG_OK;
}

/* The half's columns, if they are not declared and the format's schemas are in a registry. */
TG_MUST_CHECK static enum tg_code infer_half(struct tg_analyzer *analyzer, const struct tg_with *with,
                                             const struct tg_source_definition *definition, bool is_key,
                                             struct inferred *ret_inferred, struct tg_error *reterr)
{
    enum tg_with_id id = is_key ? TG_WITH_KEY_SCHEMA_ID : TG_WITH_VALUE_SCHEMA_ID;
    bool declared = count_of(definition->schema, is_key) > 0;
    struct tg_plan_format format = {0};
    const struct tg_type *type = NULL;
    TG_TRY(tg_with_schema_format(analyzer, with, is_key, &format, reterr));
    if (declared && with->given[id] != NULL) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, with->given[id]->name.place,
                         "columns are listed and %s names a schema that has them: both cannot be",
                         tg_with_name(id));
        return tg_fail_hint(reterr, "leave out the %s columns or %s", is_key ? "key" : "value",
                            tg_with_name(id));
    }
    if (declared || !has_registry(&format))
        return TG_OK;
    TG_TRY(read_wrapped(analyzer, with, is_key, &format, reterr));
    const struct tg_schema_request request = {
        .topic = definition->topic, .is_key = is_key, .format = &format};
    TG_TRY(ask(analyzer, &request, with->given[id] != NULL ? tg_with_place(with, id) : with->place, &type,
               reterr));
    take_type(analyzer, &request, type, ret_inferred);
    return TG_OK;
}

/* No name twice. */
TG_MUST_CHECK static enum tg_code check_names(const struct tg_with *with, const struct tg_schema *schema,
                                              struct tg_error *reterr)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        if (tg_name_is_reserved(schema->columns[i].name))
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, with->place,
                              "the schema has a member '%s', which is a reserved name: no column can have it",
                              schema->columns[i].name);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(schema->columns[i].name, schema->columns[j].name) == 0)
                return tg_fail_at(reterr, TG_CODE_DUPLICATE_NAME, with->place,
                                  "two columns would be named `%s`: of the schemas of key and value, or of "
                                  "members that differ only in case",
                                  schema->columns[i].name);
    }
    return TG_OK;
}

enum tg_code tg_analyze_inferred(struct tg_analyzer *analyzer, const struct tg_with *with,
                                 struct tg_source_definition *definition, struct tg_error *reterr)
{
    struct inferred keys = {0};
    struct inferred values = {0};
    TG_TRY(infer_half(analyzer, with, definition, true, &keys, reterr));
    TG_TRY(infer_half(analyzer, with, definition, false, &values, reterr));
    if (keys.count + values.count == 0)
        return TG_OK;
    const struct tg_schema *declared = definition->schema;
    uint32_t total = declared->count + keys.count + values.count;
    struct tg_schema_column *columns = tg_arena_alloc_zero(analyzer->arena, total, sizeof *columns);
    uint32_t count = 0;
    for (int half = 0; half < 2; half++) {
        const struct inferred *inferred = half == 0 ? &keys : &values;
        for (uint32_t i = 0; i < inferred->count; i++)
            columns[count++] = inferred->columns[i];
        for (uint32_t i = 0; i < declared->count; i++)
            if (is_of(&declared->columns[i], half == 0))
                columns[count++] = declared->columns[i];
    }
    for (uint32_t i = 0; i < declared->count; i++)
        if (!is_of(&declared->columns[i], true) && !is_of(&declared->columns[i], false))
            columns[count++] = declared->columns[i];
    definition->schema = tg_schema_new(analyzer->arena, columns, count);
    return check_names(with, definition->schema, reterr);
}

/* ---- what queries write ---- */

static void list_changed(const struct tg_schema_column *columns, uint32_t count,
                         const struct inferred *inferred, struct tg_buffer *out)
{
    bool first = true;
    for (uint32_t i = 0; i < count; i++) {
        if (i < inferred->count && strcmp(columns[i].name, inferred->columns[i].name) == 0 &&
            tg_type_equal(columns[i].type, inferred->columns[i].type))
            continue;
        tg_buffer_printf(out, "%s`%s` ", first ? "" : ", ", columns[i].name);
        tg_type_write(columns[i].type, out);
        first = false;
    }
}

static void list_columns(const struct inferred *inferred, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < inferred->count; i++) {
        tg_buffer_printf(out, "%s`%s` ", i == 0 ? "" : ", ", inferred->columns[i].name);
        tg_type_write(inferred->columns[i].type, out);
    }
}

/* Are the half's columns the first ones of the schema that the statement names? */
TG_MUST_CHECK static enum tg_code check_half(struct tg_analyzer *analyzer, const struct tg_with *with,
                                             const struct tg_source_definition *definition, bool is_key,
                                             struct tg_error *reterr)
{
    enum tg_with_id id = is_key ? TG_WITH_KEY_SCHEMA_ID : TG_WITH_VALUE_SCHEMA_ID;
    const struct tg_plan_format *format = is_key ? &definition->key_format : &definition->value_format;
    uint32_t count = count_of(definition->schema, is_key);
    const struct tg_type *type = NULL;
    struct inferred inferred = {0};
    struct tg_buffer changed = {0};
    struct tg_buffer columns = {0};
    if (with->given[id] == NULL || count == 0)
        return TG_OK;
    const struct tg_schema_request request = {.topic = definition->topic, .is_key = is_key, .format = format};
    TG_TRY(ask(analyzer, &request, tg_with_place(with, id), &type, reterr));
    take_type(analyzer, &request, type, &inferred);
    int32_t first = tg_schema_find_role(definition->schema, is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE);
    list_changed(&definition->schema->columns[first], count, &inferred, &changed);
    list_columns(&inferred, &columns);
    enum tg_code code = TG_OK;
    if (changed.length > 0)
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, id),
                          "the %s columns [%s] are not in the schema as the query has them (changed, missing "
                          "or in another order): the schema of the schema registry has [%s]",
                          is_key ? "key" : "value", tg_buffer_text(&changed), tg_buffer_text(&columns));
    tg_buffer_done(&changed);
    tg_buffer_done(&columns);
    return code;
}

enum tg_code tg_analyze_sink_schemas(struct tg_analyzer *analyzer, const struct tg_with *with,
                                     const struct tg_source_definition *definition, struct tg_error *reterr)
{
    TG_TRY(check_half(analyzer, with, definition, true, reterr));
    return check_half(analyzer, with, definition, false, reterr);
}

/* ---- making schemas known ---- */

TG_MUST_CHECK static enum tg_code declare_half(struct tg_analyzer *analyzer,
                                               const struct tg_source_definition *definition, bool is_key,
                                               struct tg_place place, struct tg_error *reterr)
{
    const struct tg_session_schemas *schemas = &analyzer->options->schemas;
    const struct tg_plan_format *format = is_key ? &definition->key_format : &definition->value_format;
    uint32_t count = count_of(definition->schema, is_key);
    if (count == 0 || !has_registry(format))
        return TG_OK;
    if (schemas->declare == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_CONFIG, place,
                         "the format %s keeps its schemas in a schema registry, and none is configured",
                         format->name);
        return tg_fail_hint(reterr, "set schema.registry.url");
    }
    int32_t first = tg_schema_find_role(definition->schema, is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE);
    const struct tg_schema_request request = {.topic = definition->topic,
                                              .is_key = is_key,
                                              .format = format,
                                              .if_absent = !definition->is_query_sink};
    enum tg_code code =
        schemas->declare(schemas->context, &request, &definition->schema->columns[first], count, reterr);
    if (code != TG_OK)
        reterr->place = place;
    return code;
}

enum tg_code tg_analyze_declare_schemas(struct tg_analyzer *analyzer,
                                        const struct tg_source_definition *definition, struct tg_place place,
                                        struct tg_error *reterr)
{
    TG_TRY(declare_half(analyzer, definition, true, place, reterr));
    return declare_half(analyzer, definition, false, place, reterr);
}
