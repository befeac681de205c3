#include "topology/progress.h"

#include "base/base64.h"
#include "base/buffer.h"

#include <stdio.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* 3,069 bytes are 4,092 as Base64. Up to 765 names stay in full: what a human can read. */
enum { VERSION_ONE = 1, VERSION_TWO = 2, HEAD_BYTES = 13, FULL_MAX = 765, RAW_MAX = 3069 };
enum { SHORT_NAME_BYTES = 17, ENTRY_BYTES = 4 + 8, EVIDENCE_BYTES = 3 * (ENTRY_BYTES + SHORT_NAME_BYTES) };
_Static_assert(HEAD_BYTES + EVIDENCE_BYTES + TG_PROGRESS_ENTRIES_MAX * (ENTRY_BYTES + SHORT_NAME_BYTES) <=
                   RAW_MAX,
               "as many short entries as there can be always fit");

static const char worker_high[] = "turgo.worker.high";
static const char worker_low[] = "turgo.worker.low";
static const char transaction[] = "turgo.transaction";

/* Returns the number of bytes, or 0 if the text is not Base64 or too long. */
static size_t read_raw(const char *text, uint8_t out[RAW_MAX])
{
    size_t length = text == NULL ? 0 : strlen(text);
    size_t written = 0;
    if (length == 0 || length / 4 * 3 > RAW_MAX)
        return 0;
    return tg_base64_decode(tg_slice_of(text, length), out, &written) ? written : 0;
}

/* "#" and the hash of a name: the same in every process. */
static void shorten(const char *name, char out[SHORT_NAME_BYTES + 1])
{
    snprintf(out, SHORT_NAME_BYTES + 1, "#%016llx", (unsigned long long)XXH3_64bits(name, strlen(name)));
}

static void put_entry(uint8_t *raw, size_t *length, const char *name, int64_t value)
{
    size_t name_length = strlen(name);
    tg_store_u32(raw + *length, (uint32_t)name_length);
    memcpy(raw + *length + 4, name, name_length);
    tg_store_u64(raw + *length + 4 + name_length, (uint64_t)value);
    *length += ENTRY_BYTES + name_length;
}

static bool fits_in_full(const struct tg_progress *progress)
{
    size_t length = HEAD_BYTES + EVIDENCE_BYTES;
    for (uint32_t i = 0; i < progress->entry_count && length <= FULL_MAX; i++)
        length += ENTRY_BYTES + strlen(progress->entries[i].name);
    return length <= FULL_MAX;
}

bool tg_progress_add(struct tg_progress *progress, const char *name, int64_t value)
{
    if (progress->entry_count == TG_PROGRESS_ENTRIES_MAX)
        return false;
    progress->entries[progress->entry_count++] = (struct tg_progress_entry){name, value};
    return true;
}

void tg_progress_write(const struct tg_progress *progress, char out[TG_PROGRESS_TEXT_MAX])
{
    uint8_t raw[RAW_MAX];
    size_t length = HEAD_BYTES;
    bool in_full = fits_in_full(progress);
    raw[0] = VERSION_TWO;
    tg_store_u64(raw + 1, (uint64_t)progress->stream_time_ms);
    tg_store_u32(raw + 9, 3 + progress->entry_count);
    put_entry(raw, &length, worker_high, (int64_t)progress->worker_high);
    put_entry(raw, &length, worker_low, (int64_t)progress->worker_low);
    put_entry(raw, &length, transaction, (int64_t)progress->transaction);
    for (uint32_t i = 0; i < progress->entry_count; i++) {
        char name[SHORT_NAME_BYTES + 1];
        shorten(progress->entries[i].name, name);
        put_entry(raw, &length, in_full ? progress->entries[i].name : name, progress->entries[i].value);
    }
    tg_base64_encode(tg_slice_of(raw, length), (uint8_t *)out);
    out[tg_base64_encoded_length(length)] = '\0';
}

static void keep_entry(struct tg_arena *arena, struct tg_slice name, int64_t value,
                       struct tg_progress *progress)
{
    if (tg_slice_is(name, worker_high))
        progress->worker_high = (uint64_t)value;
    else if (tg_slice_is(name, worker_low))
        progress->worker_low = (uint64_t)value;
    else if (tg_slice_is(name, transaction))
        progress->transaction = (uint64_t)value;
    else
        (void)tg_progress_add(progress, tg_arena_text(arena, name), value);
}

bool tg_progress_read(struct tg_arena *arena, const char *text, struct tg_progress *ret_progress)
{
    *ret_progress = (struct tg_progress){.stream_time_ms = -1};
    uint8_t raw[RAW_MAX];
    size_t length = read_raw(text, raw);
    if (length < 9 || (raw[0] != VERSION_ONE && raw[0] != VERSION_TWO))
        return false;
    struct tg_progress read = {.stream_time_ms = (int64_t)tg_load_u64(raw + 1)};
    if (length == 9) { /* all of version 1; in version 2 a map that is empty may be left out */
        *ret_progress = read;
        return true;
    }
    if (raw[0] == VERSION_ONE || length < 13)
        return false;
    uint32_t count = tg_load_u32(raw + 9);
    size_t at = 13;
    for (uint32_t i = 0; i < count; i++) {
        if (length - at < 12)
            return false;
        size_t name_length = tg_load_u32(raw + at);
        if (name_length > length - at - 12)
            return false;
        keep_entry(arena, tg_slice_of(raw + at + 4, name_length),
                   (int64_t)tg_load_u64(raw + at + 4 + name_length), &read);
        at += 12 + name_length;
    }
    if (at != length)
        return false;
    *ret_progress = read;
    return true;
}

int64_t tg_progress_find(const struct tg_progress *progress, const char *name)
{
    char shortened[SHORT_NAME_BYTES + 1];
    shorten(name, shortened);
    for (uint32_t i = 0; i < progress->entry_count; i++)
        if (strcmp(progress->entries[i].name, name) == 0 || strcmp(progress->entries[i].name, shortened) == 0)
            return progress->entries[i].value;
    return INT64_MIN;
}
