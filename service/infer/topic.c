#include "service/infer/topic.h"

#include "base/text.h"

struct names {
    const struct tg_topic_info *topics;
    uint32_t count;
};

static const char *topic_name(const void *context, size_t index)
{
    const struct names *names = context;
    return index < names->count ? names->topics[index].name : NULL;
}

static enum tg_code fail_unknown(const struct tg_infer_topic_options *options, struct tg_arena *arena,
                                 struct tg_error *reterr)
{
    struct names names = {0};
    struct tg_topic_info *topics = NULL;
    struct tg_error ignored;
    (void)tg_fail(reterr, TG_CODE_TOPIC_UNKNOWN, "there is no topic %s", options->topic);
    if (tg_admin_list_topics(options->cluster, options->request_timeout_ms, arena, &topics, &names.count,
                             &ignored) != TG_OK)
        return TG_CODE_TOPIC_UNKNOWN;
    names.topics = topics;
    const char *closest = tg_closest(options->topic, topic_name, &names);
    return closest == NULL ? TG_CODE_TOPIC_UNKNOWN : tg_fail_hint(reterr, "did you mean %s?", closest);
}

enum tg_code tg_infer_topic(const struct tg_infer_topic_options *options, struct tg_arena *arena,
                            struct tg_inference *ret_inference, struct tg_error *reterr)
{
    const struct tg_sample_options sample_options = {.topic = options->topic,
                                                     .records_max = options->records_max,
                                                     .time_ms_max = options->time_ms_max,
                                                     .request_timeout_ms = options->request_timeout_ms,
                                                     .stop = options->stop};
    struct tg_sample *sample = tg_arena_alloc_zero(arena, 1, sizeof *sample);
    enum tg_code code = tg_sample_take(options->cluster, &sample_options, arena, sample, reterr);
    if (code == TG_CODE_TOPIC_UNKNOWN)
        return fail_unknown(options, arena, reterr);
    TG_TRY(code);
    const struct tg_infer_options infer_options = {.topic = options->topic,
                                                   .sample = sample,
                                                   .registry = options->registry,
                                                   .style = options->style,
                                                   .header = options->header};
    return tg_infer(&infer_options, arena, ret_inference, reterr);
}

enum tg_code tg_infer_read_count(const char *option, const char *text, int64_t most, int64_t *ret_count,
                                 struct tg_error *reterr)
{
    if (tg_parse_int64(tg_slice_text(text), 1, most, ret_count))
        return TG_OK;
    return tg_fail(reterr, TG_CODE_USAGE, "%s must be a whole number from 1 to %lld, not '%s'", option,
                   (long long)most, text);
}
