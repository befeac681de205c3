#include "data/zone_rules.h"

/* TZif: RFC 8536. The first block has 32-bit times and is stepped over. */

enum { HEADER_BYTES = 44, KINDS_MAX = 255, CHANGES_MAX = 10000, DAY_SECONDS = 86400 };

struct header {
    uint32_t utc_count, standard_count, leap_count, change_count, kind_count, name_bytes;
};

static bool read_header(struct tg_slice file, size_t at, struct header *ret_header)
{
    if (file.length < at + HEADER_BYTES || memcmp(file.data + at, "TZif", 4) != 0 || file.data[at + 4] < '2')
        return false;
    const uint8_t *counts = file.data + at + 20;
    *ret_header = (struct header){.utc_count = tg_load_u32(counts),
                                  .standard_count = tg_load_u32(counts + 4),
                                  .leap_count = tg_load_u32(counts + 8),
                                  .change_count = tg_load_u32(counts + 12),
                                  .kind_count = tg_load_u32(counts + 16),
                                  .name_bytes = tg_load_u32(counts + 20)};
    return ret_header->kind_count > 0 && ret_header->kind_count <= KINDS_MAX &&
           ret_header->change_count <= CHANGES_MAX && ret_header->name_bytes <= UINT16_MAX &&
           ret_header->leap_count <= CHANGES_MAX && ret_header->utc_count <= KINDS_MAX &&
           ret_header->standard_count <= KINDS_MAX;
}

static size_t block_bytes(const struct header *header, size_t time_bytes)
{
    return header->change_count * (time_bytes + 1) + header->kind_count * (size_t)6 + header->name_bytes +
           header->leap_count * (time_bytes + 4) + header->standard_count + header->utc_count;
}

static bool read_kinds(struct tg_arena *arena, const uint8_t *at, const struct header *header,
                       struct tg_zone_rules *rules)
{
    const char *names = (const char *)at + header->kind_count * (size_t)6;
    struct tg_zone_kind *kinds =
        (struct tg_zone_kind *)tg_arena_alloc_zero(arena, header->kind_count, sizeof *kinds);
    for (uint32_t i = 0; i < header->kind_count; i++, at += 6) {
        if (at[5] >= header->name_bytes)
            return false;
        size_t length = strnlen(names + at[5], header->name_bytes - at[5]);
        kinds[i].offset_seconds = (int32_t)tg_load_u32(at);
        kinds[i].daylight = at[4] != 0;
        memcpy(kinds[i].name, names + at[5], length < TG_ZONE_NAME_MAX ? length : TG_ZONE_NAME_MAX);
        if (kinds[i].offset_seconds < -DAY_SECONDS || kinds[i].offset_seconds > DAY_SECONDS)
            return false;
    }
    rules->kinds = kinds;
    rules->kind_count = header->kind_count;
    return true;
}

static bool read_changes(struct tg_arena *arena, const uint8_t *at, const struct header *header,
                         struct tg_zone_rules *rules)
{
    const uint8_t *kind_at = at + header->change_count * (size_t)8;
    int64_t *changes = (int64_t *)tg_arena_alloc(arena, header->change_count * sizeof *changes + 1);
    uint8_t *kinds = tg_arena_bytes_alloc(arena, header->change_count + (size_t)1);
    for (uint32_t i = 0; i < header->change_count; i++) {
        changes[i] = (int64_t)tg_load_u64(at + i * (size_t)8);
        kinds[i] = kind_at[i];
        if (kinds[i] >= header->kind_count || (i > 0 && changes[i] <= changes[i - 1]))
            return false;
    }
    rules->changes = changes;
    rules->change_kind = kinds;
    rules->change_count = header->change_count;
    return true;
}

bool tg_zone_rules_read(struct tg_arena *arena, struct tg_slice file, struct tg_zone_rules *rules)
{
    struct header header;
    if (!read_header(file, 0, &header))
        return false;
    size_t at = HEADER_BYTES + block_bytes(&header, 4);
    if (!read_header(file, at, &header))
        return false;
    at += HEADER_BYTES;
    size_t size = block_bytes(&header, 8);
    if (file.length - at < size)
        return false;
    const uint8_t *block = file.data + at;
    if (!read_changes(arena, block, &header, rules) ||
        !read_kinds(arena, block + header.change_count * (size_t)9, &header, rules))
        return false;
    at += size;
    if (file.length - at < 2 || file.data[at] != '\n')
        return true; /* no rule: the last change stays */
    const uint8_t *end = (const uint8_t *)memchr(file.data + at + 1, '\n', file.length - at - 1);
    if (end == NULL)
        return false;
    struct tg_slice text = tg_slice_of(file.data + at + 1, (size_t)(end - file.data) - at - 1);
    return text.length == 0 || tg_zone_tail_read(text, &rules->tail);
}

