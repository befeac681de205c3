/* topology/progress.h: what is committed beside each offset, in Kafka Streams' form (TopicPartitionMetadata):
 * Base64( 0x02 | partition time int64 | count int32 | count x (length int32, key UTF-8, value int64) ), big
 * endian. Ours puts into the map: "turgo.worker.high" and "turgo.worker.low" (the commit unit's UUID),
 * "turgo.transaction" (its number), one entry per operator with progress, under its step, and one per store
 * with its layout, "<step>.layout". So it is evidence of who committed, and time that survives a lost disk.
 * Names that make the text long are replaced by "#" and 16 hexadecimal digits of their XXH3, all of them: so
 * the text is below the 4,096 bytes that brokers take (offset.metadata.max.bytes), however the steps are
 * called. Thread: any. */
#pragma once

#include "base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_PROGRESS_ENTRIES_MAX = 96, TG_PROGRESS_TEXT_MAX = 4096 };

struct tg_progress_entry {
    const char *name;
    int64_t value;
};

struct tg_progress {
    int64_t stream_time_ms; /* -1: none */
    uint64_t worker_high, worker_low;
    uint64_t transaction;
    uint32_t entry_count;
    struct tg_progress_entry entries[TG_PROGRESS_ENTRIES_MAX];
};

/* Writes the text with a NUL. It always fits. */
void tg_progress_write(const struct tg_progress *progress, char out[TG_PROGRESS_TEXT_MAX]);
/* Adds an entry; false: there are TG_PROGRESS_ENTRIES_MAX already. */
bool tg_progress_add(struct tg_progress *progress, const char *name, int64_t value);
/* Reads ours and plain Kafka Streams texts (versions 1 and 2); unknown map entries are kept as entries. False
 * if it is neither: then *ret_progress is empty (stream time -1). Names live in `arena`. */
bool tg_progress_read(struct tg_arena *arena, const char *text, struct tg_progress *ret_progress);
/* The value of an entry, by its name in full, or INT64_MIN. */
int64_t tg_progress_find(const struct tg_progress *progress, const char *name);

#ifdef __cplusplus
}
#endif
