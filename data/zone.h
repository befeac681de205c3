/* data/zone.h: time zones by Java's ids: fixed offsets, and the regions of the system's time zone database
 * (TZif files, with the POSIX rule at their end for the years that they do not list). A region is read at its
 * first use and stays for the life of the process. Thread: any. */
#pragma once

#include "base/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_zone_rules;

enum { TG_ZONE_PREFIX_MAX = 4 };

/* A value; nothing in it has an owner. All zero: UTC. */
struct tg_zone {
    const struct tg_zone_rules *rules; /* NULL: the offset is fixed */
    int32_t offset_seconds;            /* east of Greenwich */
    char prefix[TG_ZONE_PREFIX_MAX];   /* of a fixed one: "", "UTC", "GMT", "UT" */
};

/* What java.time.ZoneId.of takes: Z, +2, +02:00, -023000, UTC, GMT+1, Europe/Berlin. False: there is no such
 * zone. */
bool tg_zone_find(struct tg_slice id, struct tg_zone *ret_zone);
/* The same with an error that says so. Errors: UNKNOWN_NAME. */
TG_MUST_CHECK enum tg_code tg_zone_get(struct tg_slice id, struct tg_zone *ret_zone, struct tg_error *reterr);
/* The longest id of a region at the front of the text; its length, or 0. */
size_t tg_zone_find_front(struct tg_slice text, struct tg_zone *ret_zone);
void tg_zone_write_id(const struct tg_zone *zone,
                      struct tg_buffer *out); /* as Java spells it: Z, +02:00, ... */

/* What holds at an instant. */
struct tg_zone_offset {
    int32_t seconds;
    bool daylight;
    struct tg_slice name; /* the database's abbreviation ("CEST", "-03"); empty for fixed offsets */
};
void tg_zone_offset_at(const struct tg_zone *zone, int64_t timestamp_ms, struct tg_zone_offset *ret_offset);
/* The instant of a local date and time. One that a change of the clocks skips counts on from before the
 * change, one that comes twice is the earlier one, as java.time.ZonedDateTime.of has it. */
int64_t tg_zone_to_utc_ms(const struct tg_zone *zone, int64_t local_ms);

#ifdef __cplusplus
}
#endif
