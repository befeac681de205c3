/* Topics, formats and times that properties describe, with all checks that need no Kafka. */
#include "base/text.h"
#include "data/time.h"
#include "plan/format_info.h"
#include "sql/with.h"

static const char *setting(const struct tg_analyzer *analyzer, const char *name)
{
    return analyzer->settings == NULL ? NULL : tg_properties_get(analyzer->settings, name);
}

/* ---- topic ---- */

enum tg_code tg_with_topic(struct tg_analyzer *analyzer, const struct tg_with *with, const char *default_name,
                           struct tg_plan_topic *ret_topic, struct tg_error *reterr)
{
    struct tg_slice name = tg_slice_text(default_name);
    int64_t partitions = 0;
    int64_t replicas = -1;
    *ret_topic = (struct tg_plan_topic){.retention_ms = -2};
    if (with->given[TG_WITH_CLEANUP_POLICY] != NULL) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, with->given[TG_WITH_CLEANUP_POLICY]->name.place,
                         "CLEANUP_POLICY cannot be set: a stream's topic is deleted by time, a table's topic "
                         "is compacted");
        return tg_fail_hint(reterr, "leave it out");
    }
    if (with->given[TG_WITH_KAFKA_TOPIC] != NULL)
        TG_TRY(tg_with_text(with, TG_WITH_KAFKA_TOPIC, &name, reterr));
    if (name.length == 0)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, TG_WITH_KAFKA_TOPIC),
                          "KAFKA_TOPIC is empty");
    if (with->given[TG_WITH_PARTITIONS] != NULL)
        TG_TRY(tg_with_integer(with, TG_WITH_PARTITIONS, (struct tg_with_bounds){1, 1000000}, &partitions,
                               reterr));
    if (with->given[TG_WITH_REPLICAS] != NULL)
        TG_TRY(tg_with_integer(with, TG_WITH_REPLICAS, (struct tg_with_bounds){-1, INT16_MAX}, &replicas,
                               reterr));
    if (with->given[TG_WITH_RETENTION_MS] != NULL)
        TG_TRY(tg_with_integer(with, TG_WITH_RETENTION_MS, (struct tg_with_bounds){-1, INT64_MAX},
                               &ret_topic->retention_ms, reterr));
    ret_topic->name = tg_arena_text(analyzer->arena, name);
    ret_topic->partition_count = (int32_t)partitions;
    ret_topic->replication_factor = replicas == 0 ? -1 : (int32_t)replicas;
    return TG_OK;
}

/* ---- formats ---- */

static const char *format_name_at(const void *context, size_t index)
{
    (void)context;
    const struct tg_format_info *info = tg_format_info_at(index);
    return info == NULL ? NULL : info->name;
}

TG_MUST_CHECK static enum tg_code find_format(const struct tg_analyzer *analyzer, struct tg_slice name,
                                              struct tg_place place, const struct tg_format_info **ret_info,
                                              struct tg_error *reterr)
{
    *ret_info = tg_format_info_find(name);
    if (*ret_info == NULL) {
        (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, place, "there is no format %.*s",
                         TG_SLICE_FORMAT(name));
        char word[64];
        size_t length = name.length < sizeof word ? name.length : sizeof word - 1;
        memcpy(word, name.data, length);
        word[length] = '\0';
        const char *closest = tg_closest(word, format_name_at, NULL);
        return closest != NULL
                   ? tg_fail_hint(reterr, "did you mean %s?", closest)
                   : tg_fail_hint(reterr, "the formats are JSON, JSON_SR, KAFKA, DELIMITED and NONE");
    }
    if (((*ret_info)->flags & TG_FORMAT_INFO_EXECUTED) == 0 && !analyzer->any_format) {
        (void)tg_fail_at(reterr, TG_CODE_UNSUPPORTED, place, "the format %s is not supported by this version",
                         (*ret_info)->name);
        return tg_fail_hint(reterr, "use JSON, KAFKA, DELIMITED or NONE");
    }
    return TG_OK;
}

/* The key's or the value's side of a definition. */
struct side {
    bool is_key;
    enum tg_with_id format_id;
    enum tg_with_id delimiter_id;
    const char *setting_name;
    const char *fallback;
    const struct tg_plan_format *inherited;
    uint32_t count; /* of the columns */
    const struct tg_schema_column *columns;
};

