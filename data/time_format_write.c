#include "data/number.h"
#include "data/time_format.h"

/* Without a zone everything is written in UTC, whose id is that of ksqlDB's default zone, GMT. */

/* The local time that is written, and where it is. */
struct moment {
    struct tg_civil civil;
    const struct tg_zone *zone; /* NULL: UTC as GMT */
    struct tg_zone_offset offset;
};

static int64_t day_of_year(const struct tg_civil *civil)
{
    return tg_days_from_civil(civil->year, civil->month, civil->day) - tg_days_from_civil(civil->year, 1, 1) +
           1;
}

static int64_t day_of_week(const struct tg_civil *civil)
{
    int64_t days = tg_days_from_civil(civil->year, civil->month, civil->day);
    return ((days + 3) % 7 + 7) % 7 + 1; /* 1970-01-01 was a Thursday */
}

static int64_t nano_of_day(const struct tg_civil *civil)
{
    int64_t second = civil->hour * 3600 + civil->minute * 60 + civil->second;
    return second * 1000000000 + civil->nanosecond;
}

static int64_t field_value(const struct tg_civil *civil, enum tg_time_field field)
{
    switch (field) {
    case TG_TIME_FIELD_ERA:
        return civil->year > 0;
    case TG_TIME_FIELD_YEAR:
        return civil->year;
    case TG_TIME_FIELD_YEAR_OF_ERA:
        return civil->year > 0 ? civil->year : 1 - (int64_t)civil->year;
    case TG_TIME_FIELD_MONTH:
        return civil->month;
    case TG_TIME_FIELD_DAY:
        return civil->day;
    case TG_TIME_FIELD_DAY_OF_YEAR:
        return day_of_year(civil);
    case TG_TIME_FIELD_DAY_OF_WEEK:
        return day_of_week(civil);
    case TG_TIME_FIELD_AMPM:
        return civil->hour / 12;
    case TG_TIME_FIELD_CLOCK_HOUR_AMPM:
        return civil->hour % 12 == 0 ? 12 : civil->hour % 12;
    case TG_TIME_FIELD_HOUR_AMPM:
        return civil->hour % 12;
    case TG_TIME_FIELD_CLOCK_HOUR:
        return civil->hour == 0 ? 24 : civil->hour;
    case TG_TIME_FIELD_HOUR:
        return civil->hour;
    case TG_TIME_FIELD_MINUTE:
        return civil->minute;
    case TG_TIME_FIELD_SECOND:
        return civil->second;
    case TG_TIME_FIELD_NANO:
        return civil->nanosecond;
    case TG_TIME_FIELD_MILLI_OF_DAY:
        return nano_of_day(civil) / 1000000;
    case TG_TIME_FIELD_NANO_OF_DAY:
        return nano_of_day(civil);
    case TG_TIME_FIELD_COUNT:
        break;
    }
    return 0;
}

static void write_number(const struct tg_time_op *op, int64_t value, struct tg_buffer *out)
{
    char digits[TG_INT64_TEXT_MAX];
    size_t count = tg_int64_write(value < 0 ? -value : value, digits);
    if (value < 0)
        tg_buffer_append_byte(out, '-');
    else if (op->sign == TG_TIME_SIGN_EXCEEDS_PAD && count > op->least)
        tg_buffer_append_byte(out, '+');
    for (size_t i = count; i < op->least; i++)
        tg_buffer_append_byte(out, '0');
    tg_buffer_append(out, digits, count);
}

static void write_fraction(const struct tg_time_op *op, int64_t nanosecond, struct tg_buffer *out)
{
    for (unsigned i = op->most; i < 9; i++)
        nanosecond /= 10;
    write_number(op, nanosecond, out);
}

static void write_two(int64_t value, struct tg_buffer *out)
{
    uint8_t *at = tg_buffer_reserve(out, 2);
    at[0] = (uint8_t)('0' + value / 10);
    at[1] = (uint8_t)('0' + value % 10);
    out->length += 2;
}

static void write_part(bool colon, int32_t value, struct tg_buffer *out)
{
    if (colon)
        tg_buffer_append_byte(out, ':');
    write_two(value, out);
}

