#include "base/text.h"
#include "data/time_resolve.h"

struct reader {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *furthest; /* where it went wrong: the place that any try could not pass */
    struct tg_time_fields parsed;
};

static bool set_offset(struct tg_time_fields *parsed, int32_t seconds)
{
    if (parsed->has_offset)
        return parsed->offset_seconds == seconds;
    parsed->has_offset = true;
    parsed->offset_seconds = seconds;
    return true;
}

static bool is_digit(const struct reader *reader, const uint8_t *at)
{
    return at < reader->end && (uint8_t)(*at - '0') <= 9;
}

static bool read_digits(struct reader *reader, unsigned width, int64_t *ret_value)
{
    if ((size_t)(reader->end - reader->at) < width)
        return false;
    uint64_t value = 0; /* 19 digits cannot overflow it */
    for (unsigned i = 0; i < width; i++) {
        uint8_t digit = (uint8_t)(reader->at[i] - '0');
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    if (value > INT64_MAX)
        return false;
    reader->at += width;
    *ret_value = (int64_t)value;
    return true;
}

static bool parse_digits(struct reader *reader, const struct tg_time_op *op)
{
    int64_t value = 0;
    return read_digits(reader, op->most, &value) && tg_time_fields_set(&reader->parsed, op->field, value);
}

/* The signs are those of java.time.format.SignStyle in a strict parse. */
static bool parse_number(struct reader *reader, const struct tg_time_op *op)
{
    bool negative = reader->at < reader->end && *reader->at == '-';
    bool positive = reader->at < reader->end && *reader->at == '+';
    if ((negative && op->sign == TG_TIME_SIGN_NONE) || (positive && op->sign != TG_TIME_SIGN_EXCEEDS_PAD))
        return false;
    reader->at += negative || positive;
    unsigned most = (unsigned)op->most + op->reserved;
    unsigned digits = 0;
    while (digits < most && is_digit(reader, reader->at + digits))
        digits++;
    if (digits < op->least)
        return false;
    if (op->reserved > 0)
        digits = digits < (unsigned)op->reserved + op->least ? op->least : digits - op->reserved;
    if (op->sign == TG_TIME_SIGN_EXCEEDS_PAD && !negative && positive != (digits > op->least))
        return false;
    int64_t value = 0;
    if (digits > 19 || !read_digits(reader, digits, &value) || (negative && value == 0))
        return false;
    return tg_time_fields_set(&reader->parsed, op->field, negative ? -value : value);
}

static bool parse_fraction(struct reader *reader, const struct tg_time_op *op)
{
    int64_t value = 0;
    if (!read_digits(reader, op->most, &value))
        return false;
    for (unsigned i = op->most; i < 9; i++)
        value *= 10;
    return tg_time_fields_set(&reader->parsed, op->field, value);
}

/* Steps over `text`, ASCII letters in any case. */
static bool skip_text(struct reader *reader, struct tg_slice text)
{
    if ((size_t)(reader->end - reader->at) < text.length)
        return false;
    if (!tg_slice_equal_nocase(tg_slice_of(reader->at, text.length), text))
        return false;
    reader->at += text.length;
    return true;
}

static bool parse_name(struct reader *reader, const struct tg_time_op *op)
{
    if (op->style == TG_TIME_STYLE_NARROW) /* one letter stands for several months */
        return false;
    const char *const *names = tg_time_names(op->field, op->style);
    int64_t best = -1;
    size_t best_length = 0;
    for (int64_t i = 0; names[i] != NULL; i++) {
        struct tg_slice name = tg_slice_text(names[i]);
        const uint8_t *start = reader->at;
        if (name.length > best_length && skip_text(reader, name)) {
            best = i;
            best_length = name.length;
        }
        reader->at = start;
    }
    reader->at += best_length;
    return best >= 0 && tg_time_fields_set(&reader->parsed, op->field, best + tg_time_least_name(op->field));
}

/* Two digits up to 59, after a colon if `colon`; leaves the reader where it was if they are not there. */
static bool read_sixtieths(struct reader *reader, bool colon, int32_t *ret_value)
{
    const uint8_t *start = reader->at;
    int64_t value = 0;
    bool found =
        (!colon || (reader->at < reader->end && *reader->at++ == ':')) && read_digits(reader, 2, &value);
    if (!found || value > 59) {
        reader->at = start;
        return false;
    }
    *ret_value = (int32_t)value;
    return true;
}

static bool read_sign(struct reader *reader, int32_t *ret_sign)
{
    if (reader->at == reader->end || (*reader->at != '+' && *reader->at != '-'))
        return false;
    *ret_sign = *reader->at++ == '-' ? -1 : 1;
    return true;
}

static bool finish_offset(struct reader *reader, int32_t sign, int32_t seconds)
{
    return seconds <= 18 * 3600 && set_offset(&reader->parsed, sign * seconds);
}

static bool parse_offset(struct reader *reader, const struct tg_time_op *op)
{
    if (skip_text(reader, op->text))
        return set_offset(&reader->parsed, 0);
    int32_t sign = 1;
    int32_t hours = 0;
    int32_t minutes = 0;
    int32_t seconds = 0;
    if (!read_sign(reader, &sign) || !read_sixtieths(reader, false, &hours))
        return false;
    bool colon = op->offset == TG_TIME_OFFSET_HH_COLON_MM || op->offset == TG_TIME_OFFSET_COLON_OPT_SS;
    if (!read_sixtieths(reader, colon, &minutes) && op->offset != TG_TIME_OFFSET_HH_OPT_MM)
        return false;
    if (op->offset == TG_TIME_OFFSET_HHMM_OPT_SS || op->offset == TG_TIME_OFFSET_COLON_OPT_SS)
        (void)read_sixtieths(reader, colon, &seconds);
    return finish_offset(reader, sign, hours * 3600 + minutes * 60 + seconds);
}

/* [sign]h[h][:mm[:ss]] behind GMT; nothing there is offset zero. */
static bool parse_gmt_offset(struct reader *reader, const struct tg_time_op *op)
{
    int32_t sign = 1;
    int64_t hours = 0;
    int32_t minutes = 0;
    int32_t seconds = 0;
    if (!skip_text(reader, tg_slice_text("GMT")))
        return false;
    if (!read_sign(reader, &sign))
        return set_offset(&reader->parsed, 0);
    bool full = op->style == TG_TIME_STYLE_FULL;
    if (!read_digits(reader, 2, &hours) && (full || !read_digits(reader, 1, &hours)))
        return false;
    if (read_sixtieths(reader, true, &minutes))
        (void)read_sixtieths(reader, true, &seconds);
    else if (full)
        return false;
    return hours <= 18 && finish_offset(reader, sign, (int32_t)hours * 3600 + minutes * 60 + seconds);
}

/* An offset like +01, +0100, +01:00:30, +1 as the id of a zone. */
static bool parse_zone_offset(struct reader *reader)
{
    int32_t sign = 1;
    int64_t hours = 0;
    int32_t minutes = 0;
    int32_t seconds = 0;
    if (!read_sign(reader, &sign) || (!read_digits(reader, 2, &hours) && !read_digits(reader, 1, &hours)))
        return false;
    bool colon = read_sixtieths(reader, true, &minutes);
    if (colon || read_sixtieths(reader, false, &minutes))
        (void)read_sixtieths(reader, colon, &seconds);
    return hours <= 18 && finish_offset(reader, sign, (int32_t)hours * 3600 + minutes * 60 + seconds);
}

/* UTC+1, GMT-02:00: an id with an offset, of which some, like GMT+0, are regions too. */
static bool is_prefixed_offset(const struct reader *reader)
{
    static const char *const prefixes[] = {"UTC", "GMT", "UT"};
    size_t rest = (size_t)(reader->end - reader->at);
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t length = strlen(prefixes[i]);
        if (rest > length + 1 && memcmp(reader->at, prefixes[i], length) == 0 &&
            (reader->at[length] == '+' || reader->at[length] == '-'))
            return true;
    }
    return false;
}

