#include "service/infer/sample.h"

#include "base/clock.h"
#include "service/infer/stretch.h"

/* One sampling under way. */
struct sampling {
    struct tg_cluster *cluster;
    const struct tg_sample_options *options;
    struct tg_stretch_reader reader;
    struct tg_arena *arena;
    struct tg_sample *sample;
};

static struct tg_slice keep(struct sampling *sampling, struct tg_slice bytes)
{
    return bytes.data == NULL ? bytes : tg_arena_copy(sampling->arena, bytes);
}

static void add_record(void *context, const struct tg_message *message)
{
    struct sampling *sampling = context;
    struct tg_sample *sample = sampling->sample;
    sample->records[sample->count++] = (struct tg_sample_record){
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = message->timestamp_ms,
        .key = keep(sampling, message->key),
        .value = keep(sampling, message->value),
    };
}

static enum tg_code sample_partition(struct sampling *sampling, int32_t partition, uint32_t share,
                                     struct tg_error *reterr)
{
    const struct tg_sample_options *options = sampling->options;
    struct tg_offset bounds[2] = {
        {.topic = options->topic, .partition = partition, .offset = TG_OFFSET_EARLIEST},
        {.topic = options->topic, .partition = partition, .offset = TG_OFFSET_LATEST}};
    for (size_t i = 0; i < 2; i++)
        TG_TRY(tg_admin_list_offsets(sampling->cluster, &bounds[i], 1, TG_READ_COMMITTED,
                                     options->request_timeout_ms, reterr));
    int64_t begin = bounds[0].offset;
    int64_t end = bounds[1].offset;
    int64_t position = begin;
    bool is_short = end - begin <= share;
    uint32_t newest = is_short ? 0 : share / 2;
    sampling->sample->offsets += end - begin;
    struct tg_stretch oldest = {partition, begin, end, share - newest};
    TG_TRY(tg_stretch_read(&sampling->reader, &oldest, &position, reterr));
    int64_t from = end - newest > position ? end - newest : position;
    struct tg_stretch last = {partition, from, end, newest};
    bool has_gap = from > position;
    TG_TRY(tg_stretch_read(&sampling->reader, &last, &position, reterr));
    sampling->sample->is_all = sampling->sample->is_all && !has_gap && position >= end;
    return TG_OK;
}

static enum tg_code sample_all(struct sampling *sampling, struct tg_error *reterr)
{
    struct tg_sample *sample = sampling->sample;
    uint32_t partitions = (uint32_t)sample->partition_count;
    uint32_t share = sampling->options->records_max / partitions;
    share = share < 2 ? 2 : share;
    sample->records =
        tg_arena_alloc_zero(sampling->arena, (size_t)share * partitions, sizeof *sample->records);
    sample->is_all = true;
    for (uint32_t i = 0; i < partitions; i++)
        TG_TRY(sample_partition(sampling, (int32_t)i, share, reterr));
    if (sampling->options->stop != NULL && __atomic_load_n(sampling->options->stop, __ATOMIC_RELAXED))
        return tg_fail(reterr, TG_CODE_SHUTDOWN, "asked to stop while topic %s was sampled",
                       sampling->options->topic);
    return TG_OK;
}

enum tg_code tg_sample_take(struct tg_cluster *cluster, const struct tg_sample_options *options,
                            struct tg_arena *arena, struct tg_sample *ret_sample, struct tg_error *reterr)
{
    struct sampling sampling = {.cluster = cluster, .options = options, .arena = arena, .sample = ret_sample};
    *ret_sample = (struct tg_sample){0};
    sampling.reader = (struct tg_stretch_reader){
        .topic = options->topic,
        .end_us = tg_clock_monotonic_us(tg_clock_real()) + options->time_ms_max * 1000,
        .stop = options->stop,
        .add = add_record,
        .context = &sampling,
    };
    TG_TRY(tg_admin_partition_count(cluster, options->topic, options->request_timeout_ms,
                                    &ret_sample->partition_count, reterr));
    TG_TRY(tg_stretch_reader_open(&sampling.reader, cluster, "infer", reterr));
    enum tg_code code = sample_all(&sampling, reterr);
    tg_stretch_reader_close(&sampling.reader);
    return code;
}
