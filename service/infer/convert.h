/* service/infer/convert.h: a topic into another one in another format, as an ordinary job: the SQL of it, and
 * what became of the records that did not fit. Ownership: arena. Thread: one. */
#pragma once

#include "service/infer/infer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_conversion {
    const struct tg_inference *inference; /* of the topic that is read */
    const char *to;                       /* topic */
    const char *format;                   /* of its values */
    const char *key;                      /* a column that becomes the record key; NULL: keys stay */
    int32_t partition_count;              /* 0: as many as the topic that is read has */
    bool drop_misfits;                    /* else they go to the topic of tg_conversion_errors_topic */
};

/* "<to>-errors". */
const char *tg_conversion_errors_topic(struct tg_arena *arena, const char *to);
/* The statements. Errors: USAGE for a key that is no column, with "did you mean". */
TG_MUST_CHECK enum tg_code tg_conversion_write_sql(const struct tg_conversion *conversion,
                                                   struct tg_arena *arena, struct tg_buffer *out,
                                                   struct tg_error *reterr);

/* Why records did not fit. */
struct tg_misfit_reason {
    const char *message;
    uint64_t count;
    int32_t partition; /* of the first such record */
    int64_t offset;
};
struct tg_misfits {
    uint64_t count; /* that were read */
    uint64_t more;  /* about as many are there besides */
    uint32_t reason_count;
    struct tg_misfit_reason reasons[16]; /* those that came first */
};
/* Where the topic of misfits ends. */
struct tg_misfit_mark {
    int32_t partition_count; /* 0: the topic is not there */
    int64_t *ends;
};
TG_MUST_CHECK enum tg_code tg_misfits_mark(struct tg_cluster *cluster, const char *topic, int timeout_ms,
                                           struct tg_arena *arena, struct tg_misfit_mark *ret_mark,
                                           struct tg_error *reterr);
/* What has come since the mark. */
TG_MUST_CHECK enum tg_code tg_misfits_read(struct tg_cluster *cluster, const char *topic,
                                           const struct tg_misfit_mark *since, int timeout_ms,
                                           struct tg_arena *arena, struct tg_misfits *ret_misfits,
                                           struct tg_error *reterr);
void tg_misfits_write(const struct tg_misfits *misfits, const char *topic, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
