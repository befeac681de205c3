/* ASSERT: topics and schemas for whoever executes statements; records and sources in test scripts. */
#include "sql/session_internal.h"
#include "sql/with.h"

/* ---- ASSERT TOPIC ---- */

enum tg_code tg_compile_assert_topic(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_ast_assert_resource *resource = &compilation->statement->assert_resource;
    struct tg_assert_topic *topic = tg_arena_alloc_zero(compilation->session->arena, 1, sizeof *topic);
    *topic = (struct tg_assert_topic){.topic = resource->name.text, .not_exists = resource->not_exists};
    if (resource->timeout.given)
        topic->timeout_ms = resource->timeout.ms;
    for (uint32_t i = 0; i < resource->properties.count; i++) {
        const struct tg_ast_property *property = &resource->properties.list[i];
        struct tg_slice name = tg_slice_text(property->name.text);
        bool is_partitions = tg_slice_equal_nocase(name, tg_slice_text("PARTITIONS"));
        if (!is_partitions && !tg_slice_equal_nocase(name, tg_slice_text("REPLICAS"))) {
            (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, property->name.place,
                             "ASSERT TOPIC cannot check the property %s", property->name.text);
            return tg_fail_hint(reterr, "it checks PARTITIONS and REPLICAS");
        }
        if (property->value->kind != TG_AST_INTEGER || property->value->integer < 1 ||
            property->value->integer > INT32_MAX)
            return tg_fail_at(reterr, TG_CODE_TYPE, property->value->place, "%s is a positive number",
                              is_partitions ? "PARTITIONS" : "REPLICAS");
        *(is_partitions ? &topic->partition_count : &topic->replication_factor) =
            (int32_t)property->value->integer;
    }
    compilation->action->kind = TG_ACTION_ASSERT_TOPIC;
    compilation->action->assert_topic = topic;
    return TG_OK;
}

/* ---- ASSERT SCHEMA ---- */

enum tg_code tg_compile_assert_schema(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_ast_assert_resource *resource = &compilation->statement->assert_resource;
    const struct tg_ast_expr *id = resource->schema_id;
    struct tg_assert_schema *schema = tg_arena_alloc_zero(compilation->session->arena, 1, sizeof *schema);
    if (resource->name.text == NULL && id == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, compilation->statement->place,
                         "ASSERT SCHEMA names neither a subject nor an id");
        return tg_fail_hint(reterr, "ASSERT SCHEMA SUBJECT 'orders-value' ID 7, or one of the two");
    }
    if (id != NULL && (id->kind != TG_AST_INTEGER || id->integer < 1 || id->integer > INT32_MAX))
        return tg_fail_at(reterr, TG_CODE_TYPE, id->place, "the id of a schema is a positive number");
    *schema = (struct tg_assert_schema){.subject = resource->name.text,
                                        .id = id == NULL ? 0 : (int32_t)id->integer,
                                        .not_exists = resource->not_exists,
                                        .timeout_ms = resource->timeout.given ? resource->timeout.ms : 0};
    if (compilation->session->options.schemas.infer == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_CONFIG, compilation->statement->place,
                         "ASSERT SCHEMA asks a schema registry, and none is configured");
        return tg_fail_hint(reterr, "set schema.registry.url");
    }
    compilation->action->kind = TG_ACTION_ASSERT_SCHEMA;
    compilation->action->assert_schema = schema;
    return TG_OK;
}

/* ---- ASSERT VALUES, ASSERT NULL VALUES ---- */

enum tg_code tg_compile_assert_record(struct tg_compilation *compilation, struct tg_error *reterr)
{
    const struct tg_insert_values *values = NULL;
    TG_TRY(tg_analyze_assert_values(&compilation->analyzer, &compilation->statement->insert_values, &values,
                                    reterr));
    struct tg_insert_values *record = tg_arena_alloc_zero(compilation->session->arena, 1, sizeof *record);
    *record = *values;
    record->is_tombstone = compilation->statement->kind == TG_STATEMENT_ASSERT_TOMBSTONE;
    compilation->action->kind = TG_ACTION_ASSERT_RECORD;
    compilation->action->insert = record;
    return TG_OK;
}

/* ---- ASSERT STREAM, ASSERT TABLE ---- */

