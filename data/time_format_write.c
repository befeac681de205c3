#include "data/number.h"
#include "data/time_format.h"

/* Everything is written in UTC, whose id is that of ksqlDB's default zone, GMT. */

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

static void write_op(const struct tg_time_op *op, const struct tg_civil *civil, struct tg_buffer *out)
{
    int64_t value = field_value(civil, op->field);
    switch (op->kind) {
    case TG_TIME_OP_LITERAL:
    case TG_TIME_OP_OFFSET:
        tg_buffer_append_slice(out, op->text);
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
        tg_buffer_append_text(out, "GMT");
        return;
    case TG_TIME_OP_ZONE:
        tg_buffer_append_text(out, op->style == TG_TIME_STYLE_FULL ? "Greenwich Mean Time" : "GMT");
        return;
    case TG_TIME_OP_OPTIONAL: /* its parts follow, and a timestamp has them all */
        return;
    }
}

void tg_time_format_write(const struct tg_time_format *format, int64_t timestamp_ms, struct tg_buffer *out)
{
    struct tg_civil civil;
    tg_civil_from_ms(timestamp_ms, &civil);
    for (uint32_t i = 0; i < format->op_count; i++)
        write_op(&format->ops[i], &civil, out);
}
