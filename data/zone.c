#include "data/zone.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/time.h"
#include "data/zone_rules.h"

enum { DAY_SECONDS = 86400, OFFSET_SECONDS_MAX = 18 * 3600, FILE_BYTES_MAX = 1024 * 1024, DEPTH_MAX = 3 };
enum { ID_BYTES_MAX = 64 };
static const char database[] = "/usr/share/zoneinfo";

/* The ids of all regions, in byte order; the rules of those that were used. It lives as long as the process:
 * the database changes only with the system. */
struct index {
    struct tg_arena *arena;
    uint32_t count;
    uint32_t capacity;
    const char **ids;
    struct tg_zone_rules **rules; /* NULL: not read yet */
    pthread_mutex_t lock;
};

static struct index regions = {.lock = PTHREAD_MUTEX_INITIALIZER};
static pthread_once_t listed = PTHREAD_ONCE_INIT;

/* ---- the list of regions ---- */

/* Trees that repeat the others, and files that are no zones of Java's. */
static bool is_no_region(const char *id)
{
    static const char *const others[] = {"posix", "right", "Factory", "localtime", "posixrules",
                                         "EST",   "HST",   "MST",     "ROC"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(id, others[i]) == 0)
            return true;
    return strchr(id, '.') != NULL || (uint8_t)((id[0] | 0x20) - 'a') >= 26;
}

static void add_region(const char *id)
{
    if (regions.count == regions.capacity) {
        uint32_t capacity = regions.capacity == 0 ? 1024 : regions.capacity * 2;
        const char **ids = (const char **)tg_arena_alloc(regions.arena, capacity * sizeof *ids);
        if (regions.count > 0)
            memcpy(ids, regions.ids, regions.count * sizeof *ids);
        regions.ids = ids;
        regions.capacity = capacity;
    }
    regions.ids[regions.count++] = tg_arena_text(regions.arena, tg_slice_text(id));
}

/* `folder`: "" or "Europe/". Depth: bounded. */
static void list_folder(const char *folder, int depth)
{
    char path[sizeof database + ID_BYTES_MAX + 2];
    (void)snprintf(path, sizeof path, "%s/%s", database, folder);
    DIR *directory = opendir(path);
    if (directory == NULL)
        return;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char id[ID_BYTES_MAX];
        struct stat status;
        int length = snprintf(id, sizeof id - 1, "%s%s", folder, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof id - 1 || is_no_region(id))
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", database, id);
        if (stat(path, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX) {
            id[length] = '/';
            id[length + 1] = '\0';
            list_folder(id, depth + 1);
        } else if (S_ISREG(status.st_mode)) {
            add_region(id);
        }
    }
    (void)closedir(directory);
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_regions(void)
{
    regions.arena = tg_arena_new(0);
    list_folder("", 0);
    if (regions.count > 0)
        qsort(regions.ids, regions.count, sizeof *regions.ids, compare_ids);
    regions.rules = (struct tg_zone_rules **)tg_arena_alloc_zero(regions.arena, regions.count + (size_t)1,
                                                                 sizeof *regions.rules);
}

/* ---- a region ---- */

static struct tg_zone_rules *read_region(const char *id)
{
    char path[sizeof database + ID_BYTES_MAX + 2];
    struct tg_buffer file = {0};
    struct tg_error error;
    (void)snprintf(path, sizeof path, "%s/%s", database, id);
    struct tg_zone_rules *rules =
        (struct tg_zone_rules *)tg_arena_alloc_zero(regions.arena, 1, sizeof *rules);
    rules->id = id;
    bool read = tg_read_file(path, FILE_BYTES_MAX, &file, &error) == TG_OK &&
                tg_zone_rules_read(regions.arena, tg_buffer_slice(&file), rules);
    tg_buffer_done(&file);
    return read ? rules : NULL;
}

static bool find_region(struct tg_slice id, struct tg_zone *ret_zone)
{
    char text[ID_BYTES_MAX];
    if (id.length == 0 || id.length >= sizeof text)
        return false;
    memcpy(text, id.data, id.length);
    text[id.length] = '\0';
    (void)pthread_once(&listed, list_regions);
    const char *wanted = text;
    const char **found = regions.count == 0 ? NULL
                                            : (const char **)bsearch(&wanted, regions.ids, regions.count,
                                                                     sizeof *regions.ids, compare_ids);
    if (found == NULL || strlen(text) != id.length)
        return false;
    size_t number = (size_t)(found - regions.ids);
    (void)pthread_mutex_lock(&regions.lock);
    if (regions.rules[number] == NULL)
        regions.rules[number] = read_region(*found);
    *ret_zone = (struct tg_zone){.rules = regions.rules[number]};
    (void)pthread_mutex_unlock(&regions.lock);
    return ret_zone->rules != NULL;
}

/* ---- ids ---- */

static bool two_digits(struct tg_slice text, size_t at, int32_t most, int32_t *ret_value)
{
    if (text.length < at + 2 || (uint8_t)(text.data[at] - '0') > 9 || (uint8_t)(text.data[at + 1] - '0') > 9)
        return false;
    *ret_value = (text.data[at] - '0') * 10 + (text.data[at + 1] - '0');
    return *ret_value <= most;
}

/* java.time.ZoneOffset.of: +h, +hh, +hh:mm, +hhmm, +hh:mm:ss, +hhmmss. */
static bool read_offset(struct tg_slice text, int32_t *ret_seconds)
{
    int32_t hours = 0;
    int32_t minutes = 0;
    int32_t seconds = 0;
    if (text.length < 2 || (text.data[0] != '+' && text.data[0] != '-'))
        return false;
    size_t colon = text.length > 3 && text.data[3] == ':';
    bool read = false;
    if (text.length == 2) {
        hours = text.data[1] - '0';
        read = hours >= 0 && hours <= 9;
    } else if (two_digits(text, 1, 18, &hours)) {
        read = text.length == 3;
        if (text.length == 5 + colon || text.length == 7 + 2 * colon)
            read = two_digits(text, 3 + colon, 59, &minutes);
        if (text.length == 7 + 2 * colon)
            read =
                read && (colon == 0 || text.data[6] == ':') && two_digits(text, 5 + 2 * colon, 59, &seconds);
    }
    *ret_seconds = (hours * 3600 + minutes * 60 + seconds) * (text.data[0] == '-' ? -1 : 1);
    return read && *ret_seconds >= -OFFSET_SECONDS_MAX && *ret_seconds <= OFFSET_SECONDS_MAX;
}

bool tg_zone_find(struct tg_slice id, struct tg_zone *ret_zone)
{
    static const char *const prefixes[] = {"UTC", "GMT", "UT"};
    struct tg_zone zone = {.rules = NULL};
    *ret_zone = zone;
    if (tg_slice_is(id, "Z") || read_offset(id, &ret_zone->offset_seconds))
        return true;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t length = strlen(prefixes[i]);
        if (id.length < length || memcmp(id.data, prefixes[i], length) != 0)
            continue;
        memcpy(zone.prefix, prefixes[i], length + 1);
        struct tg_slice rest = tg_slice_of(id.data + length, id.length - length);
        if (rest.length == 0 || read_offset(rest, &zone.offset_seconds)) {
            *ret_zone = zone;
            return true;
        }
    }
    return find_region(id, ret_zone);
}

