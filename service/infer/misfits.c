/* The dead letters of a conversion, counted by their reasons. */
#include "service/infer/convert.h"

#include "base/clock.h"
#include "base/text.h"
#include "service/infer/stretch.h"

#include <inttypes.h>

enum { LETTERS_MAX = 100000, READ_MS_MAX = 10000 };
enum { REASONS_MAX = sizeof((struct tg_misfits *)0)->reasons / sizeof(struct tg_misfit_reason) };

enum tg_code tg_misfits_mark(struct tg_cluster *cluster, const char *topic, int timeout_ms,
                             struct tg_arena *arena, struct tg_misfit_mark *ret_mark, struct tg_error *reterr)
{
    *ret_mark = (struct tg_misfit_mark){0};
    enum tg_code code =
        tg_admin_partition_count(cluster, topic, timeout_ms, &ret_mark->partition_count, reterr);
    if (code == TG_CODE_TOPIC_UNKNOWN)
        return TG_OK;
    TG_TRY(code);
    uint32_t count = (uint32_t)ret_mark->partition_count;
    struct tg_offset *ends = tg_arena_alloc_zero(arena, count + 1, sizeof *ends);
    ret_mark->ends = tg_arena_alloc_zero(arena, count + 1, sizeof *ret_mark->ends);
    for (uint32_t i = 0; i < count; i++)
        ends[i] = (struct tg_offset){.topic = topic, .partition = (int32_t)i, .offset = TG_OFFSET_LATEST};
    TG_TRY(tg_admin_list_offsets(cluster, ends, count, TG_READ_COMMITTED, timeout_ms, reterr));
    for (uint32_t i = 0; i < count; i++)
        ret_mark->ends[i] = ends[i].offset;
    return TG_OK;
}

struct reading {
    struct tg_arena *arena;
    struct tg_misfits *misfits;
};

static struct tg_slice header_of(const struct tg_message *message, const char *name)
{
    struct tg_slice key;
    struct tg_slice value;
    for (uint32_t i = 0; i < message->header_count; i++) {
        tg_message_header(message, i, &key, &value);
        if (tg_slice_is(key, name))
            return value;
    }
    return tg_slice_of(NULL, 0);
}

static void add_letter(void *context, const struct tg_message *message)
{
    struct reading *reading = context;
    struct tg_misfits *misfits = reading->misfits;
    struct tg_slice text = header_of(message, "__turgo.errors.message");
    int64_t partition = -1;
    int64_t offset = -1;
    misfits->count++;
    for (uint32_t i = 0; i < misfits->reason_count; i++)
        if (tg_slice_is(text, misfits->reasons[i].message)) {
            misfits->reasons[i].count++;
            return;
        }
    if (misfits->reason_count == REASONS_MAX)
        return;
    (void)tg_parse_int64(header_of(message, "__turgo.errors.partition"), 0, INT32_MAX, &partition);
    (void)tg_parse_int64(header_of(message, "__turgo.errors.offset"), 0, INT64_MAX, &offset);
    misfits->reasons[misfits->reason_count++] = (struct tg_misfit_reason){
        .message = tg_arena_text(reading->arena, text),
        .count = 1,
        .partition = (int32_t)partition,
        .offset = offset,
    };
}

static enum tg_code read_partitions(struct tg_stretch_reader *reader, const struct tg_misfit_mark *since,
                                    const struct tg_misfit_mark *ends, struct tg_misfits *misfits,
                                    struct tg_error *reterr)
{
    for (int32_t i = 0; i < ends->partition_count; i++) {
        int64_t from = i < since->partition_count ? since->ends[i] : 0;
        int64_t position = 0;
        const struct tg_stretch stretch = {i, from, ends->ends[i], LETTERS_MAX};
        TG_TRY(tg_stretch_read(reader, &stretch, &position, reterr));
        if (position < ends->ends[i])
            misfits->more += (uint64_t)(ends->ends[i] - position);
    }
    return TG_OK;
}

enum tg_code tg_misfits_read(struct tg_cluster *cluster, const char *topic,
                             const struct tg_misfit_mark *since, int timeout_ms, struct tg_arena *arena,
                             struct tg_misfits *ret_misfits, struct tg_error *reterr)
{
    struct tg_misfit_mark ends;
    struct reading reading = {.arena = arena, .misfits = ret_misfits};
    struct tg_stretch_reader reader = {
        .topic = topic,
        .end_us = tg_clock_monotonic_us(tg_clock_real()) + (int64_t)READ_MS_MAX * 1000,
        .add = add_letter,
        .context = &reading,
    };
    *ret_misfits = (struct tg_misfits){0};
    TG_TRY(tg_misfits_mark(cluster, topic, timeout_ms, arena, &ends, reterr));
    if (ends.partition_count == 0)
        return TG_OK;
    TG_TRY(tg_stretch_reader_open(&reader, cluster, "convert", reterr));
    enum tg_code code = read_partitions(&reader, since, &ends, ret_misfits, reterr);
    tg_stretch_reader_close(&reader);
    return code;
}

void tg_misfits_write(const struct tg_misfits *misfits, const char *topic, struct tg_buffer *out)
{
    uint64_t shown = 0;
    if (misfits->count == 0) {
        tg_buffer_append_text(out, "every record fitted\n");
        return;
    }
    tg_buffer_printf(out, "%" PRIu64 "%s record%s did not fit, kept in topic %s:\n", misfits->count,
                     misfits->more > 0 ? " and more" : "", misfits->count == 1 ? "" : "s", topic);
    for (uint32_t i = 0; i < misfits->reason_count; i++) {
        const struct tg_misfit_reason *reason = &misfits->reasons[i];
        tg_buffer_printf(out, "%8" PRIu64 "  %s (first: partition %d, offset %" PRId64 ")\n", reason->count,
                         reason->message, reason->partition, reason->offset);
        shown += reason->count;
    }
    if (shown < misfits->count)
        tg_buffer_printf(out, "%8" PRIu64 "  for other reasons\n", misfits->count - shown);
}