TG_MUST_CHECK static enum tg_code choose_format(struct tg_analyzer *analyzer, const struct tg_with *with,
                                                const struct side *side,
                                                const struct tg_format_info **ret_info,
                                                struct tg_error *reterr)
{
    enum tg_with_id id = with->given[TG_WITH_FORMAT] != NULL ? TG_WITH_FORMAT : side->format_id;
    if (with->given[TG_WITH_FORMAT] != NULL && with->given[side->format_id] != NULL) {
        (void)tg_fail_at(
            reterr, TG_CODE_ANALYSIS, with->given[side->format_id]->name.place,
            "'%s' and 'FORMAT' cannot both be given: 'FORMAT' stands for the formats of key and value",
            tg_with_name(side->format_id));
        return tg_fail_hint(reterr, "use either FORMAT, or KEY_FORMAT and VALUE_FORMAT");
    }
    struct tg_slice name = {0};
    if (with->given[id] != NULL) {
        TG_TRY(tg_with_text(with, id, &name, reterr));
        return find_format(analyzer, name, tg_with_place(with, id), ret_info, reterr);
    }
    const char *preset = setting(analyzer, side->setting_name);
    bool keyless_source =
        side->inherited != NULL && strcmp(side->inherited->name, "NONE") == 0 && side->count > 0;
    if (side->inherited != NULL && !keyless_source)
        name = tg_slice_text(side->inherited->name);
    else
        name = tg_slice_text(preset != NULL ? preset : side->fallback);
    if (name.length == 0) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, with->place, "the property '%s' is missing",
                         tg_with_name(side->format_id));
        return tg_fail_hint(reterr, "add %s='JSON' to the WITH clause, or set a default: SET '%s'='JSON'",
                            tg_with_name(side->format_id), side->setting_name);
    }
    return find_format(analyzer, name, with->place, ret_info, reterr);
}

TG_MUST_CHECK static enum tg_code read_delimiter(const struct tg_with *with, const struct side *side,
                                                 const struct tg_format_info *info,
                                                 struct tg_plan_format *format, struct tg_error *reterr)
{
    if (with->given[side->delimiter_id] == NULL) {
        bool same = side->inherited != NULL && strcmp(side->inherited->name, info->name) == 0;
        format->delimiter = same ? side->inherited->delimiter : 0;
        format->nullable = same ? side->inherited->nullable : TG_NULLABLE_NEVER;
        return TG_OK;
    }
    struct tg_slice text = {0};
    struct tg_place place = tg_with_place(with, side->delimiter_id);
    TG_TRY(tg_with_text(with, side->delimiter_id, &text, reterr));
    if ((info->flags & TG_FORMAT_INFO_DELIMITER) == 0)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "the format %s has no delimiter, so %s does not fit", info->name,
                          tg_with_name(side->delimiter_id));
    if (tg_slice_equal_nocase(text, tg_slice_text("SPACE"))) {
        format->delimiter = ' ';
    } else if (tg_slice_equal_nocase(text, tg_slice_text("TAB"))) {
        format->delimiter = '\t';
    } else if (text.length == 1 && text.data[0] > ' ' && text.data[0] < 0x7f) {
        format->delimiter = (char)text.data[0];
    } else {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                         "%s is '%.*s', but a delimiter is a single character, TAB or SPACE",
                         tg_with_name(side->delimiter_id), TG_SLICE_FORMAT(text));
        return tg_fail_hint(reterr, "a semicolon is written ';', a space 'SPACE' and a tabulator 'TAB'");
    }
    return TG_OK;
}

static void write_columns(const struct side *side, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < side->count; i++) {
        tg_buffer_printf(out, "%s`%s` ", i == 0 ? "" : ", ", side->columns[i].name);
        tg_type_write(side->columns[i].type, out);
    }
}

bool tg_type_holds_map(const struct tg_type *type)
{
    if (type->kind == TG_TYPE_MAP)
        return true;
    if (type->kind == TG_TYPE_ARRAY)
        return tg_type_holds_map(type->element);
    for (uint32_t i = 0; type->kind == TG_TYPE_STRUCT && i < type->field_count; i++)
        if (tg_type_holds_map(type->fields[i].type))
            return true;
    return false;
}

