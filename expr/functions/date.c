/* expr/functions/date.c: dates, times of day and timestamps. Patterns are Java's DateTimeFormatter's;
 * constant ones are compiled once. */
#include "data/time.h"

#include "expr/internal.h"
#include "expr/kernel.h"

enum { MS_PER_DAY = 86400000 };

static bool skips(const struct tg_call *call, uint32_t row)
{
    return call->result->valid[row] == 0;
}

/* A value as milliseconds, and back: DATE counts days, TIME is milliseconds already, TIMESTAMP too. */
static int64_t as_ms(const struct tg_column *column, uint32_t row)
{
    if (column->type->kind == TG_TYPE_DATE || column->type->kind == TG_TYPE_INT)
        return (int64_t)column->values.int32[row] * MS_PER_DAY;
    return column->type->kind == TG_TYPE_TIME ? column->values.int32[row] : column->values.int64[row];
}

/* ---- conversions ---- */

static void same_int(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        call->result->values.int32[tg_call_row(call, i)] =
            call->arguments[0]->values.int32[tg_call_row(call, i)];
}

static void same_bigint(const struct tg_call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        call->result->values.int64[tg_call_row(call, i)] =
            call->arguments[0]->values.int64[tg_call_row(call, i)];
}

static void today(const struct tg_call *call)
{
    int64_t now_ms = tg_call_now_ms(call);
    for (uint32_t i = 0; i < call->row_count; i++)
        call->result->values.int32[tg_call_row(call, i)] = (int32_t)(now_ms / MS_PER_DAY);
}

static void now(const struct tg_call *call)
{
    int64_t now_ms = tg_call_now_ms(call);
    for (uint32_t i = 0; i < call->row_count; i++)
        call->result->values.int64[tg_call_row(call, i)] = now_ms;
}

/* ---- arithmetic ---- */

static int64_t unit_ms(struct tg_slice unit)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"MILLISECOND", 1},  {"MILLISECONDS", 1}, {"SECOND", 1000},  {"SECONDS", 1000},
                 {"MINUTE", 60000},   {"MINUTES", 60000},  {"HOUR", 3600000}, {"HOURS", 3600000},
                 {"DAY", MS_PER_DAY}, {"DAYS", MS_PER_DAY}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (tg_slice_equal_nocase(unit, tg_slice_text(units[i].name)))
            return units[i].ms;
    return 0;
}

/* Sets a row to a number of milliseconds in the result's type: days are cut toward 1970-01-01, times wrap at
 * midnight. */
static void set_ms(const struct tg_call *call, uint32_t row, int64_t ms)
{
    enum tg_type_kind kind = call->result->type->kind;
    if (kind == TG_TYPE_TIMESTAMP)
        call->result->values.int64[row] = ms;
    else if (kind == TG_TYPE_DATE && (ms / MS_PER_DAY > INT32_MAX || ms / MS_PER_DAY < INT32_MIN))
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "the result is out of range");
    else if (kind == TG_TYPE_DATE)
        call->result->values.int32[row] = (int32_t)(ms / MS_PER_DAY);
    else
        call->result->values.int32[row] = (int32_t)((ms % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY);
}

static void shift(const struct tg_call *call, int64_t sign)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row))
            continue;
        struct tg_slice unit = call->arguments[0]->values.bytes[row];
        int64_t by = unit_ms(unit);
        int64_t ms = as_ms(call->arguments[2], row);
        if (by == 0)
            tg_call_fail(call, row, TG_CODE_EXPRESSION,
                         "'%.*s' is no unit: it is DAYS, HOURS, MINUTES, SECONDS or MILLISECONDS",
                         TG_SLICE_FORMAT(unit));
        else if (__builtin_add_overflow(ms, sign * by * call->arguments[1]->values.int32[row], &ms))
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "the result is out of range");
        else
            set_ms(call, row, ms);
    }
}

