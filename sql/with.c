/* The table of properties, and what one property says. */
#include "sql/with.h"

#include "base/text.h"

enum { ANYWHERE = TG_WITH_CREATE | TG_WITH_CREATE_AS };

static const struct with_row {
    const char *name;
    unsigned statements; /* tg_with_statement bits */
} with_rows[TG_WITH_COUNT] = {
    [TG_WITH_KAFKA_TOPIC] = {"KAFKA_TOPIC", ANYWHERE},
    [TG_WITH_PARTITIONS] = {"PARTITIONS", ANYWHERE},
    [TG_WITH_REPLICAS] = {"REPLICAS", ANYWHERE},
    [TG_WITH_RETENTION_MS] = {"RETENTION_MS", ANYWHERE},
    [TG_WITH_CLEANUP_POLICY] = {"CLEANUP_POLICY", ANYWHERE},
    [TG_WITH_FORMAT] = {"FORMAT", ANYWHERE},
    [TG_WITH_KEY_FORMAT] = {"KEY_FORMAT", ANYWHERE},
    [TG_WITH_VALUE_FORMAT] = {"VALUE_FORMAT", ANYWHERE},
    [TG_WITH_KEY_DELIMITER] = {"KEY_DELIMITER", ANYWHERE},
    [TG_WITH_VALUE_DELIMITER] = {"VALUE_DELIMITER", ANYWHERE},
    [TG_WITH_WRAP_SINGLE_VALUE] = {"WRAP_SINGLE_VALUE", ANYWHERE},
    [TG_WITH_TIMESTAMP] = {"TIMESTAMP", ANYWHERE},
    [TG_WITH_TIMESTAMP_FORMAT] = {"TIMESTAMP_FORMAT", ANYWHERE},
    [TG_WITH_WINDOW_TYPE] = {"WINDOW_TYPE", TG_WITH_CREATE},
    [TG_WITH_WINDOW_SIZE] = {"WINDOW_SIZE", TG_WITH_CREATE},
    [TG_WITH_HISTORY_RETENTION] = {"HISTORY_RETENTION", ANYWHERE},
    [TG_WITH_QUERY_ID] = {"QUERY_ID", TG_WITH_CREATE_AS | TG_WITH_INSERT},
    [TG_WITH_ON_ERROR] = {"ON_ERROR", TG_WITH_CREATE_AS | TG_WITH_INSERT},
    [TG_WITH_DEAD_LETTER_TOPIC] = {"DEAD_LETTER_TOPIC", TG_WITH_CREATE_AS | TG_WITH_INSERT},
    [TG_WITH_LATE_RECORDS_TOPIC] = {"LATE_RECORDS_TOPIC", TG_WITH_CREATE_AS | TG_WITH_INSERT},
    [TG_WITH_KEY_SCHEMA_ID] = {"KEY_SCHEMA_ID", ANYWHERE},
    [TG_WITH_VALUE_SCHEMA_ID] = {"VALUE_SCHEMA_ID", ANYWHERE},
    [TG_WITH_KEY_SCHEMA_FULL_NAME] = {"KEY_SCHEMA_FULL_NAME", ANYWHERE},
    [TG_WITH_VALUE_SCHEMA_FULL_NAME] = {"VALUE_SCHEMA_FULL_NAME", ANYWHERE},
    [TG_WITH_VALUE_AVRO_SCHEMA_FULL_NAME] = {"VALUE_AVRO_SCHEMA_FULL_NAME", ANYWHERE},
    [TG_WITH_KEY_PROTOBUF_NULLABLE] = {"KEY_PROTOBUF_NULLABLE_REPRESENTATION", ANYWHERE},
    [TG_WITH_VALUE_PROTOBUF_NULLABLE] = {"VALUE_PROTOBUF_NULLABLE_REPRESENTATION", ANYWHERE},
    [TG_WITH_SOURCED_BY_CONNECTOR] = {"SOURCED_BY_CONNECTOR", ANYWHERE},
    [TG_WITH_SOURCE_CONNECTOR] = {"SOURCE_CONNECTOR", ANYWHERE},
};

const char *tg_with_name(enum tg_with_id id)
{
    return with_rows[id].name;
}

struct tg_place tg_with_place(const struct tg_with *with, enum tg_with_id id)
{
    return with->given[id] == NULL ? with->place : with->given[id]->value->place;
}

/* Property names that fit the statement, for tg_closest. */
static const char *fitting_name_at(const void *context, size_t index)
{
    const unsigned *statement = context;
    for (size_t i = 0; i < TG_WITH_COUNT; i++) {
        if ((with_rows[i].statements & *statement) != 0 && index-- == 0)
            return with_rows[i].name;
    }
    return NULL;
}

static enum tg_code fail_unknown(const struct tg_ast_name *name, unsigned statement, struct tg_error *reterr)
{
    (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, name->place, "there is no property %s", name->text);
    const char *closest = tg_closest(name->text, fitting_name_at, &statement);
    if (closest != NULL)
        return tg_fail_hint(reterr, "did you mean %s?", closest);
    struct tg_buffer list = {0};
    for (size_t i = 0; fitting_name_at(&statement, i) != NULL; i++)
        tg_buffer_printf(&list, "%s%s", i == 0 ? "" : ", ", fitting_name_at(&statement, i));
    enum tg_code code = tg_fail_hint(reterr, "the properties are %s", tg_buffer_text(&list));
    tg_buffer_done(&list);
    return code;
}

