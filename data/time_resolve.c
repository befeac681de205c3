#include "data/time_resolve.h"

/* Java's ResolverStyle.SMART, and java.time.chrono.IsoChronology for dates. */

enum { NANOS_PER_MS = 1000000, NANOS_PER_SECOND = 1000000000, MS_PER_DAY = 86400000, YEAR_MAX = 292000000 };
static const int64_t nanos_per_day = (int64_t)MS_PER_DAY * NANOS_PER_MS;

/* Whether the value is there and outside [least, most]. */
static bool is_outside(const struct tg_time_fields *fields, enum tg_time_field field, int64_t least,
                       int64_t most)
{
    return tg_time_fields_have(fields, field) &&
           (fields->values[field] < least || fields->values[field] > most);
}

/* What the field must be, if the text gives it. */
static bool agrees(const struct tg_time_fields *fields, enum tg_time_field field, int64_t value)
{
    return !tg_time_fields_have(fields, field) || fields->values[field] == value;
}

/* A field's value, or what it is in 1970-01-01 00:00. */
static int64_t value_or(const struct tg_time_fields *fields, enum tg_time_field field, int64_t otherwise)
{
    return tg_time_fields_have(fields, field) ? fields->values[field] : otherwise;
}

static bool resolve_hour(struct tg_time_fields *fields, int64_t *ret_hour)
{
    if (is_outside(fields, TG_TIME_FIELD_HOUR, 0, 24) ||
        is_outside(fields, TG_TIME_FIELD_CLOCK_HOUR, 0, 24) ||
        is_outside(fields, TG_TIME_FIELD_HOUR_AMPM, 0, 11) ||
        is_outside(fields, TG_TIME_FIELD_CLOCK_HOUR_AMPM, 0, 12))
        return false;
    if (tg_time_fields_have(fields, TG_TIME_FIELD_CLOCK_HOUR) &&
        !tg_time_fields_set(fields, TG_TIME_FIELD_HOUR, fields->values[TG_TIME_FIELD_CLOCK_HOUR] % 24))
        return false;
    if (tg_time_fields_have(fields, TG_TIME_FIELD_CLOCK_HOUR_AMPM) &&
        !tg_time_fields_set(fields, TG_TIME_FIELD_HOUR_AMPM,
                            fields->values[TG_TIME_FIELD_CLOCK_HOUR_AMPM] % 12))
        return false;
    /* AM and PM alone are the middle of that half of the day, as since JDK 16. */
    const uint32_t in_hour =
        1U << TG_TIME_FIELD_MINUTE | 1U << TG_TIME_FIELD_SECOND | 1U << TG_TIME_FIELD_NANO;
    bool alone = tg_time_fields_have(fields, TG_TIME_FIELD_AMPM) && (fields->present & in_hour) == 0;
    int64_t half = value_or(fields, TG_TIME_FIELD_AMPM, 0);
    int64_t in_half = value_or(fields, TG_TIME_FIELD_HOUR_AMPM, alone ? 6 : 0);
    int64_t hour = value_or(fields, TG_TIME_FIELD_HOUR, half * 12 + in_half);
    *ret_hour = hour;
    return agrees(fields, TG_TIME_FIELD_AMPM, hour % 24 / 12) &&
           agrees(fields, TG_TIME_FIELD_HOUR_AMPM, hour % 12);
}

/* The time from a text that gives the milliseconds or nanoseconds of the day: the other fields must agree. */
static bool resolve_whole_day(const struct tg_time_fields *fields, int64_t *ret_nanos)
{
    if (is_outside(fields, TG_TIME_FIELD_MILLI_OF_DAY, 0, MS_PER_DAY - 1) ||
        is_outside(fields, TG_TIME_FIELD_NANO_OF_DAY, 0, nanos_per_day - 1))
        return false;
    int64_t rest = value_or(fields, TG_TIME_FIELD_NANO, 0) % NANOS_PER_MS;
    int64_t nanos = value_or(fields, TG_TIME_FIELD_MILLI_OF_DAY, 0) * NANOS_PER_MS + rest;
    nanos = value_or(fields, TG_TIME_FIELD_NANO_OF_DAY, nanos);
    int64_t second = nanos / NANOS_PER_SECOND;
    int64_t hour = second / 3600;
    *ret_nanos = nanos;
    return agrees(fields, TG_TIME_FIELD_MILLI_OF_DAY, nanos / NANOS_PER_MS) &&
           agrees(fields, TG_TIME_FIELD_AMPM, hour / 12) &&
           agrees(fields, TG_TIME_FIELD_HOUR_AMPM, hour % 12) && agrees(fields, TG_TIME_FIELD_HOUR, hour) &&
           agrees(fields, TG_TIME_FIELD_MINUTE, second / 60 % 60) &&
           agrees(fields, TG_TIME_FIELD_SECOND, second % 60) &&
           agrees(fields, TG_TIME_FIELD_NANO, nanos % NANOS_PER_SECOND);
}

/* Nanoseconds of the day; 24:00 is the end of it, as Java's smart resolver has it. */
static bool resolve_time(struct tg_time_fields *fields, int64_t *ret_nanos)
{
    int64_t hour = 0;
    if (!resolve_hour(fields, &hour) || is_outside(fields, TG_TIME_FIELD_MINUTE, 0, 59) ||
        is_outside(fields, TG_TIME_FIELD_SECOND, 0, 59) ||
        is_outside(fields, TG_TIME_FIELD_NANO, 0, NANOS_PER_SECOND - 1))
        return false;
    const uint32_t whole_day = 1U << TG_TIME_FIELD_MILLI_OF_DAY | 1U << TG_TIME_FIELD_NANO_OF_DAY;
    if ((fields->present & whole_day) != 0)
        return resolve_whole_day(fields, ret_nanos);
    int64_t minute = hour * 60 + value_or(fields, TG_TIME_FIELD_MINUTE, 0);
    int64_t second = minute * 60 + value_or(fields, TG_TIME_FIELD_SECOND, 0);
    *ret_nanos = second * NANOS_PER_SECOND + value_or(fields, TG_TIME_FIELD_NANO, 0);
    return hour < 24 || *ret_nanos == nanos_per_day;
}