static void add(const struct tg_call *call)
{
    shift(call, 1);
}

static void subtract(const struct tg_call *call)
{
    shift(call, -1);
}

/* ---- patterns ---- */

/* What the constant arguments of a call say. */
struct prepared {
    const struct tg_time_format *format; /* NULL: the pattern is not constant */
    const struct tg_zone *zone;          /* NULL: there is none, or it is not constant */
};

static bool is_constant(const struct tg_expr *argument)
{
    return argument != NULL && !argument->literal.is_null;
}

static enum tg_code prepare_pattern(struct tg_arena *arena, const struct tg_expr *const *arguments,
                                    uint32_t argument_count, const void **ret_prepared,
                                    struct tg_error *reterr)
{
    struct prepared *prepared = (struct prepared *)tg_arena_alloc_zero(arena, 1, sizeof *prepared);
    if (is_constant(arguments[1]))
        TG_TRY(tg_time_format_compile(arena, arguments[1]->literal.value.bytes, &prepared->format, reterr));
    if (argument_count == 3 && is_constant(arguments[2])) {
        struct tg_zone *zone = (struct tg_zone *)tg_arena_alloc(arena, sizeof *zone);
        TG_TRY(tg_zone_get(arguments[2]->literal.value.bytes, zone, reterr));
        prepared->zone = zone;
    }
    *ret_prepared = prepared;
    return TG_OK;
}

/* The zone that was looked up last. */
struct zone {
    struct tg_slice id;
    struct tg_zone zone;
    bool known;
};

/* Looks up a row's zone; false: the row failed. */
static bool use_zone(const struct tg_call *call, uint32_t argument, uint32_t row, struct zone *last)
{
    struct tg_error error;
    struct tg_slice id = call->arguments[argument]->values.bytes[row];
    if (last->known && tg_slice_equal(last->id, id))
        return true;
    last->id = id;
    last->known = tg_zone_get(id, &last->zone, &error) == TG_OK;
    if (!last->known)
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "%s", error.message);
    return last->known;
}

/* The pattern of a row: the prepared one, or `*last` if it was compiled from the same text. NULL: the row
 * failed. */
struct pattern {
    struct tg_slice text;
    const struct tg_time_format *format;
    struct zone zone;
};

static const struct tg_time_format *pattern_of(const struct tg_call *call, uint32_t row, struct pattern *last)
{
    struct tg_error error;
    struct tg_slice text = call->arguments[1]->values.bytes[row];
    const struct prepared *prepared = (const struct prepared *)call->prepared;
    if (prepared != NULL && prepared->format != NULL)
        return prepared->format;
    if (last->format != NULL && tg_slice_equal(last->text, text))
        return last->format;
    last->text = text;
    last->format = NULL;
    if (tg_time_format_compile(call->arena, text, &last->format, &error) != TG_OK) {
        last->format = NULL;
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "%s", error.message);
    }
    return last->format;
}

/* The zone of a row if the call has one; false: the row failed. */
static bool zone_of(const struct tg_call *call, uint32_t row, struct pattern *last,
                    const struct tg_zone **ret_zone)
{
    const struct prepared *prepared = (const struct prepared *)call->prepared;
    *ret_zone = prepared == NULL ? NULL : prepared->zone;
    if (call->argument_count < 3 || *ret_zone != NULL)
        return true;
    *ret_zone = &last->zone.zone;
    return use_zone(call, 2, row, &last->zone);
}

static void format(const struct tg_call *call)
{
    struct pattern last = {.format = NULL};
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        const struct tg_time_format *pattern = skips(call, row) ? NULL : pattern_of(call, row, &last);
        const struct tg_zone *zone = NULL;
        if (pattern == NULL || !zone_of(call, row, &last, &zone))
            continue;
        struct tg_buffer *text = tg_call_scratch(call);
        if (zone == NULL)
            tg_time_format_write(pattern, as_ms(call->arguments[0], row), text);
        else
            tg_time_format_write_in(pattern, zone, as_ms(call->arguments[0], row), text);
        tg_call_set_bytes(call, row, tg_call_keep(call, text));
    }
}

