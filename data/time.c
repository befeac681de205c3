#include "data/time.h"

enum { MS_PER_SECOND = 1000, MS_PER_MINUTE = 60000, MS_PER_HOUR = 3600000, MS_PER_DAY = 86400000 };
enum { YEAR_MAX = 292000000 }; /* int64 milliseconds reach a little further */

/* Years are counted from March on, in eras of 400 of them, so that the leap day is the last of a year (H.
 * Hinnant, "chrono-compatible low-level date algorithms"). */
int64_t tg_days_from_civil(int32_t year, int32_t month, int32_t day)
{
    int64_t shifted = (int64_t)year - (month <= 2);
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, struct tg_civil *civil)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    uint32_t day_of_era = (uint32_t)(days - era * 146097);
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t shifted_month = (5 * day_of_year + 2) / 153;
    civil->day = (int32_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    civil->month = (int32_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    civil->year = (int32_t)((int64_t)year_of_era + era * 400 + (civil->month <= 2));
}

static void set_time(struct tg_civil *civil, uint32_t ms_of_day)
{
    civil->hour = (int32_t)(ms_of_day / MS_PER_HOUR);
    civil->minute = (int32_t)(ms_of_day / MS_PER_MINUTE % 60);
    civil->second = (int32_t)(ms_of_day / MS_PER_SECOND % 60);
    civil->nanosecond = (int32_t)(ms_of_day % MS_PER_SECOND * 1000000);
}

void tg_civil_from_ms(int64_t timestamp_ms, struct tg_civil *ret_civil)
{
    int64_t days = timestamp_ms / MS_PER_DAY;
    int64_t ms_of_day = timestamp_ms % MS_PER_DAY;
    if (ms_of_day < 0) {
        ms_of_day += MS_PER_DAY;
        days--;
    }
    civil_from_days(days, ret_civil);
    set_time(ret_civil, (uint32_t)ms_of_day);
}

static int64_t ms_of_day(const struct tg_civil *civil)
{
    return (int64_t)civil->hour * MS_PER_HOUR + (int64_t)civil->minute * MS_PER_MINUTE +
           (int64_t)civil->second * MS_PER_SECOND + civil->nanosecond / 1000000;
}

int64_t tg_civil_to_ms(const struct tg_civil *civil)
{
    return tg_days_from_civil(civil->year, civil->month, civil->day) * MS_PER_DAY + ms_of_day(civil);
}

static uint8_t *put_number(uint8_t *at, uint32_t value, unsigned width)
{
    for (unsigned i = width; i-- > 0; value /= 10)
        at[i] = (uint8_t)('0' + value % 10);
    return at + width;
}

/* Four digits; more take a sign, as ISO 8601 and Java want. */
static uint8_t *put_year(uint8_t *at, int32_t year)
{
    uint32_t magnitude = year < 0 ? 0 - (uint32_t)year : (uint32_t)year;
    unsigned width = 4;
    for (uint32_t limit = 10000; width < 9 && magnitude >= limit; limit *= 10)
        width++;
    if (year < 0)
        *at++ = '-';
    else if (width > 4)
        *at++ = '+';
    return put_number(at, magnitude, width);
}

static uint8_t *put_date(uint8_t *at, const struct tg_civil *civil)
{
    at = put_year(at, civil->year);
    *at++ = '-';
    at = put_number(at, (uint32_t)civil->month, 2);
    *at++ = '-';
    return put_number(at, (uint32_t)civil->day, 2);
}

static uint8_t *put_time(uint8_t *at, const struct tg_civil *civil)
{
    at = put_number(at, (uint32_t)civil->hour, 2);
    *at++ = ':';
    at = put_number(at, (uint32_t)civil->minute, 2);
    *at++ = ':';
    return put_number(at, (uint32_t)civil->second, 2);
}

static uint8_t *put_ms(uint8_t *at, const struct tg_civil *civil)
{
    *at++ = '.';
    return put_number(at, (uint32_t)civil->nanosecond / 1000000, 3);
}

enum { TEXT_MAX = 40 };

void tg_timestamp_write(int64_t timestamp_ms, struct tg_buffer *out)
{
    struct tg_civil civil;
    tg_civil_from_ms(timestamp_ms, &civil);
    uint8_t *start = tg_buffer_reserve(out, TEXT_MAX);
    uint8_t *at = put_date(start, &civil);
    *at++ = 'T';
    at = put_ms(put_time(at, &civil), &civil);
    out->length += (size_t)(at - start);
}

void tg_date_write(int32_t days, struct tg_buffer *out)
{
    struct tg_civil civil;
    civil_from_days(days, &civil);
    uint8_t *start = tg_buffer_reserve(out, TEXT_MAX);
    out->length += (size_t)(put_date(start, &civil) - start);
}

void tg_time_write(int32_t ms_of_day, struct tg_buffer *out)
{
    struct tg_civil civil = {0};
    set_time(&civil, (uint32_t)ms_of_day);
    uint8_t *start = tg_buffer_reserve(out, TEXT_MAX);
    uint8_t *at = put_time(start, &civil);
    if (civil.nanosecond != 0)
        at = put_ms(at, &civil);
    out->length += (size_t)(at - start);
}

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

static bool skip(struct reader *reader, char wanted)
{
    if (reader->at == reader->end || *reader->at != (uint8_t)wanted)
        return false;
    reader->at++;
    return true;
}

/* `least` to `most` digits, all that are there. */
static bool read_number(struct reader *reader, unsigned least, unsigned most, int32_t *ret_value)
{
    unsigned count = 0;
    int32_t value = 0;
    while (count < most && reader->at < reader->end && (uint8_t)(*reader->at - '0') <= 9) {
        value = value * 10 + (*reader->at++ - '0');
        count++;
    }
    *ret_value = value;
    return count >= least;
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* [+-]year[-month[-day]] */
static bool read_date(struct reader *reader, struct tg_civil *civil)
{
    bool negative = skip(reader, '-');
    bool positive = !negative && skip(reader, '+');
    unsigned most = negative || positive ? 9 : 4;
    if (!read_number(reader, 4, most, &civil->year) || civil->year > YEAR_MAX)
        return false;
    if (negative)
        civil->year = -civil->year;
    civil->month = 1;
    civil->day = 1;
    if (!skip(reader, '-'))
        return true;
    if (!read_number(reader, 1, 2, &civil->month) || civil->month < 1 || civil->month > 12)
        return false;
    if (!skip(reader, '-'))
        return true;
    return read_number(reader, 1, 2, &civil->day) && civil->day >= 1 &&
           civil->day <= days_in_month(civil->year, civil->month);
}

static bool read_fraction(struct reader *reader, int32_t *ret_nanosecond)
{
    const uint8_t *start = reader->at;
    if (!read_number(reader, 1, 9, ret_nanosecond))
        return false;
    for (size_t digits = (size_t)(reader->at - start); digits < 9; digits++)
        *ret_nanosecond *= 10;
    return true;
}

/* hour[:minute[:second[.fraction]]] */
static bool read_time(struct reader *reader, struct tg_civil *civil)
{
    if (!read_number(reader, 1, 2, &civil->hour) || civil->hour > 23)
        return false;
    if (!skip(reader, ':'))
        return true;
    if (!read_number(reader, 1, 2, &civil->minute) || civil->minute > 59)
        return false;
    if (!skip(reader, ':'))
        return true;
    if (!read_number(reader, 1, 2, &civil->second) || civil->second > 59)
        return false;
    return !skip(reader, '.') || read_fraction(reader, &civil->nanosecond);
}

/* Z, +hh, +hhmm, +hh:mm */
static bool read_offset(struct reader *reader, int64_t *ret_ms)
{
    if (skip(reader, 'Z') || skip(reader, 'z'))
        return true;
    bool negative = skip(reader, '-');
    if (!negative && !skip(reader, '+'))
        return true;
    int32_t hours = 0;
    int32_t minutes = 0;
    if (!read_number(reader, 2, 2, &hours))
        return false;
    bool more = skip(reader, ':');
    if ((more || reader->at < reader->end) && !read_number(reader, 2, 2, &minutes))
        return false;
    if (minutes > 59 || hours * 60 + minutes > 18 * 60)
        return false;
    *ret_ms = (int64_t)(hours * 60 + minutes) * (negative ? -MS_PER_MINUTE : MS_PER_MINUTE);
    return true;
}

bool tg_timestamp_parse(struct tg_slice text, int64_t *ret_ms)
{
    struct reader reader = {text.data, text.data + text.length};
    struct tg_civil civil = {0};
    int64_t offset_ms = 0;
    if (text.length == 0 || !read_date(&reader, &civil))
        return false;
    if (skip(&reader, 'T') || skip(&reader, 't') || skip(&reader, ' ')) {
        if (!read_time(&reader, &civil) || !read_offset(&reader, &offset_ms))
            return false;
    }
    if (reader.at != reader.end)
        return false;
    *ret_ms = tg_civil_to_ms(&civil) - offset_ms;
    return true;
}

bool tg_date_parse(struct tg_slice text, int32_t *ret_days)
{
    struct reader reader = {text.data, text.data + text.length};
    struct tg_civil civil = {0};
    if (text.length == 0 || !read_date(&reader, &civil) || reader.at != reader.end)
        return false;
    int64_t days = tg_days_from_civil(civil.year, civil.month, civil.day);
    if (days < INT32_MIN || days > INT32_MAX)
        return false;
    *ret_days = (int32_t)days;
    return true;
}

bool tg_time_parse(struct tg_slice text, int32_t *ret_ms_of_day)
{
    struct reader reader = {text.data, text.data + text.length};
    struct tg_civil civil = {0};
    if (text.length == 0 || !read_time(&reader, &civil) || reader.at != reader.end)
        return false;
    *ret_ms_of_day = (int32_t)ms_of_day(&civil);
    return true;
}
