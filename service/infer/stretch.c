#include "service/infer/stretch.h"

#include "base/clock.h"

enum { POLL_MAX = 64, POLL_MS = 100 };

enum tg_code tg_stretch_reader_open(struct tg_stretch_reader *reader, struct tg_cluster *cluster,
                                    const char *client_id, struct tg_error *reterr)
{
    const struct tg_consumer_options options = {.client_id = client_id,
                                                .offset_reset = TG_RESET_EARLIEST,
                                                .isolation = TG_READ_COMMITTED,
                                                .notify_descriptor = -1};
    return tg_consumer_open(cluster, &options, &reader->consumer, reterr);
}

void tg_stretch_reader_close(struct tg_stretch_reader *reader)
{
    tg_consumer_close(reader->consumer);
    reader->consumer = NULL;
}

static bool is_over(const struct tg_stretch_reader *reader)
{
    return tg_clock_monotonic_us(tg_clock_real()) >= reader->end_us ||
           (reader->stop != NULL && __atomic_load_n(reader->stop, __ATOMIC_RELAXED));
}

enum tg_code tg_stretch_read(struct tg_stretch_reader *reader, const struct tg_stretch *stretch,
                             int64_t *ret_position, struct tg_error *reterr)
{
    const struct tg_offset from = {
        .topic = reader->topic, .partition = stretch->partition, .offset = stretch->from, .leader_epoch = -1};
    uint32_t taken = 0;
    *ret_position = stretch->from;
    if (stretch->from >= stretch->to || stretch->records_max == 0)
        return TG_OK;
    TG_TRY(tg_consumer_assign(reader->consumer, &from, 1, reterr));
    while (*ret_position < stretch->to && taken < stretch->records_max && !is_over(reader)) {
        struct tg_message messages[POLL_MAX];
        uint32_t count = 0;
        TG_TRY(tg_consumer_poll(reader->consumer, messages, POLL_MAX, POLL_MS, &count, reterr));
        for (uint32_t i = 0; i < count && taken < stretch->records_max; i++) {
            bool is_record = messages[i].kind == TG_MESSAGE_RECORD;
            bool is_ours = messages[i].partition == stretch->partition && messages[i].offset >= stretch->from;
            if (messages[i].kind == TG_MESSAGE_ERROR || !is_ours)
                continue;
            *ret_position = is_record ? messages[i].offset + 1 : messages[i].offset;
            if (is_record && messages[i].offset < stretch->to) {
                reader->add(reader->context, &messages[i]);
                taken++;
            }
        }
        tg_consumer_release(reader->consumer, messages, count);
    }
    return TG_OK;
}