enum tg_code tg_zone_get(struct tg_slice id, struct tg_zone *ret_zone, struct tg_error *reterr)
{
    if (tg_zone_find(id, ret_zone))
        return TG_OK;
    enum { SHOWN_MAX = 80 };
    int shown = (int)(id.length < SHOWN_MAX ? id.length : SHOWN_MAX);
    tg_fail(reterr, TG_CODE_UNKNOWN_NAME, "'%.*s' is no time zone", shown, (const char *)id.data);
    return tg_fail_hint(reterr, "a zone is UTC, an offset like +02:00, or a region like Europe/Berlin");
}

size_t tg_zone_find_front(struct tg_slice text, struct tg_zone *ret_zone)
{
    size_t length = 0;
    while (length < text.length && length < ID_BYTES_MAX &&
           ((uint8_t)((text.data[length] | 0x20) - 'a') < 26 || (uint8_t)(text.data[length] - '0') < 10 ||
            memchr("/_+-", text.data[length], 4) != NULL))
        length++;
    while (length > 0 && !find_region(tg_slice_of(text.data, length), ret_zone))
        length--;
    return length;
}

void tg_zone_write_id(const struct tg_zone *zone, struct tg_buffer *out)
{
    if (zone->rules != NULL) {
        tg_buffer_append_text(out, zone->rules->id);
        return;
    }
    int32_t magnitude = zone->offset_seconds < 0 ? -zone->offset_seconds : zone->offset_seconds;
    tg_buffer_append_text(out, zone->prefix);
    if (magnitude == 0 && zone->prefix[0] == '\0')
        tg_buffer_append_byte(out, 'Z');
    if (magnitude == 0)
        return;
    tg_buffer_printf(out, "%c%02d:%02d", zone->offset_seconds < 0 ? '-' : '+', magnitude / 3600,
                     magnitude / 60 % 60);
    if (magnitude % 60 != 0)
        tg_buffer_printf(out, ":%02d", magnitude % 60);
}

/* ---- what holds when ---- */

