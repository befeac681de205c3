/* data/time_format.h: the compiled form of a DateTimeFormatter pattern; private to data/time_format_*.c.
 * Immutable after compile. */
#pragma once

#include "data/time.h"

enum tg_time_field {
    TG_TIME_FIELD_ERA, /* 0: BC, 1: AD */
    TG_TIME_FIELD_YEAR,
    TG_TIME_FIELD_YEAR_OF_ERA,
    TG_TIME_FIELD_MONTH,
    TG_TIME_FIELD_DAY,
    TG_TIME_FIELD_DAY_OF_YEAR,
    TG_TIME_FIELD_DAY_OF_WEEK,     /* 1: Monday */
    TG_TIME_FIELD_AMPM,            /* 0: AM, 1: PM */
    TG_TIME_FIELD_CLOCK_HOUR_AMPM, /* 1..12 */
    TG_TIME_FIELD_HOUR_AMPM,       /* 0..11 */
    TG_TIME_FIELD_CLOCK_HOUR,      /* 1..24 */
    TG_TIME_FIELD_HOUR,            /* 0..23 */
    TG_TIME_FIELD_MINUTE,
    TG_TIME_FIELD_SECOND,
    TG_TIME_FIELD_NANO, /* of the second */
    TG_TIME_FIELD_MILLI_OF_DAY,
    TG_TIME_FIELD_NANO_OF_DAY,
    TG_TIME_FIELD_COUNT,
};

enum tg_time_op_kind {
    TG_TIME_OP_LITERAL,
    TG_TIME_OP_DIGITS,          /* exactly `most` digits, no sign */
    TG_TIME_OP_NUMBER,          /* `least` to `most` digits by the rules of `sign` */
    TG_TIME_OP_YEAR_OF_CENTURY, /* two digits, 2000 to 2099 */
    TG_TIME_OP_FRACTION,        /* exactly `most` digits behind the decimal point of the second */
    TG_TIME_OP_NAME,            /* month, day of the week, era, AM/PM in `style` */
    TG_TIME_OP_OFFSET,          /* ISO offset in `offset` form; `zero` is the text of no offset */
    TG_TIME_OP_GMT_OFFSET,      /* GMT, GMT+8 (short) or GMT+08:00 (full) */
    TG_TIME_OP_ZONE,            /* VV, z: a zone's id or name */
    TG_TIME_OP_OPTIONAL,        /* the next `span` ops may be missing as a whole */
};

enum tg_time_sign { TG_TIME_SIGN_NONE, TG_TIME_SIGN_NEGATIVE_ONLY, TG_TIME_SIGN_EXCEEDS_PAD };
enum tg_time_style { TG_TIME_STYLE_SHORT, TG_TIME_STYLE_FULL, TG_TIME_STYLE_NARROW };
enum tg_time_offset_form {
    TG_TIME_OFFSET_HH_OPT_MM,
    TG_TIME_OFFSET_HHMM,
    TG_TIME_OFFSET_HH_COLON_MM,
    TG_TIME_OFFSET_HHMM_OPT_SS,
    TG_TIME_OFFSET_COLON_OPT_SS
};

struct tg_time_op {
    enum tg_time_op_kind kind;
    enum tg_time_field field;
    enum tg_time_sign sign;
    enum tg_time_style style;
    enum tg_time_offset_form offset;
    uint8_t least;
    uint8_t most;
    uint8_t reserved;     /* digits that the fixed fields directly behind need */
    uint32_t span;        /* TG_TIME_OP_OPTIONAL */
    struct tg_slice text; /* TG_TIME_OP_LITERAL: the text; TG_TIME_OP_OFFSET: the text of offset zero */
};

/* A part of a text whose parts all have their places. */
enum tg_time_slot {
    TG_TIME_SLOT_YEAR,
    TG_TIME_SLOT_MONTH,
    TG_TIME_SLOT_DAY,
    TG_TIME_SLOT_HOUR,
    TG_TIME_SLOT_MINUTE,
    TG_TIME_SLOT_SECOND,
    TG_TIME_SLOT_NANO,
    TG_TIME_SLOT_LITERAL, /* `byte` */
};

struct tg_time_part {
    uint8_t slot;
    uint8_t at;
    uint8_t width;
    uint8_t byte;
};

struct tg_time_format {
    struct tg_slice pattern;
    const struct tg_time_op *ops;
    uint32_t op_count;
    uint32_t part_count;   /* 0: the parts have no fixed places */
    uint32_t fixed_length; /* bytes that the parts describe */
    const struct tg_time_part *parts;
    const struct tg_time_op *tail; /* an offset behind the parts; NULL: the text ends there */
};

/* Finds the parts of a pattern with fixed places, if it is one. */
void tg_time_format_fix(struct tg_arena *arena, struct tg_time_format *format);
/* False: the general parser must look at the text. */
bool tg_time_format_parse_fixed(const struct tg_time_format *format, struct tg_slice text, int64_t *ret_ms);

/* The names of a field's values from its least value on; NULL ends the list. */
const char *const *tg_time_names(enum tg_time_field field, enum tg_time_style style);
int64_t tg_time_least_name(enum tg_time_field field); /* the value of the first name */
