#include "service/infer/convert.h"

#include "base/text.h"
#include "sql/formatter.h"

const char *tg_conversion_errors_topic(struct tg_arena *arena, const char *to)
{
    return tg_arena_printf(arena, "%s-errors", to);
}

static const char *column_name(const void *context, size_t index)
{
    const struct tg_inferred_half *value = context;
    return index < value->column_count ? value->columns[index].name : NULL;
}

/* Exact, else without case if that is one column only. */
static enum tg_code find_key(const struct tg_conversion *conversion,
                             const struct tg_inferred_column **ret_column, struct tg_error *reterr)
{
    const struct tg_inferred_half *value = &conversion->inference->value;
    uint32_t alike = 0;
    *ret_column = NULL;
    for (uint32_t i = 0; i < value->column_count; i++) {
        if (strcmp(value->columns[i].name, conversion->key) == 0) {
            *ret_column = &value->columns[i];
            return TG_OK;
        }
        if (tg_slice_equal_nocase(tg_slice_text(value->columns[i].name), tg_slice_text(conversion->key))) {
            *ret_column = &value->columns[i];
            alike++;
        }
    }
    if (alike == 1)
        return TG_OK;
    (void)tg_fail(reterr, TG_CODE_USAGE, "--key names '%s', but the values of topic %s have no such column",
                  conversion->key, conversion->inference->topic);
    const char *closest = tg_closest(conversion->key, column_name, value);
    return closest == NULL
               ? tg_fail_hint(reterr, "turgo infer %s lists the columns", conversion->inference->topic)
               : tg_fail_hint(reterr, "did you mean %s?", closest);
}

/* What Kafka's own serializers can write, is written by them. */
static const char *format_of_key(const struct tg_type *type)
{
    bool is_simple = type->kind == TG_TYPE_INT || type->kind == TG_TYPE_BIGINT ||
                     type->kind == TG_TYPE_DOUBLE || type->kind == TG_TYPE_STRING ||
                     type->kind == TG_TYPE_BYTES;
    return is_simple ? "KAFKA" : "JSON";
}

/* Avro's rule, the narrowest of the formats: letters, digits, underscores, no digit first. */
static const char *name_for_format(struct tg_arena *arena, const char *format, const char *name)
{
    char *result = tg_arena_text(arena, tg_slice_text(name));
    if (strcmp(format, "AVRO") != 0 && strncmp(format, "PROTOBUF", strlen("PROTOBUF")) != 0)
        return result;
    for (char *c = result; *c != '\0'; c++) {
        bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_';
        if (!is_letter && !(c > result && *c >= '0' && *c <= '9'))
            *c = '_';
    }
    return result;
}

static void write_item(const struct tg_conversion *conversion, struct tg_arena *arena, const char *name,
                       bool is_key, struct tg_buffer *out)
{
    const char *alias = name_for_format(arena, conversion->format, name);
    tg_buffer_append_text(out, is_key ? "AS_VALUE(" : "");
    tg_infer_write_name(name, true, out);
    tg_buffer_append_text(out, is_key ? ")" : "");
    if (!is_key && strcmp(alias, name) == 0)
        return;
    tg_buffer_append_text(out, " AS ");
    tg_infer_write_name(alias, true, out);
}

/* The key is what the rows are partitioned by; the value keeps it. */
static void write_select(const struct tg_conversion *conversion, struct tg_arena *arena,
                         const struct tg_inferred_column *key, struct tg_buffer *out)
{
    const struct tg_inferred_half *halves[] = {&conversion->inference->key, &conversion->inference->value};
    const char *before = "";
    tg_buffer_append_text(out, "SELECT ");
    if (key != NULL) {
        tg_infer_write_name(key->name, true, out);
        tg_buffer_append_text(out, " AS NEW_KEY");
        before = ", ";
    }
    for (size_t half = key == NULL ? 0 : 1; half < 2; half++)
        for (uint32_t i = 0; i < halves[half]->column_count; i++) {
            tg_buffer_append_text(out, before);
            write_item(conversion, arena, halves[half]->columns[i].name, &halves[half]->columns[i] == key,
                       out);
            before = ", ";
        }
}

static bool needs_names(const struct tg_conversion *conversion, struct tg_arena *arena)
{
    const struct tg_inferred_half *value = &conversion->inference->value;
    for (uint32_t i = 0; i < value->column_count; i++) {
        const char *name = value->columns[i].name;
        if (strcmp(name_for_format(arena, conversion->format, name), name) != 0)
            return true;
    }
    return false;
}

static void write_sink(const struct tg_conversion *conversion, struct tg_arena *arena,
                       const struct tg_inferred_column *key, struct tg_buffer *out)
{
    const struct tg_inferred_half *old = &conversion->inference->key;
    const char *key_format = key != NULL             ? format_of_key(key->type)
                             : old->column_count > 0 ? old->format
                                                     : NULL;
    int32_t partitions = conversion->partition_count > 0 ? conversion->partition_count
                                                         : conversion->inference->sample->partition_count;
    tg_buffer_append_text(out, " WITH (KAFKA_TOPIC = ");
    tg_format_string(tg_slice_text(conversion->to), out);
    if (key_format != NULL)
        tg_buffer_printf(out, ", KEY_FORMAT = '%s'", key_format);
    tg_buffer_printf(out, ", VALUE_FORMAT = '%s', PARTITIONS = %d", conversion->format, partitions);
    if (conversion->drop_misfits) {
        tg_buffer_append_text(out, ", ON_ERROR = 'skip')");
        return;
    }
    tg_buffer_append_text(out, ",\n    ON_ERROR = 'dead-letter', DEAD_LETTER_TOPIC = ");
    tg_format_string(tg_slice_text(tg_conversion_errors_topic(arena, conversion->to)), out);
    tg_buffer_append_text(out, ")");
}

enum tg_code tg_conversion_write_sql(const struct tg_conversion *conversion, struct tg_arena *arena,
                                     struct tg_buffer *out, struct tg_error *reterr)
{
    const char *from = tg_infer_stream_name(arena, conversion->inference->topic);
    const char *to = tg_infer_stream_name(arena, conversion->to);
    const struct tg_inferred_column *key = NULL;
    if (conversion->key != NULL)
        TG_TRY(find_key(conversion, &key, reterr));
    if (strcmp(from, to) == 0)
        to = tg_arena_printf(arena, "%s_%s", to, conversion->format);
    const struct tg_infer_sql source = {.name = from, .keep_case = true};
    tg_buffer_append_text(out, "SET 'auto.offset.reset' = 'earliest';\n\n");
    tg_infer_write_sql(conversion->inference, &source, out);
    tg_buffer_append_text(out, "\nCREATE STREAM ");
    tg_format_name(to, out);
    write_sink(conversion, arena, key, out);
    tg_buffer_append_text(out, " AS\n    ");
    if (key == NULL && !needs_names(conversion, arena))
        tg_buffer_append_text(out, "SELECT *");
    else
        write_select(conversion, arena, key, out);
    tg_buffer_append_text(out, "\n    FROM ");
    tg_format_name(from, out);
    if (key != NULL) {
        tg_buffer_append_text(out, "\n    PARTITION BY ");
        tg_infer_write_name(key->name, true, out);
    }
    tg_buffer_append_text(out, "\n    EMIT CHANGES;\n");
    return TG_OK;
}