static bool is_zone_letter(uint8_t byte)
{
    return (uint8_t)((byte | 0x20) - 'a') < 26 || byte == '/' || byte == '_';
}

static bool set_zone(struct reader *reader, const struct tg_zone *zone, size_t length)
{
    reader->at += length;
    reader->parsed.has_zone = true;
    reader->parsed.zone = *zone;
    return true;
}

/* Abbreviations and names that stand for a region where the pattern asks for names. */
static bool parse_zone_name(struct reader *reader)
{
    static const struct {
        const char *name;
        const char *region;
    } names[] = {{"PST", "America/Los_Angeles"},
                 {"PDT", "America/Los_Angeles"},
                 {"MST", "America/Denver"},
                 {"MDT", "America/Denver"},
                 {"CST", "America/Chicago"},
                 {"CDT", "America/Chicago"},
                 {"EST", "America/New_York"},
                 {"EDT", "America/New_York"},
                 {"AKST", "America/Anchorage"},
                 {"AKDT", "America/Anchorage"},
                 {"HST", "Pacific/Honolulu"},
                 {"CEST", "Europe/Paris"},
                 {"CET", "Europe/Paris"},
                 {"EEST", "Europe/Bucharest"},
                 {"EET", "Europe/Bucharest"},
                 {"WEST", "Europe/Lisbon"},
                 {"WET", "Europe/Lisbon"},
                 {"BST", "Europe/London"},
                 {"MSK", "Europe/Moscow"},
                 {"JST", "Asia/Tokyo"},
                 {"KST", "Asia/Seoul"},
                 {"IST", "Asia/Kolkata"},
                 {"AEST", "Australia/Sydney"},
                 {"AEDT", "Australia/Sydney"},
                 {"Pacific Standard Time", "America/Los_Angeles"},
                 {"Pacific Daylight Time", "America/Los_Angeles"},
                 {"Mountain Standard Time", "America/Denver"},
                 {"Mountain Daylight Time", "America/Denver"},
                 {"Central Standard Time", "America/Chicago"},
                 {"Central Daylight Time", "America/Chicago"},
                 {"Eastern Standard Time", "America/New_York"},
                 {"Eastern Daylight Time", "America/New_York"},
                 {"Central European Standard Time", "Europe/Paris"},
                 {"Central European Summer Time", "Europe/Paris"}};
    const uint8_t *start = reader->at;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct tg_zone zone;
        if (skip_text(reader, tg_slice_text(names[i].name)) &&
            (reader->at == reader->end || !is_zone_letter(*reader->at)) &&
            tg_zone_find(tg_slice_text(names[i].region), &zone))
            return set_zone(reader, &zone, 0);
        reader->at = start;
    }
    return false;
}