/* Sets a row from milliseconds; a DATE refuses a time part. */
static void set_parsed(const struct tg_call *call, uint32_t row, int64_t ms)
{
    enum tg_type_kind kind = call->result->type->kind;
    if (kind == TG_TYPE_TIMESTAMP || kind == TG_TYPE_BIGINT) {
        call->result->values.int64[row] = ms;
    } else if (kind == TG_TYPE_TIME) {
        call->result->values.int32[row] = (int32_t)((ms % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY);
    } else if (ms % MS_PER_DAY != 0) {
        tg_call_fail(call, row, TG_CODE_EXPRESSION, "the text has a time of day, a DATE has none");
    } else {
        call->result->values.int32[row] = (int32_t)(ms / MS_PER_DAY);
    }
}

/* Parses a row's text; PARSE_DATE passes over what follows the date (FastDateFormat in ksqlDB). */
TG_MUST_CHECK static enum tg_code parse_text(const struct tg_call *call, const struct tg_time_format *pattern,
                                             const struct tg_zone *zone, uint32_t row, int64_t *ret_ms,
                                             struct tg_error *reterr)
{
    struct tg_slice text = call->arguments[0]->values.bytes[row];
    size_t length = 0;
    if (call->result->type->kind == TG_TYPE_DATE)
        return tg_time_format_parse_front(pattern, text, ret_ms, &length, reterr);
    if (zone != NULL)
        return tg_time_format_parse_in(pattern, zone, text, ret_ms, reterr);
    return tg_time_format_parse(pattern, text, ret_ms, reterr);
}

static void parse(const struct tg_call *call)
{
    struct pattern last = {.format = NULL};
    struct tg_error error;
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        const struct tg_time_format *pattern = skips(call, row) ? NULL : pattern_of(call, row, &last);
        const struct tg_zone *zone = NULL;
        int64_t ms = 0;
        if (pattern == NULL || !zone_of(call, row, &last, &zone))
            continue;
        if (parse_text(call, pattern, zone, row, &ms, &error) == TG_OK)
            set_parsed(call, row, ms);
        else
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "%s", error.message);
    }
}

/* Both offsets are those of the timestamp read as UTC, as in ksqlDB. */
static void convert_zone(const struct tg_call *call)
{
    struct zone from = {.known = false};
    struct zone to = {.known = false};
    for (uint32_t i = 0; i < call->row_count; i++) {
        uint32_t row = tg_call_row(call, i);
        if (skips(call, row) || !use_zone(call, 1, row, &from) || !use_zone(call, 2, row, &to))
            continue;
        int64_t ms = call->arguments[0]->values.int64[row];
        struct tg_zone_offset before;
        struct tg_zone_offset after;
        tg_zone_offset_at(&from.zone, ms, &before);
        tg_zone_offset_at(&to.zone, ms, &after);
        if (__builtin_add_overflow(ms, (int64_t)(after.seconds - before.seconds) * 1000,
                                   &call->result->values.int64[row]))
            tg_call_fail(call, row, TG_CODE_EXPRESSION, "the result is out of range");
    }
}

#define ROW(text, function, doc, sample)                                                                     \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = TG_FUNCTION_NULL_IF_NULL, .summary = (doc),      \
        .example = (sample)                                                                                  \
    }
#define NOW_ROW(text, function, doc, sample)                                                                 \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_IMPURE,   \
        .summary = (doc), .example = (sample)                                                                \
    }
#define PATTERN_ROW(text, function, doc, sample)                                                             \
    {                                                                                                        \
        .signature = (text), .kernel = (function), .flags = TG_FUNCTION_NULL_IF_NULL,                        \
        .prepare = prepare_pattern, .summary = (doc), .example = (sample)                                    \
    }