/* The start of the day in days since 1970. */
static int64_t day_in_year(const struct tg_zone_day *day, int32_t year)
{
    int64_t first = tg_days_from_civil(year, 1, 1);
    bool leap = tg_days_from_civil(year + 1, 1, 1) - first == 366;
    if (day->form == TG_ZONE_DAY_OF_YEAR)
        return first + day->day;
    if (day->form == TG_ZONE_DAY_JULIAN)
        return first + day->day - 1 + (leap && day->day > 59);
    int64_t month = tg_days_from_civil(year, day->month, 1);
    int64_t next =
        day->month == 12 ? tg_days_from_civil(year + 1, 1, 1) : tg_days_from_civil(year, day->month + 1, 1);
    int64_t weekday = ((month + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t found = month + (day->day - weekday + 7) % 7 + (day->week - 1) * (int64_t)7;
    return found < next ? found : found - 7;
}

/* A change of the offset, and what holds before and behind it. */
struct change {
    int64_t second; /* UTC */
    const struct tg_zone_kind *before;
    const struct tg_zone_kind *after;
};

static struct change tail_change(const struct tg_zone_tail *tail, int32_t year, bool start)
{
    const struct tg_zone_day *day = start ? &tail->start : &tail->end;
    struct change change = {.before = start ? &tail->standard : &tail->daylight,
                            .after = start ? &tail->daylight : &tail->standard};
    change.second = day_in_year(day, year) * DAY_SECONDS + day->second - change.before->offset_seconds;
    return change;
}

static int32_t year_of(int64_t second)
{
    struct tg_civil civil;
    tg_civil_from_ms(second * 1000, &civil);
    return civil.year;
}

/* The last change at or before `second` among those of the tail, and the next one behind it. */
static void look_in_tail(const struct tg_zone_tail *tail, int64_t second, struct change *ret_last,
                         struct change *ret_next)
{
    int32_t year = year_of(second);
    bool first = true;
    *ret_last = tail_change(tail, year - 1, true);
    ret_next->second = INT64_MAX;
    for (int32_t i = -2; i <= 3; i++) {
        struct change change = tail_change(tail, year + (i + 2) / 2 - 1, (i & 1) == 0);
        if (change.second <= second && (first || change.second >= ret_last->second)) {
            *ret_last = change;
            first = false;
        } else if (change.second > second && change.second < ret_next->second) {
            *ret_next = change;
        }
    }
}

/* Number of listed changes at or before `second`. */
static uint32_t count_changes(const struct tg_zone_rules *rules, int64_t second)
{
    uint32_t low = 0;
    uint32_t high = rules->change_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rules->changes[middle] <= second)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct tg_zone_kind *listed_kind(const struct tg_zone_rules *rules, uint32_t count)
{
    return &rules->kinds[count == 0 ? 0 : rules->change_kind[count - 1]];
}

static const struct tg_zone_kind *kind_at(const struct tg_zone_rules *rules, int64_t second)
{
    uint32_t count = count_changes(rules, second);
    if (count < rules->change_count || !rules->tail.present)
        return listed_kind(rules, count);
    if (!rules->tail.changes)
        return &rules->tail.standard;
    struct change last;
    struct change next;
    look_in_tail(&rules->tail, second, &last, &next);
    return last.after;
}

/* The first change behind `second`; false: there is none. */
static bool change_behind(const struct tg_zone_rules *rules, int64_t second, struct change *ret_change)
{
    uint32_t count = count_changes(rules, second);
    if (count < rules->change_count) {
        *ret_change = (struct change){.second = rules->changes[count],
                                      .before = listed_kind(rules, count),
                                      .after = listed_kind(rules, count + 1)};
        return true;
    }
    if (!rules->tail.present || !rules->tail.changes)
        return false;
    struct change last;
    look_in_tail(&rules->tail, second, &last, ret_change);
    return true;
}

static int64_t floor_second(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0);
}

void tg_zone_offset_at(const struct tg_zone *zone, int64_t timestamp_ms, struct tg_zone_offset *ret_offset)
{
    *ret_offset = (struct tg_zone_offset){.seconds = zone->offset_seconds};
    if (zone->rules == NULL)
        return;
    const struct tg_zone_kind *kind = kind_at(zone->rules, floor_second(timestamp_ms));
    *ret_offset = (struct tg_zone_offset){
        .seconds = kind->offset_seconds, .daylight = kind->daylight, .name = tg_slice_text(kind->name)};
}

int64_t tg_zone_to_utc_ms(const struct tg_zone *zone, int64_t local_ms)
{
    if (zone->rules == NULL)
        return local_ms - (int64_t)zone->offset_seconds * 1000;
    int64_t local = floor_second(local_ms);
    int64_t second = local - 2 * DAY_SECONDS;
    int32_t offset = kind_at(zone->rules, second)->offset_seconds;
    struct change change;
    while (change_behind(zone->rules, second, &change)) {
        int32_t after = change.after->offset_seconds;
        /* Skipped and repeated times alike count from before the change. */
        if (local < change.second + (after > offset ? after : offset))
            break;
        offset = after;
        second = change.second;
    }
    return local_ms - (int64_t)offset * 1000;
}