/* ---- the rule at the end ---- */

struct reader {
    struct tg_slice text;
    size_t at;
};

static int peek(const struct reader *reader)
{
    return reader->at < reader->text.length ? reader->text.data[reader->at] : -1;
}

static bool skip(struct reader *reader, char wanted)
{
    if (peek(reader) != wanted)
        return false;
    reader->at++;
    return true;
}

static bool read_number(struct reader *reader, int32_t most, int32_t *ret_value)
{
    int32_t value = 0;
    size_t start = reader->at;
    for (; peek(reader) >= '0' && peek(reader) <= '9' && value <= most; reader->at++)
        value = value * 10 + (peek(reader) - '0');
    *ret_value = value;
    return reader->at > start && value <= most;
}

/* Letters, or anything in <...>. */
static bool read_name(struct reader *reader, char name[TG_ZONE_NAME_MAX + 1])
{
    bool quoted = skip(reader, '<');
    size_t length = 0;
    for (;; reader->at++) {
        int byte = peek(reader);
        bool letter = byte >= 0 && (uint8_t)((byte | 0x20) - 'a') < 26;
        if (byte < 0 || byte == '>' || (!quoted && !letter))
            break;
        if (length == TG_ZONE_NAME_MAX)
            return false;
        name[length++] = (char)byte;
    }
    return length > 0 && (!quoted || skip(reader, '>'));
}

/* [+-]hh[:mm[:ss]] as seconds */
static bool read_time(struct reader *reader, int32_t *ret_seconds)
{
    int32_t hours = 0;
    int32_t minutes = 0;
    int32_t seconds = 0;
    bool negative = skip(reader, '-');
    if (!negative)
        (void)skip(reader, '+');
    if (!read_number(reader, 167, &hours))
        return false;
    if (skip(reader, ':') && !read_number(reader, 59, &minutes))
        return false;
    if (skip(reader, ':') && !read_number(reader, 59, &seconds))
        return false;
    *ret_seconds = (hours * 3600 + minutes * 60 + seconds) * (negative ? -1 : 1);
    return true;
}

static bool read_day(struct reader *reader, struct tg_zone_day *day)
{
    day->second = 2 * 3600;
    if (!skip(reader, ','))
        return false;
    if (skip(reader, 'M')) {
        day->form = TG_ZONE_DAY_MONTH_WEEK;
        if (!read_number(reader, 12, &day->month) || day->month < 1 || !skip(reader, '.') ||
            !read_number(reader, 5, &day->week) || day->week < 1 || !skip(reader, '.') ||
            !read_number(reader, 6, &day->day))
            return false;
    } else {
        day->form = skip(reader, 'J') ? TG_ZONE_DAY_JULIAN : TG_ZONE_DAY_OF_YEAR;
        if (!read_number(reader, 365, &day->day))
            return false;
    }
    return !skip(reader, '/') || read_time(reader, &day->second);
}

bool tg_zone_tail_read(struct tg_slice text, struct tg_zone_tail *ret_tail)
{
    struct reader reader = {.text = text};
    struct tg_zone_tail tail = {.present = true};
    int32_t west = 0;
    if (!read_name(&reader, tail.standard.name) || !read_time(&reader, &west))
        return false;
    tail.standard.offset_seconds = -west;
    if (peek(&reader) >= 0) {
        tail.changes = true;
        tail.daylight.daylight = true;
        west -= 3600;
        if (!read_name(&reader, tail.daylight.name))
            return false;
        if (peek(&reader) != ',' && !read_time(&reader, &west))
            return false;
        tail.daylight.offset_seconds = -west;
        if (!read_day(&reader, &tail.start) || !read_day(&reader, &tail.end))
            return false;
    }
    *ret_tail = tail;
    return reader.at == text.length;
}