enum tg_code tg_with_read(const struct tg_ast_properties *clause, enum tg_with_statement statement,
                          struct tg_with *ret_with, struct tg_error *reterr)
{
    *ret_with = (struct tg_with){.place = clause->place};
    for (uint32_t i = 0; i < clause->count; i++) {
        const struct tg_ast_property *property = &clause->list[i];
        size_t id = 0;
        while (id < TG_WITH_COUNT &&
               !tg_slice_equal_nocase(tg_slice_text(property->name.text), tg_slice_text(with_rows[id].name)))
            id++;
        if (id == TG_WITH_COUNT)
            return fail_unknown(&property->name, statement, reterr);
        if ((with_rows[id].statements & statement) == 0)
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, property->name.place,
                              "the property %s does not fit this statement", with_rows[id].name);
        if (ret_with->given[id] != NULL)
            return tg_fail_at(reterr, TG_CODE_ANALYSIS, property->name.place,
                              "the property %s is given twice", with_rows[id].name);
        ret_with->given[id] = property;
    }
    return TG_OK;
}

enum tg_code tg_with_text(const struct tg_with *with, enum tg_with_id id, struct tg_slice *ret_text,
                          struct tg_error *reterr)
{
    const struct tg_ast_expr *value = with->given[id]->value;
    if (value->kind != TG_AST_STRING)
        return tg_fail_at(reterr, TG_CODE_TYPE, value->place,
                          "the value of %s is not a string in single quotes", with_rows[id].name);
    *ret_text = value->text;
    return TG_OK;
}

enum tg_code tg_with_integer(const struct tg_with *with, enum tg_with_id id, struct tg_with_bounds bounds,
                             int64_t *ret_value, struct tg_error *reterr)
{
    const struct tg_ast_expr *value = with->given[id]->value;
    bool fits = (value->kind == TG_AST_STRING || value->kind == TG_AST_INTEGER) &&
                tg_parse_int64(value->text, bounds.least, bounds.most, ret_value);
    if (!fits)
        return tg_fail_at(reterr, TG_CODE_TYPE, value->place,
                          "the value of %s is not an integer from %lld to %lld", with_rows[id].name,
                          (long long)bounds.least, (long long)bounds.most);
    return TG_OK;
}

enum tg_code tg_with_boolean(const struct tg_with *with, enum tg_with_id id, bool *ret_value,
                             struct tg_error *reterr)
{
    const struct tg_ast_expr *value = with->given[id]->value;
    if (value->kind == TG_AST_BOOLEAN) {
        *ret_value = value->boolean;
        return TG_OK;
    }
    *ret_value = value->kind == TG_AST_STRING && tg_slice_equal_nocase(value->text, tg_slice_text("true"));
    if (*ret_value ||
        (value->kind == TG_AST_STRING && tg_slice_equal_nocase(value->text, tg_slice_text("false"))))
        return TG_OK;
    return tg_fail_at(reterr, TG_CODE_TYPE, value->place, "the value of %s is not TRUE or FALSE",
                      with_rows[id].name);
}

/* "30 SECONDS": digits, blanks, a unit in singular or plural. */
static bool parse_duration(struct tg_slice text, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {
        {"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60000}, {"HOUR", 3600000}, {"DAY", 86400000}};
    size_t digits = 0;
    while (digits < text.length && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    size_t start = digits;
    while (start < text.length && text.data[start] == ' ')
        start++;
    struct tg_slice unit = tg_slice_of(text.data + start, text.length - start);
    while (unit.length > 0 && unit.data[unit.length - 1] == ' ')
        unit.length--;
    if (unit.length > 0 && (unit.data[unit.length - 1] | 0x20) == 's')
        unit.length--;
    int64_t amount = 0;
    if (!tg_parse_int64(tg_slice_of(text.data, digits), 1, INT64_MAX / 86400000, &amount))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (tg_slice_equal_nocase(unit, tg_slice_text(units[i].unit))) {
            *ret_ms = amount * units[i].ms;
            return true;
        }
    }
    return false;
}

enum tg_code tg_with_duration(const struct tg_with *with, enum tg_with_id id, int64_t *ret_ms,
                              struct tg_error *reterr)
{
    struct tg_slice text = {0};
    TG_TRY(tg_with_text(with, id, &text, reterr));
    if (parse_duration(text, ret_ms))
        return TG_OK;
    (void)tg_fail_at(reterr, TG_CODE_TYPE, tg_with_place(with, id), "the value of %s is not a time span",
                     with_rows[id].name);
    return tg_fail_hint(reterr, "write a number and a unit, such as '30 SECONDS'");
}

enum tg_code tg_with_column(struct tg_analyzer *analyzer, const struct tg_with *with, enum tg_with_id id,
                            const char **ret_name, struct tg_error *reterr)
{
    struct tg_slice text = {0};
    TG_TRY(tg_with_text(with, id, &text, reterr));
    bool quoted = text.length >= 2 && (text.data[0] == '`' || text.data[0] == '"') &&
                  text.data[text.length - 1] == text.data[0];
    char *name = tg_arena_text(analyzer->arena, quoted ? tg_slice_of(text.data + 1, text.length - 2) : text);
    for (char *c = name; !quoted && *c != '\0'; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    *ret_name = name;
    return TG_OK;
}

enum tg_code tg_with_history(const struct tg_with *with, struct tg_source_definition *definition,
                             struct tg_error *reterr)
{
    if (with->given[TG_WITH_HISTORY_RETENTION] == NULL)
        return TG_OK;
    if (!definition->is_table) {
        (void)tg_fail_at(reterr, TG_CODE_ANALYSIS, with->given[TG_WITH_HISTORY_RETENTION]->name.place,
                         "'HISTORY_RETENTION' is for tables, and %s is a stream", definition->name);
        return tg_fail_hint(reterr, "leave it out: rows of a stream are not replaced");
    }
    return tg_with_duration(with, TG_WITH_HISTORY_RETENTION, &definition->history_ms, reterr);
}