/* +hh[:mm[:ss]]: of minutes and seconds what the form has; those that may be missing are left out if zero. */
static void write_offset(const struct tg_time_op *op, int32_t seconds, struct tg_buffer *out)
{
    bool minutes_optional = op->offset == TG_TIME_OFFSET_HH_OPT_MM;
    bool with_seconds = op->offset == TG_TIME_OFFSET_HHMM_OPT_SS || op->offset == TG_TIME_OFFSET_COLON_OPT_SS;
    bool colon = op->offset == TG_TIME_OFFSET_HH_COLON_MM || op->offset == TG_TIME_OFFSET_COLON_OPT_SS;
    int32_t magnitude = seconds < 0 ? -seconds : seconds;
    int32_t minutes = magnitude / 60 % 60;
    bool shows_nothing = magnitude / 60 == 0 && (!with_seconds || magnitude == 0);
    if (shows_nothing) {
        tg_buffer_append_slice(out, op->text);
        return;
    }
    tg_buffer_append_byte(out, seconds < 0 ? '-' : '+');
    write_two(magnitude / 3600, out);
    if (!minutes_optional || minutes != 0)
        write_part(colon, minutes, out);
    if (with_seconds && magnitude % 60 != 0)
        write_part(colon, magnitude % 60, out);
}

/* GMT, GMT+8 (short) or GMT+08:00 (full) */
static void write_gmt_offset(const struct tg_time_op *op, int32_t seconds, struct tg_buffer *out)
{
    int32_t magnitude = seconds < 0 ? -seconds : seconds;
    bool full = op->style == TG_TIME_STYLE_FULL;
    tg_buffer_append_text(out, "GMT");
    if (seconds == 0)
        return;
    tg_buffer_printf(out, full ? "%c%02d" : "%c%d", seconds < 0 ? '-' : '+', magnitude / 3600);
    if (full || magnitude / 60 % 60 != 0 || magnitude % 60 != 0)
        tg_buffer_printf(out, ":%02d", magnitude / 60 % 60);
    if (magnitude % 60 != 0)
        tg_buffer_printf(out, ":%02d", magnitude % 60);
}

/* The id (VV), or the name of what holds at the time; the database has no long names. */
static void write_zone(const struct tg_time_op *op, const struct moment *moment, struct tg_buffer *out)
{
    if (moment->zone == NULL)
        tg_buffer_append_text(out, op->style == TG_TIME_STYLE_FULL ? "Greenwich Mean Time" : "GMT");
    else if (op->least == 1 || moment->offset.name.length == 0)
        tg_zone_write_id(moment->zone, out);
    else
        tg_buffer_append_slice(out, moment->offset.name);
}

static void write_op(const struct tg_time_op *op, const struct moment *moment, struct tg_buffer *out)
{
    int64_t value = field_value(&moment->civil, op->field);
    switch (op->kind) {
    case TG_TIME_OP_LITERAL:
        tg_buffer_append_slice(out, op->text);
        return;
    case TG_TIME_OP_OFFSET:
        write_offset(op, moment->offset.seconds, out);
        return;
    case TG_TIME_OP_DIGITS:
        if (op->most == 2)
            write_two(value, out);
        else
            write_number(op, value, out);
        return;
    case TG_TIME_OP_NUMBER:
        write_number(op, value, out);
        return;
    case TG_TIME_OP_YEAR_OF_CENTURY:
        write_number(op, (value < 0 ? -value : value) % 100, out);
        return;
    case TG_TIME_OP_FRACTION:
        write_fraction(op, value, out);
        return;
    case TG_TIME_OP_NAME:
        tg_buffer_append_text(out,
                              tg_time_names(op->field, op->style)[value - tg_time_least_name(op->field)]);
        return;
    case TG_TIME_OP_GMT_OFFSET:
        write_gmt_offset(op, moment->offset.seconds, out);
        return;
    case TG_TIME_OP_ZONE:
        write_zone(op, moment, out);
        return;
    case TG_TIME_OP_OPTIONAL: /* its parts follow, and a timestamp has them all */
        return;
    }
}

void tg_time_format_write(const struct tg_time_format *format, int64_t timestamp_ms, struct tg_buffer *out)
{
    struct moment moment = {.zone = NULL};
    tg_civil_from_ms(timestamp_ms, &moment.civil);
    for (uint32_t i = 0; i < format->op_count; i++)
        write_op(&format->ops[i], &moment, out);
}

void tg_time_format_write_in(const struct tg_time_format *format, const struct tg_zone *zone,
                             int64_t timestamp_ms, struct tg_buffer *out)
{
    struct moment moment = {.zone = zone};
    tg_zone_offset_at(zone, timestamp_ms, &moment.offset);
    int64_t local_ms = 0;
    if (__builtin_add_overflow(timestamp_ms, (int64_t)moment.offset.seconds * 1000, &local_ms))
        local_ms = timestamp_ms;
    tg_civil_from_ms(local_ms, &moment.civil);
    for (uint32_t i = 0; i < format->op_count; i++)
        write_op(&format->ops[i], &moment, out);
}