static bool parse_zone(struct reader *reader, const struct tg_time_op *op)
{
    static const char *const utc_names[] = {
        "Greenwich Mean Time", "Coordinated Universal Time", "Etc/UTC", "UTC", "GMT", "UT", "Z"};
    struct tg_zone zone;
    if (reader->at < reader->end && (*reader->at == '+' || *reader->at == '-'))
        return parse_zone_offset(reader);
    size_t length = tg_zone_find_front(tg_slice_of(reader->at, (size_t)(reader->end - reader->at)), &zone);
    if (length > 3 && !is_prefixed_offset(reader)) /* longer than the names of UTC below */
        return set_zone(reader, &zone, length);
    if (op->least == 0 && parse_zone_name(reader))
        return true;
    for (size_t i = 0; i < sizeof utc_names / sizeof utc_names[0]; i++) {
        if (!skip_text(reader, tg_slice_text(utc_names[i])))
            continue;
        const uint8_t *behind = reader->at;
        if (op->least == 1 && parse_zone_offset(reader)) /* an id like UTC+01:00; names have no offset */
            return true;
        reader->at = behind;
        return set_offset(&reader->parsed, 0);
    }
    if (length > 0)
        return set_zone(reader, &zone, length);
    reader->parsed.unknown_zone = reader->at < reader->end && is_zone_letter(*reader->at);
    return false;
}

static bool parse_year_of_century(struct reader *reader, const struct tg_time_op *op)
{
    int64_t value = 0;
    return read_digits(reader, 2, &value) && tg_time_fields_set(&reader->parsed, op->field, 2000 + value);
}

static bool parse_op(struct reader *reader, const struct tg_time_op *op)
{
    switch (op->kind) {
    case TG_TIME_OP_LITERAL:
        return skip_text(reader, op->text);
    case TG_TIME_OP_DIGITS:
        return parse_digits(reader, op);
    case TG_TIME_OP_NUMBER:
        return parse_number(reader, op);
    case TG_TIME_OP_YEAR_OF_CENTURY:
        return parse_year_of_century(reader, op);
    case TG_TIME_OP_FRACTION:
        return parse_fraction(reader, op);
    case TG_TIME_OP_NAME:
        return parse_name(reader, op);
    case TG_TIME_OP_OFFSET:
        return parse_offset(reader, op);
    case TG_TIME_OP_GMT_OFFSET:
        return parse_gmt_offset(reader, op);
    case TG_TIME_OP_ZONE:
        return parse_zone(reader, op);
    case TG_TIME_OP_OPTIONAL:
        return false; /* parse_ops() handles it */
    }
    return false;
}

/* Depth: that of the optional sections, bounded by the compiler. */
static bool parse_ops(struct reader *reader, const struct tg_time_op *ops, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct tg_time_op *op = &ops[i];
        if (op->kind == TG_TIME_OP_OPTIONAL) {
            const uint8_t *start = reader->at;
            struct tg_time_fields before = reader->parsed;
            if (!parse_ops(reader, op + 1, op->span)) {
                reader->at = start;
                before.unknown_zone = reader->parsed.unknown_zone;
                reader->parsed = before;
            }
            i += op->span;
            continue;
        }
        const uint8_t *start = reader->at;
        if (!parse_op(reader, op)) {
            reader->furthest = start > reader->furthest ? start : reader->furthest;
            return false;
        }
    }
    return true;
}

