/* service/infer/stretch.h: reads runs of offsets of a topic once, outside of any group; only committed
 * records. Thread: one. */
#pragma once

#include "kafka/kafka.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_stretch_reader {
    const char *topic;
    int64_t end_us;   /* of the monotonic clock: then every run ends */
    const bool *stop; /* atomic; NULL: none */
    void (*add)(void *context, const struct tg_message *message); /* the message lives for the call */
    void *context;
    struct tg_consumer *consumer; /* of tg_stretch_reader_open */
};

/* Of one partition: offsets below `to`, of which at most `records_max` records count. */
struct tg_stretch {
    int32_t partition;
    int64_t from, to;
    uint32_t records_max;
};

TG_MUST_CHECK enum tg_code tg_stretch_reader_open(struct tg_stretch_reader *reader,
                                                  struct tg_cluster *cluster, const char *client_id,
                                                  struct tg_error *reterr);
void tg_stretch_reader_close(struct tg_stretch_reader *reader);
/* Until the run ends, or its records are enough, or time is up; *ret_position is where it stands then.
 * Errors: those of Kafka. */
TG_MUST_CHECK enum tg_code tg_stretch_read(struct tg_stretch_reader *reader, const struct tg_stretch *stretch,
                                           int64_t *ret_position, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
