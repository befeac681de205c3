/* data/zone_rules.h: the changes of a region's offset; private to data/zone*.c. Immutable once read. */
#pragma once

#include "base/arena.h"
#include "data/zone.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_ZONE_NAME_MAX = 15 };

/* What holds from one change to the next. */
struct tg_zone_kind {
    int32_t offset_seconds;
    bool daylight;
    char name[TG_ZONE_NAME_MAX + 1];
};

/* A day of every year: Mm.w.d (week 5: the last), Jn (without February 29th) or n (from 0). */
struct tg_zone_day {
    enum { TG_ZONE_DAY_MONTH_WEEK, TG_ZONE_DAY_JULIAN, TG_ZONE_DAY_OF_YEAR } form;
    int32_t month, week, day;
    int32_t second; /* of the day, local time; may be negative or beyond it */
};

/* The POSIX rule behind the listed changes. */
struct tg_zone_tail {
    bool present;
    bool changes; /* has daylight saving time */
    struct tg_zone_kind standard;
    struct tg_zone_kind daylight;
    struct tg_zone_day start, end;
};

struct tg_zone_rules {
    const char *id;
    uint32_t change_count;
    const int64_t *changes;     /* seconds since 1970 UTC, ascending */
    const uint8_t *change_kind; /* which of the kinds holds from then on */
    uint32_t kind_count;
    const struct tg_zone_kind *kinds; /* 0: before the first change */
    struct tg_zone_tail tail;
};

/* Reads the bytes of a TZif file, version 2 or later; everything is copied into `arena`. False if they are
 * not one. */
bool tg_zone_rules_read(struct tg_arena *arena, struct tg_slice file, struct tg_zone_rules *rules);
/* Reads a POSIX rule like "CET-1CEST,M3.5.0,M10.5.0/3". */
bool tg_zone_tail_read(struct tg_slice text, struct tg_zone_tail *ret_tail);

#ifdef __cplusplus
}
#endif