TG_MUST_CHECK static enum tg_code check_map_keys(const struct side *side, struct tg_place place,
                                                 struct tg_error *reterr)
{
    for (uint32_t i = 0; side->is_key && i < side->count; i++) {
        if (!tg_type_holds_map(side->columns[i].type))
            continue;
        struct tg_buffer text = {0};
        tg_type_write(side->columns[i].type, &text);
        (void)tg_fail_at(
            reterr, TG_CODE_TYPE, place,
            "the key column `%s` is %s, but a key must not hold a MAP: equal maps may have different bytes",
            side->columns[i].name, tg_buffer_text(&text));
        tg_buffer_done(&text);
        return tg_fail_hint(reterr, "use single entries of the map as key columns, such as m['id']");
    }
    return TG_OK;
}

/* The innermost type that the format cannot hold, for the message. */
static const char *refused_kind(const struct tg_format_info *info, const struct tg_type *type)
{
    if (!tg_type_is_nested(type) || (info->flags & TG_FORMAT_INFO_NESTED) == 0)
        return tg_type_kind_name(type->kind);
    return "MAP types whose keys are not STRING";
}

TG_MUST_CHECK static enum tg_code check_types(const struct tg_format_info *info, const struct side *side,
                                              struct tg_place place, struct tg_error *reterr)
{
    const char *what = side->is_key ? "key" : "value";
    struct tg_buffer columns = {0};
    uint32_t refused = tg_format_info_refused(info, side->columns, side->count);
    bool too_many = side->count > 1 && (info->flags & TG_FORMAT_INFO_MULTI_COLUMN) == 0;
    if (refused == side->count)
        return TG_OK;
    write_columns(side, &columns);
    if (info->type_kinds == 0) {
        (void)tg_fail_at(reterr, TG_CODE_TYPE, place, "the format '%s' holds no columns, but the %s has %s",
                         info->name, what, tg_buffer_text(&columns));
    } else if (too_many && refused > 0) {
        (void)tg_fail_at(reterr, TG_CODE_TYPE, place,
                         "the format '%s' of the %s holds a single column, but there are %s", info->name,
                         what, tg_buffer_text(&columns));
    } else {
        const struct side one = {.count = 1, .columns = &side->columns[refused]};
        tg_buffer_clear(&columns);
        write_columns(&one, &columns);
        (void)tg_fail_at(reterr, TG_CODE_TYPE, place, "the format '%s' of the %s cannot hold %s: column %s",
                         info->name, what, refused_kind(info, side->columns[refused].type),
                         tg_buffer_text(&columns));
    }
    tg_buffer_done(&columns);
    return tg_fail_hint(reterr, "%s='JSON' holds them", side->is_key ? "KEY_FORMAT" : "VALUE_FORMAT");
}

TG_MUST_CHECK static enum tg_code read_side(struct tg_analyzer *analyzer, const struct tg_with *with,
                                            const struct side *side, struct tg_plan_format *format,
                                            struct tg_error *reterr)
{
    const struct tg_format_info *info = NULL;
    TG_TRY(choose_format(analyzer, with, side, &info, reterr));
    enum tg_with_id id = with->given[TG_WITH_FORMAT] != NULL ? TG_WITH_FORMAT : side->format_id;
    struct tg_place place = tg_with_place(with, id);
    format->name = info->name;
    TG_TRY(read_delimiter(with, side, info, format, reterr));
    TG_TRY(check_map_keys(side, place, reterr));
    TG_TRY(check_types(info, side, place, reterr));
    enum { CHOICE = TG_FORMAT_INFO_WRAP | TG_FORMAT_INFO_UNWRAP };
    format->unwrapped = side->is_key && side->count == 1 && (info->flags & CHOICE) == CHOICE;
    return TG_OK;
}

