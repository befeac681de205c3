/* Feeds texts to the reader of the metadata beside committed offsets, as they are and as the bytes inside of
 * Base64. What is read is written and read again, and each entry is found under its name. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "topology/progress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct tg_progress *a, const struct tg_progress *b)
{
    if (a->stream_time_ms != b->stream_time_ms || a->worker_high != b->worker_high ||
        a->worker_low != b->worker_low || a->transaction != b->transaction ||
        a->entry_count != b->entry_count)
        return false;
    for (uint32_t i = 0; i < a->entry_count; i++)
        if (tg_progress_find(a, a->entries[i].name) != tg_progress_find(b, a->entries[i].name))
            return false;
    return true;
}

static void check_text(struct tg_arena *arena, const char *text)
{
    struct tg_progress progress;
    struct tg_progress again;
    char written[TG_PROGRESS_TEXT_MAX];
    if (!tg_progress_read(arena, text, &progress)) {
        if (progress.stream_time_ms != -1 || progress.entry_count != 0)
            abort();
        return;
    }
    tg_progress_write(&progress, written);
    if (strlen(written) >= TG_PROGRESS_TEXT_MAX || !tg_progress_read(arena, written, &again) ||
        !same(&progress, &again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_slice bytes = tg_slice_of(data, size);
    char *encoded = (char *)tg_arena_bytes_alloc(arena, tg_base64_encoded_length(size) + 1);
    tg_base64_encode(bytes, (uint8_t *)encoded);
    encoded[tg_base64_encoded_length(size)] = '\0';
    check_text(arena, encoded);
    check_text(arena, tg_arena_text(arena, bytes));
    tg_arena_free(arena);
    return 0;
}
