#include "topology/progress.h"

#include "base/base64.h"
#include "base/buffer.h"

#include <string.h>

enum { VERSION_ONE = 1, VERSION_TWO = 2, RAW_MAX = 765 };

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

static bool put_entry(uint8_t *raw, size_t *length, const char *name, int64_t value)
{
    size_t name_length = strlen(name);
    if (*length + 4 + name_length + 8 > RAW_MAX)
        return false;
    tg_store_u32(raw + *length, (uint32_t)name_length);
    memcpy(raw + *length + 4, name, name_length);
    tg_store_u64(raw + *length + 4 + name_length, (uint64_t)value);
    *length += 4 + name_length + 8;
    return true;
}

enum tg_code tg_progress_write(const struct tg_progress *progress, char out[TG_PROGRESS_TEXT_MAX],
                               struct tg_error *reterr)
{
    uint8_t raw[RAW_MAX];
    size_t length = 13;
    raw[0] = VERSION_TWO;
    tg_store_u64(raw + 1, (uint64_t)progress->stream_time_ms);
    tg_store_u32(raw + 9, 3 + progress->entry_count);
    bool fits = put_entry(raw, &length, worker_high, (int64_t)progress->worker_high) &&
                put_entry(raw, &length, worker_low, (int64_t)progress->worker_low) &&
                put_entry(raw, &length, transaction, (int64_t)progress->transaction);
    for (uint32_t i = 0; fits && i < progress->entry_count; i++)
        fits = put_entry(raw, &length, progress->entries[i].name, progress->entries[i].value);
    if (!fits)
        return tg_fail(reterr, TG_CODE_LIMIT,
                       "the progress of %u operators does not fit into the metadata of an offset (%d bytes)",
                       progress->entry_count, RAW_MAX);
    tg_base64_encode(tg_slice_of(raw, length), (uint8_t *)out);
    out[tg_base64_encoded_length(length)] = '\0';
    return TG_OK;
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
    else if (progress->entry_count < TG_PROGRESS_ENTRIES_MAX)
        progress->entries[progress->entry_count++] =
            (struct tg_progress_entry){tg_arena_text(arena, name), value};
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
    for (uint32_t i = 0; i < progress->entry_count; i++)
        if (strcmp(progress->entries[i].name, name) == 0)
            return progress->entries[i].value;
    return INT64_MIN;
}
