/* topology/rows/record_codec.h: the key or the value columns of a schema as records of a topic. Shared by the
 * operators that read and write topics. Thread: the task's worker. Column lists live in the task's arena. */
#pragma once

#include "kafka/kafka.h"
#include "plan/plan.h"
#include "serde/format.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_record_half_options {
    const struct tg_schema *schema;
    enum tg_column_role role; /* KEY or VALUE */
    const struct tg_plan_format *format;
    const char *topic;
    const bool *needed; /* decoding: per schema column, NULL: all */
    bool field_nulls;   /* decoding: a field that does not fit is NULL alone (serde/format.h) */
    /* Of the ids in records of formats with schemas; NULL: records have none, as in internal topics. An
     * encoder registers what it writes by, which may wait: tg_query_prepare has done it before. */
    struct tg_registry *registry;
};

/* The columns of one half. */
struct tg_record_half {
    struct tg_schema_column *columns;
    uint32_t *indexes; /* in the schema */
    bool *needed;
    uint32_t count;
    bool has_schemas; /* decoding: records may have the id of their schema */
};

/* *ret_decoder stays NULL if there are no columns of that role. */
TG_MUST_CHECK enum tg_code tg_record_open_decoder(struct tg_arena *arena,
                                                  const struct tg_record_half_options *options,
                                                  struct tg_record_half *ret_half,
                                                  struct tg_decoder **ret_decoder, struct tg_error *reterr);

/* Sets format_options->writer to what the half's records are written by: the schema that the statement names,
 * else the one that the columns make, registered under the topic's subject. May wait. It lives in the arena.
 */
TG_MUST_CHECK enum tg_code tg_record_find_writer(struct tg_arena *arena,
                                                 const struct tg_record_half_options *options,
                                                 const struct tg_format *format,
                                                 struct tg_format_options *format_options,
                                                 struct tg_error *reterr);

/* Encodes the rows of a batch in one go; the bytes of each are then at hand until the next batch. */
struct tg_record_encoder {
    struct tg_record_half half;
    struct tg_encoder *encoder; /* NULL: no columns, each record is null */
    const struct tg_column **targets;
    struct tg_buffer bytes;
    size_t *ends;
    uint8_t *nulls;
    uint32_t capacity;
    const char *what; /* "key of topic t" in errors */
};
TG_MUST_CHECK enum tg_code tg_record_encoder_open(struct tg_arena *arena,
                                                  const struct tg_record_half_options *options,
                                                  struct tg_record_encoder *encoder, struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_record_encode(struct tg_record_encoder *encoder, const struct tg_batch *batch,
                                            const uint32_t *rows, uint32_t row_count,
                                            struct tg_error *reterr);
/* Record `index` of the rows encoded last. A null one has data NULL, an empty one has not. */
struct tg_slice tg_record_of(const struct tg_record_encoder *encoder, uint32_t index);
void tg_record_encoder_done(struct tg_record_encoder *encoder);

/* What the record takes in a batch of its own, at most about: to be compared with max.message.bytes. */
size_t tg_record_size(const struct tg_outgoing *record);
/* A record that its topic does not take. `limit` 0: not known. */
static inline bool tg_record_fits(const struct tg_outgoing *record, int64_t limit)
{
    return limit <= 0 || tg_record_size(record) <= (size_t)limit;
}

#ifdef __cplusplus
}
#endif