TG_MUST_CHECK static enum tg_code refuse(const struct tg_time_format *format, struct tg_slice text, size_t at,
                                         const struct tg_time_fields *parsed, struct tg_error *reterr)
{
    enum { SHOWN_MAX = 80 };
    struct tg_slice shown = tg_slice_of(text.data, text.length < SHOWN_MAX ? text.length : SHOWN_MAX);
    shown.length = tg_utf8_valid_prefix(shown);
    if (parsed != NULL && parsed->unknown_zone)
        return tg_fail(reterr, TG_CODE_DECODE,
                       "'%.*s' names no known time zone at character %zu, where the pattern '%.*s' wants one",
                       TG_SLICE_FORMAT(shown), at + 1, TG_SLICE_FORMAT(format->pattern));
    if (parsed == NULL)
        return tg_fail(reterr, TG_CODE_DECODE,
                       "'%.*s' fits the pattern '%.*s', but there is no such date and time",
                       TG_SLICE_FORMAT(shown), TG_SLICE_FORMAT(format->pattern));
    return tg_fail(reterr, TG_CODE_DECODE, "'%.*s' does not fit the pattern '%.*s' from character %zu on",
                   TG_SLICE_FORMAT(shown), TG_SLICE_FORMAT(format->pattern), at + 1);
}

/* Reads the fields at the front of the text. */
static bool read_fields(struct reader *reader, const struct tg_time_format *format, struct tg_slice text)
{
    static const uint8_t nothing[1];
    reader->start = text.length == 0 ? nothing : text.data;
    reader->at = reader->start;
    reader->end = reader->start + text.length;
    reader->furthest = reader->start;
    reader->parsed.present = 0;
    reader->parsed.has_offset = false;
    reader->parsed.has_zone = false;
    reader->parsed.local = NULL;
    reader->parsed.unknown_zone = false;
    reader->parsed.offset_seconds = 0;
    return parse_ops(reader, format->ops, format->op_count);
}

enum tg_code tg_time_format_parse_front(const struct tg_time_format *format, struct tg_slice text,
                                        int64_t *ret_ms, size_t *ret_length, struct tg_error *reterr)
{
    struct reader reader;
    *ret_length = text.length;
    if (tg_time_format_parse_fixed(format, text, ret_ms))
        return TG_OK;
    if (!read_fields(&reader, format, text))
        return refuse(format, text, (size_t)(reader.furthest - reader.start), &reader.parsed, reterr);
    *ret_length = (size_t)(reader.at - reader.start);
    if (!tg_time_fields_resolve(&reader.parsed, ret_ms))
        return refuse(format, text, 0, NULL, reterr);
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code parse_whole(const struct tg_time_format *format, const struct tg_zone *zone,
                                              struct tg_slice text, int64_t *ret_ms, struct tg_error *reterr)
{
    struct reader reader;
    if (!read_fields(&reader, format, text))
        return refuse(format, text, (size_t)(reader.furthest - reader.start), &reader.parsed, reterr);
    if (reader.at != reader.end) {
        const uint8_t *at = reader.furthest > reader.at ? reader.furthest : reader.at;
        return refuse(format, text, (size_t)(at - reader.start), &reader.parsed, reterr);
    }
    reader.parsed.local = zone;
    if (!tg_time_fields_resolve(&reader.parsed, ret_ms))
        return refuse(format, text, 0, NULL, reterr);
    return TG_OK;
}

enum tg_code tg_time_format_parse(const struct tg_time_format *format, struct tg_slice text, int64_t *ret_ms,
                                  struct tg_error *reterr)
{
    if (tg_time_format_parse_fixed(format, text, ret_ms))
        return TG_OK;
    return parse_whole(format, NULL, text, ret_ms, reterr);
}

enum tg_code tg_time_format_parse_in(const struct tg_time_format *format, const struct tg_zone *zone,
                                     struct tg_slice text, int64_t *ret_ms, struct tg_error *reterr)
{
    if (!tg_time_format_parse_fixed(format, text, ret_ms))
        return parse_whole(format, zone, text, ret_ms, reterr);
    if (format->tail == NULL)
        *ret_ms = tg_zone_to_utc_ms(zone, *ret_ms);
    return TG_OK;
}