/* WRAP_SINGLE_VALUE, or the setting, or wrapped. */
TG_MUST_CHECK static enum tg_code read_wrapping(struct tg_analyzer *analyzer, const struct tg_with *with,
                                                const struct side *side, struct tg_plan_format *format,
                                                struct tg_error *reterr)
{
    const struct tg_format_info *info = tg_format_info_find(tg_slice_text(format->name));
    bool can_wrap = (info->flags & TG_FORMAT_INFO_WRAP) != 0;
    bool can_unwrap = (info->flags & TG_FORMAT_INFO_UNWRAP) != 0;
    if (with->given[TG_WITH_WRAP_SINGLE_VALUE] == NULL) {
        const char *preset = setting(analyzer, "ksql.persistence.wrap.single.values");
        format->unwrapped = side->count == 1 && can_wrap && can_unwrap && preset != NULL &&
                            tg_slice_equal_nocase(tg_slice_text(preset), tg_slice_text("false"));
        return TG_OK;
    }
    bool wrap = false;
    struct tg_place place = tg_with_place(with, TG_WITH_WRAP_SINGLE_VALUE);
    TG_TRY(tg_with_boolean(with, TG_WITH_WRAP_SINGLE_VALUE, &wrap, reterr));
    if (wrap ? !can_wrap : !can_unwrap)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "the format '%s' cannot have 'WRAP_SINGLE_VALUE' set to '%s'", info->name,
                          wrap ? "true" : "false");
    if (side->count != 1)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, place,
                          "'WRAP_SINGLE_VALUE' is for values of a single column, but there are %u",
                          side->count);
    format->unwrapped = !wrap && can_wrap;
    return TG_OK;
}

/* Properties of one half's schema. */
struct schema_ids {
    enum tg_with_id schema_id, full_name, older_name, nullable;
};
static const struct schema_ids key_schema = {TG_WITH_KEY_SCHEMA_ID, TG_WITH_KEY_SCHEMA_FULL_NAME,
                                             TG_WITH_KEY_SCHEMA_FULL_NAME, TG_WITH_KEY_PROTOBUF_NULLABLE};
static const struct schema_ids value_schema = {TG_WITH_VALUE_SCHEMA_ID, TG_WITH_VALUE_SCHEMA_FULL_NAME,
                                               TG_WITH_VALUE_AVRO_SCHEMA_FULL_NAME,
                                               TG_WITH_VALUE_PROTOBUF_NULLABLE};

/* Do the format's schemas have what the property says? */
TG_MUST_CHECK static enum tg_code check_fits(const struct tg_with *with, enum tg_with_id id,
                                             const struct tg_plan_format *format, struct tg_error *reterr)
{
    const struct tg_format_info *info = tg_format_info_find(tg_slice_text(format->name));
    bool is_key = id == TG_WITH_KEY_SCHEMA_ID || id == TG_WITH_KEY_SCHEMA_FULL_NAME ||
                  id == TG_WITH_KEY_PROTOBUF_NULLABLE;
    bool is_nullable = id == TG_WITH_KEY_PROTOBUF_NULLABLE || id == TG_WITH_VALUE_PROTOBUF_NULLABLE;
    bool is_full_name = id != TG_WITH_KEY_SCHEMA_ID && id != TG_WITH_VALUE_SCHEMA_ID && !is_nullable;
    bool is_protobuf = strncmp(info->name, "PROTOBUF", 8) == 0;
    bool is_avro_only = id == TG_WITH_VALUE_AVRO_SCHEMA_FULL_NAME && strcmp(info->name, "AVRO") != 0;
    bool fits = is_nullable    ? is_protobuf
                : is_full_name ? (info->flags & TG_FORMAT_INFO_REGISTRY) != 0 && !is_avro_only
                               : (info->flags & TG_FORMAT_INFO_REGISTRY) != 0;
    if (with->given[id] == NULL || fits)
        return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, with->given[id]->name.place,
                     "%s does not fit the %s %s: it says something about %s", tg_with_name(id),
                     is_key ? "KEY_FORMAT" : "VALUE_FORMAT", info->name,
                     is_nullable    ? "messages of PROTOBUF"
                     : is_full_name ? "the name of a record in a schema of a schema registry"
                                    : "a schema of a schema registry, which the format does not support");
    return tg_fail_hint(reterr, "leave it out");
}

