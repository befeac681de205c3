/* data/time_resolve.h: the fields that a text gave, and the time they make; private to data/. Thread: its
 * owner's. */
#pragma once

#include "data/time_format.h"

struct tg_time_fields {
    uint32_t present; /* bits of tg_time_field */
    bool has_offset;
    bool has_zone;     /* the text names a region: it counts more than an offset */
    bool unknown_zone; /* the text names a zone that is none */
    int32_t offset_seconds;
    struct tg_zone zone;                 /* has_zone */
    const struct tg_zone *local;         /* where times without zone and offset are; NULL: UTC */
    int64_t values[TG_TIME_FIELD_COUNT]; /* of the fields that are present */
};

static inline bool tg_time_fields_have(const struct tg_time_fields *fields, enum tg_time_field field)
{
    return (fields->present >> field & 1) != 0;
}

/* False if the field has another value already. */
static inline bool tg_time_fields_set(struct tg_time_fields *fields, enum tg_time_field field, int64_t value)
{
    if (tg_time_fields_have(fields, field))
        return fields->values[field] == value;
    fields->present |= 1U << field;
    fields->values[field] = value;
    return true;
}

/* Milliseconds since 1970; what is not given is as in 1970-01-01 00:00 UTC. False if there is no such time or
 * fields contradict. */
bool tg_time_fields_resolve(struct tg_time_fields *fields, int64_t *ret_ms);
