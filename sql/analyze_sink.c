/* What CREATE ... AS SELECT makes: the definition of its result, and the query's id. */
#include "sql/with.h"

static const struct tg_schema *make_schema(struct tg_analyzer *analyzer,
                                           const struct tg_query_analysis *analysis)
{
    struct tg_schema_column *columns =
        tg_arena_alloc_zero(analyzer->arena, analysis->output_count, sizeof *columns);
    for (uint32_t i = 0; i < analysis->output_count; i++) {
        const struct tg_output_column *output = &analysis->outputs[i];
        columns[i] = (struct tg_schema_column){.name = output->name,
                                               .type = output->expr->type,
                                               .role = output->is_key ? TG_COLUMN_KEY : TG_COLUMN_VALUE};
    }
    return tg_schema_new(analyzer->arena, columns, analysis->output_count);
}

static void take_window(const struct tg_query_analysis *analysis, struct tg_source_definition *definition)
{
    if (!analysis->is_grouped) {
        definition->window_kind = analysis->source->window_kind;
        definition->window_size_ms = analysis->source->window_size_ms;
        return;
    }
    definition->window_kind = analysis->window.kind;
    definition->window_size_ms = analysis->window.kind == TG_WINDOW_SESSION ? 0 : analysis->window.size_ms;
}

enum tg_code tg_analyze_sink(struct tg_analyzer *analyzer, const struct tg_ast_create_as *create,
                             const struct tg_query_analysis *analysis,
                             const struct tg_source_definition **ret_definition, struct tg_error *reterr)
{
    struct tg_with with;
    struct tg_with_formats defaults = {.key = &analysis->source->key_format,
                                       .value = &analysis->source->value_format,
                                       .without_key = analysis->keys.count == 0 &&
                                                      (analysis->is_grouped || analysis->is_partitioned)};
    struct tg_source_definition *definition = tg_arena_alloc_zero(analyzer->arena, 1, sizeof *definition);
    const char *prefix = analyzer->settings == NULL
                             ? NULL
                             : tg_properties_get(analyzer->settings, "ksql.output.topic.name.prefix");
    definition->name = create->name.text;
    definition->is_table = analysis->is_table;
    definition->is_query_sink = true;
    definition->statement = analyzer->statement;
    definition->schema = make_schema(analyzer, analysis);
    take_window(analysis, definition);
    TG_TRY(tg_with_read(&create->properties, TG_WITH_CREATE_AS, &with, reterr));
    if (!create->properties.given)
        with.place = create->name.place;
    const char *topic =
        tg_arena_printf(analyzer->arena, "%s%s", prefix == NULL ? "" : prefix, create->name.text);
    TG_TRY(tg_with_topic(analyzer, &with, topic, &definition->topic_spec, reterr));
    definition->topic = definition->topic_spec.name;
    definition->topic_spec.compacted = definition->is_table;
    TG_TRY(tg_with_formats(analyzer, &with, &defaults, definition, reterr));
    TG_TRY(tg_analyze_sink_schemas(analyzer, &with, definition, reterr));
    TG_TRY(tg_with_timestamp(analyzer, &with, definition, reterr));
    TG_TRY(tg_with_history(&with, definition, reterr));
    *ret_definition = definition;
    return TG_OK;
}

enum tg_code tg_analyze_query_id(struct tg_analyzer *analyzer, const struct tg_ast_create_as *create,
                                 const char **ret_query_id, struct tg_error *reterr)
{
    struct tg_with with;
    const char *kind = create->source_kind == TG_AST_SOURCE_TABLE ? "CTAS" : "CSAS";
    TG_TRY(tg_with_read(&create->properties, TG_WITH_CREATE_AS, &with, reterr));
    TG_TRY(tg_with_query_id(analyzer, &with, ret_query_id, reterr));
    if (*ret_query_id == NULL)
        *ret_query_id = tg_arena_printf(analyzer->arena, "%s_%s", kind, create->name.text);
    return TG_OK;
}