static bool resolve_year(const struct tg_time_fields *fields, int64_t otherwise, int64_t *ret_year)
{
    int64_t year = value_or(fields, TG_TIME_FIELD_YEAR, otherwise);
    if (is_outside(fields, TG_TIME_FIELD_YEAR, -YEAR_MAX, YEAR_MAX) ||
        is_outside(fields, TG_TIME_FIELD_YEAR_OF_ERA, 1, YEAR_MAX))
        return false;
    if (tg_time_fields_have(fields, TG_TIME_FIELD_YEAR_OF_ERA)) {
        bool before_christ = tg_time_fields_have(fields, TG_TIME_FIELD_ERA)
                                 ? fields->values[TG_TIME_FIELD_ERA] == 0
                                 : year <= 0;
        int64_t of_era = fields->values[TG_TIME_FIELD_YEAR_OF_ERA];
        year = before_christ ? 1 - of_era : of_era;
    }
    *ret_year = year;
    if (!tg_time_fields_have(fields, TG_TIME_FIELD_YEAR) &&
        !tg_time_fields_have(fields, TG_TIME_FIELD_YEAR_OF_ERA) &&
        value_or(fields, TG_TIME_FIELD_ERA, 1) == 0) {
        *ret_year = 1 - year;
        return true;
    }
    return agrees(fields, TG_TIME_FIELD_YEAR, year) && agrees(fields, TG_TIME_FIELD_ERA, year > 0);
}

static int32_t days_in_month(int64_t year, int64_t month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool is_complete_date(const struct tg_time_fields *fields)
{
    const uint32_t year = 1U << TG_TIME_FIELD_YEAR | 1U << TG_TIME_FIELD_YEAR_OF_ERA;
    const uint32_t month = 1U << TG_TIME_FIELD_MONTH | 1U << TG_TIME_FIELD_DAY;
    return (fields->present & year) != 0 &&
           ((fields->present & month) == month || tg_time_fields_have(fields, TG_TIME_FIELD_DAY_OF_YEAR));
}

static bool resolve_day_of_year(const struct tg_time_fields *fields, int64_t year, int64_t *ret_days)
{
    if (is_outside(fields, TG_TIME_FIELD_DAY_OF_YEAR, 1, 337 + days_in_month(year, 2)))
        return false;
    *ret_days = tg_days_from_civil((int32_t)year, 1, 1) + fields->values[TG_TIME_FIELD_DAY_OF_YEAR] - 1;
    struct tg_civil civil;
    tg_civil_from_ms(*ret_days * MS_PER_DAY, &civil);
    return agrees(fields, TG_TIME_FIELD_MONTH, civil.month) && agrees(fields, TG_TIME_FIELD_DAY, civil.day);
}

/* Days since 1970-01-01. A day behind the end of its month becomes the last one, as Java's smart resolver has
 * it. A day of the week without a date is that of the week of 1970-01-01, a Thursday. */
static bool resolve_date(const struct tg_time_fields *fields, int64_t *ret_days)
{
    bool complete = is_complete_date(fields);
    struct tg_civil base;
    tg_civil_from_ms(complete ? 0 : (value_or(fields, TG_TIME_FIELD_DAY_OF_WEEK, 4) - 4) * MS_PER_DAY, &base);
    int64_t year = 0;
    if (!resolve_year(fields, base.year, &year) || is_outside(fields, TG_TIME_FIELD_MONTH, 1, 12) ||
        is_outside(fields, TG_TIME_FIELD_DAY, 1, 31))
        return false;
    if (tg_time_fields_have(fields, TG_TIME_FIELD_DAY_OF_YEAR)) {
        if (!resolve_day_of_year(fields, year, ret_days))
            return false;
    } else {
        int64_t month = value_or(fields, TG_TIME_FIELD_MONTH, base.month);
        int64_t day = value_or(fields, TG_TIME_FIELD_DAY, base.day);
        int32_t last = days_in_month(year, month);
        *ret_days = tg_days_from_civil((int32_t)year, (int32_t)month, (int32_t)(day < last ? day : last));
    }
    int64_t weekday = ((*ret_days + 3) % 7 + 7) % 7 + 1;
    return !complete || agrees(fields, TG_TIME_FIELD_DAY_OF_WEEK, weekday);
}

bool tg_time_fields_resolve(struct tg_time_fields *fields, int64_t *ret_ms)
{
    int64_t days = 0;
    int64_t nanos = 0;
    if (!resolve_date(fields, &days) || !resolve_time(fields, &nanos))
        return false;
    int64_t local_ms = days * MS_PER_DAY + nanos / NANOS_PER_MS;
    *ret_ms = local_ms - (int64_t)fields->offset_seconds * 1000;
    if (fields->has_zone)
        *ret_ms = tg_zone_to_utc_ms(&fields->zone, local_ms);
    else if (!fields->has_offset && fields->local != NULL)
        *ret_ms = tg_zone_to_utc_ms(fields->local, local_ms);
    return true;
}