TG_MUST_CHECK static enum tg_code read_full_name(struct tg_analyzer *analyzer, const struct tg_with *with,
                                                 const struct schema_ids *ids, struct tg_plan_format *format,
                                                 struct tg_error *reterr)
{
    bool older = with->given[ids->older_name] != NULL;
    if (ids->older_name != ids->full_name && older && with->given[ids->full_name] != NULL)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, with->given[ids->older_name]->name.place,
                          "%s and %s cannot both be given: they say the same", tg_with_name(ids->older_name),
                          tg_with_name(ids->full_name));
    enum tg_with_id id = older ? ids->older_name : ids->full_name;
    struct tg_slice name = {0};
    if (with->given[id] == NULL)
        return TG_OK;
    TG_TRY(tg_with_text(with, id, &name, reterr));
    while (name.length > 0 && name.data[0] == ' ')
        name = tg_slice_of(name.data + 1, name.length - 1);
    if (name.length == 0)
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, id), "%s is empty: it names a record",
                          tg_with_name(id));
    format->full_name = tg_arena_text(analyzer->arena, name);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_nullable(const struct tg_with *with, enum tg_with_id id,
                                                struct tg_plan_format *format, struct tg_error *reterr)
{
    struct tg_slice text = {0};
    if (with->given[id] == NULL)
        return TG_OK;
    TG_TRY(tg_with_text(with, id, &text, reterr));
    if (tg_slice_equal_nocase(text, tg_slice_text("OPTIONAL")))
        format->nullable = TG_NULLABLE_OPTIONAL;
    else if (tg_slice_equal_nocase(text, tg_slice_text("WRAPPER")))
        format->nullable = TG_NULLABLE_WRAPPER;
    else
        return tg_fail_at(reterr, TG_CODE_ANALYSIS, tg_with_place(with, id),
                          "%s is '%.*s', but fields that may be null are OPTIONAL or a WRAPPER",
                          tg_with_name(id), TG_SLICE_FORMAT(text));
    return TG_OK;
}

/* Schema id, full name and nullable fields of a format whose name is known. */
TG_MUST_CHECK static enum tg_code read_schema_properties(struct tg_analyzer *analyzer,
                                                         const struct tg_with *with, bool is_key,
                                                         struct tg_plan_format *format,
                                                         struct tg_error *reterr)
{
    const struct schema_ids *ids = is_key ? &key_schema : &value_schema;
    int64_t id = 0;
    TG_TRY(check_fits(with, ids->schema_id, format, reterr));
    TG_TRY(check_fits(with, ids->full_name, format, reterr));
    TG_TRY(check_fits(with, ids->older_name, format, reterr));
    TG_TRY(check_fits(with, ids->nullable, format, reterr));
    if (with->given[ids->schema_id] != NULL)
        TG_TRY(tg_with_integer(with, ids->schema_id, (struct tg_with_bounds){1, INT32_MAX}, &id, reterr));
    format->schema_id = (int32_t)id;
    TG_TRY(read_full_name(analyzer, with, ids, format, reterr));
    return read_nullable(with, ids->nullable, format, reterr);
}

/* Columns of a role: they stand together in a definition's schema. */
static void take_columns(const struct tg_schema *schema, enum tg_column_role role, struct side *side)
{
    int32_t first = tg_schema_find_role(schema, role);
    side->count = tg_schema_count_role(schema, role);
    side->columns = first == TG_SCHEMA_NONE ? NULL : &schema->columns[first];
}

static const struct side key_side = {.is_key = true,
                                     .format_id = TG_WITH_KEY_FORMAT,
                                     .delimiter_id = TG_WITH_KEY_DELIMITER,
                                     .setting_name = "ksql.persistence.default.format.key",
                                     .fallback = "KAFKA"};
static const struct side value_side = {.format_id = TG_WITH_VALUE_FORMAT,
                                       .delimiter_id = TG_WITH_VALUE_DELIMITER,
                                       .setting_name = "ksql.persistence.default.format.value",
                                       .fallback = ""};

enum tg_code tg_with_schema_format(struct tg_analyzer *analyzer, const struct tg_with *with, bool is_key,
                                   struct tg_plan_format *ret_format, struct tg_error *reterr)
{
    const struct tg_format_info *info = NULL;
    TG_TRY(choose_format(analyzer, with, is_key ? &key_side : &value_side, &info, reterr));
    ret_format->name = info->name;
    return read_schema_properties(analyzer, with, is_key, ret_format, reterr);
}

