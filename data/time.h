/* data/time.h: dates and times as text and fields (proleptic Gregorian, UTC), and compiled Java
 * DateTimeFormatter patterns. Thread: any; compiled patterns are immutable. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "data/zone.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_civil {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
    int32_t hour, minute, second;
    int32_t nanosecond;
};

int64_t tg_days_from_civil(int32_t year, int32_t month, int32_t day); /* days since 1970-01-01 */
void tg_civil_from_ms(int64_t timestamp_ms, struct tg_civil *ret_civil);
int64_t tg_civil_to_ms(const struct tg_civil *civil); /* cut to ms */

/* "2020-01-02T03:04:05.678", "2020-01-02", "03:04:05" (with .SSS if there are ms): as CAST to STRING writes
 * them. */
void tg_timestamp_write(int64_t timestamp_ms, struct tg_buffer *out);
void tg_date_write(int32_t days, struct tg_buffer *out);
void tg_time_write(int32_t ms_of_day, struct tg_buffer *out);
/* ISO texts, for CAST and literals: date alone, or with time, optional fraction and zone offset or 'Z'. False
 * if malformed. */
bool tg_timestamp_parse(struct tg_slice text, int64_t *ret_ms);
bool tg_date_parse(struct tg_slice text, int32_t *ret_days);
bool tg_time_parse(struct tg_slice text, int32_t *ret_ms_of_day);

struct tg_time_format;

/* Compiles a DateTimeFormatter pattern (letters G u y M L d D E a h H k K m s S A n N V z O X x Z, quotes, [
 * ] sections; English names; resolver style SMART). Errors: CONFIG with the place in the pattern. */
TG_MUST_CHECK enum tg_code tg_time_format_compile(struct tg_arena *arena, struct tg_slice pattern,
                                                  const struct tg_time_format **ret_format,
                                                  struct tg_error *reterr);
/* A date and time to ms; fields that the text has not are those of 1970-01-01 00:00 UTC. Errors: DECODE
 * naming text and pattern. */
TG_MUST_CHECK enum tg_code tg_time_format_parse(const struct tg_time_format *format, struct tg_slice text,
                                                int64_t *ret_ms, struct tg_error *reterr);
/* The same for the front of the text: what follows is left over, `*ret_length` is what was read. */
TG_MUST_CHECK enum tg_code tg_time_format_parse_front(const struct tg_time_format *format,
                                                      struct tg_slice text, int64_t *ret_ms,
                                                      size_t *ret_length, struct tg_error *reterr);
void tg_time_format_write(const struct tg_time_format *format, int64_t timestamp_ms, struct tg_buffer *out);

/* The same in a time zone: a text that names neither a zone nor an offset is in `zone`; fields that it has
 * not are those of 1970-01-01 00:00 there. */
TG_MUST_CHECK enum tg_code tg_time_format_parse_in(const struct tg_time_format *format,
                                                   const struct tg_zone *zone, struct tg_slice text,
                                                   int64_t *ret_ms, struct tg_error *reterr);
void tg_time_format_write_in(const struct tg_time_format *format, const struct tg_zone *zone,
                             int64_t timestamp_ms, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