extern const struct tg_function tg_functions_date[];
const struct tg_function tg_functions_date[] = {
    NOW_ROW("UNIX_DATE() -> INT", today, "Today (UTC) in days since 1970-01-01.", "UNIX_DATE() > 100"),
    ROW("UNIX_DATE(DATE) -> INT", same_int, "The days since 1970-01-01.",
        "UNIX_DATE(CAST('1970-01-11' AS DATE)) = 10"),
    NOW_ROW("UNIX_TIMESTAMP() -> BIGINT", now, "Now in milliseconds since 1970-01-01 UTC.",
            "UNIX_TIMESTAMP() > 100"),
    ROW("UNIX_TIMESTAMP(TIMESTAMP) -> BIGINT", same_bigint, "The milliseconds since 1970-01-01 UTC.",
        "UNIX_TIMESTAMP(CAST('1970-01-01T00:00:01' AS TIMESTAMP)) = 1000"),
    ROW("FROM_DAYS(INT) -> DATE", same_int, "The date so many days after 1970-01-01.",
        "FROM_DAYS(10) = CAST('1970-01-11' AS DATE)"),
    ROW("FROM_UNIXTIME(BIGINT) -> TIMESTAMP", same_bigint,
        "The timestamp so many milliseconds after 1970-01-01 UTC.",
        "FROM_UNIXTIME(1000) = CAST('1970-01-01T00:00:01' AS TIMESTAMP)"),
    ROW("DATEADD(STRING, INT, DATE) -> DATE", add, "A date so many units (DAYS, ...) later.",
        "DATEADD('DAYS', 2, CAST('2024-02-28' AS DATE)) = CAST('2024-03-01' AS DATE)"),
    ROW("DATESUB(STRING, INT, DATE) -> DATE", subtract, "A date so many units (DAYS, ...) earlier.",
        "DATESUB('DAYS', 1, CAST('2024-03-01' AS DATE)) = CAST('2024-02-29' AS DATE)"),
    ROW("TIMEADD(STRING, INT, TIME) -> TIME", add,
        "A time of day so many units (HOURS, ...) later, around midnight.",
        "TIMEADD('HOURS', 2, CAST('23:00:00' AS TIME)) = CAST('01:00:00' AS TIME)"),
    ROW("TIMESUB(STRING, INT, TIME) -> TIME", subtract,
        "A time of day so many units (HOURS, ...) earlier, around midnight.",
        "TIMESUB('HOURS', 2, CAST('01:00:00' AS TIME)) = CAST('23:00:00' AS TIME)"),
    ROW("TIMESTAMPADD(STRING, INT, TIMESTAMP) -> TIMESTAMP", add, "A timestamp so many units later.",
        "TIMESTAMPADD('MINUTES', 1, FROM_UNIXTIME(0)) = FROM_UNIXTIME(60000)"),
    ROW("TIMESTAMPSUB(STRING, INT, TIMESTAMP) -> TIMESTAMP", subtract, "A timestamp so many units earlier.",
        "TIMESTAMPSUB('SECONDS', 1, FROM_UNIXTIME(0)) = FROM_UNIXTIME(-1000)"),
    ROW("CONVERT_TZ(TIMESTAMP, STRING, STRING) -> TIMESTAMP", convert_zone,
        "A timestamp of one time zone as the clocks of another one show it.",
        "CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', 'Asia/Tokyo') = FROM_UNIXTIME(32400000)"),
    PATTERN_ROW("FORMAT_DATE(DATE, STRING) -> STRING", format, "A date as text, by a pattern.",
                "FORMAT_DATE(CAST('2018-05-11' AS DATE), 'dd/MM/yyyy') = '11/05/2018'"),
    PATTERN_ROW("FORMAT_TIME(TIME, STRING) -> STRING", format, "A time of day as text, by a pattern.",
                "FORMAT_TIME(CAST('13:05:00' AS TIME), 'HH.mm') = '13.05'"),
    PATTERN_ROW("FORMAT_TIMESTAMP(TIMESTAMP, STRING) -> STRING", format,
                "A timestamp as text in UTC, by a pattern.",
                "FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy-MM-dd HH:mm:ss') = '1970-01-01 00:00:00'"),
    PATTERN_ROW("FORMAT_TIMESTAMP(TIMESTAMP, STRING, STRING) -> STRING", format,
                "A timestamp as text in a time zone, by a pattern.",
                "FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'HH:mm XXX', 'Europe/Berlin') = '01:00 +01:00'"),
    PATTERN_ROW("PARSE_DATE(STRING, STRING) -> DATE", parse, "The date that a text spells, by a pattern.",
                "PARSE_DATE('11/05/2018', 'dd/MM/yyyy') = CAST('2018-05-11' AS DATE)"),
    PATTERN_ROW("PARSE_TIME(STRING, STRING) -> TIME", parse,
                "The time of day that a text spells, by a pattern.",
                "PARSE_TIME('13.05', 'HH.mm') = CAST('13:05:00' AS TIME)"),
    PATTERN_ROW("PARSE_TIMESTAMP(STRING, STRING) -> TIMESTAMP", parse,
                "The timestamp that a text spells, by a pattern; UTC if it names no zone.",
                "PARSE_TIMESTAMP('1970-01-01 00:00:01', 'yyyy-MM-dd HH:mm:ss') = FROM_UNIXTIME(1000)"),
    PATTERN_ROW(
        "PARSE_TIMESTAMP(STRING, STRING, STRING) -> TIMESTAMP", parse,
        "The timestamp that a text spells, by a pattern; in the time zone if it names none.",
        "PARSE_TIMESTAMP('1970-01-01 01:00', 'yyyy-MM-dd HH:mm', 'Europe/Berlin') = FROM_UNIXTIME(0)"),
    PATTERN_ROW("DATETOSTRING(INT, STRING) -> STRING", format,
                "Days since 1970-01-01 as text, by a pattern; see FORMAT_DATE.",
                "DATETOSTRING(17662, 'yyyy-MM-dd') = '2018-05-11'"),
    PATTERN_ROW("STRINGTODATE(STRING, STRING) -> INT", parse,
                "The days since 1970-01-01 of the date that a text spells; see PARSE_DATE.",
                "STRINGTODATE('2018-05-11', 'yyyy-MM-dd') = 17662"),
    PATTERN_ROW("TIMESTAMPTOSTRING(BIGINT, STRING) -> STRING", format,
                "Milliseconds since 1970-01-01 as text in UTC, by a pattern; see FORMAT_TIMESTAMP.",
                "TIMESTAMPTOSTRING(1000, 'HH:mm:ss') = '00:00:01'"),
    PATTERN_ROW("TIMESTAMPTOSTRING(BIGINT, STRING, STRING) -> STRING", format,
                "Milliseconds since 1970-01-01 as text in a time zone, by a pattern; see FORMAT_TIMESTAMP.",
                "TIMESTAMPTOSTRING(0, 'HH:mm', '+05:30') = '05:30'"),
    PATTERN_ROW("STRINGTOTIMESTAMP(STRING, STRING) -> BIGINT", parse,
                "The milliseconds since 1970-01-01 UTC of what a text spells; see PARSE_TIMESTAMP.",
                "STRINGTOTIMESTAMP('1970-01-01 00:00:01', 'yyyy-MM-dd HH:mm:ss') = 1000"),
    PATTERN_ROW("STRINGTOTIMESTAMP(STRING, STRING, STRING) -> BIGINT", parse,
                "The milliseconds since 1970-01-01 UTC of what a text spells in a time zone.",
                "STRINGTOTIMESTAMP('1970-01-01 00:00', 'yyyy-MM-dd HH:mm', 'America/New_York') = 18000000"),
    {0},
};