enum tg_code tg_with_formats(struct tg_analyzer *analyzer, const struct tg_with *with,
                             const struct tg_with_formats *defaults, struct tg_source_definition *definition,
                             struct tg_error *reterr)
{
    struct side key = key_side;
    struct side value = value_side;
    key.inherited = defaults->key;
    value.inherited = defaults->value;
    static const struct tg_plan_format none = {.name = "NONE"};
    take_columns(definition->schema, TG_COLUMN_KEY, &key);
    take_columns(definition->schema, TG_COLUMN_VALUE, &value);
    if (defaults->without_key) {
        key.inherited = &none;
        if (with->given[TG_WITH_KEY_FORMAT] != NULL)
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, with->given[TG_WITH_KEY_FORMAT]->name.place,
                              "KEY_FORMAT is given for a stream without key columns");
    }
    TG_TRY(read_side(analyzer, with, &key, &definition->key_format, reterr));
    TG_TRY(read_side(analyzer, with, &value, &definition->value_format, reterr));
    TG_TRY(read_schema_properties(analyzer, with, true, &definition->key_format, reterr));
    TG_TRY(read_schema_properties(analyzer, with, false, &definition->value_format, reterr));
    return read_wrapping(analyzer, with, &value, &definition->value_format, reterr);
}

/* ---- time ---- */

static const char *column_name_at(const void *context, size_t index)
{
    const struct tg_schema *schema = context;
    return index < schema->count ? schema->columns[index].name : NULL;
}

TG_MUST_CHECK static enum tg_code read_time_format(struct tg_analyzer *analyzer, const struct tg_with *with,
                                                   const char **ret_format, struct tg_error *reterr)
{
    struct tg_slice text = {0};
    const struct tg_time_format *compiled = NULL;
    *ret_format = NULL;
    if (with->given[TG_WITH_TIMESTAMP_FORMAT] == NULL)
        return TG_OK;
    TG_TRY(tg_with_text(with, TG_WITH_TIMESTAMP_FORMAT, &text, reterr));
    enum tg_code code = tg_time_format_compile(analyzer->arena, text, &compiled, reterr);
    if (code != TG_OK) {
        (void)tg_fail_context(reterr, "TIMESTAMP_FORMAT");
        reterr->place = tg_with_place(with, TG_WITH_TIMESTAMP_FORMAT);
        return code;
    }
    *ret_format = tg_arena_text(analyzer->arena, text);
    return TG_OK;
}

enum tg_code tg_with_timestamp(struct tg_analyzer *analyzer, const struct tg_with *with,
                               struct tg_source_definition *definition, struct tg_error *reterr)
{
    const char *name = NULL;
    definition->timestamp_column = TG_SCHEMA_NONE;
    TG_TRY(read_time_format(analyzer, with, &definition->timestamp_format, reterr));
    if (with->given[TG_WITH_TIMESTAMP] == NULL) {
        if (definition->timestamp_format == NULL)
            return TG_OK;
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, with->given[TG_WITH_TIMESTAMP_FORMAT]->name.place,
                         "TIMESTAMP_FORMAT is given without TIMESTAMP");
        return tg_fail_hint(reterr, "TIMESTAMP='column' names the column that holds the time");
    }
    TG_TRY(tg_with_column(analyzer, with, TG_WITH_TIMESTAMP, &name, reterr));
    struct tg_place place = tg_with_place(with, TG_WITH_TIMESTAMP);
    int32_t index = tg_schema_find(definition->schema, tg_slice_text(name));
    if (index == TG_SCHEMA_NONE) {
        (void)tg_fail_at(reterr, TG_CODE_UNKNOWN_NAME, place,
                         "there is no column '%s' that TIMESTAMP could take the time from", name);
        const char *closest = tg_closest(name, column_name_at, definition->schema);
        return closest == NULL ? TG_CODE_UNKNOWN_NAME : tg_fail_hint(reterr, "did you mean %s?", closest);
    }
    const struct tg_schema_column *column = &definition->schema->columns[index];
    bool is_text = column->type->kind == TG_TYPE_STRING;
    bool is_time = column->type->kind == TG_TYPE_BIGINT || column->type->kind == TG_TYPE_TIMESTAMP;
    if (!is_text && !is_time)
        return tg_fail_at(reterr, TG_CODE_TYPE, place,
                          "column %s is %s: a time is BIGINT, TIMESTAMP, or STRING with TIMESTAMP_FORMAT",
                          name, tg_type_kind_name(column->type->kind));
    if (is_text != (definition->timestamp_format != NULL))
        return tg_fail_at(reterr, TG_CODE_TYPE, place,
                          is_text ? "column %s is STRING, so TIMESTAMP_FORMAT must say how it is written"
                                  : "column %s is no STRING, so TIMESTAMP_FORMAT does not fit",
                          name);
    definition->timestamp_column = index;
    return TG_OK;
}