/* What is compared, as text: what is expected and what is there. */
struct aspect {
    const char *what;
    struct tg_buffer expected, actual;
};

static enum tg_code check_aspect(struct aspect *aspect, const struct tg_ast_name *name,
                                 struct tg_error *reterr)
{
    enum tg_code code = TG_OK;
    if (strcmp(tg_buffer_text(&aspect->expected), tg_buffer_text(&aspect->actual)) != 0)
        code = tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place, "the %s of %s is %s, not %s as expected",
                          aspect->what, name->text, tg_buffer_text(&aspect->actual),
                          tg_buffer_text(&aspect->expected));
    tg_buffer_done(&aspect->expected);
    tg_buffer_done(&aspect->actual);
    return code;
}

static void write_time_column(const struct tg_source_definition *definition, struct tg_buffer *out)
{
    tg_buffer_append_text(out, definition->timestamp_column == TG_SCHEMA_NONE
                                   ? "none"
                                   : definition->schema->columns[definition->timestamp_column].name);
}

static void write_wrapping(const struct tg_plan_format *format, struct tg_buffer *out)
{
    tg_buffer_append_text(out, format->unwrapped ? "unwrapped" : "wrapped");
}

static void write_window(const struct tg_source_definition *definition, struct tg_buffer *out)
{
    static const char *const names[] = {"none", "TUMBLING", "HOPPING", "SESSION"};
    tg_buffer_printf(out, "%s %lld ms", names[definition->window_kind],
                     (long long)definition->window_size_ms);
}

static void write_schema(const struct tg_source_definition *definition, struct tg_buffer *out)
{
    tg_schema_write(definition->schema, out);
}

static void write_kind(const struct tg_source_definition *definition, struct tg_buffer *out)
{
    tg_buffer_append_text(out, definition->is_table ? "TABLE" : "STREAM");
}

static void write_topic(const struct tg_source_definition *definition, struct tg_buffer *out)
{
    tg_buffer_append_text(out, definition->topic);
}

static void write_key_format(const struct tg_source_definition *definition, struct tg_buffer *out)
{
    tg_buffer_append_text(out, definition->key_format.name);
}

static void write_value_format(const struct tg_source_definition *definition, struct tg_buffer *out)
{
    tg_buffer_append_text(out, definition->value_format.name);
}

static void write_value_wrapping(const struct tg_source_definition *definition, struct tg_buffer *out)
{
    write_wrapping(&definition->value_format, out);
}

static void write_time_format(const struct tg_source_definition *definition, struct tg_buffer *out)
{
    tg_buffer_append_text(out, definition->timestamp_format == NULL ? "none" : definition->timestamp_format);
}

static const struct aspect_row {
    const char *what;
    void (*write)(const struct tg_source_definition *definition, struct tg_buffer *out);
} aspect_rows[] = {
    {"type", write_kind},
    {"schema", write_schema},
    {"kafka topic", write_topic},
    {"key format", write_key_format},
    {"value format", write_value_format},
    {"value wrapping", write_value_wrapping},
    {"timestamp column", write_time_column},
    {"timestamp format", write_time_format},
    {"window", write_window},
};

enum tg_code tg_compile_assert_source(struct tg_compilation *compilation, struct tg_error *reterr)
{
    struct tg_ast_create_source expectation = compilation->statement->create_source;
    const struct tg_source_definition *actual = NULL;
    const struct tg_source_definition *expected = NULL;
    TG_TRY(tg_catalog_find(compilation->session->catalog, &expectation.name, &actual,
                           &compilation->analyzer.follows, reterr));
    expectation.or_replace = true; /* the name is taken, of course */
    compilation->analyzer.any_format = true;
    TG_TRY(tg_analyze_create_source(&compilation->analyzer, &expectation, &expected, reterr));
    for (size_t i = 0; i < sizeof aspect_rows / sizeof aspect_rows[0]; i++) {
        struct aspect aspect = {.what = aspect_rows[i].what};
        aspect_rows[i].write(expected, &aspect.expected);
        aspect_rows[i].write(actual, &aspect.actual);
        TG_TRY(check_aspect(&aspect, &expectation.name, reterr));
    }
    return TG_OK;
}
